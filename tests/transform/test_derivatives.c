/*
 * tests/transform/test_derivatives.c - first, second and some third derivatives of every op, on awkward shapes.
 */
#include "support/derivatives.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

/* ---- elementwise ---- */

#define ONE(name, expression)                                                                      \
    static cj_tensor *y_##name(cj_tensor **x)                                                      \
    {                                                                                              \
        return expression;                                                                         \
    }
ONE(neg, cj_neg(x[0]))
ONE(abs, cj_abs(x[0]))
ONE(relu, cj_relu(x[0]))
ONE(sign, cj_sign(x[0]))
ONE(floor, cj_floor(x[0]))
ONE(ceil, cj_ceil(x[0]))
ONE(round, cj_round(x[0]))
ONE(sqrt, cj_sqrt(x[0]))
ONE(exp, cj_exp(x[0]))
ONE(expm1, cj_expm1(x[0]))
ONE(log, cj_log(x[0]))
ONE(log1p, cj_log1p(x[0]))
ONE(sin, cj_sin(x[0]))
ONE(cos, cj_cos(x[0]))
ONE(tanh, cj_tanh(x[0]))
ONE(erf, cj_erf(x[0]))
ONE(square, cj_square(x[0]))
ONE(reciprocal, cj_reciprocal(x[0]))
ONE(tap, cj_mul(cj_tap(x[0]), x[0]))
ONE(cubed, cj_pow(x[0], cj_like(x[0], 3)))
ONE(squared, cj_pow(x[0], cj_like(x[0], 2)))
ONE(strided, cj_exp(cj_flip(cj_permute(x[0], (const int[]){1, 0}), 1)))
ONE(scaled, cj_shift(cj_scale(x[0], -3), 2))
ONE(shared, cj_mul(cj_add(cj_exp(x[0]), x[0]), cj_sub(x[0], cj_exp(x[0]))))
ONE(f32_between, cj_cast(cj_square(cj_cast(x[0], CJ_F32)), CJ_F64))
ONE(stopped, cj_mul(x[0], cj_add(x[0], cj_neg(x[0]))))

ONE(add, cj_add(x[0], x[1]))
ONE(sub, cj_sub(x[0], x[1]))
ONE(mul, cj_mul(x[0], x[1]))
ONE(div, cj_div(x[0], x[1]))
ONE(pow, cj_pow(x[0], x[1]))
ONE(maximum, cj_maximum(x[0], cj_square(x[1])))
ONE(minimum, cj_minimum(cj_square(x[0]), x[1]))
ONE(where, cj_where(cj_lt(x[0], cj_like(x[0], 0.3)), cj_square(x[0]), cj_exp(x[1])))

ONE(exp2, cj_exp2(x[0]))
ONE(log2, cj_log2(x[0]))
ONE(rsqrt, cj_rsqrt(x[0]))
ONE(cbrt, cj_cbrt(x[0]))
ONE(tan, cj_tan(x[0]))
ONE(asin, cj_asin(x[0]))
ONE(acos, cj_acos(x[0]))
ONE(atan, cj_atan(x[0]))
ONE(sinh, cj_sinh(x[0]))
ONE(cosh, cj_cosh(x[0]))
ONE(asinh, cj_asinh(x[0]))
ONE(acosh, cj_acosh(x[0]))
ONE(atanh, cj_atanh(x[0]))
ONE(erfc, cj_erfc(x[0]))
ONE(erfinv, cj_erfinv(x[0]))
ONE(lgamma, cj_lgamma(x[0]))
ONE(digamma, cj_digamma(x[0]))
ONE(polygamma, cj_polygamma(3, x[0]))
ONE(bessel_i0, cj_bessel_i0(x[0]))
ONE(bessel_i1, cj_bessel_i1(x[0]))
ONE(bessel_i0e, cj_bessel_i0e(x[0]))
ONE(bessel_i1e, cj_bessel_i1e(x[0]))
ONE(sinc, cj_sinc(x[0]))
ONE(trunc, cj_mul(cj_trunc(x[0]), x[0]))
ONE(clamp, cj_square(cj_clamp(x[0], -1, 0.5)))
ONE(fmod, cj_fmod(x[0], x[1]))
ONE(remainder, cj_remainder(cj_neg(x[0]), x[1]))
ONE(atan2, cj_atan2(x[0], cj_sub(x[1], cj_like(x[1], 1))))
ONE(hypot, cj_hypot(x[0], x[1]))
ONE(logaddexp, cj_logaddexp(x[0], x[1]))
ONE(xlogy, cj_xlogy(x[0], x[1]))
ONE(zeta, cj_zeta(cj_like(x[0], 2.5), cj_mul(x[0], x[1])))

