/*
 * pictures.c - pictures that stay on disk: read, decoded and made to fit when they are asked for, in
 * the threads of the pool. What is held of each is its place and the sums of its pixels.
 */
#include "data/workers.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

struct cj_pictures {
    cj_context *context;
    cj_workers workers;
    cj_arena names;
    cj_picture_place *place;
    size_t count, capacity;
    uint64_t *sum; /* [count][channels][2], once measured */
    int channels, height, width;
};

cj_status cj_pictures_new(cj_context *context, cj_pictures **out)
{
    *out = NULL;
    cj_pictures *p = cj_allocate_zero(context, sizeof *p);
    if (!p)
        return CJ_NO_MEMORY;
    p->context = context;
    cj_arena_init(&p->names, context);
    cj_status status = cj_workers_begin(context, &p->workers);
    if (status == CJ_OK)
        *out = p;
    else
        cj_pictures_free(p);
    return status;
}

static size_t sum_bytes(const cj_pictures *p)
{
    return p->count * (size_t)p->channels * 2 * sizeof *p->sum;
}

void cj_pictures_free(cj_pictures *p)
{
    if (!p)
        return;
    cj_workers_end(&p->workers);
    cj_arena_free(&p->names);
    if (p->place)
        cj_release(p->context, p->place, p->capacity * sizeof *p->place);
    if (p->sum)
        cj_release(p->context, p->sum, sum_bytes(p));
    cj_release(p->context, p, sizeof *p);
}

cj_status cj_pictures_add(cj_pictures *p, const cj_picture_place *place, int64_t *item)
{
    cj_status status =
        cj_grow_list(p->context, &p->place, &p->capacity, p->count, sizeof *p->place);
    if (status != CJ_OK)
        return status;
    cj_picture_place *kept = &p->place[p->count];
    *kept = *place;
    /* the entries of a tar share its name */
    bool same = p->count && strcmp(kept[-1].file, place->file) == 0;
    kept->file = same ? kept[-1].file : cj_arena_copy_text(&p->names, place->file);
    if (!kept->file)
        return CJ_NO_MEMORY;
    *item = (int64_t)p->count++;
    return CJ_OK;
}

void cj_pictures_set_shape(cj_pictures *p, int channels, int height, int width)
{
    p->channels = channels;
    p->height = height;
    p->width = width;
}

/* ---- one picture ---- */

