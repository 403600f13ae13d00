/*
 * src/compile/plan.c - offsets of all buffers in one arena, from their life times.
 *
 * A value may take over the memory of an operand that dies in the kernel that computes it, if both
 * are read and written element for element. Then blocks are placed one by one at the lowest offset
 * that is free for their whole life: the largest first, or those of the fullest kernel first, or by
 * time; the best of the three is kept (Pisarchyk and Lee, "Efficient Memory Management for Deep
 * Neural Net Inference", 2020).
 */
#include "compile/loop.h"

#include <stdlib.h>

enum { ALIGN = 64, MOST_BLOCKS_SEARCHED = 1000 };

typedef struct cj_block {
    int32_t first, last;
    size_t bytes, offset;
    int32_t id; /* a buffer, or buffers + kernel: its scratch */
    size_t key;
} cj_block;

static void touch(cj_schedule *s, int32_t buffer, int32_t kernel)
{
    cj_buffer *b = &s->buffer[buffer];
    if (b->first < 0)
        b->first = kernel;
    b->last = CJ_MAX(b->last, kernel);
}

static void touch_program(cj_schedule *s, const cj_kernel *k, int32_t at)
{
    for (int i = 0; i < k->instr_count; i++)
        if (k->instr[i].op == CJ_INSTR_LOAD)
            touch(s, k->instr[i].view.buffer, at);
}

static void find_lives(cj_schedule *s)
{
    for (int32_t at = 0; at < s->kernels; at++) {
        const cj_kernel *k = s->kernel[at];
        touch_program(s, k, at);
        for (int32_t i = 0; k->loop && i < k->loop->ports; i++)
            if (k->loop->port[i].outer >= 0)
                touch(s, k->loop->port[i].outer, at);
        for (int i = 0; i < k->operand_count; i++) {
            if (k->operand[i].feed)
                touch_program(s, k->operand[i].feed, at);
            else
                touch(s, k->operand[i].view.buffer, at);
        }
        for (int i = 0; i < k->store_count; i++)
            touch(s, k->store[i].view.buffer, at);
        for (int i = 0; i < k->reduction_count; i++)
            touch(s, k->reduction[i].view.buffer, at);
    }
}

/* ---- in place ---- */

static bool same_view(const cj_view *a, const cj_view *b, int rank)
{
    return a->offset == b->offset &&
           memcmp(a->stride, b->stride, sizeof(*a->stride) * (size_t)rank) == 0;
}

/* Whether the kernel touches the buffer only by loads with this view. */
static bool only_loaded_as(const cj_kernel *k, int32_t buffer, const cj_view *view)
{
    for (int i = 0; i < k->instr_count; i++)
        if (k->instr[i].op == CJ_INSTR_LOAD && k->instr[i].view.buffer == buffer &&
            !same_view(&k->instr[i].view, view, k->rank))
            return false;
    for (int i = 0; i < k->operand_count; i++) {
        const cj_kernel *feed = k->operand[i].feed;
        if (k->operand[i].view.buffer == buffer)
            return false;
        for (int j = 0; feed && j < feed->instr_count; j++)
            if (feed->instr[j].op == CJ_INSTR_LOAD && feed->instr[j].view.buffer == buffer)
                return false;
    }
    for (int i = 0; i < k->store_count; i++)
        if (k->store[i].view.buffer == buffer)
            return false;
    return true;
}

/* The operand whose memory store i of kernel `at` may take over, or -1. */
static int32_t find_donor(const cj_schedule *s, int32_t at, int i)
{
    const cj_kernel *k = s->kernel[at];
    const cj_buffer *out = &s->buffer[k->store[i].view.buffer];
    if (out->kind != CJ_BUFFER_ARENA || out->first != at)
        return -1;
    for (int j = 0; j < k->instr_count; j++) {
        const cj_view *view = &k->instr[j].view;
        if (k->instr[j].op != CJ_INSTR_LOAD)
            continue;
        const cj_buffer *in = &s->buffer[view->buffer];
        if (in->kind == CJ_BUFFER_ARENA && in->last == at && in->first < at &&
            in->elements == out->elements &&
            cj_dtype_size(in->dtype) == cj_dtype_size(out->dtype) &&
            same_view(view, &k->store[i].view, k->rank) && only_loaded_as(k, view->buffer, view))
            return view->buffer;
    }
    return -1;
}

