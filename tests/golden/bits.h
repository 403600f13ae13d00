/*
 * tests/golden/bits.h - the trainings whose hashes stand in bits.txt: a row a step, so that an emulator may stop after
 * the first of a large net.
 */
#ifndef CJ_GOLDEN_BITS_H
#define CJ_GOLDEN_BITS_H

#include "support/engine.h"

enum { BITS_STEPS = 3, BITS_BATCH = 8 };
static const char *const bits_nets[] = {"lenet", "mlp", "resnet20"};
static const cj_dtype bits_dtypes[] = {CJ_F32, CJ_F64};

#endif
