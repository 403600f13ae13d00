/*
 * cli/task.c - the table of tasks, and which of them --data and --net ask for.
 */
#include "task.h"

#include "base/base.h"

static const task_row examples = {.name = "examples",
                                  .holds = "pictures, rows or arrays",
                                  .prepare = examples_prepare,
                                  .fit = examples_fit,
                                  .announce = examples_announce,
                                  .finish = examples_finish};

const task_row *const task_table[] = {&examples,      &task_language, &task_graph,
                                      &task_pictures, &task_operator, NULL};

static const task_row *task_of_purpose(cj_purpose purpose)
{
    for (int i = 0; task_table[i]; i++)
        if (task_table[i]->named && task_table[i]->purpose == purpose)
            return task_table[i];
    return &examples;
}

static const cj_known_data *known_data(const char *name)
{
    for (int i = 0; cj_data_known(i); i++)
        if (!strcmp(cj_data_known(i)->name, name))
            return cj_data_known(i);
    return NULL;
}

/* The task that data are for without --net. A file is a text where its name says so. */
static const task_row *task_of_data(const char *data, const cj_known_data *known)
{
    size_t length = strlen(data);
    bool text = !known && length > 4 && !strcmp(data + length - 4, ".txt");
    for (int i = 0; task_table[i]; i++) {
        const task_row *row = task_table[i];
        if (row->made && !strcmp(row->made, data))
            return row;
        if (row->default_net && !row->made && (known || text) &&
            row->kind == (known ? known->kind : CJ_DATA_TEXT))
            return row;
    }
    return &examples;
}

int task_choose(train *t)
{
    cli *c = t->c;
    const char *net = c->value[OPT_NET], *data = c->value[OPT_DATA];
    const cj_known_data *known = known_data(data);
    const task_row *by_data = task_of_data(data, known);
    bool architecture = net && cj_architecture_known(net);
    t->task = architecture ? task_of_purpose(cj_architecture_purpose(net)) : by_data;
    bool fits = t->task == by_data ||
                (!by_data->made && !t->task->made && (!known || known->kind == t->task->kind));
    if (architecture && !fits)
        return fail(c, EXIT_USAGE, "--net %.60s is for %s, but '%s' holds %s", net, t->task->holds,
                    data, by_data->holds);
    if (net && !architecture && by_data->named)
        return fail(c, EXIT_USAGE, "'%s' holds %s: --net %.60s is for %s; --net %s is the default",
                    data, by_data->holds, net, examples.holds, by_data->default_net);
    for (int i = 0; i < OPTIONS; i++)
        if (c->value[i] && t->task->idle & BIT64(i))
            return fail(c, EXIT_USAGE, "--%s has no use for %s: leave it out", option_table[i].name,
                        t->task->holds);
    return EXIT_DONE;
}
