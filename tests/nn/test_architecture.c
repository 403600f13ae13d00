/*
 * Nets with options: their text and what is wrong in one; a language model that is run token by token gives the logits of the
 * whole text at once; a net on a graph is its convolutions; the evidence lower bound of a vae; sizes of a U-net;
 * an operator between functions on two grids.
 */
#include "cajal/cajal.h"
#include "cajal/message_passing.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static cj_context *make_context(void)
{
    char error[200];
    cj_context *context = cj_context_new(&(cj_config){.threads = 1}, error, sizeof error);
    assert_non_null(context);
    return context;
}

static void test_text(void **unused)
{
    (void)unused;
    cj_context *context = make_context();
    cj_architecture a, b;
    char text[256], again[256];
    for (int i = 0; cj_architecture_list(i, text, sizeof text); i++) {
        const char *name = cj_architecture_name((cj_architecture_kind)i);
        assert_true(cj_architecture_known(name));
        assert_int_equal(cj_architecture_parse(context, name, &a), CJ_OK);
        cj_architecture_text(&a, text, sizeof text);
        assert_int_equal(cj_architecture_parse(context, text, &b), CJ_OK);
        cj_architecture_text(&b, again, sizeof again);
        assert_string_equal(text, again);
    }
    assert_int_equal(cj_architecture_parse(context, "lstm:layers=2,dropout=0.25", &a), CJ_OK);
    assert_int_equal(a.layers, 2);
    assert_int_equal(a.hidden, 256);
    assert_true(a.dropout == 0.25);
    assert_false(cj_architecture_known("lst"));
    cj_context_free(context);
}

static void test_wrong(void **unused)
{
    (void)unused;
    static const char *const wrong[][2] = {
        {"lstm:hiden=3", "did you mean \"hidden\""}, {"lstm:heads=2", "it takes layers"},
        {"gru:hidden=0", "whole number from 1"},     {"gru:hidden=1.5", "whole number"},
        {"gcn:dropout=1", "from 0 to 0.95"},         {"gcn:dropout", "wants a number"},
        {"gcn:hidden=4,hidden=4", "given twice"},    {"lstm:", "there is no \"\""},
        {"transformer:hidden=12,heads=4", "even"},   {"lenet", "no net called \"lenet\""}};
    cj_context *context = make_context();
    cj_architecture a;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(cj_architecture_parse(context, wrong[i][0], &a), CJ_INVALID);
        if (!strstr(cj_error(context), wrong[i][1]))
            fail_msg("%s: %s", wrong[i][0], cj_error(context));
    }
    cj_context_free(context);
}

/* ---- token by token ---- */

enum { N = 2, T = 5, WORDS = 7 };

static void check_steps(const char *text)
{
    static const int32_t token[N * T] = {0, 3, 6, 2, 2, 5, 4, 0, 1, 6};
    cj_context *context = make_context();
    cj_architecture a;
    float whole[N * WORDS * T], step[N * WORDS];
    assert_int_equal(cj_architecture_parse(context, text, &a), CJ_OK);
    cj_scope *s = cj_scope_new(context);
    cj_scope_build(s, false);
    cj_tensor *all = cj_tensor_from(context, CJ_I32, 2, ((int64_t[]){N, T}), token);
    cj_tensor *y = cj_language_model(s, &a, WORDS, all, NULL);
    assert_int_equal(cj_read(y, whole, sizeof whole), CJ_OK);
    cj_language_state state;
    assert_true(cj_language_begin(s, &a, N, &state));
    for (int t = 0; t < T; t++) {
        cj_tensor *one = cj_tensor_from(context, CJ_I32, 2, ((int64_t[]){N, 1}),
                                        ((int32_t[]){token[t], token[T + t]}));
        cj_scope_build(s, false);
        y = cj_language_model(s, &a, WORDS, one, &state);
        assert_int_equal(cj_read(y, step, sizeof step), CJ_OK);
        for (int n = 0; n < N; n++)
            for (int w = 0; w < WORDS; w++) {
                float apart = step[n * WORDS + w] - whole[(n * WORDS + w) * T + t];
                if (!(fabsf(apart) < 2e-6F))
                    fail_msg("%s: step %d, word %d is %g off", text, t, w, (double)apart);
            }
    }
    cj_scope_free(s);
    cj_context_free(context);
}

