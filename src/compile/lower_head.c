/*
 * src/compile/lower_head.c - contractions, windows, and the ops with kernels of their own.
 */
#include "compile/lower.h"

static void set_operand(cj_kernel *kernel, int at, const cj_tensor *node, const cj_place *place)
{
    cj_operand *o = &kernel->operand[at];
    o->view = cj_view_of(place);
    o->rank = node->rank;
    o->dtype = node->dtype;
    memcpy(o->extent, node->shape, sizeof(*node->shape) * (size_t)node->rank);
    kernel->operand_count = CJ_MAX(kernel->operand_count, at + 1);
}

/* Whether the leading axes step as one. */
static bool batch_is_even(const cj_tensor *node, const cj_place *place)
{
    int64_t step = 0, extent = 0;
    for (int i = node->rank - 3; i >= 0; i--) {
        if (node->shape[i] == 1)
            continue;
        if (extent && place->stride[i] != step * extent)
            return false;
        step = extent ? step : place->stride[i];
        extent = extent ? extent * node->shape[i] : node->shape[i];
    }
    return true;
}

cj_status cj_lower_head(cj_schedule *s, int32_t item, const int32_t *feed, cj_kernel *kernel,
                        int *loop)
{
    const cj_tensor *node = s->item[item].node;
    int order[CJ_MAX_RANK], at = 0;
    kernel->op = node->op;
    kernel->dtype = node->dtype;
    kernel->kind = node->op == CJ_OP_CONV ? CJ_KERNEL_CONV : CJ_KERNEL_MATMUL;
    for (int i = 0; i < node->rank; i++)
        order[i] = i;
    if (node->op == CJ_OP_CONV) {
        kernel->conv = cj_conv_options_of(node);
        s->target->conv_order(node, order);
    }
    for (int i = 0; i < node->rank; i++)
        if (node->shape[order[i]] != 1)
            loop[at++] = cj_squeezed_axis(node, order[i]);
    for (int k = 0; k < 2; k++) {
        int32_t source = s->item[item].source[k];
        static const cj_place nowhere = {.buffer = -1};
        const cj_place *place = feed[k] >= 0 ? &nowhere : cj_item_place(s, source);
        if (place && node->op == CJ_OP_MATMUL && !batch_is_even(s->item[source].node, place))
            place = cj_item_copy(s, source);
        if (!place)
            return CJ_NO_MEMORY;
        set_operand(kernel, k, s->item[source].node, place);
    }
    return CJ_OK;
}

/* A new buffer for a value of the node's shape, its axes in the memory order of `like`. */
static cj_place *new_place(cj_schedule *s, const cj_tensor *node, const int64_t *like)
{
    int order[CJ_MAX_RANK];
    cj_place *place = cj_arena_take_zero(s->work, sizeof(*place));
    if (!place)
        return NULL;
    int64_t step = 1;
    for (int i = 0; i < node->rank; i++)
        order[i] = i;
    cj_sort_axes(node->rank, order, like);
    for (int i = node->rank - 1; i >= 0; i--) {
        place->stride[order[i]] = node->shape[order[i]] == 1 ? 0 : step;
        step *= node->shape[order[i]];
    }
    place->buffer = cj_buffer_new(s, CJ_BUFFER_ARENA, (cj_dtype)node->dtype, node->elements);
    return place->buffer < 0 ? NULL : place;
}

static cj_status place_like(cj_schedule *s, int32_t item, const int64_t *like)
{
    cj_place *place = new_place(s, s->item[item].node, like);
    s->item[item].place = place;
    return place ? CJ_OK : CJ_NO_MEMORY;
}

static void set_store(cj_kernel *kernel, int16_t value, const cj_tensor *node,
                      const cj_place *place)
{
    kernel->store[kernel->store_count++] = (cj_store){value, node->dtype, cj_view_of(place)};
}