static void rename_views(cj_kernel *k, const int32_t *name)
{
    for (int32_t i = 0; k->loop && i < k->loop->ports; i++)
        if (k->loop->port[i].outer >= 0)
            k->loop->port[i].outer = name[k->loop->port[i].outer];
    for (int i = 0; i < k->instr_count; i++)
        if (k->instr[i].op == CJ_INSTR_LOAD)
            k->instr[i].view.buffer = name[k->instr[i].view.buffer];
    for (int i = 0; i < k->operand_count; i++) {
        if (k->operand[i].feed)
            rename_views(k->operand[i].feed, name);
        else
            k->operand[i].view.buffer = name[k->operand[i].view.buffer];
    }
    for (int i = 0; i < k->store_count; i++)
        if (k->store[i].view.buffer >= 0)
            k->store[i].view.buffer = name[k->store[i].view.buffer];
    for (int i = 0; i < k->reduction_count; i++)
        k->reduction[i].view.buffer = name[k->reduction[i].view.buffer];
}

/*
 * Kernels are renamed to the buffers that they share, so that whoever runs them sees that operand
 * and result are one memory.
 */
cj_status cj_schedule_share(cj_schedule *s)
{
    int32_t *name = cj_arena_take(s->work, sizeof(*name) * (size_t)(s->buffers + 1));
    if (!name)
        return CJ_NO_MEMORY;
    for (int32_t b = 0; b < s->buffers; b++)
        name[b] = b;
    find_lives(s);
    for (int32_t at = 0; at < s->kernels && !s->no_fusion; at++) {
        cj_kernel *k = s->kernel[at];
        rename_views(k, name);
        if (k->kind == CJ_KERNEL_WINDOW || k->kind == CJ_KERNEL_CALL || k->kind == CJ_KERNEL_LOOP)
            continue;
        for (int i = 0; i < k->store_count; i++) {
            int32_t donor = find_donor(s, at, i), out = k->store[i].view.buffer;
            if (donor < 0)
                continue;
            s->buffer[donor].last = s->buffer[out].last;
            s->buffer[out].first = -1;
            name[out] = donor;
            k->store[i].view.buffer = donor;
        }
    }
    return CJ_OK;
}

/* ---- placement ---- */

static int compare_blocks(const void *a, const void *b)
{
    const cj_block *x = a, *y = b;
    if (x->key != y->key)
        return x->key > y->key ? -1 : 1;
    if (x->bytes != y->bytes)
        return x->bytes > y->bytes ? -1 : 1;
    return x->id < y->id ? -1 : x->id > y->id;
}

/* Keeps `sorted`, the blocks placed so far, in the order of their offsets. */
static void insert_block(cj_block **sorted, int32_t count, cj_block *block)
{
    int32_t low = 0, high = count;
    while (low < high) {
        int32_t middle = low + (high - low) / 2;
        if (sorted[middle]->offset <= block->offset)
            low = middle + 1;
        else
            high = middle;
    }
    memmove(sorted + low + 1, sorted + low, sizeof(*sorted) * (size_t)(count - low));
    sorted[low] = block;
}

/* Places the blocks in their order, each in the smallest gap that holds it; returns the arena's
 * size. `sorted`: room for as many pointers. */
static size_t place_blocks(cj_block *block, int32_t count, cj_block **sorted)
{
    size_t size = 0;
    for (int32_t i = 0; i < count; i++) {
        size_t at = 0, best = SIZE_MAX, best_gap = SIZE_MAX;
        for (int32_t j = 0; j < i; j++) {
            const cj_block *other = sorted[j];
            if (other->first > block[i].last || block[i].first > other->last)
                continue;
            if (other->offset >= at + block[i].bytes && other->offset - at < best_gap) {
                best = at;
                best_gap = other->offset - at;
            }
            at = CJ_MAX(at, other->offset + other->bytes);
        }
        block[i].offset = best != SIZE_MAX ? best : at;
        size = CJ_MAX(size, block[i].offset + block[i].bytes);
        insert_block(sorted, i, &block[i]);
    }
    return size;
}

