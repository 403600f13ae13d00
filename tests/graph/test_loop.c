/*
 * What a loop refuses, in sentences; what it captures; draws and records in a body.
 */
#include "cajal/cajal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static cj_context *new_context(void)
{
    cj_context *c = cj_context_new(NULL, NULL, 0);
    assert_non_null(c);
    return c;
}

static void same(void *user, cj_body *b)
{
    (void)user;
    b->next[0] = b->carry[0];
}

static void wider(void *user, cj_body *b)
{
    (void)user;
    b->next[0] = cj_add(b->carry[0], cj_full(b->context, CJ_F32, 1, (int64_t[]){3}, 1));
}

static void whole(void *user, cj_body *b)
{
    (void)user;
    b->next[0] = cj_cast(b->carry[0], CJ_I32);
}

static void forgets(void *user, cj_body *b)
{
    (void)user, (void)b;
}

static void stops(void *user, cj_body *b)
{
    same(user, b);
    b->go = cj_lt(b->carry[0], cj_like(b->carry[0], 0));
}

static void stops_oddly(void *user, cj_body *b)
{
    same(user, b);
    b->go = b->carry[0];
}

static void test_sentences(void **state)
{
    (void)state;
    static const struct {
        const char *sentence;
        cj_status status;
        cj_body_fn *body;
        int64_t capacity;
        int rows; /* 1: xs of rank 0, 2: of two extents */
        bool reverse, with_go, with_count;
    } wrong[] = {
        {"carry 1 is f32[], but the body makes it f32[3]", CJ_SHAPE, wider, 3, 0, 0, 0, 0},
        {"carry 1 is f32[], but the body makes it i32[]", CJ_DTYPE, whole, 3, 0, 0, 0, 0},
        {"what the body sets as next 1 is NULL", CJ_INVALID, forgets, 3, 0, 0, 0, 0},
        {"it has no end", CJ_INVALID, same, 0, 0, 0, 0, 0},
        {"capacity -2 is negative", CJ_INVALID, same, -2, 0, 0, 0, 0},
        {"xs 1 is f32[]; its first axis must have one element an iteration", CJ_SHAPE, same, 0, 1,
         0, 0, 0},
        {"xs 2 is f32[4]", CJ_SHAPE, same, 0, 2, 0, 0, 0},
        {"cannot run in reverse", CJ_INVALID, stops, 3, 0, true, 0, 0},
        {"go is given, but the body does not set it", CJ_INVALID, same, 3, 0, 0, true, 0},
        {"go is f32[]; it must be bool", CJ_DTYPE, stops_oddly, 3, 0, 0, 0, 0},
        {"count is f32[]; it must be i64", CJ_DTYPE, same, 3, 0, 0, 0, true},
    };
    for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) {
        cj_context *c = new_context();
        cj_tensor *init = cj_scalar(c, CJ_F32, 1), *last = init;
        cj_tensor *x[2] = {cj_full(c, CJ_F32, 1, (int64_t[]){3}, 1),
                           cj_full(c, CJ_F32, 1, (int64_t[]){4}, 1)};
        if (wrong[k].rows == 1)
            x[0] = init;
        cj_status status =
            cj_loop(c, wrong[k].body, NULL, .carries = 1, .init = &init, .xs = wrong[k].rows,
                    .x = x, .capacity = wrong[k].capacity, .reverse = wrong[k].reverse,
                    .last = &last, .go = wrong[k].with_go ? cj_scalar(c, CJ_BOOL, 1) : NULL,
                    .count = wrong[k].with_count ? init : NULL);
        if (status != wrong[k].status || !strstr(cj_error(c), wrong[k].sentence))
            fail_msg("%d, \"%s\": expected %d, \"%s\"", (int)status, cj_error(c),
                     (int)wrong[k].status, wrong[k].sentence);
        assert_non_null(strstr(cj_error(c), "test_loop.c"));
        assert_null(last);
        cj_context_free(c);
    }
}

static void one(void *user, cj_tensor *const *operand, cj_tensor **result)
{
    (void)user;
    result[0] = operand[0];
}

static void two(void *user, cj_tensor *const *operand, cj_tensor **result)
{
    (void)user;
    result[0] = cj_cast(operand[0], CJ_F64);
}

static void test_branches_differ(void **state)
{
    (void)state;
    cj_context *c = new_context();
    cj_tensor *x = cj_scalar(c, CJ_F32, 1), *r = x;
    assert_int_equal(cj_cond(cj_scalar(c, CJ_BOOL, 1), one, two, NULL, 1, &x, 1, &r), CJ_DTYPE);
    assert_non_null(strstr(cj_error(c), "result 1 is f32[] in one branch, f64[] in the other"));
    assert_null(r);
    cj_context_free(c);
}

/* ---- scopes in bodies ---- */

static void draws(void *user, cj_body *b)
{
    b->y[0] = cj_random_uniform(cj_scope_key(user), CJ_F64, 0, NULL);
    b->y[1] = cj_random_uniform(cj_scope_key(user), CJ_F64, 0, NULL);
}

static void draws_of_draws(void *user, cj_body *b)
{
    cj_loop(b->context, draws, user, .ys = 2, .capacity = 3, .y = b->y);
}

static void test_draws(void **state)
{
    (void)state;
    cj_context *c = new_context();
    cj_scope *s = cj_scope_new(c);
    cj_tensor *y[2];
    cj_loop(c, draws_of_draws, s, .ys = 2, .capacity = 4, .y = y);
    assert_int_equal(cj_context_status(c), CJ_OK);
    double value[24];
    assert_int_equal(cj_read(y[0], value, 12 * sizeof *value), CJ_OK);
    assert_int_equal(cj_read(y[1], value + 12, 12 * sizeof *value), CJ_OK);
    for (int i = 0; i < 24; i++)
        for (int j = 0; j < i; j++)
            assert_true(value[i] != value[j]);
    cj_scope_free(s);
    cj_context_free(c);
}

static void normalises(void *user, cj_body *b)
{
    b->next[0] = cj_batch_norm(user, "norm", b->carry[0]);
}

static void test_records(void **state)
{
    (void)state;
    for (int training = 0; training < 2; training++) {
        cj_context *c = new_context();
        cj_scope *s = cj_scope_new(c);
        cj_scope_build(s, training);
        cj_tensor *x = cj_full(c, CJ_F32, 2, (int64_t[]){4, 3}, 1), *last;
        cj_status status = cj_fori(3, normalises, s, 1, &x, &last);
        assert_int_equal(status, training ? CJ_INVALID : CJ_OK);
        if (training)
            assert_non_null(strstr(cj_error(c), "in the body of a loop"));
        cj_scope_free(s);
        cj_context_free(c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sentences),
        cmocka_unit_test(test_branches_differ),
        cmocka_unit_test(test_draws),
        cmocka_unit_test(test_records),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
