/*
 * cajal/data_audio.h - recordings with labels: the Free Spoken Digit Dataset. Part of libcajal-io.
 *
 *     cj_audio_data *d;
 *     if (cj_audio_load(context, "fsdd", NULL, &d) != CJ_OK)
 *         return fail(cj_error(context));
 *     cj_audio_batch(&d->part[CJ_TRAIN], index, 32, 8000, x, NULL);  f32 [32][8000], zero-padded
 *     cj_audio_free(context, d);
 */
#ifndef CAJAL_DATA_AUDIO_H
#define CAJAL_DATA_AUDIO_H

#include "cajal/data.h"
#include "cajal/graph.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cj_audio_part {
    int64_t count;
    int64_t *start;   /* [count + 1]: recording i is sample[start[i]] up to sample[start[i + 1]] */
    float *sample;    /* from -1 to 1, one channel */
    int32_t *label;   /* [count] */
    int32_t *speaker; /* [count] */
    int32_t *take;    /* [count]: which of a speaker's recordings of this label, from 0 */
} cj_audio_part;

typedef struct cj_audio_data {
    int rate; /* samples a second */
    int classes, speakers;
    char **class_name, **speaker_name; /* in byte order */
    cj_audio_part part[CJ_PARTS];
    int64_t longest; /* samples of the longest recording */
    char hash[65];   /* SHA-256 of samples, labels and names */
} cj_audio_data;

typedef struct cj_audio_options {
    int rate;                 /* resample to this; 0: as they are, which must be one rate */
    const char *held_speaker; /* its recordings are the test part; NULL: as the set has it */
} cj_audio_options;

/*
 * Loads fsdd, or a folder, tar or zip of sound files named LABEL_SPEAKER_TAKE.wav (or .flac, .ogg,
 * .aiff, .au; other files are left out). The test part are takes 0 to 4, as the set's authors have it; the rest is
 * the training part. Options may be NULL. MISSING: not found, or libsndfile (libsamplerate, where
 * the rate changes) is not installed. FORMAT: a file that is no sound, or another name.
 */
CJ_API cj_status cj_audio_load(cj_context *context, const char *what,
                               const cj_audio_options *options, cj_audio_data **out);
CJ_API void cj_audio_free(cj_context *context, cj_audio_data *data); /* NULL is fine */

/* The recordings index[0..count) as x [count][length], cut or followed by zeros; `lengths` (may be
 * NULL) receives the samples that are theirs. */
CJ_API void cj_audio_batch(const cj_audio_part *part, const int64_t *index, int64_t count,
                           int64_t length, float *x, int32_t *lengths);

/*
 * The log-mel spectrogram of sounds x [..., samples], f32 or f64, as a graph that can be
 * differentiated: [..., mels, frames] with frames = 1 + (samples - n_fft) / hop (SHAPE where there
 * is none; nothing is padded). Frame t is x[t hop + j] times Hann's window, 1/2 - cos(2 pi j /
 * n_fft) / 2; the squares of its Fourier transform are weighed by `mels` triangles that begin, peak
 * and end at neighbours among mels + 2 points, evenly spaced from low to high on the scale m = 2595
 * log10(1 + f / 700) and interpolated linearly in f, without normalisation (torchaudio's
 * MelSpectrogram with mel_scale "htk", norm None, center False); then the logarithm of the larger of
 * that and `floor`.
 */
struct cj_log_mel_args {
    cj_tensor *x;
    int rate; /* samples a second */
    cj_at at;
    int64_t n_fft;    /* 0: 256 */
    int64_t hop;      /* 0: n_fft / 2 */
    int64_t mels;     /* 0: 40 */
    double low, high; /* in Hz; high 0: rate / 2 */
    double floor;     /* 0: 1e-6 */
};
CJ_API cj_tensor *cj_log_mel_at(const struct cj_log_mel_args *args);
#define cj_log_mel(...)                                                                            \
    cj_log_mel_at(&(struct cj_log_mel_args){__VA_ARGS__, .at = CJ_HERE_OF(struct cj_log_mel_args)})

#ifdef __cplusplus
}
#endif

#endif
