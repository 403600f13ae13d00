/*
 * tests/transform/test_kinks.c - the documented derivatives at kinks, ties and poles; what reverse mode returns where
 * nothing depends; the order of summation; errors.
 */
#include "cajal/transform.h"
#include "support/evaluate.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define I64(...) ((const int64_t[]){__VA_ARGS__})

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

static cj_tensor *vector(cj_context *c, int64_t n, const double *data)
{
    return cj_tensor_from(c, CJ_F64, 1, &n, data);
}

/* The gradient of sum(y) to x, element by element (NaN equals NaN, -0 equals 0). */
static void expect_gradient(cj_tensor *y, cj_tensor *x, const double *want)
{
    cj_tensor *gradient, *total = cj_sum(y, CJ_ALL, false);
    assert_int_equal(cj_grad(total, 1, &x, &gradient), CJ_OK);
    double got[64];
    evaluate(1, &gradient, 0, NULL, &(double *){got});
    for (int64_t e = 0; e < cj_elements(x); e++)
        if (got[e] != want[e] && !(isnan(got[e]) && isnan(want[e])))
            fail_msg("element %d: %g, expected %g", (int)e, got[e], want[e]);
}
#define EXPECT_GRADIENT(y, x, ...) expect_gradient(y, x, (const double[]){__VA_ARGS__})
#define VECTOR(c, ...)                                                                             \
    vector(c, sizeof((const double[]){__VA_ARGS__}) / sizeof(double), (const double[]){__VA_ARGS__})

static void test_one_source(void **state)
{
    cj_tensor *x = VECTOR(*state, -2, -0.0, 0, 3);
    EXPECT_GRADIENT(cj_abs(x), x, -1, 0, 0, 1);
    EXPECT_GRADIENT(cj_relu(x), x, 0, 0, 0, 1);
    EXPECT_GRADIENT(cj_sign(x), x, 0, 0, 0, 0);
    EXPECT_GRADIENT(cj_floor(x), x, 0, 0, 0, 0);
    cj_tensor *z = VECTOR(*state, 0, 4);
    EXPECT_GRADIENT(cj_sqrt(z), z, INFINITY, 0.25);
    EXPECT_GRADIENT(cj_log(z), z, INFINITY, 0.25);
    EXPECT_GRADIENT(cj_cast(cj_cast(z, CJ_I32), CJ_F64), z, 0, 0);
    EXPECT_GRADIENT(cj_stop_gradient(cj_exp(z)), z, 0, 0);
    EXPECT_GRADIENT(cj_mul(z, cj_stop_gradient(z)), z, 0, 4);
}

/* The gradient of the sum of y, as a graph. */
static cj_tensor *slope(cj_tensor *y, cj_tensor *x)
{
    cj_tensor *gradient;
    assert_int_equal(cj_grad(cj_sum(y, CJ_ALL, false), 1, &x, &gradient), CJ_OK);
    return gradient;
}

static void expect_near(double got, double want)
{
    if (!(fabs(got - want) <= 1e-14 * fmax(1, fabs(want))))
        fail_msg("%.17g, expected %.17g", got, want);
}

static double first_of(cj_tensor *y)
{
    return evaluate_number(cj_reshape(y, 1, I64(-1)), 0, NULL);
}

