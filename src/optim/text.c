/*
 * src/optim/text.c - optimisers and schedules as text: name:key=value,key=value.
 */
#include "optim/optim.h"

#include <stdlib.h>

enum { MOST_TEXT = 256, MOST_WORDS = 32 };

/* One of optimisers and schedules: its words, and the keys that each word takes. */
typedef struct language {
    const char *what;
    int kinds, keys;
    const cj_key_row *key;
    const char *(*name)(int kind);
    uint32_t (*takes)(int kind);
} language;

#define BIT(k) (UINT32_C(1) << (k))

static const size_t form_bytes[] = {[CJ_NUMBER] = sizeof(double),
                                    [CJ_PAIR] = 2 * sizeof(double),
                                    [CJ_COUNT_OF] = sizeof(int64_t),
                                    [CJ_COUNT_OR_0] = sizeof(int64_t),
                                    [CJ_COUNTS] = CJ_MILESTONES * sizeof(int64_t),
                                    [CJ_SWITCH] = sizeof(bool)};

static const char *optimiser_name(int kind)
{
    return cj_optimiser_table[kind].name;
}

static uint32_t optimiser_takes(int kind)
{
    return cj_optimiser_table[kind].keys;
}

static const language optimisers = {
    "optimiser",    CJ_OPTIMISER_COUNT, CJ_OPTIMISER_KEY_COUNT, cj_optimiser_key_table,
    optimiser_name, optimiser_takes};

static const char *schedule_name(int kind)
{
    return cj_schedule_table[kind].name;
}

static uint32_t schedule_takes(int kind)
{
    return cj_schedule_table[kind].keys;
}

static const language schedules = {
    "schedule",    CJ_SCHEDULE_COUNT, CJ_SCHEDULE_KEY_COUNT, cj_schedule_key_table,
    schedule_name, schedule_takes};

/* ---- reading ---- */

static bool read_number(const char *text, double *out)
{
    return cj_parse_number(text, out) && *out - *out == 0;
}

static bool read_count(const char *text, int64_t *out)
{
    double v;
    if (!read_number(text, &v) || !(v >= 0 && v < 1e15) || (double)(int64_t)v != v)
        return false;
    *out = (int64_t)v;
    return true;
}

/* The values between slashes, exactly as many as wanted (counts: at most). */
static bool read_values(cj_form form, char *text, void *out)
{
    double number[2];
    int64_t count[CJ_MILESTONES] = {0};
    int most = form == CJ_PAIR ? 2 : form == CJ_COUNTS ? CJ_MILESTONES : 1, found = 0;
    bool numbers = form == CJ_NUMBER || form == CJ_PAIR, good = true;
    for (char *slash = text; good && slash; text = slash ? slash + 1 : text) {
        slash = most > 1 ? strchr(text, '/') : NULL;
        if (slash)
            *slash = '\0';
        good = found < most &&
               (numbers ? read_number(text, &number[found]) : read_count(text, &count[found]));
        found++;
        if (slash)
            *slash = '/';
    }
    if (!good || (form == CJ_PAIR && found != 2))
        return false;
    if (form == CJ_COUNT_OR_0 && count[0] == 0)
        count[0] = CJ_ZERO;
    memcpy(out, numbers ? (const void *)number : (const void *)count, form_bytes[form]);
    return true;
}

