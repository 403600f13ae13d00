/*
 * src/compile/collect.c - nodes become items: what each is to the schedule.
 */
#include "compile/schedule.h"

bool cj_grow(cj_arena *arena, void *array, int32_t *capacity, int32_t count, size_t size)
{
    if (count < *capacity)
        return true;
    int32_t room = *capacity ? *capacity * 2 : 32;
    void *more = cj_arena_take(arena, (size_t)room * size);
    if (!more)
        return false;
    void *old;
    memcpy(&old, array, sizeof(old));
    if (count)
        memcpy(more, old, (size_t)count * size);
    memcpy(array, &more, sizeof(more));
    *capacity = room;
    return true;
}

int cj_squeezed_extents(const cj_tensor *node, int64_t *extent)
{
    int rank = 0;
    for (int i = 0; i < node->rank; i++)
        if (node->shape[i] != 1)
            extent[rank++] = node->shape[i];
    return rank;
}

int cj_squeezed_axis(const cj_tensor *node, int axis)
{
    int at = 0;
    for (int i = 0; i < axis; i++)
        at += node->shape[i] != 1;
    return at;
}

bool cj_same_domain(const cj_tensor *a, const cj_tensor *b)
{
    if (a == b)
        return true;
    int i = 0, j = 0;
    for (;;) {
        while (i < a->rank && a->shape[i] == 1)
            i++;
        while (j < b->rank && b->shape[j] == 1)
            j++;
        if (i == a->rank || j == b->rank)
            return i == a->rank && j == b->rank;
        if (a->shape[i++] != b->shape[j++])
            return false;
    }
}

bool cj_scalar_is_argument(const cj_tensor *scalar)
{
    double value = cj_scalar_number(scalar);
    return !(value == 0 || value == 1 || value == -1 || value == 2 || value == 0.5);
}

bool cj_is_contraction(const cj_tensor *node)
{
    return node->op == CJ_OP_MATMUL || node->op == CJ_OP_CONV;
}

int32_t cj_item_new(cj_schedule *s, cj_tensor *node, cj_role role)
{
    if (!cj_grow(s->work, &s->item, &s->item_capacity, s->items, sizeof(*s->item)))
        return -1;
    int32_t *source = cj_arena_take(s->work, sizeof(*source) * (size_t)(node->source_count + 1));
    if (!source)
        return -1;
    s->item[s->items] = (cj_item){.node = node,
                                  .source = source,
                                  .sources = cj_value_sources(node),
                                  .role = role,
                                  .group = -1,
                                  .next = -1,
                                  .clone_of = -1,
                                  .reg = -1};
    return s->items++;
}

int32_t cj_alias_root(const cj_schedule *s, int32_t item)
{
    while (s->item[item].role == CJ_ROLE_ALIAS)
        item = s->item[item].source[0];
    return item;
}

int32_t cj_memory_root(const cj_schedule *s, int32_t item)
{
    while (s->item[item].role == CJ_ROLE_ALIAS || s->item[item].role == CJ_ROLE_VIEW)
        item = s->item[item].source[0];
    return item;
}

bool cj_feed_axes(const cj_schedule *s, int32_t item, int *axis)
{
    const cj_tensor *node = s->item[item].node;
    for (int i = 0; i < node->rank; i++)
        axis[i] = node->shape[i] == 1 ? -1 : i;
    for (; s->item[item].role == CJ_ROLE_ALIAS || s->item[item].role == CJ_ROLE_VIEW;
         item = s->item[item].source[0]) {
        const cj_tensor *from = s->item[item].node->source[0], *to = s->item[item].node;
        if (s->item[item].role == CJ_ROLE_VIEW && to->op != CJ_OP_PERMUTE)
            return false;
        for (int i = 0; i < node->rank; i++) {
            if (axis[i] < 0 || to->shape[axis[i]] == 1) {
                axis[i] = -1;
            } else if (s->item[item].role == CJ_ROLE_VIEW) {
                axis[i] = (int)to->option[axis[i]];
            } else {
                int at = cj_squeezed_axis(to, axis[i]), a = 0;
                while (from->shape[a] == 1 || at-- > 0)
                    a++;
                axis[i] = a;
            }
        }
    }
    return true;
}

/* Whether a permute keeps the order of the axes that are not 1. */
static bool permute_is_alias(const cj_tensor *node)
{
    int64_t before = -1;
    for (int i = 0; i < node->rank; i++) {
        if (node->shape[i] == 1)
            continue;
        if (node->option[i] < before)
            return false;
        before = node->option[i];
    }
    return true;
}

