/*
 * src/cpu/kernels.h - what each instruction set offers to the interpreter: elementwise maps, data
 * movement, random bits, and the pieces of a reduction. One constant table an instruction set.
 *
 * Kernels do not fail, allocate or keep state. They take any length, 0 included, and any alignment
 * that the element type allows. Their bits depend on the kernel class (isa.h) and on the elements
 * alone: not on n, nor on how a run is cut in pieces.
 */
#ifndef CJ_CPU_KERNELS_H
#define CJ_CPU_KERNELS_H

#include "../base/base.h"
#include "../graph/op_list.h"
#include "fft.h"
#include "isa.h"

/* ---- maps ---- */

/*
 * out[i] = op(src[0][i], src[1][i], ...) for 0 <= i < n, all contiguous. `out` may be one of the
 * sources (the same pointer) when the element sizes are equal; else it overlaps none.
 */
typedef void (*cj_map_fn)(int64_t n, void *out, const void *const *src);

/* ---- movement: indexed by the size class of an element ---- */

enum cj_size_class { CJ_SIZE_1, CJ_SIZE_2, CJ_SIZE_4, CJ_SIZE_8, CJ_SIZE_COUNT };

static inline int cj_size_class_of(size_t bytes)
{
    return bytes == 1 ? CJ_SIZE_1 : bytes == 2 ? CJ_SIZE_2 : bytes == 4 ? CJ_SIZE_4 : CJ_SIZE_8;
}

/*
 * out[i * out_stride] = in[i * in_stride]; strides in elements, any sign or 0. in and out do not
 * overlap.
 */
typedef void (*cj_copy_strided_fn)(int64_t n, void *out, int64_t out_stride, const void *in,
                                   int64_t in_stride);
/* out[i] = *value. */
typedef void (*cj_splat_fn)(int64_t n, void *out, const void *value);
/* out[row][i] = in[i]: a period of `inner` elements, repeated (a bias over a batch). */
typedef void (*cj_repeat_rows_fn)(int64_t rows, int64_t inner, void *out, const void *in);
/* out[row][i] = in[row]: each element `inner` times (a channel's scale over its picture). */
typedef void (*cj_spread_rows_fn)(int64_t rows, int64_t inner, void *out, const void *in);
/*
 * out[c * out_pitch + r] = in[r * in_pitch + c], 0 <= r < rows, 0 <= c < columns; pitches in
 * elements.
 */
typedef void (*cj_transpose_fn)(int64_t rows, int64_t columns, void *out, int64_t out_pitch,
                                const void *in, int64_t in_pitch);

/* ---- reductions ---- */

/*
 * The elements of one reduction are numbered in row-major order of the reduced axes. They form
 * blocks of CJ_REDUCE_BLOCK. Element i of a block goes to lane i mod CJ_REDUCE_LANES; a lane is a
 * chain in index order that its first element starts. At the block's end the lanes are folded by
 * halves; at the reduction's end the block results are folded by halves. So the driver does, for
 * each output:
 *
 *     for each block b:
 *         for each tile of it, in order:
 *             reduce_row(value, index, tile, number of its first element, n)
 *         fold(value, index, min(elements of the block, CJ_REDUCE_LANES))
 *         block_value[b] = value[0], block_index[b] = index[0]
 *     fold(block_value, block_index, blocks); the result is block_value[0] (ARGMAX: block_index[0])
 *
 * State: `value` holds CJ_REDUCE_LANES elements of the source's dtype; `index`, for ARGMAX only
 * (else NULL), as many int32_t. Nothing need be cleared: the element whose number is a multiple of
 * the block starts every lane afresh, and after c elements of a block exactly the lanes 0 .. min(c,
 * 32) - 1 hold something, which is how empty ones are known. Blocks are independent and may be
 * given to different threads; tiles of one block come in order. With no elements at all there is
 * nothing to fold: cj_reduce_identity gives the result.
 *
 * The columns form does the same for `inner` outputs side by side, where the reduced elements are
 * rows: lane l is row l of value[CJ_REDUCE_LANES][inner] (and of index), block b is row b of
 * block_value[blocks][inner]. Bits are those of the row form.
 *
 * The result of SUM (integers wrap), AMAX and AMIN is value[0], of the source's dtype; of ARGMAX it
 * is index[0], an int32_t.
 *
 * max(a, b), here and in the map: a if a > b or a is NaN, else b. ARGMAX: the least number among
 * equals; NaN beats all; -0 equals +0.
 */
