/*
 * src/optim/rule_sgd.c - rules that follow one moving average of the gradient: SGD, Lion, Muon.
 */
#include "optim/optim.h"

#include <math.h>

cj_tensor *cj_update_sgd(const cj_rule *r, cj_tensor *p, cj_tensor *g, cj_tensor **state)
{
    cj_at at = r->at;
    cj_tensor *d = g;
    if (r->o.momentum != 0) {
        cj_tensor *b = cj_scale_at(at, state[0], r->o.momentum);
        b = cj_add_at(at, b, cj_scale_at(at, g, 1 - r->o.dampening));
        if (r->o.dampening != 0)
            b = cj_where_at(at, r->first, g, b);
        state[0] = b;
        d = r->o.nesterov ? cj_add_at(at, g, cj_scale_at(at, b, r->o.momentum)) : b;
    }
    return cj_rule_descend(r, p, r->rate, d);
}

cj_tensor *cj_update_lion(const cj_rule *r, cj_tensor *p, cj_tensor *g, cj_tensor **state)
{
    cj_tensor *m = state[0];
    cj_tensor *d = cj_sign_at(r->at, cj_rule_lerp(r, m, g, 1 - r->o.betas[0]));
    state[0] = cj_rule_lerp(r, m, g, 1 - r->o.betas[1]);
    return cj_rule_descend(r, p, r->rate, d);
}

/* ---- Muon ---- */

static cj_tensor *turned(const cj_rule *r, cj_tensor *x)
{
    return x ? cj_transpose_at(r->at, x, 0, 1) : NULL;
}

/* Singular values towards 1: a quintic whose slope at 0 is steep, so that five steps do. */
static cj_tensor *orthogonalise(const cj_rule *r, cj_tensor *d)
{
    const double a = 3.4445, b = -4.7750, c = 2.0315;
    cj_at at = r->at;
    bool tall = d && cj_extent(d, 0) > cj_extent(d, 1);
    cj_tensor *x = tall ? turned(r, d) : d;
    cj_tensor *norm = cj_rule_root(r, cj_sum_at(at, cj_square_at(at, x), CJ_ALL, false));
    if (!norm)
        return NULL;
    x = cj_div_at(at, x, cj_maximum_at(at, norm, cj_like_at(at, norm, r->o.eps)));
    for (int64_t i = 0; i < r->o.ns_steps; i++) {
        cj_tensor *gram = cj_matmul_at(at, x, turned(r, x));
        cj_tensor *update = cj_add_at(at, cj_scale_at(at, gram, b),
                                      cj_scale_at(at, cj_matmul_at(at, gram, gram), c));
        x = cj_add_at(at, cj_scale_at(at, x, a), cj_matmul_at(at, update, x));
    }
    return tall ? turned(r, x) : x;
}

cj_tensor *cj_update_muon(const cj_rule *r, cj_tensor *p, cj_tensor *g, cj_tensor **state)
{
    cj_at at = r->at;
    int rank = cj_rank(p);
    const int64_t *shape = cj_shape(p);
    state[0] = cj_rule_lerp(r, state[0], g, 1 - r->o.momentum);
    cj_tensor *d = cj_rule_lerp(r, g, state[0], r->o.momentum);
    if (cj_elements(p) == 0)
        return p;
    int64_t columns = cj_elements(p) / shape[0];
    d = cj_reshape_at(at, d, 2, (int64_t[]){shape[0], columns});
    d = cj_reshape_at(at, orthogonalise(r, d), rank, shape);
    double ratio = sqrt(fmax(1, (double)shape[0] / (double)columns));
    return cj_rule_descend(r, p, cj_scale_at(at, r->rate, ratio), d);
}
