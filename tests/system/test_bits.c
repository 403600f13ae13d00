/*
 * Same seed, same bits: whole training steps of three nets in every way that must not matter. Each way proves that
 * it was one: all threads ran, more kernels without fusion, nodes computed again with checkpoints, other code.
 */
#include "base/base.h"
#include "cpu/isa.h"
#include "cpu/kernels.h"
#include "support/engine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { STEPS = 2, BATCH = 8 };

static const engine_way ways[] = {
    {.name = "one thread", .threads = 1},
    {.name = "two threads", .threads = 2},
    {.name = "three threads", .threads = 3},
    {.name = "five threads", .threads = 5},
    {.name = "eight threads", .threads = 8},
    {.name = "unfused", .threads = 2, .no_fusion = true},
    {.name = "checkpointed", .threads = 2, .checkpoints = true},
    {.name = "unfused, checkpointed", .threads = 3, .no_fusion = true, .checkpoints = true},
    {.name = "avx2", .threads = 2, .isa = "avx2"},
    {.name = "avx512", .threads = 2, .isa = "avx512"},
    {.name = "neon", .threads = 2, .isa = "neon"},
};
static const engine_way baseline_ways[] = {
    {.name = "baseline", .threads = 1, .isa = "baseline"},
    {.name = "baseline, five threads, unfused, checkpointed",
     .threads = 5,
     .isa = "baseline",
     .no_fusion = true,
     .checkpoints = true},
};

/* Memory full of changing bytes, or of small numbers that pass for indexes: what is read before it was written changes the
 * bits, or crashes. */
static void *garbage(void *user, void *pointer, size_t old_size, size_t new_size)
{
    unsigned *state = user;
    if (new_size == 0) {
        free(pointer);
        return NULL;
    }
    unsigned char *memory = malloc(new_size);
    if (!memory)
        return NULL;
    *state = *state * 1103515245u + 12345u;
    memset(memory, (int)(*state >> 16 & 0xff), new_size);
    for (size_t i = 0; *state >> 28 & 1 && i + 4 <= new_size; i += 4)
        memcpy(memory + i, &(unsigned){(unsigned)(i / 4 + *state) % 8}, 4);
    if (pointer)
        memcpy(memory, pointer, CJ_MIN(old_size, new_size));
    free(pointer);
    return memory;
}

typedef struct outcome {
    char hash[65];
    cj_program_info info;
} outcome;

static void assert_all_threads_ran(const cj_context *context, const engine_way *way)
{
    for (int t = 0; t < way->threads; t++)
        if (cj_pool_runs(context->pool, t) == 0)
            fail_msg("%s: thread %d never ran", way->name, t);
}

/* The code that runs is that of the instruction set asked for. */
static void assert_isa(const cj_context *context, const engine_way *way)
{
    if (way->isa)
        assert_string_equal(cj_isa(context), way->isa);
    for (int other = 0; other < CJ_ISA_ID_COUNT; other++)
        if (other != context->isa && cj_isa_available(other)) {
            const struct cj_isa_kernels *a = cj_kernels(context->isa), *b = cj_kernels(other);
            assert_true(a->map[CJ_OP_ADD][CJ_F32] != b->map[CJ_OP_ADD][CJ_F32]);
            assert_true(a->reduce_row[0][CJ_F64] != b->reduce_row[0][CJ_F64]);
        }
}

static bool is_available(const engine_way *way)
{
    return !way->isa || cj_isa_available(cj_isa_choose(way->isa, NULL, 0));
}

static outcome train(const engine_way *way, const engine_job *job)
{
    unsigned state = (unsigned)way->threads;
    engine_job smaller = *job; /* an emulator is 20 times slower */
    smaller.batch = getenv("CAJAL_EMULATED") ? 2 : job->batch;
    cj_config config = engine_config(way);
    config.allocator = (cj_allocator){garbage, &state};
    cj_context *context = cj_context_new(&config, NULL, 0);
    assert_non_null(context);
    engine e;
    outcome out;
    if (engine_open(&e, context, &smaller, way->checkpoints))
        fail_msg("%s, %s: %s", way->name, job->net, cj_error(context));
    out.info = cj_program_describe(e.program);
    for (int i = 0; i < STEPS; i++)
        assert_int_equal(engine_step(&e, NULL), CJ_OK);
    assert_int_equal(engine_hash(&e, out.hash), CJ_OK);
    assert_all_threads_ran(context, way);
    assert_isa(context, way);
    engine_close(&e);
    cj_context_free(context);
    return out;
}

