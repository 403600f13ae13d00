/*
 * src/nn/scope_record.c - what a build wants assigned: records, chained, handed to cj_compile.
 */
#include "graph/loop.h"
#include "nn/nn.h"

void cj_records_free(cj_root *root)
{
    size_t n = (size_t)root->record_capacity;
    cj_release(root->context, root->record, n * sizeof *root->record);
    cj_release(root->context, root->update_variable, n * sizeof *root->update_variable);
    cj_release(root->context, root->update_value, n * sizeof *root->update_value);
}

/* Records of frames that were left are no more: their nodes are gone. */
static void drop_dead(cj_root *root)
{
    int kept = 0;
    for (int i = 0; i < root->records; i++)
        if (cj_frame_is_open(root->context, root->record[i].frame))
            root->record[kept++] = root->record[i];
    root->records = kept;
}

static cj_record *find(cj_root *root, const cj_variable *variable, const char *path)
{
    drop_dead(root);
    for (int i = root->records - 1; i >= 0; i--) {
        cj_record *record = &root->record[i];
        if (variable ? record->variable == variable
                     : !record->variable && strcmp(record->path, path) == 0)
            return record;
    }
    return NULL;
}

static bool make_room(cj_root *root)
{
    if (root->records < root->record_capacity)
        return true;
    size_t old = (size_t)root->record_capacity, more = CJ_MAX(2 * old, (size_t)64);
    cj_record *record = cj_allocate(root->context, more * sizeof *record);
    cj_variable **variable = cj_allocate(root->context, more * sizeof *variable);
    cj_tensor **value = cj_allocate(root->context, more * sizeof *value);
    if (!record || !variable || !value) {
        cj_release(root->context, record, more * sizeof *record);
        cj_release(root->context, variable, more * sizeof *variable);
        cj_release(root->context, value, more * sizeof *value);
        return false;
    }
    if (root->records)
        memcpy(record, root->record, (size_t)root->records * sizeof *record);
    cj_records_free(root);
    root->record = record;
    root->update_variable = variable;
    root->update_value = value;
    root->record_capacity = (int)more;
    return true;
}

/*
 * Sets the value. One that was made in an outer frame than the record there is hidden, not
 * replaced: leaving the inner frame brings it back.
 */
static cj_status put(cj_at at, cj_root *root, cj_variable *variable, const char *path,
                     cj_tensor *value)
{
    if (cj_open_bodies(root->context))
        return cj_fail_building(
            root->context, CJ_INVALID, at,
            "a new value of '%s' is recorded in the body of a loop, where it would be lost: "
            "make it a carry, or do not train this layer (cj_scope_build)",
            path);
    uint64_t frame = cj_frame_id(root->context);
    cj_record *record = find(root, variable, path);
    if (record && record->frame == frame) {
        record->value = value;
        return CJ_OK;
    }
    if (!make_room(root))
        return cj_fail_building(root->context, CJ_NO_MEMORY, at,
                                "out of memory for a record of '%s'", path);
    root->record[root->records++] = (cj_record){variable, path, value, frame};
    return CJ_OK;
}

static cj_status put_variable(cj_at at, cj_root *root, cj_variable *variable, cj_tensor *value)
{
    int rank = cj_variable_rank(variable);
    if (cj_tensor_dtype(value) != cj_variable_dtype(variable) || cj_rank(value) != rank ||
        memcmp(cj_shape(value), cj_variable_shape(variable), (size_t)rank * sizeof(int64_t)) != 0)
        return cj_fail_building(
            root->context, CJ_SHAPE, at,
            "the new value of '%s' is %s, which is not the variable's dtype and shape",
            cj_variable_name(variable), CJ_TEXT_OF(value));
    return put(at, root, variable, cj_variable_name(variable), value);
}

cj_status cj_scope_record_variable_at(cj_at at, cj_scope *s, cj_variable *variable,
                                      cj_tensor *value)
{
    if (!s)
        return CJ_INVALID;
    cj_root *root = cj_home(s);
    if (!variable || !value)
        return cj_context_status(root->context) != CJ_OK
                   ? cj_context_status(root->context)
                   : cj_fail_building(root->context, CJ_INVALID, at,
                                      "a record needs a variable and a value");
    return put_variable(at, root, variable, value);
}

cj_tensor *cj_scope_latest_variable_at(cj_at at, cj_scope *s, cj_variable *variable)
{
    if (!s || !variable)
        return NULL;
    const cj_record *record = find(cj_home(s), variable, NULL);
    return record ? record->value : cj_variable_read_at(at, variable);
}

cj_status cj_scope_record_at(cj_at at, cj_scope *s, const char *name, cj_tensor *value)
{
    if (!s)
        return CJ_INVALID;
    cj_root *root = cj_home(s);
    if (!value || !name)
        return cj_context_status(root->context) != CJ_OK
                   ? cj_context_status(root->context)
                   : cj_fail_building(root->context, CJ_INVALID, at,
                                      "a record needs a name and a value");
    char path[CJ_PATH_SIZE];
    if (!cj_scope_join(at, s, name, path))
        return CJ_INVALID;
    const cj_entry *entry = cj_entry_find(root, path);
    if (entry && cj_home_answers(s, path))
        return put_variable(at, root, entry->variable, value);
    const char *kept = cj_arena_copy_text(&s->root->arena, path);
    if (!kept)
        return cj_fail_building(root->context, CJ_NO_MEMORY, at,
                                "out of memory for a record of '%s'", path);
    return put(at, s->root, NULL, kept, value);
}

cj_tensor *cj_scope_latest(cj_scope *s, const char *name, cj_tensor *before)
{
    cj_at nowhere = {0};
    char path[CJ_PATH_SIZE];
    if (!s || !cj_scope_join(nowhere, s, name, path))
        return NULL;
    const cj_entry *entry = cj_entry_find(cj_home(s), path);
    const cj_record *record = entry && cj_home_answers(s, path)
                                  ? find(cj_home(s), entry->variable, NULL)
                                  : find(s->root, NULL, path);
    return record ? record->value : before;
}

static bool is_frozen_buffer(const cj_root *root, const cj_variable *variable)
{
    const cj_entry *entry = cj_entry_find(root, cj_variable_name(variable));
    return entry && entry->frozen && entry->kind == CJ_BUFFER;
}

cj_updates cj_scope_updates(cj_scope *s)
{
    cj_root *root = cj_home(s);
    drop_dead(root);
    int count = 0;
    for (int i = 0; i < root->records; i++) {
        const cj_record *record = &root->record[i];
        if (!record->variable || is_frozen_buffer(root, record->variable))
            continue;
        int j = 0;
        while (j < count && root->update_variable[j] != record->variable)
            j++;
        root->update_variable[j] = record->variable;
        root->update_value[j] = record->value;
        count = CJ_MAX(count, j + 1);
    }
    return (cj_updates){count, root->update_variable, root->update_value};
}
