/*
 * image.c - pictures in memory: reading by content, orientation, grey and colour, resizing.
 */
#include "io/io.h"

#include <math.h>

cj_status cj_image_check_size(cj_context *context, const char *name, uint64_t width,
                              uint64_t height)
{
    if (width == 0 || height == 0)
        return cj_fail(context, CJ_FORMAT, "%s: a picture of %llu x %llu pixels", name,
                       (unsigned long long)width, (unsigned long long)height);
    if (width > CJ_IMAGE_MAX_PIXELS / height)
        return cj_fail(
            context, CJ_UNSUPPORTED,
            "%s: a picture of %llu x %llu pixels; at most %d are accepted: scale it down", name,
            (unsigned long long)width, (unsigned long long)height, CJ_IMAGE_MAX_PIXELS);
    return CJ_OK;
}

static size_t image_size(const cj_image *image)
{
    return (size_t)image->height * (size_t)image->width * (size_t)image->channels;
}

cj_status cj_image_make(cj_context *context, int height, int width, int channels, cj_image *out)
{
    *out = (cj_image){0};
    if (height < 1 || width < 1 || (channels != 1 && channels != 3))
        return cj_fail(context, CJ_INVALID, "a picture of %d x %d pixels and %d channels", width,
                       height, channels);
    cj_status status = cj_image_check_size(context, "picture", (uint64_t)width, (uint64_t)height);
    if (status != CJ_OK)
        return status;
    cj_image image = {NULL, height, width, channels};
    image.pixel = cj_allocate_zero(context, image_size(&image));
    if (!image.pixel)
        return CJ_NO_MEMORY;
    *out = image;
    return CJ_OK;
}

void cj_image_free(cj_context *context, cj_image *image)
{
    if (image->pixel)
        cj_release(context, image->pixel, image_size(image));
    *image = (cj_image){0};
}

/* ---- EXIF ---- */

int cj_exif_orientation(const uint8_t *data, size_t size)
{
    if (size < 8 || (memcmp(data, "II*\0", 4) != 0 && memcmp(data, "MM\0*", 4) != 0))
        return 1;
    uint64_t (*load)(const uint8_t *, int) = data[0] == 'I' ? cj_load_little : cj_load_big;
    uint64_t place = load(data + 4, 4);
    if (place > size - 2)
        return 1;
    uint64_t entries = load(data + place, 2);
    for (uint64_t i = 0; i < entries; i++) {
        uint64_t at = place + 2 + 12 * i;
        if (at + 12 > size)
            return 1;
        if (load(data + at, 2) == 0x0112) { /* Orientation, a SHORT */
            uint64_t value = load(data + at + 8, 2);
            return load(data + at + 2, 2) == 3 && value >= 1 && value <= 8 ? (int)value : 1;
        }
    }
    return 1;
}

/* Turns the stored picture into the one meant: EXIF's eight ways of holding a camera. */
static cj_status apply_orientation(cj_context *context, cj_image *image, int orientation)
{
    if (orientation <= 1 || orientation > 8)
        return CJ_OK;
    bool swapped = orientation >= 5;
    int h = image->height, w = image->width, c = image->channels;
    cj_image turned;
    cj_status status = cj_image_make(context, swapped ? w : h, swapped ? h : w, c, &turned);
    if (status != CJ_OK)
        return status;
    bool mirror_x = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
    bool mirror_y = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
    uint8_t *to = turned.pixel;
    for (int y = 0; y < turned.height; y++) {
        for (int x = 0; x < turned.width; x++, to += c) {
            int from_y = swapped ? x : y, from_x = swapped ? y : x;
            if (mirror_y)
                from_y = h - 1 - from_y;
            if (mirror_x)
                from_x = w - 1 - from_x;
            memcpy(to, image->pixel + ((size_t)from_y * (size_t)w + (size_t)from_x) * (size_t)c,
                   (size_t)c);
        }
    }
    cj_image_free(context, image);
    *image = turned;
    return CJ_OK;
}

/* ---- reading ---- */

cj_status cj_image_decode(cj_context *context, const char *name, const void *data, size_t size,
                          cj_image *out)
{
    cj_image image = {0};
    int orientation = 1;
    cj_status status;
    *out = image;
    if (cj_is_png(data, size))
        status = cj_png_decode(context, name, data, size, &image, &orientation);
    else if (cj_is_jpeg(data, size))
        status = cj_jpeg_decode(context, name, data, size, &image, &orientation);
    else if (cj_is_pnm(data, size))
        status = cj_pnm_decode(context, name, data, size, &image);
    else
        return cj_fail(context, CJ_FORMAT, "%s: no PNG, JPEG, PGM or PPM picture", name);
    if (status == CJ_OK)
        status = apply_orientation(context, &image, orientation);
    if (status == CJ_OK)
        *out = image;
    else
        cj_image_free(context, &image);
    return status;
}

cj_status cj_image_read(cj_context *context, const char *path, cj_image *out)
{
    void *data;
    size_t size;
    *out = (cj_image){0};
    cj_status status = cj_file_read(context, path, 0, &data, &size);
    if (status != CJ_OK)
        return status;
    status = cj_image_decode(context, path, data, size, out);
    cj_release(context, data, size);
    return status;
}

/* ---- channels ---- */

