/*
 * split.c - examples divided: stratified choices from a key, and moving examples between parts.
 */
#include "data/data.h"

#include <math.h>

/* How many of a class of n are taken: the nearest to the share, but one at least and never all. */
static int64_t share(double fraction, int64_t n)
{
    if (n < 2)
        return 0;
    int64_t take = (int64_t)floor(fraction * (double)n + 0.5);
    return CJ_MIN(CJ_MAX(take, 1), n - 1);
}

static int32_t largest_label(const int32_t *labels, int64_t n)
{
    int32_t largest = 0;
    for (int64_t i = 0; labels && i < n; i++)
        largest = CJ_MAX(largest, labels[i]);
    return largest;
}

/* Members grouped by class: order[start[c] .. start[c + 1]) are the examples of class c, in order.
 */
static void group(const int32_t *labels, int64_t n, int32_t classes, int64_t *start, int64_t *order)
{
    memset(start, 0, ((size_t)classes + 1) * sizeof *start);
    for (int64_t i = 0; i < n; i++)
        start[(labels ? labels[i] : 0) + 1]++;
    for (int32_t c = 0; c < classes; c++)
        start[c + 1] += start[c];
    for (int64_t i = 0; i < n; i++)
        order[start[labels ? labels[i] : 0]++] = i;
    for (int32_t c = classes; c > 0; c--)
        start[c] = start[c - 1];
    start[0] = 0;
}

cj_status cj_data_split(cj_context *context, uint64_t seed, const char *word, const int32_t *labels,
                        int64_t n, double fraction, bool *taken)
{
    memset(taken, 0, (size_t)n * sizeof *taken);
    if (!(fraction > 0) || n == 0)
        return CJ_OK;
    if (!(fraction < 1))
        return cj_fail(context, CJ_INVALID,
                       "the %s part is to be %g of the examples; it must be less than 1", word,
                       fraction);
    for (int64_t i = 0; labels && i < n; i++)
        if (labels[i] < 0)
            return cj_fail(context, CJ_VALUE, "example %lld has the label %d", (long long)i,
                           (int)labels[i]);
    int32_t classes = largest_label(labels, n) + 1;
    size_t start_size = ((size_t)classes + 1) * sizeof(int64_t);
    size_t order_size = 2 * (size_t)n * sizeof(int64_t);
    int64_t *start = cj_allocate(context, start_size);
    int64_t *order = start ? cj_allocate(context, order_size) : NULL;
    cj_status status = order ? CJ_OK : CJ_NO_MEMORY;
    if (order) {
        cj_key key = cj_key_fold_text(cj_key_from_seed(seed), word);
        int64_t *shuffled = order + n;
        group(labels, n, classes, start, order);
        for (int32_t c = 0; c < classes; c++) {
            int64_t members = start[c + 1] - start[c], take = share(fraction, members);
            cj_key_permutation(cj_key_fold(key, (uint64_t)c), members, shuffled);
            for (int64_t i = 0; i < take; i++)
                taken[order[start[c] + shuffled[i]]] = true;
        }
        cj_release(context, order, order_size);
    }
    if (start)
        cj_release(context, start, start_size);
    return status;
}

/* ---- examples ---- */

static size_t target_bytes(const cj_examples *e, int64_t count)
{
    return (size_t)count * (size_t)e->targets * sizeof *e->target;
}

void cj_examples_free(cj_context *context, cj_examples *e)
{
    size_t n = (size_t)e->count, inputs = (size_t)e->inputs;
    if (e->pixel)
        cj_release(context, e->pixel, n * inputs);
    if (e->value)
        cj_release(context, e->value, n * inputs * sizeof *e->value);
    if (e->label)
        cj_release(context, e->label, n * sizeof *e->label);
    if (e->target)
        cj_release(context, e->target, target_bytes(e, e->count));
    if (e->item)
        cj_release(context, e->item, n * sizeof *e->item);
    *e = (cj_examples){0};
}

/* Copies the rows with taken[i] == want of `from`, `size` bytes each. */
static void *copy_rows(cj_context *context, const void *from, size_t size, int64_t count,
                       const bool *taken, bool want, int64_t wanted, bool *failed)
{
    if (!from || *failed)
        return NULL;
    uint8_t *out = cj_allocate(context, (size_t)wanted * size), *to = out;
    *failed = !out;
    for (int64_t i = 0; out && i < count; i++)
        if (taken[i] == want) {
            memcpy(to, (const uint8_t *)from + (size_t)i * size, size);
            to += size;
        }
    return out;
}

