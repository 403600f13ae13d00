/*
 * src/base/file.c - whole files in and out. A file is replaced by a rename, so that whoever reads it, and
 * whoever cuts the power, finds the old one or the new one.
 */
#include "base.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* Records why `path` could not be written or read; `reason` is an errno. */
static cj_status fail_on(cj_context *context, const char *what, const char *path, int reason)
{
    char text[128] = "";
    const char *said = strerror_r(reason, text, sizeof text);
    cj_status status = reason == ENOENT ? CJ_NOT_FOUND : CJ_IO;
    return cj_fail(context, status, "cannot %s '%s': %s", what, path, said);
}

/* ---- writing ---- */

static int write_all(int file, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t wrote = write(file, bytes, size);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return wrote < 0 ? errno : EIO;
        bytes += wrote;
        size -= (size_t)wrote;
    }
    return 0;
}

/* Creates or overwrites `path` with the bytes, on the disk when `sync`; an errno, or 0. */
static int write_file(const char *path, const void *data, size_t size, bool sync)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file < 0)
        return errno;
    int reason = write_all(file, data, size);
    if (!reason && sync && fsync(file) != 0)
        reason = errno;
    if (close(file) != 0 && !reason)
        reason = errno;
    return reason;
}

/* Makes the renaming of a file in it durable. `path` is cut at its last slash and mended. */
static int sync_folder_of(char *path)
{
    char *slash = strrchr(path, '/');
    char kept = '\0';
    if (slash) {
        slash += slash == path; /* the root keeps its slash */
        kept = *slash;
        *slash = '\0';
    }
    int folder = open(slash ? path : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (slash)
        *slash = kept;
    if (folder < 0)
        return errno == EACCES ? 0 : errno; /* a folder may be written but not opened */
    int reason =
        fsync(folder) == 0 || errno == EINVAL ? 0 : errno; /* EINVAL: it has no such thing */
    close(folder);
    return reason;
}

static int replace_file(const char *path, char *temporary, const void *data, size_t size)
{
    int reason = write_file(temporary, data, size, true);
    if (!reason && rename(temporary, path) != 0)
        reason = errno;
    if (reason) {
        unlink(temporary);
        return reason;
    }
    return sync_folder_of(temporary);
}

cj_status cj_file_write(cj_context *context, const char *path, const void *data, size_t size)
{
    struct stat about;
    int reason;
    if (stat(path, &about) == 0 && !S_ISREG(about.st_mode)) {
        /* A pipe or a device is written to, never replaced by a file; a folder fails in open. */
        reason = write_file(path, data, size, false);
    } else {
        size_t room = strlen(path) + sizeof ".tmp-" + 20;
        char *temporary = cj_allocate(context, room);
        if (!temporary)
            return CJ_NO_MEMORY;
        snprintf(temporary, room, "%s.tmp-%ld", path, (long)getpid());
        reason = replace_file(path, temporary, data, size);
        cj_release(context, temporary, room);
    }
    return reason ? fail_on(context, "write", path, reason) : CJ_OK;
}

/* ---- reading ---- */

typedef struct buffer {
    char *bytes;
    size_t size, used;
} buffer;

static cj_status fail_too_long(cj_context *context, const char *path, size_t limit)
{
    return cj_fail(context, CJ_FORMAT, "cannot read '%s': it has more than the %zu bytes allowed",
                   path, limit);
}

/* Reads to the end; what fstat says of the length is a hint, since pipes have none. */
static cj_status read_all(cj_context *context, const char *path, int file, size_t limit, buffer *in)
{
    for (;;) {
        if (in->used == in->size) {
            size_t size = CJ_MAX(in->size * 2, (size_t)1 << 16);
            char *bytes = cj_reallocate(context, in->bytes, in->size, size);
            if (!bytes)
                return CJ_NO_MEMORY;
            in->bytes = bytes;
            in->size = size;
        }
        ssize_t got = read(file, in->bytes + in->used, in->size - in->used);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail_on(context, "read", path, errno);
        if (got == 0)
            return CJ_OK;
        in->used += (size_t)got;
        if (limit && in->used > limit)
            return fail_too_long(context, path, limit);
    }
}

/* Reads the open file into `in` and shrinks it to what was read. */
static cj_status read_file(cj_context *context, const char *path, int file, size_t limit,
                           buffer *in)
{
    struct stat about;
    if (fstat(file, &about) != 0)
        return fail_on(context, "read", path, errno);
    if (S_ISDIR(about.st_mode))
        return fail_on(context, "read", path, EISDIR);
    uint64_t length = S_ISREG(about.st_mode) ? (uint64_t)about.st_size : 0;
    if ((limit && length > limit) || length >= SIZE_MAX / 2)
        return fail_too_long(context, path, limit ? limit : SIZE_MAX / 2);
    in->size = (size_t)length + 1; /* one more, so that the end is seen without growing */
    in->bytes = cj_allocate(context, in->size);
    if (!in->bytes)
        return CJ_NO_MEMORY;
    cj_status status = read_all(context, path, file, limit, in);
    if (status != CJ_OK)
        return status;
    char *bytes = cj_reallocate(context, in->bytes, in->size, in->used);
    if (!bytes)
        return CJ_NO_MEMORY;
    in->bytes = bytes;
    in->size = in->used;
    return CJ_OK;
}

cj_status cj_file_read(cj_context *context, const char *path, size_t limit, void **data,
                       size_t *size)
{
    *data = NULL;
    *size = 0;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return fail_on(context, "read", path, errno);
    buffer in = {0};
    cj_status status = read_file(context, path, file, limit, &in);
    close(file);
    if (status != CJ_OK) {
        cj_release(context, in.bytes, in.size);
        return status;
    }
    *data = in.bytes;
    *size = in.used;
    return CJ_OK;
}

static cj_status make_one(cj_context *context, const char *path)
{
    struct stat about;
    if (mkdir(path, 0777) == 0)
        return CJ_OK;
    int reason = errno;
    if (reason == EEXIST && stat(path, &about) == 0 && S_ISDIR(about.st_mode))
        return CJ_OK;
    return cj_fail(context, CJ_IO, "cannot make the folder '%s': %s", path, strerror(reason));
}

cj_status cj_folder_make(cj_context *context, const char *path)
{
    size_t size = strlen(path) + 1;
    char *copy = cj_allocate(context, size);
    cj_status status = copy ? CJ_OK : CJ_NO_MEMORY;
    for (size_t i = 1; status == CJ_OK && i < size; i++) {
        if (path[i] != '/' && path[i])
            continue;
        memcpy(copy, path, i);
        copy[i] = 0;
        status = make_one(context, copy);
    }
    cj_release(context, copy, size);
    return status;
}
