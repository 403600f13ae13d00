/*
 * src/numeric/spectrum.c - spectra, as compositions.
 */
#include "cajal/spectrum.h"

#include "base/base.h"
#include "cajal/index.h"

#include <inttypes.h>
#include <math.h>

static const double pi = 3.14159265358979323846;
static const cj_complex none;

static bool ready(const cj_tensor *x)
{
    return x && cj_context_status(cj_tensor_context(x)) == CJ_OK;
}

/* An axis from the front; -1 after a building error. */
static int axis_of(cj_at at, const char *name, cj_tensor *x, int axis)
{
    int rank = cj_rank(x), chosen = axis < 0 ? axis + rank : axis;
    if (chosen >= 0 && chosen < rank && cj_shape(x)[chosen] > 0)
        return chosen;
    cj_fail_building(cj_tensor_context(x), CJ_SHAPE, at,
                     "%s: axis %d of %s; it must be one of them and hold an element", name, axis,
                     CJ_EXTENTS_OF(rank, cj_shape(x)));
    return -1;
}

/* start, start + step, ... (n numbers) along the axis of what has the rank. */
static cj_tensor *along(cj_at at, const cj_tensor *like, int rank, int axis, int64_t n)
{
    int64_t shape[CJ_MAX_RANK];
    for (int i = 0; i < rank; i++)
        shape[i] = i == axis ? n : 1;
    return cj_iota_at(at, cj_tensor_context(like), cj_tensor_dtype(like), rank, shape, axis);
}

/* ---- short-time transforms ---- */

cj_tensor *cj_cosine_window_at(cj_at at, cj_context *context, cj_dtype dtype, int64_t n, double a)
{
    cj_tensor *i = cj_iota_at(at, context, dtype, 1, &n, 0);
    if (!i)
        return NULL;
    cj_tensor *c = cj_cos_at(at, cj_scale_at(at, i, 2 * pi / (double)n));
    return cj_shift_at(at, cj_scale_at(at, c, a - 1), a);
}

/* [..., frames, n] of x [..., T]. */
static cj_tensor *frames_of(cj_at at, cj_tensor *x, int64_t n, int64_t hop)
{
    cj_context *c = cj_tensor_context(x);
    int64_t shape[2] = {1 + (cj_extent(x, -1) - n) / hop, n};
    cj_tensor *first = cj_iota_at(at, c, CJ_I64, 2, shape, 0);
    cj_tensor *place = cj_iota_at(at, c, CJ_I64, 2, shape, 1);
    cj_tensor *index = cj_add_at(at, cj_scale_at(at, first, (double)hop), place);
    return cj_take_at(at, x, -1, index);
}

cj_complex cj_stft_at(const struct cj_stft_args *args)
{
    struct cj_stft_args a;
    if (!args || !ready(args->x) || !CJ_TAKE_ARGS(cj_tensor_context(args->x), "stft", a, args))
        return none;
    cj_context *c = cj_tensor_context(a.x);
    int rank = cj_rank(a.x);
    int64_t hop = a.hop_length ? a.hop_length : CJ_MAX(a.n_fft / 4, 1), side = a.n_fft / 2;
    int64_t length = rank ? cj_extent(a.x, -1) : 0;
    if (a.n_fft < 1 || hop < 1 || (a.no_center ? length < a.n_fft : length <= side)) {
        cj_fail_building(c, a.n_fft < 1 || hop < 1 ? CJ_INVALID : CJ_SHAPE, a.at,
                         "stft: %s in frames of %" PRId64 " every %" PRId64
                         "; it is [..., T], T at least a frame (half of one when centred)",
                         CJ_EXTENTS_OF(rank, cj_shape(a.x)), a.n_fft, hop);
        return none;
    }
    if (!a.no_center) {
        int64_t ends[CJ_MAX_RANK] = {0};
        ends[rank - 1] = side;
        a.x = cj_pad_mode_at(a.at, a.x, CJ_PAD_REFLECT, ends, ends);
        if (!a.x)
            return none;
    }
    if (!a.window)
        a.window = cj_cosine_window_at(a.at, c, cj_tensor_dtype(a.x), a.n_fft, 0.5);
    cj_tensor *frames = cj_mul_at(a.at, frames_of(a.at, a.x, a.n_fft, hop), a.window);
    cj_complex y = cj_rfft_at(a.at, frames, -1, CJ_FFT_BACKWARD);
    if (!y.re || !y.im)
        return none;
    return (cj_complex){cj_transpose_at(a.at, y.re, -1, -2), cj_transpose_at(a.at, y.im, -1, -2)};
}

