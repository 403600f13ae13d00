/*
 * bench_matmul.c - matrix products as a share of the machine's multiply-add peak, which is measured in the same run.
 *
 *     bench_matmul [threads] [isa]
 */
#include "peak.h"

#include "cpu/contract.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct problem {
    const char *name;
    int64_t m, n, k;
    bool a_transposed, b_transposed;
} problem;

static const problem problems[] = {
    {"32", 32, 32, 32, false, false},
    {"64", 64, 64, 64, false, false},
    {"128", 128, 128, 128, false, false},
    {"256", 256, 256, 256, false, false},
    {"512", 512, 512, 512, false, false},
    {"1024", 1024, 1024, 1024, false, false},
    {"2048", 2048, 2048, 2048, false, false},
    {"tanh net 64x32 32x32", 64, 32, 32, false, false},
    {"mlp fc1", 128, 512, 784, false, true},
    {"mlp fc1 dW", 512, 784, 128, true, false},
    {"mlp fc2 dX", 128, 512, 512, false, false},
    {"mlp fc3", 128, 10, 512, false, true},
    {"mlp fc3 dX", 128, 512, 10, false, false},
    {"lenet fc1", 64, 128, 1024, false, true},
    {"lenet fc1 dX", 64, 1024, 128, false, false},
    {"lenet fc1 dW", 128, 1024, 64, true, false},
};

static double seconds_a_run(cj_pool *pool, const cj_matmul_plan *plan,
                            const cj_matmul_run_args *run, const void *b, bool repack)
{
    double best = 1e30;
    for (int go = 0; go < 15; go++) {
        int64_t times = 1 + (int64_t)(2e8 / CJ_MAX(plan->flops, 1e5));
        double start = bench_seconds();
        for (int64_t i = 0; i < times; i++) {
            if (repack)
                cj_matmul_pack(plan, pool, b, (void *)(uintptr_t)run->b);
            cj_matmul_run(plan, pool, run);
        }
        best = CJ_MIN(best, (bench_seconds() - start) / (double)times);
    }
    return best;
}

static void measure(cj_pool *pool, int isa, const problem *p, cj_dtype dtype, double peak)
{
    size_t size = dtype == CJ_F32 ? 4 : 8;
    cj_matmul_spec spec = {.dtype = dtype, .batch = 1, .m = p->m, .n = p->n, .k = p->k};
    spec.a_stride[1] = p->a_transposed ? 1 : p->k;
    spec.a_stride[2] = p->a_transposed ? p->m : 1;
    spec.b_stride[1] = p->b_transposed ? 1 : p->n;
    spec.b_stride[2] = p->b_transposed ? p->k : 1;
    spec.c_stride[1] = p->n;
    spec.c_stride[2] = 1;
    cj_contract_options options = {.isa = isa, .threads = cj_pool_threads(pool)};
    cj_matmul_plan plan;
    cj_matmul_plan_make(&plan, &spec, &options);

    size_t bytes[5] = {(size_t)(p->m * p->k) * size, (size_t)(p->k * p->n) * size,
                       (size_t)(p->m * p->n) * size, plan.packed_bytes, plan.scratch_bytes};
    void *memory[5];
    for (int i = 0; i < 5; i++) {
        memory[i] = aligned_alloc(64, (bytes[i] + 64 + 63) / 64 * 64);
        if (!memory[i])
            return;
        memset(memory[i], 0, bytes[i]);
    }
    cj_matmul_pack(&plan, pool, memory[1], memory[3]);
    cj_matmul_run_args run = {.a = memory[0],
                              .b = plan.packed_bytes ? memory[3] : memory[1],
                              .c = memory[2],
                              .scratch = memory[4]};
    double kept = seconds_a_run(pool, &plan, &run, memory[1], false);
    double packed = seconds_a_run(pool, &plan, &run, memory[1], true);
    printf("%-22s %s %-15s %9.2f us %6.1f %% of peak; packing b each time %9.2f us %6.1f %%\n",
           p->name, dtype == CJ_F32 ? "f32" : "f64", plan.kernel, 1e6 * kept,
           100 * plan.flops / kept / peak, 1e6 * packed, 100 * plan.flops / packed / peak);
    for (int i = 0; i < 5; i++)
        free(memory[i]);
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
    for (size_t i = 0; i < CJ_COUNT(problems); i++)
        measure(pool, isa, &problems[i], CJ_F32, peak);
    for (size_t i = 0; i < CJ_COUNT(problems); i++)
        measure(pool, isa, &problems[i], CJ_F64, peak / 2);
    cj_pool_free(pool);
    cj_context_free(context);
    return 0;
}
