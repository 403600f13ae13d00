/*
 * tests/support/evaluate.c - see evaluate.h.
 */
#include "support/evaluate_job.h"

#include "graph/custom.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* u64 is held by its bits; above 2^63 it is not what these loops are for. */
static int64_t wrap(int dtype, uint64_t v)
{
    int bits = dtype == CJ_BOOL ? 1 : 8 * (int)cj_dtype_size((cj_dtype)dtype);
    if (dtype == CJ_BOOL || bits == 64)
        return dtype == CJ_BOOL ? v != 0 : (int64_t)v;
    v &= (UINT64_C(1) << bits) - 1;
    bool negative = cj_dtype_class((cj_dtype)dtype) == 'i' && v >> (bits - 1) & 1;
    return negative ? (int64_t)v - (INT64_C(1) << bits) : (int64_t)v;
}

static int64_t least_of(int dtype)
{
    int bits = 8 * (int)cj_dtype_size((cj_dtype)dtype);
    return cj_dtype_class((cj_dtype)dtype) == 'i' ? (int64_t)(~UINT64_C(0) << (bits - 1)) : 0;
}

static int64_t most_of(int dtype)
{
    int bits = 8 * (int)cj_dtype_size((cj_dtype)dtype);
    if (dtype == CJ_BOOL)
        return 1;
    return bits == 64 ? INT64_MAX
                      : (INT64_C(1) << (bits - (cj_dtype_class((cj_dtype)dtype) == 'i'))) - 1;
}

static void copy_element(const job *j, int64_t to, int source, int64_t from)
{
    if (is_float(j->node))
        j->out.f[to] = j->source[source]->f[from];
    else
        j->out.n[to] = j->source[source]->n[from];
}

/* ---- elementwise ---- */

static double float_map(int op, double a, double b)
{
    switch (op) {
    case CJ_OP_NEG: return -a;
    case CJ_OP_ABS: return fabs(a);
    case CJ_OP_RELU: return a <= 0 ? 0 : a;
    case CJ_OP_SIGN: return isnan(a) ? a : (double)((a > 0) - (a < 0));
    case CJ_OP_FLOOR: return floor(a);
    case CJ_OP_CEIL: return ceil(a);
    case CJ_OP_ROUND: return nearbyint(a);
    case CJ_OP_SQRT: return sqrt(a);
    case CJ_OP_EXP: return exp(a);
    case CJ_OP_EXPM1: return expm1(a);
    case CJ_OP_EXP2: return exp2(a);
    case CJ_OP_LOG2: return log2(a);
    case CJ_OP_TAN: return tan(a);
    case CJ_OP_ASIN: return asin(a);
    case CJ_OP_ACOS: return acos(a);
    case CJ_OP_ATAN: return atan(a);
    case CJ_OP_SINH: return sinh(a);
    case CJ_OP_COSH: return cosh(a);
    case CJ_OP_ASINH: return asinh(a);
    case CJ_OP_ACOSH: return acosh(a);
    case CJ_OP_ATANH: return atanh(a);
    case CJ_OP_CBRT: return cbrt(a);
    case CJ_OP_ERFC: return erfc(a);
    case CJ_OP_ERFINV: return evaluate_erfinv(a);
    case CJ_OP_LGAMMA: return lgamma(a);
    case CJ_OP_DIGAMMA: return evaluate_digamma(a);
    case CJ_OP_ATAN2: return atan2(a, b);
    case CJ_OP_HYPOT: return hypot(a, b);
    case CJ_OP_LOGADDEXP: return evaluate_logaddexp(a, b);
    case CJ_OP_FMOD: return fmod(a, b);
    case CJ_OP_ZETA: return evaluate_zeta(a, b);
    case CJ_OP_BESSEL_IE: return evaluate_bessel_ie(a, b);
    case CJ_OP_LOG: return log(a);
    case CJ_OP_LOG1P: return log1p(a);
    case CJ_OP_SIN: return sin(a);
    case CJ_OP_COS: return cos(a);
    case CJ_OP_TANH: return tanh(a);
    case CJ_OP_ERF: return erf(a);
    case CJ_OP_ADD: return a + b;
    case CJ_OP_SUB: return a - b;
    case CJ_OP_MUL: return a * b;
    case CJ_OP_DIV: return a / b;
    case CJ_OP_POW: return pow(a, b);
    case CJ_OP_MAX: return isnan(a) || isnan(b) ? NAN : a > b ? a : b;
    case CJ_OP_MIN: return isnan(a) || isnan(b) ? NAN : a < b ? a : b;
    default: abort();
    }
}