static bool read_value(cj_form form, char *text, void *out)
{
    bool on = strcmp(text, "true") == 0;
    if (form != CJ_SWITCH)
        return read_values(form, text, out);
    memcpy(out, &on, sizeof on);
    return on || strcmp(text, "false") == 0;
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
                           uint32_t *given, char *out)
{
    static const char *const takes[] = {
        [CJ_NUMBER] = "a number",
        [CJ_PAIR] = "two numbers with a slash between, as 0.9/0.999",
        [CJ_COUNT_OF] = "a whole number",
        [CJ_COUNT_OR_0] = "a whole number",
        [CJ_COUNTS] = "whole numbers with slashes between, as 30/60/90",
        [CJ_SWITCH] = "true or false"};
    const char *words[MOST_WORDS];
    int place[MOST_WORDS], count = 0;
    for (int i = 0; i < l->keys; i++)
        if (l->takes(kind) & BIT(i)) {
            words[count] = l->key[i].name;
            place[count++] = i;
        }
    char right[MOST_TEXT];
    char *value = strchr(text, '=');
    if (value)
        *value++ = '\0';
    int found = find_word(text, words, count);
    if (found < 0)
        return cj_fail(context, CJ_INVALID, "%s %s: there is no '%s'; it takes %s", l->what,
                       l->name(kind), text, right_words(text, words, count, right, sizeof right));
    const cj_key_row *k = &l->key[place[found]];
    if (!value)
        return cj_fail(context, CJ_INVALID, "%s %s: '%s' has no value; write %s=VALUE, %s", l->what,
                       l->name(kind), text, text, takes[k->form]);
    if (*given & BIT(place[found]))
        return cj_fail(context, CJ_INVALID, "%s %s: '%s' is given twice", l->what, l->name(kind),
                       text);
    *given |= BIT(place[found]);
    if (!read_value(k->form, value, out + k->offset))
        return cj_fail(context, CJ_INVALID, "%s %s: %s=%s is not %s", l->what, l->name(kind), text,
                       value, takes[k->form]);
    return CJ_OK;
}

/* Fills the fields that the text names; the kind's number into *kind, the given keys' bits into
 * *given. */
