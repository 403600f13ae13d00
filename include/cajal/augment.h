/*
 * cajal/augment.h - pictures changed at random while a net trains on them. Part of libcajal-io.
 *
 * What a picture becomes depends on (seed, epoch, its number in the part) and the words below alone:
 * not on threads, the batch it is in, or whether the run was resumed. Pixels are 8 bits, outside of
 * a picture they are 0; all of it is integer or exactly rounded arithmetic, the same everywhere.
 */
#ifndef CAJAL_AUGMENT_H
#define CAJAL_AUGMENT_H

#include "cajal/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Each a word of the text form; 0: not done. In this order: */
typedef struct cj_augment {
    bool flip;         /* left and right changed, half of the times */
    bool vflip;        /* top and bottom changed, half of the times */
    int crop;          /* shifted by a whole number of pixels, -crop to crop, along each axis */
    double rotate;     /* by -rotate to rotate degrees about the centre, at most 180 */
    double shift;      /* by that share of height and width at most, in fractions of pixels */
    double scale;      /* to a size of 1 - scale to 1 + scale, less than 1 */
    double brightness; /* times 1 - brightness to 1 + brightness */
    double contrast;   /* distance from the picture's mean times 1 - contrast to 1 + contrast */
    double noise;      /* + noise of this standard deviation, white being 1: the sum of four
                          uniform numbers, scaled, drawn for each channel of each pixel */
    double erase; /* half of the times: a rectangle of at most that share of the picture made 0,
                          half to twice as high as wide (Zhong et al., "Random erasing data
                          augmentation", AAAI 2020) */
    /* Two examples made one, with the classes' shares as the label; each the a of Beta(a, a), from
     * which the other's share is drawn, at most 1. With both, each half of the times. */
    double mixup;  /* (1 - share) x + share other (Zhang et al., "mixup: beyond empirical risk
                      minimization", ICLR 2018) */
    double cutmix; /* a rectangle of that share of the picture, cut off at its sides, is the other's
                      (Yun et al., "CutMix", ICCV 2019) */
} cj_augment;

/* True where it changes nothing. */
CJ_API bool cj_augment_is_none(const cj_augment *augment);
/*
 * "flip,crop:4,rotate:10"; "none" and "" are none. INVALID: a wrong word lists the right ones and
 * the nearest; a number that is missing, not wanted or out of range names its word.
 */
CJ_API cj_status cj_augment_parse(cj_context *context, const char *text, cj_augment *out);
/* The canonical text: parsing gives the same value back. At most 320 bytes. */
CJ_API void cj_augment_text(const cj_augment *augment, char *text, size_t size);

/* What a training draws: borrowed by whoever is handed it. */
typedef struct cj_augment_draw {
    cj_augment augment;
    uint64_t seed;
    int64_t epoch;
} cj_augment_draw;

/* One picture [channels][height][width], number `example` of its part, from `from` into `to`, which
 * do not overlap. */
CJ_API void cj_augment_apply(const cj_augment_draw *draw, int64_t example, int channels, int height,
                             int width, const uint8_t *from, uint8_t *to);

/* What mixup and cutmix make of example number `example` among `count`: as above, depends on seed,
 * epoch and these numbers alone. */
typedef struct cj_mix {
    int64_t other; /* the example that it is mixed with: any of them, each with equal chance */
    double share;  /* of the other's label; 0: nothing is mixed */
    bool cut;      /* cutmix: this rectangle is the other's */
    int top, left, height, width;
} cj_mix;
CJ_API bool cj_augment_mixes(const cj_augment *augment);
CJ_API cj_mix cj_augment_mix(const cj_augment_draw *draw, int64_t example, int64_t count,
                             int height, int width);
/* Mixes `other` into `x`, both f32 [channels][height][width]. */
CJ_API void cj_mix_apply(const cj_mix *mix, int channels, int height, int width, const float *other,
                         float *x);

#ifdef __cplusplus
}
#endif

#endif
