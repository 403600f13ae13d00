/*
 * ODE and SDE solvers against exact solutions; orders; gradients against differences and against the
 * adjoint method; second order; ends of time.
 */
#include "cajal/cajal.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static cj_context *context;

static int setup(void **state)
{
    (void)state;
    context = cj_context_new(NULL, NULL, 0);
    return context == NULL;
}

static int teardown(void **state)
{
    (void)state;
    cj_context_free(context);
    return 0;
}

static cj_tensor *vector(int64_t n, const double *data)
{
    return cj_tensor_from(context, CJ_F64, 1, &n, data);
}

static void read(cj_tensor *x, double *out)
{
    if (!x || cj_read(x, out, (size_t)cj_elements(x) * sizeof *out) != CJ_OK)
        fail_msg("%s", cj_error(context));
}

static double number(cj_tensor *x)
{
    double v;
    read(x, &v);
    return v;
}

/* ---- fields ---- */

/* y' = -y^2 sin(t) p: y = 1 / (1/y0 + p (cos(t0) - cos(t))) */
static cj_tensor *bent(void *user, cj_tensor *t, cj_tensor *y, cj_tensor *const *p)
{
    (void)user;
    cj_tensor *slope = cj_mul(cj_neg(cj_square(y)), cj_sin(t));
    return p ? cj_mul(slope, p[0]) : slope;
}

static double bent_exact(double y0, double t0, double t, double p)
{
    return 1 / (1 / y0 + p * (cos(t0) - cos(t)));
}

/* y' = y A, A [2, 2] the parameter */
static cj_tensor *linear(void *user, cj_tensor *t, cj_tensor *y, cj_tensor *const *p)
{
    (void)user;
    (void)t;
    return cj_matmul(y, p[0]);
}

/* ---- values ---- */

static const double times[5] = {0.5, 1, 1.25, 3, 4};
static const double backwards[4] = {4, 2, 1.5, 0.5};
static const double starts[3] = {0.5, 0.4, 0.1};

static void test_adaptive(void **state)
{
    (void)state;
    static const cj_ode_method method[] = {CJ_ODE_DOPRI5, CJ_ODE_TSIT5, CJ_ODE_BOSH3};
    for (int m = 0; m < 3; m++)
        for (int back = 0; back < 2; back++) {
            int64_t n = back ? 4 : 5;
            double got[15], tried, tolerance = m == 2 ? 1e-8 : 1e-11;
            const double *t = back ? backwards : times;
            cj_tensor *steps;
            cj_tensor *y = cj_odeint(
                bent, NULL, vector(3, starts), vector(n, t), .method = method[m], .rtol = tolerance,
                .atol = tolerance / 100, .max_steps = 3000, .steps_tried = &steps);
            read(y, got);
            tried = number(cj_cast(steps, CJ_F64));
            if (!(tried > 10 && tried < 2500))
                fail_msg("method %d, %d: %g steps", m, back, tried);
            for (int i = 0; i < n; i++)
                for (int k = 0; k < 3; k++) {
                    double want = bent_exact(starts[k], t[0], t[i], 1);
                    double most = m == 0 ? 50 * tolerance : 3000 * tolerance;
                    if (!(fabs(got[3 * i + k] - want) <= most))
                        fail_msg("method %d, t %g: %.17g, exactly %.17g (%g steps)", m, t[i],
                                 got[3 * i + k], want, tried);
                }
        }
}

