/* tests/cpu/test_window.c - window ops: known answers, a plain f64 loop, every kernel against its definition. */
#include "cpu/isa.h"
#include "cpu/window.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <setjmp.h>

#include <cmocka.h>

/* ---- random cases ---- */

static cj_key case_key;
static uint64_t case_draw;

static int64_t draw(int64_t low, int64_t high)
{
    return low + cj_key_bits(case_key, case_draw++) % (high - low + 1);
}

/* Strides of a tensor whose axes lie in memory in the order given, the last without gaps. */
static int64_t lay_out(int rank, const int64_t *extent, const int64_t *order, int64_t *stride)
{
    int64_t size = 1;
    for (int i = rank - 1; i >= 0; i--) {
        stride[order[i]] = size;
        size *= extent[order[i]];
    }
    return size;
}

enum layout { ROW_MAJOR, CHANNELS_LAST, SHUFFLED };

typedef struct sizes {
    int64_t x, y, index;
} sizes;

static sizes set_strides(cj_window *w, enum layout layout)
{
    int rank = w->outer + w->axes;
    int64_t out[CJ_MAX_RANK], order[3][CJ_MAX_RANK];
    for (int a = 0; a < rank; a++) {
        bool outer = a < w->outer;
        out[a] = outer ? w->extent[a] : cj_window_axis_extent(w->extent[a], &w->axis[a - w->outer]);
        for (int t = 0; t < 3; t++)
            order[t][a] = a;
    }
    for (int t = 0; t < 3 && layout == SHUFFLED; t++)
        cj_key_permutation(cj_key_fold(case_key, case_draw++), rank, order[t]);
    for (int t = 0; t < 3 && layout == CHANNELS_LAST && w->outer > 0; t++) {
        memmove(&order[t][w->outer - 1], &order[t][w->outer], (size_t)w->axes * sizeof order[t][0]);
        order[t][rank - 1] = w->outer - 1;
    }
    return (sizes){lay_out(rank, w->extent, order[0], w->x_stride),
                   lay_out(rank, out, order[1], w->y_stride),
                   lay_out(rank, out, order[2], w->index_stride)};
}

static cj_window random_window(cj_dtype dtype, bool holes)
{
    cj_window w = {.dtype = dtype, .outer = (int)draw(0, 3), .axes = (int)draw(1, 3)};
    for (int a = 0; a < w.outer; a++)
        w.extent[a] = draw(draw(0, 9) > 0, a == w.outer - 1 && draw(0, 1) ? 70 : 4);
    for (int d = 0; d < w.axes; d++) {
        int64_t most = d == w.axes - 1 && draw(0, 3) == 0 ? 80 : 9;
        w.extent[w.outer + d] = draw(draw(0, 9) > 0, most);
        w.axis[d] = (cj_window_axis){.window = draw(1, 4),
                                     .stride = draw(1, 4),
                                     .dilation = draw(0, 2) ? 1 : draw(1, 4),
                                     .input_dilation = holes && draw(0, 1) ? draw(1, 4) : 1};
        if (draw(0, 1)) {
            w.axis[d].pad_low = draw(-2, 4);
            w.axis[d].pad_high = draw(-2, 4);
        }
    }
    return w;
}

/* Few values, so that there are ties; zeros of both signs, infinities and NaN among them. */
static void fill(cj_dtype dtype, void *data, int64_t n, bool special)
{
    static const float odd[] = {0.0f, -0.0f, INFINITY, -INFINITY, NAN, 1e-42f};
    for (int64_t i = 0; i < n; i++) {
        int64_t kind = draw(0, 99);
        double value = kind < 50 ? (double)draw(-3, 3) : (double)draw(-1000000, 1000000) / 3000.0;
        if (special && kind > 80)
            value = (double)odd[draw(0, 5)];
        if (dtype == CJ_F32)
            ((float *)data)[i] = (float)value;
        else if (dtype == CJ_F64)
            ((double *)data)[i] = value;
        else
            ((int32_t *)data)[i] = special && kind > 80 ? INT32_MIN : (int32_t)value;
    }
}

