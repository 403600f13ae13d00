/*
 * cli/data_get.c - cajal data get: the files of a known data set from where they are published.
 */
#include "data.h"

#include "base/base.h"

typedef struct shown {
    cli *c;
    const char *name;
    double drawn;
    bool line;
} shown;

static bool draw(void *user, uint64_t have, uint64_t all)
{
    shown *s = user;
    double now = now_seconds();
    char here[32], whole[32];
    if (s->c->quiet || !is_terminal(stderr) || now - s->drawn < 0.1)
        return true;
    s->drawn = now;
    s->line = true;
    fprintf(stderr, "\r%s  %s%s%s\033[K", s->name, bytes_text((double)have, here),
            all ? " of " : "", all ? bytes_text((double)all, whole) : "");
    return true;
}

static void announce(const cli *c, const char *name)
{
    uint64_t bytes = 0;
    bool known = true;
    int count = 0;
    char size[32];
    for (; cj_data_file_at(name, count); count++) {
        bytes += cj_data_file_at(name, count)->bytes;
        known = known && cj_data_file_at(name, count)->bytes;
    }
    tell(c, "%s: %d %s, %s; licence: %s", name, count, cj_of_count(count, "file", "files"),
         known ? bytes_text((double)bytes, size) : "of a size that is not known beforehand",
         cj_data_licence(name));
}

static int get_file(cli *c, const char *name, int i)
{
    const cj_data_file *file = cj_data_file_at(name, i);
    shown s = {.c = c, .name = file->path};
    cj_data_get_options options = {.mirror = c->value[OPT_FROM], .progress = draw, .user = &s};
    char folder[PATH_SIZE], path[2 * PATH_SIZE], hash[65], size[32];
    uint64_t bytes;
    cj_status status = cj_data_home(c->context, folder, sizeof folder);
    if (status == CJ_OK)
        status = cj_data_get(c->context, name, i, &options);
    if (s.line)
        fputs("\r\033[K", stderr);
    snprintf(path, sizeof path, "%s/%s", folder, file->path);
    if (status == CJ_OK)
        status = cj_file_sha256(c->context, path, hash, &bytes);
    if (status != CJ_OK)
        return fail_library(c, status);
    if (c->json)
        print_json(json_pack("{s:s, s:s, s:o, s:I, s:s, s:b}", "event", "file", "name", name,
                             "path", json_text(path), "bytes", (json_int_t)bytes, "sha256", hash,
                             "pinned", file->sha256 != NULL));
    else
        printf("%s  %s  SHA-256 %s%s\n", path, bytes_text((double)bytes, size), hash,
               file->sha256 ? ", as it must be" : " (none is pinned to compare it with)");
    return EXIT_DONE;
}

int data_get(cli *c)
{
    const char *name = c->argument[1], *known[64];
    int count = 0, code = EXIT_DONE;
    if (c->arguments < 2)
        return fail(c, EXIT_USAGE, "data get wants the name of a data set: cajal data get mnist");
    for (; cj_data_known(count) && count < 64; count++)
        known[count] = cj_data_known(count)->name;
    bool is_known = false;
    for (int i = 0; i < count; i++)
        is_known = is_known || !strcmp(known[i], name);
    if (!is_known) {
        const char *near = cj_closest_word(name, known, count);
        return fail(c, EXIT_USAGE,
                    "there is no known data set \"%s\"%s%s%s; `cajal data list` names them", name,
                    near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
    }
    if (!cj_data_file_at(name, 0))
        return fail(c, EXIT_NO_DATA,
                    "Cajal knows no place where %s is published as a file that it reads: put it "
                    "under a folder that CAJAL_DATA names",
                    name);
    announce(c, name);
    for (int i = 0; cj_data_file_at(name, i) && code == EXIT_DONE; i++)
        code = get_file(c, name, i);
    return code;
}
