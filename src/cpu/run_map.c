/*
 * src/cpu/run_map.c - kernels of elementwise maps.
 */
#include "cpu/call.h"

typedef struct cj_map_call {
    cj_call call;
    cj_tile *tile;
    size_t thread_bytes;
} cj_map_call;

typedef struct cj_map_job {
    const cj_map_call *call;
    void *const *buffer;
    char *scratch;
} cj_map_job;

static void run_range(void *state, int thread, int64_t begin, int64_t end)
{
    const cj_map_job *job = state;
    const cj_tile *tile = job->call->tile;
    cj_tile_run run;
    cj_tile_begin(tile, &run, job->buffer, job->scratch + (size_t)thread * job->call->thread_bytes,
                  end - begin);
    for (int64_t at = begin; at < end; at += tile->length)
        cj_tile_step_run(&run, at, CJ_MIN(tile->length, end - at), NULL);
}

static cj_status run_map(cj_call *base, void *const *buffer, void *scratch)
{
    cj_map_call *call = (cj_map_call *)base;
    cj_map_job job = {call, buffer, scratch};
    int64_t smallest = cj_smallest_work(base->context, call->tile->steps);
    if (call->tile->elements <= smallest)
        run_range(&job, 0, 0, call->tile->elements);
    else
        cj_pool_run(base->context->pool, call->tile->elements, call->tile->period, smallest,
                    run_range, &job);
    return CJ_OK;
}

static void release_map(cj_call *base)
{
    cj_tile_free(base->context, ((cj_map_call *)base)->tile);
}

cj_status cj_prepare_map(cj_context *context, const cj_kernel *kernel, cj_call **out)
{
    cj_map_call *call = cj_call_new(context, kernel, sizeof(*call));
    if (!call)
        return CJ_NO_MEMORY;
    *out = &call->call;
    call->call.name = "map";
    call->call.run = run_map;
    call->call.release = release_map;
    cj_status status = cj_tile_make(context, kernel, 0, &call->tile);
    if (status) {
        cj_cpu_target.release(context, &call->call);
        return status;
    }
    call->thread_bytes = cj_aligned_size(call->tile->scratch_bytes);
    call->call.scratch_bytes = call->thread_bytes * (size_t)cj_threads(context);
    return CJ_OK;
}
