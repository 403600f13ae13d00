/*
 * src/cpu/op_cumulate.c - what runs along an axis: cumulative sums, linear recurrences, the place of the largest so far.
 *
 * A cumulative sum is taken in blocks of 1,024: y[i] = T + s[i], where s is the chain in index order within i's block, from its
 * first element, and T the chain of the totals (last s) of the blocks before it; in the first block y = s. So blocks can be
 * computed side by side, several at once even in one thread: the sums of one block wait for each other. With `reverse` all of
 * it runs from the last element to the first. A linear recurrence h[i] = a[i] * h[i - 1] + b[i], rounded twice, is one chain.
 *
 * Tensors are [outer, n, inner]; a unit of work is a strip of columns, or where there are none a row or its blocks.
 */
#include "cpu/op.h"

enum { BLOCK = 1024, TOGETHER = 8, STRIP = 128 };

typedef struct cj_cumulate {
    const cj_op_run *run;
    int64_t outer, n, inner, strips, blocks;
    bool reverse;
} cj_cumulate;

static cj_cumulate geometry(const cj_op_run *run)
{
    const cj_kernel *k = run->kernel;
    int axis = (int)k->option[0];
    cj_cumulate c = {.run = run,
                     .outer = cj_extent_product(k->extent, 0, axis),
                     .n = k->extent[axis],
                     .inner = cj_extent_product(k->extent, axis + 1, k->rank)};
    c.strips = (c.inner + STRIP - 1) / STRIP;
    c.blocks = (c.n + BLOCK - 1) / BLOCK;
    return c;
}

/* Columns [first, first + count) of one outer index; `step`: from one element of a column to the next, +-inner. */
typedef struct cj_strip {
    int64_t n, step, columns;
    const void *a, *b;
    void *out;
} cj_strip;
typedef void (*cj_strip_fn)(const cj_strip *strip);

static void run_strips(const cj_cumulate *c, int64_t begin, int64_t end, cj_strip_fn fn)
{
    const cj_kernel *k = c->run->kernel;
    int64_t in_size = (int64_t)cj_dtype_size((cj_dtype)k->operand[0].dtype);
    int64_t out_size = (int64_t)cj_dtype_size((cj_dtype)k->dtype);
    for (int64_t unit = begin; unit < end; unit++) {
        int64_t first = unit % c->strips * STRIP;
        int64_t at = unit / c->strips * c->n * c->inner + first;
        if (c->reverse)
            at += (c->n - 1) * c->inner;
        fn(&(cj_strip){.n = c->n,
                       .step = c->reverse ? -c->inner : c->inner,
                       .columns = CJ_MIN(STRIP, c->inner - first),
                       .a = (const char *)c->run->in[0] + at * in_size,
                       .b = (const char *)c->run->in[k->operand_count - 1] + at * in_size,
                       .out = (char *)c->run->out + at * out_size});
    }
}

/* ---- cumulative sums ---- */

