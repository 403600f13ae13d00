/*
 * audio.c - recordings named LABEL_SPEAKER_TAKE.wav.
 */
#include "data/audio.h"

#include <stdio.h>
#include <stdlib.h>

#define FILE_LIMIT ((size_t)1 << 28)
#define TEST_TAKES 5     /* takes 0 to 4 are the test part */
#define MOST_NAMES 65536 /* of classes, of speakers */

typedef struct recording {
    char *path; /* in the archive: recordings are put in its order */
    cj_sound sound;
    int32_t label, speaker, take; /* names by place of finding, until they are sorted */
} recording;

typedef struct reader {
    cj_context *context;
    const char *name;
    cj_audio_options options;
    recording *recording;
    size_t count, capacity;
    cj_listing classes, speakers; /* in order of finding */
    cj_audio_data *data;
} reader;

/* ---- memory ---- */

static void free_names(cj_context *context, char **name, int count)
{
    cj_listing listing = {name, (size_t)count, (size_t)count};
    cj_listing_free(context, &listing);
}

void cj_audio_free(cj_context *context, cj_audio_data *d)
{
    if (!d)
        return;
    free_names(context, d->class_name, d->classes);
    free_names(context, d->speaker_name, d->speakers);
    for (int part = 0; part < CJ_PARTS; part++) {
        cj_audio_part *p = &d->part[part];
        size_t n = (size_t)p->count, bytes = n * sizeof(int32_t);
        if (p->sample)
            cj_release(context, p->sample, (size_t)p->start[n] * sizeof *p->sample);
        if (p->start)
            cj_release(context, p->start, (n + 1) * sizeof *p->start);
        if (p->label)
            cj_release(context, p->label, bytes);
        if (p->speaker)
            cj_release(context, p->speaker, bytes);
        if (p->take)
            cj_release(context, p->take, bytes);
    }
    cj_release(context, d, sizeof *d);
}

/* ---- names ---- */

static cj_status find_name(const reader *r, cj_listing *names, const char *text, size_t length,
                           int32_t *place)
{
    for (size_t i = 0; i < names->count; i++)
        if (strlen(names->name[i]) == length && memcmp(names->name[i], text, length) == 0) {
            *place = (int32_t)i;
            return CJ_OK;
        }
    if (names->count == MOST_NAMES)
        return cj_fail(r->context, CJ_UNSUPPORTED, "%s: more than %d names", r->name, MOST_NAMES);
    cj_status status = cj_grow_list(r->context, &names->name, &names->capacity, names->count,
                                    sizeof names->name[0]);
    char *copy = status == CJ_OK ? cj_text_copy(r->context, text, length) : NULL;
    if (!copy)
        return CJ_NO_MEMORY;
    names->name[names->count] = copy;
    *place = (int32_t)names->count++;
    return CJ_OK;
}

