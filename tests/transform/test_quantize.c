/*
 * tests/transform/test_quantize.c - quantised numbers against ONNX's and torch's definitions, saturation, the straight
 * through derivative, scales learnt and found.
 */
#include "cajal/program.h"
#include "cajal/quantize.h"
#include "cajal/transform.h"
#include "graph/graph.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

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
#define VECTOR(c, ...)                                                                             \
    vector(c, sizeof((const double[]){__VA_ARGS__}) / sizeof(double), (const double[]){__VA_ARGS__})

static void expect(cj_tensor *y, const double *want)
{
    double got[64];
    assert_non_null(y);
    if (cj_read(cj_cast(y, CJ_F64), got, (size_t)cj_elements(y) * sizeof *got) != CJ_OK)
        fail_msg("%s", cj_error(cj_tensor_context(y)));
    for (int64_t e = 0; e < cj_elements(y); e++)
        if (!(fabs(got[e] - want[e]) <= 1e-12) && !(isnan(got[e]) && isnan(want[e])))
            fail_msg("element %d: %.17g, expected %.17g", (int)e, got[e], want[e]);
}
#define EXPECT(y, ...) expect(y, (const double[]){__VA_ARGS__})

/* Exact sums of the greatest products, mixed dtypes, zero points; padding is the zero point. */
static void test_integer_products(void **state)
{
    cj_context *c = *state;
    enum { K = 1000 };
    int8_t low[2][K];
    uint8_t high[K];
    for (int i = 0; i < K; i++) {
        low[0][i] = -128;
        low[1][i] = (int8_t)(i % 7);
        high[i] = 255;
    }
    cj_tensor *a = cj_tensor_from(c, CJ_I8, 2, I64(2, K), low);
    cj_tensor *b = cj_tensor_from(c, CJ_U8, 2, I64(K, 1), high);
    cj_tensor *y = cj_matmul_integer(a, NULL, b, NULL);
    assert_int_equal(cj_tensor_dtype(y), CJ_I32);
    double sevens = 0;
    for (int i = 0; i < K; i++)
        sevens += i % 7;
    EXPECT(y, -128.0 * 255 * K, 255 * sevens);
    y = cj_matmul_integer(a, cj_scalar(c, CJ_I8, -128), b, cj_scalar(c, CJ_U8, 250));
    EXPECT(y, 0, 5 * (sevens + 128.0 * K));

    const uint8_t picture[] = {3, 4, 5};
    const int8_t kernel[] = {1, -2, 3};
    cj_tensor *x = cj_tensor_from(c, CJ_U8, 4, I64(1, 1, 1, 3), picture);
    cj_tensor *w = cj_tensor_from(c, CJ_I8, 4, I64(1, 1, 1, 3), kernel);
    cj_conv_options o = {1, {1}, {1}, {1}, {1}, {1}};
    EXPECT(cj_convolve_integer(x, cj_scalar(c, CJ_U8, 3), w, NULL, &o), 3, 4, -3);
    assert_null(cj_matmul_integer(y, NULL, b, NULL));
    assert_non_null(strstr(cj_error(c), "matmul_integer: i32[2, 1] with a zero point of none"));
}

static cj_tensor *slope(cj_tensor *y, cj_tensor *x)
{
    cj_tensor *gradient;
    assert_int_equal(cj_grad(cj_sum(y, CJ_ALL, false), 1, &x, &gradient), CJ_OK);
    return gradient;
}

static void test_linear(void **state)
{
    cj_context *c = *state;
    cj_tensor *x = VECTOR(c, 0, 1, 2.5, -2.5, 3, 1000, -1000, NAN, INFINITY, 254.9);
    cj_tensor *two = cj_scalar(c, CJ_F64, 2), *z = cj_scalar(c, CJ_U8, 128),
              *one = cj_scalar(c, CJ_F64, 1);
    EXPECT(cj_quantize_linear(x, two, NULL, CJ_I8), 0, 0, 1, -1, 2, 127, -128, 0, 127, 127);
    EXPECT(cj_quantize_linear(x, one, z, CJ_U8), 128, 129, 130, 126, 131, 255, 0, 0, 255, 255);
    EXPECT(cj_quantize_linear(x, one, NULL, CJ_I16), 0, 1, 2, -2, 3, 1000, -1000, 0, 32767, 255);
    cj_tensor *q = cj_quantize_linear(VECTOR(c, -4, 0, 6), two, z, CJ_U8);
    assert_int_equal(cj_tensor_dtype(q), CJ_U8);
    EXPECT(cj_dequantize_linear(q, two, z), -4, 0, 6);
    EXPECT(cj_dequantize_linear(q, two, NULL), 252, 256, 262);
    /* a channel each */
    cj_tensor *rows = cj_reshape(VECTOR(c, 1, 2, 3, 4), 2, I64(2, 2));
    cj_tensor *each = cj_reshape(VECTOR(c, 1, 0.5), 2, I64(2, 1));
    EXPECT(cj_quantize_linear(rows, each, NULL, CJ_I8), 1, 2, 6, 8);
    /* halves are divided in f32: 0.1 in bf16 is 0.1001 */
    cj_tensor *brain = cj_cast(VECTOR(c, 12.5), CJ_BF16);
    EXPECT(cj_quantize_linear(brain, cj_scalar(c, CJ_BF16, 0.1), NULL, CJ_I16), 125);
}

