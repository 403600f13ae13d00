/*
 * src/nn/pool.c - windows over the trailing axes of x [N, C, ...].
 */
#include "cajal/layers.h"
#include "cajal/math.h"
#include "nn/nn.h"

typedef struct pool_args {
    const char *kind;
    cj_tensor *x;
    cj_at at;
    cj_window_options window;
} pool_args;

static bool refuse(const pool_args *p, const char *reason)
{
    cj_fail_building(cj_tensor_context(p->x), CJ_SHAPE, p->at, "%s on %s: %s", p->kind,
                     CJ_TEXT_OF(p->x), reason);
    return false;
}

static bool set_window(pool_args *p, int axes, const int64_t *kernel, const int64_t *stride,
                       const int64_t *padding, const int64_t *dilation)
{
    cj_window_options *w = &p->window;
    w->spatial = axes;
    cj_fill_axes(axes, kernel, 0, w->window);
    cj_fill_axes(axes, padding, 0, w->low);
    cj_fill_axes(axes, dilation, 1, w->dilation);
    if (cj_rank(p->x) != axes + 2)
        return refuse(p, axes == 1   ? "it takes [examples, channels, length]"
                         : axes == 2 ? "it takes [examples, channels, height, width]"
                                     : "it takes [examples, channels, depth, height, width]");
    for (int i = 0; i < axes; i++) {
        int64_t s = stride[i] ? stride[i] : stride[0];
        w->stride[i] = s ? s : w->window[i];
        w->input_dilation[i] = 1;
        w->high[i] = w->low[i];
        if (w->window[i] < 1)
            return refuse(p, ".kernel_size must be at least 1");
        if (w->stride[i] < 1 || w->dilation[i] < 1)
            return refuse(p, ".stride and .dilation must be at least 1");
        if (w->low[i] < 0 || w->low[i] > w->window[i] / 2)
            return refuse(p, ".padding must be between 0 and half of .kernel_size");
        if (w->dilation[i] * (w->window[i] - 1) >= cj_extent(p->x, 2 + i) + 2 * w->low[i])
            return refuse(
                p, "its window is larger than the padded input; give a smaller .kernel_size");
    }
    return true;
}

static bool ready(const cj_tensor *x)
{
    return x && cj_context_status(cj_tensor_context(x)) == CJ_OK;
}

/* ---- largest ---- */

static cj_tensor *max_pool(const char *kind, int axes, const struct cj_max_pool_args *args)
{
    struct cj_max_pool_args a;
    if (!args || !ready(args->x) || !CJ_TAKE_ARGS(cj_tensor_context(args->x), kind, a, args))
        return NULL;
    pool_args p = {.kind = kind, .x = a.x, .at = a.at};
    if (!set_window(&p, axes, a.kernel_size, a.stride, a.padding, a.dilation))
        return NULL;
    return cj_window_max_at(a.at, a.x, &p.window);
}

cj_tensor *cj_max_pool1d_at(const struct cj_max_pool_args *args)
{
    return max_pool("max_pool1d", 1, args);
}

cj_tensor *cj_max_pool2d_at(const struct cj_max_pool_args *args)
{
    return max_pool("max_pool2d", 2, args);
}

cj_tensor *cj_max_pool3d_at(const struct cj_max_pool_args *args)
{
    return max_pool("max_pool3d", 3, args);
}

/* ---- mean ---- */

static cj_tensor *avg_pool(const char *kind, int axes, const struct cj_avg_pool_args *args)
{
    struct cj_avg_pool_args a;
    if (!args || !ready(args->x) || !CJ_TAKE_ARGS(cj_tensor_context(args->x), kind, a, args))
        return NULL;
    pool_args p = {.kind = kind, .x = a.x, .at = a.at};
    const int64_t one[3] = {1, 1, 1};
    if (!set_window(&p, axes, a.kernel_size, a.stride, a.padding, one))
        return NULL;
    cj_tensor *sum = cj_window_sum_at(a.at, a.x, &p.window);
    double elements = 1;
    bool padded = false;
    for (int i = 0; i < axes; i++) {
        elements *= (double)p.window.window[i];
        padded = padded || p.window.low[i] > 0;
    }
    if (!sum || !padded || !a.count_exclude_pad)
        return cj_scale_at(a.at, sum, 1 / elements);
    int64_t shape[5] = {1, 1};
    for (int i = 0; i < axes; i++)
        shape[2 + i] = cj_extent(a.x, 2 + i);
    cj_tensor *ones =
        cj_full_at(a.at, cj_tensor_context(a.x), cj_tensor_dtype(a.x), axes + 2, shape, 1);
    return cj_div_at(a.at, sum, cj_window_sum_at(a.at, ones, &p.window));
}

