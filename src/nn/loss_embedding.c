/*
 * src/nn/loss_embedding.c - distances, losses of embeddings, of adversaries and of teachers.
 */
#include "cajal/transform.h"
#include "nn/loss.h"

/* ---- distances ---- */

/* sqrt(x), and 0 with derivative 0 where x is 0: the kink of a norm. */
static cj_tensor *safe_sqrt(cj_at at, cj_tensor *x)
{
    if (!x)
        return NULL;
    cj_tensor *zero = cj_like_at(at, x, 0), *some = cj_gt_at(at, x, zero);
    return cj_where_at(at, some, cj_sqrt_at(at, cj_where_at(at, some, x, cj_like_at(at, x, 1))),
                       zero);
}

static cj_tensor *norm_of(cj_at at, cj_tensor *x, uint32_t axes, bool keep)
{
    return safe_sqrt(at, cj_sum_at(at, cj_square_at(at, x), axes, keep));
}

/* max(norm, least), constant where it is cut. */
static cj_tensor *at_least(cj_at at, cj_tensor *norm, double least)
{
    if (!norm)
        return NULL;
    cj_tensor *bound = cj_like_at(at, norm, least);
    return cj_where_at(at, cj_lt_at(at, norm, bound), bound, norm);
}

cj_tensor *cj_normalize_at(cj_at at, cj_tensor *x, int axis)
{
    uint32_t mask = x ? cj_axis_mask(at, "normalize", x, axis) : 0;
    return mask ? cj_div_at(at, x, at_least(at, norm_of(at, x, mask, true), 1e-12)) : NULL;
}

cj_tensor *cj_cosine_similarity_at(cj_at at, cj_tensor *a, cj_tensor *b, int axis)
{
    uint32_t mask = a && b ? cj_axis_mask(at, "cosine_similarity", a, axis) : 0;
    if (!mask)
        return NULL;
    cj_tensor *dot = cj_sum_at(at, cj_mul_at(at, a, b), mask, false);
    return cj_div_at(at, dot,
                     cj_mul_at(at, at_least(at, norm_of(at, a, mask, false), 1e-8),
                               at_least(at, norm_of(at, b, mask, false), 1e-8)));
}

cj_tensor *cj_pairwise_distance_at(cj_at at, cj_tensor *a, cj_tensor *b)
{
    cj_tensor *d = cj_sub_at(at, a, b);
    uint32_t mask = d ? cj_axis_mask(at, "pairwise_distance", d, -1) : 0;
    return mask ? norm_of(at, d, mask, false) : NULL;
}

cj_tensor *cj_cdist_at(cj_at at, cj_tensor *a, cj_tensor *b, bool squared)
{
    if (!a || !b)
        return NULL;
    if (cj_rank(a) < 2 || cj_rank(b) < 2 || cj_extent(a, -1) != cj_extent(b, -1)) {
        cj_fail_building(cj_tensor_context(a), CJ_SHAPE, at,
                         "cdist: rows [..., m, d] and [..., n, d] go together, not %s and %s",
                         CJ_TEXT_OF(a), CJ_TEXT_OF(b));
        return NULL;
    }
    cj_tensor *d = cj_sub_at(at, cj_unsqueeze_at(at, a, cj_rank(a) - 1),
                             cj_unsqueeze_at(at, b, cj_rank(b) - 2));
    cj_tensor *sum = d ? cj_sum_at(at, cj_square_at(at, d), CJ_AXIS(cj_rank(d) - 1), false) : NULL;
    return squared ? sum : safe_sqrt(at, sum);
}

/* ---- embeddings ---- */

static bool take(struct cj_embedding_loss_args *a, const struct cj_embedding_loss_args *args,
                 const char *name, double margin)
{
    if (!args || !args->a || !args->b || !args->y ||
        cj_context_status(cj_tensor_context(args->a)) != CJ_OK ||
        !CJ_TAKE_ARGS(cj_tensor_context(args->a), name, *a, args))
        return false;
    a->margin = a->margin != 0 ? a->margin : margin;
    return true;
}

cj_tensor *cj_triplet_margin_loss_at(const struct cj_embedding_loss_args *args)
{
    struct cj_embedding_loss_args a;
    if (!take(&a, args, "triplet_margin_loss", 1))
        return NULL;
    cj_tensor *near = cj_pairwise_distance_at(a.at, cj_shift_at(a.at, a.a, 1e-6), a.b);
    cj_tensor *far = cj_pairwise_distance_at(a.at, cj_shift_at(a.at, a.a, 1e-6), a.y);
    cj_tensor *each = cj_relu_at(a.at, cj_shift_at(a.at, cj_sub_at(a.at, near, far), a.margin));
    return cj_reduce_loss(a.at, each, a.reduction);
}

cj_tensor *cj_cosine_embedding_loss_at(const struct cj_embedding_loss_args *args)
{
    struct cj_embedding_loss_args a;
    if (!take(&a, args, "cosine_embedding_loss", 0))
        return NULL;
    cj_tensor *cosine = cj_cosine_similarity_at(a.at, a.a, a.b, -1);
    if (!cosine)
        return NULL;
    cj_tensor *near = cj_sub_at(a.at, cj_like_at(a.at, cosine, 1), cosine);
    cj_tensor *far = cj_relu_at(a.at, cj_shift_at(a.at, cosine, -a.margin));
    cj_tensor *together = cj_eq_at(a.at, a.y, cj_like_at(a.at, a.y, 1));
    return cj_reduce_loss(a.at, cj_where_at(a.at, together, near, far), a.reduction);
}

