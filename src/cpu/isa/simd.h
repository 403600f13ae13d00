/*
 * src/cpu/isa/simd.h - one vocabulary of vector types and operations for every instruction set that
 * a file of this folder is compiled for (see ../isa.h). Include it in src/cpu/isa/ *.c only.
 *
 *     vf32, vf64   floating-point vectors of CJ_VF32, CJ_VF64 lanes
 *     vi32, vi64   signed integer vectors of the same widths; they wrap
 *     vm32, vm64   a truth value a lane
 *
 * Everything is one instruction where the processor has it. The bits of each operation are those of
 * the scalar expression in its comment, NaN payloads aside. vf32_fma rounds once in the class fma,
 * and twice in the class baseline.
 */
#ifndef CJ_CPU_ISA_SIMD_H
#define CJ_CPU_ISA_SIMD_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#if defined(CJ_ISA_AVX512)
#include <immintrin.h>
#define CJ_VECTOR_BYTES 64
#define CJ_ISA_SUFFIX avx512
#elif defined(CJ_ISA_AVX2)
#include <immintrin.h>
#define CJ_VECTOR_BYTES 32
#define CJ_ISA_SUFFIX avx2
#elif defined(CJ_ISA_NEON)
#include <arm_neon.h>
#define CJ_VECTOR_BYTES 16
#define CJ_ISA_SUFFIX neon
#elif defined(CJ_ISA_BASELINE)
#if defined(__x86_64__)
#include <emmintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#else
#error "Cajal's kernels know x86-64 and aarch64 only"
#endif
#define CJ_VECTOR_BYTES 16
#define CJ_ISA_SUFFIX baseline
#else
#error "define CJ_ISA_BASELINE, CJ_ISA_AVX2, CJ_ISA_AVX512 or CJ_ISA_NEON"
#endif

/* CJ_ISA_FN(cj_name) is cj_name_avx512 and so on: what a file of this folder exports. */
#define CJ_ISA_PASTE_(name, suffix) name##_##suffix
#define CJ_ISA_PASTE(name, suffix) CJ_ISA_PASTE_(name, suffix)
#define CJ_ISA_FN(name) CJ_ISA_PASTE(name, CJ_ISA_SUFFIX)

#define CJ_VF32 (CJ_VECTOR_BYTES / 4)
#define CJ_VF64 (CJ_VECTOR_BYTES / 8)

/*
 * Says that the iterations of the loop below do not depend on each other, so that it can become
 * vectors even where the output is one of the inputs.
 */
#if defined(__clang__)
#pragma clang diagnostic ignored "-Wpass-failed" /* a loop that stays scalar is no fault */
#define CJ_LOOP _Pragma("clang loop vectorize(assume_safety)")
#else
#define CJ_LOOP _Pragma("GCC ivdep")
#endif

/* clang-format off */
#define CJ_SIMD static inline __attribute__((always_inline))

typedef float vf32 __attribute__((vector_size(CJ_VECTOR_BYTES)));
typedef double vf64 __attribute__((vector_size(CJ_VECTOR_BYTES)));
typedef int32_t vi32 __attribute__((vector_size(CJ_VECTOR_BYTES)));
typedef int64_t vi64 __attribute__((vector_size(CJ_VECTOR_BYTES)));
typedef uint32_t vu32 __attribute__((vector_size(CJ_VECTOR_BYTES)));
typedef uint64_t vu64 __attribute__((vector_size(CJ_VECTOR_BYTES)));

/* What the four element types share. V: vector, U: the unsigned vector of its width, T: element. */
#define CJ_SIMD_MEMORY(V, T)                                                                       \
    typedef T V##_in_memory                                                                        \
        __attribute__((vector_size(CJ_VECTOR_BYTES), aligned(sizeof(T)), may_alias));              \
    CJ_SIMD V V##_load(const T *p) { return (V) * (const V##_in_memory *)(const void *)p; }        \
    CJ_SIMD void V##_store(T *p, V a) { *(V##_in_memory *)(void *)p = (V##_in_memory)a; }
CJ_SIMD_MEMORY(vf32, float)
CJ_SIMD_MEMORY(vf64, double)
CJ_SIMD_MEMORY(vi32, int32_t)
CJ_SIMD_MEMORY(vi64, int64_t)

#define CJ_SIMD_ARITHMETIC(V)                                                                      \
    CJ_SIMD V V##_add(V a, V b) { return a + b; }                                                  \
    CJ_SIMD V V##_sub(V a, V b) { return a - b; }                                                  \
    CJ_SIMD V V##_mul(V a, V b) { return a * b; }                                                  \
    CJ_SIMD V V##_div(V a, V b) { return a / b; }
