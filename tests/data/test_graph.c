/* Graphs in npz: the known ones, a small one made here, what does not fit is refused. */
#include "io/io_test.h"

#include "cajal/data_graph.h"

/* A stored zip of little vectors of i4 (or f4 where the name ends in "data"). */
typedef struct npz_writer {
    uint8_t bytes[8192], directory[2048];
    size_t size, directory_size;
    int members;
} npz_writer;

static void put(uint8_t *to, size_t *at, uint64_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        to[(*at)++] = (uint8_t)(value >> (8 * i));
}

static uint32_t crc_of(const uint8_t *p, size_t n)
{
    uint32_t crc = 0xffffffff;
    for (size_t i = 0; i < n; i++) {
        crc ^= p[i];
        for (int k = 0; k < 8; k++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
    }
    return ~crc;
}

static void add_vector(npz_writer *w, const char *name, int count, const int32_t *value)
{
    char path[32], header[118];
    uint8_t npy[512] = "\x93NUMPY\x01\x00\x76\x00";
    bool floats = strstr(name, "data") != NULL;
    snprintf(path, sizeof path, "%s.npy", name);
    memset(header, ' ', sizeof header);
    int n = snprintf(header, sizeof header,
                     "{'descr': '<%s', 'fortran_order': False, 'shape': (%d,), }",
                     floats ? "f4" : "i4", count);
    header[n] = ' ';
    header[117] = '\n';
    memcpy(npy + 10, header, 118);
    size_t size = 128;
    for (int i = 0; i < count; i++) {
        float f = (float)value[i];
        memcpy(npy + size, floats ? (const void *)&f : (const void *)&value[i], 4);
        size += 4;
    }
    size_t offset = w->size;
    uint32_t crc = crc_of(npy, size);
    for (int central = 0; central < 2; central++) {
        uint8_t *to = central ? w->directory : w->bytes;
        size_t *at = central ? &w->directory_size : &w->size;
        put(to, at, central ? 0x02014b50u : 0x04034b50u, 4);
        put(to, at, 20, central ? 4 : 2); /* versions */
        put(to, at, 0, 8);                /* flags, method, time, date */
        put(to, at, crc, 4);
        put(to, at, size, 4);
        put(to, at, size, 4);
        put(to, at, strlen(path), 2);
        put(to, at, 0, 2);
        if (central) {
            put(to, at, 0, 8);
            put(to, at, 0, 2);
            put(to, at, offset, 4);
        }
        memcpy(to + *at, path, strlen(path));
        *at += strlen(path);
    }
    memcpy(w->bytes + w->size, npy, size);
    w->size += size;
    w->members++;
}

static void finish(npz_writer *w)
{
    size_t place = w->size;
    memcpy(w->bytes + w->size, w->directory, w->directory_size);
    w->size += w->directory_size;
    put(w->bytes, &w->size, 0x06054b50u, 4);
    put(w->bytes, &w->size, 0, 4);
    put(w->bytes, &w->size, (uint64_t)w->members, 2);
    put(w->bytes, &w->size, (uint64_t)w->members, 2);
    put(w->bytes, &w->size, w->directory_size, 4);
    put(w->bytes, &w->size, place, 4);
    put(w->bytes, &w->size, 0, 2);
}

typedef struct vector {
    const char *name;
    int count;
    int32_t value[8];
} vector;

static const vector small[] = {{"adj_data", 4, {1, 1, 1, 2}},
                               {"adj_indices", 4, {1, 0, 2, 1}},
                               {"adj_indptr", 4, {0, 1, 3, 4}},
                               {"adj_shape", 2, {3, 3}},
                               {"attr_data", 2, {1, 5}},
                               {"attr_indices", 2, {1, 0}},
                               {"attr_indptr", 4, {0, 1, 1, 2}},
                               {"attr_shape", 2, {3, 2}},
                               {"labels", 3, {0, 1, -1}},
                               {"train_index", 1, {0}},
                               {"val_index", 1, {1}},
                               {"test_index", 1, {1}}};
#define VECTORS (sizeof small / sizeof small[0])

/* The small graph, one vector replaced (a count of -1: left out). */
static npz_writer *write_small(const vector *changed)
{
    static npz_writer w;
    w = (npz_writer){0};
    for (size_t i = 0; i < VECTORS; i++) {
        const vector *v = changed && !strcmp(changed->name, small[i].name) ? changed : &small[i];
        if (v->count >= 0)
            add_vector(&w, v->name, v->count, v->value);
    }
    finish(&w);
    return &w;
}

static void one(void **state)
{
    (void)state;
    cj_context *c = test_context(NULL);
    cj_graph_data *g;
    npz_writer *w = write_small(NULL);
    assert_ok(c, cj_graph_data_parse(c, "G", w->bytes, w->size, &g));
    assert_int_equal(g->nodes, 3);
    assert_int_equal(g->edges, 4);
    assert_int_equal(g->features, 2);
    assert_int_equal(g->classes, 2);
    assert_memory_equal(g->row, ((int32_t[]){0, 1, 1, 2}), 16);
    assert_memory_equal(g->column, ((int32_t[]){1, 0, 2, 1}), 16);
    assert_true(g->value[3] == 2);
    float features[6];
    cj_graph_data_features(g, features);
    assert_memory_equal(features, ((float[]){0, 1, 0, 0, 5, 0}), sizeof features);
    assert_true(g->mask[CJ_TRAIN][0] && !g->mask[CJ_TRAIN][1] && g->mask[CJ_TEST][1]);
    assert_int_equal(g->count[CJ_VALIDATION], 1);
    cj_graph_data_free(c, g);
    cj_context_free(c);
}

static void refused(void **state)
{
    (void)state;
    static const struct {
        vector v;
        cj_status status;
        const char *says;
    } wrong[] = {
        {{"labels", -1, {0}}, CJ_FORMAT, "holds no array labels"},
        {{"labels", 2, {0, 1}}, CJ_FORMAT, "3 nodes, but 2 labels"},
        {{"labels", 3, {0, -2, 0}}, CJ_FORMAT, "element 1 of labels is -2"},
        {{"adj_indptr", 4, {0, 3, 1, 4}}, CJ_FORMAT, "adj_indptr does not rise"},
        {{"adj_indptr", 4, {0, 1, 3, 5}}, CJ_FORMAT, "indptr"},
        {{"adj_indptr", 3, {0, 1, 4}}, CJ_FORMAT, "no CSR matrix"},
        {{"adj_indices", 4, {1, 0, 3, 1}}, CJ_FORMAT, "element 2 of indices is 3"},
        {{"adj_indices", 3, {1, 0, 2}}, CJ_FORMAT, "no CSR matrix"},
        {{"adj_shape", 2, {3, 4}}, CJ_FORMAT, "3 x 4"},
        {{"adj_shape", 2, {-3, 3}}, CJ_FORMAT, "no CSR matrix"},
        {{"attr_shape", 1, {3}}, CJ_FORMAT, "no CSR matrix"},
        {{"attr_indptr", 4, {0, 0, 0, 0}}, CJ_FORMAT, "attr_indptr does not rise"},
        {{"test_index", 1, {3}}, CJ_FORMAT, "test_index names node 3"},
        {{"test_index", 1, {2}}, CJ_VALUE, "has no label"},
    };
    test_memory memory;
    cj_context *c = test_context(&memory);
    long before = memory.live;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        cj_graph_data *g;
        npz_writer *w = write_small(&wrong[i].v);
        assert_refused(c, cj_graph_data_parse(c, "G", w->bytes, w->size, &g), wrong[i].status,
                       wrong[i].says);
        assert_null(g);
        assert_int_equal(memory.live, before);
    }
    cj_graph_data *g;
    assert_refused(c, cj_graph_data_load(c, "iris", &g), CJ_UNSUPPORTED, "iris is a table");
    cj_dataset *d;
    assert_refused(c, cj_data_load(c, "cora", NULL, &d), CJ_UNSUPPORTED, "cj_graph_data_load");
    cj_context_free(c);
}