cj_tensor *cj_margin_ranking_loss_at(const struct cj_embedding_loss_args *args)
{
    struct cj_embedding_loss_args a;
    if (!take(&a, args, "margin_ranking_loss", 0))
        return NULL;
    cj_tensor *lead = cj_mul_at(a.at, a.y, cj_sub_at(a.at, a.a, a.b));
    cj_tensor *each = cj_relu_at(a.at, cj_shift_at(a.at, cj_neg_at(a.at, lead), a.margin));
    return cj_reduce_loss(a.at, each, a.reduction);
}

static cj_tensor *match(cj_at at, cj_tensor *similarity)
{
    int64_t rows = cj_extent(similarity, 0);
    cj_tensor *labels = cj_iota_at(at, cj_tensor_context(similarity), CJ_I32, 1, &rows, 0);
    return cj_cross_entropy_at(&(struct cj_cross_entropy_args){
        .logits = similarity,
        .labels = labels,
        .at = {at.file, at.line, sizeof(struct cj_cross_entropy_args)}});
}

cj_tensor *cj_info_nce_at(const struct cj_info_nce_args *args)
{
    struct cj_info_nce_args a;
    if (!args || !args->a || !args->b || cj_context_status(cj_tensor_context(args->a)) != CJ_OK ||
        !CJ_TAKE_ARGS(cj_tensor_context(args->a), "info_nce", a, args))
        return NULL;
    if (cj_rank(a.a) != 2 || cj_rank(a.b) != 2 || cj_extent(a.a, 1) != cj_extent(a.b, 1) ||
        cj_extent(a.b, 0) < cj_extent(a.a, 0) ||
        (a.symmetric && cj_extent(a.b, 0) != cj_extent(a.a, 0))) {
        cj_fail_building(cj_tensor_context(a.a), CJ_SHAPE, a.at,
                         "info_nce: a %s and b %s must be [N, D] and [M, D] with M %s N",
                         CJ_TEXT_OF(a.a), CJ_TEXT_OF(a.b), a.symmetric ? "=" : ">=");
        return NULL;
    }
    double temperature = a.temperature > 0 ? a.temperature : 0.1;
    cj_tensor *b = cj_transpose_at(a.at, cj_normalize_at(a.at, a.b, 1), 0, 1);
    cj_tensor *similarity = cj_matmul_at(a.at, cj_normalize_at(a.at, a.a, 1), b);
    similarity = cj_scale_at(a.at, similarity, 1 / temperature);
    if (!similarity || !a.symmetric)
        return similarity ? match(a.at, similarity) : NULL;
    cj_tensor *both = cj_add_at(a.at, match(a.at, similarity),
                                match(a.at, cj_transpose_at(a.at, similarity, 0, 1)));
    return cj_scale_at(a.at, both, 0.5);
}

/* ---- adversaries, teachers ---- */

cj_tensor *cj_gan_critic_loss_at(cj_at at, cj_tensor *real, cj_tensor *made)
{
    return cj_add_at(at, cj_gan_maker_loss_at(at, real),
                     cj_mean_at(at, cj_softplus_at(at, made), CJ_ALL, false));
}

cj_tensor *cj_gan_maker_loss_at(cj_at at, cj_tensor *made)
{
    return cj_mean_at(at, cj_softplus_at(at, cj_neg_at(at, made)), CJ_ALL, false);
}

cj_tensor *cj_wasserstein_loss_at(cj_at at, cj_tensor *real, cj_tensor *made)
{
    return cj_sub_at(at, cj_mean_at(at, made, CJ_ALL, false), cj_mean_at(at, real, CJ_ALL, false));
}

cj_tensor *cj_gradient_penalty_at(cj_at at, cj_tensor *score, cj_tensor *x)
{
    cj_tensor *slope = NULL;
    if (!score || !x || cj_grad_at(at, cj_sum_at(at, score, CJ_ALL, false), 1, &x, &slope) != CJ_OK)
        return NULL;
    uint32_t axes = 0;
    for (int axis = 1; axis < cj_rank(x); axis++)
        axes |= CJ_AXIS(axis);
    return cj_mean_at(at, cj_square_at(at, cj_shift_at(at, norm_of(at, slope, axes, false), -1)),
                      CJ_ALL, false);
}

cj_tensor *cj_distillation_loss_at(cj_at at, cj_tensor *student, cj_tensor *teacher,
                                   double temperature)
{
    if (!student || !teacher)
        return NULL;
    cj_tensor *target =
        cj_softmax_at(at, cj_scale_at(at, cj_stop_gradient_at(at, teacher), 1 / temperature), 1);
    cj_tensor *loss = cj_cross_entropy_at(&(struct cj_cross_entropy_args){
        .logits = cj_scale_at(at, student, 1 / temperature),
        .labels = target,
        .at = {at.file, at.line, sizeof(struct cj_cross_entropy_args)}});
    return cj_scale_at(at, loss, temperature * temperature);
}
