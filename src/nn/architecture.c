/*
 * src/nn/architecture.c - the table of named nets with options, and their text.
 */
#include "cajal/architecture.h"

#include "nn/nn.h"

#include <stddef.h>
#include <stdio.h>

/* ---- the table ---- */

typedef enum option_id {
    LAYERS,
    HIDDEN,
    EMBEDDING,
    HEADS,
    CONTEXT,
    LATENT,
    MODES,
    DROPOUT,
    OPTIONS
} option_id;

typedef struct option_row {
    const char *name;
    size_t offset;
    bool whole;
    double least, most;
} option_row;

static const option_row option_table[OPTIONS] = {
    [LAYERS] = {"layers", offsetof(cj_architecture, layers), true, 1, 24},
    [HIDDEN] = {"hidden", offsetof(cj_architecture, hidden), true, 1, 1 << 16},
    [EMBEDDING] = {"embedding", offsetof(cj_architecture, embedding), true, 1, 1 << 16},
    [HEADS] = {"heads", offsetof(cj_architecture, heads), true, 1, 1024},
    [CONTEXT] = {"context", offsetof(cj_architecture, context), true, 1, 1 << 16},
    [LATENT] = {"latent", offsetof(cj_architecture, latent), true, 1, 1 << 16},
    [MODES] = {"modes", offsetof(cj_architecture, modes), true, 1, 1 << 16},
    [DROPOUT] = {"dropout", offsetof(cj_architecture, dropout), false, 0, 0.95},
};

#define BIT(option) (1u << (option))
#define RECURRENT BIT(LAYERS) | BIT(HIDDEN) | BIT(EMBEDDING) | BIT(CONTEXT) | BIT(DROPOUT)

typedef struct architecture_row {
    const char *name, *title;
    cj_purpose purpose;
    unsigned takes;
    cj_architecture defaults;
} architecture_row;

/* gcn, gat: the sizes of Kipf and Welling, 2017, and of Velickovic et al., 2018, on Cora. */
static const architecture_row table[CJ_ARCHITECTURES] = {
    [CJ_LSTM_MODEL] = {"lstm",
                       "a language model of LSTM layers",
                       CJ_FOR_LANGUAGE,
                       RECURRENT,
                       {.layers = 1, .hidden = 256, .embedding = 64, .context = 128}},
    [CJ_GRU_MODEL] = {"gru",
                      "a language model of GRU layers",
                      CJ_FOR_LANGUAGE,
                      RECURRENT,
                      {.layers = 1, .hidden = 256, .embedding = 64, .context = 128}},
    [CJ_TRANSFORMER_MODEL] = {"transformer",
                              "a language model of causal transformer layers",
                              CJ_FOR_LANGUAGE,
                              BIT(LAYERS) | BIT(HIDDEN) | BIT(HEADS) | BIT(CONTEXT) | BIT(DROPOUT),
                              {.layers = 4, .hidden = 128, .heads = 4, .context = 64}},
    [CJ_GCN] = {"gcn",
                "graph convolutions, for the nodes of a graph",
                CJ_FOR_GRAPHS,
                BIT(LAYERS) | BIT(HIDDEN) | BIT(DROPOUT),
                {.layers = 2, .hidden = 16, .dropout = 0.5}},
    [CJ_SAGE] = {"sage",
                 "GraphSAGE with the mean of the neighbours",
                 CJ_FOR_GRAPHS,
                 BIT(LAYERS) | BIT(HIDDEN) | BIT(DROPOUT),
                 {.layers = 2, .hidden = 16, .dropout = 0.5}},
    [CJ_GAT] = {"gat",
                "graph attention",
                CJ_FOR_GRAPHS,
                BIT(LAYERS) | BIT(HIDDEN) | BIT(HEADS) | BIT(DROPOUT),
                {.layers = 2, .hidden = 8, .heads = 8, .dropout = 0.6}},
    [CJ_AUTOENCODER] = {"autoencoder",
                        "pictures through a narrow code",
                        CJ_FOR_PICTURES,
                        BIT(LAYERS) | BIT(HIDDEN) | BIT(LATENT),
                        {.layers = 1, .hidden = 512, .latent = 32}},
    [CJ_VAE] = {"vae",
                "a variational autoencoder, which can draw pictures",
                CJ_FOR_PICTURES,
                BIT(LAYERS) | BIT(HIDDEN) | BIT(LATENT),
                {.layers = 1, .hidden = 512, .latent = 20}},
    [CJ_UNET] = {"unet",
                 "a U-net, which takes noise off pictures",
                 CJ_FOR_PICTURES,
                 BIT(LAYERS) | BIT(HIDDEN),
                 {.layers = 2, .hidden = 16}},
    [CJ_FNO] = {"fno",
                "a Fourier neural operator, from functions to functions",
                CJ_FOR_OPERATORS,
                BIT(LAYERS) | BIT(HIDDEN) | BIT(MODES),
                {.layers = 4, .hidden = 32, .modes = 16}},
};

const char *cj_architecture_name(cj_architecture_kind kind)
{
    return table[kind].name;
}

