/*
 * src/cpu/window.c - window ops cut into runs for the kernels of src/cpu/isa/window.c.
 *
 * Seen from output o of one axis, the window positions present are an arithmetic progression of k, and so are
 * the elements they read. Seen from element i of the input, as scatter does, so are the outputs that cover it. Such
 * a progression is a span. Outputs (elements) a period apart whose spans no border clips have equal spans but for the
 * place, and make a run along the last window axis.
 */
#include "window.h"

#include "isa.h"

extern const cj_window_table cj_window_table_baseline;
#if defined(__x86_64__)
extern const cj_window_table cj_window_table_avx2;
extern const cj_window_table cj_window_table_avx512;
#elif defined(__aarch64__)
extern const cj_window_table cj_window_table_neon;
#endif

/* ---- the plan ---- */

int64_t cj_window_extent(int64_t size, const cj_window_axis *axis)
{
    int64_t dilated = size > 0 ? (size - 1) * axis->input_dilation + 1 : 0;
    int64_t room =
        dilated + axis->pad_low + axis->pad_high - ((axis->window - 1) * axis->dilation + 1);
    return room < 0 ? 0 : room / axis->stride + 1;
}

static const cj_window_kernels *kernels_of(int isa, cj_dtype dtype)
{
    const cj_window_table *table = &cj_window_table_baseline;
    switch (isa) {
#if defined(__x86_64__)
    case CJ_ISA_ID_AVX2: table = &cj_window_table_avx2; break;
    case CJ_ISA_ID_AVX512: table = &cj_window_table_avx512; break;
#elif defined(__aarch64__)
    case CJ_ISA_ID_NEON: table = &cj_window_table_neon; break;
#endif
    default: break;
    }
    switch (dtype) {
    case CJ_F32: return &table->f32;
    case CJ_F64: return &table->f64;
    case CJ_I32: return &table->i32;
    default: return NULL;
    }
}

/* The outer axis along which all tensors lie without gaps, the longest of them; -1 if there is none. */
static int axis_of_lanes(const cj_window *w)
{
    int best = -1;
    for (int a = 0; a < w->outer; a++) {
        bool gapless = w->x_stride[a] == 1 && w->y_stride[a] == 1 && w->index_stride[a] == 1;
        if (gapless && w->extent[a] > 1 && (best < 0 || w->extent[a] > w->extent[best]))
            best = a;
    }
    return best;
}

static void take_outer_axes(cj_window_plan *plan, const cj_window *w, int lane)
{
    for (int a = 0; a < w->outer; a++) {
        if (a == lane) {
            plan->lanes = w->extent[a];
            plan->x_lane = w->x_stride[a];
            plan->y_lane = w->y_stride[a];
            plan->index_lane = w->index_stride[a];
            continue;
        }
        int to = plan->outer++;
        plan->outer_extent[to] = w->extent[a];
        plan->x_stride[to] = w->x_stride[a];
        plan->y_stride[to] = w->y_stride[a];
        plan->index_stride[to] = w->index_stride[a];
    }
}

/* Window axes become the last of the three; the first ones that are missing have one element. */
static void take_window_axes(cj_window_plan *plan, const cj_window *w)
{
    const cj_window_axis plain = {.window = 1, .stride = 1, .dilation = 1, .input_dilation = 1};
    int64_t weight = 1;
    for (int a = CJ_WINDOW_AXES - 1; a >= 0; a--) {
        cj_window_plan_axis *axis = &plan->axis[a];
        int from = a - (CJ_WINDOW_AXES - w->axes);
        *axis = (cj_window_plan_axis){.option = plain, .size = 1, .out = 1, .weight = weight};
        if (from < 0)
            continue;
        int at = w->outer + from;
        axis->option = w->axis[from];
        axis->size = w->extent[at];
        axis->out = cj_window_extent(axis->size, &axis->option);
        axis->x = w->x_stride[at];
        axis->y = w->y_stride[at];
        axis->index = w->index_stride[at];
        weight *= axis->option.window;
    }
}

