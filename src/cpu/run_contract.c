/*
 * src/cpu/run_contract.c - matrix products and convolutions, with their program as epilogue, and
 * with prologues.
 */
#include "cpu/call.h"
#include "cpu/contract.h"
#include "cpu/sink.h"

/* A thread's interpreter of the epilogue or of a prologue; begun at its first rows. */
typedef struct cj_program_thread {
    cj_tile_run run;
    bool begun;
} cj_program_thread;

/* A prologue: the program of an operand. */
typedef struct cj_feed_program {
    cj_tile *tile;                            /* NULL: none */
    int64_t row, rows;                        /* elements of a row, rows of an image */
    size_t scratch, thread_bytes, threads_at; /* places in scratch */
} cj_feed_program;

typedef struct cj_contract_call {
    cj_call call;
    bool is_conv, plain; /* plain: nothing but a store in the kernel's own order */
    cj_matmul_plan matmul;
    cj_conv_plan *conv;
    cj_tile *tile;
    int64_t width; /* elements of a row */
    bool sums;     /* the program has reductions over the rows */
    cj_sinks sinks;
    size_t packed_bytes, packed, shared, epilogue, threads_at; /* places in scratch */
    size_t tile_bytes, thread_bytes;
    cj_feed_program feed[2];
} cj_contract_call;

typedef struct cj_contract_job {
    const cj_contract_call *call;
    void *const *buffer;
    char *scratch;
    cj_program_thread *thread;
    cj_sinks_run sinks;
} cj_contract_job;

/* Whole rows at a time, not across the end of a block of a reduction; a block that is complete is
 * folded. */
static void store_and_sum(const cj_contract_job *job, cj_tile_run *run, char *scratch, char *tile,
                          int64_t first_row, int64_t rows)
{
    const cj_contract_call *c = job->call;
    const cj_sinks *s = &c->sinks;
    int64_t most = c->tile->length / c->width,
            size = (int64_t)cj_dtype_size((cj_dtype)c->call.kernel->dtype);
    for (int64_t row = first_row; row < first_row + rows;) {
        int64_t block = row / CJ_REDUCE_BLOCK, begin = block * CJ_REDUCE_BLOCK;
        int64_t end = CJ_MIN(begin + CJ_REDUCE_BLOCK, s->reduced);
        int64_t count = CJ_MIN(CJ_MIN(most, first_row + rows - row), end - row);
        cj_tile_step_run(run, row * c->width, count * c->width,
                         tile + (row - first_row) * c->width * size);
        cj_sinks_feed(s, run, scratch, row, count, c->width);
        row += count;
        if (row == end)
            cj_sinks_end_block(&job->sinks, scratch, 0, block, end - begin, 0, c->width);
    }
}

static void store_rows(void *state, int thread, void *tile, int64_t first_row, int64_t rows)
{
    cj_contract_job *job = state;
    const cj_contract_call *c = job->call;
    cj_program_thread *t = &job->thread[thread];
    char *scratch = job->scratch + c->epilogue + (size_t)thread * c->thread_bytes;
    if (!t->begun) {
        cj_tile_begin(c->tile, &t->run, job->buffer, scratch, c->tile->length);
        t->begun = true;
    }
    if (c->sums) {
        store_and_sum(job, &t->run, scratch + c->tile_bytes, tile, first_row, rows);
        return;
    }
    size_t size = cj_dtype_size((cj_dtype)c->call.kernel->dtype);
    int64_t begin = first_row * c->width, end = begin + rows * c->width;
    for (int64_t at = begin; at < end; at += c->tile->length)
        cj_tile_step_run(&t->run, at, CJ_MIN(c->tile->length, end - at),
                         (char *)tile + (size_t)(at - begin) * size);
}

typedef struct cj_feed_job {
    const cj_feed_program *feed;
    void *const *buffer;
    char *scratch;
    size_t size; /* bytes of an element */
} cj_feed_job;

