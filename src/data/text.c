/*
 * text.c - texts read, cut into examples, split, and numbered by a vocabulary.
 */
#include "data/text.h"

#include <stdio.h>

#define FILES 3

typedef enum layout { STREAM, LINES, FILE_A_CLASS, TAGGED, PAIRS } layout;

typedef struct text_set {
    const char *name;
    layout layout;
    cj_text_unit unit;
    double validation, test;
    const char *file[FILES]; /* of a stream: training, validation, test; else one a class */
    const char *class_name[FILES];
} text_set;

static const text_set sets[] = {
    {"tinyshakespeare", STREAM, CJ_TEXT_CHARACTERS, 0.1, 0, {NULL}, {NULL}},
    {"names", LINES, CJ_TEXT_CHARACTERS, 0.1, 0.1, {NULL}, {NULL}},
    {"ptb",
     STREAM,
     CJ_TEXT_WORDS,
     0,
     0,
     {"ptb.train.txt", "ptb.valid.txt", "ptb.test.txt"},
     {NULL}},
    {"sick", PAIRS, CJ_TEXT_LOWER_WORDS, 0, 0.2, {NULL}, {NULL}},
    {"rt-polarity",
     FILE_A_CLASS,
     CJ_TEXT_WORDS,
     0,
     0.2,
     {"rt-polarity.neg", "rt-polarity.pos"},
     {"negative", "positive"}},
    {"sms-spam", TAGGED, CJ_TEXT_LOWER_WORDS, 0, 0.2, {NULL}, {NULL}},
};
static const text_set plain = {"", STREAM, CJ_TEXT_CHARACTERS, 0.1, 0, {NULL}, {NULL}};

/* An example before it is numbered. */
typedef struct draft {
    cj_span text[2];
    int32_t label;
    float target;
    int part; /* -1: still to be drawn */
} draft;

typedef struct reader {
    cj_context *context;
    const char *name;
    const text_set *set;
    cj_text_options options;
    cj_text_data *data;
    void *bytes[FILES]; /* as UTF-8 */
    size_t size[FILES];
    draft *draft;
    size_t count, capacity;
    cj_vocabulary classes;
    bool drawn; /* some parts are to be drawn */
    cj_sha256 sha;
} reader;

/* ---- memory ---- */

static void free_words(cj_context *context, char **word, int count)
{
    for (int i = 0; word && i < count; i++)
        cj_text_release(context, word[i]);
    if (word)
        cj_release(context, word, (size_t)count * sizeof *word);
}

void cj_text_free(cj_context *context, cj_text_data *d)
{
    if (!d)
        return;
    free_words(context, d->word, d->words);
    free_words(context, d->class_name, d->classes);
    free_words(context, d->note, d->notes);
    for (int part = 0; part < CJ_PARTS; part++) {
        cj_text_part *p = &d->part[part];
        size_t n = (size_t)p->examples;
        if (p->token)
            cj_release(context, p->token, (size_t)p->tokens * sizeof *p->token);
        if (p->start)
            cj_release(context, p->start, (n * (size_t)d->sequences + 1) * sizeof *p->start);
        if (p->label)
            cj_release(context, p->label, n * sizeof *p->label);
        if (p->target)
            cj_release(context, p->target, n * sizeof *p->target);
    }
    cj_release(context, d, sizeof *d);
}

static cj_status copy_words(cj_context *context, const cj_vocabulary *v, int count, char ***out)
{
    *out = cj_allocate_zero(context, (size_t)count * sizeof **out);
    if (!*out)
        return CJ_NO_MEMORY;
    for (size_t i = 0; i < v->count; i++) {
        const cj_word *w = &v->word[i];
        if (w->id < 0 || (*out)[w->id])
            continue;
        if (!((*out)[w->id] = cj_text_copy(context, w->span.text, w->span.length)))
            return CJ_NO_MEMORY;
    }
    if (count && !(*out)[0]) /* "<unk>", where the text has none */
        (*out)[0] = cj_text_copy(context, "<unk>", 5);
    return count && !(*out)[0] ? CJ_NO_MEMORY : CJ_OK;
}

