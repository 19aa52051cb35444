#include "http/listen.h"

#include <errno.h>
#include <netdb.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/network.h"

#define HOST_SIZE 256

struct place {
    char host[HOST_SIZE]; /* "" for all */
    char port[sizeof "65535"];
};

static bool parse_place(struct view text, struct place *out)
{
    struct view host;
    uint16_t port;
    if (!network_parse_place(text, &host, &port) || host.len >= sizeof out->host ||
        view_find(host, '\0', 0) != host.len) {
        return false;
    }
    snprintf(out->host, sizeof out->host, "%.*s", VIEW_ARG(host));
    snprintf(out->port, sizeof out->port, "%u", port);
    return true;
}

/* Opens one of the addresses that the name stands for; errno tells why not. */
static int open_socket(const struct addrinfo *info)
{
    int fd = socket(info->ai_family, info->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return -1;
    }
    int on = 1;
    int off = 0;
    /* A restarted server must not wait for the old one's last connections to be forgotten. */
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (info->ai_family == AF_INET6) {
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    }
    if (bind(fd, info->ai_addr, info->ai_addrlen) == 0 && listen(fd, SOMAXCONN) == 0) {
        return fd;
    }
    int reason = errno;
    close(fd);
    errno = reason;
    return -1;
}

static int open_any(const struct addrinfo *list)
{
    int fd = -1;
    for (const struct addrinfo *info = list; info != NULL && fd < 0; info = info->ai_next) {
        fd = open_socket(info);
    }
    return fd;
}

static bool tell_address(int fd, char address[LISTEN_ADDRESS_SIZE])
{
    struct sockaddr_storage bound = {0};
    socklen_t size = sizeof bound;
    char host[LISTEN_ADDRESS_SIZE - sizeof "[]:65535"];
    char port[sizeof "65535"];
    if (getsockname(fd, (struct sockaddr *)&bound, &size) != 0 ||
        getnameinfo((struct sockaddr *)&bound, size, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
        return false;
    }
    bool is_v6 = strchr(host, ':') != NULL;
    snprintf(address, LISTEN_ADDRESS_SIZE, "%s%s%s:%s", is_v6 ? "[" : "", host, is_v6 ? "]" : "",
             port);
    return true;
}

static void explain(const struct place *place, int reason, char *message, size_t size)
{
    const char *host = place->host[0] != '\0' ? place->host : "*";
    switch (reason) {
    case EADDRINUSE:
        snprintf(message, size, "port %s is in use by another program", place->port);
        return;
    case EACCES:
        snprintf(message, size, "port %s may not be opened by this user: take one from 1024 up",
                 place->port);
        return;
    case EADDRNOTAVAIL:
        snprintf(message, size, "%s is no address of this machine", host);
        return;
    default:
        snprintf(message, size, "cannot listen on %s:%s: %s", host, place->port, strerror(reason));
    }
}

int listen_open(struct view host_port, char address[LISTEN_ADDRESS_SIZE], char *message,
                size_t message_size)
{
    struct place place;
    if (!parse_place(host_port, &place)) {
        snprintf(message, message_size, "\"%.*s\" is not HOST:PORT", VIEW_ARG(host_port));
        return -1;
    }
    struct addrinfo hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    struct addrinfo *list = NULL;
    int failure = getaddrinfo(place.host[0] != '\0' ? place.host : NULL, place.port, &hints, &list);
    if (failure != 0) {
        snprintf(message, message_size, "the host \"%s\" is not known: %s", place.host,
                 gai_strerror(failure));
        return -1;
    }
    int fd = open_any(list);
    int reason = errno;
    freeaddrinfo(list);
    if (fd < 0) {
        explain(&place, reason, message, message_size);
    } else if (!tell_address(fd, address)) {
        explain(&place, errno, message, message_size);
        close(fd);
        fd = -1;
    }
    return fd;
}
