/*
 * src/nn/picture_net.c - nets from pictures to pictures: autoencoders through a narrow code, a U-net at full width.
 */
#include "cajal/architecture.h"

#include "cajal/index.h"
#include "cajal/layers.h"
#include "cajal/random.h"
#include "cajal/transform.h"
#include "nn/nn.h"

#include <stdio.h>

#define HERE_OF(struct_type) ((cj_at){at.file, at.line, (uint32_t)sizeof(struct_type)})

static cj_tensor *linear(cj_at at, cj_scope *s, const char *name, cj_tensor *x, int64_t features)
{
    return cj_linear_at(&(struct cj_linear_args){.scope = s,
                                                 .name = name,
                                                 .x = x,
                                                 .at = HERE_OF(struct cj_linear_args),
                                                 .out_features = features});
}

/* `layers` of `hidden` relu units below `inner`, and a linear layer to so many features. */
static cj_tensor *perceptron(cj_at at, cj_scope *s, const char *inner, const cj_architecture *a,
                             cj_tensor *x, int64_t features)
{
    cj_scope *own = cj_scope_enter(s, inner);
    char name[32];
    int64_t i = 1;
    for (; i <= a->layers && x; i++) {
        snprintf(name, sizeof name, "fc%lld", (long long)i);
        x = cj_relu_at(at, linear(at, own, name, x, a->hidden));
    }
    snprintf(name, sizeof name, "fc%lld", (long long)i);
    return linear(at, own, name, x, features);
}

/* ---- autoencoders ---- */

static cj_tensor *logits_of(cj_at at, cj_scope *s, const cj_architecture *a, int64_t elements,
                            cj_tensor *code)
{
    return perceptron(at, s, "decoder", a, code, elements);
}

cj_tensor *cj_decode_at(cj_at at, cj_scope *s, const cj_architecture *a, int64_t elements,
                        cj_tensor *code)
{
    return cj_sigmoid_at(at, logits_of(at, s, a, elements, code));
}

static cj_tensor *autoencoder(cj_at at, cj_scope *s, const cj_architecture *a, cj_tensor *x)
{
    cj_tensor *flat = cj_flatten_at(at, x);
    if (!flat)
        return NULL;
    cj_tensor *code = perceptron(at, s, "encoder", a, flat, a->latent);
    return cj_decode_at(at, s, a, cj_extent(flat, 1), code);
}

/* A number for each picture, from its pixels as whole 255ths: sum over j of (j + 1) pixel[j], i64 [N]. */
static cj_tensor *fingerprint(cj_at at, cj_tensor *x)
{
    cj_tensor *flat = cj_flatten_at(at, x);
    if (!flat)
        return NULL;
    cj_tensor *pixel = cj_cast_at(at, cj_shift_at(at, cj_scale_at(at, flat, 255), 0.5), CJ_I64);
    cj_tensor *place =
        cj_iota_at(at, cj_tensor_context(x), CJ_I64, 2, (int64_t[]){1, cj_extent(flat, 1)}, 1);
    return cj_sum_at(at, cj_mul_at(at, pixel, cj_shift_at(at, place, 1)), CJ_AXIS(1), false);
}

cj_tensor *cj_picture_noise_at(cj_at at, cj_scope *s, cj_tensor *x, int rank, const int64_t *shape)
{
    if (!x)
        return NULL;
    cj_context *context = cj_scope_context(s);
    cj_dtype dtype = cj_tensor_dtype(x);
    int64_t all[CJ_MAX_RANK] = {cj_extent(x, 0)}, keys[2] = {all[0], 2};
    memcpy(all + 1, shape, (size_t)rank * sizeof *shape);
    if (cj_scope_training(s))
        return cj_random_normal_at(at, cj_scope_key_at(at, s), dtype, rank + 1, all);
    cj_tensor *key = cj_key_at(at, context, cj_seed(context)), *noise = NULL;
    cj_tensor *own = cj_fold_at(at, cj_expand_at(at, key, 2, keys), fingerprint(at, x));
    cj_tensor *one = cj_random_normal_at(at, key, dtype, rank, shape);
    return cj_vmap_at(at, 1, &key, &own, 1, &one, &noise) == CJ_OK ? noise : NULL;
}

