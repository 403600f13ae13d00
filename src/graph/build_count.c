/*
 * src/graph/build_count.c - slices whose place is data, counts and places of elements, second moments.
 */
#include "cajal/index.h"
#include "cajal/reduce.h"
#include "graph/build.h"

#include <inttypes.h>

/* ---- slices whose place is data ---- */

/* `start` as an i64 scalar, moved so that [start, start + length) lies within the axis; NULL: a building error. */
static cj_tensor *start_within(cj_at at, const char *name, const cj_tensor *x, int *axis,
                               cj_tensor *start, int64_t length)
{
    if (!cj_ready(x) || !start)
        return NULL;
    int place = *axis < 0 ? *axis + x->rank : *axis;
    bool whole = strchr("iu", cj_dtype_class((cj_dtype)start->dtype)) && start->elements == 1;
    if (place < 0 || place >= x->rank || length < 0 || length > x->shape[place] || !whole) {
        cj_fail_building(x->context, whole ? CJ_SHAPE : CJ_DTYPE, at,
                         "%s: %" PRId64 " elements from %s along axis %d of %s; the start is one "
                         "integer, and they are no more than there are",
                         name, length, CJ_SHAPE_OF(start), *axis, CJ_SHAPE_OF(x));
        return NULL;
    }
    *axis = place;
    start = cj_reshape_at(at, cj_cast_at(at, start, CJ_I64), 0, NULL);
    if (!start)
        return NULL;
    start = cj_maximum_at(at, start, cj_like_at(at, start, 0));
    return cj_minimum_at(at, start, cj_like_at(at, start, (double)(x->shape[place] - length)));
}

cj_tensor *cj_dynamic_slice_at(cj_at at, cj_tensor *x, int axis, cj_tensor *start, int64_t length)
{
    start = start_within(at, "dynamic_slice", x, &axis, start, length);
    if (!start)
        return NULL;
    cj_tensor *place = cj_iota_at(at, x->context, CJ_I64, 1, &length, 0);
    return cj_take_at(at, x, axis, cj_add_at(at, place, start));
}

cj_tensor *cj_dynamic_update_slice_at(cj_at at, cj_tensor *x, int axis, cj_tensor *start,
                                      cj_tensor *y)
{
    if (!cj_ready(x) || !y)
        return NULL;
    int place = axis < 0 ? axis + x->rank : axis;
    bool fits = y->rank == x->rank && y->dtype == x->dtype && place >= 0 && place < x->rank;
    for (int i = 0; fits && i < x->rank; i++)
        fits = i == place || y->shape[i] == x->shape[i];
    if (!fits) {
        cj_fail_building(x->context, CJ_SHAPE, at,
                         "dynamic_update_slice: %s into %s along axis %d; they are alike but for "
                         "this axis",
                         CJ_SHAPE_OF(y), CJ_SHAPE_OF(x), axis);
        return NULL;
    }
    int64_t length = y->shape[place], n = x->shape[place];
    start = start_within(at, "dynamic_update_slice", x, &axis, start, length);
    if (!start || length == 0)
        return start ? x : NULL;
    cj_tensor *from = cj_sub_at(at, cj_iota_at(at, x->context, CJ_I64, 1, &n, 0), start);
    if (!from)
        return NULL;
    cj_tensor *first = cj_like_at(at, from, 0), *last = cj_like_at(at, from, (double)(length - 1));
    cj_tensor *new = cj_and_at(at, cj_ge_at(at, from, first), cj_le_at(at, from, last));
    int64_t shape[CJ_MAX_RANK];
    for (int i = 0; i < x->rank; i++)
        shape[i] = i == place ? n : 1;
    new = cj_reshape_at(at, new, x->rank, shape);
    from = cj_minimum_at(at, cj_maximum_at(at, from, first), last);
    return cj_where_at(at, new, cj_take_at(at, y, place, from), x);
}

/* ---- counts and places ---- */

