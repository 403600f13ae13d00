/*
 * src/transform/rules_linalg.c - factors of matrices and what they solve. Where a derivative divides by a difference of values, or by
 * a value, that is 0, the quotient counts as 0.
 */
#include "cajal/index.h"

#include "graph/linalg.h"
#include "transform/batch.h"
#include "transform/rules.h"

/* ---- matrices in the last two axes ---- */

static cj_tensor *turned(cj_at at, cj_tensor *x)
{
    return x ? cj_transpose_at(at, x, -1, -2) : NULL;
}

static cj_tensor *times(cj_at at, cj_tensor *a, cj_tensor *b)
{
    return a && b ? cj_matmul_at(at, a, b) : NULL;
}

/* a + b, where NULL is zero. */
static cj_tensor *plus(cj_at at, cj_tensor *a, cj_tensor *b)
{
    return a && b ? cj_add_at(at, a, b) : a ? a : b;
}

static cj_tensor *minus(cj_at at, cj_tensor *a, cj_tensor *b)
{
    return !b ? a : a ? cj_sub_at(at, a, b) : cj_neg_at(at, b);
}

/* The symmetric matrix of a lower triangle; and the transpose of that map, of a symmetric x. */
static cj_tensor *from_lower(cj_at at, cj_tensor *x)
{
    return plus(at, cj_tril_at(at, x, 0), turned(at, cj_tril_at(at, x, -1)));
}

static cj_tensor *to_lower(cj_at at, cj_tensor *x)
{
    return plus(at, cj_tril_at(at, x, 0), cj_tril_at(at, turned(at, x), -1));
}

static cj_tensor *as_column(cj_at at, cj_tensor *w)
{
    return w ? cj_unsqueeze_at(at, w, -1) : NULL;
}

static cj_tensor *as_row(cj_at at, cj_tensor *w)
{
    return w ? cj_unsqueeze_at(at, w, -2) : NULL;
}

static cj_tensor *flat(cj_at at, cj_tensor *x)
{
    int64_t shape[CJ_MAX_RANK];
    if (!x)
        return NULL;
    memcpy(shape, x->shape, (size_t)(x->rank - 2) * sizeof *shape);
    shape[x->rank - 2] = x->shape[x->rank - 2] * x->shape[x->rank - 1];
    return cj_reshape_at(at, x, x->rank - 1, shape);
}

/* 1 / d, 0 where d is 0. */
static cj_tensor *inverted(cj_at at, cj_tensor *d)
{
    if (!d)
        return NULL;
    cj_tensor *zero = cj_eq_at(at, d, cj_like_at(at, d, 0));
    cj_tensor *safe = cj_where_at(at, zero, cj_like_at(at, d, 1), d);
    return cj_where_at(at, zero, cj_like_at(at, d, 0), cj_reciprocal_at(at, safe));
}

static cj_tensor *identity(cj_at at, const cj_tensor *like, int64_t n)
{
    cj_tensor *ones = cj_full_at(at, like->context, (cj_dtype)like->dtype, 1, &n, 1);
    return cj_diag_embed_at(at, ones, 0);
}

static int64_t rows_of(const cj_tensor *x)
{
    return x->shape[x->rank - 2];
}

static int64_t columns_of(const cj_tensor *x)
{
    return x->shape[x->rank - 1];
}

static cj_tensor *solved(cj_at at, cj_op op, cj_tensor *a, cj_tensor *b, int options,
                         const int64_t *option)
{
    if (!a || !b)
        return NULL;
    return cj_node(a->context, at,
                   &(cj_node_spec){.op = op,
                                   .source_count = 2,
                                   .source = (cj_tensor *[]){a, b},
                                   .option_count = options,
                                   .option = option});
}

/* ---- triangular systems: op(A) X = B ---- */

static cj_tensor *triangular(cj_at at, cj_tensor *a, cj_tensor *b, bool upper, bool transposed,
                             bool unit)
{
    return solved(at, CJ_OP_SOLVE_TRIANGULAR, a, b, 3, (int64_t[]){upper, transposed, unit});
}

