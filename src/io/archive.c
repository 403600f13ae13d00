/*
 * archive.c - the files of a folder, a tar or a zip, one after the other.
 */
#include "io/io.h"

#include <stdio.h>
#include <sys/stat.h>

#define DEPTH_LIMIT 8

typedef struct walker {
    cj_context *context;
    size_t limit;
    bool places;
    cj_archive_fn each;
    void *user;
} walker;

static bool is_hidden(const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    return name[0] == '.' || name[0] == 0;
}

/* ---- a folder ---- */

static cj_status check_limit(const walker *w, const char *name, const char *path, uint64_t size)
{
    return size <= w->limit ? CJ_OK
                            : cj_fail(w->context, CJ_UNSUPPORTED,
                                      "%s: %.200s has %llu bytes; at most %zu are accepted", name,
                                      path, (unsigned long long)size, w->limit);
}

static cj_status visit(const walker *w, const char *path, size_t root)
{
    struct stat about;
    void *data;
    cj_archive_file file = {.path = path + root, .place = path};
    if (w->places && stat(path, &about) == 0) {
        file.size = (size_t)about.st_size;
        cj_status fits = check_limit(w, path, "the file", (uint64_t)about.st_size);
        return fits == CJ_OK ? w->each(w->user, &file) : fits;
    }
    cj_status status = cj_file_read(w->context, path, w->limit, &data, &file.size);
    if (status != CJ_OK)
        return status;
    file.data = data;
    status = w->each(w->user, &file);
    cj_release(w->context, data, file.size);
    return status;
}

static cj_status walk_folder(const walker *w, const char *path, size_t root, int depth)
{
    cj_listing listing;
    cj_status status = cj_list_folder(w->context, path, &listing);
    for (size_t i = 0; i < listing.count && status == CJ_OK; i++) {
        char *full = cj_join_path(w->context, path, listing.name[i]);
        if (!full)
            status = CJ_NO_MEMORY;
        else if (!cj_is_folder(full))
            status = visit(w, full, root);
        else if (depth < DEPTH_LIMIT)
            status = walk_folder(w, full, root, depth + 1);
        cj_text_release(w->context, full);
    }
    cj_listing_free(w->context, &listing);
    return status;
}

/* ---- a tar ---- */

static cj_status visit_entry(const walker *w, cj_tar *tar, const char *place)
{
    void *data = NULL;
    cj_archive_file file = {.path = tar->path, .size = (size_t)tar->size};
    if (cj_source_offset(tar->source, &file.offset))
        file.place = place;
    cj_status status = check_limit(w, tar->name, tar->path, tar->size);
    if (status != CJ_OK || (w->places && file.place))
        return status == CJ_OK ? w->each(w->user, &file) : status;
    status = cj_tar_data(tar, w->limit, &data, &file.size);
    if (status != CJ_OK)
        return status;
    file.data = data;
    status = w->each(w->user, &file);
    cj_release(w->context, data, file.size);
    return status;
}

static cj_status walk_tar(const walker *w, const char *path)
{
    cj_tar tar;
    bool more = true;
    cj_status status = cj_tar_open_file(w->context, path, &tar);
    if (status != CJ_OK)
        return status;
    while (status == CJ_OK) {
        status = cj_tar_next(&tar, &more);
        if (!more)
            break;
        if (status == CJ_OK && tar.file && !is_hidden(tar.path))
            status = visit_entry(w, &tar, path);
    }
    cj_tar_close(&tar);
    return status;
}

/* ---- a zip ---- */

static cj_status visit_member(const walker *w, const cj_zip *zip, const cj_zip_member *member)
{
    char label[640];
    void *owned;
    cj_archive_file file = {.path = member->path, .size = (size_t)member->plain};
    cj_status status = check_limit(w, zip->name, member->path, member->plain);
    if (status != CJ_OK)
        return status;
    snprintf(label, sizeof label, "%.320s(%s)", zip->name, member->path);
    status = cj_zip_data(zip, member, label, &file.data, &owned);
    if (status == CJ_OK)
        status = w->each(w->user, &file);
    if (owned)
        cj_release(w->context, owned, (size_t)member->plain);
    return status;
}

static cj_status walk_zip(const walker *w, const char *path)
{
    cj_zip zip;
    cj_zip_member member;
    void *data;
    size_t size;
    bool more = true;
    cj_status status = cj_file_read(w->context, path, 0, &data, &size);
    if (status != CJ_OK)
        return status;
    status = cj_zip_open(w->context, path, data, size, &zip);
    while (status == CJ_OK) {
        status = cj_zip_next(&zip, &member, &more);
        if (!more)
            break;
        if (status == CJ_OK && member.file && !is_hidden(member.path))
            status = visit_member(w, &zip, &member);
    }
    cj_release(w->context, data, size);
    return status;
}

static bool is_zip(const char *path)
{
    unsigned char head[4] = {0};
    FILE *file = fopen(path, "rb");
    bool zip = file && fread(head, 1, sizeof head, file) == sizeof head && head[0] == 'P' &&
               head[1] == 'K' && head[2] < 8 && head[3] < 8;
    if (file)
        fclose(file);
    return zip;
}

cj_status cj_archive_walk(cj_context *context, const char *path, size_t limit, bool places,
                          cj_archive_fn each, void *user)
{
    walker w = {context, limit, places, each, user};
    if (cj_is_folder(path))
        return walk_folder(&w, path, strlen(path) + 1, 0);
    return is_zip(path) ? walk_zip(&w, path) : walk_tar(&w, path);
}
