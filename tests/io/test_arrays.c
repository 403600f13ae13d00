/* npy, npz, IDX and gzip: what NumPy wrote, round trips, lies in headers, every truncation, every
 * allocation. */
#include "base/base.h"
#include "io/io_test.h"

#include <zlib.h>

static double value_at(const cj_array *a, int64_t i)
{
    return cj_number_load(a->dtype, a->data, i);
}

static void reads_what_numpy_wrote(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        cj_dtype dtype;
    } cases[] = {{"f2", CJ_F32}, {"f4", CJ_F32}, {"f8", CJ_F64}, {"i1", CJ_I8},
                 {"i2", CJ_I16}, {"i4", CJ_I32}, {"i8", CJ_I64}, {"u1", CJ_U8},
                 {"u2", CJ_U16}, {"u4", CJ_U32}, {"u8", CJ_U64}, {"b1", CJ_BOOL}};
    cj_context *c = test_context(NULL);
    cj_array a;
    char name[32];
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        snprintf(name, sizeof name, "%s.npy", cases[k].name);
        assert_ok(c, cj_npy_read(c, golden_path(name), &a));
        assert_int_equal(a.dtype, cases[k].dtype);
        assert_int_equal(cj_array_count(&a), 6);
        assert_int_equal(a.shape[1], 3);
        for (int i = 0; i < 6; i++)
            assert_true(value_at(&a, i) == (a.dtype == CJ_BOOL ? i != 0 : i));
        cj_array_free(c, &a);
    }
    assert_ok(c, cj_npy_read(c, golden_path("fortran.npy"), &a));
    assert_int_equal(a.rank, 3);
    for (int i = 0; i < 24; i++)
        assert_true(value_at(&a, i) == i);
    cj_array_free(c, &a);
    assert_ok(c, cj_npy_read(c, golden_path("scalar.npy"), &a));
    assert_int_equal(a.rank, 0);
    assert_true(value_at(&a, 0) == 2.5);
    cj_array_free(c, &a);
    assert_refused(c, cj_npy_read(c, golden_path("complex.npy"), &a), CJ_UNSUPPORTED, "\"<c8\"");
    cj_context_free(c);
}

static void npy_round_trip(void **state)
{
    (void)state;
    char folder[64], path[128];
    snprintf(path, sizeof path, "%s/a.npy", make_folder(folder));
    cj_context *c = test_context(NULL);
    for (int dtype = 0; dtype < CJ_DTYPE_COUNT; dtype++) /* f16 is read as f32, bf16 written so */
        for (int rank = 0; rank <= 3; rank++) {
            cj_array a, b;
            assert_ok(c, cj_array_make(c, NULL, (cj_dtype)dtype, rank, (int64_t[]){2, 5, 3}, &a));
            if (a.dtype != CJ_BOOL)
                for (size_t i = 0; i < a.size; i++)
                    ((uint8_t *)a.data)[i] = (uint8_t)(i * 7);
            assert_ok(c, cj_npy_write(c, path, &a));
            assert_ok(c, cj_npy_read(c, path, &b));
            bool half = dtype == CJ_BF16 || dtype == CJ_F16;
            assert_int_equal(b.dtype, half ? CJ_F32 : dtype);
            assert_int_equal(b.rank, rank);
            assert_memory_equal(a.shape, b.shape, sizeof a.shape);
            for (size_t i = 0; half && i < a.size / 2; i++) {
                float x = ((float *)b.data)[i];
                uint16_t back = dtype == CJ_BF16 ? cj_bf16_from_f32(x) : cj_f16_from_f32(x);
                assert_int_equal(back, ((uint16_t *)a.data)[i]);
            }
            if (!half)
                assert_memory_equal(a.data, b.data, a.size);
            size_t size;
            uint8_t *bytes = read_bytes(path, &size);
            assert_int_equal((size - (dtype == CJ_BF16 ? b.size : a.size)) % 64, 0);
            free(bytes);
            cj_array_free(c, &a);
            cj_array_free(c, &b);
        }
    cj_context_free(c);
    remove_folder(folder);
}

static cj_status parse_npy(cj_context *c, const void *data, size_t size)
{
    cj_array a;
    cj_status status = cj_npy_parse(c, "test", data, size, &a);
    cj_array_free(c, &a);
    return status;
}

static cj_status parse_dict(cj_context *c, const char *dict, size_t data)
{
    uint8_t bytes[1024] = "\x93NUMPY\x01";
    size_t n = strlen(dict);
    bytes[8] = (uint8_t)n;
    memcpy(bytes + 10, dict, n);
    return parse_npy(c, bytes, 10 + n + data);
}

