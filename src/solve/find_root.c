/*
 * src/solve/find_root.c - roots of many equations of one unknown at once, each in its bracket.
 */
#include "cajal/loop.h"
#include "cajal/transform.h"
#include "solve/solve.h"

#include <math.h>

typedef struct search {
    struct cj_find_root_args a;
    cj_tensor *sign; /* of f at low */
} search;

static cj_tensor *value(const search *s, cj_tensor *z)
{
    cj_tensor *f = z ? s->a.f(s->a.user, z, s->a.count, s->a.theta) : NULL;
    bool fits = f && cj_tensor_dtype(f) == cj_tensor_dtype(z) && cj_rank(f) == cj_rank(z) &&
                (cj_rank(f) == 0 ||
                 !memcmp(cj_shape(f), cj_shape(z), (size_t)cj_rank(f) * sizeof(int64_t)));
    if (f && !fits)
        cj_fail_building(cj_tensor_context(z), CJ_SHAPE, s->a.at,
                         "find_root: f is %s; it must be %s like the brackets", CJ_TEXT_OF(f),
                         CJ_TEXT_OF(z));
    return fits ? f : NULL;
}

static cj_tensor *middle(const search *s, cj_tensor *low, cj_tensor *high)
{
    return cj_scale_at(s->a.at, cj_add_at(s->a.at, low, high), 0.5);
}

static void halve(void *user, cj_body *b)
{
    const search *s = user;
    cj_at at = s->a.at;
    cj_tensor *low = b->carry[0], *high = b->carry[1], *z = middle(s, low, high);
    cj_tensor *same = cj_eq_at(at, cj_sign_at(at, value(s, z)), s->sign);
    b->next[0] = cj_where_at(at, same, z, low);
    b->next[1] = cj_where_at(at, same, high, z);
}

/* z - f / f'; where the slope is 0, z. */
static cj_tensor *newton(const search *s, cj_tensor *z)
{
    cj_at at = s->a.at;
    cj_tensor *place = cj_tap_at(at, z), *f = value(s, place), *slope = NULL;
    if (!f)
        return NULL;
    cj_tensor *one =
        cj_full_at(at, cj_tensor_context(z), cj_tensor_dtype(z), cj_rank(z), cj_shape(z), 1);
    if (cj_jvp_at(at, 1, &place, &one, 1, &f, &slope) != CJ_OK || !slope)
        return z;
    cj_tensor *flat = cj_eq_at(at, slope, cj_like_at(at, slope, 0));
    cj_tensor *safe = cj_where_at(at, flat, cj_like_at(at, slope, 1), slope);
    cj_tensor *step = cj_div_at(at, f, safe);
    return cj_sub_at(at, place, cj_where_at(at, flat, cj_like_at(at, step, 0), step));
}

static cj_tensor *find(search *s)
{
    cj_at at = s->a.at;
    cj_tensor *low = cj_stop_gradient_at(at, s->a.low), *high = cj_stop_gradient_at(at, s->a.high);
    s->sign = cj_stop_gradient_at(at, cj_sign_at(at, value(s, low)));
    cj_tensor *other = cj_stop_gradient_at(at, cj_sign_at(at, value(s, high)));
    cj_tensor *last[2], *ends[2] = {low, high};
    if (!s->sign || !other)
        return NULL;
    /* 0 at an end is a root; then the other end's sign decides where to look */
    cj_tensor *zero = cj_like_at(at, other, 0);
    cj_tensor *at_low = cj_eq_at(at, s->sign, zero);
    cj_tensor *bracketed = cj_le_at(at, cj_mul_at(at, s->sign, other), zero);
    int64_t halvings = cj_tensor_dtype(low) == CJ_F64 ? 60 : 30;
    if (cj_fori_at(at, halvings, halve, s, 2, ends, last) != CJ_OK)
        return NULL;
    cj_tensor *z = cj_where_at(at, at_low, low, middle(s, last[0], last[1]));
    z = newton(s, newton(s, cj_stop_gradient_at(at, z)));
    return z ? cj_where_at(at, bracketed, z, cj_like_at(at, z, (double)NAN)) : NULL;
}

cj_tensor *cj_find_root_at(const struct cj_find_root_args *args)
{
    search s = {0};
    if (!args || !args->low || !args->high)
        return NULL;
    cj_context *context = cj_tensor_context(args->low);
    if (cj_context_status(context) != CJ_OK || !CJ_TAKE_ARGS(context, "find_root", s.a, args))
        return NULL;
    cj_dtype dtype = cj_tensor_dtype(s.a.low);
    bool alike = cj_tensor_dtype(s.a.high) == dtype && cj_rank(s.a.high) == cj_rank(s.a.low) &&
                 (cj_rank(s.a.low) == 0 || !memcmp(cj_shape(s.a.high), cj_shape(s.a.low),
                                                   (size_t)cj_rank(s.a.low) * sizeof(int64_t)));
    if (!s.a.f || !alike || (dtype != CJ_F32 && dtype != CJ_F64)) {
        cj_fail_building(context, s.a.f ? CJ_SHAPE : CJ_INVALID, s.a.at,
                         s.a.f ? "find_root: low is %s, high %s; they must be alike, f32 or f64"
                               : "find_root: f is NULL",
                         CJ_TEXT_OF(s.a.low), CJ_TEXT_OF(s.a.high));
        return NULL;
    }
    return find(&s);
}
