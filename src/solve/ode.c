/*
 * src/solve/ode.c - the door of the ODE solvers.
 */
#include "solve/ode.h"

bool cj_ode_ready(cj_at at, const char *what, cj_tensor *y0, cj_tensor *t, bool fields)
{
    if (!y0 || !t)
        return false;
    cj_context *context = cj_tensor_context(y0);
    cj_dtype dtype = cj_tensor_dtype(y0);
    if (cj_context_status(context) != CJ_OK)
        return false;
    if (!fields)
        cj_fail_building(context, CJ_INVALID, at, "%s: a field is NULL", what);
    else if (dtype != CJ_F32 && dtype != CJ_F64)
        cj_fail_building(context, CJ_DTYPE, at, "%s: the state is %s; it must be f32 or f64", what,
                         CJ_TEXT_OF(y0));
    else if (cj_tensor_dtype(t) != dtype || cj_rank(t) != 1 || cj_extent(t, 0) < 1)
        cj_fail_building(context, CJ_SHAPE, at,
                         "%s: the times are %s; they must be %s[T], T at least 1", what,
                         CJ_TEXT_OF(t), cj_dtype_name(dtype));
    else if (cj_rank(y0) >= CJ_MAX_RANK)
        cj_fail_building(context, CJ_SHAPE, at, "%s: the state %s has no room for an axis of times",
                         what, CJ_TEXT_OF(y0));
    return cj_context_status(context) == CJ_OK;
}

/* 1 or -1: which way the times go. */
static cj_tensor *direction(cj_at at, cj_tensor *t)
{
    int64_t n = cj_extent(t, 0);
    cj_tensor *first = cj_reshape_at(at, cj_narrow_at(at, t, 0, 0, 1), 0, NULL);
    cj_tensor *last = cj_reshape_at(at, cj_narrow_at(at, t, 0, n - 1, n), 0, NULL);
    cj_tensor *back = cj_lt_at(at, last, first);
    return cj_where_at(at, back, cj_like_at(at, t, -1), cj_like_at(at, t, 1));
}

cj_tensor *cj_ode_solve(const struct cj_odeint_args *a)
{
    cj_flow flow = {a->at, a->field, a->user, a->parameter, NULL};
    if (!cj_tableaux[a->method].adaptive)
        return cj_ode_fixed(a, &flow);
    flow.sign = direction(a->at, a->t);
    return cj_ode_adaptive(a, &flow);
}

cj_tensor *cj_odeint_at(const struct cj_odeint_args *args)
{
    struct cj_odeint_args a;
    if (!args || !args->y0 || !args->t)
        return NULL;
    cj_context *context = cj_tensor_context(args->y0);
    if (cj_context_status(context) != CJ_OK || !CJ_TAKE_ARGS(context, "odeint", a, args) ||
        !cj_ode_ready(a.at, "odeint", a.y0, a.t, a.field))
        return NULL;
    a.steps = a.steps ? a.steps : 1;
    a.rtol = a.rtol != 0 ? a.rtol : 1e-6;
    a.atol = a.atol != 0 ? a.atol : 1e-9;
    a.max_steps = a.max_steps ? a.max_steps : 1000;
    if ((unsigned)a.method >= CJ_ODE_COUNT || a.steps < 0 || a.max_steps < 0 || !(a.rtol >= 0) ||
        !(a.atol >= 0) || !(a.first_step >= 0)) {
        cj_fail_building(context, CJ_INVALID, a.at,
                         "odeint: method, steps, max_steps, rtol, atol and first_step must not be "
                         "negative or unknown");
        return NULL;
    }
    return a.adjoint ? cj_ode_adjoint(&a) : cj_ode_solve(&a);
}
