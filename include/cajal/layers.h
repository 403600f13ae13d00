/*
 * cajal/layers.h - layers beyond the first ones of cajal/nn.h, whose conventions they keep: the
 * names, shapes, defaults and initial values are torch.nn's where it has the layer; options follow
 * by name; errors are building errors that name the layer and the caller's line.
 */
#ifndef CAJAL_LAYERS_H
#define CAJAL_LAYERS_H

#include "cajal/nn.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- convolutions ---- */

/* cj_conv2d of x [N, C, D, H, W]; weight [out, C / groups, kd, kh, kw]. */
struct cj_conv3d_args {
    cj_scope *scope;
    const char *name;
    cj_tensor *x;
    cj_at at;
    int64_t out_channels, kernel_size[3];   /* mandatory */
    int64_t stride[3], dilation[3], groups; /* 1 */
    int64_t padding[3];                     /* 0 */
    bool padding_same;
    bool no_bias;
    cj_initialiser weight_init, bias_init;
};
CJ_API cj_tensor *cj_conv3d_at(const struct cj_conv3d_args *args);
#define cj_conv3d(...)                                                                             \
    cj_conv3d_at(&(struct cj_conv3d_args){__VA_ARGS__, .at = CJ_HERE_OF(struct cj_conv3d_args)})

/*
 * The transpose of a convolution's map of x: of x [N, C, L] (1d), [N, C, H, W] (2d) or [N, C, D, H,
 * W] (3d), extents (L - 1) stride - 2 padding + dilation (k - 1) + output_padding + 1. weight [C,
 * out / groups, k...]. Initial values as of cj_conv2d with in = out / groups k...
 */
struct cj_conv_transpose_args {
    cj_scope *scope;
    const char *name;
    cj_tensor *x;
    cj_at at;
    int64_t out_channels, kernel_size[3];   /* mandatory */
    int64_t stride[3], dilation[3], groups; /* 1 */
    int64_t padding[3], output_padding[3];  /* 0 */
    bool no_bias;
    cj_initialiser weight_init, bias_init;
};
CJ_API cj_tensor *cj_conv_transpose1d_at(const struct cj_conv_transpose_args *args);
CJ_API cj_tensor *cj_conv_transpose2d_at(const struct cj_conv_transpose_args *args);
CJ_API cj_tensor *cj_conv_transpose3d_at(const struct cj_conv_transpose_args *args);
#define CJ_CONV_TRANSPOSE_ARGS(...)                                                                \
    (&(struct cj_conv_transpose_args){__VA_ARGS__, .at = CJ_HERE_OF(struct cj_conv_transpose_args)})
#define cj_conv_transpose1d(...) cj_conv_transpose1d_at(CJ_CONV_TRANSPOSE_ARGS(__VA_ARGS__))
#define cj_conv_transpose2d(...) cj_conv_transpose2d_at(CJ_CONV_TRANSPOSE_ARGS(__VA_ARGS__))
#define cj_conv_transpose3d(...) cj_conv_transpose3d_at(CJ_CONV_TRANSPOSE_ARGS(__VA_ARGS__))

/* A convolution without sharing: each place of the result has a weight of its own. x [N, C, H, W];
 * weight [H' W', out, C kh kw], bias [out, H', W']; initial values as of cj_conv2d. */
struct cj_locally_connected_args {
    cj_scope *scope;
    const char *name;
    cj_tensor *x;
    cj_at at;
    int64_t out_channels, kernel_size[2]; /* mandatory */
    int64_t stride[2];                    /* 1 */
    bool no_bias;
};
CJ_API cj_tensor *cj_locally_connected2d_at(const struct cj_locally_connected_args *args);
#define cj_locally_connected2d(...)                                                                \
    cj_locally_connected2d_at(&(struct cj_locally_connected_args){                                 \
        __VA_ARGS__, .at = CJ_HERE_OF(struct cj_locally_connected_args)})

/* ---- norms ---- */

