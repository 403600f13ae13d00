/*
 * src/base/fp.c - the floating-point mode that every kernel runs in: round to nearest, no flush to zero,
 * no traps. The bits of a result must not depend on what the caller's program has set.
 */
#include "base.h"

#if defined(__x86_64__)

#include <immintrin.h>

enum {
    CJ_FP_CONTROL = 0xFFC0,
    CJ_FP_PLAIN = 0x1F80
}; /* MXCSR but its sticky flags; traps masked */

static uint64_t read_mode(void)
{
    return _mm_getcsr();
}

static void write_mode(uint64_t mode)
{
    _mm_setcsr((uint32_t)mode);
}

#elif defined(__aarch64__)

/* FPCR: AHP, DN, FZ, rounding, FZ16, trap enables, and with FEAT_AFP NEP, AH and FIZ in the low bits. */
enum { CJ_FP_CONTROL = 0x07C89F07, CJ_FP_PLAIN = 0 };

static uint64_t read_mode(void)
{
    uint64_t mode;
    __asm__ volatile("mrs %0, fpcr" : "=r"(mode));
    return mode;
}

static void write_mode(uint64_t mode)
{
    __asm__ volatile("msr fpcr, %0" : : "r"(mode));
}

#else
#error "src/base/fp.c: how does this processor set its floating-point mode?"
#endif

/* Writing is slow, so it is done only where something changes. */
uint64_t cj_fp_enter(void)
{
    uint64_t mode = read_mode();
    if ((mode & CJ_FP_CONTROL) != CJ_FP_PLAIN)
        write_mode((mode & ~(uint64_t)CJ_FP_CONTROL) | CJ_FP_PLAIN);
    return mode;
}

void cj_fp_leave(uint64_t mode)
{
    uint64_t now = read_mode();
    if ((now ^ mode) & CJ_FP_CONTROL)
        write_mode((now & ~(uint64_t)CJ_FP_CONTROL) | (mode & CJ_FP_CONTROL));
}
