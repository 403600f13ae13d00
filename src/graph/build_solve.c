/*
 * src/graph/build_solve.c - systems by factors that serve the derivatives too; determinants; functions of a matrix.
 */
#include "cajal/custom.h"
#include "cajal/index.h"
#include "cajal/linalg.h"
#include "cajal/reduce.h"

#include "graph/build.h"
#include "graph/linalg.h"

#include <math.h>

static int64_t columns_of(const cj_tensor *x)
{
    return x->shape[x->rank - 1];
}

/* ---- systems: factors of A are worked out once, and A has the derivative ---- */

enum { TRANSPOSED = 1, POSITIVE = 2 };
static const int flags_of[] = {0, TRANSPOSED, POSITIVE, POSITIVE | TRANSPOSED};

static cj_tensor *triangular(cj_at at, cj_tensor *a, cj_tensor *b, bool upper, bool transposed,
                             bool unit)
{
    return b ? cj_matrix_node(at, CJ_OP_SOLVE_TRIANGULAR, a, b, 3,
                              (int64_t[]){upper, transposed, unit})
             : NULL;
}

/* L, or the rows that LU packs (src/cpu/op_factor.c). */
static cj_tensor *factors_of(cj_at at, cj_tensor *a, bool positive)
{
    return positive ? cj_cholesky_at(at, cj_stop_gradient_at(at, a))
                    : cj_matrix_node(at, CJ_OP_LU, a, NULL, 0, NULL);
}

static cj_tensor *lu_rows(cj_at at, cj_tensor *f)
{
    return f ? cj_narrow_at(at, f, -2, 0, columns_of(f)) : NULL;
}

/* Row i of P x is row [i] of x: [..., n, 1]. */
static cj_tensor *permutation_of(cj_at at, cj_tensor *f)
{
    int64_t n = columns_of(f);
    cj_tensor *row = cj_narrow_at(at, f, -2, n, n + 1);
    return row ? cj_cast_at(at, cj_turned(at, row), CJ_I64) : NULL;
}

static cj_tensor *by_factors(cj_at at, cj_tensor *f, cj_tensor *b, int flags)
{
    if (!f || !b)
        return NULL;
    if (flags & POSITIVE) {
        cj_tensor *y = triangular(at, f, b, false, false, false);
        return triangular(at, f, y, false, true, false);
    }
    cj_tensor *lu = lu_rows(at, f), *from = permutation_of(at, f);
    if (!lu || !from)
        return NULL;
    int rows = b->rank - 2;
    if (flags & TRANSPOSED) {
        cj_tensor *y = triangular(at, lu, b, true, true, false);
        y = triangular(at, lu, y, false, true, true);
        return cj_scatter_node(at, CJ_OP_SCATTER_ADD, y, rows, from, columns_of(f));
    }
    cj_tensor *y = triangular(at, lu, cj_gather_node(at, b, rows, from, false), false, false, true);
    return triangular(at, lu, y, true, false, false);
}

static cj_tensor *solved(cj_at at, cj_tensor *a, cj_tensor *b, cj_tensor *f, int flags);

/* B_ = op(A)^-T X_; A_ = -B_ X^T, or -X B_^T where op is the transpose. */
static void solve_vjp(void *user, cj_tensor *y, int count, cj_tensor *const *x, cj_tensor *g,
                      cj_tensor **out)
{
    int flags = *(const int *)user;
    (void)count;
    cj_tensor *back = solved(CJ_HERE, x[0], g, x[2], flags ^ TRANSPOSED);
    bool transposed = flags & TRANSPOSED;
    cj_tensor *left = transposed ? y : back, *right = transposed ? back : y;
    cj_tensor *outer = left && right ? cj_matmul(left, cj_turned(CJ_HERE, right)) : NULL;
    if (outer && flags & POSITIVE) /* A's symmetric part is what counts */
        outer = cj_symmetric_part(CJ_HERE, outer);
    out[0] = outer ? cj_neg(outer) : NULL;
    out[1] = back;
}

static cj_tensor *solved(cj_at at, cj_tensor *a, cj_tensor *b, cj_tensor *f, int flags)
{
    cj_tensor *y = by_factors(at, f, b, flags);
    if (!y)
        return NULL;
    return cj_custom_gradient_at(&(struct cj_custom_gradient_args){
        .y = y,
        .count = 3,
        .x = (cj_tensor *[]){a, b, f},
        .vjp = solve_vjp,
        .at = {at.file, at.line, sizeof(struct cj_custom_gradient_args)},
        .user = (void *)&flags_of[flags],
        .name = "solve"});
}

