/* Tables: types, targets, tasks, standardisation, categories, missing values, prediction by name,
 * what is refused. */
#include "data/data_test.h"

#include <math.h>

/* Loads a CSV given as text. */
static cj_status load(cj_context *c, const char *text, const cj_data_options *options,
                      cj_dataset **d)
{
    char path[128];
    snprintf(path, sizeof path, "%s/t.csv", folder);
    write_bytes(path, text, strlen(text));
    return cj_data_load(c, path, options, d);
}

/* 20 rows: a number, a category, one with gaps, a constant, an id, an empty one, a row number, the
 * target. */
static char *mixed_table(void)
{
    static char text[4096];
    static const char *const color[] = {"red", "green", "blue"};
    size_t n = (size_t)sprintf(text, "n,color,gaps,const,id,empty,row,kind\n");
    for (int i = 0; i < 20; i++) {
        char gap[16];
        snprintf(gap, sizeof gap, "%d", i * i);
        n += (size_t)sprintf(text + n, "%d,%s,%s,7,id-%d,,%d,%s\n", i % 7, color[i % 3],
                             i % 5 == 2 ? "NA" : gap, i, i, i % 2 ? "yes" : "no");
    }
    return text;
}

static void columns_are_decided(void **state)
{
    (void)state;
    cj_context *c = test_context(NULL);
    cj_dataset *d;
    assert_ok(
        c, load(c, mixed_table(), &(cj_data_options){.target = "kind", .test_fraction = -1}, &d));
    const cj_preprocess *p = d->preprocess;
    static const cj_column_kind kinds[] = {
        CJ_COLUMN_NUMERIC, CJ_COLUMN_CATEGORICAL, CJ_COLUMN_NUMERIC, CJ_COLUMN_CONSTANT,
        CJ_COLUMN_IDS,     CJ_COLUMN_EMPTY,       CJ_COLUMN_IDS,     CJ_COLUMN_TARGET};
    assert_int_equal(p->columns, 8);
    for (int i = 0; i < 8; i++)
        assert_int_equal(p->column[i].kind, kinds[i]);
    assert_int_equal(p->kind, CJ_INPUT_TABLE);
    assert_int_equal(p->task, CJ_TASK_CLASSES);
    assert_int_equal(p->classes, 2);
    assert_string_equal(p->class_name[0], "no");
    assert_int_equal(cj_preprocess_inputs(p), 1 + 3 + 2);
    assert_int_equal(cj_preprocess_outputs(p), 2);
    assert_true(noted(d, "\"const\" is dropped"));
    assert_true(noted(d, "\"id\" is dropped"));
    assert_true(noted(d, "\"empty\" is dropped"));
    assert_true(noted(d, "\"row\" is dropped: it numbers the rows"));

    const cj_examples *e = &d->part[CJ_TRAIN];
    assert_int_equal(e->count, 20);
    for (int64_t i = 0; i < 20; i++) {
        const float *x = e->value + i * 6;
        assert_int_equal(e->label[i], i % 2);
        assert_true(x[1 + (i % 3 == 0 ? 2 : i % 3 == 1 ? 1 : 0)] == 1); /* blue, green, red */
        assert_true(x[1] + x[2] + x[3] == 1);
        assert_true(x[5] == (i % 5 == 2 ? 1.0f : 0.0f));
        if (i % 5 == 2)
            assert_true(x[4] == 0);
    }
    for (int64_t f = 0; f < 5; f += 4) { /* mean 0; the mean-filled column too */
        double sum = 0;
        for (int64_t i = 0; i < 20; i++)
            sum += (double)e->value[i * 6 + f];
        assert_true(fabs(sum) < 1e-5);
    }
    cj_dataset_free(c, d);
    cj_context_free(c);
}

