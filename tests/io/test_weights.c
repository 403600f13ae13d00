/*
 * The weights of a net that is a C function, to a file and back; what does not fit is named, and nothing is half loaded.
 */
#include "cajal/cajal.h"
#include "cajal/weights.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char path[64];
static cj_context *context;

static cj_scope *net(int64_t features, const char *last)
{
    cj_scope *s = cj_scope_new(context);
    cj_tensor *x = cj_input(context, "x", CJ_F32, 2, (int64_t[]){3, 4});
    cj_scope_build(s, true);
    x = cj_batch_norm(s, "bn", cj_linear(s, "fc1", x, .out_features = features));
    x = cj_linear(s, last, x, .out_features = 2);
    cj_optimize(s, cj_sum(x, CJ_ALL, false), cj_adam());
    assert_int_equal(cj_context_status(context), CJ_OK);
    return s;
}

static void fill(cj_scope *s, float value)
{
    for (int i = 0; i < cj_scope_count(s); i++) {
        cj_variable *v = cj_scope_entry(s, i)->variable;
        float *data = cj_variable_data(v);
        for (size_t j = 0; cj_variable_dtype(v) == CJ_F32 && j < cj_variable_bytes(v) / 4; j++)
            data[j] = value + (float)(i * 100) + (float)j;
    }
}

static void says(cj_status status, cj_status want, const char *part)
{
    assert_int_equal(status, want);
    if (!strstr(cj_error(context), part) || !strstr(cj_error(context), path))
        fail_msg("\"%s\" does not say \"%s\"", cj_error(context), part);
}

static void test_there_and_back(void **state)
{
    (void)state;
    cj_scope *a = net(5, "fc2"), *b = net(5, "fc2");
    fill(a, 1);
    assert_int_equal(cj_weights_save(a, path), CJ_OK);
    assert_int_equal(cj_weights_load(b, path), CJ_OK);
    int weights = 0;
    for (int i = 0; i < cj_scope_count(a); i++) {
        const cj_entry *entry = cj_scope_entry(a, i);
        cj_variable *v = entry->variable, *w = cj_scope_find(b, entry->path);
        bool equal = memcmp(cj_variable_data(v), cj_variable_data(w), cj_variable_bytes(v)) == 0;
        assert_true(equal == (entry->kind != CJ_STATE) || cj_variable_dtype(v) == CJ_I64);
        weights += entry->kind != CJ_STATE;
    }
    assert_int_equal(weights, 9);
    cj_tensor_file *file;
    assert_int_equal(cj_safetensors_read(context, path, &file), CJ_OK);
    assert_int_equal(file->count, 9);
    cj_tensor_file_free(context, file);
}

static void test_what_does_not_fit(void **state)
{
    (void)state;
    cj_scope *a = net(5, "fc2"), *other = net(6, "fc2"), *named = net(5, "head");
    fill(a, 1);
    assert_int_equal(cj_weights_save(a, path), CJ_OK);
    fill(other, 7);
    says(cj_weights_load(other, path), CJ_SHAPE, "'fc1.weight' has another dtype or shape");
    assert_true(((float *)cj_variable_data(cj_scope_find(other, "fc2.bias")))[0] >= 7);
    says(cj_weights_load(named, path), CJ_NOT_FOUND, "lacks the tensor 'head.weight'");
    cj_scope *small = cj_scope_new(context);
    cj_linear(small, "fc2", cj_input(context, "x", CJ_F32, 2, (int64_t[]){3, 5}),
              .out_features = 2);
    says(cj_weights_load(small, path), CJ_NOT_FOUND, "which the net does not have");
    assert_int_equal(unlink(path), 0);
    says(cj_weights_load(a, path), CJ_NOT_FOUND, "");
}

/* Another head: what fits is taken, the rest is named and stays. */
static void test_begin_with(void **state)
{
    (void)state;
    cj_scope *a = net(5, "fc2"), *b = net(5, "head"), *c = net(6, "fc2");
    int taken, all;
    char told[400];
    fill(a, 1);
    fill(b, 2);
    assert_int_equal(cj_weights_save(a, path), CJ_OK);
    assert_int_equal(cj_weights_begin_with(b, path, &taken, &all, told, sizeof told), CJ_OK);
    assert_int_equal(all, 9);
    assert_int_equal(taken, 7);
    assert_string_equal(told, "these begin anew: head.weight (not there), head.bias (not there)");
    assert_memory_equal(cj_variable_data(cj_scope_find(b, "fc1.weight")),
                        cj_variable_data(cj_scope_find(a, "fc1.weight")), 80);
    assert_true(((float *)cj_variable_data(cj_scope_find(b, "head.bias")))[1] !=
                ((float *)cj_variable_data(cj_scope_find(a, "fc2.bias")))[1]);
    assert_int_equal(cj_weights_begin_with(c, path, &taken, &all, told, sizeof told), CJ_OK);
    assert_non_null(strstr(told, "fc1.weight (5x4 there, 6x4 here)"));
    assert_int_equal(cj_weights_begin_with(c, path, &taken, &all, told, 20), CJ_OK);
    assert_int_equal(strlen(told), 19);
    cj_scope *d = cj_scope_new(context);
    cj_linear(d, "other", cj_input(context, "x", CJ_F32, 2, (int64_t[]){3, 4}), .out_features = 2);
    says(cj_weights_begin_with(d, path, &taken, &all, told, sizeof told), CJ_NOT_FOUND,
         "holds no tensor of the net");
}

/* Frozen by pattern: counted, and no update of theirs. */
static void test_freeze(void **state)
{
    (void)state;
    cj_scope *s = net(5, "fc2");
    assert_int_equal(cj_scope_freeze_matching(s, "nothing,*.gain", true), 0);
    assert_int_equal(cj_scope_freeze_matching(s, " bn.* , fc?.bias", true), 7);
    assert_int_equal(cj_scope_freeze_matching(cj_scope_enter(s, "fc1"), "w*", true), 1);
    cj_tensor *x = cj_input(context, "x", CJ_F32, 2, (int64_t[]){3, 4});
    cj_scope_build(s, true);
    x = cj_batch_norm(s, "bn", cj_linear(s, "fc1", x, .out_features = 5));
    x = cj_linear(s, "fc2", x, .out_features = 2);
    assert_int_equal(cj_optimize(s, cj_sum(x, CJ_ALL, false), cj_sgd(.lr = 1)), CJ_OK);
    cj_updates updates = cj_scope_updates(s);
    assert_int_equal(updates.count, 2); /* fc2.weight and the step */
    for (int i = 0; i < updates.count; i++)
        assert_true(updates.variable[i] == cj_scope_find(s, "fc2.weight") ||
                    updates.variable[i] == cj_scope_step(s));
    assert_int_equal(cj_scope_freeze_matching(s, "*", false), 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_there_and_back),
        cmocka_unit_test(test_what_does_not_fit),
        cmocka_unit_test(test_begin_with),
        cmocka_unit_test(test_freeze),
    };
    snprintf(path, sizeof path, "/tmp/cajal-test-weights-%d.safetensors", (int)getpid());
    context = cj_context_new(NULL, NULL, 0);
    int failed = context ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
    cj_context_free(context);
    unlink(path);
    return failed;
}
