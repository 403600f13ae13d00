/*
 * bench/main.c - `make bench`: everything that is measured, as one table.
 *
 *     bench [--write FILE] [PART...]     parts: products, lenet, mlp, resnet20, tanh, graphs, changing, process; all by default
 *     bench profile NET                  the kernels of a training step, their flops and bytes
 */
#include "bench.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { THREADS = 2, MOST_ROUNDS = 64 };

_Noreturn void bench_fail(const char *text)
{
    fprintf(stderr, "bench: %s\n", text);
    exit(1);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double bench_median(double *value, int count)
{
    qsort(value, (size_t)count, sizeof *value, compare);
    return count % 2 ? value[count / 2] : (value[count / 2 - 1] + value[count / 2]) / 2;
}

bench_row *bench_row_new(bench *b, bench_unit unit, const char *work)
{
    if (b->rows == MOST_ROWS)
        bench_fail("too many rows");
    bench_row *row = &b->row[b->rows++];
    *row = (bench_row){.unit = unit};
    snprintf(row->work, sizeof row->work, "%s", work);
    return row;
}

void bench_note(bench *b, const char *format, ...)
{
    if (b->notes == MOST_NOTES)
        bench_fail("too many notes");
    va_list list;
    va_start(list, format);
    vsnprintf(b->note[b->notes++], sizeof b->note[0], format, list);
    va_end(list);
}

void bench_peaks(bench *b)
{
    for (cj_dtype dtype = CJ_F32; dtype <= CJ_F64; dtype++) {
        double peak = bench_peak(b->pool, b->isa, dtype);
        if (dtype == CJ_F32 && (b->lowest_peak == 0 || peak < b->lowest_peak))
            b->lowest_peak = peak;
        b->peak[dtype] = CJ_MAX(b->peak[dtype], peak);
    }
}

static double repeat(bench *b, int form, bench_repeat ours, void *state, int64_t times)
{
    if (form == OURS)
        return ours(state, times);
    const char *answer = peer_ask(b->peer, "run %d %lld\n", form - EAGER, (long long)times);
    /* The threads of the peer go on spinning for some milliseconds after their last work. */
    usleep(10000);
    return answer ? strtod(answer, NULL) : 0;
}

void bench_by_turns(bench *b, bench_repeat ours, void *state, int rounds, double value[FORMS])
{
    static double seconds[FORMS][MOST_ROUNDS];
    int64_t times[FORMS];
    int forms = EAGER + peer_forms(b->peer);
    for (int form = 0; form < forms; form++) {
        double one = repeat(b, form, ours, state, 1);
        one = CJ_MIN(one, repeat(b, form, ours, state, 1));
        times[form] = 1 + (int64_t)(bench_round_seconds / CJ_MAX(one, 1e-7));
    }
    for (int round = 0; round < rounds; round++)
        for (int form = 0; form < forms; form++)
            seconds[form][round] = repeat(b, form, ours, state, times[form]) / (double)times[form];
    for (int form = 0; form < forms; form++)
        value[form] = bench_median(seconds[form], rounds);
}

static const char *const parts[] = {"products", "lenet",  "mlp",      "resnet20",
                                    "tanh",     "graphs", "changing", "process"};

static void check_parts(char **words)
{
    for (int i = 0; words[i]; i++) {
        bool is_known = false;
        for (size_t part = 0; part < CJ_COUNT(parts); part++)
            is_known = is_known || strcmp(words[i], parts[part]) == 0;
        if (!is_known)
            bench_fail("usage: bench [--write FILE] [products | lenet | mlp | resnet20 | tanh | "
                       "graphs | changing | process]...; bench profile NET");
    }
}

static bool wanted(char **words, const char *part)
{
    for (int i = 0; words[i]; i++)
        if (strcmp(words[i], part) == 0)
            return true;
    return !words[0];
}

static void measure(bench *b, char **words)
{
    bench_peaks(b);
    if (wanted(words, "products"))
        bench_products(b);
    for (int i = 0; workload_at(i); i++)
        if (wanted(words, workload_at(i)->name))
            bench_step(b, workload_at(i));
    if (wanted(words, "graphs"))
        bench_graphs(b);
    if (wanted(words, "changing"))
        bench_changing(b);
    if (wanted(words, "process"))
        bench_process(b);
}

int main(int count, char **words)
{
    if (count == 4 && strcmp(words[1], "first-step") == 0) {
        bench_first_step(words[2], atoi(words[3]));
        return 0;
    }
    static bench b;
    char error[256];
    b = (bench){.program = words[0], .folder = "/tmp/cajal-bench-XXXXXX"};
    b.context = cj_context_new(&(cj_config){.threads = THREADS}, error, sizeof error);
    if (!b.context)
        bench_fail(error);
    b.pool = cj_pool_new(b.context, THREADS);
    b.isa = cj_isa_choose(NULL, NULL, 0);
    if (count == 3 && strcmp(words[1], "profile") == 0 && workload_find(words[2])) {
        bench_peaks(&b);
        bench_profile(b.context, b.peak[0], workload_find(words[2]));
        return 0;
    }
    bool writes = count > 2 && strcmp(words[1], "--write") == 0;
    check_parts(words + (writes ? 3 : 1));
    if (!mkdtemp(b.folder))
        bench_fail("cannot make a folder in /tmp");
    b.peer = peer_start(BENCH_PEER);
    measure(&b, words + (writes ? 3 : 1));
    report_print(&b, stdout);
    if (writes)
        report_write(&b, words[2]);
    peer_stop(b.peer);
    rmdir(b.folder);
    cj_pool_free(b.pool);
    cj_context_free(b.context);
    return 0;
}
