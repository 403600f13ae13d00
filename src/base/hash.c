/*
 * src/base/hash.c - a fast hash for tables and key derivation, and SHA-256 for what must never collide.
 */
#include "base.h"

__extension__ typedef unsigned __int128 cj_u128;

/* ---- fast ---- */

/* Little-endian, so that the value is the same on every machine: names of layers derive keys through it. */
static uint64_t load_word(const uint8_t *bytes, size_t count)
{
    uint64_t value = 0;
    memcpy(&value, bytes, count);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    value = __builtin_bswap64(value);
#endif
    return value;
}

static uint64_t fold_product(uint64_t a, uint64_t b)
{
    cj_u128 product = (cj_u128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* The fractional bits of the square roots of 2, 3 and 5. */
#define CJ_ROOT_2 0x6a09e667f3bcc908u
#define CJ_ROOT_3 0xbb67ae8584caa73bu
#define CJ_ROOT_5 0x3c6ef372fe94f82bu

uint64_t cj_hash_bytes(uint64_t seed, const void *data, size_t size)
{
    const uint8_t *p = data;
    size_t left = size;
    uint64_t h = seed ^ CJ_ROOT_2;
    for (; left > 16; left -= 16, p += 16)
        h = fold_product(load_word(p, 8) ^ CJ_ROOT_3, load_word(p + 8, 8) ^ h);
    uint64_t low = load_word(p, CJ_MIN(left, 8));
    uint64_t high = left > 8 ? load_word(p + 8, left - 8) : 0;
    h = fold_product(low ^ CJ_ROOT_3, high ^ h);
    return fold_product(h ^ (uint64_t)size, CJ_ROOT_5);
}

/* ---- SHA-256 (FIPS 180-4) ---- */

static const uint32_t sha_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t rotate_right(uint32_t x, int by)
{
    return x >> by | x << (32 - by);
}

static void sha_block(uint32_t state[8], const uint8_t *block)
{
    uint32_t w[64];
    for (int t = 0; t < 16; t++)
        w[t] = (uint32_t)block[4 * t] << 24 | (uint32_t)block[4 * t + 1] << 16 |
               (uint32_t)block[4 * t + 2] << 8 | (uint32_t)block[4 * t + 3];
    for (int t = 16; t < 64; t++) {
        uint32_t x = w[t - 15], y = w[t - 2];
        uint32_t s0 = rotate_right(x, 7) ^ rotate_right(x, 18) ^ x >> 3;
        uint32_t s1 = rotate_right(y, 17) ^ rotate_right(y, 19) ^ y >> 10;
        w[t] = w[t - 16] + s0 + w[t - 7] + s1;
    }
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
    for (int t = 0; t < 64; t++) {
        uint32_t s1 = rotate_right(e, 6) ^ rotate_right(e, 11) ^ rotate_right(e, 25);
        uint32_t t1 = h + s1 + ((e & f) ^ (~e & g)) + sha_constants[t] + w[t];
        uint32_t s0 = rotate_right(a, 2) ^ rotate_right(a, 13) ^ rotate_right(a, 22);
        uint32_t t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
        h = g;
        g = f;
        f = e;
        e = d + t1;
        d = c;
        c = b;
        b = a;
        a = t1 + t2;
    }
    const uint32_t add[8] = {a, b, c, d, e, f, g, h};
    for (int i = 0; i < 8; i++)
        state[i] += add[i];
}

void cj_sha256_init(cj_sha256 *sha)
{
    *sha = (cj_sha256){.state = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f,
                                 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}};
}

void cj_sha256_add(cj_sha256 *sha, const void *data, size_t size)
{
    const uint8_t *p = data;
    size_t held = (size_t)(sha->length % 64);
    sha->length += size;
    if (held > 0) {
        size_t some = CJ_MIN(64 - held, size);
        if (some > 0)
            memcpy(sha->block + held, p, some);
        if (held + some < 64)
            return;
        sha_block(sha->state, sha->block);
        p += some;
        size -= some;
    }
    for (; size >= 64; size -= 64, p += 64)
        sha_block(sha->state, p);
    if (size > 0)
        memcpy(sha->block, p, size);
}

void cj_sha256_end(cj_sha256 *sha, uint8_t digest[32])
{
    uint64_t bits = sha->length * 8;
    uint8_t tail[72] = {0x80};
    size_t zeros = (size_t)((119 - sha->length % 64) % 64); /* 1 + zeros + 8 fill the last block */
    for (int i = 0; i < 8; i++)
        tail[1 + zeros + (size_t)i] = (uint8_t)(bits >> (56 - 8 * i));
    cj_sha256_add(sha, tail, 1 + zeros + 8);
    for (int i = 0; i < 32; i++)
        digest[i] = (uint8_t)(sha->state[i / 4] >> (24 - i % 4 * 8));
}

void cj_sha256_text(const uint8_t digest[32], char text[65])
{
    static const char digits[] = "0123456789abcdef";
    for (int i = 0; i < 32; i++) {
        text[2 * i] = digits[digest[i] >> 4];
        text[2 * i + 1] = digits[digest[i] & 15];
    }
    text[64] = '\0';
}
