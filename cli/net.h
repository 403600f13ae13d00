/*
 * cli/net.h - the net of a command: handed to the trainer, fed from a data set.
 */
#ifndef CAJAL_CLI_NET_H
#define CAJAL_CLI_NET_H

#include "cli.h"

#include "cajal/fit.h"

/* Examples of a part as a source: made ready a batch at a time. Lives as long as the source is used. */
typedef struct examples_source {
    cj_context *context;
    const cj_preprocess *preprocess;
    const cj_examples *examples;
    cj_augment_draw *draw; /* NULL: as they are */
    bool shares;           /* labels come as each class's share */
} examples_source;

/* A source over a part; without examples (NULL) one that only tells shapes, of `count` examples. */
cj_source source_of(cj_context *context, examples_source *from, const cj_preprocess *preprocess,
                    const cj_examples *examples, int64_t count);
/* Labels as shares: what mixup and cutmix need of the training and the validation source. */
void source_of_shares(cj_source *source, examples_source *from);
/* cj_fit's build over a cj_net. */
cj_tensor *build_net(void *net, cj_scope *scope, cj_tensor *x);
/* The optimiser of --optim and --lr; false after the error has been reported. */
bool parse_optimiser(cli *c, const char *text, cj_optimiser *optimiser);

/*
 * What the model gives for all examples of a part: *raw and (where out is not NULL) *out, as in cj_model_forward, to be
 * released by release_outputs.
 */
cj_status forward_part(cj_context *context, cj_model *model, const cj_examples *part, float **raw,
                       float **out);
void release_outputs(cj_context *context, const cj_model *model, const cj_examples *part,
                     float *outputs);

#endif
