/*
 * cli/named.c - what tasks whose nets are architectures share: the model file, the plan, the closing table.
 */
#include "task.h"

#include "base/base.h"

#include <math.h>
#include <stdlib.h>
#include <sys/stat.h>

/* ---- the model file: safetensors, the weights under their names; metadata cajal_net and cajal_about ---- */

static cj_status add_weights(cj_context *context, cj_scope *scope, cj_tensor_file *file)
{
    cj_status status = CJ_OK;
    for (int i = 0; i < cj_scope_count(scope) && status == CJ_OK; i++) {
        const cj_entry *entry = cj_scope_entry(scope, i);
        cj_variable *v = entry->variable;
        if (entry->kind != CJ_STATE)
            status =
                cj_tensor_file_add(context, file, entry->path, cj_variable_dtype(v),
                                   cj_variable_rank(v), cj_variable_shape(v), cj_variable_data(v));
    }
    return status;
}

cj_status named_save(cj_context *context, cj_scope *scope, const cj_architecture *net,
                     json_t *about, const char *path)
{
    char format[16], text[256];
    char *json = about ? json_dumps(about, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
    cj_tensor_file *file = json ? cj_tensor_file_new(context) : NULL;
    cj_status status = file ? CJ_OK : CJ_NO_MEMORY;
    snprintf(format, sizeof format, "%d", CJ_MODEL_FORMAT);
    cj_architecture_text(net, text, sizeof text);
    if (status == CJ_OK)
        status = cj_tensor_file_set(context, file, "cajal_format", format);
    if (status == CJ_OK)
        status = cj_tensor_file_set(context, file, "cajal_net", text);
    if (status == CJ_OK)
        status = cj_tensor_file_set(context, file, "cajal_about", json);
    if (status == CJ_OK)
        status = add_weights(context, scope, file);
    if (status == CJ_OK)
        status = cj_safetensors_write(context, path, file);
    if (file)
        cj_tensor_file_free(context, file);
    free(json);
    return status;
}

int named_open(cli *c, const char *path, named_model *m)
{
    cj_context *context = c->context;
    *m = (named_model){0};
    cj_status status = cj_safetensors_read(context, path, &m->file);
    if (status != CJ_OK)
        return fail_library(c, status);
    const char *net = cj_tensor_file_get(m->file, "cajal_net");
    const char *about = cj_tensor_file_get(m->file, "cajal_about");
    const char *format = cj_tensor_file_get(m->file, "cajal_format");
    if (!net || !about || !cj_architecture_known(net))
        return fail(c, EXIT_ERROR,
                    "'%s' holds no net that writes or draws: generate takes language models (lstm, "
                    "gru, transformer) and the vae",
                    path);
    if (format && atoi(format) > CJ_MODEL_FORMAT)
        return fail(c, EXIT_ERROR,
                    "'%s' has model format %.20s; this is Cajal %s, which reads up to format %d: a "
                    "newer one is needed",
                    path, format, cj_version(), CJ_MODEL_FORMAT);
    status = cj_architecture_parse(context, net, &m->net);
    if (status != CJ_OK)
        return fail_library(c, status);
    m->about = json_loads(about, JSON_REJECT_DUPLICATES, NULL);
    return json_is_object(m->about)
               ? EXIT_DONE
               : fail(c, EXIT_ERROR, "'%s': cajal_about is no JSON object", path);
}

void named_close(cli *c, named_model *m)
{
    if (m->file)
        cj_tensor_file_free(c->context, m->file);
    json_decref(m->about);
}

/* ---- the plan ---- */

int named_net(train *t)
{
    cli *c = t->c;
    const char *given = c->value[OPT_NET] ? c->value[OPT_NET] : t->task->default_net;
    char text[256];
    cj_status status = cj_architecture_parse(c->context, given, &t->architecture);
    if (status != CJ_OK) {
        fail_library(c, status);
        return EXIT_USAGE;
    }
    cj_architecture_text(&t->architecture, text, sizeof text);
    t->plan.net = strdup(text);
    snprintf(t->plan.net_name, sizeof t->plan.net_name, "%s",
             cj_architecture_name(t->architecture.kind));
    t->scope = cj_scope_new(c->context);
    return t->plan.net && t->scope ? EXIT_DONE : fail_library(c, CJ_NO_MEMORY);
}

int named_decide(train *t, const named_defaults *d, bool can_stop_early)
{
    cli *c = t->c;
    plan *p = &t->plan;
    if (p->early && !can_stop_early)
        return fail(c, EXIT_USAGE,
                    "'%s' has no validation part that says when to stop: give "
                    "--epochs N",
                    c->value[OPT_DATA]);
    p->batch = d->batch;
    p->epochs = d->epochs;
    p->clip = d->clip;
    p->patience = p->early ? d->patience : 0;
    if (!train_decide_numbers(t))
        return EXIT_USAGE;
    int code = train_decide_optimiser(t, d->optimiser, d->schedule);
    return code == EXIT_DONE ? train_begin_options(t) : code;
}

/* ---- the end ---- */

enum { CELL = 64 };

static void cell_text(const score *s, bool percent, char text[CELL])
{
    double by = percent ? 100 : 1;
    size_t used = (size_t)snprintf(text, CELL, percent ? "%.2f %%" : "%.4f", by * s->value);
    if (isnan(s->value))
        snprintf(text, CELL, "-");
    else if (!isnan(s->low))
        snprintf(text + used, CELL - used, " [%.2f, %.2f]", by * s->low, by * s->high);
}

void print_measures(const measures *m)
{
    char cell[MEASURED_ROWS][MEASURES][CELL];
    int width[MEASURES], first = 0;
    for (int j = 0; j < m->columns; j++)
        width[j] = (int)strlen(m->head[j]);
    for (int i = 0; i < m->rows; i++) {
        first = CJ_MAX(first, (int)strlen(m->row[i].name));
        for (int j = 0; j < m->columns; j++) {
            cell_text(&m->row[i].value[j], m->percent[j], cell[i][j]);
            width[j] = CJ_MAX(width[j], (int)strlen(cell[i][j]));
        }
    }
    printf("%-*s", first, "");
    for (int j = 0; j < m->columns; j++)
        printf("  %*s", width[j], m->head[j]);
    for (int i = 0; i < m->rows; i++) {
        printf("\n%-*s", first, m->row[i].name);
        for (int j = 0; j < m->columns; j++)
            printf("  %*s", width[j], cell[i][j]);
    }
    printf("\n(%s)\n", m->of);
}

static json_t *measures_json(const measures *m, int row, const char *prefix)
{
    json_t *object = json_object();
    for (int j = 0; j < m->columns; j++) {
        char key[64];
        snprintf(key, sizeof key, "%s%s", prefix, m->key[j]);
        json_object_set_new(object, key, json_finite(m->row[row].value[j].value));
    }
    return object;
}

void add_measures(json_t *object, const measures *m)
{
    json_t *own = measures_json(m, 0, "test_"), *others = json_object();
    json_object_update(object, own);
    json_decref(own);
    for (int i = 1; i < m->rows; i++)
        json_object_set_new(others, m->row[i].name, measures_json(m, i, ""));
    json_object_set_new(object, "baselines", others);
    json_object_set_new(object, "measured_on", json_string(m->of));
}

int named_measure(train *t, measures *m)
{
    *m = (measures){0};
    for (int i = 0; i < MEASURED_ROWS; i++)
        for (int j = 0; j < MEASURES; j++)
            m->row[i].value[j] = (score){NAN, NAN, NAN};
    return t->task->measure(t, m);
}

int named_finish(train *t)
{
    cli *c = t->c;
    char path[PATH_SIZE], took[32];
    measures m;
    folder_file(t, "model.safetensors", path);
    json_t *about = t->task->about(t);
    cj_status status = named_save(c->context, t->scope, &t->architecture, about, path);
    json_decref(about);
    int code = status == CJ_OK ? named_measure(t, &m) : fail_write(c, status);
    if (code == EXIT_DONE)
        code = draw_curve(t);
    if (code == EXIT_DONE && t->task->draw)
        code = t->task->draw(t);
    if (code != EXIT_DONE)
        return code;
    if (c->json) {
        json_t *object = done_json(t);
        add_measures(object, &m);
        print_json(object);
        return EXIT_DONE;
    }
    printf("epochs: %lld, in %s of training\n\n", (long long)json_array_size(t->log),
           time_text(t->seconds, took));
    print_measures(&m);
    printf("\nwhat to try next\n");
    t->task->suggest(t);
    printf("\nrun: %s\n", t->folder);
    return EXIT_DONE;
}
