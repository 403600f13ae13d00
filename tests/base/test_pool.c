/* tests/base/test_pool.c - the pool: ranges, threads that ran, forks, two contexts at once, the mode. */
#include "base/base.h"

#include <fenv.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <setjmp.h>

#include <cmocka.h>

/* The thread sanitizer refuses threads in a forked child unless told not to. */
const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
    return "die_after_fork=0";
}

enum { MOST = 1000, MOST_THREADS = 16 };

typedef struct record {
    unsigned char times[MOST];
    struct {
        int64_t begin, end;
        int calls;
    } range[MOST_THREADS];
} record;

static void note(void *state, int thread, int64_t begin, int64_t end)
{
    record *r = state;
    r->range[thread].begin = begin;
    r->range[thread].end = end;
    r->range[thread].calls++;
    for (int64_t i = begin; i < end; i++)
        r->times[i]++;
}

static void check_ranges(cj_pool *pool, int64_t count, int64_t grain, int64_t smallest)
{
    record r = {0};
    cj_pool_run(pool, count, grain, smallest, note, &r);
    for (int64_t i = 0; i < MOST; i++)
        assert_int_equal(r.times[i], i < count);
    int64_t grains = (count + grain - 1) / grain;
    int64_t wanted = CJ_MIN(CJ_MIN((int64_t)cj_pool_threads(pool), grains),
                            CJ_MAX(count / smallest, (int64_t)(count > 0)));
    int64_t next = 0, least = MOST, most = 0;
    for (int t = 0; t < MOST_THREADS; t++) {
        assert_int_equal(r.range[t].calls, t < wanted);
        if (t >= wanted)
            continue;
        assert_int_equal(r.range[t].begin, next);
        assert_true(r.range[t].end > next);
        next = r.range[t].end;
        assert_true(next % grain == 0 || next == count);
        int64_t share = (next - r.range[t].begin + grain - 1) / grain;
        least = CJ_MIN(least, share);
        most = CJ_MAX(most, share);
    }
    assert_int_equal(next, count);
    assert_true(wanted == 0 || most - least <= 1);
}

static void ranges_cover_once(void **unused)
{
    (void)unused;
    const int threads[] = {1, 2, 3, 5, 8, 16};
    for (size_t i = 0; i < CJ_COUNT(threads); i++) {
        cj_context *c = cj_context_new(&(cj_config){.threads = threads[i]}, NULL, 0);
        for (int64_t count = 0; count <= 40; count++)
            for (int64_t grain = 1; grain <= 9; grain += 2)
                check_ranges(c->pool, count, grain, 1);
        for (int64_t smallest = 1; smallest <= 1000; smallest *= 3)
            check_ranges(c->pool, MOST, 7, smallest);
        cj_context_free(c);
    }
}

static void every_thread_ran(void **unused)
{
    (void)unused;
    cj_context *c = cj_context_new(&(cj_config){.threads = 8}, NULL, 0);
    record r = {0};
    for (int i = 0; i < 100; i++)
        cj_pool_run(c->pool, 800, 1, 1, note, &r);
    for (int t = 0; t < 8; t++)
        assert_int_equal(cj_pool_runs(c->pool, t), 100);
    cj_pool_run(c->pool, 800, 1, 800, note, &r);
    assert_int_equal(cj_pool_runs(c->pool, 0), 101);
    assert_int_equal(cj_pool_runs(c->pool, 1), 100);
    cj_context_free(c);
}

static void count_up(void *state, int thread, int64_t begin, int64_t end)
{
    int64_t *sums = state;
    sums[thread * 8] += end - begin;
}

/* Many runs in a row, with rests that let the threads fall asleep now and then. */
static void many_runs(void **unused)
{
    (void)unused;
    for (int threads = 2; threads <= 5; threads++) {
        cj_context *c = cj_context_new(&(cj_config){.threads = threads}, NULL, 0);
        int64_t sums[5 * 8] = {0}, total = 0;
        for (int i = 0; i < 2000; i++) {
            cj_pool_run(c->pool, 10 + i % 7, 1, 1, count_up, sums);
            if (i % 200 == 0)
                usleep(300);
            total += 10 + i % 7;
        }
        for (int t = 0; t < threads; t++)
            total -= sums[t * 8];
        assert_int_equal(total, 0);
        cj_context_free(c);
    }
}

static void rest(void *state, int thread, int64_t begin, int64_t end)
{
    count_up(state, thread, begin, end);
    if (thread > 0)
        usleep(1000);
}

static void the_caller_waits_for_slow_threads(void **unused)
{
    (void)unused;
    cj_context *c = cj_context_new(&(cj_config){.threads = 2}, NULL, 0);
    int64_t sums[16] = {0};
    for (int i = 1; i <= 20; i++) {
        cj_pool_run(c->pool, 2, 1, 1, rest, sums);
        assert_int_equal(sums[8], i);
    }
    cj_context_free(c);
}

