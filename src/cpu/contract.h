/*
 * src/cpu/contract.h - matrix products and convolutions: plan once, run often.
 *
 * A plan is made from shapes, strides, dtype, instruction set and thread count; making one computes nothing on
 * data. A run allocates nothing and cannot fail. The kernel is a function of the spec and the options alone, and the
 * bits of a result depend on the spec's extents and geometry and on the kernel class only: not on strides, threads, packing,
 * row_grain, the epilogue, nor on which kernel was chosen.
 *
 * The order of every sum: a chunk is 256 consecutive k, its sum the chain acc = fma(a, b, acc) from +0, k ascending; the
 * total is chunk 0, then total += chunk 1, ... by plain additions; without any k it is +0. In a convolution k runs over (input
 * channel, kernel position row-major), and a chunk is max(1, 256 / kernel positions) whole channels. A kernel
 * position that lies on padding is multiplied as 0; one on a hole of a dilated input is left out. Holes are all
 * positions that are no multiple of the dilation, counted from the first element of x, in the padding too.
 *
 * Life of a plan in a program:
 *     cj_matmul_plan plan;  cj_matmul_plan_make(&plan, &spec, &options);      at compile time
 *     scratch: plan.scratch_bytes, 64-byte aligned, alive during the run only
 *     packed:  plan.packed_bytes; 0: there is no packing. Else cj_matmul_pack before the first run and whenever
 *              b has changed; that call is parallel as well. `b` of the run is then the packed memory.
 *     cj_matmul_run(&plan, pool, &run);                                       at each run
 *
 * Prologue (`load`): writes the left operand row by row in place of the plain copy, computing on the way. Epilogue (`store`):
 * receives finished sums while they are in cache and writes the final values itself; see the types below.
 */
#ifndef CJ_CPU_CONTRACT_H
#define CJ_CPU_CONTRACT_H

#include "../base/base.h"
#include "isa.h"

#define CJ_CHUNK 256

/*
 * Prologue. Writes rows [first_row, first_row + rows) of one image to dst, a row every `row_stride` elements.
 *     matmul: image = batch index, row = m, a row is the k values of that row.
 *     convolution: image = n (kernel kind WEIGHT: the input channel, which is a picture of the batch), row = the outermost spatial
 *     position (1 spatial axis: one row an image), a row is [width][channels] contiguous, channels = G * C (WEIGHT, x:
 *     G * N; WEIGHT, w: G * O).
 * Rows come once each per thread that needs them; two threads may ask for the same rows.
 */
typedef void (*cj_load_fn)(void *state, int thread, void *dst, int64_t row_stride, int64_t image,
                           int64_t first_row, int64_t rows);

/*
 * Epilogue. tile[rows][width]: finished sums of the result's rows [first_row, first_row + rows), contiguous, full width.
 *     matmul: row = batch * m + i, width = n.
 *     convolution: width = G * O; row = n * positions + position (row-major), WEIGHT: position * N + n.
 * Each row comes exactly once, in increasing order within a thread; the callback may overwrite the tile.
 */
typedef void (*cj_store_fn)(void *state, int thread, void *tile, int64_t first_row, int64_t rows);

typedef struct cj_contract_options {
    int isa;     /* enum cj_isa_id */
    int threads; /* most threads that will run it: the pool's size */
    int64_t
        row_grain; /* with `store`: borders between threads lie at multiples of so many rows; 0: anywhere */
    bool load;         /* runs will give a prologue for x (matmul: a) */
    bool load_w;       /* kind WEIGHT: runs will give a prologue for w, the output gradient */
    bool store;        /* runs will give an epilogue */
    bool spread;       /* tests: use every thread however small the work */
    int64_t tile_rows; /* tests: most rows of a block, of an epilogue call; 0: from the table */
    bool generic;      /* tests: the generic kernel */
} cj_contract_options;

/* ---- matrix product: c[batch, m, n] = sum over k of a[batch, m, k] * b[batch, k, n] ---- */

/* Strides in elements, any sign or 0 (c: no two elements at one place). f32 or f64. */
typedef struct cj_matmul_spec {
    cj_dtype dtype;
    int64_t batch, m, n, k;
    int64_t a_stride[3]; /* batch, m, k */
    int64_t b_stride[3]; /* batch, k, n */
    int64_t c_stride[3]; /* batch, m, n; ignored with an epilogue */
} cj_matmul_spec;

typedef struct cj_matmul_plan {
    cj_matmul_spec spec;
    cj_contract_options options;
    const char *kernel;   /* "matmul.direct", "matmul.packed": for tests and `cajal version` */
    size_t scratch_bytes; /* of all threads together */
    size_t packed_bytes;  /* of b, packed by cj_matmul_pack; 0: the run takes b itself */
    double flops;         /* 2 a multiply-add */
    /* the rest is the kernel's own */
    const struct cj_contract_kernels *kernels;
    int panel_vectors, tile_rows;        /* the register tile */
    int64_t panel, panels, group_panels; /* columns a panel, panels, panels that stay in cache */
    int64_t block_rows;                  /* rows of a cache block */
    bool pack_a, tile_in_scratch, split_columns;
    size_t tile_bytes, a_bytes, thread_bytes;
    int threads;
} cj_matmul_plan;

typedef struct cj_matmul_run_args {
    const void *a; /* NULL with a prologue */
    const void *b; /* packed, if the plan says so */
    void *c;       /* NULL with an epilogue */
    void *scratch;
    cj_load_fn load;
    void *load_state;
    cj_store_fn store;
    void *store_state;
} cj_matmul_run_args;

