/*
 * cajal/math.h - the further elementwise functions; the common ones are in cajal/graph.h, whose
 * conventions hold.
 *
 * All take floats where nothing else is said. Outside a function's domain the result is NaN. Errors
 * in ulp: docs/math.md. Every derivative exists to any order; kinks and poles are noted.
 */
#ifndef CAJAL_MATH_H
#define CAJAL_MATH_H

#include "cajal/graph.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- of one source ---- */

#define CJ_DECLARE_UNARY(name) CJ_API cj_tensor *cj_##name##_at(cj_at at, cj_tensor *x);
/* clang-format off */
CJ_DECLARE_UNARY(exp2)       /* 2^x */
CJ_DECLARE_UNARY(log2)       /* logarithm to base 2; exact at powers of 2 */
CJ_DECLARE_UNARY(rsqrt)      /* 1 / sqrt(x), rounded twice */
CJ_DECLARE_UNARY(cbrt)       /* cube root, of negative x too; derivative inf at 0 */
CJ_DECLARE_UNARY(tan)        /* of x in radians, of any size */
CJ_DECLARE_UNARY(asin)       /* in [-pi/2, pi/2]; derivative inf at -1 and 1 */
CJ_DECLARE_UNARY(acos)       /* in [0, pi]; derivative -inf at -1 and 1 */
CJ_DECLARE_UNARY(atan)       /* in [-pi/2, pi/2] */
CJ_DECLARE_UNARY(sinh)       /* (e^x - e^-x) / 2 */
CJ_DECLARE_UNARY(cosh)       /* (e^x + e^-x) / 2 */
CJ_DECLARE_UNARY(asinh)      /* log(x + sqrt(x^2 + 1)) */
CJ_DECLARE_UNARY(acosh)      /* log(x + sqrt(x^2 - 1)), x >= 1; derivative inf at 1 */
CJ_DECLARE_UNARY(atanh)      /* log((1 + x) / (1 - x)) / 2; infinite at -1 and 1 */
CJ_DECLARE_UNARY(erfc)       /* 1 - erf(x), without cancellation */
CJ_DECLARE_UNARY(erfinv)     /* the x of erf; infinite at -1 and 1 */
CJ_DECLARE_UNARY(lgamma)     /* log |gamma(x)|; inf at 0, -1, -2, ... */
CJ_DECLARE_UNARY(digamma)    /* its derivative; NaN at -1, -2, ..., an infinity at 0 */
CJ_DECLARE_UNARY(bessel_i0)  /* modified Bessel function of order 0 */
CJ_DECLARE_UNARY(bessel_i1)  /* of order 1 */
CJ_DECLARE_UNARY(bessel_i0e) /* exp(-|x|) I0(x); derivative 0 at 0, where there is a kink */
CJ_DECLARE_UNARY(bessel_i1e) /* exp(-|x|) I1(x); derivative 1/2 at 0 */
CJ_DECLARE_UNARY(sinc)       /* sin(pi x) / (pi x), 1 at 0, with all its derivatives */
CJ_DECLARE_UNARY(trunc)      /* the nearest integer toward 0; derivative 0 */
CJ_DECLARE_UNARY(is_nan)     /* x != x, as bool (any dtype) */
CJ_DECLARE_UNARY(is_finite)  /* neither infinite nor NaN, as bool; of integers true */
CJ_DECLARE_UNARY(popcount)   /* how many bits of an integer are set */
/* clang-format on */
#undef CJ_DECLARE_UNARY
#define cj_exp2(...) cj_exp2_at(CJ_HERE, __VA_ARGS__)
#define cj_log2(...) cj_log2_at(CJ_HERE, __VA_ARGS__)
#define cj_rsqrt(...) cj_rsqrt_at(CJ_HERE, __VA_ARGS__)
#define cj_cbrt(...) cj_cbrt_at(CJ_HERE, __VA_ARGS__)
#define cj_tan(...) cj_tan_at(CJ_HERE, __VA_ARGS__)
#define cj_asin(...) cj_asin_at(CJ_HERE, __VA_ARGS__)
#define cj_acos(...) cj_acos_at(CJ_HERE, __VA_ARGS__)
#define cj_atan(...) cj_atan_at(CJ_HERE, __VA_ARGS__)
#define cj_sinh(...) cj_sinh_at(CJ_HERE, __VA_ARGS__)
#define cj_cosh(...) cj_cosh_at(CJ_HERE, __VA_ARGS__)
#define cj_asinh(...) cj_asinh_at(CJ_HERE, __VA_ARGS__)
#define cj_acosh(...) cj_acosh_at(CJ_HERE, __VA_ARGS__)
#define cj_atanh(...) cj_atanh_at(CJ_HERE, __VA_ARGS__)
#define cj_erfc(...) cj_erfc_at(CJ_HERE, __VA_ARGS__)
#define cj_erfinv(...) cj_erfinv_at(CJ_HERE, __VA_ARGS__)
#define cj_lgamma(...) cj_lgamma_at(CJ_HERE, __VA_ARGS__)
#define cj_digamma(...) cj_digamma_at(CJ_HERE, __VA_ARGS__)
#define cj_bessel_i0(...) cj_bessel_i0_at(CJ_HERE, __VA_ARGS__)
#define cj_bessel_i1(...) cj_bessel_i1_at(CJ_HERE, __VA_ARGS__)
#define cj_bessel_i0e(...) cj_bessel_i0e_at(CJ_HERE, __VA_ARGS__)
#define cj_bessel_i1e(...) cj_bessel_i1e_at(CJ_HERE, __VA_ARGS__)
#define cj_sinc(...) cj_sinc_at(CJ_HERE, __VA_ARGS__)
#define cj_trunc(...) cj_trunc_at(CJ_HERE, __VA_ARGS__)
#define cj_is_nan(...) cj_is_nan_at(CJ_HERE, __VA_ARGS__)
#define cj_is_finite(...) cj_is_finite_at(CJ_HERE, __VA_ARGS__)
#define cj_popcount(...) cj_popcount_at(CJ_HERE, __VA_ARGS__)