/* a and b with one batch: an elementwise op would say so of the whole shape. */
static bool batched(cj_at at, cj_tensor **a, cj_tensor **b)
{
    int64_t n = columns_of(*a), k = columns_of(*b);
    if ((*b)->shape[(*b)->rank - 2] != n || (*a)->dtype != (*b)->dtype) {
        bool type = (*a)->dtype != (*b)->dtype;
        cj_fail_building((*a)->context, type ? CJ_DTYPE : CJ_SHAPE, at,
                         type ? "solve: %s and %s have different data types; cj_cast one of them"
                              : "solve: %s and the right sides %s must have equally many rows",
                         CJ_SHAPE_OF(*a), CJ_SHAPE_OF(*b));
        return false;
    }
    cj_tensor *one =
        n && k ? cj_add_at(at, cj_narrow_at(at, *a, -1, 0, 1), cj_narrow_at(at, *b, -1, 0, 1))
               : NULL; /* for its shape alone */
    if (!one)
        return !n || !k;
    int64_t shape[CJ_MAX_RANK];
    memcpy(shape, one->shape, one->rank * sizeof *shape);
    shape[one->rank - 1] = n;
    *a = cj_expand_at(at, *a, one->rank, shape);
    shape[one->rank - 1] = k;
    *b = cj_expand_at(at, *b, one->rank, shape);
    return *a && *b;
}

cj_tensor *cj_solve_at(const struct cj_solve_args *args)
{
    struct cj_solve_args a;
    cj_context *context = args ? cj_ready(args->a) : NULL;
    if (!context || !CJ_TAKE_ARGS(context, "solve", a, args) || !a.b ||
        !cj_is_matrices(a.at, "solve", a.a, true) || !cj_is_matrices(a.at, "solve", a.b, false) ||
        !batched(a.at, &a.a, &a.b))
        return NULL;
    int flags = (a.transposed ? TRANSPOSED : 0) | (a.positive_definite ? POSITIVE : 0);
    return solved(a.at, a.a, a.b, factors_of(a.at, a.a, a.positive_definite), flags);
}

/* op(A)^-1 by given factors. */
static cj_tensor *inverse_by(cj_at at, cj_tensor *a, cj_tensor *f, int flags)
{
    cj_tensor *one = cj_eye_at(at, a->context, (cj_dtype)a->dtype, columns_of(a));
    return one ? solved(at, a, cj_expand_at(at, one, a->rank, a->shape), f, flags) : NULL;
}

cj_tensor *cj_inverse_at(cj_at at, cj_tensor *a)
{
    if (!cj_is_matrices(at, "inverse", a, true))
        return NULL;
    return inverse_by(at, a, factors_of(at, a, false), 0);
}

/* ---- determinants ---- */

static cj_tensor *times_matrix(cj_at at, cj_tensor *g, cj_tensor *matrix)
{
    g = g ? cj_unsqueeze_at(at, cj_unsqueeze_at(at, g, -1), -1) : NULL;
    return g && matrix ? cj_mul_at(at, g, matrix) : NULL;
}

static void logabs_vjp(void *user, cj_tensor *y, int count, cj_tensor *const *x, cj_tensor *g,
                       cj_tensor **out)
{
    (void)user, (void)count, (void)y;
    out[0] = times_matrix(CJ_HERE, g, inverse_by(CJ_HERE, x[0], x[1], TRANSPOSED));
}

static void det_vjp(void *user, cj_tensor *y, int count, cj_tensor *const *x, cj_tensor *g,
                    cj_tensor **out)
{
    (void)user, (void)count;
    out[0] = times_matrix(CJ_HERE, cj_mul(g, y), inverse_by(CJ_HERE, x[0], x[1], TRANSPOSED));
}

static cj_tensor *with_gradient(cj_at at, cj_tensor *y, cj_tensor *a, cj_tensor *f,
                                cj_custom_vjp *vjp, const char *name)
{
    if (!y)
        return NULL;
    return cj_custom_gradient_at(&(struct cj_custom_gradient_args){
        .y = y,
        .count = f ? 2 : 1,
        .x = (cj_tensor *[]){a, f},
        .vjp = vjp,
        .at = {at.file, at.line, sizeof(struct cj_custom_gradient_args)},
        .name = name});
}

