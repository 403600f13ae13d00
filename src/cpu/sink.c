/*
 * src/cpu/sink.c - feeding, folding and writing the reductions of a kernel.
 */
#include "cpu/sink.h"

/* Writes n results that belong to kept elements [first, first + n). */
static void write_results(const cj_sinks_run *r, const cj_sink *sink, int64_t first, int64_t n,
                          const void *value, const void *index)
{
    size_t size = sink->is_index ? sizeof(int32_t) : sink->size;
    char *memory = (char *)r->buffer[sink->buffer] + sink->offset * (int64_t)size;
    cj_walk_store(r->sinks->kernels, &r->sinks->kept, sink->stride, size, first, n, memory,
                  sink->is_index ? index : value);
}

static void fold_sink(const cj_sinks *s, const cj_sink *sink, void *value, void *index,
                      int64_t count, int64_t columns)
{
    int32_t *at = sink->is_index ? index : NULL;
    if (s->inner == 1)
        s->kernels->fold[sink->op][sink->dtype](value, at, count);
    else
        s->kernels->fold_columns[sink->op][sink->dtype](value, at, count, columns);
}

static int32_t *sink_index(const cj_sink *sink, char *scratch)
{
    return sink->is_index ? (int32_t *)(void *)(scratch + sink->index) : NULL;
}

void cj_sinks_feed(const cj_sinks *s, cj_tile_run *run, char *scratch, int64_t row, int64_t rows,
                   int64_t columns)
{
    for (int i = 0; i < s->count; i++) {
        const cj_sink *sink = &s->sink[i];
        int32_t *index = sink_index(sink, scratch);
        void *state = scratch + sink->state;
        if (s->inner == 1)
            s->kernels->reduce_row[sink->op][sink->dtype](state, index, run->reg[sink->reg], row,
                                                          rows);
        else
            s->kernels->reduce_columns[sink->op][sink->dtype](state, index, run->reg[sink->reg],
                                                              columns, row, rows, columns);
    }
}

void cj_sinks_row(const cj_sinks_run *r, cj_tile_run *run, char *scratch, int64_t outer, int64_t at)
{
    const cj_sinks *s = r->sinks;
    for (int i = 0; i < s->count; i++) {
        const cj_sink *sink = &s->sink[i];
        int32_t *index = sink_index(sink, scratch);
        void *state = scratch + sink->state;
        const char *data = (const char *)run->reg[sink->reg] + (size_t)at * sink->size;
        s->kernels->reduce_row[sink->op][sink->dtype](state, index, data, 0, s->reduced);
        fold_sink(s, sink, state, index, CJ_MIN(s->reduced, CJ_REDUCE_LANES), 1);
        write_results(r, sink, outer, 1, state, index);
    }
}

void cj_sinks_end_block(const cj_sinks_run *r, char *scratch, int64_t outer, int64_t block,
                        int64_t rows, int64_t column, int64_t columns)
{
    const cj_sinks *s = r->sinks;
    for (int i = 0; i < s->count; i++) {
        const cj_sink *sink = &s->sink[i];
        char *value = scratch + sink->state, *index = scratch + sink->index;
        fold_sink(s, sink, value, index, CJ_MIN(rows, CJ_REDUCE_LANES), columns);
        if (s->blocks == 1) {
            write_results(r, sink, outer * s->inner + column, columns, value, index);
            continue;
        }
        size_t at = (size_t)((outer * s->blocks + block) * s->inner + column);
        memcpy(r->shared + sink->partial + at * sink->size, value, (size_t)columns * sink->size);
        if (sink->is_index)
            memcpy(r->shared + sink->partial_index + at * 4, index, (size_t)columns * 4);
    }
}

void cj_sinks_fold(const cj_sinks_run *r, int64_t begin, int64_t end)
{
    const cj_sinks *s = r->sinks;
    for (int64_t outer = begin; outer < end; outer++)
        for (int i = 0; i < s->count; i++) {
            const cj_sink *sink = &s->sink[i];
            size_t at = (size_t)(outer * s->blocks * s->inner);
            char *value = r->shared + sink->partial + at * sink->size;
            char *index = r->shared + sink->partial_index + at * 4;
            fold_sink(s, sink, value, index, s->blocks, s->inner);
            write_results(r, sink, outer * s->inner, s->inner, value, index);
        }
}

void cj_sinks_identity(const cj_sinks_run *r)
{
    const cj_sinks *s = r->sinks;
    for (int i = 0; i < s->count; i++) {
        uint64_t value = 0;
        int32_t index = 0;
        cj_reduce_identity((cj_op)(s->sink[i].op + CJ_OP_SUM), (cj_dtype)s->sink[i].dtype, &value);
        for (int64_t at = 0; at < s->outer * s->inner; at++)
            write_results(r, &s->sink[i], at, 1, &value, &index);
    }
}

static void place_sink(cj_sinks *s, cj_sink *sink)
{
    size_t lanes = (size_t)CJ_REDUCE_LANES * (size_t)s->strip;
    size_t results = (size_t)(s->outer * s->blocks * s->inner);
    sink->state = s->thread_bytes;
    s->thread_bytes += cj_aligned_size(lanes * sink->size);
    sink->index = s->thread_bytes;
    if (sink->is_index)
        s->thread_bytes += cj_aligned_size(lanes * 4);
    if (s->blocks == 1)
        return;
    sink->partial = s->shared_bytes;
    s->shared_bytes += cj_aligned_size(results * sink->size);
    sink->partial_index = s->shared_bytes;
    if (sink->is_index)
        s->shared_bytes += cj_aligned_size(results * 4);
}

void cj_sinks_make(cj_sinks *s, const struct cj_isa_kernels *kernels, const cj_kernel *k,
                   int64_t strip)
{
    int64_t *stride[CJ_MOST_SINKS];
    memset(s, 0, sizeof(*s));
    s->kernels = kernels;
    s->outer = s->reduced = s->inner = 1;
    s->count = k->reduction_count;
    for (int a = 0; a < k->rank; a++) {
        int64_t *part = a < k->outer                ? &s->outer
                        : a < k->outer + k->reduced ? &s->reduced
                                                    : &s->inner;
        *part *= k->extent[a];
        if (part == &s->reduced)
            continue;
        s->kept.extent[s->kept.rank] = k->extent[a];
        for (int i = 0; i < s->count; i++)
            s->sink[i].stride[s->kept.rank] = k->reduction[i].view.stride[a];
        s->kept.rank++;
    }
    s->blocks = CJ_MAX((s->reduced + CJ_REDUCE_BLOCK - 1) / CJ_REDUCE_BLOCK, 1);
    s->strip = strip ? strip : CJ_MAX(s->inner, 1);
    for (int i = 0; i < s->count; i++) {
        cj_sink *sink = &s->sink[i];
        const cj_reduction *r = &k->reduction[i];
        sink->reg = r->value;
        sink->op = r->op - CJ_OP_SUM;
        sink->dtype = k->instr[r->value].dtype;
        sink->size = cj_dtype_size((cj_dtype)sink->dtype);
        sink->is_index = r->op == CJ_OP_ARGMAX;
        sink->buffer = r->view.buffer;
        sink->offset = r->view.offset;
        place_sink(s, sink);
        stride[i] = sink->stride;
    }
    cj_join_axes(&s->kept, s->count, stride, 0);
}