/* Layer norm over each of `groups` runs of channels of x [N, C, ...] with all their places; weight
 * and bias [C]. Wu and He, "Group normalization", ECCV 2018. With groups = C and no_affine it is
 * instance norm. */
struct cj_group_norm_args {
    cj_scope *scope;
    const char *name;
    cj_tensor *x;
    cj_at at;
    int64_t groups; /* mandatory */
    double eps;     /* 1e-5 */
    bool no_affine;
};
CJ_API cj_tensor *cj_group_norm_at(const struct cj_group_norm_args *args);
#define cj_group_norm(...)                                                                         \
    cj_group_norm_at(                                                                              \
        &(struct cj_group_norm_args){__VA_ARGS__, .at = CJ_HERE_OF(struct cj_group_norm_args)})

/* Each channel of each example of x [N, C, ...] with mean 0 and variance 1; `affine`: then weight
 * and bias [C]. Ulyanov, Vedaldi and Lempitsky, 2016. */
struct cj_instance_norm_args {
    cj_scope *scope;
    const char *name;
    cj_tensor *x;
    cj_at at;
    double eps; /* 1e-5 */
    bool affine;
};
CJ_API cj_tensor *cj_instance_norm_at(const struct cj_instance_norm_args *args);
#define cj_instance_norm(...)                                                                      \
    cj_instance_norm_at(&(struct cj_instance_norm_args){                                           \
        __VA_ARGS__, .at = CJ_HERE_OF(struct cj_instance_norm_args)})

/* x / sqrt(mean(x^2) + eps) weight over the trailing `axes` axes. Zhang and Sennrich, "Root mean
 * square layer normalization", NeurIPS 2019. */
struct cj_rms_norm_args {
    cj_scope *scope;
    const char *name;
    cj_tensor *x;
    cj_at at;
    int axes;   /* 1 */
    double eps; /* the dtype's epsilon, as torch's */
    bool no_affine;
};
CJ_API cj_tensor *cj_rms_norm_at(const struct cj_rms_norm_args *args);
#define cj_rms_norm(...)                                                                           \
    cj_rms_norm_at(                                                                                \
        &(struct cj_rms_norm_args){__VA_ARGS__, .at = CJ_HERE_OF(struct cj_rms_norm_args)})

/*
 * Scopes that re-parametrise what the layers inside call "weight" (two axes or more):
 *
 *     cj_scope *w = cj_scope_weight_norm(s);
 *     x = cj_linear(w, "fc", x, .out_features = 64);
 *
 * Weight norm: weight = weight_g weight_v / |weight_v|, the norm over all axes but the first;
 * weight_g [out, 1, ...] begins as |weight_v|. Salimans and Kingma, NeurIPS 2016. Spectral norm:
 * weight = weight_orig / sigma, sigma = u^T W v of W [out, rest] after one step of the power
 * iteration in each training build; the buffers weight_u and weight_v are held constant. Miyato et
 * al., ICLR 2018. Freed by cj_scope_free, before s, or with the context; NULL: no memory.
 */
CJ_API cj_scope *cj_scope_weight_norm(cj_scope *s);
CJ_API cj_scope *cj_scope_spectral_norm(cj_scope *s);

/* ---- tables, products ---- */

/* Row index[...] of weight [count, features], N(0, 1) at the start: x of an integer dtype [...], the
 * result [..., features]. An index outside gives NaN. */
struct cj_embedding_args {
    cj_scope *scope;
    const char *name;
    cj_tensor *x;
    cj_at at;
    int64_t count, features; /* mandatory */
    cj_initialiser weight_init;
};
CJ_API cj_tensor *cj_embedding_at(const struct cj_embedding_args *args);
#define cj_embedding(...)                                                                          \
    cj_embedding_at(                                                                               \
        &(struct cj_embedding_args){__VA_ARGS__, .at = CJ_HERE_OF(struct cj_embedding_args)})

/* y[..., o] = sum over i, j of a[..., i] weight[o, i, j] b[..., j] + bias[o]; initial values uniform
 * within 1 / sqrt(features of a). */
