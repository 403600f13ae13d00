/*
 * find.c - known data sets and where they lie; folders listed in order.
 */
#include "data/data.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- files and folders ---- */

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

/* ---- known data sets ---- */

static const cj_known_data known[] = {
    {"mnist", "MNIST: 60,000 + 10,000 handwritten digits, 28 x 28, grey", "mnist"},
    {"fashion-mnist", "Fashion-MNIST: 60,000 + 10,000 pieces of clothing, 28 x 28, grey",
     "fashion-mnist"},
    {"cifar10", "CIFAR-10: 50,000 + 10,000 pictures of 10 kinds, 32 x 32, colour", "cifar10"},
    {"mnist1d", "MNIST-1D: 4,000 + 1,000 series of length 40, 10 classes", "mnist1d"},
    {"iris", "Iris: 150 flowers, 4 numbers, 3 classes", "tabular/iris.csv"},
    {"wine", "Wine: 178 wines, 13 numbers, 3 classes", "tabular/wine.csv"},
    {"breast-cancer", "Breast cancer: 569 tumours, 30 numbers, 2 classes",
     "tabular/breast_cancer.csv"},
    {"diabetes", "Diabetes: 442 patients, 10 numbers, progression of the disease",
     "tabular/diabetes.csv"},
    {"digits", "Digits: 1,797 handwritten digits, 8 x 8, as a table", "tabular/digits.csv"},
};

const cj_known_data *cj_data_known(int i)
{
    return i >= 0 && (size_t)i < CJ_COUNT(known) ? &known[i] : NULL;
}

/* A folder where data may lie: where the program lies, an environment variable or nothing; and what follows it. */
#define PROGRAM "/proc/self/exe"
static const struct place {
    const char *start, *tail;
} places[] = {
    {"CAJAL_DATA", ""},           {"", "data"},
    {PROGRAM, "/../data"}, /* the command where it was built, build/cajal, beside the source's data */
    {"XDG_CACHE_HOME", "/cajal"}, {"HOME", "/.cache/cajal"},
};

static bool data_folder(size_t i, char *folder, size_t size)
{
    char program[4096] = "";
    const char *start = places[i].start;
    if (strcmp(start, PROGRAM) == 0) {
        ssize_t length = readlink(PROGRAM, program, sizeof program - 1);
        program[CJ_MAX(length, 0)] = 0;
        char *slash = strrchr(program, '/');
        if (!slash)
            return false;
        *slash = 0;
        start = program;
    } else if (start[0] && (!(start = getenv(start)) || !start[0])) {
        return false;
    }
    int n = snprintf(folder, size, "%s%s", start, places[i].tail);
    return n > 0 && (size_t)n < size;
}

static cj_status fail_missing(cj_context *context, const cj_known_data *k)
{
    char looked[400] = "", folder[4096];
    size_t used = 0;
    for (size_t i = 0; i < CJ_COUNT(places); i++) {
        if (!data_folder(i, folder, sizeof folder))
            continue;
        int n = snprintf(looked + used, sizeof looked - used, "%s%.120s", used ? ", " : "", folder);
        used = CJ_MIN(used + (size_t)CJ_MAX(n, 0), sizeof looked - 1);
    }
    return cj_fail(context, CJ_MISSING,
                   "the data set %s is not there: looked for %s in %s; put it into one of them, or "
                   "set CAJAL_DATA to the "
                   "folder that holds it",
                   k->name, k->path, looked);
}

cj_status cj_data_find(cj_context *context, const char *name, char *path, size_t path_size)
{
    char folder[4096];
    for (size_t k = 0; k < CJ_COUNT(known); k++) {
        if (strcmp(known[k].name, name) != 0)
            continue;
        for (size_t i = 0; i < CJ_COUNT(places); i++) {
            if (!data_folder(i, folder, sizeof folder))
                continue;
            int n = snprintf(path, path_size, "%s/%s", folder, known[k].path);
            if (n > 0 && (size_t)n < path_size && cj_exists(path))
                return CJ_OK;
        }
        return fail_missing(context, &known[k]);
    }
    return cj_fail(context, CJ_NOT_FOUND, "%.100s is no known data set", name);
}
