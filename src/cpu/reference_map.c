/*
 * src/cpu/reference_map.c - the elementwise ops one element at a time, straight from their
 * definitions in src/graph/op_list.h. Every kernel of src/cpu/isa equals this by memcmp (NaN
 * apart).
 */
#include "kernels.h"
#include "reference_math.h"

#include <math.h>

static bool is_math(cj_op op)
{
    static const bool math[CJ_MAP_OP_COUNT] = {
#define CJ_X(NAME, ...) [CJ_OP_##NAME] = true,
        CJ_MATH_OP_LIST(CJ_X)
#undef CJ_X
            [CJ_OP_FMOD] = true};
    return math[op];
}

/* Half to even, as the processor rounds by default. */
#define FLOAT_MAP(dtype, T, FLOOR, CEIL, NEAR, ROOT, ABSOLUTE)                                     \
    static T map_##dtype(cj_op op, T x, T y, bool fma_class)                                       \
    {                                                                                              \
        if (is_math(op)) {                                                                         \
            return fma_class ? cj_reference_math_##dtype(op, x, y)                                 \
                             : cj_reference_math_baseline_##dtype(op, x, y);                       \
        }                                                                                          \
        switch (op) {                                                                              \
        case CJ_OP_NEG: return -x;                                                                 \
        case CJ_OP_ABS: return ABSOLUTE(x);                                                        \
        case CJ_OP_SIGN: return x > 0 ? 1 : x < 0 ? -1 : x;                                        \
        case CJ_OP_FLOOR: return FLOOR(x);                                                         \
        case CJ_OP_CEIL: return CEIL(x);                                                           \
        case CJ_OP_ROUND: return NEAR(x);                                                          \
        case CJ_OP_SQRT: return ROOT(x);                                                           \
        case CJ_OP_RELU: return x <= 0 ? 0 : x;                                                    \
        case CJ_OP_ADD: return x + y;                                                              \
        case CJ_OP_SUB: return x - y;                                                              \
        case CJ_OP_MUL: return x * y;                                                              \
        case CJ_OP_DIV: return x / y;                                                              \
        case CJ_OP_MAX: return x > y || x != x ? x : y;                                            \
        default: return x < y || x != x ? x : y; /* MIN */                                         \
        }                                                                                          \
    }
FLOAT_MAP(f32, float, floorf, ceilf, rintf, sqrtf, fabsf)
FLOAT_MAP(f64, double, floor, ceil, rint, sqrt, fabs)

static uint64_t count_bits(uint64_t a)
{
    uint64_t count = 0;
    for (; a != 0; a &= a - 1) {
        count++;
    }
    return count;
}

/* Integers of `bits` bits, held in 64: what wraps is cut to the width by the caller. */
static uint64_t map_integer(cj_op op, int64_t x, int64_t y, int bits, cj_dtype dtype)
{
    uint64_t a = (uint64_t)x, b = (uint64_t)y;
    if (dtype == CJ_U64) { /* does not fit the sign of the others */
        switch (op) {
        case CJ_OP_ABS: return a;
        case CJ_OP_DIV: return b == 0 ? 0 : a / b;
        case CJ_OP_FMOD: return b == 0 ? 0 : a % b;
        case CJ_OP_MAX: return CJ_MAX(a, b);
        case CJ_OP_MIN: return CJ_MIN(a, b);
        default: break;
        }
    }
    switch (op) {
    case CJ_OP_NEG: return 0 - a;
    case CJ_OP_ABS: return x < 0 ? 0 - a : a;
    case CJ_OP_SIGN: return (uint64_t)(int64_t)((x > 0) - (x < 0));
    case CJ_OP_NOT: return dtype == CJ_BOOL ? a == 0 : ~a;
    case CJ_OP_ADD: return a + b;
    case CJ_OP_SUB: return a - b;
    case CJ_OP_MUL: return a * b;
    case CJ_OP_DIV: return y == 0 ? 0 : y == -1 ? 0 - a : (uint64_t)(x / y);
    case CJ_OP_FMOD: return y == 0 || y == -1 ? 0 : (uint64_t)(x % y);
    case CJ_OP_POPCOUNT: return count_bits(bits == 64 ? a : a & ((UINT64_C(1) << bits) - 1));
    case CJ_OP_MAX: return x > y ? a : b;
    case CJ_OP_MIN: return x < y ? a : b;
    case CJ_OP_AND: return a & b;
    case CJ_OP_OR: return a | b;
    case CJ_OP_XOR: return a ^ b;
    case CJ_OP_SHL: return b >= (uint64_t)bits ? 0 : a << b;
    default: return b >= (uint64_t)bits ? 0 : a >> b; /* SHR */
    }
}