struct cj_bilinear_args {
    cj_scope *scope;
    const char *name;
    cj_tensor *a, *b;
    cj_at at;
    int64_t out_features; /* mandatory */
    bool no_bias;
};
CJ_API cj_tensor *cj_bilinear_at(const struct cj_bilinear_args *args);
#define cj_bilinear(...)                                                                           \
    cj_bilinear_at(                                                                                \
        &(struct cj_bilinear_args){__VA_ARGS__, .at = CJ_HERE_OF(struct cj_bilinear_args)})

/* The largest of `pieces` neighbours along an axis whose extent they divide: [..., n pieces, ...]
 * to [..., n, ...]. Goodfellow et al., "Maxout networks", ICML 2013. */
CJ_API cj_tensor *cj_maxout_at(cj_at at, cj_tensor *x, int axis, int64_t pieces);
#define cj_maxout(...) cj_maxout_at(CJ_HERE, __VA_ARGS__)

/* x times sigmoid(fc2(relu(fc1(mean of each channel)))), x [N, C, ...]; fc1 has C / reduction
 * features, at least 1. Hu, Shen and Sun, "Squeeze-and-excitation networks", CVPR 2018. */
CJ_API cj_tensor *cj_squeeze_excite_at(cj_at at, cj_scope *s, const char *name, cj_tensor *x,
                                       int64_t reduction);
#define cj_squeeze_excite(...) cj_squeeze_excite_at(CJ_HERE, __VA_ARGS__)

/*
 * Sum over experts of gate times expert(x), rows x [n, features]: gates = softmax(gate(x)), gate a
 * linear layer without bias; top_k: over the k largest logits of a row, 0 for the others. Expert i
 * is built by the caller's function in the scope "experts.i". Shazeer et al., ICLR 2017.
 */
typedef cj_tensor *cj_expert_fn(void *user, cj_scope *s, cj_tensor *x);
struct cj_mixture_args {
    cj_scope *scope;
    const char *name;
    cj_tensor *x;
    cj_at at;
    int64_t experts; /* mandatory, as is expert */
    cj_expert_fn *expert;
    void *user;
    int64_t top_k;     /* 0: all */
    cj_tensor **gates; /* result, where wanted: [n, experts] */
};
CJ_API cj_tensor *cj_mixture_of_experts_at(const struct cj_mixture_args *args);
#define cj_mixture_of_experts(...)                                                                 \
    cj_mixture_of_experts_at(                                                                      \
        &(struct cj_mixture_args){__VA_ARGS__, .at = CJ_HERE_OF(struct cj_mixture_args)})

/*
 * x [N, C, 1 to 3 axes] to [N, out, the same]: the first `modes` frequencies of each axis, of both
 * signs but along the last, are multiplied by complex matrices, the others dropped: irfft(W rfft(x)).
 * weights1, weights2, ... [C, out, modes..., 2], one a corner of the spectrum, uniform in [0, 1 / (C
 * out)). Li et al., "Fourier neural operator", ICLR 2021.
 */
struct cj_spectral_conv_args {
    cj_scope *scope;
    const char *name;
    cj_tensor *x;
    cj_at at;
    int64_t out_channels, modes[3]; /* mandatory */
};
CJ_API cj_tensor *cj_spectral_conv_at(const struct cj_spectral_conv_args *args);
#define cj_spectral_conv(...)                                                                      \
    cj_spectral_conv_at(&(struct cj_spectral_conv_args){                                           \
        __VA_ARGS__, .at = CJ_HERE_OF(struct cj_spectral_conv_args)})

/* ---- coordinates and conditions ---- */

/* [cos 2 pi x B, sin 2 pi x B] of x [..., in]: [..., 2 features], B [in, features] a buffer, normal with
 * deviation sigma, not trained. Tancik et al., "Fourier features let networks learn high frequency
 * functions", NeurIPS 2020. */
CJ_API cj_tensor *cj_random_fourier_features_at(cj_at at, cj_scope *s, const char *name,
                                                cj_tensor *x, int64_t features, double sigma);
#define cj_random_fourier_features(...) cj_random_fourier_features_at(CJ_HERE, __VA_ARGS__)

