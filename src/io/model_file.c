/*
 * src/io/model_file.c - a model as a safetensors file, and back; a state_dict of torch whose net is told.
 */
#include "io/model.h"

#include "base/base.h"

#include <stdlib.h>

/* ---- writing ---- */

static cj_status add_metadata(cj_model *model, cj_tensor_file *file)
{
    cj_context *context = model->context;
    char format[16], *json;
    size_t size;
    snprintf(format, sizeof format, "%d", CJ_MODEL_FORMAT);
    cj_status status = cj_preprocess_to_json(context, model->preprocess, &json, &size);
    if (status != CJ_OK)
        return status;
    status = cj_tensor_file_set(context, file, "cajal_preprocess", json);
    cj_release(context, json, size);
    if (status == CJ_OK)
        status = cj_tensor_file_set(context, file, "cajal_format", format);
    if (status == CJ_OK)
        status = cj_tensor_file_set(context, file, "cajal_net", cj_net_text(model->net));
    if (status == CJ_OK)
        status = cj_tensor_file_set(context, file, "cajal_net_name", cj_model_name(model));
    return status;
}

cj_status cj_model_to_file(cj_model *model, cj_tensor_file **out)
{
    cj_context *context = model->context;
    *out = NULL;
    cj_tensor_file *file = cj_tensor_file_new(context);
    if (!file)
        return CJ_NO_MEMORY;
    cj_status status = add_metadata(model, file);
    for (int i = 0; i < cj_scope_count(model->scope) && status == CJ_OK; i++) {
        const cj_entry *entry = cj_scope_entry(model->scope, i);
        cj_variable *v = entry->variable;
        if (entry->kind != CJ_STATE)
            status =
                cj_tensor_file_add(context, file, entry->path, cj_variable_dtype(v),
                                   cj_variable_rank(v), cj_variable_shape(v), cj_variable_data(v));
    }
    if (status != CJ_OK) {
        cj_tensor_file_free(context, file);
        return status;
    }
    *out = file;
    return CJ_OK;
}

cj_status cj_model_save(cj_model *model, const char *path)
{
    cj_tensor_file *file;
    cj_status status = cj_model_to_file(model, &file);
    if (status != CJ_OK)
        return status;
    status = cj_safetensors_write(model->context, path, file);
    cj_tensor_file_free(model->context, file);
    return status;
}

cj_status cj_model_hash(cj_model *model, char text[65])
{
    cj_tensor_file *file;
    cj_status status = cj_model_to_file(model, &file);
    if (status != CJ_OK)
        return status;
    status = cj_tensor_file_hash(model->context, file, text);
    cj_tensor_file_free(model->context, file);
    return status;
}

const char *cj_model_name(const cj_model *model)
{
    return model->kept_name[0] ? model->kept_name : cj_net_name(model->net);
}

/* ---- reading ---- */

static bool in_model(const cj_entry *entry)
{
    return entry && entry->kind != CJ_STATE;
}

/* A state_dict of an old torch may lack the counter that batch norm does not need. */
static bool may_lack(const char *path)
{
    size_t length = strlen(path), tail = strlen("num_batches_tracked");
    return length >= tail && !strcmp(path + length - tail, "num_batches_tracked");
}

static cj_status fill(cj_model *model, const char *name, const cj_tensor_file *file)
{
    cj_context *context = model->context;
    size_t used = 0;
    for (int i = 0; i < cj_scope_count(model->scope); i++) {
        const cj_entry *entry = cj_scope_entry(model->scope, i);
        const cj_array *array = cj_tensor_file_find(file, entry->path);
        if (!in_model(entry) || (!array && may_lack(entry->path)))
            continue;
        if (!array)
            return cj_fail(context, CJ_NOT_FOUND,
                           "'%s' has no tensor \"%s\", which the net \"%.200s\" needs", name,
                           entry->path, cj_net_text(model->net));
        cj_status status = cj_scope_copy_in(model->scope, entry->path, array->dtype, array->rank,
                                            array->shape, array->data);
        if (status != CJ_OK)
            return status;
        used++;
    }
    for (size_t i = 0; i < file->count && used < file->count; i++) {
        cj_variable *known = cj_scope_find(model->scope, file->array[i].name);
        if (!known)
            return cj_fail(context, CJ_NOT_FOUND,
                           "'%s' holds a tensor \"%s\", which the net \"%.200s\" does not have",
                           name, file->array[i].name, cj_net_text(model->net));
    }
    return CJ_OK;
}

static cj_status check_format(cj_context *context, const char *name, const char *format)
{
    char *end;
    long number = strtol(format, &end, 10);
    if (!*format || *end || number < 1)
        return cj_fail(context, CJ_FORMAT, "'%s': \"%.40s\" is no format of a model", name, format);
    if (number > CJ_MODEL_FORMAT)
        return cj_fail(context, CJ_UNSUPPORTED,
                       "'%s' has model format %ld; this is Cajal %s, which reads up to format %d: "
                       "a newer one is "
                       "needed",
                       name, number, cj_version(), CJ_MODEL_FORMAT);
    return CJ_OK;
}

