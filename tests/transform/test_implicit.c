/*
 * tests/transform/test_implicit.c - fixed points, roots and optima: values, derivatives of every
 * order, limits, errors.
 */
#include "cajal/implicit.h"
#include "cajal/program.h"
#include "support/lanes.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define I64(...) ((const int64_t[]){__VA_ARGS__})
enum { MOST = 32, MOST_INPUTS = 3 };

/* ---- equations ---- */

/* A layer: tanh(W z + x). */
static cj_tensor *layer(void *user, cj_tensor *z, int count, cj_tensor *const *theta)
{
    (void)user;
    assert_int_equal(count, 2);
    return cj_tanh(cj_add(cj_matmul(theta[0], z), theta[1]));
}

static cj_tensor *y_layer(cj_tensor **x)
{
    return cj_fixed_point(layer, cj_full(x[0]->context, CJ_F64, 2, I64(3, 1), 0), 2, x,
                          .tolerance = 1e-13);
}

/* z_i + 0.3 sin(z_i z_(i+1)) - x_i: no symmetry. */
static cj_tensor *coupled(void *user, cj_tensor *z, int count, cj_tensor *const *theta)
{
    const double *strength = user;
    (void)count;
    cj_tensor *next =
        cj_concat(0, 2, (cj_tensor *[]){cj_narrow(z, 0, 1, 3), cj_narrow(z, 0, 0, 1)});
    cj_tensor *rest = cj_sub(cj_scale(cj_sin(cj_mul(z, next)), *strength), theta[0]);
    return cj_add(z, rest);
}

static cj_tensor *y_coupled(cj_tensor **x)
{
    double strength = 0.3;
    return cj_root(coupled, cj_full(x[0]->context, CJ_F64, 1, I64(3), 0), 1, x, .tolerance = 1e-13,
                   .user = &strength, .user_bytes = sizeof strength);
}

/* A quarter turn: z = turn(x), where conjugate gradients on the plain system would divide by 0. */
static cj_tensor *turned(void *user, cj_tensor *z, int count, cj_tensor *const *theta)
{
    (void)user, (void)count;
    cj_tensor *first = cj_narrow(z, 0, 0, 1), *second = cj_narrow(z, 0, 1, 2);
    cj_tensor *turn = cj_concat(0, 2, (cj_tensor *[]){cj_neg(second), first});
    return cj_sub(turn, cj_exp(theta[0]));
}

static cj_tensor *y_turned(cj_tensor **x)
{
    cj_tensor *z = cj_root(turned, cj_full(x[0]->context, CJ_F64, 1, I64(2), 0), 1, x);
    return cj_mul(z, cj_sin(z));
}

/* Ridge regression with a quartic term: X [4, 2], the targets, and the logarithm of the weight
 * of z'z. */
static cj_tensor *ridge(void *user, cj_tensor *z, int count, cj_tensor *const *theta)
{
    (void)user;
    assert_int_equal(count, 3);
    cj_tensor *error = cj_sub(cj_matmul(theta[0], z), theta[1]);
    cj_tensor *fit = cj_sum(cj_add(cj_square(error), cj_square(cj_square(error))), CJ_ALL, false);
    return cj_add(fit, cj_mul(cj_exp(theta[2]), cj_sum(cj_square(z), CJ_ALL, false)));
}

static cj_tensor *y_ridge(cj_tensor **x)
{
    return cj_optimum(ridge, cj_full(x[0]->context, CJ_F64, 2, I64(2, 1), 0), 3, x,
                      .tolerance = 1e-13);
}

/* ---- every derivative against differences of programs ---- */

typedef struct trial {
    const function *f;
    cj_context *c;
    cj_tensor *x[MOST_INPUTS];
    double data[MOST_INPUTS][MOST];
    cj_feed feed[MOST_INPUTS];
    cj_program *p;
} trial;

static void must(const trial *w, bool good)
{
    if (!good || cj_context_status(w->c) != CJ_OK)
        fail_msg("%s: %s", w->f->name, cj_error(w->c));
}

/* A fixed leaf of x's form, so that sums of products show every element. */
static cj_tensor *mixed(const cj_tensor *x, double phase)
{
    cj_tensor *i = cj_iota(x->context, CJ_F64, 1, &x->elements, 0);
    return cj_reshape(cj_cos(cj_shift(cj_scale(i, 1.7), phase)), x->rank, x->shape);
}

static cj_tensor *along(trial *w, cj_tensor *const *d)
{
    cj_tensor *sum = cj_scalar(w->c, CJ_F64, 0);
    for (int k = 0; k < w->f->inputs; k++)
        sum = cj_add(sum, cj_sum(cj_mul(d[k], mixed(w->x[k], k)), CJ_ALL, false));
    return sum;
}

