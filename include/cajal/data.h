/*
 * cajal/data.h - data sets: found, read, split, and made ready for a net. Part of libcajal-io.
 *
 * cj_data_load turns a name, folder or file into examples in memory, split in training, validation
 * and test part, with the preprocessing fitted on the training part alone. The preprocessing
 * (cj_preprocess) is a value that goes into the model file as JSON, so that a prediction needs
 * nothing else: it holds no path, time or thread count.
 *
 *     cj_dataset *data;
 *     if (cj_data_load(context, "t.csv", &(cj_data_options){.target = "kind"}, &data) != CJ_OK)
 *         return fail(cj_error(context));
 *     cj_examples_batch(context, data->preprocess, &data->part[CJ_TRAIN], NULL, index, 64, x,
 *                       labels, NULL);
 */
#ifndef CAJAL_DATA_H
#define CAJAL_DATA_H

#include "cajal/augment.h"
#include "cajal/io.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum cj_task { CJ_TASK_CLASSES, CJ_TASK_REGRESSION } cj_task;

/* ---- preprocessing: from what a user holds to what a net takes ---- */

typedef enum cj_input_kind {
    CJ_INPUT_IMAGES, /* pictures -> f32 [channels][height][width] */
    CJ_INPUT_TABLE,  /* rows of texts -> f32 [features] */
    CJ_INPUT_ARRAYS  /* f32 arrays of one shape, standardised */
} cj_input_kind;
CJ_API const char *cj_input_kind_text(cj_input_kind kind); /* "pictures", "rows of a table", ... */

typedef enum cj_column_kind {
    CJ_COLUMN_NUMERIC,     /* (v - mean) / scale; a missing value gives 0, and 1 in the indicator */
    CJ_COLUMN_CATEGORICAL, /* one feature a category, 1 where equal; missing or never seen: zeros */
    CJ_COLUMN_TARGET,
    CJ_COLUMN_CONSTANT, /* dropped: one value in all training rows */
    CJ_COLUMN_IDS,      /* dropped: texts that nearly all differ, free text, the row's own number
                           under a name such as id or index */
    CJ_COLUMN_EMPTY     /* dropped: no value at all */
} cj_column_kind;

typedef struct cj_column {
    char *name;
    cj_column_kind kind;
    double mean, scale; /* numeric: of the training rows; scale: the population deviation, or 1
                           where that is 0 */
    bool indicator; /* a feature more, 1 where the value is missing: the training rows had such */
    int categories; /* categorical: sorted by byte order */
    char **category;
} cj_column;

/* Arrays made of recordings: log-mel spectrograms [1][mels][frames] (cj_log_mel) of their first
 * `samples` samples, cut or followed by silence; windows of n_fft samples, one every n_fft / 2. */
typedef struct cj_spectrogram {
    int rate; /* samples a second; 0: the arrays are none of recordings */
    int64_t samples, n_fft;
} cj_spectrogram;

typedef struct cj_preprocess {
    cj_input_kind kind;
    cj_task task;
    int rank;             /* of one example as the net takes it */
    int64_t shape[4];     /* images: channels, height, width; tables: features; arrays: theirs */
    int moments;          /* images: channels; arrays: features where rank is 1, else 1; tables: 0,
                             the columns have theirs */
    double *mean, *scale; /* images: of pixel/255; x = (v - mean) / scale */
    int columns;          /* tables: all columns of the file, in its order */
    cj_column *column;
    bool named;  /* tables: the file had a header, columns are matched by name */
    int classes; /* task CLASSES; class i is class_name[i] */
    char **class_name;
    int targets; /* numbers a prediction has: 1, or several with task REGRESSION */
    char **target_name;
    double *target_mean, *target_scale; /* REGRESSION: the net learns (v - mean) / scale */
    cj_spectrogram sound;
} cj_preprocess;

CJ_API void cj_preprocess_free(cj_context *context, cj_preprocess *preprocess);
CJ_API cj_status cj_preprocess_copy(cj_context *context, const cj_preprocess *preprocess,
                                    cj_preprocess **out);
/* As JSON, keys sorted, numbers with 17 digits; release with cj_release(context, *text, *size); it
 * ends in a NUL that *size counts. Equal preprocessing gives equal text. */
