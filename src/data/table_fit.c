/*
 * table_fit.c - means, deviations and categories of a table's columns, from the training rows
 * alone.
 */
#include "data/data.h"

#include <math.h>
#include <stdlib.h>

/* The numbers of a column in training rows into t->number; false where one is not finite (*bad is
 * its row). */
static bool training_numbers(cj_table *t, int64_t column, const uint8_t *part, int64_t *count,
                             int64_t *missing, int64_t *bad)
{
    *count = *missing = 0;
    for (int64_t r = 0; r < t->rows; r++) {
        const char *text = cj_table_field(t, r, column);
        double value;
        if (part[r] != CJ_TRAIN)
            continue;
        if (cj_is_missing(text)) {
            ++*missing;
            continue;
        }
        if (!cj_parse_number(text, &value) || !isfinite(value)) {
            *bad = r;
            return false;
        }
        t->number[(*count)++] = value;
    }
    return true;
}

/* Two passes: the mean, then the mean square of what is left; a scale of 0 becomes 1. */
static void moments(const double *value, int64_t count, double *mean, double *scale)
{
    double sum = 0, squares = 0;
    for (int64_t i = 0; i < count; i++)
        sum += value[i];
    *mean = count ? sum / (double)count : 0;
    for (int64_t i = 0; i < count; i++)
        squares += (value[i] - *mean) * (value[i] - *mean);
    *scale = count ? sqrt(squares / (double)count) : 0;
    if (!(*scale > 0))
        *scale = 1;
}

static bool all_equal(const double *value, int64_t count)
{
    for (int64_t i = 1; i < count; i++)
        if (value[i] != value[0])
            return false;
    return true;
}

static cj_status fail_number(cj_table *t, int index, const char *name, int64_t row)
{
    char where[256];
    cj_table_where(t, row, where, sizeof where);
    return cj_fail(
        t->loader->context, CJ_VALUE,
        "%s, column \"%.60s\": \"%.40s\" is no finite number: correct it, or leave it empty", where,
        name, cj_table_field(t, row, t->map[index]));
}

static cj_status fit_numeric(cj_table *t, int index, const uint8_t *part)
{
    cj_column *c = &t->loader->dataset->preprocess->column[index];
    int64_t count, missing, bad;
    if (!training_numbers(t, t->map[index], part, &count, &missing, &bad))
        return fail_number(t, index, c->name, bad);
    if (count == 0 || (missing == 0 && all_equal(t->number, count))) {
        c->kind = count ? CJ_COLUMN_CONSTANT : CJ_COLUMN_EMPTY;
        return cj_note(t->loader, "column \"%s\" is dropped: it is %s in all training rows",
                       c->name, count ? "the same" : "empty");
    }
    moments(t->number, count, &c->mean, &c->scale);
    if (!isfinite(c->mean) || !isfinite(c->scale))
        return cj_fail(t->loader->context, CJ_VALUE,
                       "%s: the numbers of column \"%.60s\" are too large to be standardised",
                       t->loader->name, c->name);
    c->indicator = missing > 0;
    return CJ_OK;
}

/* ---- categories ---- */

typedef struct category {
    const char *text;
    int64_t count;
} category;

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const category *)a)->text, ((const category *)b)->text);
}

static int by_count(const void *a, const void *b)
{
    const category *x = a, *y = b;
    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    return strcmp(x->text, y->text);
}

/* Training texts, sorted and counted; t->sorted is the scratch. */
static cj_status count_categories(cj_table *t, int64_t column, const uint8_t *part,
                                  category **found, int64_t *kinds, int64_t *missing)
{
    int64_t present = 0;
    *missing = *kinds = 0;
    for (int64_t r = 0; r < t->rows; r++) {
        const char *text = cj_table_field(t, r, column);
        if (part[r] != CJ_TRAIN)
            continue;
        if (cj_is_missing(text))
            ++*missing;
        else
            t->sorted[present++] = text;
    }
    qsort(t->sorted, (size_t)present, sizeof *t->sorted, by_text);
    for (int64_t i = 0; i < present; i++)
        *kinds += i == 0 || strcmp(t->sorted[i - 1], t->sorted[i]) != 0;
    *found = cj_allocate(t->loader->context, (size_t)*kinds * sizeof **found);
    if (!*found)
        return CJ_NO_MEMORY;
    int64_t k = -1;
    for (int64_t i = 0; i < present; i++) {
        if (i == 0 || strcmp(t->sorted[i - 1], t->sorted[i]) != 0)
            (*found)[++k] = (category){t->sorted[i], 0};
        (*found)[k].count++;
    }
    return CJ_OK;
}