static cj_status read_range(cj_context *context, const cj_picture_place *place, uint8_t *to)
{
    int file = open(place->file, O_RDONLY | O_CLOEXEC);
    size_t done = 0;
    int reason = file < 0 ? errno : 0;
    while (!reason && done < place->size) {
        ssize_t got =
            pread(file, to + done, place->size - done, (off_t)(place->offset + (uint64_t)done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            reason = got < 0 ? errno : EIO;
            break;
        }
        done += (size_t)got;
    }
    if (file >= 0)
        close(file);
    return reason ? cj_fail(context, CJ_IO,
                            "%s: a picture of %zu bytes at byte %llu cannot be "
                            "read: %s",
                            place->file, place->size, (unsigned long long)place->offset,
                            done || reason != EIO ? strerror(reason) : "the file ends before")
                  : CJ_OK;
}

cj_status cj_picture_read(cj_context *context, const cj_picture_place *place, cj_image *image)
{
    *image = (cj_image){0};
    void *data = cj_allocate(context, place->size);
    if (!data)
        return CJ_NO_MEMORY;
    cj_status status = read_range(context, place, data);
    if (status == CJ_OK)
        status = cj_image_decode(context, place->file, data, place->size, image);
    cj_release(context, data, place->size);
    return status;
}

static cj_status read_fitting(const cj_pictures *p, cj_context *context, int64_t item, uint8_t *to)
{
    cj_image image;
    cj_status status = cj_picture_read(context, &p->place[item], &image);
    if (status == CJ_OK)
        status = cj_picture_fit(context, &image, p->channels, p->height, p->width, to);
    cj_image_free(context, &image);
    return status;
}

/* ---- the first look ---- */

typedef struct measuring {
    cj_pictures *pictures;
    const int64_t *item;
    uint8_t *pixel;
} measuring;

static cj_status measure_one(void *state, cj_context *context, int thread, int64_t i)
{
    const measuring *m = state;
    const cj_pictures *p = m->pictures;
    size_t plane = (size_t)p->height * (size_t)p->width;
    uint8_t *pixel = m->pixel + (size_t)i * plane * (size_t)p->channels;
    (void)thread;
    cj_status status = read_fitting(p, context, m->item[i], pixel);
    for (int c = 0; c < p->channels && status == CJ_OK; c++) {
        uint64_t *sum = p->sum + (m->item[i] * p->channels + c) * 2;
        sum[0] = sum[1] = 0;
        for (size_t k = 0; k < plane; k++, pixel++) {
            sum[0] += *pixel;
            sum[1] += (uint64_t)*pixel * *pixel;
        }
    }
    return status;
}

cj_status cj_pictures_measure(cj_pictures *p, const int64_t *item, int64_t count, cj_sha256 *sha)
{
    size_t each = (size_t)p->channels * (size_t)p->height * (size_t)p->width;
    int64_t most = 4 * p->workers.threads;
    if (!p->sum && !(p->sum = cj_allocate_zero(p->context, sum_bytes(p))))
        return CJ_NO_MEMORY;
    uint8_t *pixel = cj_allocate(p->context, (size_t)most * each);
    cj_status status = pixel ? CJ_OK : CJ_NO_MEMORY;
    for (int64_t done = 0; done < count && status == CJ_OK; done += most) {
        int64_t n = CJ_MIN(count - done, most);
        measuring m = {p, item + done, pixel};
        status = cj_workers_run(&p->workers, n, 1, measure_one, &m);
        if (status == CJ_OK)
            cj_sha256_add(sha, pixel, (size_t)n * each);
    }
    if (pixel)
        cj_release(p->context, pixel, (size_t)most * each);
    return status;
}

void cj_pictures_sums(const cj_pictures *p, int64_t item, int c, uint64_t sum[2])
{
    const uint64_t *from = p->sum + (item * p->channels + c) * 2;
    sum[0] = from[0];
    sum[1] = from[1];
}

/* ---- batches ---- */

typedef struct batch {
    const cj_preprocess *preprocess; /* NULL: pixels are wanted */
    const cj_examples *examples;
    const cj_augment_draw *draw;
    const int64_t *index;
    float *x;
    uint8_t *pixel;   /* of the result, where that is pixels */
    uint8_t *scratch; /* two pictures a thread */
    float *other;     /* where pictures are mixed: one a thread */
} batch;

/* Example number k as pixels, changed: *out lies in the set or in the thread's scratch. */
static cj_status make_pixels(const batch *b, cj_context *context, int thread, int64_t k,
                             const uint8_t **out)
{
    const cj_examples *e = b->examples;
    size_t inputs = (size_t)e->inputs;
    uint8_t *decoded = b->scratch ? b->scratch + (size_t)thread * 2 * inputs : NULL;
    *out = e->pixel ? e->pixel + (size_t)k * inputs : decoded;
    cj_status status = e->pixel ? CJ_OK : read_fitting(e->pictures, context, e->item[k], decoded);
    if (status == CJ_OK && b->draw) {
        const int64_t *shape = b->preprocess->shape;
        cj_augment_apply(b->draw, k, (int)shape[0], (int)shape[1], (int)shape[2], *out,
                         decoded + inputs);
        *out = decoded + inputs;
    }
    return status;
}

static cj_status mix_in(const batch *b, cj_context *context, int thread, int64_t k, float *x)
{
    const int64_t *shape = b->preprocess->shape;
    int height = (int)shape[1], width = (int)shape[2];
    float *other = b->other + (size_t)thread * (size_t)b->examples->inputs;
    const uint8_t *from;
    cj_mix mix = cj_augment_mix(b->draw, k, b->examples->count, height, width);
    cj_status status = make_pixels(b, context, thread, mix.other, &from);
    if (status != CJ_OK)
        return status;
    cj_preprocess_pixels(b->preprocess, from, 1, other);
    cj_mix_apply(&mix, (int)shape[0], height, width, other, x);
    return CJ_OK;
}

static cj_status make_one(void *state, cj_context *context, int thread, int64_t i)
{
    const batch *b = state;
    size_t inputs = (size_t)b->examples->inputs;
    const uint8_t *from;
    cj_status status = make_pixels(b, context, thread, b->index[i], &from);
    if (status == CJ_OK && !b->preprocess)
        memcpy(b->pixel + (size_t)i * inputs, from, inputs);
    if (status != CJ_OK || !b->preprocess)
        return status;
    float *x = b->x + (size_t)i * inputs;
    cj_preprocess_pixels(b->preprocess, from, 1, x);
    return b->other ? mix_in(b, context, thread, b->index[i], x) : CJ_OK;
}

/* Of pictures in memory: nothing is allocated there, and nothing can fail. */
static void make_range(void *state, int thread, int64_t begin, int64_t end)
{
    for (int64_t i = begin; i < end; i++)
        make_one(state, NULL, thread, i);
}

/* Elements of pictures in memory that make a further thread worth waking: copied ones, changed ones. */
#define SMALLEST_COPIED (INT64_C(1) << 18)
#define SMALLEST_CHANGED (INT64_C(1) << 13)

static cj_status run_batch(cj_context *context, batch *b, int64_t count)
{
    const cj_examples *e = b->examples;
    bool works = e->pictures || b->draw;
    size_t threads =
        (size_t)(e->pictures ? e->pictures->workers.threads : cj_pool_threads(context->pool));
    bool mixes = b->draw && cj_augment_mixes(&b->draw->augment);
    size_t scratch = works ? threads * 2 * (size_t)e->inputs : 0;
    size_t others = mixes ? threads * (size_t)e->inputs * sizeof *b->other : 0;
    cj_status status = CJ_OK;
    if (scratch && !(b->scratch = cj_allocate(context, scratch)))
        status = CJ_NO_MEMORY;
    if (status == CJ_OK && mixes && !(b->other = cj_allocate(context, others)))
        status = CJ_NO_MEMORY;
    if (status == CJ_OK && e->pictures)
        status = cj_workers_run(&e->pictures->workers, count, 1, make_one, b);
    else if (status == CJ_OK)
        cj_pool_run(context->pool, count, 1, works ? SMALLEST_CHANGED : SMALLEST_COPIED, make_range,
                    b);
    if (b->scratch)
        cj_release(context, b->scratch, scratch);
    if (b->other)
        cj_release(context, b->other, others);
    return status;
}

static cj_status batch_pictures(cj_context *context, batch *b, int64_t count)
{
    bool none = !b->draw || cj_augment_is_none(&b->draw->augment);
    if (none)
        b->draw = NULL;
    return count ? run_batch(context, b, count) : CJ_OK;
}

cj_status cj_examples_pixels(cj_context *context, const cj_examples *examples, const int64_t *index,
                             int64_t count, uint8_t *pixel)
{
    batch b = {.examples = examples, .index = index, .pixel = pixel};
    if (!examples->pixel && !examples->pictures && count)
        return cj_fail(context, CJ_INVALID, "the examples are no pictures");
    return batch_pictures(context, &b, count);
}

/* [count][classes]: 1 at the label; of a mixed picture, the two labels' shares. */
static void fill_shares(const cj_preprocess *p, const cj_examples *e, const cj_augment_draw *draw,
                        const int64_t *index, int64_t count, float *shares)
{
    bool mixes = draw && (e->pixel || e->pictures);
    memset(shares, 0, (size_t)(count * p->classes) * sizeof *shares);
    for (int64_t i = 0; i < count; i++, shares += p->classes) {
        cj_mix mix = {.other = index[i]};
        if (mixes)
            mix = cj_augment_mix(draw, index[i], e->count, (int)p->shape[1], (int)p->shape[2]);
        shares[e->label[index[i]]] += 1 - (float)mix.share;
        shares[e->label[mix.other]] += (float)mix.share;
    }
}

cj_status cj_examples_batch(cj_context *context, const cj_preprocess *p, const cj_examples *e,
                            const cj_augment_draw *draw, const int64_t *index, int64_t count,
                            float *x, int32_t *labels, float *targets)
{
    size_t inputs = (size_t)e->inputs, outputs = (size_t)e->targets;
    if (targets && e->label)
        fill_shares(p, e, draw, index, count, targets);
    for (int64_t i = 0; i < count; i++) {
        size_t from = (size_t)index[i];
        if (labels && e->label)
            labels[i] = e->label[from];
        if (targets && e->target)
            memcpy(targets + (size_t)i * outputs, e->target + from * outputs,
                   outputs * sizeof *targets);
        if (e->pixel || e->pictures)
            continue;
        if (p->kind == CJ_INPUT_ARRAYS)
            cj_preprocess_values(p, e->value + from * inputs, 1, x + (size_t)i * inputs);
        else
            memcpy(x + (size_t)i * inputs, e->value + from * inputs, inputs * sizeof *x);
    }
    if (!e->pixel && !e->pictures)
        return CJ_OK;
    batch b = {.preprocess = p, .examples = e, .draw = draw, .index = index, .x = x};
    return batch_pictures(context, &b, count);
}
