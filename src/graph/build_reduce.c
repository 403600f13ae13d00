/*
 * src/graph/build_reduce.c - reductions, matrix product, convolution, windows.
 */
#include "graph/build.h"

#include <inttypes.h>

/* ---- reductions ---- */

static cj_tensor *drop_axes(cj_at at, cj_tensor *y, uint32_t axes)
{
    if (!y)
        return NULL;
    int rank = 0;
    int64_t shape[CJ_MAX_RANK];
    for (int i = 0; i < y->rank; i++)
        if (!(axes & CJ_AXIS(i)))
            shape[rank++] = y->shape[i];
    return cj_reshape_at(at, y, rank, shape);
}

static cj_tensor *reduce(cj_at at, cj_op op, cj_tensor *x, uint32_t axes, bool keep)
{
    if (!cj_ready(x))
        return NULL;
    if (axes == CJ_ALL)
        axes = CJ_AXIS(x->rank) - 1;
    cj_tensor *y = cj_node_of(at, op, x, 1, &(int64_t){axes});
    return keep ? y : drop_axes(at, y, axes);
}

#define CJ_REDUCE(name, NAME)                                                                      \
    cj_tensor *cj_##name##_at(cj_at at, cj_tensor *x, uint32_t axes, bool keep)                    \
    {                                                                                              \
        return reduce(at, CJ_OP_##NAME, x, axes, keep);                                            \
    }
CJ_REDUCE(sum, SUM)
CJ_REDUCE(amax, AMAX)
CJ_REDUCE(amin, AMIN)
CJ_REDUCE(argmax, ARGMAX)
#undef CJ_REDUCE

cj_tensor *cj_mean_at(cj_at at, cj_tensor *x, uint32_t axes, bool keep)
{
    if (!cj_ready(x))
        return NULL;
    CJ_IN_F32(x, cj_mean_at(at, wide, axes, keep))
    const char class = cj_dtype_class(x->dtype);
    const cj_dtype dtype = x->dtype;
    bool whole = class == 'i' || class == 'u';
    int64_t count = 1;
    for (int i = 0; i < x->rank; i++)
        if (axes & CJ_AXIS(i))
            count *= x->shape[i];
    if (whole)
        x = cj_cast_at(at, x, CJ_I64); /* neither the sum nor the count may fit the dtype */
    cj_tensor *total = cj_sum_at(at, x, axes, keep);
    if (!total)
        return NULL;
    cj_tensor *mean = cj_div_at(at, total, cj_like_at(at, total, (double)count));
    return whole ? cj_cast_at(at, mean, dtype) : mean;
}

/* ---- matrix product ---- */

static cj_tensor *two_sources(cj_at at, cj_op op, cj_tensor *a, cj_tensor *b, int option_count,
                              const int64_t *option)
{
    return cj_node(a->context, at,
                   &(cj_node_spec){.op = op,
                                   .source_count = 2,
                                   .source = (cj_tensor *[]){a, b},
                                   .option_count = option_count,
                                   .option = option});
}

/* True where b is one matrix for all of a's leading axes: those are then further rows of one product. */
static bool one_matrix(const cj_tensor *a, const cj_tensor *b)
{
    for (int i = 0; i < b->rank - 2; i++)
        if (b->shape[i] != 1)
            return false;
    return a->rank > 2 && b->rank <= a->rank && a->shape[a->rank - 1] == b->shape[b->rank - 2];
}

static cj_tensor *product_of_rows(cj_at at, cj_tensor *a, cj_tensor *b)
{
    int64_t shape[CJ_MAX_RANK], rows = 1, k = b->shape[b->rank - 2], n = b->shape[b->rank - 1];
    memcpy(shape, a->shape, a->rank * sizeof *shape);
    for (int i = 0; i < a->rank - 1; i++)
        rows *= shape[i];
    shape[a->rank - 1] = n;
    int rank = a->rank;
    a = cj_reshape_at(at, a, 2, (int64_t[]){rows, k});
    b = cj_reshape_at(at, b, 2, (int64_t[]){k, n});
    cj_tensor *y = a && b ? two_sources(at, CJ_OP_MATMUL, a, b, 0, NULL) : NULL;
    return cj_reshape_at(at, y, rank, shape);
}

/* Broadcasts the leading axes of both to one shape; the rule of the op says what still does not fit. */
static bool broadcast_leading(cj_at at, cj_tensor **a, cj_tensor **b)
{
    cj_tensor *x[2] = {*a, *b};
    int rank = CJ_MAX(x[0]->rank, x[1]->rank);
    int64_t joined[CJ_MAX_RANK];
    for (int i = 0; i < rank - 2; i++) {
        joined[i] = 1;
        for (int k = 0; k < 2; k++) {
            int axis = i - (rank - x[k]->rank);
            int64_t extent = axis < 0 ? 1 : x[k]->shape[axis];
            if (extent != 1 && joined[i] != 1 && extent != joined[i]) {
                cj_fail_building(x[0]->context, CJ_SHAPE, at,
                                 "matmul: %s times %s: the leading axes do not broadcast",
                                 CJ_SHAPE_OF(x[0]), CJ_SHAPE_OF(x[1]));
                return false;
            }
            joined[i] = extent == 1 ? joined[i] : extent;
        }
    }
    for (int k = 0; k < 2; k++) {
        joined[rank - 2] = x[k]->shape[x[k]->rank - 2];
        joined[rank - 1] = x[k]->shape[x[k]->rank - 1];
        x[k] = cj_expand_at(at, x[k], rank, joined);
    }
    *a = x[0];
    *b = x[1];
    return x[0] && x[1];
}

cj_tensor *cj_matmul_at(cj_at at, cj_tensor *a, cj_tensor *b)
{
    if (!cj_ready(a) || !b)
        return NULL;
    if (a->rank >= 2 && b->rank >= 2 && a->dtype == b->dtype) {
        if (one_matrix(a, b))
            return product_of_rows(at, a, b);
        if (a->shape[a->rank - 1] == b->shape[b->rank - 2] && !broadcast_leading(at, &a, &b))
            return NULL;
    }
    return two_sources(at, CJ_OP_MATMUL, a, b, 0, NULL);
}

/* ---- convolution and windows ---- */

static void pack(int64_t *word, int spatial, int part, const int64_t *from)
{
    for (int i = 0; i < spatial; i++)
        word[1 + part * spatial + i] = from[i];
}

static bool spatial_in_range(cj_at at, cj_context *context, const char *name, int spatial)
{
    if (spatial >= 1 && spatial <= 3)
        return true;
    cj_fail_building(context, CJ_INVALID, at, "%s: %d spatial axes; it takes 1 to 3", name,
                     spatial);
    return false;
}

cj_tensor *cj_convolve_at(cj_at at, cj_tensor *x, cj_tensor *w, const cj_conv_options *options)
{
    int d = options->spatial;
    if (!cj_ready(x) || !w || !spatial_in_range(at, x->context, "conv", d))
        return NULL;
    int64_t word[16] = {d};
    pack(word, d, 0, options->stride);
    pack(word, d, 1, options->input_dilation);
    pack(word, d, 2, options->kernel_dilation);
    pack(word, d, 3, options->low);
    pack(word, d, 4, options->high);
    return two_sources(at, CJ_OP_CONV, x, w, 1 + 5 * d, word);
}

/* Packs the options into word[19]; the number of words, or 0 after an error. */
static int pack_window(cj_at at, cj_context *context, const char *name, const cj_window_options *o,
                       int64_t *word)
{
    int d = o->spatial;
    if (!spatial_in_range(at, context, name, d))
        return 0;
    word[0] = d;
    pack(word, d, 0, o->window);
    pack(word, d, 1, o->stride);
    pack(word, d, 2, o->dilation);
    pack(word, d, 3, o->input_dilation);
    pack(word, d, 4, o->low);
    pack(word, d, 5, o->high);
    return 1 + 6 * d;
}

static cj_tensor *window(cj_at at, cj_op op, cj_tensor *x, const cj_window_options *options)
{
    int64_t word[19];
    int words = cj_ready(x) ? pack_window(at, x->context, cj_op_table[op].name, options, word) : 0;
    return words ? cj_node_of(at, op, x, words, word) : NULL;
}

cj_tensor *cj_window_sum_at(cj_at at, cj_tensor *x, const cj_window_options *options)
{
    return window(at, CJ_OP_WINDOW_SUM, x, options);
}

cj_tensor *cj_window_max_at(cj_at at, cj_tensor *x, const cj_window_options *options)
{
    return window(at, CJ_OP_WINDOW_MAX, x, options);
}

cj_tensor *cj_window_argmax_at(cj_at at, cj_tensor *x, const cj_window_options *options)
{
    return window(at, CJ_OP_WINDOW_ARGMAX, x, options);
}

cj_tensor *cj_window_gather_at(cj_at at, cj_tensor *x, cj_tensor *index,
                               const cj_window_options *options)
{
    int64_t word[19];
    int words =
        cj_ready(x) && index ? pack_window(at, x->context, "window_gather", options, word) : 0;
    return words ? two_sources(at, CJ_OP_WINDOW_GATHER, x, index, words, word) : NULL;
}

cj_tensor *cj_window_scatter_at(cj_at at, cj_tensor *y, cj_tensor *index,
                                const cj_window_options *options, const int64_t *extents)
{
    int64_t word[19], shape[CJ_MAX_RANK];
    int words =
        cj_ready(y) && index ? pack_window(at, y->context, "window_scatter", options, word) : 0;
    if (!words)
        return NULL;
    for (int i = 0; i < y->rank; i++) {
        int trailing = i - (y->rank - options->spatial);
        shape[i] = trailing < 0 ? y->shape[i] : extents[trailing];
    }
    return cj_node(y->context, at,
                   &(cj_node_spec){.op = CJ_OP_WINDOW_SCATTER,
                                   .rank = y->rank,
                                   .shape = shape,
                                   .source_count = 2,
                                   .source = (cj_tensor *[]){y, index},
                                   .option_count = words,
                                   .option = word});
}
