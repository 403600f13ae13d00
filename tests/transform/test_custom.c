/*
 * tests/transform/test_custom.c - derivatives and kernels of the caller's own: every order, lanes,
 * failures, errors.
 */
#include "cajal/custom.h"
#include "cajal/loop.h"
#include "cajal/program.h"
#include "support/derivatives.h"
#include "support/lanes.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define I64(...) ((const int64_t[]){__VA_ARGS__})

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

/* ---- derivatives that are true: all that differences can test ---- */

/* sin, by its source; exp, by its value. */
static void sin_vjp(void *user, cj_tensor *y, int count, cj_tensor *const *x, cj_tensor *g,
                    cj_tensor **out)
{
    (void)user, (void)y;
    assert_int_equal(count, 1);
    out[0] = cj_mul(g, cj_cos(x[0]));
}

static cj_tensor *sin_jvp(void *user, cj_tensor *y, int count, cj_tensor *const *x,
                          cj_tensor *const *t)
{
    (void)user, (void)y, (void)count;
    return cj_mul(t[0], cj_cos(x[0]));
}

static void exp_vjp(void *user, cj_tensor *y, int count, cj_tensor *const *x, cj_tensor *g,
                    cj_tensor **out)
{
    (void)user, (void)count, (void)x;
    out[0] = cj_mul(g, y);
}

static cj_tensor *y_sin(cj_tensor **x)
{
    return cj_custom_gradient(cj_sin(x[0]), 1, x, sin_vjp);
}

static cj_tensor *y_sin_forward(cj_tensor **x)
{
    return cj_mul(cj_custom_gradient(cj_sin(x[0]), 1, x, sin_vjp, .jvp = sin_jvp), x[0]);
}

static cj_tensor *y_exp(cj_tensor **x)
{
    cj_tensor *y = cj_custom_gradient(cj_exp(x[0]), 1, x, exp_vjp);
    return cj_mul(y, cj_cos(y));
}

/* a b^2 + a, with a NULL where nothing flows, and a struct that is copied. */
static void product_vjp(void *user, cj_tensor *y, int count, cj_tensor *const *x, cj_tensor *g,
                        cj_tensor **out)
{
    const double *two = user;
    (void)y;
    assert_int_equal(count, 3);
    out[0] = cj_mul(g, cj_shift(cj_square(x[1]), 1));
    out[1] = cj_mul(g, cj_scale(cj_mul(x[0], x[1]), *two));
}

static cj_tensor *y_product(cj_tensor **x)
{
    double two = 2;
    cj_tensor *y = cj_add(cj_mul(x[0], cj_square(x[1])), x[0]);
    return cj_custom_gradient(y, 3, x, product_vjp, .user = &two, .user_bytes = sizeof two);
}

/* A function of more: sum over the last axis of x w, with w the same for all rows. */
static void rows_vjp(void *user, cj_tensor *y, int count, cj_tensor *const *x, cj_tensor *g,
                     cj_tensor **out)
{
    (void)user, (void)y, (void)count;
    cj_tensor *column = cj_unsqueeze(g, 1);
    out[0] = cj_mul(column, cj_unsqueeze(x[1], 0));
    out[1] = cj_sum(cj_mul(column, x[0]), 1, false);
}

static cj_tensor *y_rows(cj_tensor **x)
{
    cj_tensor *y = cj_sum(cj_mul(x[0], x[1]), 2, false);
    return cj_exp(cj_custom_gradient(y, 2, x, rows_vjp));
}

/* ---- kernels ---- */

typedef struct cube {
    int64_t elements;
    int calls;
} cube;

static cj_status cube_kernel(cj_context *context, void *user, int count, const void *const *x,
                             void *y)
{
    cube *c = user;
    const double *from = x[0];
    double *to = y;
    (void)context;
    assert_int_equal(count, 1);
    for (int64_t i = 0; i < c->elements; i++)
        to[i] = from[i] * from[i] * from[i];
    c->calls++;
    return CJ_OK;
}

static void cube_vjp(void *user, cj_tensor *y, int count, cj_tensor *const *x, cj_tensor *g,
                     cj_tensor **out)
{
    (void)user, (void)y, (void)count;
    out[0] = cj_mul(g, cj_scale(cj_square(x[0]), 3));
}

static cube six = {6, 0};

static cj_tensor *y_cube(cj_tensor **x)
{
    cj_tensor *y =
        cj_custom(cube_kernel, 1, x, CJ_F64, 2, cj_shape(x[0]), .vjp = cube_vjp, .user = &six);
    return cj_mul(y, cj_sin(x[0]));
}

/* y[i] = a[i] * b, b an f32. */
static cj_status scale_kernel(cj_context *context, void *user, int count, const void *const *x,
                              void *y)
{
    const double *a = x[0];
    const float *b = x[1];
    (void)context, (void)user;
    assert_int_equal(count, 2);
    for (int i = 0; i < 3; i++)
        ((double *)y)[i] = a[i] * (double)*b;
    return CJ_OK;
}

