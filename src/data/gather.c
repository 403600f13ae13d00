/*
 * gather.c - pictures gathered one by one into arrays of one size and mode.
 *
 * Without a size asked for, the size is that of the first picture until one differs: then all
 * become 64 x 64. They are grey until one has colour.
 */
#include "data/data.h"

#define MIXED_SIZE 64

cj_status cj_gather_begin(cj_loader *loader, cj_gather *gather)
{
    const cj_data_options *o = loader->options;
    *gather = (cj_gather){.loader = loader, .budget = o->memory ? o->memory : cj_memory_budget()};
    cj_status status = cj_loader_begin(loader, CJ_INPUT_IMAGES);
    if (status != CJ_OK)
        return status;
    if (o->preprocess) {
        gather->channels = (int)o->preprocess->shape[0];
        gather->height = (int)o->preprocess->shape[1];
        gather->width = (int)o->preprocess->shape[2];
        gather->fixed_size = gather->fixed_channels = true;
    } else if (o->height > 0 && o->width > 0) {
        gather->height = o->height;
        gather->width = o->width;
        gather->fixed_size = true;
    }
    return CJ_OK;
}

static int64_t image_bytes(const cj_gather *g)
{
    return (int64_t)g->channels * g->height * g->width;
}

/* ---- what is there already, made to fit ---- */

static void interleave(const uint8_t *planes, const cj_image *image)
{
    int64_t pixels = (int64_t)image->height * image->width;
    for (int c = 0; c < image->channels; c++)
        for (int64_t i = 0; i < pixels; i++)
            image->pixel[i * image->channels + c] = *planes++;
}

cj_status cj_picture_fit(cj_context *context, const cj_image *image, int channels, int height,
                         int width, uint8_t *to)
{
    cj_image converted = {0}, sized = {0};
    const cj_image *last = image;
    cj_status status = CJ_OK;
    if (last->channels != channels) {
        status = cj_image_convert(context, last, channels, &converted);
        last = &converted;
    }
    if (status == CJ_OK && (last->height != height || last->width != width)) {
        status = cj_image_resize(context, last, height, width, &sized);
        last = &sized;
    }
    if (status == CJ_OK)
        cj_planes(last->pixel, channels, (int64_t)height * width, to);
    cj_image_free(context, &converted);
    cj_image_free(context, &sized);
    return status;
}

/* As the set has them so far. */
static cj_status fit(const cj_gather *g, const cj_image *image, uint8_t *to)
{
    return cj_picture_fit(g->loader->context, image, g->channels, g->height, g->width, to);
}

static cj_status refit_part(const cj_gather *from, cj_gather *to, int part)
{
    cj_context *context = from->loader->context;
    cj_examples *e = &from->loader->dataset->part[part];
    if (!from->capacity[part])
        return CJ_OK;
    size_t old_each = (size_t)image_bytes(from), each = (size_t)image_bytes(to), old_size, size;
    if (!cj_multiply_size(from->capacity[part], old_each, &old_size) ||
        !cj_multiply_size(from->capacity[part], each, &size))
        return cj_fail(context, CJ_NO_MEMORY, "%s: the pictures do not fit in memory",
                       from->loader->name);
    cj_image image;
    uint8_t *pixel = cj_allocate(context, size);
    if (!pixel)
        return CJ_NO_MEMORY;
    cj_status status = cj_image_make(context, from->height, from->width, from->channels, &image);
    for (int64_t i = 0; status == CJ_OK && i < e->count; i++) {
        interleave(e->pixel + (size_t)i * old_each, &image);
        status = fit(to, &image, pixel + (size_t)i * each);
    }
    cj_image_free(context, &image);
    if (status != CJ_OK) {
        cj_release(context, pixel, size);
        return status;
    }
    cj_release(context, e->pixel, old_size);
    e->pixel = pixel;
    e->inputs = image_bytes(to);
    return CJ_OK;
}