/* y(x) on shapes [], [1], [0, 3], [2, 3]. */
static void check_unary(const char *name, cj_tensor *(*build)(cj_tensor **), double low,
                        double high)
{
    const extents shape[] = {{0, {0}}, {1, {1}}, {2, {0, 3}}, {2, {2, 3}}};
    for (size_t i = 0; i < CJ_COUNT(shape); i++)
        check_derivatives(&(function){name, build, 1, low, high, {shape[i]}}, true);
}

static void check_binary(const char *name, cj_tensor *(*build)(cj_tensor **), double low,
                         double high)
{
    const extents shape[][2] = {{{0, {0}}, {0, {0}}},       {{2, {2, 3}}, {2, {2, 3}}},
                                {{2, {3, 1}}, {1, {2}}},    {{3, {2, 1, 2}}, {3, {1, 3, 1}}},
                                {{2, {0, 1}}, {2, {1, 3}}}, {{1, {4}}, {0, {0}}}};
    for (size_t i = 0; i < CJ_COUNT(shape); i++)
        check_derivatives(&(function){name, build, 2, low, high, {shape[i][0], shape[i][1]}}, true);
}

static void test_unary(void **state)
{
    (void)state;
    const struct {
        const char *name;
        cj_tensor *(*build)(cj_tensor **);
        double low, high;
    } row[] = {
        {"neg", y_neg, -2, 2},
        {"abs", y_abs, 0.1, 2},
        {"abs", y_abs, -2, -0.1},
        {"relu", y_relu, -2, 2},
        {"sign", y_sign, 0.1, 2},
        {"floor", y_floor, 0.1, 0.9},
        {"ceil", y_ceil, 0.1, 0.9},
        {"round", y_round, 0.6, 1.4},
        {"sqrt", y_sqrt, 0.3, 3},
        {"exp", y_exp, -2, 2},
        {"expm1", y_expm1, -2, 2},
        {"log", y_log, 0.3, 3},
        {"log1p", y_log1p, -0.5, 3},
        {"sin", y_sin, -3, 3},
        {"cos", y_cos, -3, 3},
        {"tanh", y_tanh, -2, 2},
        {"erf", y_erf, -2, 2},
        {"square", y_square, -2, 2},
        {"1/x", y_reciprocal, 0.4, 2},
        {"tap", y_tap, -2, 2},
        {"x^3", y_cubed, -2, 2},
        {"x^2", y_squared, -2, 2},
        {"-3x+2", y_scaled, -2, 2},
        {"(e^x+x)(x-e^x)", y_shared, -1, 1},
        {"x(x-x)", y_stopped, -2, 2},
        {"exp2", y_exp2, -2, 2},
        {"log2", y_log2, 0.4, 3},
        {"rsqrt", y_rsqrt, 0.4, 3},
        {"cbrt", y_cbrt, 0.4, 3},
        {"cbrt", y_cbrt, -3, -0.4},
        {"tan", y_tan, -1.2, 1.2},
        {"asin", y_asin, -0.8, 0.8},
        {"acos", y_acos, -0.8, 0.8},
        {"atan", y_atan, -3, 3},
        {"sinh", y_sinh, -2, 2},
        {"cosh", y_cosh, -2, 2},
        {"asinh", y_asinh, -3, 3},
        {"acosh", y_acosh, 1.3, 3},
        {"atanh", y_atanh, -0.8, 0.8},
        {"erfc", y_erfc, -2, 2},
        {"erfinv", y_erfinv, -0.8, 0.8},
        {"lgamma", y_lgamma, 0.5, 9},
        {"lgamma", y_lgamma, -0.8, -0.2},
        {"digamma", y_digamma, 0.5, 9},
        {"polygamma", y_polygamma, 0.7, 3},
        {"bessel_i0", y_bessel_i0, -3, 3},
        {"bessel_i1", y_bessel_i1, -3, 3},
        {"bessel_i0e", y_bessel_i0e, 0.1, 9},
        {"bessel_i1e", y_bessel_i1e, -9, -0.1},
        {"sinc", y_sinc, -1.2, 1.2},
        {"trunc", y_trunc, 0.1, 0.9},
        {"clamp", y_clamp, -2, 2},
    };
    for (size_t i = 0; i < CJ_COUNT(row); i++)
        check_unary(row[i].name, row[i].build, row[i].low, row[i].high);
    const function narrow = {"through f32", y_f32_between, 1, -2, 2, {{2, {2, 3}}}};
    check_derivatives(&narrow, true);
    check_derivatives(&(function){"strided", y_strided, 1, -1, 1, {{2, {3, 2}}}}, true);
}

