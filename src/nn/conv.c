/*
 * src/nn/conv.c - convolution layers over cj_convolve, whose group axis they add and take away.
 */
#include "cajal/layers.h"
#include "nn/nn.h"

#include <math.h>

/* Of all convolutions; 1d, 2d and 3d are told apart by the number of axes. */
typedef struct conv_args {
    const char *kind;
    cj_scope *scope;
    const char *name;
    cj_tensor *x;
    cj_at at;
    int axes;
    int64_t out, groups;
    int64_t kernel[3], stride[3], dilation[3], padding[3];
    int64_t output_padding[3]; /* transposed */
    bool same, no_bias, transposed;
    cj_initialiser weight_init, bias_init;
} conv_args;

static bool refuse(const conv_args *a, const char *reason)
{
    cj_fail_building(cj_scope_context(a->scope), CJ_SHAPE, a->at, "%s on %s: %s",
                     CJ_LABEL(a->kind, a->scope, a->name), CJ_TEXT_OF(a->x), reason);
    return false;
}

static bool check(const conv_args *a)
{
    if (cj_rank(a->x) != a->axes + 2)
        return refuse(a, a->axes == 1   ? "it takes [examples, channels, length]"
                         : a->axes == 2 ? "it takes [examples, channels, height, width]"
                                        : "it takes [examples, channels, depth, height, width]");
    if (a->out < 1)
        return refuse(a, ".out_channels must be at least 1");
    if (a->groups < 1 || cj_extent(a->x, 1) % a->groups || a->out % a->groups)
        return refuse(a, ".groups must divide the channels of x and .out_channels");
    for (int i = 0; i < a->axes; i++) {
        if (a->kernel[i] < 1)
            return refuse(a, ".kernel_size must be at least 1");
        if (a->stride[i] < 1 || a->dilation[i] < 1)
            return refuse(a, ".stride and .dilation must be at least 1");
        if (a->padding[i] < 0)
            return refuse(a, ".padding must not be negative");
        if (a->same && a->stride[i] != 1)
            return refuse(a, ".padding_same wants stride 1");
        if (a->transposed)
            continue;
        int64_t span = a->dilation[i] * (a->kernel[i] - 1) + 1;
        int64_t room = cj_extent(a->x, 2 + i) + 2 * a->padding[i];
        if (!a->same && span > room)
            return refuse(
                a, "its kernel is larger than the padded input; give .padding or a smaller kernel");
    }
    return true;
}

/* A transposed convolution is one over x with holes: what a stride leaves out is put in between. */
static cj_conv_options transposed_options(const conv_args *a)
{
    cj_conv_options o = {.spatial = a->axes};
    for (int i = 0; i < a->axes; i++) {
        int64_t total = a->dilation[i] * (a->kernel[i] - 1);
        o.stride[i] = 1;
        o.input_dilation[i] = a->stride[i];
        o.kernel_dilation[i] = a->dilation[i];
        o.low[i] = total - a->padding[i];
        o.high[i] = total - a->padding[i] + a->output_padding[i];
    }
    return o;
}

static cj_conv_options options_of(const conv_args *a)
{
    cj_conv_options o = {.spatial = a->axes};
    for (int i = 0; i < a->axes; i++) {
        int64_t total = a->dilation[i] * (a->kernel[i] - 1);
        o.stride[i] = a->stride[i];
        o.input_dilation[i] = 1;
        o.kernel_dilation[i] = a->dilation[i];
        o.low[i] = a->same ? total / 2 : a->padding[i];
        o.high[i] = a->same ? total - total / 2 : a->padding[i];
    }
    return o;
}

/* [A, B, ...] to [A, groups, B / groups, ...], or with the groups before: [groups, A / groups,
 * B, ...]. */
static cj_tensor *split(cj_at at, cj_tensor *x, int axis, int64_t groups)
{
    if (!x)
        return NULL;
    int rank = cj_rank(x);
    int64_t shape[CJ_MAX_RANK];
    for (int i = 0, j = 0; i < rank; i++) {
        if (i == axis)
            shape[j++] = groups;
        shape[j++] = i == axis ? cj_extent(x, i) / groups : cj_extent(x, i);
    }
    return cj_reshape_at(at, x, rank + 1, shape);
}

/* The weight of a transposed convolution [in, out / groups, ...] as that of the convolution over
 * groups: [groups, out / groups, in / groups, ... reversed]. */
static cj_tensor *transposed_weight(const conv_args *a, cj_tensor *w)
{
    int axes[6] = {0, 2, 1, 3, 4, 5};
    uint32_t spatial = 0;
    for (int i = 0; i < a->axes; i++)
        spatial |= CJ_AXIS(3 + i);
    w = split(a->at, w, 0, a->groups);
    return w ? cj_flip_at(a->at, cj_permute_at(a->at, w, axes), spatial) : NULL;
}

static cj_tensor *convolve(const conv_args *a, cj_tensor *w)
{
    cj_conv_options options = a->transposed ? transposed_options(a) : options_of(a);
    cj_tensor *kernel = a->transposed ? transposed_weight(a, w) : split(a->at, w, 0, a->groups);
    cj_tensor *y = cj_convolve_at(a->at, split(a->at, a->x, 1, a->groups), kernel, &options);
    if (!y)
        return NULL;
    int64_t shape[5] = {cj_extent(y, 0), a->out};
    for (int i = 0; i < a->axes; i++)
        shape[2 + i] = cj_extent(y, 3 + i);
    return cj_reshape_at(a->at, y, a->axes + 2, shape);
}

