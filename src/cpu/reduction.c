/*
 * src/cpu/reduction.c - what a reduction needs besides kernels: the result of nothing, and the size
 * of scratch.
 */
#include "kernels.h"

#include <math.h>

size_t cj_reduce_scratch(cj_op op, cj_dtype dtype, int64_t reduced, int64_t inner)
{
    const int64_t width = CJ_MIN(inner, CJ_REDUCE_PANEL);
    const int64_t blocks = (reduced + CJ_REDUCE_BLOCK - 1) / CJ_REDUCE_BLOCK;
    const size_t entries = (size_t)((CJ_REDUCE_LANES + blocks) * width);
    return entries * cj_dtype_size(dtype) + 8 +
           (op == CJ_OP_ARGMAX ? entries * sizeof(int32_t) : 0);
}

static int64_t integer_identity(cj_op op, cj_dtype dtype)
{
    bool most = op == CJ_OP_AMIN;
    switch (op == CJ_OP_SUM ? CJ_DTYPE_COUNT : dtype) {
    case CJ_I32: return most ? INT32_MAX : INT32_MIN;
    case CJ_I64: return most ? INT64_MAX : INT64_MIN;
    case CJ_U8: return most ? UINT8_MAX : 0;
    case CJ_U32: return most ? UINT32_MAX : 0;
    case CJ_BOOL: return most;
    default: return 0;
    }
}

void cj_reduce_identity(cj_op op, cj_dtype dtype, void *out)
{
    const float end = op == CJ_OP_SUM ? 0 : op == CJ_OP_AMAX ? -INFINITY : INFINITY;
    const int64_t integer = integer_identity(op, dtype);

    if (op == CJ_OP_ARGMAX) {
        *(int32_t *)out = 0;
        return;
    }
    switch (dtype) {
    case CJ_F32: *(float *)out = end; break;
    case CJ_F64: *(double *)out = (double)end; break;
    case CJ_I64: *(int64_t *)out = integer; break;
    case CJ_I32: *(int32_t *)out = (int32_t)integer; break;
    case CJ_U32: *(uint32_t *)out = (uint32_t)integer; break;
    default: *(uint8_t *)out = (uint8_t)integer; break;
    }
}
