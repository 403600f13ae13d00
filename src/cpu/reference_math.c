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

#define MATH(dtype, T)                                                                             \
    T FUNCTION(dtype)(cj_op op, T x, T y)                                                          \
    {                                                                                              \
        switch (op) {                                                                              \
        case CJ_OP_EXP: return cj_exp_##dtype(x);                                                  \
        case CJ_OP_EXPM1: return cj_expm1_##dtype(x);                                              \
        case CJ_OP_LOG: return cj_log_##dtype(x);                                                  \
        case CJ_OP_LOG1P: return cj_log1p_##dtype(x);                                              \
        case CJ_OP_SIN: return cj_sin_##dtype(x);                                                  \
        case CJ_OP_COS: return cj_cos_##dtype(x);                                                  \
        case CJ_OP_TANH: return cj_tanh_##dtype(x);                                                \
        case CJ_OP_ERF: return cj_erf_##dtype(x);                                                  \
        default: return cj_pow_##dtype(x, y);                                                      \
        }                                                                                          \
    }

MATH(f32, float)
MATH(f64, double)
