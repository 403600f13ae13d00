/*
 * src/transform/loop_jvp.c - forward mode of a loop: one loop of the body and its tangents.
 *
 * The tangent of a LOOP node is a LOOP with the same parameters and body, and besides them
 * parameters for the tangents; which carries have one is found by building the tangents until no
 * carry gets a new one. The tangent of a RESULT is a result of that loop. The schedule makes one
 * loop of the two.
 */
#include "cajal/transform.h"
#include "graph/loop.h"
#include "transform/rules.h"

typedef struct tangents {
    cj_at at;
    cj_tensor *node;
    const cj_loop *loop;
    cj_arena memory;
    cj_tensor **param; /* the tangent of each parameter, or NULL */
    cj_tensor **next;  /* of each carry */
    cj_tensor **x, **v, **y, **out;
} tangents;

static cj_tensor **take(tangents *w, int32_t count)
{
    return cj_arena_take_zero(&w->memory, (size_t)(count + 1) * sizeof(cj_tensor *));
}

static cj_tensor *parameter_like(cj_at at, const cj_tensor *p)
{
    return cj_parameter(at, p->context, (cj_dtype)p->dtype, p->rank, p->shape);
}

/* The tangents of some nodes of the body, given those of the parameters; NULL for what is no
 * float. */
static bool push(tangents *w, int32_t count, cj_tensor *const *node, cj_tensor **out)
{
    int x = 0, y = 0;
    for (int32_t i = 0; i < cj_loop_params(w->loop); i++)
        if (w->param[i]) {
            w->x[x] = w->loop->param[i];
            w->v[x++] = w->param[i];
        }
    for (int32_t i = 0; i < count; i++)
        if (cj_dtype_class(node[i]->dtype) == 'f')
            w->y[y++] = node[i];
    if (y && cj_jvp_at(w->at, x, w->x, w->v, y, w->y, w->out) != CJ_OK)
        return false;
    for (int32_t i = count; i-- > 0;)
        out[i] = cj_dtype_class(node[i]->dtype) == 'f' ? w->out[--y] : NULL;
    return true;
}

static bool find_tangents(tangents *w, cj_tensor *const *t)
{
    int32_t carries = w->loop->carries;
    for (int32_t i = 0; i < cj_loop_params(w->loop); i++)
        if (t[i] && !(w->param[i] = parameter_like(w->at, w->loop->param[i])))
            return false;
    for (bool more = true; more;) {
        more = false;
        if (!push(w, carries, w->loop->next, w->next))
            return false;
        for (int32_t i = 0; i < carries; i++)
            if (w->next[i] && !w->param[i]) {
                w->param[i] = parameter_like(w->at, w->loop->param[i]);
                more = true;
            }
    }
    return w->node->context->build_status == CJ_OK;
}

/* Appends the parameters [first, last) of the loop, then those of their tangents. */
static cj_loop_port *add_ports(tangents *w, cj_tensor *const *t, int32_t first, int32_t last,
                               cj_loop_port *port)
{
    for (int32_t i = first; i < last; i++)
        *port++ = (cj_loop_port){.inner = w->loop->param[i], .source = w->node->source[i]};
    for (int32_t i = first; i < last; i++)
        if (w->param[i]) {
            const cj_tensor *p = w->param[i];
            cj_tensor *source =
                t[i] ? t[i]
                     : cj_full_at(w->at, p->context, (cj_dtype)p->dtype, p->rank, p->shape, 0);
            *port++ = (cj_loop_port){.inner = w->param[i], .source = source};
        }
    return port;
}