static void test_binary(void **state)
{
    (void)state;
    check_binary("add", y_add, -2, 2);
    check_binary("sub", y_sub, -2, 2);
    check_binary("mul", y_mul, -2, 2);
    check_binary("div", y_div, 0.5, 2);
    check_binary("pow", y_pow, 0.5, 2);
    check_binary("maximum", y_maximum, -1.5, 1.5);
    check_binary("minimum", y_minimum, -1.5, 1.5);
    check_binary("where", y_where, -1, 1);
    check_binary("fmod", y_fmod, 0.5, 2);
    check_binary("remainder", y_remainder, 0.5, 2);
    check_binary("atan2", y_atan2, 0.3, 2);
    check_binary("hypot", y_hypot, -2, 2);
    check_binary("logaddexp", y_logaddexp, -2, 2);
    check_binary("xlogy", y_xlogy, 0.3, 2);
    check_binary("zeta", y_zeta, 0.7, 2);
}

/* ---- movement and reductions; a square behind each, so that second derivatives are not zero ---- */

#define THEN_SQUARED(name, expression)                                                             \
    static cj_tensor *y_##name(cj_tensor **x)                                                      \
    {                                                                                              \
        cj_tensor *y = expression;                                                                 \
        return cj_mul(cj_exp(y), y);                                                               \
    }
#define I64(...) ((const int64_t[]){__VA_ARGS__})
THEN_SQUARED(reshape, cj_reshape(x[0], 2, I64(-1, 4)))
THEN_SQUARED(permute, cj_permute(x[0], (const int[]){2, 0, 1}))
THEN_SQUARED(expand, cj_expand(x[0], 4, I64(2, 2, 3, 2)))
THEN_SQUARED(expand_to_none, cj_expand(x[0], 3, I64(2, 0, 2)))
THEN_SQUARED(pad, cj_pad(x[0], I64(1, 0, 2), I64(0, 3, 1)))
THEN_SQUARED(crop, cj_pad(x[0], I64(-1, 2, 0), I64(1, -3, -1)))
THEN_SQUARED(crop_beyond, cj_pad(x[0], I64(-3, 0, 0), I64(4, 0, 0)))
THEN_SQUARED(slice, cj_slice(x[0], I64(1, 0, 0), I64(2, 3, 4), I64(1, 2, 3)))
THEN_SQUARED(slice_in_steps, cj_slice(x[0], I64(0, 1, 1), I64(2, 3, 3), I64(2, 1, 2)))
THEN_SQUARED(slice_to_none, cj_slice(x[0], I64(0, 1, 1), I64(2, 1, 3), I64(2, 1, 2)))
THEN_SQUARED(flip, cj_flip(x[0], 5))
THEN_SQUARED(concat, cj_concat(1, 3, (cj_tensor *[]){x[0], x[1], cj_sin(x[0])}))
THEN_SQUARED(concat_part,
             cj_concat(0, 2,
                       (cj_tensor *[]){x[0], cj_full(x[0]->context, CJ_F64, 2, I64(1, 3), 2)}))
THEN_SQUARED(sum, cj_sum(x[0], 5, false))
THEN_SQUARED(sum_all, cj_sum(x[0], CJ_ALL, false))
THEN_SQUARED(mean, cj_mean(x[0], 2, true))
THEN_SQUARED(amax, cj_amax(x[0], 6, false))
THEN_SQUARED(amin, cj_amin(x[0], 1, true))
THEN_SQUARED(flatten, cj_flatten(cj_unsqueeze(x[0], 1)))
THEN_SQUARED(softmax, cj_div(cj_exp(cj_sub(x[0], cj_amax(x[0], 4, true))),
                             cj_sum(cj_exp(cj_sub(x[0], cj_amax(x[0], 4, true))), 4, true)))
