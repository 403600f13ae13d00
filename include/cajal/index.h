/*
 * cajal/index.h - indexing, sorting and movement beyond cajal/graph.h.
 *
 * Conventions are those of cajal/graph.h. An index is i32 or i64 (DTYPE else) and counts from 0;
 * what is outside, negative numbers included, gathers NaN (integers 0) and scatters nothing. Axes
 * may be negative; shapes that do not fit are SHAPE, options out of range INVALID.
 */
#ifndef CAJAL_INDEX_H
#define CAJAL_INDEX_H

#include "cajal/graph.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- gather ---- */

/*
 * y[..., i, ...] = x[..., index[..., i, ...], ...] along `axis` (torch.gather, NumPy's
 * take_along_axis). x and index have as many axes; along the others their extents are equal, or one
 * is 1 and repeats. Derivative: what is gathered twice gets the sum, in index order.
 */
CJ_API cj_tensor *cj_gather_at(cj_at at, cj_tensor *x, int axis, cj_tensor *index);
#define cj_gather(...) cj_gather_at(CJ_HERE, __VA_ARGS__)

/* The slices of x along `axis` that the index names, whose axes take the place of that axis
 * (NumPy's take; torch.index_select and embedding): x [..., n, ...] by [a, b] is [..., a, b, ...].
 */
CJ_API cj_tensor *cj_take_at(cj_at at, cj_tensor *x, int axis, cj_tensor *index);
#define cj_take(...) cj_take_at(CJ_HERE, __VA_ARGS__)

/* ---- scatter ---- */

/*
 * base with, along `axis`, values[..., i, ...] brought to base[..., index[..., i, ...], ...]: the
 * sum of what is sent to a place, in index order, is added to base's element (torch.scatter_add);
 * the largest (smallest) of it and base's element (torch.scatter_reduce "amax", "amin"); or the
 * last of it in index order in its place (torch.scatter, which leaves the order open). All have as
 * many axes and base and values one dtype; along the others values and index have base's extents,
 * or 1, which repeats; along `axis` values have the index's extent, or 1. The gradient of an
 * extreme is shared equally among values that tie, and half and half with base's; values that were
 * overwritten or dropped have derivative 0.
 */
CJ_API cj_tensor *cj_scatter_add_at(cj_at at, cj_tensor *base, int axis, cj_tensor *index,
                                    cj_tensor *values);
#define cj_scatter_add(...) cj_scatter_add_at(CJ_HERE, __VA_ARGS__)
CJ_API cj_tensor *cj_scatter_max_at(cj_at at, cj_tensor *base, int axis, cj_tensor *index,
                                    cj_tensor *values);
#define cj_scatter_max(...) cj_scatter_max_at(CJ_HERE, __VA_ARGS__)
CJ_API cj_tensor *cj_scatter_min_at(cj_at at, cj_tensor *base, int axis, cj_tensor *index,
                                    cj_tensor *values);
#define cj_scatter_min(...) cj_scatter_min_at(CJ_HERE, __VA_ARGS__)
CJ_API cj_tensor *cj_scatter_set_at(cj_at at, cj_tensor *base, int axis, cj_tensor *index,
                                    cj_tensor *values);
#define cj_scatter_set(...) cj_scatter_set_at(CJ_HERE, __VA_ARGS__)

/*
 * ---- segments: rows of x [m, ...] gathered by their numbers, segment [m] of 0 to count - 1 in any
 * order; the result is [count, ...] ----
 */

/* Sum, in index order, of nothing 0; mean, of nothing 0; largest and smallest, of nothing -inf and
 * inf (integers: the ends), the gradient shared equally among ties. Rows of other numbers are
 * dropped. */
