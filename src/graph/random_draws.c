/*
 * src/graph/random_draws.c - draws composed of uniform and normal ones.
 */
#include "cajal/index.h"
#include "cajal/random.h"
#include "cajal/reduce.h"
#include "graph/build.h"

#include <inttypes.h>
#include <math.h>

/* A key of its own for each draw that one call makes. */
static cj_tensor *folded(cj_at at, cj_tensor *key, int64_t draw)
{
    if (!cj_ready(key))
        return NULL;
    return cj_fold_at(at, key, cj_tensor_from_at(at, key->context, CJ_I64, 0, NULL, &draw));
}

/* In (0, 1): half a step above the uniform numbers, of a bit less each so that it is exact. */
static cj_tensor *inside(cj_at at, cj_tensor *key, cj_dtype dtype, int rank, const int64_t *shape)
{
    cj_tensor *u = cj_random_uniform_at(at, key, dtype, rank, shape);
    if (!u)
        return NULL;
    double steps = dtype == CJ_F64 ? 0x1p52 : 0x1p23;
    cj_tensor *step = cj_shift_at(at, cj_floor_at(at, cj_scale_at(at, u, steps)), 0.5);
    return cj_scale_at(at, step, 1 / steps);
}

static bool in_order(cj_at at, const char *name, const cj_tensor *key, double low, double high)
{
    if (!cj_ready(key))
        return false;
    if (low < high)
        return true;
    cj_fail_building(key->context, CJ_INVALID, at, "%s: from %g to %g; the first must be less",
                     name, low, high);
    return false;
}

static bool is_float_tensor(cj_at at, const char *name, const cj_tensor *key, const cj_tensor *x)
{
    if (!cj_ready(key) || !x)
        return false;
    if (cj_dtype_class(x->dtype) == 'f')
        return true;
    cj_fail_building(key->context, CJ_DTYPE, at, "%s: %s; it takes floats: cj_cast it", name,
                     CJ_SHAPE_OF(x));
    return false;
}

cj_tensor *cj_random_uniform_between_at(cj_at at, cj_tensor *key, cj_dtype dtype, int rank,
                                        const int64_t *shape, double low, double high)
{
    if (!in_order(at, "random_uniform_between", key, low, high))
        return NULL;
    cj_tensor *u = cj_random_uniform_at(at, key, dtype, rank, shape);
    return u ? cj_shift_at(at, cj_scale_at(at, u, high - low), low) : NULL;
}

/* The upper half of the product of a word and the count. */
cj_tensor *cj_random_integer_at(cj_at at, cj_tensor *key, cj_dtype dtype, int rank,
                                const int64_t *shape, int64_t low, int64_t high)
{
    if (!cj_ready(key))
        return NULL;
    if ((unsigned)dtype >= CJ_DTYPE_COUNT || !strchr("iu", cj_dtype_class(dtype))) {
        cj_fail_building(key->context, CJ_DTYPE, at, "random_integer: %s; it makes integers",
                         cj_dtype_name(dtype));
        return NULL;
    }
    if (high <= low || (uint64_t)high - (uint64_t)low > UINT64_C(1) << 31) {
        cj_fail_building(key->context, CJ_INVALID, at,
                         "random_integer: from %" PRId64 " to below %" PRId64
                         "; these must be 1 to 2^31 numbers",
                         low, high);
        return NULL;
    }
    cj_tensor *word = cj_random_bits_at(at, key, rank, shape);
    int64_t count = high - low;
    cj_tensor *n = cj_tensor_from_at(at, key->context, CJ_I64, 0, NULL, &count);
    cj_tensor *least = cj_tensor_from_at(at, key->context, CJ_I64, 0, NULL, &low);
    if (!word || !n || !least)
        return NULL;
    cj_tensor *product = cj_mul_at(at, cj_cast_at(at, word, CJ_I64), n);
    cj_tensor *part = cj_div_at(at, product, cj_like_at(at, product, 0x1p32));
    return cj_cast_at(at, cj_add_at(at, part, least), dtype);
}

cj_tensor *cj_random_permutation_at(cj_at at, cj_tensor *key, int64_t n)
{
    return cj_argsort_at(at, cj_random_bits_at(at, key, 1, &n), 0, false);
}

