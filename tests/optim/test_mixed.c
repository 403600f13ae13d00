/*
 * Mixed precision: parameters in f32 under a net in bf16 and f16, the dynamic loss scale, steps that are
 * skipped.
 */
#include "cajal/cajal.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static cj_context *context;
static cj_scope *s;

static int setup(void **state)
{
    (void)state;
    context = cj_context_new(&(cj_config){.seed = 3}, NULL, 0);
    s = cj_scope_new(context);
    return s == NULL;
}

static int teardown(void **state)
{
    (void)state;
    cj_context_free(context);
    return 0;
}

static double f64_of(const char *path)
{
    double v;
    memcpy(&v, cj_variable_data(cj_scope_find(s, path)), sizeof v);
    return v;
}

enum { N = 128 };

/* Two rings of points, told apart by two hidden layers. */
static cj_tensor *loss_in(cj_dtype dtype, float *x, int32_t *label)
{
    for (int i = 0; i < N; i++) {
        float radius = i % 2 ? 1 : 0.4f, angle = (float)i * 0.37f;
        x[2 * i] = radius * cosf(angle);
        x[2 * i + 1] = radius * sinf(angle);
        label[i] = i % 2;
    }
    cj_scope *half = cj_scope_cast(s, dtype);
    assert_int_equal(cj_scope_dtype(half), dtype);
    assert_int_equal(cj_scope_dtype(s), CJ_F32);
    cj_tensor *h = cj_tensor_from(context, CJ_F32, 2, (int64_t[]){N, 2}, x);
    h = cj_cast(h, dtype);
    h = cj_relu(cj_linear(half, "a", h, .out_features = 32));
    h = cj_relu(cj_linear(cj_scope_enter(half, "in"), "b", h, .out_features = 16));
    h = cj_cast(cj_linear(half, "c", h, .out_features = 2), CJ_F32);
    return cj_cross_entropy(h, cj_tensor_from(context, CJ_I32, 1, (int64_t[]){N}, label));
}

static void test_trains(void **state)
{
    (void)state;
    float x[2 * N];
    int32_t label[N];
    double first[3], last[3];
    static const cj_dtype dtype[] = {CJ_F32, CJ_BF16, CJ_F16};
    for (int i = 0; i < 3; i++) {
        s = cj_scope_new(context);
        cj_tensor *loss = loss_in(dtype[i], x, label);
        assert_int_equal(cj_variable_dtype(cj_scope_find(s, "in.b.weight")), CJ_F32);
        if (cj_optimize(s, loss, cj_adam(.lr = 0.01), .loss_scale = i ? 1024 : 0) != CJ_OK)
            fail_msg("%s", cj_error(context));
        cj_updates updates = cj_scope_updates(s);
        cj_program *program = cj_compile(context, 1, &loss, &updates);
        if (!program)
            fail_msg("%s", cj_error(context));
        for (int t = 0; t < 150; t++) {
            assert_int_equal(cj_run(program, 0, NULL), CJ_OK);
            last[i] = cj_output_number(program, 0);
            first[i] = t ? first[i] : last[i];
        }
        assert_true(last[i] < 0.05);
        assert_true(fabs(first[i] - first[0]) < 0.01 * first[0]);
        cj_program_free(program);
    }
    assert_true(first[1] != first[0] && first[2] != first[0]); /* it did compute in 16 bits */
}

