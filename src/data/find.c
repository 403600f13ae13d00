/*
 * find.c - known data sets and where they lie.
 */
#include "data/data.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- known data sets ---- */

/* The two background sets of 5 alphabets, as one; a class is a character, "Greek/character01". */
static cj_status load_omniglot(cj_loader *loader, const char *path)
{
    static const char *const name[] = {"images_background_small1.zip",
                                       "images_background_small2.zip"};
    char *file[CJ_COUNT(name)] = {0};
    cj_status status = CJ_OK;
    for (size_t i = 0; i < CJ_COUNT(name) && status == CJ_OK; i++) {
        file[i] = cj_join_path(loader->context, path, name[i]);
        if (!file[i])
            status = CJ_NO_MEMORY;
        else if (!cj_exists(file[i]))
            status = cj_fail(loader->context, CJ_MISSING,
                             "omniglot: %s is missing in %s: get it by `cajal data get omniglot`",
                             name[i], path);
    }
    if (status == CJ_OK)
        status = cj_load_pictures(loader, file, CJ_COUNT(name));
    for (size_t i = 0; i < CJ_COUNT(name); i++)
        cj_text_release(loader->context, file[i]);
    return status;
}

static const char *const fashion_classes[] = {"T-shirt/top", "Trouser",    "Pullover", "Dress",
                                              "Coat",        "Sandal",     "Shirt",    "Sneaker",
                                              "Bag",         "Ankle boot", NULL};

static const cj_known_row known[] = {
    {.about = {"mnist", "60,000 + 10,000 handwritten digits, 28 x 28, grey", "mnist",
               CJ_DATA_PICTURES},
     .load = cj_load_path},
    {.about = {"fashion-mnist", "60,000 + 10,000 pieces of clothing, 28 x 28, grey",
               "fashion-mnist", CJ_DATA_PICTURES},
     .load = cj_load_path,
     .class_names = fashion_classes},
    {.about = {"cifar10", "CIFAR-10: 50,000 + 10,000 pictures of 10 kinds, 32 x 32, colour",
               "cifar10", CJ_DATA_PICTURES},
     .load = cj_load_cifar,
     .augment = "flip,crop:4"},
    {.about = {"omniglot",
               "the small background sets: 20 drawings of each character of 10 alphabets, "
               "105 x 105, black and white",
               "omniglot", CJ_DATA_PICTURES},
     .load = load_omniglot,
     .class_folders = 2},
    {.about = {"orl-faces", "400 faces of 40 people, 92 x 112, grey", "faces/att_faces.tar.gz",
               CJ_DATA_PICTURES},
     .load = cj_load_path},
    {.about = {"mnist1d", "MNIST-1D: 4,000 + 1,000 series of length 40, 10 classes", "mnist1d",
               CJ_DATA_ARRAYS},
     .load = cj_load_path},
    {.about = {"fsdd", "3,000 spoken digits of 6 speakers, 8,000 samples a second",
               "speech/fsdd-recordings.tar.gz", CJ_DATA_SOUNDS},
     .load = cj_load_audio},
    {.about = {"cora",
               "2,708 papers and their citations, 7 fields, 1,433 words, the Planetoid split",
               "graphs/cora.npz", CJ_DATA_GRAPH}},
    {.about = {"citeseer",
               "3,327 papers and their citations, 6 fields, 3,703 words, the Planetoid split",
               "graphs/citeseer.npz", CJ_DATA_GRAPH}},
    {.about = {"tinyshakespeare", "1,115,394 characters of Shakespeare's plays",
               "text/tinyshakespeare.txt", CJ_DATA_TEXT}},
    {.about = {"names", "32,033 first names", "text/names.txt", CJ_DATA_TEXT}},
    {.about = {"ptb", "Penn Treebank: sentences of the Wall Street Journal, 10,000 words",
               "text/ptb.valid.txt", CJ_DATA_TEXT}},
    {.about = {"sick",
               "pairs of sentences: how related they are, and whether one entails the other",
               "text/SICK.txt", CJ_DATA_TEXT}},
    {.about = {"rt-polarity", "10,662 sentences of film reviews, positive or negative",
               "text/rt-polarity.pos", CJ_DATA_TEXT}},
    {.about = {"sms-spam", "5,574 short messages, spam or not", "text/SMSSpamCollection",
               CJ_DATA_TEXT}},
    {.about = {"iris", "150 flowers, 4 numbers, 3 classes", "tabular/iris.csv", CJ_DATA_TABLE},
     .load = cj_load_path},
    {.about = {"wine", "178 wines, 13 numbers, 3 classes", "tabular/wine.csv", CJ_DATA_TABLE},
     .load = cj_load_path},
    {.about = {"breast-cancer", "569 tumours, 30 numbers, 2 classes", "tabular/breast_cancer.csv",
               CJ_DATA_TABLE},
     .load = cj_load_path},
    {.about = {"diabetes", "442 patients, 10 numbers, progression of the disease",
               "tabular/diabetes.csv", CJ_DATA_TABLE},
     .load = cj_load_path},
    {.about = {"digits", "1,797 handwritten digits, 8 x 8, as a table", "tabular/digits.csv",
               CJ_DATA_TABLE},
     .load = cj_load_path},
};

