/*
 * src/transform/rules_custom.c - derivatives and lanes of nodes whose derivative is the caller's.
 */
#include "cajal/transform.h"
#include "graph/custom.h"
#include "transform/batch.h"
#include "transform/rules.h"

/* The tensors that the caller's functions speak of: a CUSTOM_GRADIENT's value is source 0. */
static int first_of(const cj_tensor *node)
{
    return node->op == CJ_OP_CUSTOM_GRADIENT ? 1 : 0;
}

static cj_tensor *placeholder(cj_at at, const cj_tensor *like)
{
    return cj_tap_at(
        at, cj_full_at(at, like->context, (cj_dtype)like->dtype, like->rank, like->shape, 0));
}

/* Scratch that lives as long as the frame, cleared; NULL after an error. */
static cj_tensor **tensors(cj_at at, cj_context *context, int count)
{
    size_t bytes = (size_t)(count + 1) * sizeof(cj_tensor *);
    cj_tensor **array = cj_frame_memory(context, at, bytes);
    if (array)
        memset(array, 0, bytes);
    return array;
}

static bool alike(cj_at at, const char *name, const char *what, int i, const cj_tensor *got,
                  const cj_tensor *want)
{
    char one[160], two[160];
    if (got->context == want->context && got->dtype == want->dtype && got->rank == want->rank &&
        memcmp(got->shape, want->shape, got->rank * sizeof *got->shape) == 0)
        return true;
    cj_fail_building(want->context, CJ_SHAPE, at, "%s: its %s of tensor %d is %s; it must be %s",
                     name, what, i + 1, cj_shape_text(got, one, sizeof one),
                     cj_shape_text(want, two, sizeof two));
    return false;
}

static void no_derivative(cj_at at, const cj_tensor *node, const char *name, const char *direction)
{
    cj_fail_building(node->context, CJ_UNSUPPORTED, at,
                     "%s: it was made without a %s derivative; give it .vjp or .jvp, or "
                     "cj_stop_gradient what it takes",
                     name, direction);
}

/*
 * The caller's functions are asked about placeholders, which hang on nothing: so a derivative that
 * they take themselves is a partial one, though y is made of x, and x[1] perhaps of x[0].
 */
typedef struct question {
    cj_custom_record record;
    cj_at at;
    cj_tensor *y;
    cj_tensor **x;
    int count;
} question;

static bool ask_about(question *q, cj_at at, const cj_tensor *node)
{
    int first = first_of(node);
    *q = (question){.record = cj_custom_unpack(node->option),
                    .at = at,
                    .y = placeholder(at, node),
                    .x = tensors(at, node->context, node->source_count),
                    .count = node->source_count - first};
    for (int i = 0; q->x && i < q->count; i++)
        q->x[i] = placeholder(at, node->source[first + i]);
    return q->y && q->x && node->context->build_status == CJ_OK;
}

/* c[i]: the cotangent of x[i] when y's is *g, a placeholder that is made here. */
static bool ask_vjp(const question *q, cj_tensor **g, cj_tensor **c)
{
    *g = placeholder(q->at, q->y);
    if (!*g)
        return false;
    q->record.vjp(q->record.user, q->y, q->count, q->x, *g, c);
    for (int i = 0; i < q->count; i++)
        if (c[i] && !alike(q->at, q->record.name, "cotangent", i, c[i], q->x[i]))
            return false;
    return q->y->context->build_status == CJ_OK;
}

/* y's tangent when those of x are t, placeholders that are made here where `given` has a tensor. */
static cj_tensor *ask_jvp(const question *q, cj_tensor *const *given, cj_tensor **t)
{
    for (int i = 0; i < q->count; i++)
        t[i] = given[i] ? placeholder(q->at, q->x[i]) : NULL;
    cj_tensor *answer = q->record.jvp(q->record.user, q->y, q->count, q->x, t);
    return answer && alike(q->at, q->record.name, "tangent", 0, answer, q->y) ? answer : NULL;
}

typedef cj_status transform(cj_at at, int count, cj_tensor *const *x, cj_tensor *const *by,
                            int outputs, cj_tensor *const *y, cj_tensor **out);

/* The answers with y and x in place of the placeholders, and to[i] in that of from[i]; by
 * cj_replace, or cj_vmap. */
static void apply_to(transform *put, const question *q, cj_tensor *y, cj_tensor *const *x, int more,
                     cj_tensor *const *from, cj_tensor *const *to, int answers,
                     cj_tensor *const *answer, cj_tensor **out)
{
    cj_context *context = y->context;
    int count = 1 + q->count, given = 0;
    cj_tensor **before = tensors(q->at, context, count + more);
    cj_tensor **after = tensors(q->at, context, count + more);
    cj_tensor **some = tensors(q->at, context, 2 * answers);
    if (!before || !after || !some)
        return;
    before[0] = q->y;
    after[0] = y;
    for (int i = 0; i < q->count; i++) {
        before[1 + i] = q->x[i];
        after[1 + i] = x[i];
    }
    for (int i = 0; i < more; i++)
        if (from[i]) {
            before[count] = from[i];
            after[count++] = to[i];
        }
    for (int i = 0; i < answers; i++)
        if (answer[i])
            some[given++] = answer[i];
    if (given == 0 || put(q->at, count, before, after, given, some, some + answers) != CJ_OK)
        return;
    for (int i = answers; i-- > 0;)
        out[i] = answer[i] ? some[answers + --given] : NULL;
}

