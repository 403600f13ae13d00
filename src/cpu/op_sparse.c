/*
 * src/cpu/op_sparse.c - sparse matrices by rows (CSR) times dense ones, and products of packed bits.
 *
 * A[r, columns[e]] = values[e] for starts[r] <= e < starts[r + 1]. Starts that go down or beyond the entries are read as if they
 * stayed, columns outside are left out, so that every op is total. An element's terms are rounded and added in the order of e.
 * Threads share out rows of the result; of the transposed product, which sends entries to rows, columns.
 */
#include "cpu/kernels.h"
#include "cpu/op.h"

typedef struct cj_sparse {
    const cj_op_run *run;
    const struct cj_isa_kernels *kernels;
    const void *values;
    const int32_t *columns;
    int64_t entries, rows, k;
    const int64_t *start; /* [rows + 1], never down, within the entries */
    int dtype;
    size_t size;
} cj_sparse;

/* Operands `columns` and `starts` stand at these places. */
static cj_sparse sparse_of(const cj_op_run *run, int columns, int starts)
{
    const cj_kernel *k = run->kernel;
    cj_sparse s = {.run = run,
                   .kernels = cj_kernels(run->context->isa),
                   .columns = run->in[columns],
                   .entries = k->operand[columns].extent[0],
                   .rows = k->operand[starts].extent[0] - 1,
                   .start = run->scratch,
                   .dtype = k->dtype,
                   .size = cj_dtype_size((cj_dtype)k->dtype)};
    const int32_t *given = run->in[starts];
    int64_t *start = run->scratch, before = 0;
    for (int64_t r = 0; r <= s.rows; r++) {
        before = CJ_MIN(CJ_MAX((int64_t)given[r], before), s.entries);
        start[r] = before;
    }
    return s;
}

static size_t starts_scratch(cj_context *context, const cj_kernel *k)
{
    (void)context;
    return (size_t)k->operand[k->op == CJ_OP_CSR_MATMUL ? 2 : 1].extent[0] * sizeof(int64_t);
}

/* ---- products ---- */

static void rows_range(void *state, int thread, int64_t begin, int64_t end)
{
    const cj_sparse *s = state;
    (void)thread;
    for (int64_t r = begin; r < end; r++)
        s->kernels->csr_row[s->dtype](
            s->start[r + 1] - s->start[r], (const char *)s->values + (size_t)s->start[r] * s->size,
            s->columns + s->start[r], s->run->kernel->operand[3].extent[0], s->run->in[3], s->k,
            (char *)s->run->out + (size_t)(r * s->k) * s->size);
}

/* Columns [begin, end) of the transposed product. */
static void columns_range(void *state, int thread, int64_t begin, int64_t end)
{
    const cj_sparse *s = state;
    int64_t places = s->run->kernel->extent[0], n = end - begin;
    (void)thread;
    for (int64_t r = 0; r < places; r++)
        memset((char *)s->run->out + (size_t)(r * s->k + begin) * s->size, 0, (size_t)n * s->size);
    for (int64_t r = 0; r < s->rows; r++)
        for (int64_t e = s->start[r]; e < s->start[r + 1]; e++)
            if ((uint32_t)s->columns[e] < (uint64_t)places)
                s->kernels->axpy[s->dtype](
                    n, (char *)s->run->out + (size_t)(s->columns[e] * s->k + begin) * s->size,
                    (const char *)s->values + (size_t)e * s->size,
                    (const char *)s->run->in[3] + (size_t)(r * s->k + begin) * s->size);
}

static cj_status run_csr_matmul(const cj_op_run *run)
{
    const cj_kernel *k = run->kernel;
    if (k->elements == 0)
        return CJ_OK;
    cj_sparse s = sparse_of(run, 1, 2);
    s.values = run->in[0];
    s.k = k->extent[1];
    if (k->option[0]) {
        /* A few columns are not worth a second look at all entries. */
        int64_t worth = s.k >= 16 ? s.entries + k->extent[0] : 1;
        cj_op_share(run, s.k, worth, columns_range, &s);
    } else {
        cj_op_share(run, s.rows, CJ_MAX(s.entries / s.rows, 1) * s.k, rows_range, &s);
    }
    return CJ_OK;
}

