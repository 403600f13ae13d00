/*
 * tests/compile/test_property.c - random graphs of all ops, computed in every way that must give the same bits, and
 * compared with plain loops.
 *
 * CAJAL_PROPERTY_GRAPHS says how many (default 300).
 */
#include "../support/evaluate.h"
#include "cajal/cajal.h"
#include "cpu/isa.h"
#include "graph/graph.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { MOST = 64, OUTPUTS = 4 };

typedef struct graph {
    uint64_t state;
    cj_context *context;
    bool checkpoints;
    bool exact; /* only ops without jumps, in f64, so that plain loops must agree closely */
    cj_tensor *node[MOST];
    int count;
} graph;

static uint64_t draw(graph *g)
{
    g->state ^= g->state << 13;
    g->state ^= g->state >> 7;
    g->state ^= g->state << 17;
    return g->state * UINT64_C(0x2545F4914F6CDD1D);
}

static int64_t below(graph *g, int64_t n)
{
    return (int64_t)(draw(g) >> 33) % n;
}

static double number(graph *g)
{
    return (double)(draw(g) >> 11) * 0x1p-53 * 4 - 2;
}

static void keep(graph *g, cj_tensor *t)
{
    if (!t || g->count == MOST || cj_elements(t) > 60000)
        return;
    g->node[g->count++] = g->checkpoints && below(g, 5) == 0 ? cj_checkpoint(t) : t;
}

static cj_tensor *leaf(graph *g, cj_dtype dtype, int rank, const int64_t *shape)
{
    int64_t n = 1;
    for (int i = 0; i < rank; i++)
        n *= shape[i];
    unsigned char *data = calloc((size_t)n + 1, cj_dtype_size(dtype));
    for (int64_t i = 0; i < n; i++) {
        if (cj_dtype_class(dtype) == 'f')
            cj_number_store(dtype, data, i, number(g));
        else if (dtype == CJ_I32)
            ((int32_t *)(void *)data)[i] = (int32_t)below(g, 200) - 100;
        else
            data[i] = (unsigned char)below(g, 2);
    }
    cj_tensor *t = cj_tensor_from(g->context, dtype, rank, shape, data);
    free(data);
    return t;
}

static cj_tensor *pick(graph *g, cj_dtype dtype)
{
    for (int tries = 0; tries < 20; tries++) {
        cj_tensor *t = g->node[below(g, g->count)];
        if (cj_tensor_dtype(t) == dtype)
            return t;
    }
    return NULL;
}

/* A tensor that broadcasts with t: its shape with some axes 1 or missing. */
static cj_tensor *partner(graph *g, cj_tensor *t)
{
    for (int tries = 0; tries < 10; tries++) {
        cj_tensor *o = pick(g, cj_tensor_dtype(t));
        bool fits = o && cj_rank(o) <= cj_rank(t);
        for (int i = 1; fits && i <= cj_rank(o); i++) {
            int64_t a = cj_extent(o, -i), b = cj_extent(t, -i);
            fits = a == b || a == 1;
        }
        if (fits)
            return o;
    }
    int64_t shape[CJ_MAX_RANK];
    int drop = (int)below(g, cj_rank(t) + 1);
    for (int i = drop; i < cj_rank(t); i++)
        shape[i - drop] = below(g, 3) ? cj_shape(t)[i] : 1;
    return leaf(g, cj_tensor_dtype(t), cj_rank(t) - drop, shape);
}

