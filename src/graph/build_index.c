/*
 * src/graph/build_index.c - gather, take and the scatters.
 */
#include "cajal/index.h"
#include "graph/build.h"

cj_tensor *cj_gather_node(cj_at at, cj_tensor *x, int axis, cj_tensor *index, bool zero)
{
    if (!cj_ready(x) || !index)
        return NULL;
    return cj_node(x->context, at,
                   &(cj_node_spec){.op = CJ_OP_GATHER,
                                   .source_count = 2,
                                   .source = (cj_tensor *[]){x, index},
                                   .option_count = 2,
                                   .option = (int64_t[]){axis, zero}});
}

cj_tensor *cj_scatter_node(cj_at at, cj_op op, cj_tensor *x, int axis, cj_tensor *index,
                           int64_t extent)
{
    if (!cj_ready(x) || !index)
        return NULL;
    bool last = op == CJ_OP_SCATTER_LAST;
    return cj_node(x->context, at,
                   &(cj_node_spec){.op = op,
                                   .source_count = last ? 1 : 2,
                                   .source = (cj_tensor *[]){last ? index : x, index},
                                   .option_count = 2,
                                   .option = (int64_t[]){axis, extent}});
}

cj_tensor *cj_gather_at(cj_at at, cj_tensor *x, int axis, cj_tensor *index)
{
    if (!cj_ready(x) || !index)
        return NULL;
    int chosen = cj_axis_of(at, "gather", x, axis, x->rank);
    return chosen < 0 ? NULL : cj_gather_node(at, x, chosen, index, false);
}

cj_tensor *cj_take_at(cj_at at, cj_tensor *x, int axis, cj_tensor *index)
{
    if (!cj_ready(x) || !index)
        return NULL;
    int chosen = cj_axis_of(at, "take", x, axis, x->rank);
    if (chosen < 0)
        return NULL;
    int rank = x->rank - 1 + index->rank;
    if (rank > CJ_MAX_RANK) {
        cj_fail_building(x->context, CJ_SHAPE, at,
                         "take: %s by the index %s makes %d axes; the most are %d", CJ_SHAPE_OF(x),
                         CJ_SHAPE_OF(index), rank, CJ_MAX_RANK);
        return NULL;
    }
    int64_t flat[CJ_MAX_RANK], shape[CJ_MAX_RANK];
    for (int i = 0; i < x->rank; i++)
        flat[i] = i == chosen ? index->elements : 1;
    for (int i = 0; i < rank; i++)
        shape[i] = i < chosen                 ? x->shape[i]
                   : i < chosen + index->rank ? index->shape[i - chosen]
                                              : x->shape[i - index->rank + 1];
    cj_tensor *row = cj_reshape_at(at, index, x->rank, flat);
    return cj_reshape_at(at, cj_gather_node(at, x, chosen, row, false), rank, shape);
}

/* ---- scatters ---- */

/* `values` and `index` broadcast to one shape but for axes of 1 that the index keeps; false: an error. */
static bool scatter_sources(cj_at at, const char *name, cj_tensor *base, int *axis,
                            cj_tensor *index, cj_tensor **values)
{
    cj_tensor *v = *values;
    if (!cj_ready(base) || !index || !v)
        return false;
    *axis = cj_axis_of(at, name, base, *axis, base->rank);
    if (*axis < 0)
        return false;
    bool fits = v->rank == base->rank && index->rank == base->rank;
    for (int i = 0; fits && i < base->rank; i++)
        fits = i == *axis || (v->shape[i] == base->shape[i] || v->shape[i] == 1);
    if (!fits || v->dtype != base->dtype) {
        cj_fail_building(base->context, fits ? CJ_DTYPE : CJ_SHAPE, at,
                         "%s: %s of %s by the index %s along axis %d: values and index must have "
                         "as many axes, one dtype, and equal extents, or 1, along the others",
                         name, CJ_SHAPE_OF(base), CJ_SHAPE_OF(v), CJ_SHAPE_OF(index), *axis);
        return false;
    }
    int64_t shape[CJ_MAX_RANK];
    for (int i = 0; i < base->rank; i++)
        shape[i] = i == *axis ? index->shape[i] : base->shape[i];
    *values = cj_expand_at(at, v, base->rank, shape);
    return *values != NULL;
}

cj_tensor *cj_scatter_add_at(cj_at at, cj_tensor *base, int axis, cj_tensor *index,
                             cj_tensor *values)
{
    if (!scatter_sources(at, "scatter_add", base, &axis, index, &values))
        return NULL;
    return cj_add_at(
        at, base, cj_scatter_node(at, CJ_OP_SCATTER_ADD, values, axis, index, base->shape[axis]));
}