static void ids_are_dropped_and_times_kept(void **state)
{
    (void)state;
    char text[8192] = "UserId,time,kind,remark,y\n";
    for (int i = 0; i < 100; i++)
        sprintf(text + strlen(text), "%d,%d,k%d,remark %d,%d\n", i + 1, i, i % 20, i % 40, i % 2);
    cj_context *c = test_context(NULL);
    cj_dataset *d;
    cj_data_options o = {.max_categories = 30, .test_fraction = -1};
    assert_ok(c, load(c, text, &o, &d));
    const cj_column *column = d->preprocess->column;
    assert_int_equal(column[0].kind, CJ_COLUMN_IDS);
    assert_int_equal(column[1].kind, CJ_COLUMN_NUMERIC);
    assert_int_equal(column[2].kind, CJ_COLUMN_CATEGORICAL);
    assert_int_equal(column[3].kind, CJ_COLUMN_IDS); /* 40 kinds in 100 rows, over the limit */
    cj_dataset_free(c, d);
    cj_context_free(c);
}

static void targets_and_tasks(void **state)
{
    (void)state;
    static const struct {
        const char *text, *target, *task;
        cj_task expected;
        int outputs;
    } cases[] = {
        {"a,y\n1,0\n2,1\n3,2\n4,0\n", "y", NULL, CJ_TASK_CLASSES, 3},
        {"a,y\n1,1\n2,2\n3,1\n4,2\n", "y", NULL, CJ_TASK_CLASSES, 2},
        {"a,y\n1,1.0\n2,2.0\n3,1.0\n4,2.0\n", "y", NULL, CJ_TASK_CLASSES, 2},
        {"a,y\n1,2\n2,3\n3,2\n4,3\n", "y", NULL, CJ_TASK_REGRESSION, 1},
        {"a,y\n1,0\n2,2\n3,0\n4,2\n", "y", NULL, CJ_TASK_REGRESSION, 1},
        {"a,y\n1,0.5\n2,1\n3,2\n4,0\n", "y", NULL, CJ_TASK_REGRESSION, 1},
        {"a,y\n1,0\n2,1\n3,2\n4,0\n", "y", "regression", CJ_TASK_REGRESSION, 1},
        {"a,y\n1,5\n2,7\n3,5\n4,7\n", "y", "classes", CJ_TASK_CLASSES, 2},
        {"a,y\n1,x\n2,1\n3,x\n4,1\n", "y", NULL, CJ_TASK_CLASSES, 2},
        {"a,y,z\n1,0,1\n2,1,0\n3,2,5\n4,0,1\n", "y,z", NULL, CJ_TASK_REGRESSION, 2},
        {"a,\"y,z\"\n1,0\n2,1\n3,2\n4,0\n", "y,z", NULL, CJ_TASK_CLASSES, 3},
        {"a,Class\n1,0\n2,1\n3,2\n4,0\n", NULL, NULL, CJ_TASK_CLASSES, 3},
        {"1,0\n2,1\n3,2\n4,0\n", "2", NULL, CJ_TASK_CLASSES, 3},
    };
    cj_context *c = test_context(NULL);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cj_dataset *d;
        cj_data_options o = {.target = cases[i].target, .task = cases[i].task, .test_fraction = -1};
        assert_ok(c, load(c, cases[i].text, &o, &d));
        if (d->preprocess->task != cases[i].expected ||
            cj_preprocess_outputs(d->preprocess) != cases[i].outputs)
            fail_msg("case %zu: task %d, %d outputs", i, (int)d->preprocess->task,
                     (int)cj_preprocess_outputs(d->preprocess));
        cj_dataset_free(c, d);
    }
    cj_context_free(c);
}

static void regression_targets_come_back(void **state)
{
    (void)state;
    cj_context *c = test_context(NULL);
    cj_dataset *d;
    assert_ok(c, load(c, "a,u,v\n1,10,0.5\n2,20,-3\n4,,1\n3,60,7\n",
                      &(cj_data_options){.target = "u,v", .test_fraction = -1}, &d));
    assert_true(noted(d, "1 row has no target and was left out (the first: line 4)"));
    cj_examples *e = &d->part[CJ_TRAIN];
    assert_int_equal(e->count, 3);
    assert_int_equal(e->targets, 2);
    assert_true(fabs((double)(e->target[0] + e->target[2] + e->target[4])) < 1e-6);
    float y[6];
    memcpy(y, e->target, sizeof y);
    cj_preprocess_undo_targets(d->preprocess, 3, y);
    static const float expected[] = {10, 0.5f, 20, -3, 60, 7};
    for (int i = 0; i < 6; i++)
        assert_true(fabsf(y[i] - expected[i]) < 1e-5f);
    cj_dataset_free(c, d);
    cj_context_free(c);
}

