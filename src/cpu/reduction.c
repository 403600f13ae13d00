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

void cj_reduce_identity(cj_op op, cj_dtype dtype, void *out)
{
    const float end = op == CJ_OP_SUM ? 0 : op == CJ_OP_AMAX ? -INFINITY : INFINITY;

    if (op == CJ_OP_ARGMAX) {
        *(int32_t *)out = 0;
    } else if (dtype == CJ_F32) {
        *(float *)out = end;
    } else if (dtype == CJ_F64) {
        *(double *)out = (double)end;
    } else {
        cj_integer_store(dtype, out, 0,
                         op == CJ_OP_SUM    ? 0
                         : op == CJ_OP_AMAX ? cj_integer_least(dtype)
                                            : (int64_t)cj_integer_most(dtype));
    }
}
