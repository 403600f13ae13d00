/*
 * src/optim/optimiser.c - the table of optimisers: names, options, defaults, state, rules.
 */
#include "optim/optim.h"

#include <math.h>

const cj_key_row cj_optimiser_key_table[CJ_OPTIMISER_KEY_COUNT] = {
#define CJ_X(KEY, name, form) {#name, form, offsetof(cj_optimiser, name)},
    CJ_OPTIMISER_KEYS(CJ_X)
#undef CJ_X
};

#define KEY(k) (UINT32_C(1) << CJ_KEY_##k)
#define BASIC (KEY(LR) | KEY(WEIGHT_DECAY) | KEY(MAXIMIZE))
#define ADAPTIVE (BASIC | KEY(BETAS) | KEY(EPS))

#define FIRST_MOMENT                                                                               \
    {                                                                                              \
        .name = "exp_avg"                                                                          \
    }
#define SECOND_MOMENT                                                                              \
    {                                                                                              \
        .name = "exp_avg_sq"                                                                       \
    }
#define BUFFER_IF_ANY                                                                              \
    {                                                                                              \
        .name = "momentum_buffer", .when = CJ_WITH_MOMENTUM                                        \
    }

const cj_optimiser_row cj_optimiser_table[CJ_OPTIMISER_COUNT] = {
    [CJ_SGD] = {.name = "sgd",
                .keys = BASIC | KEY(MOMENTUM) | KEY(DAMPENING) | KEY(NESTEROV) | KEY(DECOUPLED),
                .standard = {.lr = 1e-3},
                .state = {BUFFER_IF_ANY},
                .update = cj_update_sgd},
    [CJ_ADAM] = {.name = "adam",
                 .keys = ADAPTIVE | KEY(AMSGRAD),
                 .standard = {.lr = 1e-3, .betas = {0.9, 0.999}, .eps = 1e-8},
                 .state = {FIRST_MOMENT,
                           SECOND_MOMENT,
                           {.name = "max_exp_avg_sq", .when = CJ_WITH_AMSGRAD}},
                 .update = cj_update_adam},
    [CJ_ADAMW] = {.name = "adamw",
                  .keys = ADAPTIVE | KEY(AMSGRAD),
                  .standard = {.lr = 1e-3, .betas = {0.9, 0.999}, .eps = 1e-8},
                  .text_decay = 0.01,
                  .decoupled = true,
                  .state = {FIRST_MOMENT,
                            SECOND_MOMENT,
                            {.name = "max_exp_avg_sq", .when = CJ_WITH_AMSGRAD}},
                  .update = cj_update_adam},
    [CJ_RMSPROP] = {.name = "rmsprop",
                    .keys = BASIC | KEY(MOMENTUM) | KEY(EPS) | KEY(ALPHA) | KEY(CENTERED) |
                            KEY(EPS_IN_ROOT) | KEY(DECOUPLED),
                    .standard = {.lr = 1e-2, .eps = 1e-8, .alpha = 0.99},
                    .state = {{.name = "square_avg"},
                              {.name = "grad_avg", .when = CJ_WITH_CENTERED},
                              BUFFER_IF_ANY},
                    .update = cj_update_rmsprop},
    [CJ_ADAGRAD] = {.name = "adagrad",
                    .keys = BASIC | KEY(EPS) | KEY(LR_DECAY) | KEY(INITIAL),
                    .standard = {.lr = 1e-2, .eps = 1e-10},
                    .state = {{.name = "sum"}},
                    .update = cj_update_adagrad},
    [CJ_ADADELTA] = {.name = "adadelta",
                     .keys = BASIC | KEY(EPS) | KEY(RHO),
                     .standard = {.lr = 1, .eps = 1e-6, .rho = 0.9},
                     .state = {{.name = "square_avg"}, {.name = "acc_delta"}},
                     .update = cj_update_adadelta},
    [CJ_ADAMAX] = {.name = "adamax",
                   .keys = ADAPTIVE,
                   .standard = {.lr = 2e-3, .betas = {0.9, 0.999}, .eps = 1e-8},
                   .state = {FIRST_MOMENT, {.name = "exp_inf"}},
                   .update = cj_update_adamax},
    [CJ_NADAM] =
        {.name = "nadam",
         .keys = ADAPTIVE | KEY(MOMENTUM_DECAY) | KEY(DECOUPLED),
         .standard = {.lr = 2e-3, .betas = {0.9, 0.999}, .eps = 1e-8, .momentum_decay = 4e-3},
         .state = {FIRST_MOMENT, SECOND_MOMENT, {.name = "mu_product", .scalar = true}},
         .update = cj_update_nadam},
    [CJ_RADAM] = {.name = "radam",
                  .keys = ADAPTIVE | KEY(DECOUPLED),
                  .standard = {.lr = 1e-3, .betas = {0.9, 0.999}, .eps = 1e-8},
                  .state = {FIRST_MOMENT, SECOND_MOMENT},
                  .update = cj_update_radam},
    [CJ_LION] = {.name = "lion",
                 .keys = BASIC | KEY(BETAS),
                 .standard = {.lr = 1e-4, .betas = {0.9, 0.99}},
                 .decoupled = true,
                 .state = {FIRST_MOMENT},
                 .update = cj_update_lion},
    [CJ_LAMB] = {.name = "lamb",
                 .keys = ADAPTIVE,
                 .standard = {.lr = 1e-3, .betas = {0.9, 0.999}, .eps = 1e-6},
                 .decay_in_rule = true,
                 .state = {FIRST_MOMENT, SECOND_MOMENT},
                 .update = cj_update_lamb},
    [CJ_NOVOGRAD] = {.name = "novograd",
                     .keys = ADAPTIVE,
                     .standard = {.lr = 1e-2, .betas = {0.95, 0.98}, .eps = 1e-8},
                     .decay_in_rule = true,
                     .state = {FIRST_MOMENT, {.name = "exp_avg_sq", .scalar = true}},
                     .update = cj_update_novograd},
    [CJ_MUON] = {.name = "muon",
                 .keys = ADAPTIVE | KEY(MOMENTUM) | KEY(NS_STEPS),
                 .standard = {.lr = 1e-3,
                              .momentum = 0.95,
                              .betas = {0.9, 0.999},
                              .eps = 1e-7,
                              .ns_steps = 5},
                 .text_decay = 0.1,
                 .decoupled = true,
                 .state = {{.name = "momentum_buffer"}},
                 .update = cj_update_muon},
};

