/*
 * tests/cpu/test_op_index.c - gather and the scatters: fast against reference, every dtype, shapes that join, split
 * and repeat in every way, indexes outside.
 */
#include "cajal/index.h"
#include "support/op_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

typedef struct row {
    int rank, axis;
    int64_t x[4], index[4];
} row;

static const row gathers[] = {
    {1, 0, {7}, {5}},
    {1, 0, {1}, {1}},
    {1, 0, {0}, {4}},
    {1, 0, {5}, {0}},
    {2, 0, {50, 3}, {31, 1}},
    {2, 0, {50, 40}, {31, 1}},
    {2, 0, {9, 4}, {6, 4}},
    {2, 1, {9, 40}, {9, 6}},
    {2, 1, {9, 40}, {1, 6}},
    {2, 1, {1, 40}, {9, 6}},
    {2, 1, {300, 10}, {300, 1}},
    {3, 1, {4, 5, 6}, {4, 3, 6}},
    {3, 1, {4, 5, 6}, {1, 3, 6}},
    {3, 1, {4, 5, 6}, {4, 3, 1}},
    {3, 1, {1, 5, 6}, {4, 3, 1}},
    {3, 0, {4, 5, 6}, {3, 1, 6}},
    {3, 2, {4, 1, 6}, {1, 5, 7}},
    {4, 2, {2, 3, 8, 5}, {2, 3, 2, 5}},
    {4, 1, {2, 7, 1, 33}, {2, 9, 4, 1}},
    {3, 1, {4, 5, 0}, {4, 3, 1}},
};

static void gather_is_its_reference(void **state)
{
    (void)state;
    for (int threads = 1; threads <= 3; threads++) {
        cj_context *context = op_context(threads);
        for (size_t i = 0; i < CJ_COUNT(gathers); i++)
            for (int dtype = 0; dtype < CJ_DTYPE_COUNT; dtype++) {
                const row *r = &gathers[i];
                cj_tensor *x = made(context, (cj_dtype)dtype, r->rank, r->x, 0, 100, i);
                cj_tensor *index = made(context, dtype & 1 ? CJ_I32 : CJ_I64, r->rank, r->index, -1,
                                        (double)r->x[r->axis] + 1, i + 99);
                check_op(cj_gather(x, r->axis, index));
            }
        cj_context_free(context);
    }
}

static const row scatters[] = {
    {1, 0, {70}, {70}},
    {1, 0, {1}, {1}},
    {1, 0, {0}, {0}},
    {2, 0, {50, 3}, {50, 1}},
    {2, 0, {50, 40}, {50, 1}},
    {2, 0, {9, 4}, {9, 4}},
    {2, 1, {9, 40}, {9, 40}},
    {2, 1, {9, 40}, {1, 40}},
    {3, 1, {4, 50, 6}, {4, 50, 6}},
    {3, 1, {4, 50, 6}, {1, 50, 6}},
    {3, 1, {4, 50, 6}, {4, 50, 1}},
    {3, 1, {30, 5, 1}, {30, 5, 1}},
    {3, 0, {40, 5, 6}, {40, 1, 6}},
    {3, 0, {40, 5, 6}, {40, 5, 1}},
    {4, 2, {2, 3, 20, 5}, {2, 1, 20, 5}},
    {3, 1, {4, 0, 6}, {4, 0, 1}},
    {3, 1, {4, 3, 0}, {4, 3, 1}},
};

static void scatters_are_their_references(void **state)
{
    (void)state;
    static const cj_op ops[] = {CJ_OP_SCATTER_ADD, CJ_OP_SCATTER_MAX, CJ_OP_SCATTER_MIN,
                                CJ_OP_SCATTER_LAST};
    static const cj_dtype dtypes[] = {CJ_F32, CJ_F64, CJ_I32, CJ_I64, CJ_U8, CJ_U32};
    static const int64_t extents[] = {0, 1, 7, 33};
    for (int threads = 1; threads <= 3; threads++) {
        cj_context *context = op_context(threads);
        for (size_t i = 0; i < CJ_COUNT(scatters); i++)
            for (size_t d = 0; d < CJ_COUNT(dtypes); d++)
                for (size_t e = 0; e < CJ_COUNT(extents); e++) {
                    const row *r = &scatters[i];
                    cj_tensor *x = made(context, dtypes[d], r->rank, r->x, -50, 50, i);
                    cj_tensor *index = made(context, d & 1 ? CJ_I32 : CJ_I64, r->rank, r->index, -1,
                                            (double)extents[e] + 1, i + 99);
                    for (size_t k = 0; k < CJ_COUNT(ops); k++)
                        check_op(cj_scatter_node(CJ_HERE, ops[k], x, r->axis, index, extents[e]));
                }
        cj_context_free(context);
    }
}

/* The order of a sum shows: large numbers that cancel, sent to one place. */
static void sums_are_in_index_order(void **state)
{
    (void)state;
    const float x[] = {1e8F, 1, -1e8F, 1};
    const int32_t index[] = {2, 2, 2, 2};
    float y[4];
    cj_context *context = op_context(2);
    cj_tensor *values = cj_tensor_from(context, CJ_F32, 1, (int64_t[]){4}, x);
    cj_tensor *places = cj_tensor_from(context, CJ_I32, 1, (int64_t[]){4}, index);
    cj_tensor *sums = cj_scatter_node(CJ_HERE, CJ_OP_SCATTER_ADD, values, 0, places, 4);
    assert_int_equal(cj_read(sums, y, sizeof y), CJ_OK);
    assert_true(y[0] == 0 && y[1] == 0 && y[2] == 1 && y[3] == 0);
    cj_context_free(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gather_is_its_reference),
        cmocka_unit_test(scatters_are_their_references),
        cmocka_unit_test(sums_are_in_index_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
