/*
 * tests/support/golden_check.h - a layer or a loss against torch: tests/golden/nn_cases.py says what a case holds.
 */
#ifndef CJ_TESTS_SUPPORT_GOLDEN_CHECK_H
#define CJ_TESTS_SUPPORT_GOLDEN_CHECK_H

#include "cajal/cajal.h"
#include "golden/golden.h"

/* What builds the case's function in s; extra: the case's second tensor, or its labels (i32), or NULL. */
typedef cj_tensor *golden_builder(cj_scope *s, cj_tensor *x, cj_tensor *extra);

typedef struct golden_row {
    const char *name;
    golden_builder *build;
} golden_row;

/* The case with the parameters that it holds: output, first derivatives by x and every parameter, second by x, the
 * buffers after a training pass; each to `tolerance` (1 + |golden|), second derivatives to ten times that. */
void golden_check(const golden_case *c, golden_builder *build, cj_dtype dtype, double tolerance);

/* All cases, each by the row of its name; there must be a row a case. */
void golden_check_all(int cases, const golden_case *c, int rows, const golden_row *row,
                      cj_dtype dtype, double tolerance);

#endif
