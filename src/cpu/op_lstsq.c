/*
 * src/cpu/op_lstsq.c - least squares by singular values or by QR with column pivoting; tridiagonal systems.
 */
#include "cpu/op_linalg.h"

#include <math.h>

/* Option 1: 0 singular values (gelsd), 1 pivoted QR (gelsy). Option 0: the bits of the cut-off, a double. */
static bool pivots(const cj_matrix_job *job)
{
    return job->kernel->option[1];
}

static void workspace(cj_matrix_job *job)
{
    cj_fint m = (cj_fint)job->m, n = (cj_fint)job->n, k = (cj_fint)job->k, ask = -1;
    cj_fint lda = CJ_MAX(m, 1), ldb = CJ_MAX(CJ_MAX(m, n), 1), rank = 0, info = 0;
    double answer[2] = {0};
    if (pivots(job))
        job->lapack->gelsy(&m, &n, &k, answer, &lda, answer, &ldb, &info, answer, &rank, answer,
                           &ask, &info);
    else
        job->lapack->gelsd(&m, &n, &k, answer, &lda, answer, &ldb, answer, answer, &rank, answer,
                           &ask, &job->liwork, &info);
    job->lwork = CJ_MAX((cj_fint)cj_matrix_element(job->size, answer, 0), 1);
    job->liwork = CJ_MAX(job->liwork, 1);
}

static void lstsq_one(const cj_matrix_job *job, int64_t matrix, char *scratch)
{
    size_t m = (size_t)job->m, n = (size_t)job->n, k = (size_t)job->k, size = job->size;
    size_t tall = CJ_MAX(m, n);
    cj_fint lwork = job->lwork, rows = (cj_fint)m, columns = (cj_fint)n, sides = (cj_fint)k,
            ldb = (cj_fint)tall;
    cj_fint rank = 0, info = 1;
    char *a = cj_matrix_take(&scratch, m * n * size),
         *b = cj_matrix_take(&scratch, tall * k * size);
    char *s = cj_matrix_take(&scratch, CJ_MIN(m, n) * size);
    char *work = cj_matrix_take(&scratch, (size_t)job->lwork * size);
    cj_fint *iwork = cj_matrix_take(&scratch, (size_t)job->liwork * sizeof *iwork);
    const char *in = cj_matrix_in(job, 0, matrix), *right = cj_matrix_in(job, 1, matrix);
    char *out = cj_matrix_out(job, matrix);
    double cut;
    memcpy(&cut, &job->kernel->option[0], sizeof cut);
    float narrow = (float)cut;
    const void *rcond = size == sizeof(float) ? (const void *)&narrow : (const void *)&cut;
    cj_matrix_transpose(size, job->m, job->n, a, in);
    for (size_t j = 0; j < k; j++)
        for (size_t i = 0; i < tall; i++)
            if (i < m)
                memcpy(b + (j * tall + i) * size, right + (i * k + j) * size, size);
            else
                memset(b + (j * tall + i) * size, 0, size);
    if (cj_matrix_is_finite(size, m * n, in) && cj_matrix_is_finite(size, m * k, right)) {
        memset(iwork, 0, (size_t)job->liwork * sizeof *iwork); /* gelsy: every column may move */
        if (pivots(job))
            job->lapack->gelsy(&rows, &columns, &sides, a, &rows, b, &ldb, iwork, rcond, &rank,
                               work, &lwork, &info);
        else
            job->lapack->gelsd(&rows, &columns, &sides, a, &rows, b, &ldb, s, rcond, &rank, work,
                               &lwork, iwork, &info);
    }
    if (info) {
        cj_matrix_fill_nan(size, job->out, out);
        return;
    }
    for (size_t j = 0; j < k; j++)
        for (size_t i = 0; i < n; i++)
            memcpy(out + (i * k + j) * size, b + (j * tall + i) * size, size);
}

static void lstsq(cj_matrix_job *job)
{
    size_t m = (size_t)job->m, n = (size_t)job->n, k = (size_t)job->k, size = job->size;
    job->liwork = (cj_fint)n;
    workspace(job);
    job->one = lstsq_one;
    job->scratch = cj_aligned_size(m * n * size) + cj_aligned_size(CJ_MAX(m, n) * k * size) +
                   cj_aligned_size(CJ_MIN(m, n) * size) +
                   cj_aligned_size((size_t)job->lwork * size) +
                   cj_aligned_size((size_t)job->liwork * sizeof(cj_fint));
    job->work = 4 * job->m * job->n * (CJ_MIN(job->m, job->n) + job->k + 1);
}
CJ_MATRIX_OP(lstsq, lstsq)

