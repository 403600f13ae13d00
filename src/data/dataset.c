/*
 * dataset.c - data sets: from a name to a source, from examples to a data set that is hashed, split
 * and fitted.
 */
#include "data/data.h"

#include <math.h>
#include <stdio.h>

/* ---- memory and notes ---- */

void cj_dataset_free(cj_context *context, cj_dataset *dataset)
{
    if (!dataset)
        return;
    for (int part = 0; part < CJ_PARTS; part++)
        cj_examples_free(context, &dataset->part[part]);
    for (int i = 0; i < dataset->notes; i++)
        cj_text_release(context, dataset->note[i]);
    if (dataset->note)
        cj_release(context, dataset->note, (size_t)dataset->notes * sizeof *dataset->note);
    cj_preprocess_free(context, dataset->preprocess);
    cj_pictures_free(dataset->pictures);
    cj_release(context, dataset, sizeof *dataset);
}

cj_status cj_note(cj_loader *loader, const char *format, ...)
{
    char text[1024];
    cj_dataset *d = loader->dataset;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    char *copy = cj_text_copy(loader->context, text, strlen(text));
    size_t old = (size_t)d->notes * sizeof *d->note;
    char **note = copy ? cj_reallocate(loader->context, d->note, old, old + sizeof *note) : NULL;
    if (!note) {
        cj_text_release(loader->context, copy);
        return CJ_NO_MEMORY;
    }
    note[d->notes++] = copy;
    d->note = note;
    return CJ_OK;
}

const char *cj_input_kind_text(cj_input_kind kind)
{
    static const char *const text[] = {"pictures", "rows of a table", "arrays of numbers"};
    return text[kind];
}

cj_status cj_loader_begin(cj_loader *loader, cj_input_kind kind)
{
    const cj_preprocess *given = loader->options->preprocess;
    if (!given) {
        loader->dataset->preprocess = cj_preprocess_new(loader->context);
        if (!loader->dataset->preprocess)
            return CJ_NO_MEMORY;
        loader->dataset->preprocess->kind = kind;
        return CJ_OK;
    }
    if (given->kind != kind)
        return cj_fail(loader->context, CJ_INVALID, "%s holds %s, but the model takes %s",
                       loader->name, cj_input_kind_text(kind), cj_input_kind_text(given->kind));
    return cj_preprocess_copy(loader->context, given, &loader->dataset->preprocess);
}

/* ---- hash ---- */

static cj_status hash_examples(cj_sha256 *sha, const cj_examples *e)
{
    cj_status status = CJ_OK;
    int64_t head[3] = {e->count, e->inputs, e->targets};
    size_t n = (size_t)e->count, inputs = (size_t)e->inputs;
    cj_sha256_add(sha, head, sizeof head);
    if (e->pixel)
        cj_sha256_add(sha, e->pixel, n * inputs);
    if (e->pictures)
        status = cj_pictures_measure(e->pictures, e->item, e->count, sha);
    if (e->value)
        cj_sha256_add(sha, e->value, n * inputs * sizeof *e->value);
    if (e->label)
        cj_sha256_add(sha, e->label, n * sizeof *e->label);
    if (e->target)
        cj_sha256_add(sha, e->target, n * (size_t)e->targets * sizeof *e->target);
    return status;
}

static cj_status hash_dataset(cj_dataset *d)
{
    cj_sha256 sha;
    uint8_t digest[32];
    const cj_preprocess *p = d->preprocess;
    cj_status status = CJ_OK;
    cj_sha256_init(&sha);
    cj_sha256_add(&sha, p->shape, (size_t)p->rank * sizeof p->shape[0]);
    for (int i = 0; i < p->classes; i++)
        cj_sha256_add(&sha, p->class_name[i], strlen(p->class_name[i]) + 1);
    for (int part = 0; part < CJ_PARTS && status == CJ_OK; part++)
        status = hash_examples(&sha, &d->part[part]);
    cj_sha256_end(&sha, digest);
    cj_sha256_text(digest, d->hash);
    return status;
}

/* ---- moments ---- */

bool cj_moments(const float *value, int64_t count, int64_t step, double *mean, double *scale)
{
    double sum = 0, squares = 0;
    for (int64_t i = 0; i < count; i++)
        sum += (double)value[i * step];
    *mean = count ? sum / (double)count : 0;
    for (int64_t i = 0; i < count; i++) {
        double d = (double)value[i * step] - *mean;
        squares += d * d;
    }
    *scale = count ? sqrt(squares / (double)count) : 0;
    if (!(*scale > 0))
        *scale = 1;
    return isfinite(*mean) && isfinite(*scale);
}

static void sum_pixels(const uint8_t *pixel, int64_t count, uint64_t sum[2])
{
    for (int64_t i = 0; i < count; i++) {
        sum[0] += pixel[i];
        sum[1] += (uint64_t)pixel[i] * pixel[i];
    }
}

