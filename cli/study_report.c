/*
 * cli/study_report.c - cajal study report: one page of the runs in a folder.
 */
#include "study.h"

#include "base/base.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>

enum { MOST_RUNS = 2000 };

static const char head[] =
    "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Studies</title>\n"
    "<style>body{font:16px/1.45 sans-serif;max-width:70em;margin:2em auto;padding:0 1em}"
    "table{border-collapse:collapse;width:100%}td,th{padding:.2em .6em;border-bottom:1px solid "
    "#ccc;text-align:left}td.n,th.n{text-align:right}img{max-width:100%}.fail{color:#b00}"
    ".pass{color:#070}</style></head><body>\n<h1>Studies</h1>\n";

static void put(FILE *file, const char *text)
{
    for (const char *s = text ? text : ""; *s; s++) {
        const char *as = *s == '<'   ? "&lt;"
                         : *s == '>' ? "&gt;"
                         : *s == '&' ? "&amp;"
                         : *s == '"' ? "&quot;"
                                     : NULL;
        if (as)
            fputs(as, file);
        else
            fputc(*s, file);
    }
}

static const char *text(const json_t *run, const char *key)
{
    const char *value = json_string_value(json_object_get(run, key));
    return value ? value : "";
}

static void put_figure(FILE *file, const json_t *value)
{
    if (json_is_number(value))
        fprintf(file, "<td class=\"n\">%.4g</td>", json_number_value(value));
    else
        fputs("<td class=\"n\">-</td>", file);
}

static void put_check(FILE *file, const json_t *check)
{
    const json_t *pass = json_object_get(check, "pass");
    fputs("<tr><td>", file);
    put(file, text(check, "id"));
    fputs("</td><td>", file);
    put(file, text(check, "what"));
    fputs("</td>", file);
    put_figure(file, json_object_get(check, "measured"));
    fputs("<td class=\"n\">", file);
    put(file, text(check, "relation"));
    fprintf(file, " %.4g</td>", json_number_value(json_object_get(check, "bound")));
    put_figure(file, json_object_get(check, "baseline"));
    put_figure(file, json_object_get(check, "control"));
    fputs("<td>", file);
    put(file, text(check, "paper"));
    fprintf(file, "</td><td class=\"%s\">%s</td></tr>\n", json_is_false(pass) ? "fail" : "pass",
            json_is_true(pass)    ? "&#10003;"
            : json_is_false(pass) ? "&#10007;"
                                  : "not judged");
}

static void put_run(FILE *file, const char *place, const json_t *run)
{
    size_t i;
    json_t *item;
    char took[32];
    fprintf(file, "<h2 id=\"%s\">", place);
    put(file, text(run, "title"));
    fputs("</h2>\n<p>", file);
    put(file, text(run, "authors"));
    fputs(". ", file);
    const char *paper = text(run, "paper");
    if (!strncmp(paper, "arXiv:", 6))
        fprintf(file, "<a href=\"https://arxiv.org/abs/%s\">%s</a>", paper + 6, paper);
    else
        put(file, paper);
    fprintf(file, ", %lld. %s, seed %lld, %s.</p>\n<p>",
            json_integer_value(json_object_get(run, "year")), text(run, "level"),
            json_integer_value(json_object_get(run, "seed")),
            time_text(json_number_value(json_object_get(run, "seconds")), took));
    put(file, text(run, "claim"));
    fputs("</p>\n<table><tr><th></th><th>check</th><th class=\"n\">measured</th><th "
          "class=\"n\">bound</th><th class=\"n\">baseline</th><th class=\"n\">control</th>"
          "<th>paper</th><th></th></tr>\n",
          file);
    json_array_foreach(json_object_get(run, "checks"), i, item) put_check(file, item);
    fputs("</table>\n", file);
    json_array_foreach(json_object_get(run, "differs"), i, item)
    {
        fputs("<p>Differs from the paper: ", file);
        put(file, text(item, "id"));
        fputs(": ", file);
        put(file, text(item, "why"));
        fputs("</p>\n", file);
    }
    json_array_foreach(json_object_get(run, "pictures"), i, item)
    {
        fputs("<p><img alt=\"\" src=\"", file);
        put(file, place);
        fputs(place[0] ? "/" : "", file);
        put(file, json_string_value(item));
        fputs("\"></p>\n", file);
    }
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names of what is in the folder, "" first for the folder itself. */
static int folder_names(cli *c, const char *folder, char **name, int *count)
{
    DIR *open = opendir(folder);
    if (!open)
        return fail(c, EXIT_ERROR, "cannot read the folder '%s': %s", folder, strerror(errno));
    name[(*count)++] = strdup("");
    for (struct dirent *entry; (entry = readdir(open)) && *count < MOST_RUNS;)
        if (entry->d_name[0] != '.' && (name[*count] = strdup(entry->d_name)))
            ++*count;
    closedir(open);
    qsort(name, (size_t)*count, sizeof *name, by_name);
    return EXIT_DONE;
}

static int make_page(cli *c, const char *folder, char **name, int count)
{
    char path[PATH_SIZE + 300], *page = NULL;
    size_t size = 0;
    int runs = 0;
    FILE *file = open_memstream(&page, &size);
    if (!file)
        return fail(c, EXIT_ERROR, "out of memory");
    fputs(head, file);
    for (int i = 0; i < count; i++) {
        snprintf(path, sizeof path, "%s/%s%sresult.json", folder, name[i], name[i][0] ? "/" : "");
        json_t *run = json_load_file(path, 0, NULL);
        if (run && json_is_array(json_object_get(run, "checks"))) {
            put_run(file, name[i], run);
            runs++;
        }
        json_decref(run);
    }
    fputs("</body></html>\n", file);
    bool failed = ferror(file) != 0;
    failed |= fclose(file) != 0;
    snprintf(path, sizeof path, "%s/index.html", folder);
    int status = failed  ? fail(c, EXIT_ERROR, "out of memory")
                 : !runs ? fail(c, EXIT_NO_DATA, "there is no run of a study in '%s'", folder)
                         : EXIT_DONE;
    if (status == EXIT_DONE && cj_file_write(c->context, path, page, size) != CJ_OK)
        status = fail_write(c, cj_error_status(c->context));
    free(page);
    if (status == EXIT_DONE && !c->json)
        printf("%s: %d %s\n", path, runs, cj_of_count(runs, "run", "runs"));
    return status;
}

int study_report(cli *c, const char *folder)
{
    char **name = calloc(MOST_RUNS, sizeof *name);
    int count = 0, status = make_context(c);
    if (status == EXIT_DONE)
        status = name ? folder_names(c, folder, name, &count) : EXIT_ERROR;
    if (status == EXIT_DONE)
        status = make_page(c, folder, name, count);
    for (int i = 0; name && i < count; i++)
        free(name[i]);
    free(name);
    return status;
}
