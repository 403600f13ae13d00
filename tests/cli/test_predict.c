/*
 * tests/cli/test_predict.c - the program of include/cajal/model.h prints exactly what `cajal predict` prints.
 */
#include "cajal/model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- the program ---- */

static void predict_rows(cj_context *c, const char *path, const char *table, FILE *out)
{
    cj_model *model;
    cj_csv csv;
    float y[16];
    char answer[64];
    const char *name[64], *row[64];
    assert_int_equal(cj_model_load(c, path, NULL, &model), CJ_OK);
    assert_int_equal(cj_csv_read(c, table, NULL, &csv), CJ_OK);
    for (int64_t j = 0; j < csv.columns; j++)
        name[j] = cj_csv_name(&csv, j);
    for (int64_t i = 0; i < csv.rows; i++) {
        for (int64_t j = 0; j < csv.columns; j++)
            row[j] = cj_csv_field(&csv, i, j);
        cj_model_input input = {
            .count = 1, .row = row, .columns = csv.columns, .column_name = name};
        assert_int_equal(cj_model_predict(model, &input, y), CJ_OK);
        fprintf(out, "%s:%lld,%s", table, (long long)cj_csv_line(&csv, i),
                cj_model_answer(model, y, answer, sizeof answer));
        if (cj_model_preprocess(model)->task == CJ_TASK_CLASSES)
            fprintf(out, ",%.6f", (double)y[cj_model_best(model, y)]);
        fprintf(out, "\n");
    }
    cj_csv_free(c, &csv);
    cj_model_free(model);
}

/* ---- the comparison ---- */

static char *read_all(FILE *file)
{
    size_t size = 0, room = 1 << 20;
    char *text = malloc(room);
    assert_non_null(text);
    size = fread(text, 1, room - 1, file);
    text[size] = 0;
    return text;
}

static void compare(const char *name)
{
    char folder[] = "/tmp/cajal-predict-XXXXXX", command[1200], table[500], model[80], *own = NULL;
    size_t size;
    assert_non_null(mkdtemp(folder));
    snprintf(table, sizeof table, "%s/data/tabular/%s.csv", getenv("CAJAL_SOURCE"), name);
    snprintf(model, sizeof model, "%s/model.safetensors", folder);
    snprintf(command, sizeof command, "'%s' train --data '%s' --epochs 3 --out %s -q >%s/log",
             getenv("CAJAL"), table, folder, folder);
    assert_int_equal(system(command), 0);
    snprintf(command, sizeof command, "'%s' predict %s '%s' | tail -n +2", getenv("CAJAL"), model,
             table);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    char *printed = read_all(pipe);
    assert_int_equal(pclose(pipe), 0);

    cj_context *c = cj_context_new(NULL, NULL, 0);
    assert_non_null(c);
    FILE *out = open_memstream(&own, &size);
    predict_rows(c, model, table, out);
    fclose(out);
    cj_context_free(c);
    assert_true(strlen(own) > 1000);
    assert_string_equal(own, printed);
    free(own);
    free(printed);
    snprintf(command, sizeof command, "rm -r %s", folder);
    assert_int_equal(system(command), 0);
}

static void classes(void **state)
{
    (void)state;
    compare("iris");
}

static void regression(void **state)
{
    (void)state;
    compare("diabetes");
}

int main(void)
{
    if (!getenv("CAJAL") || !getenv("CAJAL_SOURCE")) {
        fputs("CAJAL and CAJAL_SOURCE name the command and the source tree\n", stderr);
        return 1;
    }
    const struct CMUnitTest tests[] = {cmocka_unit_test(classes), cmocka_unit_test(regression)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
