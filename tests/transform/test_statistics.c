/*
 * tests/transform/test_statistics.c - products, truth, log-sum-exp, variance, norms: values against loops, first to
 * third derivatives against differences, and at zeros, ties and nothing.
 */
#include "cajal/program.h"
#include "cajal/reduce.h"
#include "support/derivatives.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define ONE(name, expression)                                                                      \
    static cj_tensor *y_##name(cj_tensor **x)                                                      \
    {                                                                                              \
        cj_tensor *y = expression;                                                                 \
        return cj_mul(cj_exp(y), y);                                                               \
    }
ONE(prod, cj_prod(x[0], 5, false))
ONE(prod_all, cj_prod(x[0], CJ_ALL, true))
ONE(logsumexp, cj_logsumexp(x[0], 2, false))
ONE(var, cj_var(x[0], 6, false, 1))
ONE(std, cj_std(x[0], 1, true, 0))
ONE(norm1, cj_norm(x[0], 1, 2, false))
ONE(norm2, cj_norm(x[0], 2, 3, true))
ONE(norm3, cj_norm(x[0], 3, CJ_ALL, false))
ONE(norm_inf, cj_norm(x[0], (double)INFINITY, 4, false))

static void test_derivatives(void **state)
{
    (void)state;
    const struct {
        const char *name;
        cj_tensor *(*build)(cj_tensor **);
    } row[] = {
        {"prod", y_prod},
        {"prod of all", y_prod_all},
        {"logsumexp", y_logsumexp},
        {"var", y_var},
        {"std", y_std},
        {"norm 1", y_norm1},
        {"norm 2", y_norm2},
        {"norm 3", y_norm3},
        {"norm inf", y_norm_inf},
    };
    const extents shape[] = {{3, {2, 3, 2}}, {3, {2, 5, 1}}, {3, {3, 0, 2}}, {3, {2, 1, 2}}};
    for (size_t i = 0; i < CJ_COUNT(row); i++)
        for (size_t k = 0; k < CJ_COUNT(shape); k++) {
            bool empty = k == 2, single = k == 3; /* what is not finite there: test_ends */
            if ((empty && i >= 2) || (single && i >= 3) || (k == 1 && i == 4))
                continue;
            check_derivatives(&(function){row[i].name, row[i].build, 1, 0.2, 1, {shape[k]}}, true);
        }
}

static int begin(void **state)
{
    *state = cj_context_new(NULL, NULL, 0);
    return *state ? 0 : -1;
}

static int end(void **state)
{
    cj_context_free(*state);
    return 0;
}

static cj_tensor *rows(cj_context *c, int64_t m, int64_t n, const double *data)
{
    return cj_tensor_from(c, CJ_F64, 2, ((const int64_t[]){m, n}), data);
}

/* The numbers of y, of any dtype, as the library computes them. */
static void expect(cj_tensor *y, const double *want)
{
    cj_tensor *wide = cj_cast(y, CJ_F64);
    double got[64];
    if (cj_read(wide, got, (size_t)cj_elements(y) * sizeof *got) != CJ_OK)
        fail_msg("%s", cj_error(cj_tensor_context(y)));
    for (int64_t e = 0; e < cj_elements(y); e++)
        if (!(fabs(got[e] - want[e]) <= 1e-14 * fmax(1, fabs(want[e]))) && got[e] != want[e] &&
            !(isnan(got[e]) && isnan(want[e])))
            fail_msg("element %d: %.17g, expected %.17g", (int)e, got[e], want[e]);
}
#define EXPECT(y, ...) expect(y, (const double[]){__VA_ARGS__})

static cj_tensor *slope(cj_tensor *y, cj_tensor *x)
{
    cj_tensor *gradient;
    assert_int_equal(cj_grad(cj_sum(y, CJ_ALL, false), 1, &x, &gradient), CJ_OK);
    return gradient;
}

