/*
 * bench/bench_ops.c - one op at a time, forward and backward: a line "NAME ELEMENTS FORWARD BACKWARD" in microseconds each.
 *
 *     bench_ops [THREADS [NAME]]
 *
 * One thread is timed by the processor's time, more by the clock. The backward pass is that of sum(y * y), forward included; "-"
 * where there is none. bench/ops_torch.py does the same work in PyTorch and makes the table of `make bench-ops`.
 */
#include "cajal/cajal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct op_bench {
    cj_context *context;
    clockid_t clock;
    uint64_t state;
} op_bench;

/* An op of n elements, as [rows, columns]; *x is what to differentiate by, or NULL. */
typedef struct op_size {
    op_bench *bench;
    int64_t n, rows, columns, side;
    cj_tensor *x;
} op_size;

static uint64_t draw(op_bench *b)
{
    b->state ^= b->state << 13;
    b->state ^= b->state >> 7;
    b->state ^= b->state << 17;
    return b->state;
}

static cj_tensor *leaf(op_bench *b, cj_dtype dtype, int64_t below, int rank, const int64_t *shape)
{
    int64_t n = 1;
    for (int i = 0; i < rank; i++)
        n *= shape[i];
    float *data = malloc(4 * (size_t)(n + 1));
    for (int64_t i = 0; data && i < n; i++) {
        int32_t number = (int32_t)(draw(b) % (uint64_t)(below ? below : 1));
        if (dtype == CJ_I32)
            memcpy(data + i, &number, sizeof number);
        else
            data[i] = (float)(draw(b) >> 40) * 0x1p-23F - 1;
    }
    cj_tensor *t = data ? cj_tensor_from(b->context, dtype, rank, shape, data) : NULL;
    free(data);
    return t;
}

#define SHAPE(...)                                                                                 \
    (int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), (const int64_t[])                   \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }
#define REAL(...) leaf(s->bench, CJ_F32, 0, SHAPE(__VA_ARGS__))
#define INDEX(below, ...) leaf(s->bench, CJ_I32, below, SHAPE(__VA_ARGS__))
#define BY(...) (s->x = REAL(__VA_ARGS__))
#define I64(...)                                                                                   \
    (const int64_t[])                                                                              \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }

