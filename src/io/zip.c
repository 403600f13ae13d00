/*
 * zip.c - zip archives in memory: the central directory is read from the end of the file, members
 * are stored or deflated.
 *
 * Nothing is trusted: every offset and size of the directory is checked against the file, and a
 * member's declared size against what deflate can make of its compressed size before memory is
 * taken.
 */
#include "io/io.h"

#include <zlib.h>

#define END_SIGNATURE 0x06054b50u
#define END64_LOCATOR 0x07064b50u
#define END64_SIGNATURE 0x06064b50u
#define CENTRAL_SIGNATURE 0x02014b50u
#define LOCAL_SIGNATURE 0x04034b50u
#define DEFLATE_BEST 1032 /* deflate's largest ratio */

static cj_status broken(const cj_zip *z, const char *what, size_t at)
{
    return cj_fail(z->context, CJ_FORMAT, "%s: %s near byte %zu: get the file again", z->name, what,
                   at);
}

static bool fits(const cj_zip *z, uint64_t offset, uint64_t size)
{
    return offset <= z->size && size <= z->size - offset;
}

static bool signature_at(const cj_zip *z, uint64_t offset, uint32_t signature)
{
    return fits(z, offset, 4) && cj_load_little(z->data + offset, 4) == signature;
}

/* The zip64 form of the end record, where one stands before the plain one. */
static cj_status open_zip64(cj_zip *z, size_t end)
{
    if (end < 20 || !signature_at(z, end - 20, END64_LOCATOR))
        return CJ_OK;
    uint64_t at = cj_load_little(z->data + end - 12, 8);
    if (!fits(z, at, 56) || !signature_at(z, at, END64_SIGNATURE))
        return broken(z, "its zip64 end record is broken", end - 20);
    z->rest = cj_load_little(z->data + at + 32, 8);
    uint64_t place = cj_load_little(z->data + at + 48, 8);
    if (place > z->size)
        return broken(z, "its zip64 directory lies outside the file", (size_t)at);
    z->place = (size_t)place;
    return CJ_OK;
}

cj_status cj_zip_open(cj_context *context, const char *name, const void *data, size_t size,
                      cj_zip *z)
{
    *z = (cj_zip){context, name, data, size, 0, 0, size};
    size_t lowest = size > 22 + 65535 ? size - 22 - 65535 : 0;
    if (size < 22 || (!signature_at(z, 0, LOCAL_SIGNATURE) && !signature_at(z, 0, END_SIGNATURE)))
        return cj_fail(context, CJ_FORMAT, "%s: no zip file", name);
    for (size_t end = size - 22;; end--) {
        if (signature_at(z, end, END_SIGNATURE)) {
            z->rest = cj_load_little(z->data + end + 10, 2);
            z->place = (size_t)cj_load_little(z->data + end + 16, 4);
            return open_zip64(z, end);
        }
        if (end == lowest)
            return broken(z, "no zip directory at its end: it is cut short", size);
    }
}

/* Fields of 32 bits that are all ones stand in the zip64 extra field (id 1), in this order. */
static bool read_zip64_extra(const uint8_t *extra, size_t size, cj_zip_member *m)
{
    while (size >= 4) {
        size_t id = (size_t)cj_load_little(extra, 2), length = (size_t)cj_load_little(extra + 2, 2);
        if (length > size - 4)
            return false;
        if (id == 1) {
            const uint8_t *p = extra + 4, *end = p + length;
            uint64_t *field[] = {&m->plain, &m->packed, &m->offset};
            for (size_t i = 0; i < CJ_COUNT(field); i++) {
                if (*field[i] != UINT32_MAX)
                    continue;
                if (end - p < 8)
                    return false;
                *field[i] = cj_load_little(p, 8);
                p += 8;
            }
            return true;
        }
        extra += 4 + length;
        size -= 4 + length;
    }
    return true;
}

cj_status cj_zip_next(cj_zip *z, cj_zip_member *m, bool *more)
{
    size_t at = z->place;
    *more = z->rest > 0;
    if (!*more)
        return CJ_OK;
    if (!fits(z, at, 46) || !signature_at(z, at, CENTRAL_SIGNATURE))
        return broken(z, "its zip directory is broken", at);
    const uint8_t *p = z->data + at;
    size_t path = (size_t)cj_load_little(p + 28, 2), extra = (size_t)cj_load_little(p + 30, 2);
    size_t comment = (size_t)cj_load_little(p + 32, 2);
    if (!fits(z, at, 46 + path + extra + comment) || path >= sizeof m->path)
        return broken(z, "its zip directory is broken (or a name has more than 255 bytes)", at);
    *m = (cj_zip_member){.flags = (unsigned)cj_load_little(p + 8, 2),
                         .method = (unsigned)cj_load_little(p + 10, 2),
                         .crc = (uint32_t)cj_load_little(p + 16, 4),
                         .packed = cj_load_little(p + 20, 4),
                         .plain = cj_load_little(p + 24, 4),
                         .offset = cj_load_little(p + 42, 4)};
    memcpy(m->path, p + 46, path);
    if (strlen(m->path) != path || !read_zip64_extra(p + 46 + path, extra, m))
        return broken(z, "its zip directory is broken", at);
    if (m->packed > z->budget)
        return broken(z, "zip members overlap", at);
    z->budget -= m->packed;
    z->place = at + 46 + path + extra + comment;
    z->rest--;
    m->file = path && m->path[path - 1] != '/';
    return CJ_OK;
}

cj_status cj_zip_data(const cj_zip *z, const cj_zip_member *m, const char *label,
                      const uint8_t **data, void **owned)
{
    *owned = NULL;
    if (!fits(z, m->offset, 30) || !signature_at(z, m->offset, LOCAL_SIGNATURE))
        return broken(z, "a zip member does not begin", (size_t)CJ_MIN(m->offset, z->size));
    const uint8_t *p = z->data + m->offset;
    uint64_t start = m->offset + 30 + cj_load_little(p + 26, 2) + cj_load_little(p + 28, 2);
    if (!fits(z, start, m->packed))
        return broken(z, "a zip member ends outside the file", (size_t)m->offset);
    if (m->flags & 1)
        return cj_fail(z->context, CJ_UNSUPPORTED, "%s: is encrypted", label);
    if (m->method == 0) {
        if (m->packed != m->plain)
            return broken(z, "a stored zip member has two sizes", (size_t)m->offset);
        *data = z->data + start;
    } else if (m->method == 8) {
        if (m->plain / DEFLATE_BEST > m->packed || m->plain > SIZE_MAX / 2)
            return cj_fail(z->context, CJ_FORMAT,
                           "%s: declares %llu bytes, more than its %llu compressed ones can make",
                           label, (unsigned long long)m->plain, (unsigned long long)m->packed);
        if (!(*owned = cj_allocate(z->context, (size_t)m->plain)))
            return CJ_NO_MEMORY;
        *data = *owned;
        cj_status status = cj_inflate_raw(z->context, label, z->data + start, (size_t)m->packed,
                                          *owned, (size_t)m->plain);
        if (status != CJ_OK)
            return status;
    } else {
        return cj_fail(z->context, CJ_UNSUPPORTED,
                       "%s: zip method %u; stored (0) and deflated (8) are read", label, m->method);
    }
    if (crc32_z(0, *data, (size_t)m->plain) != m->crc)
        return cj_fail(z->context, CJ_FORMAT, "%s: its checksum is wrong: get the file again",
                       label);
    return CJ_OK;
}