CJ_API cj_tensor *cj_segment_sum_at(cj_at at, cj_tensor *x, cj_tensor *segment, int64_t count);
#define cj_segment_sum(...) cj_segment_sum_at(CJ_HERE, __VA_ARGS__)
CJ_API cj_tensor *cj_segment_mean_at(cj_at at, cj_tensor *x, cj_tensor *segment, int64_t count);
#define cj_segment_mean(...) cj_segment_mean_at(CJ_HERE, __VA_ARGS__)
CJ_API cj_tensor *cj_segment_max_at(cj_at at, cj_tensor *x, cj_tensor *segment, int64_t count);
#define cj_segment_max(...) cj_segment_max_at(CJ_HERE, __VA_ARGS__)
CJ_API cj_tensor *cj_segment_min_at(cj_at at, cj_tensor *x, cj_tensor *segment, int64_t count);
#define cj_segment_min(...) cj_segment_min_at(CJ_HERE, __VA_ARGS__)
/* exp(x - m) / sum of it over the row's segment, m the segment's largest: of x's shape; NaN in rows
 * of other numbers. */
CJ_API cj_tensor *cj_segment_softmax_at(cj_at at, cj_tensor *x, cj_tensor *segment, int64_t count);
#define cj_segment_softmax(...) cj_segment_softmax_at(CJ_HERE, __VA_ARGS__)

/* ---- along an axis ---- */

/* y[i] = x[0] + ... + x[i] of numbers (integers wrap), in the order of docs/design.md: blocks of
 * 1,024. */
CJ_API cj_tensor *cj_cumsum_at(cj_at at, cj_tensor *x, int axis);
#define cj_cumsum(...) cj_cumsum_at(CJ_HERE, __VA_ARGS__)
/* y[i] = x[0] * ... * x[i], in index order; derivatives of every order, at zeros too. */
CJ_API cj_tensor *cj_cumprod_at(cj_at at, cj_tensor *x, int axis);
#define cj_cumprod(...) cj_cumprod_at(CJ_HERE, __VA_ARGS__)
/* h[i] = a[i] h[i - 1] + b[i], h[0] = b[0] (a[0] counts for nothing): a linear recurrence, as of
 * state-space models and moving averages. a broadcasts to b's shape; numbers of one dtype. */
CJ_API cj_tensor *cj_recurrence_at(cj_at at, cj_tensor *a, cj_tensor *b, int axis);
#define cj_recurrence(...) cj_recurrence_at(CJ_HERE, __VA_ARGS__)
/* The largest and the smallest of x[0] .. x[i], and where they are, i32: the first of ties (torch:
 * the last), which has the gradient; from the first NaN on NaN. */
CJ_API cj_tensor *cj_cummax_at(cj_at at, cj_tensor *x, int axis);
#define cj_cummax(...) cj_cummax_at(CJ_HERE, __VA_ARGS__)
CJ_API cj_tensor *cj_cummin_at(cj_at at, cj_tensor *x, int axis);
#define cj_cummin(...) cj_cummin_at(CJ_HERE, __VA_ARGS__)
CJ_API cj_tensor *cj_cumulative_argmax_at(cj_at at, cj_tensor *x, int axis);
#define cj_cumulative_argmax(...) cj_cumulative_argmax_at(CJ_HERE, __VA_ARGS__)
CJ_API cj_tensor *cj_cumulative_argmin_at(cj_at at, cj_tensor *x, int axis);
#define cj_cumulative_argmin(...) cj_cumulative_argmin_at(CJ_HERE, __VA_ARGS__)

/* ---- sorting: stable (equal elements, -0 and +0 among them, stay in their order), NaN last, both
 * ways; a sorted element's gradient goes to the element that it is ---- */

/* i32 indexes of the elements along `axis` in their order. */
CJ_API cj_tensor *cj_argsort_at(cj_at at, cj_tensor *x, int axis, bool descending);
#define cj_argsort(...) cj_argsort_at(CJ_HERE, __VA_ARGS__)
CJ_API cj_tensor *cj_sort_at(cj_at at, cj_tensor *x, int axis, bool descending);
#define cj_sort(...) cj_sort_at(CJ_HERE, __VA_ARGS__)
/* The first k of cj_sort, largest first (`smallest`: smallest first); *index, if it is wanted, says
 * where they are, i32. */
CJ_API cj_tensor *cj_top_k_at(cj_at at, cj_tensor *x, int64_t k, int axis, bool smallest,
                              cj_tensor **index);
#define cj_top_k(...) cj_top_k_at(CJ_HERE, __VA_ARGS__)
/* Where each value goes in what is sorted along the last axis, i32: before its equals, or behind
 * them (`right`). sorted is [n] for values of any shape, or its leading axes are those of values. */
