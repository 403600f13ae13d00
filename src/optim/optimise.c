/*
 * src/optim/optimise.c - gradients, clipping, and the update rules of torch.optim as graph code.
 */
#include "optim/optim.h"

#include <math.h>

/* What the rules of all parameters share. Scalars in f64. */
typedef struct rule {
    cj_at at;
    cj_scope *scope;
    cj_optimiser o;
    cj_tensor *rate;
    cj_tensor *first;           /* bool: this is step 0 */
    cj_tensor *step_size;       /* Adam: lr / (1 - beta1^t) */
    cj_tensor *sqrt_correction; /* Adam: sqrt(1 - beta2^t) */
} rule;

/* The parameters to train: their variables, reads and gradients. */
typedef struct parameters {
    int count;
    cj_variable **variable;
    cj_tensor **value, **gradient;
} parameters;

void cj_optimiser_fill(cj_optimiser *o)
{
    o->lr = o->lr != 0 ? o->lr : 1e-3;
    o->eps = o->eps != 0 ? o->eps : 1e-8;
    if (o->betas[0] == 0 && o->betas[1] == 0) {
        o->betas[0] = 0.9;
        o->betas[1] = 0.999;
    }
}

cj_status cj_optimiser_take(cj_context *context, const cj_optimiser *given, cj_optimiser *out)
{
    if (!cj_take_args(context, "optimiser", out, sizeof *out, given, &given->at,
                      offsetof(cj_optimiser, at) + sizeof(cj_at)))
        return CJ_INVALID;
    cj_optimiser_fill(out);
    const char *wrong = cj_optimiser_wrong(out);
    if (!wrong)
        return CJ_OK;
    return cj_fail_building(context, CJ_INVALID, out->at, "optimiser: %s", wrong);
}

const char *cj_optimiser_wrong(const cj_optimiser *o)
{
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
    return NULL;
}

/* ---- clipping ---- */

static void clip_values(cj_at at, const parameters *p, double limit)
{
    for (int i = 0; i < p->count; i++) {
        cj_tensor *g = p->gradient[i];
        g = cj_maximum_at(at, g, cj_like_at(at, g, -limit));
        p->gradient[i] = cj_minimum_at(at, g, cj_like_at(at, g, limit));
    }
}

/* min(1, limit / (|g| + 1e-6)), |g| the root of the sum of all squares (Pascanu, Mikolov and
 * Bengio, "On the difficulty of training recurrent neural networks", ICML 2013; torch's
 * clip_grad_norm_). */
static void clip_norm(cj_at at, const parameters *p, double limit)
{
    cj_tensor *sum = NULL;
    for (int i = 0; i < p->count; i++) {
        cj_tensor *square = cj_sum_at(at, cj_square_at(at, p->gradient[i]), CJ_ALL, false);
        square = cj_cast_at(at, square, CJ_F64);
        sum = i ? cj_add_at(at, sum, square) : square;
    }
    cj_tensor *norm = cj_shift_at(at, cj_sqrt_at(at, sum), 1e-6);
    cj_tensor *factor = cj_scale_at(at, cj_reciprocal_at(at, norm), limit);
    if (!factor)
        return;
    factor = cj_minimum_at(at, factor, cj_like_at(at, factor, 1));
    for (int i = 0; i < p->count; i++) {
        cj_tensor *g = p->gradient[i];
        p->gradient[i] = g ? cj_mul_at(at, g, cj_cast_at(at, factor, cj_tensor_dtype(g))) : NULL;
    }
}

/* ---- rules ---- */

static cj_variable *state_of(const rule *r, const char *kind, const cj_variable *parameter)
{
    char path[CJ_PATH_SIZE + 64];
    snprintf(path, sizeof path, "optimizer.%s.%s", kind, cj_variable_name(parameter));
    return cj_scope_state(r->scope, path, cj_variable_dtype(parameter), cj_variable_rank(parameter),
                          cj_variable_shape(parameter));
}

/* An f64 scalar in the dtype of x. */
static cj_tensor *as(cj_at at, cj_tensor *scalar, const cj_tensor *x)
{
    return x ? cj_cast_at(at, scalar, cj_tensor_dtype(x)) : NULL;
}

static cj_tensor *sgd(const rule *r, cj_variable *variable, cj_tensor *p, cj_tensor *g)
{
    cj_at at = r->at;
    if (r->o.weight_decay != 0)
        g = cj_add_at(at, g, cj_scale_at(at, p, r->o.weight_decay));
    cj_tensor *d = g;
    if (r->o.momentum != 0) {
        cj_variable *state = state_of(r, "momentum_buffer", variable);
        cj_tensor *b = cj_scale_at(at, cj_variable_read_at(at, state), r->o.momentum);
        b = cj_add_at(at, b, cj_scale_at(at, g, 1 - r->o.dampening));
        if (r->o.dampening != 0)
            b = cj_where_at(at, r->first, g, b);
        cj_scope_record_variable_at(at, r->scope, state, b);
        d = r->o.nesterov ? cj_add_at(at, g, cj_scale_at(at, b, r->o.momentum)) : b;
    }
    return cj_sub_at(at, p, cj_mul_at(at, d, as(at, r->rate, d)));
}