static cj_status parse_small(cj_context *context, void *state)
{
    npz_writer *w = state;
    cj_graph_data *g;
    cj_status status = cj_graph_data_parse(context, "G", w->bytes, w->size, &g);
    cj_graph_data_free(context, g);
    return status;
}

static void every_allocation(void **state)
{
    (void)state;
    assert_true(test_each_allocation(parse_small, write_small(NULL)) > 20);
}

/* Yang, Cohen and Salakhutdinov, "Revisiting semi-supervised learning with graph embeddings",
 * ICML 2016, table 1. */
static void known(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t nodes, features;
        int classes;
    } is[] = {{"cora", 2708, 1433, 7}, {"citeseer", 3327, 3703, 6}};
    cj_context *c = test_context(NULL);
    char path[4096];
    for (size_t i = 0; i < 2; i++) {
        cj_graph_data *g;
        if (cj_data_find(c, is[i].name, path, sizeof path) != CJ_OK)
            continue;
        assert_ok(c, cj_graph_data_load(c, is[i].name, &g));
        assert_int_equal(g->nodes, is[i].nodes);
        assert_int_equal(g->features, is[i].features);
        assert_int_equal(g->classes, is[i].classes);
        assert_int_equal(g->count[CJ_TRAIN], 20 * is[i].classes);
        assert_int_equal(g->count[CJ_VALIDATION], 500);
        assert_int_equal(g->count[CJ_TEST], 1000);
        cj_graph_data_free(c, g);
    }
    cj_context_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one),
        cmocka_unit_test(refused),
        cmocka_unit_test(known),
        cmocka_unit_test(every_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
