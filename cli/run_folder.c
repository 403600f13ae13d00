/*
 * cli/run_folder.c - the folder of a run: its name, run.json, and when it may be written to.
 */
#include "train.h"

#include "base/base.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* What a run writes. */
static const char *const file_names[] = {"run.json",
                                         "checkpoint.safetensors",
                                         "model.safetensors",
                                         "log.jsonl",
                                         "learning_curve.png",
                                         "filters.png",
                                         "confidently_wrong.png",
                                         "confusion.png",
                                         "reconstructions.png"};

void folder_file(const train *t, const char *name, char path[PATH_SIZE])
{
    snprintf(path, PATH_SIZE, "%.3800s/%.255s", t->folder, name);
}

static bool holds(const train *t, const char *name)
{
    char path[PATH_SIZE];
    folder_file(t, name, path);
    return access(path, F_OK) == 0;
}

/* ---- options from a file ---- */

/* An option of the file as the command line would have given it; what is kept in c->kept lives to the end. */
static const char *as_text(cli *c, json_t *value)
{
    char text[64];
    if (json_is_string(value))
        return text_of_json(value, c->kept);
    if (json_is_true(value))
        return "";
    if (json_is_integer(value))
        snprintf(text, sizeof text, "%lld", (long long)json_integer_value(value));
    else
        snprintf(text, sizeof text, "%.17g", json_number_value(value));
    json_t *kept = json_string(text);
    json_array_append_new(c->kept, kept);
    return json_string_value(kept);
}

static int overlay(cli *c, json_t *options, const char *path)
{
    const char *key;
    json_t *value;
    if (!c->kept)
        c->kept = json_array();
    json_array_append(c->kept, options);
    json_object_foreach(options, key, value)
    {
        const option_row *row = option_find(TRAIN, key, strlen(key));
        if (!row)
            return fail(c, EXIT_USAGE, "'%s': train has no option \"%s\"", path, key);
        if (json_is_object(value) || json_is_array(value))
            return fail(c, EXIT_USAGE, "'%s': \"%s\" is no text, number or true", path, key);
        if (json_is_null(value) || json_is_false(value) || c->value[row->id])
            continue;
        c->value[row->id] = as_text(c, value);
    }
    return EXIT_DONE;
}

static json_t *read_json(cli *c, const char *path, int *code)
{
    void *data;
    size_t size;
    json_error_t error;
    cj_status status = cj_file_read(c->context, path, 1 << 22, &data, &size);
    *code = status == CJ_OK ? EXIT_DONE : fail_library(c, status);
    if (status != CJ_OK)
        return NULL;
    json_t *object = json_loadb(data, size, JSON_REJECT_DUPLICATES, &error);
    cj_release(c->context, data, size);
    if (!json_is_object(object)) {
        json_decref(object);
        *code = fail(c, EXIT_ERROR, "'%s' is no JSON object: %s (line %d)", path, error.text,
                     error.line);
        return NULL;
    }
    return object;
}

/* --config: a run.json, or an object of options. */
int folder_read_config(cli *c, const char *path)
{
    int code;
    json_t *config = read_json(c, path, &code);
    if (!config)
        return code;
    json_t *options = json_object_get(config, "options");
    code = overlay(c, json_is_object(options) ? options : config, path);
    json_decref(config);
    return code;
}

