/*
 * src/optim/trainer_feed.c - batches out of sources.
 */
#include "optim/trainer.h"

int64_t cj_fit_example_elements(int rank, const int64_t *shape)
{
    int64_t n = 1;
    for (int i = 0; i < rank; i++)
        n *= shape[i];
    return n;
}

int64_t cj_fit_answers(const cj_source *s)
{
    int64_t n = cj_fit_example_elements(s->y_rank, s->y_shape);
    return s->y_is_shares ? n / s->y_shape[0] : n;
}

size_t cj_fit_x_bytes(const cj_source *s)
{
    return (size_t)cj_fit_example_elements(s->x_rank, s->x_shape) * cj_dtype_size(s->x_dtype);
}

size_t cj_fit_y_bytes(const cj_source *s)
{
    return (size_t)cj_fit_example_elements(s->y_rank, s->y_shape) * 4; /* f32 or i32 */
}

cj_status cj_fit_check_labels(const cj_trainer *t, const cj_source *source, const void *y,
                              int64_t n, int64_t first, const int64_t *order)
{
    if (source->y_is_float || !t->classes)
        return CJ_OK;
    int64_t each = cj_fit_example_elements(source->y_rank, source->y_shape);
    const int32_t *label = y;
    for (int64_t i = 0; i < n * each; i++) {
        if (label[i] >= 0 && label[i] < t->classes)
            continue;
        int64_t example = order ? order[i / each] : first + i / each;
        return cj_fail(t->context, CJ_VALUE,
                       "the label of example %lld is %d; the net has classes 0 to %lld",
                       (long long)example, (int)label[i], (long long)(t->classes - 1));
    }
    return CJ_OK;
}

/* ---- the permutation of an epoch ---- */

static void make_order(cj_trainer *t)
{
    int64_t epoch = t->position[POSITION_EPOCH];
    if (t->order_epoch == epoch)
        return;
    t->order_epoch = epoch;
    if (t->source.begin_epoch)
        t->source.begin_epoch(t->source.user, epoch);
    cj_key key = cj_key_fold_text(cj_key_from_seed(cj_seed(t->context)), "shuffle");
    if (!t->a.no_shuffle)
        cj_key_permutation(cj_key_fold(key, (uint64_t)epoch), t->source.count, t->order);
    for (int64_t i = 0; t->a.no_shuffle && i < t->source.count; i++)
        t->order[i] = i;
}

static void gather(void *to, const void *from, size_t bytes, const int64_t *index, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        memcpy((char *)to + (size_t)i * bytes, (const char *)from + (size_t)index[i] * bytes,
               bytes);
}

static cj_status pull(cj_trainer *t, const cj_source *s, int64_t epoch, int64_t index, int64_t *n)
{
    *n = 0;
    cj_status status = s->next_batch(s->user, epoch, index, t->size, t->x, t->y, n);
    if (status == CJ_OK && (*n < 0 || *n > t->size))
        status = cj_fail(t->context, CJ_INVALID,
                         "next_batch gave %lld examples, at most %lld were asked for",
                         (long long)*n, (long long)t->size);
    return status;
}

cj_status cj_fit_next(cj_trainer *t, batch *b)
{
    const cj_source *s = &t->source;
    int64_t index = t->position[POSITION_BATCH];
    *b = (batch){.x = t->x, .y = t->y};
    cj_status status = CJ_OK;
    if (s->next_batch) {
        b->n = t->ahead;
        if (t->ahead < 0)
            status = pull(t, s, t->position[POSITION_EPOCH], index, &b->n);
        t->ahead = -1;
        if (status != CJ_OK)
            return status;
        return cj_fit_check_labels(t, s, b->y, b->n, t->position[POSITION_EXAMPLES], NULL);
    }
    make_order(t);
    const int64_t *order = t->order + index * t->size;
    b->n = CJ_MIN(t->size, s->count - index * t->size);
    if (s->x) {
        gather(t->x, s->x, t->x_bytes, order, b->n);
        gather(t->y, s->y, t->y_bytes, order, b->n);
        return CJ_OK;
    }
    status = s->fetch(s->user, order, b->n, t->x, t->y);
    return status == CJ_OK ? cj_fit_check_labels(t, s, b->y, b->n, 0, order) : status;
}

cj_status cj_fit_epoch_is_over(cj_trainer *t, bool *over)
{
    int64_t done = t->position[POSITION_BATCH];
    *over = !t->source.next_batch && done == t->batches;
    if (!t->source.next_batch)
        return CJ_OK;
    cj_status status = pull(t, &t->source, t->position[POSITION_EPOCH], done, &t->ahead);
    if (status != CJ_OK) {
        t->ahead = -1;
        return status;
    }
    *over = t->ahead == 0 || (t->a.drop_last && t->ahead < t->size);
    if (*over)
        t->ahead = -1;
    return CJ_OK;
}

cj_status cj_fit_batch_in_order(cj_trainer *t, const cj_source *s, int64_t index, batch *b)
{
    int64_t first = index * t->size;
    *b = (batch){.x = t->x, .y = t->y};
    cj_status status = CJ_OK;
    if (s->next_batch) {
        status = pull(t, s, 0, index, &b->n);
    } else {
        b->n = CJ_MAX(CJ_MIN(t->size, s->count - first), 0);
        if (s->x) {
            b->x = (const char *)s->x + (size_t)first * t->x_bytes;
            b->y = s->y ? (const char *)s->y + (size_t)first * t->y_bytes : NULL;
        } else if (b->n) {
            int64_t *order = cj_allocate(t->context, (size_t)b->n * sizeof *order);
            if (!order)
                return CJ_NO_MEMORY;
            for (int64_t i = 0; i < b->n; i++)
                order[i] = first + i;
            status = s->fetch(s->user, order, b->n, t->x, t->y);
            cj_release(t->context, order, (size_t)b->n * sizeof *order);
        }
    }
    bool labelled = status == CJ_OK && b->y && b->n;
    return labelled ? cj_fit_check_labels(t, s, b->y, b->n, first, NULL) : status;
}
