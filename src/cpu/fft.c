/*
 * src/cpu/fft.c - lengths and roots of Fourier transforms.
 */
#include "cpu/fft.h"

#include "cpu/reference_math.h"

int cj_fft_radices(int64_t n, int *radix)
{
    int count = 0;
    for (; n % 4 == 0; n /= 4)
        radix[count++] = 4;
    for (int r = 2; r <= CJ_FFT_MOST_RADIX; r++)
        for (; n % r == 0; n /= r)
            radix[count++] = r;
    return n == 1 ? count : -1;
}

int64_t cj_fft_chirp_length(int64_t n)
{
    int64_t two = 1, three = 3;
    while (two < 2 * n - 1)
        two *= 2;
    while (three < 2 * n - 1)
        three *= 2;
    return CJ_MIN(two, three);
}

/* The angle is brought into [0, pi / 4], in whole numbers. */
void cj_fft_root(int64_t k, int64_t n, double root[2])
{
    int64_t k8 = 8 * k, octant = k8 / n, rest = k8 % n; /* 8 k / n = octant + rest / n */
    double x = (double)(octant & 1 ? n - rest : rest) / (double)n * 0x1.921fb54442d18p-1;
    double c = cj_reference_math_f64(CJ_OP_COS, x, 0), s = cj_reference_math_f64(CJ_OP_SIN, x, 0);
    bool swap = (octant + 1) & 2;
    double re = swap ? s : c, im = swap ? c : s;
    root[0] = octant >= 2 && octant <= 5 ? -re : re;
    root[1] = octant >= 4 ? im : -im;
}
