/*
 * tests/graph/test_errors.c - the sentence of every building error: op, what clashes, the caller's file and line.
 */
#include "cajal/fft.h"
#include "cajal/linalg.h"
#include "graph/graph.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define I64(...) ((const int64_t[]){__VA_ARGS__})

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

static void expect(cj_context *c, const cj_tensor *made, int line, cj_status status,
                   const char *sentence)
{
    /* A call that goes over several lines counts as its first or its last, as the compiler likes. */
    const size_t path = strlen(__FILE__);
    const char *error = cj_error(c), *rest = strstr(error + path + 1, ": ");
    long told = strtol(error + path + 1, NULL, 10);
    assert_null(made);
    assert_memory_equal(error, __FILE__ ":", path + 1);
    assert_non_null(rest);
    assert_string_equal(rest + 2, sentence);
    assert_true(labs(told - line) <= 3);
    assert_int_equal(cj_context_status(c), status);
    cj_error_clear(c);
}
#define EXPECT(made, status, sentence) expect(c, made, __LINE__, CJ_##status, sentence)

static cj_tensor *f32(cj_context *c, int rank, const int64_t *shape)
{
    return cj_input(c, "x", CJ_F32, rank, shape);
}

static void test_elementwise(void **state)
{
    cj_context *c = *state;
    cj_tensor *a = f32(c, 2, I64(2, 3)), *b = f32(c, 1, I64(4));
    cj_tensor *whole = cj_input(c, "i", CJ_I32, 2, I64(2, 3));
    cj_tensor *truth = cj_input(c, "b", CJ_BOOL, 1, I64(3));
    EXPECT(cj_add(a, b), SHAPE,
           "add: f32[2, 3] and f32[4] do not broadcast: extents, aligned at the end, must be equal "
           "or 1");
    EXPECT(cj_maximum(a, whole), DTYPE,
           "maximum: f32[2, 3] and i32[2, 3] have different data types; cj_cast one of them");
    EXPECT(cj_exp(whole), DTYPE, "exp: i32[2, 3]; it takes float");
    EXPECT(cj_neg(truth), DTYPE, "neg: bool[3]; it takes float, signed, unsigned");
    EXPECT(cj_shift_left(a, a), DTYPE, "shl: f32[2, 3]; it takes unsigned");
    EXPECT(cj_where(a, a, a), DTYPE, "where: the condition is f32[2, 3]; it must be bool");
    EXPECT(
        cj_where(truth, a, b), SHAPE,
        "where: bool[3], f32[2, 3] and f32[4] do not broadcast: extents, aligned at the end, must "
        "be equal or 1");
    EXPECT(cj_cast(a, (cj_dtype)99), DTYPE, "cast: 99 is no data type");
}

static void test_movement(void **state)
{
    cj_context *c = *state;
    cj_tensor *x = f32(c, 2, I64(2, 3));
    EXPECT(cj_reshape(x, 2, I64(4, 2)), SHAPE, "reshape: f32[2, 3] has 6 elements, [4, 2] has 8");
    EXPECT(
        cj_reshape(x, 2, I64(4, -1)), SHAPE,
        "reshape: f32[2, 3] to [4, -1]: one extent may be -1, if the others divide the elements");
    EXPECT(cj_permute(x, ((const int[]){0, 0})), INVALID,
           "permute: the axes [0, 0] do not name each axis of f32[2, 3] once");
    EXPECT(cj_expand(x, 2, I64(4, 3)), SHAPE,
           "expand: f32[2, 3] to [4, 3]: only axes of extent 1 can be repeated");
    EXPECT(cj_expand(x, 1, I64(3)), SHAPE, "expand: f32[2, 3] to rank 1; it is 2 to 16");
    EXPECT(cj_pad(x, I64(0, -2), I64(0, -2)), SHAPE,
           "pad: f32[2, 3] with -2 before and -2 after axis 1 leaves no extent of 0 to 2^60");
    EXPECT(
        cj_slice(x, I64(0, 1), I64(2, 4), NULL), INVALID,
        "slice: from 1 to 4 in steps of 1 along axis 1 of f32[2, 3]; it takes 0 <= start <= stop "
        "<= extent, step > 0");
    EXPECT(cj_flip(x, 4), INVALID, "flip: the axes 0x4 of f32[2, 3], which has 2");
    EXPECT(cj_concat(0, 2, ((cj_tensor *[]){x, f32(c, 2, I64(2, 4))})), SHAPE,
           "concat: f32[2, 3] and f32[2, 4] along axis 0: the other extents must be equal");
    EXPECT(cj_concat(2, 1, &x), INVALID, "concat: axis 2 of f32[2, 3]; it is -2 to 1");
    EXPECT(cj_squeeze(x, -1), SHAPE,
           "squeeze: axis -1 of f32[2, 3] has extent 3; only 1 can be removed");
    EXPECT(cj_sum(x, 4, false), SHAPE, "sum: the axes 0x4 of f32[2, 3], which has 2");
    EXPECT(cj_flatten(cj_scalar(c, CJ_F32, 1)), SHAPE, "flatten: f32[] has no first axis to keep");
}

