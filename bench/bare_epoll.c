/* How fast anything can answer here: a loop around epoll that reads whatever comes and writes one
   constant back, without looking. bare_epoll PORT [BODY]; prints "listening" and the port, serves
   until standard input ends. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define EVENTS 128
#define REQUEST_BYTES 16384
#define ANSWER_BYTES 65536

static int listen_on(uint16_t port, uint16_t *bound)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    socklen_t bytes = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(fd, SOMAXCONN) != 0 || getsockname(fd, (struct sockaddr *)&address, &bytes) != 0)
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
static void answer_one(int fd, const char *answer, size_t bytes)
{
    char request[REQUEST_BYTES];
    ssize_t got = recv(fd, request, sizeof request, 0);
    if (got <= 0 || send(fd, answer, bytes, MSG_NOSIGNAL) != (ssize_t)bytes)
        (void)close(fd);
}

static void serve(int epoll_fd, int listener, const char *answer, size_t bytes)
{
    struct epoll_event events[EVENTS];
    for (;;) {
        int count = epoll_wait(epoll_fd, events, EVENTS, -1);
        for (int i = 0; i < count; i++) {
            int fd = events[i].data.fd;
            if (fd == STDIN_FILENO)
                return;
            if (fd == listener)
                accept_one(epoll_fd, listener);
            else
                answer_one(fd, answer, bytes);
        }
    }
}

int main(int argc, char **argv)
{
    static char answer[ANSWER_BYTES];
    long port = argc > 1 ? strtol(argv[1], NULL, 10) : 0;
    const char *body = argc > 2 ? argv[2] : "{}";
    int bytes = snprintf(answer, sizeof answer,
                         "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                         "Content-Length: %zu\r\n\r\n%s",
                         strlen(body), body);
    uint16_t bound = 0;

    if (port < 0 || port > UINT16_MAX || bytes < 0 || (size_t)bytes >= sizeof answer)
        return 2;
    int listener = listen_on((uint16_t)port, &bound);
    int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (listener < 0 || epoll_fd < 0 || watch(epoll_fd, listener) != 0 ||
        watch(epoll_fd, STDIN_FILENO) != 0)
        return 1;
    printf("listening %u\n", bound);
    (void)fflush(stdout);
    serve(epoll_fd, listener, answer, (size_t)bytes);
    return 0;
}
