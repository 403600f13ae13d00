/*
 * src/cpu/fft.h - how a discrete Fourier transform of any length is computed.
 *
 * The sums X[k] = sum over j of x[j] e^(-2 pi i j k / n) of a length whose prime factors are at most
 * 31 are taken apart by them, from the largest radix of 4, 2, 3, 5, 7, ... on (Cooley and Tukey,
 * 1965): with n = r m and w = e^(-2 pi i / n),
 *     X[k + r q] = sum over p < m of (w^(p k) sum over i < r of x[p + m i] e^(-2 pi i i k / r))
 *                                     e^(-2 pi i p q / m).
 * A stage does the inner sums of all lanes at once and leaves them in the order that the next one
 * wants (Stockham's order: no bit reversal). Another length is a convolution with a chirp, by
 * transforms of a longer one (Bluestein, 1970):
 *     X[k] = w[k] sum over j of (x[j] w[j]) conj(w[k - j]),   w[j] = e^(-pi i j^2 / n).
 * The other sign is the same with real and imaginary parts exchanged. A real transform of even n is
 * a complex one of n / 2 (its even elements real, its odd ones imaginary) and a last step.
 *
 * Every operation is a rounded addition or multiplication, no fma: all instruction sets give equal
 * bits, those of the class baseline too. Roots of unity are computed in f64 and rounded once.
 */
#ifndef CJ_CPU_FFT_H
#define CJ_CPU_FFT_H

#include "../base/base.h"

enum { CJ_FFT_MOST_RADIX = 31, CJ_FFT_MOST_STAGES = 63 };

/* The radices of n, in the order in which they are taken; returns how many, -1: a prime factor is too
 * large. */
int cj_fft_radices(int64_t n, int *radix);

/* The length of the transforms behind a chirp of n: 2^i or 3 * 2^i, at least 2 n - 1. */
int64_t cj_fft_chirp_length(int64_t n);

/* e^(-2 pi i k / n) for 0 <= k < n, within 1 ulp, exact at multiples of n / 4: {re, im}. */
void cj_fft_root(int64_t k, int64_t n, double root[2]);

/* The chirp w[j] (n pairs), and the transform of conj(w) divided by its length (that many pairs).
 * `work`: 4 chirp lengths. */
void cj_fft_chirp(int64_t n, double *chirp, double *spectrum, double *work);

/* ---- what each instruction set gives; arrays of rows of s elements, real and imaginary apart ---- */

/*
 * One stage: m groups of r rows of x, m rows apart, to r consecutive rows of y. `roots`: cos and sin
 * of 2 pi i / r for i < r, for odd r; `w`: for each p the pairs w^(p k), k = 1 to r - 1. x and y do
 * not overlap.
 */
typedef void (*cj_fft_stage_fn)(int r, int64_t m, int64_t s, const void *xr, const void *xi,
                                void *yr, void *yi, const void *roots, const void *w);
/* Row j of y = row j of x times the pair w[j], which y may be. */
typedef void (*cj_fft_multiply_fn)(int64_t rows, int64_t s, const void *xr, const void *xi,
                                   void *yr, void *yi, const void *w);
/* The n / 2 + 1 sums of real elements from h = n / 2 of theirs in pairs; w[k] = e^(-2 pi i k / n). */
typedef void (*cj_fft_split_fn)(int64_t h, int64_t s, const void *xr, const void *xi, void *yr,
                                void *yi, const void *w);
/* The transpose: from n / 2 + 1 sums to h pairs whose sums, of the other sign, are n reals. */
typedef void (*cj_fft_merge_fn)(int64_t h, int64_t s, const void *xr, const void *xi, void *yr,
                                void *yi, const void *w);

/* FFT, RFFT and IRFFT in plain loops. */
struct cj_op_run;
void cj_reference_op_fft(const struct cj_op_run *run);

#define CJ_FFT_KERNELS(X) X(stage) X(multiply) X(split) X(merge)

#endif
