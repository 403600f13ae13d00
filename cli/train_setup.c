/*
 * cli/train_setup.c - what every training decides before it begins: its task, names, optimiser, the options to keep.
 */
#include "task.h"

#include "base/base.h"

#include <stdlib.h>
#include <sys/stat.h>

static void name_data(plan *p, const char *given)
{
    struct stat about;
    char copy[PATH_SIZE];
    if (!strcmp(given, "-")) {
        snprintf(p->data_path, sizeof p->data_path, "-");
        snprintf(p->data_name, sizeof p->data_name, "stdin");
        return;
    }
    bool known = false; /* a known name goes before a file of that name, as in cj_data_load */
    for (int i = 0; cj_data_known(i); i++)
        known |= !strcmp(cj_data_known(i)->name, given);
    if (known || stat(given, &about) != 0 || !realpath(given, p->data_path))
        snprintf(p->data_path, sizeof p->data_path, "%s", given);
    snprintf(copy, sizeof copy, "%s", p->data_path);
    for (size_t length = strlen(copy); length > 1 && copy[length - 1] == '/'; length--)
        copy[length - 1] = 0;
    const char *base = strrchr(copy, '/');
    snprintf(p->data_name, sizeof p->data_name, "%.100s", base ? base + 1 : copy);
    char *dot = strchr(p->data_name + (p->data_name[0] != 0), '.');
    if (dot)
        *dot = 0;
}

/* ---- the plan ---- */

bool train_decide_numbers(train *t)
{
    plan *p = &t->plan;
    if (!option_integer(t->c, OPT_EPOCHS, 1, 1000000, &p->epochs) ||
        !option_integer(t->c, OPT_BATCH, 1, 1 << 20, &p->batch) ||
        !option_number(t->c, OPT_CLIP, 1e-12, 1e12, &p->clip))
        return false;
    p->batch = CJ_MIN(p->batch, t->examples);
    return true;
}

int train_decide_optimiser(train *t, const char *optim, const char *schedule)
{
    cli *c = t->c;
    plan *p = &t->plan;
    optim = c->value[OPT_OPTIM] ? c->value[OPT_OPTIM] : optim;
    schedule = c->value[OPT_SCHEDULE] ? c->value[OPT_SCHEDULE] : schedule;
    if (!parse_optimiser(c, optim, &p->optimiser))
        return EXIT_USAGE;
    cj_status status = cj_schedule_parse(c->context, schedule, &p->schedule);
    if (status != CJ_OK)
        return fail_library(c, status);
    cj_optimiser_text(&p->optimiser, p->optim_text, sizeof p->optim_text);
    cj_schedule_text(&p->schedule, p->schedule_text, sizeof p->schedule_text);
    return EXIT_DONE;
}

void set_option(json_t *options, const char *key, const char *value)
{
    json_object_set_new(options, key, value ? json_text(value) : json_null());
}

int train_begin_options(train *t)
{
    cli *c = t->c;
    const plan *p = &t->plan;
    json_t *o = t->options = json_object();
    if (!o)
        return fail_library(c, CJ_NO_MEMORY);
    set_option(o, "data", p->data_path);
    set_option(o, "net", p->net);
    json_object_set_new(o, "epochs", p->early ? json_null() : json_integer(p->epochs));
    json_object_set_new(o, "batch", json_integer(p->batch));
    set_option(o, "optim", p->optim_text);
    set_option(o, "schedule", p->schedule_text);
    json_object_set_new(o, "clip", p->clip > 0 ? json_real(p->clip) : json_null());
    json_object_set_new(o, "seed", json_integer((json_int_t)cj_seed(c->context)));
    return EXIT_DONE;
}

int train_prepare(train *t)
{
    cli *c = t->c;
    if (!c->value[OPT_DATA])
        return fail(c, EXIT_USAGE,
                    "train wants the data: cajal train --data D; see `cajal train --help`");
    t->plan.early = !c->value[OPT_EPOCHS];
    name_data(&t->plan, c->value[OPT_DATA]);
    int code = task_choose(t);
    return code == EXIT_DONE ? t->task->prepare(t) : code;
}

int train_make_trainer(train *t)
{
    const plan *p = &t->plan;
    cj_source source, held = {0};
    struct cj_fit_args a = {.scope = t->scope,
                            .at = CJ_HERE_OF(struct cj_fit_args),
                            .source = &source,
                            .optimiser = &p->optimiser,
                            .schedule = &p->schedule,
                            .clip_norm = p->clip,
                            .epochs = p->epochs,
                            .batch_size = p->batch,
                            .drop_last = p->drop_last,
                            .patience = p->patience};
    t->task->fit(t, &a, &source, &held);
    a.validation = held.count ? &held : NULL;
    t->trainer = cj_trainer_new(&a);
    if (t->trainer)
        return EXIT_DONE;
    cj_status status = cj_context_status(t->c->context);
    return fail_library(t->c, status != CJ_OK ? status : CJ_NO_MEMORY);
}