/* What of a matrix the node looks at. */
static cj_tensor *seen(cj_at at, const cj_tensor *node, cj_tensor *a)
{
    int unit = node->option[2] != 0;
    return node->option[0] ? cj_triu_at(at, a, unit) : cj_tril_at(at, a, -unit);
}

/* dX = op(A)^-1 (dB - op(dA) X) */
CJ_TANGENT(solve_triangular)
{
    cj_tensor *moved = NULL;
    if (t[0]) {
        moved = seen(at, node, t[0]);
        moved = times(at, node->option[1] ? turned(at, moved) : moved, node);
    }
    return triangular(at, node->source[0], minus(at, t[1], moved), node->option[0], node->option[1],
                      node->option[2]);
}

CJ_COTANGENT(solve_triangular)
{
    cj_tensor *back =
        triangular(at, node->source[0], g, node->option[0], !node->option[1], node->option[2]);
    if (i == 1 || !back)
        return back;
    cj_tensor *outer =
        node->option[1] ? times(at, node, turned(at, back)) : times(at, back, turned(at, node));
    return outer ? cj_neg_at(at, seen(at, node, outer)) : NULL;
}

/* ---- Cholesky (Murray, "Differentiation of the Cholesky decomposition", 2016) ---- */

/* The lower triangle with half the diagonal. */
static cj_tensor *half_lower(cj_at at, cj_tensor *x)
{
    cj_tensor *both = plus(at, cj_tril_at(at, x, 0), cj_tril_at(at, x, -1));
    return both ? cj_scale_at(at, both, 0.5) : NULL;
}

/* dL = L half_lower(L^-1 dA L^-T) */
CJ_TANGENT(cholesky)
{
    cj_tensor *s = triangular(at, node, from_lower(at, t[0]), false, false, false);
    s = triangular(at, node, turned(at, s), false, false, false);
    return s ? times(at, node, half_lower(at, s)) : NULL;
}

CJ_COTANGENT(cholesky)
{
    cj_tensor *p = times(at, turned(at, node), cj_tril_at(at, g, 0));
    p = p ? half_lower(at, p) : NULL;
    p = triangular(at, node, p, false, true, false);
    p = turned(at, triangular(at, node, turned(at, p), false, true, false));
    p = plus(at, p, turned(at, p));
    return p ? cj_scale_at(at, to_lower(at, p), 0.5) : NULL;
}

/* ---- QR of m rows, n <= m columns; a full Q of more rows than columns has none ---- */

static bool is_thin(cj_at at, const cj_tensor *node)
{
    const cj_tensor *a = node->source[0];
    if (!node->option[0] || rows_of(a) == columns_of(a))
        return true;
    cj_fail_building(
        node->context, CJ_UNSUPPORTED, at,
        "qr: the columns that a full Q has beyond those of A are no smooth function of "
        "it: differentiate the thin factors");
    return false;
}

/* With X = dA R^-1, M = Q^T X and the antisymmetric W of M's lower triangle: dQ = Q (W - M) + X,
 * dR = (M - W) R. */
CJ_TANGENT(qr)
{
    if (!is_thin(at, node))
        return NULL;
    int64_t m = rows_of(node->source[0]), n = columns_of(node->source[0]);
    cj_tensor *q = cj_packed_matrix(at, node, 0, m, n),
              *r = cj_packed_matrix(at, node, m * n, n, n);
    cj_tensor *x = turned(at, triangular(at, r, turned(at, t[0]), true, true, false));
    cj_tensor *p = times(at, turned(at, q), x);
    if (!p)
        return NULL;
    cj_tensor *low = cj_tril_at(at, p, -1);
    cj_tensor *rest = minus(at, p, minus(at, low, turned(at, low)));
    cj_tensor *part[2] = {flat(at, minus(at, x, times(at, q, rest))), flat(at, times(at, rest, r))};
    return part[0] && part[1] ? cj_concat_at(at, -1, 2, part) : NULL;
}