static int64_t bits_set(uint64_t a)
{
    int64_t count = 0;
    for (int i = 0; i < 64; i++)
        count += (int64_t)(a >> i & 1);
    return count;
}

static int64_t integer_map(int op, int dtype, int64_t a, int64_t b)
{
    uint64_t ua = (uint64_t)a, ub = (uint64_t)b;
    uint64_t width = 8 * cj_dtype_size((cj_dtype)dtype);
    switch (op) {
    case CJ_OP_NEG: return wrap(dtype, -ua);
    case CJ_OP_ABS: return wrap(dtype, a < 0 ? -ua : ua);
    case CJ_OP_SIGN: return (a > 0) - (a < 0);
    case CJ_OP_NOT: return dtype == CJ_BOOL ? !a : wrap(dtype, ~ua);
    case CJ_OP_ADD: return wrap(dtype, ua + ub);
    case CJ_OP_SUB: return wrap(dtype, ua - ub);
    case CJ_OP_MUL: return wrap(dtype, ua * ub);
    case CJ_OP_DIV: return b == 0 ? 0 : b == -1 ? wrap(dtype, -ua) : a / b;
    case CJ_OP_FMOD: return b == 0 || b == -1 ? 0 : a % b;
    case CJ_OP_POPCOUNT: return bits_set(width == 64 ? ua : ua & ((UINT64_C(1) << width) - 1));
    case CJ_OP_MAX: return a > b ? a : b;
    case CJ_OP_MIN: return a < b ? a : b;
    case CJ_OP_AND: return a & b;
    case CJ_OP_OR: return a | b;
    case CJ_OP_XOR: return a ^ b;
    case CJ_OP_SHL: return ub >= width ? 0 : wrap(dtype, ua << ub);
    case CJ_OP_SHR: return ub >= width ? 0 : wrap(dtype, ua >> ub);
    default: abort();
    }
}

#define COMPARE(op, a, b)                                                                          \
    ((op) == CJ_OP_EQ   ? (a) == (b)                                                               \
     : (op) == CJ_OP_NE ? (a) != (b)                                                               \
     : (op) == CJ_OP_LT ? (a) < (b)                                                                \
                        : (a) <= (b))

static int64_t cast_to_integer(int dtype, double v)
{
    if (dtype == CJ_BOOL)
        return v != 0;
    if (isnan(v))
        return 0;
    if (v >= (double)most_of(dtype))
        return most_of(dtype);
    return v <= (double)least_of(dtype) ? least_of(dtype) : (int64_t)v;
}

static void cast(const job *j, int64_t e)
{
    const cj_tensor *x = j->node->source[0];
    const value *v = j->source[0];
    int dtype = j->node->dtype;
    if (is_float(j->node))
        j->out.f[e] = is_float(x) ? v->f[e] : (double)v->n[e];
    else if (is_float(x))
        j->out.n[e] = cast_to_integer(dtype, v->f[e]);
    else if (dtype == CJ_BOOL)
        j->out.n[e] = v->n[e] != 0;
    else
        j->out.n[e] = CJ_MIN(CJ_MAX(v->n[e], least_of(dtype)), most_of(dtype));
}

