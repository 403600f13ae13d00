/*
 * src/solve/ode_implicit.c - a step whose end is the root of an equation, by Newton's method.
 */
#include "solve/ode.h"

#include "cajal/implicit.h"

/* What the equation hangs on comes in by theta: y0, t, h, then the parameters. */
typedef struct equation {
    cj_at at;
    cj_field_fn *field;
    void *user;
    double theta;
} equation;

enum { Y, T, H, PARAMETERS, MOST = 64 };

static cj_tensor *residual(void *user, cj_tensor *z, int count, cj_tensor *const *theta)
{
    const equation *e = user;
    cj_tensor *const *parameter = count > PARAMETERS ? theta + PARAMETERS : NULL;
    cj_flow flow = {e->at, e->field, e->user, parameter, NULL};
    cj_tensor *late = cj_add_at(e->at, theta[T], theta[H]);
    cj_tensor *slope = cj_flow_slope(&flow, late, z);
    slope = cj_scale_at(e->at, slope, e->theta);
    if (e->theta != 1) {
        cj_tensor *early = cj_flow_slope(&flow, theta[T], theta[Y]);
        slope = cj_add_at(e->at, slope, cj_scale_at(e->at, early, 1 - e->theta));
    }
    cj_tensor *change = cj_sub_at(e->at, z, theta[Y]);
    return cj_sub_at(e->at, change, cj_mul_at(e->at, slope, theta[H]));
}

cj_tensor *cj_ode_implicit_step(const struct cj_odeint_args *a, double theta, cj_tensor *t,
                                cj_tensor *y, cj_tensor *h)
{
    equation e = {a->at, a->field, a->user, theta};
    cj_tensor *known[PARAMETERS + MOST] = {[Y] = y, [T] = t, [H] = h};
    if (a->parameters > MOST) {
        cj_fail_building(cj_tensor_context(a->y0), CJ_INVALID, a->at,
                         "odeint: an implicit method takes at most %d parameters", MOST);
        return NULL;
    }
    for (int i = 0; i < a->parameters; i++)
        known[PARAMETERS + i] = a->parameter[i];
    struct cj_implicit_args r = {.f = residual,
                                 .z = y,
                                 .count = PARAMETERS + a->parameters,
                                 .theta = known,
                                 .at = a->at,
                                 .user = &e,
                                 .user_bytes = sizeof e};
    r.at.size = sizeof r;
    return y && t && h ? cj_root_at(&r) : NULL;
}
