/*
 * Layers over graphs, the spectral convolution and the mixture of experts against dense formulas in torch
 * (tests/golden/nn_graphs.py): outputs, first derivatives by x and every parameter, second derivatives by x, f64 and f32; what is
 * refused.
 */
#include "cajal/cajal.h"
#include "golden/nn_graphs.h"
#include "support/golden_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define LAYER(name, ...)                                                                           \
    static cj_tensor *name(cj_scope *s, cj_tensor *x, cj_tensor *extra)                            \
    {                                                                                              \
        (void)extra;                                                                               \
        return __VA_ARGS__;                                                                        \
    }

/* The edges of nn_graphs.py. */
static cj_tensor *source(cj_tensor *x)
{
    return cj_tensor_from(cj_tensor_context(x), CJ_I32, 1, (int64_t[]){8},
                          (int32_t[]){0, 1, 1, 2, 4, 0, 0, 2});
}

static cj_tensor *target(cj_tensor *x)
{
    return cj_tensor_from(cj_tensor_context(x), CJ_I32, 1, (int64_t[]){8},
                          (int32_t[]){1, 0, 2, 1, 0, 4, 4, 4});
}

static cj_tensor *weight(cj_tensor *x)
{
    const double value[] = {1, 0.5, 2, 1, 0.25, 1, 1, 3};
    cj_tensor *w = cj_tensor_from(cj_tensor_context(x), CJ_F64, 1, (int64_t[]){8}, value);
    return cj_cast(w, cj_tensor_dtype(x));
}

static cj_tensor *expert(void *user, cj_scope *s, cj_tensor *x)
{
    (void)user;
    return cj_linear(s, "fc", x, .out_features = 2);
}

LAYER(gcn_conv, cj_gcn_conv(s, "m", x, source(x), target(x), .out_features = 2))
LAYER(gcn_conv_weight, cj_gcn_conv(s, "m", x, source(x), target(x), .out_features = 2,
                                   .weight = weight(x), .no_self_loops = true))
LAYER(sage_conv, cj_sage_conv(s, "m", x, source(x), target(x), .out_features = 2))
LAYER(sage_conv_max, cj_sage_conv(s, "m", x, source(x), target(x), .out_features = 2,
                                  .max_pool = true, .normalise = true))
LAYER(gat_conv, cj_gat_conv(s, "m", x, source(x), target(x), .out_features = 3, .heads = 2))
LAYER(gat_conv_average,
      cj_gat_conv(s, "m", x, source(x), target(x), .out_features = 3, .heads = 2, .average = true))
LAYER(gin_sum, cj_gin_sum(s, "m", x, source(x), target(x)))
LAYER(spectral_conv_1d, cj_spectral_conv(s, "m", x, .out_channels = 3, .modes = {4}))
LAYER(spectral_conv_2d, cj_spectral_conv(s, "m", x, .out_channels = 3, .modes = {2, 3}))
LAYER(mixture, cj_mixture_of_experts(s, "m", x, .experts = 3, .expert = expert))
LAYER(mixture_top_2, cj_mixture_of_experts(s, "m", x, .experts = 3, .expert = expert, .top_k = 2))

static const golden_row rows[] = {
    {"gcn_conv", gcn_conv},
    {"gcn_conv_weight", gcn_conv_weight},
    {"sage_conv", sage_conv},
    {"sage_conv_max", sage_conv_max},
    {"gat_conv", gat_conv},
    {"gat_conv_average", gat_conv_average},
    {"gin_sum", gin_sum},
    {"spectral_conv_1d", spectral_conv_1d},
    {"spectral_conv_2d", spectral_conv_2d},
    {"mixture", mixture},
    {"mixture_top_2", mixture_top_2},
};

static void check_all(cj_dtype dtype, double tolerance)
{
    enum { CASES = sizeof nn_graphs / sizeof nn_graphs[0], ROWS = sizeof rows / sizeof rows[0] };
    assert_int_equal(CASES, ROWS);
    golden_check_all(CASES, nn_graphs, ROWS, rows, dtype, tolerance);
}

static void test_f64(void **state)
{
    (void)state;
    check_all(CJ_F64, 1e-11);
}

static void test_f32(void **state)
{
    (void)state;
    check_all(CJ_F32, 4e-5);
}

static void test_refusals(void **state)
{
    (void)state;
    cj_context *context = cj_context_new(NULL, NULL, 0);
    cj_scope *s = cj_scope_new(context);
    cj_tensor *x = cj_full(context, CJ_F32, 2, ((int64_t[]){5, 3}), 0);
    assert_null(
        cj_gcn_conv(s, "g", x, source(x), cj_narrow(target(x), 0, 0, 7), .out_features = 2));
    assert_non_null(
        strstr(cj_error(context), "gcn_conv 'g': x is f32[5, 3], source i32[8], target i32[7]"));
    cj_error_clear(context);
    cj_tensor *p = cj_full(context, CJ_F32, 3, ((int64_t[]){1, 2, 6}), 0);
    assert_null(cj_spectral_conv(s, "f", p, .out_channels = 3, .modes = {5}));
    assert_non_null(strstr(cj_error(context), "spectral_conv 'f' on f32[1, 2, 6]"));
    cj_error_clear(context);
    assert_null(cj_mixture_of_experts(s, "e", x, .experts = 2, .expert = expert, .top_k = 3));
    assert_non_null(strstr(cj_error(context), "mixture_of_experts 'e' on f32[5, 3]"));
    cj_context_free(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_f64),
        cmocka_unit_test(test_f32),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
