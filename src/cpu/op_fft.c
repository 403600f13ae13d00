/*
 * src/cpu/op_fft.c - Fourier transforms along an axis, a block of lanes at a time (fft.h).
 *
 * A lane is one transform. A block of lanes is brought to rows of lanes, real and imaginary parts
 * apart, taken through the stages from one half of the scratch to the other, and brought back.
 * Threads share out blocks; the bits of a lane do not depend on its block.
 */
#include "cpu/fft.h"
#include "cpu/kernels.h"
#include "cpu/op.h"

enum { MOST_LANES = 16, BLOCK_BYTES = 1 << 18 };

typedef struct cj_fft_shape {
    int64_t outer, n, inner; /* around the axis; n: of the reals, or of the pairs */
    int64_t lanes;           /* outer * inner */
    int64_t length;          /* of the complex transform of a lane: n, or n / 2 */
    int64_t rows;            /* of a half of the scratch */
    int64_t block;           /* lanes at a time */
    int64_t half;            /* RFFT, IRFFT: n / 2 + 1 */
    bool inverse, chirp;
    size_t size; /* of an element */
} cj_fft_shape;

typedef struct cj_fft_plan {
    int stages;
    int64_t length; /* of the transforms in stages: that of the lanes, or of the chirp */
    int radix[CJ_FFT_MOST_STAGES];
    size_t roots[CJ_FFT_MOST_STAGES],
        pairs[CJ_FFT_MOST_STAGES]; /* offsets in `table`, in elements */
    size_t chirp, spectrum, turn;  /* turn: the last step of real transforms */
    size_t elements;
    size_t table; /* offset in bytes */
} cj_fft_plan;

static cj_fft_shape shape_of(const cj_kernel *k)
{
    const cj_operand *x = &k->operand[0];
    int axis = (int)k->option[0], radix[CJ_FFT_MOST_STAGES];
    cj_fft_shape s = {.outer = cj_extent_product(x->extent, 0, axis),
                      .inner = cj_extent_product(x->extent, axis + 1, x->rank),
                      .n = k->op == CJ_OP_IRFFT ? k->option[1] : x->extent[axis],
                      .inverse = k->op == CJ_OP_IRFFT || (k->op == CJ_OP_FFT && k->option[1]),
                      .size = cj_dtype_size((cj_dtype)k->dtype)};
    bool real = k->op != CJ_OP_FFT;
    s.lanes = s.outer * s.inner;
    s.half = real ? s.n / 2 + 1 : 0;
    s.length = real && s.n % 2 == 0 ? s.n / 2 : s.n;
    s.chirp = cj_fft_radices(s.length, radix) < 0;
    s.rows = CJ_MAX(s.chirp ? cj_fft_chirp_length(s.length) : s.length, s.half);
    s.block = BLOCK_BYTES / (int64_t)(4 * s.size) / s.rows;
    s.block = CJ_MAX(CJ_MIN(CJ_MIN(s.block, MOST_LANES), s.lanes), 1);
    return s;
}

/* ---- the plan: offsets, then tables ---- */

static size_t take(cj_fft_plan *plan, int64_t elements)
{
    size_t place = plan->elements;
    plan->elements += (size_t)elements;
    return place;
}

static cj_fft_plan plan_of(const cj_kernel *k)
{
    cj_fft_shape s = shape_of(k);
    cj_fft_plan plan = {.length = s.chirp ? cj_fft_chirp_length(s.length) : s.length,
                        .table = cj_aligned_size(sizeof(plan))};
    plan.stages = cj_fft_radices(plan.length, plan.radix);
    int64_t rest = plan.length;
    for (int i = 0; i < plan.stages; i++) {
        int64_t r = plan.radix[i];
        plan.roots[i] = take(&plan, r & 1 ? 2 * r : 0);
        rest /= r;
        plan.pairs[i] = take(&plan, 2 * rest * (r - 1));
    }
    plan.chirp = take(&plan, s.chirp ? 2 * s.length : 0);
    plan.spectrum = take(&plan, s.chirp ? 2 * plan.length : 0);
    plan.turn = take(&plan, s.length < s.n ? 2 * s.half : 0);
    return plan;
}

static size_t plan_bytes(const cj_kernel *k)
{
    cj_fft_plan plan = plan_of(k);
    return plan.table + plan.elements * cj_dtype_size((cj_dtype)k->dtype);
}

typedef struct cj_fft_table {
    cj_dtype dtype;
    void *memory;
} cj_fft_table;

