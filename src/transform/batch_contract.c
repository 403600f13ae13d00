/*
 * src/transform/batch_contract.c - matrix products and convolutions over lanes.
 *
 * A source that is the same in every lane is not repeated: the lanes become further rows, columns,
 * examples or channels of one product. An element's sum has an order of its own, so each lane keeps
 * its bits.
 */
#include "transform/batch.h"

/* Axis 0 of x becomes axis `place`, before which the axes move down. */
static cj_tensor *move_first(cj_at at, cj_tensor *x, int place)
{
    int axes[CJ_MAX_RANK];
    if (!x)
        return NULL;
    for (int i = 0; i < x->rank; i++)
        axes[i] = i < place ? i + 1 : i == place ? 0 : i;
    return cj_permute_at(at, x, axes);
}

/* The reverse: axis `place` becomes axis 0. */
static cj_tensor *move_to_first(cj_at at, cj_tensor *x, int place)
{
    int axes[CJ_MAX_RANK];
    if (!x)
        return NULL;
    for (int i = 0; i < x->rank; i++)
        axes[i] = i == 0 ? place : i <= place ? i - 1 : i;
    return cj_permute_at(at, x, axes);
}

/* Joins axis `axis` with the one after it. */
static cj_tensor *join(cj_at at, cj_tensor *x, int axis)
{
    int64_t shape[CJ_MAX_RANK];
    if (!x)
        return NULL;
    for (int i = 0; i < x->rank - 1; i++)
        shape[i] = x->shape[i <= axis ? i : i + 1];
    shape[axis] *= x->shape[axis + 1];
    return cj_reshape_at(at, x, x->rank - 1, shape);
}

/* Makes [outer, inner] of axis `axis`. */
static cj_tensor *split(cj_at at, cj_tensor *x, int axis, int64_t outer, int64_t inner)
{
    int64_t shape[CJ_MAX_RANK + 1];
    if (!x)
        return NULL;
    for (int i = 0; i <= x->rank; i++)
        shape[i] = x->shape[i <= axis ? i : i - 1];
    shape[axis] = outer;
    shape[axis + 1] = inner;
    return cj_reshape_at(at, x, x->rank + 1, shape);
}

/* Lanes stand before the rows of a, or before the columns of b. */
CJ_BATCH(matmul)
{
    if (batched[0] && batched[1])
        return cj_batch_leading(at, node, lanes, source, batched, NULL);
    int axis = batched[0] ? node->rank - 2 : node->rank - 1;
    cj_tensor *lined = join(at, move_first(at, source[batched[0] ? 0 : 1], axis), axis);
    cj_tensor *y =
        batched[0] ? cj_matmul_at(at, lined, source[1]) : cj_matmul_at(at, source[0], lined);
    return move_to_first(at, split(at, y, axis, lanes, node->shape[axis]), axis);
}

/* x [N, G, C, ...] * w [G, O, C, ...] -> y [N, G, O, ...]: lanes of inputs are further examples,
 * lanes of weights further channels of a result's group, lanes of both further groups. */
CJ_BATCH(conv)
{
    cj_conv_options o = cj_conv_options_of(node);
    cj_tensor *x = source[0], *w = source[1];
    int axis = batched[0] && batched[1] ? 1 : batched[0] ? 0 : 2;
    if (batched[0])
        x = join(at, move_first(at, x, axis), axis);
    if (batched[1])
        w = join(at, move_first(at, w, axis - 1), axis - 1);
    cj_tensor *y = w ? cj_convolve_at(at, x, w, &o) : NULL;
    return move_to_first(at, split(at, y, axis, lanes, node->shape[axis]), axis);
}
