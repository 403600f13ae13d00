/*
 * Updates: all values are from before the step, whatever the kernels and wherever they write; fused and unfused.
 */
#include "compile/program_test.h"

#include <stdlib.h>

static cj_context *context;
static bool no_fusion;

static int setup(void **state)
{
    (void)state;
    context = new_context(&(cj_config){.threads = 3, .smallest_work = 1, .no_fusion = no_fusion});
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    cj_context_free(context);
    return 0;
}

static void two_variables_swap(void **state)
{
    (void)state;
    cj_variable *v[2] = {new_variable(context, "a", 3, VALUES(1, 2, 3)),
                         new_variable(context, "b", 3, VALUES(4, 5, 6))};
    cj_tensor *value[2] = {cj_variable_read(v[1]), cj_variable_read(v[0])};
    cj_program *p = compile_updates(context, 2, v, value);
    run(p);
    assert_values(cj_variable_data(v[0]), 3, VALUES(4, 5, 6));
    assert_values(cj_variable_data(v[1]), 3, VALUES(1, 2, 3));
    run(p);
    assert_values(cj_variable_data(v[0]), 3, VALUES(1, 2, 3));
    cj_program_free(p);
}

/* Three in a ring, and a fourth that reads them all. */
static void a_ring_turns(void **state)
{
    (void)state;
    cj_variable *v[4] = {
        new_variable(context, "a", 2, VALUES(1, 10)), new_variable(context, "b", 2, VALUES(2, 20)),
        new_variable(context, "c", 2, VALUES(3, 30)), new_variable(context, "d", 2, VALUES(0, 0))};
    cj_tensor *r[4];
    for (int i = 0; i < 4; i++)
        r[i] = cj_variable_read(v[i]);
    cj_tensor *value[4] = {r[1], r[2], r[0], cj_add(r[3], cj_add(r[0], cj_mul(r[1], r[2])))};
    cj_program *p = compile_updates(context, 4, v, value);
    run(p);
    assert_values(cj_variable_data(v[0]), 2, VALUES(2, 20));
    assert_values(cj_variable_data(v[1]), 2, VALUES(3, 30));
    assert_values(cj_variable_data(v[2]), 2, VALUES(1, 10));
    assert_values(cj_variable_data(v[3]), 2, VALUES(7, 610));
    run(p);
    assert_values(cj_variable_data(v[3]), 2, VALUES(7 + 2 + 3, 610 + 20 + 300));
    cj_program_free(p);
}

/* a' = a + b, b' = a: in either order of the list. */
static void a_sum_and_its_source(void **state)
{
    (void)state;
    for (int order = 0; order < 2; order++) {
        cj_variable *a = new_variable(context, "a", 2, VALUES(1, 2));
        cj_variable *b = new_variable(context, "b", 2, VALUES(10, 20));
        cj_tensor *sum = cj_add(cj_variable_read(a), cj_variable_read(b));
        cj_variable *v[2] = {order ? b : a, order ? a : b};
        cj_tensor *value[2] = {order ? cj_variable_read(a) : sum,
                               order ? sum : cj_variable_read(a)};
        cj_program *p = compile_updates(context, 2, v, value);
        for (int i = 0; i < 3; i++)
            run(p); /* Fibonacci */
        assert_values(cj_variable_data(a), 2, VALUES(23, 46));
        assert_values(cj_variable_data(b), 2, VALUES(12, 24));
        cj_program_free(p);
        cj_variable_release(a);
        cj_variable_release(b);
    }
}

/* The value before the step is an output, though the variable is written in place. */
static void outputs_are_from_before(void **state)
{
    (void)state;
    cj_variable *v = new_variable(context, "v", 4, VALUES(1, 2, 3, 4));
    cj_tensor *read = cj_variable_read(v), *next = cj_scale(read, 2);
    cj_tensor *output[5] = {read, next, cj_flip(read, 1), cj_sum(read, CJ_ALL, false),
                            cj_add(next, cj_flip(read, 1))};
    cj_updates updates = {1, &v, &next};
    cj_program *p = cj_compile(context, 5, output, &updates);
    assert_non_null(p);
    run(p);
    run(p);
    assert_values(cj_output(p, 0), 4, VALUES(2, 4, 6, 8));
    assert_values(cj_output(p, 1), 4, VALUES(4, 8, 12, 16));
    assert_values(cj_output(p, 2), 4, VALUES(8, 6, 4, 2));
    assert_values(cj_output(p, 3), 1, VALUES(20));
    assert_values(cj_output(p, 4), 4, VALUES(12, 14, 16, 18));
    assert_values(cj_variable_data(v), 4, VALUES(4, 8, 12, 16));
    cj_program_free(p);
}