static void put(const cj_fft_table *table, size_t place, const double *pair)
{
    for (size_t i = 0; i < 2; i++) {
        if (table->dtype == CJ_F32)
            ((float *)table->memory)[place + i] = (float)pair[i];
        else
            ((double *)table->memory)[place + i] = pair[i];
    }
}

static void put_root(const cj_fft_table *table, size_t place, int64_t k, int64_t n)
{
    double root[2];
    cj_fft_root(k, n, root);
    put(table, place, root);
}

static void put_stages(const cj_fft_table *table, const cj_fft_plan *plan)
{
    int64_t n = plan->length;
    for (int i = 0; i < plan->stages; i++) {
        int64_t r = plan->radix[i], m = n / r;
        for (int64_t j = 0; r & 1 && j < r; j++) {
            double root[2];
            cj_fft_root(j, r, root);
            root[1] = -root[1];
            put(table, plan->roots[i] + 2 * (size_t)j, root);
        }
        for (int64_t p = 0; p < m; p++)
            for (int64_t k = 1; k < r; k++)
                put_root(table, plan->pairs[i] + 2 * (size_t)(p * (r - 1) + k - 1), p * k, n);
        n = m;
    }
}

static cj_status put_chirp(cj_context *context, const cj_fft_table *table, const cj_fft_plan *plan,
                           int64_t length)
{
    size_t bytes = sizeof(double) * (size_t)(6 * plan->length + 2 * length);
    double *work = cj_allocate(context, bytes);
    if (!work)
        return CJ_NO_MEMORY;
    double *spectrum = work + 4 * plan->length, *chirp = spectrum + 2 * plan->length;
    cj_fft_chirp(length, chirp, spectrum, work);
    for (size_t j = 0; j < (size_t)length; j++)
        put(table, plan->chirp + 2 * j, chirp + 2 * j);
    for (size_t j = 0; j < (size_t)plan->length; j++)
        put(table, plan->spectrum + 2 * j, spectrum + 2 * j);
    cj_release(context, work, bytes);
    return CJ_OK;
}

static cj_status make_plan(cj_context *context, const cj_kernel *k, void *memory)
{
    cj_fft_plan *plan = memory;
    cj_fft_shape s = shape_of(k);
    *plan = plan_of(k);
    cj_fft_table table = {(cj_dtype)k->dtype, (char *)memory + plan->table};
    put_stages(&table, plan);
    for (int64_t j = 0; s.length < s.n && j < s.half; j++)
        put_root(&table, plan->turn + 2 * (size_t)j, j, s.n);
    return s.chirp ? put_chirp(context, &table, plan, s.length) : CJ_OK;
}

/* ---- a block of lanes ---- */

typedef struct cj_fft_job {
    const cj_op_run *run;
    const struct cj_isa_kernels *kernels;
    const cj_fft_plan *plan;
    cj_fft_shape shape;
    size_t half_bytes; /* of a real or imaginary half of the scratch of a thread */
} cj_fft_job;

/* The halves of a thread's scratch: x holds what is computed, y is free. */
typedef struct cj_fft_block {
    char *xr, *xi, *yr, *yi;
    int64_t first, lanes;
} cj_fft_block;

static const void *entry(const cj_fft_job *job, size_t place)
{
    return (const char *)job->plan + job->plan->table + place * job->shape.size;
}

/* Rows of the block's lanes from or to an array of `n` places along the axis. */
static void move_rows(const cj_fft_job *job, const cj_fft_block *b, bool in, int64_t n, char *array,
                      char *rows)
{
    const cj_fft_shape *s = &job->shape;
    int64_t size = (int64_t)s->size;
    if (s->inner == 1) {
        cj_transpose_fn transpose = job->kernels->transpose[cj_size_class_of(s->size)];
        char *lanes = array + b->first * n * size;
        if (b->lanes == 1)
            memcpy(in ? rows : lanes, in ? lanes : rows, (size_t)(n * size));
        else if (in)
            transpose(b->lanes, n, rows, b->lanes, lanes, n);
        else
            transpose(n, b->lanes, lanes, n, rows, b->lanes);
        return;
    }
    for (int64_t lane = 0, count; lane < b->lanes; lane += count) {
        int64_t outer = (b->first + lane) / s->inner, inner = (b->first + lane) % s->inner;
        count = CJ_MIN(b->lanes - lane, s->inner - inner);
        for (int64_t j = 0; j < n; j++) {
            char *a = array + ((outer * n + j) * s->inner + inner) * size;
            char *row = rows + (j * b->lanes + lane) * size;
            memcpy(in ? row : a, in ? a : row, (size_t)(count * size));
        }
    }
}