#define CJ_CUMSUM(T, suffix)                                                                       \
    static void sum_strip_##suffix(const cj_strip *r)                                              \
    {                                                                                              \
        T total[STRIP], sum[STRIP];                                                                \
        for (int64_t i = 0; i < r->n; i++) {                                                       \
            const T *x = (const T *)r->a + i * r->step;                                            \
            T *out = (T *)r->out + i * r->step;                                                    \
            bool first = i < BLOCK;                                                                \
            if (i % BLOCK == 0) {                                                                  \
                for (int64_t j = 0; j < r->columns && i > 0; j++)                                  \
                    total[j] = i == BLOCK ? sum[j] : (T)(total[j] + sum[j]);                       \
                for (int64_t j = 0; j < r->columns; j++)                                           \
                    sum[j] = x[j];                                                                 \
            } else {                                                                               \
                for (int64_t j = 0; j < r->columns; j++)                                           \
                    sum[j] = (T)(sum[j] + x[j]);                                                   \
            }                                                                                      \
            if (first)                                                                             \
                memcpy(out, sum, (size_t)r->columns * sizeof(T));                                  \
            else                                                                                   \
                for (int64_t j = 0; j < r->columns; j++)                                           \
                    out[j] = (T)(total[j] + sum[j]);                                               \
        }                                                                                          \
    }                                                                                              \
    /* The chains of so many whole blocks, BLOCK * direction elements apart, side by side. */      \
    static inline __attribute__((always_inline)) void chains_##suffix(                             \
        int count, int direction, int64_t n, const T *x, T *out, T *total)                         \
    {                                                                                              \
        T sum[TOGETHER];                                                                           \
        for (int g = 0; g < count; g++)                                                            \
            sum[g] = x[g * BLOCK * direction];                                                     \
        for (int g = 0; out && g < count; g++)                                                     \
            out[g * BLOCK * direction] = sum[g];                                                   \
        for (int64_t i = 1; i < n; i++)                                                            \
            for (int g = 0; g < count; g++) {                                                      \
                int64_t at = (g * BLOCK + i) * direction;                                          \
                sum[g] = (T)(sum[g] + x[at]);                                                      \
                if (out)                                                                           \
                    out[at] = sum[g];                                                              \
            }                                                                                      \
        for (int g = 0; g < count; g++)                                                            \
            total[g] = sum[g];                                                                     \
    }                                                                                              \
    static void blocks_##suffix(int64_t n, bool reverse, const T *x, T *out, T *total)             \
    {                                                                                              \
        int64_t d = reverse ? -1 : 1, at = 0;                                                      \
        for (; at + TOGETHER * BLOCK <= n; at += TOGETHER * BLOCK, total += TOGETHER) {            \
            if (reverse && out)                                                                    \
                chains_##suffix(TOGETHER, -1, BLOCK, x - at, out - at, total);                     \
            else if (reverse)                                                                      \
                chains_##suffix(TOGETHER, -1, BLOCK, x - at, NULL, total);                         \
            else if (out)                                                                          \
                chains_##suffix(TOGETHER, 1, BLOCK, x + at, out + at, total);                      \
            else                                                                                   \
                chains_##suffix(TOGETHER, 1, BLOCK, x + at, NULL, total);                          \
        }                                                                                          \
        for (; at < n; at += BLOCK, total++)                                                       \
            chains_##suffix(1, (int)d, CJ_MIN(BLOCK, n - at), x + d * at,                          \
                            out ? out + d * at : NULL, total);                                     \
    }                                                                                              \
    static void raise_##suffix(int64_t n, bool reverse, T by, T *out)                              \
    {                                                                                              \
        T *first = reverse ? out - (n - 1) : out;                                                  \
        for (int64_t i = 0; i < n; i++)                                                            \
            first[i] = (T)(by + first[i]);                                                         \
    }                                                                                              \
    /* Blocks [begin, end) of a row, `before` the T of the first of them; the T after the last. */ \
    static T row_##suffix(int64_t n, bool reverse, int64_t begin, int64_t end, T before,           \
                          const T *x, T *out)                                                      \
    {                                                                                              \
        int64_t d = reverse ? -1 : 1;                                                              \
        for (int64_t block = begin; block < end; block += TOGETHER) {                              \
            T total[TOGETHER];                                                                     \
            int64_t at = block * BLOCK, last = CJ_MIN(block + TOGETHER, end);                      \
            int64_t stop = CJ_MIN(n, last * BLOCK);                                                \
            blocks_##suffix(stop - at, reverse, x + d * at, out + d * at, total);                  \
            for (int64_t g = block; g < last; g++, at += BLOCK) {                                  \
                if (g > 0)                                                                         \
                    raise_##suffix(CJ_MIN(BLOCK, stop - at), reverse, before, out + d * at);       \
                before = g > 0 ? (T)(before + total[g - block]) : total[0];                        \
            }                                                                                      \
        }                                                                                          \
        return before;                                                                             \
    }                                                                                              \
    static void whole_rows_##suffix(void *state, int thread, int64_t begin, int64_t end)           \
    {                                                                                              \
        const cj_cumulate *c = state;                                                              \
        (void)thread;                                                                              \
        if (c->inner > 1) {                                                                        \
            run_strips(c, begin, end, sum_strip_##suffix);                                         \
            return;                                                                                \
        }                                                                                          \
        for (int64_t row = begin; row < end; row++) {                                              \
            int64_t at = row * c->n + (c->reverse ? c->n - 1 : 0);                                 \
            row_##suffix(c->n, c->reverse, 0, c->blocks, 0, (const T *)c->run->in[0] + at,         \
                         (T *)c->run->out + at);                                                   \
        }                                                                                          \
    }                                                                                              \
    /* Blocks of long rows: totals, then (one thread) what stands before each, then the sums. */   \
    static void totals_##suffix(void *state, int thread, int64_t begin, int64_t end)               \
    {                                                                                              \
        const cj_cumulate *c = state;                                                              \
        T *total = c->run->scratch;                                                                \
        (void)thread;                                                                              \
        for (int64_t unit = begin; unit < end;) {                                                  \
            int64_t row = unit / c->blocks, block = unit % c->blocks;                              \
            int64_t count = CJ_MIN(end - unit, c->blocks - block), at = block * BLOCK;             \
            int64_t n = CJ_MIN(c->n, (block + count) * BLOCK) - at;                                \
            const T *x = (const T *)c->run->in[0] + row * c->n;                                    \
            blocks_##suffix(n, c->reverse, c->reverse ? x + c->n - 1 - at : x + at, NULL,          \
                            total + unit);                                                         \
            unit += count;                                                                         \
        }                                                                                          \
    }                                                                                              \
    static void sums_##suffix(void *state, int thread, int64_t begin, int64_t end)                 \
    {                                                                                              \
        const cj_cumulate *c = state;                                                              \
        const T *before = c->run->scratch;                                                         \
        (void)thread;                                                                              \
        for (int64_t unit = begin; unit < end;) {                                                  \
            int64_t row = unit / c->blocks, block = unit % c->blocks;                              \
            int64_t count = CJ_MIN(end - unit, c->blocks - block);                                 \
            int64_t at = row * c->n + (c->reverse ? c->n - 1 : 0);                                 \
            row_##suffix(c->n, c->reverse, block, block + count, before[unit],                     \
                         (const T *)c->run->in[0] + at, (T *)c->run->out + at);                    \
            unit += count;                                                                         \
        }                                                                                          \
    }                                                                                              \
    static void cumsum_##suffix(cj_cumulate *c)                                                    \
    {                                                                                              \
        int threads = cj_threads(c->run->context);                                                 \
        if (c->inner > 1 || c->outer >= threads || c->blocks < 2 * threads) {                      \
            cj_op_share(c->run, c->outer * c->strips, c->n * CJ_MIN(c->inner, STRIP),              \
                        whole_rows_##suffix, c);                                                   \
            return;                                                                                \
        }                                                                                          \
        T *total = c->run->scratch;                                                                \
        cj_op_share(c->run, c->outer * c->blocks, BLOCK, totals_##suffix, c);                      \
        for (int64_t row = 0; row < c->outer; row++, total += c->blocks) {                         \
            T before = 0;                                                                          \
            for (int64_t block = 0; block < c->blocks; block++) {                                  \
                T here = total[block];                                                             \
                total[block] = before;                                                             \
                before = block ? (T)(before + here) : here;                                        \
            }                                                                                      \
        }                                                                                          \
        cj_op_share(c->run, c->outer * c->blocks, BLOCK, sums_##suffix, c);                        \
    }                                                                                              \
    static void reference_cumsum_##suffix(const cj_cumulate *c, int64_t row, int64_t column)       \
    {                                                                                              \
        T total = 0, sum = 0;                                                                      \
        for (int64_t i = 0; i < c->n; i++) {                                                       \
            int64_t place = c->reverse ? c->n - 1 - i : i;                                         \
            int64_t at = (row * c->n + place) * c->inner + column;                                 \
            T x = ((const T *)c->run->in[0])[at];                                                  \
            if (i % BLOCK == 0 && i > 0)                                                           \
                total = i == BLOCK ? sum : (T)(total + sum);                                       \
            sum = i % BLOCK == 0 ? x : (T)(sum + x);                                               \
            ((T *)c->run->out)[at] = i < BLOCK ? sum : (T)(total + sum);                           \
        }                                                                                          \
    }
CJ_CUMSUM(float, f32)
CJ_CUMSUM(double, f64)
CJ_CUMSUM(uint8_t, 8) /* integers wrap */
CJ_CUMSUM(uint16_t, 16)
CJ_CUMSUM(uint32_t, 32)
CJ_CUMSUM(uint64_t, 64)

/* Calls name_SUFFIX for the kernel's dtype. */
#define CJ_BY_DTYPE(k, name, ...)                                                                  \
    do {                                                                                           \
        size_t dtype_size = cj_dtype_size((cj_dtype)(k)->dtype);                                   \
        if ((k)->dtype == CJ_F32)                                                                  \
            name##_f32(__VA_ARGS__);                                                               \
        else if ((k)->dtype == CJ_F64)                                                             \
            name##_f64(__VA_ARGS__);                                                               \
        else if (dtype_size == 1)                                                                  \
            name##_8(__VA_ARGS__);                                                                 \
        else if (dtype_size == 2)                                                                  \
            name##_16(__VA_ARGS__);                                                                \
        else if (dtype_size == 4)                                                                  \
            name##_32(__VA_ARGS__);                                                                \
        else                                                                                       \
            name##_64(__VA_ARGS__);                                                                \
    } while (0)

static size_t cumsum_scratch(cj_context *context, const cj_kernel *k)
{
    cj_cumulate c = geometry(&(cj_op_run){.kernel = k, .context = context});
    return c.inner == 1 ? (size_t)(c.outer * c.blocks) * sizeof(double) : 0;
}

static cj_status run_cumsum(const cj_op_run *run)
{
    cj_cumulate c = geometry(run);
    c.reverse = run->kernel->option[1];
    if (run->kernel->elements)
        CJ_BY_DTYPE(run->kernel, cumsum, &c);
    return CJ_OK;
}

static void reference_cumsum(const cj_op_run *run)
{
    cj_cumulate c = geometry(run);
    c.reverse = run->kernel->option[1];
    for (int64_t row = 0; row < c.outer; row++)
        for (int64_t column = 0; column < c.inner; column++)
            CJ_BY_DTYPE(run->kernel, reference_cumsum, &c, row, column);
}

const cj_op_kernel cj_op_cumsum = {
    .scratch = cumsum_scratch, .run = run_cumsum, .reference = reference_cumsum};

/* ---- linear recurrences ---- */

#define CJ_RECURRENCE(T, suffix)                                                                   \
    static void recur_strip_##suffix(const cj_strip *r)                                            \
    {                                                                                              \
        const T *a = r->a, *b = r->b;                                                              \
        T *out = r->out;                                                                           \
        memcpy(out, b, (size_t)r->columns * sizeof(T));                                            \
        for (int64_t i = 1; i < r->n; i++) {                                                       \
            const T *factor = a + i * r->step, *term = b + i * r->step;                            \
            T *to = out + i * r->step;                                                             \
            for (int64_t j = 0; j < r->columns; j++)                                               \
                to[j] = (T)(factor[j] * to[j - r->step] + term[j]);                                \
        }                                                                                          \
    }                                                                                              \
    /* The same of `columns` rows, each contiguous, side by side. */                               \
    static inline __attribute__((always_inline)) void recur_rows_##suffix(                         \
        const cj_cumulate *c, int columns, int64_t row)                                            \
    {                                                                                              \
        int64_t step = c->reverse ? -1 : 1, at = row * c->n + (c->reverse ? c->n - 1 : 0);         \
        const T *a = (const T *)c->run->in[0] + at, *b = (const T *)c->run->in[1] + at;            \
        T *out = (T *)c->run->out + at, h[TOGETHER];                                               \
        for (int g = 0; g < columns; g++)                                                          \
            out[g * c->n] = h[g] = b[g * c->n];                                                    \
        for (int64_t i = 1; i < c->n; i++)                                                         \
            for (int g = 0; g < columns; g++) {                                                    \
                int64_t place = g * c->n + i * step;                                               \
                out[place] = h[g] = (T)(a[place] * h[g] + b[place]);                               \
            }                                                                                      \
    }                                                                                              \
    static void recur_range_##suffix(void *state, int thread, int64_t begin, int64_t end)          \
    {                                                                                              \
        const cj_cumulate *c = state;                                                              \
        (void)thread;                                                                              \
        if (c->inner > 1) {                                                                        \
            run_strips(c, begin, end, recur_strip_##suffix);                                       \
            return;                                                                                \
        }                                                                                          \
        for (; begin + TOGETHER <= end; begin += TOGETHER)                                         \
            recur_rows_##suffix(c, TOGETHER, begin);                                               \
        for (; begin < end; begin++)                                                               \
            recur_rows_##suffix(c, 1, begin);                                                      \
    }                                                                                              \
    static void recurrence_##suffix(cj_cumulate *c)                                                \
    {                                                                                              \
        cj_op_share(c->run, c->outer * c->strips, c->n * CJ_MIN(c->inner, STRIP),                  \
                    recur_range_##suffix, c);                                                      \
    }                                                                                              \
    static void reference_recur_##suffix(const cj_cumulate *c, int64_t row, int64_t column)        \
    {                                                                                              \
        T h = 0;                                                                                   \
        for (int64_t i = 0; i < c->n; i++) {                                                       \
            int64_t place = c->reverse ? c->n - 1 - i : i;                                         \
            int64_t at = (row * c->n + place) * c->inner + column;                                 \
            T b = ((const T *)c->run->in[1])[at];                                                  \
            h = i ? (T)(((const T *)c->run->in[0])[at] * h + b) : b;                               \
            ((T *)c->run->out)[at] = h;                                                            \
        }                                                                                          \
    }
CJ_RECURRENCE(float, f32)
CJ_RECURRENCE(double, f64)
CJ_RECURRENCE(uint8_t, 8) /* integers wrap */
CJ_RECURRENCE(uint16_t, 16)
CJ_RECURRENCE(uint32_t, 32)
CJ_RECURRENCE(uint64_t, 64)

static cj_status run_recurrence(const cj_op_run *run)
{
    cj_cumulate c = geometry(run);
    c.reverse = run->kernel->option[1];
    if (run->kernel->elements)
        CJ_BY_DTYPE(run->kernel, recurrence, &c);
    return CJ_OK;
}

static void reference_recurrence(const cj_op_run *run)
{
    cj_cumulate c = geometry(run);
    c.reverse = run->kernel->option[1];
    for (int64_t row = 0; row < c.outer; row++)
        for (int64_t column = 0; column < c.inner; column++)
            CJ_BY_DTYPE(run->kernel, reference_recur, &c, row, column);
}

const cj_op_kernel cj_op_recurrence = {.run = run_recurrence, .reference = reference_recurrence};

/* ---- where the largest so far is ---- */

/* x takes the place of `best` if it is beyond it, or the first NaN. */
#define CJ_BEYOND_MAX(x, best) ((x) > (best) || ((x) != (x) && (best) == (best)))
#define CJ_BEYOND_MIN(x, best) ((x) < (best) || ((x) != (x) && (best) == (best)))
#define CJ_EXTREME(T, suffix, which, BEYOND)                                                       \
    static void which##_strip_##suffix(const cj_strip *r)                                          \
    {                                                                                              \
        T best[STRIP];                                                                             \
        int32_t place[STRIP] = {0};                                                                \
        memcpy(best, r->a, (size_t)r->columns * sizeof(T));                                        \
        for (int64_t i = 0; i < r->n; i++) {                                                       \
            const T *x = (const T *)r->a + i * r->step;                                            \
            for (int64_t j = 0; j < r->columns; j++) {                                             \
                bool beyond = BEYOND(x[j], best[j]);                                               \
                best[j] = beyond ? x[j] : best[j];                                                 \
                place[j] = beyond ? (int32_t)i : place[j];                                         \
            }                                                                                      \
            memcpy((int32_t *)r->out + i * r->step, place, (size_t)r->columns * sizeof *place);    \
        }                                                                                          \
    }                                                                                              \
    /* The same of `columns` contiguous rows side by side. */                                      \
    static inline __attribute__((always_inline)) void which##_rows_##suffix(                       \
        const cj_cumulate *c, int columns, int64_t row)                                            \
    {                                                                                              \
        const T *x = (const T *)c->run->in[0] + row * c->n;                                        \
        int32_t *out = (int32_t *)c->run->out + row * c->n, place[TOGETHER] = {0};                 \
        T best[TOGETHER];                                                                          \
        for (int g = 0; g < columns; g++)                                                          \
            best[g] = x[g * c->n];                                                                 \
        for (int64_t i = 0; i < c->n; i++)                                                         \
            for (int g = 0; g < columns; g++) {                                                    \
                T here = x[g * c->n + i];                                                          \
                bool beyond = BEYOND(here, best[g]);                                               \
                best[g] = beyond ? here : best[g];                                                 \
                place[g] = beyond ? (int32_t)i : place[g];                                         \
                out[g * c->n + i] = place[g];                                                      \
            }                                                                                      \
    }                                                                                              \
    static void which##_range_##suffix(const cj_cumulate *c, int64_t begin, int64_t end)           \
    {                                                                                              \
        if (c->inner > 1) {                                                                        \
            run_strips(c, begin, end, which##_strip_##suffix);                                     \
            return;                                                                                \
        }                                                                                          \
        for (; begin + TOGETHER <= end; begin += TOGETHER)                                         \
            which##_rows_##suffix(c, TOGETHER, begin);                                             \
        for (; begin < end; begin++)                                                               \
            which##_rows_##suffix(c, 1, begin);                                                    \
    }
#define CJ_X(NAME, name, type, bytes, kind)                                                        \
    CJ_EXTREME(type, NAME, largest, CJ_BEYOND_MAX)                                                 \
    CJ_EXTREME(type, NAME, smallest, CJ_BEYOND_MIN)
CJ_DTYPE_LIST(CJ_X)
#undef CJ_X

static void extreme_range(void *state, int thread, int64_t begin, int64_t end)
{
    static void (*const largest[CJ_DTYPE_COUNT])(const cj_cumulate *, int64_t, int64_t) = {
#define CJ_X(NAME, name, type, bytes, kind) largest_range_##NAME,
        CJ_DTYPE_LIST(CJ_X)
#undef CJ_X
    };
    static void (*const smallest[CJ_DTYPE_COUNT])(const cj_cumulate *, int64_t, int64_t) = {
#define CJ_X(NAME, name, type, bytes, kind) smallest_range_##NAME,
        CJ_DTYPE_LIST(CJ_X)
#undef CJ_X
    };
    const cj_cumulate *c = state;
    const cj_kernel *k = c->run->kernel;
    (void)thread;
    (k->op == CJ_OP_CUMULATIVE_ARGMAX ? largest : smallest)[k->operand[0].dtype](c, begin, end);
}

static cj_status run_extreme(const cj_op_run *run)
{
    cj_cumulate c = geometry(run);
    if (run->kernel->elements)
        cj_op_share(run, c.outer * c.strips, c.n * CJ_MIN(c.inner, STRIP), extreme_range, &c);
    return CJ_OK;
}

/* Element by element: the strip of the elements up to i tells where the largest of them is. */
static void reference_extreme(const cj_op_run *run)
{
    cj_cumulate c = geometry(run);
    const cj_kernel *k = run->kernel;
    size_t size = cj_dtype_size((cj_dtype)k->operand[0].dtype);
    for (int64_t row = 0; row < c.outer; row++)
        for (int64_t column = 0; column < c.inner; column++)
            for (int64_t i = 0, best = 0; i < c.n; i++) {
                const char *x =
                    (const char *)run->in[0] + (size_t)(row * c.n * c.inner + column) * size;
                int64_t at = i * c.inner * (int64_t)size, kept = best * c.inner * (int64_t)size;
                bool beyond = false;
                switch (k->operand[0].dtype) {
#define CJ_X(NAME, name, type, bytes, kind)                                                        \
    case CJ_##NAME: {                                                                              \
        type new, old;                                                                             \
        memcpy(&new, x + at, sizeof new);                                                          \
        memcpy(&old, x + kept, sizeof old);                                                        \
        beyond =                                                                                   \
            k->op == CJ_OP_CUMULATIVE_ARGMAX ? CJ_BEYOND_MAX(new, old) : CJ_BEYOND_MIN(new, old);  \
        break;                                                                                     \
    }
                    CJ_DTYPE_LIST(CJ_X)
#undef CJ_X
                }
                best = beyond ? i : best;
                ((int32_t *)run->out)[(row * c.n + i) * c.inner + column] = (int32_t)best;
            }
}

const cj_op_kernel cj_op_cumulative_argmax = {.run = run_extreme, .reference = reference_extreme};
const cj_op_kernel cj_op_cumulative_argmin = {.run = run_extreme, .reference = reference_extreme};
