/*
 * tests/base/failing_allocator.h - an allocator that counts what is held and fails on order.
 */
#ifndef CJ_TESTS_FAILING_ALLOCATOR_H
#define CJ_TESTS_FAILING_ALLOCATOR_H

#include "cajal/base.h"

#include <stdlib.h>

typedef struct failing_allocator {
    int64_t fail_at; /* the call (from 1) that fails; 0: none */
    bool persistent; /* and all calls after it */
    int64_t calls;   /* allocations and growths asked for */
    int64_t failed;
    int64_t blocks; /* held now */
    int64_t bytes;  /* held now, as told by the callers: 0 at the end when all sizes were right */
} failing_allocator;

static inline void *failing_reallocate(void *user, void *pointer, size_t old_size, size_t new_size)
{
    failing_allocator *a = user;
    if (new_size == 0) {
        a->blocks -= pointer != NULL;
        a->bytes -= (int64_t)old_size;
        free(pointer);
        return NULL;
    }
    a->calls++;
    if (a->fail_at && (a->calls == a->fail_at || (a->persistent && a->calls > a->fail_at))) {
        a->failed++;
        return NULL;
    }
    void *moved = realloc(pointer, new_size);
    if (moved) {
        a->blocks += pointer == NULL;
        a->bytes += (int64_t)new_size - (int64_t)old_size;
    }
    return moved;
}

static inline cj_allocator failing_allocator_use(failing_allocator *a)
{
    return (cj_allocator){failing_reallocate, a};
}

#endif
