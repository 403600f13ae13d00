/*
 * src/graph/loop_build.c - the builders of loops: a body is called once, its parameters standing
 * for the values of an iteration.
 */
#include "cajal/loop.h"

#include "graph/build.h"

#include <inttypes.h>

/* A loop while its body is built; all arrays lie in `memory`. */
typedef struct opened {
    cj_context *context;
    cj_at at;
    cj_graph *graph;
    cj_arena memory;
    cj_loop_spec spec;
    cj_open_body frame;
    cj_tensor **row, **operand; /* parameters, as the body is given them */
} opened;

static cj_tensor **take(opened *o, int count)
{
    return cj_arena_take_zero(&o->memory, (size_t)CJ_MAX(count, 1) * sizeof(cj_tensor *));
}

/* Room for everything, the index, and the parameters of rows and operands. */
static bool open_body(opened *o, int carries, int xs, cj_tensor *const *x, int operands,
                      cj_tensor *const *operand, int ys, bool has_index)
{
    o->graph = cj_graph_of(o->context, o->at);
    cj_arena_init(&o->memory, o->context);
    cj_loop_spec *s = &o->spec;
    *s = (cj_loop_spec){.context = o->context,
                        .at = o->at,
                        .carries = carries,
                        .xs = xs,
                        .captures = operands,
                        .stacks = ys,
                        .go = -1};
    s->port =
        cj_arena_take_zero(&o->memory, (size_t)(carries + 1 + xs + operands) * sizeof *s->port);
    s->next = take(o, carries + 1);
    s->stack = take(o, ys);
    o->row = take(o, xs);
    o->operand = take(o, operands);
    s->index = cj_parameter(o->at, o->context, CJ_I64, 0, NULL);
    if (!o->graph || !s->port || !s->next || !s->stack || !o->row || !o->operand || !s->index)
        return false;
    s->since = s->index->serial;
    cj_loop_port *port = s->port + carries;
    for (int i = 0; i < xs; i++, port++) {
        o->row[i] = cj_row_parameter(o->at, x[i]);
        *port = (cj_loop_port){.inner = o->row[i], .source = x[i]};
    }
    for (int i = 0; i < operands; i++, port++) {
        const cj_tensor *t = operand[i];
        o->operand[i] = cj_parameter(o->at, o->context, (cj_dtype)t->dtype, t->rank, t->shape);
        *port = (cj_loop_port){.inner = o->operand[i], .source = operand[i]};
    }
    o->frame = (cj_open_body){o->graph->open, has_index ? s->index : NULL};
    return o->context->build_status == CJ_OK;
}

static cj_status close_body(opened *o, bool good)
{
    if (!good && o->context->build_status == CJ_OK)
        cj_fail_building(o->context, CJ_NO_MEMORY, o->at, "loop: out of memory");
    cj_arena_free(&o->memory);
    return o->context->build_status;
}

static void no_results(int count, cj_tensor **result)
{
    for (int i = 0; result && i < count; i++)
        result[i] = NULL;
}

static bool all_there(cj_context *context, cj_at at, const char *what, int count,
                      cj_tensor *const *x)
{
    for (int i = 0; i < count; i++)
        if (!x || !x[i]) {
            if (context->build_status == CJ_OK)
                cj_fail_building(context, CJ_INVALID, at, "loop: %s %d is NULL", what, i + 1);
            return false;
        }
    return true;
}

/* A bool or count as a tensor without axes. */
static cj_tensor *one_element(cj_at at, const char *what, cj_tensor *x, cj_dtype dtype)
{
    if (x->dtype != dtype || x->elements != 1) {
        cj_fail_building(x->context, x->dtype != dtype ? CJ_DTYPE : CJ_SHAPE, at,
                         "loop: %s is %s; it must be %s with one element", what, CJ_SHAPE_OF(x),
                         cj_dtype_name(dtype));
        return NULL;
    }
    return cj_reshape_at(at, x, 0, NULL);
}

