/*
 * src/transform/rules_fft.c - Fourier transforms are linear; over lanes they move their axis by one.
 */
#include "transform/batch.h"
#include "transform/rules.h"

static int axis_of(const cj_tensor *node)
{
    return (int)node->option[0];
}

static cj_tensor *or_zeros(cj_at at, cj_tensor *t, const cj_tensor *x)
{
    return t ? t : cj_full_at(at, x->context, (cj_dtype)x->dtype, x->rank, x->shape, 0);
}

CJ_TANGENT(fft)
{
    return cj_fft_node(at, CJ_OP_FFT, or_zeros(at, t[0], node->source[0]),
                       or_zeros(at, t[1], node->source[1]), axis_of(node), node->option[1]);
}

/* The matrix is symmetric; as a map of pairs its transpose is that of the conjugate. */
CJ_COTANGENT(fft)
{
    return cj_part_of(at,
                      cj_fft_node(at, CJ_OP_FFT, cj_part_of(at, g, 0), cj_part_of(at, g, 1),
                                  axis_of(node), !node->option[1]),
                      i);
}

/* Along the axis of the n / 2 + 1 sums of n reals: 1 for those that stand for themselves, else `inner`. */
static cj_tensor *weights(cj_at at, const cj_tensor *half, int axis, int64_t n, double inner)
{
    int64_t shape[CJ_MAX_RANK];
    for (int i = 0; i < half->rank; i++)
        shape[i] = i == axis ? half->shape[i] : 1;
    cj_tensor *k = cj_iota_at(at, half->context, CJ_I64, half->rank, shape, axis);
    if (!k)
        return NULL;
    cj_tensor *alone = cj_eq_at(at, k, cj_like_at(at, k, 0));
    if (n % 2 == 0)
        alone = cj_or_at(at, alone, cj_eq_at(at, k, cj_like_at(at, k, (double)(n / 2))));
    return cj_where_at(at, alone, cj_like_at(at, half, 1), cj_like_at(at, half, inner));
}

CJ_TANGENT(rfft)
{
    return cj_fft_node(at, CJ_OP_RFFT, t[0], NULL, axis_of(node), false);
}

CJ_COTANGENT(rfft)
{
    int axis = axis_of(node);
    int64_t n = node->source[0]->shape[axis];
    cj_tensor *re = cj_part_of(at, g, 0), *im = cj_part_of(at, g, 1);
    cj_tensor *w = re ? weights(at, re, axis, n, 0.5) : NULL;
    return cj_irfft_node(at, cj_mul_at(at, re, w), cj_mul_at(at, im, w), axis, n);
}

CJ_TANGENT(irfft)
{
    return cj_irfft_node(at, or_zeros(at, t[0], node->source[0]),
                         or_zeros(at, t[1], node->source[1]), axis_of(node), node->option[1]);
}

CJ_COTANGENT(irfft)
{
    int axis = axis_of(node);
    cj_tensor *part = cj_part_of(at, cj_fft_node(at, CJ_OP_RFFT, g, NULL, axis, false), i);
    return part ? cj_mul_at(at, part, weights(at, part, axis, node->option[1], 2)) : NULL;
}

/* ---- lanes ---- */

static cj_tensor *with_lanes(cj_at at, cj_tensor *x, int64_t lanes, bool batched)
{
    return batched ? x : cj_repeat_lanes(at, x, lanes);
}

/* [2, lanes, ...] to [lanes, 2, ...]. */
static cj_tensor *lanes_first(cj_at at, cj_tensor *packed)
{
    return packed ? cj_transpose_at(at, packed, 0, 1) : NULL;
}

CJ_BATCH(fft)
{
    return lanes_first(at, cj_fft_node(at, CJ_OP_FFT, with_lanes(at, source[0], lanes, batched[0]),
                                       with_lanes(at, source[1], lanes, batched[1]),
                                       axis_of(node) + 1, node->option[1]));
}

CJ_BATCH(rfft)
{
    (void)lanes, (void)batched;
    return lanes_first(at, cj_fft_node(at, CJ_OP_RFFT, source[0], NULL, axis_of(node) + 1, false));
}

CJ_BATCH(irfft)
{
    return cj_irfft_node(at, with_lanes(at, source[0], lanes, batched[0]),
                         with_lanes(at, source[1], lanes, batched[1]), axis_of(node) + 1,
                         node->option[1]);
}
