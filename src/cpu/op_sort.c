/*
 * src/cpu/op_sort.c - argsort: the order of the elements along an axis, stable, NaN last; or the first of it (top k).
 *
 * Elements become unsigned keys whose order is theirs; a key of up to 32 bits and its index fit one word. Long rows are sorted by
 * radix from the low digits up (stable; a digit that all keys share is skipped), short ones by merging. Where not all are
 * wanted, those are taken first that a count of the highest digits leaves in question; very few are kept in a list. The order is one and the same
 * whatever does it, so threads share out rows, or the parts of one long row.
 */
#include "cpu/op.h"

enum { DIGIT = 11, BUCKETS = 1 << DIGIT, SHORT_ROW = 512, RUN = 8, FEW = 32, MOST_PARTS = 16 };

typedef struct cj_wide_key {
    uint64_t key;
    uint32_t index;
} cj_wide_key;

typedef struct cj_sort {
    const cj_op_run *run;
    int64_t outer, n, inner, count; /* x is [outer, n, inner], the result [outer, count, inner] */
    bool descending, wide;
    int parts;       /* that a row is sorted in at once */
    size_t elements; /* bytes of one buffer of keys */
} cj_sort;

static bool is_wide(const cj_kernel *k)
{
    return cj_dtype_size((cj_dtype)k->operand[0].dtype) == 8;
}

static cj_sort geometry(cj_context *context, const cj_kernel *k)
{
    int axis = (int)k->option[0];
    cj_sort s = {.n = k->operand[0].extent[axis],
                 .outer = cj_extent_product(k->extent, 0, axis),
                 .inner = cj_extent_product(k->extent, axis + 1, k->rank),
                 .descending = k->option[1],
                 .count = k->option[2],
                 .wide = is_wide(k)};
    int64_t parts = CJ_MIN(s.n / (2 * BUCKETS), CJ_MIN(cj_threads(context), MOST_PARTS));
    s.parts = s.outer * s.inner < cj_threads(context) ? (int)CJ_MAX(parts, 1) : 1;
    s.elements = cj_aligned_size((size_t)s.n * (s.wide ? sizeof(cj_wide_key) : sizeof(uint64_t)));
    return s;
}

/* Two buffers of keys and the counts of each part. */
static size_t row_scratch(const cj_sort *s)
{
    return 2 * s->elements + sizeof(int64_t) * BUCKETS * (size_t)s->parts;
}

static size_t sort_scratch(cj_context *context, const cj_kernel *k)
{
    cj_sort s = geometry(context, k);
    return row_scratch(&s) * (size_t)(s.parts > 1 ? 1 : cj_threads(context));
}

/* ---- keys ---- */

/* Of a float's bits: the sign decides whether larger bits are larger numbers; -0 is +0; NaN is last. */
#define CJ_FLOAT_KEY(T, U, name)                                                                   \
    static inline uint64_t key_##name(T x, bool descending)                                        \
    {                                                                                              \
        U bits;                                                                                    \
        x = x == 0 ? 0 : x;                                                                        \
        memcpy(&bits, &x, sizeof bits);                                                            \
        U key = bits >> (8 * sizeof(U) - 1) ? (U)~bits : (U)(bits | (U)1 << (8 * sizeof(U) - 1));  \
        return x != x ? (U) ~(U)0 : descending ? (U)~key : key;                                    \
    }
CJ_FLOAT_KEY(float, uint32_t, f32)
CJ_FLOAT_KEY(double, uint64_t, f64)

static inline uint64_t key_integer(int64_t x, bool wide, bool is_signed, bool descending)
{
    uint64_t key = (uint64_t)x;
    if (is_signed)
        key ^= wide ? UINT64_C(1) << 63 : UINT64_C(1) << 31;
    if (descending)
        key = ~key;
    return wide ? key : key & UINT32_MAX;
}

/* The key of element i of x. */
static inline uint64_t key_at(int dtype, const void *x, int64_t i, bool descending)
{
    switch (dtype) {
    case CJ_F32: return key_f32(((const float *)x)[i], descending);
    case CJ_F64: return key_f64(((const double *)x)[i], descending);
    case CJ_I32: return key_integer(((const int32_t *)x)[i], false, true, descending);
    case CJ_I64: return key_integer(((const int64_t *)x)[i], true, true, descending);
    case CJ_U64: return key_integer(((const int64_t *)x)[i], true, false, descending);
    case CJ_I8:
    case CJ_I16:
        return key_integer(cj_integer_load((cj_dtype)dtype, x, i), false, true, descending);
    default: return key_integer(cj_integer_load((cj_dtype)dtype, x, i), false, false, descending);
    }
}

