/*
 * src/graph/build_resample.c - windows as columns, resizing, sampling at points: gathers and weights, so that every derivative
 * follows from those of gather.
 */
#include "cajal/index.h"
#include "graph/build.h"

#include <inttypes.h>
#include <math.h>

/* ---- windows as columns ---- */

/* i32 [1, 1, positions * windows]: which element of the flat space each position of each window is; -1: padding. */
static cj_tensor *window_places(cj_at at, cj_context *context, const cj_window_options *o,
                                const int64_t *extent, const int64_t *windows)
{
    int d = o->spatial;
    int64_t shape[6], all = 1;
    for (int i = 0; i < d; i++) {
        shape[i] = o->window[i];
        shape[d + i] = windows[i];
        all *= o->window[i] * windows[i];
    }
    cj_tensor *place = NULL, *inside = NULL;
    for (int i = 0; i < d; i++) {
        cj_tensor *within = cj_iota_at(at, context, CJ_I32, 2 * d, shape, i);
        cj_tensor *window = cj_iota_at(at, context, CJ_I32, 2 * d, shape, d + i);
        if (!within || !window)
            return NULL;
        cj_tensor *at_axis = cj_add_at(at, cj_scale_at(at, window, (double)o->stride[i]),
                                       cj_scale_at(at, within, (double)o->dilation[i]));
        at_axis = cj_shift_at(at, at_axis, -(double)o->low[i]);
        if (!at_axis)
            return NULL;
        cj_tensor *here =
            cj_and_at(at, cj_ge_at(at, at_axis, cj_like_at(at, at_axis, 0)),
                      cj_lt_at(at, at_axis, cj_like_at(at, at_axis, (double)extent[i])));
        place = i ? cj_add_at(at, cj_scale_at(at, place, (double)extent[i]), at_axis) : at_axis;
        inside = i ? cj_and_at(at, inside, here) : here;
    }
    place = place ? cj_where_at(at, inside, place, cj_like_at(at, place, -1)) : NULL;
    return cj_reshape_at(at, place, 3, (int64_t[]){1, 1, all});
}

/* Extents of the windows over `extent`, their number and that of positions; false: an error. */
static bool count_windows(cj_at at, const char *name, const cj_tensor *x,
                          const cj_window_options *o, const int64_t *extent, int64_t *windows,
                          int64_t *counts)
{
    bool fits = o->spatial >= 1 && o->spatial <= 3;
    int64_t space = 1;
    counts[0] = counts[1] = 1;
    for (int i = 0; fits && i < o->spatial; i++) {
        fits = o->window[i] >= 1 && o->stride[i] >= 1 && o->dilation[i] >= 1 &&
               o->input_dilation[i] == 1;
        if (!fits)
            break;
        windows[i] = cj_window_extent(extent[i], o->window[i], o->stride[i], 1, o->dilation[i],
                                      o->low[i], o->high[i]);
        counts[0] *= o->window[i];
        counts[1] *= windows[i];
        fits = !__builtin_mul_overflow(space, extent[i], &space) && space <= INT32_MAX;
    }
    if (!fits)
        cj_fail_building(x->context, CJ_INVALID, at,
                         "%s: windows of %s: 1 to 3 spatial axes of at most 2^31 elements, window, "
                         "stride and dilation at least 1, input_dilation 1",
                         name, CJ_SHAPE_OF(x));
    return fits;
}

cj_tensor *cj_unfold_at(cj_at at, cj_tensor *x, const cj_window_options *o)
{
    int64_t windows[3], counts[2], space = 1;
    if (!cj_ready(x))
        return NULL;
    if (x->rank != 2 + o->spatial) {
        cj_fail_building(x->context, CJ_SHAPE, at, "unfold: %s; it takes [N, C] and %d axes",
                         CJ_SHAPE_OF(x), o->spatial);
        return NULL;
    }
    if (!count_windows(at, "unfold", x, o, x->shape + 2, windows, counts))
        return NULL;
    for (int i = 0; i < o->spatial; i++)
        space *= x->shape[2 + i];
    cj_tensor *flat = cj_reshape_at(at, x, 3, (int64_t[]){x->shape[0], x->shape[1], space});
    cj_tensor *place = window_places(at, x->context, o, x->shape + 2, windows);
    return cj_reshape_at(at, cj_gather_node(at, flat, 2, place, true), 3,
                         (int64_t[]){x->shape[0], x->shape[1] * counts[0], counts[1]});
}

