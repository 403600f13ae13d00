/*
 * cajal/sequence.h - layers over time: recurrent nets, attention, transformers, and the loss of
 * unaligned labels. Conventions are those of cajal/nn.h; names, gates, layouts and initial values
 * are torch.nn's, so that a state_dict of the same torch module loads.
 */
#ifndef CAJAL_SEQUENCE_H
#define CAJAL_SEQUENCE_H

#include "cajal/nn.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- recurrent nets, on cj_loop ---- */

/*
 * x [T, N, features] to [T, N, directions hidden_size], one step after the other:
 *
 *     rnn   h' = tanh(W_ih x + b_ih + W_hh h + b_hh)
 *     lstm  i, f, g, o = parts of W_ih x + b_ih + W_hh h + b_hh (gates in this order);
 *           c' = s(f) c + s(i) tanh(g),  h' = s(o) tanh(c')
 *     gru   r, z, n: r = s(.), z = s(.), n = tanh(W_in x + b_in + r (W_hn h + b_hn)),
 *           h' = (1 - z) n + z h
 *
 * with s the sigmoid. Parameters of layer k: weight_ih_lk [gates hidden, features], weight_hh_lk
 * [gates hidden, hidden], bias_ih_lk, bias_hh_lk, and the same with _reverse; all uniform within 1 /
 * sqrt(hidden). W_ih x of all steps is one product before the loop, and so is its gradient.
 *
 * `lengths` [N] of integers: example n has lengths[n] steps; later rows of the result are zeros,
 * the last states are those of its own last step, and the backward direction begins there (torch's
 * packed sequences, in any order of lengths). Elman, 1990; Hochreiter and Schmidhuber, 1997; Cho et
 * al., 2014; Schuster and Paliwal, "Bidirectional recurrent neural networks", 1997.
 */
struct cj_recurrent_args {
    cj_scope *scope;
    const char *name;
    cj_tensor *x;
    cj_at at;
    int64_t hidden_size; /* mandatory */
    int layers;          /* 1, each over the one below */
    bool bidirectional;
    bool batch_first; /* x and the result are [N, T, ...] */
    bool no_bias;
    bool relu;      /* of rnn: in the place of tanh */
    double dropout; /* of what goes from layer to layer, in training builds */
    cj_tensor *lengths;
    cj_tensor *h0, *c0;           /* [layers directions, N, hidden_size]; zeros */
    cj_tensor **last_h, **last_c; /* the same after the last step, where wanted; c: lstm */
    cj_initialiser weight_init;   /* of the four kinds of parameters */
};
CJ_API cj_tensor *cj_rnn_at(const struct cj_recurrent_args *args);
CJ_API cj_tensor *cj_lstm_at(const struct cj_recurrent_args *args);
CJ_API cj_tensor *cj_gru_at(const struct cj_recurrent_args *args);
#define CJ_RECURRENT_ARGS(...)                                                                     \
    (&(struct cj_recurrent_args){__VA_ARGS__, .at = CJ_HERE_OF(struct cj_recurrent_args)})
#define cj_rnn(...) cj_rnn_at(CJ_RECURRENT_ARGS(__VA_ARGS__))
#define cj_lstm(...) cj_lstm_at(CJ_RECURRENT_ARGS(__VA_ARGS__))
#define cj_gru(...) cj_gru_at(CJ_RECURRENT_ARGS(__VA_ARGS__))

/* One step of x [N, features] from h (and c) [N, hidden]: the new h; *next_c of lstm_cell. Parameters
 * weight_ih, weight_hh, bias_ih, bias_hh. For bodies of loops, and for decoding step by step. */
CJ_API cj_tensor *cj_rnn_cell_at(cj_at at, cj_scope *s, const char *name, cj_tensor *x,
                                 cj_tensor *h);
CJ_API cj_tensor *cj_lstm_cell_at(cj_at at, cj_scope *s, const char *name, cj_tensor *x,
                                  cj_tensor *h, cj_tensor *c, cj_tensor **next_c);
CJ_API cj_tensor *cj_gru_cell_at(cj_at at, cj_scope *s, const char *name, cj_tensor *x,
                                 cj_tensor *h);
/* lstm_cell with layer norms: gates norm_ih(ih(x)) + norm_hh(hh(h)) + bias, h = o tanh(norm_c(c)); linear
 * layers ih and hh and the first two norms have no bias. Ba, Kiros and Hinton, 2016. */
CJ_API cj_tensor *cj_layer_norm_lstm_cell_at(cj_at at, cj_scope *s, const char *name, cj_tensor *x,
                                             cj_tensor *h, cj_tensor *c, cj_tensor **next_c);
#define cj_layer_norm_lstm_cell(...) cj_layer_norm_lstm_cell_at(CJ_HERE, __VA_ARGS__)
#define cj_rnn_cell(...) cj_rnn_cell_at(CJ_HERE, __VA_ARGS__)
#define cj_lstm_cell(...) cj_lstm_cell_at(CJ_HERE, __VA_ARGS__)
#define cj_gru_cell(...) cj_gru_cell_at(CJ_HERE, __VA_ARGS__)

