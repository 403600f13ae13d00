/*
 * tests/graph/test_simplify.c - the legal identities are applied, the illegal ones are not, and the values are the same.
 */
#include "graph/graph.h"
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

static cj_tensor *cube(cj_context *c, cj_dtype dtype)
{
    return cj_cast(cj_iota(c, CJ_I32, 3, I64(2, 3, 4), 2), dtype);
}

static void test_arithmetic(void **state)
{
    cj_context *c = *state;
    cj_tensor *x = cube(c, CJ_F32), *one = cj_like(x, 1);
    assert_ptr_equal(cj_mul(x, one), x);
    assert_ptr_equal(cj_mul(one, x), x);
    assert_ptr_equal(cj_scale(x, 1), x);
    assert_ptr_equal(cj_div(x, one), x);
    assert_ptr_equal(cj_sub(x, cj_like(x, 0)), x);
    assert_ptr_equal(cj_neg(cj_neg(x)), x);
    assert_int_equal(cj_neg(cj_tap(cj_neg(x)))->op, CJ_OP_NEG);
    assert_ptr_equal(cj_mul(x, cj_full(c, CJ_F32, 3, I64(2, 3, 4), 1)), x);
    cj_tensor *i = cube(c, CJ_I32);
    assert_ptr_equal(cj_shift(i, 0), i);
    assert_ptr_equal(cj_add(cj_like(i, 0), i), i);
    /* A one that broadcasts still gives its shape. */
    cj_tensor *wide = cj_mul(cj_sum(x, 1, true), cj_full(c, CJ_F32, 3, I64(2, 3, 4), 1));
    assert_int_equal(wide->op, CJ_OP_EXPAND);
}

static void test_illegal_identities_are_left(void **state)
{
    cj_context *c = *state;
    const double data[3] = {-0.0, NAN, INFINITY};
    cj_tensor *x = cj_tensor_from(c, CJ_F64, 1, I64(3), data);
    cj_tensor *y[] = {cj_shift(x, 0),
                      cj_sub(x, cj_like(x, -0.0)),
                      cj_scale(x, 0),
                      cj_sub(x, x),
                      cj_div(x, x),
                      cj_sub(cj_like(x, 0), x),
                      cj_add(cj_like(x, 0), x),
                      cj_div(cj_like(x, 0), x)};
    const cj_op op[] = {CJ_OP_ADD, CJ_OP_SUB, CJ_OP_MUL, CJ_OP_SUB,
                        CJ_OP_DIV, CJ_OP_SUB, CJ_OP_ADD, CJ_OP_DIV};
    for (size_t k = 0; k < CJ_COUNT(y); k++)
        assert_int_equal(y[k]->op, op[k]);
    double out[3];
    evaluate(1, &y[0], 0, NULL, &(double *){out});
    assert_false(signbit(out[0])); /* -0 + 0 is +0 */
    evaluate(1, &y[2], 0, NULL, &(double *){out});
    assert_true(isnan(out[1]) && isnan(out[2])); /* NaN 0, inf 0 */
    evaluate(1, &y[3], 0, NULL, &(double *){out});
    assert_true(isnan(out[2])); /* inf - inf */
}

static void test_logic(void **state)
{
    cj_context *c = *state;
    cj_tensor *x = cube(c, CJ_F32), *b = cj_lt(x, cj_like(x, 2));
    cj_tensor *yes = cj_scalar(c, CJ_BOOL, 1), *no = cj_scalar(c, CJ_BOOL, 0);
    cj_tensor *all = cj_full(c, CJ_BOOL, 3, I64(2, 3, 4), 1);
    cj_tensor *none = cj_full(c, CJ_BOOL, 3, I64(2, 3, 4), 0);
    assert_ptr_equal(cj_and(b, yes), b);
    assert_ptr_equal(cj_and(yes, b), b);
    assert_ptr_equal(cj_and(b, no), none);
    assert_ptr_equal(cj_or(b, no), b);
    assert_ptr_equal(cj_or(b, yes), all);
    assert_ptr_equal(cj_and(b, b), b);
    cj_tensor *i = cube(c, CJ_I32); /* bitwise: 1 is not neutral */
    assert_int_equal(cj_and(i, cj_like(i, 1))->op, CJ_OP_AND);
    cj_tensor *y = cj_exp(x);
    assert_ptr_equal(cj_where(yes, x, y), x);
    assert_ptr_equal(cj_where(no, x, y), y);
    assert_ptr_equal(cj_where(b, x, x), x);
    assert_int_equal(cj_where(b, x, y)->op, CJ_OP_WHERE);
}

static void test_casts(void **state)
{
    cj_context *c = *state;
    cj_tensor *x = cube(c, CJ_F32);
    assert_ptr_equal(cj_cast(x, CJ_F32), x);
    assert_ptr_equal(cj_cast(cj_scalar(c, CJ_F64, 2.7), CJ_I32), cj_scalar(c, CJ_I32, 2));
    assert_ptr_equal(cj_cast(cj_full(c, CJ_F64, 1, I64(3), 0.1), CJ_F32),
                     cj_full(c, CJ_F32, 1, I64(3), 0.1));
    assert_int_equal(cj_cast(cj_cast(x, CJ_F64), CJ_F32)->op, CJ_OP_CAST);
    cj_tensor *large = cj_scalar(c, CJ_I64, 1e18);
    assert_int_equal(cj_cast(large, CJ_F64)->op, CJ_OP_CAST);
}

