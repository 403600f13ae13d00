/*
 * src/io/model.c - a model in memory: net, preprocessing, weights in a scope, and the programs that apply it.
 */
#include "io/model.h"

#include "base/base.h"

/* Examples that go through the net at once: enough to keep it busy, few enough for a small arena. */
#define MOST_AT_ONCE 256

/* ---- making ---- */

/* Asks the net once for all its variables, so that they exist. */
static cj_status create_variables(cj_model *model)
{
    int64_t shape[CJ_MAX_RANK] = {2};
    int rank = model->preprocess->rank;
    for (int i = 0; i < rank; i++)
        shape[i + 1] = model->preprocess->shape[i];
    cj_status status = cj_frame_enter(model->context);
    if (status != CJ_OK)
        return status;
    cj_scope_build(model->scope, false);
    cj_tensor *x = cj_input(model->context, "x", CJ_F32, rank + 1, shape);
    cj_net_build(model->net, model->scope, x);
    status = cj_context_status(model->context);
    cj_frame_leave(model->context);
    return status;
}

static cj_status make(cj_model *model, const char *net, const cj_preprocess *preprocess)
{
    cj_status status = cj_preprocess_copy(model->context, preprocess, &model->preprocess);
    if (status == CJ_OK)
        status = cj_net_parse(model->context, net, preprocess->rank, preprocess->shape,
                              cj_preprocess_outputs(preprocess), &model->net);
    if (status != CJ_OK)
        return status;
    model->scope = cj_scope_new(model->context);
    return model->scope ? create_variables(model) : CJ_NO_MEMORY;
}

cj_status cj_model_new(cj_context *context, const char *net, const cj_preprocess *preprocess,
                       cj_model **out)
{
    *out = NULL;
    cj_model *model = cj_allocate_zero(context, sizeof *model);
    if (!model)
        return CJ_NO_MEMORY;
    model->context = context;
    bool building = cj_context_status(context) == CJ_OK;
    cj_status status = make(model, net, preprocess);
    if (status == CJ_OK) {
        *out = model;
        return CJ_OK;
    }
    cj_model_free(model);
    if (!building || cj_context_status(context) == CJ_OK)
        return status;
    /* A net that cannot be built is this call's error, not one that stays on the context. */
    char sentence[512];
    snprintf(sentence, sizeof sentence, "%s", cj_error(context));
    cj_error_clear(context);
    return cj_fail(context, status, "%s", sentence);
}

void cj_model_free(cj_model *model)
{
    if (!model)
        return;
    for (size_t i = 0; i < CJ_COUNT(model->program); i++)
        cj_program_free(model->program[i].program);
    cj_scope_free(model->scope);
    cj_net_free(model->net);
    cj_preprocess_free(model->context, model->preprocess);
    cj_release(model->context, model, sizeof *model);
}

const cj_net *cj_model_net(const cj_model *model)
{
    return model->net;
}

const cj_preprocess *cj_model_preprocess(const cj_model *model)
{
    return model->preprocess;
}

cj_scope *cj_model_scope(cj_model *model)
{
    return model->scope;
}

bool cj_model_own(const cj_model *model)
{
    return !model->foreign;
}

/* ---- applying the net ---- */

static cj_program *compile(cj_model *model, int64_t count)
{
    cj_context *context = model->context;
    int64_t shape[CJ_MAX_RANK] = {count};
    int rank = model->preprocess->rank;
    for (int i = 0; i < rank; i++)
        shape[i + 1] = model->preprocess->shape[i];
    if (cj_frame_enter(context) != CJ_OK)
        return NULL;
    cj_scope_build(model->scope, false);
    cj_tensor *x = cj_input(context, "x", CJ_F32, rank + 1, shape);
    cj_tensor *raw = cj_net_build(model->net, model->scope, x);
    bool classes = model->preprocess->task == CJ_TASK_CLASSES;
    cj_tensor *output[2] = {raw, classes ? cj_softmax(raw, 1) : raw};
    cj_program *program = cj_compile(context, classes ? 2 : 1, output, NULL);
    cj_frame_leave(context);
    return program;
}

/* The program for so many examples at once: one of the two last used, or a new one. */
static cj_program *program_for(cj_model *model, int64_t count)
{
    for (size_t i = 0; i < CJ_COUNT(model->program); i++)
        if (model->program[i].program && model->program[i].count == count)
            return model->program[i].program;
    int place = model->oldest;
    cj_program *program = compile(model, count);
    if (!program)
        return NULL;
    cj_program_free(model->program[place].program);
    model->program[place].program = program;
    model->program[place].count = count;
    model->oldest = !place;
    return program;
}

cj_status cj_model_forward(cj_model *model, int64_t count, const float *x, float *raw, float *out)
{
    const cj_preprocess *preprocess = model->preprocess;
    int64_t inputs = cj_preprocess_inputs(preprocess), outputs = cj_preprocess_outputs(preprocess);
    bool classes = preprocess->task == CJ_TASK_CLASSES;
    for (int64_t done = 0; done < count;) {
        int64_t n = CJ_MIN(count - done, MOST_AT_ONCE);
        cj_program *program = program_for(model, n);
        if (!program)
            return cj_context_status(model->context) != CJ_OK ? cj_context_status(model->context)
                                                              : CJ_NO_MEMORY;
        cj_status status = cj_run(program, 1, &(cj_feed){"x", x + done * inputs});
        if (status != CJ_OK)
            return status;
        size_t bytes = (size_t)(n * outputs) * sizeof(float);
        if (raw)
            memcpy(raw + done * outputs, cj_output(program, 0), bytes);
        if (out)
            memcpy(out + done * outputs, cj_output(program, classes ? 1 : 0), bytes);
        if (out && !classes)
            cj_preprocess_undo_targets(preprocess, n, out + done * outputs);
        done += n;
    }
    return CJ_OK;
}

