/*
 * src/cpu/expression_both.h - math functions whose text is the same for f32 and f64. Included once
 * for each width by expression.h, which says what these stand for:
 *     V, VM, VI         the vector, its mask, the integer vector
 *     W(f), M(f), I(f)  their operations
 *     D(f)              a function or a polynomial of the width
 *     C(x)              a constant
 */

/* 2^x = 2^n 2^r, n the nearest integer, r exact. */
CJ_SIMD V D(cj_exp2)(V x)
{
    x = W(at_least)(W(at_most)(x, C(CJ_EXP2_MOST)), C(-CJ_EXP2_MOST));
    V n = (x + C(CJ_SHIFTER)) - C(CJ_SHIFTER), r = x - n;
    return W(scale)(C(1) + r * POLYNOMIAL(r, D(exp2_p)), n);
}

/* log2(2^k (1 + f)) = k + (f + tail) / ln 2; exact where f is 0. */
CJ_SIMD V D(cj_log2)(V x)
{
    VM small = W(lt)(x, C(CJ_LEAST_NORMAL));
    V k, f = D(log_split)(W(select)(small, x * C(CJ_MAKE_NORMAL), x), &k);
    k = k - W(select)(small, C(CJ_MAKE_NORMAL_BITS), C(0));
    V low = W(fma)(D(log_tail)(f), C(CJ_LOG2E), f * C(CJ_LOG2E_LOW));
    V y = k + W(fma)(f, C(CJ_LOG2E), low);
    y = W(select)(W(lt)(x, C(INFINITY)), y, x);
    y = W(select)(W(lt)(x, C(0)), C(NAN), y);
    return W(select)(W(eq)(x, C(0)), C(-INFINITY), y);
}

CJ_SIMD V D(cj_tan)(V x)
{
    V low;
    VI q;
    V r = D(sin_reduce)(x, &low, &q);
    V y = D(sin_core)(r, low, q) / D(sin_core)(r, low, I(add)(q, I(splat)(1)));
    return W(select)(W(eq)(x, C(0)), x, y);
}

/* ---- arcs: of the point (x, y) in the first quadrant, by the smaller over the larger ---- */

CJ_SIMD V D(arc)(V y, V x)
{
    VM steep = W(lt)(x, y);
    V small = W(select)(steep, x, y), large = W(select)(steep, y, x);
    V a = small / large;
    a = W(select)(W(eq)(small, C(0)), C(0), a);
    a = W(select)(W(eq)(small, C(INFINITY)), C(1), a);
    V z = a * a;
    V p = W(fma)(a * z, POLYNOMIAL(z, D(atan_q)), a);
    p = W(select)(steep, C(CJ_PIO2_HIGH) - (p - C(CJ_PIO2_LOW)), p);
    return W(select)(W(ne)(x, x), x, W(select)(W(ne)(y, y), y, p));
}

/* An arc of the second quadrant from its mirror image where m is set. */
CJ_SIMD V D(arc_beyond)(VM m, V arc)
{
    return W(select)(m, C(2 * CJ_PIO2_HIGH) - (arc - C(2 * CJ_PIO2_LOW)), arc);
}

CJ_SIMD V D(cj_atan2)(V y, V x)
{
    VM left = W(lt)(W(copysign)(C(1), x), C(0));
    return W(copysign)(D(arc_beyond)(left, D(arc)(W(abs)(y), W(abs)(x))), y);
}

CJ_SIMD V D(cj_atan)(V x)
{
    return W(copysign)(D(arc)(W(abs)(x), C(1)), x);
}

/*
 * asin = r + tail. A polynomial up to 0.5; beyond, with t = (1 - |x|) / 2, which is exact, the half
 * angle from the other end: acos |x| = 2 asin(sqrt(t)), the root with what its rounding lost. NaN
 * off [-1, 1] by the root.
 */
CJ_SIMD V D(asin_parts)(V size, VM *far, V *tail)
{
    *far = W(lt)(C(0.5), size);
    V t = C(0.5) - C(0.5) * size, root = W(sqrt)(t);
    V lost = W(fma)(-root, root, t) / (root + root);
    V z = W(select)(*far, t, size * size), r = W(select)(*far, root, size);
    lost = W(select)(W(lt)(C(0), root), W(select)(*far, lost, C(0)), C(0));
    *tail = W(fma)(r * z, POLYNOMIAL(z, D(asin_q)), lost);
    return r;
}

CJ_SIMD V D(cj_asin)(V x)
{
    VM far;
    V tail, r = D(asin_parts)(W(abs)(x), &far, &tail);
    V y = (C(CJ_PIO2_HIGH) - (r + r)) - (tail + tail - C(CJ_PIO2_LOW));
    return W(copysign)(W(select)(far, y, r + tail), x);
}

