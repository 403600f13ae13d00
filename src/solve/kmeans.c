/*
 * src/solve/kmeans.c - k-means: seeding by distance (Arthur and Vassilvitskii, 2007), then Lloyd's steps, as loops in a graph.
 */
#include "base/base.h"
#include "cajal/index.h"
#include "cajal/loop.h"
#include "cajal/loss.h"
#include "cajal/random.h"
#include "cajal/reduce.h"
#include "cajal/solve.h"

#include <inttypes.h>

typedef struct clustering {
    cj_at at;
    cj_tensor *x, *key;
    int64_t k;
} clustering;

/* The next center: row i with probability in proportion to its squared distance, carry 1, from the nearest so far. */
static void seed(void *user, cj_body *b)
{
    const clustering *c = user;
    cj_at at = c->at;
    cj_tensor *centers = b->carry[0], *distance = b->carry[1];
    cj_tensor *key = cj_fold_at(at, c->key, b->index);
    cj_tensor *chosen = cj_random_categorical_at(at, key, cj_log_at(at, distance), 0);
    cj_tensor *row = cj_take_at(at, c->x, 0, cj_unsqueeze_at(at, chosen, 0));
    if (!row)
        return;
    cj_tensor *rank = cj_iota_at(at, b->context, CJ_I64, 2, (int64_t[]){c->k, 1}, 0);
    b->next[0] = cj_where_at(at, cj_eq_at(at, rank, b->index), row, centers);
    cj_tensor *from_row = cj_squeeze_at(at, cj_cdist_at(at, c->x, row, true), 1);
    cj_tensor *nearer = cj_minimum_at(at, distance, from_row);
    cj_tensor *first = cj_eq_at(at, b->index, cj_like_at(at, b->index, 0));
    b->next[1] = cj_where_at(at, first, from_row, nearer);
}

/* Centers become the means of the rows nearest to them; one without rows stays. */
static void lloyd(void *user, cj_body *b)
{
    const clustering *c = user;
    cj_at at = c->at;
    cj_tensor *centers = b->carry[0];
    cj_tensor *label = cj_argmin_at(at, cj_cdist_at(at, c->x, centers, true), CJ_AXIS(1), false);
    cj_tensor *ones =
        cj_full_at(at, b->context, cj_tensor_dtype(c->x), 2, (int64_t[]){cj_extent(c->x, 0), 1}, 1);
    cj_tensor *count = cj_segment_sum_at(at, ones, label, c->k);
    cj_tensor *mean = cj_div_at(at, cj_segment_sum_at(at, c->x, label, c->k), count);
    if (mean)
        b->next[0] = cj_where_at(at, cj_gt_at(at, count, cj_like_at(at, count, 0)), mean, centers);
}

cj_kmeans_result cj_kmeans_at(cj_at at, cj_tensor *key, cj_tensor *x, int64_t k, int64_t steps)
{
    cj_kmeans_result none = {NULL, NULL, NULL}, r = none;
    if (!key || !x || cj_context_status(cj_tensor_context(x)) != CJ_OK)
        return none;
    cj_context *context = cj_tensor_context(x);
    cj_dtype dtype = cj_tensor_dtype(x);
    if (cj_rank(x) != 2 || k < 1 || k > cj_extent(x, 0) || steps < 0 ||
        (dtype != CJ_F32 && dtype != CJ_F64)) {
        cj_fail_building(context, CJ_SHAPE, at,
                         "kmeans: %" PRId64 " clusters of a tensor %s with %d axes by %" PRId64
                         " steps; it takes f32 or f64 rows [n, d], and from 1 to n clusters",
                         k, cj_dtype_name(dtype), cj_rank(x), steps);
        return none;
    }
    clustering c = {at, cj_stop_gradient_at(at, x), key, k};
    int64_t n = cj_extent(x, 0), form[2] = {k, cj_extent(x, 1)};
    cj_tensor *begin[2] = {cj_full_at(at, context, dtype, 2, form, 0),
                           cj_full_at(at, context, dtype, 1, &n, 1)};
    cj_tensor *seeded[2] = {NULL, NULL}, *centers = NULL;
    if (cj_fori_at(at, k, seed, &c, 2, begin, seeded) != CJ_OK ||
        cj_fori_at(at, steps, lloyd, &c, 1, seeded, &centers) != CJ_OK)
        return none;
    cj_tensor *distance = cj_cdist_at(at, c.x, centers, true);
    r.centers = centers;
    r.label = cj_argmin_at(at, distance, CJ_AXIS(1), false);
    r.inertia = cj_sum_at(at, cj_amin_at(at, distance, CJ_AXIS(1), false), CJ_ALL, false);
    return r.inertia ? r : none;
}
