/*
 * Recurrent nets, attention, transformers and ctc_loss against torch (tests/golden/nn_sequence.py): outputs, first
 * derivatives by x and every parameter, second derivatives by x, in f64 and f32; then what torch has no layer for:
 * decoding with a cache, rows without keys, other positions, bits of threads.
 */
#include "cajal/cajal.h"
#include "golden/nn_sequence.h"
#include "support/golden_check.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define LAYER(name, ...)                                                                           \
    static cj_tensor *name(cj_scope *s, cj_tensor *x, cj_tensor *extra)                            \
    {                                                                                              \
        (void)s;                                                                                   \
        (void)extra;                                                                               \
        return __VA_ARGS__;                                                                        \
    }

/* Outputs [T, N, H], then the last states: [directions, N, H] as they are, or side by side as one row. */
static cj_tensor *with_states(cj_tensor *y, cj_tensor *h, cj_tensor *c)
{
    cj_tensor *all[] = {y, h, c};
    if (h && cj_extent(h, 0) == 2) {
        cj_tensor *two[] = {cj_narrow(h, 0, 0, 1), cj_narrow(h, 0, 1, 2)};
        all[1] = cj_concat(2, 2, two);
    }
    return cj_concat(0, c ? 3 : 2, all);
}

typedef cj_tensor *recurrent(const struct cj_recurrent_args *args);

static cj_tensor *run(recurrent *f, struct cj_recurrent_args a, bool cell)
{
    cj_tensor *h = NULL, *c = NULL;
    a.name = "m";
    a.at = CJ_HERE_OF(struct cj_recurrent_args);
    a.last_h = &h;
    a.last_c = cell ? &c : NULL;
    cj_tensor *y = f(&a);
    if (a.batch_first)
        y = cj_transpose(y, 0, 1);
    return with_states(y, h, c);
}

#define RECURRENT(name, f, cell, ...)                                                              \
    LAYER(name, run(f, (struct cj_recurrent_args){.scope = s, .x = x, __VA_ARGS__}, cell))

/* Lengths 2, 4, 1. */
static cj_tensor *lengths(cj_tensor *x)
{
    return cj_tensor_from(cj_tensor_context(x), CJ_I32, 1, (int64_t[]){3}, (int32_t[]){2, 4, 1});
}

RECURRENT(rnn, cj_rnn_at, false, .hidden_size = 3)
RECURRENT(rnn_relu, cj_rnn_at, false, .hidden_size = 3, .relu = true, .no_bias = true)
RECURRENT(lstm, cj_lstm_at, true, .hidden_size = 2)
RECURRENT(lstm_batch_first, cj_lstm_at, true, .hidden_size = 2, .batch_first = true)
RECURRENT(gru, cj_gru_at, false, .hidden_size = 2)
RECURRENT(lstm_lengths, cj_lstm_at, false, .hidden_size = 2, .bidirectional = true,
          .lengths = lengths(x))
RECURRENT(gru_lengths, cj_gru_at, false, .hidden_size = 2, .bidirectional = true,
          .lengths = lengths(x))
LAYER(lstm_deep, cj_lstm(s, "m", x, .hidden_size = 2, .layers = 2, .bidirectional = true))
LAYER(gru_deep, cj_gru(s, "m", x, .hidden_size = 2, .layers = 2, .bidirectional = true))
LAYER(gru_cell, cj_gru_cell(s, "m", x, cj_narrow(x, 1, 0, 2)))
LAYER(rnn_cell, cj_rnn_cell(s, "m", x, cj_narrow(x, 1, 0, 2)))

static cj_tensor *lstm_cell(cj_scope *s, cj_tensor *x, cj_tensor *extra)
{
    cj_tensor *state[2];
    (void)extra;
    state[0] = cj_lstm_cell(s, "m", x, cj_narrow(x, 1, 0, 2), cj_narrow(x, 1, 1, 3), &state[1]);
    return cj_concat(0, 2, state);
}

