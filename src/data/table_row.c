/*
 * table_row.c - rows of texts made features and targets, by a fitted preprocessing.
 */
#include "data/data.h"

#include <math.h>
#include <stdio.h>
#include <strings.h>

bool cj_is_missing(const char *text)
{
    static const char *const missing[] = {"na",   "n/a",  "nan", "null", "none",
                                          "<na>", "#n/a", "?",   "-"};
    if (!text[0])
        return true;
    if (!strchr("nN<#?-", text[0]) || strlen(text) > 4)
        return false;
    for (size_t i = 0; i < CJ_COUNT(missing); i++)
        if (strcasecmp(text, missing[i]) == 0)
            return true;
    return false;
}

/* ---- columns matched ---- */

static cj_status match_by_place(cj_context *context, const cj_preprocess *p, int64_t count,
                                int *map)
{
    bool whole = count == p->columns;
    if (!whole && count != p->columns - p->targets)
        return cj_fail(context, CJ_SHAPE,
                       "a row has %lld %s; the model was trained on %d columns, %d of them to "
                       "be predicted",
                       (long long)count, cj_of_count(count, "field", "fields"), p->columns,
                       p->targets);
    int place = 0;
    for (int i = 0; i < p->columns; i++) {
        bool target = p->column[i].kind == CJ_COLUMN_TARGET;
        map[i] = target && !whole ? -1 : place++;
    }
    return CJ_OK;
}

static bool is_used(const cj_column *c)
{
    return c->kind == CJ_COLUMN_NUMERIC || c->kind == CJ_COLUMN_CATEGORICAL;
}

cj_status cj_preprocess_match(cj_context *context, const cj_preprocess *p, const char *const *names,
                              int64_t count, int *map)
{
    char missing[300] = "";
    size_t used = 0;
    int missed = 0;
    if (p->kind != CJ_INPUT_TABLE)
        return cj_fail(context, CJ_INVALID, "rows of a table were given to a model that takes %s",
                       p->kind == CJ_INPUT_IMAGES ? "pictures" : "arrays");
    if (!names || !p->named)
        return match_by_place(context, p, count, map);
    for (int i = 0; i < p->columns; i++) {
        const cj_column *c = &p->column[i];
        map[i] = i < count && names[i] && strcmp(names[i], c->name) == 0 ? i : -1;
        for (int64_t k = 0; k < count && map[i] < 0; k++)
            if (names[k] && strcmp(names[k], c->name) == 0)
                map[i] = (int)k;
        if (map[i] >= 0 || !is_used(c))
            continue;
        missed++;
        int n = snprintf(missing + used, sizeof missing - used, "%s\"%.60s\"", used ? ", " : "",
                         c->name);
        used = CJ_MIN(used + (size_t)CJ_MAX(n, 0), sizeof missing - 1);
    }
    if (missed)
        return cj_fail(context, CJ_NOT_FOUND, "%d column%s that the model needs %s missing: %s",
                       missed, missed > 1 ? "s" : "", missed > 1 ? "are" : "is", missing);
    return CJ_OK;
}

/* ---- features ---- */

static cj_status numeric_features(cj_context *context, const cj_column *c, const char *where,
                                  const char *text, float *out)
{
    double value;
    bool missing = cj_is_missing(text);
    if (!missing && !cj_parse_number(text, &value))
        return cj_fail(context, CJ_VALUE,
                       "%s, column \"%.60s\": \"%.40s\" is no number, which this column holds "
                       "(leave it empty where it is missing)",
                       where, c->name, text);
    if (!missing && !isfinite(value))
        return cj_fail(context, CJ_VALUE, "%s, column \"%.60s\": \"%.40s\" is not finite", where,
                       c->name, text);
    out[0] = missing ? 0.0f : (float)((value - c->mean) / c->scale);
    if (c->indicator)
        out[1] = missing ? 1.0f : 0.0f;
    return CJ_OK;
}

static void categorical_features(const cj_column *c, const char *text, float *out, int64_t *unseen)
{
    bool missing = cj_is_missing(text);
    int at = missing ? -1 : cj_column_find(c, text);
    for (int i = 0; i < cj_column_features(c); i++)
        out[i] = 0;
    if (at >= 0)
        out[at] = 1;
    if (missing && c->indicator)
        out[c->categories] = 1;
    if (!missing && at < 0 && unseen)
        ++*unseen;
}

cj_status cj_preprocess_row(cj_context *context, const cj_preprocess *p, const char *where,
                            const char *const *row, const int *map, float *features,
                            int64_t *unseen)
{
    for (int i = 0; i < p->columns; i++) {
        const cj_column *c = &p->column[i];
        if (!is_used(c))
            continue;
        const char *text = row[map[i]];
        if (c->kind == CJ_COLUMN_NUMERIC) {
            cj_status status = numeric_features(context, c, where, text, features);
            if (status != CJ_OK)
                return status;
        } else {
            categorical_features(c, text, features, unseen);
        }
        features += cj_column_features(c);
    }
    return CJ_OK;
}

/* ---- targets ---- */

/* A class by its text, or by its number however that is written ("1.0" is 1). */
static int find_class(const cj_preprocess *p, const char *text)
{
    double value;
    char plain[32];
    int label = cj_preprocess_find_class(p, text);
    if (label >= 0 || !cj_parse_number(text, &value))
        return label;
    cj_format_number(plain, sizeof plain, "%.15g", value);
    return cj_preprocess_find_class(p, plain);
}

cj_status cj_preprocess_target(cj_context *context, const cj_preprocess *p, const char *where,
                               const char *const *row, const int *map, int32_t *label,
                               float *targets)
{
    int t = 0;
    for (int i = 0; i < p->columns; i++) {
        const cj_column *c = &p->column[i];
        double value;
        if (c->kind != CJ_COLUMN_TARGET)
            continue;
        const char *text = map[i] >= 0 ? row[map[i]] : "";
        if (cj_is_missing(text))
            return cj_fail(context, CJ_VALUE, "%s: the target \"%.60s\" is missing", where,
                           c->name);
        if (p->task == CJ_TASK_CLASSES) {
            *label = find_class(p, text);
            return *label >= 0 ? CJ_OK
                               : cj_fail(context, CJ_VALUE,
                                         "%s, column \"%.60s\": \"%.40s\" is none of the %d "
                                         "classes that the model knows",
                                         where, c->name, text, p->classes);
        }
        if (!cj_parse_number(text, &value) || !isfinite(value))
            return cj_fail(
                context, CJ_VALUE,
                "%s, column \"%.60s\": \"%.40s\" is no finite number, which the target must be",
                where, c->name, text);
        targets[t] = (float)((value - p->target_mean[t]) / p->target_scale[t]);
        t++;
    }
    return CJ_OK;
}
