/*
 * Optimisers and schedules as text: what is read, what is written back, and what errors say.
 */
#include "cajal/cajal.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static cj_context *context;

static void says(cj_status status, const char *part)
{
    assert_int_equal(status, CJ_INVALID);
    if (!strstr(cj_error(context), part))
        fail_msg("\"%s\" does not say \"%s\"", cj_error(context), part);
}

static void test_optimisers(void **state)
{
    (void)state;
    cj_optimiser o;
    assert_int_equal(cj_optimiser_parse(context, "sgd:momentum=0.9,nesterov=true", &o), CJ_OK);
    assert_int_equal(o.kind, CJ_SGD);
    assert_true(o.momentum == 0.9 && o.nesterov && o.lr == 0 && o.weight_decay == 0);
    assert_int_equal(cj_optimiser_parse(context, "adam:betas=0.8/0.99,eps=1e-6,lr=0.01", &o),
                     CJ_OK);
    assert_true(o.kind == CJ_ADAM && o.betas[0] == 0.8 && o.betas[1] == 0.99 && o.eps == 1e-6);
    assert_int_equal(cj_optimiser_parse(context, "adamw", &o), CJ_OK);
    assert_true(o.kind == CJ_ADAMW && o.weight_decay == 0.01);
    assert_int_equal(cj_optimiser_parse(context, "adamw:weight_decay=0", &o), CJ_OK);
    assert_true(o.weight_decay == 0);
}

static void test_schedules(void **state)
{
    (void)state;
    cj_schedule s;
    assert_int_equal(cj_schedule_parse(context, "constant", &s), CJ_OK);
    assert_int_equal(s.kind, CJ_CONSTANT);
    assert_int_equal(cj_schedule_parse(context, "step:step_size=30,gamma=0.2", &s), CJ_OK);
    assert_true(s.kind == CJ_STEP && s.step_size == 30 && s.gamma == 0.2);
    assert_int_equal(cj_schedule_parse(context, "cosine:t_max=90,eta_min=1e-5,warmup=500", &s),
                     CJ_OK);
    assert_true(s.kind == CJ_COSINE && s.t_max == 90 && s.eta_min == 1e-5 && s.warmup == 500);
}

/* The text written is read back as the same value, under any locale. */
static void test_round_trip(void **state)
{
    (void)state;
    static const char *const optimiser[] = {"sgd",
                                            "sgd:lr=0.1,momentum=0.9,nesterov=true",
                                            "adam:lr=0.0003,betas=0.9/0.98,eps=1e-09",
                                            "adamw:weight_decay=0",
                                            "adamw:lr=0.30000000000000004,weight_decay=0.1",
                                            "muon:weight_decay=0,ns_steps=3",
                                            "muon",
                                            "rmsprop:centered=true,eps_in_root=true"};
    static const char *const schedule[] = {"constant:warmup=10",
                                           "step:step_size=3,gamma=0.5",
                                           "cosine:warmup=5,t_max=7,eta_min=0.001",
                                           "multistep:milestones=3/20/100,by_step=true",
                                           "plateau:patience=3,factor=0.5",
                                           "plateau:patience=0"};
    char text[256];
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < sizeof optimiser / sizeof optimiser[0]; i++) {
            cj_optimiser o;
            assert_int_equal(cj_optimiser_parse(context, optimiser[i], &o), CJ_OK);
            cj_optimiser_text(&o, text, sizeof text);
            assert_string_equal(text, optimiser[i]);
        }
        for (size_t i = 0; i < sizeof schedule / sizeof schedule[0]; i++) {
            cj_schedule s;
            assert_int_equal(cj_schedule_parse(context, schedule[i], &s), CJ_OK);
            cj_schedule_text(&s, text, sizeof text);
            assert_string_equal(text, schedule[i]);
        }
        if (!setlocale(LC_NUMERIC, "de_DE.UTF-8"))
            break;
    }
    setlocale(LC_NUMERIC, "C");
}

/* Defaults that are written out are the same optimiser, and give the same text. */
static void test_defaults(void **state)
{
    (void)state;
    static const char *const full[][2] = {{"sgd:lr=0.001,weight_decay=0,momentum=0", "sgd"},
                                          {"adam:lr=1e-3,betas=0.9/0.999,eps=1e-8", "adam"},
                                          {"adamw:lr=0.001,weight_decay=0.01", "adamw"},
                                          {"adam:betas=0.9/0.99", "adam:betas=0.9/0.99"},
                                          {"step:step_size=3,gamma=0.1", "step:step_size=3"},
                                          {"cosine:eta_min=0", "cosine"}};
    for (size_t i = 0; i < 6; i++) {
        char text[256];
        cj_optimiser o;
        cj_schedule s;
        if (i < 4) {
            assert_int_equal(cj_optimiser_parse(context, full[i][0], &o), CJ_OK);
            cj_optimiser_text(&o, text, sizeof text);
        } else {
            assert_int_equal(cj_schedule_parse(context, full[i][0], &s), CJ_OK);
            cj_schedule_text(&s, text, sizeof text);
        }
        assert_string_equal(text, full[i][1]);
    }
}

