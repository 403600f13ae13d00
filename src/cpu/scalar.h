/*
 * src/cpu/scalar.h - the vocabulary of isa/simd.h with one lane, in plain C: of the class fma, or
 * of the class baseline where CJ_SCALAR_BASELINE is defined. The reference kernels are made of it;
 * see expression.h.
 */
#ifndef CJ_CPU_SCALAR_H
#define CJ_CPU_SCALAR_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* clang-format off */
#define CJ_SIMD static inline
#define CJ_VF32 1
#define CJ_VF64 1

typedef float vf32;
typedef double vf64;
typedef int32_t vi32;
typedef int64_t vi64;
typedef bool vm32;
typedef bool vm64;

#if defined(CJ_SCALAR_BASELINE)
CJ_SIMD vf32 vf32_fma(vf32 a, vf32 b, vf32 c) { return a * b + c; }
CJ_SIMD vf64 vf64_fma(vf64 a, vf64 b, vf64 c) { return a * b + c; }
CJ_SIMD vf64 vf64_mul_error(vf64 a, vf64 b, vf64 product)
{
    vf64 a_big = a * (0x1p27 + 1), b_big = b * (0x1p27 + 1);
    vf64 a_high = a_big - (a_big - a), b_high = b_big - (b_big - b);
    vf64 a_low = a - a_high, b_low = b - b_high;
    return ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low;
}
#else
CJ_SIMD vf32 vf32_fma(vf32 a, vf32 b, vf32 c) { return fmaf(a, b, c); }
CJ_SIMD vf64 vf64_fma(vf64 a, vf64 b, vf64 c) { return fma(a, b, c); }
CJ_SIMD vf64 vf64_mul_error(vf64 a, vf64 b, vf64 product) { return fma(a, b, -product); }
#endif

/* V: f32 or f64, T its type, I and S the integer of its width, U unsigned; M: m32 or m64. */
#define CJ_SCALAR(V, T, I, S, U, M, SIGN, suffix, bias, mantissa)                                  \
    CJ_SIMD S V##_bits(T a)                                                                        \
    {                                                                                              \
        S bits;                                                                                    \
        memcpy(&bits, &a, sizeof bits);                                                            \
        return bits;                                                                               \
    }                                                                                              \
    CJ_SIMD T I##_as_##suffix(S a)                                                                 \
    {                                                                                              \
        T x;                                                                                       \
        memcpy(&x, &a, sizeof x);                                                                  \
        return x;                                                                                  \
    }                                                                                              \
    CJ_SIMD T V##_splat(T x) { return x; }                                                         \
    CJ_SIMD S I##_splat(S x) { return x; }                                                         \
    CJ_SIMD T V##_load(const T *p) { return *p; }                                                  \
    CJ_SIMD S I##_load(const S *p) { return *p; }                                                  \
    CJ_SIMD void V##_store(T *p, T a) { *p = a; }                                                  \
    CJ_SIMD S I##_add(S a, S b) { return (S)((U)a + (U)b); }                                       \
    CJ_SIMD S I##_and(S a, S b) { return a & b; }                                                  \
    CJ_SIMD S I##_or(S a, S b) { return a | b; }                                                   \
    CJ_SIMD S I##_xor(S a, S b) { return a ^ b; }                                                  \
    CJ_SIMD S I##_shl(S a, int bits) { return (S)((U)a << bits); }                                 \
    CJ_SIMD S I##_shr(S a, int bits) { return (S)((U)a >> bits); }                                 \
    CJ_SIMD bool I##_eq(S a, S b) { return a == b; }                                               \
    CJ_SIMD bool V##_eq(T a, T b) { return a == b; }                                               \
    CJ_SIMD bool V##_ne(T a, T b) { return a != b; }                                               \
    CJ_SIMD bool V##_lt(T a, T b) { return a < b; }                                                \
    CJ_SIMD bool M##_and(bool a, bool b) { return a && b; }                                        \
    CJ_SIMD bool M##_or(bool a, bool b) { return a || b; }                                         \
    CJ_SIMD bool M##_not(bool a) { return !a; }                                                    \
    CJ_SIMD bool M##_any(bool a) { return a; }                                                     \
    CJ_SIMD T V##_select(bool m, T a, T b) { return m ? a : b; }                                   \
    CJ_SIMD S I##_select(bool m, S a, S b) { return m ? a : b; }                                   \
    CJ_SIMD T V##_abs(T a) { return I##_as_##suffix(V##_bits(a) & ~SIGN); }                        \
    CJ_SIMD T V##_copysign(T a, T b)                                                               \
    {                                                                                              \
        return I##_as_##suffix((V##_bits(a) & ~SIGN) | (V##_bits(b) & SIGN));                      \
    }                                                                                              \
    CJ_SIMD T V##_at_most(T a, T limit) { return limit < a ? limit : a; }                          \
    CJ_SIMD T V##_at_least(T a, T limit) { return a < limit ? limit : a; }                         \
    CJ_SIMD T V##_scale(T p, T n)                                                                  \
    {                                                                                              \
        int exponent = n == n ? (int)n : 0, half = exponent / 2;                                   \
        T first = I##_as_##suffix((S)((U)(half + bias) << mantissa));                              \
        return p * first * I##_as_##suffix((S)((U)(exponent - half + bias) << mantissa));          \
    }
CJ_SCALAR(vf32, float, vi32, int32_t, uint32_t, vm32, INT32_MIN, f32, 127, 23)
CJ_SCALAR(vf64, double, vi64, int64_t, uint64_t, vm64, INT64_MIN, f64, 1023, 52)

CJ_SIMD vf32 vf32_floor(vf32 a) { return floorf(a); }
CJ_SIMD vf64 vf64_floor(vf64 a) { return floor(a); }
CJ_SIMD vf64 vf64_round(vf64 a) { return rint(a); }
CJ_SIMD vf32 vf32_sqrt(vf32 a) { return sqrtf(a); }
CJ_SIMD vf64 vf64_sqrt(vf64 a) { return sqrt(a); }
CJ_SIMD vf64 vf32_widen_low(vf32 a) { return (double)a; }
CJ_SIMD vf64 vf32_widen_high(vf32 a) { return (double)a; }
CJ_SIMD vf32 vf64_narrow(vf64 low, vf64 high) { return (void)high, (float)low; }

/* clang-format on */

#endif
