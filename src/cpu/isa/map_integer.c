/*
 * src/cpu/isa/map_integer.c - elementwise kernels of the integers and of bool (bytes 0 and 1).
 * Integers wrap: arithmetic is done in the unsigned type U of the width.
 */
#include "map.h"

/* By halves: pairs, fours, bytes, and the sum of the bytes. */
static inline uint64_t count_bits(uint64_t x)
{
    x = x - (x >> 1 & 0x5555555555555555u);
    x = (x & 0x3333333333333333u) + (x >> 2 & 0x3333333333333333u);
    x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0fu;
    return (x * 0x0101010101010101u) >> 56;
}

#define COMMON_KERNELS(dtype, T)                                                                   \
    CJ_MAP2(max, dtype, T, T, x > y ? x : y)                                                       \
    CJ_MAP2(min, dtype, T, T, x < y ? x : y)                                                       \
    CJ_MAP2(eq, dtype, T, uint8_t, x == y)                                                         \
    CJ_MAP2(ne, dtype, T, uint8_t, x != y)                                                         \
    CJ_MAP2(and, dtype, T, T, x &y)                                                                \
    CJ_MAP2(or, dtype, T, T, x | y)                                                                \
    CJ_MAP2(xor, dtype, T, T, x ^ y)                                                               \
    CJ_MAP3(where, dtype, uint8_t, T, x ? y : z)

#define INTEGER_KERNELS(dtype, T, U)                                                               \
    COMMON_KERNELS(dtype, T)                                                                       \
    CJ_MAP1(neg, dtype, T, T, (U)0 - (U)x)                                                         \
    CJ_MAP1(not, dtype, T, T, ~x)                                                                  \
    CJ_MAP1(popcount, dtype, T, T, count_bits((uint64_t)(U)x))                                     \
    CJ_MAP2(add, dtype, T, T, (U)x + (U)y)                                                         \
    CJ_MAP2(sub, dtype, T, T, (U)x - (U)y)                                                         \
    CJ_MAP2(mul, dtype, T, T, 1u * (U)x * (U)y)                                                    \
    CJ_MAP2(lt, dtype, T, uint8_t, x < y)                                                          \
    CJ_MAP2(le, dtype, T, uint8_t, x <= y)                                                         \
    CJ_MAP4(select_lt, dtype, T, x < y ? z : w)                                                    \
    CJ_MAP4(select_le, dtype, T, x <= y ? z : w)                                                   \
    CJ_MAP4(select_eq, dtype, T, x == y ? z : w)

/* The least value divided by -1 wraps to itself, as negation does. */
#define SIGNED_KERNELS(dtype, T, U)                                                                \
    INTEGER_KERNELS(dtype, T, U)                                                                   \
    CJ_MAP1(abs, dtype, T, T, x < 0 ? (U)0 - (U)x : (U)x)                                          \
    CJ_MAP1(sign, dtype, T, T, (x > 0) - (x < 0))                                                  \
    CJ_MAP2(div, dtype, T, T, y == 0 ? 0 : y == -1 ? (T)((U)0 - (U)x) : x / y)                     \
    CJ_MAP2(fmod, dtype, T, T, y == 0 || y == -1 ? 0 : x % y)

#define UNSIGNED_KERNELS(dtype, T, bits)                                                           \
    INTEGER_KERNELS(dtype, T, T)                                                                   \
    CJ_MAP1(abs, dtype, T, T, x)                                                                   \
    CJ_MAP2(div, dtype, T, T, y == 0 ? 0 : x / y)                                                  \
    CJ_MAP2(fmod, dtype, T, T, y == 0 ? 0 : x % y)                                                 \
    CJ_MAP2(shl, dtype, T, T, y >= bits ? 0 : 1u * x << y)                                         \
    CJ_MAP2(shr, dtype, T, T, y >= bits ? 0 : x >> y)

SIGNED_KERNELS(i8, int8_t, uint8_t)
SIGNED_KERNELS(i16, int16_t, uint16_t)
SIGNED_KERNELS(i32, int32_t, uint32_t)
SIGNED_KERNELS(i64, int64_t, uint64_t)
UNSIGNED_KERNELS(u8, uint8_t, 8)
UNSIGNED_KERNELS(u16, uint16_t, 16)
UNSIGNED_KERNELS(u32, uint32_t, 32)
UNSIGNED_KERNELS(u64, uint64_t, 64)
COMMON_KERNELS(boolean, uint8_t)
CJ_MAP1(not, boolean, uint8_t, uint8_t, x == 0)
