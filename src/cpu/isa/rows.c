/*
 * src/cpu/isa/rows.c - rows of sparse products and of products of bits.
 *
 * Sums are taken element by element, a product rounded before it is added, so all instruction sets give the same bits.
 */
#include "rows.h"

/* `width` columns from `at` on: as many sums as stay in registers. */
#define CSR_BLOCK(dtype, T, width)                                                                 \
    static int64_t csr_block_##dtype##_##width(int64_t entries, const T *values,                   \
                                               const int32_t *columns, int64_t limit, const T *x,  \
                                               int64_t k, int64_t at, T *out)                      \
    {                                                                                              \
        for (; at + width <= k; at += width) {                                                     \
            T sum[width] = {0};                                                                    \
            for (int64_t e = 0; e < entries; e++) {                                                \
                if ((uint32_t)columns[e] >= (uint64_t)limit) {                                     \
                    continue;                                                                      \
                }                                                                                  \
                const T *row = x + columns[e] * k + at;                                            \
                T factor = values[e];                                                              \
                CJ_LOOP                                                                            \
                for (int64_t j = 0; j < width; j++) {                                              \
                    sum[j] += factor * row[j];                                                     \
                }                                                                                  \
            }                                                                                      \
            memcpy(out + at, sum, sizeof sum);                                                     \
        }                                                                                          \
        return at;                                                                                 \
    }

enum { HALF = CJ_REDUCE_LANES / 2 };
#define ADD_HALF(first, l, r)                                                                      \
    CJ_LOOP                                                                                        \
    for (int64_t j = 0; j < HALF; j++) {                                                           \
        lane[(first) + j] += (l)[j] * (r)[j];                                                      \
    }
#define FOLD_LANES(half)                                                                           \
    CJ_LOOP                                                                                        \
    for (int64_t j = 0; j < half; j++) {                                                           \
        lane[j] += lane[j + half];                                                                 \
    }

#define ROWS(dtype, T)                                                                             \
    CSR_BLOCK(dtype, T, 64)                                                                        \
    CSR_BLOCK(dtype, T, 16)                                                                        \
    CSR_BLOCK(dtype, T, 4)                                                                         \
    CSR_BLOCK(dtype, T, 1)                                                                         \
    void CJ_ISA_FN(cj_csr_row_##dtype)(int64_t entries, const void *values,                        \
                                       const int32_t *columns, int64_t limit, const void *x,       \
                                       int64_t k, void *out)                                       \
    {                                                                                              \
        int64_t at = csr_block_##dtype##_64(entries, values, columns, limit, x, k, 0, out);        \
        at = csr_block_##dtype##_16(entries, values, columns, limit, x, k, at, out);               \
        at = csr_block_##dtype##_4(entries, values, columns, limit, x, k, at, out);                \
        csr_block_##dtype##_1(entries, values, columns, limit, x, k, at, out);                     \
    }                                                                                              \
                                                                                                   \
    void CJ_ISA_FN(cj_axpy_##dtype)(int64_t n, void *out, const void *factor, const void *x)       \
    {                                                                                              \
        const T *a = x;                                                                            \
        T *result = out, by = *(const T *)factor;                                                  \
        CJ_LOOP                                                                                    \
        for (int64_t j = 0; j < n; j++) {                                                          \
            result[j] += by * a[j];                                                                \
        }                                                                                          \
    }                                                                                              \
                                                                                                   \
    void CJ_ISA_FN(cj_csr_dots_##dtype)(int64_t entries, const void *a, const int32_t *columns,    \
                                        int64_t limit, const void *x, int64_t k, void *out)        \
    {                                                                                              \
        const T *left = a;                                                                         \
        T *result = out;                                                                           \
        for (int64_t e = 0; e < entries; e++) {                                                    \
            if ((uint32_t)columns[e] >= (uint64_t)limit) {                                         \
                result[e] = 0;                                                                     \
                continue;                                                                          \
            }                                                                                      \
            const T *right = (const T *)x + columns[e] * k;                                        \
            T lane[CJ_REDUCE_LANES] = {0};                                                         \
            int64_t at = 0;                                                                        \
            for (; at + CJ_REDUCE_LANES <= k; at += CJ_REDUCE_LANES) {                             \
                CJ_LOOP                                                                            \
                for (int64_t j = 0; j < CJ_REDUCE_LANES; j++) {                                    \
                    lane[j] += left[at + j] * right[at + j];                                       \
                }                                                                                  \
            }                                                                                      \
            bool second = at + HALF <= k;                                                          \
            if (second) {                                                                          \
                ADD_HALF(0, left + at, right + at)                                                 \
                at += HALF;                                                                        \
            }                                                                                      \
            if (at < k) { /* a lane that is never -0 does not feel the +0 of what is not there */  \
                T l[HALF] = {0}, r[HALF] = {0};                                                    \
                memcpy(l, left + at, (size_t)(k - at) * sizeof(T));                                \
                memcpy(r, right + at, (size_t)(k - at) * sizeof(T));                               \
                if (second) {                                                                      \
                    ADD_HALF(HALF, l, r)                                                           \
                } else {                                                                           \
                    ADD_HALF(0, l, r)                                                              \
                }                                                                                  \
            }                                                                                      \
            FOLD_LANES(16)                                                                         \
            FOLD_LANES(8)                                                                          \
            FOLD_LANES(4)                                                                          \
            FOLD_LANES(2)                                                                          \
            FOLD_LANES(1)                                                                          \
            result[e] = lane[0];                                                                   \
        }                                                                                          \
    }
ROWS(f32, float)
ROWS(f64, double)

void CJ_ISA_FN(cj_bit_row)(int64_t n, int64_t words, const uint32_t *a, const uint32_t *b,
                           int32_t *out)
{
    for (int64_t j = 0; j < n; j++, b += words) {
        int32_t count = 0;
        int64_t i = 0;
        for (; i + 2 <= words; i += 2) {
            uint64_t x, y;
            memcpy(&x, a + i, sizeof x);
            memcpy(&y, b + i, sizeof y);
            count += __builtin_popcountll(x ^ y);
        }
        if (i < words) {
            count += __builtin_popcount(a[i] ^ b[i]);
        }
        out[j] = count;
    }
}
