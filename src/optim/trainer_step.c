/*
 * src/optim/trainer_step.c - steps, ends of epochs, evaluations.
 */
#include "optim/trainer.h"

#include <math.h>

int64_t cj_fit_steps(const cj_trainer *t)
{
    int64_t step = 0;
    memcpy(&step, cj_variable_data(cj_scope_step(t->root)), sizeof step);
    return step;
}

static double share(int64_t right, int64_t examples)
{
    return examples ? (double)right / (double)examples : NAN;
}

static cj_progress progress_of(const cj_trainer *t)
{
    return (cj_progress){.step = cj_fit_steps(t),
                         .epoch = t->position[POSITION_EPOCH],
                         .batch = t->position[POSITION_BATCH],
                         .batches = t->batches,
                         .epochs = t->a.epochs,
                         .rate = t->sum[SUM_RATE],
                         .validation_loss = NAN,
                         .validation_accuracy = NAN};
}

/* ---- a step ---- */

static void begin_epoch(cj_trainer *t)
{
    t->position[POSITION_EXAMPLES] = 0;
    t->position[POSITION_RIGHT] = 0;
    t->sum[SUM_LOSS] = 0;
}

static cj_status run(const sized_program *p, const batch *b, bool with_y)
{
    const cj_feed feed[2] = {{"x", b->x}, {"y", b->y}};
    return cj_run(p->program, with_y ? 2 : 1, feed);
}

/* The batch's part in the epoch's sums, then the place after it. */
static cj_status advance(cj_trainer *t, const batch *b, double loss, int64_t right)
{
    bool over;
    t->position[POSITION_EXAMPLES] += b->n;
    t->position[POSITION_RIGHT] += right;
    t->position[POSITION_BATCH]++;
    t->sum[SUM_LOSS] += loss * (double)b->n;
    cj_status status = cj_fit_epoch_is_over(t, &over);
    if (status == CJ_OK && over) {
        t->position[POSITION_BATCH] = 0;
        t->position[POSITION_EPOCH]++;
        t->position[POSITION_OPEN] = 1;
    }
    return status;
}

static cj_status next_batch(cj_trainer *t, batch *b)
{
    cj_status status = CJ_OK;
    if (t->position[POSITION_OPEN])
        status = cj_trainer_end_epoch(t, NULL);
    if (status == CJ_OK && cj_trainer_done(t))
        status = cj_fail(t->context, CJ_INVALID,
                         "the training is done after %lld epochs; give more epochs",
                         (long long)t->position[POSITION_EPOCH]);
    if (status != CJ_OK)
        return status;
    if (t->position[POSITION_BATCH] == 0)
        begin_epoch(t);
    status = cj_fit_next(t, b);
    if (status == CJ_OK && (b->n == 0 || (t->a.drop_last && b->n < t->size)))
        status = cj_fail(t->context, CJ_VALUE, "epoch %lld has no batch",
                         (long long)t->position[POSITION_EPOCH] + 1);
    return status;
}

cj_status cj_trainer_step(cj_trainer *t, cj_progress *progress)
{
    batch b;
    cj_status status = next_batch(t, &b);
    if (status != CJ_OK)
        return status;
    const sized_program *p = cj_fit_program(t, TRAIN, b.n);
    if (!p)
        return cj_error_status(t->context);
    status = run(p, &b, true);
    if (status != CJ_OK)
        return status;
    double loss = cj_output_number(p->program, 0);
    t->sum[SUM_RATE] = cj_output_number(p->program, 1);
    int64_t right = p->counts ? (int64_t)cj_output_number(p->program, 2) : 0;
    if (!isfinite(loss))
        return cj_fit_not_finite(t, &b, loss);
    int64_t labels = b.n * cj_fit_answers(&t->source);
    status = advance(t, &b, loss, right);
    if (status == CJ_OK && progress) {
        *progress = progress_of(t);
        progress->examples = b.n;
        progress->loss = loss;
        progress->accuracy = p->counts ? share(right, labels) : NAN;
    }
    return status;
}

/* ---- what holds a NaN ---- */

/* The place of the first NaN; -1: none. */
static int64_t find_nan(cj_dtype dtype, const void *data, size_t bytes)
{
    const float *f = data;
    const double *d = data;
    if (dtype == CJ_F32)
        for (size_t i = 0; i < bytes / sizeof *f; i++)
            if (isnan(f[i]))
                return (int64_t)i;
    if (dtype == CJ_F64)
        for (size_t i = 0; i < bytes / sizeof *d; i++)
            if (isnan(d[i]))
                return (int64_t)i;
    return -1;
}

