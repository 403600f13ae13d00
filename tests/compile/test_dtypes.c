/*
 * tests/compile/test_dtypes.c - graphs in every data type: bf16 and f16 round once a node and no more, whatever is
 * fused; movement keeps their bits; their derivatives; integers of all widths; casts between all.
 */
#include "cajal/cajal.h"
#include "graph/graph.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define I64(...) ((const int64_t[]){__VA_ARGS__})

static const cj_dtype halves[2] = {CJ_BF16, CJ_F16};

static cj_context *open_context(int way)
{
    cj_context *c = cj_context_new(
        &(cj_config){.threads = 1 + 2 * (way % 2), .smallest_work = way % 2, .no_fusion = way / 2},
        NULL, 0);
    assert_non_null(c);
    return c;
}

static float rounded(cj_dtype half, float x)
{
    uint16_t bits;
    cj_number_store(half, &bits, 0, (double)x);
    return (float)cj_number_load(half, &bits, 0);
}

/* n numbers of the half: some hundred apart, of both signs. */
static void fill(cj_dtype half, int64_t n, uint64_t seed, uint16_t *out)
{
    cj_key key = cj_key_from_seed(seed);
    for (int64_t i = 0; i < n; i++)
        cj_number_store(half, out, i, ((double)cj_key_bits(key, (uint64_t)i) * 0x1p-32 - 0.5) * 6);
}

static void read(cj_tensor *y, void *out)
{
    assert_non_null(y);
    size_t bytes = (size_t)cj_elements(y) * cj_dtype_size(cj_tensor_dtype(y));
    if (cj_read(y, out, bytes) != CJ_OK)
        fail_msg("%s", cj_error(cj_tensor_context(y)));
}

enum { N = 3000 };

static void one_rounding_a_node(void **state)
{
    (void)state;
    static uint16_t a[N], b[N], got[N];
    for (int h = 0; h < 2; h++)
        for (int way = 0; way < 4; way++) {
            cj_dtype t = halves[h];
            cj_context *c = open_context(way);
            fill(t, N, 1, a);
            fill(t, N, 2, b);
            cj_tensor *x = cj_tensor_from(c, t, 1, I64(N), a),
                      *y = cj_tensor_from(c, t, 1, I64(N), b);
            cj_tensor *z = cj_where(cj_lt(x, y), cj_add(cj_mul(x, y), x),
                                    cj_relu(cj_sub(cj_scale(y, 0.3), x)));
            assert_int_equal(cj_tensor_dtype(z), t);
            read(z, got);
            float third = rounded(t, 0.3f);
            for (int i = 0; i < N; i++) {
                float p = (float)cj_number_load(t, a, i), q = (float)cj_number_load(t, b, i);
                float minus = rounded(t, rounded(t, q * third) - p);
                float want = p < q ? rounded(t, rounded(t, p * q) + p) : minus <= 0 ? 0 : minus;
                if ((float)cj_number_load(t, got, i) != want)
                    fail_msg("%s, way %d, element %d", cj_dtype_name(t), way, i);
            }
            cj_context_free(c);
        }
}

static void sums_are_of_f32(void **state)
{
    (void)state;
    static uint16_t a[N], got[64];
    for (int h = 0; h < 2; h++)
        for (int way = 0; way < 4; way++) {
            cj_dtype t = halves[h];
            cj_context *c = open_context(way);
            fill(t, N, 3, a);
            cj_tensor *x = cj_tensor_from(c, t, 2, I64(30, 100), a), *wide = cj_cast(x, CJ_F32);
            cj_tensor *w = cj_tensor_from(c, t, 2, I64(100, 2), a + 30), *w32 = cj_cast(w, CJ_F32);
            cj_window_options o = {1, {3}, {2}, {1}, {1}, {1}, {0}};
            cj_conv_options k = {1, {1}, {1}, {1}, {0}, {0}};
            cj_tensor *pictures = cj_reshape(x, 4, I64(1, 1, 30, 100));
            cj_tensor *kernel =
                cj_reshape(cj_tensor_from(c, t, 1, I64(180), a), 4, I64(1, 2, 30, 3));
            cj_tensor *pair[][2] = {
                {cj_sum(x, 2, false), cj_sum(wide, 2, false)},
                {cj_amax(x, 2, false), cj_amax(wide, 2, false)},
                {cj_mean(x, 2, false), cj_mean(wide, 2, false)},
                {cj_matmul(x, w), cj_matmul(wide, w32)},
                {cj_window_sum(x, &o), cj_window_sum(wide, &o)},
                {cj_convolve(pictures, kernel, &k),
                 cj_convolve(cj_cast(pictures, CJ_F32), cj_cast(kernel, CJ_F32), &k)},
                {cj_logsumexp(x, 2, false), cj_logsumexp(wide, 2, false)},
                {cj_var(x, 1, false, 1), cj_var(wide, 1, false, 1)},
                {cj_cumsum(x, 1), cj_cumsum(wide, 1)},
                {cj_softmax(x, 1), cj_softmax(wide, 1)},
                {cj_log_softmax(x, -1), cj_log_softmax(wide, -1)},
                {cj_prod(x, 2, true), cj_prod(wide, 2, true)},
                {cj_norm(x, 3, 1, false), cj_norm(wide, 3, 1, false)},
            };
            for (size_t i = 0; i < CJ_COUNT(pair); i++) {
                assert_non_null(pair[i][0]);
                assert_int_equal(cj_tensor_dtype(pair[i][0]), t);
                cj_tensor *same = cj_all(cj_eq(pair[i][0], cj_cast(pair[i][1], t)), CJ_ALL, false);
                read(same, got);
                if (!*(uint8_t *)got)
                    fail_msg("%s, way %d, row %d", cj_dtype_name(t), way, (int)i);
            }
            read(cj_argmax(x, CJ_ALL, false), got);
            int32_t want;
            read(cj_argmax(wide, CJ_ALL, false), &want);
            assert_int_equal(cj_integer_load(CJ_I32, got, 0), want);
            cj_context_free(c);
        }
}

