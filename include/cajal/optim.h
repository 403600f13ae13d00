/*
 * cajal/optim.h - optimisers, gradient clipping and learning-rate schedules, as graph code.
 *
 *     cj_tensor *loss = cj_cross_entropy(net(s, x), labels);
 *     cj_optimize(s, loss, cj_sgd(.lr = 0.1, .momentum = 0.9), .clip_norm = 1);
 *     cj_updates updates = cj_scope_updates(s);
 *     cj_program *step = cj_compile(context, 1, &loss, &updates);
 *
 * Formulas, names and defaults are torch.optim's. Numbers that are the same for all elements
 * (bias corrections, the rate) are computed in f64, as torch does.
 */
#ifndef CAJAL_OPTIM_H
#define CAJAL_OPTIM_H

#include "cajal/nn.h"
#include "cajal/transform.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Optimisers: kind, name in texts. */
#define CJ_OPTIMISER_LIST(X)                                                                       \
    X(SGD, sgd)                                                                                    \
    X(ADAM, adam)                                                                                  \
    X(ADAMW, adamw)                                                                                \
    X(RMSPROP, rmsprop)                                                                            \
    X(ADAGRAD, adagrad)                                                                            \
    X(ADADELTA, adadelta)                                                                          \
    X(ADAMAX, adamax)                                                                              \
    X(NADAM, nadam)                                                                                \
    X(RADAM, radam)                                                                                \
    X(LION, lion)                                                                                  \
    X(LAMB, lamb)                                                                                  \
    X(NOVOGRAD, novograd)                                                                          \
    X(MUON, muon)

typedef enum cj_optimiser_kind {
#define CJ_X(KIND, name) CJ_##KIND,
    CJ_OPTIMISER_LIST(CJ_X)
#undef CJ_X
        CJ_OPTIMISER_COUNT
} cj_optimiser_kind;

/*
 * With g the gradient, p a parameter, lr the rate, t the step from 1, wd the weight decay. In all:
 * maximize: g = -g. First, but where decay is named in the rule: g += wd p, or, decoupled, p -= lr
 * wd p. State variables are optimizer.NAME.PATH with torch's names (in brackets), zeros at first.
 *
 * - SGD: b = momentum b + (1 - dampening) g (b = g at step 1) [momentum_buffer]; d = nesterov ? g +
 *   momentum b : b (without momentum d = g); p -= lr d. Sutskever et al., "On the importance of
 *   initialization and momentum", ICML 2013.
 * - Adam: m += (1 - beta1) (g - m) [exp_avg]; v = beta2 v + (1 - beta2) g^2 [exp_avg_sq]; p -= lr /
 *   (1 - beta1^t) m / (sqrt(v) / sqrt(1 - beta2^t) + eps). amsgrad: with the largest v so far
 *   [max_exp_avg_sq] (Reddi, Kale and Kumar, 2018). Kingma and Ba, "Adam", ICLR 2015.
 * - AdamW: Adam with decoupled decay. Loshchilov and Hutter, "Decoupled weight decay
 *   regularization", ICLR 2019.
 * - RMSProp: s = alpha s + (1 - alpha) g^2 [square_avg]; centered: a += (1 - alpha) (g - a)
 *   [grad_avg], s - a^2 instead of s; d = g / (sqrt(s) + eps), or with eps_in_root g / sqrt(s +
 *   eps); with momentum b = momentum b + d [momentum_buffer], p -= lr b, else p -= lr d. Graves,
 *   "Generating sequences with recurrent neural networks", 2013, has alpha 0.95, centered,
 *   momentum 0.9, eps 1e-4 in the root.
 * - Adagrad: s += g^2 [sum], which begins with initial_accumulator_value; p -= lr / (1 + (t - 1)
 *   lr_decay) g / (sqrt(s) + eps). Duchi, Hazan and Singer, JMLR 2011.
 * - Adadelta: s = rho s + (1 - rho) g^2 [square_avg]; d = sqrt(u + eps) / sqrt(s + eps) g; u = rho u
 *   + (1 - rho) d^2 [acc_delta]; p -= lr d. Zeiler, 2012.
 * - Adamax: m as Adam's; u = max(beta2 u, |g| + eps) [exp_inf]; p -= lr / (1 - beta1^t) m / u.
 * - NAdam: Adam with Nesterov's momentum and its schedule mu_t = beta1 (1 - 0.96^(t momentum_decay) /
 *   2) [mu_product: the product of all]. Dozat, 2016.
 * - RAdam: Adam whose adaptive part is rectified, and left out while the variance of 1 / sqrt(v) is
 *   not bounded. Liu et al., "On the variance of the adaptive learning rate", ICLR 2020.
 * - Lion: p -= lr sign(beta1 m + (1 - beta1) g), then m = beta2 m + (1 - beta2) g [exp_avg]; decay is
 *   decoupled. Chen et al., "Symbolic discovery of optimization algorithms", 2023.
 * - LAMB: d = Adam's direction + wd p; p -= lr |p| / |d| d, the ratio 1 where a norm is 0. You et
 *   al., "Large batch optimization for deep learning", ICLR 2020.
 * - NovoGrad: v = beta2 v + (1 - beta2) |g|^2, one number a parameter (|g|^2 at step 1)
 *   [exp_avg_sq]; m = beta1 m + g / (sqrt(v) + eps) + wd p [exp_avg]; p -= lr m. Ginsburg et al.,
 *   2019.
 * - Muon, for parameters of two axes and more (as matrices [first, rest]): b += (1 - momentum) (g -
 *   b) [momentum_buffer]; d = g + momentum (b - g), made nearly orthogonal by ns_steps steps of
 *   Newton and Schulz in the parameter's dtype, X = 3.4445 X + (-4.7750 G + 2.0315 G^2) X, G = X
 *   X^T, from d / max(|d|, eps); p -= lr sqrt(max(1, rows / columns)) X; decay is decoupled. Others
 *   take AdamW with the same lr, decay, eps. Jordan et al., 2024.
 */