static bool like_carry(cj_at at, const cj_tensor *next, const cj_tensor *carry, int i)
{
    if (next->dtype == carry->dtype && cj_same_shape(next, carry))
        return true;
    cj_fail_building(carry->context, next->dtype != carry->dtype ? CJ_DTYPE : CJ_SHAPE, at,
                     "loop: carry %d is %s, but the body makes it %s; a carry keeps its dtype and "
                     "shape",
                     i + 1, CJ_SHAPE_OF(carry), CJ_SHAPE_OF(next));
    return false;
}

/* ---- the loop ---- */

static bool find_capacity(const struct cj_loop_args *a, int64_t *capacity)
{
    *capacity = a->capacity == CJ_ZERO ? 0 : a->capacity ? a->capacity : -1;
    if (a->capacity < 0 && a->capacity != CJ_ZERO) {
        cj_fail_building(a->context, CJ_INVALID, a->at, "loop: capacity %" PRId64 " is negative",
                         a->capacity);
        return false;
    }
    for (int i = 0; i < a->xs; i++) {
        const cj_tensor *x = a->x[i];
        if (x->rank == 0 || (*capacity >= 0 && x->shape[0] != *capacity)) {
            cj_fail_building(a->context, CJ_SHAPE, a->at,
                             "loop: xs %d is %s; its first axis must have one element an "
                             "iteration%s",
                             i + 1, CJ_SHAPE_OF(x),
                             x->rank ? ", as many as the other xs and the capacity" : "");
            return false;
        }
        *capacity = x->shape[0];
    }
    return true;
}

/* The carry that says whether to go on stands behind those of the caller. */
static bool add_go(opened *o, const struct cj_loop_args *a, cj_tensor *go)
{
    cj_loop_spec *s = &o->spec;
    cj_tensor *next = one_element(a->at, "go", go, CJ_BOOL);
    cj_tensor *init = a->go ? one_element(a->at, "go", a->go, CJ_BOOL)
                            : cj_scalar_at(a->at, a->context, CJ_BOOL, 1);
    cj_tensor *param = cj_parameter(a->at, a->context, CJ_BOOL, 0, NULL);
    if (!next || !init || !param)
        return false;
    memmove(s->port + a->carries + 1, s->port + a->carries,
            (size_t)(a->xs + a->operands) * sizeof *s->port);
    s->port[a->carries] = (cj_loop_port){.inner = param, .source = init};
    s->next[a->carries] = next;
    s->go = a->carries;
    s->carries++;
    return true;
}

static bool run_body(opened *o, const struct cj_loop_args *a, cj_tensor **carry)
{
    cj_loop_spec *s = &o->spec;
    for (int i = 0; i < a->carries; i++) {
        const cj_tensor *t = a->init[i];
        carry[i] = cj_parameter(a->at, a->context, (cj_dtype)t->dtype, t->rank, t->shape);
        s->port[i] = (cj_loop_port){.inner = carry[i], .source = a->init[i]};
    }
    if (a->context->build_status != CJ_OK)
        return false;
    cj_body b = {.context = a->context,
                 .index = s->index,
                 .carry = carry,
                 .x = o->row,
                 .operand = o->operand,
                 .next = s->next,
                 .y = s->stack};
    o->graph->open = &o->frame;
    a->body(a->user, &b);
    o->graph->open = o->frame.outer;
    if (a->context->build_status != CJ_OK ||
        !all_there(a->context, a->at, "what the body sets as next", a->carries, s->next) ||
        !all_there(a->context, a->at, "what the body sets as y", a->ys, s->stack))
        return false;
    for (int i = 0; i < a->carries; i++)
        if (!like_carry(a->at, s->next[i], a->init[i], i))
            return false;
    if (b.go ? a->reverse : a->go || (s->capacity < 0 && !a->count)) {
        cj_fail_building(a->context, CJ_INVALID, a->at, "loop: %s",
                         b.go    ? "the body sets go, so it cannot run in reverse"
                         : a->go ? "go is given, but the body does not set it"
                                 : "it has no end: give .capacity, .count or xs, or let the body "
                                   "set go");
        return false;
    }
    return !b.go || add_go(o, a, b.go);
}

