/*
 * Loops as steps of programs: every way to run one gives the same bits, and the odd sizes.
 */
#include "compile/program_test.h"

#include "base/failing_allocator.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { STEPS = 41, BATCH = 5, WIDTH = 9 };

#define SHAPE(...)                                                                                 \
    (int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), (int64_t[])                         \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }

static cj_tensor *draw(cj_context *c, uint64_t seed, int rank, const int64_t *shape)
{
    return cj_scale(cj_random_normal(cj_key(c, seed), CJ_F32, rank, shape), 0.4);
}

typedef struct cell {
    cj_tensor *w, *u, *b;
} cell;

static void gated(void *user, cj_body *b)
{
    const cell *w = user;
    cj_tensor *a = cj_add(cj_add(cj_matmul(b->x[0], w->w), cj_matmul(b->carry[0], w->u)), w->b);
    cj_tensor *gate = cj_reciprocal(cj_shift(cj_exp(cj_neg(a)), 1));
    b->next[1] = cj_add(cj_mul(gate, b->carry[1]), cj_mul(cj_tanh(a), b->carry[0]));
    b->next[0] = cj_tanh(b->next[1]);
    b->y[0] = cj_transpose(b->next[1], 0, 1);
}

/* Loss, gradients, a Hessian-vector product: everything in one number a tensor. */
static int build(cj_context *c, int64_t steps, bool checkpoint, cj_tensor **out)
{
    cell w = {draw(c, 1, SHAPE(WIDTH, WIDTH)), draw(c, 2, SHAPE(WIDTH, WIDTH)),
              draw(c, 3, SHAPE(WIDTH))};
    cj_tensor *x = draw(c, 4, SHAPE(steps, BATCH, WIDTH)), *init[2], *last[2], *y, *v[4];
    init[0] = draw(c, 5, SHAPE(BATCH, WIDTH));
    init[1] = cj_square(init[0]);
    cj_loop(c, gated, &w, .carries = 2, .init = init, .xs = 1, .x = &x, .ys = 1, .last = last,
            .y = &y, .segment = 8, .checkpoint = checkpoint);
    cj_tensor *at[4] = {w.w, w.u, w.b, x}, *g[4], *h[4];
    cj_tensor *loss = cj_add(cj_sum(cj_mul(last[0], last[1]), CJ_ALL, false),
                             cj_scale(cj_sum(cj_square(y), CJ_ALL, false), 0.01));
    cj_grad(loss, 4, at, g);
    for (int i = 0; i < 4; i++)
        v[i] = cj_square(at[i]);
    cj_jvp(4, at, v, 4, g, h);
    int n = 0;
    out[n++] = loss;
    out[n++] = last[1];
    out[n++] = y;
    for (int i = 0; i < 4; i++) {
        out[n++] = g[i];
        out[n++] = h[i];
    }
    return n;
}

/* Every output's bytes, one after the other; the caller frees them. */
static char *bytes_of(const cj_config *config, int64_t steps, bool checkpoint, size_t *size)
{
    cj_context *c = cj_context_new(config, NULL, 0);
    cj_tensor *out[16];
    int n = build(c, steps, checkpoint, out);
    cj_program *p = cj_compile(c, n, out, NULL);
    if (!p)
        fail_msg("%s", cj_error(c));
    run(p);
    *size = 0;
    for (int i = 0; i < n; i++)
        *size += (size_t)cj_elements(out[i]) * sizeof(float);
    char *all = malloc(*size + 1), *to = all;
    run(p); /* again: nothing of the first run is left */
    for (int i = 0; i < n; i++) {
        size_t bytes = (size_t)cj_elements(out[i]) * sizeof(float);
        memcpy(to, cj_output(p, i), bytes);
        to += bytes;
    }
    cj_program_free(p);
    cj_context_free(c);
    return all;
}

