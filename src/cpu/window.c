/*
 * src/cpu/window.c - window ops cut into runs for the kernels of src/cpu/isa/window.c.
 *
 * Seen from output o of one axis, the window positions present are an arithmetic progression of k, and so are
 * the elements they read. Seen from element i of the input, as scatter does, so are the outputs that cover it. Such
 * a progression is a span. Outputs (elements) a period apart whose spans no border clips have equal spans but for the
 * place: a stretch. Stretches along one or two axes make a run.
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

enum { CJ_WINDOW_FEW = 4 }; /* outputs of a row that are too few for vectors */

/* ---- the plan ---- */

int64_t cj_window_axis_extent(int64_t size, const cj_window_axis *axis)
{
    int64_t dilated = size > 0 ? (size - 1) * axis->input_dilation + 1 : 0;
    int64_t room =
        dilated + axis->pad_low + axis->pad_high - ((axis->window - 1) * axis->dilation + 1);
    return room < 0 ? 0 : room / axis->stride + 1;
}

static const cj_window_table *table_of(int isa)
{
    switch (isa) {
#if defined(__x86_64__)
    case CJ_ISA_ID_AVX2: return &cj_window_table_avx2;
    case CJ_ISA_ID_AVX512: return &cj_window_table_avx512;
#elif defined(__aarch64__)
    case CJ_ISA_ID_NEON: return &cj_window_table_neon;
#endif
    default: return &cj_window_table_baseline;
    }
}

static const cj_window_kernels *kernels_of(int isa, cj_dtype dtype)
{
    const cj_window_table *table = table_of(isa);
    return dtype == CJ_F32 ? &table->f32 : dtype == CJ_F64 ? &table->f64 : &table->i32;
}

/* All sets give equal bits, so that short runs can have short vectors, which they fill. */
static void choose_kernels(cj_window_plan *plan, int isa, cj_dtype dtype)
{
    int narrower = isa == CJ_ISA_ID_AVX512 ? CJ_ISA_ID_AVX2 : isa;
    int narrowest = narrower == CJ_ISA_ID_AVX2 ? CJ_ISA_ID_BASELINE : narrower;
    plan->kernels[CJ_WINDOW_WIDE] = kernels_of(isa, dtype);
    plan->kernels[CJ_WINDOW_MIDDLE] = kernels_of(narrower, dtype);
    plan->kernels[CJ_WINDOW_NARROW] = kernels_of(narrowest, dtype);
}

static int longest_outer_axis(const cj_window *w, bool gapless)
{
    int best = -1;
    for (int a = 0; a < w->outer; a++) {
        bool fits = w->x_stride[a] == 1 && w->y_stride[a] == 1 && w->index_stride[a] == 1;
        if ((fits || !gapless) && w->extent[a] > 1 && (best < 0 || w->extent[a] > w->extent[best]))
            best = a;
    }
    return best;
}

/* An outer axis along which all tensors lie without gaps; else the last window axis (-1), where it is long enough. */
static int axis_of_lanes(const cj_window *w)
{
    int last = w->axes - 1, gapless = longest_outer_axis(w, true);
    int64_t out = cj_window_axis_extent(w->extent[w->outer + last], &w->axis[last]);
    return gapless >= 0 || out >= CJ_WINDOW_FEW ? gapless : longest_outer_axis(w, false);
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
        axis->out = cj_window_axis_extent(axis->size, &axis->option);
        axis->x = w->x_stride[at];
        axis->y = w->y_stride[at];
        axis->index = w->index_stride[at];
        weight *= axis->option.window;
    }
}

void cj_window_plan_make(cj_window_plan *plan, const cj_window *window, int isa)
{
    *plan = (cj_window_plan){.element = (int64_t)cj_dtype_size(window->dtype)};
    take_outer_axes(plan, window, axis_of_lanes(window));
    take_window_axes(plan, window);
    choose_kernels(plan, isa, window->dtype);
}

static int64_t outer_items(const cj_window_plan *plan)
{
    int64_t items = 1;
    for (int a = 0; a < plan->outer; a++)
        items *= plan->outer_extent[a];
    return items;
}

/* How many places an axis adds to the items: all of the first, of the second where lanes run along an outer axis. */
static int64_t fixed_places(const cj_window_plan *plan, int a, bool scatter)
{
    if (a == 1 && plan->lanes == 0)
        return 1;
    return scatter ? plan->axis[a].size : plan->axis[a].out;
}

