/*
 * cli/main.c - cajal: dispatches to a file a sub-command.
 */
#include "cli.h"

#include <stdlib.h>

int main(int argc, char **argv)
{
    cli c = {0};
    c.argument = calloc((size_t)argc + 1, sizeof *c.argument);
    c.set = calloc((size_t)argc + 1, sizeof *c.set);
    if (!c.argument || !c.set) {
        fputs("cajal: out of memory\n", stderr);
        return EXIT_ERROR;
    }
    int status = options_parse(&c, argc, argv);
    if (status == EXIT_DONE) {
        if (c.value[OPT_HELP])
            print_help(stdout, c.command);
        else
            status = command_table[c.command].run(&c);
    }
    output_ends(&c, &status);
    cj_context_free(c.context);
    json_decref(c.kept);
    free(c.set);
    free(c.argument);
    return status;
}
