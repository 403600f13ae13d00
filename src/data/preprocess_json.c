/*
 * preprocess_json.c - the preprocessing as JSON, in the metadata of a model file.
 *
 * Version 1: {"version", "kind", "task", "shape", "targets": [{"name", "mean", "scale"}],
 * "classes": [text], images and arrays: "mean", "scale": [number]; tables: "named", "columns":
 * [{"name", "kind", "mean", "scale", "indicator", "categories": [text]}]; arrays of recordings:
 * "sound": {"rate", "samples", "n_fft"}}. What is read is checked in full: a model file may come
 * from anywhere.
 */
#include "data/data.h"

#include <jansson.h>
#include <math.h>

#define VERSION 1
#define COUNT_LIMIT (1 << 20) /* of columns, classes, categories, features */

static const char *const kind_name[] = {"images", "table", "arrays"};
static const char *const task_name[] = {"classes", "regression"};
static const char *const column_kind_name[] = {"numeric",  "categorical", "target",
                                               "constant", "ids",         "empty"};

/* ---- writing ---- */

static int add_text(const char *text, size_t size, void *buffer)
{
    return cj_buffer_add(buffer, text, size) == CJ_OK ? 0 : -1;
}

static json_t *numbers_json(const double *number, int count)
{
    json_t *list = json_array();
    for (int i = 0; i < count; i++)
        json_array_append_new(list, json_real(number[i]));
    return list;
}

static json_t *texts_json(char *const *text, int count)
{
    json_t *list = json_array();
    for (int i = 0; i < count; i++)
        json_array_append_new(list, json_string(text[i]));
    return list;
}

static json_t *column_json(const cj_column *c)
{
    json_t *object =
        json_pack("{s:s, s:s}", "name", c->name ? c->name : "", "kind", column_kind_name[c->kind]);
    if (c->kind == CJ_COLUMN_NUMERIC || c->kind == CJ_COLUMN_CATEGORICAL)
        json_object_set_new(object, "indicator", json_boolean(c->indicator));
    if (c->kind == CJ_COLUMN_NUMERIC) {
        json_object_set_new(object, "mean", json_real(c->mean));
        json_object_set_new(object, "scale", json_real(c->scale));
    }
    if (c->kind == CJ_COLUMN_CATEGORICAL)
        json_object_set_new(object, "categories", texts_json(c->category, c->categories));
    return object;
}

static json_t *targets_json(const cj_preprocess *p)
{
    json_t *list = json_array();
    for (int i = 0; i < p->targets; i++) {
        json_t *target = json_pack("{s:s}", "name", p->target_name[i] ? p->target_name[i] : "");
        if (p->task == CJ_TASK_REGRESSION) {
            json_object_set_new(target, "mean", json_real(p->target_mean[i]));
            json_object_set_new(target, "scale", json_real(p->target_scale[i]));
        }
        json_array_append_new(list, target);
    }
    return list;
}

static json_t *preprocess_json(const cj_preprocess *p)
{
    json_t *shape = json_array(), *columns = json_array();
    for (int i = 0; i < p->rank; i++)
        json_array_append_new(shape, json_integer(p->shape[i]));
    for (int i = 0; i < p->columns; i++)
        json_array_append_new(columns, column_json(&p->column[i]));
    json_t *root =
        json_pack("{s:i, s:s, s:s, s:o, s:o}", "version", VERSION, "kind", kind_name[p->kind],
                  "task", task_name[p->task], "shape", shape, "targets", targets_json(p));
    if (p->task == CJ_TASK_CLASSES)
        json_object_set_new(root, "classes", texts_json(p->class_name, p->classes));
    if (p->kind == CJ_INPUT_TABLE) {
        json_object_set_new(root, "named", json_boolean(p->named));
        json_object_set(root, "columns", columns);
    } else {
        json_object_set_new(root, "mean", numbers_json(p->mean, p->moments));
        json_object_set_new(root, "scale", numbers_json(p->scale, p->moments));
    }
    if (p->sound.rate)
        json_object_set_new(root, "sound",
                            json_pack("{s:i, s:I, s:I}", "rate", p->sound.rate, "samples",
                                      (json_int_t)p->sound.samples, "n_fft",
                                      (json_int_t)p->sound.n_fft));
    json_decref(columns);
    return root;
}