static void test_fake(void **state)
{
    cj_context *c = *state;
    cj_tensor *x = VECTOR(c, 0.3, -0.6, 3.3, 3.6, -9, INFINITY, NAN),
              *s = cj_tap(cj_scalar(c, CJ_F64, 0.5));
    cj_tensor *y = cj_fake_quantize(x, s, NULL, -8, 7);
    EXPECT(y, 0.5, -0.5, 3.5, 3.5, -4, 3.5, NAN);
    EXPECT(slope(y, x), 1, 1, 1, 1, 0, 0, 1);
    cj_tensor *some = VECTOR(c, 0.3, -0.6, 3.6, -9);
    cj_tensor *part = cj_fake_quantize(some, s, NULL, -8, 7);
    EXPECT(slope(part, s), (1 - 0.6) + (-1 + 1.2) + (7 - 7.2) - 8);
    cj_tensor *z = cj_tap(cj_scalar(c, CJ_F64, 3));
    cj_tensor *moved = cj_fake_quantize(some, s, z, 0, 15);
    EXPECT(moved, 0.5, -0.5, 3.5, -1.5);
    EXPECT(slope(moved, z), -0.5); /* where it is held at the end */
    EXPECT(slope(cj_square(cj_round_through(some)), some), 0, -2, 8, -18);
}

static void test_found(void **state)
{
    cj_context *c = *state;
    cj_tensor *x = cj_reshape(VECTOR(c, -1, 2, 0.5, 0, 0, 0), 2, I64(2, 3));
    cj_quantization q = cj_quantization_of(x, 2, -128, 127, true);
    EXPECT(q.scale, 2.0 / 127, 1);
    EXPECT(q.zero, 0, 0);
    q = cj_quantization_of(x, 2, 0, 255, false);
    EXPECT(q.scale, 3.0 / 255, 1);
    EXPECT(q.zero, 85, 0);
    cj_tensor *near = cj_sub(cj_fake_quantize(x, q.scale, q.zero, 0, 255), x);
    EXPECT(cj_cast(cj_lt(cj_abs(near), cj_scale(q.scale, 0.5001)), CJ_F64), 1, 1, 1, 1, 1, 1);
}

static void refused(cj_context *c, cj_tensor *made, const char *sentence)
{
    assert_null(made);
    if (!strstr(cj_error(c), sentence))
        fail_msg("%s", cj_error(c));
    cj_error_clear(c);
}

static void test_errors(void **state)
{
    cj_context *c = *state;
    cj_tensor *x = VECTOR(c, 1, 2), *s = cj_scalar(c, CJ_F64, 1), *narrow = cj_scalar(c, CJ_F32, 1);
    refused(c, cj_quantize_linear(x, narrow, NULL, CJ_I8),
            "quantize_linear: f64[2] with a scale of f32[]");
    refused(c, cj_quantize_linear(x, s, NULL, CJ_I32), "to i32 with a zero point of none");
    refused(c, cj_quantize_linear(x, s, cj_scalar(c, CJ_U8, 1), CJ_I8),
            "to i8 with a zero point of u8[]");
    refused(c, cj_dequantize_linear(x, s, NULL), "dequantize_linear: f64[2] with a scale of f64[]");
    refused(c, cj_fake_quantize(x, s, NULL, 1, 7), "fake_quantize: from 1 to 7; the range holds 0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_linear, begin, end),
        cmocka_unit_test_setup_teardown(test_integer_products, begin, end),
        cmocka_unit_test_setup_teardown(test_fake, begin, end),
        cmocka_unit_test_setup_teardown(test_found, begin, end),
        cmocka_unit_test_setup_teardown(test_errors, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
