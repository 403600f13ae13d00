/*
 * cli/version.c - cajal version: what it was built with, and what it chose on this machine.
 */
#include "cli.h"

#include "base/base.h"

#if defined(__clang__)
#define COMPILER "clang " __clang_version__
#elif defined(__GNUC__)
#define COMPILER "gcc " __VERSION__
#else
#define COMPILER "unknown"
#endif

#if defined(__x86_64__)
#define MACHINE "x86-64"
#elif defined(__aarch64__)
#define MACHINE "aarch64"
#else
#define MACHINE "unknown"
#endif

int run_version(cli *c)
{
    int status = make_context(c);
    if (status != EXIT_DONE)
        return status;
    const char *isa = cj_isa(c->context);
    const char *class = isa[0] == 'b' ? "baseline" : "fma";
    if (c->json) {
        print_json(json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:i}", "event", "version", "version",
                             cj_version(), "compiler", COMPILER, "machine", MACHINE, "kernels", isa,
                             "kernel_class", class, "threads", cj_threads(c->context)));
        return EXIT_DONE;
    }
    printf("cajal %s\n", cj_version());
    printf("built with %s for %s\n", COMPILER, MACHINE);
    printf("kernels: %s (class %s), %d %s\n", isa, class, cj_threads(c->context),
           cj_of_count(cj_threads(c->context), "thread", "threads"));
    return EXIT_DONE;
}
