/*
 * src/graph/node.c - making nodes: the arena they lie in, the table that finds an equal one, the frames that
 * cut both back.
 */
#include "graph/build.h"

enum { CJ_FIRST_TABLE = 256 };

/* ---- the graph of a context ---- */

static void free_graph(cj_context *context, void *state)
{
    cj_graph *graph = state;
    while (graph->variables)
        cj_variable_destroy(graph, graph->variables);
    cj_release(context, graph->table, graph->table_size * sizeof *graph->table);
    cj_release(context, graph->interned, graph->interned_capacity * sizeof(cj_tensor *));
    cj_release(context, graph->frame, graph->frame_capacity * sizeof *graph->frame);
    cj_release(context, graph->retained, graph->retained_capacity * sizeof(cj_variable *));
    cj_arena_free(&graph->arena);
    cj_release(context, graph, sizeof *graph);
}

static cj_status no_memory(cj_context *context, cj_at at)
{
    return cj_fail_building(context, CJ_NO_MEMORY, at,
                            "out of memory while building the graph; leave a frame "
                            "(cj_frame_leave) or build a smaller one");
}

cj_graph *cj_graph_of(cj_context *context, cj_at at)
{
    cj_graph *graph = context->room[CJ_ROOM_GRAPH].state;
    if (graph)
        return graph;
    graph = cj_allocate_zero(context, sizeof *graph);
    if (!graph) {
        no_memory(context, at);
        return NULL;
    }
    graph->context = context;
    cj_arena_init(&graph->arena, context);
    context->room[CJ_ROOM_GRAPH].state = graph;
    context->room[CJ_ROOM_GRAPH].free = free_graph;
    return graph;
}

void *cj_graph_take(cj_graph *graph, cj_at at, size_t size, size_t alignment)
{
    char *taken = NULL;
    if (size <= SIZE_MAX - alignment)
        taken = cj_arena_take(&graph->arena, size + (alignment > 16 ? alignment - 16 : 0));
    if (!taken) {
        no_memory(graph->context, at);
        return NULL;
    }
    return taken + (-(uintptr_t)taken & (alignment - 1));
}

/* Makes room for one more element in a growing array of the graph. */
static bool grow(cj_context *context, cj_at at, void *array, uint32_t count, uint32_t *capacity,
                 size_t size)
{
    if (count < *capacity)
        return true;
    void *old;
    memcpy(&old, array, sizeof old);
    uint32_t more = CJ_MAX(*capacity * 2, 16u);
    void *moved = more > *capacity
                      ? cj_reallocate(context, old, *capacity * size, (size_t)more * size)
                      : NULL;
    if (!moved) {
        no_memory(context, at);
        return false;
    }
    memcpy(array, &moved, sizeof moved);
    *capacity = more;
    return true;
}

/* ---- the intern table ---- */

/* Inputs, constants, parameters and taps are themselves: two of them are never one. */
static bool has_identity(cj_op op)
{
    return op == CJ_OP_CONSTANT || op == CJ_OP_INPUT || op == CJ_OP_TAP || op == CJ_OP_PARAMETER;
}

/* The hash of a node that is not unique hangs on its structure alone. The shape of a map is that of its sources. */
static uint64_t hash_of(const cj_node_spec *spec, const cj_result *result)
{
    uint64_t h = cj_hash_mix((uint64_t)spec->op | (uint64_t)result->dtype << 16,
                             (uint64_t)result->rank | (uint64_t)spec->option_count << 16);
    for (int i = 0; i < spec->source_count; i++)
        h = cj_hash_mix(h, spec->source[i]->hash);
    for (int i = 0; i < spec->option_count; i++)
        h = cj_hash_mix(h, (uint64_t)spec->option[i]);
    if (!cj_op_is_map((int)spec->op))
        for (int i = 0; i < result->rank; i++)
            h = cj_hash_mix(h, (uint64_t)result->shape[i]);
    return h;
}

static bool equal_words(const int64_t *a, const int64_t *b, int count)
{
    for (int i = 0; i < count; i++)
        if (a[i] != b[i])
            return false;
    return true;
}

static bool is_that(const cj_tensor *node, const cj_node_spec *spec, const cj_result *result)
{
    if (node->op != spec->op || node->dtype != result->dtype || node->rank != result->rank ||
        node->source_count != spec->source_count || node->option_count != spec->option_count)
        return false;
    for (int i = 0; i < spec->source_count; i++)
        if (node->source[i] != spec->source[i])
            return false;
    return equal_words(node->option, spec->option, spec->option_count) &&
           (cj_op_is_map((int)spec->op) || equal_words(node->shape, result->shape, result->rank));
}

