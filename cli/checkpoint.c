/*
 * cli/checkpoint.c - the state of a run on disk, and the log, whose valid length is part of that state.
 */
#include "train.h"

#include "base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHECKPOINT_FORMAT 1

/* ---- saving ---- */

static cj_status set_number(train *t, cj_tensor_file *file, const char *key, double number)
{
    char text[40];
    snprintf(text, sizeof text, "%.17g", number);
    return cj_tensor_file_set(t->c->context, file, key, text);
}

static cj_status fill(train *t, cj_tensor_file *file)
{
    cj_context *context = t->c->context;
    cj_status status = CJ_OK;
    for (int i = 0; i < cj_trainer_arrays(t->trainer) && status == CJ_OK; i++) {
        cj_trainer_array a = cj_trainer_array_at(t->trainer, i);
        status = cj_tensor_file_add(context, file, a.name, a.dtype, a.rank, a.shape, a.data);
    }
    if (status == CJ_OK)
        status = set_number(t, file, "checkpoint_format", CHECKPOINT_FORMAT);
    if (status == CJ_OK)
        status = set_number(t, file, "log_length", (double)t->log_length);
    if (status == CJ_OK)
        status = set_number(t, file, "train_seconds", t->seconds);
    return status;
}

int checkpoint_save(train *t)
{
    char path[PATH_SIZE];
    cj_context *context = t->c->context;
    cj_tensor_file *file = cj_tensor_file_new(context);
    cj_status status = file ? fill(t, file) : CJ_NO_MEMORY;
    folder_file(t, "checkpoint.safetensors", path);
    if (status == CJ_OK)
        status = cj_safetensors_write(context, path, file);
    int code = status == CJ_OK ? EXIT_DONE : fail_write(t->c, status);
    cj_tensor_file_free(context, file);
    return code;
}

/* ---- the log ---- */

static cj_status write_log(train *t, const char *path, const char *text, size_t length)
{
    int file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    int reason = file < 0 ? errno : 0;
    while (!reason && length > 0) {
        ssize_t wrote = write(file, text, length);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0) {
            reason = wrote < 0 ? errno : EIO;
            break;
        }
        text += wrote;
        length -= (size_t)wrote;
        t->log_length += wrote;
    }
    if (!reason && fsync(file) != 0)
        reason = errno;
    if (file >= 0 && close(file) != 0 && !reason)
        reason = errno;
    if (!reason)
        return CJ_OK;
    return cj_fail(t->c->context, CJ_IO, "cannot write '%s': %s", path, strerror(reason));
}

int log_append(train *t, json_t *object)
{
    char path[PATH_SIZE];
    char *text = object ? json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(9)) : NULL;
    if (!text || json_array_append_new(t->log, object) != 0) {
        free(text);
        return fail_library(t->c, CJ_NO_MEMORY);
    }
    size_t length = strlen(text);
    text[length] = '\n'; /* in place of the NUL */
    folder_file(t, "log.jsonl", path);
    cj_status status = write_log(t, path, text, length + 1);
    free(text);
    return status == CJ_OK ? EXIT_DONE : fail_write(t->c, status);
}

/* Cuts the log to the length that the state knows, and reads what is left. */
static int restore_log(train *t)
{
    char path[PATH_SIZE];
    struct stat about;
    void *data;
    size_t size;
    folder_file(t, "log.jsonl", path);
    if (stat(path, &about) != 0) {
        if (t->log_length)
            tell(t->c, "'%s' is gone: the learning curve begins here", path);
        t->log_length = 0;
        return EXIT_DONE;
    }
    t->log_length = CJ_MIN(t->log_length, (int64_t)about.st_size);
    if (truncate(path, (off_t)t->log_length) != 0)
        return fail(t->c, EXIT_ERROR, "cannot write '%s': %s", path, strerror(errno));
    cj_status status = cj_file_read(t->c->context, path, 0, &data, &size);
    if (status != CJ_OK)
        return fail_library(t->c, status);
    for (const char *line = data, *end = line + size; line < end;) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        json_t *object = json_loadb(line, (size_t)((stop ? stop : end) - line), 0, NULL);
        if (object)
            json_array_append_new(t->log, object);
        line = stop ? stop + 1 : end;
    }
    cj_release(t->c->context, data, size);
    return EXIT_DONE;
}

/* ---- restoring ---- */

static double number_of(const cj_tensor_file *file, const char *key)
{
    const char *text = cj_tensor_file_get(file, key);
    double number = 0;
    return text && cj_parse_number(text, &number) && number >= 0 ? number : 0;
}

static bool same_form(const cj_trainer_array *a, const cj_array *b)
{
    bool same = a->dtype == b->dtype && a->rank == b->rank && a->bytes == b->size;
    for (int i = 0; i < a->rank && same; i++)
        same = a->shape[i] == b->shape[i];
    return same;
}

static cj_status take(train *t, const char *path, const cj_tensor_file *file)
{
    cj_context *context = t->c->context;
    double format = number_of(file, "checkpoint_format");
    if (format > CHECKPOINT_FORMAT)
        return cj_fail(context, CJ_UNSUPPORTED,
                       "'%s' has checkpoint format %g; this is Cajal %s, which reads format %d: a "
                       "newer one is needed",
                       path, format, cj_version(), CHECKPOINT_FORMAT);
    int count = cj_trainer_arrays(t->trainer);
    for (int i = 0; i < count; i++) {
        cj_trainer_array a = cj_trainer_array_at(t->trainer, i);
        const cj_array *stored = cj_tensor_file_find(file, a.name);
        if (!stored || !same_form(&a, stored))
            return cj_fail(
                context, CJ_FORMAT,
                "'%s' is not the state of this run: \"%s\" is missing or has another form", path,
                a.name);
        if (a.bytes)
            memcpy(a.data, stored->data, a.bytes);
    }
    if (file->count != (size_t)count)
        return cj_fail(context, CJ_FORMAT,
                       "'%s' is not the state of this run: it holds %zu tensors, the run has %d",
                       path, file->count, count);
    return cj_trainer_restored(t->trainer);
}

static int fail_restoring(train *t, cj_status status)
{
    fail_library(t->c, status);
    tell(t->c, "the run cannot be gone on with; --force in place of --resume begins it anew");
    return EXIT_ERROR;
}

int checkpoint_restore(train *t, bool *found)
{
    char path[PATH_SIZE];
    cj_tensor_file *file;
    folder_file(t, "checkpoint.safetensors", path);
    *found = access(path, F_OK) == 0;
    if (!*found)
        return restore_log(t);
    cj_status status = cj_safetensors_read(t->c->context, path, &file);
    if (status != CJ_OK)
        return fail_restoring(t, status);
    status = take(t, path, file);
    t->log_length = (int64_t)number_of(file, "log_length");
    t->seconds = number_of(file, "train_seconds");
    cj_tensor_file_free(t->c->context, file);
    return status == CJ_OK ? restore_log(t) : fail_restoring(t, status);
}
