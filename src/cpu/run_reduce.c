/*
 * src/cpu/run_reduce.c - kernels with reductions: a domain [outer][reduced][inner], its program, and one or more
 * reductions of the program's values over the middle, in the order of docs/design.md, "The bits".
 *
 * A unit of work is one block of one outer index (of one strip of inner columns): its lanes are folded to one result. Where a
 * reduction has several blocks, their results wait in scratch and are folded at the end. So the division of units among threads
 * cannot change a bit.
 */
#include "cpu/call.h"

enum { STRIP = 256, MOST_REDUCTIONS = 16 };

/* One reduction of the kernel. */
typedef struct cj_sink {
    int16_t reg;
    int op, dtype;           /* of the source: the row of the kernel tables */
    size_t size;             /* bytes of a source element */
    bool is_index;
    int32_t buffer;
    int64_t offset;
    int64_t stride[CJ_MAX_RANK]; /* over the kept axes */
    size_t state, index, partial, partial_index; /* in scratch: of a thread, of a thread, shared, shared */
} cj_sink;

typedef struct cj_reduce_call {
    cj_call call;
    cj_tile *tile;
    cj_tile_axes kept; /* outer and inner axes */
    int64_t outer, reduced, inner;
    int64_t blocks, strip, strips; /* blocks of a reduction, columns of a strip */
    int sinks;
    cj_sink sink[MOST_REDUCTIONS];
    size_t thread_bytes, shared_bytes;
} cj_reduce_call;

typedef struct cj_reduce_job {
    const cj_reduce_call *call;
    void *const *buffer;
    char *scratch; /* shared part, then the threads' */
} cj_reduce_job;

static char *thread_scratch(const cj_reduce_job *job, int thread)
{
    return job->scratch + job->call->shared_bytes + (size_t)thread * job->call->thread_bytes;
}

/* Writes n results that belong to kept elements [first, first + n). */
static void write_results(const cj_reduce_job *job, const cj_sink *sink, int64_t first, int64_t n,
                          const void *value, const void *index)
{
    size_t size = sink->is_index ? sizeof(int32_t) : sink->size;
    char *memory = (char *)job->buffer[sink->buffer] + sink->offset * (int64_t)size;
    cj_walk_store(job->call->tile->kernels, &job->call->kept, sink->stride, size, first, n, memory,
                  sink->is_index ? index : value);
}

/* The folded lanes of a block: to the result, or to wait for the other blocks. */
static void end_block(const cj_reduce_job *job, const cj_sink *sink, int64_t outer, int64_t block,
                      int64_t column, int64_t columns, const char *value, const char *index)
{
    const cj_reduce_call *c = job->call;
    if (c->blocks == 1) {
        write_results(job, sink, outer * c->inner + column, columns, value, index);
        return;
    }
    int64_t at = (outer * c->blocks + block) * c->inner + column;
    memcpy(job->scratch + sink->partial + (size_t)at * sink->size, value, (size_t)columns * sink->size);
    if (sink->is_index)
        memcpy(job->scratch + sink->partial_index + (size_t)at * 4, index, (size_t)columns * 4);
}

static void fold_sink(const cj_reduce_call *c, const cj_sink *sink, void *value, void *index, int64_t count,
                      int64_t columns)
{
    const struct cj_isa_kernels *k = c->tile->kernels;
    int32_t *at = sink->is_index ? index : NULL;
    if (c->inner == 1)
        k->fold[sink->op][sink->dtype](value, at, count);
    else
        k->fold_columns[sink->op][sink->dtype](value, at, count, columns);
}

/* Rows that fit in a tile: several at a time. */
static void run_short_rows(const cj_reduce_job *job, cj_tile_run *run, char *scratch, int64_t begin,
                           int64_t end)
{
    const cj_reduce_call *c = job->call;
    int64_t rows = c->tile->length / c->reduced;
    for (int64_t row = begin; row < end; row += rows) {
        int64_t count = CJ_MIN(rows, end - row);
        cj_tile_step_run(run, row * c->reduced, count * c->reduced, NULL);
        for (int i = 0; i < c->sinks; i++) {
            const cj_sink *sink = &c->sink[i];
            const char *data = run->reg[sink->reg];
            int32_t *index = sink->is_index ? (int32_t *)(void *)(scratch + sink->index) : NULL;
            for (int64_t r = 0; r < count; r++) {
                c->tile->kernels->reduce_row[sink->op][sink->dtype](
                    scratch + sink->state, index, data + (size_t)(r * c->reduced) * sink->size, 0,
                    c->reduced);
                fold_sink(c, sink, scratch + sink->state, index, CJ_MIN(c->reduced, CJ_REDUCE_LANES), 1);
                write_results(job, sink, row + r, 1, scratch + sink->state, index);
            }
        }
    }
}

