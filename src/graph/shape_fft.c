/*
 * src/graph/shape_fft.c - rules of the discrete Fourier transforms.
 */
#include "graph/build.h"

#include <inttypes.h>

static cj_status check_sources(cj_context *context, cj_at at, const cj_node_spec *spec, int axis)
{
    const char *name = cj_op_table[spec->op].name;
    const cj_tensor *re = spec->source[0], *im = spec->source[spec->source_count - 1];
    if ((re->dtype != CJ_F32 && re->dtype != CJ_F64) || im->dtype != re->dtype)
        return cj_fail_building(context, CJ_DTYPE, at,
                                "%s: %s and %s; real and imaginary part are both f32 or both f64: "
                                "cj_cast them",
                                name, CJ_SHAPE_OF(re), CJ_SHAPE_OF(im));
    if (!cj_same_shape(re, im))
        return cj_fail_building(context, CJ_SHAPE, at,
                                "%s: the real part %s and the imaginary part %s must have one "
                                "shape",
                                name, CJ_SHAPE_OF(re), CJ_SHAPE_OF(im));
    if (axis >= re->rank || re->shape[axis] == 0)
        return cj_fail_building(context, CJ_SHAPE, at,
                                "%s: axis %d of %s has no elements; it needs 1 at least", name,
                                axis, CJ_SHAPE_OF(re));
    return CJ_OK;
}

cj_status cj_rule_fft(cj_context *context, cj_at at, const cj_node_spec *spec, cj_result *result)
{
    const cj_tensor *x = spec->source[0];
    int axis = (int)spec->option[0];
    cj_status status = check_sources(context, at, spec, axis);
    if (status)
        return status;
    if (x->rank == CJ_MAX_RANK)
        return cj_fail_building(context, CJ_SHAPE, at, "%s: %s has %d axes; the most are %d",
                                cj_op_table[spec->op].name, CJ_SHAPE_OF(x), x->rank,
                                CJ_MAX_RANK - 1);
    result->dtype = x->dtype;
    result->rank = x->rank + 1;
    result->shape = result->extent;
    result->extent[0] = 2;
    memcpy(result->extent + 1, x->shape, x->rank * sizeof *x->shape);
    if (spec->op == CJ_OP_RFFT)
        result->extent[axis + 1] = x->shape[axis] / 2 + 1;
    return CJ_OK;
}

cj_status cj_rule_irfft(cj_context *context, cj_at at, const cj_node_spec *spec, cj_result *result)
{
    const cj_tensor *x = spec->source[0];
    int axis = (int)spec->option[0];
    cj_status status = check_sources(context, at, spec, axis);
    if (status)
        return status;
    int64_t extent = spec->option[1];
    if (extent < 1 || extent / 2 + 1 != x->shape[axis])
        return cj_fail_building(context, CJ_SHAPE, at,
                                "irfft: %" PRId64 " elements from axis %d of %s; they come from n "
                                "/ 2 + 1 of them",
                                extent, axis, CJ_SHAPE_OF(x));
    result->dtype = x->dtype;
    result->rank = x->rank;
    result->shape = result->extent;
    memcpy(result->extent, x->shape, x->rank * sizeof *x->shape);
    result->extent[axis] = extent;
    return CJ_OK;
}
