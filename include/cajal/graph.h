/*
 * cajal/graph.h - tensors and the primitive ops that make them.
 *
 * A cj_tensor is an immutable node of a graph: op, dtype, shape, sources. Building one computes
 * nothing; cj_compile, cj_eval and cj_read (cajal/program.h) compute. Pure ops are interned: the
 * same op of the same sources is the same node. Nodes live in the context until the innermost frame
 * is left.
 *
 * Every building function takes the place of the call first (the macro of the same name without _at
 * fills it in). A NULL source, or a context that holds a building error, makes it return NULL; a
 * bad argument records a building error that names op, shapes, dtypes and the caller's line:
 * SHAPE, DTYPE or INVALID, and NO_MEMORY. So a net is written without a check in each line; what
 * asks a tensor (cj_rank, cj_shape, ...) wants one that is not NULL. Arrays that are handed over
 * (shapes, axes, options) are copied.
 *
 * Shapes: at most 16 axes, any of which may be 0 or 1. Axes count from 0, negative from the end.
 * Two-argument ops broadcast as NumPy does (axes aligned at the end, extent 1 repeats) and want
 * equal dtypes; cj_like makes a scalar of another tensor's dtype. All ops are total: no input makes
 * one fail while it runs. Which derivatives there are, and where a choice was made, is said at each
 * op and in cajal/transform.h.
 */
#ifndef CAJAL_GRAPH_H
#define CAJAL_GRAPH_H

#include "cajal/base.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cj_tensor cj_tensor;
typedef struct cj_variable cj_variable;

/* Of a tensor that is not NULL. */
CJ_API cj_context *cj_tensor_context(const cj_tensor *x);
CJ_API cj_dtype cj_tensor_dtype(const cj_tensor *x);
CJ_API int cj_rank(const cj_tensor *x);                 /* how many axes it has */
CJ_API const int64_t *cj_shape(const cj_tensor *x);     /* cj_rank(x) extents; lives as long as x */
CJ_API int64_t cj_extent(const cj_tensor *x, int axis); /* axis from -rank to rank - 1 */
CJ_API int64_t cj_elements(const cj_tensor *x);         /* the product of the extents */

/* ---- frames: nodes made after cj_frame_enter go when the frame is left ---- */

/* Frames nest. NO_MEMORY. */
CJ_API cj_status cj_frame_enter(cj_context *context);
/* Leaves the innermost frame; without one does nothing. Variables and programs stay. */
CJ_API void cj_frame_leave(cj_context *context);
/* Computes t, leaves the frame, and returns a leaf of the outer frame that holds t's value. NULL,
 * with the frame left all the same, when t is NULL or depends on an input, and on an error. */
CJ_API cj_tensor *cj_frame_leave_with(cj_context *context, cj_tensor *t);

/* ---- leaves ---- */

/* A tensor that holds a copy of the row-major data at `data`: the product of the extents elements
 * of the dtype's C type (rank 0: one; shape may then be NULL). */
CJ_API cj_tensor *cj_tensor_from_at(cj_at at, cj_context *context, cj_dtype dtype, int rank,
                                    const int64_t *shape, const void *data);
#define cj_tensor_from(...) cj_tensor_from_at(CJ_HERE, __VA_ARGS__)

/* A tensor of rank 0 with the value, cast to the dtype as by cj_cast. */
CJ_API cj_tensor *cj_scalar_at(cj_at at, cj_context *context, cj_dtype dtype, double value);
#define cj_scalar(...) cj_scalar_at(CJ_HERE, __VA_ARGS__)

/* A scalar of x's dtype. */
CJ_API cj_tensor *cj_like_at(cj_at at, const cj_tensor *x, double value);
#define cj_like(...) cj_like_at(CJ_HERE, __VA_ARGS__)

/* A tensor of one value everywhere, cast as by cj_cast. It takes no memory. */
CJ_API cj_tensor *cj_full_at(cj_at at, cj_context *context, cj_dtype dtype, int rank,
                             const int64_t *shape, double value);