#define CJ_REDUCE_BLOCK 4096
#define CJ_REDUCE_LANES 32
enum { CJ_REDUCE_OP_COUNT = CJ_OP_ARGMAX - CJ_OP_SUM + 1 };

/*
 * Adds n elements to the lanes; `first`: the number of tile[0] in the whole reduction. The run must
 * not cross a block's end.
 */
typedef void (*cj_reduce_row_fn)(void *value, int32_t *index, const void *tile, int64_t first,
                                 int64_t n);

/*
 * The same for rows of `inner` elements, `pitch` elements apart (>= inner); `first`: the number of
 * the first row.
 */
typedef void (*cj_reduce_columns_fn)(void *value, int32_t *index, const void *tile, int64_t pitch,
                                     int64_t first, int64_t rows, int64_t inner);

/* Folds `count` >= 1 entries by halves, in place; the result is entry 0. */
typedef void (*cj_fold_fn)(void *value, int32_t *index, int64_t count);
/* The same for rows of `inner` entries: the result is row 0. */
typedef void (*cj_fold_columns_fn)(void *value, int32_t *index, int64_t count, int64_t inner);

/*
 * A whole reduction of contiguous in[outer][reduced][inner] to out[outer][inner], on the calling
 * thread, reduced = 0 included. `scratch`: cj_reduce_scratch bytes, aligned to 8.
 */
typedef void (*cj_reduce_fn)(int64_t outer, int64_t reduced, int64_t inner, void *out,
                             const void *in, void *scratch);

/* How many columns it takes at a time, so that their lanes stay in the first cache. */
#define CJ_REDUCE_PANEL 64

size_t cj_reduce_scratch(cj_op op, cj_dtype dtype, int64_t reduced, int64_t inner);

/*
 * Writes the result of a reduction of nothing: SUM 0, AMAX -inf or the least value, AMIN the
 * opposite, ARGMAX 0.
 */
void cj_reduce_identity(cj_op op, cj_dtype dtype, void *out);

/* ---- the table ---- */

struct cj_isa_kernels {
    /*
     * By op and by the dtype of its sources (WHERE: of src[1]; src[0] is then bool bytes). NULL
     * where the op does not take the dtype; CAST is in `cast`.
     */
    cj_map_fn map[CJ_MAP_OP_COUNT][CJ_DTYPE_COUNT];
    cj_map_fn cast[CJ_DTYPE_COUNT][CJ_DTYPE_COUNT]; /* [from][to]; equal dtypes: a copy */

    /* Two ops in one pass, with the bits of the two. By dtype; the selects take all but bool. */
    cj_map_fn select_lt[CJ_DTYPE_COUNT];    /* src0 < src1 ? src2 : src3 */
    cj_map_fn select_le[CJ_DTYPE_COUNT];    /* src0 <= src1 ? src2 : src3 */
    cj_map_fn select_eq[CJ_DTYPE_COUNT];    /* src0 == src1 ? src2 : src3 */
    cj_map_fn mul_add[CJ_DTYPE_COUNT];      /* src0 * src1 + src2, rounded twice; f32, f64 */
    cj_map_fn mul_sub[CJ_DTYPE_COUNT];      /* src0 * src1 - src2 */
    cj_map_fn sub_mul[CJ_DTYPE_COUNT];      /* src2 - src0 * src1 (p - lr g) */
    cj_map_fn sub_then_mul[CJ_DTYPE_COUNT]; /* (src0 - src1) * src2 */

