/*
 * folder.c - pictures in folders, on disk or in a tar: [part/]class/picture, where part is train,
 * test or val.
 */
#include "data/data.h"

#include <stdio.h>
#include <strings.h>

#define DEPTH_LIMIT 8
#define PICTURE_LIMIT ((size_t)1 << 28) /* bytes of a picture's file */
#define NAMED_FILES 3                   /* bad files named in the note */

typedef struct walker {
    cj_loader *loader;
    cj_gather gather;
    cj_listing classes; /* in order of finding */
    char bad_name[NAMED_FILES][160];
    int64_t bad, loose;
} walker;

/* ---- where a picture belongs ---- */

static bool part_of_name(const char *name, size_t length, cj_part_id *part)
{
    static const struct {
        const char *name;
        cj_part_id part;
    } names[] = {{"train", CJ_TRAIN},          {"training", CJ_TRAIN}, {"test", CJ_TEST},
                 {"testing", CJ_TEST},         {"val", CJ_VALIDATION}, {"valid", CJ_VALIDATION},
                 {"validation", CJ_VALIDATION}};
    for (size_t i = 0; i < CJ_COUNT(names); i++)
        if (strlen(names[i].name) == length && strncasecmp(names[i].name, name, length) == 0) {
            *part = names[i].part;
            return true;
        }
    return false;
}

/* Splits "[.../][part/]class/file"; false where there is no class. */
static bool place_of(const char *path, cj_part_id *part, const char **class, size_t *length)
{
    const char *start[DEPTH_LIMIT * 2];
    size_t size[DEPTH_LIMIT * 2];
    int parts = 0;
    for (const char *p = path; *p;) {
        size_t n = strcspn(p, "/");
        if (n && !(n == 1 && p[0] == '.')) {
            if (parts == DEPTH_LIMIT * 2)
                return false;
            start[parts] = p;
            size[parts++] = n;
        }
        p += n + (p[n] == '/');
    }
    *part = CJ_TRAIN;
    if (parts < 2 || part_of_name(start[parts - 2], size[parts - 2], part))
        return false;
    *class = start[parts - 2];
    *length = size[parts - 2];
    if (parts >= 3)
        part_of_name(start[parts - 3], size[parts - 3], part);
    return true;
}

static cj_status find_class(walker *w, const char *name, size_t length, int32_t *label)
{
    cj_context *context = w->loader->context;
    cj_listing *c = &w->classes;
    for (size_t i = c->count; i-- > 0;) /* mostly the last one */
        if (strncmp(c->name[i], name, length) == 0 && c->name[i][length] == 0) {
            *label = (int32_t)i;
            return CJ_OK;
        }
    if (c->count == 65536)
        return cj_fail(context, CJ_UNSUPPORTED, "%s: more than 65536 classes", w->loader->name);
    cj_status status = cj_grow_list(context, &c->name, &c->capacity, c->count, sizeof c->name[0]);
    if (status != CJ_OK)
        return status;
    if (!(c->name[c->count] = cj_text_copy(context, name, length)))
        return CJ_NO_MEMORY;
    *label = (int32_t)c->count++;
    return CJ_OK;
}

/* ---- one picture ---- */

static cj_status add_picture(walker *w, const char *path, const void *data, size_t size)
{
    cj_context *context = w->loader->context;
    cj_part_id part;
    const char *class;
    size_t length;
    int32_t label = 0;
    cj_image image;
    if (!place_of(path, &part, &class, &length)) {
        w->loose++;
        return CJ_OK;
    }
    cj_status status = cj_image_decode(context, path, data, size, &image);
    if (status == CJ_FORMAT || status == CJ_UNSUPPORTED) {
        if (w->bad < NAMED_FILES)
            snprintf(w->bad_name[w->bad], sizeof w->bad_name[0], "%s", path);
        w->bad++;
        return CJ_OK;
    }
    if (status == CJ_OK)
        status = find_class(w, class, length, &label);
    if (status == CJ_OK)
        status = cj_gather_add(&w->gather, part, &image, label);
    cj_image_free(context, &image);
    return status;
}

/* ---- the end ---- */

static cj_status note_bad(walker *w)
{
    char names[NAMED_FILES * 170] = "";
    size_t used = 0;
    if (!w->bad)
        return CJ_OK;
    for (int i = 0; i < CJ_MIN(w->bad, NAMED_FILES); i++)
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", i ? ", " : "",
                                 w->bad_name[i]);
    return cj_note(w->loader, "%lld %s that can be read and %s left out: %s%s", (long long)w->bad,
                   cj_of_count(w->bad, "file is no picture", "files are no pictures"),
                   cj_of_count(w->bad, "was", "were"), names, w->bad > NAMED_FILES ? ", ..." : "");
}

