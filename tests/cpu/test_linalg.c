/*
 * tests/cpu/test_linalg.c - linear algebra: what factors must satisfy, in both precisions; equal bits for every number of
 * threads and place in a batch; matrices without result; golden numbers; no LAPACK.
 */
#include "cajal/index.h"
#include "cajal/linalg.h"
#include "cajal/transform.h"
#include "golden/linalg.h"
#include "support/lapack.h"
#include "support/op_check.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static double number(cj_tensor *x)
{
    double out = NAN;
    assert_int_equal(cj_read(cj_cast(x, CJ_F64), &out, sizeof out), CJ_OK);
    return out;
}

/* The largest magnitude; NaN where there is one. */
static double largest(cj_tensor *x)
{
    return cj_elements(x) ? number(cj_amax(cj_abs(x), CJ_ALL, false)) : 0;
}

static cj_tensor *product(cj_tensor *a, cj_tensor *b)
{
    return cj_matmul(a, b);
}

static cj_tensor *turned(cj_tensor *a)
{
    return cj_transpose(a, -1, -2);
}

/* a - b is small beside `scale`. */
static void near(const char *what, cj_tensor *a, cj_tensor *b, double scale)
{
    double error = largest(cj_sub(a, b)), epsilon = cj_tensor_dtype(a) == CJ_F32 ? 6e-8 : 1.2e-16;
    if (!(error <= 200 * epsilon * (1 + scale))) {
        print_error("%s of %lld x %lld: error %g, scale %g\n", what, (long long)cj_extent(a, -2),
                    (long long)cj_extent(a, -1), error, scale);
        fail();
    }
}

static void identity(const char *what, cj_tensor *q)
{
    cj_tensor *square = product(turned(q), q);
    cj_tensor *one = cj_eye(cj_tensor_context(q), cj_tensor_dtype(q), cj_extent(q, -1));
    near(what, square, cj_expand(one, cj_rank(square), cj_shape(square)), (double)cj_extent(q, -2));
}

static void check_rectangle(cj_tensor *a)
{
    double scale = largest(a) * (double)(cj_extent(a, -1) + cj_extent(a, -2));
    for (int full = 0; full < 2; full++) {
        cj_qr_result f = cj_qr(a, full);
        near("QR", product(f.q, f.r), a, scale);
        identity("Q", f.q);
        near("R", cj_triu(f.r, 0), f.r, 0);
        assert_true(number(cj_amin(cj_diagonal(f.r, 0), CJ_ALL, false)) >= 0);
    }
    cj_svd_result d = cj_svd(a);
    near("USV", product(cj_mul(d.u, cj_unsqueeze(d.s, -2)), d.vt), a, scale);
    identity("U", d.u);
    identity("V", turned(d.vt));
    near("svdvals", cj_unsqueeze(cj_svdvals(a), -1), cj_unsqueeze(d.s, -1), scale);
    cj_tensor *p = cj_pinv(a, 0);
    near("A P A", product(product(a, p), a), a, 100 * scale);
    near("A P", product(a, p), turned(product(a, p)), 100 * scale);
    near("P A", product(p, a), turned(product(p, a)), 100 * scale);
}

static void check_square(cj_tensor *a)
{
    int64_t n = cj_extent(a, -1);
    cj_context *c = cj_tensor_context(a);
    cj_dtype dtype = cj_tensor_dtype(a);
    double scale = largest(a) * (double)n;
    cj_tensor *one = cj_eye(c, dtype, n), *s = cj_add(product(a, turned(a)), one);
    cj_tensor *l = cj_cholesky(s), *b = cj_narrow(a, -1, 0, (n + 1) / 2);
    near("L L^T", product(l, turned(l)), s, scale * scale);
    cj_tensor *away = cj_add(a, cj_scale(one, 2 * (double)n));
    near("A X", product(away, cj_solve(away, b)), b, 10 * scale);
    near("A^T X", product(turned(away), cj_solve(away, b, .transposed = true)), b, 10 * scale);
    near("S X", product(s, cj_solve(s, b, .positive_definite = true)), b, 100 * scale * scale);
    near("L L^T X", product(s, cj_cholesky_solve(l, b)), b, 100 * scale * scale);
    near("A^-1", product(cj_inverse(away), away), cj_expand(one, cj_rank(a), cj_shape(a)), 10);
    near("L X", product(l, cj_solve_triangular(l, b)), b, 10 * scale);
    cj_slogdet_result d = cj_slogdet(away);
    cj_tensor *logs = cj_sum(cj_log(cj_svdvals(away)), CJ_AXIS(cj_rank(a) - 2), true);
    near("slogdet", cj_unsqueeze(cj_mul(d.sign, d.logabs), -1), logs, 10 * scale);
    cj_eigh_result e = cj_eigh(a);
    cj_tensor *v = e.vectors, *half = cj_scale(cj_add(a, turned(a)), 0.5);
    near("V W V^T", product(cj_mul(v, cj_unsqueeze(e.values, -2)), turned(v)), half, scale);
    identity("V", v);
    near("eigvalsh", cj_unsqueeze(cj_eigvalsh(a), -1), cj_unsqueeze(e.values, -1), scale);
    cj_tensor *root = cj_matrix_sqrt(s);
    near("root", product(root, root), s, scale * scale);
    cj_eig_result g = cj_eig(a);
    cj_complex x = {a, NULL}, w = {cj_unsqueeze(g.values.re, -2), cj_unsqueeze(g.values.im, -2)};
    cj_complex aw = cj_complex_matmul(x, g.vectors), vw = cj_complex_mul(g.vectors, w);
    near("A v", aw.re, vw.re, 10 * scale);
    near("A v", aw.im, vw.im, 10 * scale);
    near("e^A", product(cj_matrix_exp(a), cj_matrix_exp(cj_neg(a))),
         cj_expand(one, cj_rank(a), cj_shape(a)), 3 * exp(scale) / (double)n);
}