/* ---- sorting elements of either kind ---- */

#define CJ_NARROW_MAKE(key, i) ((key) << 32 | (uint64_t)(i))
#define CJ_NARROW_KEY(e) ((e) >> 32)
#define CJ_NARROW_INDEX(e) ((uint32_t)(e))
#define CJ_NARROW_BITS 32
#define CJ_WIDE_MAKE(k, i) ((cj_wide_key){(k), (uint32_t)(i)})
#define CJ_WIDE_KEY(e) ((e).key)
#define CJ_WIDE_INDEX(e) ((e).index)
#define CJ_WIDE_BITS 64

/* A row at work. */
typedef struct cj_sort_row {
    const cj_sort *s;
    const void *x; /* the first element of the row; the others are s->inner apart */
    int dtype;
    void *from, *to;
    int64_t *count; /* [parts][BUCKETS] */
    int64_t n;
    int shift;
} cj_sort_row;

static void swap_buffers(cj_sort_row *r)
{
    void *from = r->from;
    r->from = r->to;
    r->to = from;
}

static int64_t part_begin(const cj_sort_row *r, int64_t part)
{
    return r->n * part / r->s->parts;
}

/* Runs fn for each part: by the pool where a row has several. */
static void for_parts(cj_sort_row *r, cj_range_fn fn)
{
    if (r->s->parts == 1)
        fn(r, 0, 0, 1);
    else
        cj_op_share(r->s->run, r->s->parts, r->n / r->s->parts, fn, r);
}