static cj_status note(reader *r, const char *text)
{
    cj_text_data *d = r->data;
    size_t old = (size_t)d->notes * sizeof *d->note;
    char *copy = cj_text_copy(r->context, text, strlen(text));
    char **more = copy ? cj_reallocate(r->context, d->note, old, old + sizeof *more) : NULL;
    if (!more) {
        cj_text_release(r->context, copy);
        return CJ_NO_MEMORY;
    }
    more[d->notes++] = copy;
    d->note = more;
    return CJ_OK;
}

/* ---- examples ---- */

static void make_small(char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (text[i] >= 'A' && text[i] <= 'Z')
            text[i] = (char)(text[i] - 'A' + 'a');
}

/* The texts lie in the reader's own bytes. */
static cj_status add(reader *r, draft example)
{
    for (int s = 0; s < 2 && r->data->unit == CJ_TEXT_LOWER_WORDS; s++)
        make_small((char *)(uintptr_t)example.text[s].text, example.text[s].length);
    cj_status status =
        cj_grow_list(r->context, &r->draft, &r->capacity, r->count, sizeof *r->draft);
    if (status == CJ_OK)
        r->draft[r->count++] = example;
    r->drawn = r->drawn || example.part < 0;
    return status;
}

/* The next line of a text, without its end. */
static bool next_line(cj_span *rest, cj_span *line)
{
    if (!rest->length)
        return false;
    const char *end = memchr(rest->text, '\n', rest->length);
    size_t length = end ? (size_t)(end - rest->text) : rest->length;
    *line = (cj_span){rest->text, length};
    rest->text += length + (end != NULL);
    rest->length -= length + (end != NULL);
    while (line->length && line->text[line->length - 1] == '\r')
        line->length--;
    return true;
}

static bool span_is(cj_span span, const char *text)
{
    return span.length == strlen(text) && memcmp(span.text, text, span.length) == 0;
}

/* Cuts a line at its tabs into at most `most` fields; returns how many there are. */
static size_t cut_fields(cj_span line, cj_span *field, size_t most)
{
    size_t count = 0;
    for (;;) {
        const char *tab = line.length ? memchr(line.text, '\t', line.length) : NULL;
        size_t length = tab ? (size_t)(tab - line.text) : line.length;
        if (count < most)
            field[count] = (cj_span){line.text, length};
        count++;
        if (!tab)
            return count;
        line.text += length + 1;
        line.length -= length + 1;
    }
}

/* The class is numbered once all are known: for now by its place in the table. */
static cj_status class_of(reader *r, cj_span name, int32_t *label)
{
    cj_status status = cj_vocabulary_add(&r->classes, name);
    if (status == CJ_OK && r->classes.count > 65536)
        status = cj_fail(r->context, CJ_UNSUPPORTED, "%s: more than 65536 classes", r->name);
    if (status == CJ_OK)
        *label = (int32_t)(cj_vocabulary_find(&r->classes, name) - r->classes.word);
    return status;
}

static cj_status read_stream(reader *r, int file)
{
    cj_span text = {r->bytes[file], r->size[file]};
    double share = r->options.validation;
    if (r->set->file[0] || share <= 0)
        return add(r, (draft){.text = {text}, .part = file});
    size_t cut = text.length - (size_t)(share * (double)text.length);
    while (cut < text.length && ((unsigned char)text.text[cut] & 0xc0) == 0x80)
        cut++;
    cj_span held = {text.text + cut, text.length - cut};
    text.length = cut;
    cj_status status = add(r, (draft){.text = {text}, .part = CJ_TRAIN});
    return status == CJ_OK ? add(r, (draft){.text = {held}, .part = CJ_VALIDATION}) : status;
}

static cj_status read_lines(reader *r, int file)
{
    cj_span rest = {r->bytes[file], r->size[file]}, line;
    cj_status status = CJ_OK;
    while (status == CJ_OK && next_line(&rest, &line)) {
        draft example = {.text = {line}, .part = -1};
        if (!line.length)
            continue;
        if (r->set->layout == FILE_A_CLASS) {
            const char *name = r->set->class_name[file];
            status = class_of(r, (cj_span){name, strlen(name)}, &example.label);
        }
        if (status == CJ_OK)
            status = add(r, example);
    }
    return status;
}

