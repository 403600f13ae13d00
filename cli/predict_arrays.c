/*
 * cli/predict_arrays.c - predictions for files of arrays (npy, npz, IDX), and for models that take arrays.
 */
#include "net.h"
#include "predict.h"

#include "base/base.h"

#include <math.h>

int predict_arrays(predictor *q, const char *name, const void *data, size_t size)
{
    cj_context *context = q->c->context;
    cj_dataset *inputs;
    float *raw = NULL, *y = NULL;
    cj_status status = cj_data_inputs(context, name, data, size, q->p, &inputs);
    if (status != CJ_OK) {
        fail_library(q->c, status);
        return EXIT_ERROR;
    }
    const cj_examples *part = &inputs->part[CJ_TRAIN];
    status = forward_part(context, q->model, part, &raw, &y);
    for (int64_t i = 0; i < part->count && status == CJ_OK; i++) {
        char input[400];
        snprintf(input, sizeof input, "%.340s[%lld]", name, (long long)i);
        put_prediction(q, input, y + i * cj_preprocess_outputs(q->p));
    }
    release_outputs(context, q->model, part, raw);
    release_outputs(context, q->model, part, y);
    cj_dataset_free(context, inputs);
    return status == CJ_OK ? EXIT_DONE : fail_library(q->c, status);
}

static int read_numbers(predictor *q, const char *name, const cj_csv *csv, int64_t row, float *x)
{
    for (int64_t j = 0; j < csv->columns; j++) {
        double value;
        const char *text = cj_csv_field(csv, row, j);
        x[j] = cj_parse_number(text, &value) ? (float)value : (float)NAN;
        if (!isfinite(x[j]))
            return fail(q->c, EXIT_ERROR,
                        "%s, line %lld, column %lld: \"%.40s\" is no finite number", name,
                        (long long)cj_csv_line(csv, row), (long long)j + 1, text);
    }
    return EXIT_DONE;
}

static int predict_row(predictor *q, const char *name, const cj_csv *csv, int64_t row, float *x)
{
    char input[400];
    int code = read_numbers(q, name, csv, row, x);
    if (code != EXIT_DONE)
        return code;
    cj_status status =
        cj_model_predict(q->model, &(cj_model_input){.count = 1, .value = x}, q->result);
    if (status != CJ_OK)
        return fail_library(q->c, status);
    snprintf(input, sizeof input, "%.340s:%lld", name, (long long)cj_csv_line(csv, row));
    put_prediction(q, input, q->result);
    return EXIT_DONE;
}

int predict_numbers(predictor *q, const char *name, const cj_csv *csv)
{
    int64_t inputs = cj_preprocess_inputs(q->p);
    if (csv->columns != inputs)
        return fail(q->c, EXIT_ERROR, "%s: a row has %lld %s, the model takes %lld", name,
                    (long long)csv->columns, cj_of_count(csv->columns, "number", "numbers"),
                    (long long)inputs);
    size_t bytes = (size_t)inputs * sizeof(float);
    float *x = cj_allocate(q->c->context, bytes);
    int code = x ? EXIT_DONE : fail_library(q->c, CJ_NO_MEMORY);
    for (int64_t i = 0; i < csv->rows && code == EXIT_DONE; i++)
        code = predict_row(q, name, csv, i, x);
    if (x)
        cj_release(q->c->context, x, bytes);
    return code;
}
