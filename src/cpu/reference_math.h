/*
 * src/cpu/reference_math.h - the math functions one element at a time, in either kernel class:
 * reference_math.c has those of the class fma, reference_math_baseline.c those of the class
 * baseline.
 */
#ifndef CJ_CPU_REFERENCE_MATH_H
#define CJ_CPU_REFERENCE_MATH_H

#include "kernels.h"

/* f(x), or f(x, y); op of CJ_MATH_OP_LIST, or FMOD. */
float cj_reference_math_f32(cj_op op, float x, float y);
double cj_reference_math_f64(cj_op op, double x, double y);
float cj_reference_math_baseline_f32(cj_op op, float x, float y);
double cj_reference_math_baseline_f64(cj_op op, double x, double y);

#endif
