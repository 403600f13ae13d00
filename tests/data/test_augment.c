/* Augmentation: every word against a plain reference, draws that depend on their key alone, the
 * text form, what is refused. */
#include "io/io_test.h"

#include "cajal/augment.h"

#include <math.h>

enum { H = 7, W = 9, C = 3, SIZE = H * W * C };

static void make_picture(uint8_t *pixel)
{
    for (int i = 0; i < SIZE; i++)
        pixel[i] = (uint8_t)(20 + i * 13 % 200);
}

static cj_augment_draw draw_of(cj_context *c, const char *text)
{
    cj_augment_draw draw = {.seed = 5, .epoch = 1};
    assert_ok(c, cj_augment_parse(c, text, &draw.augment));
    return draw;
}

static int at(const uint8_t *p, int c, int y, int x)
{
    return y >= 0 && y < H && x >= 0 && x < W ? p[(c * H + y) * W + x] : 0;
}

/* Is `to` the picture, flipped or not, at an offset of -most to most? Says which. */
static bool is_moved(const uint8_t *from, const uint8_t *to, int most, int flips, int *which)
{
    for (*which = 0; *which < flips * (2 * most + 1) * (2 * most + 1); ++*which) {
        int place = *which / flips, flip = *which % flips;
        int dy = place / (2 * most + 1) - most, dx = place % (2 * most + 1) - most;
        bool same = true;
        for (int i = 0; i < SIZE && same; i++) {
            int x = i % W + dx, y = i / W % H + dy;
            same = to[i] == at(from, i / W / H, flip & 2 ? H - 1 - y : y, flip & 1 ? W - 1 - x : x);
        }
        if (same)
            return true;
    }
    return false;
}

static void moves(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int most, flips;
    } word[] = {{"flip", 0, 2}, {"crop:1", 1, 1}, {"flip,crop:2", 2, 2}, {"flip,vflip", 0, 4}};
    cj_context *c = test_context(NULL);
    uint8_t from[SIZE], to[SIZE];
    make_picture(from);
    for (size_t k = 0; k < sizeof word / sizeof word[0]; k++) {
        cj_augment_draw draw = draw_of(c, word[k].text);
        int side = 2 * word[k].most + 1, kinds = word[k].flips * side * side, seen[64] = {0};
        for (int i = 0; i < 100 * kinds; i++) {
            int which;
            cj_augment_apply(&draw, i, C, H, W, from, to);
            assert_true(is_moved(from, to, word[k].most, word[k].flips, &which));
            seen[which]++;
        }
        for (int i = 0; i < kinds; i++) /* of 100 expected, 5.5 deviations */
            assert_true(seen[i] > 45 && seen[i] < 155);
    }
    cj_context_free(c);
}

static void keys(void **state)
{
    (void)state;
    cj_context *c = test_context(NULL);
    cj_augment_draw draw = draw_of(
        c, "flip,crop:2,rotate:30,shift:0.1,scale:0.2,brightness:0.3,contrast:0.3,noise:0.1,"
           "erase:0.3");
    uint8_t from[SIZE], first[SIZE], to[SIZE];
    make_picture(from);
    cj_augment_apply(&draw, 7, C, H, W, from, first);
    cj_augment_apply(&draw, 7, C, H, W, from, to);
    assert_memory_equal(first, to, SIZE);
    cj_augment_apply(&draw, 8, C, H, W, from, to);
    assert_memory_not_equal(first, to, SIZE);
    draw.epoch++;
    cj_augment_apply(&draw, 7, C, H, W, from, to);
    assert_memory_not_equal(first, to, SIZE);
    draw.epoch--;
    draw.seed++;
    cj_augment_apply(&draw, 7, C, H, W, from, to);
    assert_memory_not_equal(first, to, SIZE);
    /* a word more leaves what the others draw */
    cj_augment_draw one = draw_of(c, "crop:2"), two = draw_of(c, "crop:2,brightness:0.000001");
    for (int i = 0; i < 20; i++) {
        cj_augment_apply(&one, i, C, H, W, from, first);
        cj_augment_apply(&two, i, C, H, W, from, to);
        assert_memory_equal(first, to, SIZE);
    }
    cj_context_free(c);
}