/* A rotation, to 1e-12 in f64; a matrix of states; between steps too. */
static void test_precise(void **state)
{
    (void)state;
    const double a[4] = {0, 1, -1, 0}, start[4] = {1, 0, 0.5, 0.5};
    double t[41], got[164];
    for (int i = 0; i < 41; i++)
        t[i] = i / 4.0;
    cj_tensor *p = cj_tensor_from(context, CJ_F64, 2, (int64_t[]){2, 2}, a);
    cj_tensor *begin = cj_tensor_from(context, CJ_F64, 2, (int64_t[]){2, 2}, start);
    read(cj_odeint(linear, NULL, begin, vector(41, t), .parameters = 1, .parameter = &p,
                   .rtol = 1e-13, .atol = 1e-14, .max_steps = 5000),
         got);
    for (int i = 0; i < 41; i++)
        for (int r = 0; r < 2; r++) {
            double x = start[2 * r] * cos(t[i]) - start[2 * r + 1] * sin(t[i]);
            double y = start[2 * r] * sin(t[i]) + start[2 * r + 1] * cos(t[i]);
            if (!(fabs(got[4 * i + 2 * r] - x) < 1e-12 && fabs(got[4 * i + 2 * r + 1] - y) < 1e-12))
                fail_msg("t %g: off by %g", t[i], got[4 * i + 2 * r] - x);
        }
}

/* Halving the step divides the error by 2^order. */
static void test_orders(void **state)
{
    (void)state;
    static const int order[CJ_ODE_COUNT] = {
        [CJ_ODE_EULER] = 1, [CJ_ODE_MIDPOINT] = 2,       [CJ_ODE_HEUN] = 2,
        [CJ_ODE_RK4] = 4,   [CJ_ODE_IMPLICIT_EULER] = 1, [CJ_ODE_CRANK_NICOLSON] = 2};
    for (int m = CJ_ODE_EULER; m < CJ_ODE_COUNT; m++) {
        double error[2], got[15];
        for (int fine = 0; fine < 2; fine++) {
            read(cj_odeint(bent, NULL, vector(3, starts), vector(5, times),
                           .method = (cj_ode_method)m, .steps = fine ? 32 : 16),
                 got);
            assert_true(got[0] == starts[0] && got[2] == starts[2]);
            error[fine] = fabs(got[13] - bent_exact(0.4, 0.5, 4, 1));
        }
        double rate = log2(error[0] / error[1]);
        if (!(fabs(rate - order[m]) < 0.25))
            fail_msg("method %d: errors %g and %g", m, error[0], error[1]);
    }
}

static cj_tensor *stuck(void *user, cj_tensor *t, cj_tensor *y, cj_tensor *const *p)
{
    (void)user;
    (void)t;
    (void)p;
    return cj_square(y); /* y = 1 / (1 - t): infinite at 1 */
}

/* y' = -1000 (y - cos t): 20 steps to the slow solution, where explicit ones would explode. */
static cj_tensor *stiff(void *user, cj_tensor *t, cj_tensor *y, cj_tensor *const *p)
{
    (void)user;
    (void)p;
    return cj_scale(cj_sub(y, cj_cos(t)), -1000);
}

static void test_stiff(void **state)
{
    (void)state;
    const double zero = 0, span[2] = {0, 2};
    double got[2];
    read(cj_odeint(stiff, NULL, vector(1, &zero), vector(2, span), .steps = 20,
                   .method = CJ_ODE_IMPLICIT_EULER),
         got);
    assert_true(fabs(got[1] - cos(2)) < 2e-3);
    read(cj_odeint(stiff, NULL, vector(1, &zero), vector(2, span), .steps = 20,
                   .method = CJ_ODE_EULER),
         got);
    assert_true(!(fabs(got[1]) < 1e6));
}