cj_status cj_image_convert(cj_context *context, const cj_image *image, int channels, cj_image *out)
{
    cj_status status = cj_image_make(context, image->height, image->width, channels, out);
    if (status != CJ_OK)
        return status;
    size_t pixels = (size_t)image->height * (size_t)image->width;
    const uint8_t *from = image->pixel;
    uint8_t *to = out->pixel;
    if (channels == image->channels) {
        memcpy(to, from, image_size(image));
    } else if (channels == 1) {
        for (size_t i = 0; i < pixels; i++, from += 3)
            to[i] =
                (uint8_t)((19595u * from[0] + 38470u * from[1] + 7471u * from[2] + 32768u) >> 16);
    } else {
        for (size_t i = 0; i < pixels; i++, to += 3)
            to[0] = to[1] = to[2] = from[i];
    }
    return CJ_OK;
}

/* ---- resizing ---- */

#define WEIGHT_BITS 22

/* One axis: output i is the sum of weight[i][k] * input[first[i] + k]. */
typedef struct resampler {
    int outputs, taps;
    int *first, *used;
    int32_t *weight;
} resampler;

static double triangle(double x)
{
    x = fabs(x);
    return x < 1 ? 1 - x : 0;
}

static void fill_taps(resampler *r, int inputs, int i, double *w)
{
    double scale = (double)inputs / r->outputs, wide = CJ_MAX(scale, 1.0);
    double center = (i + 0.5) * scale, sum = 0;
    int first = CJ_MAX((int)(center - wide + 0.5), 0);
    int last = CJ_MIN((int)(center + wide + 0.5), inputs);
    int used = CJ_MIN(last - first, r->taps);
    for (int k = 0; k < used; k++) {
        w[k] = triangle((k + first - center + 0.5) * (1.0 / wide));
        sum += w[k];
    }
    for (int k = 0; k < used; k++)
        r->weight[(size_t)i * (size_t)r->taps + (size_t)k] =
            (int32_t)(0.5 + (sum != 0 ? w[k] / sum : w[k]) * (1 << WEIGHT_BITS));
    r->first[i] = first;
    r->used[i] = used;
}

static void resampler_free(cj_context *context, resampler *r)
{
    size_t n = (size_t)r->outputs;
    if (r->first)
        cj_release(context, r->first, n * sizeof *r->first);
    if (r->used)
        cj_release(context, r->used, n * sizeof *r->used);
    if (r->weight)
        cj_release(context, r->weight, n * (size_t)r->taps * sizeof *r->weight);
    *r = (resampler){0};
}

static cj_status resampler_make(cj_context *context, int inputs, int outputs, resampler *r)
{
    double scale = (double)inputs / outputs;
    *r = (resampler){.outputs = outputs, .taps = (int)ceil(CJ_MAX(scale, 1.0)) * 2 + 1};
    size_t n = (size_t)outputs, taps = (size_t)r->taps;
    r->first = cj_allocate(context, n * sizeof *r->first);
    r->used = cj_allocate(context, n * sizeof *r->used);
    r->weight = cj_allocate_zero(context, n * taps * sizeof *r->weight);
    double *w = cj_allocate(context, taps * sizeof *w);
    bool made = r->first && r->used && r->weight && w;
    for (int i = 0; made && i < outputs; i++)
        fill_taps(r, inputs, i, w);
    if (w)
        cj_release(context, w, taps * sizeof *w);
    if (!made)
        resampler_free(context, r);
    return made ? CJ_OK : CJ_NO_MEMORY;
}

/* One output of one channel: `step` bytes between inputs. */
static uint8_t resample(const resampler *r, int i, const uint8_t *from, size_t step)
{
    const int32_t *weight = r->weight + (size_t)i * (size_t)r->taps;
    int64_t sum = 1 << (WEIGHT_BITS - 1);
    from += (size_t)r->first[i] * step;
    for (int k = 0; k < r->used[i]; k++, from += step)
        sum += (int64_t)weight[k] * *from;
    sum >>= WEIGHT_BITS;
    return (uint8_t)CJ_MIN(sum, 255);
}

static void resample_rows(const resampler *r, const cj_image *from, cj_image *to)
{
    size_t c = (size_t)from->channels;
    for (int y = 0; y < to->height; y++) {
        const uint8_t *row = from->pixel + (size_t)y * (size_t)from->width * c;
        uint8_t *out = to->pixel + (size_t)y * (size_t)to->width * c;
        for (int x = 0; x < to->width; x++)
            for (size_t k = 0; k < c; k++)
                *out++ = resample(r, x, row + k, c);
    }
}

static void resample_columns(const resampler *r, const cj_image *from, cj_image *to)
{
    size_t row = (size_t)from->width * (size_t)from->channels;
    for (int y = 0; y < to->height; y++)
        for (size_t x = 0; x < row; x++)
            to->pixel[(size_t)y * row + x] = resample(r, y, from->pixel + x, row);
}

cj_status cj_image_resize(cj_context *context, const cj_image *image, int height, int width,
                          cj_image *out)
{
    resampler across = {0}, down = {0};
    cj_image middle = {0};
    cj_status status = cj_image_make(context, height, width, image->channels, out);
    if (status != CJ_OK)
        return status;
    status = resampler_make(context, image->width, width, &across);
    if (status == CJ_OK)
        status = resampler_make(context, image->height, height, &down);
    if (status == CJ_OK)
        status = cj_image_make(context, image->height, width, image->channels, &middle);
    if (status == CJ_OK) {
        resample_rows(&across, image, &middle);
        resample_columns(&down, &middle, out);
    } else {
        cj_image_free(context, out);
    }
    cj_image_free(context, &middle);
    resampler_free(context, &across);
    resampler_free(context, &down);
    return status;
}