CJ_API cj_tensor *cj_searchsorted_at(cj_at at, cj_tensor *sorted, cj_tensor *values, bool right);
#define cj_searchsorted(...) cj_searchsorted_at(CJ_HERE, __VA_ARGS__)
/* The q-quantile, 0 <= q <= 1, of floats along an axis of at least one element: sorted place
 * q (n - 1), between two elements by the line through them (NumPy's default); NaN where there is
 * one. The median is the 0.5-quantile: of an even number the mean of two (torch: the lower). */
CJ_API cj_tensor *cj_quantile_at(cj_at at, cj_tensor *x, double q, int axis, bool keep);
#define cj_quantile(...) cj_quantile_at(CJ_HERE, __VA_ARGS__)
CJ_API cj_tensor *cj_median_at(cj_at at, cj_tensor *x, int axis, bool keep);
#define cj_median(...) cj_median_at(CJ_HERE, __VA_ARGS__)

/* The different elements of x, sorted, at full capacity: of `values` and `counts` (how many of each, i32),
 * both [elements of x], the first `count` (i32, rank 0) hold something, the rest is 0. `inverse`,
 * i32 of x's shape: which of the values an element is. A NaN is different from every other. All
 * NULL after an error. */
typedef struct cj_unique_result {
    cj_tensor *values, *count, *inverse, *counts;
} cj_unique_result;
CJ_API cj_unique_result cj_unique_at(cj_at at, cj_tensor *x);
#define cj_unique(...) cj_unique_at(CJ_HERE, __VA_ARGS__)

/* ---- put together, taken apart, repeated ---- */

/* What stands before and behind along each axis, as in cj_pad (negative: cropped, first): zeros;
 * the elements mirrored without the outermost (at most extent - 1 of them, torch's "reflect"); the
 * outermost repeated ("replicate"); the elements from the other end (at most the extent). */
typedef enum cj_pad_mode { CJ_PAD_ZEROS, CJ_PAD_REFLECT, CJ_PAD_EDGE, CJ_PAD_CIRCULAR } cj_pad_mode;
CJ_API cj_tensor *cj_pad_mode_at(cj_at at, cj_tensor *x, cj_pad_mode mode, const int64_t *low,
                                 const int64_t *high);
#define cj_pad_mode(...) cj_pad_mode_at(CJ_HERE, __VA_ARGS__)
/* Element i goes to i + shift, those beyond the end to the front; shift of any sign. */
CJ_API cj_tensor *cj_roll_at(cj_at at, cj_tensor *x, int64_t shift, int axis);
#define cj_roll(...) cj_roll_at(CJ_HERE, __VA_ARGS__)
/* count tensors of one shape, at least 1, joined along a new axis. */
CJ_API cj_tensor *cj_stack_at(cj_at at, int axis, int count, cj_tensor *const *x);
#define cj_stack(...) cj_stack_at(CJ_HERE, __VA_ARGS__)
/* x times[i] times behind itself along axis i, for each axis (NumPy's tile, torch's repeat). */
CJ_API cj_tensor *cj_tile_at(cj_at at, cj_tensor *x, const int64_t *times);
#define cj_tile(...) cj_tile_at(CJ_HERE, __VA_ARGS__)
/* Each element `times` times in a row. */
CJ_API cj_tensor *cj_repeat_interleave_at(cj_at at, cj_tensor *x, int64_t times, int axis);
#define cj_repeat_interleave(...) cj_repeat_interleave_at(CJ_HERE, __VA_ARGS__)
/* part[i]: sizes[i] elements of the axis, which they add up to. cj_chunk: count parts of
 * ceil(extent / count), the last ones smaller or empty. Return the context's status. */
CJ_API cj_status cj_split_at(cj_at at, cj_tensor *x, int axis, int count, const int64_t *sizes,
                             cj_tensor **part);
#define cj_split(...) cj_split_at(CJ_HERE, __VA_ARGS__)
CJ_API cj_status cj_chunk_at(cj_at at, cj_tensor *x, int axis, int count, cj_tensor **part);
#define cj_chunk(...) cj_chunk_at(CJ_HERE, __VA_ARGS__)

/* ---- matrices: the last two axes ---- */

