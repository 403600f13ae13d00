/*
 * tests/fault/fault.c - fault injection for whole programs: a module for LD_PRELOAD.
 *
 * It counts a program's calls to the functions of each group, and fails call n of a group or kills the
 * process there. Environment variables choose, so the program under test is the one that users run.
 *
 *   group    functions                                                       errno of a failure
 *   write    write, pwrite, writev, on descriptors above 2                   ENOSPC
 *   stdio    fwrite, fflush, fclose, on streams of descriptors above 2       ENOSPC
 *   fsync    fsync, fdatasync                                                EIO
 *   rename   rename, renameat                                                EIO
 *   open     open, openat, creat, fopen, where they open for writing         EACCES
 *   malloc   malloc, calloc, realloc, aligned_alloc, posix_memalign          ENOMEM
 *   any      write, stdio, fsync, rename and open counted together           the group's own
 *
 *   FAULT=GROUP:N[:ACTION]   strikes at call N, from 1, of GROUP:
 *       once        that call fails (the default)
 *       always      that call and all later ones of the group fail
 *       short       (write alone) that call writes half its bytes, at least one, and says so
 *       kill        SIGKILL before the call is made
 *       killafter   SIGKILL after the call was made
 *   FAULT_ERRNO=NAME         another errno: ENOSPC, EIO, ENOMEM, EACCES, EROFS, EINTR
 *   FAULT_REPORT=FILE        at the end of the process, kills included, FILE gets a line "GROUP COUNT" for
 *                            each group and "struck COUNT", the number of calls that were failed or killed
 *
 * To reach every point of failure a test runs once with FAULT_REPORT alone, reads the counts, then runs
 * once for each n. Counting begins when the module is loaded and covers all threads; a child made by fork
 * goes on with a copy of the counts, so a report is that of the last process to end. What stdio writes by
 * itself (fprintf, a full buffer) does not pass through here, its fflush and fclose do. In a program
 * built with the address or thread sanitizer the allocator is the sanitizer's: malloc counts nothing.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

enum group { WRITE, STDIO, FSYNC, RENAME, OPEN, MALLOC, ANY, GROUPS };
enum action { ONCE, ALWAYS, SHORT, KILL, KILL_AFTER, ACTIONS };
enum verdict { PASS, FAIL, HALF, DIE_AFTER };

static const char *const group_names[] = {"write", "stdio",  "fsync", "rename",
                                          "open",  "malloc", "any"};
static const char *const action_names[] = {"once", "always", "short", "kill", "killafter"};
static const int group_errno[] = {ENOSPC, ENOSPC, EIO, EIO, EACCES, ENOMEM};
static const struct {
    const char *name;
    int value;
} errnos[] = {{"ENOSPC", ENOSPC}, {"EIO", EIO},     {"ENOMEM", ENOMEM},
              {"EACCES", EACCES}, {"EROFS", EROFS}, {"EINTR", EINTR}};

static struct {
    bool on;
    int group;
    int action;
    uint64_t call;
    int error; /* 0: the group's own */
    char report[4096];
} fault;

static atomic_uint_fast64_t counts[GROUPS];
static atomic_uint_fast64_t struck;

/* ---- the report ---- */

static void put(int fd, const char *text, size_t size)
{
    while (size > 0) {
        long n = syscall(SYS_write, fd, text, size);
        if (n <= 0)
            return;
        text += n;
        size -= (size_t)n;
    }
}

static void put_count(int fd, const char *name, uint64_t count)
{
    char digits[24];
    size_t at = sizeof digits;
    digits[--at] = '\n';
    do {
        digits[--at] = (char)('0' + count % 10);
        count /= 10;
    } while (count > 0);
    digits[--at] = ' ';
    put(fd, name, strlen(name));
    put(fd, digits + at, sizeof digits - at);
}

/* Uses system calls alone: it may run where the heap or stdio is in any state. */
static void report(void)
{
    if (fault.report[0] == '\0')
        return;
    int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC;
    int fd = (int)syscall(SYS_openat, AT_FDCWD, fault.report, flags, 0644);
    if (fd < 0)
        return;
    for (int group = 0; group < GROUPS; group++)
        put_count(fd, group_names[group], atomic_load(&counts[group]));
    put_count(fd, "struck", atomic_load(&struck));
    syscall(SYS_close, fd);
}

static _Noreturn void die(void)
{
    report();
    for (;;)
        syscall(SYS_kill, getpid(), SIGKILL);
}

/* ---- set-up ---- */

static _Noreturn void refuse(const char *why, const char *what)
{
    put(2, "fault: ", 7);
    put(2, why, strlen(why));
    put(2, what, strlen(what));
    put(2, "\n", 1);
    syscall(SYS_exit_group, 99);
    for (;;)
        ;
}

static int find(const char *const *names, int count, const char *word, size_t length)
{
    for (int i = 0; i < count; i++)
        if (strlen(names[i]) == length && memcmp(names[i], word, length) == 0)
            return i;
    return -1;
}

