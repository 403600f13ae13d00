/*
 * src/nn/layer.c - what layers share: options of another version's size, axes, sentences.
 */
#include "nn/nn.h"

#include <stdio.h>

void cj_fill_axes(int axes, const int64_t *given, int64_t standard, int64_t *out)
{
    for (int i = 0; i < axes; i++) {
        int64_t v = given[i] ? given[i] : given[0];
        out[i] = v == CJ_ZERO ? 0 : v ? v : standard;
    }
}

const char *cj_layer_label(const char *kind, const cj_scope *s, const char *name, char *text,
                           size_t size)
{
    const char *path = cj_scope_path(s);
    snprintf(text, size, "%s '%s%s%s'", kind, path, *path ? "." : "", name ? name : "");
    return text;
}

const char *cj_tensor_text(const cj_tensor *x, char *text, size_t size)
{
    return cj_form_text(cj_tensor_dtype(x), cj_rank(x), cj_shape(x), text, size);
}

const char *cj_form_text(cj_dtype dtype, int rank, const int64_t *shape, char *text, size_t size)
{
    size_t used = (size_t)snprintf(text, size, "%s[", cj_dtype_name(dtype));
    for (int i = 0; i < rank && used < size; i++)
        used +=
            (size_t)snprintf(text + used, size - used, i ? ", %lld" : "%lld", (long long)shape[i]);
    if (used < size)
        snprintf(text + used, size - used, "]");
    return text;
}

bool cj_layer_ready(cj_at at, const char *kind, cj_scope *s, const char *name, const cj_tensor *x)
{
    if (!s || !x || cj_context_status(cj_scope_context(s)) != CJ_OK)
        return false;
    cj_context *context = cj_scope_context(s);
    if (!name || !*name) {
        cj_fail_building(context, CJ_INVALID, at, "a %s layer in scope '%s' has no name", kind,
                         cj_scope_path(s));
        return false;
    }
    if (cj_tensor_dtype(x) == cj_scope_dtype(s))
        return true;
    cj_fail_building(context, CJ_DTYPE, at,
                     "%s: what reaches it is %s, the scope's parameters are %s; cast one (cj_cast, "
                     "cj_scope_set_dtype)",
                     CJ_LABEL(kind, s, name), CJ_TEXT_OF(x), cj_dtype_name(cj_scope_dtype(s)));
    return false;
}

cj_tensor *cj_on_channels(cj_at at, cj_tensor *v, int rank)
{
    int64_t shape[CJ_MAX_RANK] = {1, v ? cj_extent(v, 0) : 1};
    for (int i = 2; i < rank; i++)
        shape[i] = 1;
    return cj_reshape_at(at, v, rank, shape);
}

uint32_t cj_axis_mask(cj_at at, const char *name, const cj_tensor *x, int axis)
{
    int place = axis < 0 ? axis + cj_rank(x) : axis;
    if (place >= 0 && place < cj_rank(x))
        return CJ_AXIS(place);
    cj_fail_building(cj_tensor_context(x), CJ_SHAPE, at, "%s: there is no axis %d in %s", name,
                     axis, CJ_TEXT_OF(x));
    return 0;
}
