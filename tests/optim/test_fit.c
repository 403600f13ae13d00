/*
 * cj_fit and the trainer: that they train, in which order they see what, how they stop, and that
 * a run restored from its arrays goes on with equal bits.
 */
#include "cajal/cajal.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { N = 70, BATCH = 32 };

static float points[N][2], targets[N];
static int32_t labels[N];

/* Two rings, by a small generator of our own. */
static void make_points(void)
{
    uint32_t r = 12345;
    for (int i = 0; i < N; i++) {
        double angle, radius = i % 2 ? 1 : 2;
        r = r * 1664525u + 1013904223u;
        angle = 6.283185307 * (r >> 8) / 16777216.0;
        points[i][0] = (float)(radius * cos(angle));
        points[i][1] = (float)(radius * sin(angle));
        labels[i] = i % 2;
        targets[i] = (float)(0.5 * points[i][0] - 2 * points[i][1] + 1);
    }
}

static cj_source rings(void)
{
    return (cj_source){.count = N, .x = points, .y = labels, .x_rank = 1, .x_shape = {2}};
}

static cj_source line(void)
{
    return (cj_source){
        .count = N, .x = points, .y = targets, .x_rank = 1, .x_shape = {2}, .y_is_float = true};
}

/* The labels as shares. */
static cj_source ring_shares(void)
{
    static float shares[N][2];
    for (int i = 0; i < N; i++) {
        shares[i][labels[i]] = 1;
        shares[i][!labels[i]] = 0;
    }
    return (cj_source){.count = N,
                       .x = points,
                       .y = shares,
                       .x_rank = 1,
                       .x_shape = {2},
                       .y_is_float = true,
                       .y_is_shares = true,
                       .y_rank = 1,
                       .y_shape = {2}};
}

static cj_tensor *rings_net(cj_scope *s, cj_tensor *x)
{
    x = cj_tanh(cj_linear(s, "fc1", x, .out_features = 16));
    return cj_linear(s, "fc2", x, .out_features = 2);
}

/* Everything that keeps state or draws. */
static cj_tensor *rich_net(cj_scope *s, cj_tensor *x)
{
    x = cj_relu(cj_batch_norm(s, "bn1", cj_linear(s, "fc1", x, .out_features = 8)));
    return cj_linear(s, "fc2", cj_dropout(s, x, 0.2), .out_features = 2);
}

static cj_tensor *line_net(cj_scope *s, cj_tensor *x)
{
    return cj_linear(s, "fc", x, .out_features = 1);
}

static cj_context *context;
static cj_scope *s;

