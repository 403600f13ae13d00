/*
 * arrays.c - data sets that are arrays already: IDX files, npz, a program's own.
 */
#include "data/data.h"

#include <math.h>
#include <stdio.h>

/* ---- examples ---- */

/* The pictures of a u8 array: [n][h][w], [n][h][w][c] where c is 1 or 3 last and not first, else
 * [n][c][h][w]. */
typedef struct picture_layout {
    int channels, height, width;
    bool planes;
} picture_layout;

static bool picture_layout_of(const cj_array *a, picture_layout *layout)
{
    const int64_t *s = a->shape;
    if (a->dtype != CJ_U8 || (a->rank != 3 && a->rank != 4))
        return false;
    bool last = a->rank == 4 && (s[3] == 1 || s[3] == 3) && s[1] != 1 && s[1] != 3;
    int64_t c = a->rank == 3 ? 1 : last ? s[3] : s[1];
    int64_t h = a->rank == 3 || last ? s[1] : s[2], w = a->rank == 3 || last ? s[2] : s[3];
    if ((c != 1 && c != 3) || h < 1 || w < 1 || h > INT32_MAX || w > CJ_IMAGE_MAX_PIXELS / h)
        return false;
    *layout = (picture_layout){(int)c, (int)h, (int)w, !last};
    return true;
}

/* One picture after the other, through the gatherer: it converts and resizes. */
static cj_status load_pictures(cj_loader *loader, cj_part_id part, const cj_array *array,
                               const picture_layout *layout, cj_gather *gather)
{
    cj_image image;
    cj_status status =
        cj_image_make(loader->context, layout->height, layout->width, layout->channels, &image);
    if (status != CJ_OK)
        return status;
    size_t plane = (size_t)layout->height * (size_t)layout->width;
    size_t channels = (size_t)layout->channels, each = plane * channels;
    const uint8_t *from = array->data;
    for (int64_t n = 0; status == CJ_OK && n < array->shape[0]; n++, from += each) {
        if (layout->planes)
            for (size_t c = 0; c < channels; c++)
                for (size_t i = 0; i < plane; i++)
                    image.pixel[i * channels + c] = from[c * plane + i];
        else
            memcpy(image.pixel, from, each);
        status = cj_gather_add(gather, part, &image, 0, NULL);
    }
    cj_image_free(loader->context, &image);
    return status;
}

static double exact_number_at(const cj_array *a, int64_t i)
{
    switch (a->dtype) {
#define CJ_X(NAME, name, type, bytes, kind)                                                        \
    case CJ_##NAME: return (double)((const type *)a->data)[i];
        CJ_DTYPE_LIST(CJ_X)
#undef CJ_X
    default: return 0;
    }
}

static float number_at(const cj_array *a, int64_t i)
{
    return (float)exact_number_at(a, i);
}

/* Shape of an example into the preprocessing, or checked against it. */
static cj_status check_shape(cj_loader *loader, const char *what, const cj_array *array, bool first)
{
    cj_preprocess *p = loader->dataset->preprocess;
    int64_t inputs = 1;
    int rank = CJ_MAX(array->rank - 1, 1);
    if (array->rank < 1 || rank > (int)CJ_COUNT(p->shape))
        return cj_fail(loader->context, CJ_SHAPE,
                       "%s: %s has %d %s; examples along the first and at most 4 more are taken",
                       loader->name, what, array->rank, cj_of_count(array->rank, "axis", "axes"));
    for (int i = 0; i < rank; i++) {
        int64_t extent = array->rank > 1 ? array->shape[i + 1] : 1;
        if (extent < 1 || extent > CJ_IMAGE_MAX_PIXELS * 3LL / inputs)
            return cj_fail(loader->context, CJ_SHAPE, "%s: %s: axis %d has extent %lld",
                           loader->name, what, i + 1, (long long)extent);
        inputs *= extent;
    }
    int64_t one[1] = {1};
    const int64_t *shape = array->rank > 1 ? array->shape + 1 : one;
    if (!first && (p->rank != rank || memcmp(p->shape, shape, (size_t)rank * sizeof *shape) != 0)) {
        return cj_fail(loader->context, CJ_SHAPE,
                       "%s: the examples of %s are of shape %s, those of the %s of shape %s",
                       loader->name, what, CJ_EXTENTS_OF(rank, shape),
                       loader->options->preprocess ? "model" : "training part",
                       CJ_EXTENTS_OF(p->rank, p->shape));
    }
    for (int i = 0; first && i < rank; i++)
        p->shape[i] = array->rank > 1 ? array->shape[i + 1] : 1;
    p->rank = rank;
    return CJ_OK;
}