static void test_contractions(void **state)
{
    cj_context *c = *state;
    cj_tensor *a = f32(c, 2, I64(64, 10)), *b = f32(c, 2, I64(12, 5)), *v = f32(c, 1, I64(10));
    EXPECT(
        cj_matmul(a, b), SHAPE,
        "matmul: f32[64, 10] times f32[12, 5]: the last axis of the first (10) must equal the one "
        "before the last of the second (12)");
    EXPECT(cj_matmul(a, v), SHAPE, "matmul: f32[64, 10] times f32[10]: both need at least 2 axes");
    EXPECT(cj_matmul(f32(c, 3, I64(2, 3, 4)), f32(c, 3, I64(5, 4, 3))), SHAPE,
           "matmul: f32[2, 3, 4] times f32[5, 4, 3]: the leading axes do not broadcast");
    EXPECT(cj_matmul(a, cj_input(c, "d", CJ_F64, 2, I64(10, 5))), DTYPE,
           "matmul: f32[64, 10] times f64[10, 5]: both must be of one float type");
    cj_conv_options o = {1, {1}, {1}, {1}, {0}, {0}};
    EXPECT(
        cj_convolve(f32(c, 4, I64(1, 1, 3, 8)), f32(c, 4, I64(1, 2, 4, 3)), &o), SHAPE,
        "conv: f32[1, 1, 3, 8] with f32[1, 2, 4, 3]: the input has 3 channels a group, the weight "
        "takes 4");
    EXPECT(cj_convolve(a, b, &o), SHAPE,
           "conv: f32[64, 10] with f32[12, 5]: over 1 axes it takes [N, G, C, ...] and [G, O, C, "
           "...]");
    o.stride[0] = 0;
    EXPECT(cj_convolve(f32(c, 4, I64(1, 1, 3, 8)), f32(c, 4, I64(1, 2, 3, 3)), &o), INVALID,
           "conv: 1 to 3 spatial axes; window, strides and dilations are 1 to 2^31, padding and "
           "extents at most 2^31");
    cj_window_options w = {1, {2}, {2}, {1}, {2}, {0}, {0}};
    EXPECT(cj_window_max(a, &w), UNSUPPORTED,
           "window_max: input_dilation must be 1: a hole holds no element");
    w.spatial = 4;
    EXPECT(cj_window_sum(a, &w), INVALID, "window_sum: 4 spatial axes; it takes 1 to 3");
    w = (cj_window_options){1, {2}, {2}, {1}, {1}, {0}, {0}};
    EXPECT(cj_window_gather(a, cj_cast(a, CJ_I32), &w), SHAPE,
           "window_gather: the index is i32[64, 10]; the windows of f32[64, 10] are i32[64, 5]");
}

