/*
 * src/compile/target.h - the narrow door between the schedule and a backend.
 */
#ifndef CJ_COMPILE_TARGET_H
#define CJ_COMPILE_TARGET_H

#include "compile/kernel.h"

/* A kernel made ready to run: owned by the backend. */
typedef struct cj_call cj_call;

typedef struct cj_target {
    const char *name;

    /* Makes a kernel ready: chooses code, sizes scratch. The kernel's memory outlives the call. */
    cj_status (*prepare)(cj_context *context, const cj_kernel *kernel, cj_call **call);
    size_t (*scratch_bytes)(const cj_call *call); /* 64-byte aligned memory that run wants */
    const char *(*describe)(const cj_call *call); /* the name of the code chosen */
    /* Runs it: buffer[i] is the memory of buffer i. Allocates nothing; only calls whose op
     * may_fail do, with a sentence. */
    cj_status (*run)(cj_call *call, void *const *buffer, void *scratch);
    void (*release)(cj_context *context, cj_call *call);

    /*
     * What the schedule asks before it lays out: the memory order that the code for this
     * convolution writes, as axes of y, outer to inner (rank entries: a permutation of N, G, O,
     * spatial...).
     */
    void (*conv_order)(const cj_tensor *conv, int *order);
    /* Whether the code for this contraction can reduce what it makes over the axes in the mask. */
    bool (*takes_sums)(const cj_context *context, const cj_tensor *head, uint32_t reduced);
    /* Whether operand `i` (0 x, 1 w) of this contraction can be computed on the way in. */
    bool (*takes_feed)(const cj_tensor *head, int i);
    /* The order in which such an operand is asked for, as its axes, outer to inner. */
    void (*feed_order)(const cj_tensor *head, int i, int *order);
    /* Whether a run of this op can fail: it then stands before all assignments. */
    bool (*may_fail)(int op);
} cj_target;

extern const cj_target cj_cpu_target;

#endif
