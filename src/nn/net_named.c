/*
 * src/nn/net_named.c - nets by name, by text and by file, and what a cj_net tells of itself.
 */
#include "nn/net_tree.h"

#include "cajal/architecture.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/* LeCun et al., "Gradient-based learning applied to document recognition", 1998, in the widths that are usual now. */
#define LENET                                                                                      \
    "conv 32 5x5, relu, maxpool 2, conv 64 5x5, relu, maxpool 2, linear 128, relu, linear classes"

/* He et al., "Deep residual learning for image recognition", 2015, section 4.2, n = 3, option A. */
#define BLOCK(n, first, shortcut)                                                                  \
    "(residual(conv " n " 3x3" first " pad 1 nobias, bn, relu, conv " n                            \
    " 3x3 pad 1 nobias, bn" shortcut "), relu)"
/* clang-format off */
#define RESNET20                                                                                   \
    "conv 16 3x3 pad 1 nobias, bn, relu, "                                                         \
    "3 x " BLOCK("16", "", "") " as layer1, "                                                      \
    BLOCK("32", " stride 2", " | shortcut 32 stride 2") " as layer2.0, "                           \
    "2 x " BLOCK("32", "", "") " as layer2 from 1, "                                               \
    BLOCK("64", " stride 2", " | shortcut 64 stride 2") " as layer3.0, "                           \
    "2 x " BLOCK("64", "", "") " as layer3 from 1, avgpool all, linear classes as fc"
/* clang-format on */

static const cj_known_net known[] = {
    {"mlp",
     "hidden layers of 128 and 128 relu units; mlp:256,64 sets the sizes",
     "linear 128, relu, linear 128, relu, linear classes",
     3,
     {1, 28, 28},
     10},
    {"lenet",
     "two convolutions and two linear layers, for pictures of 28x28 or so",
     LENET,
     3,
     {1, 28, 28},
     10},
    {"resnet20",
     "20 layers with zero-padded shortcuts, for pictures of 32x32 or so",
     RESNET20,
     3,
     {3, 32, 32},
     10},
};

const cj_known_net *cj_net_known(int i)
{
    return i >= 0 && i < (int)CJ_COUNT(known) ? &known[i] : NULL;
}

/* "mlp:256,64" in the grammar. */
static cj_status mlp_text(cj_net *net, const char *sizes, const char **out)
{
    char text[1024];
    size_t used = 0;
    for (const char *s = sizes;; s++) {
        char *end;
        long long n = strtoll(s, &end, 10);
        if (*s < '0' || *s > '9' || n < 1 || n > 1000000 || (*end && *end != ',') || used > 900)
            return cj_fail(
                net->context, CJ_INVALID,
                "net \"mlp:%s\": the sizes of the hidden layers are wanted, as in \"mlp:256,64\"",
                sizes);
        used += (size_t)snprintf(text + used, sizeof text - used, "linear %lld, relu, ", n);
        s = end;
        if (!*s)
            break;
    }
    snprintf(text + used, sizeof text - used, "linear classes");
    *out = cj_arena_copy_text(&net->arena, text);
    return *out ? CJ_OK : CJ_NO_MEMORY;
}

