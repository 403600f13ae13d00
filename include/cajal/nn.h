/*
 * cajal/nn.h - scopes, layers, activations and initialisers; losses are in cajal/loss.h.
 *
 * A net is a C function from a scope and tensors to tensors:
 *
 *     static cj_tensor *lenet(cj_scope *s, cj_tensor *x)
 *     {
 *         x = cj_relu(cj_conv2d(s, "conv1", x, .out_channels = 32, .kernel_size = {5}));
 *         x = cj_max_pool2d(x, .kernel_size = {2});
 *         x = cj_relu(cj_linear(s, "fc1", cj_flatten(x), .out_features = 128));
 *         return cj_linear(s, "fc2", x, .out_features = 10);
 *     }
 *
 * Words, layouts, defaults and initial values are torch.nn's: pictures are [N, C, H, W], the
 * weight of a linear layer is [out, in], of a convolution [out, in / groups, kh, kw]; a
 * state_dict of the same torch module has the same names.
 *
 * Options: the mandatory arguments first, then fields by name, in any order. A field left out
 * has the default its comment tells. Where a field has an element an axis, missing trailing axes
 * repeat the first ({5} is 5x5), and an explicit zero among them is CJ_ZERO. Under each macro
 * stands a function of the struct; C++ fills the struct:
 *
 *     cj_linear_args a = {};
 *     a.scope = s; a.name = "fc1"; a.x = x; a.out_features = 128; a.at = CJ_HERE_OF(a);
 *     x = cj_linear_at(&a);
 *
 * Everything is a composition of the ops of cajal/graph.h and can be differentiated any number
 * of times. Errors are building errors: NULL is returned, the sentence names the layer and the
 * caller's line.
 */
#ifndef CAJAL_NN_H
#define CAJAL_NN_H

#include "cajal/loss.h"
#include "cajal/program.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- initial values ---- */

typedef enum cj_initialiser_kind {
    CJ_INIT_DEFAULT,    /* what the layer's page says */
    CJ_INIT_CONSTANT,   /* a everywhere */
    CJ_INIT_UNIFORM,    /* uniform in [a, b) */
    CJ_INIT_NORMAL,     /* normal with mean a, standard deviation b */
    CJ_INIT_ORTHOGONAL, /* a times an orthogonal matrix */
    CJ_INIT_SPARSE      /* normal with deviation b, but for a share a of each column: 0 */
} cj_initialiser_kind;

/*
 * How a parameter begins: a distribution, or bounds that follow from its shape: fan_in =
 * elements / shape[0], fan_out = elements / shape[1] (of a vector both are its length). Values
 * depend on (seed, path of the parameter) alone.
 */
typedef struct cj_initialiser {
    cj_initialiser_kind kind;
    int scaled_by; /* a, b times 0: 1; 1: 1 / sqrt(fan_in); 2: sqrt(2 / (fan_in + fan_out)) */
    double a, b;
} cj_initialiser;

CJ_API cj_initialiser cj_init_constant(double value);
CJ_API cj_initialiser cj_init_zeros(void);
CJ_API cj_initialiser cj_init_ones(void);
CJ_API cj_initialiser cj_init_uniform(double low, double high);
CJ_API cj_initialiser cj_init_normal(double mean, double deviation);
/* Bound sqrt(6 / ((1 + a^2) fan_in)); normal: deviation sqrt(2 / ((1 + a^2) fan_in)). a is the
 * slope of the leaky relu that follows: 0 for relu, sqrt(5) in torch's linear and conv. He et
 * al., "Delving deep into rectifiers", ICCV 2015. */
CJ_API cj_initialiser cj_init_kaiming_uniform(double a);
CJ_API cj_initialiser cj_init_kaiming_normal(double a);
/* Bound gain sqrt(6 / (fan_in + fan_out)); normal: deviation gain sqrt(2 / (fan_in + fan_out)).
 * Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural
 * networks", AISTATS 2010. */
CJ_API cj_initialiser cj_init_xavier_uniform(double gain);
CJ_API cj_initialiser cj_init_xavier_normal(double gain);

/* As a matrix [first axis, rest], gain times a random matrix with orthonormal rows, or columns where there are
 * more rows, drawn evenly among all of them; at least two axes. Saxe, McClelland and Ganguli, ICLR 2014. */
CJ_API cj_initialiser cj_init_orthogonal(double gain);
/* Of a matrix [out, in]: in each column the share `sparsity` of the rows, rounded up, is 0, the others
 * are normal with that deviation. Martens, "Deep learning via Hessian-free optimization", ICML 2010. */
