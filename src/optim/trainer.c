/*
 * src/optim/trainer.c - making a trainer: arguments, batches, buffers, the first programs.
 */
#include "optim/trainer.h"

#include <math.h>

static cj_status refuse(const cj_trainer *t, const char *sentence)
{
    return cj_fail(t->context, CJ_INVALID, "fit (%s:%d): %s", t->a.at.file ? t->a.at.file : "?",
                   t->a.at.line, sentence);
}

cj_status cj_fit_check_source(const cj_trainer *t, const cj_source *s)
{
    if (s->x_rank < 0 || s->x_rank >= CJ_MAX_RANK || s->y_rank < 0 || s->y_rank >= CJ_MAX_RANK)
        return refuse(t, "a source's .x_rank and .y_rank lie in 0 to 15");
    for (int i = 0; i < s->x_rank; i++)
        if (s->x_shape[i] < 1)
            return refuse(
                t, "a source's .x_shape needs extents of at least 1, one for each of .x_rank");
    for (int i = 0; i < s->y_rank; i++)
        if (s->y_shape[i] < 1)
            return refuse(
                t, "a source's .y_shape needs extents of at least 1, one for each of .y_rank");
    if (s->y_is_shares && (!s->y_is_float || s->y_rank < 1))
        return refuse(t, "a source of .y_is_shares needs .y_is_float and .y_shape {classes, ...}");
    if ((unsigned)s->x_dtype >= CJ_DTYPE_COUNT)
        return refuse(t, "a source's .x_dtype is no data type");
    if (s->count < 0 || (s->count == 0 && !s->next_batch))
        return refuse(t, "a source holds no examples (.count is 0)");
    if ((s->x != NULL) + (s->fetch != NULL) + (s->next_batch != NULL) != 1)
        return refuse(t, "a source needs one of .x, .fetch and .next_batch");
    return CJ_OK;
}

static bool same_shape(int rank, const int64_t *a, int other_rank, const int64_t *b)
{
    return rank == other_rank && memcmp(a, b, (size_t)rank * sizeof *a) == 0;
}

cj_status cj_fit_check_like(const cj_trainer *t, const cj_source *s)
{
    const cj_source *own = &t->source;
    cj_status status = cj_fit_check_source(t, s);
    if (status != CJ_OK)
        return status;
    bool only_x = !s->y && !s->fetch && !s->next_batch;
    if (own->x_dtype != s->x_dtype ||
        !same_shape(own->x_rank, own->x_shape, s->x_rank, s->x_shape) ||
        (!only_x && (own->y_is_float != s->y_is_float || own->y_is_shares != s->y_is_shares ||
                     !same_shape(own->y_rank, own->y_shape, s->y_rank, s->y_shape))))
        return refuse(t, "a source to evaluate differs from the training source in shape or dtype");
    return CJ_OK;
}

static cj_status check(cj_trainer *t)
{
    const struct cj_fit_args *a = &t->a;
    if (!a->source || (!a->net) == (!a->build))
        return refuse(t, a->source ? "it needs one of .net and .build" : "the source is NULL");
    t->source = *a->source;
    cj_status status = cj_fit_check_source(t, &t->source);
    if (status != CJ_OK)
        return status;
    if (t->source.x && !t->source.y)
        return refuse(t, "the source has .x without .y");
    if (a->validation) {
        t->validation = *a->validation;
        status = cj_fit_check_like(t, &t->validation);
        if (status != CJ_OK)
            return status;
    }
    if (cj_fit_keeps(t) && !a->validation)
        return refuse(t, ".patience and .keep_best need a .validation source");
    if (a->epochs < 0 || a->batch_size < 0 || a->patience < 0)
        return refuse(t, ".epochs, .batch_size and .patience must not be negative");
    if (a->compute != CJ_F32 && a->compute != CJ_BF16 && a->compute != CJ_F16)
        return refuse(t, ".compute is CJ_BF16 or CJ_F16 (or CJ_F32: the scope's dtype)");
    if (!(a->average_decay >= 0 && a->average_decay < 1))
        return refuse(t, ".average_decay must lie in [0, 1)");
    return CJ_OK;
}

static cj_status take_defaults(cj_trainer *t)
{
    struct cj_fit_args *a = &t->a;
    a->epochs = a->epochs ? a->epochs : 1;
    if (a->loss_scale == 0 && a->compute == CJ_F16)
        a->loss_scale = 32768;
    t->size = a->batch_size ? a->batch_size : 32;
    if (t->source.count)
        t->size = CJ_MIN(t->size, t->source.count);
    t->batches = t->source.count / t->size;
    if (!a->drop_last && t->source.count % t->size)
        t->batches++;
    cj_status status =
        cj_optimiser_take(t->context, a->optimiser ? a->optimiser : cj_adam(), &t->optimiser);
    if (status == CJ_OK)
        status = cj_schedule_take(t->context, a->schedule ? a->schedule : cj_constant_rate(),
                                  &t->schedule);
    if (status == CJ_OK && t->schedule.kind == CJ_PLATEAU && !a->validation)
        status = refuse(t, "the schedule plateau needs a .validation source");
    /* What they pointed to need not outlive this call. */
    a->optimiser = NULL;
    a->schedule = NULL;
    a->source = &t->source;
    a->validation = a->validation ? &t->validation : NULL;
    return status;
}

