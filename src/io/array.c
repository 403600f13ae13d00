/*
 * array.c - arrays and the list of named arrays that files hold; the bytes below them.
 */
#include "io/io.h"

bool cj_shape_size(int rank, const int64_t *shape, size_t item, size_t *out)
{
    size_t size = item;
    bool empty = false;
    for (int i = 0; i < rank; i++) {
        if (shape[i] < 0)
            return false;
        if (shape[i] == 0)
            empty = true;
        else if (!cj_multiply_size(size, (size_t)shape[i], &size))
            return false;
    }
    if (size > (size_t)INT64_MAX)
        return false;
    *out = empty ? 0 : size;
    return true;
}

char *cj_text_copy(cj_context *context, const char *text, size_t length)
{
    char *copy = cj_allocate(context, length + 1);
    if (!copy)
        return NULL;
    memcpy(copy, text, length);
    copy[length] = 0;
    return copy;
}

void cj_text_release(cj_context *context, char *text)
{
    if (text)
        cj_release(context, text, strlen(text) + 1);
}

cj_status cj_grow_list(cj_context *context, void *array_pointer, size_t *capacity, size_t count,
                       size_t item)
{
    void *array;
    if (count < *capacity)
        return CJ_OK;
    memcpy(&array, array_pointer, sizeof array);
    size_t more = *capacity ? *capacity * 2 : 8;
    array = cj_reallocate(context, array, *capacity * item, more * item);
    if (!array)
        return CJ_NO_MEMORY;
    memcpy(array_pointer, &array, sizeof array);
    *capacity = more;
    return CJ_OK;
}

#define PREFIX 16 /* keeps the alignment of the block */

void *cj_prefixed_allocate(cj_context *context, size_t size)
{
    size_t whole = size + PREFIX;
    uint8_t *block = whole > size ? cj_allocate(context, whole) : NULL;
    if (!block)
        return NULL;
    memcpy(block, &whole, sizeof whole);
    return block + PREFIX;
}

void cj_prefixed_release(cj_context *context, void *pointer)
{
    size_t whole;
    if (!pointer)
        return;
    uint8_t *block = (uint8_t *)pointer - PREFIX;
    memcpy(&whole, block, sizeof whole);
    cj_release(context, block, whole);
}

/* ---- buffer ---- */

cj_status cj_buffer_reserve(cj_buffer *buffer, size_t more)
{
    size_t need = buffer->size + more;
    if (need <= buffer->capacity)
        return CJ_OK;
    size_t capacity = CJ_MAX(need, buffer->capacity + buffer->capacity / 2 + 256);
    uint8_t *data = cj_reallocate(buffer->context, buffer->data, buffer->capacity, capacity);
    if (!data)
        return CJ_NO_MEMORY;
    buffer->data = data;
    buffer->capacity = capacity;
    return CJ_OK;
}

cj_status cj_buffer_add(cj_buffer *buffer, const void *data, size_t size)
{
    cj_status status = cj_buffer_reserve(buffer, size);
    if (status != CJ_OK)
        return status;
    if (size)
        memcpy(buffer->data + buffer->size, data, size);
    buffer->size += size;
    return CJ_OK;
}

void cj_buffer_free(cj_buffer *buffer)
{
    if (buffer->data)
        cj_release(buffer->context, buffer->data, buffer->capacity);
    buffer->data = NULL;
    buffer->size = buffer->capacity = 0;
}

cj_status cj_buffer_take(cj_buffer *buffer, void **data, size_t *size)
{
    if (buffer->size != buffer->capacity || !buffer->data) {
        void *exact = cj_allocate(buffer->context, buffer->size);
        if (!exact)
            return CJ_NO_MEMORY;
        if (buffer->size)
            memcpy(exact, buffer->data, buffer->size);
        *data = exact;
        *size = buffer->size;
        cj_buffer_free(buffer);
        return CJ_OK;
    }
    *data = buffer->data;
    *size = buffer->size;
    *buffer = (cj_buffer){.context = buffer->context};
    return CJ_OK;
}

/* ---- arrays ---- */

cj_status cj_array_make(cj_context *context, const char *name, cj_dtype dtype, int rank,
                        const int64_t *shape, cj_array *out)
{
    *out = (cj_array){0};
    if (rank < 0 || rank > CJ_MAX_RANK || (unsigned)dtype >= CJ_DTYPE_COUNT)
        return cj_fail(context, CJ_INVALID, "array \"%s\": rank %d or dtype %d is out of range",
                       name ? name : "", rank, (int)dtype);
    size_t size;
    if (!cj_shape_size(rank, shape, cj_dtype_size(dtype), &size))
        return cj_fail(context, CJ_SHAPE, "array \"%s\": its shape is negative or too large",
                       name ? name : "");
    cj_array array = {.dtype = dtype, .rank = rank, .size = size};
    for (int i = 0; i < rank; i++)
        array.shape[i] = shape[i];
    array.data = cj_allocate_zero(context, size);
    if (!array.data)
        return CJ_NO_MEMORY;
    if (name && !(array.name = cj_text_copy(context, name, strlen(name)))) {
        cj_release(context, array.data, size);
        return CJ_NO_MEMORY;
    }
    *out = array;
    return CJ_OK;
}

void cj_array_free(cj_context *context, cj_array *array)
{
    if (array->data)
        cj_release(context, array->data, array->size);
    cj_text_release(context, array->name);
    *array = (cj_array){0};
}

int64_t cj_array_count(const cj_array *array)
{
    return (int64_t)(array->size / cj_dtype_size(array->dtype));
}

/* ---- tensor files ---- */

