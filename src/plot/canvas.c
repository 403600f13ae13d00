/*
 * canvas.c - cairo opened, a surface, and the few things that are drawn on it.
 */
#include "plot/canvas.h"

#include <dlfcn.h>

/*
 * fontconfig keeps the fonts it has found in patterns that point to their parts by offsets, which
 * the leak sanitizer cannot follow: it is told to leave out what is allocated while a canvas is
 * open.
 */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_LEAK_SANITIZER
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define HAS_LEAK_SANITIZER
#endif
#ifdef HAS_LEAK_SANITIZER
#include <sanitizer/lsan_interface.h>
#else
#define __lsan_disable() ((void)0)
#define __lsan_enable() ((void)0)
#endif

#define FORMAT_RGB24 1 /* 32 bits a pixel, the upper 8 unused */
#define SIDE_LIMIT 20000.0
#define PI 3.14159265358979323846

static cj_status open_library(cj_canvas *canvas)
{
    static const char *const names[] = {"libcairo.so.2", "libcairo.2.dylib"};
    for (size_t i = 0; i < CJ_COUNT(names) && !canvas->library; i++)
        canvas->library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!canvas->library)
        return cj_fail(canvas->context, CJ_MISSING,
                       "pictures are drawn with cairo, which is not installed: install it (Debian: "
                       "apt install libcairo2)");
    bool found = true;
    void *symbol;
#define CJ_X(result, name, arguments)                                                              \
    symbol = dlsym(canvas->library, "cairo_" #name);                                               \
    memcpy(&canvas->name, &symbol, sizeof symbol);                                                 \
    found = found && symbol;
    CJ_CAIRO_LIST(CJ_X)
#undef CJ_X
    return found ? CJ_OK
                 : cj_fail(canvas->context, CJ_MISSING,
                           "the cairo that is installed is too old: 1.10 or later is needed");
}

cj_status cj_canvas_begin(cj_context *context, double width, double height, double scale,
                          cj_canvas *canvas)
{
    *canvas = (cj_canvas){.context = context};
    if (!(width * scale <= SIDE_LIMIT && height * scale <= SIDE_LIMIT))
        return cj_fail(context, CJ_UNSUPPORTED,
                       "a picture of %.0f x %.0f pixels is too large to draw", width * scale,
                       height * scale);
    cj_status status = open_library(canvas);
    if (status != CJ_OK) {
        cj_canvas_end(canvas);
        return status;
    }
    __lsan_disable();
    canvas->width = (int)(width * scale);
    canvas->height = (int)(height * scale);
    canvas->surface = canvas->image_surface_create(FORMAT_RGB24, canvas->width, canvas->height);
    canvas->cr = canvas->create(canvas->surface);
    if (canvas->surface_status(canvas->surface) != 0 || canvas->status(canvas->cr) != 0) {
        cj_canvas_end(canvas);
        return cj_fail(context, CJ_NO_MEMORY, "no memory to draw a picture of %d x %d pixels",
                       (int)(width * scale), (int)(height * scale));
    }
    canvas->scale(canvas->cr, scale, scale);
    canvas->select_font_face(canvas->cr, "sans-serif", 0, 0);
    canvas->set_line_join(canvas->cr, 1);
    cj_canvas_box(canvas, 0, 0, width, height, CJ_WHITE, 1);
    return CJ_OK;
}

cj_status cj_canvas_write(cj_canvas *canvas, const char *path)
{
    cj_image image;
    if (canvas->status(canvas->cr) != 0)
        return cj_fail(canvas->context, CJ_NO_MEMORY, "%s: cairo could not draw it", path);
    cj_status status = cj_image_make(canvas->context, canvas->height, canvas->width, 3, &image);
    if (status != CJ_OK)
        return status;
    canvas->surface_flush(canvas->surface);
    const unsigned char *data = canvas->image_surface_get_data(canvas->surface);
    size_t stride = (size_t)canvas->image_surface_get_stride(canvas->surface);
    uint8_t *to = image.pixel;
    for (int y = 0; y < canvas->height; y++)
        for (int x = 0; x < canvas->width; x++) {
            uint32_t word;
            memcpy(&word, data + (size_t)y * stride + 4 * (size_t)x, sizeof word);
            *to++ = (uint8_t)(word >> 16);
            *to++ = (uint8_t)(word >> 8);
            *to++ = (uint8_t)word;
        }
    status = cj_image_write_png(canvas->context, path, &image);
    cj_image_free(canvas->context, &image);
    return status;
}

void cj_canvas_end(cj_canvas *canvas)
{
    if (canvas->cr)
        canvas->destroy(canvas->cr);
    if (canvas->surface)
        canvas->surface_destroy(canvas->surface);
    if (canvas->width)
        __lsan_enable();
    if (canvas->library)
        dlclose(canvas->library);
    *canvas = (cj_canvas){.context = canvas->context};
}

/* ---- drawing ---- */

void cj_canvas_color(cj_canvas *canvas, cj_color color, double alpha)
{
    canvas->set_source_rgba(canvas->cr, color.red, color.green, color.blue, alpha);
}

void cj_canvas_line(cj_canvas *canvas, double x0, double y0, double x1, double y1, cj_color color,
                    double width)
{
    cj_canvas_color(canvas, color, 1);
    canvas->set_line_width(canvas->cr, width);
    canvas->new_path(canvas->cr);
    canvas->move_to(canvas->cr, x0, y0);
    canvas->line_to(canvas->cr, x1, y1);
    canvas->stroke(canvas->cr);
}

void cj_canvas_box(cj_canvas *canvas, double x, double y, double width, double height,
                   cj_color color, double alpha)
{
    cj_canvas_color(canvas, color, alpha);
    canvas->new_path(canvas->cr);
    canvas->rectangle(canvas->cr, x, y, width, height);
    canvas->fill(canvas->cr);
}

double cj_canvas_text_width(cj_canvas *canvas, const char *text, double size)
{
    cj_text_extents extents = {0};
    canvas->set_font_size(canvas->cr, size);
    canvas->text_extents(canvas->cr, text, &extents);
    return extents.x_advance;
}

void cj_canvas_text(cj_canvas *canvas, const char *text, double x, double y, double size,
                    double across, double down, double angle, cj_color color)
{
    if (!text || !text[0])
        return;
    double width = cj_canvas_text_width(canvas, text, size);
    double capital = 0.72 * size;
    canvas->save(canvas->cr);
    canvas->translate(canvas->cr, x, y);
    canvas->rotate(canvas->cr, angle * PI / 180);
    cj_canvas_color(canvas, color, 1);
    canvas->move_to(canvas->cr, -across * width, capital * (1 - down));
    canvas->show_text(canvas->cr, text);
    canvas->restore(canvas->cr);
    canvas->new_path(canvas->cr);
}

void cj_canvas_pixels(cj_canvas *canvas, const uint8_t *pixel, int height, int width, int channels,
                      double x, double y, double scale)
{
    for (int i = 0; i < height; i++)
        for (int k = 0; k < width; k++, pixel += channels) {
            int last = channels - 1;
            cj_color color = {pixel[0] / 255.0, pixel[CJ_MIN(1, last)] / 255.0,
                              pixel[CJ_MIN(2, last)] / 255.0};
            cj_canvas_box(canvas, x + k * scale, y + i * scale, scale, scale, color, 1);
        }
}