/* x where column - row <= diagonal (tril), >= diagonal (triu), else 0. */
CJ_API cj_tensor *cj_tril_at(cj_at at, cj_tensor *x, int64_t diagonal);
#define cj_tril(...) cj_tril_at(CJ_HERE, __VA_ARGS__)
CJ_API cj_tensor *cj_triu_at(cj_at at, cj_tensor *x, int64_t diagonal);
#define cj_triu(...) cj_triu_at(CJ_HERE, __VA_ARGS__)
/* The elements with column - row = diagonal, as last axis in place of the two. */
CJ_API cj_tensor *cj_diagonal_at(cj_at at, cj_tensor *x, int64_t diagonal);
#define cj_diagonal(...) cj_diagonal_at(CJ_HERE, __VA_ARGS__)
/* Square matrices with the last axis of x on that diagonal, 0 elsewhere. */
CJ_API cj_tensor *cj_diag_embed_at(cj_at at, cj_tensor *x, int64_t diagonal);
#define cj_diag_embed(...) cj_diag_embed_at(CJ_HERE, __VA_ARGS__)

/* ---- masks, ranges, grids ---- */

/* The value where the bool mask, which broadcasts, is true, else x. */
CJ_API cj_tensor *cj_masked_fill_at(cj_at at, cj_tensor *x, cj_tensor *mask, double value);
#define cj_masked_fill(...) cj_masked_fill_at(CJ_HERE, __VA_ARGS__)
/* y[..., k] = 1 where the integer index is k, else 0; of another index all 0. */
CJ_API cj_tensor *cj_one_hot_at(cj_at at, cj_tensor *index, int64_t classes, cj_dtype dtype);
#define cj_one_hot(...) cj_one_hot_at(CJ_HERE, __VA_ARGS__)
/* start + i step, i = 0, 1, ... before stop; step not 0. Computed in f64 and cast, as is: `count`
 * numbers from start to stop, both of them among these. */
CJ_API cj_tensor *cj_arange_at(cj_at at, cj_context *context, cj_dtype dtype, double start,
                               double stop, double step);
#define cj_arange(...) cj_arange_at(CJ_HERE, __VA_ARGS__)
CJ_API cj_tensor *cj_linspace_at(cj_at at, cj_context *context, cj_dtype dtype, double start,
                                 double stop, int64_t count);
#define cj_linspace(...) cj_linspace_at(CJ_HERE, __VA_ARGS__)
/* grid[i] is vector x[i] along axis i, repeated along the others ("ij"). Returns the context's
 * status. */
CJ_API cj_status cj_meshgrid_at(cj_at at, int count, cj_tensor *const *x, cj_tensor **grid);
#define cj_meshgrid(...) cj_meshgrid_at(CJ_HERE, __VA_ARGS__)

/* ---- slices whose place is data, counts ---- */

/* `length` elements of x along the axis from `start`, an integer of one element, which is moved so that all of them
 * are there. */
CJ_API cj_tensor *cj_dynamic_slice_at(cj_at at, cj_tensor *x, int axis, cj_tensor *start,
                                      int64_t length);
#define cj_dynamic_slice(...) cj_dynamic_slice_at(CJ_HERE, __VA_ARGS__)
/* x with y, of x's shape but along the axis, in the place of what such a slice reads. */
CJ_API cj_tensor *cj_dynamic_update_slice_at(cj_at at, cj_tensor *x, int axis, cj_tensor *start,
                                             cj_tensor *y);
#define cj_dynamic_update_slice(...) cj_dynamic_update_slice_at(CJ_HERE, __VA_ARGS__)
/* Where a bool tensor is true: i32 [its elements], row-major places in order, *count (i32 scalar, NULL: not
 * wanted) of them; behind them stands the number of elements, a place that is not there. */
CJ_API cj_tensor *cj_nonzero_at(cj_at at, cj_tensor *mask, cj_tensor **count);
#define cj_nonzero(...) cj_nonzero_at(CJ_HERE, __VA_ARGS__)
/* How often each of 0 to count - 1 stands in x, integers of any shape: i64 [count]; with weights, as many as x
 * has elements, their sums in their dtype. Others are dropped. */
