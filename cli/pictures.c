/*
 * cli/pictures.c - the pictures of a run: learning curve, first-layer filters, confusion, the most confidently wrong.
 */
#include "train.h"

#include "base/base.h"
#include "cajal/plot.h"

#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#define MOST_WRONG 25
#define MOST_FILTERS 64
#define MOST_CLASSES 40

/* A picture that cannot be drawn for want of cairo is told once and is no failure; a disk that is full is one. */
int drawn(train *t, cj_status status, const char *name)
{
    if (status == CJ_OK)
        return EXIT_DONE;
    if (status != CJ_MISSING)
        return fail_library(t->c, status);
    tell(t->c, "%s is not drawn: %s", name, cj_error(t->c->context));
    return EXIT_DONE;
}

/* ---- the learning curve, from the log ---- */

static bool series_of(const train *t, const char *key, double *value)
{
    bool any = false;
    for (size_t i = 0; i < json_array_size(t->log); i++) {
        json_t *number = json_object_get(json_array_get(t->log, i), key);
        value[i] = json_is_number(number) ? json_number_value(number) : NAN;
        any |= json_is_number(number);
    }
    return any;
}

int draw_curve(train *t)
{
    static const char *const key[4] = {"train_loss", "val_loss", "train_accuracy", "val_accuracy"};
    static const char *const label[4] = {"training", "validation", "training", "validation"};
    size_t epochs = json_array_size(t->log);
    cj_series series[4];
    int count[2] = {0, 0};
    char path[PATH_SIZE];
    double *value = calloc(4 * CJ_MAX(epochs, 1), sizeof *value);
    if (!value)
        return fail_library(t->c, CJ_NO_MEMORY);
    for (int i = 0; i < 4; i++) {
        double *own = value + (size_t)i * epochs;
        if (series_of(t, key[i], own))
            series[2 * (i / 2) + count[i / 2]++] =
                (cj_series){.label = label[i], .y = own, .count = (int64_t)epochs, .dashed = i % 2};
    }
    cj_chart chart[2] = {{.title = "loss",
                          .x_label = "epoch",
                          .y_label = t->loss,
                          .series = series,
                          .series_count = count[0],
                          .log_y = true},
                         {.title = "accuracy",
                          .x_label = "epoch",
                          .y_label = "share of right answers",
                          .series = series + 2,
                          .series_count = count[1]}};
    folder_file(t, "learning_curve.png", path);
    cj_status status =
        epochs ? cj_plot_charts(t->c->context, path, chart, count[1] ? 2 : 1) : CJ_OK;
    free(value);
    return drawn(t, status, "learning_curve.png");
}

/* ---- the filters of the first layer that sees pixels ---- */

static int draw_filters(train *t)
{
    const cj_preprocess *p = t->data->preprocess;
    const cj_net *net = cj_model_net(t->model);
    cj_variable *weight = NULL;
    char path[PATH_SIZE], name[300];
    for (int i = 0; i < cj_net_layers(net) && !weight; i++) {
        snprintf(name, sizeof name, "%s.weight", cj_net_layer_at(net, i)->name);
        weight = cj_scope_find(cj_model_scope(t->model), name);
    }
    if (p->kind != CJ_INPUT_IMAGES || !weight || cj_variable_dtype(weight) != CJ_F32)
        return EXIT_DONE;
    const int64_t *shape = cj_variable_shape(weight);
    cj_image_grid grid = {.title = name,
                          .count = CJ_MIN(shape[0], MOST_FILTERS),
                          .channels = (int)p->shape[0],
                          .value = cj_variable_data(weight)};
    bool conv = cj_variable_rank(weight) == 4 && shape[1] == p->shape[0];
    if (!conv && !(cj_variable_rank(weight) == 2 && shape[1] == cj_preprocess_inputs(p)))
        return EXIT_DONE;
    grid.height = (int)(conv ? shape[2] : p->shape[1]);
    grid.width = (int)(conv ? shape[3] : p->shape[2]);
    folder_file(t, "filters.png", path);
    return drawn(t, cj_plot_images(t->c->context, path, &grid), "filters.png");
}

/* ---- the most confidently wrong ---- */

typedef struct wrong {
    int64_t index;
    int said;
    float probability;
} wrong;

static int find_wrong(const train *t, const float *probability, wrong *found)
{
    const cj_examples *test = &t->data->part[CJ_TEST];
    int classes = t->data->preprocess->classes, count = 0;
    for (int64_t i = 0; i < test->count; i++) {
        const float *y = probability + i * classes;
        int said = cj_model_best(t->model, y);
        if (said == test->label[i] ||
            (count == MOST_WRONG && !(y[said] > found[count - 1].probability)))
            continue;
        int place = count < MOST_WRONG ? count++ : count - 1;
        for (; place > 0 && found[place - 1].probability < y[said]; place--)
            found[place] = found[place - 1];
        found[place] = (wrong){i, said, y[said]};
    }
    return count;
}

static int draw_wrong(train *t, const float *probability)
{
    const cj_preprocess *p = t->data->preprocess;
    const cj_examples *test = &t->data->part[CJ_TEST];
    wrong found[MOST_WRONG];
    char caption[MOST_WRONG][80], path[PATH_SIZE];
    const char *captions[MOST_WRONG];
    int count = find_wrong(t, probability, found);
    size_t each = (size_t)test->inputs;
    folder_file(t, "confidently_wrong.png", path);
    if (!count) {
        unlink(path);
        return EXIT_DONE;
    }
    uint8_t *pixel = cj_allocate(t->c->context, (size_t)count * each);
    if (!pixel)
        return fail_library(t->c, CJ_NO_MEMORY);
    int64_t index[MOST_WRONG];
    for (int i = 0; i < count; i++) {
        index[i] = found[i].index;
        snprintf(caption[i], sizeof caption[i], "%.20s, said %.20s %.0f %%",
                 p->class_name[test->label[found[i].index]], p->class_name[found[i].said],
                 100 * (double)found[i].probability);
        captions[i] = caption[i];
    }
    cj_image_grid grid = {
        .title = "most confidently wrong: true class, what the net said, its probability",
        .count = count,
        .channels = (int)p->shape[0],
        .height = (int)p->shape[1],
        .width = (int)p->shape[2],
        .pixel = pixel,
        .caption = captions};
    cj_status status = cj_examples_pixels(t->c->context, test, index, count, pixel);
    int code = status == CJ_OK ? EXIT_DONE : fail_library(t->c, status);
    if (code == EXIT_DONE)
        code = drawn(t, cj_plot_images(t->c->context, path, &grid), "confidently_wrong.png");
    cj_release(t->c->context, pixel, (size_t)count * each);
    return code;
}

static int draw_confusion(train *t, const scores *s)
{
    char path[PATH_SIZE];
    const cj_preprocess *p = t->data->preprocess;
    if (p->classes > MOST_CLASSES)
        return EXIT_DONE;
    folder_file(t, "confusion.png", path);
    cj_status status =
        cj_plot_confusion(t->c->context, path, "test examples: true class by predicted class",
                          p->classes, (const char *const *)p->class_name, s->confusion);
    return drawn(t, status, "confusion.png");
}

int draw_pictures(train *t, const scores *s, const float *probability)
{
    const cj_preprocess *p = t->data->preprocess;
    int code = draw_curve(t);
    if (code == EXIT_DONE)
        code = draw_filters(t);
    if (code == EXIT_DONE && s->count && s->classes)
        code = draw_confusion(t, s);
    if (code == EXIT_DONE && s->count && s->classes && p->kind == CJ_INPUT_IMAGES)
        code = draw_wrong(t, probability);
    return code;
}