static void grow_map(graph *g, cj_dtype dtype)
{
    cj_tensor *x = pick(g, dtype);
    if (!x)
        return;
    cj_tensor *y = partner(g, x);
    switch (below(g, 30)) {
    case 22: keep(g, cj_logaddexp(x, y)); break;
    case 23: keep(g, cj_asinh(cj_hypot(x, y))); break;
    case 24: keep(g, cj_atan2(x, cj_shift(cj_square(y), 1))); break;
    case 25: keep(g, cj_erfc(cj_atan(x))); break;
    case 26: keep(g, cj_log2(cj_exp2(cj_tanh(x)))); break;
    case 27: keep(g, cj_lgamma(cj_shift(cj_abs(cj_tanh(x)), 0.5))); break;
    case 28: keep(g, cj_bessel_i1e(x)); break;
    case 0: keep(g, cj_neg(x)); break;
    case 1: keep(g, cj_tanh(x)); break;
    case 2: keep(g, cj_exp(cj_tanh(x))); break;
    case 3: keep(g, cj_log1p(cj_abs(x))); break;
    case 4: keep(g, cj_sin(x)); break;
    case 5: keep(g, cj_cos(x)); break;
    case 6: keep(g, cj_erf(x)); break;
    case 7: keep(g, cj_sqrt(cj_shift(cj_square(x), 0.5))); break;
    case 8: keep(g, cj_relu(x)); break;
    case 9: keep(g, cj_div(x, cj_shift(cj_square(y), 1))); break;
    case 10: keep(g, cj_maximum(x, y)); break;
    case 11: keep(g, cj_where(cj_lt(x, y), x, cj_mul(x, y))); break;
    case 12: keep(g, cj_where(cj_le(x, cj_like(x, 0)), cj_like(x, 0), y)); break;
    case 13: keep(g, cj_scale(x, 0.75)); break;
    case 14: keep(g, cj_expm1(cj_tanh(x))); break;
    case 15: keep(g, cj_pow(cj_shift(cj_abs(x), 0.25), cj_tanh(y))); break;
    case 16: keep(g, cj_sub(cj_mul(x, y), x)); break;
    case 17: keep(g, cj_sub(x, cj_mul(x, y))); break;
    case 18: keep(g, cj_sub(x, y)); break;
    case 19: keep(g, cj_mul(x, y)); break;
    default: keep(g, cj_add(x, y)); break;
    }
}

static void grow_movement(graph *g, cj_dtype dtype)
{
    cj_tensor *x = pick(g, dtype);
    if (!x || cj_rank(x) == 0)
        return;
    int rank = cj_rank(x), axes[CJ_MAX_RANK];
    int64_t a[CJ_MAX_RANK], b[CJ_MAX_RANK], c[CJ_MAX_RANK];
    for (int i = 0; i < rank; i++)
        axes[i] = i;
    switch (below(g, 8)) {
    case 0:
        for (int i = rank - 1; i > 0; i--) {
            int j = (int)below(g, i + 1), swap = axes[i];
            axes[i] = axes[j];
            axes[j] = swap;
        }
        keep(g, cj_permute(x, axes));
        break;
    case 1: keep(g, cj_reshape(x, 1, (int64_t[]){-1})); break;
    case 2:
        for (int i = 0; i < rank; i++) {
            a[i] = below(g, 4) - 1;
            b[i] = below(g, 4) - 1;
            if (cj_shape(x)[i] + a[i] + b[i] < 0)
                a[i] = b[i] = 0;
        }
        keep(g, cj_pad(x, a, b));
        break;
    case 3:
        for (int i = 0; i < rank; i++) {
            a[i] = cj_shape(x)[i] > 1 ? below(g, 2) : 0;
            b[i] = cj_shape(x)[i];
            c[i] = below(g, 2) + 1;
        }
        keep(g, cj_slice(x, a, b, c));
        break;
    case 4: keep(g, cj_flip(x, (uint32_t)below(g, 1 << rank))); break;
    case 5: {
        cj_tensor *both[2] = {x, cj_scale(x, 0.5)};
        keep(g, cj_concat((int)below(g, rank), 2, both));
        break;
    }
    case 6:
        if (cj_elements(x) % 2 == 0 && cj_elements(x) > 0)
            keep(g, cj_reshape(x, 2, (int64_t[]){2, -1}));
        break;
    default: keep(g, cj_unsqueeze(x, (int)below(g, rank + 1))); break;
    }
}