/* sin(omega (x W^T + b)) of x [..., in]; the parameters of cj_linear, W uniform within sqrt(6 / in) /
 * omega, in the net's .first layer within 1 / in. Sitzmann et al., "Implicit neural representations with
 * periodic activation functions", NeurIPS 2020. */
struct cj_siren_args {
    cj_scope *scope;
    const char *name;
    cj_tensor *x;
    cj_at at;
    int64_t out_features; /* mandatory */
    double omega;         /* 30 */
    bool first;
};
CJ_API cj_tensor *cj_siren_at(const struct cj_siren_args *args);
#define cj_siren(...)                                                                              \
    cj_siren_at(&(struct cj_siren_args){__VA_ARGS__, .at = CJ_HERE_OF(struct cj_siren_args)})

/* scale(e) x + shift(e), a number a channel of x [N, C, ...]; scale and shift linear layers of the
 * condition e [N, features]. Perez et al., "FiLM", AAAI 2018. */
CJ_API cj_tensor *cj_film_at(cj_at at, cj_scope *s, const char *name, cj_tensor *x,
                             cj_tensor *condition);
#define cj_film(...) cj_film_at(CJ_HERE, __VA_ARGS__)

/* ---- distributions ---- */

/* The distribution nearest to x along the axis, max(x - tau, 0): most of it exactly 0. Derivatives are
 * those of the support as it is. Martins and Astudillo, "From softmax to sparsemax", ICML 2016. */
CJ_API cj_tensor *cj_sparsemax_at(cj_at at, cj_tensor *x, int axis);
#define cj_sparsemax(...) cj_sparsemax_at(CJ_HERE, __VA_ARGS__)
/* max(x / 2 - tau, 0)^2, between softmax and sparsemax. Peters, Niculae and Martins, "Sparse
 * sequence-to-sequence models", ACL 2019. */
CJ_API cj_tensor *cj_entmax15_at(cj_at at, cj_tensor *x, int axis);
#define cj_entmax15(...) cj_entmax15_at(CJ_HERE, __VA_ARGS__)
/* softmax((logits + Gumbel noise) / temperature) along the axis; `hard`: its largest as one-hot, with the
 * derivative of the soft one. `key`: see cj_fold, cj_scope_key. Jang, Gu and Poole, ICLR 2017. */
CJ_API cj_tensor *cj_gumbel_softmax_at(cj_at at, cj_tensor *key, cj_tensor *logits, int axis,
                                       double temperature, bool hard);
#define cj_gumbel_softmax(...) cj_gumbel_softmax_at(CJ_HERE, __VA_ARGS__)
/* The mean place under the softmax of a heat map: [..., H, W] to [..., 2], (across, down) from -1 to 1
 * between the centres of the outermost elements (grid_sample's align_corners). */
CJ_API cj_tensor *cj_soft_argmax_at(cj_at at, cj_tensor *x);
#define cj_soft_argmax(...) cj_soft_argmax_at(CJ_HERE, __VA_ARGS__)

/* ---- regularising, pooling ---- */

/* In a training build: each example of x [N, ...] is 0 with probability p in [0, 1), else divided by 1 -
 * p; for a branch beside an identity. Huang et al., "Deep networks with stochastic depth", ECCV 2016. */
CJ_API cj_tensor *cj_drop_path_at(cj_at at, cj_scope *s, cj_tensor *x, double p);
#define cj_drop_path(...) cj_drop_path_at(CJ_HERE, __VA_ARGS__)
/* x / (k + alpha mean)^beta, the mean of x^2 over `size` channels around (zeros beyond the ends), x [N, C,
 * ...]: torch's LocalResponseNorm. Krizhevsky, Sutskever and Hinton, NeurIPS 2012. */
CJ_API cj_tensor *cj_local_response_norm_at(cj_at at, cj_tensor *x, int64_t size, double alpha,
                                            double beta, double k);
