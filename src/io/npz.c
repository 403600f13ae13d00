/*
 * npz.c - a zip of npy files: the central directory is read from the end of the file, members are
 * stored or deflated.
 *
 * Nothing is trusted: every offset and size of the directory is checked against the file, and a
 * member's declared size against what deflate can make of its compressed size before memory is
 * taken.
 */
#include "io/io.h"

#include <stdio.h>
#include <zlib.h>

#define END_SIGNATURE 0x06054b50u
#define END64_LOCATOR 0x07064b50u
#define END64_SIGNATURE 0x06064b50u
#define CENTRAL_SIGNATURE 0x02014b50u
#define LOCAL_SIGNATURE 0x04034b50u
#define DEFLATE_BEST 1032 /* deflate's largest ratio */

typedef struct zip {
    cj_context *context;
    const char *name;
    const uint8_t *data;
    size_t size;
    size_t place; /* of the next entry of the directory */
    uint64_t rest;
    uint64_t budget; /* compressed bytes that members may still have: members that share bytes are
                        refused */
} zip;

typedef struct zip_member {
    char path[256];
    unsigned method, flags;
    uint32_t crc;
    uint64_t packed, plain, offset;
} zip_member;

static cj_status broken(const zip *z, const char *what, size_t at)
{
    return cj_fail(z->context, CJ_FORMAT, "%s: %s near byte %zu: get the file again", z->name, what,
                   at);
}

static bool fits(const zip *z, uint64_t offset, uint64_t size)
{
    return offset <= z->size && size <= z->size - offset;
}

static bool signature_at(const zip *z, uint64_t offset, uint32_t signature)
{
    return fits(z, offset, 4) && cj_load_little(z->data + offset, 4) == signature;
}

/* The zip64 form of the end record, where one stands before the plain one. */
static cj_status open_zip64(zip *z, size_t end)
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

static cj_status zip_open(cj_context *context, const char *name, const void *data, size_t size,
                          zip *z)
{
    *z = (zip){context, name, data, size, 0, 0, size};
    size_t lowest = size > 22 + 65535 ? size - 22 - 65535 : 0;
    if (size < 22 || (!signature_at(z, 0, LOCAL_SIGNATURE) && !signature_at(z, 0, END_SIGNATURE)))
        return cj_fail(context, CJ_FORMAT, "%s: no zip file, which an npz is", name);
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
static bool read_zip64_extra(const uint8_t *extra, size_t size, zip_member *m)
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

static cj_status next_member(zip *z, zip_member *m)
{
    size_t at = z->place;
    if (!fits(z, at, 46) || !signature_at(z, at, CENTRAL_SIGNATURE))
        return broken(z, "its zip directory is broken", at);
    const uint8_t *p = z->data + at;
    size_t path = (size_t)cj_load_little(p + 28, 2), extra = (size_t)cj_load_little(p + 30, 2);
    size_t comment = (size_t)cj_load_little(p + 32, 2);
    if (!fits(z, at, 46 + path + extra + comment) || path >= sizeof m->path)
        return broken(z, "its zip directory is broken (or a name has more than 255 bytes)", at);
    *m = (zip_member){.flags = (unsigned)cj_load_little(p + 8, 2),
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
    return CJ_OK;
}

/* The member's bytes, inflated; *owned is what must be released (NULL: they lie in the file). */
static cj_status member_data(const zip *z, const zip_member *m, const char *label,
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

static cj_status load_member(const zip *z, zip_member *m, cj_tensor_file *file)
{
    char label[640];
    const uint8_t *data = NULL;
    void *owned;
    cj_array array = {0};
    size_t length = strlen(m->path);
    snprintf(label, sizeof label, "%.320s(%s)", z->name, m->path);
    if (length > 4 && strcmp(m->path + length - 4, ".npy") == 0)
        m->path[length - 4] = 0;
    cj_status status = member_data(z, m, label, &data, &owned);
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
    zip z;
    *out = NULL;
    cj_status status = zip_open(context, name, data, size, &z);
    if (status != CJ_OK)
        return status;
    cj_tensor_file *file = cj_tensor_file_new(context);
    if (!file)
        return CJ_NO_MEMORY;
    while (status == CJ_OK && z.rest) {
        zip_member member;
        status = next_member(&z, &member);
        size_t length = status == CJ_OK ? strlen(member.path) : 0;
        bool folder = length && member.path[length - 1] == '/';
        if (status == CJ_OK && !folder)
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