/* Times not reached are NaN, those before are good; one time, or equal ones; f32. */
static void test_ends(void **state)
{
    (void)state;
    const double one = 1, t[4] = {0, 0.5, 0.75, 2}, same[3] = {2, 2, 2};
    double got[4];
    read(cj_odeint(stuck, NULL, vector(1, &one), vector(4, t), .max_steps = 60), got);
    assert_true(fabs(got[1] - 2) < 1e-4 && fabs(got[2] - 4) < 1e-3 && isnan(got[3]));
    read(cj_odeint(stuck, NULL, vector(1, &one), vector(3, same)), got);
    assert_true(got[0] == 1 && got[1] == 1 && got[2] == 1);
    read(cj_odeint(stuck, NULL, vector(1, &one), vector(1, same)), got);
    assert_true(got[0] == 1);
    read(cj_odeint(stuck, NULL, vector(1, &one), vector(1, same), .method = CJ_ODE_RK4), got);
    assert_true(got[0] == 1);
    cj_tensor *narrow = cj_odeint(bent, NULL, cj_cast(vector(3, starts), CJ_F32),
                                  cj_cast(vector(5, times), CJ_F32), .rtol = 1e-5);
    double wide[15];
    read(cj_cast(narrow, CJ_F64), wide);
    assert_true(fabs(wide[13] - bent_exact(0.4, 0.5, 4, 1)) < 1e-4);
    assert_null(cj_odeint(stuck, NULL, vector(1, &one), cj_cast(vector(4, t), CJ_F32)));
    assert_non_null(strstr(cj_error(context), "the times are f32[4]; they must be f64[T]"));
}

static cj_tensor *too_wide(void *user, cj_tensor *t, cj_tensor *y, cj_tensor *const *p)
{
    (void)user;
    (void)t;
    (void)p;
    return cj_reshape(y, 2, (int64_t[]){1, -1});
}

static void test_bad_field(void **state)
{
    (void)state;
    assert_null(cj_odeint(too_wide, NULL, vector(3, starts), vector(5, times)));
    assert_non_null(strstr(cj_error(context), "a field gives f64[1, 3] for a state f64[3]"));
}

/* ---- gradients ---- */

enum { ADJOINT = 1 };

/* sum(c y(t)^2) over all times, of y0 scaled by `start` and the parameter p. */
static cj_tensor *loss_of(cj_tensor *start, cj_tensor *p, cj_ode_method method, int how)
{
    cj_tensor *begin = cj_mul(vector(3, starts), start);
    cj_tensor *y = cj_odeint(bent, NULL, begin, vector(5, times), .method = method, .steps = 8,
                             .rtol = 1e-10, .atol = 1e-12, .parameters = 1, .parameter = &p,
                             .max_steps = 4000, .adjoint = how == ADJOINT);
    return cj_sum(cj_square(y), CJ_ALL, false);
}

static double value(double start, double p, cj_ode_method method)
{
    return number(
        loss_of(cj_scalar(context, CJ_F64, start), cj_scalar(context, CJ_F64, p), method, 0));
}

static void test_gradients(void **state)
{
    (void)state;
    for (int m = 0; m < CJ_ODE_COUNT; m++)
        for (int how = 0; how < 2; how++) {
            cj_ode_method method = (cj_ode_method)m;
            cj_tensor *x[2] = {cj_tap(cj_scalar(context, CJ_F64, 0.9)),
                               cj_tap(cj_scalar(context, CJ_F64, 0.7))},
                      *g[2];
            if (cj_grad(loss_of(x[0], x[1], method, how), 2, x, g) != CJ_OK)
                fail_msg("method %d, %d: %s", m, how, cj_error(context));
            double h = 1e-4, got[2] = {number(g[0]), number(g[1])};
            double want[2] = {(value(0.9 + h, 0.7, method) - value(0.9 - h, 0.7, method)) / (2 * h),
                              (value(0.9, 0.7 + h, method) - value(0.9, 0.7 - h, method)) /
                                  (2 * h)};
            /* the adjoint of a coarse fixed method is not the gradient of its steps */
            bool rough = m == CJ_ODE_EULER || m == CJ_ODE_IMPLICIT_EULER;
            double most = how != ADJOINT     ? 1e-6
                          : rough            ? 5e-2
                          : m == CJ_ODE_RK4  ? 1e-5
                          : m > CJ_ODE_EULER ? 2e-3
                                             : 1e-6;
            for (int i = 0; i < 2; i++)
                if (!(fabs(got[i] - want[i]) <= most * (1 + fabs(want[i]))))
                    fail_msg("method %d, %s, x[%d]: %.12g, differences %.12g", m,
                             how ? "adjoint" : "steps", i, got[i], want[i]);
        }
}

