/*
 * cajal/fit.h - the usual training loop: cj_fit, and the trainer under it.
 *
 *     cj_status status = cj_fit(scope, net,
 *         &(cj_source){.count = n, .x = pixels, .x_dtype = CJ_U8, .x_rank = 3,
 *                      .x_shape = {1, 28, 28}, .y = labels},
 *         .epochs = 5, .optimiser = cj_sgd(.lr = 0.05, .momentum = 0.9), .on_epoch = print);
 *
 * cj_fit runs epochs over a source of examples. Batches are drawn by a permutation of (seed,
 * epoch); a last partial batch runs in a second program over the same variables, never padded. A
 * cj_trainer is the same as an object: one step or epoch at a time, its whole state a list of
 * named arrays, so that a run that was killed and restored from them goes on with equal bits, in
 * the middle of an epoch too.
 */
#ifndef CAJAL_FIT_H
#define CAJAL_FIT_H

#include "cajal/optim.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- examples ---- */

/*
 * Where examples come from; one of three ways:
 * - arrays: x [count, x_shape...], y [count, y_shape...], borrowed;
 * - fetch: fills the examples index[0..n) of `count` into x and y;
 * - next_batch: for streams. Fills up to `most` examples of batch `batch` of epoch `epoch` (both
 *   from 0) and says how many: 0 ends the epoch. It must depend on these numbers alone if a run is
 *   to be resumed. `count` may be 0: not known.
 * A status other than CJ_OK ends the run with it; the callback leaves the sentence by cj_fail.
 */
typedef struct cj_source {
    int64_t count;
    const void *x, *y;
    /* u8 reaches the net as x / 255, floats in the scope's dtype, other integers as they are */
    cj_dtype x_dtype;
    int x_rank; /* of one example; 0: a number */
    int64_t x_shape[CJ_MAX_RANK - 1];
    /* numbers to regress, f32; else class labels, i32, checked against the net's outputs */
    bool y_is_float;
    /* with y_is_float: each class's share of the example, y_shape {classes, ...}; the default loss is
     * cross entropy, and an answer is right whose largest logit is at the largest share */
    bool y_is_shares;
    int y_rank; /* of one example: 0 for the label of a picture or row, 0 or more for numbers */
    int64_t y_shape[CJ_MAX_RANK - 1];
    cj_status (*fetch)(void *user, const int64_t *index, int64_t n, void *x, void *y);
    /* where not NULL, told of every epoch of training before its first fetch (after a restore, too) */
    void (*begin_epoch)(void *user, int64_t epoch);
    cj_status (*next_batch)(void *user, int64_t epoch, int64_t batch, int64_t most, void *x,
                            void *y, int64_t *n);
    void *user;
} cj_source;

/* ---- what a run tells ---- */

typedef struct cj_progress {
    int64_t step;     /* steps made since the beginning of training */
    int64_t epoch;    /* epochs finished */
    int64_t batch;    /* of this epoch, 0 right after its end */
    int64_t batches;  /* of an epoch; 0: not known */
    int64_t epochs;   /* to be made in all */
    int64_t examples; /* on_step: of this step; on_epoch: of the epoch */
    double loss;      /* mean over those examples, before each step's update */
    double accuracy;  /* share of right labels among them; NaN for numbers */
    double rate;      /* the last step's learning rate */
    double validation_loss, validation_accuracy; /* NaN where there is none */
    bool best;                                   /* on_epoch: the best validation loss so far */
} cj_progress;

/* False stops the run (CJ_STOPPED). */
typedef bool (*cj_progress_fn)(void *user, const cj_progress *progress);

/* What an evaluation found. */
typedef struct cj_scores {
    int64_t examples, correct;
    double loss;     /* mean over the examples */
    double accuracy; /* NaN for numbers */
} cj_scores;

/* ---- cj_fit ---- */

typedef cj_tensor *(*cj_net_fn)(cj_scope *s, cj_tensor *x);

struct cj_fit_args {
    cj_scope *scope; /* a usual one */
    cj_net_fn net;   /* x [N, x_shape...] to logits [N, classes, ...] or numbers [N, y_shape...] */
    const cj_source *source; /* the training examples */
    cj_at at;
    /* instead of net (which is then NULL): the same with the caller's pointer */
    cj_tensor *(*build)(void *user, cj_scope *s, cj_tensor *x);
    /* a scalar from the net's output and the batch's y (cast to the scope's dtype where it is
     * numbers); NULL: cross entropy for labels, mean squared error for numbers */
    cj_tensor *(*loss)(void *user, cj_scope *s, cj_tensor *output, cj_tensor *y);
    void *net_user; /* for build and loss */
    /* of the default loss, one a class; borrowed until the trainer is freed */
    const double *class_weight;
    const cj_optimiser *optimiser; /* cj_adam() */
    const cj_schedule *schedule;   /* constant */
    double clip_value, clip_norm;  /* as in cj_optimize */
    int64_t epochs;                /* 1 */
    int64_t batch_size;            /* 32 */
    bool no_shuffle;               /* batches in the order of the source */
    bool drop_last;                /* leave a last partial batch out */
    const cj_source *validation;   /* evaluated after each epoch */
    /* > 0: stop after so many epochs without a lower validation loss, and go back to the weights
     * that had the lowest */
    int64_t patience;
    bool keep_best; /* go back to those at the end, without stopping early */
    cj_progress_fn on_step, on_epoch;
    void *user; /* for on_step and on_epoch */
    /* of cj_optimize, by parameters' paths; borrowed until the trainer is freed */
    int group_count;
    const cj_group *group;
    /* > 0: evaluations are made with the exponential moving averages of parameters and float buffers
     * (cj_average), which cj_fit puts into their places at its end */
    double average_decay;
    /* CJ_BF16 or CJ_F16: the net's layers compute in it (cj_scope_cast: no layer with buffers), x and the
     * output are cast; parameters, loss and optimiser stay in the scope's dtype. 0, CJ_F32: they do too */
    cj_dtype compute;
    double loss_scale; /* as in cj_optimize; 0: 32768 where compute is f16, else none */
};

