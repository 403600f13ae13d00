/*
 * src/nn/recurrent.c - rnn, lstm and gru: a product of all steps' inputs, then a loop over time.
 */
#include "cajal/loop.h"
#include "cajal/sequence.h"
#include "nn/nn.h"

#include <math.h>
#include <stdio.h>

/* ---- the cells ---- */

typedef enum cell_kind { RNN, LSTM, GRU } cell_kind;

static const struct {
    const char *name, *cell_name;
    int64_t gates;
    int states;
} kinds[] = {{"rnn", "rnn_cell", 1, 1}, {"lstm", "lstm_cell", 4, 2}, {"gru", "gru_cell", 3, 1}};

/* What a step needs besides the input's part: W_hh^T, the bias that goes with it, the lengths as
 * [N, 1]; NULL where there is none. */
typedef struct cell {
    cell_kind kind;
    cj_at at;
    int64_t hidden;
    bool relu;
    cj_tensor *w, *b, *lengths;
} cell;

static cj_tensor *gate(const cell *k, cj_tensor *gates, int64_t i)
{
    return cj_narrow_at(k->at, gates, 1, i * k->hidden, (i + 1) * k->hidden);
}

/* The next states from `in`, W_ih x + b_ih of all gates, and the states. */
static void next_states(const cell *k, cj_tensor *in, cj_tensor *const *state, cj_tensor **next)
{
    cj_at at = k->at;
    cj_tensor *own = cj_matmul_at(at, state[0], k->w);
    if (k->b)
        own = cj_add_at(at, own, k->b);
    if (k->kind == GRU) {
        cj_tensor *r = cj_sigmoid_at(at, cj_add_at(at, gate(k, in, 0), gate(k, own, 0)));
        cj_tensor *z = cj_sigmoid_at(at, cj_add_at(at, gate(k, in, 1), gate(k, own, 1)));
        cj_tensor *n = cj_add_at(at, gate(k, in, 2), cj_mul_at(at, r, gate(k, own, 2)));
        n = cj_tanh_at(at, n);
        next[0] = cj_add_at(at, n, cj_mul_at(at, z, cj_sub_at(at, state[0], n)));
        return;
    }
    cj_tensor *gates = cj_add_at(at, in, own);
    if (k->kind == RNN) {
        next[0] = k->relu ? cj_relu_at(at, gates) : cj_tanh_at(at, gates);
        return;
    }
    cj_tensor *i = cj_sigmoid_at(at, gate(k, gates, 0)), *f = cj_sigmoid_at(at, gate(k, gates, 1));
    cj_tensor *g = cj_tanh_at(at, gate(k, gates, 2)), *o = cj_sigmoid_at(at, gate(k, gates, 3));
    next[1] = cj_add_at(at, cj_mul_at(at, f, state[1]), cj_mul_at(at, i, g));
    next[0] = cj_mul_at(at, o, cj_tanh_at(at, next[1]));
}

/* Steps behind an example's length change no state and give zeros. */
static void step(void *user, cj_body *b)
{
    const cell *k = user;
    next_states(k, b->x[0], b->carry, b->next);
    b->y[0] = b->next[0];
    if (!k->lengths)
        return;
    cj_tensor *index = cj_cast_at(k->at, b->index, cj_tensor_dtype(k->lengths));
    cj_tensor *runs = cj_lt_at(k->at, index, k->lengths);
    if (b->y[0])
        b->y[0] = cj_where_at(k->at, runs, b->y[0], cj_like_at(k->at, b->y[0], 0));
    for (int i = 0; i < kinds[k->kind].states; i++)
        b->next[i] = cj_where_at(k->at, runs, b->next[i], b->carry[i]);
}

/* ---- the parameters ---- */

/* "weight_ih" + suffix. */
static cj_tensor *parameter(cj_at at, cj_scope *s, const char *kind, const char *suffix,
                            int64_t rows, int64_t columns, cj_initialiser init)
{
    char name[64];
    snprintf(name, sizeof name, "%s%s", kind, suffix);
    return cj_scope_get_at(at, s, name, cj_scope_dtype(s), columns ? 2 : 1,
                           (int64_t[]){rows, columns}, init);
}

