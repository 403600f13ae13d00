/*
 * Optimisers, clipping and schedules against ten steps of torch.optim
 * (tests/golden/optim_trajectories.py), in f64 and f32.
 */
#include "cajal/cajal.h"
#include "golden/optim_trajectories.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const int64_t p_shape[2] = {2, 3}, q_shape[1] = {3};

static cj_tensor *constant(cj_context *context, cj_dtype dtype, const double *data)
{
    return cj_cast(cj_tensor_from(context, CJ_F64, 2, p_shape, data), dtype);
}

static void set(cj_scope *s, const char *name, const double *from, int n)
{
    cj_variable *v = cj_scope_find(s, name);
    for (int i = 0; i < n; i++) {
        if (cj_variable_dtype(v) == CJ_F64)
            ((double *)cj_variable_data(v))[i] = from[i];
        else
            ((float *)cj_variable_data(v))[i] = (float)from[i];
    }
}

static double get(cj_scope *s, const char *name, int i)
{
    cj_variable *v = cj_scope_find(s, name);
    const void *data = cj_variable_data(v);
    return cj_variable_dtype(v) == CJ_F64 ? ((const double *)data)[i] : ((const float *)data)[i];
}

/* sum(c (p - target)^4) / 4 + sum(q p[0]) */
static cj_tensor *loss_of(cj_scope *s, cj_dtype dtype)
{
    cj_context *context = cj_scope_context(s);
    cj_tensor *p = cj_scope_get(s, "p", dtype, 2, p_shape, cj_init_zeros());
    cj_tensor *q = cj_scope_get(s, "q", dtype, 1, q_shape, cj_init_zeros());
    cj_tensor *d = cj_square(cj_square(cj_sub(p, constant(context, dtype, trajectory_target))));
    cj_tensor *first = cj_sum(cj_mul(constant(context, dtype, trajectory_c), d), CJ_ALL, false);
    cj_tensor *second = cj_sum(cj_mul(q, cj_squeeze(cj_narrow(p, 0, 0, 1), 0)), CJ_ALL, false);
    return cj_add(cj_scale(first, 0.25), second);
}

static cj_tensor *rate_of(cj_scope *s, const char *words, double lr)
{
    cj_tensor *step = cj_variable_read(cj_scope_step(s));
    if (strstr(words, " cosine"))
        return cj_schedule_rate(cj_cosine_rate(.eta_min = 0.01), step, lr, 1, TRAJECTORY_STEPS);
    if (strstr(words, " step"))
        return cj_schedule_rate(cj_step_rate(.step_size = 2, .gamma = 0.5), step, lr, 1, 0);
    if (strstr(words, " warmup"))
        return cj_schedule_rate(cj_constant_rate(.warmup = 4), step, lr, 0, 0);
    return NULL;
}

static void follow(const trajectory *t, cj_dtype dtype, double tolerance)
{
    cj_context *context = cj_context_new(NULL, NULL, 0);
    cj_scope *s = cj_scope_new(context);
    char text[128];
    snprintf(text, sizeof text, "%.*s", (int)strcspn(t->name, " "), t->name);
    cj_optimiser optimiser;
    assert_int_equal(cj_optimiser_parse(context, text, &optimiser), CJ_OK);
    cj_scope_set_dtype(s, dtype);
    cj_scope_build(s, true);
    cj_tensor *loss = loss_of(s, dtype);
    set(s, "p", trajectory_p0, 6);
    set(s, "q", trajectory_q0, 3);
    assert_int_equal(cj_optimize(s, loss, &optimiser, .rate = rate_of(s, t->name, optimiser.lr),
                                 .clip_norm = strstr(t->name, " norm") ? 1.5 : 0,
                                 .clip_value = strstr(t->name, " value") ? 0.4 : 0),
                     CJ_OK);
    cj_updates updates = cj_scope_updates(s);
    cj_program *program = cj_compile(context, 1, &loss, &updates);
    if (!program)
        fail_msg("%s: %s", t->name, cj_error(context));
    for (int i = 0; i < TRAJECTORY_STEPS; i++) {
        const double *want = t->step[i];
        assert_int_equal(cj_run(program, 0, NULL), CJ_OK);
        for (int j = 0; j < 10; j++) {
            double value = j == 0  ? cj_output_number(program, 0)
                           : j < 7 ? get(s, "p", j - 1)
                                   : get(s, "q", j - 7);
            if (!(fabs(value - want[j]) <= tolerance * (1 + fabs(want[j]))))
                fail_msg("%s, step %d, number %d: %.17g, torch gives %.17g", t->name, i, j, value,
                         want[j]);
        }
    }
    int64_t steps;
    assert_int_equal(cj_scope_copy_out(s, "step", CJ_I64, 0, NULL, &steps), CJ_OK);
    assert_int_equal(steps, TRAJECTORY_STEPS);
    cj_program_free(program);
    cj_context_free(context);
}

