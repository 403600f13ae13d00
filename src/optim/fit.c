/*
 * src/optim/fit.c - cj_fit: the loop over a trainer.
 */
#include "optim/trainer.h"

static cj_status stopped(const cj_trainer *t, const char *where)
{
    return cj_fail(t->context, CJ_STOPPED, "stopped by %s after step %lld", where,
                   (long long)cj_fit_steps(t));
}

static cj_status loop(cj_trainer *t, const struct cj_fit_args *a)
{
    cj_progress progress;
    while (!cj_trainer_done(t)) {
        cj_status status = cj_trainer_step(t, &progress);
        if (status != CJ_OK)
            return status;
        if (a->on_step && !a->on_step(a->user, &progress))
            return stopped(t, "on_step");
        if (!cj_trainer_epoch_open(t))
            continue;
        status = cj_trainer_end_epoch(t, &progress);
        if (status != CJ_OK)
            return status;
        if (a->on_epoch && !a->on_epoch(a->user, &progress))
            return stopped(t, "on_epoch");
    }
    return CJ_OK;
}

cj_status cj_fit_at(const struct cj_fit_args *args)
{
    if (!args || !args->scope)
        return CJ_INVALID;
    cj_context *context = cj_scope_context(args->scope);
    struct cj_fit_args a;
    if (cj_context_status(context) != CJ_OK)
        return cj_context_status(context);
    if (!CJ_TAKE_ARGS(context, "fit", a, args))
        return CJ_INVALID;
    cj_trainer *t;
    cj_status status = cj_fit_new(args, &t);
    if (status != CJ_OK)
        return status;
    status = loop(t, &a);
    if (status == CJ_OK || status == CJ_STOPPED)
        cj_trainer_take_best(t);
    if ((status == CJ_OK || status == CJ_STOPPED) && a.average_decay > 0)
        cj_average_take(a.scope);
    cj_trainer_free(t);
    return status;
}
