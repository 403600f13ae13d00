/*
 * Layers, activations and losses against torch (tests/golden/nn_layers.py, nn_losses.py): outputs, first
 * derivatives by x and every parameter, second derivatives by x, and the buffers that a training
 * pass leaves; in f64 and f32.
 */
#include "cajal/cajal.h"
#include "golden/nn_layers.h"
#include "golden/nn_losses.h"
#include "support/golden_check.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LAYER(name, ...)                                                                           \
    static cj_tensor *name(cj_scope *s, cj_tensor *x, cj_tensor *extra)                            \
    {                                                                                              \
        (void)s;                                                                                   \
        (void)extra;                                                                               \
        return __VA_ARGS__;                                                                        \
    }

LAYER(linear, cj_linear(s, "m", x, .out_features = 4))
LAYER(linear_no_bias, cj_linear(s, "m", x, .out_features = 4, .no_bias = true))
LAYER(conv1d, cj_conv1d(s, "m", x, .out_channels = 4, .kernel_size = 3, .stride = 2, .padding = 1,
                        .dilation = 2))
LAYER(conv2d, cj_conv2d(s, "m", x, .out_channels = 3, .kernel_size = {5}))
LAYER(conv2d_groups, cj_conv2d(s, "m", x, .out_channels = 6, .kernel_size = {3, 2},
                               .stride = {2, 1}, .padding = {1, 2}, .groups = 2))
LAYER(conv2d_depthwise, cj_conv2d(s, "m", x, .out_channels = 3, .kernel_size = {3}, .padding = {1},
                                  .groups = 3, .no_bias = true))
LAYER(conv2d_dilated, cj_conv2d(s, "m", x, .out_channels = 2, .kernel_size = {3},
                                .dilation = {2, 1}, .padding = {CJ_ZERO, 1}))
LAYER(conv2d_same,
      cj_conv2d(s, "m", x, .out_channels = 2, .kernel_size = {4, 3}, .padding_same = true))
LAYER(batch_norm, cj_batch_norm(s, "m", x))
LAYER(batch_norm_offset, cj_batch_norm(s, "m", x, .momentum = 0.3, .eps = 1e-3))
LAYER(batch_norm_plain, cj_batch_norm(s, "m", x, .no_affine = true))
LAYER(layer_norm, cj_layer_norm(s, "m", x))
LAYER(layer_norm_2, cj_layer_norm(s, "m", x, .axes = 2))
LAYER(max_pool2d, cj_max_pool2d(x, .kernel_size = {3}, .stride = {2}, .padding = {1}))
LAYER(max_pool2d_plain, cj_max_pool2d(x, .kernel_size = {2, 3}))
LAYER(max_pool1d, cj_max_pool1d(x, .kernel_size = {3}, .stride = {2}, .dilation = {2}))
LAYER(avg_pool2d, cj_avg_pool2d(x, .kernel_size = {3}, .stride = {2}, .padding = {1}))
LAYER(avg_pool2d_exclude, cj_avg_pool2d(x, .kernel_size = {3}, .stride = {2}, .padding = {1},
                                        .count_exclude_pad = true))
LAYER(avg_pool1d, cj_avg_pool1d(x, .kernel_size = {2}))
LAYER(global_avg_pool, cj_global_avg_pool(x))
LAYER(relu, cj_relu(x))
LAYER(relu6, cj_relu6(x))
LAYER(leaky_relu, cj_leaky_relu(x, 0.1))
LAYER(elu, cj_elu(x, 0.7))
LAYER(gelu, cj_gelu(x))
LAYER(gelu_tanh, cj_gelu_tanh(x))
LAYER(silu, cj_silu(x))
LAYER(sigmoid, cj_sigmoid(x))
LAYER(tanh_of, cj_tanh(x))
LAYER(softplus, cj_softplus(x))
LAYER(softmax, cj_softmax(x, -1))
LAYER(softmax_0, cj_softmax(x, 0))
LAYER(log_softmax, cj_log_softmax(x, 1))

static cj_tensor *class_weight(cj_tensor *x)
{
    const double weight[] = {0.5, 2, 1, 0.25};
    const int64_t classes = 4;
    cj_context *context = cj_tensor_context(x);
    return cj_cast(cj_tensor_from(context, CJ_F64, 1, &classes, weight), cj_tensor_dtype(x));
}