    cj_copy_strided_fn copy_strided[CJ_SIZE_COUNT];
    cj_splat_fn splat[CJ_SIZE_COUNT];
    cj_repeat_rows_fn repeat_rows[CJ_SIZE_COUNT];
    cj_spread_rows_fn spread_rows[CJ_SIZE_COUNT];
    cj_transpose_fn transpose[CJ_SIZE_COUNT];

    void (*iota_i32)(int64_t n, int32_t *out, int32_t start, int32_t step); /* wraps */
    void (*iota_i64)(int64_t n, int64_t *out, int64_t start, int64_t step);
    /* out[i] = cj_key_bits(key, first + i) */
    void (*random_bits)(int64_t n, uint32_t *out, cj_key key, uint64_t first);

    /* Of a sparse row, f32 and f64, products rounded before they are added, columns from `limit` on
     * left out: out[j] = sum of values[e] * x[columns[e]][j] in the order of e, j < k; out[e] = the dot
     * product of a and x[columns[e]], in the lanes of a reduction. And out[j] += factor * x[j]. */
    void (*csr_row[CJ_DTYPE_COUNT])(int64_t entries, const void *values, const int32_t *columns,
                                    int64_t limit, const void *x, int64_t k, void *out);
    void (*csr_dots[CJ_DTYPE_COUNT])(int64_t entries, const void *a, const int32_t *columns,
                                     int64_t limit, const void *x, int64_t k, void *out);
    void (*axpy[CJ_DTYPE_COUNT])(int64_t n, void *out, const void *factor, const void *x);
    /* out[j] = in how many bits row j of b differs from a. */
    void (*bit_row)(int64_t n, int64_t words, const uint32_t *a, const uint32_t *b, int32_t *out);

    /* By op - CJ_OP_SUM and dtype; NULL where the op does not take the dtype. */
    cj_reduce_row_fn reduce_row[CJ_REDUCE_OP_COUNT][CJ_DTYPE_COUNT];
    cj_reduce_columns_fn reduce_columns[CJ_REDUCE_OP_COUNT][CJ_DTYPE_COUNT];
    cj_fold_fn fold[CJ_REDUCE_OP_COUNT][CJ_DTYPE_COUNT];
    cj_fold_columns_fn fold_columns[CJ_REDUCE_OP_COUNT][CJ_DTYPE_COUNT];
    cj_reduce_fn reduce[CJ_REDUCE_OP_COUNT][CJ_DTYPE_COUNT];

    /* Fourier transforms (fft.h), by dtype: CJ_F32, CJ_F64. */
    cj_fft_stage_fn fft_stage[CJ_DTYPE_COUNT];
    cj_fft_multiply_fn fft_multiply[CJ_DTYPE_COUNT];
    cj_fft_split_fn fft_split[CJ_DTYPE_COUNT];
    cj_fft_merge_fn fft_merge[CJ_DTYPE_COUNT];
};

extern const struct cj_isa_kernels cj_kernels_baseline;
#if defined(__x86_64__)
extern const struct cj_isa_kernels cj_kernels_avx2;
extern const struct cj_isa_kernels cj_kernels_avx512;
#elif defined(__aarch64__)
extern const struct cj_isa_kernels cj_kernels_neon;
#endif

/* The table of an available instruction set (cj_isa_available); NULL for another. */
const struct cj_isa_kernels *cj_kernels(int isa);

/*
 * ---- the definitions in scalar C, in src/cpu/reference_*.c: what every kernel above is tested
 * against ----
 */

/* The map of an op in a kernel class. CAST: out of dtype `to`, else `to` is ignored. */
void cj_reference_map(cj_op op, cj_dtype dtype, cj_dtype to, int64_t n, void *out,
                      const void *const *src, bool fma_class);
/* in[outer][reduced][inner] -> out[outer][inner]. */
void cj_reference_reduce(cj_op op, cj_dtype dtype, int64_t outer, int64_t reduced, int64_t inner,
                         const void *in, void *out);

#endif
