/*
 * tests/transform/test_index.c - derivatives of gather, scatters and segments, every order, forward and reverse, against
 * differences; indexes that repeat and that are outside.
 */
#include "cajal/index.h"
#include "support/derivatives.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define I64(...) ((const int64_t[]){__VA_ARGS__})
#define THEN_SQUARED(name, expression)                                                             \
    static cj_tensor *y_##name(cj_tensor **x)                                                      \
    {                                                                                              \
        cj_tensor *y = expression;                                                                 \
        return cj_mul(cj_exp(y), y);                                                               \
    }

/* An index of the shape with numbers 0 .. modulus - 1 that repeat. */
static cj_tensor *index_of(cj_tensor *x, int rank, const int64_t *shape, int32_t modulus)
{
    int32_t data[64];
    int64_t elements = 1;
    for (int i = 0; i < rank; i++)
        elements *= shape[i];
    for (int32_t i = 0; i < elements; i++)
        data[i] = (i * 5 + 1) % modulus;
    return cj_tensor_from(x->context, CJ_I32, rank, shape, data);
}

/* A whole number that nothing has named is 0 here, and stays out of the result: NaN has no differences. */
static cj_tensor *gathered_inside(cj_tensor *x)
{
    cj_tensor *index = index_of(x, 2, I64(2, 4), 5);
    cj_tensor *inside = cj_lt(index, cj_like(index, 3));
    return cj_where(inside, cj_gather(x, 1, index), cj_like(x, 0));
}

THEN_SQUARED(gather, cj_gather(x[0], 1, index_of(x[0], 3, I64(2, 4, 2), 3)))
THEN_SQUARED(gather_wide, cj_gather(x[0], 1, index_of(x[0], 3, I64(1, 4, 1), 3)))
THEN_SQUARED(gather_repeated, cj_gather(x[0], 1, index_of(x[0], 3, I64(2, 2, 3), 3)))
THEN_SQUARED(gather_outside, gathered_inside(x[0]))
THEN_SQUARED(gather_none, cj_gather(x[0], 0, index_of(x[0], 1, I64(0), 3)))
THEN_SQUARED(take, cj_take(x[0], -1, index_of(x[0], 2, I64(2, 3), 3)))
THEN_SQUARED(take_scalar, cj_take(x[0], 0, cj_scalar(x[0]->context, CJ_I64, 1)))
THEN_SQUARED(scatter_add, cj_scatter_add(x[0], 1, index_of(x[0], 2, I64(2, 6), 5), x[1]))
THEN_SQUARED(scatter_max, cj_scatter_max(x[0], 1, index_of(x[0], 2, I64(2, 6), 5), x[1]))
THEN_SQUARED(scatter_min, cj_scatter_min(x[0], 1, index_of(x[0], 2, I64(2, 6), 5), x[1]))
THEN_SQUARED(scatter_set, cj_scatter_set(x[0], 1, index_of(x[0], 2, I64(2, 6), 5), x[1]))
THEN_SQUARED(segment_sum, cj_segment_sum(x[0], index_of(x[0], 1, I64(5), 3), 4))
THEN_SQUARED(segment_mean, cj_segment_mean(x[0], index_of(x[0], 1, I64(5), 5), 4))
THEN_SQUARED(segment_max, cj_segment_max(x[0], index_of(x[0], 1, I64(5), 3), 3))
THEN_SQUARED(segment_softmax, cj_segment_softmax(x[0], index_of(x[0], 1, I64(5), 3), 3))

static void test_gather(void **state)
{
    (void)state;
    const function row[] = {
        {"gather", y_gather, 1, -1, 1, {{3, {2, 3, 2}}}},
        {"gather by one index", y_gather_wide, 1, -1, 1, {{3, {2, 3, 2}}}},
        {"gather of what repeats", y_gather_repeated, 1, -1, 1, {{3, {1, 3, 1}}}},
        {"gather from outside", y_gather_outside, 1, -1, 1, {{2, {2, 3}}}},
        {"gather nothing", y_gather_none, 1, -1, 1, {{1, {3}}}},
        {"take", y_take, 1, -1, 1, {{2, {2, 3}}}},
        {"take one", y_take_scalar, 1, -1, 1, {{2, {2, 3}}}},
    };
    for (size_t i = 0; i < CJ_COUNT(row); i++)
        check_derivatives(&row[i], true);
}

static void test_scatter(void **state)
{
    (void)state;
    const function row[] = {
        {"scatter_add", y_scatter_add, 2, -1, 1, {{2, {2, 3}}, {2, {2, 6}}}},
        {"scatter_add of one", y_scatter_add, 2, -1, 1, {{2, {2, 3}}, {2, {2, 1}}}},
        {"scatter_max", y_scatter_max, 2, -1, 1, {{2, {2, 3}}, {2, {2, 6}}}},
        {"scatter_min", y_scatter_min, 2, -1, 1, {{2, {2, 3}}, {2, {2, 6}}}},
        {"scatter_set", y_scatter_set, 2, -1, 1, {{2, {2, 3}}, {2, {1, 6}}}},
    };
    for (size_t i = 0; i < CJ_COUNT(row); i++)
        check_derivatives(&row[i], true);
}

static void test_segments(void **state)
{
    (void)state;
    const function row[] = {
        {"segment_sum", y_segment_sum, 1, -1, 1, {{2, {5, 2}}}},
        {"segment_mean", y_segment_mean, 1, -1, 1, {{1, {5}}}},
        {"segment_max", y_segment_max, 1, -1, 1, {{2, {5, 2}}}},
        {"segment_softmax", y_segment_softmax, 1, -1, 1, {{2, {5, 2}}}},
    };
    for (size_t i = 0; i < CJ_COUNT(row); i++)
        check_derivatives(&row[i], true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gather),
        cmocka_unit_test(test_scatter),
        cmocka_unit_test(test_segments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
