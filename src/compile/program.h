/*
 * src/compile/program.h - the inside of a program.
 */
#ifndef CJ_COMPILE_PROGRAM_H
#define CJ_COMPILE_PROGRAM_H

#include "compile/loop.h"

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
    bool cached; /* the cache's, not the caller's */
};

/* cj_compile; with `arguments`, constants are not the program's: buffers of kind ARGUMENT want
 * their pointers set. */
cj_program *cj_program_new(cj_at at, cj_context *context, int outputs, cj_tensor *const *output,
                           const cj_updates *updates, bool arguments);

/*
 * A program of x alone that has run, for cj_eval and its kin: from the cache where a graph of this
 * structure was computed before (cache.c). NULL on failure. cj_program_done gives it back.
 */
cj_program *cj_program_of(cj_at at, cj_tensor *x);
void cj_program_done(cj_program *program);

/* The graph in words, to `out`, or (NULL) their number alone: equal words, equal programs. `list`
 * has its edges. 0: no memory. */
size_t cj_graph_key(const cj_traversal *list, uint64_t *out);

/* Element i of an array as a double. */
double cj_number_at(cj_dtype dtype, const void *data, int64_t i);

#endif