static int find_row(const char *text)
{
    size_t length = strcspn(text, ":");
    for (int i = 0; i < CJ_ARCHITECTURES; i++)
        if (strlen(table[i].name) == length && !strncmp(table[i].name, text, length))
            return i;
    return -1;
}

bool cj_architecture_known(const char *text)
{
    return find_row(text) >= 0;
}

cj_purpose cj_architecture_purpose(const char *text)
{
    int row = find_row(text);
    return table[row < 0 ? 0 : row].purpose;
}

/* ---- text ---- */

static double option_get(const cj_architecture *a, int option)
{
    const char *field = (const char *)a + option_table[option].offset;
    return option_table[option].whole ? (double)*(const int64_t *)(const void *)field
                                      : *(const double *)(const void *)field;
}

static void option_set(cj_architecture *a, int option, double value)
{
    char *field = (char *)a + option_table[option].offset;
    if (option_table[option].whole)
        *(int64_t *)(void *)field = (int64_t)value;
    else
        *(double *)(void *)field = value;
}

void cj_architecture_text(const cj_architecture *a, char *text, size_t size)
{
    const architecture_row *row = &table[a->kind];
    size_t used = (size_t)snprintf(text, size, "%s", row->name);
    char separator = ':';
    for (int i = 0; i < OPTIONS && used < size; i++) {
        if (!(row->takes & BIT(i)))
            continue;
        used += (size_t)snprintf(text + used, size - used, "%c%s=%.10g", separator,
                                 option_table[i].name, option_get(a, i));
        separator = ',';
    }
}

bool cj_architecture_list(int i, char *line, size_t size)
{
    if (i < 0 || i >= CJ_ARCHITECTURES)
        return false;
    cj_architecture a = table[i].defaults;
    a.kind = (cj_architecture_kind)i;
    cj_architecture_text(&a, line, size);
    size_t used = strlen(line);
    snprintf(line + used, size - used, " - %s", table[i].title);
    return true;
}

static cj_status fail_word(cj_context *context, const architecture_row *row, const char *word)
{
    const char *words[OPTIONS];
    char all[200] = "";
    int count = 0;
    for (int i = 0; i < OPTIONS; i++) {
        if (!(row->takes & BIT(i)))
            continue;
        size_t used = strlen(all);
        snprintf(all + used, sizeof all - used, "%s%s", used ? ", " : "", option_table[i].name);
        words[count++] = option_table[i].name;
    }
    const char *near = cj_closest_word(word, words, count);
    return cj_fail(context, CJ_INVALID, "net %s: there is no \"%s\"%s%s%s; it takes %s", row->name,
                   word, near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "", all);
}

/* "hidden=256" */
static cj_status take_option(cj_context *context, const char *word, unsigned *given,
                             cj_architecture *a)
{
    const architecture_row *row = &table[a->kind];
    const char *equals = strchr(word, '=');
    char name[64];
    snprintf(name, sizeof name, "%.*s", equals ? (int)CJ_MIN(equals - word, 60) : 60, word);
    int option = 0;
    while (option < OPTIONS &&
           (!(row->takes & BIT(option)) || strcmp(option_table[option].name, name) != 0))
        option++;
    if (option == OPTIONS)
        return fail_word(context, row, name);
    const option_row *o = &option_table[option];
    double value = 0;
    if (*given & BIT(option))
        return cj_fail(context, CJ_INVALID, "net %s: %s is given twice", row->name, o->name);
    *given |= BIT(option);
    if (!equals || !cj_parse_number(equals + 1, &value) || !(value >= o->least) ||
        !(value <= o->most) || (o->whole && value != (double)(int64_t)value))
        return cj_fail(context, CJ_INVALID,
                       "net %s: %s wants a %s from %g to %g, as in %s:%s=%.10g", row->name, o->name,
                       o->whole ? "whole number" : "number", o->least, o->most, row->name, o->name,
                       option_get(&row->defaults, option));
    option_set(a, option, value);
    return CJ_OK;
}

cj_status cj_architecture_parse(cj_context *context, const char *text, cj_architecture *out)
{
    int found = text ? find_row(text) : -1;
    unsigned given = 0;
    if (found < 0)
        return cj_fail(context, CJ_INVALID, "there is no net called \"%.60s\"", text ? text : "");
    cj_architecture a = table[found].defaults;
    a.kind = (cj_architecture_kind)found;
    const char *s = text + strcspn(text, ":");
    while (*s) {
        char word[80];
        size_t length = strcspn(++s, ",");
        snprintf(word, sizeof word, "%.*s", (int)CJ_MIN(length, sizeof word - 1), s);
        cj_status status = take_option(context, word, &given, &a);
        if (status != CJ_OK)
            return status;
        s += length;
    }
    if (a.kind == CJ_TRANSFORMER_MODEL && (a.hidden % a.heads != 0 || a.hidden / a.heads % 2 != 0))
        return cj_fail(context, CJ_INVALID,
                       "net transformer: hidden=%lld is no even number of features for each of "
                       "%lld heads",
                       (long long)a.hidden, (long long)a.heads);
    *out = a;
    return CJ_OK;
}
