/*
 * conv_weight.c - weight gradients: convolutions with few output positions and a large kernel, the output gradient.
 *
 * In the words of the forward pass: pictures are the input channels of this convolution (C), the rows of the result are (kernel row,
 * kernel column, input channel), its columns output channels, and k runs over (picture, output row, output column).
 * Lanes are output channels, straight out of the output gradient; rows of a register tile are channels and kernel columns, which lie
 * together in memory. A chunk is some small pictures, or one picture that is cut in strips of about 256 positions so that
 * it passes through the first-level cache once.
 *
 * Threads share out the chunks, each chunk sum going to a slot of its own until all are added in order; or, where nothing has
 * to be staged or there are few chunks, the result, and then chunk sums are added where they arise.
 */
#include "conv_plan.h"

/* Bytes of chunk sums kept at a time; bytes of a block of rows that goes to the epilogue. */
#define SLOT_BYTES (4 << 20)
#define BLOCK_BYTES (32 * 1024)

/* Rows of the result: kernel positions of the forward pass times its input channels. */
static int64_t result_rows(const cj_conv_plan *plan)
{
    return plan->positions * plan->spec.images;
}

static int64_t units(const cj_conv_plan *plan)
{
    return plan->spec.groups * plan->panels * plan->spec.out[AXIS_H] * plan->runs;
}

/* ---- plan ---- */

static void choose_runs(cj_conv_plan *plan)
{
    const cj_conv_spec *s = &plan->spec;
    int64_t column_step = s->stride[AXIS_W] * plan->pixel_step;
    plan->runs = 1;
    plan->run_rows = s->out[AXIS_W] * s->images;
    plan->run_step = s->images == 1 ? column_step : 1;
    if (s->images > 1 && column_step != s->images) {
        plan->runs = s->out[AXIS_W];
        plan->run_rows = s->images;
    }
    plan->slides = plan->runs == 1 && s->out[AXIS_W] == CJ_SLIDE_TAPS && s->kernel[AXIS_W] >= 2 &&
                   s->stride[AXIS_W] == 1 && s->kernel_dilation[AXIS_W] == 1;
}

static void choose_strips(cj_conv_plan *plan)
{
    const cj_conv_spec *s = &plan->spec;
    plan->chunks = CJ_MAX(cj_div_up(s->in_channels, plan->chunk_channels), 1);
    plan->strips = 1;
    plan->strip_rows = s->kernel[AXIS_H];
    if (plan->taps > CJ_CHUNK) {
        int64_t rows = CJ_MAX(CJ_CHUNK / s->kernel[AXIS_W], 1);
        if (plan->options.tile_rows > 0)
            rows = CJ_MIN(rows, plan->options.tile_rows);
        plan->strips = cj_div_up(s->kernel[AXIS_H], rows);
        plan->strip_rows = cj_div_up(s->kernel[AXIS_H], plan->strips);
        plan->strips = cj_div_up(s->kernel[AXIS_H], plan->strip_rows);
    }
}

/* Whether the tiles can read the output gradient where it is: vectors of channels, positions at one distance. */
static bool w_reads_in_place(const cj_conv_plan *plan)
{
    const cj_conv_spec *s = &plan->spec;
    const int64_t *stride = s->w_stride;
    int64_t step = stride[W_AXES + AXIS_W];
    return !plan->options.load_w && stride[W_O] == 1 && s->out_channels % plan->type->lanes == 0 &&
           (s->kernel[AXIS_H] == 1 || stride[W_AXES + AXIS_H] == s->kernel[AXIS_W] * step) &&
           (s->in_channels == 1 || stride[W_C] == plan->taps * step);
}

