/*
 * augment.c - random changes of pictures. Each word draws from numbers of its own, so that a word
 * more changes nothing of what the others draw.
 */
#include "cajal/augment.h"
#include "base/base.h"

#include <math.h>

/* ---- draws ---- */

enum draw_number { FLIP, VFLIP, CROP_Y, CROP_X, ROTATE, SHIFT_Y, SHIFT_X, SCALE, BRIGHTNESS };
enum { CONTRAST = BRIGHTNESS + 1, ERASE, ERASE_SHARE, ERASE_FORM, ERASE_Y, ERASE_X };

/* From -1 up to 1. */
static double both_sides(cj_key key, uint64_t number)
{
    return (double)(int32_t)cj_key_bits(key, number) / 2147483648.0;
}

/* From 0 up to 1. */
static double share(cj_key key, uint64_t number)
{
    return (double)cj_key_bits(key, number) / 4294967296.0;
}

/* From low to high, both with equal chance. */
static int64_t whole(cj_key key, uint64_t number, int64_t low, int64_t high)
{
    return low + (int64_t)((uint64_t)cj_key_bits(key, number) * (uint64_t)(high - low + 1) >> 32);
}

static uint8_t to_byte(int64_t v)
{
    return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
}

/* ---- where a pixel comes from ---- */

#define ONE 65536 /* of a fixed-point number */
#define PI 3.14159265358979323846

static int64_t fixed(double v)
{
    return (int64_t)floor(v * ONE + 0.5);
}

/* Taylor's series to 1e-12 for |x| <= pi: the C library's differ in their last bits. */
static void sine_cosine(double x, double *sine, double *cosine)
{
    double s = 0, c = 0, term = 1;
    for (int k = 0; k < 28; k++) {
        if (k & 1)
            s += k & 2 ? -term : term;
        else
            c += k & 2 ? -term : term;
        term = term * x / (k + 1);
    }
    *sine = s;
    *cosine = c;
}

typedef struct plane {
    int height, width;
} plane;

/* Flips and whole shifts: pixel (y, x) is the one at (y, x) + offset of the flipped picture. */
static void move_whole(const uint8_t *from, uint8_t *to, plane p, bool flip, bool vflip, int64_t dy,
                       int64_t dx)
{
    for (int64_t y = 0; y < p.height; y++) {
        int64_t v = vflip ? p.height - 1 - (y + dy) : y + dy;
        for (int64_t x = 0; x < p.width; x++) {
            int64_t u = flip ? p.width - 1 - (x + dx) : x + dx;
            bool inside = v >= 0 && v < p.height && u >= 0 && u < p.width;
            *to++ = inside ? from[v * p.width + u] : 0;
        }
    }
}

/* The map from a pixel of the result to its place in the source: m (x, y) + t, fixed-point. */
typedef struct affine {
    int64_t m[2][2], t[2]; /* rows: x, y */
} affine;

static int pixel_at(const uint8_t *from, plane p, int64_t y, int64_t x)
{
    return y >= 0 && y < p.height && x >= 0 && x < p.width ? from[y * p.width + x] : 0;
}

static void move_affine(const uint8_t *from, uint8_t *to, plane p, const affine *a)
{
    for (int64_t y = 0; y < p.height; y++)
        for (int64_t x = 0; x < p.width; x++) {
            int64_t u = a->m[0][0] * x + a->m[0][1] * y + a->t[0];
            int64_t v = a->m[1][0] * x + a->m[1][1] * y + a->t[1];
            int64_t left = u >> 16, top = v >> 16, fx = (u & 65535) >> 8, fy = (v & 65535) >> 8;
            int64_t above =
                (256 - fx) * pixel_at(from, p, top, left) + fx * pixel_at(from, p, top, left + 1);
            int64_t below = (256 - fx) * pixel_at(from, p, top + 1, left) +
                            fx * pixel_at(from, p, top + 1, left + 1);
            *to++ = (uint8_t)(((256 - fy) * above + fy * below + 32768) >> 16);
        }
}

/*
 * The source of (x, y) is c + F R(-angle) ((x, y) - c - shift) / scale, c the centre, F the flips;
 * a whole shift counts to the shift with its sign changed.
 */
static affine make_affine(const cj_augment *a, cj_key key, plane p, bool flip, bool vflip)
{
    double sine, cosine, size = 1 + a->scale * both_sides(key, SCALE);
    sine_cosine(a->rotate / 180 * PI * both_sides(key, ROTATE), &sine, &cosine);
    double cx = (p.width - 1) / 2.0, cy = (p.height - 1) / 2.0;
    double sx = cx + a->shift * p.width * both_sides(key, SHIFT_X) -
                (double)whole(key, CROP_X, -a->crop, a->crop);
    double sy = cy + a->shift * p.height * both_sides(key, SHIFT_Y) -
                (double)whole(key, CROP_Y, -a->crop, a->crop);
    double fx = flip ? -1 / size : 1 / size, fy = vflip ? -1 / size : 1 / size;
    double m[2][2] = {{fx * cosine, fx * sine}, {-fy * sine, fy * cosine}};
    affine out;
    for (int i = 0; i < 2; i++) {
        out.m[i][0] = fixed(m[i][0]);
        out.m[i][1] = fixed(m[i][1]);
    }
    out.t[0] = fixed(cx - (m[0][0] * sx + m[0][1] * sy));
    out.t[1] = fixed(cy - (m[1][0] * sx + m[1][1] * sy));
    return out;
}

