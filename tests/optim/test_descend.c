/*
 * cj_descend: an inner training in the graph gives the bits of the training on variables, its state goes on, and
 * it has the gradient that differences have.
 */
#include "cajal/cajal.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { N = 16, STEPS = 30 };

static cj_context *context;

static int setup(void **state)
{
    (void)state;
    context = cj_context_new(NULL, NULL, 0);
    return context == NULL;
}

static int teardown(void **state)
{
    (void)state;
    cj_context_free(context);
    return 0;
}

static const int64_t w_shape[2] = {2, 1};
static const double w0[2] = {0.3, -0.2}, b0[1] = {0.1};

/* sum((tanh(x w + b) - y)^2) scaled by the user's tensor; a batch a row. */
static cj_tensor *loss_of(cj_tensor *scale, cj_tensor *const *p, cj_tensor *x)
{
    cj_tensor *y = cj_mul(cj_sin(cj_narrow(x, 1, 0, 1)), cj_narrow(x, 1, 1, 2));
    cj_tensor *off = cj_sub(cj_tanh(cj_add(cj_matmul(x, p[0]), p[1])), y);
    return cj_sum(cj_mul(cj_square(off), scale), CJ_ALL, false);
}

static cj_tensor *inner(void *user, cj_tensor *step, cj_tensor *const *p, cj_tensor *const *x)
{
    (void)step;
    return loss_of(user, p, x[0]);
}

static cj_tensor *batches(void)
{
    cj_tensor *x = cj_random_normal(cj_key(context, 6), CJ_F64, 3, (int64_t[]){STEPS, N, 2});
    return cj_eval(x);
}

static void start(cj_tensor **p)
{
    p[0] = cj_tensor_from(context, CJ_F64, 2, w_shape, w0);
    p[1] = cj_tensor_from(context, CJ_F64, 1, (int64_t[]){1}, b0);
}

static void read(cj_tensor *x, double *out)
{
    if (!x || cj_read(x, out, (size_t)cj_elements(x) * sizeof *out) != CJ_OK)
        fail_msg("%s", cj_error(context));
}

static const char *const every[] = {"sgd:lr=0.01,momentum=0.9",
                                    "adam:lr=0.05",
                                    "nadam:lr=0.05",
                                    "muon:lr=0.02",
                                    "rmsprop:lr=0.01,centered=true,momentum=0.5",
                                    "novograd:lr=0.01"};

static void test_bits(void **state)
{
    (void)state;
    cj_tensor *x = batches(), *one = cj_scalar(context, CJ_F64, 1);
    for (size_t i = 0; i < sizeof every / sizeof every[0]; i++) {
        cj_optimiser o;
        cj_schedule cosine = *cj_cosine_rate(.warmup = 4);
        cj_tensor *p[2], *losses;
        double w[2], b[1], loss[STEPS];
        assert_int_equal(cj_optimiser_parse(context, every[i], &o), CJ_OK);
        start(p);
        if (cj_descend(inner, one, &o, 0, 2, p, p, .xs = 1, .x = &x, .schedule = &cosine,
                       .losses = &losses) != CJ_OK)
            fail_msg("%s: %s", every[i], cj_error(context));
        read(p[0], w);
        read(p[1], b);
        read(losses, loss);
        cj_scope *s = cj_scope_new(context);
        cj_scope_set_dtype(s, CJ_F64);
        p[0] = cj_scope_get(s, "w", CJ_F64, 2, w_shape, cj_init_zeros());
        p[1] = cj_scope_get(s, "b", CJ_F64, 1, (int64_t[]){1}, cj_init_zeros());
        cj_scope_copy_in(s, "w", CJ_F64, 2, w_shape, w0);
        cj_scope_copy_in(s, "b", CJ_F64, 1, (int64_t[]){1}, b0);
        cj_tensor *fed = cj_input(context, "x", CJ_F64, 2, (int64_t[]){N, 2});
        cj_tensor *l = loss_of(one, p, fed), *rate = cj_scope_rate(s, &cosine, o.lr, 0, STEPS);
        assert_int_equal(cj_optimize(s, l, &o, .rate = rate), CJ_OK);
        cj_updates updates = cj_scope_updates(s);
        cj_program *program = cj_compile(context, 1, &l, &updates);
        assert_non_null(program);
        double all[STEPS][N][2];
        read(x, &all[0][0][0]);
        for (int t = 0; t < STEPS; t++) {
            const cj_feed feed = {"x", all[t]};
            assert_int_equal(cj_run(program, 1, &feed), CJ_OK);
            if (cj_output_number(program, 0) != loss[t])
                fail_msg("%s: the loss of step %d differs", every[i], t);
        }
        assert_memory_equal(cj_variable_data(cj_scope_find(s, "w")), w, sizeof w);
        assert_memory_equal(cj_variable_data(cj_scope_find(s, "b")), b, sizeof b);
        cj_program_free(program);
        cj_scope_free(s);
    }
}

