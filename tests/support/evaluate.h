/*
 * tests/support/evaluate.h - a graph computed node by node, by loops straight from the definitions.
 *
 * The independent opinion of the tests: floats of either width are doubles here, never rounded to f32, integers are
 * 64 bits wrapped to their dtype. Slow, and sharing nothing with the library but the list of ops and Philox.
 */
#ifndef CJ_TESTS_EVALUATE_H
#define CJ_TESTS_EVALUATE_H

#include "graph/graph.h"

/* What a leaf holds (also a leaf that holds something already): its elements as doubles. */
typedef struct binding {
    const cj_tensor *leaf;
    const double *data;
} binding;

/* Computes y[j] into out[j], room for its elements (and at least one); integers become doubles. */
void evaluate(int outputs, cj_tensor *const *y, int bindings, const binding *bind,
              double *const *out);

/* The first element of y. */
double evaluate_number(cj_tensor *y, int bindings, const binding *bind);

#endif
