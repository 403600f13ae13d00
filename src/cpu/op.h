/*
 * src/cpu/op.h - ops that are kernels of their own: a row and a file each.
 *
 * A row of CJ_CALL_OP_LIST in src/graph/op_list.h names the op; one file in src/cpu defines
 * `const cj_op_kernel cj_op_NAME`. The schedule hands over operands and result row-major, and
 * memory for scratch; the rest (dtypes, extents, options) stands in the kernel. Such an op may have
 * several results in one: packed behind each other in its one tensor, taken apart by slices, which
 * cost nothing.
 */
#ifndef CJ_CPU_OP_H
#define CJ_CPU_OP_H

#include "compile/target.h"

typedef struct cj_op_run {
    cj_context *context;
    const cj_kernel *kernel; /* op, option, operand[i].dtype, .rank, .extent; dtype, rank, extent */
    const void *const *in;   /* of each operand */
    void *out;
    void *scratch;    /* 64-byte aligned, as many bytes as `scratch` has said */
    const void *plan; /* what `plan` has filled */
} cj_op_run;

typedef struct cj_op_kernel {
    /* Looks at the kernel when it is compiled: a library that is missing is said here. NULL: fine. */
    cj_status (*check)(cj_context *context, const cj_kernel *kernel);
    /* Bytes of scratch, for as many threads as the context has; NULL: none. */
    size_t (*scratch)(cj_context *context, const cj_kernel *kernel);
    /* What is worked out once, when the kernel is compiled, and kept: bytes (64-byte aligned), and what
     * fills them. NULL: none. */
    size_t (*plan_bytes)(const cj_kernel *kernel);
    cj_status (*plan)(cj_context *context, const cj_kernel *kernel, void *plan);
    /* Computes `out`, which overlaps no operand; allocates nothing; shares out work by
     * cj_op_share. */
    cj_status (*run)(const cj_op_run *run);
    /* The same in plain loops, on the caller's thread: the definition, for the tests. */
    void (*reference)(const cj_op_run *run);
    /* Whether run can fail; then it leaves a sentence by cj_fail, and is run before any variable
     * is written. */
    bool may_fail;
} cj_op_kernel;

extern const cj_op_kernel *const cj_op_kernels[CJ_OP_COUNT]; /* NULL: not a call */

/* The plan of a call that was made ready (for the tests). */
const void *cj_op_plan(const cj_call *call);

/* Runs fn(state, thread, begin, end) over [0, count) in static ranges; `work`: what one of them
 * costs, in elements that are touched. */
void cj_op_share(const cj_op_run *run, int64_t count, int64_t work, cj_range_fn fn, void *state);

/* The product of extents [from, to). */
static inline int64_t cj_extent_product(const int64_t *extent, int from, int to)
{
    int64_t product = 1;
    for (int i = from; i < to; i++)
        product *= extent[i];
    return product;
}

#endif
