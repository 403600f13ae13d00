/*
 * src/compile/order.c - groups become a sequence.
 *
 * A list schedule: of the groups whose sources are there, the next is the one that adds least to
 * what is alive (ties: the graph's order), so that gradients are consumed as they appear. What is
 * computed again because of a checkpoint waits until nothing else can go on.
 *
 * Updates. A group that computes a variable's new value element by element may write the variable
 * itself, if every other reader stands before it: an edge from each reader says so, unless it would
 * close a cycle; then the value goes to memory of its own and is copied at the end. A group that can
 * fail counts as a reader of every variable: a run that fails has assigned nothing.
 */
#include "compile/schedule.h"

typedef struct cj_edges {
    int32_t *first;     /* of each group */
    int32_t *to, *next; /* of each edge */
    int32_t count, to_room, next_room;
    int32_t *incoming;
} cj_edges;

typedef struct cj_order {
    cj_schedule *s;
    bool *alive;
    int32_t *position; /* least item of the group */
    cj_edges edges;
    int32_t *use_begin; /* items that group g reads in memory: use[use_begin[g]] .. */
    int32_t *use, uses, use_room;
    int32_t *readers;                              /* groups that read item i and have not run */
    int32_t *failing, failing_count, failing_room; /* groups that can fail */
    int32_t *seen, mark;                           /* marks of groups in walks */
    int32_t *stack, depth, stack_room;             /* of find_alive */
} cj_order;

static cj_status add_edge(cj_order *o, int32_t from, int32_t to)
{
    cj_edges *e = &o->edges;
    if (!cj_grow(o->s->work, &e->to, &e->to_room, e->count, sizeof(int32_t)) ||
        !cj_grow(o->s->work, &e->next, &e->next_room, e->count, sizeof(int32_t)))
        return CJ_NO_MEMORY;
    e->to[e->count] = to;
    e->next[e->count] = e->first[from];
    e->first[from] = e->count++;
    e->incoming[to]++;
    return CJ_OK;
}

/* Calls visit for each item of the group: head, second, members, what feeds the head. */
typedef cj_status (*cj_visit_fn)(cj_order *o, int32_t group, int32_t item);
static cj_status visit_items(cj_order *o, int32_t group, cj_visit_fn visit)
{
    const cj_group *g = &o->s->group[group];
    cj_status status = CJ_OK;
    if (g->head >= 0)
        status = visit(o, group, g->head);
    if (g->second >= 0 && !status)
        status = visit(o, group, g->second);
    for (int32_t m = g->first; m >= 0 && !status; m = o->s->item[m].next)
        status = visit(o, group, m);
    for (int k = 0; k < 2; k++)
        for (int32_t m = g->feed[k] < 0 ? -1 : o->s->group[g->feed[k]].first; m >= 0 && !status;
             m = o->s->item[m].next)
            status = visit(o, group, m);
    return status;
}

/* Whether source k of an item of the group is computed there: an operand that is fed, or within a
 * feed. */
static bool is_fed(const cj_schedule *s, int32_t group, int32_t item, int32_t k)
{
    const cj_group *g = &s->group[group];
    return item == g->head && k < 2 && g->feed[k] >= 0;
}

static cj_status note_position(cj_order *o, int32_t group, int32_t item)
{
    if (o->s->item[item].clone_of < 0)
        o->position[group] = CJ_MIN(o->position[group], item);
    return CJ_OK;
}

/* Records what an item reads in memory: each root once a group. */
static cj_status note_uses(cj_order *o, int32_t group, int32_t item)
{
    cj_schedule *s = o->s;
    for (int32_t k = 0; k < cj_source_count(&s->item[item]); k++) {
        int32_t root = cj_memory_root(s, s->item[item].source[k]);
        int32_t from = s->item[root].group < 0 ? -1 : cj_group_of(s, s->item[root].group);
        if (s->item[root].role == CJ_ROLE_SCALAR || is_fed(s, group, item, k) ||
            (from >= 0 &&
             (from == group || from == s->group[group].feed[0] || from == s->group[group].feed[1])))
            continue;
        bool known = false;
        for (int32_t u = o->use_begin[group]; u < o->uses && !known; u++)
            known = o->use[u] == root;
        if (known)
            continue;
        if (!cj_grow(s->work, &o->use, &o->use_room, o->uses, sizeof(int32_t)))
            return CJ_NO_MEMORY;
        o->use[o->uses++] = root;
        o->readers[root]++;
    }
    return CJ_OK;
}

