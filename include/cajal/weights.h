/*
 * cajal/weights.h - the weights of a net that is a C function, as a safetensors file. Part of
 * libcajal-io.
 *
 * The file holds the parameters and buffers of a usual scope under their paths: what torch calls a
 * state_dict, readable there and back. A file to load is matched by name: build the net first, so
 * that the scope knows what it holds.
 *
 *     cj_scope *s = cj_scope_new(context);
 *     cj_tensor *y = lenet(s, x);
 *     cj_status status = cj_weights_load(s, "lenet.safetensors");
 */
#ifndef CAJAL_WEIGHTS_H
#define CAJAL_WEIGHTS_H

#include "cajal/io.h"
#include "cajal/nn.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Writes the file whole; equal weights give equal bytes. States (of optimisers, the step) are left
 * out. IO, NO_MEMORY. */
CJ_API cj_status cj_weights_save(const cj_scope *s, const char *path);

/*
 * Fills every parameter and buffer of the scope, or on failure none. NOT_FOUND: the file lacks one
 * of them (num_batches_tracked may be missing), or holds a tensor that the net does not have;
 * SHAPE, DTYPE: one is of another form. The sentence names the file and the tensor.
 */
CJ_API cj_status cj_weights_load(cj_scope *s, const char *path);

/*
 * To begin with another net's weights: fills the parameters and buffers of the scope that the file
 * holds in their dtype and shape, and leaves the others (the head of another number of classes) as
 * they are. *taken of *all were filled; `told` receives a sentence that names what was not, cut to
 * told_size - 1 bytes, "" where all were. NOT_FOUND: the file holds none of them.
 */
CJ_API cj_status cj_weights_begin_with(cj_scope *s, const char *path, int *taken, int *all,
                                       char *told, size_t told_size);

#ifdef __cplusplus
}
#endif

#endif
