/*
 * cli/study_show.c - cajal study list and show.
 */
#include "study.h"

#include "base/base.h"

#include <strings.h>

/* ---- what a study is, as JSON ---- */

static bool has_data(cli *c, const cj_study *s)
{
    char path[PATH_SIZE];
    for (int i = 0; i < 8 && s->data[i]; i++)
        if (cj_data_find(c->context, s->data[i], path, sizeof path) != CJ_OK)
            return false;
    return true;
}

static const char *state(cli *c, const cj_study *s)
{
    return has_data(c, s) ? "ready" : "data missing";
}

static json_t *words_json(const char *const *word, int most)
{
    json_t *array = json_array();
    for (int i = 0; i < most && word[i]; i++)
        json_array_append_new(array, json_string(word[i]));
    return array;
}

static json_t *about_json(cli *c, const cj_study *s)
{
    char slug[STUDY_SLUG];
    return json_pack("{s:s, s:i, s:s, s:s, s:i, s:s, s:s, s:s, s:o, s:s, s:o}", "slug",
                     study_slug(s, slug), "number", s->number, "title", s->title, "summary",
                     s->summary, "year", s->year, "family", s->family, "paper", s->paper, "authors",
                     s->authors, "data", words_json(s->data, 8), "state", state(c, s), "uses",
                     words_json(s->uses, 32));
}

/* ---- list ---- */

static bool holds(const char *text, const char *word)
{
    size_t length = strlen(word);
    for (const char *s = text; *s; s++)
        if (!strncasecmp(s, word, length))
            return true;
    return false;
}

static bool fits(const cj_study *s, const char *word)
{
    char slug[STUDY_SLUG];
    bool found = holds(study_slug(s, slug), word) || holds(s->title, word) ||
                 holds(s->summary, word) || holds(s->family, word) || holds(s->authors, word);
    for (int i = 0; !found && i < 32 && s->uses[i]; i++)
        found = holds(s->uses[i], word);
    return found;
}

static bool is_listed(const cli *c, const cj_study *s)
{
    if (c->value[OPT_FAMILY] && strcmp(c->value[OPT_FAMILY], s->family))
        return false;
    for (int i = 1; i < c->arguments; i++)
        if (!fits(s, c->argument[i]))
            return false;
    return true;
}

static void print_row(cli *c, const cj_study *s)
{
    char slug[STUDY_SLUG];
    printf("%03d  %-28s %s", s->number, study_slug(s, slug), s->summary);
    for (int i = 0; i < 8 && s->data[i]; i++)
        printf("%s%s", i ? ", " : "  [", s->data[i]);
    printf("%s  %s\n", s->data[0] ? "]" : "  [no data]", state(c, s));
}

int study_list(cli *c)
{
    json_t *all = json_array();
    int status = make_context(c);
    for (const study_row *row = study_table; status == EXIT_DONE && row->study; row++) {
        if (!is_listed(c, row->study))
            continue;
        if (c->json)
            json_array_append_new(all, about_json(c, row->study));
        else
            print_row(c, row->study);
    }
    if (status == EXIT_DONE && c->json)
        write_json(stdout, json_incref(all));
    json_decref(all);
    return status;
}

/* ---- show ---- */

/* The lines of the study's text from the one after "in your own net" to the first that is a brace. */
static const char *own_net(const study_row *row, size_t *length)
{
    const char *mark = strstr(row->source, "in your own net");
    const char *from = mark ? strchr(mark, '\n') : NULL;
    const char *to = from ? strstr(from, "\n}\n") : NULL;
    *length = to ? (size_t)(to - from) + 2 : 0;
    return to ? from + 1 : "";
}

static int show_json(cli *c, const study_row *row)
{
    const cj_study *s = row->study;
    json_t *object = about_json(c, s), *settings = json_array(), *checks = json_array(),
           *differs = json_array();
    size_t length;
    const char *own = own_net(row, &length);
    for (int i = 0; i < 32 && s->settings[i].name; i++)
        json_array_append_new(
            settings, json_pack("{s:s, s:s, s:s, s:s?, s:s?}", "name", s->settings[i].name, "value",
                                s->settings[i].value, "what", s->settings[i].what, "quick",
                                s->settings[i].quick, "smoke", s->settings[i].smoke));
    for (int i = 0; i < 48 && s->checks[i].id; i++) {
        const cj_study_bound *b = &s->checks[i];
        json_array_append_new(checks, json_pack("{s:s, s:s, s:s, s:f, s:s, s:s?, s:b}", "id", b->id,
                                                "what", b->what, "relation", b->relation, "bound",
                                                b->bound, "level", cj_study_level_text(b->level),
                                                "paper", b->paper, "exact", b->exact));
    }
    for (int i = 0; i < 12 && s->differs[i].id; i++)
        json_array_append_new(
            differs, json_pack("{s:s, s:s}", "id", s->differs[i].id, "why", s->differs[i].why));
    json_object_set_new(object, "claim", json_string(s->claim));
    json_object_set_new(object, "settings", settings);
    json_object_set_new(object, "checks", checks);
    json_object_set_new(object, "differs", differs);
    json_object_set_new(object, "own_net", json_stringn(own, length ? length - 1 : 0));
    print_json(object);
    return EXIT_DONE;
}

static void print_checks(const cj_study *s)
{
    puts("\nChecks");
    for (int i = 0; i < 48 && s->checks[i].id; i++) {
        const cj_study_bound *b = &s->checks[i];
        printf("  %-4s %-5s  %s %s %g%s%s%s\n", b->id, cj_study_level_text(b->level), b->what,
               b->relation, b->bound, b->paper ? "  (paper: " : "", b->paper ? b->paper : "",
               b->paper ? ")" : "");
    }
}

static void print_settings(const cj_study *s)
{
    puts("\nSettings (full; quick, smoke where they differ)");
    for (int i = 0; i < 32 && s->settings[i].name; i++) {
        const cj_study_setting *t = &s->settings[i];
        printf("  %-16s %-10s %s", t->name, t->value, t->what);
        if (t->quick || t->smoke)
            printf(" (%s%s%s%s%s)", t->quick ? "quick " : "", t->quick ? t->quick : "",
                   t->quick && t->smoke ? ", " : "", t->smoke ? "smoke " : "",
                   t->smoke ? t->smoke : "");
        putchar('\n');
    }
}

int study_show(cli *c, const study_row *row)
{
    const cj_study *s = row->study;
    int status = make_context(c);
    if (status != EXIT_DONE)
        return status;
    if (c->json)
        return show_json(c, row);
    char slug[STUDY_SLUG];
    size_t length;
    printf("%03d %s: %s\n%s. %s, %d (%s)\n\n%s\n\nClaim: %s\n\nData:", s->number,
           study_slug(s, slug), s->title, s->authors, s->paper, s->year, s->family, s->summary,
           s->claim);
    for (int i = 0; i < 8 && s->data[i]; i++)
        printf(" %s", s->data[i]);
    printf("%s (%s)\nUses:", s->data[0] ? "" : " none", state(c, s));
    for (int i = 0; i < 32 && s->uses[i]; i++)
        printf(" %s", s->uses[i]);
    putchar('\n');
    print_checks(s);
    print_settings(s);
    for (int i = 0; i < 12 && s->differs[i].id; i++)
        printf("\ndiffers from the paper: %s: %s\n", s->differs[i].id, s->differs[i].why);
    const char *own = own_net(row, &length);
    if (length)
        printf("\nIn your own net\n\n%.*s", (int)length, own);
    return EXIT_DONE;
}
