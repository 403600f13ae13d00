/*
 * tests/graph/test_node.c - interning, identity, frames, variables, deep graphs, memory that runs out.
 */
#include "base/failing_allocator.h"
#include "graph/graph.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define I64(...) ((const int64_t[]){__VA_ARGS__})

static int begin(void **state)
{
    *state = cj_context_new(NULL, NULL, 0);
    return *state ? 0 : -1;
}

static int end(void **state)
{
    cj_context_free(*state);
    return 0;
}

static cj_tensor *input(cj_context *c)
{
    return cj_input(c, "x", CJ_F32, 2, I64(3, 4));
}

static void test_interning(void **state)
{
    cj_context *c = *state;
    cj_tensor *x = input(c), *y = input(c);
    assert_ptr_not_equal(x, y);
    assert_ptr_equal(cj_add(x, y), cj_add(x, y));
    assert_ptr_not_equal(cj_add(x, y), cj_add(y, x));
    assert_ptr_not_equal(cj_add(x, y), cj_sub(x, y));
    assert_ptr_not_equal(cj_exp(x), cj_exp(y));
    assert_ptr_equal(cj_sum(x, 1, true), cj_sum(x, CJ_AXIS(0), true));
    assert_ptr_not_equal(cj_sum(x, 1, true), cj_sum(x, 2, true));
    assert_ptr_equal(cj_reshape(x, 1, I64(12)), cj_reshape(x, 1, I64(-1)));
    assert_ptr_not_equal(cj_reshape(x, 2, I64(12, 1)), cj_reshape(x, 2, I64(1, 12)));
    assert_ptr_not_equal(cj_cast(x, CJ_F64), cj_cast(x, CJ_I32));
    assert_ptr_equal(cj_iota(c, CJ_I32, 1, I64(3), 0), cj_iota(c, CJ_I32, 1, I64(3), -1));
    assert_ptr_equal(cj_scale(x, 3), cj_mul(x, cj_full(c, CJ_F32, 1, I64(4), 3)));
}

static void test_scalars(void **state)
{
    cj_context *c = *state;
    assert_ptr_equal(cj_scalar(c, CJ_F32, 0.1), cj_scalar(c, CJ_F32, 0.1));
    assert_ptr_equal(cj_scalar(c, CJ_F32, 0.1), cj_scalar(c, CJ_F32, (double)0.1f));
    assert_ptr_not_equal(cj_scalar(c, CJ_F64, 0.1), cj_scalar(c, CJ_F64, (double)0.1f));
    assert_ptr_not_equal(cj_scalar(c, CJ_F32, 0.0), cj_scalar(c, CJ_F32, -0.0));
    assert_ptr_not_equal(cj_scalar(c, CJ_F32, 1), cj_scalar(c, CJ_F64, 1));
    uint64_t odd = 0xfff8000000000123u;
    double nan;
    memcpy(&nan, &odd, sizeof nan);
    assert_ptr_equal(cj_scalar(c, CJ_F64, nan), cj_scalar(c, CJ_F64, -nan));
    assert_ptr_equal(cj_scalar(c, CJ_F32, nan), cj_scalar(c, CJ_F32, -nan));
    assert_true(cj_scalar_number(cj_scalar(c, CJ_U8, 300)) == 255);
    assert_true(cj_scalar_number(cj_scalar(c, CJ_U8, -3)) == 0);
    assert_true(cj_scalar_number(cj_scalar(c, CJ_I32, -1e30)) == INT32_MIN);
    assert_true(cj_scalar_number(cj_scalar(c, CJ_I32, -2.9)) == -2);
    assert_true(cj_scalar(c, CJ_I64, 1e30)->option[0] == INT64_MAX);
    assert_true(cj_scalar_number(cj_scalar(c, CJ_U32, nan)) == 0);
    assert_true(cj_scalar_number(cj_scalar(c, CJ_BOOL, 0.5)) == 1);
}

static void test_identity(void **state)
{
    cj_context *c = *state;
    cj_tensor *x = input(c);
    assert_ptr_not_equal(cj_tap(x), cj_tap(x));
    const float data[2] = {1, 2};
    cj_tensor *a = cj_tensor_from(c, CJ_F32, 1, I64(2), data);
    cj_tensor *b = cj_tensor_from(c, CJ_F32, 1, I64(2), data);
    assert_ptr_not_equal(a, b);
    assert_ptr_not_equal(a->payload, data);
    assert_memory_equal(a->payload, data, sizeof data);
    assert_true((uintptr_t)a->payload % 64 == 0 && (uintptr_t)b->payload % 64 == 0);
    cj_tensor *truth = cj_tensor_from(c, CJ_BOOL, 1, I64(2), ((const uint8_t[]){0, 7}));
    assert_memory_equal(truth->payload, ((const uint8_t[]){0, 1}), 2);
    assert_non_null(cj_tensor_from(c, CJ_F32, 1, I64(0), NULL));
}