CJ_SIMD_ARITHMETIC(vf32)
CJ_SIMD_ARITHMETIC(vf64)

#define CJ_SIMD_INTEGER(V, U)                                                                      \
    CJ_SIMD V V##_add(V a, V b) { return (V)((U)a + (U)b); }                                       \
    CJ_SIMD V V##_sub(V a, V b) { return (V)((U)a - (U)b); }                                       \
    CJ_SIMD V V##_and(V a, V b) { return a & b; }                                                  \
    CJ_SIMD V V##_or(V a, V b) { return a | b; }                                                   \
    CJ_SIMD V V##_xor(V a, V b) { return a ^ b; }                                                  \
    CJ_SIMD V V##_not(V a) { return ~a; }                                                          \
    CJ_SIMD V V##_shl(V a, int bits) { return (V)((U)a << bits); }                                 \
    CJ_SIMD V V##_shr(V a, int bits) { return (V)((U)a >> bits); } /* zeros come in */             \
    CJ_SIMD V V##_sar(V a, int bits) { return a >> bits; }         /* the sign comes in */
CJ_SIMD_INTEGER(vi32, vu32)
CJ_SIMD_INTEGER(vi64, vu64)

/* The same bits as another type. */
CJ_SIMD vi32 vf32_bits(vf32 a) { return (vi32)a; }
CJ_SIMD vi64 vf64_bits(vf64 a) { return (vi64)a; }
CJ_SIMD vf32 vi32_as_f32(vi32 a) { return (vf32)a; }
CJ_SIMD vf64 vi64_as_f64(vi64 a) { return (vf64)a; }

#if defined(CJ_ISA_AVX512)

typedef __mmask16 vm32;
typedef __mmask8 vm64;

CJ_SIMD vf32 vf32_splat(float x) { return (vf32)_mm512_set1_ps(x); }
CJ_SIMD vf64 vf64_splat(double x) { return (vf64)_mm512_set1_pd(x); }
CJ_SIMD vi32 vi32_splat(int32_t x) { return (vi32)_mm512_set1_epi32(x); }
CJ_SIMD vi64 vi64_splat(int64_t x) { return (vi64)_mm512_set1_epi64(x); }

