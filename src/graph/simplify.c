/*
 * src/graph/simplify.c - the legal identities: those that leave every bit of the value as it was, signed zeros and
 * NaN included (a NaN counts as one value). So x - 0 and x * 1, but never x + 0 (it turns -0 into 0), x * 0 or x - x
 * (a NaN or an infinity would be lost).
 */
#include "graph/build.h"

typedef struct site {
    cj_context *context;
    cj_at at;
    const cj_node_spec *spec;
    const cj_result *result;
} site;

static bool is_float(const cj_tensor *x)
{
    return cj_dtype_class(x->dtype) == 'f';
}

/* ---- tensors that repeat one number ---- */

cj_tensor *cj_uniform_scalar(cj_tensor *x)
{
    while (x->op == CJ_OP_EXPAND || x->op == CJ_OP_RESHAPE)
        x = x->source[0];
    return x->op == CJ_OP_SCALAR ? x : NULL;
}

double cj_scalar_number(const cj_tensor *scalar)
{
    return cj_number_load((cj_dtype)scalar->dtype, scalar->option, 0);
}

static bool is_number(cj_tensor *x, double value)
{
    cj_tensor *scalar = cj_uniform_scalar(x);
    return scalar && cj_scalar_number(scalar) == value;
}

static bool is_zero_bits(cj_tensor *x)
{
    cj_tensor *scalar = cj_uniform_scalar(x);
    return scalar && scalar->option[0] == 0;
}

cj_tensor *cj_uniform(cj_at at, cj_tensor *scalar, int rank, const int64_t *shape)
{
    if (!scalar)
        return NULL;
    int64_t ones[CJ_MAX_RANK];
    for (int i = 0; i < CJ_MAX_RANK; i++)
        ones[i] = 1;
    return cj_expand_at(at, cj_reshape_at(at, scalar, rank, ones), rank, shape);
}

/* ---- elementwise ---- */

/* When one side of a commutative op is neutral, the other is the value. */
static bool other_side(const site *s, bool (*neutral)(cj_tensor *x), cj_tensor **out)
{
    cj_tensor *a = s->spec->source[0], *b = s->spec->source[1];
    if (!neutral(a) && !neutral(b))
        return false;
    *out = neutral(b) ? a : b;
    return true;
}

static bool is_one(cj_tensor *x)
{
    return is_number(x, 1.0);
}

static bool is_true(cj_tensor *x)
{
    return x->dtype == CJ_BOOL && is_one(x);
}

static bool is_false(cj_tensor *x)
{
    return x->dtype == CJ_BOOL && is_zero_bits(x);
}

static bool simplify_logic(const site *s, cj_tensor **out)
{
    bool (*neutral)(cj_tensor *) = s->spec->op == CJ_OP_AND ? is_true : is_false;
    bool (*absorbing)(cj_tensor *) = s->spec->op == CJ_OP_AND ? is_false : is_true;
    cj_tensor *a = s->spec->source[0], *b = s->spec->source[1];
    if (a == b || absorbing(a)) {
        *out = a;
        return true;
    }
    if (absorbing(b)) {
        *out = b;
        return true;
    }
    return other_side(s, neutral, out);
}

static bool simplify_where(const site *s, cj_tensor **out)
{
    cj_tensor *const *source = s->spec->source;
    bool always = is_true(source[0]), never = is_false(source[0]);
    if (!always && !never && source[1] != source[2])
        return false;
    *out = never ? source[2] : source[1];
    return true;
}

static bool simplify_cast(const site *s, cj_tensor **out)
{
    cj_tensor *x = s->spec->source[0];
    if (x->dtype == s->spec->dtype) {
        *out = x;
        return true;
    }
    if (x->op == CJ_OP_CAST && cj_is_half(x->source[0]->dtype) && x->dtype == CJ_F32 &&
        x->source[0]->dtype == s->spec->dtype) { /* there and back: exact */
        *out = x->source[0];
        return true;
    }
    cj_tensor *scalar = cj_uniform_scalar(x);
    if (!scalar || scalar->dtype == CJ_I64 ||
        scalar->dtype == CJ_U64) /* 64 bits do not fit the double that carries the value */
        return false;
    scalar = cj_scalar_at(s->at, s->context, s->spec->dtype, cj_scalar_number(scalar));
    *out = cj_uniform(s->at, scalar, x->rank, x->shape);
    return true;
}

