/* Data sets: folders and tars of pictures, IDX, npz, own arrays, splits, batches, what is found
 * where, what is refused. */
#include "data/data_test.h"

#include <math.h>
#include <sys/stat.h>

static const char *in_folder(const char *name)
{
    static char path[4][256];
    static int next;
    char *p = path[next++ % 4];
    snprintf(p, sizeof path[0], "%s/%s", folder, name);
    return p;
}

static void run(const char *command)
{
    char text[512];
    snprintf(text, sizeof text, "cd '%s' && %s", folder, command);
    assert_int_equal(system(text), 0);
}

static void write_picture(cj_context *c, const char *name, int height, int width, int channels,
                          int value)
{
    cj_image image;
    assert_ok(c, cj_image_make(c, height, width, channels, &image));
    memset(image.pixel, value, (size_t)(height * width * channels));
    assert_ok(c, cj_image_write_png(c, in_folder(name), &image));
    cj_image_free(c, &image);
}

/* ten/, two/: 3 and 2 grey pictures of 4 x 6 in test/, 5 each in train/. */
static void make_pictures(cj_context *c)
{
    char name[64];
    run("rm -rf p p.tar p.tar.gz && mkdir -p p/train/two p/train/ten p/test/two p/test/ten");
    for (int i = 0; i < 5; i++) {
        snprintf(name, sizeof name, "p/train/two/%d.png", i);
        write_picture(c, name, 4, 6, 1, 20 + i);
        snprintf(name, sizeof name, "p/train/ten/%d.png", i);
        write_picture(c, name, 4, 6, 1, 100 + i);
        snprintf(name, sizeof name, "p/test/%s/%d.png", i < 2 ? "two" : "ten", i);
        write_picture(c, name, 4, 6, 1, 200 + i);
    }
}

static void picture_folders(void **state)
{
    (void)state;
    cj_context *c = test_context(NULL);
    cj_dataset *d, *t;
    make_pictures(c);
    assert_ok(c, cj_data_load(c, in_folder("p"), NULL, &d));
    const cj_preprocess *p = d->preprocess;
    assert_true(d->own_test);
    assert_int_equal(d->part[CJ_TRAIN].count, 10);
    assert_int_equal(d->part[CJ_TEST].count, 5);
    assert_int_equal(d->part[CJ_VALIDATION].count, 0);
    assert_int_equal(p->shape[0], 1);
    assert_int_equal(p->shape[1], 4);
    assert_int_equal(p->shape[2], 6);
    assert_int_equal(p->classes, 2);
    assert_string_equal(p->class_name[0], "ten");
    assert_int_equal(d->part[CJ_TRAIN].label[0], 0);
    assert_int_equal(d->part[CJ_TRAIN].pixel[0], 100);
    assert_int_equal(d->part[CJ_TRAIN].label[9], 1);
    assert_true(fabs(p->mean[0] - 62.0 / 255) < 1e-12);

    run("tar cf p.tar p && gzip -k p.tar"); /* the same in a tar, whatever its order */
    static const char *const tars[] = {"p.tar", "p.tar.gz"};
    for (int i = 0; i < 2; i++) {
        assert_ok(c, cj_data_load(c, in_folder(tars[i]), NULL, &t));
        assert_int_equal(t->part[CJ_TRAIN].count, 10);
        assert_int_equal(t->part[CJ_TEST].count, 5);
        for (int64_t k = 0; k < 10; k++)
            assert_int_equal(t->part[CJ_TRAIN].pixel[k * 24] < 50, t->part[CJ_TRAIN].label[k]);
        assert_true(t->preprocess->mean[0] == p->mean[0]);
        cj_dataset_free(c, t);
    }
    cj_dataset_free(c, d);
    cj_context_free(c);
}

