/*
 * src/optim/text.c - optimisers and schedules as text: name:key=value,key=value.
 */
#include "optim/optim.h"

#include <stdlib.h>

enum { MOST_TEXT = 256 };

enum form { NUMBER, PAIR, COUNT, SWITCH };

typedef struct key {
    const char *name;
    enum form form;
    size_t offset;
    unsigned kinds; /* bit i: kind i takes it */
} key;

typedef struct language {
    const char *what;
    const char *const *kind;
    int kinds;
    const key *keys;
    int key_count;
} language;

#define ADAMW_DECAY 0.01 /* torch's, of the text alone: in C it is written out */

#define ALL 7u
#define ONLY(k) (1u << (k))

static const char *const optimiser_kind[] = {"sgd", "adam", "adamw"};
static const key optimiser_key[] = {
    {"lr", NUMBER, offsetof(cj_optimiser, lr), ALL},
    {"weight_decay", NUMBER, offsetof(cj_optimiser, weight_decay), ALL},
    {"momentum", NUMBER, offsetof(cj_optimiser, momentum), ONLY(CJ_SGD)},
    {"dampening", NUMBER, offsetof(cj_optimiser, dampening), ONLY(CJ_SGD)},
    {"nesterov", SWITCH, offsetof(cj_optimiser, nesterov), ONLY(CJ_SGD)},
    {"betas", PAIR, offsetof(cj_optimiser, betas), ONLY(CJ_ADAM) | ONLY(CJ_ADAMW)},
    {"eps", NUMBER, offsetof(cj_optimiser, eps), ONLY(CJ_ADAM) | ONLY(CJ_ADAMW)},
};
static const language optimisers = {"optimiser", optimiser_kind, CJ_COUNT(optimiser_kind),
                                    optimiser_key, CJ_COUNT(optimiser_key)};

static const char *const schedule_kind[] = {"constant", "step", "cosine"};
static const key schedule_key[] = {
    {"warmup", COUNT, offsetof(cj_schedule, warmup), ALL},
    {"step_size", COUNT, offsetof(cj_schedule, step_size), ONLY(CJ_STEP)},
    {"gamma", NUMBER, offsetof(cj_schedule, gamma), ONLY(CJ_STEP)},
    {"t_max", COUNT, offsetof(cj_schedule, t_max), ONLY(CJ_COSINE)},
    {"eta_min", NUMBER, offsetof(cj_schedule, eta_min), ONLY(CJ_COSINE)},
};
static const language schedules = {"schedule", schedule_kind, CJ_COUNT(schedule_kind), schedule_key,
                                   CJ_COUNT(schedule_key)};

/* ---- reading ---- */

static bool read_number(const char *text, double *out)
{
    return cj_parse_number(text, out) && *out - *out == 0;
}

static bool read_value(enum form form, char *text, void *out)
{
    double v[2];
    char *slash = form == PAIR ? strchr(text, '/') : NULL;
    if (form == SWITCH) {
        bool on = strcmp(text, "true") == 0;
        memcpy(out, &on, sizeof on);
        return on || strcmp(text, "false") == 0;
    }
    if (form == PAIR && !slash)
        return false;
    if (slash)
        *slash = '\0';
    bool good = read_number(text, &v[0]) && (!slash || read_number(slash + 1, &v[1]));
    if (slash)
        *slash = '/';
    if (form == COUNT) {
        int64_t count = good && v[0] >= 0 && v[0] < 1e15 ? (int64_t)v[0] : -1;
        good = good && count >= 0 && (double)count == v[0];
        memcpy(out, &count, sizeof count);
        return good;
    }
    if (good)
        memcpy(out, v, form == PAIR ? 2 * sizeof *v : sizeof *v);
    return good;
}

/* "a, b, c", and "; did you mean 'b'?" */
static const char *right_words(const char *wrong, const char *const *word, int count, char *text,
                               size_t size)
{
    size_t used = 0;
    for (int i = 0; i < count && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, i ? ", %s" : "%s", word[i]);
    const char *near = cj_closest_word(wrong, word, count);
    if (near && used < size)
        snprintf(text + used, size - used, "; did you mean '%s'?", near);
    return text;
}

static int find_word(const char *text, const char *const *word, int count)
{
    for (int i = 0; i < count; i++)
        if (strcmp(text, word[i]) == 0)
            return i;
    return -1;
}

static cj_status take_pair(cj_context *context, const language *l, int kind, char *text,
                           unsigned *given, char *out)
{
    static const char *const takes[] = {"a number",
                                        "two numbers with a slash between, as 0.9/0.999",
                                        "a whole number", "true or false"};
    const char *words[CJ_COUNT(optimiser_key)];
    int place[CJ_COUNT(optimiser_key)], count = 0;
    for (int i = 0; i < l->key_count; i++)
        if (l->keys[i].kinds & ONLY(kind)) {
            words[count] = l->keys[i].name;
            place[count++] = i;
        }
    char right[MOST_TEXT];
    char *value = strchr(text, '=');
    if (value)
        *value++ = '\0';
    int found = find_word(text, words, count);
    if (found < 0)
        return cj_fail(context, CJ_INVALID, "%s %s: there is no '%s'; it takes %s", l->what,
                       l->kind[kind], text, right_words(text, words, count, right, sizeof right));
    const key *k = &l->keys[place[found]];
    if (!value)
        return cj_fail(context, CJ_INVALID, "%s %s: '%s' has no value; write %s=VALUE, %s", l->what,
                       l->kind[kind], text, text, takes[k->form]);
    if (*given & ONLY(place[found]))
        return cj_fail(context, CJ_INVALID, "%s %s: '%s' is given twice", l->what, l->kind[kind],
                       text);
    *given |= ONLY(place[found]);
    if (!read_value(k->form, value, out + k->offset))
        return cj_fail(context, CJ_INVALID, "%s %s: %s=%s is not %s", l->what, l->kind[kind], text,
                       value, takes[k->form]);
    return CJ_OK;
}

