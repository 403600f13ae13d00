/*
 * tests/transform/test_abstract.c - sets through graphs: no point outside, no more room than there
 * must be, gradients.
 */
#include "cajal/abstract.h"
#include "cajal/program.h"
#include "cajal/transform.h"
#include "graph/graph.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define I64(...) ((const int64_t[]){__VA_ARGS__})
enum { MOST = 512, ERRORS = 3, POINTS = 200 };

static int begin(void **state)
{
    *state = cj_context_new(NULL, NULL, 0);
    return *state ? 0 : 1;
}

static int end(void **state)
{
    cj_context_free(*state);
    return 0;
}

static double draw(uint64_t seed, int64_t i)
{
    return (double)cj_key_bits(cj_key_from_seed(seed), (uint64_t)i) * 0x1p-31 - 1;
}

static cj_tensor *numbers(cj_context *c, uint64_t seed, int rank, const int64_t *shape, double size)
{
    double data[MOST];
    int64_t n = 1;
    for (int i = 0; i < rank; i++)
        n *= shape[i];
    assert_true(n <= MOST);
    for (int64_t i = 0; i < n; i++)
        data[i] = size * draw(seed, i);
    return cj_tensor_from(c, CJ_F64, rank, shape, data);
}

static void values(cj_tensor *y, double *out)
{
    assert_non_null(y);
    assert_true(y->elements <= MOST);
    if (cj_read(y, out, (size_t)y->elements * sizeof *out) != CJ_OK)
        fail_msg("%s", cj_error(y->context));
}

/* ---- functions of x [2, 3] ---- */

#define ONE(name, expression)                                                                      \
    static cj_tensor *y_##name(cj_tensor *x)                                                       \
    {                                                                                              \
        cj_context *c = x->context;                                                                \
        (void)c;                                                                                   \
        return expression;                                                                         \
    }
ONE(neg, cj_neg(x))
ONE(affine, cj_shift(cj_scale(x, -3), 2))
ONE(relu, cj_relu(x))
ONE(abs, cj_abs(x))
ONE(exp, cj_exp(x))
ONE(expm1, cj_expm1(x))
ONE(tanh, cj_tanh(cj_scale(x, 3)))
ONE(erf, cj_erf(x))
ONE(log, cj_log(cj_shift(x, 3)))
ONE(sqrt, cj_sqrt(cj_shift(x, 3)))
ONE(round, cj_round(cj_scale(x, 3)))
ONE(square, cj_square(x))
ONE(product, cj_mul(x, cj_flip(x, 3)))
ONE(quotient, cj_div(x, cj_shift(cj_flip(x, 3), 3)))
ONE(by_number, cj_div(x, cj_like(x, -4)))
ONE(maximum, cj_maximum(x, cj_neg(x)))
ONE(amax, cj_amax(x, 2, false))
ONE(sum, cj_sum(x, 1, true))
ONE(mean, cj_mean(x, CJ_ALL, false))
ONE(moved, cj_pad(cj_permute(cj_flip(x, 1), (const int[]){1, 0}), I64(1, 0), I64(-1, 1)))
ONE(concat, cj_concat(0, 3, (cj_tensor *[]){x, cj_scale(x, 2), numbers(c, 3, 2, I64(2, 3), 1)}))
ONE(matmul, cj_matmul(x, numbers(c, 1, 2, I64(3, 4), 1)))
ONE(matmul_left, cj_matmul(numbers(c, 1, 2, I64(4, 2), 1), x))
ONE(matmul_both, cj_matmul(x, cj_transpose(x, 0, 1)))
ONE(select, cj_where(cj_lt(numbers(c, 1, 2, I64(2, 3), 1), cj_like(x, 0)), x, cj_neg(x)))
ONE(branch, cj_where(cj_lt(x, cj_like(x, 0.1)), cj_exp(x), cj_scale(x, -2)))
ONE(counted, cj_cast(cj_cast(cj_scale(x, 4), CJ_I32), CJ_F64))
ONE(logic,
    cj_where(cj_and(cj_le(x, cj_flip(x, 3)), cj_not(cj_eq(x, cj_like(x, 0)))), x, cj_like(x, 5)))
