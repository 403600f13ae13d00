/*
 * src/transform/loop_vmap.c - a loop over lanes.
 */
#include "graph/loop.h"
#include "transform/batch.h"

CJ_BATCH(parameter)
{
    (void)at, (void)lanes, (void)source, (void)batched;
    return node;
}

CJ_BATCH(loop)
{
    (void)lanes, (void)source, (void)batched;
    cj_fail_building(node->context, CJ_INVALID, at, "vmap: a loop cannot be made over lanes yet");
    return NULL;
}

CJ_BATCH(result)
{
    (void)at, (void)lanes, (void)source, (void)batched;
    return node;
}
