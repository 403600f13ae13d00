/*
 * src/base/pool.c - threads that wait for ranges of work.
 *
 * Each thread has a slot, one cache line that carries both directions: the caller fills in the range and then
 * raises `given`; the thread works and then sets `finished` to the same number. Whoever waits spins for
 * a while, since kernels follow each other closely, and then sleeps on a condition variable:
 *
 *     waiter: lock; asleep = true; while (number is old) wait; asleep = false; unlock
 *     other:  number = new; if (asleep) { lock; unlock; signal }
 *
 * The number and `asleep` are sequentially consistent: either the other sees the sleeper, or the sleeper
 * sees the new number. Both are set by an exchange, which x86 uses for such a store anyway: qemu lets an
 * aarch64 load pass an earlier plain store.
 */
#include "base.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

enum {
    /* ns that a thread spins before it sleeps: longer than what a training step does between two
     * parallel kernels. A sleeper takes 20 us to wake, and the system may wake it on the caller's
     * processor: a step of LeNet on two threads took 5.7 to 8.3 ms with 10 us here, now 4.8. It
     * yields between looks, so that on a crowded machine this costs nothing (7.7 ms; 15.2 without). */
    CJ_SPIN_FOR_WORK = 200000,
    CJ_SPIN_FOR_FINISH = 200000, /* ns that the caller spins: the ranges are about equal */
    CJ_SPINS_A_LOOK = 32         /* pauses between two looks at the clock */
};

typedef struct cj_slot {
    _Alignas(64) atomic_uint given;
    atomic_uint finished;
    atomic_bool thread_asleep, caller_asleep;
    int thread;
    cj_range_fn fn; /* NULL: end */
    void *state;
    int64_t begin, end;
    uint64_t runs;
    _Alignas(64) pthread_mutex_t mutex;
    pthread_cond_t given_raised, finished_raised;
    pthread_t handle;
    bool spins;
} cj_slot;

struct cj_pool {
    cj_context *context;
    int threads;
    int started; /* threads that exist, the caller included */
    bool spins;
    pid_t process;
    cj_slot *slot; /* slot 0, the caller's, only counts */
};

/* ---- waiting ---- */

static void pause_briefly(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("isb" ::: "memory");
#endif
}

static int64_t nanoseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* True as soon as *number differs from `old`; false after `patience` ns. */
static bool spin_until_changed(const atomic_uint *number, unsigned old, int64_t patience)
{
    int64_t start = 0;
    for (;;) {
        for (int i = 0; i < CJ_SPINS_A_LOOK; i++) {
            if (atomic_load_explicit(number, memory_order_acquire) != old)
                return true;
            pause_briefly();
        }
        int64_t now = nanoseconds();
        start = start ? start : now;
        if (now - start >= patience)
            return false;
        sched_yield(); /* whom it waits for may have been given this very processor */
    }
}

static void sleep_until_changed(cj_slot *slot, const atomic_uint *number, unsigned old,
                                atomic_bool *asleep, pthread_cond_t *raised)
{
    pthread_mutex_lock(&slot->mutex);
    atomic_exchange(asleep, true);
    while (atomic_load(number) == old)
        pthread_cond_wait(raised, &slot->mutex);
    atomic_store(asleep, false);
    pthread_mutex_unlock(&slot->mutex);
}

static void raise_number(cj_slot *slot, atomic_uint *number, unsigned value, atomic_bool *asleep,
                         pthread_cond_t *raised)
{
    atomic_exchange(number, value);
    if (atomic_load(asleep)) {
        pthread_mutex_lock(&slot->mutex);
        pthread_cond_signal(raised);
        pthread_mutex_unlock(&slot->mutex);
    }
}

/* ---- a thread ---- */

static void *thread_main(void *argument)
{
    cj_slot *slot = argument;
    cj_fp_enter();
    for (unsigned number = 0;; number++) {
        if (!slot->spins || !spin_until_changed(&slot->given, number, CJ_SPIN_FOR_WORK))
            sleep_until_changed(slot, &slot->given, number, &slot->thread_asleep,
                                &slot->given_raised);
        if (!slot->fn)
            return NULL;
        slot->runs++;
        slot->fn(slot->state, slot->thread, slot->begin, slot->end);
        raise_number(slot, &slot->finished, number + 1, &slot->caller_asleep,
                     &slot->finished_raised);
    }
}

static void give(cj_slot *slot, cj_range_fn fn, void *state, int64_t begin, int64_t end)
{
    slot->fn = fn;
    slot->state = state;
    slot->begin = begin;
    slot->end = end;
    unsigned next = atomic_load_explicit(&slot->given, memory_order_relaxed) + 1;
    raise_number(slot, &slot->given, next, &slot->thread_asleep, &slot->given_raised);
}

