/* Plots: what is drawn is there, hostile numbers draw too, equal input gives equal bytes, every
 * allocation. */
#include "io/io_test.h"

#include "cajal/plot.h"

#include <dlfcn.h>
#include <math.h>

static char folder[64], path[128];
static bool has_cairo;

static void need_cairo(void)
{
    if (!has_cairo) {
        print_message("not run: libcairo.so.2 is not installed\n");
        skip();
    }
}

/* The share of pixels of about this colour. */
static double share_of(cj_context *c, int red, int green, int blue, int *height, int *width)
{
    cj_image image;
    assert_ok(c, cj_image_read(c, path, &image));
    assert_int_equal(image.channels, 3);
    int64_t count = 0, pixels = (int64_t)image.height * image.width;
    for (int64_t i = 0; i < pixels; i++)
        count += abs(image.pixel[3 * i] - red) + abs(image.pixel[3 * i + 1] - green) +
                     abs(image.pixel[3 * i + 2] - blue) <
                 24;
    *height = image.height;
    *width = image.width;
    cj_image_free(c, &image);
    return (double)count / (double)pixels;
}

static cj_status draw_charts(cj_context *c, void *state)
{
    (void)state;
    static const double loss[] = {2.3, 0.5, NAN, 0.1, INFINITY, 0.05}, accuracy[] = {0, 50, 100};
    static const double x[] = {1, 10, 100};
    const cj_series losses[] = {{"training", NULL, loss, 6, false}, {"test", NULL, loss, 2, true}};
    const cj_series curve = {"accuracy", x, accuracy, 3, false};
    const cj_chart charts[] = {{"Loss", "epoch", "loss (nats)", losses, 2, true},
                               {"Accuracy", "step", "accuracy (%)", &curve, 1, false}};
    return cj_plot_charts(c, path, charts, 2);
}

static void charts(void **state)
{
    (void)state;
    need_cairo();
    cj_context *c = test_context(NULL);
    int height, width;
    assert_ok(c, draw_charts(c, NULL));
    double blue = share_of(c, 0, 115, 178, &height, &width); /* the first curve's colour */
    assert_int_equal(height, 840);
    assert_int_equal(width, 2560);
    assert_true(blue > 0.0005 && blue < 0.05);
    assert_true(share_of(c, 214, 94, 0, &height, &width) > 0.0001); /* the second's */
    assert_true(share_of(c, 255, 255, 255, &height, &width) > 0.8);
    cj_context_free(c);
}

static void equal_input_gives_equal_bytes(void **state)
{
    (void)state;
    need_cairo();
    cj_context *c = test_context(NULL);
    size_t first_size, second_size;
    assert_ok(c, draw_charts(c, NULL));
    uint8_t *first = read_bytes(path, &first_size);
    assert_ok(c, draw_charts(c, NULL));
    uint8_t *second = read_bytes(path, &second_size);
    assert_int_equal(first_size, second_size);
    assert_memory_equal(first, second, first_size);
    free(first);
    free(second);
    cj_context_free(c);
}

static void odd_charts(void **state)
{
    (void)state;
    need_cairo();
    static const double rows[][3] = {{NAN, NAN, NAN},    {5, 5, 5},
                                     {-1e300, 0, 1e300}, {1e-300, 2e-300, 3e-300},
                                     {0, 0, 0},          {1e15, 1e15 + 1, 1e15 + 2},
                                     {-1, -2, -3}};
    cj_context *c = test_context(NULL);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (int log_y = 0; log_y < 2; log_y++)
            for (int64_t n = 1; n <= 3; n += 2) {
                cj_series s = {"a", rows[i], rows[i], n, false};
                cj_chart chart = {NULL, NULL, NULL, &s, 1, log_y};
                assert_ok(c, cj_plot_charts(c, path, &chart, 1));
            }
    cj_chart empty = {"nothing", "x", "y", NULL, 0, false};
    assert_ok(c, cj_plot_charts(c, path, &empty, 1));
    assert_int_equal(cj_plot_charts(c, path, &empty, 0), CJ_INVALID);
    assert_int_not_equal(cj_plot_charts(c, "/no/such/folder/a.png", &empty, 1), CJ_OK);
    assert_non_null(strstr(cj_error(c), "/no/such/folder"));
    cj_context_free(c);
}

