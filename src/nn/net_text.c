/*
 * src/nn/net_text.c - parses the text of a net (grammar in cajal/net.h) by recursive descent.
 */
#include "nn/net_tree.h"

#include <float.h>
#include <stdio.h>

const net_kind_row cj_net_kind_table[NET_KINDS] = {
#define X(id, word, other, stem, form, options) {word, other, stem, form, options},
    NET_KIND_LIST(X)
#undef X
};

enum token_kind { END, WORD, NUMBER, SIZE, REAL, COMMA, OPEN, CLOSE, BAR, TIMES, BAD };

typedef struct token {
    enum token_kind kind;
    const char *begin;
    int length;
    int64_t number[2]; /* NUMBER: both the same */
    double real;
} token;

typedef struct parser {
    cj_net *net;
    const char *at;
    token token; /* the one in hand */
    int places, depth;
} parser;

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* The integer at *at, at most 10^9 (larger: 10^9 + 1, which no layer takes). */
static int64_t take_integer(const char **at)
{
    int64_t value = 0;
    for (; is_digit(**at); (*at)++)
        value = CJ_MIN(value * 10 + (**at - '0'), INT64_C(1000000001));
    return value;
}

static void take_number(token *t, const char **at)
{
    const char *end = cj_scan_number(*at, &t->real);
    t->kind = NUMBER;
    t->number[0] = t->number[1] = take_integer(at);
    if ((**at == 'x' || **at == 'X') && is_digit((*at)[1])) {
        (*at)++;
        t->kind = SIZE;
        t->number[1] = take_integer(at);
    } else if (!end || end > *at) {
        t->kind = end ? REAL : BAD;
        *at = end ? end : *at;
    }
}

static void next_token(parser *p)
{
    const char *s = p->at;
    for (;;) {
        while (*s == ' ' || *s == '\t' || *s == '\r')
            s++;
        if (*s != '#')
            break;
        while (*s && *s != '\n')
            s++;
    }
    token t = {.kind = BAD, .begin = s};
    if (!*s) {
        t.kind = END;
    } else if (is_digit(*s)) {
        take_number(&t, &s);
    } else if ((*s == 'x' || *s == 'X') && !is_letter(s[1]) && !is_digit(s[1])) {
        t.kind = TIMES;
        s++;
    } else if (is_letter(*s)) {
        t.kind = WORD;
        while (is_letter(*s) || is_digit(*s) || *s == '.' || *s == '-')
            s++;
    } else {
        switch (*s) {
        case ',':
        case ';':
        case '\n': t.kind = COMMA; break;
        case '(': t.kind = OPEN; break;
        case ')': t.kind = CLOSE; break;
        case '|': t.kind = BAR; break;
        case '*': t.kind = TIMES; break;
        }
        s++;
    }
    t.length = (int)(s - t.begin);
    p->token = t;
    p->at = s;
}

static bool word_is(const token *t, const char *word)
{
    return t->kind == WORD && strlen(word) == (size_t)t->length &&
           !strncmp(t->begin, word, (size_t)t->length);
}

static cj_status fail(parser *p, int place, const char *what)
{
    const token *t = &p->token;
    char near[48];
    if (t->kind == END)
        snprintf(near, sizeof near, "the end");
    else if (*t->begin == '\n')
        snprintf(near, sizeof near, "the end of the line");
    else
        snprintf(near, sizeof near, "\"%.*s\"", CJ_MIN(t->length, 40), t->begin);
    return cj_fail(p->net->context, CJ_INVALID, "net text, layer %d, at %s: %s", place, near, what);
}

static cj_status fail_kind(parser *p, int place)
{
    const char *words[NET_KINDS];
    char word[32], all[256] = "";
    int count = 0;
    for (int k = 0; k < NET_KINDS; k++) {
        if (cj_net_kind_table[k].word[0] == '(')
            continue;
        words[count++] = cj_net_kind_table[k].word;
        size_t used = strlen(all);
        snprintf(all + used, sizeof all - used, "%s%s", used ? ", " : "",
                 cj_net_kind_table[k].word);
    }
    snprintf(word, sizeof word, "%.*s", CJ_MIN(p->token.length, 31), p->token.begin);
    const char *near = cj_closest_word(word, words, count);
    return cj_fail(p->net->context, CJ_INVALID,
                   "net text, layer %d: there is no layer \"%s\"%s%s%s; the layers are %s", place,
                   word, near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "", all);
}

/* ---- what stands after the word of a layer ---- */

static bool take_pair(parser *p, int64_t pair[2])
{
    if (p->token.kind != NUMBER && p->token.kind != SIZE)
        return false;
    pair[0] = p->token.number[0];
    pair[1] = p->token.number[1];
    next_token(p);
    return true;
}

