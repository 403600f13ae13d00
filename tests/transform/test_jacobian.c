/*
 * tests/transform/test_jacobian.c - Jacobians, Hessians, products with them, derivatives along a
 * line: against rows, columns, differences and formulas.
 */
#include "support/evaluate.h"

#include "cajal/custom.h"
#include "cajal/program.h"
#include "cajal/transform.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define I64(...) ((const int64_t[]){__VA_ARGS__})
enum { MOST = 4096 };

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

/* A leaf with values in [-1, 1] that hang on the seed. */
static cj_tensor *numbers(cj_context *c, uint64_t seed, int rank, const int64_t *shape)
{
    double data[MOST];
    int64_t n = 1;
    for (int i = 0; i < rank; i++)
        n *= shape[i];
    assert_true(n <= MOST);
    for (int64_t i = 0; i < n; i++)
        data[i] = (double)cj_key_bits(cj_key_from_seed(seed), (uint64_t)i) * 0x1p-31 - 1;
    return cj_tensor_from(c, CJ_F64, rank, shape, data);
}

static void values(cj_tensor *y, double *out)
{
    assert_non_null(y);
    assert_true(y->elements <= MOST);
    if (cj_read(y, out, (size_t)y->elements * sizeof *out) != CJ_OK)
        fail_msg("%s", cj_error(y->context));
}

static void expect_shape(const cj_tensor *y, int rank, const int64_t *shape)
{
    assert_non_null(y);
    assert_int_equal(y->rank, rank);
    assert_memory_equal(y->shape, shape, (size_t)rank * sizeof *shape);
}

static void expect_near(const char *what, int64_t n, const double *got, const double *want,
                        double tolerance)
{
    for (int64_t i = 0; i < n; i++)
        if (!(fabs(got[i] - want[i]) <= tolerance * (1 + fabs(want[i]))))
            fail_msg("%s, element %lld: %.12g, expected %.12g", what, (long long)i, got[i],
                     want[i]);
}

static void expect_equal(const char *what, cj_tensor *got, cj_tensor *want, double tolerance)
{
    double one[MOST], two[MOST];
    expect_shape(got, want->rank, want->shape);
    values(got, one);
    values(want, two);
    expect_near(what, got->elements, one, two, tolerance);
}

/* ---- Jacobians ---- */

/* Row by row, from products with unit vectors. */
static void jacobian_by_rows(cj_tensor *y, cj_tensor *x, double *out)
{
    for (int64_t i = 0; i < y->elements; i++) {
        double unit[MOST] = {0};
        unit[i] = 1;
        cj_tensor *g = cj_tensor_from(y->context, CJ_F64, y->rank, y->shape, unit), *row;
        assert_int_equal(cj_vjp(1, &y, &g, 1, &x, &row), CJ_OK);
        if (row)
            values(row, out + i * x->elements);
        else
            memset(out + i * x->elements, 0, (size_t)x->elements * sizeof *out);
    }
}

static void check_jacobian(const char *what, cj_tensor *y, int count, cj_tensor **x)
{
    cj_tensor *out[4];
    double got[MOST], want[MOST];
    assert_int_equal(cj_jacobian(y, count, x, out), CJ_OK);
    for (int k = 0; k < count; k++) {
        int64_t shape[CJ_MAX_RANK];
        memcpy(shape, y->shape, y->rank * sizeof *shape);
        memcpy(shape + y->rank, x[k]->shape, x[k]->rank * sizeof *shape);
        expect_shape(out[k], y->rank + x[k]->rank, shape);
        values(out[k], got);
        jacobian_by_rows(y, x[k], want);
        expect_near(what, out[k]->elements, got, want, 1e-12);
    }
}