const cj_known_data *cj_data_known(int i)
{
    return i >= 0 && (size_t)i < CJ_COUNT(known) ? &known[i].about : NULL;
}

const cj_known_row *cj_known_find(const char *name)
{
    for (size_t k = 0; k < CJ_COUNT(known); k++)
        if (strcmp(known[k].about.name, name) == 0)
            return &known[k];
    return NULL;
}

const char *cj_data_augment(const char *name)
{
    const cj_known_row *row = cj_known_find(name);
    return row ? row->augment : NULL;
}

const char *cj_data_kind_text(cj_data_kind kind)
{
    static const char *const text[] = {"pictures", "a table", "arrays",
                                       "a graph",  "text",    "sounds"};
    return text[kind];
}

/* A folder where data may lie: where the program lies, an environment variable or nothing; and what follows it. */
#define PROGRAM "/proc/self/exe"
static const struct place {
    const char *start, *tail;
} places[] = {
    {"CAJAL_DATA", ""},           {"", "data"},
    {PROGRAM, "/../data"}, /* the command where it was built, build/cajal, beside the source's data */
    {"XDG_CACHE_HOME", "/cajal"}, {"HOME", "/.cache/cajal"},
};

static bool data_folder(size_t i, char *folder, size_t size)
{
    char program[4096] = "";
    const char *start = places[i].start;
    if (strcmp(start, PROGRAM) == 0) {
        ssize_t length = readlink(PROGRAM, program, sizeof program - 1);
        program[CJ_MAX(length, 0)] = 0;
        char *slash = strrchr(program, '/');
        if (!slash)
            return false;
        *slash = 0;
        start = program;
    } else if (start[0] && (!(start = getenv(start)) || !start[0])) {
        return false;
    }
    int n = snprintf(folder, size, "%s%s", start, places[i].tail);
    return n > 0 && (size_t)n < size;
}

static cj_status fail_missing(cj_context *context, const cj_known_data *k)
{
    char looked[400] = "", folder[4096];
    size_t used = 0;
    for (size_t i = 0; i < CJ_COUNT(places); i++) {
        if (!data_folder(i, folder, sizeof folder))
            continue;
        int n = snprintf(looked + used, sizeof looked - used, "%s%.120s", used ? ", " : "", folder);
        used = CJ_MIN(used + (size_t)CJ_MAX(n, 0), sizeof looked - 1);
    }
    return cj_fail(context, CJ_MISSING,
                   "the data set %s is not there: looked for %s in %s; put it into one of them, or "
                   "set CAJAL_DATA to the "
                   "folder that holds it",
                   k->name, k->path, looked);
}

cj_status cj_data_find(cj_context *context, const char *name, char *path, size_t path_size)
{
    char folder[4096];
    const cj_known_row *row = cj_known_find(name);
    if (!row)
        return cj_fail(context, CJ_NOT_FOUND, "%.100s is no known data set", name);
    for (size_t i = 0; i < CJ_COUNT(places); i++) {
        if (!data_folder(i, folder, sizeof folder))
            continue;
        int n = snprintf(path, path_size, "%s/%s", folder, row->about.path);
        if (n > 0 && (size_t)n < path_size && cj_exists(path))
            return CJ_OK;
    }
    return fail_missing(context, &row->about);
}

cj_status cj_data_locate(cj_context *context, const char *what, cj_data_kind kind, char *path,
                         size_t path_size)
{
    const cj_known_row *row = cj_known_find(what);
    if (row && row->about.kind != kind)
        return cj_fail(context, CJ_UNSUPPORTED, "%s is %s; %s is wanted here", what,
                       cj_data_kind_text(row->about.kind), cj_data_kind_text(kind));
    cj_status status = row ? cj_data_find(context, what, path, path_size) : CJ_OK;
    if ((row && status == CJ_OK) || (row && !cj_exists(what)))
        return status;
    if (!cj_exists(what))
        return cj_fail(
            context, CJ_MISSING,
            "%s: no such file or folder, and no known data set (`cajal data list` names them)",
            what);
    if ((size_t)snprintf(path, path_size, "%s", what) >= path_size)
        return cj_fail(context, CJ_INVALID, "the path of the data is too long");
    return CJ_OK;
}