static void factors_do_what_they_must(void **state)
{
    (void)state;
    static const int64_t shapes[][3] = {{1, 1, 1},   {3, 2, 2},   {2, 5, 3},
                                        {2, 3, 5},   {4, 7, 7},   {1, 33, 20},
                                        {1, 20, 33}, {2, 40, 40}, {1, 90, 90}};
    cj_context *context = op_context(2);
    for (size_t i = 0; i < CJ_COUNT(shapes); i++)
        for (int wide = 0; wide < 2; wide++) {
            cj_frame_enter(context);
            int64_t m = shapes[i][1], n = shapes[i][2];
            double bound = m == n ? 2.0 / (double)n : 1;
            cj_tensor *a = made(context, wide ? CJ_F64 : CJ_F32, 3, shapes[i], -bound, bound, i);
            check_rectangle(a);
            if (m == n)
                check_square(a);
            if (cj_context_status(context)) {
                print_error("%s\n", cj_error(context));
                fail();
            }
            cj_frame_leave(context);
        }
    cj_context_free(context);
}

/* All ops of a batch [24, 9, 9], in one row. */
static cj_tensor *everything(cj_tensor *a)
{
    cj_tensor *s =
        cj_add(product(a, turned(a)), cj_eye(cj_tensor_context(a), cj_tensor_dtype(a), 9));
    cj_svd_result d = cj_svd(a);
    cj_qr_result f = cj_qr(a, false);
    cj_tensor *part[] = {cj_cholesky(s),
                         cj_inverse(a),
                         f.q,
                         f.r,
                         cj_eigh(a).vectors,
                         d.u,
                         d.vt,
                         cj_eig(a).vectors.re,
                         cj_pinv(a, 0),
                         cj_lstsq(a, s, .pivoted_qr = true)};
    return cj_concat(-1, CJ_COUNT(part), part);
}

static void bits_are_those_of_one_matrix(void **state)
{
    (void)state;
    enum { BATCH = 24, ROW = 9 * 90 };
    for (int wide = 0; wide < 2; wide++) {
        cj_dtype dtype = wide ? CJ_F64 : CJ_F32;
        size_t bytes = (size_t)BATCH * ROW * cj_dtype_size(dtype);
        char *alone = malloc(bytes), *together = malloc(bytes);
        cj_context *context = op_context(1);
        cj_tensor *a = made(context, dtype, 3, (int64_t[]){BATCH, 9, 9}, -1, 1, 11);
        for (int64_t i = 0; i < BATCH; i++)
            assert_int_equal(cj_read(everything(cj_narrow(a, 0, i, i + 1)),
                                     alone + (size_t)i * bytes / BATCH, bytes / BATCH),
                             CJ_OK);
        cj_context_free(context);
        for (int threads = 1; threads <= 5; threads += 2) {
            context = op_context(threads);
            a = made(context, dtype, 3, (int64_t[]){BATCH, 9, 9}, -1, 1, 11);
            for (int turn = 0; turn < 20; turn++) {
                assert_int_equal(cj_read(everything(a), together, bytes), CJ_OK);
                assert_memory_equal(alone, together, bytes);
            }
            cj_context_free(context);
        }
        free(alone);
        free(together);
    }
}

