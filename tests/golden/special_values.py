#!/usr/bin/env python3
"""Writes special_values.h: the special functions that libm lacks, at random places, by mpmath.

    python3 special_values.py > special_values.h
"""
import random

import mpmath as mp

mp.mp.prec = 600
draw = random.Random(5)


def spread(low, high):
    """Of random exponent between those of low and high."""
    return float(2.0 ** draw.uniform(float(mp.log(low, 2)), float(mp.log(high, 2))))


def rows():
    for _ in range(60):
        yield "ERFINV", 0.0, draw.uniform(-1, 1)
        yield "ERFINV", 0.0, 1 - spread(2.0 ** -50, 0.5)
        yield "ERFINV", 0.0, spread(1e-30, 0.5)
    for _ in range(60):
        yield "DIGAMMA", 0.0, draw.uniform(0, 4)
        yield "DIGAMMA", 0.0, spread(1e-8, 1e8)
        yield "DIGAMMA", 0.0, draw.uniform(1.4, 1.55)
    for _ in range(30):
        yield "ZETA", float(draw.randrange(2, 8)), draw.uniform(0, 20)
        yield "ZETA", float(draw.randrange(2, 8)), -draw.uniform(0.1, 9)
        yield "ZETA", draw.uniform(1.05, 12), spread(0.1, 100)
    for _ in range(40):
        yield "BESSEL_IE", float(draw.randrange(0, 2)), spread(1e-6, 1e6)
        yield "BESSEL_IE", float(draw.randrange(0, 2)), -draw.uniform(0, 12)
        yield "BESSEL_IE", float(draw.randrange(2, 12)), draw.uniform(0, 100)


def value(op, a, b):
    a, b = mp.mpf(a), mp.mpf(b)
    if op == "ERFINV":
        y = mp.erfinv(b)
        for _ in range(4):
            y -= (mp.erf(y) - b) * mp.sqrt(mp.pi) / 2 * mp.exp(y * y)
        return y
    if op == "DIGAMMA":
        return mp.digamma(b)
    if op == "ZETA":
        if b > 0:
            return mp.zeta(a, b)
        terms = int(mp.ceil(-b))
        return mp.zeta(a, b + terms) + sum((b + k) ** -int(a) for k in range(terms))
    return mp.exp(-abs(b)) * mp.besseli(a, b)


print("""/*
 * tests/golden/special_values.h - written by special_values.py: op, the first source (of one source: 0), the
 * last, and the value.
 */
static const struct special_value {
    cj_op op;
    double a, b, value;
} special_values[] = {""")
for op, a, b in rows():
    print(f"    {{CJ_OP_{op}, {float(a).hex()}, {float(b).hex()}, {float(value(op, a, b)).hex()}}},")
print("};")
