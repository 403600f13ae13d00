/*
 * cajal/data_text.h - texts as sequences of tokens: for language models, and sentences with labels.
 * Part of libcajal-io.
 *
 *     cj_text_data *d;
 *     if (cj_text_load(context, "tinyshakespeare", NULL, &d) != CJ_OK)
 *         return fail(cj_error(context));
 *     const cj_text_part *train = &d->part[CJ_TRAIN];
 *     ... a window of train->token[at], train->token[at + 1], ... of d->words different ones
 *     cj_text_free(context, d);
 */
#ifndef CAJAL_DATA_TEXT_H
#define CAJAL_DATA_TEXT_H

#include "cajal/data.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a token is. */
typedef enum cj_text_unit {
    CJ_TEXT_AS_USUAL,   /* characters, but words for sets of sentences */
    CJ_TEXT_CHARACTERS, /* a Unicode character, the line's end too where a text is one sequence */
    CJ_TEXT_WORDS,      /* what stands between blanks; an end of line gives the token "<eos>" where
                           a text is one sequence */
    CJ_TEXT_LOWER_WORDS /* A to Z made small; a run of letters, digits, apostrophes and other
                           characters beyond ASCII, or any other sign alone */
} cj_text_unit;

typedef struct cj_text_part {
    int64_t examples;
    int64_t tokens; /* of all sequences */
    int32_t *token; /* the sequences one after the other */
    /* [examples * sequences + 1]: sequence s of example i is the tokens from
     * start[i * sequences + s] up to start[i * sequences + s + 1] */
    int64_t *start;
    int32_t *label; /* [examples], or NULL */
    float *target;  /* [examples], or NULL */
} cj_text_part;

typedef struct cj_text_data {
    cj_text_unit unit;
    /* The vocabulary, UTF-8. Characters: all that occur in any part, in order of their number.
     * Words: word 0 is "<unk>", which all words that are not in the training part are read as; the
     * rest from the most frequent on, then in byte order. */
    int words;
    char **word;
    int sequences; /* of an example: 1, or 2 for pairs of sentences */
    int classes;
    char **class_name;
    const char *target_name; /* what `target` is, or NULL */
    cj_text_part part[CJ_PARTS];
    char **note; /* what a user should be told */
    int notes;
    char hash[65]; /* SHA-256 of the files' bytes */
} cj_text_data;

typedef struct cj_text_options {
    cj_text_unit unit;
    int most_words;    /* of the vocabulary of words, "<unk>" included; 0: no bound */
    int64_t least;     /* words that occur more rarely are "<unk>"; 0: 1 */
    uint64_t seed;     /* of the split */
    double validation; /* the share of each part; 0: the set's own, negative: none */
    double test;
} cj_text_options;

/*
 * Loads (options may be NULL)
 * - tinyshakespeare, or any text file, as one sequence: the last tenth is the validation part;
 * - names: a sequence a line, split at random, a tenth each for validation and test;
 * - ptb: ptb.train.txt, ptb.valid.txt, ptb.test.txt, each one sequence; without the first the
 *   training part is empty, which a note says, and the vocabulary is that of the others;
 * - rt-polarity, sms-spam: a sequence a line, with a class; a fifth is the test part, stratified;
 * - sick: pairs of sentences with the entailment as class and the relatedness, 1 to 5, as target.
 * A text that is no UTF-8 is read as Latin-1. MISSING: not found. FORMAT: a line is not what the
 * set's lines are, with its number.
 */
CJ_API cj_status cj_text_load(cj_context *context, const char *what, const cj_text_options *options,
                              cj_text_data **out);
/* The same of one of those sets, or of a plain text where `set` is NULL, from the bytes of its one
 * file; `name` is what errors call them. INVALID: a set of several files. */
CJ_API cj_status cj_text_parse(cj_context *context, const char *set, const char *name,
                               const void *data, size_t size, const cj_text_options *options,
                               cj_text_data **out);
CJ_API void cj_text_free(cj_context *context, cj_text_data *data); /* NULL is fine */

/*
 * A text as tokens of this vocabulary, *count of them, at most one a byte of the text. Unknown words
 * are token 0; an unknown character is VALUE.
 */
CJ_API cj_status cj_text_encode(cj_context *context, const cj_text_data *data, const char *text,
                                int32_t *token, int64_t *count);

#ifdef __cplusplus
}
#endif

#endif
