/*
 * src/transform/abstract_rules.c - how sets go through ops.
 *
 * Affine in the reached sources: the center goes through the op, errors through its tangent rule
 * over lanes, the radius through the op with |coefficients|. Otherwise ends go to ends, and what is
 * between them is a box; or lines of one slope are laid under and over the function, which keeps
 * errors.
 */
#include "cajal/transform.h"
#include "transform/abstract.h"
#include "transform/rules.h"

#include <math.h>

static bool is_float(const cj_tensor *x)
{
    return cj_dtype_class(x->dtype) == 'f';
}

static void unsupported(cj_carrier *c)
{
    char text[160];
    cj_fail_building(c->context, CJ_UNSUPPORTED, c->at,
                     "propagate: there is no rule that carries such a set through %s %s",
                     cj_op_table[c->node->op].name, cj_shape_text(c->node, text, sizeof text));
}

static cj_tensor *full(cj_at at, const cj_tensor *like, double value)
{
    return cj_full_at(at, like->context, (cj_dtype)like->dtype, like->rank, like->shape, value);
}

static cj_tensor *sum(cj_at at, cj_tensor *a, cj_tensor *b)
{
    return a && b ? cj_add_at(at, a, b) : a ? a : b;
}

/* The node with f(source i) in place of each reached source. */
static cj_tensor *with_each(cj_carrier *c, cj_tensor *(*f)(cj_carrier *, int))
{
    for (int i = 0; i < c->node->source_count; i++)
        c->room[0][i] = c->source[i]->reached ? f(c, i) : c->node->source[i];
    return cj_with_sources(c->at, c->node, c->room[0]);
}

static cj_tensor *center_of(cj_carrier *c, int i)
{
    return c->source[i]->set.center;
}

/* ---- affine ops ---- */

static cj_tensor *errors_of(cj_carrier *c, int i, int64_t lanes)
{
    cj_tensor *e = c->source[i]->set.errors;
    int64_t low[CJ_MAX_RANK] = {0}, high[CJ_MAX_RANK] = {0};
    high[0] = lanes - e->shape[0];
    return cj_pad_at(c->at, e, low, high);
}

/* The op's tangent rule, linear here, once over all errors; those of one number move together. */
static cj_tensor *carry_errors(cj_carrier *c)
{
    cj_tensor **t = c->room[0], **from = c->room[1], **to = c->room[2], *out = NULL;
    int64_t lanes = 0;
    int count = 0;
    for (int i = 0; i < c->node->source_count; i++)
        if (c->source[i]->set.errors)
            lanes = CJ_MAX(lanes, c->source[i]->set.errors->shape[0]);
    for (int i = 0; i < c->node->source_count; i++) {
        t[i] = NULL;
        if (!c->source[i]->set.errors)
            continue;
        t[i] = cj_tap_at(c->at, full(c->at, c->node->source[i], 0));
        from[count] = t[i];
        to[count++] = errors_of(c, i, lanes);
    }
    if (count == 0 || c->context->build_status != CJ_OK)
        return NULL;
    cj_tensor *one = cj_derivative_table[c->node->op].tangent(c->at, c->node, t);
    if (one)
        cj_vmap_at(c->at, count, from, to, 1, &one, &out);
    return out;
}

/* Whether all reached sources, and the node, are floats: what affine rules are for. */
static bool of_floats(cj_carrier *c)
{
    bool good = is_float(c->node);
    for (int i = 0; i < c->node->source_count; i++)
        good &= !c->source[i]->reached || is_float(c->node->source[i]);
    if (!good)
        unsupported(c);
    return good;
}

/* Coefficients that are 0 or more: the radius goes the way of a tangent. */
static void movement(cj_carrier *c, cj_range *out)
{
    if (!of_floats(c))
        return;
    bool any = false;
    out->set.center = with_each(c, center_of);
    out->set.errors = carry_errors(c);
    for (int i = 0; i < c->node->source_count; i++) {
        c->room[0][i] = c->source[i]->set.radius;
        any |= c->room[0][i] != NULL;
    }
    if (any)
        out->set.radius = cj_derivative_table[c->node->op].tangent(c->at, c->node, c->room[0]);
}