static void grow_reduction(graph *g, cj_dtype dtype)
{
    cj_tensor *x = pick(g, dtype);
    if (!x || cj_rank(x) == 0)
        return;
    uint32_t mask = (uint32_t)below(g, (1 << cj_rank(x)) - 1) + 1;
    bool held = below(g, 2);
    switch (below(g, 5)) {
    case 0: keep(g, cj_amax(x, mask, held)); break;
    case 1: keep(g, cj_amin(x, mask, held)); break;
    case 2: keep(g, cj_sub(x, cj_mean(x, mask, true))); break;
    case 3:
        if (!g->exact)
            keep(g, cj_cast(cj_argmax(x, mask, held), dtype));
        break;
    default: keep(g, cj_scale(cj_sum(x, mask, held), 0.125)); break;
    }
}

static void grow_contraction(graph *g, cj_dtype dtype)
{
    if (below(g, 2)) {
        cj_tensor *x = pick(g, dtype);
        if (!x || cj_rank(x) < 2)
            return;
        int64_t shape[2] = {cj_extent(x, -1), below(g, 20) + 1};
        keep(g, cj_scale(cj_matmul(x, leaf(g, dtype, 2, shape)), 0.2));
        return;
    }
    int64_t d = below(g, 2) + 1, k[5], xs[5];
    cj_conv_options o = {.spatial = (int)d};
    xs[0] = below(g, 4) + 1;
    xs[1] = k[0] = below(g, 2) + 1;
    xs[2] = k[2] = below(g, 5) + 1;
    k[1] = below(g, 9) + 1;
    for (int i = 0; i < d; i++) {
        xs[3 + i] = below(g, 9) + 3;
        k[3 + i] = below(g, 3) + 1;
        o.stride[i] = below(g, 2) + 1;
        o.input_dilation[i] = below(g, 5) ? 1 : 2;
        o.kernel_dilation[i] = below(g, 5) ? 1 : 2;
        o.low[i] = below(g, 3);
        o.high[i] = below(g, 3);
    }
    cj_tensor *w = leaf(g, dtype, 3 + (int)d, k), *x = leaf(g, dtype, 3 + (int)d, xs);
    if (below(g, 2)) /* computed as they are read */
        x = cj_neg(x);
    if (below(g, 2))
        w = cj_neg(w);
    cj_tensor *y = cj_scale(cj_convolve(x, w, &o), 0.2);
    keep(g, y);
    keep(g, cj_relu(y));
}

static void grow_window(graph *g, cj_dtype dtype)
{
    cj_tensor *x = pick(g, dtype);
    if (!x || cj_rank(x) < 2)
        return;
    cj_window_options o = {.spatial = (int)below(g, 2) + 1};
    for (int i = 0; i < o.spatial; i++) {
        o.window[i] = below(g, 2) + 1;
        o.stride[i] = below(g, 2) + 1;
        o.dilation[i] = o.input_dilation[i] = 1;
        o.low[i] = below(g, 2);
        o.high[i] = below(g, 2);
        if (o.low[i] >= o.window[i])
            o.low[i] = 0;
        if (o.high[i] >= o.window[i])
            o.high[i] = 0;
    }
    if (below(g, 2))
        keep(g, cj_window_sum(x, &o));
    else
        keep(g, cj_window_max(x, &o));
}

/* Indexes below n. */
static cj_tensor *indexes(graph *g, int64_t count, int64_t n)
{
    int32_t data[16];
    for (int64_t i = 0; i < count; i++)
        data[i] = (int32_t)below(g, n);
    return cj_tensor_from(g->context, CJ_I32, 1, &count, data);
}

