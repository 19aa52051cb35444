/* How fast anything can answer here: a loop around epoll that reads whatever comes and writes one
   constant back, without looking. bare_epoll PORT [BODY [THREADS]]; prints "listening" and the
   port, serves until standard input ends. Each thread has its own listener of the port and its own
   loop. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define EVENTS 128
#define THREADS_MAX 64
#define REQUEST_BYTES 16384
#define ANSWER_BYTES 65536

struct answer {
    char octets[ANSWER_BYTES];
    size_t bytes;
};

struct loop {
    int epoll_fd, listener;
    const struct answer *answer;
};

static int listen_on(uint16_t port, uint16_t *bound)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    socklen_t bytes = sizeof address;
    const int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0 ||
        bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, SOMAXCONN) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &bytes) != 0)
        return -1;
    *bound = ntohs(address.sin_port);
    return fd;
}

static int watch(int epoll_fd, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

static void accept_one(int epoll_fd, int listener)
{
    const int on = 1;
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        return;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (watch(epoll_fd, fd) != 0)
        (void)close(fd);
}

/* One request comes in one piece: nothing that is measured here sends more. */
static void answer_one(int fd, const struct answer *answer)
{
    char request[REQUEST_BYTES];
    ssize_t got = recv(fd, request, sizeof request, 0);
    if (got <= 0 || send(fd, answer->octets, answer->bytes, MSG_NOSIGNAL) != (ssize_t)answer->bytes)
        (void)close(fd);
}

static bool open_loop(struct loop *loop, uint16_t port, uint16_t *bound)
{
    loop->listener = listen_on(port, bound);
    loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    return loop->listener >= 0 && loop->epoll_fd >= 0 && watch(loop->epoll_fd, loop->listener) == 0;
}

static void *serve(void *argument)
{
    const struct loop *loop = argument;
    struct epoll_event events[EVENTS];
    for (;;) {
        int count = epoll_wait(loop->epoll_fd, events, EVENTS, -1);
        for (int i = 0; i < count; i++) {
            int fd = events[i].data.fd;
            if (fd == STDIN_FILENO)
                return NULL;
            if (fd == loop->listener)
                accept_one(loop->epoll_fd, loop->listener);
            else
                answer_one(fd, loop->answer);
        }
    }
}

int main(int argc, char **argv)
{
    static struct answer answer;
    long port = argc > 1 ? strtol(argv[1], NULL, 10) : 0;
    const char *body = argc > 2 ? argv[2] : "{}";
    long threads = argc > 3 ? strtol(argv[3], NULL, 10) : 1;
    int bytes = snprintf(answer.octets, sizeof answer.octets,
                         "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                         "Content-Length: %zu\r\n\r\n%s",
                         strlen(body), body);
    struct loop loops[THREADS_MAX] = {0};
    uint16_t bound = 0;

    if (port < 0 || port > UINT16_MAX || threads < 1 || threads > THREADS_MAX || bytes < 0 ||
        (size_t)bytes >= sizeof answer.octets)
        return 2;
    answer.bytes = (size_t)bytes;
    for (long i = 0; i < threads; i++) {
        pthread_t thread;
        loops[i].answer = &answer;
        if (!open_loop(&loops[i], i == 0 ? (uint16_t)port : bound, &bound) ||
            (i > 0 && pthread_create(&thread, NULL, serve, &loops[i]) != 0))
            return 1;
    }
    if (watch(loops[0].epoll_fd, STDIN_FILENO) != 0)
        return 1;
    printf("listening %u\n", bound);
    (void)fflush(stdout);
    (void)serve(&loops[0]);
    return 0;
}