static void without_result(void **state)
{
    (void)state;
    cj_context *c = op_context(2);
    /* not definite, fine, not finite, singular */
    const double data[] = {1, 2, 2, 1, 2, 0, 0, 2, NAN, 1, 1, INFINITY, 1, 1, 1, 1};
    cj_tensor *a = cj_tensor_from(c, CJ_F64, 3, (int64_t[]){4, 2, 2}, data);
    double got[16];
    cj_tensor *results[] = {cj_cholesky(a),    cj_eigh(a).vectors, cj_svd(a).u,
                            cj_qr(a, false).r, cj_pinv(a, 0),      cj_eig(a).vectors.re};
    for (size_t k = 0; k < CJ_COUNT(results); k++) {
        assert_int_equal(cj_read(results[k], got, sizeof got), CJ_OK);
        assert_true(isnan(got[0]) == (k == 0) && isfinite(got[4]) && isnan(got[8]) &&
                    isnan(got[11]));
    }
    assert_int_equal(cj_read(cj_det(a), got, 4 * sizeof *got), CJ_OK);
    assert_true(got[0] == -3 && got[1] == 4 && got[3] == 0);
    assert_int_equal(cj_read(cj_slogdet(a).logabs, got, 4 * sizeof *got), CJ_OK);
    assert_true(got[3] == -INFINITY);
    int32_t rank[4];
    assert_int_equal(cj_read(cj_matrix_rank(a, 0), rank, sizeof rank), CJ_OK);
    assert_true(rank[0] == 2 && rank[1] == 2 && rank[3] == 1);
    assert_int_equal(cj_read(cj_inverse(a), got, sizeof got), CJ_OK);
    assert_true(got[4] == 0.5 && !isfinite(got[12]));
    cj_context_free(c);
}

static void agrees(cj_tensor *x, const double *want, int64_t count)
{
    double got[16];
    assert_int_equal(cj_elements(x), count);
    assert_int_equal(cj_read(x, got, (size_t)count * sizeof *got), CJ_OK);
    for (int64_t i = 0; i < count; i++)
        assert_true(fabs(got[i] - want[i]) <= 1e-12 * (1 + fabs(want[i])));
}
#define AGREES(x, name) agrees(x, golden_##name, CJ_COUNT(golden_##name))

/* See tests/golden/linalg.py. */
static void golden(void **state)
{
    (void)state;
    cj_context *c = op_context(1);
    const double square[] = {4, 1, -2, 1, 2, 0, 3, -1, 1}, tall[] = {2, 1, -1, 3, 0.5, 4, 1, 1};
    const double bands[] = {0, 1, 2, 3, 4, -5, 6, 7, 1, 2, 3, 0};
    cj_tensor *a = cj_tensor_from(c, CJ_F64, 2, (int64_t[]){3, 3}, square),
              *s = product(a, turned(a));
    cj_tensor *t = cj_tensor_from(c, CJ_F64, 2, (int64_t[]){4, 2}, tall);
    cj_tensor *d = cj_tensor_from(c, CJ_F64, 2, (int64_t[]){3, 4}, bands);
    cj_tensor *b = cj_shift(cj_iota(c, CJ_F64, 2, (int64_t[]){4, 1}, 0), 1);
    AGREES(cj_solve(a, turned(a)), solve);
    AGREES(cj_inverse(a), inverse);
    AGREES(cj_det(a), det);
    AGREES(cj_cholesky(s), cholesky);
    AGREES(cj_qr(t, false).q, q);
    AGREES(cj_qr(t, false).r, r);
    AGREES(cj_eigh(a).values, eigenvalues);
    AGREES(cj_eigh(a).vectors, eigenvectors);
    AGREES(cj_svd(t).u, u);
    AGREES(cj_svd(t).s, s);
    AGREES(cj_svd(t).vt, vt);
    AGREES(cj_lstsq(t, b), lstsq);
    AGREES(cj_lstsq(t, b, .pivoted_qr = true), lstsq);
    AGREES(cj_pinv(t, 0), pinv);
    AGREES(cj_matrix_exp(a), expm);
    AGREES(cj_matrix_sqrt(s), sqrtm);
    AGREES(cj_matrix_power(a, -3), power);
    AGREES(cj_solve_tridiagonal(d, b), banded);
    cj_context_free(c);
}