THEN_SQUARED(random,
             cj_mul(x[0], cj_random_normal(cj_key(x[0]->context, 5), CJ_F64, 3, cj_shape(x[0]))))

static void test_movement(void **state)
{
    (void)state;
    const struct {
        const char *name;
        cj_tensor *(*build)(cj_tensor **);
        extents shape;
    } row[] = {
        {"reshape", y_reshape, {3, {2, 3, 2}}},
        {"reshape of nothing", y_reshape, {3, {0, 3, 2}}},
        {"permute", y_permute, {3, {2, 3, 2}}},
        {"permute of nothing", y_permute, {3, {2, 0, 2}}},
        {"expand", y_expand, {3, {2, 1, 2}}},
        {"expand one", y_expand, {1, {1}}},
        {"expand to none", y_expand_to_none, {3, {2, 1, 1}}},
        {"pad", y_pad, {3, {2, 1, 2}}},
        {"pad nothing", y_pad, {3, {2, 0, 2}}},
        {"crop", y_crop, {3, {2, 3, 4}}},
        {"crop beyond", y_crop_beyond, {3, {2, 1, 2}}},
        {"slice", y_slice, {3, {2, 3, 4}}},
        {"slice in steps", y_slice_in_steps, {3, {3, 3, 4}}},
        {"slice to none", y_slice_to_none, {3, {3, 3, 4}}},
        {"flip", y_flip, {3, {2, 3, 4}}},
        {"concat", y_concat_part, {2, {2, 3}}},
        {"sum", y_sum, {3, {2, 3, 2}}},
        {"sum of nothing", y_sum, {3, {0, 3, 2}}},
        {"sum of all", y_sum_all, {3, {2, 3, 2}}},
        {"sum of one", y_sum_all, {0, {0}}},
        {"mean", y_mean, {3, {2, 3, 2}}},
        {"amax", y_amax, {3, {2, 3, 2}}},
        {"amin", y_amin, {3, {2, 3, 2}}},
        {"flatten", y_flatten, {3, {2, 1, 2}}},
        {"softmax", y_softmax, {3, {2, 1, 3}}},
        {"random", y_random, {3, {2, 1, 3}}},
    };
    for (size_t i = 0; i < CJ_COUNT(row); i++)
        check_derivatives(&(function){row[i].name, row[i].build, 1, -1, 1, {row[i].shape}}, true);
    const function joined = {"concat", y_concat, 2, -1, 1, {{2, {2, 2}}, {2, {2, 0}}}};
    check_derivatives(&joined, true);
    const function joined3 = {"concat", y_concat, 2, -1, 1, {{2, {2, 2}}, {2, {2, 3}}}};
    check_derivatives(&joined3, true);
}

/* ---- matrix product ---- */

THEN_SQUARED(matmul, cj_matmul(x[0], x[1]))
THEN_SQUARED(matmul_swapped, cj_matmul(cj_transpose(x[0], -2, -1), cj_transpose(x[1], -1, -2)))

static void test_matmul(void **state)
{
    (void)state;
    const extents shape[][2] = {
        {{2, {2, 3}}, {2, {3, 4}}},       {{3, {2, 2, 3}}, {2, {3, 1}}},
        {{3, {2, 2, 3}}, {3, {2, 3, 2}}}, {{2, {2, 3}}, {3, {2, 3, 2}}},
        {{3, {3, 1, 2}}, {3, {1, 2, 2}}}, {{2, {2, 0}}, {2, {0, 3}}},
        {{2, {0, 3}}, {2, {3, 2}}},       {{4, {2, 1, 1, 2}}, {3, {3, 2, 1}}}};
    for (size_t i = 0; i < CJ_COUNT(shape); i++)
        check_derivatives(&(function){"matmul", y_matmul, 2, -1, 1, {shape[i][0], shape[i][1]}},
                          i == 2);
    const extents swapped[][2] = {{{2, {3, 2}}, {2, {4, 3}}}, {{3, {2, 3, 2}}, {3, {1, 4, 3}}}};
    for (size_t i = 0; i < CJ_COUNT(swapped); i++) {
        const function f = {"transposed matmul",           y_matmul_swapped, 2, -1, 1,
                            {swapped[i][0], swapped[i][1]}};
        check_derivatives(&f, true);
    }
}

/* ---- convolution ---- */

