/*
 * cajal/quantize.h - integers that stand for reals by a scale and a zero point: x = (q - zero) scale
 * (Jacob et al., "Quantization and training of neural networks for efficient integer-arithmetic-only
 * inference", CVPR 2018). Scale and zero point broadcast against x: one number each, or one a
 * channel, shaped for it.
 */
#ifndef CAJAL_QUANTIZE_H
#define CAJAL_QUANTIZE_H

#include "cajal/graph.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * round(x / scale) + zero, half to even, saturated to dtype (i8, u8, i16, u16); NaN becomes 0. x and
 * scale are floats of one dtype; zero has the integer dtype, NULL: 0. No derivative. ONNX's
 * QuantizeLinear.
 */
CJ_API cj_tensor *cj_quantize_linear_at(cj_at at, cj_tensor *x, cj_tensor *scale, cj_tensor *zero,
                                        cj_dtype dtype);
#define cj_quantize_linear(...) cj_quantize_linear_at(CJ_HERE, __VA_ARGS__)

/* (q - zero) scale, in scale's dtype; q and zero are integers of one dtype, zero NULL: 0. */
CJ_API cj_tensor *cj_dequantize_linear_at(cj_at at, cj_tensor *q, cj_tensor *scale,
                                          cj_tensor *zero);
#define cj_dequantize_linear(...) cj_dequantize_linear_at(CJ_HERE, __VA_ARGS__)

/*
 * (a - a_zero) (b - b_zero) of integer matrices [..., m, k] and [..., k, n] (i8, u8, i16, u16, any two of them),
 * in i32, which saturates; zero points broadcast, NULL: 0. ONNX's MatMulInteger. Computed in f64, in
 * which every sum up to k = 2^20 is exact.
 */
CJ_API cj_tensor *cj_matmul_integer_at(cj_at at, cj_tensor *a, cj_tensor *a_zero, cj_tensor *b,
                                       cj_tensor *b_zero);
#define cj_matmul_integer(...) cj_matmul_integer_at(CJ_HERE, __VA_ARGS__)
/* The same of a convolution (cj_convolve), padded by x_zero. ONNX's ConvInteger. */
CJ_API cj_tensor *cj_convolve_integer_at(cj_at at, cj_tensor *x, cj_tensor *x_zero, cj_tensor *w,
                                         cj_tensor *w_zero, const cj_conv_options *options);
#define cj_convolve_integer(...) cj_convolve_integer_at(CJ_HERE, __VA_ARGS__)

/*
 * What x becomes when it is quantised to the whole numbers from `low` to `high` and back, in floats,
 * for training: (clamp(round(x / scale + zero), low, high) - zero) scale; x, scale and zero (NULL: 0)
 * of one float dtype. The derivative takes round as the identity (straight through): to x 1 within
 * the range and 0 beyond it; to scale round(x / scale) - x / scale within, low - zero or high - zero
 * beyond (LSQ: Esser et al., "Learned step size quantization", ICLR 2020); to zero 0 and -scale.
 */
CJ_API cj_tensor *cj_fake_quantize_at(cj_at at, cj_tensor *x, cj_tensor *scale, cj_tensor *zero,
                                      int64_t low, int64_t high);
#define cj_fake_quantize(...) cj_fake_quantize_at(CJ_HERE, __VA_ARGS__)

/* round(x), whose derivative is that of x. */
CJ_API cj_tensor *cj_round_through_at(cj_at at, cj_tensor *x);
#define cj_round_through(...) cj_round_through_at(CJ_HERE, __VA_ARGS__)

/*
 * The scale and the zero point (of x's dtype, whole) by which `low` to `high` cover the values of x
 * over `axes`, 0 among them: symmetric, max |x| / min(-low, high) and zero 0; else (max - min) /
 * (high - low) and the place of 0. Kept axes have extent 1. Where all x are 0 the scale is 1.
 */
typedef struct cj_quantization {
    cj_tensor *scale, *zero;
} cj_quantization;
CJ_API cj_quantization cj_quantization_of_at(cj_at at, cj_tensor *x, uint32_t axes, int64_t low,
                                             int64_t high, bool symmetric);
#define cj_quantization_of(...) cj_quantization_of_at(CJ_HERE, __VA_ARGS__)

#ifdef __cplusplus
}
#endif

#endif
