/*
 * cli/task_pictures.c - tasks whose answer is the picture itself, so that no label is needed.
 *
 * An autoencoder gives it back through a narrow code (mean squared error of pixels in 0 to 1), a vae by the negative evidence
 * lower bound in nats, a unet takes noise off: to each pixel N(0, 0.3^2) is added, drawn by seed and step, in evaluations by seed and picture.
 */
#include "picture_task.h"

#include "base/base.h"
#include "cajal/random.h"

#include <math.h>
#include <stdlib.h>

#define NOISE 0.3

/* ---- data ---- */

static cj_status fetch(void *user, const int64_t *index, int64_t n, void *x, void *y)
{
    const picture_source *from = user;
    cj_status status = cj_examples_pixels(from->context, from->examples, index, n, from->pixel);
    int64_t all = n * from->examples->inputs;
    float *in = x, *out = y;
    for (int64_t i = 0; i < all && status == CJ_OK; i++)
        in[i] = out[i] = (float)from->pixel[i] / 255.0F;
    return status;
}

static cj_source source_of_part(const train *t, int part)
{
    pictures *p = t->own;
    const cj_preprocess *shape = t->data->preprocess;
    cj_source source = {.count = t->data->part[part].count,
                        .x_dtype = CJ_F32,
                        .x_rank = 3,
                        .y_is_float = true,
                        .y_rank = 3,
                        .fetch = fetch,
                        .user = &p->source[part]};
    for (int i = 0; i < 3; i++)
        source.x_shape[i] = source.y_shape[i] = shape->shape[i];
    return source;
}

static int load(train *t)
{
    cli *c = t->c;
    cj_data_options options;
    int code = data_options(c, &options);
    if (code != EXIT_DONE)
        return code;
    if (!c->value[OPT_VAL])
        options.validation_fraction = t->plan.early ? 0.1 : 0;
    t->plan.validation = options.validation_fraction;
    t->plan.test = CJ_MAX(options.test_fraction, 0);
    cj_status status = load_dataset(c, t->plan.data_path, &options, &t->data);
    if (status != CJ_OK)
        return fail_library(c, status);
    if (t->data->preprocess->kind != CJ_INPUT_IMAGES)
        return fail(c, EXIT_USAGE, "--net %s is for pictures, but '%s' holds none",
                    t->plan.net_name, c->value[OPT_DATA]);
    for (int i = 0; i < t->data->notes; i++)
        tell(c, "%s", t->data->note[i]);
    if (!t->data->part[CJ_TRAIN].count)
        return fail(c, EXIT_ERROR, "'%s' leaves no picture to train on", c->value[OPT_DATA]);
    return EXIT_DONE;
}

static int prepare(train *t)
{
    cli *c = t->c;
    char size[32];
    int code = named_net(t);
    if (code == EXIT_DONE)
        code = load(t);
    if (code != EXIT_DONE)
        return code;
    pictures *p = t->own = calloc(1, sizeof *p);
    if (!p)
        return fail_library(c, CJ_NO_MEMORY);
    const int64_t *shape = t->data->preprocess->shape;
    t->examples = t->data->part[CJ_TRAIN].count;
    t->unit = "images";
    t->loss = t->architecture.kind == CJ_VAE ? "negative evidence lower bound (nats)"
                                             : "mean squared error of pixels in 0 to 1";
    snprintf(t->data_hash, sizeof t->data_hash, "%s", t->data->hash);
    code = named_decide(t,
                        &(named_defaults){.batch = 64,
                                          .epochs = 20,
                                          .patience = 4,
                                          .optimiser = "adam:lr=0.001",
                                          .schedule = "cosine"},
                        t->data->part[CJ_VALIDATION].count > 0);
    if (code != EXIT_DONE)
        return code;
    json_object_set_new(t->options, "test", json_real(t->plan.test));
    json_object_set_new(t->options, "val", json_real(t->plan.validation));
    snprintf(size, sizeof size, "%lldx%lld", (long long)shape[1], (long long)shape[2]);
    set_option(t->options, "size", size);
    p->bytes = (size_t)(t->plan.batch * t->data->part[CJ_TRAIN].inputs);
    p->pixel = cj_allocate(c->context, p->bytes);
    if (!p->pixel)
        return fail_library(c, CJ_NO_MEMORY);
    for (int part = 0; part < CJ_PARTS; part++)
        p->source[part] = (picture_source){c->context, &t->data->part[part], p->pixel};
    return EXIT_DONE;
}

/* ---- the net ---- */

cj_tensor *picture_seen(const train *t, cj_scope *scope, cj_tensor *x)
{
    if (t->architecture.kind != CJ_UNET || !x)
        return x;
    cj_tensor *noise = cj_picture_noise(scope, x, cj_rank(x) - 1, cj_shape(x) + 1);
    return cj_add(x, cj_scale(noise, NOISE));
}

static cj_tensor *build(void *user, cj_scope *scope, cj_tensor *x)
{
    const train *t = user;
    return cj_picture_net(scope, &t->architecture, picture_seen(t, scope, x));
}

static cj_tensor *loss(void *user, cj_scope *scope, cj_tensor *output, cj_tensor *y)
{
    const train *t = user;
    (void)scope;
    if (t->architecture.kind == CJ_VAE)
        return cj_elbo_loss(&t->architecture, output, y);
    return output && y ? cj_mse_loss(output, cj_reshape(y, cj_rank(output), cj_shape(output)))
                       : NULL;
}

static void fit(train *t, struct cj_fit_args *a, cj_source *source, cj_source *held)
{
    a->build = build;
    a->loss = loss;
    a->net_user = t;
    *source = source_of_part(t, CJ_TRAIN);
    *held = source_of_part(t, CJ_VALIDATION);
}

