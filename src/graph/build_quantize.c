/*
 * src/graph/build_quantize.c - quantisation, composed of rounding, clamping and casts.
 */
#include "cajal/quantize.h"
#include "graph/build.h"

#include <inttypes.h>

static bool floats(cj_at at, const char *name, const cj_tensor *x, const cj_tensor *scale)
{
    if (!cj_ready(x) || !scale)
        return false;
    if (cj_dtype_class((cj_dtype)x->dtype) == 'f' && scale->dtype == x->dtype)
        return true;
    cj_fail_building(x->context, CJ_DTYPE, at,
                     "%s: %s with a scale of %s; they are floats of one dtype", name,
                     CJ_SHAPE_OF(x), CJ_SHAPE_OF(scale));
    return false;
}

static bool in_range(cj_at at, const char *name, const cj_tensor *x, int64_t low, int64_t high)
{
    if (low < high && low <= 0 && high >= 0 && high - low < INT64_C(1) << 32)
        return true;
    cj_fail_building(x->context, CJ_INVALID, at,
                     "%s: from %" PRId64 " to %" PRId64 "; the range holds 0 and is not empty",
                     name, low, high);
    return false;
}

cj_tensor *cj_quantize_linear_at(cj_at at, cj_tensor *x, cj_tensor *scale, cj_tensor *zero,
                                 cj_dtype dtype)
{
    if (!floats(at, "quantize_linear", x, scale))
        return NULL;
    if ((unsigned)dtype >= CJ_DTYPE_COUNT || cj_dtype_size(dtype) > 2 ||
        !strchr("iu", cj_dtype_class(dtype)) || (zero && zero->dtype != dtype)) {
        cj_fail_building(x->context, CJ_DTYPE, at,
                         "quantize_linear: to %s with a zero point of %s; these are one of i8, u8, "
                         "i16 and u16",
                         cj_dtype_name(dtype), zero ? CJ_SHAPE_OF(zero) : "none");
        return NULL;
    }
    if (cj_is_half(
            x->dtype)) { /* the quotient is not rounded to a half before it is to an integer */
        x = cj_cast_at(at, x, CJ_F32);
        scale = cj_cast_at(at, scale, CJ_F32);
    }
    cj_tensor *q = cj_round_at(at, cj_div_at(at, x, scale));
    if (zero)
        q = cj_add_at(at, q, cj_cast_at(at, zero, (cj_dtype)x->dtype));
    return q ? cj_cast_at(at, q, dtype) : NULL;
}

cj_tensor *cj_dequantize_linear_at(cj_at at, cj_tensor *q, cj_tensor *scale, cj_tensor *zero)
{
    if (!cj_ready(q) || !scale)
        return NULL;
    if (!strchr("iu", cj_dtype_class((cj_dtype)q->dtype)) ||
        cj_dtype_class((cj_dtype)scale->dtype) != 'f' || (zero && zero->dtype != q->dtype)) {
        cj_fail_building(
            q->context, CJ_DTYPE, at,
            "dequantize_linear: %s with a scale of %s and a zero point of %s; it takes "
            "integers, a float, and the integers' dtype",
            CJ_SHAPE_OF(q), CJ_SHAPE_OF(scale), zero ? CJ_SHAPE_OF(zero) : "none");
        return NULL;
    }
    cj_tensor *x = cj_cast_at(at, q, CJ_F64); /* differences of integers are exact */
    if (zero)
        x = cj_sub_at(at, x, cj_cast_at(at, zero, CJ_F64));
    return cj_mul_at(at, cj_cast_at(at, x, (cj_dtype)scale->dtype), scale);
}

cj_tensor *cj_round_through_at(cj_at at, cj_tensor *x)
{
    if (!cj_ready(x))
        return NULL;
    cj_tensor *step = cj_sub_at(at, cj_round_at(at, x), x);
    return cj_add_at(at, x, cj_stop_gradient_at(at, step));
}

