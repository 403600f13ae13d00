/*
 * run.c - a run as its study sees it: settings, checks, curves, pictures, memory.
 */
#include "study/study.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

#define SECONDS_BETWEEN_LINES 0.5

struct study_block {
    struct study_block *next;
    size_t size;
    max_align_t memory[];
};

double cj_study_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

const char *cj_study_level_text(cj_study_level level)
{
    static const char *const text[] = {"smoke", "quick", "full"};
    return (unsigned)level < 3 ? text[level] : "?";
}

const char *cj_study_value(const cj_study_setting *setting, cj_study_level level)
{
    if (level == CJ_SMOKE && setting->smoke)
        return setting->smoke;
    return level <= CJ_QUICK && setting->quick ? setting->quick : setting->value;
}

void cj_study_slug(const cj_study *study, char slug[96])
{
    snprintf(slug, 96, "%s", study->slug);
    for (char *s = slug; *s; s++)
        if (*s == '_')
            *s = '-';
}

int cj_study_setting_index(const cj_study *study, const char *name)
{
    for (int i = 0; i < STUDY_SETTINGS && study->settings[i].name; i++)
        if (!strcmp(study->settings[i].name, name))
            return i;
    return -1;
}

int cj_study_checks(const cj_study *study)
{
    int count = 0;
    while (count < STUDY_CHECKS && study->checks[count].id)
        count++;
    return count;
}

cj_context *cj_study_context(const cj_study_run *run)
{
    return run->context;
}

cj_study_level cj_study_level_of(const cj_study_run *run)
{
    return run->options->level;
}

uint64_t cj_study_seed(const cj_study_run *run)
{
    return run->options->seed;
}

/* ---- settings ---- */

cj_status cj_study_status(const cj_study_run *run)
{
    return run->status;
}

/* A name that is not there, or not of that kind, is a mistake in the study's text: the run fails with it. */
static cj_status wrong(cj_study_run *run, const char *what, const char *name)
{
    if (run->status == CJ_OK)
        run->status = cj_fail(run->context, CJ_INVALID, "study %s: there is no %s \"%s\"",
                              run->study->slug, what, name);
    return run->status;
}

const char *cj_study_text(cj_study_run *run, const char *name)
{
    int i = cj_study_setting_index(run->study, name);
    if (i >= 0)
        return run->value[i];
    wrong(run, "setting", name);
    return "";
}

double cj_study_number(cj_study_run *run, const char *name)
{
    double number;
    if (cj_parse_number(cj_study_text(run, name), &number))
        return number;
    wrong(run, "setting that is a number", name);
    return 0;
}

int64_t cj_study_integer(cj_study_run *run, const char *name)
{
    double number = cj_study_number(run, name);
    if (number == floor(number) && fabs(number) <= 9007199254740992.0)
        return (int64_t)number;
    if (run->status == CJ_OK)
        run->status = cj_fail(run->context, CJ_INVALID, "--set %s takes a whole number, not %s",
                              name, cj_study_text(run, name));
    return 0;
}

/* ---- checks ---- */

static size_t number_length(const char *id)
{
    return strspn(id, "0123456789");
}

/* "2" names all of 2a, 2b; "2a" that one. */
static bool names(const char *word, size_t length, const char *id)
{
    size_t part = number_length(id);
    return (strlen(id) == length && !strncmp(id, word, length)) ||
           (part == length && number_length(word) >= length && !strncmp(id, word, length));
}

static bool is_asked(const char *only, const char *id)
{
    if (!only)
        return true;
    for (const char *s = only; *s; s += strcspn(s, ","), s += *s == ',')
        if (names(s, strcspn(s, ","), id))
            return true;
    return false;
}

static bool is_due(const cj_study_run *run, const cj_study_bound *check)
{
    return check->level <= run->options->level && is_asked(run->options->only, check->id);
}

