/*
 * src/graph/shape.c - the dtype and shape rule of every op.
 */
#include "graph/build.h"

#include <inttypes.h>
#include <stdio.h>

#define CJ_MOST_ELEMENTS ((int64_t)1 << 60)

/* ---- texts ---- */

const char *cj_shape_text(const cj_tensor *x, char *text, size_t size)
{
    size_t used = cj_append_text(text, size, 0, "%s", cj_dtype_name(x->dtype));
    cj_extents_text(x->rank, x->shape, text + used, size - used);
    return text;
}

/* "float, signed": what the classes of an op list row mean. */
static const char *classes_text(const char *accepts, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (const char *c = accepts; *c; c++)
        used = cj_append_text(text, size, used, "%s%s", used ? ", " : "",
                              *c == 'f'   ? "float"
                              : *c == 'i' ? "signed"
                              : *c == 'u' ? "unsigned"
                                          : "bool");
    return text;
}

/* ---- elements ---- */

cj_status cj_count_elements(cj_context *context, cj_at at, const char *name, int rank,
                            const int64_t *shape, int64_t *elements)
{
    if (rank < 0 || rank > CJ_MAX_RANK)
        return cj_fail_building(context, CJ_SHAPE, at, "%s: rank %d; it is 0 to %d", name, rank,
                                CJ_MAX_RANK);
    int64_t count = 1;
    bool empty = false;
    for (int i = 0; i < rank; i++) {
        if (shape[i] < 0)
            return cj_fail_building(context, CJ_SHAPE, at, "%s: the shape %s has a negative extent",
                                    name, CJ_EXTENTS_OF(rank, shape));
        empty |= shape[i] == 0;
        if (__builtin_mul_overflow(count, CJ_MAX(shape[i], 1), &count) || count > CJ_MOST_ELEMENTS)
            return cj_fail_building(context, CJ_SHAPE, at,
                                    "%s: the shape %s has more than 2^60 elements", name,
                                    CJ_EXTENTS_OF(rank, shape));
    }
    *elements = empty ? 0 : count;
    return CJ_OK;
}

/* ---- rules ---- */

static cj_status as_source(const cj_tensor *source, cj_result *result)
{
    result->dtype = source->dtype;
    result->rank = source->rank;
    result->shape = source->shape;
    return CJ_OK;
}

static void copy_shape(cj_result *result, int rank, const int64_t *shape)
{
    result->rank = rank;
    result->shape = result->extent;
    if (rank > 0)
        memcpy(result->extent, shape, (size_t)CJ_MIN(rank, CJ_MAX_RANK) * sizeof *shape);
}

static cj_status map_rule(cj_context *context, cj_at at, const cj_node_spec *spec,
                          cj_result *result)
{
    const cj_op_info *info = &cj_op_table[spec->op];
    const cj_tensor *last = spec->source[spec->source_count - 1];
    if (spec->op == CJ_OP_WHERE && spec->source[0]->dtype != CJ_BOOL)
        return cj_fail_building(context, CJ_DTYPE, at,
                                "where: the condition is %s; it must be bool",
                                CJ_SHAPE_OF(spec->source[0]));
    for (int i = 0; i < spec->source_count - 1; i++) {
        const cj_tensor *x = spec->source[i];
        if (!cj_same_shape(x, last))
            return cj_fail_building(context, CJ_SHAPE, at, "%s: shapes %s and %s differ",
                                    info->name, CJ_SHAPE_OF(x), CJ_SHAPE_OF(last));
        if (x->dtype != last->dtype && !(spec->op == CJ_OP_WHERE && i == 0))
            return cj_fail_building(context, CJ_DTYPE, at,
                                    "%s: %s and %s have different data types; cj_cast one of them",
                                    info->name, CJ_SHAPE_OF(x), CJ_SHAPE_OF(last));
    }
    as_source(last, result);
    if (info->out == 'b')
        result->dtype = CJ_BOOL;
    if (info->out == 'c')
        result->dtype = spec->dtype;
    return CJ_OK;
}