static void mixed_pictures(void **state)
{
    (void)state;
    cj_context *c = test_context(NULL);
    cj_dataset *d;
    cj_image image;
    make_pictures(c);
    write_picture(c, "p/train/two/colour.png", 9, 8, 3, 77);
    write_bytes(in_folder("p/train/two/notes.txt"), "no picture", 10);
    write_bytes(in_folder("p/readme"), "loose", 5);
    assert_ok(c, cj_data_load(c, in_folder("p"), NULL, &d));
    assert_int_equal(d->preprocess->shape[0], 3);
    assert_int_equal(d->preprocess->shape[1], 64);
    assert_int_equal(d->preprocess->shape[2], 64);
    assert_int_equal(d->part[CJ_TRAIN].count, 11);
    assert_int_equal(d->part[CJ_TRAIN].inputs, 3 * 64 * 64);
    assert_int_equal(d->part[CJ_TRAIN].pixel[2 * 64 * 64], 100);
    assert_int_equal(d->part[CJ_TRAIN].pixel[10 * 3 * 64 * 64], 77);
    assert_true(noted(d, "resized to 64 x 64"));
    assert_true(
        noted(d, "1 file is no picture that can be read and was left out: train/two/notes.txt"));
    assert_true(noted(d, "1 file lies in no folder of a class and was left out"));

    /* Prediction makes of a file what training made of it. */
    float x[3 * 64 * 64], batch[3 * 64 * 64];
    assert_ok(c, cj_image_read(c, in_folder("p/train/ten/3.png"), &image));
    assert_ok(c, cj_preprocess_image(c, d->preprocess, &image, x));
    assert_ok(c, cj_examples_batch(c, d->preprocess, &d->part[CJ_TRAIN], NULL, &(int64_t){3}, 1,
                                   batch, NULL, NULL));
    assert_memory_equal(x, batch, sizeof x);
    cj_image_free(c, &image);
    cj_dataset_free(c, d);

    cj_data_options o = {.height = 5, .width = 3};
    assert_ok(c, cj_data_load(c, in_folder("p"), &o, &d));
    assert_int_equal(d->preprocess->shape[1], 5);
    assert_int_equal(d->preprocess->shape[2], 3);
    cj_dataset_free(c, d);
    cj_context_free(c);
}

static void evaluation_uses_the_models_classes(void **state)
{
    (void)state;
    cj_context *c = test_context(NULL);
    cj_dataset *d, *e;
    make_pictures(c);
    assert_ok(c, cj_data_load(c, in_folder("p"), NULL, &d));
    run("rm -r p/train p/test/ten"); /* only class 1 is left, in a test part */
    cj_data_options o = {.preprocess = d->preprocess};
    assert_ok(c, cj_data_load(c, in_folder("p"), &o, &e));
    assert_int_equal(e->part[CJ_TEST].count, 2);
    assert_int_equal(e->part[CJ_TEST].label[0], 1);
    assert_int_equal(e->preprocess->classes, 2);
    cj_dataset_free(c, e);
    run("mv p/test/two p/test/three");
    assert_refused(c, cj_data_load(c, in_folder("p"), &o, &e), CJ_VALUE,
                   "\"three\" is none of the 2");
    write_bytes(in_folder("t.csv"), "a,y\n1,0\n2,1\n", 12);
    assert_refused(c, cj_data_load(c, in_folder("t.csv"), &o, &e), CJ_INVALID,
                   "holds rows of a table");
    cj_dataset_free(c, d);
    cj_context_free(c);
}

static void a_name_that_is_no_utf8_is_not_lost(void **state)
{
    (void)state;
    cj_context *c = test_context(NULL);
    cj_dataset *d;
    char *json;
    size_t size;
    make_pictures(c);
    run("mv p/train/two \"$(printf 'p/train/zw\\374lf')\" && rm -r p/test");
    assert_ok(c, cj_data_load(c, in_folder("p"), NULL, &d));
    assert_int_equal(d->preprocess->classes, 2);
    assert_refused(c, cj_preprocess_to_json(c, d->preprocess, &json, &size), CJ_VALUE, "no UTF-8");
    assert_null(json);
    cj_dataset_free(c, d);
    cj_context_free(c);
}

/* ---- arrays ---- */

static void write_idx(const char *name, const uint8_t *extents, int rank, const uint8_t *data,
                      size_t size)
{
    uint8_t bytes[1024] = {0, 0, 8, (uint8_t)rank};
    for (int i = 0; i < rank; i++)
        bytes[4 + 4 * i + 3] = extents[i];
    memcpy(bytes + 4 + 4 * rank, data, size);
    write_bytes(in_folder(name), bytes, 4 + 4 * (size_t)rank + size);
}

