/*
 * src/base/random.c - Philox 4x32-10, and what is derived from it.
 *
 * Philox (Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011) maps a
 * 128-bit counter and a 64-bit key to 128 random bits. The low half of the counter is an index; its third
 * word says what the bits are for, so that elements, folded keys and permutations never share them.
 */
#include "base.h"

enum cj_purpose { CJ_PURPOSE_ELEMENTS, CJ_PURPOSE_FOLD, CJ_PURPOSE_PERMUTATION };

__extension__ typedef unsigned __int128 cj_u128;

void cj_philox4x32(const uint32_t counter[4], cj_key key, uint32_t out[4])
{
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
    uint32_t k0 = key.word[0], k1 = key.word[1];
    for (int round = 0; round < 10; round++) {
        uint64_t p0 = (uint64_t)0xD2511F53u * c0;
        uint64_t p1 = (uint64_t)0xCD9E8D57u * c2;
        c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
        c1 = (uint32_t)p1;
        c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c3 = (uint32_t)p0;
        k0 += 0x9E3779B9u; /* the golden ratio */
        k1 += 0xBB67AE85u; /* the square root of 3 */
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

static void draw(cj_key key, enum cj_purpose purpose, uint64_t index, uint32_t out[4])
{
    uint32_t counter[4] = {(uint32_t)index, (uint32_t)(index >> 32), (uint32_t)purpose, 0};
    cj_philox4x32(counter, key, out);
}

cj_key cj_key_from_seed(uint64_t seed)
{
    return (cj_key){{(uint32_t)seed, (uint32_t)(seed >> 32)}};
}

cj_key cj_key_fold(cj_key key, uint64_t value)
{
    uint32_t out[4];
    draw(key, CJ_PURPOSE_FOLD, value, out);
    return (cj_key){{out[0], out[1]}};
}

cj_key cj_key_fold_text(cj_key key, const char *text)
{
    return cj_key_fold(key, cj_hash_bytes(0, text, strlen(text)));
}

uint32_t cj_key_bits(cj_key key, uint64_t element)
{
    uint32_t out[4];
    draw(key, CJ_PURPOSE_ELEMENTS, element / 4, out);
    return out[element % 4];
}

/* 64 bits at a time, in order. */
typedef struct stream {
    cj_key key;
    uint64_t index;
    uint32_t word[4];
} stream;

static uint64_t next_bits(stream *s)
{
    if (s->index % 2 == 0)
        draw(s->key, CJ_PURPOSE_PERMUTATION, s->index / 2, s->word);
    const uint32_t *pair = s->word + s->index % 2 * 2;
    s->index++;
    return (uint64_t)pair[1] << 32 | pair[0];
}

/* Uniform in [0, bound): Lemire, "Fast random integer generation in an interval", TOMACS 2019. */
static uint64_t next_below(stream *s, uint64_t bound)
{
    cj_u128 product = (cj_u128)next_bits(s) * bound;
    if ((uint64_t)product < bound) {
        uint64_t threshold = -bound % bound;
        while ((uint64_t)product < threshold)
            product = (cj_u128)next_bits(s) * bound;
    }
    return (uint64_t)(product >> 64);
}

void cj_key_permutation(cj_key key, int64_t n, int64_t *out)
{
    stream s = {.key = key};
    for (int64_t i = 0; i < n; i++)
        out[i] = i;
    for (int64_t i = n - 1; i > 0; i--) {
        int64_t j = (int64_t)next_below(&s, (uint64_t)i + 1);
        int64_t kept = out[i];
        out[i] = out[j];
        out[j] = kept;
    }
}
