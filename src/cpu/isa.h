/*
 * src/cpu/isa.h - the instruction sets that the kernels are built for, and which one a context
 * uses.
 *
 * Every file of src/cpu/isa is compiled once for each set that the processor family has, with
 * CJ_ISA_BASELINE, CJ_ISA_AVX2, CJ_ISA_AVX512 or CJ_ISA_NEON defined:
 *     x86-64   baseline  (nothing)          aarch64  baseline  (nothing; no fma is written)
 *              avx2      -mavx2 -mfma                neon      (nothing)
 *              avx512    -mavx512f -mavx512dq -mavx512bw -mavx512vl -mavx2 -mfma
 * A set's kernels belong to a kernel class: "fma" (avx2, avx512, neon) give equal bits, "baseline"
 * its own.
 */
#ifndef CJ_CPU_ISA_H
#define CJ_CPU_ISA_H

#include <stdbool.h>
#include <stddef.h>

/* Instruction sets: X(NAME, name, is_fma, vector bytes), the best last. */
#define CJ_ISA_LIST(X)                                                                             \
    X(BASELINE, baseline, false, 16)                                                               \
    X(AVX2, avx2, true, 32)                                                                        \
    X(AVX512, avx512, true, 64)                                                                    \
    X(NEON, neon, true, 16)

enum cj_isa_id {
#define CJ_X(NAME, name, is_fma, bytes) CJ_ISA_ID_##NAME,
    CJ_ISA_LIST(CJ_X)
#undef CJ_X
        CJ_ISA_ID_COUNT
};

/* "avx512"; "?" for what is no instruction set. */
const char *cj_isa_name(int isa);

/* Whether its kernels are of the class fma. */
bool cj_isa_is_fma(int isa);

/* Whether this build has its kernels and this processor can run them. */
bool cj_isa_available(int isa);

/*
 * The set called `name`; NULL: what the environment variable CAJAL_ISA names, else the best that is
 * available. What the processor lacks, and a word that names no set, give -1 and in `error` (if not
 * NULL) a sentence of at most `size` bytes that lists the right words.
 */
int cj_isa_choose(const char *name, char *error, size_t size);

#endif
