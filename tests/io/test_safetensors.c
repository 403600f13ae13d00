/* safetensors: what torch wrote, round trips, hostile headers, every truncation, every allocation.
 */
#include "io/io_test.h"

static cj_status parse(cj_context *context, const void *data, size_t size)
{
    cj_tensor_file *file;
    cj_status status = cj_safetensors_parse(context, "test", data, size, &file);
    cj_tensor_file_free(context, file);
    return status;
}

static void reads_what_torch_wrote(void **state)
{
    (void)state;
    cj_context *c = test_context(NULL);
    cj_tensor_file *file;
    assert_ok(c, cj_safetensors_read(c, golden_path("torch.safetensors"), &file));
    assert_int_equal(file->count, 10);
    assert_string_equal(cj_tensor_file_get(file, "who"), "torch");
    assert_null(cj_tensor_file_get(file, "nobody"));
    for (size_t i = 1; i < file->count; i++)
        assert_true(strcmp(file->array[i - 1].name, file->array[i].name) < 0);

    static const char *const quarters[] = {"f32", "half", "brain"};
    for (size_t k = 0; k < 3; k++) {
        const cj_array *a = cj_tensor_file_find(file, quarters[k]);
        assert_int_equal(a->dtype, CJ_F32);
        assert_int_equal(a->rank, 2);
        assert_int_equal(a->shape[0], 2);
        assert_int_equal(a->shape[1], 3);
        for (int i = 0; i < 6; i++)
            assert_true(((float *)a->data)[i] == (float)i / 4);
    }
    const cj_array *wide = cj_tensor_file_find(file, "i64");
    assert_int_equal(wide->dtype, CJ_I64);
    assert_int_equal(((int64_t *)wide->data)[5], 5);
    const cj_array *truth = cj_tensor_file_find(file, "bool");
    assert_int_equal(truth->dtype, CJ_BOOL);
    assert_memory_equal(truth->data, ((uint8_t[]){0, 1, 0, 1, 0, 1}), 6);
    assert_int_equal(cj_tensor_file_find(file, "scalar")->rank, 0);
    assert_int_equal(cj_tensor_file_find(file, "empty")->size, 0);
    cj_tensor_file_free(c, file);

    assert_ok(c, cj_safetensors_read(c, golden_path("int16.safetensors"), &file));
    assert_int_equal(cj_tensor_file_find(file, "short")->dtype, CJ_I16);
    cj_tensor_file_free(c, file);
    assert_int_equal(cj_safetensors_read(c, golden_path("absent"), &file), CJ_NOT_FOUND);
    cj_context_free(c);
}

static cj_tensor_file *make_file(cj_context *c, bool reversed)
{
    cj_tensor_file *file = cj_tensor_file_new(c);
    float f[6] = {0, -1.5f, 2, 3, 4, 5};
    uint8_t flag[3] = {1, 0, 1};
    if (!reversed) {
        assert_ok(c, cj_tensor_file_add(c, file, "a.flag", CJ_BOOL, 1, (int64_t[]){3}, flag));
        assert_ok(c, cj_tensor_file_set(c, file, "key", "old"));
    }
    assert_ok(c, cj_tensor_file_add(c, file, "b.\"weight\"\n", CJ_F32, 2, (int64_t[]){2, 3}, f));
    assert_ok(c, cj_tensor_file_add(c, file, "c", CJ_I64, 0, NULL, NULL));
    if (reversed)
        assert_ok(c, cj_tensor_file_add(c, file, "a.flag", CJ_BOOL, 1, (int64_t[]){3}, flag));
    assert_ok(c, cj_tensor_file_set(c, file, "z", "\xc3\xa4"));
    assert_ok(c, cj_tensor_file_set(c, file, "key", "value"));
    return file;
}

