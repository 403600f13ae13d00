/*
 * sound.c - sounds decoded by libsndfile, resampled by libsamplerate; both opened when needed. What
 * is declared here of their interfaces is their binary interface (libsndfile 1.0.18, libsamplerate
 * 0.1.1 and later).
 */
#include "io/io.h"

#include <math.h>
#include <stdio.h>

#define MOST_SAMPLES ((size_t)1 << 28)
#define MOST_CHANNELS 256
#define CHUNK 4096 /* samples read at a time, of all channels */

/* ---- libsndfile ---- */

typedef struct sound_info {
    int64_t frames;
    int rate, channels, format, sections, seekable;
} sound_info;

typedef struct virtual_io {
    int64_t (*length)(void *user);
    int64_t (*seek)(int64_t offset, int whence, void *user);
    int64_t (*read)(void *to, int64_t count, void *user);
    int64_t (*write)(const void *from, int64_t count, void *user);
    int64_t (*tell)(void *user);
} virtual_io;

#define READ_MODE 0x10

typedef struct sndfile {
    void *(*open_virtual)(virtual_io *io, int mode, sound_info *info, void *user);
    int64_t (*readf_float)(void *file, float *to, int64_t frames);
    int (*close)(void *file);
    const char *(*strerror)(void *file);
} sndfile;

static cj_status open_sndfile(cj_context *context, sndfile *out)
{
    static const cj_library library = {
        "sounds are read by",
        "libsndfile",
        "libsndfile.so.1",
        "libsndfile1",
        {"sf_open_virtual", "sf_readf_float", "sf_close", "sf_strerror"}};
    void *symbol[4];
    cj_status status = cj_library_open(context, &library, symbol);
    if (status == CJ_OK)
        memcpy(out, symbol, sizeof *out);
    return status;
}

/* The bytes, as a file. */
typedef struct memory_file {
    const uint8_t *data;
    int64_t size, place;
} memory_file;

static int64_t memory_length(void *user)
{
    return ((memory_file *)user)->size;
}

static int64_t memory_seek(int64_t offset, int whence, void *user)
{
    memory_file *m = user;
    int64_t from = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? m->place : m->size, to;
    if (!__builtin_add_overflow(from, offset, &to) && to >= 0 && to <= m->size)
        m->place = to;
    return m->place;
}

static int64_t memory_read(void *to, int64_t count, void *user)
{
    memory_file *m = user;
    int64_t step = CJ_MAX(CJ_MIN(count, m->size - m->place), 0);
    if (step)
        memcpy(to, m->data + m->place, (size_t)step);
    m->place += step;
    return step;
}

static int64_t memory_write(const void *from, int64_t count, void *user)
{
    (void)from;
    (void)count;
    (void)user;
    return 0;
}

static int64_t memory_tell(void *user)
{
    return ((memory_file *)user)->place;
}

/* The mean of the channels, in f64 in their order, of as many frames as there are. */
static cj_status read_frames(cj_context *context, const char *name, const sndfile *library,
                             void *file, int channels, cj_buffer *buffer)
{
    float chunk[CHUNK], mean[CHUNK];
    int64_t most = CHUNK / channels, got;
    cj_status status = CJ_OK;
    while (status == CJ_OK && (got = library->readf_float(file, chunk, most)) > 0) {
        for (int64_t i = 0; i < got; i++) {
            double sum = 0;
            for (int c = 0; c < channels; c++)
                sum += (double)chunk[i * channels + c];
            mean[i] = (float)(sum / channels);
            if (!isfinite(mean[i]))
                return cj_fail(context, CJ_VALUE, "%s: a sample is not finite", name);
        }
        if (buffer->size / sizeof(float) + (size_t)got > MOST_SAMPLES)
            return cj_fail(context, CJ_UNSUPPORTED, "%s: more than %zu samples", name,
                           MOST_SAMPLES);
        status = cj_buffer_add(buffer, mean, (size_t)got * sizeof *mean);
    }
    return status;
}