static void test_further_functions(void **state)
{
    cj_context *c = *state;
    const double pi = 3.14159265358979323846;
    cj_tensor *ends = VECTOR(c, -1, 0, 1), *root = VECTOR(c, 0, 8),
              *x = VECTOR(c, -1, -0.5, 2, NAN);
    EXPECT_GRADIENT(cj_asin(ends), ends, INFINITY, 1, INFINITY);
    EXPECT_GRADIENT(cj_acos(ends), ends, -INFINITY, -1, -INFINITY);
    EXPECT_GRADIENT(cj_atanh(ends), ends, INFINITY, 1, INFINITY);
    EXPECT_GRADIENT(cj_acosh(cj_narrow(ends, 0, 2, 3)), ends, 0, 0, INFINITY);
    EXPECT_GRADIENT(cj_cbrt(root), root, INFINITY, 1.0 / 12);
    EXPECT_GRADIENT(cj_clamp(x, -1, 1), x, 1, 1, 0, 1);
    EXPECT_GRADIENT(cj_trunc(x), x, 0, 0, 0, 0);
    /* Even and odd derivatives of orders up to 4 at 0. */
    cj_tensor *zero = VECTOR(c, 0);
    expect_near(first_of(slope(cj_bessel_i0e(zero), zero)), 0);
    expect_near(first_of(slope(cj_bessel_i1e(zero), zero)), 0.5);
    cj_tensor *curve = slope(slope(cj_bessel_i0(zero), zero), zero);
    expect_near(first_of(curve), 0.5);
    expect_near(first_of(slope(slope(curve, zero), zero)), 0.375);
    curve = slope(slope(cj_sinc(zero), zero), zero);
    expect_near(first_of(curve), -pi * pi / 3);
    expect_near(first_of(slope(slope(curve, zero), zero)), pi * pi * pi * pi / 5);
    /* A product of x with log(y), where x is 0: entropies have such terms. */
    cj_tensor *p = VECTOR(c, 0, 0, 0, 0.5), *q = VECTOR(c, 0, INFINITY, 0.5, 0.5);
    EXPECT_GRADIENT(cj_xlogy(p, q), p, 0, 0, log(0.5), log(0.5));
    EXPECT_GRADIENT(cj_xlogy(p, q), q, 0, 0, 0, 1);
    cj_tensor *origin = VECTOR(c, 0, 3), *other = VECTOR(c, 0, 4);
    EXPECT_GRADIENT(cj_hypot(origin, other), origin, 0, 0.6);
    cj_tensor *m = VECTOR(c, 5.5, -5.5), *d = VECTOR(c, 2, 2);
    EXPECT_GRADIENT(cj_fmod(m, d), d, -2, 2);
    EXPECT_GRADIENT(cj_remainder(m, d), d, -2, 3);
}

/* At a tie each has half, and the second derivative is that of the smooth function. */
static void test_logaddexp(void **state)
{
    cj_context *c = *state;
    cj_tensor *a = VECTOR(c, 1, -INFINITY, INFINITY, 0), *b = VECTOR(c, 1, -INFINITY, 0, -INFINITY);
    cj_tensor *half = slope(cj_logaddexp(a, b), a);
    double value[4];
    evaluate(1, &half, 0, NULL, &(double *){value});
    expect_near(value[0], 0.5);
    assert_true(value[1] == 1 && value[2] == 1 && value[3] == 1);
    expect_near(first_of(slope(cj_narrow(half, 0, 0, 1), a)), 0.25);
}

static void test_ties(void **state)
{
    cj_context *c = *state;
    cj_tensor *a = VECTOR(c, 1, 2, 3, NAN, 1), *b = VECTOR(c, 2, 2, 1, 1, NAN);
    EXPECT_GRADIENT(cj_maximum(a, b), a, 0, 0.5, 1, 1, 1);
    EXPECT_GRADIENT(cj_maximum(a, b), b, 1, 0.5, 0, 1, 1);
    EXPECT_GRADIENT(cj_minimum(a, b), a, 1, 0.5, 0, 1, 1);
    EXPECT_GRADIENT(cj_minimum(a, b), b, 0, 0.5, 1, 1, 1);
    cj_tensor *x = VECTOR(c, 3, 1, 3, 0, 3, 1);
    EXPECT_GRADIENT(cj_amax(x, CJ_ALL, false), x, 1.0 / 3, 0, 1.0 / 3, 0, 1.0 / 3, 0);
    EXPECT_GRADIENT(cj_amin(x, CJ_ALL, false), x, 0, 0, 0, 1, 0, 0);
    cj_tensor *rows = cj_reshape(x, 2, I64(2, 3));
    EXPECT_GRADIENT(cj_amax(rows, CJ_AXIS(1), false), x, 0.5, 0, 0.5, 0, 1, 0);
    cj_window_options pairs = {1, {3}, {2}, {1}, {1}, {1}, {0}};
    EXPECT_GRADIENT(cj_window_max(x, &pairs), x, 1, 0, 1, 0, 1, 0);
    cj_tensor *same = VECTOR(c, 5, 5, 5, 5);
    cj_window_options window = {1, {2}, {2}, {1}, {1}, {0}, {0}};
    EXPECT_GRADIENT(cj_window_max(same, &window), same, 1, 0, 1, 0);
}

