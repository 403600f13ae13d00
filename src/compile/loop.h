/*
 * src/compile/loop.h - a loop as a step of a program.
 *
 * The body is scheduled like a graph of its own, once. Its arena, and a second place for each
 * carry, are the scratch of the step: one interval of the plan around it. Before an iteration
 * the body's buffers are bound: carries change between two places, rows and stacked values
 * advance. Nothing is copied, nothing allocated.
 */
#ifndef CJ_COMPILE_LOOP_H
#define CJ_COMPILE_LOOP_H

#include "compile/schedule.h"

typedef struct cj_program_call {
    cj_call *call;
    void *scratch;
} cj_program_call;

typedef enum cj_port_kind {
    CJ_PORT_INIT,    /* what a carry begins with: row-major */
    CJ_PORT_LAST,    /* what it ends with; outer -1: nobody wants it */
    CJ_PORT_ROW,     /* read a row an iteration */
    CJ_PORT_CAPTURE, /* the same in each */
    CJ_PORT_STACK,   /* written a row an iteration */
    CJ_PORT_COUNT,   /* i64: iterations at most */
    CJ_PORT_RAN      /* i64: iterations that ran */
} cj_port_kind;

typedef struct cj_loop_port_plan {
    cj_port_kind kind;
    int32_t outer;   /* buffer of the program around */
    int32_t inner;   /* buffer of the body, -1: none (INIT: read, LAST: written) */
    int64_t offset;  /* bytes into the outer buffer */
    int64_t step;    /* bytes from row to row */
    size_t bytes;    /* of a carry or a row */
    size_t place[2]; /* LAST: offsets in the scratch; the first only where outer is -1 */
} cj_loop_port_plan;

typedef struct cj_loop_plan {
    int64_t capacity; /* INT64_MAX: none */
    bool reverse;
    int32_t carries, go; /* go: which carry, or -1 */
    /* INIT and LAST of each carry, then the others */
    cj_loop_port_plan *port;
    int32_t ports;
    cj_schedule body;
    cj_program_call *call;
    int32_t ready; /* calls that were prepared */
    void **pointer, **current;
    int64_t row;          /* the memory of the index */
    int32_t index;        /* its buffer, or -1 */
    size_t scratch_bytes; /* all of it */
    size_t carry_bytes;   /* the places of carries, at its beginning */
} cj_loop_plan;

/* Makes the body's kernels ready and plans its memory. */
cj_status cj_loop_prepare(cj_context *context, const cj_target *target, cj_loop_plan *loop);
cj_status cj_loop_run(const cj_target *target, cj_loop_plan *loop, void *const *outer,
                      void *scratch);
void cj_loop_release(cj_context *context, const cj_target *target, cj_loop_plan *loop);

/* One kernel of a program or of a body. */
static inline cj_status cj_kernel_run(const cj_target *target, const cj_kernel *kernel,
                                      const cj_program_call *call, void *const *buffer)
{
    return kernel->kind == CJ_KERNEL_LOOP ? cj_loop_run(target, kernel->loop, buffer, call->scratch)
                                          : target->run(call->call, buffer, call->scratch);
}
static inline void cj_kernel_release(cj_context *context, const cj_target *target,
                                     const cj_kernel *kernel, const cj_program_call *call)
{
    if (kernel->kind == CJ_KERNEL_LOOP)
        cj_loop_release(context, target, kernel->loop);
    else
        target->release(context, call->call);
}
/* Prepares a kernel; *bytes: the scratch that it wants. */
cj_status cj_kernel_prepare(cj_context *context, const cj_target *target, const cj_kernel *kernel,
                            cj_program_call *call, size_t *bytes);

#endif
