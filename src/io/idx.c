/*
 * idx.c - IDX, the format of MNIST: 0, 0, type, rank; an extent an axis (big-endian u32); the data,
 * big-endian.
 */
#include "io/io.h"

static const struct idx_type {
    uint8_t code;
    int size;
    cj_dtype dtype;
} idx_types[] = {
    {0x08, 1, CJ_U8},  {0x09, 1, CJ_I32}, {0x0b, 2, CJ_I32},
    {0x0c, 4, CJ_I32}, {0x0d, 4, CJ_F32}, {0x0e, 8, CJ_F64},
};

/* Elements of the file, big-endian, into the array: i8 and i16 are sign-extended. */
static void load_elements(const struct idx_type *type, const uint8_t *from, cj_array *array)
{
    int64_t count = cj_array_count(array);
    for (int64_t i = 0; i < count; i++, from += type->size) {
        uint64_t bits = cj_load_big(from, type->size);
        if (type->size == 8) {
            memcpy((uint64_t *)array->data + i, &bits, 8);
        } else {
            uint32_t word = (uint32_t)bits, sign = 1u << (8 * type->size - 1);
            if (type->size < 4)
                word = (word ^ sign) - sign;
            memcpy((uint32_t *)array->data + i, &word, 4);
        }
    }
}

typedef struct idx_reader {
    cj_context *context;
    const char *name;
    size_t size; /* of the file */
    bool gzip;
    cj_source *source;
} idx_reader;

static cj_status fail_length(const idx_reader *r, const char *how)
{
    return cj_fail(r->context, CJ_FORMAT,
                   "%s: its IDX header does not fit its length: the data is %s than it says: get "
                   "the file again",
                   r->name, how);
}

static cj_status read_header(const idx_reader *r, const struct idx_type **type, int *rank,
                             int64_t *shape, size_t *bytes)
{
    uint8_t head[4 + 4 * CJ_MAX_RANK];
    size_t got, header;
    cj_status status = cj_source_read(r->source, head, 4, &got);
    if (status != CJ_OK)
        return status;
    if (got < 4 || head[0] != 0 || head[1] != 0)
        return cj_fail(r->context, CJ_FORMAT,
                       "%s: no IDX file: it does not begin with two zero bytes, a type and a rank",
                       r->name);
    for (size_t i = 0; i < CJ_COUNT(idx_types); i++)
        if (idx_types[i].code == head[2])
            *type = &idx_types[i];
    *rank = head[3];
    if (!*type || *rank == 0 || *rank > CJ_MAX_RANK)
        return cj_fail(r->context, CJ_FORMAT,
                       "%s: no IDX file that can be read: type 0x%02x, %d axes (bytes 2 and 3)",
                       r->name, head[2], *rank);
    header = 4 * (size_t)*rank;
    if ((status = cj_source_read(r->source, head + 4, header, &got)) != CJ_OK)
        return status;
    if (got < header)
        return fail_length(r, "less");
    for (int i = 0; i < *rank; i++)
        shape[i] = (int64_t)cj_load_big(head + 4 + 4 * i, 4);
    /* Before memory is taken: what the file can hold, deflate's best ratio being 1032. */
    bool fits = cj_shape_size(*rank, shape, (size_t)(*type)->size, bytes);
    size_t most =
        r->gzip ? (r->size < SIZE_MAX / 1032 ? r->size * 1032 : SIZE_MAX) : r->size - 4 - header;
    return fits && *bytes <= most ? CJ_OK : fail_length(r, "less");
}

/* Exactly `bytes` bytes, and then the end. */
static cj_status read_data(const idx_reader *r, void *data, size_t bytes)
{
    size_t got;
    uint8_t more;
    cj_status status = cj_source_read(r->source, data, bytes, &got);
    if (status == CJ_OK && got < bytes)
        return fail_length(r, "less");
    if (status == CJ_OK)
        status = cj_source_read(r->source, &more, 1, &got);
    return status == CJ_OK && got ? fail_length(r, "more") : status;
}

static cj_status read_array(const idx_reader *r, cj_array *array)
{
    const struct idx_type *type = NULL;
    int rank = 0;
    int64_t shape[CJ_MAX_RANK];
    size_t bytes = 0;
    cj_status status = read_header(r, &type, &rank, shape, &bytes);
    if (status == CJ_OK)
        status = cj_array_make(r->context, NULL, type->dtype, rank, shape, array);
    if (status != CJ_OK)
        return status;
    if (type->dtype == CJ_U8)
        return read_data(r, array->data, bytes);
    uint8_t *raw = cj_allocate(r->context, bytes);
    if (!raw)
        return CJ_NO_MEMORY;
    status = read_data(r, raw, bytes);
    if (status == CJ_OK)
        load_elements(type, raw, array);
    cj_release(r->context, raw, bytes);
    return status;
}

cj_status cj_idx_parse(cj_context *context, const char *name, const void *data, size_t size,
                       cj_array *out)
{
    idx_reader r = {context, name, size, cj_is_gzip(data, size), NULL};
    cj_array array = {0};
    *out = array;
    cj_status status = cj_source_open(context, name, data, size, &r.source);
    if (status == CJ_OK)
        status = read_array(&r, &array);
    cj_source_close(r.source);
    if (status == CJ_OK)
        *out = array;
    else
        cj_array_free(context, &array);
    return status;
}

cj_status cj_idx_read(cj_context *context, const char *path, cj_array *out)
{
    void *data;
    size_t size;
    *out = (cj_array){0};
    cj_status status = cj_file_read(context, path, 0, &data, &size);
    if (status != CJ_OK)
        return status;
    status = cj_idx_parse(context, path, data, size, out);
    cj_release(context, data, size);
    return status;
}