static void rare_categories_are_cut(void **state)
{
    (void)state;
    char text[2048] = "c,y\n";
    for (int i = 0; i < 40; i++)
        sprintf(text + strlen(text), "%c,%d\n", i < 20 ? 'z' : i < 30 ? 'm' : 'a' + i % 5, i % 2);
    cj_context *c = test_context(NULL);
    cj_dataset *d;
    assert_ok(c, load(c, text, &(cj_data_options){.max_categories = 2, .test_fraction = -1}, &d));
    assert_int_equal(d->preprocess->column[0].categories, 2);
    assert_string_equal(d->preprocess->column[0].category[0], "m");
    assert_string_equal(d->preprocess->column[0].category[1], "z");
    assert_true(noted(d, "7 categories; the 2 most") || noted(d, "the 2 most frequent are kept"));
    cj_dataset_free(c, d);
    cj_context_free(c);
}

static void rows_are_predicted_by_name(void **state)
{
    (void)state;
    cj_context *c = test_context(NULL);
    cj_dataset *d;
    cj_preprocess *p;
    char *json;
    size_t size;
    assert_ok(
        c, load(c, mixed_table(), &(cj_data_options){.target = "kind", .test_fraction = -1}, &d));
    assert_ok(c, cj_preprocess_to_json(c, d->preprocess, &json, &size));
    assert_ok(c, cj_preprocess_from_json(c, "model", json, &p)); /* all that a prediction has */

    static const char *const names[] = {"extra", "gaps", "color", "n"};
    static const char *const row[] = {"?", "", "violet", "3"};
    static const char *const known[] = {"x", "4", "red", " 3 "};
    int map[8];
    float x[6];
    int64_t unseen = 0;
    assert_ok(c, cj_preprocess_match(c, p, names, 4, map));
    assert_ok(c, cj_preprocess_row(c, p, "row 1", row, map, x, &unseen));
    assert_int_equal(unseen, 1);
    assert_true(x[1] == 0 && x[2] == 0 && x[3] == 0 && x[4] == 0 && x[5] == 1);
    assert_ok(c, cj_preprocess_row(c, p, "row 2", known, map, x, &unseen));
    assert_int_equal(unseen, 1);
    assert_true(x[3] == 1 && x[5] == 0);
    assert_true(x[0] == d->part[CJ_TRAIN].value[3 * 6]); /* row 3 of the table has n = 3 */
    assert_int_equal(map[7], -1);

    static const char *const bad[] = {"x", "4", "red", "many"};
    static const char *const infinite[] = {"x", "-inf", "red", "1"};
    assert_refused(c, cj_preprocess_row(c, p, "row 3", bad, map, x, NULL), CJ_VALUE,
                   "row 3, column \"n\": \"many\" is no number");
    assert_refused(c, cj_preprocess_row(c, p, "row 4", infinite, map, x, NULL), CJ_VALUE,
                   "not finite");
    assert_refused(c, cj_preprocess_match(c, p, names, 3, map), CJ_NOT_FOUND, "\"n\"");
    assert_refused(c, cj_preprocess_match(c, p, NULL, 5, map), CJ_SHAPE, "5 fields");
    assert_ok(c, cj_preprocess_match(c, p, NULL, 7, map)); /* by place, without the target */
    assert_int_equal(map[6], 6);
    assert_int_equal(map[7], -1);

    int32_t label;
    static const char *const whole[] = {"1", "red", "2", "7", "id", "", "1", "maybe"};
    assert_ok(c, cj_preprocess_match(c, p, NULL, 8, map));
    assert_refused(c, cj_preprocess_target(c, p, "row 5", whole, map, &label, NULL), CJ_VALUE,
                   "\"maybe\" is none of");
    cj_release(c, json, size);
    cj_preprocess_free(c, p);
    cj_dataset_free(c, d);
    cj_context_free(c);
}