/* d loss / dp = c, fed: at scale 2^k of an f16 loss it overflows where c 2^k > 65504. */
static void test_scale(void **state)
{
    (void)state;
    cj_tensor *p = cj_scope_get(s, "p", CJ_F32, 0, NULL, cj_init_constant(1));
    cj_tensor *c = cj_input(context, "c", CJ_F32, 0, NULL);
    cj_tensor *loss = cj_cast(cj_mul(cj_cast(p, CJ_F16), cj_cast(c, CJ_F16)), CJ_F32);
    assert_int_equal(cj_optimize(s, loss, cj_sgd(.lr = 0.5, .momentum = 0.5), .loss_scale = 4096,
                                 .growth_interval = 3),
                     CJ_OK);
    cj_updates updates = cj_scope_updates(s);
    cj_program *program = cj_compile(context, 0, NULL, &updates);
    if (!program)
        fail_msg("%s", cj_error(context));
    static const struct {
        float c, p;
        double scale, tracker;
        int64_t step;
    } want[] = {{1, 0.5f, 4096, 1, 1},      /* b = 1 */
                {64, 0.5f, 2048, 0, 1},     /* 64 * 4096 is inf in f16: skipped, halved */
                {64, 0.5f, 1024, 0, 1},     /* 131072 */
                {64, 0.5f, 512, 0, 1},      /* 65536 */
                {16, -7.75f, 512, 1, 2},    /* b = 16.5 */
                {0, -11.875f, 512, 2, 3},   /* b = 8.25 */
                {0, -13.9375f, 1024, 0, 4}, /* doubled */
                {NAN, -13.9375f, 512, 0, 4}};
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        float now;
        int64_t step;
        const cj_feed feed = {"c", &want[i].c};
        assert_int_equal(cj_run(program, 1, &feed), CJ_OK);
        assert_int_equal(cj_scope_copy_out(s, "p", CJ_F32, 0, NULL, &now), CJ_OK);
        assert_int_equal(cj_scope_copy_out(s, "step", CJ_I64, 0, NULL, &step), CJ_OK);
        if (now != want[i].p || step != want[i].step ||
            f64_of("optimizer.scale") != want[i].scale ||
            f64_of("optimizer.growth_tracker") != want[i].tracker)
            fail_msg("%d: p %g, step %d, scale %g, tracker %g", (int)i, (double)now, (int)step,
                     f64_of("optimizer.scale"), f64_of("optimizer.growth_tracker"));
    }
    cj_program_free(program);
}

/* A gradient of 2^-26 is nothing in f16 but with a scale. */
static void test_small_gradients(void **state)
{
    (void)state;
    for (int scaled = 0; scaled < 2; scaled++) {
        s = cj_scope_new(context);
        cj_tensor *p = cj_scope_get(s, "p", CJ_F32, 0, NULL, cj_init_zeros());
        cj_tensor *y = cj_scale(cj_scale(cj_cast(p, CJ_F16), 0x1p-13), 0x1p-13);
        assert_int_equal(cj_optimize(s, cj_cast(y, CJ_F32), cj_sgd(.lr = 0x1p26),
                                     .loss_scale = scaled ? 1024 : 0),
                         CJ_OK);
        cj_updates updates = cj_scope_updates(s);
        cj_program *program = cj_compile(context, 0, NULL, &updates);
        assert_non_null(program);
        assert_int_equal(cj_run(program, 0, NULL), CJ_OK);
        float now;
        assert_int_equal(cj_scope_copy_out(s, "p", CJ_F32, 0, NULL, &now), CJ_OK);
        assert_true(now == (scaled ? -1 : 0));
        cj_program_free(program);
    }
}

static void test_buffers(void **state)
{
    (void)state;
    cj_scope *half = cj_scope_cast(s, CJ_BF16);
    cj_tensor *x = cj_full(context, CJ_BF16, 2, (int64_t[]){4, 3}, 1);
    cj_scope_build(s, true);
    assert_null(cj_batch_norm(half, "bn", x));
    assert_non_null(strstr(cj_error(context), "a buffer, which a scope cast to bf16"));
    cj_error_clear(context);
    assert_null(cj_scope_cast(s, CJ_I32));
    assert_non_null(strstr(cj_error(context), "no float dtype"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_trains, setup, teardown),
        cmocka_unit_test_setup_teardown(test_scale, setup, teardown),
        cmocka_unit_test_setup_teardown(test_small_gradients, setup, teardown),
        cmocka_unit_test_setup_teardown(test_buffers, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
