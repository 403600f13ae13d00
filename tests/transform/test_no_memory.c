/*
 * tests/transform/test_no_memory.c - each allocation of a differentiation fails in turn: an error, nothing lost.
 */
#include "base/failing_allocator.h"
#include "cajal/transform.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static cj_status differentiate(cj_context *c)
{
    cj_tensor *x = cj_input(c, "x", CJ_F32, 2, (const int64_t[]){3, 4}), *y = x;
    for (int i = 0; i < 300; i++)
        y = cj_tanh(cj_shift(y, i));
    y = cj_sum(y, CJ_ALL, false);
    cj_tensor *gradient = NULL, *pushed = NULL;
    cj_status status = y ? cj_grad(y, 1, &x, &gradient) : CJ_NO_MEMORY;
    if (status == CJ_OK)
        status = cj_jvp(1, &x, &x, 1, &gradient, &pushed);
    assert_true((status == CJ_OK) == (pushed != NULL));
    return status;
}

static void test_no_memory(void **state)
{
    (void)state;
    cj_status status = CJ_NO_MEMORY;
    int64_t n = 1;
    for (; status != CJ_OK && n < 10000; n++) {
        failing_allocator a = {.fail_at = n, .persistent = n % 2};
        cj_config config = {.allocator = failing_allocator_use(&a), .threads = 1};
        cj_context *c = cj_context_new(&config, NULL, 0);
        if (c) {
            status = differentiate(c);
            assert_true((status == CJ_OK) == !a.failed);
            if (status != CJ_OK) {
                assert_int_equal(status, CJ_NO_MEMORY);
                assert_int_equal(cj_context_status(c), CJ_NO_MEMORY);
                assert_non_null(strstr(cj_error(c), "out of memory"));
            }
            cj_context_free(c);
        }
        assert_true(a.blocks == 0 && a.bytes == 0);
    }
    assert_int_equal(status, CJ_OK);
    assert_true(n > 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
