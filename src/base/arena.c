/*
 * src/base/arena.c - bump allocation in a chain of growing blocks, the newest first.
 */
#include "base.h"

enum { CJ_FIRST_BLOCK = 1 << 14, CJ_LARGEST_BLOCK = 1 << 20 };

typedef struct cj_arena_block {
    struct cj_arena_block *before;
    size_t size; /* of the bytes after this header */
    size_t used;
    size_t unused_word; /* the header is a multiple of 16 bytes, so what follows is aligned */
} cj_arena_block;

_Static_assert(sizeof(cj_arena_block) % 16 == 0, "blocks keep 16-byte alignment");

static char *bytes_of(cj_arena_block *block)
{
    return (char *)(block + 1);
}

static void poison(cj_arena_block *block, size_t from)
{
#ifdef CJ_DEBUG
    memset(bytes_of(block) + from, 0xAB, block->used - from);
#endif
    block->used = from;
}

static void release_block(cj_arena *arena, cj_arena_block *block)
{
    if (block)
        cj_release(arena->context, block, sizeof *block + block->size);
}

/* Frames come and go every step: the largest block that was cut is kept for the next one. */
static void retire_block(cj_arena *arena, cj_arena_block *block)
{
    poison(block, 0);
    if (arena->spare && arena->spare->size >= block->size) {
        release_block(arena, block);
    } else {
        release_block(arena, arena->spare);
        arena->spare = block;
    }
}

static cj_arena_block *new_block(cj_arena *arena, size_t need)
{
    cj_arena_block *block = arena->spare;
    if (block && block->size >= need) {
        arena->spare = NULL;
        return block;
    }
    size_t size = CJ_FIRST_BLOCK;
    if (arena->block)
        size = CJ_MIN(CJ_MAX(arena->block->size * 2, size), (size_t)CJ_LARGEST_BLOCK);
    size = CJ_MAX(size, need);
    block = cj_allocate(arena->context, sizeof *block + size);
    if (block)
        *block = (cj_arena_block){.size = size};
    return block;
}

void cj_arena_init(cj_arena *arena, cj_context *context)
{
    *arena = (cj_arena){.context = context};
}

void *cj_arena_take(cj_arena *arena, size_t size)
{
    if (size > SIZE_MAX / 2) {
        cj_fail(arena->context, CJ_NO_MEMORY, "out of memory: %zu bytes were asked for", size);
        return NULL;
    }
    size = (CJ_MAX(size, 1) + 15) & ~(size_t)15;
    cj_arena_block *block = arena->block;
    if (!block || block->size - block->used < size) {
        block = new_block(arena, size);
        if (!block)
            return NULL;
        block->before = arena->block;
        arena->block = block;
    }
    void *taken = bytes_of(block) + block->used;
    block->used += size;
    return taken;
}

void *cj_arena_take_zero(cj_arena *arena, size_t size)
{
    void *taken = cj_arena_take(arena, size);
    return taken ? memset(taken, 0, size) : NULL;
}

char *cj_arena_copy_text(cj_arena *arena, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = cj_arena_take(arena, size);
    return copy ? memcpy(copy, text, size) : NULL;
}

cj_arena_mark cj_arena_mark_now(const cj_arena *arena)
{
    return (cj_arena_mark){arena->block, arena->block ? arena->block->used : 0};
}

void cj_arena_cut(cj_arena *arena, cj_arena_mark mark)
{
    while (arena->block != mark.block) {
        cj_arena_block *block = arena->block;
        arena->block = block->before;
        retire_block(arena, block);
    }
    if (arena->block)
        poison(arena->block, mark.used);
}

void cj_arena_free(cj_arena *arena)
{
    cj_arena_cut(arena, (cj_arena_mark){0});
    release_block(arena, arena->spare);
    arena->spare = NULL;
}

size_t cj_arena_bytes(const cj_arena *arena)
{
    size_t bytes = arena->spare ? sizeof *arena->spare + arena->spare->size : 0;
    for (const cj_arena_block *block = arena->block; block; block = block->before)
        bytes += sizeof *block + block->size;
    return bytes;
}