/* ---- defaults ---- */

static double given_or(double given, double standard)
{
    return given != 0 ? given : standard;
}

void cj_optimiser_fill(cj_optimiser *o)
{
    const cj_optimiser *s = &cj_optimiser_table[o->kind].standard;
    o->lr = given_or(o->lr, s->lr);
    o->eps = given_or(o->eps, s->eps);
    o->momentum = given_or(o->momentum, s->momentum);
    o->alpha = given_or(o->alpha, s->alpha);
    o->rho = given_or(o->rho, s->rho);
    o->momentum_decay = given_or(o->momentum_decay, s->momentum_decay);
    o->ns_steps = o->ns_steps ? o->ns_steps : s->ns_steps;
    if (o->betas[0] == 0 && o->betas[1] == 0)
        memcpy(o->betas, s->betas, sizeof o->betas);
}

double cj_optimiser_rate(const cj_optimiser *o)
{
    return o->lr == 0 && o->kind < CJ_OPTIMISER_COUNT ? cj_optimiser_table[o->kind].standard.lr
                                                      : o->lr;
}

cj_status cj_optimiser_take(cj_context *context, const cj_optimiser *given, cj_optimiser *out)
{
    if (!cj_take_args(context, "optimiser", out, sizeof *out, given, &given->at,
                      offsetof(cj_optimiser, at) + sizeof(cj_at)))
        return CJ_INVALID;
    const char *wrong = cj_optimiser_wrong(out);
    if (wrong)
        return cj_fail_building(context, CJ_INVALID, out->at, "optimiser: %s", wrong);
    cj_optimiser_fill(out);
    return CJ_OK;
}

const char *cj_optimiser_wrong(const cj_optimiser *o)
{
    if ((unsigned)o->kind >= CJ_OPTIMISER_COUNT)
        return "its kind is none of cj_optimiser_kind";
    if (!(o->lr >= 0) || isinf(o->lr))
        return "lr must be a positive number";
    if (!(o->weight_decay >= 0))
        return "weight_decay must not be negative";
    if (!(o->momentum >= 0))
        return "momentum must not be negative";
    if (o->nesterov && (o->momentum == 0 || o->dampening != 0))
        return "nesterov wants a momentum, and no dampening";
    for (int i = 0; i < 2; i++)
        if (!(o->betas[i] >= 0 && o->betas[i] < 1))
            return "betas must lie in [0, 1)";
    if (!(o->eps >= 0))
        return "eps must not be negative";
    if (!(o->alpha >= 0 && o->alpha < 1) || !(o->rho >= 0 && o->rho < 1))
        return "alpha and rho must lie in [0, 1)";
    if (!(o->lr_decay >= 0) || !(o->initial_accumulator_value >= 0) || !(o->momentum_decay >= 0))
        return "lr_decay, initial_accumulator_value and momentum_decay must not be negative";
    if (o->ns_steps < 0 || o->ns_steps >= 100)
        return "ns_steps must lie in 1 to 99";
    return NULL;
}

/* ---- state ---- */

const cj_optimiser_row *cj_optimiser_row_of(const cj_optimiser *o, int rank)
{
    bool vector = o->kind == CJ_MUON && rank < 2;
    return &cj_optimiser_table[vector ? CJ_ADAMW : o->kind];
}

bool cj_optimiser_has(const cj_optimiser *o, const cj_state_row *state)
{
    switch (state->when) {
    case CJ_WITH_MOMENTUM: return state->name && o->momentum != 0;
    case CJ_WITH_CENTERED: return state->name && o->centered;
    case CJ_WITH_AMSGRAD: return state->name && o->amsgrad;
    default: return state->name != NULL;
    }
}

int cj_optimiser_states(const cj_optimiser *o, int rank)
{
    int count = 0;
    const cj_optimiser_row *row = cj_optimiser_row_of(o, rank);
    for (int j = 0; j < CJ_OPTIMISER_STATES; j++)
        count += cj_optimiser_has(o, &row->state[j]);
    return count;
}