static void test_jacobian(void **state)
{
    cj_context *c = *state;
    cj_tensor *x = numbers(c, 1, 2, I64(2, 3)), *w = numbers(c, 2, 2, I64(3, 4));
    cj_tensor *b = numbers(c, 3, 0, NULL), *none = numbers(c, 4, 2, I64(0, 4));
    cj_tensor *y = cj_tanh(cj_add(cj_matmul(x, w), b));
    check_jacobian("rows and columns", y, 3, (cj_tensor *[]){x, w, b});
    check_jacobian("to one number", cj_sum(y, CJ_ALL, false), 3, (cj_tensor *[]){x, w, b});
    check_jacobian("what does not depend", cj_exp(x), 2, (cj_tensor *[]){w, b});
    check_jacobian("itself", x, 1, &x);
    check_jacobian("by nothing", cj_matmul(x, w), 2, (cj_tensor *[]){none, x});
    check_jacobian("of nothing", cj_exp(none), 2, (cj_tensor *[]){none, x});
    cj_conv_options o = {1, {2}, {1}, {1}, {1}, {0}};
    cj_tensor *picture = numbers(c, 5, 4, I64(2, 1, 2, 5)),
              *kernel = numbers(c, 6, 4, I64(1, 2, 2, 3));
    check_jacobian("convolution", cj_convolve(picture, kernel, &o), 2,
                   (cj_tensor *[]){picture, kernel});
}

/* ---- Hessians ---- */

static cj_tensor *loss_of(cj_tensor *x, cj_tensor *w, cj_tensor *v)
{
    return cj_mean(cj_square(cj_matmul(cj_tanh(cj_matmul(x, w)), v)), CJ_ALL, false);
}

static void test_hessian(void **state)
{
    cj_context *c = *state;
    cj_tensor *x = numbers(c, 1, 2, I64(5, 3)), *out[9], *gradient[3], *rows[3];
    cj_tensor *p[3] = {numbers(c, 2, 2, I64(3, 4)), numbers(c, 3, 2, I64(4, 2)),
                       numbers(c, 4, 1, I64(2))};
    cj_tensor *loss = loss_of(x, p[0], p[1]);
    assert_int_equal(cj_hessian(loss, 3, p, out), CJ_OK);
    assert_int_equal(cj_grad(loss, 3, p, gradient), CJ_OK);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(cj_jacobian(gradient[i], 3, p, rows), CJ_OK);
        for (int j = 0; j < 3; j++)
            expect_equal("the Jacobian of the gradient", out[3 * i + j], rows[j], 1e-12);
    }

    /* products with it */
    cj_tensor *t[3] = {numbers(c, 5, 2, I64(3, 4)), numbers(c, 6, 2, I64(4, 2)), NULL}, *hv[3];
    assert_int_equal(cj_hvp(loss, 3, p, t, hv), CJ_OK);
    for (int i = 0; i < 3; i++) {
        cj_tensor *sum = NULL;
        for (int j = 0; j < 2; j++) {
            cj_tensor *block = cj_reshape(out[3 * i + j], 2, I64(p[i]->elements, p[j]->elements));
            cj_tensor *term = cj_matmul(block, cj_reshape(t[j], 2, I64(-1, 1)));
            sum = sum ? cj_add(sum, term) : term;
        }
        expect_equal("H v", hv[i], cj_reshape(sum, p[i]->rank, p[i]->shape), 1e-12);
    }

    /* and a gradient through it: third order against differences */
    cj_tensor *leaf = cj_input(c, "leaf", CJ_F64, 2, I64(3, 4)), *h, *third;
    double data[12], got[12];
    values(p[0], data);
    assert_int_equal(cj_hessian(loss_of(x, leaf, p[1]), 1, &leaf, &h), CJ_OK);
    cj_tensor *s = cj_sum(cj_square(h), CJ_ALL, false);
    assert_int_equal(cj_grad(s, 1, &leaf, &third), CJ_OK);
    binding bind = {leaf, data};
    evaluate(1, &third, 1, &bind, &(double *){got});
    for (int e = 0; e < 12; e++) {
        double old = data[e], step = 1e-5, above, below;
        data[e] = old + step;
        above = evaluate_number(s, 1, &bind);
        data[e] = old - step;
        below = evaluate_number(s, 1, &bind);
        data[e] = old;
        expect_near("gradient of a Hessian", 1, &got[e], &(double){(above - below) / (2 * step)},
                    1e-6);
    }
}

