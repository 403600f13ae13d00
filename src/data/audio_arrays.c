/*
 * audio_arrays.c - recordings as a set of arrays: log-mel spectrograms of their first second.
 */
#include "data/audio.h"

#include "cajal/program.h"

#include <stdio.h>

#define BANDS 40
#define FRAME_MS 32 /* every half of that */
#define AT_ONCE 64

/* The program from x [AT_ONCE, samples] to [AT_ONCE, BANDS, frames]. */
static cj_program *compile(cj_loader *loader, int rate, int64_t n_fft, int64_t *frames)
{
    cj_context *context = loader->context;
    cj_program *program = NULL;
    if (cj_frame_enter(context) != CJ_OK)
        return NULL;
    cj_tensor *x = cj_input(context, "x", CJ_F32, 2, ((int64_t[]){AT_ONCE, rate}));
    cj_tensor *y = cj_log_mel(.x = x, .rate = rate, .n_fft = n_fft, .mels = BANDS);
    if (y) {
        *frames = cj_extent(y, 2);
        program = cj_compile(context, 1, &y, NULL);
    }
    cj_frame_leave(context);
    return program;
}

static cj_status fill_part(cj_loader *loader, const cj_audio_part *from, cj_program *program,
                           int rate, cj_examples *to)
{
    cj_context *context = loader->context;
    size_t inputs = (size_t)to->inputs, bytes = AT_ONCE * (size_t)rate * sizeof(float);
    int64_t index[AT_ONCE];
    float *x = cj_allocate_zero(context, bytes);
    cj_status status = x ? CJ_OK : CJ_NO_MEMORY;
    for (int64_t done = 0; done < to->count && status == CJ_OK; done += AT_ONCE) {
        int64_t n = CJ_MIN(to->count - done, AT_ONCE);
        for (int64_t i = 0; i < n; i++)
            index[i] = done + i;
        cj_audio_batch(from, index, n, rate, x, NULL);
        status = cj_run(program, 1, &(cj_feed){"x", x});
        if (status == CJ_OK)
            memcpy(to->value + (size_t)done * inputs, cj_output(program, 0),
                   (size_t)n * inputs * sizeof *to->value);
    }
    if (x)
        cj_release(context, x, bytes);
    return status;
}

static cj_status make_part(cj_loader *loader, const cj_audio_part *from, cj_program *program,
                           int rate, cj_examples *to)
{
    to->count = from->count;
    to->inputs = cj_preprocess_inputs(loader->dataset->preprocess);
    to->value = cj_allocate(loader->context, (size_t)(to->count * to->inputs) * sizeof *to->value);
    to->label = cj_allocate(loader->context, (size_t)to->count * sizeof *to->label);
    if (!to->value || !to->label)
        return CJ_NO_MEMORY;
    memcpy(to->label, from->label, (size_t)to->count * sizeof *to->label);
    return fill_part(loader, from, program, rate, to);
}

static cj_status set_shape(cj_loader *loader, int64_t frames)
{
    cj_preprocess *p = loader->dataset->preprocess;
    const int64_t shape[3] = {1, BANDS, frames};
    bool same = p->rank == 3 && memcmp(p->shape, shape, sizeof shape) == 0;
    if (loader->options->preprocess && !same)
        return cj_fail(loader->context, CJ_SHAPE,
                       "%s holds spectrograms of shape 1x%dx%lld, which the model does not take",
                       loader->name, BANDS, (long long)frames);
    p->rank = 3;
    memcpy(p->shape, shape, sizeof shape);
    return cj_note(loader,
                   "recordings are taken as the log-mel spectrograms of their first second: %d "
                   "bands, %lld frames of %d ms",
                   BANDS, (long long)frames, FRAME_MS);
}

static cj_status make_parts(cj_loader *loader, const cj_audio_data *d)
{
    cj_context *context = loader->context;
    int64_t frames = 0, n_fft = (int64_t)d->rate * FRAME_MS / 1000;
    if (n_fft < 16 || d->rate > 192000)
        return cj_fail(context, CJ_UNSUPPORTED, "%s: %d samples a second; 500 to 192,000 are taken",
                       loader->name, d->rate);
    cj_program *program = compile(loader, d->rate, n_fft, &frames);
    if (!program)
        return cj_error_status(context);
    cj_status status = set_shape(loader, frames);
    for (int part = 0; part < CJ_PARTS && status == CJ_OK; part++)
        if (d->part[part].count)
            status =
                make_part(loader, &d->part[part], program, d->rate, &loader->dataset->part[part]);
    cj_program_free(program);
    return status;
}

cj_status cj_load_audio(cj_loader *loader, const char *path)
{
    cj_audio_data *d;
    cj_status status = cj_audio_read(loader->context, loader->name, path, NULL, &d);
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
