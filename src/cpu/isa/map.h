/*
 * src/cpu/isa/map.h - which elementwise kernels there are, as one list of (op, dtype): their files
 * define them, map_table.c puts them in the table of their instruction set.
 */
#ifndef CJ_CPU_ISA_MAP_H
#define CJ_CPU_ISA_MAP_H

#include "../kernels.h"
#include "simd.h"

/* clang-format off */
#define CJ_EACH_F(X, NAME, name) X(NAME, name, F32, f32) X(NAME, name, F64, f64)
#define CJ_EACH_I(X, NAME, name)                                                                   \
    X(NAME, name, I8, i8) X(NAME, name, I16, i16) X(NAME, name, I32, i32) X(NAME, name, I64, i64)
#define CJ_EACH_U(X, NAME, name)                                                                   \
    X(NAME, name, U8, u8) X(NAME, name, U16, u16) X(NAME, name, U32, u32) X(NAME, name, U64, u64)
#define CJ_EACH_B(X, NAME, name) X(NAME, name, BOOL, boolean)
#define CJ_EACH_FI(X, NAME, name) CJ_EACH_F(X, NAME, name) CJ_EACH_I(X, NAME, name)
#define CJ_EACH_IU(X, NAME, name) CJ_EACH_I(X, NAME, name) CJ_EACH_U(X, NAME, name)
#define CJ_EACH_IUB(X, NAME, name) CJ_EACH_IU(X, NAME, name) CJ_EACH_B(X, NAME, name)
#define CJ_EACH_FIU(X, NAME, name) CJ_EACH_F(X, NAME, name) CJ_EACH_IU(X, NAME, name)
#define CJ_EACH_FIUB(X, NAME, name) CJ_EACH_F(X, NAME, name) CJ_EACH_IUB(X, NAME, name)

/* X(NAME, name, DTYPE, dtype); and those of CJ_MATH_OP_LIST(CJ_MATH_ROW), which calls CJ_X alike */
#define CJ_MATH_ROW(NAME, name, ...) CJ_EACH_F(CJ_X, NAME, name)
#define CJ_MAP_KERNELS(X)                                                                          \
    CJ_EACH_FIU(X, NEG, neg) CJ_EACH_FIU(X, ABS, abs) CJ_EACH_FI(X, SIGN, sign)                    \
    CJ_EACH_F(X, FLOOR, floor) CJ_EACH_F(X, CEIL, ceil) CJ_EACH_F(X, ROUND, round)                 \
    CJ_EACH_F(X, SQRT, sqrt) CJ_EACH_FIU(X, FMOD, fmod)                         \
    CJ_EACH_IUB(X, NOT, not) CJ_EACH_FIU(X, ADD, add) CJ_EACH_FIU(X, SUB, sub)                     \
    CJ_EACH_FIU(X, MUL, mul) CJ_EACH_FIU(X, DIV, div) CJ_EACH_IU(X, POPCOUNT, popcount)                    \
    CJ_EACH_FIUB(X, MAX, max) CJ_EACH_FIUB(X, MIN, min) CJ_EACH_FIUB(X, EQ, eq)                    \
    CJ_EACH_FIUB(X, NE, ne) CJ_EACH_FIU(X, LT, lt) CJ_EACH_FIU(X, LE, le)                          \
    CJ_EACH_IUB(X, AND, and) CJ_EACH_IUB(X, OR, or) CJ_EACH_IUB(X, XOR, xor)                       \
    CJ_EACH_U(X, SHL, shl) CJ_EACH_U(X, SHR, shr) CJ_EACH_FIUB(X, WHERE, where)                    \
    CJ_EACH_F(X, RELU, relu)

/* Pairs of ops in one pass: X(member, name, DTYPE, dtype) */
#define CJ_PAIR_KERNELS(X)                                                                         \
    CJ_EACH_FIU(X, select_lt, select_lt) CJ_EACH_FIU(X, select_le, select_le)                      \
    CJ_EACH_FIU(X, select_eq, select_eq) CJ_EACH_F(X, mul_add, mul_add)                            \
    CJ_EACH_F(X, mul_sub, mul_sub) CJ_EACH_F(X, sub_mul, sub_mul)                                  \
    CJ_EACH_F(X, sub_then_mul, sub_then_mul)

