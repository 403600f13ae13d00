/*
 * cli/fine_tune.c - cajal train: the weights of another model to begin with, tensors that stay.
 */
#include "train.h"

#include "base/base.h"

#include "cajal/weights.h"

#include <stdlib.h>
#include <unistd.h>

/* A resumed run has its weights from the checkpoint. */
static bool has_checkpoint(const train *t)
{
    char path[PATH_SIZE];
    if (!t->recorded)
        return false;
    folder_file(t, "checkpoint.safetensors", path);
    return access(path, F_OK) == 0;
}

static int begin_with(train *t, const char *given)
{
    cli *c = t->c;
    char path[PATH_SIZE], told[1200];
    int taken, all;
    if (!realpath(model_path(given, path), t->plan.init))
        snprintf(t->plan.init, sizeof t->plan.init, "%s", path);
    if (has_checkpoint(t))
        return EXIT_DONE;
    if (access(path, F_OK) != 0)
        return fail(c, EXIT_NO_DATA,
                    "there is no model '%s' to begin with: give a model.safetensors or the folder "
                    "of a run",
                    path);
    cj_status status = cj_weights_begin_with(t->scope, path, &taken, &all, told, sizeof told);
    if (status != CJ_OK) {
        fail_library(c, status);
        return EXIT_ERROR;
    }
    tell(c, "%d of %d %s begin as in '%s'%s%s", taken, all, cj_of_count(all, "tensor", "tensors"),
         path, told[0] ? "; " : "", told);
    return EXIT_DONE;
}

static int freeze(train *t, const char *patterns)
{
    cli *c = t->c;
    cj_scope *scope = t->scope;
    int count = cj_scope_freeze_matching(scope, patterns, true);
    int64_t left = 0, all = cj_scope_parameters(scope);
    char names[400] = "", numbers[32], whole[32];
    for (int i = 0; i < cj_scope_count(scope); i++) {
        const cj_entry *entry = cj_scope_entry(scope, i);
        size_t used = strlen(names);
        if (entry->kind == CJ_PARAMETER && !entry->frozen)
            left += (int64_t)(cj_variable_bytes(entry->variable) /
                              cj_dtype_size(cj_variable_dtype(entry->variable)));
        if (entry->kind == CJ_PARAMETER && used < sizeof names - 80)
            snprintf(names + used, sizeof names - used, "%s%.60s", used ? ", " : "", entry->path);
    }
    if (!count)
        return fail(c, EXIT_USAGE, "--freeze: no tensor of the net fits \"%s\"; it has %s%s",
                    patterns, names, strlen(names) > sizeof names - 90 ? ", ..." : "");
    if (!left)
        return fail(c, EXIT_USAGE, "--freeze \"%s\" leaves no parameter to train", patterns);
    tell(c, "%d %s frozen: %s of %s parameters are trained", count,
         cj_of_count(count, "tensor is", "tensors are"), count_text((double)left, numbers),
         count_text((double)all, whole));
    return EXIT_DONE;
}

int fine_tune(train *t)
{
    const char *init = t->c->value[OPT_INIT], *patterns = t->c->value[OPT_FREEZE];
    int code = init ? begin_with(t, init) : EXIT_DONE;
    return code == EXIT_DONE && patterns ? freeze(t, patterns) : code;
}
