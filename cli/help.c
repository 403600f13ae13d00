/*
 * cli/help.c - help and manual pages from the table of options.
 */
#include "cli.h"

#include "base/base.h"
#include "cajal/architecture.h"
#include "cajal/optim.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

static const char net_help[] =
    "A net is a name or a short text. Names:\n\n"
    "  mlp           hidden layers of 128 and 128 units; mlp:256,64 sets the sizes\n"
    "  lenet         two convolutions and two linear layers, for pictures of 28x28 or so\n"
    "  resnet20      20 layers with zero-padded shortcuts, for pictures of 32x32 or so\n\n"
    "A text is layers with commas between (or a line each; # begins a comment), in a file or as an "
    "argument:\n\n"
    "  conv N KxK [stride S] [pad P|same] [dilation D] [groups G] [nobias]\n"
    "  linear N|classes [nobias]        flattens what reaches it; classes: as many as the data ask "
    "for\n"
    "  maxpool K [stride S] [pad P]     avgpool K [stride S] [pad P]     avgpool all\n"
    "  bn   dropout P   flatten   identity\n"
    "  relu   leaky SLOPE   elu   gelu   silu   sigmoid   softplus   tanh\n"
    "  shortcut N [stride S]            every S-th pixel, zero channels around up to N\n"
    "  residual(LAYERS [| SHORTCUT])    what is inside plus x\n"
    "  add(A | B | ...)  concat(A | B | ...)   branches; an empty one is x itself\n"
    "  3 x (LAYERS)                     repeats\n"
    "  conv 32 3x3 as stem              a name; layers are called conv1, bn1, fc1, ... otherwise\n"
    "  3 x (LAYERS) as body             body.0.conv1, body.1.conv1, ...\n\n"
    "The last layer gives as many numbers as the data have classes or targets; where it is "
    "missing, \"linear classes\" is\n"
    "appended. The text is checked before anything is computed: an error names the layer, what "
    "reaches it and what it takes.\n\n"
    "Examples:\n\n"
    "  cajal train --data mnist --net \"conv 32 5x5, relu, maxpool 2, linear 128, relu, linear "
    "classes\"\n"
    "  cajal train --data cifar10 --net \"conv 32 3x3 pad 1 nobias, bn, relu, 3 x (residual(conv "
    "32 3x3 pad 1, bn,\n"
    "      relu, conv 32 3x3 pad 1, bn), relu), avgpool all\"\n"
    "  cajal show @net.txt --input 3x32x32\n";

static void print_nets(FILE *file, void (*put)(FILE *file, const char *text))
{
    char line[300];
    put(file, net_help);
    put(file, "\nNets with options, for texts, graphs, pictures, functions (what is left out is as "
              "here):\n\n");
    for (int i = 0; cj_architecture_list(i, line, sizeof line); i++) {
        put(file, "  ");
        put(file, line);
        put(file, "\n");
    }
    put(file, "\nExamples:\n\n"
              "  cajal train --data tinyshakespeare --net lstm:hidden=384,dropout=0.2\n"
              "  cajal train --data cora --net gcn\n");
}

static void put_plain(FILE *file, const char *text)
{
    fputs(text, file);
}

/* Prints words wrapped at 79 columns, lines after the first indented; `column` is where the first begins. */
static void wrap(FILE *file, const char *text, int column, int indent)
{
    bool first = true;
    for (const char *word = text; *word;) {
        if (*word == '\n') {
            fputc('\n', file);
            column = 0;
            first = true;
            word++;
            continue;
        }
        int length = (int)strcspn(word, " \n");
        if (!first && column + 1 + length > 79) {
            fprintf(file, "\n%*s", indent, "");
            column = indent;
        } else if (!first) {
            fputc(' ', file);
            column++;
        }
        fwrite(word, 1, (size_t)length, file);
        column += length;
        first = false;
        word += length;
        word += *word == ' ';
    }
    fputc('\n', file);
}

static void print_options(FILE *file, enum command_id command)
{
    fputs("\nOptions:\n", file);
    for (int i = 0; i < OPTIONS; i++) {
        const option_row *row = &option_table[i];
        char head[64], letter[8] = "    ";
        if (!(row->commands & ON(command)))
            continue;
        if (row->letter)
            snprintf(letter, sizeof letter, "-%c, ", row->letter);
        snprintf(head, sizeof head, "  %s--%s%s%s", letter, row->name, row->value ? " " : "",
                 row->value ? row->value : "");
        fprintf(file, "%-28s", head);
        if (strlen(head) >= 28)
            fprintf(file, "\n%28s", "");
        wrap(file, row->help, 28, 28);
    }
}

