/*
 * tests/transform/test_linalg.c - derivatives of linear algebra, every order, forward and reverse, against differences: wide, tall,
 * batched, empty; equal values, missing rank.
 */
#include "cajal/index.h"
#include "cajal/linalg.h"
#include "cajal/program.h"
#include "support/derivatives.h"
#include "support/lapack.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define FUNCTION(name, expression)                                                                 \
    static cj_tensor *y_##name(cj_tensor **x)                                                      \
    {                                                                                              \
        return expression;                                                                         \
    }

static cj_tensor *spread(cj_tensor *x)
{
    int64_t n = cj_extent(x, -1);
    return cj_add(
        x, cj_diag_embed(cj_shift(cj_scale(cj_iota(x->context, CJ_F64, 1, &n, 0), 1.5), 2), 0));
}

static cj_tensor *positive(cj_tensor *x)
{
    return cj_add(cj_matmul(x, cj_transpose(x, -1, -2)),
                  cj_eye(x->context, CJ_F64, cj_extent(x, -1)));
}

/* The same of any shape: singular values around 2, 3.5, ... */
static cj_tensor *apart(cj_tensor *x)
{
    int64_t m = cj_extent(x, -2), n = cj_extent(x, -1), k = CJ_MIN(m, n);
    cj_tensor *s = cj_shift(cj_scale(cj_iota(x->context, CJ_F64, 1, &k, 0), 1.5), 2);
    s = cj_pad(cj_diag_embed(s, 0), (const int64_t[]){0, 0}, (const int64_t[]){m - k, n - k});
    return cj_add(x, s);
}

static cj_tensor *curved(cj_tensor *x)
{
    return cj_mul(cj_sin(x), x);
}

FUNCTION(cholesky, curved(cj_cholesky(positive(x[0]))))
FUNCTION(triangular, curved(cj_solve_triangular(spread(x[0]), x[1])))
FUNCTION(triangular_upper, curved(cj_solve_triangular(spread(x[0]), x[1], .upper = true)))
FUNCTION(triangular_transposed, curved(cj_solve_triangular(spread(x[0]), x[1], .transposed = true)))
FUNCTION(triangular_unit, curved(cj_solve_triangular(x[0], x[1], .upper = true, .transposed = true,
                                                     .unit_diagonal = true)))
FUNCTION(solve, curved(cj_solve(spread(x[0]), x[1])))
FUNCTION(solve_transposed, curved(cj_solve(spread(x[0]), x[1], .transposed = true)))
FUNCTION(solve_positive, curved(cj_solve(positive(x[0]), x[1], .positive_definite = true)))
FUNCTION(inverse, curved(cj_inverse(spread(x[0]))))
FUNCTION(det, curved(cj_det(spread(x[0]))))
FUNCTION(slogdet, curved(cj_slogdet(spread(x[0])).logabs))
FUNCTION(tridiagonal, curved(cj_solve_tridiagonal(cj_add(x[0], cj_tensor_from(x[0]->context, CJ_F64,
                                                                              2, (int64_t[]){3, 1},
                                                                              (double[]){0, 3, 0})),
                                                  x[1])))
FUNCTION(q, curved(cj_qr(x[0], false).q))
FUNCTION(r, curved(cj_qr(x[0], false).r))
FUNCTION(qr, curved(cj_matmul(cj_qr(x[0], false).q, cj_sin(cj_qr(x[0], false).r))))
FUNCTION(eigvalsh, curved(cj_eigvalsh(spread(x[0]))))
FUNCTION(eigenvectors, curved(cj_eigh(spread(x[0])).vectors))
FUNCTION(svdvals, curved(cj_svdvals(spread(x[0]))))
FUNCTION(matrix_exp, curved(cj_matrix_exp(x[0])))
FUNCTION(matrix_exp_large,
         curved(cj_matrix_exp(cj_scale(cj_sub(x[0], cj_transpose(x[0], 0, 1)), 9))))
