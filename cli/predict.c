/*
 * cli/predict.c - cajal predict: image files, rows of a CSV or arrays in, a CSV (or JSON lines) out.
 */
#include "predict.h"

#include "base/base.h"

#include <math.h>
#include <stdlib.h>

/* ---- writing ---- */

/* A field of a CSV, quoted where it must be. */
static void put_field(FILE *out, const char *text)
{
    if (!text[strcspn(text, ",\"\r\n")] && text[0] != ' ' &&
        (!text[0] || text[strlen(text) - 1] != ' ')) {
        fputs(text, out);
        return;
    }
    fputc('"', out);
    for (const char *s = text; *s; s++) {
        if (*s == '"')
            fputc('"', out);
        fputc(*s, out);
    }
    fputc('"', out);
}

static void put_header(predictor *q)
{
    const cj_preprocess *p = q->p;
    q->begun = true;
    fputs("input", q->out);
    if (p->task == CJ_TASK_CLASSES) {
        fputs(",prediction,probability", q->out);
        for (int i = 0; i < p->classes && option_on(q->c, OPT_ALL_PROBABILITIES); i++) {
            char name[300];
            snprintf(name, sizeof name, "probability of %.250s", p->class_name[i]);
            fputc(',', q->out);
            put_field(q->out, name);
        }
    } else {
        for (int i = 0; i < p->targets; i++) {
            char name[300];
            snprintf(name, sizeof name, "prediction%s%.250s", p->targets > 1 ? " of " : "",
                     p->targets > 1 ? p->target_name[i] : "");
            fputc(',', q->out);
            put_field(q->out, name);
        }
    }
    fputc('\n', q->out);
}

static void put_csv(const predictor *q, const char *input, const float *y)
{
    const cj_preprocess *p = q->p;
    char answer[256];
    put_field(q->out, input);
    if (p->task == CJ_TASK_REGRESSION) {
        for (int i = 0; i < p->targets; i++)
            fprintf(q->out, ",%.7g", (double)y[i]);
    } else {
        fputc(',', q->out);
        put_field(q->out, cj_model_answer(q->model, y, answer, sizeof answer));
        fprintf(q->out, ",%.6f", (double)y[cj_model_best(q->model, y)]);
        for (int i = 0; i < p->classes && option_on(q->c, OPT_ALL_PROBABILITIES); i++)
            fprintf(q->out, ",%.6f", (double)y[i]);
    }
    fputc('\n', q->out);
}

static void put_json(const predictor *q, const char *input, const float *y)
{
    const cj_preprocess *p = q->p;
    json_t *object = json_pack("{s:s, s:o}", "event", "prediction", "input", json_text(input));
    if (p->task == CJ_TASK_CLASSES) {
        int best = cj_model_best(q->model, y);
        json_object_set_new(object, "prediction", json_text(p->class_name[best]));
        json_object_set_new(object, "probability", json_finite((double)y[best]));
        if (option_on(q->c, OPT_ALL_PROBABILITIES)) {
            json_t *all = json_object();
            for (int i = 0; i < p->classes; i++)
                json_object_set_new(all, p->class_name[i], json_finite((double)y[i]));
            json_object_set_new(object, "probabilities", all);
        }
    } else if (p->targets == 1) {
        json_object_set_new(object, "prediction", json_finite((double)y[0]));
    } else {
        json_t *all = json_object();
        for (int i = 0; i < p->targets; i++)
            json_object_set_new(all, p->target_name[i], json_finite((double)y[i]));
        json_object_set_new(object, "prediction", all);
    }
    write_json(q->out, object);
}

void put_prediction(predictor *q, const char *input, const float *y)
{
    bool finite = true;
    for (int64_t i = 0; i < cj_preprocess_outputs(q->p); i++)
        finite = finite && isfinite(y[i]);
    q->not_finite += !finite;
    if (!q->c->json && !q->begun)
        put_header(q);
    if (q->c->json)
        put_json(q, input, y);
    else
        put_csv(q, input, y);
}

/* ---- reading ---- */

static int predict_image(predictor *q, const char *name, const void *data, size_t size)
{
    cj_image image;
    cj_status status = cj_image_decode(q->c->context, name, data, size, &image);
    if (status != CJ_OK)
        return fail_library(q->c, status);
    status = cj_model_predict(q->model, &(cj_model_input){.count = 1, .image = &image}, q->result);
    cj_image_free(q->c->context, &image);
    if (status != CJ_OK)
        return fail_library(q->c, status);
    put_prediction(q, name, q->result);
    return EXIT_DONE;
}

static cj_status predict_chunk(predictor *q, const cj_csv *csv, const char *name,
                               const char *const *names, int64_t from, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < csv->columns; j++)
            q->row[i * csv->columns + j] = cj_csv_field(csv, from + i, j);
    return cj_model_predict(q->model,
                            &(cj_model_input){.count = n,
                                              .row = q->row,
                                              .columns = csv->columns,
                                              .column_name = names,
                                              .where = name,
                                              .unseen = &q->unseen,
                                              .line = csv->line + from + csv->header},
                            q->result);
}