static void test_hash_hangs_on_structure(void **state)
{
    cj_context *c = *state, *d = cj_context_new(NULL, NULL, 0);
    cj_tensor *one = cj_exp(cj_iota(c, CJ_F32, 1, I64(3), 0));
    cj_exp(cj_iota(d, CJ_F32, 1, I64(4), 0));
    cj_tensor *two = cj_exp(cj_iota(d, CJ_F32, 1, I64(3), 0));
    assert_true(one->hash == two->hash);
    cj_context_free(d);
}

static void test_frames(void **state)
{
    cj_context *c = *state;
    cj_tensor *x = input(c), *kept = cj_exp(x);
    uint32_t before = kept->serial;
    for (int round = 0; round < 3; round++) {
        assert_int_equal(cj_frame_enter(c), CJ_OK);
        assert_ptr_equal(cj_exp(x), kept);
        cj_tensor *inner = x;
        for (int i = 0; i < 1000; i++) /* the table grows inside the frame */
            inner = cj_sin(inner);
        assert_int_equal(cj_frame_enter(c), CJ_OK);
        cj_tensor *innermost = cj_cos(kept);
        assert_ptr_equal(cj_cos(kept), innermost);
        cj_frame_leave(c);
        assert_ptr_equal(cj_exp(x), kept);
        /* A node of the frame that was left is made anew, not found. */
        uint32_t serial = inner->serial;
        cj_tensor *again = cj_cos(kept);
        assert_true(again->serial == serial + 1);
        assert_ptr_equal(cj_cos(kept), again);
        cj_frame_leave(c);
    }
    cj_frame_leave(c); /* none is open */
    assert_ptr_equal(cj_exp(x), kept);
    assert_true(cj_log(x)->serial == before + 1);
}

/* Random building and cutting, beside a list of what must be found: the table is never out of step. */
static void test_frames_at_random(void **state)
{
    cj_context *c = *state;
    cj_tensor *made[4096];
    int depth = 0, count[64] = {1}, total = 1;
    uint64_t seed = 1;
    made[0] = input(c);
    for (int step = 0; step < 20000; step++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        uint32_t dice = (uint32_t)(seed >> 40);
        if (dice % 50 == 0 && depth < 60) {
            assert_int_equal(cj_frame_enter(c), CJ_OK);
            count[++depth] = 0;
        } else if (dice % 50 == 1 && depth > 0) {
            cj_frame_leave(c);
            total -= count[depth--];
        } else if (total < 4000) {
            cj_tensor *a = made[dice / 64 % (uint32_t)total];
            cj_tensor *b = made[dice / 4096 % (uint32_t)total];
            cj_tensor *node = dice & 1 ? cj_add(a, b) : cj_mul(a, b);
            int found = 0;
            for (int i = 0; i < total; i++)
                found += made[i] == node;
            if (!found) {
                for (int i = 1; i < total; i++)
                    if (made[i]->op == node->op && made[i]->source[0] == a &&
                        made[i]->source[1] == b)
                        fail_msg("an equal node was not found");
                made[total++] = node;
                count[depth]++;
            }
            assert_true(node->source[0] == a && node->source[1] == b);
        }
    }
}

static void test_variables(void **state)
{
    cj_context *c = *state;
    cj_variable *v = cj_variable_new(c, "weight", CJ_F32, 2, I64(2, 3));
    assert_non_null(v);
    assert_string_equal(cj_variable_name(v), "weight");
    assert_true(cj_variable_bytes(v) == 24 && (uintptr_t)cj_variable_data(v) % 64 == 0);
    assert_true(((const float *)cj_variable_data(v))[5] == 0);
    cj_variable *w = cj_variable_new(c, "weight", CJ_F32, 2, I64(2, 3));
    assert_ptr_equal(cj_variable_read(v), cj_variable_read(v));
    assert_ptr_not_equal(cj_variable_read(v), cj_variable_read(w));
    /* A node keeps its variable alive; leaving the frame lets it go. */
    cj_frame_enter(c);
    cj_variable *inner = cj_variable_new(c, "inner", CJ_F32, 0, NULL);
    cj_tensor *read = cj_variable_read(inner);
    cj_variable_release(inner);
    assert_ptr_equal(read->payload, inner);
    assert_string_equal(cj_variable_name(inner), "inner");
    cj_frame_leave(c);
    cj_variable_release(w);
    cj_variable_release(NULL);
    /* v is left to the context. */
}

