/*
 * src/compile/kernel.h - a kernel as the schedule describes it and a backend executes it.
 *
 * A kernel is a loop nest over a domain with a straight-line program for each of its elements. The
 * loop axes are in three runs, outer to inner: `outer` kept axes, `reduced` axes in logical order,
 * the rest kept again. The program's values are stored by strides, or reduced over the reduced axes
 * in the order of docs/design.md, "The bits".
 *
 * A kernel with a head (a matrix product, a convolution, a window) is the same thing whose first
 * value is what the head computes: the program is its epilogue. Programs that feed an operand of
 * the head (`feed`) are its prologue. A call is an op that is a kernel of its own, without program.
 */
#ifndef CJ_COMPILE_KERNEL_H
#define CJ_COMPILE_KERNEL_H

#include "base/base.h"
#include "graph/custom.h"
#include "graph/graph.h"

typedef enum cj_kernel_kind {
    CJ_KERNEL_MAP,    /* no head */
    CJ_KERNEL_MATMUL, /* head: operands a [batch, m, k], b [batch, k, n] */
    CJ_KERNEL_CONV,   /* head: operands x [N, G, C, ...], w [G, O, C, ...] */
    CJ_KERNEL_WINDOW, /* window op `op`: operands x (and index); stores, no program */
    CJ_KERNEL_CALL,   /* op `op` of CJ_CALL_OP_LIST: any operands and one store, all row-major */
    CJ_KERNEL_LOOP    /* kernels of a body, again and again: the program runs it, not a backend */
} cj_kernel_kind;

/* Where a value lies: element (i, j, ...) at offset + i * stride[0] + j * stride[1] + ..., in
 * elements of its buffer. */
typedef struct cj_view {
    int32_t buffer;
    int64_t offset;
    int64_t stride[CJ_MAX_RANK];
} cj_view;

/* What an instruction does: a map op of the op list, or one of these. */
enum {
    CJ_INSTR_LOAD = CJ_OP_COUNT, /* the view, over the domain */
    CJ_INSTR_SCALAR,             /* `bits` everywhere */
    CJ_INSTR_IOTA, /* view.offset + sum of index * view.stride: the index along an axis */
    CJ_INSTR_HEAD  /* what the head computes */
};

typedef struct cj_instr {
    uint16_t op;
    uint8_t dtype;     /* of the result */
    uint8_t from;      /* of the sources (WHERE: of the last) */
    int16_t source[3]; /* earlier instructions */
    uint64_t bits;     /* SCALAR: the value in the dtype's bits */
    cj_view view;      /* LOAD, IOTA */
} cj_instr;

typedef struct cj_store {
    int16_t value; /* an instruction; in WINDOW kernels 0: the value, 1: the index */
    uint8_t dtype;
    cj_view view; /* over the domain */
} cj_store;

typedef struct cj_reduction {
    int16_t value;
    uint16_t op;
    uint8_t dtype; /* of the result */
    cj_view view;  /* over the domain, strides of the reduced axes 0 */
} cj_reduction;

/* An operand of a head: a view over the operand's own logical axes. */
typedef struct cj_operand {
    cj_view view;
    int rank;
    uint8_t dtype;
    int64_t extent[CJ_MAX_RANK];
    struct cj_kernel *feed; /* the program that computes it on the way in: one store (its value
                               counts, not the view), or NULL */
} cj_operand;

typedef struct cj_kernel {
    cj_kernel_kind kind;
    uint16_t op;   /* the head's op */
    uint8_t dtype; /* the head's dtype */
    bool is_again; /* computed a second time, because of a checkpoint */
    int rank, outer, reduced;
    int64_t extent[CJ_MAX_RANK]; /* loop axes, outer to inner */
    int64_t elements;
    int instr_count, store_count, reduction_count, operand_count;
    cj_instr *instr;
    cj_store *store;
    cj_reduction *reduction;
    cj_operand *operand;
    const int64_t *option; /* CALL: the node's, as src/graph/graph.h lists them */
    cj_conv_options conv;
    cj_window_options window;
    struct cj_loop_plan *loop; /* LOOP */
    const char *name;          /* of the largest node in it, for prints */
} cj_kernel;

#endif
