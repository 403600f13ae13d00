/*
 * cli/options.c - the one table of options; parsing, help, manual pages and shell completion come from it.
 */
#include "cli.h"

#include "base/base.h"

#include <stdlib.h>

#define READS_DATA (ON(TRAIN) | ON(EVAL) | ON(DATA) | ON(SHOW))
#define COMPUTES                                                                                   \
    (ON(TRAIN) | ON(EVAL) | ON(PREDICT) | ON(GENERATE) | ON(SHOW) | ON(VERSION) | ON(STUDY))
#define ALL (ON(COMMANDS) - 1)

const option_row option_table[OPTIONS] = {
    {OPT_DATA, "data", 'd', "D", READS_DATA | ON(STUDY), A_DATA_SET, NULL,
     "the data: a name of `cajal data list` (mnist, cifar10, iris, ...), a folder with a folder of "
     "images for each class, a "
     "CSV (- is one on standard input), IDX files, .npz, for train a text (.txt) or burgers, "
     "functions that are made; for study run, instead of the study's own"},
    {OPT_NET, "net", 'n', "N", ON(TRAIN) | ON(EVAL) | ON(PREDICT) | ON(SHOW), A_NET, NULL,
     "the net: mlp[:SIZE,...], lenet, resnet20, a text such as \"conv 32 5x5, relu, maxpool 2, "
     "linear classes\", "
     "or a file of one (default: lenet for small pictures, resnet20 for colour pictures, else "
     "mlp); for texts lstm, gru, transformer, for graphs gcn, sage, gat, for pictures without "
     "labels "
     "autoencoder, vae, unet, for burgers fno, with options as in "
     "lstm:hidden=384 (cajal help nets); for eval and "
     "predict only where the model file does not name it"},
    {OPT_TARGET, "target", 't', "COLUMN", ON(TRAIN) | ON(DATA) | ON(SHOW), NO_COMPLETION, NULL,
     "tables: the column to predict, or several with commas (default: the one called target, "
     "label, class "
     "or y)"},
    {OPT_TASK, "task", 0, "T", ON(TRAIN) | ON(DATA), A_WORD, "classes regression",
     "classes or regression (default: texts, and integers that run from 0 or 1, are classes)"},
    {OPT_EPOCHS, "epochs", 'e', "N", ON(TRAIN), NO_COMPLETION, NULL,
     "train for N epochs on all training data (default: stop when the loss on the validation part "
     "no longer "
     "falls, and keep the best weights)"},
    {OPT_BATCH, "batch", 'b', "N", ON(TRAIN) | ON(EVAL) | ON(PREDICT) | ON(SHOW), NO_COMPLETION,
     NULL, "examples a step (default: 64; 16 for tables of under 1,000 rows)"},
    {OPT_OPTIM, "optim", 'o', "O", ON(TRAIN) | ON(SHOW), A_WORD, NULL,
     "the optimiser in torch's words: sgd, adam, adamw, ... (cajal help optimisers), with options "
     "as "
     "in sgd:momentum=0.9,nesterov=true (default: adam)"},
    {OPT_SCHEDULE, "schedule", 0, "S", ON(TRAIN), A_WORD, NULL,
     "the learning rate over time: constant, cosine, step:step_size=E,gamma=X (E in epochs), ... "
     "(cajal help optimisers) (default: cosine; for tables that stop early, constant)"},
    {OPT_LR, "lr", 0, "X", ON(TRAIN), NO_COMPLETION, NULL,
     "the learning rate (default: that of the optimiser)"},
    {OPT_CLIP, "clip", 0, "X", ON(TRAIN), NO_COMPLETION, NULL,
     "scale gradients down to this norm (default: no clipping)"},
    {OPT_TEST, "test", 0, "F", ON(TRAIN) | ON(DATA), NO_COMPLETION, NULL,
     "the share kept for the test where the data bring none (default: 0.2; 0: no test)"},
    {OPT_VAL, "val", 0, "F", ON(TRAIN) | ON(DATA), NO_COMPLETION, NULL,
     "the share of the training data that decides when to stop (default: 0.1 without --epochs, "
     "else 0)"},
    {OPT_CLASS_WEIGHT, "class-weight", 0, "W", ON(TRAIN), A_WORD, "none balanced",
     "balanced: classes weigh in the loss by the inverse of their frequency (default: none)"},
    {OPT_SIZE, "size", 0, "HxW", ON(TRAIN) | ON(DATA), NO_COMPLETION, NULL,
     "resize pictures to this (default: their common size, else 64x64)"},
    {OPT_AUGMENT, "augment", 0, "A", ON(TRAIN), NO_COMPLETION, NULL,
     "change pictures at random while training: words of flip, vflip, crop:N, rotate:DEGREES, "
     "shift:F, scale:F, brightness:F, contrast:F, noise:F, erase:F, mixup:F, cutmix:F with commas, "
     "or none (default: "
     "flip,crop:4 for cifar10, else none)"},
    {OPT_INIT, "init", 0, "MODEL", ON(TRAIN), A_FILE, NULL,
     "begin with the weights of a model: a model.safetensors, a state_dict or the folder of a run; "
     "matched by name, what does not fit (a head of other classes) begins anew"},
    {OPT_FROM, "from", 0, "URL", ON(DATA), NO_COMPLETION, NULL,
     "data get: a folder that holds the files, as https://HOST/FOLDER or file:///FOLDER (default: "
     "where they are published)"},
    {OPT_FREEZE, "freeze", 0, "PATTERN", ON(TRAIN), NO_COMPLETION, NULL,
     "leave the tensors of these names as they are: patterns as a shell's, with commas, as in "
     "\"conv1.*,conv2.*\""},
    {OPT_HEADER, "header", 0, "H", READS_DATA | ON(PREDICT), A_WORD, "yes no",
     "tables: whether the first row is names (default: seen from the file)"},
    {OPT_SEPARATOR, "separator", 0, "C", READS_DATA | ON(PREDICT), A_WORD,
     "comma semicolon tab bar", "tables: what parts the fields (default: seen from the file)"},
    {OPT_SEED, "seed", 's', "N", ON(TRAIN) | ON(GENERATE) | ON(DATA) | ON(SHOW) | ON(STUDY),
     NO_COMPLETION, NULL, "the seed of weights, order, dropout, splits and draws (default: 0)"},
    {OPT_OUT, "out", 0, "DIR", ON(TRAIN) | ON(STUDY), A_FOLDER, NULL,
     "the folder of the run (default: runs/DATA-NET-NNN; of a study runs/STUDY-LEVEL)"},
    {OPT_RESUME, "resume", 0, NULL, ON(TRAIN), NO_COMPLETION, NULL,
     "go on with the run in --out; it knows its options, --epochs may grow"},
    {OPT_FORCE, "force", 'f', NULL, ON(TRAIN), NO_COMPLETION, NULL,
     "begin anew in a folder that holds a run"},
    {OPT_CONFIG, "config", 'c', "FILE", ON(TRAIN), A_FILE, NULL,
     "take the options from a run.json; those on the command line go before"},
    {OPT_PART, "part", 0, "P", ON(EVAL), A_WORD, "test train all",
     "which part of the data (default: the test part where the data bring one, else all)"},
    {OPT_ALL_PROBABILITIES, "all-probabilities", 'a', NULL, ON(PREDICT), NO_COMPLETION, NULL,
     "a column more for the probability of each class"},
    {OPT_OUTPUT, "output", 'o', "FILE", ON(PREDICT) | ON(GENERATE), A_FILE, NULL,
     "where the predictions or the text go (default: -, standard output), or the grid of pictures "
     "(default: samples.png)"},
    {OPT_PROMPT, "prompt", 'p', "TEXT", ON(GENERATE), NO_COMPLETION, NULL,
     "the text to go on from (default: none, a text begins)"},
    {OPT_LENGTH, "length", 'l', "N", ON(GENERATE), NO_COMPLETION, NULL,
     "how many characters (default: 500), words (100) or pictures (64)"},
    {OPT_TEMPERATURE, "temperature", 'T', "X", ON(GENERATE), NO_COMPLETION, NULL,
     "draw the next of a text by softmax(logits / X): below 1 surer, above 1 wilder, 0 always the "
     "likeliest (default: 1)"},
    {OPT_TOP_K, "top-k", 'k', "K", ON(GENERATE), NO_COMPLETION, NULL,
     "draw only among the K likeliest (default: all)"},
    {OPT_INPUT, "input", 0, "SHAPE", ON(SHOW), NO_COMPLETION, NULL,
     "the shape of an example, as 3x32x32 or 13 (default: that which the net was made for)"},
    {OPT_CLASSES, "classes", 0, "N", ON(SHOW), NO_COMPLETION, NULL,
     "the numbers that the net gives (default: 10)"},
    {OPT_INFER, "infer", 0, NULL, ON(SHOW), NO_COMPLETION, NULL,
     "plan the memory of inference, not of a training step"},
    {OPT_SMOKE, "smoke", 0, NULL, ON(STUDY), NO_COMPLETION, NULL,
     "study run: the exact checks and a few steps of training, in at most 5 s"},
    {OPT_QUICK, "quick", 0, NULL, ON(STUDY), NO_COMPLETION, NULL,
     "study run: what half a minute on two cores can show (the default)"},
    {OPT_FULL, "full", 0, NULL, ON(STUDY), NO_COMPLETION, NULL,
     "study run: all checks, in at most 15 minutes on two cores"},
    {OPT_SET, "set", 0, "NAME=VALUE", ON(STUDY), NO_COMPLETION, NULL,
     "study run: another value for a setting; may be given again. Bounds stated for the paper's "
     "settings are then not judged"},
    {OPT_ONLY, "only", 0, "IDS", ON(STUDY), NO_COMPLETION, NULL,
     "study run: these checks alone, by number or name, as in 2,3b"},
    {OPT_FAMILY, "family", 0, "F", ON(STUDY), A_WORD, NULL, "study list: of this family alone"},
    {OPT_MAN_PAGES, "man-pages", 0, "DIR", ON(HELP), A_FOLDER, NULL,
     "write the manual pages, one a command, into DIR"},
    {OPT_COMPLETION, "completion", 0, "SHELL", ON(HELP), A_WORD, "bash zsh",
     "print the completion script of a shell"},
    {OPT_THREADS, "threads", 'j', "N", COMPUTES, NO_COMPLETION, NULL,
     "threads (default: one a processor); they change no bit of the result"},
    {OPT_JSON, "json", 0, NULL, ALL & ~ON(HELP), NO_COMPLETION, NULL,
     "standard output is JSON, one object a line"},
    {OPT_QUIET, "quiet", 'q', NULL, ALL & ~ON(HELP), NO_COMPLETION, NULL,
     "no progress and no remarks"},
    {OPT_HELP, "help", 'h', NULL, ALL, NO_COMPLETION, NULL, "print this help"},
};

