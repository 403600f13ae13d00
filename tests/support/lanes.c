/*
 * tests/support/lanes.c - see lanes.h.
 */
#include "support/lanes.h"

#include "cajal/program.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { LANES = 3, MOST_INPUTS = 3, MOST_OUTPUTS = 1 + MOST_INPUTS };

/* y and its products with a fixed cotangent, for one example; a value for each lane of each
 * input. */
typedef struct example {
    const function *f;
    cj_context *context;
    cj_tensor *x[MOST_INPUTS], *lanes[MOST_INPUTS];
    double *data[MOST_INPUTS];
    int outputs;
    cj_tensor *output[MOST_OUTPUTS];
    cj_program *alone;
} example;

static void must(const example *e, bool good, const char *what)
{
    if (!good || cj_context_status(e->context) != CJ_OK)
        fail_msg("%s: %s: %s", e->f->name, what, cj_error(e->context));
}

static cj_tensor *filled(example *e, const char *name, int rank, const int64_t *shape,
                         double **data)
{
    cj_tensor *leaf = cj_input(e->context, name, CJ_F64, rank, shape);
    must(e, leaf != NULL, "a leaf");
    cj_key key = cj_key_fold_text(cj_key_from_seed(30), e->f->name);
    key = cj_key_fold_text(key, name);
    *data = calloc((size_t)leaf->elements + 1, sizeof **data);
    for (int64_t i = 0; i < leaf->elements; i++) {
        double u = ((double)cj_key_bits(key, (uint64_t)i) + 0.5) * 0x1p-32;
        (*data)[i] = e->f->low + (e->f->high - e->f->low) * u;
    }
    return leaf;
}

static void begin(example *e, const function *f)
{
    static const char *const one[] = {"x0", "x1", "x2"}, *const many[] = {"l0", "l1", "l2"};
    *e = (example){.f = f, .context = cj_context_new(NULL, NULL, 0)};
    for (int k = 0; k < f->inputs; k++) {
        int64_t shape[CJ_MAX_RANK + 1] = {LANES};
        memcpy(shape + 1, f->input[k].shape, sizeof(int64_t) * (size_t)f->input[k].rank);
        e->x[k] = cj_input(e->context, one[k], CJ_F64, f->input[k].rank, shape + 1);
        e->lanes[k] = filled(e, many[k], f->input[k].rank + 1, shape, &e->data[k]);
    }
    cj_tensor *y = f->build(e->x);
    must(e, y != NULL, "building");
    e->output[e->outputs++] = y;
    if (y->dtype == CJ_F64) {
        cj_tensor *to[MOST_INPUTS];
        cj_tensor *c = cj_cos(cj_shift(cj_iota(e->context, CJ_F64, 1, &y->elements, 0), 1));
        c = cj_reshape(c, y->rank, y->shape);
        must(e, cj_vjp(1, &y, &c, f->inputs, e->x, to) == CJ_OK, "vjp");
        for (int k = 0; k < f->inputs; k++)
            if (to[k])
                e->output[e->outputs++] = to[k];
    }
    e->alone = cj_compile(e->context, e->outputs, e->output, NULL);
    must(e, e->alone != NULL, "compiling an example");
}

static void end(example *e)
{
    cj_program_free(e->alone);
    for (int k = 0; k < e->f->inputs; k++)
        free(e->data[k]);
    cj_context_free(e->context);
}

static bool same(cj_dtype dtype, const char *a, const char *b, int64_t n)
{
    size_t size = cj_dtype_size(dtype);
    for (int64_t i = 0; i < n; i++, a += size, b += size) {
        double x = 0, y = 0;
        if (dtype == CJ_F64) {
            memcpy(&x, a, size);
            memcpy(&y, b, size);
        }
        if (memcmp(a, b, size) != 0 && !(isnan(x) && isnan(y)))
            return false;
    }
    return true;
}

/* Lane `lane` of what is mapped, or lane 0 of what is the same in all. */
static const double *lane_of(const example *e, unsigned mapped, int k, int lane)
{
    return e->data[k] + (mapped >> k & 1 ? lane : 0) * e->x[k]->elements;
}

static void compare(const example *e, unsigned mapped, const cj_program *together)
{
    for (int lane = 0; lane < LANES; lane++) {
        cj_feed feed[MOST_INPUTS];
        for (int k = 0; k < e->f->inputs; k++)
            feed[k] = (cj_feed){e->x[k]->payload, lane_of(e, mapped, k, lane)};
        must(e, cj_run(e->alone, e->f->inputs, feed) == CJ_OK, "running an example");
        for (int j = 0; j < e->outputs; j++) {
            const cj_tensor *y = e->output[j];
            size_t bytes = (size_t)y->elements * cj_dtype_size(y->dtype);
            const char *got = (const char *)cj_output(together, j) + (size_t)lane * bytes;
            if (!same(y->dtype, got, cj_output(e->alone, j), y->elements))
                fail_msg("%s, inputs 0x%x mapped, output %d, lane %d: other bits", e->f->name,
                         mapped, j, lane);
        }
    }
}

static void check_mapped(example *e, unsigned mapped)
{
    cj_tensor *batched[MOST_INPUTS], *out[MOST_OUTPUTS];
    cj_feed feed[2 * MOST_INPUTS];
    for (int k = 0; k < e->f->inputs; k++) {
        batched[k] = mapped >> k & 1 ? e->lanes[k] : NULL;
        feed[k] = batched[k] ? (cj_feed){e->lanes[k]->payload, e->data[k]}
                             : (cj_feed){e->x[k]->payload, e->data[k]};
    }
    must(e, cj_vmap(e->f->inputs, e->x, batched, e->outputs, e->output, out) == CJ_OK, "vmap");
    for (int j = 0; j < e->outputs; j++) {
        const cj_tensor *y = e->output[j];
        if (out[j]->dtype != y->dtype || out[j]->rank != y->rank + 1 || out[j]->shape[0] != LANES ||
            memcmp(out[j]->shape + 1, y->shape, y->rank * sizeof *y->shape) != 0)
            fail_msg("%s: output %d has another shape", e->f->name, j);
    }
    cj_program *together = cj_compile(e->context, e->outputs, out, NULL);
    must(e, together != NULL, "compiling the lanes");
    must(e, cj_run(together, e->f->inputs, feed) == CJ_OK, "running the lanes");
    compare(e, mapped, together);
    cj_program_free(together);
}

void check_lanes(const function *f)
{
    example e;
    begin(&e, f);
    for (unsigned mapped = 1; mapped < 1u << f->inputs; mapped++)
        check_mapped(&e, mapped);
    end(&e);
}
