/*
 * npy.c - NumPy's array format, versions 1 to 3: "\x93NUMPY", version, header length, the header as
 * a Python dict of 'descr', 'fortran_order' and 'shape', the data.
 */
#include "io/io.h"

#include <stdio.h>

#define HEADER_LIMIT 65536u

typedef struct npy_header {
    char order; /* '<' or '>' */
    char kind;  /* f i u b */
    int size;   /* bytes of an element in the file */
    bool fortran;
    int rank;
    int64_t shape[CJ_MAX_RANK];
    const uint8_t *data;
    size_t data_size;
} npy_header;

/* ---- the header: a small parser of the one dict that can stand there ---- */

typedef struct scanner {
    const char *at, *end;
} scanner;

static void skip_blanks(scanner *s)
{
    while (s->at < s->end && (*s->at == ' ' || *s->at == '\t' || *s->at == '\n'))
        s->at++;
}

static bool take(scanner *s, char c)
{
    skip_blanks(s);
    if (s->at == s->end || *s->at != c)
        return false;
    s->at++;
    return true;
}

static bool take_word(scanner *s, const char *word)
{
    size_t length = strlen(word);
    skip_blanks(s);
    if ((size_t)(s->end - s->at) < length || memcmp(s->at, word, length) != 0)
        return false;
    s->at += length;
    return true;
}

/* A quoted text without escapes into `out`, which has `size` bytes. */
static bool take_text(scanner *s, char *out, size_t size)
{
    skip_blanks(s);
    if (s->at == s->end || (*s->at != '\'' && *s->at != '"'))
        return false;
    char quote = *s->at++;
    size_t n = 0;
    while (s->at < s->end && *s->at != quote) {
        if (*s->at == '\\' || n + 1 >= size)
            return false;
        out[n++] = *s->at++;
    }
    out[n] = 0;
    return take(s, quote);
}

static bool take_extent(scanner *s, int64_t *out)
{
    int64_t value = 0;
    int digits = 0;
    skip_blanks(s);
    while (s->at < s->end && *s->at >= '0' && *s->at <= '9') {
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, *s->at - '0', &value))
            return false;
        s->at++;
        digits++;
    }
    if (s->at < s->end && *s->at == 'L') /* written by Python 2 */
        s->at++;
    *out = value;
    return digits > 0;
}

static bool take_shape(scanner *s, npy_header *h)
{
    if (!take(s, '('))
        return false;
    h->rank = 0;
    while (!take(s, ')')) {
        if (h->rank == CJ_MAX_RANK || !take_extent(s, &h->shape[h->rank]))
            return false;
        h->rank++;
        if (!take(s, ','))
            return take(s, ')');
    }
    return true;
}

enum { HAS_DESCR = 1, HAS_ORDER = 2, HAS_SHAPE = 4 };

static bool take_pair(scanner *s, npy_header *h, char descr[32], int *has)
{
    char key[32];
    if (!take_text(s, key, sizeof key) || !take(s, ':'))
        return false;
    if (strcmp(key, "descr") == 0) {
        *has |= HAS_DESCR;
        if (take_text(s, descr, 32))
            return true;
        descr[0] = 0; /* a record */
        return false;
    }
    if (strcmp(key, "fortran_order") == 0) {
        *has |= HAS_ORDER;
        h->fortran = take_word(s, "True");
        return h->fortran || take_word(s, "False");
    }
    *has |= HAS_SHAPE;
    return strcmp(key, "shape") == 0 && take_shape(s, h);
}

static bool parse_dict(scanner *s, npy_header *h, char descr[32], int *has)
{
    if (!take(s, '{'))
        return false;
    while (!take(s, '}')) {
        if (!take_pair(s, h, descr, has))
            return false;
        if (!take(s, ',')) {
            if (!take(s, '}'))
                return false;
            break;
        }
    }
    return *has == (HAS_DESCR | HAS_ORDER | HAS_SHAPE);
}

/* "<f4": order, kind, bytes. */
static bool parse_descr(const char *descr, npy_header *h)
{
    static const char known[] = "f2 f4 f8 i1 i2 i4 i8 u1 u2 u4 u8 b1";
    char order = descr[0];
    if (strlen(descr) != 3 || !strchr("<>=|", order) || !strchr("fiub", descr[1]) ||
        !strstr(known, descr + 1))
        return false;
    h->order = order == '>' ? '>' : '<';
    h->kind = descr[1];
    h->size = descr[2] - '0';
    return true;
}

