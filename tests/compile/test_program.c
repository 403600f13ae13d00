/*
 * cj_compile and cj_run: inputs and their sentences, what a program owns and for how long, programs that share the context's
 * arena, odd shapes, fused kernels told apart from unfused ones.
 */
#include "base/failing_allocator.h"
#include "compile/program_test.h"

#include <stdio.h>
#include <stdlib.h>

static cj_tensor *input(cj_context *c, const char *name, int64_t n)
{
    return cj_input(c, name, CJ_F64, 1, &n);
}

static void inputs_are_fed_by_name(void **state)
{
    (void)state;
    cj_context *c = new_context(NULL);
    cj_tensor *y = cj_sub(input(c, "left", 2), input(c, "right", 2));
    cj_program *p = cj_compile(c, 1, &y, NULL);
    assert_int_equal(
        cj_run(p, 3, (cj_feed[]){{"right", VALUES(1, 2)}, {"other", NULL}, {"left", VALUES(5, 5)}}),
        CJ_OK);
    assert_values(cj_output(p, 0), 2, VALUES(4, 3));
    assert_true(cj_output_number(p, 0) == 4);
    assert_int_equal(cj_run(p, 1, (cj_feed[]){{"left", VALUES(5, 5)}}), CJ_NOT_FOUND);
    assert_non_null(strstr(cj_error(c), "'right'"));
    assert_int_equal(cj_run(p, 0, NULL), CJ_NOT_FOUND);
    assert_int_equal(cj_run(p, 2, (cj_feed[]){{"left", NULL}, {"right", VALUES(1, 2)}}),
                     CJ_NOT_FOUND);
    assert_int_equal(cj_context_status(c), CJ_OK);
    assert_int_equal(cj_run(p, 2, (cj_feed[]){{"left", VALUES(1, 1)}, {"right", VALUES(0, 0)}}),
                     CJ_OK);
    assert_values(cj_output(p, 0), 2, VALUES(1, 1));
    cj_program_free(p);
    cj_context_free(c);
}

static void a_failed_run_changes_nothing(void **state)
{
    (void)state;
    cj_context *c = new_context(NULL);
    cj_variable *v[2] = {new_variable(c, "a", 2, VALUES(1, 2)),
                         new_variable(c, "b", 2, VALUES(3, 4))};
    cj_tensor *value[2] = {cj_scale(cj_variable_read(v[0]), 3),
                           cj_add(cj_variable_read(v[1]), input(c, "x", 2))};
    cj_program *p = compile_updates(c, 2, v, value);
    assert_int_equal(cj_run(p, 0, NULL), CJ_NOT_FOUND);
    assert_values(cj_variable_data(v[0]), 2, VALUES(1, 2));
    assert_values(cj_variable_data(v[1]), 2, VALUES(3, 4));
    cj_program_free(p);
    cj_context_free(c);
}

static void wrong_calls_are_sentences(void **state)
{
    (void)state;
    cj_context *c = new_context(NULL);
    cj_tensor *same = cj_add(input(c, "x", 2), cj_square(input(c, "x", 2)));
    assert_null(cj_compile(c, 1, &same, NULL));
    assert_int_equal(cj_error_status(c), CJ_INVALID);
    assert_non_null(strstr(cj_error(c), "'x'"));
    cj_tensor *none[2] = {same, NULL};
    assert_null(cj_compile(c, 2, none, NULL));
    assert_non_null(strstr(cj_error(c), "output 1"));
    assert_non_null(strstr(cj_error(c), "test_program.c:"));
    /* a building error stays and refuses */
    cj_tensor *y = input(c, "y", 2);
    cj_program *p = cj_compile(c, 1, &y, NULL);
    assert_non_null(p);
    assert_null(cj_add(input(c, "z", 3), y));
    assert_null(cj_compile(c, 1, &y, NULL));
    assert_int_equal(cj_run(p, 1, (cj_feed[]){{"y", VALUES(1, 2)}}), CJ_SHAPE);
    cj_error_clear(c);
    assert_int_equal(cj_run(p, 1, (cj_feed[]){{"y", VALUES(1, 2)}}), CJ_OK);
    cj_program_free(p);
    cj_context_free(c);
}

