/*
 * src/cpu/tile.c - running tiles; src/cpu/tile_make.c makes them.
 */
#include "cpu/tile.h"

static const void *view_memory(const cj_tile_view *v, void *const *buffer)
{
    return (const char *)buffer[v->buffer] + v->offset * v->size;
}

/* value, value + step, ... as the dtype. */
static void write_line(const struct cj_isa_kernels *kernels, cj_dtype dtype, int64_t n,
                       int64_t value, int64_t step, void *out)
{
    switch (dtype) {
    case CJ_F32:
        for (int64_t i = 0; i < n; i++)
            ((float *)out)[i] = (float)(value + i * step);
        break;
    case CJ_F64:
        for (int64_t i = 0; i < n; i++)
            ((double *)out)[i] = (double)(value + i * step);
        break;
    case CJ_I64: kernels->iota_i64(n, out, value, step); break;
    default: kernels->iota_i32(n, out, (int32_t)value, (int32_t)step); break;
    }
}

/* The index along an axis, for elements [first, first + n): a line for each row of the last axis. */
static void load_index(const cj_tile *t, const cj_tile_view *v, int64_t first, int64_t n, void *out)
{
    int last = t->axes.rank - 1;
    int64_t row = last < 0 ? 1 : t->axes.extent[last], step = last < 0 ? 0 : v->stride[last];
    for (int64_t done = 0; done < n;) {
        int64_t at = (first + done) / row, inner = (first + done) % row;
        int64_t count = CJ_MIN(row - inner, n - done), value = v->offset + inner * step;
        for (int a = last - 1; a >= 0; a--) {
            value += at % t->axes.extent[a] * v->stride[a];
            at /= t->axes.extent[a];
        }
        write_line(t->kernels, v->dtype, count, value, step, (char *)out + done * v->size);
        done += count;
    }
}

static void load_view(const cj_tile_run *run, const cj_tile_view *v, int64_t first, int64_t n,
                      void *out)
{
    const cj_tile *t = run->tile;
    if (v->buffer < 0)
        load_index(t, v, first, n, out);
    else
        cj_walk_load(t->kernels, &t->axes, v->stride, v->size, first, n, out,
                     view_memory(v, run->buffer));
}

void cj_tile_begin(const cj_tile *t, cj_tile_run *run, void *const *buffer, void *scratch,
                   int64_t most)
{
    run->tile = t;
    run->buffer = buffer;
    most = CJ_MIN(CJ_MIN(most, t->length), t->elements);
    for (int r = 0; r < t->regs; r++)
        if (t->slot[r] >= 0)
            run->reg[r] = (char *)scratch + (size_t)t->slot[r] * (size_t)t->length * 8;
    if (most <= 0) /* the sources may hold no element to read */
        return;
    for (int i = 0; i < t->loads; i++) {
        const cj_tile_view *v = &t->load[i];
        if (v->access == CJ_ACCESS_SPLAT)
            t->kernels->splat[cj_size_class_of(v->size)](
                most, run->reg[v->reg], v->is_number ? &v->bits : view_memory(v, buffer));
        else if (v->access == CJ_ACCESS_PERIODIC)
            load_view(run, v, 0, most, run->reg[v->reg]);
    }
}

void cj_tile_step_run(cj_tile_run *run, int64_t first, int64_t n, void *head)
{
    const cj_tile *t = run->tile;
    for (int i = 0; i < t->stores; i++) {
        const cj_tile_view *v = &t->store[i];
        if (v->to_memory)
            run->reg[v->reg] = v->buffer < 0
                                   ? run->out
                                   : (char *)run->buffer[v->buffer] + (v->offset + first) * v->size;
    }
    for (int i = 0; i < t->loads; i++) {
        const cj_tile_view *v = &t->load[i];
        if (v->access == CJ_ACCESS_DIRECT)
            run->reg[v->reg] = (char *)run->buffer[v->buffer] + (v->offset + first) * v->size;
        else if (v->access == CJ_ACCESS_WALK)
            load_view(run, v, first, n, run->reg[v->reg]);
        else if (v->access == CJ_ACCESS_HEAD)
            run->reg[v->reg] = head;
    }
    for (int i = 0; i < t->steps; i++) {
        const cj_tile_step *s = &t->step[i];
        const void *source[4] = {run->reg[s->source[0]], run->reg[s->source[1]],
                                 run->reg[s->source[2]], run->reg[s->source[3]]};
        s->fn(n, run->reg[s->out], source);
    }
    for (int i = 0; i < t->stores; i++) {
        const cj_tile_view *v = &t->store[i];
        if (v->to_memory)
            continue;
        if (v->buffer < 0) {
            memcpy(run->out, run->reg[v->reg], (size_t)n * v->size);
            continue;
        }
        char *memory = (char *)run->buffer[v->buffer] + v->offset * v->size;
        if (v->access == CJ_ACCESS_DIRECT)
            memcpy(memory + first * v->size, run->reg[v->reg], (size_t)n * v->size);
        else
            cj_walk_store(t->kernels, &t->axes, v->stride, v->size, first, n, memory,
                          run->reg[v->reg]);
    }
}
