/*
 * src/cpu/isa.c - which instruction sets the processor has, and the table of kernels of each.
 */
#include "isa.h"

#include "kernels.h"

#include <stdio.h>
#include <stdlib.h>

static const struct {
    const char *name;
    bool is_fma;
} isa_list[CJ_ISA_ID_COUNT] = {
#define CJ_X(NAME, name, is_fma, bytes) {#name, is_fma},
    CJ_ISA_LIST(CJ_X)
#undef CJ_X
};

static bool is_isa(int isa)
{
    return isa >= 0 && isa < CJ_ISA_ID_COUNT;
}

const char *cj_isa_name(int isa)
{
    return is_isa(isa) ? isa_list[isa].name : "?";
}

bool cj_isa_is_fma(int isa)
{
    return is_isa(isa) && isa_list[isa].is_fma;
}

bool cj_isa_available(int isa)
{
    switch (isa) {
    case CJ_ISA_ID_BASELINE: return true;
#if defined(__x86_64__)
    case CJ_ISA_ID_AVX2: return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    case CJ_ISA_ID_AVX512:
        return cj_isa_available(CJ_ISA_ID_AVX2) && __builtin_cpu_supports("avx512f") &&
               __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512vl");
#elif defined(__aarch64__)
    case CJ_ISA_ID_NEON: return true;
#endif
    default: return false;
    }
}

const struct cj_isa_kernels *cj_kernels(int isa)
{
    if (!cj_isa_available(isa)) {
        return NULL;
    }
    switch (isa) {
#if defined(__x86_64__)
    case CJ_ISA_ID_AVX2: return &cj_kernels_avx2;
    case CJ_ISA_ID_AVX512: return &cj_kernels_avx512;
#elif defined(__aarch64__)
    case CJ_ISA_ID_NEON: return &cj_kernels_neon;
#endif
    default: return &cj_kernels_baseline;
    }
}

/* "baseline, avx2 or avx512" */
static void list_available(char *text, size_t size)
{
    int last = CJ_ISA_ID_COUNT - 1;
    size_t used = 0;

    while (!cj_isa_available(last)) {
        last--;
    }
    text[0] = '\0';
    for (int isa = 0; isa <= last; isa++) {
        if (cj_isa_available(isa) && used < size) {
            used += (size_t)snprintf(text + used, size - used, "%s%s",
                                     isa == 0      ? ""
                                     : isa == last ? " or "
                                                   : ", ",
                                     isa_list[isa].name);
        }
    }
}

int cj_isa_choose(const char *name, char *error, size_t size)
{
    const char *from = name == NULL ? "CAJAL_ISA" : "the instruction set";
    char right[128];

    if (name == NULL) {
        name = getenv("CAJAL_ISA");
    }
    if (name == NULL || name[0] == '\0') {
        int best = CJ_ISA_ID_COUNT - 1;
        while (!cj_isa_available(best)) {
            best--;
        }
        return best;
    }
    int isa = 0;
    while (isa < CJ_ISA_ID_COUNT && strcmp(name, isa_list[isa].name) != 0) {
        isa++;
    }
    if (cj_isa_available(isa)) {
        return isa;
    }
    list_available(right, sizeof right);
    if (error != NULL && size > 0) {
        snprintf(error, size,
                 is_isa(isa) ? "%s is '%s', which this processor or build lacks; it has %s"
                             : "%s is '%s', which names no instruction set; say %s",
                 from, name, right);
    }
    return -1;
}