CJ_API cj_initialiser cj_init_sparse(double sparsity, double deviation);

/* ---- scopes ---- */

/*
 * A scope answers "which tensor is conv1.weight?" and gathers what a build leaves behind:
 * records of new values, and how many random draws were made where. It belongs to its context;
 * the nodes it hands out are those of the frame in which it is asked.
 */
typedef struct cj_scope cj_scope;

/*
 * The usual root scope: creates a variable on the first question for a name and keeps it; the
 * same name is the same variable. Parameters are f32 unless cj_scope_set_dtype says f64 before
 * the first of them is made. Freed with cj_scope_free, or with its context. NULL when there is
 * no memory.
 */
CJ_API cj_scope *cj_scope_new(cj_context *context);
CJ_API void cj_scope_free(cj_scope *root); /* NULL is fine; releases its variables */
CJ_API cj_status cj_scope_set_dtype(cj_scope *root, cj_dtype dtype); /* f32 or f64 */

/* The scope called `name` inside s ("block3", "layer1.0"); asked again, the same one. Owned by
 * its root. */
CJ_API cj_scope *cj_scope_enter(cj_scope *s, const char *name);
CJ_API cj_scope *cj_scope_root(cj_scope *s);
CJ_API const char *cj_scope_path(const cj_scope *s); /* "layer1.0"; "" at the root */
CJ_API cj_context *cj_scope_context(const cj_scope *s);
CJ_API cj_dtype cj_scope_dtype(const cj_scope *s);
CJ_API bool cj_scope_training(const cj_scope *s);

/*
 * Opens a build of the root's net: says whether dropout and batch norm train, starts the
 * ordinals of draws at 0 and drops unclaimed records. To be called before each run of the net's
 * function.
 */
CJ_API cj_status cj_scope_build(cj_scope *root, bool training);

/* What is asked of a scope. */
typedef enum cj_entry_kind {
    CJ_PARAMETER, /* trained by gradients */
    CJ_BUFFER,    /* part of the state_dict, changed by records: running_mean */
    CJ_STATE      /* neither: of optimisers, and the step */
} cj_entry_kind;
typedef struct cj_request {
    cj_at at;
    const char *path; /* "layer1.0.conv1.weight" */
    cj_entry_kind kind;
    cj_dtype dtype;
    int rank;
    const int64_t *shape;
    cj_initialiser initialiser;
} cj_request;

/* The tensor of that name inside s: the usual scope's is the value before the step,
 * CJ_INIT_DEFAULT zeros. A shape or dtype other than the one it was made with is an error. */
CJ_API cj_tensor *cj_scope_get_at(cj_at at, cj_scope *s, const char *name, cj_dtype dtype, int rank,
                                  const int64_t *shape, cj_initialiser initialiser);
#define cj_scope_get(...) cj_scope_get_at(CJ_HERE, __VA_ARGS__)
/* The same for a buffer. */
CJ_API cj_tensor *cj_scope_buffer_at(cj_at at, cj_scope *s, const char *name, cj_dtype dtype,
                                     int rank, const int64_t *shape, cj_initialiser initialiser);
#define cj_scope_buffer(...) cj_scope_buffer_at(CJ_HERE, __VA_ARGS__)

/*
 * Records that `value` is to be the new value of what is called `name` in s. A later record
 * replaces an earlier one; what goes on from the earlier one (a layer used twice) asks for
 * cj_scope_latest. Leaving the frame in which it was made drops it. A name for which there is no
 * variable (another scope answers it) is kept for cj_scope_latest alone.
 */
CJ_API cj_status cj_scope_record_at(cj_at at, cj_scope *s, const char *name, cj_tensor *value);
#define cj_scope_record(...) cj_scope_record_at(CJ_HERE, __VA_ARGS__)
/* What was last recorded for the name, else `before`: what the scope answered for it. */
CJ_API cj_tensor *cj_scope_latest(cj_scope *s, const char *name, cj_tensor *before);
/* The same for a variable of the caller's own; before any record its value before the step. */
CJ_API cj_status cj_scope_record_variable_at(cj_at at, cj_scope *s, cj_variable *variable,
                                             cj_tensor *value);