typedef struct tensors {
    void *x, *y, *index, *y_want, *index_want, *x_want;
    size_t x_bytes, y_bytes, index_bytes;
} tensors;

static tensors make_tensors(const cj_window *w, sizes s)
{
    size_t size = cj_dtype_size(w->dtype);
    tensors t = {.x_bytes = (size_t)s.x * size,
                 .y_bytes = (size_t)s.y * size,
                 .index_bytes = (size_t)s.index * sizeof(int32_t)};
    t.x = malloc(t.x_bytes + 1); /* exact: the address sanitizer sees what goes beyond */
    t.x_want = malloc(t.x_bytes + 1);
    t.y = malloc(t.y_bytes + 1);
    t.y_want = malloc(t.y_bytes + 1);
    t.index = malloc(t.index_bytes + 1);
    t.index_want = malloc(t.index_bytes + 1);
    return t;
}

static void free_tensors(tensors *t)
{
    free(t->x);
    free(t->x_want);
    free(t->y);
    free(t->y_want);
    free(t->index);
    free(t->index_want);
}

/* ---- every kernel against its definition ---- */

/* A NaN counts as one value: inf - inf has another sign on another processor. */
static void settle_nans(cj_dtype dtype, void *data, size_t bytes)
{
    for (size_t i = 0; dtype == CJ_F32 && i < bytes / sizeof(float); i++)
        if (isnan(((float *)data)[i]))
            ((float *)data)[i] = NAN;
    for (size_t i = 0; dtype == CJ_F64 && i < bytes / sizeof(double); i++)
        if (isnan(((double *)data)[i]))
            ((double *)data)[i] = (double)NAN;
}

static void check_equal(cj_dtype dtype, void *got, void *want, size_t bytes)
{
    settle_nans(dtype, got, bytes);
    settle_nans(dtype, want, bytes);
    assert_memory_equal(got, want, bytes);
}

enum op { SUM, MAX, GATHER, SCATTER };

static void run_part(const cj_window_plan *plan, enum op op, const tensors *t, int64_t begin,
                     int64_t end)
{
    switch (op) {
    case SUM: cj_run_window_sum(plan, t->x, t->y, begin, end); break;
    case MAX: cj_run_window_max(plan, t->x, t->y, t->index, begin, end); break;
    case GATHER: cj_run_window_gather(plan, t->x, t->index, t->y, begin, end); break;
    case SCATTER: cj_run_window_scatter(plan, t->y, t->index, t->x, begin, end); break;
    }
}

/* In pieces, the last first. */
static void run_all(const cj_window_plan *plan, enum op op, const tensors *t)
{
    int64_t items = op == SCATTER ? cj_window_scatter_items(plan) : cj_window_items(plan);
    for (int64_t end = items; end > 0;) {
        int64_t begin = end - draw(1, end);
        run_part(plan, op, t, begin, end);
        end = begin;
    }
}