/* z = mean + e^(log variance / 2) noise: the reparametrisation. */
static cj_tensor *vae(cj_at at, cj_scope *s, const cj_architecture *a, cj_tensor *x)
{
    cj_tensor *flat = cj_flatten_at(at, x);
    cj_tensor *code = perceptron(at, s, "encoder", a, flat, 2 * a->latent);
    if (!code)
        return NULL;
    cj_tensor *mean = cj_narrow_at(at, code, 1, 0, a->latent);
    cj_tensor *variance = cj_narrow_at(at, code, 1, a->latent, 2 * a->latent);
    cj_tensor *noise = cj_picture_noise_at(at, s, x, 1, &a->latent);
    cj_tensor *deviation = cj_exp_at(at, cj_scale_at(at, variance, 0.5));
    cj_tensor *z = cj_add_at(at, mean, cj_mul_at(at, deviation, noise));
    cj_tensor *part[2] = {logits_of(at, s, a, cj_extent(flat, 1), z), code};
    return cj_concat_at(at, 1, 2, part);
}

cj_tensor *cj_elbo_loss_at(cj_at at, const cj_architecture *a, cj_tensor *output, cj_tensor *x)
{
    cj_tensor *flat = cj_flatten_at(at, x);
    if (!flat || !output)
        return NULL;
    int64_t elements = cj_extent(flat, 1), n = cj_extent(flat, 0);
    cj_tensor *logits = cj_narrow_at(at, output, 1, 0, elements);
    struct cj_loss_args l = {.x = logits, .y = flat, .at = at, .reduction = CJ_REDUCTION_SUM};
    l.at.size = sizeof l;
    cj_tensor *error = cj_bce_with_logits_at(&l);
    l.x = cj_narrow_at(at, output, 1, elements, elements + a->latent);
    l.y = cj_narrow_at(at, output, 1, elements + a->latent, elements + 2 * a->latent);
    cj_tensor *divergence = cj_gaussian_kl_at(&l);
    return cj_scale_at(at, cj_add_at(at, error, divergence), 1 / (double)CJ_MAX(n, 1));
}

/* ---- the U-net ---- */

static cj_tensor *conv(cj_at at, cj_scope *s, const char *name, cj_tensor *x, int64_t channels)
{
    return cj_conv2d_at(&(struct cj_conv2d_args){.scope = s,
                                                 .name = name,
                                                 .x = x,
                                                 .at = HERE_OF(struct cj_conv2d_args),
                                                 .out_channels = channels,
                                                 .kernel_size = {3},
                                                 .padding_same = true});
}

static cj_tensor *conv_twice(cj_at at, cj_scope *s, const char *name, cj_tensor *x,
                             int64_t channels)
{
    cj_scope *own = cj_scope_enter(s, name);
    x = cj_relu_at(at, conv(at, own, "conv1", x, channels));
    return cj_relu_at(at, conv(at, own, "conv2", x, channels));
}

static cj_tensor *halve(cj_at at, cj_tensor *x)
{
    return cj_max_pool2d_at(&(struct cj_max_pool_args){
        .x = x, .at = HERE_OF(struct cj_max_pool_args), .kernel_size = {2}});
}

/* Level k is of hidden 2^k channels at 1 / 2^k of the size; odd sizes are met by resizing to the size of the level above. */
static cj_tensor *level(cj_at at, cj_scope *s, const cj_architecture *a, int k, cj_tensor *x)
{
    char name[32];
    int64_t channels = a->hidden << k;
    snprintf(name, sizeof name, "down%d", k);
    x = conv_twice(at, s, name, x, channels);
    if (!x || k == (int)a->layers || cj_extent(x, 2) < 2 || cj_extent(x, 3) < 2)
        return x;
    cj_tensor *below = level(at, s, a, k + 1, halve(at, x));
    int64_t size[2] = {cj_extent(x, 2), cj_extent(x, 3)};
    cj_tensor *both[2] = {x, cj_resize_at(at, below, 2, size, CJ_RESIZE_NEAREST, false)};
    snprintf(name, sizeof name, "up%d", k);
    return conv_twice(at, s, name, cj_concat_at(at, 1, 2, both), channels);
}

static cj_tensor *unet(cj_at at, cj_scope *s, const cj_architecture *a, cj_tensor *x)
{
    cj_tensor *y = level(at, s, a, 0, x);
    return y ? cj_add_at(at, x, conv(at, s, "head", y, cj_extent(x, 1))) : NULL;
}

cj_tensor *cj_picture_net_at(cj_at at, cj_scope *s, const cj_architecture *a, cj_tensor *x)
{
    if (!x)
        return NULL;
    if (cj_rank(x) != 4) {
        cj_fail_building(cj_scope_context(s), CJ_SHAPE, at,
                         "%s: x is %s, it must be pictures [N, channels, height, width]",
                         cj_architecture_name(a->kind), CJ_TEXT_OF(x));
        return NULL;
    }
    switch (a->kind) {
    case CJ_VAE: return vae(at, s, a, x);
    case CJ_UNET: return unet(at, s, a, x);
    default: return autoencoder(at, s, a, x);
    }
}
