/*
 * Convolutions: every kernel of every instruction set has the bits of the scalar reference, whatever the memory order, the threads,
 * the blocks, the prologues and the epilogue; and the reference is right to rounding.
 */
#include "contract_support.h"

#include <sys/mman.h>

enum { AXES = CJ_CONV_AXES };

typedef struct problem {
    cj_conv_spec spec;
    void *x, *w;
    int64_t y_count;
} problem;

static int64_t out_extent(const cj_conv_spec *s, int axis, int64_t high)
{
    if (s->in[axis] == 0 || s->kernel[axis] == 0)
        return 0;
    int64_t whole = (s->in[axis] - 1) * s->in_dilation[axis] + 1 + s->low[axis] + high;
    int64_t rest = whole - ((s->kernel[axis] - 1) * s->kernel_dilation[axis] + 1);
    return rest < 0 ? 0 : rest / s->stride[axis] + 1;
}

/* Contiguous memory in the order of `axes`. */
static int64_t strides_in_order(const int64_t *extents, const int *axes, int rank, int64_t *strides)
{
    int64_t stride = 1;
    for (int i = rank - 1; i >= 0; i--) {
        strides[axes[i]] = stride;
        stride *= extents[axes[i]];
    }
    return stride;
}

/* Elements from the first to the last of six axes. */
static int64_t spanned(const int64_t *strides, int64_t a, int64_t b, int64_t c, const int64_t *rest)
{
    int64_t extents[6] = {a, b, c, rest[0], rest[1], rest[2]}, last = 0;
    for (int axis = 0; axis < 6; axis++)
        last += (extents[axis] - 1) * strides[axis];
    return last + 1;
}

/* The memory orders of contract.h, or any. */
static void lay_out(random_state *r, problem *p, bool special)
{
    cj_conv_spec *s = &p->spec;
    int64_t x[6] = {s->images, s->groups, s->in_channels},
            w[6] = {s->groups, s->out_channels, s->in_channels},
            y[6] = {s->images, s->groups, s->out_channels};
    for (int axis = 0; axis < AXES; axis++) {
        x[3 + axis] = s->in[axis];
        w[3 + axis] = s->kernel[axis];
        y[3 + axis] = s->out[axis];
    }
    int64_t x_count, w_count;
    int way = (int)random_between(r, 0, 3);
    if (way == 0 && cj_conv_recognise(s) == CJ_CONV_WEIGHT) {
        x_count = strides_in_order(x, (int[6]){2, 3, 4, 5, 1, 0}, 6, s->x_stride);
        w_count = strides_in_order(w, (int[6]){2, 3, 4, 5, 0, 1}, 6, s->w_stride);
        p->y_count = strides_in_order(y, (int[6]){3, 4, 5, 0, 1, 2}, 6, s->y_stride);
    } else if (way <= 1) {
        x_count = strides_in_order(x, (int[6]){0, 3, 4, 5, 1, 2}, 6, s->x_stride);
        w_count = strides_in_order(w, (int[6]){0, 1, 2, 3, 4, 5}, 6, s->w_stride);
        p->y_count = strides_in_order(y, (int[6]){0, 3, 4, 5, 1, 2}, 6, s->y_stride);
    } else {
        x_count = random_strides(r, 6, x, way == 3, s->x_stride);
        w_count = random_strides(r, 6, w, way == 3, s->w_stride);
        p->y_count = random_strides(r, 6, y, way == 3, s->y_stride);
    }
    p->x = random_array(r, s->dtype, x_count, special);
    p->w = random_array(r, s->dtype, w_count, special);
}

