/*
 * Each allocation of a training fails in turn, once and from there on: NO_MEMORY, nothing lost,
 * nothing crashed.
 */
#include "base/failing_allocator.h"
#include "cajal/cajal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static cj_tensor *net(cj_scope *s, cj_tensor *x)
{
    x = cj_max_pool2d(cj_relu(cj_conv2d(s, "conv1", x, .out_channels = 2, .kernel_size = {3})),
                      .kernel_size = {2});
    x = cj_batch_norm(s, "bn1", x);
    return cj_linear(s, "fc1", cj_dropout(s, cj_flatten(x), 0.5), .out_features = 3);
}

static cj_status train(cj_context *context)
{
    static const float x[5][36] = {{1}, {0, 2}, {0, 0, 3}, {-1}, {0, -2}};
    static const int32_t y[5] = {0, 1, 2, 0, 1};
    const cj_source source = {.count = 5, .x = x, .y = y, .x_rank = 3, .x_shape = {1, 6, 6}};
    cj_scope *s = cj_scope_new(context);
    if (!s)
        return CJ_NO_MEMORY;
    return cj_fit(s, net, &source, .epochs = 2, .batch_size = 3, .validation = &source,
                  .keep_best = true, .optimiser = cj_adamw(0.01), .schedule = cj_cosine_rate());
}

static void test_no_memory(void **state)
{
    (void)state;
    failing_allocator count = {0};
    cj_config config = {.allocator = failing_allocator_use(&count), .threads = 1};
    cj_context *context = cj_context_new(&config, NULL, 0);
    assert_int_equal(train(context), CJ_OK);
    cj_context_free(context);
    assert_true(count.blocks == 0 && count.bytes == 0);
    assert_true(count.calls > 100);
    for (int64_t n = 1; n <= count.calls; n++) {
        failing_allocator a = {.fail_at = n, .persistent = n % 2};
        config.allocator = failing_allocator_use(&a);
        context = cj_context_new(&config, NULL, 0);
        if (context) {
            cj_status status = train(context);
            if (status != CJ_NO_MEMORY && !(status == CJ_OK && !a.persistent))
                fail_msg("allocation %d of %d: status %d, \"%s\"", (int)n, (int)count.calls,
                         (int)status, cj_error(context));
            if (status == CJ_NO_MEMORY && !strstr(cj_error(context), "memory"))
                fail_msg("allocation %d: \"%s\" does not speak of memory", (int)n,
                         cj_error(context));
            cj_context_free(context);
        }
        if (a.blocks || a.bytes)
            fail_msg("allocation %d: %d blocks, %d bytes lost", (int)n, (int)a.blocks,
                     (int)a.bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