typedef struct cj_optimiser {
    cj_optimiser_kind kind;
    cj_at at;
    double
        lr; /* 0: 1e-3; RMSProp, Adagrad, NovoGrad 1e-2; Adadelta 1; Adamax, NAdam 2e-3; Lion 1e-4 */
    double weight_decay;
    double momentum, dampening;       /* SGD, RMSProp; Muon, where 0 is 0.95 */
    bool nesterov;                    /* SGD; wants momentum and no dampening */
    double betas[2];                  /* both 0: 0.9, 0.999; Lion 0.9, 0.99; NovoGrad 0.95, 0.98 */
    double eps;                       /* 0: 1e-8; Adagrad 1e-10; Adadelta, LAMB 1e-6; Muon 1e-7 */
    double alpha;                     /* RMSProp; 0: 0.99 */
    bool centered, eps_in_root;       /* RMSProp */
    double rho;                       /* Adadelta; 0: 0.9 */
    double lr_decay;                  /* Adagrad */
    double initial_accumulator_value; /* Adagrad */
    double momentum_decay;            /* NAdam; 0: 4e-3 */
    int64_t ns_steps;                 /* Muon; 0: 5 */
    bool amsgrad;                     /* Adam, AdamW */
    bool decoupled_weight_decay;      /* SGD, NAdam, RAdam, RMSProp */
    bool maximize;
} cj_optimiser;

/* Pointers to values that live to the end of the enclosing block; cj_sgd(.lr = 0.1), and so on. */
#define CJ_OPTIMISER(KIND, ...)                                                                    \
    (&(struct cj_optimiser){.kind = KIND, .at = CJ_HERE_OF(struct cj_optimiser), __VA_ARGS__})
#define cj_sgd(...) CJ_OPTIMISER(CJ_SGD, __VA_ARGS__)
#define cj_adam(...) CJ_OPTIMISER(CJ_ADAM, __VA_ARGS__)
#define cj_rmsprop(...) CJ_OPTIMISER(CJ_RMSPROP, __VA_ARGS__)
#define cj_adagrad(...) CJ_OPTIMISER(CJ_ADAGRAD, __VA_ARGS__)
#define cj_adadelta(...) CJ_OPTIMISER(CJ_ADADELTA, __VA_ARGS__)
#define cj_adamax(...) CJ_OPTIMISER(CJ_ADAMAX, __VA_ARGS__)
#define cj_nadam(...) CJ_OPTIMISER(CJ_NADAM, __VA_ARGS__)
#define cj_radam(...) CJ_OPTIMISER(CJ_RADAM, __VA_ARGS__)
#define cj_lion(...) CJ_OPTIMISER(CJ_LION, __VA_ARGS__)
#define cj_lamb(...) CJ_OPTIMISER(CJ_LAMB, __VA_ARGS__)
#define cj_novograd(...) CJ_OPTIMISER(CJ_NOVOGRAD, __VA_ARGS__)
/* The weight decay first (torch's default is 0.01, Muon's 0.1): cj_adamw(0.01, .lr = 1e-3). */
#define cj_adamw(...) CJ_OPTIMISER(CJ_ADAMW, .weight_decay = __VA_ARGS__)
#define cj_muon(...) CJ_OPTIMISER(CJ_MUON, .weight_decay = __VA_ARGS__)

