/* What the front is measured against: bare libmicrohttpd that answers every request with one
   constant. bare_mhd PORT [BODY]; prints "listening" and the port, serves until standard input
   ends. */
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char example[] =
    "{\"id\":\"01936f7e-1c2b-7d3e-8a4f-5b6c7d8e9f00\",\"number\":1,\"username\":\"root\","
    "\"email\":\"root@example.com\",\"name\":\"Root\",\"age\":null,\"roles\":[\"admin\"],"
    "\"status\":\"active\",\"created_at\":\"2026-01-01T00:00:00.000Z\"}";

static enum MHD_Result answer(void *response, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload_data,
                              size_t *upload_data_size, void **state)
{
    (void)url, (void)method, (void)version, (void)upload_data;
    static int seen;
    if (*state == NULL) {
        *state = &seen;
        return MHD_YES;
    }
    *upload_data_size = 0;
    return MHD_queue_response(connection, MHD_HTTP_OK, response);
}

int main(int argc, char **argv)
{
    long port = argc > 1 ? strtol(argv[1], NULL, 10) : 0;
    const char *body = argc > 2 ? argv[2] : example;
    struct MHD_Response *response =
        MHD_create_response_from_buffer(strlen(body), (void *)(size_t)body, MHD_RESPMEM_PERSISTENT);
    if (response == NULL || port < 0 || port > UINT16_MAX)
        return 2;
    (void)MHD_add_response_header(response, "Content-Type", "application/json");
    struct MHD_Daemon *daemon =
        MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_TURBO,
                         (uint16_t)port, NULL, NULL, answer, response, MHD_OPTION_END);
    if (daemon == NULL)
        return 1;
    printf("listening %u\n", MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port);
    fflush(stdout);
    while (getchar() != EOF)
        ;
    MHD_stop_daemon(daemon);
    MHD_destroy_response(response);
    return 0;
}
