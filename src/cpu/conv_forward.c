/*
 * src/cpu/conv_forward.c - forward convolutions, data gradients, and whatever has no kernel of its own.
 *
 * Lanes are output channels, rows of a register tile are output positions of one line. A strip of lines of a picture is
 * worked on at a time: its rows of x are brought to a padded window (or read where they are), and for each panel of
 * output channels, chunk after chunk, the tiles run over all lines, so that a chunk of packed w stays in the first-level cache.
 * A dilated input is cut in phases, each a small convolution without holes. What no window serves is gathered: see
 * conv_gathered.c.
 *
 * Padding is multiplied; yet a kernel row that lies wholly on padding can be left out where its weights are finite, but for a zero's
 * sign. Let e be a sum in the exact order and s the one that leaves such rows out; claim: s = e in every bit, or s = -0 and
 * e = +0.
 * A chain starts with s = e = +0. A step on padding adds 0 * w = +0 or -0 to e alone: that changes nothing but -0 (which a
 * chain reaches by underflow only), to -0 or +0, and the claim holds. A step on data adds the same product p to both, which
 * matters only if s = -0 and e = +0: unless p (of an fma: the exact one) is zero the results are equal; if it is +0, so are both;
 * if it is -0, s stays -0 and e +0. Sums of chunks likewise: with a summand other than zero nothing shows, and a sum of zeros is
 * -0 only if all of them are, so that it is -0 for e only if it is for s. NaN, one value, and infinities are not changed by
 * zeros. Hence a finished sum that is not -0 is exact, and one that is -0 is computed again with the padding.
 */
#include "conv_strip.h"

/* Bytes of the sums of a strip, which go to the epilogue while they are in cache. */
#define STRIP_BYTES (64 * 1024)

static int64_t gcd(int64_t a, int64_t b)
{
    return b == 0 ? a : gcd(b, a % b);
}

/* ---- plan ---- */

/* Kernel positions along an axis that hit no hole. */
static int64_t hits_of(const cj_conv_spec *s, int axis, const int64_t *first)
{
    int64_t hits = 0, at;
    for (int64_t t = 0; t < s->kernel[axis]; t++)
        hits += cj_conv_meets(s, axis, first[axis], t, &at);
    return hits;
}

static int64_t taps_of_phase(const cj_conv_spec *s, const int64_t *first)
{
    int64_t taps = 1;
    for (int axis = 0; axis < CJ_CONV_AXES; axis++)
        taps *= hits_of(s, axis, first);
    return taps;
}

/* Rows [*first, *last) of x that lines [line, last_line) of an image read, padding included. */
static void rows_of_lines(const cj_conv_plan *plan, int64_t line, int64_t last_line, int64_t *first,
                          int64_t *last)
{
    const cj_conv_spec *s = &plan->spec;
    int64_t reach = (s->kernel[AXIS_H] - 1) * s->kernel_dilation[AXIS_H],
            dilation = s->in_dilation[AXIS_H];
    int64_t low = line * s->stride[AXIS_H] - s->low[AXIS_H];
    int64_t high = (last_line - 1) * s->stride[AXIS_H] + reach - s->low[AXIS_H];
    *first = CJ_MAX(cj_floor_div(low, dilation), -plan->window.pad_low[AXIS_H]);
    *last = CJ_MIN(cj_floor_div(high, dilation) + 1, s->in[AXIS_H] + plan->window.pad_high[AXIS_H]);
    if (*last < *first)
        *last = *first;
}

/* The tiles of depthwise convolutions read whole vectors of x, which may not end beyond its memory. */
static bool lanes_fit(const cj_conv_plan *plan)
{
    return plan->facts.kind != CJ_CONV_DEPTHWISE || plan->channels % plan->type->lanes == 0;
}