LAYER(cross_entropy, cj_cross_entropy(x, extra))
LAYER(cross_entropy_sum, cj_cross_entropy(x, extra, .reduction = CJ_REDUCTION_SUM))
LAYER(cross_entropy_none, cj_cross_entropy(x, extra, .reduction = CJ_REDUCTION_NONE))
LAYER(cross_entropy_weight, cj_cross_entropy(x, extra, .weight = class_weight(x)))
LAYER(cross_entropy_smooth, cj_cross_entropy(x, extra, .label_smoothing = 0.2))
LAYER(cross_entropy_both,
      cj_cross_entropy(x, extra, .weight = class_weight(x), .label_smoothing = 0.2))
LAYER(mse_loss, cj_mse_loss(x, extra))
LAYER(mse_loss_sum, cj_mse_loss(x, extra, .reduction = CJ_REDUCTION_SUM))
LAYER(l1_loss, cj_l1_loss(x, extra))
LAYER(huber_loss, cj_huber_loss(x, extra, .delta = 0.8))
LAYER(bce_with_logits, cj_bce_with_logits(x, extra))

/* +1 and -1 as the golden losses have them: all, or the second column. */
static cj_tensor *signs(cj_tensor *x, int rank)
{
    const double all[] = {1, -1, -1, 1, -1, 1, 1, -1, 1, 1, -1, -1}, column[] = {-1, 1, 1};
    const int64_t shape[] = {3, 4};
    cj_context *context = cj_tensor_context(x);
    return cj_cast(cj_tensor_from(context, CJ_F64, rank, shape, rank == 2 ? all : column),
                   cj_tensor_dtype(x));
}

LAYER(cross_entropy_ignore,
      cj_cross_entropy(x, extra, .weight = class_weight(x), .ignore_index = 3))
LAYER(cross_entropy_ignore_0, cj_cross_entropy(x, extra, .ignore_index = CJ_ZERO))
LAYER(nll_loss, cj_nll_loss(x, extra, .weight = class_weight(x)))
LAYER(multi_margin_loss, cj_multi_margin_loss(x, extra, .margin = 0.7))
LAYER(multi_margin_loss_2, cj_multi_margin_loss(x, extra, .p = 2))
LAYER(smooth_l1_loss, cj_smooth_l1_loss(x, extra, .delta = 0.7))
LAYER(log_cosh_loss, cj_log_cosh_loss(x, extra))
LAYER(quantile_loss, cj_quantile_loss(x, extra, .quantile = 0.9))
LAYER(poisson_nll_loss, cj_poisson_nll_loss(x, extra))
LAYER(gaussian_nll_loss, cj_gaussian_nll_loss(x, extra, .variance = cj_square(extra)))
LAYER(bce_loss, cj_bce_loss(x, extra))
LAYER(focal_loss, cj_focal_loss(x, extra, .alpha = 0.25))
LAYER(kl_div, cj_kl_div(x, extra, .reduction = CJ_REDUCTION_BATCH_MEAN))
LAYER(gaussian_kl, cj_gaussian_kl(x, extra, .reduction = CJ_REDUCTION_SUM))
LAYER(dice_loss, cj_dice_loss(x, extra))
LAYER(hinge_loss, cj_hinge_loss(x, extra))
LAYER(squared_hinge_loss, cj_squared_hinge_loss(x, extra))
LAYER(soft_margin_loss, cj_soft_margin_loss(x, extra))
LAYER(hinge_embedding_loss, cj_hinge_embedding_loss(x, extra))
LAYER(contrastive_loss, cj_contrastive_loss(x, extra))
LAYER(triplet_margin_loss, cj_triplet_margin_loss(x, extra, cj_flip(extra, CJ_AXIS(0))))
LAYER(cosine_embedding_loss, cj_cosine_embedding_loss(x, extra, signs(x, 1), .margin = 0.2))
LAYER(margin_ranking_loss, cj_margin_ranking_loss(x, extra, signs(x, 2), .margin = 0.3))
LAYER(info_nce, cj_info_nce(x, extra, .temperature = 0.2))
LAYER(info_nce_symmetric, cj_info_nce(x, extra, .temperature = 0.2, .symmetric = true))
LAYER(cosine_similarity, cj_cosine_similarity(x, extra, 0))
LAYER(cdist, cj_cdist(x, extra, false))
LAYER(distillation_loss, cj_distillation_loss(x, extra, 3))
LAYER(gan_critic_loss, cj_gan_critic_loss(x, extra))
LAYER(dirichlet_kl, cj_dirichlet_kl(x, extra))
LAYER(evidential_loss, cj_evidential_loss(x, extra, 0.3))

