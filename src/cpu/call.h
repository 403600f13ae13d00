/*
 * src/cpu/call.h - a kernel made ready to run on the CPU.
 */
#ifndef CJ_CPU_CALL_H
#define CJ_CPU_CALL_H

#include "compile/target.h"
#include "cpu/tile.h"

struct cj_call {
    cj_context *context;
    const cj_kernel *kernel;
    const char *name;
    size_t scratch_bytes;
    cj_status (*run)(cj_call *call, void *const *buffer, void *scratch);
    void (*release)(cj_call *call); /* what the kind added; NULL: nothing */
    size_t size;                    /* of the whole call */
};

/* Each kind of kernel embeds a cj_call first. Allocates `size` zeroed bytes and fills it in. */
void *cj_call_new(cj_context *context, const cj_kernel *kernel, size_t size);

/* Elements a thread should have before a second one is woken, for a program with so many steps. */
int64_t cj_smallest_work(const cj_context *context, int steps);

cj_status cj_prepare_map(cj_context *context, const cj_kernel *kernel, cj_call **call);
cj_status cj_prepare_copy(cj_context *context, const cj_kernel *kernel, cj_call **call);
cj_status cj_prepare_reduce(cj_context *context, const cj_kernel *kernel, cj_call **call);
cj_status cj_prepare_contract(cj_context *context, const cj_kernel *kernel, cj_call **call);
cj_status cj_prepare_window(cj_context *context, const cj_kernel *kernel, cj_call **call);
cj_status cj_prepare_op(cj_context *context, const cj_kernel *kernel, cj_call **call);

/* Whether a run of this op can fail (cj_target.may_fail). */
bool cj_op_may_fail(int op);

/* Whether the kernel only moves elements. */
bool cj_is_copy(const cj_kernel *kernel);

/* The order in which the code for a convolution writes its result (cj_target.conv_order). */
void cj_conv_memory_order(const cj_tensor *conv, int *order);

/* Prologues (cj_target.takes_feed, cj_target.feed_order). */
bool cj_contract_takes_feed(const cj_tensor *head, int i);
void cj_contract_feed_order(const cj_tensor *head, int i, int *order);

/* Whether sums over these axes of the head (all but its channels) can be taken on the way out
 * without leaving threads idle: blocks of rows are the unit (cj_target.takes_sums). */
bool cj_contract_takes_sums(const cj_context *context, const cj_tensor *head, uint32_t reduced);

#endif