static void load_rows(void *state, int thread, void *dst, int64_t row_stride, int64_t image,
                      int64_t first_row, int64_t rows)
{
    cj_feed_job *job = state;
    const cj_feed_program *f = job->feed;
    cj_program_thread *t = (cj_program_thread *)(void *)(job->scratch + f->threads_at) + thread;
    if (!t->begun) {
        cj_tile_begin(f->tile, &t->run, job->buffer,
                      job->scratch + f->scratch + (size_t)thread * f->thread_bytes,
                      f->tile->length);
        t->begun = true;
    }
    int64_t begin = (image * f->rows + first_row) * f->row;
    int64_t step = row_stride == f->row ? rows * f->row : f->row;
    for (int64_t at = 0; at < rows * f->row; at += step)
        for (int64_t i = 0; i < step; i += f->tile->length) {
            t->run.out = (char *)dst + (size_t)(at / f->row * row_stride + i) * job->size;
            cj_tile_step_run(&t->run, begin + at + i, CJ_MIN(f->tile->length, step - i), NULL);
        }
}

static void forget_threads(const cj_contract_call *c, char *scratch, size_t at)
{
    cj_program_thread *t = (cj_program_thread *)(void *)(scratch + at);
    for (int i = 0; i < cj_threads(c->call.context); i++)
        t[i].begun = false;
}

static const void *operand_memory(const cj_kernel *k, int i, void *const *buffer)
{
    const cj_operand *o = &k->operand[i];
    return (const char *)buffer[o->view.buffer] +
           o->view.offset * (int64_t)cj_dtype_size((cj_dtype)o->dtype);
}

static cj_status run_contract(cj_call *base, void *const *buffer, void *scratch)
{
    cj_contract_call *c = (cj_contract_call *)base;
    const cj_kernel *k = base->kernel;
    cj_contract_job job = {
        c, buffer, scratch, NULL, {&c->sinks, buffer, (char *)scratch + c->shared}};
    cj_pool *pool = base->context->pool;
    cj_feed_job feed[2];
    const void *operand[2];
    for (int i = 0; i < 2; i++) {
        operand[i] = c->feed[i].tile ? NULL : operand_memory(k, i, buffer);
        feed[i] = (cj_feed_job){&c->feed[i], buffer, scratch, cj_dtype_size((cj_dtype)k->dtype)};
        if (c->feed[i].tile)
            forget_threads(c, scratch, c->feed[i].threads_at);
    }
    const void *right = operand[1];
    void *out = NULL;
    if (c->plain) {
        const cj_view *view = &k->store[0].view;
        out = (char *)buffer[view->buffer] +
              view->offset * (int64_t)cj_dtype_size((cj_dtype)k->dtype);
    } else {
        job.thread = (cj_program_thread *)(void *)((char *)scratch + c->threads_at);
        forget_threads(c, scratch, c->threads_at);
    }
    if (c->packed_bytes) {
        void *packed = (char *)scratch + c->packed;
        if (c->is_conv)
            cj_conv_pack(c->conv, pool, right, packed);
        else
            cj_matmul_pack(&c->matmul, pool, right, packed);
        right = packed;
    }
    cj_store_fn store = c->plain ? NULL : store_rows;
    if (c->is_conv)
        cj_conv_run(c->conv, pool,
                    &(cj_conv_run_args){.x = operand[0],
                                        .w = right,
                                        .y = out,
                                        .scratch = scratch,
                                        .load = feed[0].feed->tile ? load_rows : NULL,
                                        .load_state = &feed[0],
                                        .load_w = feed[1].feed->tile ? load_rows : NULL,
                                        .load_w_state = &feed[1],
                                        .store = store,
                                        .store_state = &job});
    else
        cj_matmul_run(&c->matmul, pool,
                      &(cj_matmul_run_args){.a = operand[0],
                                            .b = right,
                                            .c = out,
                                            .scratch = scratch,
                                            .store = store,
                                            .store_state = &job});
    if (c->sums && c->sinks.blocks > 1)
        cj_sinks_fold(&job.sinks, 0, 1);
    return CJ_OK;
}

/* ---- making ---- */

/* The leading axes as one: extent and step (the schedule has seen to it that they step evenly). */
static int64_t batch_of(const cj_operand *o, int64_t *extent)
{
    int64_t step = 0;
    *extent = 1;
    for (int i = o->rank - 3; i >= 0; i--) {
        if (o->extent[i] != 1 && *extent == 1)
            step = o->view.stride[i];
        *extent *= o->extent[i];
    }
    return step;
}