/* CJ_DTYPE for another dtype than f32, f64; else CJ_OK. */
cj_status cj_matmul_plan_make(cj_matmul_plan *plan, const cj_matmul_spec *spec,
                              const cj_contract_options *options);
void cj_matmul_pack(const cj_matmul_plan *plan, cj_pool *pool, const void *b, void *packed);
void cj_matmul_run(const cj_matmul_plan *plan, cj_pool *pool, const cj_matmul_run_args *run);

/* ---- convolution: y[n, g, o, p] = sum over c, t of x[n, g, c, p * stride + t * kernel_dilation - low] * w[g, o, c, t] ---- */

#define CJ_CONV_AXES 3

/*
 * Extents and strides (elements, any sign or 0) of the axes; spatial axes beyond `spatial` are 1. out: the extents of
 * y, floor((dilated extent + low + high - dilated kernel) / stride) + 1. `high` is not needed: it follows from out.
 */
typedef struct cj_conv_spec {
    cj_dtype dtype;
    int spatial;                                       /* 1, 2, 3 */
    int64_t images, groups, in_channels, out_channels; /* N, G, C, O: channels of one group */
    int64_t in[CJ_CONV_AXES], kernel[CJ_CONV_AXES], out[CJ_CONV_AXES];
    int64_t stride[CJ_CONV_AXES], in_dilation[CJ_CONV_AXES], kernel_dilation[CJ_CONV_AXES];
    int64_t low[CJ_CONV_AXES];
    int64_t x_stride[3 + CJ_CONV_AXES]; /* N, G, C, spatial */
    int64_t w_stride[3 + CJ_CONV_AXES]; /* G, O, C, spatial */
    int64_t y_stride[3 + CJ_CONV_AXES]; /* N, G, O, spatial; ignored with an epilogue */
} cj_conv_spec;

/*
 * What a convolution is, by extents and options alone, and the memory order that its kernel likes (others work, by a copy
 * or by strided stores):
 *     FORWARD   forward pass, data gradient; strided data gradient (in_dilation > 1, stride 1) by output phases
 *               x [N][spatial][G][C]   w any (it is packed)   y [N][spatial][G][O]
 *     WEIGHT    weight gradient (more kernel positions than output positions): N and C have changed places, w is the output
 *               gradient, so that both operands lie as the forward pass left them
 *               x [C][spatial][G][N]   w [C][kernel][G][O]    y [spatial][N][G][O]
 *     DEPTHWISE one input and one output channel a group, many groups: lanes are groups
 *               x [N][spatial][G]      w any                  y [N][spatial][G]
 *     GENERIC   the rest: 3 spatial axes, dilated input with a stride; any order
 */
typedef enum cj_conv_kind {
    CJ_CONV_FORWARD,
    CJ_CONV_WEIGHT,
    CJ_CONV_DEPTHWISE,
    CJ_CONV_GENERIC
} cj_conv_kind;

cj_conv_kind cj_conv_recognise(const cj_conv_spec *spec); /* strides are not looked at */

typedef struct cj_conv_plan cj_conv_plan;

/* What the scheduler may read of a plan. */
typedef struct cj_conv_facts {
    cj_conv_kind kind;
    const char
        *kernel; /* "conv.forward.direct", "conv.forward", "conv.phases", "conv.weight", ... */
    size_t scratch_bytes; /* of all threads together, 64-byte aligned */
    size_t packed_bytes;  /* of w, packed by cj_conv_pack; 0: the run takes w itself */
    double flops;         /* 2 a multiply-add */
    bool takes_load,
        takes_load_w; /* whether the kernel supports prologues; epilogues are always supported */
} cj_conv_facts;

/* Makes a plan in the context's memory. NO_MEMORY; DTYPE for another dtype than f32, f64. A prologue asked for
 * where the kernel takes none: UNSUPPORTED (ask cj_conv_recognise first: FORWARD and WEIGHT take it). */
cj_status cj_conv_plan_new(cj_context *context, const cj_conv_spec *spec,
                           const cj_contract_options *options, cj_conv_plan **plan);
void cj_conv_plan_free(cj_context *context, cj_conv_plan *plan);
const cj_conv_facts *cj_conv_plan_facts(const cj_conv_plan *plan);

typedef struct cj_conv_run_args {
    const void *
        x; /* with a prologue: NULL, or memory of x's order that it will read, as a hint for prefetching */
    const void *w; /* packed, if the plan says so; with load_w as x */
    void *y;       /* NULL with an epilogue */
    void *scratch;
    cj_load_fn load;
    void *load_state;
    cj_load_fn load_w;
    void *load_w_state;
    cj_store_fn store;
    void *store_state;
} cj_conv_run_args;

void cj_conv_pack(const cj_conv_plan *plan, cj_pool *pool, const void *w, void *packed);
void cj_conv_run(const cj_conv_plan *plan, cj_pool *pool, const cj_conv_run_args *run);

/* ---- the definition, in scalar C: what every kernel is compared with ---- */

/* is_fma: the kernel class. Epilogue and prologue have no part in it; c and y are written by their strides. */
void cj_reference_matmul(const cj_matmul_spec *spec, bool is_fma, const void *a, const void *b,
                         void *c);
void cj_reference_conv(const cj_conv_spec *spec, bool is_fma, const void *x, const void *w,
                       void *y);

#endif
