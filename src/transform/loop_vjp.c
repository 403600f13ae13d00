/*
 * src/transform/loop_vjp.c - reverse mode of a loop: one loop the other way.
 *
 * Its body is the vjp of the body: the cotangents of carries are its carries, those of stacked
 * values are rows that it reads, cotangents of rows are values that it stacks, and the cotangent
 * of a capture is summed in a carry. What it needs of the forward body it reads from further
 * results of the forward loop. Where an iteration did not run, the reverse loop does not run
 * either.
 */
#include "cajal/transform.h"
#include "graph/loop.h"
#include "transform/cut.h"
#include "transform/loop_product.h"
#include "transform/rules.h"

typedef struct reverse {
    cj_at at;
    cj_context *context;
    cj_tensor *node;
    const cj_loop *loop;
    int32_t carries, params;
    const bool *wanted; /* by source */
    cj_arena memory;
    cj_tensor *index;
    bool *varying;         /* parameters on a path from a wanted source */
    cj_tensor **given;     /* the cotangent of each carry's last value, or NULL */
    cj_tensor **cotangent; /* of each carry: its parameter; NULL: it has none */
    int32_t stacks;
    cj_tensor **stack, **stack_g, **stack_param; /* stacked nodes, their cotangents, the rows */
    cj_tensor **d;           /* by parameter: its cotangent in an iteration, or NULL */
    cj_tensor **sum;         /* by parameter: the carry in which a capture's is summed */
    cj_row_product *product; /* those of captures whose sum is one product, in their order */
    int32_t products;
    int32_t *products_of; /* by parameter: how many; 0: summed in a carry */
    cj_loop_spec spec;
} reverse;

static cj_tensor **take(reverse *r, int32_t count)
{
    return cj_arena_take_zero(&r->memory, (size_t)(count + 1) * sizeof(cj_tensor *));
}

static bool is_float(const cj_tensor *x)
{
    return cj_dtype_class(x->dtype) == 'f';
}

static cj_tensor *parameter_like(reverse *r, const cj_tensor *p)
{
    return cj_parameter(r->at, r->context, (cj_dtype)p->dtype, p->rank, p->shape);
}

static cj_tensor *zeros_like(reverse *r, const cj_tensor *p)
{
    return cj_full_at(r->at, r->context, (cj_dtype)p->dtype, p->rank, p->shape, 0);
}

/* ---- which parameters matter ---- */

static bool find_varying(reverse *r)
{
    const cj_loop *loop = r->loop;
    cj_traversal list = {.context = r->context};
    cj_tensor **root = take(r, r->carries + r->stacks);
    r->varying = cj_arena_take_zero(&r->memory, (size_t)r->params + 1);
    if (!root || !r->varying)
        return false;
    memcpy(root, loop->next, (size_t)r->carries * sizeof *root);
    memcpy(root + r->carries, r->stack, (size_t)r->stacks * sizeof *root);
    if (cj_traverse(&list, r->context, r->carries + r->stacks, root) != CJ_OK)
        return false;
    bool *moves = cj_arena_take_zero(&r->memory, (size_t)list.count + 1);
    for (int32_t i = 0; i < r->params; i++)
        r->varying[i] = r->wanted[i];
    for (bool more = moves != NULL; more;) {
        more = false;
        for (int32_t i = 0; i < r->params; i++)
            if (r->varying[i] && cj_traversed(&list, loop->param[i]))
                moves[loop->param[i]->slot] = true;
        for (uint32_t slot = 0; slot < list.count; slot++) {
            const cj_tensor *node = list.node[slot];
            if (is_float(node) && node->op != CJ_OP_STOP_GRADIENT)
                for (int32_t k = 0; k < node->source_count; k++)
                    moves[slot] |= moves[node->source[k]->slot];
        }
        for (int32_t i = 0; i < r->carries; i++)
            if (!r->varying[i] && is_float(loop->param[i]) && moves[loop->next[i]->slot])
                more = r->varying[i] = true;
    }
    cj_traverse_free(&list);
    return moves != NULL;
}

