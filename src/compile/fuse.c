/*
 * src/compile/fuse.c - which items are computed together.
 *
 * A greedy walk in topological order. A map joins the group of a source while that group is *open*:
 * no item outside it uses one of its values yet. Then nothing that the map needs can depend on the
 * group, so joining never makes a cycle, and neither does merging two open groups. The first
 * outside use closes a group. So the walk takes maps and reductions before contractions: groups
 * stay open as long as they can.
 *
 * A cheap map of a closed group (few instructions, at most one large operand that lies in memory
 * anyway) is computed again in the group that wants it instead of being stored: a load costs as
 * much as the few instructions.
 */
#include "compile/schedule.h"

enum {
    MOST_INSTRS = 48,      /* of a group that another item joins; clones come on top */
    MOST_CLONE_INSTRS = 4, /* of what is computed again instead of stored */
    MOST_FEED_INSTRS = 8,  /* of what is computed on the way into a contraction instead of stored */
    MOST_SMALL_LOADS = 6,
    MOST_REDUCTIONS = 8 /* of a group; each is stored once or twice, and a kernel stores 16 */
};

int32_t cj_group_of(cj_schedule *s, int32_t group)
{
    while (s->group[group].parent != group) {
        s->group[group].parent = s->group[s->group[group].parent].parent;
        group = s->group[group].parent;
    }
    return group;
}

static int32_t group_new(cj_schedule *s, const cj_tensor *domain, bool again)
{
    if (!cj_grow(s->work, &s->group, &s->group_capacity, s->groups, sizeof(*s->group)))
        return -1;
    s->group[s->groups] = (cj_group){.parent = s->groups,
                                     .head = -1,
                                     .second = -1,
                                     .first = -1,
                                     .last = -1,
                                     .domain = domain,
                                     .open = true,
                                     .again = again,
                                     .feed = {-1, -1},
                                     .position = -1};
    return s->groups++;
}

static void add_member(cj_schedule *s, int32_t group, int32_t item)
{
    cj_group *g = &s->group[group];
    s->item[item].group = group;
    s->item[item].next = -1;
    if (g->last >= 0)
        s->item[g->last].next = item;
    else
        g->first = item;
    g->last = item;
    g->members++;
}

static uint32_t squeezed_mask(const cj_tensor *node, uint32_t axes)
{
    uint32_t mask = 0;
    for (int i = 0; i < node->rank; i++)
        if (axes >> i & 1 && node->shape[i] != 1)
            mask |= UINT32_C(1) << cj_squeezed_axis(node, i);
    return mask;
}

static uint32_t reduced_of(const cj_item *item)
{
    return squeezed_mask(item->node->source[0], (uint32_t)item->node->option[0]);
}

/* The shape over which an item is computed. */
static const cj_tensor *domain_of(const cj_item *item)
{
    return item->role == CJ_ROLE_REDUCE ? item->node->source[0] : item->node;
}

/* Whether the item reads a value of the group otherwise than element for element: it must wait for
 * the group then. */
static bool reads_view_of(cj_schedule *s, int32_t item, int32_t group)
{
    int32_t count = cj_source_count(&s->item[item]);
    for (int32_t k = 0; k < count; k++) {
        int32_t source = cj_alias_root(s, s->item[item].source[k]);
        int32_t root = cj_memory_root(s, source);
        if (root != source && s->item[root].group >= 0 &&
            cj_group_of(s, s->item[root].group) == group)
            return true;
    }
    return false;
}

/* Whether a reduction may be taken on the way out of the group's head. */
static bool takes_sum(const cj_schedule *s, const cj_group *g, const cj_item *reduce)
{
    const cj_tensor *head = s->item[g->head].node;
    uint32_t squeezed = reduced_of(reduce), axes = 0;
    for (int i = 0; i < head->rank; i++)
        if (head->shape[i] != 1 && squeezed >> cj_squeezed_axis(head, i) & 1)
            axes |= UINT32_C(1) << i;
    return cj_is_contraction(head) && s->target->takes_sums(s->context, head, axes);
}

