/*
 * tests/transform/test_fft.c - derivatives of Fourier transforms and of pairs, every order, forward and reverse, against differences.
 */
#include "cajal/fft.h"
#include "support/derivatives.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

/* A function of both parts whose second derivatives are not zero. */
static cj_tensor *curved(cj_complex z)
{
    return cj_add(cj_mul(cj_sin(z.re), z.im), cj_complex_abs2(z));
}

#define Z ((cj_complex){x[0], x[1]})
#define CURVED(name, expression)                                                                   \
    static cj_tensor *y_##name(cj_tensor **x)                                                      \
    {                                                                                              \
        return curved(expression);                                                                 \
    }
CURVED(fft, cj_fft(Z, 0, CJ_FFT_ORTHO))
CURVED(ifft, cj_ifft(Z, -1, CJ_FFT_BACKWARD))
CURVED(real, cj_fft((cj_complex){x[0], NULL}, 0, CJ_FFT_ORTHO))
CURVED(rfft, cj_rfft(x[0], 0, CJ_FFT_ORTHO))
CURVED(rfft2, cj_rfftn(x[0], CJ_ALL, CJ_FFT_ORTHO))
CURVED(mul, cj_complex_mul(Z, (cj_complex){x[2], x[0]}))
CURVED(div, cj_complex_div(Z, (cj_complex){x[2], x[1]}))
CURVED(exp, cj_complex_exp(Z))
CURVED(sqrt, cj_complex_sqrt(Z))
CURVED(matmul, cj_complex_matmul(Z, (cj_complex){x[2], x[2]}))

static cj_tensor *y_irfft_even(cj_tensor **x)
{
    return cj_square(cj_irfft(Z, 0, 2 * cj_extent(x[0], 0) - 2, CJ_FFT_ORTHO));
}

static cj_tensor *y_irfft_odd(cj_tensor **x)
{
    return cj_square(cj_irfft(Z, 0, 2 * cj_extent(x[0], 0) - 1, CJ_FFT_ORTHO));
}

static cj_tensor *y_abs(cj_tensor **x)
{
    return cj_square(cj_complex_abs(Z));
}

static void test_fft(void **state)
{
    (void)state;
    static const int64_t lengths[] = {1, 2, 3, 5, 8, 37};
    for (size_t i = 0; i < CJ_COUNT(lengths); i++) {
        int64_t n = lengths[i];
        bool third = n < 8;
        const function row[] = {
            {"fft", y_fft, 2, -1, 1, {{1, {n}}, {1, {n}}}},
            {"ifft", y_ifft, 2, -1, 1, {{1, {n}}, {1, {n}}}},
            {"fft of reals", y_real, 1, -1, 1, {{1, {n}}}},
            {"rfft", y_rfft, 1, -1, 1, {{1, {n}}}},
            {"irfft to an odd number", y_irfft_odd, 2, -1, 1, {{1, {n}}, {1, {n}}}},
        };
        for (size_t k = 0; k < CJ_COUNT(row); k++)
            check_derivatives(&row[k], third);
        if (n > 1)
            check_derivatives(&(function){"irfft", y_irfft_even, 2, -1, 1, {{1, {n}}, {1, {n}}}},
                              third);
    }
    const function axes[] = {
        {"fft of columns", y_fft, 2, -1, 1, {{2, {3, 2}}, {2, {3, 2}}}},
        {"rfft of columns", y_rfft, 1, -1, 1, {{2, {4, 2}}}},
        {"irfft of columns", y_irfft_even, 2, -1, 1, {{2, {4, 2}}, {2, {4, 2}}}},
        {"rfft over two axes", y_rfft2, 1, -1, 1, {{2, {3, 4}}}},
        {"fft of nothing", y_fft, 2, -1, 1, {{2, {3, 0}}, {2, {3, 0}}}},
    };
    for (size_t k = 0; k < CJ_COUNT(axes); k++)
        check_derivatives(&axes[k], true);
}

static void test_pairs(void **state)
{
    (void)state;
    const function row[] = {
        {"complex mul", y_mul, 3, -1, 1, {{1, {3}}, {1, {3}}, {1, {3}}}},
        {"complex div", y_div, 3, 0.5, 2, {{1, {3}}, {1, {3}}, {1, {3}}}},
        {"complex exp", y_exp, 2, -1, 1, {{1, {3}}, {1, {3}}}},
        {"complex sqrt", y_sqrt, 2, 0.3, 2, {{1, {3}}, {1, {3}}}},
        {"complex sqrt, left", y_sqrt, 2, -2, -0.3, {{1, {3}}, {1, {3}}}},
        {"complex matmul", y_matmul, 3, -1, 1, {{2, {2, 3}}, {2, {2, 3}}, {2, {3, 2}}}},
        {"complex abs", y_abs, 2, 0.3, 2, {{1, {3}}, {1, {3}}}},
    };
    for (size_t k = 0; k < CJ_COUNT(row); k++)
        check_derivatives(&row[k], true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fft),
        cmocka_unit_test(test_pairs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
