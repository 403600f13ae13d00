/*
 * tests/transform/test_index.c - derivatives of gather, scatters and segments, every order, forward and reverse, against
 * differences; indexes that repeat and that are outside.
 */
#include "cajal/index.h"
#include "cajal/program.h"
#include "support/derivatives.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* ---- along an axis ---- */

static cj_tensor *top(cj_tensor *x)
{
    cj_tensor *index, *y = cj_top_k(x, 2, 1, true, &index);
    return cj_add(y, cj_gather(cj_sin(x), 1, index));
}

THEN_SQUARED(cumsum, cj_cumsum(x[0], 1))
THEN_SQUARED(cumsum_first, cj_cumsum(x[0], 0))
THEN_SQUARED(cumprod, cj_cumprod(x[0], -1))
THEN_SQUARED(recurrence, cj_recurrence(x[0], x[1], 1))
THEN_SQUARED(cummax, cj_cummax(x[0], 1))
THEN_SQUARED(cummin, cj_cummin(x[0], 0))
THEN_SQUARED(sort, cj_sort(x[0], 1, false))
THEN_SQUARED(sort_down, cj_sort(x[0], 0, true))
THEN_SQUARED(top_k, top(x[0]))
THEN_SQUARED(median, cj_median(x[0], 1, false))
THEN_SQUARED(quantile, cj_quantile(x[0], 0.3, 0, true))
THEN_SQUARED(unique, cj_unique(x[0]).values)

static void test_along(void **state)
{
    (void)state;
    const function row[] = {
        {"cumsum", y_cumsum, 1, -1, 1, {{3, {2, 3, 2}}}},
        {"cumsum of nothing", y_cumsum, 1, -1, 1, {{3, {2, 0, 2}}}},
        {"cumsum of the first axis", y_cumsum_first, 1, -1, 1, {{2, {3, 2}}}},
        {"cumprod", y_cumprod, 1, -1, 1, {{2, {2, 4}}}},
        {"cumprod of one", y_cumprod, 1, -1, 1, {{2, {2, 1}}}},
        {"recurrence", y_recurrence, 2, -1, 1, {{2, {2, 4}}, {2, {2, 4}}}},
        {"recurrence of one factor", y_recurrence, 2, -1, 1, {{2, {2, 1}}, {2, {2, 4}}}},
        {"recurrence of rows", y_recurrence, 2, -1, 1, {{3, {2, 3, 2}}, {3, {2, 3, 2}}}},
        {"recurrence of nothing", y_recurrence, 2, -1, 1, {{2, {2, 0}}, {2, {2, 0}}}},
        {"cummax", y_cummax, 1, -1, 1, {{2, {2, 4}}}},
        {"cummin", y_cummin, 1, -1, 1, {{2, {4, 2}}}},
        {"sort", y_sort, 1, -1, 1, {{2, {2, 4}}}},
        {"sort down", y_sort_down, 1, -1, 1, {{2, {4, 2}}}},
        {"top_k", y_top_k, 1, -1, 1, {{2, {2, 4}}}},
        {"median", y_median, 1, -1, 1, {{2, {2, 4}}}},
        {"median of odd", y_median, 1, -1, 1, {{2, {2, 3}}}},
        {"quantile", y_quantile, 1, -1, 1, {{2, {4, 2}}}},
        {"unique", y_unique, 1, -1, 1, {{2, {2, 3}}}},
    };
    for (size_t i = 0; i < CJ_COUNT(row); i++)
        check_derivatives(&row[i], true);
}

/* ---- sparse ---- */

/* 3 rows, 4 columns, 6 entries; a row is empty, a column outside. */
static cj_csr csr_of(cj_tensor *values)
{
    static const int32_t columns[] = {0, 3, 1, 0, 5, 2}, starts[] = {0, 2, 2, 6};
    cj_context *context = values->context;
    return (cj_csr){.values = values,
                    .columns = cj_tensor_from(context, CJ_I32, 1, I64(6), columns),
                    .row_starts = cj_tensor_from(context, CJ_I32, 1, I64(4), starts),
                    .column_count = 4};
}

static cj_tensor *times(cj_tensor *values, cj_tensor *x, bool transposed)
{
    cj_csr m = csr_of(values);
    return transposed ? cj_csr_matmul_transposed(&m, x) : cj_csr_matmul(&m, x);
}

static cj_tensor *attention(cj_tensor *a, cj_tensor *b)
{
    cj_csr m = csr_of(a);
    m.values = cj_csr_dot(&m, a, b);
    return cj_csr_matmul(&m, b);
}

