/*
 * src/cpu/op_scatter.c - the ways back of gather: sums, extremes and last writers of what an index
 * sends to each place along an axis.
 *
 * Every destination takes its elements in index order. Work is shared out by destinations: by the
 * axis besides the index's with the most places, so that no two threads write one element and the
 * order, hence the bits, are those of one thread. A single row of destinations is one thread's.
 */
#include "cpu/kernels.h"
#include "cpu/op_index.h"

/* n elements of a row: out[j * out_step + index[j * index_step] * step] (op)= x[j]. */
typedef struct cj_scatter_row {
    void *out;
    const void *x, *index;
    int64_t out_step, index_step, step;
    uint64_t extent;
    int64_t first,
        x_step; /* LAST: the position of the row's first element, and from one to the next */
} cj_scatter_row;
typedef void (*cj_scatter_fn)(int64_t n, const cj_scatter_row *row);

#define CJ_SCATTER(name, T, I, WRITE)                                                              \
    static void name##_##I(int64_t n, const cj_scatter_row *r)                                     \
    {                                                                                              \
        T *out = r->out;                                                                           \
        const T *x = r->x;                                                                         \
        const I *index = r->index;                                                                 \
        for (int64_t j = 0; j < n; j++) {                                                          \
            uint64_t at = (uint64_t)(int64_t)index[j * r->index_step];                             \
            if (at >= r->extent)                                                                   \
                continue;                                                                          \
            T *to = out + j * r->out_step + (int64_t)at * r->step;                                 \
            WRITE;                                                                                 \
        }                                                                                          \
    }
#define CJ_ADD *to = (*to + x[j])
#define CJ_LARGER *to = *to > x[j] || *to != *to ? *to : x[j]
#define CJ_SMALLER *to = *to < x[j] || *to != *to ? *to : x[j]
#define CJ_LATER ((void)x, *to = (int32_t)(r->first + j * r->x_step))
#define CJ_SCATTER_BOTH(name, T, WRITE)                                                            \
    CJ_SCATTER(name, T, int32_t, WRITE) CJ_SCATTER(name, T, int64_t, WRITE)