/* The program goes on when the frame and the caller's variable reference are gone; other nodes take the frame's memory. */
static void a_program_outlives_its_frame(void **state)
{
    (void)state;
    cj_context *c = new_context(NULL);
    cj_variable *v = new_variable(c, "counter", 2, VALUES(1, 2));
    assert_int_equal(cj_frame_enter(c), CJ_OK);
    cj_tensor *constant = vector(c, 2, VALUES(10, 20)), *x = input(c, "the input", 2);
    cj_tensor *next = cj_add(cj_add(cj_variable_read(v), constant), x);
    cj_updates updates = {1, &v, &next};
    cj_program *p = cj_compile(c, 1, &next, &updates);
    assert_non_null(p);
    cj_frame_leave(c);
    cj_variable_release(v);
    assert_int_equal(cj_frame_enter(c), CJ_OK);
    for (int i = 0; i < 200; i++)
        vector(c, 2, VALUES(-1, i));
    for (int i = 1; i <= 3; i++) {
        assert_int_equal(cj_run(p, 1, (cj_feed[]){{"the input", VALUES(1, 0)}}), CJ_OK);
        assert_values(cj_output(p, 0), 2, VALUES(1 + 11 * i, 2 + 20 * i));
    }
    cj_frame_leave(c);
    cj_program_free(p);
    cj_context_free(c);
}

/* x -> 3 x in as many steps as make the arena hold something. */
static cj_program *tripler(cj_context *c, const char *name, int64_t n)
{
    cj_tensor *x = input(c, name, n);
    cj_tensor *mean = cj_mean(x, CJ_ALL, true),
              *y = cj_flip(cj_mul(cj_add(x, mean), cj_sub(x, mean)), 1);
    cj_tensor *output[2] = {cj_add(x, cj_scale(x, 2)), cj_sum(cj_flip(y, 1), CJ_ALL, false)};
    cj_program *p = cj_compile(c, 2, output, NULL);
    assert_non_null(p);
    return p;
}

/* Freed memory is kept and watched: whoever writes to it is found out. */
typedef struct quarantine {
    unsigned char *block[4096];
    size_t size[4096];
    int count;
} quarantine;

static void *quarantine_reallocate(void *user, void *pointer, size_t old_size, size_t new_size)
{
    quarantine *q = user;
    void *memory = new_size ? malloc(new_size) : NULL;
    if (pointer && (memory || !new_size)) {
        if (memory)
            memcpy(memory, pointer, old_size < new_size ? old_size : new_size);
        assert_true(q->count < 4096);
        memset(pointer, 0xab, old_size);
        q->block[q->count] = pointer;
        q->size[q->count++] = old_size;
    }
    return memory;
}

static void check_quarantine(quarantine *q)
{
    for (int i = 0; i < q->count; i++) {
        for (size_t k = 0; k < q->size[i]; k++)
            assert_int_equal(q->block[i][k], 0xab);
        free(q->block[i]);
    }
}

static void programs_share_an_arena(void **state)
{
    (void)state;
    enum { LARGE = 20000 };
    static quarantine freed;
    cj_context *c = new_context(&(cj_config){.threads = 2,
                                             .smallest_work = 1,
                                             .no_fusion = true,
                                             .allocator = {quarantine_reallocate, &freed}});
    static double large[LARGE];
    for (int i = 0; i < LARGE; i++)
        large[i] = i % 3 - 1;
    cj_program *a = tripler(c, "x", 4);
    assert_int_equal(cj_run(a, 1, (cj_feed[]){{"x", VALUES(1, 2, 3, 4)}}), CJ_OK);
    cj_program *b = tripler(c, "x", LARGE); /* the arena grows and moves */
    assert_true(cj_program_describe(b).peak_bytes > cj_program_describe(a).peak_bytes);
    assert_values(cj_output(a, 0), 4, VALUES(3, 6, 9, 12));
    for (int round = 0; round < 3; round++) {
        assert_int_equal(cj_run(b, 1, (cj_feed[]){{"x", large}}), CJ_OK);
        assert_int_equal(cj_run(a, 1, (cj_feed[]){{"x", VALUES(round, 1, 1, 1)}}), CJ_OK);
        double mean = (round + 3) / 4.0;
        assert_true(cj_output_number(a, 1) == round * round + 3 - 4 * mean * mean);
        assert_values(cj_output(a, 0), 4, VALUES(3.0 * round, 3, 3, 3));
        for (int i = 0; i < LARGE; i += 997)
            assert_true(((const double *)cj_output(b, 0))[i] == 3 * large[i]);
    }
    cj_program_free(b);
    assert_int_equal(cj_run(a, 1, (cj_feed[]){{"x", VALUES(5, 5, 5, 5)}}), CJ_OK);
    assert_true(cj_output_number(a, 1) == 0);
    cj_program_free(a);
    cj_context_free(c);
    check_quarantine(&freed);
}