static cj_status load_numbers(cj_loader *loader, cj_part_id part, const char *what,
                              const cj_array *array)
{
    cj_examples *e = &loader->dataset->part[part];
    bool first = loader->dataset->preprocess == NULL;
    cj_status status = first ? cj_loader_begin(loader, CJ_INPUT_ARRAYS) : CJ_OK;
    if (status == CJ_OK)
        status = check_shape(loader, what, array, first && !loader->options->preprocess);
    if (status != CJ_OK)
        return status;
    int64_t count = array->shape[0], inputs = cj_preprocess_inputs(loader->dataset->preprocess);
    e->value = cj_allocate(loader->context, (size_t)(count * inputs) * sizeof *e->value);
    if (!e->value)
        return CJ_NO_MEMORY;
    e->count = count;
    e->inputs = inputs;
    for (int64_t i = 0; i < count * inputs; i++)
        e->value[i] = number_at(array, i);
    return CJ_OK;
}

/* The parts of a source: examples x and labels y, each NULL where it has none. */
typedef struct array_part {
    cj_array *x;
    const cj_array *y;
    const char *x_name, *y_name;
} array_part;

/* Do all parts hold the planes that the data set is to have? Then their memory is taken over. */
static bool is_ready(const cj_loader *loader, const array_part part[CJ_PARTS],
                     const picture_layout layout[CJ_PARTS])
{
    const cj_data_options *o = loader->options;
    const picture_layout *first = NULL;
    for (int i = 0; i < CJ_PARTS; i++) {
        const picture_layout *l = &layout[i];
        if (!part[i].x)
            continue;
        if (!first)
            first = l;
        if ((!l->planes && l->channels > 1) || l->channels != first->channels ||
            l->height != first->height || l->width != first->width)
            return false;
    }
    if (!first)
        return false;
    if (o->preprocess)
        return o->preprocess->kind == CJ_INPUT_IMAGES &&
               o->preprocess->shape[0] == first->channels &&
               o->preprocess->shape[1] == first->height && o->preprocess->shape[2] == first->width;
    return o->height < 1 || o->width < 1 ||
           (o->height == first->height && o->width == first->width);
}

static cj_status take_pictures(cj_loader *loader, const array_part part[CJ_PARTS],
                               const picture_layout layout[CJ_PARTS])
{
    cj_status status = cj_loader_begin(loader, CJ_INPUT_IMAGES);
    if (status != CJ_OK)
        return status;
    cj_preprocess *p = loader->dataset->preprocess;
    for (int i = 0; i < CJ_PARTS; i++) {
        cj_examples *e = &loader->dataset->part[i];
        cj_array *x = part[i].x;
        if (!x || x->shape[0] == 0)
            continue;
        p->rank = 3;
        p->shape[0] = layout[i].channels;
        p->shape[1] = layout[i].height;
        p->shape[2] = layout[i].width;
        e->count = x->shape[0];
        e->inputs = cj_preprocess_inputs(p);
        e->pixel = x->data;
        x->data = NULL;
        x->size = 0;
    }
    return CJ_OK;
}

