/*
 * cajal/base.h - status codes, data types, the context, and how errors travel.
 *
 * A cj_context owns everything that is made in it and belongs to one thread at a time; there is no
 * global state. Two contexts may work in two threads at once.
 *
 * Errors are values. The first error of building a graph stays on the context (cj_context_status,
 * cj_error): later building calls on that context return NULL and do nothing, and cj_compile and
 * cj_run refuse and return that status. Every other function that can fail returns a cj_status and
 * leaves its sentence in cj_error. The library never prints, exits or aborts.
 */
#ifndef CAJAL_BASE_H
#define CAJAL_BASE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define CJ_API __attribute__((visibility("default")))
#define CJ_PRINTF(f, a) __attribute__((format(printf, f, a)))
#else
#define CJ_API
#define CJ_PRINTF(f, a)
#endif

#define CJ_VERSION_MAJOR 0
#define CJ_VERSION_MINOR 1
#define CJ_VERSION_PATCH 0

/* The version of the library that is running, as "0.1.0". */
CJ_API const char *cj_version(void);

/* Status codes: name, text. */
#define CJ_STATUS_LIST(X)                                                                          \
    X(OK, "no error")                                                                              \
    X(NO_MEMORY, "out of memory")                                                                  \
    X(INVALID, "invalid argument")                                                                 \
    X(SHAPE, "shapes do not fit")                                                                  \
    X(DTYPE, "data types do not fit")                                                              \
    X(NOT_FOUND, "not found")                                                                      \
    X(IO, "input or output failed")                                                                \
    X(FORMAT, "malformed file")                                                                    \
    X(UNSUPPORTED, "not supported")                                                                \
    X(VALUE, "illegal value in the data")                                                          \
    X(NOT_FINITE, "a number that is not finite")                                                   \
    X(STOPPED, "stopped by the caller")                                                            \
    X(MISSING, "a needed library or file is missing")

typedef enum cj_status {
#define CJ_X(name, text) CJ_##name,
    CJ_STATUS_LIST(CJ_X)
#undef CJ_X
} cj_status;

/* The short text of a status ("shapes do not fit"). */
CJ_API const char *cj_status_text(cj_status status);

/*
 * Data types: name, C type, bytes, class (f float, i signed, u unsigned, b bool). The names are
 * what errors and files say. bf16 and f16 join with the wider op table.
 */
#define CJ_DTYPE_LIST(X)                                                                           \
    X(F32, f32, float, 4, 'f')                                                                     \
    X(F64, f64, double, 8, 'f')                                                                    \
    X(I32, i32, int32_t, 4, 'i')                                                                   \
    X(I64, i64, int64_t, 8, 'i')                                                                   \
    X(U8, u8, uint8_t, 1, 'u')                                                                     \
    X(U32, u32, uint32_t, 4, 'u')                                                                  \
    X(BOOL, bool, uint8_t, 1, 'b')

typedef enum cj_dtype {
#define CJ_X(NAME, name, type, bytes, kind) CJ_##NAME,
    CJ_DTYPE_LIST(CJ_X)
#undef CJ_X
    CJ_DTYPE_COUNT
} cj_dtype;

CJ_API const char *cj_dtype_name(cj_dtype dtype); /* "f32" */
CJ_API size_t cj_dtype_size(cj_dtype dtype);      /* bytes of one element */

#define CJ_MAX_RANK 16

/* Where a call stands in the caller's source, and the size of the options struct it was built with. */
typedef struct cj_at {
    const char *file;
    int line;
    uint32_t size;
} cj_at;

#ifdef __cplusplus
#define CJ_HERE (cj_at{__FILE__, __LINE__, 0})
#define CJ_HERE_OF(type) (cj_at{__FILE__, __LINE__, (uint32_t)sizeof(type)})
#else
#define CJ_HERE ((cj_at){__FILE__, __LINE__, 0})
#define CJ_HERE_OF(type) ((cj_at){__FILE__, __LINE__, (uint32_t)sizeof(type)})
#endif

/* An explicit zero among options where 0 means "as the axis before" or "the default". */
#define CJ_ZERO INT64_MIN

typedef struct cj_context cj_context;

/*
 * How a context gets memory. `reallocate(user, pointer, old_size, new_size)` is realloc with the old
 * size told (pointer NULL: allocate; new_size 0: free and return NULL). NULL: malloc and free.
 */
typedef struct cj_allocator {
    void *(*reallocate)(void *user, void *pointer, size_t old_size, size_t new_size);
    void *user;
} cj_allocator;

/* Options of cj_context_new; all zero is the default. */
typedef struct cj_config {
    int threads;             /* 0: one a processor that this process may use; at most 256 */
    uint64_t seed;           /* the seed of every key that is derived in this context */
    cj_allocator allocator;  /* .reallocate NULL: malloc */
    int64_t smallest_work;   /* elements a thread must have to be used; 0: the default (tests set 1) */
    bool no_fusion;          /* a kernel a node: slower, the same bits (tests) */
    const char *isa;         /* "baseline", "avx2", "avx512", "neon"; NULL: $CAJAL_ISA, else the best */
    void (*log)(void *user, const char *line); /* told what a user may want to know; NULL: nobody */
    void *log_user;
} cj_config;

/*
 * Makes a context. Returns NULL when there is no memory, when .threads is out of range, or when .isa
 * (or $CAJAL_ISA) names what this processor lacks; `error`, when not NULL, then receives a sentence of at most error_size bytes.
 */
CJ_API cj_context *cj_context_new(const cj_config *config, char *error, size_t error_size);

/* Frees the context and everything made in it. NULL is fine. */
CJ_API void cj_context_free(cj_context *context);

/* The status of the first building error since the last cj_error_clear, or CJ_OK. */
CJ_API cj_status cj_context_status(const cj_context *context);

/* The sentence of the building error if there is one, else of the last failed call; "" if none. */
CJ_API const char *cj_error(const cj_context *context);

/* The status that goes with cj_error, for functions that say no more than NULL; CJ_OK if there is none. */
CJ_API cj_status cj_error_status(const cj_context *context);

/* Forgets both, so that building can go on. */
CJ_API void cj_error_clear(cj_context *context);

/* Records a sentence as the last error and returns `status`: what functions on top of the library
 * use to fail in its manner. At most 511 bytes are kept. */
CJ_API cj_status cj_fail(cj_context *context, cj_status status, const char *format, ...)
    CJ_PRINTF(3, 4);

/* Records a building error (kept if there is none yet), with the place of the call; returns `status`. */
CJ_API cj_status cj_fail_building(cj_context *context, cj_status status, cj_at at,
                                  const char *format, ...) CJ_PRINTF(4, 5);

CJ_API int cj_threads(const cj_context *context);      /* the number of threads in use */
CJ_API uint64_t cj_seed(const cj_context *context);    /* the seed */
CJ_API const char *cj_isa(const cj_context *context);  /* the instruction set chosen, "avx512" */

/* Memory from the context's allocator. cj_allocate returns NULL and records NO_MEMORY on failure;
 * size 0 gives a valid pointer. cj_release takes the size that was asked for. */
CJ_API void *cj_allocate(cj_context *context, size_t size);
CJ_API void *cj_allocate_zero(cj_context *context, size_t size);
CJ_API void *cj_reallocate(cj_context *context, void *pointer, size_t old_size, size_t new_size);
CJ_API void cj_release(cj_context *context, void *pointer, size_t size);

#ifdef __cplusplus
}
#endif

#endif
