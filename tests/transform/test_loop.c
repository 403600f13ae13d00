/*
 * Gradients of loops against the same graph unrolled, and against differences.
 */
#include "base/base.h"
#include "cajal/cajal.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { STEPS = 5, BATCH = 2, IN = 3, HIDDEN = 4 };

typedef struct net {
    cj_context *c;
    cj_tensor *x, *h, *w, *u, *b; /* [STEPS, BATCH, IN], [BATCH, HIDDEN], ... */
} net;

static cj_tensor *values(cj_context *c, uint64_t seed, int rank, const int64_t *shape)
{
    return cj_eval(cj_scale(cj_random_normal(cj_key(c, seed), CJ_F64, rank, shape), 0.5));
}

#define SHAPE(...)                                                                                 \
    (int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), (int64_t[])                         \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }

static net new_net(void)
{
    cj_config config = {.threads = 2};
    net n = {.c = cj_context_new(&config, NULL, 0)};
    assert_non_null(n.c);
    n.x = values(n.c, 1, SHAPE(STEPS, BATCH, IN));
    n.h = values(n.c, 2, SHAPE(BATCH, HIDDEN));
    n.w = values(n.c, 3, SHAPE(IN, HIDDEN));
    n.u = values(n.c, 4, SHAPE(HIDDEN, HIDDEN));
    n.b = values(n.c, 5, SHAPE(HIDDEN));
    return n;
}

static void good(cj_context *c)
{
    if (cj_context_status(c) != CJ_OK)
        fail_msg("%s", cj_error(c));
}

static void read_f64(cj_tensor *x, double *out)
{
    assert_non_null(x);
    cj_context *c = cj_tensor_context(x);
    if (cj_read(x, out, (size_t)cj_elements(x) * sizeof(double)) != CJ_OK)
        fail_msg("%s", cj_error(c));
}

static void assert_near(const char *what, cj_tensor *a, cj_tensor *b, double tolerance)
{
    assert_non_null(a);
    assert_non_null(b);
    int64_t n = cj_elements(a);
    assert_int_equal(n, cj_elements(b));
    double *p = calloc((size_t)n + 1, sizeof *p), *q = calloc((size_t)n + 1, sizeof *q);
    read_f64(a, p);
    read_f64(b, q);
    for (int64_t i = 0; i < n; i++)
        if (!(fabs(p[i] - q[i]) <= tolerance * (1 + fabs(q[i]))))
            fail_msg("%s: element %d of %d: %.17g, expected %.17g", what, (int)i, (int)n, p[i],
                     q[i]);
    free(p);
    free(q);
}

static cj_tensor *cell(const net *n, cj_tensor *x, cj_tensor *h)
{
    cj_tensor *a = cj_add(cj_matmul(x, n->w), cj_matmul(h, n->u));
    return cj_tanh(cj_add(a, n->b));
}

static void body(void *user, cj_body *b)
{
    b->next[0] = cell(user, b->x[0], b->carry[0]);
    b->y[0] = cj_square(b->next[0]);
}

/* A number that hangs on the last state and on all of the ys. */
static cj_tensor *looped(const net *n)
{
    cj_tensor *last, *y;
    cj_loop(n->c, body, (void *)(uintptr_t)n, .carries = 1, .init = &n->h, .xs = 1, .x = &n->x,
            .ys = 1, .last = &last, .y = &y);
    good(n->c);
    return cj_add(cj_sum(cj_mul(last, last), CJ_ALL, false), cj_sum(cj_sin(y), CJ_ALL, false));
}

static cj_tensor *unrolled(const net *n)
{
    cj_tensor *h = n->h, *sum = NULL;
    for (int t = 0; t < STEPS; t++) {
        h = cell(n, cj_squeeze(cj_narrow(n->x, 0, t, t + 1), 0), h);
        cj_tensor *y = cj_sum(cj_sin(cj_square(h)), CJ_ALL, false);
        sum = sum ? cj_add(sum, y) : y;
    }
    return cj_add(cj_sum(cj_mul(h, h), CJ_ALL, false), sum);
}