/* A = [Q_ + Q copy_lower(R R_^T - Q_^T Q)] R^-T (Walter and Lehmann, 2018) */
CJ_COTANGENT(qr)
{
    if (!is_thin(at, node))
        return NULL;
    int64_t m = rows_of(node->source[0]), n = columns_of(node->source[0]);
    cj_tensor *q = cj_packed_matrix(at, node, 0, m, n),
              *r = cj_packed_matrix(at, node, m * n, n, n);
    cj_tensor *gq = cj_packed_matrix(at, g, 0, m, n);
    cj_tensor *gr = cj_triu_at(at, cj_packed_matrix(at, g, m * n, n, n), 0);
    cj_tensor *inner = minus(at, times(at, r, turned(at, gr)), times(at, turned(at, gq), q));
    if (!inner)
        return NULL;
    cj_tensor *y = plus(at, gq, times(at, q, from_lower(at, inner)));
    return turned(at, triangular(at, r, turned(at, y), true, false, false));
}

/* ---- eigenvalues of a symmetric matrix, given by its lower triangle ---- */

static cj_tensor *values_node(cj_at at, cj_tensor *node, bool vectors)
{
    return cj_node(node->context, at,
                   &(cj_node_spec){.op = (cj_op)node->op,
                                   .source_count = 1,
                                   .source = node->source,
                                   .option_count = 1,
                                   .option = &(int64_t){vectors}});
}

/* 1 / (w[j] - w[i]) in row i, column j. */
static cj_tensor *gaps(cj_at at, cj_tensor *w)
{
    return inverted(at, minus(at, as_row(at, w), as_column(at, w)));
}

/* With M = V^T dA V: dw = diagonal of M, dV = V (gaps * M). */
CJ_TANGENT(eigh)
{
    int64_t n = columns_of(node->source[0]);
    cj_tensor *full = values_node(at, node, true);
    cj_tensor *w = cj_packed_vector(at, full, 0, n), *v = cj_packed_matrix(at, full, n, n, n);
    cj_tensor *m = times(at, turned(at, v), times(at, from_lower(at, t[0]), v));
    if (!m)
        return NULL;
    cj_tensor *dw = cj_diagonal_at(at, m, 0);
    if (!node->option[0])
        return dw;
    cj_tensor *dv = flat(at, times(at, v, cj_mul_at(at, gaps(at, w), m)));
    return dv ? cj_concat_at(at, -1, 2, (cj_tensor *[]){dw, dv}) : NULL;
}

CJ_COTANGENT(eigh)
{
    int64_t n = columns_of(node->source[0]);
    cj_tensor *full = values_node(at, node, true);
    cj_tensor *w = cj_packed_vector(at, full, 0, n), *v = cj_packed_matrix(at, full, n, n, n);
    cj_tensor *m = cj_diag_embed_at(at, cj_packed_vector(at, g, 0, n), 0);
    if (node->option[0] && m) {
        cj_tensor *gv = cj_packed_matrix(at, g, n, n, n);
        m = plus(at, m, cj_mul_at(at, gaps(at, w), times(at, turned(at, v), gv)));
    }
    m = times(at, v, times(at, m, turned(at, v)));
    m = plus(at, m, turned(at, m));
    return m ? cj_scale_at(at, to_lower(at, m), 0.5) : NULL;
}

/* ---- singular values of m rows, n <= m columns ---- */

typedef struct cj_svd_parts {
    cj_tensor *u, *s, *v; /* v: [n, n], columns */
    cj_tensor *gaps;      /* 1 / (s[j]^2 - s[i]^2) in row i, column j */
} cj_svd_parts;

static cj_svd_parts svd_parts(cj_at at, cj_tensor *node)
{
    int64_t m = rows_of(node->source[0]), n = columns_of(node->source[0]);
    cj_tensor *full = values_node(at, node, true);
    cj_svd_parts p = {cj_packed_matrix(at, full, 0, m, n), cj_packed_vector(at, full, m * n, n),
                      turned(at, cj_packed_matrix(at, full, m * n + n, n, n)), NULL};
    if (!p.v)
        return p;
    cj_tensor *row = as_row(at, p.s), *column = as_column(at, p.s);
    p.gaps = inverted(at, cj_mul_at(at, minus(at, row, column), plus(at, row, column)));
    return p;
}

/* With P = U^T dA V: dS = its diagonal, dU = U (gaps * (P S + S P^T)) + (I - U U^T) dA V S^-1,
 * dV = V (gaps * (S P + P^T S)) (Townsend, "Differentiating the singular value decomposition", 2016). */
