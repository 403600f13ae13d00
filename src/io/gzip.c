/*
 * gzip.c - bytes from memory or a file, inflated on the way where they are gzip (RFC 1952), in
 * bounded memory.
 */
#include "io/io.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>
#include <zlib.h>

#define CHUNK ((size_t)1 << 16) /* of a file that is held at a time */

struct cj_source {
    cj_context *context;
    const char *name;
    const uint8_t *data;
    size_t size, place;
    int file;        /* -1: all is in memory */
    uint8_t *buffer; /* of a file: CHUNK bytes; data points to it */
    uint64_t before; /* of a file: bytes before the buffer's */
    bool gzip, ended;
    z_stream stream;
};

static void *zlib_allocate(void *user, unsigned items, unsigned size)
{
    return cj_prefixed_allocate(user, (size_t)items * size);
}

static void zlib_release(void *user, void *pointer)
{
    cj_prefixed_release(user, pointer);
}

static cj_status zlib_failure(cj_context *context, const char *name, const char *kind, int code,
                              const z_stream *stream, uint64_t at)
{
    if (code == Z_MEM_ERROR)
        return cj_fail(context, CJ_NO_MEMORY, "%s: no memory to inflate it", name);
    if (code == Z_BUF_ERROR)
        return cj_fail(context, CJ_FORMAT,
                       "%s: the %s data ends early, at byte %llu: get the file again", name, kind,
                       (unsigned long long)at);
    return cj_fail(context, CJ_FORMAT, "%s: the %s data is broken near byte %llu (%s)", name, kind,
                   (unsigned long long)at, stream->msg ? stream->msg : "it does not inflate");
}

bool cj_is_gzip(const void *data, size_t size)
{
    const uint8_t *p = data;
    return size >= 3 && p[0] == 0x1f && p[1] == 0x8b && p[2] == 8;
}

