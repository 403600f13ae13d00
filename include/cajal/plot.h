/*
 * cajal/plot.h - pictures of a training: curves, image grids, confusion matrices, as PNG. Part of
 * libcajal-io.
 *
 * Drawn with cairo, which is opened at the first call: where it is absent, MISSING names the
 * package. The file is put in place whole. Equal input gives equal bytes on one machine (fonts
 * differ between machines).
 */
#ifndef CAJAL_PLOT_H
#define CAJAL_PLOT_H

#include "cajal/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A line through (x[i], y[i]); x NULL: 1, 2, 3, ... Points that are not finite leave a gap. */
typedef struct cj_series {
    const char *label;
    const double *x, *y;
    int64_t count;
    bool dashed;
} cj_series;

/* A panel of axes. Labels name the unit, as "loss (nats)"; NULL texts are left out. */
typedef struct cj_chart {
    const char *title, *x_label, *y_label;
    const cj_series *series;
    int series_count;
    bool log_y; /* y <= 0 leaves a gap */
} cj_chart;

/* Panels side by side, 1280 x 840 pixels each. */
CJ_API cj_status cj_plot_charts(cj_context *context, const char *path, const cj_chart *charts,
                                int count);

/*
 * Pictures in a grid. `pixel` u8 [count][channels][height][width], or `value` f32 of that shape:
 * each picture then spans its own range (constant: mid grey); NaN is drawn red. channels 1 or 3.
 */
typedef struct cj_image_grid {
    const char *title;
    int64_t count;
    int channels, height, width;
    const uint8_t *pixel;
    const float *value;
    const char *const *caption; /* NULL, or one a picture (NULL: none) */
    int columns;                /* 0: about as wide as high */
    int scale; /* screen pixels a picture pixel; 0: so that a picture is about 96 wide */
} cj_image_grid;
CJ_API cj_status cj_plot_images(cj_context *context, const char *path, const cj_image_grid *grid);

/* counts[true][predicted], classes x classes; the counts written in (none is left
 * empty), shaded by the square root of their share of the true class; recall beside each row. At
 * most 1000 classes. */
CJ_API cj_status cj_plot_confusion(cj_context *context, const char *path, const char *title,
                                   int classes, const char *const *class_names,
                                   const int64_t *counts);

#ifdef __cplusplus
}
#endif

#endif