static void choose_sources(cj_conv_plan *plan)
{
    const cj_conv_spec *s = &plan->spec;
    conv_window *window = &plan->window;
    plan->image_stride = s->x_stride[X_C];
    plan->channel_stride = s->x_stride[X_N];
    plan->channels = s->images;
    window->pixel = s->groups * s->images;
    window->row =
        (window->pad_low[AXIS_W] + s->in[AXIS_W] + window->pad_high[AXIS_W]) * window->pixel;
    window->rows = (plan->strip_rows - 1) * s->kernel_dilation[AXIS_H] +
                   (s->out[AXIS_H] - 1) * s->stride[AXIS_H] + 1;
    if (!plan->options.load && cj_conv_reads_in_place(plan)) {
        plan->source = SOURCE_DIRECT;
        plan->row_step = s->x_stride[X_AXES + AXIS_H];
        plan->pixel_step = s->x_stride[X_AXES + AXIS_W];
        plan->picture_step = s->x_stride[X_C];
    } else {
        plan->source = SOURCE_STAGED;
        plan->row_step = window->row;
        plan->pixel_step = window->pixel;
        plan->picture_step = window->rows * window->row;
    }
    plan->w_staged = !w_reads_in_place(plan);
    plan->w_step = plan->w_staged ? plan->width : s->w_stride[W_AXES + AXIS_W];
}

static void choose_split(cj_conv_plan *plan)
{
    int64_t threads = plan->threads, unit_count = units(plan);
    bool even =
        unit_count >= threads && cj_div_up(unit_count, threads) * threads * 10 <= unit_count * 11;
    bool staged = plan->source == SOURCE_STAGED || plan->w_staged;
    plan->split_output = threads == 1 || plan->chunks < 2 * threads || (!staged && even);
    plan->slots = plan->strips > 1;
    if (!plan->split_output) {
        int64_t slots = CJ_MAX(SLOT_BYTES / CJ_MAX((int64_t)plan->result_bytes, 1), 2 * threads);
        plan->slots = CJ_MIN(slots, plan->chunks);
    }
    plan->facts.kernel = plan->split_output ? "conv.weight.direct" : "conv.weight";
}

static int64_t pictures_at_a_time(const cj_conv_plan *plan)
{
    return plan->strips > 1 ? 1 : CJ_MIN(plan->chunk_channels, plan->spec.in_channels);
}

static int64_t offset_count(const cj_conv_plan *plan)
{
    return pictures_at_a_time(plan) * plan->strip_rows * plan->spec.kernel[AXIS_W];
}

void cj_conv_weight_count(cj_conv_plan *plan)
{
    const cj_conv_spec *s = &plan->spec;
    int64_t pictures;
    cj_conv_find_padding(plan);
    choose_strips(plan);
    choose_sources(plan);
    choose_runs(plan);
    plan->vectors = cj_conv_choose_vectors(plan->type, plan->run_rows,
                                           cj_div_up(s->out_channels, plan->type->lanes));
    plan->panel = plan->vectors * plan->type->lanes;
    plan->panels = cj_div_up(s->out_channels, plan->panel);
    plan->result_bytes = cj_line_up((size_t)(result_rows(plan) * plan->width * plan->size));
    choose_split(plan);

    pictures = pictures_at_a_time(plan);
    if (plan->source == SOURCE_STAGED)
        plan->window_bytes =
            cj_line_up((size_t)(pictures * plan->window.rows * plan->window.row * plan->size));
    if (plan->w_staged) /* the last vector may reach beyond the last column */
        plan->w_window_bytes =
            cj_line_up((size_t)(offset_count(plan) * plan->width * plan->size)) + 64;
    plan->thread_bytes = plan->window_bytes + plan->w_window_bytes;
    plan->facts.scratch_bytes =
        plan->result_bytes * (size_t)(1 + plan->slots) + plan->thread_bytes * (size_t)plan->threads;
    plan->facts.flops = 2.0 * (double)result_rows(plan) * (double)plan->width *
                        (double)s->in_channels * (double)plan->taps;
    plan->bytes = (size_t)offset_count(plan) * sizeof(int32_t);
}

