/*
 * src/base/half.h - bf16 and f16, the floats of 16 bits: their bits from and to f32 and f64, by
 * round to nearest even. They are storage: all arithmetic on them is f32 (src/graph/half.c).
 *
 * bf16 is the upper half of an f32; f16 is IEEE 754 binary16 (5 bits of exponent, 10 of mantissa).
 * What is beyond the range is an infinity, subnormals are kept, every NaN is one.
 */
#ifndef CJ_BASE_HALF_H
#define CJ_BASE_HALF_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static inline uint32_t cj_f32_bits(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline float cj_f32_of_bits(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* Without a branch that a compiler would have to undo before it makes vectors. */
static inline uint32_t cj_choose_bits(bool condition, uint32_t a, uint32_t b)
{
    uint32_t mask = 0u - (uint32_t)condition;
    return (a & mask) | (b & ~mask);
}

static inline float cj_f32_from_bf16(uint16_t bits)
{
    return cj_f32_of_bits((uint32_t)bits << 16);
}

static inline uint16_t cj_bf16_from_f32(float x)
{
    uint32_t bits = cj_f32_bits(x);
    uint32_t rounded = (bits + 0x7fffu + (bits >> 16 & 1)) >> 16;
    return (uint16_t)((bits & 0x7fffffffu) > 0x7f800000u ? 0x7fc0u : rounded);
}

/* The exponent moves from bias 15 to 127; a subnormal's comes from a subtraction. */
static inline float cj_f32_from_f16(uint16_t bits)
{
    uint32_t magnitude = (uint32_t)(bits & 0x7fff) << 13, sign = (uint32_t)(bits & 0x8000) << 16;
    uint32_t normal = magnitude + (112u << 23);
    uint32_t endless = magnitude + (224u << 23);
    uint32_t small = cj_f32_bits(cj_f32_of_bits(magnitude + (113u << 23)) - 0x1p-14f);
    uint32_t result = cj_choose_bits(magnitude < 0x00800000u, small, normal);
    result = cj_choose_bits(magnitude >= 0x0f800000u, endless, result);
    return cj_f32_of_bits(result | sign);
}

/* Below 2^-14 the sum with 0.5 rounds to the last place of the subnormals, 2^-24. */
static inline uint16_t cj_f16_from_f32(float x)
{
    uint32_t bits = cj_f32_bits(x), magnitude = bits & 0x7fffffffu, sign = bits >> 16 & 0x8000u;
    uint32_t normal = (magnitude - (112u << 23) + 0xfffu + (magnitude >> 13 & 1)) >> 13;
    uint32_t small = cj_f32_bits(cj_f32_of_bits(magnitude) + 0.5f) - 0x3f000000u;
    uint32_t result = cj_choose_bits(magnitude < 0x38800000u, small, normal);
    result = cj_choose_bits(magnitude >= 0x47800000u, 0x7c00u, result) | sign;
    return (uint16_t)cj_choose_bits(magnitude > 0x7f800000u, 0x7e00u, result);
}

/* f64 to f32 by rounding to odd: what then is rounded to fewer bits is rounded as if once. */
static inline float cj_f32_to_odd(double x)
{
    float near = (float)x;
    double back = (double)near, size = x < 0 ? -x : x, back_size = back < 0 ? -back : back;
    uint32_t bits = cj_f32_bits(near), odd = (bits - (uint32_t)(back_size > size)) | 1;
    return cj_f32_of_bits(cj_choose_bits((back == x) | (x != x), bits, odd));
}

static inline uint16_t cj_bf16_from_f64(double x)
{
    return cj_bf16_from_f32(cj_f32_to_odd(x));
}

static inline uint16_t cj_f16_from_f64(double x)
{
    return cj_f16_from_f32(cj_f32_to_odd(x));
}

#endif