/* Ops along an axis, most of them kernels of their own. */
static void grow_along(graph *g, cj_dtype dtype)
{
    cj_tensor *x = pick(g, dtype);
    if (!x || cj_rank(x) == 0)
        return;
    int axis = (int)below(g, cj_rank(x));
    int64_t n = cj_shape(x)[axis], k = below(g, 12) + 1;
    switch (below(g, 11)) {
    case 0: keep(g, cj_scale(cj_cumsum(x, axis), 0.125)); break;
    case 1: keep(g, cj_recurrence(cj_tanh(partner(g, x)), x, axis)); break;
    case 2: keep(g, cj_cummax(x, axis)); break;
    case 3: keep(g, cj_roll(x, k, axis)); break;
    case 4:
        if (n > 0)
            keep(g, cj_take(x, axis, indexes(g, k, n)));
        break;
    case 5: { /* rows added to fewer rows */
        int64_t shape[CJ_MAX_RANK];
        if (n > 16)
            break;
        memcpy(shape, cj_shape(x), sizeof(*shape) * (size_t)cj_rank(x));
        shape[axis] = k;
        int64_t along[CJ_MAX_RANK];
        for (int i = 0; i < cj_rank(x); i++)
            along[i] = i == axis ? n : 1;
        cj_tensor *to = cj_reshape(indexes(g, n, k), cj_rank(x), along);
        keep(g, cj_scatter_add(cj_full(g->context, dtype, cj_rank(x), shape, 0.5), axis, to, x));
        break;
    }
    case 6:
        if (n > 0)
            keep(g, cj_scale(cj_complex_abs2(cj_rfft(x, axis, CJ_FFT_ORTHO)), 0.25));
        break;
    case 7: keep(g, cj_logsumexp(x, CJ_AXIS(axis), below(g, 2))); break;
    case 8:
        keep(g, cj_prod(cj_shift(cj_scale(cj_tanh(x), 0.1), 1), CJ_AXIS(axis), below(g, 2)));
        break;
    case 9:
        if (!g->exact)
            keep(g, cj_sort(x, axis, below(g, 2)));
        break;
    default: keep(g, cj_straight_through(cj_tanh(x), x)); break;
    }
}

/* A recurrence over the rows of x, in which everything else of the body is x's row; and a branch. */
static void recur(void *user, cj_body *b)
{
    (void)user;
    b->next[0] = cj_tanh(cj_add(cj_scale(b->carry[0], 0.5), cj_mul(b->x[0], b->carry[0])));
    b->y[0] = cj_add(cj_square(b->next[0]), b->x[0]);
}

static void halve(void *user, cj_tensor *const *operand, cj_tensor **result)
{
    (void)user;
    result[0] = cj_scale(operand[0], 0.5);
}

static void square(void *user, cj_tensor *const *operand, cj_tensor **result)
{
    (void)user;
    result[0] = cj_mul(operand[0], cj_tanh(operand[0]));
}

static void grow_control(graph *g, cj_dtype dtype)
{
    cj_tensor *x = pick(g, dtype), *last = NULL, *y = NULL;
    if (!x || g->exact)
        return;
    if (cj_rank(x) > 0 && below(g, 2)) {
        cj_tensor *start = cj_full(g->context, dtype, cj_rank(x) - 1, cj_shape(x) + 1, 0.3);
        cj_loop(g->context, recur, NULL, .carries = 1, .init = &start, .xs = 1, .x = &x, .ys = 1,
                .last = &last, .y = &y, .reverse = below(g, 2));
        keep(g, last);
        keep(g, y);
    } else {
        cj_tensor *total = cj_sum(x, CJ_ALL, false);
        cj_tensor *positive = cj_gt(total, cj_like(total, 0));
        if (cj_cond(positive, halve, square, NULL, 1, &x, 1, &y) == CJ_OK)
            keep(g, y);
    }
}

