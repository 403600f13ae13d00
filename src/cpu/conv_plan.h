/* src/cpu/conv_plan.h - the inside of a convolution plan: conv.c makes it, conv_forward.c and conv_weight.c fill and run it. */
#ifndef CJ_CPU_CONV_PLAN_H
#define CJ_CPU_CONV_PLAN_H

#include "contract_common.h"

/* Axes are depth, height, width: fewer spatial axes are the last ones, the others have extent 1. */
enum { AXIS_D, AXIS_H, AXIS_W };
enum { X_N, X_G, X_C, X_AXES }; /* strides of x */
enum { W_G, W_O, W_C, W_AXES }; /* of w */
enum { Y_N, Y_G, Y_O, Y_AXES }; /* of y */

/* Where the register tiles read x. */
typedef enum conv_source {
    SOURCE_DIRECT,  /* in x itself: channels lie together and no kernel position falls on padding */
    SOURCE_STAGED,  /* in a zero-padded, channels-last window of rows in scratch */
    SOURCE_GATHERED /* in scratch, a row of all k an output position */
} conv_source;

/*
 * Output positions whose kernel positions fall on the same elements and holes of a dilated input: first, first + period, ...
 * along each axis. Without input dilation there is one phase.
 */
typedef struct conv_phase {
    int64_t first[CJ_CONV_AXES], count[CJ_CONV_AXES]; /* output positions */
    int64_t taps;                                     /* kernel positions that hit no hole */
    int64_t row_taps;                                 /* those of one kernel row */
    int64_t whole_first,
        whole_last;    /* lines, counted in the phase, of which none lies on padding */
    int64_t first_tap; /* in the plan's tap table */
    int64_t first_k;   /* row of packed w; entry of the offset table */
} conv_phase;

/* A kernel position of a phase. */
typedef struct conv_tap {
    int64_t kernel[CJ_CONV_AXES]; /* which */
    int64_t
        at[CJ_CONV_AXES]; /* the element of x that it meets at the phase's first output position */
} conv_tap;

/* A padded window of rows of a picture in scratch, channels last. */
typedef struct conv_window {
    int64_t pad_low[CJ_CONV_AXES],
        pad_high[CJ_CONV_AXES]; /* padding that kernel positions fall on */
    int64_t row, pixel;         /* elements of a padded row, of a pixel */
    int64_t rows;               /* most rows at a time */
} conv_window;

struct cj_conv_plan {
    cj_conv_facts facts;
    cj_conv_spec spec;
    cj_contract_options options;
    const cj_contract_type *type;
    size_t bytes; /* of this block of memory */
    int64_t size; /* of an element */
    int threads;
    int64_t positions, taps, chunk_channels;
    int64_t width; /* G * O */

    int vectors; /* of a panel */
    int64_t panel, panels;
    bool
        slides; /* three kernel columns side by side: the sliding tiles serve panels of one vector */
    conv_source source;
    conv_window window;
    int64_t image_stride, channel_stride,
        channels;                 /* of x: kind WEIGHT has N and C exchanged; channels of a group */
    int64_t pixel_step, row_step; /* of x where the tiles read it */
    size_t window_bytes, tile_bytes, gather_bytes, thread_bytes;

    /* forward */
    int64_t period[CJ_CONV_AXES],
        step[CJ_CONV_AXES]; /* output, and x, from one position of a phase to the next */
    int64_t phase_count, k_count, strip_lines;
    bool tile_in_scratch;
    bool skips;      /* lines of some kernel rows lie on padding: see conv_forward.c */
    size_t flags_at; /* then: in packed w, whether all of a panel is finite, a byte each */
    conv_phase *phase;
    conv_tap *tap;
    int32_t *offset;
    bool too_wide; /* an offset does not fit: the generic kernel serves */

    /* weight gradient: see conv_weight.c */
    bool split_output, w_staged;
    int64_t chunks, slots;            /* chunks of pictures; chunk sums kept at a time */
    int64_t strips, strip_rows;       /* of a picture, when one picture is a chunk */
    int64_t runs, run_rows, run_step; /* result rows that a tile can take: per output row */
    int64_t picture_step, w_step;     /* of x and w where the tiles read them */
    size_t w_window_bytes, result_bytes;
};

/* Fill a plan whose common part is there. NULL: count only, and set plan->bytes to what the tables need. */
void cj_conv_forward_count(cj_conv_plan *plan);
void cj_conv_forward_fill(cj_conv_plan *plan, void *tables);
void cj_conv_forward_pack(const cj_conv_plan *plan, cj_pool *pool, const void *w, void *packed);
void cj_conv_forward_run(const cj_conv_plan *plan, cj_pool *pool, const cj_conv_run_args *run);

void cj_conv_weight_count(cj_conv_plan *plan);
void cj_conv_weight_fill(cj_conv_plan *plan, void *tables);
void cj_conv_weight_run(const cj_conv_plan *plan, cj_pool *pool, const cj_conv_run_args *run);

/* How many vectors a panel has, given the rows that lie in one line and the columns: see conv.c. */
int cj_conv_choose_vectors(const cj_contract_type *type, int64_t rows, int64_t vectors);

/* The element of x that kernel position `tap` meets at output position `out` of an axis; false: a hole. */
bool cj_conv_meets(const cj_conv_spec *s, int axis, int64_t out, int64_t tap, int64_t *at);

/* Sets the window's padding: how far kernel positions reach beyond x. */
void cj_conv_find_padding(cj_conv_plan *plan);

/* Whether no kernel position falls on padding and the channels of a pixel lie together: x can be read where it is. */
bool cj_conv_reads_in_place(const cj_conv_plan *plan);

/* What a window holds: rows [first, last) of a picture, counted in rows of x, those of the padding included. */
typedef struct cj_conv_held {
    int64_t image, first, last;
} cj_conv_held;

/* Brings rows [first, last) of a picture to the window's start; what is there already is moved. The columns of padding are
 * zero from the start (the caller clears the window once). */
void cj_conv_stage(const cj_conv_plan *plan, const cj_conv_run_args *run, int thread, char *window,
                   cj_conv_held *held, int64_t image, int64_t first, int64_t last);

/* Writes an offset to the plan's table, or notes that it does not fit. */
static inline void cj_conv_set_offset(cj_conv_plan *plan, int64_t at, int64_t offset)
{
    plan->too_wide = plan->too_wide || offset > INT32_MAX || offset < INT32_MIN;
    plan->offset[at] = plan->too_wide ? 0 : (int32_t)offset;
}

static inline int64_t cj_floor_div(int64_t a, int64_t b)
{
    return a >= 0 ? a / b : -((-a + b - 1) / b);
}

#endif
