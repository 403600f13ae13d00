/*
 * src/graph/shape_linalg.c - rules of the ops on matrices: the last two axes, f32 or f64.
 */
#include "graph/build.h"

#include <inttypes.h>

static cj_status check_matrices(cj_context *context, cj_at at, const cj_node_spec *spec)
{
    const char *name = cj_op_table[spec->op].name;
    const cj_tensor *a = spec->source[0];
    for (int i = 0; i < spec->source_count; i++) {
        const cj_tensor *x = spec->source[i];
        if (x->dtype != CJ_F32 && x->dtype != CJ_F64)
            return cj_fail_building(context, CJ_DTYPE, at,
                                    "%s: %s; it takes f32 and f64: cj_cast it", name,
                                    CJ_SHAPE_OF(x));
        bool fits = x->rank >= 2 && x->rank == a->rank && x->dtype == a->dtype;
        for (int k = 0; fits && k < x->rank - 2; k++)
            fits = x->shape[k] == a->shape[k];
        if (!fits)
            return cj_fail_building(context, CJ_SHAPE, at,
                                    "%s: %s and %s: matrices in the last two axes, equal axes "
                                    "before them, one data type",
                                    name, CJ_SHAPE_OF(a), CJ_SHAPE_OF(x));
    }
    return CJ_OK;
}

static cj_status check_square(cj_context *context, cj_at at, const cj_node_spec *spec)
{
    const cj_tensor *a = spec->source[0];
    cj_status status = check_matrices(context, at, spec);
    if (status == CJ_OK && a->shape[a->rank - 1] != a->shape[a->rank - 2])
        return cj_fail_building(context, CJ_SHAPE, at, "%s: %s; its matrices must be square",
                                cj_op_table[spec->op].name, CJ_SHAPE_OF(a));
    return status;
}

/* The batch, then these axes. */
static cj_status give(const cj_node_spec *spec, cj_result *result, int axes, const int64_t *extent)
{
    const cj_tensor *a = spec->source[0];
    result->dtype = (cj_dtype)a->dtype;
    result->rank = a->rank - 2 + axes;
    result->shape = result->extent;
    memcpy(result->extent, a->shape, (size_t)(a->rank - 2) * sizeof *a->shape);
    memcpy(result->extent + a->rank - 2, extent, (size_t)axes * sizeof *extent);
    return CJ_OK;
}

cj_status cj_rule_square(cj_context *context, cj_at at, const cj_node_spec *spec, cj_result *result)
{
    cj_status status = check_square(context, at, spec);
    if (status)
        return status;
    const cj_tensor *a = spec->source[0];
    int64_t n = a->shape[a->rank - 1];
    bool vectors = spec->option_count && spec->option[0];
    switch (spec->op) {
    case CJ_OP_LU: return give(spec, result, 2, (int64_t[]){n + 2, n});
    case CJ_OP_EIGH: return give(spec, result, 1, &(int64_t){vectors ? n + n * n : n});
    case CJ_OP_EIG: return give(spec, result, 1, &(int64_t){2 * n + 2 * n * n});
    default: return give(spec, result, 2, (int64_t[]){n, n});
    }
}

cj_status cj_rule_tall(cj_context *context, cj_at at, const cj_node_spec *spec, cj_result *result)
{
    cj_status status = check_matrices(context, at, spec);
    if (status)
        return status;
    const cj_tensor *a = spec->source[0];
    int64_t m = a->shape[a->rank - 2], n = a->shape[a->rank - 1], k = spec->option[0] ? m : n;
    if (m < n)
        return cj_fail_building(context, CJ_SHAPE, at, "%s: %s has fewer rows than columns",
                                cj_op_table[spec->op].name, CJ_SHAPE_OF(a));
    if (spec->op == CJ_OP_QR)
        return give(spec, result, 1, &(int64_t){m * k + k * n});
    return give(spec, result, 1, &(int64_t){spec->option[0] ? m * n + n + n * n : n});
}

cj_status cj_rule_solve(cj_context *context, cj_at at, const cj_node_spec *spec, cj_result *result)
{
    bool least_squares = spec->op == CJ_OP_LSTSQ, bands = spec->op == CJ_OP_SOLVE_TRIDIAGONAL;
    cj_status status = least_squares || bands ? check_matrices(context, at, spec)
                                              : check_square(context, at, spec);
    if (status)
        return status;
    const cj_tensor *a = spec->source[0], *b = spec->source[1];
    const char *name = cj_op_table[spec->op].name;
    int64_t rows = a->shape[a->rank - 2], n = a->shape[a->rank - 1], k = b->shape[b->rank - 1];
    if (bands && rows != 3)
        return cj_fail_building(context, CJ_SHAPE, at,
                                "%s: bands %s; they are [..., 3, n]: below, diagonal, above", name,
                                CJ_SHAPE_OF(a));
    if (b->shape[b->rank - 2] != (bands ? n : rows))
        return cj_fail_building(context, CJ_SHAPE, at,
                                "%s: %s and the right sides %s: these must have %" PRId64 " rows",
                                name, CJ_SHAPE_OF(a), CJ_SHAPE_OF(b), bands ? n : rows);
    return give(spec, result, 2, (int64_t[]){n, k});
}