static cj_status reduce_rule(cj_context *context, cj_at at, const cj_node_spec *spec,
                             cj_result *result)
{
    const cj_tensor *x = spec->source[0];
    uint64_t axes = (uint64_t)spec->option[0];
    if (axes >> x->rank)
        return cj_fail_building(context, CJ_SHAPE, at,
                                "%s: the axes 0x%" PRIx64 " of %s, which has %d",
                                cj_op_table[spec->op].name, axes, CJ_SHAPE_OF(x), x->rank);
    result->dtype = spec->op == CJ_OP_ARGMAX ? CJ_I32 : (cj_dtype)x->dtype;
    copy_shape(result, x->rank, x->shape);
    int64_t reduced = 1;
    for (int i = 0; i < x->rank; i++)
        if (axes >> i & 1) {
            reduced *= x->shape[i];
            result->extent[i] = 1;
        }
    if (spec->op == CJ_OP_ARGMAX && reduced > INT32_MAX)
        return cj_fail_building(context, CJ_SHAPE, at,
                                "argmax: %" PRId64 " elements of %s; an i32 index tells 2^31 apart",
                                reduced, CJ_SHAPE_OF(x));
    return CJ_OK;
}

/* Leaves, whose maker says what they are. */
static cj_status leaf_rule(cj_context *context, cj_at at, const cj_node_spec *spec,
                           cj_result *result)
{
    if ((unsigned)spec->dtype >= CJ_DTYPE_COUNT)
        return cj_fail_building(context, CJ_DTYPE, at, "%s: %d is no data type",
                                cj_op_table[spec->op].name, (int)spec->dtype);
    result->dtype = spec->dtype;
    copy_shape(result, spec->rank, spec->shape);
    return CJ_OK;
}
#define constant_rule leaf_rule
#define scalar_rule leaf_rule
#define input_rule leaf_rule
#define variable_rule leaf_rule
#define parameter_rule leaf_rule
#define loop_rule leaf_rule
#define result_rule leaf_rule
#define custom_rule leaf_rule

static cj_status iota_rule(cj_context *context, cj_at at, const cj_node_spec *spec,
                           cj_result *result)
{
    if (spec->dtype != CJ_I32 && spec->dtype != CJ_I64 && spec->dtype != CJ_F32 &&
        spec->dtype != CJ_F64)
        return cj_fail_building(context, CJ_DTYPE, at, "iota: %s; it makes i32, i64, f32 or f64",
                                cj_dtype_name(spec->dtype));
    return leaf_rule(context, at, spec, result);
}

/* A key, or lanes of keys: u32[..., 2]. */
static bool is_key(const cj_tensor *x)
{
    return x->dtype == CJ_U32 && x->rank >= 1 && x->shape[x->rank - 1] == 2;
}

static cj_status random_bits_rule(cj_context *context, cj_at at, const cj_node_spec *spec,
                                  cj_result *result)
{
    const cj_tensor *key = spec->source[0];
    if (!is_key(key))
        return cj_fail_building(context, CJ_SHAPE, at,
                                "random_bits: the key is %s; a key is u32[2]", CJ_SHAPE_OF(key));
    int lanes = key->rank - 1;
    if (lanes > spec->rank ||
        (lanes && memcmp(key->shape, spec->shape, (size_t)lanes * sizeof *key->shape) != 0))
        return cj_fail_building(
            context, CJ_SHAPE, at, "random_bits: %s from keys %s: its leading axes must be theirs",
            CJ_EXTENTS_OF(CJ_MIN(spec->rank, CJ_MAX_RANK), spec->shape), CJ_SHAPE_OF(key));
    result->dtype = CJ_U32;
    copy_shape(result, spec->rank, spec->shape);
    return CJ_OK;
}