/* Derivatives of eigenvalues and -vectors of a general matrix against differences of what the library computes. */
static cj_tensor *of_eig(cj_tensor *x)
{
    const double data[16] = {1, 2, 0, 0.3, -2, 1, 0.5, 0, 0.1, 0.4, 3, 1, 0.2, 0, 0.3, -4};
    cj_tensor *a =
        cj_add(x, cj_tensor_from(cj_tensor_context(x), CJ_F64, 2, (int64_t[]){4, 4}, data));
    cj_eig_result e = cj_eig(a);
    cj_tensor *w = cj_add(cj_sin(e.values.re), cj_mul(e.values.im, cj_cos(e.values.im)));
    cj_tensor *v = cj_add(cj_exp(e.vectors.re), cj_mul(e.vectors.im, cj_square(e.vectors.re)));
    cj_tensor *c = cj_cos(cj_reshape(cj_iota(cj_tensor_context(x), CJ_F64, 1, &(int64_t){16}, 0), 2,
                                     (int64_t[]){4, 4}));
    return cj_add(cj_sum(w, CJ_ALL, false), cj_sum(cj_mul(c, v), CJ_ALL, false));
}

static void derivatives_of_eig(void **state)
{
    (void)state;
    cj_context *c = op_context(1);
    const int64_t shape[] = {4, 4};
    cj_tensor *x = cj_input(c, "x", CJ_F64, 2, shape), *t = made(c, CJ_F64, 2, shape, -1, 1, 3);
    cj_tensor *y = of_eig(x), *out[4];
    assert_int_equal(cj_grad(y, 1, &x, &out[1]), CJ_OK);
    cj_tensor *along = cj_sum(cj_mul(out[1], t), CJ_ALL, false);
    assert_int_equal(cj_jvp(1, &x, &t, 1, &y, &out[2]), CJ_OK);
    assert_int_equal(cj_grad(along, 1, &x, &out[3]), CJ_OK);
    out[0] = y;
    cj_tensor *all[] = {out[0], along, out[1], out[2], out[3]};
    cj_program *p = cj_compile(c, 5, all, NULL);
    assert_non_null(p);
    double at[16] = {0}, first[16], second[16], below[2];
    cj_feed feed = {"x", at};
    assert_int_equal(cj_run(p, 1, &feed), CJ_OK);
    memcpy(first, cj_output(p, 2), sizeof first);
    memcpy(second, cj_output(p, 4), sizeof second);
    assert_true(fabs(*(const double *)cj_output(p, 3) - *(const double *)cj_output(p, 1)) < 1e-11);
    for (int i = 0; i < 16; i++) {
        const double h = 1e-5;
        at[i] = -h;
        assert_int_equal(cj_run(p, 1, &feed), CJ_OK);
        below[0] = *(const double *)cj_output(p, 0), below[1] = *(const double *)cj_output(p, 1);
        at[i] = h;
        assert_int_equal(cj_run(p, 1, &feed), CJ_OK);
        assert_true(fabs((*(const double *)cj_output(p, 0) - below[0]) / (2 * h) - first[i]) <
                    1e-7);
        assert_true(fabs((*(const double *)cj_output(p, 1) - below[1]) / (2 * h) - second[i]) <
                    1e-6);
        at[i] = 0;
    }
    cj_program_free(p);
    cj_context_free(c);
}

static void no_lapack(void **state)
{
    (void)state;
    const char *was = getenv("CAJAL_LAPACK");
    char *copy = was ? strdup(was) : NULL;
    setenv("CAJAL_LAPACK", "/nowhere/liblapack.so", 1);
    cj_context *c = op_context(1);
    cj_tensor *a = cj_eye(c, CJ_F32, 3), *l = cj_cholesky(a), *e = cj_matrix_exp(a);
    float got[9];
    assert_null(cj_compile(c, 1, &l, NULL));
    assert_int_equal(cj_error_status(c), CJ_MISSING);
    assert_string_equal(cj_error(c),
                        "cholesky: CAJAL_LAPACK names \"/nowhere/liblapack.so\", which "
                        "is no LAPACK library");
    assert_null(cj_lapack_provider(c));
    assert_int_equal(cj_read(e, got, sizeof got), CJ_OK); /* the context goes on */
    cj_context_free(c);
    if (copy)
        setenv("CAJAL_LAPACK", copy, 1);
    else
        unsetenv("CAJAL_LAPACK");
    free(copy);
}

int main(void)
{
    const struct CMUnitTest alone[] = {cmocka_unit_test(no_lapack)};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(factors_do_what_they_must),
        cmocka_unit_test(bits_are_those_of_one_matrix),
        cmocka_unit_test(without_result),
        cmocka_unit_test(golden),
        cmocka_unit_test(derivatives_of_eig),
    };
    int failed = cmocka_run_group_tests(alone, NULL, NULL);
    if (lapack_is_here("cpu/test_linalg, but for no_lapack,"))
        failed += cmocka_run_group_tests(tests, NULL, NULL);
    return failed;
}
