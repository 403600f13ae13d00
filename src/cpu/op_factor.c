/*
 * src/cpu/op_factor.c - Cholesky, LU and QR factors, triangular systems.
 */
#include "cpu/op_linalg.h"

static const float one_f32 = 1;
static const double one_f64 = 1;

/* ---- Cholesky: A = L L^T from A's lower triangle; L in rows is LAPACK's upper factor ---- */

static void cholesky_one(const cj_matrix_job *job, int64_t matrix, char *scratch)
{
    size_t n = (size_t)job->n, row = n * job->size;
    const char *in = cj_matrix_in(job, 0, matrix);
    char *out = cj_matrix_out(job, matrix);
    memset(scratch, 0, n * row);
    for (size_t i = 0; i < n; i++)
        memcpy(scratch + i * row, in + i * row, (i + 1) * job->size);
    cj_fint order = (cj_fint)n, info = 0;
    job->lapack->potrf("U", &order, scratch, &order, &info, 1);
    if (info)
        cj_matrix_fill_nan(job->size, n * n, out);
    else
        memcpy(out, scratch, n * row);
}

static void cholesky(cj_matrix_job *job)
{
    job->one = cholesky_one;
    job->scratch = (size_t)(job->n * job->n) * job->size;
    job->work = job->n * job->n * (job->n / 3 + 1);
}
CJ_MATRIX_OP(cholesky, cholesky)

/* ---- LU: P A = L U; rows of the result: L below the diagonal and U; where each row comes from; the
 * sign of P, n times ---- */

static void put_row(const cj_matrix_job *job, char *row, size_t i, double value)
{
    if (job->size == sizeof(float))
        ((float *)(void *)row)[i] = (float)value;
    else
        ((double *)(void *)row)[i] = value;
}

static void lu_one(const cj_matrix_job *job, int64_t matrix, char *scratch)
{
    size_t n = (size_t)job->n, row = n * job->size;
    char *a = cj_matrix_take(&scratch, n * row);
    cj_fint *pivot = cj_matrix_take(&scratch, n * sizeof *pivot);
    cj_fint *from = cj_matrix_take(&scratch, n * sizeof *from);
    char *out = cj_matrix_out(job, matrix);
    cj_matrix_transpose(job->size, job->n, job->n, a, cj_matrix_in(job, 0, matrix));
    cj_fint order = (cj_fint)n, info = 0;
    job->lapack->getrf(&order, &order, a, &order, pivot, &info);
    cj_matrix_transpose(job->size, job->n, job->n, out, a);
    double sign = 1;
    for (size_t i = 0; i < n; i++)
        from[i] = (cj_fint)i;
    for (size_t i = 0; i < n; i++) {
        size_t j = (size_t)pivot[i] - 1;
        if (j == i)
            continue;
        cj_fint was = from[i];
        from[i] = from[j];
        from[j] = was;
        sign = -sign;
    }
    for (size_t i = 0; i < n; i++) {
        put_row(job, out + n * row, i, from[i]);
        put_row(job, out + (n + 1) * row, i, sign);
    }
}

static void lu(cj_matrix_job *job)
{
    size_t n = (size_t)job->n;
    job->one = lu_one;
    job->scratch = cj_aligned_size(n * n * job->size) + 2 * cj_aligned_size(n * sizeof(cj_fint));
    job->work = job->n * job->n * (job->n + 2);
}
CJ_MATRIX_OP(lu, lu)

/* ---- triangular systems: X^T op(A)^T = B^T, in columns ---- */

static void triangular_one(const cj_matrix_job *job, int64_t matrix, char *scratch)
{
    const int64_t *option = job->kernel->option;
    size_t n = (size_t)job->n, k = (size_t)job->k;
    char *a = cj_matrix_take(&scratch, n * n * job->size);
    char *b = cj_matrix_take(&scratch, n * k * job->size);
    memcpy(a, cj_matrix_in(job, 0, matrix), n * n * job->size);
    memcpy(b, cj_matrix_in(job, 1, matrix), n * k * job->size);
    cj_fint rows = (cj_fint)k, order = (cj_fint)n;
    const void *one = job->size == sizeof(float) ? (const void *)&one_f32 : (const void *)&one_f64;
    job->lapack->trsm("R", option[0] ? "L" : "U", option[1] ? "T" : "N", option[2] ? "U" : "N",
                      &rows, &order, one, a, &order, b, &rows, 1, 1, 1, 1);
    memcpy(cj_matrix_out(job, matrix), b, n * k * job->size);
}