static void map(const job *j)
{
    const cj_tensor *node = j->node;
    const value *a = j->source[0], *b = j->source[node->source_count > 1 ? 1 : 0];
    bool floats = is_float(node->source[0]);
    for (int64_t e = 0; e < node->elements; e++) {
        if (node->op == CJ_OP_CAST)
            cast(j, e);
        else if (node->op == CJ_OP_WHERE)
            copy_element(j, e, a->n[e] ? 1 : 2, e);
        else if (node->op >= CJ_OP_EQ && node->op <= CJ_OP_LE)
            j->out.n[e] =
                floats ? COMPARE(node->op, a->f[e], b->f[e]) : COMPARE(node->op, a->n[e], b->n[e]);
        else if (floats)
            j->out.f[e] = float_map(node->op, a->f[e], b->f[e]);
        else
            j->out.n[e] = integer_map(node->op, node->dtype, a->n[e], b->n[e]);
    }
}

/* ---- reductions ---- */

static bool beats(bool largest, double candidate, double best)
{
    if (isnan(best))
        return false;
    return isnan(candidate) || (largest ? candidate > best : candidate < best);
}

static void reduce(const job *j)
{
    const cj_tensor *node = j->node, *x = node->source[0];
    bool floats = is_float(x), largest = node->op != CJ_OP_AMIN;
    double *best = calloc((size_t)node->elements + 1, sizeof *best);
    int64_t *seen = calloc((size_t)node->elements + 1, sizeof *seen);
    for (int64_t e = 0; e < node->elements; e++) {
        best[e] = largest ? -INFINITY : INFINITY;
        if (node->op != CJ_OP_ARGMAX && !floats)
            j->out.n[e] = node->op == CJ_OP_SUM ? 0
                          : largest             ? least_of(x->dtype)
                                                : most_of(x->dtype);
        else if (node->op != CJ_OP_ARGMAX)
            j->out.f[e] = node->op == CJ_OP_SUM ? 0 : best[e];
        else
            j->out.n[e] = 0;
    }
    for (int64_t e = 0; e < x->elements; e++) {
        coordinates at;
        unravel(x, e, at);
        for (int i = 0; i < x->rank; i++)
            if (node->option[0] >> i & 1)
                at[i] = 0;
        int64_t to = ravel(node, at);
        double v = floats ? j->source[0]->f[e] : (double)j->source[0]->n[e];
        int64_t rank_among_reduced = seen[to]++;
        if (node->op == CJ_OP_SUM) {
            if (floats)
                j->out.f[to] += v;
            else
                j->out.n[to] =
                    wrap(x->dtype, (uint64_t)j->out.n[to] + (uint64_t)j->source[0]->n[e]);
        } else if (beats(largest, v, best[to]) || rank_among_reduced == 0) {
            best[to] = v;
            if (node->op == CJ_OP_ARGMAX)
                j->out.n[to] = rank_among_reduced;
            else
                copy_element(j, to, 0, e);
        }
    }
    free(best);
    free(seen);
}

/* ---- movement: where an element of the result comes from ---- */

/* Source coordinates of the element at `at`; false: it is a zero of the padding. */
static bool origin(const cj_tensor *node, const int64_t *at, int64_t *from)
{
    const cj_tensor *x = node->source[0];
    for (int i = 0; i < node->rank; i++) {
        switch (node->op) {
        case CJ_OP_PERMUTE: from[node->option[i]] = at[i]; break;
        case CJ_OP_EXPAND: from[i] = x->shape[i] == 1 ? 0 : at[i]; break;
        case CJ_OP_PAD: from[i] = at[i] - node->option[i]; break;
        case CJ_OP_SLICE: from[i] = node->option[i] + at[i] * node->option[node->rank + i]; break;
        default: from[i] = node->option[0] >> i & 1 ? x->shape[i] - 1 - at[i] : at[i]; break;
        }
    }
    for (int i = 0; i < x->rank && node->op == CJ_OP_PAD; i++)
        if (from[i] < 0 || from[i] >= x->shape[i])
            return false;
    return true;
}

static void move(const job *j)
{
    const cj_tensor *node = j->node;
    for (int64_t e = 0; e < node->elements; e++) {
        coordinates at, from;
        unravel(node, e, at);
        if (origin(node, at, from))
            copy_element(j, e, 0, ravel(node->source[0], from));
        else if (is_float(node))
            j->out.f[e] = 0;
        else
            j->out.n[e] = 0;
    }
}

