/*
 * src/cpu/op_linalg.h - ops on matrices by LAPACK: one routine for one matrix, a batch shared out to
 * the threads.
 *
 * Matrices lie in rows. LAPACK is called on 64-byte aligned copies of the same size and place for every matrix of a
 * batch, so that a matrix has the bits that a batch of it alone would have. What has no result
 * (not positive definite, no convergence, an element that is not finite) is NaN all over.
 */
#ifndef CJ_CPU_OP_LINALG_H
#define CJ_CPU_OP_LINALG_H

#include "cpu/lapack.h"
#include "cpu/op.h"

typedef struct cj_matrix_job {
    const cj_op_run *run;
    const cj_kernel *kernel;
    const cj_lapack_precision *lapack;
    int64_t m, n, k;       /* the first operand is [..., m, n], the last one [..., ., k] */
    size_t size;           /* of an element */
    size_t out;            /* elements of the result, of a matrix */
    size_t scratch;        /* bytes, of a thread */
    cj_fint lwork, liwork; /* what LAPACK wants of it, in elements and integers; 1 at least */
    int64_t work;          /* what one matrix costs */
    void (*one)(const struct cj_matrix_job *job, int64_t matrix, char *scratch);
} cj_matrix_job;

/* What the job of a kernel is, but for `run`: `one`, `scratch`, `work` are the op's to fill in. */
cj_matrix_job cj_matrix_job_of(cj_context *context, const cj_kernel *kernel);
/* Scratch for all threads; and the run. */
size_t cj_matrix_scratch(cj_context *context, const cj_matrix_job *job);
cj_status cj_matrix_run(const cj_op_run *run, cj_matrix_job *job);

/* Opens LAPACK; refuses extents that its integers cannot tell. */
cj_status cj_matrix_check(cj_context *context, const cj_kernel *kernel);

/* Matrix number `matrix` of operand i, and of the result. */
const char *cj_matrix_in(const cj_matrix_job *job, int i, int64_t matrix);
char *cj_matrix_out(const cj_matrix_job *job, int64_t matrix);

/* Takes an aligned piece of scratch; with p NULL only counts. */
static inline void *cj_matrix_take(char **p, size_t bytes)
{
    char *piece = *p;
    *p += cj_aligned_size(bytes);
    return piece;
}

/* out [columns, rows] = in [rows, columns] transposed. */
void cj_matrix_transpose(size_t size, int64_t rows, int64_t columns, void *out, const void *in);
bool cj_matrix_is_finite(size_t size, size_t count, const void *data);
void cj_matrix_fill_nan(size_t size, size_t count, void *data);
/* Element i, widened; and the negation of `count` elements `step` apart. */
static inline double cj_matrix_element(size_t size, const void *data, size_t i)
{
    return size == sizeof(float) ? (double)((const float *)data)[i] : ((const double *)data)[i];
}
void cj_matrix_negate(size_t size, size_t count, size_t step, void *data);
/* The first of the largest magnitudes among `count` elements `step` apart is negative. */
bool cj_matrix_points_down(size_t size, size_t count, size_t step, const void *data);

/* The cj_op_kernel of an op whose job is filled in by fill(job). */
#define CJ_MATRIX_OP(name, fill)                                                                   \
    static size_t scratch_##name(cj_context *context, const cj_kernel *kernel)                     \
    {                                                                                              \
        cj_matrix_job job = cj_matrix_job_of(context, kernel);                                     \
        fill(&job);                                                                                \
        return cj_matrix_scratch(context, &job);                                                   \
    }                                                                                              \
    static cj_status run_##name(const cj_op_run *run)                                              \
    {                                                                                              \
        cj_matrix_job job = cj_matrix_job_of(run->context, run->kernel);                           \
        fill(&job);                                                                                \
        return cj_matrix_run(run, &job);                                                           \
    }                                                                                              \
    const cj_op_kernel cj_op_##name = {                                                            \
        .check = cj_matrix_check, .scratch = scratch_##name, .run = run_##name};

#endif
