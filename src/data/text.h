/*
 * src/data/text.h - what the reader of texts and its vocabulary share.
 */
#ifndef CJ_DATA_TEXT_H
#define CJ_DATA_TEXT_H

#include "cajal/data_text.h"
#include "data/data.h"

/* A span of UTF-8. */
typedef struct cj_span {
    const char *text;
    size_t length;
} cj_span;

/* The next token of the span, which shrinks; false at its end. `lines`: an end of line is a token
 * (of words: "<eos>"). */
bool cj_token_next(cj_text_unit unit, bool lines, cj_span *rest, cj_span *token);

/* Words with counts, in a table of open addressing. */
typedef struct cj_vocabulary {
    cj_context *context;
    struct cj_word *word; /* borrowed spans */
    size_t count, capacity;
    int32_t *slot; /* -1: empty */
    size_t slots;
} cj_vocabulary;

typedef struct cj_word {
    cj_span span;
    int64_t count;
    uint64_t hash;
    int32_t id; /* after the sort */
} cj_word;

void cj_vocabulary_free(cj_vocabulary *v);
cj_status cj_vocabulary_add(cj_vocabulary *v, cj_span span);
cj_word *cj_vocabulary_find(const cj_vocabulary *v, cj_span span); /* or NULL */
/* Gives every word its number: characters by byte order (which is that of their code), words from 1
 * by count, then byte order, -1 for those that are left out. Returns the size of the vocabulary. */
int cj_vocabulary_number(cj_vocabulary *v, cj_text_unit unit, const cj_text_options *options);

#endif
