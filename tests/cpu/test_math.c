/* exhaustive: CAJAL_EXHAUSTIVE=1 (or a function's name) takes every f32, not each 997th. */
/*
 * tests/cpu/test_math.c - the errors of the math functions in ulp, against the bounds of
 * docs/math.md.
 *
 * f32 of one argument: the sampled bit patterns, every breakpoint of the methods and the ends, 8
 * patterns to either side, against libm in double. f64, and pow: random samples against libm in
 * long double (where it is longer than double). Every instruction set equals the scalar definition,
 * by which one of each class is measured and the others are compared.
 *
 * The exhaustive run measures f32 against our own f64 kernels, which the samples have measured
 * against libm: their error is 2^-28 of an ulp of f32.
 */
#include "elements.h"

#include <float.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define BATCH 4096
#define STRIDE 997u

/* Bounds in ulp for the class fma and the class baseline, f32 and f64. */
static const struct function {
    cj_op op;
    const char *name;
    double (*exact)(double);
    long double (*exact_long)(long double);
    double f32[2], f64[2];
    float breaks[8];
} functions[] = {
    /* clang-format off */
    {CJ_OP_EXP, "exp", exp, expl, {0.9, 0.9}, {0.9, 0.9},
     {88.72284f, -87.33655f, -103.97208f, 0.34657359f, -0.34657359f, 89, -104}},
    {CJ_OP_EXPM1, "expm1", expm1, expm1l, {1.1, 1.15}, {1.2, 1.2},
     {88.72284f, 0.34657359f, -0.34657359f, -18, -17.3f, 89, 1}},
    {CJ_OP_LOG, "log", log, logl, {0.9, 0.9}, {0.9, 0.9},
     {1, 0.70710677f, 1.4142135f, 0x1p-126f, FLT_MAX, 2}},
    {CJ_OP_LOG1P, "log1p", log1p, log1pl, {0.92, 1}, {0.9, 1},
     {-1, 0, 1, 0.41421354f, -0.29289323f, 0x1p-24f, 0x1p24f, FLT_MAX}},
    {CJ_OP_SIN, "sin", sin, sinl, {0.8, 0.82}, {0.85, 0.85},
     {0.7853982f, 1.5707964f, 3.1415927f, 6.2831855f, 12000, -12000, FLT_MAX, 0x1p-14f}},
    {CJ_OP_COS, "cos", cos, cosl, {0.8, 0.82}, {0.85, 0.85},
     {0.7853982f, 1.5707964f, 3.1415927f, 6.2831855f, 12000, -12000, FLT_MAX, 4.712389f}},
    {CJ_OP_TANH, "tanh", tanh, tanhl, {1.1, 1.2}, {1.4, 1.4},
     {0.875f, -0.875f, 0.625f, 9.01f, 10, -10, 1}},
    {CJ_OP_ERF, "erf", erf, erfl, {1.1, 1.1}, {1, 1.3},
     {0.875f, -0.875f, 1, 3.9f, 4, -4}},
    {CJ_OP_EXP2, "exp2", exp2, exp2l, {1.2, 1.25}, {1.1, 1.2},
     {128, -126, -149, -150, 0.5f, -0.5f, 1.5f, 160}},
    {CJ_OP_LOG2, "log2", log2, log2l, {1.2, 2.2}, {1.1, 1.8},
     {1, 0.70710677f, 1.4142135f, 0x1p-126f, FLT_MAX, 2, 1024}},
    {CJ_OP_TAN, "tan", tan, tanl, {2.6, 2.6}, {2.3, 2.3},
     {0.7853982f, 1.5707964f, 3.1415927f, 4.712389f, 12000, -12000, FLT_MAX, 0x1p-14f}},
    {CJ_OP_ASIN, "asin", asin, asinl, {1.9, 1.9}, {1.9, 1.9}, {1, -1, 0.70710677f, 0.5f, 0x1p-12f}},
    {CJ_OP_ACOS, "acos", acos, acosl, {1.3, 1.3}, {1.3, 1.3}, {1, -1, 0.70710677f, 0.5f, -0.5f}},
    {CJ_OP_ATAN, "atan", atan, atanl, {1.6, 1.7}, {1.5, 1.7}, {1, -1, 0x1p-12f, 0x1p24f, FLT_MAX}},
    {CJ_OP_SINH, "sinh", sinh, sinhl, {1.9, 1.9}, {1.7, 1.7},
     {1, -1, 89.415985f, -89.415985f, 89.6f, 88.7f, 0x1p-12f}},
    {CJ_OP_COSH, "cosh", cosh, coshl, {1.6, 1.6}, {1.4, 1.4},
     {1, -1, 89.415985f, -89.415985f, 89.6f, 88.7f, 0x1p-12f}},
    {CJ_OP_ASINH, "asinh", asinh, asinhl, {1.8, 1.8}, {1.5, 1.5},
     {0.5f, -0.5f, 1, 0.75f, 0x1p30f, -0x1p30f, FLT_MAX}},
    {CJ_OP_ACOSH, "acosh", acosh, acoshl, {2.5, 2.5}, {2.2, 2.2},
     {1, 1.5f, 1.25f, 2, 0x1p30f, FLT_MAX}},
    {CJ_OP_ATANH, "atanh", atanh, atanhl, {1.7, 1.7}, {1.4, 1.4}, {0.5f, -0.5f, 1, -1, 0x1p-12f}},
    {CJ_OP_CBRT, "cbrt", cbrt, cbrtl, {0.52, 0.51}, {0.51, 0.51},
     {1, -1, 8, 0x1p-126f, FLT_MAX, -FLT_MAX}},
    {CJ_OP_ERFC, "erfc", erfc, erfcl, {0.8, 0.8}, {4, 4},
     {0.5f, -0.5f, 4, 9.19f, 10.06f, -4, 28}},
    {CJ_OP_LGAMMA, "lgamma", lgamma, lgammal, {0.6, 0.6}, {2.4, 2.4},
     {1, 2, 3, 8, 0.5f, -1, -2, -2.4570246f}},
    /* clang-format on */
};
#define POW_BOUND_F32 0.6
#define POW_BOUND_F64 0.9