static void copy(const job *j)
{
    for (int64_t e = 0; e < j->node->elements; e++)
        copy_element(j, e, 0, e);
}

static void concat(const job *j)
{
    const cj_tensor *node = j->node;
    int64_t axis = node->option[0], start = 0;
    for (int k = 0; k < node->source_count; k++) {
        const cj_tensor *x = node->source[k];
        for (int64_t e = 0; e < x->elements; e++) {
            coordinates at;
            unravel(x, e, at);
            at[axis] += start;
            copy_element(j, ravel(node, at), k, e);
        }
        start += x->shape[axis];
    }
}

/* ---- contractions and windows ---- */

static void matmul(const job *j)
{
    const cj_tensor *a = j->node->source[0], *b = j->node->source[1];
    int64_t m = a->shape[a->rank - 2], k = a->shape[a->rank - 1], n = b->shape[b->rank - 1];
    for (int64_t e = 0; e < j->node->elements; e++) {
        int64_t batch = e / (m * n), row = e / n % m, column = e % n;
        double sum = 0;
        for (int64_t i = 0; i < k; i++)
            sum += j->source[0]->f[(batch * m + row) * k + i] *
                   j->source[1]->f[(batch * k + i) * n + column];
        j->out.f[e] = sum;
    }
}

enum place { ELEMENT, HOLE, PADDING };

/* What lies at position q of an axis of n elements with `dilation` - 1 holes between; q becomes the element. */
static enum place look(int64_t n, int64_t dilation, int64_t *q)
{
    if (*q < 0 || n == 0 || *q > (n - 1) * dilation)
        return PADDING;
    bool hole = *q % dilation != 0;
    *q /= dilation;
    return hole ? HOLE : ELEMENT;
}

static void convolve(const job *j)
{
    const cj_tensor *node = j->node, *x = node->source[0], *w = node->source[1];
    cj_conv_options o = cj_conv_options_of(node);
    for (int64_t e = 0; e < node->elements; e++) {
        coordinates at;
        unravel(node, e, at);
        double sum = 0;
        for (int64_t k = 0; k < w->elements; k++) {
            coordinates kernel;
            unravel(w, k, kernel);
            if (kernel[0] != at[1] || kernel[1] != at[2])
                continue;
            coordinates from = {at[0], at[1], kernel[2]};
            enum place place = ELEMENT;
            for (int d = 0; d < o.spatial; d++) {
                from[3 + d] =
                    at[3 + d] * o.stride[d] + kernel[3 + d] * o.kernel_dilation[d] - o.low[d];
                enum place here = look(x->shape[3 + d], o.input_dilation[d], &from[3 + d]);
                place = CJ_MAX(place, here);
            }
            if (place != HOLE)
                sum +=
                    (place == PADDING ? 0 : j->source[0]->f[ravel(x, from)]) * j->source[1]->f[k];
        }
        j->out.f[e] = sum;
    }
}

/* The element of x at position t of the window at `at`; false: padding or a hole. */
static bool window_element(const cj_tensor *x, const cj_window_options *o, const int64_t *at,
                           int64_t t, int64_t *index)
{
    coordinates from;
    for (int i = 0; i < x->rank; i++)
        from[i] = at[i];
    for (int d = o->spatial - 1; d >= 0; d--) {
        int axis = x->rank - o->spatial + d;
        from[axis] = at[axis] * o->stride[d] + t % o->window[d] * o->dilation[d] - o->low[d];
        t /= o->window[d];
        if (look(x->shape[axis], o->input_dilation[d], &from[axis]) != ELEMENT)
            return false;
    }
    *index = ravel(x, from);
    return true;
}

static double number_at(const cj_tensor *x, const value *v, int64_t index)
{
    return is_float(x) ? v->f[index] : (double)v->n[index];
}

