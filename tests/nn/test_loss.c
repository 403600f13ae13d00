/*
 * Losses where formulas go wrong: distances of equal points, zero vectors, probabilities of 0 and
 * 1, and what is refused. Values and derivatives elsewhere: test_layers.c.
 */
#include "cajal/cajal.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static cj_context *context;

static int set_up(void **state)
{
    (void)state;
    context = cj_context_new(NULL, NULL, 0);
    return context ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    cj_context_free(context);
    return 0;
}

static cj_tensor *values(int rank, const int64_t *shape, const double *data)
{
    return cj_tensor_from(context, CJ_F64, rank, shape, data);
}

static void expect(cj_tensor *x, int count, const double *want)
{
    double got[16];
    if (!x || cj_read(x, got, (size_t)count * sizeof *got) != CJ_OK)
        fail_msg("%s", cj_error(context));
    for (int i = 0; i < count; i++)
        if (!(fabs(got[i] - want[i]) <= 1e-12 * (1 + fabs(want[i]))))
            fail_msg("[%d] is %.17g, not %.17g", i, got[i], want[i]);
}

/* Equal points are at distance 0, and push each other nowhere: first and second derivatives 0. */
static void test_coincident_points(void **state)
{
    (void)state;
    cj_tensor *a = values(2, (int64_t[]){2, 2}, (double[]){1, 2, 3, 4});
    cj_tensor *b = values(2, (int64_t[]){2, 2}, (double[]){1, 2, 0, 0}), *g, *h;
    cj_tensor *d = cj_pairwise_distance(a, b);
    expect(d, 2, (double[]){0, 5});
    assert_int_equal(cj_grad(cj_sum(d, CJ_ALL, false), 1, &a, &g), CJ_OK);
    expect(g, 4, (double[]){0, 0, 0.6, 0.8});
    assert_int_equal(cj_grad(cj_sum(cj_square(g), CJ_ALL, false), 1, &a, &h), CJ_OK);
    expect(h, 4, (double[]){0, 0, 0, 0});
    d = cj_cdist(a, a, false);
    expect(d, 4, (double[]){0, sqrt(8), sqrt(8), 0});
    assert_int_equal(cj_grad(cj_sum(d, CJ_ALL, false), 1, &a, &g), CJ_OK);
    expect(g, 4, (double[]){-sqrt(2), -sqrt(2), sqrt(2), sqrt(2)});
}

static void test_zero_vectors(void **state)
{
    (void)state;
    cj_tensor *x = values(2, (int64_t[]){2, 2}, (double[]){0, 0, 3, 4});
    expect(cj_normalize(x, 1), 4, (double[]){0, 0, 0.6, 0.8});
    expect(cj_cosine_similarity(x, x, 1), 2, (double[]){0, 1});
}

static void test_certain_probabilities(void **state)
{
    (void)state;
    cj_tensor *p = values(1, (int64_t[]){4}, (double[]){0, 1, 0, 1}), *g;
    cj_tensor *y = values(1, (int64_t[]){4}, (double[]){0, 1, 1, 0});
    expect(cj_bce_loss(p, y, .reduction = CJ_REDUCTION_NONE), 4, (double[]){0, 0, 100, 100});
    assert_int_equal(cj_grad(cj_bce_loss(p, y), 1, &p, &g), CJ_OK);
    expect(g, 4, (double[]){0.25, -0.25, 0, 0});
    cj_tensor *far = values(1, (int64_t[]){2}, (double[]){800, -800});
    expect(cj_focal_loss(far, values(1, (int64_t[]){2}, (double[]){1, 1}),
                         .reduction = CJ_REDUCTION_NONE),
           2, (double[]){0, 800});
}

/* (|4 x^3| - 1)^2 of one number, and its derivative 2 (4 x^3 - 1) 12 x^2. */
static void test_gradient_penalty(void **state)
{
    (void)state;
    cj_tensor *x = values(2, (int64_t[]){2, 1}, (double[]){1, 2}), *g;
    cj_tensor *penalty = cj_gradient_penalty(cj_square(cj_square(x)), x);
    expect(penalty, 1, (double[]){(9 + 31 * 31) / 2.0});
    assert_int_equal(cj_grad(penalty, 1, &x, &g), CJ_OK);
    expect(g, 2, (double[]){3 * 12, 31 * 48});
}

static void test_batch_mean_and_weight(void **state)
{
    (void)state;
    cj_tensor *x = values(2, (int64_t[]){2, 2}, (double[]){1, 2, 3, 4});
    cj_tensor *zero = cj_like(x, 0), *w = values(1, (int64_t[]){2}, (double[]){1, 0});
    zero = cj_expand(zero, 2, (int64_t[]){2, 2});
    expect(cj_mse_loss(x, zero, .reduction = CJ_REDUCTION_BATCH_MEAN), 1, (double[]){15});
    expect(cj_mse_loss(x, zero, .weight = w), 1, (double[]){2.5});
    expect(cj_wasserstein_loss(x, cj_scale(x, 3)), 1, (double[]){5});
}

static void refused(cj_tensor *x, const char *words)
{
    assert_null(x);
    if (!strstr(cj_error(context), words))
        fail_msg("'%s' does not say '%s'", cj_error(context), words);
    cj_error_clear(context);
}

static void test_refusals(void **state)
{
    (void)state;
    cj_tensor *a = values(2, (int64_t[]){2, 3}, (double[6]){0});
    cj_tensor *b = values(2, (int64_t[]){3, 2}, (double[6]){0});
    refused(cj_mse_loss(a, b), "mse_loss: the prediction is f64[2, 3], the target f64[3, 2]");
    refused(cj_cdist(a, b, false), "cdist: rows [..., m, d] and [..., n, d] go together");
    refused(cj_info_nce(a, b), "info_nce: a f64[2, 3] and b f64[3, 2]");
    refused(cj_gaussian_nll_loss(a, a), ".variance is missing");
    refused(cj_cross_entropy(a, b), "logits are f64[2, 3], labels f64[3, 2]");
    refused(cj_normalize(a, 2), "there is no axis 2 in f64[2, 3]");
    cj_tensor *labels = cj_cast(cj_sum(a, CJ_AXIS(1), false), CJ_I32);
    refused(cj_multi_margin_loss(a, labels, .p = 3), ".p is 3");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_coincident_points, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_zero_vectors, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_certain_probabilities, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_gradient_penalty, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_batch_mean_and_weight, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refusals, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
