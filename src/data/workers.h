/*
 * src/data/workers.h - work on files and pictures in the threads of a context's pool.
 *
 * A context's memory and its errors belong to one thread: each thread of the pool works in a context
 * of its own here, and the first failure (by the number of the task, not by time) is brought back.
 * Where the user gave an allocator, which only his thread may call, his thread does all of it.
 */
#ifndef CJ_DATA_WORKERS_H
#define CJ_DATA_WORKERS_H

#include "data/data.h"

typedef struct cj_workers {
    cj_context *context;
    cj_context **own; /* one a thread, made when first needed; NULL: all in `context` */
    int threads;
} cj_workers;

/* Task i of a run, in the thread's context. */
typedef cj_status (*cj_task_fn)(void *state, cj_context *context, int thread, int64_t i);

cj_status cj_workers_begin(cj_context *context, cj_workers *workers);
void cj_workers_end(cj_workers *workers);
/* Tasks 0 to count - 1; a thread ends with its first failure. `smallest`: tasks that make a second
 * thread worth waking. */
cj_status cj_workers_run(cj_workers *workers, int64_t count, int64_t smallest, cj_task_fn fn,
                         void *state);

#endif
