/*
 * bench/peak.h - the machine's multiply-add peak, measured: on every thread of the pool at once, with nothing but registers.
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

/*
 * Chains of multiply-adds in registers: c = c + a a, more of them than the latency takes, by name of instruction set and
 * dtype. A baseline without fma multiplies and adds.
 */
#define BENCH_CHAINS 12

#if defined(__x86_64__)
#define BENCH_ALL(F) F(1) F(2) F(3) F(4) F(5) F(6) F(7) F(8) F(9) F(10) F(11) F(12)
#define BENCH_FMA(r, type, n) "vfmadd231" type " %%" r "0, %%" r "0, %%" r #n "\n"
#define BENCH_ZMM_PS(n) BENCH_FMA("zmm", "ps", n)
#define BENCH_ZMM_PD(n) BENCH_FMA("zmm", "pd", n)
#define BENCH_YMM_PS(n) BENCH_FMA("ymm", "ps", n)
#define BENCH_YMM_PD(n) BENCH_FMA("ymm", "pd", n)
#define BENCH_XMM_PS(n) "mulps %%xmm0, %%xmm" #n "\n addps %%xmm0, %%xmm" #n "\n"
#define BENCH_XMM_PD(n) "mulpd %%xmm0, %%xmm" #n "\n addpd %%xmm0, %%xmm" #n "\n"
#define BENCH_CLEAR "xorps %%xmm0, %%xmm0\n"
#define BENCH_END "dec %0\n jnz 1b\n"
#define BENCH_CLOBBERS                                                                             \
    "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", \
        "xmm11", "xmm12"
#define BENCH_LOOP(target_name, name, F, clear)                                                    \
    __attribute__((target(target_name), noinline)) static void name(int64_t rounds)                \
    {                                                                                              \
        __asm__ volatile(clear "1:\n" BENCH_ALL(F) BENCH_END : "+r"(rounds) : : BENCH_CLOBBERS);   \
    }
#define BENCH_CLEAR_V "vxorps %%ymm0, %%ymm0, %%ymm0\n"
BENCH_LOOP("avx512f,avx2,fma", bench_avx512_f32, BENCH_ZMM_PS, BENCH_CLEAR_V)
BENCH_LOOP("avx512f,avx2,fma", bench_avx512_f64, BENCH_ZMM_PD, BENCH_CLEAR_V)
BENCH_LOOP("avx2,fma", bench_avx2_f32, BENCH_YMM_PS, BENCH_CLEAR_V)
BENCH_LOOP("avx2,fma", bench_avx2_f64, BENCH_YMM_PD, BENCH_CLEAR_V)
BENCH_LOOP("sse2", bench_baseline_f32, BENCH_XMM_PS, BENCH_CLEAR)
BENCH_LOOP("sse2", bench_baseline_f64, BENCH_XMM_PD, BENCH_CLEAR)
#elif defined(__aarch64__)
#define BENCH_ALL(F) F(1) F(2) F(3) F(4) F(5) F(6) F(7) F(16) F(17) F(18) F(19) F(20)
#define BENCH_V_S(n) "fmla v" #n ".4s, v0.4s, v0.4s\n"
#define BENCH_V_D(n) "fmla v" #n ".2d, v0.2d, v0.2d\n"
#define BENCH_LOOP(name, F)                                                                        \
    __attribute__((noinline)) static void name(int64_t rounds)                                     \
    {                                                                                              \
        __asm__ volatile("movi v0.4s, #0\n 1:\n" BENCH_ALL(F) "subs %0, %0, #1\n b.ne 1b\n"        \
                         : "+r"(rounds)                                                            \
                         :                                                                         \
                         : "cc", "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v16", "v17",     \
                           "v18", "v19", "v20");                                                   \
    }
BENCH_LOOP(bench_neon_f32, BENCH_V_S)
BENCH_LOOP(bench_neon_f64, BENCH_V_D)
#endif

typedef struct bench_chain {
    void (*run)(int64_t rounds);
    int bytes; /* of a vector */
} bench_chain;

/* .run NULL: there is none for this instruction set. */
static inline bench_chain bench_chain_of(int isa, cj_dtype dtype)
{
    bool is_f64 = dtype == CJ_F64;
    (void)is_f64;
#if defined(__x86_64__)
    if (isa == CJ_ISA_ID_AVX512)
        return (bench_chain){is_f64 ? bench_avx512_f64 : bench_avx512_f32, 64};
    if (isa == CJ_ISA_ID_AVX2)
        return (bench_chain){is_f64 ? bench_avx2_f64 : bench_avx2_f32, 32};
    if (isa == CJ_ISA_ID_BASELINE)
        return (bench_chain){is_f64 ? bench_baseline_f64 : bench_baseline_f32, 16};
#elif defined(__aarch64__)
    if (isa == CJ_ISA_ID_NEON)
        return (bench_chain){is_f64 ? bench_neon_f64 : bench_neon_f32, 16};
#endif
    (void)isa;
    return (bench_chain){0};
}

enum { BENCH_ROUNDS = 300000 };

static inline void bench_run_chains(void *state, int thread, int64_t begin, int64_t end)
{
    (void)thread, (void)begin, (void)end;
    ((const bench_chain *)state)->run(BENCH_ROUNDS);
}

/* Flops a second of all threads of the pool at once, the best of a few goes; 0 where it is not known. */
static inline double bench_peak(cj_pool *pool, int isa, cj_dtype dtype)
{
    bench_chain chain = bench_chain_of(isa, dtype);
    int threads = cj_pool_threads(pool), lanes = chain.bytes / (dtype == CJ_F64 ? 8 : 4);
    double best = 0;
    for (int go = 0; chain.run && go < 40; go++) {
        double start = bench_seconds();
        cj_pool_run(pool, threads, 1, 1, bench_run_chains, &chain);
        double flops = 2.0 * lanes * BENCH_CHAINS * BENCH_ROUNDS * threads;
        best = CJ_MAX(best, flops / (bench_seconds() - start));
    }
    return best;
}

#endif
