/*
 * tests/graph/test_index_ops.c - indexing, sorting, movement, resizing, einsum: values against PyTorch's and NumPy's, what
 * they leave open, awkward shapes, sentences.
 */
#include "cajal/index.h"
#include "cajal/program.h"
#include "golden/index_ops.h"
#include "graph/graph.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define I64(...) ((const int64_t[]){__VA_ARGS__})
#define SHAPE(...) (int)(sizeof(I64(__VA_ARGS__)) / sizeof(int64_t)), I64(__VA_ARGS__)
#define TENSORS(...)                                                                               \
    (cj_tensor *const[])                                                                           \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }

static cj_context *context;

/* The inputs of tests/golden/index_ops.py. */
static cj_tensor *made(int64_t seed, int rank, const int64_t *shape)
{
    double data[256];
    int64_t elements = 1;
    for (int i = 0; i < rank; i++)
        elements *= shape[i];
    assert_true(elements <= 256 || rank == 3);
    double *values = elements <= 256 ? data : malloc(sizeof *values * (size_t)elements);
    for (int64_t i = 0; i < elements; i++)
        values[i] = (double)((7 * i * i + 13 * i + 29 * seed) % 101 - 50) / 16;
    cj_tensor *x = cj_tensor_from(context, CJ_F64, rank, shape, values);
    if (values != data)
        free(values);
    return x;
}

static cj_tensor *numbers(int32_t modulus, int rank, const int64_t *shape)
{
    int32_t data[128];
    int64_t elements = 1;
    for (int i = 0; i < rank; i++)
        elements *= shape[i];
    assert_true(elements <= 128);
    for (int32_t i = 0; i < elements; i++)
        data[i] = (i * 5 + 1) % modulus;
    return cj_tensor_from(context, CJ_I32, rank, shape, data);
}

static cj_tensor *listed(int count, const int32_t *data)
{
    return cj_tensor_from(context, CJ_I32, 1, I64(count), data);
}

static double *values_of(cj_tensor *x)
{
    if (!x)
        fail_msg("%s", cj_error(context));
    double *data = calloc((size_t)cj_elements(x) + 1, sizeof *data);
    cj_status status = cj_read(cj_cast(x, CJ_F64), data, (size_t)cj_elements(x) * sizeof *data);
    if (status)
        fail_msg("%s", cj_error(context));
    return data;
}

static void check(const char *name, cj_tensor *x, const double *expected, size_t bytes)
{
    double *got = values_of(x);
    if ((size_t)cj_elements(x) * sizeof *got != bytes)
        fail_msg("%s: %lld elements", name, (long long)cj_elements(x));
    for (int64_t i = 0; i < cj_elements(x); i++)
        if (!(fabs(got[i] - expected[i]) <= 1e-12 * (1 + fabs(expected[i]))))
            fail_msg("%s: element %lld is %.17g, not %.17g", name, (long long)i, got[i],
                     expected[i]);
    free(got);
}
#define CHECK(name, x) check(#name, x, golden_##name, sizeof golden_##name)

static int set_up(void **state)
{
    (void)state;
    context = cj_context_new(NULL, NULL, 0);
    return context == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    cj_context_free(context);
    return 0;
}

static void indexing_gives_the_golden_numbers(void **state)
{
    (void)state;
    cj_tensor *x = made(0, SHAPE(3, 4, 5)), *base = made(5, SHAPE(3, 4)),
              *src = made(6, SHAPE(3, 6));
    cj_tensor *where = numbers(4, SHAPE(3, 6)), *rows = made(7, SHAPE(6, 2));
    cj_tensor *segment = listed(6, (int32_t[]){2, 0, 2, 3, 0, 2});
    CHECK(gather, cj_gather(x, 1, numbers(4, SHAPE(3, 6, 5))));
    CHECK(take, cj_take(x, 2, listed(4, (int32_t[]){4, 0, 0, 3})));
    CHECK(scatter_add, cj_scatter_add(base, 1, where, src));
    CHECK(scatter_max, cj_scatter_max(base, 1, where, src));
    CHECK(scatter_min, cj_scatter_min(base, 1, where, src));
    CHECK(segment_mean, cj_segment_mean(rows, segment, 5));
}

