/*
 * tests/cpu/test_op_along.c - cumulative ops, recurrences, sorting, searching: fast against reference in every dtype, at sizes
 * around the blocks and the ways of sorting, with ties, zeros of both signs, infinities and NaN.
 */
#include "cajal/index.h"
#include "support/op_check.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

typedef struct row {
    int rank, axis;
    int64_t shape[3];
} row;

static const row rows[] = {
    {1, 0, {0}},       {1, 0, {1}},       {1, 0, {1023}},    {1, 0, {1024}},
    {1, 0, {1025}},    {1, 0, {9000}},    {1, 0, {40000}},   {2, 1, {3, 2500}},
    {2, 1, {40, 50}},  {2, 0, {2500, 3}}, {2, 0, {30, 300}}, {3, 1, {2, 1100, 2}},
    {3, 1, {5, 7, 1}}, {3, 1, {2, 0, 3}}, {3, 1, {2, 3, 0}},
};

/* With what is special among them. */
static cj_tensor *special(cj_context *context, cj_dtype dtype, const row *r, uint64_t seed)
{
    cj_tensor *x = made(context, dtype, r->rank, r->shape, -20, 20, seed);
    if (cj_dtype_class(dtype) != 'f')
        return x;
    x = cj_div(cj_round(x), cj_like(x, 4)); /* ties, -0 */
    cj_tensor *dice = made(context, dtype, r->rank, r->shape, 0, 1, seed + 1);
    x = cj_where(cj_lt(dice, cj_like(dice, 0.01)), cj_like(x, (double)NAN), x);
    x = cj_where(cj_gt(dice, cj_like(dice, 0.99)), cj_like(x, (double)INFINITY), x);
    return cj_eval(cj_where(cj_gt(dice, cj_like(dice, 0.995)), cj_like(x, -(double)INFINITY), x));
}

static void running_is_its_reference(void **state)
{
    (void)state;
    for (int threads = 1; threads <= 3; threads++) {
        cj_context *context = op_context(threads);
        for (size_t i = 0; i < CJ_COUNT(rows); i++)
            for (int d = 0; d < CJ_BOOL; d++) {
                cj_dtype dtype = (cj_dtype)d;
                if (cj_is_half(d)) /* these are casts and the op of f32 */
                    continue;
                const row *r = &rows[i];
                cj_tensor *x = made(context, dtype, r->rank, r->shape, -2, 2, i);
                cj_tensor *a = made(context, dtype, r->rank, r->shape, -2, 2, i + 50);
                cj_tensor *s = special(context, dtype, r, i + 90);
                for (int reverse = 0; reverse < 2; reverse++) {
                    check_op(cj_node(context, CJ_HERE,
                                     &(cj_node_spec){.op = CJ_OP_CUMSUM,
                                                     .source_count = 1,
                                                     .source = &x,
                                                     .option_count = 2,
                                                     .option = (int64_t[]){r->axis, reverse}}));
                    check_op(cj_recurrence_node(CJ_HERE, a, x, r->axis, reverse));
                }
                check_op(cj_cumulative_argmax(s, r->axis));
                check_op(cj_cumulative_argmin(s, r->axis));
            }
        cj_context_free(context);
    }
}

static void sorting_is_its_reference(void **state)
{
    (void)state;
    static const row sorted[] = {
        {1, 0, {0}},      {1, 0, {1}},      {1, 0, {8}},      {1, 0, {513}},      {1, 0, {2100}},
        {2, 1, {30, 20}}, {2, 1, {2, 512}}, {2, 0, {200, 5}}, {3, 1, {2, 60, 2}}, {3, 1, {2, 0, 3}},
    };
    for (int threads = 1; threads <= 3; threads++) {
        cj_context *context = op_context(threads);
        for (size_t i = 0; i < CJ_COUNT(sorted); i++)
            for (int d = 0; d < CJ_DTYPE_COUNT; d++) {
                if (cj_is_half(d))
                    continue;
                const row *r = &sorted[i];
                cj_tensor *s = special(context, (cj_dtype)d, r, i + 90), *order;
                int64_t n = r->shape[r->axis];
                for (int descending = 0; descending < 2; descending++) {
                    check_op(cj_argsort(s, r->axis, descending));
                    assert_non_null(cj_top_k(s, n / 5, r->axis, descending, &order));
                    check_op(order);
                    assert_non_null(cj_top_k(s, CJ_MIN(n, 1), r->axis, descending, &order));
                    check_op(order);
                }
            }
        cj_context_free(context);
    }
}

/* Long enough for parts of a row. */
static void long_rows_are_sorted_in_parts(void **state)
{
    (void)state;
    cj_context *context = op_context(3);
    cj_tensor *x = special(context, CJ_F32, &(row){1, 0, {8400}}, 7), *order;
    check_op(cj_argsort(x, 0, false));
    assert_non_null(cj_top_k(x, 100, 0, false, &order));
    check_op(order);
    cj_context_free(context);
}

static void searching_is_its_reference(void **state)
{
    (void)state;
    cj_context *context = op_context(2);
    for (int d = 0; d < CJ_DTYPE_COUNT; d++)
        for (int right = 0; right < 2; right++)
            for (int64_t n = 0; n < 40; n += 13) {
                row in = {2, 1, {3, n}}, values = {2, 1, {3, 50}}, one = {1, 0, {n}};
                cj_tensor *sorted = cj_sort(special(context, (cj_dtype)d, &in, 5), 1, false);
                cj_tensor *shared = cj_sort(special(context, (cj_dtype)d, &one, 5), 0, false);
                cj_tensor *v = special(context, (cj_dtype)d, &values, 7);
                check_op(cj_searchsorted(sorted, v, right));
                cj_tensor *y = cj_searchsorted(shared, v, right);
                check_op(y->source[0]);
            }
    cj_context_free(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(running_is_its_reference),
        cmocka_unit_test(sorting_is_its_reference),
        cmocka_unit_test(long_rows_are_sorted_in_parts),
        cmocka_unit_test(searching_is_its_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
