/*
 * src/optim/trainer_state.c - a trainer's state as named arrays, and the best weights so far.
 */
#include "optim/trainer.h"

/* ---- the best weights, and their averages ---- */

static bool is_kept(const cj_entry *entry)
{
    return entry->kind != CJ_STATE || strncmp(entry->path, "average.", strlen("average.")) == 0;
}

cj_status cj_fit_make_kept(cj_trainer *t)
{
    static const char prefix[] = "best.";
    t->entries = cj_scope_count(t->root);
    if (!cj_fit_keeps(t))
        return CJ_OK;
    t->kept = cj_allocate_zero(t->context, (size_t)t->entries * sizeof(void *));
    t->kept_name = cj_allocate_zero(t->context, (size_t)t->entries * sizeof(char *));
    if (!t->kept || !t->kept_name)
        return CJ_NO_MEMORY;
    for (int i = 0; i < t->entries; i++) {
        const cj_entry *entry = cj_scope_entry(t->root, i);
        if (!is_kept(entry))
            continue;
        size_t length = strlen(entry->path);
        t->kept_name[i] = cj_allocate(t->context, sizeof prefix + length);
        if (!t->kept_name[i])
            return CJ_NO_MEMORY;
        memcpy(t->kept_name[i], prefix, sizeof prefix - 1);
        memcpy(t->kept_name[i] + sizeof prefix - 1, entry->path, length + 1);
        t->kept[i] = cj_allocate_aligned(t->context, cj_variable_bytes(entry->variable));
        if (!t->kept[i])
            return CJ_NO_MEMORY;
    }
    cj_fit_keep_best(t);
    return CJ_OK;
}

void cj_fit_free_kept(cj_trainer *t)
{
    for (int i = 0; i < t->entries; i++) {
        const cj_entry *entry = cj_scope_entry(t->root, i);
        if (t->kept)
            cj_release_aligned(t->context, t->kept[i], cj_variable_bytes(entry->variable));
        if (t->kept_name && t->kept_name[i])
            cj_release(t->context, t->kept_name[i], strlen(t->kept_name[i]) + 1);
    }
    cj_release(t->context, t->kept, (size_t)t->entries * sizeof(void *));
    cj_release(t->context, t->kept_name, (size_t)t->entries * sizeof(char *));
}

void cj_fit_keep_best(cj_trainer *t)
{
    for (int i = 0; i < t->entries; i++) {
        cj_variable *v = cj_scope_entry(t->root, i)->variable;
        if (t->kept[i])
            memcpy(t->kept[i], cj_variable_data(v), cj_variable_bytes(v));
    }
}

void cj_trainer_take_best(cj_trainer *t)
{
    if (!t->kept || t->best[BEST_EPOCH] == 0)
        return;
    for (int i = 0; i < t->entries; i++) {
        cj_variable *v = cj_scope_entry(t->root, i)->variable;
        if (t->kept[i])
            memcpy(cj_variable_data(v), t->kept[i], cj_variable_bytes(v));
    }
}

/* ---- arrays: the scope's variables, the trainer's own, the kept ones ---- */

static const int64_t own_shape[] = {POSITIONS, SUMS, BESTS};

static int kept_count(const cj_trainer *t)
{
    int count = 0;
    for (int i = 0; t->kept && i < t->entries; i++)
        count += t->kept[i] != NULL;
    return count;
}

int cj_trainer_arrays(const cj_trainer *t)
{
    return t->entries + (t->a.validation ? 3 : 2) + kept_count(t);
}

static cj_trainer_array array_of(const char *name, cj_variable *v, void *data)
{
    return (cj_trainer_array){name, cj_variable_dtype(v), cj_variable_rank(v), cj_variable_shape(v),
                              data, cj_variable_bytes(v)};
}

cj_trainer_array cj_trainer_array_at(cj_trainer *t, int i)
{
    if (i < 0 || i >= cj_trainer_arrays(t))
        return (cj_trainer_array){0};
    if (i < t->entries) {
        const cj_entry *entry = cj_scope_entry(t->root, i);
        return array_of(entry->path, entry->variable, cj_variable_data(entry->variable));
    }
    switch (i - t->entries) {
    case 0:
        return (cj_trainer_array){"trainer.position", CJ_I64,      1,
                                  &own_shape[0],      t->position, sizeof t->position};
    case 1:
        return (cj_trainer_array){"trainer.sums", CJ_F64, 1, &own_shape[1], t->sum, sizeof t->sum};
    case 2:
        return (cj_trainer_array){"trainer.best", CJ_F64,  1,
                                  &own_shape[2],  t->best, sizeof t->best};
    default: break;
    }
    int left = i - t->entries - 3, entry = 0;
    for (;; entry++)
        if (t->kept[entry] && left-- == 0)
            break;
    return array_of(t->kept_name[entry], cj_scope_entry(t->root, entry)->variable, t->kept[entry]);
}

cj_status cj_trainer_restored(cj_trainer *t)
{
    const int64_t *p = t->position;
    t->ahead = -1;
    bool batch_fits = t->source.next_batch ? true : p[POSITION_BATCH] < t->batches;
    bool open_fits = p[POSITION_OPEN] == 0 ||
                     (p[POSITION_OPEN] == 1 && p[POSITION_BATCH] == 0 && p[POSITION_EPOCH] > 0);
    if (p[POSITION_EPOCH] >= 0 && p[POSITION_BATCH] >= 0 && batch_fits && open_fits &&
        p[POSITION_EXAMPLES] >= 0 && p[POSITION_RIGHT] >= 0 && cj_fit_steps(t) >= 0)
        return CJ_OK;
    return cj_fail(
        t->context, CJ_VALUE,
        "the state restored (epoch %lld, batch %lld) is not of this training of %lld batches an "
        "epoch",
        (long long)p[POSITION_EPOCH], (long long)p[POSITION_BATCH], (long long)t->batches);
}
