/*
 * Scopes: names, variables, records, builds, draws, other scopes; and initial values.
 */
#include "cajal/cajal.h"
#include "golden/state_names.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static cj_context *context;
static cj_scope *s;

static int set_up(void **state)
{
    (void)state;
    context = cj_context_new(NULL, NULL, 0);
    s = cj_scope_new(context);
    return s ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    cj_context_free(context);
    return 0;
}

static cj_tensor *pictures(int64_t n, int64_t channels, int64_t size)
{
    return cj_input(context, "x", CJ_F32, 4, (int64_t[]){n, channels, size, size});
}

/* ---- names ---- */

static cj_tensor *lenet(cj_scope *in, cj_tensor *x)
{
    x = cj_relu(cj_conv2d(in, "conv1", x, .out_channels = 32, .kernel_size = {5}));
    x = cj_max_pool2d(x, .kernel_size = {2});
    x = cj_relu(cj_conv2d(in, "conv2", x, .out_channels = 64, .kernel_size = {5}));
    x = cj_max_pool2d(x, .kernel_size = {2});
    x = cj_relu(cj_linear(in, "fc1", cj_flatten(x), .out_features = 128));
    return cj_linear(in, "fc2", x, .out_features = 10);
}

static cj_tensor *conv_bn(cj_scope *in, const char *conv, const char *bn, cj_tensor *x,
                          int64_t channels, int64_t stride)
{
    x = cj_conv2d(in, conv, x, .out_channels = channels, .kernel_size = {3}, .stride = {stride},
                  .padding = {1}, .no_bias = true);
    return cj_batch_norm(in, bn, x);
}

/* Every `stride`-th pixel, zero channels on both sides. */
static cj_tensor *shortcut(cj_tensor *x, int64_t channels, int64_t stride)
{
    int64_t start[4] = {0}, step[4] = {1, 1, stride, stride}, low[4] = {0}, high[4] = {0};
    low[1] = (channels - cj_extent(x, 1)) / 2;
    high[1] = channels - cj_extent(x, 1) - low[1];
    return cj_pad(cj_slice(x, start, cj_shape(x), step), low, high);
}

static cj_tensor *resnet20(cj_scope *in, cj_tensor *x)
{
    x = cj_relu(conv_bn(in, "conv1", "bn1", x, 16, 1));
    for (int i = 0; i < 9; i++) {
        char name[16];
        int64_t channels = INT64_C(16) << i / 3, stride = i == 3 || i == 6 ? 2 : 1;
        snprintf(name, sizeof name, "layer%d.%d", i / 3 + 1, i % 3);
        cj_scope *block = cj_scope_enter(in, name);
        cj_tensor *y = cj_relu(conv_bn(block, "conv1", "bn1", x, channels, stride));
        y = conv_bn(block, "conv2", "bn2", y, channels, 1);
        x = cj_relu(cj_add(y, shortcut(x, channels, stride)));
    }
    return cj_linear(in, "fc", cj_flatten(cj_global_avg_pool(x)), .out_features = 10);
}

static void check_names(const golden_tensor *golden, size_t count)
{
    assert_int_equal(cj_scope_count(s), count);
    for (size_t i = 0; i < count; i++) {
        const cj_entry *entry = cj_scope_entry(s, (int)i);
        assert_string_equal(entry->path, golden[i].name);
        assert_int_equal(cj_variable_rank(entry->variable), golden[i].rank);
        if (golden[i].rank)
            assert_memory_equal(cj_variable_shape(entry->variable), golden[i].shape,
                                (size_t)golden[i].rank * sizeof(int64_t));
    }
}

