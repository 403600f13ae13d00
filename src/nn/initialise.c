/*
 * src/nn/initialise.c - how parameters begin.
 *
 * Random values are drawn by the graph's own random kernels from the key of (seed, path), so
 * that they are the same bits on every machine, whatever else the net holds.
 */
#include "nn/nn.h"

#include <math.h>

enum { SCALED_NOT, SCALED_FAN_IN, SCALED_FANS };

cj_initialiser cj_init_constant(double value)
{
    return (cj_initialiser){CJ_INIT_CONSTANT, SCALED_NOT, value, 0};
}

cj_initialiser cj_init_zeros(void)
{
    return cj_init_constant(0);
}

cj_initialiser cj_init_ones(void)
{
    return cj_init_constant(1);
}

cj_initialiser cj_init_uniform(double low, double high)
{
    return (cj_initialiser){CJ_INIT_UNIFORM, SCALED_NOT, low, high};
}

cj_initialiser cj_init_normal(double mean, double deviation)
{
    return (cj_initialiser){CJ_INIT_NORMAL, SCALED_NOT, mean, deviation};
}

cj_initialiser cj_init_kaiming_uniform(double a)
{
    double bound = sqrt(6 / (1 + a * a));
    return (cj_initialiser){CJ_INIT_UNIFORM, SCALED_FAN_IN, -bound, bound};
}

cj_initialiser cj_init_kaiming_normal(double a)
{
    return (cj_initialiser){CJ_INIT_NORMAL, SCALED_FAN_IN, 0, sqrt(2 / (1 + a * a))};
}

cj_initialiser cj_init_xavier_uniform(double gain)
{
    double bound = gain * sqrt(3);
    return (cj_initialiser){CJ_INIT_UNIFORM, SCALED_FANS, -bound, bound};
}

cj_initialiser cj_init_xavier_normal(double gain)
{
    return (cj_initialiser){CJ_INIT_NORMAL, SCALED_FANS, 0, gain};
}

/* The factor on a and b. */
static double scale_of(int scaled_by, int rank, const int64_t *shape)
{
    double elements = 1;
    for (int i = 0; i < rank; i++)
        elements *= (double)shape[i];
    double fan_in = rank > 1 && shape[0] > 0 ? elements / (double)shape[0] : elements;
    double fan_out = rank > 1 && shape[1] > 0 ? elements / (double)shape[1] : elements;
    if (scaled_by == SCALED_FAN_IN && fan_in > 0)
        return 1 / sqrt(fan_in);
    if (scaled_by == SCALED_FANS && fan_in + fan_out > 0)
        return sqrt(2 / (fan_in + fan_out));
    return 1;
}

static void fill(cj_variable *variable, double value)
{
    size_t n = cj_variable_bytes(variable) / cj_dtype_size(cj_variable_dtype(variable));
    void *data = cj_variable_data(variable);
    for (size_t i = 0; i < n; i++)
        cj_number_store(cj_variable_dtype(variable), data, (int64_t)i, value);
}

/* uniform: low + (high - low) u; normal: mean + deviation z. */
static cj_status draw(cj_at at, cj_context *context, cj_variable *variable, const char *path,
                      cj_initialiser how)
{
    cj_key key = cj_path_key(context, path);
    cj_tensor *words = cj_key_at(at, context, (uint64_t)key.word[1] << 32 | key.word[0]);
    cj_dtype dtype = cj_variable_dtype(variable);
    int rank = cj_variable_rank(variable);
    const int64_t *shape = cj_variable_shape(variable);
    double scale = scale_of(how.scaled_by, rank, shape), a = how.a * scale, b = how.b * scale;
    cj_tensor *x;
    if (how.kind == CJ_INIT_UNIFORM)
        x = cj_scale_at(at, cj_random_uniform_at(at, words, dtype, rank, shape), b - a);
    else
        x = cj_scale_at(at, cj_random_normal_at(at, words, dtype, rank, shape), b);
    return cj_read_at(at, cj_shift_at(at, x, a), cj_variable_data(variable),
                      cj_variable_bytes(variable));
}

cj_status cj_initialise(cj_at at, cj_context *context, cj_variable *variable, const char *path,
                        cj_initialiser how)
{
    if (how.kind == CJ_INIT_DEFAULT)
        return CJ_OK;
    if (how.kind == CJ_INIT_CONSTANT) {
        fill(variable, how.a);
        return CJ_OK;
    }
    if (cj_variable_bytes(variable) == 0)
        return CJ_OK;
    cj_status status = cj_frame_enter(context);
    if (status != CJ_OK)
        return status;
    status = draw(at, context, variable, path, how);
    cj_frame_leave(context);
    if (status == CJ_OK)
        return CJ_OK;
    status = cj_error_status(context);
    return cj_fail_building(context, status, at, "'%s' could not be given its first values: %s",
                            path, cj_error(context));
}
