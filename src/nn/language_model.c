/*
 * src/nn/language_model.c - language models: an embedding, layers over time, a linear head.
 */
#include "cajal/architecture.h"

#include "cajal/layers.h"
#include "cajal/sequence.h"
#include "nn/nn.h"

#include <stdio.h>

#define HERE_OF(struct_type) ((cj_at){at.file, at.line, (uint32_t)sizeof(struct_type)})

static int state_count(const cj_architecture *a)
{
    switch (a->kind) {
    case CJ_LSTM_MODEL: return 2;
    case CJ_TRANSFORMER_MODEL: return 2 * (int)a->layers + 1;
    default: return 1;
    }
}

bool cj_language_begin_at(cj_at at, cj_scope *s, const cj_architecture *a, int64_t n,
                          cj_language_state *state)
{
    *state = (cj_language_state){.count = state_count(a)};
    if (a->kind == CJ_TRANSFORMER_MODEL) {
        cj_cache cache =
            cj_key_value_cache_at(at, s, n, a->heads, a->context, a->hidden / a->heads);
        for (int i = 0; i + 1 < state->count; i++)
            state->tensor[i] = i % 2 ? cache.value : cache.key;
        state->tensor[state->count - 1] = cache.length;
    } else {
        for (int i = 0; i < state->count; i++)
            state->tensor[i] = cj_full_at(at, cj_scope_context(s), cj_scope_dtype(s), 3,
                                          (int64_t[]){a->layers, n, a->hidden}, 0);
    }
    return state->tensor[0] != NULL;
}

static cj_tensor *embed(cj_at at, cj_scope *s, int64_t words, int64_t features, cj_tensor *tokens)
{
    return cj_embedding_at(&(struct cj_embedding_args){.scope = s,
                                                       .name = "embedding",
                                                       .x = tokens,
                                                       .at = HERE_OF(struct cj_embedding_args),
                                                       .count = words,
                                                       .features = features,
                                                       .weight_init = cj_init_normal(0, 0.1)});
}

/* Time leads, as the loop wants it: [T, N, hidden]. */
static cj_tensor *recurrent(cj_at at, cj_scope *s, const cj_architecture *a, int64_t words,
                            cj_tensor *tokens, cj_language_state *state)
{
    bool lstm = a->kind == CJ_LSTM_MODEL;
    cj_tensor *last[2] = {NULL};
    struct cj_recurrent_args args = {
        .scope = s,
        .name = cj_architecture_name(a->kind),
        .x = embed(at, s, words, a->embedding, cj_transpose_at(at, tokens, 0, 1)),
        .at = HERE_OF(struct cj_recurrent_args),
        .hidden_size = a->hidden,
        .layers = (int)a->layers,
        .dropout = a->dropout};
    if (state) {
        args.h0 = state->tensor[0];
        args.c0 = lstm ? state->tensor[1] : NULL;
        args.last_h = &last[0];
        args.last_c = lstm ? &last[1] : NULL;
    }
    cj_tensor *y = lstm ? cj_lstm_at(&args) : cj_gru_at(&args);
    for (int i = 0; state && i < state->count; i++)
        state->tensor[i] = last[i];
    return y;
}

/* [N, T, hidden] */
static cj_tensor *transformer(cj_at at, cj_scope *s, const cj_architecture *a, int64_t words,
                              cj_tensor *tokens, cj_language_state *state)
{
    cj_tensor *x = cj_dropout_at(at, s, embed(at, s, words, a->hidden, tokens), a->dropout);
    cj_tensor *length = state ? state->tensor[state->count - 1] : NULL, *longer = NULL;
    cj_scope *layers = cj_scope_enter(s, "layers");
    for (int i = 0; i < (int)a->layers && x; i++) {
        char name[16];
        snprintf(name, sizeof name, "%d", i);
        cj_cache cache = {0};
        if (state)
            cache = (cj_cache){state->tensor[2 * i], state->tensor[2 * i + 1], length};
        x = cj_transformer_layer_at(
            &(struct cj_transformer_args){.scope = layers,
                                          .name = name,
                                          .x = x,
                                          .at = HERE_OF(struct cj_transformer_args),
                                          .heads = a->heads,
                                          .norm_first = true,
                                          .batch_first = true,
                                          .gelu = true,
                                          .causal = true,
                                          .rotary = true,
                                          .dropout = a->dropout,
                                          .cache = state ? &cache : NULL});
        if (state) {
            state->tensor[2 * i] = cache.key;
            state->tensor[2 * i + 1] = cache.value;
            longer = cache.length;
        }
    }
    if (state)
        state->tensor[state->count - 1] = longer;
    return cj_layer_norm_at(&(struct cj_layer_norm_args){
        .scope = s, .name = "norm", .x = x, .at = HERE_OF(struct cj_layer_norm_args)});
}

cj_tensor *cj_language_model_at(cj_at at, cj_scope *s, const cj_architecture *a, int64_t words,
                                cj_tensor *tokens, cj_language_state *state)
{
    static const int from_time[] = {1, 2, 0}, from_batch[] = {0, 2, 1};
    if (!tokens)
        return NULL;
    if (cj_rank(tokens) != 2 || words < 1) {
        cj_fail_building(cj_scope_context(s), CJ_SHAPE, at,
                         "language model: tokens are %s, they must be integers [N, T] below the "
                         "number of words, at least 1",
                         CJ_TEXT_OF(tokens));
        return NULL;
    }
    bool by_batch = a->kind == CJ_TRANSFORMER_MODEL;
    cj_tensor *x = by_batch ? transformer(at, s, a, words, tokens, state)
                            : recurrent(at, s, a, words, tokens, state);
    x = cj_linear_at(&(struct cj_linear_args){.scope = s,
                                              .name = "head",
                                              .x = cj_dropout_at(at, s, x, a->dropout),
                                              .at = HERE_OF(struct cj_linear_args),
                                              .out_features = words});
    return x ? cj_permute_at(at, x, by_batch ? from_batch : from_time) : NULL;
}
