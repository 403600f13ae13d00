/*
 * src/optim/schedule.c - the table of schedules, and a rate as a tensor; schedule_rate.c holds the
 * formulas.
 */
#include "optim/optim.h"

const cj_key_row cj_schedule_key_table[CJ_SCHEDULE_KEY_COUNT] = {
#define CJ_X(KEY, name, form) {#name, form, offsetof(cj_schedule, name)},
    CJ_SCHEDULE_KEYS(CJ_X)
#undef CJ_X
};

#define KEY(k) (UINT32_C(1) << CJ_SCHEDULE_##k)
#define FALLS (KEY(WARMUP) | KEY(GAMMA) | KEY(ETA_MIN) | KEY(BY_STEP))
#define SPANS (KEY(WARMUP) | KEY(T_MAX) | KEY(BY_STEP))
#define CYCLES (KEY(ETA_MIN) | KEY(STEP_SIZE_UP) | KEY(STEP_SIZE_DOWN))

const cj_schedule_row cj_schedule_table[CJ_SCHEDULE_COUNT] = {
    [CJ_CONSTANT] = {.name = "constant", .keys = KEY(WARMUP), .rate = cj_rate_constant},
    [CJ_STEP] = {.name = "step",
                 .keys = FALLS | KEY(STEP_SIZE),
                 .standard = {.gamma = 0.1},
                 .epochs = true,
                 .rate = cj_rate_step},
    [CJ_COSINE] = {.name = "cosine",
                   .keys = SPANS | KEY(ETA_MIN),
                   .span = true,
                   .rate = cj_rate_cosine},
    [CJ_MULTISTEP] = {.name = "multistep",
                      .keys = FALLS | KEY(MILESTONES),
                      .standard = {.gamma = 0.1},
                      .epochs = true,
                      .rate = cj_rate_multistep},
    [CJ_EXPONENTIAL] = {.name = "exponential",
                        .keys = FALLS,
                        .epochs = true,
                        .rate = cj_rate_exponential},
    [CJ_LINEAR] = {.name = "linear",
                   .keys = SPANS | KEY(START_FACTOR) | KEY(END_FACTOR),
                   .standard = {.start_factor = 1},
                   .span = true,
                   .rate = cj_rate_linear},
    [CJ_POLYNOMIAL] = {.name = "polynomial",
                       .keys = SPANS | KEY(ETA_MIN) | KEY(POWER),
                       .standard = {.power = 1},
                       .span = true,
                       .rate = cj_rate_polynomial},
    [CJ_COSINE_RESTARTS] = {.name = "cosine_restarts",
                            .keys = SPANS | KEY(ETA_MIN) | KEY(T_MULT),
                            .standard = {.t_mult = 1},
                            .span = true,
                            .rate = cj_rate_cosine_restarts},
    [CJ_ONE_CYCLE] = {.name = "one_cycle",
                      .keys = KEY(T_MAX) | KEY(PCT_START) | KEY(DIV_FACTOR) |
                              KEY(FINAL_DIV_FACTOR) | KEY(BY_STEP),
                      .standard = {.pct_start = 0.3, .div_factor = 25, .final_div_factor = 1e4},
                      .span = true,
                      .rate = cj_rate_one_cycle},
    [CJ_TRIANGULAR] = {.name = "triangular",
                       .keys = CYCLES,
                       .standard = {.step_size_up = 2000},
                       .rate = cj_rate_triangular},
    [CJ_TRIANGULAR2] = {.name = "triangular2",
                        .keys = CYCLES,
                        .standard = {.step_size_up = 2000},
                        .rate = cj_rate_triangular},
    [CJ_EXP_RANGE] = {.name = "exp_range",
                      .keys = CYCLES | KEY(GAMMA),
                      .standard = {.gamma = 1, .step_size_up = 2000},
                      .rate = cj_rate_triangular},
    [CJ_INVERSE_SQRT] = {.name = "inverse_sqrt", .keys = KEY(WARMUP), .rate = cj_rate_inverse_sqrt},
    [CJ_PLATEAU] = {.name = "plateau",
                    .keys = KEY(WARMUP) | KEY(ETA_MIN) | KEY(PATIENCE) | KEY(COOLDOWN) |
                            KEY(FACTOR) | KEY(THRESHOLD),
                    .standard = {.patience = 10, .factor = 0.1, .threshold = 1e-4},
                    .rate = cj_rate_plateau},
};

/* ---- options ---- */