static void odd_shapes(void **state)
{
    (void)state;
    cj_context *c = new_context(NULL);
    int64_t shape[CJ_MAX_RANK], nothing[3] = {2, 0, 3};
    for (int i = 0; i < CJ_MAX_RANK; i++)
        shape[i] = i % 5 == 0 ? 2 : i == 7 ? 3 : 1;
    cj_tensor *x = cj_iota(c, CJ_F64, CJ_MAX_RANK, shape, 0);
    x = cj_add(cj_scale(x, 100), cj_iota(c, CJ_F64, CJ_MAX_RANK, shape, 7));
    int axes[CJ_MAX_RANK];
    for (int i = 0; i < CJ_MAX_RANK; i++)
        axes[i] = CJ_MAX_RANK - 1 - i;
    cj_tensor *turned = cj_permute(x, axes);
    cj_tensor *empty = cj_full(c, CJ_F64, 3, nothing, 1), *scalar = cj_scalar(c, CJ_F64, 4);
    cj_tensor *no_rows = cj_matmul(cj_reshape(empty, 2, (int64_t[]){6, 0}),
                                   cj_full(c, CJ_F64, 2, (int64_t[]){0, 2}, 3));
    cj_tensor *output[9] = {cj_sum(turned, CJ_ALL, false),
                            cj_sum(x, CJ_AXIS(7) | CJ_AXIS(5), false),
                            cj_exp(empty),
                            cj_sum(empty, CJ_ALL, false),
                            cj_amax(empty, CJ_AXIS(1), false),
                            cj_square(scalar),
                            scalar,
                            no_rows,
                            cj_argmax(empty, CJ_ALL, false)};
    cj_program *p = cj_compile(c, 9, output, NULL);
    if (!p)
        fail_msg("%s", cj_error(c));
    run(p);
    assert_true(cj_output_number(p, 0) == 24 * 100 + 48);
    assert_true(cj_output_number(p, 1) == 6 && cj_elements(output[1]) == 8);
    assert_non_null(cj_output(p, 2));
    assert_true(cj_output_number(p, 3) == 0);
    for (int i = 0; i < 6; i++)
        assert_true(((const double *)cj_output(p, 4))[i] < -1e308);
    assert_true(cj_output_number(p, 5) == 16 && cj_output_number(p, 6) == 4);
    assert_values(cj_output(p, 7), 12, (double[12]){0});
    cj_program_free(p);
    cj_tensor *nothing_at_all[1] = {cj_tanh(empty)};
    p = cj_compile(c, 1, nothing_at_all, NULL);
    run(p);
    cj_program_free(p);
    p = cj_compile(c, 0, NULL, NULL);
    run(p);
    assert_int_equal(cj_program_describe(p).kernels, 0);
    cj_program_free(p);
    cj_context_free(c);
}

/* A program of nothing but an empty output, in a context that has no arena yet. */
static void no_arena_at_all(void **state)
{
    (void)state;
    cj_context *c = new_context(NULL);
    cj_tensor *x = cj_input(c, "x", CJ_F64, 1, (int64_t[]){0});
    cj_program *p = cj_compile(c, 1, &x, NULL);
    run(p);
    cj_program_free(p);
    cj_context_free(c);
}

static void running_allocates_nothing(void **state)
{
    (void)state;
    failing_allocator a = {0};
    cj_config config = {.threads = 3, .smallest_work = 1, .allocator = failing_allocator_use(&a)};
    cj_context *c = new_context(&config);
    cj_program *p = tripler(c, "x", 5000), *q = tripler(c, "x", 50);
    static double x[5000];
    cj_feed feed = {"x", x};
    double seconds[64];
    int64_t calls = a.calls;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(cj_run(p, 1, &feed), CJ_OK);
        assert_int_equal(cj_run(q, 1, &feed), CJ_OK);
        assert_int_equal(cj_run(q, 0, NULL), CJ_NOT_FOUND);
    }
    assert_true(cj_program_describe(p).kernels <= 64);
    assert_int_equal(cj_program_time(p, 1, &feed, 2, seconds), CJ_OK);
    assert_true(seconds[0] >= 0 && seconds[0] < 10);
    assert_int_equal(a.calls, calls);
    cj_program_free(p);
    cj_program_free(q);
    cj_context_free(c);
    assert_true(a.blocks == 0 && a.bytes == 0);
}

/* ---- what is fused ---- */

typedef struct listing {
    int lines;
    char text[4096];
} listing;

static void note_line(void *user, const char *line)
{
    listing *l = user;
    size_t used = strlen(l->text);
    snprintf(l->text + used, sizeof(l->text) - used, "%s\n", line);
    l->lines++;
}