/* jansson leaves out what it has no memory for, and texts that are no UTF-8: was all written? */
static bool is_whole(const cj_preprocess *p, const cj_preprocess *back)
{
    bool whole = p->sound.rate == back->sound.rate && p->classes == back->classes &&
                 p->targets == back->targets && p->columns == back->columns &&
                 p->moments == back->moments;
    for (int i = 0; whole && i < p->columns; i++)
        whole = p->column[i].categories == back->column[i].categories;
    return whole;
}

static cj_status check_whole(cj_context *context, const cj_preprocess *p, const char *text)
{
    cj_preprocess *back;
    cj_status status = cj_preprocess_from_json(context, "preprocessing", text, &back);
    if (status == CJ_OK && !is_whole(p, back))
        status = CJ_FORMAT;
    cj_preprocess_free(context, back);
    if (status == CJ_FORMAT)
        return cj_fail(context, CJ_VALUE,
                       "the preprocessing cannot be saved: there is no memory, or the name of a "
                       "class or column is no UTF-8 text (rename it)");
    return status;
}

cj_status cj_preprocess_to_json(cj_context *context, const cj_preprocess *preprocess, char **text,
                                size_t *size)
{
    cj_buffer buffer = {.context = context};
    void *data;
    *text = NULL;
    *size = 0;
    json_t *root = preprocess_json(preprocess);
    if (!root)
        return cj_fail(context, CJ_VALUE,
                       "the preprocessing cannot be saved: there is no memory, or the name of a "
                       "target or column is no UTF-8 text (rename it)");
    bool made = json_dump_callback(root, add_text, &buffer,
                                   JSON_COMPACT | JSON_SORT_KEYS | JSON_REAL_PRECISION(17)) == 0;
    json_decref(root);
    cj_status status = made && cj_buffer_add(&buffer, "", 1) == CJ_OK
                           ? cj_buffer_take(&buffer, &data, size)
                           : cj_fail(context, CJ_NO_MEMORY, "no memory to write the preprocessing");
    cj_buffer_free(&buffer);
    if (status != CJ_OK)
        return status;
    status = check_whole(context, preprocess, data);
    if (status == CJ_OK) {
        *text = data;
        return CJ_OK;
    }
    cj_release(context, data, *size);
    *size = 0;
    return status;
}

/* ---- reading ---- */

typedef struct json_reader {
    cj_context *context;
    const char *name;
} json_reader;

static cj_status bad(const json_reader *r, const char *what)
{
    return cj_fail(r->context, CJ_FORMAT, "%s: its preprocessing is broken: %s", r->name, what);
}

static int find_word(const json_t *value, const char *const *word, size_t count)
{
    const char *text = json_string_value(value);
    for (size_t i = 0; text && i < count; i++)
        if (strcmp(word[i], text) == 0)
            return (int)i;
    return -1;
}

static bool take_number(const json_t *value, double *out)
{
    *out = json_number_value(value);
    return json_is_number(value) && isfinite(*out);
}

static bool take_scale(const json_t *value, double *out)
{
    return take_number(value, out) && *out > 0;
}

static cj_status take_texts(const json_reader *r, const json_t *list, char **out, int count)
{
    for (int i = 0; i < count; i++) {
        const char *text = json_string_value(json_array_get(list, (size_t)i));
        if (!text)
            return bad(r, "a name is no text");
        if (!(out[i] = cj_text_copy(r->context, text, strlen(text))))
            return CJ_NO_MEMORY;
    }
    return CJ_OK;
}

static bool take_count(const json_t *list, int least, int *out)
{
    size_t n = json_array_size(list);
    *out = (int)n;
    return json_is_array(list) && n >= (size_t)least && n <= COUNT_LIMIT;
}