/* sum over i of (d y / d x[i]) . t[i]: a number that can be differentiated again. */
static cj_tensor *dot_gradient(cj_tensor *y, int count, cj_tensor **x, cj_tensor **t)
{
    cj_tensor *g[8], *sum = NULL;
    cj_grad(y, count, x, g);
    for (int i = 0; i < count; i++) {
        cj_tensor *part = cj_sum(cj_mul(g[i], t[i]), CJ_ALL, false);
        sum = sum ? cj_add(sum, part) : part;
    }
    return sum;
}

static cj_tensor *tangent_of(cj_tensor *y, int count, cj_tensor **x, cj_tensor **t)
{
    cj_tensor *out;
    cj_jvp(count, x, t, 1, &y, &out);
    return out ? out : cj_scalar(cj_tensor_context(y), CJ_F64, 0); /* no tangent is one of zeros */
}

/* y and z are one function of x, written as a loop and unrolled: all orders up to the third,
 * forward and reverse mixed. */
static void same_derivatives(cj_context *c, cj_tensor *y, cj_tensor *z, int count, cj_tensor **x)
{
    cj_tensor *t[3][8], *a[8], *b[8], *fa, *fb;
    good(c);
    for (int k = 0; k < 3; k++)
        for (int i = 0; i < count; i++)
            t[k][i] = values(c, 100 + (uint64_t)(10 * k + i), cj_rank(x[i]), cj_shape(x[i]));
    assert_near("value", y, z, 1e-13);
    cj_grad(y, count, x, a);
    cj_grad(z, count, x, b);
    good(c);
    for (int i = 0; i < count; i++)
        assert_near("gradient", a[i], b[i], 1e-12);
    fa = tangent_of(y, count, x, t[0]);
    fb = tangent_of(z, count, x, t[0]);
    good(c);
    assert_near("tangent", fa, fb, 1e-12);
    cj_tensor *y1 = dot_gradient(y, count, x, t[0]), *z1 = dot_gradient(z, count, x, t[0]);
    assert_near("forward against reverse", fa, y1, 1e-12);
    cj_grad(y1, count, x, a);
    cj_grad(z1, count, x, b);
    good(c);
    for (int i = 0; i < count; i++)
        assert_near("second order", a[i], b[i], 1e-11);
    cj_grad(fa, count, x, a);
    good(c);
    for (int i = 0; i < count; i++)
        assert_near("reverse over forward", a[i], b[i], 1e-11);
    fa = tangent_of(y1, count, x, t[1]);
    cj_tensor *y2 = dot_gradient(y1, count, x, t[1]), *z2 = dot_gradient(z1, count, x, t[1]);
    good(c);
    assert_near("forward over reverse", fa, y2, 1e-11);
    cj_grad(y2, count, x, a);
    cj_grad(z2, count, x, b);
    good(c);
    for (int i = 0; i < count; i++)
        assert_near("third order", a[i], b[i], 1e-10);
    fb = tangent_of(fa, count, x, t[2]);
    cj_tensor *z3 = dot_gradient(z2, count, x, t[2]);
    good(c);
    assert_near("forward over forward over reverse", fb, z3, 1e-10);
}

static void test_scan(void **state)
{
    (void)state;
    net n = new_net();
    cj_tensor *x[5] = {n.x, n.h, n.w, n.u, n.b};
    same_derivatives(n.c, looped(&n), unrolled(&n), 5, x);
    cj_context_free(n.c);
}

/* The same in segments, of which the last is short, remembered and computed again. */
static void test_segments(void **state)
{
    (void)state;
    for (int way = 0; way < 4; way++) {
        net n = new_net();
        cj_tensor *last, *y, *x[5] = {n.x, n.h, n.w, n.u, n.b};
        cj_loop(n.c, body, &n, .carries = 1, .init = &n.h, .xs = 1, .x = &n.x, .ys = 1,
                .last = &last, .y = &y, .segment = 2 + way % 2, .checkpoint = way / 2);
        cj_tensor *f =
            cj_add(cj_sum(cj_mul(last, last), CJ_ALL, false), cj_sum(cj_sin(y), CJ_ALL, false));
        same_derivatives(n.c, f, unrolled(&n), 5, x);
        cj_context_free(n.c);
    }
}

