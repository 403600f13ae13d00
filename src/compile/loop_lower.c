/*
 * src/compile/loop_lower.c - a loop becomes a kernel that runs the kernels of its body.
 */
#include "compile/loop.h"
#include "compile/lower.h"

typedef struct cj_loop_lowering {
    cj_schedule *s;
    int32_t item, group;
    const cj_loop *loop;
    cj_loop_plan *plan;
    cj_tensor **root; /* the body's outputs: next of each carry, then stacked nodes */
    int32_t stacks;
    int32_t *stack; /* items */
} cj_loop_lowering;

static bool is_row_major(const cj_tensor *node, const cj_place *place)
{
    int64_t row[CJ_MAX_RANK];
    cj_row_major(node, row);
    return memcmp(row, place->stride, sizeof(*row) * (size_t)node->rank) == 0;
}

static cj_loop_port_plan *add_port(cj_loop_plan *plan, cj_port_kind kind, int32_t outer,
                                   size_t bytes)
{
    cj_loop_port_plan *port = &plan->port[plan->ports++];
    *port = (cj_loop_port_plan){.kind = kind, .outer = outer, .inner = -1, .bytes = bytes};
    return port;
}

static void bind(cj_loop_plan *plan, const cj_tensor *param, const int64_t *stride)
{
    cj_binding *b = &plan->body.binding[plan->body.bindings++];
    b->param = param;
    b->buffer = -1;
    memset(b->stride, 0, sizeof(b->stride));
    if (param->rank)
        memcpy(b->stride, stride, sizeof(*stride) * (size_t)param->rank);
}

/* The ports of what the loop reads, with the places where that lies; a carry begins row-major. */
static cj_status add_sources(cj_loop_lowering *l)
{
    cj_schedule *s = l->s;
    const cj_loop *loop = l->loop;
    int32_t params = cj_loop_params(loop);
    for (int32_t k = 0; k < params + loop->counted; k++) {
        int32_t source = s->item[l->item].source[k];
        const cj_tensor *node = s->item[source].node;
        int64_t size = (int64_t)cj_dtype_size((cj_dtype)node->dtype);
        bool is_row = k >= loop->carries && k < loop->carries + loop->xs;
        const cj_place *place = cj_item_place(s, source);
        if (place && k < loop->carries && !is_row_major(node, place))
            place = cj_item_copy(s, source);
        if (!place)
            return CJ_NO_MEMORY;
        cj_port_kind kind = k < loop->carries ? CJ_PORT_INIT
                            : is_row          ? CJ_PORT_ROW
                            : k < params      ? CJ_PORT_CAPTURE
                                              : CJ_PORT_COUNT;
        cj_loop_port_plan *port = add_port(l->plan, kind, place->buffer, 0);
        port->offset = place->offset * size;
        if (is_row)
            port->step = place->stride[0] * size;
        if (k < params)
            bind(l->plan, loop->param[k], place->stride + is_row);
        if (kind == CJ_PORT_INIT)
            add_port(l->plan, CJ_PORT_LAST, -1, (size_t)(node->elements * size));
    }
    static const int64_t none[1];
    bind(l->plan, loop->index, none);
    return CJ_OK;
}

/* Memory of a result, row-major. */
static cj_status place_result(cj_schedule *s, int32_t item, int32_t *buffer)
{
    const cj_tensor *node = s->item[item].node;
    cj_place *place = cj_arena_take_zero(s->work, sizeof(*place));
    if (!place)
        return CJ_NO_MEMORY;
    cj_row_major(node, place->stride);
    place->buffer = cj_buffer_new(s, CJ_BUFFER_ARENA, (cj_dtype)node->dtype, node->elements);
    s->item[item].place = place;
    *buffer = place->buffer;
    return place->buffer < 0 ? CJ_NO_MEMORY : CJ_OK;
}