THEN_SQUARED(csr_matmul, times(x[0], x[1], false))
THEN_SQUARED(csr_back, times(x[0], x[1], true))
THEN_SQUARED(csr_dot, attention(x[0], x[1]))

static void test_sparse(void **state)
{
    (void)state;
    const function row[] = {
        {"csr_matmul", y_csr_matmul, 2, -1, 1, {{1, {6}}, {2, {4, 2}}}},
        {"csr_matmul of a vector", y_csr_matmul, 2, -1, 1, {{1, {6}}, {1, {4}}}},
        {"csr_matmul of nothing", y_csr_matmul, 2, -1, 1, {{1, {6}}, {2, {4, 0}}}},
        {"csr_matmul_transposed", y_csr_back, 2, -1, 1, {{1, {6}}, {2, {3, 2}}}},
        {"csr_dot", y_csr_dot, 2, -1, 1, {{2, {3, 2}}, {2, {4, 2}}}},
    };
    for (size_t i = 0; i < CJ_COUNT(row); i++)
        check_derivatives(&row[i], true);
}

/* A product of which factors are 0: x0 = 2, x1 = 0, x2 = 3, x3 = 0: gradients by hand, the second too. */
static void test_cumprod_at_zeros(void **state)
{
    (void)state;
    const double data[] = {2, 0, 3, 0};
    double first[4], second[4];
    cj_context *context = cj_context_new(NULL, NULL, 0);
    cj_tensor *x = cj_tensor_from(context, CJ_F64, 1, I64(4), data), *g, *h;
    cj_tensor *y =
        cj_sum(cj_cumprod(x, 0), CJ_ALL, false); /* x0 + x0 x1 + x0 x1 x2 + x0 x1 x2 x3 */
    assert_int_equal(cj_grad(y, 1, &x, &g), CJ_OK);
    assert_int_equal(cj_read(g, first, sizeof first), CJ_OK);
    const double expected[] = {1, 8, 0, 0}; /* 1 + x1 + x1 x2 + ..; x0 (1 + x2 + x2 x3); 0; 0 */
    assert_memory_equal(first, expected, sizeof first);
    assert_int_equal(cj_grad(cj_sum(g, CJ_ALL, false), 1, &x, &h), CJ_OK);
    assert_int_equal(cj_read(h, second, sizeof second), CJ_OK);
    const double rows[] = {4, 12, 2, 6}; /* sums of the Hessian's rows */
    assert_memory_equal(second, rows, sizeof second);
    cj_context_free(context);
}

/* Ties: a sorted element's gradient goes to the element that it is, a running extreme's to the first of ties. */
static void test_ties(void **state)
{
    (void)state;
    const double data[] = {2, 1, 2, 1}, weight[] = {1, 2, 4, 8};
    double got[4];
    cj_context *context = cj_context_new(NULL, NULL, 0);
    cj_tensor *x = cj_tensor_from(context, CJ_F64, 1, I64(4), data), *g;
    cj_tensor *w = cj_tensor_from(context, CJ_F64, 1, I64(4), weight);
    cj_tensor *y[] = {cj_sort(x, 0, false), cj_sort(x, 0, true), cj_cummax(x, 0), cj_cummin(x, 0)};
    const double expected[][4] = {{4, 1, 8, 2}, {1, 4, 2, 8}, {15, 0, 0, 0}, {1, 14, 0, 0}};
    for (size_t i = 0; i < CJ_COUNT(y); i++) {
        assert_int_equal(cj_grad(cj_sum(cj_mul(y[i], w), CJ_ALL, false), 1, &x, &g), CJ_OK);
        assert_int_equal(cj_read(g, got, sizeof got), CJ_OK);
        assert_memory_equal(got, expected[i], sizeof got);
    }
    cj_context_free(context);
}

/* ---- lanes of indexes ---- */

enum { LANES = 3 };

/* The lanes of an i32 leaf: numbers of -1 to modulus. */
static cj_tensor *lanes_of(cj_tensor *leaf, int32_t modulus)
{
    int32_t data[256];
    int64_t shape[CJ_MAX_RANK] = {LANES};
    for (int i = 0; i < leaf->rank; i++)
        shape[i + 1] = leaf->shape[i];
    assert_true(LANES * leaf->elements <= 256);
    for (int32_t i = 0; i < LANES * leaf->elements; i++)
        data[i] = (i * i + 3 * i) % (modulus + 2) - 1;
    return cj_tensor_from(leaf->context, CJ_I32, leaf->rank + 1, shape, data);
}

