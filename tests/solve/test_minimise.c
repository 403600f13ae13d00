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

/* ---- conjugate gradients, the natural gradient ---- */

/* A = M^T M + 0.1 over two tensors that are one vector of five. */
static void product(void *user, int count, cj_tensor *const *v, cj_tensor **out)
{
    (void)count;
    cj_tensor *both[2] = {v[0], cj_reshape(v[1], 1, (int64_t[]){3})};
    cj_tensor *column = cj_reshape(cj_concat(0, 2, both), 2, (int64_t[]){5, 1});
    cj_tensor *m = user, *a = cj_matmul(cj_transpose(m, 0, 1), cj_matmul(m, column));
    a = cj_reshape(cj_add(a, cj_scale(column, 0.1)), 1, (int64_t[]){5});
    out[0] = cj_narrow(a, 0, 0, 2);
    out[1] = cj_reshape(cj_narrow(a, 0, 2, 5), 2, (int64_t[]){3, 1});
}

static void test_conjugate_gradient(void **state)
{
    (void)state;
    cj_tensor *m = cj_random_normal(cj_key(context, 1), CJ_F64, 2, (int64_t[]){4, 5});
    cj_tensor *matrix = cj_eval(m);
    cj_tensor *b[2] = {cj_random_normal(cj_key(context, 2), CJ_F64, 1, (int64_t[]){2}),
                       cj_random_normal(cj_key(context, 3), CJ_F64, 2, (int64_t[]){3, 1})};
    cj_tensor *x[2], *steps, *again[2];
    assert_int_equal(
        cj_conjugate_gradient(product, matrix, 2, b, x, .iterations = 20, .steps = &steps), CJ_OK);
    product(matrix, 2, x, again);
    double off[5], ran;
    cj_tensor *difference[2] = {cj_sub(again[0], b[0]),
                                cj_reshape(cj_sub(again[1], b[1]), 1, (int64_t[]){3})};
    assert_int_equal(cj_read(cj_concat(0, 2, difference), off, sizeof off), CJ_OK);
    for (int i = 0; i < 5; i++)
        assert_true(fabs(off[i]) < 1e-9);
    assert_int_equal(cj_read(cj_cast(steps, CJ_F64), &ran, sizeof ran), CJ_OK);
    assert_true(ran >= 5 && ran <= 8);
    /* d sum(x) / d b[0] is the solution for a right side of ones */
    cj_tensor *sum, *tap[2] = {cj_tap(b[0]), b[1]}, *g;
    cj_conjugate_gradient(product, matrix, 2, tap, x, .iterations = 20, .tolerance = 1e-13);
    sum = cj_add(total(x[0]), total(x[1]));
    assert_int_equal(cj_grad(sum, 1, tap, &g), CJ_OK);
    cj_tensor *ones[2] = {cj_full(context, CJ_F64, 1, (int64_t[]){2}, 1),
                          cj_full(context, CJ_F64, 2, (int64_t[]){3, 1}, 1)};
    cj_conjugate_gradient(product, matrix, 2, ones, x, .iterations = 20, .tolerance = 1e-13);
    assert_int_equal(cj_read(cj_sub(g, x[0]), off, 2 * sizeof *off), CJ_OK);
    assert_true(fabs(off[0]) < 1e-7 && fabs(off[1]) < 1e-7);
    cj_tensor *nothing[1] = {cj_full(context, CJ_F64, 1, (int64_t[]){2}, 0)};
    assert_int_equal(cj_conjugate_gradient(NULL, NULL, 1, nothing, x), CJ_INVALID);
}

/* Least squares of a linear model: one natural step without damping to speak of is the answer, in a program
 * with cj_optimize. */
static void test_natural_gradient(void **state)
{
    (void)state;
    cj_scope *s = cj_scope_new(context);
    cj_scope_set_dtype(s, CJ_F64);
    cj_tensor *x = cj_eval(cj_random_normal(cj_key(context, 4), CJ_F64, 2, (int64_t[]){20, 3}));
    const double truth[3] = {1, -2, 0.5};
    cj_tensor *w = cj_tensor_from(context, CJ_F64, 2, (int64_t[]){3, 1}, truth);
    cj_tensor *target = cj_shift(cj_matmul(x, w), 0.25);
    cj_tensor *y = cj_tap(cj_linear(s, "fc", x, .out_features = 1));
    cj_tensor *loss = cj_scale(total(cj_square(cj_sub(y, target))), 0.5), *g[2];
    cj_variable *v[2] = {cj_scope_find(s, "fc.weight"), cj_scope_find(s, "fc.bias")};
    cj_tensor *p[2] = {cj_variable_read(v[0]), cj_variable_read(v[1])};
    assert_int_equal(cj_natural_gradient(loss, y, 2, p, g, .damping = 1e-12, .iterations = 20,
                                         .tolerance = 1e-14),
                     CJ_OK);
    assert_int_equal(
        cj_optimize(s, NULL, cj_sgd(.lr = 1), .count = 2, .variable = v, .gradient = g), CJ_OK);
    cj_updates updates = cj_scope_updates(s);
    cj_program *program = cj_compile(context, 1, &loss, &updates);
    assert_non_null(program);
    assert_int_equal(cj_run(program, 0, NULL), CJ_OK);
    for (int i = 0; i < 3; i++)
        assert_true(fabs(((double *)cj_variable_data(v[0]))[i] - truth[i]) < 1e-9);
    assert_true(fabs(*(double *)cj_variable_data(v[1]) - 0.25) < 1e-9);
    cj_program_free(program);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_path, setup, teardown),
        cmocka_unit_test_setup_teardown(test_scope, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ends, setup, teardown),
        cmocka_unit_test_setup_teardown(test_fit, setup, teardown),
        cmocka_unit_test_setup_teardown(test_gauss_newton, setup, teardown),
        cmocka_unit_test_setup_teardown(test_conjugate_gradient, setup, teardown),
        cmocka_unit_test_setup_teardown(test_natural_gradient, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
