/*
 * table_plan.c - what the columns of a table are: the targets and their task, numbers, categories,
 * and what is dropped.
 */
#include "data/data.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#define ENOUGH_ROWS 10      /* below, differing texts or numbers in order prove nothing */
#define MOSTLY_NUMBERS 0.95 /* a column with more, but not all, is an error, not categories */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* ---- names and targets ---- */

static int find_column(const cj_preprocess *p, const char *name, size_t length)
{
    for (int i = 0; i < p->columns; i++)
        if (strlen(p->column[i].name) == length && memcmp(p->column[i].name, name, length) == 0)
            return i;
    return -1;
}

static cj_status fail_target(cj_table *t, const char *name, int length)
{
    const cj_preprocess *p = t->loader->dataset->preprocess;
    char columns[260] = "";
    size_t used = 0;
    for (int i = 0; i < p->columns && used < sizeof columns - 1; i++) {
        int n = snprintf(columns + used, sizeof columns - used, "%s%s", i ? ", " : "",
                         p->column[i].name);
        used = CJ_MIN(used + (size_t)CJ_MAX(n, 0), sizeof columns - 1);
    }
    if (!name)
        return cj_fail(
            t->loader->context, CJ_INVALID,
            "%.100s: say which column is to be predicted (option target); its columns are %s",
            t->loader->name, columns);
    return cj_fail(t->loader->context, CJ_NOT_FOUND,
                   "%.100s: has no column \"%.*s\"; its columns are %s", t->loader->name,
                   CJ_MIN(length, 60), name, columns);
}

static cj_status add_target(cj_table *t, const char *name, size_t length)
{
    cj_preprocess *p = t->loader->dataset->preprocess;
    int at = find_column(p, name, length);
    if (at < 0)
        return fail_target(t, name, (int)length);
    if (p->column[at].kind == CJ_COLUMN_TARGET)
        return cj_fail(t->loader->context, CJ_INVALID, "the target \"%.60s\" is named twice",
                       p->column[at].name);
    p->column[at].kind = CJ_COLUMN_TARGET;
    return CJ_OK;
}

static cj_status usual_target(cj_table *t)
{
    static const char *const usual[] = {"target", "label", "class", "y"};
    cj_preprocess *p = t->loader->dataset->preprocess;
    for (size_t u = 0; u < CJ_COUNT(usual); u++)
        for (int i = 0; i < p->columns; i++)
            if (strcasecmp(p->column[i].name, usual[u]) == 0) {
                p->column[i].kind = CJ_COLUMN_TARGET;
                return cj_note(t->loader, "column \"%s\" is taken as the target",
                               p->column[i].name);
            }
    return fail_target(t, NULL, 0);
}

/* "a,b": the names between commas, unless the whole is one. */
static cj_status named_targets(cj_table *t, const char *target)
{
    cj_preprocess *p = t->loader->dataset->preprocess;
    if (find_column(p, target, strlen(target)) >= 0)
        return add_target(t, target, strlen(target));
    for (;;) {
        size_t length = strcspn(target, ",");
        cj_status status = add_target(t, target, length);
        if (status != CJ_OK || !target[length])
            return status;
        target += length + 1;
    }
}

static cj_status install_targets(cj_table *t)
{
    cj_context *context = t->loader->context;
    cj_preprocess *p = t->loader->dataset->preprocess;
    int count = 0;
    for (int i = 0; i < p->columns; i++)
        count += p->column[i].kind == CJ_COLUMN_TARGET;
    cj_status status = cj_preprocess_make_targets(context, p, count);
    for (int i = 0, k = 0; i < p->columns && status == CJ_OK; i++) {
        const cj_column *c = &p->column[i];
        if (c->kind != CJ_COLUMN_TARGET)
            continue;
        p->target_name[k] = cj_text_copy(context, c->name, strlen(c->name));
        status = p->target_name[k++] ? CJ_OK : CJ_NO_MEMORY;
    }
    return status;
}

