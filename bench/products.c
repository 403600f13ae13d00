/*
 * bench/products.c - square matrix products as a user has them: a compiled program of two inputs, packing included.
 */
#include "bench.h"

#include <stdlib.h>

enum { ROUNDS = 9 };

typedef struct product {
    cj_program *program;
    cj_feed feed[2];
} product;

static double seconds_of_products(void *state, int64_t times)
{
    product *p = state;
    double start = bench_seconds();
    for (int64_t i = 0; i < times; i++)
        cj_run(p->program, 2, p->feed);
    return bench_seconds() - start;
}

static void measure(bench *b, int64_t n, cj_dtype dtype)
{
    int64_t shape[2] = {n, n};
    void *data = calloc((size_t)(n * n), cj_dtype_size(dtype));
    product p = {.feed = {{"a", data}, {"b", data}}};
    cj_frame_enter(b->context);
    cj_tensor *c = cj_matmul(cj_input(b->context, "a", dtype, 2, shape),
                             cj_input(b->context, "b", dtype, 2, shape));
    p.program = cj_compile(b->context, 1, &c, NULL);
    cj_frame_leave(b->context);
    if (!data || !p.program)
        bench_fail(cj_error(b->context));
    peer_ask(b->peer, "product %s %lld\n", dtype == CJ_F32 ? "float32" : "float64", (long long)n);
    char work[64];
    snprintf(work, sizeof work, "matrix product %lld, %s", (long long)n, cj_dtype_name(dtype));
    bench_row *row = bench_row_new(b, UNIT_RATE, work);
    row->flops = 2.0 * (double)n * (double)n * (double)n;
    row->dtype = dtype;
    row->aim = n >= 512 ? "90 % of the peak" : NULL;
    bench_by_turns(b, seconds_of_products, &p, ROUNDS, row->value);
    cj_program_free(p.program);
    free(data);
}

void bench_products(bench *b)
{
    for (cj_dtype dtype = CJ_F32; dtype <= CJ_F64; dtype++)
        for (int64_t n = 32; n <= 2048; n *= 2)
            measure(b, n, dtype);
    bench_peaks(b);
}
