/* Pictures that stay on disk: the same set, to the bit, as in memory, from any number of threads;
 * batches with augmentation; files that change. */
#include "io/io_test.h"

#include <math.h>

#include "base/base.h"

static char folder[64];

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

/* 3 classes of 9 pictures, of several sizes where `mixed`, some with colour; a file that is none. */
static void make_pictures(bool mixed)
{
    cj_context *c = test_context(NULL);
    char name[64];
    run("rm -rf p p.tar p.tar.gz && mkdir -p p/a p/b p/c && echo no > p/a/no.png");
    for (int i = 0; i < 27; i++) {
        cj_image image;
        int height = 8 + (mixed ? i % 5 : 0), width = 8 + (mixed ? i % 3 : 0);
        assert_ok(c, cj_image_make(c, height, width, i == 13 ? 3 : 1, &image));
        for (int k = 0; k < height * width * image.channels; k++)
            image.pixel[k] = (uint8_t)(k * 7 + i * 31 + k * k % 11);
        snprintf(name, sizeof name, "p/%c/%d.png", 'a' + i % 3, i);
        assert_ok(c, cj_image_write_png(c, in_folder(name), &image));
        cj_image_free(c, &image);
    }
    run("tar cf p.tar p && gzip -k p.tar");
    cj_context_free(c);
}

static cj_context *context_of(int threads)
{
    cj_config config = {.threads = threads, .seed = 3};
    cj_context *c = cj_context_new(&config, NULL, 0);
    assert_non_null(c);
    return c;
}

/* 1 at the label, or its share and that of the example that it is mixed with. */
static void check_shares(const cj_augment_draw *draw, const int32_t *label, const int64_t *index,
                         int64_t n, const cj_preprocess *p, const cj_examples *e,
                         const float *shares)
{
    for (int64_t i = 0; i < n; i++, shares += p->classes) {
        cj_mix m = {.other = index[i]};
        if (draw)
            m = cj_augment_mix(draw, index[i], n, (int)p->shape[1], (int)p->shape[2]);
        for (int k = 0; k < p->classes; k++) {
            double want =
                (k == label[i] ? 1 - m.share : 0) + (k == e->label[m.other] ? m.share : 0);
            assert_true(fabs((double)shares[k] - want) < 1e-6);
        }
    }
}

static void assert_equal_sets(cj_context *c, const cj_dataset *a, const cj_dataset *b)
{
    assert_string_equal(a->hash, b->hash);
    assert_int_equal(a->preprocess->moments, b->preprocess->moments);
    assert_memory_equal(a->preprocess->shape, b->preprocess->shape, sizeof a->preprocess->shape);
    for (int m = 0; m < a->preprocess->moments; m++) {
        assert_true(a->preprocess->mean[m] == b->preprocess->mean[m]);
        assert_true(a->preprocess->scale[m] == b->preprocess->scale[m]);
    }
    cj_augment_draw draw = {.seed = 9, .epoch = 2};
    assert_ok(c, cj_augment_parse(c, "flip,crop:2,rotate:20,noise:0.1,mixup:0.4,cutmix:1",
                                  &draw.augment));
    for (int part = 0; part < CJ_PARTS; part++) {
        const cj_examples *x = &a->part[part], *y = &b->part[part];
        int64_t n = x->count;
        size_t bytes = (size_t)(n * x->inputs) * sizeof(float);
        assert_int_equal(n, y->count);
        if (!n)
            continue;
        assert_int_equal(x->inputs, y->inputs);
        float *fx = malloc(bytes), *fy = malloc(bytes);
        int64_t *index = malloc((size_t)n * sizeof *index);
        size_t classes = (size_t)a->preprocess->classes;
        float *sx = malloc((size_t)n * classes * sizeof *sx),
              *sy = malloc((size_t)n * classes * sizeof *sy);
        int32_t *lx = malloc((size_t)n * sizeof *lx), *ly = malloc((size_t)n * sizeof *ly);
        for (int64_t i = 0; i < n; i++)
            index[i] = (i * 5 + 1) % n;
        for (int augmented = 0; augmented < 2; augmented++) {
            const cj_augment_draw *d = augmented ? &draw : NULL;
            assert_ok(c, cj_examples_batch(c, a->preprocess, x, d, index, n, fx, lx, sx));
            assert_ok(c, cj_examples_batch(c, b->preprocess, y, d, index, n, fy, ly, sy));
            assert_memory_equal(fx, fy, bytes);
            assert_memory_equal(lx, ly, (size_t)n * sizeof *lx);
            assert_memory_equal(sx, sy, (size_t)n * classes * sizeof *sx);
            check_shares(d, lx, index, n, a->preprocess, x, sx);
        }
        assert_ok(c, cj_examples_pixels(c, x, index, n, (uint8_t *)fx));
        assert_ok(c, cj_examples_pixels(c, y, index, n, (uint8_t *)fy));
        assert_memory_equal(fx, fy, (size_t)(n * x->inputs));
        free(fx);
        free(fy);
        free(index);
        free(lx);
        free(ly);
        free(sx);
        free(sy);
    }
}

