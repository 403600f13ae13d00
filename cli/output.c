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

/* The length of the UTF-8 character at s, 0 where there is none. */
static int character(const unsigned char *s)
{
    int more = s[0] < 0x80                   ? 0
               : s[0] >= 0xC2 && s[0] < 0xE0 ? 1
               : s[0] >= 0xE0 && s[0] < 0xF0 ? 2
               : s[0] >= 0xF0 && s[0] < 0xF5 ? 3
                                             : -1;
    for (int i = 1; i <= more; i++)
        if ((s[i] & 0xC0) != 0x80)
            return 0;
    bool longer = (s[0] == 0xE0 && s[1] < 0xA0) || (s[0] == 0xF0 && s[1] < 0x90);
    bool no_code = (s[0] == 0xED && s[1] >= 0xA0) || (s[0] == 0xF4 && s[1] >= 0x90);
    return longer || no_code ? 0 : more + 1;
}

/* U+EF80 to U+EFFF are 0xEE 0xBE, then 0x80 to 0xBF, and 0xEE 0xBF, then the same. */
static bool stands_for_byte(const unsigned char *s)
{
    return s[0] == 0xEE && (s[1] == 0xBE || s[1] == 0xBF);
}

json_t *json_text(const char *bytes)
{
    const unsigned char *s = (const unsigned char *)bytes;
    char *text = malloc(3 * strlen(bytes) + 1), *to = text;
    while (text && *s) {
        int length = character(s);
        if (length && !stands_for_byte(s)) {
            memcpy(to, s, (size_t)length);
            to += length;
            s += length;
            continue;
        }
        *to++ = (char)0xEE;
        *to++ = (char)(*s < 0xC0 ? 0xBE : 0xBF);
        *to++ = (char)(0x80 | (*s & 0x3F));
        s++;
    }
    json_t *string = text ? json_stringn(text, (size_t)(to - text)) : NULL;
    free(text);
    return string;
}

const char *text_of_json(const json_t *value, json_t *kept)
{
    const char *text = json_string_value(value);
    char *copy = strdup(text), *to = copy;
    if (!copy)
        return text;
    for (const char *s = text; *s;) {
        if (!stands_for_byte((const unsigned char *)s)) {
            *to++ = *s++;
            continue;
        }
        *to++ = (char)(((unsigned char)s[1] == 0xBE ? 0x80 : 0xC0) | (s[2] & 0x3F));
        s += 3;
    }
    *to = 0;
    json_t *bytes = json_string_nocheck(copy);
    free(copy);
    return json_array_append_new(kept, bytes) == 0 ? json_string_value(bytes) : text;
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
        print_json(json_pack("{s:s, s:o}", "event", "error", "message", json_text(message)));
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

int fail_write(cli *c, cj_status status)
{
    int code = fail_library(c, status);
    return code == EXIT_NO_DATA ? EXIT_ERROR : code; /* a folder that is gone is no missing data */
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