static void test_pow(void **state)
{
    cj_context *c = *state;
    cj_tensor *a = VECTOR(c, 0, 0, 0, 0, 2), *b = VECTOR(c, 0, 1, 2, -1, 0);
    EXPECT_GRADIENT(cj_pow(a, b), a, 0, 1, 0, -INFINITY, 0);
    EXPECT_GRADIENT(cj_pow(a, b), b, 0, 0, 0, 0, log(2));
    EXPECT_GRADIENT(cj_pow(a, cj_like(a, 0)), a, 0, 0, 0, 0, 0);
    EXPECT_GRADIENT(cj_pow(a, cj_like(a, 1)), a, 1, 1, 1, 1, 1);
    EXPECT_GRADIENT(cj_pow(a, cj_like(a, 2)), a, 0, 0, 0, 0, 4);
    /* d/db of b a^(b-1) at b = 0 is 1/a: a guard may not flatten the mixed derivative. */
    cj_tensor *to_a, *total = cj_sum(cj_pow(a, b), CJ_ALL, false);
    assert_int_equal(cj_grad(total, 1, &a, &to_a), CJ_OK);
    cj_tensor *to_b, *last = cj_sum(cj_narrow(to_a, 0, 4, 5), CJ_ALL, false);
    assert_int_equal(cj_grad(last, 1, &b, &to_b), CJ_OK);
    assert_float_equal(evaluate_number(cj_narrow(to_b, 0, 4, 5), 0, NULL), 0.5, 1e-12);
    /* Second derivative to the exponent at a = 0 stays finite. */
    assert_int_equal(cj_grad(total, 1, &b, &to_b), CJ_OK);
    EXPECT_GRADIENT(cj_narrow(to_b, 0, 0, 3), b, 0, 0, 0, 0, 0);
}

static void test_where_keeps_branches_apart(void **state)
{
    cj_context *c = *state;
    cj_tensor *x = VECTOR(c, 1, 2), *y = VECTOR(c, 3, 4);
    cj_tensor *first = cj_tensor_from(c, CJ_BOOL, 1, I64(2), ((const uint8_t[]){1, 0}));
    cj_tensor *picked = cj_where(first, x, y), *out[2];
    cj_tensor *g = VECTOR(c, INFINITY, NAN);
    assert_int_equal(cj_vjp(1, &picked, &g, 2, (cj_tensor *[]){x, y}, out), CJ_OK);
    double to_x[2], to_y[2];
    evaluate(2, out, 0, NULL, (double *[]){to_x, to_y});
    assert_true(to_x[0] == INFINITY && to_x[1] == 0 && to_y[0] == 0 && isnan(to_y[1]));
    /* The safe way around a pole: select before the function, not only after it. */
    cj_tensor *z = VECTOR(c, 0, 4);
    cj_tensor *good = cj_gt(z, cj_like(z, 0)), *zero = cj_like(z, 0);
    cj_tensor *safe = cj_log(cj_where(good, z, cj_like(z, 1)));
    EXPECT_GRADIENT(cj_where(good, safe, zero), z, 0, 0.25);
}