/* Elementwise: |coefficient| from the partial derivative. */
static void affine_map(cj_carrier *c, cj_range *out)
{
    if (!of_floats(c))
        return;
    out->set.center = with_each(c, center_of);
    out->set.errors = carry_errors(c);
    for (int i = 0; i < c->node->source_count; i++) {
        cj_tensor *r = c->source[i]->set.radius;
        if (r)
            r = cj_derivative_table[c->node->op].cotangent(c->at, c->node, i, r);
        if (r)
            out->set.radius = sum(c->at, out->set.radius, cj_abs_at(c->at, r));
    }
}

static void same(cj_carrier *c, cj_range *out)
{
    *out = *c->source[0];
}

/* ---- products ---- */

static cj_tensor *radius_of(cj_carrier *c, int i)
{
    cj_abstract box = cj_abstract_concrete_at(c->at, &c->source[i]->set);
    return box.radius ? box.radius : full(c->at, c->node->source[i], 0);
}

static cj_tensor *product(cj_carrier *c, cj_tensor *a, cj_tensor *b)
{
    return cj_with_sources(c->at, c->node, (cj_tensor *[]){a, b});
}

/* Matrix product and convolution: the radius meets |w|. Of two sets |a| rb + ra |b| + ra rb. */
static void contraction(cj_carrier *c, cj_range *out)
{
    cj_at at = c->at;
    out->set.center = with_each(c, center_of);
    if (c->source[0]->reached && c->source[1]->reached) {
        cj_tensor *a = cj_abs_at(at, c->source[0]->set.center), *ra = radius_of(c, 0);
        cj_tensor *b = cj_abs_at(at, c->source[1]->set.center), *rb = radius_of(c, 1);
        out->set.radius = cj_add_at(at, product(c, sum(at, a, ra), rb), product(c, ra, b));
        return;
    }
    int i = c->source[0]->reached ? 0 : 1;
    cj_tensor *r = c->source[i]->set.radius;
    out->set.errors = carry_errors(c);
    if (r) {
        cj_tensor *other = cj_abs_at(at, c->node->source[1 - i]);
        out->set.radius = product(c, i == 0 ? r : other, i == 0 ? other : r);
    }
}

/* Between the least and the largest of the op at the four corners. */
static void corners(cj_carrier *c, cj_range *out)
{
    cj_tensor *a[2] = {cj_low_of(c, 0), cj_high_of(c, 0)};
    cj_tensor *b[2] = {cj_low_of(c, 1), cj_high_of(c, 1)}, *low = NULL, *high = NULL;
    for (int i = 0; i < 4; i++) {
        cj_tensor *v = product(c, a[i / 2], b[i % 2]);
        low = low ? cj_minimum_at(c->at, low, v) : v;
        high = high ? cj_maximum_at(c->at, high, v) : v;
    }
    cj_put_ends(c, out, low, high);
}

/* A product of a tensor by itself is 0 or more. */
static void square(cj_carrier *c, cj_range *out)
{
    cj_at at = c->at;
    cj_tensor *low = cj_low_of(c, 0), *high = cj_high_of(c, 0);
    if (!low || !high)
        return;
    cj_tensor *zero = cj_like_at(at, low, 0);
    cj_tensor *near = cj_maximum_at(at, zero, cj_maximum_at(at, low, cj_neg_at(at, high)));
    cj_tensor *far = cj_maximum_at(at, cj_neg_at(at, low), high);
    cj_put_ends(c, out, cj_square_at(at, near), cj_square_at(at, far));
}

static void multiply(cj_carrier *c, cj_range *out)
{
    if (!of_floats(c))
        return;
    if (!c->source[0]->reached || !c->source[1]->reached)
        affine_map(c, out);
    else if (c->node->source[0] == c->node->source[1])
        square(c, out);
    else
        corners(c, out);
}

/* By a range that holds 0: NaN. */
static void divide(cj_carrier *c, cj_range *out)
{
    cj_at at = c->at;
    if (!of_floats(c))
        return;
    if (!c->source[1]->reached) {
        affine_map(c, out);
        return;
    }
    corners(c, out);
    if (!out->low)
        return;
    cj_tensor *product_of_ends = cj_mul_at(at, cj_low_of(c, 1), cj_high_of(c, 1));
    cj_tensor *holds = cj_le_at(at, product_of_ends, cj_like_at(at, out->low, 0));
    cj_tensor *unknown = cj_like_at(at, out->low, (double)NAN);
    cj_put_ends(c, out, cj_where_at(at, holds, unknown, out->low),
                cj_where_at(at, holds, unknown, out->high));
}