/* ---- attention ---- */

/* Softmax along the axis over the elements that `keep` (bool, broadcast to x) names; the others are
 * 0, and all are where none is kept. */
CJ_API cj_tensor *cj_masked_softmax_at(cj_at at, cj_tensor *x, cj_tensor *keep, int axis);
#define cj_masked_softmax(...) cj_masked_softmax_at(CJ_HERE, __VA_ARGS__)

/*
 * softmax(q k^T scale + bias) v over the keys: q [..., L, d], k [..., S, d], v [..., S, e]; leading
 * axes broadcast. `keep` (bool, broadcast to [..., L, S]) names the pairs that take part; `causal`:
 * query i those of keys j <= i + S - L. A query that no key takes part for gets zeros. Vaswani et
 * al., "Attention is all you need", NeurIPS 2017.
 */
struct cj_attention_args {
    cj_tensor *q, *k, *v;
    cj_at at;
    cj_tensor *keep, *bias;
    bool causal;
    double scale;        /* 1 / sqrt(d) */
    cj_tensor **weights; /* result, where wanted: [..., L, S] */
};
CJ_API cj_tensor *cj_attention_at(const struct cj_attention_args *args);
#define cj_attention(...)                                                                          \
    cj_attention_at(                                                                               \
        &(struct cj_attention_args){__VA_ARGS__, .at = CJ_HERE_OF(struct cj_attention_args)})

/*
 * softmax over t of score(tanh(key(keys[:, t]) + query(query))), times the values: query [N, d], keys [N,
 * T, e], values [N, T, f] (NULL: the keys) to [N, f]. Linear layers query (no bias) and key to
 * .features, score (no bias) to 1. `keep` (bool [N, T]): the steps that take part. Bahdanau, Cho and
 * Bengio, ICLR 2015.
 */
struct cj_additive_attention_args {
    cj_scope *scope;
    const char *name;
    cj_tensor *query, *keys;
    cj_at at;
    int64_t features; /* mandatory */
    cj_tensor *values, *keep;
    cj_tensor **weights; /* result, where wanted: [N, T] */
};
CJ_API cj_tensor *cj_additive_attention_at(const struct cj_additive_attention_args *args);
#define cj_additive_attention(...)                                                                 \
    cj_additive_attention_at(&(struct cj_additive_attention_args){                                 \
        __VA_ARGS__, .at = CJ_HERE_OF(struct cj_additive_attention_args)})

/*
 * What an attention layer remembers while it decodes: keys and values [N, key heads, capacity, d] and
 * how many rows of them are filled, an i64 scalar. The layer writes its new rows behind them and
 * puts the new tensors in their place; begin with cj_key_value_cache.
 */
typedef struct cj_cache {
    cj_tensor *key, *value, *length;
} cj_cache;
CJ_API cj_cache cj_key_value_cache_at(cj_at at, cj_scope *s, int64_t n, int64_t heads,
                                      int64_t capacity, int64_t features);
#define cj_key_value_cache(...) cj_key_value_cache_at(CJ_HERE, __VA_ARGS__)

/*
 * torch's MultiheadAttention of query [L, N, E], key and value [S, N, ...] (NULL: the query, and
 * the key): `heads` attentions of E / heads features side by side, then out_proj. in_proj_weight [3
 * E, E] and in_proj_bias where key and value have E features too, else q_proj_weight, k_proj_weight,
 * v_proj_weight; out_proj.weight, out_proj.bias. Masks as torch's: bool, true leaves a pair out, or
 * floats that are added. key_heads < heads: each key and value serves heads / key_heads queries
 * (Ainslie et al., "GQA", 2023), with weights q_proj_weight, k_proj_weight [key_heads d, E] and so
 * on. `rotary` turns queries and keys by their places (cj_rotary).
 */
struct cj_multi_head_attention_args {
    cj_scope *scope;
    const char *name;
    cj_tensor *query;
    cj_at at;
    cj_tensor *key, *value;
    int64_t heads; /* mandatory; divides E */
    int64_t key_heads;
    bool batch_first; /* [N, L, E] */
    bool causal, rotary, no_bias;
    double dropout;              /* of the attention weights, in training builds */
    cj_tensor *attn_mask;        /* [L, S], [N, L, S] or [N, heads, L, S] */
    cj_tensor *key_padding_mask; /* bool [N, S]: true leaves a key out */
    cj_tensor **weights;         /* result, where wanted: [N, heads, L, S] */
    cj_cache *cache;             /* decoding: query, key and value are the next L rows; causal */
};
CJ_API cj_tensor *cj_multi_head_attention_at(const struct cj_multi_head_attention_args *args);
#define cj_multi_head_attention(...)                                                               \
    cj_multi_head_attention_at(&(struct cj_multi_head_attention_args){                             \
        __VA_ARGS__, .at = CJ_HERE_OF(struct cj_multi_head_attention_args)})

