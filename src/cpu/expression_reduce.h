/*
 * src/cpu/expression_reduce.h - x modulo pi/2 for any double, in integers (Payne, Hanek, "Radian
 * reduction for trigonometric functions", SIGNUM 18, 1983): the slow path of sin and cos. No
 * rounding, so equal bits everywhere.
 */
#ifndef CJ_CPU_EXPRESSION_REDUCE_H
#define CJ_CPU_EXPRESSION_REDUCE_H

#include <stdint.h>
#include <string.h>

__extension__ typedef unsigned __int128 cj_uint128;

static inline double double_of_bits(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* 64 bits of 2/pi from bit `at` on, where bit 64 is the first after the point. */
static inline uint64_t two_over_pi_bits(int at)
{
    int word = at / 64, shift = at % 64;
    uint64_t high = word == 0 ? 0 : two_over_pi[word - 1];
    return shift == 0 ? high : high << shift | two_over_pi[word] >> (64 - shift);
}

/*
 * x = q pi/2 + r + low, |r| <= pi/4, for finite |x| > 1: returns q mod 4. With x = m 2^e, m of 53
 * bits, the bits of 2/pi whose product with x is a multiple of 4 are left out, and the next 192 are
 * taken: what is beyond them is less than 2^-137, and no double comes nearer than 2^-62 to a
 * multiple of pi/2.
 */
static inline int reduce_by_half_pi(double x, double *r, double *low)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    bool negative = bits >> 63 != 0;
    int exponent = (int)(bits >> 52 & 0x7ff) - 1075;
    uint64_t m = (bits & 0xfffffffffffffu) | 0x10000000000000u;

    /* (high, middle, last) = m * 192 bits modulo 2^192, in units of 2^-190 quarter turns */
    int at = exponent + 62;
    cj_uint128 product = (cj_uint128)m * two_over_pi_bits(at + 128);
    uint64_t last = (uint64_t)product;
    product = (cj_uint128)m * two_over_pi_bits(at + 64) + (uint64_t)(product >> 64);
    uint64_t middle = (uint64_t)product;
    uint64_t high = m * two_over_pi_bits(at) + (uint64_t)(product >> 64);

    int q = (int)((high + (UINT64_C(1) << 61)) >> 62) & 3;
    high -= (uint64_t)q << 62;
    if (high >> 63 != 0) { /* the nearest multiple lies above */
        negative = !negative;
        last = ~last + 1;
        middle = ~middle + (last == 0);
        high = ~high + (last == 0 && middle == 0);
    }
    int zeros = 0;
    if (high == 0) {
        high = middle;
        middle = last;
        zeros = 64;
    }
    int shift = __builtin_clzll(high);
    if (shift != 0) {
        high = high << shift | middle >> (64 - shift);
        zeros += shift;
    }
    /* times pi/2 = 0xc90fdaa22168c235 * 2^-63 */
    uint64_t angle = (uint64_t)((cj_uint128)high * 0xc90fdaa22168c235u >> 64);
    double unit = double_of_bits((uint64_t)(1023 - 61 - zeros) << 52 | (uint64_t)negative << 63);
    *r = (double)(angle & ~UINT64_C(0x7ff)) * unit;
    *low = (double)(angle & 0x7ff) * unit;
    return (bits >> 63 != 0 ? -q : q) & 3;
}

#endif
