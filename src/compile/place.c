/*
 * src/compile/place.c - buffers, and where the value of an item lies in them: views cost nothing
 * where strides can say them; a reshape that they cannot say is copied.
 */
#include "compile/lower.h"

int32_t cj_buffer_new(cj_schedule *s, cj_buffer_kind kind, cj_dtype dtype, int64_t elements)
{
    if (!cj_grow(s->keep, &s->buffer, &s->buffer_capacity, s->buffers, sizeof(*s->buffer)))
        return -1;
    s->buffer[s->buffers] = (cj_buffer){.kind = kind,
                                        .dtype = dtype,
                                        .elements = elements,
                                        .bytes = (size_t)elements * cj_dtype_size(dtype),
                                        .first = -1,
                                        .last = -1};
    return s->buffers++;
}

void cj_row_major(const cj_tensor *node, int64_t *stride)
{
    int64_t step = 1;
    for (int i = node->rank - 1; i >= 0; i--) {
        stride[i] = node->shape[i] == 1 ? 0 : step;
        step *= node->shape[i];
    }
}

cj_status cj_variable_buffer(cj_schedule *s, cj_variable *variable, int32_t *buffer)
{
    for (int32_t i = 0; i < s->buffers; i++)
        if (s->buffer[i].kind == CJ_BUFFER_VARIABLE && s->buffer[i].variable == variable) {
            *buffer = i;
            return CJ_OK;
        }
    int64_t elements = 1;
    for (int i = 0; i < variable->rank; i++)
        elements *= variable->shape[i];
    *buffer = cj_buffer_new(s, CJ_BUFFER_VARIABLE, variable->dtype, elements);
    if (*buffer < 0)
        return CJ_NO_MEMORY;
    s->buffer[*buffer].variable = variable;
    return CJ_OK;
}

/* A parameter lies as the value that it stands for. */
static cj_status place_parameter(cj_schedule *s, const cj_tensor *node, cj_place *p)
{
    for (int32_t i = 0; i < s->bindings; i++)
        if (s->binding[i].param == node) {
            memcpy(p->stride, s->binding[i].stride, sizeof(p->stride));
            p->buffer =
                cj_buffer_new(s, CJ_BUFFER_PARAMETER, (cj_dtype)node->dtype, node->elements);
            s->binding[i].buffer = p->buffer;
            return p->buffer < 0 ? CJ_NO_MEMORY : CJ_OK;
        }
    char text[160];
    return cj_fail(s->context, CJ_INVALID,
                   "compile: %s is a value within a loop's body, used outside of it: let the body "
                   "hand it out as a carry or y",
                   cj_shape_text(node, text, sizeof(text)));
}

static cj_status leaf_buffer(cj_schedule *s, int32_t item, int32_t *buffer)
{
    const cj_tensor *node = s->item[item].node;
    if (node->op == CJ_OP_VARIABLE)
        return cj_variable_buffer(s, node->payload, buffer);
    cj_buffer_kind kind = node->op == CJ_OP_INPUT ? CJ_BUFFER_INPUT
                          : s->arguments          ? CJ_BUFFER_ARGUMENT
                                                  : CJ_BUFFER_CONSTANT;
    for (int32_t i = 0; kind == CJ_BUFFER_INPUT && i < s->buffers; i++)
        if (s->buffer[i].kind == kind &&
            strcmp(s->buffer[i].name, (const char *)node->payload) == 0)
            return cj_fail(s->context, CJ_INVALID,
                           "compile: two inputs are named '%s': give each a name of its own",
                           s->buffer[i].name);
    *buffer = cj_buffer_new(s, kind, (cj_dtype)node->dtype, node->elements);
    if (*buffer < 0)
        return CJ_NO_MEMORY;
    cj_buffer *b = &s->buffer[*buffer];
    if (kind == CJ_BUFFER_CONSTANT)
        b->data = node->payload;
    else if (kind == CJ_BUFFER_ARGUMENT)
        b->argument = (uint32_t)item;
    else if (!(b->name = cj_arena_copy_text(s->keep, node->payload)))
        return CJ_NO_MEMORY;
    return CJ_OK;
}

static cj_status place_leaf(cj_schedule *s, int32_t item, cj_place *p)
{
    const cj_tensor *node = s->item[item].node;
    if (s->item[item].role == CJ_ROLE_SCALAR) {
        uint64_t *bits = cj_arena_take(s->keep, sizeof(*bits));
        p->buffer = bits ? cj_buffer_new(s, CJ_BUFFER_CONSTANT, (cj_dtype)node->dtype, 1) : -1;
        if (p->buffer < 0)
            return CJ_NO_MEMORY;
        *bits = s->item[item].scalar;
        s->buffer[p->buffer].data = bits;
        memset(p->stride, 0, sizeof(p->stride));
        return CJ_OK;
    }
    if (node->op == CJ_OP_PARAMETER)
        return place_parameter(s, node, p);
    cj_row_major(node, p->stride);
    return leaf_buffer(s, item, &p->buffer);
}