static cj_status parse_header(cj_context *context, const char *name, const uint8_t *data,
                              size_t size, npy_header *h)
{
    if (size < 10 || memcmp(data, "\x93NUMPY", 6) != 0)
        return cj_fail(context, CJ_FORMAT, "%s: no npy file: it does not begin with \\x93NUMPY",
                       name);
    if (data[6] < 1 || data[6] > 3)
        return cj_fail(context, CJ_UNSUPPORTED, "%s: npy version %d; 1, 2 and 3 are known", name,
                       data[6]);
    int length_size = data[6] == 1 ? 2 : 4;
    size_t start = 8 + (size_t)length_size;
    uint64_t length = size < start ? UINT64_MAX : cj_load_little(data + 8, length_size);
    if (length > HEADER_LIMIT || length > size - start)
        return cj_fail(
            context, CJ_FORMAT,
            "%s: its npy header is longer than the file (or than %u bytes): get the file again",
            name, HEADER_LIMIT);
    scanner s = {(const char *)data + start, (const char *)data + start + length};
    char descr[32] = "";
    int has = 0;
    bool parsed = parse_dict(&s, h, descr, &has);
    if ((has & HAS_DESCR) && !parse_descr(descr, h))
        return cj_fail(
            context, CJ_UNSUPPORTED,
            "%s: its elements are of type \"%s\"; numbers and booleans of up to 8 bytes are read",
            name, descr[0] ? descr : "record");
    if (!parsed)
        return cj_fail(context, CJ_FORMAT, "%s: its npy header is broken near byte %zu", name,
                       (size_t)((const uint8_t *)s.at - data));
    h->data = data + start + length;
    h->data_size = size - start - (size_t)length;
    return CJ_OK;
}

/* ---- elements ---- */

static cj_dtype dtype_of(const npy_header *h)
{
    switch (h->kind) {
    case 'f': return h->size == 8 ? CJ_F64 : CJ_F32;
    case 'i': return h->size == 1 ? CJ_I8 : h->size == 2 ? CJ_I16 : h->size == 4 ? CJ_I32 : CJ_I64;
    case 'u': return h->size == 1 ? CJ_U8 : h->size == 2 ? CJ_U16 : h->size == 4 ? CJ_U32 : CJ_U64;
    default: return CJ_BOOL;
    }
}

static void store(const npy_header *h, const uint8_t *from, cj_dtype dtype, void *data,
                  size_t index)
{
    uint64_t bits = h->order == '<' ? cj_load_little(from, h->size) : cj_load_big(from, h->size);
    if (h->kind == 'f' && h->size == 2) {
        ((float *)data)[index] = cj_f32_from_f16((uint16_t)bits);
        return;
    }
    if (h->kind == 'b')
        bits = bits != 0;
    memcpy((uint8_t *)data + index * cj_dtype_size(dtype), &bits, cj_dtype_size(dtype));
}

static void load_elements(const npy_header *h, cj_array *array)
{
    size_t count = (size_t)cj_array_count(array);
    bool same = h->order == '<' && (size_t)h->size == cj_dtype_size(array->dtype) && h->kind != 'b';
    if (same && (!h->fortran || h->rank < 2)) {
        if (count)
            memcpy(array->data, h->data, array->size);
        return;
    }
    int64_t index[CJ_MAX_RANK] = {0};
    size_t stride[CJ_MAX_RANK];
    size_t place = 0, step = 1;
    for (int k = 0; k < h->rank; k++) {
        int axis = h->fortran ? k : h->rank - 1 - k;
        stride[axis] = step;
        step *= (size_t)h->shape[axis];
    }
    for (size_t i = 0; i < count; i++) {
        store(h, h->data + place * (size_t)h->size, array->dtype, array->data, i);
        for (int axis = h->rank - 1; axis >= 0; axis--) {
            place += stride[axis];
            if (++index[axis] < h->shape[axis])
                break;
            place -= stride[axis] * (size_t)h->shape[axis];
            index[axis] = 0;
        }
    }
}

