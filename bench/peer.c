/*
 * bench/peer.c - PyTorch as a child process that reads a line, works, and answers with a line, so that its rounds and
 * ours take turns on the same cores.
 */
#include "bench.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct peer {
    pid_t child;
    int to, from, forms;
    bool is_there;
    char name[200], answer[1024];
};

enum { PATIENCE_MS = 240 * 1000 };

static void give_up(peer *p, const char *why)
{
    if (p->is_there)
        snprintf(p->name, sizeof p->name, "%.190s", why);
    p->is_there = false;
}

static bool read_line(peer *p)
{
    size_t used = 0;
    while (used + 1 < sizeof p->answer) {
        struct pollfd wait = {.fd = p->from, .events = POLLIN};
        if (poll(&wait, 1, PATIENCE_MS) != 1 || read(p->from, p->answer + used, 1) != 1)
            return false;
        if (p->answer[used] == '\n') {
            p->answer[used] = 0;
            return true;
        }
        used++;
    }
    return false;
}

static void become_peer(int in, int out, const char *script)
{
    dup2(in, 0);
    dup2(out, 1);
    int nowhere = open("/dev/null", O_WRONLY);
    if (nowhere >= 0)
        dup2(nowhere, 2);
    execlp("python3", "python3", script, (char *)NULL);
    static const char text[] = "no python3\n";
    _exit(write(1, text, sizeof text - 1) < 0);
}

peer *peer_start(const char *script)
{
    peer *p = calloc(1, sizeof *p);
    int to[2], from[2];
    if (!p || pipe2(to, O_CLOEXEC) || pipe2(from, O_CLOEXEC))
        bench_fail("no pipe");
    signal(SIGPIPE, SIG_IGN);
    p->child = fork();
    if (p->child == 0)
        become_peer(to[0], from[1], script);
    close(to[0]);
    close(from[1]);
    p->to = to[1];
    p->from = from[0];
    p->is_there = p->child > 0;
    if (!read_line(p))
        give_up(p, "python3 failed");
    else if (strncmp(p->answer, "no ", 3) == 0)
        give_up(p, p->answer);
    else
        snprintf(p->name, sizeof p->name, "%.190s", p->answer);
    return p;
}

const char *peer_name(const peer *p)
{
    return p->name;
}

bool peer_is_there(const peer *p)
{
    return p->is_there;
}

const char *peer_ask(peer *p, const char *format, ...)
{
    if (!p->is_there)
        return NULL;
    va_list list;
    va_start(list, format);
    int written = vdprintf(p->to, format, list);
    va_end(list);
    if (written < 0 || !read_line(p)) {
        give_up(p, "PyTorch stopped answering");
        return NULL;
    }
    if (strncmp(p->answer, "forms ", 6) == 0)
        p->forms = atoi(p->answer + 6);
    return p->answer;
}

int peer_forms(const peer *p)
{
    return p->is_there ? p->forms : 0;
}

void peer_stop(peer *p)
{
    close(p->to);
    close(p->from);
    if (!p->is_there)
        kill(p->child, SIGKILL);
    waitpid(p->child, NULL, 0);
    free(p);
}
