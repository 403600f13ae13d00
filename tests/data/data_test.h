/*
 * tests/data/data_test.h - what the tests of data sets share: a folder of their own, and the notes of a data set.
 */
#ifndef CJ_TESTS_DATA_TEST_H
#define CJ_TESTS_DATA_TEST_H

#include "io/io_test.h"

static char folder[64];

static inline int make(void **state)
{
    (void)state;
    make_folder(folder);
    return 0;
}

static inline int clean(void **state)
{
    (void)state;
    remove_folder(folder);
    return 0;
}

static inline bool noted(const cj_dataset *d, const char *text)
{
    for (int i = 0; i < d->notes; i++)
        if (strstr(d->note[i], text))
            return true;
    return false;
}

#endif
