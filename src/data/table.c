/*
 * table.c - a CSV as a data set: its rows through the plan, the split, the fit, and the same row
 * function that prediction uses.
 */
#include "data/data.h"

#include <stdio.h>

const char *cj_table_field(const cj_table *t, int64_t row, int64_t column)
{
    return cj_csv_field(t->csv, t->row[row], column);
}

void cj_table_where(const cj_table *t, int64_t row, char *where, size_t size)
{
    snprintf(where, size, "%.200s, line %lld", t->loader->name,
             (long long)cj_csv_line(t->csv, t->row[row]));
}

/* Over every field and the header: the same table, the same hash, whatever its quotes and line
 * ends. */
static void hash_table(cj_table *t)
{
    cj_sha256 sha;
    uint8_t digest[32];
    const cj_csv *csv = t->csv;
    int64_t head[3] = {csv->rows, csv->columns, csv->header};
    cj_sha256_init(&sha);
    cj_sha256_add(&sha, head, sizeof head);
    for (int64_t i = 0; i < (csv->rows + csv->header) * csv->columns; i++) {
        const char *field = csv->text + csv->field[i];
        cj_sha256_add(&sha, field, strlen(field) + 1);
    }
    cj_sha256_end(&sha, digest);
    cj_sha256_text(digest, t->loader->dataset->hash);
}

/* ---- memory ---- */

static cj_status table_begin(cj_table *t)
{
    cj_context *context = t->loader->context;
    size_t rows = (size_t)t->csv->rows, columns = (size_t)t->csv->columns;
    t->row = cj_allocate(context, rows * sizeof *t->row);
    t->text = cj_allocate(context, columns * sizeof *t->text);
    t->number = cj_allocate(context, rows * sizeof *t->number);
    t->sorted = cj_allocate(context, rows * sizeof *t->sorted);
    if (!t->row || !t->text || !t->number || !t->sorted)
        return CJ_NO_MEMORY;
    t->rows = t->csv->rows;
    for (int64_t i = 0; i < t->rows; i++)
        t->row[i] = i;
    return CJ_OK;
}

static void table_end(cj_table *t)
{
    cj_context *context = t->loader->context;
    size_t rows = (size_t)t->csv->rows, columns = (size_t)t->csv->columns;
    const cj_preprocess *p = t->loader->dataset->preprocess;
    if (t->row)
        cj_release(context, t->row, rows * sizeof *t->row);
    if (t->text)
        cj_release(context, t->text, columns * sizeof *t->text);
    if (t->number)
        cj_release(context, t->number, rows * sizeof *t->number);
    if (t->sorted)
        cj_release(context, t->sorted, rows * sizeof *t->sorted);
    if (t->map)
        cj_release(context, t->map, (size_t)p->columns * sizeof *t->map);
}

static cj_status match_columns(cj_table *t)
{
    const cj_csv *csv = t->csv;
    cj_context *context = t->loader->context;
    const cj_preprocess *p = t->loader->dataset->preprocess;
    t->map = cj_allocate(context, (size_t)p->columns * sizeof *t->map);
    if (!t->map)
        return CJ_NO_MEMORY;
    for (int64_t c = 0; c < csv->columns; c++)
        t->text[c] = cj_csv_name(csv, c);
    return cj_preprocess_match(context, p, csv->header ? t->text : NULL, csv->columns, t->map);
}

/* ---- rows without a target ---- */

static cj_status drop_rows(cj_table *t)
{
    const cj_preprocess *p = t->loader->dataset->preprocess;
    int64_t kept = 0, first = 0;
    for (int i = 0; i < p->columns; i++)
        if (p->column[i].kind == CJ_COLUMN_TARGET && t->map[i] < 0)
            return cj_fail(t->loader->context, CJ_NOT_FOUND,
                           "%s: has no column \"%.60s\", which is to be predicted", t->loader->name,
                           p->column[i].name);
    for (int64_t r = 0; r < t->rows; r++) {
        bool missing = false;
        for (int i = 0; i < p->columns; i++)
            if (p->column[i].kind == CJ_COLUMN_TARGET)
                missing = missing || cj_is_missing(cj_csv_field(t->csv, r, t->map[i]));
        if (missing && !first)
            first = cj_csv_line(t->csv, r);
        if (!missing)
            t->row[kept++] = r;
    }
    int64_t dropped = t->rows - kept;
    t->rows = kept;
    if (kept == 0)
        return cj_fail(t->loader->context, CJ_VALUE, "%s: holds no row with a target",
                       t->loader->name);
    return dropped ? cj_note(t->loader, "%lld %s no target and %s left out (the first: line %lld)",
                             (long long)dropped, cj_of_count(dropped, "row has", "rows have"),
                             cj_of_count(dropped, "was", "were"), (long long)first)
                   : CJ_OK;
}

/* ---- rows to examples ---- */

static cj_status make_examples(cj_table *t)
{
    cj_context *context = t->loader->context;
    const cj_preprocess *p = t->loader->dataset->preprocess;
    cj_examples *e = &t->loader->dataset->part[CJ_TRAIN];
    size_t rows = (size_t)t->rows, size;
    e->inputs = cj_preprocess_inputs(p);
    e->targets = p->task == CJ_TASK_REGRESSION ? p->targets : 0;
    if (!cj_multiply_size(rows, (size_t)e->inputs * sizeof *e->value, &size))
        return cj_fail(context, CJ_NO_MEMORY, "%s: its features do not fit in memory",
                       t->loader->name);
    e->value = cj_allocate(context, size);
    if (!e->value)
        return CJ_NO_MEMORY;
    e->count = t->rows;
    if (e->targets)
        e->target = cj_allocate(context, rows * (size_t)e->targets * sizeof *e->target);
    else
        e->label = cj_allocate(context, rows * sizeof *e->label);
    return e->target || e->label ? CJ_OK : CJ_NO_MEMORY;
}

