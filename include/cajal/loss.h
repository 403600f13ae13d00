/*
 * cajal/loss.h - losses, and the distances that they are made of.
 *
 * Names, formulas and defaults are torch.nn.functional's where it has the loss. All are
 * compositions of the ops of cajal/graph.h, so they have derivatives of every order; a branch that
 * is not taken is finite, so that none of them meets 0 times infinity. Options by name follow the
 * mandatory arguments. Errors are building errors that name the loss, the shapes and the caller's
 * line; NULL is returned.
 */
#ifndef CAJAL_LOSS_H
#define CAJAL_LOSS_H

#include "cajal/graph.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum cj_reduction {
    CJ_REDUCTION_MEAN, /* over all elements of the loss */
    CJ_REDUCTION_SUM,
    CJ_REDUCTION_NONE,      /* an element each */
    CJ_REDUCTION_BATCH_MEAN /* the sum divided by the extent of axis 0 */
} cj_reduction;

/* ---- classes ---- */

/*
 * -log softmax(logits)[label], logits [N, C, ...]; labels of an integer dtype [N, ...], or floats
 * of the logits' shape and dtype, the probability of each class: -sum over c of labels[c] log
 * softmax[c]. A label that is no class selects nothing, its loss is log of the sum of e^(x - max
 * x): check labels at the door. `weight` [C] scales each class, and the mean over integer labels is
 * then divided by the sum of the labels' weights; label_smoothing e in [0, 1] mixes the target
 * with the uniform one: (1 - e) nll + e / C sum over c of weight[c] -log softmax[c].
 */
struct cj_cross_entropy_args {
    cj_tensor *logits, *labels;
    cj_at at;
    cj_tensor *weight; /* ones */
    double label_smoothing;
    cj_reduction reduction;
    /* this integer label is left out, of the mean's count too (torch's -100); CJ_ZERO: 0; 0: none */
    int64_t ignore_index;
};
CJ_API cj_tensor *cj_cross_entropy_at(const struct cj_cross_entropy_args *args);
#define cj_cross_entropy(...)                                                                      \
    cj_cross_entropy_at(&(struct cj_cross_entropy_args){                                           \
        __VA_ARGS__, .at = CJ_HERE_OF(struct cj_cross_entropy_args)})

/* The same from log-probabilities [N, C, ...] in the place of logits. */
CJ_API cj_tensor *cj_nll_loss_at(const struct cj_cross_entropy_args *args);
#define cj_nll_loss(...)                                                                           \
    cj_nll_loss_at(&(struct cj_cross_entropy_args){                                                \
        __VA_ARGS__, .at = CJ_HERE_OF(struct cj_cross_entropy_args)})

/* Mean over the classes c != y of max(0, margin - x[y] + x[c])^p / C, scores [N, C], labels [N]:
 * torch's multi_margin_loss. Crammer and Singer, JMLR 2001. */
struct cj_multi_margin_args {
    cj_tensor *scores, *labels;
    cj_at at;
    double margin; /* 1 */
    int p;         /* 1 or 2; 1 */
    cj_reduction reduction;
};
CJ_API cj_tensor *cj_multi_margin_loss_at(const struct cj_multi_margin_args *args);
#define cj_multi_margin_loss(...)                                                                  \
    cj_multi_margin_loss_at(&(struct cj_multi_margin_args){                                        \
        __VA_ARGS__, .at = CJ_HERE_OF(struct cj_multi_margin_args)})

/* How many labels [N, ...] equal the place of the largest of logits [N, C, ...] along C: an i64
 * scalar. */
CJ_API cj_tensor *cj_correct_at(cj_at at, cj_tensor *logits, cj_tensor *labels);
#define cj_correct(...) cj_correct_at(CJ_HERE, __VA_ARGS__)

/* ---- a prediction x and a target y of one shape and float dtype ---- */