static void test_products(void **state)
{
    cj_context *c = *state;
    /* one zero, two, none, three */
    cj_tensor *x = rows(c, 4, 3, (const double[]){2, 0, 3, 0, 0, 5, 2, 3, 4, 0, 0, 0});
    EXPECT(cj_prod(x, 2, false), 0, 0, 24, 0);
    EXPECT(slope(cj_prod(x, 2, false), x), 0, 6, 0, 0, 0, 0, 12, 8, 6, 0, 0, 0);
    /* d2/dx0 dx1 is the product of the others, also where both are 0 */
    cj_tensor *first = cj_narrow(slope(cj_prod(x, 2, false), x), 1, 0, 1);
    EXPECT(slope(first, x), 0, 3, 0, 0, 5, 0, 0, 4, 3, 0, 0, 0);
    cj_tensor *third = cj_narrow(slope(first, x), 1, 1, 2);
    EXPECT(slope(third, x), 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1);
    double many[1000], product = 1;
    for (int i = 0; i < 1000; i++) {
        many[i] = 1 + 1e-3 * sin(i);
        product *= many[i];
    }
    EXPECT(cj_prod(rows(c, 40, 25, many), CJ_ALL, false), product);
    EXPECT(cj_prod(rows(c, 2, 0, NULL), 2, true), 1, 1);
    EXPECT(
        cj_prod(cj_tensor_from(c, CJ_I32, 1, ((const int64_t[]){3}), ((const int32_t[]){-2, 3, 7})),
                CJ_ALL, false),
        -42);
}

static void test_places_and_truth(void **state)
{
    cj_context *c = *state;
    cj_tensor *x = rows(c, 3, 3, (const double[]){2, -1, -1, NAN, 0, -5, 0, -0.0, 0});
    EXPECT(cj_argmin(x, 2, false), 1, 0, 0);
    EXPECT(cj_any(x, 2, false), 1, 1, 0);
    EXPECT(cj_all(x, 2, true), 1, 0, 0);
    EXPECT(cj_any(rows(c, 2, 0, NULL), 2, false), 0, 0);
    EXPECT(cj_all(rows(c, 2, 0, NULL), 2, false), 1, 1);
    const int32_t ends[] = {INT32_MAX, INT32_MIN, 0};
    EXPECT(cj_argmin(cj_tensor_from(c, CJ_I32, 1, ((const int64_t[]){3}), ends), CJ_ALL, false), 1);
    const uint8_t bytes[] = {7, 255, 0, 0};
    EXPECT(cj_argmin(cj_tensor_from(c, CJ_U8, 1, ((const int64_t[]){4}), bytes), CJ_ALL, false), 2);
}

static void test_ends(void **state)
{
    cj_context *c = *state;
    cj_tensor *x =
        rows(c, 4, 2,
             (const double[]){-INFINITY, -INFINITY, 1000, 1000, INFINITY, 0, -1e308, -INFINITY});
    EXPECT(cj_logsumexp(x, 2, false), -INFINITY, 1000 + log(2), INFINITY, -1e308);
    EXPECT(cj_narrow(slope(cj_logsumexp(x, 2, false), x), 0, 0, 2), 0, 0, 0.5, 0.5);
    EXPECT(cj_logsumexp(rows(c, 2, 0, NULL), 2, true), -INFINITY, -INFINITY);
    cj_tensor *one = rows(c, 2, 1, (const double[]){3, 4}),
              *same = rows(c, 1, 3, (const double[]){2, 2, 2});
    EXPECT(cj_var(one, 2, false, 0), 0, 0);
    EXPECT(slope(cj_var(one, 2, false, 0), one), 0, 0);
    EXPECT(cj_var(one, 2, false, 1), NAN, NAN);
    EXPECT(cj_std(same, 2, false, 1), 0);
    EXPECT(slope(cj_std(same, 2, false, 1), same), 0, 0, 0);
    cj_tensor *z = rows(c, 2, 3, (const double[]){0, 0, 0, 3, 0, -4});
    EXPECT(cj_norm(z, 2, 2, false), 0, 5);
    EXPECT(slope(cj_norm(z, 2, 2, false), z), 0, 0, 0, 0.6, 0, -0.8);
    EXPECT(cj_norm(z, 0.5, 2, false), 0, pow(sqrt(3) + 2, 2));
    EXPECT(cj_narrow(slope(cj_norm(z, 0.5, 2, false), z), 1, 1, 2), 0, 0);
    EXPECT(cj_norm(z, 0, 2, false), 0, 2);
    EXPECT(cj_norm(z, 1, 2, false), 0, 7);
    EXPECT(cj_norm(z, (double)INFINITY, 2, false), 0, 4);
    EXPECT(cj_norm(z, (double)-INFINITY, 2, false), 0, 0);
    cj_norm(cj_cast(z, CJ_I32), 2, 2, false);
    assert_int_equal(cj_context_status(c), CJ_DTYPE);
    assert_non_null(strstr(cj_error(c), "norm: i32[2, 3]; it takes floats: cj_cast it"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_derivatives),
        cmocka_unit_test_setup_teardown(test_products, begin, end),
        cmocka_unit_test_setup_teardown(test_places_and_truth, begin, end),
        cmocka_unit_test_setup_teardown(test_ends, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
