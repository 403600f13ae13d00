/*
 * src/cpu/run_copy.c - kernels that only move: one load, one store. Elements go from place to place without a tile between.
 *
 * Axes that step alike are joined. The last two loops are one call: contiguous rows, a row of one element repeated, a
 * transpose by tiles (where the source is contiguous along another axis than the result), or strided rows, the longer axis
 * innermost.
 */
#include "cpu/call.h"

typedef enum cj_copy_way {
    CJ_COPY_ROWS,
    CJ_COPY_SPREAD,
    CJ_COPY_TRANSPOSE,
    CJ_COPY_STRIDED
} cj_copy_way;

typedef struct cj_copy_call {
    cj_call call;
    const struct cj_isa_kernels *kernels;
    cj_copy_way way;
    size_t size;
    cj_tile_axes axes;                         /* the last two are the call's: outer, inner */
    int64_t in[CJ_MAX_RANK], out[CJ_MAX_RANK]; /* strides */
    int64_t pieces,
        piece; /* of the outer of the two: what threads share out, and how long each is */
} cj_copy_call;

typedef struct cj_copy_job {
    const cj_copy_call *c;
    const char *in;
    char *out;
} cj_copy_job;

bool cj_is_copy(const cj_kernel *k)
{
    return k->kind == CJ_KERNEL_MAP && k->reduction_count == 0 && k->instr_count == 1 &&
           k->instr[0].op == CJ_INSTR_LOAD && k->store_count == 1;
}

/* Rows [begin, end) of the outer axis, all of the inner. */
static void copy_plane(const cj_copy_call *c, int64_t begin, int64_t end, char *out, const char *in)
{
    int outer = c->axes.rank - 2, inner = outer + 1, class = cj_size_class_of(c->size);
    int64_t size = (int64_t)c->size, n = c->axes.extent[inner];
    int64_t from = c->in[outer] * size, to = c->out[outer] * size;
    in += begin * from;
    out += begin * to;
    switch (c->way) {
    case CJ_COPY_ROWS:
        for (int64_t row = begin; row < end; row++, in += from, out += to)
            memcpy(out, in, (size_t)(n * size));
        break;
    case CJ_COPY_SPREAD: c->kernels->spread_rows[class](end - begin, n, out, in); break;
    case CJ_COPY_TRANSPOSE:
        c->kernels->transpose[class](n, end - begin, out, c->out[outer], in, c->in[inner]);
        break;
    default:
        for (int64_t row = begin; row < end; row++, in += from, out += to)
            c->kernels->copy_strided[class](n, out, c->out[inner], in, c->in[inner]);
        break;
    }
}

static void run_pieces(void *state, int thread, int64_t begin, int64_t end)
{
    const cj_copy_job *job = state;
    const cj_copy_call *c = job->c;
    int64_t last = c->axes.extent[c->axes.rank - 2];
    (void)thread;
    while (begin < end) {
        int64_t plane = begin / c->pieces, piece = begin % c->pieces, in = 0, out = 0;
        int64_t count = CJ_MIN(end - begin, c->pieces - piece);
        for (int i = c->axes.rank - 3; i >= 0; i--) {
            in += plane % c->axes.extent[i] * c->in[i];
            out += plane % c->axes.extent[i] * c->out[i];
            plane /= c->axes.extent[i];
        }
        copy_plane(c, piece * c->piece, CJ_MIN((piece + count) * c->piece, last),
                   job->out + out * (int64_t)c->size, job->in + in * (int64_t)c->size);
        begin += count;
    }
}

static cj_status run_copy(cj_call *base, void *const *buffer, void *scratch)
{
    cj_copy_call *c = (cj_copy_call *)base;
    const cj_view *from = &base->kernel->instr[0].view, *to = &base->kernel->store[0].view;
    cj_copy_job job = {c, (const char *)buffer[from->buffer] + from->offset * (int64_t)c->size,
                       (char *)buffer[to->buffer] + to->offset * (int64_t)c->size};
    (void)scratch;
    if (base->kernel->elements == 0 || job.in == job.out) /* a place that was shared */
        return CJ_OK;
    int64_t units = c->pieces, each;
    for (int i = 0; i < c->axes.rank - 2; i++)
        units *= c->axes.extent[i];
    each = CJ_MAX(base->kernel->elements / units, 1);
    cj_pool_run(base->context->pool, units, 1, CJ_MAX(cj_smallest_work(base->context, 1) / each, 1),
                run_pieces, &job);
    return CJ_OK;
}