/* Pictures where all parts are pictures, else numbers. */
static cj_status load_examples(cj_loader *loader, const array_part part[CJ_PARTS])
{
    picture_layout layout[CJ_PARTS];
    bool pictures = true;
    cj_status status = CJ_OK;
    for (int i = 0; i < CJ_PARTS; i++)
        if (part[i].x)
            pictures = pictures && picture_layout_of(part[i].x, &layout[i]);
    if (!pictures) {
        for (int i = 0; i < CJ_PARTS && status == CJ_OK; i++)
            if (part[i].x)
                status = load_numbers(loader, (cj_part_id)i, part[i].x_name, part[i].x);
        return status;
    }
    if (is_ready(loader, part, layout))
        return take_pictures(loader, part, layout);
    cj_gather gather;
    status = cj_gather_begin(loader, &gather);
    for (int i = 0; i < CJ_PARTS && status == CJ_OK; i++)
        if (part[i].x)
            status = load_pictures(loader, (cj_part_id)i, part[i].x, &layout[i], &gather);
    if (status == CJ_OK)
        status = cj_gather_end(&gather);
    if (status != CJ_OK)
        cj_gather_cancel(&gather);
    for (int i = 0; i < CJ_PARTS; i++) { /* its labels are placeholders */
        cj_examples *e = &loader->dataset->part[i];
        if (e->label)
            cj_release(loader->context, e->label, (size_t)e->count * sizeof *e->label);
        e->label = NULL;
    }
    return status;
}

cj_status cj_load_inputs(cj_loader *loader, cj_array *array)
{
    array_part part[CJ_PARTS] = {[CJ_TRAIN] = {.x = array, .x_name = "the array"}};
    return load_examples(loader, part);
}

/* ---- labels ---- */

static cj_status read_labels(cj_loader *loader, const array_part *part, double **number,
                             int *targets)
{
    const cj_array *y = part->y;
    if (y->rank < 1 || y->rank > 2 || y->shape[0] != part->x->shape[0])
        return cj_fail(
            loader->context, CJ_SHAPE,
            "%s: %s has %lld examples, but %s holds %lld labels (of %d axes; 1 or 2 are taken)",
            loader->name, part->x_name, (long long)part->x->shape[0], part->y_name,
            (long long)(y->rank ? y->shape[0] : 1), y->rank);
    int64_t columns = y->rank == 2 ? y->shape[1] : 1;
    if (columns < 1 || columns > 65536 || (*targets && *targets != columns))
        return cj_fail(loader->context, CJ_SHAPE,
                       "%s: %s has %lld %s, 1 to 65536 are taken, the same for training and test",
                       loader->name, part->y_name, (long long)columns,
                       cj_of_count(columns, "column", "columns"));
    *targets = (int)columns;
    int64_t n = cj_array_count(y);
    *number = cj_allocate(loader->context, (size_t)n * sizeof **number);
    if (!*number)
        return CJ_NO_MEMORY;
    for (int64_t i = 0; i < n; i++)
        (*number)[i] = exact_number_at(y, i);
    return CJ_OK;
}

static cj_status load_arrays(cj_loader *loader, const array_part part[CJ_PARTS])
{
    double *number[CJ_PARTS] = {0};
    int targets = 0;
    cj_status status = load_examples(loader, part);
    for (int i = 0; i < CJ_PARTS && status == CJ_OK; i++)
        if (part[i].x)
            status = read_labels(loader, &part[i], &number[i], &targets);
    if (status == CJ_OK)
        status = cj_loader_set_numbers(loader, number, targets);
    for (int i = 0; i < CJ_PARTS; i++)
        if (number[i])
            cj_release(loader->context, number[i],
                       (size_t)cj_array_count(part[i].y) * sizeof *number[i]);
    loader->dataset->own_test = part[CJ_TEST].x != NULL;
    return status == CJ_OK ? cj_loader_finish(loader) : status;
}

/* ---- npz ---- */

static cj_array *find_any(cj_tensor_file *file, const char *const *names, const char **found)
{
    for (; *names; names++)
        for (size_t i = 0; i < file->count; i++)
            if (strcmp(file->array[i].name, *names) == 0) {
                *found = *names;
                return &file->array[i];
            }
    return NULL;
}

