/*
 * inputs.c - examples without labels: a file of arrays made ready for a model that is there.
 */
#include "data/data.h"

/* ---- which file ---- */

typedef enum array_format { NO_ARRAYS, NPY, NPZ, IDX } array_format;

static const char *const format_text[] = {[NO_ARRAYS] = "no file of arrays",
                                          [NPY] = "an npy array",
                                          [NPZ] = "a zip archive (npz, or a spreadsheet)",
                                          [IDX] = "an IDX or gzip file"};

static array_format format_of(const void *data, size_t size)
{
    const uint8_t *byte = data;
    if (size >= 6 && memcmp(data, "\x93NUMPY", 6) == 0)
        return NPY;
    if (size >= 4 && memcmp(data, "PK\x03\x04", 4) == 0)
        return NPZ;
    /* Two zeros, a type of 8 to 14, 1 to 4 axes. */
    if (size >= 4 && !byte[0] && !byte[1] && byte[2] >= 8 && byte[2] <= 14 && byte[3] >= 1 &&
        byte[3] <= 4)
        return IDX;
    return cj_is_gzip(data, size) ? IDX : NO_ARRAYS;
}

bool cj_is_arrays(const void *data, size_t size)
{
    return format_of(data, size) != NO_ARRAYS;
}

/* ---- which array ---- */

static cj_array *choose(cj_tensor_file *file)
{
    static const char *const names[] = {"x", "X", "x_test", "X_test", "test_images"};
    for (size_t k = 0; k < CJ_COUNT(names); k++)
        for (size_t i = 0; i < file->count; i++)
            if (strcmp(file->array[i].name, names[k]) == 0)
                return &file->array[i];
    return file->count == 1 ? &file->array[0] : NULL;
}

static cj_status read_npz(cj_context *context, const char *name, const void *data, size_t size,
                          cj_array *out)
{
    cj_tensor_file *file;
    cj_status status = cj_npz_parse(context, name, data, size, &file);
    if (status != CJ_OK)
        return status;
    cj_array *chosen = choose(file);
    if (!chosen)
        status =
            cj_fail(context, CJ_FORMAT,
                    "%s: holds %zu arrays, none of them called x: call the one to predict from x",
                    name, file->count);
    else {
        *out = *chosen;
        *chosen = (cj_array){0};
    }
    cj_tensor_file_free(context, file);
    return status;
}

static cj_status read_array(cj_context *context, const char *name, const void *data, size_t size,
                            cj_array *out)
{
    switch (format_of(data, size)) {
    case NPY: return cj_npy_parse(context, name, data, size, out);
    case NPZ: return read_npz(context, name, data, size, out);
    case IDX: return cj_idx_parse(context, name, data, size, out);
    default: break;
    }
    return cj_fail(context, CJ_FORMAT, "%s: no npy, npz or IDX file", name);
}

/* ---- its examples ---- */

/* One example alone, without an axis of examples, gets one. */
static void add_axis(const cj_preprocess *p, cj_array *a)
{
    bool one = a->rank == p->rank && p->kind == CJ_INPUT_ARRAYS;
    for (int i = 0; i < p->rank && one; i++)
        one = a->shape[i] == p->shape[i];
    one = one || (p->kind == CJ_INPUT_IMAGES && a->rank == 2);
    if (!one)
        return;
    memmove(a->shape + 1, a->shape, (size_t)a->rank * sizeof a->shape[0]);
    a->shape[0] = 1;
    a->rank++;
}

static cj_status load(cj_loader *loader, cj_array *array)
{
    const cj_preprocess *p = loader->options->preprocess;
    if (p->kind == CJ_INPUT_IMAGES && array->dtype != CJ_U8)
        return cj_fail(loader->context, CJ_INVALID,
                       "%s holds %s, but the model takes pictures: u8 from 0 to 255", loader->name,
                       cj_dtype_name(array->dtype));
    add_axis(p, array);
    cj_status status = cj_load_inputs(loader, array);
    if (status == CJ_OK && p->kind == CJ_INPUT_ARRAYS)
        status = cj_check_values(loader, &loader->dataset->part[CJ_TRAIN]);
    return status;
}

cj_status cj_data_inputs(cj_context *context, const char *name, const void *data, size_t size,
                         const cj_preprocess *preprocess, cj_dataset **out)
{
    const cj_data_options options = {.preprocess = preprocess};
    cj_loader loader = {.context = context, .options = &options, .name = name};
    cj_array array = {0};
    *out = NULL;
    if (preprocess->kind == CJ_INPUT_TABLE)
        return cj_fail(context, CJ_INVALID,
                       "%s is %s, but the model takes rows of a table: give a CSV", name,
                       format_text[format_of(data, size)]);
    cj_status status = read_array(context, name, data, size, &array);
    if (status == CJ_OK && !(loader.dataset = cj_allocate_zero(context, sizeof *loader.dataset)))
        status = CJ_NO_MEMORY;
    if (status == CJ_OK)
        status = load(&loader, &array);
    cj_array_free(context, &array);
    if (status == CJ_OK)
        *out = loader.dataset;
    else
        cj_dataset_free(context, loader.dataset);
    return status;
}
