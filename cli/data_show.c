/*
 * cli/data_show.c - cajal data show: a look into a set of examples as training would see it.
 */
#include "data.h"

#include "base/base.h"

static const char *const kind_text[] = {"pictures", "table", "arrays"};

static const char *column_text(cj_column_kind kind)
{
    switch (kind) {
    case CJ_COLUMN_NUMERIC: return "numeric";
    case CJ_COLUMN_CATEGORICAL: return "categorical";
    case CJ_COLUMN_TARGET: return "target";
    case CJ_COLUMN_CONSTANT: return "dropped: one value";
    case CJ_COLUMN_IDS: return "dropped: all differ";
    case CJ_COLUMN_EMPTY: return "dropped: empty";
    }
    return "";
}

/* How many of each class a part has; `count` has p->classes elements. */
static void count_classes(const cj_examples *part, int64_t *count)
{
    for (int64_t i = 0; i < part->count && part->label; i++)
        count[part->label[i]]++;
}

static json_t *shape_json(const cj_preprocess *p)
{
    json_t *shape = json_array();
    for (int i = 0; i < p->rank; i++)
        json_array_append_new(shape, json_integer(p->shape[i]));
    return shape;
}

static void show_json(const cj_dataset *data, const char *name)
{
    const cj_preprocess *p = data->preprocess;
    json_t *object = json_pack("{s:s, s:s, s:s, s:s, s:o, s:I, s:I, s:I, s:s}", "event", "data",
                               "name", name, "kind", kind_text[p->kind], "task",
                               p->task == CJ_TASK_CLASSES ? "classes" : "regression", "shape",
                               shape_json(p), "train", (json_int_t)data->part[CJ_TRAIN].count,
                               "validation", (json_int_t)data->part[CJ_VALIDATION].count, "test",
                               (json_int_t)data->part[CJ_TEST].count, "hash", data->hash);
    json_t *names = json_array(), *columns = json_array(), *notes = json_array();
    bool classes = p->task == CJ_TASK_CLASSES;
    for (int i = 0; i < (classes ? p->classes : p->targets); i++)
        json_array_append_new(names, json_string(classes ? p->class_name[i] : p->target_name[i]));
    for (int i = 0; i < p->columns; i++)
        json_array_append_new(columns, json_pack("{s:s, s:s}", "name", p->column[i].name, "kind",
                                                 column_text(p->column[i].kind)));
    for (int i = 0; i < data->notes; i++)
        json_array_append_new(notes, json_string(data->note[i]));
    json_object_set_new(object, classes ? "classes" : "targets", names);
    json_object_set_new(object, "columns", columns);
    json_object_set_new(object, "notes", notes);
    print_json(object);
}

static void show_classes(const cj_dataset *data, int64_t *counts)
{
    const cj_preprocess *p = data->preprocess;
    for (int part = 0; part < CJ_PARTS; part++)
        count_classes(&data->part[part], counts + part * p->classes);
    printf("\n%-24s %8s %10s %8s\n", "class", "train", "validation", "test");
    for (int i = 0; i < p->classes; i++)
        printf("%-24s %8lld %10lld %8lld\n", p->class_name[i],
               (long long)counts[CJ_TRAIN * p->classes + i],
               (long long)counts[CJ_VALIDATION * p->classes + i],
               (long long)counts[CJ_TEST * p->classes + i]);
}

static void show_columns(const cj_preprocess *p)
{
    printf("\n%-24s %-20s\n", "column", "kind");
    for (int i = 0; i < p->columns; i++) {
        const cj_column *column = &p->column[i];
        printf("%-24s %-20s", column->name, column_text(column->kind));
        if (column->kind == CJ_COLUMN_NUMERIC)
            printf(" mean %.4g, deviation %.4g%s", column->mean, column->scale,
                   column->indicator ? ", with an indicator of missing values" : "");
        if (column->kind == CJ_COLUMN_CATEGORICAL)
            printf(" %d %s", column->categories,
                   cj_of_count(column->categories, "category", "categories"));
        putchar('\n');
    }
}

#define WIDEST 56 /* characters of a picture */

