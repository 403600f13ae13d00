/*
 * src/compile/loop_merge.c - loops that are one.
 *
 * jvp and vmap make of a loop another with the same parameters and more, so a program that wants
 * values and tangents has two loops, of which the second computes all that the first does. Where
 * they agree in the parameters that they share, and neither waits for the other, they become one
 * item with the parameters of both.
 */
#include "compile/schedule.h"

/* Whether what the item computes depends on `goal`. `seen` has a mark an item. */
static cj_status depends(cj_schedule *s, int32_t item, int32_t goal, int32_t *seen, int32_t mark,
                         bool *answer)
{
    int32_t *stack = NULL, depth = 0, room = 0;
    *answer = false;
    for (int32_t at = item; !*answer; at = stack[--depth]) {
        for (int32_t k = 0; k < s->item[at].sources && !*answer; k++) {
            int32_t source = s->item[at].source[k];
            *answer = source == goal;
            if (seen[source] == mark)
                continue;
            seen[source] = mark;
            if (!cj_grow(s->work, &stack, &room, depth, sizeof(*stack)))
                return CJ_NO_MEMORY;
            stack[depth++] = source;
        }
        if (depth == 0)
            break;
    }
    return CJ_OK;
}

static int32_t find_param(const cj_loop *loop, const cj_tensor *param)
{
    for (int32_t k = 0; k < cj_loop_params(loop); k++)
        if (loop->param[k] == param)
            return k;
    return -1;
}

static bool agree(const cj_item *a, const cj_item *b)
{
    const cj_loop *x = a->loop, *y = b->loop;
    if (x->index != y->index || x->reverse != y->reverse || x->capacity != y->capacity ||
        x->counted != y->counted || (x->go < 0) != (y->go < 0) ||
        (x->go >= 0 && x->param[x->go] != y->param[y->go]) ||
        (x->counted && a->source[cj_loop_params(x)] != b->source[cj_loop_params(y)]))
        return false;
    for (int32_t k = 0; k < cj_loop_params(y); k++) {
        int32_t at = find_param(x, y->param[k]);
        if (at >= 0 &&
            (a->source[at] != b->source[k] || (k < y->carries && x->next[at] != y->next[k])))
            return false;
    }
    return true;
}

typedef struct cj_merged {
    cj_tensor **param, **next;
    int32_t *source, count;
} cj_merged;

/* Appends the parameters [first, last) of a loop that are not in `but`. */
static void append(cj_merged *to, const cj_item *from, int32_t first, int32_t last,
                   const cj_loop *but)
{
    for (int32_t k = first; k < last; k++)
        if (!but || find_param(but, from->loop->param[k]) < 0) {
            to->param[to->count] = from->loop->param[k];
            if (k < from->loop->carries)
                to->next[to->count] = from->loop->next[k];
            to->source[to->count++] = from->source[k];
        }
}

/* Loop b becomes part of a: its results are a's. */
static cj_status merge(cj_schedule *s, int32_t a, int32_t b)
{
    cj_item *x = &s->item[a], *y = &s->item[b];
    const cj_loop *p = x->loop, *q = y->loop;
    size_t most = (size_t)(cj_loop_params(p) + cj_loop_params(q) + 1);
    cj_loop *both = cj_arena_take(s->work, sizeof(*both));
    cj_merged to = {.param = cj_arena_take(s->work, sizeof(*to.param) * most),
                    .next = cj_arena_take(s->work, sizeof(*to.next) * most),
                    .source = cj_arena_take(s->work, sizeof(*to.source) * most)};
    if (!both || !to.param || !to.next || !to.source)
        return CJ_NO_MEMORY;
    *both = *p;
    both->param = to.param;
    both->next = to.next;
    append(&to, x, 0, p->carries, NULL);
    append(&to, y, 0, q->carries, p);
    both->carries = to.count;
    append(&to, x, p->carries, p->carries + p->xs, NULL);
    append(&to, y, q->carries, q->carries + q->xs, p);
    both->xs = to.count - both->carries;
    append(&to, x, p->carries + p->xs, cj_loop_params(p), NULL);
    append(&to, y, q->carries + q->xs, cj_loop_params(q), p);
    both->captures = to.count - both->carries - both->xs;
    if (p->counted)
        to.source[to.count++] = x->source[cj_loop_params(p)];
    x->loop = both;
    x->source = to.source;
    x->sources = to.count;
    y->loop = NULL;
    y->sources = 0;
    for (int32_t i = 0; i < s->items; i++)
        if (s->item[i].role == CJ_ROLE_RESULT && s->item[i].source[0] == b)
            s->item[i].source[0] = a;
    return CJ_OK;
}

/* Merging turns the order of items around, on which checkpoints lean: with marks it is left. */
static bool has_marks(const cj_schedule *s)
{
    for (int32_t i = 0; i < s->items; i++)
        if (s->item[i].node->checkpoint)
            return true;
    return false;
}

cj_status cj_merge_loops(cj_schedule *s)
{
    int32_t *loop = NULL, loops = 0, room = 0, mark = 0;
    int32_t *seen = cj_arena_take_zero(s->work, sizeof(*seen) * (size_t)(s->items + 1));
    if (!seen)
        return CJ_NO_MEMORY;
    if (s->no_fusion || has_marks(s))
        return CJ_OK;
    for (int32_t b = 0; b < s->items; b++) {
        if (!s->item[b].loop)
            continue;
        for (int32_t i = 0; i < loops && s->item[b].loop; i++) {
            int32_t a = loop[i];
            bool waits = true;
            if (!agree(&s->item[a], &s->item[b]))
                continue;
            cj_status status = depends(s, b, a, seen, ++mark, &waits);
            if (!status && !waits)
                status = depends(s, a, b, seen, ++mark, &waits);
            if (!status && !waits)
                status = merge(s, a, b);
            if (status)
                return status;
        }
        if (!s->item[b].loop)
            continue;
        if (!cj_grow(s->work, &loop, &room, loops, sizeof(*loop)))
            return CJ_NO_MEMORY;
        loop[loops++] = b;
    }
    return CJ_OK;
}