static void idx_files(void **state)
{
    (void)state;
    cj_context *c = test_context(NULL);
    cj_dataset *d;
    uint8_t pixels[6 * 4], labels[6] = {3, 1, 2, 3, 1, 2};
    for (int i = 0; i < 24; i++)
        pixels[i] = (uint8_t)(i * 10);
    run("rm -rf i && mkdir i");
    write_idx("i/train-images-idx3-ubyte", (uint8_t[]){6, 2, 2}, 3, pixels, 24);
    write_idx("i/train-labels-idx1-ubyte", (uint8_t[]){6}, 1, labels, 6);
    write_idx("i/t10k-images-idx3-ubyte", (uint8_t[]){2, 2, 2}, 3, pixels, 8);
    write_idx("i/t10k-labels-idx1-ubyte", (uint8_t[]){2}, 1, labels, 2);
    run("gzip i/t10k*");
    assert_ok(c, cj_data_load(c, in_folder("i"), NULL, &d));
    assert_true(d->own_test);
    assert_int_equal(d->part[CJ_TEST].count, 2);
    assert_int_equal(d->preprocess->classes, 3);
    assert_string_equal(d->preprocess->class_name[0], "1");
    assert_int_equal(d->part[CJ_TRAIN].label[0], 2);
    assert_memory_equal(d->part[CJ_TRAIN].pixel, pixels, 24);
    cj_dataset_free(c, d);

    assert_ok(c, cj_data_load(c, in_folder("i/train-images-idx3-ubyte"), NULL, &d));
    assert_false(d->own_test);
    assert_int_equal(d->part[CJ_TRAIN].count, 3);
    assert_int_equal(d->part[CJ_TEST].count, 3); /* one of each class */
    cj_dataset_free(c, d);

    run("rm i/train-labels-idx1-ubyte");
    assert_refused(c, cj_data_load(c, in_folder("i"), NULL, &d), CJ_MISSING,
                   "train-labels-idx1-ubyte");
    write_idx("i/train-labels-idx1-ubyte", (uint8_t[]){5}, 1, labels, 5);
    assert_refused(c, cj_data_load(c, in_folder("i"), NULL, &d), CJ_SHAPE, "5 labels");
    cj_context_free(c);
}

/* The archive of 3 + 1 records, a label and three planes each. */
static void cifar_binary(void **state)
{
    (void)state;
    cj_context *c = test_context(NULL);
    cj_dataset *d;
    static uint8_t bytes[3 * 3073];
    char before[4096] = "";
    if (getenv("CAJAL_DATA"))
        snprintf(before, sizeof before, "%s", getenv("CAJAL_DATA"));
    setenv("CAJAL_DATA", folder, 1);
    run("mkdir -p cifar10 b && printf 'a\\nb\\nc\\nd\\ne\\nf\\ng\\nh\\ni\\nj\\n\\n' > "
        "b/batches.meta.txt");
    for (int i = 0; i < 3 * 3073; i++)
        bytes[i] = (uint8_t)(i % 3073 ? i % 3073 / 1024 * 50 + i / 3073 : i / 3073 * 4);
    write_bytes(in_folder("b/data_batch_1.bin"), bytes, sizeof bytes);
    write_bytes(in_folder("b/test_batch.bin"), bytes + 3073, 3073);
    run("tar czf cifar10/cifar-10-binary.tar.gz b");
    assert_ok(c, cj_data_load(c, "cifar10", NULL, &d));
    assert_true(d->own_test);
    assert_int_equal(d->part[CJ_TRAIN].count, 3);
    assert_int_equal(d->part[CJ_TEST].count, 1);
    assert_int_equal(d->preprocess->classes, 10);
    assert_string_equal(d->preprocess->class_name[d->part[CJ_TRAIN].label[2]], "i");
    assert_string_equal(d->preprocess->class_name[d->part[CJ_TEST].label[0]], "e");
    for (int plane = 0; plane < 3; plane++)
        assert_memory_equal(d->part[CJ_TRAIN].pixel + 3072 + plane * 1024,
                            bytes + 3073 + 1 + plane * 1024, 1024);
    cj_dataset_free(c, d);
    bytes[3073] = 10;
    write_bytes(in_folder("b/data_batch_1.bin"), bytes, sizeof bytes);
    run("tar czf cifar10/cifar-10-binary.tar.gz b");
    assert_refused(c, cj_data_load(c, "cifar10", NULL, &d), CJ_VALUE, "record 1 is 10");
    write_bytes(in_folder("b/data_batch_1.bin"), bytes, 3000);
    run("tar czf cifar10/cifar-10-binary.tar.gz b");
    assert_refused(c, cj_data_load(c, "cifar10", NULL, &d), CJ_FORMAT, "no records of 3073");
    run("rm b/data_batch_1.bin && tar czf cifar10/cifar-10-binary.tar.gz b");
    assert_refused(c, cj_data_load(c, "cifar10", NULL, &d), CJ_FORMAT, "not CIFAR-10's archive");
    run("rm -r cifar10");
    if (before[0])
        setenv("CAJAL_DATA", before, 1);
    else
        unsetenv("CAJAL_DATA");
    cj_context_free(c);
}

