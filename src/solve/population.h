/*
 * src/solve/population.h - draws and rankings of populations.
 */
#ifndef CJ_SOLVE_POPULATION_H
#define CJ_SOLVE_POPULATION_H

#include "cajal/solve.h"
#include "nn/nn.h"

/* Standard normal (uniform in [0, 1)) numbers of (seed, generation) alone. */
cj_status cj_draw_normal(cj_context *context, uint64_t seed, int64_t generation, int64_t rows,
                         int64_t columns, double *out);
cj_status cj_draw_uniform(cj_context *context, uint64_t seed, int64_t generation, int64_t rows,
                          int64_t columns, double *out);

/* order[0 .. n): indexes by rising value, NaN last, ties by index. Returns how many are no NaN. */
int64_t cj_rank_values(int64_t n, const double *value, int64_t *order);

#endif
