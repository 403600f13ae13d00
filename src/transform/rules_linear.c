/*
 * src/transform/rules_linear.c - ops linear in a source: the tangent is the op of the tangent, the cotangent its transpose.
 */
#include "transform/rules.h"

/* ---- movement ---- */

#define CJ_LINEAR_TANGENT(name)                                                                    \
    CJ_TANGENT(name)                                                                               \
    {                                                                                              \
        return cj_with_sources(at, node, t);                                                       \
    }
CJ_LINEAR_TANGENT(reshape)
CJ_LINEAR_TANGENT(permute)
CJ_LINEAR_TANGENT(expand)
CJ_LINEAR_TANGENT(pad)
CJ_LINEAR_TANGENT(slice)
CJ_LINEAR_TANGENT(flip)
CJ_LINEAR_TANGENT(sum)
CJ_LINEAR_TANGENT(window_sum)

CJ_TANGENT(tap)
{
    return t[0];
}

CJ_COTANGENT(tap)
{
    return g;
}

CJ_COTANGENT(reshape)
{
    return cj_reshape_at(at, g, node->source[0]->rank, node->source[0]->shape);
}

CJ_COTANGENT(permute)
{
    int inverse[CJ_MAX_RANK];
    for (int axis = 0; axis < node->rank; axis++)
        inverse[node->option[axis]] = axis;
    return cj_permute_at(at, g, inverse);
}

CJ_COTANGENT(expand)
{
    const cj_tensor *x = node->source[0];
    uint32_t repeated = 0;
    for (int axis = 0; axis < node->rank; axis++)
        if (x->shape[axis] != node->shape[axis])
            repeated |= CJ_AXIS(axis);
    return cj_sum_at(at, g, repeated, true);
}

/* What was padded is cropped, what was cropped is padded. */
CJ_COTANGENT(pad)
{
    int64_t low[CJ_MAX_RANK], high[CJ_MAX_RANK];
    for (int axis = 0; axis < node->rank; axis++) {
        low[axis] = -node->option[axis];
        high[axis] = -node->option[node->rank + axis];
    }
    return cj_pad_at(at, g, low, high);
}

/* Puts step - 1 zeros after each element along an axis: as rows [outer, n, 1, inner] padded to [outer, n, step, inner]. */
static cj_tensor *spread(cj_at at, cj_tensor *g, int axis, int64_t step)
{
    int64_t shape[CJ_MAX_RANK], outer = 1, inner = 1, n = g->shape[axis];
    for (int k = 0; k < g->rank; k++) {
        shape[k] = k == axis ? n * step : g->shape[k];
        outer *= k < axis ? g->shape[k] : 1;
        inner *= k > axis ? g->shape[k] : 1;
    }
    int rank = g->rank;
    g = cj_reshape_at(at, g, 4, (int64_t[]){outer, n, 1, inner});
    g = cj_pad_at(at, g, (int64_t[4]){0}, (int64_t[]){0, 0, step - 1, 0});
    return cj_reshape_at(at, g, rank, shape);
}

CJ_COTANGENT(slice)
{
    const cj_tensor *x = node->source[0];
    int64_t low[CJ_MAX_RANK], high[CJ_MAX_RANK];
    for (int axis = 0; axis < node->rank; axis++) {
        int64_t start = node->option[axis], step = node->option[node->rank + axis];
        if (step > 1)
            g = spread(at, g, axis, step);
        low[axis] = start;
        high[axis] = x->shape[axis] - start - node->shape[axis] * step;
    }
    return cj_pad_at(at, g, low, high);
}

CJ_COTANGENT(flip)
{
    return cj_flip_at(at, g, (uint32_t)node->option[0]);
}

/* Tangents that are missing become zeros here: they take room in the result. */
CJ_TANGENT(concat)
{
    for (int k = 0; k < node->source_count; k++) {
        const cj_tensor *x = node->source[k];
        if (!t[k])
            t[k] = cj_full_at(at, x->context, (cj_dtype)x->dtype, x->rank, x->shape, 0);
    }
    return cj_with_sources(at, node, t);
}

CJ_COTANGENT(concat)
{
    int axis = (int)node->option[0];
    int64_t start = 0;
    for (int k = 0; k < i; k++)
        start += node->source[k]->shape[axis];
    return cj_narrow_at(at, g, axis, start, start + node->source[i]->shape[axis]);
}

CJ_COTANGENT(sum)
{
    return cj_expand_at(at, g, node->source[0]->rank, node->source[0]->shape);
}

/* ---- products: linear in each source ---- */

static cj_tensor *bilinear_tangent(cj_at at, cj_tensor *node, cj_tensor **t)
{
    cj_tensor *sum = NULL;
    for (int i = 0; i < 2; i++) {
        cj_tensor *source[2] = {node->source[0], node->source[1]};
        if (!t[i])
            continue;
        source[i] = t[i];
        cj_tensor *term = cj_with_sources(at, node, source);
        sum = sum ? cj_add_at(at, sum, term) : term;
    }
    return sum;
}

CJ_TANGENT(matmul)
{
    return bilinear_tangent(at, node, t);
}

static bool swaps_last_two(const cj_tensor *x)
{
    if (x->op != CJ_OP_PERMUTE)
        return false;
    for (int i = 0; i < x->rank - 2; i++)
        if (x->option[i] != i)
            return false;
    return x->option[x->rank - 2] == x->rank - 1;
}

static cj_tensor *transposed(cj_at at, cj_tensor *x)
{
    return cj_transpose_at(at, x, -2, -1);
}

/*
 * g b^T and a^T g. The cotangent of a transpose is made as the transpose of b g^T or g^T a (equal to the bit: an fma does not
 * care which factor comes first), which its own rule then cancels: a weight's gradient comes out in the weight's order.
 */
