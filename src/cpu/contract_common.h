/* src/cpu/contract_common.h - what matmul.c and conv*.c share. */
#ifndef CJ_CPU_CONTRACT_COMMON_H
#define CJ_CPU_CONTRACT_COMMON_H

#include "contract.h"
#include "isa/contract.h"

/* Multiply-adds that make a second thread worth waking: about 10 microseconds of work. */
#define CJ_SMALLEST_WORK ((int64_t)1 << 19)

static inline int64_t cj_div_up(int64_t a, int64_t b)
{
    return (a + b - 1) / b;
}

static inline size_t cj_line_up(size_t bytes)
{
    return (bytes + 63) & ~(size_t)63;
}

/* What the next strip will read: fetched a cache line at a time while the tiles of this one compute. */
typedef struct cj_ahead {
    const char *next;
    int64_t lines;
} cj_ahead;

static inline cj_ahead cj_ahead_of(const char *first, int64_t bytes)
{
    return (cj_ahead){first, first ? cj_div_up(bytes, 64) : 0};
}

/*
 * Register tiles down `rows` rows of one panel, split as evenly as may be. tile->a and tile->c are those of the first row;
 * both are moved. `element`: bytes of one. `ahead`: NULL or what to fetch meanwhile.
 */
void cj_tile_rows_run(const cj_contract_type *type, int vectors, int64_t rows, size_t element,
                      cj_tile *tile, cj_ahead *ahead);

/* The same with the sliding tiles, for panels of one vector: rows of output positions; channels. */
void cj_slide_rows_run(const cj_contract_type *type, int64_t rows, size_t element, cj_tile *tile,
                       cj_ahead *ahead);
void cj_slide_taps_run(const cj_contract_type *type, int64_t channels, size_t element,
                       cj_tile *tile, cj_ahead *ahead);
/* The same with the tiles of depthwise convolutions. */
void cj_depth_rows_run(const cj_contract_type *type, int vectors, int64_t rows, size_t element,
                       cj_tile *tile, cj_ahead *ahead);

#endif