/* relu((x w + b) * 2) is one kernel and its mean another; without fusion each op is one. */
static void epilogues_are_fused(void **state)
{
    (void)state;
    int64_t kernels[2];
    for (int no_fusion = 0; no_fusion < 2; no_fusion++) {
        cj_context *c = new_context(&(cj_config){.threads = 1, .no_fusion = no_fusion == 1});
        cj_tensor *x = cj_input(c, "x", CJ_F32, 2, (int64_t[]){8, 16});
        cj_tensor *w = cj_input(c, "w", CJ_F32, 2, (int64_t[]){16, 4});
        cj_tensor *b = cj_input(c, "b", CJ_F32, 1, (int64_t[]){4});
        cj_tensor *y = cj_relu(cj_scale(cj_add(cj_matmul(x, w), b), 2)),
                  *output[2] = {y, cj_mean(y, CJ_ALL, false)};
        cj_program *p = cj_compile(c, 2, output, NULL);
        listing l = {0, ""};
        cj_program_print(p, note_line, &l);
        kernels[no_fusion] = cj_program_describe(p).kernels;
        assert_int_equal(l.lines, kernels[no_fusion]);
        assert_non_null(strstr(l.text, "matmul."));
        const char *relu = strstr(l.text, "relu"), *product = strstr(l.text, "matmul.");
        assert_non_null(relu);
        bool together = memchr(product, '\n', (size_t)(relu - product)) == NULL;
        assert_true(together == !no_fusion);
        cj_program_free(p);
        cj_context_free(c);
    }
    assert_true(kernels[0] <= 3 && kernels[1] >= 5);
}

/* More reductions of one domain than a kernel holds. */
static void many_reductions(void **state)
{
    (void)state;
    enum { MANY = 45 };
    for (int no_fusion = 0; no_fusion < 2; no_fusion++) {
        cj_context *c = new_context(
            &(cj_config){.threads = 2, .smallest_work = 1, .no_fusion = no_fusion == 1});
        cj_tensor *x = cj_abs(input(c, "x", 100)), *output[2 * MANY];
        for (int i = 0; i < MANY; i++) {
            output[2 * i] = cj_sum(cj_shift(x, i), CJ_ALL, false);
            output[2 * i + 1] = cj_amax(cj_scale(x, i), CJ_ALL, false);
        }
        cj_program *p = cj_compile(c, 2 * MANY, output, NULL);
        if (!p)
            fail_msg("%s", cj_error(c));
        double data[100];
        for (int i = 0; i < 100; i++)
            data[i] = i;
        assert_int_equal(cj_run(p, 1, (cj_feed[]){{"x", data}}), CJ_OK);
        for (int i = 0; i < MANY; i++) {
            assert_true(cj_output_number(p, 2 * i) == 4950 + 100 * i);
            assert_true(cj_output_number(p, 2 * i + 1) == 99 * i);
        }
        cj_program_free(p);
        cj_context_free(c);
    }
}

/* One reduction as many outputs; and long chains, wide sums: more than one kernel's program holds. */
static void large_groups(void **state)
{
    (void)state;
    enum { MANY = 40 };
    cj_context *c = new_context(NULL);
    cj_tensor *x = input(c, "x", 10), *s = cj_sum(x, CJ_ALL, false), *output[MANY + 2], *chain = x,
              *wide = x;
    for (int i = 0; i < MANY; i++)
        output[i] = s;
    for (int i = 0; i < 500; i++)
        chain = cj_shift(cj_scale(chain, 0.5), 1);
    for (int i = 0; i < 300; i++)
        wide = cj_add(wide,
                      cj_input(c,
                               (const char[8]){'v', (char)('a' + i / 100),
                                               (char)('a' + i / 10 % 10), (char)('a' + i % 10), 0},
                               CJ_F64, 1, (int64_t[]){10}));
    output[MANY] = chain;
    output[MANY + 1] = wide;
    cj_program *p = cj_compile(c, MANY + 2, output, NULL);
    if (!p)
        fail_msg("%s", cj_error(c));
    cj_feed feed[301] = {{"x", VALUES(2, 2, 2, 2, 2, 2, 2, 2, 2, 2)}};
    static char name[300][8];
    static double ones[10] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    for (int i = 0; i < 300; i++) {
        snprintf(name[i], sizeof(name[i]), "v%c%c%c", 'a' + i / 100, 'a' + i / 10 % 10,
                 'a' + i % 10);
        feed[i + 1] = (cj_feed){name[i], ones};
    }
    assert_int_equal(cj_run(p, 301, feed), CJ_OK);
    for (int i = 0; i < MANY; i++)
        assert_true(cj_output_number(p, i) == 20);
    assert_true(cj_output_number(p, MANY) == 2 && cj_output_number(p, MANY + 1) == 302);
    cj_program_free(p);
    cj_context_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inputs_are_fed_by_name),
        cmocka_unit_test(a_failed_run_changes_nothing),
        cmocka_unit_test(wrong_calls_are_sentences),
        cmocka_unit_test(a_program_outlives_its_frame),
        cmocka_unit_test(programs_share_an_arena),
        cmocka_unit_test(odd_shapes),
        cmocka_unit_test(no_arena_at_all),
        cmocka_unit_test(running_allocates_nothing),
        cmocka_unit_test(epilogues_are_fused),
        cmocka_unit_test(many_reductions),
        cmocka_unit_test(large_groups),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
