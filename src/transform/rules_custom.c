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

/* ---- reverse mode ---- */

void cj_custom_cotangents(cj_at at, cj_tensor *node, cj_tensor *g, cj_tensor **out)
{
    cj_custom_record record = cj_custom_unpack(node->option);
    int first = first_of(node), count = node->source_count - first;
    for (int i = 0; i < node->source_count; i++)
        out[i] = NULL;
    if (!record.vjp) {
        no_derivative(at, node, record.name, "reverse");
        return;
    }
    record.vjp(record.user, node, count, node->source + first, g, out + first);
    for (int i = 0; i < count; i++)
        if (out[first + i] &&
            !alike(at, record.name, "cotangent", i, out[first + i], node->source[first + i]))
            return;
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

/* The transpose: with c = vjp(g) linear in g, the tangent is the cotangent of g that the t give to c. */
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
    cj_tensor *tangent = record.jvp(record.user, node, count, node->source + first, t + first);
    return tangent && !alike(at, record.name, "tangent", 0, tangent, node) ? NULL : tangent;
}

CJ_TANGENT(custom)
{
    return custom_tangent(at, node, t);
}

CJ_TANGENT(custom_gradient)
{
    return custom_tangent(at, node, t);
}

/* ---- lanes: the caller's functions are asked about placeholders of one lane, and the answer is mapped ---- */

typedef struct one_lane {
    cj_custom_record record;
    cj_at at;
    cj_tensor *y;
    cj_tensor **x;
} one_lane;

/* out: what stands for `answer`, made of the placeholders of one lane and of `from`, when those of all lanes are `to`. */
static cj_tensor *over_lanes(const one_lane *one, cj_tensor *y, int count, cj_tensor *const *x,
                             int more, cj_tensor *const *from, cj_tensor *const *to,
                             cj_tensor *answer)
{
    int all = 1 + count + more;
    cj_tensor **before = tensors(one->at, y->context, all), *out = NULL;
    cj_tensor **after = tensors(one->at, y->context, all);
    if (!before || !after)
        return NULL;
    before[0] = one->y;
    after[0] = y;
    for (int i = 0; i < count; i++) {
        before[1 + i] = one->x[i];
        after[1 + i] = x[i];
    }
    for (int i = 0; i < more; i++)
        if (from[i]) {
            before[1 + count] = from[i];
            after[1 + count++] = to[i];
        }
    cj_vmap_at(one->at, 1 + count, before, after, 1, &answer, &out);
    return out;
}

static void vjp_over_lanes(void *user, cj_tensor *y, int count, cj_tensor *const *x, cj_tensor *g,
                           cj_tensor **out)
{
    const one_lane *one = user;
    cj_tensor *g_one = placeholder(one->at, one->y);
    cj_tensor **c = tensors(one->at, y->context, count);
    if (!g_one || !c)
        return;
    one->record.vjp(one->record.user, one->y, count, one->x, g_one, c);
    for (int i = 0; i < count; i++)
        if (c[i] && alike(one->at, one->record.name, "cotangent", i, c[i], one->x[i]))
            out[i] = over_lanes(one, y, count, x, 1, &g_one, &g, c[i]);
}

static cj_tensor *jvp_over_lanes(void *user, cj_tensor *y, int count, cj_tensor *const *x,
                                 cj_tensor *const *t)
{
    const one_lane *one = user;
    cj_tensor **t_one = tensors(one->at, y->context, count);
    if (!t_one)
        return NULL;
    for (int i = 0; i < count; i++)
        t_one[i] = t[i] ? placeholder(one->at, one->x[i]) : NULL;
    cj_tensor *answer = one->record.jvp(one->record.user, one->y, count, one->x, t_one);
    if (!answer || !alike(one->at, one->record.name, "tangent", 0, answer, one->y))
        return NULL;
    return over_lanes(one, y, count, x, count, t_one, t, answer);
}

static cj_tensor *batch_custom(cj_at at, cj_tensor *node, int64_t lanes, cj_tensor **source,
                               const bool *batched)
{
    int first = first_of(node), count = node->source_count - first;
    one_lane *one = cj_frame_memory(node->context, at, sizeof *one);
    if (!one)
        return NULL;
    *one = (one_lane){.record = cj_custom_unpack(node->option),
                      .at = at,
                      .y = placeholder(at, node),
                      .x = tensors(at, node->context, count)};
    for (int i = 0; one->x && i < count; i++)
        one->x[i] = placeholder(at, node->source[first + i]);
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
