/*
 * src/graph/linalg.h - what the builders of linear algebra share.
 */
#ifndef CJ_GRAPH_LINALG_H
#define CJ_GRAPH_LINALG_H

#include "graph/graph.h"

/* f32 or f64 with two axes at least, the last two equal where `square`; else a building error. */
bool cj_is_matrices(cj_at at, const char *name, const cj_tensor *a, bool square);
/* x with its last two axes exchanged; (a + a^T) / 2. NULL stays NULL. */
cj_tensor *cj_turned(cj_at at, cj_tensor *x);
cj_tensor *cj_symmetric_part(cj_at at, cj_tensor *a);
/* An op on a, or on a and b, whose batches are broadcast to each other. */
cj_tensor *cj_matrix_node(cj_at at, cj_op op, cj_tensor *a, cj_tensor *b, int options,
                          const int64_t *option);

/* `count` elements of a packed result's last axis from `from` on, and as a matrix [rows, columns]. NULL: an error. */
cj_tensor *cj_packed_vector(cj_at at, cj_tensor *packed, int64_t from, int64_t count);
cj_tensor *cj_packed_matrix(cj_at at, cj_tensor *packed, int64_t from, int64_t rows,
                            int64_t columns);

#endif
