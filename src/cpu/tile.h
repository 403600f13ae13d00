/*
 * src/cpu/tile.h - the tile interpreter: the program of a kernel, run on some hundred elements at a
 * time.
 *
 * Elements of the domain are numbered in the order of the loops. A tile is a run of such numbers;
 * each value of the program is a contiguous row of as many elements, in scratch or, where an
 * operand or a result lies contiguously, in memory itself. An instruction is one call of a vector
 * kernel over the tile.
 */
#ifndef CJ_CPU_TILE_H
#define CJ_CPU_TILE_H

#include "base/base.h"
#include "compile/kernel.h"
#include "cpu/kernels.h"

enum {
    CJ_TILE_ELEMENTS = 1024, /* a multiple of CJ_REDUCE_LANES that divides CJ_REDUCE_BLOCK */
    CJ_TILE_REGS = 256
};

/* Loop axes in which neighbours that step as one for every view are joined. */
typedef struct cj_tile_axes {
    int rank;
    int64_t extent[CJ_MAX_RANK];
} cj_tile_axes;

typedef enum cj_access {
    CJ_ACCESS_DIRECT,   /* contiguous over the domain: no copy */
    CJ_ACCESS_SPLAT,    /* one value everywhere */
    CJ_ACCESS_PERIODIC, /* the same in every tile: copied once a run */
    CJ_ACCESS_WALK,     /* by strides */
    CJ_ACCESS_HEAD      /* what the head hands over */
} cj_access;

typedef struct cj_tile_view {
    cj_access access;
    int16_t reg;
    uint8_t size;   /* bytes of an element */
    int32_t buffer; /* -1: of a load, the index along an axis; of a store, run->out */
    cj_dtype dtype;
    int64_t offset;
    int64_t stride[CJ_MAX_RANK]; /* over the joined axes */
    uint64_t bits;               /* SPLAT of a number */
    bool is_number;
    bool to_memory; /* a store whose value is computed in its memory */
} cj_tile_view;

typedef struct cj_tile_step {
    cj_map_fn fn;
    int16_t out, source[4];
} cj_tile_step;

typedef struct cj_tile {
    const struct cj_isa_kernels *kernels;
    cj_tile_axes axes;
    int64_t elements; /* of the domain */
    int64_t length;   /* most elements of a tile: a multiple of period */
    int64_t period;   /* tiles start at multiples of it */
    int regs, loads, steps, stores;
    cj_tile_view *load, *store;
    cj_tile_step *step;
    int32_t *slot; /* of each register: its place in scratch in units of a tile of 8 bytes, or -1 */
    int slots;
    size_t scratch_bytes; /* of one thread */
} cj_tile;

/* What a thread needs while it runs tiles. */
typedef struct cj_tile_run {
    const cj_tile *tile;
    void *const *buffer;
    void *out; /* of a prologue: where the next tile's values go */
    void *reg[CJ_TILE_REGS];
} cj_tile_run;

/*
 * Makes the interpreter's form of the kernel's program, in the context's memory. `row`: the
 * caller's tiles start at multiples of it; 0: at multiples of tile->period; -1: anywhere. Free with
 * cj_tile_free.
 */
cj_status cj_tile_make(cj_context *context, const cj_kernel *kernel, int64_t row, cj_tile **tile);
void cj_tile_free(cj_context *context, cj_tile *tile);

/* Gets ready to run tiles of at most `most` elements; scratch: tile->scratch_bytes, 64-byte
 * aligned. */
void cj_tile_begin(const cj_tile *tile, cj_tile_run *run, void *const *buffer, void *scratch,
                   int64_t most);

/* Runs the elements [first, first + n), n at most tile->length. head: their values from the head,
 * or NULL. Registers hold the values until the next call. */
void cj_tile_step_run(cj_tile_run *run, int64_t first, int64_t n, void *head);

/* Copies between contiguous memory and a strided view of elements [first, first + n). */
void cj_walk_load(const struct cj_isa_kernels *kernels, const cj_tile_axes *axes,
                  const int64_t *stride, size_t size, int64_t first, int64_t n, void *out,
                  const void *in);
void cj_walk_store(const struct cj_isa_kernels *kernels, const cj_tile_axes *axes,
                   const int64_t *stride, size_t size, int64_t first, int64_t n, void *out,
                   const void *in);

/* Joins neighbouring axes where every one of the views steps evenly, not across the borders in the
 * mask (bit i: between axis i - 1 and i); strides are rewritten. */
void cj_join_axes(cj_tile_axes *axes, int views, int64_t *const *stride, uint32_t borders);

#endif
