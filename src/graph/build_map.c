/*
 * src/graph/build_map.c - elementwise ops, with broadcasting spelled out as reshape and expand.
 */
#include "graph/build.h"

#include <math.h>

/* ---- one source ---- */

#define CJ_UNARY(name, NAME)                                                                       \
    cj_tensor *cj_##name##_at(cj_at at, cj_tensor *x)                                              \
    {                                                                                              \
        return x ? cj_node_of(at, CJ_OP_##NAME, x, 0, NULL) : NULL;                                \
    }
CJ_UNARY(neg, NEG)
CJ_UNARY(abs, ABS)
CJ_UNARY(relu, RELU)
CJ_UNARY(sign, SIGN)
CJ_UNARY(floor, FLOOR)
CJ_UNARY(ceil, CEIL)
CJ_UNARY(round, ROUND)
CJ_UNARY(sqrt, SQRT)
CJ_UNARY(exp, EXP)
CJ_UNARY(expm1, EXPM1)
CJ_UNARY(exp2, EXP2)
CJ_UNARY(log, LOG)
CJ_UNARY(log1p, LOG1P)
CJ_UNARY(log2, LOG2)
CJ_UNARY(sin, SIN)
CJ_UNARY(cos, COS)
CJ_UNARY(tan, TAN)
CJ_UNARY(asin, ASIN)
CJ_UNARY(acos, ACOS)
CJ_UNARY(atan, ATAN)
CJ_UNARY(sinh, SINH)
CJ_UNARY(cosh, COSH)
CJ_UNARY(tanh, TANH)
CJ_UNARY(asinh, ASINH)
CJ_UNARY(acosh, ACOSH)
CJ_UNARY(atanh, ATANH)
CJ_UNARY(cbrt, CBRT)
CJ_UNARY(erf, ERF)
CJ_UNARY(erfc, ERFC)
CJ_UNARY(erfinv, ERFINV)
CJ_UNARY(lgamma, LGAMMA)
CJ_UNARY(digamma, DIGAMMA)
CJ_UNARY(popcount, POPCOUNT)
CJ_UNARY(not, NOT)
CJ_UNARY(tap, TAP)
CJ_UNARY(stop_gradient, STOP_GRADIENT)
#undef CJ_UNARY

cj_tensor *cj_square_at(cj_at at, cj_tensor *x)
{
    return cj_mul_at(at, x, x);
}

cj_tensor *cj_reciprocal_at(cj_at at, cj_tensor *x)
{
    return cj_div_at(at, cj_like_at(at, x, 1), x);
}

cj_tensor *cj_cast_at(cj_at at, cj_tensor *x, cj_dtype dtype)
{
    if (!cj_ready(x))
        return NULL;
    if ((unsigned)dtype >= CJ_DTYPE_COUNT) {
        cj_fail_building(x->context, CJ_DTYPE, at, "cast: %d is no data type", (int)dtype);
        return NULL;
    }
    return cj_node(
        x->context, at,
        &(cj_node_spec){.op = CJ_OP_CAST, .dtype = dtype, .source_count = 1, .source = &x});
}

cj_tensor *cj_checkpoint(cj_tensor *x)
{
    if (x)
        x->checkpoint = true;
    return x;
}

/* ---- two and three sources ---- */

/* Joins the shape of x into rank and shape, aligned at the end; false where they clash. */
static bool join_shape(const cj_tensor *x, int *rank, int64_t *shape)
{
    int old = *rank, more = CJ_MAX(old, x->rank);
    if (more > old) {
        memmove(shape + (more - old), shape, (size_t)old * sizeof *shape);
        for (int i = 0; i < more - old; i++)
            shape[i] = 1;
    }
    *rank = more;
    for (int i = 0; i < x->rank; i++) {
        int64_t *extent = &shape[more - x->rank + i];
        if (*extent == 1)
            *extent = x->shape[i];
        else if (x->shape[i] != *extent && x->shape[i] != 1)
            return false;
    }
    return true;
}

static void clash(cj_context *context, cj_at at, const char *name, int count, cj_tensor *const *x)
{
    if (count == 2)
        cj_fail_building(context, CJ_SHAPE, at,
                         "%s: %s and %s do not broadcast: extents, aligned at the end, must be "
                         "equal or 1",
                         name, CJ_SHAPE_OF(x[0]), CJ_SHAPE_OF(x[1]));
    else
        cj_fail_building(context, CJ_SHAPE, at,
                         "%s: %s, %s and %s do not broadcast: extents, aligned at the end, must be "
                         "equal or 1",
                         name, CJ_SHAPE_OF(x[0]), CJ_SHAPE_OF(x[1]), CJ_SHAPE_OF(x[2]));
}

static cj_tensor *broadcast_map(cj_at at, const char *name, cj_op op, int count, cj_tensor **x)
{
    cj_context *context = cj_ready(x[0]);
    bool equal = true;
    for (int i = 1; i < count; i++) {
        if (!context || !x[i])
            return NULL;
        equal &= cj_same_shape(x[0], x[i]);
    }
    if (cj_tensor_dtype(x[count - 2]) != cj_tensor_dtype(x[count - 1])) {
        cj_fail_building(context, CJ_DTYPE, at,
                         "%s: %s and %s have different data types; cj_cast one of them", name,
                         CJ_SHAPE_OF(x[count - 2]), CJ_SHAPE_OF(x[count - 1]));
        return NULL;
    }
    if (!equal) {
        int rank = 0;
        int64_t shape[CJ_MAX_RANK];
        for (int i = 0; i < count; i++)
            if (!join_shape(x[i], &rank, shape)) {
                clash(context, at, name, count, x);
                return NULL;
            }
        for (int i = 0; i < count; i++)
            x[i] = cj_expand_at(at, x[i], rank, shape);
    }
    return cj_node(context, at, &(cj_node_spec){.op = op, .source_count = count, .source = x});
}

#define CJ_BINARY(name, NAME)                                                                      \
    cj_tensor *cj_##name##_at(cj_at at, cj_tensor *a, cj_tensor *b)                                \
    {                                                                                              \
        return broadcast_map(at, #name, CJ_OP_##NAME, 2, (cj_tensor *[]){a, b});                   \
    }
CJ_BINARY(add, ADD)
CJ_BINARY(sub, SUB)
CJ_BINARY(mul, MUL)
CJ_BINARY(div, DIV)
CJ_BINARY(pow, POW)
CJ_BINARY(fmod, FMOD)
CJ_BINARY(atan2, ATAN2)
CJ_BINARY(hypot, HYPOT)
CJ_BINARY(logaddexp, LOGADDEXP)
CJ_BINARY(zeta, ZETA)
CJ_BINARY(bessel_ie, BESSEL_IE)
CJ_BINARY(maximum, MAX)
CJ_BINARY(minimum, MIN)
CJ_BINARY(eq, EQ)
CJ_BINARY(ne, NE)
CJ_BINARY(lt, LT)
CJ_BINARY(le, LE)
CJ_BINARY(and, AND)
CJ_BINARY(or, OR)
CJ_BINARY(xor, XOR)
#undef CJ_BINARY

/* ---- shifts: of words by the op; of signed integers by words that hold the same bits ---- */

static cj_dtype word_of(cj_dtype dtype)
{
    return dtype == CJ_I8 ? CJ_U8 : dtype == CJ_I16 ? CJ_U16 : dtype == CJ_I32 ? CJ_U32 : CJ_U64;
}

static bool is_signed(const cj_tensor *a, const cj_tensor *b)
{
    return cj_ready(a) && b && a->dtype == b->dtype && cj_dtype_class((cj_dtype)a->dtype) == 'i';
}

/* A product with 2^b, which wraps; the cast would saturate 2^(width - 1). */
cj_tensor *cj_shift_left_at(cj_at at, cj_tensor *a, cj_tensor *b)
{
    if (!is_signed(a, b))
        return broadcast_map(at, "shl", CJ_OP_SHL, 2, (cj_tensor *[]){a, b});
    cj_dtype dtype = (cj_dtype)a->dtype, word = word_of(dtype);
    double top = (double)cj_dtype_size(dtype) * 8 - 1;
    cj_tensor *bits = cj_cast_at(at, b, word);
    cj_tensor *power = cj_cast_at(at, cj_shift_left_at(at, cj_like_at(at, bits, 1), bits), dtype);
    cj_tensor *least = cj_like_at(at, a, -ldexp(1, (int)top));
    power = cj_where_at(at, cj_eq_at(at, b, cj_like_at(at, b, top)), least, power);
    return cj_mul_at(at, a, power);
}

/* Of a negative a all bits are turned before and after: ones come in from the left. */
cj_tensor *cj_shift_right_at(cj_at at, cj_tensor *a, cj_tensor *b)
{
    if (!is_signed(a, b))
        return broadcast_map(at, "shr", CJ_OP_SHR, 2, (cj_tensor *[]){a, b});
    cj_dtype dtype = (cj_dtype)a->dtype, word = word_of(dtype);
    cj_tensor *negative = cj_lt_at(at, a, cj_like_at(at, a, 0));
    cj_tensor *bits = cj_cast_at(at, cj_where_at(at, negative, cj_not_at(at, a), a), word);
    bits = cj_shift_right_at(at, bits, cj_cast_at(at, b, word));
    cj_tensor *y = bits ? cj_cast_at(at, bits, dtype) : NULL;
    return cj_where_at(at, negative, cj_not_at(at, y), y);
}

cj_tensor *cj_gt_at(cj_at at, cj_tensor *a, cj_tensor *b)
{
    return broadcast_map(at, "gt", CJ_OP_LT, 2, (cj_tensor *[]){b, a});
}

cj_tensor *cj_ge_at(cj_at at, cj_tensor *a, cj_tensor *b)
{
    return broadcast_map(at, "ge", CJ_OP_LE, 2, (cj_tensor *[]){b, a});
}

cj_tensor *cj_where_at(cj_at at, cj_tensor *condition, cj_tensor *a, cj_tensor *b)
{
    return broadcast_map(at, "where", CJ_OP_WHERE, 3, (cj_tensor *[]){condition, a, b});
}

cj_tensor *cj_scale_at(cj_at at, cj_tensor *x, double s)
{
    return cj_mul_at(at, x, cj_like_at(at, x, s));
}

cj_tensor *cj_shift_at(cj_at at, cj_tensor *x, double s)
{
    return cj_add_at(at, x, cj_like_at(at, x, s));
}