cj_status cj_npy_parse(cj_context *context, const char *name, const void *data, size_t size,
                       cj_array *out)
{
    npy_header h = {0};
    *out = (cj_array){0};
    cj_status status = parse_header(context, name, data, size, &h);
    if (status != CJ_OK)
        return status;
    size_t bytes;
    if (!cj_shape_size(h.rank, h.shape, (size_t)h.size, &bytes) || bytes > h.data_size)
        return cj_fail(context, CJ_FORMAT,
                       "%s: its npy header promises more data than the %zu bytes that follow: get "
                       "the file again",
                       name, h.data_size);
    cj_array array;
    status = cj_array_make(context, NULL, dtype_of(&h), h.rank, h.shape, &array);
    if (status != CJ_OK)
        return status;
    load_elements(&h, &array);
    *out = array;
    return CJ_OK;
}

cj_status cj_npy_read(cj_context *context, const char *path, cj_array *out)
{
    void *data;
    size_t size;
    *out = (cj_array){0};
    cj_status status = cj_file_read(context, path, 0, &data, &size);
    if (status != CJ_OK)
        return status;
    status = cj_npy_parse(context, path, data, size, out);
    cj_release(context, data, size);
    return status;
}

/* ---- writing ---- */

static const char *descr_of(cj_dtype dtype)
{
    switch (dtype) {
    case CJ_F32: return "<f4";
    case CJ_F64: return "<f8";
    case CJ_F16: return "<f2";
    case CJ_I8: return "|i1";
    case CJ_I16: return "<i2";
    case CJ_I32: return "<i4";
    case CJ_I64: return "<i8";
    case CJ_U8: return "|u1";
    case CJ_U16: return "<u2";
    case CJ_U32: return "<u4";
    case CJ_U64: return "<u8";
    default: return "|b1";
    }
}

static cj_status write_widened(cj_context *context, const char *path, const cj_array *array)
{
    cj_array wide;
    cj_status status = cj_array_make(context, NULL, CJ_F32, array->rank, array->shape, &wide);
    if (status != CJ_OK)
        return status;
    for (size_t i = 0; i < array->size / 2; i++)
        ((float *)wide.data)[i] = cj_f32_from_bf16(((const uint16_t *)array->data)[i]);
    status = cj_npy_write(context, path, &wide);
    cj_array_free(context, &wide);
    return status;
}

cj_status cj_npy_write(cj_context *context, const char *path, const cj_array *array)
{
    if (array->dtype == CJ_BF16)
        return write_widened(context, path, array);
    char header[64 + 24 * CJ_MAX_RANK];
    int n = snprintf(header, sizeof header, "{'descr': '%s', 'fortran_order': False, 'shape': (",
                     descr_of(array->dtype));
    for (int i = 0; i < array->rank; i++)
        n += snprintf(header + n, sizeof header - (size_t)n, "%lld%s", (long long)array->shape[i],
                      i + 1 < array->rank ? ", "
                      : array->rank == 1  ? ","
                                          : "");
    n += snprintf(header + n, sizeof header - (size_t)n, "), }");
    int padding = 63 - (10 + n) % 64; /* the data begins on a multiple of 64, after a line end */
    uint8_t start[10] = "\x93NUMPY\x01";
    start[8] = (uint8_t)((n + padding + 1) & 0xff);
    start[9] = (uint8_t)((n + padding + 1) >> 8);
    char blanks[64];
    memset(blanks, ' ', sizeof blanks);
    blanks[padding] = '\n';

    cj_buffer buffer = {.context = context};
    cj_status status = cj_buffer_reserve(&buffer, 10 + (size_t)n + 64 + array->size);
    if (status == CJ_OK)
        status = cj_buffer_add(&buffer, start, sizeof start);
    if (status == CJ_OK)
        status = cj_buffer_add(&buffer, header, (size_t)n);
    if (status == CJ_OK)
        status = cj_buffer_add(&buffer, blanks, (size_t)padding + 1);
    if (status == CJ_OK)
        status = cj_buffer_add(&buffer, array->data, array->size);
    if (status == CJ_OK)
        status = cj_file_write(context, path, buffer.data, buffer.size);
    cj_buffer_free(&buffer);
    return status;
}