CJ_API cj_status cj_preprocess_to_json(cj_context *context, const cj_preprocess *preprocess,
                                       char **text, size_t *size);
/* Back from JSON. FORMAT names what is wrong in `name`; UNSUPPORTED: a later version wrote it. */
CJ_API cj_status cj_preprocess_from_json(cj_context *context, const char *name, const char *text,
                                         cj_preprocess **out);

/* Elements of one example as the net takes it; numbers the net must give (classes, or targets). */
CJ_API int64_t cj_preprocess_inputs(const cj_preprocess *preprocess);
CJ_API int64_t cj_preprocess_outputs(const cj_preprocess *preprocess);

/*
 * Tables. Finds the columns of a file whose header is `names` (count of them; NULL: no header,
 * columns by place, with or without the targets at their places): map[i] is the place in a row of
 * column i of the preprocessing, -1 for a target that is not there and for dropped columns.
 * NOT_FOUND names the columns that are missing. `map` has preprocess->columns elements. Columns
 * that the preprocessing does not know are ignored.
 */
CJ_API cj_status cj_preprocess_match(cj_context *context, const cj_preprocess *preprocess,
                                     const char *const *names, int64_t count, int *map);
/*
 * One row of texts into features[cj_preprocess_inputs]. *unseen (may be NULL) grows by the
 * categories never seen in training. VALUE: a text in a numeric column that is no number, or not
 * finite, naming `where` and the column.
 */
CJ_API cj_status cj_preprocess_row(cj_context *context, const cj_preprocess *preprocess,
                                   const char *where, const char *const *row, const int *map,
                                   float *features, int64_t *unseen);
/* The same row's target: *label for classes, targets[] (standardised) for regression. VALUE: a
 * class never seen, no number, or missing. */
CJ_API cj_status cj_preprocess_target(cj_context *context, const cj_preprocess *preprocess,
                                      const char *where, const char *const *row, const int *map,
                                      int32_t *label, float *targets);

/* One picture of any size into x[channels][height][width]: converted, resized, normalised. */
CJ_API cj_status cj_preprocess_image(cj_context *context, const cj_preprocess *preprocess,
                                     const cj_image *image, float *x);
/* `count` pictures that already have the size, as [count][channels][height][width]: only
 * normalised. The result is rounded as (float)v * a + b in f32, a = 1 / (255 scale), b = -mean /
 * scale: the same wherever it is called. */
CJ_API void cj_preprocess_pixels(const cj_preprocess *preprocess, const uint8_t *pixel,
                                 int64_t count, float *x);
/* `count` f32 examples of an ARRAYS preprocessing, standardised. */
CJ_API void cj_preprocess_values(const cj_preprocess *preprocess, const float *value, int64_t count,
                                 float *x);
/* `count` recordings of the preprocessing's rate as standardised spectrograms [count][inputs].
 * INVALID: it takes no recordings, or another rate; VALUE: a recording shorter than one window. */
CJ_API cj_status cj_preprocess_sounds(cj_context *context, const cj_preprocess *preprocess,
                                      const cj_sound *sound, int64_t count, float *x);
/* Undoes the standardisation of `count` predictions [count][targets] in place: y * scale + mean. */
CJ_API void cj_preprocess_undo_targets(const cj_preprocess *preprocess, int64_t count, float *y);

/* True for what stands for a missing value in a table: "", NA, N/A, NaN, null, None, ? and - in any
 * case. */
CJ_API bool cj_is_missing(const char *text);

/* ---- data sets ---- */

typedef enum cj_part_id { CJ_TRAIN, CJ_VALIDATION, CJ_TEST, CJ_PARTS } cj_part_id;

/* Pictures on disk that are read and decoded when they are asked for. */
typedef struct cj_pictures cj_pictures;

/* Examples. Exactly one of pixel, value and pictures is set, and one of label and target (none when
 * count is 0). */
typedef struct cj_examples {
    int64_t count;
    int64_t inputs; /* elements of one example */
    int targets;
    uint8_t *pixel;        /* images: [count][channels][height][width] */
    float *value;          /* tables: ready features; arrays: as read, not yet standardised */
    int32_t *label;        /* classes */
    float *target;         /* regression: [count][targets], standardised */
    cj_pictures *pictures; /* the data set's, where they are more than memory is to hold */
    int64_t *item;         /* [count]: which of them */
} cj_examples;