static void place(cj_graph *graph, const cj_tensor *node, uint32_t index)
{
    uint32_t mask = graph->table_size - 1;
    uint32_t at = (uint32_t)node->hash & mask;
    while (graph->table[at].place)
        at = (at + 1) & mask;
    graph->table[at] = (cj_intern_slot){index + 1, (uint32_t)(node->hash >> 32)};
}

/* Keeps the table at most half full. Placing again in the order of making keeps the last one removable first. */
static bool grow_table(cj_graph *graph, cj_at at)
{
    if (graph->interned_count < graph->table_size / 2)
        return true;
    uint32_t size = CJ_MAX(graph->table_size * 2, (uint32_t)CJ_FIRST_TABLE);
    cj_intern_slot *table =
        size > graph->table_size ? cj_allocate_zero(graph->context, size * sizeof *table) : NULL;
    if (!table) {
        no_memory(graph->context, at);
        return false;
    }
    cj_release(graph->context, graph->table, graph->table_size * sizeof *table);
    graph->table = table;
    graph->table_size = size;
    for (uint32_t i = 0; i < graph->interned_count; i++)
        place(graph, graph->interned[i], i);
    return true;
}

static cj_tensor *find(const cj_graph *graph, uint64_t hash, const cj_node_spec *spec,
                       const cj_result *result)
{
    if (!graph->table_size)
        return NULL;
    uint32_t mask = graph->table_size - 1;
    for (uint32_t at = (uint32_t)hash & mask; graph->table[at].place; at = (at + 1) & mask) {
        if (graph->table[at].tag != (uint32_t)(hash >> 32))
            continue;
        cj_tensor *node = graph->interned[graph->table[at].place - 1];
        if (node->hash == hash && is_that(node, spec, result))
            return node;
    }
    return NULL;
}

static void remove_last(cj_graph *graph)
{
    uint32_t index = --graph->interned_count;
    uint32_t mask = graph->table_size - 1;
    uint32_t at = (uint32_t)graph->interned[index]->hash & mask;
    while (graph->table[at].place != index + 1)
        at = (at + 1) & mask;
    graph->table[at] = (cj_intern_slot){0};
}

/* ---- nodes ---- */

/* A node and its arrays in one piece; a shape that a source has already is shared with it. */
static cj_tensor *make(cj_graph *graph, cj_at at, const cj_node_spec *spec, const cj_result *result)
{
    bool own_shape = result->shape == result->extent;
    size_t sources = (size_t)spec->source_count * sizeof(cj_tensor *);
    size_t options = (size_t)spec->option_count * sizeof(int64_t);
    size_t shape = own_shape ? (size_t)result->rank * sizeof(int64_t) : 0;
    cj_tensor *node = cj_graph_take(graph, at, sizeof *node + sources + options + shape, 16);
    if (!node)
        return NULL;
    char *tail = (char *)(node + 1);
    cj_tensor **source_copy = (cj_tensor **)(void *)tail;
    int64_t *option_copy = (int64_t *)(void *)(tail + sources);
    int64_t *shape_copy = (int64_t *)(void *)(tail + sources + options);
    for (int i = 0; i < spec->source_count; i++)
        source_copy[i] = spec->source[i];
    for (int i = 0; i < spec->option_count; i++)
        option_copy[i] = spec->option[i];
    if (own_shape)
        for (int i = 0; i < result->rank; i++)
            shape_copy[i] = result->shape[i];
    *node = (cj_tensor){.context = graph->context,
                        .op = (uint16_t)spec->op,
                        .dtype = (uint8_t)result->dtype,
                        .rank = (uint8_t)result->rank,
                        .source_count = spec->source_count,
                        .option_count = spec->option_count,
                        .serial = graph->serial++,
                        .slot = UINT32_MAX,
                        .shape = own_shape ? shape_copy : result->shape,
                        .source = source_copy,
                        .option = option_copy,
                        .payload = spec->payload,
                        .elements = result->elements,
                        .at = at};
    return node;
}

static bool check_sources(cj_context *context, cj_at at, const cj_node_spec *spec)
{
    for (int i = 0; i < spec->source_count; i++) {
        if (!spec->source[i])
            return false;
        if (spec->source[i]->context != context) {
            cj_fail_building(
                context, CJ_INVALID, at,
                "%s: source %d belongs to another context, or to a frame that was left",
                cj_op_table[spec->op].name, i + 1);
            return false;
        }
    }
    return true;
}

