/*
 * cj_optimiser_step: equal to the step on variables, and a gradient through an inner training
 * loop; groups, gradients given, noise, parameters that a loss does not use; averages of weights.
 */
#include "cajal/cajal.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const int64_t shape[2] = {2, 3};
static const double start[6] = {0.3, -0.7, 1.1, 0.2, 2.0, -1.5};

static const char *const every[] = {"sgd:lr=0.05,momentum=0.9,nesterov=true",
                                    "adam:lr=0.1",
                                    "adamw:lr=0.1",
                                    "adam:lr=0.1,amsgrad=true",
                                    "rmsprop:lr=0.02,momentum=0.9,centered=true",
                                    "adagrad:lr=0.3,initial_accumulator_value=0.5",
                                    "adadelta",
                                    "adamax:lr=0.1",
                                    "nadam:lr=0.1",
                                    "radam:lr=0.1,betas=0.8/0.9",
                                    "lion:lr=0.03",
                                    "lamb:lr=0.03,weight_decay=0.1",
                                    "novograd:lr=0.03",
                                    "muon:lr=0.05"};
enum { EVERY = sizeof every / sizeof every[0], STEPS = 7 };

/* weight sum((p - 1)^4) / 4 + sum((p - 1)^2) / 2 */
static cj_tensor *loss_of(cj_tensor *p, cj_tensor *weight)
{
    cj_tensor *square = cj_square(cj_shift(p, -1));
    cj_tensor *fourth = cj_scale(cj_mul(cj_square(square), weight), 0.25);
    return cj_sum(cj_add(fourth, cj_scale(square, 0.5)), CJ_ALL, false);
}

static cj_context *open_context(void)
{
    cj_context *context = cj_context_new(NULL, NULL, 0);
    assert_non_null(context);
    return context;
}

/* p after the steps, from p, unrolled. */
static cj_tensor *unroll(const cj_optimiser *o, cj_tensor *p, cj_tensor *weight, int steps)
{
    cj_tensor *state[CJ_OPTIMISER_STATES] = {NULL};
    for (int64_t t = 0; t < steps; t++) {
        cj_tensor *g;
        cj_grad(loss_of(p, weight), 1, &p, &g);
        cj_tensor *step = cj_scalar(cj_tensor_context(p), CJ_I64, (double)t);
        assert_int_equal(cj_optimiser_step(o, 1, &p, &g, state, &p, state, .step = step), CJ_OK);
    }
    return p;
}

/* The function form and the form on variables give the same bits. */
static void test_same_as_variables(void **state)
{
    (void)state;
    for (int i = 0; i < EVERY; i++) {
        cj_context *context = open_context();
        cj_scope *s = cj_scope_new(context);
        cj_optimiser o;
        double want[6];
        assert_int_equal(cj_optimiser_parse(context, every[i], &o), CJ_OK);
        cj_tensor *weight = cj_scalar(context, CJ_F64, 0.7);
        cj_tensor *p0 = cj_tensor_from(context, CJ_F64, 2, shape, start);
        cj_tensor *unrolled = unroll(&o, p0, weight, STEPS);
        if (cj_read(unrolled, want, sizeof want) != CJ_OK)
            fail_msg("%s: %s", every[i], cj_error(context));
        cj_tensor *p = cj_scope_get(s, "p", CJ_F64, 2, shape, cj_init_zeros());
        memcpy(cj_variable_data(cj_scope_find(s, "p")), start, sizeof start);
        assert_int_equal(cj_optimize(s, loss_of(p, weight), &o), CJ_OK);
        cj_updates updates = cj_scope_updates(s);
        cj_program *program = cj_compile(context, 0, NULL, &updates);
        assert_non_null(program);
        for (int t = 0; t < STEPS; t++)
            assert_int_equal(cj_run(program, 0, NULL), CJ_OK);
        if (memcmp(cj_variable_data(cj_scope_find(s, "p")), want, sizeof want) != 0)
            fail_msg("%s: the two forms differ", every[i]);
        assert_int_equal(cj_scope_count(s), 2 + cj_optimiser_states(&o, 2));
        cj_program_free(program);
        cj_context_free(context);
    }
}