static void exchange(char **a, char **b)
{
    char *was = *a;
    *a = *b;
    *b = was;
}

static void run_stages(const cj_fft_job *job, cj_fft_block *b)
{
    const cj_fft_plan *plan = job->plan;
    cj_fft_stage_fn stage = job->kernels->fft_stage[job->run->kernel->dtype];
    int64_t m = plan->length, s = b->lanes;
    for (int i = 0; i < plan->stages; i++) {
        int r = plan->radix[i];
        m /= r;
        stage(r, m, s, b->xr, b->xi, b->yr, b->yi, entry(job, plan->roots[i]),
              entry(job, plan->pairs[i]));
        s *= r;
        exchange(&b->xr, &b->yr);
        exchange(&b->xi, &b->yi);
    }
}

static void run_chirp(const cj_fft_job *job, cj_fft_block *b)
{
    const cj_fft_plan *plan = job->plan;
    cj_fft_multiply_fn multiply = job->kernels->fft_multiply[job->run->kernel->dtype];
    int64_t n = job->shape.length, m = plan->length;
    size_t row = (size_t)b->lanes * job->shape.size;
    multiply(n, b->lanes, b->xr, b->xi, b->xr, b->xi, entry(job, plan->chirp));
    memset(b->xr + (size_t)n * row, 0, (size_t)(m - n) * row);
    memset(b->xi + (size_t)n * row, 0, (size_t)(m - n) * row);
    run_stages(job, b);
    multiply(m, b->lanes, b->xr, b->xi, b->xr, b->xi, entry(job, plan->spectrum));
    exchange(&b->xr, &b->xi);
    exchange(&b->yr, &b->yi);
    run_stages(job, b);
    exchange(&b->xr, &b->xi);
    exchange(&b->yr, &b->yi);
    multiply(n, b->lanes, b->xr, b->xi, b->xr, b->xi, entry(job, plan->chirp));
}

/* The transform of x; `inverse`: of the other sign. */
static void transform(const cj_fft_job *job, cj_fft_block *b, bool inverse)
{
    for (int turn = 0; turn < 2; turn++) {
        if (inverse) {
            exchange(&b->xr, &b->xi);
            exchange(&b->yr, &b->yi);
        }
        if (turn == 0 && job->shape.chirp)
            run_chirp(job, b);
        else if (turn == 0)
            run_stages(job, b);
    }
}

static void complex_block(const cj_fft_job *job, cj_fft_block *b)
{
    const cj_op_run *run = job->run;
    const cj_fft_shape *s = &job->shape;
    char *out = run->out;
    move_rows(job, b, true, s->n, (char *)run->in[0], b->xr);
    move_rows(job, b, true, s->n, (char *)run->in[1], b->xi);
    transform(job, b, s->inverse);
    move_rows(job, b, false, s->n, out, b->xr);
    move_rows(job, b, false, s->n, out + (size_t)(s->lanes * s->n) * s->size, b->xi);
}

/* Rows of all lanes in what is free, which is of one piece. */
static char *free_rows(const cj_fft_block *b)
{
    return CJ_MIN(b->yr, b->yi);
}

/* Even and odd rows of what is free to xr and xi, or back. */
static void pair_rows(const cj_fft_job *job, cj_fft_block *b, bool in)
{
    char *rows = free_rows(b);
    size_t row = (size_t)b->lanes * job->shape.size;
    for (size_t j = 0; j < (size_t)job->shape.length; j++)
        for (size_t odd = 0; odd < 2; odd++) {
            char *one = (odd ? b->xi : b->xr) + j * row, *all = rows + (2 * j + odd) * row;
            memcpy(in ? one : all, in ? all : one, row);
        }
}

static void real_block(const cj_fft_job *job, cj_fft_block *b)
{
    const cj_op_run *run = job->run;
    const cj_fft_shape *s = &job->shape;
    char *out = run->out;
    if (s->length == s->n) {
        move_rows(job, b, true, s->n, (char *)run->in[0], b->xr);
        memset(b->xi, 0, (size_t)(s->n * b->lanes) * s->size);
        transform(job, b, false);
    } else {
        move_rows(job, b, true, s->n, (char *)run->in[0], free_rows(b));
        pair_rows(job, b, true);
        transform(job, b, false);
        job->kernels->fft_split[run->kernel->dtype](s->length, b->lanes, b->xr, b->xi, b->yr, b->yi,
                                                    entry(job, job->plan->turn));
        exchange(&b->xr, &b->yr);
        exchange(&b->xi, &b->yi);
    }
    if (s->length == s->n) /* exactly 0, as the sum of a real row is real */
        memset(b->xi, 0, (size_t)b->lanes * s->size);
    move_rows(job, b, false, s->half, out, b->xr);
    move_rows(job, b, false, s->half, out + (size_t)(s->lanes * s->half) * s->size, b->xi);
}