/* Its lr, with the default of its kind filled in. */
CJ_API double cj_optimiser_rate(const cj_optimiser *optimiser);

/* ---- steps as functions ---- */

typedef struct cj_schedule cj_schedule;

#define CJ_OPTIMISER_STATES 3 /* the most state tensors of a parameter */

/*
 * One step on tensors: new_parameter[i] and new_state[3 i + j] from parameter[i], gradient[i],
 * state[3 i + j] and the number of steps made before. Nothing is assigned, so an inner training loop
 * has a gradient: unrolled, or in a loop of cajal/loop.h (roots at 0 then have derivative 0, not
 * infinity). State that a parameter does not have is NULL; state[..] NULL: zeros, as before the
 * first step. The arrays in and out may be the same. gradient[i] NULL: the parameter and its state
 * stay. Errors are building errors.
 */
struct cj_optimiser_step_args {
    const cj_optimiser *optimiser;
    int count;
    cj_tensor *const *parameter, *const *gradient;
    cj_tensor *const *state; /* 3 a parameter; NULL: all zeros */
    cj_tensor **new_parameter, **new_state;
    cj_at at;
    cj_tensor *step; /* i64 scalar, steps made before; NULL: 0 */
    cj_tensor *rate; /* float scalar; NULL: optimiser->lr */
};
CJ_API cj_status cj_optimiser_step_at(const struct cj_optimiser_step_args *args);
#define cj_optimiser_step(...)                                                                     \
    cj_optimiser_step_at(&(struct cj_optimiser_step_args){                                         \
        __VA_ARGS__, .at = CJ_HERE_OF(struct cj_optimiser_step_args)})
/* How many state tensors a parameter of that rank has. */
CJ_API int cj_optimiser_states(const cj_optimiser *optimiser, int rank);

/*
 * A whole inner training in the graph: `steps` steps in one loop (cajal/loop.h), from parameter[i] to last[i].
 * loss gives a scalar from the step's number (i64), the parameters as they are then, and row `step` of each
 * x[k] [steps, ...] (a batch, a key of random numbers); it is called once. Nothing runs on the host between the steps,
 * so tiny nets train at kernel speed: assign last[i] to variables in a program's updates. And it has
 * gradients, to parameter, x and what the loss uses: the outer problem of meta-learning, or hyper-parameters.
 */
typedef cj_tensor *cj_inner_loss_fn(void *user, cj_tensor *step, cj_tensor *const *parameter,
                                    cj_tensor *const *x);
struct cj_descend_args {
    cj_inner_loss_fn *loss;
    void *user;
    const cj_optimiser *optimiser;
    int64_t steps; /* 0: the first extent of x[0] */
    int count;     /* at most 64 */
    cj_tensor *const *parameter;
    cj_tensor **last; /* may be parameter */
    cj_at at;
    int xs; /* at most 16 */
    cj_tensor *const *x;
    cj_tensor *const *state; /* 3 a parameter, as in cj_optimiser_step; NULL: zeros */
    cj_tensor **new_state;   /* NULL: not wanted */
    cj_tensor *step;         /* i64 scalar, steps made before; NULL: 0 */
    const cj_schedule
        *schedule; /* of the rate, over steps (by_step), from the optimiser's lr; NULL: constant */
    cj_tensor **losses; /* [steps], each before its step; NULL: not wanted */
};
CJ_API cj_status cj_descend_at(const struct cj_descend_args *args);
#define cj_descend(...)                                                                            \
    cj_descend_at(&(struct cj_descend_args){__VA_ARGS__, .at = CJ_HERE_OF(struct cj_descend_args)})

/* ---- a step on the variables of a scope ---- */

/*
 * Parameters that are treated in a way of their own: those whose full path matches the pattern (*
 * is any text, ? one character; | between alternatives). The first group that matches counts.
 */
