/*
 * cajal/loop.h - control flow in a graph: scan, for, while, cond; one primitive below them.
 *
 * A loop's body is a C function that is called once, while the graph is built: it gets tensors
 * that stand for the values of an iteration and says, as tensors, what comes out of it. The body
 * becomes kernels once, however many iterations run, and so do its derivatives, which are loops
 * again: of every order, forward and reverse, and under cj_vmap. Loops nest.
 *
 *   - A *carry* goes from iteration to iteration: next[i] of one is carry[i] of the next. It
 *     keeps its dtype and shape.
 *   - *xs* are read row by row: x[i] is the row, along the first axis, that belongs to the
 *     iteration.
 *   - *ys* are written row by row: their first axis is the capacity of the loop.
 *   - Other tensors may be used in a body as they are. What does not depend on carries, rows,
 *     operands or the index is computed once, before the loop (a weight that is normalised, say).
 *   - *Operands* are values of outside, the same in every iteration, that stand as parameters in
 *     the body: what depends on them is computed in the loop, and only if an iteration runs.
 *
 * An RNN over x[T, B, I], h[B, H]:
 *
 *     static void cell(void *user, cj_body *b)
 *     {
 *         struct rnn *w = user;
 *         b->next[0] = cj_tanh(cj_add(cj_matmul(b->x[0], w->w), cj_matmul(b->carry[0], w->u)));
 *         b->y[0] = b->next[0];
 *     }
 *     cj_tensor *last, *ys;
 *     cj_loop(context, cell, &w, .carries = 1, .init = &h, .xs = 1, .x = &x, .ys = 1,
 *             .last = &last, .y = &ys);
 *
 * How many iterations run: the capacity (the first extent of the xs, or .capacity) at most;
 * `count` at most, a tensor; and, where the body sets b->go, one after the other until it is
 * false. Rows of ys that no iteration wrote are zeros. Iterations that do not run contribute
 * nothing to any gradient, not even 0 * inf. A loop without a capacity has values and forward
 * derivatives, but neither ys nor reverse derivatives: what reverse mode must remember is of
 * unknown size then. A building error says so: give .capacity, or differentiate the fixed point
 * that it finds implicitly.
 *
 * Memory. Reverse mode remembers, of each iteration, the least of the body's intermediate values
 * from which its gradient can be computed without another expensive op. For long sequences that
 * is too much: with .segment = 64 the iterations run in segments, a loop of loops, and with
 * .checkpoint besides only the carries at the segments' beginnings are remembered, and one
 * segment at a time is computed again: memory is n / 64 carries and one segment. Segments change
 * the order in which gradients of what is the same in all iterations are summed; .checkpoint
 * changes no bit. They want a fixed number of iterations, and call the body twice where it is no
 * multiple. Without .segment, .checkpoint says that a loop in another's body is computed again
 * in its gradient.
 *
 * The bits of a result are those of the body's ops one after the other. The gradient of what is
 * the same in each iteration is summed from the last iteration to the first (in a reversed loop
 * from the first to the last); where it is a product of rows, as a weight's is, it is one
 * product over the rows of all iterations.
 *
 * Under cj_vmap lanes may run unequally often: the loop runs until all are done, and a lane that
 * is done keeps its carries.
 *
 * Random numbers: cj_scope_key in a body folds the indexes of all loops around it into the key,
 * so each iteration draws its own. A layer that records a new value of a variable (batch norm
 * when it trains) cannot stand in a body: INVALID.
 *
 * Errors, as building errors of the context: SHAPE and DTYPE where next is not like its carry,
 * INVALID for what is missing or does not fit. All results are NULL then, and the context's
 * status is returned.
 */
#ifndef CAJAL_LOOP_H
#define CAJAL_LOOP_H

#include "cajal/graph.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a body is given, and what it sets. Its tensors mean nothing outside of it: cj_compile
 * refuses them. */
