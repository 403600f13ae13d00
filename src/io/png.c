/*
 * png.c - PNG in and out, by libpng.
 */
#include "io/io.h"

#include <png.h>
#include <setjmp.h>
#include <stdio.h>

bool cj_is_png(const uint8_t *data, size_t size)
{
    return size >= 8 && memcmp(data, "\x89PNG\r\n\x1a\n", 8) == 0;
}

/* Everything that must survive libpng's longjmp. */
typedef struct png_reader {
    cj_context *context;
    const char *name;
    const uint8_t *data;
    size_t size, place;
    png_structp png;
    png_infop info;
    uint32_t width, height;
    int channels; /* as decoded: 1 to 4 */
    bool grey_palette;
    uint8_t *pixel;
    size_t pixel_size;
    png_bytepp row;
    int orientation;
    cj_status status;
    char message[160];
} png_reader;

static void *png_allocate(png_structp png, png_alloc_size_t size)
{
    return cj_prefixed_allocate(png_get_mem_ptr(png), size);
}

static void png_release(png_structp png, void *pointer)
{
    cj_prefixed_release(png_get_mem_ptr(png), pointer);
}

static void on_error(png_structp png, png_const_charp text)
{
    char *message = png_get_error_ptr(png);
    snprintf(message, 160, "%s", text);
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp text)
{
    (void)png;
    (void)text;
}

static void read_bytes(png_structp png, png_bytep out, size_t size)
{
    png_reader *r = png_get_io_ptr(png);
    if (size > r->size - r->place)
        png_error(png, "it is cut short");
    memcpy(out, r->data + r->place, size);
    r->place += size;
}

static bool palette_is_grey(png_reader *r)
{
    png_colorp color;
    int colors;
    if (png_get_color_type(r->png, r->info) != PNG_COLOR_TYPE_PALETTE ||
        !png_get_PLTE(r->png, r->info, &color, &colors))
        return false;
    for (int i = 0; i < colors; i++)
        if (color[i].red != color[i].green || color[i].red != color[i].blue)
            return false;
    return true;
}

/* Header and transformations: to 8 bits, palette and transparent colours expanded. */
static cj_status read_header(png_reader *r)
{
    png_read_info(r->png, r->info);
    r->width = png_get_image_width(r->png, r->info);
    r->height = png_get_image_height(r->png, r->info);
    cj_status status = cj_image_check_size(r->context, r->name, r->width, r->height);
    if (status != CJ_OK)
        return status;
    r->grey_palette = palette_is_grey(r);
    png_set_scale_16(r->png);
    png_set_expand(r->png);
    png_set_interlace_handling(r->png);
    png_read_update_info(r->png, r->info);
    r->channels = png_get_channels(r->png, r->info);
    size_t row = png_get_rowbytes(r->png, r->info);
    r->pixel_size = row * r->height;
    if (row != (size_t)r->width * (size_t)r->channels || r->channels < 1 || r->channels > 4)
        return cj_fail(r->context, CJ_UNSUPPORTED, "%s: a PNG of an unknown kind", r->name);
    if ((uint64_t)r->width * r->height / 8 / 1032 >
        r->size) /* 1 bit a pixel, deflate's best ratio */
        return cj_fail(r->context, CJ_FORMAT, "%s: too short a PNG for its %u x %u pixels", r->name,
                       r->width, r->height);
    r->pixel = cj_allocate(r->context, r->pixel_size);
    r->row = cj_allocate(r->context, r->height * sizeof *r->row);
    if (!r->pixel || !r->row)
        return CJ_NO_MEMORY;
    for (uint32_t y = 0; y < r->height; y++)
        r->row[y] = r->pixel + y * row;
    return CJ_OK;
}

static void read_orientation(png_reader *r)
{
#ifdef PNG_eXIf_SUPPORTED
    png_uint_32 size;
    png_bytep exif;
    if (png_get_eXIf_1(r->png, r->info, &size, &exif))
        r->orientation = cj_exif_orientation(exif, size);
#else
    (void)r;
#endif
}

/* libpng leaves it by longjmp on an error: nothing lives in its locals. */
static void read_png(png_reader *r)
{
    if (setjmp(png_jmpbuf(r->png))) {
        r->status = cj_fail(r->context, strstr(r->message, "emory") ? CJ_NO_MEMORY : CJ_FORMAT,
                            "%s: a broken PNG: %s", r->name, r->message);
        return;
    }
    png_set_read_fn(r->png, r, read_bytes);
    png_set_user_limits(r->png, CJ_IMAGE_MAX_PIXELS, CJ_IMAGE_MAX_PIXELS);
    png_set_chunk_malloc_max(r->png, 1 << 24);
    png_set_crc_action(r->png, PNG_CRC_ERROR_QUIT, PNG_CRC_QUIET_USE);
    r->status = read_header(r);
    if (r->status != CJ_OK)
        return;
    png_read_image(r->png, r->row);
    png_read_end(r->png, r->info);
    read_orientation(r);
}