/* Of pixel / 255, from sums that are exact. */
static void pixel_moments(cj_preprocess *p, const cj_examples *train)
{
    int64_t plane = p->shape[1] * p->shape[2];
    for (int64_t c = 0; c < p->shape[0]; c++) {
        uint64_t all[2] = {0, 0}, one[2];
        for (int64_t n = 0; n < train->count; n++) {
            if (train->pixel) {
                sum_pixels(train->pixel + n * train->inputs + c * plane, plane, all);
                continue;
            }
            cj_pictures_sums(train->pictures, train->item[n], (int)c, one);
            all[0] += one[0];
            all[1] += one[1];
        }
        double pixels = (double)train->count * (double)plane, mean = (double)all[0] / pixels;
        double variance = (double)all[1] / pixels - mean * mean;
        p->mean[c] = mean / 255;
        p->scale[c] = variance > 0 ? sqrt(variance) / 255 : 1;
    }
}

cj_status cj_check_values(cj_loader *loader, const cj_examples *e)
{
    for (int64_t i = 0; i < e->count * e->inputs; i++)
        if (!isfinite(e->value[i]))
            return cj_fail(loader->context, CJ_VALUE,
                           "%s: example %lld holds a number that is not finite (element %lld): "
                           "remove or fill it",
                           loader->name, (long long)(i / e->inputs), (long long)(i % e->inputs));
    return CJ_OK;
}

static cj_status fit_inputs(cj_loader *loader)
{
    cj_preprocess *p = loader->dataset->preprocess;
    const cj_examples *train = &loader->dataset->part[CJ_TRAIN];
    int moments = p->kind == CJ_INPUT_IMAGES ? (int)p->shape[0]
                  : p->rank == 1             ? (int)p->shape[0]
                                             : 1;
    cj_status status = cj_preprocess_make_moments(loader->context, p, moments);
    if (status != CJ_OK)
        return status;
    if (p->kind == CJ_INPUT_IMAGES) {
        pixel_moments(p, train);
        return CJ_OK;
    }
    for (int m = 0; m < moments; m++) {
        int64_t step = moments > 1 ? train->inputs : 1;
        int64_t count = moments > 1 ? train->count : train->count * train->inputs;
        if (!cj_moments(train->value + m, count, step, &p->mean[m], &p->scale[m]))
            return cj_fail(loader->context, CJ_VALUE,
                           "%s: its numbers are too large to be standardised", loader->name);
    }
    return CJ_OK;
}

static cj_status fit_targets(cj_loader *loader)
{
    cj_dataset *d = loader->dataset;
    cj_preprocess *p = d->preprocess;
    if (p->task != CJ_TASK_REGRESSION)
        return CJ_OK;
    for (int t = 0; t < p->targets; t++) {
        const cj_examples *train = &d->part[CJ_TRAIN];
        if (!loader->options->preprocess && !cj_moments(train->target + t, train->count, p->targets,
                                                        &p->target_mean[t], &p->target_scale[t]))
            return cj_fail(loader->context, CJ_VALUE,
                           "%s: its targets are too large to be standardised", loader->name);
        for (int part = 0; part < CJ_PARTS; part++) {
            float *y = d->part[part].target;
            for (int64_t i = 0; i < d->part[part].count; i++) {
                float *v = &y[i * p->targets + t];
                *v = (float)(((double)*v - p->target_mean[t]) / p->target_scale[t]);
            }
        }
    }
    return CJ_OK;
}

/* ---- the end of loading ---- */

static cj_status split_parts(cj_loader *loader)
{
    cj_examples *train = &loader->dataset->part[CJ_TRAIN];
    int64_t n = train->count;
    uint8_t *part = cj_allocate(loader->context, (size_t)n);
    if (!part)
        return CJ_NO_MEMORY;
    cj_status status = cj_loader_assign(loader, train->label, n, part);
    if (status == CJ_OK)
        status = cj_loader_divide(loader, part);
    cj_release(loader->context, part, (size_t)n);
    return status;
}

cj_status cj_loader_finish(cj_loader *loader)
{
    cj_dataset *d = loader->dataset;
    cj_status status = CJ_OK;
    if (d->part[CJ_TRAIN].count == 0 && !loader->options->preprocess)
        return cj_fail(loader->context, CJ_VALUE, "%s: holds no examples to train on",
                       loader->name);
    for (int part = 0; part < CJ_PARTS && status == CJ_OK; part++)
        if (d->part[part].value)
            status = cj_check_values(loader, &d->part[part]);
    if (status != CJ_OK)
        return status;
    status = hash_dataset(d);
    if (status == CJ_OK)
        status = split_parts(loader);
    if (status == CJ_OK && !loader->options->preprocess)
        status = fit_inputs(loader);
    return status == CJ_OK ? fit_targets(loader) : status;
}

