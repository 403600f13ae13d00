/*
 * Layers that learn alone: values against loops, derivatives, locality, masks, what is refused.
 */
#include "cajal/cajal.h"
#include "support/derivatives.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

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

static void read_f64(cj_tensor *x, int count, double *out)
{
    if (!x || cj_read(x, out, (size_t)count * sizeof *out) != CJ_OK)
        fail_msg("%s", cj_error(context));
}

static void loss_is_the_formula(void **state)
{
    (void)state;
    static const double y[4][3] = {{1, 2, 0}, {0, 0, 0}, {3, 1, 1}, {0.5, 0.5, 1}};
    static const double theta = 2.5;
    for (int least = 0; least < 2; least++) {
        double want = 0, got;
        for (int i = 0; i < 4; i++) {
            double g = y[i][0] * y[i][0] + y[i][1] * y[i][1] + y[i][2] * y[i][2];
            double p = 1 / (1 + exp(least ? g - theta : theta - g));
            want -= log(i < 2 ? p : 1 - p) / 4;
        }
        cj_tensor *t = cj_tensor_from(context, CJ_F64, 2, (int64_t[]){4, 3}, y);
        read_f64(cj_forward_forward_loss(t, theta, least), 1, &got);
        assert_true(fabs(got - want) < 1e-14 * fabs(want));
    }
}

static cj_tensor *loss_of(cj_tensor **x)
{
    return cj_forward_forward_loss(x[0], 3, false);
}

static void derivatives(void **state)
{
    (void)state;
    function f = {.name = "forward_forward_loss",
                  .build = loss_of,
                  .inputs = 1,
                  .low = -2,
                  .high = 2,
                  .input = {{2, {6, 4}}}};
    check_derivatives(&f, false);
}

static void layer_takes_the_length_away(void **state)
{
    (void)state;
    static const double x[3][2] = {{3, 4}, {0.003, 0.004}, {0, 0}};
    double y[3][5];
    cj_scope *s = cj_scope_new(context);
    cj_scope_set_dtype(s, CJ_F64);
    cj_tensor *t = cj_tensor_from(context, CJ_F64, 2, (int64_t[]){3, 2}, x);
    read_f64(cj_forward_forward(s, "fc", t, 5), 15, y[0]);
    for (int j = 0; j < 5; j++) {
        assert_true(fabs(y[0][j] - y[1][j]) <= 1e-12 * fabs(y[0][j]));
        assert_true(y[2][j] == 0);
    }
    assert_int_equal(cj_scope_parameters(s), 15);
}

static void masks_are_patches(void **state)
{
    (void)state;
    enum { N = 20, SIDE = 28 };
    static uint8_t mask[N][SIDE][SIDE];
    double changes[2];
    for (int way = 0; way < 2; way++) {
        double share = 0;
        changes[way] = 0;
        cj_tensor *m = cj_hybrid_mask(cj_key(context, 7), N, SIDE, SIDE, way ? 6 : 0);
        if (!m || cj_read(m, mask, sizeof mask) != CJ_OK)
            fail_msg("%s", cj_error(context));
        for (int i = 0; i < N; i++)
            for (int r = 0; r < SIDE; r++)
                for (int c = 0; c < SIDE; c++) {
                    share += mask[i][r][c];
                    changes[way] += c && mask[i][r][c] != mask[i][r][c - 1];
                }
        share /= N * SIDE * SIDE;
        assert_true(share > 0.4 && share < 0.6);
    }
    assert_true(changes[1] < 0.4 * changes[0]);
}

static void wrong_shapes_are_refused(void **state)
{
    (void)state;
    cj_tensor *odd = cj_full(context, CJ_F32, 2, (int64_t[]){3, 4}, 1);
    assert_null(cj_forward_forward_loss(odd, 4, false));
    assert_int_equal(cj_context_status(context), CJ_SHAPE);
    assert_non_null(strstr(cj_error(context), "forward_forward_loss"));
    cj_error_clear(context);
    assert_null(cj_forward_forward_loss(cj_full(context, CJ_F32, 1, (int64_t[]){4}, 1), 4, false));
    cj_error_clear(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(loss_is_the_formula, set_up, tear_down),
        cmocka_unit_test(derivatives),
        cmocka_unit_test_setup_teardown(layer_takes_the_length_away, set_up, tear_down),
        cmocka_unit_test_setup_teardown(masks_are_patches, set_up, tear_down),
        cmocka_unit_test_setup_teardown(wrong_shapes_are_refused, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