static void test_movement(void **state)
{
    cj_context *c = *state;
    cj_tensor *x = cube(c, CJ_F32);
    assert_ptr_equal(cj_reshape(cj_reshape(x, 1, I64(24)), 3, I64(2, 3, 4)), x);
    assert_ptr_equal(cj_reshape(cj_reshape(x, 1, I64(24)), 2, I64(6, 4)),
                     cj_reshape(x, 2, I64(6, 4)));
    assert_ptr_equal(cj_permute(x, (const int[]){0, 1, 2}), x);
    assert_ptr_equal(cj_transpose(cj_transpose(x, 0, 2), 2, 0), x);
    assert_ptr_equal(cj_permute(cj_permute(x, (const int[]){1, 2, 0}), (const int[]){1, 2, 0}),
                     cj_permute(x, (const int[]){2, 0, 1}));
    assert_ptr_equal(cj_expand(x, 3, I64(2, 3, 4)), x);
    cj_tensor *row = cj_sum(x, 3, true);
    assert_ptr_equal(cj_expand(cj_expand(row, 3, I64(1, 3, 4)), 3, I64(2, 3, 4)),
                     cj_expand(row, 3, I64(2, 3, 4)));
    assert_ptr_equal(cj_pad(x, I64(0, 0, 0), I64(0, 0, 0)), x);
    assert_ptr_equal(cj_flip(cj_flip(x, 5), 6), cj_flip(x, 3));
    assert_ptr_equal(cj_flip(cj_flip(x, 5), 5), x);
    assert_ptr_equal(cj_flip(row, 3), row);
    assert_ptr_equal(cj_flip(row, CJ_ALL), cj_flip(row, 4));
    assert_ptr_equal(cj_concat(1, 1, &x), x);
    assert_ptr_equal(cj_stop_gradient(cj_stop_gradient(x)), cj_stop_gradient(x));
}

static void test_slices(void **state)
{
    cj_context *c = *state;
    cj_tensor *x = cj_iota(c, CJ_F32, 1, I64(40), 0);
    assert_ptr_equal(cj_narrow(x, 0, 0, 40), x);
    assert_ptr_equal(cj_slice(x, I64(0), I64(1), I64(7)), cj_narrow(x, 0, 0, 1));
    assert_ptr_equal(cj_narrow(x, 0, 5, 5), cj_narrow(x, 0, 9, 9));
    for (int64_t step = 1; step < 5; step++)
        for (int64_t start = 0; start < 6; start++) {
            cj_tensor *first = cj_slice(x, I64(start), I64(37), I64(step));
            int64_t n = cj_extent(first, 0);
            cj_tensor *both = cj_slice(first, I64(1), I64(n), I64(step + 1));
            assert_ptr_equal(both->source[0], x);
            double out[40];
            evaluate(1, &both, 0, NULL, &(double *){out});
            for (int64_t e = 0; e < cj_elements(both); e++)
                assert_true(out[e] == (double)(start + step * (1 + e * (step + 1))));
        }
}

static void test_uniform(void **state)
{
    cj_context *c = *state;
    cj_tensor *full = cj_full(c, CJ_F32, 2, I64(3, 4), 7);
    assert_ptr_equal(cj_reshape(full, 1, I64(12)), cj_full(c, CJ_F32, 1, I64(12), 7));
    assert_ptr_equal(cj_transpose(full, 0, 1), cj_full(c, CJ_F32, 2, I64(4, 3), 7));
    assert_ptr_equal(cj_narrow(full, 1, 1, 3), cj_full(c, CJ_F32, 2, I64(3, 2), 7));
    assert_ptr_equal(cj_flip(full, 3), full);
    assert_ptr_equal(cj_expand(full, 3, I64(2, 3, 4)), cj_full(c, CJ_F32, 3, I64(2, 3, 4), 7));
    assert_ptr_equal(cj_reshape(cj_reshape(cj_scalar(c, CJ_F32, 7), 2, I64(1, 1)), 0, NULL),
                     cj_scalar(c, CJ_F32, 7));
    assert_int_equal(cj_pad(full, I64(1, 0), I64(0, 0))->op, CJ_OP_PAD);
    assert_int_equal(cj_elements(cj_full(c, CJ_F32, 2, I64(3, 0), 7)), 0);
}

static void test_reductions(void **state)
{
    cj_context *c = *state;
    cj_tensor *x = cj_reshape(cube(c, CJ_F32), 4, I64(2, 1, 3, 4));
    assert_ptr_equal(cj_sum(x, CJ_AXIS(1), true), x);
    assert_ptr_equal(cj_sum(x, CJ_AXIS(1), false), cj_squeeze(x, 1));
    assert_ptr_equal(cj_amax(x, 0, false), x);
    assert_ptr_equal(cj_argmax(x, CJ_AXIS(1), true), cj_full(c, CJ_I32, 4, I64(2, 1, 3, 4), 0));
    assert_int_equal(cj_sum(x, CJ_AXIS(0), true)->op, CJ_OP_SUM);
    cj_tensor *none = cj_reshape(cube(c, CJ_F32), 3, I64(2, 3, 4));
    none = cj_narrow(none, 1, 0, 0);
    assert_int_equal(cj_sum(none, CJ_AXIS(1), true)->op, CJ_OP_SUM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_arithmetic, begin, end),
        cmocka_unit_test_setup_teardown(test_illegal_identities_are_left, begin, end),
        cmocka_unit_test_setup_teardown(test_logic, begin, end),
        cmocka_unit_test_setup_teardown(test_casts, begin, end),
        cmocka_unit_test_setup_teardown(test_movement, begin, end),
        cmocka_unit_test_setup_teardown(test_slices, begin, end),
        cmocka_unit_test_setup_teardown(test_uniform, begin, end),
        cmocka_unit_test_setup_teardown(test_reductions, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
