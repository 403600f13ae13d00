/* slow: a folder whose pictures, decoded, are ten times what the process may have trains, with equal
 * bits for 1 and 2 threads. Not run with sanitizers or emulated: these need address space. */
#include "io/io_test.h"

#include <sys/wait.h>

enum { SIDE = 256, KINDS = 16, PICTURES = 2840, LIMIT_KB = 54000 };

/* 2840 pictures of 192 KiB: 10 times the limit. They compress well. */
static void make_pictures(const char *folder)
{
    cj_context *c = test_context(NULL);
    char path[256];
    void *data[KINDS];
    size_t size[KINDS];
    cj_image image;
    assert_true((long)PICTURES * SIDE * SIDE * 3 > 10L * LIMIT_KB * 1024);
    for (int class = 0; class < 2; class ++) {
        snprintf(path, sizeof path, "mkdir -p '%s/p/%d'", folder, class);
        assert_int_equal(system(path), 0);
    }
    assert_ok(c, cj_image_make(c, SIDE, SIDE, 3, &image));
    for (int k = 0; k < KINDS; k++) {
        for (int i = 0; i < SIDE * SIDE * 3; i++)
            image.pixel[i] = (uint8_t)(i % 3 * 30 + k * 4 + k % 2 * 100);
        assert_ok(c, cj_image_encode_png(c, &image, &data[k], &size[k]));
    }
    cj_image_free(c, &image);
    for (int i = 0; i < PICTURES; i++) {
        snprintf(path, sizeof path, "%s/p/%d/%d.png", folder, i % 2, i);
        write_bytes(path, data[i % KINDS], size[i % KINDS]);
    }
    for (int k = 0; k < KINDS; k++)
        cj_release(c, data[k], size[k]);
    cj_context_free(c);
}

static void train(const char *folder, int threads)
{
    char command[1024];
    snprintf(command, sizeof command,
             "cd '%s' && ulimit -v %d && '%s' train --data p --net 'avgpool 32, linear classes' "
             "--epochs 1 --batch 4 --augment flip --out run%d -j%d -q > out%d",
             folder, LIMIT_KB, getenv("CAJAL"), threads, threads, threads);
    assert_int_equal(system(command), 0);
}

static void ten_times_the_memory(void **state)
{
    (void)state;
    char folder[64], command[256];
    const char *sanitize = getenv("CAJAL_SANITIZE");
    if (!getenv("CAJAL") || getenv("CAJAL_EMULATED") || (sanitize && *sanitize))
        skip();
    make_folder(folder);
    make_pictures(folder);
    train(folder, 1);
    train(folder, 2);
    snprintf(
        command, sizeof command,
        "cd '%s' && cmp run1/model.safetensors run2/model.safetensors && grep -q accuracy out1",
        folder);
    assert_int_equal(system(command), 0);
    remove_folder(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(ten_times_the_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
