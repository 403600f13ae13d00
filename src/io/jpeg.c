/*
 * jpeg.c - JPEG pictures, by libjpeg-turbo.
 */
#include "io/io.h"

#include <setjmp.h>
#include <stdio.h>

#include <jpeglib.h>

#include <jerror.h>

#define SCAN_LIMIT 200            /* progressive files with more only cost time */
#define PIXELS_A_BYTE_LIMIT 1024u /* a block of 64 pixels takes a bit of a Huffman code at least */

bool cj_is_jpeg(const uint8_t *data, size_t size)
{
    return size >= 3 && data[0] == 0xff && data[1] == 0xd8 && data[2] == 0xff;
}

/* Everything that must survive the longjmp out of libjpeg. */
typedef struct jpeg_reader {
    struct jpeg_decompress_struct jpeg;
    struct jpeg_error_mgr error;
    struct jpeg_progress_mgr progress;
    jmp_buf escape;
    cj_context *context;
    const char *name;
    const uint8_t *data;
    size_t size;
    cj_image image;
    uint8_t *row; /* of a CMYK picture */
    size_t row_size;
    int orientation;
    cj_status status;
} jpeg_reader;

static void fail_and_escape(j_common_ptr jpeg, bool memory)
{
    jpeg_reader *r = jpeg->client_data;
    char message[JMSG_LENGTH_MAX];
    jpeg->err->format_message(jpeg, message);
    r->status = cj_fail(r->context, memory ? CJ_NO_MEMORY : CJ_FORMAT, "%s: a broken JPEG: %s",
                        r->name, message);
    longjmp(r->escape, 1);
}

static void on_error(j_common_ptr jpeg)
{
    fail_and_escape(jpeg, jpeg->err->msg_code == JERR_OUT_OF_MEMORY);
}

/* libjpeg would go on with grey where data is missing: that is no picture to learn from. */
static void on_message(j_common_ptr jpeg, int level)
{
    int code = jpeg->err->msg_code;
    if (level < 0 &&
        (code == JWRN_JPEG_EOF || code == JWRN_HIT_MARKER || code == JWRN_HUFF_BAD_CODE))
        fail_and_escape(jpeg, false);
}

static void no_output(j_common_ptr jpeg)
{
    (void)jpeg;
}

static void on_progress(j_common_ptr jpeg)
{
    jpeg_reader *r = jpeg->client_data;
    if (r->jpeg.input_scan_number <= SCAN_LIMIT)
        return;
    r->status =
        cj_fail(r->context, CJ_FORMAT, "%s: a JPEG of more than %d scans", r->name, SCAN_LIMIT);
    longjmp(r->escape, 1);
}

static void find_orientation(jpeg_reader *r)
{
    for (jpeg_saved_marker_ptr m = r->jpeg.marker_list; m; m = m->next)
        if (m->marker == JPEG_APP0 + 1 && m->data_length > 6 &&
            memcmp(m->data, "Exif\0\0", 6) == 0) {
            r->orientation = cj_exif_orientation(m->data + 6, m->data_length - 6);
            return;
        }
}

/* Adobe's files hold CMYK inverted (255 is no ink), others as ink. */
static void cmyk_to_rgb(const jpeg_reader *r, uint8_t *to)
{
    unsigned flip = r->jpeg.saw_Adobe_marker ? 0 : 255;
    const uint8_t *from = r->row;
    for (unsigned x = 0; x < r->jpeg.output_width; x++, from += 4, to += 3)
        for (int k = 0; k < 3; k++)
            to[k] = (uint8_t)(((from[k] ^ flip) * (from[3] ^ flip) + 127) / 255);
}

static cj_status start(jpeg_reader *r)
{
    struct jpeg_decompress_struct *jpeg = &r->jpeg;
    jpeg_mem_src(jpeg, r->data, (unsigned long)r->size);
    jpeg_save_markers(jpeg, JPEG_APP0 + 1, 0xffff);
    jpeg_read_header(jpeg, TRUE);
    cj_status status =
        cj_image_check_size(r->context, r->name, jpeg->image_width, jpeg->image_height);
    if (status != CJ_OK)
        return status;
    if ((uint64_t)jpeg->image_width * jpeg->image_height / PIXELS_A_BYTE_LIMIT > r->size)
        return cj_fail(r->context, CJ_FORMAT, "%s: too short a JPEG for its %u x %u pixels",
                       r->name, jpeg->image_width, jpeg->image_height);
    find_orientation(r);
    if (jpeg->jpeg_color_space == JCS_GRAYSCALE)
        jpeg->out_color_space = JCS_GRAYSCALE;
    else if (jpeg->jpeg_color_space == JCS_CMYK || jpeg->jpeg_color_space == JCS_YCCK)
        jpeg->out_color_space = JCS_CMYK;
    else
        jpeg->out_color_space = JCS_RGB;
    jpeg_start_decompress(jpeg);
    if (jpeg->out_color_space == JCS_CMYK) {
        r->row_size = (size_t)jpeg->output_width * 4;
        r->row = cj_allocate(r->context, r->row_size);
        if (!r->row)
            return CJ_NO_MEMORY;
    }
    return cj_image_make(r->context, (int)jpeg->output_height, (int)jpeg->output_width,
                         jpeg->out_color_space == JCS_GRAYSCALE ? 1 : 3, &r->image);
}

/* libjpeg leaves it by longjmp on an error: nothing lives in its locals. */
static void read_jpeg(jpeg_reader *r)
{
    if (setjmp(r->escape))
        return;
    jpeg_create_decompress(&r->jpeg);
    r->progress.progress_monitor = on_progress;
    r->jpeg.progress = &r->progress;
    r->status = start(r);
    if (r->status != CJ_OK)
        return;
    size_t row = (size_t)r->image.width * (size_t)r->image.channels;
    while (r->jpeg.output_scanline < r->jpeg.output_height) {
        uint8_t *to = r->image.pixel + row * r->jpeg.output_scanline;
        JSAMPROW line = r->row ? r->row : to;
        jpeg_read_scanlines(&r->jpeg, &line, 1);
        if (r->row)
            cmyk_to_rgb(r, to);
    }
    jpeg_finish_decompress(&r->jpeg);
}

cj_status cj_jpeg_decode(cj_context *context, const char *name, const uint8_t *data, size_t size,
                         cj_image *out, int *orientation)
{
    jpeg_reader *r = cj_allocate_zero(context, sizeof *r);
    if (!r)
        return CJ_NO_MEMORY;
    r->context = context;
    r->name = name;
    r->data = data;
    r->size = size;
    r->orientation = 1;
    r->jpeg.err = jpeg_std_error(&r->error);
    r->jpeg.client_data = r;
    r->error.error_exit = on_error;
    r->error.emit_message = on_message;
    r->error.output_message = no_output;
    read_jpeg(r);
    jpeg_destroy_decompress(&r->jpeg);
    if (r->row)
        cj_release(context, r->row, r->row_size);
    cj_status status = r->status;
    if (status == CJ_OK)
        *out = r->image;
    else
        cj_image_free(context, &r->image);
    *orientation = r->orientation;
    cj_release(context, r, sizeof *r);
    return status;
}
