/*
 * cli/picture_grids.c - grids of what a net gives back, and of what a vae draws.
 */
#include "picture_task.h"

#include "base/base.h"
#include "cajal/plot.h"
#include "cajal/random.h"
#include "cajal/weights.h"

#include <stdlib.h>

enum { SHOWN = 12 };

static void to_pixels(const float *value, int64_t count, uint8_t *pixel)
{
    for (int64_t i = 0; i < count; i++) {
        float v = value[i] > 0 ? value[i] : 0; /* a NaN is black */
        pixel[i] = (uint8_t)(255 * (v < 1 ? v : 1) + 0.5F);
    }
}

/* ---- reconstructions ---- */

/* Seen and given, [count, elements] each, side by side in one tensor. */
static cj_tensor *answers(const train *t, cj_tensor *x)
{
    cj_scope_build(t->scope, false);
    cj_tensor *seen = picture_seen(t, t->scope, x);
    cj_tensor *given = cj_picture_net(t->scope, &t->architecture, seen);
    seen = cj_flatten(seen);
    given = given ? cj_flatten(given) : NULL;
    if (given && t->architecture.kind == CJ_VAE)
        given = cj_sigmoid(cj_narrow(given, 1, 0, cj_extent(seen, 1)));
    cj_tensor *pair[2] = {seen, given};
    return given ? cj_concat(1, 2, pair) : NULL;
}

static cj_status fill(train *t, int64_t count, float *value, uint8_t *pixel)
{
    cj_context *context = t->c->context;
    const cj_preprocess *p = t->data->preprocess;
    const cj_examples *test = &t->data->part[CJ_TEST];
    int64_t each = test->inputs, index[SHOWN], all = count * each;
    for (int64_t i = 0; i < count; i++)
        index[i] = i * test->count / count;
    cj_status status = cj_examples_pixels(context, test, index, count, pixel);
    if (status == CJ_OK)
        status = cj_frame_enter(context);
    if (status != CJ_OK)
        return status;
    int64_t shape[4] = {count, p->shape[0], p->shape[1], p->shape[2]};
    cj_tensor *x =
        cj_scale(cj_cast(cj_tensor_from(context, CJ_U8, 4, shape, pixel), cj_scope_dtype(t->scope)),
                 1 / 255.0);
    status = cj_read(answers(t, x), value, (size_t)(2 * all) * sizeof *value);
    cj_frame_leave(context);
    for (int64_t i = 0; i < count && status == CJ_OK; i++)
        for (int64_t part = 0; part < 2; part++)
            to_pixels(value + (2 * i + part) * each, each, pixel + ((part + 1) * count + i) * each);
    return status;
}

int draw_reconstructions(train *t)
{
    cj_context *context = t->c->context;
    const cj_preprocess *p = t->data->preprocess;
    const cj_examples *test = &t->data->part[CJ_TEST];
    int64_t count = CJ_MIN(test->count, SHOWN), all = count * test->inputs;
    bool noisy = t->architecture.kind == CJ_UNET;
    char path[PATH_SIZE];
    if (!count)
        return EXIT_DONE;
    float *value = malloc((size_t)(2 * all) * sizeof *value);
    uint8_t *pixel = malloc((size_t)(3 * all));
    cj_status status = value && pixel ? fill(t, count, value, pixel) : CJ_NO_MEMORY;
    if (status == CJ_OK && !noisy) /* what it saw is the picture itself */
        memmove(pixel + all, pixel + 2 * all, (size_t)all);
    cj_image_grid grid = {.title = noisy ? "test pictures, with noise, and without again"
                                         : "test pictures and what the net gives back",
                          .count = (noisy ? 3 : 2) * count,
                          .channels = (int)p->shape[0],
                          .height = (int)p->shape[1],
                          .width = (int)p->shape[2],
                          .pixel = pixel,
                          .columns = (int)count};
    folder_file(t, "reconstructions.png", path);
    int code = status == CJ_OK
                   ? drawn(t, cj_plot_images(context, path, &grid), "reconstructions.png")
                   : fail_library(t->c, status);
    free(value);
    free(pixel);
    return code;
}

/* ---- drawing from a vae ---- */