/* The new value reads the old one otherwise than element for element: reversed, transposed, summed, multiplied. */
static void views_of_itself(void **state)
{
    (void)state;
    double before[400], after[400];
    const int64_t shape[2] = {20, 20};
    for (int kind = 0; kind < 5; kind++) {
        cj_variable *v = cj_variable_new(context, "v", CJ_F64, 2, shape);
        cj_tensor *x = cj_variable_read(v), *y = NULL;
        for (int i = 0; i < 400; i++)
            before[i] = ((double *)cj_variable_data(v))[i] = (i * 37 % 101) - 50;
        for (int i = 0; i < 20; i++)
            for (int j = 0; j < 20; j++) {
                double *to = &after[i * 20 + j];
                double row = 0, dot = 0;
                for (int k = 0; k < 20; k++) {
                    row += before[i * 20 + k];
                    dot += before[i * 20 + k] * before[k * 20 + j];
                }
                *to = kind == 0   ? before[399 - (i * 20 + j)]
                      : kind == 1 ? before[j * 20 + i]
                      : kind == 2 ? before[i * 20 + j] + before[j * 20 + i]
                      : kind == 3 ? before[i * 20 + j] - row
                                  : dot;
            }
        switch (kind) {
        case 0: y = cj_flip(x, 3); break;
        case 1: y = cj_transpose(x, 0, 1); break;
        case 2: y = cj_add(x, cj_transpose(x, 0, 1)); break;
        case 3: y = cj_sub(x, cj_sum(x, CJ_AXIS(1), true)); break;
        default: y = cj_matmul(x, x); break;
        }
        cj_program *p = compile_updates(context, 1, &v, &y);
        run(p);
        assert_values(cj_variable_data(v), 400, after);
        cj_program_free(p);
        cj_variable_release(v);
    }
}

/* A view of the old value that can only be copied is copied before the variable is written. */
static void a_copied_view_is_from_before(void **state)
{
    (void)state;
    const int64_t shape[2] = {3, 4};
    cj_variable *v = cj_variable_new(context, "v", CJ_F64, 2, shape);
    for (int i = 0; i < 12; i++)
        ((double *)cj_variable_data(v))[i] = i;
    cj_tensor *x = cj_variable_read(v);
    cj_tensor *flat = cj_reshape(cj_transpose(x, 0, 1), 1, (int64_t[]){12});
    cj_tensor *next = cj_scale(x, -1), *output[2] = {cj_shift(flat, 100), cj_mul(flat, flat)};
    cj_updates updates = {1, &v, &next};
    cj_program *p = cj_compile(context, 2, output, &updates);
    assert_non_null(p);
    run(p);
    assert_values(cj_output(p, 0), 12,
                  VALUES(100, 104, 108, 101, 105, 109, 102, 106, 110, 103, 107, 111));
    assert_values(cj_output(p, 1), 12, VALUES(0, 16, 64, 1, 25, 81, 4, 36, 100, 9, 49, 121));
    assert_values(cj_variable_data(v), 3, VALUES(0, -1, -2));
    cj_program_free(p);
    cj_variable_release(v);
}

