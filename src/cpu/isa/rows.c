/*
 * src/cpu/isa/rows.c - rows of sparse products and of products of bits.
 *
 * Sums are taken element by element, a product rounded before it is added, so all instruction sets give the same bits.
 */
#include "rows.h"

/* As many sums as stay in registers. */
#define TOGETHER(T) (256 / (int64_t)sizeof(T))

#define ROWS(dtype, T)                                                                             \
    void CJ_ISA_FN(cj_csr_row_##dtype)(int64_t entries, const void *values,                        \
                                       const int32_t *columns, int64_t limit, const void *x,       \
                                       int64_t k, void *out)                                       \
    {                                                                                              \
        const T *v = values;                                                                       \
        T *result = out;                                                                           \
        int64_t at = 0;                                                                            \
        for (; at + TOGETHER(T) <= k; at += TOGETHER(T)) {                                         \
            T sum[TOGETHER(T)] = {0};                                                              \
            for (int64_t e = 0; e < entries; e++) {                                                \
                if ((uint32_t)columns[e] >= (uint64_t)limit) {                                     \
                    continue;                                                                      \
                }                                                                                  \
                const T *row = (const T *)x + columns[e] * k + at;                                 \
                T factor = v[e];                                                                   \
                CJ_LOOP                                                                            \
                for (int64_t j = 0; j < TOGETHER(T); j++) {                                        \
                    sum[j] += factor * row[j];                                                     \
                }                                                                                  \
            }                                                                                      \
            memcpy(result + at, sum, sizeof sum);                                                  \
        }                                                                                          \
        if (at == k) {                                                                             \
            return;                                                                                \
        }                                                                                          \
        T sum[TOGETHER(T)] = {0};                                                                  \
        for (int64_t e = 0; e < entries; e++) {                                                    \
            if ((uint32_t)columns[e] < (uint64_t)limit) {                                          \
                CJ_ISA_FN(cj_axpy_##dtype)                                                         \
                (k - at, sum, v + e, (const T *)x + columns[e] * k + at);                          \
            }                                                                                      \
        }                                                                                          \
        memcpy(result + at, sum, (size_t)(k - at) * sizeof(T));                                    \
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