const command_row command_table[COMMANDS] = {
    {"train", "", "train a net on data", 0, 0,
     "Trains a net, tells how good it is on a test part that was never used to choose anything, "
     "and keeps all of it "
     "in a folder: run.json (what was asked), checkpoint.safetensors (the state), "
     "model.safetensors, log.jsonl and "
     "pictures.\n\n"
     "A table needs nothing but its target: numbers are standardised, categories one-hot, missing "
     "values get an "
     "indicator. Without --epochs a tenth of the training data decides when to stop.\n\n"
     "Ctrl-C finishes the step, saves, and prints the command that resumes. The resumed run ends "
     "in the very bits of an "
     "undisturbed one.",
     "cajal train --data mnist --epochs 3\n"
     "cajal train --data iris.csv --target species\n"
     "cajal train --data photos/ --size 64x64 --net resnet20 --out runs/photos\n"
     "cajal train --data mnist --net \"conv 16 3x3, relu, maxpool 2, linear 64, relu, linear "
     "classes\"\n"
     "cajal train --data tinyshakespeare --net lstm\n"
     "cajal train --data cora --net gcn\n"
     "cajal train --resume --out runs/mnist-lenet-001",
     run_train},
    {"eval", "MODEL", "measure a model on data", 1, 1,
     "Applies the preprocessing that the model file carries, and prints accuracy, balanced "
     "accuracy, F1 and loss, or "
     "MAE, RMSE and R2, with 95 % intervals, and the recall of each class. MODEL is a model file "
     "or the folder of a run.",
     "cajal eval runs/mnist-lenet-001 --data mnist\n"
     "cajal eval runs/tinyshakespeare-lstm-001 --data tinyshakespeare\n"
     "cajal eval model.safetensors --data new.csv --json",
     run_eval},
    {"predict", "MODEL FILE...", "predict for image or sound files, the rows of a CSV or arrays", 1,
     1000000,
     "Writes a CSV with the columns input, prediction and, for classes, probability. FILE is an "
     "image, a recording (WAV, FLAC; for a model trained on recordings), a CSV whose columns are "
     "matched by name, or, for a model of pictures or arrays, a .npy, .npz or IDX file with an "
     "example along its first axis (in a .npz, the array x); - is standard input. MODEL is a model "
     "file or the folder of a run.",
     "cajal predict model.safetensors digit.png\n"
     "cajal predict runs/iris-mlp-001 new.csv --all-probabilities > out.csv\n"
     "cajal predict model.safetensors x_test.npy --output answers.csv\n"
     "cat new.csv | cajal predict model.safetensors -",
     run_predict},
    {"generate", "MODEL", "write text, or draw pictures, with a model", 1, 1,
     "A language model (lstm, gru, transformer) writes, a token at a time, with the state that it "
     "carries; a vae draws a grid of pictures. The same model, options and seed give the same "
     "text and the same pictures. MODEL is a model file or the folder of a run.",
     "cajal generate runs/tinyshakespeare-lstm-001 --prompt \"ROMEO:\" --length 1000\n"
     "cajal generate runs/names-gru-001 --temperature 0.8 --top-k 10 --seed 7\n"
     "cajal generate runs/mnist-vae-001 --output samples.png",
     run_generate},
    {"show", "NET|MODEL", "tell the layers, size and memory of a net", 1, 1,
     "Prints a line a layer: the shape of its output, parameters, flops (2 a multiply-add, "
     "forward, one example) and the bytes "
     "of its output; the sums; and the memory of a training step at --batch: as planned, and the "
     "least possible.",
     "cajal show lenet\n"
     "cajal show resnet20 --batch 128 --infer\n"
     "cajal show \"conv 8 3x3, relu, linear classes\" --input 1x28x28 --json",
     run_show},
    {"data", "list|show D|get D", "list the known data sets, look into one, or get one", 1, 2,
     "`data list` tells which known data sets are at hand, and where they were looked for. `data "
     "show D` loads D as train would and "
     "tells its size, classes, columns and choices. `data get D` brings the files of a known data "
     "set "
     "into the folder that CAJAL_DATA names, else $XDG_CACHE_HOME/cajal, else ~/.cache/cajal: it "
     "tells "
     "size and licence, goes on where it was stopped, and checks the SHA-256.",
     "cajal data list\n"
     "cajal data show mnist\n"
     "cajal data get fashion-mnist\n"
     "cajal data show iris.csv --target species",
     run_data},
    {"study", "list [WORD...]|show S|run S|source S|report DIR",
     "run a research system and see whether it does what its paper says", 1, 1000,
     "A study is a method from a paper, rebuilt as a small program that measures itself beside a "
     "baseline and a negative control. `study list` searches titles, summaries, families, authors "
     "and library functions; `study show S` tells the claim, every check with its bound, and every "
     "setting; `study run S` measures, prints a table, and keeps result.json, curves.csv and "
     "pictures in --out; `study source S` prints its C text, a program by itself; `study report "
     "DIR` makes one page, DIR/index.html, of the runs in DIR. S is a name, a number or an arXiv "
     "id.\n\n"
     "The exit status of a run is 1 when a check fails and 3 when data are missing.",
     "cajal study list hopfield\n"
     "cajal study show forward-forward\n"
     "cajal study run forward-forward --quick --out runs/ff\n"
     "cajal study run 119 --data fashion-mnist --set units=300\n"
     "cajal study source forward-forward > my.c && cc my.c $(pkg-config --cflags --libs cajal-io) "
     "-o my && ./my --quick",
     run_study},
    {"version", "", "what the command was built with, and which kernels it chose", 0, 0,
     "Prints the version, the compiler, the instruction set chosen on this machine (CAJAL_ISA "
     "forces one) and the "
     "threads.",
     "cajal version --json", run_version},
    {"help", "[COMMAND|nets|optimisers]",
     "explain a command, the text of nets, optimisers and schedules", 0, 1,
     "Without an argument, the list of commands; with `nets`, how a net is written; with "
     "`optimisers`, what "
     "--optim and --schedule take.",
     "cajal help train\n"
     "cajal help nets\n"
     "cajal help --completion bash > ~/.local/share/bash-completion/completions/cajal",
     run_help},
};