static problem random_problem(random_state *r, bool special)
{
    problem p = {.spec = {.dtype = random_chance(r, 3) ? CJ_F64 : CJ_F32}};
    cj_conv_spec *s = &p.spec;
    bool weight = random_chance(r, 2), wide = random_chance(r, 3);
    s->spatial = random_chance(r, 6) ? 3 : random_chance(r, 4) ? 1 : 2;
    s->images = random_between(r, random_chance(r, 30) ? 0 : 1, weight ? 20 : 5);
    s->groups = random_chance(r, 5) ? random_between(r, 1, 4) : 1;
    s->in_channels = random_between(r, random_chance(r, 30) ? 0 : 1, wide ? 70 : 12);
    s->out_channels = random_chance(r, 2) ? 16 * random_between(r, 1, 4) : random_between(r, 1, 40);
    if (random_chance(r, 8)) {
        s->in_channels = s->out_channels = 1;
        s->groups = random_between(r, 1, 50);
    }
    for (int axis = 0; axis < AXES; axis++) {
        s->in[axis] = s->kernel[axis] = s->out[axis] = 1;
        s->stride[axis] = s->in_dilation[axis] = s->kernel_dilation[axis] = 1;
    }
    bool plain = random_chance(r, 3), in_dilated = !weight && random_chance(r, 3);
    for (int axis = 0; axis < s->spatial; axis++) {
        int64_t high = 0;
        s->in[axis] = random_between(r, 1, s->spatial == 3 ? 6 : 14);
        s->kernel[axis] = weight ? random_between(r, 1, s->in[axis]) : random_between(r, 1, 5);
        if (random_chance(r, 40))
            s->in[axis] = 0;
        if (!plain) {
            s->stride[axis] = random_chance(r, 2) ? 1 : random_between(r, 1, 3);
            s->kernel_dilation[axis] = random_chance(r, 2) ? 1 : random_between(r, 1, 3);
            if (in_dilated)
                s->in_dilation[axis] = random_between(r, 1, 3);
            if (in_dilated && random_chance(r, 2))
                s->stride[axis] = 1;
            s->low[axis] = random_between(r, -2, 4);
            high = random_between(r, -2, 4);
        }
        s->out[axis] = out_extent(s, axis, high);
    }
    lay_out(r, &p, special);
    return p;
}

static void free_problem(problem *p)
{
    free(p->x);
    free(p->w);
}

/* ---- prologues and epilogue that copy, and check how they are called ---- */

typedef struct calls {
    const problem *p;
    void *y;
    bool weight;
    int64_t next[8], rows, grain;
} calls;

static int height_axis(const cj_conv_spec *s)
{
    return s->spatial == 2 ? 0 : 1;
}
static int width_axis(const cj_conv_spec *s)
{
    return s->spatial == 2 ? 1 : 0;
}

static void load_x(void *state, int thread, void *dst, int64_t row_stride, int64_t image,
                   int64_t first_row, int64_t rows)
{
    (void)thread;
    const calls *call = state;
    const cj_conv_spec *s = &call->p->spec;
    int high = height_axis(s), wide = width_axis(s), picture = call->weight ? 2 : 0,
        channel = 2 - picture;
    int64_t channels = call->weight ? s->images : s->in_channels;
    assert_true(first_row >= 0 && first_row + rows <= s->in[high]);
    for (int64_t h = 0; h < rows; h++)
        for (int64_t w = 0; w < s->in[wide]; w++)
            for (int64_t g = 0; g < s->groups; g++)
                for (int64_t c = 0; c < channels; c++)
                    set(s->dtype, dst, h * row_stride + (w * s->groups + g) * channels + c,
                        get(s->dtype, call->p->x,
                            image * s->x_stride[picture] + g * s->x_stride[1] +
                                c * s->x_stride[channel] + (first_row + h) * s->x_stride[3 + high] +
                                w * s->x_stride[3 + wide]));
}

static void load_w(void *state, int thread, void *dst, int64_t row_stride, int64_t image,
                   int64_t first_row, int64_t rows)
{
    (void)thread;
    const calls *call = state;
    const cj_conv_spec *s = &call->p->spec;
    int high = height_axis(s), wide = width_axis(s);
    assert_true(first_row >= 0 && first_row + rows <= s->kernel[high]);
    for (int64_t h = 0; h < rows; h++)
        for (int64_t w = 0; w < s->kernel[wide]; w++)
            for (int64_t g = 0; g < s->groups; g++)
                for (int64_t o = 0; o < s->out_channels; o++)
                    set(s->dtype, dst, h * row_stride + (w * s->groups + g) * s->out_channels + o,
                        get(s->dtype, call->p->w,
                            image * s->w_stride[2] + g * s->w_stride[0] + o * s->w_stride[1] +
                                (first_row + h) * s->w_stride[3 + high] +
                                w * s->w_stride[3 + wide]));
}

