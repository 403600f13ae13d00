/*
 * src/graph/build_linalg.c - builders of the ops on matrices: batches made equal, packed results taken apart.
 */
#include "cajal/linalg.h"

#include "cajal/index.h"
#include "graph/build.h"
#include "graph/linalg.h"

#include <float.h>
#include <inttypes.h>

bool cj_is_matrices(cj_at at, const char *name, const cj_tensor *a, bool square)
{
    if (!cj_ready(a))
        return false;
    if (a->dtype != CJ_F32 && a->dtype != CJ_F64) {
        cj_fail_building(a->context, CJ_DTYPE, at, "%s: %s; it takes f32 and f64: cj_cast it", name,
                         CJ_SHAPE_OF(a));
        return false;
    }
    if (a->rank < 2 || (square && a->shape[a->rank - 1] != a->shape[a->rank - 2])) {
        cj_fail_building(a->context, CJ_SHAPE, at, "%s: %s; the last two axes must be a %smatrix",
                         name, CJ_SHAPE_OF(a), square ? "square " : "");
        return false;
    }
    return true;
}

cj_tensor *cj_turned(cj_at at, cj_tensor *x)
{
    return cj_ready(x) ? cj_transpose_at(at, x, -1, -2) : NULL;
}

cj_tensor *cj_symmetric_part(cj_at at, cj_tensor *a)
{
    cj_tensor *both = cj_ready(a) ? cj_add_at(at, a, cj_turned(at, a)) : NULL;
    return both ? cj_scale_at(at, both, 0.5) : NULL;
}

/* a and b with the same axes before the last two. */
static bool same_batch(cj_at at, const char *name, cj_tensor **a, cj_tensor **b)
{
    int64_t shape[CJ_MAX_RANK];
    cj_tensor *x[2] = {*a, *b};
    int rank = CJ_MAX(x[0]->rank, x[1]->rank);
    for (int i = 0; i < rank - 2; i++) {
        shape[i] = 1;
        for (int k = 0; k < 2; k++) {
            int axis = i - (rank - x[k]->rank);
            int64_t extent = axis < 0 ? 1 : x[k]->shape[axis];
            if (shape[i] != 1 && extent != 1 && extent != shape[i]) {
                cj_fail_building(x[0]->context, CJ_SHAPE, at,
                                 "%s: %s and %s: the axes before the last two do not broadcast",
                                 name, CJ_SHAPE_OF(x[0]), CJ_SHAPE_OF(x[1]));
                return false;
            }
            shape[i] = shape[i] == 1 ? extent : shape[i];
        }
    }
    for (int k = 0; k < 2; k++) {
        memcpy(shape + rank - 2, x[k]->shape + x[k]->rank - 2, 2 * sizeof *shape);
        x[k] = cj_expand_at(at, x[k], rank, shape);
    }
    *a = x[0];
    *b = x[1];
    return x[0] && x[1];
}

cj_tensor *cj_matrix_node(cj_at at, cj_op op, cj_tensor *a, cj_tensor *b, int options,
                          const int64_t *option)
{
    const char *name = cj_op_table[op].name;
    if (!cj_ready(a))
        return NULL;
    if (b && (!cj_is_matrices(at, name, a, false) || !cj_is_matrices(at, name, b, false) ||
              !same_batch(at, name, &a, &b)))
        return NULL;
    return cj_node(a->context, at,
                   &(cj_node_spec){.op = op,
                                   .source_count = b ? 2 : 1,
                                   .source = (cj_tensor *[]){a, b},
                                   .option_count = options,
                                   .option = option});
}

/* ---- packed results ---- */

cj_tensor *cj_packed_vector(cj_at at, cj_tensor *packed, int64_t from, int64_t count)
{
    return packed ? cj_narrow_at(at, packed, -1, from, from + count) : NULL;
}

cj_tensor *cj_packed_matrix(cj_at at, cj_tensor *packed, int64_t from, int64_t rows,
                            int64_t columns)
{
    int64_t shape[CJ_MAX_RANK + 1];
    cj_tensor *part = cj_packed_vector(at, packed, from, rows * columns);
    if (!part)
        return NULL;
    memcpy(shape, part->shape, part->rank * sizeof *shape);
    shape[part->rank - 1] = rows;
    shape[part->rank] = columns;
    return cj_reshape_at(at, part, part->rank + 1, shape);
}

