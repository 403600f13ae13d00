/*
 * tests/support/evaluate_index.c - gather, the scatters, and what runs along an axis, element by element.
 */
#include "support/evaluate_job.h"

#include <math.h>

static int64_t chosen_at(const cj_tensor *index, const value *v, const int64_t *at)
{
    coordinates from;
    for (int i = 0; i < index->rank; i++)
        from[i] = index->shape[i] == 1 ? 0 : at[i];
    return v->n[ravel(index, from)];
}

static void gather(const job *j)
{
    const cj_tensor *node = j->node, *x = node->source[0];
    int64_t axis = node->option[0];
    for (int64_t e = 0; e < node->elements; e++) {
        coordinates at, from;
        unravel(node, e, at);
        int64_t chosen = chosen_at(node->source[1], j->source[1], at);
        for (int i = 0; i < x->rank; i++)
            from[i] = i == axis ? chosen : x->shape[i] == 1 ? 0 : at[i];
        bool inside = chosen >= 0 && chosen < x->shape[axis];
        if (is_float(node))
            j->out.f[e] = inside ? j->source[0]->f[ravel(x, from)] : node->option[1] ? 0 : NAN;
        else
            j->out.n[e] = inside ? j->source[0]->n[ravel(x, from)] : 0;
    }
}

static double merged(int op, double a, double b)
{
    if (op == CJ_OP_SCATTER_ADD)
        return a + b;
    if (isnan(a) || isnan(b))
        return NAN;
    return op == CJ_OP_SCATTER_MAX ? (a > b ? a : b) : (a < b ? a : b);
}

/* Of floats; LAST of any index. */
static void scatter(const job *j)
{
    const cj_tensor *node = j->node, *x = node->source[0];
    const cj_tensor *index = node->source[node->source_count - 1];
    int64_t axis = node->option[0];
    bool last = node->op == CJ_OP_SCATTER_LAST;
    for (int64_t e = 0; e < node->elements; e++) {
        if (last)
            j->out.n[e] = -1;
        else
            j->out.f[e] = node->op == CJ_OP_SCATTER_ADD   ? 0
                          : node->op == CJ_OP_SCATTER_MAX ? -INFINITY
                                                          : INFINITY;
    }
    for (int64_t e = 0; e < x->elements; e++) {
        coordinates at;
        unravel(x, e, at);
        int64_t from = at[axis];
        at[axis] = chosen_at(index, j->source[node->source_count - 1], at);
        if (at[axis] < 0 || at[axis] >= node->shape[axis])
            continue;
        int64_t to = ravel(node, at);
        if (last)
            j->out.n[to] = from;
        else
            j->out.f[to] = merged(node->op, j->out.f[to], j->source[0]->f[e]);
    }
}

/* ---- along an axis ---- */

static double number_of(const cj_tensor *x, const value *v, int64_t e)
{
    return is_float(x) ? v->f[e] : (double)v->n[e];
}

static bool beyond(bool largest, double candidate, double best)
{
    if (isnan(best))
        return false;
    return isnan(candidate) || (largest ? candidate > best : candidate < best);
}

/* The element `by` places on along the axis; -1 where there is none. */
static int64_t neighbour(const cj_tensor *x, int64_t e, int64_t axis, int64_t by)
{
    coordinates at;
    unravel(x, e, at);
    at[axis] += by;
    return at[axis] < 0 || at[axis] >= x->shape[axis] ? -1 : ravel(x, at);
}

/* Along the axis, first element first: each takes what the one before it has. */
static void run_along(const job *j)
{
    const cj_tensor *node = j->node, *x = node->source[0];
    int64_t axis = node->option[0];
    bool places = node->op == CJ_OP_CUMULATIVE_ARGMAX || node->op == CJ_OP_CUMULATIVE_ARGMIN;
    bool reverse = !places && node->option[1];
    for (int64_t i = 0; i < node->elements; i++) {
        int64_t e = reverse ? node->elements - 1 - i : i;
        int64_t before = neighbour(node, e, axis, reverse ? 1 : -1);
        coordinates at;
        unravel(node, e, at);
        if (places) {
            int64_t best = before < 0 ? at[axis] : j->out.n[before];
            int64_t kept = neighbour(node, e, axis, best - at[axis]);
            bool new = beyond(node->op == CJ_OP_CUMULATIVE_ARGMAX, number_of(x, j->source[0], e),
                              number_of(x, j->source[0], kept));
            j->out.n[e] = new ? at[axis] : best;
        } else if (node->op == CJ_OP_CUMSUM && is_float(node)) {
            j->out.f[e] = j->source[0]->f[e] + (before < 0 ? 0 : j->out.f[before]);
        } else if (node->op == CJ_OP_CUMSUM) {
            j->out.n[e] = j->source[0]->n[e] + (before < 0 ? 0 : j->out.n[before]);
        } else {
            j->out.f[e] =
                j->source[1]->f[e] + (before < 0 ? 0 : j->source[0]->f[e] * j->out.f[before]);
        }
    }
}

