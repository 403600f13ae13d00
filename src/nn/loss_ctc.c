/*
 * src/nn/loss_ctc.c - connectionist temporal classification: a loop over time in log space.
 *
 * With the labels l extended by blanks, l' = blank l_1 blank l_2 ... blank (Graves et al., ICML
 * 2006, eq. 6 to 8):
 *     alpha_t(s) = log p_t(l'_s) + lse(alpha(s), alpha(s - 1), alpha(s - 2) if l'_s is a label and
 *                  not l'_(s - 2))
 * Impossible states hold IMPOSSIBLE and not -inf: beside any possible one its exponential is exactly 0,
 * so neither values nor derivatives see it, and no difference of infinities arises.
 */
#include "cajal/index.h"
#include "cajal/loop.h"
#include "cajal/sequence.h"
#include "nn/loss.h"

#include <math.h>

static const double IMPOSSIBLE = -1e30;

typedef struct ctc {
    struct cj_ctc_args a;
    int64_t steps, n, s; /* labels an example, 2 s + 1 states */
    cj_tensor *skip;     /* bool [N, 2 S + 1]: a state may be reached from two before */
    cj_tensor *lengths;  /* i64 [N, 1] of inputs, NULL: all steps */
} ctc;

static bool check(ctc *c)
{
    const struct cj_ctc_args *a = &c->a;
    bool fits = cj_rank(a->log_probs) == 3 && cj_rank(a->labels) == 2 &&
                cj_extent(a->labels, 0) == cj_extent(a->log_probs, 1) &&
                cj_extent(a->log_probs, 0) >= 1 && a->blank >= 0 &&
                a->blank < cj_extent(a->log_probs, 2);
    if (!fits) {
        cj_fail_building(cj_tensor_context(a->log_probs), CJ_SHAPE, a->at,
                         "ctc_loss: log_probs are %s, labels %s, blank %lld; they must be [T, N, "
                         "C], [N, S] and a class",
                         CJ_TEXT_OF(a->log_probs), CJ_TEXT_OF(a->labels), (long long)a->blank);
        return false;
    }
    c->steps = cj_extent(a->log_probs, 0);
    c->n = cj_extent(a->log_probs, 1);
    c->s = cj_extent(a->labels, 1);
    return true;
}

/* x [N, K] moved by `by` states, IMPOSSIBLE (or 0) coming in. */
static cj_tensor *shifted(cj_at at, cj_tensor *x, int64_t by, double fill)
{
    int64_t states = cj_extent(x, 1);
    by = CJ_MIN(by, states);
    cj_tensor *side = cj_full_at(at, cj_tensor_context(x), cj_tensor_dtype(x), 2,
                                 (int64_t[]){cj_extent(x, 0), by}, fill);
    cj_tensor *parts[] = {side, cj_narrow_at(at, x, 1, 0, states - by)};
    return cj_concat_at(at, 1, 2, parts);
}

/* log(e^a + e^b + e^c); where all are IMPOSSIBLE it stays so. */
static cj_tensor *lse(cj_at at, cj_tensor *a, cj_tensor *b, cj_tensor *c)
{
    cj_tensor *top = cj_maximum_at(at, cj_maximum_at(at, a, b), c);
    top = cj_stop_gradient_at(at, top);
    cj_tensor *sum =
        cj_add_at(at, cj_exp_at(at, cj_sub_at(at, a, top)), cj_exp_at(at, cj_sub_at(at, b, top)));
    sum = cj_add_at(at, sum, cj_exp_at(at, cj_sub_at(at, c, top)));
    return cj_add_at(at, cj_log_at(at, sum), top);
}

static void step(void *user, cj_body *b)
{
    const ctc *c = user;
    cj_at at = c->a.at;
    cj_tensor *alpha = b->carry[0], *two = shifted(at, alpha, 2, IMPOSSIBLE);
    if (!two)
        return;
    two = cj_where_at(at, c->skip, two, cj_like_at(at, two, IMPOSSIBLE));
    cj_tensor *next =
        cj_add_at(at, b->x[0], lse(at, alpha, shifted(at, alpha, 1, IMPOSSIBLE), two));
    b->next[0] = next;
    if (c->lengths)
        b->next[0] = cj_where_at(at, cj_lt_at(at, b->index, c->lengths), next, alpha);
}

/* blank l_1 blank ... l_S blank, i64 [N, 2 S + 1]. */
static cj_tensor *extended(const ctc *c)
{
    cj_at at = c->a.at;
    cj_context *context = cj_tensor_context(c->a.labels);
    cj_tensor *labels = cj_cast_at(at, c->a.labels, CJ_I64);
    cj_tensor *blanks =
        cj_full_at(at, context, CJ_I64, 3, (int64_t[]){c->n, c->s, 1}, (double)c->a.blank);
    cj_tensor *pair[] = {blanks, cj_reshape_at(at, labels, 3, (int64_t[]){c->n, c->s, 1})};
    cj_tensor *all = cj_concat_at(at, 2, 2, pair);
    cj_tensor *parts[] = {
        cj_reshape_at(at, all, 2, (int64_t[]){c->n, 2 * c->s}),
        cj_full_at(at, context, CJ_I64, 2, (int64_t[]){c->n, 1}, (double)c->a.blank)};
    return cj_concat_at(at, 1, 2, parts);
}