static void sorting_gives_the_golden_numbers(void **state)
{
    (void)state;
    cj_tensor *x = made(0, SHAPE(3, 4, 5)), *v = made(2, SHAPE(6)), *sorted = cj_sort(v, 0, false);
    CHECK(cumsum, cj_cumsum(x, 1));
    CHECK(cumprod, cj_cumprod(x, 2));
    CHECK(cummax, cj_cummax(x, 1));
    CHECK(cummin, cj_cummin(x, 0));
    CHECK(sort, cj_sort(x, 1, false));
    CHECK(argsort, cj_argsort(x, 2, true));
    CHECK(top_k, cj_top_k(x, 3, 2, false, NULL));
    CHECK(searchsorted, cj_searchsorted(sorted, x, false));
    CHECK(searchsorted_right, cj_searchsorted(sorted, cj_flip(v, CJ_ALL), true));
    CHECK(quantile, cj_quantile(x, 0.3, 1, false));
    CHECK(median, cj_median(x, 1, false));
    cj_unique_result unique = cj_unique(x);
    double *count = values_of(unique.count);
    assert_int_equal((int64_t)count[0], CJ_COUNT(golden_unique));
    CHECK(unique, cj_narrow(unique.values, 0, 0, (int64_t)count[0]));
    CHECK(unique_counts, cj_narrow(unique.counts, 0, 0, (int64_t)count[0]));
    CHECK(unique_inverse, unique.inverse);
    free(count);
}

static void movement_gives_the_golden_numbers(void **state)
{
    (void)state;
    cj_tensor *x = made(0, SHAPE(3, 4, 5)), *pic = made(3, SHAPE(2, 3, 4, 5));
    cj_tensor *a = made(8, SHAPE(3, 4)), *b = made(9, SHAPE(4, 5));
    CHECK(pad_reflect, cj_pad_mode(pic, CJ_PAD_REFLECT, I64(0, 0, 1, 2), I64(0, 0, 2, 3)));
    CHECK(pad_edge, cj_pad_mode(pic, CJ_PAD_EDGE, I64(0, 0, 1, 2), I64(0, 0, 0, 6)));
    CHECK(pad_circular, cj_pad_mode(pic, CJ_PAD_CIRCULAR, I64(0, 0, 1, 2), I64(0, 0, 2, 5)));
    CHECK(roll, cj_roll(x, -3, 2));
    CHECK(tile, cj_tile(x, I64(2, 1, 3)));
    CHECK(repeat_interleave, cj_repeat_interleave(x, 2, 1));
    CHECK(tril, cj_tril(x, 1));
    CHECK(triu, cj_triu(x, -1));
    CHECK(diagonal, cj_diagonal(x, 1));
    CHECK(diagonal_below, cj_diagonal(x, -2));
    CHECK(diag_embed, cj_diag_embed(a, -1));
    CHECK(diag_embed_above, cj_diag_embed(a, 2));
    CHECK(arange, cj_arange(context, CJ_F64, -1.5, 2.1, 0.75));
    CHECK(linspace, cj_linspace(context, CJ_F64, -1, 2, 7));
    CHECK(kron, cj_kron(a, cj_slice(b, I64(0, 0), I64(2, 3), NULL)));
    CHECK(cross, cj_cross(a, made(12, SHAPE(3, 4)), 0));
}

