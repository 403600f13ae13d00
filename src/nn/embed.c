/*
 * src/nn/embed.c - tables and products of features: embedding, bilinear, squeeze-and-excitation,
 * locally connected places.
 */
#include "cajal/index.h"
#include "cajal/layers.h"
#include "nn/nn.h"

#include <math.h>

static cj_tensor *refuse(cj_at at, const char *kind, cj_scope *s, const char *name,
                         const cj_tensor *x, const char *reason)
{
    cj_fail_building(cj_scope_context(s), CJ_SHAPE, at, "%s on %s: %s", CJ_LABEL(kind, s, name),
                     CJ_TEXT_OF(x), reason);
    return NULL;
}

cj_tensor *cj_embedding_at(const struct cj_embedding_args *args)
{
    struct cj_embedding_args a;
    if (!args || !args->scope || !args->x ||
        cj_context_status(cj_scope_context(args->scope)) != CJ_OK ||
        !CJ_TAKE_ARGS(cj_scope_context(args->scope), "embedding", a, args))
        return NULL;
    if (!a.name || !*a.name || a.count < 1 || a.features < 1)
        return refuse(a.at, "embedding", a.scope, a.name, a.x,
                      "it wants a name, .count and .features of at least 1");
    cj_tensor *table = cj_scope_get_at(a.at, cj_scope_enter(a.scope, a.name), "weight",
                                       cj_scope_dtype(a.scope), 2, (int64_t[]){a.count, a.features},
                                       cj_init_or(a.weight_init, cj_init_normal(0, 1)));
    return cj_scope_mark_at(a.at, a.scope, a.name, cj_take_at(a.at, table, 0, a.x));
}

/* Rows of a times W[o] as one product [rows, out * in_b], then a sum with the rows of b. */
cj_tensor *cj_bilinear_at(const struct cj_bilinear_args *args)
{
    struct cj_bilinear_args a;
    if (!args || !args->b ||
        !cj_layer_ready(args->at, "bilinear", args->scope, args->name, args->a) ||
        !CJ_TAKE_ARGS(cj_scope_context(args->scope), "bilinear", a, args))
        return NULL;
    int rank = cj_rank(a.a);
    bool fits = rank >= 1 && cj_rank(a.b) == rank && a.out_features >= 1;
    for (int i = 0; fits && i < rank - 1; i++)
        fits = cj_extent(a.a, i) == cj_extent(a.b, i);
    if (!fits)
        return refuse(a.at, "bilinear", a.scope, a.name, a.a,
                      "it wants a [..., i], b [..., j] with the same rows, and .out_features");
    int64_t in_a = cj_extent(a.a, -1), in_b = cj_extent(a.b, -1), out = a.out_features;
    int64_t rows = in_a ? cj_elements(a.a) / in_a : 0;
    double bound = in_a ? 1 / sqrt((double)in_a) : 0;
    cj_initialiser uniform = cj_init_uniform(-bound, bound);
    cj_scope *s = cj_scope_enter(a.scope, a.name);
    cj_dtype dtype = cj_scope_dtype(a.scope);
    cj_tensor *w =
        cj_scope_get_at(a.at, s, "weight", dtype, 3, (int64_t[]){out, in_a, in_b}, uniform);
    if (!w)
        return NULL;
    w = cj_reshape_at(a.at, cj_permute_at(a.at, w, (int[]){1, 0, 2}), 2,
                      (int64_t[]){in_a, out * in_b});
    cj_tensor *p = cj_matmul_at(a.at, cj_reshape_at(a.at, a.a, 2, (int64_t[]){rows, in_a}), w);
    p = cj_reshape_at(a.at, p, 3, (int64_t[]){rows, out, in_b});
    cj_tensor *b = cj_reshape_at(a.at, a.b, 3, (int64_t[]){rows, 1, in_b});
    cj_tensor *y = cj_sum_at(a.at, cj_mul_at(a.at, p, b), CJ_AXIS(2), false);
    if (!a.no_bias)
        y = cj_add_at(a.at, y, cj_scope_get_at(a.at, s, "bias", dtype, 1, &out, uniform));
    int64_t shape[CJ_MAX_RANK];
    for (int i = 0; i < rank - 1; i++)
        shape[i] = cj_extent(a.a, i);
    shape[rank - 1] = out;
    return cj_scope_mark_at(a.at, a.scope, a.name, cj_reshape_at(a.at, y, rank, shape));
}