static void test_sizes(void **state)
{
    cj_context *c = *state;
    EXPECT(cj_input(c, "x", CJ_F32, 2, I64(INT64_C(1) << 31, INT64_C(1) << 31)), SHAPE,
           "x: the shape [2147483648, 2147483648] has more than 2^60 elements");
    EXPECT(cj_full(c, CJ_F32, 3, I64(INT64_MAX, INT64_MAX, 0), 1), SHAPE,
           "full: the shape [9223372036854775807, 9223372036854775807, 0] has more than 2^60 "
           "elements");
    EXPECT(cj_full(c, CJ_F32, 1, I64(-1), 1), SHAPE, "full: the shape [-1] has a negative extent");
    EXPECT(cj_full(c, CJ_F32, 17, NULL, 1), SHAPE, "full: rank 17; it is 0 to 16");
    EXPECT(cj_tensor_from(c, CJ_F32, 1, I64(2), NULL), INVALID,
           "tensor_from: the data of f32[2] is NULL");
    EXPECT(cj_input(c, "", CJ_F32, 0, NULL), INVALID,
           "input: it needs a name, by which cj_run is fed");
    EXPECT(cj_iota(c, CJ_U8, 1, I64(2), 0), DTYPE, "iota: u8; it makes i32, i64, f32 or f64");
    cj_tensor *key = cj_key(c, 1), *x = f32(c, 1, I64(INT64_C(1) << 40));
    EXPECT(cj_random_bits(x, 0, NULL), SHAPE,
           "random_bits: the key is f32[1099511627776]; a key is u32[2]");
    cj_tensor *keys = cj_expand(key, 2, I64(3, 2));
    EXPECT(cj_random_bits(keys, 2, I64(4, 5)), SHAPE,
           "random_bits: [4, 5] from keys u32[3, 2]: its leading axes must be theirs");
    EXPECT(cj_fold(keys, cj_scalar(c, CJ_I64, 1)), SHAPE,
           "fold: u32[3, 2] with i64[]; it folds a key, u32[2], with a number, i64[]");
    EXPECT(cj_fold(key, cj_scalar(c, CJ_I32, 1)), SHAPE,
           "fold: u32[2] with i32[]; it folds a key, u32[2], with a number, i64[]");
    EXPECT(cj_random_uniform(key, CJ_I32, 0, NULL), DTYPE,
           "random_uniform: i32; it makes f32 or f64");
    cj_tensor *row = cj_reshape(x, 2, I64(1, -1));
    EXPECT(cj_matmul(cj_transpose(row, 0, 1), row), SHAPE,
           "matmul: the shape [1099511627776, 1099511627776] has more than 2^60 elements");
}

/* The first error stays; what is built after it is nothing. */
static void test_first_error_stays(void **state)
{
    cj_context *c = *state, *d = cj_context_new(NULL, NULL, 0);
    cj_tensor *x = f32(c, 2, I64(2, 3)), *y = f32(d, 2, I64(2, 3));
    assert_null(cj_reshape(x, 1, I64(5)));
    assert_null(cj_exp(x));
    assert_null(cj_add(x, NULL));
    assert_null(cj_scalar(c, CJ_F32, 1));
    assert_null(cj_variable_new(c, "v", CJ_F32, 0, NULL));
    assert_non_null(strstr(cj_error(c), "reshape: f32[2, 3] has 6 elements, [5] has 5"));
    cj_error_clear(c);
    assert_non_null(cj_exp(x));
    assert_null(cj_exp(NULL));
    assert_null(cj_add(x, NULL));
    assert_null(cj_add(NULL, x));
    assert_int_equal(cj_context_status(c), CJ_OK);
    EXPECT(cj_add(x, y), INVALID,
           "add: source 2 belongs to another context, or to a frame that was left");
    cj_context_free(d);
}

