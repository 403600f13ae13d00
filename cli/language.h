/*
 * cli/language.h - texts as streams of tokens, for training a language model and for writing with one.
 */
#ifndef CAJAL_CLI_LANGUAGE_H
#define CAJAL_CLI_LANGUAGE_H

#include "task.h"

#include "cajal/data_text.h"

/* A part of a text as one sequence, and windows of it. */
typedef struct stream {
    cj_context *context;
    int32_t *token;
    int64_t tokens;
    int64_t window; /* tokens that a window predicts */
    int64_t shift;  /* where the first window of this epoch begins */
    bool moves;     /* the shift is drawn anew for each epoch */
    int64_t count;  /* windows */
} stream;

typedef struct language {
    cj_text_data *text;
    int words;         /* of the vocabulary, with the separator where it has one of its own */
    int32_t separator; /* the token between two sequences; -1: the text is one */
    stream part[CJ_PARTS];
} language;

/* Loads the text; an exit status, after the error has been reported. */
int language_load(cli *c, const char *what, int64_t window, double validation, language *l);
void language_free(cj_context *context, language *l);
/* As it stands in a model file. */
json_t *language_about(const language *l);
const char *language_unit(const language *l); /* "characters" or "words" */
cj_source language_source(stream *s);

/* write_text.c: what a model writes, to --output or standard output. */
int language_generate(cli *c, const named_model *m, const char *path);

/* Mean loss in nats over the windows of `on`, and the share of tokens foretold, of the frequencies of tokens (order 1) or of
 * pairs (2) in `from`, one added to each; false: no memory. */
bool language_frequencies(const language *l, const stream *from, const stream *on, int order,
                          double *loss, double *right);

#endif
