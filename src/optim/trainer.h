/*
 * src/optim/trainer.h - the trainer from the inside.
 *
 * trainer.c makes it, trainer_build.c compiles its programs, trainer_feed.c brings batches,
 * trainer_step.c steps, ends epochs and evaluates, trainer_state.c is what a checkpoint holds.
 */
#ifndef CJ_OPTIM_TRAINER_H
#define CJ_OPTIM_TRAINER_H

#include "cajal/fit.h"
#include "optim/optim.h"

enum trainer_mode { TRAIN, EVALUATE, PREDICT, MODES };

/* A program for batches of n examples. */
typedef struct sized_program {
    int64_t n;
    cj_program *program;
    bool counts; /* one of its outputs is the number of right labels */
} sized_program;

enum {
    POSITION_EPOCH,
    POSITION_BATCH,
    POSITION_EXAMPLES,
    POSITION_RIGHT,
    POSITION_OPEN,
    POSITIONS
};
enum { SUM_LOSS, SUM_RATE, SUMS };
enum { BEST_LOSS, BEST_EPOCH, BESTS };

/* A batch in memory: of the trainer's buffers, or, in order, of the caller's arrays. */
typedef struct batch {
    int64_t n;
    const void *x, *y;
} batch;

struct cj_trainer {
    cj_context *context;
    cj_scope *root;
    struct cj_fit_args a;
    cj_optimiser optimiser;
    cj_schedule schedule;
    cj_source source, validation;
    int64_t size;                    /* examples of a full batch */
    int64_t batches;                 /* an epoch; 0: not known */
    sized_program program[MODES][2]; /* of the full batch, and of the last other size */
    int64_t outputs;                 /* numbers the net gives an example */
    int64_t classes;                 /* extent of the class axis; 0: numbers */
    /* batches */
    void *x, *y;
    size_t x_bytes, y_bytes; /* of one example */
    int64_t *order;          /* the epoch's permutation */
    int64_t order_epoch;     /* the one it is of; -1: none */
    int64_t ahead;           /* streams: examples of the next batch, already in x and y; -1: none */
    /* state */
    int64_t position[POSITIONS];
    double sum[SUMS];
    double best[BESTS];
    int entries; /* of the scope, when the trainer was made */
    void **kept; /* with patience or keep_best: the best values of entry i, NULL for state */
    char **kept_name;
    double validation_loss, validation_accuracy; /* of the last epoch */
};

static inline bool cj_fit_keeps(const cj_trainer *t)
{
    return t->a.patience > 0 || t->a.keep_best;
}

/* cj_trainer_new with the reason of a failure. */
cj_status cj_fit_new(const struct cj_fit_args *args, cj_trainer **out);
/* A source makes sense; and is like the training source (one without y in x alone). */
cj_status cj_fit_check_source(const cj_trainer *t, const cj_source *source);
cj_status cj_fit_check_like(const cj_trainer *t, const cj_source *source);

/* The program of that mode and size, compiled at its first use; NULL: cj_error. */
const sized_program *cj_fit_program(cj_trainer *t, enum trainer_mode mode, int64_t n);
/* Outputs: TRAIN loss, rate, [right]; EVALUATE output, loss, [right]; PREDICT output. */

/* The next training batch; n 0: the stream's epoch is over. */
cj_status cj_fit_next(cj_trainer *t, batch *b);
/* Whether the epoch has no batch at the position. */
cj_status cj_fit_epoch_is_over(cj_trainer *t, bool *over);
/* The batch `index` of a source in order. */
cj_status cj_fit_batch_in_order(cj_trainer *t, const cj_source *source, int64_t index, batch *b);
/* VALUE where a label is no class; `first` is the number of the first example (or the order's,
 * when not NULL). */
cj_status cj_fit_check_labels(const cj_trainer *t, const cj_source *source, const void *y,
                              int64_t n, int64_t first, const int64_t *order);
int64_t cj_fit_example_elements(int rank, const int64_t *shape);
int64_t cj_fit_answers(const cj_source *source); /* labels of one example */
size_t cj_fit_x_bytes(const cj_source *source);
size_t cj_fit_y_bytes(const cj_source *source);

/* NOT_FINITE, with the step and the first tensor that holds a NaN. */
cj_status cj_fit_not_finite(cj_trainer *t, const batch *b, double loss);

cj_status cj_fit_make_kept(cj_trainer *t);
void cj_fit_free_kept(cj_trainer *t);
void cj_fit_keep_best(cj_trainer *t);
int64_t cj_fit_steps(const cj_trainer *t);

#endif