static void wait_for(cj_slot *slot)
{
    unsigned old = atomic_load_explicit(&slot->given, memory_order_relaxed) - 1;
    if (!slot->spins || !spin_until_changed(&slot->finished, old, CJ_SPIN_FOR_FINISH))
        sleep_until_changed(slot, &slot->finished, old, &slot->caller_asleep,
                            &slot->finished_raised);
}

/* ---- starting and ending ---- */

static bool start_thread(cj_pool *pool, int thread)
{
    cj_slot *slot = &pool->slot[thread];
    *slot = (cj_slot){.thread = thread, .spins = pool->spins, .runs = slot->runs};
    pthread_mutex_init(&slot->mutex, NULL);
    pthread_cond_init(&slot->given_raised, NULL);
    pthread_cond_init(&slot->finished_raised, NULL);
    if (pthread_create(&slot->handle, NULL, thread_main, slot) == 0)
        return true;
    pthread_cond_destroy(&slot->finished_raised);
    pthread_cond_destroy(&slot->given_raised);
    pthread_mutex_destroy(&slot->mutex);
    return false;
}

/* Sees to it that `wanted` threads exist, or as many as the system grants; signals stay with the caller. */
static void start_threads(cj_pool *pool, int wanted)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (pool->started < wanted && start_thread(pool, pool->started))
        pool->started++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

cj_pool *cj_pool_new(cj_context *context, int threads)
{
    cj_pool *pool = cj_allocate_zero(context, sizeof *pool);
    if (!pool)
        return NULL;
    size_t bytes = (size_t)threads * sizeof(cj_slot);
    pool->slot = cj_allocate_aligned(context, bytes);
    if (!pool->slot) {
        cj_release(context, pool, sizeof *pool);
        return NULL;
    }
    memset(pool->slot, 0, bytes);
    pool->context = context;
    pool->threads = threads;
    pool->started = 1;
    pool->spins = threads <= cj_processors();
    pool->process = getpid();
    return pool;
}

void cj_pool_free(cj_pool *pool)
{
    if (!pool)
        return;
    /* In the child of a fork only the caller is left: there is nobody to end or to join. */
    int started = pool->process == getpid() ? pool->started : 1;
    for (int t = 1; t < started; t++)
        give(&pool->slot[t], NULL, NULL, 0, 0);
    for (int t = 1; t < started; t++) {
        cj_slot *slot = &pool->slot[t];
        pthread_join(slot->handle, NULL);
        pthread_cond_destroy(&slot->finished_raised);
        pthread_cond_destroy(&slot->given_raised);
        pthread_mutex_destroy(&slot->mutex);
    }
    cj_release_aligned(pool->context, pool->slot, (size_t)pool->threads * sizeof(cj_slot));
    cj_release(pool->context, pool, sizeof *pool);
}

int cj_pool_threads(const cj_pool *pool)
{
    return pool->threads;
}

uint64_t cj_pool_runs(const cj_pool *pool, int thread)
{
    return pool->slot[thread].runs;
}

/* ---- running ---- */

static void run_here(cj_pool *pool, cj_range_fn fn, void *state, int64_t begin, int64_t end)
{
    uint64_t mode = cj_fp_enter();
    pool->slot[0].runs++;
    fn(state, 0, begin, end);
    cj_fp_leave(mode);
}

/* How many threads share the work: no more than ranges of `smallest`, or than grains. */
static int threads_for(cj_pool *pool, int64_t grains, int64_t shares)
{
    int64_t limit = CJ_MIN(grains, shares);
    if (limit <= 1 || pool->threads == 1)
        return 1;
    int wanted = (int)CJ_MIN(limit, (int64_t)pool->threads);
    pid_t process = getpid();
    if (pool->process != process) {
        pool->process = process;
        pool->started = 1;
    }
    if (pool->started < wanted)
        start_threads(pool, wanted);
    return CJ_MIN(wanted, pool->started);
}

void cj_pool_run(cj_pool *pool, int64_t count, int64_t grain, int64_t smallest, cj_range_fn fn,
                 void *state)
{
    if (count <= 0)
        return;
    grain = CJ_MAX(grain, 1);
    int64_t grains = (count - 1) / grain + 1;
    int threads = threads_for(pool, grains, count / CJ_MAX(smallest, 1));
    if (threads == 1) {
        run_here(pool, fn, state, 0, count);
        return;
    }
    /* Thread t gets `each` grains, and one more while t is below what is left over. */
    int64_t each = grains / threads, over = grains % threads;
    for (int t = threads - 1; t > 0; t--) {
        int64_t first = each * t + CJ_MIN(over, (int64_t)t);
        int64_t after = first + each + (t < over);
        give(&pool->slot[t], fn, state, first * grain, after < grains ? after * grain : count);
    }
    run_here(pool, fn, state, 0, (each + (over > 0)) * grain);
    for (int t = 1; t < threads; t++)
        wait_for(&pool->slot[t]);
}