/* Constants, numbers, inputs, another variable, a view of it and itself as new values. */
static void leaves_as_values(void **state)
{
    (void)state;
    const int64_t three = 3;
    cj_variable *v[6];
    static const char *const names[6] = {"constant", "number", "input", "other", "view", "self"};
    for (int i = 0; i < 6; i++)
        v[i] = new_variable(context, names[i], 3, VALUES(i, i + 0.5, -i));
    cj_tensor *value[6] = {
        vector(context, 3, VALUES(7, 8, 9)),       cj_full(context, CJ_F64, 1, &three, 2.5),
        cj_input(context, "x", CJ_F64, 1, &three), cj_variable_read(v[0]),
        cj_flip(cj_variable_read(v[2]), 1),        cj_variable_read(v[5])};
    cj_program *p = compile_updates(context, 6, v, value);
    assert_int_equal(cj_run(p, 1, (cj_feed[]){{"x", VALUES(-1, -2, -3)}}), CJ_OK);
    assert_values(cj_variable_data(v[0]), 3, VALUES(7, 8, 9));
    assert_values(cj_variable_data(v[1]), 3, VALUES(2.5, 2.5, 2.5));
    assert_values(cj_variable_data(v[2]), 3, VALUES(-1, -2, -3));
    assert_values(cj_variable_data(v[3]), 3, VALUES(0, 0.5, 0));
    assert_values(cj_variable_data(v[4]), 3, VALUES(-2, 2.5, 2));
    assert_values(cj_variable_data(v[5]), 3, VALUES(5, 5.5, -5));
    cj_program_free(p);
}

/* One tensor is the new value of two variables and two outputs; one reduction too. */
static void one_value_many_places(void **state)
{
    (void)state;
    cj_variable *v[3] = {new_variable(context, "a", 2, VALUES(1, 2)),
                         new_variable(context, "b", 2, VALUES(3, 4)),
                         new_variable(context, "sum", 1, VALUES(0))};
    cj_tensor *a = cj_variable_read(v[0]), *b = cj_variable_read(v[1]);
    cj_tensor *product = cj_mul(a, b), *sum = cj_sum(product, CJ_ALL, true);
    cj_tensor *value[3] = {product, product, sum}, *output[4] = {product, sum, product, sum};
    cj_updates updates = {3, v, value};
    cj_program *p = cj_compile(context, 4, output, &updates);
    assert_non_null(p);
    run(p);
    assert_values(cj_variable_data(v[0]), 2, VALUES(3, 8));
    assert_values(cj_variable_data(v[1]), 2, VALUES(3, 8));
    assert_values(cj_variable_data(v[2]), 1, VALUES(11));
    assert_values(cj_output(p, 0), 2, VALUES(3, 8));
    assert_values(cj_output(p, 2), 2, VALUES(3, 8));
    assert_values(cj_output(p, 3), 1, VALUES(11));
    cj_program_free(p);
}

/* An update of a weight inside the epilogue of a product, while another kernel still wants the old weight. */
static void epilogues_write_in_place(void **state)
{
    (void)state;
    enum { N = 40 };
    const int64_t square[2] = {N, N};
    cj_variable *w = cj_variable_new(context, "w", CJ_F64, 2, square);
    double *before = malloc(sizeof(double) * N * N), *x = malloc(sizeof(double) * N * N);
    for (int i = 0; i < N * N; i++) {
        before[i] = ((double *)cj_variable_data(w))[i] = i % 13 - 6;
        x[i] = i % 7 - 3;
    }
    cj_tensor *xt = cj_tensor_from(context, CJ_F64, 2, square, x), *wt = cj_variable_read(w);
    cj_tensor *forward = cj_matmul(xt, wt);
    cj_tensor *next = cj_sub(wt, cj_scale(cj_matmul(cj_transpose(xt, 0, 1), xt), 0.5));
    cj_updates updates = {1, &w, &next};
    cj_program *p = cj_compile(context, 1, &forward, &updates);
    assert_non_null(p);
    run(p);
    const double *y = cj_output(p, 0), *after = cj_variable_data(w);
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            double want = 0, gram = 0;
            for (int k = 0; k < N; k++) {
                want += x[i * N + k] * before[k * N + j];
                gram += x[k * N + i] * x[k * N + j];
            }
            assert_true(y[i * N + j] == want);
            assert_true(after[i * N + j] == before[i * N + j] - 0.5 * gram);
        }
    cj_program_free(p);
    cj_variable_release(w);
    free(before);
    free(x);
}