static void test_fourier(void **state)
{
    cj_context *c = *state;
    cj_tensor *x = f32(c, 2, I64(4, 3)), *y = f32(c, 2, I64(4, 2));
    cj_tensor *wide = cj_input(c, "w", CJ_F64, 2, I64(4, 3)), *none = f32(c, 1, I64(0));
    EXPECT(cj_fft((cj_complex){x, y}, 0, CJ_FFT_ORTHO).re, SHAPE,
           "fft: the real part f32[4, 3] and the imaginary part f32[4, 2] must have one shape");
    EXPECT(
        cj_fft((cj_complex){x, wide}, 0, CJ_FFT_ORTHO).re, DTYPE,
        "fft: f32[4, 3] and f64[4, 3]; real and imaginary part are both f32 or both f64: cj_cast "
        "them");
    EXPECT(cj_rfft(none, 0, CJ_FFT_ORTHO).re, SHAPE,
           "rfft: axis 0 of f32[0] has no elements; it needs 1 at least");
    EXPECT(cj_irfft((cj_complex){x, NULL}, 1, 7, CJ_FFT_ORTHO), SHAPE,
           "irfft: 7 elements from axis 1 of f32[4, 3]; they come from n / 2 + 1 of them");
    EXPECT(cj_fftn((cj_complex){x, NULL}, CJ_AXIS(2), CJ_FFT_ORTHO).re, INVALID,
           "fftn: the axes 0x4 of f32[4, 3], which has 2");
    EXPECT(cj_complex_of(x, wide).re, DTYPE,
           "complex_of: f32[4, 3] and f64[4, 3]; real and imaginary part are both f32 or both f64: "
           "cj_cast them");
    EXPECT(cj_complex_from_pairs(x).re, SHAPE,
           "complex_from_pairs: f32[4, 3]; the last axis must have 2 elements");
}

static void test_matrices(void **state)
{
    cj_context *c = *state;
    cj_tensor *a = f32(c, 2, I64(4, 3)), *b = f32(c, 1, I64(3)), *s = f32(c, 3, I64(2, 3, 3));
    cj_tensor *whole = cj_input(c, "i", CJ_I32, 2, I64(3, 3)), *t = f32(c, 3, I64(5, 3, 1));
    cj_tensor *wide = cj_input(c, "w", CJ_F64, 2, I64(3, 3));
    EXPECT(cj_cholesky(a), SHAPE, "cholesky: f32[4, 3]; the last two axes must be a square matrix");
    EXPECT(cj_svd(b).s, SHAPE, "svd: f32[3]; the last two axes must be a matrix");
    EXPECT(cj_inverse(whole), DTYPE, "inverse: i32[3, 3]; it takes f32 and f64: cj_cast it");
    EXPECT(cj_solve(s, a), SHAPE,
           "solve: f32[2, 3, 3] and the right sides f32[4, 3] must have equally many rows");
    EXPECT(cj_solve(s, wide), DTYPE,
           "solve: f32[2, 3, 3] and f64[3, 3] have different data types; cj_cast one of them");
    EXPECT(cj_solve_triangular(s, t), SHAPE,
           "solve_triangular: f32[2, 3, 3] and f32[5, 3, 1]: the axes before the last two do not "
           "broadcast");
    EXPECT(cj_lstsq(s, f32(c, 2, I64(4, 1))), SHAPE,
           "lstsq: f32[2, 3, 3] and the right sides f32[2, 4, 1]: these must have 3 rows");
    EXPECT(cj_solve_tridiagonal(a, a), SHAPE,
           "solve_tridiagonal: bands f32[4, 3]; they are [..., 3, n]: below, diagonal, above");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_elementwise, begin, end),
        cmocka_unit_test_setup_teardown(test_movement, begin, end),
        cmocka_unit_test_setup_teardown(test_contractions, begin, end),
        cmocka_unit_test_setup_teardown(test_sizes, begin, end),
        cmocka_unit_test_setup_teardown(test_first_error_stays, begin, end),
        cmocka_unit_test_setup_teardown(test_fourier, begin, end),
        cmocka_unit_test_setup_teardown(test_matrices, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
