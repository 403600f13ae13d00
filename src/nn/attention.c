/*
 * src/nn/attention.c - scaled dot-product attention, several heads of it, positions.
 */
#include "cajal/index.h"
#include "cajal/sequence.h"
#include "nn/nn.h"

#include <math.h>

/* ---- one attention ---- */

/* The largest kept element is held constant, as in softmax; rows without one get 0 for it, and a sum
 * of 1, so that nothing of them is NaN, in no derivative. */
cj_tensor *cj_masked_softmax_at(cj_at at, cj_tensor *x, cj_tensor *keep, int axis)
{
    if (!x || !keep)
        return NULL;
    uint32_t axes = cj_axis_mask(at, "masked_softmax", x, axis);
    if (!axes)
        return NULL;
    keep = cj_expand_at(at, keep, cj_rank(x), cj_shape(x));
    cj_tensor *least = cj_where_at(at, keep, x, cj_like_at(at, x, -INFINITY));
    cj_tensor *largest = cj_amax_at(at, cj_stop_gradient_at(at, least), axes, true);
    if (!largest)
        return NULL;
    cj_tensor *none = cj_like_at(at, largest, -INFINITY), *zero = cj_like_at(at, x, 0);
    largest = cj_where_at(at, cj_eq_at(at, largest, none), cj_like_at(at, largest, 0), largest);
    cj_tensor *low = cj_where_at(at, keep, cj_sub_at(at, x, largest), zero);
    cj_tensor *e = cj_where_at(at, keep, cj_exp_at(at, low), zero);
    cj_tensor *sum = cj_sum_at(at, e, axes, true);
    if (!sum)
        return NULL;
    cj_tensor *empty = cj_eq_at(at, sum, cj_like_at(at, sum, 0));
    return cj_div_at(at, e, cj_where_at(at, empty, cj_like_at(at, sum, 1), sum));
}

/* bool [L, S]: key j <= query i + S - L. */
static cj_tensor *causal_mask(cj_at at, cj_context *context, int64_t l, int64_t s)
{
    int64_t shape[] = {l, s};
    cj_tensor *query = cj_iota_at(at, context, CJ_I64, 2, shape, 0);
    cj_tensor *key = cj_iota_at(at, context, CJ_I64, 2, shape, 1);
    return cj_le_at(at, key, cj_shift_at(at, query, (double)(s - l)));
}

static cj_tensor *both(cj_at at, cj_tensor *a, cj_tensor *b)
{
    return a && b ? cj_and_at(at, a, b) : a ? a : b;
}

/* softmax of the scores, masked where a mask is; then times v. `drop_from`: whose dropout p of the
 * weights is, or NULL. */
static cj_tensor *attend(const struct cj_attention_args *a, cj_scope *drop_from, double p)
{
    cj_at at = a->at;
    int64_t l = cj_extent(a->q, -2), s = cj_extent(a->k, -2), d = cj_extent(a->q, -1);
    double scale = a->scale != 0 ? a->scale : 1 / sqrt((double)CJ_MAX(d, 1));
    int rank = cj_rank(a->k);
    cj_tensor *scores = cj_matmul_at(at, cj_scale_at(at, a->q, scale),
                                     cj_transpose_at(at, a->k, rank - 2, rank - 1));
    if (a->bias)
        scores = cj_add_at(at, scores, a->bias);
    if (!scores)
        return NULL;
    cj_tensor *keep = a->keep;
    if (a->causal)
        keep = both(at, causal_mask(at, cj_tensor_context(scores), l, s), keep);
    cj_tensor *weights =
        keep ? cj_masked_softmax_at(at, scores, keep, -1) : cj_softmax_at(at, scores, -1);
    if (a->weights)
        *a->weights = weights;
    if (drop_from)
        weights = cj_dropout_at(at, drop_from, weights, p);
    return cj_matmul_at(at, weights, a->v);
}

