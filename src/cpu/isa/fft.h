/*
 * src/cpu/isa/fft.h - prototypes of fft.c.
 */
#ifndef CJ_CPU_ISA_FFT_H
#define CJ_CPU_ISA_FFT_H

#include "../fft.h"
#include "simd.h"

#define CJ_X(name)                                                                                 \
    __typeof__(*(cj_fft_##name##_fn)0) CJ_ISA_FN(cj_fft_##name##_f32),                             \
        CJ_ISA_FN(cj_fft_##name##_f64);
CJ_FFT_KERNELS(CJ_X)
#undef CJ_X

#endif
