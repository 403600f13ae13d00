/*
 * src/cpu/conv_gathered.c - the gathered form of a forward convolution: for the output positions of a line, all that they
 * need of x is copied to rows of k, over which the tiles run. For three axes, and whatever no window serves.
 */
#include "conv_strip.h"

/* A row of k = (channel, tap) for each of `count` positions of a phase from `first` on, of one line. */
#define GATHER(T, type)                                                                            \
    static void gather_##type(const cj_conv_plan *plan, const conv_phase *phase, T *out,           \
                              const T *x, const int64_t *q, int64_t count, int64_t channels)       \
    {                                                                                              \
        const cj_conv_spec *s = &plan->spec;                                                       \
        const int64_t *stride = s->x_stride;                                                       \
        for (int64_t i = 0; i < count; i++) {                                                      \
            for (int64_t t = 0; t < phase->taps; t++) {                                            \
                const conv_tap *tap = &plan->tap[phase->first_tap + t];                            \
                int64_t at[CJ_CONV_AXES], offset = 0;                                              \
                bool inside = true;                                                                \
                for (int axis = 0; axis < CJ_CONV_AXES; axis++) {                                  \
                    at[axis] =                                                                     \
                        tap->at[axis] + (q[axis] + (axis == AXIS_W ? i : 0)) * plan->step[axis];   \
                    inside = inside && at[axis] >= 0 && at[axis] < s->in[axis];                    \
                    offset += at[axis] * stride[X_AXES + axis];                                    \
                }                                                                                  \
                for (int64_t c = 0; c < channels; c++)                                             \
                    out[c * phase->taps + t] = inside ? x[offset + c * stride[X_C]] : 0;           \
            }                                                                                      \
            out += channels * phase->taps;                                                         \
        }                                                                                          \
    }
GATHER(float, f32)
GATHER(double, f64)

/* Positions [q, q + count) of a phase along the width, all chunks and panels. */
static void run_gathered_rows(const conv_strip *strip, const conv_phase *phase, int64_t group,
                              const int64_t *q, int64_t count)
{
    const cj_conv_plan *plan = strip->job->plan;
    const cj_conv_spec *s = &plan->spec;
    int64_t line = (phase->first[AXIS_D] + q[AXIS_D] * plan->period[AXIS_D]) * s->out[AXIS_H] +
                   phase->first[AXIS_H] + q[AXIS_H] * plan->period[AXIS_H];
    char *out =
        conv_out_at(strip, group, line, phase->first[AXIS_W] + q[AXIS_W] * plan->period[AXIS_W]);
    for (int64_t c = 0; c == 0 || c < s->in_channels; c += plan->chunk_channels) {
        int64_t channels = CJ_MIN(plan->chunk_channels, s->in_channels - c);
        const char *x = strip->x + (group * s->x_stride[X_G] + c * s->x_stride[X_C]) * plan->size;
        if (plan->size == 4)
            gather_f32(plan, phase, (float *)(void *)strip->gather, (const float *)(const void *)x,
                       q, count, channels);
        else
            gather_f64(plan, phase, (double *)(void *)strip->gather,
                       (const double *)(const void *)x, q, count, channels);
        int64_t k = channels * phase->taps;
        cj_tile tile = {.offset = plan->offset,
                        .k = k,
                        .run = k,
                        .row_step = k,
                        .b_step = plan->panel,
                        .c_step = conv_out_step(plan),
                        .mode = c == 0 ? CJ_TILE_STORE : CJ_TILE_ADD};
        for (int64_t panel = 0; panel < plan->panels; panel++) {
            int vectors;
            conv_set_panel(plan, panel, &tile, &vectors);
            tile.a = strip->gather;
            tile.b = conv_packed_at(strip, group, panel, phase->first_k + c * phase->taps);
            tile.c = out + panel * plan->panel * plan->size;
            cj_tile_rows_run(plan->type, vectors, count, (size_t)plan->size, &tile, NULL);
        }
    }
}

static void run_gathered_line(const conv_strip *strip, const conv_phase *phase, int64_t group,
                              int64_t line)
{
    const cj_conv_plan *plan = strip->job->plan;
    const cj_conv_spec *s = &plan->spec;
    int64_t width = s->out[AXIS_W], d = line / s->out[AXIS_H], h = line % s->out[AXIS_H];
    if (d % plan->period[AXIS_D] != phase->first[AXIS_D] ||
        h % plan->period[AXIS_H] != phase->first[AXIS_H])
        return;
    int64_t q[CJ_CONV_AXES] = {d / plan->period[AXIS_D], h / plan->period[AXIS_H], 0}, last;
    conv_phase_columns(plan, phase, CJ_MAX(strip->first - line * width, 0),
                       CJ_MIN(strip->last - line * width, width), &q[AXIS_W], &last);
    int64_t most = plan->type->most_rows[plan->vectors];
    while (q[AXIS_W] < last) {
        int64_t count = CJ_MIN(last - q[AXIS_W], most);
        run_gathered_rows(strip, phase, group, q, count);
        q[AXIS_W] += count;
    }
}

void cj_conv_gathered_run(const conv_strip *strip)
{
    const cj_conv_plan *plan = strip->job->plan;
    int64_t width = plan->spec.out[AXIS_W];
    for (int64_t line = strip->first / width; line < cj_div_up(strip->last, width); line++)
        for (int64_t group = 0; group < plan->spec.groups; group++)
            for (int64_t p = 0; p < plan->phase_count; p++)
                run_gathered_line(strip, &plan->phase[p], group, line);
}
