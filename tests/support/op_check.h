/*
 * tests/support/op_check.h - ops that are kernels of their own: the fast code against its reference, to the bit.
 */
#ifndef CJ_TESTS_OP_CHECK_H
#define CJ_TESTS_OP_CHECK_H

#include "cajal/program.h"
#include "graph/graph.h"

/* A context of so many threads that gives each of them work. */
cj_context *op_context(int threads);

/* Fails the test unless x's own kernel, fast and reference, give equal bits (all NaN are one). x is a node of a call op. */
void check_op(cj_tensor *x);

/* Numbers in [low, high), the same for the same seed: cast to the dtype. */
cj_tensor *made(cj_context *context, cj_dtype dtype, int rank, const int64_t *shape, double low,
                double high, uint64_t seed);

#endif
