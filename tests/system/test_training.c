/*
 * Training as a whole: f32 and f64 agree and learn; the arena is planned tightly; a step allocates nothing; two
 * contexts train in two threads at once; a fork goes on training with the same bits.
 */
#include "base/failing_allocator.h"
#include "support/engine.h"

#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* The thread sanitizer refuses threads in a forked child unless told not to. */
const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
    return "die_after_fork=0";
}

static const engine_way plain = {.name = "plain", .threads = 2};

/* Under an emulator resnet20 takes a step of two pictures. */
static bool is_slow(const char *net)
{
    return getenv("CAJAL_EMULATED") && strcmp(net, "resnet20") == 0;
}

static void open_plain(engine *e, const char *net, cj_dtype dtype, int64_t batch)
{
    cj_config config = engine_config(&plain);
    cj_context *context = cj_context_new(&config, NULL, 0);
    assert_non_null(context);
    if (engine_open(e, context, &(engine_job){net, dtype, batch}, false))
        fail_msg("%s: %s", net, cj_error(context));
}

static void close_all(engine *e)
{
    cj_context *context = e->context;
    engine_close(e);
    cj_context_free(context);
}

/* The f64 net begins with the f32 net's values: draws in f64 are other numbers. */
static void copy_values(engine *to, const engine *from)
{
    for (int i = 0; i < cj_scope_count(from->scope); i++) {
        cj_variable *a = cj_scope_entry(from->scope, i)->variable;
        cj_variable *b = cj_scope_entry(to->scope, i)->variable;
        assert_string_equal(cj_variable_name(a), cj_variable_name(b));
        size_t n = cj_variable_bytes(b) / sizeof(double);
        for (size_t k = 0; k < n && cj_variable_dtype(a) == CJ_F32; k++)
            ((double *)cj_variable_data(b))[k] = ((float *)cj_variable_data(a))[k];
    }
}

static void f32_and_f64_agree(void **state)
{
    (void)state;
    static const struct {
        const char *net;
        int steps;
        double tolerance; /* of the last losses, relative; the first's is 1e-5 */
    } rows[] = {{"lenet", 6, 1e-3}, {"mlp", 12, 1e-3}, {"resnet20", 3, 1e-3}};
    for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++) {
        bool slow = is_slow(rows[r].net);
        int64_t batch = slow ? 2 : 16;
        engine single, twice;
        double a = 0, b = 0, first = 0;
        open_plain(&single, rows[r].net, CJ_F32, batch);
        open_plain(&twice, rows[r].net, CJ_F64, batch);
        copy_values(&twice, &single);
        for (int i = 0; i < (slow ? 1 : rows[r].steps); i++) {
            assert_int_equal(engine_step(&single, &a), CJ_OK);
            assert_int_equal(engine_step(&twice, &b), CJ_OK);
            double tolerance = i == 0 ? 1e-5 : rows[r].tolerance;
            if (!(fabs(a - b) <= tolerance * fabs(b)) || !isfinite(b))
                fail_msg("%s, step %d: loss %.9g in f32, %.9g in f64", rows[r].net, i + 1, a, b);
            assert_true(a != b); /* they are two computations */
            first = i == 0 ? b : first;
        }
        if (strcmp(rows[r].net, "resnet20"))
            assert_true(b < first);
        close_all(&single);
        close_all(&twice);
    }
}

static void arenas_are_tight(void **state)
{
    (void)state;
    static const engine_job jobs[] = {{"lenet", CJ_F32, 64},
                                      {"lenet", CJ_F64, 8},
                                      {"resnet20", CJ_F32, 128},
                                      {"resnet20", CJ_F32, 8}};
    for (size_t j = 0; j < sizeof(jobs) / sizeof(jobs[0]); j++) {
        cj_config config = engine_config(&plain);
        config.smallest_work = 0;
        cj_context *context = cj_context_new(&config, NULL, 0);
        engine e;
        assert_int_equal(engine_open(&e, context, &jobs[j], false), CJ_OK);
        cj_program_info info = cj_program_describe(e.program);
        assert_true(info.lower_bound_bytes > 0 && info.peak_bytes >= info.lower_bound_bytes);
        if ((double)info.peak_bytes > 1.1 * (double)info.lower_bound_bytes)
            fail_msg("%s, batch %d: %zu bytes are planned, the lower bound is %zu", jobs[j].net,
                     (int)jobs[j].batch, info.peak_bytes, info.lower_bound_bytes);
        engine_close(&e);
        cj_context_free(context);
    }
}

/* A net of which all but every third contraction is marked needs less memory than one that keeps all. */
static void checkpoints_save_memory(void **state)
{
    (void)state;
    size_t peak[2];
    for (int marked = 0; marked < 2; marked++) {
        cj_config config = engine_config(&plain);
        cj_context *context = cj_context_new(&config, NULL, 0);
        engine e;
        assert_int_equal(engine_open(&e, context, &(engine_job){"resnet20", CJ_F32, 32}, marked),
                         CJ_OK);
        cj_program_info info = cj_program_describe(e.program);
        assert_true((info.recomputed > 0) == (marked == 1));
        peak[marked] = info.peak_bytes;
        engine_close(&e);
        cj_context_free(context);
    }
    if (!(peak[1] < peak[0]))
        fail_msg("with checkpoints %zu bytes, without %zu", peak[1], peak[0]);
}

