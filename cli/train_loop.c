/*
 * cli/train_loop.c - the training itself: steps, epochs, checkpoints, and signals that ask it to stop.
 */
#include "train.h"

#include <signal.h>
#include <unistd.h>

#define SECONDS_BETWEEN_CHECKPOINTS 60

static volatile sig_atomic_t stop_requested;

/* The first signal asks; the second does not wait. */
static void on_signal(int number)
{
    if (stop_requested)
        _exit(128 + number);
    stop_requested = number;
}

int stop_signal(void)
{
    return stop_requested;
}

void catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

static int stop(train *t)
{
    int code = checkpoint_save(t);
    if (code != EXIT_DONE)
        return code;
    fprintf(stderr, "stopped and saved; go on with: cajal train --resume --out '%s'\n", t->folder);
    if (t->c->json)
        print_json(json_pack("{s:s, s:o, s:i}", "event", "stopped", "out", json_text(t->folder),
                             "signal", stop_signal()));
    return 128 + stop_signal();
}

static json_t *epoch_json(const train *t, const cj_progress *p)
{
    return json_pack(
        "{s:s, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:o}", "event", "epoch", "epoch",
        (json_int_t)p->epoch, "epochs", (json_int_t)p->epochs, "step", (json_int_t)p->step,
        "train_loss", json_finite(p->loss), "train_accuracy", json_finite(p->accuracy), "val_loss",
        json_finite(p->validation_loss), "val_accuracy", json_finite(p->validation_accuracy), "lr",
        json_finite(p->rate), "best", p->best, "train_seconds", json_finite(t->seconds),
        "images_per_second", json_finite(train_speed(t)));
}

static int end_epoch(train *t, progress_line *line)
{
    cj_progress p;
    cj_status status = cj_trainer_end_epoch(t->trainer, &p);
    if (status != CJ_OK)
        return fail_library(t->c, status);
    progress_epoch(line, t, &p);
    json_t *object = epoch_json(t, &p);
    if (object && t->c->json)
        print_json(json_incref(object));
    int code = log_append(t, object);
    return code == EXIT_DONE ? checkpoint_save(t) : code;
}

static int fail_step(train *t, cj_status status)
{
    int code = fail_library(t->c, status);
    char path[PATH_SIZE];
    folder_file(t, "checkpoint.safetensors", path);
    if (status == CJ_NOT_FINITE)
        tell(t->c, "--lr %g or --clip 1 often helps%s%s%s", t->plan.optimiser.lr / 10,
             access(path, F_OK) == 0 ? "; the checkpoint in '" : "",
             access(path, F_OK) == 0 ? t->folder : "",
             access(path, F_OK) == 0 ? "' is from before" : "");
    return code;
}

int train_loop(train *t)
{
    progress_line line;
    double saved = now_seconds();
    progress_begin(&line, t);
    while (cj_trainer_epoch_open(t->trainer) || !cj_trainer_done(t->trainer)) {
        int code = EXIT_DONE;
        if (cj_trainer_epoch_open(t->trainer)) {
            code = end_epoch(t, &line);
            saved = now_seconds();
        } else {
            cj_progress p;
            double before = now_seconds();
            cj_status status = cj_trainer_step(t->trainer, &p);
            double took = now_seconds() - before;
            t->seconds += took;
            t->step_seconds += took;
            if (status == CJ_OK) {
                t->images += p.examples;
                progress_step(&line, t, &p);
            } else {
                progress_clear(&line);
                code = fail_step(t, status);
            }
        }
        if (code != EXIT_DONE)
            return code;
        if (stop_signal()) {
            progress_clear(&line);
            return stop(t);
        }
        if (now_seconds() - saved > SECONDS_BETWEEN_CHECKPOINTS) {
            code = checkpoint_save(t);
            saved = now_seconds();
            if (code != EXIT_DONE)
                return code;
        }
    }
    return EXIT_DONE;
}
