/*
 * tests/support/derivatives.h - every derivative of a function of a few tensors, against central differences.
 */
#ifndef CJ_TESTS_DERIVATIVES_H
#define CJ_TESTS_DERIVATIVES_H

#include "cajal/transform.h"
#include "support/evaluate.h"

typedef struct extents {
    int rank;
    int64_t shape[CJ_MAX_RANK];
} extents;

/* y(x): `inputs` f64 tensors of these shapes, with values drawn from [low, high). */
typedef struct function {
    const char *name;
    cj_tensor *(*build)(cj_tensor **x);
    int inputs;
    double low, high;
    extents input[3];
} function;

/*
 * For L = sum(c * y) with random c and random tangents t: reverse mode against differences of L; forward against reverse by
 * the dot product; H t by reverse over reverse against differences of the gradient, and forward over reverse and reverse over
 * forward against that; with `third`, the gradient of t' H t against its differences. Then the program of them all against
 * the plain loops; at last check_lanes (lanes.h).
 */
void check_derivatives(const function *f, bool third);

#endif