static double outer(const cj_optimiser *o, cj_context *context, double weight)
{
    double value;
    cj_tensor *w = cj_scalar(context, CJ_F64, weight);
    cj_tensor *p = unroll(o, cj_tensor_from(context, CJ_F64, 2, shape, start), w, 4);
    assert_int_equal(cj_read(cj_sum(cj_square(p), CJ_ALL, false), &value, sizeof value), CJ_OK);
    return value;
}

/* d sum(p_4^2) / d weight, of p after four steps, against central differences. Lion's is 0. */
static void test_gradient_through_steps(void **state)
{
    (void)state;
    for (int i = 0; i < EVERY; i++) {
        cj_context *context = open_context();
        cj_optimiser o;
        double got, at = 0.7, h = 1e-6;
        assert_int_equal(cj_optimiser_parse(context, every[i], &o), CJ_OK);
        cj_tensor *w = cj_tap(cj_scalar(context, CJ_F64, at)), *g;
        cj_tensor *p = unroll(&o, cj_tensor_from(context, CJ_F64, 2, shape, start), w, 4);
        assert_int_equal(cj_grad(cj_sum(cj_square(p), CJ_ALL, false), 1, &w, &g), CJ_OK);
        assert_int_equal(cj_read(g, &got, sizeof got), CJ_OK);
        double want = (outer(&o, context, at + h) - outer(&o, context, at - h)) / (2 * h);
        if (!(fabs(got - want) <= 1e-6 * (1 + fabs(want))))
            fail_msg("%s: gradient %.12g, differences %.12g", every[i], got, want);
        if (o.kind != CJ_LION && fabs(want) < 1e-4)
            fail_msg("%s: the test asks nothing", every[i]);
        cj_context_free(context);
    }
}

/* A gradient of 0 in the inner loop leaves no NaN in the outer one. */
static void test_roots_at_zero(void **state)
{
    (void)state;
    cj_context *context = open_context();
    const double ones[6] = {1, 1, 1, 0, 1, 1};
    for (int i = 0; i < EVERY; i++) {
        cj_optimiser o;
        double got;
        assert_int_equal(cj_optimiser_parse(context, every[i], &o), CJ_OK);
        cj_tensor *w = cj_tap(cj_scalar(context, CJ_F64, 0.5)), *g;
        cj_tensor *p = unroll(&o, cj_tensor_from(context, CJ_F64, 2, shape, ones), w, 3);
        assert_int_equal(cj_grad(cj_sum(cj_square(p), CJ_ALL, false), 1, &w, &g), CJ_OK);
        assert_int_equal(cj_read(g, &got, sizeof got), CJ_OK);
        if (!isfinite(got))
            fail_msg("%s: %g", every[i], got);
    }
    cj_context_free(context);
}

/* ---- groups ---- */

static double number(cj_scope *s, const char *path, int i)
{
    return ((const double *)cj_variable_data(cj_scope_find(s, path)))[i];
}

static cj_scope *scope_of(cj_context *context, cj_tensor **a, cj_tensor **b, cj_tensor **c)
{
    cj_scope *s = cj_scope_new(context);
    *a = cj_scope_get(cj_scope_enter(s, "body"), "weight", CJ_F64, 2, shape, cj_init_ones());
    *b = cj_scope_get(cj_scope_enter(s, "body"), "bias", CJ_F64, 1, shape, cj_init_ones());
    *c = cj_scope_get(cj_scope_enter(s, "head"), "weight", CJ_F64, 2, shape, cj_init_ones());
    return s;
}

static void run_once(cj_context *context, cj_scope *s)
{
    cj_updates updates = cj_scope_updates(s);
    cj_program *program = cj_compile(context, 0, NULL, &updates);
    if (!program)
        fail_msg("%s", cj_error(context));
    assert_int_equal(cj_run(program, 0, NULL), CJ_OK);
    cj_program_free(program);
}

static cj_tensor *total(cj_tensor *x)
{
    return cj_sum(x, CJ_ALL, false);
}

