/*
 * safetensors.c - the safetensors format: 8 bytes header length (little-endian), a JSON header, the
 * data.
 *
 * The reader accepts what the format's own reader accepts and nothing more: the header fits the
 * file, tensors lie back to back from the first byte of data to the last, each as long as its dtype
 * and shape say.
 */
#include "io/io.h"

#include <jansson.h>
#include <stdlib.h>

#define HEADER_LIMIT 100000000u /* the format's own limit */

/* The dtypes of the format: its name, bytes of an element, ours; -1: not for us; the halves are
 * converted. */
static const struct format_dtype {
    const char *name;
    size_t size;
    int dtype;
    float (*half)(uint16_t bits);
} format_dtypes[] = {
    {"F32", 4, CJ_F32, NULL},
    {"F64", 8, CJ_F64, NULL},
    {"I32", 4, CJ_I32, NULL},
    {"I64", 8, CJ_I64, NULL},
    {"U8", 1, CJ_U8, NULL},
    {"U32", 4, CJ_U32, NULL},
    {"I8", 1, CJ_I8, NULL},
    {"I16", 2, CJ_I16, NULL},
    {"U16", 2, CJ_U16, NULL},
    {"U64", 8, CJ_U64, NULL},
    {"BOOL", 1, CJ_BOOL, NULL},
    {"F16", 2, CJ_F32, cj_f32_from_f16},
    {"BF16", 2, CJ_F32, cj_f32_from_bf16},
    {"F8_E4M3", 1, -1, NULL},
    {"F8_E5M2", 1, -1, NULL},
    {"F8_E8M0", 1, -1, NULL},
    {"C64", 8, -1, NULL},
};

static const char *format_name(cj_dtype dtype)
{
    for (size_t i = 0; i < CJ_COUNT(format_dtypes); i++)
        if (format_dtypes[i].dtype == (int)dtype && !format_dtypes[i].half)
            return format_dtypes[i].name;
    return dtype == CJ_BF16 ? "BF16" : "F16";
}

/* ---- reading ---- */

typedef struct entry {
    const char *name;
    json_t *value;
    const struct format_dtype *dtype;
    int rank;
    int64_t shape[CJ_MAX_RANK];
    uint64_t begin, end;
} entry;

typedef struct reader {
    cj_context *context;
    const char *name;
    const uint8_t *data; /* after the header */
    uint64_t size;
    entry *entry;
    size_t count;
} reader;

static int by_name(const void *a, const void *b)
{
    return strcmp(((const entry *)a)->name, ((const entry *)b)->name);
}

static int by_place(const void *a, const void *b)
{
    const entry *x = a, *y = b;
    if (x->begin != y->begin)
        return x->begin < y->begin ? -1 : 1;
    return x->end < y->end ? -1 : x->end > y->end;
}

static cj_status bad_entry(const reader *r, const entry *e, const char *what)
{
    return cj_fail(r->context, CJ_FORMAT, "%s: tensor \"%.100s\": %s", r->name, e->name, what);
}

static cj_status parse_shape(const reader *r, entry *e, const json_t *shape)
{
    if (!json_is_array(shape))
        return bad_entry(r, e, "its shape is no list");
    if (json_array_size(shape) > CJ_MAX_RANK)
        return cj_fail(r->context, CJ_UNSUPPORTED,
                       "%s: tensor \"%.100s\" has %zu axes; at most %d are supported", r->name,
                       e->name, json_array_size(shape), CJ_MAX_RANK);
    e->rank = (int)json_array_size(shape);
    for (int i = 0; i < e->rank; i++) {
        const json_t *extent = json_array_get(shape, (size_t)i);
        if (!json_is_integer(extent) || json_integer_value(extent) < 0)
            return bad_entry(r, e, "an extent of its shape is no whole number");
        e->shape[i] = json_integer_value(extent);
    }
    return CJ_OK;
}