static cj_tensor *mask(cj_tensor *x, cj_dtype dtype, int rank, int64_t rows, const double *value)
{
    cj_tensor *t = cj_tensor_from(cj_tensor_context(x), CJ_F64, rank, (int64_t[]){rows, 3}, value);
    return cj_cast(t, dtype);
}

LAYER(attention, cj_attention(x, cj_flip(x, CJ_AXIS(1)), cj_square(x)))
LAYER(attention_causal, cj_attention(x, x, x, .causal = true))
LAYER(mha, cj_multi_head_attention(s, "m", x, .heads = 2))
LAYER(mha_masks, cj_multi_head_attention(
                     s, "m", x, .heads = 2,
                     .attn_mask = mask(x, CJ_BOOL, 2, 3, (double[]){0, 0, 1, 1, 0, 0, 0, 1, 0}),
                     .key_padding_mask = mask(x, CJ_BOOL, 2, 2, (double[]){0, 0, 1, 1, 0, 0})))
LAYER(mha_bias, cj_multi_head_attention(s, "m", x, .heads = 2,
                                        .attn_mask = mask(x, cj_tensor_dtype(x), 2, 3,
                                                          (double[]){0, 1, 0, 0, 0, 1, 1, 0, 0})))
LAYER(mha_batch_first,
      cj_multi_head_attention(s, "m", x, .heads = 2, .batch_first = true, .no_bias = true))
LAYER(mha_cross, cj_multi_head_attention(s, "m", x, .heads = 2,
                                         .key = cj_narrow(cj_narrow(x, 0, 0, 2), 2, 0, 3),
                                         .value = cj_narrow(cj_narrow(x, 0, 1, 3), 2, 2, 4)))
LAYER(mha_groups, cj_multi_head_attention(s, "m", x, .heads = 2, .key_heads = 1, .causal = true,
                                          .batch_first = true, .no_bias = true))
LAYER(rotary, cj_rotary(x, NULL))
LAYER(encoder, cj_transformer_layer(s, "m", x, .heads = 2, .feedforward = 3))
LAYER(encoder_norm_first,
      cj_transformer_layer(s, "m", x, .heads = 2, .feedforward = 3, .norm_first = true,
                           .gelu = true, .batch_first = true, .causal = true))
LAYER(decoder, cj_transformer_layer(s, "m", x, .heads = 2, .feedforward = 3, .causal = true,
                                    .memory = cj_narrow(cj_square(x), 0, 0, 2)))

static cj_tensor *three(cj_tensor *x, int a, int b, int c)
{
    return cj_tensor_from(cj_tensor_context(x), CJ_I32, 1, (int64_t[]){3}, (int32_t[]){a, b, c});
}

LAYER(ctc_loss, cj_ctc_loss(x, extra, .reduction = CJ_REDUCTION_NONE))
LAYER(ctc_loss_lengths,
      cj_ctc_loss(x, extra, .reduction = CJ_REDUCTION_NONE, .input_lengths = three(x, 5, 3, 4),
                  .label_lengths = three(x, 2, 1, 0)))

static const golden_row rows[] = {
    {"rnn", rnn},
    {"rnn_relu", rnn_relu},
    {"lstm", lstm},
    {"lstm_batch_first", lstm_batch_first},
    {"gru", gru},
    {"lstm_deep", lstm_deep},
    {"gru_deep", gru_deep},
    {"lstm_lengths", lstm_lengths},
    {"gru_lengths", gru_lengths},
    {"lstm_cell", lstm_cell},
    {"gru_cell", gru_cell},
    {"rnn_cell", rnn_cell},
    {"attention", attention},
    {"attention_causal", attention_causal},
    {"mha", mha},
    {"mha_masks", mha_masks},
    {"mha_bias", mha_bias},
    {"mha_batch_first", mha_batch_first},
    {"mha_cross", mha_cross},
    {"mha_groups", mha_groups},
    {"rotary", rotary},
    {"encoder", encoder},
    {"encoder_norm_first", encoder_norm_first},
    {"decoder", decoder},
    {"ctc_loss", ctc_loss},
    {"ctc_loss_lengths", ctc_loss_lengths},
};