static void movement_keeps_bits(void **state)
{
    (void)state;
    cj_context *c = open_context(1);
    uint16_t a[24], got[64];
    for (int i = 0; i < 24; i++)
        a[i] = (uint16_t)(0x7c00 + 37 * i); /* NaN and infinities among them */
    const int32_t places[3] = {2, 0, 5};
    for (int h = 0; h < 2; h++) {
        cj_tensor *x = cj_tensor_from(c, halves[h], 2, I64(4, 6), a);
        read(cj_permute(x, (const int[]){1, 0}), got);
        for (int i = 0; i < 24; i++)
            assert_int_equal(got[i], a[i % 4 * 6 + i / 4]);
        read(cj_concat(0, 2,
                       (cj_tensor *[]){cj_narrow(x, 0, 2, 4), cj_flip(cj_narrow(x, 0, 0, 1), 2)}),
             got);
        for (int i = 0; i < 18; i++)
            assert_int_equal(got[i], i < 12 ? a[12 + i] : a[17 - i]);
        read(cj_pad(x, I64(0, -2), I64(1, 0)), got);
        for (int i = 0; i < 20; i++)
            assert_int_equal(got[i], i < 16 ? a[i / 4 * 6 + 2 + i % 4] : 0);
        read(cj_take(x, 1, cj_tensor_from(c, CJ_I32, 1, I64(3), places)), got);
        for (int i = 0; i < 12; i++)
            assert_int_equal(got[i], a[i / 3 * 6 + places[i % 3]]);
        assert_ptr_equal(cj_cast(cj_cast(x, CJ_F32), halves[h]), x);
    }
    cj_context_free(c);
}

/* A little net in half: gradients have its dtype and are near those of f64. */
static void gradients(void **state)
{
    (void)state;
    cj_context *c = open_context(1);
    for (int h = 0; h < 2; h++) {
        uint16_t a[60], b[40];
        fill(halves[h], 60, 4, a);
        fill(halves[h], 40, 5, b);
        cj_tensor *x[2], *w[2], *to_w[2], *second[2];
        double got[2][40], curved[2][40];
        for (int k = 0; k < 2; k++) {
            x[k] = cj_cast(cj_tensor_from(c, halves[h], 2, I64(12, 5), a), k ? CJ_F64 : halves[h]);
            w[k] = cj_cast(cj_tensor_from(c, halves[h], 2, I64(5, 8), b), k ? CJ_F64 : halves[h]);
            cj_tensor *y = cj_sum(cj_square(cj_tanh(cj_matmul(x[k], w[k]))), CJ_ALL, false);
            assert_int_equal(cj_grad(y, 1, &w[k], &to_w[k]), CJ_OK);
            assert_int_equal(cj_tensor_dtype(to_w[k]), k ? CJ_F64 : halves[h]);
            cj_tensor *size = cj_sum(cj_square(to_w[k]), CJ_ALL, false);
            assert_int_equal(cj_grad(size, 1, &w[k], &second[k]), CJ_OK);
            read(cj_cast(to_w[k], CJ_F64), got[k]);
            read(cj_cast(second[k], CJ_F64), curved[k]);
        }
        double bound = halves[h] == CJ_BF16 ? 0.05 : 0.01, scale = 1, curve = 1;
        for (int i = 0; i < 40; i++) {
            scale = fmax(scale, fabs(got[1][i]));
            curve = fmax(curve, fabs(curved[1][i]));
        }
        for (int i = 0; i < 40; i++) {
            assert_true(fabs(got[0][i] - got[1][i]) <= bound * scale);
            assert_true(fabs(curved[0][i] - curved[1][i]) <= 4 * bound * curve);
        }
    }
    cj_context_free(c);
}