static cj_status take_count(parser *p, net_node *node)
{
    if (word_is(&p->token, "classes") || word_is(&p->token, "outputs")) {
        next_token(p);
        return CJ_OK;
    }
    if (p->token.kind == NUMBER) {
        node->count = p->token.number[0];
        if (node->count < 1)
            return fail(p, node->place, "a layer of 0 outputs gives nothing");
        next_token(p);
        return CJ_OK;
    }
    if (node->kind == NET_LINEAR)
        return CJ_OK;
    return fail(p, node->place,
                node->kind == NET_CONV ? "the number of channels is wanted, as in \"conv 32 5x5\""
                                       : "the number of channels is wanted");
}

static cj_status take_window(parser *p, net_node *node)
{
    if (node->kind == NET_AVGPOOL && word_is(&p->token, "all")) {
        node->all = true;
        next_token(p);
        return CJ_OK;
    }
    if (!take_pair(p, node->kernel))
        return fail(p, node->place, "the size of the window is wanted, as in \"3x3\" or \"3\"");
    if (node->kernel[0] < 1 || node->kernel[1] < 1)
        return fail(p, node->place, "a window has at least one pixel");
    return CJ_OK;
}

static cj_status take_real(parser *p, net_node *node)
{
    if (p->token.kind != NUMBER && p->token.kind != REAL) {
        if (node->kind == NET_LEAKY) {
            node->real = 0.01;
            return CJ_OK;
        }
        return fail(p, node->place, "a number is wanted, as in \"dropout 0.5\"");
    }
    node->real = p->token.real;
    if (!(node->real <= FLT_MAX))
        return fail(p, node->place, "this number is larger than any f32");
    if (node->kind == NET_DROPOUT && !(node->real < 1))
        return fail(p, node->place, "dropout takes a share of at least 0 and below 1");
    next_token(p);
    return CJ_OK;
}

static cj_status take_options(parser *p, net_node *node)
{
    static const struct {
        const char *word;
        unsigned bit;
    } option[] = {{"stride", NET_STRIDE},     {"pad", NET_PAD},       {"padding", NET_PAD},
                  {"dilation", NET_DILATION}, {"groups", NET_GROUPS}, {"nobias", NET_NO_BIAS}};
    while (p->token.kind == WORD && !word_is(&p->token, "as")) {
        unsigned bit = 0;
        for (size_t i = 0; i < CJ_COUNT(option); i++)
            if (word_is(&p->token, option[i].word))
                bit = option[i].bit;
        if (!(bit & cj_net_kind_table[node->kind].options)) {
            const char *what = bit ? "this layer has no such option"
                                   : "a comma is missing, or this is no option (the options are "
                                     "stride, pad, dilation, groups, nobias)";
            return fail(p, node->place, what);
        }
        next_token(p);
        int64_t groups[2];
        int64_t *pair = bit == NET_STRIDE     ? node->stride
                        : bit == NET_PAD      ? node->pad
                        : bit == NET_DILATION ? node->dilation
                                              : groups;
        if (bit == NET_NO_BIAS) {
            node->no_bias = true;
            continue;
        }
        if (bit == NET_PAD && node->kind == NET_CONV && word_is(&p->token, "same")) {
            node->same = true;
            next_token(p);
            continue;
        }
        if (!take_pair(p, pair) || (bit == NET_GROUPS && groups[0] != groups[1]))
            return fail(p, node->place, "a number is wanted here");
        if (bit != NET_PAD && (pair[0] < 1 || pair[1] < 1))
            return fail(p, node->place, "this option is at least 1");
        if (bit == NET_GROUPS)
            node->groups = groups[0];
    }
    return CJ_OK;
}

/* ---- items ---- */

static cj_status parse_layers(parser *p, net_node **first);

static cj_status parse_branches(parser *p, net_node *node)
{
    if (p->token.kind != OPEN)
        return fail(p, node->place, "\"(\" is wanted: the layers of the block in parentheses");
    if (++p->depth > NET_MOST_DEPTH)
        return fail(p, node->place, "blocks are nested too deep");
    net_branch **tail = &node->branch;
    int count = 0, most = node->kind == NET_GROUP ? 1 : node->kind == NET_RESIDUAL ? 2 : INT32_MAX;
    do {
        next_token(p);
        if (++count > most)
            return fail(
                p, node->place,
                node->kind == NET_GROUP
                    ? "\"|\" parts the branches of residual, add and concat; a group has none"
                    : "residual has a body and at most one shortcut");
        net_branch *branch = cj_arena_take_zero(&p->net->arena, sizeof *branch);
        if (!branch)
            return CJ_NO_MEMORY;
        cj_status status = parse_layers(p, &branch->first);
        if (status != CJ_OK)
            return status;
        *tail = branch;
        tail = &branch->next;
    } while (p->token.kind == BAR);
    if (p->token.kind != CLOSE)
        return fail(p, node->place, "a \")\" is missing");
    p->depth--;
    next_token(p);
    return CJ_OK;
}