static void npy_headers(void **state)
{
    (void)state;
    cj_context *c = test_context(NULL);
    assert_ok(c, parse_dict(c, "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n", 8));
    assert_ok(c, parse_dict(c, "{\"shape\":(2,1),\"fortran_order\":True,\"descr\":\"=f4\"}", 8));
    assert_refused(c, parse_dict(c, "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }", 8),
                   CJ_FORMAT, "promises more");
    assert_int_equal(
        parse_dict(c, "{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775807, 8)}",
                   8),
        CJ_FORMAT);
    assert_int_equal(
        parse_dict(c, "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}",
                   8),
        CJ_FORMAT);
    assert_int_equal(parse_dict(c, "{'descr': '<f4', 'shape': (2,)}", 8), CJ_FORMAT);
    assert_int_equal(
        parse_dict(c, "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,)}", 8),
        CJ_UNSUPPORTED);
    assert_int_equal(parse_dict(c, "{'descr': '|O', 'fortran_order': False, 'shape': (2,)}", 8),
                     CJ_UNSUPPORTED);
    assert_int_equal(parse_dict(c, "{'descr': '< f', 'fortran_order': False, 'shape': (2,)}", 8),
                     CJ_UNSUPPORTED);
    assert_int_equal(parse_dict(c, "{'descr': '<f4', 'fortran_order': 7, 'shape': (2,)}", 8),
                     CJ_FORMAT);
    assert_int_equal(parse_dict(c, "{", 8), CJ_FORMAT);
    uint8_t large[] =
        "\x93NUMPY\x01\0\x44\0{'descr': '<u8', 'fortran_order': False, 'shape': (1,)}              "
        "\xff\xff\xff\xff\xff\xff\xff\xff";
    cj_array most;
    assert_ok(c, cj_npy_parse(c, "test", large, 10 + 68 + 8, &most));
    assert_true(most.dtype == CJ_U64 && *(uint64_t *)most.data > INT64_MAX);
    cj_array_free(c, &most);
    cj_context_free(c);
}

static cj_status parse_npz(cj_context *c, const void *data, size_t size)
{
    cj_tensor_file *file;
    cj_status status = cj_npz_parse(c, "test", data, size, &file);
    cj_tensor_file_free(c, file);
    return status;
}

static void reads_npz(void **state)
{
    (void)state;
    cj_context *c = test_context(NULL);
    cj_tensor_file *file;
    assert_ok(c, cj_npz_read(c, golden_path("stored.npz"), &file));
    assert_int_equal(file->count, 2);
    assert_string_equal(cj_tensor_file_get(file, "skipped"), "text");
    const cj_array *x = cj_tensor_file_find(file, "x");
    for (int i = 0; i < 12; i++)
        assert_true(value_at(x, i) == i);
    cj_tensor_file_free(c, file);
    assert_ok(c, cj_npz_read(c, golden_path("deflated.npz"), &file));
    const cj_array *y = cj_tensor_file_find(file, "y");
    assert_int_equal(y->dtype, CJ_I64);
    assert_true(value_at(y, 3) == 1);
    assert_int_equal(cj_tensor_file_find(file, "x")->size, 24);
    cj_tensor_file_free(c, file);
    cj_context_free(c);
}

static void broken_npz(void **state)
{
    (void)state;
    cj_context *c = test_context(NULL);
    size_t size;
    uint8_t *data = read_bytes(golden_path("deflated.npz"), &size);
    for (size_t i = 0; i < size;
         i++) { /* every byte turned around: an error or not, never a crash */
        data[i] ^= 0xff;
        parse_npz(c, data, size);
        data[i] ^= 0xff;
    }
    assert_ok(c, parse_npz(c, data, size));
    free(data);
    cj_context_free(c);
}

/* ---- IDX and gzip ---- */

static const uint8_t idx_bytes[] = {0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 255};

static cj_status parse_idx(cj_context *c, const void *data, size_t size)
{
    cj_array a;
    cj_status status = cj_idx_parse(c, "test", data, size, &a);
    cj_array_free(c, &a);
    return status;
}