cj_tensor *cj_attention_at(const struct cj_attention_args *args)
{
    struct cj_attention_args a;
    if (!args || !args->q || !args->k || !args->v ||
        cj_context_status(cj_tensor_context(args->q)) != CJ_OK ||
        !CJ_TAKE_ARGS(cj_tensor_context(args->q), "attention", a, args))
        return NULL;
    if (cj_rank(a.q) >= 2 && cj_rank(a.k) >= 2 && cj_rank(a.v) >= 2 &&
        cj_extent(a.q, -1) == cj_extent(a.k, -1) && cj_extent(a.k, -2) == cj_extent(a.v, -2))
        return attend(&a, NULL, 0);
    cj_fail_building(
        cj_tensor_context(a.q), CJ_SHAPE, a.at,
        "attention: q %s, k %s and v %s must be [..., L, d], [..., S, d] and [..., S, e]",
        CJ_TEXT_OF(a.q), CJ_TEXT_OF(a.k), CJ_TEXT_OF(a.v));
    return NULL;
}

/* ---- several heads ---- */

typedef struct heads {
    struct cj_multi_head_attention_args a;
    cj_scope *s;
    int64_t n, l, keys, e, d; /* e features in all, d a head */
    bool packed;              /* one in_proj_weight */
} heads;

static bool refuse(const heads *m, const char *reason)
{
    cj_fail_building(cj_scope_context(m->a.scope), CJ_SHAPE, m->a.at,
                     "%s of query %s, key %s and value %s: %s",
                     CJ_LABEL("multi_head_attention", m->a.scope, m->a.name),
                     CJ_TEXT_OF(m->a.query), CJ_TEXT_OF(m->a.key), CJ_TEXT_OF(m->a.value), reason);
    return false;
}

static bool check(heads *m)
{
    struct cj_multi_head_attention_args *a = &m->a;
    a->key = a->key ? a->key : a->query;
    a->value = a->value ? a->value : a->key;
    a->key_heads = a->key_heads ? a->key_heads : a->heads;
    if (cj_rank(a->query) != 3 || cj_rank(a->key) != 3 || cj_rank(a->value) != 3)
        return refuse(m, a->batch_first ? "they are [examples, places, features]"
                                        : "they are [places, examples, features]");
    int time = a->batch_first, batch = !a->batch_first;
    m->n = cj_extent(a->query, batch);
    m->l = cj_extent(a->query, time);
    m->keys = cj_extent(a->key, time);
    m->e = cj_extent(a->query, 2);
    if (cj_extent(a->key, batch) != m->n || cj_extent(a->value, batch) != m->n ||
        cj_extent(a->value, time) != m->keys)
        return refuse(m, "examples, and places of key and value, must be as many");
    if (a->heads < 1 || m->e % a->heads || a->key_heads < 1 || a->heads % a->key_heads)
        return refuse(m, ".heads must divide the query's features, .key_heads must divide .heads");
    m->d = m->e / a->heads;
    m->packed =
        a->key_heads == a->heads && cj_extent(a->key, 2) == m->e && cj_extent(a->value, 2) == m->e;
    return true;
}

/* The weight of part 0 (query), 1 (key) or 2 (value), [rows, features]. */
static cj_tensor *projection(const heads *m, int part, int64_t features)
{
    static const char *const name[] = {"q_proj_weight", "k_proj_weight", "v_proj_weight"};
    cj_at at = m->a.at;
    cj_dtype dtype = cj_scope_dtype(m->s);
    cj_initialiser xavier = cj_init_xavier_uniform(1);
    if (!m->packed) {
        int64_t rows = (part ? m->a.key_heads : m->a.heads) * m->d;
        return cj_scope_get_at(at, m->s, name[part], dtype, 2, (int64_t[]){rows, features}, xavier);
    }
    cj_tensor *all =
        cj_scope_get_at(at, m->s, "in_proj_weight", dtype, 2, (int64_t[]){3 * m->e, m->e}, xavier);
    return cj_narrow_at(at, all, 0, part * m->e, (part + 1) * m->e);
}