ONE(narrow, cj_cast(cj_cast(x, CJ_F32), CJ_F64))
ONE(softmax, cj_div(cj_exp(x), cj_sum(cj_exp(x), 2, true)))

static cj_tensor *y_conv(cj_tensor *x)
{
    const cj_conv_options o = {1, {1}, {1}, {1}, {1}, {1}};
    cj_tensor *w = numbers(x->context, 1, 4, I64(1, 2, 2, 3), 1);
    return cj_relu(cj_convolve(cj_reshape(x, 4, I64(1, 1, 2, 3)), w, &o));
}

static cj_tensor *y_pooled(cj_tensor *x)
{
    const cj_window_options o = {1, {2}, {1}, {1}, {1}, {0}, {1}};
    return cj_add(cj_window_max(x, &o), cj_window_sum(x, &o));
}

/* A residual net. */
static cj_tensor *y_net(cj_tensor *x)
{
    cj_context *c = x->context;
    cj_tensor *h = cj_relu(cj_matmul(x, numbers(c, 1, 2, I64(3, 5), 1)));
    cj_tensor *r = cj_relu(cj_matmul(h, numbers(c, 2, 2, I64(5, 5), 1)));
    h = cj_add(h, cj_matmul(r, numbers(c, 3, 2, I64(5, 5), 1)));
    return cj_matmul(cj_tanh(cj_relu(h)), numbers(c, 4, 2, I64(5, 2), 1));
}

typedef struct row {
    const char *name;
    cj_tensor *(*build)(cj_tensor *x);
} row;

static const row rows[] = {
    {"neg", y_neg},
    {"affine", y_affine},
    {"relu", y_relu},
    {"abs", y_abs},
    {"exp", y_exp},
    {"expm1", y_expm1},
    {"tanh", y_tanh},
    {"erf", y_erf},
    {"log", y_log},
    {"sqrt", y_sqrt},
    {"round", y_round},
    {"square", y_square},
    {"product", y_product},
    {"quotient", y_quotient},
    {"by a number", y_by_number},
    {"maximum", y_maximum},
    {"amax", y_amax},
    {"sum", y_sum},
    {"mean", y_mean},
    {"movement", y_moved},
    {"concat", y_concat},
    {"matmul", y_matmul},
    {"matmul from the left", y_matmul_left},
    {"matmul of both", y_matmul_both},
    {"where", y_select},
    {"branch", y_branch},
    {"integers", y_counted},
    {"logic", y_logic},
    {"f32", y_narrow},
    {"softmax", y_softmax},
    {"conv", y_conv},
    {"pools", y_pooled},
    {"net", y_net},
};

/* ---- no point of the set leaves ---- */

/* kind: 1 radius, 2 errors, 3 both. */
static cj_abstract set_of(cj_context *c, int kind)
{
    cj_abstract set = {.center = numbers(c, 21, 2, I64(2, 3), 0.8)};
    if (kind & 1)
        set.radius = cj_abs(numbers(c, 22, 2, I64(2, 3), 0.6));
    if (kind & 2)
        set.errors = numbers(c, 23, 3, I64(ERRORS, 2, 3), 0.3);
    return set;
}

/* Points of the set, corners among them. */
static cj_tensor *points_of(cj_context *c, const cj_abstract *set)
{
    double center[6], radius[6] = {0}, errors[ERRORS * 6] = {0}, data[POINTS * 6];
    values(set->center, center);
    if (set->radius)
        values(set->radius, radius);
    if (set->errors)
        values(set->errors, errors);
    for (int p = 0; p < POINTS; p++)
        for (int i = 0; i < 6; i++) {
            double b = draw(31, p * 6 + i), *x = &data[p * 6 + i];
            *x = center[i] + radius[i] * (p % 2 ? b : b < 0 ? -1 : 1);
            for (int j = 0; j < ERRORS; j++) {
                double s = draw(32, p * ERRORS + j);
                *x += errors[j * 6 + i] * (p % 3 ? s : s < 0 ? -1 : 1);
            }
        }
    return cj_tensor_from(c, CJ_F64, 3, I64(POINTS, 2, 3), data);
}

