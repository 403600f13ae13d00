/*
 * L-BFGS along torch's path, to the bottom in f64 and f32, with feeds, limits and losses that are no
 * number; Levenberg-Marquardt on fits with a known answer.
 */
#include "cajal/cajal.h"
#include "golden/solve_lbfgs.h"

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

static cj_tensor *total(cj_tensor *x)
{
    return cj_sum(x, CJ_ALL, false);
}

/* The Rosenbrock function of x[n]. */
static cj_tensor *rosenbrock(cj_tensor *x)
{
    int64_t n = cj_extent(x, 0);
    cj_tensor *a = cj_narrow(x, 0, 0, n - 1), *b = cj_narrow(x, 0, 1, n);
    cj_tensor *valley = cj_scale(cj_square(cj_sub(b, cj_square(a))), 100);
    return total(cj_add(valley, cj_square(cj_shift(cj_neg(a), 1))));
}

static void test_path(void **state)
{
    (void)state;
    const int64_t ten = 10;
    for (size_t i = 0; i < sizeof lbfgs_paths / sizeof lbfgs_paths[0]; i++) {
        const lbfgs_path *path = &lbfgs_paths[i];
        cj_variable *x = cj_variable_new(context, "x", CJ_F64, 1, &ten);
        cj_minimum end;
        memcpy(cj_variable_data(x), lbfgs_start, sizeof lbfgs_start);
        assert_int_equal(cj_lbfgs(NULL, rosenbrock(cj_variable_read(x)), .count = 1, .variable = &x,
                                  .max_iter = path->iterations, .lr = path->lr,
                                  .history_size = path->history, .result = &end),
                         CJ_OK);
        const double *got = cj_variable_data(x);
        assert_int_equal(end.evaluations, path->evaluations);
        assert_true(fabs(end.loss - path->loss) <= 1e-7 * (1e-9 + path->loss));
        for (int k = 0; k < 10; k++)
            if (!(fabs(got[k] - path->x[k]) <= 1e-8))
                fail_msg("path %d, x[%d]: %.17g, torch has %.17g", (int)i, k, got[k], path->x[k]);
        cj_variable_release(x);
    }
}

/* A net's parameters; a frozen one stays; the loss is fed. */
static void test_scope(void **state)
{
    (void)state;
    for (int pass = 0; pass < 2; pass++) {
        cj_dtype dtype = pass ? CJ_F32 : CJ_F64;
        cj_scope *s = cj_scope_new(context);
        cj_scope_set_dtype(s, dtype);
        double x[40], y[40];
        float xf[40], yf[40];
        for (int i = 0; i < 40; i++) {
            x[i] = (i - 20) / 10.0;
            y[i] = 1.5 * tanh(2 * x[i] - 0.5) + 0.25;
            xf[i] = (float)x[i];
            yf[i] = (float)y[i];
        }
        cj_tensor *in = cj_input(context, "x", dtype, 2, (int64_t[]){40, 1});
        cj_tensor *target = cj_input(context, "y", dtype, 2, (int64_t[]){40, 1});
        cj_tensor *h = cj_tanh(cj_linear(s, "a", in, .out_features = 1));
        cj_scope *rest = cj_scope_enter(s, "rest");
        cj_tensor *fixed = cj_scope_get(rest, "offset", dtype, 0, NULL, cj_init_constant(0.25));
        cj_tensor *out = cj_add(cj_linear(s, "b", h, .out_features = 1, .no_bias = true), fixed);
        cj_scope_freeze(rest, true);
        cj_minimum end;
        const cj_feed feed[] = {{"x", pass ? (const void *)xf : x},
                                {"y", pass ? (const void *)yf : y}};
        assert_int_equal(cj_lbfgs(s, total(cj_square(cj_sub(out, target))), .feeds = 2,
                                  .feed = feed, .max_iter = 200, .tolerance_change = -1,
                                  .tolerance_grad = pass ? 1e-4 : 1e-12, .result = &end),
                         CJ_OK);
        assert_true(end.loss < (pass ? 1e-8 : 1e-24));
        double w = pass ? *(float *)cj_variable_data(cj_scope_find(s, "a.weight"))
                        : *(double *)cj_variable_data(cj_scope_find(s, "a.weight"));
        assert_true(fabs(fabs(w) - 2) < (pass ? 1e-3 : 1e-11));
        double offset = pass ? *(float *)cj_variable_data(cj_scope_find(s, "rest.offset"))
                             : *(double *)cj_variable_data(cj_scope_find(s, "rest.offset"));
        assert_true(offset == 0.25);
        cj_scope_free(s);
    }
}

static bool stop_at_three(void *user, const cj_minimum *now)
{
    *(int64_t *)user = now->iterations;
    return now->iterations < 3;
}

