/*
 * tests/numeric/test_spectrum.c - spectra: golden numbers of torch, scipy; what must come back; derivatives.
 */
#include "cajal/program.h"
#include "cajal/spectrum.h"
#include "golden/spectrum.h"
#include "support/derivatives.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static cj_context *begin(void)
{
    cj_context *context = cj_context_new(NULL, NULL, 0);
    assert_non_null(context);
    return context;
}

static void agrees(cj_tensor *x, const double *want, int64_t count)
{
    double got[512];
    assert_non_null(x);
    assert_int_equal(cj_elements(x), count);
    assert_int_equal(cj_read(x, got, (size_t)count * sizeof *got), CJ_OK);
    for (int64_t i = 0; i < count; i++)
        assert_true(fabs(got[i] - want[i]) <= 1e-12 * (1 + fabs(want[i])));
}
#define AGREES(x, name) agrees(x, golden_##name, CJ_COUNT(golden_##name))

/* cos(i^2 / 10) */
static cj_tensor *chirp(cj_context *c, int64_t from, int64_t to)
{
    double x[20];
    for (int i = 0; i < 20; i++)
        x[i] = cos(i * i * 0.1);
    return cj_tensor_from(c, CJ_F64, 1, (int64_t[]){to - from}, x + from);
}

static void golden(void **state)
{
    (void)state;
    cj_context *c = begin();
    cj_tensor *x = chirp(c, 0, 20);
    cj_complex y = cj_stft(x, 8, .hop_length = 3);
    AGREES(y.re, stft_re);
    AGREES(y.im, stft_im);
    AGREES(cj_spectrogram(x, 6, .hop_length = 2, .window = cj_cosine_window(c, CJ_F64, 6, 0.54),
                          .no_center = true),
           stft_power);
    AGREES(cj_dct(chirp(c, 0, 7), 0, false), dct7);
    AGREES(cj_dct(chirp(c, 0, 8), -1, true), dct8_ortho);
    AGREES(cj_mel_filter_bank(c, CJ_F64, 4, 16, 8000, .f_min = 100), mel);
    AGREES(cj_mel_filter_bank(c, CJ_F64, 5, 32, 8000, .slaney = true), mel_slaney);
    AGREES(cj_circular_convolve(chirp(c, 0, 5), chirp(c, 5, 10), 0), convolved);
    cj_context_free(c);
}

static void comes_back(void **state)
{
    (void)state;
    cj_context *c = begin();
    for (int64_t n = 1; n <= 9; n++)
        for (int ortho = 0; ortho < 2; ortho++) {
            double want[9];
            cj_tensor *x = chirp(c, 0, n);
            assert_int_equal(cj_read(x, want, sizeof(double) * (size_t)n), CJ_OK);
            agrees(cj_idct(cj_dct(x, 0, ortho), 0, ortho), want, n);
        }
    cj_context_free(c);
}

/* sin(2 pi i / n) + cos(6 pi i / n): its derivatives are known. */
static void derivative_of_modes(void **state)
{
    (void)state;
    cj_context *c = begin();
    for (int64_t n = 8; n <= 9; n++)
        for (int order = 0; order <= 4; order++) {
            double x[9], want[9];
            for (int i = 0; i < n; i++) {
                double w = 2 * 3.14159265358979323846, t = i / (double)n, turn = order * w / 4;
                x[i] = sin(w * t) + cos(3 * w * t);
                want[i] =
                    pow(w, order) * (sin(w * t + turn) + pow(3, order) * cos(3 * w * t + turn));
            }
            cj_tensor *f = cj_tensor_from(c, CJ_F64, 1, &n, x);
            cj_tensor *d = cj_spectral_derivative(f, 0, order, 1);
            for (int i = 0; i < n; i++)
                want[i] /= pow(20, order);
            agrees(cj_scale(d, 1 / pow(20, order)), want, n);
        }
    cj_context_free(c);
}

