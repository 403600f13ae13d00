/*
 * src/cpu/run_reduce.c - kernels with reductions and no head: a domain [outer][reduced][inner], its
 * program, its sinks.
 *
 * A unit of work is one block of one outer index, of one strip of inner columns.
 */
#include "cpu/call.h"
#include "cpu/sink.h"

enum { STRIP = 256 };

typedef struct cj_reduce_call {
    cj_call call;
    cj_tile *tile;
    cj_sinks sinks;
    int64_t strips; /* of inner columns */
    size_t tile_bytes, thread_bytes;
} cj_reduce_call;

typedef struct cj_reduce_job {
    const cj_reduce_call *call;
    cj_sinks_run sinks;
    char *threads; /* scratch of the threads: of the tile, then of the sinks */
} cj_reduce_job;

/* Rows that fit in a tile: several at a time. */
static void run_short_rows(const cj_reduce_job *job, cj_tile_run *run, char *scratch, int64_t begin,
                           int64_t end)
{
    const cj_reduce_call *c = job->call;
    int64_t reduced = c->sinks.reduced, rows = c->tile->length / reduced;
    for (int64_t row = begin; row < end; row += rows) {
        int64_t count = CJ_MIN(rows, end - row);
        cj_tile_step_run(run, row * reduced, count * reduced, NULL);
        for (int64_t r = 0; r < count; r++)
            cj_sinks_row(&job->sinks, run, scratch, row + r, r * reduced);
    }
}

/* One block of one row. */
static void run_row_block(const cj_reduce_job *job, cj_tile_run *run, char *scratch, int64_t outer,
                          int64_t block)
{
    const cj_reduce_call *c = job->call;
    const cj_sinks *s = &c->sinks;
    int64_t begin = block * CJ_REDUCE_BLOCK, end = CJ_MIN(begin + CJ_REDUCE_BLOCK, s->reduced);
    for (int64_t at = begin; at < end; at += c->tile->length) {
        int64_t n = CJ_MIN(c->tile->length, end - at);
        cj_tile_step_run(run, outer * s->reduced + at, n, NULL);
        cj_sinks_feed(s, run, scratch, at, n, 1);
    }
    cj_sinks_end_block(&job->sinks, scratch, outer, block, end - begin, 0, 1);
}

/* One block of one strip of columns. */
static void run_column_block(const cj_reduce_job *job, cj_tile_run *run, char *scratch,
                             int64_t outer, int64_t block, int64_t column)
{
    const cj_reduce_call *c = job->call;
    const cj_sinks *s = &c->sinks;
    int64_t columns = CJ_MIN(s->strip, s->inner - column);
    int64_t rows = columns == s->inner ? CJ_MAX(c->tile->length / s->inner, 1) : 1;
    int64_t begin = block * CJ_REDUCE_BLOCK, end = CJ_MIN(begin + CJ_REDUCE_BLOCK, s->reduced);
    for (int64_t row = begin; row < end; row += rows) {
        int64_t count = CJ_MIN(rows, end - row);
        cj_tile_step_run(run, (outer * s->reduced + row) * s->inner + column, count * columns,
                         NULL);
        cj_sinks_feed(s, run, scratch, row, count, columns);
    }
    cj_sinks_end_block(&job->sinks, scratch, outer, block, end - begin, column, columns);
}

static void run_units(void *state, int thread, int64_t begin, int64_t end)
{
    const cj_reduce_job *job = state;
    const cj_reduce_call *c = job->call;
    const cj_sinks *s = &c->sinks;
    char *scratch = job->threads + (size_t)thread * c->thread_bytes;
    cj_tile_run run;
    cj_tile_begin(c->tile, &run, job->sinks.buffer, scratch, c->tile->length);
    scratch += c->tile_bytes;
    if (s->inner == 1 && s->reduced <= c->tile->length) {
        run_short_rows(job, &run, scratch, begin, end);
        return;
    }
    for (int64_t unit = begin; unit < end; unit++) {
        int64_t strip = unit % c->strips, block = unit / c->strips % s->blocks;
        int64_t outer = unit / c->strips / s->blocks;
        if (s->inner == 1)
            run_row_block(job, &run, scratch, outer, block);
        else
            run_column_block(job, &run, scratch, outer, block, strip * s->strip);
    }
}

static void fold_blocks(void *state, int thread, int64_t begin, int64_t end)
{
    const cj_reduce_job *job = state;
    (void)thread;
    cj_sinks_fold(&job->sinks, begin, end);
}

static cj_status run_reduce(cj_call *base, void *const *buffer, void *scratch)
{
    cj_reduce_call *c = (cj_reduce_call *)base;
    const cj_sinks *s = &c->sinks;
    cj_reduce_job job = {c, {s, buffer, scratch}, (char *)scratch + s->shared_bytes};
    if (s->reduced == 0) {
        cj_sinks_identity(&job.sinks);
        return CJ_OK;
    }
    int64_t units = s->outer * s->blocks * c->strips;
    if (units == 0 || s->inner == 0)
        return CJ_OK;
    int64_t each = CJ_MAX(c->tile->elements / units, 1);
    int64_t smallest = CJ_MAX(cj_smallest_work(base->context, c->tile->steps + s->count) / each, 1);
    cj_pool_run(base->context->pool, units, 1, smallest, run_units, &job);
    if (s->blocks > 1)
        cj_pool_run(base->context->pool, s->outer, 1,
                    CJ_MAX(cj_smallest_work(base->context, 1) / (s->blocks * s->inner), 1),
                    fold_blocks, &job);
    return CJ_OK;
}

static void release_reduce(cj_call *base)
{
    cj_tile_free(base->context, ((cj_reduce_call *)base)->tile);
}

cj_status cj_prepare_reduce(cj_context *context, const cj_kernel *k, cj_call **out)
{
    if (k->reduction_count > CJ_MOST_SINKS)
        return cj_fail(context, CJ_UNSUPPORTED, "a fused kernel with %d reductions is too large",
                       k->reduction_count);
    cj_reduce_call *c = cj_call_new(context, k, sizeof(*c));
    if (!c)
        return CJ_NO_MEMORY;
    *out = &c->call;
    c->call.run = run_reduce;
    c->call.release = release_reduce;
    cj_sinks *s = &c->sinks;
    cj_sinks_make(s, cj_kernels(context->isa), k, 0);
    c->strips = 1;
    /* strips only where there are too few blocks to go round, or a row is longer than a tile */
    if (s->inner > CJ_TILE_ELEMENTS ||
        (s->inner > STRIP && s->outer * s->blocks < cj_threads(context))) {
        cj_sinks_make(s, cj_kernels(context->isa), k, STRIP);
        c->strips = (s->inner + STRIP - 1) / STRIP;
    }
    c->call.name = s->inner == 1 ? "reduce.rows" : "reduce.columns";
    int64_t row = s->inner > 1
                      ? (c->strips == 1 ? s->inner : -1)
                      : (s->reduced > 0 && s->reduced <= CJ_TILE_ELEMENTS ? s->reduced : -1);
    cj_status status = cj_tile_make(context, k, row, &c->tile);
    if (status) {
        cj_cpu_target.release(context, &c->call);
        return status;
    }
    c->tile_bytes = cj_aligned_size(c->tile->scratch_bytes);
    c->thread_bytes = c->tile_bytes + s->thread_bytes;
    c->call.scratch_bytes = s->shared_bytes + c->thread_bytes * (size_t)cj_threads(context);
    return CJ_OK;
}