/* x - zero as f64, exact; NULL: a building error. */
static cj_tensor *centred(cj_at at, const char *name, cj_tensor *x, cj_tensor *zero)
{
    if (!cj_ready(x))
        return NULL;
    bool fits = strchr("iu", cj_dtype_class((cj_dtype)x->dtype)) &&
                cj_dtype_size((cj_dtype)x->dtype) <= 2 && (!zero || zero->dtype == x->dtype);
    if (!fits) {
        cj_fail_building(x->context, CJ_DTYPE, at,
                         "%s: %s with a zero point of %s; these are one of i8, u8, i16 and u16",
                         name, CJ_SHAPE_OF(x), zero ? CJ_SHAPE_OF(zero) : "none");
        return NULL;
    }
    x = cj_cast_at(at, x, CJ_F64);
    return zero ? cj_sub_at(at, x, cj_cast_at(at, zero, CJ_F64)) : x;
}

cj_tensor *cj_matmul_integer_at(cj_at at, cj_tensor *a, cj_tensor *a_zero, cj_tensor *b,
                                cj_tensor *b_zero)
{
    a = centred(at, "matmul_integer", a, a_zero);
    b = centred(at, "matmul_integer", b, b_zero);
    cj_tensor *y = cj_matmul_at(at, a, b);
    return y ? cj_cast_at(at, y, CJ_I32) : NULL;
}

cj_tensor *cj_convolve_integer_at(cj_at at, cj_tensor *x, cj_tensor *x_zero, cj_tensor *w,
                                  cj_tensor *w_zero, const cj_conv_options *options)
{
    x = centred(at, "convolve_integer", x, x_zero);
    w = centred(at, "convolve_integer", w, w_zero);
    cj_tensor *y = x && w ? cj_convolve_at(at, x, w, options) : NULL;
    return y ? cj_cast_at(at, y, CJ_I32) : NULL;
}

/* Held one step beyond the range before it is rounded: an infinity has no difference to its rounding. */
cj_tensor *cj_fake_quantize_at(cj_at at, cj_tensor *x, cj_tensor *scale, cj_tensor *zero,
                               int64_t low, int64_t high)
{
    if (!floats(at, "fake_quantize", x, scale) || !in_range(at, "fake_quantize", x, low, high))
        return NULL;
    cj_tensor *v = cj_div_at(at, x, scale);
    if (zero)
        v = cj_add_at(at, v, zero);
    v = cj_clamp_at(at, v, (double)low - 1, (double)high + 1);
    v = cj_clamp_at(at, cj_round_through_at(at, v), (double)low, (double)high);
    if (zero && v)
        v = cj_sub_at(at, v, zero);
    return v ? cj_mul_at(at, v, scale) : NULL;
}

cj_quantization cj_quantization_of_at(cj_at at, cj_tensor *x, uint32_t axes, int64_t low,
                                      int64_t high, bool symmetric)
{
    cj_quantization q = {NULL, NULL};
    if (!floats(at, "quantization_of", x, x) || !in_range(at, "quantization_of", x, low, high))
        return q;
    cj_tensor *none = cj_like_at(at, x, 0);
    cj_tensor *most = cj_maximum_at(at, cj_amax_at(at, x, axes, true), none);
    cj_tensor *least = cj_minimum_at(at, cj_amin_at(at, x, axes, true), none);
    if (!most || !least)
        return q;
    double steps = (double)high - (double)low;
    cj_tensor *span = cj_sub_at(at, most, least);
    if (symmetric) {
        span = cj_maximum_at(at, most, cj_neg_at(at, least));
        steps = low == 0 ? (double)high : (double)CJ_MIN(-low, high);
    }
    cj_tensor *flat = cj_eq_at(at, span, none);
    cj_tensor *scale = cj_div_at(at, span, cj_like_at(at, x, steps));
    q.scale = cj_where_at(at, flat, cj_like_at(at, x, 1), scale);
    if (symmetric) {
        q.zero = cj_full_at(at, x->context, (cj_dtype)x->dtype, most->rank, most->shape, 0);
        return q;
    }
    cj_tensor *place = cj_shift_at(at, cj_neg_at(at, cj_div_at(at, least, q.scale)), (double)low);
    q.zero = cj_clamp_at(at, cj_round_at(at, place), (double)low, (double)high);
    return q;
}