static void test_bits(void **state)
{
    (void)state;
    static const cj_config way[] = {
        {.threads = 1},
        {.threads = 3, .smallest_work = 1},
        {.threads = 2, .smallest_work = 1, .no_fusion = true},
    };
    for (int64_t steps = 0; steps < STEPS; steps = 3 * steps + 1) {
        size_t size, other;
        char *first = bytes_of(&way[0], steps, false, &size);
        for (size_t k = 1; k < 6; k++) {
            char *again = bytes_of(&way[k % 3], steps, k > 2, &other);
            assert_int_equal(size, other);
            assert_memory_equal(first, again, size);
            free(again);
        }
        for (size_t i = 0; i < size / sizeof(float); i++) {
            float value;
            memcpy(&value, first + i * sizeof value, sizeof value);
            assert_true(isfinite(value));
        }
        free(first);
    }
}

/* A loop computes what the same ops one after the other compute. */
static void test_unrolled(void **state)
{
    (void)state;
    cj_context *c = new_context(NULL);
    cell w = {draw(c, 1, SHAPE(WIDTH, WIDTH)), draw(c, 2, SHAPE(WIDTH, WIDTH)),
              draw(c, 3, SHAPE(WIDTH))};
    cj_tensor *x = draw(c, 4, SHAPE(STEPS, BATCH, WIDTH)), *carry[2], *last[2], *y, *row[STEPS];
    carry[0] = carry[1] = draw(c, 5, SHAPE(BATCH, WIDTH));
    cj_loop(c, gated, &w, .carries = 2, .init = carry, .xs = 1, .x = &x, .ys = 1, .last = last,
            .y = &y);
    for (int t = 0; t < STEPS; t++) {
        cj_tensor *next[2], *rows = cj_squeeze(cj_narrow(x, 0, t, t + 1), 0);
        gated(&w, &(cj_body){.context = c, .carry = carry, .x = &rows, .next = next, .y = &row[t]});
        carry[0] = next[0];
        carry[1] = next[1];
        row[t] = cj_unsqueeze(row[t], 0);
    }
    cj_tensor *out[6] = {last[0], last[1], y, carry[0], carry[1], cj_concat(0, STEPS, row)};
    cj_program *p = cj_compile(c, 6, out, NULL);
    assert_non_null(p);
    run(p);
    for (int i = 0; i < 3; i++)
        assert_memory_equal(cj_output(p, i), cj_output(p, i + 3),
                            (size_t)cj_elements(out[i]) * sizeof(float));
    cj_program_free(p);
    cj_context_free(c);
}

static size_t peak_of(int64_t steps, int64_t segment, bool checkpoint)
{
    cj_context *c = new_context(NULL);
    cell w = {draw(c, 1, SHAPE(64, 64)), draw(c, 2, SHAPE(64, 64)), draw(c, 3, SHAPE(64))};
    cj_tensor *x = cj_input(c, "x", CJ_F32, SHAPE(steps, 64, 64)), *init[2], *last[2], *y, *g[3];
    init[0] = init[1] = draw(c, 5, SHAPE(64, 64));
    cj_loop(c, gated, &w, .carries = 2, .init = init, .xs = 1, .x = &x, .ys = 1, .last = last,
            .y = &y, .segment = segment, .checkpoint = checkpoint);
    cj_grad(cj_sum(last[0], CJ_ALL, false), 3, (cj_tensor *[]){w.w, w.u, w.b}, g);
    cj_program *p = cj_compile(c, 3, g, NULL);
    assert_non_null(p);
    size_t peak = cj_program_describe(p).peak_bytes;
    cj_program_free(p);
    cj_context_free(c);
    return peak;
}

/* Value, gradient and Hessian-vector product: one loop each way, not two. */
static void count_loops(void *user, const char *line)
{
    *(int *)user += strstr(line, "loop of") != NULL;
}

static void test_merged(void **state)
{
    (void)state;
    for (int no_fusion = 0; no_fusion < 2; no_fusion++) {
        cj_context *c = new_context(&(cj_config){.no_fusion = no_fusion});
        cj_tensor *out[16];
        int n = build(c, 8, false, out), loops = 0;
        cj_program *p = cj_compile(c, n, out, NULL);
        assert_non_null(p);
        cj_program_print(p, count_loops, &loops);
        assert_int_equal(loops, no_fusion ? 4 : 2);
        cj_program_free(p);
        cj_context_free(c);
    }
}

