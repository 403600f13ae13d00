/*
 * src/numeric/matrix.c - regressions, components, alignments of matrices, as compositions.
 */
#include "cajal/matrix.h"

#include "base/base.h"
#include "cajal/loss.h"

#include <inttypes.h>

static bool ready(const cj_tensor *x)
{
    return x && cj_context_status(cj_tensor_context(x)) == CJ_OK;
}

/* Two axes (or, with `batch`, at least two); else a building error. */
static bool is_matrix(cj_at at, const char *name, cj_tensor *x, bool batch)
{
    if (!ready(x))
        return false;
    if (batch ? cj_rank(x) >= 2 : cj_rank(x) == 2)
        return true;
    cj_fail_building(cj_tensor_context(x), CJ_SHAPE, at, "%s: %s; it must have %s2 axes", name,
                     CJ_EXTENTS_OF(cj_rank(x), cj_shape(x)), batch ? "at least " : "");
    return false;
}

static cj_tensor *turned(cj_at at, cj_tensor *x)
{
    return ready(x) ? cj_transpose_at(at, x, -1, -2) : NULL;
}

static cj_tensor *eye_of(cj_at at, cj_tensor *x, int64_t n)
{
    return ready(x) ? cj_eye_at(at, cj_tensor_context(x), cj_tensor_dtype(x), n) : NULL;
}

static cj_tensor *solved(cj_at at, cj_tensor *a, cj_tensor *b, bool positive)
{
    return cj_solve_at(
        &(struct cj_solve_args){.a = a,
                                .b = b,
                                .at = {at.file, at.line, sizeof(struct cj_solve_args)},
                                .positive_definite = positive});
}

cj_tensor *cj_cayley_at(cj_at at, cj_tensor *a)
{
    if (!is_matrix(at, "cayley", a, true))
        return NULL;
    cj_tensor *one = eye_of(at, a, cj_extent(a, -1));
    return solved(at, cj_add_at(at, one, a), cj_sub_at(at, one, a), false);
}

cj_tensor *cj_center_gram_at(cj_at at, cj_tensor *k)
{
    if (!is_matrix(at, "center_gram", k, true))
        return NULL;
    uint32_t last = CJ_AXIS(cj_rank(k) - 1), before = CJ_AXIS(cj_rank(k) - 2);
    k = cj_sub_at(at, k, cj_mean_at(at, k, last, true));
    return k ? cj_sub_at(at, k, cj_mean_at(at, k, before, true)) : NULL;
}

cj_tensor *cj_rbf_kernel_at(cj_at at, cj_tensor *a, cj_tensor *b, double gamma)
{
    cj_tensor *square = cj_cdist_at(at, a, b, true);
    return square ? cj_exp_at(at, cj_scale_at(at, square, -gamma)) : NULL;
}

cj_tensor *cj_rank_one_inverse_update_at(cj_at at, cj_tensor *inverse, cj_tensor *u, cj_tensor *v)
{
    if (!is_matrix(at, "rank_one_inverse_update", inverse, true) ||
        !is_matrix(at, "rank_one_inverse_update", u, true) ||
        !is_matrix(at, "rank_one_inverse_update", v, true))
        return NULL;
    cj_tensor *right = cj_matmul_at(at, inverse, u);
    cj_tensor *left = cj_matmul_at(at, turned(at, v), inverse);
    if (!right || !left)
        return NULL;
    cj_tensor *under = cj_shift_at(at, cj_matmul_at(at, turned(at, v), right), 1);
    return cj_sub_at(at, inverse, cj_matmul_at(at, cj_div_at(at, right, under), left));
}

cj_tensor *cj_ridge_at(cj_at at, cj_tensor *x, cj_tensor *y, double lambda)
{
    if (!is_matrix(at, "ridge", x, false) || !is_matrix(at, "ridge", y, false))
        return NULL;
    int64_t n = cj_extent(x, 0), d = cj_extent(x, 1);
    cj_tensor *t = turned(at, x), *shift = eye_of(at, x, CJ_MIN(n, d));
    shift = shift ? cj_scale_at(at, shift, lambda) : NULL;
    if (n < d) {
        cj_tensor *dual = solved(at, cj_add_at(at, cj_matmul_at(at, x, t), shift), y, true);
        return dual ? cj_matmul_at(at, t, dual) : NULL;
    }
    return solved(at, cj_add_at(at, cj_matmul_at(at, t, x), shift), cj_matmul_at(at, t, y), true);
}