void cj_conv_weight_fill(cj_conv_plan *plan, void *tables)
{
    const cj_conv_spec *s = &plan->spec;
    int64_t at = 0;
    plan->offset = tables;
    for (int64_t i = 0; i < pictures_at_a_time(plan); i++)
        for (int64_t h = 0; h < plan->strip_rows; h++)
            for (int64_t w = 0; w < s->kernel[AXIS_W]; w++)
                cj_conv_set_offset(plan, at++,
                                   i * plan->picture_step +
                                       h * s->kernel_dilation[AXIS_H] * plan->row_step +
                                       w * s->kernel_dilation[AXIS_W] * plan->pixel_step);
}

/* ---- run ---- */

typedef struct weight_job {
    const cj_conv_plan *plan;
    const cj_conv_run_args *run;
    char *total, *slots, *threads; /* parts of scratch */
    int64_t first_chunk, chunks;   /* of this round */
    int64_t in_place; /* chunks of the round that were added to the total as they arose */
    bool last_round;
} weight_job;

/* One chunk, or one strip of it, ready for the tiles. */
typedef struct weight_part {
    const weight_job *job;
    int thread;
    char *window, *w_window;
    cj_conv_held held;
    int64_t picture, pictures, first_row, rows;
    const char *x, *w; /* of the part: at its first output row, kernel position 0, channel 0 */
    cj_ahead ahead[2]; /* of x, w */
} weight_part;

static void stage_w(const weight_part *part)
{
    const cj_conv_plan *plan = part->job->plan;
    const cj_conv_run_args *run = part->job->run;
    const cj_conv_spec *s = &plan->spec;
    int64_t row = s->kernel[AXIS_W] * plan->width;
    for (int64_t i = 0; i < part->pictures; i++) {
        char *to = part->w_window + i * part->rows * row * plan->size;
        if (run->load_w) {
            run->load_w(run->load_w_state, part->thread, to, row, part->picture + i,
                        part->first_row, part->rows);
            continue;
        }
        const int64_t *stride = s->w_stride;
        cj_block block = {s->kernel[AXIS_W], s->out_channels, stride[W_AXES + AXIS_W], stride[W_O]};
        for (int64_t h = 0; h < part->rows; h++)
            for (int64_t g = 0; g < s->groups; g++) {
                int64_t from = (part->picture + i) * stride[W_C] + g * stride[W_G] +
                               (part->first_row + h) * stride[W_AXES + AXIS_H];
                plan->type->pack(to + (h * row + g * s->out_channels) * plan->size, plan->width,
                                 s->out_channels, (const char *)run->w + from * plan->size, &block);
            }
    }
}

static void stage(weight_part *part)
{
    const cj_conv_plan *plan = part->job->plan;
    const cj_conv_run_args *run = part->job->run;
    const cj_conv_spec *s = &plan->spec;
    int64_t first = part->first_row * s->kernel_dilation[AXIS_H] - s->low[AXIS_H];
    if (plan->source == SOURCE_STAGED) {
        int64_t rows = (part->rows - 1) * s->kernel_dilation[AXIS_H] +
                       (s->out[AXIS_H] - 1) * s->stride[AXIS_H] + 1;
        for (int64_t i = 0; i < part->pictures; i++) {
            if (plan->strips == 1)
                part->held.image = -1;
            cj_conv_stage(plan, run, part->thread,
                          part->window + i * plan->picture_step * plan->size, &part->held,
                          part->picture + i, first, first + rows);
        }
        part->x = part->window +
                  (plan->window.pad_low[AXIS_W] - s->low[AXIS_W]) * plan->window.pixel * plan->size;
    } else {
        part->x =
            (const char *)run->x + (part->picture * s->x_stride[X_C] + first * plan->row_step -
                                    s->low[AXIS_W] * plan->pixel_step) *
                                       plan->size;
    }
    if (plan->w_staged) {
        stage_w(part);
        part->w = part->w_window;
    } else {
        part->w = (const char *)run->w + (part->picture * s->w_stride[W_C] +
                                          part->first_row * s->w_stride[W_AXES + AXIS_H]) *
                                             plan->size;
    }
}