static void test_missing(void **state)
{
    cj_context *c = *state;
    cj_tensor *x = VECTOR(c, 1, 2), *other = VECTOR(c, 1, 2), *y = cj_exp(x), *out[2];
    assert_int_equal(cj_vjp(1, &y, &x, 2, (cj_tensor *[]){other, x}, out), CJ_OK);
    assert_null(out[0]);
    assert_non_null(out[1]);
    assert_int_equal(cj_vjp(1, &y, &(cj_tensor *){NULL}, 1, &x, out), CJ_OK);
    assert_null(out[0]);
    cj_tensor *floor = cj_floor(x);
    assert_int_equal(cj_vjp(1, &floor, &x, 1, &x, out), CJ_OK);
    assert_null(out[0]);
    assert_int_equal(cj_jvp(1, &other, &x, 1, &y, out), CJ_OK);
    assert_null(out[0]);
    cj_tensor *one = cj_sum(y, CJ_ALL, false);
    assert_int_equal(cj_grad(one, 1, &other, out), CJ_OK);
    assert_true(evaluate_number(cj_sum(out[0], CJ_ALL, false), 0, NULL) == 0);
    /* An output that is itself the place to differentiate at. */
    assert_int_equal(cj_grad(one, 1, &one, out), CJ_OK);
    assert_true(evaluate_number(out[0], 0, NULL) == 1);
}

static void test_inner_places(void **state)
{
    cj_context *c = *state;
    cj_tensor *x = VECTOR(c, 3), *h = cj_tap(cj_square(x)),
              *y = cj_sum(cj_mul(h, h), CJ_ALL, false);
    cj_tensor *out[2], *pushed, *one = VECTOR(c, 1);
    assert_int_equal(cj_grad(y, 2, (cj_tensor *[]){h, x}, out), CJ_OK);
    assert_true(evaluate_number(out[0], 0, NULL) == 18);  /* 2 h */
    assert_true(evaluate_number(out[1], 0, NULL) == 108); /* 4 x^3 */
    assert_int_equal(cj_jvp(2, (cj_tensor *[]){x, h}, (cj_tensor *[]){one, one}, 1, &y, &pushed),
                     CJ_OK);
    assert_true(evaluate_number(pushed, 0, NULL) == 126);
}

/* Users are met in the order sin, cos, tanh by the walk, whatever the order in which they were made. */
static void test_order_of_sums(void **state)
{
    cj_context *c = *state;
    cj_tensor *x = VECTOR(c, 0.7);
    cj_tensor *tanh = cj_tanh(x), *cos = cj_cos(x), *sin = cj_sin(x);
    cj_tensor *y = cj_sum(cj_add(cj_add(sin, cos), tanh), CJ_ALL, false), *gradient;
    assert_int_equal(cj_grad(y, 1, &x, &gradient), CJ_OK);
    cj_tensor *one = cj_full(c, CJ_F64, 1, I64(1), 1);
    cj_tensor *to_sin = cj_mul(one, cj_cos(x)), *to_cos = cj_neg(cj_mul(one, cj_sin(x)));
    cj_tensor *to_tanh = cj_mul(one, cj_sub(one, cj_mul(tanh, tanh)));
    assert_ptr_equal(gradient, cj_add(cj_add(to_sin, to_cos), to_tanh));
}

/* The gradient of a weight that is used transposed is one product in the weight's own order. */
static void test_transposed_weight(void **state)
{
    cj_context *c = *state;
    cj_tensor *x = cj_input(c, "x", CJ_F32, 2, I64(8, 3)), *gradient;
    cj_tensor *w = cj_input(c, "w", CJ_F32, 2, I64(5, 3));
    cj_tensor *y = cj_matmul(x, cj_transpose(w, 0, 1)), *g = cj_input(c, "g", CJ_F32, 2, I64(8, 5));
    assert_int_equal(cj_vjp(1, &y, &g, 1, &w, &gradient), CJ_OK);
    assert_ptr_equal(gradient, cj_matmul(cj_transpose(g, 0, 1), x));
    /* A product that is also used transposed is computed once. */
    assert_ptr_equal(cj_transpose(y, 0, 1)->source[0], y);
}

static void test_deep(void **state)
{
    cj_context *c = *state;
    cj_tensor *x = VECTOR(c, 1), *y = x, *gradient, *pushed;
    for (int i = 0; i < 200000; i++)
        y = cj_sin(y);
    assert_int_equal(cj_grad(y, 1, &x, &gradient), CJ_OK);
    assert_int_equal(cj_jvp(1, &x, &x, 1, &y, &pushed), CJ_OK);
    assert_non_null(gradient);
    assert_non_null(pushed);
}