static void test_groups(void **state)
{
    (void)state;
    cj_context *context = open_context();
    cj_tensor *a, *b, *c;
    cj_scope *s = scope_of(context, &a, &b, &c);
    cj_tensor *loss = cj_add(cj_add(total(a), total(b)), total(c));
    const cj_group group[] = {{.pattern = "nothing|*.bias", .lr = 0.5, .no_weight_decay = true},
                              {.pattern = "head.*", .optimiser = cj_adam(.lr = 0.25)}};
    assert_int_equal(cj_optimize(s, loss, cj_sgd(.lr = 0.1, .weight_decay = 1), .group_count = 2,
                                 .group = group),
                     CJ_OK);
    run_once(context, s);
    assert_true(fabs(number(s, "body.weight", 3) - 0.8) < 1e-15);
    assert_true(fabs(number(s, "body.bias", 1) - 0.5) < 1e-15);
    assert_true(fabs(number(s, "head.weight", 5) - 0.75) < 1e-7);
    assert_non_null(cj_scope_find(s, "optimizer.exp_avg.head.weight"));
    assert_null(cj_scope_find(s, "optimizer.exp_avg.body.weight"));
    const cj_group frozen[] = {{.pattern = "b?dy.*", .frozen = true}};
    cj_scope_build(s, true);
    assert_int_equal(cj_optimize(s, loss, cj_sgd(.lr = 0.1), .group_count = 1, .group = frozen),
                     CJ_OK);
    run_once(context, s);
    assert_true(fabs(number(s, "body.weight", 3) - 0.8) < 1e-15);
    assert_true(fabs(number(s, "head.weight", 5) - 0.65) < 1e-7);
    cj_context_free(context);
}

/* Two losses on two scopes, one descends and one ascends, in one program; one step is counted. */
static void test_two_optimisers(void **state)
{
    (void)state;
    cj_context *context = open_context();
    cj_tensor *a, *b, *c;
    cj_scope *s = scope_of(context, &a, &b, &c);
    cj_tensor *loss = total(cj_mul(a, c));
    assert_int_equal(cj_optimize(cj_scope_enter(s, "body"), loss, cj_sgd(.lr = 0.1)), CJ_OK);
    assert_int_equal(
        cj_optimize(cj_scope_enter(s, "head"), loss, cj_sgd(.lr = 0.2, .maximize = true)), CJ_OK);
    run_once(context, s);
    assert_true(fabs(number(s, "body.weight", 0) - 0.9) < 1e-15);
    assert_true(number(s, "body.bias", 0) == 1);
    assert_true(fabs(number(s, "head.weight", 0) - 1.2) < 1e-15);
    int64_t step;
    assert_int_equal(cj_scope_copy_out(s, "step", CJ_I64, 0, NULL, &step), CJ_OK);
    assert_int_equal(step, 1);
    cj_context_free(context);
}

/* What a loss does not use stays, decay or not, and gets no state. */
static void test_unused_stay(void **state)
{
    (void)state;
    cj_context *context = open_context();
    cj_tensor *a, *b, *c;
    cj_scope *s = scope_of(context, &a, &b, &c);
    assert_int_equal(cj_optimize(s, total(a), cj_adamw(0.5)), CJ_OK);
    run_once(context, s);
    assert_true(number(s, "body.weight", 0) < 1 && number(s, "head.weight", 0) == 1);
    assert_null(cj_scope_find(s, "optimizer.exp_avg.head.weight"));
    cj_scope_build(s, true);
    assert_int_equal(cj_optimize(s, cj_scalar(context, CJ_F64, 1), cj_adam(), .clip_norm = 1),
                     CJ_OK);
    run_once(context, s);
    assert_true(number(s, "head.weight", 0) == 1);
    assert_int_equal(cj_optimize(s, cj_scalar(context, CJ_I32, 1), cj_adam()), CJ_SHAPE);
    assert_non_null(strstr(cj_error(context), "it must be one float"));
    cj_context_free(context);
}

/* Gradients made by other means; a projection of what the step recorded. */
static void test_given_gradients(void **state)
{
    (void)state;
    cj_context *context = open_context();
    cj_tensor *a, *b, *c;
    cj_scope *s = scope_of(context, &a, &b, &c);
    cj_variable *v = cj_scope_find(s, "body.weight");
    cj_tensor *g = cj_tensor_from(context, CJ_F64, 2, shape, start);
    assert_int_equal(
        cj_optimize(s, NULL, cj_sgd(.lr = 1), .count = 1, .variable = &v, .gradient = &g), CJ_OK);
    cj_tensor *next = cj_scope_latest_variable(s, v);
    cj_scope_record_variable(s, v, cj_maximum(next, cj_like(next, 0)));
    run_once(context, s);
    for (int i = 0; i < 6; i++)
        assert_true(fabs(number(s, "body.weight", i) - fmax(1 - start[i], 0)) < 1e-15);
    assert_int_equal(
        cj_optimize(s, total(a), cj_adam(), .count = 1, .variable = &v, .gradient = &g),
        CJ_INVALID);
    cj_context_free(context);
}