/* [3, 4] from -1 to 1, rounded to f32 */
static cj_tensor *ramp(cj_tensor *x)
{
    double value[12];
    for (int i = 0; i < 12; i++)
        value[i] = (float)(-1 + i * (2.0 / 11));
    cj_tensor *t = cj_tensor_from(cj_tensor_context(x), CJ_F64, 2, (int64_t[]){3, 4}, value);
    return cj_cast(t, cj_tensor_dtype(x));
}

LAYER(conv3d, cj_conv3d(s, "m", x, .out_channels = 3, .kernel_size = {2, 3, 2}, .stride = {1, 2, 1},
                        .padding = {CJ_ZERO, 1, 1}))
LAYER(conv_transpose1d,
      cj_conv_transpose1d(s, "m", x, .out_channels = 6, .kernel_size = {3}, .stride = {2},
                          .padding = {1}, .output_padding = {1}, .groups = 2))
LAYER(conv_transpose2d,
      cj_conv_transpose2d(s, "m", x, .out_channels = 2, .kernel_size = {3, 2}, .stride = {2, 3},
                          .padding = {2, CJ_ZERO}, .dilation = {2, 1}))
LAYER(conv_transpose3d,
      cj_conv_transpose3d(s, "m", x, .out_channels = 2, .kernel_size = {2}, .stride = {2}))
LAYER(group_norm, cj_group_norm(s, "m", x, .groups = 3))
LAYER(instance_norm, cj_instance_norm(s, "m", x, .affine = true))
LAYER(instance_norm_plain, cj_instance_norm(s, "m", x))
LAYER(rms_norm, cj_rms_norm(s, "m", x, .eps = 1e-6))
LAYER(rms_norm_2, cj_rms_norm(s, "m", x, .axes = 2, .eps = 1e-5))
LAYER(prelu, cj_prelu(s, "m", x, 3))
LAYER(max_pool3d, cj_max_pool3d(x, .kernel_size = {2}, .stride = {2}, .padding = {1}))
LAYER(avg_pool3d, cj_avg_pool3d(x, .kernel_size = {2, 3, 2}, .stride = {1, 2, 2}))
LAYER(global_max_pool, cj_global_max_pool(x))
LAYER(adaptive_avg_pool, cj_adaptive_avg_pool(x, (int64_t[]){3, 5}))
LAYER(bilinear, cj_bilinear(s, "m", x, ramp(x), .out_features = 2))
LAYER(weight_norm, cj_linear(cj_scope_weight_norm(s), "m", x, .out_features = 4))
LAYER(spectral_norm, cj_conv1d(cj_scope_spectral_norm(s), "m", x, .out_channels = 4,
                               .kernel_size = 3, .no_bias = true))
LAYER(locally_connected2d,
      cj_locally_connected2d(s, "m", x, .out_channels = 3, .kernel_size = {2}, .stride = {1, 2}))
LAYER(squeeze_excite, cj_squeeze_excite(s, "m", x, 2))
LAYER(selu, cj_selu(x))
LAYER(celu, cj_celu(x, 0.7))
LAYER(mish, cj_mish(x))
LAYER(softsign, cj_softsign(x))
LAYER(log_sigmoid, cj_log_sigmoid(x))
LAYER(hardtanh, cj_hardtanh(x, -0.7, 1.3))
LAYER(hardsigmoid, cj_hardsigmoid(x))
LAYER(hardswish, cj_hardswish(x))
LAYER(hardshrink, cj_hardshrink(x, 0.7))
LAYER(softshrink, cj_softshrink(x, 0.7))
LAYER(threshold, cj_threshold(x, 0.3, 20))
LAYER(glu, cj_glu(x, 1))
LAYER(maxout, cj_maxout(x, 1, 3))

