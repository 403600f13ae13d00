/*
 * csv.c - comma-separated values, as RFC 4180 has them and as they are found.
 *
 * One pass over the bytes writes every field, unquoted and NUL-terminated, into one block of text
 * and its offset into another: 4 bytes a field, so that a million rows are no burden.
 */
#include "io/io.h"

#include <stdlib.h>

#define SIZE_LIMIT ((size_t)UINT32_MAX - 2)
#define DETECT_ROWS 50

typedef struct csv_parser {
    cj_context *context;
    const char *name;
    const char *at, *end;
    char separator;
    uint32_t line;
    cj_csv *csv;
    size_t field_count, field_capacity, row_count, row_capacity;
} csv_parser;

static cj_status check_bytes(cj_context *context, const char *name, const uint8_t *p, size_t size)
{
    const uint8_t *zero = size ? memchr(p, 0, size) : NULL;
    if (zero) {
        size_t line = 1;
        for (const uint8_t *q = p; q < zero; q++)
            line += *q == '\n';
        return cj_fail(
            context, CJ_FORMAT,
            "%s, line %zu: a NUL byte: this is no CSV text (or is UTF-16: save it as UTF-8)", name,
            line);
    }
    if (size > SIZE_LIMIT)
        return cj_fail(context, CJ_UNSUPPORTED, "%s: a CSV of more than 4 GiB: split it", name);
    return CJ_OK;
}

/* ---- fields ---- */

static bool is_line_end(char c)
{
    return c == '\n' || c == '\r';
}

static void skip_line_end(csv_parser *p)
{
    if (p->at < p->end && *p->at == '\r')
        p->at++;
    else if (p->at < p->end && *p->at == '\n') {
        p->at++;
        p->line++;
        return;
    } else {
        return;
    }
    if (p->at < p->end && *p->at == '\n')
        p->at++;
    p->line++;
}

static void skip_blanks(csv_parser *p)
{
    while (p->at < p->end && (*p->at == ' ' || *p->at == '\t') && *p->at != p->separator)
        p->at++;
}

static cj_status quoted_field(csv_parser *p)
{
    cj_csv *csv = p->csv;
    uint32_t opened = p->line;
    p->at++;
    for (;; p->at++) {
        if (p->at == p->end)
            return cj_fail(p->context, CJ_FORMAT, "%s, line %u: a quote is opened but never closed",
                           p->name, opened);
        if (*p->at == '"') {
            if (p->at + 1 < p->end && p->at[1] == '"')
                p->at++;
            else
                break;
        } else if (*p->at == '\n' ||
                   (*p->at == '\r' && !(p->at + 1 < p->end && p->at[1] == '\n'))) {
            p->line++;
        }
        csv->text[csv->text_size++] = *p->at;
    }
    p->at++;
    skip_blanks(p);
    if (p->at < p->end && *p->at != p->separator && !is_line_end(*p->at))
        return cj_fail(p->context, CJ_FORMAT,
                       "%s, line %u: text follows a closing quote; a quote inside a quoted field "
                       "is written twice",
                       p->name, p->line);
    return CJ_OK;
}

static void plain_field(csv_parser *p)
{
    cj_csv *csv = p->csv;
    const char *start = p->at;
    while (p->at < p->end && *p->at != p->separator && !is_line_end(*p->at))
        p->at++;
    size_t length = (size_t)(p->at - start);
    while (length && (start[length - 1] == ' ' || start[length - 1] == '\t'))
        length--;
    if (length)
        memcpy(csv->text + csv->text_size, start, length);
    csv->text_size += length;
}

static cj_status next_field(csv_parser *p)
{
    cj_csv *csv = p->csv;
    cj_status status = cj_grow_list(p->context, &csv->field, &p->field_capacity, p->field_count,
                                    sizeof csv->field[0]);
    csv->field_size = p->field_capacity * sizeof csv->field[0];
    if (status != CJ_OK)
        return status;
    csv->field[p->field_count++] = (uint32_t)csv->text_size;
    skip_blanks(p);
    if (p->at < p->end && *p->at == '"')
        status = quoted_field(p);
    else
        plain_field(p);
    csv->text[csv->text_size++] = 0;
    return status;
}