cj_tensor *cj_squeeze_excite_at(cj_at at, cj_scope *s, const char *name, cj_tensor *x,
                                int64_t reduction)
{
    if (!cj_layer_ready(at, "squeeze_excite", s, name, x))
        return NULL;
    if (cj_rank(x) < 3 || reduction < 1)
        return refuse(at, "squeeze_excite", s, name, x,
                      "it takes [examples, channels, ...] and a reduction of at least 1");
    int64_t channels = cj_extent(x, 1);
    cj_scope *inner = cj_scope_enter(s, name);
    cj_tensor *squeezed = cj_mean_at(at, x, CJ_AXIS(cj_rank(x)) - CJ_AXIS(2), false);
    struct cj_linear_args fc = {.scope = inner, .name = "fc1", .x = squeezed};
    fc.at = (cj_at){at.file, at.line, sizeof fc};
    fc.out_features = CJ_MAX(channels / reduction, 1);
    fc.x = cj_relu_at(at, cj_linear_at(&fc));
    fc.name = "fc2";
    fc.out_features = channels;
    cj_tensor *gate = cj_sigmoid_at(at, cj_linear_at(&fc));
    int64_t shape[CJ_MAX_RANK] = {cj_extent(x, 0), channels};
    for (int i = 2; i < cj_rank(x); i++)
        shape[i] = 1;
    return cj_scope_mark_at(at, s, name,
                            cj_mul_at(at, x, cj_reshape_at(at, gate, cj_rank(x), shape)));
}

/* ---- locally connected ---- */

/* The patches of x as [places, N, C kh kw], features in the order of a weight: a slice of x for each
 * position of the kernel. */
static cj_tensor *patches_of(const struct cj_locally_connected_args *a, const int64_t *kernel,
                             const int64_t *stride, const int64_t *out)
{
    int64_t n = cj_extent(a->x, 0), channels = cj_extent(a->x, 1), count = kernel[0] * kernel[1];
    cj_context *context = cj_tensor_context(a->x);
    cj_tensor **slice = cj_allocate(context, (size_t)count * sizeof *slice);
    if (!slice) {
        cj_fail_building(context, CJ_NO_MEMORY, a->at, "locally_connected2d: out of memory");
        return NULL;
    }
    for (int64_t k = 0; k < count; k++) {
        int64_t y = k / kernel[1], x = k % kernel[1];
        int64_t start[] = {0, 0, y, x}, step[] = {1, 1, stride[0], stride[1]};
        int64_t stop[] = {n, channels, y + (out[0] - 1) * stride[0] + 1,
                          x + (out[1] - 1) * stride[1] + 1};
        cj_tensor *s = cj_slice_at(a->at, a->x, start, stop, step);
        slice[k] = cj_reshape_at(a->at, s, 4, (int64_t[]){n, channels, out[0] * out[1], 1});
    }
    cj_tensor *all = cj_concat_at(a->at, 3, (int)count, slice);
    cj_release(context, slice, (size_t)count * sizeof *slice);
    all = all ? cj_permute_at(a->at, all, (int[]){2, 0, 1, 3}) : NULL;
    return cj_reshape_at(a->at, all, 3, (int64_t[]){out[0] * out[1], n, channels * count});
}

cj_tensor *cj_locally_connected2d_at(const struct cj_locally_connected_args *args)
{
    struct cj_locally_connected_args a;
    if (!args ||
        !cj_layer_ready(args->at, "locally_connected2d", args->scope, args->name, args->x) ||
        !CJ_TAKE_ARGS(cj_scope_context(args->scope), "locally_connected2d", a, args))
        return NULL;
    int64_t kernel[2], stride[2], out[2];
    cj_fill_axes(2, a.kernel_size, 0, kernel);
    cj_fill_axes(2, a.stride, 1, stride);
    for (int i = 0; i < 2; i++)
        if (cj_rank(a.x) != 4 || a.out_channels < 1 || kernel[i] < 1 || stride[i] < 1 ||
            cj_extent(a.x, 2 + i) < kernel[i])
            return refuse(a.at, "locally_connected2d", a.scope, a.name, a.x,
                          "it takes [examples, channels, height, width] of at least the kernel's "
                          "size, and .out_channels");
        else
            out[i] = (cj_extent(a.x, 2 + i) - kernel[i]) / stride[i] + 1;
    int64_t n = cj_extent(a.x, 0), places = out[0] * out[1];
    int64_t in = cj_extent(a.x, 1) * kernel[0] * kernel[1];
    double bound = 1 / sqrt((double)CJ_MAX(in, 1));
    cj_initialiser uniform = cj_init_uniform(-bound, bound);
    cj_scope *s = cj_scope_enter(a.scope, a.name);
    cj_dtype dtype = cj_scope_dtype(a.scope);
    cj_tensor *w = cj_scope_get_at(a.at, s, "weight", dtype, 3,
                                   (int64_t[]){places, a.out_channels, in}, uniform);
    cj_tensor *y =
        cj_matmul_at(a.at, patches_of(&a, kernel, stride, out), cj_transpose_at(a.at, w, 1, 2));
    y = y ? cj_permute_at(a.at, y, (int[]){1, 2, 0}) : NULL;
    y = cj_reshape_at(a.at, y, 4, (int64_t[]){n, a.out_channels, out[0], out[1]});
    if (!a.no_bias)
        y = cj_add_at(a.at, y,
                      cj_scope_get_at(a.at, s, "bias", dtype, 3,
                                      (int64_t[]){a.out_channels, out[0], out[1]}, uniform));
    return cj_scope_mark_at(a.at, a.scope, a.name, y);
}
