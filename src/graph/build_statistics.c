/*
 * src/graph/build_statistics.c - reductions composed of the primitive ones.
 */
#include "cajal/reduce.h"
#include "graph/build.h"

#include <math.h>

/* ---- products ---- */

/* The reduced axes as one last axis: [kept..., n]. */
static cj_tensor *rows_of(cj_at at, cj_tensor *x, uint32_t axes)
{
    int order[CJ_MAX_RANK], rank = 0;
    int64_t shape[CJ_MAX_RANK + 1], n = 1;
    for (int i = 0; i < x->rank; i++)
        if (!(axes & CJ_AXIS(i))) {
            shape[rank] = x->shape[i];
            order[rank++] = i;
        }
    int kept = rank;
    for (int i = 0; i < x->rank; i++)
        if (axes & CJ_AXIS(i)) {
            n *= x->shape[i];
            order[rank++] = i;
        }
    shape[kept] = n;
    return cj_reshape_at(at, cj_permute_at(at, x, order), kept + 1, shape);
}

cj_tensor *cj_prod_at(cj_at at, cj_tensor *x, uint32_t axes, bool keep)
{
    if (!cj_ready(x))
        return NULL;
    CJ_IN_F32(x, cj_prod_at(at, wide, axes, keep))
    if (axes == CJ_ALL)
        axes = CJ_AXIS(x->rank) - 1;
    cj_tensor *like = cj_sum_at(at, x, axes, keep); /* checks the axes, knows the shape */
    if (!like || axes == 0)
        return like;
    cj_tensor *y = rows_of(at, x, axes);
    while (y && y->shape[y->rank - 1] > 1) {
        int64_t n = y->shape[y->rank - 1], half = n / 2;
        cj_tensor *low = cj_narrow_at(at, y, -1, 0, half);
        cj_tensor *product = cj_mul_at(at, low, cj_narrow_at(at, y, -1, half, 2 * half));
        if (n % 2 && product)
            product = cj_concat_at(at, -1, 2,
                                   (cj_tensor *[]){product, cj_narrow_at(at, y, -1, 2 * half, n)});
        y = product;
    }
    if (y && y->shape[y->rank - 1] == 0)
        return cj_full_at(at, like->context, (cj_dtype)like->dtype, like->rank, like->shape, 1);
    return cj_reshape_at(at, y, like->rank, like->shape);
}

/* ---- places and truth ---- */

/* The reverse of the order: of integers their complement, which none has twice. */
cj_tensor *cj_argmin_at(cj_at at, cj_tensor *x, uint32_t axes, bool keep)
{
    if (!cj_ready(x))
        return NULL;
    x = cj_dtype_class(x->dtype) == 'f' ? cj_neg_at(at, x) : cj_not_at(at, x);
    return cj_argmax_at(at, x, axes, keep);
}

static cj_tensor *truth(cj_at at, cj_tensor *x)
{
    return x ? cj_cast_at(at, x, CJ_BOOL) : NULL;
}

cj_tensor *cj_any_at(cj_at at, cj_tensor *x, uint32_t axes, bool keep)
{
    return cj_amax_at(at, truth(at, x), axes, keep);
}

cj_tensor *cj_all_at(cj_at at, cj_tensor *x, uint32_t axes, bool keep)
{
    return cj_amin_at(at, truth(at, x), axes, keep);
}

/* ---- sums of functions ---- */

static bool takes_floats(cj_at at, const char *name, const cj_tensor *x)
{
    if (!cj_ready(x))
        return false;
    if (cj_dtype_class(x->dtype) == 'f')
        return true;
    cj_fail_building(x->context, CJ_DTYPE, at, "%s: %s; it takes floats: cj_cast it", name,
                     CJ_SHAPE_OF(x));
    return false;
}

/* y without its axes of extent 1, unless they are kept. */
static cj_tensor *drop(cj_at at, cj_tensor *y, uint32_t axes, bool keep)
{
    return keep ? y : cj_sum_at(at, y, axes, false);
}

