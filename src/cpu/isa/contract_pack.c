/* contract_pack.c - copies of blocks between strided memory and rows, the sum of chunk sums, scans for odd values. */
#include "contract_pack.h"

#include "base/base.h"

/* Transposes squares of SQUARE x SQUARE held in 16-byte vectors, which every processor here shuffles fast. */
typedef float quad_f32 __attribute__((vector_size(16), aligned(4), may_alias));
typedef double pair_f64 __attribute__((vector_size(16), aligned(8), may_alias));

#define SQUARE_F32 4
#define SQUARE_F64 2

/* Elements that are taken from one column before the next, so that a cache line is read once though columns may lie at
 * distances that fall on the same cache sets. */
#define LINE 16

/* out[j * out_stride + i] = in[i * in_stride + j], 0 <= i, j < 4. */
CJ_SIMD void square_f32(float *out, int64_t out_stride, const float *in, int64_t in_stride)
{
    quad_f32 a = *(const quad_f32 *)in, b = *(const quad_f32 *)(in + in_stride);
    quad_f32 c = *(const quad_f32 *)(in + 2 * in_stride),
             d = *(const quad_f32 *)(in + 3 * in_stride);
    quad_f32 ab0 = __builtin_shufflevector(a, b, 0, 4, 1, 5),
             ab1 = __builtin_shufflevector(a, b, 2, 6, 3, 7);
    quad_f32 cd0 = __builtin_shufflevector(c, d, 0, 4, 1, 5),
             cd1 = __builtin_shufflevector(c, d, 2, 6, 3, 7);
    *(quad_f32 *)out = __builtin_shufflevector(ab0, cd0, 0, 1, 4, 5);
    *(quad_f32 *)(out + out_stride) = __builtin_shufflevector(ab0, cd0, 2, 3, 6, 7);
    *(quad_f32 *)(out + 2 * out_stride) = __builtin_shufflevector(ab1, cd1, 0, 1, 4, 5);
    *(quad_f32 *)(out + 3 * out_stride) = __builtin_shufflevector(ab1, cd1, 2, 3, 6, 7);
}

CJ_SIMD void square_f64(double *out, int64_t out_stride, const double *in, int64_t in_stride)
{
    pair_f64 a = *(const pair_f64 *)in, b = *(const pair_f64 *)(in + in_stride);
    *(pair_f64 *)out = __builtin_shufflevector(a, b, 0, 2);
    *(pair_f64 *)(out + out_stride) = __builtin_shufflevector(a, b, 1, 3);
}

/*
 * transpose: out[i * out_stride + j] = in[j * in_stride + i], rows x columns of out.
 * pack, unpack: by which of the two strides is 1.
 * add_chunks: four vectors at a time, so that the sums stay in registers over all chunks.
 */
