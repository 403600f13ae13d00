/*
 * src/compile/program.c - programs: compiled once, run many times.
 */
#include "compile/program.h"

#include <time.h>

/* One arena a context serves all its programs: it holds what lives within a run only. */
typedef struct cj_run_arena {
    void *memory;
    size_t bytes;
    uint64_t generation; /* grows when the memory moves */
} cj_run_arena;

static void free_run_arena(cj_context *context, void *state)
{
    cj_run_arena *arena = state;
    cj_release_aligned(context, arena->memory, arena->bytes);
    cj_release(context, arena, sizeof(*arena));
}

static cj_run_arena *run_arena(cj_context *context)
{
    cj_run_arena *arena = context->room[CJ_ROOM_COMPILE].state;
    if (arena)
        return arena;
    arena = cj_allocate_zero(context, sizeof(*arena));
    if (!arena)
        return NULL;
    context->room[CJ_ROOM_COMPILE].state = arena;
    context->room[CJ_ROOM_COMPILE].free = free_run_arena;
    return arena;
}

static cj_status reserve_arena(cj_context *context, size_t bytes)
{
    cj_run_arena *arena = run_arena(context);
    if (!arena)
        return CJ_NO_MEMORY;
    if (arena->memory && bytes <= arena->bytes)
        return CJ_OK;
    void *memory = cj_allocate_aligned(context, bytes);
    if (!memory)
        return CJ_NO_MEMORY;
    cj_release_aligned(context, arena->memory, arena->bytes);
    arena->memory = memory;
    arena->bytes = bytes;
    arena->generation++;
    return CJ_OK;
}

/* ---- compiling ---- */

static cj_status prepare_calls(cj_program *p, cj_schedule *s)
{
    size_t n = (size_t)s->kernels + 1;
    p->call = cj_arena_take_zero(&p->arena, sizeof(*p->call) * n);
    p->scratch = cj_arena_take_zero(&p->arena, sizeof(*p->scratch) * n);
    s->scratch = cj_arena_take_zero(s->work, sizeof(*s->scratch) * n);
    s->scratch_offset = cj_arena_take_zero(&p->arena, sizeof(*s->scratch_offset) * n);
    if (!p->call || !p->scratch || !s->scratch || !s->scratch_offset)
        return CJ_NO_MEMORY;
    p->kernel = s->kernel;
    for (int32_t i = 0; i < s->kernels; i++) {
        p->kernels = i + 1;
        cj_status status =
            cj_kernel_prepare(p->context, s->target, s->kernel[i], &p->call[i], &s->scratch[i]);
        if (status)
            return status;
    }
    return CJ_OK;
}

/* Memory of outputs and constants, and references to variables. */
static cj_status own_memory(cj_program *p)
{
    size_t bytes = 0;
    for (int32_t i = 0; i < p->buffers; i++) {
        cj_buffer *b = &p->buffer[i];
        if (b->kind == CJ_BUFFER_OUTPUT || b->kind == CJ_BUFFER_CONSTANT) {
            b->offset = bytes;
            bytes += cj_aligned_size(b->bytes);
            if (b->kind == CJ_BUFFER_CONSTANT)
                p->constant_bytes += b->bytes;
        }
    }
    p->own_bytes = bytes;
    p->own = cj_allocate_aligned(p->context, bytes);
    if (!p->own)
        return CJ_NO_MEMORY;
    for (int32_t i = 0; i < p->buffers; i++) {
        cj_buffer *b = &p->buffer[i];
        if (b->kind == CJ_BUFFER_CONSTANT && b->bytes)
            memcpy((char *)p->own + b->offset, b->data, b->bytes);
        if (b->kind == CJ_BUFFER_OUTPUT)
            memset((char *)p->own + b->offset, 0, b->bytes);
    }
    for (; p->retained < p->buffers; p->retained++)
        if (p->buffer[p->retained].kind == CJ_BUFFER_VARIABLE)
            cj_variable_retain(p->buffer[p->retained].variable);
    return CJ_OK;
}