FUNCTION(matrix_power, curved(cj_matrix_power(x[0], 5)))
FUNCTION(matrix_power_below, curved(cj_matrix_power(spread(x[0]), -2)))
FUNCTION(matrix_sqrt, curved(cj_matrix_sqrt(positive(x[0]))))
FUNCTION(lstsq, curved(cj_lstsq(apart(x[0]), x[1])))
FUNCTION(lstsq_pivoted, curved(cj_lstsq(apart(x[0]), x[1], .pivoted_qr = true)))
FUNCTION(lstsq_rank, curved(cj_lstsq(cj_matmul(apart(x[0]), apart(x[1])), x[2], .rcond = 1e-8)))
FUNCTION(trace, curved(cj_trace(x[0])))

/* Singular vectors of a matrix whose values lie apart. */
static cj_tensor *y_svd(cj_tensor **x)
{
    cj_svd_result d = cj_svd(apart(x[0]));
    cj_tensor *us = cj_mul(cj_sin(d.u), cj_unsqueeze(d.s, -2));
    return cj_matmul(us, cj_exp(d.vt));
}

static void check(const char *name, cj_tensor *(*build)(cj_tensor **), const extents *a,
                  const extents *b, bool third)
{
    function f = {name, build, b ? 2 : 1, -1, 1, {*a}};
    if (b)
        f.input[1] = *b;
    check_derivatives(&f, third);
}

static void test_systems(void **state)
{
    (void)state;
    static const extents a[] = {
        {2, {3, 3}}, {3, {2, 2, 2}}, {2, {1, 1}}, {3, {0, 2, 2}}, {2, {2, 2}}};
    static const extents b[] = {
        {2, {3, 2}}, {3, {2, 2, 1}}, {2, {1, 3}}, {3, {0, 2, 1}}, {3, {2, 2, 1}}};
    for (size_t i = 0; i < CJ_COUNT(a); i++) {
        check("cholesky", y_cholesky, &a[i], NULL, true);
        check("triangular", y_triangular, &a[i], &b[i], true);
        check("triangular, upper", y_triangular_upper, &a[i], &b[i], false);
        check("triangular, transposed", y_triangular_transposed, &a[i], &b[i], false);
        check("triangular, unit", y_triangular_unit, &a[i], &b[i], true);
        check("solve", y_solve, &a[i], &b[i], true);
        check("solve, transposed", y_solve_transposed, &a[i], &b[i], true);
        check("solve, positive", y_solve_positive, &a[i], &b[i], i > 0);
        check("inverse", y_inverse, &a[i], NULL, true);
        check("det", y_det, &a[i], NULL, true);
        check("slogdet", y_slogdet, &a[i], NULL, true);
        check("trace", y_trace, &a[i], NULL, true);
    }
    check("tridiagonal", y_tridiagonal, &(extents){2, {3, 4}}, &(extents){2, {4, 2}}, true);
    check("tridiagonal, batch", y_tridiagonal, &(extents){3, {2, 3, 2}}, &(extents){3, {2, 2, 1}},
          true);
    check("tridiagonal, one", y_tridiagonal, &(extents){2, {3, 1}}, &(extents){2, {1, 2}}, true);
}

static void test_orthogonal(void **state)
{
    (void)state;
    static const extents a[] = {{2, {3, 3}},    {2, {4, 2}}, {2, {2, 4}},
                                {3, {2, 3, 2}}, {2, {1, 3}}, {2, {3, 1}}};
    for (size_t i = 0; i < CJ_COUNT(a); i++) {
        check("qr: q", y_q, &a[i], NULL, true);
        check("qr: r", y_r, &a[i], NULL, true);
        check("qr", y_qr, &a[i], NULL, false);
        check("svd", y_svd, &a[i], NULL, false);
    }
}

static void test_spectral(void **state)
{
    (void)state;
    static const extents a[] = {{2, {3, 3}}, {3, {2, 2, 2}}, {2, {1, 1}}};
    for (size_t i = 0; i < CJ_COUNT(a); i++) {
        check("eigvalsh", y_eigvalsh, &a[i], NULL, true);
        check("eigh: vectors", y_eigenvectors, &a[i], NULL, true);
        check("svdvals", y_svdvals, &a[i], NULL, true);
        check("matrix_exp", y_matrix_exp, &a[i], NULL, false);
        check("matrix_power", y_matrix_power, &a[i], NULL, true);
        check("matrix_power, negative", y_matrix_power_below, &a[i], NULL, true);
        check("matrix_sqrt", y_matrix_sqrt, &a[i], NULL, true);
    }
    check("matrix_exp, squared", y_matrix_exp_large, &(extents){2, {3, 3}}, NULL, false);
}

