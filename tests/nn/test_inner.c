/*
 * tests/nn/test_inner.c - inner tensors by name: read, clamp, ablate, patch.
 */
#include "cajal/cajal.h"
#include "cajal/net.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static cj_context *context;
static cj_scope *s;

static int set_up(void **state)
{
    (void)state;
    context = cj_context_new(NULL, NULL, 0);
    s = cj_scope_new(context);
    return s ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    cj_context_free(context);
    return 0;
}

static cj_tensor *net(cj_scope *in, cj_tensor *x)
{
    cj_scope *block = cj_scope_enter(in, "block");
    cj_tensor *h = cj_relu(cj_linear(block, "fc1", x, .out_features = 6));
    h = cj_scope_mark(block, "act", h);
    h = cj_layer_norm(in, "norm", h);
    return cj_linear(in, "fc2", h, .out_features = 2);
}

static cj_tensor *examples(float first)
{
    float data[12];
    for (int i = 0; i < 12; i++)
        data[i] = first + 0.25F * (float)(i * i % 7);
    return cj_tensor_from(context, CJ_F32, 2, (int64_t[]){3, 4}, data);
}

static void expect_equal(cj_tensor *got, cj_tensor *want)
{
    float a[64], b[64];
    size_t bytes = (size_t)cj_elements(want) * sizeof *a;
    assert_true(got && want && bytes <= sizeof a && cj_elements(got) == cj_elements(want));
    assert_int_equal(cj_read(got, a, bytes), CJ_OK);
    assert_int_equal(cj_read(want, b, bytes), CJ_OK);
    assert_memory_equal(a, b, bytes);
}

static void test_names(void **state)
{
    (void)state;
    static const char *const path[] = {"block.fc1", "block.act", "norm", "fc2"};
    cj_tensor *plain = net(s, examples(0));
    assert_null(cj_scope_tensor(s, "block.fc1"));
    assert_null(cj_scope_inner(s, 0));

    cj_scope_watch(s, true);
    cj_scope_build(s, false);
    cj_tensor *y = net(s, examples(0));
    expect_equal(y, plain);
    for (int i = 0; i < 4; i++) {
        assert_string_equal(cj_scope_inner(s, i)->path, path[i]);
        assert_ptr_equal(cj_scope_inner(s, i)->value, cj_scope_tensor(s, path[i]));
    }
    assert_null(cj_scope_inner(s, 4));
    assert_null(cj_scope_inner(s, -1));
    assert_null(cj_scope_tensor(s, "fc1"));
    assert_ptr_equal(cj_scope_tensor(s, "fc2"), y);

    /* a second call of the same layers: the last counts; a new build begins anew */
    cj_tensor *again = net(s, examples(1));
    assert_ptr_equal(cj_scope_tensor(s, "fc2"), again);
    assert_ptr_equal(cj_scope_inner(s, 3)->value, y);
    cj_scope_build(s, false);
    assert_null(cj_scope_inner(s, 0));
    cj_scope_watch(s, false);
    net(s, examples(0));
    assert_null(cj_scope_inner(s, 0));
}

/* Under other weights the names are the same, and outlive the scope that answered. */
static void test_other_scope(void **state)
{
    (void)state;
    cj_scope_watch(s, true);
    cj_tensor *bias = cj_full(context, CJ_F32, 1, (int64_t[]){2}, 3);
    cj_scope *over = cj_scope_over(s, 1, (const char *[]){"fc2.bias"}, &bias);
    cj_tensor *y = net(over, examples(0));
    assert_ptr_equal(cj_scope_tensor(over, "fc2"), y);
    cj_scope_free(over);
    assert_ptr_equal(cj_scope_tensor(s, "fc2"), y);
}

/* What was made in a frame goes with it. */
static void test_frames(void **state)
{
    (void)state;
    cj_scope_watch(s, true);
    cj_tensor *x = cj_scope_mark(s, "x", examples(0));
    cj_frame_enter(context);
    net(s, x);
    assert_non_null(cj_scope_tensor(s, "fc2"));
    cj_frame_leave(context);
    assert_null(cj_scope_tensor(s, "fc2"));
    assert_null(cj_scope_inner(s, 1));
    assert_ptr_equal(cj_scope_tensor(s, "x"), x);
    cj_tensor *y = net(s, x);
    assert_ptr_equal(cj_scope_inner(s, 4)->value, y);
}

static void test_patching(void **state)
{
    (void)state;
    cj_scope_watch(s, true);
    cj_scope_build(s, false);
    cj_tensor *clean = net(s, examples(0)), *h = cj_scope_tensor(s, "block.act");
    cj_tensor *corrupted = net(s, examples(1)), *other = cj_scope_tensor(s, "block.act"), *out;

    /* patched with the clean run's activations, the corrupted run is the clean one */
    assert_int_equal(cj_replace(1, &other, &h, 1, &corrupted, &out), CJ_OK);
    expect_equal(out, clean);

    /* unit 2 ablated: its column of the next layers' input is 0 */
    cj_tensor *unit = cj_iota(context, CJ_I32, 2, (int64_t[]){3, 6}, 1);
    cj_tensor *kept = cj_ne(unit, cj_scalar(context, CJ_I32, 2));
    cj_tensor *ablated = cj_where(kept, h, cj_like(h, 0)), *gradient;
    assert_int_equal(cj_replace(1, &h, &ablated, 1, &clean, &out), CJ_OK);
    cj_scope_watch(s, false);
    expect_equal(out, cj_linear(s, "fc2", cj_layer_norm(s, "norm", ablated), .out_features = 2));

    /* an inner tensor is a place to differentiate at */
    assert_int_equal(cj_grad(cj_sum(clean, CJ_ALL, false), 1, &h, &gradient), CJ_OK);
    assert_int_equal(cj_extent(gradient, 1), 6);
}

static void apply(void *user, cj_body *b)
{
    b->next[0] = cj_linear(user, "again", b->carry[0], .out_features = 4);
}

/* What is made in a loop's body is no tensor of the graph around. */
static void test_loop(void **state)
{
    (void)state;
    cj_tensor *x = examples(0), *last;
    cj_scope_watch(s, true);
    assert_int_equal(cj_fori(3, apply, s, 1, &x, &last), CJ_OK);
    assert_null(cj_scope_inner(s, 0));
    last = cj_scope_mark(s, "loop", last);
    assert_ptr_equal(cj_scope_tensor(s, "loop"), last);
}

/* All layers of a net from text have names. */
static void test_text(void **state)
{
    (void)state;
    cj_net *lenet;
    const char *text = "conv 4 3x3, relu, maxpool 2, linear classes";
    assert_int_equal(cj_net_parse(context, text, 3, (int64_t[]){1, 8, 8}, 10, &lenet), CJ_OK);
    cj_scope_watch(s, true);
    cj_scope_build(s, false);
    cj_tensor *x = cj_input(context, "x", CJ_F32, 4, (int64_t[]){2, 1, 8, 8});
    cj_tensor *y = cj_net_build(lenet, s, x);
    static const char *const path[] = {"conv1", "relu1", "maxpool1", "fc1"};
    for (int i = 0; i < 4; i++)
        assert_string_equal(cj_scope_inner(s, i)->path, path[i]);
    assert_non_null(cj_scope_find(s, "fc1.weight"));
    assert_ptr_equal(cj_scope_inner(s, 3)->value, y);
    cj_net_free(lenet);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {TEST(test_names),  TEST(test_other_scope),
                                       TEST(test_frames), TEST(test_patching),
                                       TEST(test_loop),   TEST(test_text)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