static cj_status add_results(cj_loop_lowering *l)
{
    cj_schedule *s = l->s;
    for (int32_t m = s->group[l->group].first; m >= 0; m = s->item[m].next) {
        const cj_tensor *node = s->item[m].node;
        int32_t buffer;
        cj_status status = place_result(s, m, &buffer);
        if (status)
            return status;
        if (node->option[0] == CJ_RESULT_CARRY) {
            l->plan->port[2 * cj_loop_carry_of(l->loop, node) + 1].outer = buffer;
        } else if (node->option[0] == CJ_RESULT_COUNT) {
            add_port(l->plan, CJ_PORT_RAN, buffer, 0);
        } else {
            const cj_tensor *inner = node->payload;
            size_t bytes = (size_t)inner->elements * cj_dtype_size((cj_dtype)inner->dtype);
            cj_loop_port_plan *port = add_port(l->plan, CJ_PORT_STACK, buffer, bytes);
            port->step = (int64_t)bytes;
            l->root[l->loop->carries + l->stacks] = node->payload;
            l->stack[l->stacks++] = l->plan->ports - 1;
        }
    }
    return CJ_OK;
}

static cj_status schedule_body(cj_loop_lowering *l)
{
    cj_schedule *body = &l->plan->body;
    cj_status status = cj_schedule_collect(body, l->loop->carries + l->stacks, l->root, NULL);
    if (!status)
        status = cj_schedule_fuse(body);
    if (!status)
        status = cj_schedule_order(body);
    if (!status)
        status = cj_schedule_lower(body);
    if (!status)
        status = cj_schedule_share(body);
    cj_traverse_free(&body->list);
    return status;
}

/* The buffers of the body that the ports bind. */
static void connect(cj_loop_lowering *l)
{
    cj_loop_plan *plan = l->plan;
    const cj_schedule *body = &plan->body;
    int32_t carries = l->loop->carries;
    for (int32_t k = 0; k < body->bindings - 1; k++)
        plan->port[k < carries ? 2 * k : carries + k].inner = body->binding[k].buffer;
    plan->index = body->binding[body->bindings - 1].buffer;
    for (int32_t k = 0; k < carries; k++)
        plan->port[2 * k + 1].inner = body->output_buffer[k];
    for (int32_t i = 0; i < l->stacks; i++)
        plan->port[l->stack[i]].inner = body->output_buffer[carries + i];
}

cj_status cj_lower_loop(cj_schedule *s, int32_t group)
{
    int32_t item = s->group[group].head, results = s->group[group].members;
    cj_loop_lowering l = {.s = s, .item = item, .group = group, .loop = s->item[item].loop};
    size_t sources = (size_t)s->item[item].sources, carries = (size_t)l.loop->carries;
    cj_kernel *kernel = cj_kernel_new(s, CJ_KERNEL_LOOP, 0, 0, 0, 0);
    l.plan = cj_arena_take_zero(s->keep, sizeof(*l.plan));
    l.root = cj_arena_take(s->work, sizeof(*l.root) * (carries + (size_t)results + 1));
    l.stack = cj_arena_take(s->work, sizeof(*l.stack) * (size_t)(results + 1));
    if (!kernel || !l.plan || !l.root || !l.stack)
        return CJ_NO_MEMORY;
    l.plan->capacity = l.loop->capacity < 0 ? INT64_MAX : l.loop->capacity;
    l.plan->reverse = l.loop->reverse;
    l.plan->carries = l.loop->carries;
    l.plan->go = l.loop->go;
    l.plan->port =
        cj_arena_take(s->keep, sizeof(*l.plan->port) * (sources + carries + (size_t)results + 1));
    l.plan->body = (cj_schedule){.context = s->context,
                                 .target = s->target,
                                 .no_fusion = s->no_fusion,
                                 .keep = s->keep,
                                 .work = s->work};
    l.plan->body.binding = cj_arena_take(s->work, sizeof(cj_binding) * (sources + 2));
    if (!l.plan->port || !l.plan->body.binding)
        return CJ_NO_MEMORY;
    if (carries)
        memcpy(l.root, l.loop->next, sizeof(*l.root) * carries);
    cj_status status = add_sources(&l);
    if (!status)
        status = add_results(&l);
    if (!status)
        status = schedule_body(&l);
    if (status)
        return status;
    connect(&l);
    kernel->loop = l.plan;
    kernel->op = CJ_OP_LOOP;
    kernel->is_again = s->item[item].again;
    kernel->name = "loop";
    return cj_kernel_append(s, kernel);
}