typedef struct cj_group {
    const char *pattern;
    double lr;           /* 0: the optimiser's; the rate is scaled by lr / optimiser's lr */
    double weight_decay; /* 0: the optimiser's */
    bool no_weight_decay, frozen;
    const cj_optimiser
        *optimiser; /* another rule, with its own lr in the place of .lr; NULL: the same */
} cj_group;

/*
 * Differentiates the scalar loss by every parameter below the scope that is not frozen, clips,
 * adds noise, and records the new values of parameters, optimiser state and step (+ 1), for
 * cj_scope_updates. A parameter that the loss does not depend on stays as it is, with its state,
 * as in torch: no decay, no momentum. Several calls in one build, on scopes or groups that share no
 * parameter, make one step of a program with several losses or optimisers.
 *
 * What comes after the step goes on from what was recorded, cj_scope_latest_variable:
 * projections (record the clamped value), the change of a step (less cj_variable_read).
 *
 * The scope must be a usual one. Errors are building errors; the context's status is returned.
 */
struct cj_optimize_args {
    cj_scope *scope;
    cj_tensor *loss;
    const cj_optimiser *optimiser;
    cj_at at;
    cj_tensor *rate;   /* the learning rate as a float scalar tensor; NULL: optimiser->lr */
    double clip_value; /* each gradient element is cut to [-v, v]; 0: not */
    /* then all are scaled by min(1, n / (norm of all gradients + 1e-6)); 0: not */
    double clip_norm;
    int group_count;
    const cj_group *group;
    /* then N(0, noise_eta / (1 + step)^noise_gamma) is added (the variance is given; noise_gamma 0:
     * 0.55); drawn by the scope "optimizer". Neelakantan et al., 2015. */
    double noise_eta, noise_gamma;
    /*
     * Mixed precision (Micikevicius et al., ICLR 2018): the loss is multiplied by a scale before it is
     * differentiated, so that small gradients survive in f16, and the gradients are divided by it, as
     * torch's GradScaler. The scale begins with loss_scale (torch: 65536; 0: no scaling), doubles after growth_interval
     * steps (0: 2000) running whose gradients are all finite, and is halved by a step with one that is not, which
     * changes neither parameters nor state nor step. State variables optimizer.scale and
     * optimizer.growth_tracker, f64 scalars (the scale 0: not begun).
     */
    double loss_scale;
    int64_t growth_interval;
    /* instead of a loss (NULL then): gradients that were made by other means, of these variables */
    int count;
    cj_variable *const *variable;
    cj_tensor *const *gradient;
};
CJ_API cj_status cj_optimize_at(const struct cj_optimize_args *args);
#define cj_optimize(...)                                                                           \
    cj_optimize_at(                                                                                \
        &(struct cj_optimize_args){__VA_ARGS__, .at = CJ_HERE_OF(struct cj_optimize_args)})

/* ---- averages of weights ---- */

/*
 * Records averages of all parameters below the scope, of the values after this step: to be called
 * after cj_optimize. State variables average.PATH, at first
 * the parameters as they are.
 * - decay > 0: a = decay a + (1 - decay) p, from a = p at step 0 (exponential moving average);
 * - decay 0: the mean of p after steps start, start + every, ... (stochastic weight averaging;
 *   Izmailov et al., UAI 2018); before `start` a = p.
 */
struct cj_average_args {
    cj_scope *scope;
    double decay;
    cj_at at;
    int64_t start, every; /* in steps, from 0; every 0: 1 */
    bool buffers;         /* float buffers (running statistics) too */
};
CJ_API cj_status cj_average_at(const struct cj_average_args *args);
#define cj_average(...)                                                                            \
    cj_average_at(&(struct cj_average_args){__VA_ARGS__, .at = CJ_HERE_OF(struct cj_average_args)})
/* Copies the averages over the parameters (and buffers) that they are of, between runs. */
CJ_API void cj_average_take(cj_scope *scope);
/* A scope that answers with the averages where there are some, and with `base` else: to evaluate
 * the same net under. Freed by cj_scope_free before base, or with the context. NULL: no memory. */
CJ_API cj_scope *cj_average_scope(cj_scope *base);

/* ---- schedules ---- */

