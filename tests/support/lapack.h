/*
 * tests/support/lapack.h - tests that want LAPACK where there is none.
 */
#ifndef CJ_TESTS_LAPACK_H
#define CJ_TESTS_LAPACK_H

#include "cajal/linalg.h"

#include <stdio.h>

/* Whether a context can open it; says what is left out where not. */
static inline bool lapack_is_here(const char *test)
{
    cj_context *context = cj_context_new(NULL, NULL, 0);
    const char *provider = context ? cj_lapack_provider(context) : NULL;
    if (!provider)
        printf("%s is left out: %s\n", test, context ? cj_error(context) : "no context");
    bool here = provider != NULL;
    cj_context_free(context);
    return here;
}

#endif