/* "ham<tab>the message"; a first line "Label<tab>..." is a header. */
static cj_status read_tagged(reader *r)
{
    cj_span rest = {r->bytes[0], r->size[0]}, line;
    cj_status status = CJ_OK;
    for (long number = 1; status == CJ_OK && next_line(&rest, &line); number++) {
        const char *tab = line.length ? memchr(line.text, '\t', line.length) : NULL;
        draft example = {.part = -1};
        if (!line.length)
            continue;
        if (!tab || tab == line.text)
            return cj_fail(r->context, CJ_FORMAT,
                           "%s, line %ld: no label and text with a tab between", r->name, number);
        cj_span tag = {line.text, (size_t)(tab - line.text)};
        if (number == 1 && (span_is(tag, "Label") || span_is(tag, "label")))
            continue;
        example.text[0] = (cj_span){tab + 1, line.length - tag.length - 1};
        status = class_of(r, tag, &example.label);
        if (status == CJ_OK)
            status = add(r, example);
    }
    return status;
}

#define FIELDS 16

/* Where the columns of SICK stand; the distributions of it name and order them differently. */
typedef struct pair_columns {
    size_t a, b, score, judgment, set; /* SIZE_MAX: not there */
    size_t count;
} pair_columns;

static cj_status find_columns(const reader *r, cj_span header, pair_columns *c)
{
    cj_span field[FIELDS];
    *c = (pair_columns){SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX, 0};
    c->count = cut_fields(header, field, FIELDS);
    for (size_t i = 0; i < CJ_MIN(c->count, FIELDS); i++) {
        size_t *at = span_is(field[i], "sentence_A")            ? &c->a
                     : span_is(field[i], "sentence_B")          ? &c->b
                     : span_is(field[i], "relatedness_score")   ? &c->score
                     : span_is(field[i], "entailment_judgment") ? &c->judgment
                     : span_is(field[i], "entailment_label")    ? &c->judgment
                     : span_is(field[i], "SemEval_set")         ? &c->set
                                                                : NULL;
        if (at)
            *at = i;
    }
    if (c->a == SIZE_MAX || c->b == SIZE_MAX || c->score == SIZE_MAX || c->judgment == SIZE_MAX)
        return cj_fail(r->context, CJ_FORMAT,
                       "%s: its first line does not name sentence_A, sentence_B, "
                       "relatedness_score and entailment_judgment (or entailment_label)",
                       r->name);
    return CJ_OK;
}

static cj_status read_pair(reader *r, const pair_columns *c, cj_span line, long number)
{
    cj_span field[FIELDS];
    char score[32];
    double target;
    if (cut_fields(line, field, FIELDS) != c->count)
        return cj_fail(r->context, CJ_FORMAT, "%s, line %ld: not the %zu fields of the first line",
                       r->name, number, c->count);
    snprintf(score, sizeof score, "%.*s", (int)CJ_MIN(field[c->score].length, 31),
             field[c->score].text);
    if (!cj_parse_number(score, &target) || !(target >= 1 && target <= 5))
        return cj_fail(r->context, CJ_VALUE,
                       "%s, line %ld: the relatedness is \"%s\", no number from 1 to 5", r->name,
                       number, score);
    draft example = {.text = {field[c->a], field[c->b]}, .target = (float)target, .part = -1};
    if (c->set != SIZE_MAX)
        example.part = span_is(field[c->set], "TEST")    ? CJ_TEST
                       : span_is(field[c->set], "TRIAL") ? CJ_VALIDATION
                                                         : CJ_TRAIN;
    cj_status status = class_of(r, field[c->judgment], &example.label);
    return status == CJ_OK ? add(r, example) : status;
}

static cj_status read_pairs(reader *r)
{
    cj_span rest = {r->bytes[0], r->size[0]}, line = {0};
    pair_columns columns;
    next_line(&rest, &line);
    cj_status status = find_columns(r, line, &columns);
    for (long number = 2; status == CJ_OK && next_line(&rest, &line); number++)
        if (line.length)
            status = read_pair(r, &columns, line, number);
    r->data->sequences = 2;
    r->data->target_name = "relatedness";
    return status;
}

/* ---- files ---- */

