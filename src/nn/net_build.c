/*
 * src/nn/net_build.c - the checked layers of a net as nodes of the graph.
 */
#include "nn/net_tree.h"

#define HERE_OF(struct_type) ((cj_at){at.file, at.line, (uint32_t)sizeof(struct_type)})

static cj_tensor *build_conv(cj_at at, const net_layer *layer, cj_scope *scope, cj_tensor *x)
{
    const net_node *n = layer->node;
    struct cj_conv2d_args args = {.scope = scope,
                                  .name = layer->row.name,
                                  .x = x,
                                  .at = HERE_OF(struct cj_conv2d_args),
                                  .out_channels = n->count,
                                  .kernel_size = {n->kernel[0], n->kernel[1]},
                                  .stride = {n->stride[0], n->stride[1]},
                                  .dilation = {n->dilation[0], n->dilation[1]},
                                  .groups = n->groups,
                                  .padding_same = n->same,
                                  .no_bias = n->no_bias};
    for (int i = 0; i < 2 && !n->same; i++)
        args.padding[i] = n->pad[i] ? n->pad[i] : CJ_ZERO;
    return cj_conv2d_at(&args);
}

static cj_tensor *build_linear(cj_at at, const net_layer *layer, cj_scope *scope, cj_tensor *x)
{
    return cj_linear_at(&(struct cj_linear_args){.scope = scope,
                                                 .name = layer->row.name,
                                                 .x = cj_rank(x) == 2 ? x : cj_flatten_at(at, x),
                                                 .at = HERE_OF(struct cj_linear_args),
                                                 .out_features = layer->node->count,
                                                 .no_bias = layer->node->no_bias});
}

static cj_tensor *build_pool(cj_at at, const net_node *n, cj_tensor *x)
{
    if (n->kind == NET_MAXPOOL) {
        struct cj_max_pool_args args = {.x = x, .at = HERE_OF(struct cj_max_pool_args)};
        for (int i = 0; i < 2; i++) {
            args.kernel_size[i] = n->kernel[i];
            args.stride[i] = n->stride[i];
            args.padding[i] = n->pad[i] ? n->pad[i] : CJ_ZERO;
        }
        return cj_max_pool2d_at(&args);
    }
    if (n->all)
        return cj_flatten_at(at, cj_global_avg_pool_at(at, x));
    struct cj_avg_pool_args args = {.x = x, .at = HERE_OF(struct cj_avg_pool_args)};
    for (int i = 0; i < 2; i++) {
        args.kernel_size[i] = n->kernel[i];
        args.stride[i] = n->stride[i];
        args.padding[i] = n->pad[i] ? n->pad[i] : CJ_ZERO;
    }
    return cj_avg_pool2d_at(&args);
}

/* x[:, :, ::s, ::s] with zero channels around, half on each side, the odd one behind. */
static cj_tensor *build_shortcut(cj_at at, const net_layer *layer, cj_tensor *x)
{
    const net_node *n = layer->node;
    int64_t start[4] = {0}, stop[4], step[4] = {1, 1, n->stride[0], n->stride[1]};
    int64_t more = n->count - layer->in.extent[0];
    int64_t low[4] = {0, more / 2, 0, 0}, high[4] = {0, more - more / 2, 0, 0};
    for (int i = 0; i < 4; i++)
        stop[i] = cj_extent(x, i);
    if (n->stride[0] != 1 || n->stride[1] != 1)
        x = cj_slice_at(at, x, start, stop, step);
    return more ? cj_pad_at(at, x, low, high) : x;
}

static cj_tensor *build_chain(cj_at at, const net_chain *chain, cj_scope *scope, cj_tensor *x);

static cj_tensor *build_block(cj_at at, const net_layer *layer, cj_scope *scope, cj_tensor *x)
{
    bool concat = layer->node->kind == NET_CONCAT;
    cj_tensor *y = build_chain(at, layer->branch, scope, x);
    if (layer->node->kind == NET_RESIDUAL && !layer->branch->next)
        return cj_add_at(at, y, x);
    for (const net_chain *c = layer->branch->next; c; c = c->next) {
        cj_tensor *pair[2] = {y, build_chain(at, c, scope, x)};
        y = concat ? cj_concat_at(at, 1, 2, pair) : cj_add_at(at, pair[0], pair[1]);
    }
    return y;
}

static cj_tensor *build_layer(cj_at at, const net_layer *layer, cj_scope *scope, cj_tensor *x)
{
    const net_node *n = layer->node;
    switch (n->kind) {
    case NET_CONV: return build_conv(at, layer, scope, x);
    case NET_LINEAR: return build_linear(at, layer, scope, x);
    case NET_MAXPOOL:
    case NET_AVGPOOL: return build_pool(at, n, x);
    case NET_BATCHNORM:
        return cj_batch_norm_at(
            &(struct cj_batch_norm_args){.scope = scope,
                                         .name = layer->row.name,
                                         .x = x,
                                         .at = HERE_OF(struct cj_batch_norm_args)});
    case NET_DROPOUT: return cj_dropout_at(at, scope, x, n->real);
    case NET_RELU: return cj_relu_at(at, x);
    case NET_LEAKY: return cj_leaky_relu_at(at, x, n->real);
    case NET_ELU: return cj_elu_at(at, x, 1);
    case NET_GELU: return cj_gelu_at(at, x);
    case NET_SILU: return cj_silu_at(at, x);
    case NET_SIGMOID: return cj_sigmoid_at(at, x);
    case NET_SOFTPLUS: return cj_softplus_at(at, x);
    case NET_TANH: return cj_tanh_at(at, x);
    case NET_FLATTEN: return cj_flatten_at(at, x);
    case NET_SHORTCUT: return build_shortcut(at, layer, x);
    case NET_RESIDUAL:
    case NET_ADD:
    case NET_CONCAT: return build_block(at, layer, scope, x);
    case NET_IDENTITY:
    case NET_GROUP: /* written out by the checker */
    case NET_KINDS: break;
    }
    return x;
}

static cj_tensor *build_chain(cj_at at, const net_chain *chain, cj_scope *scope, cj_tensor *x)
{
    for (const net_layer *layer = chain->first; layer && x; layer = layer->next) {
        enum net_kind kind = layer->node->kind;
        x = build_layer(at, layer, scope, x);
        if (kind != NET_CONV && kind != NET_LINEAR && kind != NET_BATCHNORM) /* theirs are marked */
            x = cj_scope_mark_at(at, scope, layer->row.name, x);
    }
    return x;
}

cj_tensor *cj_net_build_at(cj_at at, const cj_net *net, cj_scope *scope, cj_tensor *x)
{
    if (!x)
        return NULL;
    bool fits = cj_rank(x) == net->in.rank + 1;
    for (int i = 0; i < net->in.rank && fits; i++)
        fits = cj_extent(x, i + 1) == net->in.extent[i];
    if (!fits) {
        cj_fail_building(net->context, CJ_SHAPE, at,
                         "the net was made for a batch of examples of another shape (rank %d)",
                         net->in.rank);
        return NULL;
    }
    return build_chain(at, &net->chain, scope, x);
}