/* ---- monotone ops ---- */

static void increasing(cj_carrier *c, cj_range *out)
{
    cj_tensor *low = with_each(c, cj_low_of), *high = with_each(c, cj_high_of);
    cj_put_ends(c, out, low, high);
}

static void decreasing(cj_carrier *c, cj_range *out)
{
    cj_tensor *low = with_each(c, cj_high_of), *high = with_each(c, cj_low_of);
    cj_put_ends(c, out, low, high);
}

/*
 * Increasing, and least steep at an end of the range: f(x) - s x with s = min(f'(low), f'(high))
 * increases too, so it lies between its ends (Singh et al., 2018, theorem 3.2).
 */
static void sloped(cj_carrier *c, cj_range *out)
{
    cj_at at = c->at;
    const cj_abstract *x = &c->source[0]->set;
    if (!x->errors) {
        increasing(c, out);
        return;
    }
    cj_tensor *l = cj_low_of(c, 0), *u = cj_high_of(c, 0);
    cj_tensor *fl = cj_with_sources(at, c->node, &l), *fu = cj_with_sources(at, c->node, &u);
    if (!fl || !fu)
        return;
    cj_cotangent_rule *partial = cj_derivative_table[c->node->op].cotangent;
    cj_tensor *one = full(at, fl, 1);
    cj_tensor *s = cj_minimum_at(at, partial(at, fl, 0, one), partial(at, fu, 0, one));
    cj_tensor *below = cj_sub_at(at, fl, cj_mul_at(at, s, l));
    cj_tensor *above = cj_sub_at(at, fu, cj_mul_at(at, s, u));
    cj_abstract rest = cj_abstract_box_at(at, below, above);
    out->set.center = cj_add_at(at, cj_mul_at(at, s, x->center), rest.center);
    out->set.radius = sum(at, x->radius ? cj_mul_at(at, s, x->radius) : NULL, rest.radius);
    out->set.errors = cj_mul_at(at, x->errors, s);
}

/* ---- piecewise linear ---- */

/* Where `mask`, a box between 0 and high; else the set times slope. */
static void box_or_line(cj_carrier *c, cj_range *out, cj_tensor *mask, cj_tensor *high,
                        cj_tensor *slope)
{
    cj_at at = c->at;
    const cj_abstract *x = &c->source[0]->set;
    cj_tensor *half = cj_scale_at(at, high, 0.5), *zero = cj_like_at(at, high, 0);
    cj_tensor *size = cj_abs_at(at, slope);
    out->set.center = cj_where_at(at, mask, half, cj_mul_at(at, slope, x->center));
    out->set.radius =
        cj_where_at(at, mask, half, x->radius ? cj_mul_at(at, size, x->radius) : zero);
    if (x->errors)
        out->set.errors = cj_where_at(at, mask, zero, cj_mul_at(at, x->errors, slope));
}

static void absolute(cj_carrier *c, cj_range *out)
{
    cj_at at = c->at;
    if (!of_floats(c))
        return;
    cj_tensor *l = cj_low_of(c, 0), *u = cj_high_of(c, 0);
    if (!l || !u)
        return;
    cj_tensor *zero = cj_like_at(at, l, 0), *one = cj_like_at(at, l, 1);
    cj_tensor *crosses = cj_and_at(at, cj_lt_at(at, l, zero), cj_gt_at(at, u, zero));
    cj_tensor *sign = cj_where_at(at, cj_ge_at(at, l, zero), one, cj_neg_at(at, one));
    box_or_line(c, out, crosses, cj_maximum_at(at, cj_neg_at(at, l), u), sign);
}

/* Where low < 0 < high a slope and half the height of the strip above the line: relu(x) - slope
 * x lies in [0, 2 offset]. */
static void relu_line(cj_carrier *c, cj_tensor *crosses, cj_tensor *l, cj_tensor *u,
                      cj_tensor **slope, cj_tensor **offset)
{
    cj_at at = c->at;
    *slope = cj_like_at(at, l, 1);
    if (c->relu == CJ_RELU_AREA) /* selected before the quotient, so that its gradient is finite */
        *slope = cj_div_at(at, u, cj_where_at(at, crosses, cj_sub_at(at, u, l), *slope));
    *offset = cj_mul_at(at, *slope, cj_scale_at(at, l, -0.5));
}

