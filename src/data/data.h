/*
 * src/data/data.h - what the sources of data sets share: a data set while it is built, pictures
 * gathered one by one, labels as they are found.
 */
#ifndef CJ_DATA_DATA_H
#define CJ_DATA_DATA_H

#include "cajal/data.h"
#include "io/io.h"

/* A data set while it is built. */
typedef struct cj_loader {
    cj_context *context;
    const cj_data_options *options;
    const char *name;               /* what the user called it, for sentences */
    const char *const *class_names; /* of a known data set, instead of the integers; NULL: none */
    int class_folders; /* how many folders make the name of a class: 1, or 2 with a slash between */
    cj_dataset *dataset;
} cj_loader;

/* Adds a sentence to the data set's notes. */
cj_status cj_note(cj_loader *loader, const char *format, ...) CJ_PRINTF(2, 3);

/* ---- preprocessing under construction ---- */

cj_preprocess *cj_preprocess_new(cj_context *context); /* zeroed, targets 1 */
/* Arrays of `count`, zeroed; the counts are set too. */
cj_status cj_preprocess_make_classes(cj_context *context, cj_preprocess *p, int count);
cj_status cj_preprocess_make_targets(cj_context *context, cj_preprocess *p, int count);
cj_status cj_preprocess_make_columns(cj_context *context, cj_preprocess *p, int count);
cj_status cj_preprocess_make_moments(cj_context *context, cj_preprocess *p, int count);
void cj_column_free(cj_context *context, cj_column *column);
cj_status cj_column_make_categories(cj_context *context, cj_column *column, int count);
int cj_column_features(const cj_column *column);
/* The class called `name`, or -1. */
int cj_preprocess_find_class(const cj_preprocess *p, const char *name);
/* The category called `text`, or -1; they are sorted. */
int cj_column_find(const cj_column *column, const char *text);

/* Accepts a fitted preprocessing given by the caller, or makes a new one. */
cj_status cj_loader_begin(cj_loader *loader, cj_input_kind kind);

/* ---- examples ---- */

void cj_examples_free(cj_context *context, cj_examples *examples);
/* Moves the examples with taken[i] from `from` to `out` (zeroed before), both keeping their order.
 */
cj_status cj_examples_take(cj_context *context, cj_examples *from, const bool *taken,
                           cj_examples *out);

/*
 * The end of loading, in steps. A source fills part[CJ_TRAIN], and the others where it has them,
 * with examples and labels or (raw) targets; cj_loader_finish then hashes, splits, fits the moments
 * on the training part and standardises the targets. Tables fit on the training rows before they
 * have features, so they call assign and divide themselves.
 */
cj_status cj_loader_finish(cj_loader *loader);
/* Which part each of n examples belongs to (labels NULL: not stratified), by the options. */
cj_status cj_loader_assign(cj_loader *loader, const int32_t *labels, int64_t n, uint8_t *part);
/* Moves the examples of part[CJ_TRAIN] to where `part` says. */
cj_status cj_loader_divide(cj_loader *loader, const uint8_t *part);
/* Mean and population deviation (1 where it is 0) of value[0], value[step], ... ; false where one
 * is not finite. */
bool cj_moments(const float *value, int64_t count, int64_t step, double *mean, double *scale);

/* Examples alone into part[CJ_TRAIN], pictures where the model takes them; may take over the array's
 * memory. */
cj_status cj_load_inputs(cj_loader *loader, cj_array *array);
/* Refuses values that are not finite, naming the example. */
cj_status cj_check_values(cj_loader *loader, const cj_examples *examples);

/* ---- labels: from what a source has to task, classes, labels or raw targets ---- */

/* Numbers, [count of the part][targets] a part (NULL: the part is empty). Decides the task as
 * cj_data_options.task says. */
cj_status cj_loader_set_numbers(cj_loader *loader, double *const value[CJ_PARTS], int targets);
/*
 * Names in order of finding; the parts' labels count in that order. Classes are then in numeric
 * order where all names are whole numbers, else in byte order; with a given preprocessing they are
 * its classes.
 */
cj_status cj_loader_set_names(cj_loader *loader, char *const *name, int count);
/* Are these numbers classes: whole, at least two, and consecutive from 0 or 1? */
bool cj_are_classes(cj_context *context, const double *value, int64_t count);

/* ---- pictures gathered one by one ---- */

/* Where an encoded picture lies on disk: size bytes of a file. */
typedef struct cj_picture_place {
    const char *file;
    uint64_t offset;
    size_t size;
} cj_picture_place;

typedef struct cj_gather {
    cj_loader *loader;
    int channels, height, width; /* 0: not known yet */
    bool fixed_size, fixed_channels;
    size_t capacity[CJ_PARTS]; /* examples there is room for */
    size_t label_capacity[CJ_PARTS], item_capacity[CJ_PARTS];
    int64_t mixed;   /* pictures that had another size */
    uint64_t budget; /* bytes of pixels to hold */
    bool streams;    /* they were more: only their places are kept */
} cj_gather;

