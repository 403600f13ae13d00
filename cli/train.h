/*
 * cli/train.h - what the parts of `cajal train` share: options made definite, the run's folder, the loop, the report.
 */
#ifndef CAJAL_CLI_TRAIN_H
#define CAJAL_CLI_TRAIN_H

#include "net.h"

#include "cajal/architecture.h"

#include "metrics.h"

/* ---- options, all decided ---- */

typedef struct plan {
    cj_optimiser optimiser;
    cj_schedule schedule;
    char optim_text[256], schedule_text[256];
    bool early; /* stops by the validation loss; epochs is then the most */
    int64_t epochs, patience, batch;
    double clip, test, validation;
    bool balanced;
    double *class_weight; /* NULL, or one a class */
    bool drop_last;
    cj_augment_draw augment;
    char augment_text[320];
    char init[PATH_SIZE]; /* absolute; "": weights of its own */
    const char *net;      /* as --net took it: a name, or a canonical text */
    char net_name[64];
    char data_path[PATH_SIZE]; /* absolute where it is a path */
    char data_name[128];       /* for people: no folder, no extension */
} plan;

typedef struct train {
    cli *c;
    plan plan;
    const struct task_row *task;
    cj_scope *scope;              /* of the net */
    cj_architecture architecture; /* of a net with options, else unused */
    int64_t examples;             /* to train on */
    const char *unit, *loss;      /* "rows"; what the loss is, for the learning curve */
    char data_hash[65];           /* of the data as loaded */
    void *own;                    /* of tasks other than classes and regression, whose are: */
    cj_dataset *data;
    cj_model *model;
    cj_trainer *trainer;
    examples_source train_from, validation_from;
    json_t *options; /* the plan as JSON: what run.json keeps, what a resumed run must agree with */
    json_t *recorded; /* run.json of the run that is resumed, or NULL */
    json_t *log;      /* one object an epoch */
    char folder[PATH_SIZE];
    int64_t log_length;
    double seconds;      /* spent in training steps, over all parts of the run */
    double step_seconds; /* of those, in this process */
    int64_t images;      /* trained on in this process */
    bool resumed;
} train;

/* train_setup.c */
int train_prepare(train *t); /* task, data, net, plan, options */
int train_make_trainer(train *t);
/* For tasks: --epochs, --batch and --clip over the plan's; false after an error was reported. */
bool train_decide_numbers(train *t);
/* --optim and --schedule, or these texts */
int train_decide_optimiser(train *t, const char *optim, const char *schedule);
/* t->options with what every task has; the task adds its own. A text of NULL is null. */
int train_begin_options(train *t);
void set_option(json_t *options, const char *key, const char *value);

/* train.c */
void train_free(train *t);                            /* what it holds */
double train_logged(const train *t, const char *key); /* a number of the last epoch's log; or NaN */
json_t *done_json(const train *t); /* the event "done", to which the task adds its scores */

/* fine_tune.c: --init and --freeze; before the trainer is made */
int fine_tune(train *t);

/* run_folder.c */
int folder_read_recorded(
    train *t); /* --resume: run.json into t->recorded, its options into the command line */
int folder_read_config(cli *c, const char *path);
int folder_open(train *t); /* chooses or checks the folder, writes run.json */
void folder_file(const train *t, const char *name, char path[PATH_SIZE]);

/* checkpoint.c */
int checkpoint_save(train *t);
int checkpoint_restore(train *t, bool *found);
int log_append(train *t, json_t *object); /* takes the object */

/* train_loop.c: an exit status; 130 or 143 after a signal. */
int train_loop(train *t);
int stop_signal(void); /* the signal that asked to stop, or 0 */
void catch_signals(void);

/* progress.c */
typedef struct progress_line {
    bool terminal, shown, quiet;
    double drawn, told; /* when the line was last redrawn, and when a line was last left standing */
    double loss, accuracy; /* smoothed over the last steps */
} progress_line;
void progress_begin(progress_line *line, const train *t);
void progress_step(progress_line *line, const train *t, const cj_progress *p);
void progress_epoch(progress_line *line, const train *t, const cj_progress *p);
void progress_clear(progress_line *line);

/* baseline.c */
int train_linear(train *t, scores *out); /* a linear model on the same data */
void score_constant(train *t, scores *out);

/* pictures.c: `probability` of the test examples, or NULL. An exit status. */
int draw_pictures(train *t, const scores *s, const float *probability);
int draw_curve(train *t);
/* What became of a picture: one that cannot be drawn for want of cairo is told, and no failure. */
int drawn(train *t, cj_status status, const char *name);
double train_speed(const train *t); /* images a second in this process; NaN where it made no step */

#endif
