/*
 * src/solve/ode_table.c - tableaux of explicit Runge-Kutta methods, and a step by one.
 */
#include "solve/ode.h"

/* clang-format off */
const cj_tableau cj_tableaux[CJ_ODE_COUNT] = {
    [CJ_ODE_DOPRI5] = {"dopri5", 7, 5, true,
        {0, 1 / 5.0, 3 / 10.0, 4 / 5.0, 8 / 9.0, 1, 1},
        {{0},
         {1 / 5.0},
         {3 / 40.0, 9 / 40.0},
         {44 / 45.0, -56 / 15.0, 32 / 9.0},
         {19372 / 6561.0, -25360 / 2187.0, 64448 / 6561.0, -212 / 729.0},
         {9017 / 3168.0, -355 / 33.0, 46732 / 5247.0, 49 / 176.0, -5103 / 18656.0},
         {35 / 384.0, 0, 500 / 1113.0, 125 / 192.0, -2187 / 6784.0, 11 / 84.0}},
        {35 / 384.0, 0, 500 / 1113.0, 125 / 192.0, -2187 / 6784.0, 11 / 84.0},
        {71 / 57600.0, 0, -71 / 16695.0, 71 / 1920.0, -17253 / 339200.0, 22 / 525.0, -1 / 40.0},
        {-12715105075 / 11282082432.0, 0, 87487479700 / 32700410799.0, -10690763975 / 1880347072.0,
         701980252875 / 199316789632.0, -1453857185 / 822651844.0, 69997945 / 29380423.0}, 0},
    [CJ_ODE_TSIT5] = {"tsit5", 7, 5, true,
        {0, 0.161, 0.327, 0.9, 0.9800255409045097, 1, 1},
        {{0},
         {0.161},
         {-0.008480655492356989, 0.335480655492357},
         {2.8971530571054935, -6.359448489975075, 4.3622954328695815},
         {5.325864828439257, -11.748883564062828, 7.4955393428898365, -0.09249506636175525},
         {5.86145544294642, -12.92096931784711, 8.159367898576159, -0.071584973281401,
          -0.028269050394068383},
         {0.09646076681806523, 0.01, 0.4798896504144996, 1.379008574103742, -3.290069515436081,
          2.324710524099774}},
        {0.09646076681806523, 0.01, 0.4798896504144996, 1.379008574103742, -3.290069515436081,
         2.324710524099774},
        {-0.00178001105222577714, -0.0008164344596567469, 0.007880878010261995, -0.1447110071732629,
         0.5823571654525552, -0.45808210592918697, 1 / 66.0},
        {0}, 0},
    [CJ_ODE_BOSH3] = {"bosh3", 4, 3, true,
        {0, 1 / 2.0, 3 / 4.0, 1},
        {{0}, {1 / 2.0}, {0, 3 / 4.0}, {2 / 9.0, 1 / 3.0, 4 / 9.0}},
        {2 / 9.0, 1 / 3.0, 4 / 9.0},
        {-5 / 72.0, 1 / 12.0, 1 / 9.0, -1 / 8.0},
        {0}, 0},
    [CJ_ODE_EULER] = {"euler", 1, 1, false, {0}, {{0}}, {1}, {0}, {0}, 0},
    [CJ_ODE_MIDPOINT] = {"midpoint", 2, 2, false, {0, 1 / 2.0}, {{0}, {1 / 2.0}}, {0, 1}, {0}, {0}, 0},
    [CJ_ODE_HEUN] = {"heun", 2, 2, false, {0, 1}, {{0}, {1}}, {1 / 2.0, 1 / 2.0}, {0}, {0}, 0},
    [CJ_ODE_RK4] = {"rk4", 4, 4, false,
        {0, 1 / 2.0, 1 / 2.0, 1},
        {{0}, {1 / 2.0}, {0, 1 / 2.0}, {0, 0, 1}},
        {1 / 6.0, 1 / 3.0, 1 / 3.0, 1 / 6.0}, {0}, {0}, 0},
    [CJ_ODE_IMPLICIT_EULER] = {.name = "implicit_euler", .order = 1, .theta = 1},
    [CJ_ODE_CRANK_NICOLSON] = {.name = "crank_nicolson", .order = 2, .theta = 0.5},
};
/* clang-format on */

static bool same_form(const cj_tensor *a, const cj_tensor *b)
{
    return cj_tensor_dtype(a) == cj_tensor_dtype(b) && cj_rank(a) == cj_rank(b) &&
           (cj_rank(a) == 0 ||
            memcmp(cj_shape(a), cj_shape(b), (size_t)cj_rank(a) * sizeof(int64_t)) == 0);
}

cj_tensor *cj_flow_slope(const cj_flow *flow, cj_tensor *t, cj_tensor *y)
{
    if (!t || !y)
        return NULL;
    cj_tensor *real = flow->sign ? cj_mul_at(flow->at, flow->sign, t) : t;
    cj_tensor *slope = flow->field(flow->user, real, y, flow->parameter);
    cj_context *context = cj_tensor_context(y);
    if (!slope || !same_form(slope, y)) {
        if (cj_context_status(context) == CJ_OK)
            cj_fail_building(
                context, CJ_SHAPE, flow->at,
                "a field gives %s for a state %s; it must be of the same dtype and shape",
                slope ? CJ_TEXT_OF(slope) : "NULL", CJ_TEXT_OF(y));
        return NULL;
    }
    return flow->sign ? cj_mul_at(flow->at, flow->sign, slope) : slope;
}

cj_tensor *cj_flow_sum(const cj_flow *flow, int count, const double *weight, cj_tensor *const *k,
                       cj_tensor *h)
{
    cj_tensor *sum = NULL;
    for (int i = 0; i < count; i++) {
        if (weight[i] == 0)
            continue;
        cj_tensor *part = weight[i] == 1 ? k[i] : cj_scale_at(flow->at, k[i], weight[i]);
        sum = sum ? cj_add_at(flow->at, sum, part) : part;
    }
    return sum ? cj_mul_at(flow->at, sum, h) : NULL;
}

cj_tensor *cj_flow_step(const cj_flow *flow, const cj_tableau *m, cj_tensor *t, cj_tensor *y,
                        cj_tensor *h, cj_tensor **k)
{
    cj_at at = flow->at;
    cj_tensor *next = y;
    for (int i = 1; i < m->stages; i++) {
        next = cj_add_at(at, y, cj_flow_sum(flow, i, m->a[i], k, h));
        k[i] = cj_flow_slope(flow, cj_add_at(at, t, cj_scale_at(at, h, m->c[i])), next);
    }
    if (m->adaptive) /* the last stage stands at the result */
        return next;
    return cj_add_at(at, y, cj_flow_sum(flow, m->stages, m->b, k, h));
}
