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

#ifdef __cplusplus
}
#endif

#endif
