/*
 * src/nn/initialise.c - how parameters begin.
 *
 * Random values are drawn by the graph's own random kernels from the key of (seed, path), so
 * that they are the same bits on every machine, whatever else the net holds.
 */
#include "cajal/index.h"
#include "cajal/program.h"
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

cj_initialiser cj_init_orthogonal(double gain)
{
    return (cj_initialiser){CJ_INIT_ORTHOGONAL, SCALED_NOT, gain, 0};
}

cj_initialiser cj_init_sparse(double sparsity, double deviation)
{
    return (cj_initialiser){CJ_INIT_SPARSE, SCALED_NOT, sparsity, deviation};
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

/*
 * `count` rows of `n` >= count numbers made orthonormal, one after the other: modified Gram-Schmidt, twice. Of
 * normal numbers the result is spread evenly over all such matrices (Haar), which a QR is only after the
 * signs of R have been made positive, as they are here.
 */
static void make_orthonormal(double *x, int64_t count, int64_t n)
{
    for (int64_t i = 0; i < count; i++) {
        double *row = x + i * n, square = 0;
        for (int64_t pass = 0; pass < 2; pass++)
            for (int64_t j = 0; j < i; j++) {
                double dot = 0;
                for (int64_t k = 0; k < n; k++)
                    dot += row[k] * x[j * n + k];
                for (int64_t k = 0; k < n; k++)
                    row[k] -= dot * x[j * n + k];
            }
        for (int64_t k = 0; k < n; k++)
            square += row[k] * row[k];
        for (int64_t k = 0; k < n; k++)
            row[k] /= sqrt(square);
    }
}

static cj_status draw_orthogonal(cj_at at, cj_context *context, cj_variable *variable,
                                 cj_tensor *words, double gain)
{
    const int64_t *shape = cj_variable_shape(variable);
    int64_t rows = shape[0], columns = 1;
    for (int i = 1; i < cj_variable_rank(variable); i++)
        columns *= shape[i];
    bool tall = rows > columns;
    int64_t form[2] = {tall ? columns : rows, tall ? rows : columns};
    size_t bytes = (size_t)(rows * columns) * sizeof(double);
    double *x = cj_allocate(context, bytes);
    if (!x)
        return cj_fail(context, CJ_NO_MEMORY, "out of memory");
    cj_status status = cj_read_at(at, cj_random_normal_at(at, words, CJ_F64, 2, form), x, bytes);
    if (status == CJ_OK)
        make_orthonormal(x, form[0], form[1]);
    for (int64_t i = 0; i < rows * columns && status == CJ_OK; i++) {
        int64_t place = tall ? i % columns * rows + i / columns : i;
        cj_number_store(cj_variable_dtype(variable), cj_variable_data(variable), i,
                        gain * x[place]);
    }
    cj_release(context, x, bytes);
    return status;
}

/* The rows of a column in random order: the first of them are 0. */
static cj_tensor *sparse_values(cj_at at, cj_tensor *words, const cj_variable *variable,
                                cj_tensor *normal, double sparsity)
{
    cj_context *context = cj_tensor_context(words);
    const int64_t *shape = cj_variable_shape(variable);
    cj_tensor *key = cj_fold_at(at, words, cj_scalar_at(at, context, CJ_I64, 1));
    cj_tensor *order =
        cj_argsort_at(at, cj_random_bits_at(at, key, cj_variable_rank(variable), shape), 0, false);
    cj_tensor *rank = cj_argsort_at(at, order, 0, false);
    double zeros = ceil(sparsity * (double)shape[0]);
    cj_tensor *zero = cj_lt_at(at, rank, cj_scalar_at(at, context, CJ_I32, zeros));
    return normal ? cj_where_at(at, zero, cj_like_at(at, normal, 0), normal) : NULL;
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
    if (how.kind == CJ_INIT_ORTHOGONAL)
        return draw_orthogonal(at, context, variable, words, a);
    if (how.kind == CJ_INIT_UNIFORM)
        x = cj_scale_at(at, cj_random_uniform_at(at, words, dtype, rank, shape), b - a);
    else
        x = cj_scale_at(at, cj_random_normal_at(at, words, dtype, rank, shape), b);
    x = how.kind == CJ_INIT_SPARSE ? sparse_values(at, words, variable, x, a)
                                   : cj_shift_at(at, x, a);
    return cj_read_at(at, x, cj_variable_data(variable), cj_variable_bytes(variable));
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
    bool matrix = how.kind == CJ_INIT_ORTHOGONAL || how.kind == CJ_INIT_SPARSE;
    if (matrix && cj_variable_rank(variable) < 2)
        return cj_fail_building(
            context, CJ_SHAPE, at,
            "'%s' has %d axes: orthogonal and sparse first values want a matrix", path,
            cj_variable_rank(variable));
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
