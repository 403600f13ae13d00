/*
 * src/graph/half.c - ops on bf16 and f16: spelled out as casts to f32, the op in f32, and a cast back, which is
 * the one rounding. So halves are storage, and everything below the builders that computes knows two floats.
 */
#include "graph/build.h"

/* Ops that only carry or move elements take halves as they are. */
static bool moves(cj_op op)
{
    switch (op) {
    case CJ_OP_TAP:
    case CJ_OP_STOP_GRADIENT:
    case CJ_OP_CUSTOM_GRADIENT:
    case CJ_OP_RESHAPE:
    case CJ_OP_PERMUTE:
    case CJ_OP_EXPAND:
    case CJ_OP_PAD:
    case CJ_OP_SLICE:
    case CJ_OP_FLIP:
    case CJ_OP_CONCAT:
    case CJ_OP_LOOP:
    case CJ_OP_RESULT:
    case CJ_OP_GATHER:
    case CJ_OP_CUSTOM: return true;
    default: return false;
    }
}

/* Half to anything by f32, which holds it; integers to half by f64, so that they are rounded once (of 64 bits: to 53
 * before). */
static cj_tensor *cast(cj_context *context, cj_at at, const cj_node_spec *spec, bool *done)
{
    cj_tensor *x = spec->source[0];
    bool from = cj_is_half(x->dtype), to = cj_is_half((int)spec->dtype);
    *done = x->dtype != spec->dtype &&
            ((from && spec->dtype != CJ_F32) || (to && x->dtype != CJ_F32 && x->dtype != CJ_F64));
    (void)context;
    return *done ? cj_cast_at(at, cj_cast_at(at, x, from ? CJ_F32 : CJ_F64), spec->dtype) : NULL;
}

cj_tensor *cj_half_node(cj_context *context, cj_at at, const cj_node_spec *spec, bool *done)
{
    cj_node_spec wide = *spec;
    *done = false;
    if (spec->op == CJ_OP_CAST)
        return cast(context, at, spec, done);
    if (spec->op == CJ_OP_IOTA && cj_is_half((int)spec->dtype)) {
        *done = true;
        wide.dtype = CJ_F32;
        return cj_cast_at(at, cj_node(context, at, &wide), spec->dtype);
    }
    cj_tensor *source[CJ_HALF_SOURCES];
    int half = -1;
    if (moves(spec->op) || spec->source_count > CJ_HALF_SOURCES)
        return NULL;
    for (int i = 0; i < spec->source_count; i++) {
        cj_tensor *x = source[i] = spec->source[i];
        if (cj_is_half(x->dtype) && half < 0)
            half = x->dtype;
    }
    for (int i = 0; i < spec->source_count; i++) {
        if (cj_dtype_class(source[i]->dtype) != 'f')
            continue;
        if (half < 0 || source[i]->dtype != half) /* mixed: the op's rule refuses them */
            return NULL;
        source[i] = cj_cast_at(at, source[i], CJ_F32);
        if (!source[i])
            return NULL;
    }
    if (half < 0)
        return NULL;
    *done = true;
    wide.source = source;
    cj_tensor *y = cj_node(context, at, &wide);
    return y && cj_dtype_class(y->dtype) == 'f' ? cj_cast_at(at, y, (cj_dtype)half) : y;
}
