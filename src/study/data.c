/*
 * data.c - a study's examples in memory, and functions of them.
 */
#include "study/study.h"

static cj_status open_data(cj_study_run *run)
{
    if (run->data)
        return CJ_OK;
    /* the data's own split stays the same from seed to seed; which examples are drawn is the seed's */
    cj_data_options options = {.seed = 0};
    cj_study_progress(run, 0, "reading %s", cj_study_text(run, "data"));
    return cj_data_load(run->context, cj_study_text(run, "data"), &options, &run->data);
}

static cj_status fill(cj_study_run *run, const cj_examples *from, const int64_t *index,
                      cj_study_examples *out)
{
    const cj_preprocess *p = run->data->preprocess;
    size_t numbers = (size_t)(out->count * out->inputs);
    float *x = cj_study_allocate(run, numbers * sizeof *x);
    int32_t *labels = cj_study_allocate(run, (size_t)out->count * sizeof *labels);
    float *target =
        cj_study_allocate(run, (size_t)(out->count * (out->targets + 1)) * sizeof *target);
    if (!x || !labels || !target)
        return CJ_NO_MEMORY;
    cj_status status =
        cj_examples_batch(run->context, p, from, NULL, index, out->count, x,
                          out->classes ? labels : NULL, out->classes ? NULL : target);
    if (status == CJ_OK && out->pictures) {
        uint8_t *pixel = cj_allocate(run->context, numbers);
        status =
            pixel ? cj_examples_pixels(run->context, from, index, out->count, pixel) : CJ_NO_MEMORY;
        for (size_t i = 0; status == CJ_OK && i < numbers; i++)
            x[i] = (float)pixel[i] / 255;
        cj_release(run->context, pixel, numbers);
    }
    out->x = x;
    out->labels = out->classes ? labels : NULL;
    out->target = out->classes ? NULL : target;
    return status;
}

cj_status cj_study_load(cj_study_run *run, cj_part_id part, int64_t limit, cj_study_examples *out)
{
    *out = (cj_study_examples){0};
    cj_status status = open_data(run);
    if (status != CJ_OK)
        return status;
    const cj_preprocess *p = run->data->preprocess;
    const cj_examples *from = &run->data->part[part];
    *out = (cj_study_examples){.count = limit && limit < from->count ? limit : from->count,
                               .inputs = cj_preprocess_inputs(p),
                               .rank = p->rank,
                               .classes = p->task == CJ_TASK_CLASSES ? p->classes : 0,
                               .pictures = p->kind == CJ_INPUT_IMAGES,
                               .targets = p->task == CJ_TASK_CLASSES ? 0 : p->targets};
    memcpy(out->shape, p->shape, sizeof out->shape);
    if (!from->count)
        return cj_fail(run->context, CJ_VALUE, "the data '%s' have no %s part",
                       cj_study_text(run, "data"), part == CJ_TEST ? "test" : "training");
    size_t bytes = (size_t)from->count * sizeof(int64_t);
    int64_t *order = cj_allocate(run->context, bytes);
    if (!order)
        return CJ_NO_MEMORY;
    cj_key key = cj_key_fold_text(cj_key_from_seed(run->options->seed), "study.examples");
    cj_key_permutation(cj_key_fold(key, (uint64_t)part), from->count, order);
    status = fill(run, from, order, out);
    cj_release(run->context, order, bytes);
    return status;
}

cj_source cj_study_source(const cj_study_examples *e)
{
    cj_source source = {.count = e->count,
                        .x = e->x,
                        .x_dtype = CJ_F32,
                        .x_rank = e->rank,
                        .y = e->classes ? (const void *)e->labels : e->target,
                        .y_is_float = !e->classes,
                        .y_rank = e->classes ? 0 : 1,
                        .y_shape = {e->targets}};
    memcpy(source.x_shape, e->shape, (size_t)e->rank * sizeof *e->shape);
    return source;
}

cj_status cj_study_apply(cj_study_run *run, const cj_study_examples *e, int64_t chunk,
                         cj_study_fn *f, void *user, float *out)
{
    cj_context *c = run->context;
    int64_t n = CJ_MIN(chunk, e->count);
    if (n < 1)
        return cj_fail(c, CJ_INVALID, "cj_study_apply: there are no examples");
    if (cj_frame_enter(c) != CJ_OK)
        return cj_error_status(c);
    cj_tensor *x = cj_input(c, "x", CJ_F32, 2, (int64_t[]){n, e->inputs});
    cj_tensor *labels = cj_input(c, "labels", CJ_I32, 1, (int64_t[]){n});
    cj_tensor *y = f(user, x, labels);
    if (y && (cj_rank(y) < 1 || cj_extent(y, 0) != n || cj_tensor_dtype(y) != CJ_F32)) {
        cj_fail_building(c, CJ_INVALID, CJ_HERE,
                         "cj_study_apply: the function gives no f32 [%lld, ...]", (long long)n);
        y = NULL;
    }
    int64_t row = y ? cj_elements(y) / n : 0;
    cj_program *program = y ? cj_compile(c, 1, &y, NULL) : NULL;
    cj_status status = program ? CJ_OK : cj_error_status(c);
    for (int64_t i = 0; status == CJ_OK && i < e->count; i += n) {
        int64_t from = CJ_MIN(i, e->count - n); /* the last rows again, not a shorter program */
        static const int32_t none;
        cj_feed feed[] = {{"x", e->x + from * e->inputs},
                          {"labels", e->labels ? e->labels + from : &none}};
        status = cj_run(program, e->labels ? 2 : 1, feed);
        if (status == CJ_OK)
            memcpy(out + from * row, cj_output(program, 0), (size_t)(n * row) * sizeof *out);
    }
    cj_program_free(program);
    cj_frame_leave(c);
    return status;
}
