/*
 * src/io/io.h - what the readers share: bounded byte buffers, sources that inflate as they are
 * read, archives.
 */
#ifndef CJ_IO_IO_H
#define CJ_IO_IO_H

#include "base/base.h"
#include "cajal/io.h"

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "src/io copies numbers as they lie in memory: a little-endian machine is needed"
#endif

/* Reads little- and big-endian integers of `bytes` bytes. */
static inline uint64_t cj_load_little(const uint8_t *p, int bytes)
{
    uint64_t v = 0;
    for (int i = bytes - 1; i >= 0; i--)
        v = v << 8 | p[i];
    return v;
}

static inline uint64_t cj_load_big(const uint8_t *p, int bytes)
{
    uint64_t v = 0;
    for (int i = 0; i < bytes; i++)
        v = v << 8 | p[i];
    return v;
}

/* a * b, false where it does not fit. */
static inline bool cj_multiply_size(size_t a, size_t b, size_t *out)
{
    return !__builtin_mul_overflow(a, b, out);
}

/* The bytes of a dense array; false where an extent is negative or the size does not fit. */
bool cj_shape_size(int rank, const int64_t *shape, size_t item, size_t *out);

/* A copy of `length` bytes of text, with a NUL; release with strlen + 1. */
char *cj_text_copy(cj_context *context, const char *text, size_t length);
void cj_text_release(cj_context *context, char *text); /* NULL is fine */

/* Makes room for one element more in a growing array: doubles *capacity when it is full. */
cj_status cj_grow_list(cj_context *context, void *array_pointer, size_t *capacity, size_t count,
                       size_t item);

/* For libraries that free without telling the size: it is kept in front of the block. */
void *cj_prefixed_allocate(cj_context *context, size_t size);
void cj_prefixed_release(cj_context *context, void *pointer);

/* ---- a growing byte buffer ---- */

typedef struct cj_buffer {
    cj_context *context;
    uint8_t *data;
    size_t size, capacity;
} cj_buffer;

cj_status cj_buffer_add(cj_buffer *buffer, const void *data, size_t size);
cj_status cj_buffer_reserve(cj_buffer *buffer, size_t more);
void cj_buffer_free(cj_buffer *buffer);
/* Cuts the memory to what is used and hands it over. */
cj_status cj_buffer_take(cj_buffer *buffer, void **data, size_t *size);

/* ---- UTF-8 ---- */

/* Bytes of the character at p, 0 where there is none (overlong forms and surrogates are none). */
size_t cj_utf8_length(const uint8_t *p, size_t rest);
bool cj_is_utf8(const uint8_t *p, size_t size);
/* Each byte is a character; release *out with *out_size. */
cj_status cj_latin1_to_utf8(cj_context *context, const uint8_t *p, size_t size, void **out,
                            size_t *out_size);

/* ---- a source: bytes in memory or a file, inflated on the way where they are gzip ---- */

typedef struct cj_source cj_source;

/* `data` is borrowed. */
cj_status cj_source_open(cj_context *context, const char *name, const void *data, size_t size,
                         cj_source **out);
/* Reads the file as it goes, in bounded memory; `path` is borrowed. */
cj_status cj_source_open_file(cj_context *context, const char *path, cj_source **out);
void cj_source_close(cj_source *source); /* NULL is fine */
/* The place in the file of what is read next; false where it is not a file's own bytes. */
bool cj_source_offset(const cj_source *source, uint64_t *offset);
/* Reads up to `size` bytes; *got is less only at the end. FORMAT: the compressed data is broken or
 * ends early. */
cj_status cj_source_read(cj_source *source, void *data, size_t size, size_t *got);
cj_status cj_source_skip(cj_source *source, uint64_t size, uint64_t *skipped);

/* Raw deflate of exactly out_size bytes (a zip member). */
cj_status cj_inflate_raw(cj_context *context, const char *name, const void *data, size_t size,
                         void *out, size_t out_size);

/* ---- folders ---- */