static cj_tensor *make_unique(cj_graph *graph, cj_at at, const cj_node_spec *spec,
                              const cj_result *result)
{
    cj_tensor *node = make(graph, at, spec, result);
    if (node)
        node->hash = cj_hash_mix(hash_of(spec, result), node->serial);
    return node;
}

static cj_tensor *make_interned(cj_graph *graph, cj_at at, const cj_node_spec *spec,
                                const cj_result *result)
{
    uint64_t hash = hash_of(spec, result);
    cj_tensor *node = find(graph, hash, spec, result);
    if (node)
        return node;
    cj_context *context = graph->context;
    if (!grow_table(graph, at) || !grow(context, at, &graph->interned, graph->interned_count,
                                        &graph->interned_capacity, sizeof(cj_tensor *)))
        return NULL;
    if (spec->op == CJ_OP_VARIABLE && !grow(context, at, &graph->retained, graph->retained_count,
                                            &graph->retained_capacity, sizeof(cj_variable *)))
        return NULL;
    node = make(graph, at, spec, result);
    if (!node)
        return NULL;
    node->hash = hash;
    if (spec->op == CJ_OP_VARIABLE) {
        cj_variable_retain(spec->payload);
        graph->retained[graph->retained_count++] = spec->payload;
    }
    place(graph, node, graph->interned_count);
    graph->interned[graph->interned_count++] = node;
    return node;
}

cj_tensor *cj_node(cj_context *context, cj_at at, const cj_node_spec *spec)
{
    if (!context || context->build_status != CJ_OK || !check_sources(context, at, spec))
        return NULL;
    cj_graph *graph = cj_graph_of(context, at);
    cj_result result;
    bool halves;
    cj_tensor *node = cj_half_node(context, at, spec, &halves);
    if (halves)
        return node;
    if (!graph || cj_infer(context, at, spec, &result) != CJ_OK)
        return NULL;
    if (cj_simplify(context, at, spec, &result, &node))
        return node;
    if (graph->serial == UINT32_MAX - 1) {
        cj_fail_building(context, CJ_NO_MEMORY, at,
                         "the graph has 2^32 nodes; enter frames (cj_frame_enter) for parts of it");
        return NULL;
    }
    return has_identity(spec->op) ? make_unique(graph, at, spec, &result)
                                  : make_interned(graph, at, spec, &result);
}

cj_tensor *cj_with_sources(cj_at at, const cj_tensor *node, cj_tensor *const *source)
{
    return cj_node(node->context, at,
                   &(cj_node_spec){.op = (cj_op)node->op,
                                   .dtype = (cj_dtype)node->dtype,
                                   .rank = node->rank,
                                   .shape = node->shape,
                                   .source_count = node->source_count,
                                   .source = source,
                                   .option_count = node->option_count,
                                   .option = node->option,
                                   .payload = node->payload});
}

/* ---- frames ---- */

cj_status cj_frame_enter(cj_context *context)
{
    cj_at nowhere = {0};
    cj_graph *graph = cj_graph_of(context, nowhere);
    if (!graph || !grow(context, nowhere, &graph->frame, graph->frame_count, &graph->frame_capacity,
                        sizeof *graph->frame))
        return CJ_NO_MEMORY;
    graph->frame[graph->frame_count++] = (cj_frame){.id = ++graph->frames_entered,
                                                    .arena = cj_arena_mark_now(&graph->arena),
                                                    .interned = graph->interned_count,
                                                    .serial = graph->serial,
                                                    .retained = graph->retained_count};
    return CJ_OK;
}

void cj_frame_leave(cj_context *context)
{
    cj_graph *graph = context->room[CJ_ROOM_GRAPH].state;
    if (!graph || graph->frame_count == 0)
        return;
    cj_frame frame = graph->frame[--graph->frame_count];
    while (graph->interned_count > frame.interned)
        remove_last(graph);
    while (graph->retained_count > frame.retained)
        cj_variable_release(graph->retained[--graph->retained_count]);
    graph->serial = frame.serial;
    cj_arena_cut(&graph->arena, frame.arena);
}

uint64_t cj_frame_id(const cj_context *context)
{
    const cj_graph *graph = context->room[CJ_ROOM_GRAPH].state;
    return graph && graph->frame_count ? graph->frame[graph->frame_count - 1].id : 0;
}

bool cj_frame_is_open(const cj_context *context, uint64_t id)
{
    const cj_graph *graph = context->room[CJ_ROOM_GRAPH].state;
    for (uint32_t i = 0; graph && i < graph->frame_count; i++)
        if (graph->frame[i].id == id)
            return true;
    return id == 0;
}