/* Builds the graph of a seed; returns the number of outputs. */
static int build(graph *g, uint64_t seed, cj_dtype dtype, cj_tensor **output)
{
    g->state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
    g->count = 0;
    for (int i = 0; i < 8; i++)
        draw(g);
    for (int i = 0; i < 4; i++) {
        int rank = (int)below(g, 5);
        int64_t shape[4];
        for (int k = 0; k < rank; k++)
            shape[k] = below(g, 12) == 0 ? below(g, 2) : below(g, 9) + 1;
        if (i == 0) {
            rank = 2;
            shape[0] = below(g, 70) + 1;
            shape[1] = below(g, 600) + 1;
        }
        keep(g, leaf(g, dtype, rank, shape));
    }
    int target = 6 + (int)below(g, 24);
    for (int tries = 0; g->count < target && tries < 200; tries++) {
        int64_t what = below(g, 25);
        if (what < 10)
            grow_map(g, dtype);
        else if (what < 14)
            grow_movement(g, dtype);
        else if (what < 17)
            grow_reduction(g, dtype);
        else if (what < 19)
            grow_contraction(g, dtype);
        else if (what < 20)
            grow_window(g, dtype);
        else if (what < 24)
            grow_along(g, dtype);
        else
            grow_control(g, dtype);
    }
    if (cj_context_status(g->context)) {
        print_error("seed %llu: %s\n", (unsigned long long)seed, cj_error(g->context));
        fail();
    }
    /* half of the graphs: the gradient of the last node's sum too */
    if (below(g, 2)) {
        cj_tensor *y = cj_sum(g->node[g->count - 1], CJ_ALL, false), *gradient;
        if (cj_grad(y, 1, &g->node[0], &gradient) == CJ_OK && g->count < MOST)
            g->node[g->count++] = gradient;
    }
    int outputs = 0;
    for (int i = g->count - 1; i >= 0 && outputs < OUTPUTS; i -= outputs ? 1 + (int)below(g, 5) : 1)
        output[outputs++] = g->node[i];
    return outputs;
}

typedef struct way {
    const char *name, *isa;
    int threads;
    bool spread, no_fusion, checkpoints;
} way;

static const way ways[] = {
    {.name = "fused, one thread", .threads = 1},
    {.name = "unfused", .threads = 1, .no_fusion = true},
    {.name = "three threads", .threads = 3, .spread = true},
    {.name = "eight threads, unfused", .threads = 8, .spread = true, .no_fusion = true},
    {.name = "checkpointed", .threads = 2, .spread = true, .checkpoints = true},
    {.name = "avx2", .isa = "avx2", .threads = 2, .spread = true},
};

static cj_context *open_context(const way *w)
{
    cj_config config = {.threads = w->threads,
                        .smallest_work = w->spread ? 1 : 0,
                        .no_fusion = w->no_fusion,
                        .isa = w->isa};
    cj_context *context = cj_context_new(&config, NULL, 0);
    assert_non_null(context);
    return context;
}

static bool is_fma(void)
{
    cj_context *c = open_context(&ways[0]);
    bool fma = cj_isa_is_fma(c->isa);
    cj_context_free(c);
    return fma;
}

static int64_t graph_count(void)
{
    const char *text = getenv("CAJAL_PROPERTY_GRAPHS");
    return text ? atoll(text) : 300;
}

static cj_dtype dtype_of(uint64_t seed)
{
    static const cj_dtype cycle[] = {CJ_F64, CJ_F32, CJ_BF16, CJ_F64, CJ_F32, CJ_F32, CJ_F16};
    return cycle[seed % CJ_COUNT(cycle)];
}

static bool same_bits(cj_dtype dtype, const void *a, const void *b, int64_t n)
{
    size_t size = cj_dtype_size(dtype);
    for (int64_t i = 0; i < n; i++)
        if (memcmp((const char *)a + (size_t)i * size, (const char *)b + (size_t)i * size, size) !=
                0 &&
            !(isnan(cj_number_load(dtype, a, i)) && isnan(cj_number_load(dtype, b, i))))
            return false;
    return true;
}

/* Runs the graph in one way; the first way's outputs are kept, the others compared with them. */
static void run_way(const way *w, uint64_t seed, cj_dtype dtype, void **expected, int64_t *elements)
{
    cj_context *context = open_context(w);
    graph g = {.context = context, .checkpoints = w->checkpoints};
    cj_tensor *output[OUTPUTS];
    int outputs = build(&g, seed, dtype, output);
    cj_program *p = cj_compile(context, outputs, output, NULL);
    if (!p || cj_run(p, 0, NULL)) {
        print_error("seed %llu, %s: %s\n", (unsigned long long)seed, w->name, cj_error(context));
        fail();
    }
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < outputs; i++) {
            int64_t n = cj_elements(output[i]);
            size_t bytes = (size_t)n * cj_dtype_size(cj_tensor_dtype(output[i]));
            if (!expected[i]) {
                expected[i] = malloc(bytes + 1);
                memcpy(expected[i], cj_output(p, i), bytes);
                elements[i] = n;
            }
            assert_int_equal(elements[i], n);
            if (!same_bits(dtype, expected[i], cj_output(p, i), n)) {
                char text[128];
                print_error("seed %llu, %s, output %d (%s %s): other bits\n",
                            (unsigned long long)seed, w->name, i, cj_op_table[output[i]->op].name,
                            cj_shape_text(output[i], text, sizeof(text)));
                fail();
            }
        }
        assert_int_equal(cj_run(p, 0, NULL), CJ_OK);
    }
    cj_program_free(p);
    cj_context_free(context);
}

