/*
 * src/cpu/reference_reduce.c - reductions one element at a time, in the order of DESIGN.md "The
 * bits", written from its words: blocks of 4,096, lanes i mod 32, lanes and then blocks folded by
 * halves, empty ones skipped.
 */
#include "kernels.h"

#include <math.h>

/* A value of any dtype with its index; `held` is false of an empty lane. */
struct entry {
    union {
        float f32;
        double f64;
        int64_t integer;
    } value;
    int32_t index;
    bool held;
};

static struct entry load(cj_dtype dtype, const void *in, int64_t at, int64_t index)
{
    struct entry e = {.index = (int32_t)index, .held = true};
    switch (dtype) {
    case CJ_F32: e.value.f32 = ((const float *)in)[at]; break;
    case CJ_F64: e.value.f64 = ((const double *)in)[at]; break;
    default: e.value.integer = cj_integer_load(dtype, in, at); break;
    }
    return e;
}

static void store(cj_dtype dtype, void *out, int64_t at, struct entry e)
{
    switch (dtype) {
    case CJ_F32: ((float *)out)[at] = e.value.f32; break;
    case CJ_F64: ((double *)out)[at] = e.value.f64; break;
    default: cj_integer_store(dtype, out, at, e.value.integer); break;
    }
}

/*
 * How x stands to y: -1 less, 0 equal, 1 greater; NaN is `nan` (1: greater than all, -1: less), and
 * equal to NaN.
 */
static int order(cj_dtype dtype, struct entry x, struct entry y, int nan)
{
    if (dtype == CJ_F32 || dtype == CJ_F64) {
        double a = dtype == CJ_F32 ? (double)x.value.f32 : x.value.f64;
        double b = dtype == CJ_F32 ? (double)y.value.f32 : y.value.f64;
        if (isnan(a) || isnan(b)) {
            return nan * ((isnan(a) != 0) - (isnan(b) != 0));
        }
        return (a > b) - (a < b);
    }
    if (dtype == CJ_U64) {
        uint64_t a = (uint64_t)x.value.integer, b = (uint64_t)y.value.integer;
        return (a > b) - (a < b);
    }
    return (x.value.integer > y.value.integer) - (x.value.integer < y.value.integer);
}

/* x comes before y in the order of folding. */
static struct entry step(cj_op op, cj_dtype dtype, struct entry x, struct entry y)
{
    if (op == CJ_OP_SUM) {
        switch (dtype) {
        case CJ_F32: x.value.f32 += y.value.f32; break;
        case CJ_F64: x.value.f64 += y.value.f64; break;
        default:
            x.value.integer = (int64_t)((uint64_t)x.value.integer + (uint64_t)y.value.integer);
            break;
        }
        return x;
    }
    int sign = order(dtype, x, y, op == CJ_OP_AMIN ? -1 : 1);
    if (op == CJ_OP_ARGMAX) {
        return sign > 0 || (sign == 0 && x.index < y.index) ? x : y;
    }
    return (op == CJ_OP_AMAX ? sign > 0 : sign < 0)
               ? x
               : y; /* of equals the later one: it shows in -0 and +0 */
}

static void fold(cj_op op, cj_dtype dtype, struct entry *e, int64_t count)
{
    int64_t size = 1;
    while (size < count) {
        size *= 2;
    }
    for (int64_t half = size / 2; half > 0; half /= 2) {
        for (int64_t j = 0; j < half; j++) {
            if (j + half < count && e[j + half].held) {
                e[j] = step(op, dtype, e[j], e[j + half]);
            }
        }
        count = CJ_MIN(count, half);
    }
}

/*
 * Entry `block` of the block results after the fold whose half is `half`: e(block, half) = e(block,
 * 2 half) step e(block + half, 2 half), where it exists; entry 0 after the fold with half 1 is the
 * result.
 */
static struct entry fold_blocks(cj_op op, cj_dtype dtype, int64_t reduced, int64_t stride,
                                const void *in, int64_t offset, int64_t block, int64_t half)
{
    const int64_t blocks = (reduced + CJ_REDUCE_BLOCK - 1) / CJ_REDUCE_BLOCK;
    if (half < blocks) {
        struct entry low = fold_blocks(op, dtype, reduced, stride, in, offset, block, 2 * half);
        if (block + half >= blocks) {
            return low;
        }
        return step(op, dtype, low,
                    fold_blocks(op, dtype, reduced, stride, in, offset, block + half, 2 * half));
    }
    struct entry lane[CJ_REDUCE_LANES] = {0};
    int64_t first = block * CJ_REDUCE_BLOCK, end = CJ_MIN(reduced, first + CJ_REDUCE_BLOCK);
    for (int64_t i = first; i < end; i++) {
        struct entry e = load(dtype, in, offset + i * stride, i), *l = &lane[i % CJ_REDUCE_LANES];
        *l = l->held ? step(op, dtype, *l, e) : e;
    }
    fold(op, dtype, lane, CJ_REDUCE_LANES);
    return lane[0];
}

void cj_reference_reduce(cj_op op, cj_dtype dtype, int64_t outer, int64_t reduced, int64_t inner,
                         const void *in, void *out)
{
    const size_t out_size = op == CJ_OP_ARGMAX ? 4 : cj_dtype_size(dtype);
    for (int64_t o = 0; o < outer; o++) {
        for (int64_t i = 0; i < inner; i++) {
            int64_t at = o * inner + i;
            if (reduced == 0) {
                cj_reduce_identity(op, dtype, (char *)out + (size_t)at * out_size);
                continue;
            }
            struct entry e =
                fold_blocks(op, dtype, reduced, inner, in, o * reduced * inner + i, 0, 1);
            if (op == CJ_OP_ARGMAX) {
                ((int32_t *)out)[at] = e.index;
            } else {
                store(dtype, out, at, e);
            }
        }
    }
}
