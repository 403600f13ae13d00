/*
 * bench/report.c - the table as Markdown, with the machine that it was measured on.
 */
#include "bench.h"

#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#if defined(__clang__)
#define COMPILER "clang " __clang_version__
#elif defined(__GNUC__)
#define COMPILER "gcc " __VERSION__
#else
#define COMPILER "an unknown compiler"
#endif

enum { WORK, CAJAL, FLOOR, PEER_EAGER, PEER_COMPILED, TIMES, AIM, COLUMNS };
static const char *const headings[COLUMNS] = {
    "work", "Cajal", "against the floor", "PyTorch eager", "compiled", "times PyTorch", "aim"};

typedef char cells[COLUMNS][72];

static const char *const open_marker = "<!-- written by `make bench` -->";
static const char *const close_marker = "<!-- end of what `make bench` writes -->";

static void text_of(char *text, size_t size, const bench_row *row, double value)
{
    if (value <= 0)
        snprintf(text, size, "-");
    else if (row->unit == UNIT_RATE)
        snprintf(text, size, "%.1f GFLOP/s", row->flops / value / 1e9);
    else if (row->unit == UNIT_BYTES)
        snprintf(text, size, value < 1e7 ? "%.2f MB" : "%.0f MB", value / 1e6);
    else if (value < 1e-6)
        snprintf(text, size, "%.0f ns", 1e9 * value);
    else if (value < 1e-3)
        snprintf(text, size, "%.1f µs", 1e6 * value);
    else
        snprintf(text, size, value < 1 ? "%.2f ms" : "%.0f ms", 1e3 * value);
}

static void fill(const bench *b, const bench_row *row, cells cell)
{
    size_t size = sizeof cell[0];
    snprintf(cell[WORK], size, "%s", row->work);
    for (int form = OURS; form < FORMS; form++) {
        static const int column[FORMS] = {CAJAL, PEER_EAGER, PEER_COMPILED};
        text_of(cell[column[form]], size, row, row->value[form]);
    }
    double ours = row->value[OURS], best = row->value[EAGER], compiled = row->value[COMPILED];
    if (compiled > 0 && compiled < best)
        best = compiled;
    double floor = b->peak[row->dtype] > 0 ? row->flops / b->peak[row->dtype] : 0;
    snprintf(cell[FLOOR], size, "-");
    if (floor > 0 && row->unit == UNIT_RATE)
        snprintf(cell[FLOOR], size, "%.1f %% of the peak", 100 * floor / ours);
    else if (floor > 0) {
        char text[32];
        text_of(text, sizeof text, row, floor);
        snprintf(cell[FLOOR], size, "%.2f x %s", ours / floor, text);
    }
    snprintf(cell[TIMES], size, "-");
    if (best > 0 && ours > 0)
        snprintf(cell[TIMES], size, "%.2f", best / ours);
    snprintf(cell[AIM], size, "%s", row->aim ? row->aim : "-");
}

/* The value of the first line "KEY : VALUE" of /proc/cpuinfo, or "unknown". */
static void processor(char *text, size_t size)
{
    snprintf(text, size, "unknown processor");
    FILE *file = fopen("/proc/cpuinfo", "r");
    char line[512];
    while (file && fgets(line, sizeof line, file)) {
        char *value = strchr(line, ':');
        if (strncmp(line, "model name", 10) != 0 || !value)
            continue;
        line[strcspn(line, "\n")] = 0;
        snprintf(text, size, "%.100s", value + 2);
        break;
    }
    if (file)
        fclose(file);
}

/* Columns that UTF-8 takes: what is no continuation byte. */
static int columns_of(const char *text)
{
    int columns = 0;
    for (; *text; text++)
        columns += (*text & 0xc0) != 0x80;
    return columns;
}

static void print_row(FILE *out, cells cell, const int *width)
{
    for (int c = 0; c < COLUMNS; c++) {
        int space = width[c] - columns_of(cell[c]);
        bool is_left = c == WORK || c == AIM;
        fprintf(out, "| %*s%s%*s ", is_left ? 0 : space, "", cell[c], is_left ? space : 0, "");
    }
    fprintf(out, "|\n");
}

static void print_machine(const bench *b, FILE *out)
{
    char name[128];
    processor(name, sizeof name);
    struct utsname system;
    uname(&system);
    double load[3] = {0};
    getloadavg(load, 3);
    fprintf(out, "- Machine: %s, %d cores, %s, Linux %s; load %.2f when this was written.\n", name,
            cj_processors(), system.machine, system.release, load[0]);
    fprintf(out, "- Cajal %s, %s, kernels %s, %d threads. Peer: %s, %d threads.\n", cj_version(),
            COMPILER, cj_isa(b->context), cj_threads(b->context), peer_name(b->peer),
            cj_threads(b->context));
    fprintf(out,
            "- Peak of multiply-adds in registers, %d threads, the best of this run: %.0f GFLOP/s "
            "f32, %.0f "
            "GFLOP/s f64 (least best between two parts: %.0f f32).\n",
            cj_threads(b->context), b->peak[0] / 1e9, b->peak[1] / 1e9, b->lowest_peak / 1e9);
}

void report_print(const bench *b, FILE *out)
{
    int width[COLUMNS];
    cells *table = calloc((size_t)b->rows + 1, sizeof *table);
    if (!table)
        bench_fail("no memory");
    for (int c = 0; c < COLUMNS; c++) {
        snprintf(table[0][c], sizeof table[0][c], "%s", headings[c]);
        width[c] = columns_of(headings[c]);
    }
    for (int r = 0; r < b->rows; r++) {
        fill(b, &b->row[r], table[r + 1]);
        for (int c = 0; c < COLUMNS; c++)
            width[c] = CJ_MAX(width[c], columns_of(table[r + 1][c]));
    }
    print_machine(b, out);
    fprintf(out, "\n");
    print_row(out, table[0], width);
    for (int c = 0; c < COLUMNS; c++)
        fprintf(out, c == WORK || c == AIM ? "| :-- " : "| --: ");
    fprintf(out, "|\n");
    for (int row = 0; row < b->rows; row++)
        print_row(out, table[row + 1], width);
    fprintf(out, "\n");
    for (int i = 0; i < b->notes; i++)
        fprintf(out, "- %s.\n", b->note[i]);
    free(table);
}

static char *read_whole(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return NULL;
    size_t used = 0, room = 1 << 20;
    char *text = malloc(room + 1);
    if (text)
        used = fread(text, 1, room, file);
    fclose(file);
    if (text)
        text[used] = 0;
    return text;
}

void report_write(const bench *b, const char *path)
{
    char *text = read_whole(path), *from = text ? strstr(text, open_marker) : NULL;
    char *to = from ? strstr(from, close_marker) : NULL;
    if (!to)
        bench_fail("the file to write to has no markers");
    FILE *file = fopen(path, "wb");
    if (!file)
        bench_fail("cannot write the table");
    fwrite(text, 1, (size_t)(from - text) + strlen(open_marker), file);
    fprintf(file, "\n\n");
    report_print(b, file);
    fprintf(file, "\n%s", to);
    free(text);
    if (fclose(file))
        bench_fail("cannot write the table");
}