static void choose_source(cj_conv_plan *plan)
{
    const cj_conv_spec *s = &plan->spec;
    conv_window *window = &plan->window;
    plan->image_stride = s->x_stride[X_N];
    plan->channel_stride = s->x_stride[X_C];
    plan->channels = plan->facts.kind == CJ_CONV_DEPTHWISE ? s->out_channels : s->in_channels;
    window->pixel = s->groups * plan->channels;
    window->row =
        (window->pad_low[AXIS_W] + s->in[AXIS_W] + window->pad_high[AXIS_W]) * window->pixel;
    window->rows = 0;
    for (int64_t line = 0; line < s->out[AXIS_H]; line += plan->strip_lines) {
        int64_t first, last;
        rows_of_lines(plan, line, CJ_MIN(line + plan->strip_lines, s->out[AXIS_H]), &first, &last);
        window->rows = CJ_MAX(window->rows, last - first);
    }
    if (plan->facts.kind == CJ_CONV_GENERIC) {
        plan->source = SOURCE_GATHERED;
    } else if (!plan->options.load && cj_conv_reads_in_place(plan) && lanes_fit(plan)) {
        plan->source = SOURCE_DIRECT;
        plan->row_step = s->x_stride[X_AXES + AXIS_H];
        plan->pixel_step = s->x_stride[X_AXES + AXIS_W];
    } else {
        plan->source = SOURCE_STAGED;
        plan->row_step = window->row;
        plan->pixel_step = window->pixel;
    }
    plan->facts.kernel = plan->source == SOURCE_GATHERED         ? "conv.gathered"
                         : plan->facts.kind == CJ_CONV_DEPTHWISE ? "conv.depthwise"
                         : plan->phase_count > 1                 ? "conv.phases"
                         : plan->source == SOURCE_DIRECT         ? "conv.forward.direct"
                                                                 : "conv.forward";
}

static void count_phases(cj_conv_plan *plan)
{
    const cj_conv_spec *s = &plan->spec;
    int64_t taps = 0, first[CJ_CONV_AXES];
    plan->phase_count = 1;
    for (int axis = 0; axis < CJ_CONV_AXES; axis++) {
        int64_t common = gcd(s->stride[axis], s->in_dilation[axis]);
        plan->period[axis] = s->in_dilation[axis] / common;
        plan->step[axis] = s->stride[axis] / common;
        plan->phase_count *= plan->period[axis];
    }
    for (first[0] = 0; first[0] < plan->period[0]; first[0]++)
        for (first[1] = 0; first[1] < plan->period[1]; first[1]++)
            for (first[2] = 0; first[2] < plan->period[2]; first[2]++)
                taps += taps_of_phase(s, first);
    plan->k_count = taps * s->in_channels;
    plan->bytes =
        (size_t)plan->phase_count * sizeof(conv_phase) + (size_t)taps * sizeof(conv_tap) +
        (size_t)CJ_MAX(plan->k_count, plan->chunk_channels * plan->taps) * sizeof(int32_t);
}

void cj_conv_forward_count(cj_conv_plan *plan)
{
    const cj_conv_spec *s = &plan->spec;
    count_phases(plan);
    cj_conv_find_padding(plan);
    int64_t line_rows = cj_div_up(s->out[AXIS_W], plan->period[AXIS_W]), vectors;
    vectors = cj_div_up(s->out_channels, plan->type->lanes);
    plan->vectors = plan->facts.kind == CJ_CONV_DEPTHWISE
                        ? (int)CJ_MIN(vectors, CJ_DEPTH_VECTORS)
                        : cj_conv_choose_vectors(plan->type, line_rows, vectors);
    plan->panel = plan->vectors * plan->type->lanes;
    plan->panels = cj_div_up(s->out_channels, plan->panel);
    plan->facts.packed_bytes =
        (size_t)(s->groups * plan->panels * plan->k_count * plan->panel * plan->size);
    plan->facts.flops = 2.0 * (double)s->images * (double)plan->width * (double)plan->positions *
                        (double)plan->k_count / (double)plan->phase_count;

    int64_t lines = s->out[AXIS_D] * s->out[AXIS_H], period = plan->period[AXIS_H];
    int64_t line_bytes = CJ_MAX(s->out[AXIS_W] * plan->width * plan->size, 1);
    plan->strip_lines = CJ_MAX(STRIP_BYTES / line_bytes / period, 1) * period;
    if (plan->options.tile_rows > 0)
        plan->strip_lines = CJ_MAX(plan->options.tile_rows / 8, 1);
    plan->strip_lines = CJ_MAX(CJ_MIN(plan->strip_lines, lines), 1);
    choose_source(plan);

    plan->skips = plan->source == SOURCE_STAGED && plan->facts.packed_bytes > 0 &&
                  (plan->window.pad_low[AXIS_H] > 0 || plan->window.pad_high[AXIS_H] > 0);
    if (plan->skips) {
        plan->flags_at = plan->facts.packed_bytes;
        plan->facts.packed_bytes += (size_t)(s->groups * plan->panels);
    }
    plan->slides = s->kernel[AXIS_W] == CJ_SLIDE_TAPS && s->kernel_dilation[AXIS_W] == 1 &&
                   s->in_dilation[AXIS_W] == 1 && s->stride[AXIS_W] == 1;

    bool y_plain = s->y_stride[Y_O] == 1 || s->out_channels == 1;
    plan->tile_in_scratch = plan->options.store || !y_plain;
    if (plan->source == SOURCE_STAGED)
        plan->window_bytes =
            cj_line_up((size_t)(plan->window.rows * plan->window.row * plan->size)) + 64;
    if (plan->tile_in_scratch)
        plan->tile_bytes = cj_line_up((size_t)(plan->strip_lines * line_bytes));
    if (plan->source == SOURCE_GATHERED)
        plan->gather_bytes = cj_line_up((size_t)(plan->type->most_rows[plan->vectors] *
                                                 plan->chunk_channels * plan->taps * plan->size));
    plan->thread_bytes = plan->window_bytes + plan->tile_bytes + plan->gather_bytes;
    plan->facts.scratch_bytes = plan->thread_bytes * (size_t)plan->threads;
}