static cj_role role_of(const cj_schedule *s, const cj_tensor *node, const int32_t *source)
{
    bool of_scalar = node->source_count > 0 && s->item[source[0]].role == CJ_ROLE_SCALAR;
    switch (node->op) {
    case CJ_OP_SCALAR:
        return s->arguments && cj_scalar_is_argument(node) ? CJ_ROLE_LEAF : CJ_ROLE_SCALAR;
    case CJ_OP_CONSTANT:
    case CJ_OP_INPUT:
    case CJ_OP_PARAMETER:
    case CJ_OP_VARIABLE: return CJ_ROLE_LEAF;
    case CJ_OP_RESULT: return CJ_ROLE_RESULT;
    case CJ_OP_TAP:
    case CJ_OP_STOP_GRADIENT:
    case CJ_OP_CUSTOM_GRADIENT: return CJ_ROLE_ALIAS;
    case CJ_OP_RESHAPE:
    case CJ_OP_EXPAND:
    case CJ_OP_SLICE:
    case CJ_OP_FLIP:
        if (of_scalar)
            return CJ_ROLE_SCALAR;
        return cj_same_domain(node, node->source[0]) && node->op != CJ_OP_FLIP ? CJ_ROLE_ALIAS
                                                                               : CJ_ROLE_VIEW;
    case CJ_OP_PERMUTE:
        if (of_scalar)
            return CJ_ROLE_SCALAR;
        return permute_is_alias(node) ? CJ_ROLE_ALIAS : CJ_ROLE_VIEW;
    case CJ_OP_IOTA: return CJ_ROLE_MAP;
    case CJ_OP_MATMUL:
    case CJ_OP_CONV:
    case CJ_OP_WINDOW_SUM:
    case CJ_OP_WINDOW_MAX:
    case CJ_OP_WINDOW_ARGMAX:
    case CJ_OP_WINDOW_GATHER:
    case CJ_OP_WINDOW_SCATTER: return CJ_ROLE_HEAD;
    default:
        if (cj_op_is_map(node->op))
            return CJ_ROLE_MAP;
        return cj_op_is_reduce(node->op) ? CJ_ROLE_REDUCE : CJ_ROLE_OTHER;
    }
}

/*
 * Checkpoints. The level of a node is the number of marked nodes on the deepest path to it, so the
 * backward pass of a segment stands at a higher level than the segment. A user at a higher level
 * than an unmarked source takes a second item of that source, whose own unmarked sources of the
 * same level are second items too.
 */
typedef struct cj_levels {
    int32_t count;  /* of first items */
    int32_t *level; /* of each first item */
    int32_t *again; /* its second item, or -1 */
} cj_levels;

static bool can_repeat(const cj_schedule *s, int32_t item)
{
    cj_role role = s->item[item].role;
    return !s->item[item].node->checkpoint && role != CJ_ROLE_LEAF && role != CJ_ROLE_SCALAR;
}

/* Whether the second item of `at` wants one of this source too; what is a second item already, of a
 * segment below, it shares. */
static bool is_repeated_with(const cj_schedule *s, const cj_levels *levels, int32_t at,
                             int32_t source)
{
    return source < levels->count && can_repeat(s, source) &&
           levels->level[source] == levels->level[at];
}

/* The second item of `first`, made with those it needs, sources first (an explicit stack: graphs
 * are deep). */
static int32_t second_item(cj_schedule *s, cj_levels *levels, int32_t first)
{
    int32_t *stack = NULL, depth = 0, room = 0;
    if (!cj_grow(s->work, &stack, &room, depth, sizeof(*stack)))
        return -1;
    stack[depth++] = first;
    while (depth > 0) {
        int32_t at = stack[depth - 1];
        bool ready = true;
        for (int32_t k = 0; levels->again[at] < 0 && k < s->item[at].sources; k++) {
            int32_t source = s->item[at].source[k];
            if (is_repeated_with(s, levels, at, source) && levels->again[source] < 0) {
                if (!cj_grow(s->work, &stack, &room, depth, sizeof(*stack)))
                    return -1;
                stack[depth++] = source;
                ready = false;
            }
        }
        if (!ready)
            continue;
        depth--;
        if (levels->again[at] >= 0)
            continue;
        int32_t copy = cj_item_new(s, s->item[at].node, s->item[at].role);
        if (copy < 0)
            return -1;
        s->item[copy].again = true;
        s->item[copy].loop = s->item[at].loop;
        s->item[copy].fails = s->item[at].fails;
        s->item[copy].sources = s->item[at].sources;
        for (int32_t k = 0; k < s->item[at].sources; k++) {
            int32_t source = s->item[at].source[k];
            bool with = is_repeated_with(s, levels, at, source);
            s->item[copy].source[k] = with ? levels->again[source] : source;
        }
        levels->again[at] = copy;
        s->recomputed++;
    }
    return levels->again[first];
}

