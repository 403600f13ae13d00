/*
 * src/graph/build_leaf.c - questions to a tensor, and the leaves.
 */
#include "graph/build.h"

#include <math.h>

cj_context *cj_tensor_context(const cj_tensor *x)
{
    return x->context;
}

cj_dtype cj_tensor_dtype(const cj_tensor *x)
{
    return (cj_dtype)x->dtype;
}

int cj_rank(const cj_tensor *x)
{
    return x->rank;
}

const int64_t *cj_shape(const cj_tensor *x)
{
    return x->shape;
}

int64_t cj_extent(const cj_tensor *x, int axis)
{
    return x->shape[axis < 0 ? axis + x->rank : axis];
}

int64_t cj_elements(const cj_tensor *x)
{
    return x->elements;
}

static cj_tensor *leaf(cj_at at, cj_context *context, cj_op op, cj_dtype dtype, int rank,
                       const int64_t *shape, int option_count, const int64_t *option, void *payload)
{
    return cj_node(context, at,
                   &(cj_node_spec){.op = op,
                                   .dtype = dtype,
                                   .rank = rank,
                                   .shape = shape,
                                   .option_count = option_count,
                                   .option = option,
                                   .payload = payload});
}

static bool good_dtype(cj_at at, cj_context *context, const char *name, cj_dtype dtype)
{
    if ((unsigned)dtype < CJ_DTYPE_COUNT)
        return true;
    cj_fail_building(context, CJ_DTYPE, at, "%s: %d is no data type", name, (int)dtype);
    return false;
}

cj_tensor *cj_tensor_from_at(cj_at at, cj_context *context, cj_dtype dtype, int rank,
                             const int64_t *shape, const void *data)
{
    int64_t elements;
    if (!context || context->build_status != CJ_OK ||
        !good_dtype(at, context, "tensor_from", dtype))
        return NULL;
    if (cj_count_elements(context, at, "tensor_from", rank, shape, &elements) != CJ_OK)
        return NULL;
    if (!data && elements > 0) {
        cj_fail_building(context, CJ_INVALID, at, "tensor_from: the data of %s%s is NULL",
                         cj_dtype_name(dtype), CJ_EXTENTS_OF(rank, shape));
        return NULL;
    }
    cj_graph *graph = cj_graph_of(context, at);
    size_t bytes = (size_t)elements * cj_dtype_size(dtype);
    uint8_t *copy = graph ? cj_graph_take(graph, at, bytes, 64) : NULL;
    if (!copy)
        return NULL;
    if (bytes)
        memcpy(copy, data, bytes);
    if (dtype == CJ_BOOL)
        for (int64_t i = 0; i < elements; i++)
            copy[i] = copy[i] != 0;
    return leaf(at, context, CJ_OP_CONSTANT, dtype, rank, shape, 0, NULL, copy);
}

/* ---- scalars: the bits of the value, one NaN for all ---- */

static int64_t float_bits(double value)
{
    /* The caller's rounding mode must not show in the bits. */
    uint64_t mode = cj_fp_enter();
    float narrow = (float)value;
    cj_fp_leave(mode);
    uint32_t bits = 0x7fc00000u;
    if (!isnan(value))
        memcpy(&bits, &narrow, sizeof bits);
    return bits;
}

static int64_t double_bits(double value)
{
    int64_t bits = 0x7ff8000000000000;
    if (!isnan(value))
        memcpy(&bits, &value, sizeof bits);
    return bits;
}

static int64_t bits_of(cj_dtype dtype, double value)
{
    int64_t bits = 0;
    if (dtype == CJ_F32)
        return float_bits(value);
    if (dtype == CJ_F64)
        return double_bits(value);
    uint64_t mode = cj_fp_enter();
    cj_number_store(dtype, &bits, 0, value);
    cj_fp_leave(mode);
    return bits;
}

cj_tensor *cj_scalar_from_bits(cj_at at, cj_context *context, cj_dtype dtype, int64_t bits)
{
    return leaf(at, context, CJ_OP_SCALAR, dtype, 0, NULL, 1, &bits, NULL);
}

cj_tensor *cj_scalar_at(cj_at at, cj_context *context, cj_dtype dtype, double value)
{
    if (!context || context->build_status != CJ_OK || !good_dtype(at, context, "scalar", dtype))
        return NULL;
    return cj_scalar_from_bits(at, context, dtype, bits_of(dtype, value));
}

cj_tensor *cj_like_at(cj_at at, const cj_tensor *x, double value)
{
    return x ? cj_scalar_at(at, x->context, (cj_dtype)x->dtype, value) : NULL;
}

cj_tensor *cj_full_at(cj_at at, cj_context *context, cj_dtype dtype, int rank, const int64_t *shape,
                      double value)
{
    int64_t elements;
    if (!context || context->build_status != CJ_OK ||
        cj_count_elements(context, at, "full", rank, shape, &elements) != CJ_OK)
        return NULL;
    return cj_uniform(at, cj_scalar_at(at, context, dtype, value), rank, shape);
}

cj_tensor *cj_input_at(cj_at at, cj_context *context, const char *name, cj_dtype dtype, int rank,
                       const int64_t *shape)
{
    int64_t elements;
    if (!context || context->build_status != CJ_OK)
        return NULL;
    if (!name || !*name) {
        cj_fail_building(context, CJ_INVALID, at, "input: it needs a name, by which cj_run is fed");
        return NULL;
    }
    if (cj_count_elements(context, at, name, rank, shape, &elements) != CJ_OK)
        return NULL;
    cj_graph *graph = cj_graph_of(context, at);
    char *copy = graph ? cj_graph_take(graph, at, strlen(name) + 1, 1) : NULL;
    if (!copy)
        return NULL;
    strcpy(copy, name);
    return leaf(at, context, CJ_OP_INPUT, dtype, rank, shape, 0, NULL, copy);
}

cj_tensor *cj_iota_at(cj_at at, cj_context *context, cj_dtype dtype, int rank, const int64_t *shape,
                      int axis)
{
    int64_t elements;
    if (!context || context->build_status != CJ_OK ||
        cj_count_elements(context, at, "iota", rank, shape, &elements) != CJ_OK)
        return NULL;
    int64_t from_front = axis < 0 ? axis + rank : axis;
    if (from_front < 0 || from_front >= rank) {
        cj_fail_building(context, CJ_INVALID, at, "iota: axis %d of %s", axis,
                         CJ_EXTENTS_OF(rank, shape));
        return NULL;
    }
    return leaf(at, context, CJ_OP_IOTA, dtype, rank, shape, 1, &from_front, NULL);
}