static double number(trial *w, int output)
{
    must(w, cj_run(w->p, w->f->inputs, w->feed) == CJ_OK);
    return cj_output_number(w->p, output);
}

/* Outputs: numbers s[0], s[1], ..., then the gradients of s[i] at 3 + 3 i. */
static void against_differences(trial *w, int numbers)
{
    for (int i = 0; i < numbers; i++)
        for (int k = 0; k < w->f->inputs; k++)
            for (int64_t e = 0; e < w->x[k]->elements; e++) {
                double *v = &w->data[k][e], old = *v, h = 1e-5;
                *v = old + h;
                double above = number(w, i);
                *v = old - h;
                double below = number(w, i), want = (above - below) / (2 * h);
                *v = old;
                number(w, i);
                double got = ((const double *)cj_output(w->p, 3 + MOST_INPUTS * i + k))[e];
                if (!(fabs(got - want) <= 2e-6 * (1 + fabs(want))))
                    fail_msg("%s, order %d, input %d, element %d: %.10g, expected %.10g",
                             w->f->name, i + 1, k, (int)e, got, want);
            }
}

static void check(const function *f)
{
    static const char *const name[] = {"x0", "x1", "x2"};
    trial w = {.f = f, .c = cj_context_new(NULL, NULL, 0)};
    for (int k = 0; k < f->inputs; k++) {
        w.x[k] = cj_input(w.c, name[k], CJ_F64, f->input[k].rank, f->input[k].shape);
        for (int64_t e = 0; e < w.x[k]->elements; e++)
            w.data[k][e] =
                f->low + (f->high - f->low) * (0.5 + 0.5 * sin(3.1 * (double)(e + 5 * k)));
        w.feed[k] = (cj_feed){name[k], w.data[k]};
    }
    cj_tensor *y = f->build(w.x), *s[3], *d[3][MOST_INPUTS], *out[3 + 3 * MOST_INPUTS];
    must(&w, y != NULL);
    s[0] = cj_sum(cj_mul(y, mixed(y, 0.5)), CJ_ALL, false);
    for (int i = 0; i < 3; i++) {
        must(&w, cj_grad(s[i], f->inputs, w.x, d[i]) == CJ_OK);
        if (i < 2)
            s[i + 1] = along(&w, d[i]);
    }
    /* forward mode is the transpose of reverse mode */
    cj_tensor *t[MOST_INPUTS], *pushed;
    for (int k = 0; k < f->inputs; k++)
        t[k] = mixed(w.x[k], k);
    must(&w, cj_jvp(f->inputs, w.x, t, 1, &s[0], &pushed) == CJ_OK);
    int outputs = 0;
    out[outputs++] = s[0];
    out[outputs++] = s[1];
    out[outputs++] = cj_sub(pushed, s[1]);
    for (int i = 0; i < 2; i++)
        for (int k = 0; k < MOST_INPUTS; k++)
            out[outputs++] = k < f->inputs ? d[i][k] : s[0];
    w.p = cj_compile(w.c, outputs, out, NULL);
    must(&w, w.p != NULL);
    against_differences(&w, 2);
    if (!(fabs(number(&w, 2)) < 1e-9))
        fail_msg("%s: forward and reverse differ by %g", f->name, number(&w, 2));
    cj_program_free(w.p);
    cj_context_free(w.c);
}

static const function functions[] = {
    {"fixed point", y_layer, 2, -0.5, 0.5, {{2, {3, 3}}, {2, {3, 1}}}},
    {"root", y_coupled, 1, -1, 1, {{1, {3}}}},
    {"a turn", y_turned, 1, -1, 1, {{1, {2}}}},
    {"optimum", y_ridge, 3, -1, 1, {{2, {4, 2}}, {2, {4, 1}}, {0, {0}}}},
};

static void test_derivatives(void **state)
{
    (void)state;
    for (size_t i = 0; i < CJ_COUNT(functions); i++)
        check(&functions[i]);
}

/* Lanes that take other numbers of iterations, and their gradients. */
static void test_lanes(void **state)
{
    (void)state;
    for (size_t i = 0; i < CJ_COUNT(functions); i++)
        check_lanes(&functions[i]);
}

/* ---- values ---- */

static int begin(void **state)
{
    *state = cj_context_new(NULL, NULL, 0);
    return *state ? 0 : 1;
}

static int end(void **state)
{
    cj_context_free(*state);
    return 0;
}

