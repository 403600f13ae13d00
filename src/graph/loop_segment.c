/*
 * src/graph/loop_segment.c - a loop of loops: n iterations as n / k segments of k, and what is
 * left over.
 */
#include "cajal/loop.h"

#include "graph/build.h"

typedef struct segments {
    const struct cj_loop_args *a;
    int64_t length;   /* of a segment */
    cj_tensor *start; /* i64[]: the row at which the segment at hand begins */
    cj_at at;
} segments;

static cj_status no_end(const struct cj_loop_args *a)
{
    return cj_fail_building(a->context, CJ_INVALID, a->at,
                            "loop: segments want a fixed number of iterations, by .capacity or xs: "
                            "leave out .segment, or .count and go");
}

static void iteration(void *user, cj_body *b)
{
    const segments *w = user;
    cj_tensor *index = cj_add_at(w->at, w->start, b->index);
    cj_graph_of(b->context, w->at)->open->index = index; /* draws fold it, as in a plain loop */
    b->index = index;
    w->a->body(w->a->user, b);
    if (b->go && b->context->build_status == CJ_OK)
        no_end(w->a);
}

/* The rows from w->start on: x of them, after `carry`. */
static cj_status run(const segments *w, cj_tensor *const *carry, cj_tensor *const *x,
                     cj_tensor *const *operand, int64_t length, cj_tensor **last, cj_tensor **y)
{
    const struct cj_loop_args *a = w->a;
    return cj_loop_at(&(struct cj_loop_args){.context = a->context,
                                             .body = iteration,
                                             .user = (void *)(uintptr_t)w,
                                             .at = w->at,
                                             .carries = a->carries,
                                             .init = carry,
                                             .xs = a->xs,
                                             .x = x,
                                             .operands = a->operands,
                                             .operand = operand,
                                             .ys = a->ys,
                                             .capacity = length,
                                             .reverse = a->reverse,
                                             .checkpoint = a->checkpoint,
                                             .last = last,
                                             .y = y});
}

static void segment(void *user, cj_body *b)
{
    segments w = *(const segments *)user;
    cj_graph_of(b->context, w.at)->open->index = NULL;
    cj_tensor *length = cj_scalar_at(w.at, b->context, CJ_I64, (double)w.length);
    w.start = cj_mul_at(w.at, b->index, length);
    run(&w, b->carry, b->x, b->operand, w.length, b->next, b->y);
}

/* Rows [begin, end) of x; as segments of `length` where that is not 0. */
static cj_tensor *rows(cj_at at, cj_tensor *x, int64_t begin, int64_t end, int64_t length)
{
    cj_tensor *part = cj_narrow_at(at, x, 0, begin, end);
    int64_t shape[CJ_MAX_RANK + 1] = {length ? (end - begin) / length : 0, length};
    if (!part || !length)
        return part;
    memcpy(shape + 2, x->shape + 1, (size_t)(x->rank - 1) * sizeof *shape);
    return cj_reshape_at(at, part, x->rank + 1, shape);
}

static bool take_rows(const segments *w, int64_t begin, int64_t end, int64_t length, cj_tensor **x)
{
    for (int i = 0; i < w->a->xs; i++)
        if (!(x[i] = rows(w->at, w->a->x[i], begin, end, length)))
            return false;
    return true;
}

static bool run_whole(const segments *w, int64_t end, cj_tensor *const *carry, cj_tensor **x,
                      cj_tensor **last, cj_tensor **y)
{
    const struct cj_loop_args *a = w->a;
    if (!take_rows(w, 0, end, w->length, x) ||
        cj_loop_at(&(struct cj_loop_args){.context = a->context,
                                          .body = segment,
                                          .user = (void *)(uintptr_t)w,
                                          .at = w->at,
                                          .carries = a->carries,
                                          .init = carry,
                                          .xs = a->xs,
                                          .x = x,
                                          .operands = a->operands,
                                          .operand = a->operand,
                                          .ys = a->ys,
                                          .capacity = end / w->length,
                                          .reverse = a->reverse,
                                          .last = last,
                                          .y = y}) != CJ_OK)
        return false;
    for (int i = 0; i < a->ys; i++) {
        int64_t shape[CJ_MAX_RANK] = {end};
        memcpy(shape + 1, y[i]->shape + 2, (size_t)(y[i]->rank - 2) * sizeof *shape);
        y[i] = cj_reshape_at(w->at, y[i], y[i]->rank - 1, shape);
    }
    return a->context->build_status == CJ_OK;
}

static bool run_rest(segments *w, int64_t begin, int64_t end, cj_tensor *const *carry,
                     cj_tensor **x, cj_tensor **last, cj_tensor **y)
{
    w->start = cj_scalar_at(w->at, w->a->context, CJ_I64, (double)begin);
    return take_rows(w, begin, end, 0, x) &&
           run(w, carry, x, w->a->operand, end - begin, last, y) == CJ_OK;
}

static bool run_all(segments *w, int64_t n, cj_tensor **room)
{
    const struct cj_loop_args *a = w->a;
    int64_t whole = n / w->length * w->length;
    cj_tensor **x = room, **middle = x + a->xs, **last = middle + a->carries;
    cj_tensor **y[2] = {last + a->carries, last + a->carries + a->ys};
    if (a->reverse && whole < n) {
        if (!run_rest(w, whole, n, a->init, x, middle, y[1]) ||
            !run_whole(w, whole, middle, x, last, y[0]))
            return false;
    } else if (!run_whole(w, whole, a->init, x, whole < n ? middle : last, y[0]) ||
               (whole < n && !run_rest(w, whole, n, middle, x, last, y[1]))) {
        return false;
    }
    for (int i = 0; a->last && i < a->carries; i++)
        a->last[i] = last[i];
    for (int i = 0; a->y && i < a->ys; i++)
        a->y[i] =
            whole < n ? cj_concat_at(w->at, 0, 2, (cj_tensor *[]){y[0][i], y[1][i]}) : y[0][i];
    if (a->iterations)
        *a->iterations = cj_scalar_at(w->at, a->context, CJ_I64, (double)n);
    return a->context->build_status == CJ_OK;
}

cj_status cj_loop_in_segments(const struct cj_loop_args *a, int64_t capacity)
{
    if (a->count || a->go || capacity < 0)
        return no_end(a);
    segments w = {.a = a, .length = a->segment, .at = a->at};
    w.at.size = sizeof(struct cj_loop_args);
    cj_arena memory;
    cj_arena_init(&memory, a->context);
    size_t count = (size_t)(a->xs + 2 * a->carries + 2 * a->ys + 1);
    cj_tensor **room = cj_arena_take_zero(&memory, count * sizeof *room);
    if ((!room || !run_all(&w, capacity, room)) && a->context->build_status == CJ_OK)
        cj_fail_building(a->context, CJ_NO_MEMORY, a->at, "loop: out of memory");
    if (a->context->build_status != CJ_OK) {
        for (int i = 0; a->last && i < a->carries; i++)
            a->last[i] = NULL;
        for (int i = 0; a->y && i < a->ys; i++)
            a->y[i] = NULL;
    }
    cj_arena_free(&memory);
    return a->context->build_status;
}