#define cj_scope_record_variable(...) cj_scope_record_variable_at(CJ_HERE, __VA_ARGS__)
CJ_API cj_tensor *cj_scope_latest_variable_at(cj_at at, cj_scope *s, cj_variable *variable);
#define cj_scope_latest_variable(...) cj_scope_latest_variable_at(CJ_HERE, __VA_ARGS__)

/* The records of this build, for cj_compile; valid until the next record or build. */
CJ_API cj_updates cj_scope_updates(cj_scope *s);

/*
 * Inner tensors by name: activations read, clamped, ablated, patched.
 *
 *     cj_scope_watch(s, true);
 *     cj_scope_build(s, false);
 *     cj_tensor *y = net(s, x), *h = cj_scope_tensor(s, "layer1.0.conv1");
 *     cj_replace(1, &h, &other, 1, &y, &changed);       (cajal/transform.h)
 *
 * In a build that is watched each layer returns a cj_tap, kept under the layer's path, and
 * cj_scope_mark one of x under `name` in s, for what has no layer (a relu, a sum of branches); else
 * both leave x as it is. The named layers of a net from text are all marked; what stands in a loop's
 * body is not, since it is no tensor outside.
 */
CJ_API void cj_scope_watch(cj_scope *s, bool on);
CJ_API cj_tensor *cj_scope_mark_at(cj_at at, cj_scope *s, const char *name, cj_tensor *x);
#define cj_scope_mark(...) cj_scope_mark_at(CJ_HERE, __VA_ARGS__)
/* The tensor of that full path in the build at hand (of several the last, as where a layer is used
 * twice); NULL: none. It lives until its frame is left. */
CJ_API cj_tensor *cj_scope_tensor(cj_scope *s, const char *path);
/* All of them in the order of building; NULL out of range. Valid until the next is made. */
typedef struct cj_inner {
    const char *path;
    cj_tensor *value;
} cj_inner;
CJ_API const cj_inner *cj_scope_inner(cj_scope *s, int i);

/* The key of the next draw in s, u32[2]: folds seed, path, ordinal of the draw in this build,
 * the step, and the index of each loop in whose body it is asked for. */
CJ_API cj_tensor *cj_scope_key_at(cj_at at, cj_scope *s);
#define cj_scope_key(...) cj_scope_key_at(CJ_HERE, __VA_ARGS__)
/* The i64 scalar variable "step": cj_optimize adds 1 to it, an open loop records it. */
CJ_API cj_variable *cj_scope_step(cj_scope *s);

/* ---- what a usual scope holds, in order of creation; of other scopes nothing ---- */

typedef struct cj_entry {
    const char *path;
    cj_entry_kind kind;
    bool frozen; /* a parameter that cj_optimize leaves alone; a buffer that keeps its value */
    cj_variable *variable;
} cj_entry;
CJ_API int cj_scope_count(const cj_scope *s);
CJ_API const cj_entry *cj_scope_entry(const cj_scope *s, int i);        /* NULL out of range */
CJ_API cj_variable *cj_scope_find(const cj_scope *s, const char *path); /* full path; NULL: none */
CJ_API int64_t cj_scope_parameters(const cj_scope *s); /* numbers learnt: elements of parameters */
/* Freezes, or trains again, the parameters below s that exist now. */
CJ_API void cj_scope_freeze(cj_scope *s, bool frozen);
/*
 * The same for the parameters and buffers whose path below s fits a pattern of `patterns`, as a
 * shell's (* any text, ? a character, [abc] one of them), with commas between: "conv1.*,*.bias". A
 * frozen buffer keeps its value; a batch norm whose running_mean is frozen normalises by its running
 * values when it trains, too. Returns how many fit.
 */
CJ_API int cj_scope_freeze_matching(cj_scope *s, const char *patterns, bool frozen);
/* A state variable for an optimiser and the like, zeros at first; the same path is the same
 * variable. NULL: cj_error. */
CJ_API cj_variable *cj_scope_state(cj_scope *s, const char *path, cj_dtype dtype, int rank,
                                   const int64_t *shape);
/*
 * Copies out of and into what `path` names; dtype and shape must be its own (SHAPE, DTYPE say
 * which is which; NOT_FOUND lists a near name). For all of a state_dict: cj_scope_entry.
 */
CJ_API cj_status cj_scope_copy_out(const cj_scope *s, const char *path, cj_dtype dtype, int rank,
                                   const int64_t *shape, void *data);
CJ_API cj_status cj_scope_copy_in(cj_scope *s, const char *path, cj_dtype dtype, int rank,
                                  const int64_t *shape, const void *data);

