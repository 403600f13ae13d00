/* tests/base/test_arena.c - arenas: alignment, marks and cuts, poison, no memory. */
#include "base/base.h"
#include "failing_allocator.h"

#include <setjmp.h>

#include <cmocka.h>

static void takes_are_aligned_and_apart(void **unused)
{
    (void)unused;
    cj_context *c = cj_context_new(NULL, NULL, 0);
    cj_arena arena;
    cj_arena_init(&arena, c);
    unsigned char *taken[500];
    for (int i = 0; i < 500; i++) {
        size_t size = (size_t)i * 7 % 300 + (i == 250 ? 3000000 : 0);
        taken[i] = cj_arena_take(&arena, size);
        assert_int_equal((uintptr_t)taken[i] % 16, 0);
        memset(taken[i], i & 255, size);
    }
    for (int i = 0; i < 500; i++)
        for (int j = 0; j < i * 7 % 300; j++)
            assert_int_equal(taken[i][j], i & 255);
    assert_ptr_not_equal(cj_arena_take(&arena, 0), cj_arena_take(&arena, 0));
    unsigned char *zeros = cj_arena_take_zero(&arena, 99);
    for (int i = 0; i < 99; i++)
        assert_int_equal(zeros[i], 0);
    assert_string_equal(cj_arena_copy_text(&arena, "conv1.weight"), "conv1.weight");
    cj_arena_free(&arena);
    cj_context_free(c);
}

static void a_cut_goes_back_to_the_mark(void **unused)
{
    (void)unused;
    failing_allocator a = {0};
    cj_context *c = cj_context_new(&(cj_config){.allocator = failing_allocator_use(&a)}, NULL, 0);
    int64_t held = a.blocks;
    cj_arena arena;
    cj_arena_init(&arena, c);
    cj_arena_mark empty = cj_arena_mark_now(&arena);
    char *kept = cj_arena_copy_text(&arena, "kept");
    cj_arena_mark mark = cj_arena_mark_now(&arena);
    char *first = cj_arena_take_zero(&arena, 100);
    for (int i = 0; i < 1000; i++)
        cj_arena_take_zero(&arena, 1000);
    cj_arena_cut(&arena, mark);
    assert_string_equal(kept, "kept");
#ifdef CJ_DEBUG
    for (int i = 0; i < 100; i++)
        assert_int_equal((unsigned char)first[i], 0xAB);
#endif
    assert_ptr_equal(cj_arena_take(&arena, 100), first);
    assert_true(a.blocks - held <= 2);

    int64_t calls = a.calls; /* frames that come and go within the spare block ask for nothing */
    for (int frame = 0; frame < 10; frame++) {
        cj_arena_cut(&arena, mark);
        for (int i = 0; i < 100; i++)
            cj_arena_take(&arena, 1000);
    }
    assert_int_equal(a.calls, calls);

    cj_arena_cut(&arena, empty);
    cj_arena_free(&arena);
    assert_int_equal(a.blocks, held);
    cj_context_free(c);
    assert_int_equal(a.bytes, 0);
}

static void each_allocation_fails(void **unused)
{
    (void)unused;
    int64_t n = 1;
    for (;; n++) {
        failing_allocator a = {0};
        cj_context *c =
            cj_context_new(&(cj_config){.allocator = failing_allocator_use(&a)}, NULL, 0);
        cj_arena arena;
        cj_arena_init(&arena, c);
        a.fail_at = a.calls + n;
        for (int i = 0; i < 300; i++) {
            cj_arena_mark mark = cj_arena_mark_now(&arena);
            if (!cj_arena_take_zero(&arena, 1000)) {
                assert_non_null(strstr(cj_error(c), "out of memory"));
                assert_ptr_equal(arena.block, mark.block);
            }
            if (i == 200)
                cj_arena_cut(&arena, mark);
        }
        cj_arena_free(&arena);
        cj_context_free(c);
        assert_int_equal(a.blocks, 0);
        assert_int_equal(a.bytes, 0);
        if (!a.failed)
            break;
    }
    assert_true(n > 3);
}

static void an_absurd_size_is_refused(void **unused)
{
    (void)unused;
    cj_context *c = cj_context_new(NULL, NULL, 0);
    cj_arena arena;
    cj_arena_init(&arena, c);
    assert_null(cj_arena_take(&arena, SIZE_MAX));
    assert_non_null(strstr(cj_error(c), "out of memory"));
    assert_non_null(cj_arena_take(&arena, 1));
    cj_arena_free(&arena);
    cj_context_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_are_aligned_and_apart),
        cmocka_unit_test(a_cut_goes_back_to_the_mark),
        cmocka_unit_test(each_allocation_fails),
        cmocka_unit_test(an_absurd_size_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
