/*
 * src/compile/loop_run.c - the iterations.
 */
#include "compile/loop.h"

cj_status cj_kernel_prepare(cj_context *context, const cj_target *target, const cj_kernel *kernel,
                            cj_program_call *call, size_t *bytes)
{
    if (kernel->kind == CJ_KERNEL_LOOP) {
        cj_status status = cj_loop_prepare(context, target, kernel->loop);
        *bytes = kernel->loop->scratch_bytes;
        return status;
    }
    cj_status status = target->prepare(context, kernel, &call->call);
    if (status)
        call->call = NULL; /* what it made of it is gone */
    *bytes = status ? 0 : target->scratch_bytes(call->call);
    return status;
}

/* The places of carries: two of each where nobody wants its last value, else one. */
static void place_carries(cj_loop_plan *loop)
{
    size_t at = 0;
    for (int32_t k = 0; k < loop->carries; k++) {
        cj_loop_port_plan *last = &loop->port[2 * k + 1];
        for (int i = last->outer < 0 ? 0 : 1; i < 2; i++) {
            last->place[i] = at;
            at += cj_aligned_size(last->bytes);
        }
    }
    loop->carry_bytes = at;
}

cj_status cj_loop_prepare(cj_context *context, const cj_target *target, cj_loop_plan *loop)
{
    cj_schedule *s = &loop->body;
    size_t n = (size_t)s->kernels + 1;
    loop->call = cj_arena_take_zero(s->keep, sizeof(*loop->call) * n);
    loop->pointer = cj_arena_take_zero(s->keep, sizeof(void *) * (size_t)(s->buffers + 1));
    loop->current = cj_arena_take_zero(s->keep, sizeof(void *) * (size_t)(loop->carries + 1));
    s->scratch = cj_arena_take_zero(s->keep, sizeof(*s->scratch) * n);
    s->scratch_offset = cj_arena_take_zero(s->keep, sizeof(*s->scratch_offset) * n);
    if (!loop->call || !loop->pointer || !loop->current || !s->scratch || !s->scratch_offset)
        return CJ_NO_MEMORY;
    for (int32_t i = 0; i < s->kernels; i++) {
        loop->ready = i + 1;
        cj_status status =
            cj_kernel_prepare(context, target, s->kernel[i], &loop->call[i], &s->scratch[i]);
        if (status)
            return status;
    }
    cj_status status = cj_schedule_plan(s);
    place_carries(loop);
    loop->scratch_bytes = loop->carry_bytes + s->peak_bytes;
    return status;
}

void cj_loop_release(cj_context *context, const cj_target *target, cj_loop_plan *loop)
{
    for (int32_t i = 0; i < loop->ready; i++)
        cj_kernel_release(context, target, loop->body.kernel[i], &loop->call[i]);
    loop->ready = 0;
}

static char *port_memory(void *const *outer, const cj_loop_port_plan *port)
{
    return (char *)outer[port->outer] + port->offset;
}

/* What stays bound for all iterations. */
static void bind_body(cj_loop_plan *loop, void *const *outer, char *scratch)
{
    cj_schedule *s = &loop->body;
    char *arena = scratch + loop->carry_bytes;
    for (int32_t i = 0; i < s->buffers; i++)
        if (s->buffer[i].kind == CJ_BUFFER_ARENA)
            loop->pointer[i] = arena + s->buffer[i].offset;
        else if (s->buffer[i].kind == CJ_BUFFER_CONSTANT)
            memcpy(&loop->pointer[i], &s->buffer[i].data, sizeof(void *));
    for (int32_t i = 0; i < s->kernels; i++)
        loop->call[i].scratch = arena + s->scratch_offset[i];
    for (int32_t k = 0; k < loop->carries; k++)
        loop->current[k] = port_memory(outer, &loop->port[2 * k]);
    for (int32_t i = 2 * loop->carries; i < loop->ports; i++)
        if (loop->port[i].kind == CJ_PORT_CAPTURE && loop->port[i].inner >= 0)
            loop->pointer[loop->port[i].inner] = port_memory(outer, &loop->port[i]);
    if (loop->index >= 0)
        loop->pointer[loop->index] = &loop->row;
}

static int64_t find_count(const cj_loop_plan *loop, void *const *outer)
{
    for (int32_t i = 2 * loop->carries; i < loop->ports; i++)
        if (loop->port[i].kind == CJ_PORT_COUNT) {
            int64_t count;
            memcpy(&count, port_memory(outer, &loop->port[i]), sizeof(count));
            return CJ_MAX(CJ_MIN(count, loop->capacity), 0);
        }
    return loop->capacity;
}

static char *carry_place(const cj_loop_port_plan *last, int which, void *const *outer,
                         char *scratch)
{
    return which == 0 && last->outer >= 0 ? port_memory(outer, last) : scratch + last->place[which];
}

/* Binds iteration i of `count`; the last one writes to the place of the results. */
static void bind_iteration(cj_loop_plan *loop, void *const *outer, char *scratch, int64_t i,
                           int64_t count)
{
    int which = (int)((count - 1 - i) & 1);
    loop->row = loop->reverse ? count - 1 - i : i;
    for (int32_t k = 0; k < loop->carries; k++) {
        const cj_loop_port_plan *init = &loop->port[2 * k], *last = init + 1;
        if (init->inner >= 0)
            loop->pointer[init->inner] = loop->current[k];
        loop->current[k] = loop->pointer[last->inner] = carry_place(last, which, outer, scratch);
    }
    for (int32_t p = 2 * loop->carries; p < loop->ports; p++) {
        const cj_loop_port_plan *port = &loop->port[p];
        if ((port->kind == CJ_PORT_ROW || port->kind == CJ_PORT_STACK) && port->inner >= 0)
            loop->pointer[port->inner] = port_memory(outer, port) + loop->row * port->step;
    }
}

static void finish(cj_loop_plan *loop, void *const *outer, int64_t ran)
{
    for (int32_t k = 0; k < loop->carries; k++) {
        const cj_loop_port_plan *last = &loop->port[2 * k + 1];
        if (last->outer >= 0 && loop->current[k] != port_memory(outer, last) && last->bytes)
            memcpy(port_memory(outer, last), loop->current[k], last->bytes);
    }
    for (int32_t p = 2 * loop->carries; p < loop->ports; p++) {
        const cj_loop_port_plan *port = &loop->port[p];
        if (port->kind == CJ_PORT_RAN)
            memcpy(port_memory(outer, port), &ran, sizeof(ran));
        if (port->kind == CJ_PORT_STACK && port->bytes && ran < loop->capacity)
            memset(port_memory(outer, port) + ran * port->step, 0,
                   (size_t)(loop->capacity - ran) * port->bytes);
    }
}

cj_status cj_loop_run(const cj_target *target, cj_loop_plan *loop, void *const *outer,
                      void *scratch)
{
    const cj_schedule *s = &loop->body;
    int64_t count = find_count(loop, outer), i = 0;
    bind_body(loop, outer, scratch);
    cj_status status = CJ_OK;
    for (; i < count && !status; i++) {
        if (loop->go >= 0 && !*(const bool *)loop->current[loop->go])
            break;
        bind_iteration(loop, outer, scratch, i, count);
        for (int32_t k = 0; k < s->kernels && !status; k++)
            status = cj_kernel_run(target, s->kernel[k], &loop->call[k], loop->pointer);
    }
    finish(loop, outer, i);
    return status;
}