static void store_y(void *state, int thread, void *tile, int64_t first_row, int64_t rows)
{
    calls *call = state;
    const cj_conv_spec *s = &call->p->spec;
    int64_t width = s->groups * s->out_channels, positions = s->out[0] * s->out[1] * s->out[2];
    assert_true(first_row >= call->next[thread]);
    if (call->next[thread] == 0 && call->grain > 0)
        assert_int_equal(first_row % call->grain, 0);
    call->next[thread] = first_row + rows;
    __atomic_fetch_add(&call->rows, rows, __ATOMIC_RELAXED);
    for (int64_t i = 0; i < rows; i++) {
        int64_t row = first_row + i;
        int64_t n = call->weight ? row % s->images : row / positions;
        int64_t position = call->weight ? row / s->images : row % positions;
        int64_t to = n * s->y_stride[0];
        for (int axis = AXES - 1; axis >= 0; axis--) {
            to += position % s->out[axis] * s->y_stride[3 + axis];
            position /= s->out[axis];
        }
        for (int64_t j = 0; j < width; j++)
            set(s->dtype, call->y,
                to + j / s->out_channels * s->y_stride[1] + j % s->out_channels * s->y_stride[2],
                get(s->dtype, tile, i * width + j));
    }
    memset(tile, 0xff, (size_t)(rows * width) * cj_dtype_size(s->dtype));
}

static void describe(const cj_conv_spec *s, const char *kernel, const cj_contract_options *o,
                     char *text, size_t size)
{
    int used = snprintf(text, size, "%s %s %s threads %d load %d %d store %d: n %d g %d c %d o %d",
                        cj_isa_name(o->isa), kernel, cj_dtype_name(s->dtype), o->threads, o->load,
                        o->load_w, o->store, (int)s->images, (int)s->groups, (int)s->in_channels,
                        (int)s->out_channels);
    for (int axis = 0; axis < s->spatial; axis++)
        used += snprintf(
            text + used, size - (size_t)used, " (in %d k %d out %d s %d id %d kd %d low %d)",
            (int)s->in[axis], (int)s->kernel[axis], (int)s->out[axis], (int)s->stride[axis],
            (int)s->in_dilation[axis], (int)s->kernel_dilation[axis], (int)s->low[axis]);
}

/* Which kernels ran. */
static const char *const kernel_names[] = {
    "conv.forward.direct", "conv.forward",       "conv.phases",   "conv.gathered",
    "conv.weight",         "conv.weight.direct", "conv.depthwise"};
static int kernel_runs[CJ_COUNT(kernel_names)];

static void note_kernel(const char *name)
{
    for (size_t i = 0; i < CJ_COUNT(kernel_names); i++)
        if (strcmp(name, kernel_names[i]) == 0) {
            kernel_runs[i]++;
            return;
        }
    fail_msg("unknown kernel %s", name);
}

static void check(fixture *f, const problem *p, int pool, const cj_contract_options *given,
                  const void *want)
{
    const cj_conv_spec *s = &p->spec;
    cj_conv_kind kind = given->generic ? CJ_CONV_GENERIC : cj_conv_recognise(s);
    cj_contract_options options = *given;
    options.load = options.load && kind != CJ_CONV_GENERIC;
    options.load_w = options.load_w && kind == CJ_CONV_WEIGHT;
    cj_conv_plan *plan;
    assert_int_equal(cj_conv_plan_new(f->context, s, &options, &plan), CJ_OK);
    const cj_conv_facts *facts = cj_conv_plan_facts(plan);
    assert_int_equal(facts->kind, kind);
    note_kernel(facts->kernel);

    void *scratch = scratch_of(facts->scratch_bytes), *packed = scratch_of(facts->packed_bytes);
    void *y = filled_array(s->dtype, p->y_count, 77);
    calls call = {.p = p, .y = y, .weight = kind == CJ_CONV_WEIGHT, .grain = options.row_grain};
    cj_conv_pack(plan, f->pool[pool], p->w, packed);
    cj_conv_run_args run = {.x = options.load ? NULL : p->x,
                            .w = options.load_w        ? NULL
                                 : facts->packed_bytes ? packed
                                                       : p->w,
                            .y = options.store ? NULL : y,
                            .scratch = scratch,
                            .load = options.load ? load_x : NULL,
                            .load_state = &call,
                            .load_w = options.load_w ? load_w : NULL,
                            .load_w_state = &call,
                            .store = options.store ? store_y : NULL,
                            .store_state = &call};
    cj_conv_run(plan, f->pool[pool], &run);
    char what[400];
    describe(s, facts->kernel, &options, what, sizeof what);
    assert_same_bits(s->dtype, y, want, p->y_count, what);
    if (options.store)
        assert_int_equal(call.rows, s->images * s->out[0] * s->out[1] * s->out[2]);
    free(scratch);
    free(packed);
    free(y);
    cj_conv_plan_free(f->context, plan);
}