static cj_status keep_categories(cj_table *t, cj_column *c, category *found, int64_t kinds)
{
    int limit = t->loader->options->max_categories;
    int64_t kept = CJ_MIN(kinds, limit > 0 ? limit : CJ_MAX_CATEGORIES);
    cj_status status = CJ_OK;
    qsort(found, (size_t)kinds, sizeof *found, by_count);
    qsort(found, (size_t)kept, sizeof *found, by_name);
    if (kept < kinds)
        status =
            cj_note(t->loader, "column \"%s\" has %lld categories; the %lld most frequent are kept",
                    c->name, (long long)kinds, (long long)kept);
    if (status == CJ_OK)
        status = cj_column_make_categories(t->loader->context, c, (int)kept);
    for (int64_t i = 0; i < kept && status == CJ_OK; i++) {
        c->category[i] = cj_text_copy(t->loader->context, found[i].text, strlen(found[i].text));
        status = c->category[i] ? CJ_OK : CJ_NO_MEMORY;
    }
    return status;
}

static cj_status fit_categorical(cj_table *t, int index, const uint8_t *part)
{
    cj_column *c = &t->loader->dataset->preprocess->column[index];
    category *found;
    int64_t kinds, missing;
    cj_status status = count_categories(t, t->map[index], part, &found, &kinds, &missing);
    if (status != CJ_OK)
        return status;
    if (kinds == 0 || (kinds == 1 && missing == 0)) {
        c->kind = kinds ? CJ_COLUMN_CONSTANT : CJ_COLUMN_EMPTY;
        status = cj_note(t->loader, "column \"%s\" is dropped: it is %s in all training rows",
                         c->name, kinds ? "the same" : "empty");
    } else {
        c->indicator = missing > 0;
        status = keep_categories(t, c, found, kinds);
    }
    cj_release(t->loader->context, found, (size_t)kinds * sizeof *found);
    return status;
}

cj_status cj_table_fit(cj_table *t, const uint8_t *part)
{
    cj_preprocess *p = t->loader->dataset->preprocess;
    int64_t features = 0, count, missing, bad;
    cj_status status = CJ_OK;
    for (int i = 0, target = 0; i < p->columns && status == CJ_OK; i++) {
        cj_column *c = &p->column[i];
        if (c->kind == CJ_COLUMN_NUMERIC) {
            status = fit_numeric(t, i, part);
        } else if (c->kind == CJ_COLUMN_CATEGORICAL) {
            status = fit_categorical(t, i, part);
        } else if (c->kind == CJ_COLUMN_TARGET && p->task == CJ_TASK_REGRESSION) {
            if (!training_numbers(t, t->map[i], part, &count, &missing, &bad))
                return fail_number(t, i, c->name, bad);
            moments(t->number, count, &p->target_mean[target], &p->target_scale[target]);
            if (!isfinite(p->target_mean[target]) || !isfinite(p->target_scale[target]))
                return cj_fail(t->loader->context, CJ_VALUE,
                               "%s: the numbers of the target \"%.60s\" are too large",
                               t->loader->name, c->name);
            target++;
        }
        features += cj_column_features(c);
    }
    if (status == CJ_OK && features == 0)
        return cj_fail(
            t->loader->context, CJ_VALUE,
            "%s: no column is left to predict from: all others are empty, constant or ids",
            t->loader->name);
    p->rank = 1;
    p->shape[0] = features;
    return status;
}
