/*
 * pnm.c - PGM and PPM pictures: "P5 width height maximum" and the pixels (P2, P3: as text).
 */
#include "io/io.h"

bool cj_is_pnm(const uint8_t *data, size_t size)
{
    return size >= 3 && data[0] == 'P' && strchr("2356", data[1]) && data[1] &&
           (data[2] == ' ' || data[2] == '\n' || data[2] == '\r' || data[2] == '\t' ||
            data[2] == '#');
}

typedef struct pnm_reader {
    const uint8_t *at, *end;
} pnm_reader;

static bool is_blank(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The next number, after blanks and comments (from # to the end of the line). */
static bool take_number(pnm_reader *r, unsigned *out)
{
    while (r->at < r->end && (is_blank(*r->at) || *r->at == '#')) {
        if (*r->at == '#')
            while (r->at < r->end && *r->at != '\n')
                r->at++;
        else
            r->at++;
    }
    unsigned value = 0, digits = 0;
    for (; r->at < r->end && *r->at >= '0' && *r->at <= '9' && digits < 9; r->at++, digits++)
        value = value * 10 + (unsigned)(*r->at - '0');
    *out = value;
    return digits > 0 && (r->at == r->end || is_blank(*r->at) || *r->at == '#');
}

static bool take_pixels(pnm_reader *r, bool text, unsigned maximum, uint8_t *to, size_t count)
{
    int bytes = maximum > 255 ? 2 : 1;
    if (!text && (size_t)(r->end - r->at) < count * (size_t)bytes)
        return false;
    for (size_t i = 0; i < count; i++) {
        unsigned value;
        if (text) {
            if (!take_number(r, &value))
                return false;
        } else {
            value = (unsigned)cj_load_big(r->at, bytes);
            r->at += bytes;
        }
        if (value > maximum)
            return false;
        to[i] = (uint8_t)((value * 255u + maximum / 2) / maximum);
    }
    return true;
}

cj_status cj_pnm_decode(cj_context *context, const char *name, const uint8_t *data, size_t size,
                        cj_image *out)
{
    pnm_reader r = {data + 2, data + size};
    unsigned width, height, maximum;
    bool text = data[1] == '2' || data[1] == '3';
    int channels = data[1] == '3' || data[1] == '6' ? 3 : 1;
    if (!take_number(&r, &width) || !take_number(&r, &height) || !take_number(&r, &maximum) ||
        maximum < 1 || maximum > 65535)
        return cj_fail(context, CJ_FORMAT, "%s: a broken PGM or PPM header", name);
    if (r.at < r.end)
        r.at++; /* the one blank before the pixels */
    cj_status status = cj_image_check_size(context, name, width, height);
    if (status != CJ_OK)
        return status;
    size_t count = (size_t)width * height * (size_t)channels;
    if (count > (size_t)(r.end - r.at))
        return cj_fail(context, CJ_FORMAT,
                       "%s: too short for its %u x %u pixels: get the file again", name, width,
                       height);
    status = cj_image_make(context, (int)height, (int)width, channels, out);
    if (status == CJ_OK && !take_pixels(&r, text, maximum, out->pixel, count)) {
        cj_image_free(context, out);
        status =
            cj_fail(context, CJ_FORMAT, "%s: its pixels end early, or are above %u", name, maximum);
    }
    return status;
}
