/*
 * src/nn/scope_entry.c - the variables that a usual scope creates and keeps, by path and in
 * order of creation.
 */
#include "nn/nn.h"

#include <fnmatch.h>
#include <stdio.h>

void cj_entries_free(cj_root *root)
{
    for (int i = 0; i < root->entries; i++)
        cj_variable_release(root->entry[i]->variable);
    size_t n = (size_t)root->entry_capacity;
    cj_release(root->context, root->entry, n * sizeof(cj_entry *));
    cj_release(root->context, root->place, 2 * n * sizeof *root->place);
}

/* ---- by path: open addressing, at most half full ---- */

static size_t first_place(const cj_root *root, const char *path)
{
    return (size_t)cj_hash_bytes(0, path, strlen(path)) & (2 * (size_t)root->entry_capacity - 1);
}

cj_entry *cj_entry_find(const cj_root *root, const char *path)
{
    if (!root->entries)
        return NULL;
    size_t mask = 2 * (size_t)root->entry_capacity - 1;
    for (size_t i = first_place(root, path); root->place[i]; i = (i + 1) & mask) {
        cj_entry *entry = root->entry[root->place[i] - 1];
        if (strcmp(entry->path, path) == 0)
            return entry;
    }
    return NULL;
}

static void place(cj_root *root, int index)
{
    size_t mask = 2 * (size_t)root->entry_capacity - 1;
    size_t i = first_place(root, root->entry[index]->path);
    while (root->place[i])
        i = (i + 1) & mask;
    root->place[i] = index + 1;
}

static bool make_room(cj_root *root)
{
    if (root->entries < root->entry_capacity)
        return true;
    size_t old = (size_t)root->entry_capacity, more = CJ_MAX(2 * old, (size_t)32);
    cj_entry **entry = cj_allocate(root->context, more * sizeof *entry);
    int *places = cj_allocate_zero(root->context, 2 * more * sizeof *places);
    if (!entry || !places) {
        cj_release(root->context, entry, more * sizeof *entry);
        cj_release(root->context, places, 2 * more * sizeof *places);
        return false;
    }
    for (int i = 0; i < root->entries; i++)
        entry[i] = root->entry[i];
    cj_release(root->context, root->entry, old * sizeof *entry);
    cj_release(root->context, root->place, 2 * old * sizeof *places);
    root->entry = entry;
    root->place = places;
    root->entry_capacity = (int)more;
    for (int i = 0; i < root->entries; i++)
        place(root, i);
    return true;
}

/* ---- creation ---- */

static cj_entry *add_entry(cj_root *root, const cj_request *request)
{
    cj_variable *variable = cj_variable_new(root->context, request->path, request->dtype,
                                            request->rank, request->shape);
    if (!variable)
        return NULL;
    if (cj_initialise(request->at, root->context, variable, request->path, request->initialiser) !=
        CJ_OK) {
        cj_variable_release(variable);
        return NULL;
    }
    cj_entry *entry = make_room(root) ? cj_arena_take_zero(&root->arena, sizeof *entry) : NULL;
    if (!entry) {
        cj_variable_release(variable);
        cj_fail_building(root->context, CJ_NO_MEMORY, request->at, "out of memory for '%s'",
                         request->path);
        return NULL;
    }
    *entry = (cj_entry){cj_variable_name(variable), request->kind, false, variable};
    root->entry[root->entries] = entry;
    place(root, root->entries++);
    return entry;
}

static bool same_form(const cj_variable *variable, cj_dtype dtype, int rank, const int64_t *shape)
{
    return cj_variable_dtype(variable) == dtype && cj_variable_rank(variable) == rank &&
           (rank == 0 ||
            memcmp(cj_variable_shape(variable), shape, (size_t)rank * sizeof *shape) == 0);
}

static cj_entry *find_or_add(cj_root *root, const cj_request *request)
{
    cj_entry *entry = cj_entry_find(root, request->path);
    if (!entry)
        return add_entry(root, request);
    if (entry->kind == request->kind &&
        same_form(entry->variable, request->dtype, request->rank, request->shape))
        return entry;
    static const char *const kind_name[] = {"parameter", "buffer", "state variable"};
    char had[CJ_TENSOR_TEXT], wants[CJ_TENSOR_TEXT];
    cj_variable *variable = entry->variable;
    cj_form_text(cj_variable_dtype(variable), cj_variable_rank(variable),
                 cj_variable_shape(variable), had, sizeof had);
    cj_form_text(request->dtype, request->rank, request->shape, wants, sizeof wants);
    cj_fail_building(
        root->context, CJ_SHAPE, request->at,
        "'%s' is a %s %s and was asked for as a %s %s; give one of the two layers another name",
        request->path, kind_name[entry->kind], had, kind_name[request->kind], wants);
    return NULL;
}

static cj_tensor *usual_get(void *state, const cj_request *request)
{
    cj_entry *entry = find_or_add(state, request);
    return entry ? cj_variable_read_at(request->at, entry->variable) : NULL;
}

const cj_scope_table cj_usual_table = {.get = usual_get};

cj_variable *cj_scope_state(cj_scope *s, const char *path, cj_dtype dtype, int rank,
                            const int64_t *shape)
{
    if (!s || !path || cj_context_status(s->root->context) != CJ_OK)
        return NULL;
    cj_request request = {
        .path = path, .kind = CJ_STATE, .dtype = dtype, .rank = rank, .shape = shape};
    const cj_entry *entry = find_or_add(cj_home(s), &request);
    return entry ? entry->variable : NULL;
}