static void equal_input_gives_equal_bytes(void **state)
{
    (void)state;
    cj_context *c = test_context(NULL);
    cj_tensor_file *a = make_file(c, false), *b = make_file(c, true), *back;
    void *x, *y;
    size_t n, m;
    char hash_a[65], hash_back[65];
    assert_ok(c, cj_safetensors_render(c, a, &x, &n));
    assert_ok(c, cj_safetensors_render(c, b, &y, &m));
    assert_int_equal(n, m);
    assert_memory_equal(x, y, n);
    uint64_t header;
    memcpy(&header, x, 8);
    assert_int_equal(header % 8, 0);

    assert_ok(c, cj_safetensors_parse(c, "back", x, n, &back));
    assert_int_equal(back->count, 3);
    assert_string_equal(cj_tensor_file_get(back, "key"), "value");
    assert_string_equal(cj_tensor_file_get(back, "z"), "\xc3\xa4");
    const cj_array *weight = cj_tensor_file_find(back, "b.\"weight\"\n");
    assert_true(((float *)weight->data)[1] == -1.5f);
    assert_ok(c, cj_tensor_file_hash(c, a, hash_a));
    assert_ok(c, cj_tensor_file_hash(c, back, hash_back));
    assert_string_equal(hash_a, hash_back);
    ((float *)weight->data)[0] = 1;
    assert_ok(c, cj_tensor_file_hash(c, back, hash_back));
    assert_string_not_equal(hash_a, hash_back);

    cj_release(c, x, n);
    cj_release(c, y, m);
    cj_tensor_file_free(c, a);
    cj_tensor_file_free(c, b);
    cj_tensor_file_free(c, back);
    cj_context_free(c);
}

/* The encoding of the header, byte by byte: sha256("w\0f32\0" + u64 1 + u64 2 + two floats), by
 * another program. */
static void hash_is_what_the_header_says(void **state)
{
    (void)state;
    cj_context *c = test_context(NULL);
    cj_tensor_file *file = cj_tensor_file_new(c);
    char hash[65];
    assert_ok(c, cj_tensor_file_add(c, file, "w", CJ_F32, 1, (int64_t[]){2}, (float[]){1, 2}));
    assert_ok(c, cj_tensor_file_hash(c, file, hash));
    assert_string_equal(hash, "936c1d717851fbc5a60c54dbcdffd259ce7887f48dcb06c5a9b1b026f5be51e2");
    cj_tensor_file_free(c, file);
    cj_context_free(c);
}

static void bad_names_are_refused(void **state)
{
    (void)state;
    cj_context *c = test_context(NULL);
    cj_tensor_file *file = make_file(c, false);
    assert_refused(c, cj_tensor_file_add(c, file, "c", CJ_F32, 0, NULL, NULL), CJ_INVALID,
                   "two arrays");
    assert_int_equal(cj_tensor_file_add(c, file, "", CJ_F32, 0, NULL, NULL), CJ_INVALID);
    assert_int_equal(cj_tensor_file_add(c, file, "__metadata__", CJ_F32, 0, NULL, NULL),
                     CJ_INVALID);
    assert_int_equal(cj_tensor_file_add(c, file, "x", CJ_F32, 1, (int64_t[]){-1}, NULL), CJ_SHAPE);
    assert_int_equal(cj_tensor_file_add(c, file, "x", CJ_F32, 2, (int64_t[]){INT64_MAX, 8}, NULL),
                     CJ_SHAPE);
    cj_tensor_file_free(c, file);
    cj_context_free(c);
}

/* A file of this header, the length in front, and `data` zero bytes after it. */
static cj_status parse_header(cj_context *c, const char *header, size_t data)
{
    uint8_t bytes[4096] = {0};
    uint64_t length = strlen(header);
    memcpy(bytes, &length, 8);
    memcpy(bytes + 8, header, length);
    return parse(c, bytes, 8 + length + data);
}

