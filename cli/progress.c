/*
 * cli/progress.c - the line that tells how a training goes: redrawn on a terminal, a line an epoch elsewhere.
 */
#include "train.h"

#include <math.h>

/* Epochs of a small table take milliseconds: not each of them gets a line. */
#define SECONDS_BETWEEN_LINES 1

void progress_begin(progress_line *line, const train *t)
{
    *line = (progress_line){
        .terminal = is_terminal(stderr), .quiet = t->c->quiet, .loss = NAN, .accuracy = NAN};
}

void progress_clear(progress_line *line)
{
    if (line->shown)
        fputs("\r\033[K", stderr);
    line->shown = false;
}

static double smooth(double old, double new)
{
    return isnan(old) ? new : 0.95 * old + 0.05 * new;
}

double train_speed(const train *t)
{
    return t->step_seconds > 0 ? (double)t->images / t->step_seconds : NAN;
}

/* Seconds for so many examples at the speed so far. */
static const char *left_text(const train *t, double examples, char text[32])
{
    double rate = train_speed(t);
    return time_text(isnan(rate) ? 0 : examples / rate, text);
}

void progress_step(progress_line *line, const train *t, const cj_progress *p)
{
    char rate[32], left[32];
    double now = now_seconds();
    line->loss = smooth(line->loss, p->loss);
    line->accuracy = smooth(line->accuracy, p->accuracy);
    if (line->quiet || !line->terminal || now - line->drawn < 0.1)
        return;
    line->drawn = now;
    int64_t all = p->batches * p->epochs, done = p->epoch * p->batches + p->batch;
    double part = p->batches ? (double)(p->batch ? p->batch : p->batches) / (double)p->batches : 0;
    fprintf(stderr, "\r\033[Kepoch %lld/%lld  %3.0f %%  %s %s/s  loss %.4f",
            (long long)(p->epoch + (p->batch != 0)), (long long)p->epochs, 100 * part,
            count_text(train_speed(t), rate), t->unit, line->loss);
    if (!isnan(line->accuracy))
        fprintf(stderr, "  accuracy %.1f %%", 100 * line->accuracy);
    fprintf(stderr, "  %s%s left", t->plan.early ? "at most " : "",
            left_text(t, (double)(all - done) * (double)t->plan.batch, left));
    line->shown = true;
}

/* A line that stays, for the first epoch, the last, and those that took their time. */
void progress_epoch(progress_line *line, const train *t, const cj_progress *p)
{
    char rate[32], left[32];
    bool last = p->epoch == p->epochs || cj_trainer_done(t->trainer);
    double now = now_seconds();
    if (line->quiet || (p->epoch > 1 && !last && now - line->told < SECONDS_BETWEEN_LINES))
        return;
    progress_clear(line);
    line->told = now;
    double examples = (double)t->examples * (double)(p->epochs - p->epoch);
    fprintf(stderr, "epoch %lld/%lld  %s %s/s  loss %.4f", (long long)p->epoch,
            (long long)p->epochs, count_text(train_speed(t), rate), t->unit, p->loss);
    if (!isnan(p->accuracy))
        fprintf(stderr, "  accuracy %.2f %%", 100 * p->accuracy);
    if (!isnan(p->validation_loss))
        fprintf(stderr, "  validation loss %.4f", p->validation_loss);
    if (!isnan(p->validation_accuracy))
        fprintf(stderr, "  accuracy %.2f %%", 100 * p->validation_accuracy);
    if (p->best && !isnan(p->validation_loss))
        fputs("  best", stderr);
    fprintf(stderr, "  %s%s left\n", t->plan.early ? "at most " : "", left_text(t, examples, left));
}