static int predict_csv(predictor *q, const char *name, const cj_csv *csv)
{
    cj_context *context = q->c->context;
    size_t row_bytes = (size_t)(ROWS_AT_ONCE * csv->columns) * sizeof *q->row;
    size_t name_bytes = (size_t)csv->columns * sizeof(char *);
    const char **names = csv->header ? cj_allocate(context, name_bytes) : NULL;
    q->row = cj_allocate(context, row_bytes);
    cj_status status = q->row && (names || !csv->header) ? CJ_OK : CJ_NO_MEMORY;
    for (int64_t i = 0; i < csv->columns && names; i++)
        names[i] = cj_csv_name(csv, i);
    for (int64_t done = 0; done < csv->rows && status == CJ_OK; done += ROWS_AT_ONCE) {
        int64_t n = CJ_MIN(csv->rows - done, ROWS_AT_ONCE);
        status = predict_chunk(q, csv, name, names, done, n);
        for (int64_t i = 0; i < n && status == CJ_OK; i++) {
            char input[400];
            snprintf(input, sizeof input, "%.340s:%lld", name,
                     (long long)cj_csv_line(csv, done + i));
            put_prediction(q, input, q->result + i * cj_preprocess_outputs(q->p));
        }
    }
    if (names)
        cj_release(context, names, name_bytes);
    if (q->row)
        cj_release(context, q->row, row_bytes);
    if (status == CJ_OK)
        return EXIT_DONE;
    fail_library(q->c, status);
    return EXIT_ERROR; /* a column that is not there, too: the file is */
}

/* Whether the first row, taken for data, names a column of the model: a header with nothing below it. */
static bool begins_with_names(const cj_preprocess *p, const cj_csv *csv)
{
    for (int64_t j = 0; j < csv->columns && csv->rows > 0; j++)
        for (int i = 0; i < p->columns; i++)
            if (!strcmp(cj_csv_field(csv, 0, j), p->column[i].name))
                return true;
    return false;
}

static int predict_data(predictor *q, const char *name, const void *data, size_t size)
{
    cj_csv csv;
    cj_data_options options;
    if (cj_is_arrays(data, size))
        return predict_arrays(q, name, data, size);
    if (q->p->kind == CJ_INPUT_IMAGES)
        return predict_image(q, name, data, size);
    if (q->p->sound.rate)
        return predict_sound(q, name, data, size);
    int code = data_options(q->c, &options);
    if (code != EXIT_DONE)
        return code;
    cj_status status = cj_csv_parse(q->c->context, name, data, size, &options.csv, &csv);
    if (status == CJ_OK && !options.csv.header && !csv.header && q->p->named &&
        begins_with_names(q->p, &csv)) {
        options.csv.header = 1;
        cj_csv_free(q->c->context, &csv);
        status = cj_csv_parse(q->c->context, name, data, size, &options.csv, &csv);
    }
    if (status != CJ_OK)
        return fail_library(q->c, status);
    code =
        q->p->kind == CJ_INPUT_ARRAYS ? predict_numbers(q, name, &csv) : predict_csv(q, name, &csv);
    cj_csv_free(q->c->context, &csv);
    return code;
}

static int predict_file(predictor *q, const char *path)
{
    void *data;
    size_t size;
    if (!strcmp(path, "-")) {
        size_t capacity;
        cj_status status = read_standard_input(q->c, &data, &size, &capacity);
        int code = status == CJ_OK ? predict_data(q, "-", data, size) : fail_library(q->c, status);
        if (data)
            cj_release(q->c->context, data, capacity);
        return code;
    }
    cj_status status = cj_file_read(q->c->context, path, 0, &data, &size);
    if (status != CJ_OK)
        return fail_library(q->c, status);
    int code = predict_data(q, path, data, size);
    cj_release(q->c->context, data, size);
    return code;
}

static int predict_files(predictor *q)
{
    cli *c = q->c;
    size_t bytes = (size_t)(ROWS_AT_ONCE * cj_preprocess_outputs(q->p)) * sizeof(float);
    q->result = cj_allocate(c->context, bytes);
    if (!q->result)
        return fail_library(c, CJ_NO_MEMORY);
    int code = EXIT_DONE;
    if (c->arguments < 2)
        code = predict_file(q, "-");
    for (int i = 1; i < c->arguments && !ferror(q->out); i++) {
        int one = predict_file(q, c->argument[i]);
        code = code == EXIT_DONE ? one : code; /* the other files are still answered */
    }
    if (code == EXIT_DONE && !c->json && !q->begun)
        put_header(q); /* a table without rows */
    if (q->unseen)
        tell(c, "%lld %s as none", (long long)q->unseen,
             cj_of_count(q->unseen, "value of a category never seen in training counts",
                         "values of a category never seen in training count"));
    if (q->not_finite)
        code = fail(c, EXIT_ERROR,
                    "for %lld input%s the net gives NaN or infinity: its weights are damaged, or a "
                    "number is far from those it was trained on",
                    (long long)q->not_finite, q->not_finite > 1 ? "s" : "");
    cj_release(c->context, q->result, bytes);
    return code;
}

/* --output FILE: gathered in memory and put in place whole. */
static int predict_to_file(predictor *q, const char *path)
{
    char *text = NULL;
    size_t size = 0;
    q->out = open_memstream(&text, &size);
    if (!q->out)
        return fail_library(q->c, CJ_NO_MEMORY);
    int code = predict_files(q);
    bool lost = ferror(q->out) != 0;
    if (fclose(q->out) != 0 || lost)
        code = fail_library(q->c, CJ_NO_MEMORY);
    if (code == EXIT_DONE) {
        cj_status status = cj_file_write(q->c->context, path, text, size);
        code = status == CJ_OK ? EXIT_DONE : fail_write(q->c, status);
    }
    free(text);
    return code;
}

int run_predict(cli *c)
{
    predictor q = {.c = c, .out = stdout};
    const char *output = c->value[OPT_OUTPUT];
    int code = make_context(c);
    if (code == EXIT_DONE)
        code = load_model(c, c->argument[0], NULL, &q.model);
    if (code == EXIT_DONE) {
        q.p = cj_model_preprocess(q.model);
        code = output && strcmp(output, "-") ? predict_to_file(&q, output) : predict_files(&q);
    }
    cj_model_free(q.model);
    return code;
}