/* x W^T + b as [N, heads, places, d]. */
static cj_tensor *project(const heads *m, int part, cj_tensor *x, int64_t places)
{
    cj_at at = m->a.at;
    int64_t count = part ? m->a.key_heads : m->a.heads, features = cj_extent(x, 2);
    int64_t q = m->a.heads * m->d, kv = m->a.key_heads * m->d;
    int64_t first = part == 0 ? 0 : q + (part - 1) * kv, width = part ? kv : q;
    cj_tensor *w = projection(m, part, features);
    cj_tensor *rows = cj_reshape_at(at, x, 2, (int64_t[]){m->n * places, features});
    cj_tensor *y = cj_matmul_at(at, rows, cj_transpose_at(at, w, 0, 1));
    if (!m->a.no_bias) {
        cj_tensor *b = cj_scope_get_at(at, m->s, "in_proj_bias", cj_scope_dtype(m->s), 1,
                                       (int64_t[]){q + 2 * kv}, cj_init_zeros());
        y = cj_add_at(at, y, cj_narrow_at(at, b, 0, first, first + width));
    }
    if (m->a.batch_first) {
        y = cj_reshape_at(at, y, 4, (int64_t[]){m->n, places, count, m->d});
        return y ? cj_permute_at(at, y, (int[]){0, 2, 1, 3}) : NULL;
    }
    y = cj_reshape_at(at, y, 4, (int64_t[]){places, m->n, count, m->d});
    return y ? cj_permute_at(at, y, (int[]){1, 2, 0, 3}) : NULL;
}

/* Each key head serves several query heads: [N, key_heads, S, d] to [N, heads, S, d]. */
static cj_tensor *repeat_heads(const heads *m, cj_tensor *x)
{
    int64_t group = m->a.heads / m->a.key_heads;
    if (group == 1 || !x)
        return x;
    int64_t s = cj_extent(x, 2);
    x = cj_reshape_at(m->a.at, x, 5, (int64_t[]){m->n, m->a.key_heads, 1, s, m->d});
    x = cj_expand_at(m->a.at, x, 5, (int64_t[]){m->n, m->a.key_heads, group, s, m->d});
    return cj_reshape_at(m->a.at, x, 4, (int64_t[]){m->n, m->a.heads, s, m->d});
}

/* attn_mask as [..., L, S] under [N, heads, L, S]. */
static cj_tensor *as_four(const heads *m, cj_tensor *mask)
{
    if (cj_rank(mask) != 3)
        return mask;
    return cj_unsqueeze_at(m->a.at, mask, 1);
}

static void set_masks(const heads *m, struct cj_attention_args *a)
{
    cj_at at = m->a.at;
    if (m->a.attn_mask) {
        cj_tensor *mask = as_four(m, m->a.attn_mask);
        if (cj_tensor_dtype(m->a.attn_mask) == CJ_BOOL)
            a->keep = cj_not_at(at, mask);
        else
            a->bias = mask;
    }
    if (m->a.key_padding_mask) {
        cj_tensor *mask =
            cj_reshape_at(at, m->a.key_padding_mask, 4,
                          (int64_t[]){m->n, 1, 1, cj_extent(m->a.key_padding_mask, 1)});
        a->keep = both(at, a->keep, cj_not_at(at, mask));
    }
}

/* ---- decoding ---- */

cj_cache cj_key_value_cache_at(cj_at at, cj_scope *s, int64_t n, int64_t count, int64_t capacity,
                               int64_t features)
{
    cj_context *context = cj_scope_context(s);
    cj_tensor *zeros =
        cj_full_at(at, context, cj_scope_dtype(s), 4, (int64_t[]){n, count, capacity, features}, 0);
    return (cj_cache){zeros, zeros, cj_scalar_at(at, context, CJ_I64, 0)};
}