static cj_conv_options conv_options;
THEN_SQUARED(conv, cj_convolve(x[0], x[1], &conv_options))

typedef struct conv_row {
    cj_conv_options o;
    extents x, w;
} conv_row;

static const conv_row conv_rows[] = {
    /* plain, padded */
    {{1, {1}, {1}, {1}, {0}, {0}}, {4, {2, 1, 2, 5}}, {4, {1, 3, 2, 3}}},
    {{1, {1}, {1}, {1}, {2}, {1}}, {4, {1, 1, 2, 4}}, {4, {1, 2, 2, 3}}},
    /* strides that divide and do not */
    {{1, {2}, {1}, {1}, {1}, {1}}, {4, {1, 1, 1, 7}}, {4, {1, 2, 1, 3}}},
    {{1, {3}, {1}, {1}, {1}, {0}}, {4, {2, 1, 1, 7}}, {4, {1, 1, 1, 2}}},
    {{1, {5}, {1}, {1}, {0}, {0}}, {4, {1, 1, 1, 9}}, {4, {1, 1, 1, 2}}},
    /* dilations, alone and together */
    {{1, {1}, {1}, {2}, {1}, {2}}, {4, {1, 1, 2, 6}}, {4, {1, 1, 2, 3}}},
    {{1, {1}, {2}, {1}, {1}, {2}}, {4, {1, 1, 2, 4}}, {4, {1, 1, 2, 3}}},
    {{1, {2}, {3}, {2}, {2}, {1}}, {4, {1, 2, 1, 4}}, {4, {2, 2, 1, 3}}},
    {{1, {3}, {2}, {2}, {3}, {4}}, {4, {1, 1, 1, 4}}, {4, {1, 1, 1, 2}}},
    /* cropped */
    {{1, {1}, {1}, {1}, {-1}, {-2}}, {4, {1, 1, 1, 7}}, {4, {1, 1, 1, 2}}},
    {{1, {2}, {2}, {1}, {-1}, {1}}, {4, {1, 1, 1, 5}}, {4, {1, 1, 1, 2}}},
    {{1, {2}, {1}, {1}, {3}, {-2}}, {4, {1, 1, 1, 5}}, {4, {1, 1, 1, 2}}},
    /* groups, depthwise, two and three axes */
    {{2, {2, 1}, {1, 1}, {1, 2}, {1, 0}, {0, 1}}, {5, {1, 2, 1, 4, 4}}, {5, {2, 1, 1, 3, 2}}},
    {{2, {1, 2}, {2, 1}, {1, 1}, {0, 1}, {1, 1}}, {5, {2, 1, 2, 2, 3}}, {5, {1, 2, 2, 2, 3}}},
    {{3, {1, 1, 2}, {1, 1, 1}, {1, 1, 1}, {0, 1, 0}, {0, 0, 0}},
     {6, {1, 1, 1, 2, 2, 3}},
     {6, {1, 1, 1, 1, 2, 2}}},
    /* nothing: no example, no channel, no window */
    {{1, {1}, {1}, {1}, {0}, {0}}, {4, {0, 1, 2, 5}}, {4, {1, 3, 2, 3}}},
    {{1, {1}, {1}, {1}, {0}, {0}}, {4, {2, 1, 0, 5}}, {4, {1, 3, 0, 3}}},
    {{1, {1}, {1}, {1}, {0}, {0}}, {4, {2, 1, 1, 2}}, {4, {1, 3, 1, 3}}},
    {{1, {2}, {2}, {1}, {1}, {1}}, {4, {2, 1, 1, 0}}, {4, {1, 3, 1, 2}}},
};

static void test_conv(void **state)
{
    (void)state;
    for (size_t i = 0; i < CJ_COUNT(conv_rows); i++) {
        char name[32];
        snprintf(name, sizeof name, "conv %zu", i);
        conv_options = conv_rows[i].o;
        check_derivatives(&(function){name, y_conv, 2, -1, 1, {conv_rows[i].x, conv_rows[i].w}},
                          i == 7);
    }
}

/* ---- windows ---- */

static cj_window_options window_options;
THEN_SQUARED(window_sum, cj_window_sum(x[0], &window_options))
THEN_SQUARED(window_max, cj_window_max(x[0], &window_options))
THEN_SQUARED(window_gather, cj_window_gather(cj_sin(x[0]), cj_window_argmax(x[0], &window_options),
                                             &window_options))