CJ_SIMD V D(cj_acos)(V x)
{
    VM far, left = W(lt)(x, C(0));
    V tail, r = D(asin_parts)(W(abs)(x), &far, &tail);
    V half = W(copysign)(r + tail, x);
    V near = C(CJ_PIO2_HIGH) - (half - C(CJ_PIO2_LOW));
    V beyond = (C(2 * CJ_PIO2_HIGH) - (r + r)) - (tail + tail - C(2 * CJ_PIO2_LOW));
    V y = (r + tail) + (r + tail);
    return W(select)(far, W(select)(left, beyond, y), near);
}

/* ---- hyperbolic functions ---- */

/* e^|x| / 4, so that what doubles it overflows where the function does. */
CJ_SIMD V D(quarter_exp)(V size)
{
    V t, p = D(exp_core)(W(at_most)(size, C(CJ_SINH_MOST)), &t);
    return (C(1) + p) * D(two_to)(t - C(2));
}

CJ_SIMD V D(cj_sinh)(V x)
{
    V size = W(abs)(x), z = x * x, q = D(quarter_exp)(size);
    V half = q - C(0.0625) / q;
    V small = W(fma)(x * z, POLYNOMIAL(z, D(sinh_q)), x);
    return W(select)(W(lt)(size, C(1)), small, W(copysign)(half + half, x));
}

CJ_SIMD V D(cj_cosh)(V x)
{
    V q = D(quarter_exp)(W(abs)(x));
    V half = q + C(0.0625) / q;
    return half + half;
}

/* log(1 + w) for w >= 0, and log(2x) where x is so large that this is the same for its w. */
CJ_SIMD V D(log_above)(V w, V x, VM large)
{
    V u = C(1) + w;
    V c = W(select)(W(lt)(C(1), w), C(1) - (u - w), w - (u - C(1))) / u;
    return D(log_core)(W(select)(large, x, u), W(select)(large, C(1), C(0)),
                       W(select)(large, C(0), c));
}

/* log(|x| + sqrt(x^2 + 1)) by what it exceeds log(1) by; a polynomial below 0.5. */
CJ_SIMD V D(cj_asinh)(V x)
{
    V size = W(abs)(x), z = x * x;
    V y = D(log_above)(size + z / (C(1) + W(sqrt)(C(1) + z)), size, W(lt)(C(0x1p30), size));
    y = W(select)(W(lt)(size, C(INFINITY)), y, size);
    V small = W(fma)(x * z, POLYNOMIAL(z, D(asinh_q)), x);
    return W(copysign)(W(select)(W(lt)(size, C(0.5)), small, y), x);
}

/* log(x + sqrt((x - 1) (x + 1))) likewise. */
CJ_SIMD V D(cj_acosh)(V x)
{
    V t = x - C(1);
    V y = D(log_above)(t + W(sqrt)(t * (x + C(1))), x, W(lt)(C(0x1p30), x));
    y = W(select)(W(lt)(x, C(INFINITY)), y, x);
    return W(select)(W(lt)(x, C(1)), C(NAN), y);
}

/* log((1 + x) / (1 - x)) / 2, a polynomial below 0.5 */
CJ_SIMD V D(cj_atanh)(V x)
{
    V size = W(abs)(x), z = x * x;
    V y = C(0.5) * D(log_core)((C(1) + size) / (C(1) - size), C(0), C(0));
    y = W(select)(W(lt)(size, C(1)), y, C(NAN));
    y = W(select)(W(eq)(size, C(1)), C(INFINITY), y);
    V small = W(fma)(x * z, POLYNOMIAL(z, D(atanh_q)), x);
    return W(select)(W(lt)(size, C(0.5)), small, W(copysign)(y, x));
}

/* ---- the rest ---- */

/* log(e^a + e^b) = max + log(1 + e^(min - max)) */
CJ_SIMD V D(cj_logaddexp)(V a, V b)
{
    VM less = W(lt)(a, b);
    V large = W(select)(less, b, a), small = W(select)(less, a, b);
    V e = D(cj_exp)(small - large);
    V y = large + D(log_above)(e, e, W(lt)(C(1), e));
    y = W(select)(W(eq)(W(abs)(large), C(INFINITY)), large, y);
    y = W(select)(W(ne)(large, large), large, y);
    return W(select)(W(ne)(small, small), small, y);
}

/* x p(x^2) up to 0.75; s p(s) beyond, s = sqrt(-log(1 - |x|)), in two ranges. */
CJ_SIMD V D(cj_erfinv)(V x)
{
    V size = W(abs)(x);
    V y = x * POLYNOMIAL(x * x, D(erfinv_p));
    VM tail = W(lt)(C(0.75), size);
    if (M(any)(tail)) {
        V s = W(sqrt)(-D(cj_log)(C(1) - size));
        V near = s * POLYNOMIAL(s - C(2), D(erfinv_near));
        V far = s * POLYNOMIAL(s - C(CJ_ERFINV_MIDDLE), D(erfinv_far));
        V t = W(select)(W(lt)(C(3), s), far, near);
        t = W(select)(W(eq)(size, C(1)), C(INFINITY), t);
        y = W(select)(tail, W(copysign)(t, x), y);
    }
    return y;
}