/* Row n - k is the conjugate of row k; row 0 is real. */
static void mirror(const cj_fft_job *job, cj_fft_block *b)
{
    int64_t n = job->shape.n, s = b->lanes;
    size_t row = (size_t)s * job->shape.size;
    memset(b->xi, 0, row);
    for (int64_t k = 1; k < job->shape.half; k++) {
        memcpy(b->xr + (size_t)(n - k) * row, b->xr + (size_t)k * row, row);
        for (int64_t q = 0; q < s; q++) {
            if (job->shape.size == sizeof(float))
                ((float *)(void *)b->xi)[(n - k) * s + q] = -((float *)(void *)b->xi)[k * s + q];
            else
                ((double *)(void *)b->xi)[(n - k) * s + q] = -((double *)(void *)b->xi)[k * s + q];
        }
    }
}

static void hermitian_block(const cj_fft_job *job, cj_fft_block *b)
{
    const cj_op_run *run = job->run;
    const cj_fft_shape *s = &job->shape;
    move_rows(job, b, true, s->half, (char *)run->in[0], b->xr);
    move_rows(job, b, true, s->half, (char *)run->in[1], b->xi);
    if (s->length == s->n) {
        mirror(job, b);
        transform(job, b, true);
        move_rows(job, b, false, s->n, run->out, b->xr);
        return;
    }
    job->kernels->fft_merge[run->kernel->dtype](s->length, b->lanes, b->xr, b->xi, b->yr, b->yi,
                                                entry(job, job->plan->turn));
    exchange(&b->xr, &b->yr);
    exchange(&b->xi, &b->yi);
    transform(job, b, true);
    pair_rows(job, b, false);
    move_rows(job, b, false, s->n, run->out, free_rows(b));
}

static void run_blocks(void *state, int thread, int64_t begin, int64_t end)
{
    const cj_fft_job *job = state;
    char *scratch = (char *)job->run->scratch + (size_t)thread * 4 * job->half_bytes;
    for (int64_t i = begin; i < end; i++) {
        cj_fft_block b = {.first = i * job->shape.block,
                          .xr = scratch,
                          .xi = scratch + job->half_bytes,
                          .yr = scratch + 2 * job->half_bytes,
                          .yi = scratch + 3 * job->half_bytes};
        b.lanes = CJ_MIN(job->shape.block, job->shape.lanes - b.first);
        if (job->run->kernel->op == CJ_OP_FFT)
            complex_block(job, &b);
        else if (job->run->kernel->op == CJ_OP_RFFT)
            real_block(job, &b);
        else
            hermitian_block(job, &b);
    }
}

static size_t half_bytes(const cj_fft_shape *s)
{
    return cj_aligned_size((size_t)(s->rows * s->block) * s->size);
}

static size_t scratch(cj_context *context, const cj_kernel *k)
{
    cj_fft_shape s = shape_of(k);
    return 4 * half_bytes(&s) * (size_t)cj_threads(context);
}

static cj_status run_fft(const cj_op_run *run)
{
    cj_fft_job job = {.run = run,
                      .kernels = cj_kernels(run->context->isa),
                      .plan = run->plan,
                      .shape = shape_of(run->kernel)};
    job.half_bytes = half_bytes(&job.shape);
    int64_t blocks = (job.shape.lanes + job.shape.block - 1) / job.shape.block;
    cj_op_share(run, blocks, 2 * job.shape.block * job.shape.rows, run_blocks, &job);
    return CJ_OK;
}

#define CJ_FFT_OP(name)                                                                            \
    const cj_op_kernel cj_op_##name = {.scratch = scratch,                                         \
                                       .plan_bytes = plan_bytes,                                   \
                                       .plan = make_plan,                                          \
                                       .run = run_fft,                                             \
                                       .reference = cj_reference_op_fft};
CJ_FFT_OP(fft)
CJ_FFT_OP(rfft)
CJ_FFT_OP(irfft)