static void every_way_gives_the_same_bits(void **state)
{
    (void)state;
    bool fma = is_fma();
    for (uint64_t seed = 1; seed <= (uint64_t)graph_count(); seed++) {
        cj_dtype dtype = dtype_of(seed);
        void *expected[OUTPUTS] = {NULL};
        int64_t elements[OUTPUTS] = {0};
        for (size_t i = 0; i < CJ_COUNT(ways); i++) {
            bool there =
                !ways[i].isa || (fma && cj_isa_available(cj_isa_choose(ways[i].isa, NULL, 0)));
            /* checkpoints draw numbers of their own: their graph is another, so it is built without and marked after */
            if (there && !ways[i].checkpoints)
                run_way(&ways[i], seed, dtype, expected, elements);
        }
        for (int i = 0; i < OUTPUTS; i++)
            free(expected[i]);
    }
}

/* The same graph with marks and without: equal bits, and something was computed again. */
static void checkpoints_keep_the_bits(void **state)
{
    (void)state;
    int64_t recomputed = 0;
    for (uint64_t seed = 1; seed <= (uint64_t)graph_count(); seed++) {
        cj_context *context = open_context(&ways[2]);
        graph g = {.context = context};
        cj_tensor *output[OUTPUTS];
        int outputs = build(&g, seed, CJ_F32, output);
        cj_program *plain = cj_compile(context, outputs, output, NULL);
        for (int i = 4; i < g.count; i += 3)
            cj_checkpoint(g.node[i]);
        cj_program *marked = cj_compile(context, outputs, output, NULL);
        assert_non_null(plain);
        assert_non_null(marked);
        assert_int_equal(cj_run(plain, 0, NULL), CJ_OK);
        assert_int_equal(cj_run(marked, 0, NULL), CJ_OK);
        recomputed += cj_program_describe(marked).recomputed;
        for (int i = 0; i < outputs; i++)
            if (!same_bits(CJ_F32, cj_output(plain, i), cj_output(marked, i),
                           cj_elements(output[i]))) {
                print_error("seed %llu, output %d: other bits with checkpoints\n",
                            (unsigned long long)seed, i);
                fail();
            }
        cj_program_free(plain);
        cj_program_free(marked);
        cj_context_free(context);
    }
    assert_true(recomputed > 0);
}

/* Some of the graph's first leaves get lanes: all at once by cj_vmap, and each lane alone by cj_replace. */
enum { LANES = 3 };

typedef struct lanes {
    int count;
    cj_tensor *x[4], *batched[4], *alone[LANES][4];
} lanes;

static lanes draw_lanes(graph *g)
{
    lanes l = {0};
    for (int i = 0; i < 4 && i < g->count; i++) {
        cj_tensor *x = g->node[i];
        if (x->op != CJ_OP_CONSTANT || (l.count && below(g, 2)))
            continue;
        int64_t shape[CJ_MAX_RANK + 1] = {LANES};
        memcpy(shape + 1, x->shape, x->rank * sizeof(*shape));
        cj_tensor *many = leaf(g, x->dtype, x->rank + 1, shape);
        size_t bytes = (size_t)x->elements * cj_dtype_size(x->dtype);
        for (int lane = 0; lane < LANES; lane++)
            l.alone[lane][l.count] = cj_tensor_from(g->context, x->dtype, x->rank, x->shape,
                                                    (char *)many->payload + (size_t)lane * bytes);
        l.x[l.count] = x;
        l.batched[l.count++] = many;
    }
    return l;
}