cj_tensor *cj_avg_pool1d_at(const struct cj_avg_pool_args *args)
{
    return avg_pool("avg_pool1d", 1, args);
}

cj_tensor *cj_avg_pool2d_at(const struct cj_avg_pool_args *args)
{
    return avg_pool("avg_pool2d", 2, args);
}

cj_tensor *cj_avg_pool3d_at(const struct cj_avg_pool_args *args)
{
    return avg_pool("avg_pool3d", 3, args);
}

/* ---- over all of a channel ---- */

/* The mask of the spatial axes; 0: an error is recorded. */
static uint32_t spatial_axes(cj_at at, const char *kind, cj_tensor *x)
{
    if (!ready(x))
        return 0;
    if (cj_rank(x) >= 3)
        return CJ_AXIS(cj_rank(x)) - CJ_AXIS(2);
    cj_fail_building(cj_tensor_context(x), CJ_SHAPE, at,
                     "%s on %s: it takes [examples, channels, ...]", kind, CJ_TEXT_OF(x));
    return 0;
}

cj_tensor *cj_global_avg_pool_at(cj_at at, cj_tensor *x)
{
    uint32_t axes = spatial_axes(at, "global_avg_pool", x);
    return axes ? cj_mean_at(at, x, axes, true) : NULL;
}

cj_tensor *cj_global_max_pool_at(cj_at at, cj_tensor *x)
{
    uint32_t axes = spatial_axes(at, "global_max_pool", x);
    return axes ? cj_amax_at(at, x, axes, true) : NULL;
}

/* The matrix [bins, extent] of means: bin i covers [floor(i n / b), ceil((i + 1) n / b)). */
static cj_tensor *bins_matrix(cj_at at, cj_tensor *x, int64_t extent, int64_t bins)
{
    cj_context *context = cj_tensor_context(x);
    size_t bytes = (size_t)(extent * bins) * sizeof(double);
    double *m = cj_allocate_zero(context, bytes);
    if (!m) {
        cj_fail_building(context, CJ_NO_MEMORY, at, "adaptive_avg_pool: out of memory");
        return NULL;
    }
    for (int64_t i = 0; i < bins; i++) {
        int64_t first = i * extent / bins, end = ((i + 1) * extent + bins - 1) / bins;
        for (int64_t k = first; k < end; k++)
            m[i * extent + k] = 1 / (double)(end - first);
    }
    cj_tensor *t = cj_tensor_from_at(at, context, CJ_F64, 2, (int64_t[]){bins, extent}, m);
    cj_release(context, m, bytes);
    return cj_cast_at(at, t, cj_tensor_dtype(x));
}

/* A product with a matrix of means along each axis in turn. */
cj_tensor *cj_adaptive_avg_pool_at(cj_at at, cj_tensor *x, const int64_t *size)
{
    if (!spatial_axes(at, "adaptive_avg_pool", x))
        return NULL;
    int rank = cj_rank(x);
    for (int axis = 2; axis < rank; axis++) {
        int64_t bins = size[axis - 2], extent = cj_extent(x, axis);
        if (bins < 1 || extent < 1) {
            cj_fail_building(cj_tensor_context(x), CJ_SHAPE, at,
                             "adaptive_avg_pool on %s: %lld bins of %lld elements", CJ_TEXT_OF(x),
                             (long long)bins, (long long)extent);
            return NULL;
        }
        if (bins == extent)
            continue;
        cj_tensor *m = cj_transpose_at(at, bins_matrix(at, x, extent, bins), 0, 1);
        x = cj_matmul_at(at, cj_transpose_at(at, x, axis, rank - 1), m);
        x = cj_transpose_at(at, x, axis, rank - 1);
        if (!x)
            return NULL;
    }
    return x;
}

cj_tensor *cj_gem_pool_at(cj_at at, cj_scope *s, const char *name, cj_tensor *x)
{
    if (!cj_layer_ready(at, "gem_pool", s, name, x) || !spatial_axes(at, "gem_pool", x))
        return NULL;
    cj_tensor *p = cj_scope_get_at(at, cj_scope_enter(s, name), "p", cj_scope_dtype(s), 1,
                                   (int64_t[]){1}, cj_init_constant(3));
    cj_tensor *positive = cj_maximum_at(at, x, cj_like_at(at, x, 1e-6));
    cj_tensor *mean = cj_global_avg_pool_at(at, cj_pow_at(at, positive, p));
    return cj_scope_mark_at(at, s, name, cj_pow_at(at, mean, cj_reciprocal_at(at, p)));
}
