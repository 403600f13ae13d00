/*
 * src/optim/scaler.c - the dynamic loss scale of mixed precision.
 */
#include "optim/optim.h"

#include <math.h>

static cj_variable *scale_of(cj_scope *root)
{
    return cj_scope_state(root, "optimizer.scale", CJ_F64, 0, NULL);
}

cj_tensor *cj_scaler_begin(cj_at at, cj_scope *root, double first)
{
    cj_context *context = cj_scope_context(root);
    cj_tensor *scale = cj_variable_read_at(at, scale_of(root));
    cj_tensor *none = cj_eq_at(at, scale, cj_scalar_at(at, context, CJ_F64, 0));
    return cj_where_at(at, none, cj_scalar_at(at, context, CJ_F64, first), scale);
}

/* Whether every element is finite. */
static cj_tensor *all_finite(cj_at at, cj_tensor *g)
{
    cj_tensor *most = cj_amax_at(at, cj_abs_at(at, g), CJ_ALL, false);
    return most ? cj_lt_at(at, most, cj_like_at(at, most, (double)INFINITY)) : NULL;
}

void cj_scaler_finish(cj_scope *root, cj_rule *r, cj_tensor *scale, int64_t interval, int count,
                      cj_tensor **gradient)
{
    cj_at at = r->at;
    cj_variable *tracker = cj_scope_state(root, "optimizer.growth_tracker", CJ_F64, 0, NULL);
    cj_tensor *good = cj_scalar_at(at, r->context, CJ_BOOL, 1);
    for (int i = 0; i < count; i++)
        if (gradient[i]) {
            good = cj_and_at(at, good, all_finite(at, gradient[i]));
            gradient[i] = cj_div_at(at, gradient[i], cj_rule_as(r, scale, gradient[i]));
        }
    cj_tensor *one = cj_scalar_at(at, r->context, CJ_F64, 1);
    cj_tensor *zero = cj_scalar_at(at, r->context, CJ_F64, 0);
    cj_tensor *running = cj_add_at(at, cj_variable_read_at(at, tracker), one);
    cj_tensor *grows =
        cj_ge_at(at, running, cj_scalar_at(at, r->context, CJ_F64, (double)interval));
    cj_tensor *larger = cj_where_at(at, grows, cj_scale_at(at, scale, 2), scale);
    running = cj_where_at(at, grows, zero, running);
    r->good = good;
    cj_scope_record_variable_at(at, root, scale_of(root),
                                cj_where_at(at, good, larger, cj_scale_at(at, scale, 0.5)));
    cj_scope_record_variable_at(at, root, tracker, cj_where_at(at, good, running, zero));
}