static void fill_taps(cj_conv_plan *plan, const conv_phase *phase, conv_tap *tap)
{
    const cj_conv_spec *s = &plan->spec;
    const int64_t *first = phase->first;
    conv_tap now;
    for (int64_t d = 0; d < s->kernel[AXIS_D]; d++) {
        if (!cj_conv_meets(s, AXIS_D, first[AXIS_D], d, &now.at[AXIS_D]))
            continue;
        for (int64_t h = 0; h < s->kernel[AXIS_H]; h++) {
            if (!cj_conv_meets(s, AXIS_H, first[AXIS_H], h, &now.at[AXIS_H]))
                continue;
            for (int64_t w = 0; w < s->kernel[AXIS_W]; w++) {
                if (!cj_conv_meets(s, AXIS_W, first[AXIS_W], w, &now.at[AXIS_W]))
                    continue;
                now.kernel[AXIS_D] = d, now.kernel[AXIS_H] = h, now.kernel[AXIS_W] = w;
                *tap++ = now;
            }
        }
    }
}

static void fill_offsets(cj_conv_plan *plan, const conv_phase *phase)
{
    int64_t k = phase->first_k;
    for (int64_t c = 0; c < plan->spec.in_channels; c++)
        for (int64_t t = 0; t < phase->taps; t++) {
            const conv_tap *tap = &plan->tap[phase->first_tap + t];
            cj_conv_set_offset(plan, k++,
                               tap->at[AXIS_H] * plan->row_step +
                                   tap->at[AXIS_W] * plan->pixel_step + c);
        }
}

/* The kernel rows of a phase, without those on holes, that fall on rows of x at its line q: [*first, *last). */
static void rows_inside(const cj_conv_plan *plan, const conv_phase *phase, int64_t q,
                        int64_t *first, int64_t *last)
{
    const conv_tap *tap = plan->tap + phase->first_tap;
    int64_t rows = phase->row_taps > 0 ? phase->taps / phase->row_taps : 0;
    int64_t shift = q * plan->step[AXIS_H], height = plan->spec.in[AXIS_H];
    *first = 0;
    while (*first < rows && tap[*first * phase->row_taps].at[AXIS_H] + shift < 0)
        ++*first;
    *last = rows;
    while (*last > *first && tap[(*last - 1) * phase->row_taps].at[AXIS_H] + shift >= height)
        --*last;
}

/* Lines q between the padding above and the padding below: the rows that are inside grow, stay, and shrink with q. */
static void find_whole_lines(const cj_conv_plan *plan, conv_phase *phase)
{
    int64_t first, last, count = phase->count[AXIS_H];
    int64_t rows = phase->row_taps > 0 ? phase->taps / phase->row_taps : 0;
    for (phase->whole_first = 0; phase->whole_first < count; phase->whole_first++) {
        rows_inside(plan, phase, phase->whole_first, &first, &last);
        if (last - first == rows)
            break;
    }
    for (phase->whole_last = phase->whole_first; phase->whole_last < count; phase->whole_last++) {
        rows_inside(plan, phase, phase->whole_last, &first, &last);
        if (last - first < rows)
            break;
    }
}

