/*
 * src/optim/average.c - averages of weights over steps, and the scope that reads them.
 */
#include "optim/optim.h"

static const char prefix[] = "average.";

/* ---- recording ---- */

typedef struct averaging {
    const struct cj_average_args *a;
    cj_scope *root;
    cj_tensor *copies; /* bool: the average is still the value itself */
    cj_tensor *weight; /* f64: of the value in the new average */
} averaging;

/* n = (step - start) / every + 1 values are in the average after a step that counts. */
static void weigh_equally(averaging *v, cj_tensor *step)
{
    cj_at at = v->a->at;
    cj_context *context = cj_scope_context(v->root);
    int64_t every = v->a->every ? v->a->every : 1;
    cj_tensor *since = cj_shift_at(at, step, -(double)v->a->start);
    cj_tensor *of = cj_scalar_at(at, context, CJ_I64, (double)every);
    cj_tensor *whole = cj_div_at(at, since, of);
    cj_tensor *counts = cj_eq_at(at, cj_mul_at(at, whole, of), since);
    cj_tensor *n = cj_shift_at(at, cj_cast_at(at, whole, CJ_F64), 1);
    cj_tensor *none = cj_scalar_at(at, context, CJ_F64, 0);
    v->copies = cj_le_at(at, since, cj_scalar_at(at, context, CJ_I64, 0));
    v->weight = cj_where_at(at, counts, cj_reciprocal_at(at, n), none);
}

static void weigh(averaging *v)
{
    cj_at at = v->a->at;
    cj_context *context = cj_scope_context(v->root);
    cj_tensor *step = cj_variable_read_at(at, cj_scope_step(v->root));
    if (v->a->decay == 0) {
        weigh_equally(v, step);
        return;
    }
    v->copies = cj_eq_at(at, step, cj_scalar_at(at, context, CJ_I64, 0));
    v->weight = cj_scalar_at(at, context, CJ_F64, 1 - v->a->decay);
}

/* a + weight (p - a) */
static cj_status record(const averaging *v, cj_variable *variable)
{
    char path[CJ_PATH_SIZE + sizeof prefix];
    cj_at at = v->a->at;
    snprintf(path, sizeof path, "%s%s", prefix, cj_variable_name(variable));
    bool is_new = cj_entry_find(v->root->root, path) == NULL;
    cj_variable *state = cj_scope_state(v->root, path, cj_variable_dtype(variable),
                                        cj_variable_rank(variable), cj_variable_shape(variable));
    if (!state)
        return cj_context_status(cj_scope_context(v->root));
    if (is_new) /* what is read before the first step */
        memcpy(cj_variable_data(state), cj_variable_data(variable), cj_variable_bytes(state));
    cj_tensor *p = cj_scope_latest_variable_at(at, v->root, variable);
    cj_tensor *a = cj_variable_read_at(at, state);
    cj_tensor *weight = cj_cast_at(at, v->weight, cj_variable_dtype(variable));
    cj_tensor *next = cj_add_at(at, a, cj_mul_at(at, cj_sub_at(at, p, a), weight));
    return cj_scope_record_variable_at(at, v->root, state, cj_where_at(at, v->copies, p, next));
}

static bool is_averaged(const averaging *v, const cj_entry *entry)
{
    const char *path = cj_scope_path(v->a->scope);
    size_t length = strlen(path);
    cj_dtype dtype = cj_variable_dtype(entry->variable);
    bool is_float = dtype == CJ_F32 || dtype == CJ_F64;
    bool kind = entry->kind == CJ_PARAMETER || (entry->kind == CJ_BUFFER && v->a->buffers);
    return kind && is_float &&
           (!length || (!strncmp(entry->path, path, length) && entry->path[length] == '.'));
}

cj_status cj_average_at(const struct cj_average_args *args)
{
    struct cj_average_args a;
    if (!args || !args->scope)
        return CJ_INVALID;
    cj_context *context = cj_scope_context(args->scope);
    if (cj_context_status(context) != CJ_OK)
        return cj_context_status(context);
    if (!CJ_TAKE_ARGS(context, "average", a, args))
        return CJ_INVALID;
    if (!(a.decay >= 0 && a.decay < 1) || a.start < 0 || a.every < 0)
        return cj_fail_building(context, CJ_INVALID, a.at,
                                "average: decay must lie in [0, 1), start and every must not be "
                                "negative");
    averaging v = {.a = &a, .root = &cj_home(a.scope)->top};
    weigh(&v);
    cj_status status = cj_context_status(context);
    int count = cj_scope_count(v.root);
    for (int i = 0; i < count && status == CJ_OK; i++) {
        const cj_entry *entry = cj_scope_entry(v.root, i);
        if (is_averaged(&v, entry))
            status = record(&v, entry->variable);
    }
    return status;
}

/* ---- reading ---- */

void cj_average_take(cj_scope *scope)
{
    char path[CJ_PATH_SIZE + sizeof prefix];
    cj_root *root = scope ? cj_home(scope) : NULL;
    for (int i = 0; root && i < root->entries; i++) {
        cj_variable *to = root->entry[i]->variable;
        snprintf(path, sizeof path, "%s%s", prefix, root->entry[i]->path);
        const cj_entry *from = cj_entry_find(root, path);
        if (from && from->kind == CJ_STATE)
            memcpy(cj_variable_data(to), cj_variable_data(from->variable), cj_variable_bytes(to));
    }
}

static cj_tensor *get(void *state, const cj_request *request)
{
    cj_scope *base = state;
    char path[CJ_PATH_SIZE + sizeof prefix];
    snprintf(path, sizeof path, "%s%s", prefix, request->path);
    const cj_entry *entry = cj_entry_find(cj_home(base), path);
    bool fits = entry && entry->kind == CJ_STATE &&
                cj_variable_dtype(entry->variable) == request->dtype &&
                cj_variable_rank(entry->variable) == request->rank &&
                (request->rank == 0 || !memcmp(cj_variable_shape(entry->variable), request->shape,
                                               (size_t)request->rank * sizeof *request->shape));
    return fits ? cj_variable_read_at(request->at, entry->variable) : cj_scope_ask(base, request);
}

cj_scope *cj_average_scope(cj_scope *base)
{
    static const cj_scope_table table = {.get = get};
    return cj_scope_with(base, &table, base);
}