static const golden_row builders[] = {
    {"linear", linear},
    {"linear_3d", linear},
    {"linear_no_bias", linear_no_bias},
    {"conv1d", conv1d},
    {"conv2d", conv2d},
    {"conv2d_groups", conv2d_groups},
    {"conv2d_depthwise", conv2d_depthwise},
    {"conv2d_dilated", conv2d_dilated},
    {"conv2d_same", conv2d_same},
    {"batch_norm_2d", batch_norm},
    {"batch_norm_offset", batch_norm_offset},
    {"batch_norm_1d", batch_norm},
    {"batch_norm_plain", batch_norm_plain},
    {"batch_norm_eval", batch_norm},
    {"layer_norm", layer_norm},
    {"layer_norm_2", layer_norm_2},
    {"max_pool2d", max_pool2d},
    {"max_pool2d_plain", max_pool2d_plain},
    {"max_pool1d", max_pool1d},
    {"avg_pool2d", avg_pool2d},
    {"avg_pool2d_exclude", avg_pool2d_exclude},
    {"avg_pool1d", avg_pool1d},
    {"global_avg_pool", global_avg_pool},
    {"relu", relu},
    {"relu6", relu6},
    {"leaky_relu", leaky_relu},
    {"elu", elu},
    {"gelu", gelu},
    {"gelu_tanh", gelu_tanh},
    {"silu", silu},
    {"sigmoid", sigmoid},
    {"tanh", tanh_of},
    {"softplus", softplus},
    {"softmax", softmax},
    {"softmax_0", softmax_0},
    {"log_softmax", log_softmax},
    {"cross_entropy", cross_entropy},
    {"cross_entropy_sum", cross_entropy_sum},
    {"cross_entropy_none", cross_entropy_none},
    {"cross_entropy_weight", cross_entropy_weight},
    {"cross_entropy_smooth", cross_entropy_smooth},
    {"cross_entropy_both", cross_entropy_both},
    {"cross_entropy_2d", cross_entropy},
    {"mse_loss", mse_loss},
    {"mse_loss_sum", mse_loss_sum},
    {"l1_loss", l1_loss},
    {"huber_loss", huber_loss},
    {"bce_with_logits", bce_with_logits},
    {"cross_entropy_ignore", cross_entropy_ignore},
    {"cross_entropy_ignore_0", cross_entropy_ignore_0},
    {"cross_entropy_soft", cross_entropy},
    {"cross_entropy_soft_both", cross_entropy_both},
    {"nll_loss", nll_loss},
    {"multi_margin_loss", multi_margin_loss},
    {"multi_margin_loss_2", multi_margin_loss_2},
    {"smooth_l1_loss", smooth_l1_loss},
    {"log_cosh_loss", log_cosh_loss},
    {"quantile_loss", quantile_loss},
    {"poisson_nll_loss", poisson_nll_loss},
    {"gaussian_nll_loss", gaussian_nll_loss},
    {"bce_loss", bce_loss},
    {"focal_loss", focal_loss},
    {"kl_div", kl_div},
    {"gaussian_kl", gaussian_kl},
    {"dice_loss", dice_loss},
    {"hinge_loss", hinge_loss},
    {"squared_hinge_loss", squared_hinge_loss},
    {"soft_margin_loss", soft_margin_loss},
    {"hinge_embedding_loss", hinge_embedding_loss},
    {"contrastive_loss", contrastive_loss},
    {"triplet_margin_loss", triplet_margin_loss},
    {"cosine_embedding_loss", cosine_embedding_loss},
    {"margin_ranking_loss", margin_ranking_loss},
    {"info_nce", info_nce},
    {"info_nce_symmetric", info_nce_symmetric},
    {"cosine_similarity", cosine_similarity},
    {"cdist", cdist},
    {"distillation_loss", distillation_loss},
    {"gan_critic_loss", gan_critic_loss},
    {"dirichlet_kl", dirichlet_kl},
    {"evidential_loss", evidential_loss},
    {"conv3d", conv3d},
    {"conv_transpose1d", conv_transpose1d},
    {"conv_transpose2d", conv_transpose2d},
    {"conv_transpose3d", conv_transpose3d},
    {"group_norm", group_norm},
    {"instance_norm", instance_norm},
    {"instance_norm_plain", instance_norm_plain},
    {"rms_norm", rms_norm},
    {"rms_norm_2", rms_norm_2},
    {"prelu", prelu},
    {"max_pool3d", max_pool3d},
    {"avg_pool3d", avg_pool3d},
    {"global_max_pool", global_max_pool},
    {"adaptive_avg_pool", adaptive_avg_pool},
    {"bilinear", bilinear},
    {"weight_norm", weight_norm},
    {"spectral_norm", spectral_norm},
    {"locally_connected2d", locally_connected2d},
    {"squeeze_excite", squeeze_excite},
    {"selu", selu},
    {"celu", celu},
    {"mish", mish},
    {"softsign", softsign},
    {"log_sigmoid", log_sigmoid},
    {"hardtanh", hardtanh},
    {"hardsigmoid", hardsigmoid},
    {"hardswish", hardswish},
    {"hardshrink", hardshrink},
    {"softshrink", softshrink},
    {"threshold", threshold},
    {"glu", glu},
    {"maxout", maxout},
};