/* What comes after this part in memory, as much again: its successor as a rule. */
static void look_ahead(weight_part *part)
{
    const cj_conv_plan *plan = part->job->plan;
    const cj_conv_run_args *run = part->job->run;
    const cj_conv_spec *s = &plan->spec;
    int64_t x_row = s->x_stride[X_AXES + AXIS_H], w_row = s->w_stride[W_AXES + AXIS_H];
    int64_t last = part->first_row + part->rows, x_last = last * s->kernel_dilation[AXIS_H];
    int64_t x_rows = CJ_MIN(part->rows * s->kernel_dilation[AXIS_H], s->in[AXIS_H]);
    int64_t picture = part->picture + (plan->strips > 1 ? 0 : part->pictures);
    if (plan->strips == 1)
        last = x_last = 0;
    part->ahead[0] = cj_ahead_of(run->x, CJ_MAX(part->pictures * x_rows * x_row * plan->size, 0));
    part->ahead[1] =
        cj_ahead_of(run->w, CJ_MAX(part->pictures * part->rows * w_row * plan->size, 0));
    if (run->x)
        part->ahead[0].next += (picture * s->x_stride[X_C] + x_last * x_row) * plan->size;
    if (run->w)
        part->ahead[1].next += (picture * s->w_stride[W_C] + last * w_row) * plan->size;
}

/* The rows and columns of the result that a unit is: its first element, and how many. */
typedef struct weight_unit {
    int64_t group, panel, row, run; /* row: output row; run: of that row */
    int64_t element, columns;
} weight_unit;

static weight_unit unit_at(const cj_conv_plan *plan, int64_t index)
{
    const cj_conv_spec *s = &plan->spec;
    weight_unit unit;
    unit.run = index % plan->runs;
    index /= plan->runs;
    unit.row = index % s->out[AXIS_H];
    index /= s->out[AXIS_H];
    unit.panel = index % plan->panels;
    unit.group = index / plan->panels;
    unit.columns = CJ_MIN(plan->panel, s->out_channels - unit.panel * plan->panel);
    unit.element = (unit.row * plan->runs + unit.run) * plan->run_rows * plan->width +
                   unit.group * s->out_channels + unit.panel * plan->panel;
    return unit;
}

static void run_unit(weight_part *part, int64_t index, char *result, cj_tile_mode mode)
{
    const cj_conv_plan *plan = part->job->plan;
    const cj_conv_spec *s = &plan->spec;
    weight_unit unit = unit_at(plan, index);
    int vectors = (int)cj_div_up(unit.columns, plan->type->lanes);
    int64_t x = unit.row * s->stride[AXIS_H] * plan->row_step +
                unit.run * s->stride[AXIS_W] * plan->pixel_step +
                unit.group * (plan->source == SOURCE_DIRECT ? s->x_stride[X_G] : plan->channels);
    int64_t w = unit.panel * plan->panel +
                unit.group * (plan->w_staged ? s->out_channels : s->w_stride[W_G]);
    int64_t k = part->pictures * part->rows * s->kernel[AXIS_W];
    cj_tile tile = {.a = part->x + x * plan->size,
                    .offset = plan->offset,
                    .b = part->w + w * plan->size,
                    .c = result + unit.element * plan->size,
                    .k = k,
                    .run = k,
                    .row_step = plan->run_step,
                    .b_step = plan->w_step,
                    .c_step = plan->width,
                    .tail = unit.columns - (vectors - 1) * plan->type->lanes,
                    .mode = mode,
                    .span = s->kernel[AXIS_W],
                    .pixel_step = plan->pixel_step,
                    .tap_step = s->images * plan->width};
    cj_ahead *ahead = &part->ahead[part->ahead[0].lines <= 0];
    if (plan->slides && vectors == 1)
        cj_slide_taps_run(plan->type, s->images, (size_t)plan->size, &tile, ahead);
    else
        cj_tile_rows_run(plan->type, vectors, plan->run_rows, (size_t)plan->size, &tile, ahead);
}