static void npz_files(void **state)
{
    (void)state;
    cj_context *c = test_context(NULL);
    cj_dataset *d;
    assert_ok(
        c, cj_data_load(c, golden_path("stored.npz"), &(cj_data_options){.test_fraction = -1}, &d));
    assert_int_equal(d->preprocess->kind, CJ_INPUT_ARRAYS);
    assert_int_equal(d->part[CJ_TRAIN].count, 4);
    assert_int_equal(d->part[CJ_TRAIN].inputs, 3);
    assert_int_equal(d->preprocess->classes, 2);
    float x[12];
    int32_t label[4];
    int64_t index[4] = {0, 1, 2, 3};
    assert_ok(
        c, cj_examples_batch(c, d->preprocess, &d->part[CJ_TRAIN], NULL, index, 4, x, label, NULL));
    for (int f = 0; f < 3; f++) {
        double sum = 0, squares = 0;
        for (int i = 0; i < 4; i++) {
            sum += (double)x[3 * i + f];
            squares += (double)x[3 * i + f] * (double)x[3 * i + f];
        }
        assert_true(fabs(sum) < 1e-5 && fabs(squares / 4 - 1) < 1e-5);
    }
    assert_int_equal(label[1], 1);
    cj_dataset_free(c, d);
    assert_refused(c, cj_data_load(c, golden_path("f4.npy"), NULL, &d), CJ_UNSUPPORTED,
                   "no data set");
    cj_context_free(c);
}

/* The same pictures as [n][h][w][c] in the training part and as [n][c][h][w] in the test part. */
static void pictures_in_npz(void **state)
{
    (void)state;
    cj_context *c = test_context(NULL);
    cj_dataset *d;
    assert_ok(c, cj_data_load(c, golden_path("pictures.npz"), NULL, &d));
    const cj_preprocess *p = d->preprocess;
    assert_int_equal(p->kind, CJ_INPUT_IMAGES);
    assert_int_equal(p->shape[0], 3);
    assert_int_equal(p->shape[1], 5);
    assert_int_equal(p->shape[2], 6);
    assert_int_equal(d->part[CJ_TRAIN].count, 4);
    assert_int_equal(d->part[CJ_TEST].count, 2);
    assert_memory_equal(d->part[CJ_TRAIN].pixel, d->part[CJ_TEST].pixel, 2 * 90);
    assert_int_equal(d->part[CJ_TRAIN].pixel[30], 1); /* plane 1 of picture 0 */
    assert_int_equal(d->part[CJ_TRAIN].pixel[31], 4);
    assert_int_equal(d->part[CJ_TEST].label[0], 1);
    cj_dataset_free(c, d);
    cj_data_options o = {.height = 2, .width = 2};
    assert_ok(c, cj_data_load(c, golden_path("pictures.npz"), &o, &d));
    assert_int_equal(d->part[CJ_TRAIN].inputs, 12);
    cj_dataset_free(c, d);
    cj_context_free(c);
}

