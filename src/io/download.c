/*
 * download.c - a file from a URL by libcurl, which is opened when first needed: resumed where it
 * stopped, checked, then renamed into place. What is declared here of libcurl is its binary
 * interface (curl/curl.h gives the numbers; libcurl 7.18 and later).
 */
#include "io/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- libcurl ---- */

enum {
    GLOBAL_DEFAULT = 3,
    OK = 0,
    HTTP_RETURNED_ERROR = 22,
    WRITE_ERROR = 23,
    RANGE_ERROR = 33,
    BAD_DOWNLOAD_RESUME = 36,
    ABORTED_BY_CALLBACK = 42,
    OPTION_URL = 10002,
    OPTION_WRITE_DATA = 10001,
    OPTION_WRITE_FUNCTION = 20011,
    OPTION_ERROR_BUFFER = 10010,
    OPTION_USER_AGENT = 10018,
    OPTION_NO_PROGRESS = 43,
    OPTION_FAIL_ON_ERROR = 45,
    OPTION_FOLLOW_LOCATION = 52,
    OPTION_CONNECT_TIMEOUT = 78,
    OPTION_LOW_SPEED_LIMIT = 19,
    OPTION_LOW_SPEED_TIME = 20,
    OPTION_NO_SIGNAL = 99,
    OPTION_RESUME_FROM_LARGE = 30116,
    OPTION_PROGRESS_DATA = 10057,
    OPTION_PROGRESS_FUNCTION = 20219,
    OPTION_PROTOCOLS_TEXT = 10318,
    OPTION_REDIRECT_PROTOCOLS_TEXT = 10319,
    INFO_RESPONSE_CODE = 0x200002,
    ERROR_SIZE = 256
};

typedef struct curl {
    int (*global_init)(long flags);
    void *(*init)(void);
    int (*set)(void *handle, int option, ...);
    int (*perform)(void *handle);
    int (*get)(void *handle, int info, ...);
    void (*cleanup)(void *handle);
    const char *(*strerror)(int code);
} curl;

static cj_status open_curl(cj_context *context, curl *out)
{
    static const cj_library library = {"files are fetched by",
                                       "libcurl",
                                       "libcurl.so.4",
                                       "libcurl4",
                                       {"curl_global_init", "curl_easy_init", "curl_easy_setopt",
                                        "curl_easy_perform", "curl_easy_getinfo",
                                        "curl_easy_cleanup", "curl_easy_strerror"}};
    void *symbol[7];
    cj_status status = cj_library_open(context, &library, symbol);
    if (status == CJ_OK)
        memcpy(out, symbol, sizeof *out);
    return status;
}

/* ---- one transfer ---- */

typedef struct transfer {
    cj_context *context;
    const char *url, *path;
    const cj_download_options *options;
    const curl *library;
    int file; /* PATH.part */
    uint64_t have;
    int reason; /* errno of a failed write */
    bool too_long, stopped;
    char said[ERROR_SIZE];
} transfer;

static size_t write_some(char *data, size_t size, size_t count, void *user)
{
    transfer *t = user;
    size_t done = 0, bytes = size * count;
    uint64_t most = t->options->bytes;
    if (most && t->have + bytes > most) {
        t->too_long = true;
        return 0;
    }
    while (done < bytes) {
        ssize_t wrote = write(t->file, data + done, bytes - done);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0) {
            t->reason = wrote < 0 ? errno : EIO;
            return 0;
        }
        done += (size_t)wrote;
    }
    t->have += bytes;
    return bytes;
}

static int tell_progress(void *user, int64_t all, int64_t now, int64_t up_all, int64_t up)
{
    transfer *t = user;
    (void)now;
    (void)up_all;
    (void)up;
    uint64_t whole = t->options->bytes ? t->options->bytes : all > 0 ? (uint64_t)all : 0;
    if (t->options->progress && !t->options->progress(t->options->user, t->have, whole))
        t->stopped = true;
    return t->stopped;
}

/* The curl code of going on from t->have. */
static int perform(transfer *t, long *response)
{
    const curl *c = t->library;
    void *handle = c->init();
    if (!handle)
        return -1;
    t->said[0] = 0;
    c->set(handle, OPTION_URL, t->url);
    c->set(handle, OPTION_WRITE_FUNCTION, write_some);
    c->set(handle, OPTION_WRITE_DATA, t);
    c->set(handle, OPTION_ERROR_BUFFER, t->said);
    c->set(handle, OPTION_USER_AGENT, "cajal");
    c->set(handle, OPTION_FAIL_ON_ERROR, 1L);
    c->set(handle, OPTION_FOLLOW_LOCATION, 1L);
    c->set(handle, OPTION_CONNECT_TIMEOUT, 30L);
    c->set(handle, OPTION_LOW_SPEED_LIMIT, 1L);
    c->set(handle, OPTION_LOW_SPEED_TIME, 60L);
    c->set(handle, OPTION_NO_SIGNAL, 1L);
    c->set(handle, OPTION_NO_PROGRESS, 0L);
    c->set(handle, OPTION_PROGRESS_FUNCTION, tell_progress);
    c->set(handle, OPTION_PROGRESS_DATA, t);
    c->set(handle, OPTION_PROTOCOLS_TEXT, "http,https,file");
    c->set(handle, OPTION_REDIRECT_PROTOCOLS_TEXT, "http,https");
    c->set(handle, OPTION_RESUME_FROM_LARGE, (int64_t)t->have);
    int code = c->perform(handle);
    c->get(handle, INFO_RESPONSE_CODE, response);
    c->cleanup(handle);
    return code;
}