/* What the array that belongs to `name` is called. */
static const char *partner(const char *name)
{
    static const char *const pair[][2] = {{"x", "y"},
                                          {"X", "y"},
                                          {"x_train", "y_train"},
                                          {"X_train", "y_train"},
                                          {"x_val", "y_val"},
                                          {"X_val", "y_val"},
                                          {"x_valid", "y_valid"},
                                          {"x_test", "y_test"},
                                          {"X_test", "y_test"},
                                          {"y", "x"},
                                          {"Y", "X"},
                                          {"y_train", "x_train"},
                                          {"y_val", "x_val"},
                                          {"y_valid", "x_valid"},
                                          {"y_test", "x_test"}};
    for (size_t i = 0; i < CJ_COUNT(pair); i++)
        if (strcmp(pair[i][0], name) == 0)
            return pair[i][1];
    return strstr(name, "images") ? "labels" : "images";
}

cj_status cj_load_npz(cj_loader *loader, const char *path)
{
    static const char *const x[CJ_PARTS][6] = {
        [CJ_TRAIN] = {"x_train", "X_train", "x", "X", "train_images", NULL},
        [CJ_VALIDATION] = {"x_val", "X_val", "x_valid", "val_images", NULL},
        [CJ_TEST] = {"x_test", "X_test", "test_images", NULL}};
    static const char *const y[CJ_PARTS][6] = {
        [CJ_TRAIN] = {"y_train", "Y_train", "y", "Y", "train_labels", NULL},
        [CJ_VALIDATION] = {"y_val", "Y_val", "y_valid", "val_labels", NULL},
        [CJ_TEST] = {"y_test", "Y_test", "test_labels", NULL}};
    cj_tensor_file *file;
    array_part part[CJ_PARTS] = {0};
    cj_status status = cj_npz_read(loader->context, path, &file);
    if (status != CJ_OK)
        return status;
    for (int i = 0; i < CJ_PARTS; i++) {
        part[i].x = find_any(file, x[i], &part[i].x_name);
        part[i].y = find_any(file, y[i], &part[i].y_name);
        if (!part[i].x != !part[i].y)
            status = cj_fail(loader->context, CJ_FORMAT, "%s: has %s, but no %s beside it", path,
                             part[i].x ? part[i].x_name : part[i].y_name,
                             partner(part[i].x ? part[i].x_name : part[i].y_name));
    }
    if (status == CJ_OK && !part[CJ_TRAIN].x)
        status =
            cj_fail(loader->context, CJ_FORMAT,
                    "%s: holds no arrays x and y (or x_train, y_train); it has %s%s", path,
                    file->count ? file->array[0].name : "none", file->count > 1 ? ", ..." : "");
    if (status == CJ_OK)
        status = load_arrays(loader, part);
    cj_tensor_file_free(loader->context, file);
    return status;
}

/* ---- IDX ---- */

bool cj_is_idx_images(const char *file_name)
{
    return strstr(file_name, "images") && strstr(file_name, "idx") &&
           (cj_ends_with(file_name, "ubyte") || cj_ends_with(file_name, "ubyte.gz"));
}

/* "train-images-idx3-ubyte.gz" to "train-labels-idx1-ubyte.gz"; the other of plain and gzip where
 * that is there. */
static char *labels_path(cj_context *context, const char *images)
{
    size_t size = strlen(images) + 4; /* room for ".gz" */
    char *path = cj_allocate(context, size);
    if (!path)
        return NULL;
    memcpy(path, images, strlen(images) + 1);
    char *slash = strrchr(path, '/');
    memcpy(strstr(slash ? slash : path, "images"), "labels", 6);
    char *idx = strstr(slash ? slash : path, "idx");
    if (idx[3] >= '2' && idx[3] <= '9')
        idx[3] = '1';
    if (!cj_exists(path)) {
        if (cj_ends_with(path, ".gz"))
            path[strlen(path) - 3] = 0;
        else
            memcpy(path + strlen(path), ".gz", 4);
    }
    char *exact = cj_text_copy(context, path, strlen(path));
    cj_release(context, path, size);
    return exact;
}

