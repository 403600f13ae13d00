/*
 * A new graph at every step: memory in use stays what it was, however many different nets are made, compiled, run and freed,
 * and however many different tensors are computed by cj_read. CAJAL_STEPS sets how many (2,000).
 */
#include "cajal/cajal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

typedef struct counter {
    size_t used, most;
} counter;

static void *counted(void *user, void *pointer, size_t old_size, size_t new_size)
{
    counter *c = user;
    if (new_size == 0) {
        free(pointer);
        c->used -= old_size;
        return NULL;
    }
    void *p = realloc(pointer, new_size);
    if (p)
        c->used += new_size - old_size;
    c->most = c->used > c->most ? c->used : c->most;
    return p;
}

static uint32_t draw(uint32_t *state, uint32_t below)
{
    *state = *state * 1664525u + 1013904223u;
    return (*state >> 16) % below;
}

/* A net of 4 to 11 layers, with parameters of its own; its loss and gradients once. */
static void one_net(cj_context *context, uint32_t *state)
{
    cj_scope *s = cj_scope_new(context);
    cj_frame_enter(context);
    int layers = 4 + (int)draw(state, 8);
    cj_tensor *x = cj_full(context, CJ_F32, 2, ((int64_t[]){4, 8}), 0.5), *out[23], *parameter[22];
    for (int i = 0; i < layers; i++) {
        char name[16];
        snprintf(name, sizeof name, "fc%d", i);
        x = cj_linear(s, name, x, .out_features = 2 + draw(state, 9));
        x = draw(state, 2) ? cj_tanh(x) : cj_relu(x);
    }
    for (int i = 0; i < 2 * layers; i++)
        parameter[i] = cj_variable_read(cj_scope_entry(s, i)->variable);
    out[0] = cj_mean(cj_square(x), CJ_ALL, false);
    assert_int_equal(cj_grad(out[0], 2 * layers, parameter, out + 1), CJ_OK);
    cj_program *program = cj_compile(context, 1 + 2 * layers, out, NULL);
    assert_non_null(program);
    assert_int_equal(cj_run(program, 0, NULL), CJ_OK);
    cj_program_free(program);
    cj_frame_leave(context);
    cj_scope_free(s);
}

/* A chain of up to 12 ops of 2^12 different kinds, read at once. */
static void one_read(cj_context *context, uint32_t *state)
{
    double value;
    cj_frame_enter(context);
    cj_tensor *x = cj_tensor_from(context, CJ_F64, 1, (int64_t[]){3}, (double[]){1, 2, 3});
    for (int i = 0, n = 1 + (int)draw(state, 12); i < n; i++)
        x = draw(state, 2) ? cj_tanh(x) : cj_square(x);
    assert_int_equal(cj_read(cj_sum(x, CJ_ALL, false), &value, sizeof value), CJ_OK);
    cj_frame_leave(context);
}

static void test_no_growth(void **state)
{
    (void)state;
    const char *text = getenv("CAJAL_STEPS");
    int steps = text ? atoi(text) : 2000;
    counter count = {0, 0};
    cj_config config = {.threads = 1, .allocator = {counted, &count}};
    cj_context *context = cj_context_new(&config, NULL, 0);
    uint32_t draws = 1;
    size_t early = 0;
    for (int i = 0; i < steps; i++) {
        one_net(context, &draws);
        one_read(context, &draws);
        if (i == steps / 2)
            early = count.most;
    }
    printf("%d steps: at most %zu bytes in use, %zu in the first half\n", steps, count.most, early);
    assert_true(count.most <= early + early / 50);
    cj_context_free(context);
    assert_int_equal(count.used, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_no_growth)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
