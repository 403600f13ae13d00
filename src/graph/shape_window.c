/*
 * src/graph/shape_window.c - rules of convolution and windows, and how their options are packed.
 */
#include "graph/build.h"

#include <inttypes.h>

/* Extents and options up to 2^31 keep every product and sum of them inside 64 bits. */
#define CJ_WINDOW_LIMIT ((int64_t)1 << 31)

static int64_t dilated(int64_t extent, int64_t dilation)
{
    return extent == 0 ? 0 : (extent - 1) * dilation + 1;
}

int64_t cj_window_extent(int64_t extent, int64_t window, int64_t stride, int64_t input_dilation,
                         int64_t window_dilation, int64_t low, int64_t high)
{
    int64_t room = dilated(extent, input_dilation) + low + high - dilated(window, window_dilation);
    return room < 0 ? 0 : room / stride + 1;
}

cj_conv_options cj_conv_options_of(const cj_tensor *node)
{
    cj_conv_options o = {.spatial = (int)node->option[0]};
    const int64_t *word = node->option + 1;
    int d = o.spatial;
    for (int i = 0; i < d; i++) {
        o.stride[i] = word[i];
        o.input_dilation[i] = word[d + i];
        o.kernel_dilation[i] = word[2 * d + i];
        o.low[i] = word[3 * d + i];
        o.high[i] = word[4 * d + i];
    }
    return o;
}

static cj_window_options unpack(const int64_t *option)
{
    cj_window_options o = {.spatial = (int)option[0]};
    const int64_t *word = option + 1;
    int d = o.spatial;
    for (int i = 0; i < d; i++) {
        o.window[i] = word[i];
        o.stride[i] = word[d + i];
        o.dilation[i] = word[2 * d + i];
        o.input_dilation[i] = word[3 * d + i];
        o.low[i] = word[4 * d + i];
        o.high[i] = word[5 * d + i];
    }
    return o;
}

cj_window_options cj_window_options_of(const cj_tensor *node)
{
    return unpack(node->option);
}

/* `positive` words at least 1, then words of any sign; all within the limit. */
static bool within_limits(const int64_t *word, int positive, int any)
{
    for (int i = 0; i < positive + any; i++)
        if (word[i] > CJ_WINDOW_LIMIT || word[i] < (i < positive ? 1 : -CJ_WINDOW_LIMIT))
            return false;
    return true;
}

static cj_status bad_options(cj_context *context, cj_at at, const char *name)
{
    return cj_fail_building(context, CJ_INVALID, at,
                            "%s: 1 to 3 spatial axes; window, strides and dilations are 1 to 2^31, "
                            "padding and extents at most 2^31",
                            name);
}

/* Replaces the last `spatial` extents by those of the windows over `extent`. */
static cj_status window_extents(cj_context *context, cj_at at, const char *name,
                                const int64_t *option, int rank, const int64_t *shape, int64_t *out)
{
    int spatial = (int)option[0];
    if (spatial < 1 || spatial > 3 || !within_limits(option + 1, 4 * spatial, 2 * spatial))
        return bad_options(context, at, name);
    cj_window_options o = unpack(option);
    for (int i = 0; i < spatial; i++) {
        int64_t extent = shape[rank - spatial + i];
        if (extent > CJ_WINDOW_LIMIT)
            return bad_options(context, at, name);
        out[i] = cj_window_extent(extent, o.window[i], o.stride[i], o.input_dilation[i],
                                  o.dilation[i], o.low[i], o.high[i]);
    }
    return CJ_OK;
}

cj_status cj_rule_window(cj_context *context, cj_at at, const cj_node_spec *spec, cj_result *result)
{
    const cj_tensor *x = spec->source[0];
    const char *name = cj_op_table[spec->op].name;
    int spatial = (int)spec->option[0];
    char class = cj_dtype_class(x->dtype);
    if (class == 'b' || (spec->op == CJ_OP_WINDOW_SUM && class != 'f'))
        return cj_fail_building(context, CJ_DTYPE, at, "%s: %s; it takes %s", name, CJ_SHAPE_OF(x),
                                spec->op == CJ_OP_WINDOW_SUM ? "float" : "numbers");
    if (x->rank < spatial)
        return cj_fail_building(context, CJ_SHAPE, at, "%s: %s has fewer than %d axes", name,
                                CJ_SHAPE_OF(x), spatial);
    result->dtype = x->dtype;
    result->rank = x->rank;
    result->shape = result->extent;
    memcpy(result->extent, x->shape, x->rank * sizeof *x->shape);
    cj_status status = window_extents(context, at, name, spec->option, x->rank, x->shape,
                                      result->extent + x->rank - spatial);
    if (status != CJ_OK || spec->op == CJ_OP_WINDOW_SUM)
        return status;
    for (int i = 0; i < spatial; i++)
        if (spec->option[1 + 3 * spatial + i] != 1)
            return cj_fail_building(context, CJ_UNSUPPORTED, at,
                                    "%s: input_dilation must be 1: a hole holds no element", name);
    return CJ_OK;
}

cj_status cj_rule_window_argmax(cj_context *context, cj_at at, const cj_node_spec *spec,
                                cj_result *result)
{
    cj_status status = cj_rule_window(context, at, spec, result);
    result->dtype = CJ_I32;
    int64_t positions = 1;
    for (int64_t i = 0; status == CJ_OK && i < spec->option[0]; i++) {
        positions *= spec->option[1 + i];
        if (positions > INT32_MAX)
            return cj_fail_building(context, CJ_SHAPE, at,
                                    "window_argmax: a window of more than 2^31 elements");
    }
    return status;
}

