/*
 * cli/task_examples_report.c - what is told before and after a training for classes or regression.
 */
#include "task.h"

#include "base/base.h"
#include "report.h"

#include <math.h>

/* ---- before ---- */

#define MOST_NAMED 12

/* "numeric: a, b, c": the columns of one kind; of many, the first dozen. */
static void announce_columns(const train *t, cj_column_kind kind, const char *word)
{
    const cj_preprocess *p = t->data->preprocess;
    char line[1200];
    size_t used = (size_t)snprintf(line, sizeof line, "%s:", word);
    int count = 0;
    for (int i = 0; i < p->columns; i++) {
        const cj_column *column = &p->column[i];
        if (column->kind != kind || count++ >= MOST_NAMED)
            continue;
        used += (size_t)snprintf(line + used, sizeof line - used, "%s %.60s", count > 1 ? "," : "",
                                 column->name);
        if (kind == CJ_COLUMN_CATEGORICAL)
            used += (size_t)snprintf(line + used, sizeof line - used, " (%d)", column->categories);
        if (column->indicator)
            used += (size_t)snprintf(line + used, sizeof line - used, " (with missing values)");
    }
    if (count > MOST_NAMED)
        snprintf(line + used, sizeof line - used, " and %d more", count - MOST_NAMED);
    if (count)
        tell(t->c, "  %s", line);
}

static void announce_task(const train *t)
{
    const cj_preprocess *p = t->data->preprocess;
    char line[400];
    size_t used = 0;
    bool classes = p->task == CJ_TASK_CLASSES;
    int count = classes ? p->classes : p->targets;
    for (int i = 0; i < count && i < MOST_NAMED; i++)
        used += (size_t)snprintf(line + used, sizeof line - used, "%s%.24s", i ? ", " : "",
                                 classes ? p->class_name[i] : p->target_name[i]);
    if (classes)
        tell(t->c, "task: %d %s (%s%s)", count, cj_of_count(count, "class", "classes"), line,
             count > MOST_NAMED ? ", ..." : "");
    else
        tell(t->c, "task: regression of %s%s", line, count > MOST_NAMED ? ", ..." : "");
    announce_columns(t, CJ_COLUMN_TARGET, "target");
    announce_columns(t, CJ_COLUMN_NUMERIC, "numeric");
    announce_columns(t, CJ_COLUMN_CATEGORICAL, "categorical");
}

void examples_announce(const train *t)
{
    const plan *p = &t->plan;
    const cj_dataset *d = t->data;
    tell(t->c, "%s: %lld training, %lld validation, %lld test %s", p->data_name,
         (long long)d->part[CJ_TRAIN].count, (long long)d->part[CJ_VALIDATION].count,
         (long long)d->part[CJ_TEST].count,
         cj_of_count(d->part[CJ_TEST].count, "example", "examples"));
    announce_task(t);
    tell(t->c, "net: %s", cj_net_text(cj_model_net(t->model)));
}

/* ---- after ---- */

static void suggest(const train *t, const scores *s)
{
    const cj_preprocess *p = t->data->preprocess;
    double fitted = train_logged(t, "train_accuracy");
    printf("\nwhat to try next\n");
    printf("  cajal predict '%s' %s\n", t->folder,
           p->kind == CJ_INPUT_IMAGES ? "PICTURE.png" : "NEW.csv");
    if (t->data->own_test)
        printf("  cajal eval '%s' --data '%s'\n", t->folder, t->c->value[OPT_DATA]);
    else /* eval would measure on what it was trained on */
        printf("  cajal eval '%s' --data OTHER-DATA     (on examples that it has never seen)\n",
               t->folder);
    if (!t->plan.early)
        printf("  cajal train --resume --out '%s' --epochs %lld     (longer)\n", t->folder,
               (long long)(2 * t->plan.epochs));
    if (s->count && s->classes && fitted - s->accuracy.value > 0.02)
        printf("  a net that fits the training data less closely (%.1f %% there, %.1f %% on the "
               "test): dropout 0.3 in the "
               "net's text, or --optim adamw:weight_decay=0.05\n",
               100 * fitted, 100 * s->accuracy.value);
    else if (s->count && s->classes && s->balanced.value < s->accuracy.value - 0.05)
        printf("  --class-weight balanced: rare classes are recognised less often than frequent "
               "ones\n");
    else if (p->kind == CJ_INPUT_IMAGES && strcmp(t->plan.net_name, "resnet20"))
        printf("  --net resnet20     (a deeper net)\n");
    else
        printf("  --net mlp:256,256 or --seed 1     (a larger net; how much chance decides)\n");
}

static void print_done(const train *t, const scores *s)
{
    char hash[65] = "";
    cj_model_hash(t->model, hash);
    json_t *object = done_json(t);
    if (s->count)
        add_scores(object, t->data->preprocess, s, "test_");
    json_object_set_new(object, "model_hash", json_string(hash));
    print_json(object);
}

/* Scores of the net, a linear model and the majority class or mean, in this order; *count of them. */
static int compare(train *t, scores s[3], int *count, float **probability)
{
    cli *c = t->c;
    const cj_examples *test = &t->data->part[CJ_TEST];
    float *raw = NULL;
    if (!test->count)
        return EXIT_DONE;
    cj_status status = forward_part(c->context, t->model, test, &raw, probability);
    if (status == CJ_OK)
        status = score_outputs(c->context, cj_model_preprocess(t->model), test, raw, &s[0]);
    release_outputs(c->context, t->model, test, raw);
    if (status != CJ_OK)
        return fail_library(c, status);
    *count = 1;
    int code = train_linear(t, &s[1]);
    if (code != EXIT_DONE)
        return code;
    score_constant(t, &s[2]);
    *count = 3;
    return EXIT_DONE;
}

static void print_result(const train *t, int count, const scores *s)
{
    const cj_preprocess *p = t->data->preprocess;
    const char *name[3] = {t->plan.net_name, "linear model",
                           p->task == CJ_TASK_CLASSES ? "majority class" : "mean"};
    char took[32];
    printf("epochs: %lld, in %s of training\n\n", (long long)json_array_size(t->log),
           time_text(t->seconds, took));
    if (count && s[0].classes) {
        print_confusion(p, &s[0]);
        putchar('\n');
    }
    if (count)
        print_scores(p, cj_of_count(s[0].count, "test example", "test examples"), count, name, s);
    else
        puts("no test part: nothing was measured");
    suggest(t, &s[0]);
    printf("\nrun: %s\n", t->folder);
}

int examples_finish(train *t)
{
    cli *c = t->c;
    scores s[3] = {{0}};
    float *probability = NULL;
    char path[PATH_SIZE];
    int count = 0;
    folder_file(t, "model.safetensors", path);
    cj_status status = cj_model_save(t->model, path);
    int code = status == CJ_OK ? compare(t, s, &count, &probability) : fail_write(c, status);
    if (code == EXIT_DONE)
        code = draw_pictures(t, &s[0], probability);
    if (code == EXIT_DONE && c->json)
        print_done(t, &s[0]);
    else if (code == EXIT_DONE)
        print_result(t, count, s);
    release_outputs(c->context, t->model, &t->data->part[CJ_TEST], probability);
    for (int i = 0; i < 3; i++)
        scores_free(c->context, &s[i]);
    return code;
}
