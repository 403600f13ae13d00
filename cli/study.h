/*
 * cli/study.h - the table of studies, which the build makes of studies/FAMILY/NAME.c, and `cajal study`.
 */
#ifndef CAJAL_CLI_STUDY_H
#define CAJAL_CLI_STUDY_H

#include "cli/cli.h"

#include "cajal/study.h"

typedef struct study_row {
    const cj_study *study;
    const char *source; /* its C text */
} study_row;
extern const study_row study_table[]; /* by file name; ends with an empty row */

enum { STUDY_SLUG = 96 };
const char *study_slug(const cj_study *study, char slug[STUDY_SLUG]); /* as it is shown */

int study_list(cli *c);
int study_show(cli *c, const study_row *row);
int study_report(cli *c, const char *folder);

#endif
