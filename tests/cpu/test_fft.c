/*
 * tests/cpu/test_fft.c - Fourier transforms: fast against reference to the bit, against the definition in f64, with every instruction
 * set, number of threads and place of the axis; known answers.
 */
#include "cajal/fft.h"
#include "support/op_check.h"

#include <complex.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const int64_t lengths[] = {67,  97,  100, 127, 128,  211,  240, 243,
                                  256, 360, 509, 625, 1000, 1009, 1024};

typedef struct place {
    int rank, axis;
    int64_t shape[3]; /* 0: the length */
} place;
static const place places[] = {{1, 0, {0}},       {2, 1, {3, 0}},  {2, 1, {37, 0}},
                               {2, 0, {0, 5}},    {2, 0, {0, 40}}, {3, 1, {2, 0, 3}},
                               {3, 1, {3, 0, 17}}};

static void check_length(cj_context *context, cj_dtype dtype, const place *p, int64_t n)
{
    int64_t shape[3], half[3];
    for (int i = 0; i < p->rank; i++) {
        shape[i] = p->shape[i] ? p->shape[i] : n;
        half[i] = p->shape[i] ? p->shape[i] : n / 2 + 1;
    }
    cj_tensor *re = made(context, dtype, p->rank, shape, -1, 1, 1);
    cj_tensor *im = made(context, dtype, p->rank, shape, -1, 1, 2);
    check_op(cj_fft_node(CJ_HERE, CJ_OP_FFT, re, im, p->axis, false));
    check_op(cj_fft_node(CJ_HERE, CJ_OP_FFT, re, im, p->axis, true));
    check_op(cj_fft_node(CJ_HERE, CJ_OP_RFFT, re, NULL, p->axis, false));
    re = made(context, dtype, p->rank, half, -1, 1, 3);
    im = made(context, dtype, p->rank, half, -1, 1, 4);
    check_op(cj_irfft_node(CJ_HERE, re, im, p->axis, n));
}

static void is_its_reference(void **state)
{
    (void)state;
    static const char *const sets[] = {"baseline", "avx2", "avx512", "neon"};
    for (size_t set = 0; set < CJ_COUNT(sets); set++)
        for (int threads = 1; threads <= 3; threads += 2) { /* odd lengths, even lengths in turn */
            cj_context *context = cj_context_new(
                &(cj_config){.threads = threads, .smallest_work = 1, .isa = sets[set]}, NULL, 0);
            if (!context)
                continue;
            for (size_t i = 0; i < CJ_COUNT(places); i++)
                for (int64_t n = 1 + (int64_t)(i + set) % 2; n <= 64; n += 2) {
                    cj_frame_enter(context);
                    check_length(context, n & 1 ? CJ_F32 : CJ_F64, &places[i], n);
                    check_length(context, n & 1 ? CJ_F64 : CJ_F32, &places[i], n);
                    cj_frame_leave(context);
                }
            for (size_t i = 0; i < CJ_COUNT(lengths); i++) {
                check_length(context, CJ_F32, &places[i % 3], lengths[i]);
                check_length(context, CJ_F64, &places[i % 3], lengths[i]);
            }
            cj_context_free(context);
        }
}

static void read_f64(cj_tensor *x, double *out)
{
    x = cj_cast(x, CJ_F64);
    assert_int_equal(cj_read(x, out, (size_t)cj_elements(x) * sizeof *out), CJ_OK);
}

/* The largest error over the root of the mean square. */
static double error_of(cj_dtype dtype, int64_t n)
{
    cj_context *context = op_context(1);
    cj_tensor *re = made(context, dtype, 1, &n, -1, 1, 5),
              *im = made(context, dtype, 1, &n, -1, 1, 6);
    size_t bytes = (size_t)n * sizeof(double);
    double *xr = malloc(bytes), *xi = malloc(bytes), *yr = malloc(bytes), *yi = malloc(bytes);
    double worst = 0, square = 0;
    read_f64(re, xr);
    read_f64(im, xi);
    cj_complex y = cj_fft((cj_complex){re, im}, 0, CJ_FFT_BACKWARD);
    read_f64(y.re, yr);
    read_f64(y.im, yi);
    for (int64_t k = 0; k < n; k++) {
        double sum_re = 0, sum_im = 0;
        for (int64_t j = 0; j < n; j++) {
            double w = -2 * 3.14159265358979323846 * (double)(j * k % n) / (double)n;
            sum_re += xr[j] * cos(w) - xi[j] * sin(w);
            sum_im += xr[j] * sin(w) + xi[j] * cos(w);
        }
        worst = fmax(worst, hypot(yr[k] - sum_re, yi[k] - sum_im));
        square += sum_re * sum_re + sum_im * sum_im;
    }
    free(xr);
    free(xi);
    free(yr);
    free(yi);
    cj_context_free(context);
    return worst / sqrt(square / (double)n);
}