/* A net far larger than the file is refused before memory is taken for it. */
#define UNCHECKED_WEIGHTS (INT64_C(1) << 24)

static cj_status check_size(cj_context *context, const char *name, const cj_tensor_file *file,
                            const char *text, const cj_preprocess *preprocess)
{
    cj_net *net;
    int64_t held = 0, needed = 0;
    cj_status status = cj_net_parse(context, text, preprocess->rank, preprocess->shape,
                                    cj_preprocess_outputs(preprocess), &net);
    if (status != CJ_OK)
        return status;
    for (size_t i = 0; i < file->count; i++)
        held += cj_array_count(&file->array[i]);
    for (int i = 0; i < cj_net_layers(net); i++)
        needed += cj_net_layer_at(net, i)->parameters;
    cj_net_free(net);
    if (needed <= held || needed <= UNCHECKED_WEIGHTS)
        return CJ_OK;
    return cj_fail(context, CJ_FORMAT, "'%s' holds %lld numbers, its net \"%.200s\" needs %lld",
                   name, (long long)held, text, (long long)needed);
}

static cj_status from_own(cj_context *context, const char *name, const cj_tensor_file *file,
                          const char *format, cj_model **out)
{
    const char *text = cj_tensor_file_get(file, "cajal_net");
    const char *json = cj_tensor_file_get(file, "cajal_preprocess");
    const char *called = cj_tensor_file_get(file, "cajal_net_name");
    cj_status status = check_format(context, name, format);
    if (status != CJ_OK)
        return status;
    if (!text || !json)
        return cj_fail(context, CJ_FORMAT,
                       "'%s' says it is a model, but lacks its net or its preprocessing", name);
    cj_preprocess *preprocess;
    status = cj_preprocess_from_json(context, name, json, &preprocess);
    if (status != CJ_OK)
        return status;
    status = check_size(context, name, file, text, preprocess);
    if (status == CJ_OK)
        status = cj_model_new(context, text, preprocess, out);
    cj_preprocess_free(context, preprocess);
    if (status == CJ_OK && called)
        snprintf((*out)->kept_name, sizeof(*out)->kept_name, "%s", called);
    return status;
}

/* Pictures of the shape that a named net was made for, as pixel / 255; classes 0, 1, 2, ... */
static cj_status plain_model(cj_context *context, const char *name, const char *net, cj_model **out)
{
    const cj_known_net *known = NULL;
    size_t length = strcspn(net, ":");
    for (int i = 0; cj_net_known(i); i++)
        if (strlen(cj_net_known(i)->name) == length && !strncmp(cj_net_known(i)->name, net, length))
            known = cj_net_known(i);
    if (!known)
        return cj_fail(context, CJ_INVALID,
                       "'%s' carries no preprocessing, and the net \"%.100s\" has no shape of its "
                       "own: the data must "
                       "be given",
                       name, net);
    char digits[64][12], *names[64];
    double mean[4] = {0}, scale[4] = {1, 1, 1, 1};
    char *target = (char[]){"class"};
    cj_preprocess p = {.kind = CJ_INPUT_IMAGES, .task = CJ_TASK_CLASSES, .rank = known->rank};
    for (int i = 0; i < known->outputs && i < 64; i++) {
        snprintf(digits[i], sizeof digits[i], "%d", i);
        names[i] = digits[i];
    }
    memcpy(p.shape, known->shape, sizeof known->shape);
    p.moments = (int)known->shape[0];
    p.mean = mean;
    p.scale = scale;
    p.classes = (int)known->outputs;
    p.class_name = names;
    p.targets = 1;
    p.target_name = &target;
    return cj_model_new(context, net, &p, out);
}

cj_status cj_model_from_file(cj_context *context, const char *name, const cj_tensor_file *file,
                             const cj_model_options *options, cj_model **out)
{
    const char *format = cj_tensor_file_get(file, "cajal_format");
    *out = NULL;
    cj_status status;
    if (format)
        status = from_own(context, name, file, format, out);
    else if (!options || !options->net)
        return cj_fail(
            context, CJ_INVALID,
            "'%s' holds tensors, but does not say of which net: name it, as in --net lenet", name);
    else if (options->preprocess)
        status = cj_model_new(context, options->net, options->preprocess, out);
    else
        status = plain_model(context, name, options->net, out);
    if (status != CJ_OK)
        return status;
    (*out)->foreign = !format;
    status = fill(*out, name, file);
    if (status != CJ_OK) {
        cj_model_free(*out);
        *out = NULL;
    }
    return status;
}

cj_status cj_model_load(cj_context *context, const char *path, const cj_model_options *options,
                        cj_model **out)
{
    cj_tensor_file *file;
    *out = NULL;
    cj_status status = cj_safetensors_read(context, path, &file);
    if (status != CJ_OK)
        return status;
    status = cj_model_from_file(context, path, file, options, out);
    cj_tensor_file_free(context, file);
    return status;
}
