/*
 * write.c - what a run leaves: the table, the JSON line, result.json and curves.csv.
 */
#include "study/study.h"

#include <math.h>
#include <stdlib.h>
#include <sys/resource.h>

static json_t *figure(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static bool is_due(const cj_study_run *run, int i)
{
    return cj_study_wanted(run, run->study->checks[i].id);
}

static json_t *checks_json(const cj_study_run *run, bool *pass)
{
    json_t *checks = json_array();
    *pass = true;
    for (int i = 0; i < cj_study_checks(run->study); i++) {
        const cj_study_bound *b = &run->study->checks[i];
        const study_measure *m = &run->measure[i];
        if (!is_due(run, i))
            continue;
        int verdict = cj_study_verdict(run, i);
        *pass &= verdict != 0;
        json_array_append_new(
            checks, json_pack("{s:s, s:s, s:o, s:s, s:f, s:o, s:o, s:s?, s:o}", "id", b->id, "what",
                              b->what, "measured", figure(m->told ? m->measured : NAN), "relation",
                              b->relation, "bound", b->bound, "baseline",
                              figure(m->told ? m->baseline : NAN), "control",
                              figure(m->told ? m->control : NAN), "paper", b->paper, "pass",
                              verdict < 0 ? json_null() : json_boolean(verdict)));
    }
    return checks;
}

json_t *cj_study_done_json(const cj_study_run *run, double seconds, bool *pass)
{
    struct rusage usage;
    char slug[96];
    json_t *checks = checks_json(run, pass);
    getrusage(RUSAGE_SELF, &usage);
    cj_study_slug(run->study, slug);
    return json_pack("{s:s, s:s, s:s, s:I, s:f, s:I, s:b, s:o}", "event", "done", "slug", slug,
                     "level", cj_study_level_text(run->options->level), "seed",
                     (json_int_t)run->options->seed, "seconds", seconds, "peak_bytes",
                     (json_int_t)usage.ru_maxrss * 1024, "pass", *pass, "checks", checks);
}

static void add_about(const cj_study_run *run, json_t *object)
{
    json_t *settings = json_object(), *pictures = json_array(), *differs = json_array();
    const cj_study *s = run->study;
    for (int i = 0; i < STUDY_SETTINGS && s->settings[i].name; i++)
        json_object_set_new(settings, s->settings[i].name, json_string(run->value[i]));
    for (int i = 0; i < run->pictures; i++)
        json_array_append_new(pictures, json_string(run->picture[i]));
    for (int i = 0; i < 12 && s->differs[i].id; i++)
        json_array_append_new(
            differs, json_pack("{s:s, s:s}", "id", s->differs[i].id, "why", s->differs[i].why));
    json_object_set_new(object, "title", json_string(s->title));
    json_object_set_new(object, "paper", json_string(s->paper));
    json_object_set_new(object, "authors", json_string(s->authors));
    json_object_set_new(object, "year", json_integer(s->year));
    json_object_set_new(object, "number", json_integer(s->number));
    json_object_set_new(object, "family", json_string(s->family));
    json_object_set_new(object, "claim", json_string(s->claim));
    json_object_set_new(object, "version", json_string(cj_version()));
    json_object_set_new(object, "isa", json_string(cj_isa(run->context)));
    json_object_set_new(object, "threads", json_integer(cj_threads(run->context)));
    json_object_set_new(object, "settings", settings);
    json_object_set_new(object, "pictures", pictures);
    json_object_set_new(object, "differs", differs);
}

static cj_status write_result(const cj_study_run *run, double seconds)
{
    char path[4096 + 32];
    bool pass;
    json_t *object = cj_study_done_json(run, seconds, &pass);
    if (object)
        add_about(run, object);
    char *text = object ? json_dumps(object, JSON_INDENT(2)) : NULL;
    snprintf(path, sizeof path, "%s/result.json", run->out);
    cj_status status = text ? cj_file_write(run->context, path, text, strlen(text))
                            : cj_fail(run->context, CJ_NO_MEMORY, "no memory for %s", path);
    free(text);
    json_decref(object);
    return status;
}

/* A field of CSV: quoted where it must be. */
static size_t put_field(char *to, const char *text)
{
    char *at = to;
    bool quoted = strpbrk(text, ",\"\n\r") != NULL;
    if (quoted)
        *at++ = '"';
    for (const char *s = text; *s; s++) {
        if (*s == '"')
            *at++ = '"';
        *at++ = *s;
    }
    if (quoted)
        *at++ = '"';
    return (size_t)(at - to);
}

static cj_status write_curves(const cj_study_run *run)
{
    static const char head[] = "method,seed,step,value\n";
    char path[4096 + 32];
    size_t size = sizeof head, used = sizeof head - 1;
    for (size_t i = 0; i < run->points; i++)
        size += 2 * strlen(run->point[i].method) + 80;
    char *text = cj_allocate(run->context, size);
    if (!text)
        return CJ_NO_MEMORY;
    memcpy(text, head, sizeof head);
    for (size_t i = 0; i < run->points; i++) {
        const study_point *p = &run->point[i];
        used += put_field(text + used, p->method);
        used += (size_t)snprintf(text + used, size - used, ",%llu,%.9g,%.9g\n",
                                 (unsigned long long)p->seed, p->step, p->value);
    }
    snprintf(path, sizeof path, "%s/curves.csv", run->out);
    cj_status status = cj_file_write(run->context, path, text, used);
    cj_release(run->context, text, size);
    return status;
}

cj_status cj_study_write(const cj_study_run *run, double seconds)
{
    cj_status status = write_curves(run);
    return status == CJ_OK ? write_result(run, seconds) : status;
}

static void cell(char text[24], bool told, double value)
{
    if (told && !isnan(value))
        snprintf(text, 24, "%.4g", value);
    else
        snprintf(text, 24, "-");
}

void cj_study_print_table(const cj_study_run *run, double seconds)
{
    char slug[96], measured[24], bound[32], baseline[24], control[24];
    int width = 4, passed = 0, failed = 0, open = 0;
    cj_study_slug(run->study, slug);
    for (int i = 0; i < cj_study_checks(run->study); i++)
        if (is_due(run, i))
            width = CJ_MAX(width, (int)strlen(run->study->checks[i].what));
    width = CJ_MIN(width, 64);
    cj_study_say(run, false, "%s (%s), %s, seed %llu\n\n%-4s %-*s %10s %12s %10s %10s %10s\n",
                 run->study->title, run->study->paper, cj_study_level_text(run->options->level),
                 (unsigned long long)run->options->seed, "", width, "check", "measured", "bound",
                 "baseline", "control", "paper");
    for (int i = 0; i < cj_study_checks(run->study); i++) {
        const cj_study_bound *b = &run->study->checks[i];
        const study_measure *m = &run->measure[i];
        if (!is_due(run, i))
            continue;
        int verdict = cj_study_verdict(run, i);
        passed += verdict > 0;
        failed += verdict == 0;
        open += verdict < 0;
        cell(measured, m->told, m->measured);
        cell(baseline, m->told, m->baseline);
        cell(control, m->told, m->control);
        snprintf(bound, sizeof bound, "%s %.4g", b->relation, b->bound);
        cj_study_say(run, false, "%-4s %-*.*s %10s %12s %10s %10s %10s  %s\n", b->id, width, width,
                     b->what, measured, bound, baseline, control, b->paper ? b->paper : "-",
                     verdict > 0   ? "pass"
                     : verdict < 0 ? "not judged"
                     : m->told     ? "FAIL"
                                   : "FAIL (not measured)");
    }
    for (int i = 0; i < 12 && run->study->differs[i].id; i++)
        cj_study_say(run, false, "\ndiffers from the paper: %s: %s\n", run->study->differs[i].id,
                     run->study->differs[i].why);
    cj_study_say(run, false, "\n%d passed, %d failed, %d not judged, in %.1f s%s%s\n", passed,
                 failed, open, seconds, run->out[0] ? "; kept in " : "", run->out);
}