/* A disc stays a disc when it is turned, and its mass when it is moved; a ramp shows the angle. */
static void turns(void **state)
{
    (void)state;
    enum { N = 64 };
    static uint8_t from[N * N], to[N * N];
    cj_context *c = test_context(NULL);
    double middle = (N - 1) / 2.0;
    cj_augment_draw draw = draw_of(c, "rotate:90");
    double least = 90, most = -90;
    for (int i = 0; i < N * N; i++) { /* a ramp in x within a disc */
        double x = i % N - middle, y = i / N - middle;
        from[i] = x * x + y * y < 28 * 28 ? (uint8_t)(128 + 4 * x) : 0;
    }
    for (int k = 0; k < 200; k++) {
        cj_augment_apply(&draw, k, 1, N, N, from, to);
        double right = to[(N / 2) * N + N / 2 + 10] - to[(N / 2) * N + N / 2 - 10];
        double down = to[(N / 2 + 10) * N + N / 2] - to[(N / 2 - 10) * N + N / 2];
        assert_true(fabs(hypot(right, down) - 80) < 4); /* the ramp's slope, 4 a pixel */
        double angle = atan2(down, right) * 180 / 3.14159265358979;
        least = fmin(least, angle);
        most = fmax(most, angle);
        assert_true(fabs(angle) < 92);
    }
    assert_true(least < -80 && most > 80);
    /* shifts and sizes of a white square: mass and centre */
    for (int i = 0; i < N * N; i++)
        from[i] = abs(i % N - 32) < 8 && abs(i / N - 32) < 8 ? 200 : 0;
    draw = draw_of(c, "shift:0.25");
    for (int k = 0; k < 50; k++) {
        double mass = 0, x = 0;
        cj_augment_apply(&draw, k, 1, N, N, from, to);
        for (int i = 0; i < N * N; i++) {
            mass += to[i];
            x += to[i] * (double)(i % N);
        }
        assert_true(fabs(mass - 200 * 225) < 200 * 225 * 0.01);
        assert_true(fabs(x / mass - 32) < 16.1);
    }
    draw = draw_of(c, "scale:0.5");
    double smallest = 1e9, largest = 0;
    for (int k = 0; k < 100; k++) {
        double mass = 0;
        cj_augment_apply(&draw, k, 1, N, N, from, to);
        for (int i = 0; i < N * N; i++)
            mass += to[i] / (200.0 * 225);
        smallest = fmin(smallest, mass);
        largest = fmax(largest, mass);
    }
    assert_true(smallest > 0.2 && smallest < 0.35 && largest < 2.4 && largest > 2);
    cj_context_free(c);
}

static void light(void **state)
{
    (void)state;
    enum { N = 10000 };
    static uint8_t from[N], to[N];
    cj_context *c = test_context(NULL);
    cj_augment_draw draw = draw_of(c, "brightness:0.5");
    memset(from, 100, N);
    int least = 255, most = 0;
    for (int k = 0; k < 200; k++) {
        cj_augment_apply(&draw, k, 1, 100, 100, from, to);
        least = to[0] < least ? to[0] : least;
        most = to[0] > most ? to[0] : most;
        assert_int_equal(to[0], to[N - 1]);
    }
    assert_true(least >= 50 && least < 60 && most <= 150 && most > 140);
    draw = draw_of(c, "contrast:0.5");
    for (int i = 0; i < N; i++)
        from[i] = i & 1 ? 140 : 60;
    for (int k = 0; k < 50; k++) { /* the mean stays */
        cj_augment_apply(&draw, k, 1, 100, 100, from, to);
        assert_true(abs(to[0] + to[1] - 200) <= 1 && to[1] - to[0] >= 39 && to[1] - to[0] <= 121);
    }
    draw = draw_of(c, "noise:0.1");
    memset(from, 128, N);
    double sum = 0, square = 0;
    cj_augment_apply(&draw, 0, 1, 100, 100, from, to);
    for (int i = 0; i < N; i++) {
        sum += to[i] - 128.0;
        square += (to[i] - 128.0) * (to[i] - 128.0);
    }
    assert_true(fabs(sum / N) < 1.3);                         /* 5 deviations of the mean */
    assert_true(fabs(sqrt(square / N) - 25.5) < 25.5 * 0.04); /* and of the deviation */
    draw = draw_of(c, "erase:0.25");
    memset(from, 9, N);
    int erased = 0;
    for (int k = 0; k < 200; k++) {
        int gone = 0;
        cj_augment_apply(&draw, k, 1, 100, 100, from, to);
        for (int i = 0; i < N; i++)
            gone += to[i] == 0;
        assert_true(gone <= N * 0.26);
        erased += gone > 0;
    }
    assert_true(erased > 70 && erased < 130);
    cj_context_free(c);
}

