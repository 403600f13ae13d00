/* Recordings: WAV decoded and resampled, names, parts, batches, as a set of arrays, what is refused.
 * Without libsndfile only its absence is told. */
#include "io/io_test.h"

#include "cajal/data_audio.h"
#include "cajal/model.h"
#include "cajal/program.h"

#include <math.h>

static char folder[64];

static const char *in_folder(const char *name)
{
    static char path[2][256];
    static int next;
    char *p = path[next++ % 2];
    snprintf(p, sizeof path[0], "%s/%s", folder, name);
    return p;
}

static void put(uint8_t *to, uint32_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        to[i] = (uint8_t)(value >> (8 * i));
}

/* 16-bit PCM; returns the size of the file. */
static size_t make_wav(uint8_t *to, int rate, int channels, int frames, const int16_t *sample)
{
    uint32_t bytes = (uint32_t)(2 * channels * frames);
    memcpy(to, "RIFF....WAVEfmt ", 16);
    put(to + 4, 36 + bytes, 4);
    put(to + 16, 16, 4);
    put(to + 20, 1, 2);
    put(to + 22, (uint32_t)channels, 2);
    put(to + 24, (uint32_t)rate, 4);
    put(to + 28, (uint32_t)(rate * channels * 2), 4);
    put(to + 32, (uint32_t)(channels * 2), 2);
    put(to + 34, 16, 2);
    memcpy(to + 36, "data", 4);
    put(to + 40, bytes, 4);
    memcpy(to + 44, sample, bytes);
    return 44 + bytes;
}

static void write_wav(const char *name, int rate, int frames, int16_t first)
{
    static uint8_t bytes[44 + 2 * 9000];
    static int16_t sample[9000];
    for (int i = 0; i < frames; i++)
        sample[i] = (int16_t)(first + i % 100);
    write_bytes(in_folder(name), bytes, make_wav(bytes, rate, 1, frames, sample));
}

static bool installed(cj_context *c)
{
    cj_sound sound;
    uint8_t bytes[64];
    size_t size = make_wav(bytes, 8000, 1, 1, &(int16_t){0});
    cj_status status = cj_sound_decode(c, "S", bytes, size, 0, &sound);
    if (status == CJ_MISSING)
        assert_non_null(strstr(cj_error(c), "libsndfile1"));
    else
        assert_int_equal(status, CJ_OK);
    cj_sound_free(c, &sound);
    return status == CJ_OK;
}

static void decoding(void **state)
{
    (void)state;
    test_memory memory;
    cj_context *c = test_context(&memory);
    cj_sound sound;
    uint8_t bytes[44 + 4000];
    if (!installed(c)) {
        cj_context_free(c);
        skip();
    }
    long before = memory.live;
    const int16_t stereo[] = {16384, 0, -32768, -32768, 100, -100};
    size_t size = make_wav(bytes, 44100, 2, 3, stereo);
    assert_ok(c, cj_sound_decode(c, "S", bytes, size, 0, &sound));
    assert_int_equal(sound.rate, 44100);
    assert_int_equal(sound.frames, 3);
    assert_true(sound.sample[0] == 0.25f && sound.sample[1] == -1 && sound.sample[2] == 0);
    cj_sound_free(c, &sound);
    for (size_t n = 0; n < size; n++) /* cut anywhere: fewer samples, or refused */
        if (cj_sound_decode(c, "S", bytes, n, 0, &sound) == CJ_OK) {
            assert_true(sound.frames <= 3);
            cj_sound_free(c, &sound);
        }
    assert_refused(c, cj_sound_decode(c, "S", "no sound", 8, 0, &sound), CJ_FORMAT, "S: no sound");
    /* A sine keeps its amplitude and phase at half the rate, away from the ends. */
    int16_t sine[1000];
    for (int i = 0; i < 1000; i++)
        sine[i] = (int16_t)lround(16384 * sin(i * 0.05));
    size = make_wav(bytes, 8000, 1, 1000, sine);
    if (cj_sound_decode(c, "S", bytes, size, 4000, &sound) == CJ_OK) {
        assert_int_equal(sound.frames, 500);
        for (int i = 150; i < 350; i++)
            assert_true(fabs((double)sound.sample[i] - 0.5 * sin(i * 0.1)) < 1e-3);
    } else {
        assert_non_null(strstr(cj_error(c), "libsamplerate0"));
    }
    cj_sound_free(c, &sound);
    assert_int_equal(memory.live, before);
    cj_context_free(c);
}

