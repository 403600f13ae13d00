/*
 * src/cpu/op_spectral.c - eigenvalues and singular values. The largest component of each eigenvector of
 * a matrix, and of each left singular vector, is real and positive (the first of equal ones).
 */
#include "cpu/op_linalg.h"

/* Whether vectors are wanted beside the values. */
static bool with_vectors(const cj_matrix_job *job)
{
    return job->kernel->option[0];
}

/* ---- symmetric: [n] values in increasing order, then [n, n] vectors as columns ---- */

static void eigh_workspace(cj_matrix_job *job)
{
    cj_fint n = (cj_fint)job->n, ask = -1, info = 0;
    double answer[2] = {0};
    job->lapack->syevd(with_vectors(job) ? "V" : "N", "U", &n, answer, &n, answer, answer, &ask,
                       &job->liwork, &ask, &info, 1, 1);
    job->lwork = CJ_MAX((cj_fint)cj_matrix_element(job->size, answer, 0), 1);
}

static void eigh_one(const cj_matrix_job *job, int64_t matrix, char *scratch)
{
    size_t n = (size_t)job->n, size = job->size;
    cj_fint order = (cj_fint)n, lwork = job->lwork, liwork = job->liwork, info = 1;
    char *a = cj_matrix_take(&scratch, n * n * size), *w = cj_matrix_take(&scratch, n * size);
    char *work = cj_matrix_take(&scratch, (size_t)lwork * size);
    cj_fint *iwork = cj_matrix_take(&scratch, (size_t)liwork * sizeof *iwork);
    char *out = cj_matrix_out(job, matrix);
    memcpy(a, cj_matrix_in(job, 0, matrix), n * n * size);
    if (cj_matrix_is_finite(size, n * n, a))
        job->lapack->syevd(with_vectors(job) ? "V" : "N", "U", &order, a, &order, w, work, &lwork,
                           iwork, &liwork, &info, 1, 1);
    if (info) {
        cj_matrix_fill_nan(size, job->out, out);
        return;
    }
    memcpy(out, w, n * size);
    if (!with_vectors(job))
        return;
    for (size_t i = 0; i < n; i++)
        if (cj_matrix_points_down(size, n, 1, a + i * n * size))
            cj_matrix_negate(size, n, 1, a + i * n * size);
    cj_matrix_transpose(size, job->n, job->n, out + n * size, a);
}

static void eigh(cj_matrix_job *job)
{
    size_t n = (size_t)job->n, size = job->size;
    job->liwork = 1;
    eigh_workspace(job);
    job->one = eigh_one;
    job->scratch = cj_aligned_size(n * n * size) + cj_aligned_size(n * size) +
                   cj_aligned_size((size_t)job->lwork * size) +
                   cj_aligned_size((size_t)job->liwork * sizeof(cj_fint));
    job->work = 4 * job->n * job->n * (job->n + 1);
}
CJ_MATRIX_OP(eigh, eigh)

/* ---- singular values of [m, n], m >= n: [m, n] U, [n] S, [n, n] V^T; or S alone ---- */

static cj_fint svd_workspace(const cj_matrix_job *job)
{
    cj_fint m = (cj_fint)job->m, n = (cj_fint)job->n, ask = -1, info = 0;
    cj_fint least = CJ_MAX(n, 1);
    double answer[2] = {0};
    job->lapack->gesdd(with_vectors(job) ? "S" : "N", &n, &m, answer, &least, answer, answer,
                       &least, answer, &least, answer, &ask, &info, &info, 1);
    return CJ_MAX((cj_fint)cj_matrix_element(job->size, answer, 0), 1);
}

/* In columns the matrix is A^T = V S U^T. */
static void svd_one(const cj_matrix_job *job, int64_t matrix, char *scratch)
{
    size_t m = (size_t)job->m, n = (size_t)job->n, size = job->size;
    cj_fint rows = (cj_fint)n, columns = (cj_fint)m, lwork = job->lwork, info = 1;
    char *a = cj_matrix_take(&scratch, m * n * size), *u = cj_matrix_take(&scratch, m * n * size);
    char *s = cj_matrix_take(&scratch, n * size), *v = cj_matrix_take(&scratch, n * n * size);
    char *work = cj_matrix_take(&scratch, (size_t)lwork * size);
    cj_fint *iwork = cj_matrix_take(&scratch, 8 * n * sizeof *iwork);
    char *out = cj_matrix_out(job, matrix);
    memcpy(a, cj_matrix_in(job, 0, matrix), m * n * size);
    if (cj_matrix_is_finite(size, m * n, a))
        job->lapack->gesdd(with_vectors(job) ? "S" : "N", &rows, &columns, a, &rows, s, v, &rows, u,
                           &rows, work, &lwork, iwork, &info, 1);
    if (info) {
        cj_matrix_fill_nan(size, job->out, out);
        return;
    }
    if (!with_vectors(job)) {
        memcpy(out, s, n * size);
        return;
    }
    for (size_t i = 0; i < n; i++)
        if (cj_matrix_points_down(size, m, n, u + i * size)) {
            cj_matrix_negate(size, m, n, u + i * size);
            cj_matrix_negate(size, n, 1, v + i * n * size);
        }
    memcpy(out, u, m * n * size);
    memcpy(out + m * n * size, s, n * size);
    memcpy(out + (m * n + n) * size, v, n * n * size);
}