#define CJ_SORT(suffix, E, MAKE, KEY, INDEX, BITS)                                                  \
    static void make_##suffix(void *state, int thread, int64_t begin, int64_t end)                  \
    {                                                                                               \
        cj_sort_row *r = state;                                                                     \
        E *to = r->from;                                                                            \
        int64_t step = r->s->inner;                                                                 \
        (void)thread;                                                                               \
        if (r->dtype == CJ_F32)                                                                     \
            for (int64_t i = part_begin(r, begin); i < part_begin(r, end); i++)                     \
                to[i] = MAKE(key_at(CJ_F32, r->x, i * step, r->s->descending), i);                  \
        else                                                                                        \
            for (int64_t i = part_begin(r, begin); i < part_begin(r, end); i++)                     \
                to[i] = MAKE(key_at(r->dtype, r->x, i * step, r->s->descending), i);                \
    }                                                                                               \
    static void insert_##suffix(int64_t n, E *e)                                                    \
    {                                                                                               \
        for (int64_t i = 1; i < n; i++) {                                                           \
            E moved = e[i];                                                                         \
            int64_t j = i;                                                                          \
            for (; j > 0 && KEY(e[j - 1]) > KEY(moved); j--)                                        \
                e[j] = e[j - 1];                                                                    \
            e[j] = moved;                                                                           \
        }                                                                                           \
    }                                                                                               \
    /* Runs of RUN are sorted by insertion, then merged two by two, without branches on keys. */    \
    static void merge_##suffix(cj_sort_row *r)                                                      \
    {                                                                                               \
        int64_t n = r->n;                                                                           \
        for (int64_t at = 0; at < n; at += RUN)                                                     \
            insert_##suffix(CJ_MIN(RUN, n - at), (E *)r->from + at);                                \
        for (int64_t run = RUN; run < n; run *= 2) {                                                \
            const E *from = r->from;                                                                \
            E *to = r->to;                                                                          \
            for (int64_t at = 0; at < n; at += 2 * run) {                                           \
                int64_t a = at, middle = CJ_MIN(at + run, n), b = middle;                           \
                int64_t end = CJ_MIN(at + 2 * run, n), place = at;                                  \
                while (a < middle && b < end) {                                                     \
                    bool second = KEY(from[b]) < KEY(from[a]);                                      \
                    to[place++] = from[second ? b : a];                                             \
                    b += second;                                                                    \
                    a += !second;                                                                   \
                }                                                                                   \
                memcpy(to + place, from + a, (size_t)(middle - a) * sizeof(E));                     \
                memcpy(to + place + (middle - a), from + b, (size_t)(end - b) * sizeof(E));         \
            }                                                                                       \
            swap_buffers(r);                                                                        \
        }                                                                                           \
    }                                                                                               \
    /* Takes the elements from `first` on, of this dtype, into the sorted list of the first few. */ \
    static inline __attribute__((always_inline)) void enter_##suffix(const cj_sort_row *r,          \
                                                                     int dtype, int64_t first)      \
    {                                                                                               \
        E *list = r->from;                                                                          \
        int64_t last = r->s->count - 1, step = r->s->inner;                                         \
        uint64_t worst = KEY(list[last]);                                                           \
        for (int64_t i = first; i < r->n; i++) {                                                    \
            uint64_t key = key_at(dtype, r->x, i * step, r->s->descending);                         \
            if (key >= worst)                                                                       \
                continue;                                                                           \
            int64_t j = last;                                                                       \
            for (; j > 0 && KEY(list[j - 1]) > key; j--)                                            \
                list[j] = list[j - 1];                                                              \
            list[j] = MAKE(key, i);                                                                 \
            worst = KEY(list[last]);                                                                \
        }                                                                                           \
    }                                                                                               \
    /* The first few: a sorted list, which most elements do not enter. */                           \
    static void list_##suffix(cj_sort_row *r)                                                       \
    {                                                                                               \
        int64_t count = r->s->count;                                                                \
        E *list = r->from;                                                                          \
        for (int64_t i = 0; i < count; i++)                                                         \
            list[i] = MAKE(key_at(r->dtype, r->x, i * r->s->inner, r->s->descending), i);           \
        insert_##suffix(count, list);                                                               \
        if (r->dtype == CJ_F32)                                                                     \
            enter_##suffix(r, CJ_F32, count);                                                       \
        else                                                                                        \
            enter_##suffix(r, r->dtype, count);                                                     \
    }                                                                                               \
    static void count_##suffix(void *state, int thread, int64_t begin, int64_t end)                 \
    {                                                                                               \
        cj_sort_row *r = state;                                                                     \
        const E *e = r->from;                                                                       \
        (void)thread;                                                                               \
        for (int64_t part = begin; part < end; part++) {                                            \
            int64_t *count = r->count + part * BUCKETS, last = part_begin(r, part + 1);             \
            memset(count, 0, sizeof *count *BUCKETS);                                               \
            for (int64_t i = part_begin(r, part); i < last; i++)                                    \
                count[KEY(e[i]) >> r->shift & (BUCKETS - 1)]++;                                     \
        }                                                                                           \
    }                                                                                               \
    static void deal_##suffix(void *state, int thread, int64_t begin, int64_t end)                  \
    {                                                                                               \
        cj_sort_row *r = state;                                                                     \
        const E *e = r->from;                                                                       \
        E *to = r->to;                                                                              \
        (void)thread;                                                                               \
        for (int64_t part = begin; part < end; part++) {                                            \
            int64_t *next = r->count + part * BUCKETS, last = part_begin(r, part + 1);              \
            for (int64_t i = part_begin(r, part); i < last; i++)                                    \
                to[next[KEY(e[i]) >> r->shift & (BUCKETS - 1)]++] = e[i];                           \
        }                                                                                           \
    }                                                                                               \
    static void radix_##suffix(cj_sort_row *r)                                                      \
    {                                                                                               \
        for (r->shift = 0; r->shift < BITS; r->shift += DIGIT) {                                    \
            for_parts(r, count_##suffix);                                                           \
            if (starts_from_counts(r))                                                              \
                continue;                                                                           \
            for_parts(r, deal_##suffix);                                                            \
            swap_buffers(r);                                                                        \
        }                                                                                           \
    }                                                                                               \
    /* Keeps, in their order, the elements whose highest digit is not beyond that of the last \
     * wanted. */     \
    static void select_##suffix(cj_sort_row *r)                                                     \
    {                                                                                               \
        E *e = r->from;                                                                             \
        int64_t kept = 0, seen = 0;                                                                 \
        uint64_t bucket = 0;                                                                        \
        r->shift = BITS - DIGIT;                                                                    \
        for_parts(r, count_##suffix);                                                               \
        for (; bucket < BUCKETS && seen < r->s->count; bucket++)                                    \
            for (int part = 0; part < r->s->parts; part++)                                          \
                seen += r->count[part * BUCKETS + (int64_t)bucket];                                 \
        for (int64_t i = 0; i < r->n; i++) {                                                        \
            e[kept] = e[i];                                                                         \
            kept += KEY(e[i]) >> r->shift < bucket;                                                 \
        }                                                                                           \
        r->n = kept;                                                                                \
    }                                                                                               \
    static void sort_row_##suffix(cj_sort_row *r, int32_t *out)                                     \
    {                                                                                               \
        if (r->s->count <= FEW && r->s->count < r->n / 2) {                                         \
            list_##suffix(r);                                                                       \
        } else {                                                                                    \
            for_parts(r, make_##suffix);                                                            \
            if (r->n > BUCKETS && r->s->count < r->n / 4)                                           \
                select_##suffix(r);                                                                 \
            if (r->n <= SHORT_ROW)                                                                  \
                merge_##suffix(r);                                                                  \
            else                                                                                    \
                radix_##suffix(r);                                                                  \
        }                                                                                           \
        const E *e = r->from;                                                                       \
        for (int64_t i = 0; i < r->s->count; i++)                                                   \
            out[i * r->s->inner] = (int32_t)INDEX(e[i]);                                            \
    }

/* Counts become where each bucket of each part begins; true: all keys share the digit. */
static bool starts_from_counts(cj_sort_row *r)
{
    int64_t start = 0;
    for (int64_t bucket = 0; bucket < BUCKETS; bucket++) {
        int64_t before = start;
        for (int part = 0; part < r->s->parts; part++) {
            int64_t *count = &r->count[part * BUCKETS + bucket], here = *count;
            *count = start;
            start += here;
        }
        if (start - before == r->n)
            return true;
    }
    return false;
}

CJ_SORT(narrow, uint64_t, CJ_NARROW_MAKE, CJ_NARROW_KEY, CJ_NARROW_INDEX, CJ_NARROW_BITS)
CJ_SORT(wide, cj_wide_key, CJ_WIDE_MAKE, CJ_WIDE_KEY, CJ_WIDE_INDEX, CJ_WIDE_BITS)

static void sort_rows(void *state, int thread, int64_t begin, int64_t end)
{
    const cj_sort *s = state;
    const cj_kernel *k = s->run->kernel;
    size_t size = cj_dtype_size((cj_dtype)k->operand[0].dtype);
    char *scratch = (char *)s->run->scratch + row_scratch(s) * (size_t)thread;
    for (int64_t row = begin; row < end; row++) {
        int64_t outer = row / s->inner, inner = row % s->inner;
        cj_sort_row r = {.s = s,
                         .x = (const char *)s->run->in[0] +
                              (size_t)(outer * s->n * s->inner + inner) * size,
                         .dtype = k->operand[0].dtype,
                         .from = scratch,
                         .to = scratch + s->elements,
                         .count = (int64_t *)(void *)(scratch + 2 * s->elements),
                         .n = s->n};
        int32_t *out = (int32_t *)s->run->out + outer * s->count * s->inner + inner;
        if (s->wide)
            sort_row_wide(&r, out);
        else
            sort_row_narrow(&r, out);
    }
}

static cj_status run_argsort(const cj_op_run *run)
{
    cj_sort s = geometry(run->context, run->kernel);
    s.run = run;
    if (run->kernel->elements == 0)
        return CJ_OK;
    if (s.parts > 1)
        sort_rows(&s, 0, 0, s.outer * s.inner);
    else
        cj_op_share(run, s.outer * s.inner, s.n * 4, sort_rows, &s);
    return CJ_OK;
}

/* Each element goes behind those that are not after it. */
static void reference_argsort(const cj_op_run *run)
{
    cj_sort s = geometry(run->context, run->kernel);
    const cj_kernel *k = run->kernel;
    size_t size = cj_dtype_size((cj_dtype)k->operand[0].dtype);
    for (int64_t row = 0; row < s.outer * s.inner; row++) {
        int64_t outer = row / s.inner, inner = row % s.inner;
        const char *x = (const char *)run->in[0] + (size_t)(outer * s.n * s.inner + inner) * size;
        int32_t *out = (int32_t *)run->out + outer * s.count * s.inner + inner;
        for (int64_t i = 0; i < s.n; i++) {
            uint64_t own = key_at(k->operand[0].dtype, x, i * s.inner, s.descending);
            int64_t place = 0;
            for (int64_t j = 0; j < s.n; j++) {
                uint64_t other = key_at(k->operand[0].dtype, x, j * s.inner, s.descending);
                place += other < own || (other == own && j < i);
            }
            if (place < s.count)
                out[place * s.inner] = (int32_t)i;
        }
    }
}

const cj_op_kernel cj_op_argsort = {
    .scratch = sort_scratch, .run = run_argsort, .reference = reference_argsort};

/* ---- searching what is sorted ---- */

#define CJ_BEFORE(a, b) ((a) < (b) || ((b) != (b) && (a) == (a)))
#define CJ_SEARCH(T, suffix)                                                                       \
    static void search_##suffix(int64_t n, const void *sorted, int64_t m, const void *values,      \
                                bool right, int32_t *out)                                          \
    {                                                                                              \
        const T *s = sorted, *v = values;                                                          \
        for (int64_t j = 0; j < m; j++) {                                                          \
            int64_t low = 0, count = n;                                                            \
            while (count > 0) {                                                                    \
                int64_t half = count / 2, at = low + half;                                         \
                bool after = right ? !CJ_BEFORE(v[j], s[at]) : CJ_BEFORE(s[at], v[j]);             \
                low = after ? at + 1 : low;                                                        \
                count = after ? count - half - 1 : half;                                           \
            }                                                                                      \
            out[j] = (int32_t)low;                                                                 \
        }                                                                                          \
    }                                                                                              \
    static void scan_##suffix(int64_t n, const void *sorted, int64_t m, const void *values,        \
                              bool right, int32_t *out)                                            \
    {                                                                                              \
        const T *s = sorted, *v = values;                                                          \
        for (int64_t j = 0; j < m; j++) {                                                          \
            int32_t place = 0;                                                                     \
            while (place < n && (right ? !CJ_BEFORE(v[j], s[place]) : CJ_BEFORE(s[place], v[j])))  \
                place++;                                                                           \
            out[j] = place;                                                                        \
        }                                                                                          \
    }
#define CJ_X(NAME, name, type, bytes, kind) CJ_SEARCH(type, NAME)
CJ_DTYPE_LIST(CJ_X)
#undef CJ_X

typedef void (*cj_search_fn)(int64_t n, const void *sorted, int64_t m, const void *values,
                             bool right, int32_t *out);
static const cj_search_fn searches[CJ_DTYPE_COUNT][2] = {
#define CJ_X(NAME, name, type, bytes, kind) {search_##NAME, scan_##NAME},
    CJ_DTYPE_LIST(CJ_X)
#undef CJ_X
};

/* Values [begin, end) of all, row by row. */
static void search_values(const cj_op_run *run, int64_t begin, int64_t end, bool plainly)
{
    const cj_kernel *k = run->kernel;
    int64_t n = k->operand[0].extent[k->rank - 1], m = k->extent[k->rank - 1];
    bool shared = cj_extent_product(k->operand[0].extent, 0, k->rank - 1) == 1;
    size_t size = cj_dtype_size((cj_dtype)k->operand[0].dtype);
    while (begin < end) {
        int64_t row = begin / m, count = CJ_MIN(end, (row + 1) * m) - begin;
        searches[k->operand[0].dtype][plainly](
            n, (const char *)run->in[0] + (shared ? 0 : (size_t)(row * n) * size), count,
            (const char *)run->in[1] + (size_t)begin * size, k->option[0],
            (int32_t *)run->out + begin);
        begin += count;
    }
}

static void search_range(void *state, int thread, int64_t begin, int64_t end)
{
    const cj_op_run *const *run = state;
    (void)thread;
    search_values(*run, begin, end, false);
}

static cj_status run_search(const cj_op_run *run)
{
    cj_op_share(run, run->kernel->elements, 4, search_range, &run);
    return CJ_OK;
}

static void reference_search(const cj_op_run *run)
{
    search_values(run, 0, run->kernel->elements, true);
}

const cj_op_kernel cj_op_searchsorted = {.run = run_search, .reference = reference_search};
