/*
 * src/cpu/reference_math_baseline.c - reference_math.c in the class baseline: an fma is a product,
 * then a sum.
 */
#define CJ_SCALAR_BASELINE
#include "reference_math.c"
