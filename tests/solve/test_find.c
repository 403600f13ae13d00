/*
 * Gauss's rules by their moments and by known nodes; roots in brackets with their derivatives.
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

/* The integral of x^k w. */
static double moment(cj_gauss_kind kind, int k, double alpha)
{
    if (kind == CJ_LEGENDRE)
        return k % 2 ? 0 : 2.0 / (k + 1);
    if (kind == CJ_HERMITE)
        return k % 2 ? 0 : tgamma((k + 1) / 2.0);
    return tgamma(k + alpha + 1);
}

static void test_moments(void **state)
{
    (void)state;
    double x[101], w[101];
    for (cj_gauss_kind kind = CJ_LEGENDRE; kind <= CJ_LAGUERRE; kind++)
        for (int n = 1; n <= 20; n++) {
            double alpha = 0.5;
            assert_int_equal(cj_gauss(context, kind, n, alpha, 0, x, w), CJ_OK);
            for (int k = 0; k < 2 * n && k < 30; k++) {
                double sum = 0, size = 0, want = moment(kind, k, alpha);
                for (int i = 0; i < n; i++) {
                    sum += w[i] * pow(x[i], k);
                    size += w[i] * pow(fabs(x[i]), k);
                }
                if (!(fabs(sum - want) <= 2e-13 * (size + fabs(want))))
                    fail_msg("kind %d, n %d, moment %d: %.17g, not %.17g", (int)kind, n, k, sum,
                             want);
            }
        }
    /* Chebyshev is Jacobi at -1/2: nodes cos, equal weights */
    assert_int_equal(cj_gauss(context, CJ_JACOBI, 7, -0.5, -0.5, x, w), CJ_OK);
    for (int i = 0; i < 7; i++) {
        assert_true(fabs(x[i] + cos((2 * i + 1) * 3.14159265358979323846 / 14)) < 1e-14);
        assert_true(fabs(w[i] - 3.14159265358979323846 / 7) < 1e-14);
    }
    assert_int_equal(cj_gauss(context, CJ_HERMITE, 101, 0, 0, x, w), CJ_OK);
    double sum = 0;
    for (int i = 0; i < 101; i++)
        sum += w[i] * cos(x[i]);
    assert_true(fabs(sum - sqrt(3.14159265358979323846) * exp(-0.25)) < 1e-14);
    assert_true(x[50] == 0);
    assert_int_equal(cj_gauss(context, CJ_LEGENDRE, 0, 0, 0, x, w), CJ_INVALID);
}

/* z^3 = theta */
static cj_tensor *cube(void *user, cj_tensor *z, int count, cj_tensor *const *theta)
{
    (void)user;
    (void)count;
    return cj_sub(cj_mul(z, cj_square(z)), theta[0]);
}

static void test_roots(void **state)
{
    (void)state;
    const int64_t n = 5;
    const double theta[5] = {8, 0.5, 1e-3, 0, 100}, high[5] = {5, 5, 5, 5, 2};
    double z[5], d[3][5];
    cj_tensor *t = cj_tap(cj_tensor_from(context, CJ_F64, 1, &n, theta)), *g[3];
    cj_tensor *top = cj_tensor_from(context, CJ_F64, 1, &n, high);
    cj_tensor *root = cj_find_root(cube, cj_full(context, CJ_F64, 1, &n, 0), top, 1, &t);
    assert_int_equal(cj_read(root, z, sizeof z), CJ_OK);
    for (int i = 0; i < 3; i++)
        assert_true(fabs(z[i] - cbrt(theta[i])) < 1e-14);
    assert_true(fabs(z[3]) < 1e-12 && isnan(z[4])); /* 0 at the end; no root below 2 */
    g[0] = root;
    for (int k = 0; k < 3; k++) {
        cj_tensor *sum = cj_sum(cj_narrow(g[k], 0, 0, 2), CJ_ALL, false), *next;
        assert_int_equal(cj_grad(sum, 1, &t, &next), CJ_OK);
        assert_int_equal(cj_read(next, d[k], sizeof d[k]), CJ_OK);
        if (k < 2)
            g[k + 1] = next;
    }
    for (int i = 0; i < 2; i++) {
        double y = theta[i], first = pow(y, -2.0 / 3) / 3, second = -2 * pow(y, -5.0 / 3) / 9;
        double third = 10 * pow(y, -8.0 / 3) / 27;
        assert_true(fabs(d[0][i] - first) < 1e-12 * fabs(first));
        assert_true(fabs(d[1][i] - second) < 1e-11 * fabs(second));
        assert_true(fabs(d[2][i] - third) < 1e-10 * fabs(third));
    }
    assert_null(cj_find_root(cube, cj_scalar(context, CJ_F64, 0), top, 1, &t));
    assert_non_null(strstr(cj_error(context), "they must be alike"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_moments, setup, teardown),
        cmocka_unit_test_setup_teardown(test_roots, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
