/*
 * src/cpu/reference_math.c - the math functions one element at a time: expression.h over scalar.h.
 * Compiled as it is for the class fma, and by reference_math_baseline.c for the class baseline.
 */
#include "reference_math.h"
#include "scalar.h"

#include "expression.h"

#if defined(CJ_SCALAR_BASELINE)
#define FUNCTION(dtype) cj_reference_math_baseline_##dtype
#else
#define FUNCTION(dtype) cj_reference_math_##dtype
#endif

#define CALL1(name, dtype) cj_##name##_##dtype(x)
#define CALL2(name, dtype) cj_##name##_##dtype(x, y)

float FUNCTION(f32)(cj_op op, float x, float y)
{
    switch (op) {
#define CJ_X(NAME, name, arity, ...)                                                               \
    case CJ_OP_##NAME: return CALL##arity(name, f32);
        CJ_MATH_OP_LIST(CJ_X)
#undef CJ_X
    default: return cj_fmod_f32(x, y);
    }
}

double FUNCTION(f64)(cj_op op, double x, double y)
{
    switch (op) {
#define CJ_X(NAME, name, arity, ...)                                                               \
    case CJ_OP_##NAME: return CALL##arity(name, f64);
        CJ_MATH_OP_LIST(CJ_X)
#undef CJ_X
    default: return cj_fmod_f64(x, y);
    }
}