/* One block of one row. */
static void run_row_block(const cj_reduce_job *job, cj_tile_run *run, char *scratch, int64_t outer,
                          int64_t block)
{
    const cj_reduce_call *c = job->call;
    int64_t begin = block * CJ_REDUCE_BLOCK, end = CJ_MIN(begin + CJ_REDUCE_BLOCK, c->reduced);
    for (int64_t at = begin; at < end; at += c->tile->length) {
        int64_t n = CJ_MIN(c->tile->length, end - at);
        cj_tile_step_run(run, outer * c->reduced + at, n, NULL);
        for (int i = 0; i < c->sinks; i++) {
            const cj_sink *sink = &c->sink[i];
            c->tile->kernels->reduce_row[sink->op][sink->dtype](
                scratch + sink->state,
                sink->is_index ? (int32_t *)(void *)(scratch + sink->index) : NULL, run->reg[sink->reg],
                at, n);
        }
    }
    for (int i = 0; i < c->sinks; i++) {
        const cj_sink *sink = &c->sink[i];
        fold_sink(c, sink, scratch + sink->state, scratch + sink->index,
                  CJ_MIN(end - begin, CJ_REDUCE_LANES), 1);
        end_block(job, sink, outer, block, 0, 1, scratch + sink->state, scratch + sink->index);
    }
}

/* One block of one strip of columns. */
static void run_column_block(const cj_reduce_job *job, cj_tile_run *run, char *scratch, int64_t outer,
                             int64_t block, int64_t column)
{
    const cj_reduce_call *c = job->call;
    int64_t columns = CJ_MIN(c->strip, c->inner - column);
    int64_t rows = columns == c->inner ? CJ_MAX(c->tile->length / c->inner, 1) : 1;
    int64_t begin = block * CJ_REDUCE_BLOCK, end = CJ_MIN(begin + CJ_REDUCE_BLOCK, c->reduced);
    for (int64_t row = begin; row < end; row += rows) {
        int64_t count = CJ_MIN(rows, end - row);
        cj_tile_step_run(run, (outer * c->reduced + row) * c->inner + column, count * columns, NULL);
        for (int i = 0; i < c->sinks; i++) {
            const cj_sink *sink = &c->sink[i];
            c->tile->kernels->reduce_columns[sink->op][sink->dtype](
                scratch + sink->state,
                sink->is_index ? (int32_t *)(void *)(scratch + sink->index) : NULL, run->reg[sink->reg],
                columns, row, count, columns);
        }
    }
    for (int i = 0; i < c->sinks; i++) {
        const cj_sink *sink = &c->sink[i];
        fold_sink(c, sink, scratch + sink->state, scratch + sink->index,
                  CJ_MIN(end - begin, CJ_REDUCE_LANES), columns);
        end_block(job, sink, outer, block, column, columns, scratch + sink->state,
                  scratch + sink->index);
    }
}

static void run_units(void *state, int thread, int64_t begin, int64_t end)
{
    const cj_reduce_job *job = state;
    const cj_reduce_call *c = job->call;
    char *scratch = thread_scratch(job, thread);
    cj_tile_run run;
    cj_tile_begin(c->tile, &run, job->buffer, scratch, c->tile->length);
    if (c->inner == 1 && c->reduced <= c->tile->length) {
        run_short_rows(job, &run, scratch, begin, end);
        return;
    }
    for (int64_t unit = begin; unit < end; unit++) {
        int64_t strip = unit % c->strips, block = unit / c->strips % c->blocks;
        int64_t outer = unit / c->strips / c->blocks;
        if (c->inner == 1)
            run_row_block(job, &run, scratch, outer, block);
        else
            run_column_block(job, &run, scratch, outer, block, strip * c->strip);
    }
}

/* Folds the blocks of outer indexes [begin, end). */
static void fold_blocks(void *state, int thread, int64_t begin, int64_t end)
{
    const cj_reduce_job *job = state;
    const cj_reduce_call *c = job->call;
    (void)thread;
    for (int64_t outer = begin; outer < end; outer++)
        for (int i = 0; i < c->sinks; i++) {
            const cj_sink *sink = &c->sink[i];
            size_t at = (size_t)(outer * c->blocks * c->inner);
            char *value = job->scratch + sink->partial + at * sink->size;
            char *index = job->scratch + sink->partial_index + at * 4;
            fold_sink(c, sink, value, index, c->blocks, c->inner);
            write_results(job, sink, outer * c->inner, c->inner, value, index);
        }
}

/* Nothing is reduced: each result is the identity. */
static void write_identity(const cj_reduce_job *job)
{
    const cj_reduce_call *c = job->call;
    for (int i = 0; i < c->sinks; i++) {
        uint64_t value = 0;
        int32_t index = 0;
        cj_reduce_identity((cj_op)(c->sink[i].op + CJ_OP_SUM), (cj_dtype)c->sink[i].dtype, &value);
        for (int64_t at = 0; at < c->outer * c->inner; at++)
            write_results(job, &c->sink[i], at, 1, &value, &index);
    }
}