cj_tensor *cj_random_truncated_normal_at(cj_at at, cj_tensor *key, cj_dtype dtype, int rank,
                                         const int64_t *shape, double low, double high)
{
    const double root_half = 0.707106781186547524401;
    if (!in_order(at, "random_truncated_normal", key, low, high))
        return NULL;
    cj_tensor *u = inside(at, key, dtype, rank, shape);
    if (!u)
        return NULL;
    cj_tensor *from = cj_erf_at(at, cj_like_at(at, u, low * root_half));
    cj_tensor *to = cj_erf_at(at, cj_like_at(at, u, high * root_half));
    cj_tensor *place = cj_add_at(at, from, cj_mul_at(at, cj_sub_at(at, to, from), u));
    cj_tensor *x = cj_scale_at(at, cj_erfinv_at(at, place), 1 / root_half);
    return cj_clamp_at(at, x, low, high);
}

cj_tensor *cj_random_exponential_at(cj_at at, cj_tensor *key, cj_dtype dtype, int rank,
                                    const int64_t *shape)
{
    cj_tensor *u = inside(at, key, dtype, rank, shape);
    return u ? cj_neg_at(at, cj_log_at(at, u)) : NULL;
}

cj_tensor *cj_random_gumbel_at(cj_at at, cj_tensor *key, cj_dtype dtype, int rank,
                               const int64_t *shape)
{
    cj_tensor *e = cj_random_exponential_at(at, key, dtype, rank, shape);
    return e ? cj_neg_at(at, cj_log_at(at, e)) : NULL;
}

cj_tensor *cj_random_bernoulli_at(cj_at at, cj_tensor *key, cj_tensor *p)
{
    if (!is_float_tensor(at, "random_bernoulli", key, p))
        return NULL;
    return cj_lt_at(at, cj_random_uniform_at(at, key, (cj_dtype)p->dtype, p->rank, p->shape), p);
}

cj_tensor *cj_random_rademacher_at(cj_at at, cj_tensor *key, cj_dtype dtype, int rank,
                                   const int64_t *shape)
{
    cj_tensor *bits = cj_random_bits_at(at, key, rank, shape);
    if (!bits)
        return NULL;
    bits = cj_and_at(at, bits, cj_like_at(at, bits, 1));
    return cj_shift_at(at, cj_scale_at(at, cj_cast_at(at, bits, dtype), 2), -1);
}

cj_tensor *cj_random_choice_at(cj_at at, cj_tensor *key, cj_tensor *logits, int64_t k)
{
    if (!is_float_tensor(at, "random_choice", key, logits))
        return NULL;
    cj_tensor *noise = cj_random_gumbel_at(at, key, (cj_dtype)logits->dtype, logits->rank,
                                           logits->shape),
              *index = NULL;
    cj_top_k_at(at, cj_add_at(at, logits, noise), k, -1, false, &index);
    return index;
}

cj_tensor *cj_random_categorical_at(cj_at at, cj_tensor *key, cj_tensor *logits, int axis)
{
    if (!is_float_tensor(at, "random_categorical", key, logits))
        return NULL;
    axis = cj_axis_of(at, "random_categorical", logits, axis, logits->rank);
    if (axis < 0)
        return NULL;
    cj_tensor *noise =
        cj_random_gumbel_at(at, key, (cj_dtype)logits->dtype, logits->rank, logits->shape);
    return cj_argmax_at(at, cj_add_at(at, logits, noise), CJ_AXIS(axis), false);
}

/* ---- gamma ---- */

/*
 * With d = a - 1/3 and c = 1 / sqrt(9 d), for a >= 1: v = (1 + c x)^3 of a normal x is accepted, as
 * d v, when v > 0 and log u < x^2/2 + d - d v + d log v. Returns log(d v).
 */