static void announce(const train *t)
{
    const cj_examples *part = t->data->part;
    tell(t->c, "%s: %lld training, %lld validation, %lld test pictures of %lldx%lldx%lld",
         t->plan.data_name, (long long)part[CJ_TRAIN].count, (long long)part[CJ_VALIDATION].count,
         (long long)part[CJ_TEST].count, (long long)t->data->preprocess->shape[0],
         (long long)t->data->preprocess->shape[1], (long long)t->data->preprocess->shape[2]);
    if (t->architecture.kind == CJ_UNET)
        tell(t->c, "task: to take off noise of deviation %g (pixels lie in 0 to 1)", NOISE);
    else
        tell(t->c, "task: the picture itself, through a code of %lld numbers",
             (long long)t->architecture.latent);
    tell(t->c, "net: %s", t->plan.net);
}

/* ---- the end ---- */

/* The mean training picture as the answer for every test picture: its squared error, and its cross entropy in nats. */
static cj_status score_mean(const train *t, double *error, double *nats)
{
    const pictures *p = t->own;
    int64_t inputs = t->data->part[CJ_TEST].inputs;
    double *mean = calloc((size_t)inputs, sizeof *mean);
    cj_status status = mean ? CJ_OK : CJ_NO_MEMORY;
    *error = *nats = 0;
    for (int pass = 0; pass < 2 && status == CJ_OK; pass++) {
        const cj_examples *part = &t->data->part[pass ? CJ_TEST : CJ_TRAIN];
        for (int64_t i = 0; i < part->count && status == CJ_OK; i++) {
            status = cj_examples_pixels(t->c->context, part, &i, 1, p->pixel);
            for (int64_t j = 0; j < inputs && status == CJ_OK; j++) {
                double v = p->pixel[j] / 255.0, m = fmin(fmax(mean[j], 1e-4), 1 - 1e-4);
                if (!pass) {
                    mean[j] += v / (double)part->count;
                } else {
                    *error += (v - mean[j]) * (v - mean[j]) / (double)(part->count * inputs);
                    *nats -= (v * log(m) + (1 - v) * log(1 - m)) / (double)part->count;
                }
            }
        }
    }
    free(mean);
    return status;
}

static void fill_row(measures *m, const char *name, double value, bool error)
{
    measured *row = &m->row[m->rows++];
    snprintf(row->name, sizeof row->name, "%s", name);
    row->value[0].value = value;
    if (error)
        row->value[1].value = -10 * log10(value);
}

static int measure(train *t, measures *m)
{
    cli *c = t->c;
    int64_t count = t->data->part[CJ_TEST].count;
    bool is_vae = t->architecture.kind == CJ_VAE;
    cj_scores found;
    double error, nats;
    if (!count) {
        snprintf(m->of, sizeof m->of, "no test part: nothing was measured");
        return EXIT_DONE;
    }
    cj_source test = source_of_part(t, CJ_TEST);
    cj_status status = cj_trainer_evaluate(t->trainer, &test, &found, NULL);
    if (status == CJ_OK)
        status = score_mean(t, &error, &nats);
    if (status != CJ_OK)
        return fail_library(c, status);
    m->columns = is_vae ? 1 : 2;
    m->head[0] = is_vae ? "-ELBO (nats a picture)" : "mean squared error";
    m->key[0] = is_vae ? "negative_elbo" : "error";
    m->head[1] = "PSNR (dB)";
    m->key[1] = "psnr";
    snprintf(m->of, sizeof m->of, "%lld test pictures, pixels in 0 to 1", (long long)count);
    fill_row(m, t->plan.net_name, found.loss, !is_vae);
    if (t->architecture.kind == CJ_UNET)
        fill_row(m, "the noisy picture as it is", NOISE * NOISE, true);
    fill_row(m, is_vae ? "independent pixels" : "mean picture", is_vae ? nats : error, !is_vae);
    return EXIT_DONE;
}

static void suggest(const train *t)
{
    if (t->architecture.kind == CJ_VAE)
        printf("  cajal generate '%s' --output samples.png\n", t->folder);
    printf("  --net %s:hidden=%lld     (a larger net)\n", t->plan.net_name,
           (long long)(2 * t->architecture.hidden));
}

static json_t *about(const train *t)
{
    const int64_t *shape = t->data->preprocess->shape;
    return json_pack("{s:s, s:[I, I, I]}", "task", "pictures", "shape", (json_int_t)shape[0],
                     (json_int_t)shape[1], (json_int_t)shape[2]);
}

static void release(train *t)
{
    pictures *p = t->own;
    if (p && p->pixel)
        cj_release(t->c->context, p->pixel, p->bytes);
    free(p);
}

const task_row task_pictures = {
    .name = "pictures",
    .named = true,
    .purpose = CJ_FOR_PICTURES,
    .kind = CJ_DATA_PICTURES,

    .holds = "pictures",
    .idle = BIT64(OPT_TARGET) | BIT64(OPT_TASK) | BIT64(OPT_CLASS_WEIGHT) | BIT64(OPT_AUGMENT) |
            BIT64(OPT_HEADER) | BIT64(OPT_SEPARATOR) | BIT64(OPT_INIT) | BIT64(OPT_FREEZE),
    .prepare = prepare,
    .fit = fit,
    .announce = announce,
    .finish = named_finish,
    .about = about,
    .measure = measure,
    .draw = draw_reconstructions,
    .suggest = suggest,
    .generate = pictures_generate,
    .release = release};
