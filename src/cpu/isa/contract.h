/*
 * src/cpu/isa/contract.h - what an instruction set offers to matrix products and convolutions: register tiles and packers.
 *
 * A register tile is the one small thing that must be fast (as in BLIS: Van Zee and van de Geijn, "BLIS: a framework for
 * rapidly instantiating BLAS functionality", ACM TOMS 41(3), 2015). It keeps rows x vectors sums in registers:
 *     acc[r][j] = fma(a[r * row_step + offset[i]], b[i * b_step + j], acc[r][j])     i ascending
 * The offsets are a table, so that the same tile walks a matrix, the window of a convolution, or a batch of pictures. `run` of
 * the i are taken, then `skip` left out, until k are taken: kernel rows that lie on padding.
 *
 * With one vector of columns such a tile is bound by its loads, a value of a for each multiply-add. Where three kernel positions
 * follow each other along the width, the sliding tiles load a value once for the three sums that need it; each sum still
 * takes its products in the order of k:
 *     slide_rows  one vector, k = (anything, 3 taps), row r + 1 at tap t reads what row r reads at tap t + 1
 *     slide_taps  one vector, rows = (3 taps, channels), k = (line, position): tap t at position q reads pixel q + t
 *
 * In a depthwise convolution a holds a channel for each column: acc[r][j] = fma(a[r * row_step + offset[i] + j], b[...], acc[r][j]).
 */
#ifndef CJ_CPU_ISA_CONTRACT_H
#define CJ_CPU_ISA_CONTRACT_H

#include <stdbool.h>
#include <stdint.h>

enum {
    CJ_TILE_VECTORS = 4, /* most vectors of a register tile */
    CJ_TILE_ROWS = 24,   /* most rows */
    CJ_DEPTH_VECTORS = 2,
    CJ_DEPTH_ROWS = 5,
    CJ_SLIDE_TAPS = 3,
    CJ_SLIDE_LEAST = 4, /* rows of slide_rows */
    CJ_SLIDE_ROWS = 16,
    CJ_SLIDE_CHANNELS = 8 /* most channels of slide_taps */
};

typedef enum cj_tile_mode {
    CJ_TILE_STORE, /* acc from +0;  c = acc */
    CJ_TILE_ADD,   /* acc from +0;  c = c + acc: one more chunk */
    CJ_TILE_CHAIN  /* acc from c;   c = acc: the same chunk goes on */
} cj_tile_mode;

/* Steps and offsets in elements. The last vector of c has `tail` columns, 1 to the lanes; b has all of them. */
typedef struct cj_tile {
    const void *a;
    const int32_t *offset;
    const void *b;
    void *c;
    int64_t k, run, skip; /* k: a multiple of run, at least 1; slide_taps: run = k, no skip */
    int64_t row_step, b_step, c_step, tail;
    cj_tile_mode mode;
    /* slide_taps: positions of a line, at least 2 (offsets are read at each line's start), a from pixel to pixel, c
     * from tap to tap; row_step is 1 */
    int64_t span, pixel_step, tap_step;
    /* memory that what follows will read: `ahead` + i * ahead_step is prefetched at step i of k. Any pointer will do with
     * a step of 0 */
    const char *ahead;
    int64_t ahead_step;
} cj_tile;

typedef void (*cj_tile_fn)(const cj_tile *tile);

/* Where a block of elements lies: element (i, j) at i * stride_i + j * stride_j. */
typedef struct cj_block {
    int64_t rows, columns;
    int64_t row_stride, column_stride;
} cj_block;

/* out[i * out_row_stride + j] = in(i, j); what is beyond `columns` up to `padded` columns becomes 0. */
typedef void (*cj_pack_fn)(void *out, int64_t out_row_stride, int64_t padded, const void *in,
                           const cj_block *block);
/* out(i, j) = in[i * in_row_stride + j]. */
typedef void (*cj_unpack_fn)(void *out, const cj_block *block, const void *in,
                             int64_t in_row_stride);
/* Whether the first `n` elements are all finite; whether one of them is -0. */
typedef bool (*cj_scan_fn)(int64_t n, const void *elements);
/* out[i] += chunks[i], += chunks[i + step], ...: `count` chunk sums of n elements, added in order. */
typedef void (*cj_add_chunks_fn)(int64_t n, void *out, const void *chunks, int64_t step,
                                 int64_t count);

typedef struct cj_contract_type {
    int lanes;
    int most_rows[CJ_TILE_VECTORS + 1]; /* by vectors; [0] is unused */
    cj_tile_fn tile[CJ_TILE_VECTORS]
                   [CJ_TILE_ROWS]; /* [vectors - 1][rows - 1]; NULL above most_rows */
    cj_tile_fn depth[CJ_DEPTH_VECTORS][CJ_DEPTH_ROWS]; /* [vectors - 1][rows - 1] */
    int most_slide_rows, most_channels;                /* of slide_rows, slide_taps */
    cj_tile_fn slide_rows[CJ_SLIDE_ROWS];              /* [rows - 1]; NULL below CJ_SLIDE_LEAST */
    cj_tile_fn slide_taps[CJ_SLIDE_CHANNELS];          /* [channels - 1] */
    cj_pack_fn pack;
    cj_unpack_fn unpack;
    cj_add_chunks_fn add_chunks;
    cj_scan_fn all_finite, has_negative_zero;
} cj_contract_type;

typedef struct cj_contract_kernels {
    cj_contract_type type[2]; /* f32, f64 */
} cj_contract_kernels;

/* The table of an instruction set that this build has; NULL for another. */
const cj_contract_kernels *cj_contract_kernels_of(int isa);

#endif