static cj_status next_row(csv_parser *p)
{
    cj_csv *csv = p->csv;
    int64_t fields = 0;
    uint32_t line = p->line;
    for (;;) {
        cj_status status = next_field(p);
        if (status != CJ_OK)
            return status;
        fields++;
        if (p->at == p->end || is_line_end(*p->at))
            break;
        p->at++; /* the separator */
    }
    skip_line_end(p);
    if (p->row_count == 0)
        csv->columns = fields;
    else if (fields != csv->columns)
        return cj_fail(p->context, CJ_FORMAT,
                       "%s, line %u: %lld %s, but the first row has %lld (the separator is '%s')",
                       p->name, line, (long long)fields, cj_of_count(fields, "field", "fields"),
                       (long long)csv->columns,
                       p->separator == '\t' ? "tab" : (char[2]){p->separator, 0});
    cj_status status =
        cj_grow_list(p->context, &csv->line, &p->row_capacity, p->row_count, sizeof csv->line[0]);
    csv->line_size = p->row_capacity * sizeof csv->line[0];
    if (status != CJ_OK)
        return status;
    csv->line[p->row_count++] = line;
    return CJ_OK;
}

static bool skip_empty_lines(csv_parser *p)
{
    for (;;) {
        const char *start = p->at;
        while (p->at < p->end && (*p->at == ' ' || *p->at == '\t'))
            p->at++;
        if (p->at == p->end)
            return false;
        if (!is_line_end(*p->at)) {
            p->at = start;
            return true;
        }
        skip_line_end(p);
    }
}

/* ---- detection ---- */

/* Fields a row when cut at `separator`: the same in each of the first rows, else 0. */
static int64_t fields_a_row(const char *at, const char *end, char separator)
{
    int64_t fields = 1, first = 0;
    int rows = 0;
    bool quoted = false, empty = true;
    for (; at <= end && rows < DETECT_ROWS; at++) {
        char c = at < end ? *at : '\n';
        if (c == '"' && at < end)
            quoted = !quoted;
        if (quoted && at < end) {
            empty = false;
        } else if (is_line_end(c)) {
            if (!empty) {
                if (rows++ == 0)
                    first = fields;
                else if (fields != first)
                    return 0;
            }
            fields = 1;
            empty = true;
        } else {
            fields += c == separator;
            empty = false;
        }
    }
    return first;
}

static char detect_separator(const char *at, const char *end)
{
    static const char candidate[] = {',', ';', '\t', '|'};
    char best = ',';
    int64_t most = 1;
    for (size_t i = 0; i < sizeof candidate; i++) {
        int64_t fields = fields_a_row(at, end, candidate[i]);
        if (fields > most) {
            most = fields;
            best = candidate[i];
        }
    }
    return best;
}

static bool detect_header(const cj_csv *csv, int64_t all_rows)
{
    double number;
    const char *text = csv->text;
    for (int64_t c = 0; c < csv->columns; c++) {
        const char *field = text + csv->field[c];
        if (cj_parse_number(field, &number) || (field[0] == 0 && c > 0))
            return false;
    }
    int64_t rows = CJ_MIN(all_rows, DETECT_ROWS);
    for (int64_t r = 1; r < rows; r++)
        for (int64_t c = 0; c < csv->columns; c++)
            if (cj_parse_number(text + csv->field[r * csv->columns + c], &number))
                return true;
    for (int64_t c = 0; c < csv->columns; c++) {
        for (int64_t r = 1; r < rows; r++)
            if (strcmp(text + csv->field[c], text + csv->field[r * csv->columns + c]) == 0)
                return false;
        for (int64_t other = 0; other < CJ_MIN(c, 256); other++)
            if (strcmp(text + csv->field[c], text + csv->field[other]) == 0)
                return false;
    }
    return true;
}

/* "1,5" made "1.5"; false (and unchanged) where that is no number. */
static bool decimal_point(char *field)
{
    double number;
    char *comma = strchr(field, ',');
    if (!comma)
        return false;
    *comma = '.';
    if (cj_parse_number(field, &number))
        return true;
    *comma = ',';
    return false;
}

/* Files cut at semicolons often have decimal commas: they become points, unless the file has
 * decimal points too. */
static void detect_decimal_comma(cj_csv *csv, size_t fields)
{
    double number;
    size_t first = csv->header ? (size_t)csv->columns : 0;
    bool comma = false;
    for (size_t i = first; i < fields; i++) {
        char *field = csv->text + csv->field[i];
        if (strchr(field, '.') && cj_parse_number(field, &number))
            return;
        if (!comma && decimal_point(field)) {
            *strchr(field, '.') = ',';
            comma = true;
        }
    }
    csv->decimal_comma = comma;
    for (size_t i = first; comma && i < fields; i++)
        decimal_point(csv->text + csv->field[i]);
}