/* Changes size or channels of the set; the pictures that are there follow. */
static cj_status refit(cj_gather *g, int channels, int height, int width)
{
    cj_gather to = *g;
    to.channels = channels;
    to.height = height;
    to.width = width;
    for (int part = 0; part < CJ_PARTS && !g->streams; part++) {
        cj_status status = refit_part(g, &to, part);
        if (status != CJ_OK) {
            /* The parts now differ in size: none can be used, and each must be freed by its own. */
            for (int done = 0; done < CJ_PARTS; done++) {
                cj_examples *e = &g->loader->dataset->part[done];
                size_t each = (size_t)(done < part ? image_bytes(&to) : image_bytes(g));
                if (e->pixel)
                    cj_release(g->loader->context, e->pixel, g->capacity[done] * each);
                e->pixel = NULL;
            }
            return status;
        }
    }
    *g = to;
    return CJ_OK;
}

/* ---- adding ---- */

/* Bytes of pixels that there is room for. */
static uint64_t held_bytes(const cj_gather *g)
{
    uint64_t pictures = 0;
    for (int part = 0; part < CJ_PARTS; part++)
        pictures += g->capacity[part];
    return pictures * (uint64_t)image_bytes(g);
}

static void drop_pixels(cj_gather *g)
{
    for (int part = 0; part < CJ_PARTS; part++) {
        cj_examples *e = &g->loader->dataset->part[part];
        if (e->pixel)
            cj_release(g->loader->context, e->pixel, g->capacity[part] * (size_t)image_bytes(g));
        e->pixel = NULL;
        g->capacity[part] = 0;
    }
}

static cj_status make_room(cj_gather *g, cj_part_id part, bool again)
{
    cj_context *context = g->loader->context;
    cj_examples *e = &g->loader->dataset->part[part];
    size_t count = (size_t)e->count, old = g->capacity[part], each = (size_t)image_bytes(g), size;
    cj_status status =
        cj_grow_list(context, &e->label, &g->label_capacity[part], count, sizeof *e->label);
    if (status == CJ_OK && again)
        status = cj_grow_list(context, &e->item, &g->item_capacity[part], count, sizeof *e->item);
    if (status == CJ_OK && g->streams && !again)
        status = cj_fail(context, CJ_UNSUPPORTED,
                         "%s: more pictures than fit in memory, some in a compressed archive: "
                         "unpack it",
                         g->loader->name);
    if (status != CJ_OK || count < old || g->streams)
        return status;
    size_t more = old ? old * 2 : 64;
    if (again && held_bytes(g) + (uint64_t)(more - old) * each > g->budget) {
        drop_pixels(g);
        g->streams = true;
        return CJ_OK;
    }
    if (!cj_multiply_size(more, each, &size))
        return cj_fail(context, CJ_NO_MEMORY, "%s: the pictures do not fit in memory",
                       g->loader->name);
    uint8_t *pixel = cj_reallocate(context, e->pixel, old * each, size);
    if (!pixel)
        return cj_fail(context, CJ_NO_MEMORY,
                       "%s: no memory for %zu pictures of %d x %d: choose a smaller size for them, "
                       "or unpack the archive: pictures of a folder are read as they are needed",
                       g->loader->name, more, g->height, g->width);
    e->pixel = pixel;
    e->inputs = image_bytes(g);
    g->capacity[part] = more;
    return CJ_OK;
}

static cj_status note_place(cj_gather *g, cj_examples *e, const cj_picture_place *place)
{
    cj_dataset *d = g->loader->dataset;
    cj_status status = CJ_OK;
    if (!place)
        return CJ_OK;
    if (!d->pictures)
        status = cj_pictures_new(g->loader->context, &d->pictures);
    return status == CJ_OK ? cj_pictures_add(d->pictures, place, &e->item[e->count]) : status;
}