/* X(FROM, from, TO, to). Halves only meet floats; other casts of them are two: src/graph/half.c. */
#define CJ_CAST_KERNELS(X)                                                                         \
    CJ_EACH_FIUB(X, F32, f32) CJ_EACH_FIUB(X, F64, f64) CJ_EACH_FIUB(X, I8, i8)                    \
    CJ_EACH_FIUB(X, I16, i16) CJ_EACH_FIUB(X, I32, i32) CJ_EACH_FIUB(X, I64, i64)                  \
    CJ_EACH_FIUB(X, U8, u8) CJ_EACH_FIUB(X, U16, u16) CJ_EACH_FIUB(X, U32, u32)                    \
    CJ_EACH_FIUB(X, U64, u64) CJ_EACH_FIUB(X, BOOL, boolean)                                       \
    X(F32, f32, BF16, bf16) X(F32, f32, F16, f16) X(F64, f64, BF16, bf16) X(F64, f64, F16, f16)    \
    X(BF16, bf16, F32, f32) X(F16, f16, F32, f32)

/* clang-format on */

#define CJ_MAP_FN(name, dtype) CJ_ISA_FN(cj_map_##name##_##dtype)
#define CJ_CAST_FN(from, to) CJ_ISA_FN(cj_cast_##from##_##to)

#define CJ_X(NAME, name, DTYPE, dtype)                                                             \
    void CJ_MAP_FN(name, dtype)(int64_t n, void *out, const void *const *src);
CJ_MAP_KERNELS(CJ_X)
CJ_MATH_OP_LIST(CJ_MATH_ROW)
CJ_PAIR_KERNELS(CJ_X)
#undef CJ_X
#define CJ_X(FROM, from, TO, to)                                                                   \
    void CJ_CAST_FN(from, to)(int64_t n, void *out, const void *const *src);
CJ_CAST_KERNELS(CJ_X)
#undef CJ_X

/*
 * Definitions of kernels from an expression in x (y, z, w), elements of type T; the result has type
 * R. The compiler makes vectors of the loops: nothing in them can round differently in a vector.
 */
#define CJ_MAP1(name, dtype, T, R, expression)                                                     \
    void CJ_MAP_FN(name, dtype)(int64_t n, void *out, const void *const *src)                      \
    {                                                                                              \
        const T *a = src[0];                                                                       \
        R *result = out;                                                                           \
        CJ_LOOP                                                                                    \
        for (int64_t i = 0; i < n; i++) {                                                          \
            T x = a[i];                                                                            \
            result[i] = (R)(expression);                                                           \
        }                                                                                          \
    }
#define CJ_MAP2(name, dtype, T, R, expression)                                                     \
    void CJ_MAP_FN(name, dtype)(int64_t n, void *out, const void *const *src)                      \
    {                                                                                              \
        const T *a = src[0], *b = src[1];                                                          \
        R *result = out;                                                                           \
        CJ_LOOP                                                                                    \
        for (int64_t i = 0; i < n; i++) {                                                          \
            T x = a[i], y = b[i];                                                                  \
            result[i] = (R)(expression);                                                           \
        }                                                                                          \
    }
#define CJ_MAP3(name, dtype, T0, T, expression)                                                    \
    void CJ_MAP_FN(name, dtype)(int64_t n, void *out, const void *const *src)                      \
    {                                                                                              \
        const T0 *a = src[0];                                                                      \
        const T *b = src[1], *c = src[2];                                                          \
        T *result = out;                                                                           \
        CJ_LOOP                                                                                    \
        for (int64_t i = 0; i < n; i++) {                                                          \
            T0 x = a[i];                                                                           \
            T y = b[i], z = c[i];                                                                  \
            result[i] = (T)(expression);                                                           \
        }                                                                                          \
    }
#define CJ_MAP4(name, dtype, T, expression)                                                        \
    void CJ_MAP_FN(name, dtype)(int64_t n, void *out, const void *const *src)                      \
    {                                                                                              \
        const T *a = src[0], *b = src[1], *c = src[2], *d = src[3];                                \
        T *result = out;                                                                           \
        CJ_LOOP                                                                                    \
        for (int64_t i = 0; i < n; i++) {                                                          \
            T x = a[i], y = b[i], z = c[i], w = d[i];                                              \
            result[i] = (T)(expression);                                                           \
        }                                                                                          \
    }

#endif