cj_tensor *cj_fold_windows_at(cj_at at, cj_tensor *y, const cj_window_options *o,
                              const int64_t *extents)
{
    int64_t windows[3], counts[2], space = 1, shape[5];
    if (!cj_ready(y) || !count_windows(at, "fold_windows", y, o, extents, windows, counts))
        return NULL;
    if (y->rank != 3 || y->shape[1] % counts[0] != 0 || y->shape[2] != counts[1]) {
        cj_fail_building(y->context, CJ_SHAPE, at,
                         "fold_windows: %s; it takes [N, C * %" PRId64 ", %" PRId64
                         "], the windows "
                         "of %s",
                         CJ_SHAPE_OF(y), counts[0], counts[1], CJ_EXTENTS_OF(o->spatial, extents));
        return NULL;
    }
    shape[0] = y->shape[0];
    shape[1] = y->shape[1] / counts[0];
    for (int i = 0; i < o->spatial; i++)
        space *= shape[2 + i] = extents[i];
    cj_tensor *place = window_places(at, y->context, o, extents, windows);
    cj_tensor *flat =
        cj_reshape_at(at, y, 3, (int64_t[]){shape[0], shape[1], counts[0] * counts[1]});
    return cj_reshape_at(at, cj_scatter_node(at, CJ_OP_SCATTER_ADD, flat, 2, place, space),
                         2 + o->spatial, shape);
}

/* ---- resizing: axis by axis ---- */

/* Where output i of n lies in an input of m elements (torch's area_pixel_compute_source_index). */
static double source_of(int64_t i, int64_t m, int64_t n, bool align_corners)
{
    if (align_corners)
        return n > 1 ? (double)i * (double)(m - 1) / (double)(n - 1) : 0;
    return ((double)i + 0.5) * (double)m / (double)n - 0.5;
}

/* Cubic convolution with a = -0.75 at distance t (Keys, 1981): |t| <= 1, else up to 2. */
static double cubic(double t)
{
    const double a = -0.75;
    t = fabs(t);
    return t <= 1 ? ((a + 2) * t - (a + 3)) * t * t + 1 : ((a * t - 5 * a) * t + 8 * a) * t - 4 * a;
}

/* Tap k of `taps`: elements and weights of the n outputs of an axis of m. */
static void tap_of(cj_resize_mode mode, bool align_corners, int64_t m, int64_t n, int k,
                   int32_t *place, double *weight)
{
    for (int64_t i = 0; i < n; i++) {
        if (mode == CJ_RESIZE_NEAREST) {
            place[i] = (int32_t)((double)i * (double)m / (double)n);
            weight[i] = 1;
            continue;
        }
        double at = source_of(i, m, n, align_corners);
        if (mode == CJ_RESIZE_LINEAR)
            at = CJ_MAX(at, 0);
        double base = floor(at), part = at - base;
        int64_t first = (int64_t)base + k - (mode == CJ_RESIZE_CUBIC);
        place[i] = (int32_t)CJ_MIN(CJ_MAX(first, 0), m - 1);
        weight[i] = mode == CJ_RESIZE_CUBIC ? cubic(part - (k - 1)) : k ? part : 1 - part;
    }
}

static cj_tensor *resize_axis(cj_at at, cj_tensor *x, int axis, int64_t n, cj_resize_mode mode,
                              bool align_corners)
{
    int taps = mode == CJ_RESIZE_NEAREST ? 1 : mode == CJ_RESIZE_LINEAR ? 2 : 4;
    size_t bytes = (size_t)n * (sizeof(double) + sizeof(int32_t));
    double *weight = cj_allocate(x->context, bytes);
    if (!weight) {
        cj_fail_building(x->context, CJ_NO_MEMORY, at, "resize: out of memory");
        return NULL;
    }
    int32_t *place = (int32_t *)(weight + n);
    int64_t shape[CJ_MAX_RANK];
    for (int i = 0; i < x->rank; i++)
        shape[i] = i == axis ? n : 1;
    cj_tensor *sum = NULL;
    for (int k = 0; k < taps; k++) {
        tap_of(mode, align_corners, x->shape[axis], n, k, place, weight);
        cj_tensor *index = cj_tensor_from_at(at, x->context, CJ_I32, x->rank, shape, place);
        cj_tensor *term = cj_gather_node(at, x, axis, index, true);
        if (taps > 1) {
            cj_tensor *w = cj_tensor_from_at(at, x->context, CJ_F64, x->rank, shape, weight);
            term = cj_mul_at(at, term, cj_cast_at(at, w, (cj_dtype)x->dtype));
        }
        sum = sum ? cj_add_at(at, sum, term) : term;
    }
    cj_release(x->context, weight, bytes);
    return sum;
}