static void test_f64(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof trajectories / sizeof trajectories[0]; i++)
        follow(&trajectories[i], CJ_F64, 1e-12);
}

static void test_f32(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof trajectories / sizeof trajectories[0]; i++)
        follow(&trajectories[i], CJ_F32, 1e-5);
}

/* ---- schedules against torch.optim.lr_scheduler, from lr 0.5 ---- */

static void test_schedule_paths(void **state)
{
    (void)state;
    cj_context *context = cj_context_new(NULL, NULL, 0);
    for (size_t i = 0; i < sizeof schedule_paths / sizeof schedule_paths[0]; i++) {
        const schedule_path *path = &schedule_paths[i];
        cj_schedule schedule;
        if (cj_schedule_parse(context, path->name, &schedule) != CJ_OK)
            fail_msg("%s: %s", path->name, cj_error(context));
        for (int64_t t = 0; t < 60; t++) {
            double rate;
            cj_tensor *step = cj_tensor_from(context, CJ_I64, 0, NULL, &t);
            cj_tensor *r =
                cj_schedule_rate(&schedule, step, 0.5, path->steps_per_epoch, path->total_steps);
            if (cj_read(r, &rate, sizeof rate) != CJ_OK)
                fail_msg("%s: %s", path->name, cj_error(context));
            if (!(fabs(rate - path->rate[t]) <= 1e-13))
                fail_msg("%s at %d: %.17g, torch gives %.17g", path->name, (int)t, rate,
                         path->rate[t]);
        }
    }
    cj_context_free(context);
}

static void test_plateau(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof plateau_paths / sizeof plateau_paths[0]; i++) {
        const schedule_path *path = &plateau_paths[i];
        cj_context *context = cj_context_new(NULL, NULL, 0);
        cj_scope *s = cj_scope_new(context);
        cj_schedule schedule;
        if (cj_schedule_parse(context, path->name, &schedule) != CJ_OK)
            fail_msg("%s: %s", path->name, cj_error(context));
        assert_null(cj_schedule_rate(&schedule, cj_variable_read(cj_scope_step(s)), 0.5, 0, 0));
        assert_non_null(strstr(cj_error(context), "cj_scope_rate"));
        cj_error_clear(context);
        cj_tensor *rate = cj_scope_rate(s, &schedule, 0.5, 0, 0);
        cj_program *program = cj_compile(context, 1, &rate, NULL);
        assert_non_null(program);
        for (int t = 0; t < 60; t++) {
            assert_int_equal(cj_run(program, 0, NULL), CJ_OK);
            double got = cj_output_number(program, 0);
            if (!(fabs(got - path->rate[t]) <= 1e-13))
                fail_msg("%s at %d: %.17g, torch gives %.17g", path->name, t, got, path->rate[t]);
            assert_int_equal(cj_plateau_observe(s, &schedule, plateau_metric[t]), CJ_OK);
        }
        cj_program_free(program);
        cj_context_free(context);
    }
}

/* State lies in the scope under torch's words, a frozen parameter is left alone, its state is
 * not made. */