typedef struct idx_files {
    char *path[CJ_PARTS], *labels[CJ_PARTS];
    cj_array x[CJ_PARTS], y[CJ_PARTS];
} idx_files;

static cj_status read_idx(cj_loader *loader, idx_files *files)
{
    array_part part[CJ_PARTS] = {0};
    cj_status status = CJ_OK;
    for (int i = 0; i < CJ_PARTS && status == CJ_OK; i++) {
        if (!files->path[i])
            continue;
        status = cj_idx_read(loader->context, files->path[i], &files->x[i]);
        if (status == CJ_OK && !(files->labels[i] = labels_path(loader->context, files->path[i])))
            status = CJ_NO_MEMORY;
        if (status == CJ_OK && !cj_exists(files->labels[i]))
            status = cj_fail(loader->context, CJ_MISSING,
                             "%s: the labels of %s are not beside it: %s is missing", loader->name,
                             files->path[i], files->labels[i]);
        if (status == CJ_OK)
            status = cj_idx_read(loader->context, files->labels[i], &files->y[i]);
        part[i] = (array_part){&files->x[i], &files->y[i], files->path[i], files->labels[i]};
    }
    return status == CJ_OK ? load_arrays(loader, part) : status;
}

/* Of a folder's files: t10k and test are the test part, the rest training; plain files before
 * gzipped ones. */
static cj_status choose_idx(cj_loader *loader, const char *folder, idx_files *files)
{
    cj_listing listing;
    const char *chosen[CJ_PARTS] = {0};
    cj_status status = cj_list_folder(loader->context, folder, &listing);
    for (size_t i = 0; i < listing.count && status == CJ_OK; i++) {
        const char *name = listing.name[i];
        if (!cj_is_idx_images(name))
            continue;
        cj_part_id part = strstr(name, "t10k") || strstr(name, "test") ? CJ_TEST
                          : strstr(name, "val")                        ? CJ_VALIDATION
                                                                       : CJ_TRAIN;
        size_t length = chosen[part] ? strlen(chosen[part]) : 0;
        if (!chosen[part])
            chosen[part] = name;
        else if (strncmp(chosen[part], name, length) != 0 || strcmp(name + length, ".gz") != 0)
            status = cj_fail(loader->context, CJ_INVALID,
                             "%s: holds both %s and %s: name the one images file", folder,
                             chosen[part], name);
    }
    if (status == CJ_OK && !chosen[CJ_TRAIN] && !loader->options->preprocess)
        status = cj_fail(loader->context, CJ_FORMAT, "%s: has test images but no training images",
                         folder);
    for (int i = 0; i < CJ_PARTS && status == CJ_OK; i++)
        if (chosen[i] && !(files->path[i] = cj_join_path(loader->context, folder, chosen[i])))
            status = CJ_NO_MEMORY;
    cj_listing_free(loader->context, &listing);
    return status;
}

cj_status cj_load_idx(cj_loader *loader, const char *path)
{
    idx_files files = {0};
    cj_context *context = loader->context;
    cj_status status = CJ_OK;
    if (cj_is_folder(path))
        status = choose_idx(loader, path, &files);
    else if (!(files.path[CJ_TRAIN] = cj_text_copy(context, path, strlen(path))))
        status = CJ_NO_MEMORY;
    if (status == CJ_OK)
        status = read_idx(loader, &files);
    for (int i = 0; i < CJ_PARTS; i++) {
        cj_text_release(context, files.path[i]);
        cj_text_release(context, files.labels[i]);
        cj_array_free(context, &files.x[i]);
        cj_array_free(context, &files.y[i]);
    }
    return status;
}