/* 1 where the box rule is taken of two, 0 where the line, or between. */
static cj_tensor *share_of_box(cj_carrier *c, cj_tensor *l, cj_tensor *u)
{
    cj_at at = c->at;
    cj_tensor *depth = cj_neg_at(at, l);
    if (c->relu == CJ_RELU_SWITCH)
        return cj_cast_at(at, cj_gt_at(at, depth, u), (cj_dtype)l->dtype);
    if (c->relu == CJ_RELU_SMOOTH)
        return cj_div_at(at, depth, cj_shift_at(at, cj_add_at(at, u, depth), 1e-4));
    return cj_like_at(at, l, 0);
}

static cj_tensor *blend(cj_at at, cj_tensor *crosses, cj_tensor *share, cj_tensor *box,
                        cj_tensor *line)
{
    cj_tensor *other = cj_sub_at(at, cj_like_at(at, share, 1), share);
    cj_tensor *mixed = cj_add_at(at, cj_mul_at(at, share, box), cj_mul_at(at, other, line));
    return cj_where_at(at, crosses, mixed, box);
}

static void rectify(cj_carrier *c, cj_range *out)
{
    cj_at at = c->at;
    const cj_abstract *x = &c->source[0]->set;
    cj_tensor *l = cj_low_of(c, 0), *u = cj_high_of(c, 0);
    if (!l || !u)
        return;
    cj_tensor *zero = cj_like_at(at, l, 0), *slope, *offset;
    cj_tensor *crosses = cj_and_at(at, cj_lt_at(at, l, zero), cj_gt_at(at, u, zero));
    cj_tensor *alive = cj_cast_at(at, cj_ge_at(at, l, zero), (cj_dtype)l->dtype);
    box_or_line(c, out, crosses, u, alive);
    if (!x->errors || c->relu == CJ_RELU_BOX)
        return;
    relu_line(c, crosses, l, u, &slope, &offset);
    cj_tensor *share = share_of_box(c, l, u), *radius = x->radius ? x->radius : zero;
    cj_tensor *center = cj_add_at(at, cj_mul_at(at, slope, x->center), offset);
    radius = cj_add_at(at, cj_mul_at(at, slope, radius), offset);
    out->set.center = blend(at, crosses, share, out->set.center, center);
    out->set.radius = blend(at, crosses, share, out->set.radius, radius);
    out->set.errors = blend(at, crosses, share, out->set.errors, cj_mul_at(at, x->errors, slope));
}

/* ---- truth values: what is so for sure, and what may be ---- */

static void less(cj_carrier *c, cj_range *out)
{
    cj_put_ends(c, out, product(c, cj_high_of(c, 0), cj_low_of(c, 1)),
                product(c, cj_low_of(c, 0), cj_high_of(c, 1)));
}

static void equality(cj_carrier *c, cj_range *out)
{
    cj_at at = c->at;
    cj_tensor *al = cj_low_of(c, 0), *ah = cj_high_of(c, 0);
    cj_tensor *bl = cj_low_of(c, 1), *bh = cj_high_of(c, 1);
    cj_tensor *points = cj_and_at(at, cj_eq_at(at, al, ah), cj_eq_at(at, bl, bh));
    cj_tensor *sure = cj_and_at(at, points, cj_eq_at(at, al, bl));
    cj_tensor *may = cj_and_at(at, cj_le_at(at, al, bh), cj_le_at(at, bl, ah));
    if (c->node->op == CJ_OP_EQ)
        cj_put_ends(c, out, sure, may);
    else
        cj_put_ends(c, out, cj_not_at(at, may), cj_not_at(at, sure));
}

static void logic(cj_carrier *c, cj_range *out)
{
    if (c->node->dtype != CJ_BOOL)
        unsupported(c);
    else if (c->node->op == CJ_OP_NOT)
        decreasing(c, out);
    else
        increasing(c, out);
}

