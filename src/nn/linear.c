/*
 * src/nn/linear.c - y = x W^T + b.
 */
#include "nn/nn.h"

#include <math.h>

/* x [..., in] as [rows, in], so that it is one matrix product. */
static cj_tensor *as_rows(cj_at at, cj_tensor *x, int64_t in)
{
    if (cj_rank(x) == 2)
        return x;
    int64_t rows = in ? cj_elements(x) / in : 0;
    return cj_reshape_at(at, x, 2, (int64_t[]){rows, in});
}

cj_tensor *cj_linear_at(const struct cj_linear_args *args)
{
    struct cj_linear_args a;
    if (!args || !cj_layer_ready(args->at, "linear", args->scope, args->name, args->x) ||
        !CJ_TAKE_ARGS(cj_scope_context(args->scope), "linear", a, args))
        return NULL;
    cj_context *context = cj_scope_context(a.scope);
    if (a.out_features < 1 || cj_rank(a.x) < 1) {
        cj_fail_building(context, CJ_SHAPE, a.at,
                         a.out_features < 1 ? "%s: .out_features must be at least 1 (x is %s)"
                                            : "%s: x is %s, it takes [..., features]",
                         CJ_LABEL("linear", a.scope, a.name), CJ_TEXT_OF(a.x));
        return NULL;
    }
    int64_t in = cj_extent(a.x, -1);
    double bound = in ? 1 / sqrt((double)in) : 0;
    cj_scope *s = cj_scope_enter(a.scope, a.name);
    cj_dtype dtype = cj_scope_dtype(a.scope);
    cj_tensor *w = cj_scope_get_at(a.at, s, "weight", dtype, 2, (int64_t[]){a.out_features, in},
                                   cj_init_or(a.weight_init, cj_init_kaiming_uniform(sqrt(5))));
    cj_tensor *y = cj_matmul_at(a.at, as_rows(a.at, a.x, in), cj_transpose_at(a.at, w, 0, 1));
    if (!a.no_bias)
        y = cj_add_at(a.at, y,
                      cj_scope_get_at(a.at, s, "bias", dtype, 1, &a.out_features,
                                      cj_init_or(a.bias_init, cj_init_uniform(-bound, bound))));
    int rank = cj_rank(a.x);
    int64_t shape[CJ_MAX_RANK];
    memcpy(shape, cj_shape(a.x), (size_t)rank * sizeof *shape);
    shape[rank - 1] = a.out_features;
    return cj_scope_mark_at(a.at, a.scope, a.name, cj_reshape_at(a.at, y, rank, shape));
}