static void texts(void **state)
{
    (void)state;
    cj_context *c = test_context(NULL);
    cj_augment a;
    char text[256];
    assert_ok(c, cj_augment_parse(c, " rotate:7.5, flip ,crop:4,erase:0.1", &a));
    assert_true(a.flip && a.crop == 4 && a.rotate == 7.5 && a.erase == 0.1 && !a.vflip);
    cj_augment_text(&a, text, sizeof text);
    assert_string_equal(text, "flip,crop:4,rotate:7.5,erase:0.1");
    assert_ok(c, cj_augment_parse(c, "none", &a));
    assert_true(cj_augment_is_none(&a));
    cj_augment_text(&a, text, sizeof text);
    assert_string_equal(text, "none");
    static const char *const wrong[][2] = {{"flop", "did you mean \"flip\"?"},
                                           {"rotat:10", "did you mean \"rotate\"?"},
                                           {"crop", "crop takes a whole number"},
                                           {"crop:1.5", "not \"1.5\""},
                                           {"crop:-1", "greater than 0"},
                                           {"rotate:181", "at most 180"},
                                           {"flip:1", "flip takes no number"},
                                           {"flip,,crop:1", "knows no \"\""},
                                           {"scale:1", "at most 0.9"},
                                           {"noise:x", "not \"x\""},
                                           {"mixup", "mixup takes a number"},
                                           {"cutmix:1.5", "at most 1"}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_refused(c, cj_augment_parse(c, wrong[i][0], &a), CJ_INVALID, wrong[i][1]);
    cj_context_free(c);
}

/* Beta(a, a) has the mean 1/2 and the variance 1 / (4 (2 a + 1)); any example is the other. */
static void check_mixes(cj_context *c, const char *text, double a, bool cuts)
{
    enum { DRAWS = 4000, COUNT = 10 };
    cj_augment_draw draw = draw_of(c, text);
    double sum = 0, squares = 0, whole_sum = 0;
    int seen[COUNT] = {0};
    assert_false(cj_augment_is_none(&draw.augment));
    for (int i = 0; i < DRAWS; i++) {
        cj_mix m = cj_augment_mix(&draw, i % COUNT, COUNT, 1000, 1000);
        draw.epoch++;
        assert_true(m.other >= 0 && m.other < COUNT && m.share >= 0 && m.share <= 1);
        assert_true(m.cut == cuts);
        seen[m.other]++;
        double d = m.share - 0.5;
        sum += d;
        squares += d * d;
        if (!cuts)
            continue;
        assert_true(m.top >= 0 && m.left >= 0 && m.top + m.height <= 1000 &&
                    m.left + m.width <= 1000);
        assert_true(m.share == m.height * 1e-6 * m.width ||
                    fabs(m.share - m.height * 1e-6 * m.width) < 1e-12);
        whole_sum += m.share;
    }
    for (int i = 0; i < COUNT; i++) /* of 400, 5 deviations */
        assert_true(seen[i] > 305 && seen[i] < 495);
    double variance = 1 / (4 * (2 * a + 1));
    if (!cuts) {
        assert_true(fabs(sum / DRAWS) < 5 * sqrt(variance / DRAWS));
        assert_true(fabs(squares / DRAWS - variance) < 5 * 0.1 / sqrt(DRAWS));
    } else {
        /* sides sqrt(s) with s uniform, centres too, cut off: a side's mean is s^1/2 - s / 4, so the
         * area's E[(s^1/2 - s/4)^2] = 1/2 - 1/5 + 1/48 */
        assert_true(fabs(whole_sum / DRAWS - (0.5 - 0.2 + 1.0 / 48)) < 5 * 0.3 / sqrt(DRAWS));
    }
}

static void mixes(void **state)
{
    (void)state;
    cj_context *c = test_context(NULL);
    check_mixes(c, "mixup:0.2", 0.2, false);
    check_mixes(c, "mixup:1", 1, false);
    check_mixes(c, "mixup:0.01", 0.01, false);
    check_mixes(c, "cutmix:1", 1, true);
    cj_augment_draw both = draw_of(c, "flip,mixup:0.5,cutmix:1");
    int cuts = 0;
    for (int i = 0; i < 1000; i++) {
        cj_mix m = cj_augment_mix(&both, i, 1000, H, W), again;
        again = cj_augment_mix(&both, i, 1000, H, W);
        assert_true(m.other == again.other && m.share == again.share && m.cut == again.cut);
        cuts += m.cut;
    }
    assert_true(cuts > 420 && cuts < 580);
    float x[2 * 12], other[2 * 12];
    for (int i = 0; i < 24; i++) {
        x[i] = (float)i;
        other[i] = (float)(100 + i);
    }
    cj_mix_apply(&(cj_mix){.share = 0.25}, 2, 3, 4, other, x);
    for (int i = 0; i < 24; i++)
        assert_true(x[i] == (float)(25 + i));
    cj_mix_apply(
        &(cj_mix){.share = 1 / 6.0, .cut = true, .top = 1, .left = 2, .height = 1, .width = 2}, 2,
        3, 4, other, x);
    for (int i = 0; i < 24; i++)
        assert_true(x[i] == (float)((i % 12 == 6 || i % 12 == 7 ? 100 : 25) + i));
    cj_context_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moves), cmocka_unit_test(keys),  cmocka_unit_test(turns),
        cmocka_unit_test(light), cmocka_unit_test(texts), cmocka_unit_test(mixes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
