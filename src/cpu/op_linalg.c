/*
 * src/cpu/op_linalg.c - what the ops on matrices share.
 */
#include "cpu/op_linalg.h"

#include <inttypes.h>
#include <math.h>

cj_matrix_job cj_matrix_job_of(cj_context *context, const cj_kernel *kernel)
{
    const cj_operand *first = &kernel->operand[0],
                     *last = &kernel->operand[kernel->operand_count - 1];
    int64_t batch = cj_extent_product(first->extent, 0, first->rank - 2);
    return (cj_matrix_job){.kernel = kernel,
                           .lapack =
                               cj_lapack_for(context, kernel->dtype), /* NULL: an op of our own */
                           .m = first->extent[first->rank - 2],
                           .n = first->extent[first->rank - 1],
                           .k = last->extent[last->rank - 1],
                           .size = cj_dtype_size((cj_dtype)kernel->dtype),
                           .out = batch ? (size_t)(kernel->elements / batch) : 0};
}

size_t cj_matrix_scratch(cj_context *context, const cj_matrix_job *job)
{
    return cj_aligned_size(job->scratch) * (size_t)cj_threads(context);
}

static void run_range(void *state, int thread, int64_t begin, int64_t end)
{
    const cj_matrix_job *job = state;
    char *scratch = (char *)job->run->scratch + cj_aligned_size(job->scratch) * (size_t)thread;
    for (int64_t matrix = begin; matrix < end; matrix++)
        job->one(job, matrix, scratch);
}

cj_status cj_matrix_run(const cj_op_run *run, cj_matrix_job *job)
{
    const cj_operand *first = &run->kernel->operand[0];
    int64_t batch = cj_extent_product(first->extent, 0, first->rank - 2);
    const cj_lapack *lapack = run->context->room[CJ_ROOM_LAPACK].state;
    job->run = run;
    if (run->kernel->elements == 0)
        return CJ_OK;
    if (!job->lapack || lapack->is_safe_for_threads) {
        cj_op_share(run, batch, job->work, run_range, job);
        return CJ_OK;
    }
    cj_lapack_begin(lapack);
    run_range(job, 0, 0, batch);
    cj_lapack_end(lapack);
    return CJ_OK;
}

cj_status cj_matrix_check(cj_context *context, const cj_kernel *kernel)
{
    const char *name = cj_op_table[kernel->op].name;
    for (int i = 0; i < kernel->operand_count; i++) {
        const cj_operand *o = &kernel->operand[i];
        int64_t largest = CJ_MAX(o->extent[o->rank - 1], o->extent[o->rank - 2]);
        if (largest > 30000)
            return cj_fail(context, CJ_UNSUPPORTED,
                           "%s: a matrix of %" PRId64 " by %" PRId64
                           "; LAPACK's integers count to 30,000 rows or columns here",
                           name, o->extent[o->rank - 2], o->extent[o->rank - 1]);
    }
    return cj_lapack_of(context, name) ? CJ_OK : cj_error_status(context);
}

const char *cj_matrix_in(const cj_matrix_job *job, int i, int64_t matrix)
{
    const cj_operand *o = &job->kernel->operand[i];
    int64_t elements = o->extent[o->rank - 1] * o->extent[o->rank - 2];
    return (const char *)job->run->in[i] + (size_t)(matrix * elements) * job->size;
}

char *cj_matrix_out(const cj_matrix_job *job, int64_t matrix)
{
    return (char *)job->run->out + (size_t)matrix * job->out * job->size;
}

#define CJ_BOTH(size, name, ...)                                                                   \
    ((size) == sizeof(float) ? name##_f32(__VA_ARGS__) : name##_f64(__VA_ARGS__))

#define CJ_MATRIX_HELPERS(T, dtype)                                                                \
    static void transpose_##dtype(int64_t rows, int64_t columns, T *out, const T *in)              \
    {                                                                                              \
        for (int64_t r = 0; r < rows; r += 8)                                                      \
            for (int64_t c = 0; c < columns; c++)                                                  \
                for (int64_t i = r; i < CJ_MIN(r + 8, rows); i++)                                  \
                    out[c * rows + i] = in[i * columns + c];                                       \
    }                                                                                              \
    static bool finite_##dtype(size_t count, const T *x)                                           \
    {                                                                                              \
        for (size_t i = 0; i < count; i++)                                                         \
            if (!isfinite(x[i]))                                                                   \
                return false;                                                                      \
        return true;                                                                               \
    }                                                                                              \
    static void nan_##dtype(size_t count, T *x)                                                    \
    {                                                                                              \
        for (size_t i = 0; i < count; i++)                                                         \
            x[i] = (T)NAN;                                                                         \
    }                                                                                              \
    static void negate_##dtype(size_t count, size_t step, T *x)                                    \
    {                                                                                              \
        for (size_t i = 0; i < count; i++)                                                         \
            x[i * step] = -x[i * step];                                                            \
    }                                                                                              \
    static bool down_##dtype(size_t count, size_t step, const T *x)                                \
    {                                                                                              \
        T largest = 0;                                                                             \
        for (size_t i = 0; i < count; i++)                                                         \
            if ((x[i * step] < 0 ? -x[i * step] : x[i * step]) >                                   \
                (largest < 0 ? -largest : largest))                                                \
                largest = x[i * step];                                                             \
        return largest < 0;                                                                        \
    }
CJ_MATRIX_HELPERS(float, f32)
CJ_MATRIX_HELPERS(double, f64)

void cj_matrix_transpose(size_t size, int64_t rows, int64_t columns, void *out, const void *in)
{
    CJ_BOTH(size, transpose, rows, columns, out, in);
}

bool cj_matrix_is_finite(size_t size, size_t count, const void *data)
{
    return CJ_BOTH(size, finite, count, data);
}

void cj_matrix_fill_nan(size_t size, size_t count, void *data)
{
    CJ_BOTH(size, nan, count, data);
}

void cj_matrix_negate(size_t size, size_t count, size_t step, void *data)
{
    CJ_BOTH(size, negate, count, step, data);
}

bool cj_matrix_points_down(size_t size, size_t count, size_t step, const void *data)
{
    return CJ_BOTH(size, down, count, step, data);
}
