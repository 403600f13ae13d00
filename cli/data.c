/*
 * cli/data.c - cajal data: the known data sets, and a look into one as training would see it.
 */
#include "data.h"

#include "base/base.h"

static int list(cli *c)
{
    for (int i = 0; cj_data_known(i); i++) {
        const cj_known_data *known = cj_data_known(i);
        char path[PATH_SIZE] = "";
        bool here = cj_data_find(c->context, known->name, path, sizeof path) == CJ_OK;
        if (c->json)
            print_json(json_pack("{s:s, s:s, s:s, s:s, s:b, s:s?}", "event", "data", "name",
                                 known->name, "title", known->title, "kind",
                                 cj_data_kind_text(known->kind), "at_hand", here, "path",
                                 here ? path : NULL));
        else
            printf("%-15s %s\n%15s %s\n", known->name, known->title, "",
                   here ? path
                        : "not at hand: `cajal data get NAME`, or put it under a folder that "
                          "CAJAL_DATA names");
    }
    return EXIT_DONE;
}

int run_data(cli *c)
{
    int status = make_context(c);
    if (status != EXIT_DONE)
        return status;
    const char *word = c->argument[0];
    if (c->value[OPT_FROM] && strcmp(word, "get"))
        return fail(c, EXIT_USAGE, "--from is for data get");
    if (!strcmp(word, "list"))
        return c->arguments > 1 ? fail(c, EXIT_USAGE, "data list takes no argument") : list(c);
    if (!strcmp(word, "show"))
        return data_show(c);
    if (!strcmp(word, "get"))
        return data_get(c);
    const char *near = cj_closest_word(word, (const char *const[]){"list", "show", "get"}, 3);
    return fail(c, EXIT_USAGE, "data knows list, show and get, not \"%s\"%s%s%s", word,
                near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}
