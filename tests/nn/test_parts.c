/*
 * Layers and losses that torch.nn has not, against their formulas in torch (tests/golden/nn_parts.py): outputs, first
 * derivatives by x and every parameter, second derivatives by x, in f64 and f32; then draws, ends, and refusals.
 */
#include "cajal/cajal.h"
#include "golden/nn_parts.h"
#include "support/golden_check.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define LAYER(name, ...)                                                                           \
    static cj_tensor *name(cj_scope *s, cj_tensor *x, cj_tensor *extra)                            \
    {                                                                                              \
        (void)s;                                                                                   \
        (void)extra;                                                                               \
        return __VA_ARGS__;                                                                        \
    }

static cj_tensor *keep(cj_tensor *x)
{
    const uint8_t value[] = {1, 1, 1, 1, 1, 1, 0, 1, 1, 0};
    return cj_tensor_from(cj_tensor_context(x), CJ_BOOL, 2, (int64_t[]){2, 5}, value);
}

static cj_tensor *cell(cj_scope *s, cj_tensor *x, cj_tensor *extra)
{
    cj_tensor *both[2];
    both[0] = cj_layer_norm_lstm_cell(s, "m", x, extra, cj_square(extra), &both[1]);
    return cj_concat(1, 2, both);
}

LAYER(random_fourier_features, cj_random_fourier_features(s, "m", x, 3, 1))
LAYER(siren, cj_siren(s, "m", x, .out_features = 2, .omega = 5))
LAYER(film, cj_film(s, "m", x, extra))
LAYER(sparsemax, cj_sparsemax(x, 1))
LAYER(sparsemax_0, cj_sparsemax(x, -3))
LAYER(entmax15, cj_entmax15(x, -1))
LAYER(entmax15_0, cj_entmax15(x, 0))
LAYER(soft_argmax, cj_soft_argmax(x))
LAYER(local_response_norm, cj_local_response_norm(x, 3, 0.5, 0.75, 1.5))
LAYER(local_response_norm_even, cj_local_response_norm(x, 4, 0.8, 0.6, 1))
LAYER(gem_pool, cj_gem_pool(s, "m", x))
LAYER(additive_attention, cj_additive_attention(s, "m", x, extra, .features = 4, .keep = keep(x)))
LAYER(ssim, cj_ssim(x, extra, 1))
LAYER(total_variation, cj_total_variation(x))
LAYER(relative_l2_loss, cj_relative_l2_loss(x, extra))
LAYER(affine_grid_0, cj_affine_grid(x, 3, 4, false))
LAYER(affine_grid_1, cj_affine_grid(x, 3, 4, true))
LAYER(affine_grid_one, cj_affine_grid(x, 1, 2, true))

static const golden_row builders[] = {
    {"random_fourier_features", random_fourier_features},
    {"siren", siren},
    {"film", film},
    {"sparsemax", sparsemax},
    {"sparsemax_0", sparsemax_0},
    {"entmax15", entmax15},
    {"entmax15_0", entmax15_0},
    {"soft_argmax", soft_argmax},
    {"local_response_norm", local_response_norm},
    {"local_response_norm_even", local_response_norm_even},
    {"gem_pool", gem_pool},
    {"additive_attention", additive_attention},
    {"layer_norm_lstm_cell", cell},
    {"ssim", ssim},
    {"total_variation", total_variation},
    {"relative_l2_loss", relative_l2_loss},
    {"affine_grid_0", affine_grid_0},
    {"affine_grid_1", affine_grid_1},
    {"affine_grid_one", affine_grid_one},
};

static void check_all(cj_dtype dtype, double tolerance)
{
    golden_check_all(sizeof nn_parts / sizeof *nn_parts, nn_parts,
                     sizeof builders / sizeof *builders, builders, dtype, tolerance);
}

static void test_f64(void **state)
{
    (void)state;
    check_all(CJ_F64, 1e-10);
}