/* ---- other scopes ---- */

/*
 * Answers with value[i] to the full path name[i], and with `base` to every other; build, draws
 * and other records are those of base. Names and pointers are copied: the scope is of use as
 * long as its tensors live. It is freed by cj_scope_free, before base, or with the context.
 */
CJ_API cj_scope *cj_scope_over(cj_scope *base, int count, const char *const *name,
                               cj_tensor *const *value);

/* Any other scope: `get` answers (NULL: it recorded an error); `free`, called with the scope's
 * end, may be NULL. `state` is the caller's, the table is copied; build, draws and records are
 * those of base. */
typedef struct cj_scope_table {
    cj_tensor *(*get)(void *state, const cj_request *request);
    void (*free)(void *state);
} cj_scope_table;
CJ_API cj_scope *cj_scope_with(cj_scope *base, const cj_scope_table *table, void *state);
/* Asks a scope as a layer does: what a table's `get` calls to go on to another scope. */
CJ_API cj_tensor *cj_scope_ask(cj_scope *s, const cj_request *request);

/*
 * For mixed precision: says `dtype` (bf16, f16; any float) to layers, and answers their parameters cast to it from
 * base, where they stay f32 or f64; gradients come back through the cast. A buffer is an INVALID error: a layer that
 * keeps statistics (batch norm) is built on base, its input and output cast. Build, draws and records are those
 * of base; freed as cj_scope_over. See .loss_scale of cj_optimize.
 */
CJ_API cj_scope *cj_scope_cast(cj_scope *base, cj_dtype dtype);

/* ---- layers with parameters ---- */

/* y = x W^T + b, x [..., in] to y [..., out]; weight [out, in] kaiming_uniform(sqrt 5), bias [out]
 * uniform +-1/sqrt(in). */
struct cj_linear_args {
    cj_scope *scope;
    const char *name;
    cj_tensor *x;
    cj_at at;
    int64_t out_features; /* mandatory */
    bool no_bias;
    cj_initialiser weight_init, bias_init;
};
CJ_API cj_tensor *cj_linear_at(const struct cj_linear_args *args);
#define cj_linear(...)                                                                             \
    cj_linear_at(&(struct cj_linear_args){__VA_ARGS__, .at = CJ_HERE_OF(struct cj_linear_args)})

/*
 * Cross-correlation of x [N, C, L] to y [N, out, L']:
 *     y[n, o, p] = bias[o] + sum over c, t of
 *                  x[n, c, p stride + t dilation - padding] weight[o, c, t]
 * with c over the C / groups channels of o's group, L' = floor((L + 2 padding - dilation (k - 1) -
 * 1) / stride) + 1. weight [out, C / groups, k], bias [out], initial values as for linear with in =
 * C / groups k.
 */
struct cj_conv1d_args {
    cj_scope *scope;
    const char *name;
    cj_tensor *x;
    cj_at at;
    int64_t out_channels, kernel_size; /* mandatory */
    int64_t stride, dilation, groups;  /* 1 */
    int64_t padding;                   /* 0; zeros on both sides */
    bool padding_same; /* so many zeros that L stays (stride 1), the odd one behind */
    bool no_bias;
    cj_initialiser weight_init, bias_init;
};
CJ_API cj_tensor *cj_conv1d_at(const struct cj_conv1d_args *args);
#define cj_conv1d(...)                                                                             \
    cj_conv1d_at(&(struct cj_conv1d_args){__VA_ARGS__, .at = CJ_HERE_OF(struct cj_conv1d_args)})

/* The same of x [N, C, H, W]; weight [out, C / groups, kh, kw]. */
struct cj_conv2d_args {
    cj_scope *scope;
    const char *name;
    cj_tensor *x;
    cj_at at;
    int64_t out_channels, kernel_size[2];   /* mandatory */
    int64_t stride[2], dilation[2], groups; /* 1 */
    int64_t padding[2];                     /* 0 */
    bool padding_same;
    bool no_bias;
    cj_initialiser weight_init, bias_init;
};
CJ_API cj_tensor *cj_conv2d_at(const struct cj_conv2d_args *args);
#define cj_conv2d(...)                                                                             \
    cj_conv2d_at(&(struct cj_conv2d_args){__VA_ARGS__, .at = CJ_HERE_OF(struct cj_conv2d_args)})