static void check_all(cj_dtype dtype, double tolerance)
{
    enum {
        CASES = sizeof nn_sequence / sizeof nn_sequence[0],
        ROWS = sizeof rows / sizeof rows[0]
    };
    assert_int_equal(CASES, ROWS);
    golden_check_all(CASES, nn_sequence, ROWS, rows, dtype, tolerance);
}

static void test_f64(void **state)
{
    (void)state;
    check_all(CJ_F64, 1e-11);
}

static void test_f32(void **state)
{
    (void)state;
    check_all(CJ_F32, 4e-5);
}

/* ---- what torch has no layer for ---- */

static void read(cj_tensor *x, double *value, size_t bytes)
{
    if (!x || cj_read(x, value, bytes) != CJ_OK)
        fail_msg("%s", x ? cj_error(cj_tensor_context(x)) : "not built");
}

/* Decoding one place after the other with a cache gives what one pass with a causal mask gives. */
static void test_cache(void **state)
{
    enum { N = 2, L = 5, E = 8 };
    (void)state;
    double value[N * L * E], whole[N * L * E], one[N * E];
    cj_context *context = cj_context_new(NULL, NULL, 0);
    cj_scope *s = cj_scope_new(context);
    cj_scope_set_dtype(s, CJ_F64);
    for (int i = 0; i < N * L * E; i++)
        value[i] = sin(i * 0.7);
    cj_tensor *x = cj_tensor_from(context, CJ_F64, 3, (int64_t[]){N, L, E}, value);
    struct cj_transformer_args a = {.scope = s, .name = "m", .x = x, .heads = 4, .key_heads = 2};
    a.at = CJ_HERE_OF(a);
    a.batch_first = a.causal = a.rotary = true;
    read(cj_transformer_layer_at(&a), whole, sizeof whole);
    cj_cache cache = cj_key_value_cache(s, N, 2, L + 1, E / 4);
    a.cache = &cache;
    for (int t = 0; t < L; t++) {
        a.x = cj_narrow(x, 1, t, t + 1);
        read(cj_transformer_layer_at(&a), one, sizeof one);
        for (int n = 0; n < N; n++)
            for (int e = 0; e < E; e++)
                assert_true(fabs(one[n * E + e] - whole[(n * L + t) * E + e]) < 1e-13);
    }
    cj_context_free(context);
}

/* A query without any key gets zeros, and derivatives of any order are 0 there and not NaN. */
static void test_no_keys(void **state)
{
    (void)state;
    double value[6], slope[6];
    cj_context *context = cj_context_new(NULL, NULL, 0);
    cj_tensor *x =
        cj_tensor_from(context, CJ_F64, 2, (int64_t[]){2, 3}, (double[]){1, 2, 3, 800, -800, 0});
    cj_tensor *keep = cj_cast(
        cj_tensor_from(context, CJ_I32, 2, (int64_t[]){2, 3}, (int32_t[]){0, 0, 0, 1, 1, 0}),
        CJ_BOOL);
    cj_tensor *y = cj_masked_softmax(x, keep, 1), *g, *h;
    read(y, value, sizeof value);
    assert_memory_equal(value, ((double[]){0, 0, 0, 1, 0, 0}), sizeof value);
    assert_int_equal(cj_grad(cj_sum(cj_square(y), CJ_ALL, false), 1, &x, &g), CJ_OK);
    read(g, slope, sizeof slope);
    assert_int_equal(cj_grad(cj_sum(cj_square(g), CJ_ALL, false), 1, &x, &h), CJ_OK);
    read(h, value, sizeof value);
    for (int i = 0; i < 6; i++)
        assert_true(slope[i] == 0 && value[i] == 0);
    cj_context_free(context);
}