static cj_status parse_entry(const reader *r, entry *e)
{
    const json_t *dtype = json_object_get(e->value, "dtype");
    const json_t *offsets = json_object_get(e->value, "data_offsets");
    if (!json_is_string(dtype))
        return bad_entry(r, e, "its header has no dtype");
    for (size_t i = 0; i < CJ_COUNT(format_dtypes); i++)
        if (strcmp(format_dtypes[i].name, json_string_value(dtype)) == 0)
            e->dtype = &format_dtypes[i];
    if (!e->dtype)
        return cj_fail(r->context, CJ_FORMAT, "%s: tensor \"%.100s\": unknown dtype \"%.20s\"",
                       r->name, e->name, json_string_value(dtype));
    if (e->dtype->dtype < 0)
        return cj_fail(
            r->context, CJ_UNSUPPORTED,
            "%s: tensor \"%.100s\" has dtype %s, which is not supported: save it as F32, F64, "
            "F16, BF16, an integer of 8 to 64 bits or BOOL",
            r->name, e->name, e->dtype->name);
    cj_status status = parse_shape(r, e, json_object_get(e->value, "shape"));
    if (status != CJ_OK)
        return status;
    if (json_array_size(offsets) != 2)
        return bad_entry(r, e, "its data_offsets are no pair");
    const json_t *begin = json_array_get(offsets, 0), *end = json_array_get(offsets, 1);
    if (!json_is_integer(begin) || !json_is_integer(end) || json_integer_value(begin) < 0 ||
        json_integer_value(end) < json_integer_value(begin))
        return bad_entry(r, e, "its data_offsets are no whole numbers in order");
    e->begin = (uint64_t)json_integer_value(begin);
    e->end = (uint64_t)json_integer_value(end);
    size_t size;
    if (!cj_shape_size(e->rank, e->shape, e->dtype->size, &size) || size != e->end - e->begin)
        return bad_entry(r, e,
                         "its shape and dtype do not give the size that its data_offsets have");
    if (e->end > r->size)
        return cj_fail(
            r->context, CJ_FORMAT,
            "%s: tensor \"%.100s\" ends at byte %llu of the data, which has %llu: the file is cut "
            "short, get it again",
            r->name, e->name, (unsigned long long)e->end, (unsigned long long)r->size);
    return CJ_OK;
}

static cj_status parse_metadata(const reader *r, json_t *metadata, cj_tensor_file *file)
{
    const char *key;
    json_t *value;
    if (!json_is_object(metadata))
        return cj_fail(r->context, CJ_FORMAT, "%s: __metadata__ is no object", r->name);
    json_object_foreach(metadata, key, value)
    {
        if (!json_is_string(value))
            return cj_fail(r->context, CJ_FORMAT, "%s: __metadata__: \"%.100s\" is no text",
                           r->name, key);
        cj_status status = cj_tensor_file_set(r->context, file, key, json_string_value(value));
        if (status != CJ_OK)
            return status;
    }
    return CJ_OK;
}

/* Tensors must lie back to back: neither overlaps nor holes, in which data could hide. */
static cj_status check_layout(const reader *r)
{
    uint64_t end = 0;
    qsort(r->entry, r->count, sizeof r->entry[0], by_place);
    for (size_t i = 0; i < r->count; i++) {
        if (r->entry[i].begin != end)
            return bad_entry(r, &r->entry[i],
                             r->entry[i].begin < end ? "it overlaps another tensor"
                                                     : "there is a hole before its data");
        end = r->entry[i].end;
    }
    if (end != r->size)
        return cj_fail(r->context, CJ_FORMAT,
                       "%s: the tensors end at byte %llu of the data, which has %llu", r->name,
                       (unsigned long long)end, (unsigned long long)r->size);
    return CJ_OK;
}

static cj_status load_entry(const reader *r, const entry *e, cj_tensor_file *file)
{
    cj_array array;
    cj_status status =
        cj_array_make(r->context, e->name, (cj_dtype)e->dtype->dtype, e->rank, e->shape, &array);
    if (status != CJ_OK)
        return status;
    const uint8_t *from = r->data + e->begin;
    if (e->dtype->half) {
        float *to = array.data;
        for (size_t i = 0; i < array.size / sizeof *to; i++)
            to[i] = e->dtype->half((uint16_t)cj_load_little(from + 2 * i, 2));
    } else if (array.size) {
        memcpy(array.data, from, array.size);
    }
    if (array.dtype == CJ_BOOL) {
        const uint8_t *value = array.data;
        for (size_t i = 0; i < array.size; i++)
            if (value[i] > 1) {
                cj_array_free(r->context, &array);
                return bad_entry(r, e, "a BOOL is neither 0 nor 1");
            }
    }
    status = cj_tensor_file_adopt(r->context, file, &array);
    cj_array_free(r->context, &array);
    return status;
}

