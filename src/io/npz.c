/*
 * npz.c - a zip of npy files.
 */
#include "io/io.h"

#include <stdio.h>

static cj_status note_skipped(cj_context *context, cj_tensor_file *file, const char *name)
{
    const char *before = cj_tensor_file_get(file, "skipped");
    size_t size = (before ? strlen(before) : 0) + strlen(name) + 2;
    char *text = cj_allocate(context, size);
    if (!text)
        return CJ_NO_MEMORY;
    snprintf(text, size, "%s%s%s", before ? before : "", before ? "," : "", name);
    cj_status status = cj_tensor_file_set(context, file, "skipped", text);
    cj_release(context, text, size);
    return status;
}

static cj_status load_member(const cj_zip *z, cj_zip_member *m, cj_tensor_file *file)
{
    char label[640];
    const uint8_t *data = NULL;
    void *owned;
    cj_array array = {0};
    size_t length = strlen(m->path);
    snprintf(label, sizeof label, "%.320s(%s)", z->name, m->path);
    if (length > 4 && strcmp(m->path + length - 4, ".npy") == 0)
        m->path[length - 4] = 0;
    cj_status status = cj_zip_data(z, m, label, &data, &owned);
    if (status == CJ_OK) {
        status = cj_npy_parse(z->context, label, data, (size_t)m->plain, &array);
        if (status == CJ_UNSUPPORTED)
            status = note_skipped(z->context, file, m->path);
    }
    if (owned)
        cj_release(z->context, owned, (size_t)m->plain);
    if (status == CJ_OK && array.data) {
        array.name = cj_text_copy(z->context, m->path, strlen(m->path));
        status = array.name ? cj_tensor_file_adopt(z->context, file, &array) : CJ_NO_MEMORY;
        if (status == CJ_INVALID)
            status = cj_fail(z->context, CJ_FORMAT,
                             "%s: holds two arrays of this name, or one without a name", label);
    }
    cj_array_free(z->context, &array);
    return status;
}

cj_status cj_npz_parse(cj_context *context, const char *name, const void *data, size_t size,
                       cj_tensor_file **out)
{
    cj_zip z;
    bool more = true;
    *out = NULL;
    cj_status status = cj_zip_open(context, name, data, size, &z);
    if (status != CJ_OK)
        return status;
    cj_tensor_file *file = cj_tensor_file_new(context);
    if (!file)
        return CJ_NO_MEMORY;
    while (status == CJ_OK) {
        cj_zip_member member;
        status = cj_zip_next(&z, &member, &more);
        if (!more)
            break;
        if (status == CJ_OK && member.file)
            status = load_member(&z, &member, file);
    }
    if (status == CJ_OK)
        *out = file;
    else
        cj_tensor_file_free(context, file);
    return status;
}

cj_status cj_npz_read(cj_context *context, const char *path, cj_tensor_file **out)
{
    void *data;
    size_t size;
    *out = NULL;
    cj_status status = cj_file_read(context, path, 0, &data, &size);
    if (status != CJ_OK)
        return status;
    status = cj_npz_parse(context, path, data, size, out);
    cj_release(context, data, size);
    return status;
}
