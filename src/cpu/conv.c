/*
 * conv.c - convolutions: which kernel, the common part of a plan, and the padded windows that both kernels read.
 */
#include "conv_plan.h"

static int64_t product(const int64_t *extents)
{
    return extents[0] * extents[1] * extents[2];
}

/* Fewer than three spatial axes become the last ones, so that the innermost is always the width. */
static cj_conv_spec with_last_axes(const cj_conv_spec *spec)
{
    cj_conv_spec out = *spec;
    int shift = CJ_CONV_AXES - spec->spatial;
    for (int axis = 0; axis < CJ_CONV_AXES; axis++) {
        bool there = axis >= shift;
        int from = there ? axis - shift : 0;
        out.in[axis] = there ? spec->in[from] : 1;
        out.kernel[axis] = there ? spec->kernel[from] : 1;
        out.out[axis] = there ? spec->out[from] : 1;
        out.stride[axis] = there ? spec->stride[from] : 1;
        out.in_dilation[axis] = there ? spec->in_dilation[from] : 1;
        out.kernel_dilation[axis] = there ? spec->kernel_dilation[from] : 1;
        out.low[axis] = there ? spec->low[from] : 0;
        out.x_stride[3 + axis] = there ? spec->x_stride[3 + from] : 0;
        out.w_stride[3 + axis] = there ? spec->w_stride[3 + from] : 0;
        out.y_stride[3 + axis] = there ? spec->y_stride[3 + from] : 0;
    }
    return out;
}

cj_conv_kind cj_conv_recognise(const cj_conv_spec *spec)
{
    int64_t kernel = 1, out = 1;
    bool dilated = false, plain = spec->spatial <= 2;
    for (int axis = 0; axis < spec->spatial; axis++) {
        kernel *= spec->kernel[axis];
        out *= spec->out[axis];
        dilated = dilated || spec->in_dilation[axis] > 1;
        plain = plain && (spec->in_dilation[axis] == 1 || spec->stride[axis] == 1);
    }
    if (!plain)
        return CJ_CONV_GENERIC;
    if (kernel > out && !dilated)
        return CJ_CONV_WEIGHT;
    if (spec->in_channels == 1 && spec->out_channels == 1 && spec->groups > 1)
        return CJ_CONV_DEPTHWISE;
    return CJ_CONV_FORWARD;
}

int cj_conv_choose_vectors(const cj_contract_type *type, int64_t rows, int64_t vectors)
{
    int64_t best_cost = INT64_MAX;
    int best = 1;
    for (int v = 1; v <= CJ_TILE_VECTORS && v <= vectors; v++) {
        int64_t cost = 0;
        for (int part = 0; part < 2; part++) {
            int64_t width = part == 0 ? v : vectors % v, panels = part == 0 ? vectors / v : 1;
            if (width == 0 || rows == 0)
                continue;
            int64_t most = type->most_rows[width], calls = cj_div_up(rows, most);
            int64_t r = cj_div_up(rows, calls);
            cost += panels * calls * CJ_MAX(r * width, CJ_MAX(r + width, 8));
        }
        if (cost < best_cost) {
            best_cost = cost;
            best = v;
        }
    }
    return best;
}

/* ---- windows ---- */

bool cj_conv_meets(const cj_conv_spec *s, int axis, int64_t out, int64_t tap, int64_t *at)
{
    int64_t position = out * s->stride[axis] + tap * s->kernel_dilation[axis] - s->low[axis];
    *at = cj_floor_div(position, s->in_dilation[axis]);
    return *at * s->in_dilation[axis] == position;
}

void cj_conv_find_padding(cj_conv_plan *plan)
{
    const cj_conv_spec *s = &plan->spec;
    for (int axis = 0; axis < CJ_CONV_AXES; axis++) {
        int64_t lowest = 0, highest = s->in[axis] - 1;
        for (int64_t out = 0; out < s->out[axis]; out++)
            for (int64_t t = 0; t < s->kernel[axis]; t++) {
                int64_t at;
                if (!cj_conv_meets(s, axis, out, t, &at))
                    continue;
                lowest = CJ_MIN(lowest, at);
                highest = CJ_MAX(highest, at);
            }
        plan->window.pad_low[axis] = -lowest;
        plan->window.pad_high[axis] = highest - (s->in[axis] - 1);
    }
}

bool cj_conv_reads_in_place(const cj_conv_plan *plan)
{
    for (int axis = 0; axis < CJ_CONV_AXES; axis++)
        if (plan->window.pad_low[axis] > 0 || plan->window.pad_high[axis] > 0)
            return false;
    return plan->channel_stride == 1 || plan->channels == 1;
}

/* Rows of x, without padding, to dst. */
static void copy_rows(const cj_conv_plan *plan, char *dst, const void *x, int64_t image,
                      int64_t first, int64_t rows)
{
    const cj_conv_spec *s = &plan->spec;
    int64_t size = plan->size, width = s->in[AXIS_W], channels = plan->channels,
            pixel = plan->window.pixel;
    const int64_t *stride = s->x_stride;
    const char *from =
        (const char *)x + (image * plan->image_stride + first * stride[X_AXES + AXIS_H]) * size;
    bool together = (plan->channel_stride == 1 || channels == 1) &&
                    stride[X_AXES + AXIS_W] == pixel && (s->groups == 1 || stride[X_G] == channels);
    for (int64_t row = 0; row < rows; row++) {
        if (together) {
            memcpy(dst, from, (size_t)(width * pixel * size));
        } else {
            cj_block block = {width, channels, stride[X_AXES + AXIS_W], plan->channel_stride};
            for (int64_t g = 0; g < s->groups; g++)
                plan->type->pack(dst + g * channels * size, pixel, channels,
                                 from + g * stride[X_G] * size, &block);
        }
        dst += plan->window.row * size;
        from += stride[X_AXES + AXIS_H] * size;
    }
}