static cj_status parse_kind(parser *p, net_node *node)
{
    cj_status status = CJ_OK;
    switch (cj_net_kind_table[node->kind].form) {
    case NET_BARE: break;
    case NET_COUNT: status = take_count(p, node); break;
    case NET_WINDOW: status = take_window(p, node); break;
    case NET_REAL: status = take_real(p, node); break;
    case NET_BLOCK: return parse_branches(p, node);
    case NET_FILTERS:
        status = take_count(p, node);
        if (status == CJ_OK)
            status = take_window(p, node);
        break;
    }
    return status == CJ_OK ? take_options(p, node) : status;
}

static cj_status parse_name(parser *p, net_node *node)
{
    next_token(p);
    if (p->token.kind != WORD)
        return fail(p, node->place, "a name is wanted after \"as\"");
    char *name = cj_arena_take_zero(&p->net->arena, (size_t)p->token.length + 1);
    if (!name)
        return CJ_NO_MEMORY;
    memcpy(name, p->token.begin, (size_t)p->token.length);
    node->name = name;
    if (strchr(name, '-') || strstr(name, "..") || name[strlen(name) - 1] == '.')
        return fail(p, node->place, "a name is made of letters, digits, _ and single dots");
    next_token(p);
    if (word_is(&p->token, "from")) {
        next_token(p);
        if (p->token.kind != NUMBER || !node->repeated)
            return fail(p, node->place,
                        "\"from\" counts the copies of a repeat: 2 x (...) as a from 1");
        node->first = p->token.number[0];
        next_token(p);
    }
    return CJ_OK;
}

static cj_status parse_item(parser *p, net_node **out)
{
    net_node *node = cj_arena_take_zero(&p->net->arena, sizeof *node);
    if (!node)
        return CJ_NO_MEMORY;
    *out = node;
    *node = (net_node){.repeat = 1, .stride = {1, 1}, .dilation = {1, 1}, .groups = 1};
    node->place = ++p->places;
    if (p->places > NET_MOST_LAYERS)
        return fail(p, node->place, "the net has more than 10,000 layers");
    if (p->token.kind == NUMBER) {
        node->repeat = p->token.number[0];
        node->repeated = true;
        next_token(p);
        if (p->token.kind != TIMES)
            return fail(p, node->place,
                        "a repeat is written \"3 x (...)\", a layer begins with its kind");
        if (node->repeat < 1 || node->repeat > NET_MOST_LAYERS)
            return fail(p, node->place, "a repeat is 1 to 10,000 times");
        next_token(p);
    }
    node->kind = NET_KINDS;
    if (p->token.kind == OPEN)
        node->kind = NET_GROUP;
    for (int k = 0; k < NET_KINDS && p->token.kind == WORD; k++)
        if (word_is(&p->token, cj_net_kind_table[k].word) ||
            word_is(&p->token, cj_net_kind_table[k].other))
            node->kind = (enum net_kind)k;
    if (node->kind == NET_KINDS)
        return p->token.kind == WORD
                   ? fail_kind(p, node->place)
                   : fail(p, node->place, "a layer is wanted, as in \"conv 32 5x5\"");
    if (node->kind == NET_MAXPOOL || node->kind == NET_AVGPOOL)
        node->stride[0] = node->stride[1] = 0;
    if (node->kind != NET_GROUP)
        next_token(p);
    cj_status status = parse_kind(p, node);
    if (status == CJ_OK && word_is(&p->token, "as"))
        status = parse_name(p, node);
    if (node->stride[0] == 0) {
        node->stride[0] = node->kernel[0];
        node->stride[1] = node->kernel[1];
    }
    return status;
}

static cj_status parse_layers(parser *p, net_node **first)
{
    net_node **tail = first;
    for (;;) {
        while (p->token.kind == COMMA)
            next_token(p);
        if (p->token.kind == END || p->token.kind == CLOSE || p->token.kind == BAR)
            return CJ_OK;
        cj_status status = parse_item(p, tail);
        if (status != CJ_OK)
            return status;
        tail = &(*tail)->next;
        if (p->token.kind != COMMA && p->token.kind != END && p->token.kind != CLOSE &&
            p->token.kind != BAR)
            return fail(p, p->places, "a comma is wanted between two layers");
    }
}

cj_status cj_net_parse_text(cj_net *net, const char *text)
{
    parser p = {.net = net, .at = text};
    next_token(&p);
    cj_status status = parse_layers(&p, &net->root.first);
    if (status == CJ_OK && p.token.kind != END)
        return fail(&p, p.places, "nothing is open that this could close");
    return status;
}