/* Sum, largest, and where: from the elements of each window. */
static void window(const job *j)
{
    const cj_tensor *node = j->node, *x = node->source[0];
    cj_window_options o = cj_window_options_of(node);
    int64_t positions = 1;
    for (int d = 0; d < o.spatial; d++)
        positions *= o.window[d];
    for (int64_t e = 0; e < node->elements; e++) {
        coordinates at;
        unravel(node, e, at);
        double sum = 0, best = -INFINITY;
        int64_t where = 0, index;
        bool any = false;
        for (int64_t t = 0; t < positions; t++) {
            if (!window_element(x, &o, at, t, &index))
                continue;
            double v = number_at(x, j->source[0], index);
            sum += v;
            if (!any || beats(true, v, best)) {
                best = v;
                where = t;
            }
            any = true;
        }
        if (node->op == CJ_OP_WINDOW_ARGMAX)
            j->out.n[e] = where;
        else if (is_float(node))
            j->out.f[e] = node->op == CJ_OP_WINDOW_SUM ? sum : best;
        else
            j->out.n[e] = any ? (int64_t)best : least_of(node->dtype);
    }
}

static void gather(const job *j)
{
    const cj_tensor *node = j->node, *x = node->source[0];
    cj_window_options o = cj_window_options_of(node);
    for (int64_t e = 0; e < node->elements; e++) {
        coordinates at;
        int64_t index;
        unravel(node, e, at);
        if (window_element(x, &o, at, j->source[1]->n[e], &index))
            copy_element(j, e, 0, index);
        else if (is_float(node))
            j->out.f[e] = 0;
        else
            j->out.n[e] = 0;
    }
}

static void scatter(const job *j)
{
    const cj_tensor *node = j->node, *y = node->source[0];
    cj_window_options o = cj_window_options_of(node);
    for (int64_t e = 0; e < node->elements; e++)
        j->out.f[e] = 0;
    for (int64_t e = 0; e < y->elements; e++) {
        coordinates at;
        int64_t index;
        unravel(y, e, at);
        if (window_element(node, &o, at, j->source[1]->n[e], &index))
            j->out.f[index] += j->source[0]->f[e];
    }
}

/* ---- leaves ---- */

static double from_bits(int dtype, const void *data, int64_t index)
{
    switch (dtype) {
#define CJ_X(NAME, name, type, bytes, kind)                                                        \
    case CJ_##NAME: return (double)((const type *)data)[index];
        CJ_DTYPE_LIST(CJ_X)
#undef CJ_X
    default: abort();
    }
}

static void put(const job *j, int64_t e, double v)
{
    if (is_float(j->node))
        j->out.f[e] = v;
    else
        j->out.n[e] = (int64_t)v;
}

/* Each lane has a key of its own. */
static void random_words(const job *j)
{
    const int64_t *word = j->source[0]->n;
    int64_t lanes = j->node->source[0]->elements / 2;
    int64_t each = lanes ? j->node->elements / lanes : 0;
    for (int64_t lane = 0; lane < lanes; lane++) {
        cj_key key = {{(uint32_t)word[2 * lane], (uint32_t)word[2 * lane + 1]}};
        if (j->node->op == CJ_OP_KEY_FOLD)
            key = cj_key_fold(key, (uint64_t)j->source[1]->n[lane]);
        for (int64_t e = 0; e < each; e++)
            j->out.n[lane * each + e] =
                j->node->op == CJ_OP_KEY_FOLD ? key.word[e] : cj_key_bits(key, (uint64_t)e);
    }
}

/* A function of f64 tensors: its memory is as it is here. */
static void custom(const job *j)
{
    const cj_tensor *node = j->node;
    cj_custom_record record = cj_custom_unpack(node->option);
    const void *x[CJ_COUNT(j->source)];
    for (int64_t lane = 0; lane < record.lanes; lane++) {
        for (int i = 0; i < node->source_count; i++) {
            if (node->source[i]->dtype != CJ_F64 || node->dtype != CJ_F64)
                abort();
            x[i] = j->source[i]->f + lane * (node->source[i]->elements / record.lanes);
        }
        double *y = j->out.f + lane * (node->elements / record.lanes);
        if (record.kernel(node->context, record.kernel_user, node->source_count, x, y) != CJ_OK)
            abort();
    }
}