/* A product of the variable with itself, of more than one chunk and one block of rows, alone and before an epilogue. */
static void products_of_itself(void **state)
{
    (void)state;
    enum { N = 300 };
    const int64_t square[2] = {N, N};
    double *before = malloc(sizeof(double) * N * N), *product = calloc(N * N, sizeof(double));
    for (int i = 0; i < N * N; i++)
        before[i] = i * 7 % 11 - 5;
    for (int i = 0; i < N; i++)
        for (int k = 0; k < N; k++)
            for (int j = 0; j < N; j++)
                product[i * N + j] += before[i * N + k] * before[k * N + j];
    for (int kind = 0; kind < 4; kind++) {
        cj_variable *v = cj_variable_new(context, "v", CJ_F64, 2, square);
        memcpy(cj_variable_data(v), before, sizeof(double) * N * N);
        cj_tensor *x = cj_variable_read(v);
        cj_tensor *y =
            cj_matmul(kind & 2 ? cj_scale(x, 2) : x, x); /* computed as it is read, or not */
        if (kind & 1)
            y = cj_sub(x, y);
        cj_program *p = compile_updates(context, 1, &v, &y);
        run(p);
        const double *after = cj_variable_data(v);
        for (int i = 0; i < N * N; i++) {
            double value = kind & 2 ? 2 * product[i] : product[i];
            assert_true(after[i] == (kind & 1 ? before[i] - value : value));
        }
        cj_program_free(p);
        cj_variable_release(v);
    }
    free(before);
    free(product);
}

/* Large enough for many tiles and all threads: swaps, and sums with a shifted view of the other. */
static void large_swaps(void **state)
{
    (void)state;
    enum { N = 30011 };
    const int64_t n = N;
    cj_variable *v[2] = {cj_variable_new(context, "a", CJ_F64, 1, &n),
                         cj_variable_new(context, "b", CJ_F64, 1, &n)};
    double *a = cj_variable_data(v[0]), *b = cj_variable_data(v[1]);
    for (int i = 0; i < N; i++) {
        a[i] = i;
        b[i] = 2.0 * N - i;
    }
    cj_tensor *ra = cj_variable_read(v[0]), *rb = cj_variable_read(v[1]);
    cj_tensor *value[2] = {cj_add(rb, cj_flip(ra, 1)), cj_sub(ra, cj_flip(rb, 1))};
    cj_program *p = compile_updates(context, 2, v, value);
    run(p);
    for (int i = 0; i < N; i++) {
        assert_true(a[i] == (2.0 * N - i) + (N - 1 - i));
        assert_true(b[i] == i - (2.0 * N - (N - 1 - i)));
    }
    cj_program_free(p);
    cj_variable_release(v[0]);
    cj_variable_release(v[1]);
}

static void wrong_updates_are_sentences(void **state)
{
    (void)state;
    const int64_t two = 2;
    cj_variable *v = new_variable(context, "weight", 3, VALUES(1, 2, 3));
    cj_variable *twice[2] = {v, v};
    cj_tensor *read = cj_variable_read(v);
    cj_tensor *wrong[4] = {cj_full(context, CJ_F64, 1, &two, 1), cj_cast(read, CJ_F32), NULL, read};
    static const cj_status status[4] = {CJ_SHAPE, CJ_SHAPE, CJ_INVALID, CJ_INVALID};
    for (int i = 0; i < 4; i++) {
        cj_tensor *value[2] = {wrong[i], read};
        cj_updates updates = {i == 3 ? 2 : 1, twice, value};
        assert_null(cj_compile(context, 0, NULL, &updates));
        assert_int_equal(cj_error_status(context), status[i]);
        assert_non_null(strstr(cj_error(context), "weight"));
        assert_non_null(strstr(cj_error(context), "test_updates.c:"));
        assert_int_equal(cj_context_status(context), CJ_OK);
    }
    cj_variable_release(v);
}

#define UPDATE_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        UPDATE_TEST(two_variables_swap),
        UPDATE_TEST(a_ring_turns),
        UPDATE_TEST(a_sum_and_its_source),
        UPDATE_TEST(outputs_are_from_before),
        UPDATE_TEST(views_of_itself),
        UPDATE_TEST(a_copied_view_is_from_before),
        UPDATE_TEST(leaves_as_values),
        UPDATE_TEST(one_value_many_places),
        UPDATE_TEST(epilogues_write_in_place),
        UPDATE_TEST(products_of_itself),
        UPDATE_TEST(large_swaps),
        UPDATE_TEST(wrong_updates_are_sentences),
    };
    int failed = cmocka_run_group_tests_name("fused", tests, NULL, NULL);
    no_fusion = true;
    return failed + cmocka_run_group_tests_name("unfused", tests, NULL, NULL);
}
