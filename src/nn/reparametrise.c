/*
 * src/nn/reparametrise.c - weight norm and spectral norm: scopes that answer "weight" with a graph
 * of other parameters.
 */
#include "cajal/layers.h"
#include "nn/nn.h"

#include <stdio.h>

/* The request as it is, but for the path's end "weight" + suffix. */
typedef struct part {
    cj_request request;
    char path[CJ_PATH_SIZE + 16];
} part;

static const cj_request *with_suffix(part *p, const cj_request *request, const char *suffix)
{
    snprintf(p->path, sizeof p->path, "%s%s", request->path, suffix);
    p->request = *request;
    p->request.path = p->path;
    return &p->request;
}

static bool is_weight(const cj_request *request)
{
    const char *dot = strrchr(request->path, '.');
    return request->kind == CJ_PARAMETER && request->rank >= 2 &&
           strcmp(dot ? dot + 1 : request->path, "weight") == 0;
}

static uint32_t all_but_first(int rank)
{
    return CJ_AXIS(rank) - CJ_AXIS(1);
}

/* ---- weight norm ---- */

static cj_tensor *norm_of(cj_at at, cj_tensor *v)
{
    return v ? cj_sqrt_at(at, cj_sum_at(at, cj_square_at(at, v), all_but_first(cj_rank(v)), true))
             : NULL;
}

static cj_tensor *weight_norm_get(void *state, const cj_request *request)
{
    cj_scope *base = state;
    if (!is_weight(request))
        return cj_scope_ask(base, request);
    part g, v;
    int64_t shape[CJ_MAX_RANK] = {request->shape[0]};
    for (int i = 1; i < request->rank; i++)
        shape[i] = 1;
    with_suffix(&g, request, "_g");
    g.request.shape = shape;
    g.request.initialiser = cj_init_ones();
    bool is_new = !cj_scope_find(base, g.path);
    cj_tensor *direction = cj_scope_ask(base, with_suffix(&v, request, "_v"));
    cj_tensor *gain = cj_scope_ask(base, &g.request), *norm = norm_of(request->at, direction);
    cj_variable *variable = is_new ? cj_scope_find(base, g.path) : NULL;
    if (variable && norm &&
        cj_read(norm, cj_variable_data(variable), cj_variable_bytes(variable)) != CJ_OK)
        return NULL;
    return cj_mul_at(request->at, direction, cj_div_at(request->at, gain, norm));
}

cj_scope *cj_scope_weight_norm(cj_scope *s)
{
    static const cj_scope_table table = {.get = weight_norm_get};
    return cj_scope_with(s, &table, s);
}

/* ---- spectral norm ---- */

/* x / max(|x|, 1e-12), as a column. */
static cj_tensor *unit(cj_at at, cj_tensor *x)
{
    return cj_normalize_at(at, x, 0);
}

static cj_tensor *held(cj_at at, cj_scope *base, const cj_request *request, const char *suffix,
                       int64_t length)
{
    part p;
    with_suffix(&p, request, suffix);
    p.request.kind = CJ_BUFFER;
    p.request.rank = 1;
    p.request.shape = &length;
    p.request.initialiser = cj_init_normal(0, 1);
    cj_tensor *kept = cj_scope_ask(base, &p.request);
    kept = kept ? cj_scope_latest(cj_scope_root(base), p.path, kept) : NULL;
    return cj_reshape_at(at, kept, 2, (int64_t[]){length, 1});
}

static void keep(cj_at at, cj_scope *base, const cj_request *request, const char *suffix,
                 cj_tensor *x)
{
    part p;
    with_suffix(&p, request, suffix);
    if (x)
        cj_scope_record_at(at, cj_scope_root(base), p.path,
                           cj_reshape_at(at, x, 1, (int64_t[]){cj_extent(x, 0)}));
}

static cj_tensor *spectral_norm_get(void *state, const cj_request *request)
{
    cj_scope *base = state;
    cj_at at = request->at;
    if (!is_weight(request))
        return cj_scope_ask(base, request);
    part p;
    cj_tensor *w = cj_scope_ask(base, with_suffix(&p, request, "_orig"));
    if (!w)
        return NULL;
    int64_t out = cj_extent(w, 0), rest = out ? cj_elements(w) / out : 0;
    cj_tensor *matrix = cj_reshape_at(at, w, 2, (int64_t[]){out, rest});
    cj_tensor *fixed = cj_stop_gradient_at(at, matrix);
    cj_tensor *u = held(at, base, request, "_u", out), *v = held(at, base, request, "_v", rest);
    if (cj_scope_training(base)) {
        v = unit(at, cj_matmul_at(at, cj_transpose_at(at, fixed, 0, 1), u));
        u = unit(at, cj_matmul_at(at, fixed, v));
        keep(at, base, request, "_u", u);
        keep(at, base, request, "_v", v);
    }
    cj_tensor *sigma = cj_matmul_at(at, cj_transpose_at(at, cj_stop_gradient_at(at, u), 0, 1),
                                    cj_matmul_at(at, matrix, cj_stop_gradient_at(at, v)));
    int64_t ones[CJ_MAX_RANK];
    for (int i = 0; i < request->rank; i++)
        ones[i] = 1;
    return cj_div_at(at, w, cj_reshape_at(at, sigma, request->rank, ones));
}

cj_scope *cj_scope_spectral_norm(cj_scope *s)
{
    static const cj_scope_table table = {.get = spectral_norm_get};
    return cj_scope_with(s, &table, s);
}