cj_tensor *cj_resize_at(cj_at at, cj_tensor *x, int spatial, const int64_t *extents,
                        cj_resize_mode mode, bool align_corners)
{
    if (!cj_ready(x))
        return NULL;
    bool fits = spatial >= 1 && spatial <= x->rank && (unsigned)mode <= CJ_RESIZE_CUBIC;
    for (int i = 0; fits && i < spatial; i++) {
        int64_t m = x->shape[x->rank - spatial + i];
        fits = extents[i] >= 0 && extents[i] <= INT32_MAX && m <= INT32_MAX &&
               (m > 0 || extents[i] == 0);
    }
    if (!fits || (mode != CJ_RESIZE_NEAREST && cj_dtype_class(x->dtype) != 'f')) {
        cj_fail_building(
            x->context, CJ_INVALID, at,
            "resize: the last %d axes of %s: it takes extents up to 2^31, of axes with "
            "at least one element, and floats unless the mode is nearest",
            spatial, CJ_SHAPE_OF(x));
        return NULL;
    }
    for (int i = 0; x && i < spatial; i++) {
        int axis = x->rank - spatial + i;
        if (x->shape[axis] != extents[i])
            x = resize_axis(at, x, axis, extents[i], mode, align_corners);
    }
    return x;
}

/* ---- sampling at points ---- */

typedef struct cj_sampling {
    cj_at at;
    cj_tensor *x, *flat; /* [N, C, H, W]; [N, C, H * W] */
    int64_t extent[2];   /* H, W */
    cj_sample_options options;
} cj_sampling;

static cj_tensor *number(const cj_sampling *s, cj_tensor *like, double value)
{
    return cj_like_at(s->at, like, value);
}

/* A coordinate of -1 .. 1 in elements of the axis. */
static cj_tensor *in_elements(const cj_sampling *s, cj_tensor *grid, int axis)
{
    double n = (double)s->extent[axis];
    cj_tensor *up = cj_shift_at(s->at, grid, 1);
    cj_tensor *p = s->options.align_corners
                       ? cj_mul_at(s->at, up, number(s, grid, (n - 1) / 2))
                       : cj_scale_at(s->at, cj_shift_at(s->at, cj_scale_at(s->at, up, n), -1), 0.5);
    if (!p || s->options.padding == CJ_SAMPLE_ZEROS)
        return p;
    p = cj_where_at(s->at, cj_le_at(s->at, p, number(s, p, 0)), number(s, p, 0), p);
    return cj_where_at(s->at, cj_ge_at(s->at, p, number(s, p, n - 1)), number(s, p, n - 1), p);
}

/* The elements [N, C, L] at the whole coordinates, 0 outside. */
static cj_tensor *elements_at(const cj_sampling *s, cj_tensor *row, cj_tensor *column)
{
    cj_at at = s->at;
    cj_tensor *coordinate[2] = {row, column}, *inside = NULL, *place = NULL;
    for (int i = 0; i < 2; i++) {
        cj_tensor *c = coordinate[i];
        if (!c)
            return NULL;
        cj_tensor *here = cj_and_at(at, cj_ge_at(at, c, number(s, c, 0)),
                                    cj_lt_at(at, c, number(s, c, (double)s->extent[i])));
        inside = i ? cj_and_at(at, inside, here) : here;
        c = cj_cast_at(at, c, CJ_I32);
        place = i ? cj_add_at(at, cj_scale_at(at, place, (double)s->extent[1]), c) : c;
    }
    place = place ? cj_where_at(at, inside, place, cj_like_at(at, place, -1)) : NULL;
    return cj_gather_node(at, s->flat, 2, cj_unsqueeze_at(at, place, 1), true);
}

static cj_tensor *bilinear(const cj_sampling *s, cj_tensor *row, cj_tensor *column)
{
    cj_at at = s->at;
    cj_tensor *top = cj_floor_at(at, row), *left = cj_floor_at(at, column), *sum = NULL;
    if (!top || !left)
        return NULL;
    cj_tensor *down = cj_sub_at(at, row, top), *across = cj_sub_at(at, column, left);
    for (int k = 0; k < 4; k++) {
        cj_tensor *y = k & 2 ? cj_shift_at(at, top, 1) : top;
        cj_tensor *x = k & 1 ? cj_shift_at(at, left, 1) : left;
        cj_tensor *v = k & 2 ? down : cj_sub_at(at, number(s, row, 1), down);
        cj_tensor *h = k & 1 ? across : cj_sub_at(at, number(s, row, 1), across);
        cj_tensor *weight = cj_unsqueeze_at(at, cj_mul_at(at, v, h), 1);
        cj_tensor *term = cj_mul_at(at, elements_at(s, y, x), weight);
        sum = sum ? cj_add_at(at, sum, term) : term;
    }
    return sum;
}

