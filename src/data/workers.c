/*
 * workers.c - tasks in the threads of the pool, each with a context of its own.
 */
#include "data/workers.h"

cj_status cj_workers_begin(cj_context *context, cj_workers *workers)
{
    *workers = (cj_workers){.context = context, .threads = 1};
    if (!context->usual_allocator)
        return CJ_OK;
    int threads = cj_pool_threads(context->pool);
    cj_context **own = cj_allocate_zero(context, (size_t)threads * sizeof(cj_context *));
    if (!own)
        return CJ_NO_MEMORY;
    workers->own = own;
    workers->threads = threads;
    return CJ_OK;
}

void cj_workers_end(cj_workers *workers)
{
    for (int i = 0; workers->own && i < workers->threads; i++)
        cj_context_free(workers->own[i]);
    if (workers->own)
        cj_release(workers->context, workers->own, (size_t)workers->threads * sizeof(cj_context *));
    *workers = (cj_workers){0};
}

typedef struct run {
    cj_workers *workers;
    cj_task_fn fn;
    void *state;
    int64_t failed[256]; /* the first task of each thread that failed, or -1 */
    cj_status status[256];
} run;

static void work(void *state, int thread, int64_t begin, int64_t end)
{
    run *r = state;
    cj_context *context = r->workers->own ? r->workers->own[thread] : r->workers->context;
    for (int64_t i = begin; i < end; i++) {
        cj_status status = r->fn(r->state, context, thread, i);
        if (status == CJ_OK)
            continue;
        r->failed[thread] = i;
        r->status[thread] = status;
        return;
    }
}

static cj_status make_contexts(cj_workers *w)
{
    cj_config config = {.threads = 1, .seed = cj_seed(w->context), .isa = cj_isa(w->context)};
    char error[CJ_ERROR_SIZE];
    for (int i = 0; w->own && i < w->threads; i++) {
        if (!w->own[i])
            w->own[i] = cj_context_new(&config, error, sizeof error);
        if (!w->own[i])
            return cj_fail(w->context, CJ_NO_MEMORY, "%s", error);
        cj_error_clear(w->own[i]);
    }
    return CJ_OK;
}

cj_status cj_workers_run(cj_workers *w, int64_t count, int64_t smallest, cj_task_fn fn, void *state)
{
    run r = {.workers = w, .fn = fn, .state = state};
    cj_status status = make_contexts(w);
    if (status != CJ_OK)
        return status;
    memset(r.failed, 0xff, sizeof r.failed);
    if (w->own)
        cj_pool_run(w->context->pool, count, 1, smallest, work, &r);
    else
        work(&r, 0, 0, count);
    int first = -1;
    for (int i = 0; i < w->threads; i++)
        if (r.failed[i] >= 0 && (first < 0 || r.failed[i] < r.failed[first]))
            first = i;
    if (first < 0)
        return CJ_OK;
    return w->own ? cj_fail(w->context, r.status[first], "%s", cj_error(w->own[first]))
                  : r.status[0];
}