static void matmul_spec(const cj_kernel *k, cj_matmul_spec *spec)
{
    const cj_operand *a = &k->operand[0], *b = &k->operand[1];
    spec->dtype = (cj_dtype)k->dtype;
    spec->a_stride[0] = batch_of(a, &spec->batch);
    spec->b_stride[0] = batch_of(b, &spec->batch);
    spec->m = a->extent[a->rank - 2];
    spec->k = a->extent[a->rank - 1];
    spec->n = b->extent[b->rank - 1];
    for (int i = 0; i < 2; i++) {
        spec->a_stride[1 + i] = a->view.stride[a->rank - 2 + i];
        spec->b_stride[1 + i] = b->view.stride[b->rank - 2 + i];
    }
    if (spec->batch > 1 && spec->b_stride[0] == 0 &&
        (spec->m == 1 || spec->a_stride[0] == spec->m * spec->a_stride[1])) {
        if (spec->m == 1)
            spec->a_stride[1] = spec->a_stride[0];
        spec->m *= spec->batch;
        spec->batch = 1;
        spec->a_stride[0] = 0;
    }
    spec->c_stride[0] = spec->m * spec->n;
    spec->c_stride[1] = spec->n;
    spec->c_stride[2] = 1;
}

/* Extents and geometry, without strides. */
static void conv_geometry(cj_conv_spec *spec, int dtype, const int64_t *x, const int64_t *w,
                          const int64_t *y, const cj_conv_options *o)
{
    memset(spec, 0, sizeof(*spec));
    spec->dtype = (cj_dtype)dtype;
    spec->spatial = o->spatial;
    spec->images = x[0];
    spec->groups = x[1];
    spec->in_channels = x[2];
    spec->out_channels = w[1];
    for (int i = 0; i < CJ_CONV_AXES; i++) {
        bool there = i < o->spatial;
        spec->in[i] = there ? x[3 + i] : 1;
        spec->kernel[i] = there ? w[3 + i] : 1;
        spec->out[i] = there ? y[3 + i] : 1;
        spec->stride[i] = there ? o->stride[i] : 1;
        spec->in_dilation[i] = there ? o->input_dilation[i] : 1;
        spec->kernel_dilation[i] = there ? o->kernel_dilation[i] : 1;
        spec->low[i] = there ? o->low[i] : 0;
    }
}

void cj_conv_memory_order(const cj_tensor *conv, int *order)
{
    cj_conv_options options = cj_conv_options_of(conv);
    cj_conv_spec spec;
    conv_geometry(&spec, conv->dtype, conv->source[0]->shape, conv->source[1]->shape, conv->shape,
                  &options);
    int at = 0;
    bool weight = cj_conv_recognise(&spec) == CJ_CONV_WEIGHT;
    if (!weight)
        order[at++] = 0;
    for (int i = 0; i < options.spatial; i++)
        order[at++] = 3 + i;
    if (weight)
        order[at++] = 0;
    order[at++] = 1;
    order[at] = 2;
}

bool cj_contract_takes_feed(const cj_tensor *head, int i)
{
    if (head->op != CJ_OP_CONV || head->elements == 0)
        return false;
    cj_conv_options options = cj_conv_options_of(head);
    cj_conv_spec spec;
    conv_geometry(&spec, head->dtype, head->source[0]->shape, head->source[1]->shape, head->shape,
                  &options);
    cj_conv_kind kind = cj_conv_recognise(&spec);
    return i == 0 ? kind == CJ_CONV_FORWARD || kind == CJ_CONV_WEIGHT : kind == CJ_CONV_WEIGHT;
}

void cj_contract_feed_order(const cj_tensor *head, int i, int *order)
{
    cj_conv_options options = cj_conv_options_of(head);
    int memory[3 + CJ_CONV_AXES], at = 0;
    cj_conv_memory_order(head, memory);
    bool weight = memory[0] != 0; /* its result begins with positions */
    /* x: [N][spatial][G][C], WEIGHT [C][spatial][G][N]; w of WEIGHT: [C][spatial][G][O], axes G, O,
     * C */
    order[at++] = weight ? 2 : 0;
    for (int a = 0; a < options.spatial; a++)
        order[at++] = 3 + a;
    order[at++] = i == 1 ? 0 : 1;
    order[at] = i == 1 ? 1 : weight ? 0 : 2;
}