static void test_f32(void **state)
{
    (void)state;
    check_all(CJ_F32, 1e-4);
}

static cj_context *context;

static int set_up(void **state)
{
    (void)state;
    context = cj_context_new(NULL, NULL, 0);
    return context ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    cj_context_free(context);
    return 0;
}

static cj_tensor *values(int rank, const int64_t *shape, const double *value)
{
    return cj_tensor_from(context, CJ_F64, rank, shape, value);
}

/* One candidate, ties, and a winner far ahead: exact zeros and ones. */
static void test_ends_of_the_simplex(void **state)
{
    (void)state;
    double got[6];
    cj_tensor *x = values(2, (int64_t[]){2, 3}, (double[]){5, 5, -1, 40, 0, -700});
    assert_int_equal(cj_read(cj_sparsemax(x, 1), got, sizeof got), CJ_OK);
    assert_memory_equal(got, ((double[]){0.5, 0.5, 0, 1, 0, 0}), sizeof got);
    assert_int_equal(cj_read(cj_entmax15(x, 1), got, sizeof got), CJ_OK);
    for (int i = 0; i < 6; i++)
        assert_true(fabs(got[i] - ((double[]){0.5, 0.5, 0, 1, 0, 0})[i]) < 1e-15);
    cj_tensor *one = values(1, (int64_t[]){1}, (double[]){-3});
    assert_int_equal(cj_read(cj_entmax15(one, 0), got, sizeof *got), CJ_OK);
    assert_true(got[0] == 1);
    assert_null(cj_sparsemax(x, 2));
    assert_non_null(strstr(cj_error(context), "sparsemax: f64[2, 3] has no axis 2"));
}

/* Hard draws are one-hot, as often as the softmax says, with the soft ones' derivative. */
static void test_gumbel_softmax(void **state)
{
    (void)state;
    enum { N = 20000 };
    static float y[N][2];
    float soft[N][2], gradient[2][2];
    int64_t shape[] = {N, 2};
    cj_tensor *p = cj_tensor_from(context, CJ_F32, 1, (int64_t[]){2}, (float[]){0, 1});
    cj_tensor *logits = cj_expand(cj_reshape(p, 2, (int64_t[]){1, 2}), 2, shape);
    cj_tensor *key = cj_key(context, 7);
    cj_tensor *hard = cj_gumbel_softmax(key, logits, 1, 0.5, true);
    cj_tensor *easy = cj_gumbel_softmax(key, logits, 1, 0.5, false);
    assert_int_equal(cj_read(hard, y, sizeof y), CJ_OK);
    assert_int_equal(cj_read(easy, soft, sizeof soft), CJ_OK);
    int second = 0;
    for (int i = 0; i < N; i++) {
        assert_true(y[i][0] + y[i][1] == 1 && (y[i][1] == 1) == (soft[i][1] > soft[i][0]));
        second += y[i][1] == 1;
    }
    double expected = N * exp(1) / (1 + exp(1));
    assert_true(fabs(second - expected) < 5 * sqrt(N * 0.2));
    cj_tensor *g;
    for (int i = 0; i < 2; i++) {
        cj_tensor *part = cj_narrow(i ? easy : hard, 1, 0, 1);
        assert_int_equal(cj_grad(cj_sum(part, CJ_ALL, false), 1, &p, &g), CJ_OK);
        assert_int_equal(cj_read(g, gradient[i], sizeof gradient[i]), CJ_OK);
    }
    assert_memory_equal(gradient[0], gradient[1], sizeof gradient[0]);
    assert_null(cj_gumbel_softmax(key, logits, 1, 0, true));
    assert_non_null(strstr(cj_error(context), "the temperature is 0"));
}

