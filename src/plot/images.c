/*
 * images.c - pictures in a grid, and confusion matrices.
 */
#include "plot/canvas.h"

#include <math.h>
#include <stdio.h>

#define FONT 13.0
#define GAP 10.0

/* ---- grids ---- */

/* One picture as bytes [height][width][channels]; f32 values span their own range, NaN is red. */
static void picture_bytes(const cj_image_grid *g, int64_t index, int channels, uint8_t *out)
{
    int64_t plane = (int64_t)g->height * g->width, each = plane * g->channels;
    if (g->pixel) {
        for (int64_t i = 0; i < plane; i++)
            for (int c = 0; c < channels; c++)
                *out++ = g->pixel[index * each + CJ_MIN(c, g->channels - 1) * plane + i];
        return;
    }
    const float *value = g->value + index * each;
    float low = INFINITY, high = -INFINITY;
    for (int64_t i = 0; i < each; i++)
        if (isfinite(value[i])) {
            low = CJ_MIN(low, value[i]);
            high = CJ_MAX(high, value[i]);
        }
    float range = high > low ? high - low : 0;
    for (int64_t i = 0; i < plane; i++)
        for (int c = 0; c < channels; c++) {
            float v = value[CJ_MIN(c, g->channels - 1) * plane + i];
            float share = range > 0 ? (v - low) / range : 0.5f;
            *out++ = isnan(v) ? (c == 0 ? 255 : 0)
                              : (uint8_t)(CJ_MIN(CJ_MAX(share, 0.0f), 1.0f) * 255.0f + 0.5f);
        }
}

typedef struct grid_layout {
    int columns, rows;
    double scale, cell_width, cell_height, caption, title;
} grid_layout;

/* About as wide as high; up to half as many columns more where that leaves fewer gaps. */
static int choose_columns(int64_t count, double aspect)
{
    int64_t least = (int64_t)CJ_MAX(1, ceil(sqrt((double)count * aspect) - 0.25)), best = least;
    for (int64_t n = least; n <= least + least / 2; n++)
        if ((count + n - 1) / n * n < (count + best - 1) / best * best)
            best = n;
    return (int)best;
}

static grid_layout layout_of(cj_canvas *measure, const cj_image_grid *g)
{
    grid_layout l = {.columns = g->columns, .scale = g->scale};
    double widest = 0;
    if (l.scale < 1)
        l.scale = CJ_MAX(1, floor(96.0 / g->width + 0.5));
    for (int64_t i = 0; g->caption && i < g->count; i++)
        if (g->caption[i])
            widest = CJ_MAX(widest, cj_canvas_text_width(measure, g->caption[i], FONT));
    l.caption = g->caption ? FONT + 8 : 0;
    l.title = g->title ? 34 : 0;
    l.cell_width = CJ_MAX(l.scale * g->width, ceil(widest)) + GAP;
    l.cell_height = l.scale * g->height + l.caption + GAP;
    if (l.columns < 1)
        l.columns = choose_columns(g->count, l.cell_height / l.cell_width);
    l.columns = (int)CJ_MIN(l.columns, g->count);
    l.rows = (int)((g->count + l.columns - 1) / l.columns);
    return l;
}

static void draw_grid(cj_canvas *c, const cj_image_grid *g, const grid_layout *l, uint8_t *bytes)
{
    cj_canvas_text(c, g->title, GAP, 22, FONT + 3, 0, 0.5, 0, CJ_BLACK);
    for (int64_t i = 0; i < g->count; i++) {
        double cell_x = GAP + (double)(i % l->columns) * l->cell_width;
        double y = l->title + GAP + (double)(i / l->columns) * l->cell_height;
        double x = cell_x + floor((l->cell_width - GAP - l->scale * g->width) / 2);
        double width = l->scale * g->width, height = l->scale * g->height;
        picture_bytes(g, i, 3, bytes);
        /* A frame, so that a white picture has an edge on the white page. */
        cj_canvas_box(c, x - 1, y - 1, width + 2, height + 2, CJ_GREY, 1);
        cj_canvas_pixels(c, bytes, g->height, g->width, 3, x, y, l->scale);
        if (g->caption)
            cj_canvas_text(c, g->caption[i], cell_x + (l->cell_width - GAP) / 2,
                           y + l->scale * g->height + 5, FONT, 0.5, 0, 0, CJ_BLACK);
    }
}

cj_status cj_plot_images(cj_context *context, const char *path, const cj_image_grid *g)
{
    cj_canvas measure, canvas;
    if (g->count < 1 || g->height < 1 || g->width < 1 || (g->channels != 1 && g->channels != 3) ||
        !g->pixel == !g->value || g->width > 4096 || g->height > 4096)
        return cj_fail(context, CJ_INVALID,
                       "%s: a grid needs pictures of 1 or 3 channels, at most 4096 wide and high, "
                       "as pixels or values",
                       path);
    cj_status status = cj_canvas_begin(context, 8, 8, 1, &measure);
    if (status != CJ_OK)
        return status;
    grid_layout l = layout_of(&measure, g);
    double title = g->title ? cj_canvas_text_width(&measure, g->title, FONT + 3) : 0;
    cj_canvas_end(&measure);
    status = cj_canvas_begin(context, CJ_MAX(GAP + l.columns * l.cell_width, ceil(title) + 2 * GAP),
                             GAP + l.title + l.rows * l.cell_height, 1, &canvas);
    if (status != CJ_OK)
        return status;
    size_t size = (size_t)g->height * (size_t)g->width * 3;
    uint8_t *bytes = cj_allocate(context, size);
    status = bytes ? CJ_OK : CJ_NO_MEMORY;
    if (bytes) {
        draw_grid(&canvas, g, &l, bytes);
        status = cj_canvas_write(&canvas, path);
        cj_release(context, bytes, size);
    }
    cj_canvas_end(&canvas);
    return status;
}

