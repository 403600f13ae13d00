/*
 * src/cpu/isa/map_cast.c - conversions between all dtypes: saturating, NaN to 0, to integers toward
 * zero, to bool x != 0, between floats to nearest.
 */
#include "map.h"

#define CAST(from, to, FROM, TO, expression)                                                       \
    void CJ_CAST_FN(from, to)(int64_t n, void *out, const void *const *src)                        \
    {                                                                                              \
        const FROM *a = src[0];                                                                    \
        TO *result = out;                                                                          \
        CJ_LOOP                                                                                    \
        for (int64_t i = 0; i < n; i++) {                                                          \
            FROM x = a[i];                                                                         \
            result[i] = (TO)(expression);                                                          \
        }                                                                                          \
    }

/* The bounds of the integers; every one of them but the most of u64 fits in int64_t. */
#define LEAST_i8 INT8_MIN
#define LEAST_i16 INT16_MIN
#define LEAST_i32 INT32_MIN
#define LEAST_i64 INT64_MIN
#define LEAST_u8 0
#define LEAST_u16 0
#define LEAST_u32 0
#define LEAST_u64 0
#define MOST_i8 INT8_MAX
#define MOST_i16 INT16_MAX
#define MOST_i32 INT32_MAX
#define MOST_i64 INT64_MAX
#define MOST_u8 UINT8_MAX
#define MOST_u16 UINT16_MAX
#define MOST_u32 UINT32_MAX
#define MOST_u64 UINT64_MAX
#define LEAST(from, to, FROM) (FROM) CJ_MAX((int64_t)LEAST_##from, (int64_t)LEAST_##to)
#define MOST(from, to, FROM)                                                                       \
    (FROM)(int64_t) CJ_MIN(CJ_MIN((uint64_t)MOST_##from, (uint64_t)MOST_##to), (uint64_t)INT64_MAX)

static inline int64_t clamp(int64_t x, int64_t least, int64_t most)
{
    return x < least ? least : x > most ? most : x;
}

/*
 * beyond: the first value above the range, a power of two; what is outside converts as 0, so that
 * the loop has no conversion under a condition.
 */
#define FROM_FLOAT(from, to, FROM, TO, least, beyond)                                              \
    void CJ_CAST_FN(from, to)(int64_t n, void *out, const void *const *src)                        \
    {                                                                                              \
        const FROM *a = src[0];                                                                    \
        TO *result = out;                                                                          \
        CJ_LOOP                                                                                    \
        for (int64_t i = 0; i < n; i++) {                                                          \
            FROM x = a[i], inside = x > least && x < beyond ? x : 0;                               \
            TO whole = (TO)inside;                                                                 \
            whole = x >= beyond ? (TO)MOST_##to : whole;                                           \
            result[i] = x <= least ? (TO)LEAST_##to : whole;                                       \
        }                                                                                          \
    }

#define FLOAT_TO_INTEGERS(from, FROM)                                                              \
    FROM_FLOAT(from, i8, FROM, int8_t, (FROM)(-0x1p7), (FROM)0x1p7)                                \
    FROM_FLOAT(from, i16, FROM, int16_t, (FROM)(-0x1p15), (FROM)0x1p15)                            \
    FROM_FLOAT(from, i32, FROM, int32_t, (FROM)(-0x1p31), (FROM)0x1p31)                            \
    FROM_FLOAT(from, i64, FROM, int64_t, (FROM)(-0x1p63), (FROM)0x1p63)                            \
    FROM_FLOAT(from, u8, FROM, uint8_t, (FROM)0, (FROM)0x1p8)                                      \
    FROM_FLOAT(from, u16, FROM, uint16_t, (FROM)0, (FROM)0x1p16)                                   \
    FROM_FLOAT(from, u32, FROM, uint32_t, (FROM)0, (FROM)0x1p32)                                   \
    FROM_FLOAT(from, u64, FROM, uint64_t, (FROM)0, (FROM)0x1p64)                                   \
    CAST(from, boolean, FROM, uint8_t, x != 0)

#define TO_ALL(from, FROM, INTEGER)                                                                \
    CAST(from, f32, FROM, float, x)                                                                \
    CAST(from, f64, FROM, double, x)                                                               \
    INTEGER(from, i8, FROM, int8_t)                                                                \
    INTEGER(from, i16, FROM, int16_t)                                                              \
    INTEGER(from, i32, FROM, int32_t)                                                              \
    INTEGER(from, i64, FROM, int64_t)                                                              \
    INTEGER(from, u8, FROM, uint8_t)                                                               \
    INTEGER(from, u16, FROM, uint16_t)                                                             \
    INTEGER(from, u32, FROM, uint32_t)                                                             \
    INTEGER(from, u64, FROM, uint64_t)

#define INTEGER_TO_INTEGER(from, to, FROM, TO)                                                     \
    CAST(from, to, FROM, TO, (FROM)clamp((int64_t)x, LEAST(from, to, FROM), MOST(from, to, FROM)))
#define U64_TO_INTEGER(from, to, FROM, TO) CAST(from, to, FROM, TO, CJ_MIN(x, (uint64_t)MOST_##to))
#define BOOL_TO_INTEGER(from, to, FROM, TO) CAST(from, to, FROM, TO, x)

#define INTEGER_TO_ALL(from, FROM, INTEGER)                                                        \
    TO_ALL(from, FROM, INTEGER)                                                                    \
    CAST(from, boolean, FROM, uint8_t, x != 0)

CAST(f32, f32, float, float, x)
CAST(f32, f64, float, double, x)
CAST(f64, f32, double, float, x)
CAST(f64, f64, double, double, x)
FLOAT_TO_INTEGERS(f32, float)
FLOAT_TO_INTEGERS(f64, double)
INTEGER_TO_ALL(i8, int8_t, INTEGER_TO_INTEGER)
INTEGER_TO_ALL(i16, int16_t, INTEGER_TO_INTEGER)
INTEGER_TO_ALL(i32, int32_t, INTEGER_TO_INTEGER)
INTEGER_TO_ALL(i64, int64_t, INTEGER_TO_INTEGER)
INTEGER_TO_ALL(u8, uint8_t, INTEGER_TO_INTEGER)
INTEGER_TO_ALL(u16, uint16_t, INTEGER_TO_INTEGER)
INTEGER_TO_ALL(u32, uint32_t, INTEGER_TO_INTEGER)
INTEGER_TO_ALL(u64, uint64_t, U64_TO_INTEGER)
TO_ALL(boolean, uint8_t, BOOL_TO_INTEGER)
CAST(boolean, boolean, uint8_t, uint8_t, x)

CAST(f32, bf16, float, uint16_t, cj_bf16_from_f32(x))
CAST(f32, f16, float, uint16_t, cj_f16_from_f32(x))
CAST(f64, bf16, double, uint16_t, cj_bf16_from_f64(x))
CAST(f64, f16, double, uint16_t, cj_f16_from_f64(x))
CAST(bf16, f32, uint16_t, float, cj_f32_from_bf16(x))
CAST(f16, f32, uint16_t, float, cj_f32_from_f16(x))