static void test_token_by_token(void **unused)
{
    (void)unused;
    check_steps("lstm:layers=2,hidden=6,embedding=3");
    check_steps("gru:layers=2,hidden=6,embedding=3");
    check_steps("transformer:layers=2,hidden=8,heads=2,context=6");
}

static void test_tokens_refused(void **unused)
{
    (void)unused;
    cj_context *context = make_context();
    cj_architecture a;
    assert_int_equal(cj_architecture_parse(context, "lstm", &a), CJ_OK);
    cj_scope *s = cj_scope_new(context);
    cj_tensor *flat = cj_full(context, CJ_I32, 1, ((int64_t[]){4}), 0);
    assert_null(cj_language_model(s, &a, WORDS, flat, NULL));
    assert_non_null(strstr(cj_error(context), "[N, T]"));
    cj_scope_free(s);
    cj_context_free(context);
}

/* ---- graphs ---- */

static void test_graph_net(void **unused)
{
    (void)unused;
    static const float feature[4 * 3] = {1, 0, 2, 0, 1, 0, 3, 0, 1, 0, 0, 1};
    cj_context *context = make_context();
    cj_architecture a;
    float got[8], want[8];
    assert_int_equal(cj_architecture_parse(context, "gcn:hidden=5", &a), CJ_OK);
    cj_scope *s = cj_scope_new(context);
    cj_scope_build(s, false);
    cj_tensor *x = cj_tensor_from(context, CJ_F32, 2, ((int64_t[]){4, 3}), feature);
    cj_tensor *from =
        cj_tensor_from(context, CJ_I32, 1, ((int64_t[]){4}), ((int32_t[]){0, 1, 1, 3}));
    cj_tensor *to = cj_tensor_from(context, CJ_I32, 1, ((int64_t[]){4}), ((int32_t[]){1, 0, 3, 1}));
    cj_tensor *y = cj_graph_net(s, &a, 2, x, from, to);
    cj_tensor *h = cj_relu(cj_gcn_conv(s, "conv1", x, from, to, .out_features = 5));
    cj_tensor *z = cj_gcn_conv(s, "conv2", h, from, to, .out_features = 2);
    assert_int_equal(cj_read(y, got, sizeof got), CJ_OK);
    assert_int_equal(cj_read(z, want, sizeof want), CJ_OK);
    assert_memory_equal(got, want, sizeof got);
    assert_int_equal(cj_scope_parameters(s), 3 * 5 + 5 + 5 * 2 + 2);
    cj_scope_free(s);
    cj_context_free(context);
}

/* ---- pictures ---- */

/* -ELBO by its definition in f64, from the output of the net itself. */
static void test_elbo(void **unused)
{
    (void)unused;
    enum { PIXELS = 6, LATENT = 2, WIDE = PIXELS + 2 * LATENT };
    static const float pixel[N * PIXELS] = {0, 0.5F, 1, 0.25F, 0, 1, 1, 1, 0, 0, 0.75F, 0.1F};
    cj_context *context = make_context();
    cj_architecture a;
    float output[N * WIDE], loss, picture[N * PIXELS];
    double want = 0;
    assert_int_equal(cj_architecture_parse(context, "vae:hidden=5,latent=2", &a), CJ_OK);
    cj_scope *s = cj_scope_new(context);
    cj_scope_build(s, false);
    cj_tensor *x = cj_tensor_from(context, CJ_F32, 4, ((int64_t[]){N, 1, 2, 3}), pixel);
    cj_tensor *y = cj_picture_net(s, &a, x);
    assert_int_equal(cj_read(y, output, sizeof output), CJ_OK);
    assert_int_equal(cj_read(cj_elbo_loss(&a, y, x), &loss, sizeof loss), CJ_OK);
    for (int n = 0; n < N; n++) {
        const float *row = output + n * WIDE;
        for (int i = 0; i < PIXELS; i++) {
            double p = 1 / (1 + exp(-(double)row[i])), v = (double)pixel[n * PIXELS + i];
            want -= (v * log(p) + (1 - v) * log(1 - p)) / N;
        }
        for (int i = 0; i < LATENT; i++) {
            double m = (double)row[PIXELS + i], v = (double)row[PIXELS + LATENT + i];
            want += (exp(v) + m * m - 1 - v) / 2 / N;
        }
    }
    if (!(fabs((double)loss - want) < 1e-5 * want))
        fail_msg("-ELBO %.9g, by its definition %.9g", (double)loss, want);
    cj_tensor *code = cj_full(context, CJ_F32, 2, ((int64_t[]){N, LATENT}), 0.5);
    assert_int_equal(cj_read(cj_decode(s, &a, PIXELS, code), picture, sizeof picture), CJ_OK);
    for (int i = 0; i < N * PIXELS; i++)
        assert_true(picture[i] > 0 && picture[i] < 1);
    cj_scope_free(s);
    cj_context_free(context);
}