static void test_lenet_names(void **state)
{
    (void)state;
    cj_tensor *y = lenet(s, pictures(2, 1, 28));
    assert_non_null(y);
    check_names(lenet_state, sizeof lenet_state / sizeof lenet_state[0]);
    assert_int_equal(cj_scope_parameters(s), lenet_parameters);
    assert_int_equal(cj_scope_parameters(cj_scope_enter(s, "fc1")), 1024 * 128 + 128);
    assert_ptr_equal(lenet(s, pictures(3, 1, 28)) == NULL, false);
    assert_int_equal(cj_scope_count(s), 8);
}

static void test_resnet_names(void **state)
{
    (void)state;
    cj_scope_build(s, true);
    cj_tensor *y = resnet20(s, pictures(2, 3, 32));
    assert_non_null(y);
    assert_int_equal(resnet20_parameters, 269722);
    check_names(resnet20_state, sizeof resnet20_state / sizeof resnet20_state[0]);
    assert_int_equal(cj_scope_parameters(s), resnet20_parameters);
    assert_int_equal(cj_scope_updates(s).count, 19 * 3);
}

/* ---- records ---- */

static double number(cj_tensor *x)
{
    double value;
    assert_int_equal(cj_read(cj_cast(x, CJ_F64), &value, sizeof value), CJ_OK);
    return value;
}

static void test_records_chain(void **state)
{
    (void)state;
    cj_scope_build(s, true);
    cj_tensor *count = cj_scope_buffer(s, "count", CJ_F32, 0, NULL, cj_init_constant(3));
    assert_int_equal(cj_scope_updates(s).count, 0);
    for (int i = 0; i < 2; i++)
        cj_scope_record(s, "count", cj_shift(cj_scope_latest(s, "count", count), 1));
    cj_updates updates = cj_scope_updates(s);
    assert_int_equal(updates.count, 1);
    assert_true(number(updates.value[0]) == 5 && number(count) == 3);
    cj_program *program = cj_compile(context, 1, &count, &updates);
    assert_non_null(program);
    for (int i = 0; i < 2; i++)
        assert_int_equal(cj_run(program, 0, NULL), CJ_OK);
    cj_program_free(program);
    float value;
    assert_int_equal(cj_scope_copy_out(s, "count", CJ_F32, 0, NULL, &value), CJ_OK);
    assert_true(value == 7);
    cj_scope_build(s, true);
    assert_int_equal(cj_scope_updates(s).count, 0);
}

/* Leaving a frame drops the records made in it, and brings back those under them. */
static void test_records_and_frames(void **state)
{
    (void)state;
    cj_scope_build(s, true);
    cj_tensor *count = cj_scope_buffer(s, "count", CJ_F32, 0, NULL, cj_init_zeros());
    cj_scope_record(s, "count", cj_shift(count, 1));
    cj_frame_enter(context);
    cj_scope_record(s, "count", cj_shift(count, 2));
    cj_scope_record_variable(s, cj_scope_step(s), cj_scalar(context, CJ_I64, 9));
    assert_int_equal(cj_scope_updates(s).count, 2);
    assert_true(number(cj_scope_latest(s, "count", count)) == 2);
    cj_frame_leave(context);
    cj_frame_enter(context);
    cj_updates updates = cj_scope_updates(s);
    assert_int_equal(updates.count, 1);
    assert_true(number(updates.value[0]) == 1);
    cj_frame_leave(context);
}

static void test_batch_norm_twice(void **state)
{
    (void)state;
    const float data[] = {1, 2, 3, 6};
    cj_tensor *x = cj_tensor_from(context, CJ_F32, 2, (int64_t[]){4, 1}, data);
    cj_scope_build(s, true);
    cj_batch_norm(s, "bn", x);
    cj_batch_norm(s, "bn", cj_shift(x, 1));
    cj_updates updates = cj_scope_updates(s);
    assert_int_equal(updates.count, 3);
    assert_true(fabs(number(cj_squeeze(updates.value[0], 0)) - (0.9 * 0.3 + 0.1 * 4)) < 1e-6);
    assert_true(number(updates.value[2]) == 2);
}

/* ---- draws ---- */