/* For a squared error J^T (2 / n) J v; the Hessian's second part is left out. */
static void test_gauss_newton(void **state)
{
    cj_context *c = *state;
    cj_tensor *x = numbers(c, 1, 2, I64(5, 3)), *w = numbers(c, 2, 2, I64(3, 2)), *out, *j;
    cj_tensor *y = cj_tap(cj_tanh(cj_matmul(x, w))), *v = numbers(c, 3, 2, I64(3, 2));
    cj_tensor *loss = cj_mean(cj_square(cj_sub(y, numbers(c, 4, 2, I64(5, 2)))), CJ_ALL, false);
    assert_int_equal(cj_gauss_newton(loss, y, 1, &w, &v, &out), CJ_OK);
    assert_int_equal(cj_jacobian(y, 1, &w, &j), CJ_OK);
    j = cj_reshape(j, 2, I64(10, 6));
    cj_tensor *want = cj_matmul(j, cj_reshape(v, 2, I64(6, 1)));
    want = cj_scale(cj_matmul(cj_transpose(j, 0, 1), want), 2.0 / 10);
    expect_equal("J'HJv", out, cj_reshape(want, 2, I64(3, 2)), 1e-12);

    cj_tensor *apart = numbers(c, 5, 1, I64(2)), *t = apart;
    assert_int_equal(cj_gauss_newton(loss, y, 1, &apart, &t, &out), CJ_OK);
    expect_equal("what does not depend", out, cj_full(c, CJ_F64, 1, I64(2), 0), 0);
}

/* Gradients of each example: the batch's gradient is their sum. */
static void test_examples(void **state)
{
    cj_context *c = *state;
    cj_tensor *x = numbers(c, 1, 2, I64(5, 3)), *one = cj_input(c, "x", CJ_F64, 1, I64(3));
    cj_tensor *w = numbers(c, 2, 2, I64(3, 2)), *gradient, *each, *whole;
    cj_tensor *y = cj_tanh(cj_matmul(cj_reshape(one, 2, I64(1, 3)), w));
    cj_tensor *loss = cj_sum(cj_square(y), CJ_ALL, false);
    assert_int_equal(cj_grad(loss, 1, &w, &gradient), CJ_OK);
    assert_int_equal(cj_vmap(1, &one, &x, 1, &gradient, &each), CJ_OK);
    expect_shape(each, 3, I64(5, 3, 2));
    loss = cj_sum(cj_square(cj_tanh(cj_matmul(x, w))), CJ_ALL, false);
    assert_int_equal(cj_grad(loss, 1, &w, &whole), CJ_OK);
    expect_equal("sum of examples", cj_sum(each, 1, false), whole, 1e-12);
}

/* ---- along a line ---- */

static void test_taylor(void **state)
{
    cj_context *c = *state;
    /* sin(2x + y) along (1, -1): the argument moves by 1. */
    cj_tensor *x = numbers(c, 1, 1, I64(4)), *y = numbers(c, 2, 1, I64(4)), *out[6];
    cj_tensor *a = cj_add(cj_scale(x, 2), y), *t[2] = {cj_full(c, CJ_F64, 1, I64(4), 1), NULL};
    t[1] = cj_neg(t[0]);
    assert_int_equal(cj_taylor(2, (cj_tensor *[]){x, y}, t, cj_sin(a), 6, out), CJ_OK);
    cj_tensor *want[4] = {cj_cos(a), cj_neg(cj_sin(a)), cj_neg(cj_cos(a)), cj_sin(a)};
    for (int k = 0; k < 6; k++)
        expect_equal("sin", out[k], want[k % 4], 1e-13);

    /* x^3 along x itself: k! (3 choose k) x^3, the direction being a constant */
    assert_int_equal(cj_taylor(1, &x, &x, cj_mul(cj_square(x), x), 5, out), CJ_OK);
    const double factor[] = {3, 6, 6, 0, 0};
    for (int k = 0; k < 5; k++)
        expect_equal("x^3", out[k], cj_scale(cj_mul(cj_square(x), x), factor[k]), 1e-13);
}

typedef struct size {
    uint32_t nodes, products;
} size;

static size size_of(cj_tensor *y)
{
    cj_traversal list;
    assert_int_equal(cj_traverse(&list, y->context, 1, &y), CJ_OK);
    size s = {list.count, 0};
    for (uint32_t i = 0; i < list.count; i++)
        s.products += list.node[i]->op == CJ_OP_MATMUL;
    cj_traverse_free(&list);
    return s;
}

