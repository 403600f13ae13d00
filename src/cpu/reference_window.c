/*
 * src/cpu/reference_window.c - the definition of the window ops in plain scalar C: every output in row-major order, in
 * it every window position in row-major order. The kernels must give these very bits.
 */
#include "window.h"

#include <math.h>

/* An output and a window position in it, and where they lie. */
typedef struct visit {
    const cj_window *w;
    int64_t extent[CJ_MAX_RANK]; /* of y */
    int64_t out[CJ_MAX_RANK];
    int64_t k[CJ_WINDOW_AXES];
    int64_t positions;
} visit;

static int64_t start(visit *v, const cj_window *w)
{
    *v = (visit){.w = w, .positions = 1};
    int64_t outputs = 1;
    for (int a = 0; a < w->outer + w->axes; a++) {
        v->extent[a] = w->extent[a];
        if (a >= w->outer) {
            v->extent[a] = cj_window_axis_extent(w->extent[a], &w->axis[a - w->outer]);
            v->positions *= w->axis[a - w->outer].window;
        }
        outputs *= v->extent[a];
    }
    return outputs;
}

static void go_to_output(visit *v, int64_t output)
{
    for (int a = v->w->outer + v->w->axes - 1; a >= 0; a--) {
        v->out[a] = output % v->extent[a];
        output /= v->extent[a];
    }
}

static int64_t offset_of_output(const visit *v, const int64_t *stride)
{
    int64_t offset = 0;
    for (int a = 0; a < v->w->outer + v->w->axes; a++)
        offset += v->out[a] * stride[a];
    return offset;
}

/* The offset in x of window position `number` of the output; -1 when it is absent or there is no such position. */
static int64_t offset_in_x(const visit *v, int64_t number)
{
    const cj_window *w = v->w;
    if (number < 0 || number >= v->positions)
        return -1;
    int64_t offset = 0;
    for (int a = 0; a < w->outer; a++)
        offset += v->out[a] * w->x_stride[a];
    for (int d = w->axes - 1; d >= 0; d--) {
        const cj_window_axis *axis = &w->axis[d];
        int64_t k = number % axis->window;
        number /= axis->window;
        int64_t p = v->out[w->outer + d] * axis->stride + k * axis->dilation - axis->pad_low;
        if (p < 0 || p % axis->input_dilation != 0 ||
            p / axis->input_dilation >= w->extent[w->outer + d])
            return -1;
        offset += p / axis->input_dilation * w->x_stride[w->outer + d];
    }
    return offset;
}

#define CJ_REFERENCE_SUM(T, name, ADD)                                                             \
    static void name(const cj_window *w, const T *x, T *y)                                         \
    {                                                                                              \
        visit v;                                                                                   \
        int64_t outputs = start(&v, w);                                                            \
        for (int64_t o = 0; o < outputs; o++) {                                                    \
            go_to_output(&v, o);                                                                   \
            T sum = 0;                                                                             \
            for (int64_t number = 0; number < v.positions; number++) {                             \
                int64_t at = offset_in_x(&v, number);                                              \
                if (at >= 0)                                                                       \
                    sum = ADD(sum, x[at]);                                                         \
            }                                                                                      \
            y[offset_of_output(&v, w->y_stride)] = sum;                                            \
        }                                                                                          \
    }
#define CJ_PLAIN_ADD(a, b) ((a) + (b))
#define CJ_WRAPPING_ADD(a, b) ((int32_t)((uint32_t)(a) + (uint32_t)(b)))
CJ_REFERENCE_SUM(float, sum_f32, CJ_PLAIN_ADD)
CJ_REFERENCE_SUM(double, sum_f64, CJ_PLAIN_ADD)
CJ_REFERENCE_SUM(int32_t, sum_i32, CJ_WRAPPING_ADD)

