#!/usr/bin/env python3
"""Writes src/cpu/expression_special_coefficients.h: the polynomials of the special and inverse functions.

    python3 special_coefficients.py > ../../src/cpu/expression_special_coefficients.h      (needs mpmath)

The fits are those of math_coefficients.py. Where a function of f32 is computed in f64, its polynomial is a
shorter one with coefficients of f64 ("short").
"""
from mpmath import (mp, mpf, log, exp, sqrt, pi, atan, asin, sinh, asinh, atanh, erf, erfc, erfinv, loggamma, digamma, psi,
                    besseli, findroot, bernoulli, factorial)

from math_coefficients import emit, text, around_zero, of_square, round_to


def name_of(base, short):
    return f"{base}_short" if short else f"{base}_f64"


def odd_functions():
    """f(x) = x + x^3 p(x^2)"""
    for name, function, third, fifth, widest, terms in (
            ("atan", atan, -mpf(1) / 3, mpf(1) / 5, 1, (10, 20)),
            ("asin", asin, mpf(1) / 6, mpf(3) / 40, 0.5, (6, 14)),
            ("sinh", sinh, mpf(1) / 6, mpf(1) / 120, 1, (4, 8)),
            ("asinh", asinh, -mpf(1) / 6, mpf(3) / 40, 0.5, (6, 13)),
            ("atanh", atanh, mpf(1) / 3, mpf(1) / 5, 0.5, (7, 15))):
        p = of_square(around_zero(lambda x: (function(x) - x) / x ** 3, lambda x: third + fifth * x * x))
        for bits, count in zip((24, 53), terms):
            emit(f"{name}_q_{'f32' if bits == 24 else 'f64'}", f"{name}(x) = x + x^3 q(x^2), |x| <= {widest}", p,
                 lambda z: z, 0, mpf(widest) ** 2, count, bits)


def exponentials():
    ln2 = log(mpf(2))
    p = around_zero(lambda r: (mpf(2) ** r - 1) / r, lambda r: ln2 + r * ln2 ** 2 / 2)
    emit("exp2_p_f32", "2^r = 1 + r p(r), |r| <= 1/2", p, lambda r: r * mpf(2) ** -r, -0.5, 0.5, 6, 24)
    emit("exp2_p_f64", "the same", p, lambda r: r * mpf(2) ** -r, -0.5, 0.5, 12, 53)


def error_functions():
    def erfcx(t, k):
        x = k * (1 + t) / (1 - t)
        return exp(x * x) * erfc(x) * (1 + 2 * x)

    for short, k, low, high, terms in ((True, 2, 0.4, 10.6, 10), (False, 4, 0.4, 27.5, 22)):
        place = lambda x: (mpf(x) - k) / (mpf(x) + k)
        emit(name_of("erfcx_p", short), f"exp(x^2) erfc(x) (1 + 2x) = p((x - {k}) / (x + {k})), {low} <= x <= {high}",
             lambda t: erfcx(t, k), lambda t: 1 / erfcx(t, k), place(low), place(high), terms, 53)
    p = of_square(around_zero(lambda x: erfinv(x) / x, lambda x: sqrt(pi) / 2 * (1 + pi * x * x / 12)))

    # y(s) with s = sqrt(-log(1 - x)): erfc(y) = exp(-s^2)
    def tail(s):
        want = -s * s
        y = s
        for _ in range(60):
            step = (log(erfc(y)) - want) * sqrt(pi) / 2 * exp(y * y) * erfc(y)
            y += step
            if abs(step) < mpf(10) ** -40:
                break
        return y / s

    for bits, terms in ((24, (9, 11, 7)), (53, (24, 27, 23))):
        F = "f32" if bits == 24 else "f64"
        emit(f"erfinv_p_{F}", "erfinv(x) = x p(x^2), |x| <= 0.75", p, lambda z: 1 / p(z), 0, mpf(0.75) ** 2, terms[0],
             bits)
        for name, low, high, count in (("near", mpf("1.17"), 3, terms[1]), ("far", 3, mpf("4.1") if bits == 24 else mpf("6.2"), terms[2])):
            middle = 2 if name == "near" else mpf(3.5) if bits == 24 else mpf(4.5)
            emit(f"erfinv_{name}_{F}", f"erfinv(1 - exp(-s^2)) = s p(s - {float(middle):g}), {float(low):g} <= s <= "
                 f"{float(high):g}", lambda t: tail(t + middle), lambda t: 1 / tail(t + middle), mpf(low) - middle,
                 mpf(high) - middle, count, bits)