/* Schedules: kind, name in texts. */
#define CJ_SCHEDULE_LIST(X)                                                                        \
    X(CONSTANT, constant)                                                                          \
    X(STEP, step)                                                                                  \
    X(COSINE, cosine)                                                                              \
    X(MULTISTEP, multistep)                                                                        \
    X(EXPONENTIAL, exponential)                                                                    \
    X(LINEAR, linear)                                                                              \
    X(POLYNOMIAL, polynomial)                                                                      \
    X(COSINE_RESTARTS, cosine_restarts)                                                            \
    X(ONE_CYCLE, one_cycle)                                                                        \
    X(TRIANGULAR, triangular)                                                                      \
    X(TRIANGULAR2, triangular2)                                                                    \
    X(EXP_RANGE, exp_range)                                                                        \
    X(INVERSE_SQRT, inverse_sqrt)                                                                  \
    X(PLATEAU, plateau)

typedef enum cj_schedule_kind {
#define CJ_X(KIND, name) CJ_##KIND,
    CJ_SCHEDULE_LIST(CJ_X)
#undef CJ_X
        CJ_SCHEDULE_COUNT
} cj_schedule_kind;

#define CJ_MILESTONES 8

/*
 * The rate at step t (from 0), with e steps an epoch, k = floor(t / e) the epoch and T steps in
 * all; by_step: e = 1, so that what counts epochs below counts steps. u = min(1, (t - warmup) /
 * (t_max e or T, less warmup)), at least 0. Words are torch's lr_scheduler's.
 * - warmup: in the first `warmup` steps the rate below is multiplied by (t + 1) / warmup;
 * - constant: lr;
 * - step: max(eta_min, lr gamma^floor(k / step_size));
 * - multistep: max(eta_min, lr gamma^(how many milestones are <= k)); milestones in any order;
 * - exponential: max(eta_min, lr gamma^k); gamma must be given;
 * - linear: lr (start_factor + (end_factor - start_factor) u): from lr to 0 if nothing is said;
 * - polynomial: eta_min + (lr - eta_min) (1 - u)^power;
 * - cosine: eta_min + (lr - eta_min) (1 + cos(pi u)) / 2. Loshchilov and Hutter, "SGDR", ICLR 2017;
 * - cosine_restarts: the same, begun anew after t_max epochs (mandatory), and then after t_mult
 *   times as long as before, again and again;
 * - one_cycle: from lr / div_factor up to lr at step pct_start n - 1, then down to lr / div_factor /
 *   final_div_factor at step n - 1, n = t_max e or T, both by a half cosine (Smith and Topin,
 *   "Super-convergence", 2019; OneCycleLR without its change of momentum);
 * - triangular: from eta_min to lr in step_size_up steps, back in step_size_down, and so on (Smith,
 *   "Cyclical learning rates", 2017); triangular2: each cycle half as high as the one before;
 *   exp_range: gamma^t as high;
 * - inverse_sqrt: lr sqrt(w / max(t + 1, w)), w = max(warmup, 1): with its warmup the rate of Vaswani
 *   et al., 2017, of which lr = (d w)^-0.5;
 * - plateau: max(eta_min, lr factor^n), n the reductions made so far: one when more than `patience`
 *   observations (cj_plateau_observe; the trainer's validation losses) have passed none of which was
 *   below the best (1 - threshold); the next `cooldown` observations do not count.
 */
struct cj_schedule {
    cj_schedule_kind kind;
    cj_at at;
    int64_t warmup;    /* steps */
    int64_t step_size; /* epochs; mandatory for CJ_STEP */
    double gamma;      /* 0: 0.1, exp_range 1 */
    int64_t t_max;     /* epochs; 0: to the end of training */
    double eta_min;
    int64_t milestones[CJ_MILESTONES]; /* epochs; up to the first 0; mandatory for CJ_MULTISTEP */
    double start_factor, end_factor;   /* 0: 1; 0 */
    double power;                      /* 0: 1 */
    int64_t t_mult;                    /* 0: 1 */
    double pct_start, div_factor, final_div_factor; /* 0: 0.3; 25; 1e4 */
    int64_t step_size_up, step_size_down;           /* steps; 0: 2000; as up */
    int64_t patience, cooldown;                     /* 0: 10, CJ_ZERO none; 0 */
    double factor, threshold;                       /* 0: 0.1; 1e-4 */
    bool by_step;
};
#define CJ_SCHEDULE(KIND, ...)                                                                     \
    (&(struct cj_schedule){.kind = KIND, .at = CJ_HERE_OF(struct cj_schedule), __VA_ARGS__})