/* One node with very many users, and a user that names it twice. */
static void test_many_users(void **state)
{
    cj_context *c = *state;
    enum { USERS = 30000 };
    cj_tensor *x = VECTOR(c, 2), *y = cj_mul(x, x), *gradient;
    for (int i = 1; i <= USERS; i++)
        y = cj_add(y, cj_scale(x, i + 1));
    cj_tensor *total = cj_sum(y, CJ_ALL, false);
    assert_int_equal(cj_grad(total, 1, &x, &gradient), CJ_OK);
    double want = 4 + USERS * (USERS + 3.0) / 2;
    assert_true(evaluate_number(gradient, 0, NULL) == want);
}

static void expect_error(cj_context *c, cj_status got, cj_status want, const char *sentence)
{
    assert_int_equal(got, want);
    assert_non_null(strstr(cj_error(c), sentence));
    cj_error_clear(c);
}

static void test_errors(void **state)
{
    cj_context *c = *state;
    cj_tensor *x = VECTOR(c, 1, 2), *y = cj_exp(x), *out[1];
    expect_error(c, cj_grad(y, 1, &x, out), CJ_SHAPE,
                 "grad: f64[2]; only one number has a gradient: take a sum or mean, or cj_vjp");
    cj_tensor *whole = cj_cast(x, CJ_I32), *number = cj_sum(y, CJ_ALL, false);
    expect_error(c, cj_grad(number, 1, &whole, out), CJ_DTYPE,
                 "grad: tensor 1 is i32[2]; only floats have derivatives");
    expect_error(c, cj_vjp(1, &y, &number, 1, &x, out), CJ_SHAPE,
                 "vjp: cotangent 1 is f64[]; it must be f64[2] like its tensor");
    expect_error(c, cj_jvp(1, &x, &number, 1, &y, out), CJ_SHAPE,
                 "jvp: tangent 1 is f64[]; it must be f64[2] like its tensor");
    expect_error(c, cj_grad(number, 1, &(cj_tensor *){NULL}, out), CJ_INVALID, "test_kinks.c");
    cj_tensor *series = cj_sum(cj_zeta(cj_shift(x, 2), x), CJ_ALL, false);
    expect_error(c, cj_grad(series, 1, &x, out), CJ_UNSUPPORTED,
                 "zeta: there is no derivative to its s; hold it constant (cj_stop_gradient)");
    series = cj_sum(cj_zeta(cj_stop_gradient(cj_shift(x, 2)), x), CJ_ALL, false);
    assert_int_equal(cj_grad(series, 1, &x, out), CJ_OK);
    cj_reshape(x, 1, I64(3));
    assert_int_equal(cj_grad(number, 1, &x, out), CJ_SHAPE);
    assert_null(out[0]);
    assert_non_null(strstr(cj_error(c), "reshape"));
    cj_error_clear(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_one_source, begin, end),
        cmocka_unit_test_setup_teardown(test_further_functions, begin, end),
        cmocka_unit_test_setup_teardown(test_logaddexp, begin, end),
        cmocka_unit_test_setup_teardown(test_ties, begin, end),
        cmocka_unit_test_setup_teardown(test_pow, begin, end),
        cmocka_unit_test_setup_teardown(test_where_keeps_branches_apart, begin, end),
        cmocka_unit_test_setup_teardown(test_missing, begin, end),
        cmocka_unit_test_setup_teardown(test_inner_places, begin, end),
        cmocka_unit_test_setup_teardown(test_order_of_sums, begin, end),
        cmocka_unit_test_setup_teardown(test_transposed_weight, begin, end),
        cmocka_unit_test_setup_teardown(test_deep, begin, end),
        cmocka_unit_test_setup_teardown(test_many_users, begin, end),
        cmocka_unit_test_setup_teardown(test_errors, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
