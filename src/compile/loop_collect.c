/*
 * src/compile/loop_collect.c - what is needed of a loop: its results are wanted one by one, and
 * so are the carries, rows and captures that they depend on.
 */
#include "compile/schedule.h"

int32_t cj_loop_carry_of(const cj_loop *loop, const cj_tensor *result)
{
    const cj_tensor *param = cj_loop_of(result->source[0])->param[result->option[1]];
    int32_t k = 0;
    while (loop->param[k] != param)
        k++;
    return k;
}

/* The body's roots: what wanted results and needed carries want. */
typedef struct cj_need {
    cj_schedule *s;
    const cj_loop *loop;
    bool *carry; /* needed */
    cj_tensor **root;
    int32_t roots;
    cj_traversal list;
} cj_need;

static void want_result(cj_need *n, const cj_tensor *result)
{
    if (result->option[0] == CJ_RESULT_CARRY)
        n->carry[cj_loop_carry_of(n->loop, result)] = true;
    else if (result->option[0] == CJ_RESULT_STACK)
        n->root[n->roots++] = result->payload;
}

/* Walks the body until no parameter of a carry is met whose next value is not a root. */
static cj_status walk_body(cj_need *n)
{
    const cj_loop *loop = n->loop;
    int32_t stacks = n->roots;
    for (;;) {
        int32_t before = n->roots;
        n->roots = stacks;
        for (int32_t k = 0; k < loop->carries; k++)
            if (n->carry[k])
                n->root[n->roots++] = loop->next[k];
        if (n->roots == before)
            return CJ_OK;
        cj_traverse_free(&n->list);
        cj_status status = cj_traverse_values(&n->list, n->s->context, n->roots, n->root);
        if (status)
            return status;
        for (int32_t k = 0; k < loop->carries; k++)
            n->carry[k] |= cj_traversed(&n->list, loop->param[k]);
    }
}

/* Whether something in a body, or in one within it, can fail. */
static cj_status find_failing(cj_schedule *s, const cj_traversal *list, bool *fails)
{
    cj_status status = CJ_OK;
    for (uint32_t i = 0; i < list->count && !*fails && !status; i++) {
        cj_tensor *node = list->node[i], *const *root = NULL, *inner = node->payload;
        int32_t roots = 0;
        if (node->op == CJ_OP_LOOP) {
            root = cj_loop_of(node)->next;
            roots = cj_loop_of(node)->carries;
        } else if (node->op == CJ_OP_RESULT && node->option[0] == CJ_RESULT_STACK) {
            root = &inner;
            roots = 1;
        }
        *fails = s->target->may_fail(node->op);
        cj_traversal body = {.context = s->context};
        if (roots)
            status = cj_traverse_values(&body, s->context, roots, root);
        if (!status)
            status = find_failing(s, &body, fails);
        cj_traverse_free(&body);
    }
    return status;
}

/* The loop without what is not needed, and the item's sources likewise. */
static cj_status prune(cj_need *n, int32_t item)
{
    cj_schedule *s = n->s;
    const cj_loop *loop = n->loop;
    int32_t params = cj_loop_params(loop), *source = s->item[item].source, at = 0;
    cj_loop *kept = cj_arena_take_zero(s->work, sizeof(*kept));
    cj_tensor **param = cj_arena_take(s->work, sizeof(*param) * (size_t)(params + 1));
    cj_tensor **next = cj_arena_take(s->work, sizeof(*next) * (size_t)(params + 1));
    if (!kept || !param || !next)
        return CJ_NO_MEMORY;
    *kept = *loop;
    kept->carries = kept->xs = kept->captures = 0;
    for (int32_t k = 0; k < params; k++) {
        bool is_carry = k < loop->carries, is_row = !is_carry && k < loop->carries + loop->xs;
        if (is_carry ? !n->carry[k] : !cj_traversed(&n->list, loop->param[k]))
            continue;
        if (k == loop->go)
            kept->go = at;
        if (is_carry)
            next[kept->carries++] = loop->next[k];
        else if (is_row)
            kept->xs++;
        else
            kept->captures++;
        param[at] = loop->param[k];
        source[at++] = source[k];
    }
    if (loop->counted)
        source[at++] = source[params];
    s->item[item].sources = at;
    kept->param = param;
    kept->next = next;
    s->item[item].loop = kept;
    return CJ_OK;
}

static cj_status collect_loop(cj_schedule *s, int32_t item, const int32_t *first,
                              const int32_t *next)
{
    const cj_loop *loop = s->item[item].loop;
    int32_t results = 0;
    for (int32_t i = first[item]; i >= 0; i = next[i])
        results++;
    cj_need n = {.s = s, .loop = loop, .list = {.context = s->context}};
    n.carry = cj_arena_take_zero(s->work, (size_t)loop->carries + 1);
    n.root = cj_arena_take(s->work, sizeof(*n.root) * (size_t)(results + loop->carries + 1));
    if (!n.carry || !n.root)
        return CJ_NO_MEMORY;
    for (int32_t i = first[item]; i >= 0; i = next[i])
        want_result(&n, s->item[i].node);
    if (loop->go >= 0)
        n.carry[loop->go] = true;
    cj_status status = cj_traverse_values(&n.list, s->context, n.roots, n.root);
    for (int32_t k = 0; k < loop->carries && !status; k++)
        n.carry[k] |= cj_traversed(&n.list, loop->param[k]);
    if (!status)
        status = walk_body(&n);
    if (!status)
        status = prune(&n, item);
    if (!status)
        status = find_failing(s, &n.list, &s->item[item].fails);
    cj_traverse_free(&n.list);
    return status;
}

cj_status cj_collect_loops(cj_schedule *s)
{
    bool any = false;
    for (int32_t i = 0; i < s->items && !any; i++)
        any = s->item[i].node->op == CJ_OP_LOOP;
    if (!any)
        return CJ_OK;
    size_t size = sizeof(int32_t) * (size_t)(s->items + 1);
    int32_t *first = cj_arena_take(s->work, size), *next = cj_arena_take(s->work, size);
    if (!first || !next)
        return CJ_NO_MEMORY;
    for (int32_t i = 0; i < s->items; i++)
        if (s->item[i].node->op == CJ_OP_LOOP)
            s->item[i].loop = cj_loop_of(s->item[i].node);
    cj_status status = cj_merge_loops(s);
    memset(first, 0xff, size);
    for (int32_t i = s->items; i-- > 0;)
        if (s->item[i].role == CJ_ROLE_RESULT) {
            next[i] = first[s->item[i].source[0]];
            first[s->item[i].source[0]] = i;
        }
    for (int32_t i = 0; i < s->items && !status; i++)
        if (s->item[i].loop)
            status = collect_loop(s, i, first, next);
    return status;
}
