/*
 * src/nn/loss_picture.c - losses of pictures and of functions on grids.
 */
#include "cajal/reduce.h"
#include "nn/loss.h"

#include <math.h>

cj_tensor *cj_total_variation_at(cj_at at, cj_tensor *x)
{
    if (!x || cj_context_status(cj_tensor_context(x)) != CJ_OK)
        return NULL;
    int rank = cj_rank(x);
    if (rank < 2 || cj_extent(x, -1) < 1 || cj_extent(x, -2) < 1) {
        cj_fail_building(cj_tensor_context(x), CJ_SHAPE, at,
                         "total_variation: x is %s; it takes [..., H, W], both at least 1",
                         CJ_TEXT_OF(x));
        return NULL;
    }
    cj_tensor *sum = NULL;
    for (int axis = rank - 1; axis >= rank - 2; axis--) {
        int64_t n = cj_extent(x, axis);
        cj_tensor *step =
            cj_sub_at(at, cj_narrow_at(at, x, axis, 1, n), cj_narrow_at(at, x, axis, 0, n - 1));
        step = cj_sum_at(at, cj_abs_at(at, step), CJ_ALL, false);
        sum = sum ? cj_add_at(at, sum, step) : step;
    }
    return sum;
}

static bool pair_ready(cj_at at, const char *name, const cj_tensor *x, const cj_tensor *y)
{
    if (!x || !y || cj_context_status(cj_tensor_context(x)) != CJ_OK)
        return false;
    if (cj_alike(x, y))
        return true;
    cj_fail_building(cj_tensor_context(x), CJ_SHAPE, at,
                     "%s: the prediction is %s, the target %s; they must be alike", name,
                     CJ_TEXT_OF(x), CJ_TEXT_OF(y));
    return false;
}

cj_tensor *cj_relative_l2_loss_at(cj_at at, cj_tensor *x, cj_tensor *y)
{
    if (!pair_ready(at, "relative_l2_loss", x, y))
        return NULL;
    if (cj_rank(x) < 2) {
        cj_fail_building(cj_tensor_context(x), CJ_SHAPE, at,
                         "relative_l2_loss: x is %s; it takes [N, ...]", CJ_TEXT_OF(x));
        return NULL;
    }
    uint32_t axes = (uint32_t)((UINT64_C(1) << cj_rank(x)) - 1) & ~CJ_AXIS(0);
    cj_tensor *error = cj_norm_at(at, cj_sub_at(at, x, y), 2, axes, false);
    return cj_mean_at(at, cj_div_at(at, error, cj_norm_at(at, y, 2, axes, false)), CJ_ALL, false);
}

/* ---- structural similarity ---- */

enum { WINDOW = 11 };

/* The normal density with deviation 1.5 on 11 x 11 elements, of sum 1: [1, 1, 1, 11, 11]. */
static cj_tensor *gaussian_window(cj_at at, cj_tensor *x)
{
    double line[WINDOW], window[WINDOW * WINDOW], sum = 0;
    for (int i = 0; i < WINDOW; i++) {
        double t = i - WINDOW / 2;
        line[i] = exp(-t * t / (2 * 1.5 * 1.5));
        sum += line[i];
    }
    for (int i = 0; i < WINDOW * WINDOW; i++)
        window[i] = line[i / WINDOW] * line[i % WINDOW] / (sum * sum);
    const int64_t shape[] = {1, 1, 1, WINDOW, WINDOW};
    return cj_cast_at(at, cj_tensor_from_at(at, cj_tensor_context(x), CJ_F64, 5, shape, window),
                      cj_tensor_dtype(x));
}

static cj_tensor *window_mean(cj_at at, cj_tensor *x, cj_tensor *window)
{
    static const cj_conv_options whole = {2, {1, 1}, {1, 1}, {1, 1}, {0}, {0}};
    return cj_convolve_at(at, x, window, &whole);
}

cj_tensor *cj_ssim_at(cj_at at, cj_tensor *x, cj_tensor *y, double range)
{
    if (!pair_ready(at, "ssim", x, y))
        return NULL;
    if (cj_rank(x) != 4 || cj_extent(x, 2) < WINDOW || cj_extent(x, 3) < WINDOW || !(range > 0)) {
        cj_fail_building(cj_tensor_context(x), CJ_SHAPE, at,
                         "ssim: x is %s, range %g; it takes [N, C, H, W] with H and W at least 11, "
                         "and a range above 0",
                         CJ_TEXT_OF(x), range);
        return NULL;
    }
    int64_t shape[5] = {cj_extent(x, 0) * cj_extent(x, 1), 1, 1, cj_extent(x, 2), cj_extent(x, 3)};
    x = cj_reshape_at(at, x, 5, shape);
    y = cj_reshape_at(at, y, 5, shape);
    cj_tensor *w = gaussian_window(at, x);
    double c1 = (0.01 * range) * (0.01 * range), c2 = (0.03 * range) * (0.03 * range);
    cj_tensor *mx = window_mean(at, x, w), *my = window_mean(at, y, w);
    cj_tensor *mxx = cj_square_at(at, mx), *myy = cj_square_at(at, my),
              *mxy = cj_mul_at(at, mx, my);
    cj_tensor *vx = cj_sub_at(at, window_mean(at, cj_square_at(at, x), w), mxx);
    cj_tensor *vy = cj_sub_at(at, window_mean(at, cj_square_at(at, y), w), myy);
    cj_tensor *vxy = cj_sub_at(at, window_mean(at, cj_mul_at(at, x, y), w), mxy);
    cj_tensor *above = cj_mul_at(at, cj_shift_at(at, cj_scale_at(at, mxy, 2), c1),
                                 cj_shift_at(at, cj_scale_at(at, vxy, 2), c2));
    cj_tensor *below = cj_mul_at(at, cj_shift_at(at, cj_add_at(at, mxx, myy), c1),
                                 cj_shift_at(at, cj_add_at(at, vx, vy), c2));
    return cj_mean_at(at, cj_div_at(at, above, below), CJ_ALL, false);
}
