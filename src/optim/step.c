/*
 * src/optim/step.c - one step of an optimiser on tensors, and what the rules have in common.
 */
#include "optim/optim.h"

cj_tensor *cj_rule_as(const cj_rule *r, cj_tensor *scalar, const cj_tensor *x)
{
    return x ? cj_cast_at(r->at, scalar, cj_tensor_dtype(x)) : NULL;
}

cj_tensor *cj_rule_root(const cj_rule *r, cj_tensor *x)
{
    cj_at at = r->at;
    if (!x || !r->differentiable)
        return cj_sqrt_at(at, x);
    cj_tensor *zero = cj_like_at(at, x, 0), *at_zero = cj_eq_at(at, x, zero);
    cj_tensor *root = cj_sqrt_at(at, cj_where_at(at, at_zero, cj_like_at(at, x, 1), x));
    return cj_where_at(at, at_zero, zero, root);
}

cj_tensor *cj_rule_lerp(const cj_rule *r, cj_tensor *a, cj_tensor *b, double weight)
{
    return cj_add_at(r->at, a, cj_scale_at(r->at, cj_sub_at(r->at, b, a), weight));
}

cj_tensor *cj_rule_square_average(const cj_rule *r, cj_tensor *a, cj_tensor *b, double decay)
{
    cj_tensor *square = cj_scale_at(r->at, cj_square_at(r->at, b), 1 - decay);
    return cj_add_at(r->at, cj_scale_at(r->at, a, decay), square);
}

cj_tensor *cj_rule_correction(const cj_rule *r, double beta)
{
    cj_tensor *power = cj_pow_at(r->at, cj_scalar_at(r->at, r->context, CJ_F64, beta), r->t);
    return cj_shift_at(r->at, cj_neg_at(r->at, power), 1);
}

cj_tensor *cj_rule_descend(const cj_rule *r, cj_tensor *p, cj_tensor *scalar, cj_tensor *d)
{
    return cj_sub_at(r->at, p, cj_mul_at(r->at, d, cj_rule_as(r, scalar, d)));
}

/* ---- a step ---- */

void cj_rule_prepare(cj_rule *r, cj_tensor *step, cj_tensor *rate)
{
    cj_at at = r->at;
    r->rate = rate ? cj_cast_at(at, rate, CJ_F64) : cj_scalar_at(at, r->context, CJ_F64, r->o.lr);
    r->first = cj_eq_at(at, step, cj_scalar_at(at, r->context, CJ_I64, 0));
    r->t = cj_shift_at(at, cj_cast_at(at, step, CJ_F64), 1);
}

static cj_tensor *zeros(const cj_rule *r, const cj_state_row *state, const cj_tensor *p)
{
    return cj_full_at(r->at, r->context, cj_tensor_dtype(p), state->scalar ? 0 : cj_rank(p),
                      cj_shape(p), 0);
}

cj_tensor *cj_rule_apply(const cj_rule *r, cj_tensor *p, cj_tensor *g, cj_tensor **state)
{
    if (!p || !g)
        return NULL;
    cj_at at = r->at;
    double decay = r->o.weight_decay;
    const cj_optimiser_row *row = cj_optimiser_row_of(&r->o, cj_rank(p));
    for (int j = 0; j < CJ_OPTIMISER_STATES; j++)
        if (!cj_optimiser_has(&r->o, &row->state[j]))
            state[j] = NULL;
        else if (!state[j])
            state[j] = zeros(r, &row->state[j], p);
    if (r->o.maximize)
        g = cj_neg_at(at, g);
    if (decay != 0 && !row->decay_in_rule) {
        if (row->decoupled || r->o.decoupled_weight_decay) {
            cj_tensor *keep = cj_shift_at(at, cj_scale_at(at, r->rate, -decay), 1);
            p = cj_mul_at(at, p, cj_rule_as(r, keep, p));
        } else {
            g = cj_add_at(at, g, cj_scale_at(at, p, decay));
        }
    }
    return row->update(r, p, g, state);
}

static cj_context *context_of(const struct cj_optimiser_step_args *a)
{
    for (int i = 0; i < a->count; i++)
        if (a->parameter[i])
            return cj_tensor_context(a->parameter[i]);
    return NULL;
}

static bool fits(const cj_tensor *p, const cj_tensor *g)
{
    return !g || (cj_tensor_dtype(p) == cj_tensor_dtype(g) && cj_rank(p) == cj_rank(g) &&
                  (cj_rank(p) == 0 ||
                   memcmp(cj_shape(p), cj_shape(g), (size_t)cj_rank(p) * sizeof(int64_t)) == 0));
}

static cj_status step_one(const struct cj_optimiser_step_args *a, const cj_rule *r, int i)
{
    cj_tensor *p = a->parameter[i], *g = a->gradient[i], *state[CJ_OPTIMISER_STATES] = {NULL};
    if (!p)
        return cj_fail_building(r->context, CJ_INVALID, a->at,
                                "optimiser_step: parameter %d is NULL", i + 1);
    if (!fits(p, g))
        return cj_fail_building(
            r->context, CJ_SHAPE, a->at,
            "optimiser_step: gradient %d is %s; it must be %s like its parameter", i + 1,
            CJ_TEXT_OF(g), CJ_TEXT_OF(p));
    if (a->state)
        memcpy(state, a->state + i * CJ_OPTIMISER_STATES, sizeof state);
    a->new_parameter[i] = g ? cj_rule_apply(r, p, g, state) : p;
    if (a->new_state)
        memcpy(a->new_state + i * CJ_OPTIMISER_STATES, state, sizeof state);
    return cj_context_status(r->context);
}

cj_status cj_optimiser_step_at(const struct cj_optimiser_step_args *args)
{
    struct cj_optimiser_step_args a;
    cj_context *context = args ? context_of(args) : NULL;
    if (!context)
        return args && args->count == 0 ? CJ_OK : CJ_INVALID;
    if (cj_context_status(context) != CJ_OK)
        return cj_context_status(context);
    if (!CJ_TAKE_ARGS(context, "optimiser_step", a, args))
        return CJ_INVALID;
    if (!a.optimiser || !a.gradient || !a.new_parameter)
        return cj_fail_building(context, CJ_INVALID, a.at,
                                "optimiser_step: optimiser, gradient and new_parameter are wanted");
    cj_rule r = {.at = a.at, .context = context, .differentiable = true};
    cj_status status = cj_optimiser_take(context, a.optimiser, &r.o);
    if (status != CJ_OK)
        return status;
    cj_tensor *step = a.step ? a.step : cj_scalar_at(a.at, context, CJ_I64, 0);
    cj_rule_prepare(&r, cj_cast_at(a.at, step, CJ_I64), a.rate);
    for (int i = 0; i < a.count && status == CJ_OK; i++)
        status = step_one(&a, &r, i);
    return status;
}