static bool build(opened *o, const struct cj_loop_args *a)
{
    cj_loop_spec *s = &o->spec;
    cj_tensor **carry = take(o, a->carries);
    s->reverse = a->reverse;
    s->checkpoint = a->checkpoint;
    if (!carry || (a->count && !(s->count = one_element(a->at, "count", a->count, CJ_I64))) ||
        !run_body(o, a, carry))
        return false;
    cj_tensor *loop = cj_loop_make(s);
    if (!loop)
        return false;
    for (int i = 0; a->last && i < a->carries; i++)
        a->last[i] = cj_loop_carry(a->at, loop, i);
    for (int i = 0; a->y && i < a->ys; i++)
        a->y[i] = cj_loop_stack(a->at, loop, s->stack[i]);
    if (a->iterations)
        *a->iterations = cj_loop_count(a->at, loop);
    return a->context->build_status == CJ_OK;
}

cj_status cj_loop_at(const struct cj_loop_args *args)
{
    struct cj_loop_args a;
    cj_context *context = args->context;
    if (!context)
        return CJ_INVALID;
    if (!CJ_TAKE_ARGS(context, "loop", a, args))
        return context->build_status;
    no_results(a.carries, a.last);
    no_results(a.ys, a.y);
    no_results(1, a.iterations);
    if (context->build_status != CJ_OK)
        return context->build_status;
    opened o = {.context = context, .at = a.at};
    int64_t capacity;
    if (!all_there(context, a.at, "init", a.carries, a.init) ||
        !all_there(context, a.at, "xs", a.xs, a.x) ||
        !all_there(context, a.at, "operand", a.operands, a.operand) ||
        !find_capacity(&a, &capacity))
        return context->build_status;
    if (a.segment > 0 && (a.count || capacity < 0 || capacity > a.segment))
        return cj_loop_in_segments(&a, capacity);
    bool good = open_body(&o, a.carries, a.xs, a.x, a.operands, a.operand, a.ys, true);
    o.spec.capacity = capacity;
    good = good && build(&o, &a);
    if (!good) {
        no_results(a.carries, a.last);
        no_results(a.ys, a.y);
        no_results(1, a.iterations);
    }
    return close_body(&o, good);
}

cj_status cj_fori_at(cj_at at, int64_t n, cj_body_fn *body, void *user, int carries,
                     cj_tensor *const *init, cj_tensor **last)
{
    no_results(carries, last);
    cj_context *context = carries && init && init[0] ? init[0]->context : NULL;
    at.size = sizeof(struct cj_loop_args);
    return cj_loop_at(&(struct cj_loop_args){.context = context,
                                             .body = body,
                                             .user = user,
                                             .at = at,
                                             .carries = carries,
                                             .init = init,
                                             .capacity = n ? n : CJ_ZERO,
                                             .last = last});
}

/* ---- while ---- */

static void while_body(void *user, cj_body *b)
{
    const struct cj_while_args *a = user;
    cj_body inner = *b;
    a->body(a->user, &inner);
    for (int i = 0; i < a->carries; i++)
        if (!b->next[i])
            return;
    b->go = a->condition(a->user, b->next);
}

