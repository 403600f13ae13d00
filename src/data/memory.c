/*
 * memory.c - how much memory a process may use.
 */
#include "data/data.h"

#include <sys/resource.h>
#include <unistd.h>

uint64_t cj_memory_budget(void)
{
    long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    uint64_t most = pages > 0 && page > 0 ? (uint64_t)pages * (uint64_t)page : UINT64_MAX;
    static const int limits[] = {RLIMIT_AS, RLIMIT_DATA};
    struct rlimit limit;
    for (size_t i = 0; i < CJ_COUNT(limits); i++)
        if (getrlimit((__rlimit_resource_t)limits[i], &limit) == 0 &&
            limit.rlim_cur != RLIM_INFINITY)
            most = CJ_MIN(most, (uint64_t)limit.rlim_cur);
    return most / 4;
}