static void test_memory(void **state)
{
    (void)state;
    size_t plain = peak_of(1024, 0, false), segments = peak_of(1024, 32, false);
    size_t checkpoints = peak_of(1024, 32, true);
    assert_true(checkpoints < plain / 8);
    assert_true(segments < 2 * plain);
    /* two carries a segment, and one segment's rows */
    assert_true(peak_of(2048, 32, true) < checkpoints + 48 * 2 * 64 * 64 * sizeof(float));
}

/* ---- odd sizes and forms ---- */

static void count_up(void *user, cj_body *b)
{
    (void)user;
    b->next[0] = cj_add(b->carry[0], cj_cast(b->index, CJ_F64));
    b->next[1] = b->carry[0]; /* one carry takes another's place */
    b->y[0] = b->index;
    b->y[1] = cj_scalar(b->context, CJ_F64, 7);
}

static void assert_loop(int64_t capacity, int64_t count, bool reverse)
{
    cj_context *c = new_context(NULL);
    cj_tensor *init[2] = {cj_scalar(c, CJ_F64, 100), cj_scalar(c, CJ_F64, 200)}, *last[2], *y[2],
              *ran;
    cj_tensor *n = cj_eval(cj_scalar(c, CJ_I64, (double)count));
    cj_loop(c, count_up, NULL, .carries = 2, .init = init, .ys = 2,
            .capacity = capacity ? capacity : CJ_ZERO, .count = count == capacity ? NULL : n,
            .reverse = reverse, .last = last, .y = y, .iterations = &ran);
    assert_int_equal(cj_context_status(c), CJ_OK);
    cj_program *p = cj_compile(c, 5, (cj_tensor *[]){last[0], last[1], y[0], y[1], ran}, NULL);
    assert_non_null(p);
    run(p);
    int64_t want = count < 0 ? 0 : count < capacity ? count : capacity, rows[16];
    double a = 100, b = 200, sevens[16];
    memset(rows, 0, sizeof rows);
    for (int64_t i = 0; i < 16; i++)
        sevens[i] = i < want ? 7 : 0;
    for (int64_t i = 0; i < want; i++) {
        int64_t row = reverse ? want - 1 - i : i;
        b = a;
        a += (double)row;
        rows[row] = row;
    }
    assert_values(cj_output(p, 0), 1, &a);
    assert_values(cj_output(p, 1), 1, &b);
    assert_memory_equal(cj_output(p, 2), rows, (size_t)capacity * sizeof *rows);
    assert_values(cj_output(p, 3), capacity, sevens);
    assert_memory_equal(cj_output(p, 4), &want, sizeof want);
    cj_program_free(p);
    cj_context_free(c);
}

static void test_counts(void **state)
{
    (void)state;
    for (int64_t capacity = 0; capacity < 6; capacity++)
        for (int64_t count = -1; count < 8; count++) {
            assert_loop(capacity, count, false);
            assert_loop(capacity, count, true);
        }
}

/* Rows of no element, carries of none, a body that reads nothing. */
static void nothing(void *user, cj_body *b)
{
    (void)user;
    b->next[0] = cj_add(b->carry[0], b->x[0]);
    b->y[0] = cj_sum(b->next[0], CJ_ALL, false);
}

static void test_empty(void **state)
{
    (void)state;
    cj_context *c = new_context(NULL);
    cj_tensor *x = cj_full(c, CJ_F64, SHAPE(4, 0, 3), 1), *h = cj_full(c, CJ_F64, SHAPE(0, 3), 1);
    cj_tensor *last, *y, *g;
    cj_loop(c, nothing, NULL, .carries = 1, .init = &h, .xs = 1, .x = &x, .ys = 1, .last = &last,
            .y = &y);
    cj_grad(cj_sum(y, CJ_ALL, false), 1, &x, &g);
    assert_int_equal(cj_context_status(c), CJ_OK);
    cj_program *p = cj_compile(c, 3, (cj_tensor *[]){last, y, g}, NULL);
    assert_non_null(p);
    run(p);
    assert_values(cj_output(p, 1), 4, VALUES(0, 0, 0, 0));
    cj_program_free(p);
    cj_context_free(c);
}

