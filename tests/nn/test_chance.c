/*
 * What chance would do, against SciPy (norm.ppf, chi2.ppf, binom.ppf, ks_2samp, special.kolmogorov, and the exact
 * permutation_test over all 792 divisions).
 */
#include "cajal/cajal.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void near(double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance * (1 + fabs(want))))
        fail_msg("%.17g, not %.17g", got, want);
}

static void test_quantiles(void **state)
{
    (void)state;
    near(cj_normal_quantile(1e-12), -7.034483825301131, 1e-13);
    near(cj_normal_quantile(0.025), -1.9599639845400545, 1e-14);
    near(cj_normal_quantile(0.3), -0.5244005127080409, 1e-14);
    near(cj_normal_quantile(0.975), 1.959963984540054, 1e-14);
    assert_true(cj_normal_quantile(0.5) == 0 && isnan(cj_normal_quantile(-0.1)));
    assert_true(cj_normal_quantile(0) == -INFINITY && cj_normal_quantile(1) == INFINITY);
    near(cj_chi_square_quantile(0.95, 1), 3.841458820694124, 1e-13);
    near(cj_chi_square_quantile(0.01, 3), 0.11483180189911707, 1e-13);
    near(cj_chi_square_quantile(0.5, 10), 9.34181776559197, 1e-13);
    near(cj_chi_square_quantile(0.999, 200.5), 268.1176991820915, 1e-12);
    assert_true(cj_chi_square_quantile(0, 2) == 0 && isnan(cj_chi_square_quantile(0.5, 0)));
    assert_int_equal(cj_binomial_quantile(0.025, 100, 0.5), 40);
    assert_int_equal(cj_binomial_quantile(0.975, 100, 0.5), 60);
    assert_int_equal(cj_binomial_quantile(0.99, 1000, 0.003), 8);
    assert_int_equal(cj_binomial_quantile(0.5, 7, 0.9), 6);
    assert_int_equal(cj_binomial_quantile(1, 5, 0.5), 5);
    assert_int_equal(cj_binomial_quantile(0.5, 5, 1), 5);
    assert_int_equal(cj_binomial_quantile(2, 5, 0.5), -1);
}

static const double a[] = {2, 1, 2, 3, 5.5}, b[] = {9, 2, 4, 5, 6, 7, 8};

static void test_samples(void **state)
{
    (void)state;
    cj_context *c = cj_context_new(NULL, NULL, 0);
    double p;
    near(cj_ks_test(c, 5, a, 7, b, &p), 0.6571428571428571, 1e-15);
    near(p, 0.09077478706275945, 1e-14);
    near(cj_ks_test(c, 5, a, 5, a, &p), 0, 0);
    near(p, 1, 0);
    assert_true(isnan(cj_ks_test(c, 0, a, 7, b, NULL)));
    assert_true(isnan(cj_ks_test(c, 1, (double[]){NAN}, 7, b, &p)) && isnan(p));
    assert_int_equal(cj_context_status(c), CJ_OK);
    for (uint64_t seed = 0; seed < 4; seed++) { /* the deviation of the estimate is 0.0014 */
        p = cj_permutation_test(c, 5, a, 7, b, 20000, seed);
        assert_true(fabs(p - 0.03787878787878788) < 5 * 0.0014);
    }
    assert_true(p == cj_permutation_test(c, 5, a, 7, b, 20000, 3));
    near(cj_permutation_test(c, 5, a, 5, a, 100, 1), 1, 0);
    assert_true(isnan(cj_permutation_test(c, 5, a, 7, b, 0, 1)));
    near(cj_standard_error(4, (double[]){1, 2, 3, 6}), sqrt(14.0 / 3 / 4), 1e-15);
    assert_true(isnan(cj_standard_error(1, a)));
    cj_context_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quantiles),
        cmocka_unit_test(test_samples),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