/* Puts the groups that an item of the group reads from on the stack of find_alive. */
static cj_status push_sources(cj_order *o, int32_t group, int32_t item)
{
    cj_schedule *s = o->s;
    for (int32_t k = 0; k < cj_source_count(&s->item[item]); k++) {
        int32_t root = cj_memory_root(s, s->item[item].source[k]);
        if (s->item[root].group < 0 || is_fed(s, group, item, k))
            continue;
        if (!cj_grow(s->work, &o->stack, &o->stack_room, o->depth, sizeof(int32_t)))
            return CJ_NO_MEMORY;
        o->stack[o->depth++] = cj_group_of(s, s->item[root].group);
    }
    return CJ_OK;
}

/* Finds the groups that outputs and updates need. */
static cj_status find_alive(cj_order *o)
{
    cj_schedule *s = o->s;
    for (int32_t i = 0; i < s->stores; i++) {
        if (!cj_grow(s->work, &o->stack, &o->stack_room, o->depth, sizeof(int32_t)))
            return CJ_NO_MEMORY;
        o->stack[o->depth++] = cj_group_of(s, s->item[s->store[i].item].group);
    }
    while (o->depth > 0) {
        int32_t group = o->stack[--o->depth];
        if (o->alive[group])
            continue;
        o->alive[group] = true;
        cj_status status = visit_items(o, group, push_sources);
        if (status)
            return status;
    }
    for (int32_t g = 0; g < s->groups; g++)
        for (int k = 0; k < 2; k++)
            if (s->group[g].feed[k] >= 0)
                o->alive[s->group[g].feed[k]] = false; /* part of its head's kernel */
    return CJ_OK;
}

static cj_status build_edges(cj_order *o)
{
    cj_schedule *s = o->s;
    for (int32_t g = 0; g < s->groups; g++) {
        o->use_begin[g] = o->uses;
        o->edges.first[g] = -1;
        o->position[g] = INT32_MAX;
        if (!o->alive[g])
            continue;
        cj_status status = visit_items(o, g, note_uses);
        if (!status)
            status = visit_items(o, g, note_position);
        if (status)
            return status;
        const cj_item *head = s->group[g].other ? &s->item[s->group[g].head] : NULL;
        if (head && (head->fails || s->target->may_fail(head->node->op))) {
            if (!cj_grow(s->work, &o->failing, &o->failing_room, o->failing_count, sizeof(int32_t)))
                return CJ_NO_MEMORY;
            o->failing[o->failing_count++] = g;
        }
    }
    o->use_begin[s->groups] = o->uses;
    for (int32_t g = 0; g < s->groups; g++)
        for (int32_t u = o->use_begin[g]; u < o->use_begin[g + 1]; u++) {
            int32_t from = s->item[o->use[u]].group;
            if (from >= 0 && add_edge(o, cj_group_of(s, from), g))
                return CJ_NO_MEMORY;
        }
    return CJ_OK;
}

/* ---- updates in place ---- */

/* Whether the group reads the variable only where it writes it: as the whole, element for element,
 * in a map. */
static bool reads_in_step(cj_schedule *s, int32_t group, const cj_variable *variable)
{
    const cj_group *g = &s->group[group];
    for (int f = 0; f < 3; f++) {
        int32_t m = f == 2 ? g->head : g->feed[f] < 0 ? -1 : s->group[g->feed[f]].first;
        for (; m >= 0; m = f == 2 ? -1 : s->item[m].next)
            for (int32_t k = 0; k < cj_source_count(&s->item[m]); k++) {
                int32_t root = cj_memory_root(s, s->item[m].source[k]);
                if (s->item[root].node->payload == variable &&
                    s->item[root].node->op == CJ_OP_VARIABLE)
                    return false;
            }
    }
    for (int32_t m = g->first; m >= 0; m = s->item[m].next)
        for (int32_t k = 0; k < cj_source_count(&s->item[m]); k++) {
            int32_t source = s->item[m].source[k];
            int32_t root = cj_memory_root(s, source);
            if (s->item[root].node->op == CJ_OP_VARIABLE &&
                s->item[root].node->payload == variable &&
                (cj_alias_root(s, source) != root ||
                 s->item[root].node->elements != s->group[group].domain->elements))
                return false;
        }
    return true;
}

