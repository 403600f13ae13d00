/*
 * cajal/spectrum.h - spectra: windows, short-time transforms, mel bands, cosine transforms,
 * derivatives and random fields by Fourier transform.
 *
 * Compositions of cajal/fft.h, differentiable any number of times; f32 and f64. Errors are building
 * errors: SHAPE, DTYPE, INVALID. Words and defaults are torch's and torchaudio's.
 */
#ifndef CAJAL_SPECTRUM_H
#define CAJAL_SPECTRUM_H

#include "cajal/fft.h"

#ifdef __cplusplus
extern "C" {
#endif

/* a - (1 - a) cos(2 pi i / n), i = 0 to n - 1: a = 0.5 von Hann's window, 0.54 Hamming's (periodic, as
 * torch.hann_window and hamming_window). */
CJ_API cj_tensor *cj_cosine_window_at(cj_at at, cj_context *context, cj_dtype dtype, int64_t n,
                                      double a);
#define cj_cosine_window(...) cj_cosine_window_at(CJ_HERE, __VA_ARGS__)

/*
 * Short-time Fourier transform of x [..., T] (torch.stft, one-sided): [..., n_fft / 2 + 1, frames]. Frame f
 * holds window[i] x[f hop + i]; without .no_center x is mirrored by n_fft / 2 at both ends first, so
 * that frame f is around sample f hop. Frames: 1 + (T - n_fft) / hop, or 1 + T / hop.
 */
struct cj_stft_args {
    cj_tensor *x;
    int64_t n_fft;
    cj_at at;
    int64_t hop_length; /* 0: n_fft / 4 */
    cj_tensor *window;  /* [n_fft]; NULL: von Hann's (torch.stft: ones) */
    bool no_center;
};
CJ_API cj_complex cj_stft_at(const struct cj_stft_args *args);
#define cj_stft(...)                                                                               \
    cj_stft_at(&(struct cj_stft_args){__VA_ARGS__, .at = CJ_HERE_OF(struct cj_stft_args)})
/* |stft|^2 (torchaudio's Spectrogram). */
CJ_API cj_tensor *cj_spectrogram_at(const struct cj_stft_args *args);
#define cj_spectrogram(...)                                                                        \
    cj_spectrogram_at(&(struct cj_stft_args){__VA_ARGS__, .at = CJ_HERE_OF(struct cj_stft_args)})

/*
 * Triangular bands [frequencies, mels], frequencies = n_fft / 2 + 1, between points equally far apart on the
 * mel scale from .f_min to .f_max: mel = 2595 log10(1 + f / 700) (torchaudio.functional.melscale_fbanks
 * as it is by default); .slaney: linear below 1 kHz, and each band of area 1 (librosa.filters.mel,
 * transposed). A mel spectrogram is its transpose times the spectrogram.
 */
struct cj_mel_filter_bank_args {
    cj_context *context;
    cj_dtype dtype;
    int64_t mels, n_fft;
    double sample_rate;
    cj_at at;
    double f_min, f_max; /* f_max 0: half the sample rate */
    bool slaney;
};
CJ_API cj_tensor *cj_mel_filter_bank_at(const struct cj_mel_filter_bank_args *args);
#define cj_mel_filter_bank(...)                                                                    \
    cj_mel_filter_bank_at(&(struct cj_mel_filter_bank_args){                                       \
        __VA_ARGS__, .at = CJ_HERE_OF(struct cj_mel_filter_bank_args)})

/* DCT-II, y[k] = 2 sum of x[j] cos(pi k (2 j + 1) / (2 n)), and its inverse (scipy.fft.dct, idct);
 * `ortho`: scaled to be orthogonal. */
CJ_API cj_tensor *cj_dct_at(cj_at at, cj_tensor *x, int axis, bool ortho);
#define cj_dct(...) cj_dct_at(CJ_HERE, __VA_ARGS__)
CJ_API cj_tensor *cj_idct_at(cj_at at, cj_tensor *x, int axis, bool ortho);
#define cj_idct(...) cj_idct_at(CJ_HERE, __VA_ARGS__)

/* y[i] = sum over j of a[j] b[(i - j) mod n] along the axis; other axes broadcast. */
CJ_API cj_tensor *cj_circular_convolve_at(cj_at at, cj_tensor *a, cj_tensor *b, int axis);
#define cj_circular_convolve(...) cj_circular_convolve_at(CJ_HERE, __VA_ARGS__)

/* The derivative of this order of a function of period `length`, given by its values at n equally
 * distant points along the axis: each mode times (2 pi i k / length)^order, the mode n / 2 of an even n
 * times 0 where the order is odd. */
CJ_API cj_tensor *cj_spectral_derivative_at(cj_at at, cj_tensor *x, int axis, int order,
                                            double length);
#define cj_spectral_derivative(...) cj_spectral_derivative_at(CJ_HERE, __VA_ARGS__)

/*
 * A sample of the periodic Gaussian field with covariance tau^(2 alpha - d) (-Laplacian + tau^2)^-alpha and
 * mean 0 on a grid of the unit cube, d = 1 to 3 axes (Li et al., "Fourier neural operator", 2021,
 * section A.3; their Darcy: alpha 2, tau 3).
 */
CJ_API cj_tensor *cj_gaussian_random_field_at(cj_at at, cj_tensor *key, cj_dtype dtype, int axes,
                                              const int64_t *extent, double alpha, double tau);
#define cj_gaussian_random_field(...) cj_gaussian_random_field_at(CJ_HERE, __VA_ARGS__)

#ifdef __cplusplus
}
#endif

#endif