void cj_conv_forward_fill(cj_conv_plan *plan, void *tables)
{
    const cj_conv_spec *s = &plan->spec;
    plan->phase = tables;
    plan->tap = (conv_tap *)(void *)(plan->phase + plan->phase_count);
    conv_phase *phase = plan->phase;
    int64_t taps = 0, first[CJ_CONV_AXES];
    for (first[0] = 0; first[0] < plan->period[0]; first[0]++)
        for (first[1] = 0; first[1] < plan->period[1]; first[1]++)
            for (first[2] = 0; first[2] < plan->period[2]; first[2]++) {
                *phase = (conv_phase){.taps = taps_of_phase(s, first),
                                      .row_taps = hits_of(s, AXIS_W, first),
                                      .first_tap = taps,
                                      .first_k = taps * s->in_channels};
                for (int axis = 0; axis < CJ_CONV_AXES; axis++) {
                    int64_t rest = CJ_MAX(s->out[axis] - first[axis], 0);
                    phase->first[axis] = first[axis];
                    phase->count[axis] = cj_div_up(rest, plan->period[axis]);
                }
                fill_taps(plan, phase, plan->tap + taps);
                find_whole_lines(plan, phase);
                taps += phase->taps;
                phase++;
            }
    plan->offset = (int32_t *)(void *)(plan->tap + taps);
    if (plan->source == SOURCE_GATHERED) {
        for (int64_t i = 0; i < plan->chunk_channels * plan->taps; i++)
            cj_conv_set_offset(plan, i, i);
    } else {
        for (int64_t i = 0; i < plan->phase_count; i++)
            fill_offsets(plan, &plan->phase[i]);
    }
}

/* ---- packing of w: [group][panel][phase: channel, tap][panel columns] ---- */

typedef struct pack_job {
    const cj_conv_plan *plan;
    const char *w;
    char *packed;
} pack_job;

static void pack_panels(void *state, int thread, int64_t begin, int64_t end)
{
    (void)thread;
    const pack_job *job = state;
    const cj_conv_plan *plan = job->plan;
    const cj_conv_spec *s = &plan->spec;
    const int64_t *stride = s->w_stride;
    for (int64_t i = begin; i < end; i++) {
        int64_t g = i / plan->panels, column = i % plan->panels * plan->panel;
        const char *from = job->w + (g * stride[W_G] + column * stride[W_O]) * plan->size;
        char *to = job->packed + i * plan->k_count * plan->panel * plan->size;
        cj_block block = {s->in_channels, CJ_MIN(plan->panel, s->out_channels - column),
                          stride[W_C], stride[W_O]};
        for (int64_t p = 0; p < plan->phase_count; p++) {
            const conv_phase *phase = &plan->phase[p];
            for (int64_t t = 0; t < phase->taps; t++) {
                const int64_t *kernel = plan->tap[phase->first_tap + t].kernel;
                int64_t offset = 0;
                for (int axis = 0; axis < CJ_CONV_AXES; axis++)
                    offset += kernel[axis] * stride[W_AXES + axis];
                plan->type->pack(to + (phase->first_k + t) * plan->panel * plan->size,
                                 phase->taps * plan->panel, plan->panel, from + offset * plan->size,
                                 &block);
            }
        }
        if (plan->skips)
            job->packed[plan->flags_at + (size_t)i] =
                plan->type->all_finite(plan->k_count * plan->panel, to);
    }
}

void cj_conv_forward_pack(const cj_conv_plan *plan, cj_pool *pool, const void *w, void *packed)
{
    pack_job job = {plan, w, packed};
    int64_t smallest = CJ_MAX(CJ_SMALLEST_WORK / 16 / (plan->k_count * plan->panel), 1);
    cj_pool_run(pool, plan->spec.groups * plan->panels, 1, plan->options.spread ? 1 : smallest,
                pack_panels, &job);
}

/* ---- lines ---- */

/* What a tile runs over: the lines of a strip that belong to a phase, the columns of a panel. */
typedef struct conv_part {
    const conv_strip *strip;
    const conv_phase *phase;
    int64_t group, panel;
    int vectors;
} conv_part;

/* A line of a part: the q-th of the phase, its positions [first, last) along the width. */
typedef struct conv_line {
    int64_t q, first, last;
} conv_line;

