/*
 * src/data/audio.h - what the reader of recordings gives to the set of arrays made of them.
 */
#ifndef CJ_DATA_AUDIO_H
#define CJ_DATA_AUDIO_H

#include "cajal/data_audio.h"
#include "data/data.h"

/* cj_audio_load of what lies at `path`; `name` is what errors call it. */
cj_status cj_audio_read(cj_context *context, const char *name, const char *path,
                        const cj_audio_options *options, cj_audio_data **out);

#endif
