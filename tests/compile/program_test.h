/*
 * tests/compile/program_test.h - small words for tests of programs.
 */
#ifndef CJ_TESTS_COMPILE_PROGRAM_TEST_H
#define CJ_TESTS_COMPILE_PROGRAM_TEST_H

#include "cajal/cajal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static inline cj_context *new_context(const cj_config *config)
{
    cj_config chosen = {.threads = 3, .smallest_work = 1};
    cj_context *c = cj_context_new(config ? config : &chosen, NULL, 0);
    assert_non_null(c);
    return c;
}

static inline cj_variable *new_variable(cj_context *c, const char *name, int64_t n,
                                        const double *value)
{
    cj_variable *v = cj_variable_new(c, name, CJ_F64, 1, &n);
    assert_non_null(v);
    memcpy(cj_variable_data(v), value, (size_t)n * sizeof(double));
    return v;
}

static inline cj_tensor *vector(cj_context *c, int64_t n, const double *value)
{
    return cj_tensor_from(c, CJ_F64, 1, &n, value);
}

static inline void assert_values(const void *data, int64_t n, const double *expected)
{
    for (int64_t i = 0; i < n; i++)
        if (((const double *)data)[i] != expected[i])
            fail_msg("element %d is %g, not %g", (int)i, ((const double *)data)[i], expected[i]);
}
#define VALUES(...) ((const double[]){__VA_ARGS__})

/* A program of updates alone. */
static inline cj_program *compile_updates(cj_context *c, int count, cj_variable *const *variable,
                                          cj_tensor *const *value)
{
    cj_updates updates = {count, variable, value};
    cj_program *p = cj_compile(c, 0, NULL, &updates);
    if (!p)
        fail_msg("%s", cj_error(c));
    return p;
}

static inline void run(cj_program *p)
{
    assert_int_equal(cj_run(p, 0, NULL), CJ_OK);
}

#endif
