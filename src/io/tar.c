/*
 * tar.c - tar archives read from front to back: ustar, GNU long names (type L), pax paths (type x).
 */
#include "io/io.h"

#define BLOCK 512
#define PATH_LIMIT 4096

cj_status cj_tar_open(cj_context *context, const char *name, const void *data, size_t size,
                      cj_tar *tar)
{
    *tar = (cj_tar){.context = context, .name = name};
    return cj_source_open(context, name, data, size, &tar->source);
}

cj_status cj_tar_open_file(cj_context *context, const char *path, cj_tar *tar)
{
    *tar = (cj_tar){.context = context, .name = path};
    return cj_source_open_file(context, path, &tar->source);
}

void cj_tar_close(cj_tar *tar)
{
    cj_source_close(tar->source);
    if (tar->path)
        cj_release(tar->context, tar->path, tar->path_capacity);
    *tar = (cj_tar){0};
}

static cj_status broken(const cj_tar *tar, const char *what)
{
    return cj_fail(tar->context, CJ_FORMAT, "%s: %s%s%.200s: get the file again", tar->name, what,
                   tar->path ? " after " : "", tar->path ? tar->path : "");
}

/* A number field: octal text, or binary where the first bit is set (GNU). */
static bool parse_number(const uint8_t *field, size_t size, uint64_t *out)
{
    uint64_t value = 0;
    size_t i = 0;
    if (field[0] & 0x80) {
        for (i = 0; i + 8 < size; i++)
            if (field[i] & (i == 0 ? 0x7f : 0xff))
                return false;
        *out = cj_load_big(field + size - 8, 8);
        return size > 8 && *out <= INT64_MAX;
    }
    while (i < size && field[i] == ' ')
        i++;
    for (; i < size && field[i] >= '0' && field[i] <= '7'; i++)
        value = value << 3 | (uint64_t)(field[i] - '0');
    *out = value;
    return value <= INT64_MAX && (i == size || field[i] == 0 || field[i] == ' ');
}

static bool checksum_fits(const uint8_t *header)
{
    uint64_t stored, sum = 0;
    for (size_t i = 0; i < BLOCK; i++)
        sum += i >= 148 && i < 156 ? ' ' : header[i];
    return parse_number(header + 148, 8, &stored) && stored == sum;
}

static cj_status set_path(cj_tar *tar, const char *text, size_t length)
{
    if (length + 1 > tar->path_capacity) {
        char *path = cj_reallocate(tar->context, tar->path, tar->path_capacity, length + 256);
        if (!path)
            return CJ_NO_MEMORY;
        tar->path = path;
        tar->path_capacity = length + 256;
    }
    memcpy(tar->path, text, length);
    tar->path[length] = 0;
    return CJ_OK;
}

static cj_status set_ustar_path(cj_tar *tar, const uint8_t *header)
{
    char path[BLOCK];
    size_t length = 0;
    if (memcmp(header + 257, "ustar\0", 6) == 0 && header[345]) {
        length = strnlen((const char *)header + 345, 155);
        memcpy(path, header + 345, length);
        path[length++] = '/';
    }
    size_t name = strnlen((const char *)header, 100);
    memcpy(path + length, header, name);
    return set_path(tar, path, length + name);
}

/* The path among pax records, each "LENGTH key=value\n". */
static bool pax_path(const char *text, size_t size, const char **path, size_t *path_length)
{
    while (size) {
        size_t length = 0, digits = 0;
        while (digits < size && digits < 9 && text[digits] >= '0' && text[digits] <= '9')
            length = length * 10 + (size_t)(text[digits++] - '0');
        if (digits == 0 || length > size || length < digits + 2 || text[digits] != ' ')
            return false;
        if (length > digits + 7 && memcmp(text + digits + 1, "path=", 5) == 0) {
            *path = text + digits + 6;
            *path_length = length - digits - 7;
        }
        text += length;
        size -= length;
    }
    return true;
}

static cj_status skip_rest(cj_tar *tar)
{
    uint64_t skipped;
    cj_status status = cj_source_skip(tar->source, tar->rest, &skipped);
    if (status == CJ_OK && skipped < tar->rest)
        status = broken(tar, "the archive ends early");
    tar->rest = 0;
    return status;
}

/* A long name stands as an entry of its own before the one it names. */
static cj_status read_long_path(cj_tar *tar, char type, bool *renamed)
{
    void *data;
    size_t size;
    cj_status status = cj_tar_data(tar, PATH_LIMIT * 4, &data, &size);
    if (status != CJ_OK)
        return status;
    const char *path = NULL;
    size_t length = 0;
    if (type == 'L') {
        path = data;
        length = strnlen(path, size);
    } else if (!pax_path(data, size, &path, &length)) {
        status = broken(tar, "a broken pax header");
    }
    if (status == CJ_OK && path) {
        if (length > PATH_LIMIT || memchr(path, 0, length))
            status = broken(tar, "an impossible name");
        else
            status = set_path(tar, path, length);
        *renamed = true;
    }
    cj_release(tar->context, data, size);
    return status;
}

cj_status cj_tar_next(cj_tar *tar, bool *more)
{
    uint8_t header[BLOCK];
    size_t got;
    bool renamed = false;
    *more = false;
    for (;;) {
        cj_status status = skip_rest(tar);
        if (status != CJ_OK)
            return status;
        status = cj_source_read(tar->source, header, BLOCK, &got);
        if (status != CJ_OK)
            return status;
        if (got == 0)
            return CJ_OK;
        if (got == BLOCK && header[0] == 0) /* the end; a gzip's checksum stands behind the rest */
            return cj_source_skip(tar->source, UINT64_MAX, &(uint64_t){0});
        if (got < BLOCK)
            return broken(tar, "the archive ends early");
        if (!checksum_fits(header) || !parse_number(header + 124, 12, &tar->size))
            return broken(tar, "no tar archive, or a broken one");
        char type = (char)header[156];
        tar->rest = (tar->size + BLOCK - 1) / BLOCK * BLOCK;
        if (type == 'L' || type == 'x') {
            if ((status = read_long_path(tar, type, &renamed)) != CJ_OK)
                return status;
            continue;
        }
        if (type == 'g' || type == 'K')
            continue;
        if (!renamed && (status = set_ustar_path(tar, header)) != CJ_OK)
            return status;
        tar->file = type == '0' || type == 0 || type == '7';
        *more = true;
        return CJ_OK;
    }
}

cj_status cj_tar_data(cj_tar *tar, size_t limit, void **data, size_t *size)
{
    *data = NULL;
    *size = 0;
    if (tar->size > limit)
        return cj_fail(tar->context, CJ_UNSUPPORTED,
                       "%s: its entry %.200s has %llu bytes; at most %zu are accepted", tar->name,
                       tar->path ? tar->path : "(a name)", (unsigned long long)tar->size, limit);
    cj_buffer buffer = {.context = tar->context};
    cj_status status = CJ_OK;
    while (status == CJ_OK && buffer.size < tar->size) {
        size_t got = 0, step = (size_t)CJ_MIN(tar->size - buffer.size, (uint64_t)1 << 20);
        if ((status = cj_buffer_reserve(&buffer, step)) != CJ_OK)
            break;
        status = cj_source_read(tar->source, buffer.data + buffer.size, step, &got);
        buffer.size += got;
        tar->rest -= got;
        if (status == CJ_OK && got < step)
            status = broken(tar, "the archive ends early");
    }
    if (status == CJ_OK)
        status = cj_buffer_take(&buffer, data, size);
    cj_buffer_free(&buffer);
    return status;
}