static cj_tensor *y_window_scatter(cj_tensor **x)
{
    cj_tensor *index = cj_window_argmax(x[0], &window_options);
    cj_tensor *y = cj_window_scatter(cj_window_sum(x[0], &window_options), index, &window_options,
                                     cj_shape(x[0]) + cj_rank(x[0]) - window_options.spatial);
    return cj_mul(y, cj_exp(y));
}

typedef struct window_row {
    cj_window_options o;
    extents x;
} window_row;

static const window_row window_rows[] = {
    {{1, {2}, {2}, {1}, {1}, {0}, {0}}, {2, {2, 5}}},
    {{1, {3}, {1}, {1}, {1}, {1}, {1}}, {1, {5}}},
    {{1, {3}, {2}, {2}, {1}, {2}, {1}}, {2, {1, 6}}},
    {{1, {2}, {3}, {1}, {1}, {-1}, {0}}, {2, {2, 8}}},
    {{1, {2}, {1}, {1}, {1}, {-1}, {-1}}, {2, {2, 6}}},
    {{2, {2, 3}, {2, 1}, {1, 1}, {1, 1}, {0, 1}, {1, 1}}, {4, {1, 2, 3, 3}}},
    {{3, {1, 2, 2}, {1, 1, 2}, {1, 1, 1}, {1, 1, 1}, {0, 0, 0}, {0, 1, 0}}, {3, {2, 2, 3}}},
    {{1, {3}, {1}, {1}, {1}, {0}, {0}}, {2, {2, 2}}},
    {{1, {2}, {1}, {1}, {1}, {0}, {0}}, {2, {0, 5}}},
};
static const window_row dilated_rows[] = {
    {{1, {3}, {1}, {1}, {2}, {1}, {1}}, {2, {2, 4}}},
    {{1, {2}, {2}, {2}, {3}, {2}, {3}}, {2, {1, 4}}},
    {{2, {2, 2}, {2, 3}, {1, 1}, {1, 2}, {1, 0}, {0, 3}}, {2, {4, 3}}},
};

static void test_windows(void **state)
{
    (void)state;
    for (size_t i = 0; i < CJ_COUNT(window_rows); i++) {
        const extents x = window_rows[i].x;
        window_options = window_rows[i].o;
        check_derivatives(&(function){"window_sum", y_window_sum, 1, -1, 1, {x}}, i == 2);
        check_derivatives(&(function){"window_max", y_window_max, 1, -1, 1, {x}}, i == 2);
        check_derivatives(&(function){"window_gather", y_window_gather, 1, -1, 1, {x}}, i == 2);
        check_derivatives(&(function){"window_scatter", y_window_scatter, 1, -1, 1, {x}}, i == 2);
    }
    for (size_t i = 0; i < CJ_COUNT(dilated_rows); i++) {
        window_options = dilated_rows[i].o;
        check_derivatives(
            &(function){"dilated window_sum", y_window_sum, 1, -1, 1, {dilated_rows[i].x}}, true);
    }
}

/* ---- a whole net ---- */

static cj_tensor *y_net(cj_tensor **x)
{
    cj_conv_options conv = {2, {2, 1}, {1, 1}, {1, 1}, {1, 1}, {1, 1}};
    cj_tensor *h = cj_tanh(cj_convolve(x[0], x[1], &conv));
    h = cj_flatten(cj_where(cj_gt(h, cj_like(h, 0)), h, cj_scale(h, 0.1)));
    h = cj_matmul(h, x[2]);
    cj_tensor *shifted = cj_sub(h, cj_stop_gradient(cj_amax(h, 2, true)));
    return cj_sub(cj_log(cj_sum(cj_exp(shifted), 2, true)), shifted);
}

static void test_net(void **state)
{
    (void)state;
    /* The shift by the stopped maximum cancels, so differences see the same function. */
    const function net = {"net", y_net, 3,
                          -0.7,  0.7,   {{5, {2, 1, 1, 3, 3}}, {5, {1, 2, 1, 3, 3}}, {2, {12, 3}}}};
    check_derivatives(&net, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unary),    cmocka_unit_test(test_binary),
        cmocka_unit_test(test_movement), cmocka_unit_test(test_matmul),
        cmocka_unit_test(test_conv),     cmocka_unit_test(test_windows),
        cmocka_unit_test(test_net),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