static cj_status take_bytes(reader *r, int file, const void *data, size_t size)
{
    const uint8_t *p = data;
    cj_sha256_add(&r->sha, data, size);
    if (size >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0) {
        p += 3;
        size -= 3;
    }
    if (size && memchr(p, 0, size))
        return cj_fail(r->context, CJ_FORMAT, "%s: holds a NUL byte: it is no text", r->name);
    cj_status status = CJ_OK;
    if (!cj_is_utf8(p, size)) {
        status = cj_latin1_to_utf8(r->context, p, size, &r->bytes[file], &r->size[file]);
        if (status == CJ_OK)
            status = note(r, "the text is no UTF-8 and was read as Latin-1");
    } else if (!(r->bytes[file] = cj_allocate(r->context, size))) {
        status = CJ_NO_MEMORY;
    } else {
        r->size[file] = size;
        if (size)
            memcpy(r->bytes[file], p, size);
    }
    if (status != CJ_OK)
        return status;
    switch (r->set->layout) {
    case STREAM: return read_stream(r, file);
    case LINES:
    case FILE_A_CLASS: return read_lines(r, file);
    case TAGGED: return read_tagged(r);
    case PAIRS: return read_pairs(r);
    }
    return CJ_OK;
}

static cj_status read_file(reader *r, int file, const char *path)
{
    void *data;
    size_t size;
    cj_status status = cj_file_read(r->context, path, 0, &data, &size);
    if (status != CJ_OK)
        return status;
    status = take_bytes(r, file, data, size);
    cj_release(r->context, data, size);
    return status;
}

/* The files of a set that lie beside the one at `path`. */
static cj_status read_files(reader *r, const char *path)
{
    char full[4096];
    const char *slash = strrchr(path, '/');
    int length = slash ? (int)(slash - path) + 1 : 0;
    if (!r->set->file[0])
        return read_file(r, 0, path);
    cj_status status = CJ_OK;
    for (int i = 0; i < FILES && r->set->file[i] && status == CJ_OK; i++) {
        int n = snprintf(full, sizeof full, "%.*s%s", length, path, r->set->file[i]);
        if (n < 0 || (size_t)n >= sizeof full)
            return cj_fail(r->context, CJ_INVALID, "the path of the data is too long");
        if (cj_exists(full))
            status = read_file(r, i, full);
        else if (r->set->layout == STREAM && i == CJ_TRAIN)
            status = note(r, "the file of the training part is not there: only the other parts, "
                             "and their vocabulary, are");
        else
            status = cj_fail(r->context, CJ_MISSING, "%s: the file %s is missing", r->name, full);
    }
    return status;
}

/* ---- parts ---- */

static cj_status draw_part(reader *r, const char *word, double share, cj_part_id part)
{
    size_t n = r->count, size = n * (sizeof(int32_t) + sizeof(bool));
    int32_t *label = cj_allocate(r->context, size);
    if (!label)
        return CJ_NO_MEMORY;
    bool *taken = (bool *)(label + n);
    int64_t rest = 0, k = 0;
    for (size_t i = 0; i < n; i++)
        if (r->draft[i].part < 0)
            label[rest++] = r->draft[i].label;
    cj_status status = cj_data_split(r->context, r->options.seed, word, label, rest, share, taken);
    for (size_t i = 0; status == CJ_OK && i < n; i++)
        if (r->draft[i].part < 0 && taken[k++])
            r->draft[i].part = (int)part;
    cj_release(r->context, label, size);
    return status;
}

static cj_status draw_parts(reader *r)
{
    cj_status status = draw_part(r, "test", r->options.test, CJ_TEST);
    if (status == CJ_OK)
        status = draw_part(r, "validation", r->options.validation, CJ_VALIDATION);
    for (size_t i = 0; i < r->count; i++)
        if (r->draft[i].part < 0)
            r->draft[i].part = CJ_TRAIN;
    return status;
}

/* ---- numbers ---- */

static bool has_lines(const reader *r)
{
    return r->set->layout == STREAM;
}

static cj_status count_words(reader *r, cj_vocabulary *v)
{
    bool training = false;
    cj_status status = CJ_OK;
    for (size_t i = 0; i < r->count; i++)
        training = training || (r->draft[i].part == CJ_TRAIN && r->draft[i].text[0].length);
    bool all = r->data->unit == CJ_TEXT_CHARACTERS || !training;
    for (size_t i = 0; i < r->count; i++)
        for (int s = 0; s < r->data->sequences && (all || r->draft[i].part == CJ_TRAIN); s++) {
            cj_span rest = r->draft[i].text[s], token;
            while (status == CJ_OK && cj_token_next(r->data->unit, has_lines(r), &rest, &token))
                status = cj_vocabulary_add(v, token);
        }
    return status;
}