/* Exits with 0 when the pool works in this process too, and in a child of it. */
static int work_in_child(cj_context *c, int depth)
{
    record r = {0};
    uint64_t before = cj_pool_runs(c->pool, 3);
    cj_pool_run(c->pool, MOST, 1, 1, note, &r);
    for (int i = 0; i < MOST; i++)
        if (r.times[i] != 1)
            return 1;
    if (cj_pool_runs(c->pool, 3) != before + 1)
        return 2;
    if (depth > 0) {
        pid_t child = fork();
        if (child == 0)
            _exit(work_in_child(c, depth - 1));
        int status = 0;
        waitpid(child, &status, 0);
        if (status != 0)
            return 3;
    }
    cj_pool_run(c->pool, MOST, 1, 1, note, &r);
    cj_context_free(c);
    return 0;
}

static void forks(void **unused)
{
    (void)unused;
    bool threads_in_child = true;
#if defined(__SANITIZE_THREAD__)
    print_message("gcc's thread sanitizer dies of threads made after fork; clang's does not\n");
    threads_in_child = false;
#endif
    if (getenv("CAJAL_EMULATED")) {
        print_message("qemu-user fails an assertion of its own on threads made after fork\n");
        threads_in_child = false;
    }
    cj_context *c = cj_context_new(&(cj_config){.threads = 4}, NULL, 0);
    for (int i = 0; i < 5; i++) {
        record r = {0};
        cj_pool_run(c->pool, MOST, 1, 1, note, &r);
        if (!threads_in_child)
            continue;
        pid_t child = fork();
        if (child == 0)
            _exit(work_in_child(c, 2));
        int status = -1;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
        check_ranges(c->pool, MOST, 1, 1);
    }
    /* A child that frees at once what its parent had started. */
    pid_t child = fork();
    if (child == 0) {
        cj_context_free(c);
        _exit(0);
    }
    int status = -1;
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
    cj_context_free(c);
}

static void *use_a_context(void *result)
{
    cj_context *c = cj_context_new(&(cj_config){.threads = 3}, NULL, 0);
    int64_t sums[24] = {0};
    for (int i = 0; i < 500; i++)
        cj_pool_run(c->pool, 30, 1, 1, count_up, sums);
    cj_fail(c, CJ_IO, "an error of thread %p", result);
    *(int *)result = sums[0] == 5000 && sums[8] == 5000 && sums[16] == 5000;
    cj_context_free(c);
    return NULL;
}

static void two_contexts_at_once(void **unused)
{
    (void)unused;
    pthread_t thread[2];
    int fine[2] = {0};
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, use_a_context, &fine[i]), 0);
    for (int i = 0; i < 2; i++)
        pthread_join(thread[i], NULL);
    assert_true(fine[0] && fine[1]);
}

/* One context handed from a thread to another. */
static void *run_once(void *state)
{
    record r = {0};
    cj_pool_run(((cj_context *)state)->pool, MOST, 1, 1, note, &r);
    return NULL;
}

static void a_context_changes_hands(void **unused)
{
    (void)unused;
    cj_context *c = cj_context_new(&(cj_config){.threads = 3}, NULL, 0);
    for (int i = 0; i < 3; i++) {
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, run_once, c), 0);
        pthread_join(thread, NULL);
        run_once(c);
    }
    assert_int_equal(cj_pool_runs(c->pool, 2), 6);
    cj_context_free(c);
}

static void third(void *state, int thread, int64_t begin, int64_t end)
{
    (void)begin;
    (void)end;
    volatile float one = 1, three = 3;
    ((volatile float *)state)[thread] =
        one / three; /* volatile: it may not move past a change of mode */
}

/* All threads round to nearest, whatever the caller has set, and the caller gets its mode back. */
static void threads_round_to_nearest(void **unused)
{
    (void)unused;
    float results[4], entered, downward, nearest = 1.0f / 3.0f;
    fesetround(FE_DOWNWARD);
    cj_context *c = cj_context_new(&(cj_config){.threads = 4}, NULL, 0);
    cj_pool_run(c->pool, 4, 1, 1, third, results);
    third(&downward, 0, 0, 1);
    uint64_t mode = cj_fp_enter();
    third(&entered, 0, 0, 1);
    cj_fp_leave(mode);
    float left;
    third(&left, 0, 0, 1);
    fesetround(FE_TONEAREST);
    for (int t = 0; t < 4; t++)
        assert_memory_equal(&results[t], &nearest, sizeof nearest);
    assert_memory_equal(&entered, &nearest, sizeof nearest);
    assert_true(downward < nearest);
    assert_true(left < nearest);
    cj_context_free(c);
}

#if defined(__x86_64__)
static void subnormals_are_kept(void **unused)
{
    (void)unused;
    unsigned before = __builtin_ia32_stmxcsr();
    __builtin_ia32_ldmxcsr(before | 0x8040); /* flush to zero, denormals are zero */
    uint64_t mode = cj_fp_enter();
    volatile float tiny = 1e-39f;
    volatile float half = tiny * 0.5f;
    cj_fp_leave(mode);
    volatile float flushed = tiny * 0.5f;
    __builtin_ia32_ldmxcsr(before);
    assert_true(half > 0);
    assert_true(flushed == 0);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranges_cover_once),
        cmocka_unit_test(every_thread_ran),
        cmocka_unit_test(many_runs),
        cmocka_unit_test(the_caller_waits_for_slow_threads),
        cmocka_unit_test(forks),
        cmocka_unit_test(two_contexts_at_once),
        cmocka_unit_test(a_context_changes_hands),
        cmocka_unit_test(threads_round_to_nearest),
#if defined(__x86_64__)
        cmocka_unit_test(subnormals_are_kept),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
