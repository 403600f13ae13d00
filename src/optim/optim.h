/*
 * src/optim/optim.h - what the files of optimisers and schedules share.
 *
 * optimiser.c is the table of optimisers, rule_*.c are their rules, step.c applies them to tensors,
 * optimise.c to the variables of a scope; schedule.c is the table of schedules; text.c reads and
 * writes both.
 */
#ifndef CJ_OPTIM_OPTIM_H
#define CJ_OPTIM_OPTIM_H

#include "cajal/optim.h"
#include "nn/nn.h"

#include <stdio.h>

/* ---- options by name ---- */

/* NUMBER double, PAIR two of them, COUNT_OF int64_t, COUNT_OR_0 the same with CJ_ZERO for 0, COUNTS up to
 * CJ_MILESTONES of them, SWITCH bool. */
typedef enum cj_form {
    CJ_NUMBER,
    CJ_PAIR,
    CJ_COUNT_OF,
    CJ_COUNT_OR_0,
    CJ_COUNTS,
    CJ_SWITCH
} cj_form;

typedef struct cj_key_row {
    const char *name;
    cj_form form;
    size_t offset;
} cj_key_row;

/* ---- optimisers ---- */

/* Options in the order of their text. */
#define CJ_OPTIMISER_KEYS(X)                                                                       \
    X(LR, lr, CJ_NUMBER)                                                                           \
    X(WEIGHT_DECAY, weight_decay, CJ_NUMBER)                                                       \
    X(MOMENTUM, momentum, CJ_NUMBER)                                                               \
    X(DAMPENING, dampening, CJ_NUMBER)                                                             \
    X(NESTEROV, nesterov, CJ_SWITCH)                                                               \
    X(BETAS, betas, CJ_PAIR)                                                                       \
    X(EPS, eps, CJ_NUMBER)                                                                         \
    X(ALPHA, alpha, CJ_NUMBER)                                                                     \
    X(CENTERED, centered, CJ_SWITCH)                                                               \
    X(EPS_IN_ROOT, eps_in_root, CJ_SWITCH)                                                         \
    X(RHO, rho, CJ_NUMBER)                                                                         \
    X(LR_DECAY, lr_decay, CJ_NUMBER)                                                               \
    X(INITIAL, initial_accumulator_value, CJ_NUMBER)                                               \
    X(MOMENTUM_DECAY, momentum_decay, CJ_NUMBER)                                                   \
    X(NS_STEPS, ns_steps, CJ_COUNT_OF)                                                             \
    X(AMSGRAD, amsgrad, CJ_SWITCH)                                                                 \
    X(DECOUPLED, decoupled_weight_decay, CJ_SWITCH)                                                \
    X(MAXIMIZE, maximize, CJ_SWITCH)

enum cj_optimiser_key {
#define CJ_X(KEY, name, form) CJ_KEY_##KEY,
    CJ_OPTIMISER_KEYS(CJ_X)
#undef CJ_X
        CJ_OPTIMISER_KEY_COUNT
};

/* What the rules of all parameters share. Scalars are f64. */
typedef struct cj_rule {
    cj_at at;
    cj_context *context;
    cj_optimiser o;
    cj_tensor *rate, *t; /* the learning rate; the step, from 1 */
    cj_tensor *first;    /* bool: this is step 1 */
    bool differentiable; /* roots have derivative 0 at 0; equal values */
    cj_tensor *good;     /* bool: the step is to be made; NULL: yes */
} cj_rule;

/* The new value of p; state[0..3) is replaced by its new values. */
typedef cj_tensor *(*cj_update_fn)(const cj_rule *r, cj_tensor *p, cj_tensor *g, cj_tensor **state);

typedef enum cj_state_when {
    CJ_ALWAYS,
    CJ_WITH_MOMENTUM,
    CJ_WITH_CENTERED,
    CJ_WITH_AMSGRAD
} cj_state_when;

typedef struct cj_state_row {
    const char *name; /* torch's; NULL: none */
    cj_state_when when;
    bool scalar; /* of rank 0, not of the parameter's shape */
} cj_state_row;

typedef struct cj_optimiser_row {
    const char *name;
    uint32_t keys;         /* bit k: cj_optimiser_key k */
    cj_optimiser standard; /* what a zero stands for */
    double text_decay;     /* the weight decay that a text means which gives none */
    bool decay_in_rule, decoupled;
    cj_state_row state[CJ_OPTIMISER_STATES];
    cj_update_fn update;
} cj_optimiser_row;