#define CJ_REFERENCE_SPARSE(T, suffix)                                                             \
    static void multiply_##suffix(const cj_sparse *s)                                              \
    {                                                                                              \
        const cj_kernel *k = s->run->kernel;                                                       \
        const T *v = s->values, *x = s->run->in[3];                                                \
        T *out = s->run->out;                                                                      \
        bool back = k->option[0];                                                                  \
        int64_t limit = back ? k->extent[0] : k->operand[3].extent[0];                             \
        memset(out, 0, (size_t)k->elements * sizeof(T));                                           \
        for (int64_t r = 0; r < s->rows; r++)                                                      \
            for (int64_t e = s->start[r]; e < s->start[r + 1]; e++)                                \
                for (int64_t j = 0; j < s->k; j++) {                                               \
                    int64_t c = s->columns[e];                                                     \
                    if (c < 0 || c >= limit)                                                       \
                        continue;                                                                  \
                    T term = v[e] * x[(back ? r : c) * s->k + j];                                  \
                    out[(back ? c : r) * s->k + j] += term;                                        \
                }                                                                                  \
    }
CJ_REFERENCE_SPARSE(float, f32)
CJ_REFERENCE_SPARSE(double, f64)

static void reference_csr_matmul(const cj_op_run *run)
{
    cj_sparse s = sparse_of(run, 1, 2);
    s.values = run->in[0];
    s.k = run->kernel->extent[1];
    if (s.dtype == CJ_F32)
        multiply_f32(&s);
    else
        multiply_f64(&s);
}

const cj_op_kernel cj_op_csr_matmul = {
    .scratch = starts_scratch, .run = run_csr_matmul, .reference = reference_csr_matmul};

/*
 * ---- for each entry the dot product of a row of a and a row of b: products are rounded, element j is added to lane j mod 32,
 * from +0 in index order, the lanes are folded by halves ----
 */

static int64_t row_of(const cj_sparse *s, int64_t entry)
{
    int64_t low = 0, count = s->rows;
    while (count > 0) {
        int64_t half = count / 2;
        bool after = s->start[low + half + 1] <= entry;
        low = after ? low + half + 1 : low;
        count = after ? count - half - 1 : half;
    }
    return low;
}

static void entries_range(void *state, int thread, int64_t begin, int64_t end)
{
    const cj_sparse *s = state;
    const cj_kernel *k = s->run->kernel;
    int64_t row = row_of(s, begin);
    (void)thread;
    while (begin < end) {
        char *out = (char *)s->run->out + (size_t)begin * s->size;
        while (row < s->rows && s->start[row + 1] <= begin)
            row++;
        bool none =
            row == s->rows || begin < s->start[0]; /* before the first row, behind the last */
        int64_t stop = row == s->rows ? s->entries : none ? s->start[0] : s->start[row + 1];
        int64_t n = CJ_MIN(stop, end) - begin;
        if (none)
            memset(out, 0, (size_t)n * s->size);
        else
            s->kernels->csr_dots[s->dtype](
                n, (const char *)s->run->in[2] + (size_t)(row * s->k) * s->size, s->columns + begin,
                k->operand[3].extent[0], s->run->in[3], s->k, out);
        begin += n;
    }
}

static cj_status run_csr_dot(const cj_op_run *run)
{
    if (run->kernel->elements == 0)
        return CJ_OK;
    cj_sparse s = sparse_of(run, 0, 1);
    s.k = run->kernel->operand[2].extent[1];
    cj_op_share(run, s.entries, s.k + 16, entries_range, &s);
    return CJ_OK;
}