/* Whole examples go, others are divided by 1 - p, and nothing happens outside training. */
static void test_drop_path(void **state)
{
    (void)state;
    enum { N = 4000 };
    float y[N][3];
    cj_scope *s = cj_scope_new(context);
    cj_tensor *x = cj_full(context, CJ_F32, 2, (int64_t[]){N, 3}, 3);
    cj_scope_build(s, false);
    assert_ptr_equal(cj_drop_path(s, x, 0.25), x);
    cj_scope_build(s, true);
    assert_int_equal(cj_read(cj_drop_path(s, x, 0.25), y, sizeof y), CJ_OK);
    int dropped = 0;
    for (int i = 0; i < N; i++) {
        assert_true(y[i][0] == 0 || fabsf(y[i][0] - 4) < 1e-6f);
        assert_true(y[i][0] == y[i][1] && y[i][1] == y[i][2]);
        dropped += y[i][0] == 0;
    }
    assert_true(fabs(dropped - N / 4.0) < 5 * 28);
    assert_null(cj_drop_path(s, x, 1.5));
    assert_non_null(strstr(cj_error(context), "drop_path in"));
}

/* Where the first values lie. */
static void test_first_values(void **state)
{
    (void)state;
    cj_scope *s = cj_scope_new(context);
    cj_tensor *x = cj_full(context, CJ_F32, 2, (int64_t[]){2, 6}, 1);
    cj_siren(s, "first", x, .out_features = 500, .first = true);
    cj_siren(s, "next", x, .out_features = 500);
    for (int layer = 0; layer < 2; layer++) {
        const char *name = layer ? "next.weight" : "first.weight";
        cj_tensor *w = cj_variable_read(cj_scope_find(s, name));
        cj_description info;
        assert_int_equal(cj_describe(w, &info), CJ_OK);
        double bound = layer ? sqrt(6.0 / 6) / 30 : 1 / 6.0;
        assert_true(info.max <= bound * (1 + 1e-6) && info.max > 0.99 * bound);
        assert_true(-info.min <= bound * (1 + 1e-6) && -info.min > 0.99 * bound);
    }
    cj_gem_pool(s, "gem", cj_full(context, CJ_F32, 3, (int64_t[]){1, 1, 2}, 1));
    assert_true(*(const float *)cj_variable_data(cj_scope_find(s, "gem.p")) == 3);
}

static void refused(const cj_tensor *x, const char *words)
{
    assert_null(x);
    if (!strstr(cj_error(context), words))
        fail_msg("'%s' does not say '%s'", cj_error(context), words);
    cj_error_clear(context);
}

static void test_refusals(void **state)
{
    (void)state;
    cj_scope *s = cj_scope_new(context);
    cj_tensor *x = cj_full(context, CJ_F32, 2, (int64_t[]){2, 3}, 1), *c;
    cj_tensor *three = cj_full(context, CJ_F32, 2, (int64_t[]){3, 3}, 1);
    refused(cj_film(s, "f", x, three), "film 'f': x is f32[2, 3], the condition f32[3, 3]");
    refused(cj_random_fourier_features(s, "r", x, 0, 1),
            "random_fourier_features 'r' on f32[2, 3]");
    refused(cj_additive_attention(s, "a", x, x, .features = 2),
            "additive_attention 'a': query f32");
    refused(cj_layer_norm_lstm_cell(s, "l", x, three, three, &c), "x is f32[2, 3], h f32[3, 3]");
    refused(cj_local_response_norm(x, 0, 1, 1, 1), "a size of at least 1, not 0");
    refused(cj_ssim(x, x, 1), "ssim: x is f32[2, 3], range 1");
    refused(cj_relative_l2_loss(x, three), "the prediction is f32[2, 3], the target f32[3, 3]");
    refused(cj_affine_grid(x, 2, 2, true), "affine_grid: theta is f32[2, 3]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_f64),
        cmocka_unit_test(test_f32),
        cmocka_unit_test_setup_teardown(test_ends_of_the_simplex, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_gumbel_softmax, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_drop_path, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_first_values, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refusals, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
