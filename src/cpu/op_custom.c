/*
 * src/cpu/op_custom.c - a function of the caller's as a kernel.
 */
#include "cpu/op.h"

/* One lane after the other, on the caller's thread: his function need not be safe for threads. */
static cj_status run_custom(const cj_op_run *run)
{
    const cj_kernel *k = run->kernel;
    cj_custom_record record = cj_custom_unpack(k->option);
    const void **x = run->scratch;
    size_t y_bytes = (size_t)k->elements * cj_dtype_size((cj_dtype)k->dtype);
    for (int64_t lane = 0; lane < record.lanes; lane++) {
        for (int i = 0; i < k->operand_count; i++) {
            const cj_operand *o = &k->operand[i];
            int64_t elements = cj_extent_product(o->extent, 0, o->rank);
            size_t bytes = (size_t)elements * cj_dtype_size((cj_dtype)o->dtype);
            x[i] = (const char *)run->in[i] + (size_t)lane * (bytes / (size_t)record.lanes);
        }
        char *y = (char *)run->out + (size_t)lane * (y_bytes / (size_t)record.lanes);
        cj_status status = record.kernel(run->context, record.kernel_user, k->operand_count, x, y);
        if (status)
            return status;
    }
    return CJ_OK;
}

static size_t scratch(cj_context *context, const cj_kernel *k)
{
    (void)context;
    return (size_t)k->operand_count * sizeof(void *);
}

const cj_op_kernel cj_op_custom = {.scratch = scratch, .run = run_custom, .may_fail = true};
