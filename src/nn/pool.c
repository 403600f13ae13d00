/*
 * src/nn/pool.c - windows over the trailing axes of x [N, C, ...].
 */
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
        return refuse(p, axes == 1 ? "it takes [examples, channels, length]"
                                   : "it takes [examples, channels, height, width]");
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

/* ---- mean ---- */

static cj_tensor *avg_pool(const char *kind, int axes, const struct cj_avg_pool_args *args)
{
    struct cj_avg_pool_args a;
    if (!args || !ready(args->x) || !CJ_TAKE_ARGS(cj_tensor_context(args->x), kind, a, args))
        return NULL;
    pool_args p = {.kind = kind, .x = a.x, .at = a.at};
    const int64_t one[2] = {1, 1};
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
    int64_t shape[4] = {1, 1};
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

cj_tensor *cj_global_avg_pool_at(cj_at at, cj_tensor *x)
{
    if (!ready(x))
        return NULL;
    if (cj_rank(x) < 3) {
        cj_fail_building(cj_tensor_context(x), CJ_SHAPE, at,
                         "global_avg_pool on %s: it takes [examples, channels, ...]",
                         CJ_TEXT_OF(x));
        return NULL;
    }
    return cj_mean_at(at, x, CJ_AXIS(cj_rank(x)) - CJ_AXIS(2), true);
}
