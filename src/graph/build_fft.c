/*
 * src/graph/build_fft.c - Fourier transforms over one axis and several.
 */
#include "cajal/fft.h"

#include "graph/build.h"

#include <inttypes.h>
#include <math.h>

cj_tensor *cj_fft_node(cj_at at, cj_op op, cj_tensor *re, cj_tensor *im, int axis, bool inverse)
{
    if (!cj_ready(re))
        return NULL;
    return cj_node(re->context, at,
                   &(cj_node_spec){.op = op,
                                   .source_count = im ? 2 : 1,
                                   .source = (cj_tensor *[]){re, im},
                                   .option_count = 2,
                                   .option = (int64_t[]){axis, inverse}});
}

cj_tensor *cj_irfft_node(cj_at at, cj_tensor *re, cj_tensor *im, int axis, int64_t extent)
{
    if (!cj_ready(re) || !im)
        return NULL;
    return cj_node(re->context, at,
                   &(cj_node_spec){.op = CJ_OP_IRFFT,
                                   .source_count = 2,
                                   .source = (cj_tensor *[]){re, im},
                                   .option_count = 2,
                                   .option = (int64_t[]){axis, extent}});
}

cj_tensor *cj_part_of(cj_at at, cj_tensor *packed, int i)
{
    cj_tensor *part = cj_narrow_at(at, packed, 0, i, i + 1);
    return part ? cj_squeeze_at(at, part, 0) : NULL;
}

/* What the sums are multiplied by. */
static double factor(int64_t n, cj_fft_norm norm, bool inverse)
{
    if (norm == CJ_FFT_ORTHO)
        return 1 / sqrt((double)n);
    return (norm == CJ_FFT_BACKWARD) == inverse ? 1 / (double)n : 1;
}

static cj_tensor *multiplied(cj_at at, cj_tensor *x, double s)
{
    return s == 1 ? x : cj_scale_at(at, x, s);
}

static cj_complex unpacked(cj_at at, cj_tensor *packed, double s)
{
    return (cj_complex){multiplied(at, cj_part_of(at, packed, 0), s),
                        multiplied(at, cj_part_of(at, packed, 1), s)};
}

/* The imaginary part, zeros where there is none. */
static cj_tensor *imaginary(cj_at at, cj_complex x)
{
    return x.im ? x.im
                : cj_full_at(at, x.re->context, (cj_dtype)x.re->dtype, x.re->rank, x.re->shape, 0);
}

static cj_complex transform(cj_at at, cj_complex x, int axis, cj_fft_norm norm, bool inverse)
{
    if (!cj_ready(x.re))
        return (cj_complex){NULL, NULL};
    int chosen = cj_axis_of(at, inverse ? "ifft" : "fft", x.re, axis, x.re->rank);
    if (chosen < 0)
        return (cj_complex){NULL, NULL};
    cj_tensor *y = cj_fft_node(at, CJ_OP_FFT, x.re, imaginary(at, x), chosen, inverse);
    return unpacked(at, y, factor(x.re->shape[chosen], norm, inverse));
}

cj_complex cj_fft_at(cj_at at, cj_complex x, int axis, cj_fft_norm norm)
{
    return transform(at, x, axis, norm, false);
}

cj_complex cj_ifft_at(cj_at at, cj_complex x, int axis, cj_fft_norm norm)
{
    return transform(at, x, axis, norm, true);
}

cj_complex cj_rfft_at(cj_at at, cj_tensor *x, int axis, cj_fft_norm norm)
{
    int chosen = cj_ready(x) ? cj_axis_of(at, "rfft", x, axis, x->rank) : -1;
    if (chosen < 0)
        return (cj_complex){NULL, NULL};
    return unpacked(at, cj_fft_node(at, CJ_OP_RFFT, x, NULL, chosen, false),
                    factor(x->shape[chosen], norm, false));
}

cj_tensor *cj_irfft_at(cj_at at, cj_complex x, int axis, int64_t n, cj_fft_norm norm)
{
    int chosen = cj_ready(x.re) ? cj_axis_of(at, "irfft", x.re, axis, x.re->rank) : -1;
    if (chosen < 0)
        return NULL;
    return multiplied(at, cj_irfft_node(at, x.re, imaginary(at, x), chosen, n),
                      factor(n, norm, true));
}

/* ---- several axes ---- */

