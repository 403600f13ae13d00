/*
 * mix.c - which two examples are mixed, and how: mixup and cutmix.
 */
#include "base/base.h"
#include "cajal/augment.h"

#include <math.h>

enum draw_number { CUT, OTHER, OTHER_LOW, CENTRE_Y, CENTRE_X, SHARES };

#define MOST_TRIES 64 /* one in two or more succeeds */
#define LOG_2 0.69314718055994530942

/* In the middle of 2^32 parts of [0, 1]: neither end is drawn. */
static double uniform(cj_key key, uint64_t number)
{
    return ((double)cj_key_bits(key, number) + 0.5) / 4294967296.0;
}

/* u^p, 0 < u < 1, p >= 1, by series to 1e-14: the C library's differ in their last bits. log m = 2
 * artanh((m - 1) / (m + 1)) for m in [1/2, 1), e^x = 2^k e^r with |r| <= log(2) / 2. */
static double power(double u, double p)
{
    int e;
    double m = frexp(u, &e), z = (m - 1) / (m + 1), term = z, sum = 0;
    for (int i = 1; i < 36; i += 2, term *= z * z)
        sum += term / i;
    double x = p * (2 * sum + e * LOG_2), k = floor(x / LOG_2 + 0.5), r = x - k * LOG_2;
    if (k < -1000)
        return 0;
    double y = 1;
    for (int i = 16; i > 0; i--)
        y = 1 + y * r / i;
    return ldexp(y, (int)k);
}

/* Of the distribution Beta(a, a), a <= 1: x / (x + y) of the first x = u^(1/a), y = v^(1/a) with
 * x + y <= 1 (Johnk, "Erzeugung von betaverteilten und gammaverteilten Zufallszahlen", 1964). */
static double beta(cj_key key, double a)
{
    for (uint64_t i = 0; i < MOST_TRIES; i++) {
        double x = power(uniform(key, SHARES + 2 * i), 1 / a);
        double y = power(uniform(key, SHARES + 2 * i + 1), 1 / a);
        if (x + y > 0 && x + y <= 1)
            return x / (x + y);
    }
    return 0.5;
}

/* The part of [0, extent) under an interval of this length about the centre. */
static void cut(double centre, double length, int extent, int *low, int *size)
{
    int from = (int)floor(centre * extent - length / 2 + 0.5);
    int to = (int)floor(centre * extent + length / 2 + 0.5);
    from = CJ_MAX(from, 0);
    to = CJ_MIN(to, extent);
    *low = from;
    *size = CJ_MAX(to - from, 0);
}

bool cj_augment_mixes(const cj_augment *a)
{
    return a->mixup > 0 || a->cutmix > 0;
}

cj_mix cj_augment_mix(const cj_augment_draw *draw, int64_t example, int64_t count, int height,
                      int width)
{
    const cj_augment *a = &draw->augment;
    cj_mix mix = {.other = example};
    if (!cj_augment_mixes(a))
        return mix;
    cj_key key = cj_key_fold_text(cj_key_from_seed(draw->seed), "mix");
    key = cj_key_fold(cj_key_fold(key, (uint64_t)draw->epoch), (uint64_t)example);
    bool cuts = a->cutmix > 0 && (!(a->mixup > 0) || cj_key_bits(key, CUT) >> 31);
    uint64_t bits = (uint64_t)cj_key_bits(key, OTHER) << 32 | cj_key_bits(key, OTHER_LOW);
    mix.other = (int64_t)(bits % (uint64_t)count);
    mix.share = beta(key, cuts ? a->cutmix : a->mixup);
    if (!cuts)
        return mix;
    double side = sqrt(mix.share);
    cut(uniform(key, CENTRE_Y), side * height, height, &mix.top, &mix.height);
    cut(uniform(key, CENTRE_X), side * width, width, &mix.left, &mix.width);
    mix.cut = true;
    mix.share = (double)mix.height * mix.width / ((double)height * width);
    return mix;
}

void cj_mix_apply(const cj_mix *mix, int channels, int height, int width, const float *other,
                  float *x)
{
    int64_t count = (int64_t)channels * height * width;
    float share = (float)mix->share, own = 1 - share;
    for (int64_t i = 0; i < count && !mix->cut; i++)
        x[i] = own * x[i] + share * other[i];
    for (int c = 0; c < channels && mix->cut; c++)
        for (int y = mix->top; y < mix->top + mix->height; y++) {
            int64_t at = ((int64_t)c * height + y) * width + mix->left;
            memcpy(x + at, other + at, (size_t)mix->width * sizeof *x);
        }
}
