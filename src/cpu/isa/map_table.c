/*
 * src/cpu/isa/map_table.c - the table of an instruction set.
 */
#include "fft.h"
#include "map.h"
#include "move.h"
#include "reduce.h"
#include "rows.h"

const struct cj_isa_kernels CJ_ISA_FN(cj_kernels) = {
#define CJ_X(NAME, name, DTYPE, dtype) .map[CJ_OP_##NAME][CJ_##DTYPE] = CJ_MAP_FN(name, dtype),
    CJ_MAP_KERNELS(CJ_X) CJ_MATH_OP_LIST(CJ_MATH_ROW)
#undef CJ_X
#define CJ_X(FROM, from, TO, to) .cast[CJ_##FROM][CJ_##TO] = CJ_CAST_FN(from, to),
        CJ_CAST_KERNELS(CJ_X)
#undef CJ_X
#define CJ_X(member, name, DTYPE, dtype) .member[CJ_##DTYPE] = CJ_MAP_FN(name, dtype),
            CJ_PAIR_KERNELS(CJ_X)
#undef CJ_X
#define CJ_X(CLASS, suffix)                                                                        \
    .copy_strided[CLASS] = CJ_ISA_FN(cj_copy_strided_##suffix),                                    \
    .splat[CLASS] = CJ_ISA_FN(cj_splat_##suffix),                                                  \
    .repeat_rows[CLASS] = CJ_ISA_FN(cj_repeat_rows_##suffix),                                      \
    .spread_rows[CLASS] = CJ_ISA_FN(cj_spread_rows_##suffix),                                      \
    .transpose[CLASS] = CJ_ISA_FN(cj_transpose_##suffix),
                CJ_MOVE_SIZES(CJ_X)
#undef CJ_X
                    .iota_i32 = CJ_ISA_FN(cj_iota_i32),
    .iota_i64 = CJ_ISA_FN(cj_iota_i64),
    .random_bits = CJ_ISA_FN(cj_random_bits),
    .csr_row[CJ_F32] = CJ_ISA_FN(cj_csr_row_f32),
    .csr_row[CJ_F64] = CJ_ISA_FN(cj_csr_row_f64),
    .csr_dots[CJ_F32] = CJ_ISA_FN(cj_csr_dots_f32),
    .csr_dots[CJ_F64] = CJ_ISA_FN(cj_csr_dots_f64),
    .axpy[CJ_F32] = CJ_ISA_FN(cj_axpy_f32),
    .axpy[CJ_F64] = CJ_ISA_FN(cj_axpy_f64),
    .bit_row = CJ_ISA_FN(cj_bit_row),
#define CJ_X(NAME, name, DTYPE, dtype)                                                             \
    .reduce_row[CJ_OP_##NAME - CJ_OP_SUM][CJ_##DTYPE] = CJ_ISA_FN(cj_row_##name##_##dtype),        \
                               .reduce_columns[CJ_OP_##NAME - CJ_OP_SUM][CJ_##DTYPE] =             \
                                   CJ_ISA_FN(cj_columns_##name##_##dtype),                         \
                               .fold[CJ_OP_##NAME - CJ_OP_SUM][CJ_##DTYPE] =                       \
                                   CJ_ISA_FN(cj_fold_##name##_##dtype),                            \
                               .fold_columns[CJ_OP_##NAME - CJ_OP_SUM][CJ_##DTYPE] =               \
                                   CJ_ISA_FN(cj_fold_columns_##name##_##dtype),                    \
                               .reduce[CJ_OP_##NAME - CJ_OP_SUM][CJ_##DTYPE] =                     \
                                   CJ_ISA_FN(cj_reduce_##name##_##dtype),
    CJ_REDUCE_KERNELS(CJ_X)
#undef CJ_X
#define CJ_X(name)                                                                                 \
    .fft_##name[CJ_F32] = CJ_ISA_FN(cj_fft_##name##_f32),                                          \
    .fft_##name[CJ_F64] = CJ_ISA_FN(cj_fft_##name##_f64),
        CJ_FFT_KERNELS(CJ_X)
#undef CJ_X
};
