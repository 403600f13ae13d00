/*
 * A second opinion: matrix products and convolutions, forward and both gradients, against oneDNN on random shapes. oneDNN is loaded
 * when the test runs; where its header (libdnnl-dev 2) or its library is absent, the test says so and is left out.
 */
#include "contract_support.h"

#if defined(__has_include)
#if __has_include("oneapi/dnnl/dnnl.h")
#include "oneapi/dnnl/dnnl.h"
#if DNNL_VERSION_MAJOR == 2
#define HAVE_ONEDNN
#endif
#endif
#endif

#ifdef HAVE_ONEDNN

#include <dlfcn.h>

#define FUNCTIONS(X)                                                                               \
    X(engine_create)                                                                               \
    X(engine_destroy)                                                                              \
    X(stream_create)                                                                               \
    X(stream_wait)                                                                                 \
    X(stream_destroy)                                                                              \
    X(memory_desc_init_by_strides)                                                                 \
    X(memory_create)                                                                               \
    X(memory_destroy)                                                                              \
    X(matmul_desc_init)                                                                            \
    X(dilated_convolution_forward_desc_init)                                                       \
    X(dilated_convolution_backward_data_desc_init)                                                 \
    X(dilated_convolution_backward_weights_desc_init)                                              \
    X(primitive_desc_create)                                                                       \
    X(primitive_desc_destroy)                                                                      \
    X(primitive_create)                                                                            \
    X(primitive_execute)                                                                           \
    X(primitive_destroy)

typedef struct onednn {
    void *library;
    dnnl_engine_t engine;
    dnnl_stream_t stream;
#define MEMBER(name) __typeof__(dnnl_##name) *name;
    FUNCTIONS(MEMBER)
#undef MEMBER
    cj_context *context;
    cj_pool *pool;
} onednn;