static cj_status key_fold_rule(cj_context *context, cj_at at, const cj_node_spec *spec,
                               cj_result *result)
{
    const cj_tensor *key = spec->source[0], *value = spec->source[1];
    if (!is_key(key) || value->dtype != CJ_I64 || value->rank != key->rank - 1 ||
        memcmp(value->shape, key->shape, value->rank * sizeof *key->shape) != 0)
        return cj_fail_building(context, CJ_SHAPE, at,
                                "fold: %s with %s; it folds a key, u32[2], with a number, i64[]",
                                CJ_SHAPE_OF(key), CJ_SHAPE_OF(value));
    return as_source(key, result);
}

static cj_status same_rule(cj_context *context, cj_at at, const cj_node_spec *spec,
                           cj_result *result)
{
    (void)context, (void)at;
    return as_source(spec->source[0], result);
}
#define tap_rule same_rule
#define stop_gradient_rule same_rule
#define flip_rule same_rule

static cj_status custom_gradient_rule(cj_context *context, cj_at at, const cj_node_spec *spec,
                                      cj_result *result)
{
    (void)context, (void)at;
    result->dtype = spec->source[0]->dtype;
    copy_shape(result, spec->source[0]->rank, spec->source[0]->shape);
    return CJ_OK;
}

static cj_status reshape_rule(cj_context *context, cj_at at, const cj_node_spec *spec,
                              cj_result *result)
{
    const cj_tensor *x = spec->source[0];
    int64_t elements;
    cj_status status =
        cj_count_elements(context, at, "reshape", spec->rank, spec->shape, &elements);
    if (status != CJ_OK)
        return status;
    if (elements != x->elements)
        return cj_fail_building(
            context, CJ_SHAPE, at, "reshape: %s has %" PRId64 " elements, %s has %" PRId64,
            CJ_SHAPE_OF(x), x->elements, CJ_EXTENTS_OF(spec->rank, spec->shape), elements);
    result->dtype = x->dtype;
    copy_shape(result, spec->rank, spec->shape);
    return CJ_OK;
}

static cj_status permute_rule(cj_context *context, cj_at at, const cj_node_spec *spec,
                              cj_result *result)
{
    const cj_tensor *x = spec->source[0];
    uint32_t seen = 0;
    result->dtype = x->dtype;
    result->rank = x->rank;
    result->shape = result->extent;
    for (int i = 0; i < x->rank; i++) {
        int64_t axis = spec->option[i];
        if (axis < 0 || axis >= x->rank || seen & CJ_AXIS(axis))
            return cj_fail_building(context, CJ_INVALID, at,
                                    "permute: the axes %s do not name each axis of %s once",
                                    CJ_EXTENTS_OF(x->rank, spec->option), CJ_SHAPE_OF(x));
        seen |= CJ_AXIS(axis);
        result->extent[i] = x->shape[axis];
    }
    return CJ_OK;
}

static cj_status expand_rule(cj_context *context, cj_at at, const cj_node_spec *spec,
                             cj_result *result)
{
    const cj_tensor *x = spec->source[0];
    bool fits = spec->rank == x->rank;
    for (int i = 0; fits && i < x->rank; i++)
        fits = x->shape[i] == spec->shape[i] || x->shape[i] == 1;
    if (!fits)
        return cj_fail_building(context, CJ_SHAPE, at,
                                "expand: %s to %s: only axes of extent 1 can be repeated",
                                CJ_SHAPE_OF(x), CJ_EXTENTS_OF(spec->rank, spec->shape));
    result->dtype = x->dtype;
    copy_shape(result, spec->rank, spec->shape);
    return CJ_OK;
}

static cj_status pad_rule(cj_context *context, cj_at at, const cj_node_spec *spec,
                          cj_result *result)
{
    const cj_tensor *x = spec->source[0];
    result->dtype = x->dtype;
    result->rank = x->rank;
    result->shape = result->extent;
    for (int i = 0; i < x->rank; i++) {
        int64_t low = spec->option[i], high = spec->option[x->rank + i];
        bool sane = low < CJ_MOST_ELEMENTS && low > -CJ_MOST_ELEMENTS && high < CJ_MOST_ELEMENTS &&
                    high > -CJ_MOST_ELEMENTS;
        result->extent[i] = sane ? x->shape[i] + low + high : -1;
        if (result->extent[i] < 0)
            return cj_fail_building(context, CJ_SHAPE, at,
                                    "pad: %s with %" PRId64 " before and %" PRId64
                                    " after axis %d leaves no extent of 0 to 2^60",
                                    CJ_SHAPE_OF(x), low, high, i);
    }
    return CJ_OK;
}