cj_tensor *cj_spectrogram_at(const struct cj_stft_args *args)
{
    cj_complex y = cj_stft_at(args);
    return y.re ? cj_complex_abs2_at(args->at, y) : NULL;
}

/* ---- mel bands; Slaney: linear to 1 kHz, from there 27 steps to 6.4 kHz ---- */

static const double hertz_a_mel = 200.0 / 3, knee = 1000, knee_mel = 15;

static cj_tensor *mel_of(cj_at at, cj_tensor *f, bool slaney)
{
    if (!slaney)
        return cj_scale_at(at, cj_log1p_at(at, cj_scale_at(at, f, 1 / 700.0)), 2595 / log(10));
    cj_tensor *bound = cj_like_at(at, f, knee), *above = cj_maximum_at(at, f, bound);
    cj_tensor *steps = cj_log_at(at, cj_scale_at(at, above, 1 / knee));
    return cj_where_at(at, cj_lt_at(at, f, bound), cj_scale_at(at, f, 1 / hertz_a_mel),
                       cj_shift_at(at, cj_scale_at(at, steps, 27 / log(6.4)), knee_mel));
}

static cj_tensor *hertz_of(cj_at at, cj_tensor *m, bool slaney)
{
    if (!slaney)
        return cj_scale_at(at, cj_expm1_at(at, cj_scale_at(at, m, log(10) / 2595)), 700);
    cj_tensor *bound = cj_like_at(at, m, knee_mel), *above = cj_maximum_at(at, m, bound);
    cj_tensor *steps = cj_scale_at(at, cj_shift_at(at, above, -knee_mel), log(6.4) / 27);
    return cj_where_at(at, cj_lt_at(at, m, bound), cj_scale_at(at, m, hertz_a_mel),
                       cj_scale_at(at, cj_exp_at(at, steps), knee));
}

cj_tensor *cj_mel_filter_bank_at(const struct cj_mel_filter_bank_args *args)
{
    struct cj_mel_filter_bank_args a;
    if (!args || !args->context || cj_context_status(args->context) ||
        !CJ_TAKE_ARGS(args->context, "mel_filter_bank", a, args))
        return NULL;
    double top = a.f_max > 0 ? a.f_max : a.sample_rate / 2;
    if (a.mels < 1 || a.n_fft < 1 || !(a.f_min >= 0 && a.f_min < top)) {
        cj_fail_building(a.context, CJ_INVALID, a.at,
                         "mel_filter_bank: %" PRId64 " bands of %" PRId64
                         " samples from %g to %g Hz; at least one of each, from low to high",
                         a.mels, a.n_fft, a.f_min, top);
        return NULL;
    }
    cj_at at = a.at;
    int64_t points = a.mels + 2, half = a.n_fft / 2 + 1;
    cj_tensor *low = mel_of(at, cj_scalar_at(at, a.context, CJ_F64, a.f_min), a.slaney);
    cj_tensor *high = mel_of(at, cj_scalar_at(at, a.context, CJ_F64, top), a.slaney);
    cj_tensor *step = cj_scale_at(at, cj_sub_at(at, high, low), 1 / (double)(points - 1));
    cj_tensor *i = cj_iota_at(at, a.context, CJ_F64, 2, (int64_t[]){1, points}, 1);
    cj_tensor *f = hertz_of(at, cj_add_at(at, low, cj_mul_at(at, i, step)), a.slaney);
    cj_tensor *k = cj_iota_at(at, a.context, CJ_F64, 2, (int64_t[]){half, 1}, 0);
    if (!f || !k)
        return NULL;
    cj_tensor *bin = cj_scale_at(at, k, half > 1 ? a.sample_rate / 2 / (double)(half - 1) : 0);
    cj_tensor *left = cj_narrow_at(at, f, 1, 0, a.mels),
              *middle = cj_narrow_at(at, f, 1, 1, points - 1);
    cj_tensor *right = cj_narrow_at(at, f, 1, 2, points);
    cj_tensor *up = cj_div_at(at, cj_sub_at(at, bin, left), cj_sub_at(at, middle, left));
    cj_tensor *down = cj_div_at(at, cj_sub_at(at, right, bin), cj_sub_at(at, right, middle));
    cj_tensor *bands = cj_relu_at(at, cj_minimum_at(at, up, down));
    if (a.slaney)
        bands = cj_div_at(at, cj_scale_at(at, bands, 2), cj_sub_at(at, right, left));
    return bands ? cj_cast_at(at, bands, a.dtype) : NULL;
}

/* ---- cosine transforms by a complex one of the same length (Makhoul, 1980) ---- */

