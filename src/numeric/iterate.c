/*
 * src/numeric/iterate.c - iterations on a symmetric matrix that is given as a product.
 */
#include "cajal/index.h"
#include "cajal/loop.h"
#include "cajal/matrix.h"

#include "base/base.h"

#include <inttypes.h>

typedef struct cj_iteration {
    cj_at at;
    cj_product_fn *product;
    void *user;
} cj_iteration;

static bool ready(const cj_tensor *x)
{
    return x && cj_context_status(cj_tensor_context(x)) == CJ_OK;
}

static cj_tensor *dot(cj_at at, cj_tensor *a, cj_tensor *b)
{
    return a && b ? cj_sum_at(at, cj_mul_at(at, a, b), CJ_ALL, false) : NULL;
}

/* x / |x|, 0 where x is 0, and |x|. */
static cj_tensor *unit(cj_at at, cj_tensor *x, cj_tensor **length)
{
    cj_tensor *square = dot(at, x, x);
    if (!square)
        return NULL;
    cj_tensor *zero = cj_eq_at(at, square, cj_like_at(at, square, 0));
    cj_tensor *root = cj_sqrt_at(at, cj_where_at(at, zero, cj_like_at(at, square, 1), square));
    *length = cj_where_at(at, zero, cj_like_at(at, square, 0), root);
    return cj_div_at(at, x, root);
}

/* What the product gave, of x's shape; else a building error. */
static cj_tensor *applied(const cj_iteration *it, const char *name, cj_tensor *x)
{
    cj_tensor *y = it->product(it->user, x);
    if (!y || (cj_tensor_dtype(y) == cj_tensor_dtype(x) && cj_rank(y) == cj_rank(x) &&
               memcmp(cj_shape(y), cj_shape(x), sizeof(int64_t) * (size_t)cj_rank(x)) == 0))
        return y;
    cj_fail_building(cj_tensor_context(x), CJ_SHAPE, it->at,
                     "%s: the product of %s is %s; it must be of the same shape and dtype", name,
                     CJ_EXTENTS_OF(cj_rank(x), cj_shape(x)),
                     CJ_EXTENTS_OF(cj_rank(y), cj_shape(y)));
    return NULL;
}

/* ---- power iteration ---- */

static void power_step(void *user, cj_body *body)
{
    const cj_iteration *it = user;
    cj_tensor *length;
    body->next[0] = unit(it->at, applied(it, "power_iteration", body->carry[0]), &length);
}

cj_power_result cj_power_iteration_at(cj_at at, cj_product_fn *product, void *user, cj_tensor *x,
                                      int64_t steps)
{
    cj_iteration it = {at, product, user};
    cj_power_result y = {NULL, NULL};
    cj_tensor *length;
    if (!ready(x))
        return y;
    x = unit(at, x, &length);
    if (!x || cj_fori_at(at, steps, power_step, &it, 1, &x, &y.vector))
        return (cj_power_result){NULL, NULL};
    y.value = dot(at, y.vector, applied(&it, "power_iteration", y.vector));
    return y;
}

/* ---- Lanczos: carries the basis [k, n], the next vector [n], diagonal and side [k] ---- */

/* x with the row, or element, of number `index` replaced. */
static cj_tensor *with_row(cj_at at, cj_tensor *x, cj_tensor *index, cj_tensor *row)
{
    int64_t shape[2] = {cj_extent(x, 0), 1};
    cj_tensor *here = cj_iota_at(at, cj_tensor_context(x), CJ_I64, cj_rank(x), shape, 0);
    return cj_where_at(at, cj_eq_at(at, here, index), row, x);
}

/* x less its parts along the rows of the basis. */
static cj_tensor *outside(cj_at at, cj_tensor *basis, cj_tensor *x)
{
    cj_tensor *column = x ? cj_unsqueeze_at(at, x, 1) : NULL;
    cj_tensor *part =
        column ? cj_matmul_at(at, cj_transpose_at(at, basis, 0, 1), cj_matmul_at(at, basis, column))
               : NULL;
    return part ? cj_sub_at(at, x, cj_squeeze_at(at, part, 1)) : NULL;
}

static void lanczos_step(void *user, cj_body *body)
{
    const cj_iteration *it = user;
    cj_at at = it->at;
    cj_tensor *q = body->carry[1], *length;
    cj_tensor *basis = with_row(at, body->carry[0], body->index, q);
    cj_tensor *w = applied(it, "lanczos", q), *along = dot(at, q, w);
    if (!w || !basis)
        return;
    cj_tensor *size = cj_sqrt_at(at, dot(at, w, w));
    w = outside(at, basis, outside(at, basis, w));
    cj_tensor *next = unit(at, w, &length);
    if (!next)
        return;
    /* what is left is rounding alone: the space is exhausted */
    double epsilon = cj_tensor_dtype(w) == CJ_F32 ? 0x1p-20 : 0x1p-48;
    cj_tensor *over = cj_le_at(at, length, cj_scale_at(at, size, epsilon));
    body->next[0] = basis;
    body->next[1] = cj_where_at(at, over, cj_like_at(at, w, 0), next);
    body->next[2] = with_row(at, body->carry[2], body->index, along);
    body->next[3] = with_row(at, body->carry[3], body->index,
                             cj_where_at(at, over, cj_like_at(at, w, 0), length));
}

cj_lanczos_result cj_lanczos_at(cj_at at, cj_product_fn *product, void *user, cj_tensor *x,
                                int64_t k)
{
    cj_iteration it = {at, product, user};
    cj_lanczos_result none = {NULL, NULL, NULL, NULL};
    if (!ready(x))
        return none;
    cj_context *c = cj_tensor_context(x);
    if (cj_rank(x) != 1 || k < 1 || k > cj_extent(x, 0)) {
        cj_fail_building(c, CJ_INVALID, at,
                         "lanczos: %" PRId64
                         " steps from %s; it takes a vector, and from 1 step to "
                         "its length",
                         k, CJ_EXTENTS_OF(cj_rank(x), cj_shape(x)));
        return none;
    }
    cj_dtype dtype = cj_tensor_dtype(x);
    cj_tensor *length, *zeros = cj_full_at(at, c, dtype, 1, &k, 0);
    cj_tensor *init[4] = {cj_full_at(at, c, dtype, 2, (int64_t[]){k, cj_extent(x, 0)}, 0),
                          unit(at, x, &length), zeros, zeros};
    cj_tensor *last[4];
    if (!init[1] || cj_fori_at(at, k, lanczos_step, &it, 4, init, last))
        return none;
    cj_lanczos_result y = {last[0], last[2], cj_narrow_at(at, last[3], 0, 0, k - 1), NULL};
    cj_tensor *full = cj_diag_embed_at(at, y.diagonal, 0);
    if (k > 1 && full)
        full = cj_add_at(
            at, full,
            cj_add_at(at, cj_diag_embed_at(at, y.beside, 1), cj_diag_embed_at(at, y.beside, -1)));
    y.values = full ? cj_eigvalsh_at(at, full) : NULL;
    return y;
}