cj_status cj_fit_not_finite(cj_trainer *t, const batch *b, double loss)
{
    int64_t step = cj_fit_steps(t);
    const char *holder = NULL;
    if (find_nan(t->source.x_dtype, b->x, (size_t)b->n * t->x_bytes) >= 0)
        holder = "x";
    else if (t->source.y_is_float && find_nan(CJ_F32, b->y, (size_t)b->n * t->y_bytes) >= 0)
        holder = "y";
    for (int i = 0; !holder && i < t->entries; i++) {
        const cj_entry *entry = cj_scope_entry(t->root, i);
        cj_variable *v = entry->variable;
        if (find_nan(cj_variable_dtype(v), cj_variable_data(v), cj_variable_bytes(v)) >= 0)
            holder = entry->path;
    }
    if (!holder)
        return cj_fail(
            t->context, CJ_NOT_FINITE,
            "the loss of step %lld is %g; no tensor holds a NaN yet; lower the learning rate or "
            "clip the gradients",
            (long long)step, loss);
    bool is_data = strlen(holder) == 1;
    return cj_fail(t->context, CJ_NOT_FINITE,
                   "the loss of step %lld is %g; the first tensor that holds a NaN is '%s'; %s",
                   (long long)step, isnan(loss) ? (double)NAN : loss, holder,
                   is_data ? "clean the data" : "lower the learning rate or clip the gradients");
}

/* ---- evaluation ---- */

static bool has_targets(const cj_source *s)
{
    return s->y || s->fetch || s->next_batch;
}

cj_status cj_trainer_evaluate(cj_trainer *t, const cj_source *source, cj_scores *scores,
                              void *output)
{
    bool with_y = has_targets(source);
    size_t row = (size_t)t->outputs * cj_dtype_size(cj_scope_dtype(t->root));
    int64_t labels = cj_fit_answers(source);
    double sum = 0;
    bool counts = false;
    cj_scores found = {0};
    cj_status fit = cj_fit_check_like(t, source);
    if (fit != CJ_OK)
        return fit;
    for (int64_t i = 0;; i++) {
        batch b;
        cj_status status = cj_fit_batch_in_order(t, source, i, &b);
        if (status != CJ_OK)
            return status;
        if (b.n == 0)
            break;
        const sized_program *p = cj_fit_program(t, with_y ? EVALUATE : PREDICT, b.n);
        if (!p)
            return cj_error_status(t->context);
        status = run(p, &b, with_y);
        if (status != CJ_OK)
            return status;
        if (output)
            memcpy((char *)output + (size_t)found.examples * row, cj_output(p->program, 0),
                   (size_t)b.n * row);
        found.examples += b.n;
        counts = p->counts;
        sum += with_y ? cj_output_number(p->program, 1) * (double)b.n : 0;
        found.correct += counts ? (int64_t)cj_output_number(p->program, 2) : 0;
        if (!source->next_batch && found.examples >= source->count)
            break;
    }
    found.loss = with_y && found.examples ? sum / (double)found.examples : NAN;
    found.accuracy = counts ? share(found.correct, found.examples * labels) : NAN;
    if (scores)
        *scores = found;
    return CJ_OK;
}

/* ---- the end of an epoch ---- */

bool cj_trainer_epoch_open(const cj_trainer *t)
{
    return t->position[POSITION_OPEN] != 0;
}

static cj_status validate(cj_trainer *t, bool *best)
{
    cj_scores scores;
    t->ahead = -1; /* the stream's buffers are used for the validation */
    cj_status status = cj_trainer_evaluate(t, &t->validation, &scores, NULL);
    if (status != CJ_OK)
        return status;
    t->validation_loss = scores.loss;
    t->validation_accuracy = scores.accuracy;
    if (t->schedule.kind == CJ_PLATEAU)
        status = cj_plateau_observe(t->root, &t->schedule, scores.loss);
    if (status != CJ_OK)
        return status;
    *best =
        t->best[BEST_EPOCH] == 0 || isnan(t->best[BEST_LOSS]) || scores.loss < t->best[BEST_LOSS];
    if (*best) {
        t->best[BEST_LOSS] = scores.loss;
        t->best[BEST_EPOCH] = (double)t->position[POSITION_EPOCH];
        if (cj_fit_keeps(t))
            cj_fit_keep_best(t);
    }
    return CJ_OK;
}

cj_status cj_trainer_end_epoch(cj_trainer *t, cj_progress *progress)
{
    bool best = false;
    if (!t->position[POSITION_OPEN])
        return cj_fail(t->context, CJ_INVALID, "no epoch has just ended");
    cj_status status = t->a.validation ? validate(t, &best) : CJ_OK;
    if (status != CJ_OK)
        return status;
    t->position[POSITION_OPEN] = 0;
    if (!progress)
        return CJ_OK;
    int64_t examples = t->position[POSITION_EXAMPLES];
    int64_t labels = examples * cj_fit_answers(&t->source);
    *progress = progress_of(t);
    progress->examples = examples;
    progress->loss = examples ? t->sum[SUM_LOSS] / (double)examples : NAN;
    bool counts = t->program[TRAIN][0].counts;
    progress->accuracy = counts ? share(t->position[POSITION_RIGHT], labels) : NAN;
    progress->validation_loss = t->validation_loss;
    progress->validation_accuracy = t->validation_accuracy;
    progress->best = best;
    return CJ_OK;
}