/* The new rows at `length` and behind; what does not fit is dropped. */
static cj_tensor *write_rows(cj_at at, cj_tensor *kept, cj_tensor *length, cj_tensor *rows)
{
    if (!kept || !rows || !length)
        return NULL;
    int64_t shape[] = {1, 1, cj_extent(rows, 2), 1};
    cj_tensor *index = cj_iota_at(at, cj_tensor_context(kept), CJ_I64, 4, shape, 2);
    return cj_scatter_set_at(at, kept, 2, cj_add_at(at, index, length), rows);
}

/* Query i of the new rows may see the keys up to its own: j <= length + i. */
static void use_cache(const heads *m, struct cj_attention_args *a)
{
    cj_at at = m->a.at;
    cj_cache *cache = m->a.cache;
    cj_tensor *length = cache->length;
    cache->key = write_rows(at, cache->key, length, a->k);
    cache->value = write_rows(at, cache->value, length, a->v);
    cache->length = cj_shift_at(at, length, (double)m->l);
    a->k = cache->key;
    a->v = cache->value;
    if (!a->k || !length)
        return;
    int64_t shape[] = {m->l, cj_extent(a->k, 2)};
    cj_context *context = cj_tensor_context(a->k);
    cj_tensor *last = cj_add_at(at, cj_iota_at(at, context, CJ_I64, 2, shape, 0), length);
    a->keep = both(at, a->keep, cj_le_at(at, cj_iota_at(at, context, CJ_I64, 2, shape, 1), last));
}

/* ---- the layer ---- */

static cj_tensor *out_projection(const heads *m, cj_tensor *y)
{
    cj_at at = m->a.at;
    if (!y)
        return NULL;
    y = cj_permute_at(at, y, m->a.batch_first ? (int[]){0, 2, 1, 3} : (int[]){2, 0, 1, 3});
    y = cj_reshape_at(
        at, y, 3, m->a.batch_first ? (int64_t[]){m->n, m->l, m->e} : (int64_t[]){m->l, m->n, m->e});
    struct cj_linear_args out = {.scope = m->s, .name = "out_proj", .x = y};
    out.at = (cj_at){at.file, at.line, sizeof out};
    out.out_features = m->e;
    out.no_bias = m->a.no_bias;
    out.bias_init = cj_init_zeros();
    return cj_linear_at(&out);
}

cj_tensor *cj_multi_head_attention_at(const struct cj_multi_head_attention_args *args)
{
    heads m = {.s = NULL};
    if (!args ||
        !cj_layer_ready(args->at, "multi_head_attention", args->scope, args->name, args->query) ||
        !CJ_TAKE_ARGS(cj_scope_context(args->scope), "multi_head_attention", m.a, args) ||
        !check(&m))
        return NULL;
    cj_at at = m.a.at;
    m.s = cj_scope_enter(m.a.scope, m.a.name);
    struct cj_attention_args a = {.at = at, .causal = m.a.causal, .weights = m.a.weights};
    a.q = project(&m, 0, m.a.query, m.l);
    a.k = project(&m, 1, m.a.key, m.keys);
    a.v = project(&m, 2, m.a.value, m.keys);
    set_masks(&m, &a);
    if (m.a.rotary) {
        cj_tensor *first = m.a.cache ? m.a.cache->length : NULL;
        a.q = cj_rotary_at(at, a.q, first);
        a.k = cj_rotary_at(at, a.k, first);
    }
    if (m.a.cache) {
        a.causal = false;
        use_cache(&m, &a);
    }
    a.k = repeat_heads(&m, a.k);
    a.v = repeat_heads(&m, a.v);
    if (cj_context_status(cj_scope_context(m.a.scope)) != CJ_OK)
        return NULL;
    cj_tensor *y = out_projection(&m, attend(&a, m.s, m.a.dropout));
    return cj_scope_mark_at(at, m.a.scope, m.a.name, y);
}

