/*
 * src/optim/schedule.c - the learning rate as a function of the step, in f64 graph code.
 */
#include "optim/optim.h"

const char *cj_schedule_wrong(const cj_schedule *s)
{
    if (s->warmup < 0)
        return "warmup must not be negative";
    if (s->kind == CJ_STEP && s->step_size < 1)
        return "step_size must be given, at least 1 (epochs)";
    if (!(s->gamma >= 0))
        return "gamma must be positive";
    if (s->t_max < 0)
        return "t_max must not be negative";
    if (!(s->eta_min >= 0))
        return "eta_min must not be negative";
    return NULL;
}

void cj_schedule_fill(cj_schedule *s)
{
    s->gamma = s->gamma != 0 ? s->gamma : 0.1;
}

cj_status cj_schedule_take(cj_context *context, const cj_schedule *given, cj_schedule *out)
{
    if (!cj_take_args(context, "schedule", out, sizeof *out, given, &given->at,
                      offsetof(cj_schedule, at) + sizeof(cj_at)))
        return CJ_INVALID;
    cj_schedule_fill(out);
    const char *wrong = cj_schedule_wrong(out);
    return wrong ? cj_fail_building(context, CJ_INVALID, out->at, "schedule: %s", wrong) : CJ_OK;
}

/* lr gamma^floor(floor(t / e) / step_size) */
static cj_tensor *by_steps(cj_at at, const cj_schedule *s, cj_tensor *t, double lr,
                           double per_epoch)
{
    cj_tensor *epoch = cj_floor_at(at, cj_div_at(at, t, cj_like_at(at, t, per_epoch)));
    cj_tensor *drops =
        cj_floor_at(at, cj_div_at(at, epoch, cj_like_at(at, t, (double)s->step_size)));
    return cj_scale_at(at, cj_pow_at(at, cj_like_at(at, t, s->gamma), drops), lr);
}

/* eta_min + (lr - eta_min) (1 + cos(pi u)) / 2 */
static cj_tensor *by_cosine(cj_at at, const cj_schedule *s, cj_tensor *t, double lr, double steps)
{
    const double pi = 3.14159265358979323846;
    double span = CJ_MAX(steps - (double)s->warmup, 1);
    cj_tensor *since =
        cj_maximum_at(at, cj_shift_at(at, t, -(double)s->warmup), cj_like_at(at, t, 0));
    cj_tensor *u = cj_div_at(at, since, cj_like_at(at, t, span));
    u = cj_minimum_at(at, u, cj_like_at(at, t, 1));
    cj_tensor *wave = cj_shift_at(at, cj_cos_at(at, cj_scale_at(at, u, pi)), 1);
    return cj_shift_at(at, cj_scale_at(at, wave, 0.5 * (lr - s->eta_min)), s->eta_min);
}

cj_tensor *cj_schedule_rate_at(cj_at at, const cj_schedule *given, cj_tensor *step, double lr,
                               int64_t steps_per_epoch, int64_t total_steps)
{
    if (!step || !given)
        return NULL;
    cj_context *context = cj_tensor_context(step);
    cj_schedule s;
    if (cj_schedule_take(context, given, &s) != CJ_OK)
        return NULL;
    bool by_epoch = s.kind == CJ_STEP || (s.kind == CJ_COSINE && s.t_max);
    bool by_total = s.kind == CJ_COSINE && !s.t_max;
    if ((by_epoch && steps_per_epoch < 1) || (by_total && total_steps < 1)) {
        cj_fail_building(
            context, CJ_INVALID, at,
            by_epoch ? "schedule: it counts in epochs, and the steps of an epoch are not known"
                     : "schedule: cosine runs to the end of training, and the steps in all are "
                       "not known; give t_max");
        return NULL;
    }
    cj_tensor *t = cj_cast_at(at, step, CJ_F64);
    if (!t)
        return NULL;
    double total = s.t_max ? (double)s.t_max * (double)steps_per_epoch : (double)total_steps;
    cj_tensor *rate = s.kind == CJ_STEP     ? by_steps(at, &s, t, lr, (double)steps_per_epoch)
                      : s.kind == CJ_COSINE ? by_cosine(at, &s, t, lr, total)
                                            : cj_like_at(at, t, lr);
    if (!s.warmup)
        return rate;
    cj_tensor *share = cj_div_at(at, cj_shift_at(at, t, 1), cj_like_at(at, t, (double)s.warmup));
    return cj_mul_at(at, rate, cj_minimum_at(at, share, cj_like_at(at, t, 1)));
}
