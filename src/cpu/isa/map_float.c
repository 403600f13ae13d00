/*
 * src/cpu/isa/map_float.c - elementwise kernels of f32 and f64 that are one rounding or none.
 */
#include "map.h"

/* Half to even, and toward -inf and +inf, in whole vectors. */
#define ROUNDING(name, dtype, T, lanes)                                                            \
    void CJ_MAP_FN(name, dtype)(int64_t n, void *out, const void *const *src)                      \
    {                                                                                              \
        const T *a = src[0];                                                                       \
        T *result = out;                                                                           \
        int64_t i = 0;                                                                             \
        for (; i + lanes <= n; i += lanes) {                                                       \
            v##dtype##_store(result + i, v##dtype##_##name(v##dtype##_load(a + i)));               \
        }                                                                                          \
        if (i < n) {                                                                               \
            v##dtype##_store_partial(                                                              \
                result + i, v##dtype##_##name(v##dtype##_load_partial(a + i, n - i)), n - i);      \
        }                                                                                          \
    }

#define FLOAT_KERNELS(dtype, T, lanes)                                                             \
    ROUNDING(floor, dtype, T, lanes)                                                               \
    ROUNDING(ceil, dtype, T, lanes)                                                                \
    ROUNDING(round, dtype, T, lanes)                                                               \
    ROUNDING(sqrt, dtype, T, lanes)                                                                \
    ROUNDING(neg, dtype, T, lanes)                                                                 \
    ROUNDING(abs, dtype, T, lanes)                                                                 \
    CJ_MAP1(sign, dtype, T, T, x > 0 ? 1 : x < 0 ? -1 : x)                                         \
    CJ_MAP1(relu, dtype, T, T, x <= 0 ? 0 : x)                                                     \
    CJ_MAP2(add, dtype, T, T, x + y)                                                               \
    CJ_MAP2(sub, dtype, T, T, x - y)                                                               \
    CJ_MAP2(mul, dtype, T, T, x *y)                                                                \
    CJ_MAP2(div, dtype, T, T, x / y)                                                               \
    CJ_MAP2(max, dtype, T, T, x > y || x != x ? x : y)                                             \
    CJ_MAP2(min, dtype, T, T, x < y || x != x ? x : y)                                             \
    CJ_MAP2(eq, dtype, T, uint8_t, x == y)                                                         \
    CJ_MAP2(ne, dtype, T, uint8_t, x != y)                                                         \
    CJ_MAP2(lt, dtype, T, uint8_t, x < y)                                                          \
    CJ_MAP2(le, dtype, T, uint8_t, x <= y)                                                         \
    CJ_MAP3(where, dtype, uint8_t, T, x ? y : z)                                                   \
    CJ_MAP4(select_lt, dtype, T, x < y ? z : w)                                                    \
    CJ_MAP4(select_le, dtype, T, x <= y ? z : w)                                                   \
    CJ_MAP4(select_eq, dtype, T, x == y ? z : w)                                                   \
    CJ_MAP3(mul_add, dtype, T, T, x *y + z)                                                        \
    CJ_MAP3(mul_sub, dtype, T, T, x *y - z)                                                        \
    CJ_MAP3(sub_mul, dtype, T, T, z - x * y)                                                       \
    CJ_MAP3(sub_then_mul, dtype, T, T, (x - y) * z)

FLOAT_KERNELS(f32, float, CJ_VF32)
FLOAT_KERNELS(f64, double, CJ_VF64)
