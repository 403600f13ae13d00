/*
 * cli/cli.h - the command: its table of options, and what the sub-commands share.
 *
 * Results go to standard output, progress and errors to standard error. With --json standard output holds JSON lines only.
 */
#ifndef CAJAL_CLI_H
#define CAJAL_CLI_H

#include "cajal/data.h"
#include "cajal/model.h"

#include <jansson.h>
#include <stdio.h>

/* Exit statuses, as `cajal help` explains them. */
enum { EXIT_DONE = 0, EXIT_ERROR = 1, EXIT_USAGE = 2, EXIT_NO_DATA = 3 };

/* ---- options ---- */

enum command_id { TRAIN, EVAL, PREDICT, GENERATE, SHOW, DATA, STUDY, VERSION, HELP, COMMANDS };
#define ON(command) (1u << (command))

/* How a shell completes a value. */
enum completion { NO_COMPLETION, A_FILE, A_FOLDER, A_DATA_SET, A_NET, A_WORD };

enum option_id {
    OPT_DATA,
    OPT_NET,
    OPT_TARGET,
    OPT_TASK,
    OPT_EPOCHS,
    OPT_BATCH,
    OPT_OPTIM,
    OPT_SCHEDULE,
    OPT_LR,
    OPT_CLIP,
    OPT_TEST,
    OPT_VAL,
    OPT_CLASS_WEIGHT,
    OPT_SIZE,
    OPT_AUGMENT,
    OPT_INIT,
    OPT_FROM,
    OPT_FREEZE,
    OPT_HEADER,
    OPT_SEPARATOR,
    OPT_SEED,
    OPT_OUT,
    OPT_RESUME,
    OPT_FORCE,
    OPT_CONFIG,
    OPT_PART,
    OPT_ALL_PROBABILITIES,
    OPT_OUTPUT,
    OPT_PROMPT,
    OPT_LENGTH,
    OPT_TEMPERATURE,
    OPT_TOP_K,
    OPT_INPUT,
    OPT_CLASSES,
    OPT_INFER,
    OPT_SMOKE,
    OPT_QUICK,
    OPT_FULL,
    OPT_SET,
    OPT_ONLY,
    OPT_FAMILY,
    OPT_MAN_PAGES,
    OPT_COMPLETION,
    OPT_THREADS,
    OPT_JSON,
    OPT_QUIET,
    OPT_HELP,
    OPTIONS
};

typedef struct option_row {
    enum option_id id;
    const char *name;
    char letter;       /* 0: none */
    const char *value; /* what a value is called; NULL: a flag */
    unsigned commands; /* ON(...) bits */
    enum completion completion;
    const char *words; /* the values that are allowed, blanks between; NULL: any */
    const char *help;  /* with the default */
} option_row;
extern const option_row option_table[OPTIONS];

typedef struct cli cli;

typedef struct command_row {
    const char *name, *arguments, *summary;
    int least, most;      /* arguments */
    const char *text;     /* paragraphs of the help, an empty line between */
    const char *examples; /* a line each */
    int (*run)(cli *c);
} command_row;
extern const command_row command_table[COMMANDS];

struct cli {
    enum command_id command;
    const char *value[OPTIONS]; /* NULL: not given; flags: "" */
    bool given[OPTIONS];        /* on the command line, not by --config */
    const char **set;           /* the values of --set, which may be given again */
    int sets;
    const char **argument;
    int arguments;
    int argc;
    char **argv;
    bool json, quiet;
    cj_context *context;
    json_t *kept; /* texts of options that came from a file */
};

/* Fills c->command, values and arguments from argv; an exit status, EXIT_DONE to go on. */
int options_parse(cli *c, int argc, char **argv);
/* The row of an option by its name, NULL where the command has none. */
const option_row *option_find(enum command_id command, const char *name, size_t length);

/* Values as numbers: false after the error has been reported. An option that is not given leaves *out alone. */
bool option_integer(cli *c, enum option_id id, int64_t least, int64_t most, int64_t *out);
bool option_number(cli *c, enum option_id id, double least, double most, double *out);
/* "28x32", "28" or "1x28x28" into at most `most` extents; *count of them. */
bool option_extents(cli *c, enum option_id id, int least, int most, int64_t *extent, int *count);
static inline bool option_on(const cli *c, enum option_id id)
{
    return c->value[id] != NULL;
}

/* ---- output ---- */

/* Reports a sentence to standard error (and as an event with --json); returns the status. */
int fail(cli *c, int status, const char *format, ...) CJ_PRINTF(3, 4);
/* Reports cj_error of the context, with the exit status that belongs to a library status. */
int fail_library(cli *c, cj_status status);
/* The same where writing failed. */
int fail_write(cli *c, cj_status status);
/* A line to standard error, unless -q. */
void tell(const cli *c, const char *format, ...) CJ_PRINTF(2, 3);
/* Writes a JSON object as one line and lets it go; print_json: on standard output. */
void write_json(FILE *file, json_t *object);
void print_json(json_t *object);
/*
 * A text of bytes for JSON, which is UTF-8: a byte b that is part of no character becomes U+EF00 + b, a private one.
 * text_of_json is the way back: a pointer into the value, or into one added to `kept`.
 */
json_t *json_text(const char *bytes);
const char *text_of_json(const json_t *value, json_t *kept);
/* A real for JSON: null where it is not finite. */
json_t *json_finite(double value);
/* False after a failed write to standard output has been reported; quiet where a pipe was closed. */
bool output_ends(cli *c, int *status);
/* True where `file` is a terminal that shows colours and moves its cursor. */
bool is_terminal(FILE *file);
/* "1.2 M", "340 k", "1.5 GiB", "2 min 5 s" in a buffer of 32. */
const char *count_text(double count, char text[32]);
const char *bytes_text(double bytes, char text[32]);
const char *time_text(double seconds, char text[32]);
double now_seconds(void);     /* of a clock that never jumps */
int64_t resident_bytes(void); /* the most that this process has had resident */

/* ---- shared steps ---- */

#define PATH_SIZE 4096

/* Makes c->context from --threads and --seed. */
int make_context(cli *c);
/* The data options of the command line into *options. */
int data_options(cli *c, cj_data_options *options);

/* All of standard input; *capacity is what to release *data with. */
cj_status read_standard_input(cli *c, void **data, size_t *size, size_t *capacity);
/* cj_data_load, where "-" is a CSV on standard input. */
cj_status load_dataset(cli *c, const char *what, const cj_data_options *options, cj_dataset **out);

/* The model file that was meant: `given`, or the one in it where it is the folder of a run. */
const char *model_path(const char *given, char path[PATH_SIZE]);
/* True for the file of a net with options (cajal/architecture.h). */
bool has_options(cli *c, const char *path);
/* Loads a net of layers; `preprocess` (may be NULL) for files that carry none. */
int load_model(cli *c, const char *given, const cj_preprocess *preprocess, cj_model **model);

/* ---- sub-commands ---- */

int run_train(cli *c);
int run_eval(cli *c);
int run_predict(cli *c);
int run_generate(cli *c);
int run_show(cli *c);
int run_data(cli *c);
int run_study(cli *c);
int run_version(cli *c);
int run_help(cli *c);

void print_help(FILE *file, enum command_id command); /* COMMANDS: of the command itself */
int write_man_pages(cli *c, const char *folder);
void print_completion(const char *shell);

#endif