cj_pca_result cj_pca_at(cj_at at, cj_tensor *x, int64_t k)
{
    cj_pca_result none = {NULL, NULL, NULL};
    if (!is_matrix(at, "pca", x, false))
        return none;
    int64_t n = cj_extent(x, 0), most = CJ_MIN(n, cj_extent(x, 1));
    if (k < 0 || k > most) {
        cj_fail_building(cj_tensor_context(x), CJ_INVALID, at,
                         "pca: %" PRId64 " components of %s; there are at most %" PRId64, k,
                         CJ_EXTENTS_OF(2, cj_shape(x)), most);
        return none;
    }
    cj_tensor *mean = cj_mean_at(at, x, CJ_AXIS(0), true);
    cj_svd_result d = cj_svd_at(at, cj_sub_at(at, x, mean));
    if (!d.vt || !d.s)
        return none;
    cj_tensor *s = cj_narrow_at(at, d.s, 0, 0, k);
    return (cj_pca_result){mean, cj_narrow_at(at, d.vt, 0, 0, k),
                           cj_scale_at(at, cj_square_at(at, s), 1 / (double)CJ_MAX(n - 1, 1))};
}

cj_procrustes_result cj_procrustes_at(cj_at at, cj_tensor *a, cj_tensor *b)
{
    if (!is_matrix(at, "procrustes", a, true) || !is_matrix(at, "procrustes", b, true))
        return (cj_procrustes_result){NULL, NULL};
    uint32_t both = CJ_AXIS(cj_rank(a) - 1) | CJ_AXIS(cj_rank(a) - 2);
    cj_svd_result d = cj_svd_at(at, cj_matmul_at(at, turned(at, a), b));
    if (!d.s || !d.u)
        return (cj_procrustes_result){NULL, NULL};
    cj_tensor *sum = cj_sum_at(at, d.s, CJ_AXIS(cj_rank(d.s) - 1), false);
    cj_tensor *size = cj_sum_at(at, cj_square_at(at, a), both, false);
    return (cj_procrustes_result){cj_matmul_at(at, d.u, d.vt), cj_div_at(at, sum, size)};
}

cj_tensor *cj_principal_cosines_at(cj_at at, cj_tensor *a, cj_tensor *b)
{
    cj_tensor *p = cj_qr_at(at, a, false).q, *q = cj_qr_at(at, b, false).q;
    cj_tensor *s = p && q ? cj_svdvals_at(at, cj_matmul_at(at, turned(at, p), q)) : NULL;
    return s ? cj_minimum_at(at, s, cj_like_at(at, s, 1)) : NULL;
}

/* Row 0: -c[1] / c[0], ..., -c[n] / c[0]; ones below the diagonal. */
cj_complex cj_poly_roots_at(cj_at at, cj_tensor *c)
{
    cj_complex none = {NULL, NULL};
    if (!ready(c))
        return none;
    int64_t n = cj_rank(c) ? cj_extent(c, -1) - 1 : 0;
    if (n < 1) {
        cj_fail_building(cj_tensor_context(c), CJ_SHAPE, at,
                         "poly_roots: coefficients %s; the last axis must hold 2 at least",
                         CJ_EXTENTS_OF(cj_rank(c), cj_shape(c)));
        return none;
    }
    cj_tensor *rest =
        cj_div_at(at, cj_narrow_at(at, c, -1, 1, n + 1), cj_narrow_at(at, c, -1, 0, 1));
    cj_tensor *row = rest ? cj_neg_at(at, cj_unsqueeze_at(at, rest, -2)) : NULL;
    if (!row)
        return none;
    int64_t shape[CJ_MAX_RANK];
    memcpy(shape, cj_shape(row), sizeof shape[0] * (size_t)cj_rank(row));
    shape[cj_rank(row) - 2] = n - 1;
    cj_tensor *one = cj_narrow_at(at, eye_of(at, c, n), 0, 0, n - 1);
    one = one ? cj_expand_at(at, one, cj_rank(row), shape) : NULL;
    cj_tensor *companion = one ? cj_concat_at(at, -2, 2, (cj_tensor *[]){row, one}) : NULL;
    return companion ? cj_eig_at(at, companion).values : none;
}

cj_tensor *cj_stable_rank_at(cj_at at, cj_tensor *a)
{
    cj_tensor *s = cj_svdvals_at(at, a);
    if (!s)
        return NULL;
    uint32_t last = CJ_AXIS(cj_rank(s) - 1);
    cj_tensor *square = cj_square_at(at, s);
    return cj_div_at(at, cj_sum_at(at, square, last, false), cj_amax_at(at, square, last, false));
}
