/*
 * bench/profile.c - where the time of a training step goes: each kernel's least time, beside its flops and the bytes of
 * the arrays that it reads and writes.
 */
#include "bench.h"

#include "kernel_cost.h"

#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 40, MOST_KINDS = 32 };

typedef struct cost {
    char kind[48];
    int kernels;
    double seconds, flops, bytes;
} cost;

typedef struct lines {
    char (*text)[128];
    int count;
} lines;

static void keep_line(void *user, const char *text)
{
    lines *l = user;
    snprintf(l->text[l->count++], sizeof *l->text, "%s", text);
}

static void print_cost(const cost *c, double all, double peak)
{
    printf("%9.1f us %5.1f %%  %7.1f MFLOP", 1e6 * c->seconds, 100 * c->seconds / all,
           c->flops / 1e6);
    if (c->flops > 0 && peak > 0)
        printf(" %5.1f %% of peak", 100 * c->flops / c->seconds / peak);
    else
        printf("%16s", "");
    printf("  %7.2f MB %6.1f GB/s  %s\n", c->bytes / 1e6, c->bytes / c->seconds / 1e9, c->kind);
}

static int by_time(const void *a, const void *b)
{
    double x = ((const cost *)a)->seconds, y = ((const cost *)b)->seconds;
    return (x < y) - (x > y);
}

static void add_to_kind(cost *kinds, int *count, const char *line, const cost *c)
{
    char word[48] = "";
    sscanf(line, " %*d %47s", word);
    int at = 0;
    while (at < *count && strcmp(kinds[at].kind, word) != 0)
        at++;
    if (at == MOST_KINDS)
        return;
    if (at == *count) {
        *count += 1;
        snprintf(kinds[at].kind, sizeof kinds[at].kind, "%s", word);
    }
    kinds[at].kernels++;
    kinds[at].seconds += c->seconds;
    kinds[at].flops += c->flops;
    kinds[at].bytes += c->bytes;
}

void bench_profile(cj_context *context, double peak, const workload *work)
{
    step s;
    step_open(&s, context, work);
    size_t kernels = (size_t)cj_program_describe(s.program).kernels;
    double *seconds = calloc(kernels + 1, sizeof *seconds), all = 0;
    lines l = {.text = calloc(kernels + 1, sizeof *l.text)};
    if (!seconds || !l.text)
        bench_fail("no memory");
    cj_feed feed[] = {{"x", s.x}, {"y", s.y}};
    if (cj_program_time(s.program, 2, feed, ROUNDS, seconds) != CJ_OK)
        bench_fail(cj_error(context));
    cj_program_print(s.program, keep_line, &l);
    for (size_t i = 0; i < kernels; i++)
        all += seconds[i];
    cost kinds[MOST_KINDS] = {0}, total = {.kind = "all", .seconds = all};
    int count = 0;
    printf("%s\n", work->title);
    for (size_t i = 0; i < kernels; i++) {
        cost c = {.seconds = seconds[i], .bytes = kernel_bytes(s.program, (int)i)};
        c.flops = kernel_flops(s.program, (int)i);
        add_to_kind(kinds, &count, l.text[i], &c);
        total.flops += c.flops;
        total.bytes += c.bytes;
        print_cost(&c, all, peak);
        printf("%66s%s\n", "", l.text[i]);
    }
    qsort(kinds, (size_t)count, sizeof *kinds, by_time);
    printf("by kind:\n");
    for (int i = 0; i < count; i++)
        print_cost(&kinds[i], all, peak);
    print_cost(&total, all, peak);
    free(seconds);
    free(l.text);
    step_close(&s);
}