struct cj_loss_args {
    cj_tensor *x, *y;
    cj_at at;
    cj_reduction reduction;
    double delta;        /* of huber and smooth_l1; 1 */
    cj_tensor *weight;   /* factor of each element, broadcast; the mean still counts elements */
    cj_tensor *variance; /* of gaussian_nll: mandatory there, the shape of x, or broadcast */
    double margin;       /* of hinges and contrastive; 1 */
    double quantile;     /* of quantile_loss; 0.5 */
    double alpha, gamma; /* of focal_loss; no alpha; 2 */
};
#define CJ_LOSS_ARGS(...)                                                                          \
    (&(struct cj_loss_args){__VA_ARGS__, .at = CJ_HERE_OF(struct cj_loss_args)})

CJ_API cj_tensor *cj_mse_loss_at(const struct cj_loss_args *args); /* (x - y)^2 */
CJ_API cj_tensor *cj_l1_loss_at(const struct cj_loss_args *args);  /* |x - y| */
/* d^2 / 2 where d = |x - y| <= delta, else delta (d - delta / 2) */
CJ_API cj_tensor *cj_huber_loss_at(const struct cj_loss_args *args);
/* huber divided by delta: torch's smooth_l1 with beta = delta */
CJ_API cj_tensor *cj_smooth_l1_loss_at(const struct cj_loss_args *args);
/* log cosh(x - y), nothing overflows */
CJ_API cj_tensor *cj_log_cosh_loss_at(const struct cj_loss_args *args);
/* max(q e, (q - 1) e), e = y - x. Koenker and Bassett, "Regression quantiles", 1978. */
CJ_API cj_tensor *cj_quantile_loss_at(const struct cj_loss_args *args);
/* e^x - y x: the rate's logarithm is predicted */
CJ_API cj_tensor *cj_poisson_nll_loss_at(const struct cj_loss_args *args);
/* (log v + (x - y)^2 / v) / 2 with v = max(variance, 1e-6), as torch's without its constant */
CJ_API cj_tensor *cj_gaussian_nll_loss_at(const struct cj_loss_args *args);

/* -y log s(x) - (1 - y) log(1 - s(x)) with s the sigmoid, stable: softplus(x) - x y */
CJ_API cj_tensor *cj_bce_with_logits_at(const struct cj_loss_args *args);
/* The same of a probability x in [0, 1]; the logarithms are at least -100, as torch's. */
CJ_API cj_tensor *cj_bce_loss_at(const struct cj_loss_args *args);
/* bce_with_logits times (1 - p)^gamma, p the probability given to the target, and by alpha y + (1 -
 * alpha) (1 - y) if alpha > 0. Lin et al., "Focal loss for dense object detection", ICCV 2017. */
CJ_API cj_tensor *cj_focal_loss_at(const struct cj_loss_args *args);
/* y (log y - x), 0 where y is 0: x log-probabilities, y probabilities. Its mean over a batch of
 * distributions is .reduction = CJ_REDUCTION_BATCH_MEAN. */
CJ_API cj_tensor *cj_kl_div_at(const struct cj_loss_args *args);
/* (e^y + x^2 - 1 - y) / 2: the divergence of N(x, e^y) from N(0, 1); x a mean, y a log-variance */
CJ_API cj_tensor *cj_gaussian_kl_at(const struct cj_loss_args *args);
/* Per example (axis 0): 1 - (2 sum x y + 1) / (sum x + sum y + 1), x probabilities. Milletari et
 * al., "V-Net", 2016. */
CJ_API cj_tensor *cj_dice_loss_at(const struct cj_loss_args *args);

/* y is -1 or 1 in these: max(0, margin - x y), its square, log(1 + e^(-x y)); */
CJ_API cj_tensor *cj_hinge_loss_at(const struct cj_loss_args *args);
CJ_API cj_tensor *cj_squared_hinge_loss_at(const struct cj_loss_args *args);
CJ_API cj_tensor *cj_soft_margin_loss_at(const struct cj_loss_args *args);
/* and of a distance x: x where y = 1, else max(0, margin - x) */
CJ_API cj_tensor *cj_hinge_embedding_loss_at(const struct cj_loss_args *args);
/* Of a distance x, y 1 for a pair that belongs together, else 0: y x^2 / 2 + (1 - y) max(0, margin
 * - x)^2 / 2. Hadsell, Chopra and LeCun, CVPR 2006. */
