/*
 * cli/predict_sound.c - predictions for recordings, by a model that was trained on such.
 */
#include "predict.h"

/* At the model's rate; what is done to it is told. */
static cj_status read_sound(const predictor *q, const char *name, const void *data, size_t size,
                            cj_sound *sound)
{
    cj_context *context = q->c->context;
    const cj_spectrogram *s = &q->p->sound;
    cj_status status = cj_sound_decode(context, name, data, size, 0, sound);
    int rate = sound->rate;
    if (status == CJ_OK && rate != s->rate) {
        cj_sound_free(context, sound);
        status = cj_sound_decode(context, name, data, size, s->rate, sound);
        if (status == CJ_OK)
            tell(q->c, "%s: %d samples a second are made %d", name, rate, s->rate);
    }
    if (status == CJ_OK && sound->frames > s->samples)
        tell(q->c, "%s: %.3g s long, the model takes the first %.3g s", name,
             (double)sound->frames / s->rate, (double)s->samples / s->rate);
    return status;
}

int predict_sound(predictor *q, const char *name, const void *data, size_t size)
{
    cj_sound sound;
    cj_status status = read_sound(q, name, data, size, &sound);
    if (status == CJ_OK && sound.frames < q->p->sound.n_fft) {
        int code =
            fail(q->c, EXIT_ERROR,
                 "%s: %.3g s long, which is too short: the model takes %.3g s at a time", name,
                 (double)sound.frames / sound.rate, (double)q->p->sound.n_fft / sound.rate);
        cj_sound_free(q->c->context, &sound);
        return code;
    }
    if (status == CJ_OK)
        status =
            cj_model_predict(q->model, &(cj_model_input){.count = 1, .sound = &sound}, q->result);
    cj_sound_free(q->c->context, &sound);
    if (status != CJ_OK)
        return fail_library(q->c, status);
    put_prediction(q, name, q->result);
    return EXIT_DONE;
}
