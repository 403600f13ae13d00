/*
 * src/cpu/run_window.c - kernels of windows.
 */
#include "cpu/call.h"
#include "cpu/window.h"

typedef struct cj_window_call {
    cj_call call;
    cj_window_plan plan;
    int64_t items, elements;
} cj_window_call;

typedef struct cj_window_job {
    const cj_window_call *call;
    const void *operand[2];
    void *store[2]; /* value, index */
} cj_window_job;

static void run_items(void *state, int thread, int64_t begin, int64_t end)
{
    const cj_window_job *j = state;
    const cj_window_plan *plan = &j->call->plan;
    (void)thread;
    switch (j->call->call.kernel->op) {
    case CJ_OP_WINDOW_SUM: cj_run_window_sum(plan, j->operand[0], j->store[0], begin, end); break;
    case CJ_OP_WINDOW_GATHER:
        cj_run_window_gather(plan, j->operand[0], j->operand[1], j->store[0], begin, end);
        break;
    case CJ_OP_WINDOW_SCATTER:
        cj_run_window_scatter(plan, j->operand[0], j->operand[1], j->store[0], begin, end);
        break;
    default: cj_run_window_max(plan, j->operand[0], j->store[0], j->store[1], begin, end); break;
    }
}

static void *view_memory(const cj_view *view, size_t size, void *const *buffer)
{
    return (char *)buffer[view->buffer] + view->offset * (int64_t)size;
}

static cj_status run_window(cj_call *base, void *const *buffer, void *scratch)
{
    cj_window_call *c = (cj_window_call *)base;
    const cj_kernel *k = base->kernel;
    cj_window_job job = {.call = c};
    (void)scratch;
    for (int i = 0; i < k->operand_count; i++)
        job.operand[i] =
            view_memory(&k->operand[i].view, cj_dtype_size((cj_dtype)k->operand[i].dtype), buffer);
    for (int i = 0; i < k->store_count; i++)
        job.store[k->store[i].value] =
            view_memory(&k->store[i].view, cj_dtype_size((cj_dtype)k->store[i].dtype), buffer);
    if (c->items == 0)
        return CJ_OK;
    int64_t each = CJ_MAX(c->elements / c->items, 1);
    cj_pool_run(base->context->pool, c->items, 1,
                CJ_MAX(cj_smallest_work(base->context, 3) / each, 1), run_items, &job);
    return CJ_OK;
}

cj_status cj_prepare_window(cj_context *context, const cj_kernel *k, cj_call **out)
{
    cj_window_call *c = cj_call_new(context, k, sizeof(*c));
    if (!c)
        return CJ_NO_MEMORY;
    *out = &c->call;
    c->call.name = cj_op_table[k->op].name;
    c->call.run = run_window;
    bool scatter = k->op == CJ_OP_WINDOW_SCATTER;
    int value = k->op == CJ_OP_WINDOW_ARGMAX ? -1 : 0; /* the store that has y's strides */
    cj_window w = {.dtype = (cj_dtype)k->dtype,
                   .outer = k->rank - k->window.spatial,
                   .axes = k->window.spatial};
    for (int i = 0; i < k->rank; i++) {
        w.extent[i] = scatter ? k->extent[i] : k->operand[0].extent[i];
        int64_t stored = value < 0 ? 0 : k->store[0].view.stride[i];
        w.x_stride[i] = scatter ? stored : k->operand[0].view.stride[i];
        w.y_stride[i] = scatter ? k->operand[0].view.stride[i] : stored;
        if (k->operand_count > 1)
            w.index_stride[i] = k->operand[1].view.stride[i];
        else if (value < 0 || k->store_count > 1)
            w.index_stride[i] = k->store[k->store_count - 1].view.stride[i];
    }
    for (int i = 0; i < k->window.spatial; i++)
        w.axis[i] = (cj_window_axis){.window = k->window.window[i],
                                     .stride = k->window.stride[i],
                                     .dilation = k->window.dilation[i],
                                     .input_dilation = k->window.input_dilation[i],
                                     .pad_low = k->window.low[i],
                                     .pad_high = k->window.high[i]};
    cj_window_plan_make(&c->plan, &w, context->isa);
    c->items = scatter ? cj_window_scatter_items(&c->plan) : cj_window_items(&c->plan);
    c->elements = k->elements;
    return CJ_OK;
}
