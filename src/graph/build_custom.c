/*
 * src/graph/build_custom.c - nodes whose derivative, or value, is the caller's.
 */
#include "graph/build.h"
#include "graph/custom.h"

void cj_custom_pack(const cj_custom_record *record, int64_t word[CJ_CUSTOM_WORDS])
{
    word[0] = (intptr_t)record->vjp;
    word[1] = (intptr_t)record->jvp;
    word[2] = (intptr_t)record->user;
    word[3] = (intptr_t)record->name;
    word[4] = (intptr_t)record->kernel;
    word[5] = (intptr_t)record->kernel_user;
    word[6] = record->lanes;
}

cj_tensor *cj_custom_node(cj_context *context, cj_at at, cj_op op, const cj_custom_record *record,
                          int count, cj_tensor *const *source, cj_dtype dtype, int rank,
                          const int64_t *shape)
{
    int64_t word[CJ_CUSTOM_WORDS];
    cj_custom_pack(record, word);
    return cj_node(context, at,
                   &(cj_node_spec){.op = op,
                                   .dtype = dtype,
                                   .rank = rank,
                                   .shape = shape,
                                   .source_count = count,
                                   .source = source,
                                   .option_count = CJ_CUSTOM_WORDS,
                                   .option = word});
}

void *cj_frame_memory(cj_context *context, cj_at at, size_t bytes)
{
    cj_graph *graph = cj_graph_of(context, at);
    return graph ? cj_graph_take(graph, at, bytes, 16) : NULL;
}

/* ---- a derivative ---- */

cj_tensor *cj_custom_gradient_at(const struct cj_custom_gradient_args *args)
{
    struct cj_custom_gradient_args a;
    cj_context *context = args ? cj_ready(args->y) : NULL;
    if (!context || !CJ_TAKE_ARGS(context, "custom_gradient", a, args))
        return NULL;
    const char *name = a.name ? a.name : "custom_gradient";
    if (cj_dtype_class(a.y->dtype) != 'f' || !a.vjp || a.count < 0) {
        cj_fail_building(context, a.vjp && a.count >= 0 ? CJ_DTYPE : CJ_INVALID, a.at,
                         "%s: %s; it takes floats, a vjp and 0 or more tensors", name,
                         CJ_SHAPE_OF(a.y));
        return NULL;
    }
    size_t sources = (size_t)a.count + 1;
    cj_tensor **source = cj_frame_memory(context, a.at, sources * sizeof *source);
    if (source && a.user_bytes) {
        void *copy = cj_frame_memory(context, a.at, a.user_bytes);
        if (copy)
            memcpy(copy, a.user, a.user_bytes);
        a.user = copy;
    }
    if (!source || (a.user_bytes && !a.user))
        return NULL;
    source[0] = a.y;
    for (int i = 0; i < a.count; i++)
        source[i + 1] = a.x[i];
    cj_custom_record record = {.vjp = a.vjp, .jvp = a.jvp, .user = a.user, .name = name};
    return cj_custom_node(context, a.at, CJ_OP_CUSTOM_GRADIENT, &record, a.count + 1, source, 0, 0,
                          NULL);
}

static void pass_back(void *user, cj_tensor *y, int count, cj_tensor *const *x, cj_tensor *g,
                      cj_tensor **out)
{
    (void)user, (void)y, (void)count, (void)x;
    out[0] = g;
}

static cj_tensor *pass_on(void *user, cj_tensor *y, int count, cj_tensor *const *x,
                          cj_tensor *const *t)
{
    (void)user, (void)y, (void)count, (void)x;
    return t[0];
}

cj_tensor *cj_straight_through_at(cj_at at, cj_tensor *value, cj_tensor *x)
{
    if (!cj_ready(value) || !x)
        return NULL;
    if (value->dtype != x->dtype || !cj_same_shape(value, x)) {
        cj_fail_building(value->context, CJ_SHAPE, at,
                         "straight_through: %s for %s; they must be alike", CJ_SHAPE_OF(value),
                         CJ_SHAPE_OF(x));
        return NULL;
    }
    at.size = sizeof(struct cj_custom_gradient_args);
    return cj_custom_gradient_at(&(struct cj_custom_gradient_args){.y = value,
                                                                   .count = 1,
                                                                   .x = &x,
                                                                   .vjp = pass_back,
                                                                   .at = at,
                                                                   .jvp = pass_on,
                                                                   .name = "straight_through"});
}

/* ---- a kernel ---- */

cj_tensor *cj_custom_at(const struct cj_custom_args *args)
{
    struct cj_custom_args a;
    cj_context *context = args && args->count > 0 && args->x ? cj_ready(args->x[0]) : NULL;
    if (!context || !CJ_TAKE_ARGS(context, "custom", a, args))
        return NULL;
    const char *name = a.name ? a.name : "custom";
    int64_t elements;
    if (!a.kernel) {
        cj_fail_building(context, CJ_INVALID, a.at, "%s: it needs a kernel", name);
        return NULL;
    }
    if (cj_count_elements(context, a.at, name, a.rank, a.shape, &elements) != CJ_OK)
        return NULL;
    cj_custom_record record = {.vjp = a.vjp,
                               .jvp = a.jvp,
                               .user = a.user,
                               .name = name,
                               .kernel = a.kernel,
                               .kernel_user = a.user,
                               .lanes = 1};
    return cj_custom_node(context, a.at, CJ_OP_CUSTOM, &record, a.count, a.x, a.dtype, a.rank,
                          a.shape);
}
