/*
 * src/cpu/op_gather.c - elements along an axis, named by an index; outside: NaN, integers 0, or 0.
 */
#include "cpu/op_index.h"

/* What stands where the index is outside: the upper bytes of a quiet NaN of any width, or 0. */
static uint64_t fill_of(const cj_kernel *k)
{
    if (k->option[1] || cj_dtype_class(k->dtype) != 'f')
        return 0;
    size_t size = cj_dtype_size((cj_dtype)k->dtype);
    return size == 8 ? UINT64_C(0x7ff8000000000000) : size == 4 ? 0x7fc00000 : 0x7fc0;
}

/* n elements of a row: out[j] = x[j * x_step + index[j * index_step] * step]. */
typedef struct cj_gather_row {
    void *out;
    const void *x, *index;
    int64_t x_step, index_step, step;
    uint64_t extent, fill;
} cj_gather_row;

#define CJ_GATHER(T, I)                                                                            \
    static void gather_##T##_##I(int64_t n, const cj_gather_row *r)                                \
    {                                                                                              \
        T *out = r->out;                                                                           \
        const T *x = r->x;                                                                         \
        const I *index = r->index;                                                                 \
        T fill = (T)r->fill;                                                                       \
        if (r->x_step == 0 && r->index_step == 1 && r->step == 1) {                                \
            for (int64_t j = 0; j < n; j++) {                                                      \
                uint64_t at = (uint64_t)(int64_t)index[j];                                         \
                out[j] = at < r->extent ? x[at] : fill;                                            \
            }                                                                                      \
            return;                                                                                \
        }                                                                                          \
        for (int64_t j = 0; j < n; j++) {                                                          \
            uint64_t at = (uint64_t)(int64_t)index[j * r->index_step];                             \
            out[j] = at < r->extent ? x[j * r->x_step + (int64_t)at * r->step] : fill;             \
        }                                                                                          \
    }                                                                                              \
    static void copy_##T##_##I(int64_t n, const cj_gather_row *r)                                  \
    {                                                                                              \
        T *out = r->out;                                                                           \
        uint64_t at = (uint64_t)(int64_t) * (const I *)r->index;                                   \
        const T *x = (const T *)r->x + (at < r->extent ? (int64_t)at * r->step : 0);               \
        if (at >= r->extent)                                                                       \
            for (int64_t j = 0; j < n; j++)                                                        \
                out[j] = (T)r->fill;                                                               \
        else if (r->x_step == 1 && n * (int64_t)sizeof(T) >= 64)                                   \
            memcpy(out, x, (size_t)n * sizeof(T));                                                 \
        else                                                                                       \
            for (int64_t j = 0; j < n; j++)                                                        \
                out[j] = x[j * r->x_step];                                                         \
    }
#define CJ_GATHER_BOTH(T) CJ_GATHER(T, int32_t) CJ_GATHER(T, int64_t)
CJ_GATHER_BOTH(uint8_t)
CJ_GATHER_BOTH(uint16_t)
CJ_GATHER_BOTH(uint32_t)
CJ_GATHER_BOTH(uint64_t)

typedef void (*cj_gather_fn)(int64_t n, const cj_gather_row *row);
#define CJ_GATHER_ROWS(T)                                                                          \
    {                                                                                              \
        {gather_##T##_int32_t, gather_##T##_int64_t},                                              \
        {                                                                                          \
            copy_##T##_int32_t, copy_##T##_int64_t                                                 \
        }                                                                                          \
    }
/* By size, then: one index for all of the row or one each, i32 or i64. */
static const cj_gather_fn gather_rows[4][2][2] = {CJ_GATHER_ROWS(uint8_t), CJ_GATHER_ROWS(uint16_t),
                                                  CJ_GATHER_ROWS(uint32_t),
                                                  CJ_GATHER_ROWS(uint64_t)};

typedef struct cj_gather_job {
    const cj_op_run *run;
    cj_index_plan plan;
    size_t size, index_size;
    cj_gather_fn fn;
} cj_gather_job;

static void run_range(void *state, int thread, int64_t begin, int64_t end)
{
    const cj_gather_job *job = state;
    const cj_index_plan *p = &job->plan;
    const cj_op_run *run = job->run;
    int last = p->axes.rank - 1;
    int64_t size = (int64_t)job->size, row = p->axes.extent[last], inner = begin % row;
    cj_index_place place = cj_index_start(p, begin);
    cj_gather_row r = {.x_step = p->reached[last],
                       .index_step = p->index[last],
                       .step = p->step,
                       .extent = (uint64_t)p->extent,
                       .fill = fill_of(run->kernel)};
    (void)thread;
    for (int64_t at = begin; at < end; cj_index_next_row(p, &place), inner = 0) {
        int64_t n = CJ_MIN(row - inner, end - at);
        r.out = (char *)run->out + at * size;
        r.x = (const char *)run->in[0] + (place.reached + inner * r.x_step) * size;
        r.index = (const char *)run->in[1] +
                  (place.index + inner * r.index_step) * (int64_t)job->index_size;
        job->fn(n, &r);
        at += n;
    }
}

static cj_status run_gather(const cj_op_run *run)
{
    const cj_kernel *k = run->kernel;
    const cj_operand *x = &k->operand[0], *index = &k->operand[1];
    cj_gather_job job = {.run = run,
                         .size = cj_dtype_size((cj_dtype)k->dtype),
                         .index_size = cj_dtype_size((cj_dtype)index->dtype)};
    if (k->elements == 0)
        return CJ_OK;
    cj_index_plan_make(&job.plan, k->rank, (int)k->option[0], k->extent, x->extent, index->extent);
    int size = job.size == 1 ? 0 : job.size == 2 ? 1 : job.size == 4 ? 2 : 3;
    bool one = job.plan.index[job.plan.axes.rank - 1] == 0;
    job.fn = gather_rows[size][one][index->dtype == CJ_I64];
    cj_op_share(run, k->elements, 1, run_range, &job);
    return CJ_OK;
}

static void reference_gather(const cj_op_run *run)
{
    const cj_kernel *k = run->kernel;
    const cj_operand *x = &k->operand[0], *index = &k->operand[1];
    size_t size = cj_dtype_size((cj_dtype)k->dtype);
    uint64_t fill = fill_of(k);
    for (int64_t e = 0; e < k->elements; e++) {
        int64_t at[CJ_MAX_RANK], rest = e, from = 0, named = 0;
        for (int i = k->rank - 1; i >= 0; i--) {
            at[i] = rest % k->extent[i];
            rest /= k->extent[i];
        }
        for (int i = 0; i < k->rank; i++)
            named = named * index->extent[i] + (index->extent[i] == 1 ? 0 : at[i]);
        uint64_t chosen = cj_index_at(run->in[1], index->dtype == CJ_I64, named);
        bool outside = chosen >= (uint64_t)x->extent[k->option[0]];
        at[k->option[0]] = outside ? 0 : (int64_t)chosen;
        for (int i = 0; i < k->rank; i++)
            from = from * x->extent[i] + (x->extent[i] == 1 && i != k->option[0] ? 0 : at[i]);
        memcpy((char *)run->out + (size_t)e * size,
               outside ? (const char *)&fill : (const char *)run->in[0] + (size_t)from * size,
               size);
    }
}

const cj_op_kernel cj_op_gather = {.run = run_gather, .reference = reference_gather};
