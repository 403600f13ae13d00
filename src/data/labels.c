/*
 * labels.c - what a source says of its examples (numbers, or names of folders) made task, classes
 * and labels.
 */
#include "data/data.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define CLASS_LIMIT 65536

bool cj_are_classes(cj_context *context, const double *value, int64_t count)
{
    double least = INFINITY, most = -INFINITY;
    for (int64_t i = 0; i < count; i++) {
        if (!isfinite(value[i]) || value[i] != floor(value[i]))
            return false;
        least = CJ_MIN(least, value[i]);
        most = CJ_MAX(most, value[i]);
    }
    if (count == 0 || (least != 0 && least != 1) || most - least < 1 ||
        most - least >= (double)CJ_MIN(count, CLASS_LIMIT))
        return false;
    size_t classes = (size_t)(most - least) + 1, found = 0;
    uint8_t *seen = cj_allocate_zero(context, classes);
    for (int64_t i = 0; seen && i < count; i++) {
        size_t c = (size_t)(value[i] - least);
        found += !seen[c];
        seen[c] = 1;
    }
    if (seen)
        cj_release(context, seen, classes);
    return found == classes;
}

/* ---- classes: names in their final order, parts' labels counting in the order of finding ---- */

typedef struct found_class {
    const char *name;
    double number; /* 0 for all unless all names are whole numbers */
    int found;     /* the label that the source gave */
    int32_t label; /* the final one, -1: not in the given preprocessing */
} found_class;

static int by_order(const void *a, const void *b)
{
    const found_class *x = a, *y = b;
    if (x->number != y->number)
        return x->number < y->number ? -1 : 1;
    return strcmp(x->name, y->name);
}

static int by_found(const void *a, const void *b)
{
    return ((const found_class *)a)->found - ((const found_class *)b)->found;
}

static cj_status match_given(cj_loader *loader, found_class *class, int count)
{
    const cj_preprocess *p = loader->dataset->preprocess;
    if (p->task != CJ_TASK_CLASSES)
        return cj_fail(loader->context, CJ_INVALID,
                       "%s has classes, but the model predicts numbers", loader->name);
    for (int i = 0; i < count; i++) {
        double number;
        int label = cj_preprocess_find_class(p, class[i].name);
        if (label < 0 && cj_parse_number(class[i].name, &number) && number >= 0 &&
            number < p->classes && number == floor(number))
            label = (int)number;
        if (label < 0)
            return cj_fail(
                loader->context, CJ_VALUE,
                "%s: the class \"%.60s\" is none of the %d that the model knows (\"%.60s\", ...)",
                loader->name, class[i].name, p->classes, p->class_name[0]);
        class[i].label = label;
    }
    return CJ_OK;
}

static cj_status install_new(cj_loader *loader, found_class *class, int count)
{
    cj_preprocess *p = loader->dataset->preprocess;
    p->task = CJ_TASK_CLASSES;
    cj_status status = cj_preprocess_make_classes(loader->context, p, count);
    if (status == CJ_OK)
        status = cj_preprocess_make_targets(loader->context, p, 1);
    for (int i = 0; status == CJ_OK && i < count; i++) {
        class[i].label = i;
        p->class_name[i] = cj_text_copy(loader->context, class[i].name, strlen(class[i].name));
        status = p->class_name[i] ? CJ_OK : CJ_NO_MEMORY;
    }
    if (status == CJ_OK)
        status =
            (p->target_name[0] = cj_text_copy(loader->context, "class", 5)) ? CJ_OK : CJ_NO_MEMORY;
    return status;
}

static cj_status install_classes(cj_loader *loader, found_class *class, int count)
{
    qsort(class, (size_t)count, sizeof *class, by_order);
    cj_status status = loader->options->preprocess ? match_given(loader, class, count)
                                                   : install_new(loader, class, count);
    if (status != CJ_OK)
        return status;
    qsort(class, (size_t)count, sizeof *class, by_found);
    for (int part = 0; part < CJ_PARTS; part++) {
        cj_examples *e = &loader->dataset->part[part];
        for (int64_t i = 0; i < e->count; i++)
            e->label[i] = class[e->label[i]].label;
    }
    return CJ_OK;
}

cj_status cj_loader_set_names(cj_loader *loader, char *const *name, int count)
{
    size_t size = (size_t)count * sizeof(found_class);
    found_class *class = cj_allocate(loader->context, size);
    if (!class)
        return CJ_NO_MEMORY;
    bool numbers = true;
    for (int i = 0; i < count; i++) {
        class[i] = (found_class){name[i], 0, i, -1};
        numbers = numbers && cj_parse_number(name[i], &class[i].number);
    }
    for (int i = 0; !numbers && i < count; i++)
        class[i].number = 0;
    cj_status status = install_classes(loader, class, count);
    cj_release(loader->context, class, size);
    return status;
}

/* ---- numbers ---- */