/* The names in a folder, sorted by byte order, without those that begin with a dot. */
typedef struct cj_listing {
    char **name;
    size_t count, capacity;
} cj_listing;
cj_status cj_list_folder(cj_context *context, const char *path, cj_listing *listing);
void cj_listing_free(cj_context *context, cj_listing *listing);
bool cj_is_folder(const char *path);
bool cj_exists(const char *path);
bool cj_ends_with(const char *text, const char *end);
/* "folder/name", released with cj_text_release; NULL and NO_MEMORY recorded. */
char *cj_join_path(cj_context *context, const char *folder, const char *name);

/* ---- tar, read from front to back ---- */

typedef struct cj_tar {
    cj_context *context;
    const char *name; /* of the archive, for sentences */
    cj_source *source;
    char *path; /* of the current entry */
    size_t path_capacity;
    uint64_t size; /* of the current entry */
    uint64_t rest; /* of its data and padding, not yet read */
    bool file;     /* a regular file */
} cj_tar;

/* Opens a .tar or .tar.gz in memory (borrowed). */
cj_status cj_tar_open(cj_context *context, const char *name, const void *data, size_t size,
                      cj_tar *tar);
/* One on disk, read as it goes. */
cj_status cj_tar_open_file(cj_context *context, const char *path, cj_tar *tar);
/* Goes to the next entry; *more is false at the end. Handles ustar, GNU long names, pax paths. */
cj_status cj_tar_next(cj_tar *tar, bool *more);
/* The data of the current entry into memory of at most `limit` bytes; release with *size. */
cj_status cj_tar_data(cj_tar *tar, size_t limit, void **data, size_t *size);
void cj_tar_close(cj_tar *tar);

/* ---- zip, in the order of its directory ---- */

typedef struct cj_zip {
    cj_context *context;
    const char *name;
    const uint8_t *data;
    size_t size;
    size_t place; /* of the next entry of the directory */
    uint64_t rest;
    /* compressed bytes that members may still have: members that share bytes are refused */
    uint64_t budget;
} cj_zip;

typedef struct cj_zip_member {
    char path[256];
    bool file; /* no folder */
    unsigned method, flags;
    uint32_t crc;
    uint64_t packed, plain, offset;
} cj_zip_member;

/* Opens a zip in memory (borrowed); nothing is to be closed. */
cj_status cj_zip_open(cj_context *context, const char *name, const void *data, size_t size,
                      cj_zip *zip);
cj_status cj_zip_next(cj_zip *zip, cj_zip_member *member, bool *more);
/* The member's `plain` bytes, inflated, their checksum right; *owned is what must be released, with
 * member->plain, after a failure too (NULL: they lie in the file). `label` names the member. */
cj_status cj_zip_data(const cj_zip *zip, const cj_zip_member *member, const char *label,
                      const uint8_t **data, void **owned);

/* ---- libraries opened when first needed ---- */

typedef struct cj_library {
    const char *purpose, *name; /* of the sentence: "sounds are read by", "libsndfile" */
    const char *file, *package; /* "libsndfile.so.1", Debian's "libsndfile1" */
    const char *symbol[12];
} cj_library;

/* The addresses of its symbols; the library stays open. MISSING names the package. */
cj_status cj_library_open(cj_context *context, const cj_library *library, void **symbol);

/* ---- pictures: the decoders by format ---- */

bool cj_is_png(const uint8_t *data, size_t size);
bool cj_is_jpeg(const uint8_t *data, size_t size);
bool cj_is_pnm(const uint8_t *data, size_t size);

/* Decode to 1 or 3 channels; *orientation is EXIF's 1 to 8, still to be applied. */
cj_status cj_png_decode(cj_context *context, const char *name, const uint8_t *data, size_t size,
                        cj_image *out, int *orientation);
cj_status cj_jpeg_decode(cj_context *context, const char *name, const uint8_t *data, size_t size,
                         cj_image *out, int *orientation);
cj_status cj_pnm_decode(cj_context *context, const char *name, const uint8_t *data, size_t size,
                        cj_image *out);
/* The orientation in EXIF data (TIFF header first), 1 where it has none. */
int cj_exif_orientation(const uint8_t *data, size_t size);
/* Refuses empty and oversized pictures. */
cj_status cj_image_check_size(cj_context *context, const char *name, uint64_t width,
                              uint64_t height);

#endif