/* A picture as characters, which are twice as high as wide; colours by their mean. */
static void draw(const cj_preprocess *p, const uint8_t *pixel)
{
    static const char shade[] = " .:-=+*#%@";
    int64_t height = p->shape[1], width = p->shape[2], plane = height * width;
    int64_t columns = CJ_MIN(width, WIDEST), rows = CJ_MAX(height * columns / width / 2, 1);
    for (int64_t y = 0; y < rows; y++) {
        for (int64_t x = 0; x < columns; x++) {
            int64_t at = (2 * y + 1) * height / (2 * rows) * width +
                         (2 * x + 1) * width / (2 * columns),
                    sum = 0;
            for (int64_t c = 0; c < p->shape[0]; c++)
                sum += pixel[c * plane + at];
            putchar(shade[sum * 9 / (255 * p->shape[0])]);
        }
        putchar('\n');
    }
}

/* The first training example: a picture, or what the net is given of it. */
static int show_example(cli *c, const cj_dataset *data)
{
    const cj_preprocess *p = data->preprocess;
    const cj_examples *train = &data->part[CJ_TRAIN];
    int64_t inputs = cj_preprocess_inputs(p), first = 0;
    if (!train->count)
        return EXIT_DONE;
    size_t bytes = (size_t)inputs * sizeof(float);
    float *x = cj_allocate(c->context, bytes);
    bool picture = p->kind == CJ_INPUT_IMAGES;
    cj_status status =
        !x        ? CJ_NO_MEMORY
        : picture ? cj_examples_pixels(c->context, train, &first, 1, (uint8_t *)x)
                  : cj_examples_batch(c->context, p, train, NULL, &first, 1, x, NULL, NULL);
    if (status == CJ_OK) {
        printf("\ntraining example 0%s%s\n", train->label ? ", " : "",
               train->label ? p->class_name[train->label[0]] : "");
        if (picture)
            draw(p, (const uint8_t *)x);
        for (int64_t i = 0; i < CJ_MIN(inputs, 8) && !picture; i++)
            printf("%s%.4g", i ? ", " : "standardised: ", (double)x[i]);
        if (!picture)
            printf("%s\n", inputs > 8 ? ", ..." : "");
    }
    if (x)
        cj_release(c->context, x, bytes);
    return status == CJ_OK ? EXIT_DONE : fail_library(c, status);
}

static int show_examples(cli *c)
{
    cj_data_options options;
    cj_dataset *data;
    int status = data_options(c, &options);
    if (status != EXIT_DONE)
        return status;
    cj_status loaded = load_dataset(c, c->argument[1], &options, &data);
    if (loaded != CJ_OK)
        return fail_library(c, loaded);
    const cj_preprocess *p = data->preprocess;
    if (c->json) {
        show_json(data, c->argument[1]);
    } else {
        printf("%s: %s of shape ", c->argument[1], kind_text[p->kind]);
        for (int i = 0; i < p->rank; i++)
            printf("%s%lld", i ? "x" : "", (long long)p->shape[i]);
        printf(", %s\n", p->task == CJ_TASK_CLASSES ? "classes" : "regression");
        printf("%lld training, %lld validation, %lld test %s%s\n",
               (long long)data->part[CJ_TRAIN].count, (long long)data->part[CJ_VALIDATION].count,
               (long long)data->part[CJ_TEST].count,
               cj_of_count(data->part[CJ_TEST].count, "example", "examples"),
               data->own_test ? "" : " (split off)");
        for (int i = 0; i < data->notes; i++)
            printf("%s\n", data->note[i]);
        int64_t *counts =
            cj_allocate_zero(c->context, (size_t)(CJ_PARTS * p->classes) * sizeof *counts);
        if (p->columns)
            show_columns(p);
        if (p->classes && counts)
            show_classes(data, counts);
        if (counts)
            cj_release(c->context, counts, (size_t)(CJ_PARTS * p->classes) * sizeof *counts);
        status = show_example(c, data);
    }
    cj_dataset_free(c->context, data);
    return status;
}

int data_show(cli *c)
{
    if (c->arguments < 2)
        return fail(c, EXIT_USAGE, "data show wants the data: cajal data show D");
    for (int i = 0; cj_data_known(i); i++) {
        const cj_known_data *known = cj_data_known(i);
        if (strcmp(known->name, c->argument[1]))
            continue;
        if (known->kind == CJ_DATA_GRAPH)
            return data_show_graph(c);
        if (known->kind == CJ_DATA_TEXT)
            return data_show_text(c);
    }
    return show_examples(c);
}
