/*
 * src/transform/cut.c - a minimum cut by augmenting paths (Ford and Fulkerson, 1956).
 *
 * A node is an edge from its entry to its exit whose capacity is its bytes; from the exit of a
 * source an edge without limit leads to the entry of a cheap user. Flow begins where something
 * is computed that is not cheap. It is sent goal by goal, each until no path to it is left: what
 * surrounds the goal is saturated then and stays so, so a search stays near its goal.
 */
#include "transform/cut.h"

#include "graph/loop.h"

bool cj_is_cheap(const cj_tensor *node)
{
    switch (node->op) {
    case CJ_OP_NEG:
    case CJ_OP_ABS:
    case CJ_OP_SIGN:
    case CJ_OP_FLOOR:
    case CJ_OP_CEIL:
    case CJ_OP_ROUND:
    case CJ_OP_SQRT:
    case CJ_OP_NOT:
    case CJ_OP_ADD:
    case CJ_OP_SUB:
    case CJ_OP_MUL:
    case CJ_OP_DIV:
    case CJ_OP_MAX:
    case CJ_OP_MIN:
    case CJ_OP_EQ:
    case CJ_OP_NE:
    case CJ_OP_LT:
    case CJ_OP_LE:
    case CJ_OP_AND:
    case CJ_OP_OR:
    case CJ_OP_XOR:
    case CJ_OP_WHERE:
    case CJ_OP_CAST:
    case CJ_OP_RELU:
    case CJ_OP_STOP_GRADIENT:
    case CJ_OP_RESHAPE:
    case CJ_OP_PERMUTE:
    case CJ_OP_EXPAND:
    case CJ_OP_SLICE:
    case CJ_OP_FLIP: return true;
    case CJ_OP_RESULT: return cj_loop_of(node->source[0])->checkpoint;
    case CJ_OP_LOOP: return cj_loop_of(node)->checkpoint;
    default: return false;
    }
}

/* Edges in pairs: e and e ^ 1 are one edge and the way back. */
typedef struct flow {
    const cj_traversal *list;
    const bool *inside, *there;
    int32_t *first;     /* edge of a vertex: 2 * slot is an entry, 2 * slot + 1 an exit */
    int32_t *next, *to; /* of an edge */
    int64_t *capacity;
    int32_t edges;
    int32_t *queue, *by; /* the search: vertices, the edge by which each was met */
    int32_t searched;    /* vertices in the queue */
    uint32_t *met, mark;
    bool *near; /* vertices from which a goal can still be reached */
} flow;

static bool costs(const flow *f, uint32_t slot)
{
    return f->inside[slot] && !f->there[slot];
}

static bool begins(const flow *f, uint32_t slot)
{
    return !cj_is_cheap(f->list->node[slot]);
}

static void add_edge(flow *f, int32_t from, int32_t to, int64_t capacity)
{
    for (int way = 0; way < 2; way++) {
        f->to[f->edges] = way ? from : to;
        f->capacity[f->edges] = way ? 0 : capacity;
        f->next[f->edges] = f->first[way ? to : from];
        f->first[way ? to : from] = f->edges++;
    }
}

static bool make_edges(flow *f, cj_arena *memory)
{
    size_t nodes = f->list->count, edges = nodes;
    for (uint32_t slot = 0; slot < nodes; slot++)
        edges += (size_t)f->list->node[slot]->source_count;
    f->first = cj_arena_take(memory, (2 * nodes + 1) * sizeof(int32_t));
    f->next = cj_arena_take(memory, (2 * edges + 1) * sizeof(int32_t));
    f->to = cj_arena_take(memory, (2 * edges + 1) * sizeof(int32_t));
    f->capacity = cj_arena_take(memory, (2 * edges + 1) * sizeof(int64_t));
    f->queue = cj_arena_take(memory, (2 * nodes + 1) * sizeof(int32_t));
    f->by = cj_arena_take(memory, (2 * nodes + 1) * sizeof(int32_t));
    f->met = cj_arena_take_zero(memory, (2 * nodes + 1) * sizeof(uint32_t));
    f->near = cj_arena_take_zero(memory, 2 * nodes + 1);
    if (!f->first || !f->next || !f->to || !f->capacity || !f->queue || !f->by || !f->met ||
        !f->near)
        return false;
    memset(f->first, 0xff, 2 * nodes * sizeof(int32_t));
    for (uint32_t slot = 0; slot < nodes; slot++) {
        const cj_tensor *node = f->list->node[slot];
        if (!costs(f, slot))
            continue;
        int64_t bytes = node->op == CJ_OP_LOOP
                            ? INT64_MAX / 2
                            : node->elements * (int64_t)cj_dtype_size((cj_dtype)node->dtype);
        int32_t entry = (int32_t)(2 * slot);
        add_edge(f, entry, entry + 1, CJ_MAX(bytes, 1));
        for (int i = 0; i < node->source_count && !begins(f, slot); i++)
            if (costs(f, node->source[i]->slot))
                add_edge(f, (int32_t)(2 * node->source[i]->slot + 1), entry, INT64_MAX / 2);
    }
    return true;
}

/* Walks back from the goal over edges with room left: the entry where flow begins, or -1. */
static int32_t search(flow *f, int32_t goal)
{
    f->mark++;
    f->met[goal] = f->mark;
    f->by[goal] = -1;
    f->queue[0] = goal;
    f->searched = 1;
    for (int32_t head = 0; head < f->searched; head++) {
        int32_t at = f->queue[head];
        if (at % 2 == 0 && begins(f, (uint32_t)at / 2))
            return at;
        for (int32_t e = f->first[at]; e >= 0; e = f->next[e]) {
            int32_t from = f->to[e];
            if (f->capacity[e ^ 1] > 0 && f->met[from] != f->mark) {
                f->met[from] = f->mark;
                f->by[from] = e ^ 1;
                f->queue[f->searched++] = from;
            }
        }
    }
    return -1;
}

static void send(flow *f, int32_t begin)
{
    int64_t most = INT64_MAX;
    for (int32_t at = begin; f->by[at] >= 0; at = f->to[f->by[at]])
        most = CJ_MIN(most, f->capacity[f->by[at]]);
    for (int32_t at = begin; f->by[at] >= 0; at = f->to[f->by[at]]) {
        f->capacity[f->by[at]] -= most;
        f->capacity[f->by[at] ^ 1] += most;
    }
}

bool cj_cheapest_cut(cj_arena *memory, const cj_traversal *list, const bool *inside,
                     const bool *there, const bool *goal, bool *keep)
{
    flow f = {.list = list, .inside = inside, .there = there};
    if (!make_edges(&f, memory))
        return false;
    for (uint32_t slot = 0; slot < list->count; slot++) {
        if (!goal[slot] || !costs(&f, slot))
            continue;
        int32_t begin;
        while ((begin = search(&f, (int32_t)(2 * slot + 1))) >= 0)
            send(&f, begin);
        for (int32_t i = 0; i < f.searched; i++)
            f.near[f.queue[i]] = true;
    }
    for (uint32_t slot = 0; slot < list->count; slot++)
        keep[slot] = f.near[2 * slot + 1] && !f.near[2 * slot];
    return true;
}
