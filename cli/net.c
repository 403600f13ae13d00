/*
 * cli/net.c - the net of a command: handed to the trainer, fed from a data set.
 */
#include "net.h"

#include "base/base.h"

static cj_status fetch(void *user, const int64_t *index, int64_t n, void *x, void *y)
{
    const examples_source *from = user;
    bool labels = from->preprocess->task == CJ_TASK_CLASSES && !from->shares;
    return cj_examples_batch(from->context, from->preprocess, from->examples, from->draw, index, n,
                             x, labels ? y : NULL, labels ? NULL : y);
}

static void begin_epoch(void *user, int64_t epoch)
{
    examples_source *from = user;
    if (from->draw)
        from->draw->epoch = epoch;
}

cj_source source_of(cj_context *context, examples_source *from, const cj_preprocess *preprocess,
                    const cj_examples *examples, int64_t count)
{
    cj_source source = {.count = examples ? examples->count : count,
                        .x_dtype = CJ_F32,
                        .x_rank = preprocess->rank,
                        .fetch = fetch,
                        .begin_epoch = begin_epoch,
                        .user = from};
    *from = (examples_source){context, preprocess, examples, NULL, false};
    for (int i = 0; i < preprocess->rank; i++)
        source.x_shape[i] = preprocess->shape[i];
    if (preprocess->task == CJ_TASK_REGRESSION) {
        source.y_is_float = true;
        source.y_rank = 1;
        source.y_shape[0] = preprocess->targets;
    }
    return source;
}

void source_of_shares(cj_source *source, examples_source *from)
{
    from->shares = source->y_is_float = source->y_is_shares = true;
    source->y_rank = 1;
    source->y_shape[0] = from->preprocess->classes;
}

cj_tensor *build_net(void *net, cj_scope *scope, cj_tensor *x)
{
    return cj_net_build(net, scope, x);
}

bool parse_optimiser(cli *c, const char *text, cj_optimiser *optimiser)
{
    cj_status status = cj_optimiser_parse(c->context, text, optimiser);
    if (status != CJ_OK) {
        fail_library(c, status);
        return false;
    }
    return option_number(c, OPT_LR, 1e-12, 1e6, &optimiser->lr);
}

/* Examples made ready at a time: what they weigh is bounded, too. */
#define AT_ONCE 256
#define AT_ONCE_BYTES (INT64_C(8) << 20)

static size_t output_bytes(const cj_model *model, const cj_examples *part)
{
    return (size_t)(part->count * cj_preprocess_outputs(cj_model_preprocess(model))) *
           sizeof(float);
}

void release_outputs(cj_context *context, const cj_model *model, const cj_examples *part,
                     float *outputs)
{
    if (outputs)
        cj_release(context, outputs, output_bytes(model, part));
}

static cj_status forward_all(cj_context *context, cj_model *model, const cj_examples *part,
                             float *raw, float *out)
{
    const cj_preprocess *p = cj_model_preprocess(model);
    int64_t inputs = cj_preprocess_inputs(p), outputs = cj_preprocess_outputs(p), index[AT_ONCE];
    int64_t fit = AT_ONCE_BYTES / (CJ_MAX(inputs, 1) * (int64_t)sizeof(float));
    int64_t at_once = CJ_MAX(CJ_MIN(fit, AT_ONCE), 1);
    size_t bytes = (size_t)(at_once * inputs) * sizeof(float);
    float *x = cj_allocate(context, bytes);
    cj_status status = x ? CJ_OK : CJ_NO_MEMORY;
    for (int64_t done = 0; done < part->count && status == CJ_OK; done += at_once) {
        int64_t n = CJ_MIN(part->count - done, at_once);
        for (int64_t i = 0; i < n; i++)
            index[i] = done + i;
        status = cj_examples_batch(context, p, part, NULL, index, n, x, NULL, NULL);
        if (status == CJ_OK)
            status = cj_model_forward(model, n, x, raw + done * outputs,
                                      out ? out + done * outputs : NULL);
    }
    if (x)
        cj_release(context, x, bytes);
    return status;
}

cj_status forward_part(cj_context *context, cj_model *model, const cj_examples *part, float **raw,
                       float **out)
{
    *raw = cj_allocate(context, output_bytes(model, part));
    if (out)
        *out = cj_allocate(context, output_bytes(model, part));
    if (!*raw || (out && !*out))
        return CJ_NO_MEMORY;
    return forward_all(context, model, part, *raw, out ? *out : NULL);
}
