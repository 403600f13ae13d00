/*
 * src/nn/net_check.c - types of a net's text: walks the tree with the shape of an example, layer by layer, and writes
 * down the chain of layers with their shapes, names and costs.
 */
#include "nn/net_tree.h"

#include <stdio.h>

/* A scope of names: what the names inside begin with, and how many layers of each kind were met. */
typedef struct scope {
    char prefix[256];
    int count[NET_KINDS];
} scope;

#define MOST_ELEMENTS (INT64_C(1) << 40)

/* a * b, or 2^62 where that is more. */
static int64_t product(int64_t a, int64_t b)
{
    int64_t c;
    return __builtin_mul_overflow(a, b, &c) ? INT64_C(1) << 62 : CJ_MIN(c, INT64_C(1) << 62);
}

static int64_t elements(const net_shape *s)
{
    int64_t n = 1;
    for (int i = 0; i < s->rank; i++)
        n = product(n, s->extent[i]);
    return n;
}

static cj_status refuse(cj_net *net, const net_layer *layer, const char *takes)
{
    return cj_fail(net->context, CJ_SHAPE, "net, layer %s (number %d, \"%s\"): %s reaches it, %s",
                   layer->row.name, layer->node->place, layer->row.text,
                   CJ_EXTENTS_OF(layer->in.rank, layer->in.extent), takes);
}

/* ---- shapes ---- */

static cj_status window_shape(cj_net *net, const net_layer *layer, net_shape *out)
{
    const net_node *n = layer->node;
    if (layer->in.rank != 3)
        return refuse(net, layer, "it takes a picture [channels, height, width]");
    for (int i = 0; i < 2; i++) {
        int64_t span = n->dilation[i] * (n->kernel[i] - 1) + 1;
        int64_t padded = layer->in.extent[1 + i] + (n->same ? span - 1 : 2 * n->pad[i]);
        char takes[160];
        if (n->same && (span % 2 == 0 || n->stride[i] != 1))
            return refuse(net, layer, "but pad same takes an odd window and stride 1");
        if (padded < span) {
            snprintf(takes, sizeof takes,
                     "its window of %lldx%lld takes pictures of at least that "
                     "size; pad them, or pool less before it",
                     (long long)n->kernel[0], (long long)n->kernel[1]);
            return refuse(net, layer, takes);
        }
        if (n->kind != NET_CONV && 2 * n->pad[i] > n->kernel[i])
            return refuse(net, layer, "but its pad is more than half its window");
        out->extent[1 + i] = (padded - span) / n->stride[i] + 1;
    }
    out->rank = 3;
    out->extent[0] = n->kind == NET_CONV ? n->count : layer->in.extent[0];
    return CJ_OK;
}

static cj_status conv_shape(cj_net *net, net_layer *layer, net_shape *out)
{
    const net_node *n = layer->node;
    cj_status status = window_shape(net, layer, out);
    if (status != CJ_OK)
        return status;
    int64_t in = layer->in.extent[0];
    if (in % n->groups || n->count % n->groups)
        return refuse(net, layer, "and the groups must divide the channels before and after it");
    int64_t weight =
        product(product(n->count, in / n->groups), product(n->kernel[0], n->kernel[1]));
    layer->row.parameters = weight + (n->no_bias ? 0 : n->count);
    layer->row.flops = product(product(2, weight), product(out->extent[1], out->extent[2]));
    return CJ_OK;
}

static cj_status leaf_shape(cj_net *net, net_layer *layer, net_shape *out)
{
    const net_node *n = layer->node;
    const net_shape *in = &layer->in;
    int64_t features = n->count ? n->count : net->outputs;
    *out = *in;
    switch (n->kind) {
    case NET_CONV: return conv_shape(net, layer, out);
    case NET_MAXPOOL: return window_shape(net, layer, out);
    case NET_AVGPOOL:
        if (!n->all)
            return window_shape(net, layer, out);
        if (in->rank != 3)
            return refuse(net, layer, "it takes a picture [channels, height, width]");
        out->rank = 1;
        return CJ_OK;
    case NET_LINEAR:
        *out = (net_shape){1, {features}};
        layer->row.parameters = product(features, elements(in)) + (n->no_bias ? 0 : features);
        layer->row.flops = product(2, product(features, elements(in)));
        return CJ_OK;
    case NET_BATCHNORM:
        if (in->rank != 1 && in->rank != 3)
            return refuse(net, layer,
                          "it takes a picture [channels, height, width] or a row [features]");
        layer->row.parameters = 2 * in->extent[0];
        return CJ_OK;
    case NET_FLATTEN: *out = (net_shape){1, {elements(in)}}; return CJ_OK;
    case NET_SHORTCUT:
        if (in->rank != 3 || in->extent[0] > n->count)
            return refuse(net, layer, "it takes a picture with no more channels than it gives");
        out->extent[0] = n->count;
        for (int i = 0; i < 2; i++)
            out->extent[1 + i] = (in->extent[1 + i] - 1) / n->stride[i] + 1;
        return CJ_OK;
    default: return CJ_OK;
    }
}