static cj_status begin_anew(transfer *t)
{
    t->have = 0;
    if (ftruncate(t->file, 0) == 0 && lseek(t->file, 0, SEEK_SET) == 0)
        return CJ_OK;
    return cj_fail(t->context, CJ_IO, "cannot write '%s.part': %s", t->path, strerror(errno));
}

static cj_status fail_transfer(const transfer *t, int code)
{
    if (t->stopped)
        return cj_fail(t->context, CJ_STOPPED, "stopped; what came of %s is kept for the next time",
                       t->url);
    if (t->reason)
        return cj_fail(t->context, CJ_IO, "cannot write '%s.part': %s", t->path,
                       strerror(t->reason));
    if (t->too_long)
        return cj_fail(t->context, CJ_FORMAT, "%s gives more than the %llu bytes that are expected",
                       t->url, (unsigned long long)t->options->bytes);
    return cj_fail(t->context, CJ_IO, "%s cannot be fetched: %s", t->url,
                   t->said[0] ? t->said : t->library->strerror(code));
}

/* Goes on with what is there; a server that cannot is asked for all of it. */
static cj_status fetch(transfer *t)
{
    long response = 0;
    int code = perform(t, &response);
    bool unable = code == RANGE_ERROR || code == BAD_DOWNLOAD_RESUME ||
                  (code == HTTP_RETURNED_ERROR && response == 416);
    if (unable && t->have) {
        cj_status status = begin_anew(t);
        if (status != CJ_OK)
            return status;
        code = perform(t, &response);
    }
    return code == OK ? CJ_OK : fail_transfer(t, code);
}

/* ---- the check ---- */

cj_status cj_file_sha256(cj_context *context, const char *path, char text[65], uint64_t *bytes)
{
    uint8_t chunk[16384], digest[32];
    cj_sha256 sha;
    ssize_t got = 0;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    *bytes = 0;
    cj_sha256_init(&sha);
    while (file >= 0 &&
           ((got = read(file, chunk, sizeof chunk)) > 0 || (got < 0 && errno == EINTR))) {
        if (got < 0)
            continue;
        cj_sha256_add(&sha, chunk, (size_t)got);
        *bytes += (uint64_t)got;
    }
    int reason = file < 0 || got < 0 ? errno : 0;
    if (file >= 0)
        close(file);
    if (reason)
        return cj_fail(context, reason == ENOENT ? CJ_NOT_FOUND : CJ_IO, "cannot read '%s': %s",
                       path, strerror(reason));
    cj_sha256_end(&sha, digest);
    cj_sha256_text(digest, text);
    return CJ_OK;
}

static cj_status check(const transfer *t, const char *part)
{
    char hash[65];
    uint64_t bytes;
    cj_status status = cj_file_sha256(t->context, part, hash, &bytes);
    if (status != CJ_OK)
        return status;
    if (t->options->bytes && bytes != t->options->bytes)
        return cj_fail(t->context, CJ_FORMAT, "%s gave %llu bytes, not the %llu that are expected",
                       t->url, (unsigned long long)bytes, (unsigned long long)t->options->bytes);
    if (t->options->sha256 && strcmp(hash, t->options->sha256) != 0)
        return cj_fail(t->context, CJ_FORMAT, "%s has the SHA-256 %s, not %s: it is another file",
                       t->url, hash, t->options->sha256);
    return CJ_OK;
}

/* A part that was left by another time may be of another file: then all of it once more. */
static cj_status fetch_and_check(transfer *t, const char *part)
{
    bool left = t->have > 0;
    bool whole = left && t->options->bytes && t->have >= t->options->bytes;
    cj_status status = whole ? CJ_OK : fetch(t);
    if (status == CJ_OK)
        status = check(t, part);
    if (status == CJ_FORMAT && left) {
        t->too_long = false;
        status = begin_anew(t);
        if (status == CJ_OK)
            status = fetch(t);
        if (status == CJ_OK)
            status = check(t, part);
    }
    if (status == CJ_FORMAT || (status != CJ_OK && t->have == 0))
        unlink(part);
    return status;
}

static cj_status download(transfer *t, const char *part)
{
    struct stat about;
    t->file = open(part, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    if (t->file < 0 || fstat(t->file, &about) != 0 || lseek(t->file, 0, SEEK_END) < 0) {
        int reason = errno;
        if (t->file >= 0)
            close(t->file);
        return cj_fail(t->context, CJ_IO, "cannot write '%s': %s", part, strerror(reason));
    }
    t->have = (uint64_t)about.st_size;
    cj_status status = fetch_and_check(t, part);
    int reason = status == CJ_OK && fsync(t->file) != 0 ? errno : 0;
    if (close(t->file) != 0 && !reason)
        reason = errno;
    if (status == CJ_OK && !reason && rename(part, t->path) != 0)
        reason = errno;
    return status == CJ_OK && reason
               ? cj_fail(t->context, CJ_IO, "cannot write '%s': %s", t->path, strerror(reason))
               : status;
}

cj_status cj_download(cj_context *context, const char *url, const char *path,
                      const cj_download_options *options)
{
    static const cj_download_options none = {0};
    curl library;
    transfer t = {.context = context,
                  .url = url,
                  .path = path,
                  .options = options ? options : &none,
                  .library = &library};
    cj_status status = open_curl(context, &library);
    if (status == CJ_OK && library.global_init(GLOBAL_DEFAULT) != OK)
        status = cj_fail(context, CJ_IO, "libcurl cannot be started");
    if (status != CJ_OK)
        return status;
    size_t size = strlen(path) + sizeof ".part";
    char *part = cj_allocate(context, size);
    if (!part)
        return CJ_NO_MEMORY;
    snprintf(part, size, "%s.part", path);
    status = download(&t, part);
    cj_release(context, part, size);
    return status;
}