static bool simplify_map(const site *s, cj_tensor **out)
{
    cj_tensor *a = s->spec->source[0];
    cj_tensor *b = s->spec->source_count > 1 ? s->spec->source[1] : NULL;
    switch (s->spec->op) {
    case CJ_OP_NEG: /* -(-x) */
        *out = a->op == CJ_OP_NEG ? a->source[0] : NULL;
        return *out != NULL;
    case CJ_OP_ADD: /* integers alone: -0.0 + 0 is 0 */
        return !is_float(a) && other_side(s, is_zero_bits, out);
    case CJ_OP_SUB: /* x - (+0); x - (-0) is x + 0 */
    case CJ_OP_SHL:
    case CJ_OP_SHR: *out = a; return is_zero_bits(b);
    case CJ_OP_MUL: return other_side(s, is_one, out);
    case CJ_OP_DIV: *out = a; return is_one(b);
    case CJ_OP_AND:
    case CJ_OP_OR: return simplify_logic(s, out);
    case CJ_OP_WHERE: return simplify_where(s, out);
    case CJ_OP_CAST: return simplify_cast(s, out);
    default: return false;
    }
}

/* ---- reductions ---- */

/* A chain of one element is the element. */
static bool simplify_reduce(const site *s, cj_tensor **out)
{
    cj_tensor *x = s->spec->source[0];
    for (int i = 0; i < x->rank; i++)
        if (s->spec->option[0] >> i & 1 && x->shape[i] != 1)
            return false;
    *out = x;
    if (s->spec->op == CJ_OP_ARGMAX)
        *out = cj_uniform(s->at, cj_scalar_at(s->at, s->context, CJ_I32, 0), x->rank, x->shape);
    return true;
}

/* ---- movement ---- */

static bool same_as_source(const site *s)
{
    const cj_tensor *x = s->spec->source[0];
    return s->result->rank == x->rank &&
           memcmp(s->result->shape, x->shape, x->rank * sizeof *x->shape) == 0;
}

static cj_tensor *again(const site *s, cj_tensor *x, const int64_t *option)
{
    cj_node_spec spec = *s->spec;
    spec.source = &x;
    spec.option = option;
    return cj_node(s->context, s->at, &spec);
}

static bool simplify_reshape(const site *s, cj_tensor **out)
{
    cj_tensor *x = s->spec->source[0];
    if (same_as_source(s)) {
        *out = x;
        return true;
    }
    if (x->op != CJ_OP_RESHAPE)
        return false;
    *out = again(s, x->source[0], s->spec->option);
    return true;
}

static bool simplify_permute(const site *s, cj_tensor **out)
{
    cj_tensor *x = s->spec->source[0];
    const int64_t *axes = s->spec->option;
    bool identity = true;
    for (int i = 0; i < x->rank; i++)
        identity &= axes[i] == i;
    if (identity) {
        *out = x;
        return true;
    }
    if (x->op != CJ_OP_PERMUTE)
        return false;
    int64_t composed[CJ_MAX_RANK];
    for (int i = 0; i < x->rank; i++)
        composed[i] = x->option[axes[i]];
    *out = again(s, x->source[0], composed);
    return true;
}

static bool simplify_expand(const site *s, cj_tensor **out)
{
    cj_tensor *x = s->spec->source[0];
    if (same_as_source(s)) {
        *out = x;
        return true;
    }
    if (x->op != CJ_OP_EXPAND)
        return false;
    *out = again(s, x->source[0], NULL);
    return true;
}

static bool simplify_pad(const site *s, cj_tensor **out)
{
    cj_tensor *x = s->spec->source[0];
    *out = x;
    for (int i = 0; i < 2 * x->rank; i++)
        if (s->spec->option[i] != 0)
            return false;
    return true;
}