/* Whether the axes lie contiguously in the order that the strides `like` give. */
static bool lies_like(const cj_tensor *node, const cj_place *place, const int64_t *like)
{
    int order[CJ_MAX_RANK];
    int64_t step = 1;
    for (int i = 0; i < node->rank; i++)
        order[i] = i;
    cj_sort_axes(node->rank, order, like);
    for (int i = node->rank - 1; i >= 0; i--) {
        if (node->shape[order[i]] != 1 && place->stride[order[i]] != step)
            return false;
        step *= node->shape[order[i]];
    }
    return true;
}

/* The item's value contiguous in the memory order of `like`: where it lies, or a copy. */
static const cj_place *place_as(cj_schedule *s, int32_t item, const int64_t *like)
{
    const cj_tensor *node = s->item[item].node;
    const cj_place *from = cj_item_place(s, item);
    if (!from || lies_like(node, from, like))
        return from;
    if (s->item[item].copied && lies_like(node, s->item[item].copied, like))
        return s->item[item].copied;
    cj_place *to = new_place(s, node, like);
    if (!to)
        return NULL;
    cj_view a = cj_view_of(from), b = cj_view_of(to);
    cj_status status =
        cj_kernel_copy_region(s, (cj_dtype)node->dtype, node->rank, node->shape, &a, &b, NULL);
    s->item[item].copied = status ? NULL : to;
    return s->item[item].copied;
}

/* Operands and results lie alike: as the index does where there is one (the forward pass chose its
 * order), else as x. */
cj_status cj_lower_window(cj_schedule *s, int32_t item, int32_t argmax)
{
    const cj_tensor *node = s->item[item].node;
    cj_kernel *kernel = cj_kernel_new(s, CJ_KERNEL_WINDOW, node->source_count, 0, 2, 0);
    const cj_place *guide = cj_item_place(s, s->item[item].source[node->source_count - 1]);
    if (!kernel || !guide)
        return CJ_NO_MEMORY;
    kernel->op = node->op;
    kernel->dtype = node->source[0]->dtype;
    kernel->is_again = s->item[item].again;
    kernel->window = cj_window_options_of(node);
    kernel->rank = kernel->outer = node->rank;
    memcpy(kernel->extent, node->shape, sizeof(*node->shape) * (size_t)node->rank);
    for (int k = 0; k < node->source_count; k++) {
        const cj_place *place = place_as(s, s->item[item].source[k], guide->stride);
        if (!place)
            return CJ_NO_MEMORY;
        set_operand(kernel, k, node->source[k], place);
    }
    cj_status status = place_like(s, item, guide->stride);
    if (!status && argmax >= 0)
        status = place_like(s, argmax, guide->stride);
    if (status)
        return status;
    set_store(kernel, node->op == CJ_OP_WINDOW_ARGMAX, node, s->item[item].place);
    if (argmax >= 0)
        set_store(kernel, 1, s->item[argmax].node, s->item[argmax].place);
    kernel->name = cj_op_table[node->op].name;
    return cj_kernel_append(s, kernel);
}

/* Strides that sort the axes as row-major does, where extents of 0 make those of memory 0. */
static void row_order(const cj_tensor *node, int64_t *stride)
{
    for (int i = 0; i < node->rank; i++)
        stride[i] = node->rank - i;
}

/* In an output's memory, row-major, where the value is one, else in a buffer of its own in the memory order of `like`. */
static cj_status place_result(cj_schedule *s, int32_t item, const int64_t *like)
{
    const cj_tensor *node = s->item[item].node;
    int32_t store = s->first_store[item];
    if (store < 0)
        return place_like(s, item, like);
    cj_place *place = cj_arena_take_zero(s->work, sizeof(*place));
    if (!place)
        return CJ_NO_MEMORY;
    place->buffer = cj_buffer_new(s, CJ_BUFFER_OUTPUT, (cj_dtype)node->dtype, node->elements);
    if (place->buffer < 0)
        return CJ_NO_MEMORY;
    cj_row_major(node, place->stride);
    s->output_buffer[s->store[store].output] = place->buffer;
    s->item[item].place = place;
    return CJ_OK;
}