/* The same in the order of time with a list of what is alive: nothing quadratic. */
static size_t place_by_time(cj_block *block, int32_t count, cj_block **alive)
{
    size_t size = 0;
    int32_t living = 0;
    for (int32_t i = 0; i < count; i++) {
        int32_t kept = 0;
        size_t at = 0, offset = SIZE_MAX;
        for (int32_t j = 0; j < living; j++)
            if (alive[j]->last >= block[i].first)
                alive[kept++] = alive[j];
        living = kept;
        for (int32_t j = 0; j < living && offset == SIZE_MAX; j++) {
            if (alive[j]->offset >= at + block[i].bytes)
                offset = at;
            at = CJ_MAX(at, alive[j]->offset + alive[j]->bytes);
        }
        block[i].offset = offset == SIZE_MAX ? at : offset;
        insert_block(alive, living++, &block[i]);
        size = CJ_MAX(size, block[i].offset + block[i].bytes);
    }
    return size;
}

static size_t rounded(size_t bytes)
{
    return (bytes + ALIGN - 1) / ALIGN * ALIGN;
}

static int32_t collect_blocks(cj_schedule *s, cj_block *block)
{
    int32_t count = 0;
    for (int32_t b = 0; b < s->buffers; b++)
        if (s->buffer[b].kind == CJ_BUFFER_ARENA && s->buffer[b].first >= 0)
            block[count++] = (cj_block){.first = s->buffer[b].first,
                                        .last = s->buffer[b].last,
                                        .bytes = rounded(s->buffer[b].bytes),
                                        .id = b};
    for (int32_t k = 0; k < s->kernels; k++)
        if (s->scratch[k])
            block[count++] = (cj_block){
                .first = k, .last = k, .bytes = rounded(s->scratch[k]), .id = s->buffers + k};
    return count;
}

/* Bytes alive at each kernel; the largest is the lower bound. */
static size_t *find_breadth(cj_schedule *s, const cj_block *block, int32_t count)
{
    size_t *breadth = cj_arena_take_zero(s->work, sizeof(*breadth) * (size_t)(s->kernels + 2));
    if (!breadth)
        return NULL;
    for (int32_t i = 0; i < count; i++) {
        breadth[block[i].first] += block[i].bytes;
        breadth[block[i].last + 1] -= block[i].bytes;
    }
    for (int32_t k = 1; k <= s->kernels; k++)
        breadth[k] += breadth[k - 1];
    for (int32_t k = 0; k < s->kernels; k++)
        s->lower_bound_bytes = CJ_MAX(s->lower_bound_bytes, breadth[k]);
    return breadth;
}

static void keep_offsets(cj_schedule *s, const cj_block *block, int32_t count, size_t size)
{
    if (s->peak_bytes && s->peak_bytes <= size)
        return;
    s->peak_bytes = size;
    for (int32_t i = 0; i < count; i++) {
        if (block[i].id < s->buffers)
            s->buffer[block[i].id].offset = block[i].offset;
        else
            s->scratch_offset[block[i].id - s->buffers] = block[i].offset;
    }
}

cj_status cj_schedule_plan(cj_schedule *s)
{
    size_t room = (size_t)s->buffers + (size_t)s->kernels + 1;
    cj_block *block = cj_arena_take(s->work, sizeof(*block) * room);
    cj_block **near = cj_arena_take(s->work, sizeof(*near) * room);
    if (!block || !near)
        return CJ_NO_MEMORY;
    int32_t count = collect_blocks(s, block);
    size_t *breadth = find_breadth(s, block, count);
    if (!breadth)
        return CJ_NO_MEMORY;
    for (int32_t i = 0; i < count; i++)
        block[i].key = (size_t)(s->kernels - block[i].first);
    qsort(block, (size_t)count, sizeof(*block), compare_blocks);
    keep_offsets(s, block, count, place_by_time(block, count, near));
    for (int pass = 0;
         pass < 2 && count <= MOST_BLOCKS_SEARCHED && s->peak_bytes > s->lower_bound_bytes;
         pass++) {
        for (int32_t i = 0; i < count; i++) {
            block[i].key = pass ? 0 : block[i].bytes;
            for (int32_t k = block[i].first; pass && k <= block[i].last; k++)
                block[i].key = CJ_MAX(block[i].key, breadth[k]);
        }
        qsort(block, (size_t)count, sizeof(*block), compare_blocks);
        keep_offsets(s, block, count, place_blocks(block, count, near));
    }
    return CJ_OK;
}
