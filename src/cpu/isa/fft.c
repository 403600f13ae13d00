/*
 * src/cpu/isa/fft.c - Fourier transforms: the steps of fft_lanes.h over rows of any length.
 */
#include "fft.h"
#include "simd.h"

#define T float
#define V vf32
#define FN(name) name##_vector_f32
#include "fft_lanes.h"
#undef V
#undef FN
#define V float
#define FN(name) name##_lane_f32
#include "fft_lanes.h"
#undef T
#undef V
#undef FN
#define T double
#define V vf64
#define FN(name) name##_vector_f64
#include "fft_lanes.h"
#undef V
#undef FN
#define V double
#define FN(name) name##_lane_f64
#include "fft_lanes.h"
#undef T
#undef V
#undef FN

/* A row of s elements: whole vectors, then lanes. */
#define CJ_ROW(dtype, width, call)                                                                 \
    {                                                                                              \
        int64_t q = 0;                                                                             \
        for (; q + (width) <= s; q += (width))                                                     \
            call(vector, dtype);                                                                   \
        for (; q < s; q++)                                                                         \
            call(lane, dtype);                                                                     \
    }

#define CJ_RADIX2(kind, dtype) radix2_##kind##_##dtype(ar + q, ai + q, m * s, br + q, bi + q, s, u)
#define CJ_RADIX4(kind, dtype) radix4_##kind##_##dtype(ar + q, ai + q, m * s, br + q, bi + q, s, u)
#define CJ_RADIX3(kind, dtype)                                                                     \
    odd_##kind##_##dtype(3, ar + q, ai + q, m * s, br + q, bi + q, s, roots, u)
#define CJ_RADIX5(kind, dtype)                                                                     \
    odd_##kind##_##dtype(5, ar + q, ai + q, m * s, br + q, bi + q, s, roots, u)
#define CJ_ODD(kind, dtype)                                                                        \
    odd_##kind##_##dtype(r, ar + q, ai + q, m * s, br + q, bi + q, s, roots, u)

/* All groups of one radix; the first has no roots to multiply by. */
#define CJ_GROUPS(name, T, dtype, width, call)                                                     \
    static void name##_##dtype(CJ_FFT_UNUSED int r, int64_t m, int64_t s, const T *xr,             \
                               const T *xi, T *yr, T *yi, CJ_FFT_UNUSED const T *roots,            \
                               const T *w)                                                         \
    {                                                                                              \
        for (int64_t p = 0; p < m; p++) {                                                          \
            const T *ar = xr + p * s, *ai = xi + p * s, *u = p ? w + 2 * p * (r - 1) : NULL;       \
            T *br = yr + p * r * s, *bi = yi + p * r * s;                                          \
            if (u)                                                                                 \
                CJ_ROW(dtype, width, call)                                                         \
            else {                                                                                 \
                u = NULL;                                                                          \
                CJ_ROW(dtype, width, call)                                                         \
            }                                                                                      \
        }                                                                                          \
    }
#define CJ_FFT_UNUSED __attribute__((unused))

/* Row k and row h - k of x to row k of y, 0 < k < h. */
#define CJ_SPLIT(kind, dtype)                                                                      \
    split_##kind##_##dtype(xr + k * s + q, xi + k * s + q, xr + (h - k) * s + q,                   \
                           xi + (h - k) * s + q, yr + k * s + q, yi + k * s + q, w + 2 * k)
#define CJ_MERGE(kind, dtype)                                                                      \
    merge_##kind##_##dtype(xr + k * s + q, xi + k * s + q, xr + (h - k) * s + q,                   \
                           xi + (h - k) * s + q, yr + k * s + q, yi + k * s + q, w + 2 * k)
#define CJ_MULTIPLY(kind, dtype)                                                                   \
    put_##kind##_##dtype(yr + j * s + q, yi + j * s + q, load_##kind##_##dtype(xr + j * s + q),    \
                         load_##kind##_##dtype(xi + j * s + q), w + 2 * j)

#define CJ_FFT(T, dtype, width)                                                                    \
    CJ_GROUPS(two, T, dtype, width, CJ_RADIX2)                                                     \
    CJ_GROUPS(four, T, dtype, width, CJ_RADIX4)                                                    \
    CJ_GROUPS(three, T, dtype, width, CJ_RADIX3)                                                   \
    CJ_GROUPS(five, T, dtype, width, CJ_RADIX5)                                                    \
    CJ_GROUPS(odd, T, dtype, width, CJ_ODD)                                                        \
    void CJ_ISA_FN(cj_fft_stage_##dtype)(int r, int64_t m, int64_t s, const void *xr,              \
                                         const void *xi, void *yr, void *yi, const void *roots,    \
                                         const void *w)                                            \
    {                                                                                              \
        switch (r) {                                                                               \
        case 2: two_##dtype(r, m, s, xr, xi, yr, yi, roots, w); break;                             \
        case 4: four_##dtype(r, m, s, xr, xi, yr, yi, roots, w); break;                            \
        case 3: three_##dtype(r, m, s, xr, xi, yr, yi, roots, w); break;                           \
        case 5: five_##dtype(r, m, s, xr, xi, yr, yi, roots, w); break;                            \
        default: odd_##dtype(r, m, s, xr, xi, yr, yi, roots, w); break;                            \
        }                                                                                          \
    }                                                                                              \
    void CJ_ISA_FN(cj_fft_multiply_##dtype)(int64_t rows, int64_t s, const void *x_re,             \
                                            const void *x_im, void *y_re, void *y_im,              \
                                            const void *pairs)                                     \
    {                                                                                              \
        const T *xr = x_re, *xi = x_im, *w = pairs;                                                \
        T *yr = y_re, *yi = y_im;                                                                  \
        for (int64_t j = 0; j < rows; j++)                                                         \
            CJ_ROW(dtype, width, CJ_MULTIPLY)                                                      \
    }                                                                                              \
    void CJ_ISA_FN(cj_fft_split_##dtype)(int64_t h, int64_t s, const void *x_re, const void *x_im, \
                                         void *y_re, void *y_im, const void *pairs)                \
    {                                                                                              \
        const T *xr = x_re, *xi = x_im, *w = pairs;                                                \
        T *yr = y_re, *yi = y_im;                                                                  \
        for (int64_t q = 0; q < s; q++) {                                                          \
            yr[q] = xr[q] + xi[q];                                                                 \
            yr[h * s + q] = xr[q] - xi[q];                                                         \
            yi[q] = yi[h * s + q] = 0;                                                             \
        }                                                                                          \
        for (int64_t k = 1; k < h; k++)                                                            \
            CJ_ROW(dtype, width, CJ_SPLIT)                                                         \
    }                                                                                              \
    void CJ_ISA_FN(cj_fft_merge_##dtype)(int64_t h, int64_t s, const void *x_re, const void *x_im, \
                                         void *y_re, void *y_im, const void *pairs)                \
    {                                                                                              \
        const T *xr = x_re, *xi = x_im, *w = pairs;                                                \
        T *yr = y_re, *yi = y_im;                                                                  \
        for (int64_t q = 0; q < s; q++) {                                                          \
            yr[q] = xr[q] + xr[h * s + q];                                                         \
            yi[q] = xr[q] - xr[h * s + q];                                                         \
        }                                                                                          \
        for (int64_t k = 1; k < h; k++)                                                            \
            CJ_ROW(dtype, width, CJ_MERGE)                                                         \
    }

CJ_FFT(float, f32, CJ_VF32)
CJ_FFT(double, f64, CJ_VF64)