/* ---- the vjp of the body, until no carry gets a new cotangent ---- */

static bool pull(reverse *r)
{
    const cj_loop *loop = r->loop;
    int32_t most = r->carries + r->stacks;
    cj_tensor **y = take(r, most), **g = take(r, most);
    cj_tensor **x = take(r, r->params), **out = take(r, r->params);
    if (!y || !g || !x || !out)
        return false;
    for (bool more = true; more;) {
        int ys = 0, xs = 0;
        for (int32_t i = 0; i < r->carries; i++)
            if (r->cotangent[i]) {
                y[ys] = loop->next[i];
                g[ys++] = r->cotangent[i];
            }
        for (int32_t i = 0; i < r->stacks; i++) {
            y[ys] = r->stack[i];
            g[ys++] = r->stack_param[i];
        }
        for (int32_t i = 0; i < r->params; i++)
            if (r->varying[i])
                x[xs++] = loop->param[i];
        if (ys && cj_vjp_at(r->at, ys, y, g, xs, x, out) != CJ_OK)
            return false;
        more = false;
        for (int32_t i = r->params; i-- > 0;) {
            r->d[i] = r->varying[i] && ys ? out[--xs] : NULL;
            if (i < r->carries && r->d[i] && !r->cotangent[i]) {
                r->cotangent[i] = parameter_like(r, loop->param[i]);
                more = true;
            }
        }
    }
    return r->context->build_status == CJ_OK;
}

/* ---- the residuals ---- */

typedef struct residuals {
    cj_traversal list;
    bool *back;    /* by slot: depends on a cotangent */
    bool *forward; /* depends on a parameter of the forward loop alone */
    bool *there;   /* rows, captures and index of the forward loop: the reverse one has them */
    bool *goal;    /* is read on the way back */
    bool *kept;    /* is read from a further result of the forward loop */
} residuals;

static void mark(residuals *q, bool *mask, const cj_tensor *node)
{
    if (node && cj_traversed(&q->list, node))
        mask[node->slot] = true;
}

static bool mark_ways(reverse *r, residuals *q)
{
    size_t nodes = (size_t)q->list.count + 1;
    q->back = cj_arena_take_zero(&r->memory, nodes);
    q->forward = cj_arena_take_zero(&r->memory, nodes);
    q->there = cj_arena_take_zero(&r->memory, nodes);
    q->goal = cj_arena_take_zero(&r->memory, nodes);
    q->kept = cj_arena_take_zero(&r->memory, nodes);
    if (!q->back || !q->forward || !q->there || !q->goal || !q->kept)
        return false;
    for (int32_t i = 0; i < r->carries; i++)
        mark(q, q->back, r->cotangent[i]);
    for (int32_t i = 0; i < r->stacks; i++)
        mark(q, q->back, r->stack_param[i]);
    for (int32_t i = 0; i < r->params; i++) {
        mark(q, q->back, r->sum[i]);
        mark(q, q->forward, r->loop->param[i]);
        if (i >= r->carries)
            mark(q, q->there, r->loop->param[i]);
    }
    mark(q, q->forward, r->loop->index);
    mark(q, q->there, r->loop->index);
    for (uint32_t slot = 0; slot < q->list.count; slot++) {
        const cj_tensor *node = q->list.node[slot];
        for (int32_t k = 0; node->serial >= r->spec.since && k < node->source_count; k++) {
            q->back[slot] |= q->back[node->source[k]->slot];
            q->forward[slot] |= q->forward[node->source[k]->slot];
        }
    }
    return true;
}