CJ_TANGENT(svd)
{
    cj_svd_parts d = svd_parts(at, node);
    cj_tensor *av = times(at, t[0], d.v), *p = times(at, turned(at, d.u), av);
    if (!p)
        return NULL;
    cj_tensor *ds = cj_diagonal_at(at, p, 0);
    if (!node->option[0])
        return ds;
    cj_tensor *ps = cj_mul_at(at, p, as_row(at, d.s)), *sp = cj_mul_at(at, as_column(at, d.s), p);
    cj_tensor *du = times(at, d.u, cj_mul_at(at, d.gaps, plus(at, ps, turned(at, ps))));
    cj_tensor *dv = times(at, d.v, cj_mul_at(at, d.gaps, plus(at, sp, turned(at, sp))));
    cj_tensor *outside = minus(at, av, times(at, d.u, p));
    du = plus(at, du, cj_mul_at(at, outside, as_row(at, inverted(at, d.s))));
    cj_tensor *part[3] = {flat(at, du), ds, flat(at, turned(at, dv))};
    return part[2] ? cj_concat_at(at, -1, 3, part) : NULL;
}

CJ_COTANGENT(svd)
{
    int64_t m = rows_of(node->source[0]), n = columns_of(node->source[0]);
    cj_svd_parts d = svd_parts(at, node);
    cj_tensor *inner =
        cj_diag_embed_at(at, cj_packed_vector(at, g, node->option[0] ? m * n : 0, n), 0);
    if (!node->option[0])
        return times(at, d.u, times(at, inner, turned(at, d.v)));
    cj_tensor *gu = cj_packed_matrix(at, g, 0, m, n);
    cj_tensor *gv = turned(at, cj_packed_matrix(at, g, m * n + n, n, n));
    cj_tensor *uu = times(at, turned(at, d.u), gu), *vv = times(at, turned(at, d.v), gv);
    cj_tensor *left = cj_mul_at(at, d.gaps, minus(at, uu, turned(at, uu)));
    cj_tensor *right = cj_mul_at(at, d.gaps, minus(at, vv, turned(at, vv)));
    inner = plus(at, inner, cj_mul_at(at, left, as_row(at, d.s)));
    inner = plus(at, inner, cj_mul_at(at, as_column(at, d.s), right));
    cj_tensor *outside = minus(at, gu, times(at, d.u, uu));
    cj_tensor *y =
        plus(at, times(at, d.u, inner), cj_mul_at(at, outside, as_row(at, inverted(at, d.s))));
    return times(at, y, turned(at, d.v));
}

/* ---- least squares: X = P B, P the pseudo-inverse to the same cut-off (Golub and Pereyra, 1973);
 * the rank is taken to be constant around A ---- */

static cj_tensor *pseudo_inverse(cj_at at, cj_tensor *node)
{
    cj_tensor *a = node->source[0], *right = identity(at, a, rows_of(a));
    int64_t shape[CJ_MAX_RANK];
    memcpy(shape, a->shape, a->rank * sizeof *shape);
    shape[a->rank - 1] = rows_of(a);
    right = right ? cj_expand_at(at, right, a->rank, shape) : NULL;
    return solved(at, CJ_OP_LSTSQ, a, right, node->option_count, node->option);
}

/* dX = P (dB - dA X) + P P^T dA^T (B - A X) + (I - P A) dA^T P^T X */
CJ_TANGENT(lstsq)
{
    cj_tensor *a = node->source[0], *b = node->source[1], *p = pseudo_inverse(at, node);
    cj_tensor *right = t[0] ? minus(at, t[1], times(at, t[0], node)) : t[1];
    cj_tensor *dx = times(at, p, right);
    if (!t[0] || !dx)
        return dx;
    cj_tensor *at_residual = times(at, turned(at, t[0]), minus(at, b, times(at, a, node)));
    dx = plus(at, dx, times(at, p, times(at, turned(at, p), at_residual)));
    cj_tensor *y = times(at, turned(at, t[0]), times(at, turned(at, p), node));
    return plus(at, dx, minus(at, y, times(at, p, times(at, a, y))));
}