/* The diagonal of U, and the sign of the permutation. */
static cj_tensor *pivots_of(cj_at at, cj_tensor *f, cj_tensor **sign)
{
    int64_t n = columns_of(f);
    cj_tensor *row = cj_narrow_at(at, f, -2, n + 1, n + 2);
    *sign = row ? cj_amax_at(at, row, 3U << (f->rank - 2), false) : NULL;
    return *sign ? cj_diagonal_at(at, lu_rows(at, f), 0) : NULL;
}

cj_tensor *cj_det_at(cj_at at, cj_tensor *a)
{
    if (!cj_is_matrices(at, "det", a, true))
        return NULL;
    if (columns_of(a) == 0)
        return cj_full_at(at, a->context, (cj_dtype)a->dtype, a->rank - 2, a->shape, 1);
    cj_tensor *f = factors_of(at, a, false), *sign;
    cj_tensor *pivots = f ? pivots_of(at, f, &sign) : NULL;
    if (!pivots)
        return NULL;
    cj_tensor *y = cj_mul_at(at, sign, cj_prod_at(at, pivots, CJ_AXIS(pivots->rank - 1), false));
    return with_gradient(at, y, a, f, det_vjp, "det");
}

cj_slogdet_result cj_slogdet_at(cj_at at, cj_tensor *a)
{
    cj_slogdet_result y = {NULL, NULL};
    if (!cj_is_matrices(at, "slogdet", a, true))
        return y;
    if (columns_of(a) == 0) {
        y.sign = cj_full_at(at, a->context, (cj_dtype)a->dtype, a->rank - 2, a->shape, 1);
        y.logabs = cj_full_at(at, a->context, (cj_dtype)a->dtype, a->rank - 2, a->shape, 0);
        return y;
    }
    cj_tensor *f = factors_of(at, a, false), *sign;
    cj_tensor *pivots = f ? pivots_of(at, f, &sign) : NULL;
    if (!pivots)
        return y;
    uint32_t last = CJ_AXIS(pivots->rank - 1);
    y.sign = cj_mul_at(at, sign, cj_prod_at(at, cj_sign_at(at, pivots), last, false));
    y.logabs = cj_sum_at(at, cj_log_at(at, cj_abs_at(at, pivots)), last, false);
    y.logabs = with_gradient(at, y.logabs, a, f, logabs_vjp, "slogdet");
    return y;
}

/* ---- functions of a matrix ---- */

cj_tensor *cj_trace_at(cj_at at, cj_tensor *a)
{
    if (!cj_is_matrices(at, "trace", a, true))
        return NULL;
    cj_tensor *diagonal = cj_diagonal_at(at, a, 0);
    return diagonal ? cj_sum_at(at, diagonal, CJ_AXIS(diagonal->rank - 1), false) : NULL;
}

/* The sum of a^k / k! for k = 0 to 16, in powers of a^4 (Paterson and Stockmeyer, 1973). */
static cj_tensor *exp_series(cj_at at, cj_tensor *a)
{
    cj_tensor *power[5] = {cj_eye_at(at, a->context, (cj_dtype)a->dtype, columns_of(a)), a};
    for (int k = 2; k <= 4; k++)
        power[k] = cj_matmul_at(at, power[k / 2], power[k - k / 2]);
    double inverse[17] = {1};
    for (int k = 1; k <= 16; k++)
        inverse[k] = inverse[k - 1] / k;
    cj_tensor *sum = power[4] ? cj_scale_at(at, power[4], inverse[16]) : NULL;
    for (int group = 3; group >= 0 && sum; group--) {
        if (group < 3)
            sum = cj_matmul_at(at, sum, power[4]);
        for (int k = 3; k >= 0; k--)
            sum = cj_add_at(at, sum, cj_scale_at(at, power[k], inverse[4 * group + k]));
    }
    return sum;
}

