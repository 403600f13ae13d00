/*
 * tests/transform/test_count.c - slices whose place is data, counts, covariances: values against loops, derivatives against
 * differences, ends and refusals.
 */
#include "cajal/index.h"
#include "cajal/program.h"
#include "cajal/reduce.h"
#include "support/derivatives.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define I64(...) ((const int64_t[]){__VA_ARGS__})

/* An integer that hangs on data, so that lanes have places of their own. */
static cj_tensor *place_of(cj_tensor *x)
{
    return cj_cast(cj_scale(cj_sum(x, CJ_ALL, false), 0), CJ_I32);
}

static cj_tensor *y_slice(cj_tensor **x)
{
    return cj_square(cj_dynamic_slice(x[0], 1, cj_shift(place_of(x[0]), 1), 2));
}

static cj_tensor *y_update(cj_tensor **x)
{
    cj_tensor *y = cj_dynamic_update_slice(x[0], -2, cj_shift(place_of(x[1]), 2), x[1]);
    return cj_mul(y, cj_exp(y));
}

static cj_tensor *y_bincount(cj_tensor **x)
{
    cj_tensor *index = cj_tensor_from(cj_tensor_context(x[0]), CJ_I32, 2, I64(2, 3),
                                      (const int32_t[]){2, 0, 2, 4, -1, 1});
    return cj_square(cj_bincount(index, x[0], 4));
}

static cj_tensor *y_covariance(cj_tensor **x)
{
    return cj_square(cj_covariance(x[0], 1));
}

static cj_tensor *y_corrcoef(cj_tensor **x)
{
    return cj_exp(cj_corrcoef(x[0]));
}