CJ_API cj_tensor *cj_contrastive_loss_at(const struct cj_loss_args *args);

#define cj_mse_loss(...) cj_mse_loss_at(CJ_LOSS_ARGS(__VA_ARGS__))
#define cj_l1_loss(...) cj_l1_loss_at(CJ_LOSS_ARGS(__VA_ARGS__))
#define cj_huber_loss(...) cj_huber_loss_at(CJ_LOSS_ARGS(__VA_ARGS__))
#define cj_smooth_l1_loss(...) cj_smooth_l1_loss_at(CJ_LOSS_ARGS(__VA_ARGS__))
#define cj_log_cosh_loss(...) cj_log_cosh_loss_at(CJ_LOSS_ARGS(__VA_ARGS__))
#define cj_quantile_loss(...) cj_quantile_loss_at(CJ_LOSS_ARGS(__VA_ARGS__))
#define cj_poisson_nll_loss(...) cj_poisson_nll_loss_at(CJ_LOSS_ARGS(__VA_ARGS__))
#define cj_gaussian_nll_loss(...) cj_gaussian_nll_loss_at(CJ_LOSS_ARGS(__VA_ARGS__))
#define cj_bce_with_logits(...) cj_bce_with_logits_at(CJ_LOSS_ARGS(__VA_ARGS__))
#define cj_bce_loss(...) cj_bce_loss_at(CJ_LOSS_ARGS(__VA_ARGS__))
#define cj_focal_loss(...) cj_focal_loss_at(CJ_LOSS_ARGS(__VA_ARGS__))
#define cj_kl_div(...) cj_kl_div_at(CJ_LOSS_ARGS(__VA_ARGS__))
#define cj_gaussian_kl(...) cj_gaussian_kl_at(CJ_LOSS_ARGS(__VA_ARGS__))
#define cj_dice_loss(...) cj_dice_loss_at(CJ_LOSS_ARGS(__VA_ARGS__))
#define cj_hinge_loss(...) cj_hinge_loss_at(CJ_LOSS_ARGS(__VA_ARGS__))
#define cj_squared_hinge_loss(...) cj_squared_hinge_loss_at(CJ_LOSS_ARGS(__VA_ARGS__))
#define cj_soft_margin_loss(...) cj_soft_margin_loss_at(CJ_LOSS_ARGS(__VA_ARGS__))
#define cj_hinge_embedding_loss(...) cj_hinge_embedding_loss_at(CJ_LOSS_ARGS(__VA_ARGS__))
#define cj_contrastive_loss(...) cj_contrastive_loss_at(CJ_LOSS_ARGS(__VA_ARGS__))

/* ---- distances ---- */

/* x / max(|x|_2, 1e-12) along the axis, |x| kept away from the kink at 0: a zero vector stays zero
 * and has derivative 1e12, as torch's normalize. */
CJ_API cj_tensor *cj_normalize_at(cj_at at, cj_tensor *x, int axis);
#define cj_normalize(...) cj_normalize_at(CJ_HERE, __VA_ARGS__)
/* a . b / (max(|a|, 1e-8) max(|b|, 1e-8)) along the axis, which goes. */
CJ_API cj_tensor *cj_cosine_similarity_at(cj_at at, cj_tensor *a, cj_tensor *b, int axis);
#define cj_cosine_similarity(...) cj_cosine_similarity_at(CJ_HERE, __VA_ARGS__)
/* The Euclidean distance |a - b|_2 along the last axis, which goes; 0 with derivative 0 where they
 * coincide. */