static void every_isa_has_the_reference_bits(void **state)
{
    fixture *f = *state;
    random_state r = {11};
    for (int round = 0; round < rounds(160, 50); round++) {
        problem p = random_problem(&r, random_chance(&r, 3));
        void *want[2];
        for (int is_fma = 0; is_fma < 2; is_fma++) {
            want[is_fma] = filled_array(p.spec.dtype, p.y_count, 77);
            cj_reference_conv(&p.spec, is_fma, p.x, p.w, want[is_fma]);
        }
        for (int isa = 0; isa < CJ_ISA_ID_COUNT; isa++) {
            if (!cj_isa_available(isa))
                continue;
            for (int way = 0; way < 6; way++) {
                int i = (int)random_between(&r, 0, POOLS - 1);
                cj_contract_options options = {
                    .isa = isa,
                    .threads = pool_threads[i],
                    .load = way == 3 || way == 5,
                    .load_w = way == 4 || way == 5,
                    .store = way >= 4,
                    .spread = way > 0,
                    .generic = way == 2,
                    .row_grain = way == 4 ? random_between(&r, 1, 50) : 0,
                    .tile_rows = way == 1 ? random_between(&r, 1, 30) : 0};
                check(f, &p, i, &options, want[cj_isa_is_fma(isa)]);
            }
        }
        free(want[0]);
        free(want[1]);
        free_problem(&p);
    }
}

static void every_kernel_ran(void **state)
{
    (void)state;
    for (size_t i = 0; i < CJ_COUNT(kernel_names); i++)
        if (kernel_runs[i] == 0)
            fail_msg("%s did not run", kernel_names[i]);
}

/* Forward, data gradient and weight gradient of strided layers with pictures of more than 256 positions. */
static void layers_of_real_size(void **state)
{
    fixture *f = *state;
    random_state r = {12};
    for (int way = 0; way < 5; way++) {
        problem p = {.spec = {.dtype = CJ_F32,
                              .spatial = 2,
                              .groups = 1,
                              .images = 3,
                              .in_channels = 16,
                              .out_channels = 32,
                              .in = {32, 32, 1},
                              .kernel = {3, 3, 1},
                              .out = {16, 16, 1},
                              .stride = {2, 2, 1},
                              .in_dilation = {1, 1, 1},
                              .kernel_dilation = {1, 1, 1},
                              .low = {1, 1, 0}}};
        cj_conv_spec *s = &p.spec;
        if (way == 1) {
            s->in[0] = s->in[1] = 16, s->out[0] = s->out[1] = 32;
            s->stride[0] = s->stride[1] = 1, s->in_dilation[0] = s->in_dilation[1] = 2;
        } else if (way == 2) {
            s->images = 16, s->in_channels = 5, s->out_channels = 32;
            s->kernel[0] = s->kernel[1] = 32, s->out[0] = s->out[1] = 3;
            s->in[0] = s->in[1] = 33;
            s->stride[0] = s->stride[1] = 1;
        } else if (way == 3) { /* one vector of columns, three kernel columns: the sliding tiles */
            s->out_channels = 16, s->out[0] = s->out[1] = 32;
            s->stride[0] = s->stride[1] = 1;
        } else if (way == 4) {
            s->images = 16, s->in_channels = 9, s->out_channels = 16;
            s->in[0] = s->in[1] = s->kernel[0] = s->kernel[1] = 20, s->out[0] = s->out[1] = 3;
            s->stride[0] = s->stride[1] = 1;
        }
        lay_out(&r, &p, false);
        for (int isa = 0; isa < CJ_ISA_ID_COUNT; isa++) {
            if (!cj_isa_available(isa))
                continue;
            void *want = filled_array(CJ_F32, p.y_count, 77);
            cj_reference_conv(s, cj_isa_is_fma(isa), p.x, p.w, want);
            for (int i = 0; i < POOLS; i++) {
                cj_contract_options options = {.isa = isa,
                                               .threads = pool_threads[i],
                                               .load = i % 2,
                                               .load_w = i % 2,
                                               .store = i > 2,
                                               .spread = true};
                uint64_t before[8];
                for (int t = 0; t < pool_threads[i]; t++)
                    before[t] = cj_pool_runs(f->pool[i], t);
                check(f, &p, i, &options, want);
                for (int t = 0; t < CJ_MIN(pool_threads[i], 3); t++)
                    assert_true(cj_pool_runs(f->pool[i], t) > before[t]);
            }
            free(want);
        }
        free_problem(&p);
    }
}