static void bind(cj_program *p)
{
    const cj_run_arena *arena = p->context->room[CJ_ROOM_COMPILE].state;
    for (int32_t i = 0; i < p->buffers; i++) {
        const cj_buffer *b = &p->buffer[i];
        switch (b->kind) {
        case CJ_BUFFER_ARENA: p->pointer[i] = (char *)arena->memory + b->offset; break;
        case CJ_BUFFER_OUTPUT:
        case CJ_BUFFER_CONSTANT: p->pointer[i] = (char *)p->own + b->offset; break;
        case CJ_BUFFER_VARIABLE: p->pointer[i] = b->variable->data; break;
        case CJ_BUFFER_INPUT: p->pointer[i] = NULL; break;
        case CJ_BUFFER_ARGUMENT: /* told before each run */
        case CJ_BUFFER_PARAMETER: /* a body's alone */ break;
        }
    }
    for (int32_t i = 0; i < p->kernels; i++)
        p->call[i].scratch = (char *)arena->memory + p->scratch[i];
    p->generation = arena->generation;
}

static cj_status find_inputs(cj_program *p)
{
    p->pointer = cj_arena_take_zero(&p->arena, sizeof(*p->pointer) * (size_t)(p->buffers + 1));
    p->input = cj_arena_take_zero(&p->arena, sizeof(*p->input) * (size_t)(p->buffers + 1));
    if (!p->pointer || !p->input)
        return CJ_NO_MEMORY;
    for (int32_t i = 0; i < p->buffers; i++)
        if (p->buffer[i].kind == CJ_BUFFER_INPUT)
            p->input[p->inputs++] = i;
    return CJ_OK;
}

static cj_status compile_into(cj_program *p, cj_schedule *s, int outputs, cj_tensor *const *output,
                              const cj_updates *updates)
{
    cj_status status = cj_schedule_collect(s, outputs, output, updates);
    p->nodes = s->list.count;
    if (!status)
        status = cj_schedule_fuse(s);
    if (!status)
        status = cj_schedule_order(s);
    if (!status)
        status = cj_schedule_lower(s);
    if (!status)
        status = cj_schedule_share(s);
    if (!status)
        status = prepare_calls(p, s);
    if (!status)
        status = cj_schedule_plan(s);
    if (status)
        return status;
    p->buffer = s->buffer;
    p->buffers = s->buffers;
    p->outputs = outputs;
    p->output = s->output_buffer;
    p->peak_bytes = s->peak_bytes;
    p->lower_bound_bytes = s->lower_bound_bytes;
    p->recomputed = s->recomputed;
    p->scratch = s->scratch_offset;
    status = own_memory(p);
    if (!status)
        status = find_inputs(p);
    if (!status)
        status = reserve_arena(p->context, p->peak_bytes);
    if (!status)
        bind(p);
    return status;
}

/* Updates fit their variables, one each. */
static cj_status check_updates(cj_context *context, cj_at at, const cj_updates *updates)
{
    for (int i = 0; updates && i < updates->count; i++) {
        const cj_variable *v = updates->variable[i];
        const cj_tensor *value = updates->value[i];
        char text[128];
        if (!value)
            return cj_fail(context, CJ_INVALID, "%s:%d: compile: the update of '%s' has no value",
                           at.file, at.line, v->name);
        bool fits = value->dtype == v->dtype && value->rank == v->rank;
        for (int k = 0; fits && k < v->rank; k++)
            fits = value->shape[k] == v->shape[k];
        if (!fits)
            return cj_fail(context, CJ_SHAPE,
                           "%s:%d: compile: the update of '%s' is %s: it must have the variable's "
                           "dtype and shape",
                           at.file, at.line, v->name, cj_shape_text(value, text, sizeof(text)));
        for (int k = 0; k < i; k++)
            if (updates->variable[k] == v)
                return cj_fail(
                    context, CJ_INVALID,
                    "%s:%d: compile: two updates of '%s': a program assigns a variable once",
                    at.file, at.line, v->name);
    }
    return CJ_OK;
}

cj_program *cj_compile_at(cj_at at, cj_context *context, int outputs, cj_tensor *const *output,
                          const cj_updates *updates)
{
    return cj_program_new(at, context, outputs, output, updates, false);
}

