/*
 * cli/report.c - tables of scores, for train and eval.
 */
#include "report.h"

#include "base/base.h"

#include <math.h>
#include <stdlib.h>

#define MOST_IN_MATRIX 20
#define WORST_SHOWN 10

/* ---- scores ---- */

enum { CELL = 64 };

static void cell_text(const score *s, bool percent, char text[CELL])
{
    if (isnan(s->value))
        snprintf(text, CELL, "-");
    else if (percent)
        snprintf(text, CELL, "%.2f %% [%.2f, %.2f]", 100 * s->value, 100 * s->low, 100 * s->high);
    else
        snprintf(text, CELL, "%.4g [%.4g, %.4g]", s->value, s->low, s->high);
}

static void row_texts(const scores *s, bool classes, char text[3][CELL])
{
    cell_text(classes ? &s->accuracy : &s->mae, classes, text[0]);
    cell_text(classes ? &s->balanced : &s->rmse, classes, text[1]);
    cell_text(classes ? &s->f1 : &s->r2, classes, text[2]);
}

static void widen(int width[4], const char *name, int indent, char text[3][CELL])
{
    width[0] = CJ_MAX(width[0], (int)strlen(name) + indent);
    for (int j = 0; j < 3; j++)
        width[j + 1] = CJ_MAX(width[j + 1], (int)strlen(text[j]));
}

static void print_row(const int width[4], const char *name, int indent, char text[3][CELL])
{
    printf("%*s%-*s  %-*s  %-*s  %s\n", indent, "", width[0] - indent, name, width[1], text[0],
           width[2], text[1], text[2]);
}

void print_scores(const cj_preprocess *p, const char *what, int count, const char *const *name,
                  const scores *s)
{
    bool classes = s[0].classes;
    char head[3][CELL] = {"MAE", "RMSE", "R2"}, text[3][CELL];
    int width[4] = {0};
    if (classes)
        memcpy(head, (char[3][CELL]){"accuracy", "balanced accuracy", "F1"}, sizeof head);
    widen(width, "", 0, head);
    for (int i = 0; i < count; i++) {
        row_texts(&s[i], classes, text);
        widen(width, name[i], 0, text);
    }
    for (int t = 0; t < s[0].targets; t++) {
        row_texts(&s[0].target[t], classes, text);
        widen(width, p->target_name[t], 2, text);
    }
    print_row(width, "", 0, head);
    for (int i = 0; i < count; i++) {
        row_texts(&s[i], classes, text);
        print_row(width, name[i], 0, text);
        for (int t = 0; !i && t < s[0].targets; t++) {
            row_texts(&s[0].target[t], classes, text);
            print_row(width, p->target_name[t], 2, text);
        }
    }
    printf("(%lld %s; in brackets 95 %% intervals%s)\n", (long long)s[0].count, what,
           s[0].targets ? "; first the mean over the targets" : "");
}

static void add_score(json_t *object, const char *prefix, const char *name, const score *s)
{
    char key[64];
    snprintf(key, sizeof key, "%s%s", prefix, name);
    json_object_set_new(object, key, json_finite(s->value));
    snprintf(key, sizeof key, "%s%s_low", prefix, name);
    json_object_set_new(object, key, json_finite(s->low));
    snprintf(key, sizeof key, "%s%s_high", prefix, name);
    json_object_set_new(object, key, json_finite(s->high));
}

static json_t *targets_json(const cj_preprocess *p, const scores *s)
{
    json_t *all = json_object();
    for (int t = 0; t < s->targets; t++) {
        json_t *one = json_object();
        add_score(one, "", "mae", &s->target[t].mae);
        add_score(one, "", "rmse", &s->target[t].rmse);
        add_score(one, "", "r2", &s->target[t].r2);
        json_object_set_new(all, p->target_name[t], one);
    }
    return all;
}

void add_scores(json_t *object, const cj_preprocess *p, const scores *s, const char *prefix)
{
    char key[64];
    snprintf(key, sizeof key, "%sexamples", prefix);
    json_object_set_new(object, key, json_integer(s->count));
    snprintf(key, sizeof key, "%sloss", prefix);
    json_object_set_new(object, key, json_finite(s->loss));
    add_score(object, prefix, s->classes ? "accuracy" : "mae", s->classes ? &s->accuracy : &s->mae);
    add_score(object, prefix, s->classes ? "balanced_accuracy" : "rmse",
              s->classes ? &s->balanced : &s->rmse);
    add_score(object, prefix, s->classes ? "f1" : "r2", s->classes ? &s->f1 : &s->r2);
    if (!s->targets)
        return;
    snprintf(key, sizeof key, "%stargets", prefix);
    json_object_set_new(object, key, targets_json(p, s));
}

/* ---- the confusion matrix ---- */

static int64_t row_sum(const scores *s, int row)
{
    int64_t sum = 0;
    for (int j = 0; j < s->class_count; j++)
        sum += s->confusion[row * s->class_count + j];
    return sum;
}

static double recall(const scores *s, int row)
{
    int64_t sum = row_sum(s, row);
    return sum ? (double)s->confusion[row * s->class_count + row] / (double)sum : NAN;
}

json_t *recalls_json(const cj_preprocess *p, const scores *s)
{
    json_t *object = json_object();
    for (int i = 0; i < s->class_count; i++)
        json_object_set_new(object, p->class_name[i], json_finite(recall(s, i)));
    return object;
}

static void print_recall(double value)
{
    if (isnan(value))
        printf("%9s\n", "-");
    else
        printf("%7.2f %%\n", 100 * value);
}

static void print_worst(const cj_preprocess *p, const scores *s)
{
    double bound = -1; /* the recall last printed; ties go by their place */
    int last = -1;
    printf("the classes of the lowest recall\n");
    for (int shown = 0; shown < WORST_SHOWN; shown++) {
        int worst = -1;
        for (int i = 0; i < s->class_count; i++) {
            double r = recall(s, i);
            bool behind = r > bound || (r == bound && i > last);
            if (!isnan(r) && behind && (worst < 0 || r < recall(s, worst)))
                worst = i;
        }
        if (worst < 0)
            break;
        bound = recall(s, worst);
        last = worst;
        printf("  %-24.24s %lld %s", p->class_name[worst], (long long)row_sum(s, worst),
               cj_of_count(row_sum(s, worst), "example", "examples"));
        print_recall(bound);
    }
}

void print_confusion(const cj_preprocess *p, const scores *s)
{
    int name_width = 4, cell = 4;
    if (s->class_count > MOST_IN_MATRIX) {
        print_worst(p, s);
        return;
    }
    for (int i = 0; i < s->class_count; i++) {
        int length = (int)strlen(p->class_name[i]);
        name_width = CJ_MAX(name_width, CJ_MIN(length, 20));
        cell = CJ_MAX(cell, CJ_MIN(length, 10));
        for (int64_t n = row_sum(s, i), digits = 1; n > 9; n /= 10)
            cell = CJ_MAX(cell, (int)++digits);
    }
    printf("%-*s", name_width, "true");
    for (int i = 0; i < s->class_count; i++)
        printf(" %*.*s", cell, cell, p->class_name[i]);
    printf("   recall   (columns: predicted)\n");
    for (int i = 0; i < s->class_count; i++) {
        printf("%-*.*s", name_width, name_width, p->class_name[i]);
        for (int j = 0; j < s->class_count; j++)
            printf(" %*lld", cell, (long long)s->confusion[i * s->class_count + j]);
        print_recall(recall(s, i));
    }
}