static void read_fault(const char *text)
{
    const char *colon = strchr(text, ':');
    if (colon == NULL)
        refuse("FAULT is GROUP:N[:ACTION], not ", text);
    fault.group = find(group_names, GROUPS, text, (size_t)(colon - text));
    if (fault.group < 0)
        refuse("no such group: ", text);
    char *end;
    fault.call = strtoull(colon + 1, &end, 10);
    if (end == colon + 1 || fault.call == 0 || (*end != '\0' && *end != ':'))
        refuse("N is a number from 1: ", text);
    if (*end == ':') {
        fault.action = find(action_names, ACTIONS, end + 1, strlen(end + 1));
        if (fault.action < 0)
            refuse("no such action: ", text);
    }
    if (fault.action == SHORT && fault.group != WRITE)
        refuse("short is for write alone: ", text);
}

static void read_errno(const char *name)
{
    for (size_t i = 0; i < sizeof errnos / sizeof errnos[0]; i++)
        if (strcmp(errnos[i].name, name) == 0)
            fault.error = errnos[i].value;
    if (fault.error == 0)
        refuse("FAULT_ERRNO is not known: ", name);
}

__attribute__((constructor)) static void set_up(void)
{
    const char *file = getenv("FAULT_REPORT");
    if (file != NULL) {
        if (strlen(file) >= sizeof fault.report)
            refuse("FAULT_REPORT is too long: ", file);
        memcpy(fault.report, file, strlen(file) + 1);
    }
    const char *text = getenv("FAULT");
    if (text != NULL && text[0] != '\0') {
        read_fault(text);
        const char *error = getenv("FAULT_ERRNO");
        if (error != NULL)
            read_errno(error);
        fault.on = true;
    }
}

__attribute__((destructor)) static void finish(void)
{
    report();
}

EXPORT _Noreturn void _exit(int status)
{
    report();
    for (;;)
        syscall(SYS_exit_group, status);
}

EXPORT _Noreturn void _Exit(int status)
{
    _exit(status);
}

/* ---- the decision at each call ---- */

static enum verdict count_call(int group)
{
    uint64_t own = atomic_fetch_add(&counts[group], 1) + 1;
    uint64_t any = group == MALLOC ? 0 : atomic_fetch_add(&counts[ANY], 1) + 1;
    if (!fault.on || (fault.group != group && (fault.group != ANY || group == MALLOC)))
        return PASS;
    uint64_t call = fault.group == ANY ? any : own;
    if (fault.action == ALWAYS ? call < fault.call : call != fault.call)
        return PASS;
    atomic_fetch_add(&struck, 1);
    if (fault.action == KILL)
        die();
    if (fault.action == KILL_AFTER)
        return DIE_AFTER;
    if (fault.action == SHORT)
        return HALF;
    errno = fault.error != 0 ? fault.error : group_errno[group];
    return FAIL;
}

static void after(enum verdict verdict)
{
    if (verdict == DIE_AFTER)
        die();
}

/* ---- write ---- */

static size_t length_of(enum verdict verdict, size_t size)
{
    return verdict == HALF && size > 1 ? size / 2 : size;
}

EXPORT ssize_t write(int fd, const void *data, size_t size)
{
    enum verdict verdict = fd > 2 ? count_call(WRITE) : PASS;
    if (verdict == FAIL)
        return -1;
    ssize_t written = syscall(SYS_write, fd, data, length_of(verdict, size));
    after(verdict);
    return written;
}

EXPORT ssize_t pwrite(int fd, const void *data, size_t size, off_t offset)
{
    enum verdict verdict = fd > 2 ? count_call(WRITE) : PASS;
    if (verdict == FAIL)
        return -1;
    ssize_t written = syscall(SYS_pwrite64, fd, data, length_of(verdict, size), offset);
    after(verdict);
    return written;
}

EXPORT ssize_t pwrite64(int fd, const void *data, size_t size, off_t offset)
{
    return pwrite(fd, data, size, offset);
}

EXPORT ssize_t writev(int fd, const struct iovec *parts, int count)
{
    enum verdict verdict = fd > 2 ? count_call(WRITE) : PASS;
    if (verdict == FAIL)
        return -1;
    if (verdict == HALF && count > 0)
        return syscall(SYS_write, fd, parts[0].iov_base, length_of(verdict, parts[0].iov_len));
    ssize_t written = syscall(SYS_writev, fd, parts, count);
    after(verdict);
    return written;
}

/* ---- fsync, rename ---- */

EXPORT int fsync(int fd)
{
    enum verdict verdict = count_call(FSYNC);
    if (verdict == FAIL)
        return -1;
    int result = (int)syscall(SYS_fsync, fd);
    after(verdict);
    return result;
}

EXPORT int fdatasync(int fd)
{
    enum verdict verdict = count_call(FSYNC);
    if (verdict == FAIL)
        return -1;
    int result = (int)syscall(SYS_fdatasync, fd);
    after(verdict);
    return result;
}