/* log(x) + 1/x: no number beyond 0, where the search must come back from. */
static void test_ends(void **state)
{
    (void)state;
    const int64_t one = 1;
    cj_variable *x = cj_variable_new(context, "x", CJ_F64, 1, &one);
    double *at = cj_variable_data(x);
    cj_tensor *read = cj_variable_read(x);
    cj_tensor *loss = total(cj_add(cj_log(read), cj_reciprocal(read)));
    cj_minimum end;
    *at = 2.5;
    assert_int_equal(
        cj_lbfgs(NULL, loss, .count = 1, .variable = &x, .lr = 30, .max_iter = 100, .result = &end),
        CJ_OK);
    assert_true(fabs(*at - 1) < 1e-5 && end.converged);
    *at = -1;
    assert_int_equal(cj_lbfgs(NULL, loss, .count = 1, .variable = &x), CJ_NOT_FINITE);
    *at = 2.5;
    int64_t seen = 0;
    assert_int_equal(cj_lbfgs(NULL, loss, .count = 1, .variable = &x, .lr = 0.01,
                              .on_iteration = stop_at_three, .user = &seen),
                     CJ_STOPPED);
    assert_int_equal(seen, 3);
    cj_scope *s = cj_scope_new(context);
    assert_int_equal(cj_lbfgs(s, loss), CJ_INVALID);
    assert_non_null(strstr(cj_error(context), "no variable to move"));
    cj_variable_release(x);
}

/* ---- Levenberg-Marquardt ---- */

/* a exp(-b t) + c sin(d t) through 50 points that it made. */
static void test_fit(void **state)
{
    (void)state;
    const int64_t four = 4, m = 50;
    const double truth[4] = {2, 0.7, 0.5, 3};
    double t[50], y[50];
    for (int i = 0; i < 50; i++) {
        t[i] = i / 10.0;
        y[i] = truth[0] * exp(-truth[1] * t[i]) + truth[2] * sin(truth[3] * t[i]);
    }
    cj_variable *p = cj_variable_new(context, "p", CJ_F64, 1, &four);
    const double begin[4] = {1, 1, 1, 2.8};
    memcpy(cj_variable_data(p), begin, sizeof begin);
    cj_tensor *of[4], *time = cj_tensor_from(context, CJ_F64, 1, &m, t);
    for (int i = 0; i < 4; i++)
        of[i] = cj_narrow(cj_variable_read(p), 0, i, i + 1);
    cj_tensor *model = cj_mul(of[0], cj_exp(cj_neg(cj_mul(of[1], time))));
    model = cj_add(model, cj_mul(of[2], cj_sin(cj_mul(of[3], time))));
    cj_tensor *r = cj_sub(model, cj_tensor_from(context, CJ_F64, 1, &m, y));
    cj_minimum end;
    assert_int_equal(cj_levenberg_marquardt(NULL, r, .count = 1, .variable = &p, .result = &end),
                     CJ_OK);
    for (int i = 0; i < 4; i++)
        assert_true(fabs(((double *)cj_variable_data(p))[i] - truth[i]) < 1e-10);
    assert_true(end.converged && end.loss < 1e-22 && end.iterations < 30);
    cj_variable_release(p);
}

/* Linear residuals: one undamped step is the answer; without damping a singular matrix is told. */
static void test_gauss_newton(void **state)
{
    (void)state;
    const int64_t two = 2, shape[2] = {3, 2};
    const double a[6] = {1, 2, 3, 4, 5, 7}, b[3] = {1, 2, 4};
    cj_variable *p = cj_variable_new(context, "p", CJ_F64, 1, &two);
    cj_tensor *read = cj_reshape(cj_variable_read(p), 2, (int64_t[]){2, 1});
    cj_tensor *r = cj_matmul(cj_tensor_from(context, CJ_F64, 2, shape, a), read);
    r = cj_sub(r, cj_tensor_from(context, CJ_F64, 2, (int64_t[]){3, 1}, b));
    cj_minimum end;
    assert_int_equal(cj_levenberg_marquardt(NULL, r, .count = 1, .variable = &p, .damping = -1,
                                            .max_iter = 1, .result = &end),
                     CJ_OK);
    /* normal equations: [35 49; 49 69] p = [27 38] less nothing: by hand */
    double det = 35.0 * 69 - 49.0 * 49;
    double want[2] = {(27.0 * 69 - 49.0 * 38) / det, (35.0 * 38 - 49.0 * 27) / det};
    for (int i = 0; i < 2; i++)
        assert_true(fabs(((double *)cj_variable_data(p))[i] - want[i]) < 1e-10);
    cj_tensor *once = cj_narrow(cj_variable_read(p), 0, 0, 1);
    cj_tensor *twice = cj_add(once, cj_narrow(cj_variable_read(p), 0, 1, 2));
    assert_int_equal(cj_levenberg_marquardt(NULL, twice, .count = 1, .variable = &p, .damping = -1,
                                            .tolerance_grad = 1e-300),
                     CJ_VALUE);
    assert_non_null(strstr(cj_error(context), "singular"));
    assert_int_equal(cj_levenberg_marquardt(NULL, twice, .count = 1, .variable = &p), CJ_OK);
    const double *v = cj_variable_data(p);
    assert_true(fabs(v[0] + v[1]) < 1e-9);
    cj_variable_release(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_path, setup, teardown),
        cmocka_unit_test_setup_teardown(test_scope, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ends, setup, teardown),
        cmocka_unit_test_setup_teardown(test_fit, setup, teardown),
        cmocka_unit_test_setup_teardown(test_gauss_newton, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