static cj_status checkpoint(cj_schedule *s, int32_t first_items)
{
    bool any = false;
    for (int32_t i = 0; i < first_items; i++)
        any |= s->item[i].node->checkpoint;
    if (!any)
        return CJ_OK;
    cj_levels levels = {first_items, cj_arena_take(s->work, sizeof(int32_t) * (size_t)first_items),
                        cj_arena_take(s->work, sizeof(int32_t) * (size_t)first_items)};
    if (!levels.level || !levels.again)
        return CJ_NO_MEMORY;
    for (int32_t i = 0; i < first_items; i++) {
        levels.level[i] = 0;
        levels.again[i] = -1;
        for (int32_t k = 0; k < s->item[i].sources; k++) {
            int32_t source = s->item[i].source[k];
            int32_t from = levels.level[source] + s->item[source].node->checkpoint;
            levels.level[i] = CJ_MAX(levels.level[i], from);
        }
    }
    for (int32_t i = 0; i < first_items; i++)
        for (int32_t k = 0; k < s->item[i].sources; k++) {
            int32_t source = s->item[i].source[k];
            if (!can_repeat(s, source) || levels.level[source] >= levels.level[i])
                continue;
            int32_t second = second_item(s, &levels, source);
            if (second < 0)
                return CJ_NO_MEMORY;
            s->item[i].source[k] = second;
        }
    return CJ_OK;
}

/* An item that copies another, so that outputs and updates are always computed values. */
static int32_t copy_item(cj_schedule *s, int32_t from)
{
    int32_t copy = cj_item_new(s, s->item[from].node, CJ_ROLE_MAP);
    if (copy < 0)
        return -1;
    int32_t *source = cj_arena_take(s->work, sizeof(*source));
    if (!source)
        return -1;
    source[0] = from;
    s->item[copy].source = source;
    s->item[copy].sources = 1;
    s->item[copy].copy = true;
    return copy;
}

static cj_status add_store(cj_schedule *s, int32_t root, int32_t output, cj_variable *variable)
{
    int32_t item = cj_alias_root(s, root);
    cj_role role = s->item[item].role;
    bool call = output >= 0 && role == CJ_ROLE_OTHER;
    bool again =
        false; /* a kernel stores a reduction once or twice, another op writes one output */
    for (int32_t i = 0; i < s->stores && (role == CJ_ROLE_REDUCE || call) && !again; i++)
        again = s->store[i].item == item;
    if (again || role == CJ_ROLE_LEAF || role == CJ_ROLE_SCALAR || role == CJ_ROLE_VIEW ||
        (role == CJ_ROLE_OTHER && !call) || role == CJ_ROLE_RESULT ||
        (role == CJ_ROLE_HEAD && !cj_is_contraction(s->item[item].node))) {
        item = copy_item(s, item);
        if (item < 0)
            return CJ_NO_MEMORY;
    }
    s->store[s->stores++] = (cj_target_store){.item = item, .output = output, .variable = variable};
    return CJ_OK;
}

cj_status cj_schedule_collect(cj_schedule *s, int outputs, cj_tensor *const *output,
                              const cj_updates *updates)
{
    int count = outputs + (updates ? updates->count : 0);
    cj_tensor **root = cj_arena_take(s->work, sizeof(*root) * (size_t)(count + 1));
    s->store = cj_arena_take(s->work, sizeof(*s->store) * (size_t)(count + 1));
    s->output_buffer = cj_arena_take(s->keep, sizeof(int32_t) * (size_t)(outputs + 1));
    if (!root || !s->store || !s->output_buffer)
        return CJ_NO_MEMORY;
    s->outputs = outputs;
    for (int i = 0; i < count; i++)
        root[i] = i < outputs ? output[i] : updates->value[i - outputs];
    cj_status status = cj_traverse_values(&s->list, s->context, count, root);
    if (status)
        return status;
    for (uint32_t i = 0; i < s->list.count; i++) {
        cj_tensor *node = s->list.node[i];
        int32_t item = cj_item_new(s, node, CJ_ROLE_OTHER);
        if (item < 0)
            return CJ_NO_MEMORY;
        for (int32_t k = 0; k < s->item[item].sources; k++)
            s->item[item].source[k] = (int32_t)node->source[k]->slot;
        s->item[item].role = role_of(s, node, s->item[item].source);
        if (s->item[item].role == CJ_ROLE_SCALAR)
            s->item[item].scalar = node->op == CJ_OP_SCALAR
                                       ? (uint64_t)node->option[0]
                                       : s->item[s->item[item].source[0]].scalar;
    }
    int32_t *place = cj_arena_take(s->work, sizeof(*place) * (size_t)(count + 1));
    if (!place)
        return CJ_NO_MEMORY;
    for (int i = 0; i < count; i++) /* the bodies of loops share scalars with the graph */
        place[i] = (int32_t)root[i]->slot;
    status = cj_collect_loops(s);
    if (!status)
        status = checkpoint(s, s->items);
    for (int i = 0; i < count && !status; i++)
        status = add_store(s, place[i], i < outputs ? i : -1,
                           i < outputs ? NULL : updates->variable[i - outputs]);
    return status;
}
