/*
 * src/nn/simplex.c - maps onto distributions beside softmax, and what is read off one.
 */
#include "cajal/custom.h"
#include "cajal/index.h"
#include "cajal/layers.h"
#include "cajal/random.h"
#include "nn/nn.h"

#include <math.h>

/* False: NULL, or a building error is recorded; else *place is the axis from 0. */
static bool axis_of(cj_at at, const char *name, const cj_tensor *x, int axis, int *place)
{
    if (!x || cj_context_status(cj_tensor_context(x)) != CJ_OK)
        return false;
    *place = axis < 0 ? axis + cj_rank(x) : axis;
    if (*place >= 0 && *place < cj_rank(x) && cj_extent(x, *place) > 0)
        return true;
    cj_fail_building(cj_tensor_context(x), CJ_SHAPE, at,
                     "%s: %s has no axis %d with an element at least", name, CJ_TEXT_OF(x), axis);
    return false;
}

/* The numbers 1 to n along the axis, 1 along the others but repeated to x's shape. */
static cj_tensor *ranks(cj_at at, cj_tensor *x, int axis)
{
    cj_tensor *i = cj_iota_at(at, cj_tensor_context(x), CJ_I64, cj_rank(x), cj_shape(x), axis);
    return cj_shift_at(at, cj_cast_at(at, i, cj_tensor_dtype(x)), 1);
}

/* Elements of x that are not below the least of `sorted` that `kept` names. */
static cj_tensor *support_of(cj_at at, cj_tensor *x, cj_tensor *sorted, cj_tensor *kept, int axis)
{
    cj_tensor *far = cj_like_at(at, x, INFINITY);
    cj_tensor *least = cj_amin_at(at, cj_where_at(at, kept, sorted, far), CJ_AXIS(axis), true);
    return cj_ge_at(at, x, least);
}

/*
 * With the support S held constant the threshold is a sum over S, so that derivatives of every order
 * follow: tau = (sum over S of x - 1) / |S|. S is every k, the largest first, with 1 + k x_k > x_1 +
 * ... + x_k.
 */
cj_tensor *cj_sparsemax_at(cj_at at, cj_tensor *x, int axis)
{
    int place;
    if (!axis_of(at, "sparsemax", x, axis, &place))
        return NULL;
    x = cj_sub_at(at, x, cj_stop_gradient_at(at, cj_amax_at(at, x, CJ_AXIS(place), true)));
    if (!x)
        return NULL;
    cj_tensor *z = cj_sort_at(at, cj_stop_gradient_at(at, x), place, true);
    cj_tensor *kept = cj_gt_at(at, cj_shift_at(at, cj_mul_at(at, ranks(at, x, place), z), 1),
                               cj_cumsum_at(at, z, place));
    cj_tensor *s = support_of(at, x, z, kept, place), *zero = cj_like_at(at, x, 0);
    cj_tensor *count = cj_sum_at(at, cj_cast_at(at, s, cj_tensor_dtype(x)), CJ_AXIS(place), true);
    cj_tensor *sum = cj_sum_at(at, cj_where_at(at, s, x, zero), CJ_AXIS(place), true);
    cj_tensor *tau = cj_div_at(at, cj_shift_at(at, sum, -1), count);
    return cj_where_at(at, s, cj_sub_at(at, x, tau), zero);
}

/* tau from the sums of `count` elements and of their squares: mean - sqrt((1 - count var) / count), where
 * that is a number. */
static cj_tensor *entmax_threshold(cj_at at, cj_tensor *sum, cj_tensor *squares, cj_tensor *count)
{
    cj_tensor *mean = cj_div_at(at, sum, count);
    cj_tensor *spread = cj_sub_at(at, squares, cj_mul_at(at, mean, sum));
    cj_tensor *left = cj_div_at(at, cj_sub_at(at, cj_like_at(at, spread, 1), spread), count);
    if (!left)
        return NULL;
    cj_tensor *positive = cj_gt_at(at, left, cj_like_at(at, left, 0));
    cj_tensor *root = cj_sqrt_at(at, cj_where_at(at, positive, left, cj_like_at(at, left, 1)));
    root = cj_where_at(at, positive, root, cj_like_at(at, left, 0));
    return cj_sub_at(at, mean, root);
}

