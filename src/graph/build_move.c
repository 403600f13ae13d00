/*
 * src/graph/build_move.c - movement: the same elements elsewhere.
 */
#include "graph/build.h"

#include <inttypes.h>

int cj_axis_of(cj_at at, const char *name, const cj_tensor *x, int axis, int limit)
{
    int from_front = axis < 0 ? axis + limit : axis;
    if (from_front >= 0 && from_front < limit)
        return from_front;
    if (limit == 0)
        cj_fail_building(x->context, CJ_INVALID, at, "%s: axis %d of %s, which has none", name,
                         axis, CJ_SHAPE_OF(x));
    else
        cj_fail_building(x->context, CJ_INVALID, at, "%s: axis %d of %s; it is %d to %d", name,
                         axis, CJ_SHAPE_OF(x), -limit, limit - 1);
    return -1;
}

static cj_tensor *shaped(cj_at at, cj_op op, cj_tensor *x, int rank, const int64_t *shape,
                         int option_count, const int64_t *option)
{
    return cj_node(x->context, at,
                   &(cj_node_spec){.op = op,
                                   .rank = rank,
                                   .shape = shape,
                                   .source_count = 1,
                                   .source = &x,
                                   .option_count = option_count,
                                   .option = option});
}

/* Puts what is left in place of the -1 in `full`; false where nothing whole is left. */
static bool fill_in(const cj_tensor *x, int rank, int64_t *full)
{
    int open = -1;
    int64_t known = 1;
    for (int i = 0; i < rank; i++) {
        if (full[i] == -1 && open < 0)
            open = i;
        else if (full[i] < 0 || __builtin_mul_overflow(known, full[i], &known))
            return false;
    }
    if (open < 0)
        return true;
    if (known == 0 || x->elements % known)
        return false;
    full[open] = x->elements / known;
    return true;
}

cj_tensor *cj_reshape_at(cj_at at, cj_tensor *x, int rank, const int64_t *shape)
{
    if (!cj_ready(x))
        return NULL;
    if (rank >= 0 && rank <= CJ_MAX_RANK) {
        int64_t full[CJ_MAX_RANK] = {0};
        if (rank)
            memcpy(full, shape, (size_t)rank * sizeof *full);
        if (fill_in(x, rank, full))
            return shaped(at, CJ_OP_RESHAPE, x, rank, full, 0, NULL);
    }
    cj_fail_building(x->context, CJ_SHAPE, at,
                     "reshape: %s to %s: one extent may be -1, if the "
                     "others divide the elements",
                     CJ_SHAPE_OF(x), CJ_EXTENTS_OF(CJ_MIN(rank, CJ_MAX_RANK), shape));
    return NULL;
}

cj_tensor *cj_permute_at(cj_at at, cj_tensor *x, const int *axes)
{
    if (!cj_ready(x))
        return NULL;
    int64_t option[CJ_MAX_RANK] = {0};
    for (int i = 0; i < x->rank; i++)
        option[i] = axes[i] < 0 ? axes[i] + x->rank : axes[i];
    return cj_node_of(at, CJ_OP_PERMUTE, x, x->rank, option);
}

cj_tensor *cj_transpose_at(cj_at at, cj_tensor *x, int a, int b)
{
    if (!cj_ready(x))
        return NULL;
    int first = cj_axis_of(at, "transpose", x, a, x->rank);
    int second = cj_axis_of(at, "transpose", x, b, x->rank);
    if (first < 0 || second < 0)
        return NULL;
    int64_t option[CJ_MAX_RANK];
    for (int i = 0; i < x->rank; i++)
        option[i] = i == first ? second : i == second ? first : i;
    return cj_node_of(at, CJ_OP_PERMUTE, x, x->rank, option);
}

cj_tensor *cj_expand_at(cj_at at, cj_tensor *x, int rank, const int64_t *shape)
{
    if (!cj_ready(x))
        return NULL;
    if (rank < x->rank || rank > CJ_MAX_RANK) {
        cj_fail_building(x->context, CJ_SHAPE, at, "expand: %s to rank %d; it is %d to %d",
                         CJ_SHAPE_OF(x), rank, x->rank, CJ_MAX_RANK);
        return NULL;
    }
    if (rank > x->rank) {
        int64_t aligned[CJ_MAX_RANK];
        for (int i = 0; i < rank; i++)
            aligned[i] = i < rank - x->rank ? 1 : x->shape[i - (rank - x->rank)];
        x = shaped(at, CJ_OP_RESHAPE, x, rank, aligned, 0, NULL);
    }
    return x ? shaped(at, CJ_OP_EXPAND, x, rank, shape, 0, NULL) : NULL;
}

cj_tensor *cj_pad_at(cj_at at, cj_tensor *x, const int64_t *low, const int64_t *high)
{
    if (!cj_ready(x))
        return NULL;
    int64_t option[2 * CJ_MAX_RANK];
    for (int i = 0; i < x->rank; i++) {
        option[i] = low[i];
        option[x->rank + i] = high[i];
    }
    return cj_node_of(at, CJ_OP_PAD, x, 2 * x->rank, option);
}