/* Units [begin, end) of one chunk to result: mode STORE or, when the chunk is one part, ADD. */
static void run_chunk(weight_part *part, int64_t chunk, int64_t begin, int64_t end, char *result,
                      cj_tile_mode mode)
{
    const cj_conv_plan *plan = part->job->plan;
    const cj_conv_spec *s = &plan->spec;
    part->picture = chunk * plan->chunk_channels;
    part->pictures = CJ_MIN(plan->chunk_channels, s->in_channels - part->picture);
    for (int64_t row = 0; row < s->kernel[AXIS_H]; row += plan->strip_rows) {
        part->first_row = row;
        part->rows = CJ_MIN(plan->strip_rows, s->kernel[AXIS_H] - row);
        stage(part);
        look_ahead(part);
        for (int64_t i = begin; i < end; i++)
            run_unit(part, i, result, row == 0 ? mode : CJ_TILE_CHAIN);
    }
}

static weight_part new_part(const weight_job *job, int thread)
{
    const cj_conv_plan *plan = job->plan;
    weight_part part = {.job = job, .thread = thread, .held = {.image = -1}};
    part.window = job->threads + (size_t)thread * plan->thread_bytes;
    part.w_window = part.window + plan->window_bytes;
    if (plan->source == SOURCE_STAGED)
        memset(part.window, 0, plan->window_bytes);
    return part;
}

/* Chunks of the round; the first thread adds to the total where it can. */
static void run_chunks(void *state, int thread, int64_t begin, int64_t end)
{
    weight_job *job = state;
    const cj_conv_plan *plan = job->plan;
    weight_part part = new_part(job, thread);
    bool in_place = begin == 0 && plan->strips == 1;
    if (in_place)
        job->in_place = end;
    for (int64_t i = begin; i < end; i++) {
        int64_t chunk = job->first_chunk + i;
        char *result = in_place ? job->total : job->slots + (size_t)i * plan->result_bytes;
        run_chunk(&part, chunk, 0, units(plan), result,
                  in_place && chunk > 0 ? CJ_TILE_ADD : CJ_TILE_STORE);
    }
}

/* A chunk sum in the one slot, added to the total. */
static void add_unit(const weight_job *job, int64_t index, bool first)
{
    const cj_conv_plan *plan = job->plan;
    weight_unit unit = unit_at(plan, index);
    char *total = job->total + unit.element * plan->size;
    const char *sum = job->slots + unit.element * plan->size;
    for (int64_t row = 0; row < plan->run_rows; row++) {
        if (first)
            memcpy(total, sum, (size_t)(unit.columns * plan->size));
        else
            plan->type->add_chunks(unit.columns, total, sum, 0, 1);
        total += plan->width * plan->size;
        sum += plan->width * plan->size;
    }
}

/* All chunks, some units of the result. */
static void run_units(void *state, int thread, int64_t begin, int64_t end)
{
    const weight_job *job = state;
    const cj_conv_plan *plan = job->plan;
    weight_part part = new_part(job, thread);
    for (int64_t chunk = 0; chunk < plan->chunks; chunk++) {
        if (plan->strips == 1) {
            run_chunk(&part, chunk, begin, end, job->total,
                      chunk == 0 ? CJ_TILE_STORE : CJ_TILE_ADD);
            continue;
        }
        run_chunk(&part, chunk, begin, end, job->slots, CJ_TILE_STORE);
        for (int64_t i = begin; i < end; i++)
            add_unit(job, i, chunk == 0);
    }
}