/* How many elements along the axis come before e. */
static int64_t rank_of(const cj_tensor *x, const value *v, int64_t e, int64_t axis, bool descending)
{
    coordinates at;
    unravel(x, e, at);
    double own = number_of(x, v, e);
    int64_t here = at[axis], rank = 0;
    for (int64_t i = 0; i < x->shape[axis]; i++) {
        double other = number_of(x, v, neighbour(x, e, axis, i - here));
        bool equal = other == own || (isnan(other) && isnan(own));
        bool before = isnan(own) ? !isnan(other) : descending ? other > own : other < own;
        rank += before || (equal && i < here);
    }
    return rank;
}

static void argsort(const job *j)
{
    const cj_tensor *node = j->node, *x = node->source[0];
    int64_t axis = node->option[0];
    for (int64_t e = 0; e < x->elements; e++) {
        coordinates at = {0};
        unravel(x, e, at);
        int64_t here = at[axis];
        at[axis] = rank_of(x, j->source[0], e, axis, node->option[1]);
        if (at[axis] < node->shape[axis])
            j->out.n[ravel(node, at)] = here;
    }
}

static void searchsorted(const job *j)
{
    const cj_tensor *node = j->node, *sorted = node->source[0], *x = node->source[1];
    int64_t n = sorted->shape[sorted->rank - 1];
    for (int64_t e = 0; e < node->elements; e++) {
        coordinates at, from;
        unravel(node, e, at);
        double own = number_of(x, j->source[1], e);
        int64_t place = 0;
        for (int i = 0; i < node->rank; i++)
            from[i] = sorted->shape[i] == 1 ? 0 : at[i];
        for (from[node->rank - 1] = 0; from[node->rank - 1] < n; from[node->rank - 1]++) {
            double other = number_of(sorted, j->source[0], ravel(sorted, from));
            bool equal = other == own || (isnan(other) && isnan(own));
            place += (isnan(own) ? !isnan(other) : other < own) || (equal && node->option[0]);
        }
        j->out.n[e] = place;
    }
}

/* ---- sparse ---- */

/* The row of entry e: the last r with starts[r] <= e; -1 where there is none. */
static int64_t row_of(const cj_tensor *starts, const value *v, int64_t e)
{
    for (int64_t r = starts->shape[0] - 2; r >= 0; r--)
        if (v->n[r] <= e)
            return e < v->n[r + 1] ? r : -1;
    return -1;
}

static void csr_matmul(const job *j)
{
    const cj_tensor *node = j->node, *columns = node->source[1], *x = node->source[3];
    bool transposed = node->option[0];
    int64_t k = node->shape[1];
    for (int64_t e = 0; e < columns->elements; e++) {
        int64_t row = row_of(node->source[2], j->source[2], e), column = j->source[1]->n[e];
        int64_t to = transposed ? column : row, from = transposed ? row : column;
        if (to < 0 || from < 0 || to >= node->shape[0] || from >= x->shape[0])
            continue;
        for (int64_t i = 0; i < k; i++)
            j->out.f[to * k + i] += j->source[0]->f[e] * j->source[3]->f[from * k + i];
    }
}

static void csr_dot(const job *j)
{
    const cj_tensor *node = j->node, *b = node->source[3];
    int64_t k = b->shape[1];
    for (int64_t e = 0; e < node->elements; e++) {
        int64_t row = row_of(node->source[1], j->source[1], e), column = j->source[0]->n[e];
        for (int64_t i = 0; row >= 0 && column >= 0 && column < b->shape[0] && i < k; i++)
            j->out.f[e] += j->source[2]->f[row * k + i] * j->source[3]->f[column * k + i];
    }
}

bool evaluate_index(const job *j)
{
    switch (j->node->op) {
    case CJ_OP_GATHER: gather(j); return true;
    case CJ_OP_SCATTER_ADD:
    case CJ_OP_SCATTER_MAX:
    case CJ_OP_SCATTER_MIN:
    case CJ_OP_SCATTER_LAST: scatter(j); return true;
    case CJ_OP_CUMSUM:
    case CJ_OP_RECURRENCE:
    case CJ_OP_CUMULATIVE_ARGMAX:
    case CJ_OP_CUMULATIVE_ARGMIN: run_along(j); return true;
    case CJ_OP_ARGSORT: argsort(j); return true;
    case CJ_OP_SEARCHSORTED: searchsorted(j); return true;
    case CJ_OP_CSR_MATMUL: csr_matmul(j); return true;
    case CJ_OP_CSR_DOT: csr_dot(j); return true;
    default: return false;
    }
}