/* alpha before the first step, so that step 0 is like the others: all paths begin at state 0, from
 * which state 1 too is reached. */
static cj_tensor *start(const ctc *c)
{
    cj_context *context = cj_tensor_context(c->a.log_probs);
    int64_t shape[] = {c->n, 2 * c->s + 1};
    cj_tensor *state = cj_iota_at(c->a.at, context, CJ_I32, 2, shape, 1);
    cj_dtype dtype = cj_tensor_dtype(c->a.log_probs);
    cj_tensor *zero = cj_full_at(c->a.at, context, dtype, 2, shape, 0);
    return cj_where_at(c->a.at, cj_eq_at(c->a.at, state, cj_like_at(c->a.at, state, 0)), zero,
                       cj_full_at(c->a.at, context, dtype, 2, shape, IMPOSSIBLE));
}

/* i64 [N, 1]; `standard` where none are given. */
static cj_tensor *lengths_of(const ctc *c, cj_tensor *given, int64_t standard)
{
    cj_at at = c->a.at;
    int64_t shape[] = {c->n, 1};
    if (!given)
        return cj_full_at(at, cj_tensor_context(c->a.labels), CJ_I64, 2, shape, (double)standard);
    return cj_reshape_at(at, cj_cast_at(at, given, CJ_I64), 2, shape);
}

/* -log of the end: the last blank or the last label, [N]. */
static cj_tensor *ends(const ctc *c, cj_tensor *alpha, cj_tensor *lengths)
{
    cj_at at = c->a.at;
    cj_tensor *last = cj_gather_at(at, alpha, 1, cj_scale_at(at, lengths, 2));
    cj_tensor *before = cj_maximum_at(at, cj_shift_at(at, cj_scale_at(at, lengths, 2), -1),
                                      cj_like_at(at, lengths, 0));
    cj_tensor *label = cj_gather_at(at, alpha, 1, before), *none = cj_like_at(at, last, IMPOSSIBLE);
    label = cj_where_at(at, cj_gt_at(at, lengths, cj_like_at(at, lengths, 0)), label, none);
    cj_tensor *loss = cj_neg_at(at, lse(at, last, label, none));
    return cj_reshape_at(at, loss, 1, &c->n);
}

cj_tensor *cj_ctc_loss_at(const struct cj_ctc_args *args)
{
    ctc c = {.skip = NULL};
    if (!args || !args->log_probs || !args->labels ||
        cj_context_status(cj_tensor_context(args->log_probs)) != CJ_OK ||
        !CJ_TAKE_ARGS(cj_tensor_context(args->log_probs), "ctc_loss", c.a, args) || !check(&c))
        return NULL;
    cj_at at = c.a.at;
    cj_context *context = cj_tensor_context(c.a.log_probs);
    cj_tensor *states = extended(&c), *alpha = NULL, *first = start(&c);
    if (!states)
        return NULL;
    cj_tensor *is_label = cj_ne_at(at, states, cj_like_at(at, states, (double)c.a.blank));
    c.skip =
        cj_and_at(at, is_label, cj_ne_at(at, states, shifted(at, states, 2, (double)c.a.blank)));
    if (c.a.input_lengths)
        c.lengths = lengths_of(&c, c.a.input_lengths, c.steps);
    cj_tensor *index = cj_reshape_at(at, states, 3, (int64_t[]){1, c.n, 2 * c.s + 1});
    cj_tensor *emitted = cj_gather_at(at, c.a.log_probs, 2, index);
    if (!emitted)
        return NULL;
    cj_tensor *least = cj_like_at(at, emitted, IMPOSSIBLE);
    emitted = cj_where_at(at, cj_lt_at(at, emitted, least), least, emitted);
    cj_loop_at(&(struct cj_loop_args){.context = context,
                                      .body = step,
                                      .user = &c,
                                      .at = {at.file, at.line, sizeof(struct cj_loop_args)},
                                      .carries = 1,
                                      .init = &first,
                                      .xs = 1,
                                      .x = &emitted,
                                      .last = &alpha});
    cj_tensor *lengths = lengths_of(&c, c.a.label_lengths, c.s);
    cj_tensor *loss = ends(&c, alpha, lengths);
    if (!loss)
        return NULL;
    cj_tensor *never = cj_gt_at(at, loss, cj_like_at(at, loss, -0.1 * IMPOSSIBLE));
    loss = cj_where_at(at, never, cj_like_at(at, loss, c.a.zero_infinity ? 0 : INFINITY), loss);
    if (c.a.reduction == CJ_REDUCTION_MEAN) {
        cj_tensor *count = cj_maximum_at(at, lengths, cj_like_at(at, lengths, 1));
        count = cj_cast_at(at, cj_reshape_at(at, count, 1, &c.n), cj_tensor_dtype(loss));
        loss = cj_div_at(at, loss, count);
    }
    return cj_reduce_loss(at, loss, c.a.reduction);
}