CJ_COTANGENT(matmul)
{
    cj_tensor *a = node->source[0], *b = node->source[1];
    bool swapped = swaps_last_two(node->source[i]);
    if (i == 0)
        return swapped ? transposed(at, cj_matmul_at(at, b, transposed(at, g)))
                       : cj_matmul_at(at, g, transposed(at, b));
    return swapped ? transposed(at, cj_matmul_at(at, transposed(at, g), a))
                   : cj_matmul_at(at, transposed(at, a), g);
}

CJ_TANGENT(conv)
{
    return bilinear_tangent(at, node, t);
}

static int64_t dilated(int64_t extent, int64_t dilation)
{
    return extent == 0 ? 0 : (extent - 1) * dilation + 1;
}

/*
 * y[p] = sum over t of x'[p s + t d] w[t] with x' the input dilated by D behind `low` zeros. Element q of x stands at
 * q D + low, so its cotangent is the sum over t of g[(q D + low - t d) / s] w[t]: windows at stride D over g dilated by s, the
 * kernel reversed, behind (k - 1) d - low zeros; as many follow as make the extent n.
 */
static int64_t transposed_low(int64_t kernel, int64_t dilation, int64_t low)
{
    return (kernel - 1) * dilation - low;
}

static int64_t transposed_high(int64_t n, int64_t kernel, int64_t windows, int64_t stride,
                               int64_t dilation, int64_t input_dilation, int64_t low)
{
    return (n - 1) * input_dilation + dilated(kernel, dilation) - dilated(windows, stride) -
           transposed_low(kernel, dilation, low);
}

static cj_tensor *conv_to_data(cj_at at, cj_tensor *node, cj_tensor *g)
{
    const cj_tensor *x = node->source[0];
    cj_tensor *w = node->source[1];
    cj_conv_options o = cj_conv_options_of(node), back = o;
    uint32_t kernel_axes = 0;
    for (int d = 0; d < o.spatial; d++) {
        int64_t kernel = w->shape[3 + d];
        kernel_axes |= CJ_AXIS(3 + d);
        back.stride[d] = o.input_dilation[d];
        back.input_dilation[d] = o.stride[d];
        back.low[d] = transposed_low(kernel, o.kernel_dilation[d], o.low[d]);
        back.high[d] = transposed_high(x->shape[3 + d], kernel, node->shape[3 + d], o.stride[d],
                                       o.kernel_dilation[d], o.input_dilation[d], o.low[d]);
    }
    w = cj_flip_at(at, cj_transpose_at(at, w, 1, 2), kernel_axes);
    return cj_convolve_at(at, g, w, &back);
}

/*
 * The cotangent of w[t] is the sum over p of x'[p s + t d] g[p]: windows at stride d over the same x', with g, dilated by s, as
 * the kernel. Examples take the place of channels and channels that of examples; the zeros after x' make the extent k.
 */
static cj_tensor *conv_to_weight(cj_at at, cj_tensor *node, cj_tensor *g)
{
    cj_tensor *x = node->source[0];
    const cj_tensor *w = node->source[1];
    cj_conv_options o = cj_conv_options_of(node), back = o;
    int x_axes[CJ_MAX_RANK] = {2, 1, 0}, g_axes[CJ_MAX_RANK] = {1, 2, 0};
    int w_axes[CJ_MAX_RANK] = {1, 2, 0};
    for (int d = 0; d < o.spatial; d++) {
        int64_t kernel = w->shape[3 + d], windows = node->shape[3 + d];
        x_axes[3 + d] = g_axes[3 + d] = w_axes[3 + d] = 3 + d;
        back.stride[d] = o.kernel_dilation[d];
        back.kernel_dilation[d] = o.stride[d];
        back.high[d] = (kernel - 1) * o.kernel_dilation[d] + dilated(windows, o.stride[d]) -
                       dilated(x->shape[3 + d], o.input_dilation[d]) - o.low[d];
    }
    x = cj_permute_at(at, x, x_axes);
    g = cj_permute_at(at, g, g_axes);
    if (!x || !g)
        return NULL;
    return cj_permute_at(at, cj_convolve_at(at, x, g, &back), w_axes);
}

CJ_COTANGENT(conv)
{
    return i == 0 ? conv_to_data(at, node, g) : conv_to_weight(at, node, g);
}

/* ---- windows ---- */

CJ_COTANGENT(window_sum)
{
    const cj_tensor *x = node->source[0];
    cj_window_options o = cj_window_options_of(node), back = o;
    for (int d = 0; d < o.spatial; d++) {
        int axis = node->rank - o.spatial + d;
        back.stride[d] = o.input_dilation[d];
        back.input_dilation[d] = o.stride[d];
        back.low[d] = transposed_low(o.window[d], o.dilation[d], o.low[d]);
        back.high[d] = transposed_high(x->shape[axis], o.window[d], node->shape[axis], o.stride[d],
                                       o.dilation[d], o.input_dilation[d], o.low[d]);
    }
    return cj_window_sum_at(at, g, &back);
}

/* The index is no float and has no tangent. */
CJ_TANGENT(window_gather)
{
    return cj_with_sources(at, node, (cj_tensor *[]){t[0], node->source[1]});
}

CJ_COTANGENT(window_gather)
{
    const cj_tensor *x = node->source[0];
    cj_window_options o = cj_window_options_of(node);
    return cj_window_scatter_at(at, g, node->source[1], &o, x->shape + x->rank - o.spatial);
}

CJ_TANGENT(window_scatter)
{
    return cj_with_sources(at, node, (cj_tensor *[]){t[0], node->source[1]});
}

CJ_COTANGENT(window_scatter)
{
    cj_window_options o = cj_window_options_of(node);
    return cj_window_gather_at(at, g, node->source[1], &o);
}