/* ---- entries ---- */

static cj_status parse_text(cj_context *context, const char *name, const char *data, size_t size,
                            const cj_csv_options *options, cj_csv *csv)
{
    csv->text_size =
        size + 2; /* each field ends in a NUL where it ended in a separator or line end */
    csv->text = cj_allocate(context, csv->text_size);
    if (!csv->text)
        return CJ_NO_MEMORY;
    size_t allocated = csv->text_size;
    csv->text_size = 0;
    csv_parser p = {context, name, data, data + size, options->separator, 1, csv, 0, 0, 0, 0};
    if (!p.separator)
        p.separator = detect_separator(data, p.end);
    csv->separator = p.separator;
    cj_status status = CJ_OK;
    while (status == CJ_OK && skip_empty_lines(&p))
        status = next_row(&p);
    csv->text_size = allocated;
    if (status != CJ_OK)
        return status;
    if (p.row_count == 0)
        return cj_fail(context, CJ_FORMAT, "%s: an empty file, where a CSV is wanted", name);
    csv->header =
        options->header > 0 || (options->header == 0 && detect_header(csv, (int64_t)p.row_count));
    csv->rows = (int64_t)p.row_count - csv->header;
    if (csv->separator == ';')
        detect_decimal_comma(csv, p.field_count);
    return CJ_OK;
}

static cj_status parse_plain(cj_context *context, const char *name, const uint8_t *data,
                             size_t size, const cj_csv_options *options, cj_csv *csv)
{
    void *converted = NULL;
    size_t converted_size = 0;
    if (size >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0) {
        data += 3;
        size -= 3;
    }
    cj_status status = check_bytes(context, name, data, size);
    if (status != CJ_OK)
        return status;
    if (!cj_is_utf8(data, size)) {
        csv->latin1 = true;
        status = cj_latin1_to_utf8(context, data, size, &converted, &converted_size);
        if (status == CJ_OK)
            status = check_bytes(context, name, converted, converted_size);
    }
    if (status == CJ_OK)
        status = converted ? parse_text(context, name, converted, converted_size, options, csv)
                           : parse_text(context, name, (const char *)data, size, options, csv);
    if (converted)
        cj_release(context, converted, converted_size);
    return status;
}

cj_status cj_csv_parse(cj_context *context, const char *name, const void *data, size_t size,
                       const cj_csv_options *options, cj_csv *out)
{
    static const cj_csv_options detect = {0, 0};
    void *plain = NULL;
    size_t plain_size = 0;
    cj_status status = CJ_OK;
    *out = (cj_csv){0};
    if (cj_is_gzip(data, size)) {
        status = cj_gzip_inflate(context, name, data, size, SIZE_LIMIT, &plain, &plain_size);
        data = plain;
        size = plain_size;
    }
    if (status == CJ_OK)
        status = parse_plain(context, name, data, size, options ? options : &detect, out);
    if (plain)
        cj_release(context, plain, plain_size);
    if (status != CJ_OK)
        cj_csv_free(context, out);
    return status;
}

cj_status cj_csv_read(cj_context *context, const char *path, const cj_csv_options *options,
                      cj_csv *out)
{
    void *data;
    size_t size;
    *out = (cj_csv){0};
    cj_status status = cj_file_read(context, path, 0, &data, &size);
    if (status != CJ_OK)
        return status;
    status = cj_csv_parse(context, path, data, size, options, out);
    cj_release(context, data, size);
    return status;
}

void cj_csv_free(cj_context *context, cj_csv *csv)
{
    if (csv->text)
        cj_release(context, csv->text, csv->text_size);
    if (csv->field)
        cj_release(context, csv->field, csv->field_size);
    if (csv->line)
        cj_release(context, csv->line, csv->line_size);
    *csv = (cj_csv){0};
}

const char *cj_csv_field(const cj_csv *csv, int64_t row, int64_t column)
{
    return csv->text + csv->field[(row + csv->header) * csv->columns + column];
}

const char *cj_csv_name(const cj_csv *csv, int64_t column)
{
    return csv->header ? csv->text + csv->field[column] : NULL;
}

int64_t cj_csv_line(const cj_csv *csv, int64_t row)
{
    return csv->line[row + csv->header];
}