CJ_COTANGENT(lstsq)
{
    cj_tensor *a = node->source[0], *b = node->source[1], *p = pseudo_inverse(at, node);
    cj_tensor *back = times(at, turned(at, p), g);
    if (i == 1 || !back)
        return back;
    cj_tensor *residual = minus(at, b, times(at, a, node));
    cj_tensor *y = times(at, residual, times(at, turned(at, g), times(at, p, turned(at, p))));
    cj_tensor *free = turned(at, minus(at, g, times(at, turned(at, a), back)));
    y = plus(at, y, times(at, times(at, turned(at, p), node), free));
    return minus(at, y, times(at, back, turned(at, node)));
}

/* ---- tridiagonal systems ---- */

/* Element i of an axis from the end is element i - by, zeros from outside. */
static cj_tensor *moved(cj_at at, cj_tensor *x, int axis_from_end, int64_t by)
{
    int64_t low[CJ_MAX_RANK] = {0}, high[CJ_MAX_RANK] = {0};
    if (!x)
        return NULL;
    low[x->rank - axis_from_end] = by;
    high[x->rank - axis_from_end] = -by;
    return cj_pad_at(at, x, low, high);
}

/* Band 0 below, 1 on, 2 above the diagonal. */
static cj_tensor *band(cj_at at, cj_tensor *bands, int which)
{
    cj_tensor *row = cj_narrow_at(at, bands, -2, which, which + 1);
    return row ? cj_squeeze_at(at, row, -2) : NULL;
}

static cj_tensor *bands_of(cj_at at, cj_tensor *below, cj_tensor *on, cj_tensor *above)
{
    cj_tensor *part[3] = {as_row(at, below), as_row(at, on), as_row(at, above)};
    return part[0] && part[1] && part[2] ? cj_concat_at(at, -2, 3, part) : NULL;
}

/* Row i of x, moved so that band `which` multiplies it. */
static cj_tensor *beside(cj_at at, cj_tensor *x, int which)
{
    return which == 1 ? x : moved(at, x, 2, 1 - which);
}

CJ_TANGENT(solve_tridiagonal)
{
    cj_tensor *product = NULL;
    for (int k = 0; k < 3 && t[0]; k++)
        product =
            plus(at, product, cj_mul_at(at, as_column(at, band(at, t[0], k)), beside(at, node, k)));
    return solved(at, CJ_OP_SOLVE_TRIDIAGONAL, node->source[0], minus(at, t[1], product), 0, NULL);
}

CJ_COTANGENT(solve_tridiagonal)
{
    cj_tensor *bands = node->source[0];
    cj_tensor *turned_bands = bands_of(at, moved(at, band(at, bands, 2), 1, 1), band(at, bands, 1),
                                       moved(at, band(at, bands, 0), 1, -1));
    cj_tensor *back = solved(at, CJ_OP_SOLVE_TRIDIAGONAL, turned_bands, g, 0, NULL);
    if (i == 1 || !back)
        return back;
    cj_tensor *part[3];
    for (int k = 0; k < 3; k++) {
        cj_tensor *product = cj_mul_at(at, back, beside(at, node, k));
        part[k] = product ? cj_neg_at(at, cj_sum_at(at, product, CJ_AXIS(product->rank - 1), false))
                          : NULL;
    }
    return bands_of(at, part[0], part[1], part[2]);
}

/* ---- lanes: all look at the trailing axes alone ---- */

#define CJ_BATCH_MATRICES(name)                                                                    \
    CJ_BATCH(name)                                                                                 \
    {                                                                                              \
        return cj_batch_leading(at, node, lanes, source, batched, NULL);                           \
    }
CJ_BATCH_MATRICES(cholesky)
CJ_BATCH_MATRICES(lu)
CJ_BATCH_MATRICES(solve_triangular)
CJ_BATCH_MATRICES(qr)
CJ_BATCH_MATRICES(eigh)
CJ_BATCH_MATRICES(svd)
CJ_BATCH_MATRICES(eig)
CJ_BATCH_MATRICES(lstsq)
CJ_BATCH_MATRICES(solve_tridiagonal)