static void svd(cj_matrix_job *job)
{
    size_t m = (size_t)job->m, n = (size_t)job->n, size = job->size;
    job->one = svd_one;
    job->lwork = svd_workspace(job);
    job->scratch = 2 * cj_aligned_size(m * n * size) + cj_aligned_size(n * size) +
                   cj_aligned_size(n * n * size) + cj_aligned_size((size_t)job->lwork * size) +
                   cj_aligned_size(8 * n * sizeof(cj_fint));
    job->work = 8 * job->m * job->n * (job->n + 1);
}
CJ_MATRIX_OP(svd, svd)

/* ---- general: [n] real and [n] imaginary parts of the values, [n, n] each of the vectors, columns
 * of length 1 ---- */

static cj_fint eig_workspace(const cj_matrix_job *job)
{
    cj_fint n = (cj_fint)job->n, ask = -1, info = 0;
    double answer[2] = {0};
    job->lapack->geev("N", "V", &n, answer, &n, answer, answer, answer, &n, answer, &n, answer,
                      &ask, &info, 1, 1);
    return CJ_MAX((cj_fint)cj_matrix_element(job->size, answer, 0), 1);
}

/* Whether the real part of the largest of n complex numbers (the first of equal ones) is negative. */
static bool turns_back(size_t size, size_t n, const char *re, const char *im)
{
    double largest = 0, part = 0;
    for (size_t i = 0; i < n; i++) {
        double x = cj_matrix_element(size, re, i), y = im ? cj_matrix_element(size, im, i) : 0;
        if (x * x + y * y > largest) {
            largest = x * x + y * y;
            part = x;
        }
    }
    return part < 0;
}

/* LAPACK gives a pair of conjugate vectors as two rows here: the real part, the imaginary part of the first. */
static void put_vectors(const cj_matrix_job *job, const char *wi, char *v, char *re, char *im,
                        char *out)
{
    size_t n = (size_t)job->n, size = job->size, row = n * size;
    memset(im, 0, n * row);
    for (size_t j = 0; j < n; j++) {
        bool pair = cj_matrix_element(size, wi, j) != 0 && j + 1 < n;
        if (turns_back(size, n, v + j * row, pair ? v + (j + 1) * row : NULL))
            cj_matrix_negate(size, pair ? 2 * n : n, 1, v + j * row);
        memcpy(re + j * row, v + j * row, row);
        if (!pair)
            continue;
        memcpy(re + (j + 1) * row, v + j * row, row);
        memcpy(im + j * row, v + (j + 1) * row, row);
        memcpy(im + (j + 1) * row, v + (j + 1) * row, row);
        cj_matrix_negate(size, n, 1, im + (j + 1) * row);
        j++;
    }
    cj_matrix_transpose(size, job->n, job->n, out, re);
    cj_matrix_transpose(size, job->n, job->n, out + n * row, im);
}

static void eig_one(const cj_matrix_job *job, int64_t matrix, char *scratch)
{
    size_t n = (size_t)job->n, size = job->size;
    cj_fint order = (cj_fint)n, lwork = job->lwork, info = 1;
    char *a = cj_matrix_take(&scratch, n * n * size), *v = cj_matrix_take(&scratch, n * n * size);
    char *im = cj_matrix_take(&scratch, n * n * size), *wr = cj_matrix_take(&scratch, n * size);
    char *wi = cj_matrix_take(&scratch, n * size);
    char *work = cj_matrix_take(&scratch, (size_t)lwork * size);
    char *out = cj_matrix_out(job, matrix);
    const char *in = cj_matrix_in(job, 0, matrix);
    cj_matrix_transpose(size, job->n, job->n, a, in);
    if (cj_matrix_is_finite(size, n * n, in))
        job->lapack->geev("N", "V", &order, a, &order, wr, wi, v, &order, v, &order, work, &lwork,
                          &info, 1, 1);
    if (info) {
        cj_matrix_fill_nan(size, job->out, out);
        return;
    }
    memcpy(out, wr, n * size);
    memcpy(out + n * size, wi, n * size);
    put_vectors(job, wi, v, a, im, out + 2 * n * size);
}

static void eig(cj_matrix_job *job)
{
    size_t n = (size_t)job->n, size = job->size;
    job->one = eig_one;
    job->lwork = eig_workspace(job);
    job->scratch = 3 * cj_aligned_size(n * n * size) + 2 * cj_aligned_size(n * size) +
                   cj_aligned_size((size_t)job->lwork * size);
    job->work = 10 * job->n * job->n * (job->n + 1);
}
CJ_MATRIX_OP(eig, eig)