static int set_up(void **state)
{
    static onednn d;
    *state = &d;
    setenv("OMP_NUM_THREADS", "1", 1);
    d.library = dlopen("libdnnl.so.2", RTLD_NOW | RTLD_LOCAL);
    if (!d.library)
        return 0;
#define LOAD(name)                                                                                 \
    {                                                                                              \
        void *symbol = dlsym(d.library, "dnnl_" #name);                                            \
        if (!symbol)                                                                               \
            return -1;                                                                             \
        memcpy(&d.name, &symbol, sizeof symbol);                                                   \
    }
    FUNCTIONS(LOAD)
#undef LOAD
    if (d.engine_create(&d.engine, dnnl_cpu, 0) != dnnl_success ||
        d.stream_create(&d.stream, d.engine, dnnl_stream_default_flags) != dnnl_success)
        return -1;
    d.context = cj_context_new(&(cj_config){.threads = 1}, NULL, 0);
    d.pool = d.context ? cj_pool_new(d.context, 2) : NULL;
    return d.pool ? 0 : -1;
}

static int tear_down(void **state)
{
    onednn *d = *state;
    if (!d->library)
        return 0;
    cj_pool_free(d->pool);
    cj_context_free(d->context);
    d->stream_destroy(d->stream);
    d->engine_destroy(d->engine);
    return 0;
}

static onednn *loaded(void **state)
{
    onednn *d = *state;
    if (!d->library) {
        print_message("left out: oneDNN (libdnnl.so.2) cannot be loaded\n");
        skip();
    }
    return d;
}

static dnnl_memory_desc_t describe(onednn *d, int rank, const int64_t *extents,
                                   const int64_t *strides)
{
    dnnl_memory_desc_t desc;
    dnnl_dims_t dims = {0}, steps = {0};
    memcpy(dims, extents, (size_t)rank * sizeof *dims);
    memcpy(steps, strides, (size_t)rank * sizeof *steps);
    assert_int_equal(d->memory_desc_init_by_strides(&desc, rank, dims, dnnl_f32, steps),
                     dnnl_success);
    return desc;
}

/* Executes what `op` describes on three arrays; `forward`: for a gradient, the forward pass it belongs to. */
static void execute(onednn *d, const void *op, const void *forward, const int kinds[3],
                    const dnnl_memory_desc_t descs[3], void *const data[3])
{
    dnnl_primitive_desc_t hint = NULL, desc;
    dnnl_primitive_t primitive;
    dnnl_exec_arg_t args[3];
    if (forward)
        assert_int_equal(d->primitive_desc_create(&hint, forward, NULL, d->engine, NULL),
                         dnnl_success);
    assert_int_equal(d->primitive_desc_create(&desc, op, NULL, d->engine, hint), dnnl_success);
    assert_int_equal(d->primitive_create(&primitive, desc), dnnl_success);
    for (int i = 0; i < 3; i++) {
        args[i].arg = kinds[i];
        assert_int_equal(d->memory_create(&args[i].memory, &descs[i], d->engine, data[i]),
                         dnnl_success);
    }
    assert_int_equal(d->primitive_execute(primitive, d->stream, 3, args), dnnl_success);
    d->stream_wait(d->stream);
    for (int i = 0; i < 3; i++)
        d->memory_destroy(args[i].memory);
    d->primitive_destroy(primitive);
    d->primitive_desc_destroy(desc);
    if (hint)
        d->primitive_desc_destroy(hint);
}

/* Operands lie in [-1, 1]: sums of k products, each rounded k times at most by either side. */
static float *small_array(random_state *r, int64_t count)
{
    float *data = filled_array(CJ_F32, count, 0);
    for (int64_t i = 0; i < count; i++)
        data[i] = ldexpf((float)(int64_t)random_next(r), -63);
    return data;
}

static void assert_close(const float *got, const float *want, int64_t count, int64_t k,
                         const char *what)
{
    double bound = (double)(k + 2) * (double)k * 0x1p-24 / 4 + 1e-6;
    if (bound > 1e-4 * sqrt((double)k + 1))
        bound = 1e-4 * sqrt((double)k + 1);
    for (int64_t i = 0; i < count; i++)
        if (!(fabs((double)got[i] - (double)want[i]) <= bound))
            fail_msg("%s, sums of %lld: element %lld is %g, oneDNN says %g", what, (long long)k,
                     (long long)i, (double)got[i], (double)want[i]);
}

static void products(void **state)
{
    onednn *d = loaded(state);
    random_state r = {21};
    for (int round = 0; round < 60; round++) {
        int64_t batch = random_between(&r, 1, 3), m = random_between(&r, 1, 90),
                n = random_between(&r, 1, 90), k = random_between(&r, 1, 600);
        bool flip_a = random_chance(&r, 2), flip_b = random_chance(&r, 2);
        cj_matmul_spec s = {CJ_F32,
                            batch,
                            m,
                            n,
                            k,
                            {m * k, flip_a ? 1 : k, flip_a ? m : 1},
                            {k * n, flip_b ? 1 : n, flip_b ? k : 1},
                            {m * n, n, 1}};
        float *a = small_array(&r, batch * m * k), *b = small_array(&r, batch * k * n);
        float *c = filled_array(CJ_F32, batch * m * n, NAN),
              *want = filled_array(CJ_F32, batch * m * n, NAN);
        dnnl_memory_desc_t descs[3] = {describe(d, 3, (int64_t[3]){batch, m, k}, s.a_stride),
                                       describe(d, 3, (int64_t[3]){batch, k, n}, s.b_stride),
                                       describe(d, 3, (int64_t[3]){batch, m, n}, s.c_stride)};
        dnnl_matmul_desc_t op;
        assert_int_equal(d->matmul_desc_init(&op, &descs[0], &descs[1], NULL, &descs[2]),
                         dnnl_success);
        execute(d, &op, NULL, (const int[3]){DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DST}, descs,
                (void *const[3]){a, b, want});
        for (int isa = 0; isa < CJ_ISA_ID_COUNT; isa++) {
            if (!cj_isa_available(isa))
                continue;
            cj_matmul_plan plan;
            cj_contract_options options = {.isa = isa, .threads = 2};
            assert_int_equal(cj_matmul_plan_make(&plan, &s, &options), CJ_OK);
            void *scratch = scratch_of(plan.scratch_bytes), *packed = scratch_of(plan.packed_bytes);
            cj_matmul_pack(&plan, d->pool, b, packed);
            cj_matmul_run_args run = {
                .a = a, .b = plan.packed_bytes ? packed : b, .c = c, .scratch = scratch};
            cj_matmul_run(&plan, d->pool, &run);
            assert_close(c, want, batch * m * n, k, plan.kernel);
            free(scratch);
            free(packed);
        }
        free(a);
        free(b);
        free(c);
        free(want);
    }
}

/* ---- convolution: two spatial axes, NCHW and OIHW ---- */

typedef struct layer {
    int64_t images, in_channels, out_channels;
    int64_t in[2], kernel[2], out[2], stride[2], dilation[2], low[2], high[2];
} layer;

static layer random_layer(random_state *r)
{
    layer l = {.images = random_between(r, 1, 5),
               .in_channels = random_between(r, 1, 40),
               .out_channels = random_between(r, 1, 40)};
    for (int axis = 0; axis < 2; axis++) {
        l.kernel[axis] = random_between(r, 1, 5);
        l.dilation[axis] = random_between(r, 1, 2);
        l.stride[axis] = random_between(r, 1, 3);
        int64_t reach = (l.kernel[axis] - 1) * l.dilation[axis];
        l.low[axis] = random_between(r, 0, reach / 2);
        l.in[axis] = random_between(r, CJ_MAX(reach + 1 - 2 * l.low[axis], 1), 14);
        l.out[axis] = (l.in[axis] + 2 * l.low[axis] - reach - 1) / l.stride[axis] + 1;
        l.high[axis] = (l.out[axis] - 1) * l.stride[axis] + reach + 1 - l.in[axis] - l.low[axis];
    }
    return l;
}

enum { FORWARD, DATA, WEIGHT, DIRECTIONS };

/* Strides of a row-major [a, b, height, width], in the order in which a spec names its axes. */
static void set_strides(int64_t *stride, int first, int second, int64_t b, const int64_t *extents)
{
    stride[first] = b * extents[0] * extents[1];
    stride[second] = extents[0] * extents[1];
    stride[3] = extents[1];
    stride[4] = 1;
}

/* The gradients as convolutions: of the output gradient with the turned kernel; of x with the output gradient. */
static cj_conv_spec spec_of(const layer *l, int direction)
{
    cj_conv_spec s = {.dtype = CJ_F32, .spatial = 2, .groups = 1};
    s.images = direction == WEIGHT ? l->in_channels : l->images;
    s.in_channels = direction == FORWARD ? l->in_channels
                    : direction == DATA  ? l->out_channels
                                         : l->images;
    s.out_channels = direction == DATA ? l->in_channels : l->out_channels;
    for (int axis = 0; axis < 2; axis++) {
        s.in[axis] = direction == DATA ? l->out[axis] : l->in[axis];
        s.kernel[axis] = direction == WEIGHT ? l->out[axis] : l->kernel[axis];
        s.out[axis] = direction == FORWARD ? l->out[axis]
                      : direction == DATA  ? l->in[axis]
                                           : l->kernel[axis];
        s.stride[axis] = direction == FORWARD ? l->stride[axis]
                         : direction == DATA  ? 1
                                              : l->dilation[axis];
        s.in_dilation[axis] = direction == DATA ? l->stride[axis] : 1;
        s.kernel_dilation[axis] = direction == WEIGHT ? l->stride[axis] : l->dilation[axis];
        s.low[axis] = direction == DATA ? (l->kernel[axis] - 1) * l->dilation[axis] - l->low[axis]
                                        : l->low[axis];
    }
    if (direction == FORWARD) {
        set_strides(s.x_stride, 0, 2, l->in_channels, l->in);
        set_strides(s.w_stride, 1, 2, l->in_channels, l->kernel);
        set_strides(s.y_stride, 0, 2, l->out_channels, l->out);
    } else if (direction == DATA) {
        set_strides(s.x_stride, 0, 2, l->out_channels, l->out);
        set_strides(s.w_stride, 2, 1, l->in_channels, l->kernel);
        set_strides(s.y_stride, 0, 2, l->in_channels, l->in);
        s.w_stride[3] = -s.w_stride[3];
        s.w_stride[4] = -s.w_stride[4];
    } else {
        set_strides(s.x_stride, 2, 0, l->in_channels, l->in);
        set_strides(s.w_stride, 2, 1, l->out_channels, l->out);
        set_strides(s.y_stride, 2, 0, l->in_channels, l->kernel);
    }
    return s;
}

static void run_ours(onednn *d, const cj_conv_spec *s, const float *x, const float *w, float *y,
                     int64_t count, const float *want)
{
    for (int isa = 0; isa < CJ_ISA_ID_COUNT; isa++) {
        if (!cj_isa_available(isa))
            continue;
        cj_conv_plan *plan;
        cj_contract_options options = {.isa = isa, .threads = 2};
        assert_int_equal(cj_conv_plan_new(d->context, s, &options, &plan), CJ_OK);
        const cj_conv_facts *facts = cj_conv_plan_facts(plan);
        void *scratch = scratch_of(facts->scratch_bytes), *packed = scratch_of(facts->packed_bytes);
        cj_conv_pack(plan, d->pool, w, packed);
        cj_conv_run_args run = {
            .x = x, .w = facts->packed_bytes ? packed : w, .y = y, .scratch = scratch};
        cj_conv_run(plan, d->pool, &run);
        assert_close(y, want, count, s->in_channels * s->kernel[0] * s->kernel[1], facts->kernel);
        free(scratch);
        free(packed);
        cj_conv_plan_free(d->context, plan);
    }
}

static void convolutions(void **state)
{
    onednn *d = loaded(state);
    random_state r = {22};
    for (int round = 0; round < 60; round++) {
        layer l = random_layer(&r);
        int64_t x[4] = {l.images, l.in_channels, l.in[0], l.in[1]},
                w[4] = {l.out_channels, l.in_channels, l.kernel[0], l.kernel[1]},
                y[4] = {l.images, l.out_channels, l.out[0], l.out[1]};
        const int64_t *extents[3] = {x, w, y};
        int64_t count[3];
        dnnl_dims_t holes = {l.dilation[0] - 1, l.dilation[1] - 1},
                    steps = {l.stride[0], l.stride[1]}, low = {l.low[0], l.low[1]},
                    high = {l.high[0], l.high[1]};
        dnnl_memory_desc_t descs[3];
        float *data[3], *want[3], *got[3];
        for (int i = 0; i < 3; i++) {
            const int64_t *e = extents[i];
            count[i] = e[0] * e[1] * e[2] * e[3];
            descs[i] = describe(d, 4, e, (int64_t[4]){e[1] * e[2] * e[3], e[2] * e[3], e[3], 1});
            data[i] = small_array(&r, count[i]);
            want[i] = filled_array(CJ_F32, count[i], NAN);
            got[i] = filled_array(CJ_F32, count[i], NAN);
        }
        dnnl_convolution_desc_t op[DIRECTIONS];
        assert_int_equal(d->dilated_convolution_forward_desc_init(
                             &op[FORWARD], dnnl_forward_training, dnnl_convolution_direct,
                             &descs[0], &descs[1], NULL, &descs[2], steps, holes, low, high),
                         dnnl_success);
        assert_int_equal(d->dilated_convolution_backward_data_desc_init(
                             &op[DATA], dnnl_convolution_direct, &descs[0], &descs[1], &descs[2],
                             steps, holes, low, high),
                         dnnl_success);
        assert_int_equal(d->dilated_convolution_backward_weights_desc_init(
                             &op[WEIGHT], dnnl_convolution_direct, &descs[0], &descs[1], NULL,
                             &descs[2], steps, holes, low, high),
                         dnnl_success);
        execute(d, &op[FORWARD], NULL, (const int[3]){DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DST},
                descs, (void *const[3]){data[0], data[1], want[2]});
        execute(d, &op[DATA], &op[FORWARD],
                (const int[3]){DNNL_ARG_DIFF_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DIFF_DST}, descs,
                (void *const[3]){want[0], data[1], data[2]});
        execute(d, &op[WEIGHT], &op[FORWARD],
                (const int[3]){DNNL_ARG_SRC, DNNL_ARG_DIFF_WEIGHTS, DNNL_ARG_DIFF_DST}, descs,
                (void *const[3]){data[0], want[1], data[2]});

        cj_conv_spec s = spec_of(&l, FORWARD);
        run_ours(d, &s, data[0], data[1], got[2], count[2], want[2]);
        s = spec_of(&l, DATA);
        run_ours(d, &s, data[2], data[1] + l.kernel[0] * l.kernel[1] - 1, got[0], count[0],
                 want[0]);
        s = spec_of(&l, WEIGHT);
        run_ours(d, &s, data[0], data[2], got[1], count[1], want[1]);
        for (int i = 0; i < 3; i++) {
            free(data[i]);
            free(want[i]);
            free(got[i]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products),
        cmocka_unit_test(convolutions),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

#else

static void onednn_is_absent(void **state)
{
    (void)state;
    print_message("left out: oneDNN, whose header (libdnnl-dev 2) was not there at build time\n");
    skip();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(onednn_is_absent)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
