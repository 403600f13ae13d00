/*
 * cli/data_show_more.c - cajal data show: graphs and texts.
 */
#include "data.h"

#include "base/base.h"

#include "cajal/data_graph.h"
#include "cajal/data_text.h"

static const char *const part_name[CJ_PARTS] = {"train", "validation", "test"};

/* ---- a graph ---- */

static void print_graph(const cli *c, const cj_graph_data *g)
{
    printf("%s: a graph of %lld nodes and %lld edges (each direction counts), %lld features a "
           "node, %d classes\n",
           c->argument[1], (long long)g->nodes, (long long)g->edges, (long long)g->features,
           g->classes);
    printf("%lld training, %lld validation, %lld test nodes\n", (long long)g->count[CJ_TRAIN],
           (long long)g->count[CJ_VALIDATION], (long long)g->count[CJ_TEST]);
    printf("\n%-8s %8s %8s %10s %8s\n", "class", "nodes", "train", "validation", "test");
    for (int k = -1; k < g->classes; k++) {
        int64_t all = 0, count[CJ_PARTS] = {0};
        for (int64_t i = 0; i < g->nodes; i++) {
            all += g->label[i] == k;
            for (int part = 0; part < CJ_PARTS; part++)
                count[part] += g->label[i] == k && g->mask[part][i];
        }
        char name[16] = "none";
        if (k >= 0)
            snprintf(name, sizeof name, "%d", k);
        if (k >= 0 || all)
            printf("%-8s %8lld %8lld %10lld %8lld\n", name, (long long)all,
                   (long long)count[CJ_TRAIN], (long long)count[CJ_VALIDATION],
                   (long long)count[CJ_TEST]);
    }
    printf("\nnode 0: class %d, %d features set, edges to", (int)g->label[0],
           (int)g->feature_start[1]);
    for (int32_t e = 0; e < g->start[1] && e < 10; e++)
        printf(" %d", (int)g->column[e]);
    printf("%s\n", g->start[1] > 10 ? " ..." : "");
}

int data_show_graph(cli *c)
{
    cj_graph_data *g;
    cj_status status = cj_graph_data_load(c->context, c->argument[1], &g);
    if (status != CJ_OK)
        return fail_library(c, status);
    if (c->json)
        print_json(json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:i, s:I, s:I, s:I, s:s}", "event",
                             "data", "name", c->argument[1], "kind", "a graph", "nodes",
                             (json_int_t)g->nodes, "edges", (json_int_t)g->edges, "features",
                             (json_int_t)g->features, "classes", g->classes, "train",
                             (json_int_t)g->count[CJ_TRAIN], "validation",
                             (json_int_t)g->count[CJ_VALIDATION], "test",
                             (json_int_t)g->count[CJ_TEST], "hash", g->hash));
    else
        print_graph(c, g);
    cj_graph_data_free(c->context, g);
    return EXIT_DONE;
}

/* ---- a text ---- */

static void print_token(const cj_text_data *d, int32_t token)
{
    bool characters = d->unit == CJ_TEXT_CHARACTERS;
    const char *word = d->word[token];
    printf("%s%s", characters ? "" : " ", word[0] == '\n' ? "\\n" : word);
}

/* The beginning of the first example of the first part that has one. */
static void print_example(const cj_text_data *d)
{
    int part = 0;
    while (part < CJ_PARTS - 1 && !d->part[part].tokens)
        part++;
    const cj_text_part *p = &d->part[part];
    if (!p->tokens)
        return;
    printf("\n%s example 0", part_name[part]);
    if (p->label)
        printf(", %s", d->class_name[p->label[0]]);
    if (p->target)
        printf(", %s %g", d->target_name, (double)p->target[0]);
    putchar('\n');
    int64_t most = d->unit == CJ_TEXT_CHARACTERS ? 70 : 15;
    for (int s = 0; s < d->sequences; s++) {
        printf("  \"");
        for (int64_t i = p->start[s]; i < CJ_MIN(p->start[s + 1], p->start[s] + most); i++)
            print_token(d, p->token[i]);
        printf("%s\"\n", p->start[s + 1] - p->start[s] > most ? " ..." : "");
    }
}

static void print_text(const cli *c, const cj_text_data *d)
{
    printf("%s: text, %d different %s\n", c->argument[1], d->words,
           d->unit == CJ_TEXT_CHARACTERS ? "characters" : "words");
    for (int i = 0; i < d->notes; i++)
        printf("%s\n", d->note[i]);
    printf("\n%-12s %9s %10s\n", "part", "examples", "tokens");
    for (int part = 0; part < CJ_PARTS; part++)
        printf("%-12s %9lld %10lld\n", part_name[part], (long long)d->part[part].examples,
               (long long)d->part[part].tokens);
    if (d->classes)
        printf("\n%-24s %8s %10s %8s\n", "class", "train", "validation", "test");
    for (int k = 0; k < d->classes; k++) {
        long long count[CJ_PARTS] = {0};
        for (int part = 0; part < CJ_PARTS; part++)
            for (int64_t i = 0; i < d->part[part].examples; i++)
                count[part] += d->part[part].label[i] == k;
        printf("%-24s %8lld %10lld %8lld\n", d->class_name[k], count[CJ_TRAIN],
               count[CJ_VALIDATION], count[CJ_TEST]);
    }
    print_example(d);
}

static void print_text_json(const cli *c, const cj_text_data *d)
{
    json_t *names = json_array(), *notes = json_array();
    json_t *object =
        json_pack("{s:s, s:s, s:s, s:s, s:i, s:i, s:s}", "event", "data", "name", c->argument[1],
                  "kind", "text", "unit", d->unit == CJ_TEXT_CHARACTERS ? "characters" : "words",
                  "words", d->words, "sequences", d->sequences, "hash", d->hash);
    for (int k = 0; k < d->classes; k++)
        json_array_append_new(names, json_string(d->class_name[k]));
    for (int i = 0; i < d->notes; i++)
        json_array_append_new(notes, json_string(d->note[i]));
    for (int part = 0; part < CJ_PARTS; part++)
        json_object_set_new(object, part_name[part],
                            json_pack("{s:I, s:I}", "examples", (json_int_t)d->part[part].examples,
                                      "tokens", (json_int_t)d->part[part].tokens));
    json_object_set_new(object, "classes", names);
    json_object_set_new(object, "notes", notes);
    print_json(object);
}

int data_show_text(cli *c)
{
    cj_text_data *d;
    int64_t seed = 0;
    if (!option_integer(c, OPT_SEED, 0, INT64_C(1) << 53, &seed))
        return EXIT_USAGE;
    cj_text_options options = {.seed = (uint64_t)seed};
    cj_status status = cj_text_load(c->context, c->argument[1], &options, &d);
    if (status != CJ_OK)
        return fail_library(c, status);
    if (c->json)
        print_text_json(c, d);
    else
        print_text(c, d);
    cj_text_free(c->context, d);
    return EXIT_DONE;
}
