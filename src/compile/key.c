/*
 * src/compile/key.c - a graph in words: op, dtype, shape, options and sources of each node in
 * the order of a walk.
 *
 * The body of a loop is a graph in words as well, behind its LOOP: its walk begins at the next
 * values of carries and at what results stack. A parameter is known by its place in the loop, a
 * RESULT by the place of what it stacks.
 */
#include "compile/program.h"

typedef struct cj_key_words {
    uint64_t *out; /* NULL: count */
    size_t words;
    bool failed;
} cj_key_words;

static void put(cj_key_words *w, uint64_t word)
{
    if (w->out)
        w->out[w->words] = word;
    w->words++;
}

/* Told at each run; not in a body, whose scalars are part of its kernels. */
static bool is_argument(const cj_tensor *node, const cj_loop *body)
{
    return node->op == CJ_OP_CONSTANT ||
           (node->op == CJ_OP_SCALAR && !body && cj_scalar_is_argument(node));
}

static int64_t place_of(const cj_tensor *param, const cj_loop *body)
{
    int32_t k = 0, params = body ? cj_loop_params(body) : 0;
    while (k < params && body->param[k] != param)
        k++;
    return k;
}

static void write_body(cj_key_words *w, const cj_traversal *list, uint32_t slot);

static void write_options(cj_key_words *w, const cj_tensor *node, const cj_loop *body)
{
    if (node->op == CJ_OP_PARAMETER)
        put(w, (uint64_t)place_of(node, body));
    else if (node->op == CJ_OP_RESULT && node->option[0] == CJ_RESULT_STACK)
        put(w, CJ_RESULT_STACK); /* which: told behind the loop */
    else if (!is_argument(node, body) && node->op != CJ_OP_CUSTOM_GRADIENT &&
             node->op != CJ_OP_LOOP)
        for (int32_t k = 0; k < node->option_count; k++)
            put(w, (uint64_t)node->option[k]);
}

static void write_graph(cj_key_words *w, const cj_traversal *list, const cj_loop *body)
{
    put(w, list->count);
    for (uint32_t slot = 0; slot < list->count; slot++) {
        const cj_tensor *node = list->node[slot];
        int32_t sources = cj_value_sources(node);
        put(w, (uint64_t)node->op | (uint64_t)node->dtype << 16 | (uint64_t)node->rank << 24 |
                   (uint64_t)node->checkpoint << 32 | (uint64_t)is_argument(node, body) << 33);
        put(w, (uint64_t)(uint32_t)sources << 32 | (uint32_t)node->option_count);
        for (int k = 0; k < node->rank; k++)
            put(w, (uint64_t)node->shape[k]);
        write_options(w, node, body);
        for (int32_t k = 0; k < sources; k++)
            put(w, cj_source_slot(list, slot, k));
    }
    for (uint32_t slot = 0; slot < list->count && !w->failed; slot++)
        if (list->node[slot]->op == CJ_OP_LOOP)
            write_body(w, list, slot);
}

/* What results of the LOOP at this slot stack, in the order of the walk. */
static int32_t find_stacked(const cj_traversal *list, uint32_t slot, cj_tensor **out)
{
    int32_t count = 0;
    for (uint32_t i = slot + 1; i < list->count; i++) {
        const cj_tensor *node = list->node[i];
        if (node->op != CJ_OP_RESULT || cj_source_slot(list, i, 0) != slot ||
            node->option[0] != CJ_RESULT_STACK)
            continue;
        if (out)
            out[count] = node->payload;
        count++;
    }
    return count;
}

static void write_body(cj_key_words *w, const cj_traversal *list, uint32_t slot)
{
    const cj_loop *loop = cj_loop_of(list->node[slot]);
    int32_t stacked = find_stacked(list, slot, NULL), roots = loop->carries + stacked;
    cj_tensor **root = cj_allocate(list->context, sizeof(*root) * (size_t)(roots + 1));
    cj_traversal inner = {.context = list->context};
    if (root) {
        if (loop->carries)
            memcpy(root, loop->next, sizeof(*root) * (size_t)loop->carries);
        find_stacked(list, slot, root + loop->carries);
    }
    if (root && !cj_traverse_values(&inner, list->context, roots, root) &&
        !cj_traverse_edges(&inner)) {
        put(w, (uint64_t)(uint32_t)loop->carries << 32 | (uint32_t)loop->xs);
        put(w, (uint64_t)(uint32_t)loop->captures << 32 | (uint32_t)loop->go);
        put(w, (uint64_t)loop->capacity);
        put(w, (uint64_t)loop->counted | (uint64_t)loop->reverse << 1);
        for (int32_t i = 0; i < roots; i++)
            put(w, root[i]->slot);
        write_graph(w, &inner, loop);
    } else {
        w->failed = true;
    }
    cj_traverse_free(&inner);
    cj_release(list->context, root, sizeof(*root) * (size_t)(roots + 1));
}

size_t cj_graph_key(const cj_traversal *list, uint64_t *out)
{
    cj_key_words w = {.out = out};
    write_graph(&w, list, NULL);
    return w.failed ? 0 : w.words;
}