static cj_tensor *log_of_proposals(cj_at at, cj_tensor *key, cj_tensor *a)
{
    enum { PROPOSALS = 10 };
    cj_dtype dtype = (cj_dtype)a->dtype;
    cj_tensor *one = cj_like_at(at, a, 1), *none = cj_like_at(at, a, 0);
    cj_tensor *d = cj_shift_at(at, a, -1.0 / 3);
    cj_tensor *c = cj_rsqrt_at(at, cj_scale_at(at, d, 9)), *log_v = cj_scale_at(at, d, 0);
    for (int i = PROPOSALS - 1; i >= 0; i--) {
        cj_tensor *x = cj_random_normal_at(at, folded(at, key, 2 * i), dtype, a->rank, a->shape);
        cj_tensor *u = inside(at, folded(at, key, 2 * i + 1), dtype, a->rank, a->shape);
        if (!x || !u)
            return NULL;
        cj_tensor *root = cj_add_at(at, cj_mul_at(at, c, x), one);
        cj_tensor *good = cj_lt_at(at, none, root);
        root = cj_where_at(at, good, root, one);
        cj_tensor *log = cj_scale_at(at, cj_log_at(at, root), 3);
        cj_tensor *v = cj_mul_at(at, cj_mul_at(at, root, root), root);
        cj_tensor *rest = cj_mul_at(at, d, cj_add_at(at, cj_sub_at(at, one, v), log));
        cj_tensor *bound = cj_add_at(at, cj_scale_at(at, cj_mul_at(at, x, x), 0.5), rest);
        good = cj_and_at(at, good, cj_lt_at(at, cj_log_at(at, u), bound));
        log_v = cj_where_at(at, good, log, log_v);
    }
    return cj_add_at(at, cj_log_at(at, d), log_v);
}

cj_tensor *cj_random_log_gamma_at(cj_at at, cj_tensor *key, cj_tensor *alpha)
{
    if (!is_float_tensor(at, "random_gamma", key, alpha))
        return NULL;
    alpha = cj_stop_gradient_at(at, alpha);
    cj_tensor *one = cj_like_at(at, alpha, 1), *small = cj_lt_at(at, alpha, one);
    cj_tensor *y =
        log_of_proposals(at, key, cj_where_at(at, small, cj_add_at(at, alpha, one), alpha));
    cj_tensor *u =
        inside(at, folded(at, key, -1), (cj_dtype)alpha->dtype, alpha->rank, alpha->shape);
    if (!y || !u)
        return NULL;
    return cj_where_at(at, small, cj_add_at(at, y, cj_div_at(at, cj_log_at(at, u), alpha)), y);
}

cj_tensor *cj_random_gamma_at(cj_at at, cj_tensor *key, cj_tensor *alpha)
{
    cj_tensor *log = cj_random_log_gamma_at(at, key, alpha);
    return log ? cj_exp_at(at, log) : NULL;
}

/* x / (x + y) = 1 / (1 + y/x) */
cj_tensor *cj_random_beta_at(cj_at at, cj_tensor *key, cj_tensor *a, cj_tensor *b)
{
    if (!is_float_tensor(at, "random_beta", key, a) || !is_float_tensor(at, "random_beta", key, b))
        return NULL;
    cj_tensor *both = cj_add_at(at, a, b); /* for its shape */
    if (!both)
        return NULL;
    a = cj_expand_at(at, a, both->rank, both->shape);
    b = cj_expand_at(at, b, both->rank, both->shape);
    cj_tensor *x = cj_random_log_gamma_at(at, folded(at, key, 0), a);
    cj_tensor *y = cj_random_log_gamma_at(at, folded(at, key, 1), b);
    if (!x || !y)
        return NULL;
    return cj_reciprocal_at(at, cj_shift_at(at, cj_exp_at(at, cj_sub_at(at, y, x)), 1));
}

cj_tensor *cj_random_dirichlet_at(cj_at at, cj_tensor *key, cj_tensor *alpha, int axis)
{
    if (!is_float_tensor(at, "random_dirichlet", key, alpha))
        return NULL;
    axis = cj_axis_of(at, "random_dirichlet", alpha, axis, alpha->rank);
    if (axis < 0)
        return NULL;
    cj_tensor *log = cj_random_log_gamma_at(at, key, alpha);
    cj_tensor *sum = cj_logsumexp_at(at, log, CJ_AXIS(axis), true);
    return sum ? cj_exp_at(at, cj_sub_at(at, log, sum)) : NULL;
}
