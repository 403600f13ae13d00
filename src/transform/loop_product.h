/*
 * src/transform/loop_product.h - sums over iterations that are one matrix product.
 *
 * The cotangent of a weight that a loop captures is, in an iteration, a^T b: of the rows that
 * met the weight and of the cotangents that came back. Its sum over the iterations is A^T B of
 * all rows, stacked: one product after the loop instead of a small one in each iteration and a
 * sum that goes through memory each time. A sum of such products is one too.
 */
#ifndef CJ_TRANSFORM_LOOP_PRODUCT_H
#define CJ_TRANSFORM_LOOP_PRODUCT_H

#include "graph/graph.h"

/* A product of the body, [m, k] times [k, n] with leading axes of extent 1, and its factors as
 * rows: [..., k, m] and [..., k, n] in an iteration; stacked, [iterations, ..., k, m] and
 * [iterations, ..., k, n]. */
typedef struct cj_row_product {
    cj_tensor *node;
    cj_tensor *factor[2];  /* nodes of the body */
    cj_tensor *stacked[2]; /* to be set before cj_finish_products */
} cj_row_product;

/* How many products d is the sum of, seen through views; 0: it is something else, or adding is
 * cheaper. */
int cj_count_products(const cj_tensor *d);
/* Writes them; false: a building error. */
bool cj_find_products(cj_at at, cj_tensor *d, cj_row_product **product);
/* The sum over all iterations of d. */
cj_tensor *cj_finish_products(cj_at at, cj_tensor *d, const cj_row_product **product);

#endif
