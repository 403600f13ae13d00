/*
 * cli/train.c - cajal train: decide, begin or resume, train, tell how good the net is.
 */
#include "task.h"

#include "base/base.h"

#include <math.h>
#include <stdlib.h>

void train_free(train *t)
{
    cj_trainer_free(t->trainer);
    if (t->task && t->task->release)
        t->task->release(t);
    cj_model_free(t->model);
    if (t->c->context)
        cj_dataset_free(t->c->context, t->data);
    free(t->plan.class_weight);
    free((char *)(uintptr_t)t->plan.net);
    json_decref(t->options);
    json_decref(t->recorded);
    json_decref(t->log);
}

/* ---- what every task tells ---- */

static const json_t *last_epoch(const train *t)
{
    size_t epochs = json_array_size(t->log);
    return epochs ? json_array_get(t->log, epochs - 1) : NULL;
}

double train_logged(const train *t, const char *key)
{
    json_t *value = json_object_get(last_epoch(t), key);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

static void announce(const train *t)
{
    const plan *p = &t->plan;
    char parameters[32];
    t->task->announce(t);
    tell(t->c, "%s parameters; %s, rate %g, %s, batch %lld, epochs %s%lld, seed %llu, %d %s (%s)",
         count_text((double)cj_scope_parameters(t->scope), parameters), p->optim_text,
         cj_optimiser_rate(&p->optimiser), p->schedule_text, (long long)p->batch,
         p->early ? "at most " : "", (long long)p->epochs,
         (unsigned long long)cj_seed(t->c->context), cj_threads(t->c->context),
         cj_of_count(cj_threads(t->c->context), "thread", "threads"), cj_isa(t->c->context));
    if (t->resumed)
        tell(t->c, "resuming the run in %s", t->folder);
}

json_t *done_json(const train *t)
{
    char path[PATH_SIZE];
    cj_program_info memory = cj_program_describe(cj_trainer_program(t->trainer));
    folder_file(t, "model.safetensors", path);
    json_t *object = json_pack(
        "{s:s, s:o, s:o, s:s, s:o, s:I, s:i, s:o, s:o, s:o, s:o, s:o}", "event", "done", "out",
        json_text(t->folder), "model", json_text(path), "net", t->plan.net_name, "data",
        json_text(t->plan.data_name), "seed", (json_int_t)cj_seed(t->c->context), "threads",
        cj_threads(t->c->context), "epochs", json_integer((json_int_t)json_array_size(t->log)),
        "steps", json_integer(*(int64_t *)cj_variable_data(cj_scope_step(t->scope))),
        "train_seconds", json_finite(t->seconds), "images_per_second", json_finite(train_speed(t)),
        "train_loss", json_finite(train_logged(t, "train_loss")));
    json_object_set_new(object, "peak_bytes", json_integer((json_int_t)memory.peak_bytes));
    json_object_set_new(object, "lower_bound_bytes",
                        json_integer((json_int_t)memory.lower_bound_bytes));
    json_object_set_new(object, "rss_bytes", json_integer(resident_bytes()));
    return object;
}

/* ---- a run ---- */

static int begin(train *t)
{
    cli *c = t->c;
    bool found = false;
    int code = EXIT_DONE;
    if (option_on(c, OPT_RESUME) && option_on(c, OPT_FORCE))
        return fail(c, EXIT_USAGE,
                    "--resume goes on with a run, --force begins anew: only one of them");
    code = make_context(c);
    if (code == EXIT_DONE && c->value[OPT_CONFIG])
        code = folder_read_config(c, c->value[OPT_CONFIG]);
    if (code == EXIT_DONE && option_on(c, OPT_RESUME))
        code = folder_read_recorded(t);
    if (code == EXIT_DONE && c->value[OPT_SEED]) {
        /* The seed may have come from a file: the context is made with it. */
        cj_context_free(c->context);
        c->context = NULL;
        code = make_context(c);
    }
    if (code == EXIT_DONE)
        code = train_prepare(t);
    if (code == EXIT_DONE)
        code = train_make_trainer(t);
    if (code == EXIT_DONE)
        code = folder_open(t);
    if (code == EXIT_DONE)
        code = checkpoint_restore(t, &found);
    return code;
}

int run_train(cli *c)
{
    train t = {.c = c, .log = json_array()};
    catch_signals();
    int code = begin(&t);
    if (code == EXIT_DONE) {
        announce(&t);
        code = train_loop(&t);
    }
    if (code == EXIT_DONE && t.plan.patience > 0)
        cj_trainer_take_best(t.trainer);
    if (code == EXIT_DONE)
        code = t.task->finish(&t);
    train_free(&t);
    return code;
}