#define CJ_REFERENCE_DOT(T, suffix)                                                                \
    static void dots_##suffix(const cj_sparse *s)                                                  \
    {                                                                                              \
        const T *a = s->run->in[2], *b = s->run->in[3];                                            \
        T *out = s->run->out;                                                                      \
        memset(out, 0, (size_t)s->entries * sizeof(T));                                            \
        for (int64_t r = 0; r < s->rows; r++)                                                      \
            for (int64_t e = s->start[r]; e < s->start[r + 1]; e++) {                              \
                T lane[CJ_REDUCE_LANES] = {0};                                                     \
                int64_t c = s->columns[e];                                                         \
                if (c < 0 || c >= s->run->kernel->operand[3].extent[0])                            \
                    continue;                                                                      \
                for (int64_t j = 0; j < s->k; j++) {                                               \
                    T term = a[r * s->k + j] * b[c * s->k + j];                                    \
                    lane[j % CJ_REDUCE_LANES] += term;                                             \
                }                                                                                  \
                for (int64_t half = CJ_REDUCE_LANES / 2; half; half /= 2)                          \
                    for (int64_t l = 0; l < half; l++)                                             \
                        lane[l] += lane[l + half];                                                 \
                out[e] = lane[0];                                                                  \
            }                                                                                      \
    }
CJ_REFERENCE_DOT(float, f32)
CJ_REFERENCE_DOT(double, f64)

static void reference_csr_dot(const cj_op_run *run)
{
    cj_sparse s = sparse_of(run, 0, 1);
    s.k = run->kernel->operand[2].extent[1];
    if (s.dtype == CJ_F32)
        dots_f32(&s);
    else
        dots_f64(&s);
}

const cj_op_kernel cj_op_csr_dot = {
    .scratch = starts_scratch, .run = run_csr_dot, .reference = reference_csr_dot};

/* ---- packed bits: how many of two rows differ ---- */

static void bits_range(void *state, int thread, int64_t begin, int64_t end)
{
    const cj_op_run *run = *(const cj_op_run *const *)state;
    const cj_kernel *k = run->kernel;
    int64_t m = k->extent[k->rank - 2], n = k->extent[k->rank - 1];
    int64_t words = k->operand[0].extent[k->rank - 1];
    const struct cj_isa_kernels *kernels = cj_kernels(run->context->isa);
    (void)thread;
    for (int64_t row = begin; row < end; row++)
        kernels->bit_row(n, words, (const uint32_t *)run->in[0] + row * words,
                         (const uint32_t *)run->in[1] + row / m * n * words,
                         (int32_t *)run->out + row * n);
}

static cj_status run_bit_matmul(const cj_op_run *run)
{
    const cj_kernel *k = run->kernel;
    int64_t rows = cj_extent_product(k->extent, 0, k->rank - 1);
    if (k->elements)
        cj_op_share(run, rows, k->extent[k->rank - 1] * (1 + k->operand[0].extent[k->rank - 1] / 2),
                    bits_range, &run);
    return CJ_OK;
}

static void reference_bit_matmul(const cj_op_run *run)
{
    const cj_kernel *k = run->kernel;
    int64_t m = k->extent[k->rank - 2], n = k->extent[k->rank - 1];
    int64_t words = k->operand[0].extent[k->rank - 1];
    for (int64_t e = 0; e < k->elements; e++) {
        const uint32_t *a = (const uint32_t *)run->in[0] + e / n * words;
        const uint32_t *b = (const uint32_t *)run->in[1] + (e / n / m * n + e % n) * words;
        int32_t count = 0;
        for (int64_t bit = 0; bit < 32 * words; bit++)
            count += (int32_t)((a[bit / 32] ^ b[bit / 32]) >> bit % 32 & 1);
        ((int32_t *)run->out)[e] = count;
    }
}

const cj_op_kernel cj_op_bit_matmul = {.run = run_bit_matmul, .reference = reference_bit_matmul};
