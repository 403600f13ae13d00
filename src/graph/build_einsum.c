/*
 * src/graph/build_einsum.c - sums of products named by letters, on matmul.
 *
 * Operands are taken from left to right: each product keeps the letters that a later operand or the result has, and sums over the
 * others in one matrix product [batch, m, k] * [batch, k, n].
 */
#include "cajal/index.h"
#include "graph/build.h"

#include <inttypes.h>

/* Letters a..z, A..Z are labels 0 to 51; the axes of an ellipsis, counted from the last, follow. */
enum { LETTERS = 52, LABELS = LETTERS + CJ_MAX_RANK };

typedef struct cj_labelled {
    cj_tensor *x;
    int rank;
    int label[2 * CJ_MAX_RANK];
} cj_labelled;

typedef struct cj_equation {
    cj_at at;
    cj_context *context;
    const char *text;
    int64_t extent[LABELS]; /* 0 until known: kept with 1 added */
    int ellipsis;           /* axes of the widest */
} cj_equation;

static cj_status refuse(const cj_equation *e, const char *why)
{
    return cj_fail_building(e->context, CJ_INVALID, e->at, "einsum: '%s': %s", e->text, why);
}

static int letter(char c)
{
    return c >= 'a' && c <= 'z' ? c - 'a' : c >= 'A' && c <= 'Z' ? c - 'A' + 26 : -1;
}

/* Reads labels up to `end`. `axes`: of the operand, or -1 for the result. */
static cj_status read_labels(cj_equation *e, const char *p, const char *end, int axes,
                             cj_labelled *out)
{
    int letters = 0, at = 0;
    bool dots = false;
    for (const char *q = p; q < end; q++)
        letters += letter(*q) >= 0;
    for (; p < end; p++) {
        if (*p == ' ')
            continue;
        if (end - p >= 3 && strncmp(p, "...", 3) == 0 && !dots) {
            int wide = axes < 0 ? e->ellipsis : axes - letters;
            for (int i = 0; i < wide; i++, at++)
                if (at < CJ_MAX_RANK)
                    out->label[at] = LETTERS + wide - 1 - i;
            e->ellipsis = CJ_MAX(e->ellipsis, wide);
            dots = true;
            p += 2;
        } else if (letter(*p) < 0) {
            return refuse(e, "it takes letters, '...', ',' and one '->'");
        } else {
            if (at < CJ_MAX_RANK)
                out->label[at] = letter(*p);
            at++;
        }
    }
    if (axes >= 0 && at != axes)
        return cj_fail_building(e->context, CJ_SHAPE, e->at,
                                "einsum: '%s': %s has %d axes, its letters name %d", e->text,
                                CJ_SHAPE_OF(out->x), axes, at);
    if (at > CJ_MAX_RANK)
        return refuse(e, "more than 16 axes");
    out->rank = at;
    return CJ_OK;
}

/* Notes the extents; 1 repeats along an ellipsis's axes. */
static cj_status note_extents(cj_equation *e, const cj_labelled *t)
{
    for (int i = 0; i < t->rank; i++) {
        int64_t *known = &e->extent[t->label[i]], here = t->x->shape[i] + 1;
        if (*known && *known != here && *known != 2 && here != 2)
            return cj_fail_building(e->context, CJ_SHAPE, e->at,
                                    "einsum: '%s': axis %d of %s does not have the %" PRId64
                                    " that its letter has elsewhere",
                                    e->text, i, CJ_SHAPE_OF(t->x), *known - 1);
        if (!*known || *known == 2)
            *known = here;
    }
    return CJ_OK;
}

static int find_label(const cj_labelled *t, int label)
{
    for (int i = 0; i < t->rank; i++)
        if (t->label[i] == label)
            return i;
    return -1;
}

static void drop_axis(cj_labelled *t, int axis)
{
    t->rank--;
    memmove(&t->label[axis], &t->label[axis + 1], sizeof(int) * (size_t)(t->rank - axis));
}

/* The axes in the order of `label`, of which t has all. */
static void reorder(cj_at at, cj_labelled *t, const int *label)
{
    int axes[CJ_MAX_RANK], sorted[CJ_MAX_RANK];
    for (int i = 0; i < t->rank; i++) {
        axes[i] = find_label(t, label[i]);
        sorted[i] = label[i];
    }
    t->x = t->x ? cj_permute_at(at, t->x, axes) : NULL;
    memcpy(t->label, sorted, sizeof(int) * (size_t)t->rank);
}