/* y of all lanes of the leaf at once against y of each. */
static void check_index_lanes(const char *name, cj_tensor *leaf, int32_t modulus, cj_tensor *y)
{
    cj_tensor *all = lanes_of(leaf, modulus), *together = NULL;
    assert_int_equal(cj_vmap(1, &leaf, &all, 1, &y, &together), CJ_OK);
    double *got = calloc((size_t)(LANES * y->elements) + 1, sizeof *got);
    double *one = calloc((size_t)y->elements + 1, sizeof *one);
    size_t bytes = (size_t)y->elements * sizeof *one;
    assert_int_equal(cj_read(cj_cast(together, CJ_F64), got, LANES * bytes), CJ_OK);
    for (int lane = 0; lane < LANES; lane++) {
        cj_tensor *alone = cj_reshape(cj_narrow(all, 0, lane, lane + 1), leaf->rank, leaf->shape),
                  *z;
        assert_int_equal(cj_replace(1, &leaf, &alone, 1, &y, &z), CJ_OK);
        assert_int_equal(cj_read(cj_cast(z, CJ_F64), one, bytes), CJ_OK);
        if (memcmp(one, got + lane * y->elements, bytes) != 0)
            fail_msg("%s: lane %d", name, lane);
    }
    free(got);
    free(one);
}

static void test_index_lanes(void **state)
{
    (void)state;
    cj_context *context = cj_context_new(NULL, NULL, 0);
    double numbers[60];
    for (int i = 0; i < 60; i++)
        numbers[i] = (i * 37 % 60 - 30) / 8.0;
    cj_tensor *x = cj_tensor_from(context, CJ_F64, 2, I64(4, 5), numbers);
    cj_tensor *values = cj_tensor_from(context, CJ_F64, 2, I64(4, 6), numbers + 20);
    cj_tensor *index = cj_input(context, "index", CJ_I32, 2, I64(4, 6));
    cj_tensor *row = cj_input(context, "row", CJ_I32, 1, I64(6));
    cj_tensor *shared = cj_input(context, "shared", CJ_I32, 2, I64(1, 6));
    cj_tensor *zeros = cj_like(x, 0);
    check_index_lanes("gather", index, 5,
                      cj_where(cj_lt(index, cj_like(index, 0)), zeros,
                               cj_gather(x, 1, cj_minimum(index, cj_like(index, 4)))));
    check_index_lanes("gather by one index", shared, 5,
                      cj_scatter_node(CJ_HERE, CJ_OP_SCATTER_ADD, values, 1, shared, 5));
    check_index_lanes("scatter_add", index, 5, cj_scatter_add(x, 1, index, values));
    check_index_lanes("scatter_max", index, 5, cj_scatter_max(x, 1, index, values));
    check_index_lanes("scatter_set", index, 5, cj_scatter_set(x, 1, index, values));
    check_index_lanes("sort", index, 5, cj_sort(index, 0, true));
    check_index_lanes("unique", row, 3, cj_unique(row).counts);
    check_index_lanes("cumsum", index, 5, cj_cumsum(index, 0));
    check_index_lanes("cummax", index, 5, cj_cummax(index, 1));
    check_index_lanes("searchsorted", row, 5, cj_searchsorted(cj_sort(row, 0, false), row, true));
    cj_tensor *starts = cj_tensor_from(context, CJ_I32, 1, I64(5), (int32_t[]){0, 2, 2, 5, 6});
    cj_tensor *dense = cj_tensor_from(context, CJ_F64, 2, I64(5, 3), numbers + 30);
    cj_tensor *left = cj_tensor_from(context, CJ_F64, 2, I64(4, 3), numbers + 40);
    cj_tensor *entries = cj_tensor_from(context, CJ_F64, 1, I64(6), numbers);
    cj_csr m = {entries, row, starts, 5};
    check_index_lanes("csr_matmul", row, 5, cj_csr_matmul(&m, dense));
    check_index_lanes("csr_matmul_transposed", row, 5, cj_csr_matmul_transposed(&m, left));
    check_index_lanes("csr_dot", row, 5, cj_csr_dot(&m, left, dense));
    cj_context_free(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gather),   cmocka_unit_test(test_scatter),
        cmocka_unit_test(test_segments), cmocka_unit_test(test_along),
        cmocka_unit_test(test_sparse),   cmocka_unit_test(test_cumprod_at_zeros),
        cmocka_unit_test(test_ties),     cmocka_unit_test(test_index_lanes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
