/*
 * tests/transform/test_vmap.c - lanes of every dtype, compositions of transformations, and their
 * errors. (The rules of ops with derivatives are tested with those: test_derivatives.c.)
 */
#include "support/lanes.h"

#include "cajal/index.h"
#include "cajal/loop.h"
#include "cajal/math.h"
#include "cajal/program.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define I64(...) ((const int64_t[]){__VA_ARGS__})

/* ---- values without derivative ---- */

#define ONE(name, expression)                                                                      \
    static cj_tensor *y_##name(cj_tensor **x)                                                      \
    {                                                                                              \
        return expression;                                                                         \
    }
ONE(argmax, cj_argmax(x[0], 2, false))
ONE(argmax_all, cj_argmax(x[0], CJ_ALL, true))
ONE(less, cj_lt(x[0], x[1]))
ONE(logic, cj_or(cj_not(cj_lt(x[0], cj_like(x[0], 0))), cj_ne(x[0], x[1])))
ONE(integers, cj_div(cj_cast(cj_scale(x[0], 9), CJ_I32), cj_cast(cj_scale(x[1], 3), CJ_I32)))
ONE(largest_integer, cj_amax(cj_cast(cj_scale(x[0], 9), CJ_I64), 2, true))
ONE(narrow, cj_exp(cj_cast(x[0], CJ_F32)))
ONE(bits, cj_shift_right(cj_cast(cj_scale(cj_abs(x[0]), 1000), CJ_U32),
                         cj_cast(cj_full(x[0]->context, CJ_I32, 0, NULL, 3), CJ_U32)))
ONE(constant, cj_iota(x[0]->context, CJ_F64, 2, I64(2, 3), 1))
ONE(itself, x[0])
ONE(choice, cj_where(cj_lt(x[0], cj_like(x[0], 0)), cj_cast(x[1], CJ_F32),
                     cj_cast(cj_scale(x[1], 2), CJ_F32)))

/* Ops of words, and places in what is sorted. */
static cj_tensor *words(cj_tensor *x)
{
    return cj_cast(cj_scale(cj_abs(x), 1e9), CJ_U32);
}
ONE(word_logic, cj_xor(cj_shift_left(words(x[0]), words(cj_scale(x[1], 2e-8))), words(x[1])))
ONE(bits_set, cj_popcount(words(x[0])))
ONE(bit_matmul, cj_bit_matmul(words(x[0]), words(x[1])))
ONE(places, cj_searchsorted(cj_sort(x[0], -1, false), x[1], false))

static cj_tensor *y_window_argmax(cj_tensor **x)
{
    const cj_window_options o = {1, {2}, {1}, {1}, {1}, {0}, {1}};
    return cj_window_argmax(x[0], &o);
}

static void test_values(void **state)
{
    (void)state;
    const extents s = {2, {2, 3}}, one = {0, {0}}, none = {2, {0, 3}};
    const function row[] = {
        {"argmax", y_argmax, 1, -1, 1, {s}},
        {"argmax of all", y_argmax_all, 1, -1, 1, {s}},
        {"argmax of one", y_argmax_all, 1, -1, 1, {one}},
        {"argmax of nothing", y_argmax_all, 1, -1, 1, {none}},
        {"lt", y_less, 2, -1, 1, {s, one}},
        {"logic", y_logic, 2, -1, 1, {s, s}},
        {"integers", y_integers, 2, -1, 1, {s, one}},
        {"largest integer", y_largest_integer, 1, -1, 1, {s}},
        {"f32", y_narrow, 1, -1, 1, {s}},
        {"bits", y_bits, 1, -1, 1, {s}},
        {"what does not depend", y_constant, 1, -1, 1, {s}},
        {"itself", y_itself, 1, -1, 1, {s}},
        {"where", y_choice, 2, -1, 1, {s, s}},
        {"window_argmax", y_window_argmax, 1, -1, 1, {s}},
        {"words", y_word_logic, 2, -1, 1, {s, s}},
        {"popcount", y_bits_set, 1, -1, 1, {s}},
        {"bit_matmul", y_bit_matmul, 2, -1, 1, {s, {2, {4, 3}}}},
        {"searchsorted by rows", y_places, 2, -1, 1, {s, {2, {2, 4}}}},
        {"searchsorted in one", y_places, 2, -1, 1, {{1, {5}}, s}},
        {"searchsorted in one row", y_places, 2, -1, 1, {{2, {1, 5}}, s}},
    };
    for (size_t i = 0; i < CJ_COUNT(row); i++)
        check_lanes(&row[i]);
}