/* f(x) where x is not 0, else 0, the derivative at 0 being 0 too. */
static cj_tensor *where_not_zero(cj_at at, cj_tensor *x,
                                 cj_tensor *(*f)(cj_at, cj_tensor *, double), double p)
{
    cj_tensor *none = cj_like_at(at, x, 0), *zero = cj_eq_at(at, x, none);
    cj_tensor *safe = cj_where_at(at, zero, cj_like_at(at, x, 1), x);
    return cj_where_at(at, zero, none, f(at, safe, p));
}

/* The largest, held constant, cancels: it is there for the range alone. */
cj_tensor *cj_logsumexp_at(cj_at at, cj_tensor *x, uint32_t axes, bool keep)
{
    if (!takes_floats(at, "logsumexp", x))
        return NULL;
    CJ_IN_F32(x, cj_logsumexp_at(at, wide, axes, keep))
    cj_tensor *most = cj_stop_gradient_at(at, cj_amax_at(at, x, axes, true));
    if (!most)
        return NULL;
    cj_tensor *infinite = cj_like_at(at, x, (double)INFINITY), *none = cj_like_at(at, x, 0);
    most = cj_where_at(at, cj_eq_at(at, cj_abs_at(at, most), infinite), none, most);
    cj_tensor *sum = cj_sum_at(at, cj_exp_at(at, cj_sub_at(at, x, most)), axes, true);
    cj_tensor *empty = cj_eq_at(at, sum, none);
    cj_tensor *log = cj_log_at(at, cj_where_at(at, empty, cj_like_at(at, x, 1), sum));
    cj_tensor *y = cj_where_at(at, empty, cj_neg_at(at, infinite), cj_add_at(at, log, most));
    return drop(at, y, axes, keep);
}

cj_tensor *cj_var_at(cj_at at, cj_tensor *x, uint32_t axes, bool keep, double correction)
{
    if (!takes_floats(at, "var", x))
        return NULL;
    CJ_IN_F32(x, cj_var_at(at, wide, axes, keep, correction))
    cj_tensor *rest = cj_sub_at(at, x, cj_mean_at(at, x, axes, true));
    cj_tensor *sum = cj_sum_at(at, cj_mul_at(at, rest, rest), axes, keep);
    double n = 1;
    for (int i = 0; i < x->rank; i++)
        if (axes & CJ_AXIS(i))
            n *= (double)x->shape[i];
    return sum ? cj_div_at(at, sum, cj_like_at(at, sum, fmax(n - correction, 0))) : NULL;
}

static cj_tensor *root(cj_at at, cj_tensor *x, double p)
{
    return p == 2 ? cj_sqrt_at(at, x) : cj_pow_at(at, x, cj_like_at(at, x, 1 / p));
}

static cj_tensor *power(cj_at at, cj_tensor *x, double p)
{
    return cj_pow_at(at, x, cj_like_at(at, x, p));
}

cj_tensor *cj_std_at(cj_at at, cj_tensor *x, uint32_t axes, bool keep, double correction)
{
    CJ_IN_F32(x, cj_std_at(at, wide, axes, keep, correction))
    cj_tensor *variance = cj_var_at(at, x, axes, keep, correction);
    return variance ? where_not_zero(at, variance, root, 2) : NULL;
}

cj_tensor *cj_norm_at(cj_at at, cj_tensor *x, double p, uint32_t axes, bool keep)
{
    if (!takes_floats(at, "norm", x))
        return NULL;
    CJ_IN_F32(x, cj_norm_at(at, wide, p, axes, keep))
    cj_tensor *size = cj_abs_at(at, x);
    if (isinf(p))
        return p > 0 ? cj_amax_at(at, size, axes, keep) : cj_amin_at(at, size, axes, keep);
    if (p == 0) {
        cj_tensor *counted = cj_ne_at(at, x, cj_like_at(at, x, 0));
        return cj_sum_at(at, cj_cast_at(at, counted, (cj_dtype)x->dtype), axes, keep);
    }
    if (p == 1)
        return cj_sum_at(at, size, axes, keep);
    cj_tensor *each = p == 2 ? cj_mul_at(at, x, x) : where_not_zero(at, size, power, p);
    cj_tensor *sum = cj_sum_at(at, each, axes, keep);
    return sum ? where_not_zero(at, sum, root, p) : NULL;
}