/* ---- finding ---- */

const option_row *option_find(enum command_id command, const char *name, size_t length)
{
    for (int i = 0; i < OPTIONS; i++)
        if (option_table[i].commands & ON(command) && strlen(option_table[i].name) == length &&
            !strncmp(option_table[i].name, name, length))
            return &option_table[i];
    return NULL;
}

static const option_row *find_letter(enum command_id command, char letter)
{
    for (int i = 0; i < OPTIONS; i++)
        if (option_table[i].commands & ON(command) && option_table[i].letter == letter)
            return &option_table[i];
    return NULL;
}

static int fail_command(cli *c, const char *word)
{
    const char *words[COMMANDS];
    for (int i = 0; i < COMMANDS; i++)
        words[i] = command_table[i].name;
    const char *near = cj_closest_word(word, words, COMMANDS);
    return fail(
        c, EXIT_USAGE,
        "there is no command \"%s\"%s%s%s; the commands are train, eval, predict, generate, "
        "show, data, study, version, "
        "help",
        word, near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

static int fail_option(cli *c, const char *word)
{
    const char *words[OPTIONS];
    char name[64], all[512] = "";
    int count = 0;
    for (int i = 0; i < OPTIONS; i++)
        if (option_table[i].commands & ON(c->command)) {
            size_t used = strlen(all);
            words[count++] = option_table[i].name;
            snprintf(all + used, sizeof all - used, "%s--%s", used ? ", " : "",
                     option_table[i].name);
        }
    snprintf(name, sizeof name, "%s", word + (word[0] == '-') + (word[0] == '-' && word[1] == '-'));
    const char *near = cj_closest_word(name, words, count);
    return fail(c, EXIT_USAGE, "%s has no option %s%s%s%s; it takes %s",
                command_table[c->command].name, word, near ? "; did you mean --" : "",
                near ? near : "", near ? "?" : "", all);
}

/* ---- parsing ---- */

static int check_words(cli *c, const option_row *row, const char *value)
{
    if (!row->words)
        return EXIT_DONE;
    char copy[128], *rest = copy;
    const char *words[16];
    int count = 0;
    snprintf(copy, sizeof copy, "%s", row->words);
    for (char *word; (word = strtok_r(rest, " ", &rest)) && count < 16;) {
        if (!strcmp(word, value))
            return EXIT_DONE;
        words[count++] = word;
    }
    const char *near = cj_closest_word(value, words, count);
    return fail(c, EXIT_USAGE, "--%s takes one of: %s; not \"%s\"%s%s%s", row->name, row->words,
                value, near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

static int set(cli *c, const option_row *row, const char *value)
{
    if (row->id == OPT_SET) {
        c->set[c->sets++] = value;
        return EXIT_DONE;
    }
    if (c->value[row->id] && row->value && strcmp(c->value[row->id], value))
        return fail(c, EXIT_USAGE, "--%s is given twice: \"%s\" and \"%s\"", row->name,
                    c->value[row->id], value);
    c->value[row->id] = value;
    c->given[row->id] = true;
    return check_words(c, row, value);
}

/* --name, --name=value, --name value; *i moves past what was taken. */
static int parse_long(cli *c, int argc, char **argv, int *i)
{
    const char *word = argv[*i] + 2, *equals = strchr(word, '=');
    size_t length = equals ? (size_t)(equals - word) : strlen(word);
    const option_row *row = option_find(c->command, word, length);
    if (!row) {
        char name[64];
        snprintf(name, sizeof name, "--%.*s", (int)CJ_MIN(length, 60), word);
        return fail_option(c, name);
    }
    if (!row->value)
        return equals ? fail(c, EXIT_USAGE, "--%s takes no value", row->name) : set(c, row, "");
    if (equals)
        return set(c, row, equals + 1);
    if (*i + 1 >= argc)
        return fail(c, EXIT_USAGE, "--%s wants a value: --%s %s", row->name, row->name, row->value);
    return set(c, row, argv[++*i]);
}

/* -q, -j2, -j 2; several flags in one word. */
static int parse_letters(cli *c, int argc, char **argv, int *i)
{
    for (const char *letter = argv[*i] + 1; *letter; letter++) {
        const option_row *row = find_letter(c->command, *letter);
        if (!row)
            return fail_option(c, argv[*i]);
        int status;
        if (!row->value) {
            status = set(c, row, "");
        } else if (letter[1]) {
            return set(c, row, letter + 1);
        } else if (*i + 1 < argc) {
            return set(c, row, argv[++*i]);
        } else {
            return fail(c, EXIT_USAGE, "-%c wants a value: -%c %s", *letter, *letter, row->value);
        }
        if (status != EXIT_DONE)
            return status;
    }
    return EXIT_DONE;
}

static int parse_rest(cli *c, int argc, char **argv, int from)
{
    bool options = true;
    for (int i = from; i < argc; i++) {
        int status = EXIT_DONE;
        if (options && !strcmp(argv[i], "--"))
            options = false;
        else if (options && argv[i][0] == '-' && argv[i][1] == '-')
            status = parse_long(c, argc, argv, &i);
        else if (options && argv[i][0] == '-' && argv[i][1])
            status = parse_letters(c, argc, argv, &i);
        else
            c->argument[c->arguments++] = argv[i];
        if (status != EXIT_DONE)
            return status;
    }
    const command_row *row = &command_table[c->command];
    if (c->value[OPT_HELP])
        return EXIT_DONE;
    if (c->arguments < row->least)
        return fail(c, EXIT_USAGE, "%s wants %s; see `cajal %s --help`", row->name, row->arguments,
                    row->name);
    if (c->arguments > row->most)
        return fail(c, EXIT_USAGE,
                    "%s does not know what to do with \"%s\"%s; see `cajal %s --help`", row->name,
                    c->argument[row->most],
                    c->command == TRAIN ? " (the data are given as --data D)" : "", row->name);
    return EXIT_DONE;
}

int options_parse(cli *c, int argc, char **argv)
{
    c->argc = argc;
    c->argv = argv;
    c->command = HELP;
    for (int i = 1; i < argc; i++)
        c->json |= !strcmp(argv[i], "--json");
    if (argc < 2)
        return EXIT_DONE;
    const char *word = argv[1];
    if (!strcmp(word, "--help") || !strcmp(word, "-h"))
        return EXIT_DONE;
    if (!strcmp(word, "--version") || !strcmp(word, "-V"))
        word = "version";
    for (c->command = 0; c->command < COMMANDS; c->command++)
        if (!strcmp(word, command_table[c->command].name))
            break;
    if (c->command == COMMANDS)
        return fail_command(c, word);
    int status = parse_rest(c, argc, argv, 2);
    c->json = c->value[OPT_JSON] != NULL;
    c->quiet = c->value[OPT_QUIET] != NULL;
    return status;
}

/* ---- values ---- */

bool option_integer(cli *c, enum option_id id, int64_t least, int64_t most, int64_t *out)
{
    const char *text = c->value[id];
    double number;
    if (!text)
        return true;
    if (!cj_parse_number(text, &number) || number != (double)(int64_t)number ||
        number < (double)least || number > (double)most) {
        fail(c, EXIT_USAGE, "--%s takes a whole number from %lld to %lld, not \"%s\"",
             option_table[id].name, (long long)least, (long long)most, text);
        return false;
    }
    *out = (int64_t)number;
    return true;
}

bool option_number(cli *c, enum option_id id, double least, double most, double *out)
{
    const char *text = c->value[id];
    double number;
    if (!text)
        return true;
    if (!cj_parse_number(text, &number) || !(number >= least && number <= most)) {
        fail(c, EXIT_USAGE, "--%s takes a number from %g to %g, not \"%s\"", option_table[id].name,
             least, most, text);
        return false;
    }
    *out = number;
    return true;
}

bool option_extents(cli *c, enum option_id id, int least, int most, int64_t *extent, int *count)
{
    const char *text = c->value[id];
    *count = 0;
    for (const char *s = text; text; s++) {
        char *end;
        long long number = strtoll(s, &end, 10);
        if (*s < '0' || *s > '9' || number < 1 || number > 1000000 || *count == most ||
            (*end && *end != 'x' && *end != 'X'))
            break;
        extent[(*count)++] = number;
        s = end;
        if (!*s && *count >= least)
            return true;
        if (!*s)
            break;
    }
    fail(c, EXIT_USAGE, "--%s takes %d to %d sizes with x between them, as in %s, not \"%s\"",
         option_table[id].name, least, most, id == OPT_SIZE ? "32x32" : "3x32x32", text);
    return false;
}
