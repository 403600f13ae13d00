/*
 * src/compile/program.h - the inside of a program.
 */
#ifndef CJ_COMPILE_PROGRAM_H
#define CJ_COMPILE_PROGRAM_H

#include "compile/schedule.h"

typedef struct cj_program_call {
    cj_call *call;
    void *scratch;
} cj_program_call;

struct cj_program {
    cj_context *context;
    const cj_target *target;
    cj_arena arena; /* kernels, buffers, tables */
    cj_program_call *call;
    cj_kernel **kernel;
    int32_t kernels;
    cj_buffer *buffer;
    void **pointer; /* of each buffer */
    int32_t buffers, retained;
    int32_t *input, inputs;
    int32_t *output, outputs;
    void *own; /* outputs and constants */
    size_t own_bytes, constant_bytes;
    size_t *scratch; /* offset of each kernel's */
    size_t peak_bytes, lower_bound_bytes;
    int64_t nodes, recomputed;
    uint64_t generation;
};

/* Element i of an array as a double. */
double cj_number_at(cj_dtype dtype, const void *data, int64_t i);

#endif