static void make_recordings(void)
{
    char command[256];
    snprintf(command, sizeof command, "rm -rf '%s/r' && mkdir '%s/r'", folder, folder);
    assert_int_equal(system(command), 0);
    write_wav("r/two_eve_10.wav", 8000, 3, 10);
    write_wav("r/one_bob_5.wav", 8000, 2, 20);
    write_wav("r/two_bob_0.wav", 8000, 9000, 30);
    write_wav("r/one_eve_11.wav", 8000, 1, 40);
}

static void parts(void **state)
{
    (void)state;
    cj_context *c = test_context(NULL);
    cj_audio_data *d;
    if (!installed(c)) {
        cj_context_free(c);
        skip();
    }
    make_recordings();
    assert_ok(c, cj_audio_load(c, in_folder("r"), NULL, &d));
    const cj_audio_part *train = &d->part[CJ_TRAIN], *test = &d->part[CJ_TEST];
    assert_int_equal(train->count, 3); /* in the order of their paths */
    assert_int_equal(test->count, 1);
    assert_int_equal(d->longest, 9000);
    assert_string_equal(d->class_name[0], "one");
    assert_string_equal(d->speaker_name[1], "eve");
    assert_memory_equal(train->label, ((int32_t[]){0, 0, 1}), 12);
    assert_memory_equal(train->speaker, ((int32_t[]){0, 1, 1}), 12);
    assert_memory_equal(train->take, ((int32_t[]){5, 11, 10}), 12);
    float x[8];
    int32_t lengths[2];
    cj_audio_batch(train, (int64_t[]){2, 1}, 2, 4, x, lengths);
    assert_true(x[0] == 10 / 32768.f && x[2] == 12 / 32768.f && x[3] == 0);
    assert_true(x[4] == 40 / 32768.f && x[5] == 0);
    assert_memory_equal(lengths, ((int32_t[]){3, 1}), 8);
    cj_audio_batch(test, (int64_t[]){0}, 1, 8, x, lengths);
    assert_int_equal(lengths[0], 8);
    cj_audio_free(c, d);
    assert_ok(c, cj_audio_load(c, in_folder("r"), &(cj_audio_options){.held_speaker = "eve"}, &d));
    assert_int_equal(d->part[CJ_TEST].count, 2);
    cj_audio_free(c, d);
    assert_refused(c,
                   cj_audio_load(c, in_folder("r"), &(cj_audio_options){.held_speaker = "ann"}, &d),
                   CJ_NOT_FOUND, "\"ann\"");
    write_wav("r/one_eve_12.wav", 16000, 4, 0);
    assert_refused(c, cj_audio_load(c, in_folder("r"), NULL, &d), CJ_FORMAT, "choose a rate");
    write_wav("r/one_eve_12.wav", 8000, 4, 0);
    write_wav("r/noname.wav", 8000, 4, 0);
    assert_refused(c, cj_audio_load(c, in_folder("r"), NULL, &d), CJ_FORMAT, "LABEL_SPEAKER_TAKE");
    cj_context_free(c);
}