void cj_window_plan_make(cj_window_plan *plan, const cj_window *window, int isa)
{
    *plan = (cj_window_plan){.kernels = kernels_of(isa, window->dtype),
                             .element = (int64_t)cj_dtype_size(window->dtype)};
    take_outer_axes(plan, window, axis_of_lanes(window));
    take_window_axes(plan, window);
}

static int64_t outer_items(const cj_window_plan *plan)
{
    int64_t items = 1;
    for (int a = 0; a < plan->outer; a++)
        items *= plan->outer_extent[a];
    return items;
}

int64_t cj_window_items(const cj_window_plan *plan)
{
    return outer_items(plan) * plan->axis[0].out * plan->axis[1].out;
}

int64_t cj_window_scatter_items(const cj_window_plan *plan)
{
    return outer_items(plan) * plan->axis[0].size * plan->axis[1].size;
}

/* ---- spans ---- */

typedef struct span {
    int64_t count;
    int64_t number, number_step;  /* what k adds to the position number */
    int64_t x, x_step, y, y_step; /* elements; y: outputs, scaled by each tensor's stride later */
    bool clipped;                 /* by a border of the tensor that the window walks */
} span;

static int64_t divide_down(int64_t a, int64_t b)
{
    if (b == 1)
        return a;
    return a >= 0 ? a / b : -((-a + b - 1) / b);
}

static int64_t divide_up(int64_t a, int64_t b)
{
    return -divide_down(-a, b);
}

