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

static void load_elements(const struct idx_type *type, const uint8_t *from, cj_array *array)
{
    size_t count = array->size / cj_dtype_size(array->dtype);
    if (type->code == 0x08) {
        if (count)
            memcpy(array->data, from, count);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        uint64_t bits = cj_load_big(from + i * (size_t)type->size, type->size);
        if (type->size == 8) {
            memcpy((uint64_t *)array->data + i, &bits, 8);
        } else {
            uint32_t word = (uint32_t)bits;
            if (type->size < 4) { /* sign-extend i8 and i16 */
                uint32_t sign = 1u << (8 * type->size - 1);
                word = (word ^ sign) - sign;
            }
            memcpy((uint32_t *)array->data + i, &word, 4);
        }
    }
}

static cj_status parse_plain(cj_context *context, const char *name, const uint8_t *data,
                             size_t size, cj_array *out)
{
    const struct idx_type *type = NULL;
    if (size < 4 || data[0] != 0 || data[1] != 0)
        return cj_fail(context, CJ_FORMAT,
                       "%s: no IDX file: it does not begin with two zero bytes, a type and a rank",
                       name);
    for (size_t i = 0; i < CJ_COUNT(idx_types); i++)
        if (idx_types[i].code == data[2])
            type = &idx_types[i];
    int rank = data[3];
    if (!type || rank == 0 || rank > CJ_MAX_RANK)
        return cj_fail(context, CJ_FORMAT,
                       "%s: no IDX file that can be read: type 0x%02x, %d axes (bytes 2 and 3)",
                       name, data[2], rank);
    size_t header = 4 + 4 * (size_t)rank, bytes;
    int64_t shape[CJ_MAX_RANK];
    if (size < header)
        return cj_fail(context, CJ_FORMAT,
                       "%s: ends at byte %zu, within the IDX header: get the file again", name,
                       size);
    for (int i = 0; i < rank; i++)
        shape[i] = (int64_t)cj_load_big(data + 4 + 4 * i, 4);
    if (!cj_shape_size(rank, shape, (size_t)type->size, &bytes) || bytes != size - header)
        return cj_fail(context, CJ_FORMAT,
                       "%s: its IDX header does not fit its length: %zu bytes of data follow it, "
                       "which is %s than it "
                       "says: get the file again",
                       name, size - header,
                       cj_shape_size(rank, shape, (size_t)type->size, &bytes) &&
                               bytes < size - header
                           ? "more"
                           : "less");
    cj_status status = cj_array_make(context, NULL, type->dtype, rank, shape, out);
    if (status == CJ_OK)
        load_elements(type, data + header, out);
    return status;
}

cj_status cj_idx_parse(cj_context *context, const char *name, const void *data, size_t size,
                       cj_array *out)
{
    *out = (cj_array){0};
    if (!cj_is_gzip(data, size))
        return parse_plain(context, name, data, size, out);
    void *plain;
    size_t plain_size;
    /* Deflate cannot do better than 1032 : 1, so that this bounds memory by the file's own size. */
    size_t limit = size < SIZE_MAX / 1100 ? size * 1100 : SIZE_MAX - 1;
    cj_status status = cj_gzip_inflate(context, name, data, size, CJ_MIN(limit, (size_t)1 << 34),
                                       &plain, &plain_size);
    if (status != CJ_OK)
        return status;
    status = parse_plain(context, name, plain, plain_size, out);
    cj_release(context, plain, plain_size);
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