/* A recording by itself gives what it gives within the set, through a saved preprocessing too. */
static void predictions(void **state)
{
    (void)state;
    cj_context *c = test_context(NULL);
    cj_dataset *d;
    cj_preprocess *back;
    cj_model *model;
    cj_sound sound[2];
    char *text;
    size_t size;
    float x[2][40 * 61], whole[40 * 61], p[2][2], q[2];
    if (!installed(c)) {
        cj_context_free(c);
        skip();
    }
    make_recordings();
    assert_ok(c, cj_data_load(c, in_folder("r"), NULL, &d));
    assert_int_equal(d->preprocess->sound.rate, 8000);
    assert_ok(c, cj_preprocess_to_json(c, d->preprocess, &text, &size));
    assert_ok(c, cj_preprocess_from_json(c, "P", text, &back));
    assert_int_equal(back->sound.rate, 8000);
    assert_int_equal(back->sound.samples, 8000);
    assert_int_equal(back->sound.n_fft, 256);
    char *rate = strstr(text, "\"rate\":8000");
    assert_non_null(rate);
    memcpy(rate + 7, "-100", 4);
    cj_preprocess *none;
    assert_refused(c, cj_preprocess_from_json(c, "P", text, &none), CJ_FORMAT, "spectrograms");
    cj_release(c, text, size);
    const cj_examples *e = &d->part[CJ_TEST];
    assert_ok(c,
              cj_examples_batch(c, d->preprocess, e, NULL, (int64_t[]){0}, 1, whole, NULL, NULL));
    cj_audio_data *a;
    assert_ok(c, cj_audio_load(c, in_folder("r"), NULL, &a));
    const cj_audio_part *part = &a->part[CJ_TEST];
    sound[0] = (cj_sound){part->sample, part->start[1], 8000};
    sound[1] = (cj_sound){part->sample, 300, 8000};
    assert_ok(c, cj_preprocess_sounds(c, back, sound, 2, x[0]));
    assert_memory_equal(x[0], whole, sizeof whole);
    assert_ok(c, cj_model_new(c, "linear classes", back, &model));
    assert_ok(c, cj_model_predict(model, &(cj_model_input){.count = 2, .sound = sound}, p[0]));
    assert_ok(c, cj_model_forward(model, 1, whole, NULL, q));
    assert_memory_equal(p[0], q, sizeof q);
    sound[1].frames = 255;
    assert_refused(c, cj_preprocess_sounds(c, back, sound, 2, x[0]), CJ_VALUE, "too short");
    sound[0].rate = 16000;
    assert_refused(c, cj_model_predict(model, &(cj_model_input){.count = 1, .sound = sound}, p[0]),
                   CJ_INVALID, "takes 8000");
    cj_model_free(model);
    back->sound.rate = 0;
    assert_refused(c, cj_preprocess_sounds(c, back, sound, 1, x[0]), CJ_INVALID,
                   "takes arrays of numbers");
    cj_preprocess_free(c, back);
    cj_audio_free(c, a);
    cj_dataset_free(c, d);
    cj_context_free(c);
}

static cj_status load(cj_context *context, void *path)
{
    cj_audio_data *d;
    cj_status status = cj_audio_load(context, path, NULL, &d);
    cj_audio_free(context, d);
    return status;
}

static void every_allocation(void **state)
{
    (void)state;
    cj_context *c = test_context(NULL);
    bool is = installed(c);
    cj_context_free(c);
    if (!is)
        skip();
    make_recordings();
    char path[256];
    snprintf(path, sizeof path, "%s/r", folder);
    assert_true(test_each_allocation(load, path) > 20);
}