static cj_tensor *make_loop(tangents *w, cj_tensor *const *t)
{
    const cj_loop *loop = w->loop;
    int32_t carries = loop->carries, params = cj_loop_params(loop);
    cj_loop_port *port = cj_arena_take_zero(&w->memory, (size_t)(2 * params + 1) * sizeof *port);
    cj_tensor **next = take(w, 2 * carries);
    if (!port || !next)
        return NULL;
    cj_loop_port *after_carries = add_ports(w, t, 0, carries, port);
    cj_loop_port *after_xs = add_ports(w, t, carries, carries + loop->xs, after_carries);
    cj_loop_port *end = add_ports(w, t, carries + loop->xs, params, after_xs);
    int32_t at = carries;
    for (int32_t i = 0; i < carries; i++) {
        next[i] = loop->next[i];
        const cj_tensor *p = loop->param[i];
        if (w->param[i])
            next[at++] = w->next[i] ? w->next[i]
                                    : cj_full_at(w->at, p->context, (cj_dtype)p->dtype, p->rank,
                                                 p->shape, 0);
    }
    if (w->node->context->build_status != CJ_OK)
        return NULL;
    return cj_loop_make(&(cj_loop_spec){
        .context = w->node->context,
        .at = w->at,
        .carries = at,
        .xs = (int32_t)(after_xs - after_carries),
        .captures = (int32_t)(end - after_xs),
        .port = port,
        .next = next,
        .index = loop->index,
        .count = loop->counted ? w->node->source[params] : NULL,
        .go = loop->go,
        .capacity = loop->capacity,
        .reverse = loop->reverse,
        .checkpoint = loop->checkpoint,
        .of = loop,
        .image = w->param,
        .since = loop->index->serial,
    });
}

static bool begin(tangents *w, cj_at at, cj_tensor *node, const cj_loop *loop, int32_t nodes)
{
    *w = (tangents){.at = at, .node = node, .loop = loop};
    cj_arena_init(&w->memory, node->context);
    int32_t params = cj_loop_params(loop);
    w->param = take(w, params);
    w->next = take(w, loop->carries);
    w->x = take(w, params);
    w->v = take(w, params);
    w->y = take(w, nodes);
    w->out = take(w, nodes);
    return w->param && w->next && w->x && w->v && w->y && w->out;
}

static cj_tensor *end(tangents *w, bool good, cj_tensor *made)
{
    cj_context *context = w->node->context;
    if (!good && context->build_status == CJ_OK)
        cj_fail_building(context, CJ_NO_MEMORY, w->at,
                         "out of memory while differentiating a loop forward");
    cj_arena_free(&w->memory);
    return made;
}

CJ_TANGENT(loop)
{
    tangents w;
    cj_tensor *made = NULL;
    const cj_loop *loop = cj_loop_of(node);
    bool good = begin(&w, at, node, loop, loop->carries) && find_tangents(&w, t) &&
                (made = make_loop(&w, t));
    return end(&w, good, made);
}

/* Where an iteration is sure to run, a carry that the body makes of nothing that moves has no
 * tangent. */
static cj_tensor *last_tangent(cj_at at, cj_tensor *loop, int64_t carry)
{
    const cj_loop *made = cj_loop_of(loop);
    int32_t place = made->of->carries;
    for (int32_t i = 0; i < carry; i++)
        place += made->image[i] != NULL;
    if (!made->image[carry])
        return NULL;
    const cj_tensor *next = cj_uniform_scalar(made->next[place]);
    bool runs = !made->counted && made->go < 0 && made->capacity > 0;
    return runs && next && next->option[0] == 0 ? NULL : cj_loop_carry(at, loop, place);
}

CJ_TANGENT(result)
{
    cj_tensor *loop = t[0];
    const cj_loop *primal = cj_loop_of(loop)->of;
    cj_tensor *const *tangent = cj_loop_of(loop)->image;
    if (node->option[0] == CJ_RESULT_CARRY)
        return last_tangent(at, loop, node->option[1]);
    tangents w;
    cj_tensor *inner = node->payload, *moved = NULL;
    bool good = begin(&w, at, loop, primal, 1);
    if (good) {
        memcpy(w.param, tangent, (size_t)cj_loop_params(primal) * sizeof *tangent);
        good = push(&w, 1, &inner, &moved);
    }
    end(&w, good, NULL);
    return moved ? cj_loop_stack(at, loop, moved) : NULL;
}