/* The variance of a field is the sum of its spectrum; mean 0; the same key, the same field. */
static void random_field(void **state)
{
    (void)state;
    cj_context *c = begin();
    double sum = 0, square = 0, want = 0, x[256], again[256];
    for (int k = -7; k <= 8; k++)
        for (int l = -7; l <= 8; l++) {
            double q = 4 * 3.14159265358979323846 * 3.14159265358979323846 * (k * k + l * l);
            want += k || l ? pow(3, 2) * pow(q + 9, -2) : 0;
        }
    for (uint64_t draw = 0; draw < 400; draw++) {
        cj_frame_enter(c);
        cj_tensor *u =
            cj_gaussian_random_field(cj_key(c, draw), CJ_F64, 2, (int64_t[]){16, 16}, 2, 3);
        assert_int_equal(cj_read(u, x, sizeof x), CJ_OK);
        for (int i = 0; i < 256; i++) {
            sum += x[i] / 256 / 400;
            square += x[i] * x[i] / 256 / 400;
        }
        if (draw == 0)
            memcpy(again, x, sizeof x);
        cj_frame_leave(c);
    }
    cj_tensor *u = cj_gaussian_random_field(cj_key(c, 0), CJ_F64, 2, (int64_t[]){16, 16}, 2, 3);
    assert_int_equal(cj_read(u, x, sizeof x), CJ_OK);
    assert_memory_equal(x, again, sizeof x);
    assert_true(fabs(sum) < 1e-14 && fabs(square / want - 1) < 0.1);
    cj_context_free(c);
}

#define FUNCTION(name, expression)                                                                 \
    static cj_tensor *y_##name(cj_tensor **x)                                                      \
    {                                                                                              \
        return expression;                                                                         \
    }
FUNCTION(spectrogram, cj_spectrogram(x[0], 4, .hop_length = 2))
FUNCTION(dct, cj_square(cj_dct(x[0], 0, true)))
FUNCTION(idct, cj_square(cj_idct(x[0], 0, false)))
FUNCTION(convolve, cj_square(cj_circular_convolve(x[0], x[1], -1)))
FUNCTION(derivative, cj_square(cj_spectral_derivative(x[0], 0, 1, 4)))

static void derivatives(void **state)
{
    (void)state;
    const function row[] = {
        {"spectrogram", y_spectrogram, 1, -1, 1, {{1, {7}}}},
        {"spectrograms", y_spectrogram, 1, -1, 1, {{2, {2, 5}}}},
        {"dct", y_dct, 1, -1, 1, {{2, {3, 2}}}},
        {"idct", y_idct, 1, -1, 1, {{1, {4}}}},
        {"circular_convolve", y_convolve, 2, -1, 1, {{2, {2, 3}}, {1, {3}}}},
        {"spectral_derivative", y_derivative, 1, -1, 1, {{2, {4, 2}}}},
    };
    for (size_t i = 0; i < CJ_COUNT(row); i++)
        check_derivatives(&row[i], true);
}

static void errors(void **state)
{
    (void)state;
    cj_context *c = begin();
    assert_null(cj_spectrogram(chirp(c, 0, 5), 16));
    assert_non_null(strstr(cj_error(c),
                           "stft: [5] in frames of 16 every 4; it is [..., T], T at least a "
                           "frame (half of one when centred)"));
    cj_error_clear(c);
    assert_null(cj_mel_filter_bank(c, CJ_F32, 0, 16, 8000));
    assert_int_equal(cj_context_status(c), CJ_INVALID);
    cj_error_clear(c);
    assert_null(cj_dct(chirp(c, 0, 5), 1, false));
    assert_non_null(
        strstr(cj_error(c), "dct: axis 1 of [5]; it must be one of them and hold an element"));
    cj_context_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden),
        cmocka_unit_test(comes_back),
        cmocka_unit_test(derivative_of_modes),
        cmocka_unit_test(random_field),
        cmocka_unit_test(derivatives),
        cmocka_unit_test(errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