/* d^2 L / dp^2 by gradient of gradient, through the steps and through the adjoint solution. */
static void test_second_order(void **state)
{
    (void)state;
    static const cj_ode_method method[] = {CJ_ODE_RK4, CJ_ODE_DOPRI5};
    for (int m = 0; m < 2; m++)
        for (int how = 0; how < 2; how++) {
            cj_tensor *start = cj_scalar(context, CJ_F64, 0.9), *g, *gg;
            cj_tensor *p = cj_tap(cj_scalar(context, CJ_F64, 0.7));
            assert_int_equal(cj_grad(loss_of(start, p, method[m], how), 1, &p, &g), CJ_OK);
            assert_int_equal(cj_grad(g, 1, &p, &gg), CJ_OK);
            double h = 1e-3, got = number(gg);
            double want = (value(0.9, 0.7 + h, method[m]) - 2 * value(0.9, 0.7, method[m]) +
                           value(0.9, 0.7 - h, method[m])) /
                          (h * h);
            if (!(fabs(got - want) <= (how && m == 0 ? 1e-4 : 1e-5) * (1 + fabs(want))))
                fail_msg("method %d, %s: %.12g, differences %.12g", m, how ? "adjoint" : "steps",
                         got, want);
        }
}

/* Many starts at once by vmap are the same as one after the other. */
static void test_vmap(void **state)
{
    (void)state;
    const double many[4] = {0.5, 1, 2, 0.1};
    double got[20], one[5];
    cj_tensor *start = cj_tap(vector(1, many)), *y, *lanes;
    y = cj_odeint(bent, NULL, start, vector(5, times), .method = CJ_ODE_RK4, .steps = 4);
    lanes = cj_reshape(vector(4, many), 2, (int64_t[]){4, 1});
    cj_tensor *all;
    assert_int_equal(cj_vmap(1, &start, &lanes, 1, &y, &all), CJ_OK);
    read(all, got);
    for (int i = 0; i < 4; i++) {
        read(cj_odeint(bent, NULL, vector(1, many + i), vector(5, times), .method = CJ_ODE_RK4,
                       .steps = 4),
             one);
        assert_memory_equal(one, got + 5 * i, sizeof one);
    }
}

/* ---- ETDRK4 ---- */

/* y' = L y + sin(t) y^2 / 4, with L from 0 to -1,000 */
static cj_tensor *quadratic(void *user, cj_tensor *t, cj_tensor *y, cj_tensor *const *p)
{
    cj_tensor *slope = cj_scale(cj_mul(cj_sin(t), cj_square(y)), 0.25);
    (void)p;
    return user ? cj_add(slope, cj_mul(user, y)) : slope;
}

static cj_tensor *nothing(void *user, cj_tensor *t, cj_tensor *y, cj_tensor *const *p)
{
    (void)user;
    (void)t;
    (void)p;
    return cj_scale(y, 0);
}

static void test_exponential(void **state)
{
    (void)state;
    const double stiffness[5] = {0, -0.01, -1.5, -30, -1000}, begin[5] = {1, 0.5, 1, 2, 1};
    const double span[3] = {0, 1, 2};
    double got[15], want[15], error[2] = {0};
    cj_tensor *l = cj_tap(vector(5, stiffness)), *y = vector(5, begin), *t = vector(3, span), *g;
    read(cj_odeint(quadratic, l, y, t, .rtol = 1e-12, .atol = 1e-14, .max_steps = 20000), want);
    for (int fine = 0; fine < 2; fine++) {
        read(cj_etdrk4(quadratic, NULL, l, y, t, .steps = fine ? 16 : 8), got);
        for (int i = 0; i < 15; i++)
            error[fine] = fmax(error[fine], fabs(got[i] - want[i]));
    }
    if (!(error[0] < 1e-5 && fabs(log2(error[0] / error[1]) - 4) < 0.4))
        fail_msg("errors %g and %g", error[0], error[1]);
    /* alone the linear part is exact, and so is its derivative to L: t e^(L t) */
    cj_tensor *exact = cj_etdrk4(nothing, NULL, l, y, t, .steps = 3);
    read(exact, got);
    for (int i = 0; i < 5; i++)
        assert_true(fabs(got[10 + i] - begin[i] * exp(2 * stiffness[i])) < 1e-14);
    cj_tensor *end = cj_sum(cj_narrow(exact, 0, 2, 3), CJ_ALL, false);
    assert_int_equal(cj_grad(end, 1, &l, &g), CJ_OK);
    read(g, got);
    for (int i = 0; i < 5; i++)
        assert_true(fabs(got[i] - 2 * begin[i] * exp(2 * stiffness[i])) < 1e-13);
}