cj_status cj_table_name_columns(cj_table *t)
{
    cj_context *context = t->loader->context;
    const cj_csv *csv = t->csv;
    cj_preprocess *p = t->loader->dataset->preprocess;
    if (csv->columns < 2 || csv->columns > 65536)
        return cj_fail(context, CJ_FORMAT,
                       "%s: has %lld %s; a table needs 2 to 65536 (separator '%c')",
                       t->loader->name, (long long)csv->columns,
                       cj_of_count(csv->columns, "column", "columns"), csv->separator);
    cj_status status = cj_preprocess_make_columns(context, p, (int)csv->columns);
    p->named = csv->header;
    for (int i = 0; i < p->columns && status == CJ_OK; i++) {
        char number[16];
        snprintf(number, sizeof number, "%d", i + 1);
        const char *name = csv->header ? cj_csv_name(csv, i) : number;
        p->column[i].scale = 1;
        p->column[i].name = cj_text_copy(context, name, strlen(name));
        if (!p->column[i].name)
            return CJ_NO_MEMORY;
        t->text[i] = p->column[i].name;
    }
    if (status == CJ_OK)
        qsort(t->text, (size_t)p->columns, sizeof *t->text, by_text);
    for (int i = 1; i < p->columns && status == CJ_OK; i++)
        if (strcmp(t->text[i - 1], t->text[i]) == 0)
            status = cj_fail(context, CJ_FORMAT, "%s: two columns are named \"%.60s\"",
                             t->loader->name, t->text[i]);
    if (status != CJ_OK)
        return status;
    const char *target = t->loader->options->target;
    status = target ? named_targets(t, target) : usual_target(t);
    return status == CJ_OK ? install_targets(t) : status;
}

/* ---- what a column is ---- */

typedef struct column_facts {
    int64_t present, numbers, distinct;
    int64_t first_text; /* the first row whose field is no number, -1: none */
    bool in_order;      /* the numbers are the row's own, from 0 or 1 */
} column_facts;

static void look(cj_table *t, int64_t column, column_facts *f)
{
    double first = 0;
    *f = (column_facts){.first_text = -1, .in_order = true};
    for (int64_t r = 0; r < t->rows; r++) {
        const char *text = cj_table_field(t, r, column);
        if (cj_is_missing(text)) {
            f->in_order = false;
            continue;
        }
        t->sorted[f->present++] = text;
        if (!cj_parse_number(text, &t->number[f->numbers])) {
            if (f->first_text < 0)
                f->first_text = r;
            continue;
        }
        double value = t->number[f->numbers++];
        if (r == 0)
            first = value;
        f->in_order = f->in_order && value == first + (double)r && (first == 0 || first == 1);
    }
    f->in_order = f->in_order && f->numbers == t->rows;
}

static void count_distinct(cj_table *t, column_facts *f)
{
    qsort(t->sorted, (size_t)f->present, sizeof *t->sorted, by_text);
    for (int64_t i = 0; i < f->present; i++)
        f->distinct += i == 0 || strcmp(t->sorted[i - 1], t->sorted[i]) != 0;
}

/* Numbers in order are the rows' own where the name says so; else they may be a time or a place. */
static bool is_index_name(const char *name)
{
    static const char *const index[] = {"", "index", "row", "no", "nr", "#", "unnamed: 0"};
    size_t length = strlen(name);
    for (size_t i = 0; i < CJ_COUNT(index); i++)
        if (strcasecmp(name, index[i]) == 0)
            return true;
    return length >= 2 && strcasecmp(name + length - 2, "id") == 0;
}

/* Texts that (nearly) all differ are ids; many kinds, most of them seen once, are free text. */
static bool are_ids(const cj_table *t, const column_facts *f)
{
    int limit = t->loader->options->max_categories;
    double share = (double)f->distinct / (double)f->present;
    return f->present >= ENOUGH_ROWS &&
           (share >= 0.9 || (share > 0.3 && f->distinct > (limit > 0 ? limit : CJ_MAX_CATEGORIES)));
}

static cj_status decide_column(cj_table *t, int index)
{
    cj_column *c = &t->loader->dataset->preprocess->column[index];
    column_facts f;
    look(t, t->map[index], &f);
    if (f.present == 0) {
        c->kind = CJ_COLUMN_EMPTY;
        return cj_note(t->loader, "column \"%s\" is dropped: it is empty", c->name);
    }
    if (f.numbers == f.present) {
        c->kind = CJ_COLUMN_NUMERIC;
        if (!f.in_order || !is_index_name(c->name))
            return CJ_OK;
        c->kind = CJ_COLUMN_IDS;
        return cj_note(t->loader, "column \"%s\" is dropped: it numbers the rows", c->name);
    }
    if ((double)f.numbers >= MOSTLY_NUMBERS * (double)f.present && f.present >= ENOUGH_ROWS) {
        char where[256];
        cj_table_where(t, f.first_text, where, sizeof where);
        return cj_fail(t->loader->context, CJ_VALUE,
                       "%s, column \"%.60s\": \"%.40s\" is no number, though %lld of %lld fields "
                       "are: correct it, or leave it empty",
                       where, c->name, cj_table_field(t, f.first_text, t->map[index]),
                       (long long)f.numbers, (long long)f.present);
    }
    count_distinct(t, &f);
    c->kind = CJ_COLUMN_CATEGORICAL;
    if (!are_ids(t, &f))
        return CJ_OK;
    c->kind = CJ_COLUMN_IDS;
    return cj_note(t->loader,
                   "column \"%s\" is dropped: %lld of its %lld texts differ (ids, or free text)",
                   c->name, (long long)f.distinct, (long long)f.present);
}

