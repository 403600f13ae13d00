/*
 * cli/baseline.c - what the net is set beside: the majority class or the mean, and a linear model by the same library.
 */
#include "train.h"

#include "base/base.h"

#include <stdlib.h>

#define LINEAR_TABLE_EPOCHS 300
#define LINEAR_TABLE_PATIENCE 20
#define LINEAR_PICTURE_EPOCHS 3

/* The same outputs for every test example: logits with the majority class ahead, or the standardised mean. */
void score_constant(train *t, scores *out)
{
    const cj_preprocess *p = t->data->preprocess;
    const cj_examples *trained = &t->data->part[CJ_TRAIN], *test = &t->data->part[CJ_TEST];
    int64_t outputs = cj_preprocess_outputs(p);
    size_t bytes = (size_t)(test->count * outputs) * sizeof(float);
    float *raw = cj_allocate_zero(t->c->context, bytes);
    double *share = calloc((size_t)outputs, sizeof *share);
    *out = (scores){0};
    if (raw && share) {
        for (int64_t i = 0; i < trained->count; i++)
            for (int64_t j = 0; j < outputs; j++)
                share[j] += p->task == CJ_TASK_CLASSES ? trained->label[i] == j
                                                       : (double)trained->target[i * outputs + j];
        for (int64_t i = 0; i < test->count * outputs; i++)
            raw[i] = (float)(share[i % outputs] / (double)trained->count);
        score_outputs(t->c->context, p, test, raw, out);
    }
    if (raw)
        cj_release(t->c->context, raw, bytes);
    free(share);
}

static cj_status fit_linear(train *t, cj_model *model)
{
    bool pictures = t->data->preprocess->kind == CJ_INPUT_IMAGES;
    const cj_examples *validation = &t->data->part[CJ_VALIDATION];
    bool early = validation->count > 0 && !pictures;
    examples_source a, b;
    cj_source source =
        source_of(t->c->context, &a, cj_model_preprocess(model), &t->data->part[CJ_TRAIN], 0);
    cj_source held = source_of(t->c->context, &b, cj_model_preprocess(model), validation, 0);
    cj_trainer *trainer = cj_trainer_new(
        &(struct cj_fit_args){.scope = cj_model_scope(model),
                              .at = CJ_HERE_OF(struct cj_fit_args),
                              .build = build_net,
                              .net_user = (void *)(uintptr_t)cj_model_net(model),
                              .source = &source,
                              .class_weight = t->plan.class_weight,
                              .optimiser = cj_adam(.lr = pictures ? 1e-3 : 1e-2),
                              .schedule = cj_cosine_rate(),
                              .epochs = pictures ? LINEAR_PICTURE_EPOCHS : LINEAR_TABLE_EPOCHS,
                              .batch_size = t->plan.batch,
                              .validation = early ? &held : NULL,
                              .patience = early ? LINEAR_TABLE_PATIENCE : 0});
    if (!trainer)
        return CJ_NO_MEMORY;
    cj_status status = CJ_OK;
    while (status == CJ_OK && !stop_signal() &&
           (cj_trainer_epoch_open(trainer) || !cj_trainer_done(trainer)))
        status = cj_trainer_epoch_open(trainer) ? cj_trainer_end_epoch(trainer, NULL)
                                                : cj_trainer_step(trainer, NULL);
    if (status == CJ_OK && early)
        cj_trainer_take_best(trainer);
    cj_trainer_free(trainer);
    return status;
}

int train_linear(train *t, scores *out)
{
    cli *c = t->c;
    const cj_preprocess *p = t->data->preprocess;
    const cj_examples *test = &t->data->part[CJ_TEST];
    cj_model *model;
    *out = (scores){0};
    cj_status status = cj_model_new(c->context, "linear classes", p, &model);
    if (status != CJ_OK)
        return fail_library(c, status);
    status = fit_linear(t, model);
    if (stop_signal()) {
        cj_model_free(model);
        fprintf(stderr, "stopped after the training; go on with: cajal train --resume --out '%s'\n",
                t->folder);
        return 128 + stop_signal();
    }
    float *raw = NULL;
    if (status == CJ_OK)
        status = forward_part(c->context, model, test, &raw, NULL);
    if (status == CJ_OK)
        status = score_outputs(c->context, p, test, raw, out);
    release_outputs(c->context, model, test, raw);
    cj_model_free(model);
    return status == CJ_OK ? EXIT_DONE : fail_library(c, status);
}
