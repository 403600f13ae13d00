/*
 * library.c - shared libraries opened when they are first needed.
 */
#include "io/io.h"

#include <dlfcn.h>

cj_status cj_library_open(cj_context *context, const cj_library *library, void **symbol)
{
    void *handle = dlopen(library->file, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!handle)
        return cj_fail(context, CJ_MISSING,
                       "%s %s, which is not installed: install it (Debian: apt install %s)",
                       library->purpose, library->name, library->package);
    cj_status status = CJ_OK;
    for (size_t i = 0; library->symbol[i] && status == CJ_OK; i++)
        if (!(symbol[i] = dlsym(handle, library->symbol[i])))
            status = cj_fail(context, CJ_MISSING,
                             "the %s that is installed is another one than is wanted: it has no %s",
                             library->name, library->symbol[i]);
    dlclose(handle);
    return status;
}