/* The open group of a source that an item with this domain may join, or -1. */
static int32_t joinable(cj_schedule *s, int32_t item, int32_t source)
{
    const cj_item *it = &s->item[item];
    int32_t root = cj_alias_root(s, source);
    cj_role role = s->item[root].role;
    if (s->no_fusion || (role != CJ_ROLE_MAP && role != CJ_ROLE_HEAD))
        return -1;
    int32_t at = cj_group_of(s, s->item[root].group);
    const cj_group *g = &s->group[at];
    if (!g->open || g->other || g->again != it->again || g->members >= MOST_INSTRS ||
        !cj_same_domain(g->domain, domain_of(it)) || reads_view_of(s, item, at))
        return -1;
    if (it->role == CJ_ROLE_REDUCE) {
        if (g->has_reduce && (g->reduced != reduced_of(it) || g->reductions >= MOST_REDUCTIONS))
            return -1;
        return g->head < 0 || takes_sum(s, g, it) ? at : -1;
    }
    return g->head < 0 || cj_is_contraction(s->item[g->head].node) ? at : -1;
}

static bool mergeable(const cj_schedule *s, int32_t a, int32_t b)
{
    const cj_group *x = &s->group[a], *y = &s->group[b];
    if (a == b || x->members + y->members > MOST_INSTRS || (x->head >= 0 && y->head >= 0) ||
        x->reductions + y->reductions > MOST_REDUCTIONS)
        return false;
    bool head = x->head >= 0 || y->head >= 0;
    if (!x->has_reduce && !y->has_reduce)
        return true;
    return !head && (!x->has_reduce || !y->has_reduce || x->reduced == y->reduced);
}

/* Group b becomes part of a. */
static void merge(cj_schedule *s, int32_t a, int32_t b)
{
    cj_group *x = &s->group[a], *y = &s->group[b];
    y->parent = a;
    if (y->first >= 0) {
        if (x->last >= 0)
            s->item[x->last].next = y->first;
        else
            x->first = y->first;
        x->last = y->last;
    }
    x->members += y->members;
    x->reductions += y->reductions;
    x->reduced |= y->reduced;
    x->has_reduce |= y->has_reduce;
    if (y->head >= 0) {
        x->head = y->head;
        x->second = y->second;
        memcpy(x->feed, y->feed, sizeof(x->feed));
    }
}

/* ---- computing again ---- */

typedef struct cj_clone_cost {
    int instrs, large, small;
} cj_clone_cost;

static bool is_broadcast(const cj_schedule *s, int32_t item)
{
    int32_t root = cj_memory_root(s, item);
    return s->item[root].node->elements < s->item[item].node->elements;
}

/* Adds what computing `item` again costs; false: it cannot be. */
static bool clone_cost(cj_schedule *s, int32_t item, int most, cj_clone_cost *cost)
{
    const cj_item *it = &s->item[item];
    if (++cost->instrs > most || it->copy)
        return false;
    for (int32_t k = 0; k < it->node->source_count; k++) {
        int32_t source = cj_alias_root(s, it->source[k]);
        const cj_item *from = &s->item[source];
        if (from->role == CJ_ROLE_SCALAR)
            continue;
        if (from->role == CJ_ROLE_MAP && !from->stored) {
            if (!clone_cost(s, source, most, cost))
                return false;
        } else if (from->role == CJ_ROLE_HEAD && !from->stored) {
            return false;
        } else if (is_broadcast(s, source) || from->node->elements <= 1) {
            cost->small++;
        } else {
            cost->large++;
        }
    }
    return cost->large <= 1 && cost->small <= MOST_SMALL_LOADS;
}

static int32_t find_clone(const cj_schedule *s, int32_t group, int32_t item)
{
    for (int32_t m = s->group[group].first; m >= 0; m = s->item[m].next)
        if (s->item[m].clone_of == item)
            return m;
    return -1;
}

