/*
 * src/graph/build_along.c - cumulative ops and sorting along an axis.
 */
#include "cajal/index.h"
#include "graph/build.h"

#include <inttypes.h>

static cj_tensor *along(cj_at at, cj_op op, cj_tensor *x, int64_t axis, int64_t a, int64_t b,
                        int options)
{
    return cj_node_of(at, op, x, options, (int64_t[]){axis, a, b});
}

/* ---- sums that run ---- */

cj_tensor *cj_cumsum_at(cj_at at, cj_tensor *x, int axis)
{
    if (!cj_ready(x))
        return NULL;
    int chosen = cj_axis_of(at, "cumsum", x, axis, x->rank);
    return chosen < 0 ? NULL : along(at, CJ_OP_CUMSUM, x, chosen, 0, 0, 2);
}

cj_tensor *cj_recurrence_node(cj_at at, cj_tensor *a, cj_tensor *b, int axis, bool reverse)
{
    if (!cj_ready(a) || !b)
        return NULL;
    return cj_node(a->context, at,
                   &(cj_node_spec){.op = CJ_OP_RECURRENCE,
                                   .source_count = 2,
                                   .source = (cj_tensor *[]){a, b},
                                   .option_count = 2,
                                   .option = (int64_t[]){axis, reverse}});
}

cj_tensor *cj_recurrence_at(cj_at at, cj_tensor *a, cj_tensor *b, int axis)
{
    if (!cj_ready(a) || !b)
        return NULL;
    int chosen = cj_axis_of(at, "recurrence", b, axis, b->rank);
    if (chosen < 0)
        return NULL;
    return cj_recurrence_node(at, cj_expand_at(at, a, b->rank, b->shape), b, chosen, false);
}

/* h[i] = x[i] h[i - 1] + 0, from h[0] = x[0]: no quotient, so zeros have derivatives of every order. */
cj_tensor *cj_cumprod_at(cj_at at, cj_tensor *x, int axis)
{
    if (!cj_ready(x))
        return NULL;
    int chosen = cj_axis_of(at, "cumprod", x, axis, x->rank);
    if (chosen < 0)
        return NULL;
    cj_tensor *place = cj_iota_at(at, x->context, CJ_I64, x->rank, x->shape, chosen);
    cj_tensor *first = place ? cj_eq_at(at, place, cj_like_at(at, place, 0)) : NULL;
    return cj_recurrence_at(at, x, cj_where_at(at, first, x, cj_like_at(at, x, 0)), chosen);
}

/* ---- the largest and the smallest so far ---- */