/* ---- random: a key of each lane draws what it draws alone ---- */

static cj_tensor *key_of(cj_tensor *x)
{
    return cj_fold(cj_key(x->context, 5), cj_cast(cj_scale(x, 1000), CJ_I64));
}
ONE(folded, cj_fold(key_of(x[0]), cj_cast(cj_scale(x[1], 1000), CJ_I64)))
ONE(random_bits, cj_random_bits(key_of(x[0]), 2, I64(5, 3)))
ONE(uniform, cj_mul(cj_random_uniform(key_of(x[0]), CJ_F64, 2, I64(3, 7)), x[1]))
ONE(normal, cj_exp(cj_random_normal(key_of(x[0]), CJ_F32, 1, I64(1031))))
ONE(no_draw, cj_random_bits(key_of(x[0]), 2, I64(5, 0)))

static void test_random(void **state)
{
    (void)state;
    const extents one = {0, {0}};
    const function row[] = {
        {"folded key", y_folded, 2, -1, 1, {one, {1, {1}}}},
        {"random bits", y_random_bits, 1, -1, 1, {one}},
        {"uniform", y_uniform, 2, -1, 1, {one, {1, {7}}}},
        {"normal", y_normal, 1, -1, 1, {one}},
        {"no draw", y_no_draw, 1, -1, 1, {one}},
    };
    for (size_t i = 0; i < CJ_COUNT(row); i++)
        check_lanes(&row[i]);
}

/* ---- several transformations ---- */

static const cj_conv_options conv_options = {2, {1, 2}, {1, 1}, {1, 1}, {1, 0}, {1, 1}};

/* A small net of x [2, 1, 1, 3, 3], w [1, 2, 1, 2, 2] and v [8, 3]: its loss. */
static cj_tensor *loss_of(cj_tensor **x)
{
    cj_tensor *h = cj_tanh(cj_convolve(x[0], x[1], &conv_options));
    cj_tensor *y = cj_matmul(cj_reshape(h, 2, I64(2, -1)), x[2]);
    return cj_mean(cj_mul(cj_tanh(y), y), CJ_ALL, false);
}

static cj_tensor *gradient_of(cj_tensor *y, cj_tensor *x)
{
    cj_tensor *gradient = NULL;
    return cj_grad(y, 1, &x, &gradient) == CJ_OK ? gradient : NULL;
}

ONE(weight_gradient, gradient_of(loss_of(x), x[1]))
ONE(product_gradient, gradient_of(loss_of(x), x[2]))
ONE(gradient_of_gradient,
    gradient_of(cj_sum(cj_square(gradient_of(loss_of(x), x[1])), CJ_ALL, false), x[0]))

/* A recurrence h = tanh(w h + x_t), its last state through a norm. */
static void cell(void *user, cj_body *b)
{
    cj_tensor *w = user;
    b->next[0] = cj_tanh(cj_add(cj_matmul(b->carry[0], w), b->x[0]));
}

static cj_tensor *y_scan(cj_tensor **x)
{
    cj_tensor *start = cj_full(x[0]->context, CJ_F64, 2, I64(1, 3), 0.1), *last = NULL;
    cj_loop(x[0]->context, cell, x[1], .carries = 1, .init = &start, .xs = 1, .x = x,
            .last = &last);
    return last ? cj_sum(cj_square(last), CJ_ALL, false) : NULL;
}
ONE(scan_gradient, gradient_of(y_scan(x), x[1]))
ONE(scan_gradient_of_gradient,
    gradient_of(cj_sum(cj_square(gradient_of(y_scan(x), x[1])), CJ_ALL, false), x[0]))

static cj_tensor *y_scan_hessian(cj_tensor **x)
{
    cj_tensor *h = NULL;
    return cj_hessian(y_scan(x), 1, &x[1], &h) == CJ_OK ? h : NULL;
}