static void drop(cj_scope *in, uint32_t *bits)
{
    cj_tensor *draw = cj_random_bits(cj_scope_key(in), 1, (int64_t[]){4});
    assert_int_equal(cj_read(draw, bits, 4 * sizeof *bits), CJ_OK);
}

static void test_draws(void **state)
{
    (void)state;
    uint32_t a[4], b[4], c[4];
    cj_scope *inner = cj_scope_enter(s, "inner");
    cj_scope_build(s, true);
    drop(inner, a);
    drop(inner, b);
    assert_memory_not_equal(a, b, sizeof a); /* the ordinal */
    drop(s, b);
    assert_memory_not_equal(a, b, sizeof a); /* the path */
    cj_scope_build(s, true);
    drop(inner, b);
    assert_memory_equal(a, b, sizeof a); /* ordinals start again */
    int64_t step = 5;
    assert_int_equal(cj_scope_copy_in(s, "step", CJ_I64, 0, NULL, &step), CJ_OK);
    cj_scope_build(s, true);
    drop(inner, c);
    assert_memory_not_equal(a, c, sizeof a); /* the step */
}

static void test_dropout(void **state)
{
    (void)state;
    enum { N = 20000 };
    static float value[N];
    int64_t shape[1] = {N};
    cj_tensor *x = cj_full(context, CJ_F32, 1, shape, 3);
    cj_scope_build(s, true);
    cj_tensor *y = cj_dropout(s, x, 0.25), *gradient;
    assert_int_equal(cj_read(y, value, sizeof value), CJ_OK);
    int dropped = 0;
    for (int i = 0; i < N; i++) {
        dropped += value[i] == 0;
        assert_true(value[i] == 0 || value[i] == 4);
    }
    assert_true(abs(dropped - N / 4) < 4 * 62); /* four deviations of the binomial */
    assert_int_equal(cj_grad(cj_sum(y, CJ_ALL, false), 1, &x, &gradient), CJ_OK);
    assert_true(number(cj_sum(cj_sub(cj_scale(gradient, 3), y), CJ_ALL, false)) == 0);
    cj_tensor *other = cj_dropout(s, x, 0.25); /* another draw: they agree in 0.75^2 + 0.25^2 */
    double agree = number(cj_sum(cj_cast(cj_eq(y, other), CJ_F32), CJ_ALL, false));
    assert_true(fabs(agree - 0.625 * N) < 4 * 69);
    assert_true(number(cj_sum(cj_dropout(s, x, 1), CJ_ALL, false)) == 0);
    assert_ptr_equal(cj_dropout(s, x, 0), x);
    cj_scope_build(s, false);
    assert_ptr_equal(cj_dropout(s, x, 0.5), x);
    assert_null(cj_dropout(s, x, 1.5));
    assert_non_null(strstr(cj_error(context), "[0, 1]"));
}

/* ---- initial values ---- */

/* Least, largest, mean and deviation of a parameter made with this initialiser. */
static cj_description made(const char *name, cj_initialiser how, int rank, const int64_t *shape,
                           double *deviation)
{
    cj_description d, square;
    cj_tensor *x = cj_scope_get(s, name, CJ_F32, rank, shape, how);
    assert_int_equal(cj_describe(x, &d), CJ_OK);
    assert_int_equal(cj_describe(cj_square(x), &square), CJ_OK);
    *deviation = sqrt(square.mean - d.mean * d.mean);
    return d;
}