static double sum_at(const problem *p, int64_t n, int64_t g, int64_t o, const int64_t *out,
                     double *size)
{
    const cj_conv_spec *s = &p->spec;
    double sum = 0;
    for (int64_t c = 0; c < s->in_channels; c++)
        for (int64_t t0 = 0; t0 < s->kernel[0]; t0++)
            for (int64_t t1 = 0; t1 < s->kernel[1]; t1++)
                for (int64_t t2 = 0; t2 < s->kernel[2]; t2++) {
                    int64_t tap[3] = {t0, t1, t2},
                            from = n * s->x_stride[0] + g * s->x_stride[1] + c * s->x_stride[2];
                    int64_t weight = g * s->w_stride[0] + o * s->w_stride[1] + c * s->w_stride[2];
                    bool there = true;
                    for (int axis = 0; axis < 3; axis++) {
                        int64_t at = out[axis] * s->stride[axis] +
                                     tap[axis] * s->kernel_dilation[axis] - s->low[axis];
                        there = there && at >= 0 && at % s->in_dilation[axis] == 0 &&
                                at / s->in_dilation[axis] < s->in[axis];
                        from += at / s->in_dilation[axis] * s->x_stride[3 + axis];
                        weight += tap[axis] * s->w_stride[3 + axis];
                    }
                    if (!there)
                        continue;
                    double term = get(s->dtype, p->x, from) * get(s->dtype, p->w, weight);
                    sum += term;
                    *size += fabs(term);
                }
    return sum;
}

static void reference_is_right(void **state)
{
    (void)state;
    random_state r = {13};
    for (int round = 0; round < rounds(60, 30); round++) {
        problem p = random_problem(&r, false);
        const cj_conv_spec *s = &p.spec;
        void *y = filled_array(s->dtype, p.y_count, 77);
        cj_reference_conv(s, round % 2, p.x, p.w, y);
        int64_t positions = s->out[0] * s->out[1] * s->out[2],
                k = s->in_channels * s->kernel[0] * s->kernel[1] * s->kernel[2];
        for (int64_t e = 0; e < s->images * s->groups * s->out_channels * positions; e += 7) {
            int64_t position = e % positions, o = e / positions % s->out_channels;
            int64_t g = e / positions / s->out_channels % s->groups,
                    n = e / positions / s->out_channels / s->groups;
            int64_t out[3] = {position / s->out[2] / s->out[1], position / s->out[2] % s->out[1],
                              position % s->out[2]};
            double size = 0, sum = sum_at(&p, n, g, o, out, &size);
            int64_t at = n * s->y_stride[0] + g * s->y_stride[1] + o * s->y_stride[2];
            for (int axis = 0; axis < 3; axis++)
                at += out[axis] * s->y_stride[3 + axis];
            double bound = (double)(k + 2) * (s->dtype == CJ_F32 ? 0x1p-24 : 0x1p-52) * size;
            assert_true(fabs(get(s->dtype, y, at) - sum) <= bound);
        }
        free(y);
        free_problem(&p);
    }
}

