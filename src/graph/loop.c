/*
 * src/graph/loop.c - the nodes of a loop, and how a body is closed.
 */
#include "graph/loop.h"

#include "graph/build.h"

cj_tensor *cj_parameter(cj_at at, cj_context *context, cj_dtype dtype, int rank,
                        const int64_t *shape)
{
    return cj_node(
        context, at,
        &(cj_node_spec){.op = CJ_OP_PARAMETER, .dtype = dtype, .rank = rank, .shape = shape});
}

cj_tensor *cj_row_parameter(cj_at at, cj_tensor *xs)
{
    return cj_parameter(at, xs->context, (cj_dtype)xs->dtype, xs->rank - 1, xs->shape + 1);
}

static cj_tensor *result(cj_at at, cj_tensor *loop, cj_dtype dtype, int rank, const int64_t *shape,
                         int64_t kind, int64_t which, cj_tensor *inner)
{
    return cj_node(loop->context, at,
                   &(cj_node_spec){.op = CJ_OP_RESULT,
                                   .dtype = dtype,
                                   .rank = rank,
                                   .shape = shape,
                                   .source_count = 1,
                                   .source = &loop,
                                   .option_count = 2,
                                   .option = (int64_t[]){kind, which},
                                   .payload = inner});
}

cj_tensor *cj_loop_carry(cj_at at, cj_tensor *loop, int32_t carry)
{
    const cj_tensor *p = cj_loop_of(loop)->param[carry];
    return result(at, loop, (cj_dtype)p->dtype, p->rank, p->shape, CJ_RESULT_CARRY, carry, NULL);
}

cj_tensor *cj_loop_stack(cj_at at, cj_tensor *loop, cj_tensor *inner)
{
    int64_t shape[CJ_MAX_RANK + 1] = {cj_loop_of(loop)->capacity};
    if (shape[0] < 0) {
        cj_fail_building(loop->context, CJ_INVALID, at,
                         "loop: the values of each iteration (%s) are wanted of a loop without a "
                         "capacity: give it one, .capacity",
                         CJ_SHAPE_OF(inner));
        return NULL;
    }
    if (inner->rank)
        memcpy(shape + 1, inner->shape, (size_t)inner->rank * sizeof *shape);
    return result(at, loop, (cj_dtype)inner->dtype, inner->rank + 1, shape, CJ_RESULT_STACK,
                  inner->serial, inner);
}

cj_tensor *cj_loop_count(cj_at at, cj_tensor *loop)
{
    return result(at, loop, CJ_I64, 0, NULL, CJ_RESULT_COUNT, 0, NULL);
}

/* ---- closing a body ---- */

typedef struct closing {
    cj_loop_spec *spec;
    cj_graph *graph;
    cj_arena memory;
    cj_traversal list;
    bool *inside;     /* by slot: depends on a port */
    bool *port;       /* is one */
    bool *need;       /* the closed body has it, or what replaces it */
    bool *capture;    /* becomes a parameter */
    cj_tensor **to;   /* what replaces it, NULL: it stays */
    int32_t captured; /* how many */
    cj_tensor **param, **source;
} closing;

static bool is_view(const cj_tensor *node)
{
    return node->op >= CJ_OP_RESHAPE && node->op <= CJ_OP_FLIP && node->op != CJ_OP_PAD;
}

/* What takes no memory and no time stays where it is used. */
static bool is_light(cj_tensor *node)
{
    return node->op == CJ_OP_IOTA || cj_uniform_scalar(node) != NULL;
}