static bool same_shape(const net_shape *a, const net_shape *b, int from)
{
    if (a->rank != b->rank)
        return false;
    for (int i = from; i < a->rank; i++)
        if (a->extent[i] != b->extent[i])
            return false;
    return true;
}

/* The shape where the branches of a block meet; `layer->in` is what reaches its first layers. */
static cj_status join_shape(cj_net *net, const net_layer *layer, net_shape *out)
{
    bool concat = layer->node->kind == NET_CONCAT;
    const net_chain *first = layer->branch;
    *out = first->out;
    const net_shape *other = first->next ? &first->next->out : &layer->in;
    const net_chain *c = first->next;
    do {
        if (!same_shape(&first->out, other, concat)) {
            return cj_fail(
                net->context, CJ_SHAPE,
                "net, layer %s (number %d, \"%s\"): its branches give %s and %s, it takes %s",
                layer->row.name, layer->node->place, layer->row.text,
                CJ_EXTENTS_OF(first->out.rank, first->out.extent),
                CJ_EXTENTS_OF(other->rank, other->extent),
                concat ? "equal shapes but for the first extent"
                       : "equal shapes (a residual takes a second part for x, as in "
                         "\"residual(... | shortcut 32 stride 2)\")");
        }
        if (concat && c)
            out->extent[0] += other->extent[0];
        c = c ? c->next : NULL;
        other = c ? &c->out : NULL;
    } while (other);
    return CJ_OK;
}

/* ---- names and rows ---- */

static cj_status name_layer(cj_net *net, scope *s, net_layer *layer, int64_t copy)
{
    const net_node *n = layer->node;
    char name[320];
    int count = ++s->count[n->kind];
    if (n->name && n->repeated)
        snprintf(name, sizeof name, "%s%s.%lld", s->prefix, n->name, (long long)(n->first + copy));
    else if (n->name)
        snprintf(name, sizeof name, "%s%s", s->prefix, n->name);
    else
        snprintf(name, sizeof name, "%s%s%d", s->prefix, cj_net_kind_table[n->kind].stem, count);
    if (strlen(name) > 200)
        return cj_fail(net->context, CJ_INVALID,
                       "net, layer number %d: its name is longer than 200 bytes", n->place);
    layer->row.name = cj_arena_copy_text(&net->arena, name);
    layer->row.text = cj_net_print_node(net, n);
    return layer->row.name && layer->row.text ? CJ_OK : CJ_NO_MEMORY;
}

static cj_status add_row(cj_net *net, net_layer *layer, const net_shape *out)
{
    int64_t count = elements(out);
    if (count > MOST_ELEMENTS)
        return refuse(net, layer, "and it would give more than 2^40 numbers");
    if (layer->row.parameters > MOST_ELEMENTS)
        return refuse(net, layer, "and it would have more than 2^40 weights");
    layer->row.rank = out->rank;
    memcpy(layer->row.shape, out->extent, sizeof layer->row.shape);
    layer->row.bytes = 4 * count;
    if (net->layers == net->capacity) {
        int capacity = CJ_MAX(16, 2 * net->capacity);
        const net_layer **larger = cj_arena_take(&net->arena, (size_t)capacity * sizeof *larger);
        if (!larger)
            return CJ_NO_MEMORY;
        if (net->layers)
            memcpy(larger, net->layer, (size_t)net->layers * sizeof *larger);
        net->layer = larger;
        net->capacity = capacity;
    }
    net->layer[net->layers++] = layer;
    return CJ_OK;
}

/* ---- the walk ---- */

typedef struct walk {
    cj_net *net;
    net_layer **tail; /* where the next layer of the chain is hung */
    net_shape shape;  /* what reaches it */
} walk;

static cj_status walk_nodes(walk *w, scope *s, const net_node *node);

static cj_status walk_branches(walk *w, scope *s, net_layer *layer)
{
    net_chain **tail = &layer->branch;
    for (const net_branch *b = layer->node->branch; b; b = b->next) {
        net_chain *chain = cj_arena_take_zero(&w->net->arena, sizeof *chain);
        if (!chain)
            return CJ_NO_MEMORY;
        walk inner = {w->net, &chain->first, layer->in};
        cj_status status = walk_nodes(&inner, s, b->first);
        if (status != CJ_OK)
            return status;
        chain->out = inner.shape;
        *tail = chain;
        tail = &chain->next;
    }
    return CJ_OK;
}

/* The scope inside a named group or block; an unnamed one goes on counting in the scope around it. */
static cj_status open_scope(cj_net *net, const net_node *n, int64_t copy, const scope *outer,
                            scope *inner)
{
    *inner = (scope){0};
    int used = n->repeated
                   ? snprintf(inner->prefix, sizeof inner->prefix, "%s%s.%lld.", outer->prefix,
                              n->name, (long long)(n->first + copy))
                   : snprintf(inner->prefix, sizeof inner->prefix, "%s%s.", outer->prefix, n->name);
    if (used > 200)
        return cj_fail(net->context, CJ_INVALID,
                       "net, layer number %d: its name is longer than 200 bytes", n->place);
    return CJ_OK;
}