static void print_examples(FILE *file, const char *examples)
{
    fputs("\nExamples:\n  ", file);
    for (const char *s = examples; *s; s++) {
        fputc(*s, file);
        if (*s == '\n')
            fputs("  ", file);
    }
    fputc('\n', file);
}

static void print_commands(FILE *file)
{
    fputs("cajal - train, measure and apply neural networks\n\nUsage: cajal COMMAND "
          "[OPTION...]\n\nCommands:\n",
          file);
    for (int i = 0; i < COMMANDS; i++)
        fprintf(file, "  %-10s%s\n", command_table[i].name, command_table[i].summary);
    fputs("\n`cajal COMMAND --help` explains a command, `cajal help nets` how a net is written, "
          "`cajal help "
          "optimisers` what\n--optim and --schedule take.\n"
          "Exit status: 0 done; 1 an error; 2 wrong usage; 3 data or a model missing; 130 or 143 "
          "stopped by a signal.\n\n"
          "Examples:\n"
          "  cajal train --data mnist --epochs 3\n"
          "  cajal train --data iris.csv --target species\n",
          file);
}

void print_help(FILE *file, enum command_id command)
{
    if (command == COMMANDS || (int)command < 0) {
        print_commands(file);
        return;
    }
    const command_row *row = &command_table[command];
    fprintf(file, "cajal %s - %s\n\nUsage: cajal %s%s%s [OPTION...]\n\n", row->name, row->summary,
            row->name, row->arguments[0] ? " " : "", row->arguments);
    wrap(file, row->text, 0, 0);
    print_options(file, command);
    print_examples(file, row->examples);
}

/* ---- manual pages ---- */

/* Text as roff: backslashes, leading dots and hyphens are spelled out; an empty line is a paragraph. */
static void roff(FILE *file, const char *text)
{
    bool line_begins = true;
    for (const char *s = text; *s; s++) {
        if (line_begins && (*s == '.' || *s == '\''))
            fputs("\\&", file);
        line_begins = *s == '\n';
        if (s[0] == '\n' && s[1] == '\n') {
            fputs("\n.PP\n", file);
            s++;
        } else if (*s == '\\') {
            fputs("\\e", file);
        } else if (*s == '-') {
            fputs("\\-", file);
        } else {
            fputc(*s, file);
        }
    }
}

static void man_page(FILE *file, enum command_id command)
{
    const command_row *row = &command_table[command];
    fprintf(file, ".TH CAJAL\\-%s 1 \"\" \"Cajal %s\" \"User Commands\"\n.SH NAME\ncajal\\-%s \\- ",
            row->name, cj_version(), row->name);
    roff(file, row->summary);
    fprintf(file, "\n.SH SYNOPSIS\n.B cajal %s\n", row->name);
    if (row->arguments[0])
        fprintf(file, "%s\n", row->arguments);
    fputs("[\\fIOPTION\\fR...]\n.SH DESCRIPTION\n", file);
    roff(file, row->text);
    fputs("\n.SH OPTIONS\n", file);
    for (int i = 0; i < OPTIONS; i++) {
        const option_row *option = &option_table[i];
        if (!(option->commands & ON(command)))
            continue;
        fputs(".TP\n", file);
        if (option->letter)
            fprintf(file, "\\fB\\-%c\\fR, ", option->letter);
        fputs("\\fB\\-\\-", file);
        roff(file, option->name);
        fprintf(file, "\\fR%s%s%s\n", option->value ? " \\fI" : "",
                option->value ? option->value : "", option->value ? "\\fR" : "");
        roff(file, option->help);
        fputc('\n', file);
    }
    fputs(".SH EXAMPLES\n.nf\n", file);
    roff(file, row->examples);
    fputs("\n.fi\n.SH EXIT STATUS\n0 done; 1 an error; 2 wrong usage; 3 data or a model missing; "
          "130 or 143 stopped by "
          "a signal.\n.SH SEE ALSO\n.BR cajal (1)\n",
          file);
}