static cj_status parse_header(reader *r, json_t *header, cj_tensor_file *file)
{
    const char *key;
    json_t *value;
    cj_status status = CJ_OK;
    json_object_foreach(header, key, value)
    {
        if (strcmp(key, "__metadata__") == 0) {
            if ((status = parse_metadata(r, value, file)) != CJ_OK)
                return status;
            continue;
        }
        entry *e = &r->entry[r->count++];
        *e = (entry){.name = key, .value = value};
        if (!key[0])
            return cj_fail(r->context, CJ_FORMAT, "%s: a tensor has no name", r->name);
        if ((status = parse_entry(r, e)) != CJ_OK)
            return status;
    }
    if ((status = check_layout(r)) != CJ_OK)
        return status;
    qsort(r->entry, r->count, sizeof r->entry[0], by_name);
    for (size_t i = 0; i < r->count && status == CJ_OK; i++)
        status = load_entry(r, &r->entry[i], file);
    return status;
}

static cj_status load_header(cj_context *context, const char *name, const uint8_t *data,
                             size_t size, json_t **header, uint64_t *header_size)
{
    if (size < 8)
        return cj_fail(
            context, CJ_FORMAT,
            "%s: no safetensors file: it has %zu bytes, and the length of the header alone takes 8",
            name, size);
    uint64_t length = cj_load_little(data, 8);
    if (length > HEADER_LIMIT || length > size - 8 || length < 2 || data[8] != '{')
        return cj_fail(
            context, CJ_FORMAT,
            "%s: no safetensors file, or one cut short: its first 8 bytes give a header of "
            "%llu bytes, the file has %zu",
            name, (unsigned long long)length, size);
    json_error_t error;
    *header = json_loadb((const char *)data + 8, (size_t)length, JSON_REJECT_DUPLICATES, &error);
    if (!*header) {
        if (json_error_code(&error) == json_error_out_of_memory)
            return cj_fail(context, CJ_NO_MEMORY, "%s: no memory for its header", name);
        return cj_fail(context, CJ_FORMAT, "%s: its header is broken at byte %d: %s", name,
                       error.position + 8, error.text);
    }
    *header_size = length;
    return CJ_OK;
}

cj_status cj_safetensors_parse(cj_context *context, const char *name, const void *data, size_t size,
                               cj_tensor_file **out)
{
    json_t *header;
    uint64_t header_size = 0;
    *out = NULL;
    cj_status status = load_header(context, name, data, size, &header, &header_size);
    if (status != CJ_OK)
        return status;
    size_t entries = json_object_size(header);
    reader r = {context,
                name,
                (const uint8_t *)data + 8 + header_size,
                size - 8 - header_size,
                cj_allocate(context, entries * sizeof(entry)),
                0};
    cj_tensor_file *file = r.entry ? cj_tensor_file_new(context) : NULL;
    status = file ? parse_header(&r, header, file) : CJ_NO_MEMORY;
    if (r.entry)
        cj_release(context, r.entry, entries * sizeof(entry));
    json_decref(header);
    if (status == CJ_OK)
        *out = file;
    else
        cj_tensor_file_free(context, file);
    return status;
}

cj_status cj_safetensors_read(cj_context *context, const char *path, cj_tensor_file **out)
{
    void *data;
    size_t size;
    *out = NULL;
    cj_status status = cj_file_read(context, path, 0, &data, &size);
    if (status != CJ_OK)
        return status;
    status = cj_safetensors_parse(context, path, data, size, out);
    cj_release(context, data, size);
    return status;
}

/* ---- writing ---- */

static int add_text(const char *text, size_t size, void *buffer)
{
    return cj_buffer_add(buffer, text, size) == CJ_OK ? 0 : -1;
}

