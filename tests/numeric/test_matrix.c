/*
 * tests/numeric/test_matrix.c - regressions, components, alignments, iterations: against what defines them, and their derivatives.
 */
#include "cajal/matrix.h"
#include "cajal/program.h"
#include "support/derivatives.h"
#include "support/lapack.h"
#include "support/op_check.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static double largest(cj_tensor *x)
{
    double out = NAN;
    assert_int_equal(cj_read(cj_amax(cj_abs(x), CJ_ALL, false), &out, sizeof out), CJ_OK);
    return out;
}

static void near(cj_tensor *a, cj_tensor *b)
{
    double error = largest(cj_sub(a, b));
    if (!(error < 1e-11)) {
        print_error("apart by %g\n", error);
        fail();
    }
}

static cj_tensor *matrix(cj_context *c, int64_t m, int64_t n, uint64_t seed)
{
    return made(c, CJ_F64, 2, (int64_t[]){m, n}, -1, 1, seed);
}

static cj_tensor *turned(cj_tensor *x)
{
    return cj_transpose(x, -1, -2);
}

static cj_tensor *positive(cj_tensor *x)
{
    return cj_add(cj_matmul(x, turned(x)), cj_eye(cj_tensor_context(x), CJ_F64, cj_extent(x, 0)));
}

static void algebra(void **state)
{
    (void)state;
    cj_context *c = op_context(2);
    cj_tensor *s = matrix(c, 5, 5, 5), *q = cj_cayley(cj_sub(s, turned(s)));
    near(cj_matmul(turned(q), q), cj_eye(c, CJ_F64, 5));
    cj_tensor *f = matrix(c, 6, 3, 6), *centred = cj_sub(f, cj_mean(f, CJ_AXIS(0), true));
    near(cj_center_gram(cj_matmul(f, turned(f))), cj_matmul(centred, turned(centred)));
    cj_tensor *p = positive(s), *u = matrix(c, 5, 1, 7), *v = matrix(c, 5, 1, 8);
    near(cj_rank_one_inverse_update(cj_inverse(p), u, v),
         cj_inverse(cj_add(p, cj_matmul(u, turned(v)))));
    cj_tensor *d = cj_sub(cj_narrow(f, 0, 1, 2), cj_narrow(f, 0, 4, 5));
    cj_tensor *k = cj_narrow(cj_narrow(cj_rbf_kernel(f, f, 0.7), 0, 1, 2), 1, 4, 5);
    near(k, cj_exp(cj_scale(cj_sum(cj_square(d), CJ_ALL, false), -0.7)));
    cj_context_free(c);
}

static void regressions(void **state)
{
    (void)state;
    cj_context *c = op_context(2);
    for (int64_t n = 3; n <= 9; n += 6) { /* fewer rows than columns, more */
        cj_tensor *x = matrix(c, n, 5, 1), *y = matrix(c, n, 2, 2), *w = cj_ridge(x, y, 0.3);
        cj_tensor *slope = cj_matmul(turned(x), cj_sub(cj_matmul(x, w), y));
        near(slope, cj_scale(w, -0.3));
        cj_pca_result p = cj_pca(x, 2);
        cj_tensor *centred = cj_sub(x, p.mean), *score = cj_matmul(centred, turned(p.components));
        cj_tensor *cov = cj_scale(cj_matmul(turned(score), score), 1 / (double)(n - 1));
        near(cov, cj_mul(cj_eye(c, CJ_F64, 2), p.variances));
        near(cj_narrow(p.variances, 0, 0, 1),
             cj_narrow(
                 cj_eigvalsh(cj_scale(cj_matmul(turned(centred), centred), 1 / (double)(n - 1))), 0,
                 4, 5));
    }
    cj_tensor *a = matrix(c, 9, 3, 3), *s = matrix(c, 3, 3, 4),
              *r = cj_cayley(cj_sub(s, turned(s)));
    cj_procrustes_result p = cj_procrustes(a, cj_scale(cj_matmul(a, r), 2.5));
    near(p.rotation, r);
    near(p.scale, cj_scalar(c, CJ_F64, 2.5));
    cj_tensor *cosines = cj_principal_cosines(cj_narrow(s, 1, 0, 2), s);
    near(cosines, cj_full(c, CJ_F64, 1, (int64_t[]){2}, 1));
    near(cj_stable_rank(cj_eye(c, CJ_F64, 4)), cj_scalar(c, CJ_F64, 4));
    /* 2 (x - 1) (x - 3) (x^2 + 4), and x + 5 beside it */
    const double coefficients[] = {2, -8, 14, -32, 24}, line[] = {1, 5};
    cj_complex z = cj_poly_roots(cj_tensor_from(c, CJ_F64, 1, (int64_t[]){5}, coefficients));
    cj_tensor *square = cj_complex_abs2(z), *sum = cj_sum(square, CJ_ALL, true);
    near(sum, cj_full(c, CJ_F64, 1, (int64_t[]){1}, 18));
    near(cj_sum(z.re, CJ_ALL, true), cj_full(c, CJ_F64, 1, (int64_t[]){1}, 4));
    near(cj_amax(z.im, CJ_ALL, true), cj_full(c, CJ_F64, 1, (int64_t[]){1}, 2));
    z = cj_poly_roots(cj_tensor_from(c, CJ_F64, 1, (int64_t[]){2}, line));
    near(z.re, cj_full(c, CJ_F64, 1, (int64_t[]){1}, -5));
    cj_context_free(c);
}

