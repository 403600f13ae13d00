/*
 * src/transform/abstract.c - sets through a graph: the walk, and what one does with a set.
 */
#include "transform/abstract.h"
#include "transform/rewrite.h"
#include "transform/rules.h"

/* ---- sets ---- */

static cj_tensor *spread(cj_at at, const cj_abstract *set)
{
    cj_tensor *errors = NULL;
    if (set->errors)
        errors = cj_sum_at(at, cj_abs_at(at, set->errors), CJ_AXIS(0), false);
    if (!set->radius || !errors)
        return set->radius ? set->radius : errors;
    return cj_add_at(at, set->radius, errors);
}

cj_status cj_abstract_bounds_at(cj_at at, const cj_abstract *set, cj_tensor **low, cj_tensor **high)
{
    *low = *high = set->center;
    if (!set->center)
        return CJ_INVALID;
    cj_tensor *r = spread(at, set);
    if (r) {
        *low = cj_sub_at(at, set->center, r);
        *high = cj_add_at(at, set->center, r);
    }
    return cj_context_status(set->center->context);
}

cj_abstract cj_abstract_box_at(cj_at at, cj_tensor *low, cj_tensor *high)
{
    if (low == high)
        return (cj_abstract){.center = low};
    return (cj_abstract){.center = cj_scale_at(at, cj_add_at(at, low, high), 0.5),
                         .radius = cj_scale_at(at, cj_sub_at(at, high, low), 0.5)};
}

cj_abstract cj_abstract_concrete_at(cj_at at, const cj_abstract *set)
{
    return (cj_abstract){.center = set->center, .radius = set->center ? spread(at, set) : NULL};
}

cj_abstract cj_abstract_correlated_at(cj_at at, const cj_abstract *set)
{
    cj_tensor *radius = set->radius;
    if (!set->center || !radius)
        return *set;
    int64_t shape[CJ_MAX_RANK + 1], n = radius->elements;
    shape[0] = n;
    memcpy(shape + 1, radius->shape, radius->rank * sizeof *shape);
    cj_context *context = radius->context;
    cj_tensor *row = cj_iota_at(at, context, CJ_I64, 2, (int64_t[]){n, n}, 0);
    cj_tensor *column = cj_iota_at(at, context, CJ_I64, 2, (int64_t[]){n, n}, 1);
    cj_tensor *own = cj_reshape_at(at, radius, 2, (int64_t[]){1, n});
    own = cj_where_at(at, cj_eq_at(at, row, column), own, cj_like_at(at, radius, 0));
    own = cj_reshape_at(at, own, radius->rank + 1, shape);
    if (set->errors)
        own = cj_concat_at(at, 0, 2, (cj_tensor *[]){set->errors, own});
    return (cj_abstract){.center = set->center, .errors = own};
}

/* ---- the ends of sources and results ---- */

static void find_ends(cj_carrier *c, cj_range *r)
{
    if (!r->low)
        cj_abstract_bounds_at(c->at, &r->set, &r->low, &r->high);
}

cj_tensor *cj_low_of(cj_carrier *c, int i)
{
    if (!c->source[i]->reached)
        return c->node->source[i];
    find_ends(c, c->source[i]);
    return c->source[i]->low;
}

cj_tensor *cj_high_of(cj_carrier *c, int i)
{
    if (!c->source[i]->reached)
        return c->node->source[i];
    find_ends(c, c->source[i]);
    return c->source[i]->high;
}

void cj_put_ends(cj_carrier *c, cj_range *out, cj_tensor *low, cj_tensor *high)
{
    out->low = low;
    out->high = high;
    if (low && high && cj_dtype_class(low->dtype) == 'f')
        out->set = cj_abstract_box_at(c->at, low, high);
}

/* ---- the walk ---- */

typedef struct walk {
    cj_carrier c;
    cj_traversal list;
    cj_arena memory;
    cj_range *range; /* by slot */
    bool *needed;    /* by slot: an output hangs on it */
} walk;

static bool same_form(const cj_tensor *a, const cj_tensor *b, int from)
{
    return a->dtype == b->dtype && a->rank == b->rank + from &&
           memcmp(a->shape + from, b->shape, b->rank * sizeof *b->shape) == 0;
}

static cj_status check_given(cj_context *context, cj_at at, int count, cj_tensor *const *x,
                             const cj_abstract *given)
{
    char one[160], two[160];
    for (int k = 0; k < count; k++) {
        const cj_abstract *g = &given[k];
        if (!x[k] || !g->center)
            return cj_fail_building(context, CJ_INVALID, at,
                                    "propagate: tensor %d, or the center of its set, is NULL",
                                    k + 1);
        const cj_tensor *wrong = !same_form(g->center, x[k], 0)                ? g->center
                                 : g->radius && !same_form(g->radius, x[k], 0) ? g->radius
                                 : g->errors && !same_form(g->errors, x[k], 1) ? g->errors
                                                                               : NULL;
        if (wrong || cj_dtype_class(x[k]->dtype) != 'f')
            return cj_fail_building(
                context, CJ_SHAPE, at,
                "propagate: %s for %s: center and radius of a set are floats of "
                "its tensor's form, errors have one axis more in front",
                cj_shape_text(wrong ? wrong : x[k], one, sizeof one),
                cj_shape_text(x[k], two, sizeof two));
    }
    return CJ_OK;
}