/* Against the definition, term by term in f64. */
static void log_mel(void **state)
{
    (void)state;
    enum { SAMPLES = 75, N = 20, HOP = 7, BANDS = 5, FRAMES = 8 };
    cj_context *c = test_context(NULL);
    const double rate = 1000, low = 50, high = 450, pi = 3.14159265358979323846;
    double x[2 * SAMPLES], y[2 * BANDS * FRAMES];
    float x32[2 * SAMPLES], y32[2 * BANDS * FRAMES];
    for (int i = 0; i < 2 * SAMPLES; i++)
        x32[i] = (float)(x[i] = sin(i * 0.7) + 0.3 * cos(i * i * 0.01));
    cj_tensor *mel =
        cj_log_mel(.x = cj_tensor_from(c, CJ_F64, 2, ((int64_t[]){2, SAMPLES}), x), .rate = 1000,
                   .n_fft = N, .hop = HOP, .mels = BANDS, .low = low, .high = high, .floor = 1e-3);
    cj_tensor *mel32 =
        cj_log_mel(.x = cj_tensor_from(c, CJ_F32, 2, ((int64_t[]){2, SAMPLES}), x32), .rate = 1000,
                   .n_fft = N, .hop = HOP, .mels = BANDS, .low = low, .high = high, .floor = 1e-3);
    assert_ok(c, cj_read(mel, y, sizeof y));
    assert_ok(c, cj_read(mel32, y32, sizeof y32));
    double point[BANDS + 2], first = 2595 * log10(1 + low / 700),
                             last = 2595 * log10(1 + high / 700);
    for (int i = 0; i < BANDS + 2; i++)
        point[i] = 700 * (pow(10, (first + i * (last - first) / (BANDS + 1)) / 2595) - 1);
    for (int n = 0; n < 2; n++)
        for (int t = 0; t < FRAMES; t++)
            for (int b = 0; b < BANDS; b++) {
                double sum = 0;
                for (int k = 0; k <= N / 2; k++) {
                    double re = 0, im = 0, f = k * rate / N;
                    for (int j = 0; j < N; j++) {
                        double v = x[n * SAMPLES + t * HOP + j] * (0.5 - 0.5 * cos(2 * pi * j / N));
                        re += v * cos(2 * pi * j * k / N);
                        im += v * sin(2 * pi * j * k / N);
                    }
                    double up = (f - point[b]) / (point[b + 1] - point[b]);
                    double down = (point[b + 2] - f) / (point[b + 2] - point[b + 1]);
                    sum += fmax(0, fmin(up, down)) * (re * re + im * im);
                }
                int at = (n * BANDS + b) * FRAMES + t;
                assert_true(fabs(y[at] - log(fmax(sum, 1e-3))) < 1e-11);
                assert_true(fabs((double)y32[at] - y[at]) < 1e-4);
            }
    cj_tensor *few = cj_tensor_from(c, CJ_F32, 1, ((int64_t[]){100}), x32);
    assert_null(cj_log_mel(.x = few, .rate = 8000));
    assert_int_equal(cj_context_status(c), CJ_SHAPE);
    assert_non_null(strstr(cj_error(c), "100 samples"));
    cj_error_clear(c);
    assert_null(cj_log_mel(.x = few, .rate = 8000, .n_fft = 64, .low = 4000, .high = 3000));
    assert_int_equal(cj_context_status(c), CJ_INVALID);
    cj_context_free(c);
}

static void fsdd(void **state)
{
    (void)state;
    cj_context *c = test_context(NULL);
    char path[4096];
    cj_dataset *d;
    cj_audio_data *a;
    if (!installed(c) || cj_data_find(c, "fsdd", path, sizeof path) != CJ_OK) {
        cj_context_free(c);
        skip();
    }
    assert_ok(c, cj_audio_load(c, "fsdd", NULL, &a));
    assert_int_equal(a->rate, 8000);
    assert_int_equal(a->classes, 10);
    assert_int_equal(a->speakers, 6);
    assert_int_equal(a->part[CJ_TRAIN].count, 2700);
    assert_int_equal(a->part[CJ_TEST].count, 300);
    assert_ok(c, cj_data_load(c, "fsdd", NULL, &d));
    assert_int_equal(d->part[CJ_TEST].count, 300);
    assert_memory_equal(d->preprocess->shape, ((int64_t[]){1, 40, 61}), 24);
    float x[8000], y[40 * 61];
    cj_audio_batch(&a->part[CJ_TEST], (int64_t[]){7}, 1, 8000, x, NULL);
    cj_tensor *mel =
        cj_log_mel(.x = cj_tensor_from(c, CJ_F32, 1, ((int64_t[]){8000}), x), .rate = 8000);
    assert_ok(c, cj_read(mel, y, sizeof y));
    assert_memory_equal(d->part[CJ_TEST].value + 7 * 40 * 61, y, sizeof y);
    cj_dataset_free(c, d);
    cj_audio_free(c, a);
    cj_context_free(c);
}

int main(void)
{
    make_folder(folder);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decoding),         cmocka_unit_test(predictions), cmocka_unit_test(parts),
        cmocka_unit_test(every_allocation), cmocka_unit_test(log_mel),     cmocka_unit_test(fsdd),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    remove_folder(folder);
    return failed;
}