#define cj_full(...) cj_full_at(CJ_HERE, __VA_ARGS__)

/*
 * A leaf whose row-major memory is handed to cj_run under this name (copied, not empty) and
 * borrowed until cj_run returns. Each call makes a new leaf; leaves of one name are fed the same
 * memory.
 */
CJ_API cj_tensor *cj_input_at(cj_at at, cj_context *context, const char *name, cj_dtype dtype,
                              int rank, const int64_t *shape);
#define cj_input(...) cj_input_at(CJ_HERE, __VA_ARGS__)

/*
 * y[..., i, ...] = i, the index along `axis`, as a tensor of the given shape (i32, i64, f32, f64).
 */
CJ_API cj_tensor *cj_iota_at(cj_at at, cj_context *context, cj_dtype dtype, int rank,
                             const int64_t *shape, int axis);
#define cj_iota(...) cj_iota_at(CJ_HERE, __VA_ARGS__)

/* ---- variables: memory that outlives frames, read by nodes, written by programs' updates ---- */

/*
 * A variable of zeros, with one reference, which is the caller's; scopes, programs and the nodes
 * that read it hold others. `name` is copied; it is for the eye, two may have the same. NULL, with
 * a building error, for a bad shape or dtype and when there is no memory.
 */
CJ_API cj_variable *cj_variable_new(cj_context *context, const char *name, cj_dtype dtype, int rank,
                                    const int64_t *shape);
CJ_API void cj_variable_retain(cj_variable *variable);
/* Drops a reference; with the last one it is freed. NULL is fine. */
CJ_API void cj_variable_release(cj_variable *variable);
CJ_API const char *cj_variable_name(const cj_variable *variable);
CJ_API cj_dtype cj_variable_dtype(const cj_variable *variable);
CJ_API int cj_variable_rank(const cj_variable *variable);
CJ_API const int64_t *cj_variable_shape(const cj_variable *variable);
/* Its memory, row-major, at one place for its whole life: to be read and written between runs. */
CJ_API void *cj_variable_data(cj_variable *variable);
CJ_API size_t cj_variable_bytes(const cj_variable *variable);

/* The node that reads the variable: in a program, its value before the step. */
CJ_API cj_tensor *cj_variable_read_at(cj_at at, cj_variable *variable);
#define cj_variable_read(...) cj_variable_read_at(CJ_HERE, __VA_ARGS__)

/* ---- elementwise, one source: y[i] = f(x[i]), of x's dtype and shape ---- */

/* Of floats, but neg and abs (all numbers), sign (floats, signed), not (integers, bool), square
 * and reciprocal (all numbers). Outside a function's domain the result is NaN, at its poles -inf or
 * inf. Errors of the functions in ulp: docs/math.md. */
