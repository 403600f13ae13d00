/*
 * src/graph/custom.h - what CUSTOM and CUSTOM_GRADIENT nodes carry, as their options: pointers as
 * words, so that equal ones are one node and a program needs none of the node's memory.
 */
#ifndef CJ_GRAPH_CUSTOM_H
#define CJ_GRAPH_CUSTOM_H

#include "cajal/custom.h"
#include "graph/graph.h"

typedef struct cj_custom_record {
    cj_custom_vjp *vjp;
    cj_custom_jvp *jvp;
    void *user; /* of vjp and jvp */
    const char *name;
    cj_custom_kernel *kernel; /* NULL: CUSTOM_GRADIENT */
    void *kernel_user;
    int64_t lanes; /* the kernel is called for each: so many operands and results in a row */
} cj_custom_record;

enum { CJ_CUSTOM_WORDS = 7 };
void cj_custom_pack(const cj_custom_record *record, int64_t word[CJ_CUSTOM_WORDS]);

static inline cj_custom_record cj_custom_unpack(const int64_t *word)
{
    return (cj_custom_record){.vjp = (cj_custom_vjp *)(intptr_t)word[0],
                              .jvp = (cj_custom_jvp *)(intptr_t)word[1],
                              .user = (void *)(intptr_t)word[2],
                              .name = (const char *)(intptr_t)word[3],
                              .kernel = (cj_custom_kernel *)(intptr_t)word[4],
                              .kernel_user = (void *)(intptr_t)word[5],
                              .lanes = word[6]};
}

/* A node of op CUSTOM (its dtype and shape given) or CUSTOM_GRADIENT (whose source 0 is the
 * value). */
cj_tensor *cj_custom_node(cj_context *context, cj_at at, cj_op op, const cj_custom_record *record,
                          int count, cj_tensor *const *source, cj_dtype dtype, int rank,
                          const int64_t *shape);

/* Memory that lives as long as the innermost frame; NULL with a building error. */
void *cj_frame_memory(cj_context *context, cj_at at, size_t bytes);

#endif
