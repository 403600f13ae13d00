/*
 * cli/picture_task.h - nets from pictures to pictures: training, their pictures, drawing from a vae.
 */
#ifndef CAJAL_CLI_PICTURE_TASK_H
#define CAJAL_CLI_PICTURE_TASK_H

#include "task.h"

typedef struct picture_source {
    cj_context *context;
    const cj_examples *examples;
    uint8_t *pixel; /* room for a batch */
} picture_source;

typedef struct pictures {
    picture_source source[CJ_PARTS];
    uint8_t *pixel;
    size_t bytes;
} pictures;

/* What the net is given for the pictures x: noisy ones for a unet, else x. */
cj_tensor *picture_seen(const train *t, cj_scope *scope, cj_tensor *x);

/* picture_grids.c: test pictures, what the net saw of them where that is another thing, and what it gives. */
int draw_reconstructions(train *t);
/* A grid of pictures drawn by a vae. */
int pictures_generate(cli *c, const named_model *m, const char *path);

#endif
