/*
 * src/graph/op_list.h - the one list of primitive ops. A row here is an op everywhere: each room joins its
 * own column (dtype and shape rules in src/graph, derivatives in src/transform, kernels in src/cpu) by this
 * list, and none may keep a list of its own.
 */
#ifndef CJ_GRAPH_OP_LIST_H
#define CJ_GRAPH_OP_LIST_H

/* clang-format off */

/*
 * Elementwise ops: X(NAME, name, arity, in, out). `in`: the dtype classes it takes, as letters of CJ_DTYPE_LIST
 * (f float, i signed, u unsigned, b bool). `out`: '=' the dtype of its (last) source, 'b' bool, 'c' chosen by an option.
 * All sources have one shape and (but for the condition of where) one dtype: broadcasting is an explicit expand.
 * First those that have their text in src/cpu/expression.h.
 */
#define CJ_MATH_OP_LIST(X)                                                                         \
    X(EXP, exp, 1, "f", '=')                                                                       \
    X(EXPM1, expm1, 1, "f", '=')                                                                   \
    X(EXP2, exp2, 1, "f", '=')                                                                     \
    X(LOG, log, 1, "f", '=')                                                                       \
    X(LOG1P, log1p, 1, "f", '=')                                                                   \
    X(LOG2, log2, 1, "f", '=')                                                                     \
    X(SIN, sin, 1, "f", '=')                                                                       \
    X(COS, cos, 1, "f", '=')                                                                       \
    X(TAN, tan, 1, "f", '=')                                                                       \
    X(ASIN, asin, 1, "f", '=')                                                                     \
    X(ACOS, acos, 1, "f", '=')                                                                     \
    X(ATAN, atan, 1, "f", '=')                                                                     \
    X(SINH, sinh, 1, "f", '=')                                                                     \
    X(COSH, cosh, 1, "f", '=')                                                                     \
    X(TANH, tanh, 1, "f", '=')                                                                     \
    X(ASINH, asinh, 1, "f", '=')                                                                   \
    X(ACOSH, acosh, 1, "f", '=')                                                                   \
    X(ATANH, atanh, 1, "f", '=')                                                                   \
    X(CBRT, cbrt, 1, "f", '=')                                                                     \
    X(ERF, erf, 1, "f", '=')                                                                       \
    X(ERFC, erfc, 1, "f", '=')                                                                     \
    X(ERFINV, erfinv, 1, "f", '=')                                                                 \
    X(LGAMMA, lgamma, 1, "f", '=') /* log |gamma(x)| */                                            \
    X(DIGAMMA, digamma, 1, "f", '=') /* its derivative */                                          \
    X(POW, pow, 2, "f", '=')                                                                       \
    X(ATAN2, atan2, 2, "f", '=') /* (y, x) */                                                      \
    X(HYPOT, hypot, 2, "f", '=')                                                                   \
    X(LOGADDEXP, logaddexp, 2, "f", '=') /* log(e^a + e^b) */                                      \
    X(ZETA, zeta, 2, "f", '=') /* (s, q): the sum of (q + k)^-s over k >= 0 */                     \
    X(BESSEL_IE, bessel_ie, 2, "f", '=') /* (n, x): exp(-|x|) I_n(x) for integers n up to 64 */