CJ_API cj_tensor *cj_pairwise_distance_at(cj_at at, cj_tensor *a, cj_tensor *b);
#define cj_pairwise_distance(...) cj_pairwise_distance_at(CJ_HERE, __VA_ARGS__)
/* All distances of the rows of a [..., m, d] and b [..., n, d]: [..., m, n], taken from the
 * differences, so near points lose nothing; squared: without the root. */
CJ_API cj_tensor *cj_cdist_at(cj_at at, cj_tensor *a, cj_tensor *b, bool squared);
#define cj_cdist(...) cj_cdist_at(CJ_HERE, __VA_ARGS__)

/* ---- embeddings ---- */

/*
 * Of rows [N, D], an element each:
 * - triplet margin: max(0, |a - p| - |a - n| + margin), distances of a - b + 1e-6 as torch's;
 * - cosine embedding, y -1 or 1 [N]: y = 1: 1 - cos(a, b), else max(0, cos(a, b) - margin);
 * - margin ranking, scores of any shape: max(0, -y (a - b) + margin).
 * The default margin is 1 of the triplet, 0 of the others.
 */
struct cj_embedding_loss_args {
    cj_tensor *a, *b, *y; /* of the triplet: anchor, positive, negative */
    cj_at at;
    double margin;
    cj_reduction reduction;
};
#define CJ_EMBEDDING_ARGS(...)                                                                     \
    (&(struct cj_embedding_loss_args){__VA_ARGS__, .at = CJ_HERE_OF(struct cj_embedding_loss_args)})
CJ_API cj_tensor *cj_triplet_margin_loss_at(const struct cj_embedding_loss_args *args);
CJ_API cj_tensor *cj_cosine_embedding_loss_at(const struct cj_embedding_loss_args *args);
CJ_API cj_tensor *cj_margin_ranking_loss_at(const struct cj_embedding_loss_args *args);
#define cj_triplet_margin_loss(...) cj_triplet_margin_loss_at(CJ_EMBEDDING_ARGS(__VA_ARGS__))
#define cj_cosine_embedding_loss(...) cj_cosine_embedding_loss_at(CJ_EMBEDDING_ARGS(__VA_ARGS__))
#define cj_margin_ranking_loss(...) cj_margin_ranking_loss_at(CJ_EMBEDDING_ARGS(__VA_ARGS__))

/*
 * InfoNCE: row i of a [N, D] belongs with row i of b [M, D], M >= N, and all other rows are
 * negatives: the mean of cross_entropy(cos(a_i, b_j) / temperature, i); symmetric: the mean of
 * that and of the same with a and b exchanged (M = N). Van den Oord, Li and Vinyals, 2018; Radford
 * et al., "CLIP", 2021.
 */
struct cj_info_nce_args {
    cj_tensor *a, *b;
    cj_at at;
    double temperature; /* 0.1 */
    bool symmetric;
};
CJ_API cj_tensor *cj_info_nce_at(const struct cj_info_nce_args *args);
#define cj_info_nce(...)                                                                           \
    cj_info_nce_at(                                                                                \
        &(struct cj_info_nce_args){__VA_ARGS__, .at = CJ_HERE_OF(struct cj_info_nce_args)})

/* ---- distributions over distributions ---- */

/* Divergence of Dirichlet(a) from Dirichlet(b) along the last axis, which goes: log B(b) / B(a) + sum
 * over k of (a_k - b_k) (digamma(a_k) - digamma(sum a)). */
CJ_API cj_tensor *cj_dirichlet_kl_at(cj_at at, cj_tensor *a, cj_tensor *b);
#define cj_dirichlet_kl(...) cj_dirichlet_kl_at(CJ_HERE, __VA_ARGS__)
/* Evidential classification, alpha [N, C] > 0, labels [N]: the mean of digamma(sum alpha) -
 * digamma(alpha[label]) + kl_weight KL(Dirichlet(alpha without the label's evidence), Dirichlet(1)).
 * Sensoy, Kaplan and Kandemir, NeurIPS 2018. */
