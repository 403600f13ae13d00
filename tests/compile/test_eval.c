/*
 * cj_eval, cj_read, cj_describe: one tensor, now.
 */
#include "compile/program_test.h"

#include <math.h>

static void eval_gives_a_leaf(void **state)
{
    (void)state;
    cj_context *c = new_context(NULL);
    cj_variable *v = new_variable(c, "v", 3, VALUES(1, 2, 3));
    cj_tensor *x = cj_square(cj_variable_read(v)), *leaf = cj_eval(x);
    assert_non_null(leaf);
    ((double *)cj_variable_data(v))[0] = 9;
    double now[3], then[3];
    assert_int_equal(cj_read(x, now, sizeof(now)), CJ_OK);
    assert_int_equal(cj_read(leaf, then, sizeof(then)), CJ_OK);
    assert_values(now, 3, VALUES(81, 4, 9));
    assert_values(then, 3, VALUES(1, 4, 9));
    assert_ptr_equal(cj_eval(leaf), leaf);
    assert_null(cj_eval(NULL));
    cj_tensor *scalar = cj_eval(cj_scalar(c, CJ_F32, 2.5));
    float one;
    assert_int_equal(cj_read(scalar, &one, sizeof(one)), CJ_OK);
    assert_true(one == 2.5f && cj_rank(scalar) == 0);
    cj_context_free(c);
}

static void reading_wrongly_is_a_sentence(void **state)
{
    (void)state;
    cj_context *c = new_context(NULL);
    int64_t three = 3;
    double data[3];
    cj_tensor *x = cj_input(c, "pixels", CJ_F64, 1, &three);
    assert_int_equal(cj_read(cj_neg(x), data, sizeof(data)), CJ_NOT_FOUND);
    assert_non_null(strstr(cj_error(c), "'pixels'"));
    assert_null(cj_eval(cj_neg(x)));
    assert_int_equal(cj_read(vector(c, 3, VALUES(1, 2, 3)), data, 16), CJ_INVALID);
    assert_non_null(strstr(cj_error(c), "24 bytes"));
    assert_int_equal(cj_read(NULL, data, 0), CJ_INVALID);
    assert_int_equal(cj_context_status(c), CJ_OK);
    cj_context_free(c);
}

static void describe_counts(void **state)
{
    (void)state;
    cj_context *c = new_context(NULL);
    cj_description d;
    double data[12] = {3, NAN, -2, 7, NAN, 0, 0, 0, 0, 0, 0, 4};
    cj_tensor *x = cj_tensor_from(c, CJ_F64, 2, (int64_t[]){3, 4}, data);
    assert_int_equal(cj_describe(cj_scale(x, 2), &d), CJ_OK);
    assert_true(d.dtype == CJ_F64 && d.rank == 2 && d.shape[0] == 3 && d.shape[1] == 4);
    assert_true(d.elements == 12 && d.nan_count == 2 && d.first_count == 8);
    assert_true(d.min == -4 && d.max == 14 && fabs(d.mean - 2.4) < 1e-15);
    assert_true(d.first[0] == 6 && isnan(d.first[1]) && d.first[3] == 14);
    double none[2] = {NAN, NAN};
    assert_int_equal(cj_describe(vector(c, 2, none), &d), CJ_OK);
    assert_true(d.nan_count == 2 && isnan(d.min) && isnan(d.mean) && isnan(d.max));
    assert_int_equal(cj_describe(cj_full(c, CJ_I32, 1, (int64_t[]){0}, 0), &d), CJ_OK);
    assert_true(d.elements == 0 && d.first_count == 0 && isnan(d.mean));
    double infinite[3] = {INFINITY, -INFINITY, 1};
    assert_int_equal(cj_describe(vector(c, 3, infinite), &d), CJ_OK);
    assert_true(d.max == INFINITY && d.min == -INFINITY && d.nan_count == 0);
    assert_int_equal(cj_describe(cj_lt(vector(c, 2, VALUES(1, 3)), vector(c, 2, VALUES(2, 2))), &d),
                     CJ_OK);
    assert_true(d.dtype == CJ_BOOL && d.first[0] == 1 && d.first[1] == 0 && d.mean == 0.5);
    assert_int_equal(cj_describe(NULL, &d), CJ_INVALID);
    cj_context_free(c);
}