/* ---- from a name to a source ---- */

static cj_status load_file(cj_loader *loader, const char *path)
{
    const char *slash = strrchr(path, '/'), *file = slash ? slash + 1 : path;
    if (cj_is_idx_images(file))
        return cj_load_idx(loader, path);
    if (cj_ends_with(file, ".npz"))
        return cj_load_npz(loader, path);
    if (cj_ends_with(file, ".tar") || cj_ends_with(file, ".tar.gz") || cj_ends_with(file, ".tgz") ||
        cj_ends_with(file, ".zip"))
        return cj_load_pictures(loader, &(char *){(char *)(uintptr_t)path}, 1);
    static const char *const unknown[] = {".png",     ".jpg",  ".jpeg", ".safetensors",
                                          ".parquet", ".xlsx", ".json", ".npy"};
    for (size_t i = 0; i < CJ_COUNT(unknown); i++)
        if (cj_ends_with(file, unknown[i]))
            return cj_fail(loader->context, CJ_UNSUPPORTED,
                           "%s: no data set that can be read: a folder with one folder of pictures "
                           "a class, a tar or "
                           "zip of one, IDX files, .npz (x, y) and CSV are",
                           path);
    return cj_load_table(loader, path);
}

/* The one data file of a folder that has no folders in it; *found stays NULL where there is none,
 * or more. */
static cj_status only_file(cj_context *context, const char *path, const cj_listing *listing,
                           const char **found)
{
    static const char *const data[] = {".npz", ".tar", ".tar.gz", ".tgz",
                                       ".zip", ".csv", ".csv.gz", ".tsv"};
    int files = 0;
    *found = NULL;
    for (size_t i = 0; i < listing->count; i++) {
        char *full = cj_join_path(context, path, listing->name[i]);
        if (!full)
            return CJ_NO_MEMORY;
        bool folder = cj_is_folder(full);
        cj_text_release(context, full);
        if (folder) {
            *found = NULL;
            return CJ_OK;
        }
        bool is_data = false;
        for (size_t k = 0; k < CJ_COUNT(data); k++)
            is_data = is_data || cj_ends_with(listing->name[i], data[k]);
        files += is_data;
        if (is_data)
            *found = files == 1 ? listing->name[i] : NULL;
    }
    return CJ_OK;
}

cj_status cj_load_path(cj_loader *loader, const char *path)
{
    cj_listing listing = {0};
    const char *file = NULL;
    if (!cj_is_folder(path))
        return load_file(loader, path);
    cj_status status = cj_list_folder(loader->context, path, &listing);
    bool idx = false, sounds = false;
    for (size_t i = 0; i < listing.count; i++) {
        idx = idx || cj_is_idx_images(listing.name[i]);
        sounds = sounds || cj_is_sound_name(listing.name[i]);
    }
    if (status == CJ_OK && !idx && !sounds)
        status = only_file(loader->context, path, &listing, &file);
    if (status == CJ_OK && file) {
        char *full = cj_join_path(loader->context, path, file);
        status = full ? load_file(loader, full) : CJ_NO_MEMORY;
        cj_text_release(loader->context, full);
    } else if (status == CJ_OK) {
        status = idx      ? cj_load_idx(loader, path)
                 : sounds ? cj_load_audio(loader, path)
                          : cj_load_pictures(loader, &(char *){(char *)(uintptr_t)path}, 1);
    }
    cj_listing_free(loader->context, &listing);
    return status;
}

cj_status cj_data_load(cj_context *context, const char *what, const cj_data_options *options,
                       cj_dataset **out)
{
    static const cj_data_options defaults = {0};
    char path[4096];
    *out = NULL;
    cj_loader loader = {.context = context, .options = options ? options : &defaults, .name = what};
    const cj_known_row *row = cj_known_find(what);
    if (row && !row->load)
        return cj_fail(context, CJ_UNSUPPORTED, "%s is %s, not a set of examples: %s", what,
                       cj_data_kind_text(row->about.kind),
                       row->about.kind == CJ_DATA_GRAPH ? "cj_graph_data_load reads it"
                                                        : "cj_text_load reads it");
    cj_status status =
        cj_data_locate(context, what, row ? row->about.kind : CJ_DATA_TABLE, path, sizeof path);
    if (status != CJ_OK)
        return status;
    if (row) {
        loader.class_names = row->class_names;
        loader.class_folders = row->class_folders;
    }
    loader.dataset = cj_allocate_zero(context, sizeof *loader.dataset);
    if (!loader.dataset)
        return CJ_NO_MEMORY;
    status = row ? row->load(&loader, path) : cj_load_path(&loader, path);
    if (status == CJ_OK)
        *out = loader.dataset;
    else
        cj_dataset_free(context, loader.dataset);
    return status;
}