/* "7_jackson_32.wav"; the speaker is what stands between the first and the last underscore. */
static cj_status parse_name(reader *r, const char *path, recording *out)
{
    const char *slash = strrchr(path, '/'), *file = slash ? slash + 1 : path;
    const char *first = strchr(file, '_'), *last = strrchr(file, '_');
    char *end = NULL;
    long take = last && last[1] >= '0' && last[1] <= '9' ? strtol(last + 1, &end, 10) : -1;
    if (!first || first == last || first == file || last == first + 1 || !end || *end != '.' ||
        take < 0 || take > INT32_MAX)
        return cj_fail(
            r->context, CJ_FORMAT,
            "%s: %.200s: a recording is named LABEL_SPEAKER_TAKE.wav, as 7_jackson_32.wav", r->name,
            path);
    out->take = (int32_t)take;
    cj_status status = find_name(r, &r->classes, file, (size_t)(first - file), &out->label);
    return status == CJ_OK
               ? find_name(r, &r->speakers, first + 1, (size_t)(last - first - 1), &out->speaker)
               : status;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorts the names and hands them over; number[i] is the place of what was found i-th. */
static cj_status sort_names(const reader *r, cj_listing *names, int32_t **number, char ***out,
                            int *count)
{
    size_t n = names->count, size = n * sizeof(char *);
    char **found = cj_allocate(r->context, size);
    *number = cj_allocate(r->context, n * sizeof **number);
    *out = cj_allocate(r->context, size);
    if (!found || !*number || !*out) {
        if (found)
            cj_release(r->context, found, size);
        if (*out)
            cj_release(r->context, *out, size);
        *out = NULL;
        return CJ_NO_MEMORY;
    }
    memcpy(found, names->name, size);
    memcpy(*out, names->name, size);
    qsort(*out, n, sizeof **out, by_text);
    for (size_t i = 0; i < n; i++) {
        char **at = bsearch(&found[i], *out, n, sizeof **out, by_text);
        (*number)[i] = (int32_t)(at - *out);
    }
    *count = (int)n;
    cj_release(r->context, found, size);
    cj_release(r->context, names->name, names->capacity * sizeof names->name[0]);
    *names = (cj_listing){0}; /* the texts are the data's now */
    return CJ_OK;
}

/* ---- reading ---- */

bool cj_is_sound_name(const char *path)
{
    static const char *const end[] = {".wav", ".WAV", ".flac", ".ogg", ".aiff", ".aif", ".au"};
    for (size_t i = 0; i < CJ_COUNT(end); i++)
        if (cj_ends_with(path, end[i]))
            return true;
    return false;
}

static cj_status visit(void *user, const cj_archive_file *file)
{
    reader *r = user;
    recording one = {0};
    if (!cj_is_sound_name(file->path))
        return CJ_OK; /* a README, the programs of the set */
    cj_status status =
        cj_grow_list(r->context, &r->recording, &r->capacity, r->count, sizeof *r->recording);
    if (status == CJ_OK)
        status = parse_name(r, file->path, &one);
    if (status == CJ_OK)
        status = cj_sound_decode(r->context, file->path, file->data, file->size, r->options.rate,
                                 &one.sound);
    if (status == CJ_OK && r->count && one.sound.rate != r->recording[0].sound.rate)
        status = cj_fail(r->context, CJ_FORMAT,
                         "%s: %.200s has %d samples a second, those before %d: choose a rate",
                         r->name, file->path, one.sound.rate, r->recording[0].sound.rate);
    if (status == CJ_OK && !(one.path = cj_text_copy(r->context, file->path, strlen(file->path))))
        status = CJ_NO_MEMORY;
    if (status == CJ_OK)
        r->recording[r->count++] = one;
    else
        cj_sound_free(r->context, &one.sound);
    return status;
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const recording *)a)->path, ((const recording *)b)->path);
}

static bool is_test(const reader *r, const recording *one)
{
    if (r->options.held_speaker)
        return strcmp(r->speakers.name[one->speaker], r->options.held_speaker) == 0;
    return one->take < TEST_TAKES;
}

static cj_status fill_part(reader *r, cj_part_id part)
{
    cj_audio_part *p = &r->data->part[part];
    int64_t count = 0, samples = 0;
    for (size_t i = 0; i < r->count; i++)
        if (is_test(r, &r->recording[i]) == (part == CJ_TEST)) {
            count++;
            samples += r->recording[i].sound.frames;
        }
    size_t n = (size_t)count, bytes = n * sizeof(int32_t);
    p->count = count;
    p->start = cj_allocate(r->context, (n + 1) * sizeof *p->start);
    p->label = cj_allocate(r->context, bytes);
    p->speaker = cj_allocate(r->context, bytes);
    p->take = cj_allocate(r->context, bytes);
    if (!p->start || !p->label || !p->speaker || !p->take)
        return CJ_NO_MEMORY;
    p->start[n] = samples;
    if (!(p->sample = cj_allocate(r->context, (size_t)samples * sizeof *p->sample)))
        return CJ_NO_MEMORY;
    for (size_t i = 0, k = 0, at = 0; i < r->count; i++) {
        const recording *one = &r->recording[i];
        if (is_test(r, one) != (part == CJ_TEST))
            continue;
        size_t frames = (size_t)one->sound.frames;
        p->start[k] = (int64_t)at;
        p->label[k] = one->label;
        p->speaker[k] = one->speaker;
        p->take[k++] = one->take;
        if (frames)
            memcpy(p->sample + at, one->sound.sample, frames * sizeof *p->sample);
        at += frames;
        r->data->longest = CJ_MAX(r->data->longest, one->sound.frames);
    }
    return CJ_OK;
}

static void renumber(int32_t *value, int64_t count, const int32_t *number)
{
    for (int64_t i = 0; i < count; i++)
        value[i] = number[value[i]];
}