static int64_t count_tokens(const reader *r, int part, int64_t *examples)
{
    int64_t tokens = 0;
    *examples = 0;
    for (size_t i = 0; i < r->count; i++) {
        if (r->draft[i].part != part)
            continue;
        ++*examples;
        for (int s = 0; s < r->data->sequences; s++) {
            cj_span rest = r->draft[i].text[s], token;
            while (cj_token_next(r->data->unit, has_lines(r), &rest, &token))
                tokens++;
        }
    }
    return tokens;
}

static cj_status make_part(reader *r, cj_text_part *p, int64_t examples, int64_t tokens)
{
    size_t n = (size_t)examples;
    p->examples = examples;
    p->tokens = tokens;
    p->token = cj_allocate(r->context, (size_t)tokens * sizeof *p->token);
    p->start = cj_allocate(r->context, (n * (size_t)r->data->sequences + 1) * sizeof *p->start);
    if (r->data->classes)
        p->label = cj_allocate(r->context, n * sizeof *p->label);
    if (r->data->target_name)
        p->target = cj_allocate(r->context, n * sizeof *p->target);
    bool made = p->token && p->start && (p->label || !r->data->classes) &&
                (p->target || !r->data->target_name);
    return made ? CJ_OK : CJ_NO_MEMORY;
}

static int32_t number_of(const cj_vocabulary *v, cj_span token)
{
    const cj_word *w = cj_vocabulary_find(v, token);
    return w && w->id > 0 ? w->id : 0;
}

static cj_status fill_part(reader *r, int part, const cj_vocabulary *v)
{
    cj_text_part *p = &r->data->part[part];
    int64_t examples, tokens = count_tokens(r, part, &examples), at = 0, sequence = 0, k = 0;
    cj_status status = make_part(r, p, examples, tokens);
    if (status != CJ_OK)
        return status;
    p->start[0] = 0;
    for (size_t i = 0; i < r->count; i++) {
        const draft *d = &r->draft[i];
        if (d->part != part)
            continue;
        for (int s = 0; s < r->data->sequences; s++) {
            cj_span rest = d->text[s], token;
            while (cj_token_next(r->data->unit, has_lines(r), &rest, &token))
                p->token[at++] = number_of(v, token);
            p->start[++sequence] = at;
        }
        if (p->label)
            p->label[k] = d->label;
        if (p->target)
            p->target[k] = d->target;
        k++;
    }
    return CJ_OK;
}

/* Classes in byte order; the drafts' labels are places in the table before it is sorted. */
static cj_status number_classes(reader *r)
{
    cj_vocabulary *v = &r->classes;
    size_t count = v->count, size = count * sizeof(cj_span);
    if (!count)
        return CJ_OK;
    cj_span *name = cj_allocate(r->context, size);
    if (!name)
        return CJ_NO_MEMORY;
    for (size_t i = 0; i < count; i++)
        name[i] = v->word[i].span;
    r->data->classes = cj_vocabulary_number(v, CJ_TEXT_CHARACTERS, &r->options);
    for (size_t i = 0; i < r->count; i++)
        r->draft[i].label = cj_vocabulary_find(v, name[r->draft[i].label])->id;
    cj_release(r->context, name, size);
    return copy_words(r->context, v, r->data->classes, &r->data->class_name);
}

static cj_status number_all(reader *r)
{
    cj_vocabulary v = {.context = r->context};
    cj_status status = count_words(r, &v);
    if (status == CJ_OK) {
        r->data->words = cj_vocabulary_number(&v, r->data->unit, &r->options);
        status = copy_words(r->context, &v, r->data->words, &r->data->word);
    }
    for (int part = 0; part < CJ_PARTS && status == CJ_OK; part++)
        status = fill_part(r, part, &v);
    cj_vocabulary_free(&v);
    return status;
}

/* ---- all together ---- */

static const text_set *find_set(const char *name)
{
    for (size_t i = 0; name && i < CJ_COUNT(sets); i++)
        if (strcmp(sets[i].name, name) == 0)
            return &sets[i];
    return &plain;
}

static double share_of(double asked, double usual)
{
    return asked == 0 ? usual : CJ_MAX(asked, 0);
}

