/*
 * CMA-ES and the genetic algorithm on functions with a known bottom; the same seed, the same search; NaN.
 */
#include "cajal/cajal.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static cj_context *context;

static int setup(void **state)
{
    (void)state;
    context = cj_context_new(NULL, NULL, 0);
    return context == NULL;
}

static int teardown(void **state)
{
    (void)state;
    cj_context_free(context);
    return 0;
}

static double rosenbrock(const double *x, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i + 1 < n; i++)
        sum += 100 * pow(x[i + 1] - x[i] * x[i], 2) + pow(1 - x[i], 2);
    return sum;
}

/* An ellipse whose axes are as 1 to 1,000, turned. */
static double ellipse(const double *x, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++) {
        double turned = 0.6 * x[i] + 0.8 * x[(i + 1) % n];
        sum += pow(1e6, (double)i / (double)(n - 1)) * turned * turned;
    }
    return sum;
}

typedef double target(const double *x, int64_t n);

static int64_t descend(cj_cma *cma, target *f, int64_t n, double goal, int64_t most)
{
    double value[64], best = INFINITY;
    int64_t calls = 0;
    while (best > goal && calls < most) {
        const double *x = cj_cma_ask(cma);
        assert_non_null(x);
        for (int64_t i = 0; i < cj_cma_population(cma); i++, calls++)
            value[i] = f(x + i * n, n);
        if (cj_cma_tell(cma, value) != CJ_OK)
            fail_msg("%s", cj_error(context));
        assert_non_null(cj_cma_best(cma, &best));
    }
    return calls;
}

/* Hansen's tutorial and its codes need some 5,000 to 6,000 values for these in ten dimensions. */
static void test_cma(void **state)
{
    (void)state;
    static target *const f[] = {rosenbrock, ellipse};
    for (int elitist = 0; elitist < 2; elitist++)
        for (int i = 0; i < 2; i++) {
            double mean[10];
            for (int k = 0; k < 10; k++)
                mean[k] = i ? 1 : 0.1;
            cj_cma *cma = cj_cma_new(context, 10, mean, 0.5, .seed = 3, .elitist = elitist);
            assert_non_null(cma);
            assert_int_equal(cj_cma_population(cma), 10);
            int64_t calls = descend(cma, f[i], 10, 1e-12, 20000);
            if (!(calls < 12000))
                fail_msg("function %d: %d values, best %g", i, (int)calls,
                         f[i](cj_cma_mean(cma), 10));
            assert_true(cj_cma_sigma(cma) < 1e-3);
            for (int k = 0; k < 10; k++)
                assert_true(fabs(cj_cma_mean(cma)[k] - (i ? 0 : 1)) < 1e-3);
            cj_cma_free(cma);
        }
}

/* The same seed gives the same points to the bit, another seed others; NaN counts as worst. */
static void test_cma_bits(void **state)
{
    (void)state;
    const double mean[3] = {1, 2, 3};
    double last[3][3];
    for (int round = 0; round < 3; round++) {
        cj_cma *cma = cj_cma_new(context, 3, mean, 1, .seed = round == 2 ? 8 : 7);
        double value[64];
        assert_int_equal(cj_cma_tell(cma, value), CJ_INVALID);
        for (int step = 0; step < 5; step++) {
            const double *x = cj_cma_ask(cma);
            for (int64_t i = 0; i < cj_cma_population(cma); i++)
                value[i] = i == 2 ? (double)NAN : rosenbrock(x + 3 * i, 3);
            assert_int_equal(cj_cma_tell(cma, value), CJ_OK);
        }
        memcpy(last[round], cj_cma_mean(cma), sizeof last[round]);
        for (int64_t i = 0; i < cj_cma_population(cma); i++)
            value[i] = (double)NAN;
        cj_cma_ask(cma);
        assert_int_equal(cj_cma_tell(cma, value), CJ_VALUE);
        cj_cma_free(cma);
    }
    assert_memory_equal(last[0], last[1], sizeof last[0]);
    assert_memory_not_equal(last[0], last[2], sizeof last[0]);
    assert_null(cj_cma_new(context, 3, mean, 0));
    assert_non_null(strstr(cj_error(context), "positive sigma"));
}

/* Rastrigin's function of five numbers: many valleys, the deepest at 0.3. */
static double rastrigin(const double *x, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++) {
        double d = x[i] - 0.3;
        sum += 10 + d * d - 10 * cos(2 * 3.14159265358979323846 * d);
    }
    return sum;
}

static void test_genetic(void **state)
{
    (void)state;
    const double low[5] = {-5, -5, -5, -5, -5}, high[5] = {5, 5, 5, 5, 5};
    double end[2], value[200], best, before = INFINITY;
    for (int round = 0; round < 2; round++) {
        cj_genetic *g = cj_genetic_new(context, 5, low, high, .population = 100, .seed = 4,
                                       .step = 0.05, .elite = 2);
        assert_non_null(g);
        for (int step = 0; step < 200; step++) {
            const double *x = cj_genetic_ask(g);
            assert_non_null(x);
            for (int i = 0; i < 100; i++) {
                for (int k = 0; k < 5; k++)
                    assert_true(x[5 * i + k] >= -5 && x[5 * i + k] <= 5);
                value[i] = rastrigin(x + 5 * i, 5);
            }
            if (step)
                assert_true(value[0] == before); /* the elite lives on */
            assert_int_equal(cj_genetic_tell(g, value), CJ_OK);
            assert_non_null(cj_genetic_best(g, &best));
            before = best;
        }
        end[round] = best;
        cj_genetic_free(g);
    }
    assert_true(end[0] < 0.5 && end[0] == end[1]);
    assert_null(cj_genetic_new(context, 5, high, low));
    assert_non_null(strstr(cj_error(context), "not above its high"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_cma, setup, teardown),
        cmocka_unit_test_setup_teardown(test_cma_bits, setup, teardown),
        cmocka_unit_test_setup_teardown(test_genetic, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