static void solve_triangular(cj_matrix_job *job)
{
    size_t n = (size_t)job->n;
    job->one = triangular_one;
    job->scratch =
        cj_aligned_size(n * n * job->size) + cj_aligned_size(n * (size_t)job->k * job->size);
    job->work = job->n * job->n * (job->k + 1);
}
CJ_MATRIX_OP(solve_triangular, solve_triangular)

/* ---- QR of [m, n], m >= n: A^T = L Q', A = Q'^T L^T; R's diagonal is made positive ---- */

/* Columns of Q: n, or m of the full one. */
static size_t q_columns(const cj_matrix_job *job)
{
    return (size_t)(job->kernel->option[0] ? job->m : job->n);
}

/* The largest workspace of the two routines, in elements. */
static cj_fint qr_workspace(const cj_matrix_job *job)
{
    cj_fint m = (cj_fint)job->m, n = (cj_fint)job->n, k = (cj_fint)q_columns(job), ask = -1, info;
    double answer[2] = {0};
    job->lapack->gelqf(&n, &m, answer, &n, answer, answer, &ask, &info);
    cj_fint first = (cj_fint)cj_matrix_element(job->size, answer, 0);
    job->lapack->orglq(&k, &m, &n, answer, &k, answer, answer, &ask, &info);
    return CJ_MAX(CJ_MAX(first, (cj_fint)cj_matrix_element(job->size, answer, 0)), 1);
}

static void qr_one(const cj_matrix_job *job, int64_t matrix, char *scratch)
{
    size_t m = (size_t)job->m, n = (size_t)job->n, k = q_columns(job), size = job->size;
    cj_fint lwork = job->lwork, rows = (cj_fint)n, columns = (cj_fint)m;
    cj_fint wide = (cj_fint)k, info = 0;
    char *a = cj_matrix_take(&scratch, m * n * size), *q = cj_matrix_take(&scratch, m * k * size);
    char *tau = cj_matrix_take(&scratch, n * size);
    char *work = cj_matrix_take(&scratch, (size_t)lwork * size);
    char *out = cj_matrix_out(job, matrix), *r = out + m * k * size;
    memcpy(a, cj_matrix_in(job, 0, matrix), m * n * size);
    if (!cj_matrix_is_finite(size, m * n, a)) {
        cj_matrix_fill_nan(size, job->out, out);
        return;
    }
    job->lapack->gelqf(&rows, &columns, a, &rows, tau, work, &lwork, &info);
    memset(r, 0, k * n * size);
    for (size_t i = 0; i < n; i++)
        memcpy(r + (i * n + i) * size, a + (i * n + i) * size, (n - i) * size);
    memset(q, 0, m * k * size);
    for (size_t j = 0; j < m; j++)
        memcpy(q + j * k * size, a + j * n * size, n * size);
    job->lapack->orglq(&wide, &columns, &rows, q, &wide, tau, work, &lwork, &info);
    for (size_t i = 0; i < n; i++)
        if (cj_matrix_element(size, r, i * n + i) < 0) {
            cj_matrix_negate(size, n - i, 1, r + (i * n + i) * size);
            cj_matrix_negate(size, m, k, q + i * size);
        }
    memcpy(out, q, m * k * size);
}

static void qr(cj_matrix_job *job)
{
    size_t m = (size_t)job->m, n = (size_t)job->n, size = job->size;
    job->one = qr_one;
    job->lwork = qr_workspace(job);
    job->scratch = cj_aligned_size(m * n * size) + cj_aligned_size(m * q_columns(job) * size) +
                   cj_aligned_size(n * size) + cj_aligned_size((size_t)job->lwork * size);
    job->work = 4 * job->m * job->n * (job->n + 1);
}
CJ_MATRIX_OP(qr, qr)