static cj_tensor *adam(const rule *r, cj_variable *variable, cj_tensor *p, cj_tensor *g)
{
    cj_at at = r->at;
    double beta1 = r->o.betas[0], beta2 = r->o.betas[1];
    if (r->o.weight_decay != 0 && r->o.kind == CJ_ADAM)
        g = cj_add_at(at, g, cj_scale_at(at, p, r->o.weight_decay));
    if (r->o.weight_decay != 0 && r->o.kind == CJ_ADAMW) {
        cj_tensor *keep = cj_shift_at(at, cj_scale_at(at, r->rate, -r->o.weight_decay), 1);
        p = cj_mul_at(at, p, as(at, keep, p));
    }
    cj_variable *m_state = state_of(r, "exp_avg", variable);
    cj_variable *v_state = state_of(r, "exp_avg_sq", variable);
    cj_tensor *m = cj_variable_read_at(at, m_state), *v = cj_variable_read_at(at, v_state);
    m = cj_add_at(at, m, cj_scale_at(at, cj_sub_at(at, g, m), 1 - beta1));
    v = cj_add_at(at, cj_scale_at(at, v, beta2), cj_scale_at(at, cj_square_at(at, g), 1 - beta2));
    cj_scope_record_variable_at(at, r->scope, m_state, m);
    cj_scope_record_variable_at(at, r->scope, v_state, v);
    cj_tensor *root = cj_div_at(at, cj_sqrt_at(at, v), as(at, r->sqrt_correction, v));
    cj_tensor *d = cj_div_at(at, m, cj_shift_at(at, root, r->o.eps));
    return cj_sub_at(at, p, cj_mul_at(at, d, as(at, r->step_size, d)));
}

/* The scalars that depend on the step. */
static void prepare(rule *r, cj_context *context, cj_tensor *step)
{
    cj_at at = r->at;
    r->first = cj_eq_at(at, step, cj_scalar_at(at, context, CJ_I64, 0));
    cj_tensor *t = cj_shift_at(at, cj_cast_at(at, step, CJ_F64), 1);
    cj_tensor *power[2];
    for (int i = 0; i < 2; i++) {
        power[i] = cj_pow_at(at, cj_scalar_at(at, context, CJ_F64, r->o.betas[i]), t);
        power[i] = cj_shift_at(at, cj_neg_at(at, power[i]), 1);
    }
    r->step_size = cj_div_at(at, r->rate, power[0]);
    r->sqrt_correction = cj_sqrt_at(at, power[1]);
}

/* ---- all together ---- */

static cj_status take_parameters(cj_context *context, cj_at at, cj_scope *root, parameters *p)
{
    int most = cj_scope_count(root);
    p->variable = cj_allocate_zero(context, (size_t)most * sizeof *p->variable);
    p->value = cj_allocate_zero(context, (size_t)most * sizeof(cj_tensor *));
    p->gradient = cj_allocate_zero(context, (size_t)most * sizeof(cj_tensor *));
    if (!p->variable || !p->value || !p->gradient)
        return cj_fail_building(context, CJ_NO_MEMORY, at, "out of memory for the gradients");
    for (int i = 0; i < most; i++) {
        const cj_entry *entry = cj_scope_entry(root, i);
        if (entry->kind != CJ_PARAMETER || entry->frozen)
            continue;
        p->variable[p->count] = entry->variable;
        p->value[p->count++] = cj_variable_read_at(at, entry->variable);
    }
    return p->count ? CJ_OK
                    : cj_fail_building(context, CJ_INVALID, at,
                                       "optimize: the scope has no parameter to train");
}

static void drop_parameters(cj_context *context, const parameters *p, int most)
{
    cj_release(context, p->variable, (size_t)most * sizeof *p->variable);
    cj_release(context, p->value, (size_t)most * sizeof(cj_tensor *));
    cj_release(context, p->gradient, (size_t)most * sizeof(cj_tensor *));
}

static cj_status optimise(const struct cj_optimize_args *a, cj_scope *root, rule *r, parameters *p)
{
    cj_context *context = cj_scope_context(root);
    cj_at at = a->at;
    cj_status status = take_parameters(context, at, root, p);
    if (status == CJ_OK)
        status = cj_grad_at(at, a->loss, p->count, p->value, p->gradient);
    if (status != CJ_OK)
        return status;
    if (a->clip_value > 0)
        clip_values(at, p, a->clip_value);
    if (a->clip_norm > 0)
        clip_norm(at, p, a->clip_norm);
    cj_variable *counter = cj_scope_step(root);
    cj_tensor *step = cj_variable_read_at(at, counter);
    r->rate =
        a->rate ? cj_cast_at(at, a->rate, CJ_F64) : cj_scalar_at(at, context, CJ_F64, r->o.lr);
    prepare(r, context, step);
    for (int i = 0; i < p->count && cj_context_status(context) == CJ_OK; i++) {
        cj_tensor *(*update)(const rule *, cj_variable *, cj_tensor *, cj_tensor *) =
            r->o.kind == CJ_SGD ? sgd : adam;
        cj_scope_record_variable_at(at, root, p->variable[i],
                                    update(r, p->variable[i], p->value[i], p->gradient[i]));
    }
    cj_scope_record_variable_at(at, root, counter, cj_shift_at(at, step, 1));
    return cj_context_status(context);
}

cj_status cj_optimize_at(const struct cj_optimize_args *args)
{
    struct cj_optimize_args a;
    if (!args || !args->scope)
        return CJ_INVALID;
    cj_context *context = cj_scope_context(args->scope);
    if (cj_context_status(context) != CJ_OK)
        return cj_context_status(context);
    if (!CJ_TAKE_ARGS(context, "optimize", a, args))
        return CJ_INVALID;
    if (!a.loss || !a.optimiser)
        return cj_fail_building(context, CJ_INVALID, a.at, "optimize: the %s is NULL",
                                a.loss ? "optimiser" : "loss");
    cj_scope *root = &cj_home(a.scope)->top;
    rule r = {.at = a.at, .scope = root};
    cj_status status = cj_optimiser_take(context, a.optimiser, &r.o);
    if (status != CJ_OK)
        return status;
    int most = cj_scope_count(root);
    parameters p = {0};
    status = optimise(&a, root, &r, &p);
    drop_parameters(context, &p, most);
    return status;
}