/* A letter twice is the diagonal; an axis of 1 beside others of its letter goes. */
static void simplify(const cj_equation *e, cj_labelled *t)
{
    for (int i = 0; t->x && i < t->rank; i++)
        if (t->x->shape[i] == 1 && e->extent[t->label[i]] != 2) {
            t->x = cj_squeeze_at(e->at, t->x, i);
            drop_axis(t, i--);
        }
    for (int i = 0; t->x && i < t->rank; i++) {
        int other = i + 1;
        while (other < t->rank && t->label[other] != t->label[i])
            other++;
        if (other == t->rank)
            continue;
        int order[CJ_MAX_RANK], at = 0;
        for (int k = 0; k < t->rank; k++)
            if (k != i && k != other)
                order[at++] = k;
        order[at++] = i;
        order[at] = other;
        int label[CJ_MAX_RANK];
        for (int k = 0; k < t->rank; k++)
            label[k] = t->label[order[k]];
        t->x = cj_diagonal_at(e->at, cj_permute_at(e->at, t->x, order), 0);
        t->rank--;
        memcpy(t->label, label, sizeof(int) * (size_t)t->rank);
        i = -1;
    }
}

/* Sums over the labels that nobody wants. */
static void sum_unwanted(const cj_equation *e, cj_labelled *t, const bool *wanted)
{
    uint32_t axes = 0;
    int kept = 0;
    for (int i = 0; i < t->rank; i++) {
        if (wanted[t->label[i]])
            t->label[kept++] = t->label[i];
        else
            axes |= CJ_AXIS(i);
    }
    t->rank = kept;
    if (axes && t->x)
        t->x = cj_sum_at(e->at, t->x, axes, false);
}

/* The labels of t that `in` has (or has not), in t's order, behind those in `label`. */
static int append(const cj_labelled *t, const cj_labelled *in, bool has, const bool *wanted,
                  bool want, int *label, int count)
{
    for (int i = 0; i < t->rank; i++)
        if ((find_label(in, t->label[i]) >= 0) == has && wanted[t->label[i]] == want)
            label[count++] = t->label[i];
    return count;
}

static int64_t product(const cj_equation *e, const int *label, int from, int to)
{
    int64_t elements = 1;
    for (int i = from; i < to; i++)
        elements *= e->extent[label[i]] - 1;
    return elements;
}

/* The product of a and b over the labels that are wanted, or shared. */
static cj_labelled multiply(const cj_equation *e, cj_labelled a, cj_labelled b, const bool *wanted)
{
    int batch[2 * CJ_MAX_RANK] = {0}, left[2 * CJ_MAX_RANK], right[2 * CJ_MAX_RANK];
    int shared = append(&a, &b, true, wanted, true, batch, 0);
    memcpy(left, batch, sizeof batch);
    memcpy(right, batch, sizeof batch);
    int rows = append(&a, &b, false, wanted, true, left, shared);
    int inner = append(&a, &b, true, wanted, false, left, rows);
    memcpy(right + shared, left + rows, sizeof(int) * (size_t)(inner - rows));
    int middle = shared + inner - rows;
    int columns = append(&b, &a, false, wanted, true, right, middle);
    cj_labelled y = {.rank = rows + columns - middle};
    if (y.rank > CJ_MAX_RANK) {
        refuse(e, "a product of more than 16 axes");
        return y;
    }
    memcpy(y.label, left, sizeof(int) * (size_t)rows);
    memcpy(y.label + rows, right + middle, sizeof(int) * (size_t)(columns - middle));
    reorder(e->at, &a, left);
    reorder(e->at, &b, right);
    int64_t batches = product(e, batch, 0, shared), m = product(e, left, shared, rows);
    int64_t k = product(e, left, rows, inner), n = product(e, right, middle, columns);
    a.x = cj_reshape_at(e->at, a.x, 3, (int64_t[]){batches, m, k});
    b.x = cj_reshape_at(e->at, b.x, 3, (int64_t[]){batches, k, n});
    if (!a.x || !b.x)
        return y;
    if (inner == rows) /* nothing to sum: elementwise, of every dtype */
        y.x = cj_mul_at(e->at, a.x, b.x);
    else if (cj_dtype_class(a.x->dtype) == 'f')
        y.x = cj_matmul_at(e->at, a.x, b.x);
    else
        y.x = cj_sum_at(
            e->at, cj_mul_at(e->at, cj_unsqueeze_at(e->at, a.x, 3), cj_unsqueeze_at(e->at, b.x, 1)),
            CJ_AXIS(2), false);
    int64_t shape[CJ_MAX_RANK];
    for (int i = 0; i < y.rank; i++)
        shape[i] = e->extent[y.label[i]] - 1;
    y.x = cj_reshape_at(e->at, y.x, y.rank, shape);
    return y;
}