extern const cj_optimiser_row cj_optimiser_table[CJ_OPTIMISER_COUNT];
extern const cj_key_row cj_optimiser_key_table[CJ_OPTIMISER_KEY_COUNT];

/* A copy with this version's size and the defaults filled in, checked; a building error else. */
cj_status cj_optimiser_take(cj_context *context, const cj_optimiser *given, cj_optimiser *out);
/* Writes the defaults where a field is zero and its zero means them. */
void cj_optimiser_fill(cj_optimiser *optimiser);
/* What is wrong with it (defaults not yet filled in are fine), or NULL. */
const char *cj_optimiser_wrong(const cj_optimiser *optimiser);
/* The row by which a parameter of that rank is updated. */
const cj_optimiser_row *cj_optimiser_row_of(const cj_optimiser *optimiser, int rank);
bool cj_optimiser_has(const cj_optimiser *optimiser, const cj_state_row *state);

/* step.c: the step's numbers; the new value of p, with decay, state[j] NULL being zeros. */
void cj_rule_prepare(cj_rule *r, cj_tensor *step, cj_tensor *rate);
cj_tensor *cj_rule_apply(const cj_rule *r, cj_tensor *p, cj_tensor *g, cj_tensor **state);
/* An f64 scalar in the dtype of x. */
cj_tensor *cj_rule_as(const cj_rule *r, cj_tensor *scalar, const cj_tensor *x);
/* sqrt(x) of x >= 0 */
cj_tensor *cj_rule_root(const cj_rule *r, cj_tensor *x);
/* a + weight (b - a) and decay a + (1 - decay) b^2 */
cj_tensor *cj_rule_lerp(const cj_rule *r, cj_tensor *a, cj_tensor *b, double weight);
cj_tensor *cj_rule_square_average(const cj_rule *r, cj_tensor *a, cj_tensor *b, double decay);
/* 1 - beta^t */
cj_tensor *cj_rule_correction(const cj_rule *r, double beta);
/* p - scalar d */
cj_tensor *cj_rule_descend(const cj_rule *r, cj_tensor *p, cj_tensor *scalar, cj_tensor *d);

/* scaler.c: the loss's cotangent is the scale; the gradients are divided by it; r->good says whether all are
 * finite; the next scale is recorded. */
cj_tensor *cj_scaler_begin(cj_at at, cj_scope *root, double first);
void cj_scaler_finish(cj_scope *root, cj_rule *r, cj_tensor *scale, int64_t interval, int count,
                      cj_tensor **gradient);

/* rule_sgd.c */
cj_tensor *cj_update_sgd(const cj_rule *r, cj_tensor *p, cj_tensor *g, cj_tensor **state);
cj_tensor *cj_update_lion(const cj_rule *r, cj_tensor *p, cj_tensor *g, cj_tensor **state);
cj_tensor *cj_update_muon(const cj_rule *r, cj_tensor *p, cj_tensor *g, cj_tensor **state);
/* rule_adam.c */
cj_tensor *cj_update_adam(const cj_rule *r, cj_tensor *p, cj_tensor *g, cj_tensor **state);
cj_tensor *cj_update_adamax(const cj_rule *r, cj_tensor *p, cj_tensor *g, cj_tensor **state);
cj_tensor *cj_update_nadam(const cj_rule *r, cj_tensor *p, cj_tensor *g, cj_tensor **state);
cj_tensor *cj_update_radam(const cj_rule *r, cj_tensor *p, cj_tensor *g, cj_tensor **state);
cj_tensor *cj_update_lamb(const cj_rule *r, cj_tensor *p, cj_tensor *g, cj_tensor **state);
cj_tensor *cj_update_novograd(const cj_rule *r, cj_tensor *p, cj_tensor *g, cj_tensor **state);
/* rule_adaptive.c */
cj_tensor *cj_update_rmsprop(const cj_rule *r, cj_tensor *p, cj_tensor *g, cj_tensor **state);
cj_tensor *cj_update_adagrad(const cj_rule *r, cj_tensor *p, cj_tensor *g, cj_tensor **state);
cj_tensor *cj_update_adadelta(const cj_rule *r, cj_tensor *p, cj_tensor *g, cj_tensor **state);