/* Whether a walk along the edges from `from` meets a group with o->seen == o->mark + 1. */
static bool reaches_marked(cj_order *o, int32_t from, int32_t *stack)
{
    int32_t depth = 0;
    stack[depth++] = from;
    int32_t goal = o->mark + 1, been = o->mark + 2;
    while (depth > 0) {
        int32_t at = stack[--depth];
        for (int32_t e = o->edges.first[at]; e >= 0; e = o->edges.next[e]) {
            int32_t to = o->edges.to[e];
            if (o->seen[to] == goal)
                return true;
            if (o->seen[to] != been) {
                o->seen[to] = been;
                stack[depth++] = to;
            }
        }
    }
    return false;
}

typedef struct cj_reader {
    int32_t group, next;
} cj_reader;

/* Decides whether store i may write its variable directly, given the groups that read it. */
static cj_status decide_update(cj_order *o, cj_target_store *store, const cj_reader *reader,
                               int32_t first, int32_t *stack)
{
    cj_schedule *s = o->s;
    const cj_item *item = &s->item[store->item];
    int32_t writer = cj_group_of(s, item->group);
    const cj_group *g = &s->group[writer];
    if (item->role == CJ_ROLE_REDUCE || g->other ||
        (g->head >= 0 && s->item[g->head].node->op != CJ_OP_MATMUL &&
         s->item[g->head].node->op != CJ_OP_CONV) ||
        !reads_in_step(s, writer, store->variable))
        return CJ_OK;
    o->mark += 2;
    bool any = o->failing_count > 0;
    for (int32_t i = 0; i < o->failing_count; i++)
        o->seen[o->failing[i]] = o->mark + 1;
    for (int32_t r = first; r >= 0; r = reader[r].next)
        if (reader[r].group != writer) {
            o->seen[reader[r].group] = o->mark + 1;
            any = true;
        }
    if (any && o->edges.first[writer] >= 0 && reaches_marked(o, writer, stack))
        return CJ_OK;
    for (int32_t r = first; r >= 0; r = reader[r].next)
        if (reader[r].group != writer && add_edge(o, reader[r].group, writer))
            return CJ_NO_MEMORY;
    for (int32_t i = 0; i < o->failing_count; i++)
        if (add_edge(o, o->failing[i], writer))
            return CJ_NO_MEMORY;
    store->direct = true;
    return CJ_OK;
}

static cj_status decide_updates(cj_order *o)
{
    cj_schedule *s = o->s;
    cj_reader *reader = NULL;
    int32_t readers = 0, room = 0, slots = 1;
    while (slots < 2 * s->stores + 2)
        slots *= 2;
    int32_t *table = cj_arena_take(s->work, sizeof(int32_t) * (size_t)slots);
    int32_t *list = cj_arena_take(s->work, sizeof(int32_t) * (size_t)(s->stores + 1));
    int32_t *stack = cj_arena_take(s->work, sizeof(int32_t) * (size_t)(s->groups + 1));
    if (!table || !list || !stack)
        return CJ_NO_MEMORY;
    memset(table, 0xff, sizeof(int32_t) * (size_t)slots);
    for (int32_t i = 0; i < s->stores; i++) {
        list[i] = -1;
        if (!s->store[i].variable)
            continue;
        uint64_t h = cj_hash_mix(1, s->store[i].variable->serial) & (uint64_t)(slots - 1);
        while (table[h] >= 0)
            h = (h + 1) & (uint64_t)(slots - 1);
        table[h] = i;
    }
    for (int32_t g = 0; g < s->groups; g++)
        for (int32_t u = o->use_begin[g]; u < o->use_begin[g + 1]; u++) {
            const cj_tensor *node = s->item[o->use[u]].node;
            if (node->op != CJ_OP_VARIABLE)
                continue;
            const cj_variable *variable = node->payload;
            uint64_t h = cj_hash_mix(1, variable->serial) & (uint64_t)(slots - 1);
            while (table[h] >= 0 && s->store[table[h]].variable != variable)
                h = (h + 1) & (uint64_t)(slots - 1);
            if (table[h] < 0)
                continue;
            if (!cj_grow(s->work, &reader, &room, readers, sizeof(*reader)))
                return CJ_NO_MEMORY;
            reader[readers] = (cj_reader){g, list[table[h]]};
            list[table[h]] = readers++;
        }
    for (int32_t i = 0; i < s->stores; i++)
        if (s->store[i].variable && decide_update(o, &s->store[i], reader, list[i], stack))
            return CJ_NO_MEMORY;
    return CJ_OK;
}