/* ---- the task ---- */

static cj_status set_class(cj_table *t, int index, const char *name)
{
    cj_preprocess *p = t->loader->dataset->preprocess;
    p->class_name[index] = cj_text_copy(t->loader->context, name, strlen(name));
    return p->class_name[index] ? CJ_OK : CJ_NO_MEMORY;
}

static cj_status text_classes(cj_table *t, const cj_column *c, column_facts *f)
{
    count_distinct(t, f);
    if (f->distinct < 2 || (f->distinct > 20 && f->distinct > f->present / 2))
        return cj_fail(
            t->loader->context, CJ_VALUE,
            "%s: the target \"%.60s\" has %lld different %s in %lld %s: these are no classes",
            t->loader->name, c->name, (long long)f->distinct,
            cj_of_count(f->distinct, "text", "texts"), (long long)f->present,
            cj_of_count(f->present, "row", "rows"));
    cj_status status = cj_preprocess_make_classes(t->loader->context,
                                                  t->loader->dataset->preprocess, (int)f->distinct);
    int k = 0;
    for (int64_t i = 0; i < f->present && status == CJ_OK; i++)
        if (i == 0 || strcmp(t->sorted[i - 1], t->sorted[i]) != 0)
            status = set_class(t, k++, t->sorted[i]);
    return status;
}

static int by_number(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static cj_status number_classes(cj_table *t, const cj_column *c, column_facts *f)
{
    qsort(t->number, (size_t)f->numbers, sizeof *t->number, by_number);
    for (int64_t i = 0; i < f->numbers; i++)
        f->distinct += i == 0 || t->number[i - 1] != t->number[i];
    if (f->distinct < 2 || f->distinct > 65536)
        return cj_fail(t->loader->context, CJ_VALUE,
                       "%s: the target \"%.60s\" has %lld different %s: these are no classes",
                       t->loader->name, c->name, (long long)f->distinct,
                       cj_of_count(f->distinct, "value", "values"));
    cj_status status = cj_preprocess_make_classes(t->loader->context,
                                                  t->loader->dataset->preprocess, (int)f->distinct);
    int k = 0;
    for (int64_t i = 0; i < f->numbers && status == CJ_OK; i++)
        if (i == 0 || t->number[i - 1] != t->number[i]) {
            char name[32];
            cj_format_number(name, sizeof name, "%.15g", t->number[i]);
            status = set_class(t, k++, name);
        }
    return status;
}

static cj_status decide_task(cj_table *t)
{
    cj_context *context = t->loader->context;
    cj_preprocess *p = t->loader->dataset->preprocess;
    const char *task = t->loader->options->task;
    bool classes = task && strcmp(task, "classes") == 0;
    int index = 0;
    column_facts f;
    if (task && !classes && strcmp(task, "regression") != 0)
        return cj_fail(context, CJ_INVALID, "unknown task \"%.40s\": \"classes\" or \"regression\"",
                       task);
    p->task = CJ_TASK_REGRESSION;
    if (p->targets > 1)
        return classes ? cj_fail(context, CJ_UNSUPPORTED,
                                 "several targets can only be numbers: task \"regression\"")
                       : CJ_OK;
    while (p->column[index].kind != CJ_COLUMN_TARGET)
        index++;
    look(t, t->map[index], &f);
    bool texts = f.numbers < f.present;
    if (task ? !classes : !texts && !cj_are_classes(context, t->number, f.numbers))
        return CJ_OK;
    p->task = CJ_TASK_CLASSES;
    return texts ? text_classes(t, &p->column[index], &f)
                 : number_classes(t, &p->column[index], &f);
}

cj_status cj_table_plan(cj_table *t)
{
    const cj_preprocess *p = t->loader->dataset->preprocess;
    cj_status status = CJ_OK;
    for (int i = 0; i < p->columns && status == CJ_OK; i++)
        if (p->column[i].kind != CJ_COLUMN_TARGET)
            status = decide_column(t, i);
    return status == CJ_OK ? decide_task(t) : status;
}
