/*
 * Whole training steps give the hashes of tests/golden/bits.txt, on every instruction set that the machine has: for
 * gcc, clang, x86-64 and aarch64 the same. Under an emulator resnet20 makes its first step only, and none in f64 with
 * baseline.
 */
#include "cpu/isa.h"
#include "golden/bits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static FILE *open_golden(void)
{
    char path[1024];
    const char *source = getenv("CAJAL_SOURCE");
    snprintf(path, sizeof(path), "%s/tests/golden/bits.txt", source ? source : ".");
    FILE *file = fopen(path, "r");
    if (!file)
        fail_msg("%s cannot be read: is CAJAL_SOURCE the source folder?", path);
    return file;
}

/* One net's training on one instruction set, compared after each step. */
static int compare_steps(int isa, const char *net, cj_dtype dtype, int steps,
                         char expected[BITS_STEPS][65])
{
    engine_way way = {.name = "golden", .isa = cj_isa_name(isa), .threads = 2};
    cj_config config = engine_config(&way);
    config.smallest_work = 0;
    cj_context *context = cj_context_new(&config, NULL, 0);
    assert_non_null(context);
    engine e;
    engine_job job = {net, dtype, BITS_BATCH};
    int compared = 0;
    if (engine_open(&e, context, &job, false))
        fail_msg("%s: %s", net, cj_error(context));
    for (int i = 0; i < steps; i++) {
        char hash[65];
        assert_int_equal(engine_step(&e, NULL), CJ_OK);
        assert_int_equal(engine_hash(&e, hash), CJ_OK);
        if (!expected[i][0])
            continue;
        if (strcmp(hash, expected[i]))
            fail_msg("%s, %s, %s, after step %d: model_hash %s, tests/golden/bits.txt has %s",
                     cj_isa_name(isa), net, cj_dtype_name(dtype), i + 1, hash, expected[i]);
        compared++;
    }
    engine_close(&e);
    cj_context_free(context);
    return compared;
}

static void test_golden(void **state)
{
    (void)state;
    bool emulated = getenv("CAJAL_EMULATED") != NULL;
    int compared = 0, available = 0;
    for (int isa = 0; isa < CJ_ISA_ID_COUNT; isa++) {
        if (!cj_isa_available(isa))
            continue;
        available++;
        for (size_t n = 0; n < sizeof(bits_nets) / sizeof(bits_nets[0]); n++)
            for (size_t d = 0; d < sizeof(bits_dtypes) / sizeof(bits_dtypes[0]); d++) {
                char line[512], kernel_class[16], net[16], dtype[8], hash[65];
                char expected[BITS_STEPS][65] = {{0}};
                int step;
                FILE *file = open_golden();
                while (fgets(line, sizeof(line), file))
                    if (sscanf(line, "%15s %15s %7s %d %64s", kernel_class, net, dtype, &step,
                               hash) == 5 &&
                        strcmp(kernel_class, cj_isa_is_fma(isa) ? "fma" : "baseline") == 0 &&
                        strcmp(net, bits_nets[n]) == 0 &&
                        strcmp(dtype, cj_dtype_name(bits_dtypes[d])) == 0 && step >= 1 &&
                        step <= BITS_STEPS)
                        memcpy(expected[step - 1], hash, sizeof(hash));
                fclose(file);
                bool slow = emulated && strcmp(bits_nets[n], "resnet20") == 0;
                bool none = slow && bits_dtypes[d] == CJ_F64 && !cj_isa_is_fma(isa);
                compared += compare_steps(isa, bits_nets[n], bits_dtypes[d],
                                          none   ? 0
                                          : slow ? 1
                                                 : BITS_STEPS,
                                          expected);
            }
    }
    assert_int_equal(compared, emulated ? 14 + 13 : available * 18);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