cj_status cj_rule_window_gather(cj_context *context, cj_at at, const cj_node_spec *spec,
                                cj_result *result)
{
    const cj_tensor *x = spec->source[0], *index = spec->source[1];
    cj_status status = cj_rule_window(context, at, spec, result);
    if (status != CJ_OK)
        return status;
    if (index->dtype != CJ_I32 || index->rank != result->rank ||
        memcmp(index->shape, result->extent, (size_t)result->rank * sizeof *index->shape) != 0)
        return cj_fail_building(
            context, CJ_SHAPE, at, "window_gather: the index is %s; the windows of %s are i32%s",
            CJ_SHAPE_OF(index), CJ_SHAPE_OF(x), CJ_EXTENTS_OF(result->rank, result->extent));
    return CJ_OK;
}

cj_status cj_rule_window_scatter(cj_context *context, cj_at at, const cj_node_spec *spec,
                                 cj_result *result)
{
    const cj_tensor *y = spec->source[0], *index = spec->source[1];
    if (cj_dtype_class(y->dtype) != 'f' || index->dtype != CJ_I32 || !cj_same_shape(y, index))
        return cj_fail_building(context, CJ_SHAPE, at,
                                "window_scatter: %s by %s: it takes floats and an i32 index of the "
                                "same shape",
                                CJ_SHAPE_OF(y), CJ_SHAPE_OF(index));
    int spatial = (int)spec->option[0];
    if (spec->rank != y->rank || y->rank < spatial)
        return cj_fail_building(context, CJ_SHAPE, at, "window_scatter: %s has fewer than %d axes",
                                CJ_SHAPE_OF(y), spatial);
    int64_t windows[3] = {0};
    cj_status status = window_extents(context, at, "window_scatter", spec->option, spec->rank,
                                      spec->shape, windows);
    if (status != CJ_OK)
        return status;
    bool fits =
        memcmp(windows, y->shape + y->rank - spatial, (size_t)spatial * sizeof *windows) == 0;
    for (int i = 0; i < spatial; i++)
        fits &= spec->option[1 + 3 * spatial + i] == 1;
    for (int i = 0; i < y->rank - spatial; i++)
        fits &= spec->shape[i] == y->shape[i];
    if (!fits)
        return cj_fail_building(context, CJ_SHAPE, at,
                                "window_scatter: %s is not what the windows of %s give",
                                CJ_SHAPE_OF(y), CJ_EXTENTS_OF(spec->rank, spec->shape));
    result->dtype = y->dtype;
    result->rank = spec->rank;
    result->shape = result->extent;
    memcpy(result->extent, spec->shape, (size_t)spec->rank * sizeof *spec->shape);
    return CJ_OK;
}

static cj_status check_conv(cj_context *context, cj_at at, const cj_node_spec *spec)
{
    const cj_tensor *x = spec->source[0], *w = spec->source[1];
    int spatial = (int)spec->option[0];
    if (spatial < 1 || spatial > 3 || !within_limits(spec->option + 1, 3 * spatial, 2 * spatial))
        return bad_options(context, at, "conv");
    if (x->dtype != w->dtype || cj_dtype_class(x->dtype) != 'f')
        return cj_fail_building(context, CJ_DTYPE, at,
                                "conv: %s with %s: both must be of one float type", CJ_SHAPE_OF(x),
                                CJ_SHAPE_OF(w));
    if (x->rank != spatial + 3 || w->rank != spatial + 3)
        return cj_fail_building(context, CJ_SHAPE, at,
                                "conv: %s with %s: over %d axes it takes [N, G, C, ...] and "
                                "[G, O, C, ...]",
                                CJ_SHAPE_OF(x), CJ_SHAPE_OF(w), spatial);
    if (x->shape[1] != w->shape[0])
        return cj_fail_building(context, CJ_SHAPE, at,
                                "conv: %s with %s: %" PRId64 " groups and %" PRId64, CJ_SHAPE_OF(x),
                                CJ_SHAPE_OF(w), x->shape[1], w->shape[0]);
    if (x->shape[2] != w->shape[2])
        return cj_fail_building(context, CJ_SHAPE, at,
                                "conv: %s with %s: the input has %" PRId64
                                " channels a group, the weight takes %" PRId64,
                                CJ_SHAPE_OF(x), CJ_SHAPE_OF(w), x->shape[2], w->shape[2]);
    for (int i = 0; i < spatial; i++)
        if (x->shape[3 + i] > CJ_WINDOW_LIMIT || w->shape[3 + i] > CJ_WINDOW_LIMIT)
            return bad_options(context, at, "conv");
    return CJ_OK;
}

cj_status cj_rule_conv(cj_context *context, cj_at at, const cj_node_spec *spec, cj_result *result)
{
    cj_status status = check_conv(context, at, spec);
    if (status != CJ_OK)
        return status;
    const cj_tensor *x = spec->source[0], *w = spec->source[1];
    const int64_t *word = spec->option + 1;
    int d = (int)spec->option[0];
    result->dtype = x->dtype;
    result->rank = x->rank;
    result->shape = result->extent;
    result->extent[0] = x->shape[0];
    result->extent[1] = x->shape[1];
    result->extent[2] = w->shape[1];
    for (int i = 0; i < d; i++)
        result->extent[3 + i] =
            cj_window_extent(x->shape[3 + i], w->shape[3 + i], word[i], word[d + i],
                             word[2 * d + i], word[3 * d + i], word[4 * d + i]);
    return CJ_OK;
}
