/*
 * tests/transform/test_arrange.c - derivatives of movement, einsum, windows as columns, resizing and sampling, every order,
 * against differences.
 */
#include "cajal/index.h"
#include "support/derivatives.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define I64(...) ((const int64_t[]){__VA_ARGS__})
#define THEN_SQUARED(name, expression)                                                             \
    static cj_tensor *y_##name(cj_tensor **x)                                                      \
    {                                                                                              \
        cj_tensor *y = expression;                                                                 \
        return cj_mul(cj_exp(y), y);                                                               \
    }

static cj_tensor *second_part(cj_tensor *x)
{
    cj_tensor *part[2];
    return cj_chunk(x, 1, 2, part) == CJ_OK ? part[1] : NULL;
}

THEN_SQUARED(reflect, cj_pad_mode(x[0], CJ_PAD_REFLECT, I64(1, 2), I64(0, 1)))
THEN_SQUARED(edge, cj_pad_mode(x[0], CJ_PAD_EDGE, I64(1, 0), I64(2, 3)))
THEN_SQUARED(circular, cj_pad_mode(x[0], CJ_PAD_CIRCULAR, I64(-1, 2), I64(1, 3)))
THEN_SQUARED(roll, cj_roll(x[0], 2, 1))
THEN_SQUARED(stack, cj_stack(1, 2, (cj_tensor *[]){x[0], cj_sin(x[0])}))
THEN_SQUARED(tile, cj_tile(x[0], I64(2, 2)))
THEN_SQUARED(repeat, cj_repeat_interleave(x[0], 3, 0))
THEN_SQUARED(chunk, second_part(x[0]))
THEN_SQUARED(tril, cj_tril(x[0], 0))
THEN_SQUARED(diagonal, cj_diagonal(x[0], 1))
THEN_SQUARED(diag_embed, cj_diag_embed(x[0], -1))
THEN_SQUARED(kron, cj_kron(x[0], x[1]))
THEN_SQUARED(cross, cj_cross(x[0], x[1], 1))
THEN_SQUARED(outer, cj_outer(x[0], x[1]))
THEN_SQUARED(masked_fill, cj_masked_fill(x[0], cj_lt(x[0], cj_like(x[0], 0.1)), 2))
THEN_SQUARED(einsum, cj_einsum("bij,kj,bi->kb", 3, (cj_tensor *[]){x[0], x[1], x[2]}))
THEN_SQUARED(einsum_diagonal, cj_einsum("iij->ji", 1, (cj_tensor *[]){x[0]}))
static const cj_window_options columns = {2, {2, 2}, {1, 2}, {1, 1}, {1, 1}, {1, 0}, {0, 1}};
THEN_SQUARED(unfold, cj_unfold(x[0], &columns))
THEN_SQUARED(fold, cj_fold_windows(x[0], &columns, I64(2, 3)))
THEN_SQUARED(nearest, cj_resize(x[0], 2, I64(3, 2), CJ_RESIZE_NEAREST, false))
THEN_SQUARED(bilinear, cj_resize(x[0], 2, I64(3, 5), CJ_RESIZE_LINEAR, false))
THEN_SQUARED(bicubic, cj_resize(x[0], 2, I64(1, 4), CJ_RESIZE_CUBIC, true))
THEN_SQUARED(sample, cj_grid_sample(x[0], x[1], NULL))
THEN_SQUARED(sample_border, cj_grid_sample(x[0], cj_scale(x[1], 1.2),
                                           &(cj_sample_options){.padding = CJ_SAMPLE_BORDER,
                                                                .align_corners = true}))
THEN_SQUARED(sample_nearest, cj_grid_sample(x[0], x[1], &(cj_sample_options){.nearest = true}))

static void test_movement(void **state)
{
    (void)state;
    const function row[] = {
        {"reflect", y_reflect, 1, -1, 1, {{2, {2, 3}}}},
        {"edge", y_edge, 1, -1, 1, {{2, {2, 1}}}},
        {"circular", y_circular, 1, -1, 1, {{2, {2, 3}}}},
        {"roll", y_roll, 1, -1, 1, {{2, {2, 3}}}},
        {"roll of nothing", y_roll, 1, -1, 1, {{2, {2, 0}}}},
        {"stack", y_stack, 1, -1, 1, {{2, {2, 3}}}},
        {"tile", y_tile, 1, -1, 1, {{2, {2, 1}}}},
        {"repeat", y_repeat, 1, -1, 1, {{2, {2, 2}}}},
        {"repeat of rows", y_repeat, 1, -1, 1, {{2, {2, 9}}}},
        {"chunk", y_chunk, 1, -1, 1, {{2, {2, 5}}}},
        {"tril", y_tril, 1, -1, 1, {{3, {2, 2, 3}}}},
        {"diagonal", y_diagonal, 1, -1, 1, {{3, {2, 3, 3}}}},
        {"diagonal of transposed", y_diagonal, 1, -1, 1, {{2, {1, 3}}}},
        {"diag_embed", y_diag_embed, 1, -1, 1, {{2, {2, 2}}}},
        {"kron", y_kron, 2, -1, 1, {{2, {2, 1}}, {2, {1, 3}}}},
        {"cross", y_cross, 2, -1, 1, {{2, {2, 3}}, {2, {2, 3}}}},
        {"outer", y_outer, 2, -1, 1, {{1, {2}}, {1, {3}}}},
        {"masked_fill", y_masked_fill, 1, -1, 1, {{2, {2, 3}}}},
        {"einsum", y_einsum, 3, -1, 1, {{3, {2, 2, 3}}, {2, {2, 3}}, {2, {2, 2}}}},
        {"einsum of nothing", y_einsum, 3, -1, 1, {{3, {2, 2, 0}}, {2, {2, 0}}, {2, {2, 2}}}},
        {"einsum of a diagonal", y_einsum_diagonal, 1, -1, 1, {{3, {2, 2, 3}}}},
    };
    for (size_t i = 0; i < CJ_COUNT(row); i++)
        check_derivatives(&row[i], i % 4 == 0);
}

static void test_resampling(void **state)
{
    (void)state;
    const function row[] = {
        {"unfold", y_unfold, 1, -1, 1, {{4, {1, 2, 2, 3}}}},
        {"fold", y_fold, 1, -1, 1, {{3, {1, 4, 4}}}},
        {"nearest", y_nearest, 1, -1, 1, {{3, {2, 2, 3}}}},
        {"bilinear", y_bilinear, 1, -1, 1, {{3, {2, 2, 3}}}},
        {"bicubic", y_bicubic, 1, -1, 1, {{3, {1, 2, 3}}}},
        {"grid_sample", y_sample, 2, -1, 1, {{4, {1, 2, 2, 3}}, {4, {1, 2, 1, 2}}}},
        {"grid_sample of channels", y_sample, 2, -1, 1, {{4, {1, 8, 2, 2}}, {4, {1, 1, 2, 2}}}},
        {"grid_sample at the border",
         y_sample_border,
         2,
         -1,
         1,
         {{4, {1, 1, 2, 3}}, {4, {1, 2, 2, 2}}}},
        {"grid_sample of the nearest",
         y_sample_nearest,
         2,
         -1,
         1,
         {{4, {1, 1, 2, 3}}, {4, {1, 2, 2, 2}}}},
    };
    for (size_t i = 0; i < CJ_COUNT(row); i++)
        check_derivatives(&row[i], i % 2 == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_movement),
        cmocka_unit_test(test_resampling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