static void check_sound(cj_context *c, const row *r, int kind, cj_relu_rule rule)
{
    cj_tensor *x = cj_input(c, "x", CJ_F64, 2, I64(2, 3)), *y = r->build(x);
    cj_tensor *many = NULL, *low = NULL, *high = NULL;
    cj_abstract set = set_of(c, kind), out;
    cj_tensor *points = points_of(c, &set);
    if (cj_propagate(1, &x, &set, 1, &y, &out, .relu = rule) != CJ_OK ||
        cj_vmap(1, &x, &points, 1, &y, &many) != CJ_OK ||
        cj_abstract_bounds(&out, &low, &high) != CJ_OK)
        fail_msg("%s: %s", r->name, cj_error(c));
    double *got = malloc((size_t)many->elements * sizeof *got), l[MOST], h[MOST];
    assert_int_equal(cj_read(many, got, (size_t)many->elements * sizeof *got), CJ_OK);
    values(low, l);
    values(high, h);
    for (int64_t i = 0; i < y->elements; i++)
        if (!(l[i] <= h[i] + 1e-12))
            fail_msg("%s: the ends of element %d are %g and %g", r->name, (int)i, l[i], h[i]);
    for (int64_t i = 0; i < many->elements; i++) {
        int64_t e = i % y->elements;
        if (!(got[i] >= l[e] - 1e-7 && got[i] <= h[e] + 1e-7))
            fail_msg("%s, set of kind %d, rule %d: %g is not in [%g, %g]", r->name, kind, rule,
                     got[i], l[e], h[e]);
    }
    free(got);
}

static void test_sound(void **state)
{
    for (size_t i = 0; i < CJ_COUNT(rows); i++)
        for (int kind = 1; kind <= 3; kind++)
            for (int rule = CJ_RELU_AREA; rule <= CJ_RELU_SMOOTH; rule++) {
                cj_frame_enter(*state);
                check_sound(*state, &rows[i], kind, (cj_relu_rule)rule);
                cj_frame_leave(*state);
            }
}

/* ---- and no more room than there must be ---- */

static void expect_ends(const cj_abstract *set, int64_t n, const double *low, const double *high)
{
    cj_tensor *ends[2];
    double got[MOST];
    assert_int_equal(cj_abstract_bounds(set, &ends[0], &ends[1]), CJ_OK);
    for (int k = 0; k < 2; k++) {
        values(ends[k], got);
        for (int64_t i = 0; i < n; i++) {
            double want = k ? high[i] : low[i];
            if (!(fabs(got[i] - want) < 1e-12))
                fail_msg("end %d of element %d: %.15g, expected %.15g", k, (int)i, got[i], want);
        }
    }
}

static cj_abstract image(cj_tensor *x, const cj_abstract *set, cj_tensor *y)
{
    cj_abstract out;
    if (cj_propagate(1, &x, set, 1, &y, &out) != CJ_OK)
        fail_msg("%s", cj_error(x->context));
    return out;
}

