/*
 * src/nn/transformer.c - layers of encoders and decoders.
 */
#include "cajal/sequence.h"
#include "nn/nn.h"

typedef struct block {
    struct cj_transformer_args a;
    cj_scope *s;
} block;

static cj_tensor *norm(const block *b, const char *name, cj_tensor *x)
{
    return cj_layer_norm_at(&(struct cj_layer_norm_args){
        .scope = b->s,
        .name = name,
        .x = x,
        .at = {b->a.at.file, b->a.at.line, sizeof(struct cj_layer_norm_args)},
        .eps = b->a.norm_eps});
}

static cj_tensor *linear(const block *b, const char *name, cj_tensor *x, int64_t features)
{
    return cj_linear_at(
        &(struct cj_linear_args){.scope = b->s,
                                 .name = name,
                                 .x = x,
                                 .at = {b->a.at.file, b->a.at.line, sizeof(struct cj_linear_args)},
                                 .out_features = features});
}

/* ---- the parts; each is added to what goes past it ---- */

static cj_tensor *self_attention(const block *b, cj_tensor *x)
{
    const struct cj_transformer_args *a = &b->a;
    return cj_multi_head_attention_at(&(struct cj_multi_head_attention_args){
        .scope = b->s,
        .name = "self_attn",
        .query = x,
        .at = {a->at.file, a->at.line, sizeof(struct cj_multi_head_attention_args)},
        .heads = a->heads,
        .key_heads = a->key_heads,
        .batch_first = a->batch_first,
        .causal = a->causal,
        .rotary = a->rotary,
        .dropout = a->dropout,
        .attn_mask = a->attn_mask,
        .key_padding_mask = a->key_padding_mask,
        .cache = a->cache});
}

static cj_tensor *cross_attention(const block *b, cj_tensor *x)
{
    const struct cj_transformer_args *a = &b->a;
    return cj_multi_head_attention_at(&(struct cj_multi_head_attention_args){
        .scope = b->s,
        .name = "multihead_attn",
        .query = x,
        .at = {a->at.file, a->at.line, sizeof(struct cj_multi_head_attention_args)},
        .key = a->memory,
        .heads = a->heads,
        .key_heads = a->key_heads,
        .batch_first = a->batch_first,
        .dropout = a->dropout,
        .attn_mask = a->memory_mask,
        .key_padding_mask = a->memory_key_padding_mask});
}

static cj_tensor *feed_forward(const block *b, cj_tensor *x)
{
    const struct cj_transformer_args *a = &b->a;
    int64_t features = cj_extent(a->x, -1);
    cj_tensor *h = linear(b, "linear1", x, a->feedforward ? a->feedforward : 4 * features);
    h = a->gelu ? cj_gelu_at(a->at, h) : cj_relu_at(a->at, h);
    return linear(b, "linear2", cj_dropout_at(a->at, b->s, h, a->dropout), features);
}

typedef cj_tensor *part(const block *b, cj_tensor *x);

static cj_tensor *residual(const block *b, part *f, const char *name, cj_tensor *x)
{
    cj_at at = b->a.at;
    cj_tensor *y = f(b, b->a.norm_first ? norm(b, name, x) : x);
    x = cj_add_at(at, x, cj_dropout_at(at, b->s, y, b->a.dropout));
    return b->a.norm_first ? x : norm(b, name, x);
}

cj_tensor *cj_transformer_layer_at(const struct cj_transformer_args *args)
{
    block b = {.s = NULL};
    if (!args || !cj_layer_ready(args->at, "transformer_layer", args->scope, args->name, args->x) ||
        !CJ_TAKE_ARGS(cj_scope_context(args->scope), "transformer_layer", b.a, args))
        return NULL;
    b.s = cj_scope_enter(b.a.scope, b.a.name);
    cj_tensor *x = residual(&b, self_attention, "norm1", b.a.x);
    if (b.a.memory)
        x = residual(&b, cross_attention, "norm2", x);
    x = residual(&b, feed_forward, b.a.memory ? "norm3" : "norm2", x);
    return cj_scope_mark_at(b.a.at, b.a.scope, b.a.name, x);
}