/* ---- long ones, and what they cost ---- */

static void decay(void *user, cj_body *b)
{
    b->next[0] = cj_add(cj_mul(b->carry[0], user), b->x[0]);
}

static void test_ten_thousand(void **state)
{
    (void)state;
    enum { LONG = 10000 };
    cj_context *c = new_context(NULL);
    int64_t n = LONG;
    cj_tensor *x = cj_full(c, CJ_F64, 1, &n, 1), *factor = cj_eval(cj_scalar(c, CJ_F64, 0.999));
    cj_tensor *init = cj_scalar(c, CJ_F64, 0), *last, *g[2];
    x = cj_eval(x);
    cj_loop(c, decay, factor, .carries = 1, .init = &init, .xs = 1, .x = &x, .last = &last);
    cj_grad(last, 2, (cj_tensor *[]){factor, x}, g);
    cj_program *p = cj_compile(c, 3, (cj_tensor *[]){last, g[0], g[1]}, NULL);
    assert_non_null(p);
    run(p);
    double h = 0, dh = 0, power = 1;
    for (int i = 0; i < LONG; i++) {
        dh = 0.999 * dh + h;
        h = 0.999 * h + 1;
    }
    assert_true(fabs(cj_output_number(p, 0) - h) < 1e-9 * h);
    assert_true(fabs(cj_output_number(p, 1) - dh) < 1e-9 * dh);
    const double *gx = cj_output(p, 2);
    for (int i = LONG; i-- > 0; power *= 0.999)
        assert_true(fabs(gx[i] - power) < 1e-9);
    cj_program_free(p);
    cj_context_free(c);
}

static void add_up(void *user, cj_body *b)
{
    (void)user;
    b->next[0] = cj_add(b->carry[0], b->x[0]);
}

/* One compilation serves all loops of a structure; another body, of the same signature, has
 * another. */
static void test_cached(void **state)
{
    (void)state;
    cj_context *c = new_context(NULL);
    size_t kept[4] = {0};
    for (int i = 0; i < 8; i++) {
        assert_int_equal(cj_frame_enter(c), CJ_OK);
        double data[4] = {i, 1, 2, 3}, value, want = 0.3 + i, factor = 1 + i;
        int64_t n = 4;
        cj_tensor *x = cj_tensor_from(c, CJ_F64, 1, &n, data),
                  *init = cj_scalar(c, CJ_F64, 0.3 + i), *last;
        cj_tensor *by =
            i % 4 == 3 ? cj_scalar(c, CJ_F64, 0.75) : cj_tensor_from(c, CJ_F64, 0, NULL, &factor);
        cj_loop(c, i % 4 == 2 ? add_up : decay, i % 4 == 1 ? cj_sqrt(by) : by, .carries = 1,
                .init = &init, .xs = 1, .x = &x, .last = &last);
        assert_int_equal(cj_read(last, &value, sizeof value), CJ_OK);
        double f = i % 4 == 0 ? factor : i % 4 == 1 ? sqrt(factor) : i % 4 == 3 ? 0.75 : 1;
        for (int k = 0; k < 4; k++)
            want = want * f + data[k];
        assert_true(fabs(value - want) <= 1e-12 * fabs(want));
        if (i < 4)
            kept[i] = cj_eval_cached_bytes(c);
        else
            assert_int_equal(cj_eval_cached_bytes(c), kept[3]);
        assert_true(i == 0 || i > 3 || kept[i] > kept[i - 1]);
        cj_frame_leave(c);
    }
    cj_context_free(c);
}

/* A value of a body is refused outside, in a sentence. */
static cj_tensor *stolen;
static void leak(void *user, cj_body *b)
{
    (void)user;
    stolen = b->next[0] = cj_exp(b->carry[0]);
}