/* Computes `item` again in the group; returns the new item. */
static int32_t clone_into(cj_schedule *s, int32_t group, int32_t item)
{
    int32_t found = find_clone(s, group, item);
    if (found >= 0)
        return found;
    int32_t copy = cj_item_new(s, s->item[item].node, CJ_ROLE_MAP);
    if (copy < 0)
        return -1;
    s->item[copy].clone_of = item;
    s->item[copy].again = s->item[item].again;
    for (int32_t k = 0; k < s->item[item].node->source_count; k++) {
        int32_t source = cj_alias_root(s, s->item[item].source[k]);
        const cj_item *from = &s->item[source];
        if (from->role == CJ_ROLE_MAP && !from->stored && cj_group_of(s, from->group) != group) {
            source = clone_into(s, group, source);
            if (source < 0)
                return -1;
        }
        s->item[copy].source[k] = source;
    }
    add_member(s, group, copy);
    return copy;
}

/* ---- the walk ---- */

/* `item` reads the value of a source in memory: it is stored, and its group closes. */
static void use_memory(cj_schedule *s, int32_t source)
{
    int32_t root = cj_memory_root(s, source);
    if (s->item[root].group < 0)
        return;
    s->item[root].stored = true;
    s->group[cj_group_of(s, s->item[root].group)].open = false;
}

/* The sources of a member that lie outside its group. */
static cj_status use_sources(cj_schedule *s, int32_t group, int32_t item)
{
    int32_t count = cj_source_count(&s->item[item]);
    for (int32_t k = 0; k < count; k++) {
        int32_t source = cj_alias_root(s, s->item[item].source[k]);
        cj_role role = s->item[source].role;
        if (s->item[source].group >= 0 && cj_group_of(s, s->item[source].group) == group &&
            (role == CJ_ROLE_MAP || role == CJ_ROLE_HEAD))
            continue;
        cj_clone_cost cost = {0, 0, 0};
        if (!s->no_fusion && role == CJ_ROLE_MAP && !s->item[source].stored &&
            !s->group[group].other && clone_cost(s, source, MOST_CLONE_INSTRS, &cost)) {
            int32_t copy = clone_into(s, group, source);
            if (copy < 0)
                return CJ_NO_MEMORY;
            s->item[item].source[k] = copy;
            continue;
        }
        use_memory(s, source);
    }
    return CJ_OK;
}

static cj_status take_map(cj_schedule *s, int32_t item)
{
    int32_t group = -1;
    int32_t count = cj_source_count(&s->item[item]);
    for (int32_t k = 0; k < count; k++) {
        int32_t at = joinable(s, item, s->item[item].source[k]);
        if (at < 0 || at == group)
            continue;
        if (group < 0) {
            group = at;
        } else if (mergeable(s, group, at)) {
            merge(s, group, at);
        }
    }
    if (group < 0) {
        group = group_new(s, domain_of(&s->item[item]), s->item[item].again);
        if (group < 0)
            return CJ_NO_MEMORY;
    }
    cj_status status = use_sources(s, group, item);
    if (status)
        return status;
    add_member(s, group, item);
    if (s->item[item].role == CJ_ROLE_REDUCE) {
        s->group[group].reduced = reduced_of(&s->item[item]);
        s->group[group].has_reduce = true;
        s->group[group].reductions++;
        s->item[item].stored = true;
    }
    return CJ_OK;
}

/* The argmax of the same windows is found in the same pass. */
static void pair_argmax(cj_schedule *s, int32_t group, int32_t item, const int32_t *users,
                        int32_t count)
{
    for (int32_t i = 0; i < count && !s->no_fusion; i++) {
        const cj_item *a = &s->item[item], *b = &s->item[users[i]];
        if (b->node->op == CJ_OP_WINDOW_ARGMAX && b->group < 0 && b->again == a->again &&
            b->node->option_count == a->node->option_count &&
            memcmp(b->node->option, a->node->option,
                   sizeof(int64_t) * (size_t)a->node->option_count) == 0) {
            s->group[group].second = users[i];
            s->item[users[i]].group = group;
            s->item[users[i]].stored = true;
            return;
        }
    }
}

