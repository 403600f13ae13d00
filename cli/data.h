/*
 * cli/data.h - what the parts of `cajal data` share.
 */
#ifndef CAJAL_CLI_DATA_H
#define CAJAL_CLI_DATA_H

#include "cli.h"

int data_show(cli *c);       /* cli/data_show.c: sets of examples; the others by those below */
int data_get(cli *c);        /* cli/data_get.c */
int data_show_graph(cli *c); /* cli/data_show_more.c */
int data_show_text(cli *c);

#endif
