/*
 * forward_forward.c - goodness, its layer and loss, and masks for negative data.
 */
#include "cajal/forward_forward.h"

#include "cajal/layers.h"

cj_tensor *cj_forward_forward_at(cj_at at, cj_scope *s, const char *name, cj_tensor *x,
                                 int64_t units)
{
    cj_initialiser normal = {CJ_INIT_NORMAL, 1, 0, 1};
    struct cj_rms_norm_args norm = {
        .scope = s, .name = name, .x = x, .at = CJ_HERE_OF(norm), .eps = 1e-20, .no_affine = true};
    struct cj_linear_args linear = {.scope = s,
                                    .name = name,
                                    .at = CJ_HERE_OF(linear),
                                    .out_features = units,
                                    .weight_init = normal,
                                    .bias_init = cj_init_zeros()};
    norm.at.file = linear.at.file = at.file;
    norm.at.line = linear.at.line = at.line;
    linear.x = cj_rms_norm_at(&norm);
    return cj_relu_at(at, cj_linear_at(&linear));
}

cj_tensor *cj_goodness_at(cj_at at, cj_tensor *y)
{
    return cj_sum_at(at, cj_square_at(at, y), CJ_AXIS(1), false);
}

cj_tensor *cj_forward_forward_loss_at(cj_at at, cj_tensor *y, double theta, bool least)
{
    if (!y)
        return NULL;
    if (cj_rank(y) != 2 || cj_extent(y, 0) % 2) {
        cj_fail_building(
            cj_tensor_context(y), CJ_SHAPE, at,
            "forward_forward_loss: y is [2 n, units], n rows of real data and then n of "
            "negative data, not of rank %d with %lld rows",
            cj_rank(y), (long long)(cj_rank(y) ? cj_extent(y, 0) : 1));
        return NULL;
    }
    int64_t half = cj_extent(y, 0) / 2;
    cj_tensor *logit = cj_shift_at(at, cj_goodness_at(at, y), -theta);
    if (least)
        logit = cj_neg_at(at, logit);
    cj_tensor *part[] = {cj_neg_at(at, cj_narrow_at(at, logit, 0, 0, half)),
                         cj_narrow_at(at, logit, 0, half, 2 * half)};
    return cj_mean_at(at, cj_softplus_at(at, cj_concat_at(at, 0, 2, part)), CJ_ALL, false);
}

cj_tensor *cj_hybrid_mask_at(cj_at at, cj_tensor *key, int64_t n, int64_t height, int64_t width,
                             int64_t blurs)
{
    static const float blur[] = {0.0625f, 0.125f,  0.0625f, 0.125f, 0.25f,
                                 0.125f,  0.0625f, 0.125f,  0.0625f};
    if (!key)
        return NULL;
    cj_context *c = cj_tensor_context(key);
    int64_t shape[] = {n, 1, 1, height, width}, box[] = {1, 1, 1, 3, 3};
    cj_conv_options same = {.spatial = 2,
                            .stride = {1, 1},
                            .input_dilation = {1, 1},
                            .kernel_dilation = {1, 1},
                            .low = {1, 1},
                            .high = {1, 1}};
    /* a bit less one half, times two: zeros around it are the half */
    cj_tensor *bits = cj_random_uniform_at(at, key, CJ_F32, 5, shape);
    cj_tensor *x =
        cj_sub_at(at, cj_scale_at(at, cj_round_at(at, bits), 2), cj_scalar_at(at, c, CJ_F32, 1));
    cj_tensor *weight = cj_tensor_from_at(at, c, CJ_F32, 5, box, blur);
    for (int64_t i = 0; i < blurs; i++)
        x = cj_convolve_at(at, x, weight, &same);
    x = cj_gt_at(at, x, cj_scalar_at(at, c, CJ_F32, 0));
    return cj_reshape_at(at, x, 3, (int64_t[]){n, height, width});
}
