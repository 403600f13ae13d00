/*
 * src/io/weights.c - the parameters and buffers of a scope to a file and back.
 */
#include "cajal/weights.h"
#include "base/base.h"

#include <stdio.h>

static bool is_weight(const cj_entry *entry)
{
    return entry->kind != CJ_STATE;
}

static cj_status to_file(const cj_scope *s, cj_tensor_file *file)
{
    cj_status status = CJ_OK;
    for (int i = 0; i < cj_scope_count(s) && status == CJ_OK; i++) {
        const cj_entry *entry = cj_scope_entry(s, i);
        cj_variable *v = entry->variable;
        if (is_weight(entry))
            status =
                cj_tensor_file_add(cj_scope_context(s), file, entry->path, cj_variable_dtype(v),
                                   cj_variable_rank(v), cj_variable_shape(v), cj_variable_data(v));
    }
    return status;
}

cj_status cj_weights_save(const cj_scope *s, const char *path)
{
    cj_context *context = cj_scope_context(s);
    cj_tensor_file *file = cj_tensor_file_new(context);
    if (!file)
        return CJ_NO_MEMORY;
    cj_status status = to_file(s, file);
    if (status == CJ_OK)
        status = cj_safetensors_write(context, path, file);
    cj_tensor_file_free(context, file);
    return status;
}

/* torch wrote none before version 0.4.1. */
static bool may_lack(const char *path)
{
    static const char last[] = "num_batches_tracked";
    size_t length = strlen(path);
    return length >= sizeof last - 1 && strcmp(path + length - (sizeof last - 1), last) == 0;
}

static bool fits(const cj_array *array, const cj_variable *v)
{
    size_t bytes = (size_t)array->rank * sizeof *array->shape;
    return array->dtype == cj_variable_dtype(v) && array->rank == cj_variable_rank(v) &&
           (bytes == 0 || memcmp(array->shape, cj_variable_shape(v), bytes) == 0);
}

/* Everything that could go wrong, before anything is written. */
static cj_status check(cj_scope *s, const char *path, const cj_tensor_file *file)
{
    cj_context *context = cj_scope_context(s);
    for (int i = 0; i < cj_scope_count(s); i++) {
        const cj_entry *entry = cj_scope_entry(s, i);
        const cj_array *array = cj_tensor_file_find(file, entry->path);
        if (!is_weight(entry) || (!array && may_lack(entry->path)))
            continue;
        if (!array)
            return cj_fail(context, CJ_NOT_FOUND, "'%s' lacks the tensor '%s' of the net", path,
                           entry->path);
        if (!fits(array, entry->variable))
            return cj_fail(context,
                           array->dtype == cj_variable_dtype(entry->variable) ? CJ_SHAPE : CJ_DTYPE,
                           "'%s': the tensor '%s' has another dtype or shape than the net's", path,
                           entry->path);
    }
    for (size_t i = 0; i < file->count; i++)
        if (!cj_scope_find(s, file->array[i].name))
            return cj_fail(context, CJ_NOT_FOUND,
                           "'%s' holds a tensor '%s', which the net does not have; build the net "
                           "before its weights are loaded",
                           path, file->array[i].name);
    return CJ_OK;
}

cj_status cj_weights_load(cj_scope *s, const char *path)
{
    cj_context *context = cj_scope_context(s);
    cj_tensor_file *file = NULL;
    cj_status status = cj_safetensors_read(context, path, &file);
    if (status == CJ_OK)
        status = check(s, path, file);
    for (size_t i = 0; status == CJ_OK && i < file->count; i++) {
        const cj_array *array = &file->array[i];
        status =
            cj_scope_copy_in(s, array->name, array->dtype, array->rank, array->shape, array->data);
    }
    cj_tensor_file_free(context, file);
    return status;
}

/* ---- another net's weights ---- */

/* What is told of the tensors that are not filled: at most a dozen by name. */
typedef struct teller {
    char *text;
    size_t size, used;
    int named;
} teller;

#define MOST_NAMED 12

static void extents_text(int rank, const int64_t *shape, char *text, size_t size)
{
    size_t used = (size_t)snprintf(text, size, "%s", rank ? "" : "a number");
    for (int i = 0; i < rank && used < size; i++)
        used +=
            (size_t)snprintf(text + used, size - used, "%s%lld", i ? "x" : "", (long long)shape[i]);
}

static void tell(teller *t, const char *path, const cj_variable *v, const cj_array *array)
{
    char here[100], there[100], line[CJ_ERROR_SIZE];
    extents_text(cj_variable_rank(v), cj_variable_shape(v), here, sizeof here);
    if (array)
        extents_text(array->rank, array->shape, there, sizeof there);
    if (t->named++ > MOST_NAMED || !t->size)
        return;
    if (t->named > MOST_NAMED)
        snprintf(line, sizeof line, ", ...");
    else if (!array)
        snprintf(line, sizeof line, "%s%.200s (not there)", t->named > 1 ? ", " : "", path);
    else if (array->dtype != cj_variable_dtype(v))
        snprintf(line, sizeof line, "%s%.200s (%s there, %s here)", t->named > 1 ? ", " : "", path,
                 cj_dtype_name(array->dtype), cj_dtype_name(cj_variable_dtype(v)));
    else
        snprintf(line, sizeof line, "%s%.200s (%s there, %s here)", t->named > 1 ? ", " : "", path,
                 there, here);
    t->used += (size_t)snprintf(t->text + t->used, t->size - t->used, "%s%s",
                                t->named == 1 ? "these begin anew: " : "", line);
    t->used = CJ_MIN(t->used, t->size - 1);
}

cj_status cj_weights_begin_with(cj_scope *s, const char *path, int *taken, int *all, char *told,
                                size_t told_size)
{
    cj_context *context = cj_scope_context(s);
    cj_tensor_file *file = NULL;
    teller t = {told, told_size, 0, 0};
    *taken = *all = 0;
    if (told_size)
        told[0] = 0;
    cj_status status = cj_safetensors_read(context, path, &file);
    for (int i = 0; i < cj_scope_count(s) && status == CJ_OK; i++) {
        const cj_entry *entry = cj_scope_entry(s, i);
        cj_variable *v = entry->variable;
        if (!is_weight(entry))
            continue;
        const cj_array *array = cj_tensor_file_find(file, entry->path);
        ++*all;
        if (array && fits(array, v)) {
            ++*taken;
            if (array->size)
                memcpy(cj_variable_data(v), array->data, array->size);
        } else {
            tell(&t, entry->path, v, array);
        }
    }
    if (status == CJ_OK && *taken == 0)
        status =
            cj_fail(context, CJ_NOT_FOUND, "'%s' holds no tensor of the net: its first is '%s'",
                    path, file->count ? file->array[0].name : "none");
    cj_tensor_file_free(context, file);
    return status;
}
