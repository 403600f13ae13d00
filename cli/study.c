/*
 * cli/study.c - cajal study: finds a study, runs it, prints its text.
 */
#include "study.h"

#include "base/base.h"

#include <ctype.h>
#include <stdlib.h>

const char *study_slug(const cj_study *study, char slug[STUDY_SLUG])
{
    snprintf(slug, STUDY_SLUG, "%s", study->slug);
    for (char *s = slug; *s; s++)
        if (*s == '_')
            *s = '-';
    return slug;
}

/* ---- finding ---- */

static bool is_paper(const cj_study *study, const char *word)
{
    size_t head = strncasecmp(word, "arxiv:", 6) ? 0 : 6;
    const char *at = strstr(study->paper, word + head);
    return strlen(word + head) >= 6 && at && !isalnum((unsigned char)at[strlen(word + head)]);
}

static bool is_named(const cj_study *study, const char *word)
{
    const char *a = study->slug, *b = word;
    for (; *a && *b; a++, b++)
        if (*a != *b && !(*a == '_' && *b == '-'))
            return false;
    return !*a && !*b;
}

static const study_row *find(cli *c, const char *word)
{
    char slug[256][STUDY_SLUG];
    const char *slugs[256];
    char *end;
    long number = strtol(word, &end, 10);
    int count = 0;
    for (const study_row *row = study_table; row->study; row++) {
        if (is_named(row->study, word) || is_paper(row->study, word) ||
            (!*end && end != word && number == row->study->number))
            return row;
        if (count < 256) {
            slugs[count] = study_slug(row->study, slug[count]);
            count++;
        }
    }
    const char *near = cj_closest_word(word, slugs, count);
    fail(c, EXIT_USAGE, "there is no study \"%s\"%s%s%s; `cajal study list` tells all", word,
         near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
    return NULL;
}

/* ---- running ---- */

static void put(void *user, bool error, const char *text)
{
    (void)user;
    fputs(text, error ? stderr : stdout);
    if (error)
        fflush(stderr);
}

static int run(cli *c, const study_row *row)
{
    int64_t threads = 0, seed = 0;
    int levels = option_on(c, OPT_SMOKE) + option_on(c, OPT_QUICK) + option_on(c, OPT_FULL);
    if (levels > 1)
        return fail(c, EXIT_USAGE, "--smoke, --quick and --full exclude each other");
    if (!option_integer(c, OPT_THREADS, 1, 256, &threads) ||
        !option_integer(c, OPT_SEED, 0, INT64_C(1) << 53, &seed))
        return EXIT_USAGE;
    cj_study_options options = {.level = option_on(c, OPT_SMOKE)  ? CJ_SMOKE
                                         : option_on(c, OPT_FULL) ? CJ_FULL
                                                                  : CJ_QUICK,
                                .seed = (uint64_t)seed,
                                .threads = (int)threads,
                                .json = c->json,
                                .quiet = c->quiet,
                                .out = c->value[OPT_OUT],
                                .data = c->value[OPT_DATA],
                                .only = c->value[OPT_ONLY],
                                .set_count = c->sets,
                                .set = c->set,
                                .print = put};
    return cj_study_perform(row->study, &options);
}

static int is_for(cli *c, bool right, enum option_id id, const char *word)
{
    if (right || (id == OPT_SET ? !c->sets : !option_on(c, id)))
        return EXIT_DONE;
    return fail(c, EXIT_USAGE, "--%s is for study %s", option_table[id].name, word);
}

int run_study(cli *c)
{
    static const char *const words[] = {"list", "show", "run", "source", "report"};
    static const enum option_id for_run[] = {OPT_SMOKE, OPT_QUICK, OPT_FULL, OPT_SET,
                                             OPT_ONLY,  OPT_DATA,  OPT_OUT,  OPT_SEED};
    const char *word = c->argument[0];
    int which = 0, code = is_for(c, !strcmp(word, "list"), OPT_FAMILY, "list");
    for (size_t i = 0; code == EXIT_DONE && i < CJ_COUNT(for_run); i++)
        code = is_for(c, !strcmp(word, "run"), for_run[i], "run");
    while (which < (int)CJ_COUNT(words) && strcmp(word, words[which]))
        which++;
    if (code != EXIT_DONE)
        return code;
    if (which == (int)CJ_COUNT(words)) {
        const char *near = cj_closest_word(word, words, CJ_COUNT(words));
        return fail(c, EXIT_USAGE,
                    "study knows list, show, run, source and report, not \"%s\"%s%s%s", word,
                    near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
    }
    if (which == 0)
        return study_list(c);
    if (c->arguments != 2)
        return fail(c, EXIT_USAGE, "study %s wants %s", word, which == 4 ? "a folder" : "a study");
    if (which == 4)
        return study_report(c, c->argument[1]);
    const study_row *row = find(c, c->argument[1]);
    if (!row)
        return EXIT_USAGE;
    if (which == 1)
        return study_show(c, row);
    if (which == 2)
        return run(c, row);
    fputs(row->source, stdout);
    return EXIT_DONE;
}