static void check_all(const cj_window *w, const tensors *t, int isa)
{
    cj_window_plan plan;
    cj_window_plan_make(&plan, w, isa);
    cj_reference_window_sum(w, t->x, t->y_want);
    memset(t->y, 0xAB, t->y_bytes);
    run_all(&plan, SUM, t);
    check_equal(w->dtype, t->y, t->y_want, t->y_bytes);
    for (int d = 0; d < w->axes; d++)
        if (w->axis[d].input_dilation > 1)
            return;

    cj_reference_window_max(w, t->x, t->y_want, t->index_want);
    memset(t->y, 0xAB, t->y_bytes);
    memset(t->index, 0xAB, t->index_bytes);
    run_all(&plan, MAX, t);
    check_equal(w->dtype, t->y, t->y_want, t->y_bytes);
    assert_memory_equal(t->index, t->index_want, t->index_bytes);
    memset(t->y, 0xAB, t->y_bytes);
    memset(t->index, 0xAB, t->index_bytes);
    cj_run_window_max(&plan, t->x, t->y, NULL, 0, cj_window_items(&plan));
    cj_run_window_max(&plan, t->x, NULL, t->index, 0, cj_window_items(&plan));
    check_equal(w->dtype, t->y, t->y_want, t->y_bytes);
    assert_memory_equal(t->index, t->index_want, t->index_bytes);
    if (w->dtype == CJ_I32)
        return;

    /* Some numbers that name nothing. */
    for (size_t i = 0; i < t->index_bytes / sizeof(int32_t); i++)
        if (draw(0, 9) == 0)
            ((int32_t *)t->index)[i] = (int32_t)draw(-3, 70);
    cj_reference_window_gather(w, t->x, t->index, t->y_want);
    memset(t->y, 0xAB, t->y_bytes);
    run_all(&plan, GATHER, t);
    check_equal(w->dtype, t->y, t->y_want, t->y_bytes);

    fill(w->dtype, t->y, (int64_t)(t->y_bytes / cj_dtype_size(w->dtype)), draw(0, 1));
    cj_reference_window_scatter(w, t->y, t->index, t->x_want);
    memset(t->x, 0xAB, t->x_bytes);
    run_all(&plan, SCATTER, t);
    check_equal(w->dtype, t->x, t->x_want, t->x_bytes);
}

static void kernels_equal_their_definitions(void **unused)
{
    (void)unused;
    const cj_dtype dtypes[] = {CJ_F32, CJ_F64, CJ_I32};
    int tested = 0;
    for (int isa = 0; isa < CJ_ISA_ID_COUNT; isa++) {
        if (!cj_isa_available(isa)) {
            print_message("%s: not on this processor\n", cj_isa_name(isa));
            continue;
        }
        tested++;
        for (uint64_t trial = 0; trial < 1500; trial++) {
            case_key = cj_key_fold(cj_key_from_seed(4), trial);
            case_draw = 0;
            cj_window w = random_window(dtypes[trial % 3], trial % 4 == 0);
            sizes s = set_strides(&w, (enum layout)draw(0, 2));
            tensors t = make_tensors(&w, s);
            fill(w.dtype, t.x, s.x, draw(0, 1));
            check_all(&w, &t, isa);
            free_tensors(&t);
        }
    }
    assert_true(tested > 0);
}

/* ---- the definition against a plain loop in f64, written from the text of window.h for one axis ---- */

static void check_line(const cj_window_axis *a, int64_t size)
{
    cj_window w = {.dtype = CJ_F64,
                   .axes = 1,
                   .extent = {size},
                   .x_stride = {1},
                   .y_stride = {1},
                   .index_stride = {1},
                   .axis = {*a}};
    int64_t dilated = size ? (size - 1) * a->input_dilation + 1 : 0;
    double *line = calloc((size_t)dilated + 1, sizeof *line); /* with its holes */
    bool *there = calloc((size_t)dilated + 1, sizeof *there);
    double x[32], y[64], best[64];
    int32_t index[64];
    fill(CJ_F64, x, size, false);
    for (int64_t i = 0; i < size; i++) {
        line[i * a->input_dilation] = x[i];
        there[i * a->input_dilation] = true;
    }
    int64_t out = 0, reach = (a->window - 1) * a->dilation;
    while (out * a->stride + reach < dilated + a->pad_low + a->pad_high)
        out++;
    assert_int_equal(cj_window_axis_extent(size, a), out);
    cj_reference_window_sum(&w, x, y);
    cj_reference_window_max(&w, x, best, index);
    for (int64_t o = 0; o < out; o++) {
        double sum = 0, most = -INFINITY;
        int64_t at = 0;
        bool any = false;
        for (int64_t k = 0; k < a->window; k++) {
            int64_t p = o * a->stride + k * a->dilation - a->pad_low;
            if (p < 0 || p >= dilated || !there[p])
                continue;
            sum += line[p];
            if (!any || line[p] > most) {
                most = line[p];
                at = k;
            }
            any = true;
        }
        assert_true(fabs(y[o] - sum) <= 1e-9);
        assert_true(best[o] == most);
        assert_int_equal(index[o], at);
    }
    free(line);
    free(there);
}