/*
 * Trains until the epochs are done, patience is out (both CJ_OK), or a callback says stop
 * (CJ_STOPPED). A loss that is not finite ends it with NOT_FINITE, naming the step and the first
 * of x, y and the scope's variables that holds a NaN. VALUE: a label that is no class, naming
 * the example.
 */
CJ_API cj_status cj_fit_at(const struct cj_fit_args *args);
#define cj_fit(...)                                                                                \
    cj_fit_at(&(struct cj_fit_args){__VA_ARGS__, .at = CJ_HERE_OF(struct cj_fit_args)})

/* ---- the trainer ---- */

typedef struct cj_trainer cj_trainer;

/*
 * Builds the net and compiles its training step, for the full batch and for the last one where
 * `count` tells its size. The arguments are copied (on_step and on_epoch are not used), what
 * they point to but class_weight, and the sources' data and callbacks, is not needed later.
 * NULL: cj_error. Free it before its scope.
 */
CJ_API cj_trainer *cj_trainer_new(const struct cj_fit_args *args);
CJ_API void cj_trainer_free(cj_trainer *trainer); /* NULL is fine */

/* One training step on the next batch, then *progress as on_step sees it (may be NULL). With its
 * last batch the epoch ends: progress->batch is 0, and cj_trainer_end_epoch is to be called. */
CJ_API cj_status cj_trainer_step(cj_trainer *trainer, cj_progress *progress);
/* Runs the validation of the epoch that has just ended, if there is one, keeps the best weights,
 * and fills *progress as on_epoch sees it. cj_trainer_epoch_open: it is still to be called
 * (after a restore, too). */
CJ_API cj_status cj_trainer_end_epoch(cj_trainer *trainer, cj_progress *progress);
CJ_API bool cj_trainer_epoch_open(const cj_trainer *trainer);
/* True when the epochs are done or patience is out. */
CJ_API bool cj_trainer_done(const cj_trainer *trainer);
/* With patience or keep_best: copies the best weights and buffers back into the scope. */
CJ_API void cj_trainer_take_best(cj_trainer *trainer);

/* Loss and accuracy over a source in order, in an evaluation build. `output`, where not NULL,
 * receives what the net gives, in the scope's dtype, [examples, cj_trainer_outputs]; its source
 * must have a known count. A source without y (y, fetch and next_batch NULL) is only predicted:
 * its loss is NaN. */
CJ_API cj_status cj_trainer_evaluate(cj_trainer *trainer, const cj_source *source,
                                     cj_scores *scores, void *output);
CJ_API int64_t cj_trainer_outputs(const cj_trainer *trainer); /* numbers the net gives an example */
CJ_API const cj_program *cj_trainer_program(const cj_trainer *trainer); /* the full batch's step */
CJ_API int64_t cj_trainer_batches(const cj_trainer *trainer); /* steps an epoch; 0: not known */

/*
 * The whole state, as named arrays in memory that is the trainer's and the scope's: variables
 * under their paths (parameters, buffers, "optimizer.*", "step"), "trainer.position" i64[5]
 * (epochs finished, batch, examples and right labels of the epoch so far, 1 while an epoch waits
 * for cj_trainer_end_epoch), "trainer.sums" f64[2] (loss sum of the epoch so far, last rate);
 * with a validation source "trainer.best" f64[2] (lowest validation loss, epochs finished then);
 * with patience or keep_best "best.PATH" for parameters and buffers. A checkpoint writes them
 * all; to resume, fill them all, then cj_trainer_restored.
 */
typedef struct cj_trainer_array {
    const char *name;
    cj_dtype dtype;
    int rank;
    const int64_t *shape;
    void *data;
    size_t bytes;
} cj_trainer_array;
CJ_API int cj_trainer_arrays(const cj_trainer *trainer);
CJ_API cj_trainer_array cj_trainer_array_at(cj_trainer *trainer, int i);
/* Checks what was filled in: VALUE where it cannot be the state of this run. */
CJ_API cj_status cj_trainer_restored(cj_trainer *trainer);

#ifdef __cplusplus
}
#endif

#endif