/* Sums of integers wrap. */
CJ_SCATTER_BOTH(add_f32, float, CJ_ADD)
CJ_SCATTER_BOTH(add_f64, double, CJ_ADD)
CJ_SCATTER_BOTH(add_8, uint8_t, *to = (uint8_t)(*to + x[j]))
CJ_SCATTER_BOTH(add_16, uint16_t, *to = (uint16_t)(*to + x[j]))
CJ_SCATTER_BOTH(add_32, uint32_t, CJ_ADD)
CJ_SCATTER_BOTH(add_64, uint64_t, CJ_ADD)
#define CJ_X(NAME, name, type, bytes, kind)                                                        \
    CJ_SCATTER_BOTH(larger_##name, type, CJ_LARGER)                                                \
    CJ_SCATTER_BOTH(smaller_##name, type, CJ_SMALLER)
CJ_DTYPE_LIST(CJ_X)
#undef CJ_X
CJ_SCATTER_BOTH(later, int32_t, CJ_LATER)

static cj_scatter_fn row_function(const cj_kernel *k, bool wide)
{
#define CJ_PICK(name) (wide ? name##_int64_t : name##_int32_t)
    static const cj_scatter_fn extreme[2][CJ_DTYPE_COUNT][2] = {{
#define CJ_X(NAME, name, type, bytes, kind) {larger_##name##_int32_t, larger_##name##_int64_t},
                                                                    CJ_DTYPE_LIST(CJ_X)
#undef CJ_X
                                                                },
                                                                {
#define CJ_X(NAME, name, type, bytes, kind) {smaller_##name##_int32_t, smaller_##name##_int64_t},
                                                                    CJ_DTYPE_LIST(CJ_X)
#undef CJ_X
                                                                }};
    if (k->op == CJ_OP_SCATTER_LAST)
        return CJ_PICK(later);
    if (k->op != CJ_OP_SCATTER_ADD)
        return extreme[k->op == CJ_OP_SCATTER_MIN][k->dtype][wide];
    if (k->dtype == CJ_F32)
        return CJ_PICK(add_f32);
    if (k->dtype == CJ_F64)
        return CJ_PICK(add_f64);
    switch (cj_dtype_size((cj_dtype)k->dtype)) {
    case 1: return CJ_PICK(add_8);
    case 2: return CJ_PICK(add_16);
    case 4: return CJ_PICK(add_32);
    default: return CJ_PICK(add_64);
    }
#undef CJ_PICK
}

/* What a destination holds to which nothing is sent. */
static void identity_of(const cj_kernel *k, void *bits)
{
    if (k->op == CJ_OP_SCATTER_LAST)
        memset(bits, 0xff, sizeof(int32_t));
    else
        cj_reduce_identity(k->op == CJ_OP_SCATTER_ADD   ? CJ_OP_SUM
                           : k->op == CJ_OP_SCATTER_MAX ? CJ_OP_AMAX
                                                        : CJ_OP_AMIN,
                           (cj_dtype)k->dtype, bits);
}

typedef struct cj_scatter_job {
    const cj_op_run *run;
    cj_index_plan plan;
    const struct cj_isa_kernels *kernels;
    size_t size, x_size, index_size;
    cj_scatter_fn fn;
    cj_map_fn whole_rows; /* adds contiguous rows, where a row has one index; or NULL */
    int axis;             /* of the index, among the plan's */
    int shared;           /* the axis that is shared out, or -1 */
    uint64_t identity;
} cj_scatter_job;

/* The plan of the elements [begin, end) of the shared axis. */
static cj_index_plan part_of(const cj_scatter_job *job, int64_t begin, int64_t end)
{
    cj_index_plan part = job->plan;
    if (job->shared >= 0)
        part.axes.extent[job->shared] = end - begin;
    return part;
}

static void fill(const cj_scatter_job *job, int64_t first, int64_t n)
{
    char *out = (char *)job->run->out + first * (int64_t)job->size;
    if (job->identity == 0)
        memset(out, 0, (size_t)n * job->size);
    else
        job->kernels->splat[cj_size_class_of(job->size)](n, out, &job->identity);
}

static void clear(const cj_scatter_job *job, int64_t begin, int64_t end)
{
    cj_index_plan part = part_of(job, begin, end); /* walks the result */
    if (job->shared <= 0 || end - begin == job->plan.axes.extent[job->shared]) {
        /* what is shared out is outermost, or all of it is here: one run of elements */
        int64_t each = job->shared == 0 ? part.reached[0] : job->run->kernel->elements;
        int64_t from = job->shared == 0 ? begin * each : 0;
        fill(job, from, job->shared == 0 ? (end - begin) * each : each);
        return;
    }
    part.axes.extent[job->axis] = part.extent;
    part.reached[job->axis] = part.step;
    int last = part.axes.rank - 1;
    int64_t rows = cj_extent_product(part.axes.extent, 0, last);
    cj_index_place place = {.walked = 0};
    for (int64_t row = 0; row < rows; row++, cj_index_next_row(&part, &place))
        fill(job, begin * part.reached[job->shared] + place.reached, part.axes.extent[last]);
}

/* The axis's own index of the row's first element, for LAST. */
static int64_t position_of(const cj_scatter_job *job, const cj_index_place *place)
{
    return job->axis == job->plan.axes.rank - 1 ? 0 : place->at[job->axis];
}

static void run_part(void *state, int thread, int64_t begin, int64_t end)
{
    const cj_scatter_job *job = state;
    const cj_op_run *run = job->run;
    cj_index_plan part = part_of(job, begin, end);
    int last = part.axes.rank - 1;
    int64_t n = part.axes.extent[last], rows = cj_extent_product(part.axes.extent, 0, last);
    int64_t x = 0, out = 0, index = 0, size = (int64_t)job->size;
    cj_index_place place = {.walked = 0};
    (void)thread;
    if (job->shared >= 0) {
        x = begin * part.walked[job->shared];
        out = begin * part.reached[job->shared];
        index = begin * part.index[job->shared];
    }
    clear(job, begin, end);
    cj_scatter_row r = {.out_step = part.reached[last],
                        .index_step = part.index[last],
                        .step = part.step,
                        .extent = (uint64_t)part.extent,
                        .x_step = last == job->axis};
    for (int64_t row = 0; row < rows; row++, cj_index_next_row(&part, &place)) {
        r.out = (char *)run->out + (out + place.reached) * size;
        r.x = (const char *)run->in[0] + (x + place.walked) * (int64_t)job->x_size;
        r.index = (const char *)run->in[run->kernel->operand_count - 1] +
                  (index + place.index) * (int64_t)job->index_size;
        r.first = position_of(job, &place);
        if (!job->whole_rows) {
            job->fn(n, &r);
            continue;
        }
        uint64_t at = cj_index_at(r.index, job->index_size == 8, 0);
        if (at < r.extent) {
            void *to = (char *)r.out + (int64_t)at * r.step * size;
            job->whole_rows(n, to, (const void *[]){to, r.x});
        }
    }
}

/* The axis, besides the index's, with the most places; the first where it has some for each thread. */
static int shared_axis(const cj_scatter_job *job, int threads)
{
    int best = -1;
    int64_t most = 1;
    for (int i = 0; i < job->plan.axes.rank; i++) {
        int64_t extent = job->plan.axes.extent[i];
        if (i == job->axis || extent <= most)
            continue;
        best = i;
        most = extent;
        if (extent >= 4 * threads)
            break;
    }
    return best;
}

static cj_status run_scatter(const cj_op_run *run)
{
    const cj_kernel *k = run->kernel;
    const cj_operand *x = &k->operand[0], *index = &k->operand[k->operand_count - 1];
    cj_scatter_job job = {.run = run,
                          .kernels = cj_kernels(run->context->isa),
                          .size = cj_dtype_size((cj_dtype)k->dtype),
                          .x_size = cj_dtype_size((cj_dtype)x->dtype),
                          .index_size = cj_dtype_size((cj_dtype)index->dtype)};
    if (k->elements == 0)
        return CJ_OK;
    cj_index_plan_make(&job.plan, k->rank, (int)k->option[0], x->extent, k->extent, index->extent);
    identity_of(k, &job.identity);
    job.fn = row_function(k, index->dtype == CJ_I64);
    while (job.plan.reached[job.axis] != 0)
        job.axis++;
    int last = job.plan.axes.rank - 1;
    if (last != job.axis && job.plan.index[last] == 0 && k->op != CJ_OP_SCATTER_LAST)
        job.whole_rows = job.kernels->map[k->op == CJ_OP_SCATTER_ADD   ? CJ_OP_ADD
                                          : k->op == CJ_OP_SCATTER_MAX ? CJ_OP_MAX
                                                                       : CJ_OP_MIN][k->dtype];
    job.shared = shared_axis(&job, cj_threads(run->context));
    int64_t count = job.shared < 0 ? 1 : job.plan.axes.extent[job.shared];
    int64_t elements = cj_extent_product(x->extent, 0, x->rank);
    cj_op_share(run, count, CJ_MAX(elements, k->elements) / count, run_part, &job);
    return CJ_OK;
}

static void reference_scatter(const cj_op_run *run)
{
    const cj_kernel *k = run->kernel;
    const cj_operand *x = &k->operand[0], *index = &k->operand[k->operand_count - 1];
    int axis = (int)k->option[0];
    size_t size = cj_dtype_size((cj_dtype)k->dtype), x_size = cj_dtype_size((cj_dtype)x->dtype);
    bool wide = index->dtype == CJ_I64;
    cj_scatter_fn fn = row_function(k, wide);
    uint64_t identity = 0;
    identity_of(k, &identity);
    for (int64_t e = 0; e < k->elements; e++)
        memcpy((char *)run->out + (size_t)e * size, &identity, size);
    int64_t elements = cj_extent_product(x->extent, 0, x->rank);
    for (int64_t e = 0; e < elements; e++) {
        int64_t at[CJ_MAX_RANK], rest = e, to = 0, named = 0;
        for (int i = x->rank - 1; i >= 0; i--) {
            at[i] = rest % x->extent[i];
            rest /= x->extent[i];
        }
        for (int i = 0; i < x->rank; i++)
            named = named * index->extent[i] + (index->extent[i] == 1 ? 0 : at[i]);
        uint64_t chosen = cj_index_at(run->in[k->operand_count - 1], wide, named);
        if (chosen >= (uint64_t)k->extent[axis])
            continue;
        for (int i = 0; i < x->rank; i++)
            to = to * k->extent[i] + (i == axis ? (int64_t)chosen : at[i]);
        int64_t zero = 0;
        fn(1, &(cj_scatter_row){.out = (char *)run->out + (size_t)to * size,
                                .x = (const char *)run->in[0] + (size_t)e * x_size,
                                .index = &zero,
                                .extent = 1,
                                .first = at[axis]});
    }
}

const cj_op_kernel cj_op_scatter_add = {.run = run_scatter, .reference = reference_scatter};
const cj_op_kernel cj_op_scatter_max = {.run = run_scatter, .reference = reference_scatter};
const cj_op_kernel cj_op_scatter_min = {.run = run_scatter, .reference = reference_scatter};
const cj_op_kernel cj_op_scatter_last = {.run = run_scatter, .reference = reference_scatter};