static void test_initial_values(void **state)
{
    (void)state;
    const int64_t shape[4] = {64, 32, 5, 5};
    const double fan_in = 800, fans = 800 + 1600;
    double deviation;
    struct {
        cj_initialiser how;
        double bound, deviation;
    } row[] = {
        {cj_init_kaiming_uniform(sqrt(5)), 1 / sqrt(fan_in), 1 / sqrt(3 * fan_in)},
        {cj_init_kaiming_uniform(0), sqrt(6 / fan_in), sqrt(2 / fan_in)},
        {cj_init_kaiming_normal(0), 1, sqrt(2 / fan_in)},
        {cj_init_xavier_uniform(2), 2 * sqrt(6 / fans), 2 * sqrt(2 / fans)},
        {cj_init_xavier_normal(1), 1, sqrt(2 / fans)},
        {cj_init_uniform(-3, 3), 3, sqrt(3)},
        {cj_init_normal(0, 0.5), 4, 0.5},
    };
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        char name[16];
        snprintf(name, sizeof name, "w%zu", i);
        cj_description d = made(name, row[i].how, 4, shape, &deviation);
        assert_true(d.min >= -row[i].bound && d.max <= row[i].bound);
        bool uniform = row[i].how.kind == CJ_INIT_UNIFORM;
        assert_true(!uniform || (d.min < -0.99 * row[i].bound && d.max > 0.99 * row[i].bound));
        assert_true(fabs(d.mean) < 0.02 * row[i].deviation);
        assert_true(fabs(deviation / row[i].deviation - 1) < 0.02);
    }
    cj_description d = made("b", cj_init_constant(-2), 1, shape, &deviation);
    assert_true(d.min == -2 && d.max == -2);
}

/* W W^T = gain^2 I of wide matrices and of filters, W^T W of tall ones. */
static void test_orthogonal(void **state)
{
    (void)state;
    const int64_t shape[3][3] = {{5, 4, 2}, {7, 3, 1}, {4, 4, 1}};
    for (int i = 0; i < 3; i++) {
        char name[] = {'o', (char)('0' + i), 0};
        double gram[25];
        int64_t rows = shape[i][0], columns = shape[i][1] * shape[i][2];
        cj_tensor *w = cj_scope_get(s, name, CJ_F32, 3, shape[i], cj_init_orthogonal(3));
        w = cj_cast(cj_reshape(w, 2, (int64_t[]){rows, columns}), CJ_F64);
        cj_tensor *t = cj_transpose(w, 0, 1);
        int64_t n = rows < columns ? rows : columns;
        cj_tensor *product = rows <= columns ? cj_matmul(w, t) : cj_matmul(t, w);
        assert_int_equal(cj_read(product, gram, (size_t)(n * n) * sizeof *gram), CJ_OK);
        for (int64_t e = 0; e < n * n; e++)
            assert_true(fabs(gram[e] - (e % (n + 1) ? 0 : 9)) < 1e-5);
    }
    assert_null(cj_scope_get(s, "vector", CJ_F32, 1, shape[0], cj_init_orthogonal(1)));
    assert_non_null(strstr(cj_error(context), "orthogonal and sparse first values want a matrix"));
}

/* Three of eight rows are 0 in each column, not the same ones; the others are normal. */
static void test_sparse(void **state)
{
    (void)state;
    enum { ROWS = 8, COLUMNS = 500 };
    static float w[ROWS][COLUMNS];
    const int64_t shape[] = {ROWS, COLUMNS};
    int in_row[ROWS] = {0};
    double square = 0;
    assert_int_equal(
        cj_read(cj_scope_get(s, "sparse", CJ_F32, 2, shape, cj_init_sparse(0.3, 2)), w, sizeof w),
        CJ_OK);
    for (int j = 0; j < COLUMNS; j++) {
        int zeros = 0;
        for (int i = 0; i < ROWS; i++) {
            zeros += w[i][j] == 0;
            in_row[i] += w[i][j] == 0;
            square += (double)w[i][j] * (double)w[i][j];
        }
        assert_int_equal(zeros, 3);
    }
    for (int i = 0; i < ROWS; i++)
        assert_true(in_row[i] > 125 && in_row[i] < 250);
    assert_true(fabs(sqrt(square / (5 * COLUMNS)) - 2) < 0.1);
}