static void vmap_equals_a_loop_of_calls(void **state)
{
    (void)state;
    int64_t compared = 0;
    for (uint64_t seed = 1; seed <= (uint64_t)graph_count(); seed++) {
        cj_dtype dtype = dtype_of(seed);
        cj_context *context = open_context(&ways[2]);
        graph g = {.context = context};
        cj_tensor *output[OUTPUTS], *together[OUTPUTS], *alone[OUTPUTS];
        int outputs = build(&g, seed, dtype, output);
        lanes l = draw_lanes(&g);
        assert_true(l.count > 0);
        assert_int_equal(cj_vmap(l.count, l.x, l.batched, outputs, output, together), CJ_OK);
        cj_program *p = cj_compile(context, outputs, together, NULL);
        assert_non_null(p);
        assert_int_equal(cj_run(p, 0, NULL), CJ_OK);
        for (int lane = 0; lane < LANES; lane++) {
            assert_int_equal(cj_replace(l.count, l.x, l.alone[lane], outputs, output, alone),
                             CJ_OK);
            cj_program *q = cj_compile(context, outputs, alone, NULL);
            assert_non_null(q);
            assert_int_equal(cj_run(q, 0, NULL), CJ_OK);
            for (int i = 0; i < outputs; i++) {
                int64_t n = cj_elements(output[i]);
                const char *got = cj_output(p, i);
                compared += n;
                if (!same_bits(dtype, got + (size_t)(lane * n) * cj_dtype_size(dtype),
                               cj_output(q, i), n)) {
                    char text[128];
                    print_error("seed %llu, lane %d, output %d (%s %s): other bits than alone\n",
                                (unsigned long long)seed, lane, i, cj_op_table[output[i]->op].name,
                                cj_shape_text(output[i], text, sizeof(text)));
                    fail();
                }
            }
            cj_program_free(q);
        }
        cj_program_free(p);
        cj_context_free(context);
    }
    assert_true(compared > 10000);
}

/* f64 against plain loops. */
static void loops_agree(void **state)
{
    (void)state;
    int64_t compared = 0;
    for (uint64_t seed = 1; seed <= (uint64_t)graph_count() / 3; seed++) {
        cj_context *context = open_context(&ways[2]);
        graph g = {.context = context, .exact = true};
        cj_tensor *output[OUTPUTS];
        double *expected[OUTPUTS];
        int outputs = build(&g, seed, CJ_F64, output);
        for (int i = 0; i < outputs; i++)
            expected[i] = calloc((size_t)cj_elements(output[i]) + 1, sizeof(double));
        evaluate(outputs, output, 0, NULL, expected);
        cj_program *p = cj_compile(context, outputs, output, NULL);
        assert_non_null(p);
        assert_int_equal(cj_run(p, 0, NULL), CJ_OK);
        for (int i = 0; i < outputs; i++) {
            const double *got = cj_output(p, i);
            double scale = 1;
            for (int64_t k = 0; k < cj_elements(output[i]); k++)
                if (isfinite(expected[i][k]))
                    scale = fmax(scale, fabs(expected[i][k]));
            for (int64_t k = 0; k < cj_elements(output[i]); k++, compared++)
                if (!(fabs(got[k] - expected[i][k]) <= 1e-8 * scale) &&
                    !(isnan(got[k]) && isnan(expected[i][k])) && got[k] != expected[i][k]) {
                    char text[128];
                    print_error(
                        "seed %llu, output %d (%s %s), element %lld: %.17g, loops give %.17g\n",
                        (unsigned long long)seed, i, cj_op_table[output[i]->op].name,
                        cj_shape_text(output[i], text, sizeof(text)), (long long)k, got[k],
                        expected[i][k]);
                    fail();
                }
            free(expected[i]);
        }
        cj_program_free(p);
        cj_context_free(context);
    }
    assert_true(compared > 10000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_way_gives_the_same_bits),
        cmocka_unit_test(checkpoints_keep_the_bits),
        cmocka_unit_test(vmap_equals_a_loop_of_calls),
        cmocka_unit_test(loops_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