static void test_exact(void **state)
{
    cj_context *c = *state;
    cj_tensor *x = cj_input(c, "x", CJ_F64, 1, I64(2));
    cj_tensor *low = cj_tensor_from(c, CJ_F64, 1, I64(2), (const double[]){-1, 2});
    cj_tensor *high = cj_tensor_from(c, CJ_F64, 1, I64(2), (const double[]){2, 4});
    cj_abstract box = cj_abstract_box(low, high), out = image(x, &box, cj_square(x));
    expect_ends(&out, 2, (const double[]){0, 4}, (const double[]){4, 16});
    out = image(x, &box, cj_abs(x));
    expect_ends(&out, 2, (const double[]){0, 2}, (const double[]){2, 4});
    out = image(x, &box, cj_relu(cj_neg(x)));
    expect_ends(&out, 2, (const double[]){0, 0}, (const double[]){1, 0});
    out = image(x, &box, cj_reciprocal(cj_shift(x, 2)));
    expect_ends(&out, 2, (const double[]){0.25, 1.0 / 6}, (const double[]){1, 0.25});

    /* x - x: a box does not know that they are one, errors do */
    cj_tensor *y = cj_sub(cj_scale(x, 2), x);
    out = image(x, &box, y);
    expect_ends(&out, 2, (const double[]){-4, 0}, (const double[]){5, 6});
    cj_abstract own = cj_abstract_correlated(&box);
    out = image(x, &own, y);
    expect_ends(&out, 2, (const double[]){-1, 2}, (const double[]){2, 4});
    cj_abstract concrete = cj_abstract_concrete(&own);
    expect_ends(&concrete, 2, (const double[]){-1, 2}, (const double[]){2, 4});
    assert_null(concrete.errors);

    /* what is not reached is a point, and what is given for an inner tensor counts alone */
    cj_tensor *h = cj_tap(cj_exp(x)), *twice = cj_scale(h, 2);
    out = image(h, &box, twice);
    expect_ends(&out, 2, (const double[]){-2, 4}, (const double[]){4, 8});
    out = image(x, &box, low);
    assert_ptr_equal(out.center, low);
    assert_null(out.radius);
}

/* Two affine layers: errors give the ends of the product of both, a box more; through relus a
 * zonotope is tighter too. */
static void test_tight(void **state)
{
    cj_context *c = *state;
    cj_tensor *x = cj_input(c, "x", CJ_F64, 2, I64(1, 3));
    cj_tensor *a = numbers(c, 5, 2, I64(3, 6), 1), *b = numbers(c, 6, 2, I64(6, 2), 1);
    cj_abstract box = {.center = numbers(c, 7, 2, I64(1, 3), 1),
                       .radius = cj_full(c, CJ_F64, 2, I64(1, 3), 0.1)};
    cj_abstract own = cj_abstract_correlated(&box);
    cj_tensor *product = cj_matmul(a, b), *y = cj_matmul(cj_matmul(x, a), b);
    double want_low[2], want_high[2], low[2], high[2];
    cj_tensor *ends[2];
    cj_abstract exact = image(x, &box, cj_matmul(x, product));
    cj_abstract_bounds(&exact, &ends[0], &ends[1]);
    values(ends[0], want_low);
    values(ends[1], want_high);
    cj_abstract out = image(x, &own, y);
    expect_ends(&out, 2, want_low, want_high);
    out = image(x, &box, y);
    cj_abstract_bounds(&out, &ends[0], &ends[1]);
    values(ends[0], low);
    values(ends[1], high);
    for (int i = 0; i < 2; i++)
        assert_true(high[i] - low[i] > 1.1 * (want_high[i] - want_low[i]));

    /* through a net */
    x = cj_input(c, "x", CJ_F64, 2, I64(2, 3));
    box = (cj_abstract){.center = numbers(c, 7, 2, I64(2, 3), 1),
                        .radius = cj_full(c, CJ_F64, 2, I64(2, 3), 0.05)};
    own = cj_abstract_correlated(&box);
    double width[2];
    for (int k = 0; k < 2; k++) {
        out = image(x, k ? &own : &box, y_net(x));
        cj_abstract_bounds(&out, &ends[0], &ends[1]);
        cj_tensor *all = cj_sum(cj_sub(ends[1], ends[0]), CJ_ALL, false);
        values(all, &width[k]);
    }
    assert_true(width[1] < 0.5 * width[0]);
}

/* ---- ends are nodes: their gradient against differences ---- */

