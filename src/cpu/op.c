/*
 * src/cpu/op.c - calls: the table of the ops that are kernels of their own, and how one is run.
 */
#include "cpu/op.h"

#include "cpu/call.h"

#define CJ_X(NAME, name, arity) extern const cj_op_kernel cj_op_##name;
CJ_CALL_OP_LIST(CJ_X)
#undef CJ_X

const cj_op_kernel *const cj_op_kernels[CJ_OP_COUNT] = {
#define CJ_X(NAME, name, arity) [CJ_OP_##NAME] = &cj_op_##name,
    CJ_CALL_OP_LIST(CJ_X)
#undef CJ_X
};

bool cj_op_may_fail(int op)
{
    return cj_op_kernels[op] && cj_op_kernels[op]->may_fail;
}

void cj_op_share(const cj_op_run *run, int64_t count, int64_t work, cj_range_fn fn, void *state)
{
    int64_t smallest = cj_smallest_work(run->context, 3) / CJ_MAX(work, 1);
    if (count > 0)
        cj_pool_run(run->context->pool, count, 1, CJ_MAX(smallest, 1), fn, state);
}

typedef struct cj_op_call {
    cj_call call;
    const void **in;
    void *plan;
    size_t plan_bytes;
} cj_op_call;

static void *memory_of(const cj_view *view, int dtype, void *const *buffer)
{
    return (char *)buffer[view->buffer] + view->offset * (int64_t)cj_dtype_size((cj_dtype)dtype);
}

static cj_status run_op(cj_call *base, void *const *buffer, void *scratch)
{
    cj_op_call *c = (cj_op_call *)base;
    const cj_kernel *k = base->kernel;
    for (int i = 0; i < k->operand_count; i++)
        c->in[i] = memory_of(&k->operand[i].view, k->operand[i].dtype, buffer);
    cj_op_run run = {.context = base->context,
                     .kernel = k,
                     .in = c->in,
                     .out = memory_of(&k->store[0].view, k->dtype, buffer),
                     .scratch = scratch,
                     .plan = c->plan};
    return cj_op_kernels[k->op]->run(&run);
}

static void release_op(cj_call *base)
{
    cj_op_call *c = (cj_op_call *)base;
    cj_release(base->context, c->in, sizeof(*c->in) * (size_t)base->kernel->operand_count);
    cj_release_aligned(base->context, c->plan, c->plan_bytes);
}

const void *cj_op_plan(const cj_call *call)
{
    return ((const cj_op_call *)call)->plan;
}

cj_status cj_prepare_op(cj_context *context, const cj_kernel *kernel, cj_call **out)
{
    const cj_op_kernel *op = cj_op_kernels[kernel->op];
    cj_status status = op->check ? op->check(context, kernel) : CJ_OK;
    if (status)
        return status;
    cj_op_call *c = cj_call_new(context, kernel, sizeof(*c));
    if (!c)
        return CJ_NO_MEMORY;
    *out = &c->call;
    c->call.name = cj_op_table[kernel->op].name;
    c->call.run = run_op;
    c->call.release = release_op;
    c->call.scratch_bytes = op->scratch ? op->scratch(context, kernel) : 0;
    c->in = cj_allocate(context, sizeof(*c->in) * (size_t)kernel->operand_count);
    c->plan_bytes = op->plan_bytes ? op->plan_bytes(kernel) : 0;
    c->plan = op->plan_bytes && c->in ? cj_allocate_aligned(context, c->plan_bytes) : NULL;
    status = c->in && (c->plan || !op->plan_bytes) ? CJ_OK : CJ_NO_MEMORY;
    if (status == CJ_OK && op->plan)
        status = op->plan(context, kernel, c->plan);
    if (status) {
        cj_cpu_target.release(context, &c->call);
        *out = NULL;
    }
    return status;
}