/* Which element stands at each place: the even ones, then the odd ones backwards; or the way back. */
static cj_tensor *shuffled(cj_at at, cj_tensor *x, int axis, bool back)
{
    int64_t n = cj_shape(x)[axis];
    cj_tensor *i = cj_iota_at(at, cj_tensor_context(x), CJ_I64, 1, &n, 0), *one, *other, *first;
    if (!i)
        return NULL;
    if (back) {
        cj_tensor *half = cj_div_at(at, i, cj_like_at(at, i, 2));
        first = cj_eq_at(at, cj_scale_at(at, half, 2), i);
        one = half;
        other = cj_shift_at(at, cj_neg_at(at, half), (double)(n - 1));
    } else {
        first = cj_lt_at(at, i, cj_like_at(at, i, (double)((n + 1) / 2)));
        one = cj_scale_at(at, i, 2);
        other = cj_shift_at(at, cj_scale_at(at, i, -2), (double)(2 * n - 1));
    }
    return cj_take_at(at, x, axis, cj_where_at(at, first, one, other));
}

/* e^(-i pi k / (2 n)) along the axis. */
static cj_complex half_turns(cj_at at, cj_tensor *x, int axis)
{
    int64_t n = cj_shape(x)[axis];
    cj_tensor *k = along(at, x, cj_rank(x), axis, n);
    cj_tensor *one = k ? cj_like_at(at, k, 1) : NULL;
    return one ? cj_complex_polar_at(at, one, cj_scale_at(at, k, -pi / (2 * (double)n))) : none;
}

/* What makes the transform orthogonal: sqrt(1 / (2 n)), for k = 0 sqrt(1 / (4 n)). */
static cj_tensor *ortho_scale(cj_at at, cj_tensor *x, int axis)
{
    int64_t n = cj_shape(x)[axis];
    cj_tensor *k = along(at, x, cj_rank(x), axis, n);
    if (!k)
        return NULL;
    cj_tensor *zero = cj_eq_at(at, k, cj_like_at(at, k, 0));
    return cj_where_at(at, zero, cj_like_at(at, k, sqrt(1 / (4 * (double)n))),
                       cj_like_at(at, k, sqrt(1 / (2 * (double)n))));
}

cj_tensor *cj_dct_at(cj_at at, cj_tensor *x, int axis, bool ortho)
{
    int chosen = ready(x) ? axis_of(at, "dct", x, axis) : -1;
    if (chosen < 0)
        return NULL;
    cj_complex v = {shuffled(at, x, chosen, false), NULL};
    v = cj_fft_at(at, v, chosen, CJ_FFT_BACKWARD);
    cj_tensor *y = cj_complex_mul_at(at, v, half_turns(at, x, chosen)).re;
    y = y ? cj_scale_at(at, y, 2) : NULL;
    return y && ortho ? cj_mul_at(at, y, ortho_scale(at, x, chosen)) : y;
}

/* The spectrum of the shuffled x is e^(i pi k / (2 n)) (y[k] - i y[n - k]) / 2, y[n] = 0. */
cj_tensor *cj_idct_at(cj_at at, cj_tensor *x, int axis, bool ortho)
{
    int chosen = ready(x) ? axis_of(at, "idct", x, axis) : -1;
    if (chosen < 0)
        return NULL;
    int64_t low[CJ_MAX_RANK] = {0}, high[CJ_MAX_RANK] = {0};
    low[chosen] = 1;
    high[chosen] = -1;
    cj_tensor *y = ortho ? cj_div_at(at, x, ortho_scale(at, x, chosen)) : x;
    cj_tensor *mirror = y ? cj_pad_at(at, cj_flip_at(at, y, CJ_AXIS(chosen)), low, high) : NULL;
    if (!mirror)
        return NULL;
    cj_complex v = {cj_scale_at(at, y, 0.5), cj_scale_at(at, mirror, -0.5)};
    v = cj_complex_mul_at(at, v, cj_complex_conj_at(at, half_turns(at, x, chosen)));
    v = cj_ifft_at(at, v, chosen, CJ_FFT_BACKWARD);
    return v.re ? shuffled(at, v.re, chosen, true) : NULL;
}

/* ---- products of spectra ---- */