static cj_status copy_examples(cj_context *context, const cj_examples *from, const bool *taken,
                               bool want, int64_t wanted, cj_examples *out)
{
    cj_examples e = {.count = wanted,
                     .inputs = from->inputs,
                     .targets = from->targets,
                     .pictures = from->pictures};
    size_t inputs = (size_t)e.inputs;
    int64_t n = from->count;
    bool failed = false;
    e.pixel = copy_rows(context, from->pixel, inputs, n, taken, want, wanted, &failed);
    e.value =
        copy_rows(context, from->value, inputs * sizeof *e.value, n, taken, want, wanted, &failed);
    e.label = copy_rows(context, from->label, sizeof *e.label, n, taken, want, wanted, &failed);
    e.target =
        copy_rows(context, from->target, target_bytes(from, 1), n, taken, want, wanted, &failed);
    e.item = copy_rows(context, from->item, sizeof *e.item, n, taken, want, wanted, &failed);
    if (failed) {
        cj_examples_free(context, &e);
        return CJ_NO_MEMORY;
    }
    *out = e;
    return CJ_OK;
}

cj_status cj_examples_take(cj_context *context, cj_examples *from, const bool *taken,
                           cj_examples *out)
{
    int64_t count = 0;
    cj_examples moved, kept;
    for (int64_t i = 0; i < from->count; i++)
        count += taken[i];
    if (count == 0)
        return CJ_OK;
    cj_status status = copy_examples(context, from, taken, true, count, &moved);
    if (status != CJ_OK)
        return status;
    status = copy_examples(context, from, taken, false, from->count - count, &kept);
    if (status != CJ_OK) {
        cj_examples_free(context, &moved);
        return status;
    }
    cj_examples_free(context, from);
    *from = kept;
    *out = moved;
    return CJ_OK;
}

cj_status cj_loader_assign(cj_loader *loader, const int32_t *labels, int64_t n, uint8_t *part)
{
    const cj_data_options *o = loader->options;
    cj_dataset *d = loader->dataset;
    bool test_stands = d->own_test || o->test_fraction < 0;
    double test = test_stands ? 0 : o->test_fraction > 0 ? o->test_fraction : 0.2;
    double validation = d->part[CJ_VALIDATION].count ? 0 : o->validation_fraction;
    size_t size = (size_t)n * (sizeof(bool) + sizeof(int32_t));
    memset(part, CJ_TRAIN, (size_t)n);
    int32_t *rest_label = cj_allocate(loader->context, size);
    if (!rest_label)
        return CJ_NO_MEMORY;
    bool *taken = (bool *)(rest_label + n);
    cj_status status = cj_data_split(loader->context, o->seed, "test", labels, n, test, taken);
    int64_t rest = 0;
    for (int64_t i = 0; status == CJ_OK && i < n; i++) {
        if (taken[i])
            part[i] = CJ_TEST;
        else
            rest_label[rest++] = labels ? labels[i] : 0;
    }
    if (status == CJ_OK)
        status = cj_data_split(loader->context, o->seed, "validation", rest_label, rest, validation,
                               taken);
    for (int64_t i = 0, k = 0; status == CJ_OK && i < n; i++)
        if (part[i] == CJ_TRAIN && taken[k++])
            part[i] = CJ_VALIDATION;
    cj_release(loader->context, rest_label, size);
    return status;
}

cj_status cj_loader_divide(cj_loader *loader, const uint8_t *part)
{
    cj_context *context = loader->context;
    cj_examples *train = &loader->dataset->part[CJ_TRAIN];
    int64_t n = train->count;
    bool *taken = cj_allocate(context, (size_t)n * sizeof *taken);
    if (!taken)
        return CJ_NO_MEMORY;
    for (int64_t i = 0; i < n; i++)
        taken[i] = part[i] == CJ_TEST;
    cj_status status = CJ_OK;
    if (!loader->dataset->own_test)
        status = cj_examples_take(context, train, taken, &loader->dataset->part[CJ_TEST]);
    int64_t k = 0;
    for (int64_t i = 0; i < n; i++)
        if (part[i] != CJ_TEST)
            taken[k++] = part[i] == CJ_VALIDATION;
    if (status == CJ_OK && !loader->dataset->part[CJ_VALIDATION].count)
        status = cj_examples_take(context, train, taken, &loader->dataset->part[CJ_VALIDATION]);
    cj_release(context, taken, (size_t)n * sizeof *taken);
    return status;
}
