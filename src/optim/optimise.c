/*
 * src/optim/optimise.c - cj_optimize: gradients, clipping, noise and groups, and a step of the rules on
 * the variables of a scope.
 */
#include "optim/optim.h"

/* The parameters to train: their variables, values, gradients and groups (-1: none). */
typedef struct parameters {
    int count, most;
    cj_variable **variable;
    cj_tensor **value, **gradient;
    int *group;
} parameters;

/* ---- which parameters ---- */

static bool matches(const char *pattern, const char *end, const char *path)
{
    if (pattern == end)
        return !*path;
    if (*pattern == '*')
        return matches(pattern + 1, end, path) || (*path && matches(pattern, end, path + 1));
    return *path && (*pattern == '?' || *pattern == *path) && matches(pattern + 1, end, path + 1);
}

/* "*.bias|head.*" */
static bool matches_any(const char *pattern, const char *path)
{
    for (;;) {
        const char *end = pattern + strcspn(pattern, "|");
        if (matches(pattern, end, path))
            return true;
        if (!*end)
            return false;
        pattern = end + 1;
    }
}

static int find_group(const struct cj_optimize_args *a, const char *path)
{
    for (int i = 0; i < a->group_count; i++)
        if (a->group[i].pattern && matches_any(a->group[i].pattern, path))
            return i;
    return -1;
}

static bool is_below(const char *scope, const char *path)
{
    size_t length = strlen(scope);
    return length == 0 || (strncmp(path, scope, length) == 0 && path[length] == '.');
}

static void add(const struct cj_optimize_args *a, parameters *p, cj_variable *variable,
                cj_tensor *gradient)
{
    int group = find_group(a, cj_variable_name(variable));
    if (group >= 0 && a->group[group].frozen)
        return;
    p->variable[p->count] = variable;
    p->value[p->count] = cj_variable_read_at(a->at, variable);
    p->gradient[p->count] = gradient;
    p->group[p->count++] = group;
}

static cj_status take_parameters(const struct cj_optimize_args *a, cj_scope *root, parameters *p)
{
    cj_context *context = cj_scope_context(root);
    const char *path = cj_scope_path(a->scope);
    for (int i = 0; i < a->count; i++) {
        if (!a->variable[i])
            return cj_fail_building(context, CJ_INVALID, a->at, "optimize: variable %d is NULL",
                                    i + 1);
        add(a, p, a->variable[i], a->gradient[i]);
    }
    for (int i = 0; a->loss && i < cj_scope_count(root); i++) {
        const cj_entry *entry = cj_scope_entry(root, i);
        if (entry->kind == CJ_PARAMETER && !entry->frozen && is_below(path, entry->path))
            add(a, p, entry->variable, NULL);
    }
    return p->count ? CJ_OK
                    : cj_fail_building(context, CJ_INVALID, a->at,
                                       "optimize: the scope has no parameter to train");
}

static cj_status make_parameters(cj_context *context, cj_at at, parameters *p)
{
    size_t most = (size_t)p->most;
    p->variable = cj_allocate_zero(context, most * sizeof *p->variable);
    p->value = cj_allocate_zero(context, most * sizeof(cj_tensor *));
    p->gradient = cj_allocate_zero(context, most * sizeof(cj_tensor *));
    p->group = cj_allocate_zero(context, most * sizeof *p->group);
    if (p->variable && p->value && p->gradient && p->group)
        return CJ_OK;
    return cj_fail_building(context, CJ_NO_MEMORY, at, "out of memory for the gradients");
}

static void drop_parameters(cj_context *context, const parameters *p)
{
    size_t most = (size_t)p->most;
    cj_release(context, p->variable, most * sizeof *p->variable);
    cj_release(context, p->value, most * sizeof(cj_tensor *));
    cj_release(context, p->gradient, most * sizeof(cj_tensor *));
    cj_release(context, p->group, most * sizeof *p->group);
}

/* ---- gradients; NULL where there is none ---- */