/* Finished rows to strided memory. */
static void unpack_rows(const weight_job *job, int64_t begin, int64_t end)
{
    const cj_conv_plan *plan = job->plan;
    const cj_conv_spec *s = &plan->spec;
    const int64_t *stride = s->y_stride;
    while (begin < end) {
        int64_t position = begin / s->images, n = begin % s->images,
                count = CJ_MIN(s->images - n, end - begin);
        cj_block block = {count, s->out_channels, stride[Y_N], stride[Y_O]};
        for (int64_t g = 0; g < s->groups; g++) {
            int64_t to = n * stride[Y_N] + g * stride[Y_G] +
                         position / s->out[AXIS_W] * stride[Y_AXES + AXIS_H] +
                         position % s->out[AXIS_W] * stride[Y_AXES + AXIS_W];
            plan->type->unpack(
                (char *)job->run->y + to * plan->size, &block,
                job->total + (begin * plan->width + g * s->out_channels) * plan->size, plan->width);
        }
        begin += count;
    }
}

/* Rows of the result: the round's chunk sums are added in order; after the last round they are done. */
static void finish_rows(void *state, int thread, int64_t begin, int64_t end)
{
    const weight_job *job = state;
    const cj_conv_plan *plan = job->plan;
    int64_t row_bytes = plan->width * plan->size, block = CJ_MAX(BLOCK_BYTES / row_bytes, 1);
    for (; begin < end; begin += block) {
        int64_t rows = CJ_MIN(block, end - begin), next = job->in_place;
        char *total = job->total + begin * row_bytes;
        const char *slots = job->slots + begin * row_bytes;
        if (job->first_chunk + next == 0)
            memcpy(total, slots, (size_t)(rows * row_bytes)), next = 1;
        if (next < job->chunks)
            plan->type->add_chunks(rows * plan->width, total,
                                   slots + (size_t)next * plan->result_bytes,
                                   (int64_t)plan->result_bytes / plan->size, job->chunks - next);
        if (!job->last_round)
            continue;
        if (job->run->store)
            job->run->store(job->run->store_state, thread, total, begin, rows);
        else
            unpack_rows(job, begin, begin + rows);
    }
}

void cj_conv_weight_run(const cj_conv_plan *plan, cj_pool *pool, const cj_conv_run_args *run)
{
    int64_t rows = result_rows(plan), grain = CJ_MAX(plan->options.row_grain, 1);
    if (rows == 0 || plan->width == 0)
        return;
    weight_job job = {.plan = plan, .run = run, .total = run->scratch};
    job.slots = job.total + plan->result_bytes;
    job.threads = job.slots + plan->result_bytes * (size_t)plan->slots;
    bool spread = plan->options.spread;
    int64_t add_smallest =
        spread ? 1 : CJ_MAX(CJ_SMALLEST_WORK / 8 / (plan->width * plan->slots + 1), 1);
    if (plan->split_output) {
        int64_t work = CJ_MAX((int64_t)(plan->facts.flops / 2) / units(plan), 1);
        cj_pool_run(pool, units(plan), 1, spread ? 1 : CJ_MAX(CJ_SMALLEST_WORK / work, 1),
                    run_units, &job);
        job.in_place = job.chunks = plan->chunks;
        job.last_round = true;
        cj_pool_run(pool, rows, grain, add_smallest, finish_rows, &job);
        return;
    }
    int64_t work = CJ_MAX((int64_t)(plan->facts.flops / 2) / plan->chunks, 1);
    int64_t smallest = spread ? 1 : CJ_MAX(CJ_SMALLEST_WORK / work, 1);
    for (; job.first_chunk < plan->chunks; job.first_chunk += plan->slots) {
        job.chunks = CJ_MIN(plan->slots, plan->chunks - job.first_chunk);
        job.last_round = job.first_chunk + job.chunks == plan->chunks;
        job.in_place = 0;
        cj_pool_run(pool, job.chunks, 1, smallest, run_chunks, &job);
        cj_pool_run(pool, rows, grain, add_smallest, finish_rows, &job);
    }
}
