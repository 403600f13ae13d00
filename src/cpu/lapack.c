/*
 * src/cpu/lapack.c - opens LAPACK.
 */
#include "cpu/lapack.h"

#include "cajal/linalg.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#if defined(__x86_64__)
#define CJ_MULTIARCH "x86_64-linux-gnu"
#else
#define CJ_MULTIARCH "aarch64-linux-gnu"
#endif

/* By name alone a library is looked up as the system does; what the process has loaded already may then be
 * shared. */
static const char *const libraries[] = {
    "/usr/lib/" CJ_MULTIARCH "/openblas-pthread/libopenblas.so.0",
    "libopenblas.so.0",
    "liblapack.so.3",
};

/* A symbol as a function pointer: dlsym has an object pointer, which POSIX lets us copy. */
static bool find(void *library, char kind, const char *name, void *function)
{
    char symbol[32];
    snprintf(symbol, sizeof symbol, "%c%s_", kind, name);
    void *found = dlsym(library, symbol);
    memcpy(function, &found, sizeof found);
    return found != NULL;
}

static bool find_all(void *library, char kind, cj_lapack_precision *precision)
{
    bool found = true;
#define CJ_X(name, arguments) found = found && find(library, kind, #name, &precision->name);
    CJ_LAPACK_LIST(CJ_X)
#undef CJ_X
    return found;
}

/* A library that was built for one thread keeps its work space without a lock: what it computes for two threads at
 * once is garbage (seen with OpenBLAS 0.3.21, SINGLE_THREADED). The work space is the process's, so is the lock. */
static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

void cj_lapack_begin(const cj_lapack *lapack)
{
    if (!lapack->is_safe_for_threads)
        pthread_mutex_lock(&one_at_a_time);
}

void cj_lapack_end(const cj_lapack *lapack)
{
    if (!lapack->is_safe_for_threads)
        pthread_mutex_unlock(&one_at_a_time);
}

/* One thread, whatever the environment says; and what it calls itself. */
static void settle(cj_lapack *lapack, const char *path)
{
    void (*set_threads)(int);
    char *(*config)(void);
    char *(*core)(void);
    void *symbol = dlsym(lapack->library, "openblas_set_num_threads");
    memcpy(&set_threads, &symbol, sizeof symbol);
    if (symbol)
        set_threads(1);
    symbol = dlsym(lapack->library, "openblas_get_config");
    memcpy(&config, &symbol, sizeof symbol);
    void *core_symbol = dlsym(lapack->library, "openblas_get_corename");
    memcpy(&core, &core_symbol, sizeof core_symbol);
    if (!symbol || !core_symbol) {
        snprintf(lapack->provider, sizeof lapack->provider, "LAPACK %s", path);
        return;
    }
    const char *text = config(); /* "OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH ... MAX_THREADS=128" */
    size_t words = strcspn(text, " ");
    words += text[words] ? 1 + strcspn(text + words + 1, " ") : 0;
    snprintf(lapack->provider, sizeof lapack->provider, "%.*s %s", (int)words, text, core());
    lapack->is_safe_for_threads = strstr(text, "MAX_THREADS") && !strstr(text, "USE_OPENMP");
}

static bool open_one(cj_lapack *lapack, const char *path)
{
    lapack->library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!lapack->library)
        return false;
    if (find_all(lapack->library, 's', &lapack->f32) &&
        find_all(lapack->library, 'd', &lapack->f64)) {
        settle(lapack, path);
        return true;
    }
    dlclose(lapack->library);
    lapack->library = NULL;
    return false;
}

static void free_lapack(cj_context *context, void *state)
{
    cj_lapack *lapack = state;
    if (lapack->library)
        dlclose(lapack->library);
    cj_release(context, lapack, sizeof *lapack);
}

const cj_lapack *cj_lapack_of(cj_context *context, const char *name)
{
    cj_lapack *lapack = context->room[CJ_ROOM_LAPACK].state;
    if (!lapack) {
        lapack = cj_allocate_zero(context, sizeof *lapack);
        if (!lapack)
            return NULL;
        context->room[CJ_ROOM_LAPACK].state = lapack;
        context->room[CJ_ROOM_LAPACK].free = free_lapack;
    }
    const char *chosen = getenv("CAJAL_LAPACK");
    if (!lapack->library && chosen && *chosen) {
        if (open_one(lapack, chosen))
            return lapack;
        cj_fail(context, CJ_MISSING, "%s: CAJAL_LAPACK names \"%s\", which is no LAPACK library",
                name, chosen);
        return NULL;
    }
    for (size_t i = 0; i < CJ_COUNT(libraries) && !lapack->library; i++)
        if (open_one(lapack, libraries[i]))
            break;
    if (lapack->library)
        return lapack;
    cj_fail(context, CJ_MISSING,
            "%s needs LAPACK, and neither libopenblas.so.0 nor liblapack.so.3 is installed: "
            "install libopenblas0-pthread (Debian, Ubuntu), openblas (Fedora, Arch, Alpine), or "
            "name a library in CAJAL_LAPACK",
            name);
    return NULL;
}

const cj_lapack_precision *cj_lapack_for(cj_context *context, int dtype)
{
    const cj_lapack *lapack = context->room[CJ_ROOM_LAPACK].state;
    if (!lapack || !lapack->library)
        return NULL;
    return dtype == CJ_F32 ? &lapack->f32 : &lapack->f64;
}

const char *cj_lapack_provider(cj_context *context)
{
    const cj_lapack *lapack = cj_lapack_of(context, "cj_lapack_provider");
    return lapack ? lapack->provider : NULL;
}
