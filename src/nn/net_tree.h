/*
 * src/nn/net_tree.h - the two forms of a net's text.
 *
 * The parser (net_text.c) makes a tree of net_node, as written. The checker (net_check.c) walks it with the shape of the
 * data, writes repeats out, names the layers, and makes chains of net_layer, each of which knows its shapes;
 * net_build.c walks those.
 */
#ifndef CJ_NN_NET_TREE_H
#define CJ_NN_NET_TREE_H

#include "base/base.h"
#include "cajal/net.h"

enum net_option { NET_STRIDE = 1, NET_PAD = 2, NET_DILATION = 4, NET_GROUPS = 8, NET_NO_BIAS = 16 };

/* What stands after the word of a kind. */
enum net_form {
    NET_BARE,    /* nothing */
    NET_COUNT,   /* a number, or "classes" */
    NET_WINDOW,  /* AxB or a number */
    NET_FILTERS, /* a number and a window */
    NET_REAL,    /* a decimal number */
    NET_BLOCK    /* branches in parentheses */
};

/* id, word, other word, stem of the name, form, options */
#define NET_KIND_LIST(X)                                                                           \
    X(CONV, "conv", "conv2d", "conv", NET_FILTERS,                                                 \
      NET_STRIDE | NET_PAD | NET_DILATION | NET_GROUPS | NET_NO_BIAS)                              \
    X(LINEAR, "linear", "fc", "fc", NET_COUNT, NET_NO_BIAS)                                        \
    X(MAXPOOL, "maxpool", "max_pool", "maxpool", NET_WINDOW, NET_STRIDE | NET_PAD)                 \
    X(AVGPOOL, "avgpool", "avg_pool", "avgpool", NET_WINDOW, NET_STRIDE | NET_PAD)                 \
    X(BATCHNORM, "bn", "batchnorm", "bn", NET_BARE, 0)                                             \
    X(DROPOUT, "dropout", "drop", "dropout", NET_REAL, 0)                                          \
    X(RELU, "relu", "", "relu", NET_BARE, 0)                                                       \
    X(LEAKY, "leaky", "leaky_relu", "leaky", NET_REAL, 0)                                          \
    X(ELU, "elu", "", "elu", NET_BARE, 0)                                                          \
    X(GELU, "gelu", "", "gelu", NET_BARE, 0)                                                       \
    X(SILU, "silu", "swish", "silu", NET_BARE, 0)                                                  \
    X(SIGMOID, "sigmoid", "", "sigmoid", NET_BARE, 0)                                              \
    X(SOFTPLUS, "softplus", "", "softplus", NET_BARE, 0)                                           \
    X(TANH, "tanh", "", "tanh", NET_BARE, 0)                                                       \
    X(FLATTEN, "flatten", "", "flatten", NET_BARE, 0)                                              \
    X(IDENTITY, "identity", "", "identity", NET_BARE, 0)                                           \
    X(SHORTCUT, "shortcut", "", "shortcut", NET_COUNT, NET_STRIDE)                                 \
    X(RESIDUAL, "residual", "res", "residual", NET_BLOCK, 0)                                       \
    X(ADD, "add", "", "add", NET_BLOCK, 0)                                                         \
    X(CONCAT, "concat", "cat", "concat", NET_BLOCK, 0)                                             \
    X(GROUP, "(", "", "", NET_BLOCK, 0)

enum net_kind {
#define X(id, word, other, stem, form, options) NET_##id,
    NET_KIND_LIST(X)
#undef X
        NET_KINDS
};

typedef struct net_kind_row {
    const char *word, *other, *stem;
    enum net_form form;
    unsigned options;
} net_kind_row;
extern const net_kind_row cj_net_kind_table[NET_KINDS];

typedef struct net_node net_node;
typedef struct net_branch {
    net_node *first; /* NULL: x itself */
    struct net_branch *next;
} net_branch;

struct net_node {
    enum net_kind kind;
    int64_t count; /* channels or features; 0: what the data ask for */
    int64_t kernel[2], stride[2], pad[2], dilation[2], groups;
    bool no_bias, same, all, repeated;
    double real;
    int64_t repeat, first;
    const char *name; /* NULL: by kind and count */
    int place;        /* of the layer in the text, from 1 */
    net_branch *branch;
    net_node *next;
};

typedef struct net_shape {
    int rank;
    int64_t extent[4];
} net_shape;

typedef struct net_layer net_layer;
typedef struct net_chain {
    net_layer *first;
    net_shape out;
    struct net_chain *next;
} net_chain;

struct net_layer {
    cj_net_layer row;
    const net_node *node;
    net_shape in;
    net_chain *branch; /* of residual, add and concat */
    net_layer *next;
};

struct cj_net {
    cj_context *context;
    cj_arena arena;
    const char *name, *text;
    net_shape in;
    int64_t outputs;
    net_branch root;
    net_chain chain;
    int layers, capacity;
    int walked; /* layers and blocks, repeats written out */
    const net_layer **layer;
};

/* net_text.c: fills net->root from a text in the grammar. */
cj_status cj_net_parse_text(cj_net *net, const char *text);
/* net_print.c: a layer, or the whole tree, in canonical form, in the net's arena; NULL: no memory. */
const char *cj_net_print_node(cj_net *net, const net_node *node);
const char *cj_net_print_tree(cj_net *net);
/* net_check.c: shapes, names, the table of layers; resolves what is left to the data. */
cj_status cj_net_check(cj_net *net);

#define NET_MOST_LAYERS 10000
#define NET_MOST_DEPTH 32

#endif