const char *cj_schedule_wrong(const cj_schedule *s)
{
    if ((unsigned)s->kind >= CJ_SCHEDULE_COUNT)
        return "its kind is none of cj_schedule_kind";
    if (s->warmup < 0)
        return "warmup must not be negative";
    if (s->kind == CJ_STEP && s->step_size < 1)
        return "step_size must be given, at least 1 (epochs)";
    if (s->kind == CJ_MULTISTEP && s->milestones[0] < 1)
        return "milestones must be given, at least 1 each (epochs)";
    if (s->kind == CJ_EXPONENTIAL && s->gamma == 0)
        return "gamma must be given";
    if (s->kind == CJ_COSINE_RESTARTS && s->t_max < 1)
        return "t_max must be given, the epochs to the first restart";
    if (!(s->gamma >= 0))
        return "gamma must be positive";
    if (s->t_max < 0)
        return "t_max must not be negative";
    if (!(s->eta_min >= 0))
        return "eta_min must not be negative";
    if (!(s->power >= 0) || !(s->start_factor >= 0) || !(s->end_factor >= 0))
        return "power, start_factor and end_factor must not be negative";
    if (!(s->pct_start >= 0 && s->pct_start < 1))
        return "pct_start must lie in [0, 1)";
    if (!(s->div_factor >= 0) || !(s->final_div_factor >= 0))
        return "div_factor and final_div_factor must be positive";
    if (s->t_mult < 0 || s->step_size_up < 0 || s->step_size_down < 0 || s->cooldown < 0 ||
        (s->patience < 0 && s->patience != CJ_ZERO))
        return "t_mult, step_size_up, step_size_down, patience and cooldown must not be negative";
    if (!(s->factor >= 0 && s->factor < 1) || !(s->threshold >= 0 && s->threshold < 1))
        return "factor and threshold must lie in [0, 1)";
    return NULL;
}

static double given_or(double given, double standard)
{
    return given != 0 ? given : standard;
}

void cj_schedule_fill(cj_schedule *s)
{
    const cj_schedule *standard = &cj_schedule_table[s->kind].standard;
    s->gamma = given_or(s->gamma, standard->gamma);
    s->start_factor = given_or(s->start_factor, standard->start_factor);
    s->power = given_or(s->power, standard->power);
    s->t_mult = s->t_mult ? s->t_mult : standard->t_mult;
    s->pct_start = given_or(s->pct_start, standard->pct_start);
    s->div_factor = given_or(s->div_factor, standard->div_factor);
    s->final_div_factor = given_or(s->final_div_factor, standard->final_div_factor);
    s->step_size_up = s->step_size_up ? s->step_size_up : standard->step_size_up;
    s->step_size_down = s->step_size_down ? s->step_size_down : s->step_size_up;
    s->patience = s->patience ? s->patience : standard->patience;
    s->factor = given_or(s->factor, standard->factor);
    s->threshold = given_or(s->threshold, standard->threshold);
}

cj_status cj_schedule_take(cj_context *context, const cj_schedule *given, cj_schedule *out)
{
    if (!cj_take_args(context, "schedule", out, sizeof *out, given, &given->at,
                      offsetof(cj_schedule, at) + sizeof(cj_at)))
        return CJ_INVALID;
    const char *wrong = cj_schedule_wrong(out);
    if (wrong)
        return cj_fail_building(context, CJ_INVALID, out->at, "schedule: %s", wrong);
    cj_schedule_fill(out);
    return CJ_OK;
}

/* ---- a rate ---- */

static const char *unknown(const cj_schedule *s, int64_t steps_per_epoch, int64_t total_steps)
{
    const cj_schedule_row *row = &cj_schedule_table[s->kind];
    bool by_epoch = !s->by_step && (row->epochs || (row->span && s->t_max));
    if (by_epoch && steps_per_epoch < 1)
        return "it counts in epochs, and the steps of an epoch are not known; give by_step";
    if (row->span && !s->t_max && total_steps < 1)
        return "it runs to the end of training, and the steps in all are not known; give t_max";
    return NULL;
}

/* The product with min(1, (t + 1) / warmup). */
static cj_tensor *warmed(const cj_moment *m, cj_tensor *rate)
{
    cj_at at = m->at;
    if (!m->s->warmup)
        return rate;
    cj_tensor *share =
        cj_div_at(at, cj_shift_at(at, m->t, 1), cj_like_at(at, m->t, (double)m->s->warmup));
    return cj_mul_at(at, rate, cj_minimum_at(at, share, cj_like_at(at, m->t, 1)));
}

