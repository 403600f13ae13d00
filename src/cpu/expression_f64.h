/*
 * src/cpu/expression_f64.h - the math functions of f64, over the vocabulary of expression.h. Where
 * nothing else is said they are those of expression_f32.h with longer polynomials.
 */
#ifndef CJ_CPU_EXPRESSION_F64_H
#define CJ_CPU_EXPRESSION_F64_H

/* exp(x) = 2^n (1 + r + tail), where tail holds what r lost in rounding. */
CJ_SIMD vf64 exp_parts_f64(vf64 x, vf64 *shifted, vf64 *tail)
{
    vf64 t = vf64_fma(x, F64(CJ_LOG2E_F64), F64(CJ_SHIFTER_F64));
    vf64 n = t - F64(CJ_SHIFTER_F64);
    vf64 a = vf64_fma(n, F64(-CJ_LN2_1_F64), x);
    vf64 r = vf64_fma(n, F64(-CJ_LN2_2_F64), a);
    vf64 lost = vf64_fma(n, F64(-CJ_LN2_2_F64), a - r);
    *shifted = t;
    *tail = vf64_fma(r * r, CJ_POLYNOMIAL(vf64, r, exp_q_f64), lost);
    return r;
}

/* exp(x) - 1 = 2^n (1 + p) - 1: returns p. */
CJ_SIMD vf64 exp_core_f64(vf64 x, vf64 *shifted)
{
    vf64 tail, r = exp_parts_f64(x, shifted, &tail);
    return r + tail;
}

CJ_SIMD vf64 cj_exp_f64(vf64 x)
{
    vf64 t;
    x = vf64_at_least(vf64_at_most(x, F64(710)), F64(-746));
    vf64 p = exp_core_f64(x, &t);
    return vf64_scale(F64(1) + p, t - F64(CJ_SHIFTER_F64));
}

/*
 * 2^n (r + tail) + (2^n - 1), halved within so that the largest 2^n is not met. For n = 0 that is r
 * + tail, whose last bits halving would lose in subnormal numbers.
 */
CJ_SIMD vf64 cj_expm1_f64(vf64 x)
{
    vf64 t, tail;
    vf64 r = exp_parts_f64(vf64_at_least(vf64_at_most(x, F64(710)), F64(-39)), &t, &tail);
    vf64 half = two_to_f64(t - F64(1));
    vf64 whole = half - F64(0.5), part = half * r;
    vf64 high = whole + part;
    vf64 y = high + vf64_fma(half, tail, part - (high - whole));
    y = vf64_select(vf64_eq(t, F64(CJ_SHIFTER_F64)), r + tail, y + y);
    return vf64_copysign(y, x);
}

/* u = 2^k (1 + f) for normal u > 0; returns f. */
CJ_SIMD vf64 log_split_f64(vf64 u, vf64 *k)
{
    const int64_t root_half = 0x3fe6a09e667f3bcd;
    vi64 shifted = vi64_add(vf64_bits(u), I64(0x3ff0000000000000 - root_half));
    vi64 exponent = vi64_or(vi64_shr(shifted, 52), I64(0x4330000000000000));
    *k = vi64_as_f64(exponent) - F64(0x1p52 + 1023);
    return vi64_as_f64(vi64_add(vi64_and(shifted, I64(0xfffffffffffff)), I64(root_half))) - F64(1);
}

/* log(1 + f) - f = s (f^2/2 + s^2 p(s^2)) - f^2/2, s = f / (2 + f), for log2 */
CJ_SIMD vf64 log_tail_f64(vf64 f)
{
    vf64 s = f / (F64(2) + f), z = s * s, h = F64(0.5) * (f * f);
    return s * vf64_fma(z, CJ_POLYNOMIAL(vf64, z, log_s_f64), h) - h;
}

/* log(1 + f) = f - (f^2/2 - s (f^2/2 + s^2 p(s^2))), s = f / (2 + f) */
CJ_SIMD vf64 log_core_f64(vf64 u, vf64 scaled, vf64 correction)
{
    vf64 k, f = log_split_f64(u, &k);
    k = k + scaled;
    vf64 s = f / (F64(2) + f), z = s * s, h = F64(0.5) * (f * f);
    vf64 tail = vf64_fma(z, CJ_POLYNOMIAL(vf64, z, log_s_f64), h);
    vf64 low = vf64_fma(s, tail, correction) - h;
    low = vf64_fma(k, F64(CJ_LN2_2_F64), low);
    vf64 multiple = k * F64(CJ_LN2_1_F64);
    vf64 high = multiple + f;
    vf64 lost = f - (high - multiple);
    return high + (low + lost);
}

CJ_SIMD vf64 cj_log_f64(vf64 x)
{
    vm64 small = vf64_lt(x, F64(0x1p-1022));
    vf64 y = log_core_f64(vf64_select(small, x * F64(0x1p52), x),
                          vf64_select(small, F64(-52), F64(0)), F64(0));
    y = vf64_select(vf64_lt(x, F64(INFINITY)), y, x);
    y = vf64_select(vf64_lt(x, F64(0)), F64(NAN), y);
    return vf64_select(vf64_eq(x, F64(0)), F64(-INFINITY), y);
}

