/* tests/base/test_random.c - Philox against Random123's known answers, and what is derived from it. */
#include "base/base.h"

#include <setjmp.h>

#include <cmocka.h>

static void philox_known_answers(void **unused)
{
    (void)unused;
    static const struct {
        uint32_t counter[4];
        cj_key key;
        uint32_t out[4];
    } vectors[] = {
        {{0, 0, 0, 0}, {{0, 0}}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {{0xffffffff, 0xffffffff}},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {{0xa4093822, 0x299f31d0}},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t i = 0; i < CJ_COUNT(vectors); i++) {
        uint32_t out[4];
        cj_philox4x32(vectors[i].counter, vectors[i].key, out);
        assert_memory_equal(out, vectors[i].out, sizeof out);
    }
}

static void bits_are_words_of_counters(void **unused)
{
    (void)unused;
    cj_key key = cj_key_from_seed(0x299f31d0a4093822u);
    assert_int_equal(key.word[0], 0xa4093822);
    assert_int_equal(key.word[1], 0x299f31d0);
    for (uint64_t e = 0x3fffffff0; e < 0x400000010; e++) {
        uint64_t index = e / 4;
        uint32_t counter[4] = {(uint32_t)index, (uint32_t)(index >> 32), 0, 0}, out[4];
        cj_philox4x32(counter, key, out);
        assert_int_equal(cj_key_bits(key, e), out[e % 4]);
    }
}

static bool equal(cj_key a, cj_key b)
{
    return a.word[0] == b.word[0] && a.word[1] == b.word[1];
}

static void folds_differ(void **unused)
{
    (void)unused;
    cj_key root = cj_key_from_seed(1);
    cj_key keys[300];
    size_t n = 0;
    for (uint64_t v = 0; v < 100; v++)
        keys[n++] = cj_key_fold(root, v);
    for (uint64_t v = 0; v < 100; v++)
        keys[n++] = cj_key_fold(keys[0], v);
    keys[n++] = cj_key_fold(cj_key_from_seed(2), 0);
    keys[n++] = cj_key_fold_text(root, "conv1");
    keys[n++] = cj_key_fold_text(root, "conv2");
    keys[n++] = cj_key_fold_text(cj_key_fold_text(root, "a"), "b");
    keys[n++] = cj_key_fold_text(cj_key_fold_text(root, "b"), "a");
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++)
            assert_false(equal(keys[i], keys[j]));
    assert_true(equal(cj_key_fold(root, 5), keys[5]));
    /* A folded key is none of the words that elements get. */
    for (uint64_t e = 0; e < 100; e++)
        assert_int_not_equal(cj_key_bits(root, e), keys[e / 4].word[0]);
}

static void permutations(void **unused)
{
    (void)unused;
    enum { N = 1000 };
    static int64_t out[N], again[N];
    cj_key key = cj_key_from_seed(3);
    cj_key_permutation(key, N, out);
    cj_key_permutation(key, N, again);
    assert_memory_equal(out, again, sizeof out);
    bool seen[N] = {false};
    int fixed = 0;
    for (int i = 0; i < N; i++) {
        assert_in_range(out[i], 0, N - 1);
        assert_false(seen[out[i]]);
        seen[out[i]] = true;
        fixed += out[i] == i;
    }
    assert_true(fixed < 10);
    cj_key_permutation(key, 0, NULL);
    cj_key_permutation(key, 1, out);
    assert_int_equal(out[0], 0);
}

/* All 24 orders of 4 things, 24,000 draws: chi-squared with 23 degrees, 99.99 % quantile 58.6. */
static void permutations_are_uniform(void **unused)
{
    (void)unused;
    int counts[256] = {0};
    for (uint64_t i = 0; i < 24000; i++) {
        int64_t out[4];
        cj_key_permutation(cj_key_fold(cj_key_from_seed(9), i), 4, out);
        counts[out[0] * 64 + out[1] * 16 + out[2] * 4 + out[3]]++;
    }
    double chi = 0;
    int orders = 0;
    for (int i = 0; i < 256; i++)
        if (counts[i]) {
            orders++;
            chi += (counts[i] - 1000.0) * (counts[i] - 1000.0) / 1000.0;
        }
    assert_int_equal(orders, 24);
    assert_true(chi < 58.6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(philox_known_answers),
        cmocka_unit_test(bits_are_words_of_counters),
        cmocka_unit_test(folds_differ),
        cmocka_unit_test(permutations),
        cmocka_unit_test(permutations_are_uniform),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
