/*
 * tests/golden/bits.c - writes bits.txt to standard output: the model_hash of LeNet, the MLP and resnet20 (batch 8) after each
 * of the first steps, for the kernel classes fma and baseline. Needs a processor with fma.
 *
 *     ninja -C build golden-bits && build/tests/golden/bits > tests/golden/bits.txt
 *
 * A commit that changes a hash says why the bits changed.
 */
#include "golden/bits.h"
#include "cpu/isa.h"

#include <stdio.h>

static int print_rows(const char *kernel_class, const char *isa, const char *net, cj_dtype dtype)
{
    engine_way way = {.name = kernel_class, .isa = isa, .threads = 2};
    for (int steps = 1; steps <= BITS_STEPS; steps++) {
        char hash[65];
        engine_job job = {net, dtype, BITS_BATCH};
        if (!engine_train(&way, &job, steps, hash))
            return 1;
        printf("%-8s %-8s %s %d %s\n", kernel_class, net, cj_dtype_name(dtype), steps, hash);
    }
    return 0;
}

int main(void)
{
    int best = CJ_ISA_ID_COUNT - 1;
    while (!cj_isa_available(best))
        best--;
    if (!cj_isa_is_fma(best)) {
        fprintf(stderr, "bits: this processor has no fma\n");
        return 1;
    }
    puts("# kernel class, net, dtype, steps, model_hash. Written by tests/golden/bits.c, whose "
         "head tells how.\n"
         "# A commit that changes a hash says why the bits changed.");
    for (int baseline = 0; baseline < 2; baseline++)
        for (size_t n = 0; n < sizeof(bits_nets) / sizeof(bits_nets[0]); n++)
            for (size_t d = 0; d < sizeof(bits_dtypes) / sizeof(bits_dtypes[0]); d++)
                if (print_rows(baseline ? "baseline" : "fma",
                               baseline ? "baseline" : cj_isa_name(best), bits_nets[n],
                               bits_dtypes[d]))
                    return 1;
    return 0;
}
