/*
 * src/optim/trainer_build.c - the programs of a trainer: a training step, an evaluation, a
 * prediction, for a batch size.
 */
#include "optim/trainer.h"

/* x as the net sees it: u8 / 255, floats in the scope's dtype. */
static cj_tensor *make_x(const cj_trainer *t, int64_t n)
{
    int64_t shape[CJ_MAX_RANK] = {n};
    const cj_source *s = &t->source;
    memcpy(shape + 1, s->x_shape, (size_t)s->x_rank * sizeof *shape);
    cj_tensor *x = cj_input_at(t->a.at, t->context, "x", s->x_dtype, s->x_rank + 1, shape);
    cj_dtype dtype = cj_scope_dtype(t->root);
    if (s->x_dtype == CJ_U8)
        return cj_scale_at(t->a.at, cj_cast_at(t->a.at, x, dtype), 1 / 255.0);
    bool is_float = s->x_dtype == CJ_F32 || s->x_dtype == CJ_F64;
    return is_float ? cj_cast_at(t->a.at, x, dtype) : x;
}

/* y: labels as they are, numbers in the scope's dtype and, where the count is the same, in the
 * output's shape. */
static cj_tensor *make_y(const cj_trainer *t, int64_t n, cj_tensor *output)
{
    int64_t shape[CJ_MAX_RANK] = {n};
    const cj_source *s = &t->source;
    memcpy(shape + 1, s->y_shape, (size_t)s->y_rank * sizeof *shape);
    cj_dtype dtype = s->y_is_float ? CJ_F32 : CJ_I32;
    cj_tensor *y = cj_input_at(t->a.at, t->context, "y", dtype, s->y_rank + 1, shape);
    if (!s->y_is_float)
        return y;
    y = cj_cast_at(t->a.at, y, cj_scope_dtype(t->root));
    if (y && output && !t->a.loss && cj_elements(y) == cj_elements(output))
        y = cj_reshape_at(t->a.at, y, cj_rank(output), cj_shape(output));
    return y;
}

static cj_tensor *make_loss(const cj_trainer *t, cj_tensor *output, cj_tensor *y)
{
    if (!output || !y)
        return NULL;
    if (t->a.loss)
        return t->a.loss(t->a.net_user, t->a.scope, output, y);
    if (t->source.y_is_float && !t->source.y_is_shares) {
        struct cj_loss_args l = {.x = output, .y = y, .at = t->a.at};
        l.at.size = sizeof l;
        return cj_mse_loss_at(&l);
    }
    struct cj_cross_entropy_args a = {.logits = output, .labels = y, .at = t->a.at};
    a.at.size = sizeof a;
    if (t->a.class_weight && cj_rank(output) > 1) {
        int64_t classes = cj_extent(output, 1);
        cj_tensor *weight =
            cj_tensor_from_at(t->a.at, t->context, CJ_F64, 1, &classes, t->a.class_weight);
        a.weight = cj_cast_at(t->a.at, weight, cj_tensor_dtype(output));
    }
    return cj_cross_entropy_at(&a);
}

/* The number of right labels, where there are labels and logits to compare. */
static cj_tensor *make_right(const cj_trainer *t, cj_tensor *output, cj_tensor *y)
{
    if (t->source.y_is_shares && output && y && cj_rank(y) > 1)
        y = cj_argmax_at(t->a.at, y, CJ_AXIS(1), false);
    else if (t->source.y_is_float)
        return NULL;
    if (!output || !y || cj_rank(output) != cj_rank(y) + 1)
        return NULL;
    return cj_correct_at(t->a.at, output, y);
}

static bool is_mixed(const cj_trainer *t)
{
    return t->a.compute != CJ_F32;
}

/* The net on the scope: under averages where it is judged, in the dtype that it is to compute in. */
static cj_tensor *make_net(const cj_trainer *t, enum trainer_mode mode, cj_tensor *x)
{
    bool averaged = mode != TRAIN && t->a.average_decay > 0;
    cj_scope *judged = averaged ? cj_average_scope(t->a.scope) : t->a.scope;
    cj_scope *s = is_mixed(t) ? cj_scope_cast(judged, t->a.compute) : judged;
    cj_dtype dtype = cj_scope_dtype(t->root);
    cj_tensor *output = NULL;
    if (s && is_mixed(t) && cj_tensor_dtype(x) == dtype)
        x = cj_cast_at(t->a.at, x, t->a.compute);
    if (s)
        output = t->a.net ? t->a.net(s, x) : t->a.build(t->a.net_user, s, x);
    if (is_mixed(t))
        cj_scope_free(s);
    if (averaged)
        cj_scope_free(judged);
    bool cast = output && is_mixed(t) && cj_tensor_dtype(output) == t->a.compute;
    return cast ? cj_cast_at(t->a.at, output, dtype) : output;
}

