/*
 * src/cpu/op_index.h - walking a row-major tensor beside one that an index reaches into: what
 * gather and the scatters share.
 *
 * The walked tensor is gather's result or a scatter's source, the reached one gather's x or a
 * scatter's result. They have the same axes but for the extent of one, along which the reached
 * element is named by the index; the index, and gather's x, may have 1 in place of other extents.
 */
#ifndef CJ_CPU_OP_INDEX_H
#define CJ_CPU_OP_INDEX_H

#include "cpu/op.h"
#include "cpu/tile.h"

typedef struct cj_index_plan {
    cj_tile_axes axes;            /* of the walked tensor, neighbours joined */
    int64_t walked[CJ_MAX_RANK];  /* its strides */
    int64_t reached[CJ_MAX_RANK]; /* of the reached tensor; 0 along the index's axis */
    int64_t index[CJ_MAX_RANK];   /* of the index */
    int64_t step, extent;         /* of the reached tensor along the index's axis */
} cj_index_plan;

/* A place in the walk: the offsets of the row that begins there. */
typedef struct cj_index_place {
    int64_t at[CJ_MAX_RANK]; /* of all axes but the last */
    int64_t walked, reached, index;
} cj_index_place;

/* `joined`: neighbours that step as one become one axis; else axes stay apart as they are. */
void cj_index_plan_make(cj_index_plan *plan, int rank, int axis, const int64_t *walked,
                        const int64_t *reached, const int64_t *index);
/* The row that holds element `first` of the walked tensor. */
cj_index_place cj_index_start(const cj_index_plan *plan, int64_t first);
void cj_index_next_row(const cj_index_plan *plan, cj_index_place *place);

/* Element i of an index of i32 or i64; as unsigned, so that one comparison tells what is outside. */
static inline uint64_t cj_index_at(const void *index, bool wide, int64_t i)
{
    return wide ? (uint64_t)((const int64_t *)index)[i]
                : (uint64_t)(int64_t)((const int32_t *)index)[i];
}

#endif