static void the_test_part_takes_no_part_in_fitting(void **state)
{
    (void)state;
    char text[4096] = "a,y\n";
    for (int i = 0; i < 100; i++)
        sprintf(text + strlen(text), "%d,%d\n", i, i % 4 == 0);
    cj_context *c = test_context(NULL);
    cj_dataset *d, *other, *evaluated;
    cj_data_options o = {.seed = 3, .validation_fraction = 0.1};
    text[0] = 'b';
    assert_ok(c, load(c, text, &o, &d));
    assert_int_equal(d->part[CJ_TEST].count, 20);
    assert_int_equal(d->part[CJ_VALIDATION].count, 8);
    int ones = 0;
    for (int64_t i = 0; i < 20; i++)
        ones += d->part[CJ_TEST].label[i];
    assert_int_equal(ones, 5); /* stratified */
    double sum = 0;
    for (int64_t i = 0; i < d->part[CJ_TRAIN].count; i++)
        sum += (double)d->part[CJ_TRAIN].value[i];
    assert_true(fabs(sum) < 1e-4);

    o.preprocess = d->preprocess; /* evaluation splits the same way and fits nothing */
    assert_ok(c, load(c, text, &o, &evaluated));
    assert_memory_equal(evaluated->part[CJ_TEST].value, d->part[CJ_TEST].value, 20 * sizeof(float));
    assert_string_equal(evaluated->hash, d->hash);
    o.preprocess = NULL;
    o.seed = 4;
    assert_ok(c, load(c, text, &o, &other));
    assert_string_equal(other->hash, d->hash);
    assert_memory_not_equal(other->part[CJ_TEST].value, d->part[CJ_TEST].value, 20 * sizeof(float));
    cj_dataset_free(c, d);
    cj_dataset_free(c, other);
    cj_dataset_free(c, evaluated);
    cj_context_free(c);
}

static void what_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *target, *task;
        cj_status status;
        const char *said;
    } cases[] = {
        {"a,b\n1,2\n", NULL, NULL, CJ_INVALID, "its columns are a, b"},
        {"a,b\n1,2\n", "c", NULL, CJ_NOT_FOUND, "has no column \"c\""},
        {"a,a,y\n1,2,0\n3,4,1\n", NULL, NULL, CJ_FORMAT, "two columns are named \"a\""},
        {"a,y\n1,0\n2,1\n", NULL, "classify", CJ_INVALID, "unknown task"},
        {"a,y,z\n1,0,1\n2,1,0\n", "y,z", "classes", CJ_UNSUPPORTED, "several targets"},
        {"a,y\n1,0\n2,1\n", "y,y", NULL, CJ_INVALID, "named twice"},
        {"a,y\ninf,0\n1,1\n2,0\n", NULL, NULL, CJ_VALUE, "line 2, column \"a\""},
        {"a,y\n5,0\n5,1\n5,0\n5,1\n", NULL, NULL, CJ_VALUE, "no column is left"},
        {"a,y\n1,0.5\n2,1e999\n3,7\n", NULL, NULL, CJ_VALUE, "line 3, column \"y\""},
        {"a,y\n1,\n2,NA\n", NULL, NULL, CJ_VALUE, "no row with a target"},
        {"a,y\n", NULL, NULL, CJ_VALUE, "no row with a target"},
        {"y\n1\n2\n", NULL, NULL, CJ_FORMAT, "has 1 column;"},
        {"a,y\n1,same\n2,same\n", NULL, NULL, CJ_VALUE, "these are no classes"},
    };
    cj_context *c = test_context(NULL);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cj_dataset *d;
        cj_data_options o = {.target = cases[i].target, .task = cases[i].task, .test_fraction = -1};
        assert_refused(c, load(c, cases[i].text, &o, &d), cases[i].status, cases[i].said);
        assert_null(d);
    }
    char text[1024] = "a,y\n"; /* one misprint among numbers is an error, not a category */
    for (int i = 0; i < 40; i++)
        sprintf(text + strlen(text), i == 20 ? "1O,1\n" : "%d,%d\n", i, i % 2);
    cj_dataset *d;
    assert_refused(c, load(c, text, NULL, &d), CJ_VALUE,
                   "line 22, column \"a\": \"1O\" is no number");
    cj_context_free(c);
}