#define CJ_DECLARE_UNARY(name) CJ_API cj_tensor *cj_##name##_at(cj_at at, cj_tensor *x);
/* clang-format off */
CJ_DECLARE_UNARY(neg)     /* -x */
CJ_DECLARE_UNARY(abs)     /* |x|; derivative sign(x), 0 at 0 */
CJ_DECLARE_UNARY(sign)    /* -1, 0 or 1; NaN stays; derivative 0 */
CJ_DECLARE_UNARY(floor)   /* the largest integer not above x; derivative 0, as of the next two */
CJ_DECLARE_UNARY(ceil)    /* the least integer not below x */
CJ_DECLARE_UNARY(round)   /* the nearest integer, half to even */
CJ_DECLARE_UNARY(relu)    /* max(x, 0); derivative 0 at 0; NaN stays */
CJ_DECLARE_UNARY(sqrt)    /* square root */
CJ_DECLARE_UNARY(exp)     /* e^x */
CJ_DECLARE_UNARY(expm1)   /* e^x - 1 */
CJ_DECLARE_UNARY(log)     /* natural logarithm */
CJ_DECLARE_UNARY(log1p)   /* log(1 + x) */
CJ_DECLARE_UNARY(sin)     /* of x in radians, of any size */
CJ_DECLARE_UNARY(cos)     /* the same */
CJ_DECLARE_UNARY(tanh)    /* (e^2x - 1) / (e^2x + 1) */
CJ_DECLARE_UNARY(erf)     /* 2/sqrt(pi) * integral of exp(-t^2) from 0 to x */
CJ_DECLARE_UNARY(not)     /* bool: logical; integers: bitwise */
CJ_DECLARE_UNARY(square)  /* x * x */
CJ_DECLARE_UNARY(reciprocal) /* 1 / x */
/* clang-format on */
#undef CJ_DECLARE_UNARY
#define cj_neg(...) cj_neg_at(CJ_HERE, __VA_ARGS__)
#define cj_abs(...) cj_abs_at(CJ_HERE, __VA_ARGS__)
#define cj_sign(...) cj_sign_at(CJ_HERE, __VA_ARGS__)
#define cj_floor(...) cj_floor_at(CJ_HERE, __VA_ARGS__)
#define cj_ceil(...) cj_ceil_at(CJ_HERE, __VA_ARGS__)
#define cj_round(...) cj_round_at(CJ_HERE, __VA_ARGS__)
#define cj_relu(...) cj_relu_at(CJ_HERE, __VA_ARGS__)
#define cj_sqrt(...) cj_sqrt_at(CJ_HERE, __VA_ARGS__)
#define cj_exp(...) cj_exp_at(CJ_HERE, __VA_ARGS__)
#define cj_expm1(...) cj_expm1_at(CJ_HERE, __VA_ARGS__)
#define cj_log(...) cj_log_at(CJ_HERE, __VA_ARGS__)
#define cj_log1p(...) cj_log1p_at(CJ_HERE, __VA_ARGS__)
#define cj_sin(...) cj_sin_at(CJ_HERE, __VA_ARGS__)
#define cj_cos(...) cj_cos_at(CJ_HERE, __VA_ARGS__)
#define cj_tanh(...) cj_tanh_at(CJ_HERE, __VA_ARGS__)
#define cj_erf(...) cj_erf_at(CJ_HERE, __VA_ARGS__)
#define cj_not(...) cj_not_at(CJ_HERE, __VA_ARGS__)
#define cj_square(...) cj_square_at(CJ_HERE, __VA_ARGS__)
#define cj_reciprocal(...) cj_reciprocal_at(CJ_HERE, __VA_ARGS__)

/* x as another dtype: to integers toward zero, saturating, NaN to 0; to bool x != 0; to floats the
 * nearest. The derivative passes between floats. */
CJ_API cj_tensor *cj_cast_at(cj_at at, cj_tensor *x, cj_dtype dtype);
#define cj_cast(...) cj_cast_at(CJ_HERE, __VA_ARGS__)

/* ---- elementwise, two and three sources, which broadcast and have one dtype ---- */

#define CJ_DECLARE_BINARY(name)                                                                    \
    CJ_API cj_tensor *cj_##name##_at(cj_at at, cj_tensor *a, cj_tensor *b);
