/*
 * cajal/metric.h - how good predictions are, from arrays of the caller's.
 *
 * Plain functions of numbers: no graph, no gradient (losses are in cajal/loss.h). Words and
 * conventions are scikit-learn's unless a line says otherwise. Where a metric is not defined (no
 * examples, one class only, a constant) it is NaN. Functions that take a context want memory to sort
 * in: NaN, with NO_MEMORY recorded, when there is none.
 */
#ifndef CAJAL_METRIC_H
#define CAJAL_METRIC_H

#include "cajal/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- classes: labels and predictions are 0 to classes - 1, others are left out ---- */

/* count[label * classes + predicted] = how often; overwritten. */
CJ_API void cj_confusion_matrix(int64_t n, const int32_t *label, const int32_t *predicted,
                                int classes, int64_t *count);
/* The share of labels among the k largest of the row's scores [n, classes], of ties the first
 * classes'; k = 1: accuracy. */
CJ_API double cj_top_k_accuracy(int64_t n, int classes, const double *score, const int32_t *label,
                                int k);

/* From a confusion matrix. Means over classes ("macro") are over those that occur, as label or as
 * prediction; recall's (which is the balanced accuracy) over those that occur as label. */
CJ_API double cj_accuracy(int classes, const int64_t *count);
CJ_API double cj_precision(int classes, const int64_t *count);
CJ_API double cj_recall(int classes, const int64_t *count);
CJ_API double cj_f1_score(int classes, const int64_t *count);
/* Of one class against all others; precision without a prediction, recall without a label: 0. */
CJ_API double cj_precision_of(int classes, const int64_t *count, int of);
CJ_API double cj_recall_of(int classes, const int64_t *count, int of);
CJ_API double cj_f1_score_of(int classes, const int64_t *count, int of);
/* Matthews' correlation coefficient of any number of classes (Gorodkin, 2004); 0 where a side is
 * constant. Cohen's kappa. */
CJ_API double cj_matthews_correlation(int classes, const int64_t *count);
CJ_API double cj_cohen_kappa(int classes, const int64_t *count);
/* Mean over classes of |label and predicted| / |label or predicted|. */
CJ_API double cj_mean_iou(int classes, const int64_t *count);

/* The chance that a positive has a larger score than a negative, ties count 1/2 (area under the ROC
 * curve; Mann and Whitney). */
CJ_API double cj_roc_auc(cj_context *context, int64_t n, const double *score, const bool *positive);
/* Sum over thresholds of (recall_k - recall_(k - 1)) precision_k. */
CJ_API double cj_average_precision(cj_context *context, int64_t n, const double *score,
                                   const bool *positive);

/* Of the probability given to a prediction and whether it was right: sum over `bins` bins of equal
 * width of share |mean probability - share right| (ECE; Guo et al., ICML 2017), and the largest of
 * these differences (MCE). */
CJ_API double cj_calibration_error(int64_t n, const double *probability, const bool *right,
                                   int bins, double *largest);
/* Mean of (probability - outcome)^2. */
CJ_API double cj_brier_score(int64_t n, const double *probability, const bool *outcome);

/* ---- numbers ---- */

CJ_API double cj_mean_absolute_error(int64_t n, const double *predicted, const double *target);
CJ_API double cj_root_mean_square_error(int64_t n, const double *predicted, const double *target);
/* 1 - sum (predicted - target)^2 / sum (target - mean)^2 */
CJ_API double cj_r2_score(int64_t n, const double *predicted, const double *target);
CJ_API double cj_pearson(int64_t n, const double *a, const double *b);
/* Pearson's of the ranks, ties at their mean rank; Kendall's tau-b, in O(n log n). */
CJ_API double cj_spearman(cj_context *context, int64_t n, const double *a, const double *b);
CJ_API double cj_kendall_tau(cj_context *context, int64_t n, const double *a, const double *b);
/* Peak signal to noise: 20 log10(range / RMSE) in dB. */
CJ_API double cj_psnr(int64_t n, const double *a, const double *b, double range);
/* Between the empirical distributions of two samples on the line: the area between their
 * distribution functions. */
CJ_API double cj_wasserstein_1d(cj_context *context, int64_t n, const double *a, int64_t m,
                                const double *b);

/* ---- rankings ---- */

/* sum over places i (from 1) of (2^gain - 1) / log2(1 + i), the items in the order of their scores,
 * divided by that of the best order; the first k places (0: all). */
CJ_API double cj_ndcg(cj_context *context, int64_t n, const double *score, const double *gain,
                      int64_t k);
/* Mean over queries of 1 / rank of the wanted item, ranks from 1. */
CJ_API double cj_mean_reciprocal_rank(int64_t queries, const int64_t *rank);

/* ---- clusterings: two labels an item, 0 to `classes` - 1 and 0 to `clusters` - 1 ---- */

CJ_API double cj_adjusted_rand(cj_context *context, int64_t n, const int32_t *label, int classes,
                               const int32_t *cluster, int clusters);
/* Mutual information divided by the mean of the entropies. */
CJ_API double cj_normalized_mutual_information(cj_context *context, int64_t n, const int32_t *label,
                                               int classes, const int32_t *cluster, int clusters);
/* The share of items that bear the commonest label of their cluster. */
CJ_API double cj_purity(cj_context *context, int64_t n, const int32_t *label, int classes,
                        const int32_t *cluster, int clusters);

/* ---- sequences of tokens ---- */

/* The least number of insertions, deletions and substitutions that make b of a (Levenshtein); divided
 * by the length of the reference it is the word or character error rate. -1: no memory. */
CJ_API int64_t cj_edit_distance(cj_context *context, int64_t n, const int32_t *a, int64_t m,
                                const int32_t *b);
/*
 * BLEU of a corpus of `count` candidates, with one reference each: the geometric mean of the shares
 * of n-grams, n = 1 to most, that the reference holds too (counted at most as often as there), times
 * e^(1 - r / c) where the candidates' length c is less than the references' r. 0 without any common
 * n-gram of some n. Papineni et al., ACL 2002.
 */
typedef struct cj_tokens {
    int64_t length;
    const int32_t *token;
} cj_tokens;
CJ_API double cj_bleu(cj_context *context, int64_t count, const cj_tokens *candidate,
                      const cj_tokens *reference, int most);

/* ---- what chance alone would do; by the host's libm ---- */

/* Standard deviation (n - 1) over sqrt(n). */
CJ_API double cj_standard_error(int64_t n, const double *x);
/* Where the distribution function is p: of the standard normal, and of chi square with that many degrees
 * of freedom; NaN for p outside [0, 1]. */
CJ_API double cj_normal_quantile(double p);
CJ_API double cj_chi_square_quantile(double p, double freedom);
/* The least k with P(at most k of n succeed) >= p; -1 for arguments out of range. */
CJ_API int64_t cj_binomial_quantile(double p, int64_t n, double chance);
/* Kolmogorov and Smirnov's test: the largest distance of the distribution functions of two samples; *p (NULL: not
 * wanted): the chance of as much between samples of one distribution, by Stephens' approximation (1970), good
 * from about n m / (n + m) = 4 on. */
CJ_API double cj_ks_test(cj_context *context, int64_t n, const double *a, int64_t m,
                         const double *b, double *p);
/* The chance that means are as far apart as those of a and b when it is random which value belongs to which
 * sample: (1 + how often) / (1 + rounds) in `rounds` random divisions, drawn by Philox from the seed. */
CJ_API double cj_permutation_test(cj_context *context, int64_t n, const double *a, int64_t m,
                                  const double *b, int64_t rounds, uint64_t seed);

#ifdef __cplusplus
}
#endif

#endif
