/*
 * src/cpu/isa/reduce.h - which reductions there are: reduce.c and reduce_index.c define them. The
 * protocol is in ../kernels.h.
 */
#ifndef CJ_CPU_ISA_REDUCE_H
#define CJ_CPU_ISA_REDUCE_H

#include "map.h"

/* X(NAME, name, DTYPE, dtype) */
/* clang-format off */
#define CJ_REDUCE_KERNELS(X)                                                                       \
    CJ_EACH_FIU(X, SUM, sum) CJ_EACH_FIUB(X, AMAX, amax) CJ_EACH_FIUB(X, AMIN, amin)               \
    CJ_EACH_FIUB(X, ARGMAX, argmax)
/* clang-format on */

#define CJ_X(NAME, name, DTYPE, dtype)                                                             \
    void CJ_ISA_FN(cj_row_##name##_##dtype)(void *value, int32_t *index, const void *tile,         \
                                            int64_t first, int64_t n);                             \
    void CJ_ISA_FN(cj_columns_##name##_##dtype)(void *value, int32_t *index, const void *tile,     \
                                                int64_t pitch, int64_t first, int64_t rows,        \
                                                int64_t inner);                                    \
    void CJ_ISA_FN(cj_fold_##name##_##dtype)(void *value, int32_t *index, int64_t count);          \
    void CJ_ISA_FN(cj_fold_columns_##name##_##dtype)(void *value, int32_t *index, int64_t count,   \
                                                     int64_t inner);                               \
    void CJ_ISA_FN(cj_reduce_##name##_##dtype)(int64_t outer, int64_t reduced, int64_t inner,      \
                                               void *out, const void *in, void *scratch);
CJ_REDUCE_KERNELS(CJ_X)
#undef CJ_X

/* Half of the smallest power of two that is not below count (count > 1). */
static inline int64_t first_half(int64_t count)
{
    int64_t half = 1;
    while (2 * half < count) {
        half *= 2;
    }
    return half;
}

/*
 * The whole reduction, driven as kernels.h says, of columns in panels; scratch holds lanes, then
 * block results.
 */
static inline void reduce_whole(cj_op op, cj_dtype dtype, int64_t outer, int64_t reduced,
                                int64_t inner, void *out, const void *in, void *scratch,
                                cj_reduce_row_fn row, cj_reduce_columns_fn columns, cj_fold_fn fold,
                                cj_fold_columns_fn fold_columns)
{
    const size_t size = cj_dtype_size(dtype), out_size = op == CJ_OP_ARGMAX ? 4 : size;
    const int64_t width = CJ_MIN(inner, CJ_REDUCE_PANEL);
    const int64_t blocks = (reduced + CJ_REDUCE_BLOCK - 1) / CJ_REDUCE_BLOCK;
    char *value = scratch;
    char *block_value = value + (size_t)(CJ_REDUCE_LANES * width) * size;
    int32_t *index =
        (int32_t *)(void *)(block_value + ((size_t)(blocks * width) * size + 7) / 8 * 8);
    int32_t *block_index = index + CJ_REDUCE_LANES * width;

    for (int64_t o = 0; o < outer; o++) {
        for (int64_t column = 0; column < inner; column += width) {
            int64_t wide = CJ_MIN(width, inner - column);
            char *result = (char *)out + (size_t)(o * inner + column) * out_size;
            for (int64_t block = 0; block < blocks; block++) {
                int64_t first = block * CJ_REDUCE_BLOCK,
                        rows = CJ_MIN(reduced - first, CJ_REDUCE_BLOCK);
                const char *tile =
                    (const char *)in + (size_t)((o * reduced + first) * inner + column) * size;
                if (inner == 1) {
                    row(value, index, tile, first, rows);
                    fold(value, index, CJ_MIN(rows, CJ_REDUCE_LANES));
                } else {
                    columns(value, index, tile, inner, first, rows, wide);
                    fold_columns(value, index, CJ_MIN(rows, CJ_REDUCE_LANES), wide);
                }
                memcpy(block_value + (size_t)(block * wide) * size, value, (size_t)wide * size);
                if (op == CJ_OP_ARGMAX) {
                    memcpy(block_index + block * wide, index, (size_t)wide * sizeof *index);
                }
            }
            if (blocks == 0) {
                for (int64_t i = 0; i < wide; i++) {
                    cj_reduce_identity(op, dtype, result + (size_t)i * out_size);
                }
                continue;
            }
            fold_columns(block_value, block_index, blocks, wide);
            memcpy(result, op == CJ_OP_ARGMAX ? (const void *)block_index : block_value,
                   (size_t)wide * out_size);
        }
    }
}

/* Defines the whole reduction of a kernel. */
#define CJ_REDUCE_WHOLE(NAME, name, DTYPE, dtype)                                                  \
    void CJ_ISA_FN(cj_reduce_##name##_##dtype)(int64_t outer, int64_t reduced, int64_t inner,      \
                                               void *out, const void *in, void *scratch)           \
    {                                                                                              \
        reduce_whole(CJ_OP_##NAME, CJ_##DTYPE, outer, reduced, inner, out, in, scratch,            \
                     CJ_ISA_FN(cj_row_##name##_##dtype), CJ_ISA_FN(cj_columns_##name##_##dtype),   \
                     CJ_ISA_FN(cj_fold_##name##_##dtype),                                          \
                     CJ_ISA_FN(cj_fold_columns_##name##_##dtype));                                 \
    }

#endif