EXPORT int renameat(int from_folder, const char *from, int to_folder, const char *to)
{
    enum verdict verdict = count_call(RENAME);
    if (verdict == FAIL)
        return -1;
    int result = (int)syscall(SYS_renameat2, from_folder, from, to_folder, to, 0);
    after(verdict);
    return result;
}

EXPORT int rename(const char *from, const char *to)
{
    return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

/* ---- open ---- */

static int open_counted(int folder, const char *path, int flags, mode_t mode)
{
    enum verdict verdict = (flags & O_ACCMODE) != O_RDONLY ? count_call(OPEN) : PASS;
    if (verdict == FAIL)
        return -1;
    int fd = (int)syscall(SYS_openat, folder, path, flags, mode);
    after(verdict);
    return fd;
}

static mode_t mode_of(int flags, va_list rest)
{
    return (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(rest, mode_t) : 0;
}

#define OPEN_BODY(folder)                                                                          \
    va_list rest;                                                                                  \
    va_start(rest, flags);                                                                         \
    mode_t mode = mode_of(flags, rest);                                                            \
    va_end(rest);                                                                                  \
    return open_counted(folder, path, flags, mode)

EXPORT int open(const char *path, int flags, ...)
{
    OPEN_BODY(AT_FDCWD);
}

EXPORT int open64(const char *path, int flags, ...)
{
    OPEN_BODY(AT_FDCWD);
}

EXPORT int openat(int folder, const char *path, int flags, ...)
{
    OPEN_BODY(folder);
}

EXPORT int openat64(int folder, const char *path, int flags, ...)
{
    OPEN_BODY(folder);
}

EXPORT int creat(const char *path, mode_t mode)
{
    return open_counted(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

/* ---- stdio: the next definition does the work ---- */

#define NEXT(result, name, ...)                                                                    \
    static result (*next)(__VA_ARGS__);                                                            \
    if (next == NULL)                                                                              \
    *(void **)&next = dlsym(RTLD_NEXT, name)

static bool counts_stream(FILE *stream)
{
    return stream != NULL && fileno(stream) > 2;
}

static FILE *fopen_counted(FILE *(*next)(const char *, const char *), const char *path,
                           const char *mode)
{
    bool writes = mode[0] != 'r' || strchr(mode, '+') != NULL;
    enum verdict verdict = writes ? count_call(OPEN) : PASS;
    if (verdict == FAIL)
        return NULL;
    FILE *stream = next(path, mode);
    after(verdict);
    return stream;
}

EXPORT FILE *fopen(const char *path, const char *mode)
{
    NEXT(FILE *, "fopen", const char *, const char *);
    return fopen_counted(next, path, mode);
}

EXPORT FILE *fopen64(const char *path, const char *mode)
{
    NEXT(FILE *, "fopen64", const char *, const char *);
    return fopen_counted(next, path, mode);
}

EXPORT size_t fwrite(const void *data, size_t size, size_t count, FILE *stream)
{
    NEXT(size_t, "fwrite", const void *, size_t, size_t, FILE *);
    enum verdict verdict = counts_stream(stream) ? count_call(STDIO) : PASS;
    if (verdict == FAIL)
        return 0;
    size_t written = next(data, size, count, stream);
    after(verdict);
    return written;
}

EXPORT int fflush(FILE *stream)
{
    NEXT(int, "fflush", FILE *);
    enum verdict verdict = counts_stream(stream) ? count_call(STDIO) : PASS;
    if (verdict == FAIL)
        return EOF;
    int result = next(stream);
    after(verdict);
    return result;
}

/* A close that fails has closed: the stream is gone either way. */
EXPORT int fclose(FILE *stream)
{
    NEXT(int, "fclose", FILE *);
    enum verdict verdict = counts_stream(stream) ? count_call(STDIO) : PASS;
    int error = errno;
    int result = next(stream);
    after(verdict);
    if (verdict != FAIL)
        return result;
    errno = error;
    return EOF;
}

/* ---- malloc: glibc's own entries, since dlsym allocates ---- */

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

#define MALLOC_BODY(call)                                                                          \
    enum verdict verdict = count_call(MALLOC);                                                     \
    if (verdict == FAIL)                                                                           \
        return NULL;                                                                               \
    void *block = call;                                                                            \
    after(verdict);                                                                                \
    return block

EXPORT void *malloc(size_t size)
{
    MALLOC_BODY(__libc_malloc(size));
}

EXPORT void *calloc(size_t count, size_t size)
{
    MALLOC_BODY(__libc_calloc(count, size));
}

EXPORT void *realloc(void *old, size_t size)
{
    MALLOC_BODY(__libc_realloc(old, size));
}

EXPORT void *aligned_alloc(size_t alignment, size_t size)
{
    MALLOC_BODY(__libc_memalign(alignment, size));
}

EXPORT int posix_memalign(void **out, size_t alignment, size_t size)
{
    int error = errno;
    void *block = aligned_alloc(alignment, size);
    int result = block == NULL ? errno : 0;
    errno = error;
    if (block != NULL)
        *out = block;
    return result;
}