/* The class's fastest instruction set at hand, or -1. */
static int isa_of_class(bool fma_class)
{
    for (int isa = CJ_ISA_ID_COUNT - 1; isa >= 0; isa--) {
        if (cj_isa_available(isa) && cj_isa_is_fma(isa) == fma_class) {
            return isa;
        }
    }
    return -1;
}

/*
 * |got - want| in units of the last place of want in a format of `digits` bits and least normal
 * exponent `least`.
 */
static double error_in_ulp(long double got, long double want, int digits, int least,
                           long double most)
{
    int exponent;
    if (isnan(want) || isnan(got)) {
        return isnan(want) && isnan(got) ? 0 : INFINITY;
    }
    if (isinf(got) || isinf(want)) {
        bool same_side = (got > 0) == (want > 0);
        return same_side && fabsl(want) > most && fabsl(got) >= most ? 0 : INFINITY;
    }
    frexpl(want, &exponent);
    exponent = CJ_MAX(exponent, least);
    return (double)ldexpl(fabsl(got - want), digits - exponent);
}

/* The same for f32, where want is exact to 2^-28; no branch, since every f32 is taken. */
static inline double error_in_ulp_f32(float got, double want)
{
    uint64_t bits;
    double one_by_ulp;
    memcpy(&bits, &want, sizeof bits);
    bits = bits >> 52 & 0x7ff;
    bits = CJ_MAX(bits, 1023 - 126);
    bits = (2046 - bits + 23) << 52;
    memcpy(&one_by_ulp, &bits, sizeof one_by_ulp);
    return fabs((double)got - want) * one_by_ulp;
}

/* Where infinity or NaN is met, or may have to be. */
static double error_in_ulp_f32_at_ends(float got, double want)
{
    return fabs(want) <= (double)FLT_MAX && isfinite(got)
               ? error_in_ulp_f32(got, want)
               : error_in_ulp((long double)got, (long double)want, 24, -125, FLT_MAX);
}

struct worst {
    double error;
    float at;
};

