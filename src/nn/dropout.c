/*
 * src/nn/dropout.c - dropping elements, or whole examples: the layers that draw.
 */
#include "cajal/layers.h"
#include "nn/nn.h"

/* x with elements dropped, one draw for each of `shape`, which is repeated to x's. */
static cj_tensor *drop(cj_at at, const char *kind, cj_scope *s, cj_tensor *x, double p,
                       const int64_t *shape)
{
    cj_dtype dtype = cj_tensor_dtype(x);
    if (!(p >= 0 && p <= 1)) {
        cj_fail_building(cj_scope_context(s), CJ_INVALID, at,
                         "%s in '%s': p is %g, a probability lies in [0, 1]", kind,
                         cj_scope_path(s), p);
        return NULL;
    }
    if (dtype != CJ_F32 && dtype != CJ_F64 && dtype != CJ_BF16 && dtype != CJ_F16) {
        cj_fail_building(cj_scope_context(s), CJ_DTYPE, at, "%s in '%s' takes floats, x is %s",
                         kind, cj_scope_path(s), CJ_TEXT_OF(x));
        return NULL;
    }
    if (!cj_scope_training(s) || p == 0)
        return x;
    /* The mask is drawn in f32 for any dtype: 24 bits of p, the same elements in f32 and f64. */
    cj_tensor *u = cj_random_uniform_at(at, cj_scope_key_at(at, s), CJ_F32, cj_rank(x), shape);
    cj_tensor *dropped = cj_lt_at(at, u, cj_scalar_at(at, cj_scope_context(s), CJ_F32, p));
    return cj_where_at(at, dropped, cj_like_at(at, x, 0),
                       cj_scale_at(at, x, p < 1 ? 1 / (1 - p) : 0));
}

cj_tensor *cj_dropout_at(cj_at at, cj_scope *s, cj_tensor *x, double p)
{
    if (!s || !x || cj_context_status(cj_scope_context(s)) != CJ_OK)
        return NULL;
    return drop(at, "dropout", s, x, p, cj_shape(x));
}

cj_tensor *cj_drop_path_at(cj_at at, cj_scope *s, cj_tensor *x, double p)
{
    if (!s || !x || cj_context_status(cj_scope_context(s)) != CJ_OK)
        return NULL;
    int64_t shape[CJ_MAX_RANK];
    for (int i = 0; i < cj_rank(x); i++)
        shape[i] = i ? 1 : cj_extent(x, 0);
    return drop(at, "drop_path", s, x, p, shape);
}