static bool is_float(cj_dtype dtype)
{
    return dtype == CJ_F32 || dtype == CJ_F64;
}

static double load_float(cj_dtype dtype, const void *p, int64_t i)
{
    return dtype == CJ_F32 ? (double)((const float *)p)[i] : ((const double *)p)[i];
}

/* EQ, NE, LT, LE; f32 is compared exactly as f64. */
static bool compare(cj_op op, cj_dtype dtype, const void *a, const void *b, int64_t i)
{
    bool less, equal;
    if (is_float(dtype)) {
        double x = load_float(dtype, a, i), y = load_float(dtype, b, i);
        less = x < y, equal = x == y;
    } else {
        int64_t x = cj_integer_load(dtype, a, i), y = cj_integer_load(dtype, b, i);
        less = dtype == CJ_U64 ? (uint64_t)x < (uint64_t)y : x < y;
        equal = x == y;
    }
    return op == CJ_OP_EQ ? equal : op == CJ_OP_NE ? !equal : op == CJ_OP_LT ? less : less || equal;
}

static void cast(cj_dtype from, cj_dtype to, int64_t i, void *out, const void *in)
{
    bool to_float = is_float(to) || to == CJ_BF16 || to == CJ_F16;
    if (is_float(from) || from == CJ_BF16 || from == CJ_F16 || to == CJ_BOOL ||
        (to_float && to != CJ_F32)) {
        cj_number_store(to, out, i, cj_number_load(from, in, i));
        return;
    }
    int64_t x = cj_integer_load(from, in, i);
    if (to == CJ_F32) { /* rounded once, not by f64 */
        ((float *)out)[i] = from == CJ_U64 ? (float)(uint64_t)x : (float)x;
    } else if (from == CJ_U64) {
        cj_integer_store(to, out, i, (int64_t)CJ_MIN((uint64_t)x, cj_integer_most(to)));
    } else {
        int64_t least = cj_integer_least(to);
        int64_t most = (int64_t)CJ_MIN(cj_integer_most(to), (uint64_t)INT64_MAX);
        cj_integer_store(to, out, i, x < least ? least : x > most ? most : x);
    }
}

void cj_reference_map(cj_op op, cj_dtype dtype, cj_dtype to, int64_t n, void *out,
                      const void *const *src, bool fma_class)
{
    const size_t size = cj_dtype_size(dtype);
    const void *a = src[0], *b = op == CJ_OP_CAST ? NULL : src[1];

    for (int64_t i = 0; i < n; i++) {
        if (op == CJ_OP_CAST) {
            cast(dtype, to, i, out, a);
        } else if (op == CJ_OP_WHERE) {
            const char *from = ((const uint8_t *)a)[i] != 0 ? b : src[2];
            memcpy((char *)out + (size_t)i * size, from + (size_t)i * size, size);
        } else if (op == CJ_OP_EQ || op == CJ_OP_NE || op == CJ_OP_LT || op == CJ_OP_LE) {
            ((uint8_t *)out)[i] = compare(op, dtype, a, b, i);
        } else if (dtype == CJ_F32) {
            const float *y = b;
            ((float *)out)[i] = map_f32(op, ((const float *)a)[i], y == NULL ? 0 : y[i], fma_class);
        } else if (dtype == CJ_F64) {
            const double *y = b;
            ((double *)out)[i] =
                map_f64(op, ((const double *)a)[i], y == NULL ? 0 : y[i], fma_class);
        } else {
            int64_t x = cj_integer_load(dtype, a, i),
                    y = b == NULL ? 0 : cj_integer_load(dtype, b, i);
            cj_integer_store(dtype, out, i, (int64_t)map_integer(op, x, y, (int)size * 8, dtype));
        }
    }
}
