/*
 * src/cpu/isa/map_math.c - the math functions of f32 and f64: expression.h over whole vectors.
 */
#include "map.h"

#include <math.h>

#include "../expression.h"

/* A short last vector goes through the same expression, so that n does not show in the bits. */
#define MATH1(name, dtype, T, lanes)                                                               \
    void CJ_MAP_FN(name, dtype)(int64_t n, void *out, const void *const *src)                      \
    {                                                                                              \
        const T *a = src[0];                                                                       \
        T *result = out;                                                                           \
        for (int64_t i = 0; i < n; i += lanes) {                                                   \
            bool full = n - i >= lanes;                                                            \
            v##dtype x = full ? v##dtype##_load(a + i) : v##dtype##_load_partial(a + i, n - i);    \
            v##dtype y = cj_##name##_##dtype(x);                                                   \
            if (full) {                                                                            \
                v##dtype##_store(result + i, y);                                                   \
            } else {                                                                               \
                v##dtype##_store_partial(result + i, y, n - i);                                    \
            }                                                                                      \
        }                                                                                          \
    }

#define MATH2(name, dtype, T, lanes)                                                               \
    void CJ_MAP_FN(name, dtype)(int64_t n, void *out, const void *const *src)                      \
    {                                                                                              \
        const T *a = src[0], *b = src[1];                                                          \
        T *result = out;                                                                           \
        for (int64_t i = 0; i < n; i += lanes) {                                                   \
            bool full = n - i >= lanes;                                                            \
            v##dtype x = full ? v##dtype##_load(a + i) : v##dtype##_load_partial(a + i, n - i);    \
            v##dtype y = full ? v##dtype##_load(b + i) : v##dtype##_load_partial(b + i, n - i);    \
            v##dtype z = cj_##name##_##dtype(x, y);                                                \
            if (full) {                                                                            \
                v##dtype##_store(result + i, z);                                                   \
            } else {                                                                               \
                v##dtype##_store_partial(result + i, z, n - i);                                    \
            }                                                                                      \
        }                                                                                          \
    }

#define CJ_X(NAME, name, arity, ...)                                                               \
    MATH##arity(name, f32, float, CJ_VF32) MATH##arity(name, f64, double, CJ_VF64)
CJ_MATH_OP_LIST(CJ_X)
#undef CJ_X
MATH2(fmod, f32, float, CJ_VF32)
MATH2(fmod, f64, double, CJ_VF64)