static cj_status finish(walker *w)
{
    cj_loader *l = w->loader;
    cj_dataset *d = l->dataset;
    if (w->classes.count == 0)
        return cj_fail(l->context, CJ_FORMAT,
                       "%s: no pictures in folders of classes (CLASS/picture.png, or "
                       "train/CLASS/picture.png); files that are no pictures: %lld, files in no "
                       "class: %lld",
                       l->name, (long long)w->bad, (long long)w->loose);
    d->own_test = d->part[CJ_TEST].count > 0;
    cj_status status = cj_gather_end(&w->gather);
    if (status == CJ_OK)
        status = note_bad(w);
    if (status == CJ_OK && w->loose)
        status = cj_note(l, "%lld %s in no folder of a class and %s left out", (long long)w->loose,
                         cj_of_count(w->loose, "file lies", "files lie"),
                         cj_of_count(w->loose, "was", "were"));
    if (status == CJ_OK)
        status = cj_loader_set_names(l, w->classes.name, (int)w->classes.count);
    return status;
}

static cj_status walker_end(walker *w, cj_status status)
{
    if (status == CJ_OK)
        status = finish(w);
    cj_listing_free(w->loader->context, &w->classes);
    if (status != CJ_OK) {
        cj_gather_cancel(&w->gather);
        return status;
    }
    return cj_loader_finish(w->loader);
}

/* ---- a folder on disk ---- */

static cj_status walk(walker *w, const char *path, size_t root, int depth);

static cj_status visit(walker *w, const char *path, size_t root, int depth)
{
    void *data;
    size_t size;
    if (cj_is_folder(path))
        return depth < DEPTH_LIMIT ? walk(w, path, root, depth + 1) : CJ_OK;
    cj_status status = cj_file_read(w->loader->context, path, PICTURE_LIMIT, &data, &size);
    if (status != CJ_OK)
        return status;
    status = add_picture(w, path + root, data, size);
    cj_release(w->loader->context, data, size);
    return status;
}

static cj_status walk(walker *w, const char *path, size_t root, int depth)
{
    cj_listing listing;
    cj_status status = cj_list_folder(w->loader->context, path, &listing);
    if (status != CJ_OK)
        return status;
    for (size_t i = 0; i < listing.count && status == CJ_OK; i++) {
        char *full = cj_join_path(w->loader->context, path, listing.name[i]);
        status = full ? visit(w, full, root, depth) : CJ_NO_MEMORY;
        cj_text_release(w->loader->context, full);
    }
    cj_listing_free(w->loader->context, &listing);
    return status;
}

cj_status cj_load_folder(cj_loader *loader, const char *path)
{
    walker w = {.loader = loader};
    cj_status status = cj_gather_begin(loader, &w.gather);
    if (status == CJ_OK)
        status = walk(&w, path, strlen(path) + 1, 0);
    return walker_end(&w, status);
}

/* ---- a tar ---- */

static cj_status walk_tar(walker *w, cj_tar *tar)
{
    for (;;) {
        bool more;
        void *data;
        size_t size;
        cj_status status = cj_tar_next(tar, &more);
        if (status != CJ_OK || !more)
            return status;
        const char *slash = strrchr(tar->path, '/'), *file = slash ? slash + 1 : tar->path;
        if (!tar->file || file[0] == '.' || file[0] == 0)
            continue;
        if ((status = cj_tar_data(tar, PICTURE_LIMIT, &data, &size)) != CJ_OK)
            return status;
        status = add_picture(w, tar->path, data, size);
        cj_release(w->loader->context, data, size);
        if (status != CJ_OK)
            return status;
    }
}

cj_status cj_load_archive(cj_loader *loader, const char *path)
{
    cj_context *context = loader->context;
    walker w = {.loader = loader};
    void *data;
    size_t size;
    cj_tar tar;
    cj_status status = cj_file_read(context, path, 0, &data, &size);
    if (status != CJ_OK)
        return status;
    status = cj_tar_open(context, path, data, size, &tar);
    if (status == CJ_OK) {
        status = cj_gather_begin(loader, &w.gather);
        if (status == CJ_OK)
            status = walk_tar(&w, &tar);
        cj_tar_close(&tar);
    } else {
        w.gather.loader = loader;
    }
    cj_release(context, data, size);
    return walker_end(&w, status);
}