/* A condition that is not certain gives both branches. */
static cj_tensor *chosen(cj_carrier *c, cj_tensor *a, cj_tensor *b, bool least)
{
    cj_at at = c->at;
    cj_tensor *both = least ? cj_minimum_at(at, a, b) : cj_maximum_at(at, a, b);
    cj_tensor *sure = cj_low_of(c, 0), *may = cj_high_of(c, 0);
    return cj_where_at(at, sure, a, cj_where_at(at, may, both, b));
}

static void choose(cj_carrier *c, cj_range *out)
{
    if (!c->source[0]->reached && is_float(c->node))
        affine_map(c, out);
    else
        cj_put_ends(c, out, chosen(c, cj_low_of(c, 1), cj_low_of(c, 2), true),
                    chosen(c, cj_high_of(c, 1), cj_high_of(c, 2), false));
}

static void convert(cj_carrier *c, cj_range *out)
{
    if (is_float(c->node) && is_float(c->node->source[0]))
        affine_map(c, out);
    else if (c->node->dtype == CJ_BOOL) /* x != 0 is not monotone */
        unsupported(c);
    else
        increasing(c, out);
}

/* Of truth values and integers too: what only moves elements moves ends. */
static void move(cj_carrier *c, cj_range *out)
{
    if (is_float(c->node))
        movement(c, out);
    else
        increasing(c, out);
}

cj_abstract_rule *const cj_abstract_table[CJ_OP_COUNT] = {
    [CJ_OP_TAP] = same,
    [CJ_OP_STOP_GRADIENT] = same,
    [CJ_OP_CUSTOM_GRADIENT] = same,
    [CJ_OP_RESHAPE] = move,
    [CJ_OP_PERMUTE] = move,
    [CJ_OP_EXPAND] = move,
    [CJ_OP_PAD] = move,
    [CJ_OP_SLICE] = move,
    [CJ_OP_FLIP] = move,
    [CJ_OP_CONCAT] = move,
    [CJ_OP_SUM] = movement,
    [CJ_OP_WINDOW_SUM] = movement,
    [CJ_OP_WINDOW_GATHER] = movement,
    [CJ_OP_WINDOW_SCATTER] = movement,
    [CJ_OP_GATHER] = movement,
    [CJ_OP_SCATTER_ADD] = movement,
    [CJ_OP_CUMSUM] = movement,
    [CJ_OP_NEG] = affine_map,
    [CJ_OP_ADD] = affine_map,
    [CJ_OP_SUB] = affine_map,
    [CJ_OP_MUL] = multiply,
    [CJ_OP_DIV] = divide,
    [CJ_OP_MATMUL] = contraction,
    [CJ_OP_CONV] = contraction,
    [CJ_OP_WHERE] = choose,
    [CJ_OP_CAST] = convert,
    [CJ_OP_RELU] = rectify,
    [CJ_OP_ABS] = absolute,
    [CJ_OP_EXP] = sloped,
    [CJ_OP_EXPM1] = sloped,
    [CJ_OP_EXP2] = sloped,
    [CJ_OP_LOG] = sloped,
    [CJ_OP_LOG1P] = sloped,
    [CJ_OP_LOG2] = sloped,
    [CJ_OP_SQRT] = sloped,
    [CJ_OP_TANH] = sloped,
    [CJ_OP_ATAN] = sloped,
    [CJ_OP_ASINH] = sloped,
    [CJ_OP_ERF] = sloped,
    [CJ_OP_SINH] = increasing,
    [CJ_OP_CBRT] = increasing,
    [CJ_OP_SIGN] = increasing,
    [CJ_OP_FLOOR] = increasing,
    [CJ_OP_CEIL] = increasing,
    [CJ_OP_ROUND] = increasing,
    [CJ_OP_MAX] = increasing,
    [CJ_OP_MIN] = increasing,
    [CJ_OP_AMAX] = increasing,
    [CJ_OP_AMIN] = increasing,
    [CJ_OP_WINDOW_MAX] = increasing,
    [CJ_OP_LOGADDEXP] = increasing,
    [CJ_OP_ERFC] = decreasing,
    [CJ_OP_LT] = less,
    [CJ_OP_LE] = less,
    [CJ_OP_EQ] = equality,
    [CJ_OP_NE] = equality,
    [CJ_OP_AND] = logic,
    [CJ_OP_OR] = logic,
    [CJ_OP_NOT] = logic,
};