CJ_API cj_tensor *cj_bincount_at(cj_at at, cj_tensor *x, cj_tensor *weight, int64_t count);
#define cj_bincount(...) cj_bincount_at(CJ_HERE, __VA_ARGS__)
/* How many elements of x lie in [edges[b], edges[b + 1]), in the last bin its end too: i64 [bins], edges [bins +
 * 1] rising (NumPy's histogram). Elements outside, and NaN, are dropped. */
CJ_API cj_tensor *cj_histogram_at(cj_at at, cj_tensor *x, cj_tensor *edges);
#define cj_histogram(...) cj_histogram_at(CJ_HERE, __VA_ARGS__)

/* ---- products ---- */

/*
 * Einstein summation, as NumPy's and torch's: "bij,bjk->bik". Letters name axes; a letter that the
 * result lacks is summed over; twice in one operand, it takes the diagonal; "..." stands for further
 * axes, which broadcast; without "->" the result has the letters that stand once, sorted. Operands
 * (at least 1, of one dtype) are multiplied from left to right; sums over letters that two
 * share are matrix products.
 */
CJ_API cj_tensor *cj_einsum_at(cj_at at, const char *equation, int count, cj_tensor *const *x);
#define cj_einsum(...) cj_einsum_at(CJ_HERE, __VA_ARGS__)
/* [m] and [n] to [m, n]: a[i] b[j]. */
CJ_API cj_tensor *cj_outer_at(cj_at at, cj_tensor *a, cj_tensor *b);
#define cj_outer(...) cj_outer_at(CJ_HERE, __VA_ARGS__)
/* The Kronecker product, of up to 8 axes: y[i p + j] = a[i] b[j] along each, b with p there. */
CJ_API cj_tensor *cj_kron_at(cj_at at, cj_tensor *a, cj_tensor *b);
#define cj_kron(...) cj_kron_at(CJ_HERE, __VA_ARGS__)
/* The vector product along an axis of extent 3. */
CJ_API cj_tensor *cj_cross_at(cj_at at, cj_tensor *a, cj_tensor *b, int axis);
#define cj_cross(...) cj_cross_at(CJ_HERE, __VA_ARGS__)

/* ---- windows, resizing, sampling ---- */

/*
 * Windows as columns (im2col; torch's unfold): x [N, C, spatial] to [N, C * positions of the window,
 * windows], channels outermost, both row-major; padding is 0, input_dilation 1. cj_fold_windows is
 * its transpose (torch's fold): adds [N, C * positions, windows] up, in index order, to [N, C,
 * extents].
 */
CJ_API cj_tensor *cj_unfold_at(cj_at at, cj_tensor *x, const cj_window_options *options);
#define cj_unfold(...) cj_unfold_at(CJ_HERE, __VA_ARGS__)
CJ_API cj_tensor *cj_fold_windows_at(cj_at at, cj_tensor *y, const cj_window_options *options,
                                     const int64_t *extents);
#define cj_fold_windows(...) cj_fold_windows_at(CJ_HERE, __VA_ARGS__)

/*
 * The last `spatial` axes of x resized to the extents, one after the other (torch's interpolate):
 * element i of n lies at (i + 1/2) m / n - 1/2 of the m, with align_corners at i (m - 1) / (n - 1).
 * Nearest takes element floor(i m / n), linear mixes two neighbours, cubic four (a = -0.75, Keys,
 * 1981); beyond the ends the outermost repeats.
 */
typedef enum cj_resize_mode { CJ_RESIZE_NEAREST, CJ_RESIZE_LINEAR, CJ_RESIZE_CUBIC } cj_resize_mode;
CJ_API cj_tensor *cj_resize_at(cj_at at, cj_tensor *x, int spatial, const int64_t *extents,
                               cj_resize_mode mode, bool align_corners);
#define cj_resize(...) cj_resize_at(CJ_HERE, __VA_ARGS__)

/*
 * x [N, C, H, W] at the points grid [N, height, width, 2], (across, down) from -1 to 1 between the
 * picture's edges, with align_corners between the centres of its outermost elements (torch's
 * grid_sample). Bilinear, or the nearest element (half to even). Outside stand zeros, or, with
 * CJ_SAMPLE_BORDER, the nearest point of the border is meant, whose derivative to the grid is 0.
 * options NULL: bilinear, zeros.
 */