static cj_status number_names(reader *r)
{
    cj_audio_data *d = r->data;
    int32_t *class_number = NULL, *speaker_number = NULL;
    size_t classes = r->classes.count, speakers = r->speakers.count;
    cj_status status = sort_names(r, &r->classes, &class_number, &d->class_name, &d->classes);
    if (status == CJ_OK)
        status = sort_names(r, &r->speakers, &speaker_number, &d->speaker_name, &d->speakers);
    for (int part = 0; status == CJ_OK && part < CJ_PARTS; part++) {
        renumber(d->part[part].label, d->part[part].count, class_number);
        renumber(d->part[part].speaker, d->part[part].count, speaker_number);
    }
    if (class_number)
        cj_release(r->context, class_number, classes * sizeof *class_number);
    if (speaker_number)
        cj_release(r->context, speaker_number, speakers * sizeof *speaker_number);
    return status;
}

static void hash_data(cj_audio_data *d)
{
    cj_sha256 sha;
    uint8_t digest[32];
    cj_sha256_init(&sha);
    cj_sha256_add(&sha, &d->rate, sizeof d->rate);
    for (int i = 0; i < d->classes; i++)
        cj_sha256_add(&sha, d->class_name[i], strlen(d->class_name[i]) + 1);
    for (int part = 0; part < CJ_PARTS; part++) {
        const cj_audio_part *p = &d->part[part];
        size_t n = (size_t)p->count;
        if (!p->start)
            continue;
        cj_sha256_add(&sha, p->start, (n + 1) * sizeof *p->start);
        cj_sha256_add(&sha, p->sample, (size_t)p->start[n] * sizeof *p->sample);
        cj_sha256_add(&sha, p->label, n * sizeof *p->label);
    }
    cj_sha256_end(&sha, digest);
    cj_sha256_text(digest, d->hash);
}

static cj_status make_data(reader *r)
{
    bool held = !r->options.held_speaker;
    for (size_t i = 0; i < r->speakers.count && !held; i++)
        held = strcmp(r->speakers.name[i], r->options.held_speaker) == 0;
    if (r->count == 0)
        return cj_fail(r->context, CJ_FORMAT, "%s: holds no recordings", r->name);
    if (!held)
        return cj_fail(r->context, CJ_NOT_FOUND, "%s: no recording is by \"%.60s\"", r->name,
                       r->options.held_speaker);
    if (!(r->data = cj_allocate_zero(r->context, sizeof *r->data)))
        return CJ_NO_MEMORY;
    qsort(r->recording, r->count, sizeof *r->recording, by_path);
    r->data->rate = r->recording[0].sound.rate;
    cj_status status = fill_part(r, CJ_TRAIN);
    if (status == CJ_OK)
        status = fill_part(r, CJ_TEST);
    if (status == CJ_OK)
        status = number_names(r);
    if (status == CJ_OK)
        hash_data(r->data);
    return status;
}

cj_status cj_audio_read(cj_context *context, const char *name, const char *path,
                        const cj_audio_options *options, cj_audio_data **out)
{
    reader r = {.context = context, .name = name};
    *out = NULL;
    if (options)
        r.options = *options;
    cj_status status = cj_archive_walk(context, path, FILE_LIMIT, false, visit, &r);
    if (status == CJ_OK)
        status = make_data(&r);
    for (size_t i = 0; i < r.count; i++) {
        cj_sound_free(context, &r.recording[i].sound);
        cj_text_release(context, r.recording[i].path);
    }
    if (r.recording)
        cj_release(context, r.recording, r.capacity * sizeof *r.recording);
    cj_listing_free(context, &r.classes);
    cj_listing_free(context, &r.speakers);
    if (status == CJ_OK)
        *out = r.data;
    else
        cj_audio_free(context, r.data);
    return status;
}

cj_status cj_audio_load(cj_context *context, const char *what, const cj_audio_options *options,
                        cj_audio_data **out)
{
    char path[4096];
    *out = NULL;
    cj_status status = cj_data_locate(context, what, CJ_DATA_SOUNDS, path, sizeof path);
    return status == CJ_OK ? cj_audio_read(context, what, path, options, out) : status;
}

void cj_audio_batch(const cj_audio_part *part, const int64_t *index, int64_t count, int64_t length,
                    float *x, int32_t *lengths)
{
    for (int64_t i = 0; i < count; i++, x += length) {
        int64_t from = part->start[index[i]], own = part->start[index[i] + 1] - from;
        int64_t taken = CJ_MIN(own, length);
        if (taken)
            memcpy(x, part->sample + from, (size_t)taken * sizeof *x);
        memset(x + taken, 0, (size_t)(length - taken) * sizeof *x);
        if (lengths)
            lengths[i] = (int32_t)taken;
    }
}