cj_tensor *cj_scatter_max_at(cj_at at, cj_tensor *base, int axis, cj_tensor *index,
                             cj_tensor *values)
{
    if (!scatter_sources(at, "scatter_max", base, &axis, index, &values))
        return NULL;
    return cj_maximum_at(
        at, base, cj_scatter_node(at, CJ_OP_SCATTER_MAX, values, axis, index, base->shape[axis]));
}

cj_tensor *cj_scatter_min_at(cj_at at, cj_tensor *base, int axis, cj_tensor *index,
                             cj_tensor *values)
{
    if (!scatter_sources(at, "scatter_min", base, &axis, index, &values))
        return NULL;
    return cj_minimum_at(
        at, base, cj_scatter_node(at, CJ_OP_SCATTER_MIN, values, axis, index, base->shape[axis]));
}

/* The last to be sent to each place is found first; its element is then gathered. */
cj_tensor *cj_scatter_set_at(cj_at at, cj_tensor *base, int axis, cj_tensor *index,
                             cj_tensor *values)
{
    if (!scatter_sources(at, "scatter_set", base, &axis, index, &values))
        return NULL;
    cj_tensor *last =
        cj_scatter_node(at, CJ_OP_SCATTER_LAST, index, axis, index, base->shape[axis]);
    cj_tensor *sent = cj_gather_node(at, values, axis, last, true);
    return last ? cj_where_at(at, cj_ge_at(at, last, cj_like_at(at, last, 0)), sent, base) : NULL;
}

/* ---- segments ---- */

/* Values [m, ...] and segment numbers [m] as values and an index of one rank; false: an error. */
static bool segment_sources(cj_at at, const char *name, cj_tensor *x, cj_tensor **segment)
{
    if (!cj_ready(x) || !*segment)
        return false;
    if (x->rank < 1 || (*segment)->rank != 1 || (*segment)->shape[0] != x->shape[0]) {
        cj_fail_building(x->context, CJ_SHAPE, at,
                         "%s: %s in the segments %s: each row of the first axis has a number", name,
                         CJ_SHAPE_OF(x), CJ_SHAPE_OF(*segment));
        return false;
    }
    int64_t shape[CJ_MAX_RANK];
    for (int i = 0; i < x->rank; i++)
        shape[i] = i ? 1 : x->shape[0];
    *segment = cj_reshape_at(at, *segment, x->rank, shape);
    return *segment != NULL;
}

static cj_tensor *segment_reduce(cj_at at, const char *name, cj_op op, cj_tensor *x,
                                 cj_tensor *segment, int64_t count)
{
    if (!segment_sources(at, name, x, &segment))
        return NULL;
    return cj_scatter_node(at, op, x, 0, segment, count);
}

cj_tensor *cj_segment_sum_at(cj_at at, cj_tensor *x, cj_tensor *segment, int64_t count)
{
    return segment_reduce(at, "segment_sum", CJ_OP_SCATTER_ADD, x, segment, count);
}

cj_tensor *cj_segment_max_at(cj_at at, cj_tensor *x, cj_tensor *segment, int64_t count)
{
    return segment_reduce(at, "segment_max", CJ_OP_SCATTER_MAX, x, segment, count);
}

cj_tensor *cj_segment_min_at(cj_at at, cj_tensor *x, cj_tensor *segment, int64_t count)
{
    return segment_reduce(at, "segment_min", CJ_OP_SCATTER_MIN, x, segment, count);
}

cj_tensor *cj_segment_mean_at(cj_at at, cj_tensor *x, cj_tensor *segment, int64_t count)
{
    if (!segment_sources(at, "segment_mean", x, &segment))
        return NULL;
    cj_tensor *ones =
        cj_full_at(at, x->context, (cj_dtype)x->dtype, segment->rank, segment->shape, 1);
    cj_tensor *sizes = cj_scatter_node(at, CJ_OP_SCATTER_ADD, ones, 0, segment, count);
    cj_tensor *total = cj_scatter_node(at, CJ_OP_SCATTER_ADD, x, 0, segment, count);
    return sizes ? cj_div_at(at, total, cj_maximum_at(at, sizes, cj_like_at(at, sizes, 1))) : NULL;
}

cj_tensor *cj_segment_softmax_at(cj_at at, cj_tensor *x, cj_tensor *segment, int64_t count)
{
    if (!segment_sources(at, "segment_softmax", x, &segment))
        return NULL;
    cj_tensor *most =
        cj_stop_gradient_at(at, cj_scatter_node(at, CJ_OP_SCATTER_MAX, x, 0, segment, count));
    cj_tensor *e = cj_exp_at(at, cj_sub_at(at, x, cj_gather_node(at, most, 0, segment, true)));
    cj_tensor *total = cj_scatter_node(at, CJ_OP_SCATTER_ADD, e, 0, segment, count);
    return cj_div_at(at, e, cj_gather_node(at, total, 0, segment, false));
}