static void test_errors(void **state)
{
    (void)state;
    cj_optimiser o;
    cj_schedule s;
    says(cj_optimiser_parse(context, "adm", &o),
         "there is no optimiser 'adm'; there are sgd, adam, adamw, rmsprop");
    says(cj_optimiser_parse(context, "adm", &o), "did you mean 'adam'?");
    says(cj_optimiser_parse(context, "sgd:momentun=0.9", &o), "did you mean 'momentum'?");
    says(cj_optimiser_parse(context, "sgd:betas=0.9/0.9", &o),
         "it takes lr, weight_decay, momentum, dampening, nesterov, "
         "decoupled_weight_decay, maximize");
    says(cj_optimiser_parse(context, "sgd:momentum", &o), "has no value");
    says(cj_optimiser_parse(context, "sgd:momentum=fast", &o), "momentum=fast is not a number");
    says(cj_optimiser_parse(context, "sgd:momentum=0.9,momentum=0.8", &o), "twice");
    says(cj_optimiser_parse(context, "sgd:nesterov=yes", &o), "true or false");
    says(cj_optimiser_parse(context, "sgd:nesterov=true", &o), "nesterov wants a momentum");
    says(cj_optimiser_parse(context, "adam:betas=0.9", &o), "two numbers with a slash");
    says(cj_optimiser_parse(context, "adam:betas=0.9/1.5", &o), "[0, 1)");
    says(cj_optimiser_parse(context, "adam:lr=nan", &o), "is not a number");
    says(cj_optimiser_parse(context, "adam:lr=0", &o), "lr must not be 0");
    says(cj_optimiser_parse(context, "adam:betas=0/0", &o), "betas must not be 0");
    says(cj_schedule_parse(context, "step:step_size=2,gamma=0", &s), "gamma must not be 0");
    says(cj_schedule_parse(context, "cosin", &s), "did you mean 'cosine'?");
    says(cj_schedule_parse(context, "step:gamma=0.1", &s), "step_size must be given");
    says(cj_schedule_parse(context, "step:step_size=2.5", &s), "a whole number");
    says(cj_schedule_parse(context, "step:step_size=-1", &s), "a whole number");
    says(cj_schedule_parse(context, "", &s), "there are constant, step, cosine");
}

/* The lists name every word with every key, and each line is a text that is read. */
static void test_lists(void **state)
{
    (void)state;
    char line[256], again[256];
    cj_optimiser o;
    cj_schedule s;
    int optimisers = 0, schedules = 0;
    for (; cj_optimiser_list(optimisers, line, sizeof line); optimisers++) {
        assert_int_equal(cj_optimiser_parse(context, line, &o), CJ_OK);
        assert_int_equal(o.kind, optimisers);
    }
    assert_int_equal(optimisers, CJ_OPTIMISER_COUNT);
    for (; cj_schedule_list(schedules, line, sizeof line); schedules++) {
        cj_status status = cj_schedule_parse(context, line, &s);
        if (status != CJ_OK)
            assert_non_null(strstr(cj_error(context), "must be given"));
        else
            assert_int_equal(s.kind, schedules);
    }
    assert_int_equal(schedules, CJ_SCHEDULE_COUNT);
    assert_true(cj_optimiser_list(CJ_ADAMW, again, sizeof again));
    assert_string_equal(again, "adamw:lr=0.001,weight_decay=0.01,betas=0.9/0.999,eps=1e-08,"
                               "amsgrad=false,maximize=false");
    assert_false(cj_optimiser_list(-1, again, sizeof again));
}

/* Up to eight milestones. */
static void test_milestones(void **state)
{
    (void)state;
    cj_schedule s;
    assert_int_equal(cj_schedule_parse(context, "multistep:milestones=1/2/3/4/5/6/7/8", &s), CJ_OK);
    assert_true(s.milestones[0] == 1 && s.milestones[7] == 8);
    says(cj_schedule_parse(context, "multistep:milestones=1/2/3/4/5/6/7/8/9", &s), "30/60/90");
    says(cj_schedule_parse(context, "multistep:milestones=1/x", &s), "milestones=1/x is not");
    says(cj_schedule_parse(context, "multistep", &s), "milestones must be given");
    says(cj_schedule_parse(context, "exponential", &s), "gamma must be given");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_optimisers), cmocka_unit_test(test_schedules),
        cmocka_unit_test(test_round_trip), cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_errors),     cmocka_unit_test(test_lists),
        cmocka_unit_test(test_milestones),
    };
    context = cj_context_new(NULL, NULL, 0);
    int failed = context ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
    cj_context_free(context);
    return failed;
}
