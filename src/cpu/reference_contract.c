/*
 * reference_contract.c - the definition of a matrix product's and a convolution's bits, in scalar C: what every kernel must
 * equal. Slow on purpose: one element after the other, no blocks.
 */
#include "contract.h"

#include <math.h>

/* A sum of products in the order of contract.h: `chunk` products a chunk. */
#define CHUNKED_SUM(T, type)                                                                       \
    typedef struct sum_##type {                                                                    \
        T total, chunk;                                                                            \
        bool started;                                                                              \
    } sum_##type;                                                                                  \
    static T fma_##type(bool is_fma, T a, T b, T acc)                                              \
    {                                                                                              \
        if (is_fma)                                                                                \
            return sizeof(T) == 4 ? (T)fmaf((float)a, (float)b, (float)acc)                        \
                                  : (T)fma((double)a, (double)b, (double)acc);                     \
        T product = a * b;                                                                         \
        return product + acc;                                                                      \
    }                                                                                              \
    static void end_chunk_##type(sum_##type *sum)                                                  \
    {                                                                                              \
        sum->total = sum->started ? sum->total + sum->chunk : sum->chunk;                          \
        sum->started = true;                                                                       \
        sum->chunk = 0;                                                                            \
    }

#define REFERENCE_MATMUL(T, type)                                                                  \
    static void matmul_##type(const cj_matmul_spec *s, bool is_fma, const T *a, const T *b, T *c)  \
    {                                                                                              \
        for (int64_t batch = 0; batch < s->batch; batch++)                                         \
            for (int64_t i = 0; i < s->m; i++)                                                     \
                for (int64_t j = 0; j < s->n; j++) {                                               \
                    sum_##type sum = {0};                                                          \
                    for (int64_t k = 0; k < s->k; k++) {                                           \
                        T left =                                                                   \
                            a[batch * s->a_stride[0] + i * s->a_stride[1] + k * s->a_stride[2]];   \
                        T right =                                                                  \
                            b[batch * s->b_stride[0] + k * s->b_stride[1] + j * s->b_stride[2]];   \
                        sum.chunk = fma_##type(is_fma, left, right, sum.chunk);                    \
                        if (k % CJ_CHUNK == CJ_CHUNK - 1)                                          \
                            end_chunk_##type(&sum);                                                \
                    }                                                                              \
                    if (s->k % CJ_CHUNK != 0 || s->k == 0)                                         \
                        end_chunk_##type(&sum);                                                    \
                    c[batch * s->c_stride[0] + i * s->c_stride[1] + j * s->c_stride[2]] =          \
                        sum.total;                                                                 \
                }                                                                                  \
    }

/* Where a kernel position falls on x. */
typedef enum landing { INSIDE, PADDING, HOLE } landing;

static landing land(const cj_conv_spec *s, const int64_t *out, const int64_t *tap, int64_t *offset)
{
    landing place = INSIDE;
    *offset = 0;
    for (int axis = 0; axis < CJ_CONV_AXES; axis++) {
        int64_t at =
            out[axis] * s->stride[axis] + tap[axis] * s->kernel_dilation[axis] - s->low[axis];
        if (at % s->in_dilation[axis] != 0)
            return HOLE;
        at /= s->in_dilation[axis];
        if (at < 0 || at >= s->in[axis])
            place = PADDING;
        *offset += at * s->x_stride[3 + axis];
    }
    return place;
}

/* Row-major coordinates of a position. */
static void coordinates(const int64_t *extents, int64_t index, int64_t *out)
{
    for (int axis = CJ_CONV_AXES - 1; axis >= 0; axis--) {
        out[axis] = index % extents[axis];
        index /= extents[axis];
    }
}

static int64_t dot(const int64_t *coordinate, const int64_t *stride)
{
    int64_t sum = 0;
    for (int axis = 0; axis < CJ_CONV_AXES; axis++)
        sum += coordinate[axis] * stride[axis];
    return sum;
}

static int64_t product(const int64_t *extents)
{
    return extents[0] * extents[1] * extents[2];
}

#define REFERENCE_CONV(T, type)                                                                    \
    static T conv_at_##type(const cj_conv_spec *s, bool is_fma, const T *x, const T *w,            \
                            const int64_t *out)                                                    \
    {                                                                                              \
        int64_t taps = product(s->kernel), chunk = CJ_MAX(1, CJ_CHUNK / CJ_MAX(taps, 1));          \
        sum_##type sum = {0};                                                                      \
        for (int64_t c = 0; c < s->in_channels; c++) {                                             \
            for (int64_t t = 0; t < taps; t++) {                                                   \
                int64_t tap[CJ_CONV_AXES], offset;                                                 \
                coordinates(s->kernel, t, tap);                                                    \
                landing place = land(s, out, tap, &offset);                                        \
                if (place == HOLE)                                                                 \
                    continue;                                                                      \
                T left = place == PADDING ? 0 : x[c * s->x_stride[2] + offset];                    \
                T right = w[c * s->w_stride[2] + dot(tap, s->w_stride + 3)];                       \
                sum.chunk = fma_##type(is_fma, left, right, sum.chunk);                            \
            }                                                                                      \
            if (c % chunk == chunk - 1)                                                            \
                end_chunk_##type(&sum);                                                            \
        }                                                                                          \
        if (s->in_channels % chunk != 0 || s->in_channels == 0)                                    \
            end_chunk_##type(&sum);                                                                \
        return sum.total;                                                                          \
    }                                                                                              \
    static void conv_##type(const cj_conv_spec *s, bool is_fma, const T *x, const T *w, T *y)      \
    {                                                                                              \
        int64_t positions = product(s->out);                                                       \
        for (int64_t n = 0; n < s->images; n++)                                                    \
            for (int64_t g = 0; g < s->groups; g++)                                                \
                for (int64_t o = 0; o < s->out_channels; o++)                                      \
                    for (int64_t p = 0; p < positions; p++) {                                      \
                        int64_t out[CJ_CONV_AXES];                                                 \
                        coordinates(s->out, p, out);                                               \
                        y[n * s->y_stride[0] + g * s->y_stride[1] + o * s->y_stride[2] +           \
                          dot(out, s->y_stride + 3)] =                                             \
                            conv_at_##type(s, is_fma, x + n * s->x_stride[0] + g * s->x_stride[1], \
                                           w + g * s->w_stride[0] + o * s->w_stride[1], out);      \
                    }                                                                              \
    }

CHUNKED_SUM(float, f32)
CHUNKED_SUM(double, f64)
REFERENCE_MATMUL(float, f32)
REFERENCE_MATMUL(double, f64)
REFERENCE_CONV(float, f32)
REFERENCE_CONV(double, f64)

void cj_reference_matmul(const cj_matmul_spec *spec, bool is_fma, const void *a, const void *b,
                         void *c)
{
    if (spec->dtype == CJ_F32)
        matmul_f32(spec, is_fma, a, b, c);
    else
        matmul_f64(spec, is_fma, a, b, c);
}

void cj_reference_conv(const cj_conv_spec *spec, bool is_fma, const void *x, const void *w, void *y)
{
    if (spec->dtype == CJ_F32)
        conv_f32(spec, is_fma, x, w, y);
    else
        conv_f64(spec, is_fma, x, w, y);
}