typedef enum cj_sample_padding { CJ_SAMPLE_ZEROS, CJ_SAMPLE_BORDER } cj_sample_padding;
typedef struct cj_sample_options {
    bool nearest, align_corners;
    cj_sample_padding padding;
} cj_sample_options;
CJ_API cj_tensor *cj_grid_sample_at(cj_at at, cj_tensor *x, cj_tensor *grid,
                                    const cj_sample_options *options);
#define cj_grid_sample(...) cj_grid_sample_at(CJ_HERE, __VA_ARGS__)

/* The points of a grid for grid_sample: theta [N, 2, 3] times (across, down, 1) of each element of a
 * picture of that height and width: [N, height, width, 2] (torch's affine_grid). Jaderberg et al.,
 * "Spatial transformer networks", NeurIPS 2015. */
CJ_API cj_tensor *cj_affine_grid_at(cj_at at, cj_tensor *theta, int64_t height, int64_t width,
                                    bool align_corners);
#define cj_affine_grid(...) cj_affine_grid_at(CJ_HERE, __VA_ARGS__)

/*
 * ---- sparse matrices by rows (CSR): A[r, columns[e]] = values[e] for row_starts[r] <= e <
 * row_starts[r + 1] ----
 *
 * values (f32 or f64) and columns (i32) are [entries], row_starts (i32) is [rows + 1] and does not
 * go down. Columns outside are left out. A sum adds its terms, rounded, in the order of e.
 */
typedef struct cj_csr {
    cj_tensor *values, *columns, *row_starts;
    int64_t column_count;
} cj_csr;
/* A x, [columns, k] to [rows, k], or vectors; and A^T x, [rows, k] to [columns, k]. */
CJ_API cj_tensor *cj_csr_matmul_at(cj_at at, const cj_csr *m, cj_tensor *x);
#define cj_csr_matmul(...) cj_csr_matmul_at(CJ_HERE, __VA_ARGS__)
CJ_API cj_tensor *cj_csr_matmul_transposed_at(cj_at at, const cj_csr *m, cj_tensor *x);
#define cj_csr_matmul_transposed(...) cj_csr_matmul_transposed_at(CJ_HERE, __VA_ARGS__)
/* y[e] = a[r] . b[columns[e]], r the entry's row, for a [rows, k] and b [columns, k]: the entries of
 * a b^T that the matrix has (the scores of graph attention). Its values are not looked at. */
CJ_API cj_tensor *cj_csr_dot_at(cj_at at, const cj_csr *m, cj_tensor *a, cj_tensor *b);
#define cj_csr_dot(...) cj_csr_dot_at(CJ_HERE, __VA_ARGS__)

/* ---- packed bits, for binary nets ---- */

/* Truth values [..., n] as u32 words [..., ceil(n / 32)], element 32 w + b in bit b of word w, the
 * rest 0; and back. */
CJ_API cj_tensor *cj_bit_pack_at(cj_at at, cj_tensor *x);
#define cj_bit_pack(...) cj_bit_pack_at(CJ_HERE, __VA_ARGS__)
CJ_API cj_tensor *cj_bit_unpack_at(cj_at at, cj_tensor *words, int64_t count);
#define cj_bit_unpack(...) cj_bit_unpack_at(CJ_HERE, __VA_ARGS__)
/* i32 y[..., i, j]: in how many bits rows a[..., i] and b[..., j] differ: u32 [..., m, words] and
 * [..., n, words]. cj_sign_matmul: the dot products of rows of `count` packed signs, true for 1 and
 * false for -1: count - 2 y (Rastegari et al., "XNOR-Net", 2016). */
CJ_API cj_tensor *cj_bit_matmul_at(cj_at at, cj_tensor *a, cj_tensor *b);
#define cj_bit_matmul(...) cj_bit_matmul_at(CJ_HERE, __VA_ARGS__)
CJ_API cj_tensor *cj_sign_matmul_at(cj_at at, cj_tensor *a, cj_tensor *b, int64_t count);
#define cj_sign_matmul(...) cj_sign_matmul_at(CJ_HERE, __VA_ARGS__)

#ifdef __cplusplus
}
#endif

#endif