static void scale_vjp(void *user, cj_tensor *y, int count, cj_tensor *const *x, cj_tensor *g,
                      cj_tensor **out)
{
    (void)user, (void)y, (void)count;
    out[0] = cj_mul(g, cj_cast(x[1], CJ_F64));
    out[1] = cj_cast(cj_sum(cj_mul(g, x[0]), CJ_ALL, false), CJ_F32);
}

static cj_tensor *y_scale(cj_tensor **x)
{
    cj_tensor *from[2] = {cj_exp(x[0]), cj_cast(x[1], CJ_F32)};
    return cj_exp(cj_custom(scale_kernel, 2, from, CJ_F64, 1, I64(3), .vjp = scale_vjp));
}

static void test_true_derivatives(void **state)
{
    (void)state;
    const extents s = {2, {2, 3}}, one = {0, {0}};
    const function row[] = {
        {"sin", y_sin, 1, -1, 1, {s}},
        {"sin of nothing", y_sin, 1, -1, 1, {{2, {0, 3}}}},
        {"sin forward", y_sin_forward, 1, -1, 1, {one}},
        {"exp", y_exp, 1, -1, 1, {s}},
        {"product", y_product, 3, -1, 1, {s, s, one}},
        {"rows", y_rows, 2, -1, 1, {s, {1, {3}}}},
        {"kernel", y_cube, 1, -1, 1, {s}},
    };
    for (size_t i = 0; i < CJ_COUNT(row); i++)
        check_derivatives(&row[i], true);
    assert_true(six.calls > 0);
    check_lanes(&(function){"two sources", y_scale, 2, -1, 1, {{1, {3}}, one}});
}

/* ---- derivatives that are not ---- */

static void read(cj_tensor *y, double *out)
{
    assert_non_null(y);
    if (cj_read(y, out, (size_t)y->elements * sizeof *out) != CJ_OK)
        fail_msg("%s", cj_error(y->context));
}

static void clipped_vjp(void *user, cj_tensor *y, int count, cj_tensor *const *x, cj_tensor *g,
                        cj_tensor **out)
{
    int *calls = user;
    (void)y, (void)x;
    (*calls)++;
    for (int i = 0; i < count; i++)
        out[i] = cj_minimum(g, cj_like(g, 0.5));
}

static void test_other_derivatives(void **state)
{
    cj_context *c = *state;
    double at[2] = {0.4, 1.6}, got[2];
    cj_tensor *x = cj_tensor_from(c, CJ_F64, 1, I64(2), at), *gradient, *pushed;

    cj_tensor *y = cj_straight_through(cj_round(x), x);
    read(y, got);
    assert_true(got[0] == 0 && got[1] == 2);
    cj_tensor *loss = cj_sum(cj_square(y), CJ_ALL, false);
    assert_int_equal(cj_grad(loss, 1, &x, &gradient), CJ_OK);
    read(gradient, got);
    assert_true(got[0] == 0 && got[1] == 4);
    assert_int_equal(cj_jvp(1, &x, &x, 1, &y, &pushed), CJ_OK);
    assert_ptr_equal(pushed, x);

    /* three sources, one call; nothing flows to what y is made of otherwise */
    int calls = 0;
    cj_tensor *made = cj_exp(x), *source[3] = {cj_neg(x), x, cj_sin(x)}, *out[2];
    y = cj_custom_gradient(made, 3, source, clipped_vjp, .user = &calls);
    loss = cj_sum(cj_scale(y, 3), CJ_ALL, false);
    assert_int_equal(cj_grad(loss, 2, (cj_tensor *[]){x, made}, out), CJ_OK);
    assert_int_equal(calls, 1);
    read(out[0], got);
    for (int i = 0; i < 2; i++)
        assert_true(fabs(got[i] - (-0.5 + 0.5 + 0.5 * cos(at[i]))) < 1e-15);
    read(out[1], got);
    assert_true(got[0] == 0 && got[1] == 0);
}

/* ---- what is computed ---- */

static cj_status failing_kernel(cj_context *context, void *user, int count, const void *const *x,
                                void *y)
{
    (void)count, (void)x, (void)y;
    return cj_fail(context, CJ_INVALID, "no %s today", (const char *)user);
}

static void failing_body(void *user, cj_body *b)
{
    cj_tensor *bad = cj_custom(failing_kernel, 1, &b->carry[0], CJ_F64, 0, NULL, .user = user);
    b->next[0] = cj_add(b->carry[0], bad);
}