static void a_step_allocates_nothing(void **state)
{
    (void)state;
    static const char *const nets[] = {"lenet", "mlp", "resnet20"};
    for (size_t n = 0; n < sizeof(nets) / sizeof(nets[0]); n++) {
        int64_t batch = is_slow(nets[n]) ? 2 : 4;
        failing_allocator a = {0};
        cj_config config = engine_config(&plain);
        config.allocator = failing_allocator_use(&a);
        cj_context *context = cj_context_new(&config, NULL, 0);
        engine e;
        assert_int_equal(engine_open(&e, context, &(engine_job){nets[n], CJ_F32, batch}, false),
                         CJ_OK);
        int64_t calls = a.calls;
        for (int i = 0; i < 2; i++)
            assert_int_equal(engine_step(&e, NULL), CJ_OK);
        assert_int_equal(a.calls, calls);
        engine_close(&e);
        cj_context_free(context);
        assert_true(a.blocks == 0 && a.bytes == 0);
    }
}

/* ---- two at once ---- */

typedef struct worker {
    engine_way way;
    engine_job job;
    char hash[65];
    bool done;
} worker;

static void *work(void *state)
{
    worker *w = state;
    w->done = engine_train(&w->way, &w->job, 4, w->hash);
    return NULL;
}

static void two_contexts_at_once(void **state)
{
    (void)state;
    static const char small[] = "conv 8 3x3, bn, relu, maxpool 2, dropout 0.2, linear classes";
    worker w[3] = {{{.name = "left", .threads = 2}, {"lenet", CJ_F32, 4}, "", false},
                   {{.name = "right", .threads = 3}, {small, CJ_F64, 6}, "", false},
                   {{.name = "third", .threads = 1}, {"mlp", CJ_F32, 8}, "", false}};
    char alone[3][65];
    for (int i = 0; i < 3; i++)
        assert_true(engine_train(&w[i].way, &w[i].job, 4, alone[i]));
    pthread_t thread[2];
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, work, &w[i]), 0);
    work(&w[2]);
    for (int i = 0; i < 2; i++)
        pthread_join(thread[i], NULL);
    for (int i = 0; i < 3; i++) {
        assert_true(w[i].done);
        assert_string_equal(w[i].hash, alone[i]);
    }
}

/* Trains two steps, forks, trains two more on both sides: equal hashes, equal to those of four steps. */
static void a_fork_goes_on(void **state)
{
    (void)state;
    bool no_threads =
        getenv("CAJAL_EMULATED") != NULL; /* qemu-user fails an assertion of its own */
#if defined(__SANITIZE_THREAD__)
    no_threads =
        true; /* gcc's thread sanitizer dies of threads made after fork; clang's does not */
#endif
    engine_way way = {.name = "fork", .threads = no_threads ? 1 : 3};
    engine_job job = {"lenet", CJ_F32, 4};
    char four[65], parent[65], child[65] = "";
    assert_true(engine_train(&way, &job, 4, four));
    cj_config config = engine_config(&way);
    cj_context *context = cj_context_new(&config, NULL, 0);
    engine e;
    int pipes[2];
    assert_int_equal(engine_open(&e, context, &job, false), CJ_OK);
    for (int i = 0; i < 2; i++)
        assert_int_equal(engine_step(&e, NULL), CJ_OK);
    assert_int_equal(pipe(pipes), 0);
    pid_t process = fork();
    if (process == 0) {
        char hash[65] = "";
        bool right = engine_step(&e, NULL) == CJ_OK && engine_step(&e, NULL) == CJ_OK &&
                     engine_hash(&e, hash) == CJ_OK;
        right &= write(pipes[1], hash, sizeof(hash)) == (ssize_t)sizeof(hash);
        engine_close(&e);
        cj_context_free(context);
        _exit(right ? 0 : 1);
    }
    assert_true(process > 0);
    for (int i = 0; i < 2; i++)
        assert_int_equal(engine_step(&e, NULL), CJ_OK);
    assert_int_equal(engine_hash(&e, parent), CJ_OK);
    int status;
    assert_int_equal(waitpid(process, &status, 0), process);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_int_equal(read(pipes[0], child, sizeof(child)), sizeof(child));
    close(pipes[0]);
    close(pipes[1]);
    assert_string_equal(parent, four);
    assert_string_equal(child, four);
    engine_close(&e);
    cj_context_free(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(f32_and_f64_agree),       cmocka_unit_test(arenas_are_tight),
        cmocka_unit_test(checkpoints_save_memory), cmocka_unit_test(a_step_allocates_nothing),
        cmocka_unit_test(two_contexts_at_once),    cmocka_unit_test(a_fork_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