/* ---- backwards, without a carry, with the index ---- */

static void indexed(void *user, cj_body *b)
{
    const net *n = user;
    cj_tensor *i = cj_cast(b->index, CJ_F64);
    b->next[0] = cj_add(cj_mul(b->carry[0], i), cj_sum(cj_exp(b->x[0]), CJ_ALL, false));
    b->next[1] = cj_mul(b->carry[1], cj_sin(b->carry[0]));
    b->y[0] = cj_mul(cj_matmul(b->x[0], n->w), b->carry[1]);
}

static void reverse_scan(int64_t segment, bool checkpoint)
{
    net n = new_net();
    cj_tensor *init[2] = {cj_sum(n.h, CJ_ALL, false), cj_sum(n.b, CJ_ALL, false)};
    cj_tensor *last[2], *y;
    cj_loop(n.c, indexed, &n, .carries = 2, .init = init, .xs = 1, .x = &n.x, .ys = 1, .last = last,
            .y = &y, .reverse = true, .segment = segment, .checkpoint = checkpoint);
    good(n.c);
    cj_tensor *a = init[0], *e = init[1], *row[STEPS];
    for (int t = STEPS - 1; t >= 0; t--) {
        cj_tensor *x = cj_squeeze(cj_narrow(n.x, 0, t, t + 1), 0);
        row[t] = cj_unsqueeze(cj_mul(cj_matmul(x, n.w), e), 0);
        e = cj_mul(e, cj_sin(a));
        a = cj_add(cj_scale(a, t), cj_sum(cj_exp(x), CJ_ALL, false));
    }
    cj_tensor *z = cj_concat(0, STEPS, row);
    cj_tensor *f = cj_add(cj_add(last[0], last[1]), cj_sum(cj_mul(y, cj_sin(y)), CJ_ALL, false));
    cj_tensor *g = cj_add(cj_add(a, e), cj_sum(cj_mul(z, cj_sin(z)), CJ_ALL, false));
    cj_tensor *x[4] = {n.x, n.h, n.w, n.b};
    same_derivatives(n.c, f, g, 4, x);
    cj_context_free(n.c);
}

static void test_reverse_scan(void **state)
{
    (void)state;
    reverse_scan(0, false);
    reverse_scan(2, false);
    reverse_scan(2, true);
    reverse_scan(3, true);
}

/* ---- while: x -> x * s while the sum is below a bound ---- */

static cj_tensor *below(void *user, cj_tensor *const *carry)
{
    (void)user;
    return cj_lt(cj_sum(carry[0], CJ_ALL, false),
                 cj_scalar(cj_tensor_context(carry[0]), CJ_F64, 50));
}

static void grow(void *user, cj_body *b)
{
    const net *n = user;
    b->next[0] = cj_add(cj_mul(b->carry[0], cj_exp(n->b)), cj_square(n->b));
}

static void test_while(void **state)
{
    (void)state;
    net n = new_net();
    n.b = cj_eval(cj_shift(cj_abs(n.b), 0.1));
    n.h = cj_eval(cj_shift(cj_abs(cj_squeeze(cj_narrow(n.h, 0, 0, 1), 0)), 0.5));
    cj_tensor *last, *iterations;
    cj_while(below, grow, &n, 1, &n.h, &last, .capacity = 40, .iterations = &iterations);
    good(n.c);
    int64_t ran;
    assert_int_equal(cj_read(iterations, &ran, sizeof ran), CJ_OK);
    cj_tensor *z = n.h;
    double sum = 0;
    int64_t steps = 0;
    for (;; steps++) {
        read_f64(cj_sum(z, CJ_ALL, false), &sum);
        if (!(sum < 50))
            break;
        z = cj_add(cj_mul(z, cj_exp(n.b)), cj_square(n.b));
    }
    assert_int_equal(ran, steps);
    assert_true(ran > 2 && ran < 40);
    cj_tensor *x[2] = {n.h, n.b};
    same_derivatives(n.c, cj_sum(cj_sin(last), CJ_ALL, false), cj_sum(cj_sin(z), CJ_ALL, false), 2,
                     x);
    cj_context_free(n.c);
}