/* ---- schedules ---- */

#define CJ_SCHEDULE_KEYS(X)                                                                        \
    X(WARMUP, warmup, CJ_COUNT_OF)                                                                 \
    X(STEP_SIZE, step_size, CJ_COUNT_OF)                                                           \
    X(GAMMA, gamma, CJ_NUMBER)                                                                     \
    X(T_MAX, t_max, CJ_COUNT_OF)                                                                   \
    X(ETA_MIN, eta_min, CJ_NUMBER)                                                                 \
    X(MILESTONES, milestones, CJ_COUNTS)                                                           \
    X(START_FACTOR, start_factor, CJ_NUMBER)                                                       \
    X(END_FACTOR, end_factor, CJ_NUMBER)                                                           \
    X(POWER, power, CJ_NUMBER)                                                                     \
    X(T_MULT, t_mult, CJ_COUNT_OF)                                                                 \
    X(PCT_START, pct_start, CJ_NUMBER)                                                             \
    X(DIV_FACTOR, div_factor, CJ_NUMBER)                                                           \
    X(FINAL_DIV_FACTOR, final_div_factor, CJ_NUMBER)                                               \
    X(STEP_SIZE_UP, step_size_up, CJ_COUNT_OF)                                                     \
    X(STEP_SIZE_DOWN, step_size_down, CJ_COUNT_OF)                                                 \
    X(PATIENCE, patience, CJ_COUNT_OR_0)                                                           \
    X(COOLDOWN, cooldown, CJ_COUNT_OF)                                                             \
    X(FACTOR, factor, CJ_NUMBER)                                                                   \
    X(THRESHOLD, threshold, CJ_NUMBER)                                                             \
    X(BY_STEP, by_step, CJ_SWITCH)

enum cj_schedule_key {
#define CJ_X(KEY, name, form) CJ_SCHEDULE_##KEY,
    CJ_SCHEDULE_KEYS(CJ_X)
#undef CJ_X
        CJ_SCHEDULE_KEY_COUNT
};

/* What a schedule computes from; f64 scalars. */
typedef struct cj_moment {
    cj_at at;
    const cj_schedule *s;
    double lr;
    double steps;          /* t_max in steps, else all of training; 0: not known */
    cj_tensor *t, *epoch;  /* the step, from 0; floor(t / e) */
    cj_tensor *reductions; /* of a plateau */
} cj_moment;

typedef struct cj_schedule_row {
    const char *name;
    uint32_t keys;
    cj_schedule standard; /* what a zero stands for */
    bool epochs, span;    /* it counts epochs; it wants the steps in all, or t_max */
    cj_tensor *(*rate)(const cj_moment *m); /* without the warm-up */
} cj_schedule_row;

extern const cj_schedule_row cj_schedule_table[CJ_SCHEDULE_COUNT];
extern const cj_key_row cj_schedule_key_table[CJ_SCHEDULE_KEY_COUNT];

cj_status cj_schedule_take(cj_context *context, const cj_schedule *given, cj_schedule *out);
void cj_schedule_fill(cj_schedule *schedule);
const char *cj_schedule_wrong(const cj_schedule *schedule);
enum {
    CJ_PLATEAU_REDUCTIONS,
    CJ_PLATEAU_SEEN,
    CJ_PLATEAU_BEST,
    CJ_PLATEAU_BAD,
    CJ_PLATEAU_COOLDOWN,
    CJ_PLATEAU_STATE
};

/* schedule_rate.c */
cj_tensor *cj_rate_constant(const cj_moment *m);
cj_tensor *cj_rate_step(const cj_moment *m);
cj_tensor *cj_rate_cosine(const cj_moment *m);
cj_tensor *cj_rate_multistep(const cj_moment *m);
cj_tensor *cj_rate_exponential(const cj_moment *m);
cj_tensor *cj_rate_linear(const cj_moment *m);
cj_tensor *cj_rate_polynomial(const cj_moment *m);
cj_tensor *cj_rate_cosine_restarts(const cj_moment *m);
cj_tensor *cj_rate_one_cycle(const cj_moment *m);
cj_tensor *cj_rate_triangular(const cj_moment *m);
cj_tensor *cj_rate_inverse_sqrt(const cj_moment *m);
cj_tensor *cj_rate_plateau(const cj_moment *m);

#endif