bool cj_study_wanted(const cj_study_run *run, const char *id)
{
    for (int i = 0; i < cj_study_checks(run->study); i++)
        if (names(id, strlen(id), run->study->checks[i].id) && is_due(run, &run->study->checks[i]))
            return true;
    return false;
}

void cj_study_check(cj_study_run *run, const char *id, double measured, double baseline,
                    double control)
{
    for (int i = 0; i < cj_study_checks(run->study); i++)
        if (!strcmp(run->study->checks[i].id, id)) {
            if (is_due(run, &run->study->checks[i]))
                run->measure[i] = (study_measure){true, measured, baseline, control};
            return;
        }
    wrong(run, "check", id);
}

static bool holds(const cj_study_bound *check, double measured)
{
    const char *relation = check->relation;
    bool equal = measured == check->bound;
    if (!strcmp(relation, "="))
        return equal;
    bool strict = relation[1] == 0;
    if (equal)
        return !strict;
    return relation[0] == '<' ? measured < check->bound : measured > check->bound;
}

int cj_study_verdict(const cj_study_run *run, int i)
{
    const cj_study_bound *check = &run->study->checks[i];
    const study_measure *m = &run->measure[i];
    bool judged = !run->altered || check->exact;
    if (!m->told || isnan(m->measured))
        return m->told || judged ? 0 : -1; /* other data may not allow what the study's own do */
    return judged ? holds(check, m->measured) : -1;
}

/* ---- curves and pictures ---- */

void cj_study_curve(cj_study_run *run, const char *method, uint64_t seed, double step, double value)
{
    const char *kept = NULL;
    for (size_t i = run->points; !kept && i-- > 0;)
        if (!strcmp(run->point[i].method, method))
            kept = run->point[i].method;
    if (!kept) {
        char *copy = cj_study_allocate(run, strlen(method) + 1);
        if (!copy)
            return;
        memcpy(copy, method, strlen(method) + 1);
        kept = copy;
    }
    if (run->points == run->points_size) {
        size_t size = run->points_size ? 2 * run->points_size : 64;
        study_point *more = cj_reallocate(run->context, run->point, run->points_size * sizeof *more,
                                          size * sizeof *more);
        if (!more) {
            run->status = CJ_NO_MEMORY;
            return;
        }
        run->point = more;
        run->points_size = size;
    }
    run->point[run->points++] = (study_point){kept, seed, step, value};
}

/* The mean over seeds of a method's points, in the order of their steps' first appearance. */
static void mean_series(cj_study_run *run, const char *method, cj_series *series)
{
    double *x = cj_study_allocate(run, run->points * sizeof *x);
    double *y = cj_study_allocate(run, run->points * sizeof *y);
    int64_t count = 0;
    for (size_t i = 0; x && y && i < run->points; i++) {
        bool seen = run->point[i].method != method;
        for (int64_t j = 0; !seen && j < count; j++)
            seen = x[j] == run->point[i].step;
        if (seen)
            continue;
        double sum = 0, n = 0;
        for (size_t j = i; j < run->points; j++)
            if (run->point[j].method == method && run->point[j].step == run->point[i].step) {
                sum += run->point[j].value;
                n++;
            }
        x[count] = run->point[i].step;
        y[count++] = sum / n;
    }
    *series = (cj_series){.label = method, .x = x, .y = y, .count = x && y ? count : 0};
}

cj_status cj_study_plot_curves(cj_study_run *run, const char *file, const char *title,
                               const char *x_label, const char *y_label)
{
    cj_series series[16];
    int count = 0;
    const char *path = cj_study_picture(run, file);
    if (!path || !run->points)
        return CJ_OK;
    for (size_t i = 0; i < run->points && count < 16; i++) {
        bool seen = false;
        for (int j = 0; j < count; j++)
            seen |= series[j].label == run->point[i].method;
        if (!seen)
            mean_series(run, run->point[i].method, &series[count++]);
    }
    cj_chart chart = {title, x_label, y_label, series, count, false};
    return cj_study_drawn(run, cj_plot_charts(run->context, path, &chart, 1));
}

