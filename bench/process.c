/*
 * bench/process.c - from the start of a process to its first training step, its resident memory, and the sizes of what is
 * installed.
 */
#include "bench.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STEPS = 3, ROUNDS = 9, PEER_ROUNDS = 3 };

/* The most bytes of this process that were ever resident. ru_maxrss will not do: it is inherited through exec. */
static double most_resident(void)
{
    FILE *file = fopen("/proc/self/status", "r");
    char line[256];
    double kilobytes = 0;
    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, "VmHWM:", 6) == 0)
            kilobytes = strtod(line + 6, NULL);
    if (file)
        fclose(file);
    return 1024 * kilobytes;
}

void bench_first_step(const char *name, int steps)
{
    const workload *work = workload_find(name);
    cj_context *context = cj_context_new(&(cj_config){.threads = 2}, NULL, 0);
    if (!work || !context)
        bench_fail("first-step: no such net, or no memory");
    step s;
    step_open(&s, context, work);
    for (int i = 0; i < steps; i++)
        step_run(&s);
    printf("%.0f\n", most_resident());
    step_close(&s);
    cj_context_free(context);
}

/* Runs the command to its end: seconds, and the number that it prints. False: it failed. */
static bool run(char *const *words, double *seconds, double *number)
{
    int from[2];
    char text[64];
    if (pipe(from))
        return false;
    double start = bench_seconds();
    pid_t child = fork();
    if (child == 0) {
        int nowhere = open("/dev/null", O_WRONLY);
        dup2(from[1], 1);
        dup2(nowhere, 2);
        execvp(words[0], words);
        _exit(127);
    }
    close(from[1]);
    ssize_t got = read(from[0], text, sizeof text - 1);
    text[CJ_MAX(got, 0)] = 0;
    *number = strtod(text, NULL);
    int status = 0;
    bool good = child > 0 && waitpid(child, &status, 0) == child;
    *seconds = bench_seconds() - start;
    close(from[0]);
    return good && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* The words that train `name` for some steps, by us or by the peer. */
static void words_of(const bench *b, int form, const char *name, const char *steps,
                     const char *words[6])
{
    int n = 0;
    if (form == EAGER)
        words[n++] = "python3";
    words[n++] = form == EAGER ? BENCH_PEER : b->program;
    words[n++] = "first-step";
    words[n++] = name;
    words[n++] = steps;
    words[n] = NULL;
}

static void measure_start(bench *b)
{
    bench_row *row = bench_row_new(b, UNIT_TIME, "process start to first step and end, LeNet");
    row->aim = "0.05 s";
    for (int form = OURS; form <= EAGER; form++) {
        if (form == EAGER && !peer_is_there(b->peer))
            return;
        double seconds[ROUNDS], resident;
        const char *words[6];
        int rounds = form == OURS ? ROUNDS : PEER_ROUNDS;
        words_of(b, form, "lenet", "1", words);
        bool good = true;
        for (int i = 0; i < rounds; i++)
            good = run((char *const *)words, &seconds[i], &resident) && good;
        row->value[form] = good ? bench_median(seconds, rounds) : 0;
    }
}

static void measure_memory(bench *b, const workload *work)
{
    char title[72];
    snprintf(title, sizeof title, "resident memory, training %s", work->name);
    bench_row *row = bench_row_new(b, UNIT_BYTES, title);
    for (int form = OURS; form <= EAGER; form++) {
        double seconds, resident;
        const char *words[6];
        words_of(b, form, work->name, "3", words);
        bool wanted = form == OURS || peer_is_there(b->peer);
        row->value[form] = wanted && run((char *const *)words, &seconds, &resident) ? resident : 0;
    }
}

/* What `strip` leaves of a built file; 0 where there is no strip. */
static double stripped_size(const bench *b, const char *path)
{
    char copy[128];
    snprintf(copy, sizeof copy, "%s/stripped", b->folder);
    double seconds, resident;
    const char *words[] = {"strip", "-o", copy, path, NULL};
    struct stat status;
    bool good = run((char *const *)words, &seconds, &resident) && stat(copy, &status) == 0;
    unlink(copy);
    return good ? (double)status.st_size : 0;
}

static void measure_sizes(bench *b)
{
    static const char *const built[] = {"cajal", "libcajal.so", "libcajal-io.so"};
    const char *slash = strrchr(b->program, '/');
    int folder = slash ? (int)(slash - b->program) : 0;
    for (size_t i = 0; i < CJ_COUNT(built); i++) {
        char path[512], title[72];
        snprintf(path, sizeof path, "%.*s/../%s", folder, b->program, built[i]);
        snprintf(title, sizeof title, "%s, stripped", built[i]);
        bench_row_new(b, UNIT_BYTES, title)->value[OURS] = stripped_size(b, path);
    }
}

void bench_process(bench *b)
{
    measure_start(b);
    for (int i = 0; workload_at(i); i++)
        measure_memory(b, workload_at(i));
    measure_sizes(b);
}
