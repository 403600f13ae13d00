/*
 * src/graph/shape_index.c - rules of gather and the scatters.
 */
#include "graph/build.h"

#include <inttypes.h>

static bool names_places(const cj_tensor *index)
{
    return index->dtype == CJ_I32 || index->dtype == CJ_I64;
}

cj_status cj_rule_gather(cj_context *context, cj_at at, const cj_node_spec *spec, cj_result *result)
{
    const cj_tensor *x = spec->source[0], *index = spec->source[1];
    int axis = (int)spec->option[0];
    if (!names_places(index))
        return cj_fail_building(context, CJ_DTYPE, at,
                                "gather: the index is %s; it must be i32 or i64: cj_cast it",
                                CJ_SHAPE_OF(index));
    bool fits = index->rank == x->rank && axis < x->rank;
    result->dtype = x->dtype;
    result->rank = x->rank;
    result->shape = result->extent;
    for (int i = 0; fits && i < x->rank; i++) {
        int64_t a = x->shape[i], b = index->shape[i];
        result->extent[i] = i == axis || a == 1 ? b : a;
        fits = i == axis || a == b || a == 1 || b == 1;
    }
    if (!fits)
        return cj_fail_building(context, CJ_SHAPE, at,
                                "gather: %s by the index %s along axis %d: they must have as many "
                                "axes, and equal extents, or 1, along the others",
                                CJ_SHAPE_OF(x), CJ_SHAPE_OF(index), axis);
    return CJ_OK;
}

cj_status cj_rule_scatter(cj_context *context, cj_at at, const cj_node_spec *spec,
                          cj_result *result)
{
    const cj_tensor *x = spec->source[0], *index = spec->source[spec->source_count - 1];
    const char *name = cj_op_table[spec->op].name;
    int axis = (int)spec->option[0];
    if (!names_places(index))
        return cj_fail_building(context, CJ_DTYPE, at,
                                "%s: the index is %s; it must be i32 or i64: cj_cast it", name,
                                CJ_SHAPE_OF(index));
    if (x->dtype == CJ_BOOL)
        return cj_fail_building(context, CJ_DTYPE, at, "%s: %s; it takes numbers: cj_cast it", name,
                                CJ_SHAPE_OF(x));
    bool fits = index->rank == x->rank && axis < x->rank;
    for (int i = 0; fits && i < x->rank; i++)
        fits = index->shape[i] == x->shape[i] || (index->shape[i] == 1 && i != axis);
    if (!fits)
        return cj_fail_building(context, CJ_SHAPE, at,
                                "%s: %s by the index %s along axis %d: the index must have its "
                                "extents, or 1 along the other axes",
                                name, CJ_SHAPE_OF(x), CJ_SHAPE_OF(index), axis);
    if (spec->op == CJ_OP_SCATTER_LAST && x->shape[axis] > INT32_MAX)
        return cj_fail_building(context, CJ_SHAPE, at,
                                "%s: %" PRId64 " elements along axis %d of %s; an i32 position "
                                "tells 2^31 apart",
                                name, x->shape[axis], axis, CJ_SHAPE_OF(x));
    result->dtype = spec->op == CJ_OP_SCATTER_LAST ? CJ_I32 : (cj_dtype)x->dtype;
    result->rank = x->rank;
    result->shape = result->extent;
    memcpy(result->extent, x->shape, x->rank * sizeof *x->shape);
    result->extent[axis] = spec->option[1];
    return CJ_OK;
}

/* ---- along an axis ---- */

static cj_status check_along(cj_context *context, cj_at at, const cj_node_spec *spec, bool places)
{
    const cj_tensor *x = spec->source[0];
    const char *name = cj_op_table[spec->op].name;
    int64_t axis = spec->option[0];
    if (axis < 0 || axis >= x->rank)
        return cj_fail_building(context, CJ_INVALID, at, "%s: axis %" PRId64 " of %s", name, axis,
                                CJ_SHAPE_OF(x));
    if (places && x->shape[axis] > INT32_MAX)
        return cj_fail_building(context, CJ_SHAPE, at,
                                "%s: axis %" PRId64 " of %s; an i32 place tells 2^31 apart", name,
                                axis, CJ_SHAPE_OF(x));
    if (!places && x->dtype == CJ_BOOL)
        return cj_fail_building(context, CJ_DTYPE, at, "%s: %s; it takes numbers: cj_cast it", name,
                                CJ_SHAPE_OF(x));
    return CJ_OK;
}

cj_status cj_rule_cumulative(cj_context *context, cj_at at, const cj_node_spec *spec,
                             cj_result *result)
{
    const cj_tensor *x = spec->source[0];
    bool places = spec->op != CJ_OP_CUMSUM;
    result->dtype = places ? CJ_I32 : (cj_dtype)x->dtype;
    result->rank = x->rank;
    result->shape = x->shape;
    return check_along(context, at, spec, places);
}

cj_status cj_rule_recurrence(cj_context *context, cj_at at, const cj_node_spec *spec,
                             cj_result *result)
{
    const cj_tensor *a = spec->source[0], *b = spec->source[1];
    if (!cj_same_shape(a, b) || a->dtype != b->dtype)
        return cj_fail_building(context, CJ_SHAPE, at,
                                "recurrence: %s and %s: factors and terms have one dtype and shape",
                                CJ_SHAPE_OF(a), CJ_SHAPE_OF(b));
    result->dtype = b->dtype;
    result->rank = b->rank;
    result->shape = b->shape;
    return check_along(context, at, spec, false);
}

cj_status cj_rule_argsort(cj_context *context, cj_at at, const cj_node_spec *spec,
                          cj_result *result)
{
    const cj_tensor *x = spec->source[0];
    cj_status status = check_along(context, at, spec, true);
    if (status != CJ_OK)
        return status;
    int64_t axis = spec->option[0], count = spec->option[2];
    if (count < 0 || count > x->shape[axis])
        return cj_fail_building(context, CJ_INVALID, at,
                                "argsort: the first %" PRId64 " along axis %" PRId64 " of %s",
                                count, axis, CJ_SHAPE_OF(x));
    result->dtype = CJ_I32;
    result->rank = x->rank;
    result->shape = result->extent;
    memcpy(result->extent, x->shape, x->rank * sizeof *x->shape);
    result->extent[axis] = count;
    return CJ_OK;
}

cj_status cj_rule_searchsorted(cj_context *context, cj_at at, const cj_node_spec *spec,
                               cj_result *result)
{
    const cj_tensor *sorted = spec->source[0], *values = spec->source[1];
    bool fits = sorted->dtype == values->dtype && sorted->rank == values->rank && values->rank > 0;
    bool equal = true, shared = true;
    for (int i = 0; fits && i < values->rank - 1; i++) {
        equal &= sorted->shape[i] == values->shape[i];
        shared &= sorted->shape[i] == 1;
    }
    if (!fits || !(equal || shared) || sorted->shape[sorted->rank - 1] > INT32_MAX)
        return cj_fail_building(
            context, CJ_SHAPE, at,
            "searchsorted: %s for %s: they have one dtype, as many axes, and "
            "equal leading axes, or 1 in the first; at most 2^31 along the last",
            CJ_SHAPE_OF(sorted), CJ_SHAPE_OF(values));
    result->dtype = CJ_I32;
    result->rank = values->rank;
    result->shape = values->shape;
    return CJ_OK;
}