CJ_API cj_tensor *cj_evidential_loss_at(cj_at at, cj_tensor *alpha, cj_tensor *labels,
                                        double kl_weight);
#define cj_evidential_loss(...) cj_evidential_loss_at(CJ_HERE, __VA_ARGS__)

/* ---- pictures, functions on grids ---- */

/* The sum of |differences of neighbours| along the last two axes of x [..., H, W]. Rudin, Osher and
 * Fatemi, 1992 (anisotropic). */
CJ_API cj_tensor *cj_total_variation_at(cj_at at, cj_tensor *x);
#define cj_total_variation(...) cj_total_variation_at(CJ_HERE, __VA_ARGS__)
/* Mean over examples of |x - y|_2 / |y|_2, all axes but the first in a norm. */
CJ_API cj_tensor *cj_relative_l2_loss_at(cj_at at, cj_tensor *x, cj_tensor *y);
#define cj_relative_l2_loss(...) cj_relative_l2_loss_at(CJ_HERE, __VA_ARGS__)
/*
 * Mean structural similarity of x and y [N, C, H, W], whose values span `range`: over all 11 x 11 windows
 * that lie inside, weighted by a normal density of deviation 1.5,
 * (2 mx my + c1) (2 vxy + c2) / ((mx^2 + my^2 + c1) (vx + vy + c2)), c1 = (0.01 range)^2, c2 = (0.03
 * range)^2. 1 for equal pictures. Wang, Bovik, Sheikh and Simoncelli, 2004.
 */
CJ_API cj_tensor *cj_ssim_at(cj_at at, cj_tensor *x, cj_tensor *y, double range);
#define cj_ssim(...) cj_ssim_at(CJ_HERE, __VA_ARGS__)

/* ---- adversaries, teachers ---- */

/* Of a critic's scores of real and of made examples, for the critic: mean softplus(-real) + mean
 * softplus(made), and for the maker: mean softplus(-made) (non-saturating). Goodfellow et al.,
 * NeurIPS 2014. */
CJ_API cj_tensor *cj_gan_critic_loss_at(cj_at at, cj_tensor *real, cj_tensor *made);
CJ_API cj_tensor *cj_gan_maker_loss_at(cj_at at, cj_tensor *made);
#define cj_gan_critic_loss(...) cj_gan_critic_loss_at(CJ_HERE, __VA_ARGS__)
#define cj_gan_maker_loss(...) cj_gan_maker_loss_at(CJ_HERE, __VA_ARGS__)
/* mean made - mean real, to be made small by a critic of bounded slope. Arjovsky, Chintala and
 * Bottou, "Wasserstein GAN", ICML 2017. */
CJ_API cj_tensor *cj_wasserstein_loss_at(cj_at at, cj_tensor *real, cj_tensor *made);
#define cj_wasserstein_loss(...) cj_wasserstein_loss_at(CJ_HERE, __VA_ARGS__)
/* Mean over examples (axis 0 of x) of (|d sum(score) / d x| - 1)^2, score a graph of x. Gulrajani et
 * al., "Improved training of Wasserstein GANs", NeurIPS 2017. */
CJ_API cj_tensor *cj_gradient_penalty_at(cj_at at, cj_tensor *score, cj_tensor *x);
#define cj_gradient_penalty(...) cj_gradient_penalty_at(CJ_HERE, __VA_ARGS__)
/* T^2 times the cross entropy of softmax(student / T) from softmax(teacher / T), logits [N, C, ...];
 * the teacher gets no gradient. Hinton, Vinyals and Dean, 2015. */
CJ_API cj_tensor *cj_distillation_loss_at(cj_at at, cj_tensor *student, cj_tensor *teacher,
                                          double temperature);
#define cj_distillation_loss(...) cj_distillation_loss_at(CJ_HERE, __VA_ARGS__)

#ifdef __cplusplus
}
#endif

#endif
