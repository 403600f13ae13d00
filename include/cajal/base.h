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
 * what errors and files say. A bool is a byte, 0 or 1. bf16 (the upper half of an f32) and f16 (IEEE
 * binary16) are stored in 16 bits; ops on them compute in f32 and round the result once.
 */
#define CJ_DTYPE_LIST(X)                                                                           \
    X(F32, f32, float, 4, 'f')                                                                     \
    X(F64, f64, double, 8, 'f')                                                                    \
    X(BF16, bf16, uint16_t, 2, 'f')                                                                \
    X(F16, f16, uint16_t, 2, 'f')                                                                  \
    X(I8, i8, int8_t, 1, 'i')                                                                      \
    X(I16, i16, int16_t, 2, 'i')                                                                   \
    X(I32, i32, int32_t, 4, 'i')                                                                   \
    X(I64, i64, int64_t, 8, 'i')                                                                   \
    X(U8, u8, uint8_t, 1, 'u')                                                                     \
    X(U16, u16, uint16_t, 2, 'u')                                                                  \
    X(U32, u32, uint32_t, 4, 'u')                                                                  \
    X(U64, u64, uint64_t, 8, 'u')                                                                  \
    X(BOOL, bool, uint8_t, 1, 'b')

typedef enum cj_dtype {
#define CJ_X(NAME, name, type, bytes, kind) CJ_##NAME,
    CJ_DTYPE_LIST(CJ_X)
#undef CJ_X
        CJ_DTYPE_COUNT
} cj_dtype;

CJ_API const char *cj_dtype_name(cj_dtype dtype); /* "f32" */
CJ_API size_t cj_dtype_size(cj_dtype dtype);      /* bytes of one element */

#define CJ_MAX_RANK 16 /* the most axes of a tensor, a variable, an array */

/* Where a call stands in the caller's source, and the size of the options struct that it fills. The
 * macros write it; who calls a function of a struct says .at = CJ_HERE_OF(struct ...). */
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
 * How a context gets memory. `reallocate(user, pointer, old_size, new_size)` is realloc with the
 * old size told: pointer NULL allocates, new_size 0 frees and returns NULL; NULL else means that
 * there is none, and the old block stands. Blocks are aligned as malloc's. It is called by the
 * thread that uses the context alone.
 */
typedef struct cj_allocator {
    void *(*reallocate)(void *user, void *pointer, size_t old_size, size_t new_size);
    void *user;
} cj_allocator;

/* Options of cj_context_new; all zero is the default. */
typedef struct cj_config {
    int threads;            /* 0: one a processor that this process may use; at most 256 */
    uint64_t seed;          /* the seed of every key that is derived in this context */
    cj_allocator allocator; /* .reallocate NULL: malloc */
    /* elements that make a further thread worth waking; 0: 4,096 to 16,384, by the work on each
     * (tests set 1). It changes no bit. */
    int64_t smallest_work;
    bool no_fusion; /* a kernel a node: slower, the same bits (tests) */
    /* "baseline", "avx2", "avx512" or "neon"; NULL: what the environment variable CAJAL_ISA says,
     * else the best that the processor has */
    const char *isa;
    void (*log)(void *user, const char *line); /* told what a user may want to know; NULL: nobody */
    void *log_user;
} cj_config;

/*
 * Makes a context; config, which is copied, may be NULL: all defaults. Returns NULL when there is
 * no memory, when .threads is out of range, or when .isa (or CAJAL_ISA) names what this processor
 * lacks; `error`, when not NULL, then receives a sentence of at most error_size bytes.
 */
CJ_API cj_context *cj_context_new(const cj_config *config, char *error, size_t error_size);

/* Frees the context, its nodes, variables and scopes. NULL is fine. What has a free function of its
 * own besides (programs, trainers, nets, models, results of cajal/io.h and cajal/data.h) is freed
 * before it. */
CJ_API void cj_context_free(cj_context *context);

/* The status of the first building error since the last cj_error_clear, or CJ_OK. */
CJ_API cj_status cj_context_status(const cj_context *context);

/* The sentence of the building error if there is one, else of the last failed call; "" if none. */
CJ_API const char *cj_error(const cj_context *context);

/* The status that goes with cj_error, for functions that say no more than NULL; CJ_OK if there is
 * none. */
CJ_API cj_status cj_error_status(const cj_context *context);

/* Forgets both, so that building can go on. */
CJ_API void cj_error_clear(cj_context *context);

/* Records a sentence (printf's format) as the last error and returns `status`: what functions on
 * top of the library, and callbacks, use to fail in its manner. At most 511 bytes are kept. */
CJ_API cj_status cj_fail(cj_context *context, cj_status status, const char *format, ...)
    CJ_PRINTF(3, 4);

/* Records a building error (kept if there is none yet), with the place of the call; returns
 * `status`. */
CJ_API cj_status cj_fail_building(cj_context *context, cj_status status, cj_at at,
                                  const char *format, ...) CJ_PRINTF(4, 5);

CJ_API int cj_threads(const cj_context *context);     /* how many threads it uses, at least 1 */
CJ_API uint64_t cj_seed(const cj_context *context);   /* .seed of its config */
CJ_API const char *cj_isa(const cj_context *context); /* the instruction set chosen, "avx512" */

/* Memory from the context's allocator, aligned as malloc's; cj_allocate_zero clears it. NULL, with
 * NO_MEMORY recorded, when there is none (cj_reallocate: the old block then stands); size 0 gives a
 * valid pointer. The caller owns it: cj_release takes the size that was asked for; NULL is fine. */
CJ_API void *cj_allocate(cj_context *context, size_t size);
CJ_API void *cj_allocate_zero(cj_context *context, size_t size);
CJ_API void *cj_reallocate(cj_context *context, void *pointer, size_t old_size, size_t new_size);
CJ_API void cj_release(cj_context *context, void *pointer, size_t size);

/*
 * The whole text as a decimal number ("-1.5e3", "inf"; blanks around it allowed), correctly
 * rounded, whatever the locale. False where it is none, and for "nan".
 */
CJ_API bool cj_parse_number(const char *text, double *out);

#ifdef __cplusplus
}
#endif

#endif
