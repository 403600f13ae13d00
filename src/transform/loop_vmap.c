/*
 * src/transform/loop_vmap.c - a loop over lanes: one loop whose body is made over lanes.
 *
 * Which carries have lanes is found by making the body over lanes until no carry gets a new one.
 * Where the lanes do not run equally many iterations - each has its own count, or its own go -
 * the loop runs until all are done, and a mask says in each iteration who takes part: the others
 * keep their carries, and stack zeros. What such a lane's body computes is thrown away on the
 * way forward by where; so that its derivatives (an infinite one times a cotangent of 0) are
 * thrown away as well, the body reads its values through where(mask, x, stop_gradient(x)).
 */
#include "cajal/transform.h"
#include "graph/loop.h"
#include "transform/batch.h"

typedef struct lanes_loop {
    cj_at at;
    cj_context *context;
    cj_tensor *node;
    const cj_loop *loop;
    int64_t lanes;
    cj_tensor *const *source; /* what stands for the LOOP's sources; NULL: not for a RESULT */
    const bool *batched;
    int32_t carries, params;
    cj_arena memory;
    cj_tensor **param; /* with lanes, or NULL */
    cj_tensor **image; /* what the body reads in its place */
    cj_tensor **x, **by, **next;
    bool own_go, own_count;              /* of each lane */
    cj_tensor *mask, *count, *any, *ran; /* parameters, but for the mask */
    cj_loop_spec spec;
} lanes_loop;

static cj_tensor **take(lanes_loop *w, int32_t count)
{
    return cj_arena_take_zero(&w->memory, (size_t)(count + 1) * sizeof(cj_tensor *));
}

static cj_tensor *with_lanes(lanes_loop *w, const cj_tensor *p)
{
    int64_t shape[CJ_MAX_RANK + 1] = {w->lanes};
    if (p->rank)
        memcpy(shape + 1, p->shape, (size_t)p->rank * sizeof *shape);
    return cj_parameter(w->at, w->context, (cj_dtype)p->dtype, p->rank + 1, shape);
}

static cj_tensor *vector(lanes_loop *w, cj_dtype dtype)
{
    return cj_parameter(w->at, w->context, dtype, 1, &w->lanes);
}

/* The mask as a condition on a value with lanes. */
static cj_tensor *select_running(cj_at at, cj_tensor *mask, cj_tensor *a, cj_tensor *b)
{
    int64_t shape[CJ_MAX_RANK];
    if (!a || !mask)
        return NULL;
    for (int i = 0; i < a->rank; i++)
        shape[i] = i == 0 ? a->shape[0] : 1;
    return cj_where_at(at, cj_reshape_at(at, mask, a->rank, shape), a, b);
}

/* Who runs the iteration: whose go is true, whose count is above the row. */
static void make_mask(lanes_loop *w)
{
    if (w->own_go)
        w->mask = w->param[w->loop->go];
    if (w->own_count) {
        cj_tensor *below = cj_lt_at(w->at, w->loop->index, w->count = vector(w, CJ_I64));
        w->mask = w->mask ? cj_and_at(w->at, w->mask, below) : below;
    }
}

static void add_lanes(lanes_loop *w, int32_t p)
{
    w->param[p] = with_lanes(w, w->loop->param[p]);
    if (w->mask && p != w->loop->go)
        w->image[p] =
            select_running(w->at, w->mask, w->param[p], cj_stop_gradient_at(w->at, w->param[p]));
    else
        w->image[p] = w->param[p];
}

/* Nodes of the body over lanes; NULL for what is the same in all. */
static bool over_lanes(lanes_loop *w, int32_t count, cj_tensor *const *node, cj_tensor **out)
{
    int x = 0;
    for (int32_t p = 0; p < w->params; p++)
        if (w->image[p]) {
            w->x[x] = w->loop->param[p];
            w->by[x++] = w->image[p];
        }
    return cj_lanes_of(w->context, w->at, w->lanes, x, w->x, w->by, count, node, out) == CJ_OK;
}

/* Where lanes have a go of their own there is a mask, which every value of the body wants: one
 * begins anew then. */
