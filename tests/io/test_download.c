/* Downloads from file URLs: checked, resumed, stopped, refused. Those from a server: cli/test_data.sh. */
#include "io/io_test.h"

#include "base/base.h"

#include <sys/stat.h>

static char folder[64];

static const char *in_folder(const char *name)
{
    static char path[4][256];
    static int next;
    char *p = path[next++ % 4];
    snprintf(p, sizeof path[0], "%s/%s", folder, name);
    return p;
}

enum { SIZE = 300000 };
static uint8_t bytes[SIZE];
static char hash[65], url[256];

static bool is_there(const char *name)
{
    struct stat about;
    return stat(in_folder(name), &about) == 0;
}

static void assert_whole(void)
{
    size_t size;
    uint8_t *data = read_bytes(in_folder("got"), &size);
    assert_int_equal(size, SIZE);
    assert_memory_equal(data, bytes, SIZE);
    free(data);
    assert_false(is_there("got.part"));
    assert_int_equal(remove(in_folder("got")), 0);
}

static bool installed(cj_context *c)
{
    cj_status status = cj_download(c, url, in_folder("got"), NULL);
    if (status == CJ_MISSING)
        assert_non_null(strstr(cj_error(c), "libcurl4"));
    else
        assert_int_equal(status, CJ_OK);
    return status == CJ_OK;
}

static bool count(void *user, uint64_t have, uint64_t all)
{
    (void)all;
    uint64_t *first = user;
    if (!*first && have)
        *first = have;
    return true;
}

static bool stop(void *user, uint64_t have, uint64_t all)
{
    (void)user;
    (void)all;
    return have == 0;
}

static void downloads(void **state)
{
    (void)state;
    test_memory memory;
    cj_context *c = test_context(&memory);
    cj_download_options o = {.bytes = SIZE, .sha256 = hash};
    if (!installed(c)) {
        cj_context_free(c);
        skip();
    }
    long before = memory.live;
    assert_whole();
    assert_ok(c, cj_download(c, url, in_folder("got"), &o));
    assert_whole();
    /* a part of it is gone on with */
    uint64_t first = 0;
    o.progress = count;
    o.user = &first;
    write_bytes(in_folder("got.part"), bytes, 200000);
    assert_ok(c, cj_download(c, url, in_folder("got"), &o));
    assert_true(first >= 200000);
    assert_whole();
    o.progress = NULL;
    /* all of it but the name */
    write_bytes(in_folder("got.part"), bytes, SIZE);
    assert_ok(c, cj_download(c, "file:///nowhere", in_folder("got"), &o));
    assert_whole();
    /* a part of another file, or more than there is: begun anew */
    static uint8_t other[SIZE + 10];
    write_bytes(in_folder("got.part"), other, 1000);
    assert_ok(c, cj_download(c, url, in_folder("got"), &o));
    assert_whole();
    write_bytes(in_folder("got.part"), other, SIZE + 10);
    assert_ok(c, cj_download(c, url, in_folder("got"), &o));
    assert_whole();
    assert_int_equal(memory.live, before);
    cj_context_free(c);
}

static void refused(void **state)
{
    (void)state;
    cj_context *c = test_context(NULL);
    char wrong[65];
    if (!installed(c)) {
        cj_context_free(c);
        skip();
    }
    assert_whole();
    memset(wrong, '0', 64);
    wrong[64] = 0;
    cj_download_options o = {.sha256 = wrong};
    assert_refused(c, cj_download(c, url, in_folder("got"), &o), CJ_FORMAT, "another file");
    assert_false(is_there("got") || is_there("got.part"));
    o = (cj_download_options){.bytes = SIZE + 1};
    assert_refused(c, cj_download(c, url, in_folder("got"), &o), CJ_FORMAT, "not the 300001");
    o = (cj_download_options){.bytes = SIZE - 1};
    assert_refused(c, cj_download(c, url, in_folder("got"), &o), CJ_FORMAT, "more than the 299999");
    assert_false(is_there("got") || is_there("got.part"));
    assert_refused(c, cj_download(c, "file:///nowhere", in_folder("got"), NULL), CJ_IO, "nowhere");
    assert_false(is_there("got.part"));
    assert_refused(c, cj_download(c, "gopher://x/", in_folder("got"), NULL), CJ_IO, "gopher");
    assert_refused(c, cj_download(c, url, in_folder("no/got"), NULL), CJ_IO, "cannot write");
    o = (cj_download_options){.progress = stop};
    assert_refused(c, cj_download(c, url, in_folder("got"), &o), CJ_STOPPED, "stopped");
    assert_false(is_there("got"));
    char text[65];
    uint64_t size;
    assert_ok(c, cj_file_sha256(c, in_folder("source"), text, &size));
    assert_string_equal(text, hash);
    assert_int_equal(size, SIZE);
    assert_refused(c, cj_file_sha256(c, in_folder("none"), text, &size), CJ_NOT_FOUND, "none");
    cj_context_free(c);
}

int main(void)
{
    cj_sha256 sha;
    uint8_t digest[32];
    make_folder(folder);
    for (int i = 0; i < SIZE; i++)
        bytes[i] = (uint8_t)(i * 31 + i / 251);
    write_bytes(in_folder("source"), bytes, SIZE);
    snprintf(url, sizeof url, "file://%s/source", folder);
    cj_sha256_init(&sha);
    cj_sha256_add(&sha, bytes, SIZE);
    cj_sha256_end(&sha, digest);
    cj_sha256_text(digest, hash);
    const struct CMUnitTest tests[] = {cmocka_unit_test(downloads), cmocka_unit_test(refused)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    remove_folder(folder);
    return failed;
}
