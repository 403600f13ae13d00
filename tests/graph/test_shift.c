/*
 * Shifts of signed integers, which are compositions: every pair of i8 against C's arithmetic, the ends of the others.
 */
#include "cajal/program.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* floor(a / 2^b) and a 2^b modulo 2^64, without shifting negative numbers. */
static int64_t right(int64_t a, int64_t b)
{
    for (; b > 0 && a != 0 && a != -1; b--)
        a = a / 2 - (a % 2 < 0);
    return a;
}

static uint64_t left(int64_t a, int64_t b)
{
    return b < 64 ? (uint64_t)a << (b < 0 ? 0 : b) : 0;
}

static void test_every_byte(void **state)
{
    (void)state;
    enum { AMOUNTS = 14 };
    static int8_t a[256], b[AMOUNTS], l[256][AMOUNTS], r[256][AMOUNTS];
    for (int i = 0; i < 256; i++)
        a[i] = (int8_t)(i - 128);
    for (int i = 0; i < AMOUNTS; i++)
        b[i] = (int8_t)(i < 11 ? i - 1 : i == 11 ? 127 : i == 12 ? -128 : 16);
    cj_context *c = cj_context_new(NULL, NULL, 0);
    cj_tensor *x = cj_tensor_from(c, CJ_I8, 2, (int64_t[]){256, 1}, a);
    cj_tensor *n = cj_tensor_from(c, CJ_I8, 1, (int64_t[]){AMOUNTS}, b);
    assert_int_equal(cj_read(cj_shift_left(x, n), l, sizeof l), CJ_OK);
    assert_int_equal(cj_read(cj_shift_right(x, n), r, sizeof r), CJ_OK);
    for (int i = 0; i < 256; i++)
        for (int j = 0; j < AMOUNTS; j++) {
            assert_int_equal(r[i][j], right(a[i], b[j]));
            assert_int_equal((uint8_t)l[i][j], (uint8_t)left(a[i], b[j]));
        }
    cj_context_free(c);
}

static void test_words(void **state)
{
    (void)state;
    int64_t a[] = {INT64_MIN, -1, 5, INT64_MAX, -12345}, b[] = {0, 1, 31, 62, 63, 64, -3}, l[5][7];
    int64_t r[5][7];
    cj_context *c = cj_context_new(NULL, NULL, 0);
    cj_tensor *x = cj_tensor_from(c, CJ_I64, 2, (int64_t[]){5, 1}, a);
    cj_tensor *n = cj_tensor_from(c, CJ_I64, 1, (int64_t[]){7}, b);
    assert_int_equal(cj_read(cj_shift_left(x, n), l, sizeof l), CJ_OK);
    assert_int_equal(cj_read(cj_shift_right(x, n), r, sizeof r), CJ_OK);
    for (int i = 0; i < 5; i++)
        for (int j = 0; j < 7; j++) {
            assert_true(r[i][j] == right(a[i], b[j]));
            assert_true((uint64_t)l[i][j] == left(a[i], b[j]));
        }
    cj_context_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_byte),
        cmocka_unit_test(test_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