CJ_DECLARE_BINARY(add)     /* a + b; integers wrap */
CJ_DECLARE_BINARY(sub)     /* a - b; integers wrap */
CJ_DECLARE_BINARY(mul)     /* a * b; integers wrap */
CJ_DECLARE_BINARY(div)     /* a / b; integers toward zero, by zero 0 */
CJ_DECLARE_BINARY(pow)     /* a^b of floats; at a = 0 the derivative to b is 0 */
CJ_DECLARE_BINARY(maximum) /* the larger, NaN where one is; at a tie each gets half the gradient */
CJ_DECLARE_BINARY(minimum) /* the smaller, likewise */
CJ_DECLARE_BINARY(eq)      /* a == b, as bool; a NaN equals nothing */
CJ_DECLARE_BINARY(ne)      /* a != b, as bool */
CJ_DECLARE_BINARY(lt)      /* a < b, as bool; false where one is NaN, as the next three */
CJ_DECLARE_BINARY(le)      /* a <= b */
CJ_DECLARE_BINARY(gt)      /* a > b */
CJ_DECLARE_BINARY(ge)      /* a >= b */
CJ_DECLARE_BINARY(and)     /* bool: logical; integers: bitwise */
CJ_DECLARE_BINARY(or)      /* the same */
CJ_DECLARE_BINARY(xor)     /* the same */
/* a << b, a >> b of integers: a 2^b modulo the width, floor(a / 2^b) (so of a negative a at least -1); by the
 * width or more what is left: 0, or -1; by a negative b as by 0 */
CJ_DECLARE_BINARY(shift_left)
CJ_DECLARE_BINARY(shift_right)
#undef CJ_DECLARE_BINARY
#define cj_add(...) cj_add_at(CJ_HERE, __VA_ARGS__)
#define cj_sub(...) cj_sub_at(CJ_HERE, __VA_ARGS__)
#define cj_mul(...) cj_mul_at(CJ_HERE, __VA_ARGS__)
#define cj_div(...) cj_div_at(CJ_HERE, __VA_ARGS__)
#define cj_pow(...) cj_pow_at(CJ_HERE, __VA_ARGS__)
#define cj_maximum(...) cj_maximum_at(CJ_HERE, __VA_ARGS__)
#define cj_minimum(...) cj_minimum_at(CJ_HERE, __VA_ARGS__)
#define cj_eq(...) cj_eq_at(CJ_HERE, __VA_ARGS__)
#define cj_ne(...) cj_ne_at(CJ_HERE, __VA_ARGS__)
#define cj_lt(...) cj_lt_at(CJ_HERE, __VA_ARGS__)
#define cj_le(...) cj_le_at(CJ_HERE, __VA_ARGS__)
#define cj_gt(...) cj_gt_at(CJ_HERE, __VA_ARGS__)
#define cj_ge(...) cj_ge_at(CJ_HERE, __VA_ARGS__)
#define cj_and(...) cj_and_at(CJ_HERE, __VA_ARGS__)
#define cj_or(...) cj_or_at(CJ_HERE, __VA_ARGS__)
#define cj_xor(...) cj_xor_at(CJ_HERE, __VA_ARGS__)
#define cj_shift_left(...) cj_shift_left_at(CJ_HERE, __VA_ARGS__)
#define cj_shift_right(...) cj_shift_right_at(CJ_HERE, __VA_ARGS__)

/* condition ? a : b, the condition bool, a and b of one dtype; all broadcast. */
CJ_API cj_tensor *cj_where_at(cj_at at, cj_tensor *condition, cj_tensor *a, cj_tensor *b);
#define cj_where(...) cj_where_at(CJ_HERE, __VA_ARGS__)

/* x * s and x + s with a number, cast to x's dtype as by cj_cast. */
CJ_API cj_tensor *cj_scale_at(cj_at at, cj_tensor *x, double s);
#define cj_scale(...) cj_scale_at(CJ_HERE, __VA_ARGS__)
CJ_API cj_tensor *cj_shift_at(cj_at at, cj_tensor *x, double s);
#define cj_shift(...) cj_shift_at(CJ_HERE, __VA_ARGS__)

/* ---- identities with a meaning ---- */

/* A unique identity node: the place to read, clamp, or differentiate at. */
CJ_API cj_tensor *cj_tap_at(cj_at at, cj_tensor *x);
#define cj_tap(...) cj_tap_at(CJ_HERE, __VA_ARGS__)
/* x, with derivative 0. */
CJ_API cj_tensor *cj_stop_gradient_at(cj_at at, cj_tensor *x);
#define cj_stop_gradient(...) cj_stop_gradient_at(CJ_HERE, __VA_ARGS__)
/*
 * Marks x: a program does not keep what lies between marked nodes for the backward pass, it
 * computes it again from them (Griewank and Walther, "Revolve", 2000). Same bits, less memory.
 * Returns x.
 */
