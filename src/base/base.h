/*
 * src/base/base.h - what every room of the library stands on: the context, arenas, hashes, the thread
 * pool, counter-based random numbers.
 */
#ifndef CJ_BASE_BASE_H
#define CJ_BASE_BASE_H

#include "base/half.h"
#include "cajal/base.h"

#include <string.h>

#define CJ_ERROR_SIZE 512

#define CJ_MIN(a, b) ((a) < (b) ? (a) : (b))
#define CJ_MAX(a, b) ((a) > (b) ? (a) : (b))
#define CJ_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- context: rooms hang their state on it, each with its own destructor ---- */

typedef struct cj_pool cj_pool;

enum cj_room {
    CJ_ROOM_GRAPH,
    CJ_ROOM_COMPILE,
    CJ_ROOM_EVAL,
    CJ_ROOM_LAPACK,
    CJ_ROOM_NN,
    CJ_ROOM_COUNT
};

struct cj_context {
    cj_config config;
    cj_pool *pool;
    int isa;              /* enum cj_isa_id of src/cpu/isa.h */
    bool usual_allocator; /* malloc: any thread may call it */
    cj_status build_status;
    char build_error[CJ_ERROR_SIZE];
    cj_status last_status;
    char last_error[CJ_ERROR_SIZE];
    struct {
        void *state;
        void (*free)(cj_context *context, void *state);
    } room[CJ_ROOM_COUNT]; /* freed from the last to the first */
};

/* ---- options ---- */

/*
 * Copies the caller's options into `own`, which has this version's size: what the caller's
 * version does not know stays zero. `least` is the end of .at. False: an error is recorded
 * (args->at.size was not filled in).
 */
bool cj_take_args(cj_context *context, const char *what, void *own, size_t own_size,
                  const void *args, const cj_at *at, size_t least);
#define CJ_TAKE_ARGS(context, what, own, args)                                                     \
    cj_take_args(context, what, &(own), sizeof(own), args, &(args)->at,                            \
                 (size_t)((const char *)(&(args)->at + 1) - (const char *)(args)))

/* ---- arena: bump allocation, cut back to a mark ---- */

typedef struct cj_arena {
    cj_context *context;
    struct cj_arena_block *block;
    struct cj_arena_block *spare; /* the largest block that was cut, for the next one */
} cj_arena;

typedef struct cj_arena_mark {
    struct cj_arena_block *block;
    size_t used;
} cj_arena_mark;

void cj_arena_init(cj_arena *arena, cj_context *context);
/* 16-byte aligned; NULL, and NO_MEMORY recorded, when there is none. */
void *cj_arena_take(cj_arena *arena, size_t size);
void *cj_arena_take_zero(cj_arena *arena, size_t size);
char *cj_arena_copy_text(cj_arena *arena, const char *text);
cj_arena_mark cj_arena_mark_now(const cj_arena *arena);
/* Debug builds (CJ_DEBUG) fill what is cut with 0xAB. */
void cj_arena_cut(cj_arena *arena, cj_arena_mark mark);
void cj_arena_free(cj_arena *arena);
size_t cj_arena_bytes(const cj_arena *arena); /* held, used or not */

/* The bytes of a block that keeps the next one aligned. */
static inline size_t cj_aligned_size(size_t bytes)
{
    return (bytes + 63) / 64 * 64;
}

/* Aligned blocks (64 bytes) from the context's allocator, for tensors. */
void *cj_allocate_aligned(cj_context *context, size_t size);
void cj_release_aligned(cj_context *context, void *pointer, size_t size);

/* ---- hashes ---- */

uint64_t cj_hash_bytes(uint64_t seed, const void *data, size_t size); /* fast, for tables */
static inline uint64_t cj_hash_mix(uint64_t h, uint64_t v)
{
    h ^= v + 0x9e3779b97f4a7c15u + (h << 6) + (h >> 2);
    h *= 0xff51afd7ed558ccdu;
    return h ^ (h >> 32);
}

typedef struct cj_sha256 {
    uint32_t state[8];
    uint64_t length;
    uint8_t block[64];
} cj_sha256;
void cj_sha256_init(cj_sha256 *sha);
void cj_sha256_add(cj_sha256 *sha, const void *data, size_t size);
void cj_sha256_end(cj_sha256 *sha, uint8_t digest[32]);
void cj_sha256_text(const uint8_t digest[32], char text[65]); /* lower-case hex */

/* ---- words and numbers as text (cj_parse_number is public) ---- */

/* The word of the list that a mistyped one most likely stands for, or NULL where none is near: "did you mean". */
const char *cj_closest_word(const char *word, const char *const *words, int count);

/* printf behind the first `used` bytes of text; returns what is used then, always less than size. */
size_t cj_append_text(char *text, size_t size, size_t used, const char *format, ...)
    CJ_PRINTF(4, 5);