def gamma_functions():
    euler = -digamma(mpf(1))
    lgamma = lambda x: loggamma(x).real
    zeta2 = pi ** 2 / 6

    def gamma_ratio(t):
        x = t + 2
        if abs(t) < mpf(10) ** -12:
            return (1 - euler) / (x - 1)
        if abs(x - 1) < mpf(10) ** -12:
            return euler
        return lgamma(x) / ((x - 1) * (x - 2))

    root = findroot(digamma, mpf("1.4616"))
    slope = psi(1, root)
    psi_ratio = lambda t: digamma(t + 2) / (t + 2 - root) if abs(t + 2 - root) > mpf(10) ** -12 else slope
    high = round_to(root, 26)
    print(f"#define CJ_DIGAMMA_ROOT_1_F64 {text(high, 53)} /* where digamma is 0, in two parts */")
    print(f"#define CJ_DIGAMMA_ROOT_2_F64 {text(root - high, 53)}\n")
    for short, terms, far, start in ((True, 15, 4, 8), (False, 32, 8, 8)):
        emit(name_of("lgamma_p", short), "lgamma(x) = (x - 1) (x - 2) p(x - 2), 1 <= x <= 3", gamma_ratio,
             lambda t: 1 / gamma_ratio(t), -1, 1, terms, 53)
        emit(name_of("digamma_p", short), "digamma(x) = (x - root) p(x - 2), 1 <= x <= 3", psi_ratio,
             lambda t: 1 / psi_ratio(t), -1, 1, terms, 53)
        stirling = lambda z: ((lgamma(1 / sqrt(z)) - ((1 / sqrt(z) - mpf(1) / 2) * log(1 / sqrt(z)) - 1 / sqrt(z) +
                                                       log(2 * pi) / 2)) / sqrt(z)) if z > mpf(10) ** -9 else (
            mpf(1) / 12 - z / 360 + z * z / 1260)
        psi_tail = lambda z: ((log(1 / sqrt(z)) - sqrt(z) / 2 - digamma(1 / sqrt(z))) / z) if z > mpf(10) ** -9 else (
            mpf(1) / 12 - z / 120 + z * z / 252)
        emit(name_of("stirling_p", short), "lgamma(x) = (x - 1/2) log x - x + log(2 pi)/2 + p(1/x^2) / x, x >= 8",
             stirling, lambda z: mpf(1), 0, mpf(1) / 64, far, 53)
        emit(name_of("psi_tail_p", short), "digamma(x) = log x - 1/(2x) - p(1/x^2) / x^2, x >= 8", psi_tail,
             lambda z: mpf(1), 0, mpf(1) / 64, far, 53)
    print("/* B(2j) / (2j)!: the Euler-Maclaurin tail of the Hurwitz zeta function */")
    print("static const double zeta_b_f64[] = {")
    for j in range(1, 11):
        print(f"    {text(bernoulli(2 * j) / factorial(2 * j), 53)},")
    print("};\n")


def bessel_functions():
    i0 = lambda t: exp(-4 * (t + 1)) * besseli(0, 4 * (t + 1))

    def i1(t):
        x = 4 * (t + 1)
        return exp(-x) * besseli(1, x) / x if x > mpf(10) ** -20 else mpf(1) / 2

    far = lambda n: lambda t: (exp(-16 / (t + 1)) * besseli(n, 16 / (t + 1)) * sqrt(16 / (t + 1))
                               if t > -1 + mpf(10) ** -9 else 1 / sqrt(2 * pi) * (1 - (4 * n * n - 1) * (t + 1) / 128))
    for short, terms in ((True, (19, 9)), (False, (31, 27))):
        for n, near in ((0, i0), (1, i1)):
            emit(name_of(f"i{n}e_near", short), f"exp(-x) I{n}(x){' / x' if n else ''} = p(x/4 - 1), 0 <= x <= 8", near,
                 lambda t: 1 / near(t), -1, 1, terms[0], 53)
            emit(name_of(f"i{n}e_far", short), f"exp(-x) I{n}(x) sqrt(x) = p(16/x - 1), x >= 8", far(n),
                 lambda t: 1 / far(n)(t), -1, 1, terms[1], 53)


def main():
    print("""/*
 * src/cpu/expression_special_coefficients.h - written by tests/golden/special_coefficients.py: change that, not
 * this. Polynomials from the lowest degree up; beside each what it approximates and its weighted error.
 */
#ifndef CJ_CPU_EXPRESSION_SPECIAL_COEFFICIENTS_H
#define CJ_CPU_EXPRESSION_SPECIAL_COEFFICIENTS_H
""")
    exponentials()
    odd_functions()
    error_functions()
    gamma_functions()
    bessel_functions()
    print("#endif")


if __name__ == "__main__":
    main()
