/* Pictures: what Pillow makes of the same files, resizing to the bit, PNG round trips, broken
 * files, every allocation. */
#include "io/io_test.h"

#include <zlib.h>

static cj_status decode(cj_context *c, const void *data, size_t size)
{
    cj_image image;
    cj_status status = cj_image_decode(c, "test", data, size, &image);
    cj_image_free(c, &image);
    return status;
}

static void assert_pixels(cj_context *c, const cj_image *image, const char *expected, int tolerance)
{
    cj_array a;
    assert_ok(c, cj_npy_read(c, golden_path(expected), &a));
    assert_int_equal(a.rank, 3);
    if (image->height != a.shape[0] || image->width != a.shape[1] || image->channels != a.shape[2])
        fail_msg("%s: %d x %d x %d", expected, image->height, image->width, image->channels);
    for (size_t i = 0; i < a.size; i++) {
        int difference = image->pixel[i] - ((uint8_t *)a.data)[i];
        if (abs(difference) > tolerance)
            fail_msg("%s: byte %zu differs by %d", expected, i, difference);
    }
    cj_array_free(c, &a);
}

static void reads_what_pillow_wrote(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int tolerance; /* libjpeg versions may round otherwise; CMYK is converted by different
                          formulas */
    } files[] = {{"grey.png", 0},    {"rgb.png", 0},     {"rgba.png", 0},
                 {"la.png", 0},      {"palette.png", 0}, {"grey_palette.png", 0},
                 {"bit.png", 0},     {"deep.png", 0},    {"turned.png", 0},
                 {"grey.jpg", 1},    {"rgb.jpg", 2},     {"progressive.jpg", 2},
                 {"cmyk.jpg", 2},    {"turned1.jpg", 1}, {"turned2.jpg", 1},
                 {"turned3.jpg", 1}, {"turned4.jpg", 1}, {"turned5.jpg", 1},
                 {"turned6.jpg", 1}, {"turned7.jpg", 1}, {"turned8.jpg", 1}};
    cj_context *c = test_context(NULL);
    cj_image image;
    char expected[64];
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        snprintf(expected, sizeof expected, "%s.npy", files[i].name);
        assert_ok(c, cj_image_read(c, golden_path(files[i].name), &image));
        assert_pixels(c, &image, expected, files[i].tolerance);
        cj_image_free(c, &image);
    }
    assert_ok(c, cj_image_read(c, golden_path("rgb.ppm"), &image));
    assert_pixels(c, &image, "rgb.png.npy", 0);
    cj_image_free(c, &image);
    assert_ok(c, cj_image_read(c, golden_path("grey.pgm"), &image));
    assert_pixels(c, &image, "grey.png.npy", 0);
    cj_image_free(c, &image);
    cj_context_free(c);
}

static void text_pnm(void **state)
{
    (void)state;
    cj_context *c = test_context(NULL);
    cj_image image;
    const char *text = "P2 # a comment\n2 2\n#another\n15\n0 5\n10 15\n";
    assert_ok(c, cj_image_decode(c, "test", text, strlen(text), &image));
    assert_memory_equal(image.pixel, ((uint8_t[]){0, 85, 170, 255}), 4);
    cj_image_free(c, &image);
    static const uint8_t deep[] = "P5 1 2 65535\n\xff\xff\x80\x80";
    assert_ok(c, cj_image_decode(c, "test", deep, sizeof deep - 1, &image));
    assert_memory_equal(image.pixel, ((uint8_t[]){255, 128}), 2);
    cj_image_free(c, &image);
    static const char *const bad[] = {
        "P2 2 2 15\n0 5\n10 16\n", "P2 2 2 15\n0 5\n10", "P5 9 9 255\nabc", "P2 0 2 15\n",
        "P5 99999 99999 255\n",    "P5 1 1 0\na",        "P5 1 1 65536\na", "P7 1 1 1\n",
        "P2 1 1 1\n\xb2"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_not_equal(decode(c, bad[i], strlen(bad[i])), CJ_OK);
    cj_context_free(c);
}

static void resizing_is_pillows(void **state)
{
    (void)state;
    static const int sizes[][2] = {{5, 7}, {3, 20}, {30, 4}, {11, 14}, {1, 1}};
    cj_context *c = test_context(NULL);
    cj_image image, sized;
    char expected[64];
    assert_ok(c, cj_image_read(c, golden_path("rgb.png"), &image));
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        snprintf(expected, sizeof expected, "resized_%dx%d.npy", sizes[i][0], sizes[i][1]);
        assert_ok(c, cj_image_resize(c, &image, sizes[i][0], sizes[i][1], &sized));
        assert_pixels(c, &sized, expected, 0);
        cj_image_free(c, &sized);
    }
    assert_ok(c, cj_image_convert(c, &image, 1, &sized));
    assert_pixels(c, &sized, "luminance.npy", 0);
    cj_image_free(c, &sized);
    assert_int_equal(cj_image_resize(c, &image, 0, 5, &sized), CJ_INVALID);
    cj_image_free(c, &image);
    cj_context_free(c);
}

