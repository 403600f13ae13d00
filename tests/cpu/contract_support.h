/* contract_support.h - what test_matmul.c and test_conv.c share: random numbers, pools, comparison of bits. */
#ifndef CONTRACT_SUPPORT_H
#define CONTRACT_SUPPORT_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cpu/contract.h"

/* Rounds of random problems: fewer under an emulator, which takes fifty times as long. */
static inline int rounds(int usual, int emulated)
{
    const char *emulator = getenv("CAJAL_EMULATED");
    return emulator && *emulator ? emulated : usual;
}

/* Pools of several sizes, for each of which the bits must be the same. */
enum { POOLS = 5 };
static const int pool_threads[POOLS] = {1, 2, 3, 5, 8};

typedef struct fixture {
    cj_context *context;
    cj_pool *pool[POOLS];
} fixture;

static inline int set_up_pools(void **state)
{
    static fixture f;
    f.context = cj_context_new(&(cj_config){.threads = 1}, NULL, 0);
    if (!f.context)
        return -1;
    for (int i = 0; i < POOLS; i++) {
        f.pool[i] = cj_pool_new(f.context, pool_threads[i]);
        if (!f.pool[i])
            return -1;
    }
    *state = &f;
    return 0;
}

static inline int tear_down_pools(void **state)
{
    fixture *f = *state;
    for (int i = 0; i < POOLS; i++)
        cj_pool_free(f->pool[i]);
    cj_context_free(f->context);
    return 0;
}

typedef struct random_state {
    uint64_t word;
} random_state;

static inline uint64_t random_next(random_state *r)
{
    r->word += 0x9e3779b97f4a7c15u;
    uint64_t z = r->word;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* low, ..., high. */
static inline int64_t random_between(random_state *r, int64_t low, int64_t high)
{
    return low + (int64_t)(random_next(r) % (uint64_t)(high - low + 1));
}

static inline bool random_chance(random_state *r, int one_in)
{
    return random_next(r) % (uint64_t)one_in == 0;
}

static inline double get(cj_dtype dtype, const void *data, int64_t i)
{
    return dtype == CJ_F32 ? (double)((const float *)data)[i] : ((const double *)data)[i];
}

static inline void set(cj_dtype dtype, void *data, int64_t i, double value)
{
    if (dtype == CJ_F32)
        ((float *)data)[i] = (float)value;
    else
        ((double *)data)[i] = value;
}

/* Numbers of many sizes; special: -0, infinities, NaN and subnormals among them. */
static inline void *random_array(random_state *r, cj_dtype dtype, int64_t count, bool special)
{
    static const double odd[] = {0.0, -0.0, INFINITY, -INFINITY, NAN, 1e-40, -1e-40, 1e30};
    void *data = aligned_alloc(64, ((size_t)count * 8 + 127) / 64 * 64);
    assert_non_null(data);
    for (int64_t i = 0; i < count; i++) {
        double value = ldexp((double)(int64_t)random_next(r), -63);
        if (random_chance(r, 8))
            value = ldexp(value, (int)random_between(r, -20, 20));
        if (special && random_chance(r, 12))
            value = odd[random_next(r) % 8];
        set(dtype, data, i, value);
    }
    return data;
}

static inline void *filled_array(cj_dtype dtype, int64_t count, double value)
{
    void *data = aligned_alloc(64, ((size_t)count * 8 + 127) / 64 * 64);
    assert_non_null(data);
    for (int64_t i = 0; i < count; i++)
        set(dtype, data, i, value);
    return data;
}

static inline void *scratch_of(size_t bytes)
{
    void *data = aligned_alloc(64, (bytes + 127) / 64 * 64);
    assert_non_null(data);
    memset(data, 0xff, bytes); /* NaN */
    return data;
}

/* Equal bits, a NaN being one value; fails naming the place. */
static inline void assert_same_bits(cj_dtype dtype, const void *got, const void *want,
                                    int64_t count, const char *what)
{
    size_t size = cj_dtype_size(dtype);
    for (int64_t i = 0; i < count; i++) {
        const char *a = (const char *)got + (size_t)i * size,
                   *b = (const char *)want + (size_t)i * size;
        if (memcmp(a, b, size) == 0)
            continue;
        if (isnan(get(dtype, got, i)) && isnan(get(dtype, want, i)))
            continue;
        fail_msg("%s: element %lld is %a, not %a", what, (long long)i, get(dtype, got, i),
                 get(dtype, want, i));
    }
}

/* Row-major strides of some order of the axes, with gaps; returns the elements spanned. */
static inline int64_t random_strides(random_state *r, int rank, const int64_t *extents, bool gaps,
                                     int64_t *strides)
{
    int order[8];
    int64_t stride = 1;
    for (int i = 0; i < rank; i++)
        order[i] = i;
    for (int i = rank - 1; i > 0; i--) {
        int j = (int)random_between(r, 0, i), t = order[i];
        order[i] = order[j];
        order[j] = t;
    }
    for (int i = 0; i < rank; i++) {
        if (gaps && random_chance(r, 3))
            stride += random_between(r, 1, 3);
        strides[order[i]] = stride;
        stride *= extents[order[i]] > 0 ? extents[order[i]] : 1;
    }
    return stride + 4;
}

#endif