/* The series of a matrix whose norm is at most 1/2 leaves out less than 2^-65. */
cj_tensor *cj_matrix_exp_at(cj_at at, cj_tensor *a)
{
    enum { SQUARINGS = 16 };
    if (!cj_is_matrices(at, "matrix_exp", a, true))
        return NULL;
    if (a->elements == 0)
        return a;
    cj_tensor *sums = cj_sum_at(at, cj_abs_at(at, a), CJ_AXIS(a->rank - 2), true);
    cj_tensor *norm = cj_stop_gradient_at(at, cj_amax_at(at, sums, CJ_AXIS(a->rank - 1), true));
    if (!norm)
        return NULL;
    cj_tensor *wanted[SQUARINGS], *scale = cj_like_at(at, a, 1);
    double bound = 0.5;
    for (int i = 0; i < SQUARINGS; i++, bound *= 2) {
        wanted[i] = cj_gt_at(at, norm, cj_like_at(at, norm, bound));
        scale = cj_mul_at(at, scale,
                          cj_where_at(at, wanted[i], cj_like_at(at, a, 0.5), cj_like_at(at, a, 1)));
    }
    cj_tensor *scaled = cj_mul_at(at, a, scale), *y = scaled ? exp_series(at, scaled) : NULL;
    for (int i = 0; i < SQUARINGS && y;
         i++) { /* what is not wanted is not squared: it may overflow */
        cj_tensor *x = cj_where_at(at, wanted[i], y, cj_like_at(at, y, 0));
        y = cj_where_at(at, wanted[i], cj_matmul_at(at, x, x), y);
    }
    cj_tensor *fits = cj_le_at(at, norm, cj_like_at(at, norm, bound));
    return y ? cj_where_at(at, fits, y, cj_like_at(at, y, (double)NAN)) : NULL;
}

cj_tensor *cj_matrix_power_at(cj_at at, cj_tensor *a, int64_t n)
{
    if (!cj_is_matrices(at, "matrix_power", a, true))
        return NULL;
    if (n < 0)
        a = cj_inverse_at(at, a);
    uint64_t left = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
    cj_tensor *y = NULL;
    for (; left && a; left >>= 1) {
        if (left & 1)
            y = y ? cj_matmul_at(at, y, a) : a;
        if (left > 1)
            a = cj_matmul_at(at, a, a);
    }
    if (y || !a)
        return y;
    cj_tensor *one = cj_eye_at(at, a->context, (cj_dtype)a->dtype, columns_of(a));
    return one ? cj_expand_at(at, one, a->rank, a->shape) : NULL;
}

/* ---- the root of a symmetric matrix ---- */

static cj_tensor *sylvester(cj_tensor *x, cj_tensor *g);

/* L of X L + L X = G is linear in G and its own transpose; X_ = -(G_ L + L G_). */
static void sylvester_vjp(void *user, cj_tensor *y, int count, cj_tensor *const *x, cj_tensor *g,
                          cj_tensor **out)
{
    (void)user, (void)count;
    cj_tensor *back = sylvester(x[0], g);
    out[1] = back;
    if (back && y) {
        cj_tensor *left = cj_matmul(back, cj_turned(CJ_HERE, y));
        out[0] = cj_neg(cj_add(left, cj_matmul(cj_turned(CJ_HERE, y), back)));
    }
}

static cj_tensor *sylvester(cj_tensor *x, cj_tensor *g)
{
    cj_eigh_result e = cj_eigh(x);
    if (!e.vectors || !g)
        return NULL;
    cj_tensor *v = e.vectors, *t = cj_turned(CJ_HERE, v);
    cj_tensor *sums = cj_add(cj_unsqueeze(e.values, -1), cj_unsqueeze(e.values, -2));
    cj_tensor *y = cj_div(cj_matmul(t, cj_matmul(g, v)), sums);
    y = y ? cj_matmul(v, cj_matmul(y, t)) : NULL;
    if (!y)
        return NULL;
    return cj_custom_gradient(.y = y, .count = 2, .x = (cj_tensor *[]){x, g}, .vjp = sylvester_vjp,
                              .name = "matrix_sqrt");
}

static void sqrt_vjp(void *user, cj_tensor *y, int count, cj_tensor *const *x, cj_tensor *g,
                     cj_tensor **out)
{
    (void)user, (void)count, (void)x;
    out[0] = cj_symmetric_part(CJ_HERE, sylvester(y, g));
}

cj_tensor *cj_matrix_sqrt_at(cj_at at, cj_tensor *a)
{
    if (!cj_is_matrices(at, "matrix_sqrt", a, true))
        return NULL;
    cj_eigh_result e = cj_eigh_at(at, a);
    if (!e.vectors)
        return NULL;
    cj_tensor *root = cj_unsqueeze_at(at, cj_sqrt_at(at, cj_relu_at(at, e.values)), -2);
    cj_tensor *scaled = root ? cj_mul_at(at, e.vectors, root) : NULL;
    cj_tensor *y = scaled ? cj_matmul_at(at, scaled, cj_turned(at, e.vectors)) : NULL;
    return with_gradient(at, y, a, NULL, sqrt_vjp, "matrix_sqrt");
}
