/*
 * cli/eval_named.c - cajal eval of a net with options: the closing table of its task, without training.
 */
#include "task.h"

#include "base/base.h"

#include "cajal/weights.h"

#include <string.h>

/* The model must have been made for data like these: the same vocabulary, shape or classes. */
static int check_about(train *t, const named_model *m, const char *path)
{
    json_t *about = t->task->about(t);
    bool same = json_equal(about, m->about);
    json_decref(about);
    return same
               ? EXIT_DONE
               : fail(t->c, EXIT_ERROR,
                      "'%s' was made for other data than '%s': vocabulary, shape or classes differ",
                      path, t->c->value[OPT_DATA]);
}

static int measure(train *t, const char *path)
{
    cli *c = t->c;
    measures m;
    cj_status status = cj_weights_load(t->scope, path);
    int code = status == CJ_OK ? EXIT_DONE : fail_library(c, status);
    if (code == EXIT_DONE)
        code = named_measure(t, &m);
    if (code != EXIT_DONE)
        return code;
    if (c->json) {
        json_t *object =
            json_pack("{s:s, s:o, s:s, s:o}", "event", "eval", "model", json_text(c->argument[0]),
                      "net", t->plan.net_name, "data", json_text(c->value[OPT_DATA]));
        add_measures(object, &m);
        print_json(object);
    } else {
        print_measures(&m);
    }
    return EXIT_DONE;
}

int eval_named(cli *c, const char *path)
{
    train t = {.c = c};
    named_model m;
    char net[256];
    int code = named_open(c, path, &m);
    if (code == EXIT_DONE) {
        cj_architecture_text(&m.net, net, sizeof net);
        c->value[OPT_NET] = net;
        c->value[OPT_EPOCHS] = "1"; /* nothing is to be kept for stopping */
        code = train_prepare(&t);
    }
    if (code == EXIT_DONE)
        code = check_about(&t, &m, path);
    if (code == EXIT_DONE)
        code = train_make_trainer(&t);
    if (code == EXIT_DONE)
        code = measure(&t, path);
    train_free(&t);
    named_close(c, &m);
    return code;
}