enum { CJ_SHAPE_TEXT = 160 };
/* "[64, 10]" */
const char *cj_extents_text(int rank, const int64_t *shape, char *text, size_t size);
#define CJ_EXTENTS_OF(rank, shape)                                                                 \
    cj_extents_text(rank, shape, (char[CJ_SHAPE_TEXT]){0}, CJ_SHAPE_TEXT)

/* "1 file", "2 files": the word for so many. */
static inline const char *cj_of_count(int64_t count, const char *one, const char *more)
{
    return count == 1 ? one : more;
}

/* The decimal number that the text begins with, as cj_parse_number reads it; returns its end, or NULL where
 * there is none. */
const char *cj_scan_number(const char *text, double *out);
/* printf of one double, with a decimal point in every locale. */
void cj_format_number(char *text, size_t size, const char *format, double value)
    __attribute__((format(printf, 3, 0)));

/* ---- threads: a pool with static ranges; the caller is thread 0 ---- */

/* Work on the half-open range [begin, end) as thread `thread` of `threads`. */
typedef void (*cj_range_fn)(void *state, int thread, int64_t begin, int64_t end);

int cj_processors(void); /* how many this process may use */

cj_pool *cj_pool_new(cj_context *context, int threads); /* threads are started on first use */
void cj_pool_free(cj_pool *pool);
int cj_pool_threads(const cj_pool *pool);

/*
 * Runs fn over [0, count), cut in contiguous ranges whose borders are multiples of `grain`, at most one
 * range a thread, static: thread t gets the t-th range. Fewer threads are used when count / smallest < threads
 * (smallest: the elements that make a second thread worth waking; at least 1). Returns when all are done.
 * One call at a time, and fn may not call it again. It cannot fail: where the system grants no thread, fewer work.
 * After fork() the child starts threads of its own. Sets round-to-nearest without flush-to-zero in its threads.
 */
void cj_pool_run(cj_pool *pool, int64_t count, int64_t grain, int64_t smallest, cj_range_fn fn,
                 void *state);

/* For tests: how many times each thread has run a range since the pool was made. */
uint64_t cj_pool_runs(const cj_pool *pool, int thread);

/* Floating-point mode of the calling thread: nearest, no flush to zero; returns what it was, to restore. */
uint64_t cj_fp_enter(void);
void cj_fp_leave(uint64_t mode);

/* ---- random: Philox 4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011) ---- */

typedef struct cj_key {
    uint32_t word[2];
} cj_key;

void cj_philox4x32(const uint32_t counter[4], cj_key key, uint32_t out[4]);
cj_key cj_key_from_seed(uint64_t seed);
cj_key cj_key_fold(cj_key key, uint64_t value);        /* a new key, from Philox of the value */
cj_key cj_key_fold_text(cj_key key, const char *text); /* fold of a hash of the text */
uint32_t cj_key_bits(cj_key key, uint64_t element);    /* word element%4 of counter element/4 */
/* 0 .. n - 1 in random order: Fisher-Yates, unbiased bounded draws. */
void cj_key_permutation(cj_key key, int64_t n, int64_t *out);

/* ---- elements of any data type ---- */

/* The range of an integer; of a bool 0 and 1. */
int64_t cj_integer_least(cj_dtype dtype);
uint64_t cj_integer_most(cj_dtype dtype);
/* Element i of integers or bools, u64 by its bits; stored by its low bits. */
int64_t cj_integer_load(cj_dtype dtype, const void *data, int64_t i);
void cj_integer_store(cj_dtype dtype, void *data, int64_t i, int64_t value);
/* Element i as a double; and a double as by cj_cast: nearest, integers saturate, NaN to 0. */
double cj_number_load(cj_dtype dtype, const void *data, int64_t i);
void cj_number_store(cj_dtype dtype, void *data, int64_t i, double value);

/* ---- files: the one place that writes ---- */

/* Writes the file whole: beside it as PATH.tmp-PID, fsync, rename over, fsync of the folder. On failure the old file
 * stands, the temporary is removed, and the sentence names the path and the system's reason. A pipe or a device is
 * written to as it is. NOT_FOUND: the folder is missing; else IO. */
cj_status cj_file_write(cj_context *context, const char *path, const void *data, size_t size);
/* Makes the folder and those above it, where they are not there. IO. */
cj_status cj_folder_make(cj_context *context, const char *path);
/* Reads the file whole into memory of the context (release with size); at most `limit` bytes if not 0,
 * more is FORMAT. NOT_FOUND or IO when it cannot be read. */
cj_status cj_file_read(cj_context *context, const char *path, size_t limit, void **data,
                       size_t *size);

#endif