#define CJ_PACKERS(T, V, LANES, SQUARE, type)                                                      \
    static void transpose_##type(T *out, int64_t out_stride, const T *in, int64_t in_stride,       \
                                 int64_t rows, int64_t columns)                                    \
    {                                                                                              \
        int64_t whole_rows = rows - rows % SQUARE, whole = columns - columns % SQUARE;             \
        for (int64_t first = 0; first < whole_rows; first += LINE)                                 \
            for (int64_t j = 0; j < whole; j += SQUARE)                                            \
                for (int64_t i = first; i < CJ_MIN(first + LINE, whole_rows); i += SQUARE)         \
                    square_##type(out + i * out_stride + j, out_stride, in + j * in_stride + i,    \
                                  in_stride);                                                      \
        for (int64_t i = 0; i < rows; i++)                                                         \
            for (int64_t j = i < whole_rows ? whole : 0; j < columns; j++)                         \
                out[i * out_stride + j] = in[j * in_stride + i];                                   \
    }                                                                                              \
    CJ_SIMD void copy_##type(T *out, const T *in, int64_t n)                                       \
    {                                                                                              \
        int64_t i = 0;                                                                             \
        for (; i + LANES <= n; i += LANES)                                                         \
            V##_store(out + i, V##_load(in + i));                                                  \
        for (; i < n; i++)                                                                         \
            out[i] = in[i];                                                                        \
    }                                                                                              \
    void CJ_ISA_FN(cj_pack_##type)(void *out, int64_t out_row_stride, int64_t padded,              \
                                   const void *in, const cj_block *block)                          \
    {                                                                                              \
        T *to = (T *)out;                                                                          \
        const T *from = (const T *)in;                                                             \
        int64_t rows = block->rows, columns = block->columns;                                      \
        if (block->column_stride == 1) {                                                           \
            for (int64_t i = 0; i < rows; i++)                                                     \
                copy_##type(to + i * out_row_stride, from + i * block->row_stride, columns);       \
        } else if (block->row_stride == 1) {                                                       \
            transpose_##type(to, out_row_stride, from, block->column_stride, rows, columns);       \
        } else {                                                                                   \
            for (int64_t i = 0; i < rows; i++)                                                     \
                for (int64_t j = 0; j < columns; j++)                                              \
                    to[i * out_row_stride + j] =                                                   \
                        from[i * block->row_stride + j * block->column_stride];                    \
        }                                                                                          \
        if (padded > columns)                                                                      \
            for (int64_t i = 0; i < rows; i++)                                                     \
                memset(to + i * out_row_stride + columns, 0,                                       \
                       (size_t)(padded - columns) * sizeof(T));                                    \
    }                                                                                              \
    void CJ_ISA_FN(cj_unpack_##type)(void *out, const cj_block *block, const void *in,             \
                                     int64_t in_row_stride)                                        \
    {                                                                                              \
        T *to = (T *)out;                                                                          \
        const T *from = (const T *)in;                                                             \
        int64_t rows = block->rows, columns = block->columns;                                      \
        if (block->column_stride == 1) {                                                           \
            for (int64_t i = 0; i < rows; i++)                                                     \
                copy_##type(to + i * block->row_stride, from + i * in_row_stride, columns);        \
        } else if (block->row_stride == 1) {                                                       \
            transpose_##type(to, block->column_stride, from, in_row_stride, columns, rows);        \
        } else {                                                                                   \
            for (int64_t i = 0; i < rows; i++)                                                     \
                for (int64_t j = 0; j < columns; j++)                                              \
                    to[i * block->row_stride + j * block->column_stride] =                         \
                        from[i * in_row_stride + j];                                               \
        }                                                                                          \
    }                                                                                              \
    void CJ_ISA_FN(cj_add_chunks_##type)(int64_t n, void *out, const void *chunks, int64_t step,   \
                                         int64_t count)                                            \
    {                                                                                              \
        T *to = (T *)out;                                                                          \
        const T *from = (const T *)chunks;                                                         \
        int64_t i = 0;                                                                             \
        for (; i + 4 * LANES <= n; i += 4 * LANES) {                                               \
            V sum[4];                                                                              \
            for (int j = 0; j < 4; j++)                                                            \
                sum[j] = V##_load(to + i + j * LANES);                                             \
            for (int64_t c = 0; c < count; c++)                                                    \
                for (int j = 0; j < 4; j++)                                                        \
                    sum[j] = V##_add(sum[j], V##_load(from + c * step + i + j * LANES));           \
            for (int j = 0; j < 4; j++)                                                            \
                V##_store(to + i + j * LANES, sum[j]);                                             \
        }                                                                                          \
        for (; i < n; i++) {                                                                       \
            T sum = to[i];                                                                         \
            for (int64_t c = 0; c < count; c++)                                                    \
                sum += from[c * step + i];                                                         \
            to[i] = sum;                                                                           \
        }                                                                                          \
    }

CJ_PACKERS(float, vf32, CJ_VF32, SQUARE_F32, f32)
CJ_PACKERS(double, vf64, CJ_VF64, SQUARE_F64, f64)

/* By their bits, in loops that the compiler makes vectors of. */
#define CJ_SCANS(WORD, type, EXPONENT, SIGN)                                                       \
    bool CJ_ISA_FN(cj_all_finite_##type)(int64_t n, const void *elements)                          \
    {                                                                                              \
        const WORD *word = (const WORD *)elements;                                                 \
        WORD odd = 0;                                                                              \
        for (int64_t i = 0; i < n; i++)                                                            \
            odd |= (WORD)((word[i] & EXPONENT) == EXPONENT);                                       \
        return odd == 0;                                                                           \
    }                                                                                              \
    bool CJ_ISA_FN(cj_has_negative_zero_##type)(int64_t n, const void *elements)                   \
    {                                                                                              \
        const WORD *word = (const WORD *)elements;                                                 \
        WORD found = 0;                                                                            \
        for (int64_t i = 0; i < n; i++)                                                            \
            found |= (WORD)(word[i] == SIGN);                                                      \
        return found != 0;                                                                         \
    }

typedef uint32_t word_f32 __attribute__((may_alias));
typedef uint64_t word_f64 __attribute__((may_alias));
CJ_SCANS(word_f32, f32, UINT32_C(0x7f800000), UINT32_C(0x80000000))
CJ_SCANS(word_f64, f64, UINT64_C(0x7ff0000000000000), UINT64_C(0x8000000000000000))
