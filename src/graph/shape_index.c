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
    char class = cj_dtype_class(x->dtype);
    if (!names_places(index))
        return cj_fail_building(context, CJ_DTYPE, at,
                                "%s: the index is %s; it must be i32 or i64: cj_cast it", name,
                                CJ_SHAPE_OF(index));
    if (class == 'b' || (class == 'f' && cj_dtype_size((cj_dtype)x->dtype) < 4))
        return cj_fail_building(context, CJ_DTYPE, at,
                                "%s: %s; it takes integers, f32 and f64: cj_cast it", name,
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