/* X(name, the result): `rows` by `columns`, or pictures of 16 channels of `side` by `side`. */
/* clang-format off */
#define OPS(X)                                                                                                              \
    X(gather, cj_gather(BY(s->n), 0, INDEX(s->n, s->n)))                                                                    \
    X(gather_rows, cj_gather(BY(s->rows, s->columns), 1, INDEX(s->columns, s->rows, s->columns)))                           \
    X(gather_columns, cj_gather(BY(s->rows, s->columns), 0, INDEX(s->rows, s->rows, s->columns)))                           \
    X(embedding, cj_take(BY(1000, s->columns), 0, INDEX(1000, s->rows)))                                                    \
    X(scatter_add, cj_scatter_add(REAL(s->n), 0, INDEX(s->n, s->n), BY(s->n)))                                              \
    X(scatter_add_rows, cj_scatter_add(REAL(s->rows, s->columns), 1, INDEX(s->columns, s->rows, s->columns),                \
                                       BY(s->rows, s->columns)))                                                            \
    X(index_add, cj_scatter_add(REAL(1000, s->columns), 0, INDEX(1000, s->rows, 1), BY(s->rows, s->columns)))               \
    X(scatter_max, cj_scatter_max(REAL(s->rows, s->columns), 1, INDEX(s->columns, s->rows, s->columns),                     \
                                  BY(s->rows, s->columns)))                                                                 \
    X(cumsum, cj_cumsum(BY(s->n), 0))                                                                                       \
    X(cumsum_rows, cj_cumsum(BY(s->rows, s->columns), 1))                                                                   \
    X(cumsum_columns, cj_cumsum(BY(s->rows, s->columns), 0))                                                                \
    X(cumprod_rows, cj_cumprod(BY(s->rows, s->columns), 1))                                                                 \
    X(cummax_rows, cj_cummax(BY(s->rows, s->columns), 1))                                                                   \
    X(sort, cj_sort(BY(s->n), 0, false))                                                                                    \
    X(sort_rows, cj_sort(BY(s->rows, s->columns), 1, false))                                                                \
    X(top_8, cj_top_k(BY(s->n), 8, 0, false, NULL))                                                                         \
    X(top_4_rows, cj_top_k(BY(s->rows, s->columns), 4, 1, false, NULL))                                                     \
    X(searchsorted, cj_searchsorted(cj_linspace(s->bench->context, CJ_F32, -1, 1, 1000), REAL(s->n), false))                \
    X(unique, cj_unique(INDEX(1000, s->n)).values)                                                                          \
    X(concat, cj_concat(0, 2, (cj_tensor *[]){BY(s->rows, s->columns), REAL(s->rows, s->columns)}))                         \
    X(concat_rows, cj_concat(1, 2, (cj_tensor *[]){BY(s->rows, s->columns), REAL(s->rows, s->columns)}))                    \
    X(transpose, cj_transpose(BY(s->rows, s->columns), 0, 1))                                                               \
    X(pad, cj_pad(BY(s->rows, s->columns), I64(1, 1), I64(1, 1)))                                                           \
    X(roll, cj_roll(BY(s->rows, s->columns), 3, 1))                                                                         \
    X(tile, cj_tile(BY(s->rows, s->columns), I64(2, 1)))                                                                    \
    X(repeat_interleave, cj_repeat_interleave(BY(s->rows, s->columns), 2, 1))                                               \
    X(one_hot, cj_one_hot(INDEX(s->columns, s->rows), s->columns, CJ_F32))                                                  \
    X(tril, cj_tril(BY(16, s->side, s->side), 0))                                                                             \
    X(pad_reflect, cj_pad_mode(PICTURE, CJ_PAD_REFLECT, I64(0, 0, 1, 1), I64(0, 0, 1, 1)))                                  \
    X(pad_edge, cj_pad_mode(PICTURE, CJ_PAD_EDGE, I64(0, 0, 1, 1), I64(0, 0, 1, 1)))                                        \
    X(unfold_3x3, cj_unfold(PICTURE, &(cj_window_options){2, {3, 3}, {1, 1}, {1, 1}, {1, 1}, {1, 1}, {1, 1}}))              \
    X(nearest_2x, cj_resize(PICTURE, 2, I64(2 * s->side, 2 * s->side), CJ_RESIZE_NEAREST, false))                           \
    X(bilinear_2x, cj_resize(PICTURE, 2, I64(2 * s->side, 2 * s->side), CJ_RESIZE_LINEAR, false))                           \
    X(bicubic_2x, cj_resize(PICTURE, 2, I64(2 * s->side, 2 * s->side), CJ_RESIZE_CUBIC, false))                             \
    X(grid_sample, cj_grid_sample(PICTURE, REAL(1, s->side, s->side, 2), NULL))                                             \
    X(einsum_bij_bjk, cj_einsum("bij,bjk->bik", 2, (cj_tensor *[]){BY(16, s->side, s->side), REAL(16, s->side, s->side)})) \
    X(exp, cj_exp(BY(s->n))) \
    X(expm1, cj_expm1(BY(s->n))) \
    X(log1p, cj_log1p(BY(s->n))) \
    X(sin, cj_sin(BY(s->n))) \
    X(cos, cj_cos(BY(s->n))) \
    X(tan, cj_tan(BY(s->n))) \
    X(tanh, cj_tanh(BY(s->n))) \
    X(erf, cj_erf(BY(s->n))) \
    X(sqrt, cj_sqrt(BY(s->n))) \
    X(sinh, cj_sinh(BY(s->n))) \
    X(asin, cj_asin(BY(s->n))) \
    X(acos, cj_acos(BY(s->n))) \
    X(atan, cj_atan(BY(s->n))) \
    X(erfinv, cj_erfinv(BY(s->n))) \
    X(lgamma, cj_lgamma(BY(s->n))) \
    X(digamma, cj_digamma(BY(s->n))) \
    X(relu, cj_relu(BY(s->n))) \
    X(sigmoid, cj_sigmoid(BY(s->n))) \
    X(gelu, cj_gelu(BY(s->n))) \
    X(softplus, cj_softplus(BY(s->n))) \
    X(floor, cj_floor(BY(s->n))) \
    X(log, cj_log(cj_abs(BY(s->n)))) \
    X(add, cj_add(BY(s->n), REAL(s->n))) \
    X(mul, cj_mul(BY(s->n), REAL(s->n))) \
    X(div, cj_div(BY(s->n), REAL(s->n))) \
    X(maximum, cj_maximum(BY(s->n), REAL(s->n))) \
    X(atan2, cj_atan2(BY(s->n), REAL(s->n))) \
    X(pow, cj_pow(cj_abs(BY(s->n)), REAL(s->n))) \
    X(where, cj_where(cj_gt(REAL(s->n), cj_scalar(s->bench->context, CJ_F32, 0)), BY(s->n), REAL(s->n))) \
    X(add_bias, cj_add(BY(s->rows, s->columns), REAL(s->columns))) \
    X(sum, cj_sum(BY(s->n), CJ_ALL, false)) \
    X(sum_rows, cj_sum(BY(s->rows, s->columns), CJ_AXIS(1), false)) \
    X(sum_columns, cj_sum(BY(s->rows, s->columns), CJ_AXIS(0), false)) \
    X(amax_rows, cj_amax(BY(s->rows, s->columns), CJ_AXIS(1), false)) \
    X(argmax_rows, cj_argmax(REAL(s->rows, s->columns), CJ_AXIS(1), false)) \
    X(prod_rows, cj_prod(BY(s->rows, s->columns), CJ_AXIS(1), false)) \
    X(logsumexp_rows, cj_logsumexp(BY(s->rows, s->columns), CJ_AXIS(1), false)) \
    X(var_rows, cj_var(BY(s->rows, s->columns), CJ_AXIS(1), false, 1)) \
    X(softmax_rows, cj_softmax(BY(s->rows, s->columns), 1)) \
    X(log_softmax_rows, cj_log_softmax(BY(s->rows, s->columns), 1)) \
    X(matmul_columns, cj_matmul(BY(s->rows, s->columns), REAL(s->columns, 64))) \
    X(conv2d_3x3, cj_convolve(cj_unsqueeze(PICTURE, 1), REAL(1, 16, 16, 3, 3), &(cj_conv_options){2, {1, 1}, {1, 1}, {1, 1}, {1, 1}, {1, 1}})) \
    X(max_pool_2x2, cj_max_pool2d(PICTURE, .kernel_size = {2})) \
    X(avg_pool_2x2, cj_avg_pool2d(PICTURE, .kernel_size = {2})) \
    X(fft_rows, cj_rfft(BY(s->rows, s->columns), 1, CJ_FFT_BACKWARD).re)