static cj_status slice_rule(cj_context *context, cj_at at, const cj_node_spec *spec,
                            cj_result *result)
{
    const cj_tensor *x = spec->source[0];
    result->dtype = x->dtype;
    copy_shape(result, x->rank, spec->shape);
    for (int i = 0; i < x->rank; i++) {
        int64_t start = spec->option[i], step = spec->option[x->rank + i], n = spec->shape[i];
        int64_t last = start;
        bool fits = start >= 0 && step > 0 && n >= 0 && start <= x->shape[i];
        if (fits && n > 0)
            fits = !__builtin_mul_overflow(n - 1, step, &last) &&
                   !__builtin_add_overflow(last, start, &last) && last < x->shape[i];
        if (!fits)
            return cj_fail_building(context, CJ_SHAPE, at,
                                    "slice: %" PRId64 " elements from %" PRId64
                                    " in steps of %" PRId64 " leave axis %d of %s",
                                    n, start, step, i, CJ_SHAPE_OF(x));
    }
    return CJ_OK;
}

static cj_status concat_rule(cj_context *context, cj_at at, const cj_node_spec *spec,
                             cj_result *result)
{
    int64_t axis = spec->option[0];
    const cj_tensor *first = spec->source[0];
    result->dtype = first->dtype;
    copy_shape(result, first->rank, first->shape);
    for (int k = 1; k < spec->source_count; k++) {
        const cj_tensor *x = spec->source[k];
        bool fits = x->rank == first->rank;
        for (int i = 0; fits && i < x->rank; i++)
            fits = i == axis || x->shape[i] == first->shape[i];
        if (!fits)
            return cj_fail_building(context, CJ_SHAPE, at,
                                    "concat: %s and %s along axis %" PRId64
                                    ": the other extents must be equal",
                                    CJ_SHAPE_OF(first), CJ_SHAPE_OF(x), axis);
        if (x->dtype != first->dtype)
            return cj_fail_building(context, CJ_DTYPE, at,
                                    "concat: %s and %s have different data types; cj_cast one",
                                    CJ_SHAPE_OF(first), CJ_SHAPE_OF(x));
        if (__builtin_add_overflow(result->extent[axis], x->shape[axis], &result->extent[axis]))
            return cj_fail_building(context, CJ_SHAPE, at, "concat: the joined axis exceeds 2^63");
    }
    return CJ_OK;
}

static cj_status matmul_rule(cj_context *context, cj_at at, const cj_node_spec *spec,
                             cj_result *result)
{
    const cj_tensor *a = spec->source[0], *b = spec->source[1];
    if (a->dtype != b->dtype || cj_dtype_class(a->dtype) != 'f')
        return cj_fail_building(context, CJ_DTYPE, at,
                                "matmul: %s times %s: both must be of one float type",
                                CJ_SHAPE_OF(a), CJ_SHAPE_OF(b));
    int r = a->rank;
    if (r < 2 || b->rank != r)
        return cj_fail_building(context, CJ_SHAPE, at,
                                "matmul: %s times %s: both need at least 2 axes", CJ_SHAPE_OF(a),
                                CJ_SHAPE_OF(b));
    if (a->shape[r - 1] != b->shape[r - 2])
        return cj_fail_building(context, CJ_SHAPE, at,
                                "matmul: %s times %s: the last axis of the first (%" PRId64
                                ") must equal the one before the last of the second (%" PRId64 ")",
                                CJ_SHAPE_OF(a), CJ_SHAPE_OF(b), a->shape[r - 1], b->shape[r - 2]);
    for (int i = 0; i < r - 2; i++)
        if (a->shape[i] != b->shape[i])
            return cj_fail_building(context, CJ_SHAPE, at,
                                    "matmul: %s times %s: the leading axes do not fit",
                                    CJ_SHAPE_OF(a), CJ_SHAPE_OF(b));
    result->dtype = a->dtype;
    copy_shape(result, r, a->shape);
    result->extent[r - 1] = b->shape[r - 1];
    return CJ_OK;
}