static void check_all(cj_dtype dtype, double tolerance)
{
    enum {
        LAYERS = sizeof nn_layers / sizeof nn_layers[0],
        LOSSES = sizeof nn_losses / sizeof nn_losses[0],
        ROWS = sizeof builders / sizeof builders[0]
    };
    assert_int_equal(LAYERS + LOSSES, ROWS);
    golden_check_all(LAYERS, nn_layers, ROWS, builders, dtype, tolerance);
    golden_check_all(LOSSES, nn_losses, ROWS, builders, dtype, tolerance);
}

static void test_f64(void **state)
{
    (void)state;
    check_all(CJ_F64, 1e-11);
}

static void test_f32(void **state)
{
    (void)state;
    check_all(CJ_F32, 2e-5);
}

/* A new layer under weight norm begins as the layer of weight_v alone. */
static void test_weight_norm_start(void **state)
{
    (void)state;
    double got[6], want[6];
    cj_context *context = cj_context_new(NULL, NULL, 0);
    cj_scope *s = cj_scope_new(context);
    cj_scope_set_dtype(s, CJ_F64);
    cj_tensor *x = cj_tensor_from(context, CJ_F64, 2, (int64_t[]){2, 2}, (double[]){1, -2, 3, 0.5});
    cj_tensor *y = cj_linear(cj_scope_weight_norm(s), "m", x, .out_features = 3, .no_bias = true);
    cj_tensor *v = cj_variable_read(cj_scope_find(s, "m.weight_v"));
    assert_int_equal(cj_read(y, got, sizeof got), CJ_OK);
    assert_int_equal(cj_read(cj_matmul(x, cj_transpose(v, 0, 1)), want, sizeof want), CJ_OK);
    for (int i = 0; i < 6; i++)
        assert_true(fabs(got[i] - want[i]) <= 1e-15 * fabs(want[i]));
    cj_context_free(context);
}

/* Rows by index, NaN outside; the gradient of a row that is taken twice is a sum. */
static void test_embedding(void **state)
{
    (void)state;
    float y[8], g[6];
    cj_context *context = cj_context_new(NULL, NULL, 0);
    cj_scope *s = cj_scope_new(context);
    cj_tensor *x = cj_tensor_from(context, CJ_I64, 2, (int64_t[]){2, 2}, (int64_t[]){2, 0, 2, 3});
    cj_tensor *rows = cj_embedding(s, "e", x, .count = 3, .features = 2), *gradient;
    cj_tensor *table = cj_variable_read(cj_scope_find(s, "e.weight"));
    float *weight = cj_variable_data(cj_scope_find(s, "e.weight"));
    for (int i = 0; i < 6; i++)
        weight[i] = (float)i;
    assert_int_equal(cj_read(rows, y, sizeof y), CJ_OK);
    const float want[] = {4, 5, 0, 1, 4, 5};
    assert_memory_equal(y, want, sizeof want);
    assert_true(isnan(y[6]) && isnan(y[7]));
    cj_tensor *known = cj_narrow(cj_reshape(rows, 2, (int64_t[]){4, 2}), 0, 0, 3);
    assert_int_equal(cj_grad(cj_sum(known, CJ_ALL, false), 1, &table, &gradient), CJ_OK);
    assert_int_equal(cj_read(gradient, g, sizeof g), CJ_OK);
    assert_memory_equal(g, ((float[]){1, 1, 0, 0, 2, 2}), sizeof g);
    assert_null(cj_embedding(s, "f", x, .count = 3));
    assert_non_null(strstr(cj_error(context), "embedding 'f'"));
    cj_context_free(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_f64),
        cmocka_unit_test(test_f32),
        cmocka_unit_test(test_weight_norm_start),
        cmocka_unit_test(test_embedding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
