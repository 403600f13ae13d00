/*
 * tests/nn/test_net.c - nets as text: grammar, shapes, names, costs, errors, canonical form.
 */
#include "cajal/net.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const int64_t grey[3] = {1, 28, 28}, colour[3] = {3, 32, 32}, row[1] = {4};

static int make(void **state)
{
    *state = cj_context_new(&(cj_config){.threads = 1, .isa = "baseline"}, NULL, 0);
    return *state ? 0 : -1;
}

static int drop(void **state)
{
    cj_context_free(*state);
    return 0;
}

static cj_net *parse(cj_context *c, const char *text, int rank, const int64_t *shape,
                     int64_t outputs)
{
    cj_net *net = NULL;
    if (cj_net_parse(c, text, rank, shape, outputs, &net) != CJ_OK)
        fail_msg("%s: %s", text, cj_error(c));
    return net;
}

static const cj_net_layer *find(const cj_net *net, const char *name)
{
    for (int i = 0; i < cj_net_layers(net); i++)
        if (!strcmp(cj_net_layer_at(net, i)->name, name))
            return cj_net_layer_at(net, i);
    fail_msg("no layer %s", name);
    return NULL;
}

static int64_t parameters(const cj_net *net)
{
    int64_t sum = 0;
    for (int i = 0; i < cj_net_layers(net); i++)
        sum += cj_net_layer_at(net, i)->parameters;
    return sum;
}

static void test_lenet(void **state)
{
    cj_net *net = parse(*state, "lenet", 3, grey, 10);
    assert_string_equal(cj_net_name(net), "lenet");
    assert_int_equal(cj_net_layers(net), 9);
    assert_int_equal(parameters(net), 832 + 51264 + 131200 + 1290);
    const cj_net_layer *conv = find(net, "conv2");
    assert_int_equal(conv->shape[0], 64);
    assert_int_equal(conv->shape[1], 8);
    assert_int_equal(conv->flops, 2 * 64 * 8 * 8 * 32 * 25);
    assert_int_equal(conv->bytes, 4 * 64 * 8 * 8);
    assert_int_equal(find(net, "fc1")->parameters, 1024 * 128 + 128);
    assert_int_equal(find(net, "fc2")->shape[0], 10);
    cj_net_free(net);
}

static void test_resnet20(void **state)
{
    cj_net *net = parse(*state, "resnet20", 3, colour, 10);
    assert_int_equal(parameters(net), 269722);
    assert_int_equal(find(net, "layer1.0.conv1")->parameters, 16 * 16 * 9);
    assert_int_equal(find(net, "layer2.0.conv1")->shape[1], 16);
    assert_int_equal(find(net, "layer3.2.bn2")->parameters, 128);
    assert_int_equal(find(net, "fc")->parameters, 650);
    find(net, "conv1");
    find(net, "bn1");
    cj_net_free(net);
}

static void test_names(void **state)
{
    cj_net *net =
        parse(*state,
              "conv 4 3x3 as stem, conv 8 3x3, 2 x (conv 8 3x3 pad 1, relu) as body from 1, "
              "(linear 5, linear 6) as head, linear classes",
              3, grey, 3);
    find(net, "stem");
    find(net, "conv2");
    find(net, "body.1.conv1");
    find(net, "body.2.relu1");
    find(net, "head.fc2");
    find(net, "fc1");
    cj_net_free(net);
}

static void test_blocks(void **state)
{
    cj_net *net = parse(
        *state,
        "concat(conv 8 3x3 pad same | maxpool 3 stride 1 pad 1 | ), add(conv 4 1x1 | conv 4 3x3 "
        "pad 1 | "
        "conv 4 5x5 pad 2), residual(conv 6 3x3 stride 2 pad 1 | shortcut 6 stride 2), avgpool all",
        3, grey, 7);
    assert_int_equal(find(net, "concat1")->shape[0], 10);
    assert_int_equal(find(net, "add1")->shape[0], 4);
    assert_int_equal(find(net, "residual1")->shape[1], 14);
    assert_int_equal(find(net, "avgpool1")->rank, 1);
    assert_int_equal(find(net, "fc1")->shape[0], 7); /* appended */
    cj_net_free(net);
}

static void test_canonical(void **state)
{
    static const struct {
        const char *text, *canonical;
    } pair[] = {
        {"leaky 70, dropout 1e-5", "leaky 70, dropout 0.00001, linear 3"},
        {"fc 5 ;relu\n# a remark\nlinear", "linear 5, relu, linear 3"},
        {"linear 8 nobias, dropout 0.25, leaky 0.2, bn",
         "linear 8 nobias, dropout 0.25, leaky 0.2, bn, linear 3"},
        {"2*(linear 4,relu) as a", "2 x (linear 4, relu) as a, linear 3"},
        {"(linear classes)", "(linear 3)"},
        {"dropout 1e-2", "dropout 0.01, linear 3"},
        {"leaky 0.28888884e-18", "leaky 2.8888884e-19, linear 3"},
        {"leaky 0.12345678901234567890", "leaky 0.12345678901234568, linear 3"},
        {"leaky 1e-45, leaky 1e-400, leaky 2.5e3", "leaky 1e-45, leaky 0, leaky 2500, linear 3"},
    };
    for (size_t i = 0; i < sizeof pair / sizeof *pair; i++) {
        cj_net *net = parse(*state, pair[i].text, 1, row, 3);
        assert_string_equal(cj_net_text(net), pair[i].canonical);
        cj_net_free(net);
    }
    static const char *const text[] = {
        "lenet", "resnet20", "mlp",
        "conv 8 5x3 stride 2x1 pad 2x1 dilation 1x2 groups 1 nobias, maxpool 2x3 stride 1 pad 1",
        "concat(conv 4 3x3 pad same | )"};
    for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
        cj_net *net = parse(*state, text[i], 3, colour, 10);
        cj_net *again = parse(*state, cj_net_text(net), 3, colour, 10);
        assert_string_equal(cj_net_text(net), cj_net_text(again));
        assert_int_equal(cj_net_layers(net), cj_net_layers(again));
        assert_int_equal(parameters(net), parameters(again));
        cj_net_free(net);
        cj_net_free(again);
    }
}