#define conv_rule cj_rule_conv
#define window_sum_rule cj_rule_window
#define window_max_rule cj_rule_window
#define window_argmax_rule cj_rule_window_argmax
#define window_gather_rule cj_rule_window_gather
#define window_scatter_rule cj_rule_window_scatter
#define gather_rule cj_rule_gather
#define scatter_add_rule cj_rule_scatter
#define scatter_max_rule cj_rule_scatter
#define scatter_min_rule cj_rule_scatter
#define scatter_last_rule cj_rule_scatter
#define fft_rule cj_rule_fft
#define rfft_rule cj_rule_fft
#define irfft_rule cj_rule_irfft
#define cholesky_rule cj_rule_square
#define lu_rule cj_rule_square
#define eigh_rule cj_rule_square
#define eig_rule cj_rule_square
#define qr_rule cj_rule_tall
#define svd_rule cj_rule_tall
#define solve_triangular_rule cj_rule_solve
#define lstsq_rule cj_rule_solve
#define solve_tridiagonal_rule cj_rule_solve
#define cumsum_rule cj_rule_cumulative
#define cumulative_argmax_rule cj_rule_cumulative
#define cumulative_argmin_rule cj_rule_cumulative
#define recurrence_rule cj_rule_recurrence
#define argsort_rule cj_rule_argsort
#define searchsorted_rule cj_rule_searchsorted
#define csr_matmul_rule cj_rule_csr_matmul
#define csr_dot_rule cj_rule_csr_dot
#define bit_matmul_rule cj_rule_bit_matmul

static cj_shape_rule *const rules[CJ_OP_COUNT] = {
#define CJ_X(NAME, name, arity, in, out) [CJ_OP_##NAME] = map_rule,
    CJ_MAP_OP_LIST(CJ_X)
#undef CJ_X
#define CJ_X(NAME, name, in) [CJ_OP_##NAME] = reduce_rule,
        CJ_REDUCE_OP_LIST(CJ_X)
#undef CJ_X
#define CJ_X(NAME, name, arity) [CJ_OP_##NAME] = name##_rule,
            CJ_OTHER_OP_LIST(CJ_X)
#undef CJ_X
};

cj_status cj_infer(cj_context *context, cj_at at, const cj_node_spec *spec, cj_result *result)
{
    const cj_op_info *info = &cj_op_table[spec->op];
    if (info->arity >= 0 ? spec->source_count != info->arity : spec->source_count < 1)
        return cj_fail_building(context, CJ_INVALID, at, "%s: %d sources; it takes %d", info->name,
                                spec->source_count, CJ_MAX(info->arity, 1));
    for (int i = spec->op == CJ_OP_WHERE ? 1 : 0; info->accepts && i < spec->source_count; i++)
        if (!strchr(info->accepts, cj_dtype_class(spec->source[i]->dtype)))
            return cj_fail_building(context, CJ_DTYPE, at, "%s: %s; it takes %s", info->name,
                                    CJ_SHAPE_OF(spec->source[i]),
                                    classes_text(info->accepts, (char[64]){0}, 64));
    cj_status status = rules[spec->op](context, at, spec, result);
    if (status != CJ_OK)
        return status;
    if (result->shape != result->extent) {
        result->elements = spec->source[spec->source_count - 1]->elements;
        if (spec->op == CJ_OP_KEY_FOLD)
            result->elements *= 2;
        return CJ_OK;
    }
    return cj_count_elements(context, at, info->name, result->rank, result->shape,
                             &result->elements);
}