static void the_definition_equals_a_plain_loop(void **unused)
{
    (void)unused;
    case_key = cj_key_from_seed(5);
    case_draw = 0;
    for (int trial = 0; trial < 1000; trial++) {
        cj_window_axis a = {draw(1, 4), draw(1, 4),  draw(1, 3),
                            draw(1, 3), draw(-3, 4), draw(-3, 4)};
        check_line(&a, draw(0, 12));
    }
}

/* ---- known answers ---- */

static void a_small_picture(void **unused)
{
    (void)unused;
    /* 4x4, windows 2x2, stride 2; as torch.nn.functional.max_pool2d gives it. */
    const float x[16] = {1, 2, 5, 5, 4, 3, 5, 5, -1, NAN, 0, -0.0f, NAN, 7, -0.0f, 0};
    cj_window w = {.dtype = CJ_F32,
                   .axes = 2,
                   .extent = {4, 4},
                   .x_stride = {4, 1},
                   .y_stride = {2, 1},
                   .index_stride = {2, 1},
                   .axis = {{2, 2, 1, 1, 0, 0}, {2, 2, 1, 1, 0, 0}}};
    float y[4], back[16];
    int32_t index[4];
    int isa = cj_isa_choose(NULL, NULL, 0);
    cj_window_plan plan;
    cj_window_plan_make(&plan, &w, isa);
    cj_run_window_max(&plan, x, y, index, 0, cj_window_items(&plan));
    const int32_t want[4] = {2, 0, 1, 0};
    assert_memory_equal(index, want, sizeof want);
    assert_true(y[0] == 4 && y[1] == 5 && isnan(y[2]) && y[3] == 0 && !signbit(y[3]));
    const float grad[4] = {10, 20, 30, -0.0f};
    cj_run_window_scatter(&plan, grad, index, back, 0, cj_window_scatter_items(&plan));
    for (int i = 0; i < 16; i++)
        assert_true(back[i] == (i == 4 ? 10 : i == 2 ? 20 : i == 9 ? 30 : 0) && !signbit(back[i]));
    cj_run_window_sum(&plan, x, y, 0, cj_window_items(&plan));
    assert_true(y[0] == 10 && y[1] == 20 && isnan(y[2]) && y[3] == 0);
}

static void nothing_in_the_window(void **unused)
{
    (void)unused;
    cj_window w = {.dtype = CJ_I32,
                   .axes = 1,
                   .extent = {1},
                   .x_stride = {1},
                   .y_stride = {1},
                   .index_stride = {1},
                   .axis = {{2, 1, 1, 1, 3, 3}}};
    const int32_t x[1] = {-5};
    int32_t y[6], index[6];
    cj_window_plan plan;
    cj_window_plan_make(&plan, &w, CJ_ISA_ID_BASELINE);
    assert_int_equal(cj_window_axis_extent(1, &w.axis[0]), 6);
    cj_run_window_max(&plan, x, y, index, 0, cj_window_items(&plan));
    const int32_t most[6] = {INT32_MIN, INT32_MIN, -5, -5, INT32_MIN, INT32_MIN};
    const int32_t at[6] = {0, 0, 1, 0, 0, 0};
    assert_memory_equal(y, most, sizeof y);
    assert_memory_equal(index, at, sizeof at);
    cj_run_window_sum(&plan, x, y, 0, cj_window_items(&plan));
    const int32_t sum[6] = {0, 0, -5, -5, 0, 0};
    assert_memory_equal(y, sum, sizeof y);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_small_picture),
        cmocka_unit_test(nothing_in_the_window),
        cmocka_unit_test(the_definition_equals_a_plain_loop),
        cmocka_unit_test(kernels_equal_their_definitions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
