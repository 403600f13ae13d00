/*
 * src/nn/spectral_conv.c - the layer of Fourier neural operators.
 */
#include "cajal/fft.h"
#include "cajal/index.h"
#include "cajal/layers.h"
#include "nn/nn.h"

#include <stdio.h>

typedef struct spectral {
    struct cj_spectral_conv_args a;
    cj_scope *s;
    int axes;
    int64_t in, modes[3], extent[3]; /* extents of the transform */
} spectral;

static bool check(spectral *c)
{
    c->axes = cj_rank(c->a.x) - 2;
    bool fits = c->axes >= 1 && c->axes <= 3 && c->a.out_channels >= 1;
    if (fits)
        cj_fill_axes(c->axes, c->a.modes, 0, c->modes);
    for (int i = 0; fits && i < c->axes; i++) {
        c->extent[i] = cj_extent(c->a.x, 2 + i);
        int64_t room = i == c->axes - 1 ? c->extent[i] / 2 + 1 : c->extent[i] / 2;
        fits = c->modes[i] >= 1 && c->modes[i] <= room;
    }
    if (fits)
        return true;
    cj_fail_building(cj_scope_context(c->a.scope), CJ_SHAPE, c->a.at,
                     "%s on %s: it takes [examples, channels, 1 to 3 axes], .out_channels and "
                     ".modes of at most half an extent (the last axis: and one)",
                     CJ_LABEL("spectral_conv", c->a.scope, c->a.name), CJ_TEXT_OF(c->a.x));
    return false;
}

/* The corner's part of a spectrum: along axis i its first modes, or (bit i of corner) its last. */
static cj_tensor *cut(const spectral *c, cj_tensor *z, int corner)
{
    for (int i = 0; i < c->axes; i++) {
        int64_t n = z ? cj_extent(z, 2 + i) : 0, m = c->modes[i];
        int64_t first = corner >> i & 1 ? n - m : 0;
        z = cj_narrow_at(c->a.at, z, 2 + i, first, first + m);
    }
    return z;
}

/* The way back: zeros around. */
static cj_tensor *place(const spectral *c, cj_tensor *z, int corner)
{
    int64_t low[CJ_MAX_RANK] = {0}, high[CJ_MAX_RANK] = {0};
    for (int i = 0; i < c->axes; i++) {
        int64_t n = i == c->axes - 1 ? c->extent[i] / 2 + 1 : c->extent[i];
        *(corner >> i & 1 ? &low[2 + i] : &high[2 + i]) = n - c->modes[i];
    }
    return cj_pad_at(c->a.at, z, low, high);
}

/* weightsK [in, out, modes..., 2]. */
static cj_complex weight(const spectral *c, int number)
{
    char name[32];
    snprintf(name, sizeof name, "weights%d", number + 1);
    int64_t shape[6] = {c->in, c->a.out_channels};
    for (int i = 0; i < c->axes; i++)
        shape[2 + i] = c->modes[i];
    shape[2 + c->axes] = 2;
    double bound = 1 / (double)(c->in * c->a.out_channels);
    return cj_complex_from_pairs_at(c->a.at,
                                    cj_scope_get_at(c->a.at, c->s, name, cj_scope_dtype(c->s),
                                                    3 + c->axes, shape, cj_init_uniform(0, bound)));
}

/* y[n, o, k] = sum over c of x[n, c, k] w[c, o, k], complex: for each mode a product of matrices. */
static cj_complex mix(const spectral *c, cj_complex x, cj_complex w)
{
    cj_at at = c->a.at;
    int64_t n = cj_extent(c->a.x, 0), modes = 1, shape[5] = {n, c->a.out_channels};
    for (int i = 0; i < c->axes; i++) {
        modes *= c->modes[i];
        shape[2 + i] = c->modes[i];
    }
    cj_tensor *part[4] = {x.re, x.im, w.re, w.im};
    for (int i = 0; i < 4; i++) {
        int64_t rows = i < 2 ? n : c->in, columns = i < 2 ? c->in : c->a.out_channels;
        part[i] = cj_reshape_at(at, part[i], 3, (int64_t[]){rows, columns, modes});
        part[i] = part[i] ? cj_permute_at(at, part[i], (int[]){2, 0, 1}) : NULL;
    }
    cj_complex y =
        cj_complex_matmul_at(at, (cj_complex){part[0], part[1]}, (cj_complex){part[2], part[3]});
    cj_tensor **half[2] = {&y.re, &y.im};
    for (int i = 0; i < 2; i++) {
        *half[i] = *half[i] ? cj_permute_at(at, *half[i], (int[]){1, 2, 0}) : NULL;
        *half[i] = cj_reshape_at(at, *half[i], 2 + c->axes, shape);
    }
    return y;
}

cj_tensor *cj_spectral_conv_at(const struct cj_spectral_conv_args *args)
{
    spectral c = {.s = NULL};
    if (!args || !cj_layer_ready(args->at, "spectral_conv", args->scope, args->name, args->x) ||
        !CJ_TAKE_ARGS(cj_scope_context(args->scope), "spectral_conv", c.a, args) || !check(&c))
        return NULL;
    cj_at at = c.a.at;
    c.in = cj_extent(c.a.x, 1);
    c.s = cj_scope_enter(c.a.scope, c.a.name);
    uint32_t axes = CJ_AXIS(2 + c.axes) - CJ_AXIS(2);
    cj_complex z = cj_rfftn_at(at, c.a.x, axes, CJ_FFT_BACKWARD), sum = {NULL, NULL};
    for (int corner = 0; corner < 1 << (c.axes - 1); corner++) {
        cj_complex part = {cut(&c, z.re, corner), cut(&c, z.im, corner)};
        if (!part.re || !part.im)
            return NULL;
        part = mix(&c, part, weight(&c, corner));
        part = (cj_complex){place(&c, part.re, corner), place(&c, part.im, corner)};
        sum = corner ? cj_complex_add_at(at, sum, part) : part;
    }
    cj_tensor *y = cj_irfftn_at(at, sum, axes, c.extent[c.axes - 1], CJ_FFT_BACKWARD);
    return cj_scope_mark_at(at, c.a.scope, c.a.name, y);
}