static void test_state_and_frozen(void **state)
{
    (void)state;
    cj_context *context = cj_context_new(NULL, NULL, 0);
    cj_scope *s = cj_scope_new(context);
    cj_scope_build(s, true);
    cj_tensor *loss = loss_of(s, CJ_F32);
    cj_scope_freeze(cj_scope_enter(s, "nothing"), true);
    cj_scope_freeze(s, true);
    assert_int_equal(cj_optimize(s, loss, cj_adam()), CJ_INVALID);
    assert_non_null(strstr(cj_error(context), "no parameter"));
    cj_error_clear(context);
    cj_scope_freeze(s, false);
    assert_int_equal(cj_optimize(s, loss, cj_adamw(0.1, .lr = 1e-2)), CJ_OK);
    assert_non_null(cj_scope_find(s, "optimizer.exp_avg.p"));
    assert_non_null(cj_scope_find(s, "optimizer.exp_avg_sq.q"));
    assert_int_equal(cj_scope_entry(s, 3)->kind, CJ_STATE);
    assert_int_equal(cj_scope_parameters(s), 9);
    cj_context_free(context);
}

static void test_bad_options(void **state)
{
    (void)state;
    cj_context *context = cj_context_new(NULL, NULL, 0);
    cj_scope *s = cj_scope_new(context);
    cj_tensor *loss = loss_of(s, CJ_F32);
    assert_int_equal(cj_optimize(s, loss, cj_sgd(.nesterov = true)), CJ_INVALID);
    assert_non_null(strstr(cj_error(context), "nesterov wants a momentum"));
    cj_error_clear(context);
    assert_int_equal(cj_optimize(s, loss, cj_adam(.betas = {0.9, 1})), CJ_INVALID);
    assert_non_null(strstr(cj_error(context), "betas"));
    assert_non_null(strstr(cj_error(context), "test_optimise.c"));
    cj_error_clear(context);
    struct cj_optimiser without_at = {.kind = CJ_SGD};
    assert_int_equal(cj_optimize(s, loss, &without_at), CJ_INVALID);
    assert_non_null(strstr(cj_error(context), "CJ_HERE_OF"));
    cj_error_clear(context);
    cj_tensor *step = cj_variable_read(cj_scope_step(s));
    assert_null(cj_schedule_rate(cj_cosine_rate(), step, 0.1, 10, 0));
    assert_non_null(strstr(cj_error(context), "t_max"));
    cj_context_free(context);
}

/* Epochs, warmup and the end of a cosine, by their formulas. */
static void test_schedules(void **state)
{
    (void)state;
    const double pi = 3.14159265358979323846;
    cj_context *context = cj_context_new(NULL, NULL, 0);
    for (int64_t t = 0; t < 60; t++) {
        int64_t no_shape = 0;
        cj_tensor *step = cj_tensor_from(context, CJ_I64, 0, &no_shape, &t);
        double cosine, drop;
        cj_tensor *c = cj_schedule_rate(cj_cosine_rate(.t_max = 5, .warmup = 10, .eta_min = 0.01),
                                        step, 0.5, 10, 0);
        cj_tensor *d = cj_schedule_rate(cj_step_rate(.step_size = 2), step, 0.5, 10, 0);
        assert_int_equal(cj_read(c, &cosine, sizeof cosine), CJ_OK);
        assert_int_equal(cj_read(d, &drop, sizeof drop), CJ_OK);
        double u = fmin(fmax((double)(t - 10) / 40, 0), 1);
        double want = (0.01 + 0.49 * (1 + cos(pi * u)) / 2) * fmin((double)(t + 1) / 10, 1);
        assert_true(fabs(cosine - want) < 1e-14);
        assert_true(fabs(drop - 0.5 * pow(0.1, (double)(t / 20))) < 1e-14);
    }
    cj_context_free(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_f64),
        cmocka_unit_test(test_f32),
        cmocka_unit_test(test_state_and_frozen),
        cmocka_unit_test(test_bad_options),
        cmocka_unit_test(test_schedules),
        cmocka_unit_test(test_schedule_paths),
        cmocka_unit_test(test_plateau),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
