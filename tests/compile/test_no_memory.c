/*
 * Each allocation of compiling a LeNet training step fails in turn: NO_MEMORY, nothing lost, and the same context
 * compiles and runs the step afterwards.
 */
#include "base/failing_allocator.h"
#include "compile/program_test.h"

typedef struct step {
    cj_context *context;
    cj_scope *scope;
    cj_tensor *loss;
    cj_updates updates;
} step;

static void build(step *s, bool checkpoints)
{
    cj_context *c = s->context;
    cj_tensor *x = cj_input(c, "x", CJ_F32, 4, (int64_t[]){2, 1, 28, 28});
    cj_tensor *labels = cj_input(c, "labels", CJ_I32, 1, (int64_t[]){2});
    s->scope = cj_scope_new(c);
    x = cj_relu(cj_conv2d(s->scope, "conv1", x, .out_channels = 32, .kernel_size = {5}));
    x = cj_max_pool2d(x, .kernel_size = {2});
    if (checkpoints)
        cj_checkpoint(x);
    x = cj_relu(cj_conv2d(s->scope, "conv2", x, .out_channels = 64, .kernel_size = {5}));
    x = cj_flatten(cj_max_pool2d(x, .kernel_size = {2}));
    x = cj_relu(cj_linear(s->scope, "fc1", x, .out_features = 128));
    s->loss = cj_cross_entropy(cj_linear(s->scope, "fc2", x, .out_features = 10), labels);
    assert_int_equal(cj_optimize(s->scope, s->loss, cj_sgd(.lr = 0.1, .momentum = 0.9)), CJ_OK);
    s->updates = cj_scope_updates(s->scope);
}

static void every_allocation_fails(bool no_fusion, bool checkpoints)
{
    static float x[2 * 28 * 28];
    static int32_t labels[2] = {3, 4};
    failing_allocator a = {0};
    step s = {.context = new_context(&(cj_config){
                  .threads = 2, .no_fusion = no_fusion, .allocator = failing_allocator_use(&a)})};
    build(&s, checkpoints);
    int64_t n = 1;
    cj_program *p = NULL;
    for (; !p; n++) {
        int64_t blocks = a.blocks, bytes = a.bytes, calls = a.calls;
        a.fail_at = a.calls + n;
        a.persistent = n % 2;
        p = cj_compile(s.context, 1, &s.loss, &s.updates);
        a.fail_at = 0;
        if (p)
            break;
        if (cj_error_status(s.context) != CJ_NO_MEMORY || !strstr(cj_error(s.context), "memory"))
            fail_msg("allocation %d: \"%s\"", (int)n, cj_error(s.context));
        assert_int_equal(cj_context_status(s.context), CJ_OK);
        /* the arena of the runs may stay, in at most two blocks */
        if (a.blocks > blocks + 2 || (a.blocks == blocks && a.bytes != bytes))
            fail_msg("allocation %d: %d blocks, %d bytes lost", (int)n, (int)(a.blocks - blocks),
                     (int)(a.bytes - bytes));
        assert_true(a.calls > calls);
    }
    assert_true(n > 40);
    assert_int_equal(cj_program_describe(p).recomputed > 0, checkpoints);
    cj_feed feed[2] = {{"x", x}, {"labels", labels}};
    double before = 0;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(cj_run(p, 2, feed), CJ_OK);
        before = i == 0 ? cj_output_number(p, 0) : before;
    }
    assert_true(cj_output_number(p, 0) < before);
    cj_program_free(p);
    cj_scope_free(s.scope);
    cj_context_free(s.context);
    assert_true(a.blocks == 0 && a.bytes == 0);
}

static void fused(void **state)
{
    (void)state;
    every_allocation_fails(false, false);
}

static void unfused_with_checkpoints(void **state)
{
    (void)state;
    every_allocation_fails(true, true);
}

/* Evaluating fails in turn too. */
static void evaluating(void **state)
{
    (void)state;
    failing_allocator a = {0};
    cj_context *c = new_context(&(cj_config){.threads = 1, .allocator = failing_allocator_use(&a)});
    cj_tensor *x = cj_iota(c, CJ_F32, 2, (int64_t[]){50, 60}, 1);
    cj_tensor *y = cj_sum(cj_tanh(cj_transpose(x, 0, 1)), CJ_AXIS(0), false), *leaf = NULL;
    for (int64_t n = 1; !leaf; n++) {
        a.fail_at = a.calls + n;
        leaf = cj_eval(y);
        bool failed = a.failed > 0;
        a.fail_at = a.failed = 0;
        assert_true(failed == !leaf);
        if (!leaf)
            assert_int_equal(cj_error_status(c), CJ_NO_MEMORY);
        cj_error_clear(c);
    }
    float sums[50];
    assert_int_equal(cj_read(leaf, sums, sizeof(sums)), CJ_OK);
    assert_true(sums[0] > 57 && sums[0] < 60 && sums[0] == sums[49]);
    cj_context_free(c);
    assert_true(a.blocks == 0 && a.bytes == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fused),
        cmocka_unit_test(unfused_with_checkpoints),
        cmocka_unit_test(evaluating),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
