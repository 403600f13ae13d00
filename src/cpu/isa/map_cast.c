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

/* The bounds of the integers; every one of them fits in int64_t. */
#define LEAST_i32 INT32_MIN
#define LEAST_i64 INT64_MIN
#define LEAST_u8 0
#define LEAST_u32 0
#define MOST_i32 INT32_MAX
#define MOST_i64 INT64_MAX
#define MOST_u8 UINT8_MAX
#define MOST_u32 UINT32_MAX
#define LEAST(from, to, FROM) (FROM) CJ_MAX((int64_t)LEAST_##from, (int64_t)LEAST_##to)
#define MOST(from, to, FROM) (FROM) CJ_MIN((int64_t)MOST_##from, (int64_t)MOST_##to)

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
    FROM_FLOAT(from, i32, FROM, int32_t, (FROM)(-0x1p31), (FROM)0x1p31)                            \
    FROM_FLOAT(from, i64, FROM, int64_t, (FROM)(-0x1p63), (FROM)0x1p63)                            \
    FROM_FLOAT(from, u8, FROM, uint8_t, (FROM)0, (FROM)0x1p8)                                      \
    FROM_FLOAT(from, u32, FROM, uint32_t, (FROM)0, (FROM)0x1p32)                                   \
    CAST(from, boolean, FROM, uint8_t, x != 0)

#define INTEGER_TO_INTEGER(from, to, FROM, TO)                                                     \
    CAST(from, to, FROM, TO, (FROM)clamp((int64_t)x, LEAST(from, to, FROM), MOST(from, to, FROM)))

#define INTEGER_TO_ALL(from, FROM)                                                                 \
    CAST(from, f32, FROM, float, x)                                                                \
    CAST(from, f64, FROM, double, x)                                                               \
    INTEGER_TO_INTEGER(from, i32, FROM, int32_t)                                                   \
    INTEGER_TO_INTEGER(from, i64, FROM, int64_t)                                                   \
    INTEGER_TO_INTEGER(from, u8, FROM, uint8_t)                                                    \
    INTEGER_TO_INTEGER(from, u32, FROM, uint32_t)                                                  \
    CAST(from, boolean, FROM, uint8_t, x != 0)

CAST(f32, f32, float, float, x)
CAST(f32, f64, float, double, x)
CAST(f64, f32, double, float, x)
CAST(f64, f64, double, double, x)
FLOAT_TO_INTEGERS(f32, float)
FLOAT_TO_INTEGERS(f64, double)
INTEGER_TO_ALL(i32, int32_t)
INTEGER_TO_ALL(i64, int64_t)
INTEGER_TO_ALL(u8, uint8_t)
INTEGER_TO_ALL(u32, uint32_t)
CAST(boolean, f32, uint8_t, float, x)
CAST(boolean, f64, uint8_t, double, x)
CAST(boolean, i32, uint8_t, int32_t, x)
CAST(boolean, i64, uint8_t, int64_t, x)
CAST(boolean, u8, uint8_t, uint8_t, x)
CAST(boolean, u32, uint8_t, uint32_t, x)
CAST(boolean, boolean, uint8_t, uint8_t, x)
