/*
 * cli/net.c - the net of a command: handed to the trainer, fed from a data set.
 */
#include "net.h"

static cj_status fetch(void *user, const int64_t *index, int64_t n, void *x, void *y)
{
    const examples_source *from = user;
    bool classes = from->preprocess->task == CJ_TASK_CLASSES;
    cj_examples_batch(from->preprocess, from->examples, index, n, x, classes ? y : NULL,
                      classes ? NULL : y);
    return CJ_OK;
}

cj_source source_of(examples_source *from, const cj_preprocess *preprocess, const cj_examples *examples,
                    int64_t count)
{
    cj_source source = {.count = examples ? examples->count : count,
                        .x_dtype = CJ_F32,
                        .x_rank = preprocess->rank,
                        .fetch = fetch,
                        .user = from};
    *from = (examples_source){preprocess, examples};
    for (int i = 0; i < preprocess->rank; i++)
        source.x_shape[i] = preprocess->shape[i];
    if (preprocess->task == CJ_TASK_REGRESSION) {
        source.y_is_float = true;
        source.y_rank = 1;
        source.y_shape[0] = preprocess->targets;
    }
    return source;
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