/* Strides of the squeezed axes, from one shape to another with the same squeezed axes. */
static void carry_strides(const cj_tensor *from, const int64_t *in, const cj_tensor *to,
                          int64_t *out)
{
    int j = 0;
    for (int i = 0; i < to->rank; i++) {
        out[i] = 0;
        if (to->shape[i] == 1)
            continue;
        while (from->shape[j] == 1)
            j++;
        out[i] = in[j++];
    }
}

/*
 * Strides of a reshape without a copy, if there are any: runs of axes on both sides with equal
 * products are matched; a run of the source must step evenly.
 */
static bool reshape_strides(const cj_tensor *from, const int64_t *in, const cj_tensor *to,
                            int64_t *out)
{
    int64_t extent[CJ_MAX_RANK], stride[CJ_MAX_RANK];
    int rank = 0, i = 0, j = 0;
    memset(out, 0, sizeof(*out) * CJ_MAX_RANK);
    if (to->elements == 0)
        return true;
    for (int k = 0; k < from->rank; k++)
        if (from->shape[k] != 1) {
            extent[rank] = from->shape[k];
            stride[rank++] = in[k];
        }
    while (i < rank) {
        int64_t have = extent[i], want = 1;
        int first_i = i++, first_j = j;
        while (want < have || (j < to->rank && to->shape[j] == 1))
            want *= to->shape[j++];
        while (have != want) {
            if (have < want) {
                if (stride[i - 1] != extent[i] * stride[i])
                    return false;
                have *= extent[i++];
            } else {
                want *= to->shape[j++];
            }
        }
        for (int k = first_i; k + 1 < i; k++)
            if (stride[k] != extent[k + 1] * stride[k + 1])
                return false;
        int64_t step = stride[i - 1];
        for (int k = j - 1; k >= first_j; k--) {
            out[k] = to->shape[k] == 1 ? 0 : step;
            step *= to->shape[k];
        }
    }
    return true;
}

static cj_status place_view(cj_schedule *s, int32_t item, cj_place *p)
{
    const cj_tensor *node = s->item[item].node, *from = node->source[0];
    const cj_place *source = cj_item_place(s, s->item[item].source[0]);
    if (!source)
        return CJ_NO_MEMORY;
    *p = *source;
    if (s->item[item].role == CJ_ROLE_ALIAS) {
        carry_strides(from, source->stride, node, p->stride);
        return CJ_OK;
    }
    for (int i = 0; node->op != CJ_OP_RESHAPE && i < node->rank; i++) {
        switch (node->op) {
        case CJ_OP_PERMUTE: p->stride[i] = source->stride[node->option[i]]; break;
        case CJ_OP_EXPAND: p->stride[i] = from->shape[i] == 1 ? 0 : source->stride[i]; break;
        case CJ_OP_SLICE:
            p->offset += node->option[i] * source->stride[i];
            p->stride[i] =
                node->shape[i] == 1 ? 0 : source->stride[i] * node->option[node->rank + i];
            break;
        default: /* FLIP */
            if (node->option[0] >> i & 1 && node->shape[i] > 0) {
                p->offset += (node->shape[i] - 1) * source->stride[i];
                p->stride[i] = -source->stride[i];
            }
            break;
        }
    }
    if (node->op == CJ_OP_RESHAPE && !reshape_strides(from, source->stride, node, p->stride)) {
        source = cj_item_copy(s, s->item[item].source[0]);
        if (!source)
            return CJ_NO_MEMORY;
        p->buffer = source->buffer;
        p->offset = source->offset;
        cj_row_major(node, p->stride);
    }
    return CJ_OK;
}

const cj_place *cj_item_place(cj_schedule *s, int32_t item)
{
    if (s->item[item].place)
        return s->item[item].place;
    cj_place *p = cj_arena_take_zero(s->work, sizeof(*p));
    if (!p)
        return NULL;
    cj_role role = s->item[item].role;
    cj_status status = role == CJ_ROLE_LEAF || role == CJ_ROLE_SCALAR ? place_leaf(s, item, p)
                                                                      : place_view(s, item, p);
    if (status)
        return NULL;
    s->item[item].place = p;
    return p;
}

const cj_place *cj_item_copy(cj_schedule *s, int32_t item)
{
    const cj_tensor *node = s->item[item].node;
    const cj_place *from = cj_item_place(s, item);
    cj_place *to = cj_arena_take_zero(s->work, sizeof(*to));
    if (!from || !to)
        return NULL;
    to->buffer = cj_buffer_new(s, CJ_BUFFER_ARENA, (cj_dtype)node->dtype, node->elements);
    cj_row_major(node, to->stride);
    cj_view a = cj_view_of(from), b = cj_view_of(to);
    if (to->buffer < 0 ||
        cj_kernel_copy_region(s, (cj_dtype)node->dtype, node->rank, node->shape, &a, &b, NULL))
        return NULL;
    return to;
}