CJ_API cj_tensor *cj_checkpoint(cj_tensor *x);

/* ---- movement ---- */

/* The same elements in row-major order under another shape; one extent may be -1 (what is left). */
CJ_API cj_tensor *cj_reshape_at(cj_at at, cj_tensor *x, int rank, const int64_t *shape);
#define cj_reshape(...) cj_reshape_at(CJ_HERE, __VA_ARGS__)
/* Axis i of the result is axis axes[i] of x; axes names each of x's axes once. */
CJ_API cj_tensor *cj_permute_at(cj_at at, cj_tensor *x, const int *axes);
#define cj_permute(...) cj_permute_at(CJ_HERE, __VA_ARGS__)
/* Swaps the axes a and b. */
CJ_API cj_tensor *cj_transpose_at(cj_at at, cj_tensor *x, int a, int b);
#define cj_transpose(...) cj_transpose_at(CJ_HERE, __VA_ARGS__)
/* Broadcasts x to the shape, as two-argument ops do; rank is at least x's. */
CJ_API cj_tensor *cj_expand_at(cj_at at, cj_tensor *x, int rank, const int64_t *shape);
#define cj_expand(...) cj_expand_at(CJ_HERE, __VA_ARGS__)
/*
 * Zeros around x: low[i] before and high[i] after along axis i, for each axis; negative: cropped.
 */
CJ_API cj_tensor *cj_pad_at(cj_at at, cj_tensor *x, const int64_t *low, const int64_t *high);
#define cj_pad(...) cj_pad_at(CJ_HERE, __VA_ARGS__)
/* Elements start[i], start[i] + step[i], ... before stop[i] along axis i, for each axis:
 * 0 <= start <= stop <= extent, step > 0 (step NULL: 1). */
CJ_API cj_tensor *cj_slice_at(cj_at at, cj_tensor *x, const int64_t *start, const int64_t *stop,
                              const int64_t *step);
#define cj_slice(...) cj_slice_at(CJ_HERE, __VA_ARGS__)
/* Elements start to stop - 1 of one axis: 0 <= start <= stop <= extent. */
CJ_API cj_tensor *cj_narrow_at(cj_at at, cj_tensor *x, int axis, int64_t start, int64_t stop);
#define cj_narrow(...) cj_narrow_at(CJ_HERE, __VA_ARGS__)
/* Reverses the axes whose bits (CJ_AXIS) are set in the mask; CJ_ALL: all. */
CJ_API cj_tensor *cj_flip_at(cj_at at, cj_tensor *x, uint32_t axes);
#define cj_flip(...) cj_flip_at(CJ_HERE, __VA_ARGS__)
/* x[0], x[1], ... joined along an axis, count of them, at least 1; the other extents are equal. */
CJ_API cj_tensor *cj_concat_at(cj_at at, int axis, int count, cj_tensor *const *x);
#define cj_concat(...) cj_concat_at(CJ_HERE, __VA_ARGS__)
/* [N, ...] to [N, product of the rest]. */
CJ_API cj_tensor *cj_flatten_at(cj_at at, cj_tensor *x);
#define cj_flatten(...) cj_flatten_at(CJ_HERE, __VA_ARGS__)
/* Inserts an axis of extent 1 which becomes axis `axis` of the result; removes one of extent 1. */
CJ_API cj_tensor *cj_unsqueeze_at(cj_at at, cj_tensor *x, int axis);
#define cj_unsqueeze(...) cj_unsqueeze_at(CJ_HERE, __VA_ARGS__)
CJ_API cj_tensor *cj_squeeze_at(cj_at at, cj_tensor *x, int axis);
#define cj_squeeze(...) cj_squeeze_at(CJ_HERE, __VA_ARGS__)