/* Without a capacity there are values and forward derivatives, and a sentence for the rest. */
static void test_without_capacity(void **state)
{
    (void)state;
    net n = new_net();
    n.b = cj_eval(cj_shift(cj_abs(n.b), 0.1));
    n.h = cj_eval(cj_shift(cj_abs(cj_squeeze(cj_narrow(n.h, 0, 0, 1), 0)), 0.5));
    cj_tensor *free_one, *bounded, *a, *b, *g;
    cj_while(below, grow, &n, 1, &n.h, &free_one);
    cj_while(below, grow, &n, 1, &n.h, &bounded, .capacity = 40);
    cj_tensor *t = values(n.c, 9, cj_rank(n.b), cj_shape(n.b));
    cj_jvp(1, &n.b, &t, 1, &free_one, &a);
    cj_jvp(1, &n.b, &t, 1, &bounded, &b);
    good(n.c);
    assert_near("tangent", a, b, 0);
    assert_int_equal(cj_grad(cj_sum(free_one, CJ_ALL, false), 1, &n.b, &g), CJ_INVALID);
    assert_non_null(strstr(cj_error(n.c), "capacity"));
    cj_context_free(n.c);
}

/* ---- cond: the branch that is not taken is not there ---- */

static void root(void *user, cj_tensor *const *operand, cj_tensor **result)
{
    (void)user;
    result[0] = cj_sqrt(operand[0]);
    result[1] = cj_mul(operand[0], operand[1]);
}

static void square(void *user, cj_tensor *const *operand, cj_tensor **result)
{
    (void)user;
    result[0] = cj_mul(operand[0], cj_square(operand[1]));
    result[1] = operand[1];
}

static void test_cond(void **state)
{
    (void)state;
    net n = new_net();
    cj_tensor *x[2] = {cj_sub(n.b, n.b), n.b}; /* sqrt'(0) is inf */
    x[0] = cj_eval(x[0]);
    for (int taken = 0; taken < 2; taken++) {
        cj_tensor *p =
            cj_lt(cj_sum(cj_square(n.h), CJ_ALL, false), cj_scalar(n.c, CJ_F64, taken ? 1e9 : -1));
        if (taken)
            x[0] = cj_eval(cj_shift(cj_square(n.b), 0.3));
        cj_tensor *r[2], *want[2];
        cj_cond(p, root, square, NULL, 2, x, 2, r);
        good(n.c);
        (taken ? root : square)(NULL, x, want);
        same_derivatives(n.c, cj_sum(cj_mul(cj_sin(r[0]), r[1]), CJ_ALL, false),
                         cj_sum(cj_mul(cj_sin(want[0]), want[1]), CJ_ALL, false), 2, x);
    }
    cj_context_free(n.c);
}

/* ---- loops in loops ---- */

typedef struct inner {
    const net *n;
    cj_tensor *scale; /* of the outer iteration */
} inner;

static void inner_body(void *user, cj_body *b)
{
    const inner *w = user;
    cj_tensor *h = cj_tanh(cj_add(cj_mul(b->carry[0], w->scale), cj_mul(b->x[0], w->n->b)));
    b->next[0] = h;
    b->y[0] = cj_mul(h, b->carry[0]);
}

static void outer_body(void *user, cj_body *b)
{
    const net *n = user;
    inner w = {n, cj_exp(cj_mul(b->carry[0], n->b))};
    cj_tensor *rows = cj_matmul(b->x[0], n->w), *last, *ys; /* [BATCH, HIDDEN] */
    cj_loop(b->context, inner_body, &w, .carries = 1, .init = b->carry, .xs = 1, .x = &rows,
            .ys = 1, .last = &last, .y = &ys);
    b->next[0] = last;
    b->y[0] = cj_sum(ys, CJ_AXIS(0), false);
}