#define PICTURE BY(1, 16, s->side, s->side)
/* clang-format on */

#define CJ_X(name, result)                                                                         \
    static cj_tensor *make_##name(op_size *s)                                                      \
    {                                                                                              \
        return result;                                                                             \
    }
OPS(CJ_X)
#undef CJ_X

static double now(const op_bench *b)
{
    struct timespec t;
    clock_gettime(b->clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* The least time of a run, in microseconds; 0 after an error. */
static double least(op_bench *b, cj_tensor *y)
{
    cj_program *p = y ? cj_compile(b->context, 1, &y, NULL) : NULL;
    double best = 0, spent = 0;
    if (!p || cj_run(p, 0, NULL)) {
        fprintf(stderr, "%s\n", cj_error(b->context));
        cj_program_free(p);
        return 0;
    }
    for (int times = 1, round = 0; round < 3 || (spent < 0.05 && round < 1000); round++) {
        double start = now(b), taken;
        for (int i = 0; i < times; i++)
            (void)cj_run(p, 0, NULL);
        taken = now(b) - start;
        spent += taken;
        best = best == 0 || taken / times < best ? taken / times : best;
        if (taken < 2e-5) { /* too short for the clock */
            times *= 4;
            best = 0;
        }
    }
    cj_program_free(p);
    return 1e6 * best;
}

static void measure(op_bench *b, const char *name, cj_tensor *(*make)(op_size *), int64_t n)
{
    op_size s = {.bench = b, .n = n, .columns = n < 64 ? 4 : 50, .side = 2};
    s.rows = n / s.columns;
    while (16 * s.side * s.side < n)
        s.side++;
    if (cj_frame_enter(b->context))
        return;
    cj_tensor *y = make(&s), *gradient = NULL;
    printf("%s %lld %.3f", name, (long long)n, least(b, y));
    if (y && s.x && !cj_grad(cj_sum(cj_square(y), CJ_ALL, false), 1, &s.x, &gradient))
        printf(" %.3f\n", least(b, gradient));
    else
        printf(" -\n");
    fflush(stdout);
    cj_error_clear(b->context);
    cj_frame_leave(b->context);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        cj_tensor *(*make)(op_size *);
    } row[] = {
#define CJ_X(name, result) {#name, make_##name},
        OPS(CJ_X)
#undef CJ_X
    };
    static const int64_t sizes[] = {8, 1000, 100000, 10000000};
    int threads = argc > 1 ? atoi(argv[1]) : 1;
    op_bench b = {.clock = threads == 1 ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC,
                  .state = UINT64_C(88172645463325252)};
    b.context = cj_context_new(&(cj_config){.threads = threads}, NULL, 0);
    if (!b.context)
        return 1;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++)
            if (argc < 3 || strcmp(argv[2], row[i].name) == 0)
                measure(&b, row[i].name, row[i].make, sizes[k]);
    cj_context_free(b.context);
    return 0;
}
