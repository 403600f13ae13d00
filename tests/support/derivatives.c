/*
 * tests/support/derivatives.c - see derivatives.h.
 */
#include "support/derivatives.h"
#include "support/lanes.h"

#include "cajal/program.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { MOST_INPUTS = 3, MOST_ELEMENTS = 512 };

/* A function under test, with leaves for x, t and c bound to data. */
typedef struct trial {
    const function *f;
    cj_context *context;
    int inputs;
    cj_tensor *x[MOST_INPUTS], *t[MOST_INPUTS], *c, *y;
    double *x_data[MOST_INPUTS];
    binding bind[2 * MOST_INPUTS + 1];
    int bindings;
    uint64_t draws;
} trial;

static double draw(trial *w, double low, double high)
{
    cj_key key = cj_key_from_seed(20);
    uint32_t bits = cj_key_bits(cj_key_fold_text(key, w->f->name), w->draws++);
    return low + (high - low) * ((double)bits + 0.5) * 0x1p-32;
}

static cj_tensor *bound_leaf(trial *w, char kind, int rank, const int64_t *shape, double low,
                             double high)
{
    char name[] = {kind, (char)('0' + w->bindings), '\0'};
    cj_tensor *leaf = cj_input(w->context, name, CJ_F64, rank, shape);
    assert_non_null(leaf);
    assert_true(leaf->elements <= MOST_ELEMENTS);
    double *data = calloc((size_t)leaf->elements + 1, sizeof *data);
    for (int64_t e = 0; e < leaf->elements; e++)
        data[e] = draw(w, low, high);
    w->bind[w->bindings++] = (binding){leaf, data};
    return leaf;
}

static void must(trial *w, bool good, const char *what)
{
    if (!good || cj_context_status(w->context) != CJ_OK)
        fail_msg("%s: %s: %s", w->f->name, what, cj_error(w->context));
}

static void begin(trial *w, const function *f)
{
    *w = (trial){.f = f, .inputs = f->inputs, .context = cj_context_new(NULL, NULL, 0)};
    assert_non_null(w->context);
    for (int k = 0; k < w->inputs; k++) {
        const extents *e = &f->input[k];
        w->x[k] = bound_leaf(w, 'x', e->rank, e->shape, f->low, f->high);
        w->x_data[k] = (double *)w->bind[w->bindings - 1].data;
    }
    for (int k = 0; k < w->inputs; k++)
        w->t[k] = bound_leaf(w, 't', f->input[k].rank, f->input[k].shape, -1, 1);
    w->y = f->build(w->x);
    must(w, w->y != NULL, "building");
    w->c = bound_leaf(w, 'c', w->y->rank, w->y->shape, -1, 1);
}

static void end(trial *w)
{
    for (int b = 0; b < w->bindings; b++)
        free((double *)w->bind[b].data);
    cj_context_free(w->context);
}

/* sum over k of sum(a[k] * b[k]), as a graph; NULL where all a[k] are. */
static cj_tensor *dot(int count, cj_tensor **a, cj_tensor **b)
{
    cj_tensor *sum = NULL;
    for (int k = 0; k < count; k++) {
        cj_tensor *term = a[k] ? cj_sum(cj_mul(a[k], b[k]), CJ_ALL, false) : NULL;
        if (term)
            sum = sum ? cj_add(sum, term) : term;
    }
    return sum;
}

static double number(trial *w, cj_tensor *y)
{
    return y ? evaluate_number(y, w->bindings, w->bind) : 0;
}

static void expect_near(trial *w, const char *what, int64_t e, double got, double want,
                        double tolerance)
{
    if (!(fabs(got - want) <= tolerance * (1 + fabs(want))))
        fail_msg("%s: %s, element %lld: %.12g, expected %.12g", w->f->name, what, (long long)e, got,
                 want);
}

/* The values of a derivative; a missing one is zeros. */
static void values_of(trial *w, cj_tensor *d, const cj_tensor *x, double *out)
{
    memset(out, 0, MOST_ELEMENTS * sizeof *out);
    if (!d)
        return;
    if (!(d->dtype == x->dtype && d->rank == x->rank &&
          memcmp(d->shape, x->shape, x->rank * sizeof *x->shape) == 0))
        fail_msg("%s: a derivative of another shape", w->f->name);
    evaluate(1, &d, w->bindings, w->bind, &out);
}

/* gradient[k] against central differences of the scalar s (NULL: 0). */
static void against_differences(trial *w, const char *what, cj_tensor *s, cj_tensor **gradient)
{
    double got[MOST_ELEMENTS];
    for (int k = 0; k < w->inputs; k++) {
        values_of(w, gradient[k], w->x[k], got);
        for (int64_t e = 0; e < w->x[k]->elements; e++) {
            double *v = &w->x_data[k][e], old = *v, h = 1e-5 * fmax(1, fabs(old));
            *v = old + h;
            double above = number(w, s);
            *v = old - h;
            double below = number(w, s);
            *v = old;
            expect_near(w, what, e, got[e], (above - below) / (2 * h), 1e-6);
        }
    }
}

