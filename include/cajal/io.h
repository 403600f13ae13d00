/*
 * cajal/io.h - files: safetensors, npy and npz, IDX, CSV, pictures, sounds. Part of libcajal-io.
 *
 * Every reader comes twice: from a path, and from memory (`..._parse`, `..._decode`), where `name`
 * is what the error sentences call the data. Readers trust nothing that a file says: sizes are
 * checked against the bytes that are there before memory is taken for them, so that a hostile file
 * costs an error, never a crash or the machine's memory. Writers build the file in memory and put
 * it in place whole: after a failure the old file stands. Equal input gives equal bytes.
 *
 * Results are owned by the caller and live in memory of the context's allocator; the matching
 * `..._free` takes that context. On failure nothing is handed out (the result is NULL or zeroed)
 * and cj_error holds a sentence with the file, the place and the way out. Statuses: NOT_FOUND (no
 * such file), IO (the system refused), FORMAT (the bytes are not what the format says), UNSUPPORTED
 * (valid, but not for us), MISSING, NO_MEMORY, INVALID (bad arguments).
 */
#ifndef CAJAL_IO_H
#define CAJAL_IO_H

#include "cajal/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- arrays: what files hold ---- */

/* A dense row-major array in memory. `size` is the bytes of data: the product of the shape times
 * the size of the dtype. */
typedef struct cj_array {
    char *name; /* NULL where the file has none */
    cj_dtype dtype;
    int rank;
    int64_t shape[CJ_MAX_RANK];
    void *data;
    size_t size;
} cj_array;

/* Makes a zeroed array (name may be NULL, and is copied). SHAPE when an extent is negative or the
 * size overflows. */
CJ_API cj_status cj_array_make(cj_context *context, const char *name, cj_dtype dtype, int rank,
                               const int64_t *shape, cj_array *out);
/* Frees name and data and zeroes the array; a zeroed one is fine. */
CJ_API void cj_array_free(cj_context *context, cj_array *array);
CJ_API int64_t cj_array_count(const cj_array *array); /* elements */

/* ---- named arrays with text beside them: safetensors, npz ---- */

typedef struct cj_metadata {
    char *key, *value;
} cj_metadata;

/* Arrays sorted by name (byte order, unique), metadata sorted by key: so that no history shows in a
 * file. */
typedef struct cj_tensor_file {
    cj_array *array;
    size_t count, capacity;
    cj_metadata *metadata;
    size_t metadata_count, metadata_capacity;
} cj_tensor_file;

CJ_API cj_tensor_file *cj_tensor_file_new(cj_context *context);             /* NULL: no memory */
CJ_API void cj_tensor_file_free(cj_context *context, cj_tensor_file *file); /* NULL is fine */

/* Adds an array, copying name and data (data NULL: zeros). INVALID when the name is empty,
 * "__metadata__" or taken. */
CJ_API cj_status cj_tensor_file_add(cj_context *context, cj_tensor_file *file, const char *name,
                                    cj_dtype dtype, int rank, const int64_t *shape,
                                    const void *data);
/*
 * The same, taking over array->data and array->name instead of copying; zeroes *array on success.
 */
CJ_API cj_status cj_tensor_file_adopt(cj_context *context, cj_tensor_file *file, cj_array *array);
CJ_API const cj_array *cj_tensor_file_find(const cj_tensor_file *file,
                                           const char *name); /* or NULL */

/* Sets a metadata text (UTF-8), replacing what stood under the key. */
CJ_API cj_status cj_tensor_file_set(cj_context *context, cj_tensor_file *file, const char *key,
                                    const char *value);
CJ_API const char *cj_tensor_file_get(const cj_tensor_file *file, const char *key); /* or NULL */

/*
 * model_hash: the SHA-256, as 64 hexadecimal digits, over the arrays in order of name, each as: the
 * bytes of the name and a zero byte; the name of the dtype ("f32") and a zero byte; rank and
 * extents as 64-bit little-endian integers; the data, little-endian. Metadata does not count.
 */
CJ_API cj_status cj_tensor_file_hash(cj_context *context, const cj_tensor_file *file,
                                     char text[65]);

/*
 * safetensors (github.com/huggingface/safetensors): 8 bytes header length, a JSON object name ->
 * {dtype, shape, data_offsets}, "__metadata__" a map of strings, then the data without holes.
 * Written: names sorted, the header padded with blanks to a multiple of 8, keys always in the order
 * dtype, shape, data_offsets. Read: F16 and BF16 become f32 (written they stay what they are);
 * the 8-bit floats and complex are UNSUPPORTED, naming the tensor.
 */
CJ_API cj_status cj_safetensors_read(cj_context *context, const char *path, cj_tensor_file **out);
CJ_API cj_status cj_safetensors_parse(cj_context *context, const char *name, const void *data,
                                      size_t size, cj_tensor_file **out);