/* Decides what is kept; used[p]: the reverse loop reads row or capture p of the forward loop. */
static bool find_residuals(reverse *r, residuals *q, int32_t roots, cj_tensor *const *root,
                           bool *used)
{
    q->list.context = r->context;
    if (cj_traverse_since(&q->list, r->context, r->spec.since, roots, root) != CJ_OK ||
        !mark_ways(r, q))
        return false;
    for (int32_t i = 0; i < roots; i++)
        q->goal[root[i]->slot] = true;
    for (uint32_t slot = q->list.count; slot-- > 0;) {
        const cj_tensor *node = q->list.node[slot];
        for (int32_t k = 0; q->back[slot] && k < node->source_count; k++)
            q->goal[node->source[k]->slot] = true;
        q->forward[slot] &= !q->back[slot];
    }
    if (!cj_cheapest_cut(&r->memory, &q->list, q->forward, q->there, q->goal, q->kept))
        return false;
    for (uint32_t slot = q->list.count; slot-- > 0;) {
        const cj_tensor *node = q->list.node[slot];
        if (!q->goal[slot] || !q->forward[slot] || q->there[slot] || q->kept[slot])
            continue;
        for (int32_t k = 0; k < node->source_count; k++)
            q->goal[node->source[k]->slot] = true;
    }
    for (int32_t i = r->carries; i < r->params; i++) {
        const cj_tensor *p = r->loop->param[i];
        used[i] = cj_traversed(&q->list, p) && q->goal[p->slot];
    }
    return true;
}

/* ---- the loop ---- */

static void add_port(cj_loop_port *port, int32_t *count, cj_tensor *inner, cj_tensor *source,
                     bool foreign)
{
    port[(*count)++] = (cj_loop_port){.inner = inner, .source = source, .foreign = foreign};
}

/* Carries: the cotangents of carries, then the sums for captures. */
static void set_carries(reverse *r)
{
    cj_loop_spec *s = &r->spec;
    for (int32_t i = 0; i < r->carries; i++)
        if (r->cotangent[i]) {
            const cj_tensor *p = r->loop->param[i];
            s->next[s->carries] = r->d[i] ? r->d[i] : zeros_like(r, p);
            add_port(s->port, &s->carries, r->cotangent[i],
                     r->given[i] ? r->given[i] : zeros_like(r, p), false);
        }
    for (int32_t i = r->carries + r->loop->xs; i < r->params; i++)
        if (r->wanted[i] && r->d[i] && !r->products_of[i]) {
            r->sum[i] = parameter_like(r, r->loop->param[i]);
            s->next[s->carries] = cj_add_at(r->at, r->sum[i], r->d[i]);
            add_port(s->port, &s->carries, r->sum[i], zeros_like(r, r->loop->param[i]), false);
        }
}

static bool set_rows_and_captures(reverse *r, residuals *q, const bool *used)
{
    cj_loop_spec *s = &r->spec;
    cj_loop_port *rows = s->port + s->carries;
    for (int32_t i = 0; i < r->stacks; i++)
        add_port(rows, &s->xs, r->stack_param[i], r->stack_g[i], false);
    for (uint32_t slot = 0; slot < q->list.count; slot++)
        if (q->kept[slot])
            add_port(rows, &s->xs, q->list.node[slot],
                     cj_loop_stack(r->at, r->node, q->list.node[slot]), true);
    int32_t rows_end = r->carries + r->loop->xs;
    for (int32_t i = r->carries; i < rows_end; i++)
        if (used[i])
            add_port(rows, &s->xs, r->loop->param[i], r->node->source[i], true);
    for (int32_t i = rows_end; i < r->params; i++)
        if (used[i])
            add_port(rows + s->xs, &s->captures, r->loop->param[i], r->node->source[i], true);
    return r->context->build_status == CJ_OK;
}

static bool find_products(reverse *r)
{
    int32_t first = r->carries + r->loop->xs;
    r->products_of = cj_arena_take_zero(&r->memory, sizeof(int32_t) * (size_t)(r->params + 1));
    for (int32_t i = first; r->products_of && i < r->params; i++)
        if (r->wanted[i] && r->d[i])
            r->products += r->products_of[i] = cj_count_products(r->d[i]);
    r->product = cj_arena_take_zero(&r->memory, sizeof(*r->product) * (size_t)(r->products + 1));
    if (!r->products_of || !r->product)
        return false;
    cj_row_product *next = r->product;
    for (int32_t i = first; i < r->params; i++)
        if (r->products_of[i] && !cj_find_products(r->at, r->d[i], &next))
            return false;
    return true;
}