static cj_status draw_grid(cj_context *c, void *state)
{
    (void)state;
    static const uint8_t pixel[2 * 3 * 4] = {255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0};
    static const char *const captions[] = {"red", NULL};
    cj_image_grid grid = {.title = "t",
                          .count = 2,
                          .channels = 3,
                          .height = 2,
                          .width = 2,
                          .pixel = pixel,
                          .caption = captions,
                          .scale = 20};
    return cj_plot_images(c, path, &grid);
}

static void image_grids(void **state)
{
    (void)state;
    need_cairo();
    cj_context *c = test_context(NULL);
    int height, width;
    assert_ok(c, draw_grid(c, NULL));
    double red = share_of(c, 255, 0, 0, &height, &width);
    assert_true(fabs(red * height * width - 40 * 40) < 1); /* exactly the picture's pixels */
    float value[] = {0, 1, 2, NAN, 3, 3, 3, 3};
    cj_image_grid grid = {
        .count = 2, .channels = 1, .height = 2, .width = 2, .value = value, .scale = 10};
    assert_ok(c, cj_plot_images(c, path, &grid));
    assert_true(fabs(share_of(c, 255, 0, 0, &height, &width) * height * width - 100) <
                1); /* the NaN */
    assert_true(fabs(share_of(c, 128, 128, 128, &height, &width) * height * width - 500) <
                1); /* constant; 1 of 0 to 2 */
    grid.value = NULL;
    assert_int_equal(cj_plot_images(c, path, &grid), CJ_INVALID);
    cj_context_free(c);
}

static cj_status draw_confusion(cj_context *c, void *state)
{
    (void)state;
    static const char *const names[] = {"cat", "a very long name", "dog"};
    static const int64_t counts[] = {10, 0, 0, 5, 5, 0, 0, 0, 0};
    return cj_plot_confusion(c, path, "title", 3, names, counts);
}

static void confusion(void **state)
{
    (void)state;
    need_cairo();
    cj_context *c = test_context(NULL);
    int height, width;
    assert_ok(c, draw_confusion(c, NULL));
    double full = share_of(c, 8, 97, 166, &height, &width) * height * width;
    assert_true(full > 0.7 * 96 * 96 && full < 1.1 * 96 * 96); /* one cell, but for its number */
    static const char *names[300];
    static int64_t counts[300 * 300];
    for (int i = 0; i < 300; i++) {
        names[i] = "x";
        counts[i * 301] = 1;
    }
    assert_ok(c, cj_plot_confusion(c, path, NULL, 300, names, counts));
    assert_int_equal(cj_plot_confusion(c, path, NULL, 0, names, counts), CJ_INVALID);
    cj_context_free(c);
}

static void every_allocation(void **state)
{
    (void)state;
    need_cairo();
    assert_true(test_each_allocation(draw_grid, NULL) > 3);
    assert_true(test_each_allocation(draw_confusion, NULL) > 3);
}

static int make(void **state)
{
    (void)state;
    void *library = dlopen("libcairo.so.2", RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    has_cairo = library != NULL;
    if (library)
        dlclose(library);
    snprintf(path, sizeof path, "%s/a.png", make_folder(folder));
    return 0;
}

static int clean(void **state)
{
    (void)state;
    remove_folder(folder);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(charts),     cmocka_unit_test(equal_input_gives_equal_bytes),
        cmocka_unit_test(odd_charts), cmocka_unit_test(image_grids),
        cmocka_unit_test(confusion),  cmocka_unit_test(every_allocation),
    };
    return cmocka_run_group_tests(tests, make, clean);
}
