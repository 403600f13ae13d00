/*
 * cajal/architecture.h - the named nets that are no chain of layers: language models, nets on
 * graphs, nets from pictures to pictures, operators between functions. (Nets that are chains have the text of cajal/net.h.)
 *
 * An architecture is a name with options, "lstm:layers=2,hidden=384"; what is left out has the
 * default that cj_architecture_list tells. The builders below make the graph of one from tensors.
 *
 *     cj_architecture a;
 *     cj_architecture_parse(context, "lstm:hidden=256", &a);
 *     logits = cj_language_model(scope, &a, words, tokens, NULL);
 */
#ifndef CAJAL_ARCHITECTURE_H
#define CAJAL_ARCHITECTURE_H

#include "cajal/nn.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a net is for: which data it takes, and which builder makes it. */
typedef enum cj_purpose {
    CJ_FOR_LANGUAGE,
    CJ_FOR_GRAPHS,
    CJ_FOR_PICTURES,
    CJ_FOR_OPERATORS
} cj_purpose;

typedef enum cj_architecture_kind {
    CJ_LSTM_MODEL,
    CJ_GRU_MODEL,
    CJ_TRANSFORMER_MODEL,
    CJ_GCN,
    CJ_SAGE,
    CJ_GAT,
    CJ_AUTOENCODER,
    CJ_VAE,
    CJ_UNET,
    CJ_FNO,
    CJ_ARCHITECTURES
} cj_architecture_kind;

typedef struct cj_architecture {
    cj_architecture_kind kind;
    int64_t layers, hidden, embedding, heads;
    int64_t context; /* tokens of a training window, and what a transformer looks back over */
    int64_t latent;  /* numbers of an autoencoder's code */
    int64_t modes;   /* frequencies that a Fourier layer keeps */
    double dropout;
} cj_architecture;

/* True where the text begins with a name of the table, alone or before a colon. */
CJ_API bool cj_architecture_known(const char *text);
CJ_API cj_purpose cj_architecture_purpose(const char *text); /* of such a text */
/* INVALID: no such name or option, or a value out of its range; the sentence lists what there is. */
CJ_API cj_status cj_architecture_parse(cj_context *context, const char *text, cj_architecture *out);
/* With all its options, so that parsing it again gives the same; cut to size - 1 bytes. */
CJ_API void cj_architecture_text(const cj_architecture *a, char *text, size_t size);
CJ_API const char *cj_architecture_name(cj_architecture_kind kind);
/* A line of help on row i of the table, "NAME:OPTION=DEFAULT,... - TITLE"; false past the last. */
CJ_API bool cj_architecture_list(int i, char *line, size_t size);

/* ---- language models ---- */

enum { CJ_LANGUAGE_STATES = 2 * 24 + 1 };

/*
 * What a language model carries from token to token: h and c of an lstm [layers, N, hidden], h of a
 * gru, keys, values and their count of a transformer (cj_cache).
 */
typedef struct cj_language_state {
    int count;
    cj_tensor *tensor[CJ_LANGUAGE_STATES];
} cj_language_state;

/* The state before the first token. A transformer's holds a->context tokens, further ones are
 * lost. */
CJ_API bool cj_language_begin_at(cj_at at, cj_scope *s, const cj_architecture *a, int64_t n,
                                 cj_language_state *state);
#define cj_language_begin(...) cj_language_begin_at(CJ_HERE, __VA_ARGS__)

/*
 * Logits [N, words, T] of the token after each of tokens [N, T] (an integer dtype, below `words`): an
 * embedding, the layers, a linear head. `state` is replaced by the one after the last token; NULL:
 * the text begins here. The transformer is of pre-norm layers (norm_first, gelu) with rotary
 * positions and a last layer norm. Parameters: embedding.weight, lstm.*, gru.* or layers.k.* and
 * norm.*, head.weight, head.bias. Graves, "Generating sequences with recurrent neural networks", 2013;
 * Radford et al., "Language models are unsupervised multitask learners", 2019.
 */
CJ_API cj_tensor *cj_language_model_at(cj_at at, cj_scope *s, const cj_architecture *a,
                                       int64_t words, cj_tensor *tokens, cj_language_state *state);