#define cj_local_response_norm(...) cj_local_response_norm_at(CJ_HERE, __VA_ARGS__)
/* (mean of max(x, 1e-6)^p)^(1/p) of each channel: [N, C, ...] to [N, C, 1, ...]; p [1] a parameter, 3 at
 * the start. Radenovic, Tolias and Chum, 2018. */
CJ_API cj_tensor *cj_gem_pool_at(cj_at at, cj_scope *s, const char *name, cj_tensor *x);
#define cj_gem_pool(...) cj_gem_pool_at(CJ_HERE, __VA_ARGS__)

/* ---- activations ---- */

/* 1.0507009873554805 (x > 0 ? x : 1.6732632423543772 (e^x - 1)). Klambauer et al., 2017. */
CJ_API cj_tensor *cj_selu_at(cj_at at, cj_tensor *x);
/* x > 0 ? x : alpha (e^(x / alpha) - 1) */
CJ_API cj_tensor *cj_celu_at(cj_at at, cj_tensor *x, double alpha);
/* x tanh(softplus(x)) */
CJ_API cj_tensor *cj_mish_at(cj_at at, cj_tensor *x);
/* x / (1 + |x|) */
CJ_API cj_tensor *cj_softsign_at(cj_at at, cj_tensor *x);
/* -softplus(-x) */
CJ_API cj_tensor *cj_log_sigmoid_at(cj_at at, cj_tensor *x);
/* min(max(x, low), high), with derivative 0 outside and at the ends */
CJ_API cj_tensor *cj_hardtanh_at(cj_at at, cj_tensor *x, double low, double high);
/* min(max(x + 3, 0), 6) / 6, and x times that */
CJ_API cj_tensor *cj_hardsigmoid_at(cj_at at, cj_tensor *x);
CJ_API cj_tensor *cj_hardswish_at(cj_at at, cj_tensor *x);
/* x where |x| > lambda, else 0; and shrunk towards 0 by lambda */
CJ_API cj_tensor *cj_hardshrink_at(cj_at at, cj_tensor *x, double lambda);
CJ_API cj_tensor *cj_softshrink_at(cj_at at, cj_tensor *x, double lambda);
/* x > theta ? x : value */
CJ_API cj_tensor *cj_threshold_at(cj_at at, cj_tensor *x, double theta, double value);
/* a sigmoid(b): the halves of x along the axis. Dauphin et al., ICML 2017. */
CJ_API cj_tensor *cj_glu_at(cj_at at, cj_tensor *x, int axis);
/* x > 0 ? x : weight[c] x, weight [C] (channels of x [N, C, ...]) or [1]; 0.25 at the start */
CJ_API cj_tensor *cj_prelu_at(cj_at at, cj_scope *s, const char *name, cj_tensor *x,
                              int64_t weights);
#define cj_selu(...) cj_selu_at(CJ_HERE, __VA_ARGS__)
#define cj_celu(...) cj_celu_at(CJ_HERE, __VA_ARGS__)
#define cj_mish(...) cj_mish_at(CJ_HERE, __VA_ARGS__)
#define cj_softsign(...) cj_softsign_at(CJ_HERE, __VA_ARGS__)
#define cj_log_sigmoid(...) cj_log_sigmoid_at(CJ_HERE, __VA_ARGS__)
#define cj_hardtanh(...) cj_hardtanh_at(CJ_HERE, __VA_ARGS__)
#define cj_hardsigmoid(...) cj_hardsigmoid_at(CJ_HERE, __VA_ARGS__)
#define cj_hardswish(...) cj_hardswish_at(CJ_HERE, __VA_ARGS__)
#define cj_hardshrink(...) cj_hardshrink_at(CJ_HERE, __VA_ARGS__)
#define cj_softshrink(...) cj_softshrink_at(CJ_HERE, __VA_ARGS__)
#define cj_threshold(...) cj_threshold_at(CJ_HERE, __VA_ARGS__)
#define cj_glu(...) cj_glu_at(CJ_HERE, __VA_ARGS__)
#define cj_prelu(...) cj_prelu_at(CJ_HERE, __VA_ARGS__)

#ifdef __cplusplus
}
#endif

#endif