static void carry(walk *w, uint32_t slot)
{
    cj_tensor *node = w->list.node[slot];
    cj_range *out = &w->range[slot];
    bool reached = false;
    for (int i = 0; i < node->source_count; i++) {
        w->c.source[i] = &w->range[cj_source_slot(&w->list, slot, i)];
        reached |= w->c.source[i]->reached && i < cj_value_sources(node);
    }
    if (!reached)
        return;
    out->reached = true;
    if (!cj_abstract_table[node->op]) {
        cj_fail_building(w->c.context, CJ_UNSUPPORTED, w->c.at,
                         "propagate: there is no rule that carries a set through %s",
                         cj_op_table[node->op].name);
        return;
    }
    w->c.node = node;
    cj_abstract_table[node->op](&w->c, out);
}

static cj_status run(walk *w, const struct cj_propagate_args *a)
{
    if (cj_traverse(&w->list, w->c.context, a->outputs, a->y) != CJ_OK ||
        cj_traverse_edges(&w->list) != CJ_OK)
        return CJ_NO_MEMORY;
    size_t most = 1;
    for (uint32_t slot = 0; slot < w->list.count; slot++)
        most = CJ_MAX(most, (size_t)w->list.node[slot]->source_count);
    w->range = cj_arena_take_zero(&w->memory, (w->list.count + 1) * sizeof *w->range);
    w->c.source = cj_arena_take(&w->memory, most * sizeof(cj_range *));
    w->needed = cj_arena_take_zero(&w->memory, w->list.count + 1);
    for (int i = 0; i < 3; i++)
        w->c.room[i] = cj_arena_take(&w->memory, most * sizeof(cj_tensor *));
    uint32_t *y_slot = cj_arena_take(&w->memory, ((size_t)a->outputs + 1) * sizeof *y_slot);
    if (!w->range || !w->needed || !w->c.source || !w->c.room[0] || !w->c.room[1] ||
        !w->c.room[2] || !y_slot)
        return CJ_NO_MEMORY;
    for (int j = 0; j < a->outputs; j++) {
        y_slot[j] = a->y[j]->slot;
        w->needed[y_slot[j]] = true;
    }
    for (int k = 0; k < a->count; k++)
        if (cj_traversed(&w->list, a->x[k]))
            w->range[a->x[k]->slot] = (cj_range){.reached = true, .set = a->given[k]};
    for (uint32_t slot = w->list.count; slot-- > 0;)
        if (w->needed[slot] && !w->range[slot].reached)
            for (int i = 0; i < w->list.node[slot]->source_count; i++)
                w->needed[cj_source_slot(&w->list, slot, i)] = true;
    for (uint32_t slot = 0; slot < w->list.count && w->c.context->build_status == CJ_OK; slot++)
        if (w->needed[slot] && !w->range[slot].reached)
            carry(w, slot);
    for (int j = 0; j < a->outputs && w->c.context->build_status == CJ_OK; j++)
        a->out[j] = w->range[y_slot[j]].reached ? w->range[y_slot[j]].set
                                                : (cj_abstract){.center = a->y[j]};
    return w->c.context->build_status;
}

cj_status cj_propagate_at(const struct cj_propagate_args *args)
{
    cj_context *context = NULL;
    for (int j = 0; j < args->outputs; j++)
        args->out[j] = (cj_abstract){0};
    cj_status status =
        cj_check_tensors(&context, args->at, "propagate", args->outputs, args->y, false);
    struct cj_propagate_args a;
    if (status != CJ_OK || !context)
        return status;
    if (!CJ_TAKE_ARGS(context, "propagate", a, args))
        return context->build_status;
    status = check_given(context, a.at, a.count, a.x, a.given);
    if (status == CJ_OK)
        status = cj_check_pairs(context, a.at, "propagate", "output", a.outputs, a.y, a.y);
    if (status != CJ_OK)
        return status;
    walk w = {.c = {.at = a.at, .context = context, .relu = a.relu}, .list = {.context = context}};
    cj_arena_init(&w.memory, context);
    status = run(&w, &a);
    if (status == CJ_NO_MEMORY)
        cj_fail_building(context, status, a.at, "propagate: out of memory");
    cj_arena_free(&w.memory);
    cj_traverse_free(&w.list);
    return context->build_status;
}