static cj_status begin(reader *r, const char *set, const char *name, const cj_text_options *options)
{
    r->name = name;
    r->set = find_set(set);
    r->classes.context = r->context;
    if (options)
        r->options = *options;
    r->options.least = CJ_MAX(r->options.least, 1);
    r->options.validation = share_of(r->options.validation, r->set->validation);
    r->options.test = share_of(r->options.test, r->set->test);
    cj_sha256_init(&r->sha);
    if (!(r->options.validation < 1 && r->options.test < 1))
        return cj_fail(r->context, CJ_INVALID, "%s: a part's share must be less than 1", name);
    if (!(r->data = cj_allocate_zero(r->context, sizeof *r->data)))
        return CJ_NO_MEMORY;
    r->data->sequences = 1;
    r->data->unit = r->options.unit ? r->options.unit : r->set->unit;
    return CJ_OK;
}

static cj_status end(reader *r, cj_status status, cj_text_data **out)
{
    uint8_t digest[32];
    if (status == CJ_OK)
        status = number_classes(r);
    if (status == CJ_OK && r->drawn)
        status = draw_parts(r);
    if (status == CJ_OK)
        status = number_all(r);
    for (int i = 0; i < FILES; i++)
        if (r->bytes[i])
            cj_release(r->context, r->bytes[i], r->size[i]);
    if (r->draft)
        cj_release(r->context, r->draft, r->capacity * sizeof *r->draft);
    cj_vocabulary_free(&r->classes);
    if (status != CJ_OK) {
        cj_text_free(r->context, r->data);
        return status;
    }
    cj_sha256_end(&r->sha, digest);
    cj_sha256_text(digest, r->data->hash);
    *out = r->data;
    return CJ_OK;
}

cj_status cj_text_load(cj_context *context, const char *what, const cj_text_options *options,
                       cj_text_data **out)
{
    char path[4096];
    reader r = {.context = context};
    *out = NULL;
    cj_status status = cj_data_locate(context, what, CJ_DATA_TEXT, path, sizeof path);
    if (status == CJ_OK)
        status = begin(&r, what, what, options);
    if (status == CJ_OK)
        status = read_files(&r, path);
    return end(&r, status, out);
}

cj_status cj_text_parse(cj_context *context, const char *set, const char *name, const void *data,
                        size_t size, const cj_text_options *options, cj_text_data **out)
{
    reader r = {.context = context};
    *out = NULL;
    cj_status status = begin(&r, set, name, options);
    if (status == CJ_OK && r.set->file[0])
        status = cj_fail(context, CJ_INVALID, "%s has several files", set);
    if (status == CJ_OK)
        status = take_bytes(&r, 0, data, size);
    return end(&r, status, out);
}

/* ---- a text of the user's ---- */

static cj_status encode(cj_context *context, const cj_text_data *d, const cj_vocabulary *v,
                        const char *text, int32_t *token, int64_t *count)
{
    cj_span rest = {text, strlen(text)}, next;
    while (cj_token_next(d->unit, d->sequences == 1 && !d->classes, &rest, &next)) {
        const cj_word *w = cj_vocabulary_find(v, next);
        if (!w && d->unit == CJ_TEXT_CHARACTERS)
            return cj_fail(context, CJ_VALUE,
                           "the character \"%.*s\" does not occur in the text that the "
                           "vocabulary is of",
                           (int)next.length, next.text);
        token[(*count)++] = w ? (int32_t)(w - v->word) : 0;
    }
    return CJ_OK;
}

cj_status cj_text_encode(cj_context *context, const cj_text_data *data, const char *text,
                         int32_t *token, int64_t *count)
{
    cj_vocabulary v = {.context = context};
    char *copy = cj_text_copy(context, text, strlen(text));
    cj_status status = copy ? CJ_OK : CJ_NO_MEMORY;
    *count = 0;
    if (copy && data->unit == CJ_TEXT_LOWER_WORDS)
        make_small(copy, strlen(copy));
    for (int i = 0; i < data->words && status == CJ_OK; i++)
        status = cj_vocabulary_add(&v, (cj_span){data->word[i], strlen(data->word[i])});
    if (status == CJ_OK)
        status = encode(context, data, &v, copy, token, count);
    cj_text_release(context, copy);
    cj_vocabulary_free(&v);
    return status;
}