cj_program *cj_program_new(cj_at at, cj_context *context, int outputs, cj_tensor *const *output,
                           const cj_updates *updates, bool arguments)
{
    if (cj_context_status(context))
        return NULL;
    for (int i = 0; i < outputs; i++)
        if (!output[i]) {
            cj_fail(context, CJ_INVALID, "%s:%d: compile: output %d is NULL", at.file, at.line, i);
            return NULL;
        }
    if (check_updates(context, at, updates))
        return NULL;
    cj_program *p = cj_allocate_zero(context, sizeof(*p));
    if (!p)
        return NULL;
    p->context = context;
    p->target = &cj_cpu_target;
    cj_arena work;
    cj_arena_init(&p->arena, context);
    cj_arena_init(&work, context);
    cj_schedule s = {.context = context,
                     .target = p->target,
                     .keep = &p->arena,
                     .work = &work,
                     .no_fusion = context->config.no_fusion,
                     .arguments = arguments};
    cj_status status = compile_into(p, &s, outputs, output, updates);
    cj_traverse_free(&s.list);
    cj_arena_free(&work);
    if (status) {
        cj_program_free(p);
        return NULL;
    }
    return p;
}

void cj_program_free(cj_program *p)
{
    if (!p)
        return;
    cj_context *context = p->context;
    for (int32_t i = 0; i < p->kernels; i++)
        cj_kernel_release(context, p->target, p->kernel[i], &p->call[i]);
    for (int32_t i = 0; i < p->retained; i++)
        if (p->buffer[i].kind == CJ_BUFFER_VARIABLE)
            cj_variable_release(p->buffer[i].variable);
    cj_release_aligned(context, p->own, p->own_bytes);
    cj_arena_free(&p->arena);
    cj_release(context, p, sizeof(*p));
}

/* ---- running ---- */

static cj_status feed_inputs(cj_program *p, int feeds, const cj_feed *feed)
{
    cj_context *context = p->context;
    if (cj_context_status(context))
        return cj_context_status(context);
    const cj_run_arena *arena = context->room[CJ_ROOM_COMPILE].state;
    if (p->generation != arena->generation)
        bind(p);
    for (int32_t i = 0; i < p->inputs; i++) {
        const cj_buffer *b = &p->buffer[p->input[i]];
        const void *data = NULL;
        for (int f = 0; f < feeds && !data; f++)
            if (strcmp(feed[f].name, b->name) == 0)
                data = feed[f].data;
        if (!data && b->bytes)
            return cj_fail(context, CJ_NOT_FOUND,
                           "run: input '%s' was not given: pass {\"%s\", data} in the feeds",
                           b->name, b->name);
        memcpy(&p->pointer[p->input[i]], &data, sizeof(data));
    }
    return CJ_OK;
}

cj_status cj_run(cj_program *p, int feeds, const cj_feed *feed)
{
    cj_status status = feed_inputs(p, feeds, feed);
    if (status)
        return status;
    uint64_t mode = cj_fp_enter();
    for (int32_t i = 0; i < p->kernels && !status; i++)
        status = cj_kernel_run(p->target, p->kernel[i], &p->call[i], p->pointer);
    cj_fp_leave(mode);
    return status;
}

static double seconds_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

cj_status cj_program_time(cj_program *p, int feeds, const cj_feed *feed, int rounds,
                          double *seconds)
{
    cj_status status = feed_inputs(p, feeds, feed);
    if (status)
        return status;
    uint64_t mode = cj_fp_enter();
    for (int r = 0; r < rounds; r++)
        for (int32_t i = 0; i < p->kernels && !status; i++) {
            double start = seconds_now();
            status = cj_kernel_run(p->target, p->kernel[i], &p->call[i], p->pointer);
            double taken = seconds_now() - start;
            seconds[i] = r == 0 ? taken : CJ_MIN(seconds[i], taken);
        }
    cj_fp_leave(mode);
    return status;
}

const void *cj_output(const cj_program *p, int i)
{
    return p->pointer[p->output[i]];
}

double cj_output_number(const cj_program *p, int i)
{
    return cj_number_at(p->buffer[p->output[i]].dtype, cj_output(p, i), 0);
}

cj_program_info cj_program_describe(const cj_program *p)
{
    return (cj_program_info){.nodes = p->nodes,
                             .kernels = p->kernels,
                             .recomputed = p->recomputed,
                             .peak_bytes = p->peak_bytes,
                             .lower_bound_bytes = p->lower_bound_bytes,
                             .constant_bytes = p->constant_bytes};
}
