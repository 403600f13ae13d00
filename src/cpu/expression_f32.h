/*
 * src/cpu/expression_f32.h - the math functions of f32, over the vocabulary of expression.h.
 */
#ifndef CJ_CPU_EXPRESSION_F32_H
#define CJ_CPU_EXPRESSION_F32_H

/* exp(x) = 2^n (1 + r + tail), where tail holds what r lost in rounding. */
CJ_SIMD vf32 exp_parts_f32(vf32 x, vf32 *shifted, vf32 *tail)
{
    vf32 t = vf32_fma(x, F32(CJ_LOG2E_F32), F32(CJ_SHIFTER_F32));
    vf32 n = t - F32(CJ_SHIFTER_F32);
    vf32 a = vf32_fma(n, F32(-CJ_LN2_1_F32), x);
    vf32 r = vf32_fma(n, F32(-CJ_LN2_2_F32), a);
    vf32 lost = vf32_fma(n, F32(-CJ_LN2_2_F32), a - r);
    *shifted = t;
    *tail = vf32_fma(r * r, CJ_POLYNOMIAL(vf32, r, exp_q_f32), lost);
    return r;
}

/* exp(x) - 1 = 2^n (1 + p) - 1: returns p. */
CJ_SIMD vf32 exp_core_f32(vf32 x, vf32 *shifted)
{
    vf32 tail, r = exp_parts_f32(x, shifted, &tail);
    return r + tail;
}

CJ_SIMD vf32 cj_exp_f32(vf32 x)
{
    vf32 t;
    x = vf32_at_least(vf32_at_most(x, F32(89)), F32(-104));
    vf32 p = exp_core_f32(x, &t);
    return vf32_scale(F32(1) + p, t - F32(CJ_SHIFTER_F32));
}

/*
 * 2^n (r + tail) + (2^n - 1), halved within so that the largest 2^n is not met. For n = 0 that is r
 * + tail, whose last bits halving would lose in subnormal numbers.
 */
CJ_SIMD vf32 cj_expm1_f32(vf32 x)
{
    vf32 t, tail;
    vf32 r = exp_parts_f32(vf32_at_least(vf32_at_most(x, F32(89)), F32(-18)), &t, &tail);
    vf32 half = two_to_f32(t - F32(1));
    vf32 whole = half - F32(0.5f), part = half * r;
    vf32 high = whole + part;
    vf32 y = high + vf32_fma(half, tail, part - (high - whole));
    y = vf32_select(vf32_eq(t, F32(CJ_SHIFTER_F32)), r + tail, y + y);
    return vf32_copysign(y, x);
}

/* u = 2^k (1 + f) for normal u > 0, sqrt(1/2) <= 1 + f < sqrt(2); returns f. */
CJ_SIMD vf32 log_split_f32(vf32 u, vf32 *k)
{
    const int32_t root_half = 0x3f3504f3;
    vi32 shifted = vi32_add(vf32_bits(u), I32(0x3f800000 - root_half));
    vi32 exponent = vi32_or(vi32_shr(shifted, 23), I32(0x4b000000));
    *k = vi32_as_f32(exponent) - F32(0x1p23f + 127);
    return vi32_as_f32(vi32_add(vi32_and(shifted, I32(0x7fffff)), I32(root_half))) - F32(1);
}

/* log(1 + f) - f, for log2 */
CJ_SIMD vf32 log_tail_f32(vf32 f)
{
    vf32 f2 = f * f;
    return vf32_fma(f2 * f, CJ_POLYNOMIAL(vf32, f, log_r_f32), f2 * F32(-0.5f));
}

/*
 * log(2^scaled u) + correction for normal u > 0; k ln2 + f is added with its rounding error kept.
 */
CJ_SIMD vf32 log_core_f32(vf32 u, vf32 scaled, vf32 correction)
{
    vf32 k, f = log_split_f32(u, &k), f2 = f * f;
    k = k + scaled;
    vf32 low =
        vf32_fma(f2 * f, CJ_POLYNOMIAL(vf32, f, log_r_f32), vf32_fma(f2, F32(-0.5f), correction));
    low = vf32_fma(k, F32(CJ_LN2_2_F32), low);
    vf32 multiple = k * F32(CJ_LN2_1_F32);
    vf32 high = multiple + f;
    vf32 lost = f - (high - multiple);
    return high + (low + lost);
}

