/*
 * chart.c - panels of curves with ticks, a light grid and a legend where the fewest points are.
 */
#include "plot/canvas.h"

#include <math.h>
#include <stdio.h>

#define WIDTH 640.0
#define HEIGHT 420.0
#define PIXELS 2.0 /* a unit */
#define FONT 14.0
#define TICK_FONT 12.0

/* The palette of Okabe and Ito (2008), told apart by colour-blind readers too. */
static const cj_color palette[] = {{0.00, 0.45, 0.70}, {0.84, 0.37, 0.00}, {0.00, 0.62, 0.45},
                                   {0.80, 0.47, 0.65}, {0.90, 0.62, 0.00}, {0.34, 0.71, 0.91},
                                   {0.20, 0.20, 0.20}};

typedef struct axis {
    double low, high; /* of the data, log10 where it is logarithmic */
    double from, to;  /* units on the canvas */
    bool log, whole;
} axis;

static double place(const axis *a, double value)
{
    if (a->log)
        value = log10(value);
    return a->from + (value - a->low) / (a->high - a->low) * (a->to - a->from);
}

static double x_of(const cj_series *s, int64_t i)
{
    return s->x ? s->x[i] : (double)(i + 1);
}

static bool is_drawn(const cj_chart *chart, const cj_series *s, int64_t i)
{
    return isfinite(x_of(s, i)) && isfinite(s->y[i]) && (!chart->log_y || s->y[i] > 0);
}

/* ---- ranges and ticks ---- */

static void find_range(const cj_chart *chart, axis *x, axis *y)
{
    *x = (axis){.low = INFINITY, .high = -INFINITY, .whole = true};
    *y = (axis){.low = INFINITY, .high = -INFINITY, .log = chart->log_y};
    for (int k = 0; k < chart->series_count; k++) {
        const cj_series *s = &chart->series[k];
        for (int64_t i = 0; i < s->count; i++) {
            if (!is_drawn(chart, s, i))
                continue;
            double u = x_of(s, i), v = chart->log_y ? log10(s->y[i]) : s->y[i];
            x->low = CJ_MIN(x->low, u);
            x->high = CJ_MAX(x->high, u);
            x->whole = x->whole && u == floor(u);
            y->low = CJ_MIN(y->low, v);
            y->high = CJ_MAX(y->high, v);
        }
    }
}

/* An empty range gets a width; `air` is its share added at both ends. */
static void widen(axis *a, double air)
{
    if (!(a->low <= a->high)) {
        a->low = 0;
        a->high = 1;
    }
    if (!(a->high - a->low > 1e-12 * fabs(a->high))) {
        double half = a->low != 0 && !a->log ? 0.1 * fabs(a->low) : 0.5;
        a->low -= half;
        a->high += half;
    }
    double extra = air * (a->high - a->low);
    a->low -= extra;
    a->high += extra;
}

/* The step of 1, 2 or 5 times a power of ten that gives at most `most` ticks. */
static double tick_step(const axis *a, int most)
{
    double raw = (a->high - a->low) / most, power = pow(10, floor(log10(raw)));
    double step = raw <= power       ? power
                  : raw <= 2 * power ? 2 * power
                  : raw <= 5 * power ? 5 * power
                                     : 10 * power;
    return a->whole || a->log ? CJ_MAX(step, 1) : step;
}

static void tick_label(const axis *a, double value, double step, char *text, size_t size)
{
    if (a->log) {
        cj_format_number(text, size, "%g", pow(10, value));
        return;
    }
    if (fabs(value) < 1e-9 * step)
        value = 0;
    double largest = CJ_MAX(fabs(a->low), fabs(a->high));
    if (largest >= 1e6 || largest < 1e-3) {
        cj_format_number(text, size, "%.3g", value);
        return;
    }
    static const char *const format[] = {"%.0f", "%.1f", "%.2f", "%.3f", "%.4f", "%.5f"};
    int digits = (int)CJ_MAX(0, CJ_MIN(5, -floor(log10(step) + 1e-9)));
    cj_format_number(text, size, format[digits], value);
}