/* ---- reductions over the axes in a bit mask ---- */

/* `axes` is CJ_AXIS(1) | CJ_AXIS(2), or CJ_ALL; `keep`: the reduced axes stay with extent 1, else
 * they go. */
#define CJ_ALL UINT32_MAX
#define CJ_AXIS(i) (UINT32_C(1) << (i)) /* axis i >= 0 */
/* The sum, in x's dtype (numbers; integers wrap), of nothing 0; in the order of docs/design.md. */
CJ_API cj_tensor *cj_sum_at(cj_at at, cj_tensor *x, uint32_t axes, bool keep);
#define cj_sum(...) cj_sum_at(CJ_HERE, __VA_ARGS__)
/* The sum divided by the count, in x's dtype: of nothing NaN; of integers, whose sum is taken in i64, toward zero, and of
 * nothing 0. */
CJ_API cj_tensor *cj_mean_at(cj_at at, cj_tensor *x, uint32_t axes, bool keep);
#define cj_mean(...) cj_mean_at(CJ_HERE, __VA_ARGS__)
/* Largest and least, NaN where there is one; of nothing -inf and inf (integers: the ends). The
 * gradient is shared equally among ties. */
CJ_API cj_tensor *cj_amax_at(cj_at at, cj_tensor *x, uint32_t axes, bool keep);
#define cj_amax(...) cj_amax_at(CJ_HERE, __VA_ARGS__)
CJ_API cj_tensor *cj_amin_at(cj_at at, cj_tensor *x, uint32_t axes, bool keep);
#define cj_amin(...) cj_amin_at(CJ_HERE, __VA_ARGS__)
/* i32 row-major index of the largest element among the reduced axes; the first of ties; a NaN is
 * largest. */
CJ_API cj_tensor *cj_argmax_at(cj_at at, cj_tensor *x, uint32_t axes, bool keep);
#define cj_argmax(...) cj_argmax_at(CJ_HERE, __VA_ARGS__)

/* ---- contractions ---- */

/*
 * y[..., i, j] = sum over l of a[..., i, l] b[..., l, j], of floats: [..., m, k] times [..., k, n]
 * is [..., m, n]; both have at least 2 axes, leading axes broadcast. In the order of
 * docs/design.md.
 */
CJ_API cj_tensor *cj_matmul_at(cj_at at, cj_tensor *a, cj_tensor *b);
#define cj_matmul(...) cj_matmul_at(CJ_HERE, __VA_ARGS__)

/*
 * The primitive convolution (cross-correlation), with explicit groups, in `spatial` = 1, 2 or 3
 * axes:
 *   y[n, g, o, p] = sum over c, t of x'[n, g, c, p * stride + t * kernel_dilation] * w[g, o, c, t]
 * where x' is x with input_dilation - 1 holes between elements, then `low` zeros before and `high`
 * after (negative: cropped). x is [N, G, C, ...], w is [G, O, C, ...], y is [N, G, O, ...]; extents
 * of y are floor((dilated extent + low + high - dilated kernel) / stride) + 1, at least 0.
 */
typedef struct cj_conv_options {
    int spatial;
    int64_t stride[3], input_dilation[3], kernel_dilation[3]; /* at least 1 */
    int64_t low[3], high[3];
} cj_conv_options;
CJ_API cj_tensor *cj_convolve_at(cj_at at, cj_tensor *x, cj_tensor *w,
                                 const cj_conv_options *options);
#define cj_convolve(...) cj_convolve_at(CJ_HERE, __VA_ARGS__)

/* ---- windows over the last `spatial` axes, 1 to 3; the axes before them are kept ---- */

/* Windows of `window` elements, `dilation` apart, every `stride` elements of what `low` and `high`
 * pad; extents of the result as in a convolution. */