cj_tensor_file *cj_tensor_file_new(cj_context *context)
{
    return cj_allocate_zero(context, sizeof(cj_tensor_file));
}

void cj_tensor_file_free(cj_context *context, cj_tensor_file *file)
{
    if (!file)
        return;
    for (size_t i = 0; i < file->count; i++)
        cj_array_free(context, &file->array[i]);
    for (size_t i = 0; i < file->metadata_count; i++) {
        cj_text_release(context, file->metadata[i].key);
        cj_text_release(context, file->metadata[i].value);
    }
    if (file->array)
        cj_release(context, file->array, file->capacity * sizeof file->array[0]);
    if (file->metadata)
        cj_release(context, file->metadata, file->metadata_capacity * sizeof file->metadata[0]);
    cj_release(context, file, sizeof *file);
}

static const char *array_name(const cj_tensor_file *file, size_t i)
{
    return file->array[i].name;
}

static const char *metadata_key(const cj_tensor_file *file, size_t i)
{
    return file->metadata[i].key;
}

/* The place of `name` among the first `count` names, which are sorted, or where it belongs. */
static size_t find(const cj_tensor_file *file, size_t count,
                   const char *(*name_at)(const cj_tensor_file *, size_t), const char *name,
                   bool *found)
{
    size_t low = 0, high = count;
    *found = false;
    while (low < high && !*found) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(name_at(file, middle), name);
        *found = order == 0;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return high;
}

static size_t find_array(const cj_tensor_file *file, const char *name, bool *found)
{
    return find(file, file->count, array_name, name, found);
}

static size_t find_metadata(const cj_tensor_file *file, const char *key, bool *found)
{
    return find(file, file->metadata_count, metadata_key, key, found);
}

cj_status cj_tensor_file_adopt(cj_context *context, cj_tensor_file *file, cj_array *array)
{
    if (!array->name || !array->name[0] || strcmp(array->name, "__metadata__") == 0)
        return cj_fail(context, CJ_INVALID, "an array needs a name, other than \"__metadata__\"");
    bool found;
    size_t place = find_array(file, array->name, &found);
    if (found)
        return cj_fail(context, CJ_INVALID, "there are two arrays named \"%.200s\"", array->name);
    cj_status status =
        cj_grow_list(context, &file->array, &file->capacity, file->count, sizeof file->array[0]);
    if (status != CJ_OK)
        return status;
    memmove(&file->array[place + 1], &file->array[place],
            (file->count - place) * sizeof file->array[0]);
    file->array[place] = *array;
    file->count++;
    *array = (cj_array){0};
    return CJ_OK;
}

cj_status cj_tensor_file_add(cj_context *context, cj_tensor_file *file, const char *name,
                             cj_dtype dtype, int rank, const int64_t *shape, const void *data)
{
    cj_array array;
    cj_status status = cj_array_make(context, name, dtype, rank, shape, &array);
    if (status != CJ_OK)
        return status;
    if (data && array.size)
        memcpy(array.data, data, array.size);
    status = cj_tensor_file_adopt(context, file, &array);
    cj_array_free(context, &array);
    return status;
}

const cj_array *cj_tensor_file_find(const cj_tensor_file *file, const char *name)
{
    bool found;
    size_t place = find_array(file, name, &found);
    return found ? &file->array[place] : NULL;
}

cj_status cj_tensor_file_set(cj_context *context, cj_tensor_file *file, const char *key,
                             const char *value)
{
    bool found;
    size_t place = find_metadata(file, key, &found);
    char *new_value = cj_text_copy(context, value, strlen(value));
    if (!new_value)
        return CJ_NO_MEMORY;
    if (found) {
        cj_text_release(context, file->metadata[place].value);
        file->metadata[place].value = new_value;
        return CJ_OK;
    }
    char *new_key = cj_text_copy(context, key, strlen(key));
    if (!new_key || cj_grow_list(context, &file->metadata, &file->metadata_capacity,
                                 file->metadata_count, sizeof file->metadata[0]) != CJ_OK) {
        cj_text_release(context, new_key);
        cj_text_release(context, new_value);
        return CJ_NO_MEMORY;
    }
    memmove(&file->metadata[place + 1], &file->metadata[place],
            (file->metadata_count - place) * sizeof file->metadata[0]);
    file->metadata[place] = (cj_metadata){new_key, new_value};
    file->metadata_count++;
    return CJ_OK;
}

const char *cj_tensor_file_get(const cj_tensor_file *file, const char *key)
{
    bool found;
    size_t place = find_metadata(file, key, &found);
    return found ? file->metadata[place].value : NULL;
}

cj_status cj_tensor_file_hash(cj_context *context, const cj_tensor_file *file, char text[65])
{
    (void)context;
    cj_sha256 sha;
    uint8_t digest[32];
    cj_sha256_init(&sha);
    for (size_t i = 0; i < file->count; i++) {
        const cj_array *a = &file->array[i];
        const char *dtype = cj_dtype_name(a->dtype);
        uint64_t number[1 + CJ_MAX_RANK] = {(uint64_t)a->rank};
        for (int axis = 0; axis < a->rank; axis++)
            number[1 + axis] = (uint64_t)a->shape[axis];
        cj_sha256_add(&sha, a->name, strlen(a->name) + 1);
        cj_sha256_add(&sha, dtype, strlen(dtype) + 1);
        cj_sha256_add(&sha, number, (size_t)(1 + a->rank) * sizeof number[0]);
        cj_sha256_add(&sha, a->data, a->size);
    }
    cj_sha256_end(&sha, digest);
    cj_sha256_text(digest, text);
    return CJ_OK;
}
