/*
 * preprocess.c - the preprocessing as a value: memory, sizes, and its application to pictures and
 * arrays.
 */
#include "data/data.h"

/* ---- memory ---- */

cj_preprocess *cj_preprocess_new(cj_context *context)
{
    return cj_allocate_zero(context, sizeof(cj_preprocess));
}

static void texts_free(cj_context *context, char **text, int count)
{
    if (!text)
        return;
    for (int i = 0; i < count; i++)
        cj_text_release(context, text[i]);
    cj_release(context, text, (size_t)count * sizeof *text);
}

static void numbers_free(cj_context *context, double *number, int count)
{
    if (number)
        cj_release(context, number, (size_t)count * sizeof *number);
}

void cj_column_free(cj_context *context, cj_column *column)
{
    texts_free(context, column->category, column->categories);
    column->category = NULL;
    column->categories = 0;
    cj_text_release(context, column->name);
    column->name = NULL;
}

void cj_preprocess_free(cj_context *context, cj_preprocess *p)
{
    if (!p)
        return;
    for (int i = 0; p->column && i < p->columns; i++)
        cj_column_free(context, &p->column[i]);
    if (p->column)
        cj_release(context, p->column, (size_t)p->columns * sizeof p->column[0]);
    texts_free(context, p->class_name, p->classes);
    texts_free(context, p->target_name, p->targets);
    numbers_free(context, p->target_mean, p->targets);
    numbers_free(context, p->target_scale, p->targets);
    numbers_free(context, p->mean, p->moments);
    numbers_free(context, p->scale, p->moments);
    cj_release(context, p, sizeof *p);
}

cj_status cj_preprocess_make_classes(cj_context *context, cj_preprocess *p, int count)
{
    p->class_name = cj_allocate_zero(context, (size_t)count * sizeof *p->class_name);
    p->classes = p->class_name ? count : 0;
    return p->class_name ? CJ_OK : CJ_NO_MEMORY;
}

cj_status cj_preprocess_make_targets(cj_context *context, cj_preprocess *p, int count)
{
    size_t n = (size_t)count;
    p->targets = count;
    p->target_name = cj_allocate_zero(context, n * sizeof *p->target_name);
    p->target_mean = cj_allocate_zero(context, n * sizeof *p->target_mean);
    p->target_scale = cj_allocate_zero(context, n * sizeof *p->target_scale);
    if (!p->target_name || !p->target_mean || !p->target_scale)
        return CJ_NO_MEMORY;
    for (int i = 0; i < count; i++)
        p->target_scale[i] = 1;
    return CJ_OK;
}

cj_status cj_preprocess_make_columns(cj_context *context, cj_preprocess *p, int count)
{
    p->column = cj_allocate_zero(context, (size_t)count * sizeof *p->column);
    p->columns = p->column ? count : 0;
    return p->column ? CJ_OK : CJ_NO_MEMORY;
}

cj_status cj_preprocess_make_moments(cj_context *context, cj_preprocess *p, int count)
{
    size_t n = (size_t)count;
    p->moments = count;
    p->mean = cj_allocate_zero(context, n * sizeof *p->mean);
    p->scale = cj_allocate_zero(context, n * sizeof *p->scale);
    if (!p->mean || !p->scale)
        return CJ_NO_MEMORY;
    for (int i = 0; i < count; i++)
        p->scale[i] = 1;
    return CJ_OK;
}

cj_status cj_column_make_categories(cj_context *context, cj_column *column, int count)
{
    column->category = cj_allocate_zero(context, (size_t)count * sizeof *column->category);
    column->categories = column->category ? count : 0;
    return column->category ? CJ_OK : CJ_NO_MEMORY;
}

cj_status cj_preprocess_copy(cj_context *context, const cj_preprocess *preprocess,
                             cj_preprocess **out)
{
    char *text;
    size_t size;
    *out = NULL;
    cj_status status = cj_preprocess_to_json(context, preprocess, &text, &size);
    if (status != CJ_OK)
        return status;
    status = cj_preprocess_from_json(context, "preprocessing", text, out);
    cj_release(context, text, size);
    return status;
}

