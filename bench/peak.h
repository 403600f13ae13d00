/*
 * bench/peak.h - the machine's multiply-add peak, measured: chains of fma in registers, as many as hide the latency, on every
 * thread of the pool at once.
 */
#ifndef CJ_BENCH_PEAK_H
#define CJ_BENCH_PEAK_H

#include "base/base.h"
#include "cpu/isa.h"

#include <time.h>

static inline double bench_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

#if defined(__x86_64__)
#define BENCH_AVX512 __attribute__((target("avx512f,avx2,fma"), noinline))
#define BENCH_AVX2 __attribute__((target("avx2,fma"), noinline))
#define BENCH_FMA(x) "vfmadd231ps %%" x "mm0, %%" x "mm0, %%" x
#define BENCH_LOOP(x)                                                                                                                                                                                        \
    __asm__ volatile(                                                                                                                                                                                        \
        "1:\n" BENCH_FMA(x) "mm1\n" BENCH_FMA(x) "mm2\n" BENCH_FMA(x) "mm3\n" BENCH_FMA(                                                                                                                     \
            x) "mm4\n" BENCH_FMA(x) "mm5\n" BENCH_FMA(x) "mm6\n" BENCH_FMA(x) "mm7\n" BENCH_FMA(x) "mm8\n" BENCH_FMA(x) "mm9\n" BENCH_FMA(x) "mm10\n" BENCH_FMA(x) "mm11\n" BENCH_FMA(x) "mm12\n"            \
                                                                                                                                                                                         "dec %0\n jnz 1b\n" \
        : "+r"(rounds)                                                                                                                                                                                       \
        :                                                                                                                                                                                                    \
        : "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9",                                                                                                              \
          "xmm10", "xmm11", "xmm12")

BENCH_AVX512 static void bench_chains_avx512(int64_t rounds)
{
    __asm__ volatile("vpxord %%zmm0, %%zmm0, %%zmm0" ::: "xmm0");
    BENCH_LOOP("z");
}

BENCH_AVX2 static void bench_chains_avx2(int64_t rounds)
{
    __asm__ volatile("vxorps %%ymm0, %%ymm0, %%ymm0" ::: "xmm0");
    BENCH_LOOP("y");
}
#endif

#define BENCH_CHAINS 12

static void bench_chains(void *state, int thread, int64_t begin, int64_t end)
{
    (void)thread, (void)begin, (void)end;
    int isa = ((const int *)state)[0];
    int64_t rounds = ((const int *)state)[1];
#if defined(__x86_64__)
    if (isa == CJ_ISA_ID_AVX512)
        bench_chains_avx512(rounds);
    if (isa == CJ_ISA_ID_AVX2)
        bench_chains_avx2(rounds);
#else
    (void)isa, (void)rounds;
#endif
}

/* f32 flops a second of all threads of the pool, the best of a few goes; f64's are half. 0 where it is not known. */
static inline double bench_peak(cj_pool *pool, int isa)
{
    int lanes = isa == CJ_ISA_ID_AVX512 ? 16 : isa == CJ_ISA_ID_AVX2 ? 8 : 0;
    int state[2] = {isa, 300000}, threads = cj_pool_threads(pool);
    double best = 0;
    for (int go = 0; go < 40; go++) {
        double start = bench_seconds();
        cj_pool_run(pool, threads, 1, 1, bench_chains, state);
        double flops = 2.0 * lanes * BENCH_CHAINS * state[1] * threads / (bench_seconds() - start);
        best = CJ_MAX(best, flops);
    }
    return best;
}

#endif