/* c over white under alpha a: c a + 255 (1 - a), rounded. */
static uint8_t on_white(unsigned c, unsigned a)
{
    return (uint8_t)((c * a + 255 * (255 - a) + 127) / 255);
}

static void compose(const png_reader *r, cj_image *out)
{
    bool alpha = r->channels == 2 || r->channels == 4;
    int colors = r->channels - alpha;
    size_t pixels = (size_t)r->width * r->height;
    const uint8_t *from = r->pixel;
    uint8_t *to = out->pixel;
    for (size_t i = 0; i < pixels; i++, from += r->channels)
        for (int k = 0; k < out->channels; k++)
            *to++ = alpha ? on_white(from[k], from[colors]) : from[k];
}

cj_status cj_png_decode(cj_context *context, const char *name, const uint8_t *data, size_t size,
                        cj_image *out, int *orientation)
{
    png_reader r = {.context = context, .name = name, .data = data, .size = size, .orientation = 1};
    r.png = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, r.message, on_error, on_warning,
                                     context, png_allocate, png_release);
    r.info = r.png ? png_create_info_struct(r.png) : NULL;
    if (r.info)
        read_png(&r);
    else
        r.status = cj_fail(context, CJ_NO_MEMORY, "%s: no memory to decode it", name);
    if (r.status == CJ_OK) {
        bool grey = r.channels <= 2 || r.grey_palette;
        r.status = cj_image_make(context, (int)r.height, (int)r.width, grey ? 1 : 3, out);
    }
    if (r.status == CJ_OK)
        compose(&r, out);
    if (r.png)
        png_destroy_read_struct(&r.png, &r.info, NULL);
    if (r.pixel)
        cj_release(context, r.pixel, r.pixel_size);
    if (r.row)
        cj_release(context, r.row, r.height * sizeof *r.row);
    *orientation = r.orientation;
    return r.status;
}

/* ---- writing ---- */

typedef struct png_writer {
    cj_context *context;
    const cj_image *image;
    png_structp png;
    png_infop info;
    cj_buffer buffer;
    cj_status status;
    char message[160];
} png_writer;

static void write_bytes(png_structp png, png_bytep data, size_t size)
{
    png_writer *w = png_get_io_ptr(png);
    if (cj_buffer_add(&w->buffer, data, size) != CJ_OK)
        png_error(png, "no memory");
}

static void flush_bytes(png_structp png)
{
    (void)png;
}

static void write_png(png_writer *w)
{
    const cj_image *image = w->image;
    if (setjmp(png_jmpbuf(w->png))) {
        w->status = cj_fail(w->context, CJ_NO_MEMORY, "a PNG could not be made: %s", w->message);
        return;
    }
    png_set_write_fn(w->png, w, write_bytes, flush_bytes);
    png_set_IHDR(w->png, w->info, (png_uint_32)image->width, (png_uint_32)image->height, 8,
                 image->channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB,
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(w->png, w->info);
    size_t row = (size_t)image->width * (size_t)image->channels;
    for (int y = 0; y < image->height; y++)
        png_write_row(w->png, image->pixel + (size_t)y * row);
    png_write_end(w->png, w->info);
}

cj_status cj_image_encode_png(cj_context *context, const cj_image *image, void **data, size_t *size)
{
    png_writer w = {.context = context, .image = image, .buffer = {.context = context}};
    *data = NULL;
    *size = 0;
    w.png = png_create_write_struct_2(PNG_LIBPNG_VER_STRING, w.message, on_error, on_warning,
                                      context, png_allocate, png_release);
    w.info = w.png ? png_create_info_struct(w.png) : NULL;
    if (w.info)
        write_png(&w);
    else
        w.status = cj_fail(context, CJ_NO_MEMORY, "no memory to make a PNG");
    if (w.status == CJ_OK)
        w.status = cj_buffer_take(&w.buffer, data, size);
    if (w.png)
        png_destroy_write_struct(&w.png, &w.info);
    cj_buffer_free(&w.buffer);
    return w.status;
}

cj_status cj_image_write_png(cj_context *context, const char *path, const cj_image *image)
{
    void *data;
    size_t size;
    cj_status status = cj_image_encode_png(context, image, &data, &size);
    if (status != CJ_OK)
        return status;
    status = cj_file_write(context, path, data, size);
    cj_release(context, data, size);
    return status;
}