/* ---- sizes and names ---- */

int64_t cj_preprocess_inputs(const cj_preprocess *p)
{
    int64_t n = 1;
    for (int i = 0; i < p->rank; i++)
        n *= p->shape[i];
    return n;
}

int64_t cj_preprocess_outputs(const cj_preprocess *p)
{
    return p->task == CJ_TASK_CLASSES ? p->classes : p->targets;
}

int cj_column_features(const cj_column *column)
{
    if (column->kind == CJ_COLUMN_NUMERIC)
        return 1 + column->indicator;
    if (column->kind == CJ_COLUMN_CATEGORICAL)
        return column->categories + column->indicator;
    return 0;
}

int cj_preprocess_find_class(const cj_preprocess *p, const char *name)
{
    for (int i = 0; i < p->classes; i++)
        if (strcmp(p->class_name[i], name) == 0)
            return i;
    return -1;
}

int cj_column_find(const cj_column *column, const char *text)
{
    int low = 0, high = column->categories;
    while (low < high) {
        int middle = low + (high - low) / 2;
        int order = strcmp(column->category[middle], text);
        if (order == 0)
            return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return -1;
}

/* ---- pictures ---- */

void cj_planes(const uint8_t *from, int channels, int64_t pixels, uint8_t *to)
{
    for (int c = 0; c < channels; c++)
        for (int64_t i = 0; i < pixels; i++)
            *to++ = from[i * channels + c];
}

void cj_preprocess_pixels(const cj_preprocess *p, const uint8_t *pixel, int64_t count, float *x)
{
    int64_t channels = p->shape[0], plane = p->shape[1] * p->shape[2];
    for (int64_t n = 0; n < count; n++) {
        for (int64_t c = 0; c < channels; c++) {
            float a = (float)(1 / (255 * p->scale[c])), b = (float)(-p->mean[c] / p->scale[c]);
            for (int64_t i = 0; i < plane; i++)
                x[i] = (float)pixel[i] * a + b;
            x += plane;
            pixel += plane;
        }
    }
}

cj_status cj_preprocess_image(cj_context *context, const cj_preprocess *p, const cj_image *image,
                              float *x)
{
    if (p->kind != CJ_INPUT_IMAGES)
        return cj_fail(context, CJ_INVALID, "a picture was given to a model that takes %s",
                       p->kind == CJ_INPUT_TABLE ? "rows of a table" : "arrays");
    cj_image fitting = {0}, sized = {0};
    size_t size = (size_t)cj_preprocess_inputs(p);
    uint8_t *planes = cj_allocate(context, size);
    cj_status status =
        planes ? cj_image_convert(context, image, (int)p->shape[0], &fitting) : CJ_NO_MEMORY;
    if (status == CJ_OK)
        status = cj_image_resize(context, &fitting, (int)p->shape[1], (int)p->shape[2], &sized);
    if (status == CJ_OK) {
        cj_planes(sized.pixel, sized.channels, p->shape[1] * p->shape[2], planes);
        cj_preprocess_pixels(p, planes, 1, x);
    }
    cj_image_free(context, &fitting);
    cj_image_free(context, &sized);
    if (planes)
        cj_release(context, planes, size);
    return status;
}

/* ---- arrays ---- */

void cj_preprocess_values(const cj_preprocess *p, const float *value, int64_t count, float *x)
{
    int64_t inputs = cj_preprocess_inputs(p), each = inputs / CJ_MAX(p->moments, 1);
    for (int64_t n = 0; n < count; n++, value += inputs, x += inputs)
        for (int64_t i = 0; i < inputs; i++) {
            int64_t m = p->moments > 1 ? i / each : 0;
            x[i] = (float)(((double)value[i] - p->mean[m]) / p->scale[m]);
        }
}

void cj_preprocess_undo_targets(const cj_preprocess *p, int64_t count, float *y)
{
    for (int64_t n = 0; n < count; n++)
        for (int t = 0; t < p->targets; t++, y++)
            *y = (float)((double)*y * p->target_scale[t] + p->target_mean[t]);
}