static int64_t rows_of(const cj_tensor *x)
{
    return x->shape[x->rank - 2];
}

static int64_t columns_of(const cj_tensor *x)
{
    return x->shape[x->rank - 1];
}

/* ---- factors ---- */

cj_tensor *cj_cholesky_at(cj_at at, cj_tensor *a)
{
    if (!cj_is_matrices(at, "cholesky", a, true))
        return NULL;
    return cj_matrix_node(at, CJ_OP_CHOLESKY, cj_symmetric_part(at, a), NULL, 0, NULL);
}

/* A wide A is [X, Y] with X square: Q R = X, and Q^T Y stands beside R. */
static cj_qr_result wide_qr(cj_at at, cj_tensor *a)
{
    int64_t m = rows_of(a), n = columns_of(a);
    cj_qr_result y = cj_qr_at(at, cj_narrow_at(at, a, -1, 0, m), false);
    if (!y.r)
        return y;
    cj_tensor *rest = cj_matmul_at(at, cj_turned(at, y.q), cj_narrow_at(at, a, -1, m, n));
    y.r = cj_concat_at(at, -1, 2, (cj_tensor *[]){y.r, rest});
    return y;
}

cj_qr_result cj_qr_at(cj_at at, cj_tensor *a, bool full)
{
    if (!cj_is_matrices(at, "qr", a, false))
        return (cj_qr_result){NULL, NULL};
    int64_t m = rows_of(a), n = columns_of(a), k = full ? m : n;
    if (m < n)
        return wide_qr(at, a);
    full = full && m > n;
    cj_tensor *packed = cj_matrix_node(at, CJ_OP_QR, a, NULL, 1, &(int64_t){full});
    return (cj_qr_result){cj_packed_matrix(at, packed, 0, m, k),
                          cj_packed_matrix(at, packed, m * k, k, n)};
}

cj_eigh_result cj_eigh_at(cj_at at, cj_tensor *a)
{
    if (!cj_is_matrices(at, "eigh", a, true))
        return (cj_eigh_result){NULL, NULL};
    int64_t n = columns_of(a);
    cj_tensor *packed =
        cj_matrix_node(at, CJ_OP_EIGH, cj_symmetric_part(at, a), NULL, 1, &(int64_t){1});
    return (cj_eigh_result){cj_packed_vector(at, packed, 0, n),
                            cj_packed_matrix(at, packed, n, n, n)};
}

cj_tensor *cj_eigvalsh_at(cj_at at, cj_tensor *a)
{
    if (!cj_is_matrices(at, "eigvalsh", a, true))
        return NULL;
    return cj_matrix_node(at, CJ_OP_EIGH, cj_symmetric_part(at, a), NULL, 1, &(int64_t){0});
}

cj_svd_result cj_svd_at(cj_at at, cj_tensor *a)
{
    if (!cj_is_matrices(at, "svd", a, false))
        return (cj_svd_result){NULL, NULL, NULL};
    int64_t m = rows_of(a), n = columns_of(a);
    if (m < n) {
        cj_svd_result y = cj_svd_at(at, cj_turned(at, a));
        return (cj_svd_result){cj_turned(at, y.vt), y.s, cj_turned(at, y.u)};
    }
    cj_tensor *packed = cj_matrix_node(at, CJ_OP_SVD, a, NULL, 1, &(int64_t){1});
    return (cj_svd_result){cj_packed_matrix(at, packed, 0, m, n),
                           cj_packed_vector(at, packed, m * n, n),
                           cj_packed_matrix(at, packed, m * n + n, n, n)};
}

cj_tensor *cj_svdvals_at(cj_at at, cj_tensor *a)
{
    if (!cj_is_matrices(at, "svdvals", a, false))
        return NULL;
    if (rows_of(a) < columns_of(a))
        a = cj_turned(at, a);
    return cj_matrix_node(at, CJ_OP_SVD, a, NULL, 1, &(int64_t){0});
}