/* The sum over lanes of a mapped loss, differentiated. */
static cj_tensor *y_gradient_of_map(cj_tensor **x)
{
    cj_tensor *example = cj_tap(cj_narrow(x[0], 0, 0, 1)), *many, *out;
    many = cj_reshape(x[0], 6, I64(2, 1, 1, 1, 3, 3));
    cj_tensor *h = cj_tanh(cj_convolve(example, x[1], &conv_options));
    cj_tensor *y = cj_matmul(cj_reshape(h, 2, I64(1, -1)), x[2]);
    cj_tensor *loss = cj_mean(cj_mul(cj_tanh(y), y), CJ_ALL, false);
    if (cj_vmap(1, &example, &many, 1, &loss, &out) != CJ_OK)
        return NULL;
    return gradient_of(cj_sum(out, CJ_ALL, false), x[1]);
}

static void test_compositions(void **state)
{
    (void)state;
    const function row[] = {
        {"vmap of a gradient",
         y_weight_gradient,
         3,
         -1,
         1,
         {{5, {2, 1, 1, 3, 3}}, {5, {1, 2, 1, 2, 2}}, {2, {16, 3}}}},
        {"vmap of a product's gradient",
         y_product_gradient,
         3,
         -1,
         1,
         {{5, {2, 1, 1, 3, 3}}, {5, {1, 2, 1, 2, 2}}, {2, {16, 3}}}},
        {"vmap of a gradient of a gradient",
         y_gradient_of_gradient,
         3,
         -1,
         1,
         {{5, {2, 1, 1, 3, 3}}, {5, {1, 2, 1, 2, 2}}, {2, {16, 3}}}},
        {"vmap of a scan", y_scan, 2, -1, 1, {{3, {4, 1, 3}}, {2, {3, 3}}}},
        {"vmap of a scan's gradient", y_scan_gradient, 2, -1, 1, {{3, {4, 1, 3}}, {2, {3, 3}}}},
        {"vmap of a gradient of a scan's gradient",
         y_scan_gradient_of_gradient,
         2,
         -1,
         1,
         {{3, {4, 1, 3}}, {2, {3, 3}}}},
        {"vmap of a scan's hessian", y_scan_hessian, 2, -1, 1, {{3, {3, 1, 3}}, {2, {3, 3}}}},
        {"vmap of the gradient of a vmap",
         y_gradient_of_map,
         3,
         -1,
         1,
         {{5, {2, 1, 1, 3, 3}}, {5, {1, 2, 1, 2, 2}}, {2, {16, 3}}}},
    };
    for (size_t i = 0; i < CJ_COUNT(row); i++)
        check_lanes(&row[i]);
}

/* Lanes within lanes: a table of all pairs of rows. */
static void test_nested(void **state)
{
    (void)state;
    cj_context *c = cj_context_new(NULL, NULL, 0);
    double data[] = {1, 2, 3, 4, 5, 6}, got[9];
    cj_tensor *rows = cj_tensor_from(c, CJ_F64, 2, I64(3, 2), data);
    cj_tensor *a = cj_input(c, "a", CJ_F64, 1, I64(2)), *b = cj_input(c, "b", CJ_F64, 1, I64(2));
    cj_tensor *y = cj_sum(cj_mul(a, cj_exp(b)), CJ_ALL, false), *inner, *outer;
    assert_int_equal(cj_vmap(1, &b, &rows, 1, &y, &inner), CJ_OK);
    assert_int_equal(cj_vmap(1, &a, &rows, 1, &inner, &outer), CJ_OK);
    assert_int_equal(cj_rank(outer), 2);
    assert_int_equal(cj_read(outer, got, sizeof got), CJ_OK);
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) {
            double want = data[2 * i] * exp(data[2 * j]) + data[2 * i + 1] * exp(data[2 * j + 1]);
            assert_true(fabs(got[3 * i + j] - want) < 1e-9 * want);
        }
    cj_context_free(c);
}

/* ---- replacing ---- */

static double number(cj_tensor *y)
{
    double value = NAN;
    assert_int_equal(cj_read(y, &value, sizeof value), CJ_OK);
    return value;
}