#define cj_constant_rate(...) CJ_SCHEDULE(CJ_CONSTANT, __VA_ARGS__)
#define cj_step_rate(...) CJ_SCHEDULE(CJ_STEP, __VA_ARGS__)
#define cj_cosine_rate(...) CJ_SCHEDULE(CJ_COSINE, __VA_ARGS__)
#define cj_multistep_rate(...) CJ_SCHEDULE(CJ_MULTISTEP, __VA_ARGS__)
#define cj_exponential_rate(...) CJ_SCHEDULE(CJ_EXPONENTIAL, __VA_ARGS__)
#define cj_linear_rate(...) CJ_SCHEDULE(CJ_LINEAR, __VA_ARGS__)
#define cj_polynomial_rate(...) CJ_SCHEDULE(CJ_POLYNOMIAL, __VA_ARGS__)
#define cj_cosine_restarts_rate(...) CJ_SCHEDULE(CJ_COSINE_RESTARTS, __VA_ARGS__)
#define cj_one_cycle_rate(...) CJ_SCHEDULE(CJ_ONE_CYCLE, __VA_ARGS__)
#define cj_triangular_rate(...) CJ_SCHEDULE(CJ_TRIANGULAR, __VA_ARGS__)
#define cj_triangular2_rate(...) CJ_SCHEDULE(CJ_TRIANGULAR2, __VA_ARGS__)
#define cj_exp_range_rate(...) CJ_SCHEDULE(CJ_EXP_RANGE, __VA_ARGS__)
#define cj_inverse_sqrt_rate(...) CJ_SCHEDULE(CJ_INVERSE_SQRT, __VA_ARGS__)
#define cj_plateau_rate(...) CJ_SCHEDULE(CJ_PLATEAU, __VA_ARGS__)

/* The rate as an f64 scalar tensor, from an i64 scalar tensor `step`: of a learning rate, or of any
 * number that changes with time. INVALID for plateau, which hangs on more than the step. */
CJ_API cj_tensor *cj_schedule_rate_at(cj_at at, const cj_schedule *schedule, cj_tensor *step,
                                      double lr, int64_t steps_per_epoch, int64_t total_steps);
#define cj_schedule_rate(...) cj_schedule_rate_at(CJ_HERE, __VA_ARGS__)
/* The same from the scope's step, and for plateau from its state variable optimizer.plateau f64[5]
 * (reductions, observations, the best, bad ones since, observations of the cooldown left). */
CJ_API cj_tensor *cj_scope_rate_at(cj_at at, cj_scope *scope, const cj_schedule *schedule,
                                   double lr, int64_t steps_per_epoch, int64_t total_steps);
#define cj_scope_rate(...) cj_scope_rate_at(CJ_HERE, __VA_ARGS__)
/* Tells a plateau schedule, between runs, what the metric (less is better) is now; NaN is bad. */
CJ_API cj_status cj_plateau_observe(cj_scope *scope, const cj_schedule *schedule, double metric);

/* ---- as text ---- */

/*
 * NAME or NAME:KEY=VALUE,KEY=VALUE with the names and fields above: "sgd:momentum=0.9,nesterov=true",
 * "adam:betas=0.9/0.999,eps=1e-8", "adamw:lr=3e-4"; "constant:warmup=100",
 * "multistep:milestones=30/60,gamma=0.1", "cosine:t_max=90,eta_min=1e-5,warmup=500". A weight_decay
 * left out is adamw's 0.01 and muon's 0.1, torch's defaults. INVALID: a zero that would mean a default; a wrong word lists the right
 * ones and the nearest; a bad number names its key.
 */
CJ_API cj_status cj_optimiser_parse(cj_context *context, const char *text, cj_optimiser *out);
CJ_API cj_status cj_schedule_parse(cj_context *context, const char *text, cj_schedule *out);
/* The canonical text: every key whose value is not the default, in the order of the struct. Parsing
 * gives the same optimiser back. At most 256 bytes. */
CJ_API void cj_optimiser_text(const cj_optimiser *optimiser, char *text, size_t size);
CJ_API void cj_schedule_text(const cj_schedule *schedule, char *text, size_t size);
/* The i-th optimiser or schedule with all its keys and their defaults; false: there is none. */
CJ_API bool cj_optimiser_list(int i, char *text, size_t size);
CJ_API bool cj_schedule_list(int i, char *text, size_t size);

#ifdef __cplusplus
}
#endif

#endif
