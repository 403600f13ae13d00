/*
 * own.c - data sets from a program's own arrays.
 */
#include "data/data.h"

#include <stdio.h>

static cj_status begin(cj_context *context, const cj_data_options *options, cj_input_kind kind,
                       cj_loader *loader)
{
    static const cj_data_options defaults = {0};
    *loader = (cj_loader){
        .context = context, .options = options ? options : &defaults, .name = "the data"};
    loader->dataset = cj_allocate_zero(context, sizeof *loader->dataset);
    return loader->dataset ? cj_loader_begin(loader, kind) : CJ_NO_MEMORY;
}

static cj_status end(cj_loader *loader, cj_status status, cj_dataset **out)
{
    if (status == CJ_OK)
        status = cj_loader_finish(loader);
    if (status == CJ_OK)
        *out = loader->dataset;
    else
        cj_dataset_free(loader->context, loader->dataset);
    return status;
}

static cj_status set_shape(cj_loader *loader, int rank, const int64_t *shape)
{
    cj_preprocess *p = loader->dataset->preprocess;
    bool given = loader->options->preprocess != NULL, same = p->rank == rank;
    int64_t inputs = 1;
    if (rank < 1 || rank > (int)CJ_COUNT(p->shape))
        return cj_fail(loader->context, CJ_SHAPE, "an example of %d axes; 1 to 4 are taken", rank);
    for (int i = 0; i < rank; i++) {
        if (shape[i] < 1 || shape[i] > CJ_IMAGE_MAX_PIXELS * 3LL / inputs)
            return cj_fail(loader->context, CJ_SHAPE, "axis %d of the examples has extent %lld", i,
                           (long long)shape[i]);
        inputs *= shape[i];
        same = same && p->shape[i] == shape[i];
        if (!given)
            p->shape[i] = shape[i];
    }
    if (given && !same)
        return cj_fail(loader->context, CJ_SHAPE,
                       "the examples have another shape than the model takes");
    p->rank = rank;
    return CJ_OK;
}

static cj_status set_labels(cj_loader *loader, const int32_t *labels, int classes)
{
    enum { NAME_SIZE = 12 };
    cj_context *context = loader->context;
    cj_examples *e = &loader->dataset->part[CJ_TRAIN];
    if (classes < 1 || classes > 65536)
        return cj_fail(context, CJ_INVALID, "%d classes", classes);
    for (int64_t i = 0; i < e->count; i++)
        if (labels[i] < 0 || labels[i] >= classes)
            return cj_fail(context, CJ_VALUE, "example %lld has the label %d; labels are 0 to %d",
                           (long long)i, (int)labels[i], classes - 1);
    e->label = cj_allocate(context, (size_t)e->count * sizeof *e->label);
    size_t size = (size_t)classes * (sizeof(char *) + NAME_SIZE);
    char **name = e->label ? cj_allocate(context, size) : NULL;
    if (!name)
        return CJ_NO_MEMORY;
    memcpy(e->label, labels, (size_t)e->count * sizeof *labels);
    char *text = (char *)(name + classes);
    for (int i = 0; i < classes; i++) {
        name[i] = text + i * NAME_SIZE;
        snprintf(name[i], NAME_SIZE, "%d", i);
    }
    cj_status status = cj_loader_set_names(loader, name, classes);
    cj_release(context, name, size);
    return status;
}

static cj_status set_targets(cj_loader *loader, const float *targets, int count)
{
    cj_context *context = loader->context;
    int64_t n = loader->dataset->part[CJ_TRAIN].count * count;
    double *number[CJ_PARTS] = {0};
    cj_data_options options = *loader->options;
    options.task = "regression";
    double *all = cj_allocate(context, (size_t)n * sizeof *all);
    if (!all)
        return CJ_NO_MEMORY;
    for (int64_t i = 0; i < n; i++)
        all[i] = (double)targets[i];
    number[CJ_TRAIN] = all;
    const cj_data_options *asked = loader->options;
    loader->options = &options;
    cj_status status = cj_loader_set_numbers(loader, number, count);
    loader->options = asked;
    cj_release(context, all, (size_t)n * sizeof *all);
    return status;
}

cj_status cj_data_from_pixels(cj_context *context, const uint8_t *pixel, int64_t count,
                              int channels, int height, int width, const int32_t *labels,
                              int classes, const cj_data_options *options, cj_dataset **out)
{
    cj_loader loader;
    int64_t shape[3] = {channels, height, width};
    size_t size;
    *out = NULL;
    if (count < 1 || !pixel || !labels || (channels != 1 && channels != 3))
        return cj_fail(
            context, CJ_INVALID,
            "pictures need pixels, labels, and 1 or 3 channels (%lld pictures, %d channels given)",
            (long long)count, channels);
    cj_status status = begin(context, options, CJ_INPUT_IMAGES, &loader);
    if (status == CJ_OK)
        status = set_shape(&loader, 3, shape);
    if (status == CJ_OK) {
        cj_examples *e = &loader.dataset->part[CJ_TRAIN];
        e->inputs = cj_preprocess_inputs(loader.dataset->preprocess);
        if (!cj_multiply_size((size_t)count, (size_t)e->inputs, &size))
            status = cj_fail(context, CJ_SHAPE, "too many pictures");
        else if (!(e->pixel = cj_allocate(context, size)))
            status = CJ_NO_MEMORY;
        else {
            e->count = count;
            memcpy(e->pixel, pixel, size);
            status = set_labels(&loader, labels, classes);
        }
    }
    return loader.dataset ? end(&loader, status, out) : status;
}

cj_status cj_data_from_values(cj_context *context, const float *value, int64_t count, int rank,
                              const int64_t *shape, const int32_t *labels, int classes,
                              const float *targets, int target_count,
                              const cj_data_options *options, cj_dataset **out)
{
    cj_loader loader;
    size_t size;
    *out = NULL;
    if (count < 1 || !value || !labels == !targets || (targets && target_count < 1))
        return cj_fail(context, CJ_INVALID,
                       "examples need values, and either labels or targets (%lld examples given)",
                       (long long)count);
    cj_status status = begin(context, options, CJ_INPUT_ARRAYS, &loader);
    if (status == CJ_OK)
        status = set_shape(&loader, rank, shape);
    if (status == CJ_OK) {
        cj_examples *e = &loader.dataset->part[CJ_TRAIN];
        e->inputs = cj_preprocess_inputs(loader.dataset->preprocess);
        if (!cj_multiply_size((size_t)count, (size_t)e->inputs * sizeof *value, &size))
            status = cj_fail(context, CJ_SHAPE, "too many examples");
        else if (!(e->value = cj_allocate(context, size)))
            status = CJ_NO_MEMORY;
        else {
            e->count = count;
            memcpy(e->value, value, size);
            status = labels ? set_labels(&loader, labels, classes)
                            : set_targets(&loader, targets, target_count);
        }
    }
    return loader.dataset ? end(&loader, status, out) : status;
}
