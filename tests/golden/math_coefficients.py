#!/usr/bin/env python3
"""Writes src/cpu/expression_coefficients.h: the polynomials of the math functions.

    python3 math_coefficients.py > ../../src/cpu/expression_coefficients.h      (needs mpmath)

Each polynomial is a least-squares fit, at Chebyshev nodes and with a weight that makes it the relative error of
the function, in 80 digits. Coefficients are rounded to the target's precision one by one from the lowest
degree up, the rest being fitted anew after each. The comment holds the largest weighted error of what is
left, as a power of two.
"""
from mpmath import mp, mpf, cos, pi, matrix, lu_solve, log, exp, expm1, log1p, sin, tanh, atanh, erf, erfc, sqrt, floor

mp.dps = 80


def round_to(value, bits):
    if value == 0:
        return mpf(0)
    exponent = int(floor(log(abs(value), 2))) + 1
    scale = mpf(2) ** (bits - exponent)
    return mp.nint(value * scale) / scale


def fit(function, weight, low, high, terms, bits):
    """c[0] + c[1] x + ... ~ function on [low, high], errors counted weight(x) times."""
    count = 4 * terms + 8
    low, high = mpf(low), mpf(high)
    nodes = [(low + high) / 2 + (high - low) / 2 * cos(pi * (2 * i + 1) / (2 * count)) for i in range(count)]
    target = [function(x) for x in nodes]
    w = [weight(x) for x in nodes]
    known = []
    for done in range(terms):
        free = terms - done
        a = matrix(count, free)
        b = matrix(count, 1)
        for i, x in enumerate(nodes):
            for j in range(free):
                a[i, j] = w[i] * x ** (done + j)
            b[i] = w[i] * (target[i] - sum(c * x ** k for k, c in enumerate(known)))
        known.append(round_to(lu_solve(a, b)[0], bits))
    worst = max(abs(wi * (t - sum(c * x ** k for k, c in enumerate(known)))) for wi, t, x in zip(w, target, nodes))
    return known, worst


def text(value, bits):
    value = round_to(value, bits)
    out = float(value).hex()
    head, tail = out.split("p")
    head = head.rstrip("0").rstrip(".") if "." in head else head
    return head + "p" + str(int(tail)) + ("f" if bits == 24 else "")


def emit(name, comment, function, weight, low, high, terms, bits):
    coefficients, worst = fit(function, weight, low, high, terms, bits)
    kind = "float" if bits == 24 else "double"
    print(f"/* {comment}; error 2^{float(log(worst, 2)):.1f} */")
    print(f"static const {kind} {name}[] = {{")
    for c in coefficients:
        print(f"    {text(c, bits)},")
    print("};\n")


def constant(name, value, bits, comment):
    print(f"#define {name} {text(value, 24 if name.endswith('F32') else 53)} /* {comment} */"
          if bits is None else f"#define {name} {text(round_to(value, bits), 24 if name.endswith('F32') else 53)} /* {comment} */")


def parts(name, value, widths, full):
    """Splits value in parts of so many bits; the last has full precision."""
    rest = value
    for i, width in enumerate(widths):
        part = mp.nint(rest * mpf(2) ** (width - 1 - int(floor(log(abs(rest), 2))))) / mpf(2) ** (
            width - 1 - int(floor(log(abs(rest), 2))))
        print(f"#define {name.format(i + 1)} {text(part, full)}")
        rest -= part
    print(f"#define {name.format(len(widths) + 1)} {text(rest, full)}")


def around_zero(function, series):
    """function(x), with a series where it is 0/0."""
    return lambda x: series(x) if abs(x) < mpf(10) ** -12 else function(x)


def of_square(function):
    """function as a function of x^2."""
    return lambda z: function(sqrt(z))