static bool prepare(closing *c)
{
    cj_loop_spec *s = c->spec;
    int32_t roots = s->carries + s->stacks;
    cj_tensor **root = cj_arena_take(&c->memory, sizeof(cj_tensor *) * (size_t)CJ_MAX(roots, 1));
    if (!root)
        return false;
    for (int32_t i = 0; i < roots; i++)
        root[i] = i < s->carries ? s->next[i] : s->stack[i - s->carries];
    if (cj_traverse_since(&c->list, s->context, s->since, roots, root) != CJ_OK)
        return false;
    size_t nodes = CJ_MAX(c->list.count, 1);
    c->inside = cj_arena_take_zero(&c->memory, nodes);
    c->port = cj_arena_take_zero(&c->memory, nodes);
    c->need = cj_arena_take_zero(&c->memory, nodes);
    c->capture = cj_arena_take_zero(&c->memory, nodes);
    c->to = cj_arena_take_zero(&c->memory, nodes * sizeof(cj_tensor *));
    if (!c->inside || !c->port || !c->need || !c->capture || !c->to)
        return false;
    for (int32_t i = 0; i < roots; i++)
        c->need[root[i]->slot] = true;
    return true;
}

static void set_port(closing *c, cj_tensor *inner, cj_tensor *by)
{
    if (!cj_traversed(&c->list, inner))
        return;
    c->inside[inner->slot] = c->port[inner->slot] = true;
    c->to[inner->slot] = by;
}

static bool set_ports(closing *c)
{
    cj_loop_spec *s = c->spec;
    int32_t ports = s->carries + s->xs + s->captures;
    size_t room = (size_t)ports + c->list.count + 1;
    c->param = cj_arena_take(&c->memory, room * sizeof(cj_tensor *));
    c->source = cj_arena_take(&c->memory, room * sizeof(cj_tensor *));
    if (!c->param || !c->source)
        return false;
    set_port(c, s->index, NULL);
    if (s->old_index)
        set_port(c, s->old_index, s->index);
    for (int32_t i = 0; i < ports; i++) {
        cj_loop_port *p = &s->port[i];
        cj_tensor *own = p->inner;
        if (p->foreign)
            own = cj_parameter(s->at, s->context, (cj_dtype)own->dtype, own->rank, own->shape);
        if (!own)
            return false;
        set_port(c, p->inner, p->foreign ? own : NULL);
        c->param[i] = own;
        c->source[i] = p->source;
    }
    return true;
}

/* From the ports up: what depends on them. From the roots down: where that begins. */
static void find_captures(closing *c)
{
    for (uint32_t slot = 0; slot < c->list.count; slot++) {
        const cj_tensor *node = c->list.node[slot];
        if (node->serial < c->spec->since)
            continue;
        for (int32_t k = 0; k < node->source_count && !c->inside[slot]; k++)
            c->inside[slot] = c->inside[node->source[k]->slot];
    }
    for (uint32_t slot = c->list.count; slot-- > 0;) {
        cj_tensor *node = c->list.node[slot];
        if (!c->need[slot] || c->port[slot])
            continue;
        if (!c->inside[slot] && is_light(node))
            continue;
        if (c->inside[slot] || (is_view(node) && node->serial >= c->spec->since)) {
            for (int32_t k = 0; k < node->source_count; k++)
                c->need[node->source[k]->slot] = true;
        } else {
            c->capture[slot] = true;
        }
    }
}

static cj_tensor *again(closing *c, cj_tensor *node, cj_tensor **source)
{
    for (int32_t k = 0; k < node->source_count; k++) {
        cj_tensor *to = c->to[node->source[k]->slot];
        source[k] = to ? to : node->source[k];
    }
    cj_tensor *made = cj_with_sources(node->at, node, source);
    if (made)
        made->checkpoint |= node->checkpoint;
    return made;
}

