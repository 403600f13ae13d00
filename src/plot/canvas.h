/*
 * src/plot/canvas.h - a surface to draw on, over cairo, which is opened when it is first needed.
 *
 * The few functions of cairo that are used are declared here, so that neither its headers nor the
 * library are needed to build (cairo 1.10 or later; LGPL, used as a shared library).
 */
#ifndef CJ_PLOT_CANVAS_H
#define CJ_PLOT_CANVAS_H

#include "cajal/plot.h"
#include "io/io.h"

typedef struct cj_color {
    double red, green, blue;
} cj_color;

#define CJ_BLACK ((cj_color){0.1, 0.1, 0.1})
#define CJ_GREY ((cj_color){0.45, 0.45, 0.45})
#define CJ_LIGHT ((cj_color){0.88, 0.88, 0.88})
#define CJ_WHITE ((cj_color){1, 1, 1})

typedef struct cj_text_extents {
    double x_bearing, y_bearing, width, height, x_advance, y_advance;
} cj_text_extents;

/* Result, name after "cairo_", arguments. */
#define CJ_CAIRO_LIST(X)                                                                           \
    X(void *, image_surface_create, (int format, int width, int height))                           \
    X(unsigned char *, image_surface_get_data, (void *surface))                                    \
    X(int, image_surface_get_stride, (void *surface))                                              \
    X(int, surface_status, (void *surface))                                                        \
    X(void, surface_flush, (void *surface))                                                        \
    X(void, surface_destroy, (void *surface))                                                      \
    X(void *, create, (void *surface))                                                             \
    X(int, status, (void *cr))                                                                     \
    X(void, destroy, (void *cr))                                                                   \
    X(void, save, (void *cr))                                                                      \
    X(void, restore, (void *cr))                                                                   \
    X(void, scale, (void *cr, double x, double y))                                                 \
    X(void, translate, (void *cr, double x, double y))                                             \
    X(void, rotate, (void *cr, double angle))                                                      \
    X(void, set_source_rgba, (void *cr, double r, double g, double b, double a))                   \
    X(void, set_line_width, (void *cr, double width))                                              \
    X(void, set_line_join, (void *cr, int join))                                                   \
    X(void, set_dash, (void *cr, const double *dashes, int count, double offset))                  \
    X(void, move_to, (void *cr, double x, double y))                                               \
    X(void, line_to, (void *cr, double x, double y))                                               \
    X(void, rectangle, (void *cr, double x, double y, double width, double height))                \
    X(void, arc, (void *cr, double x, double y, double radius, double from, double to))            \
    X(void, new_path, (void *cr))                                                                  \
    X(void, clip, (void *cr))                                                                      \
    X(void, stroke, (void *cr))                                                                    \
    X(void, fill, (void *cr))                                                                      \
    X(void, select_font_face, (void *cr, const char *family, int slant, int weight))               \
    X(void, set_font_size, (void *cr, double size))                                                \
    X(void, text_extents, (void *cr, const char *text, cj_text_extents *extents))                  \
    X(void, show_text, (void *cr, const char *text))

typedef struct cj_canvas {
    cj_context *context;
    void *library, *surface, *cr;
    int width, height; /* pixels */
#define CJ_X(result, name, arguments) result(*name) arguments;
    CJ_CAIRO_LIST(CJ_X)
#undef CJ_X
} cj_canvas;

/* A white canvas of width x height units, `scale` pixels each. */
cj_status cj_canvas_begin(cj_context *context, double width, double height, double scale,
                          cj_canvas *canvas);
/* Writes the canvas as PNG. */
cj_status cj_canvas_write(cj_canvas *canvas, const char *path);
void cj_canvas_end(cj_canvas *canvas);

void cj_canvas_color(cj_canvas *canvas, cj_color color, double alpha);
void cj_canvas_line(cj_canvas *canvas, double x0, double y0, double x1, double y1, cj_color color,
                    double width);
void cj_canvas_box(cj_canvas *canvas, double x, double y, double width, double height,
                   cj_color color, double alpha);
/* Text whose point (across, down) lies at (x, y): 0 is its left or top, 0.5 the middle, 1 its right
 * or bottom (of capitals). `angle` in degrees, clockwise. */
void cj_canvas_text(cj_canvas *canvas, const char *text, double x, double y, double size,
                    double across, double down, double angle, cj_color color);
double cj_canvas_text_width(cj_canvas *canvas, const char *text, double size);
/* Pixels [height][width][channels], each a square of `scale` units, no smoothing. */
void cj_canvas_pixels(cj_canvas *canvas, const uint8_t *pixel, int height, int width, int channels,
                      double x, double y, double scale);

#endif