static void test_nested(void **state)
{
    (void)state;
    net n = new_net();
    cj_tensor *h = cj_eval(cj_squeeze(cj_narrow(n.h, 0, 0, 1), 0)), *last, *y;
    cj_loop(n.c, outer_body, &n, .carries = 1, .init = &h, .xs = 1, .x = &n.x, .ys = 1,
            .last = &last, .y = &y);
    good(n.c);
    cj_tensor *z = h, *sum = NULL;
    for (int t = 0; t < STEPS; t++) {
        cj_tensor *scale = cj_exp(cj_mul(z, n.b));
        cj_tensor *rows = cj_matmul(cj_squeeze(cj_narrow(n.x, 0, t, t + 1), 0), n.w), *ys = NULL;
        for (int i = 0; i < BATCH; i++) {
            cj_tensor *row = cj_squeeze(cj_narrow(rows, 0, i, i + 1), 0);
            cj_tensor *next = cj_tanh(cj_add(cj_mul(z, scale), cj_mul(row, n.b)));
            cj_tensor *part = cj_mul(next, z);
            ys = ys ? cj_add(ys, part) : part;
            z = next;
        }
        cj_tensor *part = cj_sum(cj_sin(ys), CJ_ALL, false);
        sum = sum ? cj_add(sum, part) : part;
    }
    cj_tensor *f = cj_add(cj_sum(last, CJ_ALL, false), cj_sum(cj_sin(y), CJ_ALL, false));
    cj_tensor *g = cj_add(cj_sum(z, CJ_ALL, false), sum);
    cj_tensor *x[4] = {n.x, h, n.w, n.b};
    same_derivatives(n.c, f, g, 4, x);
    cj_context_free(n.c);
}

/* ---- random bodies against the same ops one after the other ---- */

enum { POOL = 24, ROWS = 3 };

typedef struct random_body {
    cj_context *c;
    cj_key key;
    uint64_t draws;
    int carries, ops, ys;
    cj_tensor *capture[3]; /* [2, 3], [3, 3], [3] */
} random_body;

static int roll(random_body *r, int sides)
{
    return (int)(cj_key_bits(r->key, r->draws++) % (uint32_t)sides);
}

static void times(void *user, cj_body *b)
{
    b->next[0] = cj_tanh(cj_mul(b->carry[0], user));
}

/* One op more on values of [2, 3]. */
static cj_tensor *random_op(random_body *r, cj_tensor **pool, int count, cj_tensor *index)
{
    cj_tensor *a = pool[roll(r, count)], *b = pool[roll(r, count)], *part[2], *out;
    switch (roll(r, 15)) {
    case 0: return cj_add(a, b);
    case 1: return cj_mul(a, b);
    case 2: return cj_tanh(a);
    case 3: return cj_sin(cj_sub(a, b));
    case 4: return cj_where(cj_lt(a, b), a, cj_scale(b, 0.5));
    case 5: return cj_matmul(a, r->capture[1]);
    case 6: return cj_matmul(cj_matmul(a, cj_transpose(b, 0, 1)), b);
    case 7: return cj_sub(a, cj_mean(b, CJ_AXIS(1), true));
    case 8: return cj_mul(a, cj_amax(b, CJ_AXIS(0), true));
    case 9: return cj_add(a, cj_mul(r->capture[2], cj_exp(cj_neg(cj_square(b)))));
    case 10:
        part[0] = cj_narrow(a, 1, 1, 3);
        part[1] = cj_narrow(b, 1, 0, 1);
        return cj_concat(1, 2, part);
    case 11: return cj_flip(cj_mul(a, cj_cast(cj_add(index, index), CJ_F64)), CJ_ALL);
    case 12: return cj_div(a, cj_shift(cj_square(b), 1));
    case 13: cj_fori(2, times, b, 1, &a, &out); return out;
    default: return cj_stop_gradient(a);
    }
}

