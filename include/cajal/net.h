/*
 * cajal/net.h - nets written as a short text, checked layer by layer before anything is computed.
 *
 *     conv 32 5x5, relu, maxpool 2, conv 64 5x5, relu, maxpool 2, linear 128, relu, linear classes
 *
 * Grammar (blanks are free; a comma, a semicolon or a line end separates layers; # begins a
 * comment):
 *
 *     net    = layers
 *     layers = [item {"," item}]
 *     item   = [COUNT "x"] layer ["as" NAME ["from" FIRST]]
 *     layer  = KIND {number | AxB | option} | "(" layers ")" | block
 *     block  = "residual" "(" layers ["|" layers] ")"  what is inside, plus x or the second part
 *            | "add" "(" layers {"|" layers} ")"       the sum of the branches; an empty one is x
 *            | "concat" "(" layers {"|" layers} ")"    the branches joined along channels, features
 *
 * Kinds: takes, gives (x a picture [channels, height, width] or a row [features]; torch's
 * defaults):
 *
 *     conv N KxK [stride S] [pad P|same] [dilation D] [groups G] [nobias]   a picture; N channels
 *     linear N|classes [nobias]        anything, flattened; N features; classes: what the data ask
 *     maxpool K [stride S] [pad P]     a picture; stride K unless given
 *     avgpool K [stride S] [pad P]     the same; `avgpool all`: the mean of each channel, a row
 *     bn                               a picture or a row: batch norm
 *     dropout P                        anything; P the share that is dropped in training
 *     relu, leaky SLOPE, elu, gelu, silu, sigmoid, softplus, tanh           anything, elementwise
 *     flatten, identity                anything
 *     shortcut N [stride S]            a picture: every S-th pixel, zero channels around up to N
 *                                      (option A of He et al., "Deep residual learning", 2015)
 *
 * A layer is called by its kind and its count, from 1: conv1, bn1, fc1 (linear), relu1; `as` gives
 * another name. A named group or block is a scope: `(conv 16 3x3, bn) as stem` makes stem.conv1 and
 * stem.bn1. A repeated one counts from 0 or FIRST: `3 x (conv 16 3x3 pad 1, relu) as body` makes
 * body.0.conv1, body.1.conv1, ... Names are those of the weights in the model file.
 *
 * The net must end in a row of as many numbers as the data ask for. Where it does not, and its last
 * layer is no linear, `linear classes` is appended.
 */
#ifndef CAJAL_NET_H
#define CAJAL_NET_H

#include "cajal/nn.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cj_net cj_net;

/* A net that has a name. `mlp` takes the sizes of its hidden layers: "mlp:256,64". */
typedef struct cj_known_net {
    const char *name, *title;
    const char *text;
    int rank; /* of the example that it was made for, when no data say otherwise */
    int64_t shape[3];
    int64_t outputs;
} cj_known_net;
CJ_API const cj_known_net *cj_net_known(int i); /* NULL past the last */

/* A layer that does something, in the order of computation, repeats written out. */
typedef struct cj_net_layer {
    const char *name; /* "layer1.0.conv1" */
    const char *text; /* "conv 16 3x3 pad 1 nobias" */
    int rank;         /* of one example of its output */
    int64_t shape[4];
    int64_t parameters; /* learnt numbers; running statistics do not count */
    int64_t flops;      /* forward, one example: 2 a multiply-add of conv and linear, else 0 */
    int64_t bytes;      /* of its output in f32, one example */
} cj_net_layer;

/*
 * Parses and checks a net for examples of `shape` (rank 1 to 4, without the batch) that gives
 * `outputs` numbers. `text` is a known name or a text in the grammar above. INVALID or SHAPE: the
 * error names the layer, what reaches it and what it takes; a word that is not known lists the ones
 * that are. At most 10,000 layers and blocks, repeats written out. The net is freed by cj_net_free before its context.
 */
CJ_API cj_status cj_net_parse(cj_context *context, const char *text, int rank, const int64_t *shape,
                              int64_t outputs, cj_net **out);
/* The same, where `text` may also be "@path" or the path of an existing file that holds such a
 * text. */
CJ_API cj_status cj_net_read(cj_context *context, const char *text, int rank, const int64_t *shape,
                             int64_t outputs, cj_net **out);
CJ_API void cj_net_free(cj_net *net); /* NULL is fine */

/* The net on a batch x [N, shape...] f32 or f64: [N, outputs]. Its weights are those of `scope`
 * under the layers' names. */
CJ_API cj_tensor *cj_net_build_at(cj_at at, const cj_net *net, cj_scope *scope, cj_tensor *x);
#define cj_net_build(...) cj_net_build_at(CJ_HERE, __VA_ARGS__)

/* The text in canonical form, one line, all sizes written as numbers: parsing it again gives the
 * same net. */
CJ_API const char *cj_net_text(const cj_net *net);
/* What the net is called: "lenet", "mlp", or "net" for a text. */
CJ_API const char *cj_net_name(const cj_net *net);
CJ_API int cj_net_rank(const cj_net *net);             /* of one example */
CJ_API const int64_t *cj_net_shape(const cj_net *net); /* of one example */
CJ_API int64_t cj_net_outputs(const cj_net *net);
CJ_API int cj_net_layers(const cj_net *net);
CJ_API const cj_net_layer *cj_net_layer_at(const cj_net *net, int i);

#ifdef __cplusplus
}
#endif

#endif
