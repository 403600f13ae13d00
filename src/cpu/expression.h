/*
 * src/cpu/expression.h - the one source text of the math functions: vector kernels, the scalar
 * reference and whatever renders C come from it. Our own, no libm, total: right at 0, -0, inf, NaN,
 * subnormals and the ends.
 *
 * The text is written over a vocabulary: vf32, vf64, vi32, vi64, vm32, vm64 and their operations.
 * Include first one that defines it: isa/simd.h (a vector of an instruction set), or scalar.h (one
 * lane, in either kernel class). Every operation is exact or rounded once, so the bits are the same
 * for each vocabulary of a class. Nothing branches on a lane but what then is decided lane by lane.
 *
 * The methods are the usual ones: an exact argument reduction, a polynomial (fitted by
 * tests/golden/ math_coefficients.py), and the pieces added from the smallest up. Errors in ulp are
 * in docs/math.md.
 */
#ifndef CJ_CPU_EXPRESSION_H
#define CJ_CPU_EXPRESSION_H

#include "expression_coefficients.h"
#include "expression_reduce.h"
#include "expression_special_coefficients.h"

/* Constants in the vocabulary's types. */
#define F32(c) vf32_splat(c)
#define F64(c) vf64_splat(c)
#define I32(c) vi32_splat(c)
#define I64(c) vi64_splat(c)

/* c[0] + x (c[1] + x (c[2] + ...)) */
#define CJ_POLYNOMIAL(V, x, c) V##_polynomial(x, c, (int)(sizeof(c) / sizeof((c)[0])))

CJ_SIMD vf32 vf32_polynomial(vf32 x, const float *c, int terms)
{
    vf32 sum = F32(c[terms - 1]);
#pragma GCC unroll 32
    for (int i = terms - 2; i >= 0; i--) {
        sum = vf32_fma(sum, x, F32(c[i]));
    }
    return sum;
}

CJ_SIMD vf64 vf64_polynomial(vf64 x, const double *c, int terms)
{
    vf64 sum = F64(c[terms - 1]);
#pragma GCC unroll 32
    for (int i = terms - 2; i >= 0; i--) {
        sum = vf64_fma(sum, x, F64(c[i]));
    }
    return sum;
}

/*
 * An integer in a floating-point number: x + 1.5 * 2^23 (2^52) rounds x to an integer n, to even,
 * and holds it in its lowest bits, from which 2^n is made by a shift.
 */
#define CJ_SHIFTER_F32 0x1.8p23f
#define CJ_SHIFTER_F64 0x1.8p52
CJ_SIMD vf32 two_to_f32(vf32 shifted) /* 2^n, -126 <= n <= 127 */
{
    return vi32_as_f32(vi32_shl(vi32_add(vf32_bits(shifted), I32(127)), 23));
}
CJ_SIMD vf64 two_to_f64(vf64 shifted)
{
    return vi64_as_f64(vi64_shl(vi64_add(vf64_bits(shifted), I64(1023)), 52));
}

#include "expression_f32.h"
#include "expression_f64.h"

/* ---- what has one text for both widths ---- */

#define V vf32
#define VM vm32
#define VI vi32
#define W(f) vf32_##f
#define M(f) vm32_##f
#define I(f) vi32_##f
#define D(f) f##_f32
#define C(x) vf32_splat((float)(x))
#define POLYNOMIAL(x, c) CJ_POLYNOMIAL(vf32, x, c)
#define CJ_SHIFTER CJ_SHIFTER_F32
#define CJ_LEAST_NORMAL 0x1p-126f
#define CJ_MAKE_NORMAL 0x1p23f
#define CJ_MAKE_NORMAL_BITS 23
#define CJ_LOG2E CJ_LOG2E_F32
#define CJ_LOG2E_LOW (CJ_LOG2E_F64 - (double)CJ_LOG2E_F32)
#define CJ_PIO2_HIGH CJ_PIO2_HIGH_F64
#define CJ_PIO2_LOW (CJ_PIO2_HIGH_F64 - (double)(float)CJ_PIO2_HIGH_F64)
#define CJ_EXP2_MOST 160
#define CJ_SINH_MOST 89.6
#define CJ_ERFINV_MIDDLE 3.5
#include "expression_both.h"
#undef V
#undef VM
#undef VI
#undef W
#undef M
#undef I
#undef D
#undef C
#undef POLYNOMIAL
#undef CJ_SHIFTER
#undef CJ_LEAST_NORMAL
#undef CJ_MAKE_NORMAL
#undef CJ_MAKE_NORMAL_BITS
#undef CJ_LOG2E
#undef CJ_LOG2E_LOW
#undef CJ_PIO2_HIGH
#undef CJ_PIO2_LOW
#undef CJ_EXP2_MOST
#undef CJ_SINH_MOST
#undef CJ_ERFINV_MIDDLE

#define V vf64
#define VM vm64
#define VI vi64
#define W(f) vf64_##f
#define M(f) vm64_##f
#define I(f) vi64_##f
#define D(f) f##_f64
#define C(x) vf64_splat((double)(x))
#define POLYNOMIAL(x, c) CJ_POLYNOMIAL(vf64, x, c)
#define CJ_SHIFTER CJ_SHIFTER_F64
#define CJ_LEAST_NORMAL 0x1p-1022
#define CJ_MAKE_NORMAL 0x1p52
#define CJ_MAKE_NORMAL_BITS 52
#define CJ_LOG2E CJ_LOG2E_F64
#define CJ_LOG2E_LOW CJ_LOG2E_LOW_F64
#define CJ_PIO2_HIGH CJ_PIO2_HIGH_F64
#define CJ_PIO2_LOW CJ_PIO2_LOW_F64
#define CJ_EXP2_MOST 1100
#define CJ_SINH_MOST 711
#define CJ_ERFINV_MIDDLE 4.5
#include "expression_both.h"
#undef V
#undef VM
#undef VI
#undef W
#undef M
#undef I
#undef D
#undef C
#undef POLYNOMIAL

#include "expression_special.h"

#undef F32
#undef F64
#undef I32
#undef I64

#endif