void cj_conv_stage(const cj_conv_plan *plan, const cj_conv_run_args *run, int thread, char *window,
                   cj_conv_held *held, int64_t image, int64_t first, int64_t last)
{
    int64_t row_bytes = plan->window.row * plan->size, height = plan->spec.in[AXIS_H];
    int64_t next = first;
    if (held->image == image && held->first <= first && first < held->last) {
        next = CJ_MIN(held->last, last);
        if (held->first < first)
            memmove(window, window + (first - held->first) * row_bytes,
                    (size_t)((next - first) * row_bytes));
    }
    *held = (cj_conv_held){image, first, last};

    while (next < last) {
        char *dst = window + (next - first) * row_bytes;
        if (next < 0 || next >= height) {
            memset(dst, 0, (size_t)row_bytes);
            next++;
            continue;
        }
        int64_t rows = CJ_MIN(last, height) - next;
        dst += plan->window.pad_low[AXIS_W] * plan->window.pixel * plan->size;
        if (run->load)
            run->load(run->load_state, thread, dst, plan->window.row, image, next, rows);
        else
            copy_rows(plan, dst, run->x, image, next, rows);
        next += rows;
    }
}

/* ---- plans ---- */

static void fill(cj_conv_plan *plan, void *tables)
{
    if (plan->facts.kind == CJ_CONV_WEIGHT)
        tables ? cj_conv_weight_fill(plan, tables) : cj_conv_weight_count(plan);
    else
        tables ? cj_conv_forward_fill(plan, tables) : cj_conv_forward_count(plan);
}

static cj_status new_plan(cj_context *context, const cj_conv_spec *spec,
                          const cj_contract_options *options, cj_conv_kind kind, cj_conv_plan **out)
{
    cj_conv_plan plan = {.spec = with_last_axes(spec),
                         .options = *options,
                         .size = spec->dtype == CJ_F32 ? 4 : 8,
                         .threads = CJ_MAX(options->threads, 1)};
    plan.type = &cj_contract_kernels_of(options->isa)->type[spec->dtype == CJ_F32 ? 0 : 1];
    plan.facts.kind = kind;
    if (kind == CJ_CONV_DEPTHWISE) { /* groups are channels from here on */
        plan.spec.out_channels = spec->groups;
        plan.spec.groups = 1;
        plan.spec.w_stride[W_O] = spec->w_stride[W_G];
        plan.spec.x_stride[X_C] = spec->x_stride[X_G];
        plan.spec.y_stride[Y_O] = spec->y_stride[Y_G];
    }
    plan.positions = product(plan.spec.out);
    plan.taps = product(plan.spec.kernel);
    plan.chunk_channels = CJ_MAX(1, CJ_CHUNK / CJ_MAX(plan.taps, 1));
    plan.width = spec->groups * spec->out_channels;
    plan.facts.takes_load = kind != CJ_CONV_GENERIC;
    plan.facts.takes_load_w = kind == CJ_CONV_WEIGHT;
    if ((options->load && !plan.facts.takes_load) || (options->load_w && !plan.facts.takes_load_w))
        return CJ_UNSUPPORTED;

    fill(&plan, NULL);
    size_t header = cj_line_up(sizeof plan);
    plan.bytes += header;
    char *memory = cj_allocate(context, plan.bytes);
    if (!memory)
        return CJ_NO_MEMORY;
    memcpy(memory, &plan, sizeof plan);
    *out = (cj_conv_plan *)(void *)memory;
    fill(*out, memory + header);
    return CJ_OK;
}

cj_status cj_conv_plan_new(cj_context *context, const cj_conv_spec *spec,
                           const cj_contract_options *options, cj_conv_plan **out)
{
    *out = NULL;
    if (spec->dtype != CJ_F32 && spec->dtype != CJ_F64)
        return CJ_DTYPE;
    if (!cj_contract_kernels_of(options->isa))
        return CJ_UNSUPPORTED;
    cj_conv_kind kind = options->generic ? CJ_CONV_GENERIC : cj_conv_recognise(spec);
    cj_status status = new_plan(context, spec, options, kind, out);
    if (status != CJ_OK || !(*out)->too_wide)
        return status;
    cj_conv_plan_free(context, *out);
    *out = NULL;
    if (kind == CJ_CONV_GENERIC || options->load || options->load_w)
        return cj_fail(context, CJ_UNSUPPORTED,
                       "a convolution's kernel reaches over more than 2^31 elements of its input: "
                       "use a smaller kernel, dilation or picture");
    status = new_plan(context, spec, options, CJ_CONV_GENERIC, out);
    if (status != CJ_OK || !(*out)->too_wide)
        return status;
    cj_conv_plan_free(context, *out);
    *out = NULL;
    return cj_fail(context, CJ_UNSUPPORTED, "a convolution's kernel has more than 2^31 positions");
}

void cj_conv_plan_free(cj_context *context, cj_conv_plan *plan)
{
    if (plan)
        cj_release(context, plan, plan->bytes);
}

const cj_conv_facts *cj_conv_plan_facts(const cj_conv_plan *plan)
{
    return &plan->facts;
}

void cj_conv_pack(const cj_conv_plan *plan, cj_pool *pool, const void *w, void *packed)
{
    if (plan->facts.packed_bytes > 0)
        cj_conv_forward_pack(plan, pool, w, packed);
}

void cj_conv_run(const cj_conv_plan *plan, cj_pool *pool, const cj_conv_run_args *run)
{
    if (plan->facts.kind == CJ_CONV_WEIGHT)
        cj_conv_weight_run(plan, pool, run);
    else
        cj_conv_forward_run(plan, pool, run);
}