static void own_arrays(void **state)
{
    (void)state;
    cj_context *c = test_context(NULL);
    cj_dataset *d;
    float values[10], targets[10];
    int32_t labels[10];
    for (int i = 0; i < 10; i++) {
        values[i] = (float)i;
        targets[i] = (float)(i % 2); /* looks like classes, but is asked for as numbers */
        labels[i] = i % 3;
    }
    int64_t shape[1] = {1};
    cj_data_options o = {.test_fraction = 0.3};
    assert_ok(c, cj_data_from_values(c, values, 10, 1, shape, NULL, 0, targets, 1, &o, &d));
    assert_int_equal(d->preprocess->task, CJ_TASK_REGRESSION);
    assert_int_equal(d->part[CJ_TEST].count, 3);
    cj_dataset_free(c, d);
    assert_ok(c, cj_data_from_values(c, values, 10, 1, shape, labels, 4, NULL, 0, &o, &d));
    assert_int_equal(d->preprocess->classes, 4); /* as told, though one has no example */
    cj_dataset_free(c, d);
    assert_refused(c, cj_data_from_values(c, values, 10, 1, shape, labels, 2, NULL, 0, &o, &d),
                   CJ_VALUE, "example 2 has the label 2");
    values[4] = NAN;
    assert_refused(c, cj_data_from_values(c, values, 10, 1, shape, labels, 3, NULL, 0, &o, &d),
                   CJ_VALUE, "example 4 holds a number that is not finite");
    values[4] = 4;
    targets[7] = INFINITY;
    assert_refused(c, cj_data_from_values(c, values, 10, 1, shape, NULL, 0, targets, 1, &o, &d),
                   CJ_VALUE, "example 7");
    uint8_t pixels[10 * 4] = {0};
    assert_ok(
        c, cj_data_from_pixels(c, pixels, 10, 1, 2, 2, labels, 3, &o, &d)); /* constant: scale 1 */
    assert_true(d->preprocess->scale[0] == 1);
    cj_dataset_free(c, d);
    assert_int_equal(cj_data_from_pixels(c, pixels, 10, 2, 2, 1, labels, 3, &o, &d), CJ_INVALID);
    assert_int_equal(cj_data_from_pixels(c, pixels, 0, 1, 2, 2, labels, 3, &o, &d), CJ_INVALID);
    cj_context_free(c);
}

/* ---- splits ---- */

static void splits_are_stratified_and_seeded(void **state)
{
    (void)state;
    enum { N = 1000 };
    cj_context *c = test_context(NULL);
    int32_t labels[N];
    bool a[N], b[N];
    int count[4] = {0};
    for (int i = 0; i < N; i++)
        labels[i] = i < 700 ? 0 : i < 990 ? 1 : i < 999 ? 2 : 3; /* 700, 290, 9, 1 */
    assert_ok(c, cj_data_split(c, 7, "test", labels, N, 0.2, a));
    for (int i = 0; i < N; i++)
        count[labels[i]] += a[i];
    assert_int_equal(count[0], 140);
    assert_int_equal(count[1], 58);
    assert_int_equal(count[2], 2);
    assert_int_equal(count[3], 0);
    assert_ok(c, cj_data_split(c, 7, "test", labels, N, 0.2, b));
    assert_memory_equal(a, b, sizeof a);
    assert_ok(c, cj_data_split(c, 8, "test", labels, N, 0.2, b));
    assert_memory_not_equal(a, b, sizeof a);
    assert_ok(c, cj_data_split(c, 7, "validation", labels, N, 0.2, b));
    assert_memory_not_equal(a, b, sizeof a);
    assert_ok(c, cj_data_split(c, 7, "test", NULL, N, 0.001, b));
    int taken = 0;
    for (int i = 0; i < N; i++)
        taken += b[i];
    assert_int_equal(taken, 1);
    assert_int_equal(cj_data_split(c, 7, "test", labels, N, 1.5, a), CJ_INVALID);
    labels[3] = -1;
    assert_int_equal(cj_data_split(c, 7, "test", labels, N, 0.5, a), CJ_VALUE);
    cj_context_free(c);
}

static void splitting_moves_every_example_once(void **state)
{
    (void)state;
    cj_context *c = test_context(NULL);
    cj_dataset *d;
    enum { N = 200 };
    float values[N];
    int32_t labels[N];
    bool seen[N] = {false};
    for (int i = 0; i < N; i++) {
        values[i] = (float)i;
        labels[i] = i % 5;
    }
    cj_data_options o = {.validation_fraction = 0.25, .test_fraction = 0.1};
    assert_ok(c, cj_data_from_values(c, values, N, 1, (int64_t[]){1}, labels, 5, NULL, 0, &o, &d));
    assert_int_equal(d->part[CJ_TEST].count, 20);
    assert_int_equal(d->part[CJ_VALIDATION].count, 45);
    for (int part = 0; part < CJ_PARTS; part++)
        for (int64_t i = 0; i < d->part[part].count; i++) {
            int v = (int)d->part[part].value[i];
            assert_false(seen[v]);
            seen[v] = true;
            assert_int_equal(d->part[part].label[i], v % 5);
        }
    for (int i = 0; i < N; i++)
        assert_true(seen[i]);
    cj_dataset_free(c, d);
    cj_context_free(c);
}

/* ---- where data lie ---- */