static void draw_x_ticks(cj_canvas *c, const axis *x, const axis *y)
{
    char text[40];
    double step = tick_step(x, 8);
    for (double v = ceil(x->low / step - 1e-9) * step; v <= x->high + 1e-9 * step; v += step) {
        double at = x->from + (v - x->low) / (x->high - x->low) * (x->to - x->from);
        cj_canvas_line(c, at, y->from, at, y->to, CJ_LIGHT, 0.8);
        tick_label(x, v, step, text, sizeof text);
        cj_canvas_text(c, text, at, y->from + 7, TICK_FONT, 0.5, 0, 0, CJ_BLACK);
    }
}

static void draw_y_tick(cj_canvas *c, const axis *x, const axis *y, double value, const char *text)
{
    if (value < y->low || value > y->high)
        return;
    double at = y->from + (value - y->low) / (y->high - y->low) * (y->to - y->from);
    cj_canvas_line(c, x->from, at, x->to, at, CJ_LIGHT, 0.8);
    cj_canvas_text(c, text, x->from - 7, at, TICK_FONT, 1, 0.5, 0, CJ_BLACK);
}

/* Powers of ten; their 1, 2 and 5 fold below 2.5 decades; even steps of the value below 0.7. */
static void draw_log_ticks(cj_canvas *c, const axis *x, const axis *y)
{
    static const double parts[] = {1, 2, 5};
    char text[40];
    double decades = y->high - y->low, step = tick_step(y, 6);
    if (decades < 0.7) {
        axis plain = {.low = pow(10, y->low), .high = pow(10, y->high)};
        step = tick_step(&plain, 6);
        for (double v = ceil(plain.low / step) * step; v <= plain.high; v += step) {
            tick_label(&plain, v, step, text, sizeof text);
            draw_y_tick(c, x, y, log10(v), text);
        }
        return;
    }
    for (double v = floor(y->low / step) * step; v <= y->high; v += step)
        for (size_t k = 0; k < (decades < 2.5 ? CJ_COUNT(parts) : 1); k++) {
            tick_label(y, v + log10(parts[k]), step, text, sizeof text);
            draw_y_tick(c, x, y, v + log10(parts[k]), text);
        }
}

static void draw_y_ticks(cj_canvas *c, const axis *x, const axis *y)
{
    char text[40];
    double step = tick_step(y, 6);
    if (y->log) {
        draw_log_ticks(c, x, y);
        return;
    }
    for (double v = ceil(y->low / step - 1e-9) * step; v <= y->high + 1e-9 * step; v += step) {
        tick_label(y, v, step, text, sizeof text);
        draw_y_tick(c, x, y, v, text);
    }
}

/* ---- curves ---- */

static void draw_series(cj_canvas *c, const cj_chart *chart, const cj_series *s, cj_color color,
                        const axis *x, const axis *y)
{
    static const double dashes[] = {7, 4};
    bool pen_down = false;
    c->set_dash(c->cr, dashes, s->dashed ? 2 : 0, 0);
    c->set_line_width(c->cr, 2);
    cj_canvas_color(c, color, 1);
    c->new_path(c->cr);
    for (int64_t i = 0; i < s->count; i++) {
        bool drawn = is_drawn(chart, s, i);
        if (drawn && pen_down)
            c->line_to(c->cr, place(x, x_of(s, i)), place(y, s->y[i]));
        else if (drawn)
            c->move_to(c->cr, place(x, x_of(s, i)), place(y, s->y[i]));
        pen_down = drawn;
    }
    c->stroke(c->cr);
    c->set_dash(c->cr, dashes, 0, 0);
    for (int64_t i = 0; i < s->count && s->count <= 40; i++)
        if (is_drawn(chart, s, i)) {
            c->new_path(c->cr);
            c->arc(c->cr, place(x, x_of(s, i)), place(y, s->y[i]), 3, 0, 6.2832);
            c->fill(c->cr);
        }
}

/* Points within a box of the canvas. */
static int64_t points_in(const cj_chart *chart, const axis *x, const axis *y, double left,
                         double top, double width, double height)
{
    int64_t inside = 0;
    for (int k = 0; k < chart->series_count; k++) {
        const cj_series *s = &chart->series[k];
        for (int64_t i = 0; i < s->count; i++) {
            if (!is_drawn(chart, s, i))
                continue;
            double u = place(x, x_of(s, i)), v = place(y, s->y[i]);
            inside +=
                u >= left - 4 && u <= left + width + 4 && v >= top - 4 && v <= top + height + 4;
        }
    }
    return inside;
}