static void test_sinusoidal(void **state)
{
    (void)state;
    double p[15];
    cj_context *context = cj_context_new(NULL, NULL, 0);
    read(cj_sinusoidal_positions(context, CJ_F64, 3, 5), p, sizeof p);
    for (int t = 0; t < 3; t++)
        for (int j = 0; j < 5; j++) {
            double angle = t / pow(10000, (j / 2) * 2 / 5.0);
            assert_true(fabs(p[t * 5 + j] - (j % 2 ? cos(angle) : sin(angle))) < 1e-15);
        }
    cj_context_free(context);
}

/* Labels that do not fit: infinite, or 0; the gradient is 0. */
static void test_ctc_impossible(void **state)
{
    (void)state;
    double loss[2], g[2 * 2 * 3];
    cj_context *context = cj_context_new(NULL, NULL, 0);
    cj_tensor *x = cj_full(context, CJ_F64, 3, ((int64_t[]){2, 2, 3}), log(1.0 / 3)), *slope;
    cj_tensor *labels =
        cj_tensor_from(context, CJ_I32, 2, (int64_t[]){2, 2}, (int32_t[]){1, 1, 1, 2});
    cj_tensor *each = cj_ctc_loss(x, labels, .reduction = CJ_REDUCTION_NONE);
    read(each, loss, sizeof loss);
    assert_true(isinf(loss[0]) && loss[0] > 0);
    assert_true(fabs(loss[1] - 2 * log(3)) < 1e-14);
    read(cj_ctc_loss(x, labels, .reduction = CJ_REDUCTION_NONE, .zero_infinity = true), loss,
         sizeof loss);
    assert_true(loss[0] == 0);
    cj_tensor *sum = cj_ctc_loss(x, labels, .reduction = CJ_REDUCTION_SUM, .zero_infinity = true);
    assert_int_equal(cj_grad(sum, 1, &x, &slope), CJ_OK);
    read(slope, g, sizeof g);
    const double want[] = {0, 0, 0, 0, -1, 0, 0, 0, 0, 0, 0, -1};
    for (int i = 0; i < 12; i++)
        assert_true(fabs(g[i] - want[i]) < 1e-14);
    cj_context_free(context);
}

/* The gradients of an LSTM's weights have the same bits for any number of threads, fused or not. */
static void test_bits(void **state)
{
    enum { T = 9, N = 7, I = 33, H = 40, SIZE = 4 * H * H };
    (void)state;
    static float value[T * N * I], first[SIZE], other[SIZE];
    for (int i = 0; i < T * N * I; i++)
        value[i] = (float)sin(i * 0.37);
    for (int way = 0; way < 4; way++) {
        cj_config config = {
            .threads = way == 0 ? 1 : 3, .smallest_work = 1, .no_fusion = way == 2, .seed = 5};
        cj_context *context = cj_context_new(&config, NULL, 0);
        cj_scope *s = cj_scope_new(context);
        cj_tensor *x = cj_tensor_from(context, CJ_F32, 3, (int64_t[]){T, N, I}, value), *g;
        cj_tensor *y = cj_lstm(s, "m", x, .hidden_size = H);
        cj_tensor *w = cj_variable_read(cj_scope_find(s, "m.weight_hh_l0"));
        assert_int_equal(cj_grad(cj_sum(cj_square(y), CJ_ALL, false), 1, &w, &g), CJ_OK);
        assert_int_equal(cj_read(g, way == 0 ? first : other, sizeof first), CJ_OK);
        if (way > 0)
            assert_memory_equal(first, other, sizeof first);
        cj_context_free(context);
    }
}

/* ---- beam search ---- */

enum { TOKENS = 4, LENGTH = 5 };

/* What comes next depends on the last token and on how many there are. */
typedef struct model {
    int steps;
} model;

