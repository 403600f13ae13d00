/*
 * cli/output.c - what goes to standard output and standard error, and numbers as people read them.
 */
#include "cli.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

void write_json(FILE *file, json_t *object)
{
    char *text = object ? json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(9)) : NULL;
    if (text)
        fprintf(file, "%s\n", text);
    fflush(file);
    free(text);
    json_decref(object);
}

void print_json(json_t *object)
{
    write_json(stdout, object);
}

json_t *json_finite(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static void report(cli *c, const char *message)
{
    fflush(stdout);
    fprintf(stderr, "cajal: %s\n", message);
    if (c->json)
        print_json(json_pack("{s:s, s:s}", "event", "error", "message", message));
}

int fail(cli *c, int status, const char *format, ...)
{
    char message[1200];
    va_list list;
    va_start(list, format);
    vsnprintf(message, sizeof message, format, list);
    va_end(list);
    report(c, message);
    return status;
}

int fail_library(cli *c, cj_status status)
{
    const char *sentence = cj_error(c->context);
    report(c, sentence && sentence[0] ? sentence : cj_status_text(status));
    switch (status) {
    case CJ_MISSING:
    case CJ_NOT_FOUND: return EXIT_NO_DATA;
    case CJ_INVALID: return EXIT_USAGE;
    default: return EXIT_ERROR;
    }
}

void tell(const cli *c, const char *format, ...)
{
    if (c->quiet)
        return;
    va_list list;
    va_start(list, format);
    vfprintf(stderr, format, list);
    va_end(list);
    fputc('\n', stderr);
}

bool output_ends(cli *c, int *status)
{
    errno = 0;
    bool failed = fflush(stdout) != 0 || ferror(stdout);
    if (failed && errno != EPIPE) {
        fprintf(stderr, "cajal: cannot write to standard output: %s\n",
                strerror(errno ? errno : EIO));
        if (*status == EXIT_DONE)
            *status = EXIT_ERROR;
    }
    (void)c;
    return !failed;
}

bool is_terminal(FILE *file)
{
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
    if (no_color && no_color[0])
        return false;
    return isatty(fileno(file)) && !(term && !strcmp(term, "dumb"));
}

const char *count_text(double count, char text[32])
{
    static const char *const unit[] = {"", " k", " M", " G", " T"};
    int i = 0;
    for (; count >= 10000 && i < 4; i++)
        count /= 1000;
    snprintf(text, 32, count == floor(count) || count >= 100 ? "%.0f%s" : "%.1f%s", count, unit[i]);
    return text;
}

const char *bytes_text(double bytes, char text[32])
{
    static const char *const unit[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    int i = 0;
    for (; bytes >= 1024 && i < 4; i++)
        bytes /= 1024;
    snprintf(text, 32, i && bytes < 100 ? "%.1f %s" : "%.0f %s", bytes, unit[i]);
    return text;
}

const char *time_text(double seconds, char text[32])
{
    long whole = (long)(seconds + 0.5);
    if (seconds < 10)
        snprintf(text, 32, "%.1f s", seconds);
    else if (whole < 60)
        snprintf(text, 32, "%ld s", whole);
    else if (whole < 3600)
        snprintf(text, 32, "%ld min %ld s", whole / 60, whole % 60);
    else
        snprintf(text, 32, "%ld h %ld min", whole / 3600, whole / 60 % 60);
    return text;
}

double now_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int64_t resident_bytes(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (int64_t)usage.ru_maxrss * 1024;
}
