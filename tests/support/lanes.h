/*
 * tests/support/lanes.h - cj_vmap against a loop of calls, to the bit.
 */
#ifndef CJ_TESTS_LANES_H
#define CJ_TESTS_LANES_H

#include "support/derivatives.h"

/* For each choice of f's inputs that has lanes, the others the same in all: three lanes of y (of
 * any dtype) and, where y is f64, of its vector-Jacobian products, against what the program of
 * one example gives of each lane. */
void check_lanes(const function *f);

#endif