CJ_SIMD vf32 cj_log_f32(vf32 x)
{
    vm32 small = vf32_lt(x, F32(0x1p-126f));
    vf32 y = log_core_f32(vf32_select(small, x * F32(0x1p23f), x),
                          vf32_select(small, F32(-23), F32(0)), F32(0));
    y = vf32_select(vf32_lt(x, F32(INFINITY)), y, x); /* inf and NaN as they are */
    y = vf32_select(vf32_lt(x, F32(0)), F32(NAN), y);
    return vf32_select(vf32_eq(x, F32(0)), F32(-INFINITY), y);
}

/* log(u) + c/u, where u + c = 1 + x exactly */
CJ_SIMD vf32 cj_log1p_f32(vf32 x)
{
    vf32 u = F32(1) + x;
    vf32 c = vf32_select(vf32_lt(F32(1), x), F32(1) - (u - x), x - (u - F32(1)));
    vf32 y = log_core_f32(u, F32(0), c / u);
    y = vf32_select(vf32_lt(x, F32(INFINITY)), y, x);
    y = vf32_select(vf32_lt(x, F32(-1)), F32(NAN), y);
    y = vf32_select(vf32_eq(x, F32(-1)), F32(-INFINITY), y);
    return vf32_select(vf32_eq(x, F32(0)), x, y);
}

/*
 * x = q pi/2 + r + low: in three steps while their products are exact (Cody and Waite), in integers
 * for large x and where so much cancels that the parts of pi/2 do not reach.
 */
CJ_SIMD vf32 sin_reduce_f32(vf32 x, vf32 *low, vi32 *q)
{
    vf32 t = vf32_fma(x, F32(CJ_2OPI_F32), F32(CJ_SHIFTER_F32));
    vf32 n = t - F32(CJ_SHIFTER_F32);
    vf32 a = vf32_fma(n, F32(-CJ_PIO2_1_F32), x);
    a = vf32_fma(n, F32(-CJ_PIO2_2_F32), a);
    vf32 w = n * F32(CJ_PIO2_3_F32);
    vf32 r = a - w;
    *low = vf32_fma(n, F32(-CJ_PIO2_4_F32), (a - r) - w);
    *q = vf32_bits(t);

    vf32 size = vf32_abs(x);
    vm32 large = vm32_and(vf32_lt(F32(12000), size), vf32_lt(size, F32(INFINITY)));
    vm32 cancels = vm32_and(vf32_lt(vf32_abs(r), F32(0x1p-14f)), vf32_lt(F32(1), size));
    vm32 slow = vm32_or(large, cancels);
    if (vm32_any(slow)) {
        float lane_x[CJ_VF32], lane_r[CJ_VF32], lane_low[CJ_VF32];
        int32_t lane_q[CJ_VF32];
        vf32_store(lane_x, vf32_select(slow, x, F32(2)));
        for (int i = 0; i < CJ_VF32; i++) {
            double high, rest;
            lane_q[i] = reduce_by_half_pi((double)lane_x[i], &high, &rest);
            lane_r[i] = (float)high;
            lane_low[i] = (float)(high - (double)lane_r[i]);
        }
        r = vf32_select(slow, vf32_load(lane_r), r);
        *low = vf32_select(slow, vf32_load(lane_low), *low);
        *q = vi32_select(slow, vi32_load(lane_q), *q);
    }
    return r;
}

/* sin of q quarter turns + r + low */
CJ_SIMD vf32 sin_core_f32(vf32 r, vf32 low, vi32 q)
{
    vf32 z = r * r, h = F32(0.5f) * z, w = F32(1) - h;
    vf32 s = vf32_fma(z * r, CJ_POLYNOMIAL(vf32, z, sin_q_f32), low * w) + r;
    vf32 c =
        w + vf32_fma(z * z, CJ_POLYNOMIAL(vf32, z, cos_q_f32), vf32_fma(-r, low, (F32(1) - w) - h));
    vf32 y = vf32_select(vi32_eq(vi32_and(q, I32(1)), I32(0)), s, c);
    return vi32_as_f32(vi32_xor(vf32_bits(y), vi32_shl(vi32_and(q, I32(2)), 30)));
}

CJ_SIMD vf32 cj_sin_f32(vf32 x)
{
    vf32 low;
    vi32 q;
    vf32 r = sin_reduce_f32(x, &low, &q);
    return vf32_select(vf32_eq(x, F32(0)), x, sin_core_f32(r, low, q));
}