cj_status cj_while_at(const struct cj_while_args *args)
{
    struct cj_while_args a = {0};
    memcpy(&a, args, CJ_MIN(sizeof a, (size_t)args->at.size)); /* there may be no context to ask */
    no_results(a.carries, a.last);
    no_results(1, a.iterations);
    if (args->carries < 1 || !args->init || !args->init[0])
        return CJ_INVALID;
    cj_context *context = args->init[0]->context;
    if (!CJ_TAKE_ARGS(context, "while", a, args) || context->build_status != CJ_OK ||
        !all_there(context, a.at, "init", a.carries, a.init))
        return context->build_status;
    cj_tensor *go = a.condition(a.user, a.init);
    if (!go)
        return context->build_status != CJ_OK
                   ? context->build_status
                   : cj_fail_building(context, CJ_INVALID, a.at,
                                      "while: the condition returned NULL");
    cj_at at = {a.at.file, a.at.line, sizeof(struct cj_loop_args)};
    return cj_loop_at(&(struct cj_loop_args){.context = context,
                                             .body = while_body,
                                             .user = &a,
                                             .at = at,
                                             .carries = a.carries,
                                             .init = a.init,
                                             .capacity = a.capacity,
                                             .go = go,
                                             .last = a.last,
                                             .iterations = a.iterations});
}

/* ---- cond: two loops of at most one iteration, the second over what the first left ---- */

typedef struct branch {
    cj_at at;
    cj_branch_fn *fn;
    void *user;
    int operands, results;
    cj_tensor *const *operand;
} branch;

/* result: what the branch makes where `taken`, else `before` (NULL: zeros). */
static bool take_branch(cj_context *context, const branch *b, cj_tensor *taken,
                        cj_tensor *const *before, cj_tensor **result)
{
    opened o = {.context = context, .at = b->at};
    bool good = open_body(&o, b->results, 0, NULL, b->operands, b->operand, 0, false);
    cj_loop_spec *s = &o.spec;
    s->capacity = 1;
    s->count = cj_cast_at(b->at, taken, CJ_I64);
    if (good) {
        o.graph->open = &o.frame;
        b->fn(b->user, o.operand, s->next);
        o.graph->open = o.frame.outer;
    }
    good = good && s->count && context->build_status == CJ_OK &&
           all_there(context, b->at, "what a branch sets as result", b->results, s->next);
    for (int i = 0; good && i < b->results; i++) {
        const cj_tensor *next = s->next[i];
        cj_dtype dtype = (cj_dtype)next->dtype;
        cj_tensor *init =
            before ? before[i] : cj_full_at(b->at, context, dtype, next->rank, next->shape, 0);
        cj_tensor *param = cj_parameter(b->at, context, dtype, next->rank, next->shape);
        s->port[i] = (cj_loop_port){.inner = param, .source = init};
        good = init && param;
        if (good && (init->dtype != next->dtype || !cj_same_shape(init, next))) {
            cj_fail_building(context, init->dtype != next->dtype ? CJ_DTYPE : CJ_SHAPE, b->at,
                             "cond: result %d is %s in one branch, %s in the other", i + 1,
                             CJ_SHAPE_OF(init), CJ_SHAPE_OF(next));
            good = false;
        }
    }
    cj_tensor *loop = good ? cj_loop_make(s) : NULL;
    for (int i = 0; i < b->results; i++)
        result[i] = loop ? cj_loop_carry(b->at, loop, i) : NULL;
    return close_body(&o, loop != NULL) == CJ_OK;
}

cj_status cj_cond_at(cj_at at, cj_tensor *predicate, cj_branch_fn *yes, cj_branch_fn *no,
                     void *user, int operands, cj_tensor *const *operand, int results,
                     cj_tensor **result)
{
    no_results(results, result);
    cj_context *context = predicate ? predicate->context : NULL;
    if (!context)
        return CJ_INVALID;
    if (context->build_status != CJ_OK || !all_there(context, at, "operand", operands, operand))
        return context->build_status;
    cj_tensor *taken = one_element(at, "the predicate", predicate, CJ_BOOL);
    if (!taken)
        return context->build_status;
    branch b = {at, yes, user, operands, results, operand};
    if (take_branch(context, &b, taken, NULL, result)) {
        b.fn = no;
        take_branch(context, &b, cj_not_at(at, taken), result, result);
    }
    if (context->build_status != CJ_OK)
        no_results(results, result);
    return context->build_status;
}