/* The next line of the part that is not empty; start with q = -1. */
static bool next_line(const conv_part *part, conv_line *line)
{
    const conv_strip *strip = part->strip;
    const conv_phase *phase = part->phase;
    const cj_conv_plan *plan = strip->job->plan;
    int64_t width = plan->spec.out[AXIS_W], period = plan->period[AXIS_H];
    int64_t start = phase->first[AXIS_H];
    if (line->q < 0 && strip->first > start * width)
        line->q = cj_div_up(strip->first / width - start, period) - 1;
    for (;;) {
        int64_t from = (start + ++line->q * period) * width;
        if (from >= strip->last)
            return false;
        line->first = 0;
        line->last = phase->count[AXIS_W];
        if (from < strip->first || from + width > strip->last)
            conv_phase_columns(plan, phase, CJ_MAX(strip->first - from, 0),
                               CJ_MIN(strip->last - from, width), &line->first, &line->last);
        if (line->first < line->last)
            return true;
    }
}

static bool is_whole(const conv_phase *phase, int64_t q)
{
    return q >= phase->whole_first && q < phase->whole_last;
}

/* A chunk of k, all of it; returns its channels. */
static int64_t set_chunk(const conv_part *part, int64_t first_channel, cj_tile *tile)
{
    const cj_conv_plan *plan = part->strip->job->plan;
    int64_t channels = CJ_MIN(plan->chunk_channels, plan->spec.in_channels - first_channel);
    int64_t first_k = part->phase->first_k + first_channel * part->phase->taps;
    tile->offset = plan->offset + first_k;
    tile->b = conv_packed_at(part->strip, part->group, part->panel, first_k);
    tile->k = tile->run = channels * part->phase->taps;
    tile->skip = 0;
    tile->mode = first_channel == 0 ? CJ_TILE_STORE : CJ_TILE_ADD;
    return channels;
}

static cj_tile new_tile(conv_part *part)
{
    const cj_conv_plan *plan = part->strip->job->plan;
    cj_tile tile = {.row_step = plan->step[AXIS_W] * plan->pixel_step,
                    .b_step = plan->panel,
                    .c_step = conv_out_step(plan)};
    conv_set_panel(plan, part->panel, &tile, &part->vectors);
    return tile;
}

static void set_place(const conv_part *part, int64_t q, int64_t column, cj_tile *tile)
{
    const conv_strip *strip = part->strip;
    const cj_conv_plan *plan = strip->job->plan;
    const conv_phase *phase = part->phase;
    int64_t size = plan->size, panel = part->panel * plan->panel;
    int64_t group =
        part->group * (plan->source == SOURCE_DIRECT ? plan->spec.x_stride[X_G] : plan->channels);
    if (plan->facts.kind == CJ_CONV_DEPTHWISE)
        group += panel;
    tile->a = strip->x +
              (q * plan->step[AXIS_H] * plan->row_step + column * tile->row_step + group) * size;
    tile->c = conv_out_at(strip, part->group, phase->first[AXIS_H] + q * plan->period[AXIS_H],
                          phase->first[AXIS_W] + column * plan->period[AXIS_W]) +
              panel * size;
}

static void run_tiles(const conv_part *part, int64_t rows, cj_tile *tile, cj_ahead *ahead)
{
    const cj_conv_plan *plan = part->strip->job->plan;
    size_t size = (size_t)plan->size;
    if (plan->facts.kind == CJ_CONV_DEPTHWISE)
        cj_depth_rows_run(plan->type, part->vectors, rows, size, tile, ahead);
    else if (plan->slides && part->vectors == 1)
        cj_slide_rows_run(plan->type, rows, size, tile, ahead);
    else
        cj_tile_rows_run(plan->type, part->vectors, rows, size, tile, ahead);
}

/* Leaves the kernel rows out of a chunk that lie on padding at line q. */
static void skip_padding(const conv_part *part, int64_t q, int64_t channels, cj_tile *tile)
{
    const cj_conv_plan *plan = part->strip->job->plan;
    int64_t first, last;
    rows_inside(plan, part->phase, q, &first, &last);
    first *= part->phase->row_taps;
    tile->run = last * part->phase->row_taps - first;
    tile->skip = part->phase->taps - tile->run;
    tile->k = channels * tile->run;
    tile->offset += first;
    tile->b = (const char *)tile->b + first * plan->panel * plan->size;
}