static double next_of(int64_t place, int last, int token)
{
    double all = 0;
    for (int c = 0; c < TOKENS; c++)
        all += 1.5 + sin((double)(7 * place + 5 * last + 3 * c));
    return log((1.5 + sin((double)(7 * place + 5 * last + 3 * token))) / all);
}

static cj_status next(void *user, int64_t beams, const int32_t *token, const int64_t *from,
                      double *log_prob)
{
    model *m = user;
    (void)from;
    for (int64_t b = 0; b < beams; b++)
        for (int c = 0; c < TOKENS; c++)
            log_prob[b * TOKENS + c] = next_of(m->steps, token[b], c);
    m->steps++;
    return CJ_OK;
}

/* The best score over all sequences by trying them. */
static double try_all(int place, int last, double sum, double penalty)
{
    double best = -INFINITY;
    for (int c = 0; c < TOKENS; c++) {
        double s = sum + next_of(place, last, c);
        bool ends = c == 0 || place + 1 == LENGTH;
        double score = ends ? s / pow(place + 1, penalty) : try_all(place + 1, c, s, penalty);
        best = fmax(best, score);
    }
    return best;
}

static void test_beam_search(void **state)
{
    (void)state;
    static int32_t token[1024 * LENGTH];
    static int64_t count[1024], found;
    static double score[1024];
    cj_context *context = cj_context_new(NULL, NULL, 0);
    const double penalties[] = {0, 0.7, 1};
    for (int k = 0; k < 3; k++)
        for (int64_t width = 1; width <= 1024; width *= 1024) {
            model m = {.steps = 0};
            struct cj_beam_search_args a = {.context = context, .next = next, .user = &m};
            a.width = width;
            a.classes = TOKENS;
            a.length = LENGTH;
            a.start = 1;
            a.length_penalty = penalties[k];
            a.token = token;
            a.count = count;
            a.score = score;
            a.found = &found;
            assert_int_equal(cj_beam_search(&a), CJ_OK);
            assert_true(found >= 1);
            double best = try_all(0, 1, 0, penalties[k]), sum = 0;
            for (int i = 0; i < count[0]; i++)
                sum += next_of(i, i ? token[i - 1] : 1, token[i]);
            assert_true(fabs(sum / pow((double)count[0], penalties[k]) - score[0]) < 1e-13);
            assert_true(count[0] == LENGTH || token[count[0] - 1] == 0);
            assert_true(width == 1 ? score[0] <= best + 1e-13 : fabs(score[0] - best) < 1e-13);
            for (int64_t i = 1; i < found; i++)
                assert_true(score[i] <= score[i - 1]);
        }
    cj_context_free(context);
}

static void test_refusals(void **state)
{
    (void)state;
    cj_context *context = cj_context_new(NULL, NULL, 0);
    cj_scope *s = cj_scope_new(context);
    cj_tensor *x = cj_full(context, CJ_F32, 3, ((int64_t[]){2, 3, 4}), 0);
    assert_null(cj_lstm(s, "m", x));
    assert_non_null(strstr(cj_error(context), "lstm 'm' on f32[2, 3, 4]: .hidden_size"));
    cj_error_clear(context);
    assert_null(cj_multi_head_attention(s, "a", x, .heads = 3));
    assert_non_null(strstr(cj_error(context), ".heads must divide"));
    cj_error_clear(context);
    assert_null(cj_ctc_loss(x, x, .blank = 9));
    assert_non_null(strstr(cj_error(context), "ctc_loss: log_probs are f32[2, 3, 4]"));
    cj_context_free(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_f64),         cmocka_unit_test(test_f32),
        cmocka_unit_test(test_cache),       cmocka_unit_test(test_no_keys),
        cmocka_unit_test(test_sinusoidal),  cmocka_unit_test(test_ctc_impossible),
        cmocka_unit_test(test_beam_search), cmocka_unit_test(test_bits),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