static void test_traverse(void **state)
{
    cj_context *c = *state;
    cj_tensor *x = input(c), *a = cj_exp(x), *b = cj_sin(x), *y = cj_add(a, b), *z = cj_mul(b, a);
    cj_traversal list;
    assert_int_equal(cj_traverse(&list, c, 3, (cj_tensor *[]){y, z, y}), CJ_OK);
    cj_tensor *want[] = {x, a, b, y, z};
    const uint32_t met[] = {2, 1, 3, 0, 4};
    assert_int_equal(list.count, 5);
    assert_memory_equal(list.node, want, sizeof want);
    assert_memory_equal(list.met, met, sizeof met);
    assert_true(cj_traversed(&list, z));
    assert_false(cj_traversed(&list, cj_cos(x)));
    cj_traverse_free(&list);
}

static void test_deep(void **state)
{
    cj_context *c = *state;
    cj_tensor *x = input(c), *y = x;
    for (int i = 0; i < 1000000; i++)
        y = cj_sin(y);
    cj_traversal list;
    assert_int_equal(cj_traverse(&list, c, 1, &y), CJ_OK);
    assert_int_equal(list.count, 1000001);
    for (uint32_t i = 1; i < list.count; i++)
        assert_ptr_equal(list.node[i]->source[0], list.node[i - 1]);
    cj_traverse_free(&list);
}

static void test_wide(void **state)
{
    cj_context *c = *state;
    cj_tensor *x = input(c);
    cj_tensor **many = malloc(50000 * sizeof *many);
    for (int i = 0; i < 50000; i++)
        many[i] = x;
    cj_tensor *y = cj_concat(0, 50000, many);
    assert_true(cj_extent(y, 0) == 150000);
    assert_ptr_equal(y, cj_concat(0, 50000, many));
    free(many);
}

/* ---- memory that runs out ---- */

static cj_tensor *build_some(cj_context *c)
{
    cj_tensor *x = input(c);
    if (cj_frame_enter(c) != CJ_OK)
        return NULL;
    cj_variable *v = cj_variable_new(c, "v", CJ_F32, 1, I64(4));
    cj_tensor *y = cj_add(x, cj_variable_read(v));
    cj_variable_release(v);
    for (int i = 0; i < 500; i++)
        y = cj_tanh(cj_shift(y, i));
    static const float data[5000];
    return cj_add(cj_sum(y, CJ_ALL, false),
                  cj_sum(cj_tensor_from(c, CJ_F32, 1, I64(5000), data), CJ_ALL, false));
}

static void test_no_memory(void **state)
{
    (void)state;
    bool done = false;
    for (int64_t n = 1; !done && n < 10000; n++) {
        failing_allocator a = {.fail_at = n, .persistent = n % 2};
        cj_config config = {.allocator = failing_allocator_use(&a), .threads = 1};
        cj_context *c = cj_context_new(&config, NULL, 0);
        if (c) {
            done = build_some(c) != NULL;
            assert_true(done == !a.failed);
            if (!done)
                assert_non_null(strstr(cj_error(c), "out of memory"));
            cj_context_free(c);
        }
        assert_true(a.blocks == 0 && a.bytes == 0);
    }
    assert_true(done);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_interning, begin, end),
        cmocka_unit_test_setup_teardown(test_scalars, begin, end),
        cmocka_unit_test_setup_teardown(test_identity, begin, end),
        cmocka_unit_test_setup_teardown(test_hash_hangs_on_structure, begin, end),
        cmocka_unit_test_setup_teardown(test_frames, begin, end),
        cmocka_unit_test_setup_teardown(test_frames_at_random, begin, end),
        cmocka_unit_test_setup_teardown(test_variables, begin, end),
        cmocka_unit_test_setup_teardown(test_traverse, begin, end),
        cmocka_unit_test_setup_teardown(test_deep, begin, end),
        cmocka_unit_test_setup_teardown(test_wide, begin, end),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