static void png_round_trip(void **state)
{
    (void)state;
    char folder[64], path[128];
    snprintf(path, sizeof path, "%s/a.png", make_folder(folder));
    cj_context *c = test_context(NULL);
    for (int channels = 1; channels <= 3; channels += 2) {
        cj_image image, back;
        assert_ok(c, cj_image_make(c, 17, 23, channels, &image));
        for (int i = 0; i < 17 * 23 * channels; i++)
            image.pixel[i] = (uint8_t)(i * i);
        assert_ok(c, cj_image_write_png(c, path, &image));
        assert_ok(c, cj_image_read(c, path, &back));
        assert_int_equal(back.channels, channels);
        assert_memory_equal(image.pixel, back.pixel, (size_t)(17 * 23 * channels));
        cj_image_free(c, &image);
        cj_image_free(c, &back);
    }
    cj_context_free(c);
    remove_folder(folder);
}

/* A PNG header of w x h, and nothing else: refused before memory is taken for it. */
static void sizes_are_bounded(void **state)
{
    (void)state;
    size_t size;
    uint8_t *data = read_bytes(golden_path("grey.png"), &size);
    cj_context *c = test_context(NULL);
    memcpy(data + 16, (uint8_t[]){0, 0, 0x40, 0, 0, 0, 0x40, 0}, 8); /* 16384 x 16384 */
    uint32_t crc = (uint32_t)crc32(0, data + 12, 17);
    memcpy(
        data + 29,
        (uint8_t[]){(uint8_t)(crc >> 24), (uint8_t)(crc >> 16), (uint8_t)(crc >> 8), (uint8_t)crc},
        4);
    assert_refused(c, decode(c, data, size), CJ_UNSUPPORTED, "16384 x 16384");
    memcpy(data + 16, (uint8_t[]){0, 0, 0x20, 0, 0, 0, 0x20, 0}, 8); /* 8192 x 8192 */
    crc = (uint32_t)crc32(0, data + 12, 17);
    memcpy(
        data + 29,
        (uint8_t[]){(uint8_t)(crc >> 24), (uint8_t)(crc >> 16), (uint8_t)(crc >> 8), (uint8_t)crc},
        4);
    assert_refused(c, decode(c, data, size), CJ_FORMAT, "too short a PNG");
    free(data);
    assert_refused(c, decode(c, "GIF89a", 6), CJ_FORMAT, "no PNG, JPEG");
    cj_context_free(c);
}

static void every_truncation(void **state)
{
    (void)state;
    assert_int_equal(test_each_prefix(golden_path("rgba.png"), decode), 0);
    assert_int_equal(test_each_prefix(golden_path("palette.png"), decode), 0);
    assert_int_equal(test_each_prefix(golden_path("turned6.jpg"), decode), 0);
    assert_int_equal(test_each_prefix(golden_path("progressive.jpg"), decode), 0);
    assert_int_equal(test_each_prefix(golden_path("rgb.ppm"), decode), 0);
}

static void every_byte_turned(void **state)
{
    (void)state;
    static const char *const files[] = {"rgba.png",    "palette.png",     "turned.png",
                                        "turned6.jpg", "progressive.jpg", "cmyk.jpg"};
    test_memory memory;
    cj_context *c = test_context(&memory);
    long before = memory.live;
    for (size_t k = 0; k < sizeof files / sizeof files[0]; k++) {
        size_t size;
        uint8_t *data = read_bytes(golden_path(files[k]), &size);
        for (size_t i = 0; i < size; i++) {
            data[i] ^= 0xff;
            decode(c, data, size);
            data[i] ^= 0xff;
            assert_int_equal(memory.live, before);
        }
        free(data);
    }
    cj_context_free(c);
}

static cj_status use_each(cj_context *c, void *state)
{
    (void)state;
    static const char *const files[] = {"palette.png", "turned.png", "turned6.jpg", "cmyk.jpg"};
    cj_status status = CJ_OK;
    for (size_t k = 0; k < sizeof files / sizeof files[0] && status == CJ_OK; k++) {
        cj_image image = {0}, sized = {0}, grey = {0};
        void *data = NULL;
        size_t size = 0;
        status = cj_image_read(c, golden_path(files[k]), &image);
        if (status == CJ_OK)
            status = cj_image_resize(c, &image, 6, 5, &sized);
        if (status == CJ_OK)
            status = cj_image_convert(c, &sized, 1, &grey);
        if (status == CJ_OK)
            status = cj_image_encode_png(c, &grey, &data, &size);
        if (data)
            cj_release(c, data, size);
        cj_image_free(c, &image);
        cj_image_free(c, &sized);
        cj_image_free(c, &grey);
    }
    return status;
}

static void every_allocation(void **state)
{
    (void)state;
    assert_true(test_each_allocation(use_each, NULL) > 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_pillow_wrote), cmocka_unit_test(text_pnm),
        cmocka_unit_test(resizing_is_pillows),     cmocka_unit_test(png_round_trip),
        cmocka_unit_test(sizes_are_bounded),       cmocka_unit_test(every_truncation),
        cmocka_unit_test(every_byte_turned),       cmocka_unit_test(every_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