typedef struct cj_dataset {
    cj_preprocess *preprocess;
    cj_examples part[CJ_PARTS];
    bool own_test; /* the source came with a test part; else it was split off */
    char **note;   /* what a user should be told: choices made, columns dropped, files skipped; a
                      sentence each */
    int notes;
    char hash[65];         /* SHA-256 of the data as loaded, before any split */
    cj_pictures *pictures; /* NULL: all is in memory */
} cj_dataset;

typedef struct cj_data_options {
    double test_fraction; /* split off where the source has no test part; 0: 0.2; negative: none */
    double validation_fraction; /* of what is not test; 0 or negative: none */
    uint64_t seed;              /* of both splits */
    int height, width;          /* images: resize to this; 0: their common size, else 64x64 */
    const char *target; /* tables: the target columns' names (without a header: numbers from 1),
                           comma separated; NULL: the column called target, label, class or y */
    const char *task; /* "classes", "regression"; NULL: texts, or integers consecutive from 0 or 1,
                         are classes, other numbers regression */
    cj_csv_options csv;
    int max_categories;              /* of a column, the most frequent ones are kept; 0: 64 */
    const cj_preprocess *preprocess; /* use this one instead of fitting (evaluation); borrowed */
    /* Bytes of decoded pictures to hold; those of a folder or a plain tar that are more are read
     * when they are needed, which changes no bit. 0: a quarter of what the process may use. */
    uint64_t memory;
} cj_data_options;

/*
 * Loads `what`:
 * - a known name (cj_data_known), looked for under the folders of cj_data_find;
 * - a folder with one folder of pictures a class, or with train/ and test/ of such (val/ too); a
 *   .tar, .tar.gz or .zip of one;
 * - a folder of IDX files (*-images-idx3-ubyte, *-labels-idx1-ubyte, [.gz], train and t10k or
 *   test), or one images file with its labels file beside it;
 * - a folder of recordings named LABEL_SPEAKER_TAKE.wav (cajal/data_audio.h): takes 0 to 4 are the
 *   test part, each becomes the log-mel spectrogram of its first second;
 * - .npz with x and y, or x_train and y_train (x_test, y_test too): u8 of rank 3 or 4 are pictures
 *   ([n][h][w], [n][h][w][c] where c is 1 or 3, else [n][c][h][w]); others are arrays;
 * - a CSV.
 * Splits are stratified by class. Classes are in byte order of their folder, or numeric order of
 * their integers. Files that are no picture are counted and named in a note. MISSING: not found,
 * with where it looked. VALUE: a label or number that is illegal, with its place.
 */
CJ_API cj_status cj_data_load(cj_context *context, const char *what, const cj_data_options *options,
                              cj_dataset **out);
CJ_API void cj_dataset_free(cj_context *context, cj_dataset *dataset);

/*
 * Data sets from a program's own arrays, which are copied. `labels` for classes (0 to classes - 1;
 * another is VALUE), `targets` [count][n] for regression; the other is NULL, options->task is
 * ignored. Pixels are u8 [count][c][h][w].
 */
CJ_API cj_status cj_data_from_pixels(cj_context *context, const uint8_t *pixel, int64_t count,
                                     int channels, int height, int width, const int32_t *labels,
                                     int classes, const cj_data_options *options, cj_dataset **out);
CJ_API cj_status cj_data_from_values(cj_context *context, const float *value, int64_t count,
                                     int rank, const int64_t *shape, const int32_t *labels,
                                     int classes, const float *targets, int target_count,
                                     const cj_data_options *options, cj_dataset **out);

/* As cj_data_load of a CSV whose bytes are in memory; `name` is what errors call it. */
CJ_API cj_status cj_data_from_csv(cj_context *context, const char *name, const void *data,
                                  size_t size, const cj_data_options *options, cj_dataset **out);

/* True where the bytes begin as a file of arrays does: npy, npz, IDX, or one of them gzipped. */
CJ_API bool cj_is_arrays(const void *data, size_t size);
/*
 * Examples without labels, from the bytes of a file of arrays (of an npz: the array x, X or x_test,
 * or the only one), as a model of this preprocessing takes them: u8 pictures of any size for
 * pictures, else numbers [count][shape] or a single example [shape]. They are part[CJ_TRAIN] of
 * *out. `name` is what errors call the file. SHAPE, INVALID: they are no such examples; VALUE: a
 * number is not finite.
 */
