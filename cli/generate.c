/*
 * cli/generate.c - cajal generate: a model that writes or draws; what it does is in the row of its task.
 */
#include "task.h"

#include "base/base.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const task_row *task_that_generates(const named_model *m)
{
    const char *net = cj_architecture_name(m->net.kind);
    for (int i = 0; task_table[i]; i++)
        if (task_table[i]->named && task_table[i]->generate &&
            task_table[i]->purpose == cj_architecture_purpose(net))
            return task_table[i];
    return NULL;
}

int run_generate(cli *c)
{
    char path[PATH_SIZE];
    struct stat about;
    named_model m = {0};
    int code = make_context(c);
    if (code != EXIT_DONE)
        return code;
    if (stat(model_path(c->argument[0], path), &about) != 0)
        return fail(c, EXIT_NO_DATA,
                    "there is no model '%s': give a model.safetensors or the folder of a run",
                    path);
    code = named_open(c, path, &m);
    if (code == EXIT_DONE) {
        const task_row *task = task_that_generates(&m);
        code = task ? task->generate(c, &m, path)
                    : fail(c, EXIT_ERROR, "'%s' holds a %s, which generates nothing", path,
                           cj_architecture_name(m.net.kind));
    }
    named_close(c, &m);
    return code;
}