/* Each dtype to each, as numbers are stored. */
static void casts(void **state)
{
    (void)state;
    static const double in[] = {0,      1,     -1,  2.5,  -3.75, 126, 200,      -200,     40000,
                                -40000, 70000, 3e9, -3e9, 1e15,  NAN, INFINITY, -INFINITY};
    enum { COUNT = CJ_COUNT(in) };
    cj_context *c = open_context(1);
    for (int from = 0; from < CJ_DTYPE_COUNT; from++)
        for (int to = 0; to < CJ_DTYPE_COUNT; to++) {
            int64_t memory[COUNT], got[COUNT], want[COUNT];
            for (int i = 0; i < COUNT; i++)
                cj_number_store((cj_dtype)from, memory, i, in[i]);
            cj_tensor *x = cj_tensor_from(c, (cj_dtype)from, 1, I64(COUNT), memory);
            read(cj_cast(x, (cj_dtype)to), got);
            for (int i = 0; i < COUNT; i++) {
                double a = cj_number_load((cj_dtype)from, memory, i);
                cj_number_store((cj_dtype)to, want, i, a);
                double p = cj_number_load((cj_dtype)to, got, i),
                       q = cj_number_load((cj_dtype)to, want, i);
                if (p != q && !(isnan(p) && isnan(q)))
                    fail_msg("%g from %s to %s: %g, not %g", a, cj_dtype_name((cj_dtype)from),
                             cj_dtype_name((cj_dtype)to), p, q);
            }
        }
    cj_context_free(c);
}

static void integers_wrap(void **state)
{
    (void)state;
    cj_context *c = open_context(1);
    for (int d = CJ_I8; d <= CJ_U64; d++) {
        cj_dtype t = (cj_dtype)d;
        int64_t memory[4] = {0}, got[4] = {0};
        cj_integer_store(t, memory, 0, (int64_t)cj_integer_most(t));
        cj_integer_store(t, memory, 1, cj_integer_least(t));
        cj_integer_store(t, memory, 2, 7);
        cj_tensor *x = cj_tensor_from(c, t, 1, I64(3), memory);
        read(cj_shift(x, 1), got);
        assert_true(cj_integer_load(t, got, 0) == cj_integer_least(t) &&
                    cj_integer_load(t, got, 2) == 8);
        read(cj_div(x, cj_like(x, 0)), got);
        assert_true(cj_integer_load(t, got, 0) == 0);
        read(cj_remainder(x, cj_like(x, 4)), got);
        assert_true(cj_integer_load(t, got, 0) == 3 && cj_integer_load(t, got, 2) == 3);
        read(cj_amax(x, CJ_ALL, false), got);
        assert_true(cj_integer_load(t, got, 0) == cj_integer_load(t, memory, 0));
        read(cj_argmin(x, CJ_ALL, false), got);
        assert_true(cj_integer_load(CJ_I32, got, 0) == 1);
        read(cj_sort(x, 0, false), got);
        assert_true(cj_integer_load(t, got, 2) == cj_integer_load(t, memory, 0));
        read(cj_sum(x, CJ_ALL, false), got);
        bool is_signed = cj_dtype_class(t) == 'i';
        assert_true(cj_integer_load(t, got, 0) == 6); /* -1 + 7, and all ones + 7 */
        read(cj_popcount(x), got);
        int bits = 8 * (int)cj_dtype_size(t);
        assert_true(cj_integer_load(t, got, 0) == bits - is_signed &&
                    cj_integer_load(t, got, 1) == is_signed);
    }
    cj_context_free(c);
}

static void errors(void **state)
{
    (void)state;
    cj_context *c = open_context(0);
    cj_tensor *a = cj_full(c, CJ_BF16, 1, I64(2), 1), *b = cj_full(c, CJ_F16, 1, I64(2), 1);
    assert_null(cj_add(a, b));
    assert_non_null(strstr(
        cj_error(c), "add: bf16[2] and f16[2] have different data types; cj_cast one of them"));
    cj_error_clear(c);
    assert_null(cj_matmul(cj_reshape(a, 2, I64(1, 2)), cj_full(c, CJ_F32, 2, I64(2, 1), 1)));
    assert_int_equal(cj_context_status(c), CJ_DTYPE);
    cj_context_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_rounding_a_node),
        cmocka_unit_test(sums_are_of_f32),
        cmocka_unit_test(movement_keeps_bits),
        cmocka_unit_test(gradients),
        cmocka_unit_test(casts),
        cmocka_unit_test(integers_wrap),
        cmocka_unit_test(errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
