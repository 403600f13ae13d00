/*
 * tests/io/io_test.h - what the tests of readers share: golden files, an allocator that counts and
 * fails on order.
 */
#ifndef CJ_TESTS_IO_TEST_H
#define CJ_TESTS_IO_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cajal/data.h"
#include "cajal/io.h"

/* ---- memory that counts, and fails at the n-th allocation ---- */

typedef struct test_memory {
    long live;    /* bytes handed out and not returned */
    long calls;   /* since armed */
    long fail_at; /* 0: never */
    bool failed;
} test_memory;

static inline void *test_reallocate(void *user, void *pointer, size_t old_size, size_t new_size)
{
    test_memory *m = user;
    if (new_size == 0) {
        m->live -= (long)old_size;
        free(pointer);
        return NULL;
    }
    if (m->fail_at && ++m->calls >= m->fail_at) {
        m->failed = true;
        return NULL;
    }
    void *result = realloc(pointer, new_size);
    if (result)
        m->live += (long)new_size - (pointer ? (long)old_size : 0);
    return result;
}

static inline cj_context *test_context(test_memory *memory)
{
    char error[512] = "";
    cj_config config = {.threads = 1};
    if (memory) {
        *memory = (test_memory){0};
        config.allocator = (cj_allocator){test_reallocate, memory};
    }
    cj_context *context = cj_context_new(&config, error, sizeof error);
    if (!context)
        fail_msg("no context: %s", error);
    return context;
}

/*
 * Runs `action` with every allocation failing from the n-th on, n = 1, 2, ... until it succeeds:
 * each time it must say NO_MEMORY and give everything back. Returns the number of allocations.
 */
static inline long test_each_allocation(cj_status (*action)(cj_context *context, void *state),
                                        void *state)
{
    for (long n = 1;; n++) {
        test_memory memory;
        cj_context *context = test_context(&memory);
        long before = memory.live;
        memory.calls = 0;
        memory.fail_at = n;
        cj_status status = action(context, state);
        memory.fail_at = 0;
        if (memory.failed)
            assert_int_equal(status, CJ_NO_MEMORY);
        if (memory.live != before)
            fail_msg("%ld bytes leaked when allocation %ld failed", memory.live - before, n);
        cj_context_free(context);
        assert_int_equal(memory.live, 0);
        if (!memory.failed) {
            assert_int_equal(status, CJ_OK);
            return n - 1;
        }
    }
}

/* ---- files ---- */

static inline const char *golden_path(const char *name)
{
    static char path[4096];
    const char *source = getenv("CAJAL_SOURCE");
    snprintf(path, sizeof path, "%s/tests/golden/io/%s", source ? source : ".", name);
    return path;
}

/* The bytes of a file, to be freed. */
static inline uint8_t *read_bytes(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        fail_msg("%s: cannot be opened", path);
    fseek(file, 0, SEEK_END);
    *size = (size_t)ftell(file);
    rewind(file);
    uint8_t *data = malloc(*size + 1);
    assert_int_equal(fread(data, 1, *size, file), *size);
    fclose(file);
    return data;
}

static inline void write_bytes(const char *path, const void *data, size_t size)
{
    FILE *file = fopen(path, "wb");
    if (!file)
        fail_msg("%s: cannot be written", path);
    assert_int_equal(fwrite(data, 1, size, file), size);
    fclose(file);
}

/* A fresh folder for a test's files; the caller removes it with remove_folder. */
static inline char *make_folder(char path[64])
{
    strcpy(path, "/tmp/cajal-test-XXXXXX");
    assert_non_null(mkdtemp(path));
    return path;
}

static inline void remove_folder(const char *path)
{
    char command[128];
    snprintf(command, sizeof command, "rm -r '%s'", path);
    assert_int_equal(system(command), 0);
}

/*
 * Every prefix of the file goes to `parse`, in memory of exactly its size (so that the address
 * sanitizer sees a read past it): it may fail or not, but not crash or leak. Returns how many were
 * accepted.
 */
static inline int test_each_prefix(const char *path,
                                   cj_status (*parse)(cj_context *, const void *, size_t))
{
    size_t size;
    int accepted = 0;
    uint8_t *data = read_bytes(path, &size);
    test_memory memory;
    cj_context *context = test_context(&memory);
    long before = memory.live;
    for (size_t n = 0; n < size; n++) {
        uint8_t *prefix = malloc(n ? n : 1);
        memcpy(prefix, data, n);
        cj_error_clear(context);
        cj_status status = parse(context, prefix, n);
        accepted += status == CJ_OK;
        if (status != CJ_OK)
            assert_true(strlen(cj_error(context)) > 10);
        assert_int_equal(memory.live, before);
        free(prefix);
    }
    free(data);
    cj_context_free(context);
    return accepted;
}

#define assert_ok(context, call)                                                                   \
    do {                                                                                           \
        if ((call) != CJ_OK)                                                                       \
            fail_msg("%s: %s", #call, cj_error(context));                                          \
    } while (0)

/* The call fails with this status, and its sentence holds this text. */
#define assert_refused(context, call, expected, text)                                              \
    do {                                                                                           \
        assert_int_equal((call), (expected));                                                      \
        if (!strstr(cj_error(context), (text)))                                                    \
            fail_msg("\"%s\" is not in: %s", (text), cj_error(context));                           \
    } while (0)

#endif