static cj_status walk_node(walk *w, scope *s, const net_node *n, int64_t copy)
{
    bool block = cj_net_kind_table[n->kind].form == NET_BLOCK;
    scope inner, *inside = s;
    cj_status status = CJ_OK;
    if (++w->net->walked > NET_MOST_LAYERS)
        return cj_fail(w->net->context, CJ_INVALID,
                       "the net has more than 10,000 layers and blocks, repeats written out");
    if (block && n->name) {
        status = open_scope(w->net, n, copy, s, &inner);
        inside = &inner;
    }
    if (status != CJ_OK || n->kind == NET_GROUP)
        return status == CJ_OK ? walk_nodes(w, inside, n->branch->first) : status;

    net_layer *layer = cj_arena_take_zero(&w->net->arena, sizeof *layer);
    if (!layer)
        return CJ_NO_MEMORY;
    layer->node = n;
    layer->in = w->shape;
    status = name_layer(w->net, s, layer, copy);
    if (status == CJ_OK)
        status = block ? walk_branches(w, inside, layer) : leaf_shape(w->net, layer, &w->shape);
    if (status == CJ_OK && block)
        status = join_shape(w->net, layer, &w->shape);
    if (status == CJ_OK)
        status = add_row(w->net, layer, &w->shape);
    *w->tail = layer;
    w->tail = &layer->next;
    return status;
}

static cj_status walk_nodes(walk *w, scope *s, const net_node *node)
{
    for (const net_node *n = node; n; n = n->next)
        for (int64_t copy = 0; copy < n->repeat; copy++) {
            cj_status status = walk_node(w, s, n, copy);
            if (status != CJ_OK)
                return status;
        }
    return CJ_OK;
}

/* ---- the whole net ---- */

static cj_status check_names(cj_net *net)
{
    for (int i = 0; i < net->layers; i++)
        for (int j = 0; j < i && net->layer[i]->row.parameters; j++)
            if (net->layer[j]->row.parameters &&
                !strcmp(net->layer[i]->row.name, net->layer[j]->row.name))
                return cj_fail(
                    net->context, CJ_INVALID,
                    "net, layer number %d: two layers are called \"%s\"; \"as NAME\" gives "
                    "another name",
                    net->layer[i]->node->place, net->layer[i]->row.name);
    return CJ_OK;
}

/* Appends `linear classes` to the text. */
static cj_status append_outputs(cj_net *net)
{
    net_node *node = cj_arena_take_zero(&net->arena, sizeof *node);
    if (!node)
        return CJ_NO_MEMORY;
    *node = (net_node){.kind = NET_LINEAR,
                       .repeat = 1,
                       .stride = {1, 1},
                       .dilation = {1, 1},
                       .groups = 1,
                       .count = net->outputs,
                       .place = 1};
    net_node **tail = &net->root.first;
    for (; *tail; tail = &(*tail)->next)
        node->place = (*tail)->place + 1;
    *tail = node;
    return CJ_OK;
}

static cj_status walk_net(cj_net *net)
{
    scope s = {0};
    walk w = {net, &net->chain.first, net->in};
    net->layers = net->walked = 0;
    net->chain.first = NULL;
    cj_status status = walk_nodes(&w, &s, net->root.first);
    net->chain.out = w.shape;
    return status;
}

/* Writes the number that the data ask for where the text left it to them. */
static void resolve(net_node *node, int64_t outputs)
{
    for (; node; node = node->next) {
        if (node->kind == NET_LINEAR && !node->count)
            node->count = outputs;
        for (net_branch *b = node->branch; b; b = b->next)
            resolve(b->first, outputs);
    }
}

static bool ends_in_linear(const net_node *node)
{
    while (node && node->next)
        node = node->next;
    if (node && node->kind == NET_GROUP)
        return ends_in_linear(node->branch->first);
    return node && node->kind == NET_LINEAR;
}

cj_status cj_net_check(cj_net *net)
{
    resolve(net->root.first, net->outputs);
    cj_status status = walk_net(net);
    const net_shape *out = &net->chain.out;
    if (status == CJ_OK && (out->rank != 1 || out->extent[0] != net->outputs)) {
        if (ends_in_linear(net->root.first))
            return cj_fail(
                net->context, CJ_SHAPE,
                "the net ends in \"%s\", but the data ask for %lld: end it with \"linear "
                "classes\"",
                net->layer[net->layers - 1]->row.text, (long long)net->outputs);
        status = append_outputs(net);
        if (status == CJ_OK)
            status = walk_net(net);
    }
    return status == CJ_OK ? check_names(net) : status;
}
