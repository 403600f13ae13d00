/*
 * The table of docs/ops.md is what the op table says, between its two markers. `make docs` (or --write FILE) writes it
 * anew; without arguments this compares $CAJAL_SOURCE/docs/ops.md.
 */
#include "transform/abstract.h"
#include "transform/batch.h"
#include "transform/rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char first_line[] = "<!-- the op table: written by `make docs` -->\n";
static const char last_line[] = "<!-- end of the op table -->\n";

enum { MOST = 1 << 20 };
typedef struct text {
    char *data;
    size_t length;
} text;

__attribute__((format(printf, 2, 3))) static void put(text *t, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    int n = vsnprintf(t->data + t->length, MOST - t->length, format, list);
    va_end(list);
    assert_true(n >= 0 && t->length + (size_t)n < MOST);
    t->length += (size_t)n;
}

static const char *class_name(char class)
{
    return class == 'f' ? "float" : class == 'i' ? "signed" : class == 'u' ? "unsigned" : "bool";
}

static void put_row(text *t, int op)
{
    const cj_op_info *info = &cj_op_table[op];
    const char *kind = cj_op_is_map(op)      ? "map"
                       : cj_op_is_reduce(op) ? "reduction"
                       : cj_op_is_call(op)   ? "call"
                       : info->arity == 0    ? "leaf"
                                             : "other";
    put(t, "| %s | %s | ", info->name, kind);
    put(t, info->arity < 0 ? "any" : "%d", info->arity);
    put(t, " | ");
    for (const char *c = info->accepts ? info->accepts : ""; *c; c++)
        put(t, "%s%s", c == info->accepts ? "" : ", ", class_name(*c));
    const char *result = op == CJ_OP_ARGMAX ? "i32"
                         : info->out == 'b' ? "bool"
                         : info->out == 'c' ? "any"
                         : info->accepts    ? "same"
                                            : "";
    bool derivative = cj_derivative_table[op].cotangent != cj_cotangent_none;
    put(t, " | %s | %s | %s | %s |\n", result, derivative ? "yes" : "-",
        cj_batch_table[op] ? "yes" : "-", cj_abstract_table[op] ? "yes" : "-");
}

static void put_table(text *t)
{
    put(t, "\n%d primitive ops: %d maps, %d reductions, %d others.\n\n", CJ_OP_COUNT,
        CJ_MAP_OP_COUNT, CJ_OP_ARGMAX - CJ_OP_SUM + 1, CJ_OP_COUNT - CJ_OP_ARGMAX - 1);
    put(t, "| op | kind | sources | their dtypes | result | derivative | lanes | sets |\n"
           "| --- | --- | --- | --- | --- | --- | --- | --- |\n");
    for (int op = 0; op < CJ_OP_COUNT; op++)
        put_row(t, op);
    put(t, "\n");
}

static char *read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return NULL;
    char *data = calloc(1, MOST);
    size_t length = data ? fread(data, 1, MOST - 1, file) : 0;
    fclose(file);
    assert_true(length < MOST - 1);
    return data;
}

/* The page with the table that the program has; *old: the page as it is. */
static char *page_with_table(const char *path, char **old)
{
    *old = read_file(path);
    if (!*old)
        fail_msg("%s cannot be read", path);
    char *begin = strstr(*old, first_line), *end = strstr(*old, last_line);
    if (!begin || !end || end < begin)
        fail_msg("%s lacks the markers of the op table", path);
    text t = {calloc(1, MOST), 0};
    assert_non_null(t.data);
    put(&t, "%.*s%s", (int)(begin - *old), *old, first_line);
    put_table(&t);
    put(&t, "%s", end);
    return t.data;
}

static void page_is_true(void **state)
{
    (void)state;
    char path[4096], *old;
    const char *source = getenv("CAJAL_SOURCE");
    if (!source)
        skip();
    snprintf(path, sizeof path, "%s/docs/ops.md", source);
    char *page = page_with_table(path, &old);
    if (strcmp(page, old))
        fail_msg("docs/ops.md does not say what the op table says: `make docs` writes it");
    free(page);
    free(old);
}

/* What the table says of derivatives, checked on ops whose answer is known. */
static void derivatives_are_known(void **state)
{
    (void)state;
    static const int with[] = {CJ_OP_ADD, CJ_OP_EXP, CJ_OP_SUM, CJ_OP_CONV, CJ_OP_SVD};
    static const int without[] = {CJ_OP_FLOOR, CJ_OP_EQ, CJ_OP_NOT, CJ_OP_ARGMAX, CJ_OP_IOTA};
    for (size_t i = 0; i < sizeof with / sizeof *with; i++)
        assert_ptr_not_equal(cj_derivative_table[with[i]].cotangent, cj_cotangent_none);
    for (size_t i = 0; i < sizeof without / sizeof *without; i++)
        assert_ptr_equal(cj_derivative_table[without[i]].cotangent, cj_cotangent_none);
    for (int op = 0; op < CJ_OP_COUNT; op++)
        assert_true(!cj_op_table[op].accepts || cj_op_table[op].arity > 0);
}

static int write_page(const char *path)
{
    char *old, *page = page_with_table(path, &old);
    FILE *file = fopen(path, "wb");
    bool good = file && fputs(page, file) >= 0;
    good = file && fclose(file) == 0 && good;
    free(page);
    free(old);
    return good ? 0 : 1;
}

int main(int count, char **argument)
{
    if (count == 3 && !strcmp(argument[1], "--write"))
        return write_page(argument[2]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(page_is_true),
        cmocka_unit_test(derivatives_are_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