/*
 * Batch norm over all axes of x [N, C, ...] but C (1d and 2d): y = (x - mean) / sqrt(var + eps)
 * weight + bias. A training build takes mean and (biased) var from the batch and records
 * running_mean, running_var (unbiased) = (1 - momentum) old + momentum new, and
 * num_batches_tracked; others take the running ones. weight begins at 1, bias at 0. A training
 * batch of one value a channel is an error. Ioffe and Szegedy, "Batch normalization", ICML 2015.
 */
struct cj_batch_norm_args {
    cj_scope *scope;
    const char *name;
    cj_tensor *x;
    cj_at at;
    double eps;      /* 1e-5 */
    double momentum; /* 0.1 */
    bool no_affine;  /* no weight and bias */
    bool no_running; /* batch statistics in every build, nothing recorded */
};
CJ_API cj_tensor *cj_batch_norm_at(const struct cj_batch_norm_args *args);
#define cj_batch_norm(...)                                                                         \
    cj_batch_norm_at(                                                                              \
        &(struct cj_batch_norm_args){__VA_ARGS__, .at = CJ_HERE_OF(struct cj_batch_norm_args)})

/* The same over the trailing `axes` axes of each example, always its own statistics; weight and
 * bias have their shape. Ba, Kiros and Hinton, "Layer normalization", 2016. */
struct cj_layer_norm_args {
    cj_scope *scope;
    const char *name;
    cj_tensor *x;
    cj_at at;
    int axes;   /* 1 */
    double eps; /* 1e-5 */
    bool no_affine, no_bias;
};
CJ_API cj_tensor *cj_layer_norm_at(const struct cj_layer_norm_args *args);
#define cj_layer_norm(...)                                                                         \
    cj_layer_norm_at(                                                                              \
        &(struct cj_layer_norm_args){__VA_ARGS__, .at = CJ_HERE_OF(struct cj_layer_norm_args)})

/* In a training build: each element is 0 with probability p in [0, 1], else divided by 1 - p.
 * Other builds: x. Srivastava et al., "Dropout", JMLR 2014. */
CJ_API cj_tensor *cj_dropout_at(cj_at at, cj_scope *s, cj_tensor *x, double p);
#define cj_dropout(...) cj_dropout_at(CJ_HERE, __VA_ARGS__)

/* ---- pooling ---- */

/* Largest of each window of x [N, C, L], [N, C, H, W] or [N, C, D, H, W], extents as in a convolution; padding at
 * most half the window, never chosen; the gradient goes to the first of ties. */
struct cj_max_pool_args {
    cj_tensor *x;
    cj_at at;
    int64_t kernel_size[3]; /* mandatory */
    int64_t stride[3];      /* kernel_size */
    int64_t padding[3];     /* 0 */
    int64_t dilation[3];    /* 1 */
};
CJ_API cj_tensor *cj_max_pool1d_at(const struct cj_max_pool_args *args);
CJ_API cj_tensor *cj_max_pool2d_at(const struct cj_max_pool_args *args);
CJ_API cj_tensor *cj_max_pool3d_at(const struct cj_max_pool_args *args);
#define cj_max_pool1d(...)                                                                         \
    cj_max_pool1d_at(                                                                              \
        &(struct cj_max_pool_args){__VA_ARGS__, .at = CJ_HERE_OF(struct cj_max_pool_args)})
#define cj_max_pool2d(...)                                                                         \
    cj_max_pool2d_at(                                                                              \
        &(struct cj_max_pool_args){__VA_ARGS__, .at = CJ_HERE_OF(struct cj_max_pool_args)})
#define cj_max_pool3d(...)                                                                         \
    cj_max_pool3d_at(                                                                              \
        &(struct cj_max_pool_args){__VA_ARGS__, .at = CJ_HERE_OF(struct cj_max_pool_args)})

/* Mean of each window, otherwise as max_pool; the zeros of the padding count unless
 * count_exclude_pad. */
struct cj_avg_pool_args {
    cj_tensor *x;
    cj_at at;
    int64_t kernel_size[3]; /* mandatory */
    int64_t stride[3];      /* kernel_size */
    int64_t padding[3];     /* 0 */
    bool count_exclude_pad;
};
CJ_API cj_tensor *cj_avg_pool1d_at(const struct cj_avg_pool_args *args);
CJ_API cj_tensor *cj_avg_pool2d_at(const struct cj_avg_pool_args *args);
CJ_API cj_tensor *cj_avg_pool3d_at(const struct cj_avg_pool_args *args);
#define cj_avg_pool1d(...)                                                                         \
    cj_avg_pool1d_at(                                                                              \
        &(struct cj_avg_pool_args){__VA_ARGS__, .at = CJ_HERE_OF(struct cj_avg_pool_args)})
