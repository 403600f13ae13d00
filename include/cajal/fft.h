/*
 * cajal/fft.h - complex numbers as pairs of real tensors, Fourier transforms, spectra.
 *
 * A cj_complex is two tensors of one shape and dtype; .im NULL means a real one. It is passed by
 * value. Its ops are compositions of real ones, broadcast as these do, and can be differentiated
 * any number of times by the real tensors that they came from. What fails gives {NULL, NULL} and a
 * building error.
 *
 * Transforms take f32 and f64 (DTYPE else) and any length from 1 on (SHAPE): lengths whose prime
 * factors are at most 31 by those factors, others by Bluestein's chirp. Their bits are the same for
 * every number of threads and every instruction set. Axes may be negative; a set of axes is a mask of
 * CJ_AXIS, axes from the front. Words, defaults and signs are torch.fft's.
 */
#ifndef CAJAL_FFT_H
#define CAJAL_FFT_H

#include "cajal/graph.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cj_complex {
    cj_tensor *re, *im;
} cj_complex;

/* ---- pairs ---- */

/* The pair, checked: one dtype f32 or f64, one shape after broadcasting. im NULL: zeros. */
CJ_API cj_complex cj_complex_of_at(cj_at at, cj_tensor *re, cj_tensor *im);
#define cj_complex_of(...) cj_complex_of_at(CJ_HERE, __VA_ARGS__)
/* r (cos(angle) + i sin(angle)). */
CJ_API cj_complex cj_complex_polar_at(cj_at at, cj_tensor *r, cj_tensor *angle);
#define cj_complex_polar(...) cj_complex_polar_at(CJ_HERE, __VA_ARGS__)
/* From and to a real tensor [..., 2] (torch.view_as_complex, view_as_real). */
CJ_API cj_complex cj_complex_from_pairs_at(cj_at at, cj_tensor *x);
#define cj_complex_from_pairs(...) cj_complex_from_pairs_at(CJ_HERE, __VA_ARGS__)
CJ_API cj_tensor *cj_complex_to_pairs_at(cj_at at, cj_complex z);
#define cj_complex_to_pairs(...) cj_complex_to_pairs_at(CJ_HERE, __VA_ARGS__)

CJ_API cj_complex cj_complex_add_at(cj_at at, cj_complex a, cj_complex b);
CJ_API cj_complex cj_complex_sub_at(cj_at at, cj_complex a, cj_complex b);
CJ_API cj_complex cj_complex_mul_at(cj_at at, cj_complex a, cj_complex b);
CJ_API cj_complex cj_complex_div_at(cj_at at, cj_complex a, cj_complex b); /* a conj(b) / |b|^2 */
CJ_API cj_complex cj_complex_scale_at(cj_at at, cj_complex z, double s);
CJ_API cj_complex cj_complex_neg_at(cj_at at, cj_complex z);
CJ_API cj_complex cj_complex_conj_at(cj_at at, cj_complex z);
CJ_API cj_complex cj_complex_exp_at(cj_at at, cj_complex z);  /* e^re (cos im + i sin im) */
CJ_API cj_complex cj_complex_sqrt_at(cj_at at, cj_complex z); /* re >= 0; the cut below 0 */
CJ_API cj_complex cj_complex_matmul_at(cj_at at, cj_complex a, cj_complex b); /* as cj_matmul */
/* sqrt(re^2 + im^2), with derivative 0 at 0; and the square. */
CJ_API cj_tensor *cj_complex_abs_at(cj_at at, cj_complex z);
CJ_API cj_tensor *cj_complex_abs2_at(cj_at at, cj_complex z);
#define cj_complex_add(...) cj_complex_add_at(CJ_HERE, __VA_ARGS__)
#define cj_complex_sub(...) cj_complex_sub_at(CJ_HERE, __VA_ARGS__)
#define cj_complex_mul(...) cj_complex_mul_at(CJ_HERE, __VA_ARGS__)
#define cj_complex_div(...) cj_complex_div_at(CJ_HERE, __VA_ARGS__)
#define cj_complex_scale(...) cj_complex_scale_at(CJ_HERE, __VA_ARGS__)
#define cj_complex_neg(...) cj_complex_neg_at(CJ_HERE, __VA_ARGS__)
#define cj_complex_conj(...) cj_complex_conj_at(CJ_HERE, __VA_ARGS__)
#define cj_complex_exp(...) cj_complex_exp_at(CJ_HERE, __VA_ARGS__)
#define cj_complex_sqrt(...) cj_complex_sqrt_at(CJ_HERE, __VA_ARGS__)
#define cj_complex_matmul(...) cj_complex_matmul_at(CJ_HERE, __VA_ARGS__)
#define cj_complex_abs(...) cj_complex_abs_at(CJ_HERE, __VA_ARGS__)
#define cj_complex_abs2(...) cj_complex_abs2_at(CJ_HERE, __VA_ARGS__)