cj_tensor *cj_grid_sample_at(cj_at at, cj_tensor *x, cj_tensor *grid,
                             const cj_sample_options *options)
{
    if (!cj_ready(x) || !grid)
        return NULL;
    bool fits = x->rank == 4 && grid->rank == 4 && grid->shape[0] == x->shape[0] &&
                grid->shape[3] == 2 && x->shape[2] * x->shape[3] <= INT32_MAX;
    if (!fits || cj_dtype_class(x->dtype) != 'f' || grid->dtype != x->dtype) {
        cj_fail_building(x->context, fits ? CJ_DTYPE : CJ_SHAPE, at,
                         "grid_sample: %s at %s: floats [N, C, H, W] at [N, height, width, 2], of "
                         "one dtype",
                         CJ_SHAPE_OF(x), CJ_SHAPE_OF(grid));
        return NULL;
    }
    int64_t n = x->shape[0], points = grid->shape[1] * grid->shape[2];
    cj_sampling s = {.at = at, .x = x, .extent = {x->shape[2], x->shape[3]}};
    if (options)
        s.options = *options;
    s.flat = cj_reshape_at(at, x, 3, (int64_t[]){n, x->shape[1], x->shape[2] * x->shape[3]});
    cj_tensor *line = cj_reshape_at(at, grid, 3, (int64_t[]){n, points, 2});
    cj_tensor *across = cj_squeeze_at(at, cj_narrow_at(at, line, 2, 0, 1), 2);
    cj_tensor *down = cj_squeeze_at(at, cj_narrow_at(at, line, 2, 1, 2), 2);
    if (!across || !down)
        return NULL;
    cj_tensor *row = in_elements(&s, down, 0), *column = in_elements(&s, across, 1), *y;
    if (s.options.nearest)
        y = elements_at(&s, cj_round_at(at, row), cj_round_at(at, column));
    else
        y = bilinear(&s, row, column);
    return cj_reshape_at(at, y, 4, (int64_t[]){n, x->shape[1], grid->shape[1], grid->shape[2]});
}

/* Where the elements of an axis lie between -1 and 1, as f64. */
static cj_tensor *places_of(cj_at at, cj_context *context, int64_t n, bool align_corners)
{
    double end = n < 2 ? 0 : align_corners ? 1 : 1 - 1 / (double)n;
    return cj_linspace_at(at, context, CJ_F64, -end, end, n);
}

cj_tensor *cj_affine_grid_at(cj_at at, cj_tensor *theta, int64_t height, int64_t width,
                             bool align_corners)
{
    if (!cj_ready(theta))
        return NULL;
    bool fits =
        theta->rank == 3 && theta->shape[1] == 2 && theta->shape[2] == 3 && height > 0 && width > 0;
    if (!fits || cj_dtype_class(theta->dtype) != 'f') {
        cj_fail_building(
            theta->context, fits ? CJ_DTYPE : CJ_SHAPE, at,
            "affine_grid: theta is %s, the picture %lld x %lld; it takes floats [N, 2, "
            "3] and extents of at least 1",
            CJ_SHAPE_OF(theta), (long long)height, (long long)width);
        return NULL;
    }
    cj_context *context = theta->context;
    cj_tensor *axis[2] = {places_of(at, context, height, align_corners),
                          places_of(at, context, width, align_corners)};
    cj_tensor *place[2], *point[3];
    if (cj_meshgrid_at(at, 2, axis, place) != CJ_OK)
        return NULL;
    point[0] = place[1];
    point[1] = place[0];
    point[2] = cj_full_at(at, context, CJ_F64, 2, (int64_t[]){height, width}, 1);
    cj_tensor *all = cj_cast_at(at, cj_stack_at(at, 2, 3, point), (cj_dtype)theta->dtype);
    all = cj_reshape_at(at, all, 2, (int64_t[]){height * width, 3});
    cj_tensor *grid = cj_matmul_at(at, all, cj_transpose_at(at, theta, 1, 2));
    return cj_reshape_at(at, grid, 4, (int64_t[]){theta->shape[0], height, width, 2});
}