static cj_tensor *product(void *user, cj_tensor *x)
{
    return cj_squeeze(cj_matmul(user, cj_unsqueeze(x, 1)), 1);
}

static void iterations(void **state)
{
    (void)state;
    cj_context *c = op_context(2);
    cj_tensor *a = positive(matrix(c, 12, 12, 1)),
              *x = made(c, CJ_F64, 1, (int64_t[]){12}, -1, 1, 2);
    cj_tensor *w = cj_eigvalsh(a);
    cj_power_result p = cj_power_iteration(product, a, x, 400);
    near(cj_unsqueeze(p.value, 0), cj_narrow(w, 0, 11, 12));
    cj_lanczos_result l = cj_lanczos(product, a, x, 12);
    near(l.values, w);
    near(cj_matmul(l.basis, turned(l.basis)), cj_eye(c, CJ_F64, 12));
    l = cj_lanczos(product, a, x, 4); /* inside of the spectrum, near its upper end */
    double got[4], whole[12];
    assert_int_equal(cj_read(l.values, got, sizeof got), CJ_OK);
    assert_int_equal(cj_read(w, whole, sizeof whole), CJ_OK);
    assert_true(got[3] <= whole[11] + 1e-12 && got[3] > 0.8 * whole[11] &&
                got[0] >= whole[0] - 1e-12);
    /* three different eigenvalues are exhausted after three steps */
    cj_tensor *few =
        cj_mul(cj_eye(c, CJ_F64, 12),
               cj_shift(cj_cast(cj_argmax(cj_eye(c, CJ_F64, 12), CJ_AXIS(1), false), CJ_F64), 0));
    few = cj_minimum(few, cj_scale(cj_eye(c, CJ_F64, 12), 2));
    l = cj_lanczos(product, few, cj_full(c, CJ_F64, 1, (int64_t[]){12}, 1), 5);
    double five[5];
    assert_int_equal(cj_read(l.values, five, sizeof five), CJ_OK);
    assert_true(fabs(five[4] - 2) < 1e-12 && fabs(five[3] - 1) < 1e-12 && fabs(five[2]) < 1e-12);
    cj_context_free(c);
}

#define FUNCTION(name, expression)                                                                 \
    static cj_tensor *y_##name(cj_tensor **x)                                                      \
    {                                                                                              \
        return expression;                                                                         \
    }
FUNCTION(cayley, cj_square(cj_cayley(cj_sub(x[0], turned(x[0])))))
FUNCTION(ridge, cj_square(cj_ridge(x[0], x[1], 0.5)))
FUNCTION(update, cj_square(cj_rank_one_inverse_update(positive(x[0]), x[1], x[2])))
FUNCTION(rbf, cj_rbf_kernel(x[0], x[1], 0.5))
FUNCTION(procrustes, cj_square(cj_procrustes(x[0], x[1]).scale))
FUNCTION(cosines, cj_principal_cosines(x[0], x[1]))

static void derivatives(void **state)
{
    (void)state;
    const function row[] = {
        {"cayley", y_cayley, 1, -1, 1, {{2, {3, 3}}}},
        {"ridge", y_ridge, 2, -1, 1, {{2, {4, 2}}, {2, {4, 2}}}},
        {"ridge, dual", y_ridge, 2, -1, 1, {{2, {2, 3}}, {2, {2, 1}}}},
        {"rank one update", y_update, 3, 0.1, 1, {{2, {2, 2}}, {2, {2, 1}}, {2, {2, 1}}}},
        {"rbf", y_rbf, 2, -1, 1, {{2, {3, 2}}, {2, {2, 2}}}},
        {"procrustes", y_procrustes, 2, -1, 1, {{2, {4, 2}}, {2, {4, 2}}}},
        {"cosines", y_cosines, 2, -1, 1, {{2, {5, 2}}, {2, {5, 2}}}},
    };
    for (size_t i = 0; i < CJ_COUNT(row); i++)
        check_derivatives(&row[i], i < 5);
}

static void errors(void **state)
{
    (void)state;
    cj_context *c = op_context(1);
    cj_tensor *x = made(c, CJ_F64, 1, (int64_t[]){4}, -1, 1, 2), *a = matrix(c, 3, 4, 1);
    assert_null(cj_lanczos(product, a, x, 5).values);
    assert_non_null(strstr(cj_error(c),
                           "lanczos: 5 steps from [4]; it takes a vector, and from 1 step to "
                           "its length"));
    cj_error_clear(c);
    assert_null(cj_power_iteration(product, a, x, 5).value);
    assert_non_null(strstr(cj_error(c),
                           "power_iteration: the product of [4] is [3]; it must be of the same "
                           "shape and dtype"));
    cj_error_clear(c);
    assert_null(cj_pca(a, 4).components);
    assert_non_null(strstr(cj_error(c), "pca: 4 components of [3, 4]; there are at most 3"));
    cj_error_clear(c);
    assert_null(cj_ridge(x, a, 1));
    assert_non_null(strstr(cj_error(c), "ridge: [4]; it must have 2 axes"));
    cj_context_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(algebra),     cmocka_unit_test(regressions), cmocka_unit_test(iterations),
        cmocka_unit_test(derivatives), cmocka_unit_test(errors),
    };
    return lapack_is_here("numeric/test_matrix") ? cmocka_run_group_tests(tests, NULL, NULL) : 0;
}
