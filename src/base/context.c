/*
 * src/base/context.c - the context: what it is made of by default, its memory, its errors.
 */
#include "base.h"

#include "cpu/isa.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CJ_TEXT_OF(x) #x
#define CJ_VERSION_TEXT(major, minor, patch)                                                       \
    CJ_TEXT_OF(major) "." CJ_TEXT_OF(minor) "." CJ_TEXT_OF(patch)

enum { CJ_MAX_THREADS = 256 };

const char *cj_version(void)
{
    return CJ_VERSION_TEXT(CJ_VERSION_MAJOR, CJ_VERSION_MINOR, CJ_VERSION_PATCH);
}

const char *cj_status_text(cj_status status)
{
    static const char *const texts[] = {
#define CJ_X(name, text) text,
        CJ_STATUS_LIST(CJ_X)
#undef CJ_X
    };
    size_t index = (size_t)status;
    return index < CJ_COUNT(texts) ? texts[index] : "unknown status";
}

/* ---- making and freeing ---- */

static void *reallocate_by_malloc(void *user, void *pointer, size_t old_size, size_t new_size)
{
    (void)user;
    (void)old_size;
    if (new_size == 0) {
        free(pointer);
        return NULL;
    }
    return realloc(pointer, new_size);
}

static void say(char *error, size_t size, const char *format, ...) CJ_PRINTF(3, 4);
static void say(char *error, size_t size, const char *format, ...)
{
    if (!error || size == 0)
        return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error, size, format, arguments);
    va_end(arguments);
}

cj_context *cj_context_new(const cj_config *config, char *error, size_t error_size)
{
    cj_config chosen = {0};
    if (config)
        chosen = *config;
    bool usual = !chosen.allocator.reallocate;
    if (usual)
        chosen.allocator = (cj_allocator){reallocate_by_malloc, NULL};
    if (chosen.threads == 0)
        chosen.threads = CJ_MIN(cj_processors(), CJ_MAX_THREADS);
    if (chosen.threads < 0 || chosen.threads > CJ_MAX_THREADS) {
        say(error, error_size, "the number of threads is %d; it must be 1 to %d, or 0 for all",
            chosen.threads, CJ_MAX_THREADS);
        return NULL;
    }

    char isa_error[CJ_ERROR_SIZE] = "";
    int isa = cj_isa_choose(chosen.isa, isa_error, sizeof isa_error);
    if (isa < 0) {
        say(error, error_size, "%s", isa_error);
        return NULL;
    }
    chosen.isa = cj_isa_name(isa);

    cj_context *context =
        chosen.allocator.reallocate(chosen.allocator.user, NULL, 0, sizeof *context);
    if (!context) {
        say(error, error_size, "out of memory: the %zu bytes of a context", sizeof *context);
        return NULL;
    }
    memset(context, 0, sizeof *context);
    context->config = chosen;
    context->isa = isa;
    context->usual_allocator = usual;
    context->pool = cj_pool_new(context, chosen.threads);
    if (!context->pool) {
        say(error, error_size, "%s", cj_error(context));
        cj_context_free(context);
        return NULL;
    }
    say(error, error_size, "%s", "");
    return context;
}

void cj_context_free(cj_context *context)
{
    if (!context)
        return;
    for (int room = CJ_ROOM_COUNT - 1; room >= 0; room--)
        if (context->room[room].free)
            context->room[room].free(context, context->room[room].state);
    cj_pool_free(context->pool);
    cj_allocator allocator = context->config.allocator;
    allocator.reallocate(allocator.user, context, sizeof *context, 0);
}

int cj_processors(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0)
        return CJ_MAX(CPU_COUNT(&set), 1);
    long online = sysconf(_SC_NPROCESSORS_ONLN); /* more processors than a cpu_set_t can hold */
    return online > 0 ? (int)online : 1;
}

int cj_threads(const cj_context *context)
{
    return context->config.threads;
}

uint64_t cj_seed(const cj_context *context)
{
    return context->config.seed;
}

const char *cj_isa(const cj_context *context)
{
    return cj_isa_name(context->isa);
}

/* ---- errors ---- */

cj_status cj_context_status(const cj_context *context)
{
    return context->build_status;
}