CJ_API cj_status cj_data_inputs(cj_context *context, const char *name, const void *data,
                                size_t size, const cj_preprocess *preprocess, cj_dataset **out);

/*
 * The examples index[0..count) made ready: x f32 [count][inputs], and labels or targets (either may
 * be NULL). Of classes, `targets` receives their shares [count][classes], as cross entropy takes
 * them: 1 at the label, or what mixup and cutmix make of it. Pictures that are not in memory are read and decoded, and changed as `draw` (NULL: not)
 * says, in the context's threads. IO, FORMAT: a picture is not what it was when the set was loaded.
 */
CJ_API cj_status cj_examples_batch(cj_context *context, const cj_preprocess *preprocess,
                                   const cj_examples *examples, const cj_augment_draw *draw,
                                   const int64_t *index, int64_t count, float *x, int32_t *labels,
                                   float *targets);
/* The same pictures as they are, u8 [count][inputs]. */
CJ_API cj_status cj_examples_pixels(cj_context *context, const cj_examples *examples,
                                    const int64_t *index, int64_t count, uint8_t *pixel);

typedef enum cj_data_kind {
    CJ_DATA_PICTURES,
    CJ_DATA_TABLE,
    CJ_DATA_ARRAYS,
    CJ_DATA_GRAPH, /* cajal/data_graph.h */
    CJ_DATA_TEXT,  /* cajal/data_text.h */
    CJ_DATA_SOUNDS /* cajal/data_audio.h; cj_data_load takes them too */
} cj_data_kind;
CJ_API const char *cj_data_kind_text(cj_data_kind kind); /* "pictures", "a table", ... */

typedef struct cj_known_data {
    const char *name, *title;
    const char *path; /* below a data folder */
    cj_data_kind kind;
} cj_known_data;

CJ_API const cj_known_data *cj_data_known(int i); /* NULL past the last */
/* How a known data set's pictures are changed in training unless told (cj_augment_parse); NULL: not,
 * or no known data set. */
CJ_API const char *cj_data_augment(const char *name);
/*
 * The place of a known data set: $CAJAL_DATA, ./data, the folder data beside the one that holds the
 * running program (build/cajal, data/mnist), $XDG_CACHE_HOME/cajal, ~/.cache/cajal, in this order.
 * MISSING where it is in none of them; NOT_FOUND where `name` is not known.
 */
CJ_API cj_status cj_data_find(cj_context *context, const char *name, char *path, size_t path_size);

/* One of the files of a known data set, as it is published. */
typedef struct cj_data_file {
    const char *path; /* below a data folder */
    const char *url;
    uint64_t bytes;     /* 0: not known */
    const char *sha256; /* NULL: none is pinned */
} cj_data_file;
CJ_API const cj_data_file *cj_data_file_at(const char *name, int i); /* NULL past the last */
CJ_API const char *cj_data_licence(const char *name);                /* NULL: no file is known */

typedef struct cj_data_get_options {
    const char
        *mirror; /* the URL of a folder that holds the files; NULL: where they are published */
    bool (*progress)(void *user, uint64_t have, uint64_t all); /* as in cj_download_options */
    void *user;
} cj_data_get_options;

/* The folder that cj_data_get writes to: $CAJAL_DATA, else $XDG_CACHE_HOME/cajal, else
 * ~/.cache/cajal. */
CJ_API cj_status cj_data_home(cj_context *context, char *folder, size_t size);
/*
 * Brings file i of a known data set into that folder by cj_download; one that is there already is
 * left. NOT_FOUND: no known data set. MISSING: no place is known where it is published. FORMAT:
 * another file is there.
 */
CJ_API cj_status cj_data_get(cj_context *context, const char *name, int i,
                             const cj_data_get_options *options);

/*
 * A stratified choice: of each class of n examples floor(fraction n + 1/2), but at least one where
 * there are two or more, and never all; taken[i] is set for those chosen. labels NULL: one class.
 * Depends on (seed, word, labels) alone.
 */
CJ_API cj_status cj_data_split(cj_context *context, uint64_t seed, const char *word,
                               const int32_t *labels, int64_t n, double fraction, bool *taken);

#ifdef __cplusplus
}
#endif

#endif