static cj_tensor *conv(const conv_args *a)
{
    if (!check(a))
        return NULL;
    int64_t shape[5] = {a->out, cj_extent(a->x, 1) / a->groups};
    if (a->transposed) {
        shape[0] = cj_extent(a->x, 1);
        shape[1] = a->out / a->groups;
    }
    double fan_in = (double)shape[1];
    for (int i = 0; i < a->axes; i++) {
        shape[2 + i] = a->kernel[i];
        fan_in *= (double)a->kernel[i];
    }
    double bound = fan_in > 0 ? 1 / sqrt(fan_in) : 0;
    cj_dtype dtype = cj_scope_dtype(a->scope);
    cj_scope *s = cj_scope_enter(a->scope, a->name);
    cj_tensor *w = cj_scope_get_at(a->at, s, "weight", dtype, a->axes + 2, shape,
                                   cj_init_or(a->weight_init, cj_init_kaiming_uniform(sqrt(5))));
    cj_tensor *y = convolve(a, w);
    if (!a->no_bias) {
        cj_tensor *b = cj_scope_get_at(a->at, s, "bias", dtype, 1, &a->out,
                                       cj_init_or(a->bias_init, cj_init_uniform(-bound, bound)));
        y = cj_add_at(a->at, y, cj_on_channels(a->at, b, a->axes + 2));
    }
    return cj_scope_mark_at(a->at, a->scope, a->name, y);
}

/* What the options of all convolutions have in common. */
#define CONV_ARGS(kind_name, count, a)                                                             \
    {                                                                                              \
        .kind = kind_name, .scope = (a).scope, .name = (a).name, .x = (a).x, .at = (a).at,         \
        .axes = count, .out = (a).out_channels, .groups = (a).groups ? (a).groups : 1,             \
        .no_bias = (a).no_bias, .weight_init = (a).weight_init, .bias_init = (a).bias_init         \
    }

cj_tensor *cj_conv1d_at(const struct cj_conv1d_args *args)
{
    struct cj_conv1d_args a;
    if (!args || !cj_layer_ready(args->at, "conv1d", args->scope, args->name, args->x) ||
        !CJ_TAKE_ARGS(cj_scope_context(args->scope), "conv1d", a, args))
        return NULL;
    conv_args c = CONV_ARGS("conv1d", 1, a);
    c.same = a.padding_same;
    cj_fill_axes(1, &a.kernel_size, 0, c.kernel);
    cj_fill_axes(1, &a.stride, 1, c.stride);
    cj_fill_axes(1, &a.dilation, 1, c.dilation);
    cj_fill_axes(1, &a.padding, 0, c.padding);
    return conv(&c);
}

cj_tensor *cj_conv2d_at(const struct cj_conv2d_args *args)
{
    struct cj_conv2d_args a;
    if (!args || !cj_layer_ready(args->at, "conv2d", args->scope, args->name, args->x) ||
        !CJ_TAKE_ARGS(cj_scope_context(args->scope), "conv2d", a, args))
        return NULL;
    conv_args c = CONV_ARGS("conv2d", 2, a);
    c.same = a.padding_same;
    cj_fill_axes(2, a.kernel_size, 0, c.kernel);
    cj_fill_axes(2, a.stride, 1, c.stride);
    cj_fill_axes(2, a.dilation, 1, c.dilation);
    cj_fill_axes(2, a.padding, 0, c.padding);
    return conv(&c);
}

cj_tensor *cj_conv3d_at(const struct cj_conv3d_args *args)
{
    struct cj_conv3d_args a;
    if (!args || !cj_layer_ready(args->at, "conv3d", args->scope, args->name, args->x) ||
        !CJ_TAKE_ARGS(cj_scope_context(args->scope), "conv3d", a, args))
        return NULL;
    conv_args c = CONV_ARGS("conv3d", 3, a);
    c.same = a.padding_same;
    cj_fill_axes(3, a.kernel_size, 0, c.kernel);
    cj_fill_axes(3, a.stride, 1, c.stride);
    cj_fill_axes(3, a.dilation, 1, c.dilation);
    cj_fill_axes(3, a.padding, 0, c.padding);
    return conv(&c);
}

static cj_tensor *conv_transpose(const char *kind, int axes,
                                 const struct cj_conv_transpose_args *args)
{
    struct cj_conv_transpose_args a;
    if (!args || !cj_layer_ready(args->at, kind, args->scope, args->name, args->x) ||
        !CJ_TAKE_ARGS(cj_scope_context(args->scope), kind, a, args))
        return NULL;
    conv_args c = CONV_ARGS(kind, axes, a);
    c.transposed = true;
    cj_fill_axes(axes, a.kernel_size, 0, c.kernel);
    cj_fill_axes(axes, a.stride, 1, c.stride);
    cj_fill_axes(axes, a.dilation, 1, c.dilation);
    cj_fill_axes(axes, a.padding, 0, c.padding);
    cj_fill_axes(axes, a.output_padding, 0, c.output_padding);
    for (int i = 0; i < axes; i++)
        if (c.output_padding[i] < 0 || c.output_padding[i] >= CJ_MAX(c.stride[i], c.dilation[i])) {
            refuse(&c, ".output_padding must be smaller than .stride or .dilation");
            return NULL;
        }
    return conv(&c);
}

cj_tensor *cj_conv_transpose1d_at(const struct cj_conv_transpose_args *args)
{
    return conv_transpose("conv_transpose1d", 1, args);
}

cj_tensor *cj_conv_transpose2d_at(const struct cj_conv_transpose_args *args)
{
    return conv_transpose("conv_transpose2d", 2, args);
}

cj_tensor *cj_conv_transpose3d_at(const struct cj_conv_transpose_args *args)
{
    return conv_transpose("conv_transpose3d", 3, args);
}