static void test_least_squares(void **state)
{
    (void)state;
    static const extents a[] = {{2, {4, 2}}, {2, {2, 4}}, {2, {2, 2}}, {3, {2, 3, 2}}};
    static const extents b[] = {{2, {4, 2}}, {2, {2, 1}}, {2, {2, 3}}, {3, {2, 3, 1}}};
    for (size_t i = 0; i < CJ_COUNT(a); i++) {
        check("lstsq", y_lstsq, &a[i], &b[i], true);
        check("lstsq, pivoted", y_lstsq_pivoted, &a[i], &b[i], false);
    }
    const function rank = {
        "lstsq of rank 2", y_lstsq_rank, 3, -1, 1, {{2, {4, 2}}, {2, {2, 3}}, {2, {4, 1}}}};
    check_derivatives(&rank, true);
}

/* At a multiple of 1: sums over eigenvalues, over singular values, and the root to second order. */
static void test_equal_values(void **state)
{
    (void)state;
    cj_context *c = cj_context_new(NULL, NULL, 0);
    const double zeros[9] = {0};
    cj_tensor *x = cj_tensor_from(c, CJ_F64, 2, (int64_t[]){3, 3}, zeros), *d;
    cj_tensor *a = cj_add(cj_scale(cj_eye(c, CJ_F64, 3), 2), x);
    /* the gradient of the sum of log w is A^-1 */
    cj_tensor *y = cj_sum(cj_log(cj_eigvalsh(a)), CJ_ALL, false);
    double got[9];
    assert_int_equal(cj_grad(y, 1, &x, &d), CJ_OK);
    assert_int_equal(cj_read(d, got, sizeof got), CJ_OK);
    for (int i = 0; i < 9; i++)
        assert_true(fabs(got[i] - (i % 4 == 0 ? 0.5 : 0)) < 1e-14);
    /* of the sum of singular values U V^T */
    assert_int_equal(cj_grad(cj_sum(cj_svdvals(a), CJ_ALL, false), 1, &x, &d), CJ_OK);
    assert_int_equal(cj_read(d, got, sizeof got), CJ_OK);
    for (int i = 0; i < 9; i++)
        assert_true(fabs(got[i] - (i % 4 == 0)) < 1e-14);
    /* second derivatives of the root along t: root(2) (1/2 - ...): -t t / (4 2^(3/2)) twice */
    const double t_data[9] = {0.3, -1, 0.5, -1, 0.7, 0.2, 0.5, 0.2, -0.4};
    cj_tensor *t = cj_tensor_from(c, CJ_F64, 2, (int64_t[]){3, 3}, t_data), *out[2];
    assert_int_equal(cj_taylor(1, &x, &t, cj_matrix_sqrt(a), 2, out), CJ_OK);
    double first[9], second[9];
    assert_int_equal(cj_read(out[0], first, sizeof first), CJ_OK);
    assert_int_equal(cj_read(out[1], second, sizeof second), CJ_OK);
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) {
            double square = 0;
            for (int k = 0; k < 3; k++)
                square += t_data[i * 3 + k] * t_data[k * 3 + j];
            assert_true(fabs(first[i * 3 + j] - t_data[i * 3 + j] / (2 * sqrt(2))) < 1e-14);
            assert_true(fabs(second[i * 3 + j] + square / (4 * pow(2, 1.5))) < 1e-14);
        }
    cj_context_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_systems),      cmocka_unit_test(test_orthogonal),
        cmocka_unit_test(test_spectral),     cmocka_unit_test(test_least_squares),
        cmocka_unit_test(test_equal_values),
    };
    return lapack_is_here("transform/test_linalg") ? cmocka_run_group_tests(tests, NULL, NULL) : 0;
}