def main():
    print("""/*
 * src/cpu/expression_coefficients.h - written by tests/golden/math_coefficients.py: change that, not this.
 * Polynomials from the lowest degree up; beside each what it approximates and its weighted error.
 */
#ifndef CJ_CPU_EXPRESSION_COEFFICIENTS_H
#define CJ_CPU_EXPRESSION_COEFFICIENTS_H
""")
    ln2 = log(mpf(2))
    print("/* ln 2 and pi/2 in parts: products of the first ones with the integers that occur are exact */")
    parts("CJ_LN2_{}_F32", ln2, [15], 24)
    parts("CJ_LN2_{}_F64", ln2, [40], 53)
    parts("CJ_PIO2_{}_F32", pi / 2, [11, 11, 11], 24)
    parts("CJ_PIO2_{}_F64", pi / 2, [31, 31], 53)
    for bits, F in ((24, "F32"), (53, "F64")):
        print(f"#define CJ_LOG2E_{F} {text(1 / ln2, bits)}")
        print(f"#define CJ_2OPI_{F} {text(2 / pi, bits)}")
    print(f"#define CJ_LOG2E_LOW_F64 {text(1 / ln2 - round_to(1 / ln2, 53), 53)}")
    print(f"#define CJ_PIO2_HIGH_F64 {text(pi / 2, 53)}")
    print(f"#define CJ_PIO2_LOW_F64 {text(pi / 2 - round_to(pi / 2, 53), 53)}")
    print(f"#define CJ_TWO_THIRDS_F64 {text(mpf(2) / 3, 53)}")
    print(f"#define CJ_TWO_THIRDS_LOW_F64 {text(mpf(2) / 3 - round_to(mpf(2) / 3, 53), 53)}")
    print()

    half = ln2 / 2 * mpf("1.002")
    q = around_zero(lambda r: (expm1(r) - r) / r ** 2, lambda r: mpf(1) / 2 + r / 6 + r * r / 24)
    tanh_q = around_zero(lambda x: (tanh(x) - x) / x ** 3, lambda x: -mpf(1) / 3 + 2 * x * x / 15)
    sin_q = around_zero(lambda x: (sin(x) - x) / x ** 3, lambda x: -mpf(1) / 6 + x * x / 120)
    cos_q = around_zero(lambda x: (cos(x) - 1 + x * x / 2) / x ** 4, lambda x: mpf(1) / 24 - x * x / 720)
    erf_q = around_zero(lambda x: erf(x) / x - 1, lambda x: 2 / sqrt(pi) * (1 - x * x / 3) - 1)
    log_r = around_zero(lambda f: (log1p(f) - f + f * f / 2) / f ** 3, lambda f: mpf(1) / 3 - f / 4 + f * f / 5)
    # log(1+f) = f - f^2/2 + s (f^2/2 + R(s^2)), s = f / (2 + f)
    # with f = 2s/(1-s): 2 atanh(s) = 2s + s R  =>  R = 2 atanh(s)/s - 2
    log_s = around_zero(lambda s: (2 * atanh(s) / s - 2) / s ** 2, lambda s: mpf(2) / 3 + 2 * s * s / 5)
    log_s2 = around_zero(lambda s: ((2 * atanh(s) / s - 2) / s ** 2 - mpf(2) / 3) / s ** 2,
                         lambda s: mpf(2) / 5 + 2 * s * s / 7)
    quarter = (pi / 4 * mpf("1.01")) ** 2
    s_max = ((sqrt(mpf(2)) - 1) / (sqrt(mpf(2)) + 1)) ** 2 * mpf("1.001")

    emit("exp_q_f32", "exp(r) = 1 + r + r^2 q(r), |r| <= ln 2 / 2", q, lambda r: r * r * exp(-r), -half, half, 5, 24)
    emit("exp_q_f64", "the same", q, lambda r: r * r * exp(-r), -half, half, 10, 53)
    emit("exp2_f64", "2^r for pow of f32, |r| <= 1/2", lambda r: mpf(2) ** r, lambda r: mpf(2) ** -r, -0.5, 0.5, 8, 53)
    emit("log_r_f32", "log(1+f) = f - f^2/2 + f^3 r(f), sqrt(1/2) - 1 <= f <= sqrt(2) - 1", log_r,
         lambda f: abs(f ** 3 / log1p(f)) if f != 0 else mpf(0), sqrt(mpf(0.5)) - 1, sqrt(mpf(2)) - 1, 9, 24)
    emit("log_s_f64", "2 atanh(s) = 2 s + s^3 p(s^2)", of_square(log_s), lambda z: z, 0, s_max, 7, 53)
    emit("log_s_tail_f64", "2 atanh(s) = 2 s + s^3 (2/3 + s^2 p(s^2)), for pow", of_square(log_s2), lambda z: z * z, 0,
         s_max, 8, 53)
    emit("log2_s_f64", "log2((1+s)/(1-s)) = s p(s^2), for pow of f32",
         of_square(around_zero(lambda s: 2 * atanh(s) / s / ln2, lambda s: (2 + 2 * s * s / 3) / ln2)),
         lambda z: mpf(1), 0, s_max, 7, 53)
    emit("sin_q_f32", "sin(r) = r + r^3 q(r^2), |r| <= pi/4", of_square(sin_q), lambda z: z, 0, quarter, 3, 24)
    emit("cos_q_f32", "cos(r) = 1 - r^2/2 + r^4 q(r^2)", of_square(cos_q), lambda z: z * z, 0, quarter, 3, 24)
    emit("sin_q_f64", "sin, the same", of_square(sin_q), lambda z: z, 0, quarter, 6, 53)
    emit("cos_q_f64", "cos, the same", of_square(cos_q), lambda z: z * z, 0, quarter, 6, 53)
    emit("tanh_q_f32", "tanh(x) = x + x^3 q(x^2), |x| <= 0.875", of_square(tanh_q), lambda z: z, 0,
         mpf(0.875) ** 2, 6, 24)
    emit("tanh_q_f64", "the same, |x| <= 0.625", of_square(tanh_q), lambda z: z, 0, mpf(0.625) ** 2, 12, 53)
    emit("erf_q_f32", "erf(x) = x + x q(x^2), |x| <= 0.875", of_square(erf_q), lambda z: mpf(1), 0,
         mpf(0.875) ** 2, 7, 24)
    emit("erf_q_f64", "the same, |x| <= 1", of_square(erf_q), lambda z: mpf(1), 0, 1, 12, 53)
    emit("erfc_g_f32", "log(erfc(x)) = g(x - 0.875), 0.875 <= x <= 4", lambda t: log(erfc(t + mpf(0.875))),
         lambda t: erfc(t + mpf(0.875)), 0, 3.125, 8, 24)
    emit("erfc_g_f64", "the same, of x - 1, 1 <= x <= 6", lambda t: log(erfc(t + 1)), lambda t: erfc(t + 1), 0, 5, 22, 53)

    print("/* 2/pi in binary, after the point, 64 bits a word: for the arguments of sin and cos that are large */")
    print("static const uint64_t two_over_pi[] = {")
    mp.prec = 1600
    bits = int(floor(2 / pi * mpf(2) ** 1280))
    for i in range(20):
        word = (bits >> (1280 - 64 * (i + 1))) & (2 ** 64 - 1)
        print(f"    0x{word:016x}u,")
    print("};\n\n#endif")


if __name__ == "__main__":
    main()
