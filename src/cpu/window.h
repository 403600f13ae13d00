/*
 * src/cpu/window.h - sums, maxima and their companions over sliding windows (pooling).
 *
 * x has the shape [outer..., s_1, ..., s_d] with d = 1, 2 or 3 window axes; y and index have [outer..., o_1, ..., o_d].
 * On each window axis, output o at window position k reads
 *
 *     p = o * stride + k * dilation - pad_low
 *
 * of the input, whose element i lies at i * input_dilation. A p outside the input, or in a hole between dilated
 * elements, is absent. Window positions are numbered in row-major order of (k_1, ..., k_d).
 *
 *     sum      y = +0, then each element present added in order of the position number (integers wrap)
 *     max      y = the largest element present, index = its position number: the first of ties (-0 ties +0), and NaN is
 *              largest (the first NaN). Nothing present: y = -inf (integers: the least value), index = 0
 *     gather   y = the element at position `index`; +0 where that is absent or no position
 *     scatter  the transpose of gather: x = +0, then each y whose index names this element added, in row-major order
 *              of the outputs
 *
 * Bits depend on the values alone: not on strides, on the instruction set, or on how the items are shared out.
 */
#ifndef CJ_CPU_WINDOW_H
#define CJ_CPU_WINDOW_H

#include "../base/base.h"
#include "isa/window.h"

enum { CJ_WINDOW_AXES = 3 };

typedef struct cj_window_axis {
    int64_t window, stride, dilation;
    int64_t input_dilation;    /* sum only; else 1 */
    int64_t pad_low, pad_high; /* negative: the input is cropped */
} cj_window_axis;

/* Legal when all of window, stride and dilations are at least 1, the windows have less than 2^31 positions, and extents
 * and offsets fit int64_t: the graph's shape rule sees to that. */
typedef struct cj_window {
    cj_dtype dtype; /* f32, f64; sum and max also i32 */
    int outer, axes;
    int64_t extent[CJ_MAX_RANK]; /* of x: outer axes, then window axes */
    int64_t x_stride[CJ_MAX_RANK], y_stride[CJ_MAX_RANK],
        index_stride[CJ_MAX_RANK]; /* elements, not negative */
    cj_window_axis axis[CJ_WINDOW_AXES];
} cj_window;

/*
 * floor((dilated input + pad_low + pad_high - dilated window) / stride) + 1, or 0 if the window does not fit;
 * dilated input = (size - 1) * input_dilation + 1 (0 of nothing), dilated window = (window - 1) * dilation + 1.
 */
int64_t cj_window_axis_extent(int64_t size, const cj_window_axis *axis);

/*
 * How a window op walks: which axis runs along the vectors (an outer axis of stride 1, as channels-last has it,
 * else the last window axis unless it is very short), the others as loops. Made once, used by any number of threads.
 */
enum cj_window_width { CJ_WINDOW_WIDE, CJ_WINDOW_MIDDLE, CJ_WINDOW_NARROW, CJ_WINDOW_WIDTHS };

typedef struct cj_window_plan_axis {
    cj_window_axis option;
    int64_t size, out;
    int64_t x, y, index; /* strides */
    int64_t weight;      /* of k in the position number */
} cj_window_plan_axis;

typedef struct cj_window_plan {
    const cj_window_kernels *kernels[CJ_WINDOW_WIDTHS]; /* for long and short runs */
    int64_t element;                                    /* bytes of one of x and y */
    int outer;                                          /* without the axis that is vectorised */
    int64_t outer_extent[CJ_MAX_RANK];
    int64_t x_stride[CJ_MAX_RANK], y_stride[CJ_MAX_RANK], index_stride[CJ_MAX_RANK];
    int64_t lanes; /* extent of the outer axis that is vectorised; 0: the last window axis is */
    int64_t x_lane, y_lane, index_lane;
    cj_window_plan_axis axis[CJ_WINDOW_AXES]; /* missing ones have extent 1 */
} cj_window_plan;

/* isa: enum cj_isa_id, one that is available. */
void cj_window_plan_make(cj_window_plan *plan, const cj_window *window, int isa);

/* Work items: rows or planes of outputs, for scatter of x. The calls below do the items [begin, end), in any division. */
int64_t cj_window_items(const cj_window_plan *plan);
int64_t cj_window_scatter_items(const cj_window_plan *plan);

void cj_run_window_sum(const cj_window_plan *plan, const void *x, void *y, int64_t begin,
                       int64_t end);
/* y or index may be NULL. */
void cj_run_window_max(const cj_window_plan *plan, const void *x, void *y, int32_t *index,
                       int64_t begin, int64_t end);
void cj_run_window_gather(const cj_window_plan *plan, const void *x, const int32_t *index, void *y,
                          int64_t begin, int64_t end);
void cj_run_window_scatter(const cj_window_plan *plan, const void *y, const int32_t *index, void *x,
                           int64_t begin, int64_t end);

/* The definitions, in scalar C: src/cpu/reference_window.c. */
void cj_reference_window_sum(const cj_window *window, const void *x, void *y);
void cj_reference_window_max(const cj_window *window, const void *x, void *y, int32_t *index);
void cj_reference_window_gather(const cj_window *window, const void *x, const int32_t *index,
                                void *y);
void cj_reference_window_scatter(const cj_window *window, const void *y, const int32_t *index,
                                 void *x);

#endif
