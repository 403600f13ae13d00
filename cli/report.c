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

static void print_score(const score *s, bool percent)
{
    char text[64];
    double f = percent ? 100 : 1;
    if (isnan(s->value))
        snprintf(text, sizeof text, "-");
    else if (percent)
        snprintf(text, sizeof text, "%.2f %% [%.2f, %.2f]", f * s->value, f * s->low, f * s->high);
    else
        snprintf(text, sizeof text, "%.4g [%.4g, %.4g]", s->value, s->low, s->high);
    printf("  %-26s", text);
}

void print_scores(int count, const char *const *name, const scores *s)
{
    int width = 16;
    bool classes = s[0].classes;
    for (int i = 0; i < count; i++)
        width = CJ_MAX(width, (int)strlen(name[i]));
    printf("%-*s  %-26s  %-26s  %-26s\n", width, "", classes ? "accuracy" : "MAE",
           classes ? "balanced accuracy" : "RMSE", classes ? "F1" : "R2");
    for (int i = 0; i < count; i++) {
        printf("%-*s", width, name[i]);
        print_score(classes ? &s[i].accuracy : &s[i].mae, classes);
        print_score(classes ? &s[i].balanced : &s[i].rmse, classes);
        print_score(classes ? &s[i].f1 : &s[i].r2, classes);
        putchar('\n');
    }
    printf("(%lld test examples; in brackets 95 %% intervals)\n", (long long)s[0].count);
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

void add_scores(json_t *object, const scores *s, const char *prefix)
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
        printf("  %-24.24s %lld examples", p->class_name[worst], (long long)row_sum(s, worst));
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