static void swap_axes(cj_copy_call *c, int a, int b)
{
    int64_t *const parts[] = {c->axes.extent, c->in, c->out};
    for (int i = 0; i < 3; i++) {
        int64_t held = parts[i][a];
        parts[i][a] = parts[i][b];
        parts[i][b] = held;
    }
}

/* Brings the axes of the innermost call to the end and says what it is. */
static void choose_way(cj_copy_call *c)
{
    int inner = c->axes.rank - 1, outer = inner - 1;
    c->way = CJ_COPY_STRIDED;
    if (c->in[inner] == 1 && c->out[inner] == 1 && c->axes.extent[inner] > 1) {
        c->way = CJ_COPY_ROWS;
        return;
    }
    for (int i = 0; i < inner && c->out[inner] == 1 && c->in[inner] > 1; i++)
        if (c->in[i] == 1 && c->out[i] > 1 && c->axes.extent[i] >= 4 &&
            c->axes.extent[inner] >= 4) {
            swap_axes(c, i, outer);
            c->way = CJ_COPY_TRANSPOSE;
            return;
        }
    if (c->in[inner] == 0 && c->out[inner] == 1 && c->in[outer] == 1 &&
        c->out[outer] == c->axes.extent[inner])
        c->way = CJ_COPY_SPREAD;
    else if (c->axes.extent[inner] < 8 && c->axes.extent[outer] > c->axes.extent[inner])
        swap_axes(c, outer, inner);
}

cj_status cj_prepare_copy(cj_context *context, const cj_kernel *k, cj_call **out)
{
    cj_copy_call *c = cj_call_new(context, k, sizeof(*c));
    if (!c)
        return CJ_NO_MEMORY;
    *out = &c->call;
    c->call.name = "copy";
    c->call.run = run_copy;
    c->kernels = cj_kernels(context->isa);
    c->size = cj_dtype_size((cj_dtype)k->store[0].dtype);
    for (int i = 0; i < k->rank; i++) {
        if (k->extent[i] == 1)
            continue;
        c->axes.extent[c->axes.rank] = k->extent[i];
        c->in[c->axes.rank] = k->instr[0].view.stride[i];
        c->out[c->axes.rank++] = k->store[0].view.stride[i];
    }
    cj_join_axes(&c->axes, 2, (int64_t *[]){c->in, c->out}, 0);
    int missing = CJ_MAX(2 - c->axes.rank, 0); /* of one element outside */
    for (int i = c->axes.rank - 1; i >= 0 && missing; i--) {
        c->axes.extent[i + missing] = c->axes.extent[i];
        c->in[i + missing] = c->in[i];
        c->out[i + missing] = c->out[i];
    }
    for (int i = 0; i < missing; i++) {
        c->axes.extent[i] = 1;
        c->in[i] = c->out[i] = 0;
    }
    c->axes.rank += missing;
    choose_way(c);
    /* One long row becomes rows, so that it can be shared out. */
    int inner = c->axes.rank - 1, outer = inner - 1;
    int64_t n = c->axes.extent[inner];
    if (c->axes.extent[outer] == 1 && n >= 4096) {
        int64_t rows = 64;
        while (n % rows)
            rows /= 2;
        c->axes.extent[outer] = rows;
        c->axes.extent[inner] = n / rows;
        c->in[outer] = c->in[inner] * (n / rows);
        c->out[outer] = c->out[inner] * (n / rows);
    }
    int64_t last = c->axes.extent[outer];
    c->piece = CJ_MAX(1, CJ_MIN(last, 4096 / CJ_MAX(c->axes.extent[inner], 1)));
    c->piece = c->way == CJ_COPY_TRANSPOSE ? CJ_MAX(c->piece / 16 * 16, 16) : c->piece;
    c->pieces = (last + c->piece - 1) / c->piece;
    return CJ_OK;
}
