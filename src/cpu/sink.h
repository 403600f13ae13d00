/*
 * src/cpu/sink.h - the reductions of a kernel: where a program's values go that are summed instead
 * of stored.
 *
 * The domain is [outer][reduced][inner]. The reduced axis is cut in blocks of CJ_REDUCE_BLOCK;
 * whoever drives the sinks feeds the elements of one block in order and ends it; blocks may be fed
 * by any thread. Results of several blocks wait in shared scratch until cj_sinks_fold. So the order
 * is that of docs/design.md, "The bits", however the blocks are shared out.
 */
#ifndef CJ_CPU_SINK_H
#define CJ_CPU_SINK_H

#include "compile/kernel.h"
#include "cpu/tile.h"

enum { CJ_MOST_SINKS = 16 };

/* One reduction of the kernel. */
typedef struct cj_sink {
    int16_t reg;
    int op, dtype; /* of the source: the row of the kernel tables */
    size_t size;   /* bytes of a source element */
    bool is_index;
    int32_t buffer;
    int64_t offset;
    int64_t stride[CJ_MAX_RANK];   /* over the kept axes */
    size_t state, index;           /* places in a thread's scratch */
    size_t partial, partial_index; /* places in shared scratch */
} cj_sink;

typedef struct cj_sinks {
    const struct cj_isa_kernels *kernels;
    cj_tile_axes kept; /* outer and inner axes */
    int64_t outer, reduced, inner, blocks;
    int64_t strip; /* most columns fed at a time */
    int count;
    cj_sink sink[CJ_MOST_SINKS];
    size_t thread_bytes, shared_bytes;
} cj_sinks;

/* While sinks are fed: the buffers, the shared scratch. */
typedef struct cj_sinks_run {
    const cj_sinks *sinks;
    void *const *buffer;
    char *shared;
} cj_sinks_run;

/* Extents from the kernel; `strip` columns at a time, 0: all. */
void cj_sinks_make(cj_sinks *sinks, const struct cj_isa_kernels *kernels, const cj_kernel *kernel,
                   int64_t strip);

/* Feeds rows [row, row + rows) (numbers within the reduction) of `columns` values each, from the
 * registers of the tile just run. They do not cross a block's end. scratch: the thread's,
 * thread_bytes. */
void cj_sinks_feed(const cj_sinks *s, cj_tile_run *run, char *scratch, int64_t row, int64_t rows,
                   int64_t columns);
/* A whole reduction of at most a block that lies at element `at` of the registers (inner = 1): fed,
 * folded and written. */
void cj_sinks_row(const cj_sinks_run *r, cj_tile_run *run, char *scratch, int64_t outer,
                  int64_t at);
/* Ends a block of `rows` rows: columns [column, column + columns). */
void cj_sinks_end_block(const cj_sinks_run *r, char *scratch, int64_t outer, int64_t block,
                        int64_t rows, int64_t column, int64_t columns);
/* Folds the blocks of outer indexes [begin, end), writes the results; needed where blocks > 1. */
void cj_sinks_fold(const cj_sinks_run *r, int64_t begin, int64_t end);
/* Nothing is reduced: each result is the identity. */
void cj_sinks_identity(const cj_sinks_run *r);

#endif
