/*
 * src/nn/coordinate.c - layers for nets of coordinates.
 */
#include "cajal/layers.h"
#include "nn/nn.h"

#include <math.h>

cj_tensor *cj_random_fourier_features_at(cj_at at, cj_scope *s, const char *name, cj_tensor *x,
                                         int64_t features, double sigma)
{
    if (!cj_layer_ready(at, "random_fourier_features", s, name, x))
        return NULL;
    if (cj_rank(x) < 1 || features < 1 || !(sigma > 0)) {
        cj_fail_building(cj_scope_context(s), CJ_SHAPE, at,
                         "%s on %s: it takes [..., in], at least 1 of features (%lld) and sigma "
                         "above 0 (%g)",
                         CJ_LABEL("random_fourier_features", s, name), CJ_TEXT_OF(x),
                         (long long)features, sigma);
        return NULL;
    }
    cj_tensor *b =
        cj_scope_buffer_at(at, cj_scope_enter(s, name), "B", cj_scope_dtype(s), 2,
                           (int64_t[]){cj_extent(x, -1), features}, cj_init_normal(0, sigma));
    cj_tensor *angle = cj_scale_at(at, cj_matmul_at(at, x, b), 2 * 3.14159265358979323846);
    cj_tensor *both[2] = {cj_cos_at(at, angle), cj_sin_at(at, angle)};
    return cj_scope_mark_at(at, s, name, cj_concat_at(at, -1, 2, both));
}

cj_tensor *cj_siren_at(const struct cj_siren_args *args)
{
    struct cj_siren_args a;
    if (!args || !cj_layer_ready(args->at, "siren", args->scope, args->name, args->x) ||
        !CJ_TAKE_ARGS(cj_scope_context(args->scope), "siren", a, args))
        return NULL;
    double in = cj_rank(a.x) ? (double)cj_extent(a.x, -1) : 0;
    double omega = a.omega != 0 ? a.omega : 30;
    double bound = in > 0 ? a.first ? 1 / in : sqrt(6 / in) / fabs(omega) : 0;
    cj_tensor *y = cj_linear_at(
        &(struct cj_linear_args){.scope = a.scope,
                                 .name = a.name,
                                 .x = a.x,
                                 .at = {a.at.file, a.at.line, sizeof(struct cj_linear_args)},
                                 .out_features = a.out_features,
                                 .weight_init = cj_init_uniform(-bound, bound)});
    return cj_sin_at(a.at, cj_scale_at(a.at, y, omega));
}

cj_tensor *cj_film_at(cj_at at, cj_scope *s, const char *name, cj_tensor *x, cj_tensor *condition)
{
    if (!cj_layer_ready(at, "film", s, name, x) || !condition)
        return NULL;
    int rank = cj_rank(x);
    if (rank < 2 || cj_rank(condition) != 2 || cj_extent(condition, 0) != cj_extent(x, 0)) {
        cj_fail_building(cj_scope_context(s), CJ_SHAPE, at,
                         "%s: x is %s, the condition %s; it takes [N, C, ...] and [N, features]",
                         CJ_LABEL("film", s, name), CJ_TEXT_OF(x), CJ_TEXT_OF(condition));
        return NULL;
    }
    cj_scope *inner = cj_scope_enter(s, name);
    cj_tensor *part[2];
    int64_t shape[CJ_MAX_RANK] = {cj_extent(x, 0), cj_extent(x, 1)};
    for (int i = 2; i < rank; i++)
        shape[i] = 1;
    for (int i = 0; i < 2; i++) {
        part[i] = cj_linear_at(
            &(struct cj_linear_args){.scope = inner,
                                     .name = i ? "shift" : "scale",
                                     .x = condition,
                                     .at = {at.file, at.line, sizeof(struct cj_linear_args)},
                                     .out_features = shape[1]});
        part[i] = cj_reshape_at(at, part[i], rank, shape);
    }
    return cj_scope_mark_at(at, s, name, cj_add_at(at, cj_mul_at(at, x, part[0]), part[1]));
}