static cj_status make_buffers(cj_trainer *t)
{
    t->x_bytes = cj_fit_x_bytes(&t->source);
    t->y_bytes = cj_fit_y_bytes(&t->source);
    t->x = cj_allocate_aligned(t->context, (size_t)t->size * t->x_bytes);
    t->y = cj_allocate_aligned(t->context, (size_t)t->size * t->y_bytes);
    if (!t->source.next_batch)
        t->order = cj_allocate(t->context, (size_t)t->source.count * sizeof *t->order);
    return t->x && t->y && (t->order || t->source.next_batch) ? CJ_OK : CJ_NO_MEMORY;
}

/* Both training programs now, so that what is wrong shows before the first epoch, and labels at
 * the door. */
static cj_status make_programs(cj_trainer *t)
{
    int64_t last = t->source.next_batch ? 0 : t->source.count % t->size;
    if (!cj_fit_program(t, TRAIN, t->size) ||
        (last && !t->a.drop_last && !cj_fit_program(t, TRAIN, last)))
        return cj_error_status(t->context);
    cj_status status = CJ_OK;
    if (t->source.x)
        status = cj_fit_check_labels(t, &t->source, t->source.y, t->source.count, 0, NULL);
    if (status == CJ_OK && t->a.validation && t->validation.x && t->validation.y)
        status =
            cj_fit_check_labels(t, &t->validation, t->validation.y, t->validation.count, 0, NULL);
    return status;
}

static cj_status make(cj_trainer *t)
{
    cj_status status = check(t);
    if (status == CJ_OK)
        status = take_defaults(t);
    if (status == CJ_OK)
        status = make_buffers(t);
    if (status == CJ_OK)
        status = make_programs(t);
    if (status == CJ_OK)
        status = cj_fit_make_kept(t);
    return status;
}

cj_status cj_fit_new(const struct cj_fit_args *args, cj_trainer **out)
{
    *out = NULL;
    if (!args || !args->scope)
        return CJ_INVALID;
    cj_context *context = cj_scope_context(args->scope);
    struct cj_fit_args a;
    if (cj_context_status(context) != CJ_OK || !CJ_TAKE_ARGS(context, "fit", a, args))
        return cj_context_status(context);
    cj_trainer *t = cj_allocate_zero(context, sizeof *t);
    if (!t)
        return CJ_NO_MEMORY;
    t->context = context;
    t->a = a;
    t->root = &cj_home(a.scope)->top;
    t->order_epoch = -1;
    t->ahead = -1;
    t->validation_loss = t->validation_accuracy = NAN;
    cj_status status = make(t);
    if (status == CJ_OK)
        *out = t;
    else
        cj_trainer_free(t);
    return status;
}

cj_trainer *cj_trainer_new(const struct cj_fit_args *args)
{
    cj_trainer *t;
    cj_fit_new(args, &t);
    return t;
}

void cj_trainer_free(cj_trainer *t)
{
    if (!t)
        return;
    for (int mode = 0; mode < MODES; mode++)
        for (int i = 0; i < 2; i++)
            cj_program_free(t->program[mode][i].program);
    cj_fit_free_kept(t);
    cj_release_aligned(t->context, t->x, (size_t)t->size * t->x_bytes);
    cj_release_aligned(t->context, t->y, (size_t)t->size * t->y_bytes);
    cj_release(t->context, t->order, (size_t)t->source.count * sizeof *t->order);
    cj_release(t->context, t, sizeof *t);
}

const cj_program *cj_trainer_program(const cj_trainer *t)
{
    return t->program[TRAIN][0].program;
}

int64_t cj_trainer_batches(const cj_trainer *t)
{
    return t->batches;
}

int64_t cj_trainer_outputs(const cj_trainer *t)
{
    return t->outputs;
}

bool cj_trainer_done(const cj_trainer *t)
{
    if (t->position[POSITION_OPEN])
        return false;
    if (t->position[POSITION_EPOCH] >= t->a.epochs)
        return true;
    return t->a.patience > 0 && t->position[POSITION_BATCH] == 0 &&
           (double)t->position[POSITION_EPOCH] - t->best[BEST_EPOCH] >= (double)t->a.patience;
}