/* ---- positions ---- */

/* p [length, features]: p[t, 2i] = sin(t / 10000^(2i / features)), p[t, 2i + 1] the cosine. */
CJ_API cj_tensor *cj_sinusoidal_positions_at(cj_at at, cj_context *context, cj_dtype dtype,
                                             int64_t length, int64_t features);
#define cj_sinusoidal_positions(...) cj_sinusoidal_positions_at(CJ_HERE, __VA_ARGS__)
/* x [..., L, d] with each pair (x[2i], x[2i + 1]) turned by the angle (t + first) / 10000^(2i / d), t
 * the row; `first` an i64 scalar, NULL: 0. Su et al., "RoFormer", 2021. */
CJ_API cj_tensor *cj_rotary_at(cj_at at, cj_tensor *x, cj_tensor *first);
#define cj_rotary(...) cj_rotary_at(CJ_HERE, __VA_ARGS__)

/* ---- transformers ---- */

/*
 * torch's TransformerEncoderLayer: x + self_attn, norm1, then + linear2(activation(linear1)), norm2;
 * norm_first: the norms stand before. With `memory` torch's TransformerDecoderLayer: self_attn,
 * norm1, multihead_attn over the memory, norm2, the feed-forward part, norm3. Shapes as the
 * attention's. Dropout, which torch has at 0.1, is 0 unless asked for.
 */
struct cj_transformer_args {
    cj_scope *scope;
    const char *name;
    cj_tensor *x;
    cj_at at;
    int64_t heads;       /* mandatory */
    int64_t feedforward; /* features of linear1; 4 E */
    int64_t key_heads;
    bool norm_first, batch_first, gelu, causal, rotary;
    double dropout;
    double norm_eps; /* 1e-5 */
    cj_tensor *attn_mask, *key_padding_mask;
    cj_tensor *memory, *memory_mask, *memory_key_padding_mask;
    cj_cache *cache; /* of self_attn */
};
CJ_API cj_tensor *cj_transformer_layer_at(const struct cj_transformer_args *args);
#define cj_transformer_layer(...)                                                                  \
    cj_transformer_layer_at(                                                                       \
        &(struct cj_transformer_args){__VA_ARGS__, .at = CJ_HERE_OF(struct cj_transformer_args)})

/* ---- labels without an alignment ---- */

/*
 * Connectionist temporal classification: -log of the probability of all ways to read the labels
 * along time, in log space. log_probs [T, N, C], class `blank` between labels; labels [N, S] of an
 * integer dtype; input_lengths and label_lengths [N] (NULL: T and S). No way at all: infinite, or 0
 * with `zero_infinity`, the gradient 0 in either case. Each example's loss, reduced: the mean is,
 * as torch's, of the loss divided by the label's length. Graves et al., ICML 2006.
 */
struct cj_ctc_args {
    cj_tensor *log_probs, *labels;
    cj_at at;
    cj_tensor *input_lengths, *label_lengths;
    int64_t blank;
    bool zero_infinity;
    cj_reduction reduction;
};
CJ_API cj_tensor *cj_ctc_loss_at(const struct cj_ctc_args *args);
#define cj_ctc_loss(...)                                                                           \
    cj_ctc_loss_at(&(struct cj_ctc_args){__VA_ARGS__, .at = CJ_HERE_OF(struct cj_ctc_args)})

/* ---- decoding ---- */

/*
 * The likeliest sequences under a model that says what comes next, by keeping the `width` best
 * beginnings at every step (width 1: greedy). `next` is called with `beams` beginnings: beginning b is
 * the old beginning from[b] with token[b] behind it (at the first call one beginning, `start`, from 0);
 * it writes the log-probability of each next token, log_prob [beams, classes] (-inf: never), keeping
 * what it remembers of a beginning in step with `from`. A status other than CJ_OK ends the search. A
 * sequence ends with `stop`, or at `length` tokens; its score is the sum of its log-probabilities
 * divided by length^length_penalty (0: the sum; Wu et al., 2016). The search ends when no beginning can
 * come to a better score than the `width` best sequences (penalties up to 1) or at `length`.
 *
 * Results, the caller's: token [width, length] with count[i] tokens in row i (start left out, stop kept),
 * score[i], best first; returns how many there are in *found. INVALID for sizes below 1, a stop that
 * is no class, or a negative penalty.
 */
typedef cj_status cj_next_fn(void *user, int64_t beams, const int32_t *token, const int64_t *from,
                             double *log_prob);
struct cj_beam_search_args {
    cj_context *context;
    cj_next_fn *next;
    void *user;
    int64_t width, classes, length; /* mandatory */
    int32_t start, stop;
    double length_penalty;
    int32_t *token;
    int64_t *count;
    double *score;
    int64_t *found;
};
CJ_API cj_status cj_beam_search(const struct cj_beam_search_args *args);

#ifdef __cplusplus
}
#endif

#endif