cj_tensor *cj_nonzero_at(cj_at at, cj_tensor *mask, cj_tensor **count)
{
    if (count)
        *count = NULL;
    if (!cj_ready(mask))
        return NULL;
    if (mask->dtype != CJ_BOOL || mask->elements > INT32_MAX) {
        cj_fail_building(mask->context, CJ_DTYPE, at, "nonzero: %s; it takes bool (cj_ne(x, 0))",
                         CJ_SHAPE_OF(mask));
        return NULL;
    }
    int64_t n = mask->elements;
    cj_tensor *flat = cj_reshape_at(at, mask, 1, &n);
    cj_tensor *order = cj_argsort_at(at, cj_cast_at(at, cj_not_at(at, flat), CJ_U8), 0, false);
    cj_tensor *found = cj_sum_at(at, cj_cast_at(at, flat, CJ_I32), CJ_ALL, false);
    cj_tensor *rank = cj_iota_at(at, mask->context, CJ_I32, 1, &n, 0);
    cj_tensor *place =
        order ? cj_where_at(at, cj_lt_at(at, rank, found), order, cj_like_at(at, order, (double)n))
              : NULL;
    if (count && place)
        *count = found;
    return place;
}

cj_tensor *cj_bincount_at(cj_at at, cj_tensor *x, cj_tensor *weight, int64_t count)
{
    if (!cj_ready(x))
        return NULL;
    int64_t n = x->elements;
    if (weight && weight->elements != n) {
        cj_fail_building(x->context, CJ_SHAPE, at,
                         "bincount: %s with weights %s; they have as many elements", CJ_SHAPE_OF(x),
                         CJ_SHAPE_OF(weight));
        return NULL;
    }
    cj_tensor *each =
        weight ? cj_reshape_at(at, weight, 1, &n) : cj_full_at(at, x->context, CJ_I64, 1, &n, 1);
    return cj_segment_sum_at(at, each, cj_reshape_at(at, x, 1, &n), count);
}

cj_tensor *cj_histogram_at(cj_at at, cj_tensor *x, cj_tensor *edges)
{
    if (!cj_ready(x) || !edges)
        return NULL;
    if (edges->rank != 1 || edges->shape[0] < 2 || edges->dtype != x->dtype) {
        cj_fail_building(x->context, CJ_SHAPE, at,
                         "histogram: %s with edges %s; these are at least two numbers of x's dtype",
                         CJ_SHAPE_OF(x), CJ_SHAPE_OF(edges));
        return NULL;
    }
    int64_t bins = edges->shape[0] - 1;
    cj_tensor *place = cj_searchsorted_at(at, edges, x, true);
    cj_tensor *at_end = cj_eq_at(at, x, cj_narrow_at(at, edges, 0, bins, bins + 1));
    if (!place)
        return NULL;
    place = cj_where_at(at, at_end, cj_like_at(at, place, (double)bins), place);
    return cj_bincount_at(at, cj_shift_at(at, place, -1), NULL, bins);
}

/* ---- second moments ---- */

cj_tensor *cj_covariance_at(cj_at at, cj_tensor *x, int64_t correction)
{
    if (!cj_ready(x))
        return NULL;
    if (x->rank < 2 || cj_dtype_class((cj_dtype)x->dtype) != 'f') {
        cj_fail_building(x->context, CJ_SHAPE, at,
                         "covariance: %s; it takes rows of floats [..., n, d]", CJ_SHAPE_OF(x));
        return NULL;
    }
    int rows = x->rank - 2;
    double n = (double)(x->shape[rows] - correction);
    cj_tensor *d = cj_sub_at(at, x, cj_mean_at(at, x, CJ_AXIS(rows), true));
    cj_tensor *sums = d ? cj_matmul_at(at, cj_transpose_at(at, d, -1, -2), d) : NULL;
    return sums ? cj_div_at(at, sums, cj_like_at(at, sums, n > 0 ? n : 0)) : NULL;
}

cj_tensor *cj_corrcoef_at(cj_at at, cj_tensor *x)
{
    cj_tensor *c = cj_covariance_at(at, x, 0);
    if (!c)
        return NULL;
    cj_tensor *deviation = cj_sqrt_at(at, cj_diagonal_at(at, c, 0));
    cj_tensor *both =
        cj_mul_at(at, cj_unsqueeze_at(at, deviation, -1), cj_unsqueeze_at(at, deviation, -2));
    return cj_div_at(at, c, both);
}