static void test_gradient(void **state)
{
    cj_context *c = *state;
    for (int rule = CJ_RELU_AREA; rule <= CJ_RELU_SMOOTH; rule++) {
        cj_tensor *x = cj_input(c, "x", CJ_F64, 2, I64(2, 3)),
                  *w = cj_input(c, "w", CJ_F64, 2, I64(3, 4));
        cj_tensor *y = cj_matmul(cj_relu(cj_matmul(x, w)), numbers(c, 1, 2, I64(4, 2), 1));
        cj_abstract set = set_of(c, 3), out;
        cj_tensor *low, *high, *gradient;
        assert_int_equal(cj_propagate(1, &x, &set, 1, &y, &out, .relu = (cj_relu_rule)rule), CJ_OK);
        assert_int_equal(cj_abstract_bounds(&out, &low, &high), CJ_OK);
        cj_tensor *loss = cj_sum(cj_mul(high, cj_sub(high, low)), CJ_ALL, false);
        assert_int_equal(cj_grad(loss, 1, &w, &gradient), CJ_OK);
        cj_program *p = cj_compile(c, 2, (cj_tensor *[]){loss, gradient}, NULL);
        double data[12], got[12];
        cj_feed feed = {"w", data};
        for (int i = 0; i < 12; i++)
            data[i] = draw(41, i);
        assert_int_equal(cj_run(p, 1, &feed), CJ_OK);
        memcpy(got, cj_output(p, 1), sizeof got);
        for (int i = 0; i < 12; i++) {
            double old = data[i], h = 1e-6, above, below;
            data[i] = old + h;
            cj_run(p, 1, &feed);
            above = cj_output_number(p, 0);
            data[i] = old - h;
            cj_run(p, 1, &feed);
            below = cj_output_number(p, 0);
            data[i] = old;
            double want = (above - below) / (2 * h);
            if (!(fabs(got[i] - want) < 1e-5 * (1 + fabs(want))))
                fail_msg("rule %d, element %d: %g, expected %g", rule, i, got[i], want);
        }
        cj_program_free(p);
    }
}

/* ---- errors ---- */

static void expect(cj_context *c, cj_status want, const char *sentence)
{
    assert_int_equal(cj_context_status(c), want);
    if (!strstr(cj_error(c), sentence))
        fail_msg("'%s' lacks '%s'", cj_error(c), sentence);
    cj_error_clear(c);
}

static void test_errors(void **state)
{
    cj_context *c = *state;
    cj_tensor *x = cj_input(c, "x", CJ_F64, 2, I64(2, 3)), *y = cj_sin(x);
    cj_abstract set = set_of(c, 3), out, wrong = {.center = x, .errors = x};
    cj_propagate(1, &x, &set, 1, &y, &out);
    expect(c, CJ_UNSUPPORTED, "propagate: there is no rule that carries a set through sin");
    assert_null(out.center);
    y = cj_cast(cj_cast(x, CJ_BOOL), CJ_F64);
    cj_propagate(1, &x, &set, 1, &y, &out);
    expect(c, CJ_UNSUPPORTED, "such a set through cast bool[2, 3]");
    cj_propagate(1, &x, &wrong, 1, &y, &out);
    expect(c, CJ_SHAPE, "propagate: f64[2, 3] for f64[2, 3]: center and radius");
    wrong.center = NULL;
    cj_propagate(1, &x, &wrong, 1, &y, &out);
    expect(c, CJ_INVALID, "propagate: tensor 1, or the center of its set, is NULL");
    /* a quotient by what may be 0 is not known */
    double got[6];
    y = cj_div(cj_like(x, 1), x);
    assert_int_equal(cj_propagate(1, &x,
                                  &(cj_abstract){.center = cj_full(c, CJ_F64, 2, I64(2, 3), 0.1),
                                                 .radius = cj_full(c, CJ_F64, 2, I64(2, 3), 1)},
                                  1, &y, &out),
                     CJ_OK);
    values(out.center, got);
    assert_true(isnan(got[0]));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {TEST(test_sound), TEST(test_exact), TEST(test_tight),
                                       TEST(test_gradient), TEST(test_errors)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
