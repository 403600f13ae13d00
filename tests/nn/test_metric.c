/*
 * Metrics against scikit-learn, SciPy and NLTK (tests/golden/metrics.py), and where they are not defined.
 */
#include "cajal/cajal.h"
#include "golden/metrics.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void near(double got, double want)
{
    if (!(fabs(got - want) <= 1e-12))
        fail_msg("%.17g, not %.17g", got, want);
}

static void test_classes(void **state)
{
    (void)state;
    int64_t count[METRIC_CLASSES * METRIC_CLASSES];
    cj_confusion_matrix(METRIC_N, metric_label, metric_guess, METRIC_CLASSES, count);
    near(cj_accuracy(METRIC_CLASSES, count), golden_accuracy);
    near(cj_precision(METRIC_CLASSES, count), golden_precision);
    near(cj_recall(METRIC_CLASSES, count), golden_recall);
    near(cj_f1_score(METRIC_CLASSES, count), golden_f1);
    near(cj_f1_score_of(METRIC_CLASSES, count, 2), golden_f1_of_2);
    near(cj_matthews_correlation(METRIC_CLASSES, count), golden_matthews);
    near(cj_cohen_kappa(METRIC_CLASSES, count), golden_kappa);
    near(cj_mean_iou(METRIC_CLASSES, count), golden_iou);
    near(cj_top_k_accuracy(METRIC_N, METRIC_CLASSES, metric_rows, metric_label, 2), golden_top_2);
}

static void test_scores(void **state)
{
    (void)state;
    double probability[METRIC_N], largest;
    cj_context *c = cj_context_new(NULL, NULL, 0);
    for (int i = 0; i < METRIC_N; i++)
        probability[i] = metric_score[i] / 1.5;
    near(cj_roc_auc(c, METRIC_N, metric_score, metric_positive), golden_auc);
    near(cj_average_precision(c, METRIC_N, metric_score, metric_positive),
         golden_average_precision);
    near(cj_brier_score(METRIC_N, probability, metric_positive), golden_brier);
    near(cj_calibration_error(METRIC_N, probability, metric_positive, 10, &largest), golden_ece);
    assert_true(largest >= golden_ece && largest <= 1);
    near(cj_ndcg(c, METRIC_N, metric_order, metric_gain, 0), golden_ndcg);
    near(cj_ndcg(c, METRIC_N, metric_order, metric_gain, 5), golden_ndcg_5);
    near(cj_mean_reciprocal_rank(2, (int64_t[]){1, 4}), 0.625);
    cj_context_free(c);
}

static void test_numbers(void **state)
{
    (void)state;
    cj_context *c = cj_context_new(NULL, NULL, 0);
    near(cj_mean_absolute_error(METRIC_N, metric_a, metric_b), golden_mae);
    near(cj_root_mean_square_error(METRIC_N, metric_a, metric_b), golden_rmse);
    near(cj_r2_score(METRIC_N, metric_a, metric_b), golden_r2);
    near(cj_pearson(METRIC_N, metric_a, metric_b), golden_pearson);
    near(cj_spearman(c, METRIC_N, metric_a, metric_b), golden_spearman);
    near(cj_kendall_tau(c, METRIC_N, metric_a, metric_b), golden_kendall);
    near(cj_wasserstein_1d(c, METRIC_N, metric_a, 40, metric_b), golden_wasserstein);
    near(cj_psnr(METRIC_N, metric_a, metric_b, 4), 20 * log10(4 / golden_rmse));
    cj_context_free(c);
}

static void test_clusterings(void **state)
{
    (void)state;
    cj_context *c = cj_context_new(NULL, NULL, 0);
    near(cj_adjusted_rand(c, METRIC_N, metric_label, 4, metric_guess, 4), golden_rand);
    near(cj_normalized_mutual_information(c, METRIC_N, metric_label, 4, metric_guess, 4),
         golden_nmi);
    near(cj_purity(c, 6, (int32_t[]){0, 0, 1, 1, 1, 2}, 3, (int32_t[]){0, 0, 0, 1, 1, 1}, 2),
         4.0 / 6);
    cj_context_free(c);
}

static void test_sequences(void **state)
{
    (void)state;
#define TOKENS(name)                                                                               \
    {                                                                                              \
        sizeof(name) / sizeof(name)[0], name                                                       \
    }
    const cj_tokens candidate[] = {TOKENS(metric_candidate_0), TOKENS(metric_candidate_1),
                                   TOKENS(metric_candidate_2)};
    const cj_tokens reference[] = {TOKENS(metric_reference_0), TOKENS(metric_reference_1),
                                   TOKENS(metric_reference_2)};
    cj_context *c = cj_context_new(NULL, NULL, 0);
    near(cj_bleu(c, 3, candidate, reference, 4), golden_bleu);
    near(cj_bleu(c, 1, candidate, candidate, 4), 1);
    const int32_t kitten[] = {1, 2, 3, 3, 4, 5}, sitting[] = {6, 2, 3, 3, 2, 5, 7};
    assert_int_equal(cj_edit_distance(c, 6, kitten, 7, sitting), 3);
    assert_int_equal(cj_edit_distance(c, 0, kitten, 7, sitting), 7);
    cj_context_free(c);
}

static void test_undefined(void **state)
{
    (void)state;
    cj_context *c = cj_context_new(NULL, NULL, 0);
    const double constant[] = {1, 1, 1};
    const bool all[] = {true, true, true};
    int64_t none[4] = {0}, one[] = {5, 0, 0, 0};
    assert_true(isnan(cj_accuracy(2, none)) && isnan(cj_f1_score(2, none)));
    assert_true(isnan(cj_roc_auc(c, 3, constant, all)));
    assert_true(isnan(cj_r2_score(3, constant, constant)) &&
                isnan(cj_pearson(3, constant, constant)));
    assert_true(isnan(cj_kendall_tau(c, 3, constant, constant)));
    near(cj_f1_score(2, one), 1);
    near(cj_matthews_correlation(2, one), 0);
    cj_context_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_classes),   cmocka_unit_test(test_scores),
        cmocka_unit_test(test_numbers),   cmocka_unit_test(test_clusterings),
        cmocka_unit_test(test_sequences), cmocka_unit_test(test_undefined),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