static cj_tensor *field(cj_context *c, cj_tensor *x, int layers)
{
    cj_tensor *h = x;
    for (int l = 0; l < layers; l++)
        h = cj_tanh(cj_matmul(h, numbers(c, 10 + (uint64_t)l, 2, I64(l ? 6 : 2, 6))));
    return cj_matmul(h, numbers(c, 20, 2, I64(6, 1)));
}

/* u, u_x, ..., u_xxxx of a net: each against differences of the one before; the graph grows with
 * the depth, not exponentially. */
static void test_field(void **state)
{
    cj_context *c = *state;
    cj_tensor *x = cj_input(c, "x", CJ_F64, 2, I64(3, 2)), *out[5];
    double points[6] = {0.3, -0.2, 0.1, 0.7, -0.5, 0.4}, got[3], above[3], below[3];
    binding bind = {x, points};
    cj_tensor *along =
        cj_cast(cj_eq(cj_iota(c, CJ_I32, 2, I64(3, 2), 1), cj_scalar(c, CJ_I32, 0)), CJ_F64);
    out[0] = field(c, x, 3);
    assert_int_equal(cj_taylor(1, &x, &along, out[0], 4, out + 1), CJ_OK);
    for (int k = 1; k <= 4; k++) {
        const double h = 1e-5;
        evaluate(1, &out[k], 1, &bind, &(double *){got});
        for (int i = 0; i < 3; i++)
            points[2 * i] += h;
        evaluate(1, &out[k - 1], 1, &bind, &(double *){above});
        for (int i = 0; i < 3; i++)
            points[2 * i] -= 2 * h;
        evaluate(1, &out[k - 1], 1, &bind, &(double *){below});
        for (int i = 0; i < 3; i++) {
            points[2 * i] += h;
            above[i] = (above[i] - below[i]) / (2 * h);
        }
        expect_near("u_x...", 3, got, above, 1e-7);
    }
    size shallow, deep, deeper;
    assert_int_equal(cj_taylor(1, &x, &along, field(c, x, 2), 4, out), CJ_OK);
    shallow = size_of(out[3]);
    assert_int_equal(cj_taylor(1, &x, &along, field(c, x, 4), 4, out), CJ_OK);
    deep = size_of(out[3]);
    assert_int_equal(cj_taylor(1, &x, &along, field(c, x, 6), 4, out), CJ_OK);
    deeper = size_of(out[3]);
    assert_int_equal(deeper.nodes - deep.nodes, deep.nodes - shallow.nodes);
    assert_int_equal(deeper.products - deep.products, 2 * 5);
}

static void test_laplacian(void **state)
{
    cj_context *c = *state;
    cj_tensor *x = numbers(c, 1, 2, I64(4, 2)), *y = field(c, x, 2), *h;
    cj_tensor *total = cj_sum(y, CJ_ALL, false), *trace = NULL;
    assert_int_equal(cj_hessian(total, 1, &x, &h), CJ_OK);
    double all[64], want[4];
    values(h, all);
    for (int i = 0; i < 4; i++)
        want[i] = all[(2 * i) * 8 + 2 * i] + all[(2 * i + 1) * 8 + 2 * i + 1];
    trace = cj_tensor_from(c, CJ_F64, 2, I64(4, 1), want);
    expect_equal("the trace of the Hessian", cj_laplacian(y, x, 1), trace, 1e-12);
    expect_equal("from the end", cj_laplacian(y, x, -1), trace, 1e-12);

    /* a harmonic function, and one that is linear */
    cj_tensor *p = cj_narrow(x, 1, 0, 1), *q = cj_narrow(x, 1, 1, 2);
    cj_tensor *zero = cj_full(c, CJ_F64, 2, I64(4, 1), 0);
    expect_equal("e^p sin q", cj_laplacian(cj_mul(cj_exp(p), cj_sin(q)), x, 1), zero, 1e-15);
    expect_equal("linear", cj_laplacian(cj_add(p, q), x, 1), zero, 0);
}

/* ---- errors ---- */