CJ_API cj_status cj_safetensors_write(cj_context *context, const char *path,
                                      const cj_tensor_file *file);
/* The bytes that cj_safetensors_write writes; free them with cj_release(context, *data, *size). */
CJ_API cj_status cj_safetensors_render(cj_context *context, const cj_tensor_file *file, void **data,
                                       size_t *size);

/*
 * npy (versions 1 to 3, either byte order, C or Fortran order) and npz (a zip of them, stored or
 * deflated). f2 is read as f32; bf16, which the format lacks, is written as f4. Complex, text, objects and records are UNSUPPORTED; in an npz they
 * are left out, and metadata says so: key "skipped", the names separated by commas.
 */
CJ_API cj_status cj_npy_read(cj_context *context, const char *path, cj_array *out);
CJ_API cj_status cj_npy_parse(cj_context *context, const char *name, const void *data, size_t size,
                              cj_array *out);
CJ_API cj_status cj_npy_write(cj_context *context, const char *path, const cj_array *array);
CJ_API cj_status cj_npz_read(cj_context *context, const char *path, cj_tensor_file **out);
CJ_API cj_status cj_npz_parse(cj_context *context, const char *name, const void *data, size_t size,
                              cj_tensor_file **out);

/* IDX (the format of MNIST), plain or gzipped: u8, i32, f32, f64 as they are, i8 and i16 as i32. */
CJ_API cj_status cj_idx_read(cj_context *context, const char *path, cj_array *out);
CJ_API cj_status cj_idx_parse(cj_context *context, const char *name, const void *data, size_t size,
                              cj_array *out);

/* True where the bytes begin as a gzip file does. */
CJ_API bool cj_is_gzip(const void *data, size_t size);
/* Inflates a gzip file (all its members) to at most `limit` bytes (more: FORMAT); release with
 * *out_size. */
CJ_API cj_status cj_gzip_inflate(cj_context *context, const char *name, const void *data,
                                 size_t size, size_t limit, void **out, size_t *out_size);

/* ---- CSV ---- */

typedef struct cj_csv_options {
    char separator; /* ',', ';', '\t', '|'; 0: the one that cuts the first lines alike */
    int header;     /* 1: the first row is names, -1: it is data; 0: detected, see below */
} cj_csv_options;

/*
 * A CSV in memory: every field a NUL-terminated UTF-8 text without its quotes, and without blanks
 * around it where it had no quotes. The header is detected: the first row is names when none of its
 * fields is a number and none is empty but the first, and either some field below is a number or
 * the fields are distinct and none occurs again in its column.
 */
typedef struct cj_csv {
    int64_t rows, columns; /* rows without the header */
    bool header;
    char separator;
    bool decimal_comma; /* cut at ';', numbers as "1,5": they were made "1.5" */
    bool latin1;        /* the bytes were no UTF-8 and were taken as Latin-1 */
    char *text;         /* all fields */
    size_t text_size;
    uint32_t *field;              /* (rows + header) x columns offsets into text */
    uint32_t *line;               /* the line of each row in the file, from 1, header included */
    size_t field_size, line_size; /* bytes of both */
} cj_csv;

/*
 * Reads a CSV (RFC 4180 and what is found in the wild): byte order mark, CRLF, CR or LF, quoted
 * fields with separators, line ends and doubled quotes inside, empty lines skipped, gzip. FORMAT
 * with the line's number: a row with more or fewer fields than the first, a quote that is never
 * closed, text after a closing quote, a NUL byte. At most 4 GiB.
 */
CJ_API cj_status cj_csv_read(cj_context *context, const char *path, const cj_csv_options *options,
                             cj_csv *out);
CJ_API cj_status cj_csv_parse(cj_context *context, const char *name, const void *data, size_t size,
                              const cj_csv_options *options, cj_csv *out);
CJ_API void cj_csv_free(cj_context *context, cj_csv *csv); /* zeroes it; a zeroed one is fine */
CJ_API const char *cj_csv_field(const cj_csv *csv, int64_t row, int64_t column);
CJ_API const char *cj_csv_name(const cj_csv *csv, int64_t column); /* NULL without a header */
CJ_API int64_t cj_csv_line(const cj_csv *csv, int64_t row);

/* ---- pictures ---- */

/* 8-bit pixels [height][width][channels], channels 1 (grey) or 3 (red, green, blue). */
typedef struct cj_image {
    uint8_t *pixel;
    int height, width, channels;
} cj_image;

/* Larger pictures are refused (UNSUPPORTED) before memory is taken. */
#define CJ_IMAGE_MAX_PIXELS (1 << 26)