/* Padding is multiplied: an infinite weight on it gives NaN; a hole is not. */
static void padding_is_multiplied_and_holes_are_not(void **state)
{
    fixture *f = *state;
    float x[2] = {1, 2}, w[2] = {INFINITY, 1}, y[4];
    cj_conv_spec s = {.dtype = CJ_F32,
                      .spatial = 1,
                      .images = 1,
                      .groups = 1,
                      .in_channels = 1,
                      .out_channels = 1,
                      .in = {2, 1, 1},
                      .kernel = {2, 1, 1},
                      .out = {2, 1, 1},
                      .stride = {1, 1, 1},
                      .in_dilation = {1, 1, 1},
                      .kernel_dilation = {1, 1, 1},
                      .low = {1, 0, 0},
                      .x_stride = {2, 2, 2, 1},
                      .w_stride = {2, 2, 2, 1},
                      .y_stride = {4, 4, 4, 1}};
    cj_reference_conv(&s, true, x, w, y);
    assert_true(isnan(y[0]) && y[1] == INFINITY);
    problem p = {s, x, w, 2};
    check(f, &p, 0, &(cj_contract_options){.isa = CJ_ISA_ID_BASELINE, .threads = 1}, y);
    s.in_dilation[0] = 2, s.low[0] = 0, s.out[0] = 2;
    cj_reference_conv(&s, true, x, w, y);
    assert_true(y[0] == INFINITY && y[1] == 2);
    p.spec = s;
    check(f, &p, 0, &(cj_contract_options){.isa = CJ_ISA_ID_BASELINE, .threads = 1}, y);
}

/* ---- kernel rows that lie on padding: left out where the bits allow it ---- */

/* Values whose products underflow, both zeros among them, and a few ordinary ones. */
static void fill_tiny(random_state *r, cj_dtype dtype, void *data, int64_t count)
{
    int tiny = dtype == CJ_F32 ? -80 : -545, positive = (int)random_between(r, 1, 12);
    for (int64_t i = 0; i < count; i++) {
        double value = random_chance(r, 3) ? 0 : ldexp(1, tiny + (int)random_between(r, 0, 8));
        if (random_chance(r, 60))
            value = 1;
        set(dtype, data, i, random_chance(r, positive) ? value : -value);
    }
}

static problem padded_problem(random_state *r)
{
    problem p = {.spec = {.dtype = random_chance(r, 3) ? CJ_F64 : CJ_F32, .spatial = 2}};
    cj_conv_spec *s = &p.spec;
    bool depthwise = random_chance(r, 5);
    s->images = random_between(r, 1, 3);
    s->groups = depthwise ? random_between(r, 2, 40) : random_between(r, 1, 2);
    s->in_channels = depthwise ? 1 : random_between(r, 1, random_chance(r, 2) ? 60 : 4);
    s->out_channels = depthwise ? 1 : random_between(r, 1, 70);
    s->in[2] = s->kernel[2] = s->out[2] = 1;
    s->stride[2] = s->in_dilation[2] = s->kernel_dilation[2] = 1;
    for (int axis = 0; axis < 2; axis++) {
        s->in[axis] = random_between(r, 1, 6);
        s->kernel[axis] = random_between(r, 1, 5);
        s->in_dilation[axis] = random_between(r, 1, 2);
        s->stride[axis] = s->in_dilation[axis] == 1 ? random_between(r, 1, 2) : 1;
        s->kernel_dilation[axis] = random_chance(r, 3) ? 2 : 1;
        s->low[axis] = random_between(r, 0, 6);
        s->out[axis] = out_extent(s, axis, random_between(r, 0, 6));
    }
    lay_out(r, &p, false);
    return p;
}

static void rows_on_padding_do_not_show(void **state)
{
    fixture *f = *state;
    random_state r = {14};
    int64_t zeros[2] = {0}, odd = 0;
    for (int round = 0; round < rounds(150, 60); round++) {
        problem p = padded_problem(&r);
        cj_conv_spec *s = &p.spec;
        int64_t x_count = spanned(s->x_stride, s->images, s->groups, s->in_channels, s->in);
        int64_t w_count =
            spanned(s->w_stride, s->groups, s->out_channels, s->in_channels, s->kernel);
        bool tiny = !random_chance(&r, 4);
        if (tiny) {
            fill_tiny(&r, s->dtype, p.x, x_count);
            fill_tiny(&r, s->dtype, p.w, w_count);
        }
        if (random_chance(&r, 3)) { /* one panel of several */
            static const double values[] = {INFINITY, -INFINITY, NAN};
            set(s->dtype, p.w, random_between(&r, 0, w_count - 1), values[random_next(&r) % 3]);
            odd++;
        }
        void *want[2];
        for (int is_fma = 0; is_fma < 2; is_fma++) {
            want[is_fma] = filled_array(s->dtype, p.y_count, 77);
            cj_reference_conv(s, is_fma, p.x, p.w, want[is_fma]);
        }
        for (int64_t i = 0; i < p.y_count; i++)
            if (get(s->dtype, want[1], i) == 0)
                zeros[signbit(get(s->dtype, want[1], i)) != 0]++;
        for (int isa = 0; isa < CJ_ISA_ID_COUNT; isa++) {
            if (!cj_isa_available(isa))
                continue;
            for (int way = 0; way < 3; way++) {
                int i = (int)random_between(&r, 0, POOLS - 1);
                cj_contract_options options = {.isa = isa,
                                               .threads = pool_threads[i],
                                               .load = way == 1,
                                               .store = way > 0,
                                               .spread = true,
                                               .tile_rows =
                                                   way == 2 ? random_between(&r, 1, 30) : 0};
                check(f, &p, i, &options, want[cj_isa_is_fma(isa)]);
            }
        }
        free(want[0]);
        free(want[1]);
        free_problem(&p);
    }
    assert_true(zeros[0] > 100 && zeros[1] > 100 && odd > 3);
}

