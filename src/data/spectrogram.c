/*
 * spectrogram.c - recordings as a net takes them: log-mel spectrograms of their first samples.
 */
#include "data/data.h"

#include "cajal/data_audio.h"
#include "cajal/program.h"

#define AT_ONCE 64

int64_t cj_spectrogram_frames(const cj_spectrogram *s)
{
    return 1 + (s->samples - s->n_fft) / (s->n_fft / 2);
}

/* The program from x [count, samples] to [count, mels, frames]. */
static cj_program *compile(cj_context *context, const cj_preprocess *p, int64_t count)
{
    const cj_spectrogram *s = &p->sound;
    cj_program *program = NULL;
    if (cj_frame_enter(context) != CJ_OK)
        return NULL;
    cj_tensor *x = cj_input(context, "x", CJ_F32, 2, ((int64_t[]){count, s->samples}));
    cj_tensor *y = cj_log_mel(.x = x, .rate = s->rate, .n_fft = s->n_fft, .mels = p->shape[1]);
    if (y)
        program = cj_compile(context, 1, &y, NULL);
    cj_frame_leave(context);
    return program;
}

static void fill(const cj_sound *sound, int64_t samples, float *x)
{
    int64_t taken = CJ_MIN(sound->frames, samples);
    if (taken)
        memcpy(x, sound->sample, (size_t)taken * sizeof *x);
    memset(x + taken, 0, (size_t)(samples - taken) * sizeof *x);
}

cj_status cj_spectrograms(cj_context *context, const cj_preprocess *p, const cj_sound *sound,
                          int64_t count, float *value)
{
    int64_t most = CJ_MIN(count, AT_ONCE), samples = p->sound.samples;
    size_t each = (size_t)cj_preprocess_inputs(p), bytes = (size_t)(most * samples) * sizeof(float);
    if (count == 0)
        return CJ_OK;
    cj_program *program = compile(context, p, most);
    if (!program)
        return cj_error_status(context);
    float *x = cj_allocate_zero(context, bytes);
    cj_status status = x ? CJ_OK : CJ_NO_MEMORY;
    for (int64_t done = 0; done < count && status == CJ_OK; done += most) {
        int64_t n = CJ_MIN(count - done, most);
        for (int64_t i = 0; i < n; i++)
            fill(&sound[done + i], samples, x + i * samples);
        status = cj_run(program, 1, &(cj_feed){"x", x});
        if (status == CJ_OK)
            memcpy(value + (size_t)done * each, cj_output(program, 0),
                   (size_t)n * each * sizeof *value);
    }
    if (x)
        cj_release(context, x, bytes);
    cj_program_free(program);
    return status;
}

cj_status cj_preprocess_sounds(cj_context *context, const cj_preprocess *p, const cj_sound *sound,
                               int64_t count, float *x)
{
    if (!p->sound.rate)
        return cj_fail(context, CJ_INVALID, "a recording was given to a model that takes %s",
                       cj_input_kind_text(p->kind));
    for (int64_t i = 0; i < count; i++) {
        if (sound[i].rate != p->sound.rate)
            return cj_fail(context, CJ_INVALID,
                           "recording %lld has %d samples a second, the model takes %d: let "
                           "cj_sound_read resample it",
                           (long long)i, sound[i].rate, p->sound.rate);
        if (sound[i].frames < p->sound.n_fft)
            return cj_fail(context, CJ_VALUE,
                           "recording %lld is too short: %lld samples, the model looks at %lld at "
                           "a time",
                           (long long)i, (long long)sound[i].frames, (long long)p->sound.n_fft);
    }
    cj_status status = cj_spectrograms(context, p, sound, count, x);
    if (status == CJ_OK)
        cj_preprocess_values(p, x, count, x);
    return status;
}