cj_status cj_gather_add(cj_gather *g, cj_part_id part, const cj_image *image, int32_t label,
                        const cj_picture_place *place)
{
    cj_examples *e = &g->loader->dataset->part[part];
    cj_status status = CJ_OK;
    if (!g->height) {
        g->height = image->height;
        g->width = image->width;
    }
    if (!g->channels)
        g->channels = image->channels;
    bool differs = image->height != g->height || image->width != g->width;
    int channels = g->fixed_channels ? g->channels : CJ_MAX(g->channels, image->channels);
    g->mixed += differs;
    if (differs && !g->fixed_size) {
        status = refit(g, channels, MIXED_SIZE, MIXED_SIZE);
        g->fixed_size = true;
    } else if (channels != g->channels) {
        status = refit(g, channels, g->height, g->width);
    }
    if (status == CJ_OK)
        status = make_room(g, part, place != NULL);
    if (status == CJ_OK && !g->streams)
        status = fit(g, image, e->pixel + (size_t)e->count * (size_t)image_bytes(g));
    if (status == CJ_OK)
        status = note_place(g, e, place);
    if (status == CJ_OK)
        e->label[e->count++] = label;
    return status;
}

void cj_gather_cancel(cj_gather *g)
{
    cj_context *context = g->loader->context;
    for (int part = 0; part < CJ_PARTS; part++) {
        cj_examples *e = &g->loader->dataset->part[part];
        if (e->pixel)
            cj_release(context, e->pixel, g->capacity[part] * (size_t)image_bytes(g));
        if (e->label)
            cj_release(context, e->label, g->label_capacity[part] * sizeof *e->label);
        if (e->item)
            cj_release(context, e->item, g->item_capacity[part] * sizeof *e->item);
        *e = (cj_examples){0};
    }
}

/* Cuts an array of `item` bytes an element to `count`. */
static cj_status cut_array(cj_context *context, void *array_pointer, size_t *capacity, size_t count,
                           size_t item)
{
    void *array;
    memcpy(&array, array_pointer, sizeof array);
    if (*capacity <= count)
        return CJ_OK;
    void *exact = cj_reallocate(context, array, *capacity * item, count * item);
    if (!exact && count)
        return CJ_NO_MEMORY;
    memcpy(array_pointer, &exact, sizeof exact);
    *capacity = count;
    return CJ_OK;
}

static cj_status cut(cj_gather *g, int part)
{
    cj_context *context = g->loader->context;
    cj_dataset *d = g->loader->dataset;
    cj_examples *e = &d->part[part];
    size_t count = (size_t)e->count;
    cj_status status =
        cut_array(context, &e->pixel, &g->capacity[part], count, (size_t)image_bytes(g));
    if (status == CJ_OK)
        status = cut_array(context, &e->label, &g->label_capacity[part], count, sizeof *e->label);
    if (status != CJ_OK)
        return status;
    e->inputs = count ? image_bytes(g) : e->inputs;
    if (g->streams) {
        e->pictures = d->pictures;
        return cut_array(context, &e->item, &g->item_capacity[part], count, sizeof *e->item);
    }
    if (e->item)
        cj_release(context, e->item, g->item_capacity[part] * sizeof *e->item);
    e->item = NULL;
    g->item_capacity[part] = 0;
    return CJ_OK;
}

cj_status cj_gather_end(cj_gather *g)
{
    for (int part = 0; part < CJ_PARTS; part++) {
        cj_status status = cut(g, part);
        if (status != CJ_OK)
            return status;
    }
    if (g->streams) {
        cj_pictures_set_shape(g->loader->dataset->pictures, g->channels, g->height, g->width);
    } else {
        cj_pictures_free(g->loader->dataset->pictures);
        g->loader->dataset->pictures = NULL;
    }
    if (g->loader->options->preprocess)
        return CJ_OK;
    cj_preprocess *p = g->loader->dataset->preprocess;
    p->rank = 3;
    p->shape[0] = g->channels;
    p->shape[1] = g->height;
    p->shape[2] = g->width;
    if (g->mixed)
        return cj_note(g->loader,
                       "%lld %s another size and all were resized to %d x %d (height x width; "
                       "option size)",
                       (long long)g->mixed, cj_of_count(g->mixed, "picture has", "pictures have"),
                       g->height, g->width);
    return CJ_OK;
}
