/*
 * tests/cpu/test_op_sparse.c - sparse products and products of bits: fast against reference, on matrices with empty rows, columns
 * outside and starts that are none; against dense products; packing.
 */
#include "cajal/index.h"
#include "support/op_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const int32_t starts_good[] = {0, 3, 3, 4, 9, 20}, starts_bad[] = {2, 1, 30, -4, 6, 18};

/* A matrix of 5 rows, 7 columns and 20 entries. */
static cj_csr matrix(cj_context *context, cj_dtype dtype, const int32_t *starts, bool outside)
{
    const int64_t entries = 20;
    return (cj_csr){.values = made(context, dtype, 1, &entries, -2, 2, 1),
                    .columns =
                        made(context, CJ_I32, 1, &entries, outside ? -2 : 0, outside ? 9 : 7, 2),
                    .row_starts = cj_tensor_from(context, CJ_I32, 1, (int64_t[]){6}, starts),
                    .column_count = 7};
}

static void sparse_products_are_their_references(void **state)
{
    (void)state;
    static const int64_t widths[] = {0, 1, 3, 16, 33, 64, 131, 5000};
    for (int threads = 1; threads <= 3; threads++) {
        cj_context *context = op_context(threads);
        for (int bad = 0; bad < 2; bad++)
            for (size_t w = 0; w < CJ_COUNT(widths); w++)
                for (int d = CJ_F32; d <= CJ_F64; d++) {
                    cj_csr m = matrix(context, (cj_dtype)d, bad ? starts_bad : starts_good, bad);
                    const int64_t k = widths[w], right[2] = {7, k}, left[2] = {5, k};
                    cj_tensor *x = made(context, (cj_dtype)d, 2, right, -1, 1, 3);
                    cj_tensor *y = made(context, (cj_dtype)d, 2, left, -1, 1, 4);
                    check_op(cj_csr_matmul(&m, x));
                    check_op(cj_csr_matmul_transposed(&m, y));
                    check_op(cj_csr_dot(&m, y, x));
                }
        cj_context_free(context);
    }
}

static void bits_are_counted(void **state)
{
    (void)state;
    cj_context *context = op_context(3);
    for (int64_t words = 0; words < 6; words++) {
        const int64_t a[3] = {2, 5, words}, b[3] = {2, 7, words};
        check_op(cj_bit_matmul(made(context, CJ_U32, 3, a, 0, 4294967295.0, 1),
                               made(context, CJ_U32, 3, b, 0, 4294967295.0, 2)));
    }
    cj_context_free(context);
}

static void read_numbers(cj_tensor *x, double *out)
{
    assert_int_equal(cj_read(cj_cast(x, CJ_F64), out, (size_t)cj_elements(x) * sizeof *out), CJ_OK);
}

/* Signs packed and multiplied are signs multiplied. */
static void packed_signs_multiply(void **state)
{
    (void)state;
    cj_context *context = op_context(2);
    static const int64_t counts[] = {0, 1, 31, 32, 33, 100};
    for (size_t i = 0; i < CJ_COUNT(counts); i++) {
        const int64_t n = counts[i], left[2] = {3, n}, right[2] = {4, n};
        cj_tensor *a = made(context, CJ_F32, 2, left, -1, 1, 1);
        cj_tensor *b = made(context, CJ_F32, 2, right, -1, 1, 2);
        cj_tensor *positive = cj_gt(a, cj_like(a, 0)), *packed = cj_bit_pack(positive);
        cj_tensor *other = cj_bit_pack(cj_gt(b, cj_like(b, 0)));
        double expected[12], got[12], bits[300], back[300];
        read_numbers(cj_sign_matmul(packed, other, n), got);
        read_numbers(cj_matmul(cj_sign(a), cj_transpose(cj_sign(b), 0, 1)), expected);
        assert_memory_equal(got, expected, sizeof got);
        read_numbers(positive, bits);
        read_numbers(cj_bit_unpack(packed, n), back);
        assert_memory_equal(bits, back, (size_t)(3 * n) * sizeof *bits);
    }
    cj_context_free(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sparse_products_are_their_references),
        cmocka_unit_test(bits_are_counted),
        cmocka_unit_test(packed_signs_multiply),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