/* One position, in the exact order. */
static void run_exactly(const conv_part *part, int64_t q, int64_t column, cj_tile *tile)
{
    const cj_conv_plan *plan = part->strip->job->plan;
    for (int64_t c = 0; c == 0 || c < plan->spec.in_channels; c += plan->chunk_channels) {
        set_chunk(part, c, tile);
        set_place(part, q, column, tile);
        run_tiles(part, 1, tile, NULL);
    }
}

/* Computes again what became -0 in lines of which padding was left out. */
static void settle_zeros(const conv_part *part, cj_tile *tile)
{
    const cj_conv_plan *plan = part->strip->job->plan;
    int64_t columns = (part->vectors - 1) * plan->type->lanes + tile->tail;
    conv_line line = {.q = -1};
    while (next_line(part, &line)) {
        if (is_whole(part->phase, line.q)) {
            line.q = part->phase->whole_last - 1;
            continue;
        }
        int64_t count = line.last - line.first;
        set_place(part, line.q, line.first, tile);
        const char *sums = tile->c;
        if (tile->c_step == columns && !plan->type->has_negative_zero(count * columns, sums))
            continue;
        for (int64_t i = 0; i < count; i++) {
            if (plan->type->has_negative_zero(columns, sums))
                run_exactly(part, line.q, line.first + i, tile);
            sums += tile->c_step * plan->size;
        }
    }
}

/* One panel, over the strip's lines of one phase: chunk after chunk, so that w stays in the first-level cache. */
static void run_part(conv_part *part, cj_ahead *ahead)
{
    const cj_conv_plan *plan = part->strip->job->plan;
    const char *packed = part->strip->job->run->w;
    int64_t panel = part->group * plan->panels + part->panel;
    bool skips = plan->skips && packed[plan->flags_at + (size_t)panel];
    cj_tile tile = new_tile(part);
    for (int64_t c = 0; c == 0 || c < plan->spec.in_channels; c += plan->chunk_channels) {
        conv_line line = {.q = -1};
        int64_t channels = set_chunk(part, c, &tile);
        cj_tile whole = tile;
        while (next_line(part, &line)) {
            if (skips && !is_whole(part->phase, line.q)) {
                tile = whole;
                skip_padding(part, line.q, channels, &tile);
                set_place(part, line.q, line.first, &tile);
                run_tiles(part, line.last - line.first, &tile, ahead);
            } else {
                set_place(part, line.q, line.first, &whole);
                run_tiles(part, line.last - line.first, &whole, ahead);
            }
        }
    }
    if (skips)
        settle_zeros(part, &tile);
}

static void run_panels(conv_strip *strip)
{
    const cj_conv_plan *plan = strip->job->plan;
    const cj_conv_spec *s = &plan->spec;
    for (int64_t group = 0; group < s->groups; group++)
        for (int64_t panel = 0; panel < plan->panels; panel++)
            for (int64_t p = 0; p < plan->phase_count; p++) {
                conv_part part = {strip, &plan->phase[p], group, panel, 0};
                run_part(&part, &strip->ahead);
            }
}

/* ---- strips ---- */

/* The sums of a strip go to the epilogue, or to strided memory. */
static void finish_strip(const conv_strip *strip, int thread, char *tile)
{
    const cj_conv_plan *plan = strip->job->plan;
    const cj_conv_run_args *run = strip->job->run;
    const cj_conv_spec *s = &plan->spec;
    int64_t width = s->out[AXIS_W];
    if (run->store) {
        run->store(run->store_state, thread, tile, strip->image * plan->positions + strip->first,
                   strip->last - strip->first);
        return;
    }
    const int64_t *stride = s->y_stride;
    for (int64_t p = strip->first; p < strip->last;) {
        int64_t line = p / width, column = p % width,
                count = CJ_MIN(width - column, strip->last - p);
        int64_t d = line / s->out[AXIS_H], h = line % s->out[AXIS_H];
        cj_block block = {count, s->out_channels, stride[Y_AXES + AXIS_W], stride[Y_O]};
        for (int64_t g = 0; g < s->groups; g++) {
            int64_t to = strip->image * stride[Y_N] + g * stride[Y_G] +
                         d * stride[Y_AXES + AXIS_D] + h * stride[Y_AXES + AXIS_H] +
                         column * stride[Y_AXES + AXIS_W];
            plan->type->unpack((char *)run->y + to * plan->size, &block,
                               tile + ((p - strip->first) * plan->width + g * s->out_channels) *
                                          plan->size,
                               plan->width);
        }
        p += count;
    }
}