/* ---- confusion matrices ---- */

typedef struct matrix_layout {
    double cell, left, top, font;
    bool flat; /* the names below the columns fit without being turned */
} matrix_layout;

static void draw_cell(cj_canvas *c, const matrix_layout *l, int row, int column, int64_t count,
                      double share)
{
    char text[24];
    double x = l->left + column * l->cell, y = l->top + row * l->cell;
    double depth = sqrt(share); /* so that a few errors show */
    cj_color shade = {1 - 0.97 * depth, 1 - 0.62 * depth, 1 - 0.35 * depth};
    cj_canvas_box(c, x, y, l->cell, l->cell, shade, 1);
    if (count == 0 || l->cell < 20)
        return;
    snprintf(text, sizeof text, "%lld", (long long)count);
    double size = l->font, width = cj_canvas_text_width(c, text, size);
    size = CJ_MIN(size, size * (l->cell - 5) / width);
    cj_canvas_text(c, text, x + l->cell / 2, y + l->cell / 2, size, 0.5, 0.5, 0,
                   depth > 0.6 ? CJ_WHITE : CJ_BLACK);
}

static void draw_row(cj_canvas *c, const matrix_layout *l, int classes, int row,
                     const int64_t *count)
{
    int64_t total = 0;
    char text[24];
    for (int k = 0; k < classes; k++)
        total += count[k];
    for (int k = 0; k < classes; k++)
        draw_cell(c, l, row, k, count[k], total ? (double)count[k] / (double)total : 0);
    if (total == 0 || l->cell < 12)
        return;
    cj_format_number(text, sizeof text, "%.1f %%", 100 * (double)count[row] / (double)total);
    cj_canvas_text(c, text, l->left + classes * l->cell + 8, l->top + (row + 0.5) * l->cell,
                   l->font, 0, 0.5, 0, CJ_BLACK);
}

static void draw_matrix(cj_canvas *c, const matrix_layout *l, const char *title, int classes,
                        const char *const *names, const int64_t *counts)
{
    double side = classes * l->cell, middle = side / 2;
    bool flat = l->flat;
    for (int k = 0; k < classes; k++) {
        double at = (k + 0.5) * l->cell;
        draw_row(c, l, classes, k, counts + (size_t)k * (size_t)classes);
        if (l->cell < 9)
            continue;
        cj_canvas_text(c, names[k], l->left - 8, l->top + at, l->font, 1, 0.5, 0, CJ_BLACK);
        cj_canvas_text(c, names[k], l->left + at, l->top + side + 8, l->font, flat ? 0.5 : 1,
                       flat ? 0 : 0.5, flat ? 0 : -90, CJ_BLACK);
    }
    for (int k = 0; k <= classes; k++) {
        cj_canvas_line(c, l->left, l->top + k * l->cell, l->left + side, l->top + k * l->cell,
                       CJ_LIGHT, 0.7);
        cj_canvas_line(c, l->left + k * l->cell, l->top, l->left + k * l->cell, l->top + side,
                       CJ_LIGHT, 0.7);
    }
    cj_canvas_text(c, title, l->left + middle, 24, FONT + 3, 0.5, 0.5, 0, CJ_BLACK);
    cj_canvas_text(c, "recall", l->left + side + 8, l->top - 12, l->font, 0, 0.5, 0, CJ_GREY);
    cj_canvas_text(c, "true class", 18, l->top + middle, FONT + 1, 0.5, 0.5, -90, CJ_BLACK);
}

cj_status cj_plot_confusion(cj_context *context, const char *path, const char *title, int classes,
                            const char *const *class_names, const int64_t *counts)
{
    cj_canvas measure, canvas;
    if (classes < 1 || classes > 1000)
        return cj_fail(context, CJ_INVALID,
                       "%s: a confusion matrix of %d classes; 1 to 1000 can be drawn", path,
                       classes);
    cj_status status = cj_canvas_begin(context, 8, 8, 1, &measure);
    if (status != CJ_OK)
        return status;
    matrix_layout l = {.cell = CJ_MAX(2, CJ_MIN(48, 900.0 / classes)), .top = 60};
    l.font = CJ_MAX(6, CJ_MIN(FONT, l.cell * 0.75));
    double widest = 0;
    for (int k = 0; k < classes; k++)
        widest = CJ_MAX(widest, cj_canvas_text_width(&measure, class_names[k], l.font));
    double title_width = title ? cj_canvas_text_width(&measure, title, FONT + 3) : 0;
    cj_canvas_end(&measure);
    l.flat = widest < l.cell - 4;
    double side = classes * l.cell, below = (l.flat ? l.font : widest) + 48;
    /* The title is centred over the matrix: half of it must fit on either side. */
    double half = title_width / 2 + GAP - side / 2;
    l.left = CJ_MAX(48 + widest, half);
    status = cj_canvas_begin(context, l.left + side + CJ_MAX(76, half), l.top + side + below, 2,
                             &canvas);
    if (status != CJ_OK)
        return status;
    draw_matrix(&canvas, &l, title, classes, class_names, counts);
    cj_canvas_text(&canvas, "predicted class", l.left + side / 2, l.top + side + below - 16,
                   FONT + 1, 0.5, 0.5, 0, CJ_BLACK);
    status = cj_canvas_write(&canvas, path);
    cj_canvas_end(&canvas);
    return status;
}
