/*
 * src/cpu/expression_special.h - the functions that are computed in f64 for both widths: those of
 * f32 take shorter polynomials (`brief`) and are rounded once.
 */
#ifndef CJ_CPU_EXPRESSION_SPECIAL_H
#define CJ_CPU_EXPRESSION_SPECIAL_H

/* The polynomial of the width at hand: brief is known when this is compiled. */
#define BRIEF(x, name)                                                                             \
    (brief ? CJ_POLYNOMIAL(vf64, x, name##_short) : CJ_POLYNOMIAL(vf64, x, name##_f64))

/* f32 by f64. */
#define CJ_NARROWED1(name, core)                                                                   \
    CJ_SIMD vf64 cj_##name##_f64(vf64 x)                                                           \
    {                                                                                              \
        return core(x, false);                                                                     \
    }                                                                                              \
    CJ_SIMD vf32 cj_##name##_f32(vf32 x)                                                           \
    {                                                                                              \
        return vf64_narrow(core(vf32_widen_low(x), true), core(vf32_widen_high(x), true));         \
    }
#define CJ_NARROWED2(name, core)                                                                   \
    CJ_SIMD vf64 cj_##name##_f64(vf64 x, vf64 y)                                                   \
    {                                                                                              \
        return core(x, y, false);                                                                  \
    }                                                                                              \
    CJ_SIMD vf32 cj_##name##_f32(vf32 x, vf32 y)                                                   \
    {                                                                                              \
        return vf64_narrow(core(vf32_widen_low(x), vf32_widen_low(y), true),                       \
                           core(vf32_widen_high(x), vf32_widen_high(y), true));                    \
    }

/* ---- roots and remainders ---- */

/* The short way is exact in f64; the long one keeps clear of overflow. */
CJ_SIMD vf64 hypot_core(vf64 x, vf64 y, bool brief)
{
    vf64 a = vf64_abs(x), b = vf64_abs(y), root;
    if (brief) {
        root = vf64_sqrt(a * a + b * b);
    } else {
        vm64 less = vf64_lt(a, b);
        vf64 large = vf64_select(less, b, a), small = vf64_select(less, a, b);
        vf64 r = vf64_select(vf64_eq(small, F64(0)), F64(0), small / large);
        root = large * vf64_sqrt(vf64_fma(r, r, F64(1)));
        root = vf64_select(vf64_ne(a, a), a, vf64_select(vf64_ne(b, b), b, root));
    }
    vm64 endless = vm64_or(vf64_eq(a, F64(INFINITY)), vf64_eq(b, F64(INFINITY)));
    return vf64_select(endless, F64(INFINITY), root);
}
CJ_NARROWED2(hypot, hypot_core)

/* By pow, which is good to 2^-44 and in f64 gets one step of Newton with an exact cube. */
CJ_SIMD vf64 cbrt_core(vf64 x, bool brief)
{
    vf64 size = vf64_abs(x), y, error, cube_error;
    if (brief) {
        y = pow_half_f32(size, F64(1.0 / 3));
    } else {
        vm64 tiny = vf64_lt(size, F64(0x1p-700));
        vf64 a = vf64_select(tiny, size * F64(0x1p600), size);
        vf64 t = cj_pow_f64(a, F64(1.0 / 3));
        vf64 square = product_f64(t, t, &error), cube = product_f64(square, t, &cube_error);
        vf64 rest = ((a - cube) - cube_error) - error * t;
        y = t + rest / (F64(3) * square);
        y = vf64_select(tiny, y * F64(0x1p-200), y);
        y = vf64_select(vm64_and(vf64_lt(F64(0), size), vf64_lt(size, F64(INFINITY))), y, size);
    }
    return vf64_copysign(y, x);
}
CJ_NARROWED1(cbrt, cbrt_core)

/*
 * x - trunc(x / y) y, exact: long division with 26 bits of the quotient a turn. Their products with
 * the two halves of y are exact, and so is what is left. A turn may leave the rest a little below 0.
 */
CJ_SIMD vf64 fmod_core(vf64 x, vf64 y, bool brief)
{
    (void)brief;
    const int64_t upper = INT64_MIN >> 36; /* sign, exponent, 25 bits after the leading one */
    vf64 rest = vf64_abs(x), b = vf64_abs(y);
    vf64 b_high = vi64_as_f64(vi64_and(vf64_bits(b), I64(upper)));
    vf64 b_low = b - b_high;
    vm64 sound = vm64_and(vf64_lt(rest, F64(INFINITY)), vf64_lt(F64(0), b));
    vm64 bounded = vm64_and(sound, vf64_lt(b, F64(INFINITY)));
    vm64 more = vm64_and(bounded, vm64_not(vf64_lt(rest, b)));
    while (vm64_any(more)) {
        /* a quotient beyond the numbers is taken by 2^1200 too small */
        vm64 wide = vf64_lt(F64(0x1p900), vf64_abs(rest) / b);
        vf64 up = vf64_select(wide, F64(0x1p600), F64(1));
        vf64 q = (vf64_abs(rest) * vf64_select(wide, F64(0x1p-600), F64(1))) / (b * up);
        q = vf64_select(wide, q, vf64_floor(q));
        q = vf64_copysign(vi64_as_f64(vi64_and(vf64_bits(q), I64(upper))), rest);
        vf64 left = (rest - (q * (b_high * up)) * up) - (q * (b_low * up)) * up;
        rest = vf64_select(more, left, rest);
        more = vm64_and(more, vm64_not(vf64_lt(vf64_abs(rest), b)));
    }
    rest = vf64_select(vf64_lt(rest, F64(0)), rest + b, rest);
    rest = vf64_select(vm64_and(sound, vf64_eq(b, b)), vf64_copysign(rest, x), F64(NAN));
    return rest;
}
CJ_NARROWED2(fmod, fmod_core)

/* ---- the complement of erf ---- */

/* exp(-x^2) p(x) / (1 + 2x) for x > 0.5, with the square as a pair. */
CJ_SIMD vf64 erfc_core(vf64 x, bool brief)
{
    vf64 size = vf64_at_most(vf64_abs(x), F64(28)), bell, p, error;
    if (brief) {
        vf64 e = size * size * F64(-CJ_LOG2E_F64);
        e = vf64_at_least(e, F64(-200));
        vf64 t = e + F64(CJ_SHIFTER_F64);
        vf64 r = e - (t - F64(CJ_SHIFTER_F64));
        bell = CJ_POLYNOMIAL(vf64, r, exp2_f64) * two_to_f64(t);
        p = CJ_POLYNOMIAL(vf64, (size - F64(2)) / (size + F64(2)), erfcx_p_short);
    } else {
        vf64 square = product_f64(size, size, &error);
        bell = exp_pair_f64(-square, -error);
        p = CJ_POLYNOMIAL(vf64, (size - F64(4)) / (size + F64(4)), erfcx_p_f64);
    }
    vf64 tail = bell * (p / (F64(1) + size + size));
    vf64 y = vf64_select(vf64_lt(x, F64(0)), F64(2) - tail, tail);
    vf64 q = CJ_POLYNOMIAL(vf64, x * x, erf_q_f64);
    return vf64_select(vf64_lt(size, F64(0.5)), (F64(1) - x) - x * q, y);
}
CJ_NARROWED1(erfc, erfc_core)

/* ---- the gamma function ---- */

/* The place in [1, 3] whose value is known, and the product p of the factors between, d / p being
 * the sum of their reciprocals. */
CJ_SIMD vf64 gamma_base(vf64 x, vf64 *p, vf64 *d)
{
    vf64 b =
        vf64_select(vf64_lt(x, F64(1)), x + F64(1), vf64_select(vf64_lt(x, F64(8)), x, F64(2)));
    *p = F64(1);
    *d = F64(0);
    for (int i = 0; i < 5; i++) {
        vm64 above = vm64_not(vf64_lt(b, F64(3)));
        b = vf64_select(above, b - F64(1), b);
        *d = vf64_select(above, vf64_fma(*d, b, *p), *d);
        *p = vf64_select(above, *p * b, *p);
    }
    return b;
}

/* log(gamma(x)) for x >= 0: a polynomial on [1, 3], from there to below 8 by the recurrence; then
 * Stirling's series. */
CJ_SIMD vf64 lgamma_above(vf64 x, bool brief)
{
    vf64 p, d, b = gamma_base(x, &p, &d);
    vm64 low = vf64_lt(x, F64(1)), far = vm64_not(vf64_lt(x, F64(8)));
    vf64 t = vf64_select(low, x - F64(1), b - F64(2)), u = vf64_select(low, x, b - F64(1));
    vf64 near = (t * u) * BRIEF(b - F64(2), lgamma_p);
    vf64 l = cj_log_f64(vf64_select(vm64_or(low, far), x, p));
    vf64 r = F64(1) / vf64_at_least(x, F64(8));
    vf64 series = vf64_fma(r, BRIEF(r * r, stirling_p), F64(0.418938533204672741780));
    vf64 y = vf64_select(low, near - l, near + l);
    return vf64_select(far, vf64_fma(x - F64(0.5), l - F64(1), series), y);
}

/* pi f, f being what x exceeds the nearest integer by. */
CJ_SIMD vf64 angle_from_integer(vf64 x)
{
    return (x - vf64_round(x)) * F64(3.14159265358979323846);
}

/* gamma(x) gamma(1 - x) = pi / sin(pi x); terms cancel, so nothing is brief */
CJ_SIMD vf64 lgamma_core(vf64 x, bool brief)
{
    vm64 below = vf64_lt(x, F64(0));
    vf64 y = lgamma_above(x, brief);
    if (vm64_any(below)) {
        vf64 sine = vf64_abs(cj_sin_f64(angle_from_integer(x)));
        vf64 mirrored = lgamma_above(vf64_select(below, F64(1) - x, F64(1)), false);
        vf64 z = cj_log_f64(F64(3.14159265358979323846) / sine) - mirrored;
        z = vf64_select(vf64_eq(sine, F64(0)), F64(INFINITY), z);
        z = vf64_select(vf64_eq(x, F64(-INFINITY)), F64(INFINITY), z);
        y = vf64_select(below, z, y);
    }
    return vf64_select(vf64_eq(x, F64(INFINITY)), x, y);
}
CJ_NARROWED1(lgamma, lgamma_core)

CJ_SIMD vf64 digamma_above(vf64 x, bool brief)
{
    vf64 p, d, b = gamma_base(x, &p, &d);
    vm64 low = vf64_lt(x, F64(1)), far = vm64_not(vf64_lt(x, F64(8)));
    vf64 from_root = (b - F64(CJ_DIGAMMA_ROOT_1_F64)) - F64(CJ_DIGAMMA_ROOT_2_F64);
    vf64 near = from_root * BRIEF(b - F64(2), digamma_p);
    vf64 over = vf64_select(far, F64(0.5), vf64_select(low, F64(-1), d));
    vf64 ratio = over / vf64_select(vm64_or(low, far), x, p);
    vf64 r = F64(1) / vf64_at_least(x, F64(8)), z = r * r;
    vf64 y = (cj_log_f64(vf64_at_least(x, F64(8))) - ratio) - z * BRIEF(z, psi_tail_p);
    return vf64_select(far, y, near + ratio);
}

/* digamma(1 - x) - digamma(x) = pi / tan(pi x) */
CJ_SIMD vf64 digamma_core(vf64 x, bool brief)
{
    vm64 below = vf64_lt(x, F64(0));
    vf64 y = digamma_above(x, brief);
    if (vm64_any(below)) {
        vf64 angle = angle_from_integer(x);
        vf64 mirrored = digamma_above(vf64_select(below, F64(1) - x, F64(1)), false);
        vf64 z = mirrored - F64(3.14159265358979323846) / cj_tan_f64(angle);
        z = vf64_select(vf64_eq(angle, F64(0)), F64(NAN), z);
        y = vf64_select(below, z, y);
    }
    return y;
}
CJ_NARROWED1(digamma, digamma_core)

/* ---- the zeta function of Hurwitz: the sum of (q + k)^-s over k >= 0, for s > 1 ---- */

CJ_SIMD vf64 power_of(vf64 x, vf64 y, bool brief)
{
    return brief ? pow_half_f32(x, y) : cj_pow_f64(x, y);
}

/* Euler and Maclaurin: some terms, the integral from a on, half a term, and the derivatives. */
CJ_SIMD vf64 zeta_above(vf64 s, vf64 q, bool brief)
{
    const int terms = brief ? 6 : 10, derivatives = brief ? 5 : 10;
    vf64 a = q + F64((double)terms), w = power_of(a, -s, brief), by_a = F64(1) / a;
    vf64 factor = s * by_a, tail = F64(0);
    for (int j = 0; j < derivatives; j++) {
        tail = vf64_fma(factor, F64(zeta_b_f64[j]), tail);
        factor = factor * ((s + F64(2 * j + 1)) * by_a) * ((s + F64(2 * j + 2)) * by_a);
    }
    vf64 sum = w * (a / (s - F64(1)) + F64(0.5) + tail);
    sum = vf64_select(vf64_eq(w, F64(0)), F64(0), sum);
    for (int k = terms - 1; k >= 0; k--) {
        sum = sum + power_of(q + F64((double)k), -s, brief);
    }
    return vf64_select(vf64_eq(q, F64(INFINITY)), F64(0), sum);
}

/*
 * Below 0 the sum runs over both sides of 0, for integers s: with f = q - floor(q) the terms above
 * are zeta(s, f), those below (-1)^s (zeta(s, 1 - f) - zeta(s, 1 - q)).
 */
CJ_SIMD vf64 zeta_core(vf64 s, vf64 q, bool brief)
{
    vm64 below = vf64_lt(q, F64(0));
    vf64 f = q - vf64_floor(q), half = s * F64(0.5);
    vf64 y = zeta_above(s, vf64_select(below, f, q), brief);
    if (vm64_any(below)) {
        vf64 other = zeta_above(s, F64(1) - f, brief) - zeta_above(s, F64(1) - q, brief);
        vm64 even = vf64_eq(vf64_floor(half), half);
        vf64 z = vf64_select(even, y + other, y - other);
        z = vf64_select(vf64_eq(f, F64(0)), F64(INFINITY), z);
        z = vf64_select(vf64_eq(vf64_floor(s), s), z, F64(NAN));
        y = vf64_select(below, z, y);
    }
    y = vf64_select(vf64_eq(q, F64(0)), F64(INFINITY), y);
    y = vf64_select(vf64_eq(s, F64(1)), F64(INFINITY), y);
    y = vf64_select(vf64_lt(s, F64(1)), F64(NAN), y);
    return vf64_select(vf64_ne(q, q), q, vf64_select(vf64_ne(s, s), s, y));
}
CJ_NARROWED2(zeta, zeta_core)

/* ---- modified Bessel functions, exp(-|x|) I_n(x) ---- */

/* n = 0 and 1 for x >= 0: a polynomial up to 8, one in 1/x over sqrt(x) beyond. */
CJ_SIMD vf64 bessel_first(vf64 x, vm64 one, bool brief)
{
    vf64 small = vf64_at_most(x, F64(8)) * F64(0.125), large = vf64_at_least(x, F64(8));
    vf64 t = (small + small) - F64(1), u = F64(16) / large - F64(1);
    vf64 y = BRIEF(t, i0e_near), z = BRIEF(u, i0e_far);
    if (vm64_any(one)) {
        y = vf64_select(one, x * BRIEF(t, i1e_near), y);
        z = vf64_select(one, BRIEF(u, i1e_far), z);
    }
    return vf64_select(vf64_lt(F64(8), x), z / vf64_sqrt(large), y);
}

/*
 * n > 1. Up to 64 by the ratios r_k = I_k / I_(k-1) = x / (2k + x r_(k+1)), from far above n down;
 * beyond by the recurrence I_(k+1) = I_(k-1) - 2k/x I_k, which is stable while n^2 is not large
 * against x. `most`: no n is above it.
 */
CJ_SIMD vf64 bessel_further(vf64 x, vf64 n, int most, bool brief)
{
    const vm64 none = vf64_lt(F64(1), F64(0)), all = vm64_not(none);
    vf64 first = bessel_first(x, none, brief), second = bessel_first(x, all, brief);
    vf64 near = vf64_at_most(x, F64(64)), product = first, ratio = F64(0);
    for (int k = most + (brief ? 60 : 100); k >= 1; k--) {
        ratio = near / vf64_fma(near, ratio, F64(2.0 * k));
        vm64 counts = vm64_not(vf64_lt(n, F64((double)k)));
        product = vf64_select(counts, product * ratio, product);
    }
    vf64 far = vf64_at_least(x, F64(64));
    for (int k = 1; k < most; k++) {
        vm64 counts = vf64_lt(F64((double)k), n);
        vf64 next = first - (F64(2.0 * k) / far) * second;
        first = vf64_select(counts, second, first);
        second = vf64_select(counts, next, second);
    }
    return vf64_select(vf64_lt(F64(64), x), second, product);
}

CJ_SIMD vf64 bessel_ie_core(vf64 n, vf64 x, bool brief)
{
    enum { MOST = 64 };
    vf64 order = vf64_abs(n), size = vf64_abs(x), half = order * F64(0.5);
    vf64 y = bessel_first(size, vf64_eq(order, F64(1)), brief);
    vm64 further = vm64_and(vf64_lt(F64(1), order), vf64_lt(order, F64(MOST + 1)));
    if (vm64_any(further)) {
        int most = 2;
        while (most < MOST && vm64_any(vm64_and(further, vf64_lt(F64((double)most), order)))) {
            most++;
        }
        y = vf64_select(further, bessel_further(size, order, most, brief), y);
    }
    vm64 odd = vf64_ne(vf64_floor(half), half);
    y = vf64_select(odd, vf64_copysign(y, x), y);
    vm64 whole = vm64_and(vf64_eq(vf64_floor(order), order), vf64_lt(order, F64(MOST + 1)));
    return vf64_select(vm64_and(whole, vf64_eq(x, x)), y, F64(NAN));
}
CJ_NARROWED2(bessel_ie, bessel_ie_core)

#undef BRIEF
#undef CJ_NARROWED1
#undef CJ_NARROWED2

#endif