static void against_each_other(trial *w, const char *what, cj_tensor **a, cj_tensor **b)
{
    double one[MOST_ELEMENTS], two[MOST_ELEMENTS];
    for (int k = 0; k < w->inputs; k++) {
        values_of(w, a[k], w->x[k], one);
        values_of(w, b[k], w->x[k], two);
        for (int64_t e = 0; e < w->x[k]->elements; e++)
            expect_near(w, what, e, one[e], two[e], 1e-9);
    }
}

/* Programs round to f32 where the graph says so; the plain loops do not. */
static double tolerance_of(trial *w, int outputs, cj_tensor **output)
{
    cj_traversal list;
    bool narrow = false;
    must(w, cj_traverse(&list, w->context, outputs, output) == CJ_OK, "walking");
    for (uint32_t i = 0; i < list.count; i++)
        narrow |= list.node[i]->dtype == CJ_F32;
    cj_traverse_free(&list);
    return narrow ? 1e-6 : 1e-9;
}

/* What the library computes of the derivatives, against the plain loops. */
static void against_engine(trial *w, int count, cj_tensor **d)
{
    cj_tensor *output[4 * MOST_INPUTS];
    cj_feed feed[2 * MOST_INPUTS + 1];
    double want[MOST_ELEMENTS];
    int outputs = 0;
    for (int k = 0; k < count; k++)
        if (d[k] && d[k]->elements <= MOST_ELEMENTS)
            output[outputs++] = d[k];
    for (int b = 0; b < w->bindings; b++)
        feed[b] = (cj_feed){w->bind[b].leaf->payload, w->bind[b].data};
    double tolerance = tolerance_of(w, outputs, output);
    cj_program *program = cj_compile(w->context, outputs, output, NULL);
    must(w, program != NULL, "compiling");
    must(w, cj_run(program, w->bindings, feed) == CJ_OK, "running");
    for (int k = 0; k < outputs; k++) {
        const double *got = cj_output(program, k);
        evaluate(1, &output[k], w->bindings, w->bind, &(double *){want});
        for (int64_t e = 0; e < output[k]->elements; e++)
            expect_near(w, "computed by a program", e, got[e], want[e], tolerance);
    }
    cj_program_free(program);
}

static void gradient_of(trial *w, cj_tensor *s, cj_tensor **out)
{
    for (int k = 0; k < w->inputs; k++)
        out[k] = NULL;
    if (s)
        must(w, cj_grad(s, w->inputs, w->x, out) == CJ_OK, "gradient");
}

void check_derivatives(const function *f, bool third)
{
    trial w;
    begin(&w, f);
    cj_tensor *loss = dot(1, &w.y, &w.c);
    cj_tensor *first[MOST_INPUTS], *pushed, *second[MOST_INPUTS], *forward[MOST_INPUTS];
    must(&w, cj_vjp(1, &w.y, &w.c, w.inputs, w.x, first) == CJ_OK, "vjp");
    against_differences(&w, "first derivative", loss, first);

    must(&w, cj_jvp(w.inputs, w.x, w.t, 1, &w.y, &pushed) == CJ_OK, "jvp");
    cj_tensor *along = dot(w.inputs, first, w.t), *across = dot(1, &pushed, &w.c);
    expect_near(&w, "forward against reverse", 0, number(&w, across), number(&w, along), 1e-11);

    gradient_of(&w, along, second);
    against_differences(&w, "second derivative", along, second);

    cj_tensor *some[MOST_INPUTS];
    for (int k = 0; k < w.inputs; k++)
        some[k] = first[k] ? first[k] : w.x[k];
    must(&w, cj_jvp(w.inputs, w.x, w.t, w.inputs, some, forward) == CJ_OK, "jvp of vjp");
    for (int k = 0; k < w.inputs; k++)
        forward[k] = first[k] ? forward[k] : NULL;
    against_each_other(&w, "forward over reverse", forward, second);
    gradient_of(&w, across, forward);
    against_each_other(&w, "reverse over forward", forward, second);

    if (third) {
        cj_tensor *curvature = dot(w.inputs, second, w.t);
        gradient_of(&w, curvature, forward);
        against_differences(&w, "third derivative", curvature, forward);
    }
    cj_tensor *all[2 + 3 * MOST_INPUTS] = {w.y, pushed};
    for (int k = 0; k < w.inputs; k++) {
        all[2 + k] = first[k];
        all[2 + w.inputs + k] = second[k];
        all[2 + 2 * w.inputs + k] = forward[k];
    }
    against_engine(&w, 2 + 3 * w.inputs, all);
    end(&w);
    check_lanes(f);
}