/* Captures become parameters, and what stands on a replaced node is made again. */
static bool rebuild(closing *c)
{
    const cj_loop_spec *s = c->spec;
    int32_t ports = s->carries + s->xs + s->captures, most = 1;
    for (uint32_t slot = 0; slot < c->list.count; slot++)
        most = CJ_MAX(most, c->list.node[slot]->source_count);
    cj_tensor **source = cj_arena_take(&c->memory, (size_t)most * sizeof(cj_tensor *));
    if (!source)
        return false;
    for (uint32_t slot = 0; slot < c->list.count; slot++) {
        cj_tensor *node = c->list.node[slot];
        if (!c->need[slot] || c->port[slot] || (!c->inside[slot] && is_light(node)))
            continue;
        if (c->capture[slot]) {
            c->to[slot] =
                cj_parameter(s->at, s->context, (cj_dtype)node->dtype, node->rank, node->shape);
            c->param[ports + c->captured] = c->to[slot];
            c->source[ports + c->captured++] = node;
            if (!c->to[slot])
                return false;
            continue;
        }
        bool changed = false;
        for (int32_t k = 0; k < node->source_count && !changed; k++)
            changed = c->to[node->source[k]->slot] != NULL;
        if (changed && !(c->to[slot] = again(c, node, source)))
            return false;
    }
    for (int32_t i = 0; i < s->carries; i++)
        if (c->to[s->next[i]->slot])
            s->next[i] = c->to[s->next[i]->slot];
    for (int32_t i = 0; i < s->stacks; i++)
        if (c->to[s->stack[i]->slot])
            s->stack[i] = c->to[s->stack[i]->slot];
    return true;
}

static cj_tensor *const *keep(cj_graph *graph, cj_at at, int32_t count, cj_tensor *const *list)
{
    size_t size = (size_t)CJ_MAX(count, 1) * sizeof(cj_tensor *);
    cj_tensor **copy = cj_graph_take(graph, at, size, 16);
    if (copy && count)
        memcpy(copy, list, size);
    return copy;
}

static cj_tensor *make_node(closing *c)
{
    const cj_loop_spec *s = c->spec;
    cj_loop *loop = cj_graph_take(c->graph, s->at, sizeof *loop, 16);
    if (!loop)
        return NULL;
    *loop = (cj_loop){.carries = s->carries,
                      .xs = s->xs,
                      .captures = s->captures + c->captured,
                      .reverse = s->reverse,
                      .checkpoint = s->checkpoint,
                      .go = s->go,
                      .capacity = s->capacity,
                      .index = s->index,
                      .of = s->of,
                      .mask = s->mask};
    int32_t sources = cj_loop_params(loop);
    cj_tensor *count = s->count;
    if (!count && sources == 0)
        count = cj_scalar_at(s->at, s->context, CJ_I64, (double)s->capacity);
    loop->counted = count != NULL;
    if (count)
        c->source[sources++] = count;
    loop->param = keep(c->graph, s->at, cj_loop_params(loop), c->param);
    loop->next = keep(c->graph, s->at, s->carries, s->next);
    if (s->of)
        loop->image = keep(c->graph, s->at, cj_loop_params(s->of), s->image);
    if (!loop->param || !loop->next || (s->of && !loop->image))
        return NULL;
    int64_t number = c->graph->bodies++;
    return cj_node(s->context, s->at,
                   &(cj_node_spec){.op = CJ_OP_LOOP,
                                   .dtype = CJ_F32,
                                   .source_count = sources,
                                   .source = c->source,
                                   .option_count = 1,
                                   .option = &number,
                                   .payload = loop});
}

cj_tensor *cj_loop_make(cj_loop_spec *spec)
{
    if (spec->context->build_status != CJ_OK)
        return NULL;
    closing c = {.spec = spec, .graph = cj_graph_of(spec->context, spec->at)};
    if (!c.graph)
        return NULL;
    c.list.context = spec->context;
    cj_arena_init(&c.memory, spec->context);
    cj_tensor *loop = NULL;
    if (prepare(&c) && set_ports(&c)) {
        find_captures(&c);
        loop = rebuild(&c) ? make_node(&c) : NULL;
    }
    if (!loop && spec->context->build_status == CJ_OK)
        cj_fail_building(spec->context, CJ_NO_MEMORY, spec->at,
                         "loop: out of memory for a body of %u nodes", c.list.count);
    cj_arena_free(&c.memory);
    cj_traverse_free(&c.list);
    return loop;
}

const cj_open_body *cj_open_bodies(const cj_context *context)
{
    const cj_graph *graph = context->room[CJ_ROOM_GRAPH].state;
    return graph ? graph->open : NULL;
}
