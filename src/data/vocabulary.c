/*
 * vocabulary.c - a text cut into tokens, and the tokens counted.
 */
#include "data/text.h"

#include <stdlib.h>

/* ---- tokens ---- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f';
}

static bool is_word_byte(char c)
{
    unsigned char b = (unsigned char)c;
    return (b >= '0' && b <= '9') || (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') ||
           b == '\'' || b >= 0x80;
}

static void cut(cj_span *rest, size_t length, cj_span *token)
{
    *token = (cj_span){rest->text, length};
    rest->text += length;
    rest->length -= length;
}

bool cj_token_next(cj_text_unit unit, bool lines, cj_span *rest, cj_span *token)
{
    if (unit == CJ_TEXT_CHARACTERS) {
        if (!rest->length)
            return false;
        size_t length = cj_utf8_length((const uint8_t *)rest->text, rest->length);
        cut(rest, CJ_MAX(length, 1), token);
        return true;
    }
    while (rest->length && is_blank(rest->text[0])) {
        bool end = rest->text[0] == '\n';
        cut(rest, 1, token);
        if (end && lines) {
            *token = (cj_span){"<eos>", 5};
            return true;
        }
    }
    if (!rest->length)
        return false;
    size_t length = 1;
    if (unit == CJ_TEXT_WORDS || is_word_byte(rest->text[0]))
        while (length < rest->length && (unit == CJ_TEXT_WORDS ? !is_blank(rest->text[length])
                                                               : is_word_byte(rest->text[length])))
            length++;
    cut(rest, length, token);
    return true;
}

/* ---- the table ---- */

void cj_vocabulary_free(cj_vocabulary *v)
{
    if (v->word)
        cj_release(v->context, v->word, v->capacity * sizeof *v->word);
    if (v->slot)
        cj_release(v->context, v->slot, v->slots * sizeof *v->slot);
    *v = (cj_vocabulary){.context = v->context};
}

static size_t slot_of(const cj_vocabulary *v, cj_span span, uint64_t hash)
{
    size_t at = (size_t)hash & (v->slots - 1);
    for (; v->slot[at] >= 0; at = (at + 1) & (v->slots - 1)) {
        const cj_word *w = &v->word[v->slot[at]];
        if (w->hash == hash && w->span.length == span.length &&
            memcmp(w->span.text, span.text, span.length) == 0)
            break;
    }
    return at;
}

static cj_status widen(cj_vocabulary *v)
{
    size_t slots = v->slots ? v->slots * 2 : 1024;
    int32_t *slot = cj_allocate(v->context, slots * sizeof *slot);
    if (!slot)
        return CJ_NO_MEMORY;
    if (v->slot)
        cj_release(v->context, v->slot, v->slots * sizeof *v->slot);
    v->slot = slot;
    v->slots = slots;
    memset(slot, 0xff, slots * sizeof *slot);
    for (size_t i = 0; i < v->count; i++)
        slot[slot_of(v, v->word[i].span, v->word[i].hash)] = (int32_t)i;
    return CJ_OK;
}

cj_status cj_vocabulary_add(cj_vocabulary *v, cj_span span)
{
    cj_status status = v->count * 2 >= v->slots ? widen(v) : CJ_OK;
    if (status != CJ_OK)
        return status;
    uint64_t hash = cj_hash_bytes(0, span.text, span.length);
    size_t at = slot_of(v, span, hash);
    if (v->slot[at] < 0) {
        if (v->count == INT32_MAX / 2)
            return cj_fail(v->context, CJ_UNSUPPORTED, "more than %d different words",
                           INT32_MAX / 2);
        status = cj_grow_list(v->context, &v->word, &v->capacity, v->count, sizeof *v->word);
        if (status != CJ_OK)
            return status;
        v->word[v->count] = (cj_word){.span = span, .hash = hash};
        v->slot[at] = (int32_t)v->count++;
    }
    v->word[v->slot[at]].count++;
    return CJ_OK;
}

cj_word *cj_vocabulary_find(const cj_vocabulary *v, cj_span span)
{
    if (!v->slots)
        return NULL;
    int32_t i = v->slot[slot_of(v, span, cj_hash_bytes(0, span.text, span.length))];
    return i < 0 ? NULL : &v->word[i];
}

/* ---- numbers ---- */

static int by_bytes(const void *a, const void *b)
{
    const cj_span *x = &((const cj_word *)a)->span, *y = &((const cj_word *)b)->span;
    int order = memcmp(x->text, y->text, CJ_MIN(x->length, y->length));
    return order ? order : (x->length > y->length) - (x->length < y->length);
}

static int by_count(const void *a, const void *b)
{
    int64_t x = ((const cj_word *)a)->count, y = ((const cj_word *)b)->count;
    return x != y ? (x < y) - (x > y) : by_bytes(a, b);
}

int cj_vocabulary_number(cj_vocabulary *v, cj_text_unit unit, const cj_text_options *options)
{
    static const cj_span unknown = {"<unk>", 5};
    bool characters = unit == CJ_TEXT_CHARACTERS;
    int next = characters ? 0 : 1;
    if (v->count)
        qsort(v->word, v->count, sizeof *v->word, characters ? by_bytes : by_count);
    for (size_t i = 0; i < v->count; i++) {
        cj_word *w = &v->word[i];
        bool rare = !characters && (w->count < options->least ||
                                    (options->most_words && next >= options->most_words));
        bool is_unknown = !characters && w->span.length == unknown.length &&
                          memcmp(w->span.text, unknown.text, unknown.length) == 0;
        w->id = is_unknown ? 0 : rare ? -1 : next++;
    }
    if (v->slots)
        memset(v->slot, 0xff, v->slots * sizeof *v->slot);
    for (size_t i = 0; i < v->count; i++)
        v->slot[slot_of(v, v->word[i].span, v->word[i].hash)] = (int32_t)i;
    return next;
}
