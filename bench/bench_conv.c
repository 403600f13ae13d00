/*
 * bench_conv.c - the convolutions of LeNet (batch 64) and ResNet-20 (batch 128), forward and both gradients, as a share of the
 * machine's multiply-add peak, which is measured in the same run.
 *
 *     bench_conv [threads] [isa]
 */
#include "peak.h"

#include "cpu/contract.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct layer {
    const char *name;
    int64_t images, in_channels, out_channels, kernel, extent, stride, padding;
} layer;

static const layer layers[] = {
    {"lenet conv1", 64, 1, 32, 5, 28, 1, 0},         {"lenet conv2", 64, 32, 64, 5, 12, 1, 0},
    {"resnet conv1", 128, 3, 16, 3, 32, 1, 1},       {"resnet 16x16 32", 128, 16, 16, 3, 32, 1, 1},
    {"resnet 16x32 32/2", 128, 16, 32, 3, 32, 2, 1}, {"resnet 32x32 16", 128, 32, 32, 3, 16, 1, 1},
    {"resnet 32x64 16/2", 128, 32, 64, 3, 16, 2, 1}, {"resnet 64x64 8", 128, 64, 64, 3, 8, 1, 1},
};

/* Strides of contiguous memory whose axes come in the given order. */
static int64_t in_order(const int64_t *extents, const int *order, int64_t *strides)
{
    int64_t stride = 1;
    for (int i = 4; i >= 0; i--) {
        strides[order[i]] = stride;
        stride *= extents[order[i]];
    }
    return stride;
}

enum { FORWARD, DATA, WEIGHT, DIRECTIONS };
static const char *const direction_names[] = {"forward", "data gradient", "weight gradient"};

/* The same primitive three times; memory lies as the forward pass would have it: channels last, weights [O][C][h][w]. */
static cj_conv_spec spec_of(const layer *l, int direction, cj_dtype dtype, int64_t counts[3])
{
    int64_t out = (l->extent + 2 * l->padding - l->kernel) / l->stride + 1;
    cj_conv_spec s = {.dtype = dtype, .spatial = 2, .groups = 1};
    static const int last[5] = {0, 3, 4, 1, 2}, first[5] = {0, 1, 2, 3, 4};
    for (int axis = 0; axis < 2; axis++) {
        s.stride[axis] = s.in_dilation[axis] = s.kernel_dilation[axis] = 1;
        s.in[axis] = l->extent, s.kernel[axis] = l->kernel, s.out[axis] = out;
        s.low[axis] = l->padding;
        if (direction == FORWARD)
            s.stride[axis] = l->stride;
        if (direction == WEIGHT) {
            s.kernel[axis] = out, s.out[axis] = l->kernel;
            s.kernel_dilation[axis] = l->stride;
        }
        if (direction == DATA) {
            s.in[axis] = out, s.out[axis] = l->extent;
            s.in_dilation[axis] = l->stride;
            s.low[axis] = l->kernel - 1 - l->padding;
        }
    }
    s.images = direction == WEIGHT ? l->in_channels : l->images;
    s.in_channels = direction == FORWARD ? l->in_channels
                    : direction == DATA  ? l->out_channels
                                         : l->images;
    s.out_channels = direction == DATA ? l->in_channels : l->out_channels;
    int64_t x[5] = {s.images, 1, s.in_channels, s.in[0], s.in[1]};
    int64_t w[5] = {1, s.out_channels, s.in_channels, s.kernel[0], s.kernel[1]};
    int64_t y[5] = {s.images, 1, s.out_channels, s.out[0], s.out[1]};
    if (direction == WEIGHT) {
        counts[0] = in_order(x, (const int[5]){2, 3, 4, 1, 0}, s.x_stride);
        counts[1] = in_order(w, (const int[5]){2, 3, 4, 0, 1}, s.w_stride);
        counts[2] = in_order(y, (const int[5]){3, 4, 0, 1, 2}, s.y_stride);
    } else {
        counts[0] = in_order(x, last, s.x_stride);
        counts[1] =
            in_order(w, direction == DATA ? (const int[5]){0, 2, 1, 3, 4} : first, s.w_stride);
        counts[2] = in_order(y, last, s.y_stride);
    }
    return s;
}

static void measure(cj_context *context, cj_pool *pool, int isa, const layer *l, int direction,
                    cj_dtype dtype, double peak)
{
    int64_t counts[3];
    cj_conv_spec spec = spec_of(l, direction, dtype, counts);
    cj_contract_options options = {.isa = isa, .threads = cj_pool_threads(pool)};
    cj_conv_plan *plan;
    if (cj_conv_plan_new(context, &spec, &options, &plan) != CJ_OK)
        return;
    const cj_conv_facts *facts = cj_conv_plan_facts(plan);
    size_t bytes[5] = {0, 0, 0, facts->packed_bytes, facts->scratch_bytes};
    void *memory[5];
    for (int i = 0; i < 5; i++) {
        if (i < 3)
            bytes[i] = (size_t)counts[i] * (dtype == CJ_F32 ? 4 : 8);
        memory[i] = aligned_alloc(64, (bytes[i] + 64 + 63) / 64 * 64);
        if (!memory[i])
            return;
        memset(memory[i], 0, bytes[i]);
    }
    cj_conv_run_args run = {.x = memory[0],
                            .w = facts->packed_bytes ? memory[3] : memory[1],
                            .y = memory[2],
                            .scratch = memory[4]};
    double best = 1e30, pack = 1e30;
    int64_t times = 1 + (int64_t)(2e8 / facts->flops);
    for (int go = 0; go < 25; go++) {
        double start = bench_seconds();
        for (int64_t i = 0; i < times; i++)
            cj_conv_run(plan, pool, &run);
        best = CJ_MIN(best, (bench_seconds() - start) / (double)times);
        start = bench_seconds();
        cj_conv_pack(plan, pool, memory[1], memory[3]);
        pack = CJ_MIN(pack, bench_seconds() - start);
    }
    printf("%-18s %-16s %s %-20s %9.1f us %6.1f %% of peak; packing %7.1f us; scratch %5zu KB\n",
           l->name, direction_names[direction], dtype == CJ_F32 ? "f32" : "f64", facts->kernel,
           1e6 * best, 100 * facts->flops / best / peak, 1e6 * pack, facts->scratch_bytes / 1024);
    for (int i = 0; i < 5; i++)
        free(memory[i]);
    cj_conv_plan_free(context, plan);
}

int main(int count, char **words)
{
    int threads = count > 1 ? atoi(words[1]) : 2;
    int isa = cj_isa_choose(count > 2 ? words[2] : NULL, NULL, 0);
    cj_context *context = cj_context_new(&(cj_config){.threads = threads}, NULL, 0);
    cj_pool *pool = context ? cj_pool_new(context, threads) : NULL;
    if (!pool || isa < 0)
        return 1;
    double peak = bench_peak(pool, isa, CJ_F32);
    printf("%s, %d threads, f32 peak %.0f GFLOP/s\n", cj_isa_name(isa), threads, peak / 1e9);
    for (cj_dtype dtype = CJ_F32; dtype <= CJ_F64; dtype++)
        for (size_t i = 0; i < CJ_COUNT(layers); i++)
            for (int direction = 0; direction < DIRECTIONS; direction++)
                measure(context, pool, isa, &layers[i], direction, dtype,
                        dtype == CJ_F32 ? peak : peak / 2);
    cj_pool_free(pool);
    cj_context_free(context);
    return 0;
}