/* A step means nothing where at most one element is taken: 1 stands for all. */
static bool simplify_slice(const site *s, cj_tensor **out)
{
    cj_tensor *x = s->spec->source[0];
    int rank = x->rank;
    bool normal = true, composed = x->op == CJ_OP_SLICE;
    int64_t option[2 * CJ_MAX_RANK];
    for (int i = 0; i < rank; i++) {
        int64_t n = s->result->shape[i];
        int64_t start = s->spec->option[i], step = s->spec->option[rank + i];
        option[i] = n == 0 ? 0 : start;
        option[rank + i] = n <= 1 ? 1 : step;
        normal &= option[i] == start && option[rank + i] == step;
    }
    if (same_as_source(s)) {
        *out = x;
        return true;
    }
    if (!composed && normal)
        return false;
    for (int i = 0; composed && i < rank; i++) {
        option[i] = s->result->shape[i] ? x->option[i] + option[i] * x->option[rank + i] : 0;
        option[rank + i] *= s->result->shape[i] <= 1 ? 1 : x->option[rank + i];
    }
    *out = again(s, composed ? x->source[0] : x, option);
    return true;
}

/* An axis of one element is its own reverse; two reversals cancel. */
static bool simplify_flip(const site *s, cj_tensor **out)
{
    cj_tensor *x = s->spec->source[0];
    int64_t given = s->spec->option[0], mask = 0;
    for (int i = 0; i < x->rank; i++)
        if (x->shape[i] > 1)
            mask |= given & (int64_t)CJ_AXIS(i);
    *out = x;
    if (mask == 0)
        return true;
    if (x->op == CJ_OP_FLIP) {
        mask ^= x->option[0];
        x = x->source[0];
    } else if (mask == given) {
        return false;
    }
    *out = again(s, x, &mask);
    return true;
}

static bool simplify_concat(const site *s, cj_tensor **out)
{
    *out = s->spec->source[0];
    return s->spec->source_count == 1;
}

/* Moving the elements of a tensor that repeats one number makes another such tensor. */
static bool move_uniform(const site *s, cj_tensor **out)
{
    cj_tensor *x = s->spec->source[0];
    cj_op op = s->spec->op;
    if (op == CJ_OP_PAD || op == CJ_OP_CONCAT)
        return false;
    cj_tensor *scalar = cj_uniform_scalar(x);
    bool normal = (op == CJ_OP_RESHAPE && x == scalar) ||
                  (op == CJ_OP_EXPAND && (x == scalar || x->op == CJ_OP_RESHAPE));
    if (!scalar || normal)
        return false;
    *out = cj_uniform(s->at, scalar, s->result->rank, s->result->shape);
    return true;
}

static bool simplify_movement(const site *s, cj_tensor **out)
{
    if (move_uniform(s, out))
        return true;
    switch (s->spec->op) {
    case CJ_OP_RESHAPE: return simplify_reshape(s, out);
    case CJ_OP_PERMUTE: return simplify_permute(s, out);
    case CJ_OP_EXPAND: return simplify_expand(s, out);
    case CJ_OP_PAD: return simplify_pad(s, out);
    case CJ_OP_SLICE: return simplify_slice(s, out);
    case CJ_OP_FLIP: return simplify_flip(s, out);
    default: return simplify_concat(s, out);
    }
}

/* What is no float needs no stop. A constant may need one: it can be differentiated at. */
static bool simplify_stop(const site *s, cj_tensor **out)
{
    *out = s->spec->source[0];
    return (*out)->op == CJ_OP_STOP_GRADIENT || !is_float(*out);
}

bool cj_simplify(cj_context *context, cj_at at, const cj_node_spec *spec, const cj_result *result,
                 cj_tensor **replacement)
{
    site s = {context, at, spec, result};
    if (cj_op_is_map((int)spec->op))
        return simplify_map(&s, replacement);
    if (cj_op_is_reduce((int)spec->op))
        return simplify_reduce(&s, replacement);
    if (spec->op >= CJ_OP_RESHAPE && spec->op <= CJ_OP_CONCAT)
        return simplify_movement(&s, replacement);
    if (spec->op == CJ_OP_STOP_GRADIENT)
        return simplify_stop(&s, replacement);
    return false;
}
