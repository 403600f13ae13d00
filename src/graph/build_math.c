/*
 * src/graph/build_math.c - elementwise functions composed of the primitive ones.
 */
#include "graph/build.h"

#include <math.h>

cj_tensor *cj_rsqrt_at(cj_at at, cj_tensor *x)
{
    return cj_reciprocal_at(at, cj_sqrt_at(at, x));
}

cj_tensor *cj_trunc_at(cj_at at, cj_tensor *x)
{
    if (!cj_ready(x))
        return NULL;
    cj_tensor *negative = cj_lt_at(at, x, cj_like_at(at, x, 0));
    return cj_where_at(at, negative, cj_ceil_at(at, x), cj_floor_at(at, x));
}

/* By selection, not by maximum and minimum: the bounds belong to the inside. */
cj_tensor *cj_clamp_at(cj_at at, cj_tensor *x, double low, double high)
{
    if (!cj_ready(x))
        return NULL;
    cj_tensor *least = cj_like_at(at, x, low), *most = cj_like_at(at, x, high);
    cj_tensor *above = cj_where_at(at, cj_lt_at(at, x, least), least, x);
    return cj_where_at(at, cj_lt_at(at, most, above), most, above);
}

/* fmod, moved to the side of b where it is on the other. */
cj_tensor *cj_remainder_at(cj_at at, cj_tensor *a, cj_tensor *b)
{
    cj_tensor *rest = cj_fmod_at(at, a, b);
    if (!rest)
        return NULL;
    cj_tensor *zero = cj_like_at(at, rest, 0);
    cj_tensor *apart =
        cj_ne_at(at, cj_lt_at(at, rest, zero), cj_lt_at(at, b, cj_like_at(at, b, 0)));
    cj_tensor *wrong = cj_and_at(at, cj_ne_at(at, rest, zero), apart);
    return cj_where_at(at, wrong, cj_add_at(at, rest, b), rest);
}

cj_tensor *cj_is_nan_at(cj_at at, cj_tensor *x)
{
    return cj_ne_at(at, x, x);
}

cj_tensor *cj_is_finite_at(cj_at at, cj_tensor *x)
{
    if (!cj_ready(x))
        return NULL;
    if (cj_dtype_class(x->dtype) != 'f')
        return cj_eq_at(at, x, x);
    return cj_lt_at(at, cj_abs_at(at, x), cj_like_at(at, x, (double)INFINITY));
}

/*
 * sin(u) / u, u = pi x. Near 0 the first 13 terms of its series, exact to f64 for |u| <= 1 with all
 * the derivatives that they have there; elsewhere u is kept off 0 in the quotient.
 */
cj_tensor *cj_sinc_at(cj_at at, cj_tensor *x)
{
    if (!cj_ready(x))
        return NULL;
    cj_tensor *u = cj_scale_at(at, x, 3.14159265358979323846), *one = cj_like_at(at, x, 1);
    cj_tensor *near = cj_le_at(at, cj_abs_at(at, u), one);
    cj_tensor *inner = cj_where_at(at, near, u, one), *square = cj_mul_at(at, inner, inner);
    cj_tensor *outer = cj_where_at(at, near, one, u);
    cj_tensor *series = one;
    for (int k = 12; k >= 1; k--) {
        cj_tensor *term = cj_scale_at(at, square, -1.0 / (2 * k * (2 * k + 1)));
        series = cj_add_at(at, one, cj_mul_at(at, term, series));
    }
    return cj_where_at(at, near, series, cj_div_at(at, cj_sin_at(at, outer), outer));
}

/* Where x is 0, 0 whatever log(y) is, but for a y that is NaN. */
cj_tensor *cj_xlogy_at(cj_at at, cj_tensor *x, cj_tensor *y)
{
    if (!cj_ready(x) || !y)
        return NULL;
    cj_tensor *zero = cj_like_at(at, y, 0), *endless = cj_like_at(at, y, (double)INFINITY);
    cj_tensor *no_number = cj_or_at(at, cj_le_at(at, y, zero), cj_eq_at(at, y, endless));
    cj_tensor *off = cj_and_at(at, cj_eq_at(at, x, cj_like_at(at, x, 0)), no_number);
    cj_tensor *safe = cj_where_at(at, off, cj_like_at(at, y, 1), y);
    return cj_mul_at(at, x, cj_log_at(at, safe));
}

/* (-1)^(n + 1) n! zeta(n + 1, x) */
cj_tensor *cj_polygamma_at(cj_at at, int n, cj_tensor *x)
{
    if (!cj_ready(x))
        return NULL;
    if (n < 0 || n > 100) {
        cj_fail_building(x->context, CJ_INVALID, at, "polygamma: order %d; it is 0 to 100", n);
        return NULL;
    }
    if (n == 0)
        return cj_digamma_at(at, x);
    double factor = n % 2 ? 1 : -1;
    for (int k = 2; k <= n; k++)
        factor *= k;
    return cj_scale_at(at, cj_zeta_at(at, cj_like_at(at, x, n + 1), x), factor);
}

/* exp(|x|) times the scaled function, by halves: the exponential may overflow where the product does not. */
static cj_tensor *unscaled(cj_at at, cj_tensor *scaled, cj_tensor *x)
{
    cj_tensor *half = cj_exp_at(at, cj_scale_at(at, cj_abs_at(at, x), 0.5));
    return cj_mul_at(at, cj_mul_at(at, scaled, half), half);
}

#define CJ_BESSEL(n)                                                                               \
    cj_tensor *cj_bessel_i##n##e_at(cj_at at, cj_tensor *x)                                        \
    {                                                                                              \
        return x ? cj_bessel_ie_at(at, cj_like_at(at, x, n), x) : NULL;                            \
    }                                                                                              \
    cj_tensor *cj_bessel_i##n##_at(cj_at at, cj_tensor *x)                                         \
    {                                                                                              \
        return unscaled(at, cj_bessel_i##n##e_at(at, x), x);                                       \
    }
CJ_BESSEL(0)
CJ_BESSEL(1)