static void test_kernels(void **state)
{
    cj_context *c = *state;
    char what[] = "luck";
    cj_tensor *x = cj_input(c, "x", CJ_F64, 2, I64(2, 3));
    cj_tensor *bad = cj_custom(failing_kernel, 1, &x, CJ_F64, 0, NULL, .user = what);
    assert_ptr_equal(bad, cj_custom(failing_kernel, 1, &x, CJ_F64, 0, NULL, .user = what));

    /* a run that fails says what the kernel says, and assigns nothing */
    double data[6] = {1, 2, 3, 4, 5, 6};
    cj_variable *v = cj_variable_new(c, "v", CJ_F64, 0, NULL);
    cj_tensor *next = cj_shift(cj_variable_read(v), 1);
    cj_program *p = cj_compile(c, 1, &bad, &(cj_updates){1, &v, &next});
    assert_non_null(p);
    assert_int_equal(cj_run(p, 1, &(cj_feed){"x", data}), CJ_INVALID);
    assert_non_null(strstr(cj_error(c), "no luck today"));
    assert_true(*(double *)cj_variable_data(v) == 0);
    cj_program_free(p);

    /* the same from within a loop */
    cj_tensor *start = cj_sum(x, CJ_ALL, false), *last;
    assert_int_equal(cj_fori(2, failing_body, what, 1, &start, &last), CJ_OK);
    p = cj_compile(c, 1, &last, &(cj_updates){1, &v, &next});
    assert_int_equal(cj_run(p, 1, &(cj_feed){"x", data}), CJ_INVALID);
    assert_true(*(double *)cj_variable_data(v) == 0);
    cj_program_free(p);

    /* what stands only for the derivative is not computed */
    cj_tensor *y = cj_custom_gradient(cj_sum(x, CJ_ALL, false), 1, &bad, exp_vjp);
    p = cj_compile(c, 1, &y, NULL);
    assert_int_equal(cj_run(p, 1, &(cj_feed){"x", data}), CJ_OK);
    assert_true(cj_output_number(p, 0) == 21);
    cj_program_free(p);

    /* a program outlives the frame of its nodes */
    cube counted = {6, 0};
    cj_frame_enter(c);
    y = cj_custom(cube_kernel, 1, &x, CJ_F64, 2, I64(2, 3), .user = &counted);
    p = cj_compile(c, 1, &y, NULL);
    cj_frame_leave(c);
    assert_int_equal(cj_run(p, 1, &(cj_feed){"x", data}), CJ_OK);
    assert_true(((const double *)cj_output(p, 0))[5] == 216 && counted.calls == 1);
    cj_program_free(p);
    cj_variable_release(v);
}

/* ---- errors ---- */

static void wrong_vjp(void *user, cj_tensor *y, int count, cj_tensor *const *x, cj_tensor *g,
                      cj_tensor **out)
{
    (void)user, (void)y, (void)count, (void)x;
    out[0] = cj_sum(g, CJ_ALL, false);
}

static void expect(cj_context *c, cj_status want, const char *sentence)
{
    assert_int_equal(cj_context_status(c), want);
    if (!strstr(cj_error(c), sentence))
        fail_msg("'%s' lacks '%s'", cj_error(c), sentence);
    assert_non_null(strstr(cj_error(c), "test_custom.c"));
    cj_error_clear(c);
}

static void test_errors(void **state)
{
    cj_context *c = *state;
    cj_tensor *x = cj_full(c, CJ_F64, 2, I64(2, 3), 0.5), *gradient,
              *whole = cj_scalar(c, CJ_I32, 1);
    cj_tensor *y =
        cj_custom(cube_kernel, 1, &x, CJ_F64, 2, I64(2, 3), .user = &six, .name = "cube");
    cj_tensor *loss = cj_sum(y, CJ_ALL, false);
    cj_grad(loss, 1, &x, &gradient);
    expect(c, CJ_UNSUPPORTED, "cube: it was made without a reverse derivative");
    assert_null(gradient);
    cj_jvp(1, &x, &x, 1, &y, &gradient);
    expect(c, CJ_UNSUPPORTED, "cube: it was made without a forward derivative");
    cj_vmap(1, &x, (cj_tensor *[]){cj_full(c, CJ_F64, 3, I64(2, 2, 3), 1)}, 1, &y, &y);
    cj_jvp(1, &x, &x, 1, &y, &gradient);
    assert_int_equal(cj_context_status(c), CJ_OK);

    y = cj_custom_gradient(cj_exp(x), 1, &x, wrong_vjp, .name = "mine");
    cj_grad(cj_sum(y, CJ_ALL, false), 1, &x, &gradient);
    expect(c, CJ_SHAPE, "mine: its cotangent of tensor 1 is f64[]; it must be f64[2, 3]");

    assert_null(cj_custom_gradient(whole, 1, &x, wrong_vjp));
    expect(c, CJ_DTYPE, "custom_gradient: i32[]; it takes floats");
    assert_null(cj_custom_gradient(x, 1, &x, NULL));
    expect(c, CJ_INVALID, "custom_gradient: f64[2, 3]; it takes floats, a vjp");
    assert_null(cj_custom(NULL, 1, &x, CJ_F64, 0, NULL));
    expect(c, CJ_INVALID, "custom: it needs a kernel");
    assert_null(cj_custom(cube_kernel, 1, &x, CJ_F64, 1, I64(-1)));
    expect(c, CJ_SHAPE, "custom: the shape [-1] has a negative extent");
    assert_null(cj_straight_through(x, whole));
    expect(c, CJ_SHAPE, "straight_through: f64[2, 3] for i32[]; they must be alike");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {TEST(test_true_derivatives), TEST(test_other_derivatives),
                                       TEST(test_kernels), TEST(test_errors)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