static cj_tensor *make_rate(cj_at at, const cj_schedule *given, cj_tensor *step,
                            cj_tensor *reductions, double lr, int64_t steps_per_epoch,
                            int64_t total_steps)
{
    cj_context *context = cj_tensor_context(step);
    cj_schedule s;
    if (cj_schedule_take(context, given, &s) != CJ_OK)
        return NULL;
    const char *what = s.kind == CJ_PLATEAU && !reductions
                           ? "plateau hangs on more than the step; use cj_scope_rate"
                           : unknown(&s, steps_per_epoch, total_steps);
    if (what) {
        cj_fail_building(context, CJ_INVALID, at, "schedule %s: %s", cj_schedule_table[s.kind].name,
                         what);
        return NULL;
    }
    double each = s.by_step ? 1 : (double)steps_per_epoch;
    cj_moment m = {.at = at,
                   .s = &s,
                   .lr = lr,
                   .steps = s.t_max ? (double)s.t_max * each : (double)total_steps,
                   .t = cj_cast_at(at, step, CJ_F64),
                   .reductions = reductions};
    if (!m.t)
        return NULL;
    m.epoch = cj_floor_at(at, cj_div_at(at, m.t, cj_like_at(at, m.t, each)));
    return m.epoch ? warmed(&m, cj_schedule_table[s.kind].rate(&m)) : NULL;
}

cj_tensor *cj_schedule_rate_at(cj_at at, const cj_schedule *schedule, cj_tensor *step, double lr,
                               int64_t steps_per_epoch, int64_t total_steps)
{
    if (!step || !schedule)
        return NULL;
    return make_rate(at, schedule, step, NULL, lr, steps_per_epoch, total_steps);
}

/* ---- of a scope ---- */

static cj_variable *plateau_of(cj_scope *scope)
{
    return cj_scope_state(scope, "optimizer.plateau", CJ_F64, 1, (int64_t[]){CJ_PLATEAU_STATE});
}

cj_tensor *cj_scope_rate_at(cj_at at, cj_scope *scope, const cj_schedule *schedule, double lr,
                            int64_t steps_per_epoch, int64_t total_steps)
{
    if (!scope || !schedule || cj_context_status(cj_scope_context(scope)) != CJ_OK)
        return NULL;
    cj_tensor *step = cj_variable_read_at(at, cj_scope_step(scope)), *reductions = NULL;
    if (schedule->kind == CJ_PLATEAU) {
        reductions = cj_variable_read_at(at, plateau_of(scope));
        reductions = cj_narrow_at(at, reductions, 0, CJ_PLATEAU_REDUCTIONS, 1);
        reductions = cj_reshape_at(at, reductions, 0, NULL);
        if (!reductions)
            return NULL;
    }
    return step ? make_rate(at, schedule, step, reductions, lr, steps_per_epoch, total_steps)
                : NULL;
}

cj_status cj_plateau_observe(cj_scope *scope, const cj_schedule *schedule, double metric)
{
    if (!scope || !schedule)
        return CJ_INVALID;
    cj_context *context = cj_scope_context(scope);
    cj_schedule s;
    double state[CJ_PLATEAU_STATE];
    cj_status status = cj_schedule_take(context, schedule, &s);
    cj_variable *variable = status == CJ_OK ? plateau_of(scope) : NULL;
    if (!variable)
        return status != CJ_OK ? status : cj_context_status(context);
    memcpy(state, cj_variable_data(variable), sizeof state);
    bool better = state[CJ_PLATEAU_SEEN] == 0 ? metric == metric
                                              : metric < state[CJ_PLATEAU_BEST] * (1 - s.threshold);
    if (better) {
        state[CJ_PLATEAU_BEST] = metric;
        state[CJ_PLATEAU_BAD] = 0;
        state[CJ_PLATEAU_SEEN]++;
    } else {
        state[CJ_PLATEAU_BAD]++;
    }
    if (state[CJ_PLATEAU_COOLDOWN] > 0) {
        state[CJ_PLATEAU_COOLDOWN]--;
        state[CJ_PLATEAU_BAD] = 0;
    }
    if (state[CJ_PLATEAU_BAD] > (double)(s.patience == CJ_ZERO ? 0 : s.patience)) {
        state[CJ_PLATEAU_REDUCTIONS]++;
        state[CJ_PLATEAU_BAD] = 0;
        state[CJ_PLATEAU_COOLDOWN] = (double)s.cooldown;
    }
    memcpy(cj_variable_data(variable), state, sizeof state);
    return CJ_OK;
}