static cj_status fill_examples(cj_table *t)
{
    cj_context *context = t->loader->context;
    const cj_preprocess *p = t->loader->dataset->preprocess;
    cj_examples *e = &t->loader->dataset->part[CJ_TRAIN];
    char where[256];
    int64_t unseen = 0;
    cj_status status = make_examples(t);
    for (int64_t r = 0; r < t->rows && status == CJ_OK; r++) {
        cj_table_where(t, r, where, sizeof where);
        for (int64_t c = 0; c < t->csv->columns; c++)
            t->text[c] = cj_table_field(t, r, c);
        status = cj_preprocess_row(context, p, where, t->text, t->map, e->value + r * e->inputs,
                                   &unseen);
        if (status == CJ_OK)
            status = cj_preprocess_target(context, p, where, t->text, t->map,
                                          e->label ? e->label + r : NULL,
                                          e->target ? e->target + r * e->targets : NULL);
    }
    if (status == CJ_OK && unseen)
        status = cj_note(
            t->loader, "%lld %s a category that training did not see (or that was cut): %s as none",
            (long long)unseen, cj_of_count(unseen, "field holds", "fields hold"),
            cj_of_count(unseen, "it counts", "they count"));
    return status;
}

/* The classes of all rows, so that the split can be stratified before anything is fitted. */
static cj_status row_labels(cj_table *t, int32_t *label)
{
    char where[256];
    const cj_preprocess *p = t->loader->dataset->preprocess;
    cj_status status = CJ_OK;
    for (int64_t r = 0; r < t->rows && status == CJ_OK; r++) {
        cj_table_where(t, r, where, sizeof where);
        for (int64_t c = 0; c < t->csv->columns; c++)
            t->text[c] = cj_table_field(t, r, c);
        status =
            cj_preprocess_target(t->loader->context, p, where, t->text, t->map, &label[r], NULL);
    }
    return status;
}

static cj_status split_and_fit(cj_table *t)
{
    cj_context *context = t->loader->context;
    const cj_preprocess *p = t->loader->dataset->preprocess;
    size_t rows = (size_t)t->rows, size = rows * (sizeof(int32_t) + 1);
    int32_t *label = cj_allocate(context, size);
    if (!label)
        return CJ_NO_MEMORY;
    uint8_t *part = (uint8_t *)(label + rows);
    bool classes = p->task == CJ_TASK_CLASSES;
    cj_status status = classes ? row_labels(t, label) : CJ_OK;
    if (status == CJ_OK)
        status = cj_loader_assign(t->loader, classes ? label : NULL, t->rows, part);
    if (status == CJ_OK && !t->loader->options->preprocess)
        status = cj_table_fit(t, part);
    if (status == CJ_OK)
        status = fill_examples(t);
    if (status == CJ_OK)
        status = cj_loader_divide(t->loader, part);
    cj_release(context, label, size);
    return status;
}

static cj_status load_csv(cj_loader *loader, cj_csv *csv)
{
    cj_table table = {.loader = loader, .csv = csv};
    cj_status status = cj_loader_begin(loader, CJ_INPUT_TABLE);
    if (status == CJ_OK)
        status = table_begin(&table);
    if (status == CJ_OK && !loader->options->preprocess)
        status = cj_table_name_columns(&table);
    if (status == CJ_OK)
        status = match_columns(&table);
    if (status == CJ_OK)
        status = drop_rows(&table);
    if (status == CJ_OK && !loader->options->preprocess)
        status = cj_table_plan(&table);
    if (status == CJ_OK) {
        hash_table(&table);
        status = split_and_fit(&table);
    }
    if (status == CJ_OK && csv->latin1)
        status = cj_note(loader, "the file is no UTF-8 and was read as Latin-1");
    if (status == CJ_OK && csv->decimal_comma)
        status = cj_note(loader, "numbers are written with decimal commas, and were read so");
    table_end(&table);
    cj_csv_free(loader->context, csv);
    return status;
}

cj_status cj_load_table(cj_loader *loader, const char *path)
{
    cj_csv csv;
    cj_status status = cj_csv_read(loader->context, path, &loader->options->csv, &csv);
    return status == CJ_OK ? load_csv(loader, &csv) : status;
}

cj_status cj_data_from_csv(cj_context *context, const char *name, const void *data, size_t size,
                           const cj_data_options *options, cj_dataset **out)
{
    static const cj_data_options defaults = {0};
    cj_loader loader = {.context = context, .options = options ? options : &defaults, .name = name};
    cj_csv csv;
    *out = NULL;
    cj_status status = cj_csv_parse(context, name, data, size, &loader.options->csv, &csv);
    if (status != CJ_OK)
        return status;
    loader.dataset = cj_allocate_zero(context, sizeof *loader.dataset);
    if (!loader.dataset) {
        cj_csv_free(context, &csv);
        return CJ_NO_MEMORY;
    }
    status = load_csv(&loader, &csv);
    if (status == CJ_OK)
        *out = loader.dataset;
    else
        cj_dataset_free(context, loader.dataset);
    return status;
}