static void random_iteration(void *user, cj_body *b)
{
    random_body *r = user;
    cj_tensor *pool[POOL];
    int count = 0;
    r->draws = 100;
    for (int i = 0; i < r->carries; i++)
        pool[count++] = b->carry[i];
    pool[count++] = b->x[0];
    pool[count++] = r->capture[0];
    for (int i = 0; i < r->ops; i++, count++)
        pool[count] = random_op(r, pool, count, b->index);
    for (int i = 0; i < r->carries; i++)
        b->next[i] = cj_tanh(pool[roll(r, count)]);
    for (int i = 0; i < r->ys; i++)
        b->y[i] = pool[roll(r, count)];
}

static void test_random(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 30; seed++) {
        random_body r = {
            .c = cj_context_new(&(cj_config){.threads = 2, .smallest_work = 1}, NULL, 0),
            .key = cj_key_from_seed(seed)};
        cj_context *c = r.c;
        r.carries = 1 + roll(&r, 3);
        r.ys = roll(&r, 3);
        r.ops = 2 + roll(&r, 14);
        bool reverse = roll(&r, 2);
        int segment = roll(&r, 3), checkpoint = roll(&r, 2);
        cj_tensor *init[3], *last[3], *carry[3], *next[3], *y[2], *row[2][ROWS];
        for (int i = 0; i < r.carries; i++)
            carry[i] = init[i] = values(c, 10 + (uint64_t)i, SHAPE(2, 3));
        r.capture[0] = values(c, 20, SHAPE(2, 3));
        r.capture[1] = values(c, 21, SHAPE(3, 3));
        r.capture[2] = values(c, 22, SHAPE(3));
        cj_tensor *x = values(c, 23, SHAPE(ROWS, 2, 3));
        cj_loop(c, random_iteration, &r, .carries = r.carries, .init = init, .xs = 1, .x = &x,
                .ys = r.ys, .last = last, .y = y, .reverse = reverse, .segment = segment,
                .checkpoint = checkpoint);
        good(c);
        for (int i = 0; i < ROWS; i++) {
            int t = reverse ? ROWS - 1 - i : i;
            cj_tensor *rows = cj_squeeze(cj_narrow(x, 0, t, t + 1), 0), *ys[2];
            random_iteration(&r, &(cj_body){.context = c,
                                            .index = cj_scalar(c, CJ_I64, t),
                                            .carry = carry,
                                            .x = &rows,
                                            .next = next,
                                            .y = ys});
            memcpy(carry, next, sizeof carry);
            for (int k = 0; k < r.ys; k++)
                row[k][t] = cj_unsqueeze(ys[k], 0);
        }
        cj_tensor *f = NULL, *g = NULL;
        for (int i = 0; i < r.carries + r.ys; i++) {
            cj_tensor *p = i < r.carries ? last[i] : y[i - r.carries];
            cj_tensor *q = i < r.carries ? carry[i] : cj_concat(0, ROWS, row[i - r.carries]);
            assert_near("a result", p, q, 0);
            p = cj_sum(cj_sin(p), CJ_ALL, false);
            q = cj_sum(cj_sin(q), CJ_ALL, false);
            f = f ? cj_add(f, p) : p;
            g = g ? cj_add(g, q) : q;
        }
        cj_tensor *at[5] = {x, init[0], r.capture[0], r.capture[1], r.capture[2]};
        same_derivatives(c, f, g, 5, at);
        cj_context_free(c);
    }
}

/* ---- over lanes: one loop against a loop a lane ---- */

/* Over three lanes of x[k] where lanes[k], sum(sin(y(lane))); `split`: each lane by itself. */
static cj_tensor *over_lanes(cj_tensor *(*y)(net *n), net n, const bool *lanes, bool split)
{
    cj_tensor **member[5] = {&n.x, &n.h, &n.w, &n.u, &n.b}, *wide[5] = {0}, *plain[5], *out, *sum;
    int count = 0;
    for (int i = 0; i < 5; i++)
        wide[i] = *member[i];
    if (split) {
        sum = NULL;
        for (int lane = 0; lane < 3; lane++) {
            for (int i = 0; i < 5; i++)
                *member[i] =
                    lanes[i] ? cj_squeeze(cj_narrow(wide[i], 0, lane, lane + 1), 0) : wide[i];
            out = cj_sum(cj_sin(y(&n)), CJ_ALL, false);
            sum = sum ? cj_add(sum, out) : out;
        }
        return sum;
    }
    cj_tensor *by[5];
    for (int i = 0; i < 5; i++)
        if (lanes[i]) {
            *member[i] = cj_tap(cj_squeeze(cj_narrow(wide[i], 0, 0, 1), 0));
            plain[count] = *member[i];
            by[count++] = wide[i];
        }
    cj_tensor *one = y(&n);
    good(n.c);
    cj_vmap(count, plain, by, 1, &one, &out);
    good(n.c);
    return cj_sum(cj_sin(out), CJ_ALL, false);
}

