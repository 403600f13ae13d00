/*
 * study/study.h - what the files of this room share: the state of a run.
 */
#ifndef CAJAL_STUDY_STUDY_H
#define CAJAL_STUDY_STUDY_H

#include "cajal/study.h"

#include "base/base.h"

#include <jansson.h>

enum { STUDY_SETTINGS = 32, STUDY_CHECKS = 48, STUDY_PICTURES = 16 };

typedef struct study_measure {
    bool told;
    double measured, baseline, control;
} study_measure;

typedef struct study_point {
    const char *method; /* the run's copy */
    uint64_t seed;
    double step, value;
} study_point;

struct cj_study_run {
    const cj_study *study;
    const cj_study_options *options;
    cj_context *context;
    cj_status status; /* of what study code asked for wrongly */
    const char *value[STUDY_SETTINGS];
    bool altered; /* a setting is not the level's own */
    study_measure measure[STUDY_CHECKS];
    study_point *point;
    size_t points, points_size;
    char picture[STUDY_PICTURES][64];
    int pictures;
    char out[4096];       /* "": nothing is kept */
    char path[4096 + 80]; /* of the picture last asked for */
    cj_dataset *data;
    struct study_block *blocks; /* of cj_study_allocate */
    double began, told_at;
};

double cj_study_now(void);
/* The value of setting i at a level; "slug" as it is shown. */
const char *cj_study_value(const cj_study_setting *setting, cj_study_level level);
void cj_study_slug(const cj_study *study, char slug[96]);
int cj_study_setting_index(const cj_study *study, const char *name); /* -1: none */
int cj_study_checks(const cj_study *study);
/* 1 passes, 0 fails, -1 is not judged. */
int cj_study_verdict(const cj_study_run *run, int check);

/* The run's last JSON line, and the files in the run's folder. */
json_t *cj_study_done_json(const cj_study_run *run, double seconds, bool *pass);
cj_status cj_study_write(const cj_study_run *run, double seconds);
void cj_study_print_table(const cj_study_run *run, double seconds);
void cj_study_say(const cj_study_run *run, bool error, const char *format, ...) CJ_PRINTF(3, 4);

#endif