static cj_status differentiate(const struct cj_optimize_args *a, parameters *p, cj_tensor *scale)
{
    cj_context *context = cj_tensor_context(a->loss);
    cj_dtype dtype = cj_tensor_dtype(a->loss);
    bool is_float = dtype == CJ_F32 || dtype == CJ_F64 || dtype == CJ_BF16 || dtype == CJ_F16;
    bool scalar = cj_elements(a->loss) == 1 && is_float;
    if (!scalar)
        return cj_fail_building(context, CJ_SHAPE, a->at,
                                "optimize: the loss is %s; it must be one float",
                                CJ_TEXT_OF(a->loss));
    cj_tensor *seed = cj_full_at(a->at, context, dtype, cj_rank(a->loss), cj_shape(a->loss), 1);
    if (scale)
        seed = cj_mul_at(a->at, seed, cj_cast_at(a->at, scale, dtype));
    return cj_vjp_at(a->at, 1, &a->loss, &seed, p->count, p->value, p->gradient);
}

static void clip_values(cj_at at, const parameters *p, double limit)
{
    for (int i = 0; i < p->count; i++) {
        cj_tensor *g = p->gradient[i];
        if (!g)
            continue;
        g = cj_maximum_at(at, g, cj_like_at(at, g, -limit));
        p->gradient[i] = g ? cj_minimum_at(at, g, cj_like_at(at, g, limit)) : NULL;
    }
}

/* min(1, limit / (|g| + 1e-6)), |g| the root of the sum of all squares (Pascanu, Mikolov and
 * Bengio, "On the difficulty of training recurrent neural networks", ICML 2013; torch's
 * clip_grad_norm_). */