const char *cj_error(const cj_context *context)
{
    return context->build_status != CJ_OK ? context->build_error : context->last_error;
}

cj_status cj_error_status(const cj_context *context)
{
    return context->build_status != CJ_OK ? context->build_status : context->last_status;
}

void cj_error_clear(cj_context *context)
{
    context->last_status = CJ_OK;
    context->build_status = CJ_OK;
    context->build_error[0] = '\0';
    context->last_error[0] = '\0';
}

cj_status cj_fail(cj_context *context, cj_status status, const char *format, ...)
{
    char sentence[CJ_ERROR_SIZE]; /* the arguments may point into the sentence before */
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    memcpy(context->last_error, sentence, sizeof sentence);
    context->last_status = status;
    return status;
}

cj_status cj_fail_building(cj_context *context, cj_status status, cj_at at, const char *format, ...)
{
    if (context->build_status != CJ_OK)
        return status;
    char sentence[CJ_ERROR_SIZE];
    int used = 0;
    if (at.file)
        used = snprintf(sentence, sizeof sentence, "%s:%d: ", at.file, at.line);
    size_t start = CJ_MIN((size_t)CJ_MAX(used, 0), sizeof sentence - 1);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence + start, sizeof sentence - start, format, arguments);
    va_end(arguments);
    memcpy(context->build_error, sentence, sizeof sentence);
    context->build_status = status;
    return status;
}

/* ---- memory ---- */

static void *no_memory(cj_context *context, size_t size)
{
    cj_fail(context, CJ_NO_MEMORY, "out of memory: %zu bytes were asked for", size);
    return NULL;
}

void *cj_reallocate(cj_context *context, void *pointer, size_t old_size, size_t new_size)
{
    const cj_allocator *allocator = &context->config.allocator;
    /* A size of 0 is kept as 1 byte: it must give a valid pointer, and 0 means "free" below. */
    size_t from = pointer ? CJ_MAX(old_size, 1) : 0;
    void *moved = allocator->reallocate(allocator->user, pointer, from, CJ_MAX(new_size, 1));
    return moved ? moved : no_memory(context, new_size);
}

void *cj_allocate(cj_context *context, size_t size)
{
    return cj_reallocate(context, NULL, 0, size);
}

void *cj_allocate_zero(cj_context *context, size_t size)
{
    void *pointer = cj_allocate(context, size);
    return pointer ? memset(pointer, 0, CJ_MAX(size, 1)) : NULL;
}

void cj_release(cj_context *context, void *pointer, size_t size)
{
    if (!pointer)
        return;
    const cj_allocator *allocator = &context->config.allocator;
    allocator->reallocate(allocator->user, pointer, CJ_MAX(size, 1), 0);
}

/* The pointer that the allocator gave lies just below the aligned block. */
#define CJ_ALIGNMENT ((uintptr_t)64)
#define CJ_ALIGNED_EXTRA (sizeof(void *) + CJ_ALIGNMENT - 1)

void *cj_allocate_aligned(cj_context *context, size_t size)
{
    if (size > SIZE_MAX - CJ_ALIGNED_EXTRA)
        return no_memory(context, size);
    char *raw = cj_allocate(context, size + CJ_ALIGNED_EXTRA);
    if (!raw)
        return NULL;
    uintptr_t skip = sizeof raw + (-((uintptr_t)raw + sizeof raw) & (CJ_ALIGNMENT - 1));
    memcpy(raw + skip - sizeof raw, &raw, sizeof raw);
    return raw + skip;
}

void cj_release_aligned(cj_context *context, void *pointer, size_t size)
{
    if (!pointer)
        return;
    char *raw;
    memcpy(&raw, (char *)pointer - sizeof raw, sizeof raw);
    cj_release(context, raw, size + CJ_ALIGNED_EXTRA);
}

bool cj_take_args(cj_context *context, const char *what, void *own, size_t own_size,
                  const void *args, const cj_at *at, size_t least)
{
    memset(own, 0, own_size);
    if (at->size < least) {
        cj_fail_building(
            context, CJ_INVALID, *at,
            "%s: .at is not filled in; set it to CJ_HERE_OF(the struct), as the macro does", what);
        return false;
    }
    memcpy(own, args, CJ_MIN(own_size, (size_t)at->size));
    return true;
}