static cj_status take_column(const json_reader *r, const json_t *value, cj_column *c)
{
    const json_t *name = json_object_get(value, "name");
    int kind =
        find_word(json_object_get(value, "kind"), column_kind_name, CJ_COUNT(column_kind_name));
    if (kind < 0 || !json_is_string(name))
        return bad(r, "a column without a name or kind");
    c->kind = (cj_column_kind)kind;
    c->indicator = json_is_true(json_object_get(value, "indicator"));
    c->scale = 1;
    if (!(c->name = cj_text_copy(r->context, json_string_value(name), json_string_length(name))))
        return CJ_NO_MEMORY;
    if (c->kind == CJ_COLUMN_NUMERIC && (!take_number(json_object_get(value, "mean"), &c->mean) ||
                                         !take_scale(json_object_get(value, "scale"), &c->scale)))
        return bad(r, "a column's mean or scale");
    if (c->kind != CJ_COLUMN_CATEGORICAL)
        return CJ_OK;
    const json_t *list = json_object_get(value, "categories");
    int count;
    if (!take_count(list, 0, &count))
        return bad(r, "a column's categories");
    cj_status status = cj_column_make_categories(r->context, c, count);
    if (status == CJ_OK)
        status = take_texts(r, list, c->category, count);
    for (int i = 1; status == CJ_OK && i < count; i++)
        if (strcmp(c->category[i - 1], c->category[i]) >= 0)
            return bad(r, "a column's categories are not in order");
    return status;
}

static cj_status take_table(const json_reader *r, const json_t *root, cj_preprocess *p)
{
    const json_t *list = json_object_get(root, "columns");
    int count, targets = 0;
    int64_t features = 0;
    p->named = json_is_true(json_object_get(root, "named"));
    if (!take_count(list, 1, &count))
        return bad(r, "its columns");
    cj_status status = cj_preprocess_make_columns(r->context, p, count);
    for (int i = 0; status == CJ_OK && i < count; i++) {
        status = take_column(r, json_array_get(list, (size_t)i), &p->column[i]);
        features += cj_column_features(&p->column[i]);
        targets += p->column[i].kind == CJ_COLUMN_TARGET;
    }
    if (status == CJ_OK && (p->rank != 1 || features != p->shape[0] || targets != p->targets))
        return bad(r, "its columns do not give its features and targets");
    return status;
}

static cj_status take_moments(const json_reader *r, const json_t *root, cj_preprocess *p)
{
    const json_t *mean = json_object_get(root, "mean"), *scale = json_object_get(root, "scale");
    int count, scales;
    if (!take_count(mean, 1, &count) || !take_count(scale, 1, &scales) || count != scales)
        return bad(r, "its means or scales");
    if (p->kind == CJ_INPUT_IMAGES &&
        (p->rank != 3 || count != p->shape[0] || (p->shape[0] != 1 && p->shape[0] != 3)))
        return bad(r, "its shape is none of a picture");
    if (p->kind == CJ_INPUT_ARRAYS && count != 1 && (p->rank != 1 || count != p->shape[0]))
        return bad(r, "its means do not fit its shape");
    cj_status status = cj_preprocess_make_moments(r->context, p, count);
    for (int i = 0; status == CJ_OK && i < count; i++)
        if (!take_number(json_array_get(mean, (size_t)i), &p->mean[i]) ||
            !take_scale(json_array_get(scale, (size_t)i), &p->scale[i]))
            return bad(r, "a mean or scale");
    return status;
}

static cj_status take_sound(const json_reader *r, const json_t *root, cj_preprocess *p)
{
    const json_t *object = json_object_get(root, "sound");
    if (!object)
        return CJ_OK;
    json_int_t rate = json_integer_value(json_object_get(object, "rate"));
    cj_spectrogram s = {.samples = json_integer_value(json_object_get(object, "samples")),
                        .n_fft = json_integer_value(json_object_get(object, "n_fft"))};
    if (p->kind != CJ_INPUT_ARRAYS || rate < 1 || rate > CJ_MOST_RATE ||
        s.n_fft < CJ_LEAST_WINDOW || s.samples < s.n_fft || s.samples > CJ_MOST_SAMPLES ||
        s.n_fft > CJ_MOST_WINDOW || p->rank != 3 || p->shape[0] != 1 ||
        p->shape[1] > CJ_MOST_BANDS || p->shape[2] != cj_spectrogram_frames(&s))
        return bad(r, "its spectrograms");
    s.rate = (int)rate;
    p->sound = s;
    return CJ_OK;
}