uint64_t cj_memory_budget(void); /* a quarter of what the process may use */
cj_status cj_gather_begin(cj_loader *loader, cj_gather *gather);
/* Adds a picture to a part with a label: converted to the size and channels of those before, or
 * those to its. `place` (NULL: it cannot be read again) is copied. */
cj_status cj_gather_add(cj_gather *gather, cj_part_id part, const cj_image *image, int32_t label,
                        const cj_picture_place *place);
/* Cuts memory to what is used and sets the preprocessing's shape. */
cj_status cj_gather_end(cj_gather *gather);
void cj_gather_cancel(cj_gather *gather);
/* [height][width][channels] to [channels][height][width]. */
void cj_planes(const uint8_t *from, int channels, int64_t pixels, uint8_t *to);
/* A picture converted to channels and size, as planes. */
cj_status cj_picture_fit(cj_context *context, const cj_image *image, int channels, int height,
                         int width, uint8_t *to);

/* ---- pictures that stay on disk ---- */

cj_status cj_pictures_new(cj_context *context, cj_pictures **out);
void cj_pictures_free(cj_pictures *pictures); /* NULL is fine */
cj_status cj_pictures_add(cj_pictures *pictures, const cj_picture_place *place, int64_t *item);
/* What all are made to fit, once that is known. */
void cj_pictures_set_shape(cj_pictures *pictures, int channels, int height, int width);
/* Reads the bytes of a picture and decodes it as it is. */
cj_status cj_picture_read(cj_context *context, const cj_picture_place *place, cj_image *image);
/* Reads all once, in order: adds the pixels of the `count` items to the hash, and keeps the sums
 * that moments are made of. */
cj_status cj_pictures_measure(cj_pictures *pictures, const int64_t *item, int64_t count,
                              cj_sha256 *sha);
/* Sum and sum of squares of channel c of an item that was measured. */
void cj_pictures_sums(const cj_pictures *pictures, int64_t item, int c, uint64_t sum[2]);

/* ---- known data sets ---- */

typedef struct cj_known_row {
    cj_known_data about;
    cj_status (*load)(cj_loader *loader, const char *path); /* NULL: no set of examples */
    const char *const *class_names;
    int class_folders;
    const char *augment;
} cj_known_row;

const cj_known_row *cj_known_find(const char *name); /* or NULL */
/* The path of a known data set, which must be of that kind, or of a file or folder. */
cj_status cj_data_locate(cj_context *context, const char *what, cj_data_kind kind, char *path,
                         size_t path_size);

/* ---- sources ---- */

cj_status cj_load_path(cj_loader *loader, const char *path); /* any of those below */

/* Folders of folders of pictures, or tars and zips of such: `count` of them, as one. */
cj_status cj_load_pictures(cj_loader *loader, char *const *path, size_t count);
cj_status cj_load_idx(cj_loader *loader,
                      const char *images); /* an images file, or a folder of IDX files */
/* A folder with cifar-10-binary.tar.gz, or with the pictures as files. */
cj_status cj_load_cifar(cj_loader *loader, const char *path);
cj_status cj_load_audio(cj_loader *loader, const char *path); /* recordings, as arrays */
bool cj_is_sound_name(const char *path);                      /* "a_b_1.wav", ... */
#define CJ_MOST_RATE 192000
#define CJ_LEAST_WINDOW 16
#define CJ_MOST_WINDOW 65536
#define CJ_MOST_BANDS 4096
#define CJ_MOST_SAMPLES (INT64_C(1) << 22)
int64_t cj_spectrogram_frames(const cj_spectrogram *s);
/* Of `count` recordings, not yet standardised: value [count][mels][frames]. */
cj_status cj_spectrograms(cj_context *context, const cj_preprocess *p, const cj_sound *sound,
                          int64_t count, float *value);
cj_status cj_load_npz(cj_loader *loader, const char *path);
cj_status cj_load_table(cj_loader *loader, const char *path);
bool cj_is_idx_images(const char *file_name);

/* ---- tables ---- */

#define CJ_MAX_CATEGORIES 64 /* unless cj_data_options.max_categories says otherwise */

/* A table while it is loaded: rows of the CSV whose targets are there. */
typedef struct cj_table {
    cj_loader *loader;
    const cj_csv *csv;
    int64_t *row; /* places of the kept rows in the CSV */
    int64_t rows;
    const char **text;   /* scratch: the fields of a row */
    double *number;      /* scratch: a number a row */
    const char **sorted; /* scratch: a text a row */
    int *map;            /* column of the preprocessing -> column of the CSV */
} cj_table;

const char *cj_table_field(const cj_table *table, int64_t row, int64_t column);
/* "FILE, line N" of a kept row. */
void cj_table_where(const cj_table *table, int64_t row, char *where, size_t size);
/* Makes the columns of the preprocessing, with their names, and finds the targets among them. */
cj_status cj_table_name_columns(cj_table *table);
/* Decides what each column is, and the task with its classes, on all kept rows. */
cj_status cj_table_plan(cj_table *table);
/* Means, deviations and categories from the rows with part[row] == CJ_TRAIN; sets the shape. */
cj_status cj_table_fit(cj_table *table, const uint8_t *part);

#endif