static void expect_near(cj_tensor *got, cj_tensor *want, double tolerance)
{
    double a[MOST], b[MOST];
    assert_true(got && want && got->elements == want->elements && got->elements <= MOST);
    size_t bytes = (size_t)got->elements * sizeof *a;
    if (cj_read(got, a, bytes) != CJ_OK || cj_read(want, b, bytes) != CJ_OK)
        fail_msg("%s", cj_error(got->context));
    for (int64_t i = 0; i < got->elements; i++)
        if (!(fabs(a[i] - b[i]) <= tolerance * (1 + fabs(b[i]))))
            fail_msg("element %d: %.14g, expected %.14g", (int)i, a[i], b[i]);
}

/* sqrt, found elsewhere: the equation alone gives derivatives of all orders. */
static cj_tensor *square_less(void *user, cj_tensor *z, int count, cj_tensor *const *theta)
{
    (void)user, (void)count;
    return cj_sub(cj_square(z), theta[0]);
}

static void test_implicit(void **state)
{
    cj_context *c = *state;
    cj_tensor *a = cj_tensor_from(c, CJ_F64, 1, I64(3), (const double[]){0.25, 1, 4}), *d = a;
    cj_tensor *z = cj_sqrt(a), *y = cj_implicit(square_less, z, 1, &a), *exact = z;
    expect_near(y, z, 0);
    for (int order = 1; order <= 3; order++) {
        assert_int_equal(cj_grad(cj_sum(y, CJ_ALL, false), 1, &a, &d), CJ_OK);
        cj_tensor *want;
        assert_int_equal(cj_grad(cj_sum(exact, CJ_ALL, false), 1, &a, &want), CJ_OK);
        expect_near(d, want, 1e-9);
        y = d;
        exact = want;
    }
    /* nothing flows where the cotangent is 0 */
    y = cj_scale(cj_implicit(square_less, z, 1, &a), 0);
    assert_int_equal(cj_grad(cj_sum(y, CJ_ALL, false), 1, &a, &d), CJ_OK);
    expect_near(d, cj_full(c, CJ_F64, 1, I64(3), 0), 0);
}

static void test_limits(void **state)
{
    cj_context *c = *state;
    cj_tensor *a = cj_full(c, CJ_F64, 1, I64(2), 9), *steps,
              *one = cj_full(c, CJ_F64, 1, I64(2), 1);
    expect_near(cj_root(square_less, one, 1, &a, .steps = &steps), cj_sqrt(a), 1e-14);
    int64_t ran = 0;
    assert_int_equal(cj_read(steps, &ran, sizeof ran), CJ_OK);
    assert_true(ran > 3 && ran < 10);
    /* one step of Newton from 1: 1 - (1 - 9) / 2 */
    cj_tensor *once = cj_root(square_less, one, 1, &a, .iterations = 1);
    expect_near(once, cj_full(c, CJ_F64, 1, I64(2), 5), 1e-12);

    /* f32 */
    cj_tensor *narrow = cj_cast(a, CJ_F32);
    cj_tensor *root = cj_root(square_less, cj_cast(one, CJ_F32), 1, &narrow);
    expect_near(cj_cast(root, CJ_F64), cj_sqrt(a), 1e-6);
    /* of nothing */
    cj_tensor *none = cj_full(c, CJ_F64, 1, I64(0), 1), *d;
    root = cj_root(square_less, none, 1, &none);
    assert_int_equal(cj_grad(cj_sum(root, CJ_ALL, false), 1, &none, &d), CJ_OK);
    expect_near(d, none, 0);
}

/* ---- errors ---- */

static cj_tensor *misshapen(void *user, cj_tensor *z, int count, cj_tensor *const *theta)
{
    (void)user, (void)count, (void)theta;
    return cj_sum(z, CJ_ALL, false);
}

static void test_errors(void **state)
{
    cj_context *c = *state;
    cj_tensor *z = cj_full(c, CJ_F64, 1, I64(2), 1), *whole = cj_scalar(c, CJ_I32, 1);
    assert_null(cj_root(misshapen, z, 1, &z));
    assert_non_null(
        strstr(cj_error(c), "implicit: f is f64[]; it must be f64[2] like the unknown"));
    assert_non_null(strstr(cj_error(c), "test_implicit.c"));
    cj_error_clear(c);
    assert_null(cj_fixed_point(layer, whole, 1, &z));
    assert_non_null(strstr(cj_error(c), "fixed_point: of i32[]; it takes a function, and floats"));
    cj_error_clear(c);
    assert_null(cj_optimum(NULL, z, 1, &z));
    assert_non_null(strstr(cj_error(c), "optimum: of f64[2]; it takes a function"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_derivatives),
                                       cmocka_unit_test(test_lanes), TEST(test_implicit),
                                       TEST(test_limits), TEST(test_errors)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
