/*
 * src/nn/dropout.c - dropout: the one layer that draws.
 */
#include "nn/nn.h"

cj_tensor *cj_dropout_at(cj_at at, cj_scope *s, cj_tensor *x, double p)
{
    if (!s || !x || cj_context_status(cj_scope_context(s)) != CJ_OK)
        return NULL;
    cj_dtype dtype = cj_tensor_dtype(x);
    if (!(p >= 0 && p <= 1)) {
        cj_fail_building(cj_scope_context(s), CJ_INVALID, at,
                         "dropout in '%s': p is %g, a probability lies in [0, 1]", cj_scope_path(s),
                         p);
        return NULL;
    }
    if (dtype != CJ_F32 && dtype != CJ_F64 && dtype != CJ_BF16 && dtype != CJ_F16) {
        cj_fail_building(cj_scope_context(s), CJ_DTYPE, at, "dropout in '%s' takes floats, x is %s",
                         cj_scope_path(s), CJ_TEXT_OF(x));
        return NULL;
    }
    if (!cj_scope_training(s) || p == 0)
        return x;
    /* The mask is drawn in f32 for any dtype: 24 bits of p, the same elements in f32 and f64. */
    cj_tensor *u =
        cj_random_uniform_at(at, cj_scope_key_at(at, s), CJ_F32, cj_rank(x), cj_shape(x));
    cj_tensor *dropped = cj_lt_at(at, u, cj_scalar_at(at, cj_scope_context(s), CJ_F32, p));
    return cj_where_at(at, dropped, cj_like_at(at, x, 0),
                       cj_scale_at(at, x, p < 1 ? 1 / (1 - p) : 0));
}