#define CJ_RUNNING(name, place_of, OP)                                                             \
    cj_tensor *cj_##place_of##_at(cj_at at, cj_tensor *x, int axis)                                \
    {                                                                                              \
        if (!cj_ready(x))                                                                          \
            return NULL;                                                                           \
        int chosen = cj_axis_of(at, #place_of, x, axis, x->rank);                                  \
        return chosen < 0 ? NULL : along(at, OP, x, chosen, 0, 0, 1);                              \
    }                                                                                              \
    cj_tensor *cj_##name##_at(cj_at at, cj_tensor *x, int axis)                                    \
    {                                                                                              \
        return cj_gather_at(at, x, axis, cj_##place_of##_at(at, x, axis));                         \
    }
CJ_RUNNING(cummax, cumulative_argmax, CJ_OP_CUMULATIVE_ARGMAX)
CJ_RUNNING(cummin, cumulative_argmin, CJ_OP_CUMULATIVE_ARGMIN)

/* ---- sorting ---- */

cj_tensor *cj_argsort_at(cj_at at, cj_tensor *x, int axis, bool descending)
{
    if (!cj_ready(x))
        return NULL;
    int chosen = cj_axis_of(at, "argsort", x, axis, x->rank);
    if (chosen < 0)
        return NULL;
    return along(at, CJ_OP_ARGSORT, x, chosen, descending, x->shape[chosen], 3);
}

cj_tensor *cj_sort_at(cj_at at, cj_tensor *x, int axis, bool descending)
{
    return cj_gather_at(at, x, axis, cj_argsort_at(at, x, axis, descending));
}

cj_tensor *cj_top_k_at(cj_at at, cj_tensor *x, int64_t k, int axis, bool smallest,
                       cj_tensor **index)
{
    if (index)
        *index = NULL;
    if (!cj_ready(x))
        return NULL;
    int chosen = cj_axis_of(at, "top_k", x, axis, x->rank);
    if (chosen < 0)
        return NULL;
    if (k < 0 || k > x->shape[chosen]) {
        cj_fail_building(x->context, CJ_INVALID, at,
                         "top_k: the first %" PRId64 " along axis %d of %s; it takes 0 to %" PRId64,
                         k, axis, CJ_SHAPE_OF(x), x->shape[chosen]);
        return NULL;
    }
    cj_tensor *order = along(at, CJ_OP_ARGSORT, x, chosen, !smallest, k, 3);
    if (index)
        *index = order;
    return cj_gather_at(at, x, axis, order);
}

cj_tensor *cj_searchsorted_at(cj_at at, cj_tensor *sorted, cj_tensor *values, bool right)
{
    if (!cj_ready(sorted) || !values)
        return NULL;
    cj_tensor *v = values;
    if (sorted->rank == 1 && values->rank != 1) { /* one row for all values */
        v = cj_reshape_at(at, values, 1, (int64_t[]){-1 + (values->elements == 0)});
        if (!v)
            return NULL;
    }
    cj_tensor *place = cj_node(sorted->context, at,
                               &(cj_node_spec){.op = CJ_OP_SEARCHSORTED,
                                               .source_count = 2,
                                               .source = (cj_tensor *[]){sorted, v},
                                               .option_count = 1,
                                               .option = &(int64_t){right}});
    return cj_reshape_at(at, place, values->rank, values->shape);
}

/* ---- what sorting gives ---- */

static cj_tensor *at_place(cj_at at, cj_tensor *x, int axis, int64_t place)
{
    return cj_narrow_at(at, x, axis, place, place + 1);
}

cj_tensor *cj_quantile_at(cj_at at, cj_tensor *x, double q, int axis, bool keep)
{
    if (!cj_ready(x))
        return NULL;
    int chosen = cj_axis_of(at, "quantile", x, axis, x->rank);
    if (chosen < 0)
        return NULL;
    int64_t n = x->shape[chosen];
    if (!(q >= 0 && q <= 1) || n == 0 || cj_dtype_class(x->dtype) != 'f') {
        cj_fail_building(
            x->context, CJ_INVALID, at,
            "quantile: %g along axis %d of %s; it takes 0 to 1, of floats, of at least "
            "one of them",
            q, axis, CJ_SHAPE_OF(x));
        return NULL;
    }
    cj_tensor *sorted = cj_sort_at(at, x, chosen, false);
    double place = q * (double)(n - 1);
    int64_t low = (int64_t)place, high = CJ_MIN(low + 1, n - 1);
    cj_tensor *a = at_place(at, sorted, chosen, low), *b = at_place(at, sorted, chosen, high);
    cj_tensor *last = at_place(at, sorted, chosen, n - 1); /* NaN if there is one */
    double part = place - (double)low;
    cj_tensor *between =
        part > 0 ? cj_add_at(at, a, cj_scale_at(at, cj_sub_at(at, b, a), part)) : a;
    cj_tensor *y = cj_where_at(at, cj_eq_at(at, last, last), between, last);
    return keep ? y : cj_squeeze_at(at, y, chosen);
}

cj_tensor *cj_median_at(cj_at at, cj_tensor *x, int axis, bool keep)
{
    return cj_quantile_at(at, x, 0.5, axis, keep);
}

/* 1 where a sorted vector begins anew, as i32. */
static cj_tensor *begins(cj_at at, cj_tensor *sorted)
{
    cj_tensor *before = cj_pad_at(at, sorted, (int64_t[]){1}, (int64_t[]){-1});
    cj_tensor *place = cj_iota_at(at, sorted->context, CJ_I32, 1, sorted->shape, 0);
    if (!before || !place)
        return NULL;
    cj_tensor *first = cj_eq_at(at, place, cj_like_at(at, place, 0));
    return cj_cast_at(at, cj_or_at(at, first, cj_ne_at(at, sorted, before)), CJ_I32);
}

cj_unique_result cj_unique_at(cj_at at, cj_tensor *x)
{
    cj_unique_result none = {NULL, NULL, NULL, NULL};
    if (!cj_ready(x))
        return none;
    int64_t n = x->elements;
    cj_tensor *flat = cj_reshape_at(at, x, 1, &n), *order = cj_argsort_at(at, flat, 0, false);
    cj_tensor *sorted = cj_gather_at(at, flat, 0, order);
    cj_tensor *starts = sorted ? begins(at, sorted) : NULL;
    if (!starts)
        return none;
    cj_tensor *number = cj_shift_at(at, cj_cumsum_at(at, starts, 0), -1); /* of each sorted one */
    cj_tensor *ones = cj_full_at(at, x->context, CJ_I32, 1, &n, 1);
    cj_tensor *zeros = cj_full_at(at, x->context, CJ_I32, 1, &n, 0);
    cj_tensor *last = cj_scatter_node(at, CJ_OP_SCATTER_LAST, number, 0, number, n);
    cj_unique_result unique = {
        .values = cj_gather_node(at, sorted, 0, last, true),
        .count = cj_sum_at(at, starts, CJ_ALL, false),
        .inverse =
            cj_reshape_at(at, cj_scatter_set_at(at, zeros, 0, order, number), x->rank, x->shape),
        .counts = cj_scatter_node(at, CJ_OP_SCATTER_ADD, ones, 0, number, n)};
    return unique.values && unique.count && unique.inverse && unique.counts ? unique : none;
}