#define CJ_REFERENCE_MAX(T, name, LEAST)                                                           \
    static void name(const cj_window *w, const T *x, T *y, int32_t *index)                         \
    {                                                                                              \
        visit v;                                                                                   \
        int64_t outputs = start(&v, w);                                                            \
        for (int64_t o = 0; o < outputs; o++) {                                                    \
            go_to_output(&v, o);                                                                   \
            T best = LEAST;                                                                        \
            int64_t best_number = -1;                                                              \
            for (int64_t number = 0; number < v.positions; number++) {                             \
                int64_t at = offset_in_x(&v, number);                                              \
                if (at < 0)                                                                        \
                    continue;                                                                      \
                bool first_nan = x[at] != x[at] && best == best;                                   \
                if (best_number < 0 || x[at] > best || first_nan) {                                \
                    best = x[at];                                                                  \
                    best_number = number;                                                          \
                }                                                                                  \
            }                                                                                      \
            if (y)                                                                                 \
                y[offset_of_output(&v, w->y_stride)] = best;                                       \
            if (index)                                                                             \
                index[offset_of_output(&v, w->index_stride)] =                                     \
                    (int32_t)(best_number < 0 ? 0 : best_number);                                  \
        }                                                                                          \
    }
CJ_REFERENCE_MAX(float, max_f32, -INFINITY)
CJ_REFERENCE_MAX(double, max_f64, -INFINITY)
CJ_REFERENCE_MAX(int32_t, max_i32, INT32_MIN)

#define CJ_REFERENCE_GATHER(T, name)                                                               \
    static void name(const cj_window *w, const T *x, const int32_t *index, T *y)                   \
    {                                                                                              \
        visit v;                                                                                   \
        int64_t outputs = start(&v, w);                                                            \
        for (int64_t o = 0; o < outputs; o++) {                                                    \
            go_to_output(&v, o);                                                                   \
            int64_t at = offset_in_x(&v, index[offset_of_output(&v, w->index_stride)]);            \
            y[offset_of_output(&v, w->y_stride)] = at >= 0 ? x[at] : 0;                            \
        }                                                                                          \
    }
CJ_REFERENCE_GATHER(float, gather_f32)
CJ_REFERENCE_GATHER(double, gather_f64)

static void clear(const cj_window *w, char *x, size_t size)
{
    int64_t elements = 1;
    for (int a = 0; a < w->outer + w->axes; a++)
        elements *= w->extent[a];
    for (int64_t e = 0; e < elements; e++) {
        int64_t rest = e, offset = 0;
        for (int a = w->outer + w->axes - 1; a >= 0; a--) {
            offset += rest % w->extent[a] * w->x_stride[a];
            rest /= w->extent[a];
        }
        memset(x + offset * (int64_t)size, 0, size);
    }
}

#define CJ_REFERENCE_SCATTER(T, name)                                                              \
    static void name(const cj_window *w, const T *y, const int32_t *index, T *x)                   \
    {                                                                                              \
        visit v;                                                                                   \
        int64_t outputs = start(&v, w);                                                            \
        clear(w, (char *)x, sizeof *x);                                                            \
        for (int64_t o = 0; o < outputs; o++) {                                                    \
            go_to_output(&v, o);                                                                   \
            int64_t at = offset_in_x(&v, index[offset_of_output(&v, w->index_stride)]);            \
            if (at >= 0)                                                                           \
                x[at] += y[offset_of_output(&v, w->y_stride)];                                     \
        }                                                                                          \
    }
CJ_REFERENCE_SCATTER(float, scatter_f32)
CJ_REFERENCE_SCATTER(double, scatter_f64)

void cj_reference_window_sum(const cj_window *window, const void *x, void *y)
{
    if (window->dtype == CJ_F32)
        sum_f32(window, x, y);
    else if (window->dtype == CJ_F64)
        sum_f64(window, x, y);
    else
        sum_i32(window, x, y);
}

void cj_reference_window_max(const cj_window *window, const void *x, void *y, int32_t *index)
{
    if (window->dtype == CJ_F32)
        max_f32(window, x, y, index);
    else if (window->dtype == CJ_F64)
        max_f64(window, x, y, index);
    else
        max_i32(window, x, y, index);
}

void cj_reference_window_gather(const cj_window *window, const void *x, const int32_t *index,
                                void *y)
{
    if (window->dtype == CJ_F32)
        gather_f32(window, x, index, y);
    else
        gather_f64(window, x, index, y);
}

void cj_reference_window_scatter(const cj_window *window, const void *y, const int32_t *index,
                                 void *x)
{
    if (window->dtype == CJ_F32)
        scatter_f32(window, y, index, x);
    else
        scatter_f64(window, y, index, x);
}
