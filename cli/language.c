/*
 * cli/language.c - texts as streams of tokens, their windows, and what frequencies alone foretell.
 */
#include "language.h"

#include "base/base.h"

#include <math.h>
#include <stdlib.h>

/* ---- loading ---- */

static int32_t find_word(const cj_text_data *d, const char *word)
{
    for (int32_t i = 0; i < d->words; i++)
        if (!strcmp(d->word[i], word))
            return i;
    return -1;
}

static const char *separator_word(const cj_text_data *d)
{
    return d->unit == CJ_TEXT_CHARACTERS ? "\n" : "<eos>";
}

static void choose_separator(language *l)
{
    const cj_text_data *d = l->text;
    bool many = false;
    for (int part = 0; part < CJ_PARTS; part++)
        many |= d->part[part].examples * d->sequences > 1;
    l->words = d->words;
    l->separator = many ? find_word(d, separator_word(d)) : -1;
    if (many && l->separator < 0)
        l->separator = l->words++;
}

/* Sequences one after the other, the separator before, between and behind them. */
static cj_status join(cj_context *context, const language *l, const cj_text_part *from, stream *to)
{
    int64_t sequences = from->examples * l->text->sequences, n = 0;
    int64_t all = from->tokens + (l->separator >= 0 ? sequences + 1 : 0);
    to->context = context;
    if (!from->tokens)
        return CJ_OK;
    to->token = cj_allocate(context, (size_t)all * sizeof *to->token);
    if (!to->token)
        return CJ_NO_MEMORY;
    to->tokens = all;
    if (l->separator < 0) {
        memcpy(to->token, from->token, (size_t)all * sizeof *to->token);
        return CJ_OK;
    }
    to->token[n++] = l->separator;
    for (int64_t s = 0; s < sequences; s++) {
        int64_t length = from->start[s + 1] - from->start[s];
        memcpy(to->token + n, from->token + from->start[s], (size_t)length * sizeof *to->token);
        n += length;
        to->token[n++] = l->separator;
    }
    return CJ_OK;
}

int language_load(cli *c, const char *what, int64_t window, double validation, language *l)
{
    int64_t seed = (int64_t)cj_seed(c->context);
    cj_text_options options = {.seed = (uint64_t)seed, .validation = validation};
    cj_status status = cj_text_load(c->context, what, &options, &l->text);
    if (status != CJ_OK)
        return fail_library(c, status);
    for (int i = 0; i < l->text->notes; i++)
        tell(c, "%s", l->text->note[i]);
    choose_separator(l);
    for (int part = 0; part < CJ_PARTS && status == CJ_OK; part++) {
        stream *s = &l->part[part];
        status = join(c->context, l, &l->text->part[part], s);
        s->window = window;
        s->count = s->tokens > window ? (s->tokens - 1) / window : 0;
        s->moves = part == CJ_TRAIN;
        if (s->moves && s->count > 1)
            s->count--; /* room for the shift */
    }
    if (status != CJ_OK)
        return fail_library(c, status);
    if (!l->part[CJ_TRAIN].count)
        return fail(c, EXIT_ERROR,
                    "'%s' has %lld %s to train on, a window is %lld: a longer text is needed, or a "
                    "shorter window as in --net lstm:context=16",
                    what, (long long)l->part[CJ_TRAIN].tokens, language_unit(l),
                    (long long)window + 1);
    return EXIT_DONE;
}

void language_free(cj_context *context, language *l)
{
    for (int part = 0; part < CJ_PARTS; part++)
        if (l->part[part].token)
            cj_release(context, l->part[part].token,
                       (size_t)l->part[part].tokens * sizeof *l->part[part].token);
    cj_text_free(context, l->text);
}

const char *language_unit(const language *l)
{
    return l->text->unit == CJ_TEXT_CHARACTERS ? "characters" : "words";
}

json_t *language_about(const language *l)
{
    json_t *words = json_array();
    for (int i = 0; i < l->text->words; i++)
        json_array_append_new(words, json_string(l->text->word[i]));
    if (l->words > l->text->words)
        json_array_append_new(words, json_string(separator_word(l->text)));
    return json_pack("{s:s, s:s, s:i, s:o}", "task", "language", "unit", language_unit(l),
                     "separator", (int)l->separator, "vocabulary", words);
}

/* ---- windows ---- */

static void begin_epoch(void *user, int64_t epoch)
{
    stream *s = user;
    int64_t room = s->tokens - s->count * s->window; /* the last token is only foretold */
    cj_key key = cj_key_fold_text(cj_key_from_seed(cj_seed(s->context)), "window");
    if (s->moves)
        s->shift = (int64_t)(cj_key_bits(cj_key_fold(key, (uint64_t)epoch), 0) % (uint64_t)room);
}

static cj_status fetch(void *user, const int64_t *index, int64_t n, void *x, void *y)
{
    const stream *s = user;
    size_t bytes = (size_t)s->window * sizeof *s->token;
    for (int64_t i = 0; i < n; i++) {
        const int32_t *from = s->token + s->shift + index[i] * s->window;
        memcpy((char *)x + (size_t)i * bytes, from, bytes);
        memcpy((char *)y + (size_t)i * bytes, from + 1, bytes);
    }
    return CJ_OK;
}

cj_source language_source(stream *s)
{
    return (cj_source){.count = s->count,
                       .x_dtype = CJ_I32,
                       .x_rank = 1,
                       .x_shape = {s->window},
                       .y_rank = 1,
                       .y_shape = {s->window},
                       .fetch = fetch,
                       .begin_epoch = begin_epoch,
                       .user = s};
}

/* ---- frequencies ---- */

typedef struct frequencies {
    int64_t rows, words;
    uint32_t *count; /* [rows][words]: how often the word came after the row's */
    uint32_t *sum;   /* [rows] */
    int32_t *best;   /* [rows]: the most frequent */
} frequencies;

static void count_tokens(frequencies *f, const stream *from)
{
    for (int64_t i = 1; i < from->tokens; i++) {
        int64_t row = f->rows > 1 ? from->token[i - 1] : 0;
        f->count[row * f->words + from->token[i]]++;
        f->sum[row]++;
    }
    for (int64_t row = 0; row < f->rows; row++) {
        const uint32_t *count = f->count + row * f->words;
        for (int32_t k = 1; k < f->words; k++)
            if (count[k] > count[f->best[row]])
                f->best[row] = k;
    }
}

static void score_tokens(const frequencies *f, const stream *on, double *loss, double *right)
{
    int64_t all = on->count * on->window, found = 0;
    double sum = 0;
    for (int64_t i = 1; i <= all; i++) {
        int64_t row = f->rows > 1 ? on->token[i - 1] : 0;
        double times = f->count[row * f->words + on->token[i]];
        sum -= log((times + 1) / ((double)f->sum[row] + (double)f->words));
        found += f->best[row] == on->token[i];
    }
    *loss = sum / (double)all;
    *right = (double)found / (double)all;
}

bool language_frequencies(const language *l, const stream *from, const stream *on, int order,
                          double *loss, double *right)
{
    frequencies f = {.rows = order > 1 ? l->words : 1, .words = l->words};
    f.count = calloc((size_t)(f.rows * f.words), sizeof *f.count);
    f.sum = calloc((size_t)f.rows, sizeof *f.sum);
    f.best = calloc((size_t)f.rows, sizeof *f.best);
    bool made = f.count && f.sum && f.best;
    if (made) {
        count_tokens(&f, from);
        score_tokens(&f, on, loss, right);
    }
    free(f.count);
    free(f.sum);
    free(f.best);
    return made;
}