/* ---- positions ---- */

/* The angles (t + first) / 10000^(2i / features), [length, pairs], in f64; first NULL: 0. */
static cj_tensor *angles(cj_at at, cj_context *context, int64_t length, int64_t features,
                         cj_tensor *first)
{
    int64_t shape[] = {length, (features + 1) / 2};
    cj_tensor *t = cj_iota_at(at, context, CJ_F64, 2, shape, 0);
    cj_tensor *i = cj_iota_at(at, context, CJ_F64, 2, shape, 1);
    if (first)
        t = cj_add_at(at, t, cj_cast_at(at, first, CJ_F64));
    double rate = -2 * log(10000) / (double)CJ_MAX(features, 1);
    return cj_mul_at(at, t, cj_exp_at(at, cj_scale_at(at, i, rate)));
}

/* a and b [..., m] by turns: [..., 2 m]. */
static cj_tensor *interleave(cj_at at, cj_tensor *a, cj_tensor *b)
{
    if (!a || !b)
        return NULL;
    int rank = cj_rank(a);
    int64_t shape[CJ_MAX_RANK + 1];
    memcpy(shape, cj_shape(a), (size_t)rank * sizeof *shape);
    shape[rank] = 1;
    cj_tensor *pair[] = {cj_reshape_at(at, a, rank + 1, shape),
                         cj_reshape_at(at, b, rank + 1, shape)};
    shape[rank - 1] *= 2;
    return cj_reshape_at(at, cj_concat_at(at, rank, 2, pair), rank, shape);
}

cj_tensor *cj_sinusoidal_positions_at(cj_at at, cj_context *context, cj_dtype dtype, int64_t length,
                                      int64_t features)
{
    if (length < 0 || features < 1) {
        cj_fail_building(context, CJ_SHAPE, at,
                         "sinusoidal_positions: %lld places of %lld features", (long long)length,
                         (long long)features);
        return NULL;
    }
    cj_tensor *angle = angles(at, context, length, features, NULL);
    cj_tensor *all = interleave(at, cj_sin_at(at, angle), cj_cos_at(at, angle));
    return cj_cast_at(at, cj_narrow_at(at, all, 1, 0, features), dtype);
}

/* Every second element of the last axis, from `first`. */
static cj_tensor *every_second(cj_at at, cj_tensor *x, int64_t first)
{
    int rank = cj_rank(x);
    int64_t start[CJ_MAX_RANK] = {0}, stop[CJ_MAX_RANK], step[CJ_MAX_RANK];
    for (int i = 0; i < rank; i++) {
        stop[i] = cj_extent(x, i);
        step[i] = 1;
    }
    start[rank - 1] = first;
    step[rank - 1] = 2;
    return cj_slice_at(at, x, start, stop, step);
}

cj_tensor *cj_rotary_at(cj_at at, cj_tensor *x, cj_tensor *first)
{
    if (!x)
        return NULL;
    cj_context *context = cj_tensor_context(x);
    if (cj_rank(x) < 2 || cj_extent(x, -1) % 2) {
        cj_fail_building(context, CJ_SHAPE, at,
                         "rotary on %s: it takes [..., places, an even number of features]",
                         CJ_TEXT_OF(x));
        return NULL;
    }
    cj_tensor *angle = angles(at, context, cj_extent(x, -2), cj_extent(x, -1), first);
    cj_tensor *c = cj_cast_at(at, cj_cos_at(at, angle), cj_tensor_dtype(x));
    cj_tensor *s = cj_cast_at(at, cj_sin_at(at, angle), cj_tensor_dtype(x));
    cj_tensor *a = every_second(at, x, 0), *b = every_second(at, x, 1);
    return interleave(at, cj_sub_at(at, cj_mul_at(at, a, c), cj_mul_at(at, b, s)),
                      cj_add_at(at, cj_mul_at(at, a, s), cj_mul_at(at, b, c)));
}