/* Rows 2^30 elements apart: the offsets of the fast kernel would not fit, the generic one serves. */
static void far_rows_take_the_generic_kernel(void **state)
{
    fixture *f = *state;
    const int64_t row = INT64_C(1) << 30, bytes = 3 * row * (int64_t)sizeof(float);
    float *x = mmap(NULL, (size_t)bytes, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (x == MAP_FAILED) {
        print_message("left out: no 12 GiB of address space\n");
        skip();
    }
    random_state r = {15};
    problem p = {.spec = {.dtype = CJ_F32,
                          .spatial = 2,
                          .images = 1,
                          .groups = 1,
                          .in_channels = 1,
                          .out_channels = 4,
                          .in = {3, 5, 1},
                          .kernel = {3, 1, 1},
                          .out = {1, 5, 1},
                          .stride = {1, 1, 1},
                          .in_dilation = {1, 1, 1},
                          .kernel_dilation = {1, 1, 1},
                          .x_stride = {0, 0, 1, row, 1, 0},
                          .w_stride = {0, 3, 3, 1, 1, 1},
                          .y_stride = {0, 0, 1, 20, 4, 20}},
                 .x = x,
                 .w = random_array(&r, CJ_F32, 12, false),
                 .y_count = 20};
    for (int64_t h = 0; h < 3; h++)
        for (int64_t w = 0; w < 5; w++)
            x[h * row + w] = (float)(h * 5 + w) / 7;
    assert_int_equal(cj_conv_recognise(&p.spec), CJ_CONV_FORWARD);
    int isa = cj_isa_choose(NULL, NULL, 0);
    float want[20], y[20];
    cj_reference_conv(&p.spec, cj_isa_is_fma(isa), p.x, p.w, want);
    cj_contract_options options = {.isa = isa, .threads = 1};
    cj_conv_plan *plan;
    assert_int_equal(cj_conv_plan_new(f->context, &p.spec, &options, &plan), CJ_OK);
    const cj_conv_facts *facts = cj_conv_plan_facts(plan);
    assert_string_equal(facts->kernel, "conv.gathered");
    void *scratch = scratch_of(facts->scratch_bytes), *packed = scratch_of(facts->packed_bytes);
    cj_conv_pack(plan, f->pool[0], p.w, packed);
    cj_conv_run_args run = {.x = x, .w = packed, .y = y, .scratch = scratch};
    cj_conv_run(plan, f->pool[0], &run);
    assert_same_bits(CJ_F32, y, want, 20, facts->kernel);
    cj_conv_plan_free(f->context, plan);
    free(scratch);
    free(packed);
    free(p.w);
    munmap(x, (size_t)bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(padding_is_multiplied_and_holes_are_not),
        cmocka_unit_test(reference_is_right),
        cmocka_unit_test(layers_of_real_size),
        cmocka_unit_test(far_rows_take_the_generic_kernel),
        cmocka_unit_test(rows_on_padding_do_not_show),
        cmocka_unit_test(every_isa_has_the_reference_bits),
        cmocka_unit_test(every_kernel_ran),
    };
    return cmocka_run_group_tests(tests, set_up_pools, tear_down_pools);
}
