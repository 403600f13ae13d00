/*
 * Assignments against every permutation, and in their dual bound; k-means on clusters that are known, on repeated rows, and
 * in its descent.
 */
#include "cajal/cajal.h"

#include <float.h>
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

static uint32_t draw(uint32_t *state, uint32_t below)
{
    *state = *state * 1664525u + 1013904223u;
    return (*state >> 16) % below;
}

enum { MOST = 6 };

/* The least total of the rows from `row`, columns in `used` taken; `spare`: rows that may go without. */
static double least(int rows, int columns, const double *cost, int row, unsigned used, int spare)
{
    if (row == rows)
        return 0;
    double best = spare > 0 ? least(rows, columns, cost, row + 1, used, spare - 1) : INFINITY;
    for (int j = 0; j < columns; j++)
        if (!(used >> j & 1))
            best = fmin(best, cost[row * columns + j] +
                                  least(rows, columns, cost, row + 1, used | 1u << j, spare));
    return best;
}

static void test_every_permutation(void **state)
{
    (void)state;
    uint32_t seed = 3;
    for (int trial = 0; trial < 400; trial++) {
        int rows = (int)draw(&seed, MOST), columns = (int)draw(&seed, MOST);
        double cost[MOST * MOST], total = -1;
        int64_t column[MOST];
        for (int i = 0; i < rows * columns; i++)
            cost[i] = draw(&seed, 12) == 0 ? INFINITY : (double)draw(&seed, 7) - 3;
        double want = least(rows, columns, cost, 0, 0, rows > columns ? rows - columns : 0);
        cj_status status = cj_linear_sum_assignment(context, rows, columns, cost, column, &total);
        if (want == INFINITY) {
            assert_int_equal(status, CJ_VALUE);
            assert_non_null(strstr(cj_error(context), "every assignment has an infinite cost"));
            cj_error_clear(context);
            continue;
        }
        assert_int_equal(status, CJ_OK);
        assert_true(total == want);
        unsigned used = 0;
        int given = 0;
        double sum = 0;
        for (int i = 0; i < rows; i++)
            if (column[i] >= 0) {
                assert_false(used >> column[i] & 1);
                used |= 1u << column[i];
                sum += cost[i * columns + column[i]];
                given++;
            }
        assert_int_equal(given, rows < columns ? rows : columns);
        assert_true(sum == total);
    }
}

static void test_refused_costs(void **state)
{
    (void)state;
    int64_t column[2];
    assert_int_equal(cj_linear_sum_assignment(context, 1, 2, (double[]){1, NAN}, column, NULL),
                     CJ_VALUE);
    assert_non_null(strstr(cj_error(context), "cost 1 is nan"));
    cj_error_clear(context);
    assert_int_equal(cj_linear_sum_assignment(context, -1, 2, NULL, column, NULL), CJ_INVALID);
    cj_error_clear(context);
}

/* Three clouds far apart are found from any key; labels, centers and inertia agree. */
static void test_known_clusters(void **state)
{
    (void)state;
    enum { N = 60 };
    static double x[N][2], centers[3][2];
    int32_t label[N];
    uint32_t seed = 5;
    for (int i = 0; i < N; i++) {
        x[i][0] = 100 * (i % 3) + draw(&seed, 1000) * 1e-3;
        x[i][1] = (i % 3 == 1 ? 50 : 0) + draw(&seed, 1000) * 1e-3;
    }
    cj_tensor *rows = cj_tensor_from(context, CJ_F64, 2, (int64_t[]){N, 2}, x);
    for (uint64_t key = 0; key < 5; key++) {
        cj_kmeans_result r = cj_kmeans(cj_key(context, key), rows, 3, 5);
        double inertia, sum = 0;
        assert_int_equal(cj_read(r.centers, centers, sizeof centers), CJ_OK);
        assert_int_equal(cj_read(r.label, label, sizeof label), CJ_OK);
        assert_int_equal(cj_read(r.inertia, &inertia, sizeof inertia), CJ_OK);
        for (int i = 0; i < N; i++) {
            assert_int_equal(label[i], label[i % 3]);
            double a = x[i][0] - centers[label[i]][0], b = x[i][1] - centers[label[i]][1];
            sum += a * a + b * b;
        }
        assert_true(label[0] != label[1] && label[1] != label[2] && label[0] != label[2]);
        assert_true(fabs(sum - inertia) < 1e-10 * sum && sum < N);
    }
}

/* More steps never cost more; equal rows leave clusters empty, and nothing is NaN. */
static void test_descent_and_repeats(void **state)
{
    (void)state;
    enum { N = 200 };
    static float x[N][3];
    uint32_t seed = 9;
    for (int i = 0; i < N * 3; i++)
        x[i / 3][i % 3] = (float)draw(&seed, 1000);
    cj_tensor *rows = cj_tensor_from(context, CJ_F32, 2, (int64_t[]){N, 3}, x);
    float before = FLT_MAX, now;
    for (int steps = 0; steps < 6; steps++) {
        cj_kmeans_result r = cj_kmeans(cj_key(context, 1), rows, 7, steps);
        assert_int_equal(cj_read(r.inertia, &now, sizeof now), CJ_OK);
        assert_true(now <= before * 1.000001f);
        before = now;
    }
    cj_tensor *same = cj_full(context, CJ_F32, 2, (int64_t[]){4, 2}, 3);
    cj_kmeans_result r = cj_kmeans(cj_key(context, 1), same, 3, 2);
    float centers[6];
    assert_int_equal(cj_read(r.centers, centers, sizeof centers), CJ_OK);
    for (int i = 0; i < 6; i++)
        assert_true(centers[i] == 3);
    assert_null(cj_kmeans(cj_key(context, 1), same, 5, 2).centers);
    assert_non_null(strstr(cj_error(context), "kmeans: 5 clusters"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_every_permutation),
        TEST(test_refused_costs),
        TEST(test_known_clusters),
        TEST(test_descent_and_repeats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