int folder_read_recorded(train *t)
{
    cli *c = t->c;
    char path[PATH_SIZE];
    int code;
    if (!c->value[OPT_OUT])
        return fail(c, EXIT_USAGE,
                    "--resume wants the folder of the run: cajal train --resume --out DIR");
    snprintf(t->folder, sizeof t->folder, "%.3800s", c->value[OPT_OUT]);
    if (!holds(t, "run.json")) {
        if (c->value[OPT_DATA])
            return EXIT_DONE; /* killed before it had written anything: it begins */
        return fail(c, EXIT_NO_DATA, "'%s' holds no run that could be resumed", t->folder);
    }
    folder_file(t, "run.json", path);
    t->recorded = read_json(c, path, &code);
    if (!t->recorded)
        return code;
    json_t *options = json_object_get(t->recorded, "options");
    if (!json_is_object(options))
        return fail(c, EXIT_ERROR, "'%s' names no options: it is no run.json", path);
    json_t *format = json_object_get(t->recorded, "format");
    if (json_integer_value(format) != 1)
        return fail(
            c, EXIT_ERROR,
            "'%s' has format %lld; this is Cajal %s, which reads format 1: a newer one is needed",
            path, (long long)json_integer_value(format), cj_version());
    /* A run that stops early has no epochs: then none may be added, or the validation part would change its meaning. */
    if (json_is_null(json_object_get(options, "epochs")) && c->value[OPT_EPOCHS])
        return fail(
            c, EXIT_USAGE,
            "the run in '%s' stops by its validation loss; --epochs would make it another run",
            t->folder);
    return overlay(c, options, path);
}

/* ---- does the resumed run agree with what is recorded? ---- */

static int check_agreement(train *t)
{
    cli *c = t->c;
    const char *key;
    json_t *now, *recorded = json_object_get(t->recorded, "options");
    json_object_foreach(t->options, key, now)
    {
        json_t *then = json_object_get(recorded, key);
        bool both = json_is_number(now) && json_is_number(then);
        if (!then || json_equal(now, then) ||
            (both && json_number_value(now) == json_number_value(then)))
            continue;
        if (!strcmp(key, "epochs") && json_integer_value(now) > json_integer_value(then)) {
            tell(c, "epochs grow from %lld to %lld: the schedule is recomputed over the new total",
                 (long long)json_integer_value(then), (long long)json_integer_value(now));
            continue;
        }
        if (!strcmp(key, "epochs"))
            return fail(c, EXIT_USAGE,
                        "the run in '%s' has --epochs %lld; --resume can only raise it", t->folder,
                        (long long)json_integer_value(then));
        bool none = json_is_null(then);
        size_t form = JSON_ENCODE_ANY | JSON_REAL_PRECISION(6);
        char *was = json_dumps(then, form), *is = json_dumps(now, form);
        int code = fail(c, EXIT_USAGE,
                        "the run in '%s' has %s--%s%s%s, not %s: a resumed run keeps its options",
                        t->folder, none ? "no " : "", key, none ? "" : " ", none || !was ? "" : was,
                        is ? is : "");
        free(was);
        free(is);
        return code;
    }
    const char *hash = json_string_value(json_object_get(t->recorded, "data_hash"));
    if (hash && strcmp(hash, t->data_hash))
        return fail(c, EXIT_ERROR,
                    "the data are not those that the run in '%s' began with: '%s' has changed",
                    t->folder, t->plan.data_path);
    const char *class = json_string_value(json_object_get(t->recorded, "kernel_class"));
    const char *own = cj_isa(c->context)[0] == 'b' ? "baseline" : "fma";
    if (class && strcmp(class, own))
        tell(c,
             "the run began with kernels of class %s, this machine has class %s: the last bits may "
             "differ",
             class, own);
    return EXIT_DONE;
}

/* ---- making the folder ---- */

static int make_folders(cli *c, const char *path)
{
    cj_status status = cj_folder_make(c->context, path);
    return status == CJ_OK ? EXIT_DONE : fail_write(c, status);
}

/* runs/DATA-NET-NNN, the first number that is free. */
static int make_numbered(train *t)
{
    int code = make_folders(t->c, "runs");
    for (int number = 1; number < 100000 && code == EXIT_DONE; number++) {
        snprintf(t->folder, sizeof t->folder, "runs/%s-%s-%03d", t->plan.data_name,
                 t->plan.net_name, number);
        if (mkdir(t->folder, 0777) == 0)
            return EXIT_DONE;
        if (errno != EEXIST)
            return fail(t->c, EXIT_ERROR, "cannot make the folder '%s': %s", t->folder,
                        strerror(errno));
    }
    return code == EXIT_DONE
               ? fail(t->c, EXIT_ERROR, "runs/ is full of runs; name a folder with --out")
               : code;
}

