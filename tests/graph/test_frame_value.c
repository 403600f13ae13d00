/*
 * tests/graph/test_frame_value.c - a value taken out of a frame, and draws from keys, computed.
 */
#include "cajal/program.h"
#include "graph/graph.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

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

static void test_leave_with(void **state)
{
    cj_context *c = *state;
    cj_tensor *sum = cj_scalar(c, CJ_F64, 0);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(cj_frame_enter(c), CJ_OK);
        cj_tensor *step = cj_add(sum, cj_square(cj_scalar(c, CJ_F64, i)));
        sum = cj_frame_leave_with(c, step);
        assert_non_null(sum);
        assert_int_equal(sum->op, CJ_OP_CONSTANT);
    }
    double value;
    assert_int_equal(cj_read(sum, &value, sizeof value), CJ_OK);
    assert_true(value == 285);
    /* Without a value the frame is left all the same. */
    uint64_t outer = cj_frame_id(c);
    cj_frame_enter(c);
    assert_null(cj_frame_leave_with(c, NULL));
    assert_true(cj_frame_id(c) == outer);
    cj_frame_enter(c);
    assert_null(cj_frame_leave_with(c, cj_input(c, "x", CJ_F32, 0, NULL)));
    assert_true(cj_frame_id(c) == outer);
}

static void test_nothing_to_keep(void **state)
{
    cj_context *c = *state;
    cj_frame_enter(c);
    cj_tensor *none = cj_frame_leave_with(c, cj_exp(cj_full(c, CJ_F32, 2, I64(3, 0), 1)));
    assert_non_null(none);
    assert_int_equal(cj_elements(none), 0);
}

static void test_uniform(void **state)
{
    cj_context *c = *state;
    enum { N = 1000 };
    cj_key key = cj_key_from_seed(7);
    float single[N];
    double wide[N];
    cj_tensor *k = cj_key(c, 7);
    assert_int_equal(
        cj_read(cj_random_uniform(k, CJ_F32, 2, I64(10, N / 10)), single, sizeof single), CJ_OK);
    assert_int_equal(cj_read(cj_random_uniform(k, CJ_F64, 1, I64(N)), wide, sizeof wide), CJ_OK);
    for (uint64_t e = 0; e < N; e++) {
        assert_true(single[e] == (float)(cj_key_bits(key, e) >> 8) * 0x1p-24f);
        uint64_t high = cj_key_bits(key, 2 * e) >> 5, low = cj_key_bits(key, 2 * e + 1) >> 6;
        assert_true(wide[e] == (double)(high << 26 | low) * 0x1p-53);
    }
}

static void test_normal(void **state)
{
    cj_context *c = *state;
    enum { N = 40000 };
    const cj_dtype dtype[] = {CJ_F32, CJ_F64};
    double *value = malloc(N * sizeof *value);
    for (size_t i = 0; i < CJ_COUNT(dtype); i++) {
        cj_tensor *x =
            cj_random_normal(cj_fold(cj_key(c, 3), cj_scalar(c, CJ_I64, 9)), dtype[i], 1, I64(N));
        assert_int_equal(cj_read(cj_cast(x, CJ_F64), value, N * sizeof *value), CJ_OK);
        double moment[5] = {0};
        for (int e = 0; e < N; e++)
            for (int k = 1; k <= 4; k++)
                moment[k] += pow(value[e], k) / N;
        /* Within five standard deviations of 0, 1, 0, 3. */
        assert_true(fabs(moment[1]) < 5 / sqrt(N) && fabs(moment[2] - 1) < 5 * sqrt(2.0 / N));
        assert_true(fabs(moment[3]) < 5 * sqrt(15.0 / N) &&
                    fabs(moment[4] - 3) < 5 * sqrt(96.0 / N));
    }
    free(value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_leave_with, begin, end),
        cmocka_unit_test_setup_teardown(test_nothing_to_keep, begin, end),
        cmocka_unit_test_setup_teardown(test_uniform, begin, end),
        cmocka_unit_test_setup_teardown(test_normal, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