static void man_front_page(FILE *file)
{
    fprintf(file,
            ".TH CAJAL 1 \"\" \"Cajal %s\" \"User Commands\"\n.SH NAME\ncajal \\- train, measure "
            "and apply "
            "neural networks\n.SH SYNOPSIS\n.B cajal\n\\fICOMMAND\\fR [\\fIOPTION\\fR...]\n.SH "
            "COMMANDS\n",
            cj_version());
    for (int i = 0; i < COMMANDS; i++)
        fprintf(file, ".TP\n.BR cajal\\-%s (1)\n%s\n", command_table[i].name,
                command_table[i].summary);
    fputs(".SH NETS\n.nf\n", file);
    print_nets(file, roff);
    fputs(".fi\n.SH ENVIRONMENT\n.TP\nCAJAL_DATA\na folder where known data sets are looked "
          "for\n.TP\nCAJAL_ISA\nforces the "
          "kernels: baseline, avx2, avx512, neon\n.TP\nNO_COLOR\nplain output on a terminal, too\n",
          file);
}

static int write_page(cli *c, const char *folder, enum command_id command)
{
    char path[PATH_SIZE], *text = NULL;
    size_t size = 0;
    FILE *memory = open_memstream(&text, &size);
    if (!memory)
        return fail(c, EXIT_ERROR, "out of memory");
    if (command == COMMANDS)
        man_front_page(memory);
    else
        man_page(memory, command);
    bool lost = ferror(memory) != 0;
    if (fclose(memory) != 0 || lost) {
        free(text);
        return fail(c, EXIT_ERROR, "out of memory");
    }
    snprintf(path, sizeof path, "%s/cajal%s%s.1", folder, command == COMMANDS ? "" : "-",
             command == COMMANDS ? "" : command_table[command].name);
    cj_status status = cj_file_write(c->context, path, text, size);
    free(text);
    return status == CJ_OK ? EXIT_DONE : fail_library(c, status);
}

int write_man_pages(cli *c, const char *folder)
{
    int status = make_context(c);
    if (status == EXIT_DONE && mkdir(folder, 0777) != 0 && errno != EEXIST)
        return fail(c, EXIT_ERROR, "cannot make the folder '%s': %s", folder, strerror(errno));
    for (int i = 0; i <= COMMANDS && status == EXIT_DONE; i++)
        status = write_page(c, folder, (enum command_id)i);
    return status;
}

static void print_optimisers(void)
{
    char line[512];
    fputs("Optimisers, for --optim, with their options and defaults (torch's names; cajal/optim.h "
          "has "
          "the formulas):\n\n",
          stdout);
    for (int i = 0; cj_optimiser_list(i, line, sizeof line); i++)
        printf("  %s\n", line);
    fputs("\nSchedules, for --schedule (t_max, step_size, milestones in epochs; by_step: in steps; "
          "warmup, step_size_up in steps):\n\n",
          stdout);
    for (int i = 0; cj_schedule_list(i, line, sizeof line); i++)
        printf("  %s\n", line);
    fputs("\nExamples:\n  cajal train --data mnist --optim sgd:lr=0.05,momentum=0.9,nesterov=true "
          "--schedule cosine:warmup=500\n",
          stdout);
}

int run_help(cli *c)
{
    if (c->value[OPT_MAN_PAGES])
        return write_man_pages(c, c->value[OPT_MAN_PAGES]);
    if (c->value[OPT_COMPLETION]) {
        print_completion(c->value[OPT_COMPLETION]);
        return EXIT_DONE;
    }
    if (c->arguments == 0) {
        print_help(stdout, COMMANDS);
        return EXIT_DONE;
    }
    if (!strcmp(c->argument[0], "nets")) {
        print_nets(stdout, put_plain);
        return EXIT_DONE;
    }
    if (!strcmp(c->argument[0], "optimisers")) {
        print_optimisers();
        return EXIT_DONE;
    }
    const char *words[COMMANDS + 2];
    for (int i = 0; i < COMMANDS; i++) {
        words[i] = command_table[i].name;
        if (!strcmp(c->argument[0], words[i])) {
            print_help(stdout, (enum command_id)i);
            return EXIT_DONE;
        }
    }
    words[COMMANDS] = "nets";
    words[COMMANDS + 1] = "optimisers";
    const char *near = cj_closest_word(c->argument[0], words, COMMANDS + 2);
    return fail(c, EXIT_USAGE, "there is no help on \"%s\"%s%s%s", c->argument[0],
                near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}