/* Two halves, the second with the state and step of the first, are the whole. */
static void test_goes_on(void **state)
{
    (void)state;
    cj_tensor *x = batches(), *one = cj_scalar(context, CJ_F64, 1);
    for (size_t i = 0; i < sizeof every / sizeof every[0]; i++) {
        cj_optimiser o;
        cj_tensor *p[2], *half, *s[2 * CJ_OPTIMISER_STATES];
        double whole[2], w[2];
        assert_int_equal(cj_optimiser_parse(context, every[i], &o), CJ_OK);
        start(p);
        cj_descend(inner, one, &o, STEPS, 2, p, p, .xs = 1, .x = &x);
        read(p[0], whole);
        start(p);
        half = cj_narrow(x, 0, 0, 12);
        cj_descend(inner, one, &o, 12, 2, p, p, .xs = 1, .x = &half, .new_state = s);
        half = cj_narrow(x, 0, 12, STEPS);
        cj_descend(inner, one, &o, 0, 2, p, p, .xs = 1, .x = &half, .state = s,
                   .step = cj_scalar(context, CJ_I64, 12));
        read(p[0], w);
        assert_memory_equal(whole, w, sizeof w);
    }
}

static cj_tensor *outer(const cj_optimiser *o, cj_tensor *scale, cj_tensor *x)
{
    cj_tensor *p[2];
    start(p);
    cj_descend(inner, scale, o, 0, 2, p, p, .xs = 1, .x = &x);
    cj_tensor *fresh = cj_squeeze(cj_narrow(x, 0, 0, 1), 0);
    return loss_of(cj_scalar(context, CJ_F64, 1), p, fresh);
}

/* d outer / d scale, and its derivative, through the 30 steps. */
static void test_gradient(void **state)
{
    (void)state;
    cj_tensor *x = batches();
    for (size_t i = 0; i < sizeof every / sizeof every[0]; i++) {
        cj_optimiser o;
        double got[2], at[3], h = 1e-4;
        assert_int_equal(cj_optimiser_parse(context, every[i], &o), CJ_OK);
        cj_tensor *scale = cj_tap(cj_scalar(context, CJ_F64, 0.8)), *g, *gg;
        assert_int_equal(cj_grad(outer(&o, scale, x), 1, &scale, &g), CJ_OK);
        assert_int_equal(cj_grad(g, 1, &scale, &gg), CJ_OK);
        read(g, &got[0]);
        read(gg, &got[1]);
        for (int k = 0; k < 3; k++)
            read(outer(&o, cj_scalar(context, CJ_F64, 0.8 + (k - 1) * h), x), &at[k]);
        double first = (at[2] - at[0]) / (2 * h), second = (at[2] - 2 * at[1] + at[0]) / (h * h);
        if (!(fabs(got[0] - first) <= 1e-5 * (1 + fabs(first))) ||
            !(fabs(got[1] - second) <= 1e-4 * (1 + fabs(second))))
            fail_msg("%s: %.12g and %.12g, differences %.12g and %.12g", every[i], got[0], got[1],
                     first, second);
    }
}

static void test_errors(void **state)
{
    (void)state;
    cj_tensor *p[2], *x = batches();
    start(p);
    assert_int_equal(cj_descend(inner, NULL, cj_adam(), 7, 2, p, p, .xs = 1, .x = &x), CJ_INVALID);
    assert_non_null(strstr(cj_error(context), "is not the number of steps"));
    cj_error_clear(context);
    assert_int_equal(cj_descend(inner, NULL, cj_adam(), 0, 2, p, p), CJ_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_bits, setup, teardown),
        cmocka_unit_test_setup_teardown(test_goes_on, setup, teardown),
        cmocka_unit_test_setup_teardown(test_gradient, setup, teardown),
        cmocka_unit_test_setup_teardown(test_errors, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