static int by_number(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static int unique(double *value, int64_t count)
{
    int64_t kept = 0;
    qsort(value, (size_t)count, sizeof *value, by_number);
    for (int64_t i = 0; i < count; i++)
        if (kept == 0 || value[i] != value[kept - 1])
            value[kept++] = value[i];
    return (int)CJ_MIN(kept, CLASS_LIMIT + 1);
}

/* Labels that count in the order of the sorted distinct values. */
static cj_status number_labels(cj_loader *loader, double *const value[CJ_PARTS],
                               const double *distinct, int classes)
{
    for (int part = 0; part < CJ_PARTS; part++) {
        cj_examples *e = &loader->dataset->part[part];
        if (!e->count)
            continue;
        e->label = cj_allocate(loader->context, (size_t)e->count * sizeof *e->label);
        if (!e->label)
            return CJ_NO_MEMORY;
        for (int64_t i = 0; i < e->count; i++) {
            const double *at =
                bsearch(&value[part][i], distinct, (size_t)classes, sizeof *distinct, by_number);
            e->label[i] = (int32_t)(at - distinct);
        }
    }
    return CJ_OK;
}

static cj_status number_classes(cj_loader *loader, double *const value[CJ_PARTS],
                                const double *distinct, int classes)
{
    enum { NAME_SIZE = 32 };
    cj_context *context = loader->context;
    size_t size = (size_t)classes * (sizeof(found_class) + NAME_SIZE);
    found_class *class = cj_allocate(context, size);
    if (!class)
        return CJ_NO_MEMORY;
    char *text = (char *)(class + classes);
    bool known = loader->class_names != NULL;
    for (int i = 0; i < classes; i++, text += NAME_SIZE) {
        cj_format_number(text, NAME_SIZE, "%.15g", distinct[i]);
        class[i] = (found_class){text, distinct[i], i, -1};
        known = known && distinct[i] == i;
    }
    for (int i = 0; known && i < classes && loader->class_names[i]; i++)
        class[i].name = loader->class_names[i];
    cj_status status = number_labels(loader, value, distinct, classes);
    if (status == CJ_OK)
        status = install_classes(loader, class, classes);
    cj_release(context, class, size);
    return status;
}

static cj_status number_targets(cj_loader *loader, double *const value[CJ_PARTS], int targets)
{
    cj_preprocess *p = loader->dataset->preprocess;
    cj_status status = CJ_OK;
    if (loader->options->preprocess) {
        if (p->task != CJ_TASK_REGRESSION || p->targets != targets)
            return cj_fail(loader->context, CJ_INVALID,
                           "%s has %d numbers to predict, which the model does not", loader->name,
                           targets);
    } else {
        p->task = CJ_TASK_REGRESSION;
        status = cj_preprocess_make_targets(loader->context, p, targets);
        for (int t = 0; status == CJ_OK && t < targets; t++) {
            char name[16];
            int n = snprintf(name, sizeof name, targets > 1 ? "y%d" : "y", t);
            p->target_name[t] = cj_text_copy(loader->context, name, (size_t)n);
            status = p->target_name[t] ? CJ_OK : CJ_NO_MEMORY;
        }
    }
    for (int part = 0; status == CJ_OK && part < CJ_PARTS; part++) {
        cj_examples *e = &loader->dataset->part[part];
        int64_t n = e->count * targets;
        if (!n)
            continue;
        e->targets = targets;
        e->target = cj_allocate(loader->context, (size_t)n * sizeof *e->target);
        if (!e->target)
            return CJ_NO_MEMORY;
        for (int64_t i = 0; i < n; i++)
            e->target[i] = (float)value[part][i];
    }
    return status;
}

static cj_status check_finite(cj_loader *loader, double *const value[CJ_PARTS], int targets)
{
    static const char *const part_name[] = {"training", "validation", "test"};
    for (int part = 0; part < CJ_PARTS; part++)
        for (int64_t i = 0; i < loader->dataset->part[part].count * targets; i++)
            if (!isfinite(value[part][i]))
                return cj_fail(
                    loader->context, CJ_VALUE,
                    "%s: the label of %s example %lld is no finite number: remove the example",
                    loader->name, part_name[part], (long long)(i / targets));
    return CJ_OK;
}

/* The task of one number an example; `all` are the numbers of all parts. */
static cj_status decide_task(cj_loader *loader, const double *all, int64_t count, bool *classes)
{
    const char *task = loader->options->task;
    if (loader->options->preprocess)
        *classes = loader->dataset->preprocess->task == CJ_TASK_CLASSES;
    else if (!task)
        *classes = cj_are_classes(loader->context, all, count);
    else if (strcmp(task, "classes") == 0 || strcmp(task, "regression") == 0)
        *classes = task[0] == 'c';
    else
        return cj_fail(loader->context, CJ_INVALID,
                       "unknown task \"%.40s\": \"classes\" or \"regression\"", task);
    return CJ_OK;
}

cj_status cj_loader_set_numbers(cj_loader *loader, double *const value[CJ_PARTS], int targets)
{
    cj_status status = check_finite(loader, value, targets);
    if (status != CJ_OK || targets != 1)
        return status != CJ_OK ? status : number_targets(loader, value, targets);
    int64_t count = 0, filled = 0;
    for (int part = 0; part < CJ_PARTS; part++)
        count += loader->dataset->part[part].count;
    double *all = cj_allocate(loader->context, (size_t)count * sizeof *all);
    if (!all)
        return CJ_NO_MEMORY;
    for (int part = 0; part < CJ_PARTS; part++) {
        int64_t n = loader->dataset->part[part].count;
        if (n)
            memcpy(all + filled, value[part], (size_t)n * sizeof *all);
        filled += n;
    }
    bool are_classes = false;
    status = decide_task(loader, all, count, &are_classes);
    if (status == CJ_OK && are_classes) {
        int classes = unique(all, count);
        status = classes > CLASS_LIMIT ? cj_fail(loader->context, CJ_VALUE,
                                                 "%s: more than %d different labels: these are no "
                                                 "classes (task \"regression\"?)",
                                                 loader->name, CLASS_LIMIT)
                                       : number_classes(loader, value, all, classes);
    } else if (status == CJ_OK) {
        status = number_targets(loader, value, 1);
    }
    cj_release(loader->context, all, (size_t)count * sizeof *all);
    return status;
}
