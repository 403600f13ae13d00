/*
 * tests/cpu/test_copy.c - what only moves: permuted, flipped, sliced, repeated, in shapes that take every way of copying, in every
 * size of element, with 1 to 3 threads, against plain loops.
 */
#include "cajal/index.h"
#include "compile/program.h"
#include "support/evaluate.h"
#include "support/op_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define I64(...) ((const int64_t[]){__VA_ARGS__})

static void check(cj_tensor *y)
{
    if (!y)
        fail();
    double *expected = calloc((size_t)y->elements + 1, sizeof *expected);
    evaluate(1, &y, 0, NULL, &expected);
    cj_program *p = cj_compile(y->context, 1, &y, NULL);
    assert_non_null(p);
    assert_int_equal(cj_run(p, 0, NULL), CJ_OK);
    for (int64_t e = 0; e < y->elements; e++)
        if (cj_number_at((cj_dtype)y->dtype, cj_output(p, 0), e) != expected[e]) {
            char text[160];
            fail_msg("%s %s, element %lld", cj_op_table[y->op].name,
                     cj_shape_text(y, text, sizeof text), (long long)e);
        }
    cj_program_free(p);
    free(expected);
}

static void moved_elements_are_the_loops(void **state)
{
    (void)state;
    static const cj_dtype dtypes[] = {CJ_U8, CJ_F32, CJ_F64};
    static const int64_t shapes[][3] = {{1, 1, 1},    {3, 1, 7},   {2, 33, 70}, {40, 5, 3},
                                        {1, 130, 67}, {5, 2, 900}, {700, 3, 2}, {2, 0, 4},
                                        {3, 64, 64},  {1, 1, 9000}};
    static const int orders[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                    {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    for (int threads = 1; threads <= 3; threads++) {
        cj_context *context = op_context(threads);
        for (size_t s = 0; s < CJ_COUNT(shapes); s++)
            for (size_t d = 0; d < CJ_COUNT(dtypes); d++) {
                cj_tensor *x = made(context, dtypes[d], 3, shapes[s], 0, 250, s);
                for (size_t o = 0; o < CJ_COUNT(orders); o++) {
                    cj_tensor *turned = cj_permute(x, orders[o]);
                    check(turned);
                    check(cj_flip(turned, 5));
                    check(cj_slice(turned, I64(0, 0, 0), cj_shape(turned), I64(2, 1, 3)));
                }
                check(cj_repeat_interleave(x, 3, 2));
                check(cj_repeat_interleave(x, 2, 0));
                check(cj_tile(x, I64(2, 3, 1)));
                check(cj_concat(2, 2, (cj_tensor *[]){x, x}));
                check(cj_concat(0, 2, (cj_tensor *[]){x, x}));
                check(cj_pad(x, I64(1, 0, 2), I64(0, 1, 1)));
                check(cj_reshape(cj_permute(x, orders[5]), 1, I64(x->elements)));
            }
        cj_context_free(context);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moved_elements_are_the_loops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