cj_tensor *cj_circular_convolve_at(cj_at at, cj_tensor *a, cj_tensor *b, int axis)
{
    if (!ready(a) || !b)
        return NULL;
    int first = axis_of(at, "circular_convolve", a, axis < 0 ? axis : axis - cj_rank(a));
    int second = first < 0 ? -1 : axis_of(at, "circular_convolve", b, first - cj_rank(a));
    if (second < 0)
        return NULL;
    int64_t n = cj_shape(a)[first];
    if (cj_shape(b)[second] != n) {
        cj_fail_building(cj_tensor_context(a), CJ_SHAPE, at,
                         "circular_convolve: %s and %s; along axis %d both have the period",
                         CJ_EXTENTS_OF(cj_rank(a), cj_shape(a)),
                         CJ_EXTENTS_OF(cj_rank(b), cj_shape(b)), axis);
        return NULL;
    }
    cj_complex y = cj_complex_mul_at(at, cj_rfft_at(at, a, first, CJ_FFT_BACKWARD),
                                     cj_rfft_at(at, b, second, CJ_FFT_BACKWARD));
    return y.re ? cj_irfft_at(at, y, first - cj_rank(a), n, CJ_FFT_BACKWARD) : NULL;
}

cj_tensor *cj_spectral_derivative_at(cj_at at, cj_tensor *x, int axis, int order, double length)
{
    int chosen = ready(x) ? axis_of(at, "spectral_derivative", x, axis) : -1;
    if (chosen < 0)
        return NULL;
    if (order < 0 || !(length > 0)) {
        cj_fail_building(
            cj_tensor_context(x), CJ_INVALID, at,
            "spectral_derivative: order %d, period %g; it takes an order from 0 on and "
            "a period above 0",
            order, length);
        return NULL;
    }
    int64_t n = cj_shape(x)[chosen];
    cj_tensor *k = along(at, x, cj_rank(x), chosen, n / 2 + 1),
              *factor = k ? cj_like_at(at, k, 1) : NULL;
    for (int i = 0; i < order && k; i++)
        factor = cj_mul_at(at, factor, cj_scale_at(at, k, 2 * pi / length));
    if (order % 2 && n % 2 == 0 && k) {
        cj_tensor *last = cj_eq_at(at, k, cj_like_at(at, k, (double)(n / 2)));
        factor = cj_where_at(at, last, cj_like_at(at, k, 0), factor);
    }
    cj_complex y = cj_rfft_at(at, x, chosen, CJ_FFT_BACKWARD);
    if (!y.re || !y.im || !factor)
        return NULL;
    y = (cj_complex){cj_mul_at(at, y.re, factor), cj_mul_at(at, y.im, factor)};
    for (int i = 0; i < order % 4; i++)
        y = (cj_complex){cj_neg_at(at, y.im), y.re};
    return cj_irfft_at(at, y, chosen, n, CJ_FFT_BACKWARD);
}

cj_tensor *cj_gaussian_random_field_at(cj_at at, cj_tensor *key, cj_dtype dtype, int axes,
                                       const int64_t *extent, double alpha, double tau)
{
    if (!ready(key))
        return NULL;
    if (axes < 1 || axes > 3 || !(tau > 0) || !(alpha > 0)) {
        cj_fail_building(cj_tensor_context(key), CJ_INVALID, at,
                         "gaussian_random_field: %d axes, alpha %g, tau %g; it takes 1 to 3 axes, "
                         "and numbers above 0",
                         axes, alpha, tau);
        return NULL;
    }
    cj_tensor *noise = cj_random_normal_at(at, key, dtype, axes, extent), *square = NULL;
    for (int i = 0; i < axes && noise; i++) {
        bool last = i == axes - 1;
        cj_tensor *f = last ? cj_rfft_frequencies_at(at, cj_tensor_context(key), dtype, extent[i])
                            : cj_fft_frequencies_at(at, cj_tensor_context(key), dtype, extent[i]);
        int64_t shape[3] = {1, 1, 1};
        shape[i] = last ? extent[i] / 2 + 1 : extent[i];
        f = f ? cj_reshape_at(at, cj_scale_at(at, f, 2 * pi * (double)extent[i]), axes, shape)
              : NULL;
        f = f ? cj_square_at(at, f) : NULL;
        square = square && f ? cj_add_at(at, square, f) : f;
    }
    if (!square)
        return NULL;
    cj_tensor *power =
        cj_pow_at(at, cj_shift_at(at, square, tau * tau), cj_like_at(at, square, -alpha / 2));
    cj_tensor *zero = cj_eq_at(at, square, cj_like_at(at, square, 0));
    power = cj_scale_at(at, power, pow(tau, alpha - axes / 2.0));
    power = cj_where_at(at, zero, cj_like_at(at, square, 0), power);
    cj_complex y = cj_rfftn_at(at, noise, CJ_ALL, CJ_FFT_ORTHO);
    if (!y.re || !y.im || !power)
        return NULL;
    y = (cj_complex){cj_mul_at(at, y.re, power), cj_mul_at(at, y.im, power)};
    return cj_irfftn_at(at, y, CJ_ALL, extent[axes - 1], CJ_FFT_FORWARD);
}
