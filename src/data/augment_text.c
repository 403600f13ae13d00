/*
 * augment_text.c - "flip,crop:4,rotate:10" to a cj_augment and back.
 */
#include "cajal/augment.h"
#include "io/io.h"

#include <stdio.h>

typedef enum value_kind { FLAG, WHOLE, REAL } value_kind;

static const struct word {
    const char *name;
    value_kind kind;
    size_t offset;
    double most; /* numbers are greater than 0, and at most this */
} words[] = {
    {"flip", FLAG, offsetof(cj_augment, flip), 0},
    {"vflip", FLAG, offsetof(cj_augment, vflip), 0},
    {"crop", WHOLE, offsetof(cj_augment, crop), 4096},
    {"rotate", REAL, offsetof(cj_augment, rotate), 180},
    {"shift", REAL, offsetof(cj_augment, shift), 1},
    {"scale", REAL, offsetof(cj_augment, scale), 0.9},
    {"brightness", REAL, offsetof(cj_augment, brightness), 1},
    {"contrast", REAL, offsetof(cj_augment, contrast), 1},
    {"noise", REAL, offsetof(cj_augment, noise), 1},
    {"erase", REAL, offsetof(cj_augment, erase), 1},
    {"mixup", REAL, offsetof(cj_augment, mixup), 1},
    {"cutmix", REAL, offsetof(cj_augment, cutmix), 1},
};

static cj_status fail_word(cj_context *context, const char *word)
{
    const char *name[CJ_COUNT(words)];
    char all[200] = "";
    size_t used = 0;
    for (size_t i = 0; i < CJ_COUNT(words); i++) {
        name[i] = words[i].name;
        used += (size_t)snprintf(all + used, sizeof all - used, "%s%s%s", i ? ", " : "",
                                 words[i].name, words[i].kind == FLAG ? "" : ":N");
    }
    const char *near = cj_closest_word(word, name, (int)CJ_COUNT(words));
    return cj_fail(context, CJ_INVALID, "augment knows no \"%.40s\"%s%s%s; it knows %s", word,
                   near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "", all);
}

static cj_status take_word(cj_context *context, char *text, cj_augment *out)
{
    char *colon = strchr(text, ':'), *value = colon ? colon + 1 : NULL;
    const struct word *w = NULL;
    double number = 0;
    if (colon)
        *colon = 0;
    for (size_t i = 0; i < CJ_COUNT(words); i++)
        if (strcmp(words[i].name, text) == 0)
            w = &words[i];
    if (!w)
        return fail_word(context, text);
    char *field = (char *)out + w->offset;
    if (w->kind == FLAG) {
        *(bool *)(void *)field = true;
        return value ? cj_fail(context, CJ_INVALID, "augment: %s takes no number", text) : CJ_OK;
    }
    bool right = value && cj_parse_number(value, &number) && number > 0 && number <= w->most &&
                 (w->kind == REAL || number == (double)(int)number);
    if (!right)
        return cj_fail(context, CJ_INVALID,
                       "augment: %s takes a %s greater than 0, at most %g, as in %s:%g%s%.40s%s",
                       text, w->kind == WHOLE ? "whole number" : "number", w->most, text,
                       w->kind == WHOLE ? 4
                       : w->most > 1    ? 10
                                        : 0.1,
                       value ? "; not \"" : "", value ? value : "", value ? "\"" : "");
    if (w->kind == WHOLE)
        *(int *)(void *)field = (int)number;
    else
        *(double *)(void *)field = number;
    return CJ_OK;
}

cj_status cj_augment_parse(cj_context *context, const char *text, cj_augment *out)
{
    char copy[512], *rest = copy;
    *out = (cj_augment){0};
    if (strlen(text) >= sizeof copy)
        return cj_fail(context, CJ_INVALID, "augment: a text of more than %zu bytes",
                       sizeof copy - 1);
    snprintf(copy, sizeof copy, "%s", text);
    if (copy[0] == 0 || strcmp(copy, "none") == 0)
        return CJ_OK;
    while (rest) {
        char *word = rest + strspn(rest, " "), *comma = strchr(word, ',');
        rest = comma ? comma + 1 : NULL;
        if (comma)
            *comma = 0;
        for (size_t n = strlen(word); n && word[n - 1] == ' '; n--)
            word[n - 1] = 0;
        cj_status status = take_word(context, word, out);
        if (status != CJ_OK)
            return status;
    }
    return CJ_OK;
}

bool cj_augment_is_none(const cj_augment *a)
{
    return !(a->flip || a->vflip || a->crop > 0 || a->rotate > 0 || a->shift > 0 || a->scale > 0 ||
             a->brightness > 0 || a->contrast > 0 || a->noise > 0 || a->erase > 0 ||
             cj_augment_mixes(a));
}

void cj_augment_text(const cj_augment *a, char *text, size_t size)
{
    size_t used = (size_t)snprintf(text, size, "%s", cj_augment_is_none(a) ? "none" : "");
    const char *comma = "";
    for (size_t i = 0; i < CJ_COUNT(words); i++) {
        const char *field = (const char *)a + words[i].offset;
        double value = words[i].kind == FLAG    ? *(const bool *)(const void *)field
                       : words[i].kind == WHOLE ? *(const int *)(const void *)field
                                                : *(const double *)(const void *)field;
        char number[40];
        cj_format_number(number, sizeof number, ":%.15g", value);
        if (value > 0 && used < size) {
            used += (size_t)snprintf(text + used, size - used, "%s%s%s", comma, words[i].name,
                                     words[i].kind == FLAG ? "" : number);
            comma = ",";
        }
    }
}