/* A value carried out of a frame. */
static void a_frame_leaves_a_value(void **state)
{
    (void)state;
    cj_context *c = new_context(NULL);
    assert_int_equal(cj_frame_enter(c), CJ_OK);
    cj_tensor *kept =
        cj_frame_leave_with(c, cj_add(vector(c, 2, VALUES(1, 2)), vector(c, 2, VALUES(3, 4))));
    double data[2];
    assert_int_equal(cj_read(kept, data, sizeof(data)), CJ_OK);
    assert_values(data, 2, VALUES(4, 6));
    cj_context_free(c);
}

/* The same structure with other constants and scalars: one program, the right numbers each time. */
static void kept_programs_take_new_constants(void **state)
{
    (void)state;
    cj_context *c = cj_context_new(&(cj_config){.threads = 1}, NULL, 0);
    size_t kept = 0;
    for (int i = 0; i < 200; i++) {
        assert_int_equal(cj_frame_enter(c), CJ_OK);
        double data[3] = {i, i + 1, -i}, out[3];
        double scale = 0.25 * i + 3.125;
        cj_tensor *x = cj_tensor_from(c, CJ_F64, 1, (int64_t[]){3}, data);
        cj_tensor *y = cj_add(cj_scale(x, scale), cj_scale(cj_square(x), 2));
        assert_int_equal(cj_read(y, out, sizeof(out)), CJ_OK);
        for (int k = 0; k < 3; k++)
            assert_true(out[k] == data[k] * scale + data[k] * data[k] * 2);
        kept = i == 0 ? cj_eval_cached_bytes(c) : kept;
        assert_true(cj_eval_cached_bytes(c) == kept && kept > 0);
        cj_frame_leave(c);
    }
    for (int n = 1; n < 300; n++) { /* other shapes: bounded */
        assert_int_equal(cj_frame_enter(c), CJ_OK);
        int64_t shape[1] = {n};
        double sum;
        assert_int_equal(cj_read(cj_sum(cj_full(c, CJ_F64, 1, shape, 1.5), CJ_ALL, false), &sum, 8),
                         CJ_OK);
        assert_true(sum == 1.5 * n);
        cj_frame_leave(c);
    }
    assert_true(cj_eval_cached_bytes(c) < (size_t)16 << 20);
    cj_context_free(c);
}

/* The mean of integers: neither the sum nor the count need fit their dtype. */
static void means_of_integers(void **state)
{
    (void)state;
    cj_context *c = new_context(NULL);
    uint8_t bytes[600], mean = 0;
    for (int i = 0; i < 600; i++)
        bytes[i] = (uint8_t)(i % 2 ? 250 : 255); /* 252.5 */
    cj_tensor *x = cj_tensor_from(c, CJ_U8, 2, (int64_t[]){2, 300}, bytes);
    cj_tensor *y = cj_mean(x, CJ_ALL, false);
    assert_int_equal(cj_tensor_dtype(y), CJ_U8);
    assert_int_equal(cj_read(y, &mean, sizeof(mean)), CJ_OK);
    assert_int_equal(mean, 252);
    int32_t numbers[3] = {INT32_MIN, INT32_MIN, INT32_MIN + 1}, whole = 0; /* INT32_MIN + 1/3 */
    y = cj_mean(cj_tensor_from(c, CJ_I32, 1, (int64_t[]){3}, numbers), CJ_ALL, false);
    assert_int_equal(cj_read(y, &whole, sizeof(whole)), CJ_OK);
    assert_int_equal(whole, INT32_MIN + 1);
    y = cj_mean(cj_full(c, CJ_I32, 1, (int64_t[]){0}, 0), CJ_ALL, false);
    assert_int_equal(cj_read(y, &whole, sizeof(whole)), CJ_OK);
    assert_int_equal(whole, 0);
    double real;
    y = cj_mean(cj_full(c, CJ_F64, 1, (int64_t[]){0}, 0), CJ_ALL, false);
    assert_int_equal(cj_read(y, &real, sizeof(real)), CJ_OK);
    assert_true(isnan(real));
    cj_context_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kept_programs_take_new_constants), cmocka_unit_test(eval_gives_a_leaf),
        cmocka_unit_test(reading_wrongly_is_a_sentence),    cmocka_unit_test(describe_counts),
        cmocka_unit_test(a_frame_leaves_a_value),           cmocka_unit_test(means_of_integers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