CJ_SIMD vf32 vf32_fma(vf32 a, vf32 b, vf32 c) { return (vf32)_mm512_fmadd_ps(a, b, c); }
CJ_SIMD vf64 vf64_fma(vf64 a, vf64 b, vf64 c) { return (vf64)_mm512_fmadd_pd(a, b, c); }
CJ_SIMD vf32 vf32_sqrt(vf32 a) { return (vf32)_mm512_sqrt_ps(a); }
CJ_SIMD vf64 vf64_sqrt(vf64 a) { return (vf64)_mm512_sqrt_pd(a); }
CJ_SIMD vf32 vf32_floor(vf32 a)
{
    return (vf32)_mm512_roundscale_ps(a, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
}
CJ_SIMD vf64 vf64_floor(vf64 a)
{
    return (vf64)_mm512_roundscale_pd(a, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
}
CJ_SIMD vf32 vf32_round(vf32 a)
{
    return (vf32)_mm512_roundscale_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
CJ_SIMD vf64 vf64_round(vf64 a)
{
    return (vf64)_mm512_roundscale_pd(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}

#define CJ_SIMD_COMPARE(name, predicate)                                                           \
    CJ_SIMD vm32 vf32_##name(vf32 a, vf32 b) { return _mm512_cmp_ps_mask(a, b, predicate); }       \
    CJ_SIMD vm64 vf64_##name(vf64 a, vf64 b) { return _mm512_cmp_pd_mask(a, b, predicate); }
CJ_SIMD_COMPARE(eq, _CMP_EQ_OQ)
CJ_SIMD_COMPARE(ne, _CMP_NEQ_UQ)
CJ_SIMD_COMPARE(lt, _CMP_LT_OS)
CJ_SIMD_COMPARE(le, _CMP_LE_OS)
CJ_SIMD vm32 vi32_eq(vi32 a, vi32 b) { return _mm512_cmpeq_epi32_mask((__m512i)a, (__m512i)b); }
CJ_SIMD vm32 vi32_lt(vi32 a, vi32 b) { return _mm512_cmplt_epi32_mask((__m512i)a, (__m512i)b); }
CJ_SIMD vm64 vi64_eq(vi64 a, vi64 b) { return _mm512_cmpeq_epi64_mask((__m512i)a, (__m512i)b); }
CJ_SIMD vm64 vi64_lt(vi64 a, vi64 b) { return _mm512_cmplt_epi64_mask((__m512i)a, (__m512i)b); }
CJ_SIMD vm32 vm32_and(vm32 a, vm32 b) { return a & b; }
CJ_SIMD vm64 vm64_and(vm64 a, vm64 b) { return a & b; }
CJ_SIMD vm32 vm32_or(vm32 a, vm32 b) { return a | b; }
CJ_SIMD vm64 vm64_or(vm64 a, vm64 b) { return a | b; }
CJ_SIMD vm32 vm32_not(vm32 a) { return (vm32)~a; }
CJ_SIMD vm64 vm64_not(vm64 a) { return (vm64)~a; }
CJ_SIMD bool vm32_any(vm32 m) { return m != 0; }
CJ_SIMD bool vm64_any(vm64 m) { return m != 0; }
CJ_SIMD vf32 vf32_select(vm32 m, vf32 a, vf32 b) { return (vf32)_mm512_mask_blend_ps(m, b, a); }
CJ_SIMD vf64 vf64_select(vm64 m, vf64 a, vf64 b) { return (vf64)_mm512_mask_blend_pd(m, b, a); }
CJ_SIMD vi32 vi32_select(vm32 m, vi32 a, vi32 b)
{
    return (vi32)_mm512_mask_blend_epi32(m, (__m512i)b, (__m512i)a);
}
CJ_SIMD vi64 vi64_select(vm64 m, vi64 a, vi64 b)
{
    return (vi64)_mm512_mask_blend_epi64(m, (__m512i)b, (__m512i)a);
}

CJ_SIMD vf32 vf32_max(vf32 a, vf32 b)
{
    return vf32_select(vf32_ne(a, a), a, (vf32)_mm512_max_ps(a, b));
}
CJ_SIMD vf32 vf32_min(vf32 a, vf32 b)
{
    return vf32_select(vf32_ne(a, a), a, (vf32)_mm512_min_ps(a, b));
}
CJ_SIMD vf64 vf64_max(vf64 a, vf64 b)
{
    return vf64_select(vf64_ne(a, a), a, (vf64)_mm512_max_pd(a, b));
}
CJ_SIMD vf64 vf64_min(vf64 a, vf64 b)
{
    return vf64_select(vf64_ne(a, a), a, (vf64)_mm512_min_pd(a, b));
}

CJ_SIMD vi32 vf32_to_i32(vf32 a) { return (vi32)_mm512_cvttps_epi32(a); }
CJ_SIMD vf32 vi32_to_f32(vi32 a) { return (vf32)_mm512_cvtepi32_ps((__m512i)a); }
CJ_SIMD vf64 vf32_widen_low(vf32 a) { return (vf64)_mm512_cvtps_pd(_mm512_castps512_ps256(a)); }
CJ_SIMD vf64 vf32_widen_high(vf32 a) { return (vf64)_mm512_cvtps_pd(_mm512_extractf32x8_ps(a, 1)); }
CJ_SIMD vf32 vf64_narrow(vf64 low, vf64 high)
{
    __m512 first = _mm512_castps256_ps512(_mm512_cvtpd_ps(low));
    return (vf32)_mm512_insertf32x8(first, _mm512_cvtpd_ps(high), 1);
}

CJ_SIMD vf32 vf32_load_partial(const float *p, int64_t n)
{
    return (vf32)_mm512_maskz_loadu_ps((__mmask16)((1u << n) - 1), p);
}
CJ_SIMD vf64 vf64_load_partial(const double *p, int64_t n)
{
    return (vf64)_mm512_maskz_loadu_pd((__mmask8)((1u << n) - 1), p);
}
CJ_SIMD void vf32_store_partial(float *p, vf32 a, int64_t n)
{
    _mm512_mask_storeu_ps(p, (__mmask16)((1u << n) - 1), a);
}
CJ_SIMD void vf64_store_partial(double *p, vf64 a, int64_t n)
{
    _mm512_mask_storeu_pd(p, (__mmask8)((1u << n) - 1), a);
}

#else /* a mask is a vector of all-ones and zeros */

typedef vi32 vm32;
typedef vi64 vm64;

#define CJ_SIMD_COMPARE(V, M, name, op)                                                            \
    CJ_SIMD M V##_##name(V a, V b) { return (M)(a op b); }
CJ_SIMD_COMPARE(vf32, vm32, eq, ==)
CJ_SIMD_COMPARE(vf32, vm32, ne, !=)
CJ_SIMD_COMPARE(vf32, vm32, lt, <)
CJ_SIMD_COMPARE(vf32, vm32, le, <=)
CJ_SIMD_COMPARE(vf64, vm64, eq, ==)
CJ_SIMD_COMPARE(vf64, vm64, ne, !=)
CJ_SIMD_COMPARE(vf64, vm64, lt, <)
CJ_SIMD_COMPARE(vf64, vm64, le, <=)
CJ_SIMD_COMPARE(vi32, vm32, eq, ==)
CJ_SIMD_COMPARE(vi32, vm32, lt, <)
CJ_SIMD_COMPARE(vi64, vm64, eq, ==)
CJ_SIMD_COMPARE(vi64, vm64, lt, <)
CJ_SIMD vm32 vm32_and(vm32 a, vm32 b) { return a & b; }
CJ_SIMD vm64 vm64_and(vm64 a, vm64 b) { return a & b; }
CJ_SIMD vm32 vm32_or(vm32 a, vm32 b) { return a | b; }
CJ_SIMD vm64 vm64_or(vm64 a, vm64 b) { return a | b; }
CJ_SIMD vm32 vm32_not(vm32 a) { return ~a; }
CJ_SIMD vm64 vm64_not(vm64 a) { return ~a; }

/* The lanes that a vector lacks are filled with zeros, and not stored. */
#define CJ_SIMD_PARTIAL(V, T)                                                                      \
    CJ_SIMD V V##_load_partial(const T *p, int64_t n)                                              \
    {                                                                                              \
        T lanes[CJ_VECTOR_BYTES / sizeof(T)] = {0};                                                \
        memcpy(lanes, p, (size_t)n * sizeof(T));                                                   \
        return V##_load(lanes);                                                                    \
    }                                                                                              \
    CJ_SIMD void V##_store_partial(T *p, V a, int64_t n)                                           \
    {                                                                                              \
        T lanes[CJ_VECTOR_BYTES / sizeof(T)];                                                      \
        V##_store(lanes, a);                                                                       \
        memcpy(p, lanes, (size_t)n * sizeof(T));                                                   \
    }
CJ_SIMD_PARTIAL(vf32, float)
CJ_SIMD_PARTIAL(vf64, double)

#if defined(CJ_ISA_AVX2)

CJ_SIMD vf32 vf32_splat(float x) { return (vf32)_mm256_set1_ps(x); }
CJ_SIMD vf64 vf64_splat(double x) { return (vf64)_mm256_set1_pd(x); }
CJ_SIMD vi32 vi32_splat(int32_t x) { return (vi32)_mm256_set1_epi32(x); }
CJ_SIMD vi64 vi64_splat(int64_t x) { return (vi64)_mm256_set1_epi64x(x); }
CJ_SIMD vf32 vf32_fma(vf32 a, vf32 b, vf32 c) { return (vf32)_mm256_fmadd_ps(a, b, c); }
CJ_SIMD vf64 vf64_fma(vf64 a, vf64 b, vf64 c) { return (vf64)_mm256_fmadd_pd(a, b, c); }
CJ_SIMD vf32 vf32_sqrt(vf32 a) { return (vf32)_mm256_sqrt_ps(a); }
CJ_SIMD vf64 vf64_sqrt(vf64 a) { return (vf64)_mm256_sqrt_pd(a); }
CJ_SIMD vf32 vf32_floor(vf32 a)
{
    return (vf32)_mm256_round_ps(a, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
}
CJ_SIMD vf64 vf64_floor(vf64 a)
{
    return (vf64)_mm256_round_pd(a, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
}
CJ_SIMD vf32 vf32_round(vf32 a)
{
    return (vf32)_mm256_round_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
CJ_SIMD vf64 vf64_round(vf64 a)
{
    return (vf64)_mm256_round_pd(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
CJ_SIMD bool vm32_any(vm32 m) { return !_mm256_testz_si256((__m256i)m, (__m256i)m); }
CJ_SIMD bool vm64_any(vm64 m) { return !_mm256_testz_si256((__m256i)m, (__m256i)m); }
CJ_SIMD vf32 vf32_select(vm32 m, vf32 a, vf32 b) { return (vf32)_mm256_blendv_ps(b, a, (__m256)m); }
CJ_SIMD vf64 vf64_select(vm64 m, vf64 a, vf64 b)
{
    return (vf64)_mm256_blendv_pd(b, a, (__m256d)m);
}
CJ_SIMD vi32 vi32_select(vm32 m, vi32 a, vi32 b)
{
    return (vi32)_mm256_blendv_epi8((__m256i)b, (__m256i)a, (__m256i)m);
}
CJ_SIMD vi64 vi64_select(vm64 m, vi64 a, vi64 b)
{
    return (vi64)_mm256_blendv_epi8((__m256i)b, (__m256i)a, (__m256i)m);
}
CJ_SIMD vf32 vf32_max(vf32 a, vf32 b)
{
    return vf32_select(vf32_ne(a, a), a, (vf32)_mm256_max_ps(a, b));
}
CJ_SIMD vf32 vf32_min(vf32 a, vf32 b)
{
    return vf32_select(vf32_ne(a, a), a, (vf32)_mm256_min_ps(a, b));
}
CJ_SIMD vf64 vf64_max(vf64 a, vf64 b)
{
    return vf64_select(vf64_ne(a, a), a, (vf64)_mm256_max_pd(a, b));
}
CJ_SIMD vf64 vf64_min(vf64 a, vf64 b)
{
    return vf64_select(vf64_ne(a, a), a, (vf64)_mm256_min_pd(a, b));
}
CJ_SIMD vi32 vf32_to_i32(vf32 a) { return (vi32)_mm256_cvttps_epi32(a); }
CJ_SIMD vf32 vi32_to_f32(vi32 a) { return (vf32)_mm256_cvtepi32_ps((__m256i)a); }
CJ_SIMD vf64 vf32_widen_low(vf32 a) { return (vf64)_mm256_cvtps_pd(_mm256_castps256_ps128(a)); }
CJ_SIMD vf64 vf32_widen_high(vf32 a) { return (vf64)_mm256_cvtps_pd(_mm256_extractf128_ps(a, 1)); }
CJ_SIMD vf32 vf64_narrow(vf64 low, vf64 high)
{
    __m256 first = _mm256_castps128_ps256(_mm256_cvtpd_ps(low));
    return (vf32)_mm256_insertf128_ps(first, _mm256_cvtpd_ps(high), 1);
}

#else /* 16-byte vectors */

CJ_SIMD vf32 vf32_splat(float x) { return (vf32){x, x, x, x}; }
CJ_SIMD vf64 vf64_splat(double x) { return (vf64){x, x}; }
CJ_SIMD vi32 vi32_splat(int32_t x) { return (vi32){x, x, x, x}; }
CJ_SIMD vi64 vi64_splat(int64_t x) { return (vi64){x, x}; }
CJ_SIMD vi32 vi32_select(vm32 m, vi32 a, vi32 b) { return (a & m) | (b & ~m); }
CJ_SIMD vi64 vi64_select(vm64 m, vi64 a, vi64 b) { return (a & m) | (b & ~m); }

#if defined(CJ_ISA_NEON)
CJ_SIMD vf32 vf32_fma(vf32 a, vf32 b, vf32 c)
{
    return (vf32)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
}
CJ_SIMD vf64 vf64_fma(vf64 a, vf64 b, vf64 c)
{
    return (vf64)vfmaq_f64((float64x2_t)c, (float64x2_t)a, (float64x2_t)b);
}
#else
CJ_SIMD vf32 vf32_fma(vf32 a, vf32 b, vf32 c) { return a * b + c; }
CJ_SIMD vf64 vf64_fma(vf64 a, vf64 b, vf64 c) { return a * b + c; }
#endif

#if defined(__aarch64__)
CJ_SIMD vf32 vf32_sqrt(vf32 a) { return (vf32)vsqrtq_f32((float32x4_t)a); }
CJ_SIMD vf64 vf64_sqrt(vf64 a) { return (vf64)vsqrtq_f64((float64x2_t)a); }
CJ_SIMD vf32 vf32_floor(vf32 a) { return (vf32)vrndmq_f32((float32x4_t)a); }
CJ_SIMD vf64 vf64_floor(vf64 a) { return (vf64)vrndmq_f64((float64x2_t)a); }
CJ_SIMD vf32 vf32_round(vf32 a) { return (vf32)vrndnq_f32((float32x4_t)a); }
CJ_SIMD vf64 vf64_round(vf64 a) { return (vf64)vrndnq_f64((float64x2_t)a); }
CJ_SIMD vf32 vf32_select(vm32 m, vf32 a, vf32 b)
{
    return (vf32)vbslq_f32((uint32x4_t)m, (float32x4_t)a, (float32x4_t)b);
}
CJ_SIMD vf64 vf64_select(vm64 m, vf64 a, vf64 b)
{
    return (vf64)vbslq_f64((uint64x2_t)m, (float64x2_t)a, (float64x2_t)b);
}
CJ_SIMD bool vm32_any(vm32 m) { return vmaxvq_u32((uint32x4_t)m) != 0; }
CJ_SIMD bool vm64_any(vm64 m) { return vmaxvq_u32((uint32x4_t)m) != 0; }
CJ_SIMD vf32 vf32_max(vf32 a, vf32 b) { return vf32_select(vf32_lt(b, a) | vf32_ne(a, a), a, b); }
CJ_SIMD vf32 vf32_min(vf32 a, vf32 b) { return vf32_select(vf32_lt(a, b) | vf32_ne(a, a), a, b); }
CJ_SIMD vf64 vf64_max(vf64 a, vf64 b) { return vf64_select(vf64_lt(b, a) | vf64_ne(a, a), a, b); }
CJ_SIMD vf64 vf64_min(vf64 a, vf64 b) { return vf64_select(vf64_lt(a, b) | vf64_ne(a, a), a, b); }
CJ_SIMD vi32 vf32_to_i32(vf32 a) { return (vi32)vcvtq_s32_f32((float32x4_t)a); }
CJ_SIMD vf32 vi32_to_f32(vi32 a) { return (vf32)vcvtq_f32_s32((int32x4_t)a); }
CJ_SIMD vf64 vf32_widen_low(vf32 a) { return (vf64)vcvt_f64_f32(vget_low_f32((float32x4_t)a)); }
CJ_SIMD vf64 vf32_widen_high(vf32 a) { return (vf64)vcvt_high_f64_f32((float32x4_t)a); }
CJ_SIMD vf32 vf64_narrow(vf64 low, vf64 high)
{
    return (vf32)vcvt_high_f32_f64(vcvt_f32_f64((float64x2_t)low), (float64x2_t)high);
}
#else
CJ_SIMD vf32 vf32_sqrt(vf32 a) { return (vf32)_mm_sqrt_ps(a); }
CJ_SIMD vf64 vf64_sqrt(vf64 a) { return (vf64)_mm_sqrt_pd(a); }
CJ_SIMD vf32 vf32_select(vm32 m, vf32 a, vf32 b) { return (vf32)(((vi32)a & m) | ((vi32)b & ~m)); }
CJ_SIMD vf64 vf64_select(vm64 m, vf64 a, vf64 b) { return (vf64)(((vi64)a & m) | ((vi64)b & ~m)); }
CJ_SIMD bool vm32_any(vm32 m) { return _mm_movemask_epi8((__m128i)m) != 0; }
CJ_SIMD bool vm64_any(vm64 m) { return _mm_movemask_epi8((__m128i)m) != 0; }

/*
 * To the nearest integer: |a| + 2^23 rounds there when |a| < 2^23; larger ones are integers, and
 * the sign is put back.
 */
CJ_SIMD vf32 vf32_round(vf32 a)
{
    vi32 sign = (vi32)a & vi32_splat(INT32_MIN);
    vf32 magnitude = (vf32)((vi32)a ^ sign);
    vf32 rounded = (magnitude + vf32_splat(0x1p23f)) - vf32_splat(0x1p23f);
    return vf32_select(vf32_lt(magnitude, vf32_splat(0x1p23f)), (vf32)((vi32)rounded | sign), a);
}
CJ_SIMD vf64 vf64_round(vf64 a)
{
    vi64 sign = (vi64)a & vi64_splat(INT64_MIN);
    vf64 magnitude = (vf64)((vi64)a ^ sign);
    vf64 rounded = (magnitude + vf64_splat(0x1p52)) - vf64_splat(0x1p52);
    return vf64_select(vf64_lt(magnitude, vf64_splat(0x1p52)), (vf64)((vi64)rounded | sign), a);
}
/* One less where rounding went up; subtracting 0 elsewhere keeps -0. */
CJ_SIMD vf32 vf32_floor(vf32 a)
{
    vf32 near = vf32_round(a);
    return near - (vf32)((vi32)vf32_splat(1) & vf32_lt(a, near));
}
CJ_SIMD vf64 vf64_floor(vf64 a)
{
    vf64 near = vf64_round(a);
    return near - (vf64)((vi64)vf64_splat(1) & vf64_lt(a, near));
}
CJ_SIMD vf32 vf32_max(vf32 a, vf32 b)
{
    return vf32_select(vf32_ne(a, a), a, (vf32)_mm_max_ps(a, b));
}
CJ_SIMD vf32 vf32_min(vf32 a, vf32 b)
{
    return vf32_select(vf32_ne(a, a), a, (vf32)_mm_min_ps(a, b));
}
CJ_SIMD vf64 vf64_max(vf64 a, vf64 b)
{
    return vf64_select(vf64_ne(a, a), a, (vf64)_mm_max_pd(a, b));
}
CJ_SIMD vf64 vf64_min(vf64 a, vf64 b)
{
    return vf64_select(vf64_ne(a, a), a, (vf64)_mm_min_pd(a, b));
}
CJ_SIMD vi32 vf32_to_i32(vf32 a) { return (vi32)_mm_cvttps_epi32(a); }
CJ_SIMD vf32 vi32_to_f32(vi32 a) { return (vf32)_mm_cvtepi32_ps((__m128i)a); }
CJ_SIMD vf64 vf32_widen_low(vf32 a) { return (vf64)_mm_cvtps_pd(a); }
CJ_SIMD vf64 vf32_widen_high(vf32 a) { return (vf64)_mm_cvtps_pd(_mm_movehl_ps(a, a)); }
CJ_SIMD vf32 vf64_narrow(vf64 low, vf64 high)
{
    return (vf32)_mm_movelh_ps(_mm_cvtpd_ps(low), _mm_cvtpd_ps(high));
}
#endif
#endif /* 16-byte vectors */
#endif /* masks */

/* -a, |a|: the sign bit alone changes, of NaN and 0 too. */
CJ_SIMD vf32 vf32_neg(vf32 a) { return (vf32)((vi32)a ^ vi32_splat(INT32_MIN)); }
CJ_SIMD vf64 vf64_neg(vf64 a) { return (vf64)((vi64)a ^ vi64_splat(INT64_MIN)); }
CJ_SIMD vf32 vf32_abs(vf32 a) { return (vf32)((vi32)a & vi32_splat(INT32_MAX)); }
CJ_SIMD vf64 vf64_abs(vf64 a) { return (vf64)((vi64)a & vi64_splat(INT64_MAX)); }
CJ_SIMD vf32 vf32_ceil(vf32 a) { return vf32_neg(vf32_floor(vf32_neg(a))); }
CJ_SIMD vf64 vf64_ceil(vf64 a) { return vf64_neg(vf64_floor(vf64_neg(a))); }
/* The magnitude of a with the sign of b. */
CJ_SIMD vf32 vf32_copysign(vf32 a, vf32 b)
{
    return (vf32)((vi32)vf32_abs(a) | ((vi32)b & vi32_splat(INT32_MIN)));
}
CJ_SIMD vf64 vf64_copysign(vf64 a, vf64 b)
{
    return (vf64)((vi64)vf64_abs(a) | ((vi64)b & vi64_splat(INT64_MIN)));
}

/* The products of the lower 32 bits of each lane, unsigned. */
#if defined(CJ_ISA_AVX512)
CJ_SIMD vi64 vi64_mul_words(vi64 a, vi64 b)
{
    return (vi64)_mm512_mul_epu32((__m512i)a, (__m512i)b);
}
#elif defined(CJ_ISA_AVX2)
CJ_SIMD vi64 vi64_mul_words(vi64 a, vi64 b)
{
    return (vi64)_mm256_mul_epu32((__m256i)a, (__m256i)b);
}
#elif defined(__x86_64__)
CJ_SIMD vi64 vi64_mul_words(vi64 a, vi64 b) { return (vi64)_mm_mul_epu32((__m128i)a, (__m128i)b); }
#else
CJ_SIMD vi64 vi64_mul_words(vi64 a, vi64 b)
{
    return (vi64)vmull_u32(vmovn_u64((uint64x2_t)a), vmovn_u64((uint64x2_t)b));
}
#endif

/*
 * a b - product, where product = a * b as rounded: exact unless it underflows or overflows. Without
 * fma by halves of 26 bits (Dekker, "A floating-point technique for extending the available
 * precision", 1971).
 */
#if defined(CJ_ISA_BASELINE)
CJ_SIMD vf64 vf64_mul_error(vf64 a, vf64 b, vf64 product)
{
    vf64 a_big = a * vf64_splat(0x1p27 + 1), b_big = b * vf64_splat(0x1p27 + 1);
    vf64 a_high = a_big - (a_big - a), b_high = b_big - (b_big - b);
    vf64 a_low = a - a_high, b_low = b - b_high;
    return ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low;
}
#else
CJ_SIMD vf64 vf64_mul_error(vf64 a, vf64 b, vf64 product)
{
    return vf64_fma(a, b, vf64_neg(product));
}
#endif

/*
 * The smaller and the greater of a and a limit that is neither NaN nor 0; a NaN a stays. p 2^n,
 * rounded once, for 1/4 < |p| < 4 and integers |n| < 250 (2000).
 */
#if defined(CJ_ISA_AVX512)
CJ_SIMD vf32 vf32_at_most(vf32 a, vf32 limit) { return (vf32)_mm512_min_ps(limit, a); }
CJ_SIMD vf64 vf64_at_most(vf64 a, vf64 limit) { return (vf64)_mm512_min_pd(limit, a); }
CJ_SIMD vf32 vf32_at_least(vf32 a, vf32 limit) { return (vf32)_mm512_max_ps(limit, a); }
CJ_SIMD vf64 vf64_at_least(vf64 a, vf64 limit) { return (vf64)_mm512_max_pd(limit, a); }
CJ_SIMD vf32 vf32_scale(vf32 p, vf32 n) { return (vf32)_mm512_scalef_ps(p, n); }
CJ_SIMD vf64 vf64_scale(vf64 p, vf64 n) { return (vf64)_mm512_scalef_pd(p, n); }
#else
#if defined(CJ_ISA_AVX2)
CJ_SIMD vf32 vf32_at_most(vf32 a, vf32 limit) { return (vf32)_mm256_min_ps(limit, a); }
CJ_SIMD vf64 vf64_at_most(vf64 a, vf64 limit) { return (vf64)_mm256_min_pd(limit, a); }
CJ_SIMD vf32 vf32_at_least(vf32 a, vf32 limit) { return (vf32)_mm256_max_ps(limit, a); }
CJ_SIMD vf64 vf64_at_least(vf64 a, vf64 limit) { return (vf64)_mm256_max_pd(limit, a); }
#elif defined(__x86_64__)
CJ_SIMD vf32 vf32_at_most(vf32 a, vf32 limit) { return (vf32)_mm_min_ps(limit, a); }
CJ_SIMD vf64 vf64_at_most(vf64 a, vf64 limit) { return (vf64)_mm_min_pd(limit, a); }
CJ_SIMD vf32 vf32_at_least(vf32 a, vf32 limit) { return (vf32)_mm_max_ps(limit, a); }
CJ_SIMD vf64 vf64_at_least(vf64 a, vf64 limit) { return (vf64)_mm_max_pd(limit, a); }
#else
CJ_SIMD vf32 vf32_at_most(vf32 a, vf32 limit)
{
    return (vf32)vminq_f32((float32x4_t)a, (float32x4_t)limit);
}
CJ_SIMD vf64 vf64_at_most(vf64 a, vf64 limit)
{
    return (vf64)vminq_f64((float64x2_t)a, (float64x2_t)limit);
}
CJ_SIMD vf32 vf32_at_least(vf32 a, vf32 limit)
{
    return (vf32)vmaxq_f32((float32x4_t)a, (float32x4_t)limit);
}
CJ_SIMD vf64 vf64_at_least(vf64 a, vf64 limit)
{
    return (vf64)vmaxq_f64((float64x2_t)a, (float64x2_t)limit);
}
#endif
/* In two factors, of which the first never leaves the normal numbers. */
CJ_SIMD vf32 vf32_scale(vf32 p, vf32 n)
{
    vf32 shifter = vf32_splat(0x1.8p23f);
    vf32 first = n * vf32_splat(0.5f) + shifter;
    vf32 second = (n - (first - shifter)) + shifter;
    vi32 one = vi32_splat(127);
    vf32 part = p * (vf32)vi32_shl(vi32_add((vi32)first, one), 23);
    return part * (vf32)vi32_shl(vi32_add((vi32)second, one), 23);
}
CJ_SIMD vf64 vf64_scale(vf64 p, vf64 n)
{
    vf64 shifter = vf64_splat(0x1.8p52);
    vf64 first = n * vf64_splat(0.5) + shifter;
    vf64 second = (n - (first - shifter)) + shifter;
    vi64 one = vi64_splat(1023);
    vf64 part = p * (vf64)vi64_shl(vi64_add((vi64)first, one), 52);
    return part * (vf64)vi64_shl(vi64_add((vi64)second, one), 52);
}
#endif

/* clang-format on */

#endif
