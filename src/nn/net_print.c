/*
 * src/nn/net_print.c - the tree of a net back into text, in one canonical form: parsing it gives the same tree.
 */
#include "nn/net_tree.h"

#include <stdio.h>

/* Text that grows in the arena; `full` once memory has run out. */
typedef struct printer {
    cj_net *net;
    char *text;
    size_t length, capacity;
    bool full;
} printer;

static void put(printer *p, const char *text)
{
    size_t length = strlen(text);
    if (p->full)
        return;
    if (p->length + length + 1 > p->capacity) {
        size_t capacity = CJ_MAX(2 * p->capacity, p->length + length + 1);
        capacity = CJ_MAX(capacity, 64);
        char *larger = cj_arena_take(&p->net->arena, capacity);
        if (!larger) {
            p->full = true;
            return;
        }
        if (p->length)
            memcpy(larger, p->text, p->length);
        p->text = larger;
        p->capacity = capacity;
    }
    memcpy(p->text + p->length, text, length + 1);
    p->length += length;
}

static void put_number(printer *p, const char *before, int64_t number)
{
    char text[64];
    snprintf(text, sizeof text, "%s%lld", before, (long long)number);
    put(p, text);
}

static void put_pair(printer *p, const char *before, const int64_t pair[2], bool both)
{
    put_number(p, before, pair[0]);
    if (both || pair[0] != pair[1])
        put_number(p, "x", pair[1]);
}

/* Writes `real` by the format with so many digits; false where that is read back as another number. */
static bool format_real(char text[400], const char *format, int digits, double real)
{
    char with_digits[16];
    double back;
    snprintf(with_digits, sizeof with_digits, format, digits);
    cj_format_number(text, 400, with_digits, real);
    return cj_parse_number(text, &back) && back == real;
}

/* The shortest decimal that is read back as the same number, plain where 15 decimals are enough. */
static void put_real(printer *p, double real)
{
    char text[400];
    bool same = false;
    for (int digits = 0; digits <= 15 && !same; digits++)
        same = format_real(text, "%%.%df", digits, real);
    for (int digits = 1; digits <= 17 && !same; digits++)
        same = format_real(text, "%%.%dg", digits, real);
    put(p, " ");
    put(p, text);
}

static bool differs(const int64_t pair[2], int64_t a, int64_t b)
{
    return pair[0] != a || pair[1] != b;
}

static void put_options(printer *p, const net_node *node)
{
    bool pool = node->kind == NET_MAXPOOL || node->kind == NET_AVGPOOL;
    if (pool ? differs(node->stride, node->kernel[0], node->kernel[1])
             : differs(node->stride, 1, 1))
        put_pair(p, " stride ", node->stride, false);
    if (node->same)
        put(p, " pad same");
    else if (differs(node->pad, 0, 0))
        put_pair(p, " pad ", node->pad, false);
    if (differs(node->dilation, 1, 1))
        put_pair(p, " dilation ", node->dilation, false);
    if (node->groups != 1)
        put_number(p, " groups ", node->groups);
    if (node->no_bias)
        put(p, " nobias");
}

static void put_layers(printer *p, const net_node *node);

static void put_layer(printer *p, const net_node *node)
{
    const net_kind_row *kind = &cj_net_kind_table[node->kind];
    if (node->kind != NET_GROUP)
        put(p, kind->word);
    if (kind->form == NET_COUNT || kind->form == NET_FILTERS) {
        if (node->count)
            put_number(p, " ", node->count);
        else
            put(p, " classes");
    }
    if (node->all)
        put(p, " all");
    else if (kind->form == NET_WINDOW || kind->form == NET_FILTERS)
        put_pair(p, " ", node->kernel, kind->form == NET_FILTERS);
    if (kind->form == NET_REAL)
        put_real(p, node->real);
    if (kind->form != NET_BLOCK) {
        put_options(p, node);
        return;
    }
    for (const net_branch *b = node->branch; b; b = b->next) {
        put(p, b == node->branch ? "(" : " | ");
        put_layers(p, b->first);
    }
    put(p, ")");
}

static void put_layers(printer *p, const net_node *node)
{
    for (const net_node *n = node; n; n = n->next) {
        if (n != node)
            put(p, ", ");
        if (n->repeated) {
            put_number(p, "", n->repeat);
            put(p, " x ");
        }
        put_layer(p, n);
        if (n->name) {
            put(p, " as ");
            put(p, n->name);
        }
        if (n->first)
            put_number(p, " from ", n->first);
    }
}

const char *cj_net_print_tree(cj_net *net)
{
    printer p = {.net = net};
    put(&p, "");
    put_layers(&p, net->root.first);
    return p.full ? NULL : p.text;
}

const char *cj_net_print_node(cj_net *net, const net_node *node)
{
    printer p = {.net = net};
    if (cj_net_kind_table[node->kind].form == NET_BLOCK)
        put(&p, cj_net_kind_table[node->kind].word);
    else
        put_layer(&p, node);
    return p.full ? NULL : p.text;
}