/* ---- from what a user holds ---- */

static cj_status match_columns(cj_model *model, const cj_model_input *input)
{
    char reason[400];
    cj_status status = cj_preprocess_match(model->context, model->preprocess, input->column_name,
                                           input->columns, model->map);
    if (status == CJ_OK || !input->where)
        return status;
    snprintf(reason, sizeof reason, "%s", cj_error(model->context));
    return cj_fail(model->context, status, "%.240s: %s", input->where, reason);
}

static cj_status ready_rows(cj_model *model, const cj_model_input *input, int64_t from, int64_t n,
                            float *x)
{
    int64_t inputs = cj_preprocess_inputs(model->preprocess);
    for (int64_t i = 0; i < n; i++) {
        char where[300];
        snprintf(where, sizeof where, "%.240s, %s %lld", input->where ? input->where : "the input",
                 input->line ? "line" : "row",
                 input->line ? (long long)input->line[from + i] : (long long)(from + i + 1));
        cj_status status = cj_preprocess_row(model->context, model->preprocess, where,
                                             input->row + (from + i) * input->columns, model->map,
                                             x + i * inputs, input->unseen);
        if (status != CJ_OK)
            return status;
    }
    return CJ_OK;
}

static cj_status ready(cj_model *model, const cj_model_input *input, int64_t from, int64_t n,
                       float *x)
{
    const cj_preprocess *p = model->preprocess;
    int64_t inputs = cj_preprocess_inputs(p);
    if (input->row)
        return ready_rows(model, input, from, n, x);
    if (input->pixel)
        cj_preprocess_pixels(p, input->pixel + from * inputs, n, x);
    else if (input->value)
        cj_preprocess_values(p, input->value + from * inputs, n, x);
    else if (input->sound)
        return cj_preprocess_sounds(model->context, p, input->sound + from, n, x);
    for (int64_t i = 0; i < n && input->image; i++) {
        cj_status status =
            cj_preprocess_image(model->context, p, &input->image[from + i], x + i * inputs);
        if (status != CJ_OK)
            return status;
    }
    return CJ_OK;
}

static cj_status check_input(cj_model *model, const cj_model_input *input)
{
    cj_input_kind kind = input->row                     ? CJ_INPUT_TABLE
                         : input->value || input->sound ? CJ_INPUT_ARRAYS
                                                        : CJ_INPUT_IMAGES;
    if (!input->row && !input->value && !input->pixel && !input->image && !input->sound &&
        input->count)
        return cj_fail(model->context, CJ_INVALID,
                       "nothing to predict from: give pixel, image, value, row or sound");
    if (input->count < 0 || (input->count && kind != model->preprocess->kind))
        return cj_fail(model->context, CJ_INVALID, "the model takes %s, not %s",
                       cj_input_kind_text(model->preprocess->kind),
                       input->sound ? "recordings" : cj_input_kind_text(kind));
    return CJ_OK;
}

cj_status cj_model_predict(cj_model *model, const cj_model_input *input, float *out)
{
    cj_context *context = model->context;
    int64_t inputs = cj_preprocess_inputs(model->preprocess);
    int64_t outputs = cj_preprocess_outputs(model->preprocess);
    int64_t most = CJ_MIN(input->count, MOST_AT_ONCE);
    cj_status status = check_input(model, input);
    if (status != CJ_OK || input->count == 0)
        return status;
    size_t map_bytes = (size_t)model->preprocess->columns * sizeof(int);
    size_t bytes = (size_t)(most * inputs) * sizeof(float);
    float *x = cj_allocate(context, bytes);
    model->map = cj_allocate(context, map_bytes);
    if (!x || !model->map)
        status = CJ_NO_MEMORY;
    if (status == CJ_OK && input->row)
        status = match_columns(model, input);
    for (int64_t done = 0; done < input->count && status == CJ_OK; done += most) {
        int64_t n = CJ_MIN(input->count - done, most);
        status = ready(model, input, done, n, x);
        if (status == CJ_OK)
            status = cj_model_forward(model, n, x, NULL, out + done * outputs);
    }
    if (x)
        cj_release(context, x, bytes);
    if (model->map)
        cj_release(context, model->map, map_bytes);
    model->map = NULL;
    return status;
}

/* ---- what it says ---- */

int cj_model_best(const cj_model *model, const float *out)
{
    int best = 0;
    for (int i = 1; i < model->preprocess->classes; i++)
        if (out[i] > out[best] || (out[best] != out[best] && out[i] == out[i]))
            best = i;
    return best;
}

char *cj_model_answer(const cj_model *model, const float *out, char *text, size_t size)
{
    const cj_preprocess *p = model->preprocess;
    size_t used = 0;
    if (p->task == CJ_TASK_CLASSES) {
        snprintf(text, size, "%s", p->class_name[cj_model_best(model, out)]);
        return text;
    }
    for (int i = 0; i < p->targets && used < size; i++) {
        char number[32];
        cj_format_number(number, sizeof number, "%.7g", (double)out[i]);
        used += (size_t)snprintf(text + used, size - used, "%s%s", i ? " " : "", number);
    }
    return text;
}
