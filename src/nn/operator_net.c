/*
 * src/nn/operator_net.c - a Fourier neural operator: from functions on a grid to functions on it.
 */
#include "cajal/architecture.h"

#include "cajal/layers.h"
#include "nn/nn.h"

#include <stdio.h>

#define HERE_OF(struct_type) ((cj_at){at.file, at.line, (uint32_t)sizeof(struct_type)})

enum { HEAD = 128 }; /* channels before the last layer */

/* The same linear map at every point. */
static cj_tensor *pointwise(cj_at at, cj_scope *s, const char *name, cj_tensor *x, int64_t channels)
{
    return cj_conv1d_at(&(struct cj_conv1d_args){.scope = s,
                                                 .name = name,
                                                 .x = x,
                                                 .at = HERE_OF(struct cj_conv1d_args),
                                                 .out_channels = channels,
                                                 .kernel_size = 1});
}

static cj_tensor *layer(cj_at at, cj_scope *s, const cj_architecture *a, int64_t i, cj_tensor *x)
{
    char spectral[32], linear[32];
    snprintf(spectral, sizeof spectral, "spectral%lld", (long long)i);
    snprintf(linear, sizeof linear, "linear%lld", (long long)i);
    cj_tensor *wide = cj_spectral_conv_at(
        &(struct cj_spectral_conv_args){.scope = s,
                                        .name = spectral,
                                        .x = x,
                                        .at = HERE_OF(struct cj_spectral_conv_args),
                                        .out_channels = a->hidden,
                                        .modes = {a->modes}});
    x = cj_add_at(at, wide, pointwise(at, s, linear, x, a->hidden));
    return i < a->layers ? cj_gelu_at(at, x) : x;
}

cj_tensor *cj_operator_net_at(cj_at at, cj_scope *s, const cj_architecture *a, int64_t out_channels,
                              cj_tensor *x)
{
    if (!x)
        return NULL;
    if (cj_rank(x) != 3 || cj_extent(x, 2) < 2 * a->modes) {
        cj_fail_building(cj_scope_context(s), CJ_SHAPE, at,
                         "fno: x is %s, it must be functions [N, channels, points] on at least 2 "
                         "modes = %lld points",
                         CJ_TEXT_OF(x), (long long)(2 * a->modes));
        return NULL;
    }
    int64_t place[3] = {cj_extent(x, 0), 1, cj_extent(x, 2)};
    cj_tensor *grid = cj_iota_at(at, cj_scope_context(s), CJ_I32, 3, place, 2);
    grid = cj_scale_at(at, cj_cast_at(at, grid, cj_tensor_dtype(x)), 1 / (double)place[2]);
    cj_tensor *both[2] = {x, grid};
    x = pointwise(at, s, "lift", cj_concat_at(at, 1, 2, both), a->hidden);
    for (int64_t i = 1; i <= a->layers && x; i++)
        x = layer(at, s, a, i, x);
    x = cj_gelu_at(at, pointwise(at, s, "head1", x, HEAD));
    return pointwise(at, s, "head2", x, out_channels);
}