static void move(const cj_augment *a, cj_key key, int channels, plane p, const uint8_t *from,
                 uint8_t *to)
{
    int64_t size = (int64_t)p.height * p.width;
    bool flip = a->flip && cj_key_bits(key, FLIP) >> 31;
    bool vflip = a->vflip && cj_key_bits(key, VFLIP) >> 31;
    bool smooth = a->rotate > 0 || a->shift > 0 || a->scale > 0;
    affine map = {{{0}}, {0}};
    if (smooth)
        map = make_affine(a, key, p, flip, vflip);
    for (int c = 0; c < channels; c++, from += size, to += size) {
        if (smooth)
            move_affine(from, to, p, &map);
        else if (flip || vflip || a->crop)
            move_whole(from, to, p, flip, vflip, whole(key, CROP_Y, -a->crop, a->crop),
                       whole(key, CROP_X, -a->crop, a->crop));
        else
            memcpy(to, from, (size_t)size);
    }
}

/* ---- what a pixel becomes ---- */

/* v -> m + c (v b - m), b brightness, c contrast, m the mean after b; as one line, fixed-point. */
static void change_light(const cj_augment *a, cj_key key, uint8_t *pixel, int64_t count)
{
    double b = 1 + a->brightness * both_sides(key, BRIGHTNESS);
    double c = 1 + a->contrast * both_sides(key, CONTRAST);
    int64_t sum = 0;
    for (int64_t i = 0; i < count; i++)
        sum += pixel[i];
    double mean = b * (double)sum / (double)count;
    int64_t slope = fixed(b * c), offset = fixed(mean * (1 - c)) + ONE / 2;
    for (int64_t i = 0; i < count; i++)
        pixel[i] = to_byte((slope * pixel[i] + offset) >> 16);
}

/* Four uniform numbers of 24 bits have the deviation 2^24 / sqrt(3). */
static void add_noise(double deviation, cj_key key, uint8_t *pixel, int64_t count)
{
    double factor = deviation * 255 * 1.7320508075688772 / 16777216;
    for (int64_t i = 0; i < count; i++) {
        uint32_t counter[4] = {(uint32_t)i, (uint32_t)((uint64_t)i >> 32)}, word[4];
        cj_philox4x32(counter, key, word);
        int64_t sum = -((int64_t)1 << 25);
        for (int k = 0; k < 4; k++)
            sum += word[k] >> 8;
        pixel[i] = to_byte((int64_t)floor((double)pixel[i] + factor * (double)sum + 0.5));
    }
}

static void erase(double most, cj_key key, int channels, plane p, uint8_t *pixel)
{
    if (!(cj_key_bits(key, ERASE) >> 31))
        return;
    double area = most * share(key, ERASE_SHARE) * p.height * p.width;
    double form = both_sides(key, ERASE_FORM);
    form = form < 0 ? 1 / (1 - form) : 1 + form; /* half to twice as high as wide */
    int64_t height = (int64_t)floor(sqrt(area * form) + 0.5);
    int64_t width = (int64_t)floor(sqrt(area / form) + 0.5);
    height = CJ_MIN(height, p.height);
    width = CJ_MIN(width, p.width);
    int64_t top = whole(key, ERASE_Y, 0, p.height - height);
    int64_t left = whole(key, ERASE_X, 0, p.width - width);
    for (int c = 0; c < channels; c++)
        for (int64_t y = top; y < top + height; y++)
            memset(pixel + ((int64_t)c * p.height + y) * p.width + left, 0, (size_t)width);
}

void cj_augment_apply(const cj_augment_draw *draw, int64_t example, int channels, int height,
                      int width, const uint8_t *from, uint8_t *to)
{
    const cj_augment *a = &draw->augment;
    plane p = {height, width};
    int64_t count = (int64_t)channels * height * width;
    cj_key key = cj_key_fold_text(cj_key_from_seed(draw->seed), "augment");
    key = cj_key_fold(cj_key_fold(key, (uint64_t)draw->epoch), (uint64_t)example);
    move(a, key, channels, p, from, to);
    if (a->brightness > 0 || a->contrast > 0)
        change_light(a, key, to, count);
    if (a->noise > 0)
        add_noise(a->noise, cj_key_fold(key, 1), to, count);
    if (a->erase > 0)
        erase(a->erase, key, channels, p, to);
}