CJ_SIMD vf64 cj_log1p_f64(vf64 x)
{
    vf64 u = F64(1) + x;
    vf64 c = vf64_select(vf64_lt(F64(1), x), F64(1) - (u - x), x - (u - F64(1)));
    vf64 y = log_core_f64(u, F64(0), c / u);
    y = vf64_select(vf64_lt(x, F64(INFINITY)), y, x);
    y = vf64_select(vf64_lt(x, F64(-1)), F64(NAN), y);
    y = vf64_select(vf64_eq(x, F64(-1)), F64(-INFINITY), y);
    return vf64_select(vf64_eq(x, F64(0)), x, y);
}

CJ_SIMD vf64 sin_reduce_f64(vf64 x, vf64 *low, vi64 *q)
{
    vf64 t = vf64_fma(x, F64(CJ_2OPI_F64), F64(CJ_SHIFTER_F64));
    vf64 n = t - F64(CJ_SHIFTER_F64);
    vf64 a = vf64_fma(n, F64(-CJ_PIO2_1_F64), x);
    vf64 w = n * F64(CJ_PIO2_2_F64);
    vf64 b = a - w;
    vf64 c = vf64_fma(n, F64(-CJ_PIO2_3_F64), (a - b) - w);
    vf64 r = b + c;
    *low = (b - r) + c;
    *q = vf64_bits(t);

    vf64 size = vf64_abs(x);
    vm64 large = vm64_and(vf64_lt(F64(3e6), size), vf64_lt(size, F64(INFINITY)));
    vm64 cancels = vm64_and(vf64_lt(vf64_abs(r), F64(0x1p-20)), vf64_lt(F64(1), size));
    vm64 slow = vm64_or(large, cancels);
    if (vm64_any(slow)) {
        double lane_x[CJ_VF64], lane_r[CJ_VF64], lane_low[CJ_VF64];
        int64_t lane_q[CJ_VF64];
        vf64_store(lane_x, vf64_select(slow, x, F64(2)));
        for (int i = 0; i < CJ_VF64; i++) {
            lane_q[i] = reduce_by_half_pi(lane_x[i], &lane_r[i], &lane_low[i]);
        }
        r = vf64_select(slow, vf64_load(lane_r), r);
        *low = vf64_select(slow, vf64_load(lane_low), *low);
        *q = vi64_select(slow, vi64_load(lane_q), *q);
    }
    return r;
}

CJ_SIMD vf64 sin_core_f64(vf64 r, vf64 low, vi64 q)
{
    vf64 z = r * r, h = F64(0.5) * z, w = F64(1) - h;
    vf64 s = vf64_fma(z * r, CJ_POLYNOMIAL(vf64, z, sin_q_f64), low * w) + r;
    vf64 c =
        w + vf64_fma(z * z, CJ_POLYNOMIAL(vf64, z, cos_q_f64), vf64_fma(-r, low, (F64(1) - w) - h));
    vf64 y = vf64_select(vi64_eq(vi64_and(q, I64(1)), I64(0)), s, c);
    return vi64_as_f64(vi64_xor(vf64_bits(y), vi64_shl(vi64_and(q, I64(2)), 62)));
}

CJ_SIMD vf64 cj_sin_f64(vf64 x)
{
    vf64 low;
    vi64 q;
    vf64 r = sin_reduce_f64(x, &low, &q);
    return vf64_select(vf64_eq(x, F64(0)), x, sin_core_f64(r, low, q));
}

CJ_SIMD vf64 cj_cos_f64(vf64 x)
{
    vf64 low;
    vi64 q;
    vf64 r = sin_reduce_f64(x, &low, &q);
    return sin_core_f64(r, low, vi64_add(q, I64(1)));
}

CJ_SIMD vf64 cj_tanh_f64(vf64 x)
{
    vf64 t, size = vf64_abs(x), z = x * x;
    vf64 small = vf64_fma(x * z, CJ_POLYNOMIAL(vf64, z, tanh_q_f64), x);
    vf64 p = exp_core_f64(vf64_at_most(size + size, F64(40)), &t);
    vf64 large = F64(1) - F64(2) / vf64_fma(F64(1) + p, two_to_f64(t), F64(1));
    return vf64_copysign(vf64_select(vf64_lt(size, F64(0.625)), small, large), x);
}

/* A polynomial below 1, 1 - exp(g(|x|)) above, where g approximates log(erfc). */
CJ_SIMD vf64 cj_erf_f64(vf64 x)
{
    vf64 t, size = vf64_abs(x);
    vf64 small = vf64_fma(x, CJ_POLYNOMIAL(vf64, x * x, erf_q_f64), x);
    vf64 g = CJ_POLYNOMIAL(vf64, vf64_at_most(size, F64(6)) - F64(1), erfc_g_f64);
    vf64 p = exp_core_f64(g, &t);
    vf64 large = vf64_fma(-(F64(1) + p), two_to_f64(t), F64(1));
    return vf64_copysign(vf64_select(vf64_lt(size, F64(1)), small, large), x);
}

