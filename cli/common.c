/*
 * cli/common.c - steps that several sub-commands share: the context, the options of data, finding a model.
 */
#include "cli.h"

#include "base/base.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void remark(void *user, const char *line)
{
    tell(user, "%s", line);
}

int make_context(cli *c)
{
    int64_t threads = 0, seed = 0;
    char error[600] = "";
    if (!option_integer(c, OPT_THREADS, 1, 256, &threads) ||
        !option_integer(c, OPT_SEED, 0, INT64_C(1) << 53, &seed))
        return EXIT_USAGE;
    cj_config config = {
        .threads = (int)threads, .seed = (uint64_t)seed, .log = remark, .log_user = c};
    c->context = cj_context_new(&config, error, sizeof error);
    return c->context ? EXIT_DONE : fail(c, EXIT_ERROR, "%s", error);
}

int data_options(cli *c, cj_data_options *options)
{
    int64_t extent[2], seed = 0;
    int count;
    const char *separator = c->value[OPT_SEPARATOR], *header = c->value[OPT_HEADER];
    double test = 0.2, validation = 0;
    *options = (cj_data_options){.target = c->value[OPT_TARGET], .task = c->value[OPT_TASK]};
    if (!option_number(c, OPT_TEST, 0, 0.9, &test) ||
        !option_number(c, OPT_VAL, 0, 0.9, &validation) ||
        !option_integer(c, OPT_SEED, 0, INT64_C(1) << 53, &seed))
        return EXIT_USAGE;
    options->seed = (uint64_t)seed;
    options->test_fraction = test > 0 ? test : -1;
    options->validation_fraction = validation;
    if (separator)
        options->csv.separator = !strcmp(separator, "comma")       ? ','
                                 : !strcmp(separator, "semicolon") ? ';'
                                 : !strcmp(separator, "tab")       ? '\t'
                                                                   : '|';
    if (header)
        options->csv.header = !strcmp(header, "yes") ? 1 : -1;
    if (!c->value[OPT_SIZE])
        return EXIT_DONE;
    if (!option_extents(c, OPT_SIZE, 1, 2, extent, &count))
        return EXIT_USAGE;
    options->height = (int)extent[0];
    options->width = (int)extent[count - 1];
    return EXIT_DONE;
}

cj_status read_standard_input(cli *c, void **data, size_t *size, size_t *capacity)
{
    char *bytes = cj_allocate(c->context, *capacity = 1 << 16);
    *size = 0;
    *data = bytes;
    while (bytes) {
        ssize_t got = read(STDIN_FILENO, bytes + *size, *capacity - *size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return cj_fail(c->context, CJ_IO, "cannot read standard input: %s", strerror(errno));
        if (got == 0)
            return CJ_OK;
        *size += (size_t)got;
        if (*size < *capacity)
            continue;
        bytes = cj_reallocate(c->context, bytes, *capacity, 2 * *capacity);
        if (bytes) {
            *data = bytes;
            *capacity *= 2;
        }
    }
    return CJ_NO_MEMORY;
}

cj_status load_dataset(cli *c, const char *what, const cj_data_options *options, cj_dataset **out)
{
    void *data;
    size_t size, capacity;
    *out = NULL;
    if (strcmp(what, "-"))
        return cj_data_load(c->context, what, options, out);
    cj_status status = read_standard_input(c, &data, &size, &capacity);
    if (status == CJ_OK)
        status = cj_data_from_csv(c->context, "standard input", data, size, options, out);
    if (data)
        cj_release(c->context, data, capacity);
    return status;
}

const char *model_path(const char *given, char path[PATH_SIZE])
{
    struct stat about;
    if (stat(given, &about) == 0 && S_ISDIR(about.st_mode))
        snprintf(path, PATH_SIZE, "%s/model.safetensors", given);
    else
        snprintf(path, PATH_SIZE, "%s", given);
    return path;
}

bool has_options(cli *c, const char *path)
{
    cj_tensor_file *file;
    if (cj_safetensors_read(c->context, path, &file) != CJ_OK)
        return false;
    bool has = cj_tensor_file_get(file, "cajal_about") != NULL;
    cj_tensor_file_free(c->context, file);
    return has;
}

int load_model(cli *c, const char *given, const cj_preprocess *preprocess, cj_model **model)
{
    char path[PATH_SIZE];
    struct stat about;
    if (stat(model_path(given, path), &about) != 0)
        return fail(c, EXIT_NO_DATA,
                    "there is no model '%s': give a model.safetensors or the folder of a run",
                    path);
    cj_model_options options = {.net = c->value[OPT_NET], .preprocess = preprocess};
    if (has_options(c, path))
        return fail(c, EXIT_ERROR,
                    "'%s' holds a net for another task than classes or regression: `cajal eval` "
                    "measures it, `cajal generate` writes or draws with it",
                    path);
    cj_status status = cj_model_load(c->context, path, &options, model);
    if (status == CJ_OK) {
        if (!cj_model_own(*model))
            tell(c, "'%s' carries no preprocessing: pixels are taken as value / 255", path);
        return EXIT_DONE;
    }
    int code = fail_library(c, status);
    return status == CJ_NOT_FOUND ? EXIT_ERROR : code;
}
