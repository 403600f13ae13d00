/*
 * folder.c - pictures in folders, on disk, in a tar or a zip: [part/]class/picture, where part is
 * train, test or val.
 */
#include "data/workers.h"

#include <stdio.h>
#include <strings.h>

#define PARTS_LIMIT 16                  /* of a path */
#define PICTURE_LIMIT ((size_t)1 << 28) /* bytes of a picture's file */
#define NAMED_FILES 3                   /* bad files named in the note */

/* A picture that was met and is still to be decoded. */
typedef struct pending {
    char *path;        /* as the folder or archive has it */
    const char *class; /* in path */
    size_t length;
    cj_part_id part;
    void *data; /* NULL: it lies at `place` */
    size_t size;
    cj_picture_place place;
    char *file; /* of the place */
    cj_image image;
    cj_context *owner; /* of the image */
    cj_status status;
} pending;

#define MOST_PENDING 32

typedef struct walker {
    cj_loader *loader;
    cj_workers workers;
    pending pending[MOST_PENDING];
    int waiting;
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

/* Splits "[.../][part/]class/file", the class being `folders` folders; false where there is none. */
static bool place_of(const char *path, int folders, cj_part_id *part, const char **class,
                     size_t *length)
{
    const char *start[PARTS_LIMIT];
    size_t size[PARTS_LIMIT];
    int parts = 0;
    for (const char *p = path; *p;) {
        size_t n = strcspn(p, "/");
        if (n && !(n == 1 && p[0] == '.')) {
            if (parts == PARTS_LIMIT)
                return false;
            start[parts] = p;
            size[parts++] = n;
        }
        p += n + (p[n] == '/');
    }
    int first = parts - 1 - folders;
    *part = CJ_TRAIN;
    if (first < 0 || part_of_name(start[parts - 2], size[parts - 2], part))
        return false;
    *class = start[first];
    *length = (size_t)(start[parts - 2] + size[parts - 2] - start[first]);
    if (first > 0)
        part_of_name(start[first - 1], size[first - 1], part);
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

/* ---- pictures, decoded a few at a time in the threads of the pool ---- */

static cj_status decode(void *state, cj_context *context, int thread, int64_t i)
{
    pending *p = &((walker *)state)->pending[i];
    (void)thread;
    p->owner = context;
    p->status = p->data ? cj_image_decode(context, p->path, p->data, p->size, &p->image)
                        : cj_picture_read(context, &p->place, &p->image);
    bool bad = p->status == CJ_FORMAT || p->status == CJ_UNSUPPORTED;
    return bad ? CJ_OK : p->status;
}

static cj_status take(walker *w, const pending *p)
{
    int32_t label = 0;
    if (p->status != CJ_OK) {
        if (w->bad < NAMED_FILES)
            snprintf(w->bad_name[w->bad], sizeof w->bad_name[0], "%s", p->path);
        w->bad++;
        return CJ_OK;
    }
    cj_status status = find_class(w, p->class, p->length, &label);
    return status == CJ_OK
               ? cj_gather_add(&w->gather, p->part, &p->image, label, p->data ? NULL : &p->place)
               : status;
}

static void drop_pending(walker *w)
{
    cj_context *context = w->loader->context;
    for (int i = 0; i < w->waiting; i++) {
        pending *p = &w->pending[i];
        if (p->owner)
            cj_image_free(p->owner, &p->image);
        if (p->data)
            cj_release(context, p->data, p->size);
        cj_text_release(context, p->file);
        cj_text_release(context, p->path);
    }
    w->waiting = 0;
}

static cj_status flush(walker *w)
{
    cj_status status = cj_workers_run(&w->workers, w->waiting, 1, decode, w);
    for (int i = 0; i < w->waiting && status == CJ_OK; i++)
        status = take(w, &w->pending[i]);
    drop_pending(w);
    return status;
}

static cj_status visit(void *user, const cj_archive_file *file)
{
    walker *w = user;
    cj_context *context = w->loader->context;
    pending *p = &w->pending[w->waiting];
    *p = (pending){.size = file->size};
    if (!(p->path = cj_text_copy(context, file->path, strlen(file->path))))
        return CJ_NO_MEMORY;
    if (!place_of(p->path, CJ_MAX(w->loader->class_folders, 1), &p->part, &p->class, &p->length)) {
        cj_text_release(context, p->path);
        w->loose++;
        return CJ_OK;
    }
    w->waiting++;
    if (file->data) {
        if (!(p->data = cj_allocate(context, file->size)))
            return CJ_NO_MEMORY;
        if (file->size)
            memcpy(p->data, file->data, file->size);
    } else {
        if (!(p->file = cj_text_copy(context, file->place, strlen(file->place))))
            return CJ_NO_MEMORY;
        p->place = (cj_picture_place){p->file, file->offset, file->size};
    }
    /* two a thread: large pictures are not to fill the memory */
    int most = CJ_MIN(2 * w->workers.threads, MOST_PENDING);
    return w->waiting < most ? CJ_OK : flush(w);
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

cj_status cj_load_pictures(cj_loader *loader, char *const *path, size_t count)
{
    cj_context *context = loader->context;
    walker *w = cj_allocate_zero(context, sizeof *w);
    if (!w)
        return CJ_NO_MEMORY;
    w->loader = loader;
    cj_status status = cj_workers_begin(context, &w->workers);
    if (status == CJ_OK)
        status = cj_gather_begin(loader, &w->gather);
    for (size_t i = 0; i < count && status == CJ_OK; i++)
        status = cj_archive_walk(context, path[i], PICTURE_LIMIT, true, visit, w);
    if (status == CJ_OK)
        status = flush(w);
    if (status == CJ_OK)
        status = finish(w);
    drop_pending(w);
    cj_listing_free(context, &w->classes);
    if (status != CJ_OK && w->gather.loader)
        cj_gather_cancel(&w->gather);
    cj_workers_end(&w->workers);
    cj_release(context, w, sizeof *w);
    return status == CJ_OK ? cj_loader_finish(loader) : status;
}
