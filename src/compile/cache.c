/*
 * src/compile/cache.c - programs of single tensors, kept by the structure of their graph.
 *
 * The key is the graph in words: op, dtype, shape, options and sources of each node in the order of
 * the traversal. Two graphs with equal words differ in their constants only, and in scalars other
 * than 0, 1, -1, 2 and 1/2: these are arguments, whose memory is told at each run. Keys are
 * compared in full. The cache is bounded in programs and in bytes, the one used longest ago goes
 * first. Graphs that read variables are not kept: a kept program would hold its variables alive.
 */
#include "compile/program.h"

enum { MOST_ENTRIES = 64, MOST_BYTES = 16 << 20, BYTES_A_CALL = 2048 };

typedef struct cj_cache_entry {
    uint64_t *key;
    size_t words;
    uint64_t hash, used; /* used: the time of the last use */
    cj_program *program;
    size_t bytes;
} cj_cache_entry;

typedef struct cj_cache {
    cj_cache_entry entry[MOST_ENTRIES];
    int entries;
    size_t bytes;
    uint64_t time;
} cj_cache;

static void drop(cj_context *context, cj_cache *cache, int i)
{
    cj_cache_entry *e = &cache->entry[i];
    cache->bytes -= e->bytes;
    cj_program_free(e->program);
    cj_release(context, e->key, e->words * sizeof(*e->key));
    cache->entry[i] = cache->entry[--cache->entries];
}

static void free_cache(cj_context *context, void *state)
{
    cj_cache *cache = state;
    while (cache->entries)
        drop(context, cache, cache->entries - 1);
    cj_release(context, cache, sizeof(*cache));
}

static cj_cache *cache_of(cj_context *context)
{
    cj_cache *cache = context->room[CJ_ROOM_EVAL].state;
    if (!cache && (cache = cj_allocate_zero(context, sizeof(*cache)))) {
        context->room[CJ_ROOM_EVAL].state = cache;
        context->room[CJ_ROOM_EVAL].free = free_cache;
    }
    return cache;
}

size_t cj_eval_cached_bytes(const cj_context *context)
{
    const cj_cache *cache = context->room[CJ_ROOM_EVAL].state;
    return cache ? cache->bytes : 0;
}

static bool can_be_kept(const cj_traversal *list)
{
    for (uint32_t i = 0; i < list->count; i++)
        if (list->node[i]->op == CJ_OP_VARIABLE || list->node[i]->op == CJ_OP_INPUT)
            return false;
    return true;
}

/* ---- finding and keeping ---- */

static cj_program *find(cj_cache *cache, const uint64_t *key, size_t words, uint64_t hash)
{
    for (int i = 0; i < cache->entries; i++) {
        cj_cache_entry *e = &cache->entry[i];
        if (e->hash == hash && e->words == words &&
            memcmp(e->key, key, words * sizeof(*key)) == 0) {
            e->used = ++cache->time;
            return e->program;
        }
    }
    return NULL;
}

static void make_room(cj_context *context, cj_cache *cache, size_t bytes)
{
    while (cache->entries &&
           (cache->entries == MOST_ENTRIES || cache->bytes + bytes > MOST_BYTES)) {
        int oldest = 0;
        for (int i = 1; i < cache->entries; i++)
            if (cache->entry[i].used < cache->entry[oldest].used)
                oldest = i;
        drop(context, cache, oldest);
    }
}

/* Takes over the key and the program, if they are not too large. */
static bool keep(cj_context *context, cj_cache *cache, uint64_t *key, size_t words, uint64_t hash,
                 cj_program *p)
{
    size_t bytes = cj_arena_bytes(&p->arena) + p->own_bytes + words * sizeof(*key) +
                   (size_t)p->kernels * BYTES_A_CALL;
    if (bytes > MOST_BYTES / 4)
        return false;
    make_room(context, cache, bytes);
    p->cached = true;
    cache->bytes += bytes;
    cache->entry[cache->entries++] = (cj_cache_entry){key, words, hash, ++cache->time, p, bytes};
    return true;
}

static void tell_arguments(cj_program *p, const cj_traversal *list)
{
    for (int32_t i = 0; i < p->buffers; i++)
        if (p->buffer[i].kind == CJ_BUFFER_ARGUMENT) {
            const cj_tensor *leaf = list->node[p->buffer[i].argument];
            const void *data =
                leaf->op == CJ_OP_SCALAR ? (const void *)leaf->option : leaf->payload;
            memcpy(&p->pointer[i], &data, sizeof(data));
        }
}

static cj_program *program_for(cj_at at, cj_tensor *x, const cj_traversal *list)
{
    cj_context *context = x->context;
    cj_cache *cache = cache_of(context);
    if (!cache)
        return NULL;
    if (!can_be_kept(list))
        return cj_program_new(at, context, 1, &x, NULL, false);
    size_t words = cj_graph_key(list, NULL);
    uint64_t *key = words ? cj_allocate(context, words * sizeof(*key)) : NULL;
    if (!key || !cj_graph_key(list, key)) {
        cj_release(context, key, words * sizeof(*key));
        return NULL;
    }
    uint64_t hash = cj_hash_bytes(0, key, words * sizeof(*key));
    cj_program *p = find(cache, key, words, hash);
    bool kept = false;
    if (!p && (p = cj_program_new(at, context, 1, &x, NULL, true)))
        kept = keep(context, cache, key, words, hash, p);
    if (!kept)
        cj_release(context, key, words * sizeof(*key));
    return p;
}

cj_program *cj_program_of(cj_at at, cj_tensor *x)
{
    cj_traversal list = {0};
    if (cj_context_status(x->context) || cj_traverse_values(&list, x->context, 1, &x) ||
        cj_traverse_edges(&list)) {
        cj_traverse_free(&list);
        return NULL;
    }
    cj_program *p = program_for(at, x, &list);
    if (p) {
        tell_arguments(p, &list);
        if (cj_run(p, 0, NULL)) {
            cj_program_done(p);
            p = NULL;
        }
    }
    cj_traverse_free(&list);
    return p;
}

void cj_program_done(cj_program *p)
{
    if (!p->cached)
        cj_program_free(p);
}
