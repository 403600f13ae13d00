/*
 * src/graph/random.c - keys and draws, from random words and arithmetic.
 */
#include "graph/build.h"

#include <inttypes.h>

cj_tensor *cj_key_at(cj_at at, cj_context *context, uint64_t seed)
{
    cj_key key = cj_key_from_seed(seed);
    return cj_tensor_from_at(at, context, CJ_U32, 1, (int64_t[]){2}, key.word);
}

cj_tensor *cj_fold_at(cj_at at, cj_tensor *key, cj_tensor *value)
{
    if (!cj_ready(key) || !value)
        return NULL;
    if (key->rank == 1 && value->elements == 1)
        value = cj_reshape_at(at, value, 0, NULL);
    return cj_node(key->context, at,
                   &(cj_node_spec){.op = CJ_OP_KEY_FOLD,
                                   .source_count = 2,
                                   .source = (cj_tensor *[]){key, value}});
}

cj_tensor *cj_random_bits_at(cj_at at, cj_tensor *key, int rank, const int64_t *shape)
{
    int64_t elements;
    if (!cj_ready(key) ||
        cj_count_elements(key->context, at, "random_bits", rank, shape, &elements) != CJ_OK)
        return NULL;
    return cj_node(key->context, at,
                   &(cj_node_spec){.op = CJ_OP_RANDOM_BITS,
                                   .rank = rank,
                                   .shape = shape,
                                   .source_count = 1,
                                   .source = &key});
}

/* Words [elements, count] of a draw of `count` words an element. */
static cj_tensor *words(cj_at at, cj_tensor *key, const char *name, cj_dtype dtype, int rank,
                        const int64_t *shape, int64_t count)
{
    int64_t elements;
    if (!cj_ready(key) ||
        cj_count_elements(key->context, at, name, rank, shape, &elements) != CJ_OK)
        return NULL;
    if (dtype != CJ_F32 && dtype != CJ_F64) {
        cj_fail_building(key->context, CJ_DTYPE, at, "%s: %s; it makes f32 or f64", name,
                         cj_dtype_name(dtype));
        return NULL;
    }
    return cj_random_bits_at(at, key, 2, (int64_t[]){elements, count});
}

/* The high bits of column `column`, `bits` of them, as numbers of the dtype: exact. */
static cj_tensor *high_bits(cj_at at, cj_tensor *word, int column, int bits, cj_dtype dtype)
{
    cj_tensor *chosen = cj_narrow_at(at, word, 1, column, column + 1);
    return cj_cast_at(at, cj_shift_right_at(at, chosen, cj_like_at(at, word, 32 - bits)), dtype);
}

/* Uniform [elements, 1] from one word (f32) or two (f64), beginning at `column`. */
static cj_tensor *uniform(cj_at at, cj_tensor *word, int column, cj_dtype dtype)
{
    if (dtype == CJ_F32)
        return cj_scale_at(at, high_bits(at, word, column, 24, dtype), 0x1p-24);
    cj_tensor *high = cj_scale_at(at, high_bits(at, word, column, 27, dtype), 0x1p26);
    cj_tensor *low = high_bits(at, word, column + 1, 26, dtype);
    return cj_scale_at(at, cj_add_at(at, high, low), 0x1p-53);
}

static int words_of(cj_dtype dtype)
{
    return dtype == CJ_F64 ? 2 : 1;
}

cj_tensor *cj_random_uniform_at(cj_at at, cj_tensor *key, cj_dtype dtype, int rank,
                                const int64_t *shape)
{
    cj_tensor *word = words(at, key, "random_uniform", dtype, rank, shape, words_of(dtype));
    return word ? cj_reshape_at(at, uniform(at, word, 0, dtype), rank, shape) : NULL;
}

/* sqrt(-2 log(1 - u)) cos(2 pi v): Box and Muller, "A note on the generation of random normal deviates", 1958. */
cj_tensor *cj_random_normal_at(cj_at at, cj_tensor *key, cj_dtype dtype, int rank,
                               const int64_t *shape)
{
    cj_tensor *word = words(at, key, "random_normal", dtype, rank, shape, 2 * words_of(dtype));
    if (!word)
        return NULL;
    cj_tensor *u = uniform(at, word, 0, dtype);
    cj_tensor *v = uniform(at, word, words_of(dtype), dtype);
    cj_tensor *minus_log = cj_log_at(at, cj_sub_at(at, cj_like_at(at, u, 1), u));
    cj_tensor *radius = cj_sqrt_at(at, cj_scale_at(at, minus_log, -2));
    cj_tensor *angle = cj_scale_at(at, v, 6.283185307179586476925);
    return cj_reshape_at(at, cj_mul_at(at, radius, cj_cos_at(at, angle)), rank, shape);
}
