/*
 * src/nn/recurrent_norm.c - the LSTM cell with layer norms in it.
 */
#include "cajal/sequence.h"
#include "nn/nn.h"

static cj_tensor *norm(cj_at at, cj_scope *s, const char *name, cj_tensor *x, bool no_bias)
{
    return cj_layer_norm_at(
        &(struct cj_layer_norm_args){.scope = s,
                                     .name = name,
                                     .x = x,
                                     .at = {at.file, at.line, sizeof(struct cj_layer_norm_args)},
                                     .no_bias = no_bias});
}

static cj_tensor *product(cj_at at, cj_scope *s, const char *name, cj_tensor *x, int64_t out,
                          bool no_bias)
{
    return cj_linear_at(
        &(struct cj_linear_args){.scope = s,
                                 .name = name,
                                 .x = x,
                                 .at = {at.file, at.line, sizeof(struct cj_linear_args)},
                                 .out_features = out,
                                 .no_bias = no_bias});
}

cj_tensor *cj_layer_norm_lstm_cell_at(cj_at at, cj_scope *s, const char *name, cj_tensor *x,
                                      cj_tensor *h, cj_tensor *c, cj_tensor **next_c)
{
    *next_c = NULL;
    if (!cj_layer_ready(at, "layer_norm_lstm_cell", s, name, x) || !h || !c)
        return NULL;
    if (cj_rank(x) != 2 || cj_rank(h) != 2 || cj_rank(c) != 2 ||
        cj_extent(h, 0) != cj_extent(x, 0) ||
        memcmp(cj_shape(h), cj_shape(c), 2 * sizeof(int64_t)) != 0) {
        cj_fail_building(cj_scope_context(s), CJ_SHAPE, at,
                         "%s: x is %s, h %s, c %s; it takes [N, features] and twice [N, hidden]",
                         CJ_LABEL("layer_norm_lstm_cell", s, name), CJ_TEXT_OF(x), CJ_TEXT_OF(h),
                         CJ_TEXT_OF(c));
        return NULL;
    }
    cj_scope *inner = cj_scope_enter(s, name);
    int64_t hidden = cj_extent(h, 1);
    cj_tensor *in = norm(at, inner, "norm_ih", product(at, inner, "ih", x, 4 * hidden, true), true);
    cj_tensor *own =
        norm(at, inner, "norm_hh", product(at, inner, "hh", h, 4 * hidden, true), true);
    int64_t gates = 4 * hidden;
    cj_tensor *bias =
        cj_scope_get_at(at, inner, "bias", cj_scope_dtype(s), 1, &gates, cj_init_zeros());
    cj_tensor *all = cj_add_at(at, cj_add_at(at, in, own), bias);
    cj_tensor *gate[4];
    for (int i = 0; i < 4; i++)
        gate[i] = cj_narrow_at(at, all, 1, i * hidden, (i + 1) * hidden);
    cj_tensor *kept = cj_mul_at(at, cj_sigmoid_at(at, gate[1]), c);
    cj_tensor *new = cj_mul_at(at, cj_sigmoid_at(at, gate[0]), cj_tanh_at(at, gate[2]));
    *next_c = cj_add_at(at, kept, new);
    if (!*next_c)
        return NULL;
    return cj_mul_at(at, cj_sigmoid_at(at, gate[3]),
                     cj_tanh_at(at, norm(at, inner, "norm_c", *next_c, false)));
}