static void test_errors(void **state)
{
    static const struct {
        const char *text, *says;
    } bad[] = {
        {"", "empty"},
        {"covn 32 5x5", "did you mean \"conv\""},
        {"lennet", "did you mean \"lenet\""},
        {"relu, conv 32", "layer 2"},
        {"conv 32 5x5, relu, conv 8 30x30", "[32, 24, 24] reaches it"},
        {"linear 8, conv 8 3x3", "conv1 (number 2"},
        {"linear 8, conv 8 3x3", "takes a picture"},
        {"linear 7", "the data ask for 10"},
        {"residual(conv 8 3x3)", "its branches give [8, 26, 26] and [1, 28, 28]"},
        {"concat(conv 8 3x3 | conv 8 5x5)", "but for the first extent"},
        {"conv 3 3x3 groups 2", "groups must divide"},
        {"conv 8 3x3 as a, conv 8 3x3 as a", "two layers are called \"a\""},
        {"(conv 8 3x3", "\")\" is missing"},
        {"relu)", "nothing is open"},
        {"relu relu", "no option"},
        {"maxpool 2 groups 2", "no such option"},
        {"dropout 1.5", "below 1"},
        {"20000 x relu", "1 to 10,000"},
        {"10000 x (10000 x relu)", "10,000 layers"},
        {"10000 x (10000 x (10000 x ()))", "10,000 layers"}, /* that hold nothing */
        {"leaky 1e39", "larger than any f32"},
        {"conv 1000000000 9999x9999 pad 9999", "2^40"},
        {"linear 1000000000, linear 1000000000", "2^40"},
        {"mlp:", "mlp:256,64"},
        {"mlp:0", "mlp:256,64"},
        {"conv 8 3x3 stride 0", "at least 1"},
        {"conv 0 3x3", "0 outputs"},
        {"(a|b)", "there is no layer \"a\""},
        {"(relu|relu)", "a group has none"},
        {"\x01", "a layer is wanted"},
    };
    cj_context *c = *state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        cj_net *net = NULL;
        cj_status status = cj_net_parse(c, bad[i].text, 3, grey, 10, &net);
        if (status == CJ_OK || net || !strstr(cj_error(c), bad[i].says))
            fail_msg("\"%s\" gives \"%s\", not \"%s\"", bad[i].text, cj_error(c), bad[i].says);
        assert_int_equal(cj_context_status(c), CJ_OK); /* no building error is left behind */
    }
}

static void test_build(void **state)
{
    static const char *const text[] = {
        "lenet", "mlp:16", "resnet20",
        "concat(conv 8 3x3 pad same | maxpool 3 stride 1 pad 1 | ), bn, leaky 0.1, avgpool 2, "
        "dropout 0.5, elu, gelu, silu, "
        "sigmoid, softplus, tanh, identity, flatten, bn",
        "conv 8 3x3 stride 2x1 pad 1x0, add(conv 8 1x1 | ), shortcut 11 stride 3, avgpool all"};
    cj_context *c = *state;
    for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
        int64_t shape[4] = {2, 3, 32, 32};
        cj_net *net = parse(c, text[i], 3, shape + 1, 10);
        cj_scope *scope = cj_scope_new(c);
        cj_scope_build(scope, true);
        cj_tensor *y = cj_net_build(net, scope, cj_input(c, "x", CJ_F32, 4, shape));
        if (!y)
            fail_msg("%s: %s", text[i], cj_error(c));
        assert_int_equal(cj_rank(y), 2);
        assert_int_equal(cj_extent(y, 0), 2);
        assert_int_equal(cj_extent(y, 1), 10);
        assert_int_equal(cj_scope_parameters(scope), parameters(net));
        for (int k = 0; k < cj_net_layers(net); k++) {
            const cj_net_layer *layer = cj_net_layer_at(net, k);
            char name[300];
            snprintf(name, sizeof name, "%s.weight", layer->name);
            assert_true(!layer->parameters == !cj_scope_find(scope, name));
        }
        cj_scope_free(scope);
        cj_net_free(net);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_lenet, make, drop),
        cmocka_unit_test_setup_teardown(test_resnet20, make, drop),
        cmocka_unit_test_setup_teardown(test_names, make, drop),
        cmocka_unit_test_setup_teardown(test_blocks, make, drop),
        cmocka_unit_test_setup_teardown(test_canonical, make, drop),
        cmocka_unit_test_setup_teardown(test_errors, make, drop),
        cmocka_unit_test_setup_teardown(test_build, make, drop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
