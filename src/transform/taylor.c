/*
 * src/transform/taylor.c - derivatives of higher order along a direction, for losses of
 * differential equations.
 *
 * Forward mode of forward mode. A linear op costs one op an order, because what a derivative of
 * order k adds is one tensor, and equal nodes are one: the graph grows with the order of an
 * elementwise op's own derivatives, not with its depth.
 */
#include "cajal/transform.h"
#include "transform/rewrite.h"
#include "transform/rules.h"

/* out[k - 1] = the derivative of order k of y along the constant directions t; zeros where it
 * vanishes. */
static cj_status derive(cj_at at, int count, cj_tensor *const *x, cj_tensor *const *t, cj_tensor *y,
                        int order, cj_tensor **out)
{
    cj_tensor *last = y;
    for (int k = 0; k < order; k++) {
        cj_tensor *next = NULL;
        cj_status status = last ? cj_jvp_at(at, count, x, t, 1, &last, &next) : CJ_OK;
        if (status != CJ_OK)
            return status;
        out[k] = next ? next : cj_full_at(at, y->context, (cj_dtype)y->dtype, y->rank, y->shape, 0);
        last = next;
    }
    return y->context->build_status;
}

static cj_status check(cj_context **context, cj_at at, const char *name, cj_tensor *y, int count,
                       cj_tensor *const *x, cj_tensor *const *direction)
{
    *context = NULL;
    cj_status status = cj_check_tensors(context, at, name, 1, &y, false);
    if (status == CJ_OK)
        status = cj_check_tensors(context, at, name, count, x, false);
    if (status == CJ_OK)
        status = cj_check_tensors(context, at, name, count, direction, true);
    if (status == CJ_OK)
        status = cj_check_pairs(*context, at, name, "output", 1, &y, &y);
    return status == CJ_OK ? cj_check_pairs(*context, at, name, "direction", count, x, direction)
                           : status;
}

/* A direction that depends on x is a constant all the same: a placeholder stands for it until
 * all is derived. */
static void name_directions(cj_at at, int count, cj_tensor *const *direction, cj_tensor **t)
{
    for (int k = 0; k < count; k++) {
        const cj_tensor *v = direction[k];
        t[k] =
            v ? cj_tap_at(at, cj_full_at(at, v->context, (cj_dtype)v->dtype, v->rank, v->shape, 0))
              : NULL;
    }
}

cj_status cj_taylor_at(cj_at at, int count, cj_tensor *const *x, cj_tensor *const *direction,
                       cj_tensor *y, int order, cj_tensor **out)
{
    for (int k = 0; k < order; k++)
        out[k] = NULL;
    cj_context *context;
    cj_status status = check(&context, at, "taylor", y, count, x, direction);
    if (status != CJ_OK)
        return status;
    size_t bytes = (size_t)(count + order) * sizeof(cj_tensor *);
    cj_tensor **t = cj_allocate(context, bytes), **made = t + count;
    if (!t)
        return cj_fail_building(context, CJ_NO_MEMORY, at, "taylor: out of memory");
    name_directions(at, count, direction, t);
    status = derive(at, count, x, t, y, order, made);
    if (status == CJ_OK)
        status = cj_replace_at(at, count, t, direction, order, made, out);
    cj_release(context, t, bytes);
    return status;
}

/* [n, shape of x...]: lane i is 1 where the index along the axis is i. */
static cj_tensor *coordinates(cj_at at, const cj_tensor *x, int axis)
{
    int64_t shape[CJ_MAX_RANK + 1];
    shape[0] = x->shape[axis];
    memcpy(shape + 1, x->shape, x->rank * sizeof *shape);
    cj_tensor *lane = cj_iota_at(at, x->context, CJ_I64, x->rank + 1, shape, 0);
    cj_tensor *index = cj_iota_at(at, x->context, CJ_I64, x->rank + 1, shape, axis + 1);
    return cj_cast_at(at, cj_eq_at(at, lane, index), (cj_dtype)x->dtype);
}

cj_tensor *cj_laplacian_at(cj_at at, cj_tensor *y, cj_tensor *x, int axis)
{
    cj_context *context;
    if (check(&context, at, "laplacian", y, 1, &x, &x) != CJ_OK)
        return NULL;
    int chosen = axis < 0 ? axis + x->rank : axis;
    if (chosen < 0 || chosen >= x->rank) {
        char text[160];
        cj_fail_building(context, CJ_INVALID, at, "laplacian: axis %d of %s", axis,
                         cj_shape_text(x, text, sizeof text));
        return NULL;
    }
    cj_tensor *t, *order[2], *lanes, *units = coordinates(at, x, chosen);
    name_directions(at, 1, &x, &t);
    if (derive(at, 1, &x, &t, y, 2, order) != CJ_OK ||
        cj_vmap_at(at, 1, &t, &units, 1, &order[1], &lanes) != CJ_OK)
        return NULL;
    return cj_sum_at(at, lanes, CJ_AXIS(0), false);
}