/* A single word that is no kind of layer: a name was meant. */
static cj_status check_word(cj_net *net, const char *text)
{
    const char *words[NET_KINDS + CJ_COUNT(known) + CJ_ARCHITECTURES];
    int count = 0;
    for (const char *c = text; *c; c++)
        if (!(*c >= 'a' && *c <= 'z') && !(*c >= 'A' && *c <= 'Z') && !(*c >= '0' && *c <= '9') &&
            *c != '_' && *c != '-')
            return CJ_OK;
    for (int k = 0; k < NET_KINDS; k++)
        if (!strcmp(text, cj_net_kind_table[k].word) || !strcmp(text, cj_net_kind_table[k].other))
            return CJ_OK;
    for (size_t i = 0; i < CJ_COUNT(known); i++)
        words[count++] = known[i].name;
    for (int i = 0; i < CJ_ARCHITECTURES; i++)
        words[count++] = cj_architecture_name((cj_architecture_kind)i);
    const char *near = cj_closest_word(text, words, count);
    return cj_fail(
        net->context, CJ_INVALID,
        "there is no net called \"%s\"%s%s%s; there are mlp, lenet, resnet20, those of `cajal help "
        "nets` for texts and graphs, a text as in "
        "\"conv 32 5x5, relu, maxpool 2, linear classes\", or a file of one",
        text, near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

static cj_status find_text(cj_net *net, const char *text, const char **out)
{
    net->name = "net";
    *out = text;
    for (size_t i = 0; i < CJ_COUNT(known); i++)
        if (!strcmp(text, known[i].name)) {
            net->name = known[i].name;
            *out = known[i].text;
            return CJ_OK;
        }
    if (!strncmp(text, "mlp:", 4)) {
        net->name = "mlp";
        return mlp_text(net, text + 4, out);
    }
    if (cj_architecture_known(text))
        return cj_fail(net->context, CJ_INVALID,
                       "net %.60s is no chain of layers: `cajal train` takes it, with the data "
                       "that it is for (cajal/architecture.h)",
                       text);
    return check_word(net, text);
}

static cj_status parse(cj_net *net, const char *text)
{
    const char *found;
    cj_status status = find_text(net, text, &found);
    if (status == CJ_OK)
        status = cj_net_parse_text(net, found);
    if (status == CJ_OK)
        status = cj_net_check(net);
    if (status == CJ_OK) {
        net->text = cj_net_print_tree(net);
        status = net->text ? CJ_OK : CJ_NO_MEMORY;
    }
    return status;
}

cj_status cj_net_parse(cj_context *context, const char *text, int rank, const int64_t *shape,
                       int64_t outputs, cj_net **out)
{
    *out = NULL;
    if (!text || !text[0])
        return cj_fail(context, CJ_INVALID,
                       "the net is empty: name one, or write one as in \"linear 64, "
                       "relu, linear classes\"");
    if (rank < 1 || rank > 4 || outputs < 1)
        return cj_fail(context, CJ_INVALID,
                       "a net takes examples of rank 1 to 4 and gives at least one number");
    cj_net *net = cj_allocate_zero(context, sizeof *net);
    if (!net)
        return CJ_NO_MEMORY;
    net->context = context;
    cj_arena_init(&net->arena, context);
    net->in.rank = rank;
    net->outputs = outputs;
    cj_status status = CJ_OK;
    for (int i = 0; i < rank; i++) {
        if (shape[i] < 1 || shape[i] > INT32_MAX)
            status =
                cj_fail(context, CJ_SHAPE, "an example has an extent of %lld: at least 1 is wanted",
                        (long long)shape[i]);
        net->in.extent[i] = shape[i];
    }
    if (status == CJ_OK)
        status = parse(net, text);
    if (status != CJ_OK) {
        cj_net_free(net);
        return status;
    }
    *out = net;
    return CJ_OK;
}

cj_status cj_net_read(cj_context *context, const char *text, int rank, const int64_t *shape,
                      int64_t outputs, cj_net **out)
{
    struct stat about;
    bool named = text && text[0] == '@';
    *out = NULL;
    if (!text || (!named && (stat(text, &about) != 0 || !S_ISREG(about.st_mode))))
        return cj_net_parse(context, text, rank, shape, outputs, out);
    void *data;
    size_t size;
    cj_status status = cj_file_read(context, text + named, 1 << 20, &data, &size);
    if (status != CJ_OK)
        return status;
    char *copy = cj_allocate_zero(context, size + 1);
    if (copy)
        memcpy(copy, data, size);
    cj_release(context, data, size);
    if (!copy)
        return CJ_NO_MEMORY;
    status = strlen(copy) == size ? cj_net_parse(context, copy, rank, shape, outputs, out)
                                  : cj_fail(context, CJ_FORMAT,
                                            "'%s' is no text of a net: it holds a zero byte", text);
    cj_release(context, copy, size + 1);
    return status;
}

void cj_net_free(cj_net *net)
{
    if (!net)
        return;
    cj_arena_free(&net->arena);
    cj_release(net->context, net, sizeof *net);
}

const char *cj_net_text(const cj_net *net)
{
    return net->text;
}

const char *cj_net_name(const cj_net *net)
{
    return net->name;
}

int cj_net_rank(const cj_net *net)
{
    return net->in.rank;
}

const int64_t *cj_net_shape(const cj_net *net)
{
    return net->in.extent;
}

int64_t cj_net_outputs(const cj_net *net)
{
    return net->outputs;
}

int cj_net_layers(const cj_net *net)
{
    return net->layers;
}

const cj_net_layer *cj_net_layer_at(const cj_net *net, int i)
{
    return i >= 0 && i < net->layers ? &net->layer[i]->row : NULL;
}
