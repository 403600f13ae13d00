/*
 * tests/cpu/test_simd.c - the instruction sets: names, choice, errors. What the vector vocabulary
 * computes is tested through the kernels that are made of it (test_map.c, test_math.c).
 */
#include "cpu/isa.h"
#include "cpu/kernels.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void names_and_classes(void **unused)
{
    (void)unused;
    assert_string_equal(cj_isa_name(CJ_ISA_ID_BASELINE), "baseline");
    assert_string_equal(cj_isa_name(CJ_ISA_ID_AVX512), "avx512");
    assert_string_equal(cj_isa_name(-1), "?");
    assert_string_equal(cj_isa_name(CJ_ISA_ID_COUNT), "?");
    assert_false(cj_isa_is_fma(CJ_ISA_ID_BASELINE));
    assert_true(cj_isa_is_fma(CJ_ISA_ID_AVX2));
    assert_true(cj_isa_is_fma(CJ_ISA_ID_NEON));
    assert_false(cj_isa_is_fma(-1));
}

static void every_available_set_has_its_own_table(void **unused)
{
    (void)unused;
    assert_true(cj_isa_available(CJ_ISA_ID_BASELINE));
    assert_false(cj_isa_available(-1));
    assert_false(cj_isa_available(CJ_ISA_ID_COUNT));
    for (int isa = -1; isa <= CJ_ISA_ID_COUNT; isa++) {
        assert_int_equal(cj_kernels(isa) != NULL, cj_isa_available(isa));
        for (int other = 0; other < isa; other++) {
            if (cj_kernels(isa) != NULL) {
                assert_ptr_not_equal(cj_kernels(isa), cj_kernels(other));
            }
        }
    }
}

static void a_set_is_chosen_by_name_environment_or_best(void **unused)
{
    (void)unused;
    char error[200] = "";
    int best = CJ_ISA_ID_COUNT - 1;
    while (!cj_isa_available(best)) {
        best--;
    }
    unsetenv("CAJAL_ISA");
    assert_int_equal(cj_isa_choose(NULL, error, sizeof error), best);
    for (int isa = 0; isa < CJ_ISA_ID_COUNT; isa++) {
        int expected = cj_isa_available(isa) ? isa : -1;
        assert_int_equal(cj_isa_choose(cj_isa_name(isa), error, sizeof error), expected);
        setenv("CAJAL_ISA", cj_isa_name(isa), 1);
        assert_int_equal(cj_isa_choose(NULL, error, sizeof error), expected);
        assert_int_equal(cj_isa_choose("baseline", error, sizeof error), CJ_ISA_ID_BASELINE);
    }
    setenv("CAJAL_ISA", "", 1);
    assert_int_equal(cj_isa_choose(NULL, error, sizeof error), best);
    unsetenv("CAJAL_ISA");
}

static void a_wrong_word_lists_the_right_ones(void **unused)
{
    (void)unused;
    char error[200] = "", tiny[8];
    assert_int_equal(cj_isa_choose("sse9", error, sizeof error), -1);
    assert_non_null(strstr(error, "sse9"));
    for (int isa = 0; isa < CJ_ISA_ID_COUNT; isa++) {
        assert_int_equal(strstr(error, cj_isa_name(isa)) != NULL, cj_isa_available(isa));
    }
#if defined(__aarch64__)
    assert_int_equal(cj_isa_choose("avx2", error, sizeof error), -1);
    assert_non_null(strstr(error, "lacks"));
#else
    assert_int_equal(cj_isa_choose("neon", error, sizeof error), -1);
    assert_non_null(strstr(error, "lacks"));
#endif
    assert_int_equal(cj_isa_choose("sse9", tiny, sizeof tiny), -1);
    assert_int_equal(strlen(tiny), sizeof tiny - 1);
    assert_int_equal(cj_isa_choose("sse9", NULL, 0), -1);
    setenv("CAJAL_ISA", "sse9", 1);
    assert_int_equal(cj_isa_choose(NULL, error, sizeof error), -1);
    assert_non_null(strstr(error, "CAJAL_ISA"));
    unsetenv("CAJAL_ISA");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_classes),
        cmocka_unit_test(every_available_set_has_its_own_table),
        cmocka_unit_test(a_set_is_chosen_by_name_environment_or_best),
        cmocka_unit_test(a_wrong_word_lists_the_right_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