static json_t *metadata_json(const cj_tensor_file *file)
{
    json_t *object = json_object();
    for (size_t i = 0; object && i < file->metadata_count; i++)
        if (json_object_set_new(object, file->metadata[i].key,
                                json_string(file->metadata[i].value)) != 0) {
            json_decref(object);
            return NULL;
        }
    return object;
}

static json_t *array_json(const cj_array *a, uint64_t begin)
{
    json_t *shape = json_array();
    for (int i = 0; i < a->rank; i++)
        if (json_array_append_new(shape, json_integer(a->shape[i])) != 0) {
            json_decref(shape);
            return NULL;
        }
    return json_pack("{s:s, s:o, s:[I, I]}", "dtype", format_name(a->dtype), "shape", shape,
                     "data_offsets", (json_int_t)begin, (json_int_t)(begin + a->size));
}

/* Widest elements first, so that each tensor lies on a multiple of its element's size; then by
 * name. */
static uint64_t place_of(const cj_tensor_file *file, size_t index)
{
    uint64_t place = 0;
    size_t width = cj_dtype_size(file->array[index].dtype);
    for (size_t i = 0; i < file->count; i++) {
        size_t other = cj_dtype_size(file->array[i].dtype);
        if (other > width || (other == width && i < index))
            place += file->array[i].size;
    }
    return place;
}

static cj_status render_header(cj_context *context, const cj_tensor_file *file, json_t *header,
                               const uint64_t *place, cj_buffer *buffer)
{
    cj_status status;
    if (file->metadata_count &&
        json_object_set_new(header, "__metadata__", metadata_json(file)) != 0)
        return cj_fail(context, CJ_INVALID,
                       "the metadata cannot be saved: there is no memory, or a text is no UTF-8");
    for (size_t i = 0; i < file->count; i++)
        if (json_object_set_new(header, file->array[i].name,
                                array_json(&file->array[i], place[i])) != 0)
            return cj_fail(
                context, CJ_INVALID,
                "tensor \"%.100s\" cannot be saved: there is no memory, or its name is no UTF-8",
                file->array[i].name);
    uint64_t length = 0;
    if ((status = cj_buffer_add(buffer, &length, sizeof length)) != CJ_OK)
        return status;
    if (json_dump_callback(header, add_text, buffer, JSON_COMPACT) != 0)
        return cj_fail(context, CJ_NO_MEMORY, "no memory to write the header of the tensors");
    while (buffer->size % 8)
        if ((status = cj_buffer_add(buffer, " ", 1)) != CJ_OK)
            return status;
    length = buffer->size - 8;
    memcpy(buffer->data, &length, sizeof length);
    return CJ_OK;
}

cj_status cj_safetensors_render(cj_context *context, const cj_tensor_file *file, void **data,
                                size_t *size)
{
    cj_buffer buffer = {.context = context};
    uint64_t total = 0;
    *data = NULL;
    *size = 0;
    uint64_t *place = cj_allocate(context, file->count * sizeof *place);
    if (!place)
        return CJ_NO_MEMORY;
    for (size_t i = 0; i < file->count; i++) {
        place[i] = place_of(file, i);
        total += file->array[i].size;
    }
    json_t *header = json_object();
    cj_status status = header ? render_header(context, file, header, place, &buffer)
                              : cj_fail(context, CJ_NO_MEMORY, "no memory for a header");
    json_decref(header);
    if (status == CJ_OK)
        status = cj_buffer_reserve(&buffer, total);
    if (status == CJ_OK) {
        for (size_t i = 0; i < file->count; i++)
            if (file->array[i].size)
                memcpy(buffer.data + buffer.size + place[i], file->array[i].data,
                       file->array[i].size);
        buffer.size += total;
        status = cj_buffer_take(&buffer, data, size);
    }
    cj_buffer_free(&buffer);
    cj_release(context, place, file->count * sizeof *place);
    return status;
}

cj_status cj_safetensors_write(cj_context *context, const char *path, const cj_tensor_file *file)
{
    void *data;
    size_t size;
    cj_status status = cj_safetensors_render(context, file, &data, &size);
    if (status != CJ_OK)
        return status;
    status = cj_file_write(context, path, data, size);
    cj_release(context, data, size);
    return status;
}