static void einsum_gives_the_golden_numbers(void **state)
{
    (void)state;
    cj_tensor *a = made(8, SHAPE(3, 4)), *b = made(9, SHAPE(4, 5)), *c = made(10, SHAPE(2, 3, 4));
    cj_tensor *d = made(11, SHAPE(3, 3)), *v = made(2, SHAPE(6));
    cj_tensor *row = cj_squeeze(cj_narrow(a, 0, 0, 1), 0);
    CHECK(einsum_matmul, cj_einsum("bij,jk->bik", 2, TENSORS(c, b)));
    CHECK(einsum_trace, cj_einsum("ii", 1, TENSORS(d)));
    CHECK(einsum_diagonal, cj_einsum("ii->i", 1, TENSORS(d)));
    CHECK(einsum_outer, cj_einsum("i,j->ji", 2, TENSORS(v, row)));
    CHECK(einsum_three, cj_einsum("bij, jk, bi -> kb", 3, TENSORS(c, b, made(13, SHAPE(2, 3)))));
    CHECK(einsum_ellipsis,
          cj_einsum("...ij,...jk->...ik", 2, TENSORS(c, made(14, SHAPE(1, 4, 2)))));
    CHECK(einsum_sum, cj_einsum("bij->j", 1, TENSORS(c)));
    CHECK(einsum_implied, cj_einsum("ba,cb", 2, TENSORS(a, made(15, SHAPE(2, 3)))));
    cj_tensor *whole =
        cj_einsum("ij,ij->i", 2, TENSORS(numbers(7, SHAPE(2, 3)), numbers(5, SHAPE(2, 3))));
    check("einsum of integers", whole, (double[]){1 * 1 + 6 * 1 + 4 * 1, 2 * 1 + 0 + 5 * 1}, 16);
}

static void resampling_gives_the_golden_numbers(void **state)
{
    (void)state;
    cj_tensor *pic = made(3, SHAPE(2, 3, 4, 5)), *x = made(0, SHAPE(3, 4, 5));
    cj_tensor *grid = cj_div(made(4, SHAPE(2, 3, 3, 2)), cj_scalar(context, CJ_F64, 2.5));
    const cj_window_options o = {2, {2, 3}, {2, 1}, {1, 2}, {1, 1}, {1, 2}, {1, 2}};
    CHECK(unfold, cj_unfold(pic, &o));
    CHECK(fold, cj_fold_windows(made(16, SHAPE(2, 18, 15)), &o, I64(4, 5)));
    CHECK(nearest, cj_resize(pic, 2, I64(7, 3), CJ_RESIZE_NEAREST, false));
    CHECK(bilinear, cj_resize(pic, 2, I64(7, 3), CJ_RESIZE_LINEAR, false));
    CHECK(bilinear_corners, cj_resize(pic, 2, I64(7, 3), CJ_RESIZE_LINEAR, true));
    CHECK(bicubic, cj_resize(pic, 2, I64(7, 9), CJ_RESIZE_CUBIC, false));
    CHECK(bicubic_corners, cj_resize(pic, 2, I64(3, 9), CJ_RESIZE_CUBIC, true));
    CHECK(linear, cj_resize(x, 1, I64(8), CJ_RESIZE_LINEAR, false));
    CHECK(sample, cj_grid_sample(pic, grid, NULL));
    CHECK(sample_corners, cj_grid_sample(pic, grid, &(cj_sample_options){.align_corners = true}));
    CHECK(sample_border,
          cj_grid_sample(pic, grid, &(cj_sample_options){.padding = CJ_SAMPLE_BORDER}));
    cj_tensor *points = cj_div(made(18, SHAPE(1, 2, 2, 2)), cj_scalar(context, CJ_F64, 3));
    CHECK(sample_channels, cj_grid_sample(made(17, SHAPE(1, 9, 2, 3)), points, NULL));
    CHECK(sample_nearest,
          cj_grid_sample(pic, grid, &(cj_sample_options){.nearest = true, .align_corners = true}));
}