static bool find_lanes(lanes_loop *w)
{
    const cj_loop *loop = w->loop;
    w->own_count = loop->counted && w->batched[w->params];
    w->own_go = loop->go >= 0 && w->batched[loop->go];
    for (bool more = true; more;) {
        more = false;
        if ((w->own_count || w->own_go) && !w->mask) {
            memset(w->param, 0, (size_t)w->params * sizeof *w->param);
            memset(w->image, 0, (size_t)w->params * sizeof *w->image);
            if (w->own_go)
                add_lanes(w, loop->go);
            make_mask(w);
            if (!w->mask)
                return false;
        }
        for (int32_t p = 0; p < w->params; p++)
            if (!w->param[p] && (w->batched[p] || (w->mask && p < w->carries && p != loop->go)))
                add_lanes(w, p);
        if (w->context->build_status != CJ_OK || !over_lanes(w, w->carries, loop->next, w->next))
            return false;
        for (int32_t k = 0; k < w->carries; k++)
            if (w->next[k] && !w->param[k]) {
                more = true;
                if (k == loop->go) {
                    w->own_go = true;
                    w->mask = NULL;
                } else {
                    add_lanes(w, k);
                }
            }
    }
    return w->context->build_status == CJ_OK;
}

static cj_tensor *any_lane(cj_at at, cj_tensor *x)
{
    return x ? cj_amax_at(at, x, CJ_ALL, false) : NULL;
}

/* A source for a parameter with lanes, or without. Rows come first, lanes second. */
static cj_tensor *source_of(lanes_loop *w, int32_t p)
{
    cj_tensor *s = w->source[p];
    bool is_row = p >= w->carries && p < w->carries + w->loop->xs;
    if (!w->param[p])
        return s;
    if (!w->batched[p])
        s = cj_repeat_lanes(w->at, s, w->lanes);
    return is_row ? cj_transpose_at(w->at, s, 0, 1) : s;
}

static void add_carry(lanes_loop *w, cj_tensor *param, cj_tensor *init, cj_tensor *next)
{
    cj_loop_spec *s = &w->spec;
    s->port[s->carries] = (cj_loop_port){.inner = param, .source = init};
    s->next[s->carries++] = next;
}

/* next where the lane runs, else what it was. */
static void add_carries(lanes_loop *w)
{
    const cj_loop *loop = w->loop;
    for (int32_t k = 0; k < w->carries; k++) {
        cj_tensor *next = w->next[k] ? w->next[k] : loop->next[k];
        if (w->param[k] && !w->next[k])
            next = cj_repeat_lanes(w->at, next, w->lanes);
        if (w->param[k] && w->mask)
            next = select_running(w->at, w->mask, next, w->param[k]);
        add_carry(w, w->param[k] ? w->param[k] : loop->param[k], source_of(w, k), next);
    }
    if (!w->mask)
        return;
    w->ran = vector(w, CJ_I64);
    cj_tensor *none = cj_full_at(w->at, w->context, CJ_I64, 1, &w->lanes, 0);
    add_carry(w, w->ran, none, cj_add_at(w->at, w->ran, cj_cast_at(w->at, w->mask, CJ_I64)));
    if (!w->own_go)
        return;
    w->spec.go = w->spec.carries;
    w->any = cj_parameter(w->at, w->context, CJ_BOOL, 0, NULL);
    add_carry(w, w->any, any_lane(w->at, w->spec.port[loop->go].source),
              any_lane(w->at, w->spec.next[loop->go]));
}

