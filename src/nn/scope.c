/*
 * src/nn/scope.c - the tree of scopes: roots, names, builds, draws.
 */
#include "graph/loop.h"
#include "nn/nn.h"

#include <stdio.h>

/* ---- roots: a list on the context, so that none outlives it ---- */

static void root_free(cj_root *root)
{
    cj_context *context = root->context;
    if (root->table.free)
        root->table.free(root->state);
    cj_records_free(root);
    cj_inner_free(root);
    cj_entries_free(root);
    cj_variable_release(root->step);
    cj_arena_free(&root->arena);
    cj_release(context, root, sizeof *root);
}

static void free_roots(cj_context *context, void *state)
{
    (void)context;
    for (cj_root *root = state, *next; root; root = next) {
        next = root->next;
        root_free(root);
    }
}

cj_root *cj_root_new(cj_context *context, const cj_scope_table *table, void *state, cj_scope *base)
{
    cj_root *root = cj_allocate_zero(context, sizeof *root);
    if (!root)
        return NULL;
    root->context = context;
    root->table = *table;
    root->state = state;
    root->build = 1;
    root->top = (cj_scope){.root = root, .path = base ? base->path : "", .twin = base};
    cj_arena_init(&root->arena, context);
    root->next = context->room[CJ_ROOM_NN].state;
    if (root->next)
        root->next->previous = root;
    context->room[CJ_ROOM_NN].state = root;
    context->room[CJ_ROOM_NN].free = free_roots;
    return root;
}

cj_scope *cj_scope_new(cj_context *context)
{
    cj_root *root = cj_root_new(context, &cj_usual_table, NULL, NULL);
    if (!root)
        return NULL;
    root->state = root;
    return &root->top;
}

cj_scope *cj_scope_with(cj_scope *base, const cj_scope_table *table, void *state)
{
    if (!base)
        return NULL;
    cj_root *root = cj_root_new(base->root->context, table, state, base);
    return root ? &root->top : NULL;
}

void cj_scope_free(cj_scope *s)
{
    if (!s)
        return;
    cj_root *root = s->root;
    if (root->next)
        root->next->previous = root->previous;
    if (root->previous)
        root->previous->next = root->next;
    else
        root->context->room[CJ_ROOM_NN].state = root->next;
    root_free(root);
}

cj_root *cj_home(const cj_scope *s)
{
    while (s->twin)
        s = s->twin;
    return s->root;
}

cj_status cj_scope_set_dtype(cj_scope *s, cj_dtype dtype)
{
    cj_root *root = cj_home(s);
    if (dtype != CJ_F32 && dtype != CJ_F64)
        return cj_fail(root->context, CJ_DTYPE, "a scope's dtype is f32 or f64, not %s",
                       cj_dtype_name(dtype));
    for (int i = 0; i < root->entries; i++)
        if (root->entry[i]->kind == CJ_PARAMETER && dtype != root->dtype)
            return cj_fail(
                root->context, CJ_INVALID,
                "the scope already holds '%s' in %s; set its dtype before the net is built",
                root->entry[i]->path, cj_dtype_name(root->dtype));
    root->dtype = dtype;
    return CJ_OK;
}

/* ---- the tree ---- */

bool cj_scope_join(cj_at at, const cj_scope *s, const char *name, char path[CJ_PATH_SIZE])
{
    if (!name || !*name) {
        cj_fail_building(s->root->context, CJ_INVALID, at,
                         "a scope, parameter or buffer in '%s' has no name", s->path);
        return false;
    }
    int length = snprintf(path, CJ_PATH_SIZE, "%s%s%s", s->path, *s->path ? "." : "", name);
    if (length < CJ_PATH_SIZE)
        return true;
    cj_fail_building(s->root->context, CJ_INVALID, at,
                     "the name '%.40s...' in '%.40s...' makes a path of more than %d bytes", name,
                     s->path, CJ_PATH_SIZE - 1);
    return false;
}

static cj_scope *find_child(const cj_scope *s, const char *path)
{
    for (cj_scope *child = s->child; child; child = child->sibling)
        if (strcmp(child->path, path) == 0)
            return child;
    return NULL;
}

cj_scope *cj_scope_enter(cj_scope *s, const char *name)
{
    if (!s)
        return NULL;
    cj_at nowhere = {0};
    char path[CJ_PATH_SIZE];
    if (!cj_scope_join(nowhere, s, name, path))
        return NULL;
    cj_scope *child = find_child(s, path);
    if (child)
        return child;
    cj_scope *twin = s->twin ? cj_scope_enter(s->twin, name) : NULL;
    const char *kept = cj_arena_copy_text(&s->root->arena, path);
    child = kept ? cj_arena_take_zero(&s->root->arena, sizeof *child) : NULL;
    if (!child || (s->twin && !twin)) {
        cj_fail_building(s->root->context, CJ_NO_MEMORY, nowhere, "out of memory for scope '%s'",
                         path);
        return NULL;
    }
    *child = (cj_scope){.root = s->root, .path = kept, .twin = twin, .sibling = s->child};
    s->child = child;
    return child;
}

cj_scope *cj_scope_root(cj_scope *s)
{
    return &s->root->top;
}

const char *cj_scope_path(const cj_scope *s)
{
    return s->path;
}

cj_context *cj_scope_context(const cj_scope *s)
{
    return s->root->context;
}

cj_dtype cj_scope_dtype(const cj_scope *s)
{
    while (s->twin && !s->root->casts)
        s = s->twin;
    return s->root->dtype;
}