CJ_SIMD vf32 cj_cos_f32(vf32 x)
{
    vf32 low;
    vi32 q;
    vf32 r = sin_reduce_f32(x, &low, &q);
    return sin_core_f32(r, low, vi32_add(q, I32(1)));
}

/* A polynomial below 0.875, 1 - 2 / (exp(2|x|) + 1) above. */
CJ_SIMD vf32 cj_tanh_f32(vf32 x)
{
    vf32 t, size = vf32_abs(x), z = x * x;
    vf32 small = vf32_fma(x * z, CJ_POLYNOMIAL(vf32, z, tanh_q_f32), x);
    vf32 p = exp_core_f32(vf32_at_most(size + size, F32(20)), &t);
    vf32 large = F32(1) - F32(2) / vf32_fma(F32(1) + p, two_to_f32(t), F32(1));
    return vf32_copysign(vf32_select(vf32_lt(size, F32(0.875f)), small, large), x);
}

/* A polynomial below 0.875, 1 - exp(g(|x|)) above, where g approximates log(erfc). */
CJ_SIMD vf32 cj_erf_f32(vf32 x)
{
    vf32 t, size = vf32_abs(x);
    vf32 small = vf32_fma(x, CJ_POLYNOMIAL(vf32, x * x, erf_q_f32), x);
    vf32 g = CJ_POLYNOMIAL(vf32, vf32_at_most(size, F32(4)) - F32(0.875f), erfc_g_f32);
    vf32 p = exp_core_f32(g, &t);
    vf32 large = vf32_fma(-(F32(1) + p), two_to_f32(t), F32(1));
    return vf32_copysign(vf32_select(vf32_lt(size, F32(0.875f)), small, large), x);
}

/* |x|^y in f64, where plain products suffice: 2^(y log2 |x|), log2((1+s)/(1-s)) = s p(s^2). */
CJ_SIMD vf64 pow_half_f32(vf64 x, vf64 y)
{
    const int64_t root_half = 0x3fe6a09e667f3bcd;
    vf64 size = vf64_abs(x);
    vi64 shifted = vi64_add(vf64_bits(size), I64(0x3ff0000000000000 - root_half));
    vi64 exponent = vi64_or(vi64_shr(shifted, 52), I64(0x4330000000000000));
    vf64 k = vi64_as_f64(exponent) - F64(0x1p52 + 1023);
    vf64 m = vi64_as_f64(vi64_add(vi64_and(shifted, I64(0xfffffffffffff)), I64(root_half)));
    vf64 s = (m - F64(1)) / (m + F64(1));
    vf64 logarithm = vf64_fma(s, CJ_POLYNOMIAL(vf64, s * s, log2_s_f64), k);
    logarithm = vf64_select(vf64_lt(size, F64(INFINITY)), logarithm, size);
    logarithm = vf64_select(vf64_eq(size, F64(0)), F64(-INFINITY), logarithm);
    vf64 e = vf64_select(vf64_eq(size, F64(1)), F64(0), y * logarithm);
    e = vf64_at_least(vf64_at_most(e, F64(1000)), F64(-1000));
    vf64 t = e + F64(CJ_SHIFTER_F64);
    vf64 r = e - (t - F64(CJ_SHIFTER_F64));
    return CJ_POLYNOMIAL(vf64, r, exp2_f64) * two_to_f64(t);
}

/* The sign of x^y and the cases that C11 F.10.4.4 lists. */
CJ_SIMD vf32 cj_pow_f32(vf32 x, vf32 y)
{
    vf32 power = vf64_narrow(pow_half_f32(vf32_widen_low(x), vf32_widen_low(y)),
                             pow_half_f32(vf32_widen_high(x), vf32_widen_high(y)));
    vf32 half = y * F32(0.5f);
    vm32 whole = vf32_eq(vf32_floor(y), y);
    vm32 odd = vm32_and(whole, vf32_ne(vf32_floor(half), half));
    power = vf32_select(odd, vf32_copysign(power, x), power);
    vm32 no_power =
        vm32_and(vm32_and(vf32_lt(x, F32(0)), vf32_lt(F32(-INFINITY), x)), vm32_not(whole));
    power = vf32_select(vm32_or(no_power, vf32_ne(y, y)), F32(NAN), power);
    return vf32_select(vm32_or(vf32_eq(y, F32(0)), vf32_eq(x, F32(1))), F32(1), power);
}

#endif