static void test_replace(void **state)
{
    (void)state;
    cj_context *c = cj_context_new(NULL, NULL, 0);
    cj_tensor *x = cj_scalar(c, CJ_F64, 3), *h = cj_tap(cj_square(x));
    cj_tensor *y[2] = {cj_add(h, x), cj_neg(x)}, *out[2];
    cj_tensor *five = cj_like(x, 5);

    assert_int_equal(cj_replace(1, &h, &five, 2, y, out), CJ_OK);
    assert_true(number(out[0]) == 8);
    assert_ptr_equal(out[1], y[1]);

    /* h is replaced, so that x counts where it does not go through h; and what is built on h
     * keeps the old h. */
    cj_tensor *both[2] = {h, x}, *by[2] = {cj_scale(h, 2), five};
    assert_int_equal(cj_replace(2, both, by, 2, y, out), CJ_OK);
    assert_true(number(out[0]) == 18 + 5 && number(out[1]) == -5);

    by[0] = NULL;
    assert_int_equal(cj_replace(2, both, by, 1, y, out), CJ_OK);
    assert_true(number(out[0]) == 25 + 5);

    /* what a loop's body reads from outside */
    cj_tensor *from[2] = {cj_tensor_from(c, CJ_F64, 3, I64(2, 1, 3), (double[6]){1, 2, 3}),
                          cj_tensor_from(c, CJ_F64, 2, I64(3, 3), (double[9]){0.5, 1, -1})};
    cj_tensor *other = cj_scale(from[1], 3), *scan = y_scan(from);
    assert_int_equal(cj_replace(1, &from[1], &other, 1, &scan, out), CJ_OK);
    assert_true(number(out[0]) == number(y_scan((cj_tensor *[]){from[0], other})));
    assert_true(number(out[0]) != number(scan));

    cj_tensor *pair = cj_full(c, CJ_F64, 1, I64(2), 1);
    assert_int_equal(cj_replace(1, &h, &pair, 1, y, out), CJ_SHAPE);
    assert_non_null(strstr(cj_error(c), "replace: tensor 1 is f64[2]; it cannot stand for f64[]"));
    assert_null(out[0]);
    cj_context_free(c);
}

/* ---- errors ---- */

static void expect(cj_context *c, cj_status got, cj_status want, const char *sentence)
{
    assert_int_equal(got, want);
    if (!strstr(cj_error(c), sentence))
        fail_msg("'%s' lacks '%s'", cj_error(c), sentence);
    cj_error_clear(c);
}

static void test_errors(void **state)
{
    (void)state;
    cj_context *c = cj_context_new(NULL, NULL, 0);
    cj_tensor *x[2] = {cj_input(c, "a", CJ_F64, 1, I64(2)), cj_input(c, "b", CJ_F64, 1, I64(2))};
    cj_tensor *three = cj_input(c, "c", CJ_F64, 2, I64(3, 2));
    cj_tensor *four = cj_input(c, "d", CJ_F64, 2, I64(4, 2)), *none = NULL, *out;
    cj_tensor *y = cj_add(x[0], x[1]);
    expect(c, cj_vmap(1, x, &none, 1, &y, &out), CJ_INVALID, "vmap: no tensor is given lanes");
    expect(c, cj_vmap(1, x, x, 1, &y, &out), CJ_SHAPE,
           "vmap: the lanes of tensor 1 are f64[2]; they are f64[2] with one axis more before its "
           "own");
    expect(c, cj_vmap(2, x, (cj_tensor *[]){three, four}, 1, &y, &out), CJ_SHAPE,
           "vmap: tensor 2 has 4 lanes, those before it 3");
    expect(c, cj_vmap(1, &none, &three, 1, &y, &out), CJ_INVALID, "vmap: tensor 1 is NULL");
    int64_t ones[CJ_MAX_RANK];
    for (int i = 0; i < CJ_MAX_RANK; i++)
        ones[i] = 1;
    ones[3] = 2;
    cj_tensor *deep = cj_exp(cj_reshape(x[0], CJ_MAX_RANK, ones));
    expect(c, cj_vmap(1, x, &three, 1, &deep, &out), CJ_SHAPE,
           "has 16 axes, the most there are: there is none for the lanes");
    assert_null(out);
    cj_context_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),       cmocka_unit_test(test_random),
        cmocka_unit_test(test_compositions), cmocka_unit_test(test_nested),
        cmocka_unit_test(test_replace),      cmocka_unit_test(test_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
