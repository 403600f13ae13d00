/*
 * cajal/model.h - a net with its weights and its preprocessing, in memory and as a file. Part of
 * libcajal-io.
 *
 *     cj_model *model;
 *     float p[10];
 *     char answer[64];
 *     cj_model_load(context, "model.safetensors", NULL, &model);
 *     cj_model_predict(model, &(cj_model_input){.count = 1, .pixel = digit}, p);
 *     puts(cj_model_answer(model, p, answer, sizeof answer));
 *
 * The file is safetensors: the net's parameters and buffers under their names, and as metadata
 *     cajal_format      "1"; a file of a later format is refused, naming it
 *     cajal_net         the net's text (cajal/net.h), canonical
 *     cajal_net_name    what it is called: "lenet", "net"
 *     cajal_preprocess  JSON (cj_preprocess_to_json): normalisation, columns, categories, classes,
 *                       targets
 * and nothing else: no time, no path, no number of threads, so that two equal trainings give equal
 * files.
 */
#ifndef CAJAL_MODEL_H
#define CAJAL_MODEL_H

#include "cajal/data.h"
#include "cajal/net.h"

#ifdef __cplusplus
extern "C" {
#endif

#define CJ_MODEL_FORMAT 1

typedef struct cj_model cj_model;

/* A model with initial weights: the net `net` (as cj_net_parse takes it) for what the preprocessing
 * gives. Copies both. */
CJ_API cj_status cj_model_new(cj_context *context, const char *net, const cj_preprocess *preprocess,
                              cj_model **out);
CJ_API void cj_model_free(cj_model *model); /* NULL is fine; before its context */

/* What it is made of; owned by the model. The scope holds the weights: train them there. */
CJ_API const cj_net *cj_model_net(const cj_model *model);
CJ_API const cj_preprocess *cj_model_preprocess(const cj_model *model);
CJ_API cj_scope *cj_model_scope(cj_model *model);
/* What its net was called when it was made: "lenet", "mlp", or "net" for a text. */
CJ_API const char *cj_model_name(const cj_model *model);

/* The net's parameters and buffers with the metadata above; free with cj_tensor_file_free. */
CJ_API cj_status cj_model_to_file(cj_model *model, cj_tensor_file **out);
/* Writes that file whole; equal models give equal bytes. */
CJ_API cj_status cj_model_save(cj_model *model, const char *path);
/* model_hash: cj_tensor_file_hash of the parameters and buffers. */
CJ_API cj_status cj_model_hash(cj_model *model, char text[65]);

/*
 * For files without the metadata, as a state_dict saved from torch: the net must be told. Without a
 * preprocessing, pictures of the shape that the named net was made for are taken as pixel / 255,
 * the classes are called 0, 1, 2, ...
 */
typedef struct cj_model_options {
    const char *net;
    const cj_preprocess *preprocess; /* borrowed */
} cj_model_options;

/*
 * Reads a model; options may be NULL. UNSUPPORTED: a later format. INVALID: no metadata and no
 * options->net. SHAPE, NOT_FOUND: the tensors are not those of the net; the sentence names the
 * first. Tensors that are no part of the net are an error too.
 */
CJ_API cj_status cj_model_load(cj_context *context, const char *path,
                               const cj_model_options *options, cj_model **out);
/* The same from a file in memory, called `name` in errors. */
CJ_API cj_status cj_model_from_file(cj_context *context, const char *name,
                                    const cj_tensor_file *file, const cj_model_options *options,
                                    cj_model **out);

/* What a user holds: `count` examples, in one of five ways. */
typedef struct cj_model_input {
    int64_t count;
    const uint8_t *pixel;   /* pictures of the model's size: [count][channels][height][width] */
    const cj_image *image;  /* pictures of any size: `count` of them */
    const float *value;     /* arrays as read, not standardised: [count][inputs] */
    const char *const *row; /* rows of a table: [count][columns] texts */
    int64_t columns;
    const char *const *column_name; /* `columns` names; NULL: by place */
    const char *where;    /* what errors call the rows: "where, row 3"; NULL: "the input" */
    int64_t *unseen;      /* where not NULL: grows by the categories never seen in training */
    const uint32_t *line; /* where not NULL, a line number a row: errors say "where, line 7" */
    /* recordings of the model's rate, cj_model_preprocess(model)->sound.rate: `count` of them */
    const cj_sound *sound;
} cj_model_input;

/*
 * Applies the stored preprocessing and the net. `out` [count][cj_preprocess_outputs] receives the
 * probability of each class (softmax), or each target in its own unit. VALUE, NOT_FOUND: as the
 * functions of cajal/data.h; INVALID: the model takes another kind of input. What an example gives
 * depends on no other.
 */
CJ_API cj_status cj_model_predict(cj_model *model, const cj_model_input *input, float *out);

/* False for a model that was read from a file without metadata: its preprocessing is the caller's,
 * or the plain one. */
CJ_API bool cj_model_own(const cj_model *model);

/* One example's outputs in the words of `cajal predict`: the name of the likeliest class, or the
 * targets as %.7g, with blanks between where there are several. Returns text, cut to size - 1
 * bytes. */
CJ_API char *cj_model_answer(const cj_model *model, const float *out, char *text, size_t size);
/* The likeliest class, the first of ties; a NaN is never likeliest (all NaN: 0). */
CJ_API int cj_model_best(const cj_model *model, const float *out);

/*
 * On examples made ready, x [count][inputs]: what the net gives, before softmax and before the
 * targets' standardisation is undone, into `raw` (may be NULL), and as in cj_model_predict into
 * `out` (may be NULL).
 */
CJ_API cj_status cj_model_forward(cj_model *model, int64_t count, const float *x, float *raw,
                                  float *out);

#ifdef __cplusplus
}
#endif

#endif