static void draw_legend(cj_canvas *c, const cj_chart *chart, const axis *x, const axis *y)
{
    double width = 0, row = 19;
    int rows = 0;
    for (int k = 0; k < chart->series_count; k++)
        if (chart->series[k].label) {
            width = CJ_MAX(width, cj_canvas_text_width(c, chart->series[k].label, TICK_FONT));
            rows++;
        }
    if (!rows)
        return;
    width += 48;
    double height = rows * row + 8, best_left = 0, best_top = 0;
    int64_t fewest = INT64_MAX;
    for (int corner = 0; corner < 4;
         corner++) { /* upper right, upper left, lower right, lower left */
        double left = corner % 2 ? x->from + 8 : x->to - width - 8;
        double top = corner / 2 ? y->from - height - 8 : y->to + 8;
        int64_t points = points_in(chart, x, y, left, top, width, height);
        if (points < fewest) {
            fewest = points;
            best_left = left;
            best_top = top;
        }
    }
    cj_canvas_box(c, best_left, best_top, width, height, CJ_WHITE, 0.85);
    for (int k = 0, r = 0; k < chart->series_count; k++) {
        const cj_series *s = &chart->series[k];
        static const double dashes[] = {7, 4};
        if (!s->label)
            continue;
        double at = best_top + 4 + row * (r++ + 0.5);
        c->set_dash(c->cr, dashes, s->dashed ? 2 : 0, 0);
        cj_canvas_line(c, best_left + 6, at, best_left + 34, at,
                       palette[(size_t)k % CJ_COUNT(palette)], 2);
        c->set_dash(c->cr, dashes, 0, 0);
        cj_canvas_text(c, s->label, best_left + 41, at, TICK_FONT, 0, 0.5, 0, CJ_BLACK);
    }
}

static void draw_panel(cj_canvas *c, const cj_chart *chart, double left)
{
    axis x, y;
    find_range(chart, &x, &y);
    widen(&x, 0.02);
    widen(&y, 0.05);
    x.from = left + 76;
    x.to = left + WIDTH - 22;
    y.from = HEIGHT - 58;
    y.to = 42;
    draw_x_ticks(c, &x, &y);
    draw_y_ticks(c, &x, &y);
    c->save(c->cr);
    c->rectangle(c->cr, x.from - 4, y.to - 4, x.to - x.from + 8, y.from - y.to + 8);
    c->clip(c->cr);
    for (int k = 0; k < chart->series_count; k++)
        draw_series(c, chart, &chart->series[k], palette[(size_t)k % CJ_COUNT(palette)], &x, &y);
    c->restore(c->cr);
    cj_canvas_line(c, x.from, y.from, x.to, y.from, CJ_BLACK, 1);
    cj_canvas_line(c, x.from, y.from, x.from, y.to, CJ_BLACK, 1);
    draw_legend(c, chart, &x, &y);
    cj_canvas_text(c, chart->title, (x.from + x.to) / 2, 22, FONT + 2, 0.5, 0.5, 0, CJ_BLACK);
    cj_canvas_text(c, chart->x_label, (x.from + x.to) / 2, HEIGHT - 16, FONT, 0.5, 0.5, 0,
                   CJ_BLACK);
    cj_canvas_text(c, chart->y_label, left + 18, (y.from + y.to) / 2, FONT, 0.5, 0.5, -90,
                   CJ_BLACK);
}

cj_status cj_plot_charts(cj_context *context, const char *path, const cj_chart *charts, int count)
{
    cj_canvas canvas;
    if (count < 1)
        return cj_fail(context, CJ_INVALID, "%s: %d charts to draw", path, count);
    cj_status status = cj_canvas_begin(context, WIDTH * count, HEIGHT, PIXELS, &canvas);
    if (status != CJ_OK)
        return status;
    for (int i = 0; i < count; i++)
        draw_panel(&canvas, &charts[i], WIDTH * i);
    status = cj_canvas_write(&canvas, path);
    cj_canvas_end(&canvas);
    return status;
}
