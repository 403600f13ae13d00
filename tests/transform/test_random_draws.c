/*
 * tests/transform/test_random_draws.c - draws against their distribution: moments to five standard errors, the
 * distribution function by Kolmogorov's distance, ranges, dependence on (key, element) alone, errors.
 */
#include "cajal/cajal.h"
#include "graph/graph.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { N = 40000 };

static int begin(void **state)
{
    *state = cj_context_new(NULL, NULL, 0);
    return *state ? 0 : -1;
}

static int end(void **state)
{
    cj_context_free(*state);
    return 0;
}

static double *numbers(cj_tensor *y)
{
    double *out = calloc((size_t)(y ? cj_elements(y) : 0) + 1, sizeof *out);
    assert_non_null(y);
    if (cj_read(cj_cast(y, CJ_F64), out, (size_t)cj_elements(y) * sizeof *out) != CJ_OK)
        fail_msg("%s", cj_error(cj_tensor_context(y)));
    return out;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* sup |F_n - F|: above 2.2 / sqrt(n) in one of 10,000 samples of the right distribution. */
static void expect_distribution(const char *name, cj_tensor *y, double (*cdf)(double))
{
    double *x = numbers(y), worst = 0;
    int64_t n = cj_elements(y);
    qsort(x, (size_t)n, sizeof *x, compare);
    for (int64_t i = 0; i < n; i++) {
        double f = cdf(x[i]);
        worst = fmax(worst,
                     fmax(fabs(f - (double)i / (double)n), fabs(f - (double)(i + 1) / (double)n)));
    }
    if (!(worst * sqrt((double)n) < 2.2))
        fail_msg("%s: Kolmogorov's distance is %g", name, worst * sqrt((double)n));
    free(x);
}

static double cdf_uniform(double x)
{
    return (x + 2) / 5;
}
static double cdf_exponential(double x)
{
    return 1 - exp(-x);
}
static double cdf_gumbel(double x)
{
    return exp(-exp(-x));
}
static double cdf_normal(double x)
{
    return 0.5 * erfc(-x / sqrt(2));
}
static double cdf_truncated(double x)
{
    return (cdf_normal(x) - cdf_normal(-0.5)) / (cdf_normal(2) - cdf_normal(-0.5));
}
static double cdf_gamma1(double x)
{
    return 1 - exp(-x);
}
static double cdf_gamma3(double x)
{
    return 1 - exp(-x) * (1 + x + x * x / 2);
}
static double cdf_gamma_half(double x)
{
    return erf(sqrt(x));
}
static double cdf_beta(double x) /* a = 2, b = 3 */
{
    return x * x * (6 - 8 * x + 3 * x * x);
}

static void test_distributions(void **state)
{
    cj_context *c = *state;
    const int64_t n = N;
    for (int wide = 0; wide < 2; wide++) {
        cj_dtype t = wide ? CJ_F64 : CJ_F32;
        cj_tensor *key = cj_key(c, 77 + (uint64_t)wide);
        const double infinite = (double)INFINITY;
        expect_distribution("uniform", cj_random_uniform_between(key, t, 1, &n, -2, 3),
                            cdf_uniform);
        expect_distribution("normal", cj_random_normal(key, t, 1, &n), cdf_normal);
        expect_distribution("exponential", cj_random_exponential(key, t, 1, &n), cdf_exponential);
        expect_distribution("gumbel", cj_random_gumbel(key, t, 1, &n), cdf_gumbel);
        expect_distribution("truncated", cj_random_truncated_normal(key, t, 1, &n, -0.5, 2),
                            cdf_truncated);
        expect_distribution("not truncated",
                            cj_random_truncated_normal(key, t, 1, &n, -infinite, infinite),
                            cdf_normal);
        expect_distribution("gamma 1", cj_random_gamma(key, cj_full(c, t, 1, &n, 1)), cdf_gamma1);
        expect_distribution("gamma 3", cj_random_gamma(key, cj_full(c, t, 1, &n, 3)), cdf_gamma3);
        expect_distribution("gamma 1/2", cj_random_gamma(key, cj_full(c, t, 1, &n, 0.5)),
                            cdf_gamma_half);
        expect_distribution("beta",
                            cj_random_beta(key, cj_full(c, t, 1, &n, 2), cj_full(c, t, 0, NULL, 3)),
                            cdf_beta);
    }
}

static void test_counts(void **state)
{
    cj_context *c = *state;
    const int64_t shape[2] = {N, 4};
    cj_tensor *key = cj_key(c, 5);
    const float logits[4] = {0, 1, -INFINITY, -1}, p[4] = {0, 1, 0.25f, NAN};
    cj_tensor *l = cj_expand(cj_tensor_from(c, CJ_F32, 1, shape + 1, logits), 2, shape);
    double *drawn = numbers(cj_random_categorical(key, l, -1));
    double count[4] = {0}, sum = 1 + exp(1) + exp(-1);
    for (int i = 0; i < N; i++)
        count[(int)drawn[i]] += 1.0 / N;
    assert_true(fabs(count[0] - 1 / sum) < 0.012 && fabs(count[1] - exp(1) / sum) < 0.012);
    assert_true(count[2] == 0 && fabs(count[3] - exp(-1) / sum) < 0.012);
    free(drawn);
    cj_tensor *chance = cj_expand(cj_tensor_from(c, CJ_F32, 1, shape + 1, p), 2, shape);
    double *rate = numbers(cj_mean(cj_cast(cj_random_bernoulli(key, chance), CJ_F64), 1, false));
    assert_true(rate[0] == 0 && rate[1] == 1 && fabs(rate[2] - 0.25) < 0.011 && rate[3] == 0);
    free(rate);
    double *whole = numbers(cj_random_integer(key, CJ_I32, 2, shape, -3, 4)), at[7] = {0};
    for (int i = 0; i < 4 * N; i++) {
        assert_true(whole[i] >= -3 && whole[i] < 4);
        at[(int)whole[i] + 3] += 7.0 / (4 * N);
    }
    for (int i = 0; i < 7; i++)
        assert_true(fabs(at[i] - 1) < 0.04);
    free(whole);
    double *order = numbers(cj_random_permutation(key, 1000)), seen[1000] = {0}, moved = 0;
    for (int i = 0; i < 1000; i++) {
        seen[(int)order[i]]++;
        moved += order[i] != i;
    }
    for (int i = 0; i < 1000; i++)
        assert_true(seen[i] == 1);
    assert_true(moved > 980);
    free(order);
    assert_true(cj_elements(cj_random_permutation(key, 0)) == 0);
}

static void test_dirichlet(void **state)
{
    cj_context *c = *state;
    const int64_t shape[2] = {N, 3};
    const double alpha[3] = {0.01, 1, 2};
    cj_tensor *a = cj_expand(cj_tensor_from(c, CJ_F64, 1, shape + 1, alpha), 2, shape);
    double *x = numbers(cj_random_dirichlet(cj_key(c, 9), a, 1)), mean[3] = {0};
    for (int i = 0; i < N; i++) {
        assert_true(fabs(x[3 * i] + x[3 * i + 1] + x[3 * i + 2] - 1) < 1e-12);
        for (int k = 0; k < 3; k++)
            mean[k] += x[3 * i + k] / N;
    }
    for (int k = 0; k < 3; k++)
        assert_true(fabs(mean[k] - alpha[k] / 3.01) < 0.006);
    free(x);
}

/* The first elements of a longer draw are those of a shorter one. */
static void test_elements(void **state)
{
    cj_context *c = *state;
    const int64_t few = 5, many = 100;
    cj_tensor *key = cj_key(c, 3);
    cj_tensor *pair[][2] = {
        {cj_random_gamma(key, cj_full(c, CJ_F32, 1, &few, 2)),
         cj_random_gamma(key, cj_full(c, CJ_F32, 1, &many, 2))},
        {cj_random_gumbel(key, CJ_F64, 1, &few), cj_random_gumbel(key, CJ_F64, 1, &many)},
        {cj_random_integer(key, CJ_U8, 1, &few, 0, 200),
         cj_random_integer(key, CJ_U8, 1, &many, 0, 200)},
    };
    for (size_t i = 0; i < CJ_COUNT(pair); i++) {
        double *a = numbers(pair[i][0]), *b = numbers(pair[i][1]);
        assert_memory_equal(a, b, (size_t)few * sizeof *a);
        free(a);
        free(b);
    }
}

static void test_errors(void **state)
{
    cj_context *c = *state;
    const int64_t n = 3;
    cj_tensor *key = cj_key(c, 3);
    assert_null(cj_random_integer(key, CJ_F32, 1, &n, 0, 2));
    assert_non_null(strstr(cj_error(c), "random_integer: f32; it makes integers"));
    cj_error_clear(c);
    assert_null(cj_random_integer(key, CJ_I32, 1, &n, 2, 2));
    assert_non_null(
        strstr(cj_error(c), "random_integer: from 2 to below 2; these must be 1 to 2^31 numbers"));
    cj_error_clear(c);
    assert_null(cj_random_truncated_normal(key, CJ_F32, 1, &n, 1, 1));
    assert_non_null(
        strstr(cj_error(c), "random_truncated_normal: from 1 to 1; the first must be less"));
    cj_error_clear(c);
    assert_null(cj_random_gamma(key, cj_full(c, CJ_I32, 1, &n, 1)));
    assert_non_null(strstr(cj_error(c), "random_gamma: i32[3]; it takes floats"));
    cj_error_clear(c);
}

/* Signs in equal shares; choices without repeats, the first of them as often as the weights say, none of weight 0. */
static void test_signs_and_choices(void **state)
{
    cj_context *c = *state;
    int64_t n = N, shape[] = {N, 4};
    double *sign = numbers(cj_random_rademacher(cj_key(c, 3), CJ_F32, 1, &n)), sum = 0;
    for (int i = 0; i < N; i++) {
        assert_true(fabs(sign[i]) == 1);
        sum += sign[i];
    }
    assert_true(fabs(sum) < 5 * sqrt(N));
    free(sign);
    const double logit[] = {log(1), log(2), -INFINITY, log(5)};
    cj_tensor *row = cj_tensor_from(c, CJ_F64, 2, (int64_t[]){1, 4}, logit);
    cj_tensor *chosen = cj_random_choice(cj_key(c, 4), cj_expand(row, 2, shape), 3);
    assert_int_equal(cj_tensor_dtype(chosen), CJ_I32);
    double *x = numbers(chosen), first[4] = {0};
    for (int i = 0; i < N; i++) {
        const double *k = x + 3 * i;
        assert_true(k[0] != k[1] && k[1] != k[2] && k[0] != k[2]);
        assert_true(k[0] != 2 && k[1] != 2 && k[2] != 2);
        first[(int)k[0]]++;
    }
    for (int i = 0; i < 4; i++) {
        double p = exp(logit[i]) / 8;
        assert_true(fabs(first[i] - N * p) <= 5 * sqrt(N * p * (1 - p)));
    }
    free(x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_distributions, begin, end),
        cmocka_unit_test_setup_teardown(test_counts, begin, end),
        cmocka_unit_test_setup_teardown(test_dirichlet, begin, end),
        cmocka_unit_test_setup_teardown(test_elements, begin, end),
        cmocka_unit_test_setup_teardown(test_signs_and_choices, begin, end),
        cmocka_unit_test_setup_teardown(test_errors, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
