/*
 * src/cpu/isa/rows.h - prototypes of rows.c.
 */
#ifndef CJ_CPU_ISA_ROWS_H
#define CJ_CPU_ISA_ROWS_H

#include "../kernels.h"
#include "simd.h"

#define CJ_X(dtype)                                                                                \
    void CJ_ISA_FN(cj_csr_row_##dtype)(int64_t entries, const void *values,                        \
                                       const int32_t *columns, int64_t limit, const void *x,       \
                                       int64_t k, void *out);                                      \
    void CJ_ISA_FN(cj_csr_dots_##dtype)(int64_t entries, const void *a, const int32_t *columns,    \
                                        int64_t limit, const void *x, int64_t k, void *out);       \
    void CJ_ISA_FN(cj_axpy_##dtype)(int64_t n, void *out, const void *factor, const void *x);
CJ_X(f32)
CJ_X(f64)
#undef CJ_X

void CJ_ISA_FN(cj_bit_row)(int64_t n, int64_t words, const uint32_t *a, const uint32_t *b,
                           int32_t *out);

#endif