static cj_tensor *of_scan(net *n)
{
    return looped(n);
}

static cj_tensor *of_gradient(net *n)
{
    cj_tensor *g;
    cj_grad(looped(n), 1, &n->u, &g);
    return g;
}

static cj_tensor *of_while(net *n)
{
    cj_tensor *last, *h = cj_sum(cj_square(n->h), CJ_AXIS(0), false), *ran;
    net *own = n;
    cj_while(below, grow, own, 1, &h, &last, .capacity = 60, .iterations = &ran);
    good(n->c);
    return cj_add(last, cj_cast(ran, CJ_F64));
}

static cj_tensor *of_cond(net *n)
{
    cj_tensor *x[2] = {cj_square(n->b), n->b}, *r[2];
    cj_tensor *p = cj_lt(cj_sum(n->h, CJ_ALL, false), cj_scalar(n->c, CJ_F64, 0));
    cj_cond(p, root, square, NULL, 2, x, 2, r);
    return cj_mul(r[0], r[1]);
}

static void counted(void *user, cj_body *b)
{
    const net *n = user;
    b->next[0] = cj_mul(cj_sin(b->carry[0]), n->b);
    b->y[0] = cj_mul(b->carry[0], b->carry[0]);
}

/* As many iterations as lanes say, backwards. */
static cj_tensor *of_count(net *n)
{
    cj_tensor *h = cj_sum(n->h, CJ_AXIS(0), false), *last, *y;
    cj_tensor *count = cj_cast(cj_scale(cj_abs(cj_sum(n->u, CJ_ALL, false)), 2), CJ_I64);
    cj_loop(n->c, counted, n, .carries = 1, .init = &h, .ys = 1, .capacity = 6, .count = count,
            .reverse = true, .last = &last, .y = &y);
    good(n->c);
    return cj_add(last, cj_sum(y, CJ_AXIS(0), false));
}

static void test_lanes(void **state)
{
    (void)state;
    cj_tensor *(*const f[])(net *) = {of_scan, of_gradient, of_while, of_cond, of_count};
    for (size_t k = 0; k < sizeof f / sizeof *f; k++)
        for (int mask = 1; mask < 32; mask += 6 - (mask & 1)) {
            net n = new_net();
            bool lanes[5];
            cj_tensor **member[5] = {&n.x, &n.h, &n.w, &n.u, &n.b}, *x[5];
            n.b = cj_shift(cj_square(n.b), 0.2);
            for (int i = 0; i < 5; i++) {
                lanes[i] = mask >> i & 1;
                int64_t shape[4] = {3};
                memcpy(shape + 1, cj_shape(*member[i]),
                       (size_t)cj_rank(*member[i]) * sizeof *shape);
                if (lanes[i])
                    *member[i] = cj_mul(
                        *member[i],
                        cj_shift(values(n.c, 50 + (uint64_t)i, cj_rank(*member[i]) + 1, shape), 1));
                x[i] = *member[i] = cj_eval(*member[i]);
            }
            good(n.c);
            same_derivatives(n.c, over_lanes(f[k], n, lanes, false),
                             over_lanes(f[k], n, lanes, true), 5, x);
            cj_context_free(n.c);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scan),
        cmocka_unit_test(test_segments),
        cmocka_unit_test(test_reverse_scan),
        cmocka_unit_test(test_while),
        cmocka_unit_test(test_without_capacity),
        cmocka_unit_test(test_cond),
        cmocka_unit_test(test_nested),
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_lanes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