/* x held between two numbers: low where x < low, high where x > high; either may be infinite. NaN
 * stays. The derivative is 1 from low to high, both included, else 0. Of all numbers. */
CJ_API cj_tensor *cj_clamp_at(cj_at at, cj_tensor *x, double low, double high);
#define cj_clamp(...) cj_clamp_at(CJ_HERE, __VA_ARGS__)

/* The n-th derivative of digamma, 0 <= n <= 100: (-1)^(n+1) n! zeta(n + 1, x). */
CJ_API cj_tensor *cj_polygamma_at(cj_at at, int n, cj_tensor *x);
#define cj_polygamma(...) cj_polygamma_at(CJ_HERE, __VA_ARGS__)

/* ---- of two sources, which broadcast and have one dtype ---- */

#define CJ_DECLARE_BINARY(name)                                                                    \
    CJ_API cj_tensor *cj_##name##_at(cj_at at, cj_tensor *a, cj_tensor *b);
/* a - trunc(a/b) b, exact, with the sign of a; by 0 NaN (integers: 0); derivatives 1 and
 * -trunc(a/b) */
CJ_DECLARE_BINARY(fmod)
/* a - floor(a/b) b, with the sign of b, as Python's %; likewise */
CJ_DECLARE_BINARY(remainder)
/* (y, x): the angle of the point, in [-pi, pi], signed zeros as in C; NaN derivatives at 0, 0 */
CJ_DECLARE_BINARY(atan2)
/* sqrt(a^2 + b^2) without overflow; derivative 0 at 0, 0 */
CJ_DECLARE_BINARY(hypot)
/* log(e^a + e^b); where both are the same infinity each derivative is 1 */
CJ_DECLARE_BINARY(logaddexp)
/* x log(y), 0 where x is 0 unless y is NaN; there the derivative to x is 0 for y <= 0 */
CJ_DECLARE_BINARY(xlogy)
/* (s, q): Hurwitz, the sum of (q + k)^-s over k = 0, 1, ...; s > 1, for q < 0 an integer; inf
 * at q = 0, -1, ...; an error where a derivative to s is wanted */
CJ_DECLARE_BINARY(zeta)
/* (n, x): exp(-|x|) I_n(x) for integers |n| <= 64, else NaN; an error where one to n is wanted */
CJ_DECLARE_BINARY(bessel_ie)
#undef CJ_DECLARE_BINARY
#define cj_fmod(...) cj_fmod_at(CJ_HERE, __VA_ARGS__)
#define cj_remainder(...) cj_remainder_at(CJ_HERE, __VA_ARGS__)
#define cj_atan2(...) cj_atan2_at(CJ_HERE, __VA_ARGS__)
#define cj_hypot(...) cj_hypot_at(CJ_HERE, __VA_ARGS__)
#define cj_logaddexp(...) cj_logaddexp_at(CJ_HERE, __VA_ARGS__)
#define cj_xlogy(...) cj_xlogy_at(CJ_HERE, __VA_ARGS__)
#define cj_zeta(...) cj_zeta_at(CJ_HERE, __VA_ARGS__)
#define cj_bessel_ie(...) cj_bessel_ie_at(CJ_HERE, __VA_ARGS__)

#ifdef __cplusplus
}
#endif

#endif