static cj_tensor *make_output(cj_trainer *t, enum trainer_mode mode, int64_t n)
{
    cj_tensor *x = make_x(t, n);
    if (!x)
        return NULL;
    cj_tensor *output = make_net(t, mode, x);
    if (!output)
        return NULL;
    if (cj_rank(output) < 1 || cj_extent(output, 0) != n) {
        cj_fail_building(t->context, CJ_SHAPE, t->a.at,
                         "fit: the net gives %s for %lld examples; its first axis must be theirs",
                         CJ_TEXT_OF(output), (long long)n);
        return NULL;
    }
    if (cj_tensor_dtype(output) != cj_scope_dtype(t->root)) {
        cj_fail_building(t->context, CJ_DTYPE, t->a.at, "fit: the net gives %s, its scope is of %s",
                         CJ_TEXT_OF(output), cj_dtype_name(cj_scope_dtype(t->root)));
        return NULL;
    }
    t->outputs = n ? cj_elements(output) / n : 0;
    bool labels = !t->source.y_is_float && !t->a.loss && cj_rank(output) > 1;
    t->classes = labels ? cj_extent(output, 1) : 0;
    return output;
}

/* Records the step, and hands out the rate as an f64 scalar. */
static cj_tensor *make_update(cj_trainer *t, cj_tensor *loss)
{
    cj_at at = t->a.at;
    cj_tensor *rate = cj_scope_rate_at(at, t->root, &t->schedule, t->optimiser.lr, t->batches,
                                       t->batches * t->a.epochs);
    struct cj_optimize_args o = {.scope = t->root,
                                 .loss = loss,
                                 .optimiser = &t->optimiser,
                                 .at = at,
                                 .rate = rate,
                                 .clip_value = t->a.clip_value,
                                 .clip_norm = t->a.clip_norm,
                                 .group_count = t->a.group_count,
                                 .group = t->a.group,
                                 .loss_scale = t->a.loss_scale};
    struct cj_average_args average = {
        .scope = t->root, .decay = t->a.average_decay, .at = at, .buffers = true};
    o.at.size = sizeof o;
    average.at.size = sizeof average;
    if (cj_optimize_at(&o) != CJ_OK)
        return NULL;
    return average.decay > 0 && cj_average_at(&average) != CJ_OK ? NULL : rate;
}

static cj_program *build(cj_trainer *t, enum trainer_mode mode, int64_t n, bool *counts)
{
    cj_scope_build(t->root, mode == TRAIN);
    cj_tensor *output = make_output(t, mode, n), *out[3];
    if (!output)
        return NULL;
    if (mode == PREDICT)
        return cj_compile_at(t->a.at, t->context, 1, &output, NULL);
    cj_tensor *y = make_y(t, n, output), *loss = make_loss(t, output, y);
    if (!loss)
        return NULL;
    cj_tensor *right = make_right(t, output, y);
    *counts = right != NULL;
    out[mode == TRAIN ? 0 : 1] = loss;
    out[mode == TRAIN ? 1 : 0] = mode == TRAIN ? make_update(t, loss) : output;
    out[2] = right;
    if (cj_context_status(t->context) != CJ_OK)
        return NULL;
    cj_updates updates = {0};
    if (mode == TRAIN)
        updates = cj_scope_updates(t->root);
    return cj_compile_at(t->a.at, t->context, right ? 3 : 2, out, &updates);
}

const sized_program *cj_fit_program(cj_trainer *t, enum trainer_mode mode, int64_t n)
{
    sized_program *slot = &t->program[mode][n == t->size ? 0 : 1];
    if (slot->program && slot->n == n)
        return slot;
    cj_program_free(slot->program);
    *slot = (sized_program){.n = n};
    if (cj_frame_enter(t->context) != CJ_OK)
        return NULL;
    slot->program = build(t, mode, n, &slot->counts);
    if (!slot->program && cj_context_status(t->context) == CJ_OK && !*cj_error(t->context))
        cj_fail(t->context, CJ_INVALID, "fit: the net or the loss returned NULL without an error");
    cj_frame_leave(t->context);
    cj_scope_build(t->root, false);
    return slot->program ? slot : NULL;
}