static void compare(const engine_job *job, const engine_way *way, const outcome *a,
                    const outcome *b)
{
    if (strcmp(a->hash, b->hash))
        fail_msg("%s %s, %s: model_hash %s, else %s", job->net, cj_dtype_name(job->dtype),
                 way->name, b->hash, a->hash);
    if (way->no_fusion)
        assert_true(b->info.kernels > a->info.kernels * 3 / 2);
    assert_int_equal(a->info.recomputed, 0);
    assert_true(way->checkpoints == (b->info.recomputed > 0));
}

/* Returns the hash of the class fma (of the baseline on a machine without). */
static void every_way(const engine_job *job)
{
    outcome first = train(&ways[0], job);
    for (size_t i = 1; i < CJ_COUNT(ways); i++)
        if (is_available(&ways[i])) {
            outcome other = train(&ways[i], job);
            compare(job, &ways[i], &first, &other);
        }
    outcome base = train(&baseline_ways[0], job), other = train(&baseline_ways[1], job);
    compare(job, &baseline_ways[0], &base, &base);
    assert_string_equal(base.hash, other.hash);
    assert_true(other.info.recomputed > 0 && other.info.kernels > base.info.kernels);
    if (cj_isa_is_fma(cj_isa_choose(NULL, NULL, 0)))
        assert_string_not_equal(base.hash, first.hash); /* a class of its own, truly */
}

static void lenet_has_the_same_bits(void **state)
{
    (void)state;
    every_way(&(engine_job){"lenet", CJ_F32, BATCH});
    every_way(&(engine_job){"lenet", CJ_F64, BATCH});
}

static void mlp_has_the_same_bits(void **state)
{
    (void)state;
    every_way(&(engine_job){"mlp", CJ_F32, BATCH});
    every_way(&(engine_job){"mlp", CJ_F64, BATCH});
}

static void resnet20_has_the_same_bits(void **state)
{
    (void)state;
    /* Under an emulator, where it would take an hour: a block of either kind, on smaller pictures. */
    static const char blocks[] =
        "conv 16 3x3 pad 1 nobias, bn, relu, (residual(conv 16 3x3 pad 1 nobias, bn, relu, "
        "conv 16 3x3 pad 1 nobias, bn), relu) as layer1.0, (residual(conv 32 3x3 stride 2 pad 1 "
        "nobias, bn, relu, conv 32 3x3 pad 1 nobias, bn | shortcut 32 stride 2), relu) as "
        "layer2.0, "
        "avgpool all, linear classes as fc";
    const char *net = getenv("CAJAL_EMULATED") ? blocks : "resnet20";
    every_way(&(engine_job){net, CJ_F32, BATCH});
    every_way(&(engine_job){net, CJ_F64, BATCH});
}

/* Dropout draws the same numbers, and pooling, strides and batch norm of odd sizes join in. */
static void a_text_has_the_same_bits(void **state)
{
    (void)state;
    static const char text[] =
        "conv 7 3x3 stride 2 pad 1, bn, gelu, dropout 0.3, avgpool 2 stride 1, "
        "conv 12 3x3 groups 1 dilation 2 pad same, tanh, maxpool 3 stride 2 pad 1, "
        "linear 33, softplus, dropout 0.5, linear classes";
    every_way(&(engine_job){text, CJ_F32, 7});
    every_way(&(engine_job){text, CJ_F64, 7});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lenet_has_the_same_bits),
        cmocka_unit_test(mlp_has_the_same_bits),
        cmocka_unit_test(resnet20_has_the_same_bits),
        cmocka_unit_test(a_text_has_the_same_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