/* Of a file: as many as `least` bytes in the buffer, fewer at the end. */
static cj_status fill(cj_source *s, size_t least)
{
    if (s->file < 0 || s->size - s->place >= least)
        return CJ_OK;
    memmove(s->buffer, s->buffer + s->place, s->size - s->place);
    s->before += s->place;
    s->size -= s->place;
    s->place = 0;
    while (s->size < least) {
        ssize_t got = read(s->file, s->buffer + s->size, CHUNK - s->size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return cj_fail(s->context, CJ_IO, "%s: cannot be read: %s", s->name, strerror(errno));
        if (got == 0)
            break;
        s->size += (size_t)got;
    }
    return CJ_OK;
}

static cj_status begin(cj_source *s)
{
    cj_status status = fill(s, 3);
    if (status != CJ_OK || !cj_is_gzip(s->data, s->size))
        return status;
    s->stream.zalloc = zlib_allocate;
    s->stream.zfree = zlib_release;
    s->stream.opaque = s->context;
    if (inflateInit2(&s->stream, 15 + 16) != Z_OK)
        return zlib_failure(s->context, s->name, "gzip", Z_MEM_ERROR, NULL, 0);
    s->gzip = true;
    return CJ_OK;
}

static cj_status open_source(cj_source *s, cj_source **out)
{
    cj_status status = begin(s);
    if (status == CJ_OK)
        *out = s;
    else
        cj_source_close(s);
    return status;
}

cj_status cj_source_open(cj_context *context, const char *name, const void *data, size_t size,
                         cj_source **out)
{
    *out = NULL;
    cj_source *s = cj_allocate_zero(context, sizeof *s);
    if (!s)
        return CJ_NO_MEMORY;
    *s = (cj_source){.context = context, .name = name, .data = data, .size = size, .file = -1};
    return open_source(s, out);
}

cj_status cj_source_open_file(cj_context *context, const char *path, cj_source **out)
{
    *out = NULL;
    cj_source *s = cj_allocate_zero(context, sizeof *s);
    if (!s)
        return CJ_NO_MEMORY;
    *s = (cj_source){.context = context, .name = path, .file = -1};
    s->data = s->buffer = cj_allocate(context, CHUNK);
    cj_status status = s->buffer ? CJ_OK : CJ_NO_MEMORY;
    if (status == CJ_OK && (s->file = open(path, O_RDONLY | O_CLOEXEC)) < 0)
        status = cj_fail(context, errno == ENOENT ? CJ_NOT_FOUND : CJ_IO, "%s: cannot be read: %s",
                         path, strerror(errno));
    if (status == CJ_OK)
        return open_source(s, out);
    cj_source_close(s);
    return status;
}

void cj_source_close(cj_source *source)
{
    if (!source)
        return;
    if (source->gzip)
        inflateEnd(&source->stream);
    if (source->file >= 0)
        close(source->file);
    if (source->buffer)
        cj_release(source->context, source->buffer, CHUNK);
    cj_release(source->context, source, sizeof *source);
}

bool cj_source_offset(const cj_source *source, uint64_t *offset)
{
    *offset = source->before + source->place;
    return source->file >= 0 && !source->gzip;
}

/* After one gzip member: another may follow; padding of zeros or foreign bytes end it, as gzip(1)
 * has it. */
static cj_status next_member(cj_source *s)
{
    cj_status status = fill(s, 3);
    if (status != CJ_OK)
        return status;
    if (!cj_is_gzip(s->data + s->place, s->size - s->place)) {
        s->ended = true;
        return CJ_OK;
    }
    if (inflateReset(&s->stream) != Z_OK)
        return zlib_failure(s->context, s->name, "gzip", Z_DATA_ERROR, &s->stream,
                            s->before + s->place);
    return CJ_OK;
}

cj_status cj_source_read(cj_source *s, void *data, size_t size, size_t *got)
{
    *got = 0;
    while (!s->gzip && *got < size) {
        cj_status status = fill(s, 1);
        size_t step = CJ_MIN(size - *got, s->size - s->place);
        if (status != CJ_OK || step == 0)
            return status;
        memcpy((uint8_t *)data + *got, s->data + s->place, step);
        s->place += step;
        *got += step;
    }
    while (s->gzip && *got < size && !s->ended) {
        cj_status filled = fill(s, 1);
        if (filled != CJ_OK)
            return filled;
        size_t out = CJ_MIN(size - *got, (size_t)INT_MAX);
        size_t in = CJ_MIN(s->size - s->place, (size_t)INT_MAX);
        s->stream.next_out = (uint8_t *)data + *got;
        s->stream.avail_out = (unsigned)out;
        s->stream.next_in = (uint8_t *)(uintptr_t)(s->data + s->place); /* not written to */
        s->stream.avail_in = (unsigned)in;
        int code = inflate(&s->stream, Z_NO_FLUSH);
        s->place += in - s->stream.avail_in;
        *got += out - s->stream.avail_out;
        if (code == Z_STREAM_END) {
            cj_status status = next_member(s);
            if (status != CJ_OK)
                return status;
        } else if (code != Z_OK) {
            return zlib_failure(s->context, s->name, "gzip", code, &s->stream,
                                s->before + s->place);
        }
    }
    return CJ_OK;
}

cj_status cj_source_skip(cj_source *source, uint64_t size, uint64_t *skipped)
{
    uint8_t scratch[4096];
    *skipped = 0;
    if (!source->gzip && source->file < 0) {
        *skipped = CJ_MIN(size, source->size - source->place);
        source->place += *skipped;
        return CJ_OK;
    }
    while (*skipped < size) {
        size_t got, want = (size_t)CJ_MIN(size - *skipped, sizeof scratch);
        cj_status status = cj_source_read(source, scratch, want, &got);
        if (status != CJ_OK)
            return status;
        *skipped += got;
        if (got < want)
            break;
    }
    return CJ_OK;
}

cj_status cj_gzip_inflate(cj_context *context, const char *name, const void *data, size_t size,
                          size_t limit, void **out, size_t *out_size)
{
    *out = NULL;
    *out_size = 0;
    cj_source *source;
    cj_status status = cj_source_open(context, name, data, size, &source);
    if (status != CJ_OK)
        return status;
    cj_buffer buffer = {.context = context};
    size_t step = CJ_MAX(CJ_MIN(size, (size_t)1 << 22) * 4, 4096);
    for (;;) {
        size_t got;
        step = CJ_MIN(step, limit - buffer.size + 1);
        if ((status = cj_buffer_reserve(&buffer, step)) != CJ_OK)
            break;
        size_t room = CJ_MIN(buffer.capacity - buffer.size, limit - buffer.size + 1);
        if ((status = cj_source_read(source, buffer.data + buffer.size, room, &got)) != CJ_OK)
            break;
        buffer.size += got;
        if (buffer.size > limit) {
            status =
                cj_fail(context, CJ_FORMAT,
                        "%s: inflates to more than the %zu bytes that are accepted", name, limit);
            break;
        }
        if (got < room)
            break;
    }
    if (status == CJ_OK)
        status = cj_buffer_take(&buffer, out, out_size);
    cj_buffer_free(&buffer);
    cj_source_close(source);
    return status;
}

cj_status cj_inflate_raw(cj_context *context, const char *name, const void *data, size_t size,
                         void *out, size_t out_size)
{
    z_stream stream = {.zalloc = zlib_allocate, .zfree = zlib_release, .opaque = context};
    if (inflateInit2(&stream, -15) != Z_OK)
        return zlib_failure(context, name, "deflated", Z_MEM_ERROR, NULL, 0);
    const uint8_t *in = data;
    size_t taken = 0, made = 0;
    uint8_t nothing;
    int code = Z_OK;
    while (code == Z_OK) {
        size_t step_in = CJ_MIN(size - taken, (size_t)INT_MAX);
        size_t step_out = CJ_MIN(out_size - made, (size_t)INT_MAX);
        stream.next_in = (uint8_t *)(uintptr_t)(in + taken);
        stream.avail_in = (unsigned)step_in;
        stream.next_out = step_out ? (uint8_t *)out + made : &nothing;
        stream.avail_out = (unsigned)step_out;
        code = inflate(&stream, Z_NO_FLUSH);
        taken += step_in - stream.avail_in;
        made += step_out - stream.avail_out;
    }
    cj_status status = CJ_OK;
    if (code == Z_BUF_ERROR && taken < size && made == out_size)
        status = cj_fail(context, CJ_FORMAT, "%s: inflates to more than the %zu bytes it declares",
                         name, out_size);
    else if (code != Z_STREAM_END)
        status = zlib_failure(context, name, "deflated", code, &stream, taken);
    else if (made != out_size)
        status = cj_fail(context, CJ_FORMAT, "%s: inflates to %zu bytes, but declares %zu", name,
                         made, out_size);
    inflateEnd(&stream);
    return status;
}