/* ---- transforms ---- */

/* What the sums of n terms are multiplied by: forward, backward. */
typedef enum cj_fft_norm {
    CJ_FFT_BACKWARD, /* 1, 1/n */
    CJ_FFT_ORTHO,    /* 1/sqrt(n), 1/sqrt(n) */
    CJ_FFT_FORWARD   /* 1/n, 1 */
} cj_fft_norm;

/*
 * X[k] = sum over j of x[j] e^(-2 pi i j k / n) along the axis, and back. To pad or crop first:
 * cj_pad, cj_narrow.
 */
CJ_API cj_complex cj_fft_at(cj_at at, cj_complex x, int axis, cj_fft_norm norm);
CJ_API cj_complex cj_ifft_at(cj_at at, cj_complex x, int axis, cj_fft_norm norm);
/* The first n / 2 + 1 sums of a real x, which tell the others: X[n - k] = conj X[k]. */
CJ_API cj_complex cj_rfft_at(cj_at at, cj_tensor *x, int axis, cj_fft_norm norm);
/* The n reals whose first n / 2 + 1 sums these are; the imaginary parts of the sum 0, and n / 2 of
 * an even n, count as 0. */
CJ_API cj_tensor *cj_irfft_at(cj_at at, cj_complex x, int axis, int64_t n, cj_fft_norm norm);
#define cj_fft(...) cj_fft_at(CJ_HERE, __VA_ARGS__)
#define cj_ifft(...) cj_ifft_at(CJ_HERE, __VA_ARGS__)
#define cj_rfft(...) cj_rfft_at(CJ_HERE, __VA_ARGS__)
#define cj_irfft(...) cj_irfft_at(CJ_HERE, __VA_ARGS__)

/* The same over all axes of the mask, from the last to the first; rfftn halves the last of them, and
 * irfftn makes it n again. */
CJ_API cj_complex cj_fftn_at(cj_at at, cj_complex x, uint32_t axes, cj_fft_norm norm);
CJ_API cj_complex cj_ifftn_at(cj_at at, cj_complex x, uint32_t axes, cj_fft_norm norm);
CJ_API cj_complex cj_rfftn_at(cj_at at, cj_tensor *x, uint32_t axes, cj_fft_norm norm);
CJ_API cj_tensor *cj_irfftn_at(cj_at at, cj_complex x, uint32_t axes, int64_t n, cj_fft_norm norm);
#define cj_fftn(...) cj_fftn_at(CJ_HERE, __VA_ARGS__)
#define cj_ifftn(...) cj_ifftn_at(CJ_HERE, __VA_ARGS__)
#define cj_rfftn(...) cj_rfftn_at(CJ_HERE, __VA_ARGS__)
#define cj_irfftn(...) cj_irfftn_at(CJ_HERE, __VA_ARGS__)

/* The frequency of each sum in cycles a sample: 0, 1/n, ..., then the negative ones; and of the
 * first n / 2 + 1 of them (numpy.fft.fftfreq, rfftfreq, with d = 1). */
CJ_API cj_tensor *cj_fft_frequencies_at(cj_at at, cj_context *context, cj_dtype dtype, int64_t n);
CJ_API cj_tensor *cj_rfft_frequencies_at(cj_at at, cj_context *context, cj_dtype dtype, int64_t n);
#define cj_fft_frequencies(...) cj_fft_frequencies_at(CJ_HERE, __VA_ARGS__)
#define cj_rfft_frequencies(...) cj_rfft_frequencies_at(CJ_HERE, __VA_ARGS__)

/* Turns the axes of the mask by n / 2, so that sum 0 stands in the middle; and back. */
CJ_API cj_tensor *cj_fftshift_at(cj_at at, cj_tensor *x, uint32_t axes);
CJ_API cj_tensor *cj_ifftshift_at(cj_at at, cj_tensor *x, uint32_t axes);
#define cj_fftshift(...) cj_fftshift_at(CJ_HERE, __VA_ARGS__)
#define cj_ifftshift(...) cj_ifftshift_at(CJ_HERE, __VA_ARGS__)

#ifdef __cplusplus
}
#endif

#endif
