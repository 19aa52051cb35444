/* A request of our own making and the first line of the answer: all that a container's health check
 * needs. */
#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "cli/commands.h"

#define TIMEOUT_DEFAULT_S 3
#define TIMEOUT_MAX_S 300
#define STATUS_LINE_BYTES 12 /* "HTTP/1.1 200" */

struct target {
    struct view host;
    struct view port;
};

static bool split_host_port(struct view text, struct target *out)
{
    size_t colon = text.len;

    for (size_t i = 0; i < text.len; i++) {
        colon = text.at[i] == ':' ? i : colon;
    }
    out->host = view_sub(text, 0, colon);
    out->port = colon < text.len ? view_sub(text, colon + 1, text.len) : VIEW("80");
    if (out->host.len > 2 && out->host.at[0] == '[' && view_ends_with(out->host, VIEW("]"))) {
        out->host = view_sub(out->host, 1, out->host.len - 2);
    }
    if (out->host.len == 0 || view_is(out->host, "*") || view_is(out->host, "0.0.0.0")) {
        out->host = VIEW("127.0.0.1");
    }
    return out->port.len > 0;
}

static int read_target(const struct cli *cli, struct target *out)
{
    struct view url = command_flag(cli, "url");
    struct view text;

    if (url.at == NULL) {
        text = config_text(&cli->config, OPTION_LISTEN);
    } else if (view_starts_with(url, VIEW("http://"))) {
        text = view_sub(url, 7, url.len);
        text = view_sub(text, 0, view_find(text, '/', 0));
    } else {
        return command_misused(cli, "--url must be http://HOST:PORT");
    }
    return split_host_port(text, out) ? CLI_DONE
                                      : command_misused(cli, "--url must be http://HOST:PORT");
}

static int connect_to(struct arena *arena, const struct target *target, int64_t timeout_s)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct timeval timeout = {.tv_sec = (time_t)timeout_s};
    struct addrinfo *found = NULL;
    const char *host = arena_copy(arena, target->host);
    const char *port = arena_copy(arena, target->port);
    int fd = -1;

    if (host == NULL || port == NULL || getaddrinfo(host, port, &hints, &found) != 0) {
        return -1;
    }
    for (struct addrinfo *at = found; at != NULL && fd < 0; at = at->ai_next) {
        fd = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, at->ai_protocol);
        if (fd < 0) {
            continue;
        }
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
        if (connect(fd, at->ai_addr, at->ai_addrlen) != 0) {
            close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(found);
    return fd;
}

/* The status code of the answer; 0 when there is none. */
static int ask(int fd, struct arena *arena, const struct target *target)
{
    struct view request = arena_format(
        arena, "GET /health/ready HTTP/1.1\r\nHost: %.*s:%.*s\r\nConnection: close\r\n\r\n",
        VIEW_ARG(target->host), VIEW_ARG(target->port));
    char line[STATUS_LINE_BYTES + 1] = "";
    int status = 0;

    if (request.at == NULL ||
        send(fd, request.at, request.len, MSG_NOSIGNAL) != (ssize_t)request.len ||
        recv(fd, line, STATUS_LINE_BYTES, MSG_WAITALL) != STATUS_LINE_BYTES) {
        return 0;
    }
    return sscanf(line, "HTTP/1.%*1[01] %3d", &status) == 1 ? status : 0;
}

int command_healthcheck(struct cli *cli)
{
    struct view timeout = command_flag(cli, "timeout");
    int64_t timeout_s = TIMEOUT_DEFAULT_S;
    struct target target;
    int status;
    int fd;

    if (timeout.at != NULL &&
        (!view_to_int64(timeout, &timeout_s) || timeout_s < 1 || timeout_s > TIMEOUT_MAX_S)) {
        return command_misused(cli, "--timeout must be 1 to %d seconds", TIMEOUT_MAX_S);
    }
    status = read_target(cli, &target);
    if (status != CLI_DONE) {
        return status;
    }
    fd = connect_to(&cli->arena, &target, timeout_s);
    if (fd < 0) {
        return command_fail("no server answers at %.*s:%.*s", VIEW_ARG(target.host),
                            VIEW_ARG(target.port));
    }
    status = ask(fd, &cli->arena, &target);
    close(fd);
    if (status == 200) {
        return command_print(VIEW("ready\n"));
    }
    return status == 0 ? command_fail("no answer within %d s", (int)timeout_s)
                       : command_fail("not ready (status %d)", status);
}