static void leaf(const job *j)
{
    const cj_tensor *node = j->node;
    const void *data = node->payload;
    if (node->op == CJ_OP_SCALAR)
        data = node->option;
    if (node->op == CJ_OP_VARIABLE)
        data = ((const cj_variable *)node->payload)->data;
    for (int64_t e = 0; e < node->elements; e++) {
        coordinates at;
        unravel(node, e, at);
        if (node->op == CJ_OP_INPUT) {
            fprintf(stderr, "evaluate: the input %s is not bound\n", (const char *)node->payload);
            abort();
        }
        put(j, e,
            node->op == CJ_OP_IOTA ? (double)at[node->option[0]] : from_bits(node->dtype, data, e));
    }
}

/* ---- the graph ---- */

static void compute(const job *j)
{
    int op = j->node->op;
    if (cj_op_is_map(op))
        map(j);
    else if (cj_op_is_reduce(op))
        reduce(j);
    else
        switch (op) {
        case CJ_OP_TAP:
        case CJ_OP_STOP_GRADIENT:
        case CJ_OP_CUSTOM_GRADIENT:
        case CJ_OP_RESHAPE: copy(j); break;
        case CJ_OP_CUSTOM: custom(j); break;
        case CJ_OP_PERMUTE:
        case CJ_OP_EXPAND:
        case CJ_OP_PAD:
        case CJ_OP_SLICE:
        case CJ_OP_FLIP: move(j); break;
        case CJ_OP_CONCAT: concat(j); break;
        case CJ_OP_MATMUL: matmul(j); break;
        case CJ_OP_CONV: convolve(j); break;
        case CJ_OP_WINDOW_SUM:
        case CJ_OP_WINDOW_MAX:
        case CJ_OP_WINDOW_ARGMAX: window(j); break;
        case CJ_OP_WINDOW_GATHER: gather(j); break;
        case CJ_OP_WINDOW_SCATTER: scatter(j); break;
        case CJ_OP_RANDOM_BITS:
        case CJ_OP_KEY_FOLD: random_words(j); break;
        default:
            if (!evaluate_index(j) && !evaluate_fft(j) && !evaluate_linalg(j))
                leaf(j);
            break;
        }
}

static void make_room(const cj_tensor *node, value *v)
{
    size_t count = (size_t)node->elements + 1;
    if (is_float(node))
        v->f = calloc(count, sizeof *v->f);
    else
        v->n = calloc(count, sizeof *v->n);
}

void evaluate(int outputs, cj_tensor *const *y, int bindings, const binding *bind,
              double *const *out)
{
    cj_traversal list;
    if (cj_traverse(&list, y[0]->context, outputs, y) != CJ_OK)
        abort();
    value *values = calloc(list.count, sizeof *values);
    for (uint32_t slot = 0; slot < list.count; slot++) {
        const cj_tensor *node = list.node[slot];
        make_room(node, &values[slot]);
        job j = {.node = node, .out = values[slot]};
        if (node->source_count > (int)CJ_COUNT(j.source))
            abort();
        for (int i = 0; i < node->source_count; i++)
            j.source[i] = &values[node->source[i]->slot];
        const double *bound = NULL;
        for (int b = 0; b < bindings; b++)
            if (bind[b].leaf == node)
                bound = bind[b].data;
        for (int64_t e = 0; bound && e < node->elements; e++)
            put(&j, e, bound[e]);
        if (!bound)
            compute(&j);
    }
    for (int k = 0; k < outputs; k++)
        for (int64_t e = 0; e < y[k]->elements; e++)
            out[k][e] = number_at(y[k], &values[y[k]->slot], e);
    for (uint32_t slot = 0; slot < list.count; slot++) {
        free(values[slot].f);
        free(values[slot].n);
    }
    free(values);
    cj_traverse_free(&list);
}

double evaluate_number(cj_tensor *y, int bindings, const binding *bind)
{
    double *out = calloc((size_t)y->elements + 1, sizeof *out);
    evaluate(1, &y, bindings, bind, &out);
    double number = out[0];
    free(out);
    return number;
}