static cj_tensor *make_loop(lanes_loop *w)
{
    const cj_loop *loop = w->loop;
    cj_loop_spec *s = &w->spec;
    cj_tensor *count = loop->counted ? w->source[w->params] : NULL;
    *s = (cj_loop_spec){.context = w->context,
                        .at = w->at,
                        .xs = loop->xs,
                        .captures = loop->captures + w->own_count,
                        .index = loop->index,
                        .count = w->own_count ? any_lane(w->at, count) : count,
                        .go = loop->go,
                        .capacity = loop->capacity,
                        .reverse = loop->reverse,
                        .checkpoint = loop->checkpoint,
                        .of = loop,
                        .image = w->image,
                        .since = loop->index->serial};
    s->port = cj_arena_take_zero(&w->memory, (size_t)(w->params + 4) * sizeof *s->port);
    s->next = take(w, w->carries + 2);
    if (!s->port || !s->next)
        return NULL;
    add_carries(w);
    cj_loop_port *port = s->port + s->carries;
    for (int32_t p = w->carries; p < w->params; p++)
        *port++ = (cj_loop_port){.inner = w->param[p] ? w->param[p] : loop->param[p],
                                 .source = source_of(w, p)};
    if (w->own_count)
        *port = (cj_loop_port){.inner = w->count, .source = count};
    s->mask = w->mask;
    return w->context->build_status == CJ_OK ? cj_loop_make(s) : NULL;
}

static bool begin(lanes_loop *w, cj_at at, cj_tensor *node, const cj_loop *loop, int64_t lanes)
{
    *w = (lanes_loop){
        .at = at, .context = node->context, .node = node, .loop = loop, .lanes = lanes};
    cj_arena_init(&w->memory, w->context);
    w->carries = loop->carries;
    w->params = cj_loop_params(loop);
    w->param = take(w, w->params);
    w->image = take(w, w->params);
    w->next = take(w, w->carries);
    w->x = take(w, w->params);
    w->by = take(w, w->params);
    return w->param && w->image && w->next && w->x && w->by;
}

static cj_tensor *end(lanes_loop *w, bool good, cj_tensor *made)
{
    if (!good && w->context->build_status == CJ_OK)
        cj_fail_building(w->context, CJ_NO_MEMORY, w->at, "vmap: out of memory for a loop");
    cj_arena_free(&w->memory);
    return made;
}

CJ_BATCH(loop)
{
    lanes_loop w;
    cj_tensor *made = NULL;
    bool good = begin(&w, at, node, cj_loop_of(node), lanes);
    w.source = source;
    w.batched = batched;
    good = good && find_lanes(&w) && (made = make_loop(&w));
    return end(&w, good, made);
}

static cj_tensor *stack_lanes(cj_at at, cj_tensor *inner, cj_tensor *loop, int64_t lanes)
{
    const cj_loop *made = cj_loop_of(loop);
    lanes_loop w;
    cj_tensor *moved = NULL;
    bool good = begin(&w, at, loop, made->of, lanes);
    if (good) {
        memcpy(w.image, made->image, (size_t)w.params * sizeof *w.image);
        good = over_lanes(&w, 1, &inner, &moved);
    }
    if (good && !moved && !made->mask)
        return end(&w, good, cj_repeat_lanes(at, cj_loop_stack(at, loop, inner), lanes));
    if (good && !moved)
        moved = cj_repeat_lanes(at, inner, lanes);
    if (good && made->mask)
        moved = select_running(at, made->mask, moved, cj_like_at(at, inner, 0));
    cj_tensor *rows = moved ? cj_loop_stack(at, loop, moved) : NULL;
    return end(&w, good, rows ? cj_transpose_at(at, rows, 0, 1) : NULL);
}

CJ_BATCH(result)
{
    (void)batched;
    cj_tensor *loop = source[0];
    const cj_loop *made = cj_loop_of(loop);
    int32_t carry = (int32_t)node->option[1];
    switch (node->option[0]) {
    case CJ_RESULT_STACK: return stack_lanes(at, node->payload, loop, lanes);
    case CJ_RESULT_COUNT:
        return made->mask ? cj_loop_carry(at, loop, made->of->carries)
                          : cj_repeat_lanes(at, cj_loop_count(at, loop), lanes);
    default: {
        cj_tensor *last = cj_loop_carry(at, loop, carry);
        return made->image[carry] ? last : cj_repeat_lanes(at, last, lanes);
    }
    }
}

/* A body's parameter is replaced by its lanes, or is the same in all. */
CJ_BATCH(parameter)
{
    (void)at, (void)lanes, (void)source, (void)batched;
    return node;
}