/* Fills the cell and gives W_ih x + b_ih (and b_hh where it can be added here) of x [rows, in]. */
static cj_tensor *input_part(cell *k, cj_scope *s, const char *suffix, cj_tensor *x, bool no_bias,
                             cj_initialiser init)
{
    cj_at at = k->at;
    int64_t rows = kinds[k->kind].gates * k->hidden;
    double bound = 1 / sqrt((double)k->hidden);
    init = cj_init_or(init, cj_init_uniform(-bound, bound));
    cj_tensor *w_ih = parameter(at, s, "weight_ih", suffix, rows, cj_extent(x, -1), init);
    k->w = cj_transpose_at(at, parameter(at, s, "weight_hh", suffix, rows, k->hidden, init), 0, 1);
    cj_tensor *y = cj_matmul_at(at, x, cj_transpose_at(at, w_ih, 0, 1));
    k->b = NULL;
    if (no_bias)
        return y;
    y = cj_add_at(at, y, parameter(at, s, "bias_ih", suffix, rows, 0, init));
    k->b = parameter(at, s, "bias_hh", suffix, rows, 0, init);
    if (k->kind == GRU)
        return y;
    y = cj_add_at(at, y, k->b);
    k->b = NULL;
    return y;
}

/* ---- the layers ---- */

typedef struct net {
    struct cj_recurrent_args a;
    cell_kind kind;
    int64_t steps, n;
    int directions;
} net;

static bool check(net *r)
{
    struct cj_recurrent_args *a = &r->a;
    const char *reason = NULL;
    a->layers = a->layers ? a->layers : 1;
    r->directions = a->bidirectional ? 2 : 1;
    if (cj_rank(a->x) != 3)
        reason = "it takes [time, examples, features]";
    else if (a->hidden_size < 1)
        reason = ".hidden_size must be at least 1";
    else if (a->layers < 1)
        reason = ".layers must be at least 1";
    else if (cj_extent(a->x, a->batch_first) < 1)
        reason = "there is no step in time";
    else if (a->lengths && (cj_rank(a->lengths) != 1 ||
                            cj_extent(a->lengths, 0) != cj_extent(a->x, !a->batch_first)))
        reason = ".lengths must be integers, one an example";
    if (!reason)
        return true;
    cj_fail_building(cj_scope_context(a->scope), CJ_SHAPE, a->at, "%s on %s: %s",
                     CJ_LABEL(kinds[r->kind].name, a->scope, a->name), CJ_TEXT_OF(a->x), reason);
    return false;
}

/* Row `place` of the first states [layers directions, N, hidden]; zeros. */
static cj_tensor *first_state(const net *r, cj_tensor *given, int place)
{
    cj_at at = r->a.at;
    int64_t shape[] = {r->n, r->a.hidden_size};
    if (given)
        return cj_reshape_at(at, cj_narrow_at(at, given, 0, place, place + 1), 2, shape);
    return cj_full_at(at, cj_scope_context(r->a.scope), cj_tensor_dtype(r->a.x), 2, shape, 0);
}

/* One direction of one layer over x [T, N, in]; states [place] receive the last ones. */
static cj_tensor *run(const net *r, cj_scope *s, cj_tensor *x, int layer, bool backward,
                      cj_tensor **h, cj_tensor **c)
{
    cj_at at = r->a.at;
    int place = layer * r->directions + backward;
    char suffix[32];
    snprintf(suffix, sizeof suffix, "_l%d%s", layer, backward ? "_reverse" : "");
    cell k = {.kind = r->kind, .at = at, .hidden = r->a.hidden_size, .relu = r->a.relu};
    int64_t width = kinds[r->kind].gates * k.hidden;
    cj_tensor *rows = cj_reshape_at(at, x, 2, (int64_t[]){r->steps * r->n, cj_extent(x, 2)});
    cj_tensor *in = input_part(&k, s, suffix, rows, r->a.no_bias, r->a.weight_init);
    in = cj_reshape_at(at, in, 3, (int64_t[]){r->steps, r->n, width});
    if (r->a.lengths)
        k.lengths = cj_reshape_at(at, r->a.lengths, 2, (int64_t[]){r->n, 1});
    cj_tensor *first[2] = {first_state(r, r->a.h0, place), NULL}, *last[2] = {NULL}, *y = NULL;
    if (r->kind == LSTM)
        first[1] = first_state(r, r->a.c0, place);
    cj_loop_at(&(struct cj_loop_args){.context = cj_scope_context(r->a.scope),
                                      .body = step,
                                      .user = &k,
                                      .at = {at.file, at.line, sizeof(struct cj_loop_args)},
                                      .carries = kinds[r->kind].states,
                                      .init = first,
                                      .xs = 1,
                                      .x = &in,
                                      .ys = 1,
                                      .reverse = backward,
                                      .last = last,
                                      .y = &y});
    h[place] = last[0];
    c[place] = last[1];
    return y;
}

/* states[i] [N, hidden], one under the other. */
static cj_tensor *stacked(const net *r, int count, cj_tensor **state)
{
    for (int i = 0; i < count; i++)
        state[i] = cj_reshape_at(r->a.at, state[i], 3, (int64_t[]){1, r->n, r->a.hidden_size});
    return cj_concat_at(r->a.at, 0, count, state);
}