/* a * b = product + error exactly, barring overflow and underflow. */
CJ_SIMD vf64 product_f64(vf64 a, vf64 b, vf64 *error)
{
    vf64 product = a * b;
    *error = vf64_mul_error(a, b, product);
    return product;
}

/*
 * log(u) = high + low to about 2^-65 for normal u > 0: s = f / (2 + f) and the first two terms of
 * 2 atanh(s) = 2 s + s^3 (2/3 + s^2 p(s^2)) are carried in pairs.
 */
CJ_SIMD vf64 log_pair_f64(vf64 u, vf64 scaled, vf64 *low)
{
    vf64 k, f = log_split_f64(u, &k), error;
    k = k + scaled;
    vf64 d = F64(2) + f, d_low = f - (d - F64(2));
    vf64 s = f / d;
    vf64 back = product_f64(s, d, &error);
    vf64 s_low = (((f - back) - error) - s * d_low) / d;
    vf64 z = product_f64(s, s, &error);
    vf64 z_low = vf64_fma(F64(2) * s, s_low, error);
    vf64 tail = z * CJ_POLYNOMIAL(vf64, z, log_s_tail_f64);
    vf64 b = F64(CJ_TWO_THIRDS_F64) + tail;
    vf64 b_low = ((F64(CJ_TWO_THIRDS_F64) - b) + tail) + F64(CJ_TWO_THIRDS_LOW_F64);
    vf64 cube = product_f64(s, z, &error);
    vf64 cube_low = vf64_fma(s, z_low, vf64_fma(s_low, z, error));
    vf64 term = product_f64(cube, b, &error);
    vf64 term_low = vf64_fma(cube, b_low, vf64_fma(cube_low, b, error));
    vf64 twice = s + s;
    vf64 head = twice + term;
    vf64 head_low = ((twice - head) + term) + (term_low + (s_low + s_low));
    vf64 multiple = k * F64(CJ_LN2_1_F64);
    vf64 high = multiple + head;
    vf64 rest = ((multiple - high) + head) + vf64_fma(k, F64(CJ_LN2_2_F64), head_low);
    vf64 sum = high + rest;
    *low = (high - sum) + rest;
    return sum;
}

/* exp(high + low), saturating. */
CJ_SIMD vf64 exp_pair_f64(vf64 high, vf64 low)
{
    high = vf64_at_least(vf64_at_most(high, F64(710)), F64(-746));
    vf64 n = vf64_fma(high, F64(CJ_LOG2E_F64), F64(CJ_SHIFTER_F64)) - F64(CJ_SHIFTER_F64);
    vf64 a = vf64_fma(n, F64(-CJ_LN2_1_F64), high);
    vf64 w = n * F64(CJ_LN2_2_F64);
    vf64 b = a - w;
    vf64 c = ((a - b) - w) + low;
    vf64 r = b + c;
    vf64 r_low = (b - r) + c;
    vf64 p = vf64_fma(r * r, CJ_POLYNOMIAL(vf64, r, exp_q_f64), vf64_fma(r, r_low, r_low)) + r;
    return vf64_scale(F64(1) + p, n);
}

CJ_SIMD vf64 cj_pow_f64(vf64 x, vf64 y)
{
    vf64 low, error, size = vf64_abs(x);
    vm64 small = vf64_lt(size, F64(0x1p-1022));
    vf64 high = log_pair_f64(vf64_select(small, size * F64(0x1p52), size),
                             vf64_select(small, F64(-52), F64(0)), &low);
    high = vf64_select(vf64_lt(size, F64(INFINITY)), high, size);
    high = vf64_select(vf64_eq(size, F64(0)), F64(-INFINITY), high);
    vf64 e = product_f64(y, high, &error);
    vf64 e_low = vf64_select(vf64_lt(vf64_abs(e), F64(1000)), vf64_fma(y, low, error), F64(0));
    e = vf64_select(vf64_eq(size, F64(1)), F64(0), e);
    vf64 power = exp_pair_f64(e, e_low);

    vf64 half = y * F64(0.5);
    vm64 whole = vf64_eq(vf64_floor(y), y);
    vm64 odd = vm64_and(whole, vf64_ne(vf64_floor(half), half));
    power = vf64_select(odd, vf64_copysign(power, x), power);
    vm64 no_power =
        vm64_and(vm64_and(vf64_lt(x, F64(0)), vf64_lt(F64(-INFINITY), x)), vm64_not(whole));
    power = vf64_select(vm64_or(no_power, vf64_ne(y, y)), F64(NAN), power);
    return vf64_select(vm64_or(vf64_eq(y, F64(0)), vf64_eq(x, F64(1))), F64(1), power);
}

#endif