/* What lies outside, what repeats, the order of ties and of NaN. */
static void edges_are_as_documented(void **state)
{
    (void)state;
    const double x[] = {1, NAN, -0.0, 0, -INFINITY, 1};
    cj_tensor *v = cj_tensor_from(context, CJ_F64, 1, I64(6), x);
    double *got = values_of(cj_argsort(v, 0, false));
    const double up[] = {4, 2, 3, 0, 5, 1}, down[] = {0, 5, 2, 3, 4, 1};
    assert_memory_equal(got, up, sizeof up);
    free(got);
    got = values_of(cj_argsort(v, 0, true));
    assert_memory_equal(got, down, sizeof down);
    free(got);
    cj_tensor *places = listed(4, (int32_t[]){-1, 6, 0, 5});
    got = values_of(cj_take(v, 0, places));
    assert_true(isnan(got[0]) && isnan(got[1]) && got[2] == 1 && got[3] == 1);
    free(got);
    got = values_of(cj_take(cj_iota(context, CJ_I32, 1, I64(6), 0), 0, places));
    assert_true(got[0] == 0 && got[1] == 0 && got[2] == 0 && got[3] == 5);
    free(got);
    cj_tensor *four = made(0, SHAPE(4));
    cj_tensor *set = cj_scatter_set(v, 0, listed(4, (int32_t[]){3, 9, 3, -2}), four);
    got = values_of(set);
    double *sent = values_of(four);
    assert_true(got[0] == 1 && got[3] == sent[2] && got[5] == 1);
    free(got);
    free(sent);
    const int64_t far[] = {INT64_MAX, INT64_MIN, 1, 5};
    cj_tensor *away = cj_tensor_from(context, CJ_I64, 1, I64(4), far);
    got = values_of(cj_scatter_add(cj_mul(v, cj_like(v, 0)), 0, away, four));
    sent = values_of(four);
    assert_true(got[0] == 0 && got[3] == 0 && got[5] == sent[3]);
    free(got);
    free(sent);
    got = values_of(cj_segment_max(v, listed(6, (int32_t[]){0, 2, 2, 0, 5, 0}), 4));
    assert_true(got[0] == 1 && got[1] == -INFINITY && isnan(got[2]) && got[3] == -INFINITY);
    free(got);
    got = values_of(cj_one_hot(listed(3, (int32_t[]){1, 5, -1}), 2, CJ_F32));
    const double hot[] = {0, 1, 0, 0, 0, 0};
    assert_memory_equal(got, hot, sizeof hot);
    free(got);
    got = values_of(cj_quantile(v, 0.2, 0, true));
    assert_true(isnan(got[0]));
    free(got);
}

static void nothing_is_a_shape(void **state)
{
    (void)state;
    cj_tensor *none = made(0, SHAPE(0, 3)), *v = made(0, SHAPE(3));
    assert_int_equal(cj_elements(cj_sort(none, 0, false)), 0);
    assert_int_equal(cj_elements(cj_cumsum(none, 0)), 0);
    assert_int_equal(cj_elements(cj_unique(none).values), 0);
    assert_int_equal(cj_elements(cj_tile(v, I64(0))), 0);
    assert_int_equal(cj_elements(cj_pad_mode(none, CJ_PAD_CIRCULAR, I64(0, 3), I64(0, 3))), 0);
    assert_int_equal(cj_elements(cj_arange(context, CJ_F32, 1, 0, 1)), 0);
    assert_int_equal(cj_elements(cj_diagonal(none, 0)), 0);
    assert_int_equal(cj_elements(cj_diagonal(made(0, SHAPE(2, 3)), 3)), 0);
    cj_tensor *sum = cj_einsum("ij->j", 1, TENSORS(none));
    check("einsum of nothing", sum, (double[]){0, 0, 0}, 24);
    check("matrix product of nothing", cj_einsum("ij,ik->jk", 2, TENSORS(none, none)),
          (double[9]){0}, 72);
    cj_tensor *part[2];
    assert_int_equal(cj_chunk(made(0, SHAPE(3, 2)), 0, 2, part), CJ_OK);
    assert_true(cj_extent(part[0], 0) == 2 && cj_extent(part[1], 0) == 1);
    assert_int_equal(cj_split(v, 0, 2, I64(0, 3), part), CJ_OK);
    assert_true(cj_extent(part[0], 0) == 0 && cj_extent(part[1], 0) == 3);
    assert_int_equal(cj_meshgrid(2, TENSORS(v, made(1, SHAPE(2))), part), CJ_OK);
    assert_true(cj_extent(part[1], 0) == 3 && cj_extent(part[1], 1) == 2);
    assert_int_equal(cj_elements(cj_outer(v, v)), 9);
    assert_int_equal(cj_elements(cj_stack(-1, 2, TENSORS(v, v))), 6);
    assert_int_equal(cj_context_status(context), CJ_OK);
}

