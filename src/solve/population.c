/*
 * src/solve/population.c - draws and rankings of populations.
 */
#include "solve/population.h"

typedef cj_tensor *draw_fn(cj_at at, cj_tensor *key, cj_dtype dtype, int rank,
                           const int64_t *shape);

static cj_status draw(cj_context *context, draw_fn *from, uint64_t seed, int64_t generation,
                      int64_t rows, int64_t columns, double *out)
{
    cj_at at = CJ_HERE;
    int64_t shape[2] = {rows, columns};
    cj_status status = cj_frame_enter(context);
    if (status != CJ_OK)
        return status;
    cj_tensor *number = cj_tensor_from_at(at, context, CJ_I64, 0, NULL, &generation);
    cj_tensor *key = cj_fold_at(at, cj_key_at(at, context, seed), number);
    status = cj_read_at(at, from(at, key, CJ_F64, 2, shape), out,
                        (size_t)(rows * columns) * sizeof *out);
    cj_frame_leave(context);
    return status;
}

cj_status cj_draw_normal(cj_context *context, uint64_t seed, int64_t generation, int64_t rows,
                         int64_t columns, double *out)
{
    return draw(context, cj_random_normal_at, seed, generation, rows, columns, out);
}

cj_status cj_draw_uniform(cj_context *context, uint64_t seed, int64_t generation, int64_t rows,
                          int64_t columns, double *out)
{
    return draw(context, cj_random_uniform_at, seed, generation, rows, columns, out);
}

static bool before(const double *value, int64_t a, int64_t b)
{
    if (value[a] != value[a] || value[b] != value[b])
        return value[b] != value[b] && value[a] == value[a];
    return value[a] < value[b];
}

/* Insertion by halving: stable, and populations are small. */
int64_t cj_rank_values(int64_t n, const double *value, int64_t *order)
{
    int64_t numbers = 0;
    for (int64_t i = 0; i < n; i++) {
        int64_t low = 0, high = i;
        while (low < high) {
            int64_t middle = (low + high) / 2;
            if (before(value, i, order[middle]))
                high = middle;
            else
                low = middle + 1;
        }
        memmove(order + low + 1, order + low, (size_t)(i - low) * sizeof *order);
        order[low] = i;
        numbers += value[i] == value[i];
    }
    return numbers;
}