/* The last axis of the mask, taken out of it; -1 after recording that the mask is none. */
static int last_axis(cj_at at, const char *name, const cj_tensor *x, uint32_t *axes)
{
    if (*axes == CJ_ALL)
        *axes = CJ_AXIS(x->rank) - 1;
    if (*axes == 0 || *axes >> x->rank) {
        cj_fail_building(x->context, CJ_INVALID, at,
                         "%s: the axes 0x%" PRIx32 " of %s, which has %d", name, *axes,
                         CJ_SHAPE_OF(x), x->rank);
        return -1;
    }
    int axis = 31 - __builtin_clz(*axes);
    *axes &= ~CJ_AXIS(axis);
    return axis;
}

cj_complex cj_fftn_at(cj_at at, cj_complex x, uint32_t axes, cj_fft_norm norm)
{
    int axis = cj_ready(x.re) ? last_axis(at, "fftn", x.re, &axes) : -1;
    if (axis < 0)
        return (cj_complex){NULL, NULL};
    x = cj_fft_at(at, x, axis, norm);
    return axes ? cj_fftn_at(at, x, axes, norm) : x;
}

cj_complex cj_ifftn_at(cj_at at, cj_complex x, uint32_t axes, cj_fft_norm norm)
{
    int axis = cj_ready(x.re) ? last_axis(at, "ifftn", x.re, &axes) : -1;
    if (axis < 0)
        return (cj_complex){NULL, NULL};
    x = cj_ifft_at(at, x, axis, norm);
    return axes ? cj_ifftn_at(at, x, axes, norm) : x;
}

cj_complex cj_rfftn_at(cj_at at, cj_tensor *x, uint32_t axes, cj_fft_norm norm)
{
    int axis = cj_ready(x) ? last_axis(at, "rfftn", x, &axes) : -1;
    if (axis < 0)
        return (cj_complex){NULL, NULL};
    cj_complex y = cj_rfft_at(at, x, axis, norm);
    return axes ? cj_fftn_at(at, y, axes, norm) : y;
}

cj_tensor *cj_irfftn_at(cj_at at, cj_complex x, uint32_t axes, int64_t n, cj_fft_norm norm)
{
    int axis = cj_ready(x.re) ? last_axis(at, "irfftn", x.re, &axes) : -1;
    if (axis < 0)
        return NULL;
    if (axes)
        x = cj_ifftn_at(at, x, axes, norm);
    return cj_irfft_at(at, x, axis, n, norm);
}

/* ---- where the sums stand ---- */

cj_tensor *cj_fft_frequencies_at(cj_at at, cj_context *context, cj_dtype dtype, int64_t n)
{
    cj_tensor *k = cj_iota_at(at, context, dtype, 1, &n, 0);
    if (!k)
        return NULL;
    cj_tensor *low = cj_lt_at(at, k, cj_like_at(at, k, (double)((n + 1) / 2)));
    k = cj_where_at(at, low, k, cj_shift_at(at, k, -(double)n));
    return k ? cj_div_at(at, k, cj_like_at(at, k, (double)n)) : NULL;
}

cj_tensor *cj_rfft_frequencies_at(cj_at at, cj_context *context, cj_dtype dtype, int64_t n)
{
    cj_tensor *k = cj_iota_at(at, context, dtype, 1, &(int64_t){n / 2 + 1}, 0);
    return k ? cj_div_at(at, k, cj_like_at(at, k, (double)n)) : NULL;
}

/* x turned along its axes of the mask: element 0 comes from `first`(extent). */
static cj_tensor *turned(cj_at at, const char *name, cj_tensor *x, uint32_t axes, bool back)
{
    if (!cj_ready(x))
        return NULL;
    while (axes) {
        int axis = last_axis(at, name, x, &axes);
        if (axis < 0)
            return NULL;
        int64_t n = x->shape[axis], first = back ? n / 2 : (n + 1) / 2;
        x = cj_concat_at(at, axis, 2,
                         (cj_tensor *[]){cj_narrow_at(at, x, axis, first, n),
                                         cj_narrow_at(at, x, axis, 0, first)});
        if (!x)
            return NULL;
    }
    return x;
}

cj_tensor *cj_fftshift_at(cj_at at, cj_tensor *x, uint32_t axes)
{
    return turned(at, "fftshift", x, axes, false);
}

cj_tensor *cj_ifftshift_at(cj_at at, cj_tensor *x, uint32_t axes)
{
    return turned(at, "ifftshift", x, axes, true);
}
