/* tests/base/test_hash.c - SHA-256 against published vectors, the table hash for spread. */
#include "base/base.h"

#include <setjmp.h>
#include <stdlib.h>

#include <cmocka.h>

static void sha_text(const void *data, size_t size, size_t step, char text[65])
{
    cj_sha256 sha;
    uint8_t digest[32];
    cj_sha256_init(&sha);
    for (size_t done = 0; done < size; done += step)
        cj_sha256_add(&sha, (const char *)data + done, CJ_MIN(step, size - done));
    cj_sha256_end(&sha, digest);
    cj_sha256_text(digest, text);
}

/* FIPS 180-2, appendix B, and the digest of nothing. */
static void sha256_vectors(void **unused)
{
    (void)unused;
    static const struct {
        const char *data, *digest;
    } vectors[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    };
    char text[65];
    for (size_t i = 0; i < CJ_COUNT(vectors); i++)
        for (size_t step = 1; step < 70; step++) {
            sha_text(vectors[i].data, strlen(vectors[i].data), step, text);
            assert_string_equal(text, vectors[i].digest);
        }
    size_t size = 1000000;
    char *letters = malloc(size);
    memset(letters, 'a', size);
    for (size_t step = 63; step < 1000000; step = step * 7 + 1) {
        sha_text(letters, size, step, text);
        assert_string_equal(text,
                            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    }
    free(letters);
}

/* Every length around a block: how it is cut does not matter, and no two lengths agree. */
static void sha256_lengths(void **unused)
{
    (void)unused;
    static const char zeros[200];
    char whole[200][65], parts[65];
    for (size_t size = 0; size < 200; size++) {
        sha_text(zeros, size, 200, whole[size]);
        sha_text(zeros, size, 13, parts);
        assert_string_equal(whole[size], parts);
        for (size_t other = 0; other < size; other++)
            assert_string_not_equal(whole[size], whole[other]);
    }
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* All pairs of bits set in 64 bytes, and all lengths of zeros: no two 64-bit hashes are equal. */
static void table_hash_spreads(void **unused)
{
    (void)unused;
    enum { BITS = 512, PAIRS = BITS * (BITS - 1) / 2, ALL = PAIRS + BITS + 65 };
    uint64_t *hashes = malloc(ALL * sizeof *hashes);
    size_t count = 0;
    uint8_t bytes[64] = {0};
    for (size_t size = 0; size <= 64; size++)
        hashes[count++] = cj_hash_bytes(1, bytes, size);
    for (int i = 0; i < BITS; i++) {
        bytes[i / 8] ^= (uint8_t)(1 << i % 8);
        hashes[count++] = cj_hash_bytes(1, bytes, 64);
        for (int j = 0; j < i; j++) {
            bytes[j / 8] ^= (uint8_t)(1 << j % 8);
            hashes[count++] = cj_hash_bytes(1, bytes, 64);
            bytes[j / 8] ^= (uint8_t)(1 << j % 8);
        }
        bytes[i / 8] ^= (uint8_t)(1 << i % 8);
    }
    assert_int_equal(count, ALL);
    qsort(hashes, count, sizeof *hashes, compare);
    for (size_t i = 1; i < count; i++)
        assert_true(hashes[i] != hashes[i - 1]);
    free(hashes);
}

/* A flipped input bit flips each output bit about half the time. */
static void table_hash_avalanches(void **unused)
{
    (void)unused;
    for (size_t size = 1; size <= 40; size += 3) {
        int flips[64] = {0}, trials = 0;
        for (int round = 0; round < 40; round++) {
            uint8_t bytes[40];
            for (size_t i = 0; i < size; i++)
                bytes[i] = (uint8_t)cj_hash_bytes((uint64_t)round, &i, sizeof i);
            uint64_t before = cj_hash_bytes(3, bytes, size);
            for (size_t bit = 0; bit < size * 8; bit++, trials++) {
                bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
                uint64_t changed = before ^ cj_hash_bytes(3, bytes, size);
                bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
                for (int k = 0; k < 64; k++)
                    flips[k] += (int)(changed >> k & 1);
            }
        }
        for (int k = 0; k < 64; k++)
            assert_in_range(flips[k], trials * 35 / 100, trials * 65 / 100);
    }
}

/* Random keys of layers derive from it: these values may never change. */
static void table_hash_is_frozen(void **unused)
{
    (void)unused;
    assert_true(cj_hash_bytes(0, "", 0) == 0x47de04380a6ff223u);
    assert_true(cj_hash_bytes(0, "conv1", 5) == 0xb55dc4ad6951ba44u);
    assert_true(cj_hash_bytes(7, "layer1.0.conv1.weight", 21) == 0xbf57df6b29e32c17u);
    assert_true(cj_hash_bytes(1, "x", 1) != cj_hash_bytes(2, "x", 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_vectors),       cmocka_unit_test(sha256_lengths),
        cmocka_unit_test(table_hash_spreads),   cmocka_unit_test(table_hash_avalanches),
        cmocka_unit_test(table_hash_is_frozen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
