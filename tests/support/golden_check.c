/*
 * tests/support/golden_check.c - see golden_check.h
 */
#include "support/golden_check.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { MOST = 1024, MOST_LEAVES = 32 };

static int64_t elements(const golden_tensor *t)
{
    int64_t n = 1;
    for (int i = 0; i < t->rank; i++)
        n *= t->shape[i];
    return n;
}

static const golden_tensor *find(const golden_case *c, const char *name)
{
    for (int i = 0; i < c->count; i++)
        if (strcmp(c->tensor[i].name, name) == 0)
            return &c->tensor[i];
    return NULL;
}

static cj_tensor *constant(cj_context *context, const golden_tensor *t, cj_dtype dtype)
{
    return cj_cast(cj_tensor_from(context, CJ_F64, t->rank, t->shape, t->data), dtype);
}

/* |value - golden| <= tolerance (1 + |golden|) for each element. */
static void compare(const golden_case *c, const char *name, cj_tensor *x, double tolerance)
{
    const golden_tensor *golden = find(c, name);
    double value[MOST];
    assert_non_null(golden);
    cj_context *context = x ? cj_tensor_context(x) : NULL;
    assert_non_null(context);
    assert_int_equal(cj_rank(x), golden->rank);
    assert_memory_equal(cj_shape(x), golden->shape, (size_t)golden->rank * sizeof(int64_t));
    cj_tensor *wide = cj_cast(x, CJ_F64);
    if (cj_read(wide, value, (size_t)elements(golden) * sizeof *value) != CJ_OK)
        fail_msg("%s %s: %s", c->name, name, cj_error(context));
    for (int64_t i = 0; i < elements(golden); i++) {
        double want = golden->data[i];
        if (!(fabs(value[i] - want) <= tolerance * (1 + fabs(want))))
            fail_msg("%s %s[%d]: %.17g, torch gives %.17g", c->name, name, (int)i, value[i], want);
    }
}

/* Fills what the builder created, and lists the parameters' reads. */
static int fill_scope(const golden_case *c, cj_scope *s, cj_tensor **leaf, const char **name)
{
    int leaves = 0;
    for (int i = 0; i < cj_scope_count(s); i++) {
        const cj_entry *entry = cj_scope_entry(s, i);
        const golden_tensor *golden = find(c, entry->path);
        assert_non_null(golden);
        cj_variable *v = entry->variable;
        assert_int_equal(cj_variable_rank(v), golden->rank);
        cj_context *context = cj_scope_context(s);
        cj_tensor *value = constant(context, golden, cj_variable_dtype(v));
        assert_int_equal(cj_read(value, cj_variable_data(v), cj_variable_bytes(v)), CJ_OK);
        if (entry->kind != CJ_PARAMETER)
            continue;
        name[leaves] = entry->path;
        leaf[leaves++] = cj_variable_read(v);
    }
    return leaves;
}

static void check_after(const golden_case *c, cj_scope *s, double tolerance)
{
    cj_updates updates = cj_scope_updates(s);
    for (int i = 0; i < updates.count; i++) {
        char name[64];
        snprintf(name, sizeof name, "after.%s", cj_variable_name(updates.variable[i]));
        compare(c, name, updates.value[i], tolerance);
    }
    if (find(c, "m.running_mean"))
        assert_int_equal(updates.count, cj_scope_training(s) ? 3 : 0);
}

void golden_check(const golden_case *c, golden_builder *build, cj_dtype dtype, double tolerance)
{
    char error[256];
    cj_context *context = cj_context_new(NULL, error, sizeof error);
    assert_non_null(context);
    cj_scope *s = cj_scope_new(context);
    assert_int_equal(cj_scope_set_dtype(s, dtype), CJ_OK);
    cj_scope_build(s, strcmp(c->name, "batch_norm_eval") != 0);

    cj_tensor *leaf[MOST_LEAVES], *gradient[MOST_LEAVES], *second;
    const char *name[MOST_LEAVES] = {"x"};
    const golden_tensor *extra = find(c, "extra");
    const golden_tensor *labels = find(c, "labels");
    leaf[0] = constant(context, find(c, "x"), dtype);
    cj_tensor *other = extra ? constant(context, extra, dtype) : NULL;
    cj_tensor *y = build(s, leaf[0], labels ? constant(context, labels, CJ_I32) : other);
    if (!y)
        fail_msg("%s: %s", c->name, cj_error(context));
    int leaves = 1 + fill_scope(c, s, leaf + 1, name + 1);
    compare(c, "y", y, tolerance);
    cj_tensor *sum = cj_sum(cj_mul(y, constant(context, find(c, "g"), dtype)), CJ_ALL, false);
    assert_int_equal(cj_grad(sum, leaves, leaf, gradient), CJ_OK);
    for (int i = 0; i < leaves; i++) {
        char text[64];
        snprintf(text, sizeof text, "grad.%s", name[i]);
        compare(c, text, gradient[i], tolerance);
    }
    if (find(c, "grad2.x")) {
        sum = cj_sum(cj_mul(gradient[0], constant(context, find(c, "h"), dtype)), CJ_ALL, false);
        assert_int_equal(cj_grad(sum, 1, leaf, &second), CJ_OK);
        compare(c, "grad2.x", second, tolerance * 10);
    }
    check_after(c, s, tolerance);
    assert_int_equal(cj_context_status(context), CJ_OK);
    cj_context_free(context);
}

void golden_check_all(int cases, const golden_case *c, int rows, const golden_row *row,
                      cj_dtype dtype, double tolerance)
{
    for (int i = 0; i < cases; i++) {
        int k = 0;
        while (k < rows && strcmp(row[k].name, c[i].name) != 0)
            k++;
        if (k == rows)
            fail_msg("no builder of '%s'", c[i].name);
        golden_check(&c[i], row[k].build, dtype, tolerance);
    }
}