static void hostile_headers(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        size_t data;
        cj_status status;
        const char *text;
    } cases[] = {
        {"{}", 0, CJ_OK, ""},
        {"{}", 1, CJ_FORMAT, "the tensors end at byte 0"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4, CJ_OK, ""},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4, CJ_FORMAT,
         "its shape and dtype"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", 8, CJ_FORMAT,
         "a hole"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
         "\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[2,6]}}",
         6, CJ_FORMAT, "overlaps"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
         "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}",
         8, CJ_FORMAT, "duplicate"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 2, CJ_FORMAT,
         "cut short"},
        {"{\"a\":{\"dtype\":\"F33\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4, CJ_FORMAT,
         "unknown dtype"},
        {"{\"a\":{\"dtype\":\"C64\",\"shape\":[1],\"data_offsets\":[0,8]}}", 8, CJ_UNSUPPORTED,
         "C64"},
        {"{\"a\":{\"dtype\":\"BOOL\",\"shape\":[-1],\"data_offsets\":[0,0]}}", 0, CJ_FORMAT,
         "whole number"},
        {"{\"a\":{\"dtype\":\"F64\",\"shape\":[2305843009213693952,8],\"data_offsets\":[0,0]}}", 0,
         CJ_FORMAT, "its shape"},
        {"{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[-1,0]}}", 1, CJ_FORMAT,
         "data_offsets"},
        {"{\"a\":{\"dtype\":\"U8\",\"shape\":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1],\"data_offsets\":["
         "0,1]}}",
         1, CJ_UNSUPPORTED, "17 axes"},
        {"{\"a\":[]}", 0, CJ_FORMAT, "no dtype"},
        {"{\"a\":{}}", 0, CJ_FORMAT, "no dtype"},
        {"{\"\":{}}", 0, CJ_FORMAT, "no name"},
        {"{\"__metadata__\":{\"a\":1}}", 0, CJ_FORMAT, "is no text"},
        {"{\"__metadata__\":[]}", 0, CJ_FORMAT, "no object"},
        {"{\"a\\u0000b\":{}}", 0, CJ_FORMAT, "broken"},
        {"[]", 0, CJ_FORMAT, "no safetensors"},
        {"{", 0, CJ_FORMAT, "no safetensors"},
        {"{]", 0, CJ_FORMAT, "broken"},
    };
    cj_context *c = test_context(NULL);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cj_error_clear(c);
        assert_refused(c, parse_header(c, cases[i].header, cases[i].data), cases[i].status,
                       cases[i].text);
    }
    uint8_t huge[16] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, '{', '}'};
    assert_refused(c, parse(c, huge, sizeof huge), CJ_FORMAT, "no safetensors");
    assert_refused(
        c, parse_header(c, "{\"a\":{\"dtype\":\"BOOL\",\"shape\":[1],\"data_offsets\":[0,1]}}", 1),
        CJ_OK, "");
    cj_context_free(c);
}

static void every_truncation(void **state)
{
    (void)state;
    assert_int_equal(test_each_prefix(golden_path("torch.safetensors"), parse), 0);
}

static cj_status write_and_read(cj_context *c, void *path)
{
    cj_tensor_file *file = cj_tensor_file_new(c), *back = NULL;
    cj_status status =
        file ? cj_tensor_file_add(c, file, "w", CJ_F32, 1, (int64_t[]){2}, NULL) : CJ_NO_MEMORY;
    if (status == CJ_OK)
        status = cj_tensor_file_set(c, file, "key", "value");
    if (status == CJ_OK)
        status = cj_safetensors_write(c, path, file);
    if (status == CJ_OK)
        status = cj_safetensors_read(c, path, &back);
    cj_tensor_file_free(c, file);
    cj_tensor_file_free(c, back);
    return status;
}

static void every_allocation(void **state)
{
    (void)state;
    char folder[64], path[128];
    snprintf(path, sizeof path, "%s/file", make_folder(folder));
    assert_true(test_each_allocation(write_and_read, path) > 10);
    remove_folder(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_torch_wrote),
        cmocka_unit_test(equal_input_gives_equal_bytes),
        cmocka_unit_test(hash_is_what_the_header_says),
        cmocka_unit_test(bad_names_are_refused),
        cmocka_unit_test(hostile_headers),
        cmocka_unit_test(every_truncation),
        cmocka_unit_test(every_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