static void clip_norm(cj_at at, const parameters *p, double limit)
{
    cj_tensor *sum = NULL;
    for (int i = 0; i < p->count; i++) {
        if (!p->gradient[i])
            continue;
        cj_tensor *square = cj_sum_at(at, cj_square_at(at, p->gradient[i]), CJ_ALL, false);
        square = cj_cast_at(at, square, CJ_F64);
        sum = sum ? cj_add_at(at, sum, square) : square;
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

/* N(0, eta / (1 + step)^gamma) */
static void add_noise(const struct cj_optimize_args *a, cj_scope *root, const parameters *p,
                      const cj_rule *r)
{
    cj_at at = a->at;
    cj_scope *s = cj_scope_enter(root, "optimizer");
    double gamma = a->noise_gamma != 0 ? a->noise_gamma : 0.55;
    cj_tensor *deviation = cj_pow_at(at, r->t, cj_scalar_at(at, r->context, CJ_F64, -gamma));
    deviation = cj_sqrt_at(at, cj_scale_at(at, deviation, a->noise_eta));
    for (int i = 0; i < p->count; i++) {
        cj_tensor *g = p->gradient[i];
        if (!g)
            continue;
        cj_tensor *noise = cj_random_normal_at(at, cj_scope_key_at(at, s), cj_tensor_dtype(g),
                                               cj_rank(g), cj_shape(g));
        p->gradient[i] = cj_add_at(at, g, cj_mul_at(at, noise, cj_rule_as(r, deviation, g)));
    }
}

/* ---- updates ---- */

/* The new value, or, of a step that is not to be made, the old one. */
static cj_status record(const cj_rule *r, cj_scope *root, cj_variable *variable, cj_tensor *value)
{
    if (r->good && value)
        value = cj_where_at(r->at, r->good, value, cj_variable_read_at(r->at, variable));
    return cj_scope_record_variable_at(r->at, root, variable, value);
}

/* The rule of a group: its optimiser, its decay, its rate. */
static cj_status take_rule(const cj_rule *base, const cj_group *group, cj_rule *r)
{
    *r = *base;
    if (!group)
        return CJ_OK;
    double lr = group->lr;
    if (group->optimiser) {
        cj_status status = cj_optimiser_take(base->context, group->optimiser, &r->o);
        if (status != CJ_OK)
            return status;
        lr = lr != 0 ? lr : r->o.lr;
    }
    if (group->no_weight_decay || group->weight_decay != 0)
        r->o.weight_decay = group->no_weight_decay ? 0 : group->weight_decay;
    if (lr < 0 || r->o.weight_decay < 0)
        return cj_fail_building(base->context, CJ_INVALID, base->at,
                                "optimize: group '%s' has a negative lr or weight_decay",
                                group->pattern);
    if (lr != 0 && lr != base->o.lr)
        r->rate = base->o.lr != 0 ? cj_scale_at(base->at, base->rate, lr / base->o.lr)
                                  : cj_scalar_at(base->at, base->context, CJ_F64, lr);
    return CJ_OK;
}

static cj_variable *state_of(cj_scope *root, const cj_state_row *row, const cj_variable *parameter)
{
    char path[CJ_PATH_SIZE + 64];
    snprintf(path, sizeof path, "optimizer.%s.%s", row->name, cj_variable_name(parameter));
    return cj_scope_state(root, path, cj_variable_dtype(parameter),
                          row->scalar ? 0 : cj_variable_rank(parameter),
                          cj_variable_shape(parameter));
}

static cj_status update(const cj_rule *r, cj_scope *root, cj_variable *parameter, cj_tensor *value,
                        cj_tensor *gradient)
{
    cj_variable *variable[CJ_OPTIMISER_STATES] = {NULL};
    cj_tensor *state[CJ_OPTIMISER_STATES] = {NULL};
    const cj_optimiser_row *row = cj_optimiser_row_of(&r->o, cj_variable_rank(parameter));
    for (int j = 0; j < CJ_OPTIMISER_STATES; j++)
        if (cj_optimiser_has(&r->o, &row->state[j])) {
            variable[j] = state_of(root, &row->state[j], parameter);
            if (!variable[j])
                return cj_context_status(r->context);
            state[j] = cj_variable_read_at(r->at, variable[j]);
        }
    cj_tensor *next = cj_rule_apply(r, value, gradient, state);
    for (int j = 0; j < CJ_OPTIMISER_STATES; j++)
        if (variable[j])
            record(r, root, variable[j], state[j]);
    return record(r, root, parameter, next);
}

static cj_status optimise(const struct cj_optimize_args *a, cj_scope *root, cj_rule *r,
                          parameters *p)
{
    cj_at at = a->at;
    cj_status status = take_parameters(a, root, p);
    cj_tensor *scale = a->loss_scale > 0 ? cj_scaler_begin(at, root, a->loss_scale) : NULL;
    if (status == CJ_OK && a->loss)
        status = differentiate(a, p, scale);
    if (status != CJ_OK)
        return status;
    if (scale)
        cj_scaler_finish(root, r, scale, a->growth_interval ? a->growth_interval : 2000, p->count,
                         p->gradient);
    if (a->clip_value > 0)
        clip_values(at, p, a->clip_value);
    if (a->clip_norm > 0)
        clip_norm(at, p, a->clip_norm);
    cj_variable *counter = cj_scope_step(root);
    cj_tensor *step = cj_variable_read_at(at, counter);
    cj_rule_prepare(r, step, a->rate);
    if (a->noise_eta > 0)
        add_noise(a, root, p, r);
    status = cj_context_status(r->context);
    for (int i = 0; i < p->count && status == CJ_OK; i++) {
        cj_rule own;
        if (!p->gradient[i])
            continue;
        status = take_rule(r, p->group[i] >= 0 ? &a->group[p->group[i]] : NULL, &own);
        if (status == CJ_OK)
            status = update(&own, root, p->variable[i], p->value[i], p->gradient[i]);
    }
    if (status == CJ_OK)
        status = record(r, root, counter, cj_shift_at(at, step, 1));
    return status;
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
    if (!a.optimiser || (!a.loss && !a.count))
        return cj_fail_building(context, CJ_INVALID, a.at, "optimize: the %s is NULL",
                                a.loss ? "optimiser" : "loss");
    if (a.loss && a.count)
        return cj_fail_building(context, CJ_INVALID, a.at,
                                "optimize: it takes a loss or gradients, not both");
    if (!(a.loss_scale >= 0) || a.growth_interval < 0)
        return cj_fail_building(context, CJ_INVALID, a.at,
                                "optimize: loss_scale and growth_interval must not be negative");
    cj_scope *root = &cj_home(a.scope)->top;
    cj_rule r = {.at = a.at, .context = context};
    cj_status status = cj_optimiser_take(context, a.optimiser, &r.o);
    if (status != CJ_OK)
        return status;
    parameters p = {.most = CJ_MAX(cj_scope_count(root), a.count)};
    status = make_parameters(context, a.at, &p);
    if (status == CJ_OK)
        status = optimise(&a, root, &r, &p);
    drop_parameters(context, &p);
    return status;
}