/* ---- looking through ---- */

int cj_scope_count(const cj_scope *s)
{
    return s->root->entries;
}

const cj_entry *cj_scope_entry(const cj_scope *s, int i)
{
    return i >= 0 && i < s->root->entries ? s->root->entry[i] : NULL;
}

cj_variable *cj_scope_find(const cj_scope *s, const char *path)
{
    const cj_entry *entry = path ? cj_entry_find(s->root, path) : NULL;
    return entry ? entry->variable : NULL;
}

static int64_t elements_of(const cj_variable *variable)
{
    return (int64_t)(cj_variable_bytes(variable) / cj_dtype_size(cj_variable_dtype(variable)));
}

/* Whether the path lies in s. */
static bool is_below(const cj_scope *s, const char *path)
{
    size_t length = strlen(s->path);
    return length == 0 || (strncmp(path, s->path, length) == 0 && path[length] == '.');
}

int64_t cj_scope_parameters(const cj_scope *s)
{
    int64_t sum = 0;
    for (int i = 0; i < s->root->entries; i++) {
        const cj_entry *entry = s->root->entry[i];
        if (entry->kind == CJ_PARAMETER && is_below(s, entry->path))
            sum += elements_of(entry->variable);
    }
    return sum;
}

void cj_scope_freeze(cj_scope *s, bool frozen)
{
    for (int i = 0; i < s->root->entries; i++) {
        cj_entry *entry = s->root->entry[i];
        if (entry->kind == CJ_PARAMETER && is_below(s, entry->path))
            entry->frozen = frozen;
    }
}

bool cj_entry_is_frozen(const cj_scope *s, const char *name)
{
    char path[CJ_PATH_SIZE];
    const cj_root *root = cj_home(s);
    if (snprintf(path, sizeof path, "%s%s%s", s->path, s->path[0] ? "." : "", name) >= CJ_PATH_SIZE)
        return false;
    const cj_entry *entry = cj_entry_find(root, path);
    return entry && entry->frozen;
}

static bool fits_pattern(const char *path, const char *patterns)
{
    char one[CJ_PATH_SIZE];
    for (const char *p = patterns;;) {
        size_t length = strcspn(p, ",");
        const char *begin = p + strspn(p, " ");
        size_t skipped = (size_t)(begin - p), kept = length > skipped ? length - skipped : 0;
        while (kept && begin[kept - 1] == ' ')
            kept--;
        if (kept < sizeof one) {
            memcpy(one, begin, kept);
            one[kept] = 0;
            if (kept && fnmatch(one, path, 0) == 0)
                return true;
        }
        if (!p[length])
            return false;
        p += length + 1;
    }
}

int cj_scope_freeze_matching(cj_scope *s, const char *patterns, bool frozen)
{
    int count = 0;
    size_t above = strlen(s->path) ? strlen(s->path) + 1 : 0;
    for (int i = 0; i < s->root->entries; i++) {
        cj_entry *entry = s->root->entry[i];
        if (entry->kind == CJ_STATE || !is_below(s, entry->path) ||
            !fits_pattern(entry->path + above, patterns))
            continue;
        entry->frozen = frozen;
        count++;
    }
    return count;
}

/* ---- copies ---- */

static cj_status not_found(const cj_root *root, const char *path)
{
    const char *near = NULL;
    for (int i = 0; i < root->entries && !near; i++)
        near = cj_closest_word(path, &root->entry[i]->path, 1);
    return cj_fail(root->context, CJ_NOT_FOUND,
                   near ? "the scope holds no '%s'; did you mean '%s'?"
                        : "the scope holds no '%s'; it holds %s",
                   path,
                   near            ? near
                   : root->entries ? "other names (cj_scope_entry)"
                                   : "nothing yet");
}

static cj_status find_for_copy(const cj_scope *s, const char *path, cj_dtype dtype, int rank,
                               const int64_t *shape, cj_variable **out)
{
    const cj_root *root = s->root;
    *out = cj_scope_find(s, path);
    if (!*out)
        return not_found(root, path);
    if (same_form(*out, dtype, rank, shape))
        return CJ_OK;
    char had[CJ_TENSOR_TEXT], wants[CJ_TENSOR_TEXT];
    cj_form_text(cj_variable_dtype(*out), cj_variable_rank(*out), cj_variable_shape(*out), had,
                 sizeof had);
    cj_form_text(dtype, rank, shape, wants, sizeof wants);
    return cj_fail(root->context, cj_variable_dtype(*out) == dtype ? CJ_SHAPE : CJ_DTYPE,
                   "'%s' is %s in the net, the array is %s", path, had, wants);
}

cj_status cj_scope_copy_out(const cj_scope *s, const char *path, cj_dtype dtype, int rank,
                            const int64_t *shape, void *data)
{
    cj_variable *variable;
    cj_status status = find_for_copy(s, path, dtype, rank, shape, &variable);
    if (status == CJ_OK && cj_variable_bytes(variable))
        memcpy(data, cj_variable_data(variable), cj_variable_bytes(variable));
    return status;
}

cj_status cj_scope_copy_in(cj_scope *s, const char *path, cj_dtype dtype, int rank,
                           const int64_t *shape, const void *data)
{
    cj_variable *variable;
    cj_status status = find_for_copy(s, path, dtype, rank, shape, &variable);
    if (status == CJ_OK && cj_variable_bytes(variable))
        memcpy(cj_variable_data(variable), data, cj_variable_bytes(variable));
    return status;
}
