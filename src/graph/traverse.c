/*
 * src/graph/traverse.c - the depth-first walk, sources left to right, on a stack of its own.
 */
#include "graph/graph.h"

typedef struct step {
    cj_tensor *node;
    int32_t next; /* the source to look at next */
    uint32_t met;
} step;

typedef struct walk {
    cj_traversal *list;
    step *stack;
    uint32_t depth, stack_capacity, met, since;
    bool values; /* only what values are made of */
} walk;

static cj_status push(walk *w, cj_tensor *node)
{
    cj_context *context = w->list->context;
    if (w->depth == w->stack_capacity) {
        uint32_t more = CJ_MAX(w->stack_capacity * 2, 64u);
        step *moved = cj_reallocate(context, w->stack, w->stack_capacity * sizeof(step),
                                    (size_t)more * sizeof(step));
        if (!moved)
            return CJ_NO_MEMORY;
        w->stack = moved;
        w->stack_capacity = more;
    }
    w->stack[w->depth++] = (step){node, 0, w->met++};
    return CJ_OK;
}

/* Both arrays grow together or not at all: one capacity tells the size of either. */
static cj_status grow_list(cj_traversal *list)
{
    cj_context *context = list->context;
    uint32_t more = CJ_MAX(list->capacity * 2, 64u);
    cj_tensor **node = cj_allocate(context, (size_t)more * sizeof(cj_tensor *));
    uint32_t *met = cj_allocate(context, (size_t)more * sizeof(uint32_t));
    if (!node || !met) {
        cj_release(context, node, (size_t)more * sizeof(cj_tensor *));
        cj_release(context, met, (size_t)more * sizeof(uint32_t));
        return CJ_NO_MEMORY;
    }
    cj_traversal old = *list;
    if (old.count) {
        memcpy(node, old.node, old.count * sizeof(cj_tensor *));
        memcpy(met, old.met, old.count * sizeof(uint32_t));
    }
    *list = (cj_traversal){
        .context = context, .node = node, .met = met, .count = old.count, .capacity = more};
    cj_traverse_free(&old);
    return CJ_OK;
}

static cj_status append(cj_traversal *list, cj_tensor *node, uint32_t met)
{
    if (list->count == list->capacity && grow_list(list) != CJ_OK)
        return CJ_NO_MEMORY;
    node->slot = list->count;
    list->met[list->count] = met;
    list->node[list->count++] = node;
    return CJ_OK;
}

/* In a graph without cycles a node on the stack is never met again, so "listed" is all there is to ask. */
static cj_status visit(walk *w, cj_tensor *root)
{
    cj_status status = cj_traversed(w->list, root) ? CJ_OK : push(w, root);
    while (status == CJ_OK && w->depth) {
        step *top = &w->stack[w->depth - 1];
        int32_t sources = w->values ? cj_value_sources(top->node) : top->node->source_count;
        if (top->next < sources && top->node->serial >= w->since) {
            cj_tensor *source = top->node->source[top->next++];
            if (!cj_traversed(w->list, source))
                status = push(w, source);
        } else {
            w->depth--;
            status = append(w->list, top->node, top->met);
        }
    }
    return status;
}

static cj_status traverse(walk w, cj_traversal *list, cj_context *context, int roots,
                          cj_tensor *const *root)
{
    *list = (cj_traversal){.context = context};
    w.list = list;
    cj_status status = CJ_OK;
    for (int i = 0; i < roots && status == CJ_OK; i++)
        if (root[i])
            status = visit(&w, root[i]);
    cj_release(context, w.stack, w.stack_capacity * sizeof(step));
    if (status != CJ_OK)
        cj_traverse_free(list);
    return status;
}

cj_status cj_traverse(cj_traversal *list, cj_context *context, int roots, cj_tensor *const *root)
{
    return traverse((walk){.since = 0}, list, context, roots, root);
}

cj_status cj_traverse_since(cj_traversal *list, cj_context *context, uint32_t since, int roots,
                            cj_tensor *const *root)
{
    return traverse((walk){.since = since}, list, context, roots, root);
}

cj_status cj_traverse_values(cj_traversal *list, cj_context *context, int roots,
                             cj_tensor *const *root)
{
    return traverse((walk){.values = true}, list, context, roots, root);
}

cj_status cj_traverse_edges(cj_traversal *list)
{
    uint32_t edges = 0;
    list->first_edge = cj_allocate(list->context, ((size_t)list->count + 1) * sizeof(uint32_t));
    if (!list->first_edge)
        return CJ_NO_MEMORY;
    for (uint32_t slot = 0; slot < list->count; slot++) {
        list->first_edge[slot] = edges;
        edges += (uint32_t)list->node[slot]->source_count;
    }
    list->first_edge[list->count] = edges;
    list->edge = cj_allocate(list->context, (size_t)edges * sizeof(uint32_t));
    if (!list->edge)
        return CJ_NO_MEMORY;
    uint32_t *edge = list->edge;
    for (uint32_t slot = 0; slot < list->count; slot++)
        for (int i = 0; i < list->node[slot]->source_count; i++)
            *edge++ = list->node[slot]->source[i]->slot;
    return CJ_OK;
}

void cj_traverse_free(cj_traversal *list)
{
    if (list->first_edge) {
        cj_release(list->context, list->edge, list->first_edge[list->count] * sizeof(uint32_t));
        cj_release(list->context, list->first_edge, ((size_t)list->count + 1) * sizeof(uint32_t));
    }
    cj_release(list->context, list->node, list->capacity * sizeof(cj_tensor *));
    cj_release(list->context, list->met, list->capacity * sizeof(uint32_t));
    *list = (cj_traversal){.context = list->context};
}
