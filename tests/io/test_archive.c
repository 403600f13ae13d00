/* Folders, tars and zips walked alike; places on disk; what is broken. */
#include "io/io_test.h"

#include "io/io.h"

static char folder[64];

static const char *in_folder(const char *name)
{
    static char path[2][256];
    static int next;
    char *p = path[next++ % 2];
    snprintf(p, sizeof path[0], "%s/%s", folder, name);
    return p;
}

static void run(const char *command)
{
    char text[512];
    snprintf(text, sizeof text, "cd '%s' && %s", folder, command);
    assert_int_equal(system(text), 0);
}

typedef struct found {
    char text[1024];
    int placed;
    bool places;
} found;

/* "path=content;", read from its place where only that is told. */
static cj_status each(void *user, const cj_archive_file *file)
{
    found *f = user;
    char content[64] = "";
    size_t used = strlen(f->text), size = file->size < 63 ? file->size : 63;
    f->placed += file->place != NULL;
    if (file->data && size)
        memcpy(content, file->data, size);
    if (file->place) {
        char again[64] = "";
        FILE *disk = fopen(file->place, "rb");
        assert_non_null(disk);
        assert_int_equal(fseek(disk, (long)file->offset, SEEK_SET), 0);
        assert_int_equal(fread(again, 1, size, disk), size);
        fclose(disk);
        if (file->data)
            assert_string_equal(content, again);
        memcpy(content, again, sizeof content);
    }
    assert_true(!file->data == (f->places && file->place));
    snprintf(f->text + used, sizeof f->text - used, "%s=%s;", file->path, content);
    return CJ_OK;
}

static void alike(void **state)
{
    (void)state;
    cj_context *c = test_context(NULL);
    run("mkdir -p a/one a/two && printf x > a/one/1 && printf yy > a/one/2 && : > a/two/3 && "
        "printf no > a/.hidden && tar cf a.tar --sort=name -C a one two .hidden && gzip -k a.tar");
    static const char *const source[] = {"a", "a.tar", "a.tar.gz"};
    for (size_t i = 0; i < 3; i++)
        for (int places = 0; places < 2; places++) {
            found f = {.places = places};
            assert_ok(c, cj_archive_walk(c, in_folder(source[i]), 100, places, each, &f));
            assert_string_equal(f.text, "one/1=x;one/2=yy;two/3=;");
            assert_int_equal(f.placed, i < 2 ? 3 : 0);
        }
    found f = {.text = ""};
    assert_refused(c, cj_archive_walk(c, in_folder("a.tar"), 1, false, each, &f), CJ_UNSUPPORTED,
                   "one/2");
    run("head -c 700 a.tar > cut.tar && head -c 100 a.tar.gz > cut.tar.gz");
    assert_refused(c, cj_archive_walk(c, in_folder("cut.tar"), 100, false, each, &f), CJ_FORMAT,
                   "ends early");
    assert_refused(c, cj_archive_walk(c, in_folder("cut.tar.gz"), 100, false, each, &f), CJ_FORMAT,
                   "ends early");
    assert_int_not_equal(cj_archive_walk(c, in_folder("none.tar"), 100, false, each, &f), CJ_OK);
    cj_context_free(c);
}

/* The golden npz are zips: stored and deflated members. */
static cj_status count(void *user, const cj_archive_file *file)
{
    *(int *)user += file->size > 10 && file->data && !file->place;
    return CJ_OK;
}

static void zips(void **state)
{
    (void)state;
    cj_context *c = test_context(NULL);
    static const char *const name[] = {"stored.npz", "deflated.npz"};
    for (size_t i = 0; i < 2; i++) {
        int files = 0;
        assert_ok(c, cj_archive_walk(c, golden_path(name[i]), 1 << 20, true, count, &files));
        assert_true(files > 1);
        assert_refused(c, cj_archive_walk(c, golden_path(name[i]), 10, false, count, &files),
                       CJ_UNSUPPORTED, "at most 10");
    }
    cj_context_free(c);
}

static cj_status walk(cj_context *context, void *path)
{
    int files = 0;
    return cj_archive_walk(context, path, 1 << 20, false, count, &files);
}

static void every_allocation(void **state)
{
    (void)state;
    char path[4096];
    static const char *const source[] = {"a", "a.tar.gz"};
    for (size_t i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s", in_folder(source[i]));
        assert_true(test_each_allocation(walk, path) > 3);
    }
    snprintf(path, sizeof path, "%s", golden_path("deflated.npz"));
    assert_true(test_each_allocation(walk, path) > 3);
}

int main(void)
{
    make_folder(folder);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(alike),
        cmocka_unit_test(zips),
        cmocka_unit_test(every_allocation),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    remove_folder(folder);
    return failed;
}