typedef struct cj_body {
    cj_context *context;
    cj_tensor *index;          /* i64, no axes: which row of xs and ys, 0 for the first */
    cj_tensor *const *carry;   /* the values before the iteration */
    cj_tensor *const *x;       /* the rows */
    cj_tensor *const *operand; /* stand for the operands */
    cj_tensor **next; /* to set: the carries after it, of the dtypes and shapes of the carries */
    cj_tensor **y;    /* to set: the rows of the ys */
    cj_tensor *go;    /* may be set: bool, one element: whether another iteration follows */
} cj_body;
typedef void cj_body_fn(void *user, cj_body *body);

struct cj_loop_args {
    cj_context *context;
    cj_body_fn *body;
    void *user; /* handed to the body */
    cj_at at;
    int carries;
    cj_tensor *const *init; /* what the carries begin with */
    int xs;
    cj_tensor *const *x; /* all of one first extent, which is the capacity */
    int operands;
    cj_tensor *const *operand;
    int ys;
    int64_t capacity;       /* iterations at most, of xs their extent; 0: none; CJ_ZERO: 0 */
    cj_tensor *count;       /* i64, one element: iterations at most */
    cj_tensor *go;          /* bool, one element: whether a first iteration runs; NULL: yes */
    bool reverse;           /* from the last row to the first; not together with go */
    bool checkpoint;        /* see "Memory" above */
    int64_t segment;        /* the same; 0: none */
    cj_tensor **last;       /* results, NULL: not wanted: the carries after the last iteration */
    cj_tensor **y;          /* the ys: [capacity, ...] */
    cj_tensor **iterations; /* i64, no axes: how many ran */
};
CJ_API cj_status cj_loop_at(const struct cj_loop_args *args);
#define cj_loop(...)                                                                               \
    cj_loop_at(&(struct cj_loop_args){__VA_ARGS__, .at = CJ_HERE_OF(struct cj_loop_args)})

/* The body n times; carries alone. last: as many. */
CJ_API cj_status cj_fori_at(cj_at at, int64_t n, cj_body_fn *body, void *user, int carries,
                            cj_tensor *const *init, cj_tensor **last);
#define cj_fori(...) cj_fori_at(CJ_HERE, __VA_ARGS__)

/* Bool, one element: whether to go on with these carries. */
typedef cj_tensor *cj_condition_fn(void *user, cj_tensor *const *carry);
struct cj_while_args {
    cj_condition_fn *condition;
    cj_body_fn *body; /* sets next */
    void *user;       /* handed to both */
    int carries;      /* at least 1 */
    cj_tensor *const *init;
    cj_tensor **last;
    cj_at at;
    int64_t capacity; /* iterations at most; 0: no end but the condition's, and no reverse mode */
    cj_tensor **iterations; /* NULL: not wanted */
};
/* while (condition(carry)) carry = body(carry). The condition is built twice: of init, of next. */
CJ_API cj_status cj_while_at(const struct cj_while_args *args);
#define cj_while(...)                                                                              \
    cj_while_at(&(struct cj_while_args){__VA_ARGS__, .at = CJ_HERE_OF(struct cj_while_args)})

/*
 * result[i] = predicate ? yes's result[i] : no's, of equal dtypes and shapes. `predicate`: bool,
 * one element. What a branch computes of its operands is computed only when it is taken, so
 * neither values nor gradients of the other branch (0 * inf) come in; what it computes of other
 * tensors alone is computed always.
 */
typedef void cj_branch_fn(void *user, cj_tensor *const *operand, cj_tensor **result);
CJ_API cj_status cj_cond_at(cj_at at, cj_tensor *predicate, cj_branch_fn *yes, cj_branch_fn *no,
                            void *user, int operands, cj_tensor *const *operand, int results,
                            cj_tensor **result);
#define cj_cond(...) cj_cond_at(CJ_HERE, __VA_ARGS__)

#ifdef __cplusplus
}
#endif

#endif
