/*
 * src/cpu/target.c - the CPU as the schedule sees it.
 */
#include "cpu/call.h"

void *cj_call_new(cj_context *context, const cj_kernel *kernel, size_t size)
{
    cj_call *call = cj_allocate_zero(context, size);
    if (call) {
        call->context = context;
        call->kernel = kernel;
        call->size = size;
    }
    return call;
}

int64_t cj_smallest_work(const cj_context *context, int steps)
{
    if (context->config.smallest_work > 0)
        return context->config.smallest_work;
    return CJ_MAX(4096, 49152 / (steps + 2));
}

static cj_status prepare(cj_context *context, const cj_kernel *kernel, cj_call **call)
{
    switch (kernel->kind) {
    case CJ_KERNEL_MAP:
        if (cj_is_copy(kernel))
            return cj_prepare_copy(context, kernel, call);
        return kernel->reduction_count ? cj_prepare_reduce(context, kernel, call)
                                       : cj_prepare_map(context, kernel, call);
    case CJ_KERNEL_MATMUL:
    case CJ_KERNEL_CONV: return cj_prepare_contract(context, kernel, call);
    case CJ_KERNEL_WINDOW: return cj_prepare_window(context, kernel, call);
    default: return cj_prepare_op(context, kernel, call);
    }
}

static size_t scratch_bytes(const cj_call *call)
{
    return call->scratch_bytes;
}

static const char *describe(const cj_call *call)
{
    return call->name;
}

static cj_status run(cj_call *call, void *const *buffer, void *scratch)
{
    return call->run(call, buffer, scratch);
}

static void release(cj_context *context, cj_call *call)
{
    if (!call)
        return;
    if (call->release)
        call->release(call);
    cj_release(context, call, call->size);
}

const cj_target cj_cpu_target = {
    .name = "cpu",
    .prepare = prepare,
    .scratch_bytes = scratch_bytes,
    .describe = describe,
    .run = run,
    .release = release,
    .conv_order = cj_conv_memory_order,
    .takes_sums = cj_contract_takes_sums,
    .takes_feed = cj_contract_takes_feed,
    .feed_order = cj_contract_feed_order,
    .may_fail = cj_op_may_fail,
};
