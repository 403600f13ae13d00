/* tar: the three forms of long names, plain and gzip, foreign and broken archives, every allocation. */
#include "io/io_test.h"

#include "io/io.h"

static void names_and_data(void **state)
{
    (void)state;
    static const struct {
        const char *file;
        size_t letters; /* of the long name */
    } cases[] = {{"ustar.tar", 80}, {"gnu.tar", 120}, {"pax.tar", 120}, {"pax.tar.gz", 120}};
    cj_context *c = test_context(NULL);
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        size_t size, length;
        char long_name[256] = "train/";
        uint8_t *data = read_bytes(golden_path(cases[k].file), &size);
        cj_tar tar;
        bool more;
        void *bytes;
        memset(long_name + 6, 'b', cases[k].letters);
        strcat(long_name, "/2.pgm");
        assert_ok(c, cj_tar_open(c, "test", data, size, &tar));
        for (int entry = 0; entry < 2; entry++) {
            assert_ok(c, cj_tar_next(&tar, &more));
            assert_true(more && tar.file);
            assert_string_equal(tar.path, entry ? long_name : "train/a/1.pgm");
            assert_int_equal(tar.size, 13);
            if (entry == 0) /* data may be left unread */
                continue;
            assert_refused(c, cj_tar_data(&tar, 12, &bytes, &length), CJ_UNSUPPORTED, "13 bytes");
            assert_ok(c, cj_tar_data(&tar, 13, &bytes, &length));
            assert_memory_equal(bytes, "P5 2 1 255\n\1\2", 13);
            cj_release(c, bytes, length);
        }
        assert_ok(c, cj_tar_next(&tar, &more));
        assert_false(more);
        cj_tar_close(&tar);
        free(data);
    }
    cj_context_free(c);
}

static cj_status read_through(cj_context *c, const void *data, size_t size)
{
    cj_tar tar;
    bool more = true;
    cj_status status = cj_tar_open(c, "test", data, size, &tar);
    while (status == CJ_OK && more) {
        void *bytes = NULL;
        size_t length = 0;
        status = cj_tar_next(&tar, &more);
        if (status == CJ_OK && more)
            status = cj_tar_data(&tar, 1000, &bytes, &length);
        if (bytes)
            cj_release(c, bytes, length);
    }
    if (tar.source)
        cj_tar_close(&tar);
    return status;
}

static void truncated(void **state)
{
    (void)state;
    /* At a border between entries a tar may end, anywhere else it may not. */
    assert_true(test_each_prefix(golden_path("gnu.tar"), read_through) <= 5 + 512);
    assert_int_equal(test_each_prefix(golden_path("pax.tar.gz"), read_through),
                     1); /* the empty one */
}

static void broken(void **state)
{
    (void)state;
    size_t size;
    cj_context *c = test_context(NULL);
    uint8_t *data = read_bytes(golden_path("ustar.tar"), &size);
    assert_ok(c, read_through(c, data, size));
    data[3] ^= 1;
    assert_refused(c, read_through(c, data, size), CJ_FORMAT, "no tar archive, or a broken one");
    data[3] ^= 1;
    for (size_t i = 0; i < size; i++) {
        data[i] ^= 0xff;
        read_through(c, data, size);
        data[i] ^= 0xff;
    }
    free(data);
    cj_context_free(c);
}

static cj_status read_file(cj_context *c, void *name)
{
    size_t size;
    uint8_t *data = read_bytes(golden_path(name), &size);
    cj_status status = read_through(c, data, size);
    free(data);
    return status;
}

static void every_allocation(void **state)
{
    (void)state;
    char names[2][16] = {"gnu.tar", "pax.tar.gz"};
    assert_true(test_each_allocation(read_file, names[0]) >= 5);
    assert_true(test_each_allocation(read_file, names[1]) >= 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_data),
        cmocka_unit_test(truncated),
        cmocka_unit_test(broken),
        cmocka_unit_test(every_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
