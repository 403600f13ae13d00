/*
 * tests/golden/golden.h - the form of the numbers that torch gave, written as C by the scripts beside this file.
 */
#ifndef CJ_GOLDEN_GOLDEN_H
#define CJ_GOLDEN_GOLDEN_H

#include <stdint.h>

typedef struct golden_tensor {
    const char *name;
    int rank;
    int64_t shape[5];
    const double *data;
} golden_tensor;

typedef struct golden_case {
    const char *name;
    int count;
    golden_tensor tensor[64];
} golden_case;

#endif