/* Fills the fields that the text names; the kind's number into *kind, the given keys' bits into
 * *given. */
static cj_status parse(cj_context *context, const language *l, const char *given_text, int *kind,
                       unsigned *given, void *out)
{
    char text[MOST_TEXT], right[MOST_TEXT];
    if (!given_text || strlen(given_text) >= sizeof text)
        return cj_fail(context, CJ_INVALID, "%s: the text is %s", l->what,
                       given_text ? "too long" : "NULL");
    memcpy(text, given_text, strlen(given_text) + 1);
    char *rest = strchr(text, ':');
    if (rest)
        *rest++ = '\0';
    *kind = find_word(text, l->kind, l->kinds);
    if (*kind < 0)
        return cj_fail(context, CJ_INVALID, "there is no %s '%s'; there are %s", l->what, text,
                       right_words(text, l->kind, l->kinds, right, sizeof right));
    while (rest && *rest) {
        char *next = strchr(rest, ',');
        if (next)
            *next++ = '\0';
        cj_status status = take_pair(context, l, *kind, rest, given, out);
        if (status != CJ_OK)
            return status;
        rest = next;
    }
    return CJ_OK;
}

cj_status cj_optimiser_parse(cj_context *context, const char *text, cj_optimiser *out)
{
    int kind = 0;
    unsigned given = 0;
    *out = (cj_optimiser){.at = CJ_HERE_OF(cj_optimiser)};
    cj_status status = parse(context, &optimisers, text, &kind, &given, out);
    if (status != CJ_OK)
        return status;
    out->kind = (cj_optimiser_kind)kind;
    if (out->kind == CJ_ADAMW && !(given & ONLY(1)))
        out->weight_decay = ADAMW_DECAY;
    const char *wrong = cj_optimiser_wrong(out);
    return wrong ? cj_fail(context, CJ_INVALID, "optimiser %s: %s", text, wrong) : CJ_OK;
}

cj_status cj_schedule_parse(cj_context *context, const char *text, cj_schedule *out)
{
    int kind = 0;
    unsigned given = 0;
    *out = (cj_schedule){.at = CJ_HERE_OF(cj_schedule)};
    cj_status status = parse(context, &schedules, text, &kind, &given, out);
    if (status != CJ_OK)
        return status;
    out->kind = (cj_schedule_kind)kind;
    const char *wrong = cj_schedule_wrong(out);
    return wrong ? cj_fail(context, CJ_INVALID, "schedule %s: %s", text, wrong) : CJ_OK;
}

/* ---- writing ---- */

/* The shortest of 15 and 17 digits that reads back the same. */
static void write_number(double v, char *text, size_t size)
{
    double back;
    cj_format_number(text, size, "%.15g", v);
    if (!read_number(text, &back) || back != v)
        cj_format_number(text, size, "%.17g", v);
}

static void write_value(enum form form, const char *field, char *text, size_t size)
{
    double v[2];
    int64_t count;
    switch (form) {
    case SWITCH: snprintf(text, size, "true"); break; /* false is the default */
    case COUNT:
        memcpy(&count, field, sizeof count);
        snprintf(text, size, "%lld", (long long)count);
        break;
    case NUMBER:
        memcpy(v, field, sizeof *v);
        write_number(v[0], text, size);
        break;
    case PAIR:
        memcpy(v, field, sizeof v);
        write_number(v[0], text, size);
        size_t used = strlen(text);
        if (used + 1 < size) {
            text[used++] = '/';
            write_number(v[1], text + used, size - used);
        }
        break;
    }
}

/* The kind, and each key whose value is not that of `plain`. */
static void write_text(const language *l, int kind, const void *value, const void *plain,
                       char *text, size_t size)
{
    static const size_t bytes[] = {[NUMBER] = sizeof(double),
                                   [PAIR] = 2 * sizeof(double),
                                   [COUNT] = sizeof(int64_t),
                                   [SWITCH] = sizeof(bool)};
    size_t used = (size_t)snprintf(text, size, "%s", l->kind[kind]);
    char mark = ':';
    for (int i = 0; i < l->key_count && used < size; i++) {
        const key *k = &l->keys[i];
        const char *field = (const char *)value + k->offset;
        char number[64];
        if (!(k->kinds & ONLY(kind)) ||
            !memcmp(field, (const char *)plain + k->offset, bytes[k->form]))
            continue;
        write_value(k->form, field, number, sizeof number);
        used += (size_t)snprintf(text + used, size - used, "%c%s=%s", mark, k->name, number);
        mark = ',';
    }
}

void cj_optimiser_text(const cj_optimiser *optimiser, char *text, size_t size)
{
    cj_optimiser value = *optimiser;
    cj_optimiser plain = {.weight_decay = value.kind == CJ_ADAMW ? ADAMW_DECAY : 0};
    cj_optimiser_fill(&value);
    cj_optimiser_fill(&plain);
    write_text(&optimisers, (int)value.kind, &value, &plain, text, size);
}

void cj_schedule_text(const cj_schedule *schedule, char *text, size_t size)
{
    cj_schedule value = *schedule, plain = {0};
    cj_schedule_fill(&value);
    cj_schedule_fill(&plain);
    write_text(&schedules, (int)value.kind, &value, &plain, text, size);
}