/* ---- tridiagonal systems: Gaussian elimination with exchange of neighbours, our own; rows of the first
 * operand are the diagonal below (its first element is ignored), the diagonal, the one above (its last is
 * ignored) ---- */

#define CJ_TRIDIAGONAL(T, dtype)                                                                   \
    static void tridiagonal_##dtype(int64_t n, int64_t k, const T *band, T *x, T *work)            \
    {                                                                                              \
        T *low = work, *mid = work + n, *up = work + 2 * n, *upper = work + 3 * n;                 \
        memcpy(work, band, sizeof(T) * (size_t)(3 * n));                                           \
        memset(upper, 0, sizeof(T) * (size_t)n);                                                   \
        up[n - 1] = 0;                                                                             \
        for (int64_t i = 0; i + 1 < n; i++) {                                                      \
            T *row = x + i * k, *next = row + k, l = low[i + 1];                                   \
            if (fabs((double)l) > fabs((double)mid[i])) {                                          \
                T m = mid[i], u = up[i];                                                           \
                mid[i] = l;                                                                        \
                up[i] = mid[i + 1];                                                                \
                upper[i] = up[i + 1];                                                              \
                mid[i + 1] = u;                                                                    \
                up[i + 1] = 0;                                                                     \
                l = m;                                                                             \
                for (int64_t j = 0; j < k; j++) {                                                  \
                    T was = row[j];                                                                \
                    row[j] = next[j];                                                              \
                    next[j] = was;                                                                 \
                }                                                                                  \
            }                                                                                      \
            T factor = l / mid[i];                                                                 \
            mid[i + 1] -= factor * up[i];                                                          \
            up[i + 1] -= factor * upper[i];                                                        \
            for (int64_t j = 0; j < k; j++)                                                        \
                next[j] -= factor * row[j];                                                        \
        }                                                                                          \
        for (int64_t i = n - 1; i >= 0; i--)                                                       \
            for (int64_t j = 0; j < k; j++) {                                                      \
                T sum = x[i * k + j];                                                              \
                if (i + 1 < n)                                                                     \
                    sum -= up[i] * x[(i + 1) * k + j];                                             \
                if (i + 2 < n)                                                                     \
                    sum -= upper[i] * x[(i + 2) * k + j];                                          \
                x[i * k + j] = sum / mid[i];                                                       \
            }                                                                                      \
    }
CJ_TRIDIAGONAL(float, f32)
CJ_TRIDIAGONAL(double, f64)

static void tridiagonal_one(const cj_matrix_job *job, int64_t matrix, char *scratch)
{
    char *out = cj_matrix_out(job, matrix);
    memcpy(out, cj_matrix_in(job, 1, matrix), job->out * job->size);
    const void *band = cj_matrix_in(job, 0, matrix);
    if (job->size == sizeof(float))
        tridiagonal_f32(job->n, job->k, band, (void *)out, (void *)scratch);
    else
        tridiagonal_f64(job->n, job->k, band, (void *)out, (void *)scratch);
}

static cj_matrix_job tridiagonal_job(cj_context *context, const cj_kernel *kernel)
{
    cj_matrix_job job = cj_matrix_job_of(context, kernel);
    job.one = tridiagonal_one;
    job.scratch = 4 * (size_t)job.n * job.size;
    job.work = job.n * (4 * job.k + 8);
    return job;
}

static size_t tridiagonal_scratch(cj_context *context, const cj_kernel *kernel)
{
    cj_matrix_job job = tridiagonal_job(context, kernel);
    return cj_matrix_scratch(context, &job);
}

static cj_status run_tridiagonal(const cj_op_run *run)
{
    cj_matrix_job job = tridiagonal_job(run->context, run->kernel);
    return cj_matrix_run(run, &job);
}

const cj_op_kernel cj_op_solve_tridiagonal = {.scratch = tridiagonal_scratch,
                                              .run = run_tridiagonal};