/* Without '->': the ellipsis, then the letters that stand once, in the order of the alphabet (capitals first). */
static void implied_result(const cj_equation *e, const int *seen, cj_labelled *out)
{
    out->rank = 0;
    for (int i = 0; i < e->ellipsis; i++)
        out->label[out->rank++] = LETTERS + e->ellipsis - 1 - i;
    for (int i = 0; i < LETTERS && out->rank < CJ_MAX_RANK; i++) {
        int label = i < 26 ? i + 26 : i - 26;
        if (seen[label] == 1)
            out->label[out->rank++] = label;
    }
}

static cj_status read_equation(cj_equation *e, int count, cj_tensor *const *x, cj_labelled *operand,
                               cj_labelled *result)
{
    const char *arrow = strstr(e->text, "->"), *p = e->text;
    const char *end = arrow ? arrow : e->text + strlen(e->text);
    int seen[LABELS] = {0};
    for (int i = 0; i < count; i++) {
        const char *stop = memchr(p, ',', (size_t)(end - p));
        if (!x[i] || x[i]->context != e->context)
            return refuse(e, "an operand is NULL, or of another context");
        if ((stop != NULL) != (i + 1 < count))
            return refuse(e, "there are not as many operands as it names");
        operand[i].x = x[i];
        cj_status status = read_labels(e, p, stop ? stop : end, x[i]->rank, &operand[i]);
        if (status == CJ_OK)
            status = note_extents(e, &operand[i]);
        if (status != CJ_OK)
            return status;
        for (int k = 0; k < operand[i].rank; k++)
            seen[operand[i].label[k]]++;
        p = stop ? stop + 1 : end;
    }
    if (!arrow) {
        implied_result(e, seen, result);
        return CJ_OK;
    }
    cj_status status = read_labels(e, arrow + 2, e->text + strlen(e->text), -1, result);
    for (int k = 0; status == CJ_OK && k < result->rank; k++) {
        if (!seen[result->label[k]])
            status = refuse(e, "the result has a letter that no operand has");
        if (find_label(result, result->label[k]) != k)
            status = refuse(e, "the result has a letter twice");
    }
    return status;
}

static cj_tensor *contract(const cj_equation *e, int count, cj_labelled *operand,
                           const cj_labelled *result)
{
    cj_labelled y = {0};
    for (int i = 0; i < count; i++) {
        bool later[LABELS] = {false}, here[LABELS];
        for (int k = 0; k < result->rank; k++)
            later[result->label[k]] = true;
        for (int o = i + 1; o < count; o++)
            for (int k = 0; k < operand[o].rank; k++)
                later[operand[o].label[k]] = true;
        memcpy(here, later, sizeof here);
        for (int k = 0; k < y.rank; k++)
            here[y.label[k]] = true;
        simplify(e, &operand[i]);
        sum_unwanted(e, &operand[i], here);
        for (int k = 0; k < y.rank; k++)
            here[y.label[k]] = later[y.label[k]] || find_label(&operand[i], y.label[k]) >= 0;
        sum_unwanted(e, &y, here);
        y = i ? multiply(e, y, operand[i], later) : operand[i];
        if (!y.x)
            return NULL;
    }
    reorder(e->at, &y, result->label);
    return y.x;
}

cj_tensor *cj_einsum_at(cj_at at, const char *equation, int count, cj_tensor *const *x)
{
    cj_context *context = count > 0 ? cj_ready(x[0]) : NULL;
    if (!context)
        return NULL;
    cj_equation e = {.at = at, .context = context, .text = equation};
    cj_labelled result = {0};
    size_t bytes = sizeof(cj_labelled) * (size_t)count;
    cj_labelled *operand = cj_allocate_zero(context, bytes);
    if (!operand) {
        cj_fail_building(context, CJ_NO_MEMORY, at, "einsum: out of memory");
        return NULL;
    }
    cj_tensor *y = NULL;
    if (read_equation(&e, count, x, operand, &result) == CJ_OK)
        y = contract(&e, count, operand, &result);
    cj_release(context, operand, bytes);
    return y;
}