/* What a killed process left half-written beside the files of the run. */
static void remove_leftovers(const train *t)
{
    DIR *folder = opendir(t->folder);
    if (!folder)
        return;
    for (struct dirent *entry; (entry = readdir(folder));)
        for (size_t i = 0; i < CJ_COUNT(file_names); i++) {
            size_t length = strlen(file_names[i]);
            char path[PATH_SIZE];
            if (strncmp(entry->d_name, file_names[i], length) ||
                strncmp(entry->d_name + length, ".tmp-", 5))
                continue;
            folder_file(t, entry->d_name, path);
            unlink(path);
        }
    closedir(folder);
}

/* --force: the run that is there goes; run.json last, so that an interrupted removal is still seen to be a run. */
static void remove_run(const train *t)
{
    for (size_t i = CJ_COUNT(file_names); i-- > 0;) {
        char path[PATH_SIZE];
        folder_file(t, file_names[i], path);
        unlink(path);
    }
}

static int write_run(train *t)
{
    cli *c = t->c;
    char path[PATH_SIZE];
    json_t *command = json_array();
    for (int i = 0; i < c->argc; i++)
        json_array_append_new(command, json_text(c->argv[i]));
    json_t *run = json_pack("{s:i, s:o, s:O, s:s, s:s, s:s, s:s, s:i}", "format", 1, "command",
                            command, "options", t->options, "data_hash", t->data_hash, "version",
                            cj_version(), "kernels", cj_isa(c->context), "kernel_class",
                            cj_isa(c->context)[0] == 'b' ? "baseline" : "fma", "threads",
                            cj_threads(c->context));
    char *text = run ? json_dumps(run, JSON_INDENT(2) | JSON_REAL_PRECISION(17)) : NULL;
    json_decref(run);
    if (!text)
        return fail(c, EXIT_ERROR, "run.json cannot be written: memory is out");
    folder_file(t, "run.json", path);
    size_t length = strlen(text);
    text[length] = '\n'; /* in place of the NUL */
    cj_status status = cj_file_write(c->context, path, text, length + 1);
    free(text);
    return status == CJ_OK ? EXIT_DONE : fail_write(c, status);
}

int folder_open(train *t)
{
    cli *c = t->c;
    int code;
    if (t->recorded) {
        code = check_agreement(t);
        if (code != EXIT_DONE)
            return code;
        remove_leftovers(t);
        bool grown =
            !json_equal(json_object_get(t->options, "epochs"),
                        json_object_get(json_object_get(t->recorded, "options"), "epochs"));
        t->resumed = true;
        return grown ? write_run(t) : EXIT_DONE;
    }
    if (!c->value[OPT_OUT]) {
        code = make_numbered(t);
        return code == EXIT_DONE ? write_run(t) : code;
    }
    snprintf(t->folder, sizeof t->folder, "%.3800s", c->value[OPT_OUT]);
    bool is_run =
        holds(t, "run.json") || holds(t, "checkpoint.safetensors") || holds(t, "model.safetensors");
    if (is_run && option_on(c, OPT_RESUME))
        return fail(
            c, EXIT_ERROR,
            "'%s' holds a run but not its run.json, without which it cannot be gone on with: "
            "begin anew by --force",
            t->folder);
    if (is_run && !option_on(c, OPT_FORCE))
        return fail(c, EXIT_ERROR,
                    "'%s' holds a run: go on with it by --resume, or begin anew by --force",
                    t->folder);
    code = make_folders(c, t->folder);
    if (code != EXIT_DONE)
        return code;
    if (is_run)
        remove_run(t);
    remove_leftovers(t);
    return write_run(t);
}