static void expect(cj_context *c, cj_status got, cj_status want, const char *sentence)
{
    assert_int_equal(got, want);
    if (!strstr(cj_error(c), sentence))
        fail_msg("'%s' lacks '%s'", cj_error(c), sentence);
    cj_error_clear(c);
}

/* Right gradients agree with differences; a wrong one, of an op that lies, is found; no elements are fine. */
static void half_gradient(void *user, cj_tensor *y, int count, cj_tensor *const *x, cj_tensor *g,
                          cj_tensor **out)
{
    (void)user;
    (void)y;
    (void)count;
    out[0] = cj_mul(g, cj_scale(cj_cos(x[0]), 0.5));
}

static void test_differences(void **state)
{
    cj_context *c = *state;
    cj_tensor *x[3] = {numbers(c, 1, 2, I64(3, 2)), numbers(c, 2, 1, I64(2)),
                       cj_full(c, CJ_F64, 1, I64(0), 0)};
    double got[6], data[6], error;
    cj_tensor *y = cj_sum(cj_mul(cj_exp(x[0]), cj_sin(x[1])), CJ_ALL, false), *out[3];
    y = cj_add(y, cj_sum(x[2], CJ_ALL, false));
    assert_int_equal(cj_finite_difference(y, 3, x, 1e-5, out), CJ_OK);
    values(out[0], got);
    values(cj_mul(cj_exp(x[0]), cj_sin(x[1])), data);
    for (int i = 0; i < 6; i++)
        assert_true(fabs(got[i] - data[i]) < 1e-9);
    assert_int_equal(out[2]->elements, 0);
    values(cj_check_gradient(y, 3, x, 1e-5), &error);
    assert_true(error < 1e-9);

    cj_tensor *lying = cj_custom_gradient(cj_sin(x[1]), 1, &x[1], half_gradient, .name = "lying");
    values(cj_check_gradient(cj_sum(lying, CJ_ALL, false), 1, &x[1], 1e-5), &error);
    values(cj_cos(x[1]), data);
    double most = fmax(fabs(data[0]), fabs(data[1]));
    assert_true(fabs(error - 0.5 * most / (1 + most)) < 1e-9);

    assert_null(cj_check_gradient(x[0], 1, &x[1], 1e-5));
    expect(c, cj_context_status(c), CJ_SHAPE, "finite_difference: y is f64[3, 2], the step 1e-05");
    cj_error_clear(c);
}

static void test_errors(void **state)
{
    cj_context *c = *state;
    int64_t ones[9] = {1, 1, 1, 1, 1, 1, 1, 1, 1};
    cj_tensor *x = numbers(c, 1, 9, ones), *y = cj_exp(x), *out = x, *none = NULL;
    cj_tensor *whole = cj_scalar(c, CJ_I32, 1), *pair = numbers(c, 1, 1, I64(2));
    expect(c, cj_jacobian(y, 1, &x, &out), CJ_SHAPE, "has 18 axes; there are at most 16");
    assert_null(out);
    expect(c, cj_jacobian(y, 1, &none, &out), CJ_INVALID, "jacobian: tensor 1 is NULL");
    expect(c, cj_jacobian(whole, 1, &pair, &out), CJ_DTYPE, "jacobian: tensor 1 is i32[]");
    expect(c, cj_hessian(cj_exp(pair), 1, &pair, &out), CJ_SHAPE, "only one number has a gradient");
    assert_null(out);
    expect(c, cj_hvp(cj_sum(pair, 1, false), 1, &pair, &x, &out), CJ_SHAPE,
           "jvp: tangent 1 is f64[1, 1, 1, 1, 1, 1, 1, 1, 1]; it must be f64[2] like its tensor");
    expect(c, cj_taylor(1, &pair, &x, pair, 1, &out), CJ_SHAPE, "taylor: direction 1 is f64[1, ");
    assert_null(cj_laplacian(pair, pair, 1));
    expect(c, cj_context_status(c), CJ_INVALID, "laplacian: axis 1 of f64[2]");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(test_jacobian),  TEST(test_hessian),     TEST(test_gauss_newton),
        TEST(test_examples),  TEST(test_taylor),      TEST(test_field),
        TEST(test_laplacian), TEST(test_differences), TEST(test_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