cj_tensor *cj_slice_at(cj_at at, cj_tensor *x, const int64_t *start, const int64_t *stop,
                       const int64_t *step)
{
    if (!cj_ready(x))
        return NULL;
    int64_t option[2 * CJ_MAX_RANK], shape[CJ_MAX_RANK];
    for (int i = 0; i < x->rank; i++) {
        int64_t stride = step ? step[i] : 1;
        if (start[i] < 0 || start[i] > stop[i] || stop[i] > x->shape[i] || stride < 1) {
            cj_fail_building(
                x->context, CJ_INVALID, at,
                "slice: from %" PRId64 " to %" PRId64 " in steps of %" PRId64
                " along axis %d of %s; it takes 0 <= start <= stop <= extent, step > 0",
                start[i], stop[i], stride, i, CJ_SHAPE_OF(x));
            return NULL;
        }
        option[i] = start[i];
        option[x->rank + i] = stride;
        shape[i] = start[i] == stop[i] ? 0 : (stop[i] - start[i] - 1) / stride + 1;
    }
    return shaped(at, CJ_OP_SLICE, x, x->rank, shape, 2 * x->rank, option);
}

cj_tensor *cj_narrow_at(cj_at at, cj_tensor *x, int axis, int64_t start, int64_t stop)
{
    if (!cj_ready(x))
        return NULL;
    int chosen = cj_axis_of(at, "narrow", x, axis, x->rank);
    if (chosen < 0)
        return NULL;
    int64_t first[CJ_MAX_RANK], last[CJ_MAX_RANK];
    for (int i = 0; i < x->rank; i++) {
        first[i] = i == chosen ? start : 0;
        last[i] = i == chosen ? stop : x->shape[i];
    }
    return cj_slice_at(at, x, first, last, NULL);
}

cj_tensor *cj_flip_at(cj_at at, cj_tensor *x, uint32_t axes)
{
    if (!cj_ready(x))
        return NULL;
    uint32_t all = CJ_AXIS(x->rank) - 1;
    if (axes != CJ_ALL && axes & ~all) {
        cj_fail_building(x->context, CJ_INVALID, at,
                         "flip: the axes 0x%" PRIx32 " of %s, which has %d", axes, CJ_SHAPE_OF(x),
                         x->rank);
        return NULL;
    }
    return cj_node_of(at, CJ_OP_FLIP, x, 1, &(int64_t){axes & all});
}

cj_tensor *cj_concat_at(cj_at at, int axis, int count, cj_tensor *const *x)
{
    cj_context *context = count > 0 ? cj_ready(x[0]) : NULL;
    if (!context)
        return NULL;
    int chosen = cj_axis_of(at, "concat", x[0], axis, x[0]->rank);
    if (chosen < 0)
        return NULL;
    int64_t option = chosen;
    return cj_node(context, at,
                   &(cj_node_spec){.op = CJ_OP_CONCAT,
                                   .source_count = count,
                                   .source = x,
                                   .option_count = 1,
                                   .option = &option});
}

cj_tensor *cj_flatten_at(cj_at at, cj_tensor *x)
{
    if (!cj_ready(x))
        return NULL;
    if (x->rank == 0) {
        cj_fail_building(x->context, CJ_SHAPE, at, "flatten: %s has no first axis to keep",
                         CJ_SHAPE_OF(x));
        return NULL;
    }
    int64_t shape[2] = {x->shape[0], 1};
    for (int i = 1; i < x->rank; i++)
        shape[1] *= x->shape[i];
    return shaped(at, CJ_OP_RESHAPE, x, 2, shape, 0, NULL);
}

cj_tensor *cj_unsqueeze_at(cj_at at, cj_tensor *x, int axis)
{
    if (!cj_ready(x))
        return NULL;
    if (x->rank == CJ_MAX_RANK) {
        cj_fail_building(x->context, CJ_SHAPE, at, "unsqueeze: %s has %d axes, the most there are",
                         CJ_SHAPE_OF(x), CJ_MAX_RANK);
        return NULL;
    }
    int chosen = cj_axis_of(at, "unsqueeze", x, axis, x->rank + 1);
    if (chosen < 0)
        return NULL;
    int64_t shape[CJ_MAX_RANK];
    for (int i = 0; i <= x->rank; i++)
        shape[i] = i < chosen ? x->shape[i] : i == chosen ? 1 : x->shape[i - 1];
    return shaped(at, CJ_OP_RESHAPE, x, x->rank + 1, shape, 0, NULL);
}

cj_tensor *cj_squeeze_at(cj_at at, cj_tensor *x, int axis)
{
    if (!cj_ready(x))
        return NULL;
    int chosen = cj_axis_of(at, "squeeze", x, axis, x->rank);
    if (chosen < 0)
        return NULL;
    if (x->shape[chosen] != 1) {
        cj_fail_building(x->context, CJ_SHAPE, at,
                         "squeeze: axis %d of %s has extent %" PRId64 "; only 1 can be removed",
                         axis, CJ_SHAPE_OF(x), x->shape[chosen]);
        return NULL;
    }
    int64_t shape[CJ_MAX_RANK];
    for (int i = 0; i < x->rank - 1; i++)
        shape[i] = x->shape[i < chosen ? i : i + 1];
    return shaped(at, CJ_OP_RESHAPE, x, x->rank - 1, shape, 0, NULL);
}
