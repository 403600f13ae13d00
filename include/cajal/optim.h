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

typedef enum cj_optimiser_kind { CJ_SGD, CJ_ADAM, CJ_ADAMW } cj_optimiser_kind;

/*
 * With g the gradient, p a parameter, lr the rate:
 * - SGD: g += weight_decay p; b = momentum b + (1 - dampening) g (b = g at step 0); d = nesterov ?
 *   g + momentum b : b (without momentum d = g); p -= lr d. Sutskever et al., "On the importance of
 *   initialization and momentum", ICML 2013.
 * - Adam: g += weight_decay p; m += (1 - beta1) (g - m); v = beta2 v + (1 - beta2) g^2; with t the
 *   step from 1: p -= lr / (1 - beta1^t) m / (sqrt(v) / sqrt(1 - beta2^t) + eps). Kingma and Ba,
 *   "Adam", ICLR 2015.
 * - AdamW: p -= lr weight_decay p first, then Adam without its decay. Loshchilov and Hutter,
 *   "Decoupled weight decay regularization", ICLR 2019.
 * State variables: optimizer.momentum_buffer.PATH; optimizer.exp_avg.PATH and
 * optimizer.exp_avg_sq.PATH.
 */
typedef struct cj_optimiser {
    cj_optimiser_kind kind;
    cj_at at;
    double lr; /* 0: 1e-3 */
    double weight_decay;
    double momentum, dampening; /* SGD */
    bool nesterov;              /* SGD; wants momentum and no dampening */
    double betas[2];            /* Adam, AdamW; both 0: 0.9, 0.999 */
    double eps;                 /* Adam, AdamW; 0: 1e-8 */
} cj_optimiser;

/* Pointers to values that live to the end of the enclosing block. */
#define cj_sgd(...)                                                                                \
    (&(struct cj_optimiser){.kind = CJ_SGD, .at = CJ_HERE_OF(struct cj_optimiser), __VA_ARGS__})
#define cj_adam(...)                                                                               \
    (&(struct cj_optimiser){.kind = CJ_ADAM, .at = CJ_HERE_OF(struct cj_optimiser), __VA_ARGS__})
/* The weight decay first (torch's default is 0.01): cj_adamw(0.01, .lr = 1e-3). */
#define cj_adamw(...)                                                                              \
    (&(struct cj_optimiser){                                                                       \
        .kind = CJ_ADAMW, .at = CJ_HERE_OF(struct cj_optimiser), .weight_decay = __VA_ARGS__})

/*
 * Differentiates the scalar loss by every parameter of the scope's root that is not frozen,
 * clips, and records the new values of parameters, optimiser state and step (+ 1), for
 * cj_scope_updates. The scope must be a usual one. Errors are building errors; the context's
 * status is returned.
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
};
CJ_API cj_status cj_optimize_at(const struct cj_optimize_args *args);
#define cj_optimize(...)                                                                           \
    cj_optimize_at(                                                                                \
        &(struct cj_optimize_args){__VA_ARGS__, .at = CJ_HERE_OF(struct cj_optimize_args)})

/* ---- schedules ---- */

typedef enum cj_schedule_kind { CJ_CONSTANT, CJ_STEP, CJ_COSINE } cj_schedule_kind;

/*
 * The rate at step t (from 0), with e steps an epoch and T steps in all:
 * - warmup: in the first `warmup` steps the rate below is multiplied by (t + 1) / warmup;
 * - constant: lr;
 * - step: lr gamma^floor(floor(t / e) / step_size);
 * - cosine: eta_min + (lr - eta_min) (1 + cos(pi u)) / 2, u = min(1, (t - warmup) / (t_max e or T,
 *   less warmup)), at least 0. Loshchilov and Hutter, "SGDR", ICLR 2017.
 */
typedef struct cj_schedule {
    cj_schedule_kind kind;
    cj_at at;
    int64_t warmup;    /* steps */
    int64_t step_size; /* epochs; mandatory for CJ_STEP */
    double gamma;      /* 0: 0.1 */
    int64_t t_max;     /* epochs; 0: to the end of training */
    double eta_min;
} cj_schedule;
#define cj_constant_rate(...)                                                                      \
    (&(struct cj_schedule){.kind = CJ_CONSTANT, .at = CJ_HERE_OF(struct cj_schedule), __VA_ARGS__})
#define cj_step_rate(...)                                                                          \
    (&(struct cj_schedule){.kind = CJ_STEP, .at = CJ_HERE_OF(struct cj_schedule), __VA_ARGS__})
#define cj_cosine_rate(...)                                                                        \
    (&(struct cj_schedule){.kind = CJ_COSINE, .at = CJ_HERE_OF(struct cj_schedule), __VA_ARGS__})

/* The rate as an f64 scalar tensor, from an i64 scalar tensor `step`. */
CJ_API cj_tensor *cj_schedule_rate_at(cj_at at, const cj_schedule *schedule, cj_tensor *step,
                                      double lr, int64_t steps_per_epoch, int64_t total_steps);
#define cj_schedule_rate(...) cj_schedule_rate_at(CJ_HERE, __VA_ARGS__)

/* ---- as text ---- */

/*
 * "sgd:momentum=0.9,nesterov=true", "adam:betas=0.9/0.999,eps=1e-8", "adamw:weight_decay=0.01",
 * each also with lr=; "constant:warmup=100", "step:step_size=30,gamma=0.1",
 * "cosine:t_max=90,eta_min=1e-5,warmup=500". torch's words and defaults (adamw's weight_decay
 * 0.01). INVALID: a wrong word lists the right ones and the nearest; a bad number names its key.
 */
CJ_API cj_status cj_optimiser_parse(cj_context *context, const char *text, cj_optimiser *out);
CJ_API cj_status cj_schedule_parse(cj_context *context, const char *text, cj_schedule *out);
/* The canonical text: every key whose value is not the default, in the order of the struct. Parsing
 * gives the same optimiser back. At most 256 bytes. */
CJ_API void cj_optimiser_text(const cj_optimiser *optimiser, char *text, size_t size);
CJ_API void cj_schedule_text(const cj_schedule *schedule, char *text, size_t size);

#ifdef __cplusplus
}
#endif

#endif