/*
 * A contraction may compute an operand as it reads it: a cheap map that nobody stores yet, seen
 * through permutes at most, is cloned into a group of its own that becomes the head's prologue.
 */
static cj_status take_feed(cj_schedule *s, int32_t group, int32_t head, int k)
{
    int32_t source = s->item[head].source[k], root = cj_memory_root(s, source);
    int axis[CJ_MAX_RANK];
    cj_clone_cost cost = {0, 0, 0};
    if (s->no_fusion || s->item[root].role != CJ_ROLE_MAP || s->item[root].stored ||
        s->item[root].node->elements < 2 || !s->target->takes_feed(s->item[head].node, k) ||
        !cj_feed_axes(s, source, axis) || !clone_cost(s, root, MOST_FEED_INSTRS, &cost) ||
        !cost.large)
        return CJ_OK;
    int32_t feed = group_new(s, s->item[root].node, s->group[group].again);
    if (feed < 0 || clone_into(s, feed, root) < 0)
        return CJ_NO_MEMORY;
    s->group[feed].open = false;
    s->group[group].feed[k] = feed;
    return CJ_OK;
}

static cj_status take_alone(cj_schedule *s, int32_t item)
{
    int32_t group = group_new(s, s->item[item].node, s->item[item].again);
    if (group < 0)
        return CJ_NO_MEMORY;
    for (int32_t k = 0; k < cj_source_count(&s->item[item]); k++) {
        if (cj_is_contraction(s->item[item].node) && take_feed(s, group, item, k))
            return CJ_NO_MEMORY;
        if (k > 1 || s->group[group].feed[k] < 0)
            use_memory(s, s->item[item].source[k]);
    }
    s->item[item].group = group;
    s->group[group].head = item;
    s->group[group].other = s->item[item].role == CJ_ROLE_OTHER;
    if (!cj_is_contraction(s->item[item].node))
        s->item[item].stored = true;
    return CJ_OK;
}

/* A heap of items, least number first: the walk is that of the graph's own order. */
typedef struct cj_heap {
    int32_t *item, count;
} cj_heap;

static void heap_push(cj_heap *h, int32_t item)
{
    int32_t i = h->count++;
    for (; i > 0 && h->item[(i - 1) / 2] > item; i = (i - 1) / 2)
        h->item[i] = h->item[(i - 1) / 2];
    h->item[i] = item;
}

static int32_t heap_pop(cj_heap *h)
{
    int32_t top = h->item[0], last = h->item[--h->count], i = 0;
    for (;;) {
        int32_t child = 2 * i + 1;
        if (child >= h->count)
            break;
        if (child + 1 < h->count && h->item[child + 1] < h->item[child])
            child++;
        if (h->item[child] >= last)
            break;
        h->item[i] = h->item[child];
        i = child;
    }
    h->item[i] = last;
    return top;
}

typedef struct cj_walk {
    int32_t count;
    int32_t *waits;            /* sources not yet taken */
    int32_t *begin, *user;     /* users of item i: user[begin[i]] .. user[begin[i + 1] - 1] */
    cj_heap light, maps, rest; /* ready: nothing to do; maps and reductions; the others */
} cj_walk;

static cj_status walk_init(cj_schedule *s, cj_walk *w)
{
    int32_t n = w->count = s->items;
    int32_t edges = 0;
    for (int32_t i = 0; i < n; i++)
        edges += cj_source_count(&s->item[i]);
    size_t size = sizeof(int32_t) * (size_t)(n + 2);
    w->waits = cj_arena_take_zero(s->work, size);
    w->begin = cj_arena_take_zero(s->work, size);
    w->user = cj_arena_take(s->work, sizeof(int32_t) * (size_t)(edges + 1));
    w->light.item = cj_arena_take(s->work, size);
    w->maps.item = cj_arena_take(s->work, size);
    w->rest.item = cj_arena_take(s->work, size);
    if (!w->waits || !w->begin || !w->user || !w->light.item || !w->maps.item || !w->rest.item)
        return CJ_NO_MEMORY;
    for (int32_t i = 0; i < n; i++) {
        w->waits[i] = cj_source_count(&s->item[i]);
        for (int32_t k = 0; k < w->waits[i]; k++)
            w->begin[s->item[i].source[k] + 2]++;
    }
    for (int32_t i = 2; i <= n; i++)
        w->begin[i] += w->begin[i - 1];
    for (int32_t i = 0; i < n; i++)
        for (int32_t k = 0; k < w->waits[i]; k++)
            w->user[w->begin[s->item[i].source[k] + 1]++] = i;
    return CJ_OK;
}