bool cj_contract_takes_sums(const cj_context *context, const cj_tensor *head, uint32_t reduced)
{
    enum { WIDEST = 512 };
    int kept[2] = {head->rank - 1, -1};
    if (head->op == CJ_OP_CONV) {
        cj_conv_options options = cj_conv_options_of(head);
        cj_conv_spec spec;
        conv_geometry(&spec, head->dtype, head->source[0]->shape, head->source[1]->shape,
                      head->shape, &options);
        if (cj_conv_recognise(&spec) != CJ_CONV_FORWARD)
            return false;
        kept[0] = 1;
        kept[1] = 2;
    }
    int64_t width = 1, rows = 1;
    for (int i = 0; i < head->rank; i++) {
        bool is_kept = i == kept[0] || i == kept[1];
        if (((reduced >> i & 1) != 0) == is_kept && head->shape[i] != 1)
            return false;
        *(is_kept ? &width : &rows) *= head->shape[i];
    }
    int64_t blocks = (rows + CJ_REDUCE_BLOCK - 1) / CJ_REDUCE_BLOCK, threads = cj_threads(context);
    return rows > 0 && width > 1 && width <= WIDEST &&
           (blocks % threads == 0 || blocks >= 8 * threads);
}

static void conv_strides(const cj_kernel *k, cj_conv_spec *spec)
{
    memcpy(spec->x_stride, k->operand[0].view.stride, sizeof(spec->x_stride));
    memcpy(spec->w_stride, k->operand[1].view.stride, sizeof(spec->w_stride));
    bool weight = cj_conv_recognise(spec) == CJ_CONV_WEIGHT;
    int64_t step = 1;
    spec->y_stride[2] = step;
    step *= spec->out_channels;
    spec->y_stride[1] = step;
    step *= spec->groups;
    if (weight) {
        spec->y_stride[0] = step;
        step *= spec->images;
    }
    for (int i = spec->spatial - 1; i >= 0; i--) {
        spec->y_stride[3 + i] = step;
        step *= spec->out[i];
    }
    if (!weight)
        spec->y_stride[0] = step;
}

static cj_status make_conv(cj_contract_call *c, const cj_contract_options *options)
{
    const cj_kernel *k = c->call.kernel;
    cj_conv_spec spec;
    int64_t y[3 + CJ_CONV_AXES] = {0};
    for (int i = 0; i < k->conv.spatial; i++)
        y[3 + i] = cj_window_extent(k->operand[0].extent[3 + i], k->operand[1].extent[3 + i],
                                    k->conv.stride[i], k->conv.input_dilation[i],
                                    k->conv.kernel_dilation[i], k->conv.low[i], k->conv.high[i]);
    conv_geometry(&spec, k->dtype, k->operand[0].extent, k->operand[1].extent, y, &k->conv);
    conv_strides(k, &spec);
    cj_status status = cj_conv_plan_new(c->call.context, &spec, options, &c->conv);
    if (status)
        return status;
    const cj_conv_facts *facts = cj_conv_plan_facts(c->conv);
    c->call.name = facts->kernel;
    c->call.scratch_bytes = facts->scratch_bytes;
    c->packed_bytes = facts->packed_bytes;
    c->width = spec.groups * spec.out_channels;
    return CJ_OK;
}

static cj_status make_matmul(cj_contract_call *c, const cj_contract_options *options)
{
    cj_matmul_spec spec = {0};
    matmul_spec(c->call.kernel, &spec);
    cj_status status = cj_matmul_plan_make(&c->matmul, &spec, options);
    if (status)
        return status;
    c->call.name = c->matmul.kernel;
    c->call.scratch_bytes = c->matmul.scratch_bytes;
    c->packed_bytes = c->matmul.packed_bytes;
    c->width = spec.n;
    return CJ_OK;
}

