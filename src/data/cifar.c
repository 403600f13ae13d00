/*
 * cifar.c - CIFAR-10 as its author publishes it for C programs: an archive of data_batch_N.bin and
 * test_batch.bin, a record being a label and the red, green and blue planes of 32 x 32 pixels.
 */
#include "data/data.h"

#include <stdio.h>

#define SIDE 32
#define PLANE (SIDE * SIDE)
#define RECORD (1 + 3 * PLANE)
#define CLASSES 10
#define FILE_LIMIT ((size_t)1 << 28)

typedef struct reader {
    cj_loader *loader;
    cj_gather gather;
    char *name[CLASSES]; /* of batches.meta.txt */
    int names;
} reader;

static cj_status read_batch(reader *r, const cj_archive_file *file, cj_part_id part)
{
    cj_context *context = r->loader->context;
    uint8_t pixel[3 * PLANE];
    cj_image image = {pixel, SIDE, SIDE, 3};
    if (file->size == 0 || file->size % RECORD)
        return cj_fail(context, CJ_FORMAT,
                       "%s: %.200s has %zu bytes, which are no records of %d: get the file again",
                       r->loader->name, file->path, file->size, RECORD);
    cj_status status = CJ_OK;
    for (size_t at = 0; at < file->size && status == CJ_OK; at += RECORD) {
        const uint8_t *record = file->data + at;
        if (record[0] >= CLASSES)
            return cj_fail(context, CJ_VALUE, "%s: %.200s: the label of record %zu is %d",
                           r->loader->name, file->path, at / RECORD, record[0]);
        for (int c = 0; c < 3; c++)
            for (int i = 0; i < PLANE; i++)
                pixel[3 * i + c] = record[1 + c * PLANE + i];
        status = cj_gather_add(&r->gather, part, &image, record[0], NULL);
    }
    return status;
}

/* A name a line. */
static cj_status read_names(reader *r, const cj_archive_file *file)
{
    const char *line = (const char *)file->data, *end = line + file->size;
    while (line < end && r->names < CLASSES) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        size_t length = (size_t)((stop ? stop : end) - line);
        while (length && (line[length - 1] == '\r' || line[length - 1] == ' '))
            length--;
        if (length && !memchr(line, 0, length)) {
            r->name[r->names] = cj_text_copy(r->loader->context, line, length);
            if (!r->name[r->names])
                return CJ_NO_MEMORY;
            r->names++;
        }
        line = stop ? stop + 1 : end;
    }
    return CJ_OK;
}

static cj_status visit(void *user, const cj_archive_file *file)
{
    const char *slash = strrchr(file->path, '/'), *name = slash ? slash + 1 : file->path;
    if (strncmp(name, "data_batch_", 11) == 0)
        return read_batch(user, file, CJ_TRAIN);
    if (strcmp(name, "test_batch.bin") == 0)
        return read_batch(user, file, CJ_TEST);
    return strcmp(name, "batches.meta.txt") == 0 ? read_names(user, file) : CJ_OK;
}

static cj_status finish(reader *r)
{
    cj_loader *l = r->loader;
    if (r->names < CLASSES || !l->dataset->part[CJ_TRAIN].count)
        return cj_fail(
            l->context, CJ_FORMAT,
            "%s: holds %lld pictures to train on and %d names of classes: it is not "
            "CIFAR-10's archive of data_batch_N.bin, test_batch.bin and batches.meta.txt",
            l->name, (long long)l->dataset->part[CJ_TRAIN].count, r->names);
    l->dataset->own_test = l->dataset->part[CJ_TEST].count > 0;
    cj_status status = cj_gather_end(&r->gather);
    return status == CJ_OK ? cj_loader_set_names(l, r->name, CLASSES) : status;
}

static cj_status load_binary(cj_loader *loader, const char *path)
{
    reader r = {.loader = loader};
    cj_status status = cj_gather_begin(loader, &r.gather);
    if (status == CJ_OK)
        status = cj_archive_walk(loader->context, path, FILE_LIMIT, false, visit, &r);
    if (status == CJ_OK)
        status = finish(&r);
    for (int i = 0; i < r.names; i++)
        cj_text_release(loader->context, r.name[i]);
    if (status != CJ_OK) {
        cj_gather_cancel(&r.gather);
        return status;
    }
    return cj_loader_finish(loader);
}

cj_status cj_load_cifar(cj_loader *loader, const char *path)
{
    char *file = cj_join_path(loader->context, path, "cifar-10-binary.tar.gz");
    if (!file)
        return CJ_NO_MEMORY;
    cj_status status = cj_exists(file) ? load_binary(loader, file) : cj_load_path(loader, path);
    cj_text_release(loader->context, file);
    return status;
}
