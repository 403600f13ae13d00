/*
 * audio_arrays.c - recordings as a set of arrays: log-mel spectrograms of their first second.
 */
#include "data/audio.h"

#include <stdio.h>

#define BANDS 40
#define FRAME_MS 32 /* every half of that */

static cj_status fill_part(cj_loader *loader, const cj_audio_part *from, int rate, cj_examples *to)
{
    cj_context *context = loader->context;
    size_t bytes = (size_t)from->count * sizeof(cj_sound);
    cj_sound *sound = cj_allocate(context, bytes);
    if (!sound)
        return CJ_NO_MEMORY;
    for (int64_t i = 0; i < from->count; i++)
        sound[i] = (cj_sound){.sample = from->sample + from->start[i],
                              .frames = from->start[i + 1] - from->start[i],
                              .rate = rate};
    cj_status status =
        cj_spectrograms(context, loader->dataset->preprocess, sound, from->count, to->value);
    cj_release(context, sound, bytes);
    return status;
}

static cj_status make_part(cj_loader *loader, const cj_audio_part *from, int rate, cj_examples *to)
{
    to->count = from->count;
    to->inputs = cj_preprocess_inputs(loader->dataset->preprocess);
    to->value = cj_allocate(loader->context, (size_t)(to->count * to->inputs) * sizeof *to->value);
    to->label = cj_allocate(loader->context, (size_t)to->count * sizeof *to->label);
    if (!to->value || !to->label)
        return CJ_NO_MEMORY;
    memcpy(to->label, from->label, (size_t)to->count * sizeof *to->label);
    return fill_part(loader, from, rate, to);
}

static cj_status set_shape(cj_loader *loader, int rate)
{
    cj_preprocess *p = loader->dataset->preprocess;
    const cj_spectrogram sound = {rate, rate, (int64_t)rate * FRAME_MS / 1000};
    if (loader->options->preprocess && !p->sound.rate)
        return cj_fail(loader->context, CJ_INVALID,
                       "%s holds recordings, but the model takes arrays of numbers", loader->name);
    if (sound.n_fft < CJ_LEAST_WINDOW || rate > CJ_MOST_RATE)
        return cj_fail(loader->context, CJ_UNSUPPORTED,
                       "%s: %d samples a second; 500 to %d are taken", loader->name, rate,
                       CJ_MOST_RATE);
    if (!loader->options->preprocess) {
        const int64_t shape[3] = {1, BANDS, cj_spectrogram_frames(&sound)};
        p->sound = sound;
        p->rank = 3;
        memcpy(p->shape, shape, sizeof shape);
    }
    return cj_note(loader,
                   "recordings are taken as the log-mel spectrograms of their first %.3g s: %lld "
                   "bands, %lld frames of %.3g ms",
                   (double)p->sound.samples / rate, (long long)p->shape[1], (long long)p->shape[2],
                   1000.0 * (double)p->sound.n_fft / rate);
}

static cj_status make_parts(cj_loader *loader, const cj_audio_data *d)
{
    cj_status status = set_shape(loader, d->rate);
    for (int part = 0; part < CJ_PARTS && status == CJ_OK; part++)
        if (d->part[part].count)
            status = make_part(loader, &d->part[part], d->rate, &loader->dataset->part[part]);
    return status;
}

cj_status cj_load_audio(cj_loader *loader, const char *path)
{
    const cj_preprocess *given = loader->options->preprocess;
    const cj_audio_options options = {.rate = given ? given->sound.rate : 0};
    cj_audio_data *d;
    cj_status status = cj_audio_read(loader->context, loader->name, path, &options, &d);
    if (status != CJ_OK)
        return status;
    status = cj_loader_begin(loader, CJ_INPUT_ARRAYS);
    if (status == CJ_OK) {
        loader->dataset->own_test = d->part[CJ_TEST].count > 0;
        status = make_parts(loader, d);
    }
    if (status == CJ_OK)
        status = cj_loader_set_names(loader, d->class_name, d->classes);
    cj_audio_free(loader->context, d);
    return status == CJ_OK ? cj_loader_finish(loader) : status;
}