static void known_data_are_found(void **state)
{
    (void)state;
    cj_context *c = test_context(NULL);
    cj_dataset *d;
    char path[256], before[4096];
    const char *data = getenv("CAJAL_DATA");
    snprintf(before, sizeof before, "%s", data ? data : "");
    run("mkdir -p tabular && printf 'a,target\\n1,0\\n2,1\\n3,0\\n4,1\\n' > tabular/iris.csv");
    setenv("CAJAL_DATA", folder, 1);
    assert_ok(c, cj_data_find(c, "iris", path, sizeof path));
    assert_string_equal(path, in_folder("tabular/iris.csv"));
    assert_ok(c, cj_data_load(c, "iris", NULL, &d));
    cj_dataset_free(c, d);
    setenv("HOME", folder, 1);
    setenv("XDG_CACHE_HOME", "/nowhere", 1);
    setenv("CAJAL_DATA", "/nothing", 1);
    if (cj_data_find(c, "mnist1d", path, sizeof path) != CJ_OK) {
        assert_refused(c, cj_data_load(c, "mnist1d", NULL, &d), CJ_MISSING, "/nothing");
        assert_non_null(strstr(cj_error(c), "/nowhere/cajal"));
        assert_non_null(strstr(cj_error(c), "CAJAL_DATA"));
    }
    assert_refused(c, cj_data_load(c, "/no/such/file.csv", NULL, &d), CJ_MISSING,
                   "/no/such/file.csv");
    assert_non_null(cj_data_known(0));
    assert_null(cj_data_known(-1));
    assert_null(cj_data_known(1000));
    if (data)
        setenv("CAJAL_DATA", before, 1);
    else
        unsetenv("CAJAL_DATA");
    cj_context_free(c);
}

static void what_is_refused(void **state)
{
    (void)state;
    cj_context *c = test_context(NULL);
    cj_dataset *d;
    run("rm -rf e && mkdir e");
    assert_refused(c, cj_data_load(c, in_folder("e"), NULL, &d), CJ_FORMAT,
                   "no pictures in folders of classes");
    run("mkdir e/a && echo x > e/a/1.png");
    assert_refused(c, cj_data_load(c, in_folder("e"), NULL, &d), CJ_FORMAT,
                   "files that are no pictures: 1,");
    write_bytes(in_folder("bad.tar"), "no tar at all", 13);
    assert_refused(c, cj_data_load(c, in_folder("bad.tar"), NULL, &d), CJ_FORMAT,
                   "the archive ends early");
    write_bytes(in_folder("bad.npz"), "no zip", 6);
    assert_refused(c, cj_data_load(c, in_folder("bad.npz"), NULL, &d), CJ_FORMAT, "no zip file");
    cj_context_free(c);
}

static cj_status load(cj_context *c, void *name)
{
    cj_dataset *d;
    cj_status status =
        cj_data_load(c, in_folder(name), &(cj_data_options){.validation_fraction = 0.3}, &d);
    cj_dataset_free(c, d);
    return status;
}

static void every_allocation(void **state)
{
    (void)state;
    cj_context *c = test_context(NULL);
    make_pictures(c);
    run("rm -r p/test p/train/two/[234]* p/train/ten/[234]*");
    write_picture(c, "p/train/two/colour.png", 3, 3, 3, 5);
    run("tar czf p.tar.gz p");
    cj_context_free(c);
    char names[3][16] = {"p", "p.tar.gz", "i"};
    uint8_t pixels[24] = {1}, labels[6] = {0, 1, 0, 1, 0, 1};
    run("rm -rf i && mkdir i");
    write_idx("i/images-idx3-ubyte", (uint8_t[]){6, 2, 2}, 3, pixels, 24);
    write_idx("i/labels-idx1-ubyte", (uint8_t[]){6}, 1, labels, 6);
    for (int i = 0; i < 3; i++)
        assert_true(test_each_allocation(load, names[i]) > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(picture_folders),
        cmocka_unit_test(mixed_pictures),
        cmocka_unit_test(evaluation_uses_the_models_classes),
        cmocka_unit_test(a_name_that_is_no_utf8_is_not_lost),
        cmocka_unit_test(idx_files),
        cmocka_unit_test(npz_files),
        cmocka_unit_test(cifar_binary),
        cmocka_unit_test(pictures_in_npz),
        cmocka_unit_test(own_arrays),
        cmocka_unit_test(splits_are_stratified_and_seeded),
        cmocka_unit_test(splitting_moves_every_example_once),
        cmocka_unit_test(known_data_are_found),
        cmocka_unit_test(what_is_refused),
        cmocka_unit_test(every_allocation),
    };
    return cmocka_run_group_tests(tests, make, clean);
}
