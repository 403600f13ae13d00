/*
 * src/optim/optim.h - what the files of optimisers and schedules share.
 */
#ifndef CJ_OPTIM_OPTIM_H
#define CJ_OPTIM_OPTIM_H

#include "cajal/optim.h"
#include "nn/nn.h"

#include <stdio.h>

/* A copy with this version's size and the defaults filled in, checked; a building error else. */
cj_status cj_optimiser_take(cj_context *context, const cj_optimiser *given, cj_optimiser *out);
cj_status cj_schedule_take(cj_context *context, const cj_schedule *given, cj_schedule *out);

/* Writes the defaults where a field is zero and its zero means them. */
void cj_optimiser_fill(cj_optimiser *optimiser);
void cj_schedule_fill(cj_schedule *schedule);

/* What is wrong with it (defaults not yet filled in are fine), or NULL. */
const char *cj_optimiser_wrong(const cj_optimiser *optimiser);
const char *cj_schedule_wrong(const cj_schedule *schedule);

#endif