/* Zeros, then x inside. */
static cj_status lower_pad(cj_schedule *s, int32_t item)
{
    const cj_tensor *node = s->item[item].node, *from = node->source[0];
    const cj_place *source = cj_item_place(s, s->item[item].source[0]);
    if (!source)
        return CJ_NO_MEMORY;
    cj_view in = cj_view_of(source);
    cj_status status = place_result(s, item, in.stride);
    if (status)
        return status;
    cj_view out = cj_view_of(s->item[item].place);
    int64_t extent[CJ_MAX_RANK];
    bool none = false, whole = true;
    uint64_t zero = 0;
    cj_view all = out;
    for (int i = 0; i < node->rank; i++) {
        int64_t low = node->option[i], skip = CJ_MAX(-low, 0), start = CJ_MAX(low, 0);
        int64_t left = from->shape[i] - skip, room = node->shape[i] - start;
        extent[i] = CJ_MIN(left, room);
        none |= extent[i] <= 0;
        whole &= extent[i] == node->shape[i];
        in.offset += skip * in.stride[i];
        out.offset += start * out.stride[i];
    }
    cj_dtype dtype = (cj_dtype)node->dtype;
    if (none || !whole)
        status = cj_kernel_copy_region(s, dtype, node->rank, node->shape, NULL, &all, &zero);
    if (!status && !none)
        status = cj_kernel_copy_region(s, dtype, node->rank, extent, &in, &out, NULL);
    return status;
}

static cj_status lower_concat(cj_schedule *s, int32_t item)
{
    const cj_tensor *node = s->item[item].node;
    const cj_place *first = cj_item_place(s, s->item[item].source[0]);
    if (!first)
        return CJ_NO_MEMORY;
    cj_status status = place_result(s, item, first->stride);
    if (status)
        return status;
    int axis = (int)node->option[0];
    cj_view out = cj_view_of(s->item[item].place);
    for (int k = 0; k < node->source_count && !status; k++) {
        const cj_place *source = cj_item_place(s, s->item[item].source[k]);
        if (!source)
            return CJ_NO_MEMORY;
        cj_view in = cj_view_of(source);
        if (node->source[k]->elements > 0)
            status = cj_kernel_copy_region(s, (cj_dtype)node->dtype, node->rank,
                                           node->source[k]->shape, &in, &out, NULL);
        out.offset += node->source[k]->shape[axis] * out.stride[axis];
    }
    return status;
}

cj_status cj_lower_other(cj_schedule *s, int32_t item)
{
    const cj_tensor *node = s->item[item].node;
    if (node->op == CJ_OP_PAD)
        return lower_pad(s, item);
    if (node->op == CJ_OP_CONCAT)
        return lower_concat(s, item);
    cj_kernel *kernel = cj_kernel_new(s, CJ_KERNEL_CALL, node->source_count, 0, 1, 0);
    int64_t *option = cj_arena_take(s->keep, sizeof(*option) * (size_t)(node->option_count + 1));
    if (!kernel || !option)
        return CJ_NO_MEMORY;
    kernel->op = node->op;
    kernel->dtype = node->dtype;
    kernel->is_again = s->item[item].again;
    if (node->option_count)
        memcpy(option, node->option, sizeof(*option) * (size_t)node->option_count);
    kernel->option = option;
    for (int k = 0; k < node->source_count; k++) {
        int64_t like[CJ_MAX_RANK];
        row_order(node->source[k], like);
        const cj_place *place = place_as(s, s->item[item].source[k], like);
        if (!place)
            return CJ_NO_MEMORY;
        set_operand(kernel, k, node->source[k], place);
    }
    int64_t row[CJ_MAX_RANK];
    row_order(node, row);
    cj_status status = place_result(s, item, row);
    if (status)
        return status;
    kernel->rank = kernel->outer = node->rank;
    memcpy(kernel->extent, node->shape, sizeof(*node->shape) * (size_t)node->rank);
    set_store(kernel, 0, node, s->item[item].place);
    kernel->name = cj_op_table[node->op].name;
    return cj_kernel_append(s, kernel);
}