/* ---- reverse mode ---- */

void cj_custom_cotangents(cj_at at, cj_tensor *node, cj_tensor *g, cj_tensor **out)
{
    int first = first_of(node);
    for (int i = 0; i < node->source_count; i++)
        out[i] = NULL;
    question q;
    cj_tensor *asked, **c = tensors(at, node->context, node->source_count);
    if (!c || !ask_about(&q, at, node))
        return;
    if (!q.record.vjp) {
        no_derivative(at, node, q.record.name, "reverse");
        return;
    }
    if (ask_vjp(&q, &asked, c))
        apply_to(cj_replace_at, &q, node, node->source + first, 1, &asked, &g, q.count, c,
                 out + first);
}

/* Reverse mode asks for all cotangents at once, above. */
CJ_COTANGENT(custom)
{
    return NULL;
}

CJ_COTANGENT(custom_gradient)
{
    return NULL;
}

/* ---- forward mode ---- */

/* The transpose: with c = vjp(g) linear in g, the tangent is the cotangent of g that the t give
 * to c. */
static cj_tensor *transposed(cj_at at, cj_tensor *node, cj_tensor *const *t)
{
    cj_tensor *g = placeholder(at, node), *tangent = NULL;
    cj_tensor **c = tensors(at, node->context, node->source_count);
    cj_tensor **given = tensors(at, node->context, node->source_count);
    if (!g || !c || !given)
        return NULL;
    cj_custom_cotangents(at, node, g, c);
    int count = 0;
    for (int i = 0; i < node->source_count; i++)
        if (c[i] && t[i]) {
            c[count] = c[i];
            given[count++] = t[i];
        }
    if (count)
        cj_vjp_at(at, count, c, given, 1, &g, &tangent);
    return tangent;
}

static cj_tensor *custom_tangent(cj_at at, cj_tensor *node, cj_tensor **t)
{
    cj_custom_record record = cj_custom_unpack(node->option);
    int first = first_of(node), count = node->source_count - first;
    bool any = false;
    for (int i = 0; i < count; i++)
        any |= t[first + i] != NULL;
    if (!any)
        return NULL;
    if (!record.jvp && !record.vjp) {
        no_derivative(at, node, record.name, "forward");
        return NULL;
    }
    if (!record.jvp)
        return transposed(at, node, t);
    question q;
    cj_tensor **asked = tensors(at, node->context, count), *tangent = NULL;
    cj_tensor *answer = asked && ask_about(&q, at, node) ? ask_jvp(&q, t + first, asked) : NULL;
    if (answer)
        apply_to(cj_replace_at, &q, node, node->source + first, count, asked, t + first, 1, &answer,
                 &tangent);
    return tangent;
}

CJ_TANGENT(custom)
{
    return custom_tangent(at, node, t);
}

CJ_TANGENT(custom_gradient)
{
    return custom_tangent(at, node, t);
}

/* ---- lanes: the question is about one lane, the answer is mapped ---- */

static void vjp_over_lanes(void *user, cj_tensor *y, int count, cj_tensor *const *x, cj_tensor *g,
                           cj_tensor **out)
{
    const question *one = user;
    cj_tensor *asked, **c = tensors(one->at, y->context, count);
    if (c && ask_vjp(one, &asked, c))
        apply_to(cj_vmap_at, one, y, x, 1, &asked, &g, count, c, out);
}

static cj_tensor *jvp_over_lanes(void *user, cj_tensor *y, int count, cj_tensor *const *x,
                                 cj_tensor *const *t)
{
    const question *one = user;
    cj_tensor **asked = tensors(one->at, y->context, count), *tangent = NULL;
    cj_tensor *answer = asked ? ask_jvp(one, t, asked) : NULL;
    if (answer)
        apply_to(cj_vmap_at, one, y, x, count, asked, t, 1, &answer, &tangent);
    return tangent;
}

static cj_tensor *batch_custom(cj_at at, cj_tensor *node, int64_t lanes, cj_tensor **source,
                               const bool *batched)
{
    question *one = cj_frame_memory(node->context, at, sizeof *one);
    if (!one || !ask_about(one, at, node))
        return NULL;
    cj_custom_record many = one->record;
    many.vjp = one->record.vjp ? vjp_over_lanes : NULL;
    many.jvp = one->record.jvp ? jvp_over_lanes : NULL;
    many.user = one;
    many.lanes *= lanes;
    int64_t word[CJ_CUSTOM_WORDS];
    cj_custom_pack(&many, word);
    return cj_batch_leading(at, node, lanes, source, batched, word);
}

CJ_BATCH(custom)
{
    return batch_custom(at, node, lanes, source, batched);
}

CJ_BATCH(custom_gradient)
{
    return batch_custom(at, node, lanes, source, batched);
}
