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

#ifdef __cplusplus
}
#endif

#endif