int64_t cj_window_items(const cj_window_plan *plan)
{
    return outer_items(plan) * fixed_places(plan, 0, false) * fixed_places(plan, 1, false);
}

int64_t cj_window_scatter_items(const cj_window_plan *plan)
{
    return outer_items(plan) * fixed_places(plan, 0, true) * fixed_places(plan, 1, true);
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

/* ---- stretches ---- */

/* n outputs, or elements of x when scattering, `period` apart from `at` on: the one span, moved on each time. */
typedef struct stretch {
    span span;
    int64_t phase, at, n, period;
    int64_t x_period, y_period; /* how the span moves: in elements of x, in outputs */
} stretch;

/* The last output that no border clips. */
static int64_t last_inner_output(const cj_window_plan_axis *axis)
{
    const cj_window_axis *w = &axis->option;
    int64_t last = (axis->size - 1) * w->input_dilation - (w->window - 1) * w->dilation;
    return divide_down(last + w->pad_low, w->stride);
}

/* One output or element by itself. */
static stretch single(const cj_window_plan_axis *axis, bool scatter, int64_t at)
{
    stretch s = {.at = at, .n = 1, .period = 1};
    s.span = scatter ? span_of_input(axis, at) : span_of_output(axis, at);
    return s;
}

/* All of an axis, stretch by stretch: begin with phase = 0, at = 0, n = 0. False at the end. */
static bool next_stretch(const cj_window_plan_axis *axis, bool scatter, stretch *s)
{
    const cj_window_axis *w = &axis->option;
    int64_t extent = scatter ? axis->size : axis->out;
    s->period =
        scatter ? w->stride : w->input_dilation / common_divisor(w->stride, w->input_dilation);
    s->x_period = scatter ? w->stride : s->period * w->stride / w->input_dilation;
    s->y_period = scatter ? 1 : s->period;
    s->at += s->n * s->period;
    if (s->at >= extent) {
        s->at = ++s->phase;
        if (s->phase >= CJ_MIN(s->period, extent))
            return false;
    }
    s->span = scatter ? span_of_input(axis, s->at) : span_of_output(axis, s->at);
    s->n = 1;
    if (!s->span.clipped) {
        int64_t inner = scatter ? axis->out * w->stride - 1 - w->pad_low : last_inner_output(axis);
        s->n = (CJ_MIN(inner, extent - 1) - s->at) / s->period + 1;
    }
    return true;
}

/* ---- runs ---- */

/* One op on one item: the pointers stand at the item's outer element. */
typedef struct item {
    const cj_window_plan *plan;
    cj_window_run_fn kernel[CJ_WINDOW_WIDTHS];
    bool scatter;
    char *x, *y;
    int32_t *index;
} item;

/* Where the first place of a stretch lies in each tensor, along its axis. */
static int64_t place_in_x(const item *it, const stretch *s)
{
    return it->scatter ? s->at : s->span.x;
}

static int64_t place_in_y(const item *it, const stretch *s)
{
    return it->scatter ? s->span.y : s->at;
}

/* The window of the stretch on axis a. */
static void add_axis(cj_window_run *run, const item *it, int a, const stretch *s)
{
    const cj_window_plan_axis *axis = &it->plan->axis[a];
    run->count[a] = s->span.count;
    run->number += s->span.number;
    run->number_step[a] = s->span.number_step;
    run->x_step.axis[a] = s->span.x_step * axis->x;
    run->y_step.axis[a] = s->span.y_step * axis->y;
    run->index_step.axis[a] = s->span.y_step * axis->index;
}

static void do_run(const item *it, const stretch s[CJ_WINDOW_AXES])
{
    const cj_window_plan *plan = it->plan;
    const cj_window_plan_axis *axis = plan->axis;
    cj_window_run run;
    int64_t x = 0, y = 0, index = 0;
    run.number = 0;
    for (int a = 0; a < CJ_WINDOW_AXES; a++) {
        add_axis(&run, it, a, &s[a]);
        x += place_in_x(it, &s[a]) * axis[a].x;
        y += place_in_y(it, &s[a]) * axis[a].y;
        index += place_in_y(it, &s[a]) * axis[a].index;
    }
    if (run.count[0] == 0 || run.count[1] == 0 || run.count[2] == 0)
        run.number = run.count[0] = 0;
    run.x = it->x + x * plan->element;
    run.y = it->y ? it->y + y * plan->element : NULL;
    run.index = it->index ? it->index + index : NULL;

    int a = plan->lanes ? 2 : 1; /* the axis of positions */
    run.positions = s[a].n;
    run.x_step.position = s[a].x_period * axis[a].x;
    run.y_step.position = s[a].y_period * axis[a].y;
    run.index_step.position = s[a].y_period * axis[a].index;
    run.lanes = plan->lanes ? plan->lanes : s[2].n;
    run.x_step.lane = plan->lanes ? plan->x_lane : s[2].x_period * axis[2].x;
    run.y_step.lane = plan->lanes ? plan->y_lane : s[2].y_period * axis[2].y;
    run.index_step.lane = plan->lanes ? plan->index_lane : s[2].y_period * axis[2].index;
    int64_t bytes = run.lanes * plan->element;
    it->kernel[bytes >= 64   ? CJ_WINDOW_WIDE
               : bytes >= 32 ? CJ_WINDOW_MIDDLE
                             : CJ_WINDOW_NARROW](&run);
}

/* Lanes along an outer axis: the item is a row of places; along the last window axis: a plane. */
static void do_item(const item *it, int64_t first, int64_t second)
{
    const cj_window_plan_axis *axis = it->plan->axis;
    stretch s[CJ_WINDOW_AXES] = {single(&axis[0], it->scatter, first)};
    if (it->plan->lanes) {
        s[1] = single(&axis[1], it->scatter, second);
        while (next_stretch(&axis[2], it->scatter, &s[2]))
            do_run(it, s);
        return;
    }
    while (next_stretch(&axis[1], it->scatter, &s[1])) {
        s[2] = (stretch){0};
        while (next_stretch(&axis[2], it->scatter, &s[2]))
            do_run(it, s);
    }
}

/* ---- items ---- */

/* Where an item is: the outer axes like an odometer, then what the item fixes of the window axes. */
typedef struct place {
    int64_t at[CJ_MAX_RANK];
    int64_t x, y, index, first, second;
} place;

static place place_of(const cj_window_plan *plan, int64_t number, int64_t firsts, int64_t seconds)
{
    place p = {.second = number % seconds, .first = number / seconds % firsts};
    int64_t outer = number / seconds / firsts;
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

/* Of the kernels a plan has, in each width, the one that `name` says. */
#define CJ_WINDOW_KERNELS(plan, name)                                                              \
    {                                                                                              \
        (plan)->kernels[CJ_WINDOW_WIDE]->name, (plan)->kernels[CJ_WINDOW_MIDDLE]->name,            \
            (plan)->kernels[CJ_WINDOW_NARROW]->name                                                \
    }

static void do_items(item it, int64_t begin, int64_t end)
{
    if (begin >= end)
        return;
    const cj_window_plan *plan = it.plan;
    int64_t firsts = fixed_places(plan, 0, it.scatter), seconds = fixed_places(plan, 1, it.scatter);
    place p = place_of(plan, begin, firsts, seconds);
    item at = it;
    for (int64_t i = begin; i < end; i++) {
        at.x = it.x + p.x * plan->element;
        at.y = it.y ? it.y + p.y * plan->element : NULL;
        at.index = it.index ? it.index + p.index : NULL;
        do_item(&at, p.first, p.second);
        advance(plan, &p, firsts, seconds);
    }
}

/* A run has one kind of pointer for what is read and what is written. */
static void *unconst(const void *pointer)
{
    return (void *)(uintptr_t)pointer;
}

void cj_run_window_sum(const cj_window_plan *plan, const void *x, void *y, int64_t begin,
                       int64_t end)
{
    do_items((item){plan, CJ_WINDOW_KERNELS(plan, sum), false, unconst(x), y, NULL}, begin, end);
}

void cj_run_window_max(const cj_window_plan *plan, const void *x, void *y, int32_t *index,
                       int64_t begin, int64_t end)
{
    do_items((item){plan, CJ_WINDOW_KERNELS(plan, max), false, unconst(x), y, index}, begin, end);
}

void cj_run_window_gather(const cj_window_plan *plan, const void *x, const int32_t *index, void *y,
                          int64_t begin, int64_t end)
{
    do_items((item){plan, CJ_WINDOW_KERNELS(plan, gather), false, unconst(x), y, unconst(index)},
             begin, end);
}

void cj_run_window_scatter(const cj_window_plan *plan, const void *y, const int32_t *index, void *x,
                           int64_t begin, int64_t end)
{
    do_items((item){plan, CJ_WINDOW_KERNELS(plan, scatter), true, x, unconst(y), unconst(index)},
             begin, end);
}