static cj_status decode(cj_context *context, const char *name, const sndfile *library,
                        memory_file *memory, cj_buffer *buffer, int *rate)
{
    virtual_io io = {memory_length, memory_seek, memory_read, memory_write, memory_tell};
    sound_info info = {0};
    void *file = library->open_virtual(&io, READ_MODE, &info, memory);
    if (!file)
        return cj_fail(context, CJ_FORMAT, "%s: no sound that can be read: %s", name,
                       library->strerror(NULL));
    cj_status status = CJ_OK;
    if (info.channels < 1 || info.channels > MOST_CHANNELS || info.rate < 1)
        status = cj_fail(context, CJ_FORMAT, "%s: a sound of %d channels and %d frames a second",
                         name, info.channels, info.rate);
    if (status == CJ_OK)
        status = read_frames(context, name, library, file, info.channels, buffer);
    library->close(file);
    *rate = info.rate;
    return status;
}

/* ---- libsamplerate ---- */

typedef struct rate_data {
    const float *in;
    float *out;
    long in_frames, out_frames, in_used, out_made;
    int ends;
    double ratio;
} rate_data;

#define BEST_SINC 0

typedef struct samplerate {
    int (*simple)(rate_data *data, int converter, int channels);
    const char *(*strerror)(int error);
} samplerate;

static cj_status resample(cj_context *context, const char *name, int rate, cj_sound *sound)
{
    static const cj_library library = {"sounds are resampled by",
                                       "libsamplerate",
                                       "libsamplerate.so.0",
                                       "libsamplerate0",
                                       {"src_simple", "src_strerror"}};
    samplerate s;
    void *symbol[2];
    double ratio = (double)rate / sound->rate;
    double frames = ceil((double)sound->frames * ratio);
    cj_status status = cj_library_open(context, &library, symbol);
    if (status != CJ_OK)
        return status;
    memcpy(&s, symbol, sizeof s);
    if (!(ratio >= 1 / 256.0 && ratio <= 256 && frames <= (double)MOST_SAMPLES))
        return cj_fail(context, CJ_UNSUPPORTED,
                       "%s: %d frames a second cannot be made of %d: a ratio of 1/256 to 256 can",
                       name, rate, sound->rate);
    cj_sound made = {.frames = (int64_t)frames, .rate = rate};
    made.sample = cj_allocate_zero(context, (size_t)made.frames * sizeof *made.sample);
    if (!made.sample)
        return CJ_NO_MEMORY;
    rate_data data = {.in = sound->sample,
                      .out = made.sample,
                      .in_frames = (long)sound->frames,
                      .out_frames = (long)made.frames,
                      .ratio = ratio};
    int error = made.frames ? s.simple(&data, BEST_SINC, 1) : 0;
    if (error) {
        cj_sound_free(context, &made);
        return cj_fail(context, CJ_UNSUPPORTED, "%s: cannot be resampled: %s", name,
                       s.strerror(error));
    }
    cj_sound_free(context, sound);
    *sound = made;
    return CJ_OK;
}

/* ---- both ---- */

void cj_sound_free(cj_context *context, cj_sound *sound)
{
    if (sound->sample)
        cj_release(context, sound->sample, (size_t)sound->frames * sizeof *sound->sample);
    *sound = (cj_sound){0};
}

cj_status cj_sound_decode(cj_context *context, const char *name, const void *data, size_t size,
                          int rate, cj_sound *out)
{
    sndfile library;
    memory_file memory = {data, (int64_t)size, 0};
    cj_buffer buffer = {.context = context};
    void *sample = NULL;
    size_t bytes = 0;
    *out = (cj_sound){0};
    if (rate < 0)
        return cj_fail(context, CJ_INVALID, "%s: a rate of %d frames a second", name, rate);
    cj_status status = open_sndfile(context, &library);
    if (status == CJ_OK)
        status = decode(context, name, &library, &memory, &buffer, &out->rate);
    if (status == CJ_OK)
        status = cj_buffer_take(&buffer, &sample, &bytes);
    cj_buffer_free(&buffer);
    out->sample = sample;
    out->frames = (int64_t)(bytes / sizeof *out->sample);
    if (status == CJ_OK && rate && rate != out->rate)
        status = resample(context, name, rate, out);
    if (status != CJ_OK)
        cj_sound_free(context, out);
    return status;
}

cj_status cj_sound_read(cj_context *context, const char *path, int rate, cj_sound *out)
{
    void *data;
    size_t size;
    *out = (cj_sound){0};
    cj_status status = cj_file_read(context, path, 0, &data, &size);
    if (status != CJ_OK)
        return status;
    status = cj_sound_decode(context, path, data, size, rate, out);
    cj_release(context, data, size);
    return status;
}