static cj_tensor *layers(net *r, cj_tensor **h, cj_tensor **c)
{
    cj_at at = r->a.at;
    cj_scope *s = cj_scope_enter(r->a.scope, r->a.name);
    cj_tensor *x = r->a.batch_first ? cj_transpose_at(at, r->a.x, 0, 1) : r->a.x;
    for (int layer = 0; layer < r->a.layers && x; layer++) {
        cj_tensor *way[2];
        if (layer > 0)
            x = cj_dropout_at(at, s, x, r->a.dropout);
        way[0] = run(r, s, x, layer, false, h, c);
        if (r->directions == 2)
            way[1] = run(r, s, x, layer, true, h, c);
        x = r->directions == 2 ? cj_concat_at(at, 2, 2, way) : way[0];
    }
    return r->a.batch_first ? cj_transpose_at(at, x, 0, 1) : x;
}

static cj_tensor *recurrent(cell_kind kind, const struct cj_recurrent_args *args)
{
    net r = {.kind = kind};
    if (!args || !cj_layer_ready(args->at, kinds[kind].name, args->scope, args->name, args->x) ||
        !CJ_TAKE_ARGS(cj_scope_context(args->scope), kinds[kind].name, r.a, args) || !check(&r))
        return NULL;
    cj_context *context = cj_scope_context(r.a.scope);
    r.steps = cj_extent(r.a.x, r.a.batch_first);
    r.n = cj_extent(r.a.x, !r.a.batch_first);
    int places = r.a.layers * r.directions;
    size_t bytes = 2 * (size_t)places * sizeof(cj_tensor *);
    cj_tensor **h = cj_allocate_zero(context, bytes);
    if (!h) {
        cj_fail_building(context, CJ_NO_MEMORY, r.a.at, "%s: out of memory", kinds[kind].name);
        return NULL;
    }
    cj_tensor *y = layers(&r, h, h + places);
    if (r.a.last_h)
        *r.a.last_h = y ? stacked(&r, places, h) : NULL;
    if (r.a.last_c)
        *r.a.last_c = y && kind == LSTM ? stacked(&r, places, h + places) : NULL;
    cj_release(context, h, bytes);
    return cj_scope_mark_at(r.a.at, r.a.scope, r.a.name, y);
}

cj_tensor *cj_rnn_at(const struct cj_recurrent_args *args)
{
    return recurrent(RNN, args);
}

cj_tensor *cj_lstm_at(const struct cj_recurrent_args *args)
{
    return recurrent(LSTM, args);
}

cj_tensor *cj_gru_at(const struct cj_recurrent_args *args)
{
    return recurrent(GRU, args);
}

/* ---- a step alone ---- */

static bool one_step(cell_kind kind, cj_at at, cj_scope *s, const char *name, cj_tensor *x,
                     cj_tensor *const *state, cj_tensor **next)
{
    if (!state[0] || !cj_layer_ready(at, kinds[kind].cell_name, s, name, x))
        return false;
    if (cj_rank(x) != 2 || cj_rank(state[0]) != 2 || cj_extent(state[0], 0) != cj_extent(x, 0)) {
        cj_fail_building(cj_scope_context(s), CJ_SHAPE, at,
                         "%s: x is %s and h is %s; they are [examples, features] and [examples, "
                         "hidden]",
                         CJ_LABEL(kinds[kind].cell_name, s, name), CJ_TEXT_OF(x),
                         CJ_TEXT_OF(state[0]));
        return false;
    }
    cell k = {.kind = kind, .at = at, .hidden = cj_extent(state[0], 1)};
    cj_tensor *in = input_part(&k, cj_scope_enter(s, name), "", x, false, (cj_initialiser){0});
    next_states(&k, in, state, next);
    next[0] = cj_scope_mark_at(at, s, name, next[0]);
    return true;
}

cj_tensor *cj_rnn_cell_at(cj_at at, cj_scope *s, const char *name, cj_tensor *x, cj_tensor *h)
{
    cj_tensor *next = NULL;
    return one_step(RNN, at, s, name, x, &h, &next) ? next : NULL;
}

cj_tensor *cj_gru_cell_at(cj_at at, cj_scope *s, const char *name, cj_tensor *x, cj_tensor *h)
{
    cj_tensor *next = NULL;
    return one_step(GRU, at, s, name, x, &h, &next) ? next : NULL;
}

cj_tensor *cj_lstm_cell_at(cj_at at, cj_scope *s, const char *name, cj_tensor *x, cj_tensor *h,
                           cj_tensor *c, cj_tensor **next_c)
{
    cj_tensor *next[2] = {NULL}, *state[2] = {h, c};
    *next_c = NULL;
    if (!c || !one_step(LSTM, at, s, name, x, state, next))
        return NULL;
    *next_c = next[1];
    return next[0];
}
