/*
 * Gauss's rules by their moments and by known nodes; roots in brackets with their derivatives; paths.
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

/* ---- paths ---- */

static void test_paths(void **state)
{
    (void)state;
    const int64_t n = 4, m = 7;
    const double x[4] = {0, 1, 3, 4}, place[7] = {-1, 0, 0.25, 1, 2.5, 4, 5};
    const double y[8] = {1, 0, 3, 1, 2, -1, 2, 5};
    cj_tensor *xs = cj_tensor_from(context, CJ_F64, 1, &n, x);
    cj_tensor *ys = cj_tap(cj_tensor_from(context, CJ_F64, 2, (int64_t[]){4, 2}, y));
    cj_tensor *at = cj_tap(cj_tensor_from(context, CJ_F64, 1, &m, place)), *g;
    double got[14], slope[7];
    assert_int_equal(cj_read(cj_path(CJ_PATH_PREVIOUS, xs, ys, at), got, sizeof got), CJ_OK);
    const double previous[7] = {1, 1, 1, 3, 3, 2, 2};
    for (int i = 0; i < 7; i++)
        assert_true(got[2 * i] == previous[i]);
    assert_int_equal(cj_read(cj_path(CJ_PATH_LINEAR, xs, ys, at), got, sizeof got), CJ_OK);
    const double linear[14] = {-1, -1, 1, 0, 1.5, 0.25, 3, 1, 2.25, -0.5, 2, 5, 2, 11};
    for (int i = 0; i < 14; i++)
        assert_true(fabs(got[i] - linear[i]) < 1e-14);
    /* the cubic from (1, 3) with slope 2 to (3, 2) with slope -1/2, at u = 3/4 */
    cj_tensor *path = cj_path(CJ_PATH_HERMITE, xs, ys, at);
    assert_int_equal(cj_read(path, got, sizeof got), CJ_OK);
    double u = 0.75, a = (1 + 2 * u) * (1 - u) * (1 - u), b = u * (1 - u) * (1 - u);
    double c = u * u * (3 - 2 * u), d = u * u * (u - 1);
    assert_true(fabs(got[8] - (a * 3 + b * 2 * 2 + c * 2 + d * 2 * -0.5)) < 1e-14);
    for (int i = 0; i < 2; i++)
        assert_true(fabs(got[2 + i] - y[i]) < 1e-14 && fabs(got[10 + i] - y[6 + i]) < 1e-14);
    /* the derivative to the place, of a column, by differences */
    assert_int_equal(cj_grad(cj_sum(cj_narrow(path, 1, 0, 1), CJ_ALL, false), 1, &at, &g), CJ_OK);
    assert_int_equal(cj_read(g, slope, sizeof slope), CJ_OK);
    double moved[2][14], h = 1e-6;
    for (int k = 0; k < 2; k++)
        assert_int_equal(cj_read(cj_path(CJ_PATH_HERMITE, xs, ys, cj_shift(at, k ? h : -h)),
                                 moved[k], sizeof moved[k]),
                         CJ_OK);
    for (int i = 0; i < 7; i++)
        assert_true(fabs(slope[i] - (moved[1][2 * i] - moved[0][2 * i]) / (2 * h)) < 1e-5);
    assert_null(cj_path(CJ_PATH_LINEAR, at, ys, xs));
    assert_non_null(strstr(cj_error(context), "path: x is f64[7], y f64[4, 2]"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_moments, setup, teardown),
        cmocka_unit_test_setup_teardown(test_roots, setup, teardown),
        cmocka_unit_test_setup_teardown(test_paths, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