/* The rows of a factor that depends on no cotangent: the forward loop has them. */
static cj_tensor *forward_rows(reverse *r, cj_tensor *x)
{
    for (int32_t p = r->carries; !r->spec.count && p < r->carries + r->loop->xs; p++)
        if (r->loop->param[p] == x)
            return r->node->source[p];
    return cj_loop_stack(r->at, r->node, x);
}

/* Factors that depend on a cotangent are stacked by this loop, after the cotangents of rows. */
static bool stack_factors(reverse *r)
{
    int32_t factors = 2 * r->products;
    residuals q = {.list = {.context = r->context}};
    cj_tensor **root = take(r, factors);
    if (!root)
        return false;
    for (int32_t i = 0; i < factors; i++)
        root[i] = r->product[i / 2].factor[i % 2];
    bool good = cj_traverse_since(&q.list, r->context, r->spec.since, factors, root) == CJ_OK &&
                mark_ways(r, &q);
    for (int32_t i = 0; good && i < factors; i++) {
        if (q.back[root[i]->slot])
            r->spec.stack[r->spec.stacks++] = root[i];
        else
            r->product[i / 2].stacked[i % 2] = forward_rows(r, root[i]);
    }
    cj_traverse_free(&q.list);
    return good && r->context->build_status == CJ_OK;
}

static cj_tensor *make_loop(reverse *r)
{
    cj_loop_spec *s = &r->spec;
    const cj_loop *loop = r->loop;
    if (!find_products(r))
        return NULL;
    bool *used = cj_arena_take_zero(&r->memory, (size_t)r->params + 1);
    s->next = take(r, r->params);
    s->stack = take(r, r->params + 2 * r->products);
    s->port = cj_arena_take_zero(&r->memory, (size_t)(r->params + 1) * sizeof *s->port);
    cj_tensor **root = take(r, 2 * r->params + 2 * r->products);
    if (!used || !s->next || !s->stack || !s->port || !root)
        return NULL;
    set_carries(r);
    for (int32_t i = r->carries; i < r->carries + loop->xs; i++)
        if (r->wanted[i] && r->d[i])
            s->stack[s->stacks++] = r->d[i];
    if (r->context->build_status != CJ_OK || !stack_factors(r))
        return NULL;
    memcpy(root, s->next, (size_t)s->carries * sizeof *root);
    memcpy(root + s->carries, s->stack, (size_t)s->stacks * sizeof *root);
    residuals q = {.kept = NULL};
    cj_tensor *made = NULL;
    if (find_residuals(r, &q, s->carries + s->stacks, root, used)) {
        cj_loop_port *port = s->port;
        s->port = cj_arena_take_zero(
            &r->memory,
            ((size_t)(s->carries + r->stacks + r->params + 1) + q.list.count) * sizeof *port);
        if (s->port) {
            memcpy(s->port, port, (size_t)s->carries * sizeof *port);
            made = set_rows_and_captures(r, &q, used) ? cj_loop_make(s) : NULL;
        }
    }
    cj_traverse_free(&q.list);
    return made;
}

/* Where an iteration is sure to run, what the body does not read of a carry has no cotangent. */
static void hand_out(reverse *r, cj_tensor *made, cj_tensor **out)
{
    int32_t carry = 0, row = 0;
    bool runs = !r->spec.count && r->loop->capacity > 0;
    for (int32_t i = 0; i < r->carries; i++)
        if (r->cotangent[i]) {
            if (r->wanted[i] && (r->d[i] || !runs))
                out[i] = cj_loop_carry(r->at, made, carry);
            carry++;
        }
    int32_t rows_end = r->carries + r->loop->xs;
    for (int32_t i = r->carries; i < rows_end; i++)
        if (r->wanted[i] && r->d[i])
            out[i] = cj_loop_stack(r->at, made, r->spec.stack[row++]);
    for (int32_t i = 0; i < 2 * r->products; i++)
        if (!r->product[i / 2].stacked[i % 2])
            r->product[i / 2].stacked[i % 2] = cj_loop_stack(r->at, made, r->spec.stack[row++]);
    const cj_row_product *product = r->product;
    for (int32_t i = rows_end; i < r->params; i++)
        if (r->wanted[i] && r->d[i])
            out[i] = r->products_of[i] ? cj_finish_products(r->at, r->d[i], &product)
                                       : cj_loop_carry(r->at, made, carry++);
}

