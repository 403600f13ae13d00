/*
 * tests/fuzz/archive.h - a tar on disk of files that a fuzz target made up, for readers that take a path.
 */
#ifndef CJ_TESTS_FUZZ_ARCHIVE_H
#define CJ_TESTS_FUZZ_ARCHIVE_H

#include "fuzz.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char fuzz_folder[64], fuzz_path[200];

static inline void fuzz_remove_folder(void)
{
    unlink(fuzz_path);
    rmdir(fuzz_folder);
}

/* The one file, fuzz_path, of a folder of this process; begins empty. */
static inline FILE *fuzz_archive(const char *name)
{
    if (!fuzz_folder[0]) {
        snprintf(fuzz_folder, sizeof fuzz_folder, "%s/cajal-fuzz-XXXXXX",
                 access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
        if (!mkdtemp(fuzz_folder))
            abort();
        atexit(fuzz_remove_folder);
    }
    snprintf(fuzz_path, sizeof fuzz_path, "%s/%s", fuzz_folder, name);
    FILE *file = fopen(fuzz_path, "wb");
    if (!file)
        abort();
    return file;
}

/* A file of at most 99 bytes of name. */
static inline void fuzz_archive_add(FILE *tar, const char *name, const void *data, size_t size)
{
    static const char zero[512];
    char head[512] = {0};
    unsigned sum = 0;
    snprintf(head, 100, "%s", name);
    memcpy(head + 100, "0000644\0000000000\0000000000", 24);
    snprintf(head + 124, 12, "%011o", (unsigned)size);
    memcpy(head + 136, "00000000000", 12);
    memcpy(head + 148, "        0", 9);
    memcpy(head + 257, "ustar\00000", 8);
    for (int i = 0; i < 512; i++)
        sum += (unsigned char)head[i];
    snprintf(head + 148, 8, "%06o", sum & 0777777);
    fwrite(head, 1, sizeof head, tar);
    fwrite(data, 1, size, tar);
    fwrite(zero, 1, (512 - size % 512) % 512, tar);
}

static inline void fuzz_archive_end(FILE *tar)
{
    static const char zero[1024];
    fwrite(zero, 1, sizeof zero, tar);
    fclose(tar);
}

#endif