typedef struct cj_window_options {
    int spatial;
    int64_t window[3], stride[3], dilation[3], input_dilation[3]; /* at least 1 */
    int64_t low[3], high[3];                                      /* may be negative: crops */
} cj_window_options;
/* Sum of each window of floats (padding 0; holes of a dilated input left out). */
CJ_API cj_tensor *cj_window_sum_at(cj_at at, cj_tensor *x, const cj_window_options *options);
#define cj_window_sum(...) cj_window_sum_at(CJ_HERE, __VA_ARGS__)
/* Largest of each window, padding left out; the gradient goes to the first of ties, as torch's.
 * input_dilation 1. */
CJ_API cj_tensor *cj_window_max_at(cj_at at, cj_tensor *x, const cj_window_options *options);
#define cj_window_max(...) cj_window_max_at(CJ_HERE, __VA_ARGS__)
/* Where it is: its row-major position in the window, i32; the first of ties, a NaN is largest. */
CJ_API cj_tensor *cj_window_argmax_at(cj_at at, cj_tensor *x, const cj_window_options *options);
#define cj_window_argmax(...) cj_window_argmax_at(CJ_HERE, __VA_ARGS__)
/* The element of each window that index (as window_argmax gives it) names; where that is padding or
 * no position of the window, 0. And the transpose: y's elements added, in index order, where they
 * came from, into zeros whose last `spatial` extents are `extents`. */
CJ_API cj_tensor *cj_window_gather_at(cj_at at, cj_tensor *x, cj_tensor *index,
                                      const cj_window_options *options);
#define cj_window_gather(...) cj_window_gather_at(CJ_HERE, __VA_ARGS__)
CJ_API cj_tensor *cj_window_scatter_at(cj_at at, cj_tensor *y, cj_tensor *index,
                                       const cj_window_options *options, const int64_t *extents);
#define cj_window_scatter(...) cj_window_scatter_at(CJ_HERE, __VA_ARGS__)

/*
 * ---- random: Philox 4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC
 * 2011); a key is a tensor u32[2], the same key gives the same numbers ----
 */

/* The constant key of a seed. Layers get theirs from cj_scope_key (cajal/nn.h). */
CJ_API cj_tensor *cj_key_at(cj_at at, cj_context *context, uint64_t seed);
#define cj_key(...) cj_key_at(CJ_HERE, __VA_ARGS__)
/* A new key from a key and an i64 tensor of one element (a step, an iteration); or keys u32[..., 2]
 * from keys and an i64[...], one each. */
CJ_API cj_tensor *cj_fold_at(cj_at at, cj_tensor *key, cj_tensor *value);
#define cj_fold(...) cj_fold_at(CJ_HERE, __VA_ARGS__)
/* u32 words, each value equally likely; element e depends on (key, e) alone. Of keys u32[L..., 2],
 * the shape begins with L..., and each lane is what its key alone would give. */
CJ_API cj_tensor *cj_random_bits_at(cj_at at, cj_tensor *key, int rank, const int64_t *shape);
#define cj_random_bits(...) cj_random_bits_at(CJ_HERE, __VA_ARGS__)
/* f32: (bits >> 8) * 2^-24; f64: the same from two words, 2^-53: uniform in [0, 1). */
CJ_API cj_tensor *cj_random_uniform_at(cj_at at, cj_tensor *key, cj_dtype dtype, int rank,
                                       const int64_t *shape);
#define cj_random_uniform(...) cj_random_uniform_at(CJ_HERE, __VA_ARGS__)
/* Standard normal, f32 or f64: sqrt(-2 log(1 - u)) cos(2 pi v) of two uniforms an element (Box and
 * Muller, 1958). */
CJ_API cj_tensor *cj_random_normal_at(cj_at at, cj_tensor *key, cj_dtype dtype, int rank,
                                      const int64_t *shape);
#define cj_random_normal(...) cj_random_normal_at(CJ_HERE, __VA_ARGS__)

#ifdef __cplusplus
}
#endif

#endif