static int64_t common_divisor(int64_t a, int64_t b)
{
    while (b != 0) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* The window positions k present at output o: 0 <= p and p a multiple of input_dilation, p / input_dilation < size. */
static span span_of_output(const cj_window_plan_axis *axis, int64_t o)
{
    const cj_window_axis *w = &axis->option;
    int64_t base = o * w->stride - w->pad_low;
    int64_t last = (axis->size - 1) * w->input_dilation;
    int64_t from = base >= 0 ? 0 : divide_up(-base, w->dilation);
    int64_t to = base + (w->window - 1) * w->dilation <= last
                     ? w->window
                     : divide_down(last - base, w->dilation) + 1;
    span s = {.clipped = from > 0 || to < w->window};
    int64_t step = 1;
    if (w->input_dilation > 1) {
        step = w->input_dilation / common_divisor(w->dilation, w->input_dilation);
        int64_t end = CJ_MIN(to, from + step);
        while (from < end && (base + from * w->dilation) % w->input_dilation != 0)
            from++;
        if (from == end)
            return s;
    }
    if (axis->size == 0 || from >= to)
        return s;
    s.count = (to - from - 1) / step + 1;
    s.number = from * axis->weight;
    s.number_step = step * axis->weight;
    s.x = (base + from * w->dilation) / w->input_dilation;
    s.x_step = step * w->dilation / w->input_dilation;
    return s;
}

/* The outputs that cover element i, ascending: o * stride + k * dilation = i + pad_low, 0 <= k < window. */
static span span_of_input(const cj_window_plan_axis *axis, int64_t i)
{
    const cj_window_axis *w = &axis->option;
    int64_t place = i + w->pad_low;
    int64_t from = divide_up(place - (w->window - 1) * w->dilation, w->stride);
    int64_t to = divide_down(place, w->stride) + 1;
    span s = {.clipped = from < 0 || to > axis->out};
    from = CJ_MAX(from, 0);
    to = CJ_MIN(to, axis->out);
    int64_t step = 1;
    if (w->dilation > 1) {
        step = w->dilation / common_divisor(w->stride, w->dilation);
        int64_t end = CJ_MIN(to, from + step);
        while (from < end && (place - from * w->stride) % w->dilation != 0)
            from++;
        if (from >= end)
            return s;
    }
    if (from >= to)
        return s;
    s.count = (to - from - 1) / step + 1;
    s.number = (place - from * w->stride) / w->dilation * axis->weight;
    s.number_step = -step * w->stride / w->dilation * axis->weight;
    s.y = from;
    s.y_step = step;
    return s;
}

/* ---- rows: the last window axis cut into runs ---- */

/* One op on one item: the pointers stand at the item's outer element. */
typedef struct row {
    const cj_window_plan *plan;
    cj_window_run_fn kernel;
    span span[2]; /* of the first two window axes */
    char *x, *y;
    int32_t *index;
} row;

static void add_span(cj_window_run *run, const cj_window_plan_axis *axis, int a, const span *s)
{
    run->count[a] = s->count;
    run->number += s->number;
    run->number_step[a] = s->number_step;
    run->x_step.axis[a] = s->x_step * axis->x;
    run->y_step.axis[a] = s->y_step * axis->y;
    run->index_step.axis[a] = s->y_step * axis->index;
}

/*
 * `positions` places along the last axis, x_period elements and y_period outputs apart. x, y and index point at the first.
 */
static void do_run(const row *r, const span *last, int64_t positions, int64_t x_period,
                   int64_t y_period, int64_t x, int64_t y, int64_t index)
{
    const cj_window_plan *plan = r->plan;
    const cj_window_plan_axis *axis = plan->axis;
    cj_window_run run = {.positions = positions, .lanes = plan->lanes};
    add_span(&run, &axis[0], 0, &r->span[0]);
    add_span(&run, &axis[1], 1, &r->span[1]);
    add_span(&run, &axis[2], 2, last);
    if (run.count[0] == 0 || run.count[1] == 0 || run.count[2] == 0)
        run.number = run.count[0] = 0;
    run.x_step.lane = plan->x_lane;
    run.y_step.lane = plan->y_lane;
    run.index_step.lane = plan->index_lane;
    run.x_step.position = x_period * axis[2].x;
    run.y_step.position = y_period * axis[2].y;
    run.index_step.position = y_period * axis[2].index;
    if (plan->lanes == 0) { /* the last window axis runs along the vectors */
        run.positions = 1;
        run.lanes = positions;
        run.x_step.lane = run.x_step.position;
        run.y_step.lane = run.y_step.position;
        run.index_step.lane = run.index_step.position;
    }
    run.x = r->x + x * plan->element;
    run.y = r->y ? r->y + y * plan->element : NULL;
    run.index = r->index ? r->index + index : NULL;
    r->kernel(&run);
}

/* Outputs (o0, o1, .) of the item. */
static void do_output_row(row *r, int64_t o0, int64_t o1)
{
    const cj_window_plan_axis *axis = r->plan->axis;
    const cj_window_axis *w = &axis[2].option;
    r->span[0] = span_of_output(&axis[0], o0);
    r->span[1] = span_of_output(&axis[1], o1);
    int64_t x = r->span[0].x * axis[0].x + r->span[1].x * axis[1].x;
    int64_t y = o0 * axis[0].y + o1 * axis[1].y;
    int64_t index = o0 * axis[0].index + o1 * axis[1].index;
    int64_t period = w->input_dilation / common_divisor(w->stride, w->input_dilation);
    int64_t x_period = period * w->stride / w->input_dilation;
    /* The last output that no border clips. */
    int64_t last =
        (axis[2].size - 1) * w->input_dilation - (w->window - 1) * w->dilation + w->pad_low;
    int64_t inner = divide_down(last, w->stride);
    for (int64_t phase = 0; phase < CJ_MIN(period, axis[2].out); phase++) {
        for (int64_t o = phase, n; o < axis[2].out; o += n * period) {
            span s = span_of_output(&axis[2], o);
            n = s.clipped ? 1 : (CJ_MIN(inner, axis[2].out - 1) - o) / period + 1;
            do_run(r, &s, n, x_period, period, x + s.x * axis[2].x, y + o * axis[2].y,
                   index + o * axis[2].index);
        }
    }
}

/* Elements (i0, i1, .) of the item's x. */
static void do_input_row(row *r, int64_t i0, int64_t i1)
{
    const cj_window_plan_axis *axis = r->plan->axis;
    const cj_window_axis *w = &axis[2].option;
    r->span[0] = span_of_input(&axis[0], i0);
    r->span[1] = span_of_input(&axis[1], i1);
    int64_t x = i0 * axis[0].x + i1 * axis[1].x;
    int64_t y = r->span[0].y * axis[0].y + r->span[1].y * axis[1].y;
    int64_t index = r->span[0].y * axis[0].index + r->span[1].y * axis[1].index;
    /* The last element all of whose outputs exist. */
    int64_t inner = axis[2].out * w->stride - 1 - w->pad_low;
    for (int64_t phase = 0; phase < CJ_MIN(w->stride, axis[2].size); phase++) {
        for (int64_t i = phase, n; i < axis[2].size; i += n * w->stride) {
            span s = span_of_input(&axis[2], i);
            n = s.clipped ? 1 : (CJ_MIN(inner, axis[2].size - 1) - i) / w->stride + 1;
            do_run(r, &s, n, w->stride, 1, x + i * axis[2].x, y + s.y * axis[2].y,
                   index + s.y * axis[2].index);
        }
    }
}

/* ---- items ---- */

/* Where an item is: the outer axes like an odometer, then the first two window axes. */
typedef struct place {
    int64_t at[CJ_MAX_RANK];
    int64_t x, y, index, first, second;
} place;

static place place_of(const cj_window_plan *plan, int64_t item, int64_t firsts, int64_t seconds)
{
    place p = {.second = item % seconds, .first = item / seconds % firsts};
    int64_t outer = item / seconds / firsts;
    for (int a = plan->outer - 1; a >= 0; a--) {
        p.at[a] = outer % plan->outer_extent[a];
        outer /= plan->outer_extent[a];
        p.x += p.at[a] * plan->x_stride[a];
        p.y += p.at[a] * plan->y_stride[a];
        p.index += p.at[a] * plan->index_stride[a];
    }
    return p;
}

static void advance(const cj_window_plan *plan, place *p, int64_t firsts, int64_t seconds)
{
    if (++p->second < seconds)
        return;
    p->second = 0;
    if (++p->first < firsts)
        return;
    p->first = 0;
    for (int a = plan->outer - 1; a >= 0; a--) {
        int64_t back = ++p->at[a] < plan->outer_extent[a] ? 1 : 1 - plan->outer_extent[a];
        p->x += back * plan->x_stride[a];
        p->y += back * plan->y_stride[a];
        p->index += back * plan->index_stride[a];
        if (back == 1)
            return;
        p->at[a] = 0;
    }
}

/* The kernels of scatter write through x and only read y and index; all others the reverse: hence the casts. */
static void do_items(const cj_window_plan *plan, cj_window_run_fn kernel, bool scatter,
                     const void *x, const void *y, const int32_t *index, int64_t begin, int64_t end)
{
    int64_t firsts = scatter ? plan->axis[0].size : plan->axis[0].out;
    int64_t seconds = scatter ? plan->axis[1].size : plan->axis[1].out;
    if (begin >= end)
        return;
    place p = place_of(plan, begin, firsts, seconds);
    for (int64_t item = begin; item < end; item++) {
        row r = {.plan = plan, .kernel = kernel};
        r.x = (char *)(uintptr_t)x + p.x * plan->element;
        r.y = y ? (char *)(uintptr_t)y + p.y * plan->element : NULL;
        r.index = index ? (int32_t *)(uintptr_t)index + p.index : NULL;
        if (scatter)
            do_input_row(&r, p.first, p.second);
        else
            do_output_row(&r, p.first, p.second);
        advance(plan, &p, firsts, seconds);
    }
}

void cj_window_sum(const cj_window_plan *plan, const void *x, void *y, int64_t begin, int64_t end)
{
    do_items(plan, plan->kernels->sum, false, x, y, NULL, begin, end);
}

void cj_window_max(const cj_window_plan *plan, const void *x, void *y, int32_t *index,
                   int64_t begin, int64_t end)
{
    do_items(plan, plan->kernels->max, false, x, y, index, begin, end);
}

void cj_window_gather(const cj_window_plan *plan, const void *x, const int32_t *index, void *y,
                      int64_t begin, int64_t end)
{
    do_items(plan, plan->kernels->gather, false, x, y, index, begin, end);
}

void cj_window_scatter(const cj_window_plan *plan, const void *y, const int32_t *index, void *x,
                       int64_t begin, int64_t end)
{
    do_items(plan, plan->kernels->scatter, true, x, y, index, begin, end);
}