#define CJ_MAP_OP_LIST(X)                                                                          \
    X(NEG, neg, 1, "fiu", '=')                                                                     \
    X(ABS, abs, 1, "fiu", '=')                                                                     \
    X(SIGN, sign, 1, "fi", '=')                                                                    \
    X(FLOOR, floor, 1, "f", '=')                                                                   \
    X(CEIL, ceil, 1, "f", '=')                                                                     \
    X(ROUND, round, 1, "f", '=') /* half to even */                                                \
    X(SQRT, sqrt, 1, "f", '=')                                                                     \
    CJ_MATH_OP_LIST(X)                                                                             \
    X(NOT, not, 1, "iub", '=') /* bool: logical, integers: bitwise */                              \
    X(ADD, add, 2, "fiu", '=')                                                                     \
    X(SUB, sub, 2, "fiu", '=')                                                                     \
    X(MUL, mul, 2, "fiu", '=')                                                                     \
    X(DIV, div, 2, "fiu", '=') /* integers: toward zero, by zero gives 0 */                        \
    X(FMOD, fmod, 2, "fiu", '=') /* x - trunc(x / y) y, exact; by zero NaN (integers: 0) */        \
    X(MAX, max, 2, "fiub", '=') /* NaN propagates */                                               \
    X(MIN, min, 2, "fiub", '=')                                                                    \
    X(EQ, eq, 2, "fiub", 'b')                                                                      \
    X(NE, ne, 2, "fiub", 'b')                                                                      \
    X(LT, lt, 2, "fiu", 'b')                                                                       \
    X(LE, le, 2, "fiu", 'b')                                                                       \
    X(AND, and, 2, "iub", '=')                                                                     \
    X(OR, or, 2, "iub", '=')                                                                       \
    X(XOR, xor, 2, "iub", '=')                                                                     \
    X(POPCOUNT, popcount, 1, "iu", '=') /* how many bits are set */                                \
    X(SHL, shl, 2, "u", '=') /* a shift by the width or more gives 0 */                            \
    X(SHR, shr, 2, "u", '=')                                                                       \
    X(WHERE, where, 3, "fiub", '=') /* where(bool condition, a, b) */                              \
    X(CAST, cast, 1, "fiub", 'c') /* saturates, NaN to 0, to integers toward zero, to bool x != 0 */ \
    X(RELU, relu, 1, "f", '=') /* x <= 0 ? 0 : x: an op, so that its gradient needs its result alone */

/* Reductions over a set of axes, kept as extent 1: X(NAME, name, in). */
#define CJ_REDUCE_OP_LIST(X)                                                                       \
    X(SUM, sum, "fiu")                                                                             \
    X(AMAX, amax, "fiub") /* of nothing: -inf, or the least value; NaN propagates */               \
    X(AMIN, amin, "fiub")                                                                          \
    X(ARGMAX, argmax, "fiub") /* i32 row-major index among the reduced axes; the first of ties; NaN is largest */

/*
 * Ops that are kernels of their own: X(NAME, name, arity). The schedule lays operands and result
 * out row-major; src/cpu/op.h says what a backend gives for each.
 */
#define CJ_CALL_OP_LIST(X)                                                                         \
    X(RANDOM_BITS, random_bits, 1) /* u32 of any shape from a u32[2] key: Philox word e of (key, e) */ \
    X(KEY_FOLD, key_fold, 2)       /* u32[2] key folded with an i64 scalar: a new key */           \
    X(CUSTOM, custom, -1)          /* a function of the caller's: src/graph/custom.h */            \
    X(GATHER, gather, 2)           /* (x, index): elements along an axis; other axes broadcast */  \
    X(SCATTER_ADD, scatter_add, 2) /* (x, index): x's elements sent to places along an axis; sums */ \
    X(SCATTER_MAX, scatter_max, 2) /* largest of what is sent to a place */                        \
    X(SCATTER_MIN, scatter_min, 2)                                                                 \
    X(SCATTER_LAST, scatter_last, 1) /* (index): i32, which is the last sent to a place; none: -1 */ \
    X(CUMSUM, cumsum, 1)           /* in blocks: src/cpu/op_cumulate.c */ \
    X(RECURRENCE, recurrence, 2)   /* (a, b): h[i] = a[i] h[i - 1] + b[i] along an axis, h[0] = b[0] */ \
    X(CUMULATIVE_ARGMAX, cumulative_argmax, 1) /* i32: where the largest so far is; the first of ties */ \
    X(CUMULATIVE_ARGMIN, cumulative_argmin, 1) \
    X(ARGSORT, argsort, 1)         /* i32: the order along an axis, or the first of it; stable, NaN last */ \
    X(SEARCHSORTED, searchsorted, 2) /* (sorted, values): i32 places along the last axis */ \
    X(CSR_MATMUL, csr_matmul, 4)   /* (values, columns, starts, x): A x of a sparse A by rows, or A^T x */ \
    X(CSR_DOT, csr_dot, 4)         /* (columns, starts, a, b): the entries of a b^T that a sparse matrix has */ \
    X(BIT_MATMUL, bit_matmul, 2)   /* packed rows [m, w], [n, w]: in how many bits each two differ, i32 */ \
    X(FFT, fft, 2)     /* (re, im): the sums over an axis of x[j] e^(-2 pi i j k / n); [2, ...] */ \
    X(RFFT, rfft, 1)   /* the first n / 2 + 1 of them, of real x; [2, ...] */                      \
    X(IRFFT, irfft, 2) /* (re, im): real sums of a Hermitian spectrum given by its first half */ \
    X(CHOLESKY, cholesky, 1) /* L of A = L L^T, from A's lower triangle */ \
    X(LU, lu, 1) /* P A = L U: packed rows, see src/cpu/op_factor.c */ \
    X(SOLVE_TRIANGULAR, solve_triangular, 2) /* (A, B): op(A)^-1 B */ \
    X(QR, qr, 1) /* of m rows, n <= m columns: Q, then R, packed */ \
    X(EIGH, eigh, 1) /* of a symmetric A's lower triangle: values, then vectors, packed */ \
    X(SVD, svd, 1) /* of m rows, n <= m columns: U, S, V^T packed, or S */ \
    X(EIG, eig, 1) /* values, then vectors, each re, im, packed */ \
    X(LSTSQ, lstsq, 2) /* (A, B): the least X of the least |A X - B| */ \
    X(SOLVE_TRIDIAGONAL, solve_tridiagonal, 2) /* (bands [..., 3, n], B) */