#define cj_language_model(...) cj_language_model_at(CJ_HERE, __VA_ARGS__)

/* ---- nets on graphs ---- */

/*
 * Logits [nodes, classes] of all nodes from x [nodes, features] and the edges source, target: dropout
 * and a convolution a layer, between them relu (gat: elu); gat has `heads` of `hidden` features side
 * by side, and one in the last layer. Parameters conv1.*, conv2.*, ... with the names of
 * cajal/message_passing.h.
 */
CJ_API cj_tensor *cj_graph_net_at(cj_at at, cj_scope *s, const cj_architecture *a, int64_t classes,
                                  cj_tensor *x, cj_tensor *source, cj_tensor *target);
#define cj_graph_net(...) cj_graph_net_at(CJ_HERE, __VA_ARGS__)

/* ---- from pictures to pictures ---- */

/*
 * Of pictures x [N, channels, height, width] in 0 to 1:
 * - autoencoder: [N, elements] in 0 to 1, the pictures given back through a code of `latent`
 *   numbers; encoder and decoder are perceptrons of `layers` of `hidden` relu units;
 * - vae: [N, elements + 2 latent]: the logits of the picture decoded from z = m + e^(v/2) noise,
 *   then m and v, the mean and the log of the variance of the code (Kingma and Welling,
 *   "Auto-encoding variational Bayes", ICLR 2014). The noise is cj_picture_noise;
 * - unet: x plus what a U-net of `layers` halvings, `hidden` channels at full size, makes of it
 *   (Ronneberger et al., 2015): same shape.
 * Parameters: encoder.fc1.*, ..., decoder.fc1.*, ...; down0.conv1.*, ..., up0.conv1.*, ..., head.*.
 */
CJ_API cj_tensor *cj_picture_net_at(cj_at at, cj_scope *s, const cj_architecture *a, cj_tensor *x);
#define cj_picture_net(...) cj_picture_net_at(CJ_HERE, __VA_ARGS__)
/* N(0, 1) for pictures x [N, ...], [N, shape...]: a draw of the scope in training builds; in others by
 * (seed, picture), so that a figure hangs on no step and no batch. */
CJ_API cj_tensor *cj_picture_noise_at(cj_at at, cj_scope *s, cj_tensor *x, int rank,
                                      const int64_t *shape);
#define cj_picture_noise(...) cj_picture_noise_at(CJ_HERE, __VA_ARGS__)
/* The decoder alone: codes [N, latent] to [N, elements] in 0 to 1. */
CJ_API cj_tensor *cj_decode_at(cj_at at, cj_scope *s, const cj_architecture *a, int64_t elements,
                               cj_tensor *code);
#define cj_decode(...) cj_decode_at(CJ_HERE, __VA_ARGS__)
/* The negative evidence lower bound in nats a picture, from the output of a vae and the pictures:
 * cross entropy of the pixels, summed, plus the divergence of the code from N(0, 1). */
CJ_API cj_tensor *cj_elbo_loss_at(cj_at at, const cj_architecture *a, cj_tensor *output,
                                  cj_tensor *x);
#define cj_elbo_loss(...) cj_elbo_loss_at(CJ_HERE, __VA_ARGS__)

/* ---- from functions to functions ---- */

/*
 * The Fourier neural operator on functions x [N, channels, points] of a periodic grid on [0, 1): the
 * place is one channel more, then a lift to `hidden` channels, `layers` of gelu(spectral convolution
 * + linear map of the channels) without the last gelu, and two pointwise layers to out_channels.
 * Parameters lift.*, spectral1.*, linear1.*, ..., head1.*, head2.*. Li et al., "Fourier neural operator for
 * parametric partial differential equations", ICLR 2021.
 */
CJ_API cj_tensor *cj_operator_net_at(cj_at at, cj_scope *s, const cj_architecture *a,
                                     int64_t out_channels, cj_tensor *x);
#define cj_operator_net(...) cj_operator_net_at(CJ_HERE, __VA_ARGS__)

#ifdef __cplusplus
}
#endif

#endif