static cj_status parse(cj_context *context, const language *l, const char *given_text, int *kind,
                       uint32_t *given, void *out)
{
    char text[MOST_TEXT], right[MOST_TEXT];
    const char *words[MOST_WORDS];
    if (!given_text || strlen(given_text) >= sizeof text)
        return cj_fail(context, CJ_INVALID, "%s: the text is %s", l->what,
                       given_text ? "too long" : "NULL");
    memcpy(text, given_text, strlen(given_text) + 1);
    char *rest = strchr(text, ':');
    if (rest)
        *rest++ = '\0';
    for (int i = 0; i < l->kinds; i++)
        words[i] = l->name(i);
    *kind = find_word(text, words, l->kinds);
    if (*kind < 0)
        return cj_fail(context, CJ_INVALID, "there is no %s '%s'; there are %s", l->what, text,
                       right_words(text, words, l->kinds, right, sizeof right));
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

/* A zero that would be read as the default is a mistake. */
static cj_status refuse_zeros(cj_context *context, const language *l, const char *text,
                              uint32_t given, const void *read, const void *filled)
{
    for (int i = 0; i < l->keys; i++) {
        const cj_key_row *k = &l->key[i];
        if (given & BIT(i) && memcmp((const char *)read + k->offset,
                                     (const char *)filled + k->offset, form_bytes[k->form]) != 0)
            return cj_fail(context, CJ_INVALID, "%s %s: %s must not be 0", l->what, text, k->name);
    }
    return CJ_OK;
}

cj_status cj_optimiser_parse(cj_context *context, const char *text, cj_optimiser *out)
{
    int kind = 0;
    uint32_t given = 0;
    *out = (cj_optimiser){.at = CJ_HERE_OF(cj_optimiser)};
    cj_status status = parse(context, &optimisers, text, &kind, &given, out);
    if (status != CJ_OK)
        return status;
    out->kind = (cj_optimiser_kind)kind;
    if (!(given & BIT(CJ_KEY_WEIGHT_DECAY)))
        out->weight_decay = cj_optimiser_table[kind].text_decay;
    cj_optimiser filled = *out;
    cj_optimiser_fill(&filled);
    status = refuse_zeros(context, &optimisers, text, given, out, &filled);
    if (status != CJ_OK)
        return status;
    const char *wrong = cj_optimiser_wrong(out);
    return wrong ? cj_fail(context, CJ_INVALID, "optimiser %s: %s", text, wrong) : CJ_OK;
}

cj_status cj_schedule_parse(cj_context *context, const char *text, cj_schedule *out)
{
    int kind = 0;
    uint32_t given = 0;
    *out = (cj_schedule){.at = CJ_HERE_OF(cj_schedule)};
    cj_status status = parse(context, &schedules, text, &kind, &given, out);
    if (status != CJ_OK)
        return status;
    out->kind = (cj_schedule_kind)kind;
    cj_schedule filled = *out;
    cj_schedule_fill(&filled);
    status = refuse_zeros(context, &schedules, text, given, out, &filled);
    if (status != CJ_OK)
        return status;
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

static void write_values(cj_form form, const char *field, char *text, size_t size)
{
    double number[2] = {0, 0};
    int64_t count[CJ_MILESTONES] = {0};
    int most = form == CJ_PAIR ? 2 : form == CJ_COUNTS ? CJ_MILESTONES : 1;
    bool numbers = form == CJ_NUMBER || form == CJ_PAIR;
    memcpy(numbers ? (void *)number : (void *)count, field, (size_t)most * sizeof(int64_t));
    size_t used = 0;
    for (int i = 0; i < most && used + 1 < size; i++) {
        if (form == CJ_COUNTS && i && !count[i])
            break;
        if (i)
            text[used++] = '/';
        if (numbers)
            write_number(number[i], text + used, size - used);
        else
            snprintf(text + used, size - used, "%lld",
                     count[i] == CJ_ZERO ? 0LL : (long long)count[i]);
        used += strlen(text + used);
    }
}

static void write_value(const cj_key_row *k, const char *field, char *text, size_t size)
{
    bool on;
    if (k->form != CJ_SWITCH) {
        write_values(k->form, field, text, size);
        return;
    }
    memcpy(&on, field, sizeof on);
    snprintf(text, size, on ? "true" : "false");
}

/* The kind, and each key whose value is not that of `plain` (NULL: all keys). */
static void write_text(const language *l, int kind, const void *value, const void *plain,
                       char *text, size_t size)
{
    size_t used = (size_t)snprintf(text, size, "%s", l->name(kind));
    char mark = ':', word[MOST_TEXT];
    for (int i = 0; i < l->keys && used < size; i++) {
        const cj_key_row *k = &l->key[i];
        const char *field = (const char *)value + k->offset;
        if (!(l->takes(kind) & BIT(i)) ||
            (plain && !memcmp(field, (const char *)plain + k->offset, form_bytes[k->form])))
            continue;
        write_value(k, field, word, sizeof word);
        used += (size_t)snprintf(text + used, size - used, "%c%s=%s", mark, k->name, word);
        mark = ',';
    }
}

static cj_optimiser plain_optimiser(int kind)
{
    cj_optimiser plain = {.kind = (cj_optimiser_kind)kind};
    plain.weight_decay = cj_optimiser_table[kind].text_decay;
    cj_optimiser_fill(&plain);
    return plain;
}

static cj_schedule plain_schedule(int kind)
{
    cj_schedule plain = {.kind = (cj_schedule_kind)kind};
    cj_schedule_fill(&plain);
    return plain;
}

void cj_optimiser_text(const cj_optimiser *optimiser, char *text, size_t size)
{
    cj_optimiser value = *optimiser, plain = plain_optimiser((int)value.kind);
    cj_optimiser_fill(&value);
    write_text(&optimisers, (int)value.kind, &value, &plain, text, size);
}

void cj_schedule_text(const cj_schedule *schedule, char *text, size_t size)
{
    cj_schedule value = *schedule, plain = plain_schedule((int)value.kind);
    cj_schedule_fill(&value);
    write_text(&schedules, (int)value.kind, &value, &plain, text, size);
}

bool cj_optimiser_list(int i, char *text, size_t size)
{
    if (i < 0 || i >= CJ_OPTIMISER_COUNT)
        return false;
    cj_optimiser plain = plain_optimiser(i);
    write_text(&optimisers, i, &plain, NULL, text, size);
    return true;
}

bool cj_schedule_list(int i, char *text, size_t size)
{
    if (i < 0 || i >= CJ_SCHEDULE_COUNT)
        return false;
    cj_schedule plain = plain_schedule(i);
    write_text(&schedules, i, &plain, NULL, text, size);
    return true;
}