static void agrees_with_the_definition(void **state)
{
    (void)state;
    double worst[2] = {0, 0};
    for (int64_t n = 1; n <= 64; n++) {
        worst[0] = fmax(worst[0], error_of(CJ_F32, n));
        worst[1] = fmax(worst[1], error_of(CJ_F64, n));
    }
    for (size_t i = 0; i < CJ_COUNT(lengths); i++) {
        worst[0] = fmax(worst[0], error_of(CJ_F32, lengths[i]));
        worst[1] = fmax(worst[1], error_of(CJ_F64, lengths[i]));
    }
    print_message("largest error over the mean magnitude: f32 %.2g, f64 %.2g\n", worst[0],
                  worst[1]);
    assert_true(worst[0] < 2e-6 && worst[1] < 2e-14);
}

/* There and back, with every norm, over one axis and three. */
static void comes_back(void **state)
{
    (void)state;
    cj_context *context = op_context(2);
    static const int64_t shape[] = {6, 11, 10};
    cj_tensor *re = made(context, CJ_F64, 3, shape, -1, 1, 7),
              *im = made(context, CJ_F64, 3, shape, -1, 1, 8);
    double x[660], y[660];
    read_f64(re, x);
    for (int norm = 0; norm < 3; norm++) {
        cj_complex z = cj_fftn((cj_complex){re, im}, CJ_ALL, (cj_fft_norm)norm);
        z = cj_ifftn(z, CJ_ALL, (cj_fft_norm)norm);
        read_f64(z.re, y);
        for (int i = 0; i < 660; i++)
            assert_true(fabs(x[i] - y[i]) < 1e-14);
        for (int axes = 1; axes < 8; axes++) {
            int last = axes & 4 ? 2 : axes & 2 ? 1 : 0;
            z = cj_rfftn(re, (uint32_t)axes, (cj_fft_norm)norm);
            read_f64(cj_irfftn(z, (uint32_t)axes, shape[last], (cj_fft_norm)norm), y);
            for (int i = 0; i < 660; i++)
                assert_true(fabs(x[i] - y[i]) < 1e-14);
        }
    }
    read_f64(cj_ifftshift(cj_fftshift(re, CJ_ALL), CJ_ALL), y);
    assert_memory_equal(x, y, sizeof x);
    cj_context_free(context);
}

/* numpy.fft of [1, 2, 4, 8, 16, 32] */
static void known_answers(void **state)
{
    (void)state;
    cj_context *context = op_context(1);
    const double data[] = {1, 2, 4, 8, 16, 32};
    const double re[] = {63, 0, -18, -21}, im[] = {0, 36.373066958946424, 15.588457268119894, 0};
    double got[6];
    cj_tensor *x = cj_tensor_from(context, CJ_F64, 1, (int64_t[]){6}, data);
    cj_complex y = cj_rfft(x, -1, CJ_FFT_BACKWARD);
    read_f64(y.re, got);
    for (int k = 0; k < 4; k++)
        assert_true(fabs(got[k] - re[k]) < 1e-13);
    read_f64(y.im, got);
    for (int k = 0; k < 4; k++)
        assert_true(fabs(got[k] - im[k]) < 1e-13);
    read_f64(cj_fft_frequencies(context, CJ_F64, 5), got);
    assert_true(got[2] == 0.4 && got[3] == -0.4 && got[4] == -0.2);
    read_f64(cj_fftshift(x, CJ_AXIS(0)), got);
    assert_true(got[0] == 8 && got[3] == 1);
    cj_context_free(context);
}

/* Pairs against C's own complex numbers, on both sides of every axis. */
static void pairs(void **state)
{
    (void)state;
    cj_context *context = op_context(1);
    const double re[] = {1, -1, 0, 0, -2, 3, 0, 1e-3}, im[] = {2, 1e-9, 0, -1, -0.5, 0, 4, -7};
    const double other[] = {0.5, -2, 1, 3, 2, 1, -1, 1};
    enum { N = 8 };
    cj_complex a = {cj_tensor_from(context, CJ_F64, 1, (int64_t[]){N}, re),
                    cj_tensor_from(context, CJ_F64, 1, (int64_t[]){N}, im)};
    cj_complex b = {cj_tensor_from(context, CJ_F64, 1, (int64_t[]){N}, other), a.re};
    cj_complex got[] = {cj_complex_mul(a, b),     cj_complex_div(a, b), cj_complex_exp(a),
                        cj_complex_sqrt(a),       cj_complex_sub(a, b), cj_complex_conj(a),
                        {cj_complex_abs(a), a.im}};
    for (size_t k = 0; k < CJ_COUNT(got); k++) {
        double r[N], i[N];
        read_f64(got[k].re, r);
        read_f64(got[k].im, i);
        for (int e = 0; e < N; e++) {
            double complex x = re[e] + im[e] * I, y = other[e] + re[e] * I;
            double complex want[] = {
                x * y, x / y, cexp(x), csqrt(x), x - y, conj(x), cabs(x) + im[e] * I};
            assert_true(cabs(r[e] + i[e] * I - want[k]) <= 1e-14 * (1 + cabs(want[k])));
        }
    }
    double back[N];
    read_f64(cj_complex_from_pairs(cj_complex_to_pairs(a)).im, back);
    assert_memory_equal(back, im, sizeof im);
    cj_context_free(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_its_reference),
        cmocka_unit_test(agrees_with_the_definition),
        cmocka_unit_test(comes_back),
        cmocka_unit_test(known_answers),
        cmocka_unit_test(pairs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