/* Noise of variance eta / (1 + t)^gamma: two runs agree, the mean square is the variance. */
static void test_noise(void **state)
{
    (void)state;
    const int64_t many[1] = {20000};
    double first[2] = {0};
    for (int round = 0; round < 2; round++) {
        cj_context *context = open_context();
        cj_scope *s = cj_scope_new(context);
        cj_tensor *p = cj_scope_get(s, "p", CJ_F64, 1, many, cj_init_zeros());
        int64_t step = 3;
        cj_scope_step(s);
        assert_int_equal(cj_scope_copy_in(s, "step", CJ_I64, 0, NULL, &step), CJ_OK);
        assert_int_equal(cj_optimize(s, cj_scale(total(p), 0), cj_sgd(.lr = 1), .noise_eta = 0.09,
                                     .noise_gamma = 1),
                         CJ_OK);
        run_once(context, s);
        double sum = 0;
        for (int i = 0; i < many[0]; i++)
            sum += number(s, "p", i) * number(s, "p", i);
        first[round] = number(s, "p", 7);
        assert_true(fabs(sum / 20000 - 0.09 / 4) < 0.0015);
        cj_context_free(context);
    }
    assert_true(first[0] == first[1] && first[0] != 0);
}

/* ---- averages ---- */

static void test_averages(void **state)
{
    (void)state;
    for (int swa = 0; swa < 2; swa++) {
        cj_context *context = open_context();
        cj_tensor *a, *b, *c;
        cj_scope *s = scope_of(context, &a, &b, &c);
        cj_tensor *loss = total(cj_square(a));
        assert_int_equal(cj_optimize(s, loss, cj_sgd(.lr = 0.1)), CJ_OK);
        if (swa)
            assert_int_equal(cj_average(cj_scope_enter(s, "body"), 0, .start = 2, .every = 3),
                             CJ_OK);
        else
            assert_int_equal(cj_average(cj_scope_enter(s, "body"), 0.75), CJ_OK);
        cj_updates updates = cj_scope_updates(s);
        cj_scope *averaged = cj_average_scope(s);
        cj_tensor *read = cj_scope_get(cj_scope_enter(averaged, "body"), "weight", CJ_F64, 2, shape,
                                       cj_init_ones());
        cj_tensor *other = cj_scope_get(cj_scope_enter(averaged, "head"), "weight", CJ_F64, 2,
                                        shape, cj_init_zeros());
        cj_program *step = cj_compile(context, 0, NULL, &updates);
        cj_tensor *out[2] = {read, other};
        cj_program *show = cj_compile(context, 2, out, NULL);
        assert_true(step && show);
        double p = 1, average = 1, sum = 0, n = 0;
        for (int t = 0; t < 10; t++) {
            p *= 0.8;
            if (!swa) {
                average = t ? 0.75 * average + 0.25 * p : p;
            } else if (t < 2) {
                average = p;
            } else if ((t - 2) % 3 == 0) {
                sum += p;
                average = sum / ++n;
            }
            assert_int_equal(cj_run(step, 0, NULL), CJ_OK);
            assert_int_equal(cj_run(show, 0, NULL), CJ_OK);
            assert_true(fabs(cj_output_number(show, 0) - average) < 1e-14);
            assert_true(cj_output_number(show, 1) == 1);
        }
        cj_program_free(step);
        cj_program_free(show);
        cj_context_free(context);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_as_variables), cmocka_unit_test(test_gradient_through_steps),
        cmocka_unit_test(test_roots_at_zero),     cmocka_unit_test(test_groups),
        cmocka_unit_test(test_two_optimisers),    cmocka_unit_test(test_unused_stay),
        cmocka_unit_test(test_given_gradients),   cmocka_unit_test(test_noise),
        cmocka_unit_test(test_averages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
