/*
 * cli/task.h - what a training is of. A task is a row of one table: which data and nets it takes, how they become batches and
 * a loss, what is measured at the end and beside what. The trainer, the loop, checkpoints, the folder and the progress
 * line know none of them.
 */
#ifndef CAJAL_CLI_TASK_H
#define CAJAL_CLI_TASK_H

#include "train.h"

#include "cajal/architecture.h"

enum { MEASURES = 4, MEASURED_ROWS = 4 };

/* The closing table: the net, then its baselines. */
typedef struct measured {
    char name[64];
    score value[MEASURES];
} measured;
typedef struct measures {
    char of[80]; /* "1,000 test nodes" */
    int columns, rows;
    const char *head[MEASURES], *key[MEASURES]; /* on paper, and in JSON behind "test_" */
    bool percent[MEASURES];
    measured row[MEASURED_ROWS];
} measures;

/* The model file of a net with options, opened. */
typedef struct named_model {
    cj_architecture net;
    json_t *about;
    cj_tensor_file *file;
} named_model;

typedef struct task_row {
    const char *name;
    bool named; /* its nets are architectures (cajal/architecture.h) of this purpose */
    cj_purpose purpose;
    cj_data_kind kind;       /* of named tasks: the known data that it takes */
    const char *made;        /* NULL, or the one name of its data, which are made, not read */
    const char *default_net; /* for such data without --net; NULL: another task has them then */
    const char *holds;       /* "a text" */
    uint64_t idle;           /* options that it has no use for: BIT64(OPT_SIZE) | ... */
    /* Loads the data, makes the net in t->scope, and fills in the plan, t->options and the fields of train that tasks set. */
    int (*prepare)(train *t);
    /* The net, the loss, and the two sources; held->count 0: there is no validation. */
    void (*fit)(train *t, struct cj_fit_args *a, cj_source *source, cj_source *held);
    void (*announce)(const train *t);
    /* Saves the model, measures, draws, prints: an exit status. */
    int (*finish)(train *t);
    /* Of tasks that finish by named_finish: what the model file says beside the net; the closing table; what to try next. */
    json_t *(*about)(const train *t);
    int (*measure)(train *t, measures *m);
    int (*draw)(train *t); /* pictures into the run's folder; NULL: only the learning curve */
    void (*suggest)(const train *t);
    void (*release)(train *t); /* t->own; may be NULL */
    /* `cajal generate` by a model of this task; NULL: none */
    int (*generate)(cli *c, const named_model *m, const char *path);
} task_row;
extern const task_row *const task_table[];

#define BIT64(option) (UINT64_C(1) << (option))

/* task.c: the row for --data and --net into t->task. */
int task_choose(train *t);

/* ---- tasks whose nets are architectures ---- */

/* named.c: a net with the JSON that says what it was made for; "cajal_about" in the model file. */
cj_status named_save(cj_context *context, cj_scope *scope, const cj_architecture *net,
                     json_t *about, const char *path);

/* Reads the head of such a file; weights by cj_weights_load once the net is built. */
int named_open(cli *c, const char *path, named_model *m);
void named_close(cli *c, named_model *m);
/* --net into t->architecture, t->plan.net and its name; a new t->scope */
int named_net(train *t);
/* What the learning stops by and how long, where nobody says otherwise; then the options of all tasks. */
typedef struct named_defaults {
    int64_t batch, epochs, patience;
    const char *optimiser, *schedule;
    double clip;
} named_defaults;
int named_decide(train *t, const named_defaults *d, bool can_stop_early);
/* finish of a named task, and its parts */
int named_finish(train *t);
int named_measure(train *t, measures *m);
void print_measures(const measures *m);
void add_measures(json_t *object, const measures *m);
/* eval_named.c: `cajal eval` of such a model */
int eval_named(cli *c, const char *path);

/* task_examples.c, task_examples_report.c: classes and regression */
int examples_prepare(train *t);
void examples_fit(train *t, struct cj_fit_args *a, cj_source *source, cj_source *held);
void examples_announce(const train *t);
int examples_finish(train *t);

extern const task_row task_language; /* task_language.c */
extern const task_row task_graph;    /* task_graph.c */
extern const task_row task_pictures; /* task_pictures.c */
extern const task_row task_operator; /* task_operator.c */

#endif