static void measure_batch(const struct function *f, int isa, bool by_kernel, int64_t n,
                          const float *x, struct worst *worst)
{
    float got[BATCH];
    double wide[BATCH], want[BATCH];
    cj_kernels(isa)->map[f->op][CJ_F32](n, got, (const void *[]){x});
    if (by_kernel) {
        const struct cj_isa_kernels *best = cj_kernels(isa_of_class(true));
        best->cast[CJ_F32][CJ_F64](n, wide, (const void *[]){x});
        best->map[f->op][CJ_F64](n, want, (const void *[]){wide});
    } else {
        for (int64_t i = 0; i < n; i++) {
            want[i] = f->exact((double)x[i]);
        }
    }
    bool worse = false;
    for (int64_t i = 0; i < n; i++) {
        worse |= !(error_in_ulp_f32(got[i], want[i]) <= worst->error);
    }
    for (int64_t i = 0; worse && i < n; i++) {
        double error = error_in_ulp_f32_at_ends(got[i], want[i]);
        if (error > worst->error) {
            *worst = (struct worst){error, x[i]};
        }
    }
}

static float float_of_bits(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static void f32_errors_are_bounded(void **unused)
{
    (void)unused;
    const char *wanted = getenv("CAJAL_EXHAUSTIVE");
    int beyond = 0; /* all are measured before the test fails */
    for (size_t k = 0; k < CJ_COUNT(functions); k++) {
        const struct function *f = &functions[k];
        const bool exhaustive =
            wanted != NULL && (strcmp(wanted, "1") == 0 || strcmp(wanted, f->name) == 0);
        const uint32_t stride = exhaustive ? 1 : STRIDE;
        for (int fma_class = 0; fma_class < 2; fma_class++) {
            int isa = isa_of_class(fma_class), n = 0;
            struct worst worst = {0, 0};
            float x[BATCH];
            if (isa < 0) {
                continue;
            }
            for (uint64_t bits = 0; bits <= UINT32_MAX; bits += stride) {
                x[n++] = float_of_bits((uint32_t)bits);
                if (n == BATCH) {
                    measure_batch(f, isa, exhaustive, n, x, &worst);
                    n = 0;
                }
            }
            measure_batch(f, isa, exhaustive, n, x, &worst);
            n = 0;
            const float ends[] = {0,       -0.0f,    INFINITY, -INFINITY, NAN,
                                  FLT_MAX, -FLT_MAX, FLT_MIN,  -FLT_MIN,  0x1p-149f};
            for (size_t i = 0; i < CJ_COUNT(ends) + CJ_COUNT(f->breaks); i++) {
                float middle = i < CJ_COUNT(ends) ? ends[i] : f->breaks[i - CJ_COUNT(ends)];
                uint32_t bits;
                memcpy(&bits, &middle, sizeof bits);
                for (uint32_t step = 0; step < 17; step++) {
                    x[n++] = float_of_bits(bits - 8 + step);
                }
            }
            measure_batch(f, isa, false, n, x, &worst);
            print_message("%-6s f32 %-8s %.4f ulp at %a\n", f->name, cj_isa_name(isa), worst.error,
                          (double)worst.at);
            beyond += !(worst.error <= f->f32[!fma_class]);
        }
    }
    assert_int_equal(beyond, 0);
}

/* Any bits, or an exponent near that of 1. */
static double draw_double(uint64_t *state, int spread)
{
    uint64_t bits = draw(state);
    double x;
    if (draw(state) % 4 != 0) {
        bits = (bits & 0x800fffffffffffffu) |
               (uint64_t)(1023 - spread + draw_below(state, 2 * spread)) << 52;
    }
    memcpy(&x, &bits, sizeof x);
    return x;
}

static void f64_errors_are_bounded(void **unused)
{
    (void)unused;
    const int batches = LDBL_MANT_DIG == 64 ? 60 : 3; /* elsewhere long double is slow */
    for (size_t k = 0; k < CJ_COUNT(functions); k++) {
        for (int fma_class = 0; fma_class < 2; fma_class++) {
            const struct function *f = &functions[k];
            int isa = isa_of_class(fma_class);
            uint64_t state = 21;
            double worst = 0, at = 0;
            for (int batch = 0; isa >= 0 && batch < batches; batch++) {
                double x[BATCH], y[BATCH];
                for (int i = 0; i < BATCH; i++) {
                    x[i] = draw_double(&state, 10);
                    /* near the zeros below 0 it is only the terms of lgamma that are accurate */
                    x[i] = f->op == CJ_OP_LGAMMA ? fabs(x[i]) : x[i];
                }
                cj_kernels(isa)->map[f->op][CJ_F64](BATCH, y, (const void *[]){x});
                for (int i = 0; i < BATCH; i++) {
                    double error = error_in_ulp((long double)y[i], f->exact_long((long double)x[i]),
                                                53, -1021, DBL_MAX);
                    if (error > worst) {
                        worst = error;
                        at = x[i];
                    }
                }
            }
            print_message("%-6s f64 %-8s %.4f ulp at %a\n", f->name, cj_isa_name(isa), worst, at);
            assert_true(worst <= f->f64[!fma_class]);
        }
    }
}

static void pow_errors_are_bounded(void **unused)
{
    (void)unused;
    const int batches = LDBL_MANT_DIG == 64 ? 100 : 3;
    for (int fma_class = 0; fma_class < 2; fma_class++) {
        int isa = isa_of_class(fma_class);
        uint64_t state = 22;
        double worst[2] = {0, 0};
        for (int batch = 0; isa >= 0 && batch < batches; batch++) {
            double x[BATCH], y[BATCH], z[BATCH];
            float x32[BATCH], y32[BATCH], z32[BATCH];
            for (int i = 0; i < BATCH; i++) {
                x[i] = draw_double(&state, 3);
                y[i] = draw_double(&state, 9);
                x32[i] = (float)x[i];
                y32[i] = (float)y[i];
            }
            cj_kernels(isa)->map[CJ_OP_POW][CJ_F64](BATCH, z, (const void *[]){x, y});
            cj_kernels(isa)->map[CJ_OP_POW][CJ_F32](BATCH, z32, (const void *[]){x32, y32});
            for (int i = 0; i < BATCH; i++) {
                double narrow =
                    error_in_ulp_f32_at_ends(z32[i], pow((double)x32[i], (double)y32[i]));
                double wide =
                    error_in_ulp((long double)z[i], powl((long double)x[i], (long double)y[i]), 53,
                                 -1021, DBL_MAX);
                worst[0] = CJ_MAX(worst[0], narrow);
                worst[1] = CJ_MAX(worst[1], wide);
            }
        }
        print_message("pow   f32 %-8s %.4f ulp, f64 %.4f ulp\n", cj_isa_name(isa), worst[0],
                      worst[1]);
        assert_true(worst[0] <= POW_BOUND_F32 && worst[1] <= POW_BOUND_F64);
    }
}

/* NaN, infinity, zero or neither, and the sign. */
static bool alike(double a, double b)
{
    return isnan(a) || isnan(b)
               ? isnan(a) && isnan(b)
               : isinf(a) == isinf(b) && (a == 0) == (b == 0) && !signbit(a) == !signbit(b);
}

/*
 * Functions of two sources against libm, and those that libm lacks against golden numbers; f32
 * against our f64, which is measured first.
 */
static const struct function2 {
    cj_op op;
    const char *name;
    long double (*exact)(long double, long double);
    double f32, f64;
} functions2[] = {
    {CJ_OP_ATAN2, "atan2", atan2l, 1.5, 1.6},
    {CJ_OP_HYPOT, "hypot", hypotl, 0.51, 2.1},
    {CJ_OP_FMOD, "fmod", fmodl, 0, 0},
};

static void errors_of_two_sources_are_bounded(void **unused)
{
    (void)unused;
    for (size_t k = 0; k < 2 * CJ_COUNT(functions2); k++) {
        const struct function2 *f = &functions2[k / 2];
        int isa = isa_of_class(k % 2 == 0);
        uint64_t state = 24;
        double worst[2] = {0, 0};
        for (int batch = 0; isa >= 0 && batch < (LDBL_MANT_DIG == 64 ? 20 : 1); batch++) {
            double x[BATCH], y[BATCH], z[BATCH];
            float x32[BATCH], y32[BATCH], z32[BATCH];
            for (int i = 0; i < BATCH; i++) {
                x[i] = draw_double(&state, 30);
                y[i] = draw_double(&state, 30);
                x32[i] = (float)x[i];
                y32[i] = (float)y[i];
            }
            cj_kernels(isa)->map[f->op][CJ_F64](BATCH, z, (const void *[]){x, y});
            cj_kernels(isa)->map[f->op][CJ_F32](BATCH, z32, (const void *[]){x32, y32});
            for (int i = 0; i < BATCH; i++) {
                double narrow = error_in_ulp(
                    (long double)z32[i],
                    (long double)(double)f->exact((long double)x32[i], (long double)y32[i]), 24,
                    -125, FLT_MAX);
                double wide =
                    error_in_ulp((long double)z[i], f->exact((long double)x[i], (long double)y[i]),
                                 53, -1021, DBL_MAX);
                worst[0] = CJ_MAX(worst[0], narrow);
                worst[1] = CJ_MAX(worst[1], wide);
            }
        }
        print_message("%-6s f32 %-8s %.4f ulp, f64 %.4f ulp\n", f->name, cj_isa_name(isa), worst[0],
                      worst[1]);
        assert_true(worst[0] <= f->f32 && worst[1] <= f->f64);
    }
}

#include "golden/special_values.h"

static double special_bound(cj_op op, bool narrow)
{
    switch (op) {
    case CJ_OP_ERFINV: return narrow ? 2.5 : 2.5;
    case CJ_OP_DIGAMMA: return narrow ? 0.6 : 2.2;
    case CJ_OP_ZETA: return narrow ? 0.6 : 6;
    default: return narrow ? 0.6 : 6; /* BESSEL_IE */
    }
}

static void special_functions_are_golden(void **unused)
{
    (void)unused;
    for (int isa = 0; isa < CJ_ISA_ID_COUNT; isa++) {
        double worst[CJ_MAP_OP_COUNT][2] = {{0}};
        for (size_t i = 0; cj_kernels(isa) != NULL && i < CJ_COUNT(special_values); i++) {
            const struct special_value *v = &special_values[i];
            bool one = v->op == CJ_OP_ERFINV || v->op == CJ_OP_DIGAMMA;
            double y, wide, a = v->a, b = v->b;
            float y32, a32 = (float)a, b32 = (float)b;
            cj_kernels(isa)->map[v->op][CJ_F64](1, &y, (const void *[]){one ? &b : &a, &b});
            double error = error_in_ulp((long double)y, (long double)v->value, 53, -1021, DBL_MAX);
            worst[v->op][0] = CJ_MAX(worst[v->op][0], error);
            /* the f32 of the rounded place, by the f64 just measured */
            a = (double)a32;
            b = (double)b32;
            cj_kernels(isa)->map[v->op][CJ_F32](1, &y32, (const void *[]){one ? &b32 : &a32, &b32});
            cj_kernels(isa)->map[v->op][CJ_F64](1, &wide, (const void *[]){one ? &b : &a, &b});
            error = error_in_ulp((long double)y32, (long double)wide, 24, -125, FLT_MAX);
            worst[v->op][1] = CJ_MAX(worst[v->op][1], error);
        }
        for (cj_op op = 0; op < CJ_MAP_OP_COUNT; op++) {
            if (worst[op][0] > 0) {
                print_message("op %d on %s: f64 %.4f ulp, f32 %.4f ulp\n", (int)op,
                              cj_isa_name(isa), worst[op][0], worst[op][1]);
                assert_true(worst[op][0] <= special_bound(op, false));
                assert_true(worst[op][1] <= special_bound(op, true));
            }
        }
    }
}

static void special_functions_are_total(void **unused)
{
    (void)unused;
    static const struct {
        cj_op op;
        double a, b, want;
    } row[] = {
        {CJ_OP_ERFINV, 0, 1, INFINITY},
        {CJ_OP_ERFINV, 0, -1, -INFINITY},
        {CJ_OP_ERFINV, 0, 1.5, NAN},
        {CJ_OP_ERFINV, 0, NAN, NAN},
        {CJ_OP_ERFINV, 0, -0.0, -0.0},
        {CJ_OP_DIGAMMA, 0, 0.0, -INFINITY},
        {CJ_OP_DIGAMMA, 0, -0.0, INFINITY},
        {CJ_OP_DIGAMMA, 0, -3, NAN},
        {CJ_OP_DIGAMMA, 0, INFINITY, INFINITY},
        {CJ_OP_DIGAMMA, 0, -INFINITY, NAN},
        {CJ_OP_DIGAMMA, 0, NAN, NAN},
        {CJ_OP_ZETA, 1, 2, INFINITY},
        {CJ_OP_ZETA, 0.5, 2, NAN},
        {CJ_OP_ZETA, 2, 0, INFINITY},
        {CJ_OP_ZETA, 2, -1, INFINITY},
        {CJ_OP_ZETA, 2.5, -1.5, NAN},
        {CJ_OP_ZETA, 2, INFINITY, 0},
        {CJ_OP_ZETA, NAN, 1, NAN},
        {CJ_OP_ZETA, 2, NAN, NAN},
        {CJ_OP_BESSEL_IE, 0, 0, 1},
        {CJ_OP_BESSEL_IE, 0, INFINITY, 0},
        {CJ_OP_BESSEL_IE, 1, -0.0, -0.0},
        {CJ_OP_BESSEL_IE, -2, 0, 0},
        {CJ_OP_BESSEL_IE, 0.5, 1, NAN},
        {CJ_OP_BESSEL_IE, 65, 1, NAN},
        {CJ_OP_BESSEL_IE, 3, NAN, NAN},
        {CJ_OP_BESSEL_IE, 5, INFINITY, 0},
        {CJ_OP_LOGADDEXP, -INFINITY, -INFINITY, -INFINITY},
        {CJ_OP_LOGADDEXP, INFINITY, 1, INFINITY},
        {CJ_OP_LOGADDEXP, -INFINITY, 1, 1},
        {CJ_OP_LOGADDEXP, INFINITY, -INFINITY, INFINITY},
        {CJ_OP_LOGADDEXP, NAN, INFINITY, NAN},
        {CJ_OP_LOGADDEXP, INFINITY, NAN, NAN},
        {CJ_OP_FMOD, 5, INFINITY, 5},
        {CJ_OP_FMOD, 5, 0, NAN},
        {CJ_OP_FMOD, INFINITY, 2, NAN},
        {CJ_OP_FMOD, -4, 2, -0.0},
        {CJ_OP_FMOD, 0x1p120, 3, 1},
        {CJ_OP_HYPOT, INFINITY, NAN, INFINITY},
        {CJ_OP_HYPOT, 0, 0, 0},
        {CJ_OP_ATAN2, 0, -0.0, 3.14159265358979323846},
        {CJ_OP_ATAN2, -0.0, 1, -0.0},
        {CJ_OP_ATAN2, NAN, 0, NAN},
        {CJ_OP_ATAN2, 0, NAN, NAN},
        {CJ_OP_ATAN2, INFINITY, -INFINITY, 2.35619449019234492885},
    };
    for (int isa = 0; isa < CJ_ISA_ID_COUNT; isa++) {
        for (size_t i = 0; cj_kernels(isa) != NULL && i < CJ_COUNT(row); i++) {
            cj_op op = row[i].op;
            bool one = op == CJ_OP_ERFINV || op == CJ_OP_DIGAMMA;
            double a = row[i].a, b = row[i].b, y;
            float a32 = (float)a, b32 = (float)b, y32;
            cj_kernels(isa)->map[op][CJ_F64](1, &y, (const void *[]){one ? &b : &a, &b});
            cj_kernels(isa)->map[op][CJ_F32](1, &y32, (const void *[]){one ? &b32 : &a32, &b32});
            if (!alike(y, row[i].want) || !alike((double)y32, row[i].want)) {
                fail_msg("row %d on %s: %g and %g, not %g", (int)i, cj_isa_name(isa), y,
                         (double)y32, row[i].want);
            }
        }
    }
}

/* C11 annex F, where it decides: compared with libm with signs, both dtypes. */
static void special_values_are_right(void **unused)
{
    (void)unused;
    static const double special[] = {0.0,    -0.0,   1,        -1,        2,    -2,   0.5,
                                     -0.5,   3,      -3,       2.5,       -2.5, 1e30, -1e30,
                                     0x1p24, 0x1p60, INFINITY, -INFINITY, NAN};
    enum { COUNT = CJ_COUNT(special) };
    for (int isa = 0; isa < CJ_ISA_ID_COUNT; isa++) {
        const struct cj_isa_kernels *kernels = cj_kernels(isa);
        for (int i = 0; kernels != NULL && i < COUNT; i++) {
            for (int j = 0; j < COUNT; j++) {
                double x = special[i], y = special[j], z, want = pow(x, y);
                float x32 = (float)x, y32 = (float)y, z32, want32 = powf(x32, y32);
                kernels->map[CJ_OP_POW][CJ_F64](1, &z, (const void *[]){&x, &y});
                kernels->map[CJ_OP_POW][CJ_F32](1, &z32, (const void *[]){&x32, &y32});
                assert_true(error_in_ulp((long double)z, (long double)want, 53, -1021, DBL_MAX) <=
                            2);
                assert_true(
                    error_in_ulp((long double)z32, (long double)want32, 24, -125, FLT_MAX) <= 2);
                assert_true(isnan(want) || !signbit(z) == !signbit(want));
                assert_true(isnan(want32) || !signbit(z32) == !signbit(want32));
            }
            for (size_t k = 0; k < CJ_COUNT(functions); k++) {
                double x = special[i], y, want = functions[k].exact(x);
                float x32 = (float)x, y32, want32 = (float)functions[k].exact((double)x32);
                kernels->map[functions[k].op][CJ_F64](1, &y, (const void *[]){&x});
                kernels->map[functions[k].op][CJ_F32](1, &y32, (const void *[]){&x32});
                if (!alike(y, want) || !alike((double)y32, (double)want32)) {
                    fail_msg("%s(%g) on %s: %g, not %g", functions[k].name, x, cj_isa_name(isa), y,
                             want);
                }
            }
        }
    }
}

/*
 * Bit patterns and breakpoints again: every instruction set against the scalar definition of its
 * class.
 */
static void instruction_sets_agree(void **unused)
{
    (void)unused;
    uint64_t state = 23;
    for (size_t k = 0; k < CJ_COUNT(functions); k++) {
        for (int batch = 0; batch < 4; batch++) {
            double x[BATCH], want[BATCH], got[BATCH];
            float x32[BATCH], want32[BATCH], got32[BATCH];
            for (int i = 0; i < BATCH; i++) {
                x[i] = draw_double(&state, batch < 2 ? 10 : 30);
                x32[i] =
                    i < 64 ? functions[k].breaks[i % 8] : float_of_bits((uint32_t)draw(&state));
            }
            for (int isa = 0; isa < CJ_ISA_ID_COUNT; isa++) {
                if (cj_kernels(isa) == NULL) {
                    continue;
                }
                cj_reference_map(functions[k].op, CJ_F64, CJ_F64, BATCH, want,
                                 (const void *[]){x, NULL}, cj_isa_is_fma(isa));
                cj_reference_map(functions[k].op, CJ_F32, CJ_F32, BATCH, want32,
                                 (const void *[]){x32, NULL}, cj_isa_is_fma(isa));
                cj_kernels(isa)->map[functions[k].op][CJ_F64](BATCH, got, (const void *[]){x});
                cj_kernels(isa)->map[functions[k].op][CJ_F32](BATCH, got32, (const void *[]){x32});
                assert_int_equal(first_difference(CJ_F64, BATCH, got, want), -1);
                assert_int_equal(first_difference(CJ_F32, BATCH, got32, want32), -1);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(special_values_are_right),
        cmocka_unit_test(special_functions_are_total),
        cmocka_unit_test(special_functions_are_golden),
        cmocka_unit_test(errors_of_two_sources_are_bounded),
        cmocka_unit_test(instruction_sets_agree),
        cmocka_unit_test(f64_errors_are_bounded),
        cmocka_unit_test(pow_errors_are_bounded),
        cmocka_unit_test(f32_errors_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