static bool begin(reverse *r, int results, cj_tensor *const *result, cj_tensor *const *g)
{
    r->given = take(r, r->carries);
    r->cotangent = take(r, r->carries);
    r->stack = take(r, results);
    r->stack_g = take(r, results);
    r->stack_param = take(r, results);
    r->d = take(r, r->params);
    r->sum = take(r, r->params);
    r->index = cj_parameter(r->at, r->context, CJ_I64, 0, NULL);
    if (!r->given || !r->cotangent || !r->stack || !r->stack_g || !r->stack_param || !r->d ||
        !r->sum || !r->index)
        return false;
    for (int j = 0; j < results; j++) {
        if (!g[j])
            continue;
        if (result[j]->option[0] == CJ_RESULT_CARRY) {
            r->given[result[j]->option[1]] = g[j];
        } else {
            r->stack[r->stacks] = result[j]->payload;
            r->stack_param[r->stacks] = parameter_like(r, result[j]->payload);
            r->stack_g[r->stacks++] = g[j];
        }
    }
    if (!find_varying(r))
        return false;
    for (int32_t i = 0; i < r->carries; i++)
        if (r->given[i] && r->varying[i])
            r->cotangent[i] = parameter_like(r, r->loop->param[i]);
    return r->context->build_status == CJ_OK;
}

static bool run(reverse *r, cj_tensor **out)
{
    bool any = r->stacks > 0;
    for (int32_t i = 0; i < r->carries; i++)
        any |= r->cotangent[i] != NULL;
    if (!any)
        return true;
    if (r->loop->capacity < 0) {
        cj_fail_building(
            r->context, CJ_INVALID, r->at,
            "loop: one without a capacity (%s:%d) has no reverse derivative, since what it "
            "would remember has no bound: give it one (.capacity), use cj_jvp, or "
            "differentiate implicitly what it converges to",
            r->node->at.file ? r->node->at.file : "?", r->node->at.line);
        return false;
    }
    if (!pull(r))
        return false;
    bool depends = r->loop->counted || r->loop->go >= 0;
    r->spec = (cj_loop_spec){.context = r->context,
                             .at = r->at,
                             .index = r->index,
                             .old_index = r->loop->index,
                             .count = depends ? cj_loop_count(r->at, r->node) : NULL,
                             .go = -1,
                             .capacity = r->loop->capacity,
                             .reverse = !r->loop->reverse,
                             .checkpoint = r->loop->checkpoint,
                             .since = r->loop->index->serial};
    cj_tensor *made = make_loop(r);
    if (made)
        hand_out(r, made, out);
    return made != NULL;
}

void cj_loop_cotangents(cj_at at, cj_tensor *loop, int results, cj_tensor *const *result,
                        cj_tensor *const *g, const bool *wanted, cj_tensor **out)
{
    reverse r = {.at = at, .context = loop->context, .node = loop, .loop = cj_loop_of(loop)};
    r.carries = r.loop->carries;
    r.params = cj_loop_params(r.loop);
    r.wanted = wanted;
    cj_arena_init(&r.memory, r.context);
    bool good = begin(&r, results, result, g) && run(&r, out);
    if (!good && r.context->build_status == CJ_OK)
        cj_fail_building(r.context, CJ_NO_MEMORY, at, "out of memory while differentiating a loop");
    cj_arena_free(&r.memory);
}

/* A result hands its cotangent on to the loop, whose rule is above. */
CJ_COTANGENT(result)
{
    return g;
}

CJ_COTANGENT(loop)
{
    return NULL;
}