/* The values depend on seed and path alone: not on what was made before. */
static void test_initial_values_by_path(void **state)
{
    (void)state;
    const int64_t shape[1] = {16};
    float a[16], b[16], c[16];
    cj_scope_get(s, "a.w", CJ_F32, 1, shape, cj_init_uniform(0, 1));
    assert_int_equal(cj_scope_copy_out(s, "a.w", CJ_F32, 1, shape, a), CJ_OK);
    cj_scope *other = cj_scope_new(context);
    cj_scope_get(other, "first", CJ_F32, 1, shape, cj_init_uniform(0, 1));
    cj_scope_get(cj_scope_enter(other, "a"), "w", CJ_F32, 1, shape, cj_init_uniform(0, 1));
    assert_int_equal(cj_scope_copy_out(other, "a.w", CJ_F32, 1, shape, b), CJ_OK);
    assert_int_equal(cj_scope_copy_out(other, "first", CJ_F32, 1, shape, c), CJ_OK);
    assert_memory_equal(a, b, sizeof a);
    assert_memory_not_equal(a, c, sizeof a);
    cj_scope_free(other);
    cj_context *seeded = cj_context_new(&(cj_config){.seed = 1}, NULL, 0);
    other = cj_scope_new(seeded);
    cj_scope_get(other, "a.w", CJ_F32, 1, shape, cj_init_uniform(0, 1));
    assert_int_equal(cj_scope_copy_out(other, "a.w", CJ_F32, 1, shape, b), CJ_OK);
    assert_memory_not_equal(a, b, sizeof a);
    cj_context_free(seeded);
}

/* ---- other scopes ---- */

static cj_tensor *count_asked(void *state, const cj_request *request)
{
    (*(int *)state)++;
    return cj_scope_ask(s, request);
}

/* A step of gradient descent as a function of the weights, and the derivative through it. */
static void test_scope_over(void **state)
{
    (void)state;
    const float data[] = {1, 2};
    cj_tensor *x = cj_tensor_from(context, CJ_F32, 2, (int64_t[]){1, 2}, data);
    cj_scope *inner = cj_scope_enter(s, "net");
    cj_tensor *y = cj_sum(cj_square(cj_linear(inner, "fc", x, .out_features = 1)), CJ_ALL, false);
    cj_tensor *w = cj_variable_read(cj_scope_find(s, "net.fc.weight")), *g, *second;
    assert_int_equal(cj_grad(y, 1, &w, &g), CJ_OK);
    cj_tensor *adapted = cj_sub(w, cj_scale(g, 0.05));
    const char *name = "net.fc.weight";
    cj_scope *over = cj_scope_over(s, 1, &name, &adapted);
    cj_tensor *z = cj_linear(cj_scope_enter(over, "net"), "fc", x, .out_features = 1);
    assert_int_equal(cj_scope_count(s), 2);
    /* dz/dw = x (1 - 0.1 |x|^2): the inner step shrinks along x */
    assert_int_equal(cj_grad(cj_sum(z, CJ_ALL, false), 1, &w, &second), CJ_OK);
    assert_true(fabs(number(cj_sum(second, CJ_ALL, false)) - 3 * (1 - 0.1 * 5)) < 1e-5);
    int asked = 0;
    cj_scope_table table = {.get = count_asked};
    cj_scope *counting = cj_scope_with(s, &table, &asked);
    assert_non_null(cj_linear(cj_scope_enter(counting, "net"), "fc", x, .out_features = 1));
    assert_int_equal(asked, 2);
    cj_tensor *wrong = cj_flatten(adapted);
    wrong = cj_reshape(wrong, 1, (int64_t[]){2});
    cj_scope *bad = cj_scope_over(s, 1, &name, &wrong);
    assert_null(cj_linear(cj_scope_enter(bad, "net"), "fc", x, .out_features = 1));
    assert_non_null(strstr(cj_error(context), "f32[2]"));
}