static cj_status take_targets(const json_reader *r, const json_t *root, cj_preprocess *p)
{
    const json_t *list = json_object_get(root, "targets");
    int count;
    if (!take_count(list, 1, &count) || (p->task == CJ_TASK_CLASSES && count != 1))
        return bad(r, "its targets");
    cj_status status = cj_preprocess_make_targets(r->context, p, count);
    for (int i = 0; status == CJ_OK && i < count; i++) {
        const json_t *target = json_array_get(list, (size_t)i);
        const char *name = json_string_value(json_object_get(target, "name"));
        if (!name)
            return bad(r, "a target without a name");
        if (!(p->target_name[i] = cj_text_copy(r->context, name, strlen(name))))
            return CJ_NO_MEMORY;
        if (p->task == CJ_TASK_REGRESSION &&
            (!take_number(json_object_get(target, "mean"), &p->target_mean[i]) ||
             !take_scale(json_object_get(target, "scale"), &p->target_scale[i])))
            return bad(r, "a target's mean or scale");
    }
    return status;
}

static cj_status take_shape(const json_reader *r, const json_t *root, cj_preprocess *p)
{
    const json_t *shape = json_object_get(root, "shape");
    int rank;
    int64_t inputs = 1;
    if (!take_count(shape, 1, &rank) || rank > (int)CJ_COUNT(p->shape))
        return bad(r, "its shape");
    p->rank = rank;
    for (int i = 0; i < rank; i++) {
        const json_t *extent = json_array_get(shape, (size_t)i);
        int64_t n = json_integer_value(extent);
        if (!json_is_integer(extent) || n < 1 || n > CJ_IMAGE_MAX_PIXELS * 3LL / inputs)
            return bad(r, "its shape");
        p->shape[i] = n;
        inputs *= n;
    }
    return CJ_OK;
}

static cj_status take_classes(const json_reader *r, const json_t *root, cj_preprocess *p)
{
    const json_t *list = json_object_get(root, "classes");
    int count;
    if (p->task != CJ_TASK_CLASSES)
        return CJ_OK;
    if (!take_count(list, 1, &count))
        return bad(r, "its classes");
    cj_status status = cj_preprocess_make_classes(r->context, p, count);
    return status == CJ_OK ? take_texts(r, list, p->class_name, count) : status;
}

static cj_status take_root(const json_reader *r, const json_t *root, cj_preprocess *p)
{
    const json_t *version = json_object_get(root, "version");
    if (!json_is_integer(version))
        return bad(r, "it has no version");
    if (json_integer_value(version) > VERSION)
        return cj_fail(
            r->context, CJ_UNSUPPORTED,
            "%s: its preprocessing has version %lld, this program knows %d: use a newer cajal",
            r->name, (long long)json_integer_value(version), VERSION);
    int kind = find_word(json_object_get(root, "kind"), kind_name, CJ_COUNT(kind_name));
    int task = find_word(json_object_get(root, "task"), task_name, CJ_COUNT(task_name));
    if (kind < 0 || task < 0)
        return bad(r, "its kind or task");
    p->kind = (cj_input_kind)kind;
    p->task = (cj_task)task;
    cj_status status = take_shape(r, root, p);
    if (status == CJ_OK)
        status = take_targets(r, root, p);
    if (status == CJ_OK)
        status = take_classes(r, root, p);
    if (status == CJ_OK)
        status = p->kind == CJ_INPUT_TABLE ? take_table(r, root, p) : take_moments(r, root, p);
    if (status == CJ_OK)
        status = take_sound(r, root, p);
    return status;
}

cj_status cj_preprocess_from_json(cj_context *context, const char *name, const char *text,
                                  cj_preprocess **out)
{
    json_reader r = {context, name};
    json_error_t error;
    *out = NULL;
    json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    if (!root) {
        if (json_error_code(&error) == json_error_out_of_memory)
            return cj_fail(context, CJ_NO_MEMORY, "%s: no memory for its preprocessing", name);
        return bad(&r, error.text);
    }
    cj_preprocess *p = cj_preprocess_new(context);
    cj_status status = p ? take_root(&r, root, p) : CJ_NO_MEMORY;
    json_decref(root);
    if (status == CJ_OK)
        *out = p;
    else
        cj_preprocess_free(context, p);
    return status;
}