const char *cj_study_picture(cj_study_run *run, const char *file)
{
    if (!run->out[0] || run->pictures == STUDY_PICTURES)
        return NULL;
    snprintf(run->picture[run->pictures], sizeof run->picture[0], "%s", file);
    snprintf(run->path, sizeof run->path, "%s/%s", run->out, run->picture[run->pictures++]);
    return run->path;
}

cj_status cj_study_drawn(cj_study_run *run, cj_status status)
{
    if (status != CJ_MISSING)
        return status;
    if (run->pictures)
        run->pictures--;
    cj_study_say(run, true, "%s: no picture is drawn\n", cj_error(run->context));
    cj_error_clear(run->context);
    return CJ_OK;
}

void cj_study_progress(cj_study_run *run, double part, const char *format, ...)
{
    char text[200], line[400];
    double now = cj_study_now();
    if (run->options->quiet || now - run->told_at < SECONDS_BETWEEN_LINES)
        return;
    run->told_at = now;
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    snprintf(line, sizeof line, "%3.0f %%  %4.0f s  %s\n", 100 * part, now - run->began, text);
    run->options->print(run->options->user, true, line);
}

void *cj_study_allocate(cj_study_run *run, size_t size)
{
    struct study_block *block = cj_allocate_zero(run->context, sizeof *block + size);
    if (!block) {
        run->status = CJ_NO_MEMORY;
        return NULL;
    }
    block->size = sizeof *block + size;
    block->next = run->blocks;
    run->blocks = block;
    return block->memory;
}

static void release_blocks(cj_study_run *run)
{
    while (run->blocks) {
        struct study_block *block = run->blocks;
        run->blocks = block->next;
        cj_release(run->context, block, block->size);
    }
}

/* ---- from the outside ---- */

void cj_study_say(const cj_study_run *run, bool error, const char *format, ...)
{
    char text[2048];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    run->options->print(run->options->user, error, text);
}

static int refuse(const cj_study_run *run, int status, const char *sentence)
{
    cj_study_say(run, true, "cajal: %s\n", sentence);
    if (run->options->json) {
        json_t *object = json_pack("{s:s, s:s}", "event", "error", "message", sentence);
        char *text = object ? json_dumps(object, 0) : NULL;
        if (text)
            cj_study_say(run, false, "%s\n", text);
        free(text);
        json_decref(object);
    }
    return status;
}

/* NAME=VALUE over the level's values; an exit status. */
static int set_value(cj_study_run *run, const char *name, size_t length, const char *value)
{
    const char *known[STUDY_SETTINGS];
    char word[64], sentence[400];
    double number;
    snprintf(word, sizeof word, "%.*s", (int)CJ_MIN(length, 60), name);
    int i = cj_study_setting_index(run->study, word), count = 0;
    if (i < 0) {
        for (; count < STUDY_SETTINGS && run->study->settings[count].name; count++)
            known[count] = run->study->settings[count].name;
        const char *near = cj_closest_word(word, known, count);
        snprintf(sentence, sizeof sentence,
                 "the study %s has no setting \"%s\"%s%s%s; `cajal study show %s` lists them",
                 run->study->slug, word, near ? "; did you mean \"" : "", near ? near : "",
                 near ? "\"?" : "", run->study->slug);
        return refuse(run, 2, sentence);
    }
    const char *usual = cj_study_value(&run->study->settings[i], run->options->level);
    if (cj_parse_number(usual, &number) && !cj_parse_number(value, &number)) {
        snprintf(sentence, sizeof sentence, "--set %s takes a number, as %s, not \"%.60s\"", word,
                 usual, value);
        return refuse(run, 2, sentence);
    }
    run->altered |= strcmp(usual, value) != 0;
    run->value[i] = value;
    return 0;
}

