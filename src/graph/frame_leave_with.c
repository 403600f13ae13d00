/*
 * src/graph/frame_leave_with.c - the one step of building that computes: a value taken out of a frame.
 */
#include "cajal/program.h"
#include "graph/build.h"

cj_tensor *cj_frame_leave_with(cj_context *context, cj_tensor *t)
{
    cj_at nowhere = {0};
    if (!cj_ready(t)) {
        cj_frame_leave(context);
        return NULL;
    }
    cj_dtype dtype = t->dtype;
    int rank = t->rank;
    int64_t shape[CJ_MAX_RANK];
    memcpy(shape, t->shape, (size_t)rank * sizeof *shape);
    size_t bytes = (size_t)t->elements * cj_dtype_size(dtype);
    void *value = cj_allocate_aligned(context, bytes);
    cj_status status = value ? cj_read_at(t->at, t, value, bytes) : CJ_NO_MEMORY;
    cj_frame_leave(context);
    cj_tensor *kept = NULL;
    if (status == CJ_OK)
        kept = cj_tensor_from_at(nowhere, context, dtype, rank, shape, value);
    cj_release_aligned(context, value, bytes);
    return kept;
}