static void as_in_memory(void **state)
{
    (void)state;
    static const char *const source[] = {"p", "p.tar"};
    for (int mixed = 0; mixed < 2; mixed++) {
        make_pictures(mixed);
        for (int threads = 1; threads < 4; threads += 2)
            for (int s = 0; s < 2; s++) {
                cj_context *c = context_of(threads);
                cj_dataset *held, *read;
                cj_data_options o = {.validation_fraction = 0.2};
                assert_ok(c, cj_data_load(c, in_folder("p"), &o, &held));
                assert_non_null(held->part[CJ_TRAIN].pixel);
                assert_null(held->pictures);
                o.memory = 500;
                assert_ok(c, cj_data_load(c, in_folder(source[s]), &o, &read));
                assert_null(read->part[CJ_TRAIN].pixel);
                assert_non_null(read->pictures);
                if (s == 0) /* a tar has its own order */
                    assert_equal_sets(c, held, read);
                cj_dataset_free(c, held);
                assert_ok(c, cj_data_load(c, in_folder("p.tar.gz"), &o, &held));
                assert_non_null(held->part[CJ_TRAIN].pixel); /* it cannot be read again in parts */
                if (s == 1)
                    assert_equal_sets(c, held, read);
                cj_dataset_free(c, held);
                cj_dataset_free(c, read);
                cj_context_free(c);
            }
    }
}

/* 100 pictures of 3 KiB with room for 8: the reader's memory stays bounded. */
static void bounded(void **state)
{
    (void)state;
    test_memory memory;
    cj_context *c = test_context(&memory);
    cj_dataset *d;
    char name[64];
    run("rm -rf q && mkdir -p q/a q/b");
    for (int i = 0; i < 100; i++) {
        cj_image image;
        assert_ok(c, cj_image_make(c, 32, 32, 3, &image));
        image.pixel[0] = (uint8_t)i;
        snprintf(name, sizeof name, "q/%c/%d.png", 'a' + i % 2, i);
        assert_ok(c, cj_image_write_png(c, in_folder(name), &image));
        cj_image_free(c, &image);
    }
    long before = memory.live;
    assert_ok(c, cj_data_load(c, in_folder("q"), &(cj_data_options){.memory = 8 * 3072}, &d));
    assert_true(memory.live - before < 60000); /* the pixels are 307,200 */
    cj_dataset_free(c, d);
    assert_int_equal(memory.live, before);
    cj_context_free(c);
}

static void changed_files(void **state)
{
    (void)state;
    make_pictures(false);
    cj_context *c = context_of(3);
    cj_dataset *d;
    cj_data_options o = {.memory = 1, .test_fraction = -1};
    assert_ok(c, cj_data_load(c, in_folder("p"), &o, &d));
    const cj_examples *e = &d->part[CJ_TRAIN];
    int64_t index[27];
    static uint8_t pixel[27 * 3 * 64];
    for (int i = 0; i < 27; i++)
        index[i] = i;
    assert_ok(c, cj_examples_pixels(c, e, index, 27, pixel));
    run("rm p/b/13.png p/c/20.png");
    /* the first of the batch is named, whichever thread comes first */
    for (int i = 0; i < 20; i++)
        assert_refused(c, cj_examples_pixels(c, e, index, 27, pixel), CJ_IO, "13.png");
    run("cp p/a/no.png p/b/13.png"); /* shorter than it was */
    assert_refused(c, cj_examples_pixels(c, e, index, 27, pixel), CJ_IO, "13.png");
    cj_dataset_free(c, d);
    cj_context_free(c);
}

static cj_status load(cj_context *context, void *options)
{
    cj_dataset *d;
    char path[256];
    snprintf(path, sizeof path, "%.60s/p", folder);
    cj_status status = cj_data_load(context, path, options, &d);
    if (status == CJ_OK) {
        int64_t index[4] = {3, 1, 2, 0};
        float x[4 * 3 * 64 * 64];
        cj_augment_draw draw = {.augment = {.flip = true, .mixup = 1}};
        status = cj_examples_batch(context, d->preprocess, &d->part[CJ_TRAIN], &draw, index, 4, x,
                                   NULL, NULL);
    }
    cj_dataset_free(context, d);
    return status;
}

static void every_allocation(void **state)
{
    (void)state;
    make_pictures(true);
    cj_data_options o = {.memory = 1, .height = 8, .width = 8};
    assert_true(test_each_allocation(load, &o) > 20);
}

int main(void)
{
    make_folder(folder);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_in_memory),
        cmocka_unit_test(bounded),
        cmocka_unit_test(changed_files),
        cmocka_unit_test(every_allocation),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    remove_folder(folder);
    return failed;
}
