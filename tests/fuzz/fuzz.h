/*
 * tests/fuzz/fuzz.h - what the fuzz targets share: a context with a bound on memory, so that a
 * hostile size shows.
 */
#ifndef CJ_TESTS_FUZZ_H
#define CJ_TESTS_FUZZ_H

#include <stdint.h>
#include <stdlib.h>

#include "cajal/data.h"
#include "cajal/io.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void *fuzz_reallocate(void *user, void *pointer, size_t old_size, size_t new_size)
{
    (void)user;
    (void)old_size;
    if (new_size == 0) {
        free(pointer);
        return NULL;
    }
    return new_size > (size_t)1 << 30 ? NULL : realloc(pointer, new_size);
}

static inline cj_context *fuzz_context(void)
{
    cj_config config = {.threads = 1, .allocator = {fuzz_reallocate, NULL}};
    return cj_context_new(&config, NULL, 0);
}

#endif
