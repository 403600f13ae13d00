/*
 * Models: state_dicts of torch load without a map and give its outputs; files come back as they
 * went; hostile files; predictions from pixels, pictures and rows; every allocation.
 */
#include "io/io_test.h"

#include "cajal/model.h"
#include "golden/model_outputs.h"
#include "golden/state_names.h"

#include <math.h>

/* The formula of tests/golden/model_outputs.py. */
static double unit(int tensor, int64_t element)
{
    uint64_t x = (uint64_t)(element + 1) * 2654435761u + (uint64_t)(tensor + 1) * 40503u;
    return (double)(uint32_t)x / 4294967296.0;
}

static bool ends(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n >= m && !strcmp(text + n - m, end);
}

static void add_tensor(cj_context *c, cj_tensor_file *file, const golden_tensor *t, int place)
{
    cj_array array;
    bool counter = ends(t->name, "num_batches_tracked");
    assert_ok(c, cj_array_make(c, t->name, counter ? CJ_I64 : CJ_F32, t->rank, t->shape, &array));
    int64_t count = cj_array_count(&array);
    double centre = 0, width = 0.2;
    if (ends(t->name, "running_var") || (strstr(t->name, "bn") && ends(t->name, ".weight"))) {
        centre = 1;
        width = 0.5;
    } else if (t->rank > 1) {
        width = 4 / sqrt((double)(count / t->shape[0]));
    }
    for (int64_t i = 0; i < count && !counter; i++)
        ((float *)array.data)[i] = (float)(centre + width * (unit(place, i) - 0.5));
    assert_ok(c, cj_tensor_file_adopt(c, file, &array));
}

static cj_tensor_file *state_dict(cj_context *c, const golden_tensor *t, int count)
{
    cj_tensor_file *file = cj_tensor_file_new(c);
    assert_non_null(file);
    for (int i = 0; i < count; i++)
        add_tensor(c, file, &t[i], i);
    return file;
}

static void check_torch(const char *net, const golden_tensor *t, int count, int pixels,
                        const double *want)
{
    cj_context *c = test_context(NULL);
    cj_tensor_file *file = state_dict(c, t, count), *back;
    cj_model *model;
    float p[20];
    uint8_t *pixel = malloc((size_t)(2 * pixels));
    for (int i = 0; i < 2 * pixels; i++)
        pixel[i] = (uint8_t)floor(unit(1000, i) * 256);
    assert_ok(c, cj_model_from_file(c, "torch", file, &(cj_model_options){.net = net}, &model));
    assert_ok(c, cj_model_predict(model, &(cj_model_input){.count = 2, .pixel = pixel}, p));
    for (int i = 0; i < 20; i++)
        if (fabs((double)p[i] - want[i]) > 1e-5)
            fail_msg("%s, output %d: %.9g, torch has %.9g", net, i, (double)p[i], want[i]);
    /* and back: the same names, shapes and bytes */
    assert_ok(c, cj_model_to_file(model, &back));
    assert_int_equal(back->count, file->count);
    for (size_t i = 0; i < file->count; i++) {
        assert_string_equal(back->array[i].name, file->array[i].name);
        assert_int_equal(back->array[i].size, file->array[i].size);
        assert_memory_equal(back->array[i].data, file->array[i].data, file->array[i].size);
    }
    cj_tensor_file_free(c, back);
    cj_tensor_file_free(c, file);
    cj_model_free(model);
    cj_context_free(c);
    free(pixel);
}

static void torch_lenet(void **state)
{
    (void)state;
    check_torch("lenet", lenet_state, (int)(sizeof lenet_state / sizeof *lenet_state), 784,
                lenet_outputs);
}

static void torch_resnet20(void **state)
{
    (void)state;
    check_torch("resnet20", resnet20_state, (int)(sizeof resnet20_state / sizeof *resnet20_state),
                3072, resnet20_outputs);
}

/* ---- a small model of a table ---- */

static const char table[] =
    "a,b,kind\n1,red,x\n2,blue,y\n3,red,x\n4,blue,y\n5,red,x\n6,blue,y\n7,red,x\n8,blue,y\n";

