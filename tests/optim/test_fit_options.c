/*
 * cj_fit with groups, averages of weights, a plateau schedule, and in mixed precision.
 */
#include "cajal/cajal.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { N = 70, BATCH = 35 };

static float points[N][2];
static int32_t labels[N];
static cj_context *context;
static cj_scope *s;

static int set_up(void **state)
{
    (void)state;
    for (int i = 0; i < N; i++) {
        float angle = (float)i * 0.7f, radius = i % 2 ? 1 : 2;
        points[i][0] = radius * cosf(angle);
        points[i][1] = radius * sinf(angle);
        labels[i] = i % 2;
    }
    context = cj_context_new(&(cj_config){.seed = 3}, NULL, 0);
    s = cj_scope_new(context);
    return s ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    cj_context_free(context);
    return 0;
}

static cj_source rings(void)
{
    return (cj_source){.count = N, .x = points, .y = labels, .x_rank = 1, .x_shape = {2}};
}

static cj_tensor *net(cj_scope *in, cj_tensor *x)
{
    x = cj_tanh(cj_linear(in, "fc1", x, .out_features = 16));
    return cj_linear(in, "fc2", x, .out_features = 2);
}

static float first_weight(const char *path)
{
    float v;
    memcpy(&v, cj_variable_data(cj_scope_find(s, path)), sizeof v);
    return v;
}

static bool keep(void *user, const cj_progress *p)
{
    *(cj_progress *)user = *p;
    return true;
}

static void good(cj_status status)
{
    if (status != CJ_OK)
        fail_msg("%s", cj_error(context));
}

static void test_mixed(void **state)
{
    (void)state;
    static const cj_dtype compute[] = {CJ_BF16, CJ_F16};
    for (int i = 0; i < 2; i++) {
        s = cj_scope_new(context);
        cj_source source = rings();
        cj_progress last;
        good(cj_fit(s, net, &source, .epochs = 60, .batch_size = BATCH, .validation = &source,
                    .optimiser = cj_adam(.lr = 0.03), .compute = compute[i], .on_epoch = keep,
                    .user = &last));
        assert_true(last.validation_accuracy > 0.98 && last.validation_loss < 0.2);
        assert_int_equal(cj_variable_dtype(cj_scope_find(s, "fc1.weight")), CJ_F32);
        assert_true((cj_scope_find(s, "optimizer.scale") != NULL) == (compute[i] == CJ_F16));
    }
    cj_source source = rings();
    assert_int_equal(cj_fit(s, net, &source, .compute = CJ_I32), CJ_INVALID);
    assert_non_null(strstr(cj_error(context), ".compute is"));
}

static void test_groups(void **state)
{
    (void)state;
    cj_source source = rings();
    const cj_group group[] = {{.pattern = "fc1.*", .frozen = true}};
    good(cj_fit(s, net, &source, .epochs = 1, .optimiser = cj_sgd(.lr = 1e-9)));
    float before = first_weight("fc1.weight"), head = first_weight("fc2.weight");
    good(cj_fit(s, net, &source, .epochs = 2, .optimiser = cj_sgd(.lr = 0.1), .group_count = 1,
                .group = group));
    assert_true(first_weight("fc1.weight") == before && first_weight("fc2.weight") != head);
}

/* The weights at the end are the averages, and the validation is theirs. */
static void test_average(void **state)
{
    (void)state;
    cj_source source = rings();
    cj_progress last;
    cj_scores scores;
    good(cj_fit(s, net, &source, .epochs = 20, .batch_size = BATCH, .validation = &source,
                .optimiser = cj_adam(.lr = 0.03), .average_decay = 0.9, .on_epoch = keep,
                .user = &last));
    assert_true(first_weight("fc1.weight") == first_weight("average.fc1.weight"));
    cj_trainer *t = cj_trainer_new(&(struct cj_fit_args){
        .scope = s, .net = net, .source = &source, .at = CJ_HERE_OF(struct cj_fit_args)});
    assert_non_null(t);
    good(cj_trainer_evaluate(t, &source, &scores, NULL));
    assert_true(fabs(scores.loss - last.validation_loss) < 1e-6);
    cj_trainer_free(t);
}

static double rates[8];

static bool keep_rate(void *user, const cj_progress *p)
{
    (void)user;
    rates[p->epoch - 1] = p->rate;
    return true;
}

/* Nothing is learnt at such a rate: it falls after each two epochs. */
static void test_plateau(void **state)
{
    (void)state;
    cj_source source = rings();
    cj_schedule schedule;
    good(cj_schedule_parse(context, "plateau:patience=1,factor=0.5", &schedule));
    good(cj_fit(s, net, &source, .epochs = 8, .validation = &source,
                .optimiser = cj_sgd(.lr = 1e-12), .schedule = &schedule, .on_epoch = keep_rate));
    static const double want[8] = {1, 1, 1, 0.5, 0.5, 0.25, 0.25, 0.125};
    for (int i = 0; i < 8; i++)
        assert_true(fabs(rates[i] - want[i] * 1e-12) < 1e-20);
    assert_int_equal(cj_fit(s, net, &source, .schedule = &schedule), CJ_INVALID);
    assert_non_null(strstr(cj_error(context), "needs a .validation source"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_mixed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_groups, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_average, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_plateau, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
