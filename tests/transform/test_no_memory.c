/*
 * tests/transform/test_no_memory.c - each allocation of a transformation fails in turn: an error, nothing lost.
 */
#include "base/failing_allocator.h"
#include "cajal/abstract.h"
#include "cajal/custom.h"
#include "cajal/implicit.h"
#include "cajal/index.h"
#include "cajal/transform.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static cj_status differentiate(cj_context *c)
{
    cj_tensor *x = cj_input(c, "x", CJ_F32, 2, (const int64_t[]){3, 4}), *y = x;
    for (int i = 0; i < 300; i++)
        y = cj_tanh(cj_shift(y, i));
    y = cj_sum(y, CJ_ALL, false);
    cj_tensor *gradient = NULL, *pushed = NULL;
    cj_status status = y ? cj_grad(y, 1, &x, &gradient) : CJ_NO_MEMORY;
    if (status == CJ_OK)
        status = cj_jvp(1, &x, &x, 1, &gradient, &pushed);
    assert_true((status == CJ_OK) == (pushed != NULL));
    return status;
}

static cj_status transform(cj_context *c)
{
    cj_tensor *x = cj_input(c, "x", CJ_F32, 1, (const int64_t[]){3}), *y = x;
    for (int i = 0; i < 30; i++)
        y = cj_tanh(cj_shift(y, i));
    cj_tensor *loss = cj_sum(y, CJ_ALL, false);
    cj_tensor *many = cj_input(c, "many", CJ_F32, 2, (const int64_t[]){2, 3});
    cj_tensor *out[6] = {NULL};
    cj_status status = many && loss ? CJ_OK : CJ_NO_MEMORY;
    if (status == CJ_OK)
        status = cj_vmap(1, &x, &many, 1, &y, out);
    if (status == CJ_OK)
        status = cj_replace(1, &x, &y, 1, &loss, out + 1);
    if (status == CJ_OK)
        status = cj_jacobian(y, 1, &x, out + 2);
    if (status == CJ_OK)
        status = cj_hessian(loss, 1, &x, out + 3);
    if (status == CJ_OK)
        status = cj_taylor(1, &x, &x, y, 2, out + 4);
    bool all = true;
    for (int i = 0; i < 6; i++)
        all &= out[i] != NULL;
    assert_true((status == CJ_OK) == all);
    return status;
}

static cj_tensor *cubic(void *user, cj_tensor *z, int count, cj_tensor *const *theta)
{
    (void)user, (void)count;
    return cj_sub(cj_add(cj_mul(cj_square(z), z), z), theta[0]);
}

/* Solutions, their derivatives, lanes of them; a set through a net. */
static cj_status solve(cj_context *c)
{
    cj_tensor *x = cj_input(c, "x", CJ_F64, 1, (const int64_t[]){3}), *first = NULL, *lanes = NULL;
    cj_tensor *many = cj_input(c, "many", CJ_F64, 2, (const int64_t[]){2, 3});
    cj_tensor *z = many ? cj_root(cubic, cj_sin(x), 1, &x) : NULL;
    cj_tensor *loss = cj_sum(cj_straight_through(cj_round(z), z), CJ_ALL, false);
    cj_status status = loss ? cj_grad(loss, 1, &x, &first) : CJ_NO_MEMORY;
    if (status == CJ_OK)
        status = cj_vmap(1, &x, &many, 1, &first, &lanes);
    cj_abstract set = {.center = x, .radius = x, .errors = many}, out = {0};
    if (status == CJ_OK)
        loss = cj_sum(cj_relu(cj_sub(cj_tanh(x), cj_square(x))), CJ_ALL, false);
    if (status == CJ_OK)
        status = loss ? cj_propagate(1, &x, &set, 1, &loss, &out) : CJ_NO_MEMORY;
    assert_true((status == CJ_OK) == (lanes && out.errors && out.radius));
    return status;
}

/* Builders that take memory of their own, and what they are made of. */
static cj_status arrange(cj_context *c)
{
    cj_tensor *x = cj_input(c, "x", CJ_F32, 3, (const int64_t[]){2, 3, 4});
    cj_tensor *stacked = cj_stack(0, 2, (cj_tensor *[]){x, x});
    cj_tensor *resized = cj_resize(stacked, 2, (const int64_t[]){5, 6}, CJ_RESIZE_CUBIC, false);
    cj_tensor *product = cj_einsum("abij,abij->ij", 2, (cj_tensor *[]){resized, resized});
    cj_unique_result unique = cj_unique(product);
    cj_tensor *y = cj_sum(cj_cumprod(cj_sort(unique.values, 0, true), 0), CJ_ALL, false), *g = NULL;
    assert_true(unique.values || (!unique.count && !unique.inverse && !unique.counts));
    return y ? cj_grad(y, 1, &x, &g) : CJ_NO_MEMORY;
}

static void fail_each(cj_status (*build)(cj_context *))
{
    cj_status status = CJ_NO_MEMORY;
    int64_t n = 1;
    for (; status != CJ_OK && n < 10000; n++) {
        failing_allocator a = {.fail_at = n, .persistent = n % 2};
        cj_config config = {.allocator = failing_allocator_use(&a), .threads = 1};
        cj_context *c = cj_context_new(&config, NULL, 0);
        if (c) {
            status = build(c);
            assert_true((status == CJ_OK) == !a.failed);
            if (status != CJ_OK) {
                assert_int_equal(status, CJ_NO_MEMORY);
                assert_int_equal(cj_context_status(c), CJ_NO_MEMORY);
                assert_non_null(strstr(cj_error(c), "out of memory"));
            }
            cj_context_free(c);
        }
        assert_true(a.blocks == 0 && a.bytes == 0);
    }
    assert_int_equal(status, CJ_OK);
    assert_true(n > 20);
}

static void test_arrange(void **state)
{
    (void)state;
    fail_each(arrange);
}

static void test_differentiate(void **state)
{
    (void)state;
    fail_each(differentiate);
}

static void test_transform(void **state)
{
    (void)state;
    fail_each(transform);
}

static void test_solve(void **state)
{
    (void)state;
    fail_each(solve);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arrange),
        cmocka_unit_test(test_differentiate),
        cmocka_unit_test(test_transform),
        cmocka_unit_test(test_solve),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
