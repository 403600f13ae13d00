/*
 * src/graph/loop.h - the loop primitive as nodes.
 *
 * A LOOP node is a recurrence. Its body is a graph of its own over PARAMETER leaves, closed:
 * what the body reads from outside stands in it as a parameter whose value is a source of the
 * LOOP. Sources, and parameters, are in this order: what carries begin with, what is read a row
 * an iteration, captures (the same in every iteration); then, without a parameter, the number of
 * iterations where it is told by a tensor.
 *
 * Its values are RESULT nodes, whose only source is the LOOP: a carry's last value, the number
 * of iterations that ran, and the values of any node of the body, stacked. A body has no list of
 * what it hands out: whoever wants the values of a node asks for them, and the schedule computes
 * what somebody asked for. So the residuals of a gradient are further results of the same LOOP.
 *
 * LOOP has the dtype f32 only so that derivatives pass through it; it holds no value. The index
 * parameter is the oldest of a loop's: nothing that is older depends on any of them.
 */
#ifndef CJ_GRAPH_LOOP_H
#define CJ_GRAPH_LOOP_H

#include "graph/graph.h"

/* The payload of a LOOP. */
typedef struct cj_loop {
    int32_t carries, xs, captures;
    bool counted, reverse;
    bool checkpoint;          /* its results are computed again rather than remembered */
    int32_t go;               /* the carry that says whether the next iteration runs, or -1 */
    int64_t capacity;         /* -1: none */
    cj_tensor *index;         /* i64[]: which row of the xs */
    cj_tensor *const *param;  /* carries + xs + captures */
    cj_tensor *const *next;   /* carries nodes of the body */
    const struct cj_loop *of; /* made from that loop, by jvp or vmap; or NULL */
    cj_tensor *const *image;  /* of each of its parameters: the tangent, the lanes; or NULL */
    cj_tensor *mask;          /* over lanes: whether each runs the iteration; NULL: all do */
} cj_loop;

static inline const cj_loop *cj_loop_of(const cj_tensor *node)
{
    return node->payload;
}
static inline int32_t cj_loop_params(const cj_loop *loop)
{
    return loop->carries + loop->xs + loop->captures;
}

/* The first option of a RESULT. */
enum {
    CJ_RESULT_CARRY, /* second option: which */
    CJ_RESULT_STACK, /* payload: the node of the body */
    CJ_RESULT_COUNT
};
cj_tensor *cj_loop_carry(cj_at at, cj_tensor *loop, int32_t carry);
cj_tensor *cj_loop_stack(cj_at at, cj_tensor *loop, cj_tensor *inner);
cj_tensor *cj_loop_count(cj_at at, cj_tensor *loop);

cj_tensor *cj_parameter(cj_at at, cj_context *context, cj_dtype dtype, int rank,
                        const int64_t *shape);
/* The parameter of a row of xs: its shape without the first axis. */
cj_tensor *cj_row_parameter(cj_at at, cj_tensor *xs);

/* What stands for a source in a body that is being made: a parameter, or (foreign) a node of
 * another body, which a new parameter replaces. */
typedef struct cj_loop_port {
    cj_tensor *inner, *source;
    bool foreign;
} cj_loop_port;

typedef struct cj_loop_spec {
    cj_context *context;
    cj_at at;
    int32_t carries, xs, captures;
    cj_loop_port *port; /* carries + xs + captures */
    cj_tensor **next;   /* carries */
    int32_t stacks;
    cj_tensor **stack;    /* nodes of the body; made what replaces them */
    cj_tensor *index;     /* a parameter, the oldest of this loop's */
    cj_tensor *old_index; /* another loop's that it replaces, or NULL */
    cj_tensor *count;     /* i64[], or NULL */
    int32_t go;
    int64_t capacity;
    bool reverse, checkpoint;
    const cj_loop *of;
    cj_tensor *const *image;
    cj_tensor *mask;
    uint32_t since; /* no node that is older depends on a port */
} cj_loop_spec;

/*
 * Closes a body: what it reads from outside is captured at the place where the dependence on the
 * parameters begins (what does not depend on them is so computed once, before the loop), views
 * of it staying in the body. The LOOP, or NULL with a building error.
 */
cj_tensor *cj_loop_make(cj_loop_spec *spec);

/* A loop whose iterations run in segments: loop_segment.c. */
struct cj_loop_args;
cj_status cj_loop_in_segments(const struct cj_loop_args *args, int64_t capacity);

/* The bodies that are being built, innermost first; `index` NULL: a branch of cond. */
typedef struct cj_open_body {
    struct cj_open_body *outer;
    cj_tensor *index;
} cj_open_body;
const cj_open_body *cj_open_bodies(const cj_context *context);

#endif