/* ---- leapfrog ---- */

static cj_tensor *spring(void *user, cj_tensor *t, cj_tensor *q, cj_tensor *const *p)
{
    (void)user;
    (void)t;
    return cj_neg(p ? cj_mul(q, p[0]) : q);
}

/* The energy keeps within a band over 1,000 periods; the error of the phase is of order 2. */
static void test_leapfrog(void **state)
{
    (void)state;
    const double one = 1, zero = 0;
    double t[101], q[101], v[101], error[2];
    cj_tensor *qs, *vs;
    for (int i = 0; i < 101; i++)
        t[i] = i * 20 * 3.14159265358979323846;
    assert_int_equal(cj_leapfrog(spring, NULL, vector(1, &one), vector(1, &zero), vector(101, t),
                                 &qs, &vs, .steps = 500),
                     CJ_OK);
    read(qs, q);
    read(vs, v);
    for (int i = 0; i < 101; i++)
        assert_true(fabs(q[i] * q[i] + v[i] * v[i] - 1) < 0.01);
    const double span[2] = {0, 2};
    for (int fine = 0; fine < 2; fine++) {
        cj_leapfrog(spring, NULL, vector(1, &one), vector(1, &zero), vector(2, span), &qs, NULL,
                    .steps = fine ? 200 : 100);
        read(qs, q);
        error[fine] = fabs(q[1] - cos(2));
    }
    assert_true(fabs(error[0] / error[1] - 4) < 0.05);
    cj_tensor *k = cj_tap(cj_scalar(context, CJ_F64, 2)), *g;
    cj_leapfrog(spring, NULL, vector(1, &one), vector(1, &zero), vector(2, span), &qs, NULL,
                .steps = 500, .parameters = 1, .parameter = &k);
    assert_int_equal(cj_grad(cj_sum(cj_narrow(qs, 0, 1, 2), CJ_ALL, false), 1, &k, &g), CJ_OK);
    double want = -sin(2 * sqrt(2)) / sqrt(2); /* d cos(t sqrt(k)) / dk */
    assert_true(fabs(number(g) - want) < 1e-4);
}

/* ---- SDE: geometric Brownian motion, dy = m y dt + s y dW ---- */

static cj_tensor *drift(void *user, cj_tensor *t, cj_tensor *y, cj_tensor *const *p)
{
    (void)user;
    (void)t;
    return cj_mul(y, p[0]);
}

static cj_tensor *diffusion(void *user, cj_tensor *t, cj_tensor *y, cj_tensor *const *p)
{
    (void)user;
    (void)t;
    return cj_mul(y, p[1]);
}

enum { PATHS = 400 };