/* gzip of the bytes, `members` times one after the other. */
static size_t gzip(const void *data, size_t size, int members, uint8_t *out, size_t room)
{
    size_t n = 0;
    for (int i = 0; i < members; i++) {
        z_stream s = {0};
        assert_int_equal(deflateInit2(&s, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
        s.next_in = (uint8_t *)(uintptr_t)data;
        s.avail_in = (unsigned)size;
        s.next_out = out + n;
        s.avail_out = (unsigned)(room - n);
        assert_int_equal(deflate(&s, Z_FINISH), Z_STREAM_END);
        n = room - s.avail_out;
        deflateEnd(&s);
    }
    return n;
}

static void reads_idx(void **state)
{
    (void)state;
    cj_context *c = test_context(NULL);
    cj_array a;
    uint8_t packed[256];
    size_t n = gzip(idx_bytes, sizeof idx_bytes, 1, packed, sizeof packed);
    for (int pass = 0; pass < 2; pass++) {
        assert_ok(
            c, cj_idx_parse(c, "test", pass ? packed : idx_bytes, pass ? n : sizeof idx_bytes, &a));
        assert_int_equal(a.dtype, CJ_U8);
        assert_int_equal(a.shape[0], 2);
        assert_int_equal(a.shape[1], 3);
        assert_memory_equal(a.data, idx_bytes + 12, 6);
        cj_array_free(c, &a);
    }
    static const uint8_t i16[] = {0, 0, 0x0b, 1, 0, 0, 0, 2, 0xff, 0xfe, 0x01, 0x00};
    assert_ok(c, cj_idx_parse(c, "test", i16, sizeof i16, &a));
    assert_int_equal(((int32_t *)a.data)[0], -2);
    assert_int_equal(((int32_t *)a.data)[1], 256);
    cj_array_free(c, &a);
    static const uint8_t f64[] = {0, 0, 0x0e, 1, 0, 0, 0, 1, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0};
    assert_ok(c, cj_idx_parse(c, "test", f64, sizeof f64, &a));
    assert_true(((double *)a.data)[0] == 1.5);
    cj_array_free(c, &a);

    static const uint8_t large[] = {0, 0, 8, 2, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    assert_refused(c, parse_idx(c, large, sizeof large), CJ_FORMAT, "less than it says");
    assert_refused(c, parse_idx(c, "PNG", 3), CJ_FORMAT, "no IDX file");
    for (size_t i = 0; i < sizeof idx_bytes; i++)
        assert_int_equal(parse_idx(c, idx_bytes, i), CJ_FORMAT);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(parse_idx(c, packed, i), CJ_FORMAT);
    cj_context_free(c);
}

static void gzip_is_bounded(void **state)
{
    (void)state;
    cj_context *c = test_context(NULL);
    static uint8_t zeros[1 << 20], packed[1 << 14];
    void *out;
    size_t size, n = gzip(zeros, sizeof zeros, 1, packed, sizeof packed);
    assert_true(n < 2000);
    assert_refused(c, cj_gzip_inflate(c, "bomb", packed, n, sizeof zeros - 1, &out, &size),
                   CJ_FORMAT, "more than");
    assert_ok(c, cj_gzip_inflate(c, "bomb", packed, n, sizeof zeros, &out, &size));
    assert_int_equal(size, sizeof zeros);
    cj_release(c, out, size);
    n = gzip("abc", 3, 3, packed, sizeof packed);
    assert_ok(c, cj_gzip_inflate(c, "members", packed, n, 100, &out, &size));
    assert_int_equal(size, 9);
    assert_memory_equal(out, "abcabcabc", 9);
    cj_release(c, out, size);
    cj_context_free(c);
}

static void every_truncation(void **state)
{
    (void)state;
    assert_int_equal(test_each_prefix(golden_path("fortran.npy"), parse_npy), 0);
    assert_int_equal(test_each_prefix(golden_path("stored.npz"), parse_npz), 0);
    assert_int_equal(test_each_prefix(golden_path("deflated.npz"), parse_npz), 0);
}

static cj_status read_all(cj_context *c, void *state)
{
    (void)state;
    cj_tensor_file *file = NULL;
    cj_array a = {0};
    uint8_t packed[256];
    size_t n = gzip(idx_bytes, sizeof idx_bytes, 1, packed, sizeof packed);
    cj_status status = cj_npz_read(c, golden_path("deflated.npz"), &file);
    cj_tensor_file_free(c, file);
    if (status == CJ_OK)
        status = cj_npz_read(c, golden_path("stored.npz"), &file);
    if (status == CJ_OK)
        cj_tensor_file_free(c, file);
    if (status == CJ_OK)
        status = cj_npy_read(c, golden_path("fortran.npy"), &a);
    cj_array_free(c, &a);
    if (status == CJ_OK)
        status = cj_idx_parse(c, "test", packed, n, &a);
    cj_array_free(c, &a);
    return status;
}

static void every_allocation(void **state)
{
    (void)state;
    assert_true(test_each_allocation(read_all, NULL) > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_numpy_wrote),
        cmocka_unit_test(npy_round_trip),
        cmocka_unit_test(npy_headers),
        cmocka_unit_test(reads_npz),
        cmocka_unit_test(broken_npz),
        cmocka_unit_test(reads_idx),
        cmocka_unit_test(gzip_is_bounded),
        cmocka_unit_test(every_truncation),
        cmocka_unit_test(every_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