/* ---- the list schedule ---- */

static int64_t item_bytes(const cj_schedule *s, int32_t item)
{
    const cj_item *it = &s->item[item];
    return it->stored && it->group >= 0
               ? it->node->elements * (int64_t)cj_dtype_size(it->node->dtype)
               : 0;
}

/* What running the group adds to the memory that is alive. */
static int64_t growth(const cj_order *o, int32_t group)
{
    const cj_schedule *s = o->s;
    const cj_group *g = &s->group[group];
    int64_t bytes = 0;
    if (g->head >= 0)
        bytes += item_bytes(s, g->head);
    if (g->second >= 0)
        bytes += item_bytes(s, g->second);
    for (int32_t m = g->first; m >= 0; m = s->item[m].next)
        bytes += item_bytes(s, m);
    for (int32_t u = o->use_begin[group]; u < o->use_begin[group + 1]; u++)
        if (o->readers[o->use[u]] == 1)
            bytes -= item_bytes(s, o->use[u]);
    return bytes;
}

static int32_t choose(const cj_order *o, const int32_t *ready, int32_t count)
{
    enum { MOST_LOOKED_AT = 64 };
    int32_t best = -1;
    int64_t best_growth = 0;
    for (int32_t i = 0; i < count && i < MOST_LOOKED_AT; i++) {
        int32_t group = ready[i];
        bool again = o->s->group[group].again;
        int64_t grown = again ? 0 : growth(o, group);
        bool better;
        if (best < 0) {
            better = true;
        } else if (again != o->s->group[ready[best]].again) {
            better = !again;
        } else {
            better = grown < best_growth ||
                     (grown == best_growth && o->position[group] < o->position[ready[best]]);
        }
        if (better) {
            best = i;
            best_growth = grown;
        }
    }
    return best;
}

static cj_status list_schedule(cj_order *o)
{
    cj_schedule *s = o->s;
    int32_t *ready = cj_arena_take(s->work, sizeof(int32_t) * (size_t)(s->groups + 1)), count = 0;
    s->sequence = cj_arena_take(s->work, sizeof(int32_t) * (size_t)(s->groups + 1));
    if (!ready || !s->sequence)
        return CJ_NO_MEMORY;
    for (int32_t g = 0; g < s->groups; g++)
        if (o->alive[g] && o->edges.incoming[g] == 0)
            ready[count++] = g;
    while (count > 0) {
        int32_t i = choose(o, ready, count), group = ready[i];
        memmove(ready + i, ready + i + 1, sizeof(int32_t) * (size_t)(count - i - 1));
        count--;
        s->group[group].position = s->sequence_count;
        s->sequence[s->sequence_count++] = group;
        for (int32_t u = o->use_begin[group]; u < o->use_begin[group + 1]; u++)
            o->readers[o->use[u]]--;
        for (int32_t e = o->edges.first[group]; e >= 0; e = o->edges.next[e])
            if (--o->edges.incoming[o->edges.to[e]] == 0)
                ready[count++] = o->edges.to[e];
    }
    return CJ_OK;
}

cj_status cj_schedule_order(cj_schedule *s)
{
    cj_order o;
    memset(&o, 0, sizeof(o));
    o.s = s;
    size_t size = sizeof(int32_t) * (size_t)(s->groups + 2);
    o.alive = cj_arena_take_zero(s->work, (size_t)s->groups + 1);
    o.position = cj_arena_take(s->work, size);
    o.edges.first = cj_arena_take(s->work, size);
    o.edges.incoming = cj_arena_take_zero(s->work, size);
    o.use_begin = cj_arena_take(s->work, size);
    o.seen = cj_arena_take_zero(s->work, size);
    o.readers = cj_arena_take_zero(s->work, sizeof(int32_t) * (size_t)(s->items + 1));
    if (!o.alive || !o.position || !o.edges.first || !o.edges.incoming || !o.use_begin || !o.seen ||
        !o.readers)
        return CJ_NO_MEMORY;
    cj_status status = find_alive(&o);
    if (!status)
        status = build_edges(&o);
    if (!status)
        status = decide_updates(&o);
    return status ? status : list_schedule(&o);
}
