/*
 * cli/completion.c - completion scripts for bash and zsh from the table of options.
 */
#include "cli.h"
#include "study.h"

#include "cajal/architecture.h"

#include <string.h>

static void print_words(const option_row *row)
{
    if (row->words) {
        fputs(row->words, stdout);
    } else if (row->completion == A_DATA_SET) {
        for (int i = 0; cj_data_known(i); i++)
            printf("%s%s", i ? " " : "", cj_data_known(i)->name);
    } else if (row->completion == A_NET) {
        for (int i = 0; cj_net_known(i); i++)
            printf("%s%s", i ? " " : "", cj_net_known(i)->name);
        for (int i = 0; i < CJ_ARCHITECTURES; i++)
            printf(" %s", cj_architecture_name((cj_architecture_kind)i));
    } else if (row->id == OPT_OPTIM) {
        fputs("sgd adam adamw", stdout);
    } else if (row->id == OPT_SCHEDULE) {
        fputs("constant step cosine", stdout);
    }
}

static bool also_files(const option_row *row)
{
    return row->completion == A_FILE || row->completion == A_DATA_SET || row->completion == A_NET;
}

static void bash(void)
{
    char slug[STUDY_SLUG];
    fputs("# bash completion for cajal, made by `cajal help --completion bash`\n"
          "_cajal()\n{\n"
          "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} "
          "command=${COMP_WORDS[1]}\n"
          "    COMPREPLY=()\n"
          "    if [ \"$COMP_CWORD\" = 1 ]; then\n        COMPREPLY=($(compgen -W \"",
          stdout);
    for (int i = 0; i < COMMANDS; i++)
        printf("%s%s", i ? " " : "", command_table[i].name);
    fputs("\" -- \"$word\"))\n        return\n    fi\n    case \"$command $before\" in\n", stdout);
    for (int command = 0; command < COMMANDS; command++)
        for (int i = 0; i < OPTIONS; i++) {
            const option_row *row = &option_table[i];
            if (!(row->commands & ON(command)) || !row->value)
                continue;
            printf("    \"%s --%s\"", command_table[command].name, row->name);
            if (row->letter)
                printf(" | \"%s -%c\"", command_table[command].name, row->letter);
            fputs(")\n        COMPREPLY=($(compgen ", stdout);
            fputs(also_files(row) ? "-f " : row->completion == A_FOLDER ? "-d " : "", stdout);
            fputs("-W \"", stdout);
            print_words(row);
            fputs("\" -- \"$word\"))\n        return ;;\n", stdout);
        }
    fputs("    esac\n    case $word in\n    -*)\n        case $command in\n", stdout);
    for (int command = 0; command < COMMANDS; command++) {
        printf("        %s) COMPREPLY=($(compgen -W \"", command_table[command].name);
        bool first = true;
        for (int i = 0; i < OPTIONS; i++)
            if (option_table[i].commands & ON(command)) {
                printf("%s--%s", first ? "" : " ", option_table[i].name);
                first = false;
            }
        fputs("\" -- \"$word\")) ;;\n", stdout);
    }
    fputs("        esac ;;\n"
          "    *)\n"
          "        case $command in\n"
          "        help) COMPREPLY=($(compgen -W \"train eval predict generate show data study "
          "version "
          "help "
          "nets optimisers\" -- \"$word\")) ;;\n"
          "        data) COMPREPLY=($(compgen -f -W \"list show get\" -- \"$word\")) ;;\n"
          "        study) COMPREPLY=($(compgen -f -W \"list show run source report",
          stdout);
    for (int i = 0; study_table[i].study; i++)
        printf(" %s", study_slug(study_table[i].study, slug));
    fputs("\" -- \"$word\")) ;;\n"
          "        *) COMPREPLY=($(compgen -f -- \"$word\")) ;;\n"
          "        esac ;;\n"
          "    esac\n}\n"
          "complete -o filenames -F _cajal cajal\n",
          stdout);
}

/* Text inside zsh's '...[...]': quotes, brackets and colons have a meaning there. */
static void zsh_text(const char *text)
{
    for (const char *s = text; *s; s++) {
        if (*s == '\'')
            fputs("'\\''", stdout);
        else if (*s == '[' || *s == ']' || *s == ':')
            printf("\\%c", *s);
        else
            putchar(*s);
    }
}

static void zsh_option(const option_row *row)
{
    printf("            '--%s%s[", row->name, row->value ? "=" : "");
    zsh_text(row->help);
    putchar(']');
    if (row->value) {
        printf(":%s:", row->value);
        if (row->completion == A_FOLDER) {
            fputs("_files -/", stdout);
        } else if (row->completion == A_FILE) {
            fputs("_files", stdout);
        } else if (row->completion != NO_COMPLETION) {
            fputs(also_files(row) ? "{ _files; compadd " : "(", stdout);
            print_words(row);
            fputs(also_files(row) ? " }" : ")", stdout);
        }
    }
    fputs("' \\\n", stdout);
}

static void zsh_studies(void)
{
    char slug[STUDY_SLUG];
    fputs("            '1:action:(list show run source report)' '*:study:{ _files; compadd",
          stdout);
    for (int i = 0; study_table[i].study; i++)
        printf(" %s", study_slug(study_table[i].study, slug));
    fputs(" }' ;;\n", stdout);
}

static void zsh(void)
{
    fputs("#compdef cajal\n# zsh completion for cajal, made by `cajal help --completion zsh`\n"
          "_cajal()\n{\n    local -a commands=(\n",
          stdout);
    for (int i = 0; i < COMMANDS; i++) {
        printf("        '%s:", command_table[i].name);
        zsh_text(command_table[i].summary);
        fputs("'\n", stdout);
    }
    fputs(
        "    )\n    if (( CURRENT == 2 )); then\n        _describe command commands\n        "
        "return\n    fi\n"
        "    local command=$words[2]\n    shift words\n    (( CURRENT-- ))\n    case $command in\n",
        stdout);
    for (int command = 0; command < COMMANDS; command++) {
        printf("    %s)\n        _arguments \\\n", command_table[command].name);
        for (int i = 0; i < OPTIONS; i++)
            if (option_table[i].commands & ON(command))
                zsh_option(&option_table[i]);
        if (command == HELP)
            fputs("            '1:topic:(train eval predict generate show data study version help "
                  "nets "
                  "optimisers)' ;;\n",
                  stdout);
        else if (command == DATA)
            fputs("            '1:action:(list show get)' '2:data:_files' ;;\n", stdout);
        else if (command == STUDY)
            zsh_studies();
        else
            fputs("            '*:file:_files' ;;\n", stdout);
    }
    fputs("    esac\n}\n_cajal \"$@\"\n", stdout);
}

void print_completion(const char *shell)
{
    if (!strcmp(shell, "bash"))
        bash();
    else
        zsh();
}
