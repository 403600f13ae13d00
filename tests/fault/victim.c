/*
 * tests/fault/victim.c - the program that test_fault.sh strikes: it saves 1000 bytes as FILE by way of
 * FILE.new and names the call that failed and why. Exit 0, or 1 after a failure.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int fail(const char *call)
{
    printf("%s: %s\n", call,
           errno == ENOSPC   ? "ENOSPC"
           : errno == EIO    ? "EIO"
           : errno == EACCES ? "EACCES"
           : errno == ENOMEM ? "ENOMEM"
           : errno == EROFS  ? "EROFS"
                             : "another errno");
    return 1;
}

static int save(const char *path, const char *bytes, size_t size)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (file < 0)
        return fail("open");
    for (size_t at = 0; at < size;) {
        ssize_t wrote = write(file, bytes + at, size - at);
        if (wrote < 0)
            return fail("write");
        at += (size_t)wrote;
    }
    if (fsync(file) != 0)
        return fail("fsync");
    close(file);
    return 0;
}

int main(int count, char **words)
{
    char path[4096];
    if (count != 2 || snprintf(path, sizeof path, "%s.new", words[1]) >= (int)sizeof path)
        return 2;
    char *bytes = malloc(1000);
    if (bytes == NULL)
        return fail("malloc");
    memset(bytes, 'x', 1000);
    int status = save(path, bytes, 1000);
    free(bytes);
    if (status != 0)
        return status;
    if (rename(path, words[1]) != 0)
        return fail("rename");
    FILE *log = fopen("/dev/null", "w");
    if (log == NULL)
        return fail("fopen");
    if (fwrite("x", 1, 1, log) != 1)
        return fail("fwrite");
    if (fclose(log) != 0)
        return fail("fclose");
    return 0;
}