static void broken_preprocessing_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "[]",
                                      "{}",
                                      "{\"version\":1}",
                                      "{\"version\":1,\"kind\":\"images\",\"task\":\"classes\","
                                      "\"shape\":[2,8,8],\"targets\":[{\"name\":\"c\"}],"
                                      "\"classes\":[\"a\"],\"mean\":[0,0],\"scale\":[1,1]}",
                                      "{\"version\":1,\"kind\":\"images\",\"task\":\"classes\","
                                      "\"shape\":[1,8,8],\"targets\":[{\"name\":\"c\"}],"
                                      "\"classes\":[\"a\"],\"mean\":[0],\"scale\":[0]}",
                                      "{\"version\":1,\"kind\":\"arrays\",\"task\":\"regression\","
                                      "\"shape\":[3],\"targets\":[],\"mean\":[0],\"scale\":[1]}",
                                      "{\"version\":1,\"kind\":\"table\",\"task\":\"regression\","
                                      "\"shape\":[2],\"targets\":[{\"name\":\"y\",\"mean\":0,"
                                      "\"scale\":1}],\"named\":true,\"columns\":[{\"name\":\"a\","
                                      "\"kind\":\"numeric\",\"mean\":0,\"scale\":1},"
                                      "{\"name\":\"y\",\"kind\":\"target\"}]}",
                                      "{\"version\":1,\"kind\":\"arrays\",\"task\":\"regression\","
                                      "\"shape\":[9999999999999],\"targets\":[{\"name\":\"y\","
                                      "\"mean\":0,\"scale\":1}],\"mean\":[0],\"scale\":[1]}"};
    cj_context *c = test_context(NULL);
    cj_preprocess *p;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_refused(c, cj_preprocess_from_json(c, "model", bad[i], &p), CJ_FORMAT,
                       "model: its preprocessing");
        assert_null(p);
    }
    assert_refused(c, cj_preprocess_from_json(c, "model", "{\"version\":2}", &p), CJ_UNSUPPORTED,
                   "newer cajal");
    cj_context_free(c);
}

static cj_status load_mixed(cj_context *c, void *state)
{
    cj_dataset *d;
    cj_status status =
        load(c, state, &(cj_data_options){.target = "kind", .validation_fraction = 0.2}, &d);
    cj_dataset_free(c, d);
    return status;
}

static void every_allocation(void **state)
{
    (void)state;
    assert_true(test_each_allocation(load_mixed, mixed_table()) > 50);
    char regression[] = "a,kind\n1,0.5\n2,1.5\n3,2.5\nNA,3.5\n5,4.5\n6,5.5\n7,6.5\n";
    assert_true(test_each_allocation(load_mixed, regression) > 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_decided),
        cmocka_unit_test(ids_are_dropped_and_times_kept),
        cmocka_unit_test(targets_and_tasks),
        cmocka_unit_test(regression_targets_come_back),
        cmocka_unit_test(rare_categories_are_cut),
        cmocka_unit_test(rows_are_predicted_by_name),
        cmocka_unit_test(the_test_part_takes_no_part_in_fitting),
        cmocka_unit_test(what_is_refused),
        cmocka_unit_test(broken_preprocessing_is_refused),
        cmocka_unit_test(every_allocation),
    };
    return cmocka_run_group_tests(tests, make, clean);
}
