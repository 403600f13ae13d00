/* tests/base/test_context.c - contexts: defaults, errors, memory, the order of destruction. */
#include "base/base.h"
#include "failing_allocator.h"

#include <sched.h>
#include <stdio.h>

#include <setjmp.h>

#include <cmocka.h>

static void defaults(void **unused)
{
    (void)unused;
    cj_context *c = cj_context_new(NULL, NULL, 0);
    assert_non_null(c);
    cpu_set_t set;
    assert_int_equal(sched_getaffinity(0, sizeof set, &set), 0);
    assert_int_equal(cj_threads(c), CJ_MIN(CPU_COUNT(&set), 256));
    assert_int_equal(cj_pool_threads(c->pool), cj_threads(c));
    assert_int_equal(cj_seed(c), 0);
    assert_string_equal(cj_isa(c), c->config.isa);
    assert_string_equal(cj_error(c), "");
    assert_int_equal(cj_context_status(c), CJ_OK);
    cj_context_free(c);
    cj_context_free(NULL);
}

static void given_values(void **unused)
{
    (void)unused;
    char error[200] = "stale";
    cj_config config = {.threads = 3, .seed = 7, .smallest_work = 1, .isa = "baseline"};
    cj_context *c = cj_context_new(&config, error, sizeof error);
    assert_non_null(c);
    assert_string_equal(error, "");
    assert_int_equal(cj_threads(c), 3);
    assert_int_equal(cj_seed(c), 7);
    assert_int_equal(c->config.smallest_work, 1);
    assert_string_equal(cj_isa(c), "baseline");
    cj_context_free(c);
}

static void refusals(void **unused)
{
    (void)unused;
    char error[200];
    assert_null(cj_context_new(&(cj_config){.threads = 257}, error, sizeof error));
    assert_non_null(strstr(error, "257"));
    assert_non_null(strstr(error, "256"));
    assert_null(cj_context_new(&(cj_config){.threads = -1}, NULL, 0));
    assert_null(cj_context_new(&(cj_config){.isa = "z80"}, error, sizeof error));
    assert_non_null(strstr(error, "z80"));
    char small[8];
    assert_null(cj_context_new(&(cj_config){.threads = 257}, small, sizeof small));
    assert_int_equal(strlen(small), 7);
}

static void names(void **unused)
{
    (void)unused;
    char version[32];
    snprintf(version, sizeof version, "%d.%d.%d", CJ_VERSION_MAJOR, CJ_VERSION_MINOR,
             CJ_VERSION_PATCH);
    assert_string_equal(cj_version(), version);
    assert_string_equal(cj_status_text(CJ_SHAPE), "shapes do not fit");
    assert_string_equal(cj_status_text(CJ_MISSING), "a needed library or file is missing");
    assert_string_equal(cj_status_text((cj_status)99), "unknown status");
    assert_string_equal(cj_dtype_name(CJ_F32), "f32");
    assert_string_equal(cj_dtype_name(CJ_BOOL), "bool");
    assert_string_equal(cj_dtype_name(CJ_DTYPE_COUNT), "unknown dtype");
    assert_int_equal(cj_dtype_size(CJ_I64), 8);
    assert_int_equal(cj_dtype_size(CJ_U8), 1);
    assert_int_equal(cj_dtype_size(CJ_DTYPE_COUNT), 0);
}

static void errors(void **unused)
{
    (void)unused;
    cj_context *c = cj_context_new(NULL, NULL, 0);
    assert_int_equal(cj_fail(c, CJ_VALUE, "label %d is out of range", 12), CJ_VALUE);
    assert_string_equal(cj_error(c), "label 12 is out of range");
    assert_int_equal(cj_context_status(c), CJ_OK);
    assert_int_equal(cj_fail(c, CJ_IO, "%s: while reading", cj_error(c)), CJ_IO);
    assert_string_equal(cj_error(c), "label 12 is out of range: while reading");

    cj_at at = {"net.c", 17, 0};
    assert_int_equal(cj_fail_building(c, CJ_SHAPE, at, "add: %s", "[2] and [3]"), CJ_SHAPE);
    assert_string_equal(cj_error(c), "net.c:17: add: [2] and [3]");
    assert_int_equal(cj_context_status(c), CJ_SHAPE);
    assert_int_equal(cj_fail_building(c, CJ_DTYPE, at, "later"), CJ_DTYPE);
    assert_int_equal(cj_context_status(c), CJ_SHAPE);
    cj_fail(c, CJ_IO, "another");
    assert_string_equal(cj_error(c), "net.c:17: add: [2] and [3]");

    cj_error_clear(c);
    assert_string_equal(cj_error(c), "");
    assert_int_equal(cj_context_status(c), CJ_OK);
    cj_fail_building(c, CJ_DTYPE, (cj_at){0}, "nowhere");
    assert_string_equal(cj_error(c), "nowhere");
    cj_context_free(c);
}