/* The mean distance to the exact end, on the increments given: order 1/2 and 1. */
static double strong_error(cj_sde_method method, cj_tensor *fine, int coarser)
{
    const double span[2] = {0, 1};
    cj_tensor *p[2] = {cj_scalar(context, CJ_F64, 0.3), cj_scalar(context, CJ_F64, 0.8)};
    int64_t steps = 512 / coarser;
    cj_tensor *noise =
        cj_sum(cj_reshape(fine, 3, (int64_t[]){steps, coarser, PATHS}), CJ_AXIS(1), false);
    cj_tensor *ones = cj_full(context, CJ_F64, 1, (int64_t[]){PATHS}, 1);
    cj_tensor *y = cj_sdeint(drift, diffusion, NULL, ones, vector(2, span), NULL, .method = method,
                             .steps = steps, .noise = noise, .parameters = 2, .parameter = p);
    double ito = method == CJ_SDE_HEUN ? 0 : 0.8 * 0.8 / 2;
    cj_tensor *w = cj_sum(fine, CJ_AXIS(0), false);
    cj_tensor *exact = cj_exp(cj_shift(cj_scale(w, 0.8), 0.3 - ito));
    cj_tensor *end = cj_squeeze(cj_narrow(y, 0, 1, 2), 0);
    return number(cj_mean(cj_abs(cj_sub(end, exact)), CJ_ALL, false));
}

static void test_sde(void **state)
{
    (void)state;
    static const double order[] = {0.5, 1, 1};
    cj_tensor *fine = cj_random_normal(cj_key(context, 5), CJ_F64, 2, (int64_t[]){512, PATHS});
    fine = cj_eval(cj_scale(fine, sqrt(1 / 512.0)));
    for (int m = 0; m < 3; m++) {
        double a = strong_error((cj_sde_method)m, fine, 32),
               b = strong_error((cj_sde_method)m, fine, 4);
        double rate = log2(a / b) / 3;
        if (!(fabs(rate - order[m]) < 0.15))
            fail_msg("method %d: errors %g and %g, order %g", m, a, b, rate);
    }
}

/* By a key: the moments of the Ornstein-Uhlenbeck process, and the same path again. */
static cj_tensor *pull(void *user, cj_tensor *t, cj_tensor *y, cj_tensor *const *p)
{
    (void)user;
    (void)t;
    (void)p;
    return cj_scale(y, -2);
}

static cj_tensor *constant(void *user, cj_tensor *t, cj_tensor *y, cj_tensor *const *p)
{
    (void)user;
    (void)t;
    (void)p;
    return cj_full(cj_tensor_context(y), CJ_F64, cj_rank(y), cj_shape(y), 0.5);
}

static void test_sde_key(void **state)
{
    (void)state;
    const double span[2] = {0, 3};
    cj_tensor *start = cj_full(context, CJ_F64, 1, (int64_t[]){20000}, 1);
    for (int m = 0; m < 3; m++) {
        double end[2];
        cj_tensor *y = cj_sdeint(pull, constant, NULL, start, vector(2, span), cj_key(context, 9),
                                 .method = (cj_sde_method)m, .steps = 150);
        y = cj_narrow(y, 0, 1, 2);
        end[0] = number(cj_mean(y, CJ_ALL, false));
        end[1] = number(cj_mean(cj_square(y), CJ_ALL, false));
        assert_true(fabs(end[0] - exp(-6)) < 0.01);
        assert_true(fabs(end[1] - 0.0625) < 0.004);
    }
    assert_null(cj_sdeint(pull, constant, NULL, start, vector(2, span), NULL));
    assert_non_null(strstr(cj_error(context), "a key or the noise"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_adaptive, setup, teardown),
        cmocka_unit_test_setup_teardown(test_precise, setup, teardown),
        cmocka_unit_test_setup_teardown(test_orders, setup, teardown),
        cmocka_unit_test_setup_teardown(test_stiff, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ends, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bad_field, setup, teardown),
        cmocka_unit_test_setup_teardown(test_gradients, setup, teardown),
        cmocka_unit_test_setup_teardown(test_second_order, setup, teardown),
        cmocka_unit_test_setup_teardown(test_vmap, setup, teardown),
        cmocka_unit_test_setup_teardown(test_exponential, setup, teardown),
        cmocka_unit_test_setup_teardown(test_leapfrog, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sde, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sde_key, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