static void make_ready(cj_schedule *s, cj_walk *w, int32_t item)
{
    cj_role role = s->item[item].role;
    if (role == CJ_ROLE_MAP || role == CJ_ROLE_REDUCE)
        heap_push(&w->maps, item);
    else
        heap_push(role == CJ_ROLE_HEAD || role == CJ_ROLE_OTHER ? &w->rest : &w->light, item);
}

/* The next item: what needs no work, a map that joins an open group, another map, the rest. */
static int32_t next_item(cj_schedule *s, cj_walk *w)
{
    enum { LOOK_AHEAD = 16 };
    if (w->light.count)
        return heap_pop(&w->light);
    if (!w->maps.count)
        return heap_pop(&w->rest);
    int32_t passed[LOOK_AHEAD], count = 0, found = -1;
    while (w->maps.count && count < LOOK_AHEAD && found < 0) {
        int32_t item = heap_pop(&w->maps);
        for (int32_t k = 0; k < cj_source_count(&s->item[item]) && found < 0; k++)
            if (joinable(s, item, s->item[item].source[k]) >= 0)
                found = item;
        if (found < 0)
            passed[count++] = item;
    }
    int32_t first = 0;
    if (found < 0)
        found = passed[first++];
    for (int32_t i = first; i < count; i++)
        heap_push(&w->maps, passed[i]);
    return found;
}

static cj_status take(cj_schedule *s, cj_walk *w, int32_t item)
{
    if (s->item[item].group >= 0) /* an argmax, taken with its max */
        return CJ_OK;
    switch (s->item[item].role) {
    case CJ_ROLE_MAP:
    case CJ_ROLE_REDUCE: return take_map(s, item);
    case CJ_ROLE_HEAD:
    case CJ_ROLE_OTHER: {
        cj_status status = take_alone(s, item);
        if (!status && s->item[item].node->op == CJ_OP_WINDOW_MAX) {
            int32_t source = s->item[item].source[0];
            pair_argmax(s, s->item[item].group, item, w->user + w->begin[source],
                        w->begin[source + 1] - w->begin[source]);
        }
        return status;
    }
    case CJ_ROLE_RESULT:
        s->item[item].stored = true;
        add_member(s, cj_group_of(s, s->item[s->item[item].source[0]].group), item);
        return CJ_OK;
    default: return CJ_OK;
    }
}

cj_status cj_schedule_fuse(cj_schedule *s)
{
    cj_walk walk;
    memset(&walk, 0, sizeof(walk));
    cj_status status = walk_init(s, &walk);
    if (status)
        return status;
    for (int32_t i = 0; i < s->stores; i++)
        s->item[s->store[i].item].stored = s->item[s->store[i].item].role == CJ_ROLE_REDUCE;
    for (int32_t i = 0; i < walk.count; i++)
        if (walk.waits[i] == 0)
            make_ready(s, &walk, i);
    while (walk.light.count || walk.maps.count || walk.rest.count) {
        int32_t item = next_item(s, &walk);
        status = take(s, &walk, item);
        if (status)
            return status;
        for (int32_t u = walk.begin[item]; u < walk.begin[item + 1]; u++)
            if (--walk.waits[walk.user[u]] == 0)
                make_ready(s, &walk, walk.user[u]);
    }
    return CJ_OK;
}
