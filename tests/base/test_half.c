/*
 * tests/base/test_half.c - bf16 and f16 against their definition: every pattern, every border between neighbours, what
 * would be rounded twice, ends and NaN; numbers stored in every data type.
 */
#include "base/base.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* sign, exponent, mantissa */
static double value_of(bool brain, uint16_t bits)
{
    int mantissa_bits = brain ? 7 : 10, bias = brain ? 127 : 15, last = brain ? 255 : 31;
    int exponent = bits >> mantissa_bits & last, mantissa = bits & ((1 << mantissa_bits) - 1);
    double size = exponent == last ? (mantissa ? NAN : INFINITY)
                  : exponent == 0
                      ? ldexp(mantissa, 1 - bias - mantissa_bits)
                      : ldexp(mantissa + (1 << mantissa_bits), exponent - bias - mantissa_bits);
    return bits & 0x8000 ? -size : size;
}

static uint16_t narrow(bool brain, double x)
{
    return brain ? cj_bf16_from_f64(x) : cj_f16_from_f64(x);
}

static uint16_t narrow_f32(bool brain, float x)
{
    return brain ? cj_bf16_from_f32(x) : cj_f16_from_f32(x);
}

static void every_pattern(void **state)
{
    (void)state;
    for (int brain = 0; brain < 2; brain++)
        for (int i = 0; i < 65536; i++) {
            uint16_t bits = (uint16_t)i;
            double want = value_of(brain, bits);
            float got = brain ? cj_f32_from_bf16(bits) : cj_f32_from_f16(bits);
            if (isnan(want)) {
                assert_true(isnan(got));
                assert_int_equal(narrow(brain, want), brain ? 0x7fc0 : 0x7e00);
                assert_int_equal(narrow_f32(brain, got), brain ? 0x7fc0 : 0x7e00);
                continue;
            }
            assert_true((double)got == want && !signbit(got) == !signbit(want));
            assert_int_equal(narrow(brain, want), bits);
            assert_int_equal(narrow_f32(brain, got), bits);
        }
}

/* Halfway goes to the even one; a little to either side to the nearer. */
static void every_border(void **state)
{
    (void)state;
    for (int brain = 0; brain < 2; brain++)
        for (int i = 0; i < (brain ? 0x7f80 : 0x7c00); i++)
            for (int sign = 0; sign < 2; sign++) {
                uint16_t low = (uint16_t)(i | sign << 15), high = (uint16_t)(low + 1);
                double a = value_of(brain, low), b = value_of(brain, high);
                if (isinf(b)) /* as if the exponent had no end */
                    b = copysign(ldexp(1, brain ? 128 : 16), a);
                double middle = a + (b - a) / 2;
                uint16_t even = i % 2 ? high : low;
                assert_int_equal(narrow(brain, middle), even);
                assert_int_equal(narrow(brain, nextafter(middle, a)), low);
                assert_int_equal(narrow(brain, nextafter(middle, b)), high);
                float near = (float)middle;
                assert_true((double)near == middle);
                assert_int_equal(narrow_f32(brain, near), even);
                assert_int_equal(narrow_f32(brain, nextafterf(near, (float)a)), low);
                assert_int_equal(narrow_f32(brain, nextafterf(near, near * 2)), high);
            }
    assert_int_equal(cj_f16_from_f32(65519.99f), 0x7bff);
    assert_int_equal(cj_f16_from_f32(65520), 0x7c00);
    assert_int_equal(cj_f16_from_f64(-1e300), 0xfc00);
    assert_int_equal(cj_bf16_from_f64(1e300), 0x7f80);
    assert_int_equal(cj_bf16_from_f64(-1e-300), 0x8000);
}

static void numbers_are_stored(void **state)
{
    (void)state;
    static const double in[] = {0,    -1,    1.9,  -1.9, 127.5,    300,       -40000, 70000,
                                1e10, -1e10, 1e19, 2e19, INFINITY, -INFINITY, NAN};
    for (int d = CJ_I8; d <= CJ_U64; d++)
        for (size_t i = 0; i < CJ_COUNT(in); i++) {
            cj_dtype dtype = (cj_dtype)d;
            double least = (double)cj_integer_least(dtype), most = (double)cj_integer_most(dtype);
            double want = isnan(in[i]) ? 0 : fmin(fmax(trunc(in[i]), least), most);
            int64_t memory[3] = {0};
            cj_number_store(dtype, memory, 1, in[i]);
            double got = cj_number_load(dtype, memory, 1);
            assert_true(got == want);
            if (want == most)
                assert_true((uint64_t)cj_integer_load(dtype, memory, 1) == cj_integer_most(dtype));
            assert_true(cj_integer_load(dtype, memory, 0) == 0);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pattern),
        cmocka_unit_test(every_border),
        cmocka_unit_test(numbers_are_stored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