static void bad_calls_are_told(void **state)
{
    (void)state;
    cj_tensor *x = made(0, SHAPE(3, 4)), *v = made(0, SHAPE(3)), *part[2];
    cj_tensor *n = numbers(3, SHAPE(3, 4));
#define TELLS(call, code, words)                                                                   \
    do {                                                                                           \
        (void)(call);                                                                              \
        assert_int_equal(cj_context_status(context), code);                                        \
        if (!strstr(cj_error(context), words))                                                     \
            fail_msg("'%s' does not say '%s'", cj_error(context), words);                          \
        cj_error_clear(context);                                                                   \
    } while (0)
    TELLS(cj_gather(x, 1, x), CJ_DTYPE, "gather: the index is f64[3, 4]");
    TELLS(cj_gather(x, 2, n), CJ_INVALID, "gather: axis 2");
    TELLS(cj_gather(v, 0, n), CJ_SHAPE, "gather: f64[3] by the index i32[3, 4]");
    TELLS(cj_scatter_add(x, 0, n, v), CJ_SHAPE, "scatter_add");
    TELLS(cj_segment_sum(x, n, 3), CJ_SHAPE, "segment_sum");
    TELLS(cj_cumsum(cj_lt(x, x), 0), CJ_DTYPE, "cumsum: bool[3, 4]");
    TELLS(cj_top_k(x, 5, 1, false, NULL), CJ_INVALID, "top_k: the first 5");
    TELLS(cj_quantile(x, 1.5, 1, false), CJ_INVALID, "quantile: 1.5");
    TELLS(cj_searchsorted(x, v, false), CJ_SHAPE, "searchsorted: f64[3, 4] for f64[3]");
    TELLS(cj_pad_mode(x, CJ_PAD_REFLECT, I64(0, 4), I64(0, 0)), CJ_SHAPE,
          "mode reflect has at most 3");
    TELLS(cj_split(x, 1, 2, I64(1, 2), part), CJ_SHAPE, "do not add up");
    TELLS(cj_tril(v, 0), CJ_SHAPE, "fewer than 2 axes");
    TELLS(cj_one_hot(x, 3, CJ_F32), CJ_DTYPE, "one_hot: f64[3, 4]");
    TELLS(cj_arange(context, CJ_F32, 0, 1, 0), CJ_INVALID, "arange");
    TELLS(cj_cross(x, x, 1), CJ_SHAPE, "cross");
    TELLS(cj_einsum("ij,j", 1, TENSORS(x)), CJ_INVALID, "as many operands");
    TELLS(cj_einsum("ijk", 1, TENSORS(x)), CJ_SHAPE, "f64[3, 4] has 2 axes, its letters name 3");
    TELLS(cj_einsum("ij,j->i", 2, TENSORS(x, v)), CJ_SHAPE, "its letter has elsewhere");
    TELLS(cj_einsum("ij->k", 1, TENSORS(x)), CJ_INVALID, "no operand has");
    TELLS(cj_einsum("ij->ii", 1, TENSORS(x)), CJ_INVALID, "letter twice");
    TELLS(cj_einsum("i?->i", 1, TENSORS(x)), CJ_INVALID, "takes letters");
    TELLS(cj_resize(x, 1, I64(-1), CJ_RESIZE_LINEAR, false), CJ_INVALID, "resize");
    TELLS(cj_grid_sample(x, x, NULL), CJ_SHAPE, "grid_sample");
    TELLS(cj_unfold(x, &(cj_window_options){.spatial = 2}), CJ_SHAPE, "unfold");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(indexing_gives_the_golden_numbers),
        cmocka_unit_test(sorting_gives_the_golden_numbers),
        cmocka_unit_test(movement_gives_the_golden_numbers),
        cmocka_unit_test(einsum_gives_the_golden_numbers),
        cmocka_unit_test(resampling_gives_the_golden_numbers),
        cmocka_unit_test(edges_are_as_documented),
        cmocka_unit_test(nothing_is_a_shape),
        cmocka_unit_test(bad_calls_are_told),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