static int set_up(void **state)
{
    (void)state;
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

static void says(cj_status status, cj_status want, const char *part)
{
    if (status != want || !strstr(cj_error(context), part))
        fail_msg("status %d (want %d): \"%s\" does not say \"%s\"", (int)status, (int)want,
                 cj_error(context), part);
    cj_error_clear(context);
}

/* ---- training ---- */

typedef struct seen {
    int steps, epochs;
    int64_t examples[8];
    double first_loss, last_loss, last_accuracy;
    int stop_at_step, stop_at_epoch;
} seen;

static bool see_step(void *user, const cj_progress *p)
{
    seen *see = user;
    if (see->steps < 8)
        see->examples[see->steps] = p->examples;
    see->steps++;
    assert_int_equal(p->step, see->steps);
    assert_int_equal(p->batches, 3);
    assert_true(isfinite(p->loss) && p->rate > 0);
    return see->steps != see->stop_at_step;
}

static bool see_epoch(void *user, const cj_progress *p)
{
    seen *see = user;
    see->epochs++;
    assert_int_equal(p->epoch, see->epochs);
    assert_int_equal(p->examples, N);
    if (see->epochs == 1)
        see->first_loss = p->loss;
    see->last_loss = p->loss;
    see->last_accuracy = p->accuracy;
    return see->epochs != see->stop_at_epoch;
}

static void train_rings(cj_dtype dtype)
{
    seen see = {0};
    cj_source source = rings();
    cj_scope_set_dtype(s, dtype);
    cj_status status = cj_fit(s, rings_net, &source, .epochs = 60, .optimiser = cj_adam(.lr = 0.02),
                              .on_step = see_step, .on_epoch = see_epoch, .user = &see);
    if (status != CJ_OK)
        fail_msg("%s", cj_error(context));
    assert_int_equal(see.steps, 180);
    assert_int_equal(see.epochs, 60);
    assert_int_equal(see.examples[0], BATCH);
    assert_int_equal(see.examples[2], N % BATCH);
    assert_true(see.last_loss < 0.3 * see.first_loss);
    assert_true(see.last_accuracy >= 0.98);
}

static void test_trains_f32(void **state)
{
    (void)state;
    train_rings(CJ_F32);
}

static void test_trains_f64(void **state)
{
    (void)state;
    train_rings(CJ_F64);
}

static void test_regression(void **state)
{
    (void)state;
    cj_source source = line();
    float w[2], b;
    assert_int_equal(cj_fit(s, line_net, &source, .epochs = 150, .optimiser = cj_sgd(.lr = 0.1),
                            .schedule = cj_cosine_rate()),
                     CJ_OK);
    cj_scope_copy_out(s, "fc.weight", CJ_F32, 2, (int64_t[]){1, 2}, w);
    cj_scope_copy_out(s, "fc.bias", CJ_F32, 1, (int64_t[]){1}, &b);
    assert_true(fabsf(w[0] - 0.5f) < 1e-4f && fabsf(w[1] + 2) < 1e-4f && fabsf(b - 1) < 1e-4f);
}

/* The same steps by hand in doubles: the partial batch is one of its own size. */
static void test_steps_by_hand(void **state)
{
    (void)state;
    enum { FEW = 5, SIZE = 3 };
    double w[2], b, lr = 0.05, losses[2];
    cj_source source = line();
    source.count = FEW;
    cj_scope_set_dtype(s, CJ_F64);
    cj_trainer *t = cj_trainer_new(&(struct cj_fit_args){.scope = s,
                                                         .net = line_net,
                                                         .source = &source,
                                                         .at = CJ_HERE_OF(struct cj_fit_args),
                                                         .epochs = 4,
                                                         .batch_size = SIZE,
                                                         .no_shuffle = true,
                                                         .optimiser = cj_sgd(.lr = lr)});
    assert_non_null(t);
    assert_int_equal(cj_trainer_batches(t), 2);
    cj_scope_copy_out(s, "fc.weight", CJ_F64, 2, (int64_t[]){1, 2}, w);
    cj_scope_copy_out(s, "fc.bias", CJ_F64, 1, (int64_t[]){1}, &b);
    for (int step = 0; step < 8; step++) {
        int first = step % 2 ? SIZE : 0, last = step % 2 ? FEW : SIZE, n = last - first;
        double g[3] = {0}, loss = 0;
        for (int i = first; i < last; i++) {
            double d = w[0] * points[i][0] + w[1] * points[i][1] + b - targets[i];
            loss += d * d / n;
            g[0] += 2 * d * points[i][0] / n;
            g[1] += 2 * d * points[i][1] / n;
            g[2] += 2 * d / n;
        }
        w[0] -= lr * g[0];
        w[1] -= lr * g[1];
        b -= lr * g[2];
        cj_progress p;
        assert_int_equal(cj_trainer_step(t, &p), CJ_OK);
        assert_int_equal(p.examples, n);
        losses[step % 2] = p.loss;
        assert_true(fabs(p.loss - loss) < 1e-12 && isnan(p.accuracy));
        assert_int_equal(p.batch, step % 2 ? 0 : 1);
        assert_true(cj_trainer_epoch_open(t) == (step % 2 == 1));
        const double *now = cj_variable_data(cj_scope_find(s, "fc.weight"));
        assert_true(fabs(now[0] - w[0]) < 1e-12 && fabs(now[1] - w[1]) < 1e-12);
    }
    cj_progress p;
    assert_int_equal(cj_trainer_end_epoch(t, &p), CJ_OK);
    assert_int_equal(p.examples, FEW);
    assert_true(fabs(p.loss - (losses[0] * SIZE + losses[1] * (FEW - SIZE)) / FEW) < 1e-12);
    assert_true(cj_trainer_done(t));
    says(cj_trainer_step(t, NULL), CJ_INVALID, "give more epochs");
    cj_trainer_free(t);
}

/* ---- sources ---- */

static cj_status fetch(void *user, const int64_t *index, int64_t n, void *x, void *y)
{
    (void)user;
    for (int64_t i = 0; i < n; i++) {
        memcpy((float *)x + 2 * i, points[index[i]], sizeof points[0]);
        ((int32_t *)y)[i] = labels[index[i]];
    }
    return CJ_OK;
}

static cj_status stream(void *user, int64_t epoch, int64_t batch, int64_t most, void *x, void *y,
                        int64_t *n)
{
    (void)user;
    (void)epoch;
    *n = N - batch * most < most ? N - batch * most : most;
    if (*n <= 0) {
        *n = 0;
        return CJ_OK;
    }
    memcpy(x, points[batch * most], (size_t)*n * sizeof points[0]);
    memcpy(y, labels + batch * most, (size_t)*n * sizeof labels[0]);
    return CJ_OK;
}

static void weights_of(const cj_source *source, bool no_shuffle, float *w)
{
    cj_scope *own = cj_scope_new(context);
    cj_status status = cj_fit(own, rings_net, source, .epochs = 3, .no_shuffle = no_shuffle);
    if (status != CJ_OK)
        fail_msg("%s", cj_error(context));
    assert_int_equal(cj_scope_copy_out(own, "fc1.weight", CJ_F32, 2, (int64_t[]){16, 2}, w), CJ_OK);
    cj_scope_free(own);
}

/* The three ways to hand over the same examples give the same bits. */
static void test_sources_agree(void **state)
{
    (void)state;
    float a[32], b[32], c[32], d[32];
    cj_source arrays = rings(), fetched = rings(), streamed = rings();
    fetched.x = fetched.y = streamed.x = streamed.y = NULL;
    fetched.fetch = fetch;
    streamed.next_batch = stream;
    streamed.count = 0;
    weights_of(&arrays, false, a);
    weights_of(&fetched, false, b);
    weights_of(&arrays, true, c);
    weights_of(&streamed, true, d);
    assert_memory_equal(a, b, sizeof a);
    assert_memory_equal(c, d, sizeof c);
    assert_memory_not_equal(a, c, sizeof a);
}

static cj_tensor *identity(cj_scope *in, cj_tensor *x)
{
    (void)in;
    return x;
}

/* u8 comes as x / 255; evaluation runs in order, the last part too, and hands out what the net
 * gives. */
static void test_evaluate(void **state)
{
    (void)state;
    static const uint8_t pixel[5][2] = {{0, 255}, {51, 0}, {255, 102}, {1, 2}, {9, 9}};
    static const int32_t label[5] = {1, 1, 0, 1, 1};
    cj_source source = {
        .count = 5, .x = pixel, .y = label, .x_dtype = CJ_U8, .x_rank = 1, .x_shape = {2}};
    cj_tensor *one = cj_scope_get(s, "unused", CJ_F32, 0, NULL, cj_init_ones());
    assert_non_null(one);
    cj_trainer *t = cj_trainer_new(&(struct cj_fit_args){.scope = s,
                                                         .net = identity,
                                                         .source = &source,
                                                         .at = CJ_HERE_OF(struct cj_fit_args),
                                                         .batch_size = 3});
    if (!t)
        fail_msg("%s", cj_error(context));
    float output[5][2];
    cj_scores scores;
    assert_int_equal(cj_trainer_outputs(t), 2);
    assert_int_equal(cj_trainer_evaluate(t, &source, &scores, output), CJ_OK);
    assert_int_equal(scores.examples, 5);
    assert_int_equal(scores.correct, 3); /* of equal logits the first is chosen */
    assert_true(scores.accuracy == 0.6);
    double loss = 0;
    for (int i = 0; i < 5; i++) {
        assert_true(fabs(output[i][0] - pixel[i][0] / 255.0) < 1e-7);
        double other = (pixel[i][1 - label[i]] - pixel[i][label[i]]) / 255.0;
        loss += log1p(exp(other)) / 5;
    }
    assert_true(fabs(scores.loss - loss) < 1e-6);
    source.y = NULL;
    memset(output, 0, sizeof output);
    assert_int_equal(cj_trainer_evaluate(t, &source, &scores, output), CJ_OK);
    assert_true(isnan(scores.loss) && isnan(scores.accuracy) && output[2][0] == 1);
    source.x_shape[0] = 3;
    says(cj_trainer_evaluate(t, &source, &scores, NULL), CJ_INVALID,
         "differs from the training source");
    cj_trainer_free(t);
}

/* ---- stopping ---- */

static void test_stop(void **state)
{
    (void)state;
    cj_source source = rings();
    seen see = {.stop_at_step = 5};
    says(cj_fit(s, rings_net, &source, .epochs = 9, .on_step = see_step, .user = &see), CJ_STOPPED,
         "on_step after step 5");
    assert_int_equal(see.steps, 5);
    cj_scope *other = cj_scope_new(context);
    see = (seen){.stop_at_epoch = 2};
    says(cj_fit(other, rings_net, &source, .epochs = 9, .on_epoch = see_epoch, .user = &see),
         CJ_STOPPED, "on_epoch after step 6");
    assert_int_equal(see.epochs, 2);
}

static void test_not_finite(void **state)
{
    (void)state;
    cj_source source = line();
    says(cj_fit(s, line_net, &source, .epochs = 500, .optimiser = cj_sgd(.lr = 1e9)), CJ_NOT_FINITE,
         "lower the learning rate");
    cj_scope *other = cj_scope_new(context);
    float before = points[40][1];
    points[40][1] = NAN;
    cj_status status = cj_fit(other, line_net, &source, .epochs = 2);
    points[40][1] = before;
    says(status, CJ_NOT_FINITE, "the first tensor that holds a NaN is 'x'");
    other = cj_scope_new(context);
    cj_variable *bad = NULL;
    cj_trainer *t = cj_trainer_new(&(struct cj_fit_args){
        .scope = other,
        .net = rings_net,
        .source = &(cj_source){.count = N, .x = points, .y = labels, .x_rank = 1, .x_shape = {2}},
        .at = CJ_HERE_OF(struct cj_fit_args),
        .optimiser = cj_sgd(.lr = 0)});
    assert_non_null(t);
    assert_int_equal(cj_trainer_step(t, NULL), CJ_OK);
    bad = cj_scope_find(other, "fc2.bias");
    ((float *)cj_variable_data(bad))[1] = NAN;
    says(cj_trainer_step(t, NULL), CJ_NOT_FINITE, "the loss of step 2 is nan");
    cj_trainer_free(t);
}

static void test_bad_input(void **state)
{
    (void)state;
    cj_source source = rings();
    int32_t before = labels[33];
    labels[33] = 2;
    cj_status status = cj_fit(s, rings_net, &source);
    labels[33] = before;
    says(status, CJ_VALUE, "the label of example 33 is 2; the net has classes 0 to 1");
    source.count = 0;
    says(cj_fit(s, rings_net, &source), CJ_INVALID, ".count is 0");
    source = rings();
    source.x_shape[0] = 0;
    says(cj_fit(s, rings_net, &source), CJ_INVALID, ".x_shape");
    source = rings();
    says(cj_fit(s, NULL, &source), CJ_INVALID, "one of .net and .build");
    says(cj_fit(s, rings_net, &source, .patience = 2), CJ_INVALID, "need a .validation source");
    says(cj_fit(s, rings_net, &source, .epochs = -1), CJ_INVALID, "must not be negative");
    source.count = 33;
    says(cj_fit(cj_scope_new(context), rich_net, &source), CJ_SHAPE, ".drop_last");
    assert_int_equal(cj_fit(cj_scope_new(context), rich_net, &source, .drop_last = true), CJ_OK);
}

/* ---- validation ---- */

static bool see_best(void *user, const cj_progress *p)
{
    double *least = user;
    assert_true(isfinite(p->validation_loss) && isfinite(p->validation_accuracy));
    assert_true(p->best == (p->epoch == 1 || p->validation_loss < least[0]));
    if (p->best) {
        least[0] = p->validation_loss;
        least[1] = (double)p->epoch;
    }
    least[2] = (double)p->epoch;
    return true;
}

/* Labels of the validation set that contradict the training: it must get worse, stop, and come
 * back to the best. */
static void test_patience(void **state)
{
    (void)state;
    int32_t turned[N];
    for (int i = 0; i < N; i++)
        turned[i] = i < 40 ? labels[i] : !labels[i];
    cj_source source = rings(), validation = rings();
    validation.y = turned;
    double least[3] = {0};
    assert_int_equal(cj_fit(s, rings_net, &source, .epochs = 400, .validation = &validation,
                            .patience = 3, .optimiser = cj_adam(.lr = 0.05), .on_epoch = see_best,
                            .user = least),
                     CJ_OK);
    assert_true(least[2] == least[1] + 3 && least[2] < 400);
    cj_trainer *t = cj_trainer_new(&(struct cj_fit_args){
        .scope = s, .net = rings_net, .source = &source, .at = CJ_HERE_OF(struct cj_fit_args)});
    cj_scores scores;
    assert_int_equal(cj_trainer_evaluate(t, &validation, &scores, NULL), CJ_OK);
    assert_true(scores.loss == least[0]);
    cj_trainer_free(t);
}

/* ---- a run that was killed ---- */

typedef struct saved {
    int count;
    struct {
        char name[64];
        size_t bytes;
        char data[1024];
    } array[64];
} saved;

static void save(cj_trainer *t, saved *to)
{
    to->count = cj_trainer_arrays(t);
    assert_true(to->count <= 64);
    for (int i = 0; i < to->count; i++) {
        cj_trainer_array a = cj_trainer_array_at(t, i);
        assert_true(a.bytes <= sizeof to->array[i].data);
        snprintf(to->array[i].name, sizeof to->array[i].name, "%s", a.name);
        to->array[i].bytes = a.bytes;
        memcpy(to->array[i].data, a.data, a.bytes);
    }
}

static void restore(cj_trainer *t, const saved *from)
{
    assert_int_equal(cj_trainer_arrays(t), from->count);
    for (int i = 0; i < from->count; i++) {
        cj_trainer_array a = cj_trainer_array_at(t, i);
        assert_string_equal(a.name, from->array[i].name);
        assert_int_equal(a.bytes, from->array[i].bytes);
        memcpy(a.data, from->array[i].data, a.bytes);
    }
    assert_int_equal(cj_trainer_restored(t), CJ_OK);
}

static cj_trainer *rich_trainer(cj_context *of, const cj_source *source,
                                const cj_source *validation)
{
    cj_trainer *t = cj_trainer_new(&(struct cj_fit_args){.scope = cj_scope_new(of),
                                                         .net = rich_net,
                                                         .source = source,
                                                         .at = CJ_HERE_OF(struct cj_fit_args),
                                                         .epochs = 4,
                                                         .validation = validation,
                                                         .patience = 2,
                                                         .optimiser = cj_adamw(0.01, .lr = 0.01),
                                                         .schedule = cj_cosine_rate(.warmup = 2),
                                                         .clip_norm = 0.5});
    assert_non_null(t);
    return t;
}

static void finish(cj_trainer *t, double *last)
{
    cj_progress p;
    while (!cj_trainer_done(t)) {
        if (cj_trainer_epoch_open(t)) {
            assert_int_equal(cj_trainer_end_epoch(t, &p), CJ_OK);
            last[0] = p.loss;
            last[1] = p.accuracy;
            last[2] = p.validation_loss;
        } else {
            assert_int_equal(cj_trainer_step(t, NULL), CJ_OK);
        }
    }
    cj_trainer_take_best(t);
}

/* Restored after each of its steps, before and after the end of an epoch, into a new context:
 * the end is the same. */
static void test_resume(void **state)
{
    (void)state;
    static saved at_end, now, again;
    cj_source source = rings(), validation = rings();
    validation.count = 20;
    double last[3], last_again[3];
    cj_trainer *t = rich_trainer(context, &source, &validation);
    save(t, &now);
    finish(t, last);
    save(t, &at_end);
    cj_trainer_free(t);
    for (int moment = 0; moment < 14; moment++) {
        cj_context *other =
            cj_context_new(&(cj_config){.seed = 3, .threads = 1 + moment % 3}, NULL, 0);
        t = rich_trainer(other, &source, &validation);
        restore(t, &now);
        if (cj_trainer_epoch_open(t))
            assert_int_equal(cj_trainer_end_epoch(t, NULL), CJ_OK);
        else
            assert_int_equal(cj_trainer_step(t, NULL), CJ_OK);
        save(t, &now);
        cj_trainer_free(t);
        t = rich_trainer(other, &source, &validation);
        restore(t, &now);
        finish(t, last_again);
        save(t, &again);
        for (int i = 0; i < at_end.count; i++)
            assert_memory_equal(at_end.array[i].data, again.array[i].data, at_end.array[i].bytes);
        assert_memory_equal(last, last_again, sizeof last);
        cj_trainer_free(t);
        cj_context_free(other);
    }
}

static void test_foreign_state(void **state)
{
    (void)state;
    cj_source source = rings();
    cj_trainer *t = rich_trainer(context, &source, &source);
    for (int i = 0; i < cj_trainer_arrays(t); i++) {
        cj_trainer_array a = cj_trainer_array_at(t, i);
        if (strcmp(a.name, "trainer.position") == 0)
            ((int64_t *)a.data)[1] = 3; /* an epoch has batches 0 to 2 */
    }
    says(cj_trainer_restored(t), CJ_VALUE, "not of this training of 3 batches");
    cj_trainer_free(t);
}

/* ---- bits ---- */

static void weights_under(cj_config config, cj_dtype dtype, saved *to)
{
    config.seed = 3;
    cj_context *other = cj_context_new(&config, NULL, 0);
    cj_source source = rings();
    cj_scope *own = cj_scope_new(other);
    cj_scope_set_dtype(own, dtype);
    cj_trainer *t = cj_trainer_new(&(struct cj_fit_args){.scope = own,
                                                         .net = rich_net,
                                                         .source = &source,
                                                         .at = CJ_HERE_OF(struct cj_fit_args),
                                                         .clip_norm = 0.5,
                                                         .epochs = 3});
    assert_non_null(t);
    for (int i = 0; i < 8; i++)
        assert_int_equal(cj_trainer_step(t, NULL), CJ_OK);
    save(t, to);
    cj_trainer_free(t);
    cj_context_free(other);
}

/* The same state to the last bit for any number of threads, fused or a kernel a node. */
static void test_bits(void **state)
{
    (void)state;
    static saved one, other;
    static const int threads[] = {2, 3, 5, 8};
    for (int d = 0; d < 2; d++) {
        cj_dtype dtype = d ? CJ_F64 : CJ_F32;
        weights_under((cj_config){.threads = 1}, dtype, &one);
        for (int i = 0; i < 5; i++) {
            cj_config config = {
                .smallest_work = 1, .threads = i < 4 ? threads[i] : 1, .no_fusion = i == 4};
            weights_under(config, dtype, &other);
            assert_int_equal(other.count, one.count);
            for (int j = 0; j < one.count; j++)
                if (memcmp(one.array[j].data, other.array[j].data, one.array[j].bytes) != 0)
                    fail_msg("%s, %d threads%s: '%s' differs", cj_dtype_name(dtype), config.threads,
                             config.no_fusion ? ", not fused" : "", one.array[j].name);
        }
    }
}

/* Shares that are all of one class train as labels do. */
static void shares(void **state)
{
    (void)state;
    cj_source source[2] = {rings(), ring_shares()};
    double loss[2][3], accuracy[2][3];
    for (int k = 0; k < 2; k++) {
        cj_scope *own = cj_scope_new(context);
        cj_trainer *t = cj_trainer_new(&(struct cj_fit_args){.scope = own,
                                                             .net = rings_net,
                                                             .source = &source[k],
                                                             .epochs = 3,
                                                             .batch_size = 16,
                                                             .validation = &source[k],
                                                             .at = CJ_HERE_OF(struct cj_fit_args)});
        assert_non_null(t);
        for (int e = 0; e < 3; e++) {
            cj_progress p;
            while (!cj_trainer_epoch_open(t))
                assert_int_equal(cj_trainer_step(t, NULL), CJ_OK);
            assert_int_equal(cj_trainer_end_epoch(t, &p), CJ_OK);
            loss[k][e] = p.validation_loss;
            accuracy[k][e] = p.validation_accuracy;
            assert_true(p.accuracy > 0 && p.accuracy <= 1);
        }
        cj_trainer_free(t);
        cj_scope_free(own);
    }
    for (int e = 0; e < 3; e++) {
        assert_true(fabs(loss[0][e] - loss[1][e]) < 1e-5);
        assert_true(fabs(accuracy[0][e] - accuracy[1][e]) < 0.02);
    }
    source[1].y_rank = 0;
    says(cj_fit(s, rings_net, &source[1]), CJ_INVALID, "y_shape {classes, ...}");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(shares),
        TEST(test_trains_f32),
        TEST(test_trains_f64),
        TEST(test_regression),
        TEST(test_steps_by_hand),
        TEST(test_sources_agree),
        TEST(test_evaluate),
        TEST(test_stop),
        TEST(test_not_finite),
        TEST(test_bad_input),
        TEST(test_patience),
        TEST(test_resume),
        TEST(test_foreign_state),
        TEST(test_bits),
    };
    make_points();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