static void run_reduce(cj_call *base, void *const *buffer, void *scratch)
{
    cj_reduce_call *c = (cj_reduce_call *)base;
    cj_reduce_job job = {c, buffer, scratch};
    if (c->reduced == 0) {
        write_identity(&job);
        return;
    }
    int64_t units = c->outer * c->blocks * c->strips;
    if (units == 0 || c->inner == 0)
        return;
    int64_t each = CJ_MAX(c->tile->elements / units, 1);
    int64_t smallest = CJ_MAX(cj_smallest_work(base->context, c->tile->steps + c->sinks) / each, 1);
    cj_pool_run(base->context->pool, units, 1, smallest, run_units, &job);
    if (c->blocks > 1)
        cj_pool_run(base->context->pool, c->outer, 1,
                    CJ_MAX(cj_smallest_work(base->context, 1) / (c->blocks * c->inner), 1), fold_blocks,
                    &job);
}

static void release_reduce(cj_call *base)
{
    cj_tile_free(base->context, ((cj_reduce_call *)base)->tile);
}

static size_t aligned(size_t bytes)
{
    return (bytes + 63) / 64 * 64;
}

static void make_sinks(cj_reduce_call *c, const cj_kernel *k)
{
    int64_t *stride[MOST_REDUCTIONS];
    size_t thread = aligned(c->tile->scratch_bytes), shared = 0;
    int axes = 0;
    c->sinks = k->reduction_count;
    for (int a = 0; a < k->rank; a++) {
        bool gone = a >= k->outer && a < k->outer + k->reduced;
        if (gone)
            continue;
        c->kept.extent[axes] = k->extent[a];
        for (int i = 0; i < c->sinks; i++)
            c->sink[i].stride[axes] = k->reduction[i].view.stride[a];
        axes++;
    }
    c->kept.rank = axes;
    size_t results = (size_t)(c->outer * c->blocks * c->inner);
    for (int i = 0; i < c->sinks; i++) {
        cj_sink *sink = &c->sink[i];
        const cj_reduction *r = &k->reduction[i];
        sink->reg = r->value;
        sink->op = r->op - CJ_OP_SUM;
        sink->dtype = k->instr[r->value].dtype;
        sink->size = cj_dtype_size((cj_dtype)sink->dtype);
        sink->is_index = r->op == CJ_OP_ARGMAX;
        sink->buffer = r->view.buffer;
        sink->offset = r->view.offset;
        sink->state = thread;
        thread += aligned((size_t)CJ_REDUCE_LANES * (size_t)c->strip * sink->size);
        sink->index = thread;
        if (sink->is_index)
            thread += aligned((size_t)CJ_REDUCE_LANES * (size_t)c->strip * 4);
        if (c->blocks > 1) {
            sink->partial = shared;
            shared += aligned(results * sink->size);
            sink->partial_index = shared;
            if (sink->is_index)
                shared += aligned(results * 4);
        }
        stride[i] = sink->stride;
    }
    cj_join_axes(&c->kept, c->sinks, stride, 0);
    c->thread_bytes = thread;
    c->shared_bytes = shared;
}

/* How the units are cut: strips only where there are too few blocks to go round. */
static void cut_units(cj_reduce_call *c, int threads)
{
    c->blocks = CJ_MAX((c->reduced + CJ_REDUCE_BLOCK - 1) / CJ_REDUCE_BLOCK, 1);
    bool whole = c->inner <= CJ_TILE_ELEMENTS &&
                 (c->inner <= STRIP || c->outer * c->blocks >= threads);
    c->strip = whole ? CJ_MAX(c->inner, 1) : STRIP;
    c->strips = whole ? 1 : (c->inner + c->strip - 1) / c->strip;
}

cj_status cj_prepare_reduce(cj_context *context, const cj_kernel *k, cj_call **out)
{
    if (k->reduction_count > MOST_REDUCTIONS)
        return cj_fail(context, CJ_UNSUPPORTED, "a fused kernel with %d reductions is too large",
                       k->reduction_count);
    cj_reduce_call *c = cj_call_new(context, k, sizeof(*c));
    if (!c)
        return CJ_NO_MEMORY;
    *out = &c->call;
    c->outer = c->reduced = c->inner = 1;
    for (int a = 0; a < k->rank; a++) {
        int64_t *part = a < k->outer ? &c->outer : a < k->outer + k->reduced ? &c->reduced : &c->inner;
        *part *= k->extent[a];
    }
    c->call.name = c->inner == 1 ? "reduce.rows" : "reduce.columns";
    c->call.run = run_reduce;
    c->call.release = release_reduce;
    cut_units(c, cj_threads(context));
    int64_t row = c->inner > 1 ? (c->strips == 1 ? c->inner : -1)
                               : (c->reduced > 0 && c->reduced <= CJ_TILE_ELEMENTS ? c->reduced : -1);
    cj_status status = cj_tile_make(context, k, row, &c->tile);
    if (status) {
        cj_cpu_target.release(context, &c->call);
        return status;
    }
    make_sinks(c, k);
    c->call.scratch_bytes = c->shared_bytes + c->thread_bytes * (size_t)cj_threads(context);
    return CJ_OK;
}