/* Everything else: X(NAME, name, arity). */
#define CJ_OTHER_OP_LIST(X)                                                                        \
    /* leaves */                                                                                   \
    X(CONSTANT, constant, 0)       /* data owned by the node */                                    \
    X(SCALAR, scalar, 0)           /* one value, any shape-[] dtype */                             \
    X(INPUT, input, 0)             /* memory handed to cj_run */                                   \
    X(VARIABLE, variable, 0)       /* reads a variable as it was before the step */                \
    X(IOTA, iota, 0)               /* the index along one axis */                                  \
    X(PARAMETER, parameter, 0)     /* stands in a loop's body for a value of the iteration */      \
    /* identities with a meaning */                                                                \
    X(TAP, tap, 1)                                                                                 \
    X(STOP_GRADIENT, stop_gradient, 1)                                                             \
    X(CUSTOM_GRADIENT, custom_gradient, -1) /* source 0, whose derivative to the others is the caller's */ \
    /* movement */                                                                                 \
    X(RESHAPE, reshape, 1)                                                                         \
    X(PERMUTE, permute, 1)                                                                         \
    X(EXPAND, expand, 1) /* axes of extent 1 repeated */                                           \
    X(PAD, pad, 1)       /* zeros around, low and high per axis, negative crops */                 \
    X(SLICE, slice, 1)   /* start, stop, step > 0 per axis */                                      \
    X(FLIP, flip, 1)                                                                               \
    X(CONCAT, concat, -1)                                                                          \
    /* contractions */                                                                             \
    X(MATMUL, matmul, 2) /* [..., m, k] * [..., k, n], equal batch axes */                         \
    X(CONV, conv, 2)     /* x[N,G,C,.] * w[G,O,C,.] -> y[N,G,O,.] */                               \
    /* windows over the trailing axes */                                                           \
    X(WINDOW_SUM, window_sum, 1)                                                                   \
    X(WINDOW_MAX, window_max, 1)                                                                   \
    X(WINDOW_ARGMAX, window_argmax, 1)   /* i32 position within the window, the first of ties */   \
    X(WINDOW_GATHER, window_gather, 2)   /* (x, index) -> the chosen element of each window */     \
    X(WINDOW_SCATTER, window_scatter, 2) /* (y, index) -> its transpose, added in index order */   \
    /* control flow: src/graph/loop.h */                                                           \
    X(LOOP, loop, -1)                                                                              \
    X(RESULT, result, 1) /* a value of a loop */                                                   \
    CJ_CALL_OP_LIST(X)

typedef enum cj_op {
#define CJ_X(NAME, name, arity, in, out) CJ_OP_##NAME,
    CJ_MAP_OP_LIST(CJ_X)
#undef CJ_X
        CJ_MAP_OP_COUNT,
    CJ_OP_BEFORE_REDUCE = CJ_MAP_OP_COUNT - 1,
#define CJ_X(NAME, name, in) CJ_OP_##NAME,
    CJ_REDUCE_OP_LIST(CJ_X)
#undef CJ_X
#define CJ_X(NAME, name, arity) CJ_OP_##NAME,
    CJ_OTHER_OP_LIST(CJ_X)
#undef CJ_X
    CJ_OP_COUNT
} cj_op;

/* clang-format on */

#endif