/* A U-net keeps any size, odd ones and such as cannot be halved so often too. */
static void test_unet_sizes(void **unused)
{
    (void)unused;
    static const int64_t size[][2] = {{8, 8}, {7, 5}, {1, 9}, {3, 2}};
    cj_context *context = make_context();
    cj_architecture a;
    assert_int_equal(cj_architecture_parse(context, "unet:layers=3,hidden=2", &a), CJ_OK);
    for (size_t i = 0; i < sizeof size / sizeof *size; i++) {
        cj_scope *s = cj_scope_new(context);
        int64_t shape[4] = {2, 3, size[i][0], size[i][1]};
        cj_scope_build(s, false);
        cj_tensor *y = cj_picture_net(s, &a, cj_full(context, CJ_F32, 4, shape, 0.5));
        assert_non_null(y);
        assert_memory_equal(cj_shape(y), shape, sizeof shape);
        cj_scope_free(s);
    }
    cj_scope *s = cj_scope_new(context);
    assert_null(cj_picture_net(s, &a, cj_full(context, CJ_F32, 1, ((int64_t[]){4}), 0)));
    assert_non_null(strstr(cj_error(context), "unet: x is"));
    cj_scope_free(s);
    cj_context_free(context);
}

/* ---- functions ---- */

/* On a finer grid of the same period a Fourier operator gives the same function: it has no grid of its own. */
static void test_operator_has_no_grid(void **unused)
{
    (void)unused;
    enum { POINTS = 16 };
    cj_context *context = make_context();
    cj_architecture a;
    float coarse[POINTS], fine[2 * POINTS], got[POINTS], again[2 * POINTS];
    for (int i = 0; i < 2 * POINTS; i++) {
        double x = 6.283185307179586 * i / (2 * POINTS);
        fine[i] = (float)(sin(x) + 0.5 * cos(2 * x));
        coarse[i / 2] = i % 2 ? coarse[i / 2] : fine[i];
    }
    assert_int_equal(cj_architecture_parse(context, "fno:layers=1,hidden=3,modes=4", &a), CJ_OK);
    cj_scope *s = cj_scope_new(context);
    cj_scope_build(s, false);
    cj_tensor *x = cj_tensor_from(context, CJ_F32, 3, ((int64_t[]){1, 1, POINTS}), coarse);
    cj_tensor *y = cj_tensor_from(context, CJ_F32, 3, ((int64_t[]){1, 1, 2 * POINTS}), fine);
    assert_int_equal(cj_read(cj_operator_net(s, &a, 1, x), got, sizeof got), CJ_OK);
    assert_int_equal(cj_read(cj_operator_net(s, &a, 1, y), again, sizeof again), CJ_OK);
    /* the channel of places is a saw, whose low modes differ a little between the grids */
    for (int i = 0; i < POINTS; i++)
        if (!(fabsf(got[i] - again[2 * i]) < 0.02F))
            fail_msg("point %d: %g, on the finer grid %g", i, (double)got[i], (double)again[2 * i]);
    assert_null(cj_operator_net(s, &a, 1, cj_full(context, CJ_F32, 3, ((int64_t[]){1, 1, 7}), 0)));
    assert_non_null(strstr(cj_error(context), "at least 2 modes = 8 points"));
    cj_scope_free(s);
    cj_context_free(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),           cmocka_unit_test(test_wrong),
        cmocka_unit_test(test_token_by_token), cmocka_unit_test(test_tokens_refused),
        cmocka_unit_test(test_graph_net),      cmocka_unit_test(test_elbo),
        cmocka_unit_test(test_unet_sizes),     cmocka_unit_test(test_operator_has_no_grid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