static void test_leak(void **state)
{
    (void)state;
    cj_context *c = new_context(NULL);
    cj_tensor *init = cj_scalar(c, CJ_F64, 1), *last;
    cj_fori(3, leak, NULL, 1, &init, &last);
    assert_null(cj_compile(c, 1, &stolen, NULL));
    assert_non_null(strstr(cj_error(c), "within a loop's body"));
    cj_context_free(c);
}

/* A kernel that fails in the third iteration of a loop in a loop: the run fails, no variable is
 * assigned. */
static cj_status third_fails(cj_context *c, void *user, int count, const void *const *x, void *y)
{
    (void)user, (void)count;
    memcpy(y, x[0], sizeof(double));
    return *(const double *)x[0] == 2 ? cj_fail(c, CJ_INVALID, "no third") : CJ_OK;
}

static void calls(void *user, cj_body *b)
{
    (void)user;
    b->y[0] = cj_custom(third_fails, 1, b->x, CJ_F64, 0, NULL);
}

static void calls_in_loop(void *user, cj_body *b)
{
    cj_tensor *y;
    cj_loop(b->context, calls, user, .xs = 1, .x = (cj_tensor *[]){user}, .ys = 1, .y = &y);
    b->next[0] = cj_add(b->carry[0], cj_sum(y, CJ_ALL, false));
}

static void test_failing(void **state)
{
    (void)state;
    for (int fails = 0; fails < 2; fails++) {
        cj_context *c = new_context(NULL);
        cj_tensor *x = vector(c, 3, fails ? VALUES(0, 1, 2) : VALUES(0, 1, 3)), *last;
        cj_tensor *init = cj_scalar(c, CJ_F64, 0);
        cj_variable *v = new_variable(c, "v", 1, VALUES(5));
        cj_fori(2, calls_in_loop, x, 1, &init, &last);
        cj_tensor *next = cj_scale(cj_variable_read(v), 2);
        cj_updates updates = {1, &v, &next};
        cj_program *p = cj_compile(c, 1, &last, &updates);
        assert_non_null(p);
        assert_int_equal(cj_run(p, 0, NULL), fails ? CJ_INVALID : CJ_OK);
        assert_values(cj_variable_data(v), 1, fails ? VALUES(5) : VALUES(10));
        if (!fails)
            assert_values(cj_output(p, 0), 1, VALUES(8));
        cj_program_free(p);
        cj_variable_release(v);
        cj_context_free(c);
    }
}

/* ---- no memory ---- */

static cj_status compile_all(cj_context *c)
{
    cj_tensor *out[16];
    int n = build(c, 9, true, out);
    if (cj_context_status(c))
        return cj_context_status(c);
    cj_program *p = cj_compile(c, n, out, NULL);
    cj_status status = p ? cj_run(p, 0, NULL) : cj_error_status(c);
    cj_program_free(p);
    return status;
}

static void test_no_memory(void **state)
{
    (void)state;
    for (int64_t n = 1;; n++) {
        failing_allocator a = {.fail_at = n, .persistent = n % 2};
        cj_config config = {.threads = 1, .allocator = failing_allocator_use(&a)};
        cj_context *c = cj_context_new(&config, NULL, 0);
        cj_status status = c ? compile_all(c) : CJ_NO_MEMORY;
        if (status != CJ_OK && (status != CJ_NO_MEMORY || (c && !strstr(cj_error(c), "memory"))))
            fail_msg("allocation %d: \"%s\"", (int)n, c ? cj_error(c) : "");
        cj_context_free(c);
        if (a.blocks || a.bytes)
            fail_msg("allocation %d: %d blocks, %d bytes lost", (int)n, (int)a.blocks,
                     (int)a.bytes);
        if (status == CJ_OK) {
            assert_int_equal(a.failed, 0);
            assert_true(n > 100);
            return;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bits),         cmocka_unit_test(test_unrolled),
        cmocka_unit_test(test_memory),       cmocka_unit_test(test_failing),
        cmocka_unit_test(test_cached),       cmocka_unit_test(test_merged),
        cmocka_unit_test(test_counts),       cmocka_unit_test(test_empty),
        cmocka_unit_test(test_leak),         cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_ten_thousand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