cj_eig_result cj_eig_at(cj_at at, cj_tensor *a)
{
    if (!cj_is_matrices(at, "eig", a, true))
        return (cj_eig_result){{NULL, NULL}, {NULL, NULL}};
    int64_t n = columns_of(a);
    cj_tensor *packed = cj_matrix_node(at, CJ_OP_EIG, a, NULL, 0, NULL);
    return (cj_eig_result){
        {cj_packed_vector(at, packed, 0, n), cj_packed_vector(at, packed, n, n)},
        {cj_packed_matrix(at, packed, 2 * n, n, n),
         cj_packed_matrix(at, packed, 2 * n + n * n, n, n)},
    };
}

/* ---- triangular and tridiagonal systems, least squares ---- */

cj_tensor *cj_solve_triangular_at(const struct cj_solve_triangular_args *args)
{
    struct cj_solve_triangular_args a;
    cj_context *context = args ? cj_ready(args->a) : NULL;
    if (!context || !CJ_TAKE_ARGS(context, "solve_triangular", a, args) || !a.b)
        return NULL;
    int64_t option[3] = {a.upper, a.transposed, a.unit_diagonal};
    return cj_matrix_node(a.at, CJ_OP_SOLVE_TRIANGULAR, a.a, a.b, 3, option);
}

cj_tensor *cj_cholesky_solve_at(cj_at at, cj_tensor *l, cj_tensor *b)
{
    int64_t down[3] = {0, 0, 0}, up[3] = {0, 1, 0};
    cj_tensor *y = b ? cj_matrix_node(at, CJ_OP_SOLVE_TRIANGULAR, l, b, 3, down) : NULL;
    return y ? cj_matrix_node(at, CJ_OP_SOLVE_TRIANGULAR, l, y, 3, up) : NULL;
}

cj_tensor *cj_solve_tridiagonal_at(cj_at at, cj_tensor *bands, cj_tensor *b)
{
    return b ? cj_matrix_node(at, CJ_OP_SOLVE_TRIDIAGONAL, bands, b, 0, NULL) : NULL;
}

static double cut_off(const cj_tensor *a, double rcond)
{
    double epsilon = a->dtype == CJ_F32 ? (double)FLT_EPSILON : DBL_EPSILON;
    return rcond > 0 ? rcond : epsilon * (double)CJ_MAX(rows_of(a), columns_of(a));
}

cj_tensor *cj_lstsq_at(const struct cj_lstsq_args *args)
{
    struct cj_lstsq_args a;
    cj_context *context = args ? cj_ready(args->a) : NULL;
    if (!context || !CJ_TAKE_ARGS(context, "lstsq", a, args) || !a.b ||
        !cj_is_matrices(a.at, "lstsq", a.a, false))
        return NULL;
    double cut = cut_off(a.a, a.rcond);
    int64_t option[2] = {0, a.pivoted_qr};
    memcpy(option, &cut, sizeof cut);
    return cj_matrix_node(a.at, CJ_OP_LSTSQ, a.a, a.b, 2, option);
}

cj_tensor *cj_eye_at(cj_at at, cj_context *context, cj_dtype dtype, int64_t n)
{
    cj_tensor *ones = cj_full_at(at, context, dtype, 1, &n, 1);
    return ones ? cj_diag_embed_at(at, ones, 0) : NULL;
}

cj_tensor *cj_pinv_at(cj_at at, cj_tensor *a, double rcond)
{
    if (!cj_is_matrices(at, "pinv", a, false))
        return NULL;
    cj_tensor *right = cj_eye_at(at, a->context, (cj_dtype)a->dtype, rows_of(a));
    return cj_lstsq_at(
        &(struct cj_lstsq_args){.a = a,
                                .b = right,
                                .at = {at.file, at.line, sizeof(struct cj_lstsq_args)},
                                .rcond = rcond});
}

cj_tensor *cj_matrix_rank_at(cj_at at, cj_tensor *a, double rcond)
{
    cj_tensor *s = cj_svdvals_at(at, a);
    if (!s)
        return NULL;
    uint32_t last = CJ_AXIS(s->rank - 1);
    cj_tensor *bound = cj_scale_at(at, cj_amax_at(at, s, last, true), cut_off(a, rcond));
    return cj_sum_at(at, cj_cast_at(at, cj_gt_at(at, s, bound), CJ_I32), last, false);
}