static int read_shape(cli *c, const named_model *m, const char *path, int64_t shape[3])
{
    json_t *array = json_object_get(m->about, "shape");
    int64_t elements = 1;
    const cj_array *first = cj_tensor_file_find(m->file, "decoder.fc1.weight");
    for (size_t i = 0; i < 3; i++) {
        shape[i] = json_integer_value(json_array_get(array, i));
        bool fits = shape[i] >= 1 && shape[i] <= 1 << 14;
        elements = fits ? elements * shape[i] : 0;
    }
    bool good = elements > 0 && elements <= 1 << 26 && (shape[0] == 1 || shape[0] == 3) && first &&
                first->rank == 2 && first->shape[0] == m->net.hidden &&
                first->shape[1] == m->net.latent;
    return good ? EXIT_DONE
                : fail(c, EXIT_ERROR, "'%s' is not the vae that its cajal_net and cajal_about say",
                       path);
}

/* z drawn from N(0, 1) by the seed, decoded. The encoder is built too, since the file holds its weights. */
static cj_status draw_values(cli *c, const named_model *m, const char *path, cj_scope *scope,
                             const int64_t shape[3], int64_t count, float *value)
{
    cj_context *context = c->context;
    int64_t one[4] = {1, shape[0], shape[1], shape[2]}, elements = shape[0] * shape[1] * shape[2];
    cj_status status = cj_frame_enter(context);
    if (status != CJ_OK)
        return status;
    cj_scope_build(scope, false);
    cj_picture_net(scope, &m->net, cj_full(context, CJ_F32, 4, one, 0));
    status = cj_context_status(context);
    if (status == CJ_OK)
        status = cj_weights_load(scope, path);
    if (status == CJ_OK) {
        cj_scope_build(scope, false);
        cj_tensor *key = cj_scope_key(cj_scope_enter(scope, "generate"));
        cj_tensor *z = cj_random_normal(key, CJ_F32, 2, ((int64_t[]){count, m->net.latent}));
        status = cj_read(cj_decode(scope, &m->net, elements, z), value,
                         (size_t)(count * elements) * sizeof *value);
    }
    cj_frame_leave(context);
    return status;
}

int pictures_generate(cli *c, const named_model *m, const char *path)
{
    const char *output = c->value[OPT_OUTPUT] ? c->value[OPT_OUTPUT] : "samples.png";
    int64_t shape[3], count = 64;
    if (m->net.kind != CJ_VAE)
        return fail(c, EXIT_ERROR,
                    "'%s' holds a net %s, which knows no distribution of pictures to draw from; a "
                    "vae does",
                    path, cj_architecture_name(m->net.kind));
    if (c->value[OPT_PROMPT] || c->value[OPT_TEMPERATURE] || c->value[OPT_TOP_K])
        return fail(c, EXIT_USAGE,
                    "--prompt, --temperature and --top-k are for texts; '%s' draws "
                    "pictures",
                    path);
    if (!option_integer(c, OPT_LENGTH, 1, 10000, &count))
        return EXIT_USAGE;
    int code = read_shape(c, m, path, shape);
    if (code != EXIT_DONE)
        return code;
    int64_t all = count * shape[0] * shape[1] * shape[2];
    cj_scope *scope = cj_scope_new(c->context);
    float *value = malloc((size_t)all * sizeof *value);
    uint8_t *pixel = malloc((size_t)all);
    cj_status status = scope && value && pixel ? draw_values(c, m, path, scope, shape, count, value)
                                               : CJ_NO_MEMORY;
    if (status == CJ_OK) {
        to_pixels(value, all, pixel);
        cj_image_grid grid = {.count = count,
                              .channels = (int)shape[0],
                              .height = (int)shape[1],
                              .width = (int)shape[2],
                              .pixel = pixel};
        status = cj_plot_images(c->context, output, &grid);
    }
    cj_scope_free(scope);
    free(value);
    free(pixel);
    if (status != CJ_OK)
        return fail_library(c, status);
    if (c->json)
        print_json(json_pack("{s:s, s:o, s:I}", "event", "pictures", "output", json_text(output),
                             "count", (json_int_t)count));
    else
        tell(c, "%lld pictures: %s", (long long)count, output);
    return EXIT_DONE;
}