static void long_errors(void **unused)
{
    (void)unused;
    cj_context *c = cj_context_new(NULL, NULL, 0);
    char text[2000];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    cj_fail(c, CJ_IO, "%s", text);
    assert_int_equal(strlen(cj_error(c)), CJ_ERROR_SIZE - 1);
    cj_fail_building(c, CJ_IO, (cj_at){text, 1, 0}, "%s", text);
    assert_int_equal(strlen(cj_error(c)), CJ_ERROR_SIZE - 1);
    cj_context_free(c);
}

static void memory(void **unused)
{
    (void)unused;
    failing_allocator a = {0};
    cj_context *c = cj_context_new(&(cj_config){.allocator = failing_allocator_use(&a)}, NULL, 0);
    int64_t held = a.bytes;
    void *nothing = cj_allocate(c, 0);
    assert_non_null(nothing);
    cj_release(c, nothing, 0);
    cj_release(c, NULL, 10);
    unsigned char *zeros = cj_allocate_zero(c, 100);
    for (int i = 0; i < 100; i++)
        assert_int_equal(zeros[i], 0);
    zeros[99] = 5;
    zeros = cj_reallocate(c, zeros, 100, 10000);
    assert_int_equal(zeros[99], 5);
    zeros = cj_reallocate(c, zeros, 10000, 0);
    assert_non_null(zeros);
    cj_release(c, zeros, 0);
    for (size_t size = 0; size < 300; size += 7) {
        char *aligned = cj_allocate_aligned(c, size);
        assert_int_equal((uintptr_t)aligned % 64, 0);
        memset(aligned, 1, size);
        cj_release_aligned(c, aligned, size);
    }
    cj_release_aligned(c, NULL, 3);
    assert_int_equal(a.bytes, held);

    void *kept = cj_allocate(c, 10);
    a.fail_at = a.calls + 1;
    a.persistent = true;
    assert_null(cj_allocate(c, 12345));
    assert_string_equal(cj_error(c), "out of memory: 12345 bytes were asked for");
    assert_null(cj_reallocate(c, kept, 10, 20));
    assert_null(cj_allocate_zero(c, 10));
    assert_null(cj_allocate_aligned(c, 10));
    assert_null(cj_allocate_aligned(c, SIZE_MAX - 3));
    cj_release(c, kept, 10);
    cj_context_free(c);
    assert_int_equal(a.blocks, 0);
    assert_int_equal(a.bytes, 0);
}

static void each_allocation_fails(void **unused)
{
    (void)unused;
    int64_t n = 1;
    for (;; n++) {
        failing_allocator a = {.fail_at = n};
        char error[200] = "";
        cj_config config = {.threads = 2, .allocator = failing_allocator_use(&a)};
        cj_context *c = cj_context_new(&config, error, sizeof error);
        assert_int_equal(c == NULL, a.failed > 0);
        if (!c)
            assert_non_null(strstr(error, "out of memory"));
        cj_context_free(c);
        assert_int_equal(a.blocks, 0);
        assert_int_equal(a.bytes, 0);
        if (!a.failed)
            break;
    }
    assert_true(n > 2);
}

static int order[CJ_ROOM_COUNT], freed;

static void free_room(cj_context *c, void *state)
{
    (void)c;
    order[freed++] = *(int *)state;
}

static void rooms_are_freed_from_the_last(void **unused)
{
    (void)unused;
    int numbers[CJ_ROOM_COUNT];
    cj_context *c = cj_context_new(NULL, NULL, 0);
    for (int i = 0; i < CJ_ROOM_COUNT; i++) {
        numbers[i] = i;
        c->room[i].state = &numbers[i];
        c->room[i].free = free_room;
    }
    cj_context_free(c);
    assert_int_equal(freed, CJ_ROOM_COUNT);
    for (int i = 0; i < CJ_ROOM_COUNT; i++)
        assert_int_equal(order[i], CJ_ROOM_COUNT - 1 - i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults),
        cmocka_unit_test(given_values),
        cmocka_unit_test(refusals),
        cmocka_unit_test(names),
        cmocka_unit_test(errors),
        cmocka_unit_test(long_errors),
        cmocka_unit_test(memory),
        cmocka_unit_test(each_allocation_fails),
        cmocka_unit_test(rooms_are_freed_from_the_last),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