cj_tensor *cj_entmax15_at(cj_at at, cj_tensor *x, int axis)
{
    int place;
    if (!axis_of(at, "entmax15", x, axis, &place))
        return NULL;
    x = cj_sub_at(at, x, cj_stop_gradient_at(at, cj_amax_at(at, x, CJ_AXIS(place), true)));
    x = cj_scale_at(at, x, 0.5);
    if (!x)
        return NULL;
    cj_tensor *z = cj_sort_at(at, cj_stop_gradient_at(at, x), place, true);
    cj_tensor *tau =
        entmax_threshold(at, cj_cumsum_at(at, z, place),
                         cj_cumsum_at(at, cj_square_at(at, z), place), ranks(at, x, place));
    cj_tensor *s = support_of(at, x, z, cj_le_at(at, tau, z), place);
    cj_tensor *zero = cj_like_at(at, x, 0), *inside = cj_where_at(at, s, x, zero);
    cj_tensor *count = cj_sum_at(at, cj_cast_at(at, s, cj_tensor_dtype(x)), CJ_AXIS(place), true);
    tau = entmax_threshold(at, cj_sum_at(at, inside, CJ_AXIS(place), true),
                           cj_sum_at(at, cj_square_at(at, inside), CJ_AXIS(place), true), count);
    return cj_where_at(at, s, cj_square_at(at, cj_sub_at(at, x, tau)), zero);
}

cj_tensor *cj_gumbel_softmax_at(cj_at at, cj_tensor *key, cj_tensor *logits, int axis,
                                double temperature, bool hard)
{
    int place;
    if (!key || !axis_of(at, "gumbel_softmax", logits, axis, &place))
        return NULL;
    if (!(temperature > 0)) {
        cj_fail_building(cj_tensor_context(logits), CJ_INVALID, at,
                         "gumbel_softmax: the temperature is %g; it must be more than 0",
                         temperature);
        return NULL;
    }
    cj_tensor *noise =
        cj_random_gumbel_at(at, key, cj_tensor_dtype(logits), cj_rank(logits), cj_shape(logits));
    cj_tensor *y = cj_scale_at(at, cj_add_at(at, logits, noise), 1 / temperature);
    y = cj_softmax_at(at, y, place);
    if (!hard || !y)
        return y;
    cj_tensor *best = cj_argmax_at(at, y, CJ_AXIS(place), true);
    cj_tensor *index = cj_iota_at(at, cj_tensor_context(y), CJ_I32, cj_rank(y), cj_shape(y), place);
    return cj_straight_through_at(at, cj_cast_at(at, cj_eq_at(at, index, best), cj_tensor_dtype(y)),
                                  y);
}

/* The mean of -1 to 1 along an axis of weights, both trailing axes summed over. */
static cj_tensor *mean_place(cj_at at, cj_tensor *weight, int axis)
{
    int rank = cj_rank(weight);
    int64_t n = cj_extent(weight, axis), shape[2] = {axis == -2 ? n : 1, axis == -1 ? n : 1};
    cj_tensor *line = cj_linspace_at(at, cj_tensor_context(weight), cj_tensor_dtype(weight),
                                     n > 1 ? -1 : 0, n > 1 ? 1 : 0, n);
    return cj_sum_at(at, cj_mul_at(at, weight, cj_reshape_at(at, line, 2, shape)),
                     CJ_AXIS(rank - 1) | CJ_AXIS(rank - 2), false);
}

cj_tensor *cj_soft_argmax_at(cj_at at, cj_tensor *x)
{
    if (!x || cj_context_status(cj_tensor_context(x)) != CJ_OK)
        return NULL;
    int rank = cj_rank(x);
    if (rank < 2 || cj_extent(x, -1) < 1 || cj_extent(x, -2) < 1) {
        cj_fail_building(cj_tensor_context(x), CJ_SHAPE, at,
                         "soft_argmax: x is %s; it takes [..., H, W], both at least 1",
                         CJ_TEXT_OF(x));
        return NULL;
    }
    int64_t shape[CJ_MAX_RANK];
    memcpy(shape, cj_shape(x), (size_t)rank * sizeof *shape);
    shape[rank - 2] *= shape[rank - 1];
    cj_tensor *weight = cj_softmax_at(at, cj_reshape_at(at, x, rank - 1, shape), -1);
    weight = cj_reshape_at(at, weight, rank, cj_shape(x));
    if (!weight)
        return NULL;
    cj_tensor *place[2] = {mean_place(at, weight, -1), mean_place(at, weight, -2)};
    return cj_stack_at(at, rank - 2, 2, place);
}