static int take_options(cj_study_run *run)
{
    const cj_study_options *o = run->options;
    int status = 0;
    for (int i = 0; i < STUDY_SETTINGS && run->study->settings[i].name; i++)
        run->value[i] = cj_study_value(&run->study->settings[i], o->level);
    for (int i = 0; !status && i < o->set_count; i++) {
        const char *equals = strchr(o->set[i], '=');
        status = equals ? set_value(run, o->set[i], (size_t)(equals - o->set[i]), equals + 1)
                        : refuse(run, 2, "--set wants NAME=VALUE");
    }
    if (!status && o->data)
        status = set_value(run, "data", 4, o->data);
    for (const char *s = o->only; !status && s && *s; s += strcspn(s, ","), s += *s == ',') {
        bool found = false;
        for (int i = 0; i < cj_study_checks(run->study); i++)
            found |= names(s, strcspn(s, ","), run->study->checks[i].id);
        if (!found)
            status = refuse(run, 2, "--only names a check that the study does not have");
    }
    return status;
}

static int explain(cj_study_run *run, cj_status status)
{
    char sentence[900];
    const char *error = cj_error(run->context), *data = NULL;
    if (status == CJ_INVALID)
        return refuse(run, 2, error);
    if ((status != CJ_MISSING && status != CJ_NOT_FOUND) || run->data)
        return refuse(run, 1, error[0] ? error : cj_status_text(status));
    if (cj_study_setting_index(run->study, "data") >= 0)
        data = cj_study_text(run, "data");
    bool known = data && cj_data_file_at(data, 0);
    snprintf(sentence, sizeof sentence, "%s%s%s%s", error, known ? "; `cajal data get " : "",
             known ? data : "", known ? "` brings it" : "");
    return refuse(run, 3, sentence);
}

static int finish(cj_study_run *run)
{
    double seconds = cj_study_now() - run->began;
    bool pass;
    json_t *done = cj_study_done_json(run, seconds, &pass);
    char *text = done ? json_dumps(done, JSON_COMPACT) : NULL;
    cj_status status = text ? CJ_OK : CJ_NO_MEMORY;
    if (text && run->out[0])
        status = cj_study_write(run, seconds);
    if (status == CJ_OK && run->options->json) {
        /* not by cj_study_say, whose line has an end */
        run->options->print(run->options->user, false, text);
        run->options->print(run->options->user, false, "\n");
    } else if (status == CJ_OK) {
        cj_study_print_table(run, seconds);
    }
    free(text);
    json_decref(done);
    return status != CJ_OK ? refuse(run, 1, cj_error(run->context)) : !pass;
}

static int perform(cj_study_run *run)
{
    const cj_study_options *o = run->options;
    char slug[96];
    int code = take_options(run);
    if (code)
        return code;
    cj_study_slug(run->study, slug);
    if (o->out)
        snprintf(run->out, sizeof run->out, "%s", o->out);
    else
        snprintf(run->out, sizeof run->out, "runs/%s-%s", slug, cj_study_level_text(o->level));
    if (run->out[0] && cj_folder_make(run->context, run->out) != CJ_OK)
        return refuse(run, 1, cj_error(run->context));
    cj_status status = run->study->run(run);
    if (status == CJ_OK)
        status = run->status != CJ_OK ? run->status : cj_context_status(run->context);
    return status == CJ_OK ? finish(run) : explain(run, status);
}

int cj_study_perform(const cj_study *study, const cj_study_options *options)
{
    char error[600] = "";
    cj_study_run run = {.study = study, .options = options, .began = cj_study_now()};
    cj_config config = {.threads = options->threads, .seed = options->seed};
    run.context = cj_context_new(&config, error, sizeof error);
    if (!run.context)
        return refuse(&run, 1, error);
    int code = perform(&run);
    if (run.data)
        cj_dataset_free(run.context, run.data);
    release_blocks(&run);
    cj_release(run.context, run.point, run.points_size * sizeof *run.point);
    cj_context_free(run.context);
    return code;
}