static void test_derivatives(void **state)
{
    (void)state;
    const function row[] = {
        {"dynamic_slice", y_slice, 1, 0.2, 1, {{3, {2, 4, 2}}}},
        {"dynamic_update_slice", y_update, 2, 0.2, 1, {{3, {2, 5, 2}}, {3, {2, 2, 2}}}},
        {"bincount", y_bincount, 1, 0.2, 1, {{2, {2, 3}}}},
        {"covariance", y_covariance, 1, -1, 1, {{3, {2, 4, 3}}}},
        {"corrcoef", y_corrcoef, 1, -1, 1, {{2, {5, 2}}}},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        check_derivatives(&row[i], true);
}

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

static void expect(cj_tensor *y, int count, const double *want)
{
    double got[64];
    assert_non_null(y);
    assert_int_equal(cj_elements(y), count);
    if (cj_read(cj_cast(y, CJ_F64), got, (size_t)count * sizeof *got) != CJ_OK)
        fail_msg("%s", cj_error(cj_tensor_context(y)));
    for (int e = 0; e < count; e++)
        if (!(fabs(got[e] - want[e]) <= 1e-14) && !(isnan(got[e]) && isnan(want[e])))
            fail_msg("element %d: %.17g, expected %.17g", e, got[e], want[e]);
}
#define EXPECT(y, ...)                                                                             \
    expect(y, sizeof((const double[]){__VA_ARGS__}) / sizeof(double), (const double[]){__VA_ARGS__})

/* Starts before the beginning and behind the end are moved. */
static void test_slices(void **state)
{
    cj_context *c = *state;
    cj_tensor *x = cj_arange(c, CJ_F32, 0, 5, 1), *y = cj_full(c, CJ_F32, 1, I64(2), 9);
    cj_tensor *start[] = {cj_scalar(c, CJ_I64, -3), cj_scalar(c, CJ_U8, 2),
                          cj_scalar(c, CJ_I32, 4)};
    EXPECT(cj_dynamic_slice(x, 0, start[0], 2), 0, 1);
    EXPECT(cj_dynamic_slice(x, 0, start[1], 2), 2, 3);
    EXPECT(cj_dynamic_slice(x, -1, start[2], 2), 3, 4);
    EXPECT(cj_dynamic_update_slice(x, 0, start[0], y), 9, 9, 2, 3, 4);
    EXPECT(cj_dynamic_update_slice(x, 0, start[1], y), 0, 1, 9, 9, 4);
    EXPECT(cj_dynamic_update_slice(x, 0, start[2], y), 0, 1, 2, 9, 9);
    assert_ptr_equal(cj_dynamic_update_slice(x, 0, start[1], cj_narrow(y, 0, 0, 0)), x);
    assert_int_equal(cj_elements(cj_dynamic_slice(x, 0, start[1], 0)), 0);
    assert_null(cj_dynamic_slice(x, 0, start[1], 6));
    assert_non_null(
        strstr(cj_error(c), "dynamic_slice: 6 elements from u8[] along axis 0 of f32[5]"));
    cj_error_clear(c);
    assert_null(cj_dynamic_slice(x, 0, y, 1));
    assert_int_equal(cj_context_status(c), CJ_DTYPE);
    cj_error_clear(c);
}

static void test_counts(void **state)
{
    cj_context *c = *state;
    const uint8_t truth[] = {0, 1, 1, 0, 0, 1};
    cj_tensor *mask = cj_tensor_from(c, CJ_BOOL, 2, I64(2, 3), truth), *count;
    EXPECT(cj_nonzero(mask, &count), 1, 2, 5, 6, 6, 6);
    EXPECT(count, 3);
    EXPECT(cj_nonzero(cj_full(c, CJ_BOOL, 1, I64(2), 0), &count), 2, 2);
    EXPECT(count, 0);
    assert_int_equal(cj_elements(cj_nonzero(cj_full(c, CJ_BOOL, 1, I64(0), 0), NULL)), 0);
    cj_tensor *index =
        cj_tensor_from(c, CJ_I32, 1, I64(7), (const int32_t[]){3, 0, 3, -1, 7, 1, 3});
    cj_tensor *times = cj_bincount(index, NULL, 4);
    assert_int_equal(cj_tensor_dtype(times), CJ_I64);
    EXPECT(times, 1, 1, 0, 3);
    cj_tensor *edges = cj_tensor_from(c, CJ_F64, 1, I64(4), (const double[]){0, 1, 2, 4});
    cj_tensor *x = cj_tensor_from(c, CJ_F64, 2, I64(2, 5),
                                  (const double[]){0, 0.5, 1, 4, 4.5, -1, NAN, 2, 3.5, -0.0});
    EXPECT(cj_histogram(x, edges), 3, 1, 3);
    assert_null(cj_histogram(x, cj_narrow(edges, 0, 0, 1)));
    assert_non_null(strstr(cj_error(c), "histogram: f64[2, 5] with edges f64[1]"));
    cj_error_clear(c);
    assert_null(cj_nonzero(x, NULL));
    assert_non_null(strstr(cj_error(c), "nonzero: f64[2, 5]; it takes bool"));
    cj_error_clear(c);
    assert_null(cj_bincount(index, x, 4));
    assert_non_null(strstr(cj_error(c), "bincount: i32[7] with weights f64[2, 5]"));
    cj_error_clear(c);
}

static void test_moments(void **state)
{
    cj_context *c = *state;
    const double data[] = {1, 2, 5, 2, 6, 5, 6, 4, 5};
    cj_tensor *x = cj_tensor_from(c, CJ_F64, 2, I64(3, 3), data);
    EXPECT(cj_covariance(x, 1), 7, 1, 0, 1, 4, 0, 0, 0, 0);
    EXPECT(cj_covariance(x, 0), 14.0 / 3, 2.0 / 3, 0, 2.0 / 3, 8.0 / 3, 0, 0, 0, 0);
    double r = 1 / sqrt(28);
    EXPECT(cj_corrcoef(x), 1, r, NAN, r, 1, NAN, NAN, NAN, NAN);
    EXPECT(cj_covariance(cj_narrow(x, 0, 0, 1), 1), NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN);
    assert_null(cj_covariance(cj_flatten(cj_cast(x, CJ_I32)), 1));
    assert_non_null(strstr(cj_error(c), "covariance: i32[3, 3]"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_derivatives),
        cmocka_unit_test_setup_teardown(test_slices, begin, end),
        cmocka_unit_test_setup_teardown(test_counts, begin, end),
        cmocka_unit_test_setup_teardown(test_moments, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
