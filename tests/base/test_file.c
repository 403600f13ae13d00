/* tests/base/test_file.c - whole files: round trips, what fails and how it is said, nothing left behind. */
#include "base/base.h"
#include "failing_allocator.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <setjmp.h>

#include <cmocka.h>

static char folder[] = "/tmp/cajal-test-file-XXXXXX";

static const char *in_folder(const char *name)
{
    static char path[4][512];
    static int turn;
    char *p = path[turn++ % 4];
    snprintf(p, sizeof path[0], "%s/%s", folder, name);
    return p;
}

static int entries(void)
{
    DIR *d = opendir(folder);
    int count = 0;
    for (struct dirent *e; (e = readdir(d));)
        count += e->d_name[0] != '.';
    closedir(d);
    return count;
}

static void check_file(cj_context *c, const char *path, const void *data, size_t size)
{
    void *read;
    size_t got;
    assert_int_equal(cj_file_read(c, path, 0, &read, &got), CJ_OK);
    assert_int_equal(got, size);
    assert_memory_equal(read, data, size);
    cj_release(c, read, got);
}

static void round_trips(void **unused)
{
    (void)unused;
    failing_allocator a = {0};
    cj_context *c = cj_context_new(&(cj_config){.allocator = failing_allocator_use(&a)}, NULL, 0);
    static char data[200000];
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (char)(i * 31 >> 3);
    const size_t sizes[] = {0, 1, 65535, 65536, 65537, sizeof data, 10};
    const char *path = in_folder("data");
    for (size_t i = 0; i < CJ_COUNT(sizes); i++) {
        assert_int_equal(cj_file_write(c, path, data, sizes[i]), CJ_OK);
        assert_int_equal(entries(), 1);
        check_file(c, path, data, sizes[i]);
    }
    unlink(path);
    cj_context_free(c);
    assert_int_equal(a.blocks, 0);
    assert_int_equal(a.bytes, 0);
}

static void relative_paths(void **unused)
{
    (void)unused;
    cj_context *c = cj_context_new(NULL, NULL, 0);
    char before[512];
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(folder), 0);
    assert_int_equal(cj_file_write(c, "here", "x", 1), CJ_OK);
    check_file(c, "here", "x", 1);
    unlink("here");
    assert_int_equal(chdir(before), 0);
    cj_context_free(c);
}

static void failures_name_the_path(void **unused)
{
    (void)unused;
    cj_context *c = cj_context_new(NULL, NULL, 0);
    void *data;
    size_t size;
    const char *missing = in_folder("no-such-folder/file");
    assert_int_equal(cj_file_write(c, missing, "x", 1), CJ_NOT_FOUND);
    assert_non_null(strstr(cj_error(c), missing));
    assert_non_null(strstr(cj_error(c), "No such file or directory"));
    assert_int_equal(cj_file_read(c, missing, 0, &data, &size), CJ_NOT_FOUND);
    assert_non_null(strstr(cj_error(c), missing));
    assert_null(data);

    assert_int_equal(cj_file_write(c, folder, "x", 1), CJ_IO);
    assert_non_null(strstr(cj_error(c), "Is a directory"));
    assert_int_equal(cj_file_read(c, folder, 0, &data, &size), CJ_IO);
    assert_non_null(strstr(cj_error(c), "Is a directory"));
    assert_int_equal(entries(), 0);

    assert_int_equal(cj_file_write(c, "/dev/full", "x", 1), CJ_IO);
    assert_non_null(strstr(cj_error(c), "No space left on device"));
    assert_int_equal(cj_file_write(c, "/dev/null", "x", 1), CJ_OK);
    struct stat about;
    assert_int_equal(stat("/dev/null", &about), 0);
    assert_true(S_ISCHR(about.st_mode));
    cj_context_free(c);
}

/* The temporary's name is taken by a folder, so it cannot be written: the old file stands. */
static void the_old_file_stands(void **unused)
{
    (void)unused;
    cj_context *c = cj_context_new(NULL, NULL, 0);
    const char *path = in_folder("model");
    assert_int_equal(cj_file_write(c, path, "old", 3), CJ_OK);
    char temporary[600];
    snprintf(temporary, sizeof temporary, "%s.tmp-%ld", path, (long)getpid());
    assert_int_equal(mkdir(temporary, 0700), 0);
    assert_int_equal(cj_file_write(c, path, "new", 3), CJ_IO);
    check_file(c, path, "old", 3);
    rmdir(temporary);
    assert_int_equal(cj_file_write(c, path, "new", 3), CJ_OK);
    check_file(c, path, "new", 3);
    assert_int_equal(entries(), 1);
    unlink(path);
    cj_context_free(c);
}

static void limits(void **unused)
{
    (void)unused;
    cj_context *c = cj_context_new(NULL, NULL, 0);
    const char *path = in_folder("long");
    void *data;
    size_t size;
    cj_file_write(c, path, "0123456789", 10);
    assert_int_equal(cj_file_read(c, path, 10, &data, &size), CJ_OK);
    cj_release(c, data, size);
    assert_int_equal(cj_file_read(c, path, 9, &data, &size), CJ_FORMAT);
    assert_non_null(strstr(cj_error(c), "9 bytes"));
    unlink(path);
    assert_int_equal(cj_file_read(c, "/dev/zero", 100000, &data, &size), CJ_FORMAT);
    cj_context_free(c);
}

/* A file without a length that is known before. */
static void pipes(void **unused)
{
    (void)unused;
    cj_context *c = cj_context_new(NULL, NULL, 0);
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "through a pipe", 14), 14);
    close(ends[1]);
    char path[64];
    snprintf(path, sizeof path, "/dev/fd/%d", ends[0]);
    check_file(c, path, "through a pipe", 14);
    close(ends[0]);
    cj_context_free(c);
}

static void each_allocation_fails(void **unused)
{
    (void)unused;
    const char *path = in_folder("data");
    int64_t n = 1;
    for (;; n++) {
        failing_allocator a = {0};
        cj_context *c =
            cj_context_new(&(cj_config){.allocator = failing_allocator_use(&a)}, NULL, 0);
        a.fail_at = a.calls + n;
        void *data = NULL;
        size_t size = 0;
        cj_status status = cj_file_write(c, path, "abc", 3);
        if (status == CJ_OK)
            status = cj_file_read(c, path, 0, &data, &size);
        assert_int_equal(status, a.failed ? CJ_NO_MEMORY : CJ_OK);
        cj_release(c, data, size);
        cj_context_free(c);
        assert_int_equal(a.blocks, 0);
        assert_int_equal(a.bytes, 0);
        if (!a.failed)
            break;
    }
    assert_int_equal(n, 4);
    unlink(path);
}

static int make_folder(void **unused)
{
    (void)unused;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **unused)
{
    (void)unused;
    return rmdir(folder); /* fails when a test left something */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trips),
        cmocka_unit_test(relative_paths),
        cmocka_unit_test(failures_name_the_path),
        cmocka_unit_test(the_old_file_stands),
        cmocka_unit_test(limits),
        cmocka_unit_test(pipes),
        cmocka_unit_test(each_allocation_fails),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
