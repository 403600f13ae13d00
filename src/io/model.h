/*
 * src/io/model.h - the inside of a model, for model.c and model_file.c.
 */
#ifndef CJ_IO_MODEL_H
#define CJ_IO_MODEL_H

#include "cajal/model.h"
#include "cajal/program.h"

#include <stdio.h>

struct cj_model {
    cj_context *context;
    cj_preprocess *preprocess;
    cj_net *net;
    cj_scope *scope;
    char kept_name[64]; /* the net's name as the file says; "": the net's own */
    bool foreign;       /* read from a file without metadata */
    int *map;           /* while a table's rows are read: cj_preprocess_match */
    struct {
        int64_t count;
        cj_program *program;
    } program[2];
    int oldest;
};

#endif
