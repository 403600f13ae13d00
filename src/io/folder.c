/*
 * folder.c - paths, and folders listed in order.
 */
#include "io/io.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

bool cj_exists(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0;
}

bool cj_is_folder(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

bool cj_ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

char *cj_join_path(cj_context *context, const char *folder, const char *name)
{
    size_t n = strlen(folder), m = strlen(name);
    char *path = cj_allocate(context, n + m + 2);
    if (path)
        snprintf(path, n + m + 2, "%s/%s", folder, name);
    return path;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

cj_status cj_list_folder(cj_context *context, const char *path, cj_listing *listing)
{
    *listing = (cj_listing){0};
    DIR *folder = opendir(path);
    if (!folder)
        return cj_fail(context, CJ_IO, "%s: cannot be listed: %s", path, strerror(errno));
    cj_status status = CJ_OK;
    struct dirent *entry;
    while (status == CJ_OK && (entry = readdir(folder))) {
        if (entry->d_name[0] == '.')
            continue;
        status = cj_grow_list(context, &listing->name, &listing->capacity, listing->count,
                              sizeof listing->name[0]);
        char *name =
            status == CJ_OK ? cj_text_copy(context, entry->d_name, strlen(entry->d_name)) : NULL;
        if (name)
            listing->name[listing->count++] = name;
        else
            status = CJ_NO_MEMORY;
    }
    closedir(folder);
    if (status != CJ_OK)
        cj_listing_free(context, listing);
    else if (listing->count)
        qsort(listing->name, listing->count, sizeof listing->name[0], by_text);
    return status;
}

void cj_listing_free(cj_context *context, cj_listing *listing)
{
    for (size_t i = 0; i < listing->count; i++)
        cj_text_release(context, listing->name[i]);
    if (listing->name)
        cj_release(context, listing->name, listing->capacity * sizeof listing->name[0]);
    *listing = (cj_listing){0};
}