/* ---- builds and draws ---- */

bool cj_scope_training(const cj_scope *s)
{
    return cj_home(s)->training;
}

cj_status cj_scope_build(cj_scope *s, bool training)
{
    cj_root *root = cj_home(s);
    root->training = training;
    root->build++;
    root->records = 0;
    root->inners = 0;
    return cj_context_status(root->context);
}

cj_variable *cj_scope_step(cj_scope *s)
{
    return cj_scope_state(s, "step", CJ_I64, 0, NULL);
}

cj_key cj_path_key(cj_context *context, const char *path)
{
    return cj_key_fold_text(cj_key_from_seed(cj_seed(context)), path);
}

/* The key of this iteration of all loops around the draw, the outermost first. */
static cj_tensor *fold_iterations(cj_at at, cj_tensor *key, const cj_open_body *body)
{
    if (!body)
        return key;
    key = fold_iterations(at, key, body->outer);
    return body->index ? cj_fold_at(at, key, body->index) : key;
}

cj_tensor *cj_scope_key_at(cj_at at, cj_scope *s)
{
    if (!s)
        return NULL;
    while (s->twin)
        s = s->twin;
    cj_root *root = s->root;
    if (s->draws_build != root->build) {
        s->draws_build = root->build;
        s->draws = 0;
    }
    cj_key key = cj_key_fold(cj_path_key(root->context, s->path), s->draws++);
    uint64_t words = (uint64_t)key.word[1] << 32 | key.word[0];
    cj_tensor *of_step = cj_fold_at(at, cj_key_at(at, root->context, words),
                                    cj_variable_read_at(at, cj_scope_step(s)));
    return fold_iterations(at, of_step, cj_open_bodies(root->context));
}

/* ---- asking ---- */

cj_tensor *cj_scope_ask(cj_scope *s, const cj_request *request)
{
    if (!s || cj_context_status(s->root->context) != CJ_OK)
        return NULL;
    return s->root->table.get(s->root->state, request);
}

static cj_tensor *ask(cj_at at, cj_scope *s, const char *name, cj_entry_kind kind, cj_dtype dtype,
                      int rank, const int64_t *shape, cj_initialiser initialiser)
{
    if (!s)
        return NULL;
    char path[CJ_PATH_SIZE];
    if (!cj_scope_join(at, s, name, path))
        return NULL;
    cj_request request = {.at = at,
                          .path = path,
                          .kind = kind,
                          .dtype = dtype,
                          .rank = rank,
                          .shape = shape,
                          .initialiser = initialiser};
    return cj_scope_ask(s, &request);
}

cj_tensor *cj_scope_get_at(cj_at at, cj_scope *s, const char *name, cj_dtype dtype, int rank,
                           const int64_t *shape, cj_initialiser initialiser)
{
    return ask(at, s, name, CJ_PARAMETER, dtype, rank, shape, initialiser);
}

cj_tensor *cj_scope_buffer_at(cj_at at, cj_scope *s, const char *name, cj_dtype dtype, int rank,
                              const int64_t *shape, cj_initialiser initialiser)
{
    return ask(at, s, name, CJ_BUFFER, dtype, rank, shape, initialiser);
}

/* ---- a scope over another ---- */

typedef struct over {
    cj_scope *base;
    int count;
    const char **name;
    cj_tensor **value;
} over;

static int over_find(const over *o, const char *path)
{
    int i = 0;
    while (i < o->count && strcmp(o->name[i], path) != 0)
        i++;
    return i;
}

static cj_tensor *over_get(void *state, const cj_request *request)
{
    const over *o = state;
    int i = over_find(o, request->path);
    if (i == o->count)
        return cj_scope_ask(o->base, request);
    cj_tensor *value = o->value[i];
    if (!value)
        return NULL;
    size_t bytes = (size_t)request->rank * sizeof *request->shape;
    if (cj_tensor_dtype(value) == request->dtype && cj_rank(value) == request->rank &&
        (!bytes || memcmp(cj_shape(value), request->shape, bytes) == 0))
        return value;
    cj_fail_building(o->base->root->context, CJ_SHAPE, request->at,
                     "'%s' was given as %s, which is not what the layer asks for", request->path,
                     CJ_TEXT_OF(value));
    return NULL;
}

bool cj_home_answers(const cj_scope *s, const char *path)
{
    for (; s->twin; s = s->twin) {
        const over *o = s->root->state;
        if (s->root->table.get == over_get && over_find(o, path) < o->count)
            return false;
    }
    return true;
}

cj_scope *cj_scope_over(cj_scope *base, int count, const char *const *name, cj_tensor *const *value)
{
    static const cj_scope_table table = {.get = over_get};
    cj_scope *s = cj_scope_with(base, &table, NULL);
    if (!s)
        return NULL;
    cj_arena *arena = &s->root->arena;
    size_t n = (size_t)CJ_MAX(count, 0);
    over *o = cj_arena_take(arena, sizeof *o);
    const char **names = cj_arena_take(arena, n * sizeof *names);
    cj_tensor **values = cj_arena_take(arena, n * sizeof *values);
    bool complete = o && names && values;
    for (size_t i = 0; complete && i < n; i++) {
        names[i] = cj_arena_copy_text(arena, name[i]);
        values[i] = value[i];
        complete = names[i] != NULL;
    }
    if (!complete) {
        cj_scope_free(s);
        return NULL;
    }
    *o = (over){base, count, names, values};
    s->root->state = o;
    return s;
}
