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
            print_message("%-5s f32 %-8s %.4f ulp at %a\n", f->name, cj_isa_name(isa), worst.error,
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
            print_message("%-5s f64 %-8s %.4f ulp at %a\n", f->name, cj_isa_name(isa), worst, at);
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
        cmocka_unit_test(special_values_are_right), cmocka_unit_test(instruction_sets_agree),
        cmocka_unit_test(f64_errors_are_bounded),   cmocka_unit_test(pow_errors_are_bounded),
        cmocka_unit_test(f32_errors_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