static cj_status make_model(cj_context *c, cj_model **model)
{
    static const float value[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    static const int32_t label[4] = {0, 1, 0, 1};
    static const int64_t shape[1] = {2};
    cj_dataset *data;
    cj_status status = cj_data_from_values(c, value, 4, 1, shape, label, 2, NULL, 0,
                                           &(cj_data_options){.test_fraction = -1}, &data);
    if (status != CJ_OK)
        return status;
    status = cj_model_new(c, "linear 3, bn, tanh", data->preprocess, model);
    cj_dataset_free(c, data);
    return status;
}

static void file_round_trip(void **state)
{
    (void)state;
    cj_context *c = test_context(NULL);
    cj_model *model, *again;
    char folder[64], path[96], hash[65], hash_again[65];
    float value[6] = {1, 2, 3, 4, -1, 0}, p[6], q[6];
    snprintf(path, sizeof path, "%s/m.safetensors", make_folder(folder));
    assert_ok(c, make_model(c, &model));
    assert_ok(c, cj_model_save(model, path));
    assert_ok(c, cj_model_load(c, path, NULL, &again));
    assert_string_equal(cj_net_text(cj_model_net(again)), "linear 3, bn, tanh, linear 2");
    assert_ok(c, cj_model_hash(model, hash));
    assert_ok(c, cj_model_hash(again, hash_again));
    assert_string_equal(hash, hash_again);
    assert_ok(c, cj_model_predict(model, &(cj_model_input){.count = 3, .value = value}, p));
    assert_ok(c, cj_model_predict(again, &(cj_model_input){.count = 3, .value = value}, q));
    assert_memory_equal(p, q, sizeof p);
    /* an example's outputs depend on no other */
    for (int i = 0; i < 3; i++) {
        assert_ok(
            c, cj_model_predict(again, &(cj_model_input){.count = 1, .value = value + 2 * i}, q));
        assert_memory_equal(p + 2 * i, q, 2 * sizeof *q);
    }
    assert_true(fabs((double)p[0] + (double)p[1] - 1) < 1e-6);
    char answer[16];
    cj_model_answer(model, p, answer, sizeof answer);
    assert_string_equal(answer, p[1] > p[0] ? "1" : "0");
    assert_int_equal(
        cj_model_predict(model, &(cj_model_input){.count = 1, .pixel = (uint8_t[2]){0}}, p),
        CJ_INVALID);
    cj_model_free(model);
    cj_model_free(again);
    remove_folder(folder);
    cj_context_free(c);
}

static void rows(void **state)
{
    (void)state;
    cj_context *c = test_context(NULL);
    char folder[64], path[96];
    cj_dataset *data;
    cj_model *model;
    float p[4], q[4];
    snprintf(path, sizeof path, "%s/t.csv", make_folder(folder));
    write_bytes(path, table, sizeof table - 1);
    assert_ok(
        c, cj_data_load(c, path, &(cj_data_options){.target = "kind", .test_fraction = -1}, &data));
    assert_ok(c, cj_model_new(c, "mlp:4", data->preprocess, &model));
    const char *names[2] = {"b", "a"}, *row[4] = {"red", "3", "green", ""};
    int64_t unseen = 0;
    cj_model_input input = {
        .count = 2, .row = row, .columns = 2, .column_name = names, .unseen = &unseen};
    assert_ok(c, cj_model_predict(model, &input, p));
    assert_int_equal(unseen, 1);
    const char *ordered[4] = {"3", "red", "", "green"}, *straight[2] = {"a", "b"};
    input.row = ordered;
    input.column_name = straight;
    assert_ok(c, cj_model_predict(model, &input, q));
    assert_memory_equal(p, q, sizeof p);
    row[1] = "three";
    input.row = row;
    input.column_name = names;
    input.where = "my rows";
    assert_int_equal(cj_model_predict(model, &input, p), CJ_VALUE);
    assert_non_null(strstr(cj_error(c), "my rows, row 1"));
    names[0] = "c";
    assert_int_equal(cj_model_predict(model, &input, p), CJ_NOT_FOUND);
    cj_dataset_free(c, data);
    cj_model_free(model);
    remove_folder(folder);
    cj_context_free(c);
}

/* ---- files that are not to be trusted ---- */

static void refuse(cj_context *c, cj_tensor_file *file, cj_status want, const char *says)
{
    cj_model *model = (cj_model *)1;
    cj_status status = cj_model_from_file(c, "m", file, NULL, &model);
    if (status != want || model || !strstr(cj_error(c), says))
        fail_msg("status %d, \"%s\", not \"%s\"", (int)status, cj_error(c), says);
    cj_error_clear(c);
}

static void refusals(void **state)
{
    (void)state;
    cj_context *c = test_context(NULL);
    cj_model *model;
    cj_tensor_file *file;
    assert_ok(c, make_model(c, &model));
    assert_ok(c, cj_model_to_file(model, &file));
    char *net = strdup(cj_tensor_file_get(file, "cajal_net"));
    char *json = strdup(cj_tensor_file_get(file, "cajal_preprocess"));

    cj_tensor_file_set(c, file, "cajal_format", "2");
    refuse(c, file, CJ_UNSUPPORTED, "format 2");
    cj_tensor_file_set(c, file, "cajal_format", "one");
    refuse(c, file, CJ_FORMAT, "no format");
    cj_tensor_file_set(c, file, "cajal_format", "1");
    cj_tensor_file_set(c, file, "cajal_net", "linear 4, bn, tanh, linear 2");
    refuse(c, file, CJ_SHAPE, "fc1.weight");
    cj_tensor_file_set(c, file, "cajal_net", "linear 3, bn, tanh, linear 2, linear 2");
    refuse(c, file, CJ_NOT_FOUND, "fc3.");
    cj_tensor_file_set(c, file, "cajal_net", "@/etc/passwd");
    refuse(c, file, CJ_INVALID, "net text");
    cj_tensor_file_set(c, file, "cajal_net", net);
    cj_tensor_file_set(c, file, "cajal_preprocess", "{}");
    cj_model *none;
    assert_int_not_equal(cj_model_from_file(c, "m", file, NULL, &none), CJ_OK);
    cj_tensor_file_set(c, file, "cajal_preprocess", json);
    int64_t one = 1;
    assert_ok(c, cj_tensor_file_add(c, file, "extra", CJ_F32, 1, &one, NULL));
    refuse(c, file, CJ_NOT_FOUND, "\"extra\", which the net");
    cj_tensor_file_free(c, file);
    file = cj_tensor_file_new(c);
    refuse(c, file, CJ_INVALID, "does not say of which net");
    cj_tensor_file_free(c, file);
    free(net);
    free(json);
    cj_model_free(model);
    cj_context_free(c);
}

static cj_status whole(cj_context *c, void *path)
{
    cj_model *model = NULL, *again = NULL;
    float value[2] = {1, 2}, p[2];
    cj_status status = make_model(c, &model);
    if (status == CJ_OK)
        status = cj_model_save(model, path);
    if (status == CJ_OK)
        status = cj_model_load(c, path, NULL, &again);
    if (status == CJ_OK)
        status = cj_model_predict(again, &(cj_model_input){.count = 1, .value = value}, p);
    cj_model_free(model);
    cj_model_free(again);
    return status;
}

/* The context keeps what its rooms grow, so what is given back is counted when it is freed. */
static void each_allocation(void **state)
{
    (void)state;
    char folder[64], path[96];
    snprintf(path, sizeof path, "%s/m.safetensors", make_folder(folder));
    bool failed = true;
    for (long n = 1; failed; n++) {
        test_memory memory;
        cj_context *c = test_context(&memory);
        memory.calls = 0;
        memory.fail_at = n;
        cj_status status = whole(c, path);
        failed = memory.failed;
        memory.fail_at = 0;
        if ((status == CJ_OK) == failed)
            fail_msg("allocation %ld: status %d, \"%s\"", n, (int)status, cj_error(c));
        cj_context_free(c);
        if (memory.live)
            fail_msg("%ld bytes leaked when allocation %ld failed", memory.live, n);
    }
    remove_folder(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(torch_lenet),     cmocka_unit_test(torch_resnet20),
        cmocka_unit_test(file_round_trip), cmocka_unit_test(rows),
        cmocka_unit_test(refusals),        cmocka_unit_test(each_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