/* ---- errors ---- */

static void says(const char *part)
{
    if (!strstr(cj_error(context), part))
        fail_msg("\"%s\" does not say \"%s\"", cj_error(context), part);
    cj_error_clear(context);
}

static void test_errors(void **state)
{
    (void)state;
    cj_tensor *x = cj_input(context, "x", CJ_F32, 2, (int64_t[]){3, 4});
    assert_non_null(cj_linear(s, "fc", x, .out_features = 5));
    assert_null(cj_linear(s, "fc", x, .out_features = 6));
    says("'fc.weight' is a parameter f32[5, 4] and was asked for as a parameter f32[6, 4]");
    assert_null(cj_linear(s, "none", x));
    says("linear 'none': .out_features must be at least 1");
    assert_null(cj_conv2d(s, "c", x, .out_channels = 5, .kernel_size = {3}));
    says("test_scope.c");
    assert_null(cj_conv2d(s, "c", pictures(1, 3, 4), .out_channels = 5, .kernel_size = {7}));
    says("conv2d 'c' on f32[1, 3, 4, 4]: its kernel is larger");
    assert_null(
        cj_conv2d(s, "c", pictures(1, 3, 4), .out_channels = 5, .kernel_size = {3}, .groups = 2));
    says(".groups must divide");
    assert_null(cj_max_pool2d(pictures(1, 3, 4), .kernel_size = {2}, .padding = {2}));
    says("half of .kernel_size");
    assert_null(cj_linear(s, "fc", cj_cast(x, CJ_F64), .out_features = 5));
    says("f64[3, 4], the scope's parameters are f32");
    cj_scope_build(s, true);
    assert_null(cj_batch_norm(s, "bn", cj_narrow(x, 0, 0, 1)));
    says("batch_norm 'bn': a training batch of f32[1, 4] has one value a channel");
    assert_null(cj_cross_entropy(x, cj_narrow(x, 1, 0, 2)));
    says("cross_entropy: logits are f32[3, 4], labels f32[3, 2]");
    struct cj_linear_args no_at = {.scope = s, .name = "fc", .x = x, .out_features = 5};
    assert_null(cj_linear_at(&no_at));
    says(".at is not filled in");
    assert_int_equal(cj_scope_set_dtype(s, CJ_F64), CJ_INVALID);
    says("already holds 'fc.weight' in f32");
    float value[4];
    assert_int_equal(cj_scope_copy_out(s, "fc.wieght", CJ_F32, 1, (int64_t[]){4}, value),
                     CJ_NOT_FOUND);
    says("did you mean 'fc.weight'?");
    assert_int_equal(cj_scope_copy_in(s, "fc.bias", CJ_F32, 1, (int64_t[]){4}, value), CJ_SHAPE);
    says("'fc.bias' is f32[5] in the net, the array is f32[4]");
}

/* An options struct of an older, shorter version: what it does not know has its default. */
static void test_older_options(void **state)
{
    (void)state;
    cj_tensor *x = cj_input(context, "x", CJ_F32, 2, (int64_t[]){3, 4});
    struct cj_linear_args a = {
        .scope = s, .name = "fc", .x = x, .out_features = 5, .no_bias = true};
    a.at = CJ_HERE_OF(a);
    a.at.size = (uint32_t)offsetof(struct cj_linear_args, no_bias);
    assert_non_null(cj_linear_at(&a));
    assert_non_null(cj_scope_find(s, "fc.bias"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_lenet_names),
        TEST(test_resnet_names),
        TEST(test_records_chain),
        TEST(test_records_and_frames),
        TEST(test_batch_norm_twice),
        TEST(test_draws),
        TEST(test_dropout),
        TEST(test_initial_values),
        TEST(test_initial_values_by_path),
        TEST(test_orthogonal),
        TEST(test_sparse),
        TEST(test_scope_over),
        TEST(test_errors),
        TEST(test_older_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
