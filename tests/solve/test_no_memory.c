/*
 * Each allocation of the minimisers and solvers fails in turn, once and from there on: NO_MEMORY, nothing
 * lost, nothing crashed.
 */
#include "base/failing_allocator.h"
#include "cajal/cajal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static cj_tensor *field(void *user, cj_tensor *t, cj_tensor *y, cj_tensor *const *p)
{
    (void)user;
    (void)t;
    return cj_mul(p[0], y);
}

static cj_status solve(cj_context *context)
{
    const double times[2] = {0, 1};
    double out[4];
    cj_tensor *y = cj_full(context, CJ_F64, 1, (int64_t[]){2}, 1), *g;
    cj_tensor *t = cj_tensor_from(context, CJ_F64, 1, (int64_t[]){2}, times);
    cj_tensor *rate = cj_tap(cj_scalar(context, CJ_F64, -1));
    cj_tensor *path = cj_odeint(field, NULL, y, t, .parameters = 1, .parameter = &rate,
                                .max_steps = 50, .adjoint = true);
    cj_tensor *sum = path ? cj_sum(path, CJ_ALL, false) : NULL;
    if (!sum)
        return cj_error_status(context);
    cj_status status = cj_grad(sum, 1, &rate, &g);
    return status == CJ_OK ? cj_read(g, out, sizeof *out) : status;
}

static cj_status minimise(cj_context *context)
{
    cj_scope *s = cj_scope_new(context);
    if (!s)
        return CJ_NO_MEMORY;
    cj_tensor *x = cj_full(context, CJ_F32, 2, (int64_t[]){3, 2}, 0.5);
    cj_tensor *y = cj_linear(s, "fc", x, .out_features = 1);
    cj_tensor *square = y ? cj_sum(cj_square(y), CJ_ALL, false) : NULL;
    if (!square)
        return cj_error_status(context);
    cj_status status = cj_lbfgs(s, square, .max_iter = 3);
    return status == CJ_OK ? cj_levenberg_marquardt(s, y, .max_iter = 2) : status;
}

static cj_status evolve(cj_context *context)
{
    const double low[2] = {0, 0}, high[2] = {1, 1}, value[8] = {3, 1, 2, 4, 5, 6, 7, 8};
    cj_cma *cma = cj_cma_new(context, 2, low, 1);
    cj_genetic *g = cma ? cj_genetic_new(context, 2, low, high, .population = 8) : NULL;
    bool asked = g && cj_cma_ask(cma) && cj_genetic_ask(g);
    cj_status status = asked ? cj_cma_tell(cma, value) : cj_error_status(context);
    if (status == CJ_OK)
        status = cj_genetic_tell(g, value);
    cj_cma_free(cma);
    cj_genetic_free(g);
    return status;
}

typedef cj_status job(cj_context *context);

static void each_fails(job *run)
{
    failing_allocator count = {0};
    cj_config config = {.allocator = failing_allocator_use(&count), .threads = 1};
    cj_context *context = cj_context_new(&config, NULL, 0);
    cj_status status = run(context);
    if (status != CJ_OK)
        fail_msg("%s", cj_error(context));
    cj_context_free(context);
    assert_true(count.blocks == 0 && count.bytes == 0 && count.calls > 10);
    for (int64_t n = 1; n <= count.calls; n++) {
        failing_allocator a = {.fail_at = n, .persistent = n % 2};
        config.allocator = failing_allocator_use(&a);
        context = cj_context_new(&config, NULL, 0);
        if (context) {
            status = run(context);
            if (status != CJ_NO_MEMORY && !(status == CJ_OK && !a.persistent))
                fail_msg("allocation %d of %d: status %d, \"%s\"", (int)n, (int)count.calls,
                         (int)status, cj_error(context));
            cj_context_free(context);
        }
        if (a.blocks || a.bytes)
            fail_msg("allocation %d: %d blocks, %d bytes lost", (int)n, (int)a.blocks,
                     (int)a.bytes);
    }
}

static void test_solve(void **state)
{
    (void)state;
    each_fails(solve);
}

static void test_minimise(void **state)
{
    (void)state;
    each_fails(minimise);
}

static void test_evolve(void **state)
{
    (void)state;
    each_fails(evolve);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_solve),
        cmocka_unit_test(test_minimise),
        cmocka_unit_test(test_evolve),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