/*
 * PNG, JPEG, PGM or PPM (P2, P3, P5, P6), known by content, not by name. Palettes are expanded (to
 * grey where all colours are), fewer than 8 bits scaled up, 16 bits scaled down, transparency
 * composited on white, CMYK converted, the EXIF orientation applied (JPEG, PNG's eXIf). Colour
 * profiles and gamma are not applied. FORMAT: no picture, or a broken one (a truncated one too).
 */
CJ_API cj_status cj_image_read(cj_context *context, const char *path, cj_image *out);
CJ_API cj_status cj_image_decode(cj_context *context, const char *name, const void *data,
                                 size_t size, cj_image *out);
CJ_API cj_status cj_image_make(cj_context *context, int height, int width, int channels,
                               cj_image *out); /* zeroed */
CJ_API void cj_image_free(cj_context *context, cj_image *image);

/* Resizes with a triangle filter as wide as the step between output pixels (antialiased when it
 * shrinks, bilinear when it grows), rows first, 22-bit integer weights, rounded to 8 bits after
 * each pass: Pillow's BILINEAR, to the bit. */
CJ_API cj_status cj_image_resize(cj_context *context, const cj_image *image, int height, int width,
                                 cj_image *out);
/* To `channels` 1 or 3: grey = (19595 r + 38470 g + 7471 b + 32768) / 65536 (ITU-R 601-2), or three
 * equal channels. */
CJ_API cj_status cj_image_convert(cj_context *context, const cj_image *image, int channels,
                                  cj_image *out);
CJ_API cj_status cj_image_write_png(cj_context *context, const char *path, const cj_image *image);
/* The bytes of the PNG file; release with cj_release(context, *data, *size). */
CJ_API cj_status cj_image_encode_png(cj_context *context, const cj_image *image, void **data,
                                     size_t *size);

/* ---- what lies in a folder or an archive, one file after the other ---- */

typedef struct cj_archive_file {
    const char *path;    /* below the folder, or as the archive has it */
    const uint8_t *data; /* valid during the call; NULL where only the place was asked for */
    size_t size;
    const char *place; /* where the bytes lie on disk as they are: this file, from `offset`; NULL
                          where they are compressed */
    uint64_t offset;
} cj_archive_file;

/* A status other than CJ_OK ends the walk with it. */
typedef cj_status (*cj_archive_fn)(void *user, const cj_archive_file *file);

/*
 * Calls `each` for the regular files of a folder (names in byte order, folders entered, at most 8
 * deep), a tar, plain or gzipped, or a zip, known by content; names that begin with a dot are left
 * out. A file of more than `limit` bytes is UNSUPPORTED. With `places`, files whose bytes lie on
 * disk as they are are told by place and size, and not read.
 */
CJ_API cj_status cj_archive_walk(cj_context *context, const char *path, size_t limit, bool places,
                                 cj_archive_fn each, void *user);

/* ---- sounds ---- */

typedef struct cj_sound {
    float *sample; /* from -1 to 1, one channel: the mean of those in the file */
    int64_t frames;
    int rate; /* frames a second */
} cj_sound;

/*
 * WAV, FLAC and what else libsndfile reads; resampled to `rate` (0: as it is) by libsamplerate's
 * best sinc. Both libraries are opened when first needed; MISSING, with the name of the package,
 * where one is not installed. FORMAT: no sound. At most 2^28 samples.
 */
CJ_API cj_status cj_sound_decode(cj_context *context, const char *name, const void *data,
                                 size_t size, int rate, cj_sound *out);
CJ_API cj_status cj_sound_read(cj_context *context, const char *path, int rate, cj_sound *out);
CJ_API void cj_sound_free(cj_context *context, cj_sound *sound); /* zeroes it */

/* ---- files from elsewhere ---- */

typedef struct cj_download_options {
    uint64_t bytes;     /* the size it must have; 0: not known */
    const char *sha256; /* 64 hexadecimal digits that it must have; NULL: not checked */
    /* told how much is there, of how much (0: not known); false stops it (CJ_STOPPED) */
    bool (*progress)(void *user, uint64_t have, uint64_t all);
    void *user;
} cj_download_options;

/*
 * Fetches http, https or file URLs by libcurl, which is opened when first needed (MISSING, with its
 * package's name, where it is not installed). What comes goes to PATH.part, with which the next call
 * goes on where the server can; then size and SHA-256 are checked and it is renamed to PATH. IO: it
 * cannot be fetched or written. FORMAT: another size or hash; nothing is kept then.
 */
CJ_API cj_status cj_download(cj_context *context, const char *url, const char *path,
                             const cj_download_options *options);
/* SHA-256 and size of a file. */
CJ_API cj_status cj_file_sha256(cj_context *context, const char *path, char text[65],
                                uint64_t *bytes);

#ifdef __cplusplus
}
#endif

#endif
