/*
 * tests/cpu/elements.h - arrays of every dtype for the kernel tests: random elements with the
 * special values among them, comparison by bits in which a NaN is one value, and digests.
 */
#ifndef TESTS_CPU_ELEMENTS_H
#define TESTS_CPU_ELEMENTS_H

#include "cpu/kernels.h"

#include <math.h>

/* xorshift64*, so that every platform draws the same. */
static inline uint64_t draw(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 0x2545f4914f6cdd1du;
}

static inline int64_t draw_below(uint64_t *state, int64_t bound)
{
    return (int64_t)(draw(state) % (uint64_t)bound);
}

/* A third any bits, a third of ordinary size, the rest special values and small integers. */
static inline double draw_special(uint64_t *state)
{
    static const double special[] = {
        0.0,      -0.0, 1,      -1,      0.5,    -0.5,   1.5,      2.5,       -2.5,
        255,      256,  0x1p31, -0x1p31, 0x1p32, 0x1p63, -0x1p63,  0x1p-149,  -0x1p-149,
        0x1p-127, 1e30, -1e30,  100,     -100,   3,      INFINITY, -INFINITY, NAN};
    return special[draw_below(state, (int64_t)CJ_COUNT(special))];
}

static inline void fill(uint64_t *state, cj_dtype dtype, int64_t n, void *out)
{
    for (int64_t i = 0; i < n; i++) {
        uint64_t bits = draw(state), kind = draw(state) % 3;
        double ordinary = ((double)(bits >> 11) * 0x1p-53 - 0.5) * 20;
        int64_t small = (int64_t)(bits % 7) - 3;
        switch (dtype) {
        case CJ_F32: {
            float x = kind == 0 ? 0 : kind == 1 ? (float)ordinary : (float)draw_special(state);
            if (kind == 0) {
                memcpy(&x, &bits, sizeof x);
            }
            ((float *)out)[i] = x;
            break;
        }
        case CJ_F64: {
            double x = kind == 1 ? ordinary : draw_special(state);
            if (kind == 0) {
                memcpy(&x, &bits, sizeof x);
            }
            ((double *)out)[i] = x;
            break;
        }
        case CJ_BF16:
        case CJ_F16:
            if (kind == 0) {
                ((uint16_t *)out)[i] = (uint16_t)bits;
            } else {
                cj_number_store(dtype, out, i, kind == 1 ? ordinary : draw_special(state));
            }
            break;
        case CJ_I8:
        case CJ_I16:
        case CJ_I32:
        case CJ_I64:
            cj_integer_store(dtype, out, i,
                             kind == 0   ? (int64_t)bits
                             : kind == 1 ? small
                                         : cj_integer_least(dtype));
            break;
        case CJ_U8: ((uint8_t *)out)[i] = (uint8_t)(kind == 0 ? bits : bits % 12); break;
        case CJ_U16:
        case CJ_U32:
        case CJ_U64:
            cj_integer_store(dtype, out, i, (int64_t)(kind == 0 ? bits : bits % 40));
            break;
        default: ((uint8_t *)out)[i] = bits & 1; break;
        }
    }
}

/* Every NaN becomes the same one. */
static inline void settle_nan(cj_dtype dtype, int64_t n, void *data)
{
    for (int64_t i = 0; i < n; i++) {
        if (dtype == CJ_F32 && isnan(((float *)data)[i])) {
            const uint32_t nan = 0x7fc00000;
            memcpy((float *)data + i, &nan, sizeof nan);
        } else if (dtype == CJ_F64 && isnan(((double *)data)[i])) {
            const uint64_t nan = 0x7ff8000000000000;
            memcpy((double *)data + i, &nan, sizeof nan);
        } else if ((dtype == CJ_BF16 || dtype == CJ_F16) && isnan(cj_number_load(dtype, data, i))) {
            ((uint16_t *)data)[i] = dtype == CJ_BF16 ? 0x7fc0 : 0x7e00;
        }
    }
}

/* The first element that differs, or -1; settles NaNs in both. */
static inline int64_t first_difference(cj_dtype dtype, int64_t n, void *a, void *b)
{
    const size_t size = cj_dtype_size(dtype);
    settle_nan(dtype, n, a);
    settle_nan(dtype, n, b);
    for (int64_t i = 0; i < n; i++) {
        if (memcmp((char *)a + (size_t)i * size, (char *)b + (size_t)i * size, size) != 0) {
            return i;
        }
    }
    return -1;
}

/* FNV-1a over settled elements. */
static inline uint64_t digest(uint64_t hash, cj_dtype dtype, int64_t n, void *data)
{
    settle_nan(dtype, n, data);
    for (size_t i = 0; i < (size_t)n * cj_dtype_size(dtype); i++) {
        hash = (hash ^ ((const uint8_t *)data)[i]) * 0x100000001b3u;
    }
    return hash;
}
#define DIGEST_START UINT64_C(0xcbf29ce484222325)

#endif