/* Whether the program only stores the head's value in the kernel's own order. */
static bool is_plain(const cj_kernel *k)
{
    int64_t step = 1;
    if (k->instr_count != 1 || k->store_count != 1 || k->reduction_count)
        return false;
    for (int i = k->rank - 1; i >= 0; i--) {
        if (k->store[0].view.stride[i] != step)
            return false;
        step *= k->extent[i];
    }
    return true;
}

/* A row of an operand: its innermost spatial axis and its channels; an image: the outermost spatial
 * axis times those between. */
static cj_status make_feed(cj_contract_call *c, int i, size_t *bytes)
{
    const cj_kernel *k = c->call.kernel;
    const cj_operand *o = &k->operand[i];
    cj_feed_program *f = &c->feed[i];
    int64_t image =
        i == 1 || cj_conv_plan_facts(c->conv)->kind == CJ_CONV_WEIGHT ? o->extent[2] : o->extent[0];
    f->rows = k->conv.spatial > 1 ? o->extent[3] : 1;
    f->row = k->operand[i].feed->elements / (image * f->rows);
    cj_status status = cj_tile_make(c->call.context, k->operand[i].feed, f->row, &f->tile);
    if (status)
        return status;
    size_t threads = (size_t)cj_threads(c->call.context);
    f->thread_bytes = cj_aligned_size(f->tile->scratch_bytes);
    f->scratch = *bytes;
    f->threads_at = f->scratch + f->thread_bytes * threads;
    *bytes = f->threads_at + cj_aligned_size(sizeof(cj_program_thread) * threads);
    return CJ_OK;
}

static cj_status make(cj_contract_call *c)
{
    cj_context *context = c->call.context;
    const cj_kernel *k = c->call.kernel;
    c->is_conv = k->kind == CJ_KERNEL_CONV;
    c->plain = is_plain(k);
    c->sums = k->reduction_count > 0;
    cj_contract_options options = {.isa = context->isa,
                                   .threads = cj_threads(context),
                                   .row_grain = c->sums ? CJ_REDUCE_BLOCK : 0,
                                   .store = !c->plain,
                                   .load = k->operand[0].feed != NULL,
                                   .load_w = k->operand[1].feed != NULL,
                                   .spread = context->config.smallest_work == 1};
    cj_status status = c->is_conv ? make_conv(c, &options) : make_matmul(c, &options);
    if (status)
        return status;
    size_t bytes = cj_aligned_size(c->call.scratch_bytes);
    c->packed = bytes;
    bytes += cj_aligned_size(c->packed_bytes);
    if (!c->plain) {
        status = cj_tile_make(context, k, CJ_MAX(c->width, 1), &c->tile);
        if (status)
            return status;
        c->tile_bytes = cj_aligned_size(c->tile->scratch_bytes);
        if (c->sums)
            cj_sinks_make(&c->sinks, cj_kernels(context->isa), k, 0);
        c->thread_bytes = c->tile_bytes + c->sinks.thread_bytes;
        c->shared = bytes;
        bytes += c->sinks.shared_bytes;
        c->epilogue = bytes;
        bytes += c->thread_bytes * (size_t)cj_threads(context);
        c->threads_at = bytes;
        bytes += cj_aligned_size(sizeof(cj_program_thread) * (size_t)cj_threads(context));
    }
    for (int i = 0; i < 2; i++)
        if (k->operand[i].feed) {
            status = make_feed(c, i, &bytes);
            if (status)
                return status;
        }
    c->call.scratch_bytes = bytes;
    return CJ_OK;
}

static void release_contract(cj_call *base)
{
    cj_contract_call *c = (cj_contract_call *)base;
    if (c->conv)
        cj_conv_plan_free(base->context, c->conv);
    cj_tile_free(base->context, c->tile);
    for (int i = 0; i < 2; i++)
        cj_tile_free(base->context, c->feed[i].tile);
}

cj_status cj_prepare_contract(cj_context *context, const cj_kernel *kernel, cj_call **out)
{
    cj_contract_call *c = cj_call_new(context, kernel, sizeof(*c));
    if (!c)
        return CJ_NO_MEMORY;
    *out = &c->call;
    c->call.run = run_contract;
    c->call.release = release_contract;
    cj_status status = make(c);
    if (status)
        cj_cpu_target.release(context, &c->call);
    return status;
}
