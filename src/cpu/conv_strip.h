/*
 * src/cpu/conv_strip.h - a strip of output positions of a forward convolution: what its two forms share, tiles over
 * windows (conv_forward.c) and tiles over gathered rows (conv_gathered.c).
 */
#ifndef CJ_CPU_CONV_STRIP_H
#define CJ_CPU_CONV_STRIP_H

#include "conv_plan.h"

typedef struct conv_job {
    const cj_conv_plan *plan;
    const cj_conv_run_args *run;
} conv_job;

/* Output positions [first, last) of one image. */
typedef struct conv_strip {
    const conv_job *job;
    int64_t image, first, last;
    const char *x; /* element (row 0, column 0, channel 0) of the image where the tiles read it */
    char *gather;
    char *out; /* of the sums of output position 0 of the image */
    cj_ahead ahead;
} conv_strip;

/* Positions [*first, *last) of a phase along the width that lie in [from, to). */
static inline void conv_phase_columns(const cj_conv_plan *plan, const conv_phase *phase,
                                      int64_t from, int64_t to, int64_t *first, int64_t *last)
{
    int64_t start = phase->first[AXIS_W], period = plan->period[AXIS_W];
    *first = from <= start ? 0 : cj_div_up(from - start, period);
    *last = to <= start ? 0 : cj_div_up(to - start, period);
}

/* Step of the sums between output positions of a phase along the width, and the place of one position. */
static inline int64_t conv_out_step(const cj_conv_plan *plan)
{
    return plan->period[AXIS_W] *
           (plan->tile_in_scratch ? plan->width : plan->spec.y_stride[Y_AXES + AXIS_W]);
}

static inline char *conv_out_at(const conv_strip *strip, int64_t group, int64_t line,
                                int64_t column)
{
    const cj_conv_plan *plan = strip->job->plan;
    const cj_conv_spec *s = &plan->spec;
    const int64_t *stride = s->y_stride;
    if (plan->tile_in_scratch)
        return strip->out +
               ((line * s->out[AXIS_W] + column) * plan->width + group * s->out_channels) *
                   plan->size;
    int64_t d = s->out[AXIS_D] == 1 ? 0 : line / s->out[AXIS_H], h = line - d * s->out[AXIS_H];
    return strip->out + (d * stride[Y_AXES + AXIS_D] + h * stride[Y_AXES + AXIS_H] +
                         column * stride[Y_AXES + AXIS_W] + group * stride[Y_G]) *
                            plan->size;
}

/* Row k of a panel of packed w. */
static inline const char *conv_packed_at(const conv_strip *strip, int64_t group, int64_t panel,
                                         int64_t k)
{
    const cj_conv_plan *plan = strip->job->plan;
    int64_t row = (group * plan->panels + panel) * plan->k_count + k;
    return (const char *)strip->job->run->w + row * plan->panel * plan->size;
}

/* The panel's vectors, the last of which may be cut. */
static inline void conv_set_panel(const cj_conv_plan *plan, int64_t panel, cj_tile *tile,
                                  int *vectors)
{
    int64_t columns = CJ_MIN(plan->panel, plan->spec.out_channels - panel * plan->panel);
    *vectors = (int)cj_div_up(columns, plan->type->lanes);
    tile->tail = columns - (*vectors - 1) * plan->type->lanes;
}

/* The sums of a strip, from rows of k gathered from x. */
void cj_conv_gathered_run(const conv_strip *strip);

#endif