#define cj_avg_pool2d(...)                                                                         \
    cj_avg_pool2d_at(                                                                              \
        &(struct cj_avg_pool_args){__VA_ARGS__, .at = CJ_HERE_OF(struct cj_avg_pool_args)})
#define cj_avg_pool3d(...)                                                                         \
    cj_avg_pool3d_at(                                                                              \
        &(struct cj_avg_pool_args){__VA_ARGS__, .at = CJ_HERE_OF(struct cj_avg_pool_args)})

/* Mean of each channel: [N, C, ...] to [N, C, 1, ...], torch's adaptive average pool to 1. */
CJ_API cj_tensor *cj_global_avg_pool_at(cj_at at, cj_tensor *x);
#define cj_global_avg_pool(...) cj_global_avg_pool_at(CJ_HERE, __VA_ARGS__)
/* Largest of each channel; the gradient is shared equally among ties. */
CJ_API cj_tensor *cj_global_max_pool_at(cj_at at, cj_tensor *x);
#define cj_global_max_pool(...) cj_global_max_pool_at(CJ_HERE, __VA_ARGS__)
/* Means of size[i] bins along spatial axis i of x [N, C, ...]: bin j covers floor(j n / size) to
 * ceil((j + 1) n / size), as torch's. */
CJ_API cj_tensor *cj_adaptive_avg_pool_at(cj_at at, cj_tensor *x, const int64_t *size);
#define cj_adaptive_avg_pool(...) cj_adaptive_avg_pool_at(CJ_HERE, __VA_ARGS__)

/* ---- activations ---- */

/* cj_relu, cj_tanh and cj_flatten are ops of cajal/graph.h. */
/* min(max(x, 0), 6) */
CJ_API cj_tensor *cj_relu6_at(cj_at at, cj_tensor *x);
/* x > 0 ? x : slope x */
CJ_API cj_tensor *cj_leaky_relu_at(cj_at at, cj_tensor *x, double slope);
/* x > 0 ? x : alpha (e^x - 1) */
CJ_API cj_tensor *cj_elu_at(cj_at at, cj_tensor *x, double alpha);
/* x (1 + erf(x / sqrt 2)) / 2 */
CJ_API cj_tensor *cj_gelu_at(cj_at at, cj_tensor *x);
/* x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2 */
CJ_API cj_tensor *cj_gelu_tanh_at(cj_at at, cj_tensor *x);
/* x sigmoid(x) */
CJ_API cj_tensor *cj_silu_at(cj_at at, cj_tensor *x);
/* 1 / (1 + e^-x), nothing overflows */
CJ_API cj_tensor *cj_sigmoid_at(cj_at at, cj_tensor *x);
/* log(1 + e^x), nothing overflows */
CJ_API cj_tensor *cj_softplus_at(cj_at at, cj_tensor *x);
/* e^x / sum of e^x along the axis */
CJ_API cj_tensor *cj_softmax_at(cj_at at, cj_tensor *x, int axis);
/* its logarithm, stable */
CJ_API cj_tensor *cj_log_softmax_at(cj_at at, cj_tensor *x, int axis);
#define cj_relu6(...) cj_relu6_at(CJ_HERE, __VA_ARGS__)
#define cj_leaky_relu(...) cj_leaky_relu_at(CJ_HERE, __VA_ARGS__)
#define cj_elu(...) cj_elu_at(CJ_HERE, __VA_ARGS__)
#define cj_gelu(...) cj_gelu_at(CJ_HERE, __VA_ARGS__)
#define cj_gelu_tanh(...) cj_gelu_tanh_at(CJ_HERE, __VA_ARGS__)
#define cj_silu(...) cj_silu_at(CJ_HERE, __VA_ARGS__)
#define cj_sigmoid(...) cj_sigmoid_at(CJ_HERE, __VA_ARGS__)
#define cj_softplus(...) cj_softplus_at(CJ_HERE, __VA_ARGS__)
#define cj_softmax(...) cj_softmax_at(CJ_HERE, __VA_ARGS__)
#define cj_log_softmax(...) cj_log_softmax_at(CJ_HERE, __VA_ARGS__)

#ifdef __cplusplus
}
#endif

#endif