/* The rows of x that the strip after position `last` of an image will read, most of them. */
static cj_ahead next_rows(const conv_job *job, int64_t image, int64_t last)
{
    const cj_conv_plan *plan = job->plan;
    const cj_conv_spec *s = &plan->spec;
    int64_t lines = plan->strip_lines, line = last / s->out[AXIS_W], first, end;
    if (!job->run->x || plan->source == SOURCE_GATHERED)
        return (cj_ahead){0};
    if (last == plan->positions) {
        image++;
        line = 0;
    }
    rows_of_lines(plan, line, CJ_MIN(line + lines, s->out[AXIS_H]), &first, &end);
    if (line > 0)
        first += CJ_MIN((s->kernel[AXIS_H] - 1) * s->kernel_dilation[AXIS_H], end - first);
    first = CJ_MAX(first, 0);
    end = CJ_MIN(end, s->in[AXIS_H]);
    int64_t row = s->x_stride[X_AXES + AXIS_H] * plan->size;
    return cj_ahead_of((const char *)job->run->x + image * s->x_stride[X_N] * plan->size +
                           first * row,
                       row > 0 ? (end - first) * row : 0);
}

/* Output positions [begin, end), numbered through all images. */
static void run_range(void *state, int thread, int64_t begin, int64_t end)
{
    const conv_job *job = state;
    const cj_conv_plan *plan = job->plan;
    const cj_conv_run_args *run = job->run;
    const cj_conv_spec *s = &plan->spec;
    int64_t size = plan->size, strip_positions = plan->strip_lines * s->out[AXIS_W];
    char *window = (char *)run->scratch + (size_t)thread * plan->thread_bytes;
    char *tile = window + plan->window_bytes;
    cj_conv_held held = {.image = -1};
    if (plan->source == SOURCE_STAGED)
        memset(window, 0, plan->window_bytes);

    while (begin < end) {
        int64_t image = begin / plan->positions, first = begin % plan->positions;
        int64_t last = CJ_MIN(first - first % strip_positions + strip_positions, plan->positions);
        last = CJ_MIN(last, first + end - begin);
        conv_strip strip = {.job = job,
                            .image = image,
                            .first = first,
                            .last = last,
                            .gather = tile + plan->tile_bytes};
        strip.out = plan->tile_in_scratch ? tile - first * plan->width * size
                                          : (char *)run->y + image * s->y_stride[Y_N] * size;
        if (plan->source == SOURCE_STAGED) {
            int64_t top, bottom;
            rows_of_lines(plan, first / s->out[AXIS_W], cj_div_up(last, s->out[AXIS_W]), &top,
                          &bottom);
            cj_conv_stage(plan, run, thread, window, &held, image, top, bottom);
            strip.x =
                window +
                (plan->window.pad_low[AXIS_W] * plan->window.pixel - top * plan->window.row) * size;
        } else {
            strip.x = (const char *)run->x + image * s->x_stride[X_N] * size;
        }
        strip.ahead = next_rows(job, image, last);
        if (plan->source == SOURCE_GATHERED)
            cj_conv_gathered_run(&strip);
        else
            run_panels(&strip);
        if (plan->tile_in_scratch)
            finish_strip(&strip, thread, tile);
        begin += last - first;
    }
}

void cj_conv_forward_run(const cj_conv_plan *plan, cj_pool *pool, const cj_conv_run_args *run)
{
    const cj_conv_spec *s = &plan->spec;
    int64_t count = s->images * plan->positions;
    if (count == 0 || plan->width == 0)
        return;
    conv_job job = {plan, run};
    int64_t work = CJ_MAX(plan->width * plan->k_count / plan->phase_count, 1);
    int64_t smallest = plan->options.spread ? 1 : CJ_MAX(CJ_SMALLEST_WORK / work, 1);
    int64_t grain = plan->options.row_grain;
    if (grain <= 0)
        grain = s->images >= 4 * plan->threads ? plan->positions : s->out[AXIS_W];
    cj_pool_run(pool, count, grain, smallest, run_range, &job);
}
