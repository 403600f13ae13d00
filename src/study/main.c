/*
 * main.c - a study as a program: its command line.
 */
#include "study/study.h"

#include <stdlib.h>

static const char usage[] =
    "usage: %s [--smoke|--quick|--full] [--seed N] [--threads N] [--json] [--quiet] [--out DIR]\n"
    "       [--set NAME=VALUE]... [--data D] [--only IDS]\n\n%s: %s\n\n";

static void say(cj_study_print *print, void *user, bool error, const char *format, ...)
    CJ_PRINTF(4, 5);
static void say(cj_study_print *print, void *user, bool error, const char *format, ...)
{
    char text[2048];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    print(user, error, text);
}

static int help(const cj_study *study, const char *program, const cj_study_options *o)
{
    say(o->print, o->user, false, usage, program, study->slug, study->summary);
    for (int i = 0; i < STUDY_SETTINGS && study->settings[i].name; i++)
        say(o->print, o->user, false, "  %-16s %-12s %s\n", study->settings[i].name,
            cj_study_value(&study->settings[i], CJ_FULL), study->settings[i].what);
    return 0;
}

/* The value of --name, in the same word or the next; NULL where the word is another. */
static const char *value_of(const char *name, int argc, char **argv, int *i)
{
    size_t length = strlen(name);
    if (strncmp(argv[*i], name, length))
        return NULL;
    if (argv[*i][length] == '=')
        return argv[*i] + length + 1;
    return !argv[*i][length] && *i + 1 < argc ? argv[++*i] : NULL;
}

static bool take(cj_study_options *o, const char **set, int argc, char **argv, int *i)
{
    const char *word = argv[*i], *value;
    double number;
    for (int level = CJ_SMOKE; level <= CJ_FULL; level++)
        if (!strncmp(word, "--", 2) &&
            !strcmp(word + 2, cj_study_level_text((cj_study_level)level)))
            return o->level = (cj_study_level)level, true;
    if (!strcmp(word, "--json"))
        return o->json = true;
    if (!strcmp(word, "--quiet") || !strcmp(word, "-q"))
        return o->quiet = true;
    if ((value = value_of("--out", argc, argv, i)))
        return o->out = value, true;
    if ((value = value_of("--data", argc, argv, i)))
        return o->data = value, true;
    if ((value = value_of("--only", argc, argv, i)))
        return o->only = value, true;
    if ((value = value_of("--set", argc, argv, i)))
        return set[o->set_count++] = value, true;
    bool seed = true;
    if (!(value = value_of("--seed", argc, argv, i))) {
        seed = false;
        value = value_of("--threads", argc, argv, i);
    }
    if (!value || !cj_parse_number(value, &number) || number < 0 ||
        number > (seed ? 9007199254740992.0 : 256) || number != (double)(int64_t)number)
        return false;
    if (seed)
        o->seed = (uint64_t)number;
    else
        o->threads = (int)number;
    return true;
}

int cj_study_main(const cj_study *study, int argc, char **argv, cj_study_print *print, void *user)
{
    cj_study_options o = {.level = CJ_QUICK, .print = print, .user = user};
    const char *program = argc ? argv[0] : study->slug;
    const char **set = calloc((size_t)argc + 1, sizeof *set);
    if (!set) {
        print(user, true, "out of memory\n");
        return 1;
    }
    o.set = set;
    int code = -1;
    for (int i = 1; i < argc && code < 0; i++) {
        const char *word = argv[i];
        if (!strcmp(word, "--help") || !strcmp(word, "-h")) {
            code = help(study, program, &o);
        } else if (!take(&o, set, argc, argv, &i)) {
            say(print, user, true, "%s: %.100s is not understood; see --help\n", program, word);
            code = 2;
        }
    }
    if (code < 0)
        code = cj_study_perform(study, &o);
    free(set);
    return code;
}
